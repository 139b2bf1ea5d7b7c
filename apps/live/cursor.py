"""Cursors: how far one connection has seen, over mirrors that know more."""

import asyncio
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

from apps.chat.models import Conversation, Message
from apps.live.hub import Hub
from apps.live.mirror import AccountMirror, ConversationMirror, Mirror, RunningText

M = TypeVar("M", bound=Mirror)

UNKNOWN = -1  # before every rev: whoever is here is shown everything anew


@dataclass(frozen=True)
class Step:
    """What lies between a cursor and its mirror. `anew` means: the shown path is another, draw it whole."""

    conversation: Conversation | None
    anew: bool = False
    changed: list[Message] = field(default_factory=list)
    grown: list[tuple[UUID, RunningText]] = field(default_factory=list)


@dataclass(frozen=True)
class ListStep:
    """Conversations to draw again or to take away, newest first. `anew` means: draw the list whole."""

    changed: list[Conversation]
    anew: bool = False


class Cursor(Generic[M]):
    """A position over a mirror; `wake` is set whenever the mirror may know more."""

    def __init__(self, rev: int, wake: asyncio.Event) -> None:
        self.rev = rev
        self.moved = wake.set
        self._mirror: M | None = None
        self._hub: Hub | None = None

    async def leave(self) -> None:
        if self._hub and self._mirror:
            await self._hub.leave(self._mirror, self)

    def _joined(self, hub: Hub, mirror: M) -> None:
        self._hub, self._mirror = hub, mirror
        if self.rev > mirror.rev:  # the page has seen what a restored backup has not
            self.rev = UNKNOWN
        self.moved()


class ConversationCursor(Cursor[ConversationMirror]):
    """A position in one conversation: its rev, and the offset in each running reply."""

    def __init__(self, rev: int, wake: asyncio.Event) -> None:
        super().__init__(rev, wake)
        self._offsets: dict[UUID, int] = {}

    @property
    def running(self) -> Mapping[UUID, RunningText]:
        """What is being written there, shown or not."""
        return self._mirror.running if self._mirror else {}

    async def join(self, hub: Hub, conversation_id: UUID) -> None:
        self._joined(hub, await hub.watch_conversation(conversation_id, self))

    def advance(self) -> Step | None:
        """Everything beyond this position, which is thereby seen; None if there is nothing."""
        mirror = self._mirror
        if mirror is None:
            return None
        if mirror.gone or mirror.conversation is None:
            return Step(None)
        seen, self.rev = self.rev, max(self.rev, mirror.rev)
        anew = seen < mirror.since or mirror.conversation.path_rev > seen
        changed = mirror.changed_after(seen) if self.rev > seen else []
        redrawn = mirror.shown if anew else {message.pk for message in changed}
        grown = self._grown(mirror, redrawn)
        if self.rev == seen and not anew and not grown:
            return None
        return Step(mirror.conversation, anew, changed, grown)

    def _grown(self, mirror: ConversationMirror, redrawn: Set[UUID]) -> list[tuple[UUID, RunningText]]:
        """Running replies with text beyond this position; those drawn anew always, lest they fall behind."""
        grown = []
        for pk, running in mirror.running.items():
            if pk in mirror.shown and (pk in redrawn or len(running.text) > self._offsets.get(pk, 0)):
                self._offsets[pk] = len(running.text)
                grown.append((pk, running))
        for ended in self._offsets.keys() - mirror.running.keys():
            del self._offsets[ended]
        return grown


class ReplyCursor(Cursor[ConversationMirror]):
    """One reply, be it on the shown path or not. Its rev is one before the reply's first."""

    async def join(self, hub: Hub, conversation_id: UUID) -> None:
        self._joined(hub, await hub.watch_conversation(conversation_id, self))

    @property
    def known(self) -> int:
        """The rev up to which the conversation is known here."""
        return self._mirror.rev if self._mirror else UNKNOWN

    @property
    def is_gone(self) -> bool:
        return self._mirror is not None and self._mirror.gone

    def look(self, message_id: UUID) -> tuple[Message | None, str]:
        """The reply, None if nothing is known of it here, and its text so far."""
        mirror = self._mirror
        row = mirror.messages.get(message_id) if mirror else None
        running = mirror.running.get(message_id) if mirror else None
        return row, running.text if running else row.text if row else ""


class AccountCursor(Cursor[AccountMirror]):
    """A position in one user's list of conversations, and in their drafts."""

    def __init__(self, rev: int, wake: asyncio.Event, draft_rev: int = 0) -> None:
        super().__init__(rev, wake)
        self.draft_rev = draft_rev

    async def join(self, hub: Hub, owner_id: int) -> None:
        self._joined(hub, await hub.watch_account(owner_id, self))

    def advance(self) -> ListStep | None:
        mirror = self._mirror
        if mirror is None or mirror.rev <= self.rev:
            return None
        seen, self.rev = self.rev, mirror.rev
        changed = [c for c in mirror.conversations.values() if c.list_rev > seen]
        return ListStep(sorted(changed, key=lambda c: c.updated_at, reverse=True), anew=seen < mirror.since)

    def advance_drafts(self) -> bool:
        """Whether there are drafts beyond this position, which are thereby seen."""
        if self._mirror is None or self._mirror.draft_rev <= self.draft_rev:
            return False
        self.draft_rev = self._mirror.draft_rev
        return True
