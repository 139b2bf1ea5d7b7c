"""Where a page ended, as an address carries it: opaque to clients, of no use to anybody else."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.api.errors import Code, FieldCode, FieldError, Refused
from apps.chat.querysets import Mark
from apps.chat.tree import Place

PATTERN = r"^[A-Za-f][A-Za-z0-9_-]{31}$"  # a number below 2**63, and an id
SPELLED = re.compile(PATTERN[1:-1])
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // TICK


def spelled_mark(mark: Mark) -> str:
    return _spelled((mark.updated_at - EPOCH) // TICK, mark.id)


def mark_of(cursor: str) -> Mark:
    """The mark that was spelled so; raises Refused."""
    ticks, pk = _read(cursor)
    return Mark(EPOCH + min(ticks, LAST) * TICK, pk)


def spelled_place(place: Place) -> str:
    return _spelled(place.rev, place.id)


def place_of(cursor: str) -> Place:
    """Likewise."""
    return Place(*_read(cursor))


def _spelled(number: int, pk: UUID) -> str:
    return urlsafe_b64encode(number.to_bytes(8, "big") + pk.bytes).decode()


def _read(cursor: str) -> tuple[int, UUID]:
    if not SPELLED.fullmatch(cursor):
        raise Refused(Code.INVALID, [FieldError.of("cursor", FieldCode.INVALID)])
    raw = urlsafe_b64decode(cursor)
    return int.from_bytes(raw[:8], "big"), UUID(bytes=raw[8:])
