"""A page of the simulation: our live view, with words instead of templates, applied as a browser does."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db import DatabaseError

from apps.chat import reading
from apps.chat.models import Conversation, Message
from apps.live.cursor import ListStep
from apps.live.hub import Hub
from apps.web.cards import Position
from apps.web.liveview import LiveView
from tests.support.simulation import World

WORD = re.compile(r"c\d+p\d+")
PART = re.compile(
    r"<!--(?P<kind>\w+) (?P<values>.*?)-->"
    r'|<div (?:id="message-(?P<replaced>.{36})-(?P<place>blocks|tail)" hx-swap-oob="innerHTML"'
    r'|hx-swap-oob="beforeend:#message-(?P<grown>.{36})-blocks")>(?P<html>.*?)</div>',
    re.DOTALL,
)


def rows_of(messages: Iterable[Message]) -> list[dict[str, Any]]:
    return [{"pk": str(m.pk), "depth": m.depth, "status": m.status, "text": m.text} for m in messages]


def changed_messages(messages: list[Message]) -> str:
    return f"<!--rows {json.dumps(rows_of(messages))}-->"


def transcript(conversation: Conversation) -> str:
    return f"<!--path {json.dumps(rows_of(reading.newest_window(conversation).messages))}-->"


def changed_list(step: ListStep, owner_id: int, current: UUID | None) -> str:
    conversations = reading.conversation_page(owner_id)[0] if step.anew else step.changed
    return f"<!--titles {json.dumps({str(c.pk): [c.title, c.running] for c in conversations})}-->"


def position(where: Position) -> str:
    return f"<!--position {json.dumps({**asdict(where), 'conversation': str(where.conversation)})}-->"


class PlainDrawing:
    """Paragraphs, in place of Markdown."""

    def __init__(self, scope: str) -> None:
        self.closed: list[str] = []
        self.open = ""

    def update(self, text: str) -> None:
        *self.closed, self.open = text.split("\n\n")

    def catch_up(self) -> None:
        """It never lags."""


STAND_INS = {
    "apps.web.fragments.changed_messages": changed_messages,
    "apps.web.fragments.transcript": transcript,
    "apps.web.fragments.changed_list": changed_list,
    "apps.web.fragments.position": position,
    "apps.web.drawings.Drawing": PlainDrawing,
}


@dataclass
class Row:
    status: str
    depth: int
    blocks: str
    tail: str = ""

    @property
    def words(self) -> list[str]:
        return WORD.findall(f"{self.blocks} {self.tail}")


class Viewer(Protocol):
    """Whoever is shown the conversation, with a connection that comes and goes."""

    rows: Mapping[str, Any]  # by id: `status`, `depth` and the `words` that are shown
    titles: dict[str, list[Any]]

    @property
    def is_connected(self) -> bool: ...
    @property
    def may_read(self) -> bool: ...
    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def reload(self) -> None: ...
    def read(self) -> None: ...


class Page:
    """What one tab shows, and its socket. It is sent something only when it reads."""

    def __init__(self, world: World, hub: Hub) -> None:
        self.rows: dict[str, Row] = {}
        self.titles: dict[str, list[Any]] = {}
        self.view: LiveView | None = None
        self._world, self._hub = world, hub
        self._socket: asyncio.Task[None] | None = None
        self._reads = asyncio.Event()
        self._load()
        self.connect()

    @property
    def is_connected(self) -> bool:
        return self._socket is not None and not self._socket.done()

    @property
    def may_read(self) -> bool:
        return self.is_connected and self.view is not None and self.view.wake.is_set()

    def connect(self) -> None:
        self.view = LiveView(self._world.owner.pk, self._account_rev, self._hub)
        self._socket = self._world.spawn(self._relay(self.view))

    def disconnect(self) -> None:
        if self._socket:
            self._socket.cancel()

    def reload(self) -> None:
        """The whole page anew; it must show at least what it showed before."""
        self.disconnect()
        shown = {pk: row.words for pk, row in self.rows.items()}
        self._load()
        self._expect_kept(shown)
        self.connect()

    def read(self) -> None:
        self._reads.set()

    def apply(self, frame: str) -> None:
        """As htmx does; nothing that was shown of a reply may be taken back."""
        shown = {pk: row.words for pk, row in self.rows.items()}
        for part in PART.finditer(frame):
            if part["kind"]:
                self._place(part["kind"], json.loads(part["values"]))
            elif part["grown"]:
                self.rows[part["grown"]].blocks += f" {part['html']}"
            else:
                setattr(self.rows[part["replaced"]], part["place"], part["html"])
        self._expect_kept(shown)

    def _expect_kept(self, shown: dict[str, list[str]]) -> None:
        for pk, words in shown.items():
            assert self.rows[pk].words[: len(words)] == words, "what was shown was taken back"

    def _load(self) -> None:
        conversation = self._world.store.conversation()
        self._account_rev, self._rev = self._world.store.account_rev(), conversation.rev
        self._conversation = conversation.pk
        self._place("path", rows_of(reading.newest_window(conversation).messages))
        page = reading.conversation_page(self._world.owner.pk)[0]
        self.titles = {str(c.pk): [c.title, c.running] for c in page}

    async def _relay(self, view: LiveView) -> None:
        try:
            await view.join()
            await view.show(self._conversation, self._rev)
            while True:
                await self._reads.wait()
                self._reads.clear()
                view.wake.clear()
                self.apply(await view.frame())
        except (DatabaseError, TimeoutError):
            self._world.seen["sockets closed by a lost database"] += 1
        finally:
            self._world.spawn(view.leave())

    def _place(self, kind: str, values: Any) -> None:
        if kind == "position":
            self._rev, self._account_rev = values["rev"], values["account_rev"]
        elif kind == "titles":
            self.titles |= values
        else:
            if kind == "path":
                self.rows.clear()
                self._world.seen["transcripts drawn anew"] += 1
            for row in values:
                self.rows[row["pk"]] = Row(row["status"], row["depth"], row["text"])
