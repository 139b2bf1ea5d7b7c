"""What one page shows and how far it has seen: turns the steps of its cursors into frames."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec
from uuid import UUID

from apps.bridge import in_view
from apps.chat.models import Conversation
from apps.live.cursor import AccountCursor, ConversationCursor, Step
from apps.live.hub import Hub
from apps.live.mirror import RunningText
from apps.web import fragments
from apps.web.cards import Position
from apps.web.drawings import shared_drawing
from apps.web.fragments import Growth

P = ParamSpec("P")

DRAWN_WITHIN = 10.0  # seconds; a database that takes longer is away


class LiveView:
    """A page's position. `wake` is set whenever there may be something to send."""

    def __init__(self, owner_id: int, account_rev: int, hub: Hub, *, draft_rev: int = 0) -> None:
        self.wake = asyncio.Event()
        self.conversation_id: UUID | None = None
        self._owner_id = owner_id
        self._hub = hub
        self.own_draft: UUID | None = None  # whose text the page knows better than we do
        self._list = AccountCursor(account_rev, self.wake, draft_rev)
        self._transcript: ConversationCursor | None = None
        self._queue_rev = 0  # as far as the page has been shown what waits to be sent
        self._chosen: tuple[str, str] | None = None  # for the conversation, as far as the page has been shown
        self._growths: dict[UUID, Growth] = {}

    async def join(self) -> None:
        """Watch the list of conversations."""
        await self._list.join(self._hub, self._owner_id)

    async def show(self, conversation_id: UUID, rev: int) -> None:
        """Watch a conversation of which the page shows what was there at `rev`; the caller authorised it."""
        if self.conversation_id == conversation_id:
            return
        last, cursor = self._transcript, ConversationCursor(rev, self.wake)
        self.conversation_id, self._transcript, self._queue_rev = conversation_id, cursor, rev
        if rev == 0:  # begun in this page: what is drafted here is another matter
            self._list.draft_rev = 0
        if last:
            await last.leave()
        await cursor.join(self._hub, conversation_id)
        if cursor is not self._transcript:  # while it joined, another took its place or the page left
            await cursor.leave()
        elif cursor.rev < rev:  # what the page shows is not of this past: a restored backup
            self._queue_rev = cursor.rev

    async def leave(self) -> None:
        last, self._transcript = self._transcript, None
        await self._list.leave()
        if last:
            await last.leave()

    async def frame(self) -> str:
        """Everything that the page lacks, as one frame; empty if it lacks nothing."""
        before = self._revs()
        parts = [await self._draw_list(), await self._draw_transcript(), await self._draw_drafts()]
        if (revs := self._revs()) != before:
            parts.append(fragments.position(Position(self.conversation_id or "", *revs)))
        return "".join(parts)

    def _revs(self) -> tuple[int, int, int]:
        """Of the conversation, of the list and of the drafts, as far as they have been seen."""
        return self._transcript.rev if self._transcript else 0, self._list.rev, self._list.draft_rev

    async def _draw_list(self) -> str:
        step = self._list.advance()
        if step is None:
            return ""
        return await _drawn(fragments.changed_list, step, self._owner_id, self.conversation_id)

    async def _draw_drafts(self) -> str:
        if not self._list.advance_drafts():
            return ""
        return await _drawn(fragments.drafts, self._owner_id, self.conversation_id, self.own_draft)

    async def _draw_transcript(self) -> str:
        step = self._transcript.advance() if self._transcript else None
        if step is None or step.conversation is None:
            return ""
        rows = await self._draw_rows(step)
        queue = await self._draw_queue(step.conversation, anew=step.anew)
        growths = [self._growth(pk, running).fragment() for pk, running in step.grown]
        return "".join([rows, queue, self._draw_choices(step.conversation), *growths])

    def _draw_choices(self, conversation: Conversation) -> str:
        chosen = (conversation.model_name, conversation.instructions)
        if chosen == self._chosen:
            return ""
        self._chosen = chosen
        return fragments.choices(conversation)

    async def _draw_queue(self, conversation: Conversation, *, anew: bool) -> str:
        if not (anew and conversation.queue_count) and conversation.queue_rev <= self._queue_rev:
            return ""
        self._queue_rev = conversation.queue_rev
        return await _drawn(fragments.queue, conversation)

    async def _draw_rows(self, step: Step) -> str:
        """Rows are drawn whole, so what had been sent of their running text counts no more."""
        if step.anew and step.conversation:
            self._growths.clear()
            return await _drawn(fragments.transcript, step.conversation)
        for message in step.changed:
            self._growths.pop(message.pk, None)
        return await _drawn(fragments.changed_messages, step.changed) if step.changed else ""

    def _growth(self, message_id: UUID, running: RunningText) -> Growth:
        drawing = shared_drawing(running, scope=str(message_id))
        growth = self._growths.get(message_id)
        if growth is None or growth.drawing is not drawing:
            growth = self._growths[message_id] = Growth(message_id, drawing)
        return growth


async def _drawn(draw: Callable[P, str], *args: P.args, **kwargs: P.kwargs) -> str:
    """What must be read to be drawn; raises TimeoutError. Growing text needs none of this, and no timer."""
    async with asyncio.timeout(DRAWN_WITHIN):
        return await in_view(draw)(*args, **kwargs)
