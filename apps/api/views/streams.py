"""What happens, as it happens, in streams of events."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from pydantic import Field
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from apps.accounts.access import Access, by_ticket
from apps.accounts.models import User
from apps.api.authentication import BearerAuthentication, BrowserAuthentication, access_of
from apps.api.documents.operation import operation
from apps.api.errors import Code, FieldCode, FieldError, Refused
from apps.api.feed import ConversationFeed, ListFeed
from apps.api.fields import Said
from apps.api.found import found_conversation
from apps.api.parsing import query_of
from apps.api.position import BadPosition, Position, SaidPosition
from apps.api.streams import CONTENT_TYPE, EventStream, streaming
from apps.api.views.base import Door
from apps.live.limits import programs

AGAIN_AFTER = 10  # seconds
LAST_EVENT_ID = "Last-Event-ID"


class StreamQuery(Said):
    """Where to go on, and by what to be let in."""

    position: SaidPosition = ""
    ticket: str | None = Field(default=None, description="In place of a token, which no address may hold.")


class TicketAuthentication(BaseAuthentication):
    """For browsers, whose streams of events can send no header."""

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        secret = request.query_params.get("ticket")
        if secret is None:
            return None
        access = by_ticket(secret)
        if access is None:
            raise AuthenticationFailed
        return access.user, access


class EventStreamRenderer(BaseRenderer):
    """Says that there are such answers; what is in them does not come from here."""

    media_type, format, charset = CONTENT_TYPE, "event-stream", None

    def render(self, data: object, media_type: str | None = None, context: object = None) -> bytes:
        raise NotImplementedError


class StreamDoor(Door):
    tag = "Events"
    authentication_classes = (BearerAuthentication, TicketAuthentication, BrowserAuthentication)
    renderer_classes = (JSONRenderer, EventStreamRenderer)  # whoever asks for OPTIONS reads JSON


class ConversationEvents(StreamDoor):
    @operation(
        "followConversation",
        "Follow a conversation",
        {200: (None, "Everything that changes in it, from your position on.")},
        query=StreamQuery,
        refuses=(Code.TOO_MANY,),
        streams=(200,),
    )
    def get(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """Running text as it is written. The id of an event is the position from which to go on after it."""
        access, position = access_to_stream(request), position_of(request)
        found_conversation(access, conversation_id)
        return streamed(request, EventStream(access, partial(ConversationFeed, conversation_id, position)))


class ListEvents(StreamDoor):
    @operation(
        "followConversations",
        "Follow the list",
        {200: (None, "What is begun, changed and deleted, from your position on.")},
        query=StreamQuery,
        refuses=(Code.TOO_MANY,),
        streams=(200,),
    )
    def get(self, request: Request) -> HttpResponse:
        """The id of an event is the position from which to go on after it."""
        access, position = access_to_stream(request), position_of(request)
        return streamed(request, EventStream(access, partial(ListFeed, access.user.pk, position)))


def access_to_stream(request: Request) -> Access:
    """By what somebody is let in; raises Refused if they have too many streams open."""
    access = access_of(request)
    if not programs.has_room(access.user.pk):
        raise Refused(Code.TOO_MANY, headers={"Retry-After": str(AGAIN_AFTER)})
    return access


def streamed(
    request: Request, stream: EventStream, *, instead_of: HttpResponse | None = None
) -> HttpResponse:
    """The answer with which the stream begins, with the status and the place of another."""
    by_ticket = isinstance(request.successful_authenticator, TicketAuthentication)
    return streaming(request._request, stream, of_any_origin=by_ticket, instead_of=instead_of)


def position_of(request: Request) -> Position:
    """Where a browser that comes back says it was, or else where the address says."""
    asked = query_of(request, StreamQuery)
    try:
        return Position.parse(request.headers.get(LAST_EVENT_ID) or asked.position)
    except BadPosition:
        raise Refused(Code.INVALID, [FieldError.of(LAST_EVENT_ID, FieldCode.INVALID)]) from None
