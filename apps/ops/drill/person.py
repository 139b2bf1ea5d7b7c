"""Somebody with one conversation on two tabs, who asks, edits, stops, goes on, renames and clicks twice."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from random import Random

from apps.ops.drill.ledger import Ledger, Stop
from apps.ops.drill.page import LIVE, Entry
from apps.ops.drill.script import PROMPT, Question
from apps.ops.drill.tab import Tab

SHORT, LONG = (3, 60), (100, 400)  # words of a reply
LONG_ONES = 0.3  # of all questions
PAUSE = (0.1, 1.2)  # seconds between two acts
ENOUGH = 12  # questions in a conversation, then another one is begun
BROKEN_OFF = ("stopped", "interrupted", "failed")
BEGUN_WITHIN = 90.0  # seconds: the first message of a conversation may go out into an outage

Act = Callable[[Tab], Awaitable[None]]


class Person:
    def __init__(self, tabs: tuple[Tab, Tab], ledger: Ledger, chance: Random) -> None:
        self.tabs = tabs
        self.conversations: list[str] = []  # all that were ever begun
        self.rests = False
        self._ledger, self._chance = ledger, chance
        self._asked = 0
        self._busy = asyncio.Lock()  # a conversation is left only between two acts

    async def arrive(self) -> None:
        """Begin a conversation in one tab and open it in the other."""
        first, second = self.tabs
        await first.open()
        self._asked = 0
        await self.ask(first)
        if not await self._ledger.until(lambda: not first.outbox, within=BEGUN_WITHIN):
            self._ledger.complaints.append("a conversation could not be begun")
            return
        self.conversations.append(first.conversation)
        await second.open(first.conversation)

    async def live(self) -> None:
        """Do this and that, until it is time to rest."""
        while not self.rests:
            await asyncio.sleep(self._chance.uniform(*PAUSE))
            async with self._busy:
                tab = self._chance.choice(self.tabs)
                if tab.is_connected:
                    await self._choose(tab)(tab)

    async def send_what_waits(self) -> None:
        """Leave nothing behind in a queue."""
        for tab in self.tabs:
            if tab.page.is_paused:
                await tab.command("resume")

    async def interrupt(self, words: int) -> None:
        """Ask now, whatever is going on, in either tab."""
        async with self._busy:
            await self.ask(self._chance.choice(self.tabs), words)

    async def ask_twice(self) -> None:
        """The same message from both tabs, several times."""
        async with self._busy:
            sending = self._ledger.new_sending(self.tabs[0].conversation, self._chance.randint(*SHORT))
            for tab in self.tabs * 2:
                await tab.send(sending)

    async def ask(self, tab: Tab, words: int = 0) -> None:
        spread = LONG if self._chance.random() < LONG_ONES else SHORT
        self._asked += 1
        await tab.send(self._ledger.new_sending(tab.conversation, words or self._chance.randint(*spread)))

    def _choose(self, tab: Tab) -> Act:
        chances: dict[Act, int] = {
            self.ask: 82,
            self._edit: 4,
            self._regenerate: 4,
            self._rename: 5,
            self._reload: 5,
        }
        if tab.page.waits:
            chances = {self._wait: 80, self._stop: 8, self._add: 4, self._repeat: 5, self._reload: 3}
        elif tab.page.is_paused:
            chances = {self._resume: 60, self._wait: 40}
        elif self._asked >= ENOUGH and not any(tab.outbox for tab in self.tabs):
            chances = {self._move_on: 1}
        elif tab.page.shown and tab.page.shown[-1].status in BROKEN_OFF:
            chances = {self.ask: 30, self._go_on: 50, self._regenerate: 20}
        (act,) = self._chance.choices(list(chances), list(chances.values()))
        return act

    async def _wait(self, tab: Tab) -> None:
        """Read."""

    async def _add(self, tab: Tab) -> None:
        """Ask without waiting for the answer before; little, for what is asked so queues up."""
        await self.ask(tab, self._chance.randint(*SHORT))

    async def _stop(self, tab: Tab) -> None:
        reply = next(entry for entry in tab.page.shown if entry.status in LIVE)
        if question := question_above(reply, tab.page.shown):
            self._ledger.stops.append(Stop(question.number))
        await tab.command("stop", message=reply.id)

    async def _go_on(self, tab: Tab) -> None:
        await tab.command("continue", message=tab.page.shown[-1].id)

    async def _regenerate(self, tab: Tab) -> None:
        """Have another reply beside the last one, or that one written at last."""
        if question := question_above(tab.page.shown[-1], tab.page.shown):
            more = self._ledger.regenerated
            more[question.number] = more.get(question.number, 0) + 1
            await tab.command("regenerate", message=tab.page.shown[-1].id, key=uuid.uuid4().hex)

    async def _resume(self, tab: Tab) -> None:
        """Send what was left waiting behind a reply that broke off."""
        await tab.command("resume")

    async def _edit(self, tab: Tab) -> None:
        """Put another question beside one that was asked before."""
        asked = self._chance.choice([entry for entry in tab.page.shown if entry.role == "user"])
        words = self._chance.randint(*SHORT)
        await tab.send(self._ledger.new_sending(tab.conversation, words, edits=asked.id))

    async def _repeat(self, tab: Tab) -> None:
        """Send once more what was acknowledged already, as a page does that missed it."""
        acknowledged = self._ledger.acknowledged_in(tab.conversation)
        if acknowledged:
            await tab.send(self._chance.choice(acknowledged))

    async def _rename(self, tab: Tab) -> None:
        await tab.command("rename", title=f"My own title {self._asked}")

    async def _reload(self, tab: Tab) -> None:
        await tab.open(tab.conversation)

    async def _move_on(self, tab: Tab) -> None:
        await self.arrive()


def question_above(reply: Entry, shown: list[Entry]) -> Question | None:
    """What the reply answers."""
    place = shown.index(reply)
    above = shown[place - 1].text if place else ""
    return Question.found_in(above) if PROMPT.fullmatch(above) else None
