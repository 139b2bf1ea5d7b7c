"""Lists of the administration look at the latest rows alone: of what they are narrowed down to."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.oversight.audit import Actor, begin_reading, note_titles
from apps.oversight.models import AuditEntry
from tests.factories import ConversationFactory, GenerationFactory, StaffFactory
from tests.web.desks import METADATA, desk_of, staff_with

pytestmark = pytest.mark.django_db

AUDIT = reverse("admin:oversight_auditentry_changelist")
CONVERSATIONS = reverse("admin:chat_conversation_changelist")
FEW = 3  # rows that a list reaches here


@pytest.fixture(autouse=True)
def short_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.web.admin.lists.REACH", FEW)


@pytest.fixture
def reading(owner: User) -> AuditEntry:
    """Buried below as many titles as a list reaches."""
    conversation = ConversationFactory(owner=owner, title="Mine")
    entry = begin_reading(Actor(StaffFactory(email="reader@example.org")), conversation, "because")
    flood = Actor(StaffFactory(email="other@example.org"))
    note_titles(flood, [ConversationFactory(title=f"No. {n}") for n in range(FEW)])
    return entry


def shown(client: Client, address: str) -> list[object]:
    return list(client.get(address).context["cl"].result_list)


@pytest.mark.parametrize(
    "query",
    ["what__exact=opened", "owner_id__exact={entry.owner_id}", "staff_id__exact={entry.staff_id}",
     "conversation_id__exact={entry.conversation_id}", "what__exact=opened&owner_id__exact={entry.owner_id}"],
)  # fmt: skip
def test_a_reading_is_found_below_a_flood(admin_client: Client, reading: AuditEntry, query: str) -> None:
    assert shown(admin_client, f"{AUDIT}?{query.format(entry=reading)}") == [reading]


@pytest.mark.parametrize("query", ["owner_id__exact=x", "conversation_id__exact=x", "staff_id__exact=%00"])
def test_an_audit_of_what_makes_no_sense_breaks_nothing(admin_client: Client, query: str) -> None:
    assert admin_client.get(f"{AUDIT}?{query}", follow=True).status_code == 200


def test_one_thing_is_near_however_often_it_is_named(admin_client: Client, reading: AuditEntry) -> None:
    other = AuditEntry.objects.latest("id").owner_id

    query = f"owner_id__exact={other}&owner_id__exact={reading.owner_id}"

    assert shown(admin_client, f"{AUDIT}?{query}") == [reading]


def test_a_list_says_that_it_looked_at_the_latest_alone(admin_client: Client, reading: AuditEntry) -> None:
    html = admin_client.get(f"{AUDIT}?q=because").content.decode()

    assert "0 audit" in html
    assert "Among the latest 3 alone" in html


def test_a_list_that_looked_at_everything_says_nothing_of_it(
    admin_client: Client, reading: AuditEntry
) -> None:
    assert "Among the latest" not in admin_client.get(f"{AUDIT}?what__exact=opened").content.decode()


def test_pages_lead_to_the_audit_of_what_they_show(admin_client: Client, reading: AuditEntry) -> None:
    pages = {
        reverse("admin:accounts_user_change", args=[reading.owner_id]): f"owner_id__exact={reading.owner_id}",
        reverse("admin:accounts_user_change", args=[reading.staff_id]): f"staff_id__exact={reading.staff_id}",
        reverse("admin:chat_conversation_change", args=[reading.conversation_id]): (
            f"conversation_id__exact={reading.conversation_id}"
        ),
        AUDIT: "owner_id__exact=",
    }

    for page, query in pages.items():
        assert f"?{query}" in admin_client.get(page).content.decode()


def test_only_who_may_see_the_audit_is_led_there(owner: User) -> None:
    conversation = ConversationFactory(owner=owner)
    desk = desk_of(staff_with(*set(METADATA) - {"view_auditentry"}))

    for page in (
        reverse("admin:accounts_user_change", args=[owner.pk]),
        reverse("admin:chat_conversation_change", args=[conversation.pk]),
    ):
        assert AUDIT not in desk.get(page).content.decode()


@pytest.mark.parametrize("name", ["generation_generation", "account_emailaddress", "chat_conversation"])
def test_an_address_asks_in_vain_for_an_order(admin_client: Client, name: str) -> None:
    for _ in range(2):
        GenerationFactory()
    address = reverse(f"admin:{name}_changelist")
    usual = admin_client.get(address).context["cl"].queryset.query.order_by

    asked = {admin_client.get(f"{address}?o={order}").context["cl"].queryset.query.order_by for order in "12"}

    assert asked == {usual}


def test_a_list_says_to_whom_it_is_narrowed_down_and_leads_back(
    admin_client: Client, reading: AuditEntry
) -> None:
    narrowed = {
        f"{AUDIT}?owner_id__exact={reading.owner_id}": "What concerns one person",
        f"{AUDIT}?staff_id__exact={reading.staff_id}": "What one of the staff did",
        f"{AUDIT}?conversation_id__exact={reading.conversation_id}": "What concerns one conversation",
        f"{CONVERSATIONS}?owner__id__exact={reading.owner_id}": "Conversations of one person",
    }

    for address, said in narrowed.items():
        page = admin_client.get(f"{address}&q=e")
        assert f"<strong>{said}</strong>" in page.content.decode()
        assert page.context["cl"].narrowings == [(said, "?q=e")]
