"""What the templates show of messages and conversations."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from apps.chat.feedback import feedback_on
from apps.chat.models import Conversation, Feedback, Message, Role
from apps.chat.querysets import Mark
from apps.chat.reading import Alternatives, alternatives
from apps.llm.registry import model_names
from apps.web import markdown, wording
from apps.web.days import Heading, heading_of, order_of
from apps.web.drawings import drawing_of
from apps.web.wording import Sentence

RECENT = {0: _("Today"), 1: _("Yesterday")}  # by how many days ago
NO_FEEDBACK = Feedback(verdict="")
ALONE = Alternatives(place=1, total=1, previous=None, next=None)


@dataclass(frozen=True)
class Day:
    """A day in words: as seen from now, and for good."""

    label: Sentence
    date: str


@dataclass(frozen=True)
class Card:
    """A message as `_message.html` draws it. `closed` and `tail` are its finished blocks and its open one.

    `again_key` names the wish for another version: whoever sees the same and asks twice gets one.
    """

    id: UUID
    url: str  # of its conversation; below it are the commands
    role: str
    status: str
    text: str
    closed: SafeString
    tail: SafeString
    problem: Sentence
    advice: Sentence  # what the buttons below the problem do about it
    can_stop: bool
    can_continue: bool
    can_regenerate: bool
    again_key: str
    client_key: str
    position: int
    total: int
    previous_id: UUID | None
    next_id: UUID | None
    model_name: str
    created_at: datetime
    models: tuple[str, ...]  # that may write another version, if there is a choice
    verdict: str
    note: str
    day: Day | None  # that it begins, where the reader is
    order: int


@dataclass(frozen=True)
class Item:
    """A conversation as the list shows it; `leads` says that its heading stands right above it."""

    id: UUID
    url: str
    title: str
    order: int
    running: bool
    unread: bool
    pinned: bool
    archived: bool
    current: bool
    updated_at: datetime
    heading: Heading
    leads: bool


@dataclass(frozen=True)
class Position:
    """How far a page has been drawn: what its socket says when it connects."""

    conversation: UUID | str
    rev: int
    account_rev: int
    draft_rev: int = 0


def cards_of(messages: Iterable[Message]) -> list[Card]:
    """The cards of `messages`, with their places among their siblings; reads those from the database."""
    messages = list(messages)
    places, feedback = alternatives(messages), feedback_on(messages)
    return [_card(m, places.get(m.pk, ALONE), feedback.get(m.pk, NO_FEEDBACK)) for m in messages]


def items_of(
    conversations: Iterable[Conversation], *, current: object = None, behind: Mark | None = None
) -> list[Item]:
    """Items in the order of the list, which goes on behind `behind`."""
    above = heading_of(behind).key if behind else ""
    items: list[Item] = []
    for conversation in conversations:
        items.append(_item(conversation, current, above))
        above = items[-1].heading.key
    return items


def _item(conversation: Conversation, current: object, above: str) -> Item:
    heading = heading_of(conversation)
    return Item(
        id=conversation.pk,
        url=reverse("conversation", args=[conversation.pk]),
        title=conversation.title,
        order=order_of(conversation),
        running=bool(getattr(conversation, "running", False)),
        unread=conversation.unread,
        pinned=conversation.pinned,
        archived=conversation.archived,
        current=conversation.pk == current,
        updated_at=conversation.updated_at,
        heading=heading,
        leads=heading.key != above,
    )


def _card(message: Message, places: Alternatives, feedback: Feedback) -> Card:
    closed, tail = _body(message)
    models = model_names()
    return Card(
        id=message.pk,
        url=reverse("conversation", args=[message.conversation_id]),
        role=message.role,
        status=message.status,
        text=message.text,
        closed=closed,
        tail=tail,
        problem=wording.problem(message),
        advice=wording.advice(message),
        can_stop=message.is_live,
        can_continue=message.can_continue,
        can_regenerate=message.can_regenerate,
        client_key=message.client_key or "",
        again_key=f"again-{message.pk}-{places.total}-{message.rev}",
        position=places.place,
        total=places.total,
        previous_id=places.previous,
        next_id=places.next,
        model_name=message.model_name,
        created_at=message.created_at,
        models=models if len(models) > 1 else (),
        verdict=feedback.verdict,
        note=feedback.note,
        day=_day_begun(message.created_at, places.after),
        order=message.depth,
    )


def _day_begun(moment: datetime, before: datetime | None) -> Day | None:
    """The day of `moment`, unless it is that of what came `before`."""
    day = timezone.localdate(moment)
    if before is not None and timezone.localdate(before) == day:
        return None
    date = f"{date_format(day, 'l')}, {date_format(day)}"
    return Day(RECENT.get((timezone.localdate() - day).days, date), date)


def _body(message: Message) -> tuple[SafeString, SafeString]:
    nothing = mark_safe("")
    if message.role == Role.USER:
        return nothing, nothing
    if message.is_live:
        drawing = drawing_of(message.text, scope=str(message.pk))
        return mark_safe("".join(drawing.closed)), mark_safe(drawing.open)  # noqa: S308 - drawings are sanitised
    return markdown.render(message.text, scope=str(message.pk)), nothing
