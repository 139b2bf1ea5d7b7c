"""Whether the socket does what its AsyncAPI document says: asked by everything that the document allows."""

import json
import uuid
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.api.errors import Code
from apps.api.events import EVENTS
from apps.api.socket import ProgramConsumer
from apps.bridge import in_database
from apps.chat import actions
from apps.chat.models import Conversation, Message
from tests.factories import ConversationFactory, ReplyFactory, TokenFactory
from tests.support.running import running_engine, running_hub
from tests.support.socket_document import SocketDocument, Values
from tests.support.typed_socket import TypedSocket, typed_socket

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "colloquy_for-the-document"
ASYNCAPI = Path(__file__).parents[1] / "support" / "vendor" / "asyncapi" / "3.0.0.json"
DOCUMENT = SocketDocument()
EXAMPLES = 12
NOT_GRANTED = {"absent", "not_possible", "key_used", "queue_full", "stale", "no_such_model"}


@pytest.fixture(autouse=True)
def token(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    TokenFactory(user=owner, secret=SECRET)
    monkeypatch.setattr("apps.api.throttling.WRITES", 1_000_000)


@pytest.fixture
def known(owner: User) -> dict[str, list[str]]:
    """Ids of things that are there, of one that is not, and what else the document cannot know."""
    rows = [ReplyFactory(parent__conversation=ConversationFactory(owner=owner), stopped=True) for _ in "ab"]
    for row in rows:
        Conversation.objects.filter(pk=row.conversation_id).update(head=row)
    nowhere = str(uuid.uuid4())
    return {
        "conversation_id": [*(str(row.conversation_id) for row in rows), nowhere],
        "message_id": [*(str(pk) for row in rows for pk in (row.pk, row.parent_id)), nowhere],
        "after": [str(rows[0].pk)],
        "model": ["demo"],
    }


def drawn(strategy: st.SearchStrategy[Values]) -> list[Values]:
    """Some of what there is."""
    found: list[Values] = []

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def note(values: Values) -> None:
        found.append(values)

    note()
    return found


async def told(here: TypedSocket, frame: Values) -> dict[str, Any]:
    """What is answered, which has to be as documented, like all that is told on the way."""
    await here.send(json.dumps(frame))
    answer = await here.answer()
    assert [DOCUMENT.complaints(message) for message in here.heard if DOCUMENT.complaints(message)] == []
    here.heard.clear()
    return answer


def test_it_is_valid() -> None:
    jsonschema.Draft7Validator(json.loads(ASYNCAPI.read_text())).validate(DOCUMENT.whole)


def test_it_is_complete() -> None:
    assert set(DOCUMENT.actions) == set(ProgramConsumer.kinds)
    assert set(DOCUMENT.events) == {event.model_fields["action"].default for event in EVENTS}
    assert all("error" in DOCUMENT.replies_to(action) for action in DOCUMENT.actions)
    assert DOCUMENT.whole["components"]["schemas"]["Code"]["enum"] == list(Code)


@pytest.mark.parametrize(
    "message", DOCUMENT.whole["components"]["messages"].values(), ids=lambda m: m["name"]
)
def test_its_examples_are_what_they_are_examples_of(message: Values) -> None:
    for example in message["examples"]:
        assert DOCUMENT.complaints(example["payload"]) == []
        assert example["payload"]["action"] == message["name"]


@pytest.mark.parametrize("action", DOCUMENT.actions)
async def test_whatever_may_be_said_is_answered_as_documented(
    action: str, known: dict[str, list[str]]
) -> None:
    async with running_hub(), typed_socket(SECRET) as here:
        for frame in drawn(DOCUMENT.frames(action, known)):
            answer = await told(here, frame)

            assert answer["action"] in DOCUMENT.replies_to(action)
            assert answer["payload"].get("code") in {None, *NOT_GRANTED}, (frame, answer)
            assert answer["payload"]["key"] == frame.get("payload", {}).get("key")


@pytest.mark.parametrize("action", DOCUMENT.actions)
async def test_whatever_may_not_be_said_is_an_error(action: str, known: dict[str, list[str]]) -> None:
    (frame,) = DOCUMENT.examples_of(action)
    async with running_hub(), typed_socket(SECRET) as here:
        for spoiled in DOCUMENT.spoiled(frame, action):
            answer = await told(here, spoiled)

            assert answer["action"] == "error", spoiled
            assert answer["payload"]["code"] in {"invalid", "unknown_action"}, spoiled


async def test_every_event_that_there_is_comes_as_documented(owner: User) -> None:
    conversation = await in_database(ConversationFactory)(owner=owner, model_name="demo")
    where = {"conversation_id": str(conversation.pk)}
    async with running_hub(), running_engine(), typed_socket(SECRET) as here:
        await here.ask("subscribe_list")
        await here.until("list_changed")
        await here.ask("subscribe", **where)
        await here.until("snapshot")
        await here.say("send", text="/slow 0.01 Why?", key="key-number-one", **where)
        await here.say("send", text="And then?", key="key-number-two", **where)
        await here.until("queue")
        for _ in "ab":
            await here.until("complete_streaming")
        await in_database(actions.delete)(owner, conversation.pk)
        await here.until("conversation_deleted")

    assert [DOCUMENT.complaints(message) for message in here.heard if DOCUMENT.complaints(message)] == []
    assert {message["action"] for message in here.heard} >= set(DOCUMENT.events)
    assert await in_database(Message.objects.count)() == 4
