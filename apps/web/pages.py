"""What the templates of the chat page are given."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.chat import reading
from apps.chat.models import Conversation
from apps.chat.reading import Window
from apps.web.cards import cards_of, item_of


def transcript_context(window: Window) -> dict[str, Any]:
    """`cards` of a stretch of the transcript, and `older_url` for the one above it."""
    older_url = ""
    if window.has_older:
        oldest = window.messages[0]
        older_url = reverse("older", args=[oldest.conversation_id, oldest.pk])
    return {"cards": cards_of(window.messages), "older_url": older_url}


def items_context(
    owner_id: int, *, before: Conversation | None = None, current: UUID | None = None
) -> dict[str, Any]:
    """`items` of a page of the list, and `next_items_url` for the one behind it."""
    conversations, has_more = reading.conversation_page(owner_id, before=before)
    next_items_url = ""
    if has_more:
        next_items_url = f"{reverse('conversations')}?{urlencode({'before': conversations[-1].pk})}"
    items = [item_of(conversation, current=current) for conversation in conversations]
    return {"items": items, "next_items_url": next_items_url}
