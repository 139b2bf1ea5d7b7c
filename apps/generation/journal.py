"""The journal: text of all replies this process writes, stored together, and told only then."""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

from apps import metrics
from apps.bridge import in_journal
from apps.events import publish_now
from apps.generation.append import Piece, Verdict, append
from apps.generation.events import ChunkAdded
from apps.generation.writing import Ending, Writing

logger = logging.getLogger(__name__)

# Seconds between transactions: smooth to read, shared by all replies.
SHORTEST_TICK, LONGEST_TICK = 0.020, 0.250
TICK_PER_WRITING = 0.020 / 100
IDLE_TICK = 1.0  # seconds between looks at replies whose model is silent: has their reader stopped them?
RETRY_AFTER = 0.5  # seconds until a failed transaction is tried again


class Journal:
    """Gathers text in memory and commits it in one transaction for all replies of the process."""

    def __init__(self) -> None:
        self._writings: dict[UUID, Writing] = {}
        self._dirty = asyncio.Event()
        self._flushing = asyncio.Lock()

    def open(self, writing: Writing) -> None:
        self._writings[writing.claim.message_id] = writing

    async def add(self, writing: Writing, text: str) -> None:
        """Take more text; waits while too much of this reply is not stored yet."""
        writing.add(text)
        self._dirty.set()
        await writing.has_room.wait()

    async def close(self, writing: Writing) -> None:
        """Store no more of this reply; what was on its way is stored or dropped when this returns."""
        if self._writings.get(writing.claim.message_id) is writing:
            del self._writings[writing.claim.message_id]
        async with self._flushing:
            pass

    async def run(self) -> None:
        """Commit until cancelled: a first piece at once, then at the pace that the load allows."""
        while True:
            idle = await self._wait_for_text()
            try:
                await self._flush(idle=idle)
            except Exception as error:  # noqa: BLE001 - the text stays in memory until the database is back
                logger.warning("The journal could not be written and is kept: %s", type(error).__name__)
                self._dirty.set()
                await asyncio.sleep(RETRY_AFTER)
            await asyncio.sleep(self._tick())

    def _tick(self) -> float:
        return min(max(SHORTEST_TICK, TICK_PER_WRITING * len(self._writings)), LONGEST_TICK)

    async def _wait_for_text(self) -> bool:
        """Whether nothing came within an idle tick."""
        try:
            async with asyncio.timeout(IDLE_TICK):
                await self._dirty.wait()
        except TimeoutError:
            return True
        self._dirty.clear()
        return False

    async def _flush(self, *, idle: bool) -> None:
        async with self._flushing:
            writings = [w for w in self._writings.values() if idle or w.has_text]
            if writings:
                pieces = [writing.take() for writing in writings]
                with metrics.FLUSH_SECONDS.time():
                    verdict = await in_journal(append)(pieces)
                _count(pieces)
                events = [self._apply(*pair, verdict) for pair in zip(writings, pieces, strict=True)]
                await publish_now(*(event for event in events if event))

    def _apply(self, writing: Writing, piece: Piece, verdict: Verdict) -> ChunkAdded | None:
        claim = writing.claim
        if claim.message_id in verdict.fenced:
            writing.end(Ending.FENCED)
            return None
        if claim.message_id in verdict.poisoned:
            writing.end(Ending.POISONED)
            return None
        if claim.message_id in verdict.unwanted:
            writing.end(Ending.STOPPED)
        writing.stored(piece)
        if not piece.text:
            return None
        return ChunkAdded(
            conversation_id=claim.conversation_id,
            message_id=claim.message_id,
            start=piece.start,
            text=piece.text,
        )


def _count(pieces: Sequence[Piece]) -> None:
    written = [len(piece.text) for piece in pieces if piece.text]
    metrics.FLUSH_REPLIES.observe(len(pieces))
    metrics.CHUNKS.inc(len(written))
    metrics.CODE_POINTS.inc(sum(written))
