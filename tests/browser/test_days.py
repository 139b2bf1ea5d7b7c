"""Days and times are those of the reader, live and reloaded."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person
from tests.support.product import Account, Product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

KIRITIMATI, HONOLULU = "Pacific/Kiritimati", "Pacific/Honolulu"  # a day apart, whatever the hour
MAKE_OLD = """
from datetime import datetime
from apps.accounts.models import User
from apps.chat.models import Conversation, Message
owner = User.objects.get(email={email!r})
last = datetime.fromisoformat({times!r}[-1])
conversation = Conversation.objects.create(pk={pk!r}, owner=owner, model_name="demo", updated_at=last)
parent = None
for depth, time in enumerate({times!r}):
    role = "assistant" if depth % 2 else "user"
    parent = Message.objects.create(
        conversation=conversation, parent=parent, depth=depth, role=role, content=str(depth), rev=1,
        finish_reason="stop" if depth % 2 else "",
    )
    Message.objects.filter(pk=parent.pk).update(created_at=datetime.fromisoformat(time))
conversation.head = parent
conversation.save()
"""


@pytest.fixture
def traveller(
    product: Product, accounts: Iterator[Account], administrator: Account, people: Callable[..., Person]
) -> Callable[..., tuple[Person, str]]:
    """Somebody in a time zone, and the address of a conversation with messages at these times."""

    def come(zone: str, *times: datetime) -> tuple[Person, str]:
        account, pk = next(accounts), str(uuid.uuid4())
        script = MAKE_OLD.format(pk=pk, email=account.email, times=[time.isoformat() for time in times])
        product.manage("shell", "--verbosity", "0", "--command", script)
        return people(product, account, timezone_id=zone, locale="en-GB"), f"/c/{pk}/"

    return come


@pytest.mark.parametrize(("zone", "days"), [("UTC", 2), (KIRITIMATI, 1), (HONOLULU, 1)])
def test_a_line_stands_where_a_day_begins_for_the_reader(
    traveller: Callable[..., tuple[Person, str]], zone: str, days: int
) -> None:
    before, behind = (datetime(2025, 3, 4, 23, 59, tzinfo=UTC), datetime(2025, 3, 5, 0, 1, tzinfo=UTC))
    person, path = traveller(zone, before, before, behind, behind)
    tab = person.open(path)

    first = before.astimezone(ZoneInfo(zone))
    expect(tab.page.locator(".day")).to_have_count(days)
    expect(tab.page.locator(".day").first).to_have_text(f"{first:%A, %B} {first.day}, {first.year}")
    expect(tab.page.locator(".created-at").first).to_have_text(f"{first:%H:%M}")


def test_what_is_sent_on_another_day_stands_below_its_line_live_and_reloaded(
    traveller: Callable[..., tuple[Person, str]],
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    person, path = traveller("UTC", yesterday, yesterday)
    tab = person.open(path)
    expect(tab.page.locator(".day")).to_have_text(["Yesterday"])

    tab.send("/long 3").expect_status("complete")

    for _ in range(2):
        expect(tab.page.locator(".day")).to_have_text(["Yesterday", "Today"])
        expect(tab.messages.nth(2).locator(".day")).to_be_visible()
        tab.page.reload()


def test_today_is_yesterday_past_midnight_without_a_reload(
    traveller: Callable[..., tuple[Person, str]],
) -> None:
    now = datetime.now(UTC)
    person, path = traveller("UTC", now, now)
    person.context.clock.install(time=now)
    person.context.add_init_script("addEventListener('htmx:wsOpen', () => { window.hasOpened = true; })")
    tab = person.open(path)
    expect(tab.page.locator(".day")).to_have_text(["Today"])
    tab.page.wait_for_function("window.hasOpened")  # a socket that has not within a day never will

    tab.page.clock.fast_forward("24:00:00")

    expect(tab.page.locator(".day")).to_have_text(["Yesterday"])


def test_a_zone_chosen_in_the_settings_counts_before_the_browsers(
    traveller: Callable[..., tuple[Person, str]],
) -> None:
    person, path = traveller(HONOLULU, datetime(2025, 3, 5, 12, 0, tzinfo=UTC))
    tab = person.open("/settings/language/")
    tab.page.get_by_label("Time zone").select_option(KIRITIMATI)
    tab.page.get_by_role("button", name="Save").click()
    tab.page.wait_for_load_state()

    tab.page.goto(path)

    expect(tab.page.locator(".day")).to_have_text(["Thursday, March 6, 2025"])
    expect(tab.page.locator(".created-at")).to_have_text(["02:00"])
