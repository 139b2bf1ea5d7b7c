"""Mirrors: what this process knows of what is watched here, kept close to the database by events."""

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Protocol
from uuid import UUID

from apps.bridge import in_view
from apps.chat import reading
from apps.chat.events import (
    AccountChanged,
    ConversationChanged,
    DraftsChanged,
    account_topic,
    conversation_topic,
)
from apps.chat.models import Conversation, Message, Status
from apps.chat.reading import Changes
from apps.events import Event
from apps.generation.events import ChunkAdded
from apps.live.comparison import compare

logger = logging.getLogger(__name__)

MOST_KEPT = 64  # changed rows a mirror keeps for cursors that lag; who lags further reads anew
RETRY_AFTER = 0.5


class Watcher(Protocol):
    """Whoever must hear that a mirror has moved."""

    rev: int

    def moved(self) -> None: ...


class Mirror(ABC):
    """A copy that is told what changed and reads what it lacks: every change after `since`, up to `rev`."""

    topic: str

    def __init__(self) -> None:
        self.watchers: set[Watcher] = set()
        self.rev = self.since = -1
        self.gone = False
        self._stale = asyncio.Event()
        self._reading = asyncio.Lock()

    @abstractmethod
    async def _read(self, since: int) -> None:
        """Take in what changed after `since`."""

    @abstractmethod
    def hear(self, event: Event) -> None:
        """Take an event in, or find out that something must be read."""

    async def reach(self, since: int) -> None:
        """Know every change after `since`, and `since` itself: whoever watches may have seen it elsewhere."""
        async with self._reading:
            before = self.rev
            if self.rev >= 0 and (since > self.rev or self.gone):  # what was deleted may be there again
                await self._read(self.rev)
            elif self.rev < 0 or since < self.since:
                await self._read_from(since)
            if self.rev > before:  # those who watched already have seen less, and nobody else tells them
                self.tell()

    async def _read_from(self, since: int) -> None:
        known, self.since = self.since, since
        try:
            await self._read(since)
        except BaseException:
            self.since = known
            raise
        self.since = min(self.since, self.rev)

    async def run(self) -> None:
        """Read whenever something is missing, until cancelled; a fault is a delay."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                async with self._reading:
                    await self._read(self.rev)
            except Exception as error:  # noqa: BLE001 - the database may be away; it comes back
                logger.warning("%s could not be read: %s", self.topic, type(error).__name__)
                self._stale.set()
                await asyncio.sleep(RETRY_AFTER)
            else:
                self.tell()

    def check(self, rev: int | None) -> None:
        """Compare with the rev that the database has; None if the row is gone."""
        if (rev is None and not self.gone) or (rev is not None and rev > self.rev):
            self._stale.set()

    def tell(self) -> None:
        for watcher in self.watchers:
            watcher.moved()


class RunningText:
    """The text of a reply while it is being written; it only grows."""

    def __init__(self, text: str) -> None:
        self.text = text

    def grow(self, start: int, text: str) -> bool:
        """Take in what follows `start` code points; False if something before it is missing."""
        known = len(self.text)
        if start > known:
            return False
        self.text += text[known - start :]
        return True


class ConversationMirror(Mirror):
    """One watched conversation: its row, what changed in it lately, and the text of its running replies."""

    def __init__(self, conversation_id: UUID) -> None:
        super().__init__()
        self.topic = conversation_topic(conversation_id)
        self.conversation_id = conversation_id
        self.conversation: Conversation | None = None
        self.messages: dict[UUID, Message] = {}
        self.shown: frozenset[UUID] = frozenset()
        self.running: dict[UUID, RunningText] = {}

    def hear(self, event: Event) -> None:
        if isinstance(event, ChunkAdded):
            if self.grow(event.message_id, event.start, event.text):
                return
        elif isinstance(event, ConversationChanged) and event.rev <= self.rev:
            return
        self._stale.set()

    async def reach(self, since: int) -> None:
        """And all text that is stored by now: a page may show it before we have heard of it."""
        await super().reach(since)
        if lengths := self.lengths():
            found = await in_view(compare)((), (), lengths)
            for message_id, start, text in found.missed:
                self.grow(message_id, start, text)

    def grow(self, message_id: UUID, start: int, text: str) -> bool:
        """Take in stored text of a running reply; False if the reply, or what comes before, is not known."""
        running = self.running.get(message_id)
        if running is None or not running.grow(start, text):
            return False
        self.tell()
        return True

    def lengths(self) -> dict[UUID, int]:
        """How far the replies that are being written are known."""
        written = (pk for pk in self.running if self.messages[pk].status == Status.STREAMING)
        return {pk: len(self.running[pk].text) for pk in written}

    def changed_after(self, rev: int) -> list[Message]:
        """What is shown and changed after `rev`, from the root down."""
        changed = [m for m in self.messages.values() if m.rev > rev and m.pk in self.shown]
        return sorted(changed, key=lambda m: m.depth)

    async def _read(self, since: int) -> None:
        try:
            changes = await in_view(reading.changes)(self.conversation_id, since=since)
            if not changes.complete:
                await self._read_anew(changes.conversation.rev)
                return
        except Conversation.DoesNotExist:
            self.gone = True
            return
        self._take_in(changes)

    async def _read_anew(self, since: int) -> None:
        """Too much to tell: whoever watches is drawn all anew, but what is running must be known."""
        changes = await in_view(reading.changes)(self.conversation_id, since=since)
        self.since = since
        self.messages.clear()
        self.running = {m.pk: self.running[m.pk] for m in changes.messages if m.pk in self.running}
        self._take_in(changes)

    def _take_in(self, changes: Changes) -> None:
        for message in changes.messages:
            self._take(message)
        self.conversation, self.shown, self.gone = changes.conversation, changes.shown, False
        self.rev = max(self.rev, changes.conversation.rev)
        self._forget()

    def _take(self, message: Message) -> None:
        self.messages[message.pk] = message
        if not message.is_live:
            self.running.pop(message.pk, None)
        elif message.pk in self.running:
            self.running[message.pk].grow(0, message.text)
        else:
            self.running[message.pk] = RunningText(message.text)

    def _forget(self) -> None:
        """Drop rows that every watcher has seen, and the oldest if there are too many even so."""
        if len(self.messages) <= MOST_KEPT:
            return
        revs = sorted(message.rev for message in self.messages.values())
        seen = min((watcher.rev for watcher in self.watchers), default=self.rev)
        self.since = max(self.since, seen, revs[-MOST_KEPT] - 1)
        self.messages = {pk: m for pk, m in self.messages.items() if m.is_live or m.rev > self.since}


class AccountMirror(Mirror):
    """One user's list of conversations: what changed in it lately, and how far their drafts have come."""

    def __init__(self, owner_id: int) -> None:
        super().__init__()
        self.topic = account_topic(owner_id)
        self.owner_id = owner_id
        self.draft_rev = 0
        self.conversations: dict[UUID, Conversation] = {}

    def hear(self, event: Event) -> None:
        if isinstance(event, DraftsChanged):
            self.reach_drafts(event.rev)
        elif not isinstance(event, AccountChanged) or event.rev > self.rev:
            self._stale.set()

    def reach_drafts(self, rev: int) -> None:
        """Whoever shows drafts reads them: they are too many pages' business to be kept here."""
        if rev > self.draft_rev:
            self.draft_rev = rev
            self.tell()

    async def _read(self, since: int) -> None:
        rev, changed = await in_view(reading.listed_changes)(self.owner_id, since=since)
        self.conversations.update((conversation.pk, conversation) for conversation in changed)
        self.rev = max(self.rev, rev)
        if len(self.conversations) > reading.PAGE:
            newest = sorted(self.conversations.values(), key=lambda c: c.list_rev)[-reading.PAGE :]
            self.since = max(self.since, newest[0].list_rev)
            self.conversations = {conversation.pk: conversation for conversation in newest}
