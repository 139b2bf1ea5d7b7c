"""Long conversations: a page holds a stretch of them, and the reader's place stays as it moves."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Person, Tab
from tests.support.product import Account, Product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

COUNT = 5_000
MOST = 150  # messages in a page
MAKE_LONG = """
import uuid
from django.utils import timezone
from apps.accounts.models import User
from apps.chat.models import Conversation, Message
conversation = Conversation.objects.create(
    pk={pk!r}, owner=User.objects.get(email={email!r}), title="Long", title_state="user", model_name="demo",
    updated_at=timezone.now(),
)
parent, rows = None, []
for depth in range({count}):
    role = "assistant" if depth % 2 else "user"
    text = f"Number {{depth}}. " + "Some words to fill a line or two of it. " * (depth % 7)
    parent = Message(
        conversation=conversation, parent=parent, depth=depth, role=role, content=text, rev=1,
        finish_reason="stop" if depth % 2 else "",
    )
    rows.append(parent)
Message.objects.bulk_create(rows, batch_size=500)
conversation.head, conversation.rev = parent, 1
conversation.save()
print(rows[{marked}].pk)
"""
MARKED = 1_000
SHOWN = """
() => [...document.querySelectorAll("#messages > .message")].map((message) => Number(message.dataset.order))
"""
VIEWED = """
() => {
  const top = (message) => message.getBoundingClientRect().top;
  return [...document.querySelectorAll("#messages > .message")].find((message) => top(message) > 0).id;
}
"""


@pytest.fixture
def long(
    product: Product, accounts: Iterator[Account], administrator: Account, people: Callable[..., Person]
) -> tuple[Person, str, str]:
    """Somebody with a conversation of 5,000 messages, its address, and the id of one of them."""
    account, pk = next(accounts), str(uuid.uuid4())
    script = MAKE_LONG.format(pk=pk, email=account.email, count=COUNT, marked=MARKED)
    marked = product.manage("shell", "--verbosity", "0", "--command", script).strip()
    return people(product, account), f"/c/{pk}/", marked


def shown(page: Page) -> list[int]:
    orders: list[int] = page.evaluate(SHOWN)
    return orders


def top_of(page: Page, message: str) -> float:
    top: float = page.evaluate("(id) => document.getElementById(id).getBoundingClientRect().top", message)
    return top


def expect_first_is_not(tab: Tab, order: int) -> None:
    expect(tab.messages.first).not_to_have_attribute("data-order", str(order))


def scroll_up_until(tab: Tab, order: int) -> None:
    """Scroll to the top again and again, as somebody who looks for something old."""
    while shown(tab.page)[0] > order:
        before = shown(tab.page)[0]
        tab.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        expect_first_is_not(tab, before)
        assert len(shown(tab.page)) <= MOST


def test_the_newest_stretch_opens_at_its_end(long: tuple[Person, str, str]) -> None:
    person, path, _ = long
    tab = person.open(path)

    expect(tab.messages.last).to_be_in_viewport()
    assert shown(tab.page)[-1] == COUNT - 1
    assert len(shown(tab.page)) <= MOST
    expect(tab.page.locator("#jump")).to_be_hidden()


def test_earlier_messages_come_as_the_reader_scrolls_and_the_place_is_kept(
    long: tuple[Person, str, str],
) -> None:
    person, path, _ = long
    tab = person.open(path)
    first = shown(tab.page)[0]
    tab.page.mouse.move(640, 400)
    tab.page.evaluate("scrollTo({ top: 1800, behavior: 'instant' })")
    viewed = tab.page.evaluate(VIEWED)
    before = top_of(tab.page, viewed)

    tab.page.evaluate("scrollBy({ top: -900, behavior: 'instant' })")
    expect_first_is_not(tab, first)

    assert abs(top_of(tab.page, viewed) - before - 900) < 2


def test_a_page_never_holds_much_and_the_reader_comes_back_down_by_scrolling(
    long: tuple[Person, str, str],
) -> None:
    person, path, _ = long
    tab = person.open(path)
    scroll_up_until(tab, COUNT - 400)
    orders = shown(tab.page)
    assert orders[-2:] == [COUNT - 2, COUNT - 1]
    gap = tab.page.locator("#newer")
    expect(gap).to_be_attached()

    while gap.count():
        last = shown(tab.page)[-3]
        tab.page.evaluate("document.querySelector('#newer')?.scrollIntoView({ block: 'end' })")
        expect(tab.page.locator(f"#messages > [data-order='{last + 1}']")).to_be_attached()
        assert len(shown(tab.page)) <= MOST

    orders = shown(tab.page)
    assert orders == list(range(orders[0], COUNT))


def test_the_way_back_leads_to_the_latest_at_once(long: tuple[Person, str, str]) -> None:
    person, path, _ = long
    tab = person.open(path)
    scroll_up_until(tab, COUNT - 400)

    tab.page.locator("#jump").click()

    expect(tab.messages.last).to_be_in_viewport()
    expect(tab.page.locator("#newer")).to_have_count(0)
    expect(tab.messages.nth(20)).to_be_attached()
    orders = shown(tab.page)
    assert orders == list(range(orders[0], COUNT))
    expect(tab.messages.last).to_be_in_viewport()


def test_what_is_sent_from_far_above_is_shown_at_the_end(long: tuple[Person, str, str]) -> None:
    person, path, _ = long
    tab = person.open(path)
    scroll_up_until(tab, COUNT - 400)

    tab.composer.fill("/long 3")
    tab.composer.press("Enter")

    reply = tab.page.locator(f"#messages > [data-order='{COUNT + 1}']")
    expect(reply).to_have_attribute("data-status", "complete")
    expect(reply).to_be_in_viewport()
    orders = shown(tab.page)
    assert orders == list(range(orders[0], COUNT + 2))


def test_a_link_opens_the_stretch_around_an_old_message(long: tuple[Person, str, str]) -> None:
    person, path, marked = long
    tab = person.open(f"{path}at/{marked}/")
    message = tab.page.locator(f"#message-{marked}")

    expect(message).to_be_in_viewport()
    expect(tab.page).to_have_url(f"{person.product.base_url}{path}#message-{marked}")
    assert MARKED in shown(tab.page)
    tab.page.reload()
    expect(message).to_be_in_viewport()


def test_another_version_of_an_old_message_is_shown_in_its_place(long: tuple[Person, str, str]) -> None:
    person, path, marked = long
    tab = person.open(f"{path}at/{marked}/")
    question = tab.page.locator(f"#messages > [data-order='{MARKED}']")
    question.hover()
    question.get_by_role("button", name="Edit").click()
    question.get_by_role("textbox").fill("/long 3")
    question.get_by_role("textbox").press("Enter")
    expect(question.locator(".siblings-count")).to_have_text("2/2")
    tab.reply().expect_status("complete")

    question.get_by_role("button", name="Previous version").click()

    expect(tab.page.locator(f"#message-{marked}")).to_be_in_viewport()
    expect(question.locator(".siblings-count")).to_have_text("1/2")
    expect(tab.messages.nth(20)).to_be_attached()
    assert shown(tab.page)[-1] == COUNT - 1


def test_a_long_one_is_read_without_scripts(long: tuple[Person, str, str]) -> None:
    person, path, marked = long
    page = person.context.browser.new_context(java_script_enabled=False, base_url=person.product.base_url)
    page.add_cookies(person.context.cookies())
    tab = Tab(page.new_page())
    tab.page.goto(f"{path}at/{marked}/")
    tab.page.get_by_role("link", name="Earlier messages").click()
    assert int(tab.messages.first.get_attribute("data-order") or 0) < MARKED - 50
    tab.page.get_by_role("link", name="Later messages").click()
    expect(tab.page.locator(f"#message-{marked}")).to_be_attached()
    page.close()
