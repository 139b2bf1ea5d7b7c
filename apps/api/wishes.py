"""What a client may ask for, by whichever door: validated wishes, and the one function that grants them.

What REST has in a request's address is a field of the wish, too; its body is what the wish is made of.
"""

import json
from hashlib import blake2b
from typing import Protocol, TypeVar
from uuid import UUID, uuid4, uuid5

from django.db import transaction

from apps.accounts.access import Access
from apps.accounts.models import User
from apps.api.bodies import (
    Continuation,
    ConversationChange,
    EditedQuestion,
    NewConversation,
    NewMessage,
    NewVersion,
    Rating,
    RevisedMessage,
)
from apps.api.errors import Code, Refused
from apps.api.fields import Id, Key, Said
from apps.chat import actions, choices, feedback, filing, queue
from apps.chat.asking import KeyUsed, NotPossible, Sent
from apps.chat.beginning import begin_empty
from apps.chat.columns import DIGEST
from apps.chat.models import Conversation, Feedback, Message, QueuedMessage, Verdict
from apps.chat.queue import Queued

R_co = TypeVar("R_co", covariant=True)
ABSENT = (Conversation.DoesNotExist, Message.DoesNotExist, QueuedMessage.DoesNotExist, Feedback.DoesNotExist)
BEGUN = UUID("5d0c6f0e-1f5b-4d0a-9e55-2f6b8f0f7a11")  # below it lie the ids of what was begun under a key


class Wish(Protocol[R_co]):
    def granted_to(self, user: User) -> R_co: ...


def grant(access: Access, wish: Wish[R_co]) -> R_co:
    """Do it; raises Refused, with code `absent` for whatever is not theirs."""
    if not access.writes:
        raise Refused(Code.READ_ONLY)
    try:
        return wish.granted_to(access.user)
    except ABSENT:
        raise Refused(Code.ABSENT) from None
    except NotPossible as refused:
        raise Refused(Code(refused.code)) from None


class Begin(NewConversation):
    def granted_to(self, user: User) -> tuple[Conversation, bool]:
        """The conversation, and whether it is new."""
        pk = uuid5(BEGUN, f"{user.pk} {self.key}") if self.key else uuid4()
        values = {
            "title": self.title or "",
            "model_name": self.model or "",
            "instructions": self.instructions,
            "digest": digest_of(self) if self.key else "",
        }
        try:
            return begin_empty(user, pk, **values)
        except Conversation.DoesNotExist:  # it has been deleted since
            raise KeyUsed from None


class Change(ConversationChange):
    conversation_id: Id

    @transaction.atomic
    def granted_to(self, user: User) -> Conversation:
        """What the list shows first, so that locks are taken in everybody's order."""
        pk = self.conversation_id
        if self.title is not None:
            actions.rename(user, pk, title=self.title)
        if self.archived is not None:
            (filing.archive if self.archived else filing.unarchive)(user, pk)
        if self.pinned is not None:
            (filing.pin if self.pinned else filing.unpin)(user, pk)
        if self.model is not None:
            choices.use_model(user, pk, model_name=self.model)
        if self.instructions is not None:
            choices.instruct(user, pk, instructions=self.instructions)
        return Conversation.objects.find(user.pk, pk)


class ConversationWish(Said):
    conversation_id: Id


class Delete(ConversationWish):
    def granted_to(self, user: User) -> None:
        actions.delete(user, self.conversation_id)


class Restore(ConversationWish):
    def granted_to(self, user: User) -> Conversation:
        filing.restore(user, self.conversation_id)
        return Conversation.objects.find(user.pk, self.conversation_id)


class Send(NewMessage):
    conversation_id: Id
    key: Key

    def granted_to(self, user: User) -> Sent | Queued:
        Conversation.objects.find(user.pk, self.conversation_id)  # only what exists is written to
        sent = actions.send_message(
            user,
            self.conversation_id,
            key=self.key,
            text=self.text,
            model_name=self.model or "",
            after=self.after,
            digest=digest_of(self),
        )
        if isinstance(sent, Sent):
            _check_same(sent, self.text)
        return sent


class MessageWish(ConversationWish):
    message_id: Id


class Stop(MessageWish):
    def granted_to(self, user: User) -> None:
        actions.stop(user, self.conversation_id, self.message_id)


class Continue(MessageWish, Continuation):
    def granted_to(self, user: User) -> None:
        actions.continue_reply(user, self.conversation_id, self.message_id, attempt=self.attempt)


class Choose(MessageWish):
    def granted_to(self, user: User) -> Conversation:
        actions.choose(user, self.conversation_id, self.message_id)
        return Conversation.objects.find(user.pk, self.conversation_id)


class Regenerate(NewVersion):
    conversation_id: Id
    message_id: Id
    key: Key

    def granted_to(self, user: User) -> tuple[Message, bool]:
        """The reply that is to be written, and whether the key has asked for it just now."""
        known = Message.objects.of_key(self.conversation_id, self.key) is not None
        reply = actions.regenerate(
            user,
            self.conversation_id,
            self.message_id,
            key=self.key,
            model_name=self.model or "",
            digest=digest_of(self),
        )
        return reply, not known


class Edit(EditedQuestion):
    conversation_id: Id
    message_id: Id
    key: Key

    def granted_to(self, user: User) -> Sent:
        sent = actions.edit(
            user,
            self.conversation_id,
            self.message_id,
            key=self.key,
            text=self.text,
            digest=digest_of(self),
        )
        _check_same(sent, self.text)
        return sent


class Rate(Rating):
    conversation_id: Id
    message_id: Id

    @transaction.atomic
    def granted_to(self, user: User) -> Feedback:
        rate = feedback.like if self.verdict == Verdict.UP else feedback.dislike
        rate(user, self.conversation_id, self.message_id)
        if self.note is not None:
            feedback.note(user, self.conversation_id, self.message_id, text=self.note)
        return Feedback.objects.get(message=self.message_id, user=user)


class Unrate(MessageWish):
    def granted_to(self, user: User) -> None:
        feedback.unrate(user, self.conversation_id, self.message_id)


class QueuedWish(ConversationWish):
    queued_id: Id


class Revise(QueuedWish, RevisedMessage):
    def granted_to(self, user: User) -> QueuedMessage:
        queue.revise(user, self.conversation_id, self.queued_id, text=self.text)
        return QueuedMessage.objects.get(pk=self.queued_id)


class Withdraw(QueuedWish):
    def granted_to(self, user: User) -> None:
        queue.withdraw(user, self.conversation_id, self.queued_id)


class Resume(ConversationWish):
    def granted_to(self, user: User) -> Sent:
        return queue.resume(user, self.conversation_id)


def digest_of(wish: Said) -> str:
    """Of all that a request says, wherever it says it, but its key."""
    said = wish.model_dump(mode="json", exclude={"key"}, exclude_defaults=True)
    text = json.dumps([type(wish).__name__, said], sort_keys=True)
    return blake2b(text.encode(), digest_size=DIGEST // 2).hexdigest()


def _check_same(sent: Sent, text: str) -> None:
    """Where no digest tells: what did not wait in the queue, where it could be changed, is what was sent."""
    if sent.new or sent.question.digest or sent.question.content == text:
        return
    traces = QueuedMessage.objects.in_conversation(sent.conversation_id)
    if not traces.filter(client_key=sent.question.client_key).exists():
        raise KeyUsed
