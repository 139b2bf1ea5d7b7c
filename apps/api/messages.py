"""What is said on the typed socket besides events: what programs say, and how that is answered."""

import abc
from typing import Any, Literal
from uuid import UUID

from chanx.messages.base import BaseMessage
from pydantic import ConfigDict, Field

from apps.api import wishes
from apps.api.errors import Code, FieldError
from apps.api.fields import Id, Key, Said
from apps.api.position import SaidPosition
from apps.api.schemas import QueuedMessage, Schema

NAMED = Field(default=None, description="Your name for this message; its answer repeats it.")


class ClientMessage(BaseMessage, abc.ABC):
    """What a program says."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    action: Any
    payload: Any


class Named(Said):
    key: Key | None = NAMED


class PingMessage(ClientMessage):
    """Are you there?"""

    action: Literal["ping"] = "ping"
    payload: Named = Named()


class SubscribePayload(Named):
    conversation_id: Id
    position: SaidPosition = ""


class SubscribeMessage(ClientMessage):
    """Follow a conversation from a position on. To follow one anew takes the place of following it before."""

    action: Literal["subscribe"] = "subscribe"
    payload: SubscribePayload


class SubscribeListPayload(Named):
    position: SaidPosition = ""


class SubscribeListMessage(ClientMessage):
    """Follow the list of your conversations from a position on."""

    action: Literal["subscribe_list"] = "subscribe_list"
    payload: SubscribeListPayload = SubscribeListPayload()


class UnsubscribePayload(Named):
    conversation_id: Id | None = Field(default=None, description="Left out, it is the list.")


class UnsubscribeMessage(ClientMessage):
    """Follow it no more."""

    action: Literal["unsubscribe"] = "unsubscribe"
    payload: UnsubscribePayload


class SendMessage(ClientMessage):
    """Send a message; a model answers it. While an answer is being written it waits in the queue."""

    action: Literal["send"] = "send"
    payload: wishes.Send


class StopPayload(wishes.Stop, Named):
    pass


class StopMessage(ClientMessage):
    """Have no more written of a reply. What is written stays. It does not wait for what was said before."""

    action: Literal["stop"] = "stop"
    payload: StopPayload


class RegenerateMessage(ClientMessage):
    """Have a reply written anew, beside the one that there is."""

    action: Literal["regenerate"] = "regenerate"
    payload: wishes.Regenerate


class EditMessage(ClientMessage):
    """Ask a question in other words, beside the old one, whose branch stays as it is."""

    action: Literal["edit"] = "edit"
    payload: wishes.Edit


class ContinuePayload(wishes.Continue, Named):
    pass


class ContinueMessage(ClientMessage):
    """Have more appended to a reply that was cut short."""

    action: Literal["continue"] = "continue"
    payload: ContinuePayload


class Answer(BaseMessage, abc.ABC):
    """What a program is told because of something that it said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Any
    payload: Any


class Naming(Schema):
    key: str | None = Field(default=None, description="As you said it.")


class PongMessage(Answer):
    """We are here."""

    action: Literal["pong"] = "pong"
    payload: Naming


class FollowingPayload(Naming):
    conversation_id: UUID | None = Field(description="Null for the list.")


class SubscribedMessage(Answer):
    """What you lack follows, and then what happens."""

    action: Literal["subscribed"] = "subscribed"
    payload: FollowingPayload


class UnsubscribedMessage(Answer):
    """Of this nothing follows."""

    action: Literal["unsubscribed"] = "unsubscribed"
    payload: FollowingPayload


class AcceptedPayload(Naming):
    conversation_id: UUID
    question_id: UUID | None = Field(default=None, description="Of what was asked.")
    reply_id: UUID | None = Field(default=None, description="Of the message that a model writes.")
    queued: QueuedMessage | None = Field(default=None, description="What waits for the answer before it.")


class AcceptedMessage(Answer):
    """It is done, or the same was done before. What it changed comes as events.

    The same key does not send, edit or write anew again; the same attempt is not continued again.
    """

    action: Literal["accepted"] = "accepted"
    payload: AcceptedPayload


class ErrorPayload(Naming):
    code: Code
    detail: str = Field(description="The same for people.")
    errors: list[FieldError] | None = Field(
        default=None, description="With `invalid`: which fields, and why."
    )


class ErrorMessage(Answer):
    """It was not granted; nothing was changed by it, and the socket stays open."""

    action: Literal["error"] = "error"
    payload: ErrorPayload
