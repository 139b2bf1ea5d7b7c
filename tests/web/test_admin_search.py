"""What a search in the list of conversations finds, what it leaves out, and that it says so."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.oversight.models import AuditEntry, What
from tests.factories import ConversationFactory, MessageFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:chat_conversation_changelist")
FEW = 3  # rows that a list reaches here


@pytest.fixture(autouse=True)
def short_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.web.admin.lists.REACH", FEW)


@pytest.fixture
def buried(owner: User) -> Conversation:
    """Older than as many as a list reaches."""
    long_ago = timezone.now() - timedelta(days=400)
    conversation = ConversationFactory(owner=owner, title="The deep sea", updated_at=long_ago)
    MessageFactory(conversation=conversation, content="Of whales.")
    for _ in range(FEW):
        ConversationFactory()
    return conversation


def page_of(client: Client, query: str) -> tuple[list[Conversation], str]:
    page = client.get(f"{LIST}?{query}")
    return page.context["cl"].result_list, page.content.decode()


@pytest.mark.parametrize("more", ["", "&content=1", "&deleted=no", "&content=1&deleted=no"])
@pytest.mark.parametrize("words", ["{it.owner.email}", "OWNER@", "{it.pk}", "{it.pk.hex}"])
def test_the_address_and_the_id_find_what_lies_far_back(
    admin_client: Client, buried: Conversation, words: str, more: str
) -> None:
    found, _html = page_of(admin_client, f"q={words.format(it=buried)}{more}")

    assert found == [buried]


def test_a_search_of_all_that_is_theirs_says_nothing_of_a_bound(
    admin_client: Client, buried: Conversation
) -> None:
    _found, html = page_of(admin_client, "q=owner@")

    assert "1 conversation" in html
    assert "Among the latest" not in html


@pytest.mark.parametrize("query", ["status=failed", "model=rare", "deleted=yes", "q=whales&content=1"])
def test_nothing_is_said_to_be_nothing_among_the_latest(
    admin_client: Client, buried: Conversation, query: str
) -> None:
    found, html = page_of(admin_client, query)

    assert found == []
    assert "Among the latest 3 alone" in html


def test_of_people_whose_is_more_than_a_list_reaches_the_latest_are_found(
    admin_client: Client, buried: Conversation
) -> None:
    owners = [UserFactory(email=f"{name}.owner@example.org") for name in "ab"]
    now = timezone.now()
    rows = [ConversationFactory(owner=owners[n % 2], updated_at=now - timedelta(hours=n)) for n in range(4)]

    found, html = page_of(admin_client, "q=owner@")

    assert found == rows[:FEW]
    assert "The latest 3 of these" in html


def test_dates_and_filters_narrow_down_what_is_found_by_its_owner(
    admin_client: Client, buried: Conversation
) -> None:
    other = ConversationFactory(owner=buried.owner, model_name="rare")

    assert page_of(admin_client, f"q=owner@&updated_at__year={buried.updated_at.year}")[0] == [buried]
    assert page_of(admin_client, "q=owner@&model=rare")[0] == [other]
    assert page_of(admin_client, f"q=owner@&owner__id__exact={UserFactory().pk}")[0] == []


def test_an_address_in_full_is_found_among_many_that_hold_it(
    admin_client: Client, buried: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.oversight.finding.MOST_OWNERS", 1)
    monkeypatch.setattr("apps.web.admin.conversation_list.MOST_OWNERS", 1)
    ConversationFactory(owner=UserFactory(email="a.owner@example.org"))

    found, html = page_of(admin_client, "q=owner@example.org")

    assert found == [buried]
    assert "More than 1 addresses hold these words" in html


def speak(conversation: Conversation, *contents: str) -> None:
    for rev, content in enumerate(contents):
        MessageFactory(conversation=conversation, content=content, rev=rev)


@pytest.mark.parametrize(("bound", "value"), [("MOST_MESSAGES", 4), ("SEARCHED", 2)])
def test_messages_beyond_a_bound_are_not_searched_and_that_is_said(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    now = timezone.now()
    rows = [ConversationFactory(updated_at=now - timedelta(hours=n)) for n in range(FEW)]
    for row in rows:
        speak(row, "Of whales.", "Of the sea.")
    monkeypatch.setattr(f"apps.oversight.finding.{bound}", value)

    found, html = page_of(admin_client, "q=whales&content=1")

    assert found == rows[:2]
    assert "Not all messages were searched" in html


def test_a_search_that_looked_at_every_message_says_nothing_of_a_bound(admin_client: Client) -> None:
    speak(ConversationFactory(), "Of whales.", "Of the sea.")

    assert "Not all messages" not in page_of(admin_client, "q=whales&content=1")[1]


def test_words_stand_in_one_message_in_any_order_and_case(admin_client: Client) -> None:
    conversation, other = ConversationFactory(), ConversationFactory()
    speak(conversation, "Überall WHALES (100% of them).")
    speak(other, "Whales.", "Über them.")

    for words in ("whales+über", "(100%25", "of+überall"):
        assert page_of(admin_client, f"q={words}&content=1")[0] == [conversation]


def test_what_messages_hold_is_asked_once(admin_client: Client, buried: Conversation) -> None:
    with CaptureQueriesContext(connection) as captured:
        page_of(admin_client, "q=whales&content=1")

    asked = [query["sql"] for query in captured if "whales" in query["sql"] and "INSERT" not in query["sql"]]
    assert sum("looked_at" in sql for sql in asked) == 1
    assert sum('"title"' in sql for sql in asked) <= 1


def test_what_is_found_by_its_owner_is_not_told_as_found_by_its_content(
    admin_client: Client, buried: Conversation
) -> None:
    page_of(admin_client, "q=owner@&content=1")

    assert not AuditEntry.objects.filter(what=What.FOUND).exists()
    assert AuditEntry.objects.filter(what=What.TITLED, conversation_id=buried.pk).exists()
