"""The journal's transaction: the pieces of all running replies of a process, stored together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Length, Substr

from apps.chat.models import Chunk, Message, Status

STORE = "INSERT INTO chat_chunk (message_id, start, text) VALUES {} ON CONFLICT DO NOTHING"
ROWS = 300  # in one statement: SQLite takes 999 values where it is old


@dataclass(frozen=True)
class Piece:
    """Text to append behind `start` code points; empty text only asks how the reply stands."""

    message_id: UUID
    attempt: int
    start: int
    text: str
    seal: bool = False  # fold the chunks into the row: there are many by now


@dataclass
class Verdict:
    """What became of the pieces, by message: stored, or why no more text is wanted."""

    stored: set[UUID] = field(default_factory=set)
    fenced: set[UUID] = field(default_factory=set)
    unwanted: set[UUID] = field(default_factory=set)
    poisoned: set[UUID] = field(default_factory=set)

    def __or__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.stored | other.stored,
            self.fenced | other.fenced,
            self.unwanted | other.unwanted,
            self.poisoned | other.poisoned,
        )


def append(pieces: Sequence[Piece]) -> Verdict:
    """Store what may be stored; a piece that the database refuses does not stop the others."""
    try:
        return _append(pieces)
    except (DataError, IntegrityError, UnicodeError, ValueError):
        if len(pieces) == 1:
            return Verdict(poisoned={pieces[0].message_id})
        middle = len(pieces) // 2
        return append(pieces[:middle]) | append(pieces[middle:])


@transaction.atomic
def _append(pieces: Sequence[Piece]) -> Verdict:
    verdict = _judge(pieces)
    mine = [piece for piece in pieces if piece.message_id in verdict.stored]
    _store([piece for piece in mine if piece.text])
    for piece in mine:
        if piece.seal:
            fold(piece.message_id)
    return verdict


def _judge(pieces: Sequence[Piece]) -> Verdict:
    """Lock the rows that are still ours; tell them from those that are not, or whose reader wants no more."""
    rows = Message.objects.filter(pk__in=[piece.message_id for piece in pieces], status=Status.STREAMING)
    rows = rows.select_for_update(no_key=True, of=("self",)).order_by("pk")
    ours, verdict = {piece.message_id: piece.attempt for piece in pieces}, Verdict()
    for pk, attempt, stop_at, deleted_at, active in rows.values_list(
        "pk", "attempt", "stop_at", "conversation__deleted_at", "conversation__owner__is_active"
    ):
        if attempt == ours[pk]:
            verdict.stored.add(pk)
            if stop_at or deleted_at or not active:
                verdict.unwanted.add(pk)
    verdict.fenced = ours.keys() - verdict.stored
    return verdict


def _store(pieces: Sequence[Piece]) -> None:
    """One statement for all, written by hand since it runs at every tick; a piece twice does no harm."""
    prepared = Message._meta.pk.get_db_prep_value
    with connection.cursor() as cursor:
        for batch in (pieces[start : start + ROWS] for start in range(0, len(pieces), ROWS)):
            values = [
                value
                for piece in batch
                for value in (prepared(piece.message_id, connection), piece.start, piece.text)
            ]
            cursor.execute(STORE.format(", ".join(["(%s, %s, %s)"] * len(batch))), values)


def fold(message_id: UUID) -> None:
    """Move the chunks of a locked row into its content.

    That may hold them already: a piece whose acknowledgement got lost is stored again, though it was folded.
    """
    start, text = Chunk.objects.joined(message_id)
    if text:
        new = Substr(Value(text), Length("content") - start + 1)
        Message.objects.filter(pk=message_id).update(content=Concat(F("content"), new))
        Chunk.objects.drop(message_id)
