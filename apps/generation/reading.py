"""What it took to write replies, for whoever wants to know."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from apps.generation.models import Generation

MOST_ATTEMPTS = 20  # that are told of one reply


def attempts_at(message_id: UUID) -> list[Generation]:
    """The newest attempts to write a reply, oldest first."""
    return attempts_at_each([message_id])[message_id]


def attempts_at_each(message_ids: Collection[UUID]) -> dict[UUID, list[Generation]]:
    """The same for several, none of which is missing."""
    newness = Window(RowNumber(), partition_by="message_id", order_by=F("attempt").desc())
    rows = Generation.objects.filter(message__in=message_ids).annotate(newness=newness)
    attempts: dict[UUID, list[Generation]] = defaultdict(list)
    for generation in rows.filter(newness__lte=MOST_ATTEMPTS).order_by("attempt"):
        attempts[generation.message_id].append(generation)
    return attempts
