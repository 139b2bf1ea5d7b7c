"""What a user can do to conversations: one function, one transaction each.

Every function takes the user first and finds only what is theirs; for anything else it raises
Conversation.DoesNotExist or Message.DoesNotExist, as for an id that never was.
"""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.chat import drafts, keys, queue
from apps.chat.asking import (
    Key,
    NotPossible,
    Sent,
    ask,
    await_end_of,
    go_on_with,
    queue_again,
    waiting_reply,
)
from apps.chat.beginning import begin_conversation, first_words
from apps.chat.events import StopRequested
from apps.chat.models import Conversation, Message, Role, Status, TitleState
from apps.chat.queue import Queued
from apps.chat.revisions import changing
from apps.events import publish_on_commit


class Stale(NotPossible):
    """The conversation has gone on since whoever asks last saw it; nothing was stored."""

    code = "stale"


@transaction.atomic
def send_message(
    user: User,
    conversation_id: UUID,
    *,
    key: str,
    text: str,
    model_name: str = "",
    instructions: str = "",
    after: UUID | None = None,
    draft_id: UUID | None = None,
    digest: str = "",
) -> Sent | Queued:
    """Store the question and a queued reply, once per `key`; begins the conversation if there is none yet.

    While an answer runs at its end, the question is stored in the queue instead. `after` is the last message
    that the sender saw, if they say; Stale is raised unless it still is the last, or the queue has gone on.
    The draft that it was written as is closed. A `model_name`, if given, answers from now on; `instructions`
    are for a conversation that begins. KeyUsed is raised if the key stands for another request, so far as
    their digests, or what they have stored, tell.
    """
    begin_conversation(user, conversation_id, text=text, model_name=model_name, instructions=instructions)
    named = Key(key, digest)
    store = partial(_send, conversation_id, named, text)
    return keys.once(
        partial(keys.sent_before, conversation_id, named),
        partial(store, model_name=model_name, after=after, draft_id=draft_id),
    )


def stop(user: User, conversation_id: UUID, message_id: UUID) -> None:
    """End a reply: at once if it waits, at its writer's next step if it is being written."""
    reply = _reply(user, conversation_id, message_id)
    if _ask_writer_to_stop(reply):
        return
    with changing(conversation_id, listed=True) as conversation:
        waiting = Message.objects.filter(pk=reply.pk, status=Status.QUEUED)
        if not waiting.update(status=Status.STOPPED, rev=conversation.rev):
            _ask_writer_to_stop(reply)  # an engine may have claimed it before we had the lock
        elif conversation.awaited_id == reply.pk:
            queue.go_on(conversation, reply, Status.STOPPED)


def continue_reply(
    user: User, conversation_id: UUID, message_id: UUID, *, attempt: int | None = None
) -> Message:
    """Have more appended to a reply that was cut short; once, if `attempt` says which one was."""
    reply = _reply(user, conversation_id, message_id)
    return keys.once(partial(keys.continued_before, reply.pk, attempt), partial(_continue, reply, attempt))


def regenerate(
    user: User, conversation_id: UUID, message_id: UUID, *, key: str, model_name: str = "", digest: str = ""
) -> Message:
    """The reply written anew, once per `key`: in its own row if it has no text, else beside it in another.

    By the model named, or else by the one whose turn it is.
    """
    reply = _reply(user, conversation_id, message_id)
    named = Key(key, digest)
    return keys.once(
        partial(keys.written_anew_before, reply, named), partial(_regenerate, reply, named, model_name)
    )


def edit(
    user: User, conversation_id: UUID, message_id: UUID, *, key: str, text: str, digest: str = ""
) -> Sent:
    """Ask a question in other words, once per `key`: beside the old one, whose branch stays as it is."""
    question = _message(user, conversation_id, message_id)
    if question.role != Role.USER:
        raise NotPossible
    named = Key(key, digest)
    return keys.once(partial(keys.edited_before, question, named), partial(_edit, question, named, text))


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


def _send(
    conversation_id: UUID, key: Key, text: str, *, model_name: str, after: UUID | None, draft_id: UUID | None
) -> Sent | Queued:
    with changing(conversation_id, listed=True) as conversation:
        head = conversation.head
        runs = head is not None and head.is_live
        if (runs or conversation.queue_count) and Message.objects.sent_before(conversation_id, key.name):
            raise NotPossible  # it has been stored by now
        if after not in (None, conversation.head_id) and not _has_gone_on(conversation, after):
            raise Stale
        if draft_id:
            drafts.close_sent(conversation.owner_id, draft_id)
        go_on_with(conversation)
        conversation.model_name = model_name or conversation.model_name
        conversation.title = conversation.title or first_words(text)
        if runs and head:
            return queue.add(conversation, head, key, text)
        return ask(conversation, head, key, text)


def _has_gone_on(conversation: Conversation, after: UUID | None) -> bool:
    """Whether the queue alone has moved the conversation from `after` to what now runs at its end."""
    question = conversation.head.parent if conversation.queue_count and conversation.head else None
    return (
        question is not None
        and question.parent_id == after
        and conversation.queue.filter(client_key=question.client_key).exists()
    )


def _edit(question: Message, key: Key, text: str) -> Sent:
    with changing(question.conversation_id, listed=True) as conversation:
        keys.check_not_queued(conversation.pk, key)
        conversation.path_rev = conversation.rev
        go_on_with(conversation)
        return ask(conversation, question.parent, key, text)


def _continue(reply: Message, attempt: int | None) -> Message:
    with changing(reply.conversation_id, listed=True) as conversation:
        reply = conversation.messages.get(pk=reply.pk)
        if not reply.can_continue or attempt not in (None, reply.attempt):
            raise NotPossible
        return queue_again(conversation, reply)


def _regenerate(reply: Message, key: Key, model_name: str) -> Message:
    with changing(reply.conversation_id, listed=True) as conversation:
        keys.check_not_queued(conversation.pk, key)
        siblings = Message.objects.siblings_of(reply)
        if siblings.live().exists():
            raise NotPossible
        reply = siblings.select_related("parent").get(pk=reply.pk)
        if not reply.content:
            reply.client_key, reply.digest = key.name, key.digest
            reply.model_name = model_name or reply.model_name
            return queue_again(conversation, reply)
        conversation.path_rev = conversation.rev
        another = waiting_reply(conversation, reply.parent, key=key)
        another.model_name = model_name or another.model_name
        another.save(force_insert=True)
        await_end_of(another, conversation)
        return another


def _ask_writer_to_stop(reply: Message) -> bool:
    """False if nobody is writing this reply."""
    running = Message.objects.filter(pk=reply.pk, status=Status.STREAMING)
    if not running.update(stop_at=timezone.now()):
        return False
    publish_on_commit(StopRequested(message_id=reply.pk))
    return True


def _message(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    owned = Conversation.objects.owned_by(user).get(pk=conversation_id)
    return owned.messages.get(pk=message_id)


def _reply(user: User, conversation_id: UUID, message_id: UUID) -> Message:
    message = _message(user, conversation_id, message_id)
    if message.role != Role.ASSISTANT:
        raise NotPossible
    return message
