import re
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat import reading
from apps.chat.models import Conversation, Message
from apps.oversight.models import AuditEntry, What
from tests.chat.test_reading import long_path, queries
from tests.factories import (
    ConversationFactory,
    FeedbackFactory,
    GenerationFactory,
    MessageFactory,
    ReplyFactory,
)
from tests.web.desks import CONTENT, METADATA, desk_of, staff_with
from tests.web.test_csp import EVIL, INLINE

pytestmark = pytest.mark.django_db

MOST_QUERIES = 20  # whatever the length of the conversation


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner, title="The sky")


@pytest.fixture
def desk(db: None) -> Client:
    return desk_of(staff_with(*CONTENT))


def address(conversation: Conversation, **query: object) -> str:
    path = reverse("admin:chat_conversation_transcript", args=[conversation.pk])
    return f"{path}?{urlencode(query)}" if query else path


def opened(desk: Client, conversation: Conversation, **query: object) -> str:
    """The page, once there is a reason to read it."""
    desk.post(address(conversation), {"reason": "because"})
    return desk.get(address(conversation, **query)).content.decode()


def shown(html: str) -> list[str]:
    return re.findall(r'id="message-([0-9a-f-]{36})"', html)


def test_nothing_is_shown_before_there_is_a_reason(desk: Client, conversation: Conversation) -> None:
    MessageFactory(conversation=conversation, content="Why is it blue?")

    html = desk.get(address(conversation)).content.decode()

    assert "Why do you need to read" in html
    assert not re.search("blue|The sky", html)
    assert not AuditEntry.objects.exists()


def test_a_reason_goes_on_record_and_opens_the_conversation(
    desk: Client, conversation: Conversation, owner: User
) -> None:
    MessageFactory(conversation=conversation, content="Why is it blue?")

    response = desk.post(address(conversation), {"reason": "They asked\r\nfor help"}, follow=True)

    entry = AuditEntry.objects.get()
    assert (entry.what, entry.owner_id, entry.reason) == (What.OPENED, owner.pk, "They asked\nfor help")
    assert entry.address == "127.0.0.1"
    assert "Why is it blue?" in response.content.decode()


def test_reading_on_needs_no_other_reason(desk: Client, conversation: Conversation) -> None:
    MessageFactory(conversation=conversation, content="Why is it blue?")

    opened(desk, conversation)
    pages = [desk.get(address(conversation)).content.decode() for _ in range(2)]

    assert all("Why is it blue?" in html for html in pages)
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("reason", ["", " \n", "\u200b", "x" * 501, b"\xff".decode("latin-1") * 501])
def test_without_a_reason_nothing_opens(desk: Client, conversation: Conversation, reason: str) -> None:
    response = desk.post(address(conversation), {"reason": reason})

    assert response.status_code == 422
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_is_closed_to_who_may_see_facts_alone(conversation: Conversation, method: str) -> None:
    response = getattr(desk_of(staff_with(*METADATA)), method)(address(conversation), {"reason": "because"})

    assert response.status_code == 403
    assert not AuditEntry.objects.exists()


def test_a_conversation_that_is_not_there_is_absent(desk: Client) -> None:
    assert desk.get(address(ConversationFactory.build())).status_code == 404


def test_it_shows_what_it_took_to_write_a_reply(desk: Client, conversation: Conversation) -> None:
    reply = ReplyFactory(parent__conversation=conversation, interrupted=True)
    GenerationFactory(
        message=reply, model_name="careful", prompt_tokens=12, completion_tokens=34, first_text_ms=420,
        duration_ms=8_100, error_code="cut_off",
    )  # fmt: skip

    html = opened(desk, conversation)

    for fact in ("careful", "12 tokens read, 34 written", "0.42 s", "8.1 s", "cut_off", "broke off"):
        assert fact in html


def test_what_its_reader_stopped_is_told_as_theirs(desk: Client, conversation: Conversation) -> None:
    reply = ReplyFactory(parent__conversation=conversation, stopped=True)
    GenerationFactory(message=reply, duration_ms=100)

    html = opened(desk, conversation)

    assert html.count("This answer was stopped by its reader.") == 2
    assert "You stopped" not in html


def test_it_shows_verdict_note_and_instructions(desk: Client, conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(instructions="Be brief.")
    FeedbackFactory(message=ReplyFactory(parent__conversation=conversation), verdict="down", note="Too long.")

    html = opened(desk, conversation)

    for text in ("Be brief.", "Bad answer", "Too long."):
        assert text in html


def test_nothing_on_it_changes_anything(desk: Client, conversation: Conversation) -> None:
    ReplyFactory(parent__conversation=conversation, interrupted=True)

    html = opened(desk, conversation)

    assert not re.search(r"<form|formaction|hx-post|ws-connect|\shx-(get|ext)=", html)


def test_versions_are_switched_without_a_trace_in_what_is_the_owners(
    desk: Client, conversation: Conversation
) -> None:
    question = MessageFactory(conversation=conversation)
    first, second = (ReplyFactory(parent=question, content=text) for text in ("It scatters.", "By air."))
    before = Conversation.objects.values().get(pk=conversation.pk)

    html = opened(desk, conversation)
    assert shown(html) == [str(question.pk), str(second.pk)]
    link = re.search(r'href="(\?[^"#]+)#[^"]+" aria-label="Previous version"', html)
    assert link
    other = desk.get(address(conversation) + link[1].replace("&amp;", "&")).content.decode()

    assert shown(other) == [str(question.pk), str(first.pk)]
    assert "Show what its owner sees" in other
    assert Conversation.objects.values().get(pk=conversation.pk) == before


def test_a_long_conversation_is_read_page_by_page(desk: Client, conversation: Conversation) -> None:
    path = long_path(conversation, 2 * reading.WINDOW + 7)
    html, seen = opened(desk, conversation), []

    while True:
        seen = [*shown(html)[: reading.WINDOW], *seen]
        link = re.search(r'href="(\?above=[^"]+)"', html)
        if not link:
            break
        html = desk.get(address(conversation) + link[1]).content.decode()

    ids = [str(message.pk) for message in path]
    assert [pk for pk in dict.fromkeys(seen) if pk in ids[:-2]] == ids[:-2]
    assert seen[-1] == ids[-1]


def test_earlier_pages_lead_back_down(desk: Client, conversation: Conversation) -> None:
    path = long_path(conversation, 3 * reading.WINDOW)

    html = opened(desk, conversation, above=path[60].pk)
    link = re.search(r'href="(\?below=[^"]+)"', html)
    assert link
    below = desk.get(address(conversation) + link[1]).content.decode()

    assert shown(html)[0] == str(path[10].pk)
    assert shown(below)[0] == str(path[60].pk)


@pytest.mark.parametrize("query", ["above=x", "branch=x", "at=", f"below={UUID(int=0)}"])
def test_a_place_that_is_not_there_is_absent(desk: Client, conversation: Conversation, query: str) -> None:
    MessageFactory(conversation=conversation)
    desk.post(address(conversation), {"reason": "because"})

    assert desk.get(f"{address(conversation)}?{query}").status_code == 404


def test_a_message_of_another_conversation_is_absent(desk: Client, conversation: Conversation) -> None:
    other = MessageFactory(content="Somebody else’s")
    desk.post(address(conversation), {"reason": "because"})

    for name in ("above", "below", "at", "branch"):
        assert desk.get(address(conversation, **{name: other.pk})).status_code == 404


def test_five_thousand_messages_cost_as_many_queries_as_ten(desk: Client, owner: User) -> None:
    short, long = ConversationFactory(owner=owner), ConversationFactory(owner=owner)
    long_path(short, 10)
    path = long_path(long, 5_000)
    for conversation in (short, long):
        opened(desk, conversation)

    cost = queries(lambda: desk.get(address(short)))

    assert queries(lambda: desk.get(address(long))) <= cost + 1  # what ends the path, if it is not in sight
    for place in ({"above": path[2_500].pk}, {"below": path[2_500].pk}, {"at": path[2_500].pk}):
        assert queries(lambda place=place: desk.get(address(long, **place))) <= MOST_QUERIES
    assert cost <= MOST_QUERIES


def test_hostile_text_needs_no_more_than_the_policy_allows(desk: Client, conversation: Conversation) -> None:
    ReplyFactory(parent__conversation=conversation, parent__content=EVIL, content=EVIL)

    html = opened(desk, conversation)

    assert "&lt;script&gt;" in html
    assert INLINE.findall("".join(re.findall(r"<[a-z][^>]*>", html))) == []


def test_what_its_owner_deleted_is_said_to_be(desk: Client, conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at="2026-01-01T00:00Z")

    assert "Deleted by its owner" in opened(desk, conversation)


def test_text_that_is_being_written_is_shown_as_far_as_it_is_stored(
    desk: Client, conversation: Conversation
) -> None:
    ReplyFactory(parent__conversation=conversation, streaming=True, content="So far")

    html = opened(desk, conversation)

    assert "So far" in html
    assert "An answer is being written" in html
    assert Message.objects.live().exists()
