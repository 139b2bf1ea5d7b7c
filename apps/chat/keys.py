"""What a key stands for: whoever sends the same request again gets what it has stored, and nothing more is.

A key names one request in a conversation, in the tree or in the queue. Under a key of another request
KeyUsed is raised.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError

from apps.chat.asking import Key, KeyUsed, NotPossible, Sent, check_same
from apps.chat.models import Message, QueuedMessage, Role, Status
from apps.chat.queue import Queued

T = TypeVar("T")


def once(find: Callable[[], T | None], store: Callable[[], T]) -> T:
    """What is found under a key, or else stored now."""
    try:
        return find() or store()
    except (IntegrityError, NotPossible):  # the same key may have arrived twice at once, the other faster
        found = find()
        if found is None:
            raise
        return found


def sent_before(conversation_id: UUID, key: Key) -> Sent | Queued | None:
    """What the key has stored: in the tree, or but in the queue so far."""
    pk, queued = Message.objects.sent_before(conversation_id, key.name) or (None, False)
    if pk is None:
        return None
    if queued:
        message = QueuedMessage.objects.get(pk=pk)
        check_same(message, key.digest)
        return Queued(message, new=False)
    return _asked_before(conversation_id, key)


def edited_before(question: Message, key: Key) -> Sent | None:
    """What the key has stored beside this question."""
    sent = _asked_before(question.conversation_id, key)
    if sent:
        check_not_queued(sent.conversation_id, key)
        if sent.question == question or sent.question.parent_id != question.parent_id:
            raise KeyUsed
    return sent


def written_anew_before(reply: Message, key: Key) -> Message | None:
    """What the key has stored in this reply's place, or beside it."""
    found = _stored(reply.conversation_id, key, Role.ASSISTANT)
    if found and found.parent_id != reply.parent_id:
        raise KeyUsed
    return found


def continued_before(message_id: UUID, attempt: int | None) -> Message | None:
    """The reply, if it goes on, or went on, behind this attempt: what this has stored that takes no key."""
    if attempt is None:
        return None
    reply = Message.objects.get(pk=message_id)
    is_about_to = reply.status == Status.QUEUED and reply.attempt == attempt
    return reply if is_about_to or reply.attempt == attempt + 1 else None


def check_not_queued(conversation_id: UUID, key: Key) -> None:
    """What waits, or has waited, keeps its key: under it no branch is made."""
    if QueuedMessage.objects.in_conversation(conversation_id).filter(client_key=key.name).exists():
        raise KeyUsed


def _asked_before(conversation_id: UUID, key: Key) -> Sent | None:
    question = _stored(conversation_id, key, Role.USER)
    return Sent(question, question.children.earliest("created_at"), new=False) if question else None


def _stored(conversation_id: UUID, key: Key, role: Role) -> Message | None:
    message = Message.objects.of_key(conversation_id, key.name)
    if message is None:
        return None
    if message.role != role:
        raise KeyUsed
    check_same(message, key.digest)
    return message
