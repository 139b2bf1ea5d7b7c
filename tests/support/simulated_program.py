"""A program of the simulation: applies every event as the documents say, and may be cut off at each."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from apps.api import events
from apps.api.events import Event
from apps.api.feed import ConversationFeed, Feed, ListFeed
from apps.api.position import Position
from apps.chat import reading
from apps.live.hub import Hub
from tests.support.simulated_page import WORD
from tests.support.simulation import World


@dataclass
class Known:
    """A message as the program has it."""

    status: str
    depth: int
    text: str
    is_whole: bool

    @property
    def words(self) -> list[str]:
        """Those of which something can follow: the last may have come in part."""
        words = WORD.findall(self.text)
        return words if self.is_whole or self.text.endswith((" ", "\n")) else words[:-1]


class Reader:
    """What whoever applies events one by one has, and where it is."""

    def __init__(self) -> None:
        self.rows: dict[str, Known] = {}
        self.title = ""
        self.position = self.list_position = ""
        self.is_to_read_list = False

    def apply(self, event: Event) -> str:
        """Take an event in as any program would, from its JSON; what it was."""
        return self.take(json.loads(event.model_dump_json()))

    def take(self, values: dict[str, Any]) -> str:
        payload = values["payload"]
        if payload["feed"] == "list":
            self._apply_to_list(values["action"], payload)
        else:
            getattr(self, f"_{values['action']}")(payload)
            self.position = payload["position"]
        return str(values["action"])

    def _apply_to_list(self, action: str, payload: dict[str, Any]) -> None:
        self.list_position = payload["position"]
        if action == "conversation":
            self.title = payload["conversation"]["title"]
        else:
            self.is_to_read_list = True

    def _snapshot(self, payload: dict[str, Any]) -> None:
        self.rows.clear()
        for message in payload["messages"]:
            self._put(message)

    def _message(self, payload: dict[str, Any]) -> None:
        self._put(payload["message"])

    def _put(self, message: dict[str, Any]) -> None:
        text, is_live = message["text"], message["status"] in ("queued", "streaming")
        is_whole = not is_live and len(text) == message["length"]
        self.rows[message["id"]] = Known(message["status"], message["depth"], text, is_whole)

    def _streaming_start(self, payload: dict[str, Any]) -> None:
        known = self.rows[payload["message"]["id"]]
        assert payload["start"] == len(known.text), "it does not go on where the program is"
        known.status, known.is_whole = payload["message"]["status"], False

    def _streaming(self, payload: dict[str, Any]) -> None:
        known, start = self.rows[payload["message_id"]], payload["start"]
        assert start == len(known.text), "text is lost, or told again"
        assert 0 < len(payload["text"]) <= events.PIECE
        known.text += payload["text"]
        known.is_whole = False  # it may be told before the row that says so

    def _complete_streaming(self, payload: dict[str, Any]) -> None:
        known = self.rows[payload["message"]["id"]]
        assert payload["message"]["length"] == len(known.text), "text is lost, or doubled"
        known.status, known.is_whole = payload["message"]["status"], True

    def _conversation_deleted(self, payload: dict[str, Any]) -> None:
        self.rows.clear()

    def _conversation(self, payload: dict[str, Any]) -> None:
        """Its facts are compared in the list."""

    def _queue(self, payload: dict[str, Any]) -> None:
        """Nothing ever waits in the simulation."""


class Program(Reader):
    """A reader with a connection; each `read` applies one event, so that it can be cut between any two."""

    def __init__(self, world: World, hub: Hub) -> None:
        super().__init__()
        self._world, self._hub = world, hub
        self._conversation_id = world.store.conversation().pk
        self._connection: asyncio.Task[None] | None = None
        self._reads = asyncio.Event()
        self._wake = asyncio.Event()
        self._untold: list[Event] = []
        self.connect()

    @property
    def titles(self) -> dict[str, list[Any]]:
        return {str(self._conversation_id): [self.title, False]}

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and not self._connection.done()

    @property
    def may_read(self) -> bool:
        return self.is_connected and (bool(self._untold) or self._wake.is_set() or self.is_to_read_list)

    def connect(self) -> None:
        self._wake, self._untold = asyncio.Event(), []
        feeds: list[Feed] = [
            ConversationFeed(self._conversation_id, Position.parse(self.position), self._wake),
            ListFeed(self._world.owner.pk, Position.parse(self.list_position), self._wake),
        ]
        self._connection = self._world.spawn(self._relay(feeds))

    def disconnect(self) -> None:
        self._world.seen["programs cut within a step"] += bool(self._untold)
        if self._connection:
            self._connection.cancel()

    def reload(self) -> None:
        """Forget everything, and begin anew."""
        self.disconnect()
        self.rows.clear()
        self.position = self.list_position = ""
        self.connect()

    def read(self) -> None:
        self._reads.set()

    async def _relay(self, feeds: list[Feed]) -> None:
        try:
            for feed in feeds:
                await feed.join(self._hub)
            while True:
                await self._reads.wait()
                self._reads.clear()
                await self._read_one(feeds)
        except (DatabaseError, TimeoutError):
            self._world.seen["sockets closed by a lost database"] += 1
        finally:
            for feed in feeds:
                self._world.spawn(feed.leave())

    async def _read_one(self, feeds: list[Feed]) -> None:
        if not self._untold:
            self._wake.clear()
            for feed in feeds:
                self._untold += await feed.events()
        if self._untold:
            what = self.apply(self._untold.pop(0))
            self._world.seen[f"{what} told"] += 1
        if self.is_to_read_list:
            page, _ = await self._world.bridge(reading.conversation_page)(self._world.owner.pk)
            self.title, self.is_to_read_list = page[0].title, False
