"""What it took to write a reply, for whoever wants to know."""

from uuid import UUID

from apps.generation.models import Generation

MOST_ATTEMPTS = 20  # that are told of one reply


def attempts_at(message_id: UUID) -> list[Generation]:
    """The newest attempts to write a reply, oldest first."""
    newest = Generation.objects.filter(message=message_id).order_by("-attempt")[:MOST_ATTEMPTS]
    return list(newest)[::-1]
