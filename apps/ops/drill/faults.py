"""The table of faults: what each does on entering, and what takes it back on leaving."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random

import redis

from apps.ops.drill.plan import Blow, Habit
from apps.ops.drill.stage import Stage
from apps.ops.drill.tab import Tab
from apps.ops.drill.wire import Refusal

WEBS, ENGINES = ("web-1", "web-2"), ("engine-1", "engine-2")
INTO_OUTAGE = 0.7  # seconds after which a process is killed whose database stands still
TAKEN_OVER_WITHIN = 45.0  # seconds: a lease, two sweeps, and a process that has just begun to beat
THAWED_WITHIN = 2.0  # seconds after that
REFUSED_WITHIN = 8.0  # seconds until the model has refused as often as it should
MOST_REFUSALS = 3  # as often as the product asks while nothing has been written
WORDS = 20  # of a question that is asked only to be refused

ANYTIME = Habit()

Act = Callable[[Stage, Blow], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Kind:
    act: Act
    habit: Habit = ANYTIME


def killed(stage: Stage, blow: Blow) -> AbstractAsyncContextManager[None]:
    return stage.killed(blow.target)


def ended(stage: Stage, blow: Blow) -> AbstractAsyncContextManager[None]:
    return stage.asked_to_end(blow.target)


def frozen(stage: Stage, blow: Blow) -> AbstractAsyncContextManager[None]:
    return stage.frozen(blow.target)


@asynccontextmanager
async def outlived(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    """Frozen until others have taken its work, and then told more of it: it wakes to a fence."""
    pid = stage.process(blow.target).pid
    async with stage.frozen(blow.target):
        calls = await stage.calls_of(pid)
        for call in calls:
            call.flowing.clear()
        yield
        await stage.until_rows(lambda rows: not rows.written_by(pid), within=TAKEN_OVER_WITHIN)
        await asyncio.sleep(blow.chance * THAWED_WITHIN)
    for call in calls:
        call.flowing.set()


@asynccontextmanager
async def killed_in_outage(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    # The process is started when the database is back: it needs it.
    async with AsyncExitStack() as exits, stage.frozen("postgres"):
        await asyncio.sleep(INTO_OUTAGE)
        await exits.enter_async_context(stage.killed(blow.target))
        yield


@asynccontextmanager
async def flushed(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    client = redis.Redis.from_url(stage.stack.services.redis_url)
    with client, suppress(redis.ConnectionError):  # another fault has it down: it has nothing to forget
        await asyncio.to_thread(client.flushall)
    yield


@asynccontextmanager
async def pages_lost(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    for tab in _some(stage, blow):
        await tab.leave(politely=False)
    yield


@asynccontextmanager
async def pages_left(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    for tab in _some(stage, blow):
        await tab.leave(politely=True)
    yield


@asynccontextmanager
async def sent_twice(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    await Random(blow.chance).choice(stage.people).ask_twice()
    yield


def refused(refusal: Refusal) -> Act:
    """The next calls fail before their first text: once, twice, or until the product gives up."""

    @asynccontextmanager
    async def act(stage: Stage, blow: Blow) -> AsyncIterator[None]:
        chance, refusals = Random(blow.chance), stage.model.refusals
        refusals.extend([refusal] * chance.randint(1, MOST_REFUSALS))
        await chance.choice(stage.people).interrupt(WORDS)
        yield
        await stage.ledger.until(lambda: not refusals, within=REFUSED_WITHIN)
        refusals.clear()

    return act


@asynccontextmanager
async def streams_cut(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    stage.model.cut()
    yield


@asynccontextmanager
async def streams_ended(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    stage.model.end_early()
    yield


@asynccontextmanager
async def streams_stalled(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    """For good: the product has to notice."""
    stage.model.stall()
    yield


@asynccontextmanager
async def streams_paused(stage: Stage, blow: Blow) -> AsyncIterator[None]:
    calls = stage.model.stall()
    yield
    for call in calls:
        call.flowing.set()


def _some(stage: Stage, blow: Blow) -> list[Tab]:
    chance = Random(blow.chance)
    return [tab for tab in stage.tabs if chance.random() < 0.5]


KINDS: dict[str, Kind] = {
    "web-kill": Kind(killed, Habit(WEBS, weight=2)),
    "web-term": Kind(ended, Habit(WEBS)),
    "web-stop": Kind(frozen, Habit(WEBS, (0.5, 6.0))),
    "engine-kill": Kind(killed, Habit(ENGINES, weight=3)),
    "engine-term": Kind(ended, Habit(ENGINES, weight=2)),
    "engine-stop": Kind(frozen, Habit(ENGINES, (0.5, 8.0))),
    "engine-outlived": Kind(outlived, Habit(ENGINES, (0.0, 1.0))),
    "worker-kill": Kind(killed, Habit(("worker",))),
    "worker-term": Kind(ended, Habit(("worker",))),
    "worker-stop": Kind(frozen, Habit(("worker",))),
    "beat-kill": Kind(killed, Habit(("beat",))),
    "beat-term": Kind(ended, Habit(("beat",))),
    "beat-stop": Kind(frozen, Habit(("beat",))),
    "redis-flush": Kind(flushed),
    "redis-kill": Kind(killed, Habit(("valkey",))),
    "redis-stop": Kind(frozen, Habit(("valkey",), (0.5, 5.0))),
    "postgres-kill": Kind(killed, Habit(("postgres",))),
    "postgres-restart": Kind(ended, Habit(("postgres",), (0.0, 1.0))),
    "postgres-stop": Kind(frozen, Habit(("postgres",), (0.5, 6.0))),
    "outage-engine-kill": Kind(killed_in_outage, Habit(ENGINES)),
    "outage-web-kill": Kind(killed_in_outage, Habit(WEBS)),
    "page-cut": Kind(pages_lost),
    "page-close": Kind(pages_left),
    "send-twice": Kind(sent_twice),
    "model-error": Kind(refused(Refusal.BROKEN)),
    "model-busy": Kind(refused(Refusal.BUSY)),
    "stream-cut": Kind(streams_cut),
    "stream-end": Kind(streams_ended),
    "stream-stall": Kind(streams_stalled),
    "stream-pause": Kind(streams_paused, Habit(seconds=(0.5, 3.0))),
}
