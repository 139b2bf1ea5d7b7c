"""What the templates of the chat page are given."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.chat import drafts, queue, reading
from apps.chat.models import Conversation, Message
from apps.chat.querysets import Mark
from apps.chat.reading import Window
from apps.llm.registry import offered
from apps.web.cards import cards_of, items_of


def transcript_context(window: Window) -> dict[str, Any]:
    """`cards` of a stretch of the transcript, with `older_url` and `newer_url` for what lies above and below
    it, and the `last_cards` behind that."""
    cards = cards_of([*window.messages, *window.last])
    count = len(window.messages)
    context = {"cards": cards[:count], "last_cards": cards[count:], "older_url": "", "newer_url": ""}
    if window.has_older:
        context["older_url"] = _beyond("older", window.messages[0])
    if window.has_newer:
        context["newer_url"] = _beyond("newer", window.messages[-1])
    return context


def stretch_context(window: Window, side: str) -> dict[str, Any]:
    """The same for a stretch that comes to one `side`, `older` or `newer`, of what is shown already."""
    alone = replace(window, last=[], has_older=window.has_older and side == "older")
    return {
        **transcript_context(replace(alone, has_newer=window.has_newer and side == "newer")),
        "side": side,
    }


def _beyond(name: str, message: Message) -> str:
    return reverse(name, args=[message.conversation_id, message.pk])


def queue_context(conversation: Conversation | None) -> dict[str, Any]:
    """`queue`, what waits to be sent; whether it is `paused`; the address below which its commands lie."""
    if conversation is None or not conversation.queue_count:
        return {"queue": []}
    waiting = queue.waiting_in(conversation.pk)
    url = reverse("conversation", args=[conversation.pk])
    return {"queue": waiting, "paused": conversation.awaited_id is None, "conversation_url": url}


def choices_context(conversation: Conversation) -> dict[str, Any]:
    """`model`, which answers, and `instructions` of the conversation."""
    return {"model": offered(conversation.model_name), "instructions": conversation.instructions}


def drafts_context(
    owner_id: int, conversation_id: UUID | None, *, own_id: UUID | None = None, wanted: str = ""
) -> dict[str, Any]:
    """`drafts` that are open there: the `wanted` one, for the box, then the newest; `own_id` is the page's,
    which needs no text."""
    found = drafts.open_in(owner_id, conversation_id)
    return {"drafts": sorted(found, key=lambda draft: str(draft.pk) != wanted), "own_id": own_id}


def items_context(
    owner_id: int, *, behind: Mark | None = None, current: UUID | None = None
) -> dict[str, Any]:
    """`items` of a page of the list, and `next_items_url` for the one behind it."""
    conversations, more = reading.conversation_page(owner_id, behind=behind)
    items = items_of(conversations, current=current, behind=behind)
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
