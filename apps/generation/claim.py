"""Taking queued replies, several in one transaction: under their conversations' locks one worker wins."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from apps.chat.models import Message, Status
from apps.chat.revisions import changing_all
from apps.generation.models import Generation
from apps.generation.prompt import request_for
from apps.llm.provider import Request

AT_ONCE = 16  # replies claimed in one transaction, which holds their conversations' locks


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
    """Claim up to `room` of the replies whose turn it is, oldest first, and no more than AT_ONCE."""
    waiting = Message.objects.claimable().values_list("pk", "conversation_id")[: min(room, AT_ONCE)]
    return claim_all(worker_id, dict(waiting)) if waiting else []


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
        Generation.objects.bulk_create(_generation(worker_id, reply) for reply in replies.values())
    return [_claim(replies[pk]) for pk in waiting if pk in replies]


def _generation(worker_id: UUID, reply: Message) -> Generation:
    attempt = reply.attempt + 1
    return Generation(message=reply, attempt=attempt, worker_id=worker_id, model_name=reply.model_name)


def _claim(reply: Message) -> Claim:
    start, request = len(reply.content), request_for(reply)
    return Claim(reply.pk, reply.conversation_id, reply.attempt + 1, start, request)
