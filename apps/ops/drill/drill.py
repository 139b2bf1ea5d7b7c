"""The drill: people talk, faults come, and in the end everything is compared."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from apps.ops.drill.faults import KINDS
from apps.ops.drill.plan import Blow, Round
from apps.ops.drill.recovery import Recovery, recovery, rows_if_there, tabs_hit
from apps.ops.drill.stage import Stage
from apps.ops.drill.verdict import Check, Finding, Screen, ahead_of_rows, differences, judge

TARGET_WITHIN = 10.0  # seconds a fault waits for something to hit
TITLED_WITHIN = (
    180.0  # seconds: a minute until a title counts as forgotten, a minute between two sweeps, and room
)
QUICK_ANSWER = 10  # words
QUEUES_EVERY = 0.5  # seconds between looks at what waits to be sent
AGREED_WITHIN = 10.0  # seconds until all screens show what is stored

Echo = Callable[[str], None]


@dataclass
class Drill:
    """`settled_within` seconds after the last fault, every message and reply must have come to its end."""

    stage: Stage
    rounds: Sequence[Round]
    echo: Echo
    settled_within: float = 60.0
    recoveries: list[Recovery] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    async def run(self) -> None:
        await asyncio.gather(*(person.arrive() for person in self.stage.people))
        async with self._living():
            for number, planned in enumerate(self.rounds, start=1):
                await self._take(number, planned)
        await self._finish()

    @asynccontextmanager
    async def _living(self) -> AsyncIterator[None]:
        lives = [asyncio.create_task(person.live()) for person in self.stage.people]
        try:
            yield
        finally:
            for person in self.stage.people:
                person.rests = True
            await asyncio.gather(*lives)

    async def _take(self, number: int, planned: Round) -> None:
        await asyncio.sleep(planned.after)
        alone = planned.second is None
        blows = [self._strike(planned.first, alone=alone)]
        if planned.second:
            blows.append(self._strike(planned.second, after=planned.apart, alone=alone))
        for met in await asyncio.gather(*blows):
            self.recoveries.append(met)
            waited = "never" if met.seconds is None else f"after {met.seconds:.1f} s"
            hit = f"{met.replies} replies hit, all on their way {waited}"
            self.echo(f"{number:>4}  {met.began_at:%H:%M:%S}  {met.blow!s:<32} {hit}")
            if met.seconds is None:
                self.findings.append(Finding(Check.RECOVERIES, str(met.blow)))
        await self._look_around()

    async def _strike(self, blow: Blow, *, after: float = 0.0, alone: bool) -> Recovery:
        await asyncio.sleep(after)
        await self._until_it_hurts(blow)
        tabs, began_at = tabs_hit(self.stage, blow), datetime.now(UTC)
        async with KINDS[blow.kind].act(self.stage, blow):
            waiting = asyncio.create_task(recovery(self.stage, blow, tabs, began_at, alone=alone))
            askers = self.stage.people[: blow.questions]
            asking = [asyncio.create_task(person.interrupt(QUICK_ANSWER)) for person in askers]
            await asyncio.sleep(blow.seconds)
        await asyncio.gather(*asking)  # they may have been busy, and that with what only now works again
        return await waiting

    async def _until_it_hurts(self, blow: Blow) -> None:
        """A fault that hits nothing teaches nothing."""
        model, ledger = self.stage.model, self.stage.ledger
        await ledger.until(lambda: bool(model.open_calls), within=TARGET_WITHIN)
        if blow.target.startswith("engine"):
            pid = self.stage.process(blow.target).pid
            await self.stage.until_rows(lambda rows: bool(rows.written_by(pid)), within=TARGET_WITHIN)

    async def _look_around(self) -> None:
        """Nothing is on a screen that is not stored; nobody has dropped out."""
        screens = self.stage.screens
        if rows := await rows_if_there(self.stage):
            self.findings += ahead_of_rows(rows, screens)
        await self.stage.replace_dropouts()

    async def _finish(self) -> None:
        stage = self.stage
        deadline = time.monotonic() + self.settled_within
        await stage.ledger.until(lambda: not stage.ledger.unacknowledged, within=self.settled_within)
        await self._empty_queues(deadline)
        await stage.until_rows(
            lambda rows: (
                not any(reply.is_live for reply in rows.replies)
                and not any(waiting.is_forgotten for waiting in rows.waiting)
            ),
            within=deadline - time.monotonic(),
        )
        await stage.until_rows(
            lambda rows: not any(True for screen in stage.screens for _ in differences(rows, screen)),
            within=AGREED_WITHIN,
        )
        await stage.until_rows(
            lambda rows: not any(c.title_state == "wanted" for c in rows.conversations.values()),
            within=TITLED_WITHIN,
        )
        screens = [*stage.screens, *await self._fresh_pages()]
        self.findings += (Finding(Check.PROCESSES, what) for what in stage.disorder)
        self.findings += judge(await stage.rows(), stage.ledger, stage.model, screens)
        await asyncio.gather(*(tab.close() for tab in stage.tabs))

    async def _empty_queues(self, deadline: float) -> None:
        """What waits goes out by itself, or is sent where it was left behind a reply that broke off."""
        while time.monotonic() < deadline and any(tab.page.queues for tab in self.stage.tabs):
            for person in self.stage.people:
                await person.send_what_waits()
            await asyncio.sleep(QUEUES_EVERY)

    async def _fresh_pages(self) -> list[Screen]:
        """Every conversation that was ever begun, loaded anew."""
        return [
            Screen(conversation, (await person.tabs[0].look(conversation)).shown)
            for person in self.stage.people
            for conversation in person.conversations
        ]
