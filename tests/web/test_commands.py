import uuid
from itertools import product
from typing import Any

import pytest
from django import forms

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from apps.web import wording
from apps.web.commands import COMMANDS, Rejected, perform
from tests.factories import QueuedMessageFactory, ReplyFactory

pytestmark = pytest.mark.django_db

KEY = "key-of-one"
TEXTS = [("send", "text"), ("edit", "text"), ("revise", "text"), ("rename", "title")]
JUNK = [None, 0, 1, 1.5, True, [], {}, ["x"], {"x": "y"}, "", "x", "\ud800", "\0", "x" * 10_000, 10**40]


@pytest.fixture
def stopped(owner: User) -> Message:
    where = {"parent__conversation__owner": owner, "parent__conversation__answered_rev": 1}
    reply = ReplyFactory(stopped=True, **where)
    QueuedMessageFactory(conversation=reply.conversation)
    reply.feedback.create(user=owner, verdict="up")
    return reply


def wish_for(reply: Message) -> dict[str, Any]:
    """Every field that any command takes, as it should be."""
    where = {"conversation": str(reply.conversation_id), "message": str(reply.pk)}
    where["queued"] = str(reply.conversation.queue.values_list("pk", flat=True).first())
    where["draft"] = str(uuid.uuid4())
    return {
        **where,
        "version": 1,
        "model": "demo",
        "key": KEY,
        "text": "Why?",
        "title": "Mine",
        "after": str(reply.pk),
        "rev": 1,
    }


def refusal(user: User, name: object, values: dict[str, Any]) -> str:
    with pytest.raises(Rejected) as rejected:
        perform(user, name, values)
    return rejected.value.code


def test_every_command_has_a_form_that_names_its_conversation() -> None:
    for command in COMMANDS.values():
        assert issubclass(command.form, forms.Form)
        assert "conversation_id" in command.form.base_fields
        assert callable(command.action)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_granted_to_the_owner(owner: User, stopped: Message, name: str) -> None:
    message = stopped.parent_id if name == "edit" else stopped.pk

    perform(owner, name, {**wish_for(stopped), "message": str(message)})

    assert Conversation.objects.get().rev == (0 if name in ("draft", "discard") else 1)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_takes_junk_for_an_identifier(owner: User, stopped: Message, name: str) -> None:
    names = ("conversation_id", "message_id", "queued_id", "draft_id", "key")
    taken = {name: name.removesuffix("_id") for name in names}

    fields = COMMANDS[name].form.base_fields
    for field, junk in product({f for f in fields if fields[f].required} & taken.keys(), JUNK):
        code = refusal(owner, name, {**wish_for(stopped), taken[field]: junk})
        assert wording.rejection(code).sentence == wording.REJECTIONS["invalid"]

    assert Conversation.objects.get().rev == 0


@pytest.mark.parametrize(
    ("name", "field"), [("send", "text"), ("edit", "text"), ("revise", "text"), ("rename", "title")]
)
@pytest.mark.parametrize("junk", [None, 0, 1.5, True, [], {}, ["x"], {"x": "y"}, "", " ", "\ud800", "\0"])
def test_text_is_text_or_nothing(owner: User, stopped: Message, name: str, field: str, junk: object) -> None:
    assert refusal(owner, name, {**wish_for(stopped), field: junk}) in {"not_text", "blank"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_field_is_required(owner: User, stopped: Message, name: str) -> None:
    assert refusal(owner, name, {}) in {"required", "blank"}


@pytest.mark.parametrize("name", [None, "", "explode", 5, [], {}, "Send", "__class__", "\ud800"])
def test_an_unknown_command_is_refused(owner: User, stopped: Message, name: object) -> None:
    assert refusal(owner, name, wish_for(stopped)) == "unknown_command"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_strangers_wish_meets_nothing(stranger: User, stopped: Message, name: str) -> None:
    nowhere = {**wish_for(stopped), "conversation": str(uuid.uuid4())}

    assert refusal(stranger, name, wish_for(stopped)) == "absent"
    if name != "send":  # there an absent id begins a conversation
        assert refusal(stranger, name, nowhere) == "absent"


@pytest.mark.parametrize("name", ["stop", "continue", "regenerate", "edit", "choose"])
def test_a_message_of_another_conversation_is_absent(owner: User, stopped: Message, name: str) -> None:
    other = ReplyFactory(parent__conversation__owner=owner, stopped=True)

    assert refusal(owner, name, {**wish_for(stopped), "message": str(other.pk)}) == "absent"


@pytest.mark.parametrize("junk", [junk for junk in JUNK if junk != ""])
def test_no_junk_was_the_last_message_seen(owner: User, stopped: Message, junk: object) -> None:
    assert refusal(owner, "send", {**wish_for(stopped), "after": junk}) == "invalid"


def test_a_sender_who_has_not_seen_the_last_message_is_told_so(owner: User, stopped: Message) -> None:
    assert refusal(owner, "send", {**wish_for(stopped), "after": str(stopped.parent_id)}) == "stale"

    perform(owner, "send", {**wish_for(stopped), "after": ""})


def test_a_model_that_is_not_offered_writes_nothing(owner: User, stopped: Message) -> None:
    assert refusal(owner, "regenerate", {**wish_for(stopped), "model": "nobody"}) == "no_such_model"
    assert refusal(owner, "regenerate", {**wish_for(stopped), "model": ["demo"]}) == "invalid"


def test_a_note_may_be_empty_but_not_endless(owner: User, stopped: Message) -> None:
    perform(owner, "note", {**wish_for(stopped), "text": " "})

    assert stopped.feedback.get().note == ""
    assert refusal(owner, "note", {**wish_for(stopped), "text": "x" * 2_001}) == "too_long"


def test_instructions_of_nothing_but_space_are_none(owner: User, stopped: Message) -> None:
    perform(owner, "instruct", {**wish_for(stopped), "instructions": " \n\u200b"})

    assert Conversation.objects.get().instructions == ""


def test_what_is_not_possible_is_told_from_what_is_absent(owner: User) -> None:
    reply = ReplyFactory(parent__conversation__owner=owner)

    assert refusal(owner, "continue", wish_for(reply)) == "not_possible"


@pytest.mark.parametrize(
    "text", ["  indented", "ends with spaces  ", "\n\nlines\n", "é", "e\u0301", "\t\u200d x"]
)
def test_text_is_stored_as_it_was_typed(owner: User, stopped: Message, text: str) -> None:
    sent = perform(owner, "send", {**wish_for(stopped), "text": text})

    assert Message.objects.get(pk=sent.question.pk).content == text


def test_every_refusal_has_its_sentence(owner: User, stopped: Message) -> None:
    given = [{}, {"text": 5}, {"text": ""}, {"text": "x" * 200_001}, {"key": "x"}, {"conversation": ""}]

    codes = {refusal(owner, "send", {**wish_for(stopped), **values} if values else {}) for values in given}

    assert (
        codes | {"absent", "key_used", "not_possible", "stale", "unknown_command", "unavailable"}
        <= wording.REJECTIONS.keys()
    )
