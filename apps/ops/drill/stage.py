"""Where a drill takes place: the stack, the model and the people, and the ways to hurt a process."""

import asyncio
import os
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from apps.ops.drill.ledger import Ledger
from apps.ops.drill.model import Call, ScriptedModel
from apps.ops.drill.person import Person
from apps.ops.drill.rows import Rows, read
from apps.ops.drill.tab import Tab
from apps.ops.drill.verdict import Screen
from apps.ops.process import Process
from apps.ops.stack import Stack

READ_WITHIN = 1.0  # seconds: then the database is taken to be away
LOOK_EVERY = 0.1  # seconds between two looks at what is waited for
MOST_LOOKS = 50  # until a killed process has let go of its memory


@dataclass
class Stage:
    stack: Stack
    model: ScriptedModel
    ledger: Ledger
    people: list[Person] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)  # how processes ended that should have ended well
    _held: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    @property
    def tabs(self) -> list[Tab]:
        return [tab for person in self.people for tab in person.tabs]

    @property
    def screens(self) -> list[Screen]:
        return [Screen(tab.conversation, tab.page.shown) for tab in self.tabs]

    async def replace_dropouts(self) -> None:
        """Start again what has ended although nobody made it."""
        for name, process in {**self.stack.services.processes, **self.stack.processes}.items():
            if not self._held[name].locked() and process.exit_code is not None:
                self.disorder.append(f"{name} ended by itself with exit code {process.exit_code}")
                await asyncio.to_thread(process.start)

    async def rows(self) -> Rows:
        return await asyncio.to_thread(read, self.stack.services.database_url)

    def process(self, name: str) -> Process:
        return {**self.stack.services.processes, **self.stack.processes}[name]

    @asynccontextmanager
    async def killed(self, name: str) -> AsyncIterator[None]:
        """Without a process and its children, which is started again afterwards, as a supervisor would."""
        async with self._held[name]:
            process = self.process(name)
            for pid in (family := _freeze(process.pid)):
                _send(pid, signal.SIGKILL)
            await asyncio.to_thread(process.kill)
            for _ in range(MOST_LOOKS):
                if all(map(_is_over, family)):
                    break
                await asyncio.sleep(LOOK_EVERY)
            try:
                yield
            finally:
                await asyncio.to_thread(process.start)

    @asynccontextmanager
    async def asked_to_end(self, name: str) -> AsyncIterator[None]:
        """Stopped in the ordinary way, which takes its time, and started again."""
        async with self._held[name]:
            process = self.process(name)
            ending = asyncio.create_task(asyncio.to_thread(process.stop))
            try:
                yield
            finally:
                await ending
                if process.exit_code:
                    self.disorder.append(
                        f"{name} was asked to end, and did with exit code {process.exit_code}"
                    )
                await asyncio.to_thread(process.start)

    @asynccontextmanager
    async def frozen(self, name: str) -> AsyncIterator[None]:
        async with self._held[name]:
            family = _freeze(self.process(name).pid)
            try:
                yield
            finally:
                for pid in family:
                    _send(pid, signal.SIGCONT)

    async def calls_of(self, pid: int) -> list[Call]:
        """The calls of the model whose text this process is storing; none while the database is away."""
        try:
            rows = await asyncio.wait_for(self.rows(), READ_WITHIN)
        except (psycopg.Error, TimeoutError):
            return []
        parents = {rows.messages[reply].parent for reply in rows.written_by(pid)}
        prompts = {rows.messages[parent].text for parent in parents}
        return [call for call in self.model.open_calls if call.question.prompt in prompts]

    async def until_rows(self, condition: Callable[[Rows], bool], *, within: float) -> bool:
        """Whether the rows have come to be so in time; a database that is away is asked again."""
        deadline = time.monotonic() + within
        while True:
            with suppress(psycopg.Error):
                if condition(await self.rows()):
                    return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_EVERY)


def _family(pid: int) -> list[int]:
    """A process and those below it."""
    return [pid, *(one for child in _children(pid) for one in _family(child))]


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it is gone, or this system tells nothing of the kind
        return []


def _freeze(pid: int) -> list[int]:
    """Stop a process, and then its children, of which there can be no more: PostgreSQL has many."""
    os.kill(pid, signal.SIGSTOP)
    family = _family(pid)
    for child in family[1:]:
        _send(child, signal.SIGSTOP)
    return family


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _is_over(pid: int) -> bool:
    """Whether it runs no more, be it reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except OSError:
        return True
