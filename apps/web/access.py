"""What is whose."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from apps.chat.models import Conversation, Message
from apps.web.personal import person


def owned(request: HttpRequest, conversation_id: UUID) -> Conversation:
    """The conversation, if it is theirs who ask; raises Http404."""
    return get_object_or_404(Conversation.objects.owned_by(person(request).pk), pk=conversation_id)


def owned_message(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> Message:
    """A message of theirs, likewise."""
    return get_object_or_404(owned(request, conversation_id).messages, pk=message_id)


def may_watch(owner_id: int, conversation_id: UUID) -> bool:
    """Whether this conversation exists for this user."""
    return Conversation.objects.owned_by(owner_id).filter(pk=conversation_id).exists()
