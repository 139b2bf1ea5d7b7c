"""Where a page ended, as an address carries it: opaque to clients, of no use to anybody else."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.api.errors import Code, FieldCode, FieldError, Refused
from apps.chat.querysets import Mark
from apps.chat.tree import Place

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MOST = 2**63


def spelled_mark(mark: Mark) -> str:
    return _spelled((mark.updated_at - EPOCH) // TICK, mark.id)


def mark_of(cursor: str) -> Mark:
    """The mark that was spelled so; raises Refused."""
    ticks, pk = _read(cursor)
    try:
        return Mark(EPOCH + ticks * TICK, pk)
    except OverflowError:
        raise _wrong() from None


def spelled_place(place: Place) -> str:
    return _spelled(place.rev, place.id)


def place_of(cursor: str) -> Place:
    """Likewise."""
    return Place(*_read(cursor))


def _spelled(number: int, pk: UUID) -> str:
    return urlsafe_b64encode(number.to_bytes(8, "big") + pk.bytes).decode()


def _read(cursor: str) -> tuple[int, UUID]:
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii"))
    except ValueError:
        raise _wrong() from None
    if len(raw) != 24 or (number := int.from_bytes(raw[:8], "big")) >= MOST:
        raise _wrong()
    return number, UUID(bytes=raw[8:])


def _wrong() -> Refused:
    return Refused(Code.INVALID, [FieldError.of("cursor", FieldCode.INVALID)])
