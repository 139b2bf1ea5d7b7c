"""What the templates of other lists than the main one are given, and how to take back what was done to it."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.chat import reading
from apps.chat.models import Conversation
from apps.chat.querysets import Mark
from apps.web.cards import items_of
from apps.web.pages import url_behind

UNDO = {"delete": "restore", "archive": "unarchive"}
FILING = {"pin", "unpin", "archive", "unarchive"}  # what one does to an entry of the list
IN_PALETTE = 6  # conversations: few enough to be seen at once


def found_context(owner_id: int, words: str, *, behind: Mark | None = None) -> dict[str, Any]:
    """`found`, a page of what has these words in its title, and `more_found_url`."""
    conversations, more = reading.titled_page(owner_id, words, behind=behind)
    url = url_behind("conversations", more, words=words)
    return {
        "words": words,
        "found": items_of(conversations),
        "more_found_url": url,
        "is_first": behind is None,
    }


def archive_context(owner_id: int, *, behind: Mark | None = None) -> dict[str, Any]:
    """`archived`, a page of what has been put away, and `more_archived_url`."""
    conversations, more = reading.archive_page(owner_id, behind=behind)
    return {"archived": items_of(conversations), "more_archived_url": url_behind("archive", more)}


def palette_context(owner_id: int, words: str, shown: Conversation | None) -> dict[str, Any]:
    """What the palette offers: `found`, the latest with these words, and what can be done to `current`."""
    conversations, _ = reading.titled_page(owner_id, words)
    items = items_of(conversations[:IN_PALETTE], current=shown and shown.pk)
    return {"found": items, "current": items_of([shown])[0] if shown else None}


def undo_of(name: str, owner_id: int, conversation_id: UUID | str) -> dict[str, Any]:
    """How the user takes back what they have just done to a conversation; empty if there is no need."""
    if name not in UNDO or not conversation_id:
        return {}
    try:
        done = Conversation.objects.filter(pk=conversation_id, owner=owner_id).first()
    except ValidationError:  # no id at all
        return {}
    if done is None or not (done.deleted_at if name == "delete" else done.archived):
        return {}
    url = reverse("command", args=[done.pk, UNDO[name]])
    return {"done": name, "title": done.title, "undo_url": url}
