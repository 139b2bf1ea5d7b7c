"""What goes out to one program: everything beyond its positions, no faster than it takes it in."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Hashable
from enum import Enum, auto

from apps.accounts.access import Access, still_granted
from apps.accounts.events import user_topic
from apps.api.events import Event
from apps.api.feed import READ_WITHIN, Feed
from apps.bridge import in_database
from apps.events import Event as Happening
from apps.events import Kicked, mailbox
from apps.live.hub import hub

logger = logging.getLogger(__name__)

HEARTBEAT = 15.0  # seconds
CHECK_EVERY = 2  # heartbeats after which it is asked anew whether the program may still listen
MOST_UNDER_WAY = 256 * 1024  # bytes that a program has not taken in before it is told more
PATIENCE = 60.0  # seconds in which a program that is behind has to take in something
LOOK_EVERY = 0.05  # seconds between two looks at how far it is


class Ending(Enum):
    """Why there is nothing more to tell."""

    OVER = auto()  # of all feeds
    RESTART = auto()  # of this process, or of what it needs: the program comes back
    NO_ACCESS = auto()
    TOO_SLOW = auto()


class Pump:
    """Tells a program what its feeds have; `unsent` says how many bytes are on their way to it.

    Without feeds it waits for some, but for a pump that `ends_with_feeds`.
    """

    def __init__(
        self,
        access: Access,
        tell: Callable[[Event], Awaitable[None]],
        unsent: Callable[[], int],
        *,
        beat: Callable[[], Awaitable[None]] | None = None,
        ends_with_feeds: bool = False,
    ) -> None:
        self.wake = asyncio.Event()
        self.feeds: dict[Hashable, Feed] = {}
        self._access = access
        self._tell, self._beat = tell, beat
        self._unsent = unsent
        self._ends_with_feeds = ends_with_feeds
        self._beats = self._beaten = 0
        self._is_in_doubt = True  # access may have ended before we listened, or unheard
        self._called_off: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    async def run(self) -> Ending:
        """Tell until there is a reason to end, whatever that waits for."""
        topic = user_topic(self._access.user.pk)
        await mailbox.join(topic, self._hear)
        hub.waiting.add(self.wake.set)
        work = asyncio.get_running_loop().create_task(self._work(), context=contextvars.Context())
        try:
            await asyncio.wait({work, self._called_off}, return_when=asyncio.FIRST_COMPLETED)
            return self._called_off.result() if self._called_off.done() else work.result()
        finally:
            work.cancel()
            hub.waiting.discard(self.wake.set)
            await mailbox.leave(topic, self._hear)

    def follow(self, key: Hashable, feed: Feed) -> None:
        """Tell from now on what this feed has, which has been joined."""
        self.feeds[key] = feed
        self.wake.set()

    async def unfollow(self, key: Hashable) -> None:
        if feed := self.feeds.pop(key, None):
            await feed.leave()

    async def leave(self) -> None:
        for key in list(self.feeds):
            await self.unfollow(key)

    def _hear(self, event: Happening) -> None:
        if self._access.is_ended_by(event) and not self._called_off.done():
            self._called_off.set_result(Ending.NO_ACCESS)
        elif isinstance(event, Kicked):
            self._is_in_doubt = True
            self.wake.set()

    async def _work(self) -> Ending:
        alarm = self._set_alarm()
        try:
            while not hub.draining:
                if self._is_in_doubt and not await self._is_welcome():
                    return Ending.NO_ACCESS
                await self._tell_all()
                if self._ends_with_feeds and not self.feeds:
                    return Ending.OVER
                await self.wake.wait()
                self.wake.clear()
                if self._beaten != self._beats:
                    await self._say_here()
                    alarm = self._set_alarm()
        except TimeoutError:
            logger.info("A program was too slow, or what it wanted took too long to be read")
            return Ending.TOO_SLOW if self._unsent() > MOST_UNDER_WAY else Ending.RESTART
        except Exception:
            logger.exception("A program could not be brought up to date; it comes back")
        finally:
            alarm.cancel()
        return Ending.RESTART

    async def _tell_all(self) -> None:
        """One step of each feed: whatever comes meanwhile wakes us again."""
        for key, feed in list(self.feeds.items()):
            for event in await feed.events():
                await self._wait_for_room()
                if self.feeds.get(key) is not feed:  # the program has turned away meanwhile
                    break
                await self._tell(event)
            if feed.has_ended and self.feeds.get(key) is feed:
                await self.unfollow(key)

    async def _wait_for_room(self) -> None:
        """Until the program has taken in most of what it was told; raises TimeoutError."""
        least, deadline = self._unsent(), 0.0
        while (unsent := self._unsent()) > MOST_UNDER_WAY:
            now = asyncio.get_running_loop().time()
            if unsent < least or not deadline:
                least, deadline = unsent, now + PATIENCE
            if now > deadline:
                raise TimeoutError
            await asyncio.sleep(LOOK_EVERY)

    async def _is_welcome(self) -> bool:
        """Whether the program may still listen, by what is stored; raises TimeoutError."""
        self._is_in_doubt = False
        async with asyncio.timeout(READ_WITHIN):
            return await in_database(still_granted)(self._access)

    async def _say_here(self) -> None:
        self._beaten = self._beats
        self._is_in_doubt = self._is_in_doubt or self._beats % CHECK_EVERY == 0
        if self._beat and self._unsent() <= MOST_UNDER_WAY:
            await self._beat()

    def _set_alarm(self) -> asyncio.TimerHandle:
        """One timer a while, not one an event."""
        return asyncio.get_running_loop().call_later(HEARTBEAT, self._ring)

    def _ring(self) -> None:
        self._beats += 1
        self.wake.set()
