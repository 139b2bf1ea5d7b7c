"""Taking a queued reply: a conditional UPDATE, so that one worker wins."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import F

from apps.chat.models import Message, Status
from apps.chat.revisions import changing
from apps.generation.models import LEFT_BEHIND, Generation
from apps.generation.prompt import request_for
from apps.llm.provider import Request


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


def claim_waiting(worker_id: UUID, *, room: int) -> list[Claim]:
    """Claim up to `room` of the replies whose turn it is, oldest first."""
    waiting = Message.objects.claimable().values_list("pk", "conversation_id")[:room]
    claims = (claim(worker_id, message_id, conversation_id) for message_id, conversation_id in waiting)
    return [won for won in claims if won]


def claim(worker_id: UUID, message_id: UUID, conversation_id: UUID) -> Claim | None:
    """Take this reply for the worker; None if another has it or it is over."""
    try:
        with changing(conversation_id) as conversation:
            mine = {"status": Status.STREAMING, "attempt": F("attempt") + 1, "rev": conversation.rev}
            if not Message.objects.filter(pk=message_id, status=Status.QUEUED).update(**mine):
                raise Fenced
            reply = Message.objects.get(pk=message_id)
            reference = _left_behind(reply)
            Generation.objects.create(
                message=reply,
                attempt=reply.attempt,
                worker_id=worker_id,
                model_name=reply.model_name,
                reference=reference,
            )
    except Fenced:
        return None
    request = replace(request_for(reply), reference=reference)
    return Claim(message_id, conversation_id, reply.attempt, len(reply.content), request)


def remember(fence: Fence, reference: str) -> None:
    """Store where the provider writes what this attempt asked for."""
    Generation.objects.filter(message=fence.message_id, attempt=fence.attempt).update(reference=reference)


def _left_behind(reply: Message) -> str:
    """Where the provider goes on writing for the attempt before this one, if its worker went."""
    if reply.attempt == 1:
        return ""
    before = reply.generations.filter(attempt=reply.attempt - 1, error_code__in=LEFT_BEHIND)
    return before.values_list("reference", flat=True).first() or ""
