"""Engines, hubs and pages of ours in one thread, where calls, events and text move only when told to.

What leaves the process is replaced: the bus loses, repeats and reorders, database calls wait to be let
through and to be answered, time passes on demand, models write what a plan says. The rest is the product.
"""

import asyncio
import contextvars
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import OperationalError

from apps.accounts.models import User
from apps.chat.events import ENGINES, ConversationChanged, StopRequested
from apps.events import Event, Kicked
from apps.generation import journal
from apps.generation.append import Piece, Verdict
from apps.generation.claim import Claim
from apps.generation.journal import Journal
from apps.generation.reply import write_reply
from apps.generation.writing import Ending, Writing
from apps.live.hub import Hub
from apps.live.mirror import RunningText
from apps.llm.provider import Delta, Finish, Request
from tests.support.simulated_store import Store

Listener = Callable[[Event], None]
PROCESS: contextvars.ContextVar["Engine | None"] = contextvars.ContextVar("PROCESS", default=None)


class Loop(asyncio.SelectorEventLoop):
    """Time stands still until somebody moves `now`."""

    now = 0.0

    def time(self) -> float:
        return self.now

    @property
    def is_at_rest(self) -> bool:
        return not self._ready


@dataclass(eq=False)
class Call:
    """A call of the database: made, then done, then answered; whoever made it may die in between."""

    work: Callable[[], Any]
    process: "Engine | None"
    answer: asyncio.Future[Any]
    done: bool = False
    result: Any = None
    error: Exception | None = None

    @property
    def can_move(self) -> bool:
        return not self.answer.done() and (self.process is None or self.process.runs)

    def move(self, *, fail: bool = False) -> None:
        """Do it, or answer; a failure comes instead of either."""
        if fail:
            self.answer.set_exception(OperationalError("the connection was lost"))
        elif not self.done:
            self.done = True
            try:
                self.result = self.work()
            except Exception as error:  # noqa: BLE001 - it belongs to whoever called
                self.error = error
        elif self.error:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)


class Bus:
    """Delivers at most once, in any order, each listener on its own."""

    def __init__(self, seen: Counter[str]) -> None:
        self.listeners: dict[str, set[Listener]] = defaultdict(set)
        self.air: list[tuple[Listener, Event]] = []
        self.revs: list[int] = []  # of the conversation, in the order they were told
        self.loses = True
        self._seen = seen

    async def join(self, topic: str, listener: Listener) -> None:
        self.listeners[topic].add(listener)

    async def leave(self, topic: str, listener: Listener) -> None:
        self.listeners[topic].discard(listener)

    def publish(self, *events: Event) -> None:
        for event in events:
            self._seen[f"{type(event).__name__} told"] += 1
            if isinstance(event, ConversationChanged):
                self.revs.append(event.rev)
            self.air += [(listener, event) for listener in self.listeners[event.topic]]

    async def publish_now(self, *events: Event) -> None:
        self.publish(*events)

    def move(self, index: int, fate: int) -> None:
        """Have one event arrive, get lost, arrive and stay on its way, or arrive as something unknown."""
        listener, event = self.air.pop(index)
        if self.loses and fate in (0, 1, 2):
            self._seen["events lost"] += 1
            return
        if fate == 3:
            self._seen["events repeated"] += 1
            self.air.append((listener, event))
        if listener in self.listeners[event.topic]:
            listener(Kicked(where=event.topic) if fate == 4 else event)

    def end(self) -> None:
        """What is on its way is lost, or arrives."""
        while self.air:
            self.move(0, fate=0)


class Stream:
    """A call of the model. Its words say which call wrote them, and count."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.written = 0
        self.is_over = self.is_finished = False
        self.items: asyncio.Queue[Delta | Finish | Exception] = asyncio.Queue()

    def write(self, *, paragraph: bool) -> None:
        end = "\n\n" if paragraph else " "
        self.items.put_nowait(Delta(f"c{self.number}p{self.written}{end}"))
        self.written += 1

    def end(self, ending: Finish | Exception) -> None:
        self.is_over, self.is_finished = True, isinstance(ending, Finish)
        self.items.put_nowait(ending)


class Engine:
    """A process that writes replies: our journal and our replies, claimed and swept when told to."""

    def __init__(self, world: "World", host: str) -> None:
        self.world, self.host = world, host
        self.worker_id = uuid.uuid4()
        self.runs = self.lives = True
        self.streams: list[Stream] = []
        self._journal = Journal()
        self._writings: dict[UUID, Writing] = {}
        self._context = contextvars.copy_context()
        self._context.run(PROCESS.set, self)
        self.beat()
        self.spawn(self._journal.run())
        world.bus.listeners[ENGINES].add(self._hear)

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        return self.world.spawn(work, self._context)

    def beat(self) -> None:
        self.world.store.beat(self.worker_id, self.host)

    def claim(self) -> None:
        for claim in self.world.store.claim(self.worker_id):
            self.spawn(self._write(claim))

    def sweep(self) -> None:
        self.world.seen["replies swept"] += self.world.store.sweep(self.worker_id, self.host)

    def freeze(self) -> None:
        self.runs = False

    def thaw(self) -> None:
        self.runs = True
        self.world.seen["engines thawed"] += 1

    def kill(self) -> None:
        self.runs = self.lives = False
        self.world.seen["engines killed"] += 1

    async def _write(self, claim: Claim) -> None:
        writing = self._writings[claim.message_id] = Writing(claim)
        await write_reply(writing, self._journal)
        self.world.seen["attempts fenced"] += writing.ending is Ending.FENCED

    def _hear(self, event: Event) -> None:
        writing = self._writings.get(event.message_id) if isinstance(event, StopRequested) else None
        if writing and self.runs:
            writing.end(Ending.STOPPED)


class Model:
    """The provider of every engine."""

    def __init__(self, world: "World", *, resumes: bool) -> None:
        self._world, self._resumes = world, resumes

    def resumes_exactly(self, model_name: str, reference: str = "") -> bool:
        return self._resumes

    async def stream(self, request: Request) -> AsyncGenerator[Delta | Finish, None]:
        engine = PROCESS.get()
        assert engine
        self._world.streams.append(stream := Stream(len(self._world.streams)))
        engine.streams.append(stream)
        try:
            while True:
                item = await stream.items.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            engine.streams.remove(stream)


@dataclass(eq=False)
class World:
    """Everything there is. `seen` counts what a run came across."""

    owner: User
    kind: type[Store]
    seen: Counter[str]
    resumes: bool
    engines: list[Engine] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = Loop()
        self.bus = Bus(self.seen)
        self.store = self.kind(self.owner, self.bus.publish)
        self.store.resumes = self.resumes
        self.model = Model(self, resumes=self.resumes)
        self.hubs = [Hub(), Hub()]

    def bridge(self, function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        def call(*args: Any, **kwargs: Any) -> asyncio.Future[Any]:
            made = Call(partial(function, *args, **kwargs), PROCESS.get(), self.loop.create_future())
            self.calls.append(made)
            return made.answer

        return call

    def spawn(self, work: Any, context: contextvars.Context | None = None) -> asyncio.Task[Any]:
        task = self.loop.create_task(work, context=context or contextvars.Context())
        self.tasks.append(task)
        return task

    async def rest(self) -> None:
        """Let everybody do what needs nothing from outside; raises what went wrong with anybody."""
        await asyncio.sleep(0)
        while not self.loop.is_at_rest:  # noqa: ASYNC110 - that is what it waits for
            await asyncio.sleep(0)
        for task in [task for task in self.tasks if task.done()]:
            self.tasks.remove(task)
            if not task.cancelled():
                task.result()

    def waiting(self) -> list[Call]:
        self.calls = [call for call in self.calls if not call.answer.done()]
        return [call for call in self.calls if call.can_move]

    def end_leases(self) -> None:
        """The clock has moved on for whoever does not beat."""
        self.store.end_leases([engine.worker_id for engine in self.engines if not engine.runs])

    def noted_append(self) -> Callable[[Sequence[Piece]], Verdict]:
        """The journal's transaction, with a note of what it refused."""
        store = journal.append

        def append(pieces: Sequence[Piece]) -> Verdict:
            verdict = store(pieces)
            self.seen["writes fenced"] += len(verdict.fenced)
            self.seen["writes unwanted"] += len(verdict.unwanted)
            return verdict

        return append

    async def close(self) -> None:
        for task in [*self.tasks, *(task for hub in self.hubs for task in hub._tasks.values())]:
            task.cancel()
        while not all(task.done() for task in self.tasks):
            await asyncio.sleep(0)
            for call in self.calls:
                call.answer.cancel()


@contextmanager
def simulated(
    owner: User, kind: type[Store], seen: Counter[str], stand_ins: dict[str, Any], *, resumes: bool
) -> Iterator[World]:
    """A world of its own."""
    world = World(owner, kind, seen, resumes)
    with ExitStack() as stack:
        for name, stand_in in {**_edges(world), **world.store.stand_ins, **stand_ins}.items():
            stack.enter_context(patch(name, stand_in))
        stack.enter_context(patch("apps.generation.journal.append", world.noted_append()))
        try:
            yield world
        finally:
            world.loop.run_until_complete(world.close())
            world.loop.close()


def _edges(world: World) -> dict[str, Any]:
    return {
        "apps.events.publish": world.bus.publish,
        "apps.generation.journal.in_journal": world.bridge,
        "apps.generation.journal.publish_now": world.bus.publish_now,
        "apps.generation.reply.in_database": world.bridge,
        "apps.generation.reply.in_queue": lambda ask_for_title: _nothing,
        "apps.generation.reply.provider_for": lambda name: world.model,
        "apps.generation.settle.resumes_exactly": world.model.resumes_exactly,
        "apps.live.hub.in_view": world.bridge,
        "apps.live.hub.mailbox": world.bus,
        "apps.live.mirror.in_view": world.bridge,
        "apps.live.mirror.RunningText": partial(NotedText, world.seen),
        "apps.web.liveview.in_view": world.bridge,
        "apps.api.feed.in_view": world.bridge,
    }


async def _nothing(conversation_id: UUID) -> None:
    """Titles are not part of this."""


class NotedText(RunningText):
    """Says what came its way."""

    def __init__(self, seen: Counter[str], text: str) -> None:
        super().__init__(text)
        self._seen = seen

    def grow(self, start: int, text: str) -> bool:
        self._seen["gaps found"] += start > len(self.text)
        self._seen["late or repeated pieces ignored"] += bool(text) and start + len(text) <= len(self.text)
        return super().grow(start, text)
