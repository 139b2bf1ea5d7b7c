"""What an engine does with replies that are its own, but that it does not write."""

import asyncio
import threading
import uuid
from collections import Counter

import pytest
from django.db import OperationalError

from apps.bridge import in_database
from apps.chat import actions
from apps.chat.models import Message, Status
from apps.generation import engine as engine_module
from apps.generation import sweep as sweep_module
from apps.generation.claim import claim_waiting
from apps.generation.models import Generation
from apps.generation.settle import settle
from apps.generation.sweep import attempts_of, hand_over
from apps.llm.errors import Unavailable
from apps.llm.provider import Begun
from tests.support.running import DEADLINE, running_engine, until
from tests.support.scripted_provider import ScriptedProvider, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def seen(monkeypatch) -> Counter[str]:
    """How often the engine has looked for what it has lost, which it does all the time."""
    looks: Counter[str] = Counter()

    def look(worker_id: uuid.UUID) -> list[Generation]:
        looks["all"] += 1
        return attempts_of(worker_id)

    monkeypatch.setattr(engine_module, "attempts_of", look)
    monkeypatch.setattr(engine_module, "SWEEP_EVERY", 0.01)
    return looks


async def ended(reply: Message) -> tuple[str, str, int]:
    """Status, text and attempts, once the reply has ended."""
    async with asyncio.timeout(DEADLINE):
        while (now := await in_database(Message.objects.get)(pk=reply.pk)).is_live:  # noqa: ASYNC110  # a row
            await asyncio.sleep(0.01)
    return now.status, now.content, now.attempt


async def test_a_claim_whose_answer_got_lost_is_written_all_the_same(reply, monkeypatch):
    faults = iter([OperationalError])

    def claim_and_lose(*args, **kwargs):
        claims = claim_waiting(*args, **kwargs)
        if claims and (fault := next(faults, None)):
            raise fault
        return claims

    monkeypatch.setattr(engine_module, "claim_waiting", claim_and_lose)
    with serving(ScriptedProvider(["Because."])):
        async with running_engine():
            assert await ended(reply) == (Status.COMPLETE, "Because.", 2)


async def test_a_reply_that_could_not_be_settled_is_taken_up_again(reply, monkeypatch):
    faults = iter([KeyError])

    def settle_late(*args, **kwargs):
        if fault := next(faults, None):
            raise fault
        return settle(*args, **kwargs)

    monkeypatch.setattr("apps.generation.reply.settle", settle_late)
    with serving(ScriptedProvider([Unavailable(retry_after=60)], ["Because."])):
        async with running_engine():
            assert await ended(reply) == (Status.COMPLETE, "Because.", 2)


async def test_what_it_writes_it_keeps(reply, seen):
    rest = asyncio.Event()
    with serving(ScriptedProvider(["Be", rest, "cause."])) as provider:
        async with running_engine():
            await until(lambda: provider.open_calls)
            looks = seen["all"]
            await until(lambda: seen["all"] > looks + 2)
            rest.set()
            assert await ended(reply) == (Status.COMPLETE, "Because.", 1)


async def test_what_it_is_claiming_it_keeps(reply, seen, monkeypatch):
    claimed, go = threading.Event(), threading.Event()

    def claim_slowly(*args, **kwargs):
        if claims := claim_waiting(*args, **kwargs):
            claimed.set()
            go.wait(DEADLINE)
        return claims

    monkeypatch.setattr(engine_module, "claim_waiting", claim_slowly)
    with serving(ScriptedProvider(["Because."])):
        async with running_engine():
            await until(claimed.is_set)
            looks = seen["all"]
            await until(lambda: seen["all"] > looks + 2)
            go.set()
            assert await ended(reply) == (Status.COMPLETE, "Because.", 1)


async def test_a_reply_continued_while_its_call_is_being_ended_is_kept(asker, reply, seen, monkeypatch):
    first, rest = asyncio.Event(), asyncio.Event()
    provider = ScriptedProvider([Begun("r-1"), "Be", Unavailable()], [rest, "cause."], resumes=True)
    monkeypatch.setattr(provider, "cancel", lambda reference: first.wait())
    with serving(provider):
        async with running_engine() as engine:
            assert (await ended(reply))[0] == Status.INTERRUPTED
            await in_database(actions.continue_reply)(asker, reply.conversation_id, reply.pk)
            engine._work.set()
            await until(lambda: len(provider.requests) == 2)
            first.set()
            looks = seen["all"]
            await until(lambda: seen["all"] > looks + 2)
            rest.set()
            assert await ended(reply) == (Status.COMPLETE, "Because.", 2)


@pytest.mark.django_db
def test_one_that_cannot_be_handed_over_does_not_stop_the_others(ask, monkeypatch):
    worker_id, replies = uuid.uuid4(), [ask(), ask()]
    claim_waiting(worker_id, room=2)
    outcomes = iter([KeyError, None])

    def settle_some(*args, **kwargs):
        if fault := next(outcomes):
            raise fault

    monkeypatch.setattr(sweep_module, "settle", settle_some)

    assert hand_over(attempts_of(worker_id)) == len(replies) - 1
