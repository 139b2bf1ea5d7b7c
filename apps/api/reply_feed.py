"""The feed of one reply, from its first word to its last: what sending a message may be answered with."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from apps.api import events as told
from apps.api.events import Event
from apps.api.feed import READ_WITHIN, Feed, facts_of, pieces_of
from apps.api.position import Position
from apps.bridge import in_view
from apps.chat import queue, reading
from apps.chat.asking import Sent
from apps.chat.models import Message, Status
from apps.chat.queue import Queued
from apps.live.cursor import ReplyCursor
from apps.live.hub import Hub


class ReplyFeed(Feed):
    """`streaming_start`, `streaming` and `complete_streaming` of one reply, and then the end.

    The reply to what waits in the queue begins when that goes out; withdrawn, it has none.
    """

    def __init__(self, done: Sent | Queued, wake: asyncio.Event) -> None:
        self._conversation_id = done.conversation_id
        self._reply_id = done.reply.pk if isinstance(done, Sent) else None
        self._queued_id = done.message.pk if isinstance(done, Queued) else None
        self._rev = done.reply.rev if isinstance(done, Sent) else 0
        self._cursor = ReplyCursor(max(self._rev - 1, 0), wake)
        self._looked_at: int | None = None  # the rev at which what waits had not gone out
        self._attempt: int | None = None  # that was told to have begun
        self._offset = 0

    async def join(self, hub: Hub) -> None:
        await self._cursor.join(hub, self._conversation_id)

    async def leave(self) -> None:
        await self._cursor.leave()

    async def events(self) -> list[Event]:
        if self.has_ended:
            return []
        if self._cursor.is_gone:
            self.has_ended = True
            return [told.ConversationDeleted(payload=told.GonePayload(**self._here))]
        async with asyncio.timeout(READ_WITHIN):
            reply_id = self._reply_id or await self._found()
            if reply_id is None:
                return []
            row, text = self._cursor.look(reply_id)
            if row is None:
                row = await in_view(reading.whole)(reply_id)
                text = row.text
        return list(self._told(row, text))

    @property
    def _here(self) -> dict[str, Any]:
        offsets = {self._reply_id: self._offset} if self._reply_id else {}
        return {
            "conversation_id": self._conversation_id,
            "position": str(Position(self._rev, offsets)) if self._rev else "",
        }

    async def _found(self) -> UUID | None:
        """The reply to what has waited, if it has gone out by now: nothing does without another rev."""
        if self._looked_at == self._cursor.known:
            return None
        self._looked_at = self._cursor.known
        try:
            reply = await in_view(queue.reply_to)(self._queued_id) if self._queued_id else None
        except queue.TooLate:
            self.has_ended = True
            return None
        if reply:
            self._reply_id, self._rev = reply.pk, reply.rev
        return self._reply_id

    def _told(self, row: Message, text: str) -> Iterator[Event]:
        if row.status == Status.QUEUED:
            return
        if row.attempt != self._attempt and (row.is_live or self._attempt is None):
            self._attempt = row.attempt
            start = told.StreamingStartPayload(message=facts_of(row, text), start=self._offset, **self._here)
            yield told.StreamingStart(payload=start)
        for start_of_piece, piece in pieces_of(text, self._offset):
            self._offset = start_of_piece + len(piece)
            payload = told.StreamingPayload(message_id=row.pk, start=start_of_piece, text=piece, **self._here)
            yield told.Streaming(payload=payload)
        if not row.is_live:
            self.has_ended = True
            yield told.CompleteStreaming(
                payload=told.CompleteStreamingPayload(message=facts_of(row, text), **self._here)
            )
