"""Where the simulation keeps its rows: the real database, or a memory that follows its rules, faster."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.chat import actions
from apps.chat.events import AccountChanged, ConversationChanged, StopRequested
from apps.chat.models import Conversation, Message, Role, Status
from apps.chat.reading import Changes, Window
from apps.chat.revisions import account_rev
from apps.events import Event
from apps.generation import workers
from apps.generation.append import Piece, Verdict
from apps.generation.claim import Claim, Fence, Fenced, claim_waiting
from apps.generation.models import LEASE, Worker
from apps.generation.settle import LEFT_BEHIND, Outcome
from apps.generation.sweep import sweep
from apps.live.comparison import Comparison
from apps.llm.errors import ErrorCode
from apps.llm.provider import Request
from tests.support.asking import ask_at_once

STORED = """
SELECT m.id, m.role, m.status, m.attempt, m.rev, m.client_key, m.content, c.text
FROM chat_message m LEFT JOIN chat_chunk c ON c.message_id = m.id
WHERE m.conversation_id = %s ORDER BY m.created_at, c.start
"""


@dataclass
class Stored:
    """A message as anybody would find it."""

    role: str
    status: str
    attempt: int
    rev: int
    key: str | None
    text: str


class Store(Protocol):
    """One user's one conversation, and who writes in it."""

    stand_ins: dict[str, Any]  # what takes the place of the product's own functions

    def send(self, key: str) -> bool:
        """Whether it was new."""

    def stop(self, pk: str) -> None: ...
    def go_on(self, pk: str) -> None: ...
    def beat(self, worker_id: UUID, host: str) -> None: ...
    def claim(self, worker_id: UUID) -> list[Claim]: ...
    def sweep(self, worker_id: UUID, host: str) -> int: ...
    def end_leases(self, worker_ids: Collection[UUID]) -> None: ...
    def rows(self) -> dict[str, Stored]: ...
    def conversation(self) -> Conversation: ...
    def account_rev(self) -> int: ...


class DatabaseStore:
    """The real one: nothing stands in for anything."""

    def __init__(self, owner: User, publish: Callable[..., None]) -> None:
        self.stand_ins: dict[str, Any] = {"apps.generation.workers.HOST": ""}
        self._owner, self._pk = owner, uuid4()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE chat_conversation SET head_id = NULL")
            for table in ("chat_chunk", "generation_generation", "generation_worker", "chat_message"):
                cursor.execute(f"DELETE FROM {table}")
            cursor.execute("DELETE FROM chat_conversation")
            cursor.execute("DELETE FROM chat_account")

    def send(self, key: str) -> bool:
        return ask_at_once(self._owner, self._pk, key=key, text="Why?").new

    def stop(self, pk: str) -> None:
        actions.stop(self._owner, self._pk, UUID(pk))

    def go_on(self, pk: str) -> None:
        actions.continue_reply(self._owner, self._pk, UUID(pk))

    def beat(self, worker_id: UUID, host: str) -> None:
        workers.HOST = host
        workers.beat(worker_id)

    def claim(self, worker_id: UUID) -> list[Claim]:
        return claim_waiting(worker_id, room=2)

    def sweep(self, worker_id: UUID, host: str) -> int:
        workers.HOST = host
        return sweep(worker_id, by_lease=True)

    def end_leases(self, worker_ids: Collection[UUID]) -> None:
        Worker.objects.filter(pk__in=worker_ids).update(beat_at=timezone.now() - 2 * LEASE)

    def rows(self) -> dict[str, Stored]:
        found: dict[str, Stored] = {}
        field = Message._meta.pk
        with connection.cursor() as cursor:
            cursor.execute(STORED, [field.get_db_prep_value(self._pk, connection)])
            for pk, *columns, content, chunk in cursor.fetchall():
                row = found.setdefault(str(field.to_python(pk)), Stored(*columns, content))
                row.text += chunk or ""
        return found

    def conversation(self) -> Conversation:
        return Conversation.objects.get(pk=self._pk)

    def account_rev(self) -> int:
        return account_rev(self._owner.pk)


class MemoryStore:
    """The rules of apps.chat.actions and apps.generation once more, in as few words as they can be said."""

    resumes = False

    def __init__(self, owner: User, publish: Callable[..., None]) -> None:
        self._publish = publish
        now = timezone.now()
        self._conversation = Conversation(owner=owner, title="Why?", created_at=now, updated_at=now)
        self._account_rev = 0
        self._rows: dict[UUID, Message] = {}
        self._chunks: dict[UUID, dict[int, str]] = {}
        self._writers: dict[UUID, UUID] = {}
        self._lost: dict[UUID, int] = {}
        self._workers: dict[UUID, tuple[str, bool]] = {}  # host, and whether the lease holds
        self.stand_ins: dict[str, Any] = {
            "apps.chat.reading.changes": self.changes,
            "apps.chat.reading.conversation_page": lambda owner_id: ([self.conversation()], None),
            "apps.chat.reading.listed_changes": self.listed_changes,
            "apps.chat.reading.newest_window": self.newest_window,
            "apps.generation.journal.append": self.append,
            "apps.generation.reply.settle": self.settle,
            "apps.live.hub.compare": self.compare,
            "apps.live.mirror.compare": self.compare,
        }

    # -- What people do ----------------------------------------------------------------------------

    def send(self, key: str) -> bool:
        if any(row.client_key == key for row in self._rows.values()):
            return False
        rev = self._conversation.rev + 1
        question = self._add(self._conversation.head_id, rev, role=Role.USER, content="Why?", client_key=key)
        reply = self._add(question.pk, rev, role=Role.ASSISTANT, status=Status.QUEUED)
        self._conversation.head_id = reply.pk
        self._changed(listed=True)
        return True

    def stop(self, pk: str) -> None:
        row = self._rows[UUID(pk)]
        if row.status == Status.STREAMING:
            row.stop_at = timezone.now()
            self._publish(StopRequested(message_id=row.pk))
        elif row.status == Status.QUEUED:
            row.status = Status.STOPPED
            self._changed(row, listed=True)

    def go_on(self, pk: str) -> None:
        row = self._rows[UUID(pk)]
        if not row.can_continue:
            raise actions.NotPossible
        row.status, row.stop_at = Status.QUEUED, None
        self._changed(row, listed=True)

    def _add(self, parent_id: UUID | None, rev: int, **fields: Any) -> Message:
        row = Message(conversation_id=self._conversation.pk, parent_id=parent_id, rev=rev, **fields)
        row.depth, row.created_at = len(self._rows), self._conversation.created_at
        self._rows[row.pk], self._chunks[row.pk] = row, {}
        return row

    def _changed(self, *rows: Message, listed: bool = False) -> None:
        self._conversation.rev += 1
        for row in rows:
            row.rev = self._conversation.rev
        if listed:
            self._account_rev += 1
            self._conversation.list_rev = self._account_rev
        pk, owner_id = self._conversation.pk, self._conversation.owner_id
        events: list[Event] = [ConversationChanged(conversation_id=pk, rev=self._conversation.rev)]
        events += [AccountChanged(owner_id=owner_id, rev=self._account_rev)] if listed else []
        self._publish(*events)

    # -- What engines do ---------------------------------------------------------------------------

    def beat(self, worker_id: UUID, host: str) -> None:
        self._workers[worker_id] = host, True

    def claim(self, worker_id: UUID) -> list[Claim]:
        return [self._claim(worker_id, row) for row in self._rows.values() if self._may_be_claimed(row)]

    def _may_be_claimed(self, row: Message) -> bool:
        above = self._rows[row.parent_id].parent_id if row.parent_id else None
        return row.status == Status.QUEUED and not (above and self._rows[above].is_live)

    def _claim(self, worker_id: UUID, row: Message) -> Claim:
        row.status, row.attempt = Status.STREAMING, row.attempt + 1
        self._writers[row.pk] = worker_id
        self._changed(row)
        request = Request(model_name="demo", turns=(), reply_so_far=row.content)
        return Claim(row.pk, row.conversation_id, row.attempt, len(row.content), request)

    def append(self, pieces: Sequence[Piece]) -> Verdict:
        verdict = Verdict()
        for piece in pieces:
            row = self._rows[piece.message_id]
            if row.status != Status.STREAMING or row.attempt != piece.attempt:
                verdict.fenced.add(row.pk)
                continue
            verdict.stored.add(row.pk)
            if row.stop_at:
                verdict.unwanted.add(row.pk)
            if piece.text:
                self._chunks[row.pk].setdefault(piece.start, piece.text)
            if piece.seal:
                self._fold(row)
        return verdict

    def settle(self, fence: Fence, outcome: Outcome, *, start: int = 0, text: str = "") -> bool:
        row = self._rows[fence.message_id]
        if row.status != Status.STREAMING or row.attempt != fence.attempt:
            raise Fenced
        self._fold(row)
        row.content += text[max(0, len(row.content) - start) :]
        left_behind = outcome.error_code in LEFT_BEHIND
        row.status = self._status_left_behind(row) if left_behind else outcome.status
        row.stop_at = None
        self._changed(row, listed=True)
        return False

    def _status_left_behind(self, row: Message) -> Status:
        if row.stop_at:
            return Status.STOPPED
        self._lost[row.pk] = self._lost.get(row.pk, 0) + 1
        goes_on = not row.content or self.resumes
        return Status.QUEUED if goes_on and self._lost[row.pk] < 6 else Status.INTERRUPTED

    def _fold(self, row: Message) -> None:
        """The row may hold the text already: a piece whose acknowledgement got lost is stored again."""
        begins = min(self._chunks[row.pk], default=0)
        row.content += self._tail(row)[max(0, len(row.content) - begins) :]
        self._chunks[row.pk] = {}

    def sweep(self, worker_id: UUID, host: str) -> int:
        dead = {pk for pk, (where, holds) in self._workers.items() if not holds or where == host}
        dead -= {worker_id}
        alive = self._workers.keys() - dead
        left = [
            row for row in self._rows.values()
            if row.status == Status.STREAMING and self._writers[row.pk] not in alive
        ]  # fmt: skip
        outcome = Outcome(Status.INTERRUPTED, error_code=ErrorCode.WORKER_LOST)
        for row in left:
            self.settle(Fence(row.pk, row.conversation_id, row.attempt), outcome)
        for pk in dead:
            del self._workers[pk]
        return len(left)

    def end_leases(self, worker_ids: Collection[UUID]) -> None:
        for pk in self._workers.keys() & set(worker_ids):
            self._workers[pk] = self._workers[pk][0], False

    # -- What is read ------------------------------------------------------------------------------

    def rows(self) -> dict[str, Stored]:
        return {
            str(r.pk): Stored(r.role, r.status, r.attempt, r.rev, r.client_key, r.content + self._tail(r))
            for r in self._rows.values()
        }

    def conversation(self) -> Conversation:
        known = self._conversation
        row = Conversation(
            pk=known.pk, owner_id=known.owner_id, title=known.title,
            created_at=known.created_at, updated_at=known.updated_at,
            rev=known.rev, list_rev=known.list_rev, head_id=known.head_id,
        )  # fmt: skip
        row.running = any(message.is_live for message in self._rows.values())
        return row

    def account_rev(self) -> int:
        return self._account_rev

    def changes(self, conversation_id: UUID, *, since: int) -> Changes:
        rows = [self._read(row) for row in self._rows.values() if row.rev > since or row.is_live]
        return Changes(self.conversation(), rows, frozenset(self._rows), complete=True)

    def listed_changes(self, owner_id: int, *, since: int) -> tuple[int, list[Conversation]]:
        return self._account_rev, [self.conversation()] if self._conversation.list_rev > since else []

    def newest_window(self, conversation: Conversation) -> Window:
        shown = [self._read(row) for row in self._rows.values()]
        head = self._rows[conversation.head_id].depth if conversation.head_id else -1
        return Window([row for row in shown if row.depth <= head], has_older=False)

    def compare(
        self, conversation_ids: Collection[UUID], owner_ids: Collection[int], lengths: Mapping[UUID, int]
    ) -> Comparison:
        pk, owner_id = self._conversation.pk, self._conversation.owner_id
        texts = {row: self._rows[row].content + self._tail(self._rows[row]) for row in lengths}
        missed = [(row, n, texts[row][n:]) for row, n in lengths.items() if len(texts[row]) > n]
        return Comparison({pk: self._conversation.rev}, {owner_id: self._account_rev}, missed)

    def _tail(self, row: Message) -> str:
        return "".join(text for _, text in sorted(self._chunks[row.pk].items()))

    def _read(self, row: Message) -> Message:
        read = Message(
            pk=row.pk, conversation_id=row.conversation_id, parent_id=row.parent_id, depth=row.depth,
            role=row.role, status=row.status, content=row.content, rev=row.rev, attempt=row.attempt,
            created_at=row.created_at,
        )  # fmt: skip
        read.tail = self._tail(row)
        return read
