"""The engine: claims queued replies, has them written, settles them; beats, sweeps and drains."""

import asyncio
import contextvars
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine

from apps import metrics
from apps.bridge import in_database, in_lease
from apps.chat.events import ENGINES, StopRequested
from apps.events import Event, mailbox
from apps.generation import upstream, workers
from apps.generation.claim import AT_ONCE, Claim, claim_waiting
from apps.generation.journal import Journal
from apps.generation.models import LEASE
from apps.generation.reply import write_reply
from apps.generation.sweep import attempts_of, free_queues, hand_over, sweep
from apps.generation.writing import Ending, Writing
from apps.llm.registry import open_providers

logger = logging.getLogger(__name__)

ROOM = 400  # replies one process writes at once
POLL_EVERY = 1.0  # seconds between looks for waiting replies when nobody rings
BEAT_EVERY = 5.0
SWEEP_EVERY = 5.0
RETRY_AFTER = 0.5


class Engine:
    """Writes replies in this process's event loop from `start` to `drain`."""

    def __init__(self) -> None:
        self.worker_id = uuid.uuid4()
        self._journal = Journal()
        self._writings: dict[uuid.UUID, Writing] = {}
        self._replies: set[asyncio.Task[None]] = set()
        self._loops: set[asyncio.Task[None]] = set()
        self._work, self._lease = asyncio.Event(), asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._beats: asyncio.Task[None] | None = None
        self._claiming = False
        self._beating_since: float | None = None
        self._beat_at = 0.0

    async def start(self) -> None:
        """Register and begin to claim."""
        await open_providers()
        await mailbox.join(ENGINES, self._hear)
        self._writer = _spawn(self._journal.run())
        self._beats = self._own(self._repeat(self._beat, BEAT_EVERY), self._loops)
        self._own(self._repeat(self._sweep, SWEEP_EVERY, wake=self._lease), self._loops)
        self._own(self._repeat(self._end_unread, SWEEP_EVERY), self._loops)
        self._own(self._repeat(self._claim, POLL_EVERY, wake=self._work), self._loops)

    @property
    def is_beating(self) -> bool:
        """Whether its lease is good, as far as it knows."""
        return time.monotonic() - self._beat_at < LEASE.total_seconds()

    async def drain(self, grace: float) -> None:
        """Claim no more, let replies end for `grace` seconds, hand over the rest, give the lease up.

        Until then it beats, or others would take from it what it still writes.
        """
        await mailbox.leave(ENGINES, self._hear)
        await _cancel([loop for loop in self._loops if loop is not self._beats])
        if self._replies:
            await asyncio.wait(self._replies, timeout=grace)
        for writing in self._writings.values():
            writing.end(Ending.SHUTDOWN)
        if self._replies:
            await asyncio.wait(self._replies)
        await _cancel([task for task in (self._beats, self._writer) if task])
        await in_lease(workers.leave)(self.worker_id)

    def _hear(self, event: Event) -> None:
        if isinstance(event, StopRequested):
            if writing := self._writings.get(event.message_id):
                writing.end(Ending.STOPPED)
        else:
            self._work.set()

    async def _claim(self) -> None:
        room = ROOM - len(self._writings)
        if room > 0 and self._beating_since is not None:
            self._claiming = True
            try:
                claims = await in_database(claim_waiting)(self.worker_id, room=room)
                metrics.CLAIMED.inc(len(claims))
                for claim in claims:
                    self._write(claim)
            finally:
                self._claiming = False
            if len(claims) == AT_ONCE:
                self._work.set()

    def _write(self, claim: Claim) -> None:
        writing = Writing(claim)
        self._writings[claim.message_id] = writing
        task = self._own(write_reply(writing, self._journal), self._replies)
        task.add_done_callback(lambda _: self._forget(writing))

    def _forget(self, writing: Writing) -> None:
        if (
            self._writings.get(writing.claim.message_id) is writing
        ):  # and not its successor, continued at once
            del self._writings[writing.claim.message_id]
        self._work.set()  # a reply further down its path may wait for this one

    async def _beat(self) -> None:
        try:
            await in_lease(workers.beat)(self.worker_id)
        except Exception:
            self._beating_since = None
            raise
        self._beat_at = time.monotonic()
        if self._beating_since is None:
            self._beating_since = time.monotonic()
            self._work.set()
            self._lease.set()  # what a killed process of this host left is found before anything else

    async def _sweep(self) -> None:
        if self._beating_since is None:
            return
        by_lease = time.monotonic() - self._beating_since > LEASE.total_seconds()
        await in_lease(sweep)(self.worker_id, by_lease=by_lease)
        await self._hand_over_lost()
        await in_lease(free_queues)()

    async def _hand_over_lost(self) -> None:
        """Give away what is ours but written by nobody, such as a claim whose answer got lost."""
        ours = await in_lease(attempts_of)(self.worker_id)
        if not self._claiming:  # else some may be about to be written
            lost = [attempt for attempt in ours if attempt.message_id not in self._writings]
            await in_lease(hand_over)(lost)

    async def _end_unread(self) -> None:
        for attempt in await in_database(upstream.take_unread)():
            await upstream.end(attempt)

    async def _repeat(
        self, step: Callable[[], Awaitable[None]], every: float, *, wake: asyncio.Event | None = None
    ) -> None:
        """Do `step` for ever, each time after `every` seconds or when woken; a fault is a delay."""
        wake = wake or asyncio.Event()
        while True:
            try:
                wake.clear()
                await step()
            except Exception as error:  # noqa: BLE001 - the database may be away; it comes back
                logger.warning("%s failed and is tried again: %s", step.__name__, type(error).__name__)
                await asyncio.sleep(RETRY_AFTER)
                continue
            try:
                async with asyncio.timeout(every):
                    await wake.wait()
            except TimeoutError:
                pass

    def _own(self, work: Coroutine[None, None, None], owned: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        task = _spawn(work)
        owned.add(task)
        task.add_done_callback(owned.discard)
        return task


def _spawn(work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    """A task in a context of its own: no request's thread, nobody's child."""
    return asyncio.get_running_loop().create_task(work, context=contextvars.Context())


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
