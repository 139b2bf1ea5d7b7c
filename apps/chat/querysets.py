"""The words in which conversations and messages are asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q

from apps.chat.sql import (
    CHANGED_OR_LIVE,
    CHUNKS,
    CONVERSATION,
    DROP_CHUNKS,
    FAMILIES,
    FOLD,
    HOLDING,
    LISTED_CHANGES,
    MESSAGES_OF,
    NEWEST_LEAF,
    OF_KEY,
    OWNED,
    PATH_BETWEEN,
    PATH_UP,
    SENT_BEFORE,
    STANDING,
    TAILS,
    TURNS_UP,
    UNDELETED,
    WRITTEN,
)

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.chat.models import Conversation, Message

UUID_FIELD: models.UUIDField[UUID, UUID] = models.UUIDField()
MOMENT = models.Value(None, output_field=models.DateTimeField())


@dataclass(frozen=True)
class Mark:
    """Where a page of conversations ended. `pinned` is None where pinned ones stand among the others."""

    updated_at: datetime
    id: UUID
    pinned: bool | None = None


class Relative(NamedTuple):
    """A message, whose child it is, where, and when its parent was written."""

    id: UUID
    parent_id: UUID | None
    conversation_id: UUID
    after: datetime | None


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def owned_by(self, user: User | int) -> ConversationQuerySet:
        """What exists for `user` (or their id): everything else, and what was deleted, looks absent."""
        return self.filter(owner=user, deleted_at=None)

    def listed(self) -> ConversationQuerySet:
        """What is not put away, in the order of the list."""
        return self.filter(archived=False).order_by("-pinned", "-updated_at", "-id")

    def latest_first(self) -> ConversationQuerySet:
        return self.order_by("-updated_at", "-id")

    def titled(self, words: str) -> ConversationQuerySet:
        """Those whose title holds every one of `words`, in any order and case."""
        return self.filter(_in_title(words))

    def by_title(self, words: str) -> dict[UUID, bool]:
        """The id of each, in their order, and whether it is one of those."""
        return dict(self.annotate(holds=_in_title(words)).values_list("pk", "holds"))

    def behind(self, mark: Mark) -> ConversationQuerySet:
        """The ones behind `mark` in latest_first order, or in the list's if the mark tells pinned apart."""
        older = Q(updated_at__lt=mark.updated_at) | Q(updated_at=mark.updated_at, id__lt=mark.id)
        if mark.pinned is None:
            return self.filter(older)
        return self.filter(Q(pinned=False) | older if mark.pinned else Q(pinned=False) & older)

    def with_running(self) -> ConversationQuerySet:
        """Annotate `running`: whether a reply is being written."""
        messages = apps.get_model("chat", "Message").objects  # that module imports this one
        return self.annotate(running=Exists(messages.live().filter(conversation=OuterRef("pk"))))

    def undeleted(self, conversation_id: UUID) -> Conversation:
        """The row, whosever it is; raises DoesNotExist."""
        return self._only(self.raw(UNDELETED, _prepared(conversation_id)))

    def find(self, owner_id: int, conversation_id: UUID) -> Conversation:
        """The owner's conversation; raises DoesNotExist."""
        return self._only(self.raw(OWNED, _prepared(conversation_id, owner_id)))

    def lock(self, conversation_id: UUID) -> Conversation:
        """The row, locked until the transaction ends; raises DoesNotExist."""
        return self._only(self.raw(_locking(CONVERSATION), _prepared(conversation_id)))

    def listed_after(self, owner_id: int, list_rev: int, *, most: int) -> list[Conversation]:
        """What changed in the owner's list after `list_rev`, deleted or not, newest first, with `running`."""
        return list(self.raw(LISTED_CHANGES, [owner_id, list_rev, most]))

    def instructions_of(self, conversation_id: UUID) -> list[str]:
        """What every answer there is to heed: its owner's own first, then the conversation's."""
        both = self.filter(pk=conversation_id).values_list("owner__preferences__instructions", "instructions")
        return [text for texts in both for text in texts if text]

    def locked(self) -> ConversationQuerySet:
        return self.select_for_update(no_key=True)

    def _only(self, rows: Iterable[Conversation]) -> Conversation:
        for conversation in rows:
            return conversation
        raise self.model.DoesNotExist


class MessageQuerySet(models.QuerySet["Message"]):
    def owned_by(self, user: User | int) -> MessageQuerySet:
        """What exists for `user` (or their id), in whichever conversation."""
        return self.filter(conversation__owner=user, conversation__deleted_at=None)

    def live(self) -> MessageQuerySet:
        return self.filter(status__in=("queued", "streaming"))

    def claimable(self) -> MessageQuerySet:
        """Queued replies whose turn it is: none before them on their path is live. Oldest first."""
        waiting = self.filter(
            status="queued", conversation__deleted_at=None, conversation__owner__is_active=True
        )
        return waiting.exclude(parent__parent__status__in=("queued", "streaming")).order_by(
            "created_at", "pk"
        )

    def in_free_conversations(self) -> MessageQuerySet:
        """Those whose conversation nobody else has locked; it is ours now. Nobody is waited for."""
        rows = self.select_related("conversation").only("conversation", "conversation__id")
        return rows.select_for_update(no_key=True, skip_locked=True, of=("conversation",))

    def changed_or_live(self, conversation_id: UUID, *, since: int, most: int) -> list[Message]:
        """What changed in a conversation after rev `since`, and what is live there, from the root down."""
        return list(self.raw(CHANGED_OR_LIVE, _prepared(conversation_id, since, most)))

    def of_key(self, conversation_id: UUID, key: str) -> Message | None:
        """What the conversation has under a client's key."""
        return next(iter(self.raw(OF_KEY, _prepared(conversation_id, key))), None)

    def sent_before(self, conversation_id: UUID, key: str) -> tuple[UUID, bool] | None:
        """What the conversation has under a client's key: the id, and whether it is but in the queue."""
        rows = self._rows(SENT_BEFORE, conversation_id, key, conversation_id, key)
        return (self._uuid(rows[0][0]), bool(rows[0][1])) if rows else None

    def lock_written(self, message_id: UUID, attempt: int) -> Message | None:
        """The reply, locked until the transaction ends, if this attempt is the one that writes it."""
        return next(iter(self.raw(_locking(WRITTEN), _prepared(message_id, attempt))), None)

    def lock_standing(self, message_ids: Collection[UUID]) -> list[tuple[UUID, int, bool]]:
        """Those that are being written, locked: id, attempt, and whether their reader wants no more."""
        sql = _locking(STANDING.format(", ".join(["%s"] * len(message_ids))), of=("m",))
        rows = self._rows(sql, *message_ids)
        return [(self._uuid(pk), attempt, bool(unwanted)) for pk, attempt, unwanted in rows]

    def holding(self, words: str, *, among: Sequence[UUID], most: int) -> tuple[list[UUID], bool]:
        """The conversations `among` these in which a message holds every one of `words`, in any case.

        Looks at so many messages at most, from the first conversation on; and whether there may be more.
        """
        if not among:
            return [], False
        patterns = [re.escape(word) for word in words.split()]
        operators: dict[str, str] = connection.operators  # type: ignore[attr-defined]  # each database has them
        sql = HOLDING.format(
            conversations=", ".join(["(%s)"] * len(among)),
            holds=" AND ".join([f"content {operators['iregex']}"] * len(patterns)),
            messages=MESSAGES_OF[connection.vendor].format(most=most),
            most=most,
        )
        rows = self._rows(sql, *among, *patterns)
        return [self._uuid(pk) for pk, _, holds in rows if holds], sum(count for _, count, _ in rows) >= most

    def siblings_of(self, message: Message) -> MessageQuerySet:
        """The alternatives to `message`, itself included, in the order they were made."""
        return self.filter(
            conversation_id=message.conversation_id, parent_id=message.parent_id, role=message.role
        ).order_by("created_at", "pk")

    def path_up(self, leaf_id: UUID, *, count: int, size: int) -> list[UUID]:
        """Ids from `leaf_id` towards the root: at most `count`, and none once `size` code points are had."""
        return [self._uuid(row[0]) for row in self._rows(PATH_UP, leaf_id, count, size)]

    def path_between(self, leaf_id: UUID, first: int, last: int) -> list[tuple[UUID, int]]:
        """Ids and sizes, in code points, between two depths of the path that ends at `leaf_id`."""
        return [(self._uuid(pk), size) for pk, size in self._rows(PATH_BETWEEN, leaf_id, first, last)]

    def turns_up(self, leaf_id: UUID, *, count: int, size: int) -> list[tuple[str, str]]:
        """Role and text on the way from the root to `leaf_id`, bounded like `path_up`."""
        return self._rows(TURNS_UP, leaf_id, count, size)

    def newest_leaf(self, message_id: UUID) -> UUID:
        """What was written last below `message_id`, or that itself: nothing can be below it in turn."""
        return self._uuid(self._rows(NEWEST_LEAF, message_id)[0][0])

    def tails_in(self, conversation_id: UUID) -> list[tuple[UUID, int, str]]:
        """The chunks of a conversation's running replies: message, start and text."""
        return [(self._uuid(pk), *chunk) for pk, *chunk in self._rows(TAILS, conversation_id)]

    def families(self, parents: Collection[UUID], begun: Collection[UUID]) -> list[Relative]:
        """Children of `parents` and first messages of `begun`, oldest first."""
        marks = (", ".join(["%s"] * len(ids)) or "NULL" for ids in (parents, begun))
        rows = self._rows(FAMILIES.format(*marks), *parents, *begun)
        return [
            Relative(self._uuid(pk), parent and self._uuid(parent), self._uuid(of), _moment(after))
            for pk, parent, of, after in rows
        ]

    def _rows(self, sql: str, *parameters: UUID | int | str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, _prepared(*parameters))
            return list(cursor.fetchall())

    def _uuid(self, value: object) -> UUID:
        found: UUID = self.model._meta.pk.to_python(value)
        return found


class QueueQuerySet(models.QuerySet[Any]):
    def waiting(self) -> QueueQuerySet:
        """What has not gone out yet, in its order."""
        return self.filter(state="waiting").order_by("place")

    def in_conversation(self, conversation_id: UUID) -> QueueQuerySet:
        return self.filter(conversation_id=conversation_id)


class ChunkQuerySet(models.QuerySet[Any]):
    def joined(self, message_id: UUID) -> tuple[int, str]:
        """Where the chunks of a reply begin, and what they hold."""
        with connection.cursor() as cursor:
            cursor.execute(CHUNKS, _prepared(message_id))
            chunks = cursor.fetchall()
        return (chunks[0][0] if chunks else 0), "".join(text for _, text in chunks)

    def fold(self, message_id: UUID) -> None:
        """Move the chunks of a locked row into its content.

        That may hold them already: a piece whose acknowledgement got lost is stored again, though folded.
        """
        start, text = self.joined(message_id)
        if text:
            with connection.cursor() as cursor:
                cursor.execute(FOLD, _prepared(text, start, message_id))
            self.drop(message_id)

    def drop(self, message_id: UUID) -> None:
        """Away with the chunks of a reply: its row holds their text."""
        with connection.cursor() as cursor:
            cursor.execute(DROP_CHUNKS, _prepared(message_id))


def _in_title(words: str) -> Q:
    # Of what the databases share, only patterns know the case of letters beyond ASCII.
    return Q(*(Q(title__iregex=re.escape(word)) for word in words.split()))


def _prepared(*parameters: UUID | int | str) -> list[Any]:
    """Parameters as the database takes them."""
    return [UUID_FIELD.get_db_prep_value(p, connection) if isinstance(p, UUID) else p for p in parameters]


def _moment(value: object) -> datetime | None:
    """A time as Python has it: some databases give text."""
    for convert in connection.ops.get_db_converters(MOMENT):
        value = convert(value, MOMENT, connection)
    return cast("datetime | None", value)


def _locking(sql: str, *, of: tuple[str, ...] = ()) -> str:
    """The query with locks on its rows, where there are such: elsewhere the whole database is locked."""
    locks = connection.features.has_select_for_update
    return f"{sql} {connection.ops.for_update_sql(no_key=True, of=of)}" if locks else sql
