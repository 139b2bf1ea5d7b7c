"""How a question and its reply get into the tree; whoever calls holds the conversation's lock."""

import logging
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps import trace
from apps.chat.events import ReplyQueued
from apps.chat.models import Conversation, Message, QueuedMessage, Role, Status
from apps.events import publish_on_commit
from apps.llm.registry import offered

logger = logging.getLogger(__name__)


class NotPossible(Exception):
    """The message is in no state for this; nothing was changed. `code` says it to whoever words it."""

    code = "not_possible"


class KeyUsed(NotPossible):
    """The key stands for something else that was asked for in this conversation."""

    code = "key_used"


@dataclass(frozen=True)
class Key:
    """A client's name for its request, and the digest of that, if it told one."""

    name: str
    digest: str = ""

    @property
    def columns(self) -> dict[str, str]:
        return {"client_key": self.name, "digest": self.digest}


@dataclass(frozen=True)
class Sent:
    """A stored question and its queued reply; `new` is false when the same key had stored them before."""

    question: Message
    reply: Message
    new: bool

    @property
    def conversation_id(self) -> UUID:
        return self.question.conversation_id


def check_same(stored: Message | QueuedMessage | Conversation, digest: str) -> None:
    """A key repeats one request. It is known by its digest, so far as both of them told one."""
    if digest and stored.digest not in ("", digest):
        raise KeyUsed


def go_on_with(conversation: Conversation) -> None:
    """The owner is here: nothing is unseen, and what was put away comes back."""
    conversation.seen_rev, conversation.archived = conversation.rev, False


def ask(conversation: Conversation, parent: Message | None, key: Key, text: str) -> Sent:
    """Store a question below `parent`, with a reply for an engine to claim."""
    if conversation.deleted_at:  # in another tab, a moment ago
        raise Conversation.DoesNotExist
    question = _below(conversation, parent, role=Role.USER, content=text, **key.columns)
    reply = waiting_reply(conversation, question)
    Message.objects.bulk_create([question, reply])
    await_end_of(reply, conversation)
    conversation.updated_at = timezone.now()
    return Sent(question, reply, new=True)


def waiting_reply(conversation: Conversation, question: Message | None, *, key: Key | None = None) -> Message:
    """A reply to store, at which the conversation now ends."""
    reply = _below(
        conversation,
        question,
        role=Role.ASSISTANT,
        status=Status.QUEUED,
        model_name=offered(conversation.model_name),
        request_id=trace.request_id(),
        **(key.columns if key else {}),
    )
    conversation.head = reply
    _call_for_engine(reply)
    return reply


def queue_again(conversation: Conversation, reply: Message) -> Message:
    """Have the same reply written on, or anew."""
    reply.status, reply.rev = Status.QUEUED, conversation.rev
    reply.stop_at, reply.finish_reason, reply.error_code = None, "", ""
    reply.model_name = offered(reply.model_name)
    reply.request_id = trace.request_id()
    reply.save(
        update_fields=[
            "status", "rev", "client_key", "stop_at", "finish_reason", "error_code",
            "model_name", "request_id", "digest",
        ]
    )  # fmt: skip
    await_end_of(reply, conversation)
    _call_for_engine(reply)
    return reply


def await_end_of(reply: Message | None, conversation: Conversation) -> None:
    """Have what waits in the queue, if anything does, go on when `reply` ends; without one, pause it."""
    if not conversation.queue_count:
        return
    waits = reply and QueuedMessage.objects.in_conversation(conversation.pk).waiting().exists()
    conversation.awaited = reply if waits else None
    conversation.queue_rev = conversation.rev


def _call_for_engine(reply: Message) -> None:
    publish_on_commit(ReplyQueued(message_id=reply.pk))
    transaction.on_commit(partial(logger.info, "Reply %s is asked for", reply.pk), robust=True)


def _below(conversation: Conversation, parent: Message | None, **fields: object) -> Message:
    depth = parent.depth + 1 if parent else 0
    return Message(conversation=conversation, parent=parent, depth=depth, rev=conversation.rev, **fields)
