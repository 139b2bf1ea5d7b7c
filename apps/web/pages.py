"""What the templates of the chat page are given."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.chat import queue, reading
from apps.chat.models import Conversation
from apps.chat.querysets import Mark
from apps.chat.reading import Window
from apps.web.cards import cards_of, item_of


def transcript_context(window: Window) -> dict[str, Any]:
    """`cards` of a stretch of the transcript, and `older_url` for the one above it."""
    older_url = ""
    if window.has_older:
        oldest = window.messages[0]
        older_url = reverse("older", args=[oldest.conversation_id, oldest.pk])
    return {"cards": cards_of(window.messages), "older_url": older_url}


def queue_context(conversation: Conversation | None) -> dict[str, Any]:
    """`queue`, what waits to be sent; whether it is `paused`; the address below which its commands lie."""
    if conversation is None or not conversation.queue_count:
        return {"queue": []}
    waiting = queue.waiting_in(conversation.pk)
    url = reverse("conversation", args=[conversation.pk])
    return {"queue": waiting, "paused": conversation.awaited_id is None, "conversation_url": url}


def items_context(
    owner_id: int, *, behind: Mark | None = None, current: UUID | None = None
) -> dict[str, Any]:
    """`items` of a page of the list, and `next_items_url` for the one behind it."""
    conversations, more = reading.conversation_page(owner_id, behind=behind)
    items = [item_of(conversation, current=current) for conversation in conversations]
    return {"items": items, "next_items_url": url_behind("conversations", more)}


def url_behind(name: str, mark: Mark | None, **values: str) -> str:
    """Where the page behind `mark` is asked for; empty if there is none."""
    return f"{reverse(name)}?{urlencode({**values, 'behind': spelled(mark)})}" if mark else ""


def spelled(mark: Mark) -> str:
    """A mark as an address carries it."""
    pinned = "" if mark.pinned is None else str(int(mark.pinned))
    return f"{pinned}_{mark.updated_at.isoformat()}_{mark.id}"


def mark_from(text: str) -> Mark:
    """The mark that was spelled so; raises ValueError."""
    pinned, updated_at, pk = text.split("_")
    when = datetime.fromisoformat(updated_at)
    if pinned not in ("", "0", "1") or when.tzinfo is None:
        raise ValueError(text)
    return Mark(when, UUID(pk), None if pinned == "" else pinned == "1")
