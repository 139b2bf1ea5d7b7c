"""Drafts: what somebody is writing, kept on the server and shown on all their pages.

Each draft is written by one page alone. The page names it and counts its versions, and a version is stored
only over an older one; so whatever arrives twice, late, or by two ways does no harm. A page that shows what
another one wrote and is typed into begins a draft of its own, which `replaces` the version that it showed:
if that still is the newest, the old draft is closed; if its author has written on meanwhile, both stay open
and the person chooses. A draft that was sent is closed in the transaction that stores the message, for good:
nothing that comes late opens it again.

Every change has its own revision of the account (`Account.draft_rev`), so that pages notice what they were
not told.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.asking import NotPossible
from apps.chat.events import DraftsChanged
from apps.chat.models import Conversation, Draft
from apps.events import publish_on_commit

MOST_OPEN = 8  # drafts in one place; whoever has more unsent is not helped by another
LAST = 2**31 - 1  # as many versions as a draft may have
TRACE_KEPT = timedelta(days=30)  # longer than a browser keeps what it could not save
NEXT_REV = """
INSERT INTO chat_account (user_id, rev, draft_rev) VALUES (%s, 0, 1)
ON CONFLICT (user_id) DO UPDATE SET draft_rev = chat_account.draft_rev + 1 RETURNING draft_rev
"""


class Fate(StrEnum):
    """What became of a version: stored, or its draft is over and it was known by then, or is news even so."""

    STORED = "stored"
    OVER = "over"
    NEWS = "news"


@dataclass(frozen=True)
class Saved:
    draft_id: UUID
    fate: Fate = Fate.STORED


@transaction.atomic
def save(
    user: User,
    conversation_id: UUID,
    *,
    draft_id: UUID,
    version: int,
    text: str,
    new: bool = False,
    replaces: UUID | None = None,
    replaced_version: int = 0,
) -> Saved:
    """Store a version of a draft, unless a newer one is stored or the draft is over.

    `new` says that it is for a conversation not begun. Raises Conversation.DoesNotExist.
    """
    place = _place(user, conversation_id, new=new)
    rev = _next_rev(user.pk)  # under the lock of the account
    if replaces:
        _close(user.pk, replaces, up_to=replaced_version, rev=rev)
    draft = Draft.objects.filter(pk=draft_id).first()
    if draft and (draft.closed or draft.owner_id != user.pk):
        return Saved(draft_id, Fate.OVER if version <= draft.version else Fate.NEWS)
    if draft is None or draft.version < version:
        _store(draft or Draft(pk=draft_id, owner=user), place, text=text, version=version, rev=rev)
    return Saved(draft_id)


@transaction.atomic
def discard(user: User, conversation_id: UUID, *, draft_id: UUID, version: int, new: bool = False) -> None:
    """Close a draft unless it has changed since `version`."""
    _place(user, conversation_id, new=new)
    _close(user.pk, draft_id, up_to=version, rev=_next_rev(user.pk))


def close_sent(owner_id: int, draft_id: UUID) -> None:
    """Close the draft of a message, in the transaction that stores that."""
    _close(owner_id, draft_id, up_to=LAST, rev=_next_rev(owner_id))


def open_in(owner_id: int, conversation_id: UUID | None) -> list[Draft]:
    """What the owner has written there and not sent, newest first."""
    return list(_open(owner_id, conversation_id).order_by("-rev")[:MOST_OPEN])


def forget() -> None:
    """Drop the traces of drafts that were closed long ago."""
    Draft.objects.filter(text="", updated_at__lt=Now() - TRACE_KEPT).delete()


def _place(user: User, conversation_id: UUID, *, new: bool) -> UUID | None:
    return None if new else Conversation.objects.find(user.pk, conversation_id).pk


def _open(owner_id: int, conversation_id: UUID | None) -> QuerySet[Draft]:
    return Draft.objects.filter(owner=owner_id, conversation=conversation_id).exclude(text="")


def _store(draft: Draft, place: UUID | None, *, text: str, version: int, rev: int) -> None:
    begins = draft._state.adding
    if begins and _open(draft.owner_id, place).count() >= MOST_OPEN:
        raise NotPossible
    draft.conversation_id, draft.text, draft.version, draft.rev = place, text, version, rev
    draft.updated_at = timezone.now()
    draft.save(force_insert=begins)


def _close(owner_id: int, draft_id: UUID, *, up_to: int, rev: int) -> None:
    """Take no more versions of this draft, unless it has one beyond `up_to`."""
    closed = {"text": "", "closed": True, "rev": rev, "updated_at": timezone.now()}
    known = Draft.objects.filter(pk=draft_id)
    if known.filter(owner=owner_id, version__lte=up_to).update(**closed) or known.exists():
        return
    # Its first version is still on its way.
    Draft.objects.create(pk=draft_id, owner_id=owner_id, version=up_to, **closed)


def _next_rev(owner_id: int) -> int:
    """The next revision of the owner's drafts, told after commit; their account stays locked until then."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_REV, [owner_id])
        rev: int = cursor.fetchone()[0]
    publish_on_commit(DraftsChanged(owner_id=owner_id, rev=rev))
    return rev
