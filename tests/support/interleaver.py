"""Plays by chance: at each step one of the things that could happen next, then a look at what must hold."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

from django.db import OperationalError, connections

from apps.chat import actions, reading
from apps.live.hub import Hub
from apps.llm.errors import CutOff, RateLimited
from apps.llm.provider import Finish, FinishReason
from tests.support.simulated_page import WORD, Page, Viewer
from tests.support.simulated_store import Stored
from tests.support.simulation import Engine, Stream, World

MOST_QUESTIONS, MOST_PAGES = 2, 3
LIVE = {"queued", "streaming"}
Step = Callable[[], object]


class Interleaver:
    def __init__(self, world: World, chance: Random, viewer: Callable[[World, Hub], Viewer] = Page) -> None:
        self.world = world
        self._viewer = viewer
        self.story: list[str] = []  # what happened, for whoever looks for the reason of a failure
        self.pages: list[Viewer] = []
        self.keys: list[str] = []
        self.stored: dict[str, Stored] = {}
        self._chance = chance

    async def play(self, steps: int) -> None:
        world = self.world
        self.ask()
        world.engines += [Engine(world, "a"), Engine(world, "b")]
        self.open_page()
        try:
            await self._play(steps)
        finally:
            connections.close_all()  # they belong to this task

    async def _play(self, steps: int) -> None:
        for _ in range(steps):
            weights, kinds = zip(*((weight, kind) for weight, kind in self.possible() if kind), strict=True)
            (kind,) = self._chance.choices(kinds, weights)
            self._choose(kind)()
            await self.rest()
        await self.settle_down()

    async def rest(self) -> None:
        await self.world.rest()
        self.check()

    def possible(self) -> list[tuple[float, list[Step]]]:
        """What may happen next, in kinds; a kind is as likely as it weighs, whatever is in it."""
        engines, statuses = self.world.engines, {row.status for row in self.stored.values()}
        running = [engine for engine in engines if engine.runs]
        streams = [stream for engine in running for stream in engine.streams if not stream.is_over]
        away = [page for page in self.pages if not page.is_connected]
        may_open = len(self.pages) < MOST_PAGES
        return [
            (9, [partial(self.move, call) for call in self.world.waiting()]),
            (6, [self.deliver] if self.world.bus.air else []),
            (6, [partial(self.write, stream) for stream in streams]),
            (5, [self.pass_time]),
            (4, [page.read for page in self.pages if page.may_read]),
            (4, [engine.claim for engine in running] if "queued" in statuses else []),
            (2, [page.connect for page in away]),
            (1, [engine.thaw if engine.lives else partial(self.replace, engine)
                 for engine in engines if not engine.runs]),
            (1, [self.sweep] if "streaming" in statuses and len(running) < len(engines) else []),
            (1, [self.tick]),
            (1, [self.open_page] if may_open else []),
            (0.5, [self.disturb]),
            (0.5, [partial(self.end_stream, stream) for stream in streams]),
            (0.5, [self.lose_socket, self.reload]),
            (0.5, [self.harm] if running and "streaming" in statuses else []),
        ]  # fmt: skip

    def disturb(self) -> None:
        """What people do: ask, ask the same again, stop an answer, have it go on."""
        steps: list[Step] = [self.ask_again]
        if len(self.keys) < MOST_QUESTIONS:
            steps.append(self.ask)
        for pk, row in self.stored.items():
            if row.role == "assistant" and row.status in LIVE:
                steps.append(partial(self.world.store.stop, pk))
            elif row.status in ("stopped", "interrupted"):
                steps += [partial(self.world.store.go_on, pk)] * 2
        with suppress(actions.NotPossible):
            self._choose(steps)()

    # -- What must always hold ---------------------------------------------------------------------

    def check(self) -> None:
        """After every step: stored text grows and is never mixed; each page shows the start of it."""
        before, self.stored = self.stored, self.world.store.rows()
        for pk, row in self.stored.items():
            if row != before.get(pk):
                self._check_row(before.get(pk), row)
        for page in self.pages:
            for pk, shown in page.rows.items():
                assert WORD.findall(self.stored[pk].text)[: len(shown.words)] == shown.words, (
                    "more is shown than is stored"
                )
        revs = self.world.bus.revs
        assert revs == list(range(1, len(revs) + 1)), "a rev was left out or came out of order"
        assert all(row.rev <= len(revs) for row in self.stored.values())
        assert len(self.stored) >= 2 * len(self.keys), "an accepted question is not there"

    def _check_row(self, old: Stored | None, row: Stored) -> None:
        if old:
            assert row.text.startswith(old.text), "stored text was changed"
            over = old.status not in LIVE and row.attempt == old.attempt
            assert not over or row.text == old.text, "a final text went on"
            self.world.seen[f"replies {row.status}"] += row.status != old.status
        self._check_words(row)

    def _check_words(self, row: Stored) -> None:
        """Of each call of the model what it wrote, from its first word on; nothing of it behind the next."""
        places = [tuple(map(int, word[1:].split("p"))) for word in WORD.findall(row.text)]
        for (call, place), (next_call, next_place) in pairwise(places):
            follows = (next_call, next_place) == (call, place + 1)
            assert follows or (next_call > call and next_place == 0), "attempts are mixed, or a word is lost"
        if row.role == "assistant" and row.status == "complete":
            last = self.world.streams[places[-1][0]]
            wordless = any(not s.written and s.is_finished for s in self.world.streams[last.number + 1 :])
            assert wordless or last.is_finished, "complete, but its model never finished"
            assert wordless or places[-1][1] + 1 == last.written, "complete, but words are lost"

    def check_end(self) -> None:
        """After one tick: nobody waits, each key is there once, and every page shows what is stored."""
        world = self.world
        assert not any(row.status in LIVE for row in self.stored.values()), "a reply has no owner"
        keys = [row.key for row in self.stored.values() if row.key]
        assert sorted(keys) == sorted(self.keys), "a key was stored twice, or not at all"
        conversation = world.store.conversation()
        expected = [
            (str(m.pk), m.status, WORD.findall(m.text)) for m in reading.newest_window(conversation).messages
        ]
        for page in self.pages:
            rows = sorted(page.rows.items(), key=lambda item: item[1].depth)
            assert [(pk, row.status, row.words) for pk, row in rows] == expected, "a page differs"
            assert page.titles == {str(conversation.pk): [conversation.title, False]}, "a list differs"

    # -- The end -----------------------------------------------------------------------------------

    async def settle_down(self) -> None:
        """No more faults: whoever is frozen has died, replies end, pages come back, one tick passes."""
        await self._replies_end()
        for page in self.pages:
            if not page.is_connected:
                page.connect()
        await self._calls_go_through()
        self.world.bus.end()
        for hub in self.world.hubs:
            self.world.spawn(hub.check())
        for _ in range(4):
            await self._calls_go_through()
            self.pass_time()  # whoever failed tries again
            for page in self.pages:
                page.read()
            await self._calls_go_through()
        await self._all_is_read()
        self.check_end()

    async def _all_is_read(self) -> None:
        while unread := [page for page in self.pages if page.may_read]:
            unread[0].read()
            await self._calls_go_through()

    async def _replies_end(self) -> None:
        survivor = self._survivor()
        self.world.end_leases()
        survivor.sweep()
        for _ in range(40):
            await self._calls_go_through()
            statuses = {row.status for row in self.stored.values()}
            if not statuses & LIVE:
                return
            if "queued" in statuses:
                survivor.claim()
            for stream in [
                stream for engine in self.world.engines if engine.runs for stream in engine.streams
            ]:
                if not stream.is_over:
                    stream.write(paragraph=False)
                    stream.end(Finish(FinishReason.STOP, None, "simulated"))
            self.pass_time()

    def _survivor(self) -> Engine:
        for engine in self.world.engines:
            if not engine.runs and engine.lives:
                engine.kill()
        if not any(engine.runs for engine in self.world.engines):
            self.world.engines.append(Engine(self.world, "c"))
        return next(engine for engine in self.world.engines if engine.runs)

    async def _calls_go_through(self) -> None:
        await self.rest()
        while calls := self.world.waiting():
            calls[0].move()
            await self.rest()

    # -- The steps ---------------------------------------------------------------------------------

    def move(self, call: Any) -> None:
        fails = self._number(32) == 0
        self.world.seen["database calls failed"] += fails
        call.move(fail=fails)
        if call.can_move and self._number(3):  # mostly nothing comes in between
            call.move()

    def deliver(self) -> None:
        self.world.bus.move(self._number(len(self.world.bus.air)), self._number(10))

    def pass_time(self) -> None:
        self.world.loop.now += 1.0

    def tick(self) -> None:
        self.world.seen["ticks"] += 1
        self.world.spawn(self._tick(self._choose(self.world.hubs)))

    async def _tick(self, hub: Hub) -> None:
        with suppress(OperationalError):  # as Hub.run does, until the next one
            await hub.check()

    def write(self, stream: Stream) -> None:
        self.world.seen["words written"] += 1
        stream.write(paragraph=self._number(4) == 0)

    def end_stream(self, stream: Stream) -> None:
        ending = self._number(4)
        if ending < 2:
            stream.end(Finish(FinishReason.STOP, None, "simulated"))
        else:
            stream.end(CutOff() if ending == 2 else RateLimited())

    def ask(self) -> None:
        self.keys.append(f"question-{len(self.keys)}")
        self.world.store.send(self.keys[-1])

    def ask_again(self) -> None:
        self.world.seen["questions repeated"] += not self.world.store.send(self._choose(self.keys))

    def sweep(self) -> None:
        """The leases of those that do not run have ended; somebody who does looks for what they left."""
        self.world.end_leases()
        for engine in self.world.engines:
            if engine.runs:
                engine.sweep()
                return

    def replace(self, dead: Engine) -> None:
        """The process is started anew on its host."""
        if not any(engine.lives and engine.host == dead.host for engine in self.world.engines):
            self.world.engines.append(Engine(self.world, dead.host))
            self.world.engines[-1].sweep()

    def open_page(self) -> None:
        self.pages.append(self._viewer(self.world, self.world.hubs[len(self.pages) // 2]))

    def harm(self) -> None:
        engine = self._choose([engine for engine in self.world.engines if engine.runs])
        self._choose([engine.freeze, engine.freeze, engine.kill])()

    def reload(self) -> None:
        self.world.seen["pages loaded again"] += 1
        self._choose(self.pages).reload()

    def lose_socket(self) -> None:
        self.world.seen["sockets lost"] += 1
        self._choose(self.pages).disconnect()

    def _number(self, below: int) -> int:
        return self._chance.randrange(below)

    def _choose(self, options: list[Any]) -> Any:
        chosen = self._chance.choice(options)
        self.story.append(str(chosen))
        return chosen
