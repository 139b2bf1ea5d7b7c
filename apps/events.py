"""The bus: small frozen facts, published after commit to whoever listens. It knows no event by name.

Listeners of this process hear them at once. Other processes get all that gathered while the last frame was
on its way as one frame: each process has one mailbox, and picks out what somebody there listens to. The
channel layer between them is a bell, not the mail: delivery is at most once, nothing depends on it but speed.
"""

import asyncio
import contextvars
import dataclasses
import logging
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

PUBLISH_TIMEOUT = 1.0  # seconds a dead channel layer may delay whoever publishes
RECOVER_AFTER = 0.5  # seconds before a broken mailbox is opened anew
MOST_UNTOLD = 10_000  # events kept for a slow channel layer; it loses the oldest
GROUP = "events"  # on the channel layer, of the mailboxes of all processes

Listener = Callable[["Event"], None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past tense. Subclasses add ids and plain values, and say which `topic` hears them."""

    kinds: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        Event.kinds[cls.__name__] = cls

    @property
    def topic(self) -> str:
        raise NotImplementedError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kicked(Event):
    """Something happened that this process cannot tell: messages were lost, or come from another version."""

    where: str

    @property
    def topic(self) -> str:
        return self.where


def group_name(topic: str, key: object) -> str:
    """The one formula for a topic about one thing: `conversation.<id>`, `account.<id>`."""
    return f"{topic}.{key}"


def publish_on_commit(*events: Event) -> None:
    """Tell `events` once the transaction around the caller has committed, and never otherwise."""
    transaction.on_commit(lambda: publish(*events), robust=True)


def publish(*events: Event) -> None:
    """Tell `events` from synchronous code; returns at once where this process has a mailbox."""
    home = mailbox.loop
    if home is not None and home.is_running():
        home.call_soon_threadsafe(mailbox.tell, events)
    elif get_channel_layer() is not None:
        # On a loop of its own: the one that this thread works for may have ended, and would be waited for.
        asyncio.run(_transmit(events, sender=""))


async def publish_now(*events: Event) -> None:
    """Tell `events` from asynchronous code; waits for the channel layer only where no mailbox runs."""
    if mailbox.loop is asyncio.get_running_loop():
        mailbox.tell(events)
    else:
        await _transmit(events, sender="")


def _frame(events: Sequence[Event], sender: str) -> dict[str, Any]:
    return {"type": "events", "sender": sender, "events": [_plain(event) for event in events]}


def _plain(event: Event) -> dict[str, Any]:
    values = {name: str(value) if isinstance(value, UUID) else value for name, value in vars(event).items()}
    return {"kind": type(event).__name__, "topic": event.topic, "values": values}


def _revive(message: dict[str, Any]) -> Event:
    """The event that `message` carries, or a `Kicked` when this version does not know it."""
    try:
        kind = Event.kinds[message["kind"]]
        fields = {field.name: field.type for field in dataclasses.fields(kind)}
        values = {name: UUID(v) if fields[name] is UUID else v for name, v in message["values"].items()}
        return kind(**values)
    except (KeyError, TypeError, ValueError):
        return Kicked(where=message["topic"])


async def _transmit(events: Sequence[Event], *, sender: str) -> None:
    """Tell the other processes; a layer that is away or slow loses the events, the caller goes on."""
    layer = get_channel_layer()
    if layer is None or not events:
        return
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            # In a task of its own: Redis's client loses cancellations.
            await asyncio.gather(layer.group_send(GROUP, _frame(events, sender)))
    except Exception as error:  # noqa: BLE001 - whatever ails the layer, it must not reach the caller
        logger.warning("The channel layer took no event: %s", type(error).__name__)


class Mailbox:
    """What this process hears and says: its own events at once, those of others by the channel layer."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.is_open = False  # whether events of other processes arrive, as far as we know
        self._is_puzzled = False  # whether somebody has said what we cannot read; it kicks once
        self._name = uuid.uuid4().hex
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._untold: deque[Event] = deque(maxlen=MOST_UNTOLD)
        self._has_untold = asyncio.Event()
        self._heard_itself = asyncio.Event()

    async def join(self, topic: str, listener: Listener) -> None:
        """Call `listener` with every event on `topic` from now on."""
        self._listeners[topic].add(listener)

    async def leave(self, topic: str, listener: Listener) -> None:
        self._listeners[topic].discard(listener)
        if not self._listeners[topic]:
            del self._listeners[topic]

    def tell(self, events: Iterable[Event]) -> None:
        """Deliver `events` here, and have them told to the other processes; only from our own loop."""
        for event in events:
            self._deliver(event.topic, event)
            self._untold.append(event)
        self._has_untold.set()

    async def hear_itself(self) -> None:
        """Go all the way through the channel layer and back, if there is one; raises what it raises."""
        layer = get_channel_layer()
        if layer is None:
            return
        self._heard_itself.clear()
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            await asyncio.gather(layer.group_send(GROUP, _frame([], self._name)))
            await self._heard_itself.wait()

    async def run(self) -> None:
        """Deliver until cancelled; after a fault open it anew and kick whoever may have missed some."""
        self.loop = asyncio.get_running_loop()
        self._has_untold, self._heard_itself = asyncio.Event(), asyncio.Event()  # each belongs to one loop
        speaking = self.loop.create_task(self._speak(), context=contextvars.Context())
        try:
            while True:
                try:
                    await self._receive()
                except Exception as error:  # noqa: BLE001 - a broken layer is a delay, never an end
                    logger.warning("The mailbox broke and is opened anew: %s", type(error).__name__)
                self.is_open = False
                await asyncio.sleep(RECOVER_AFTER)
        finally:
            speaking.cancel()
            self.loop, self.is_open = None, False

    async def _speak(self) -> None:
        while True:
            await self._has_untold.wait()
            self._has_untold.clear()
            events = list(self._untold)
            self._untold.clear()
            await _transmit(events, sender=self._name)

    async def _receive(self) -> None:
        layer, channel = get_channel_layer(), ""
        if layer is not None:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
        self.is_open, self._is_puzzled = True, False
        self._kick()
        while layer is not None:
            self._take(await layer.receive(channel))
        await asyncio.Event().wait()  # there are no other processes

    def _take(self, frame: dict[str, Any]) -> None:
        if frame.get("sender") == self._name:
            self._heard_itself.set()
            return
        messages = frame.get("events")
        if messages is None and not self._is_puzzled:  # of another version, whose frames we cannot read
            self._is_puzzled = True
            self._kick()
        for message in messages or ():
            if (topic := message.get("topic")) in self._listeners:
                self._deliver(topic, _revive(message))

    def _kick(self) -> None:
        for topic in list(self._listeners):
            self._deliver(topic, Kicked(where=topic))

    def _deliver(self, topic: str, event: Event) -> None:
        for listener in list(self._listeners.get(topic, ())):
            try:
                listener(event)
            except Exception:
                logger.exception("A listener failed on %s", type(event).__name__)


mailbox = Mailbox()
