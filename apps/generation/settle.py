"""The end of an attempt: one transaction folds the text, sets the status and tells."""

from dataclasses import dataclass

from django.db.models import F, Value
from django.db.models.functions import Concat

from apps.chat import queue
from apps.chat.events import ReplyQueued
from apps.chat.models import Chunk, Conversation, Message, Status, TitleState
from apps.chat.revisions import changing
from apps.events import publish_on_commit
from apps.generation.claim import Fence, Fenced
from apps.generation.models import LEFT_BEHIND, Generation
from apps.llm.provider import Usage
from apps.llm.registry import resumes_exactly

MOST_LOST = 5  # a reply that has cost this many workers is left to its reader


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended, and what it took (milliseconds since the claim)."""

    status: Status
    finish_reason: str = ""
    error_code: str = ""
    usage: Usage | None = None
    model_name: str = ""
    first_text_ms: int | None = None
    duration_ms: int | None = None


def settle(fence: Fence, outcome: Outcome, *, start: int = 0, text: str = "") -> bool:
    """Store the last `text`, which follows `start` code points, and the outcome; raises Fenced.

    True if the conversation wants a title now. A reply that was left behind is queued again where nothing
    was written or its model goes on exactly; otherwise it gets the outcome's status.
    """
    try:
        return _settle(fence, outcome, start=start, text=text)
    except Conversation.DoesNotExist:  # its owner has deleted the account
        raise Fenced from None


def _settle(fence: Fence, outcome: Outcome, *, start: int, text: str) -> bool:
    with changing(fence.conversation_id, listed=True) as conversation:
        reply = _locked(fence)
        first, tail = Chunk.objects.joined(reply.pk)
        added = tail[max(0, len(reply.content) - first) :]
        added += text[max(0, len(reply.content) + len(added) - start) :]
        reply.content += added
        status = _status_left_behind(reply) if outcome.error_code in LEFT_BEHIND else outcome.status
        _end(conversation, reply, status, outcome, added)
        if conversation.awaited_id == reply.pk:
            queue.go_on(conversation, reply, status)
        return conversation.title_state == TitleState.WANTED


def _locked(fence: Fence) -> Message:
    reply = Message.objects.lock_written(fence.message_id, fence.attempt)
    if reply is None:
        raise Fenced
    return reply


def _status_left_behind(reply: Message) -> Status:
    if reply.stop_at:
        return Status.STOPPED
    lost = reply.generations.filter(error_code__in=LEFT_BEHIND).count()
    reference = reply.generations.get(attempt=reply.attempt).reference
    goes_on = not reply.content or resumes_exactly(reply.model_name, reference)
    return Status.QUEUED if goes_on and lost < MOST_LOST else Status.INTERRUPTED


def _end(conversation: Conversation, reply: Message, status: Status, outcome: Outcome, added: str) -> None:
    shows_error = status in (Status.INTERRUPTED, Status.FAILED)
    Message.objects.filter(pk=reply.pk).update(
        content=Concat(F("content"), Value(added)),
        status=status,
        finish_reason=outcome.finish_reason,
        error_code=outcome.error_code if shows_error else "",
        stop_at=None,
        rev=conversation.rev,
    )
    Chunk.objects.drop(reply.pk)
    Generation.objects.filter(message=reply, attempt=reply.attempt).update(
        finish_reason=outcome.finish_reason,
        error_code=outcome.error_code,
        model_name=outcome.model_name or reply.model_name,
        prompt_tokens=outcome.usage and outcome.usage.prompt_tokens,
        completion_tokens=outcome.usage and outcome.usage.completion_tokens,
        first_text_ms=outcome.first_text_ms,
        duration_ms=outcome.duration_ms,
    )
    if status not in (Status.QUEUED, Status.STOPPED):  # whoever stopped it knows
        conversation.answered_rev = conversation.rev
    if status == Status.QUEUED:
        publish_on_commit(ReplyQueued(message_id=reply.pk))
    if status == Status.COMPLETE and conversation.title_state == TitleState.NONE:
        conversation.title_state = TitleState.WANTED
