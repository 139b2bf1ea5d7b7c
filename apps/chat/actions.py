"""What a user can do to conversations: one function, one transaction each.

Every function takes the user first and finds only what is theirs; for anything else it raises
Conversation.DoesNotExist or Message.DoesNotExist, as for an id that never was.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.events import ReplyQueued, StopRequested
from apps.chat.models import Conversation, Message, Role, Status, TitleState
from apps.chat.revisions import changing
from apps.chat.text import cut
from apps.events import publish_on_commit
from apps.llm.registry import offered

FIRST_WORDS = 60  # code points of the first question that stand in for a title


T = TypeVar("T")


class NotPossible(Exception):
    """The message is in no state for this; nothing was changed."""


class Stale(NotPossible):
    """The conversation has gone on since whoever asks last saw it; nothing was stored."""


@dataclass(frozen=True)
class Sent:
    """A stored question and its queued reply; `new` is false when the same key had stored them before."""

    question: Message
    reply: Message
    new: bool


@transaction.atomic
def send_message(
    user: User, conversation_id: UUID, *, key: str, text: str, model_name: str, after: UUID | None = None
) -> Sent:
    """Store the question and a queued reply, once per `key`; begins the conversation if there is none yet.

    `after` is the last message that the sender saw, if they say; Stale is raised unless it still is the last.
    """
    begin_conversation(user, conversation_id, text=text, model_name=model_name)
    return _once(
        partial(_sent_before, conversation_id, key), partial(_send, conversation_id, key, text, after)
    )


def begin_conversation(user: User, conversation_id: UUID, *, text: str, model_name: str) -> Conversation:
    """The user's conversation of this id, made if there is none; its first words stand in for a title."""
    with suppress(Conversation.DoesNotExist):
        return Conversation.objects.find(user.pk, conversation_id)
    row = Conversation(
        pk=conversation_id,
        owner=user,
        title=cut(text, FIRST_WORDS),
        model_name=model_name,
        updated_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # a second tab was faster, or the id is somebody else's
        return Conversation.objects.find(user.pk, conversation_id)
    return row


def stop(user: User, conversation_id: UUID, message_id: UUID) -> None:
    """End a reply: at once if it waits, at its writer's next step if it is being written."""
    reply = _reply(user, conversation_id, message_id)
    if _ask_writer_to_stop(reply):
        return
    with changing(conversation_id, listed=True) as conversation:
        waiting = Message.objects.filter(pk=reply.pk, status=Status.QUEUED)
        if not waiting.update(status=Status.STOPPED, rev=conversation.rev):
            _ask_writer_to_stop(reply)  # an engine may have claimed it before we had the lock


def continue_reply(user: User, conversation_id: UUID, message_id: UUID) -> None:
    """Have more appended to a reply that was cut short."""
    with changing(_reply(user, conversation_id, message_id).conversation_id, listed=True) as conversation:
        reply = conversation.messages.get(pk=message_id)
        if not reply.can_continue:
            raise NotPossible
        _queue_again(conversation, reply)


def regenerate(user: User, conversation_id: UUID, message_id: UUID, *, key: str) -> Message:
    """The reply written anew, once per `key`: in its own row if it has no text, else beside it in another."""
    reply = _reply(user, conversation_id, message_id)
    return _once(partial(_queued_before, conversation_id, key), partial(_regenerate, reply, key))


def edit(user: User, conversation_id: UUID, message_id: UUID, *, key: str, text: str) -> Sent:
    """Ask a question in other words, once per `key`: beside the old one, whose branch stays as it is."""
    question = _message(user, conversation_id, message_id)
    if question.role != Role.USER:
        raise NotPossible
    return _once(partial(_sent_before, conversation_id, key), partial(_edit, question, key, text))


def choose(user: User, conversation_id: UUID, message_id: UUID) -> None:
    """Show the branch on which this message lies, down to the newest leaf below it."""
    message = _message(user, conversation_id, message_id)
    with changing(conversation_id) as conversation:
        conversation.head_id = Message.objects.newest_leaf(message.pk)
        conversation.path_rev = conversation.rev


def rename(user: User, conversation_id: UUID, *, title: str) -> None:
    """Give a title by hand; no task overwrites it."""
    owned = Conversation.objects.owned_by(user).get(pk=conversation_id)
    with changing(owned.pk, listed=True) as conversation:
        conversation.title, conversation.title_state = title, TitleState.USER


def delete(user: User, conversation_id: UUID) -> None:
    """Take the conversation away from the user; replies still being written end."""
    owned = Conversation.objects.owned_by(user).get(pk=conversation_id)
    with changing(owned.pk, listed=True) as conversation:
        conversation.deleted_at = timezone.now()
    for reply in Message.objects.live().filter(conversation_id=conversation_id):
        publish_on_commit(StopRequested(message_id=reply.pk))


def give_title(conversation_id: UUID, title: str) -> bool:
    """Store a title that a model wrote, unless the user has given one meanwhile."""
    try:
        with changing(conversation_id, listed=True) as conversation:
            if conversation.title_state != TitleState.WANTED:
                raise NotPossible
            conversation.title, conversation.title_state = title, TitleState.DONE
    except (NotPossible, Conversation.DoesNotExist):
        return False
    return True


def _once(find: Callable[[], T | None], store: Callable[[], T]) -> T:
    """What is found under a key, or else stored now."""
    try:
        return find() or store()
    except (IntegrityError, NotPossible):  # the same key may have arrived twice at once, the other faster
        found = find()
        if found is None:
            raise
        return found


def _send(conversation_id: UUID, key: str, text: str, after: UUID | None) -> Sent:
    with changing(conversation_id, listed=True) as conversation:
        if after not in (None, conversation.head_id):
            raise Stale
        return _ask(conversation, conversation.head, key, text)


def _edit(question: Message, key: str, text: str) -> Sent:
    with changing(question.conversation_id, listed=True) as conversation:
        conversation.path_rev = conversation.rev
        return _ask(conversation, question.parent, key, text)


def _ask(conversation: Conversation, parent: Message | None, key: str, text: str) -> Sent:
    if conversation.deleted_at:  # in another tab, a moment ago
        raise Conversation.DoesNotExist
    question = _below(conversation, parent, role=Role.USER, content=text, client_key=key)
    reply = _waiting_reply(conversation, question)
    Message.objects.bulk_create([question, reply])
    conversation.updated_at = timezone.now()
    conversation.seen_rev, conversation.archived = conversation.rev, False
    return Sent(question, reply, new=True)


def _regenerate(reply: Message, key: str) -> Message:
    with changing(reply.conversation_id, listed=True) as conversation:
        siblings = Message.objects.siblings_of(reply)
        if siblings.live().exists():
            raise NotPossible
        reply = siblings.select_related("parent").get(pk=reply.pk)
        if not reply.content:
            reply.client_key = key
            return _queue_again(conversation, reply)
        conversation.path_rev = conversation.rev
        another = _waiting_reply(conversation, reply.parent, client_key=key)
        another.save(force_insert=True)
        return another


def _sent_before(conversation_id: UUID, key: str) -> Sent | None:
    question = _stored(conversation_id, key, Role.USER)
    return Sent(question, question.children.earliest("created_at"), new=False) if question else None


def _queued_before(conversation_id: UUID, key: str) -> Message | None:
    return _stored(conversation_id, key, Role.ASSISTANT)


def _stored(conversation_id: UUID, key: str, role: Role) -> Message | None:
    message = Message.objects.of_key(conversation_id, key)
    if message and message.role != role:
        raise NotPossible
    return message


def _waiting_reply(
    conversation: Conversation, question: Message | None, *, client_key: str | None = None
) -> Message:
    """A reply to store, at which the conversation now ends."""
    reply = _below(
        conversation,
        question,
        role=Role.ASSISTANT,
        status=Status.QUEUED,
        client_key=client_key,
        model_name=offered(conversation.model_name),
    )
    conversation.head = reply
    publish_on_commit(ReplyQueued(message_id=reply.pk))
    return reply


def _ask_writer_to_stop(reply: Message) -> bool:
    """False if nobody is writing this reply."""
    running = Message.objects.filter(pk=reply.pk, status=Status.STREAMING)
    if not running.update(stop_at=timezone.now()):
        return False
    publish_on_commit(StopRequested(message_id=reply.pk))
    return True


def _queue_again(conversation: Conversation, reply: Message) -> Message:
    reply.status, reply.rev = Status.QUEUED, conversation.rev
    reply.stop_at, reply.finish_reason, reply.error_code = None, "", ""
    reply.model_name = offered(reply.model_name)
    reply.save(
        update_fields=["status", "rev", "client_key", "stop_at", "finish_reason", "error_code", "model_name"]
    )
    publish_on_commit(ReplyQueued(message_id=reply.pk))
    return reply


def _below(conversation: Conversation, parent: Message | None, **fields: object) -> Message:
    depth = parent.depth + 1 if parent else 0
    return Message(conversation=conversation, parent=parent, depth=depth, rev=conversation.rev, **fields)


def _message(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    owned = Conversation.objects.owned_by(user).get(pk=conversation_id)
    return owned.messages.get(pk=message_id)


def _reply(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    message = _message(user, conversation_id, message_id)
    if message.role != Role.ASSISTANT:
        raise NotPossible
    return message
