import uuid
from typing import Any

import pytest

from apps.accounts.models import User
from apps.chat.actions import send_message
from apps.chat.models import Conversation, Message
from tests.api.client import Program, problem, wrong_fields
from tests.factories import ConversationFactory, MessageFactory, ReplyFactory

pytestmark = pytest.mark.django_db

KEY = "key-of-this-one"
USED = (409, "key_used")


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner)


@pytest.fixture
def reply(conversation: Conversation) -> Message:
    return ReplyFactory(parent__conversation=conversation)


@pytest.fixture
def running(conversation: Conversation) -> Message:
    return ReplyFactory(parent__conversation=conversation, queued=True)


def send(writer: Program, conversation: Conversation, **values: Any) -> Any:
    body = {"text": "And?", "key": KEY, **values}
    return writer.post(f"/conversations/{conversation.pk}/messages", body)


def edit(writer: Program, question_id: object, **values: Any) -> Any:
    return writer.post(f"/messages/{question_id}/edit", {"text": "How?", "key": KEY, **values})


def regenerate(writer: Program, reply: Message, **values: Any) -> Any:
    return writer.post(f"/messages/{reply.pk}/regenerate", {"key": KEY, **values})


def test_a_key_that_waits_edits_nothing(
    writer: Program, conversation: Conversation, running: Message
) -> None:
    assert send(writer, conversation).status_code == 202

    assert problem(edit(writer, running.parent_id)) == USED
    assert problem(regenerate(writer, running)) == USED
    assert writer.post(f"/messages/{running.pk}/stop").json()["status"] == "stopped"
    assert send(writer, conversation).json()["question"]["text"] == "And?"


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("apps.api.fields", "apps.llm.registry"):
        monkeypatch.setattr(f"{place}.model_names", lambda: ("demo", "other"))


@pytest.mark.parametrize("other", [{"text": "But?"}, {"model": "other"}, {"after": str(uuid.uuid4())}])
@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.usefixtures("models")
def test_a_key_sends_one_message(
    writer: Program, conversation: Conversation, other: dict[str, str], busy: bool
) -> None:
    ReplyFactory(parent__conversation=conversation, queued=busy)
    first = send(writer, conversation)

    assert problem(send(writer, conversation, **other)) == USED
    assert send(writer, conversation, model=None, after=None).json() == first.json()
    assert Conversation.objects.get().model_name == "demo"


def test_a_key_that_has_sent_edits_nothing(
    writer: Program, conversation: Conversation, reply: Message
) -> None:
    sent = send(writer, conversation).json()

    assert problem(edit(writer, sent["question"]["id"], text="And?")) == USED
    assert problem(edit(writer, reply.parent_id, text="And?")) == USED
    assert Message.objects.count() == 4


def test_a_key_that_has_edited_does_nothing_else(
    writer: Program, conversation: Conversation, reply: Message
) -> None:
    beside = MessageFactory(conversation=conversation)
    first = edit(writer, reply.parent_id).json()

    assert problem(edit(writer, beside.pk)) == USED
    assert problem(edit(writer, first["question"]["id"])) == USED
    assert problem(edit(writer, reply.parent_id, text="Who?")) == USED
    assert problem(send(writer, conversation, text="How?")) == USED
    assert edit(writer, reply.parent_id).json() == first


@pytest.mark.usefixtures("models")
def test_a_key_writes_one_reply_anew(writer: Program, conversation: Conversation, reply: Message) -> None:
    beside = ReplyFactory(parent=reply.parent)
    first = regenerate(writer, reply, model="demo").json()

    assert problem(regenerate(writer, reply, model="other")) == USED
    assert problem(regenerate(writer, beside, model="demo")) == USED
    assert regenerate(writer, reply, model="demo").json() == first


@pytest.mark.parametrize("other", [{"title": "B"}, {"model": "other"}, {"instructions": "Be brief."}])
@pytest.mark.usefixtures("models")
def test_a_key_begins_one_conversation(writer: Program, other: dict[str, str]) -> None:
    body = {"key": KEY, "title": "A"}
    first = writer.post("/conversations", body).json()
    writer.patch(f"/conversations/{first['id']}", {"title": "Another title"})

    assert problem(writer.post("/conversations", {**body, **other})) == USED
    assert writer.post("/conversations", body).json()["title"] == "Another title"


def test_a_repeated_message_leaves_the_model_that_was_chosen_since(
    writer: Program, conversation: Conversation
) -> None:
    send(writer, conversation, model="demo")
    Conversation.objects.update(model_name="other")

    assert send(writer, conversation, model="demo").status_code == 200
    assert Conversation.objects.get().model_name == "other"


def test_a_message_that_waited_is_known_by_what_was_sent(
    writer: Program, conversation: Conversation, running: Message
) -> None:
    waits = send(writer, conversation).json()["queued"]
    writer.patch(f"/conversations/{conversation.pk}/queue/{waits['id']}", {"text": "But?"})
    writer.post(f"/messages/{running.pk}/stop")

    assert send(writer, conversation).json()["question"]["text"] == "But?"
    assert problem(send(writer, conversation, text="But?")) == USED


def test_what_has_no_digest_is_known_by_its_text(
    writer: Program, owner: User, conversation: Conversation, reply: Message
) -> None:
    send_message(owner, conversation.pk, key=KEY, text="And?")

    assert send(writer, conversation, after=str(reply.pk)).status_code == 200
    assert problem(send(writer, conversation, text="But?")) == USED


@pytest.fixture
def cut(conversation: Conversation) -> Message:
    return ReplyFactory(parent__conversation=conversation, attempt=2, stopped=True)


def go_on(writer: Program, reply: Message, attempt: float) -> Any:
    return writer.post(f"/messages/{reply.pk}/continue", {"attempt": attempt})


@pytest.mark.parametrize(("status", "attempt"), [("queued", 2), ("streaming", 3), ("stopped", 3)])
def test_behind_one_attempt_a_reply_is_continued_once(
    writer: Program, cut: Message, status: str, attempt: int
) -> None:
    assert go_on(writer, cut, 2).json()["status"] == "queued"
    Message.objects.filter(pk=cut.pk).update(status=status, attempt=attempt)

    again = go_on(writer, cut, 2)

    assert (again.status_code, again.json()["status"], again.json()["attempt"]) == (202, status, attempt)
    assert Conversation.objects.get().rev == 1


@pytest.mark.parametrize("attempt", [0, 3])
def test_behind_another_attempt_it_is_not_continued(writer: Program, cut: Message, attempt: int) -> None:
    assert problem(go_on(writer, cut, attempt)) == (409, "not_possible")
    assert Message.objects.get(pk=cut.pk).status == "stopped"


def test_what_is_written_by_the_attempt_cannot_be_continued(writer: Program, cut: Message) -> None:
    Message.objects.filter(pk=cut.pk).update(status="streaming")

    assert problem(go_on(writer, cut, 2)) == (409, "not_possible")


def test_an_attempt_is_counted_in_whole_numbers_however_spelled(writer: Program, cut: Message) -> None:
    assert go_on(writer, cut, 2.0).json()["status"] == "queued"


@pytest.mark.parametrize("attempt", [-1, 2**31, "2", 2.5, True])
def test_an_attempt_is_a_number_that_can_be(writer: Program, cut: Message, attempt: Any) -> None:
    assert wrong_fields(go_on(writer, cut, attempt)) == {"attempt": "invalid"}
