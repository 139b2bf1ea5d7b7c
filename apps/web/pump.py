"""What goes out on a page's socket: everything beyond its position, no faster than the page takes it in."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from apps.live.closing import RESTART, SIGNED_OUT, TOO_SLOW
from apps.live.credit import Credit
from apps.live.hub import hub
from apps.web.liveview import LiveView

logger = logging.getLogger(__name__)

CHECK_EVERY = 30.0  # seconds after which the session is looked at again
MOST_IN_PART = 64 * 1024  # code points: at most 256 KiB on the wire
MORE, LAST = "+", "="  # begin the parts of a frame; no whole frame begins so
# Answers a ping, and tells a page that this server knows pings, parts and acknowledgements. Whoever changes
# one of these three changes them in static/js/colloquy.js and apps/ops/drill/line.py, too.
HERE = "<!--here-->"


class Pump:
    """Sends a page what it lacks. Its frames may be cut in parts if it can put them together."""

    def __init__(self, view: LiveView, send: Callable[[str], Awaitable[None]], *, acknowledges: bool) -> None:
        self._view = view
        self._send = send
        self._credit = Credit(acknowledges=acknowledges)
        self._parts: deque[str] = deque()
        self._is_in_doubt = True  # access may have ended before anybody listened, or unheard

    async def run(self, is_welcome: Callable[[], Awaitable[bool]]) -> int:
        """Send until there is a reason to close; returns its code."""
        alarm = self._set_alarm()
        try:
            if self._credit.acknowledges:
                await self.answer(HERE)
            while not hub.draining:
                if self._is_in_doubt:
                    self._is_in_doubt = False
                    if not await is_welcome():
                        return SIGNED_OUT
                    alarm.cancel()
                    alarm = self._set_alarm()
                await self._send_what_may_be()
                if self._credit.is_overdue:
                    return TOO_SLOW
                await self._view.wake.wait()
                self._view.wake.clear()
        except Exception:
            logger.exception("A page could not be brought up to date; it reconnects")
        finally:
            alarm.cancel()
        return RESTART

    async def answer(self, frame: str) -> None:
        """Send this as well, but not between the parts of another frame."""
        if self._parts:
            self._parts.append(frame)
        else:
            await self._emit(frame)
        if self._credit.is_overdue:
            self._view.wake.set()

    def doubt(self) -> None:
        """Have it asked anew whether the page may still be open."""
        self._is_in_doubt = True
        self._view.wake.set()

    def acknowledge(self, frames: object) -> None:
        """Take in how many frames the page has received on this connection, if that is what it says."""
        if isinstance(frames, int):
            self._credit.acknowledge(frames)
            self._view.wake.set()

    async def _send_what_may_be(self) -> None:
        """What is left of the last frame, and one more: whatever comes meanwhile wakes us again."""
        is_drawn = False
        while self._credit.is_left and not hub.draining:
            if not self._parts and not is_drawn:
                self._parts.extend(self._cut(await self._view.frame()))
                is_drawn = True
            if not self._parts:
                return
            await self._emit(self._parts.popleft())

    async def _emit(self, frame: str) -> None:
        self._credit.spend(frame)
        await self._send(frame)

    def _cut(self, frame: str) -> list[str]:
        if not self._credit.acknowledges or len(frame) <= MOST_IN_PART:
            return [frame] if frame else []
        parts = [frame[start : start + MOST_IN_PART] for start in range(0, len(frame), MOST_IN_PART)]
        return [*(MORE + part for part in parts[:-1]), LAST + parts[-1]]

    def _set_alarm(self) -> asyncio.TimerHandle:
        """One timer a while, not one a frame."""
        return asyncio.get_running_loop().call_later(CHECK_EVERY, self.doubt)
