"""What there is of a conversation or of somebody's, and what it took.

Of somebody it may be very much, with what they deleted and may still take back: no more is counted than says
what an administrator wants to know.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from apps.generation.models import Generation

MOST_COUNTED = 10_000  # conversations, messages or attempts of one person
TOKENS = Coalesce(F("prompt_tokens"), 0) + Coalesce(F("completion_tokens"), 0)


@dataclass(frozen=True)
class Usage:
    """`tokens` are those read and written, as far as they have been counted."""

    messages: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class Figure:
    """How much there is; with `is_more`, at least so much."""

    number: int
    is_more: bool = False


@dataclass(frozen=True)
class Activity:
    """Of one person; `latest` is when anything last happened in a conversation of theirs."""

    conversations: Figure
    latest: datetime | None


@dataclass(frozen=True)
class PersonalUsage:
    messages: Figure
    tokens: Figure


class RowCount(Subquery):
    """How many rows there are below the limit of the query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def usage_of_conversations(ids: Collection[UUID]) -> dict[UUID, Usage]:
    """Of each of these; reads all of their messages, so let there be few."""
    messages = _by(Message.objects.filter(conversation__in=ids), "conversation_id", Count("pk"))
    written = Generation.objects.filter(message__conversation__in=ids)
    tokens = _by(written, "message__conversation_id", Sum(TOKENS))
    return {pk: Usage(messages.get(pk, 0), tokens.get(pk, 0)) for pk in ids}


def activity_of_users(ids: Collection[int], *, up_to: int = MOST_COUNTED) -> dict[int, Activity]:
    """Of each of these people, by an index alone; counts no more than `up_to` conversations of one."""
    # As a range: where few people have very many, PostgreSQL takes equality for likely, and walks through
    # everybody's to find somebody's.
    theirs = Conversation.objects.filter(owner__gte=OuterRef("pk"), owner__lte=OuterRef("pk"))
    latest = theirs.order_by("owner_id", "-updated_at", "-id")  # as an index has them
    found = User.objects.filter(pk__in=ids).annotate(
        conversation_count=RowCount(theirs.order_by().values("pk")[: up_to + 1]),
        latest=Subquery(latest.values("updated_at")[:1]),
    )
    rows = found.order_by().values_list("pk", "conversation_count", "latest")
    return {pk: Activity(Figure(min(count, up_to), count > up_to), latest) for pk, count, latest in rows}


def usage_of_user(user: User) -> PersonalUsage:
    """Of the latest MOST_COUNTED conversations, no more than as many messages and attempts."""
    recent = user.conversations.order_by("-updated_at", "-id").values("pk")
    is_cut = recent[MOST_COUNTED:].exists()
    most = slice(MOST_COUNTED + 1)
    within = recent[:MOST_COUNTED]
    messages = Message.objects.filter(conversation__in=within).order_by()[most].count()
    attempts = Generation.objects.filter(message__conversation__in=within).order_by().annotate(tokens=TOKENS)
    took = attempts.values("tokens")[most].aggregate(attempts=Count("tokens"), sum=Sum("tokens"))
    return PersonalUsage(
        Figure(min(messages, MOST_COUNTED), is_cut or messages > MOST_COUNTED),
        Figure(took["sum"] or 0, is_cut or took["attempts"] > MOST_COUNTED),
    )


def _by(rows: QuerySet[Any], key: str, figure: Count | Sum) -> dict[Any, int]:
    """The figure for each group of rows."""
    return dict(rows.order_by().values_list(key).annotate(figure=figure))
