"""Finding replies whose worker died, and handing them over."""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from apps import metrics
from apps.chat import queue
from apps.chat.models import Status
from apps.generation import workers
from apps.generation.claim import Fence, Fenced
from apps.generation.models import Generation, Worker
from apps.generation.settle import Outcome, settle
from apps.llm.errors import ErrorCode

logger = logging.getLogger(__name__)


def sweep(myself: UUID, *, by_lease: bool) -> int:
    """Hand over what dead workers left, and forget them; how many replies it was.

    Workers of this host whose process is gone are dead at once. Others are by their lease, but only for who
    has kept its own beat through a whole lease (`by_lease`): after an outage everybody may come back first.
    """
    dead = {worker.pk for worker in Worker.objects.all() if workers.is_dead_here(worker, myself=myself)}
    if by_lease:
        dead |= set(Worker.objects.stale().exclude(pk=myself).values_list("pk", flat=True))
    handed = hand_over(list(_orphans(myself, dead, by_lease=by_lease)))
    Worker.objects.filter(pk__in=dead).delete()
    return handed


def free_queues() -> None:
    """Have queues go on that wait for what has ended: whoever ended it did not know of them."""
    for conversation_id in queue.forgotten():
        try:
            queue.catch_up(conversation_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("The queue of conversation %s cannot go on", conversation_id)


def attempts_of(worker_id: UUID) -> list[Generation]:
    """The replies that are being written under this worker's name."""
    return [generation for generation in _running().filter(worker_id=worker_id) if generation.is_current]


def hand_over(generations: Iterable[Generation]) -> int:
    """Have others go on with what its worker writes no more; how many replies it was."""
    return sum(_hand_over(generation) for generation in generations)


def _orphans(myself: UUID, dead: set[UUID], *, by_lease: bool) -> Iterable[Generation]:
    """The running attempts of dead workers, and of such as have no row at all any more."""
    alive = set(Worker.objects.exclude(pk__in=dead).values_list("pk", flat=True)) | {myself}
    for generation in _running():
        gone = generation.worker_id in dead or (by_lease and generation.worker_id not in alive)
        if gone and generation.is_current:
            yield generation


def _running() -> QuerySet[Generation]:
    return Generation.objects.filter(message__status=Status.STREAMING, duration_ms=None).select_related(
        "message"
    )


def _hand_over(generation: Generation) -> bool:
    message = generation.message
    fence = Fence(message.pk, message.conversation_id, generation.attempt)
    try:
        settle(fence, Outcome(Status.INTERRUPTED, error_code=ErrorCode.WORKER_LOST))
    except Fenced:
        return False
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Reply %s cannot be taken from worker %s", message.pk, generation.worker_id)
        return False
    metrics.LOST.inc()
    logger.info("Took reply %s from worker %s, which writes it no more", message.pk, generation.worker_id)
    return True
