"""The bus: small frozen facts, published after commit to whoever listens. It knows no event by name.

The channel layer is a bell, not the mail: delivery is at most once, and nothing depends on it but speed.
"""

import asyncio
import contextvars
import dataclasses
import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

PUBLISH_TIMEOUT = 1.0  # seconds a dead channel layer may delay whoever publishes
RECOVER_AFTER = 0.5  # seconds before a broken mailbox is opened anew

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
        for event in events:
            home.call_soon_threadsafe(_publish_soon, event)
    else:
        async_to_sync(publish_now)(*events)


async def publish_now(*events: Event) -> None:
    """Tell `events`; a layer that is away or slow loses them, the caller goes on."""
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            await asyncio.gather(*(_send(event) for event in events))
    except Exception as error:  # noqa: BLE001 - whatever ails the layer, it must not reach the caller
        logger.warning("The channel layer took no event: %s", type(error).__name__)


async def _send(event: Event) -> None:
    message = {"type": "event", "kind": type(event).__name__, "topic": event.topic, "values": _plain(event)}
    await get_channel_layer().group_send(event.topic, message)


_running: set[asyncio.Task[None]] = set()


def _publish_soon(event: Event) -> None:
    task = asyncio.get_running_loop().create_task(publish_now(event), context=contextvars.Context())
    _running.add(task)
    task.add_done_callback(_running.discard)


def _plain(event: Event) -> dict[str, Any]:
    values = dataclasses.asdict(event)
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def _revive(message: dict[str, Any]) -> Event:
    """The event that `message` carries, or a `Kicked` when this version does not know it."""
    try:
        kind = Event.kinds[message["kind"]]
        fields = {field.name: field.type for field in dataclasses.fields(kind)}
        values = {name: UUID(v) if fields[name] is UUID else v for name, v in message["values"].items()}
        return kind(**values)
    except (KeyError, TypeError, ValueError):
        return Kicked(where=message["topic"])


class Mailbox:
    """This process's one mailbox on the channel layer: topics that someone here listens to."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._channel = ""

    @property
    def is_open(self) -> bool:
        """Whether events reach this process at the moment, as far as it knows."""
        return bool(self._channel)

    async def join(self, topic: str, listener: Listener) -> None:
        """Call `listener` with every event on `topic` from now on."""
        first = not self._listeners[topic]
        self._listeners[topic].add(listener)
        if first and self._channel:
            await self._attempt("group_add", topic)

    async def leave(self, topic: str, listener: Listener) -> None:
        self._listeners[topic].discard(listener)
        if not self._listeners[topic]:
            del self._listeners[topic]
            if self._channel:
                await self._attempt("group_discard", topic)

    async def run(self) -> None:
        """Deliver until cancelled; after a fault open it anew and kick whoever may have missed some."""
        self.loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    await self._receive()
                except Exception as error:  # noqa: BLE001 - a broken layer is a delay, never an end
                    logger.warning("The mailbox broke and is opened anew: %r", error)
                self._channel = ""
                await asyncio.sleep(RECOVER_AFTER)
        finally:
            self.loop = None
            self._channel = ""

    async def _receive(self) -> None:
        layer = get_channel_layer()
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            channel = await layer.new_channel()
            for topic in list(self._listeners):
                await layer.group_add(topic, channel)
        self._channel = channel
        for topic in list(self._listeners):
            self._deliver(topic, Kicked(where=topic))
        while True:
            message = await layer.receive(channel)
            self._deliver(message["topic"], _revive(message))

    def _deliver(self, topic: str, event: Event) -> None:
        for listener in list(self._listeners.get(topic, ())):
            try:
                listener(event)
            except Exception:
                logger.exception("A listener failed on %s", type(event).__name__)

    async def _attempt(self, verb: str, topic: str) -> None:
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                await getattr(get_channel_layer(), verb)(topic, self._channel)
        except Exception as error:  # noqa: BLE001 - the slow poll covers a topic that could not be joined
            logger.warning("The channel layer refused %s: %s", verb, type(error).__name__)


mailbox = Mailbox()
