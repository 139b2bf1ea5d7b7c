"""A reply while this process writes it: what is not stored yet, and what may end it from outside."""

import asyncio
import time
from enum import Enum, auto

from apps.generation.append import Piece
from apps.generation.claim import Claim
from apps.llm.provider import Finish

MOST_UNSTORED = 256 * 1024  # code points; then the model is made to wait for the database
CHUNKS_TO_SEAL = 128


class Ending(Enum):
    """Why a reply ends before its model has finished."""

    STOPPED = auto()
    FENCED = auto()
    POISONED = auto()
    SHUTDOWN = auto()


class Writing:
    """The state of one claim in its process. `start` is where the unstored text begins."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.start = claim.start
        self.length = claim.start
        self.reference = claim.request.reference
        self.ending: Ending | None = None
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.task: asyncio.Task[Finish] | None = None
        self._began = time.monotonic()
        self.first_text_ms: int | None = None
        self._unstored: list[str] = []
        self._piece: Piece | None = None
        self._chunks = claim.message_id.int % CHUNKS_TO_SEAL  # replies that begin together seal apart

    @property
    def has_text(self) -> bool:
        return bool(self._unstored or self._piece)

    @property
    def unstored(self) -> str:
        """The text behind `start`, on its way to the database or not."""
        return (self._piece.text if self._piece else "") + "".join(self._unstored)

    @property
    def elapsed_ms(self) -> int:
        return int((time.monotonic() - self._began) * 1000)

    def add(self, text: str) -> None:
        if self.first_text_ms is None:
            self.first_text_ms = self.elapsed_ms
        self._unstored.append(text)
        self.length += len(text)
        if self.length - self.start > MOST_UNSTORED:
            self.has_room.clear()

    def take(self) -> Piece:
        """The next piece to store; the same again until it is `stored`, as its commit may have got lost."""
        if self._piece is None:
            text = "".join(self._unstored)
            self._unstored.clear()
            self._chunks += bool(text)
            seal = self._chunks >= CHUNKS_TO_SEAL
            self._piece = Piece(self.claim.message_id, self.claim.attempt, self.start, text, seal=seal)
        return self._piece

    def stored(self, piece: Piece) -> None:
        self._piece = None
        self.start += len(piece.text)
        if piece.seal:
            self._chunks = 0
        if self.length - self.start <= MOST_UNSTORED:
            self.has_room.set()

    def end(self, ending: Ending) -> None:
        """Have the reply ended from outside; the first reason counts."""
        if self.ending is None:
            self.ending = ending
            if self.task is not None:
                self.task.cancel()
