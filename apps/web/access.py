"""Who may hold a socket, and for how long."""

from uuid import UUID

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from apps.chat.models import Conversation


def still_signed_in(session_key: str, user_id: int) -> bool:
    """Whether the session still exists and still belongs to this user, who is not blocked."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    return user.is_active and user.pk == user_id


def may_watch(owner_id: int, conversation_id: UUID) -> bool:
    """Whether this conversation exists for this user."""
    return Conversation.objects.owned_by(owner_id).filter(pk=conversation_id).exists()
