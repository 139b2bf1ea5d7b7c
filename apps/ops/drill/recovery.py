"""How long a fault keeps people waiting: until each reply that it hit goes on, or ends, on each screen."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles

import psycopg

from apps.ops.drill.plan import Blow
from apps.ops.drill.rows import Rows
from apps.ops.drill.stage import READ_WITHIN, Stage
from apps.ops.drill.tab import Tab

GIVEN_UP_AFTER = 60.0  # seconds


@dataclass(frozen=True)
class Target:
    """A running reply on a screen, and how much of it there was when the fault came."""

    tab: Tab
    reply: str
    length: int

    def goes_on(self) -> bool:
        entry = self.tab.page.live(self.reply)
        return entry is None or len(entry.text) > self.length


@dataclass(frozen=True)
class Recovery:
    blow: Blow
    began_at: datetime
    seconds: float | None  # None: never
    replies: int  # that the fault hit
    alone: bool  # no other fault came meanwhile


async def recovery(stage: Stage, blow: Blow, tabs: list[Tab], began_at: datetime, *, alone: bool) -> Recovery:
    """Wait until all goes on in `tabs` that `blow` has just hit."""
    targets = await targets_of(stage, blow, tabs)
    in_time = await stage.ledger.until(lambda: all(t.goes_on() for t in targets), within=GIVEN_UP_AFTER)
    seconds = (datetime.now(UTC) - began_at).total_seconds() if in_time else None
    return Recovery(blow, began_at, seconds, len({target.reply for target in targets}), alone)


def tabs_hit(stage: Stage, blow: Blow) -> list[Tab]:
    """The pages that may stand still: those of the process, if it is a web process."""
    if not blow.target.startswith("web"):
        return stage.tabs
    site = stage.stack.url_of(int(blow.target.removeprefix("web-")) - 1)
    return [tab for tab in stage.tabs if tab.site == site]


async def targets_of(stage: Stage, blow: Blow, tabs: list[Tab]) -> list[Target]:
    rows = await rows_if_there(stage)
    stored = {row.id: len(row.text.rstrip()) for row in rows.replies} if rows else {}
    hit = None
    if rows and blow.target.startswith("engine"):
        hit = rows.written_by(stage.process(blow.target).pid)
    return [
        Target(tab, entry.id, max(len(entry.text), stored.get(entry.id, 0)))
        for tab in tabs
        for entry in tab.page.shown
        if entry.status == "streaming" and (hit is None or entry.id in hit)
    ]


async def rows_if_there(stage: Stage) -> Rows | None:
    try:
        return await asyncio.wait_for(stage.rows(), READ_WITHIN)
    except (psycopg.Error, TimeoutError):
        return None


def percentile(seconds: list[float], percent: int) -> float:
    return quantiles(seconds, n=100, method="inclusive")[percent - 1] if len(seconds) > 1 else seconds[0]
