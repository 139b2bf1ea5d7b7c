"""The queue: messages sent while an answer runs. They wait in sight and go, in order, as answers end.

One goes in the very transaction that ends the reply it waits for (`go_on`), so no crash can lose or double
it: either both are stored or neither. `Conversation.awaited` names that reply. When it is no more a running
one but still awaited, whoever ended it did not know of queues, and `catch_up` does the same a little later.

Behind an answer that was finished or stopped the queue goes on. It pauses behind one that failed or was
interrupted, or that is not the end of what is shown; then it waits for `resume`, or for the next answer that
ends well at the end of the conversation. A key is used once, in the tree or in the queue, and for good: a
row whose message has gone out or was withdrawn stays as its trace.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Sum
from django.db.models.functions import Length, Now

from apps.accounts.models import User
from apps.chat.asking import Key, NotPossible, Sent, ask, await_end_of, go_on_with
from apps.chat.models import LIVE, Conversation, Message, QueuedMessage, QueueState, Status
from apps.chat.querysets import QueueQuerySet
from apps.chat.revisions import changing

MOST_WAITING = 20
MOST_TEXT = 400_000  # code points of all that wait in one conversation: they are drawn together
GOES_ON = (Status.COMPLETE, Status.STOPPED)
BATCH = 50
TRACE_KEPT = timedelta(days=30)  # longer than any browser tries to send the same again


class TooLate(NotPossible):
    """The message waits no more."""

    code = "gone_out"


class QueueFull(NotPossible):
    code = "queue_full"


@dataclass(frozen=True)
class Queued:
    """A message that waits; `new` is false when the same key had stored it before."""

    message: QueuedMessage
    new: bool

    @property
    def conversation_id(self) -> UUID:
        return self.message.conversation_id


def add(conversation: Conversation, running: Message, key: Key, text: str) -> Queued:
    """Have a message wait until `running` ends; the caller holds the lock."""
    if conversation.deleted_at:
        raise Conversation.DoesNotExist
    _check_room(conversation.pk, text)
    place = conversation.queue_count
    message = QueuedMessage.objects.create(conversation=conversation, place=place, text=text, **key.columns)
    conversation.queue_count += 1
    conversation.awaited, conversation.queue_rev = running, conversation.rev
    return Queued(message, new=True)


def go_on(conversation: Conversation, ended: Message, status: Status) -> None:
    """Let the next message go, or pause, as the awaited reply has `ended`; the caller holds the lock."""
    if status in LIVE:
        return
    if status in GOES_ON and conversation.head_id == ended.pk and not conversation.deleted_at:
        _ask_next(conversation, ended)
    else:
        await_end_of(None, conversation)


def resume(user: User, conversation_id: UUID) -> Sent:
    """Let the next message go although the queue is paused."""
    owned = Conversation.objects.find(user.pk, conversation_id)
    with changing(owned.pk, listed=True) as conversation:
        head = conversation.head
        sent = None if head and head.is_live else _ask_next(conversation, head)
        if sent is None:
            raise TooLate
        go_on_with(conversation)
        return sent


def revise(user: User, conversation_id: UUID, queued_id: UUID, *, text: str) -> None:
    """Change a message that has not gone out."""
    with changing(_found(user, conversation_id, queued_id).conversation_id) as conversation:
        _check_room(conversation.pk, text, besides=queued_id)
        _change(conversation, queued_id, text=text)


def withdraw(user: User, conversation_id: UUID, queued_id: UUID) -> None:
    """Have a message not go out."""
    found = _found(user, conversation_id, queued_id)
    if found.state == QueueState.WITHDRAWN:  # asked twice
        return
    with changing(found.conversation_id) as conversation:
        _change(conversation, queued_id, text="", state=QueueState.WITHDRAWN)
        await_end_of(conversation.awaited, conversation)


def waiting_in(conversation_id: UUID) -> list[QueuedMessage]:
    return list(_queue(conversation_id))


def reply_to(queued_id: UUID) -> Message | None:
    """The reply to what waited, None while it waits; raises TooLate if it was withdrawn, or is forgotten."""
    waited = QueuedMessage.objects.filter(pk=queued_id).first()
    if waited is None or waited.state == QueueState.WITHDRAWN:
        raise TooLate
    question = Message.objects.of_key(waited.conversation_id, waited.client_key)
    return question.children.earliest("created_at") if question else None


def forgotten() -> list[UUID]:
    """Conversations whose queue waits for a reply that has ended."""
    queues = Conversation.objects.filter(awaited__isnull=False, deleted_at=None)
    stuck = queues.exclude(awaited__status__in=LIVE)
    return list(stuck.values_list("pk", flat=True)[:BATCH])


def catch_up(conversation_id: UUID) -> None:
    """Do what should have been done when the awaited reply ended, unless it runs after all."""
    with changing(conversation_id, listed=True) as conversation:
        if ended := conversation.awaited:
            go_on(conversation, ended, Status(ended.status))


def forget() -> None:
    """Drop the traces of what went out or was withdrawn long ago."""
    over = QueuedMessage.objects.exclude(state=QueueState.WAITING)
    over.filter(created_at__lt=Now() - TRACE_KEPT).delete()


def _queue(conversation_id: UUID) -> QueueQuerySet:
    return QueuedMessage.objects.in_conversation(conversation_id).waiting()


def _found(user: User, conversation_id: UUID, queued_id: UUID) -> QueuedMessage:
    """The user's message, waiting or not; raises Conversation.DoesNotExist or QueuedMessage.DoesNotExist."""
    owned = Conversation.objects.find(user.pk, conversation_id)
    found: QueuedMessage = owned.queue.get(pk=queued_id)
    return found


def _change(conversation: Conversation, queued_id: UUID, **values: str) -> None:
    if not _queue(conversation.pk).filter(pk=queued_id).update(**values):
        raise TooLate
    conversation.queue_rev = conversation.rev


def _ask_next(conversation: Conversation, parent: Message | None) -> Sent | None:
    """Ask what waits longest; None if nothing does."""
    message = _queue(conversation.pk).first()
    if message is None:
        return None
    key = _free_key(message)
    QueuedMessage.objects.filter(pk=message.pk).update(state=QueueState.SENT, text="", client_key=key)
    return ask(conversation, parent, Key(key, message.digest), message.text)


def _free_key(message: QueuedMessage) -> str:
    """Its key, or its id if the tree has that key: a message of older versions that took a waiting one's.

    Neither may keep a reply from ending, or the message from being asked.
    """
    taken = Message.objects.of_key(message.conversation_id, message.client_key)
    return message.pk.hex if taken else message.client_key


def _check_room(conversation_id: UUID, text: str, *, besides: UUID | None = None) -> None:
    others = _queue(conversation_id).order_by()
    if besides:
        others = others.exclude(pk=besides)
    sizes = others.annotate(size=Length("text")).aggregate(total=Sum("size"), count=Count("pk"))
    if sizes["count"] >= MOST_WAITING or (sizes["total"] or 0) + len(text) > MOST_TEXT:
        raise QueueFull
