"""Who read what of whose, and what else was done about them, for themselves to know."""

from dataclasses import dataclass
from uuid import UUID

from apps.chat.models import Conversation
from apps.oversight.models import AuditEntry

PAGE = 30  # entries


@dataclass(frozen=True)
class Readings:
    """Entries about one owner, newest first; `behind` is where they go on, if they do.

    `standing` are the conversations among them that still exist for their owner, by id.
    """

    entries: list[AuditEntry]
    standing: dict[UUID, Conversation]
    behind: int | None


def readings_of(owner_id: int, *, behind: int | None = None) -> Readings:
    """A page of it, or of what lies behind an entry."""
    rows = AuditEntry.objects.filter(owner_id=owner_id).order_by("-id")
    found = list((rows.filter(pk__lt=behind) if behind is not None else rows)[: PAGE + 1])
    entries = found[:PAGE]
    ids = {entry.conversation_id for entry in entries if entry.conversation_id}
    owned = Conversation.objects.owned_by(owner_id).filter(pk__in=ids)
    standing = {row.pk: row for row in owned.only("title")}
    return Readings(entries, standing, entries[-1].pk if len(found) > PAGE else None)
