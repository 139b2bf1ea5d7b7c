"""What answers hold beside a single row: pages of them, and what belongs together."""

from uuid import UUID

from pydantic import Field

from apps.api.schemas import Attempt, Conversation, Message, MessageFacts, QueuedMessage, Schema
from apps.chat.models import Verdict

NEXT = "Pass it as `cursor` for what comes behind; null at the end."


class ConversationPage(Schema):
    """Conversations, the latest active first."""

    items: list[Conversation]
    next: str | None = Field(description=NEXT)


class MessagePage(Schema):
    """A stretch of the active path, in reading order."""

    items: list[Message]
    before: UUID | None = Field(description="Pass it as `before` for what lies above; null at the top.")


class TreePage(Schema):
    """Messages of every branch without their texts, in the order in which they last changed."""

    items: list[MessageFacts]
    next: str | None = Field(description=NEXT)


class Accepted(Schema):
    """What a message has stored: a question and its reply, or, while an answer runs, a place in the queue."""

    question: Message | None
    reply: Message | None
    queued: QueuedMessage | None


class Queue(Schema):
    """What waits, in the order in which it goes."""

    items: list[QueuedMessage]
    paused: bool = Field(description="Whether it goes on only when told to: the answer before it failed.")


class Attempts(Schema):
    """The newest goes at a reply, the oldest first."""

    items: list[Attempt]


class Feedback(Schema):
    """What you think of a reply."""

    verdict: Verdict | None = Field(description="Null for none.")
    note: str


class Model(Schema):
    """A model that can be asked."""

    name: str
    default: bool = Field(description="Whether it answers where nobody has chosen.")
    resumes_exactly: bool = Field(
        description="Whether a reply that broke off can be carried on without a seam."
    )


class Models(Schema):
    items: list[Model]


class Me(Schema):
    """By what you are let in, and as whom."""

    email: str
    name: str = Field(description="What the pages call you; empty for none.")
    model: str = Field(description="Answers in new conversations.")
    by: str = Field(description="What let you in.", json_schema_extra={"enum": ["token", "session"]})
    token_id: UUID | None
    writes: bool = Field(description="Whether you may change anything.")


class Ticket(Schema):
    """Opens one socket or one event stream, once, with the rights of whoever asked for it."""

    ticket: str
    expires_in: int = Field(description="Seconds.")
