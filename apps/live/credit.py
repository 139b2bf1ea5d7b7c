"""Flow control: bounds what is on its way to a page, because whoever sends for us keeps all it is given."""

import time
from collections import deque

MOST_FRAMES = 128  # on their way; a page acknowledges every 32 at the latest
MOST_TEXT = 256 * 1024  # code points on their way
PATIENCE = 60.0  # seconds without an acknowledgement, although no more may be sent
MOST_OWED = 8  # times as much as may be on its way: answers to commands are sent all the same


class Credit:
    """Counts what was sent and has not been acknowledged; a page that never does so is not limited."""

    def __init__(self, *, acknowledges: bool) -> None:
        self.acknowledges = acknowledges
        self._under_way: deque[int] = deque()  # sizes of frames
        self._text = 0
        self._arrived = 0  # frames, ever
        self._exhausted_at: float | None = None

    @property
    def is_left(self) -> bool:
        """Whether more may be sent; what is held back until then can wait where it is."""
        return self._exhausted_at is None

    @property
    def is_overdue(self) -> bool:
        """Whether the page has stopped taking in what it is sent."""
        if self._exhausted_at is None:
            return False
        owes_too_much = len(self._under_way) > MOST_OWED * MOST_FRAMES or self._text > MOST_OWED * MOST_TEXT
        return owes_too_much or time.monotonic() - self._exhausted_at > PATIENCE

    def spend(self, frame: str) -> None:
        """Note that a frame goes out."""
        if self.acknowledges:
            self._under_way.append(len(frame))
            self._text += len(frame)
            self._look()

    def acknowledge(self, frames: int) -> None:
        """Note that so many frames have arrived, all of this connection's counted."""
        news = min(frames - self._arrived, len(self._under_way))
        for _ in range(news):
            self._text -= self._under_way.popleft()
        if news > 0:
            self._arrived += news
            self._exhausted_at = None
            self._look()

    def _look(self) -> None:
        full = len(self._under_way) >= MOST_FRAMES or self._text >= MOST_TEXT
        if full and self._exhausted_at is None:
            self._exhausted_at = time.monotonic()
