from typing import Any

import pytest

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from tests.api.client import Program, problem
from tests.factories import ConversationFactory, ReplyFactory

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
