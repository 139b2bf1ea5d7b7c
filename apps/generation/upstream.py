"""What goes on at a provider though its worker went and its reader has stopped or deleted it since."""

import logging

from django.db.models import F, Q

from apps.chat.models import Status
from apps.generation.models import LEFT_BEHIND, Generation
from apps.llm.errors import ProviderError
from apps.llm.registry import provider_for

logger = logging.getLogger(__name__)

AT_ONCE = 16


def take_unread() -> list[Generation]:
    """Attempts whose response nobody will read; each is had once, and then by nobody who continues it."""
    nobody = Q(message__status=Status.STOPPED) | Q(message__conversation__deleted_at__isnull=False)
    last = Generation.objects.filter(error_code__in=LEFT_BEHIND, attempt=F("message__attempt"))
    unread = last.filter(nobody).exclude(reference="")
    return [attempt for attempt in unread[:AT_ONCE] if unread.filter(pk=attempt.pk).update(reference="")]


async def end(attempt: Generation) -> None:
    """Cancel its response."""
    try:
        await provider_for(attempt.model_name).cancel(attempt.reference)
    except ProviderError as error:
        logger.warning("Reply %s may go on upstream: %s", attempt.message_id, error.code)
