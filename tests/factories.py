"""The smallest valid rows. A new message becomes its conversation's head, as in the product."""

import uuid
from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.accounts.access import digest_of
from apps.accounts.models import Scope, Token, User
from apps.chat.models import Chunk, Conversation, Feedback, Message, QueuedMessage, Role, Status
from apps.generation.models import Generation, Worker
from apps.llm import demo


class UserFactory(DjangoModelFactory):
    """Without a `password` nobody can sign in by form; `client.force_login` can."""

    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"person{number}@example.org")

    @classmethod
    def _create(cls, model_class: type[User], **fields: Any) -> User:
        return model_class.objects.create_user(**fields)


class StaffFactory(UserFactory):
    is_staff = is_superuser = True


class TokenFactory(DjangoModelFactory):
    """A good one that may write; `secret` is what a program would say."""

    class Meta:
        model = Token

    class Params:
        secret = factory.LazyFunction(lambda: f"colloquy_{uuid.uuid4().hex}")

    user = factory.SubFactory(UserFactory)
    name = "Laptop"
    scope = Scope.WRITE
    digest = factory.LazyAttribute(lambda row: digest_of(row.secret))
    hint = factory.LazyAttribute(lambda row: row.secret[-4:])
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class ConversationFactory(DjangoModelFactory):
    class Meta:
        model = Conversation

    owner = factory.SubFactory(UserFactory)
    model_name = demo.MODEL_NAME
    updated_at = factory.LazyFunction(timezone.now)


class MessageFactory(DjangoModelFactory):
    """A question: the first of its conversation, or one below `parent`."""

    class Meta:
        model = Message

    parent = None
    conversation = factory.Maybe(
        "parent",
        yes_declaration=factory.SelfAttribute("parent.conversation"),
        no_declaration=factory.SubFactory(ConversationFactory),
    )
    depth = factory.LazyAttribute(lambda row: row.parent.depth + 1 if row.parent else 0)
    role = Role.USER
    content = "Why?"
    rev = factory.SelfAttribute("conversation.rev")

    @classmethod
    def _create(cls, model_class: type[Message], **fields: Any) -> Message:
        message = model_class.objects.create(**fields)
        message.conversation.head = message
        message.conversation.save(update_fields=["head"])
        return message


class ReplyFactory(MessageFactory):
    """A complete reply, to a question of its own unless `parent` is given."""

    parent = factory.SubFactory(MessageFactory)
    role = Role.ASSISTANT
    content = "Because."
    finish_reason = "stop"
    model_name = demo.MODEL_NAME

    class Params:
        queued = factory.Trait(status=Status.QUEUED, content="", finish_reason="")
        streaming = factory.Trait(status=Status.STREAMING, content="", finish_reason="", attempt=1)
        stopped = factory.Trait(status=Status.STOPPED, finish_reason="")
        interrupted = factory.Trait(status=Status.INTERRUPTED, finish_reason="", error_code="cut_off")
        failed = factory.Trait(status=Status.FAILED, content="", finish_reason="", error_code="unavailable")


class QueuedMessageFactory(DjangoModelFactory):
    """The first that ever waited in its conversation, where the queue is paused."""

    class Meta:
        model = QueuedMessage

    conversation = factory.SubFactory(ConversationFactory)
    client_key = factory.LazyFunction(lambda: uuid.uuid4().hex)
    place = 0
    text = "And then?"

    @classmethod
    def _create(cls, model_class: type[QueuedMessage], **fields: Any) -> QueuedMessage:
        message = model_class.objects.create(**fields)
        message.conversation.queue_count = 1
        message.conversation.save(update_fields=["queue_count"])
        return message


class ChunkFactory(DjangoModelFactory):
    class Meta:
        model = Chunk

    message = factory.SubFactory(ReplyFactory, streaming=True)
    start = 0
    text = "Because"


class FeedbackFactory(DjangoModelFactory):
    class Meta:
        model = Feedback

    message = factory.SubFactory(ReplyFactory)
    user = factory.SelfAttribute("message.conversation.owner")
    verdict = "up"


class WorkerFactory(DjangoModelFactory):
    class Meta:
        model = Worker

    host = "elsewhere"
    pid = 1
    beat_at = factory.LazyFunction(timezone.now)


class GenerationFactory(DjangoModelFactory):
    class Meta:
        model = Generation

    message = factory.SubFactory(ReplyFactory)
    attempt = 1
    worker_id = factory.LazyFunction(uuid.uuid4)
