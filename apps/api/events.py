"""What programs are told, on the socket and in streams of events: the same names, the same JSON.

`action` is the name; in a stream of events it is the `event`, the payload is the `data`, and its position the
`id`. A program that applies every event in its order, and comes back with the last position it has seen, has
what is stored: nothing lost, nothing twice.
"""

import abc
from typing import Annotated, Any, Literal
from uuid import UUID

from chanx.messages.base import BaseMessage
from pydantic import ConfigDict, Field, WithJsonSchema

from apps.api.position import PATTERN, Position
from apps.api.schemas import Conversation, Message, MessageFacts, QueuedMessage, Schema

PIECE = 65_536  # code points of text in one event

PositionText = Annotated[  # documented, not checked: it is ours, and said with every piece of text
    str,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": PATTERN,
            "description": "Where you are once you have applied this; give it back to go on.",
        }
    ),
]


class Told(Schema):
    """What every event says: where it belongs, and the position behind it."""

    position: PositionText

    def at(self, position: Position) -> "Told":
        return self.model_copy(update={"position": str(position)})


class InConversation(Told):
    feed: Literal["conversation"] = "conversation"
    conversation_id: UUID


class InList(Told):
    feed: Literal["list"] = "list"


class Event(BaseMessage, abc.ABC):
    """A name and what it carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Any
    payload: Any

    def at(self, position: Position) -> "Event":
        """The same, with this position behind it."""
        if self.payload.position == str(position):
            return self
        return self.model_copy(update={"payload": self.payload.at(position)})


class SnapshotPayload(InConversation):
    conversation: Conversation
    messages: list[Message] = Field(description="The newest stretch of the active path, oldest first.")
    has_older: bool = Field(description="Whether the path goes on above it.")


class Snapshot(Event):
    """Replaces all that you have of this conversation. Nothing waits to be sent unless `queue` follows."""

    action: Literal["snapshot"] = "snapshot"
    payload: SnapshotPayload


class MessagePayload(InConversation):
    message: Message = Field(description=f"With at most {PIECE} code points of its text; more follows.")


class MessageChanged(Event):
    """A message; replaces what you have of it. What its text lacks of `length` follows as `streaming`."""

    action: Literal["message"] = "message"
    payload: MessagePayload


class StreamingStartPayload(InConversation):
    message: MessageFacts
    start: int = Field(ge=0, description="Code points of its text that you have; it goes on there.")


class StreamingStart(Event):
    """A model has begun to write this message, or to write on."""

    action: Literal["streaming_start"] = "streaming_start"
    payload: StreamingStartPayload


class StreamingPayload(InConversation):
    message_id: UUID
    start: int = Field(ge=0, description="Code points of the message before this text.")
    text: str = Field(description=f"At most {PIECE} code points.")


class Streaming(Event):
    """Text that is stored. It takes the place of all that you have of the message behind `start`."""

    action: Literal["streaming"] = "streaming"
    payload: StreamingPayload


class CompleteStreamingPayload(InConversation):
    message: MessageFacts


class CompleteStreaming(Event):
    """You have all text of this message, and this is what became of it; `status` says how it ended."""

    action: Literal["complete_streaming"] = "complete_streaming"
    payload: CompleteStreamingPayload


class QueuePayload(InConversation):
    waiting: list[QueuedMessage] = Field(description="In the order in which they will go.")


class QueueChanged(Event):
    """What was sent while an answer ran, and waits for its end."""

    action: Literal["queue"] = "queue"
    payload: QueuePayload


class ConversationPayload(InConversation):
    conversation: Conversation


class ListedPayload(InList):
    conversation: Conversation


class ConversationChanged(Event):
    """The conversation, without its messages; replaces what you have of it."""

    action: Literal["conversation"] = "conversation"
    payload: Annotated[ConversationPayload | ListedPayload, Field(discriminator="feed")]


class GonePayload(InConversation):
    pass


class UnlistedPayload(InList):
    conversation_id: UUID


class ConversationDeleted(Event):
    """The conversation is gone. In its own feed nothing follows."""

    action: Literal["conversation_deleted"] = "conversation_deleted"
    payload: Annotated[GonePayload | UnlistedPayload, Field(discriminator="feed")]


class ListChangedPayload(InList):
    pass


class ListChanged(Event):
    """Too much has happened in the list of conversations to tell it: read it anew."""

    action: Literal["list_changed"] = "list_changed"
    payload: ListChangedPayload


EVENTS: tuple[type[Event], ...] = (
    Snapshot,
    MessageChanged,
    StreamingStart,
    Streaming,
    CompleteStreaming,
    QueueChanged,
    ConversationChanged,
    ConversationDeleted,
    ListChanged,
)
