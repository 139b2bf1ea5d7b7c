"""Keeping one's list in order: pinning, putting away, taking back, and what has been looked at.

As in apps.chat.actions, what is not the user's raises Conversation.DoesNotExist.
"""

from uuid import UUID

from apps.accounts.models import User
from apps.chat.events import ReplyQueued
from apps.chat.models import Conversation, Message, Status
from apps.chat.revisions import changing
from apps.events import publish_on_commit


def pin(user: User, conversation_id: UUID) -> None:
    """Keep it on top of the list; what was put away comes back."""
    with changing(_owned(user, conversation_id), listed=True) as conversation:
        conversation.pinned, conversation.archived = True, False


def unpin(user: User, conversation_id: UUID) -> None:
    with changing(_owned(user, conversation_id), listed=True) as conversation:
        conversation.pinned = False


def archive(user: User, conversation_id: UUID) -> None:
    """Put it away from the list until it is taken back or gone on with."""
    with changing(_owned(user, conversation_id), listed=True) as conversation:
        conversation.pinned, conversation.archived = False, True


def unarchive(user: User, conversation_id: UUID) -> None:
    with changing(_owned(user, conversation_id), listed=True) as conversation:
        conversation.archived = False


def restore(user: User, conversation_id: UUID) -> None:
    """Take back a deletion; replies that had to wait are written now."""
    deleted = Conversation.objects.filter(owner=user).get(pk=conversation_id)
    with changing(deleted.pk, listed=True) as conversation:
        conversation.deleted_at = None
    for reply in Message.objects.filter(conversation_id=conversation_id, status=Status.QUEUED):
        publish_on_commit(ReplyQueued(message_id=reply.pk))


def see(user: User, conversation_id: UUID, *, rev: int) -> None:
    """The owner has looked at what was there at `rev`. Nothing changes unless an answer had ended by then."""
    shown = Conversation.objects.find(user.pk, conversation_id)
    if not shown.seen_rev < shown.answered_rev <= rev:
        return
    with changing(shown.pk, listed=True) as conversation:
        conversation.seen_rev = max(conversation.seen_rev, min(rev, conversation.rev))


def _owned(user: User, conversation_id: UUID) -> UUID:
    return Conversation.objects.find(user.pk, conversation_id).pk
