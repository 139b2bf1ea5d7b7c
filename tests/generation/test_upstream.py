import asyncio
import uuid

import pytest

from apps.bridge import in_database
from apps.chat import actions
from apps.chat.models import Message, Status
from apps.generation import engine as engine_module
from apps.generation.claim import claim_waiting, remember
from apps.generation.settle import Outcome, settle
from apps.generation.upstream import take_unread
from apps.llm.errors import ErrorCode
from tests.support.running import running_engine, until
from tests.support.scripted_provider import ScriptedProvider, serving

LOST = Outcome(Status.INTERRUPTED, error_code=ErrorCode.WORKER_LOST)
ACTS = {
    "stop": lambda asker, reply: actions.stop(asker, reply.conversation_id, reply.pk),
    "delete": lambda asker, reply: actions.delete(asker, reply.conversation_id),
}


@pytest.fixture
def left_behind(reply) -> Message:
    """A queued reply that goes on at the provider."""
    [claim] = claim_waiting(uuid.uuid4(), room=1)
    remember(claim, "r-1")
    settle(claim, LOST)
    return reply


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ACTS)
async def test_what_is_ended_while_nobody_writes_it_is_cancelled(asker, left_behind, act, monkeypatch):
    monkeypatch.setattr(engine_module, "SWEEP_EVERY", 0.01)
    await in_database(ACTS[act])(asker, left_behind)

    with serving(ScriptedProvider([asyncio.Event()])) as provider:
        async with running_engine():
            await until(lambda: provider.cancelled)

    assert (provider.cancelled, provider.requests) == (["r-1"], [])


@pytest.mark.django_db
def test_what_will_be_taken_up_is_left_alone(left_behind):
    assert take_unread() == []


@pytest.mark.django_db
@pytest.mark.parametrize("act", ACTS)
def test_it_is_had_once(asker, left_behind, act):
    ACTS[act](asker, left_behind)

    assert [attempt.reference for attempt in take_unread()] == ["r-1"]
    assert take_unread() == []


@pytest.mark.django_db
def test_who_continues_it_asks_anew(asker, left_behind):
    actions.stop(asker, left_behind.conversation_id, left_behind.pk)
    take_unread()

    actions.continue_reply(asker, left_behind.conversation_id, left_behind.pk)

    assert claim_waiting(uuid.uuid4(), room=1)[0].request.reference == ""
