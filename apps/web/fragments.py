"""The frames of the socket: HTML fragments that htmx swaps by id."""

from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.chat import reading
from apps.chat.models import Conversation, Message
from apps.live.cursor import ListStep
from apps.web.cards import Position, cards_of, items_of
from apps.web.markdown import Drawing
from apps.web.pages import choices_context, drafts_context, items_context, queue_context, transcript_context
from apps.web.wording import Rejection


def position(where: Position) -> SafeString:
    return render_to_string("chat/_position.html", {"position": where})


def accepted(key: str, url: str) -> SafeString:
    return render_to_string("chat/_accepted.html", {"key": key, "url": url})


def rejected(key: str, error: Rejection) -> SafeString:
    return render_to_string("chat/_composer_error.html", {"key": key, "error": error})


def changed_messages(messages: list[Message]) -> SafeString:
    """Messages to put in their places, or to replace where they stand. Reads the database."""
    return render_to_string("chat/fragments/messages_changed.html", {"cards": cards_of(messages)})


def transcript(conversation: Conversation) -> SafeString:
    """The newest stretch of the shown path, in place of whatever was shown. Reads the database."""
    return render_to_string(
        "chat/fragments/path_changed.html", transcript_context(reading.newest_window(conversation))
    )


def queue(conversation: Conversation) -> SafeString:
    """What waits to be sent. Reads the database."""
    return render_to_string("chat/fragments/queue_changed.html", queue_context(conversation))


def choices(conversation: Conversation) -> SafeString:
    """Who answers, and what every answer heeds."""
    return render_to_string("chat/_choices.html", choices_context(conversation))


def drafts(owner_id: int, conversation_id: UUID | None, own_id: UUID | None) -> SafeString:
    """What is written there and not sent. Reads the database."""
    context = drafts_context(owner_id, conversation_id, own_id=own_id)
    return render_to_string("chat/fragments/drafts_changed.html", context)


def changed_list(step: ListStep, owner_id: int, current: UUID | None) -> SafeString:
    """Conversations to put in their places, replace or take away; reads the database to draw all anew."""
    if step.anew:
        shown = Conversation.objects.filter(pk=current, owner_id=owner_id).first() if current else None
        context = {**items_context(owner_id, current=current), "conversation": shown}
        return render_to_string("chat/fragments/list_anew.html", context)
    shown = next((conversation for conversation in step.changed if conversation.pk == current), None)
    gone = [conversation for conversation in step.changed if not conversation.listed]
    kept = items_of((c for c in step.changed if c.listed), current=current)
    context = {"items": kept, "gone": gone, "conversation": shown}
    return render_to_string("chat/fragments/list_changed.html", context)


class Growth:
    """How much of one running reply this connection has been sent.

    The first fragment replaces what the page shows of it, so that nothing can be doubled; the next ones add
    the blocks that were closed since and replace the open one. Runs for every tick: no template.
    """

    def __init__(self, message_id: UUID, drawing: Drawing) -> None:
        self.drawing = drawing
        self._blocks = f"message-{message_id}-blocks"
        self._tail = f"message-{message_id}-tail"
        self._sent: int | None = None
        self._open = ""

    def fragment(self) -> str:
        """What is new since the last one; empty if nothing is."""
        if self._sent is None:
            self.drawing.catch_up()  # the page may show all of it already, and takes nothing back
        closed, tail = self.drawing.closed, self.drawing.open
        if (len(closed), tail) == (self._sent, self._open):
            return ""
        blocks = ""
        if self._sent is None:
            blocks = f'<div id="{self._blocks}" hx-swap-oob="innerHTML">{"".join(closed)}</div>'
        elif len(closed) > self._sent:
            blocks = f'<div hx-swap-oob="beforeend:#{self._blocks}">{"".join(closed[self._sent :])}</div>'
        self._sent, self._open = len(closed), tail
        return f'{blocks}<div id="{self._tail}" hx-swap-oob="innerHTML">{tail}</div>'
