"""How what staff do is written down, and when reading on needs no new reason."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.text import admit, clean
from apps.oversight.models import MAX_AGENT, MAX_WORDS, READINGS, AuditEntry, AuditQuerySet, What

READ_CONTENT = "oversight.read_content"
READING_LASTS = timedelta(hours=24)  # within which opening again is the same reading, under the same reason
MAX_REASON = 500  # code points


@dataclass(frozen=True)
class Actor:
    """Somebody of the staff, and from where they act."""

    staff: User
    address: str | None = None
    user_agent: str = ""


def may_read(user: User) -> bool:
    """Whether they may see what people write: titles, messages, instructions, notes."""
    return user.has_perm(READ_CONTENT)


def reading_of(staff: User, conversation_id: UUID) -> AuditEntry | None:
    """The reading under which this person may open that conversation now; None if a reason is due."""
    return _recent(staff).filter(conversation_id=conversation_id, what=What.OPENED).order_by("-at").first()


def begin_reading(actor: Actor, conversation: Conversation, reason: object) -> AuditEntry:
    """Write down why it is read; raises TextRejected. Whoever has that on record may open it for a while."""
    why = admit(reason, limit=MAX_REASON)
    entry = _about(actor, What.OPENED, conversation.owner, conversation=conversation)
    entry.reason = why
    entry.save()
    return entry


def note_titles(actor: Actor, conversations: Collection[Conversation], *, found_by: str = "") -> None:
    """Write down that these titles are shown, once for a reading; `found_by` are words that led to them.

    Each such words tell something new of what is written, also of a conversation that has been read.
    """
    shown = [conversation for conversation in conversations if conversation.title or found_by]
    known = _recent(actor.staff).filter(conversation_id__in=[conversation.pk for conversation in shown])
    same = Q(what=What.FOUND, words=_kept(found_by)) if found_by else Q(what__in=READINGS)
    noted = set(known.filter(same).values_list("conversation_id", flat=True))
    what, now = What.FOUND if found_by else What.TITLED, timezone.now()
    AuditEntry.objects.bulk_create(
        _about(actor, what, conversation.owner, conversation=conversation, words=found_by, at=now)
        for conversation in shown
        if conversation.pk not in noted
    )


def note_search(actor: Actor, words: str, *, owner: User | None = None) -> None:
    """Write down what was looked for in what people write, or in what `owner` alone does; once for a reading.

    Found or not: that nothing was found tells something as well.
    """
    owner_id = owner.pk if owner else None
    known = _recent(actor.staff).filter(what=What.SEARCHED, words=_kept(words), owner_id=owner_id)
    if not known.exists():
        _about(actor, What.SEARCHED, owner, words=words).save()


def note_deed(actor: Actor, what: What, user: User) -> None:
    """Write down what was done to somebody's account."""
    _about(actor, what, user).save()


def _recent(staff: User) -> AuditQuerySet:
    return AuditEntry.objects.filter(staff_id=staff.pk, at__gt=timezone.now() - READING_LASTS)


def _kept(words: str) -> str:
    return clean(words)[:MAX_WORDS]


def _about(
    actor: Actor,
    what: What,
    owner: User | None = None,
    *,
    conversation: Conversation | None = None,
    words: str = "",
    at: datetime | None = None,
) -> AuditEntry:
    return AuditEntry(
        at=at or timezone.now(),
        what=what,
        staff_id=actor.staff.pk,
        staff_email=actor.staff.email,
        owner_id=owner.pk if owner else None,
        owner_email=owner.email if owner else "",
        conversation_id=conversation.pk if conversation else None,
        words=_kept(words),
        address=actor.address,
        user_agent=clean(actor.user_agent)[:MAX_AGENT],
    )
