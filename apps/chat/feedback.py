"""What a user thinks of a reply: a verdict, and a note if they like. Both can be changed and taken back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db.models import F

from apps.accounts.models import User
from apps.chat.asking import NotPossible
from apps.chat.models import Conversation, Feedback, Message, Role, Verdict
from apps.chat.revisions import changing


def like(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    return _rate(user, conversation_id, message_id, Verdict.UP)


def dislike(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    return _rate(user, conversation_id, message_id, Verdict.DOWN)


def unrate(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    """Take the verdict back, and the note with it."""
    with _rating(user, conversation_id, message_id) as reply:
        reply.feedback.filter(user=user).delete()
    return reply


def note(user: User, conversation_id: UUID, message_id: UUID, *, text: str) -> Message:
    """Say why; without a text, say it no more."""
    with _rating(user, conversation_id, message_id) as reply:
        if not reply.feedback.filter(user=user).update(note=text):
            raise NotPossible
    return reply


def feedback_on(messages: Iterable[Message]) -> dict[UUID, Feedback]:
    """What their conversations' owners think of those that have ended."""
    ended = [m.pk for m in messages if m.role == Role.ASSISTANT and not m.is_live]
    if not ended:
        return {}
    own = Feedback.objects.filter(message__in=ended, user=F("message__conversation__owner"))
    return {feedback.message_id: feedback for feedback in own}


def _rate(user: User, conversation_id: UUID, message_id: UUID, verdict: Verdict) -> Message:
    with _rating(user, conversation_id, message_id) as reply:
        reply.feedback.update_or_create(user=user, defaults={"verdict": verdict})
    return reply


@contextmanager
def _rating(user: User, conversation_id: UUID, message_id: UUID) -> Iterator[Message]:
    """An ended reply of the user's, whose every page shows what is done to it in the block."""
    owned = Conversation.objects.owned_by(user).get(pk=conversation_id)
    with changing(owned.pk) as conversation:
        reply = conversation.messages.get(pk=message_id)
        if reply.role != Role.ASSISTANT or reply.is_live:
            raise NotPossible
        yield reply
        reply.rev = conversation.rev
        reply.save(update_fields=["rev"])
