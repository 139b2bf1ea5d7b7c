"""Taking queued replies, several in one transaction: under their conversations' locks one worker wins."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from apps.chat.models import Message, Status
from apps.chat.revisions import changing, changing_all
from apps.generation.models import LEFT_BEHIND, Generation
from apps.generation.prompt import request_for
from apps.llm.errors import ErrorCode
from apps.llm.provider import Request

logger = logging.getLogger(__name__)

# Replies claimed in one transaction, which holds their conversations' locks. Many: those that were asked for
# at once begin at once, instead of being claimed while others already stream and need the time.
AT_ONCE = 128


class Fenced(Exception):
    """Somebody else has the reply, or it is over: store nothing, tell nothing."""


@dataclass(frozen=True)
class Fence:
    """Which reply, and which attempt at it: nothing may be stored once another one is current."""

    message_id: UUID
    conversation_id: UUID
    attempt: int


@dataclass(frozen=True)
class Claim(Fence):
    """The right to append to a reply behind its first `start` code points, and what to ask the model."""

    start: int
    request: Request
    request_id: str = ""  # whoever asked for it


def claim_waiting(worker_id: UUID, *, room: int) -> list[Claim]:
    """Claim up to `room` of the replies whose turn it is, oldest first, and no more than AT_ONCE."""
    waiting, most = Message.objects.claimable(), min(room, AT_ONCE)
    if not waiting.exists():
        return []
    try:
        return _claim_oldest(worker_id, most)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Replies are claimed one by one: one of them cannot be")
        return _claim_each(worker_id, dict(waiting.values_list("pk", "conversation_id")[:most]))


@transaction.atomic
def _claim_oldest(worker_id: UUID, most: int) -> list[Claim]:
    """Claim together, past what another worker is claiming, or what one that froze has locked."""
    free = Message.objects.claimable().in_free_conversations()[:most]
    return claim_all(worker_id, {reply.pk: reply.conversation_id for reply in free})


def _claim_each(worker_id: UUID, waiting: Mapping[UUID, UUID]) -> list[Claim]:
    """Claim those that can be; the others have failed, and hold up nobody behind them."""
    claims = []
    for message_id, conversation_id in waiting.items():
        try:
            claims.append(claim(worker_id, message_id, conversation_id))
        except (OperationalError, InterfaceError):
            break  # what is claimed must be written; the rest waits for the database
        except Exception:
            logger.exception("Reply %s cannot be claimed", message_id)
            _fail(message_id, conversation_id)
    return [won for won in claims if won]


def _fail(message_id: UUID, conversation_id: UUID) -> None:
    """Take a reply out of the queue."""
    with changing(conversation_id, listed=True) as conversation:
        Message.objects.filter(pk=message_id, status=Status.QUEUED).update(
            status=Status.FAILED, error_code=ErrorCode.INTERNAL, rev=conversation.rev
        )


def claim(worker_id: UUID, message_id: UUID, conversation_id: UUID) -> Claim | None:
    """Take this reply for the worker; None if another has it or it is over."""
    return next(iter(claim_all(worker_id, {message_id: conversation_id})), None)


def claim_all(worker_id: UUID, waiting: Mapping[UUID, UUID]) -> list[Claim]:
    """Take those replies, given with their conversations, that no other worker has and that are not over."""
    with changing_all(waiting.values()) as revs:
        queued = Message.objects.filter(pk__in=waiting, status=Status.QUEUED)
        replies = {reply.pk: reply for reply in queued}
        for unchanged in revs.keys() - {reply.conversation_id for reply in replies.values()}:
            del revs[unchanged]
        for rev in set(revs.values()):
            mine = [pk for pk, reply in replies.items() if revs[reply.conversation_id] == rev]
            queued.filter(pk__in=mine).update(status=Status.STREAMING, attempt=F("attempt") + 1, rev=rev)
        attempts = {pk: _attempt(worker_id, reply) for pk, reply in replies.items()}
        Generation.objects.bulk_create(attempts.values())
        # Before the commit: whoever has a reply must be able to write it.
        return [_claim(replies[pk], attempts[pk]) for pk in waiting if pk in replies]


def _attempt(worker_id: UUID, reply: Message) -> Generation:
    return Generation(
        message=reply,
        attempt=reply.attempt + 1,
        worker_id=worker_id,
        model_name=reply.model_name,
        reference=_left_behind(reply),
    )


def _claim(reply: Message, begun: Generation) -> Claim:
    request = replace(request_for(reply), reference=begun.reference)
    return Claim(
        reply.pk, reply.conversation_id, begun.attempt, len(reply.content), request, reply.request_id
    )


def remember(fence: Fence, reference: str) -> None:
    """Store where the provider writes what this attempt asked for."""
    Generation.objects.filter(message=fence.message_id, attempt=fence.attempt).update(reference=reference)


def _left_behind(reply: Message) -> str:
    """Where the provider goes on writing for the attempt before the next one, if its worker went."""
    if reply.attempt == 0:
        return ""
    before = reply.generations.filter(attempt=reply.attempt, error_code__in=LEFT_BEHIND)
    return before.values_list("reference", flat=True).first() or ""
