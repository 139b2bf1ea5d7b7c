import asyncio
import time
import uuid

import pytest

from apps.bridge import in_database
from apps.chat import actions
from apps.chat.models import Conversation, Message, Status, TitleState
from apps.generation import reply as reply_module
from apps.generation.claim import claim_waiting
from apps.generation.journal import Journal
from apps.generation.models import Generation, Worker
from apps.generation.reply import write_reply
from apps.generation.writing import Ending, Writing
from apps.llm.errors import CutOff, ErrorCode, InvalidRequest, RateLimited, Unavailable
from apps.llm.provider import Finish, FinishReason
from tests.support.running import DEADLINE, running_bus, running_engine, until
from tests.support.scripted_provider import ScriptedProvider, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def brisk(monkeypatch) -> None:
    monkeypatch.setattr(reply_module, "BACKOFF", 0.01)


@in_database
def row(reply: Message) -> Message:
    return Message.objects.get(pk=reply.pk)


async def outcome(reply: Message) -> tuple[str, str, str]:
    """Status, error and text, once the reply has ended."""
    async with asyncio.timeout(DEADLINE):
        while (now := await row(reply)).is_live:  # noqa: ASYNC110  # the row changes in the database
            await asyncio.sleep(0.01)
    return now.status, now.error_code, now.content


async def run(reply: Message, provider: ScriptedProvider) -> tuple[str, str, str]:
    with serving(provider):
        async with running_engine():
            return await outcome(reply)


async def test_a_reply_is_written_to_its_end(reply):
    assert await run(reply, ScriptedProvider(["Be", "cause."])) == (Status.COMPLETE, "", "Because.")


async def test_what_it_took_is_recorded(reply):
    await run(reply, ScriptedProvider(["Be", "cause."]))

    generation = await in_database(Generation.objects.get)()
    assert (generation.prompt_tokens, generation.completion_tokens, generation.model_name) == (
        3,
        5,
        "scripted-1",
    )
    assert generation.finish_reason == FinishReason.STOP
    assert 0 <= generation.first_text_ms <= generation.duration_ms


async def test_a_failure_before_the_first_text_is_retried(reply):
    provider = ScriptedProvider([RateLimited()], [Unavailable()], ["Because."])

    assert await run(reply, provider) == (Status.COMPLETE, "", "Because.")
    assert len(provider.requests) == 3


async def test_retries_end(reply):
    provider = ScriptedProvider([RateLimited()])

    assert await run(reply, provider) == (Status.FAILED, ErrorCode.RATE_LIMITED, "")
    assert len(provider.requests) == reply_module.MOST_TRIES


async def test_an_error_that_will_not_pass_is_not_retried(reply):
    provider = ScriptedProvider([InvalidRequest()])

    assert await run(reply, provider) == (Status.FAILED, ErrorCode.INVALID_REQUEST, "")
    assert len(provider.requests) == 1


async def test_a_provider_that_asks_for_a_long_wait_fails_at_once(reply):
    provider = ScriptedProvider([RateLimited(retry_after=30.0)])

    assert await run(reply, provider) == (Status.FAILED, ErrorCode.RATE_LIMITED, "")


async def test_a_failure_keeps_what_was_written_and_calls_nobody_again(reply):
    provider = ScriptedProvider(["Be", Unavailable()])

    assert await run(reply, provider) == (Status.INTERRUPTED, ErrorCode.UNAVAILABLE, "Be")
    assert len(provider.requests) == 1


async def test_an_end_without_a_finish_reason_is_not_complete(reply):
    assert await run(reply, ScriptedProvider(["Be", CutOff()])) == (
        Status.INTERRUPTED,
        ErrorCode.CUT_OFF,
        "Be",
    )


async def test_our_own_fault_is_settled_too(reply, caplog):
    assert await run(reply, ScriptedProvider(["Be", KeyError("bug")])) == (
        Status.INTERRUPTED,
        ErrorCode.INTERNAL,
        "Be",
    )
    assert "failed" in caplog.text


@pytest.mark.parametrize(
    ("reason", "code"),
    [(FinishReason.STOP, ErrorCode.BAD_RESPONSE), (FinishReason.CONTENT_FILTER, ErrorCode.REFUSED)],
)
async def test_an_empty_answer_is_a_failure(reply, reason, code):
    assert await run(reply, ScriptedProvider([Finish(reason, None, "m")])) == (Status.FAILED, code, "")


async def test_a_reply_that_never_ends_is_cut_at_the_limit(reply, monkeypatch):
    monkeypatch.setattr(reply_module, "MAX_REPLY", 10)

    status, code, text = await run(reply, ScriptedProvider(["abcd"] * 100))

    assert (status, code, text) == (Status.INTERRUPTED, ErrorCode.REPLY_TOO_LONG, "abcdabcdab")


async def test_what_the_model_writes_passes_the_text_gate(reply):
    provider = ScriptedProvider(["a\x00b", "\x00", "c\ud800d"])

    assert await run(reply, provider) == (Status.COMPLETE, "", "abcd")


async def test_stop_ends_the_reply_and_closes_the_call(asker, reply):
    provider = ScriptedProvider(["Be", asyncio.Event()])
    with serving(provider):
        async with running_bus(), running_engine():
            await until(lambda: provider.open_calls)
            await in_database(actions.stop)(asker, reply.conversation_id, reply.pk)

            assert await outcome(reply) == (Status.STOPPED, "", "Be")
            assert provider.open_calls == 0


async def test_a_stop_heard_before_the_first_step_calls_nobody(reply):
    [claim] = await in_database(claim_waiting)(uuid.uuid4(), room=1)
    writing = Writing(claim)
    writing.end(Ending.STOPPED)

    with serving(ScriptedProvider(["Because."])) as provider:
        await write_reply(writing, Journal())

    assert await outcome(reply) == (Status.STOPPED, "", "")
    assert provider.requests == []


async def test_stop_needs_no_bus(asker, reply):
    provider = ScriptedProvider(["Be", asyncio.Event()])
    with serving(provider):
        async with running_engine():
            await until(lambda: provider.open_calls)
            await in_database(actions.stop)(asker, reply.conversation_id, reply.pk)

            assert await outcome(reply) == (Status.STOPPED, "", "Be")


async def test_a_reply_that_another_has_taken_is_dropped(reply):
    provider = ScriptedProvider(["Be", asyncio.Event()])
    with serving(provider):
        async with running_engine():
            await until(lambda: provider.open_calls)
            await in_database(lambda: Message.objects.filter(pk=reply.pk).update(attempt=7))()
            await until(lambda: not provider.open_calls)
        now = await row(reply)

    assert (now.status, now.attempt) == (Status.STREAMING, 7)


async def test_a_drain_hands_over_what_the_model_can_carry_on(reply):
    provider = ScriptedProvider(["Be", asyncio.Event()], resumes=True)
    with serving(provider):
        async with running_engine():
            await until(lambda: provider.open_calls)
            await asyncio.sleep(0.1)

    now = await row(reply)
    assert (now.status, now.content) == (Status.QUEUED, "Be")
    assert not await in_database(Worker.objects.exists)()


async def test_a_drain_marks_what_it_cannot(reply):
    provider = ScriptedProvider(["Be", asyncio.Event()], resumes=False)
    with serving(provider):
        async with running_engine():
            await until(lambda: provider.open_calls)

    now = await row(reply)
    assert (now.status, now.error_code, now.content) == (Status.INTERRUPTED, ErrorCode.SHUTDOWN, "Be")


async def test_a_drain_lets_a_reply_end_within_its_grace(reply):
    going_on = asyncio.Event()
    with serving(ScriptedProvider(["Be", going_on, "cause."])) as provider:
        async with running_engine(grace=DEADLINE):
            await until(lambda: provider.open_calls)
            asyncio.get_running_loop().call_later(0.05, going_on.set)

    assert (await row(reply)).content == "Because."


async def test_a_drain_keeps_its_lease_for_as_long_as_it_writes(reply, monkeypatch):
    going_on = asyncio.Event()
    monkeypatch.setattr("apps.generation.engine.BEAT_EVERY", 0.01)
    with serving(ScriptedProvider(["Be", going_on, "cause."])) as provider:
        async with running_engine() as engine:
            await until(lambda: provider.open_calls)
            draining = asyncio.create_task(engine.drain(DEADLINE))
            began = time.monotonic()
            await until(lambda: engine._beat_at > began or draining.done())
            assert engine._beat_at > began
            going_on.set()
            await draining


async def test_the_next_worker_carries_on_exactly(reply):
    first = ScriptedProvider(["Be", asyncio.Event()], resumes=True)
    with serving(first):
        async with running_engine():
            await until(lambda: first.open_calls)

    second = ScriptedProvider(["cause."], resumes=True)

    assert await run(reply, second) == (Status.COMPLETE, "", "Because.")
    assert second.requests[0].reply_so_far == "Be"


async def test_a_waiting_reply_follows_the_one_before_it(ask, reply):
    second = await in_database(ask)("And?", reply.conversation_id)
    provider = ScriptedProvider(["Because."], ["Therefore."])

    with serving(provider):
        async with running_engine():
            assert (await outcome(second))[2] == "Therefore."

    assert [turn.text for turn in provider.requests[1].turns] == ["Why?", "Because.", "And?"]


async def test_the_first_reply_makes_a_title_due(reply, monkeypatch):
    asked = []
    monkeypatch.setattr(reply_module, "ask_for_title", asked.append)

    await run(reply, ScriptedProvider(["Because."]))
    conversation = await in_database(Conversation.objects.get)()

    assert conversation.title_state == TitleState.WANTED
    assert asked == [reply.conversation_id]
