"""What all pages of a drill have sent and were told: the side of the users, to be held against the rows."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from apps.ops.drill.script import Question


@dataclass
class Sending:
    """A message that went out, once or more often, under one key; it may stand beside one that it `edits`."""

    key: str
    question: Question
    conversation: str
    edits: str = ""
    acknowledged: bool = False
    copies: int = 0  # frames that carried it


@dataclass(frozen=True)
class Stop:
    """Somebody pressed stop while this question was being answered."""

    question: int
    at: float = field(default_factory=time.monotonic)


class Ledger:
    def __init__(self) -> None:
        self.sendings: dict[str, Sending] = {}
        self.stops: list[Stop] = []
        self.regenerated: dict[int, int] = {}  # how often another reply was asked for, by question
        self.complaints: list[str] = []  # what a page should never live to see
        self.reconnections = 0
        self._moved = asyncio.Event()

    def new_sending(self, conversation: str, words: int, *, edits: str = "") -> Sending:
        question = Question(len(self.sendings) + 1, words)
        sending = Sending(str(uuid.uuid4()), question, conversation, edits)
        self.sendings[sending.key] = sending
        return sending

    def acknowledged_in(self, conversation: str) -> list[Sending]:
        return [s for s in self.sendings.values() if s.acknowledged and s.conversation == conversation]

    @property
    def unacknowledged(self) -> list[Sending]:
        return [sending for sending in self.sendings.values() if not sending.acknowledged]

    def tell(self) -> None:
        """A page has changed."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def until(self, condition: Callable[[], bool], *, within: float) -> bool:
        """Whether what frames bring about has come in time."""
        try:
            async with asyncio.timeout(within):
                while not condition():
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True
