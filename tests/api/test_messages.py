import uuid
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation, Message, QueuedMessage
from apps.llm import demo
from tests.api.client import Program, looks, problem, wrong_fields
from tests.factories import (
    ChunkFactory,
    ConversationFactory,
    GenerationFactory,
    MessageFactory,
    QueuedMessageFactory,
    ReplyFactory,
)

pytestmark = pytest.mark.django_db

KEY = "key-of-this-one"


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner)


@pytest.fixture
def messages(conversation: Conversation) -> str:
    return f"/conversations/{conversation.pk}/messages"


def path_of(conversation: Conversation, count: int) -> list[Message]:
    """Questions and replies in turn, each below the one before."""
    row, rows = None, []
    for _ in range(count // 2):
        row = MessageFactory(conversation=conversation, parent=row)
        rows += [row, row := ReplyFactory(parent=row)]
    return rows


def reply_in(conversation: Conversation, **fields: Any) -> Message:
    return ReplyFactory(parent=MessageFactory(conversation=conversation), **fields)


def test_a_sent_message_is_stored_with_a_reply_to_come(writer: Program, messages: str) -> None:
    answer = writer.post(messages, {"text": " Why?\r\n\0", "key": KEY})

    stored = answer.json()
    assert answer.status_code == 201
    assert (stored["question"]["text"], stored["question"]["role"]) == (" Why?\r\n", "user")
    assert (stored["reply"]["status"], stored["reply"]["parent_id"]) == ("queued", stored["question"]["id"])
    assert answer["Location"] == f"/api/v1/messages/{stored['reply']['id']}"


@pytest.mark.parametrize("spelled", [KEY, f'"{KEY}"'])
def test_the_same_key_stores_once_wherever_it_is_said(writer: Program, messages: str, spelled: str) -> None:
    first = writer.post(messages, {"text": "Why?", "key": KEY})
    again = writer.post(messages, {"text": "Why?"}, headers={"Idempotency-Key": spelled})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Message.objects.count() == 2


def test_without_a_key_every_request_is_another(writer: Program, messages: str) -> None:
    answers = [writer.post(messages, {"text": "Why?"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 202]


def test_a_key_that_is_null_leaves_it_to_the_header(writer: Program, messages: str) -> None:
    body, headers = {"text": "Why?", "key": None}, {"Idempotency-Key": KEY}

    assert [writer.post(messages, body, headers=headers).status_code for _ in range(2)] == [201, 200]


def test_two_keys_must_be_the_same(writer: Program, messages: str) -> None:
    body, headers = {"text": "Why?", "key": KEY}, {"Idempotency-Key": "another-key"}

    assert wrong_fields(writer.post(messages, body, headers=headers)) == {"key": "invalid"}


@pytest.mark.parametrize("key", ["short", "x" * 65, "with spaces in it", "späteres-thema", "'quoted-key'"])
def test_a_key_of_another_shape_is_refused(writer: Program, messages: str, key: str) -> None:
    assert wrong_fields(writer.post(messages, {"text": "Why?", "key": key})) == {"key": "invalid"}


def test_a_key_stands_for_one_text(writer: Program, messages: str) -> None:
    writer.post(messages, {"text": "Why?", "key": KEY})

    assert problem(writer.post(messages, {"text": "How?", "key": KEY})) == (409, "key_used")
    assert Message.objects.count() == 2


def test_a_key_of_a_version_cannot_send(writer: Program, conversation: Conversation, messages: str) -> None:
    writer.post(f"/messages/{reply_in(conversation).pk}/regenerate", {"key": KEY})

    assert problem(writer.post(messages, {"text": "How?", "key": KEY})) == (409, "key_used")


def test_while_an_answer_runs_a_message_waits(
    writer: Program, conversation: Conversation, messages: str
) -> None:
    reply_in(conversation, streaming=True)
    first = writer.post(messages, {"text": "And?", "key": KEY})
    again = writer.post(messages, {"text": "And?", "key": KEY})

    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() == again.json()
    assert (first.json()["queued"]["text"], first.json()["question"]) == ("And?", None)


def test_nothing_is_stored_behind_what_the_sender_has_not_seen(
    writer: Program, conversation: Conversation, messages: str
) -> None:
    question = reply_in(conversation).parent

    stale = writer.post(messages, {"text": "And?", "after": str(question.pk)})

    assert problem(stale) == (409, "stale")
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"text": "missing"}),
        ({"text": ""}, {"text": "blank"}),
        ({"text": "\u3164\ud83d"}, {"text": "blank"}),
        ({"text": None}, {"text": "not_text"}),
        ({"text": ["a"]}, {"text": "not_text"}),
        ({"text": "x" * 200_001}, {"text": "too_long"}),
        ({"text": "a", "model": "gpt-none"}, {"model": "no_such_model"}),
        ({"text": "a", "after": "x"}, {"after": "invalid"}),
        ({"text": "a", "after": uuid.uuid4().hex}, {"after": "invalid"}),
        ({"text": "a", "role": "system"}, {"role": "unknown"}),
        ({"text": "a", "conversation_id": str(uuid.uuid4())}, {"conversation_id": "unknown"}),
        ({"text": "", "n\ud800" * 99: 1}, {"text": "blank", "n?" * 32: "unknown"}),
    ],
)
def test_a_message_that_is_not_right_is_not_stored(
    writer: Program, messages: str, body: dict[str, Any], wrong: dict[str, str]
) -> None:
    assert wrong_fields(writer.post(messages, body)) == wrong
    assert not Message.objects.exists()


def test_the_path_is_read_from_its_end_upwards(
    writer: Program, conversation: Conversation, messages: str
) -> None:
    rows = path_of(conversation, 10)

    last = writer.get(f"{messages}?limit=4").json()
    above = writer.get(f"{messages}?limit=100&before={last['before']}").json()

    ids = [item["id"] for item in above["items"] + last["items"]]
    assert ids == [str(row.pk) for row in rows]
    assert (last["before"], above["before"]) == (str(rows[6].pk), None)


def test_only_the_active_branch_is_on_the_path(writer: Program, messages: str, owner: User) -> None:
    sent = writer.post(messages, {"text": "Why?"}).json()
    edited = writer.post(f"/messages/{sent['question']['id']}/edit", {"text": "How?"}).json()

    assert [item["text"] for item in writer.get(messages).json()["items"]] == ["How?", ""]
    writer.post(f"/messages/{sent['reply']['id']}/choose")
    assert [item["text"] for item in writer.get(messages).json()["items"]] == ["Why?", ""]
    assert edited["question"]["parent_id"] is None


def test_a_message_of_another_conversation_is_above_nothing(writer: Program, messages: str) -> None:
    assert problem(writer.get(f"{messages}?before={MessageFactory().pk}")) == (404, "absent")


def test_the_tree_holds_every_branch_once_without_texts(writer: Program, conversation: Conversation) -> None:
    rows = path_of(conversation, 6)
    rows.append(ReplyFactory(parent=rows[0], content="planted"))
    seen, cursor = [], ""
    while cursor is not None:
        answer = writer.get(f"/conversations/{conversation.pk}/tree?limit=3{cursor and f'&cursor={cursor}'}")
        assert b"planted" not in answer.content
        seen += answer.json()["items"]
        cursor = answer.json()["next"]

    parents = {row["id"]: (row["parent_id"], row["length"]) for row in seen}
    assert len(seen) == 7
    assert parents == {str(row.pk): (row.parent_id and str(row.parent_id), len(row.content)) for row in rows}


def test_running_text_is_told_whole_and_counted(writer: Program, conversation: Conversation) -> None:
    reply = reply_in(conversation, streaming=True, content="Be")
    ChunkFactory(message=reply, start=1, text="e😀")
    ChunkFactory(message=reply, start=9, text="lost")

    told = writer.get(f"/messages/{reply.pk}").json()
    tree = writer.get(f"/conversations/{conversation.pk}/tree").json()["items"]

    assert (told["text"], told["length"], told["status"]) == ("Be😀", 3, "streaming")
    assert [node["length"] for node in tree if node["id"] == str(reply.pk)] == [3]


def test_a_waiting_reply_is_stopped(writer: Program, conversation: Conversation) -> None:
    reply = reply_in(conversation, queued=True)

    stopped = writer.post(f"/messages/{reply.pk}/stop")

    assert (stopped.status_code, stopped.json()["status"]) == (202, "stopped")


def test_a_stopped_reply_is_continued(writer: Program, conversation: Conversation) -> None:
    reply = reply_in(conversation, stopped=True)

    continued = writer.post(f"/messages/{reply.pk}/continue").json()

    assert (continued["id"], continued["status"], continued["text"]) == (str(reply.pk), "queued", "Because.")


def test_another_version_is_asked_for_once_per_key(writer: Program, conversation: Conversation) -> None:
    reply = reply_in(conversation)
    body = {"key": KEY, "model": demo.MODEL_NAME}

    first, again = (writer.post(f"/messages/{reply.pk}/regenerate", body) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["parent_id"] == str(reply.parent_id)


def test_a_question_is_edited_once_per_key(writer: Program, conversation: Conversation) -> None:
    question = reply_in(conversation).parent
    body = {"key": KEY, "text": "How?"}

    first, again = (writer.post(f"/messages/{question.pk}/edit", body) for _ in range(2))
    other = writer.post(f"/messages/{question.pk}/edit", {**body, "text": "Who?"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert problem(other) == (409, "key_used")


@pytest.mark.parametrize("wish", ["stop", "continue", "regenerate", "feedback"])
def test_what_is_for_replies_is_not_possible_with_questions(
    writer: Program, conversation: Conversation, wish: str
) -> None:
    question = reply_in(conversation).parent
    body = {"verdict": "up"} if wish == "feedback" else {}

    assert problem(writer.post(f"/messages/{question.pk}/{wish}", body)) == (409, "not_possible")


def test_feedback_is_given_changed_and_taken_back(writer: Program, conversation: Conversation) -> None:
    path = f"/messages/{reply_in(conversation).pk}/feedback"

    given = writer.post(path, {"verdict": "down", "note": "Too long."}).json()
    changed = writer.post(path, {"verdict": "up"}).json()

    assert given == {"verdict": "down", "note": "Too long."}
    assert changed == writer.get(path).json() == {"verdict": "up", "note": "Too long."}
    assert writer.delete(path).status_code == 204
    assert writer.get(path).json() == {"verdict": None, "note": ""}


def test_attempts_are_told(writer: Program, conversation: Conversation) -> None:
    reply = reply_in(conversation)
    GenerationFactory(message=reply, first_text_ms=120, completion_tokens=7, finish_reason="stop")

    (attempt,) = writer.get(f"/messages/{reply.pk}/attempts").json()["items"]

    assert (attempt["number"], attempt["first_text_ms"], attempt["prompt_tokens"]) == (1, 120, None)


def test_what_waits_can_be_read_revised_and_withdrawn(writer: Program, conversation: Conversation) -> None:
    reply_in(conversation, failed=True)
    waiting = QueuedMessageFactory(conversation=conversation)
    queue = f"/conversations/{conversation.pk}/queue"

    assert writer.get(queue).json()["paused"] is True
    assert writer.patch(f"{queue}/{waiting.pk}", {"text": "Then?"}).json()["text"] == "Then?"
    assert writer.get(queue).json()["items"][0]["text"] == "Then?"
    assert writer.delete(f"{queue}/{waiting.pk}").status_code == 204
    assert writer.get(queue).json() == {"items": [], "paused": False}
    assert problem(writer.patch(f"{queue}/{waiting.pk}", {"text": "Late"})) == (409, "gone_out")


def test_a_paused_queue_is_resumed(writer: Program, conversation: Conversation) -> None:
    reply_in(conversation, failed=True)
    QueuedMessageFactory(conversation=conversation, text="Then?")

    resumed = writer.post(f"/conversations/{conversation.pk}/queue/resume")

    assert (resumed.status_code, resumed.json()["question"]["text"]) == (201, "Then?")


def test_a_revised_message_keeps_its_key(writer: Program, conversation: Conversation, messages: str) -> None:
    reply_in(conversation, failed=True)
    waiting = QueuedMessageFactory(conversation=conversation, client_key=KEY, text="And then?")
    writer.patch(f"/conversations/{conversation.pk}/queue/{waiting.pk}", {"text": "Then?"})
    writer.post(f"/conversations/{conversation.pk}/queue/resume")

    assert writer.post(messages, {"text": "And then?", "key": KEY}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/attempts", None),
        ("GET", "/feedback", None),
        ("POST", "/stop", {}),
        ("POST", "/continue", {}),
        ("POST", "/regenerate", {}),
        ("POST", "/edit", {"text": "How?"}),
        ("POST", "/choose", {}),
        ("POST", "/feedback", {"verdict": "up"}),
        ("DELETE", "/feedback", None),
    ],
)
def test_somebody_elses_a_deleted_and_no_message_look_the_same(
    writer: Program, owner: User, method: str, path: str, body: dict[str, str] | None
) -> None:
    deleted = ConversationFactory(owner=owner, deleted_at=timezone.now())
    ids = [ReplyFactory().pk, reply_in(deleted).pk, uuid.uuid4()]
    answers = [writer.ask(method, f"/messages/{pk}{path}", body) for pk in ids]

    assert problem(answers[0]) == (404, "absent")
    assert [looks(answer) for answer in answers[1:]] == [looks(answers[0])] * (len(ids) - 1)
    assert not QueuedMessage.objects.exists()
