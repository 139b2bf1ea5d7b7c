import asyncio
import uuid

import pytest
from django.db import OperationalError

from apps.bridge import in_database
from apps.chat.models import Message, Status
from apps.chat.reading import whole_text
from apps.generation import reply as reply_module
from apps.generation.append import Piece, append
from apps.generation.claim import Claim, Fence, claim_waiting, remember
from apps.generation.models import Generation
from apps.generation.settle import Outcome, settle
from apps.llm.errors import BadResponse, ErrorCode, Unavailable
from apps.llm.provider import Begun
from tests.support.running import DEADLINE, running_engine, until
from tests.support.scripted_provider import ScriptedProvider, serving

LOST = Outcome(Status.INTERRUPTED, error_code=ErrorCode.WORKER_LOST)
FAILED = Outcome(Status.INTERRUPTED, error_code=ErrorCode.CUT_OFF)


@pytest.fixture(autouse=True)
def brisk(monkeypatch) -> None:
    monkeypatch.setattr(reply_module, "BACKOFF", 0.01)
    monkeypatch.setattr(reply_module, "DATABASE_RETRY", 0.01)


@in_database
def row(reply: Message) -> Message:
    return Message.objects.get(pk=reply.pk)


async def run(reply: Message, provider: ScriptedProvider) -> str:
    """The status it ends in."""
    with serving(provider):
        async with running_engine(), asyncio.timeout(DEADLINE):
            while (now := await row(reply)).is_live:  # noqa: ASYNC110  # the row changes in the database
                await asyncio.sleep(0.01)
    return now.status


def claimed() -> Claim:
    return claim_waiting(uuid.uuid4(), room=1)[0]


def left(fence: Fence, outcome: Outcome) -> None:
    """End the attempt, and have the reply wait for another."""
    settle(fence, outcome)
    Message.objects.filter(pk=fence.message_id).update(status=Status.QUEUED)


@pytest.mark.django_db(transaction=True)
async def test_the_reference_is_stored_before_any_text(reply, monkeypatch):
    texts = []

    def remember_late(fence: Fence, reference: str) -> None:
        texts.append(whole_text(Message.objects.get(pk=fence.message_id)))
        if len(texts) < 3:
            raise OperationalError
        remember(fence, reference)

    monkeypatch.setattr(reply_module, "remember", remember_late)

    assert await run(reply, ScriptedProvider([Begun("r-1"), "Because."])) == Status.COMPLETE
    assert texts == ["", "", ""]
    assert (await in_database(Generation.objects.get)()).reference == "r-1"


@pytest.mark.django_db(transaction=True)
async def test_a_whole_reply_is_not_cancelled(reply):
    provider = ScriptedProvider([Begun("r-1"), "Because."])

    await run(reply, provider)

    assert provider.cancelled == []


@pytest.mark.django_db(transaction=True)
async def test_what_nobody_will_read_is_cancelled(reply, monkeypatch):
    monkeypatch.setattr(reply_module, "MAX_REPLY", 4)
    provider = ScriptedProvider([Begun("r-1"), "Because."])

    assert await run(reply, provider) == Status.INTERRUPTED
    assert provider.cancelled == ["r-1"]


@pytest.mark.django_db(transaction=True)
async def test_the_last_of_several_tries_is_cancelled(reply):
    provider = ScriptedProvider([Begun("r-1"), Unavailable()], [Begun("r-2"), "Be", BadResponse()])

    assert await run(reply, provider) == Status.INTERRUPTED
    assert provider.cancelled == ["r-2"]


@pytest.mark.django_db(transaction=True)
async def test_a_reply_that_another_has_taken_is_not_cancelled(reply):
    provider = ScriptedProvider([Begun("r-1"), "Be", asyncio.Event()])
    with serving(provider):
        async with running_engine():
            await until(lambda: provider.open_calls)
            await in_database(lambda: Message.objects.filter(pk=reply.pk).update(attempt=7))()
            await until(lambda: not provider.open_calls)

    assert provider.cancelled == []


@pytest.mark.django_db(transaction=True)
async def test_a_cancellation_that_fails_harms_nothing(reply, monkeypatch, caplog):
    provider = ScriptedProvider([Begun("r-1"), "Be", BadResponse()])

    async def fail(reference: str) -> None:
        raise Unavailable

    monkeypatch.setattr(provider, "cancel", fail)

    assert await run(reply, provider) == Status.INTERRUPTED
    assert "may go on upstream" in caplog.text


@pytest.mark.django_db
def test_who_comes_after_a_lost_worker_is_told_what_it_began(reply):
    first = claimed()
    remember(first, "r-1")
    append([Piece(first.message_id, first.attempt, 0, "Be")])

    with serving(ScriptedProvider([], resumes=False)):
        settle(first, LOST)
    second = claimed()

    assert (second.attempt, second.start) == (2, 2)
    assert (second.request.reference, second.request.reply_so_far) == ("r-1", "Be")
    assert Generation.objects.get(attempt=2).reference == "r-1"


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", [FAILED, Outcome(Status.STOPPED)])
def test_what_failed_or_was_stopped_is_not_taken_up(reply, outcome):
    first = claimed()
    remember(first, "r-1")

    left(first, outcome)

    assert claimed().request.reference == ""


@pytest.mark.django_db
def test_only_the_attempt_before_counts(reply):
    first = claimed()
    remember(first, "r-1")
    left(first, LOST)
    left(claimed(), FAILED)

    assert claimed().request.reference == ""
