"""What there is of a conversation or of somebody's, and what it took."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.chat.models import Conversation, Message
from apps.generation.models import Generation


@dataclass(frozen=True)
class Usage:
    """`tokens` are those read and written, as far as they have been counted."""

    conversations: int = 0
    messages: int = 0
    tokens: int = 0


def usage_of_conversations(ids: Collection[UUID]) -> dict[UUID, Usage]:
    """Of each of these; reads all of their messages, so let there be few."""
    messages = _by(Message.objects.filter(conversation__in=ids), "conversation_id", Count("pk"))
    written = Generation.objects.filter(message__conversation__in=ids)
    tokens = _by(written, "message__conversation_id", _tokens())
    return {pk: Usage(1, messages.get(pk, 0), tokens.get(pk, 0)) for pk in ids}


def usage_of_users(ids: Collection[int]) -> dict[int, Usage]:
    """Of each of these people, with what they deleted and may still take back; reads all that is theirs."""
    conversations = _by(Conversation.objects.filter(owner__in=ids), "owner_id", Count("pk"))
    messages = _by(Message.objects.filter(conversation__owner__in=ids), "conversation__owner_id", Count("pk"))
    written = Generation.objects.filter(message__conversation__owner__in=ids)
    tokens = _by(written, "message__conversation__owner_id", _tokens())
    return {pk: Usage(conversations.get(pk, 0), messages.get(pk, 0), tokens.get(pk, 0)) for pk in ids}


def _tokens() -> Sum:
    return Sum(Coalesce(F("prompt_tokens"), 0) + Coalesce(F("completion_tokens"), 0))


def _by(rows: QuerySet[Any], key: str, figure: Count | Sum) -> dict[Any, int]:
    """The figure for each group of rows."""
    return dict(rows.order_by().values_list(key).annotate(figure=figure))
