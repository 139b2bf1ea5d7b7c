"""The journal's transaction: the pieces of all running replies of a process, stored together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from apps.chat.models import Chunk, Message

# Written by hand, since it runs at every tick.
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
            Chunk.objects.fold(piece.message_id)
    return verdict


def _judge(pieces: Sequence[Piece]) -> Verdict:
    """Lock the rows that are still ours; tell them from those that are not, or whose reader wants no more."""
    ours, verdict = {piece.message_id: piece.attempt for piece in pieces}, Verdict()
    for pk, attempt, is_unwanted in Message.objects.lock_standing(ours):
        if attempt == ours[pk]:
            verdict.stored.add(pk)
            if is_unwanted:
                verdict.unwanted.add(pk)
    verdict.fenced = ours.keys() - verdict.stored
    return verdict


def _store(pieces: Sequence[Piece]) -> None:
    """One statement for all; a piece twice does no harm."""
    prepared = Message._meta.pk.get_db_prep_value
    with connection.cursor() as cursor:
        for batch in (pieces[start : start + ROWS] for start in range(0, len(pieces), ROWS)):
            values = [
                value
                for piece in batch
                for value in (prepared(piece.message_id, connection), piece.start, piece.text)
            ]
            cursor.execute(STORE.format(", ".join(["(%s, %s, %s)"] * len(batch))), values)
