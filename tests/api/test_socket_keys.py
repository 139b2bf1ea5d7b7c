from typing import Any

import pytest

from apps.accounts.models import Token, User
from apps.bridge import in_database
from apps.chat.models import Message
from tests.api.client import Program
from tests.factories import ConversationFactory, ReplyFactory, TokenFactory
from tests.support.running import running_hub
from tests.support.typed_socket import typed_socket

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "colloquy_of-a-program"
KEY = "key-of-this-one"


@pytest.fixture(autouse=True)
def token(asker: User) -> Token:
    return TokenFactory(user=asker, secret=SECRET)


@pytest.fixture
def stopped(asker: User) -> Message:
    return ReplyFactory(parent__conversation=ConversationFactory(owner=asker), attempt=1, stopped=True)


def code_of(answer: dict[str, Any]) -> str:
    assert answer["action"] == "error", answer
    return str(answer["payload"]["code"])


async def test_a_key_that_waits_edits_nothing(reply):
    where = {"conversation_id": str(reply.conversation_id)}
    question, running = ({**where, "message_id": str(pk)} for pk in (reply.parent_id, reply.pk))
    async with running_hub(), typed_socket(SECRET) as here:
        sent = await here.ask("send", **where, text="And?", key=KEY)
        edited = await here.ask("edit", **question, text="How?", key=KEY)
        anew = await here.ask("regenerate", **running, key=KEY)
        stopped = await here.ask("stop", **running)

    assert sent["payload"]["queued"]["text"] == "And?"
    assert (code_of(edited), code_of(anew)) == ("key_used", "key_used")
    assert stopped["action"] == "accepted"
    assert await in_database(Message.objects.filter(content="And?").count)() == 1


async def test_a_key_repeats_one_request(stopped):
    where = {"conversation_id": str(stopped.conversation_id)}
    question = {**where, "message_id": str(stopped.parent_id)}
    async with running_hub(), typed_socket(SECRET) as here:
        sent, again = [await here.ask("send", **where, text="And?", key=KEY) for _ in range(2)]
        others = [
            await here.ask("send", **where, text="But?", key=KEY),
            await here.ask("send", **where, text="And?", key=KEY, after=str(stopped.pk)),
            await here.ask("edit", **question, text="And?", key=KEY),
        ]

    assert sent == again
    assert [code_of(other) for other in others] == ["key_used"] * 3


async def test_a_key_is_the_same_by_whichever_door(reply, asker):
    path = f"/conversations/{reply.conversation_id}/messages"
    posted = await in_database(Program(SECRET).post)(path, {"text": "And?", "key": KEY})
    async with running_hub(), typed_socket(SECRET) as here:
        said = await here.ask("send", conversation_id=str(reply.conversation_id), text="And?", key=KEY)

    assert said["payload"]["queued"]["id"] == posted.json()["queued"]["id"]


async def test_behind_one_attempt_a_reply_is_continued_once(stopped):
    said = {"conversation_id": str(stopped.conversation_id), "message_id": str(stopped.pk), "attempt": 1}
    ended = Message.objects.filter(pk=stopped.pk)
    async with running_hub(), typed_socket(SECRET) as here:
        first = await here.ask("continue", **said, key=KEY)
        await in_database(ended.update)(status="stopped", attempt=2)
        again = await here.ask("continue", **said, key=KEY)
        other = await here.ask("continue", **{**said, "attempt": 0})

    assert first == again
    assert code_of(other) == "not_possible"
    assert (await in_database(ended.get)()).status == "stopped"
