import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from django.db import OperationalError

from apps.bridge import in_database
from apps.chat.models import Chunk, Message, Status
from apps.chat.reading import whole_text
from apps.generation import journal as journal_module
from apps.generation.append import Verdict, append
from apps.generation.claim import Claim, claim_waiting
from apps.generation.events import ChunkAdded
from apps.generation.journal import Journal
from apps.generation.writing import CHUNKS_TO_SEAL, MOST_UNSTORED, Ending, Writing
from tests.support.running import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claims(ask) -> list[Claim]:
    ask(), ask(), ask()
    return claim_waiting(uuid.uuid4(), room=3)


@asynccontextmanager
async def running(*writings: Writing) -> AsyncIterator[Journal]:
    journal = Journal()
    for writing in writings:
        journal.open(writing)
    task = asyncio.create_task(journal.run())
    try:
        yield journal
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@in_database
def stored(claim: Claim) -> str:
    return whole_text(Message.objects.get(pk=claim.message_id))


@pytest.fixture
def told(monkeypatch) -> list[tuple[ChunkAdded, str]]:
    """Each event as it is told, with what the database held at that moment."""
    seen: list[tuple[ChunkAdded, str]] = []

    async def publish_now(*events: ChunkAdded) -> None:
        for event in events:
            text = await in_database(lambda pk=event.message_id: whole_text(Message.objects.get(pk=pk)))()
            seen.append((event, text))

    monkeypatch.setattr(journal_module, "publish_now", publish_now)
    return seen


async def test_text_is_told_only_when_it_is_stored(claims, told):
    writing = Writing(claims[0])
    async with running(writing) as journal:
        for word in ("Be", "cause", " I say", " so."):
            await journal.add(writing, word)
            await until(lambda: sum(len(event.text) for event, _ in told) == writing.length)

    assert "".join(event.text for event, _ in told) == "Because I say so."
    assert all(text[event.start :].startswith(event.text) for event, text in told)


async def test_all_replies_of_a_tick_share_one_transaction(claims, monkeypatch):
    batches = []
    monkeypatch.setattr(
        journal_module, "append", lambda pieces: batches.append(len(pieces)) or append(pieces)
    )
    writings = [Writing(claim) for claim in claims]
    for writing in writings:
        writing.add("word")

    async with running(*writings) as journal:
        await journal.add(writings[0], "s")
        await until(lambda: not any(writing.has_text for writing in writings))

    assert batches == [3]


async def test_nothing_is_lost_or_doubled_when_the_database_is_away(claims, monkeypatch, told):
    faults = iter([OperationalError, None, OperationalError, OperationalError])

    def flaky(pieces) -> Verdict:
        fault = next(faults, None)
        verdict = append(pieces)  # the commit may have succeeded although its answer got lost
        if fault:
            raise fault
        return verdict

    monkeypatch.setattr(journal_module, "append", flaky)
    monkeypatch.setattr(journal_module, "RETRY_AFTER", 0.01)
    writing = Writing(claims[0])
    async with running(writing) as journal:
        for word in ["one", "two", "three", "four", "five", "six"]:
            await journal.add(writing, word)
            await asyncio.sleep(0)
        await until(lambda: sum(len(event.text) for event, _ in told) >= writing.length)

    assert await stored(claims[0]) == "onetwothreefourfivesix"
    assert "".join(event.text for event, _ in told) == "onetwothreefourfivesix"


async def test_a_fenced_reply_is_neither_stored_nor_told(claims, told):
    await in_database(lambda: Message.objects.filter(pk=claims[0].message_id).update(attempt=2))()
    fenced, fine = Writing(claims[0]), Writing(claims[1])
    async with running(fenced, fine) as journal:
        await journal.add(fenced, "late")
        await journal.add(fine, "fine")
        await until(lambda: fenced.ending and told)

    assert fenced.ending is Ending.FENCED
    assert [event.message_id for event, _ in told] == [claims[1].message_id]
    assert await stored(claims[0]) == ""


async def test_a_poisoned_reply_ends_and_the_others_go_on(claims, told):
    poisoned, fine = Writing(claims[0]), Writing(claims[1])
    async with running(poisoned, fine) as journal:
        await journal.add(poisoned, "\ud800")
        await journal.add(fine, "fine")
        await until(lambda: poisoned.ending and not fine.has_text)

    assert poisoned.ending is Ending.POISONED
    assert await stored(claims[1]) == "fine"


async def test_a_stop_is_seen_although_the_model_is_silent(claims, monkeypatch):
    monkeypatch.setattr(journal_module, "IDLE_TICK", 0.02)
    writing = Writing(claims[0])
    async with running(writing):
        await in_database(
            lambda: Message.objects.filter(status=Status.STREAMING).update(stop_at="2026-01-01T00:00Z")
        )()
        await until(lambda: writing.ending)

    assert writing.ending is Ending.STOPPED


async def test_a_model_that_outruns_the_database_is_made_to_wait(claims):
    writing = Writing(claims[0])
    journal = Journal()
    journal.open(writing)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await journal.add(writing, "x" * (MOST_UNSTORED + 1))

    async with running(writing) as journal:
        await journal.add(writing, "y")
        await until(lambda: not writing.has_text)
    assert len(await stored(claims[0])) == MOST_UNSTORED + 2


async def test_long_replies_are_sealed_now_and_then(claims):
    writing = Writing(claims[0])
    for _ in range(CHUNKS_TO_SEAL + 2):
        writing.add("Word ")
        piece = writing.take()
        await in_database(append)([piece])
        writing.stored(piece)

    chunks = await in_database(Chunk.objects.filter(message=claims[0].message_id).count)()
    assert chunks < CHUNKS_TO_SEAL
    assert await stored(claims[0]) == "Word " * (CHUNKS_TO_SEAL + 2)


def test_replies_that_begin_together_are_sealed_apart(claims):
    numbered = (replace(claims[0], message_id=uuid.UUID(int=n)) for n in range(CHUNKS_TO_SEAL))
    writings = [Writing(claim) for claim in numbered]
    for writing in writings:
        writing.add("Word ")

    assert sum(writing.take().seal for writing in writings) == 1
