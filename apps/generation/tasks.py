"""What Celery runs for this app; the work itself is elsewhere."""

import logging
from uuid import UUID

from celery import shared_task

from apps.generation import titles
from apps.llm.errors import ProviderError

logger = logging.getLogger(__name__)


@shared_task(autoretry_for=(ProviderError,), retry_backoff=True, retry_jitter=True, max_retries=5)
def write_title(conversation_id: str) -> None:
    titles.write_title(UUID(conversation_id))


@shared_task
def title_forgotten() -> None:
    for conversation_id in titles.forgotten():
        write_title.delay(str(conversation_id))


def ask_for_title(conversation_id: UUID) -> None:
    """Queue the task; a broker that is away costs nothing but time, the schedule finds the conversation."""
    try:
        write_title.delay(str(conversation_id))
    except Exception as error:  # noqa: BLE001 - whatever ails the broker
        logger.warning("No title task could be queued: %s", type(error).__name__)
