"""Feeds: what lies between a program's position and what is stored, as events.

Of the events of one step only the last has the step's rev in its position. So whoever is cut off anywhere
and returns is told the rest of the step again, from the offsets that it has: replaced rows and texts that
go on at an offset can be told twice without harm.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from apps.api import events as told
from apps.api.events import Event
from apps.api.position import Position
from apps.api.schemas import Conversation, Message, MessageFacts, QueuedMessage
from apps.bridge import in_view
from apps.chat import models as rows
from apps.chat import queue, reading
from apps.chat.models import Role, Status
from apps.live.cursor import UNKNOWN, AccountCursor, ConversationCursor, Step
from apps.live.hub import Hub

READ_WITHIN = 10.0  # seconds; a database that takes longer is away


class Feed(ABC):
    """What one program follows; `wake` is set whenever there may be more of it."""

    has_ended = False

    @abstractmethod
    async def join(self, hub: Hub) -> None:
        """Begin; the caller has made sure that it is the program's to see."""

    @abstractmethod
    async def leave(self) -> None:
        """Hear no more."""

    @abstractmethod
    async def events(self) -> list[Event]:
        """Everything that the program lacks, which it is thereby told; raises TimeoutError."""


class ConversationFeed(Feed):
    """One conversation, from a position on."""

    def __init__(self, conversation_id: UUID, position: Position, wake: asyncio.Event) -> None:
        self.conversation_id = conversation_id
        self._cursor = ConversationCursor(position.rev, wake)
        self._rev = position.rev
        self._queue_rev = max(position.rev, 0)
        self._offsets = dict(position.offsets)  # of each text that is not known to its end
        self._conversation: Conversation | None = None  # as it was told last
        self._has_begun = False

    @property
    def position(self) -> Position:
        return Position(self._rev, self._offsets)

    async def join(self, hub: Hub) -> None:
        await self._cursor.join(hub, self.conversation_id)

    async def leave(self) -> None:
        await self._cursor.leave()

    async def events(self) -> list[Event]:
        step = None if self.has_ended else self._cursor.advance()
        if step is None:
            return []
        if step.conversation is None:
            self.has_ended = True
            return [told.ConversationDeleted(payload=told.GonePayload(**self._here))]
        anew = step.anew or self._is_astray(step)
        events = await self._snapshot(step.conversation) if anew else list(self._changes(step))
        events += await self._queue(step.conversation, anew=anew)
        events += self._facts(step.conversation)
        return self._stamped(events)

    @property
    def _here(self) -> dict[str, Any]:
        return {"conversation_id": self.conversation_id, "position": str(self.position)}

    def _is_astray(self, step: Step) -> bool:
        """Whether the position knows texts otherwise than they can have been: all is told anew."""
        changed = {row.pk: row for row in step.changed}
        for pk, offset in self._offsets.items():
            row = changed.get(pk)
            if row is None and pk not in self._cursor.running:
                return True
            if row is not None and not row.is_live and len(row.text) < offset:
                return True
        return False

    async def _snapshot(self, conversation: rows.Conversation) -> list[Event]:
        async with asyncio.timeout(READ_WITHIN):
            window = await in_view(reading.newest_window)(conversation)
        self._has_begun = True
        self._conversation = Conversation.of(conversation)
        self._offsets = {
            row.pk: min(len(row.text), told.PIECE)
            for row in window.messages
            if row.is_live or row.pk in self._cursor.running or len(row.text) > told.PIECE
        }
        payload = told.SnapshotPayload(
            conversation=self._conversation,
            messages=[Message.of(row, most=told.PIECE) for row in window.messages],
            has_older=window.has_older,
            **self._here,
        )
        events: list[Event] = [told.Snapshot(payload=payload)]
        for row in window.messages:
            if row.pk in self._offsets:
                events += self._rest(row, row.text)
        return events

    def _changes(self, step: Step) -> Iterator[Event]:
        """The rows that changed, from the root down, and what others have grown."""
        texts = {pk: running.text for pk, running in step.grown}
        for row in step.changed:
            yield from self._row(row, texts.pop(row.pk, row.text))
        for pk, text in texts.items():
            if not self._has_begun:  # what is being written and was not said to be known is not
                self._offsets.setdefault(pk, 0)
            if pk in self._offsets:
                yield from self._pieces(pk, text)
        self._has_begun = True

    def _row(self, row: rows.Message, text: str) -> Iterator[Event]:
        if row.status == Status.QUEUED or row.pk not in self._offsets:
            self._offsets[row.pk] = min(len(row.text), told.PIECE)
            message = Message.of(row, most=told.PIECE)
            yield told.MessageChanged(payload=told.MessagePayload(message=message, **self._here))
        if row.status == Status.STREAMING:
            facts = facts_of(row, text)
            start = self._offsets[row.pk]
            yield told.StreamingStart(
                payload=told.StreamingStartPayload(message=facts, start=start, **self._here)
            )
        yield from self._rest(row, text)

    def _rest(self, row: rows.Message, text: str) -> Iterator[Event]:
        """What the program lacks of the text, and that this is all if it is."""
        yield from self._pieces(row.pk, text)
        if row.role == Role.ASSISTANT and not row.is_live:
            payload = told.CompleteStreamingPayload(message=facts_of(row, text), **self._here)
            yield told.CompleteStreaming(payload=payload)

    def _pieces(self, pk: UUID, text: str) -> Iterator[Event]:
        for start, piece in pieces_of(text, self._offsets[pk]):
            self._offsets[pk] = start + len(piece)
            yield told.Streaming(
                payload=told.StreamingPayload(message_id=pk, start=start, text=piece, **self._here)
            )

    async def _queue(self, conversation: rows.Conversation, *, anew: bool) -> list[Event]:
        told_rev, self._queue_rev = self._queue_rev, conversation.queue_rev
        if not (conversation.queue_count if anew else conversation.queue_rev > told_rev):
            return []
        async with asyncio.timeout(READ_WITHIN):
            waiting = await in_view(queue.waiting_in)(self.conversation_id)
        payload = told.QueuePayload(waiting=[QueuedMessage.of(row) for row in waiting], **self._here)
        return [told.QueueChanged(payload=payload)]

    def _facts(self, row: rows.Conversation) -> list[Event]:
        """The conversation itself, if more of it than its rev has changed since it was told."""
        if self._cursor.rev == self._rev:
            return []
        last, conversation = self._conversation, Conversation.of(row)
        self._conversation = conversation
        if last and last.model_copy(update={"rev": conversation.rev}) == conversation:
            return []
        payload = told.ConversationPayload(conversation=conversation, **self._here)
        return [told.ConversationChanged(payload=payload)]

    def _stamped(self, events: list[Event]) -> list[Event]:
        """The events, the last with the position behind the step."""
        self._rev, running = self._cursor.rev, self._cursor.running
        self._offsets = {pk: offset for pk, offset in self._offsets.items() if pk in running}
        if events:
            events[-1] = events[-1].at(self.position)
        return events


class ListFeed(Feed):
    """Somebody's list of conversations, from a position on."""

    def __init__(self, owner_id: int, position: Position, wake: asyncio.Event) -> None:
        self._owner_id = owner_id
        self._cursor = AccountCursor(position.rev, wake)
        self._rev = position.rev

    async def join(self, hub: Hub) -> None:
        await self._cursor.join(hub, self._owner_id)

    async def leave(self) -> None:
        await self._cursor.leave()

    async def events(self) -> list[Event]:
        knows_nothing = self._cursor.rev == UNKNOWN
        step = self._cursor.advance()
        if step is None:
            return []
        before = str(Position(self._rev))
        self._rev = self._cursor.rev
        if step.anew or knows_nothing:
            events: list[Event] = [told.ListChanged(payload=told.ListChangedPayload(position=before))]
        else:
            events = [_listed(row, before) for row in step.changed]
        if events:
            events[-1] = events[-1].at(Position(self._rev))
        return events


def _listed(row: rows.Conversation, position: str) -> Event:
    if row.deleted_at:
        return told.ConversationDeleted(
            payload=told.UnlistedPayload(conversation_id=row.pk, position=position)
        )
    return told.ConversationChanged(
        payload=told.ListedPayload(conversation=Conversation.of(row), position=position)
    )


def pieces_of(text: str, start: int) -> Iterator[tuple[int, str]]:
    """What stands behind `start`, each piece with what stands before it."""
    for begin in range(start, len(text), told.PIECE):
        yield begin, text[begin : begin + told.PIECE]


def facts_of(row: rows.Message, text: str) -> MessageFacts:
    """All that is to be said of a message with this text, but for the text."""
    return MessageFacts.of(row).model_copy(update={"length": len(text)})
