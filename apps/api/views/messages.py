"""Messages: the active path, the tree, one of them; sending."""

from functools import partial
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from pydantic import Field
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from apps.api import cursors
from apps.api.authentication import access_of
from apps.api.bodies import NewMessage
from apps.api.documents.operation import operation
from apps.api.errors import Code, Refused
from apps.api.fields import Cursor, Id, Limit, Said
from apps.api.found import found_conversation, found_message
from apps.api.pages import Accepted, Attempts, MessagePage, TreePage
from apps.api.parsing import body_of, query_of
from apps.api.reply_feed import ReplyFeed
from apps.api.schemas import Attempt, Message, MessageFacts, QueuedMessage
from apps.api.streams import EventStream
from apps.api.views.base import Door, answer
from apps.api.views.streams import EventStreamRenderer, access_to_stream, streamed
from apps.api.wishes import Send, grant
from apps.chat import reading
from apps.chat.asking import Sent
from apps.chat.models import Message as Row
from apps.chat.queue import Queued
from apps.chat.tree import tree_page
from apps.generation.reading import attempts_at


class MessageQuery(Said):
    """Which stretch of the active path."""

    limit: Limit = 50
    before: Id | None = Field(default=None, description="The stretch above this message; the newest without.")


class TreeQuery(Said):
    limit: Limit = 100
    cursor: Cursor | None = None


class Messages(Door):
    tag = "Messages"
    renderer_classes = (JSONRenderer, EventStreamRenderer)

    def get_renderers(self) -> list[BaseRenderer]:
        """Only what is sent is answered by a stream."""
        renderers: list[BaseRenderer] = super().get_renderers()
        return renderers if self.request.method == "POST" else renderers[:1]

    @operation(
        "readMessages",
        "Read the active path",
        {200: (MessagePage, "From the newest up; in reading order.")},
        query=MessageQuery,
    )
    def get(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """The messages that are shown, with the text so far of what is being written.

        A page may hold fewer than `limit` if they are long.
        """
        query = query_of(request, MessageQuery)
        conversation = found_conversation(access_of(request), conversation_id)
        if query.before is None:
            window = reading.newest_window(conversation, most=query.limit)
        else:
            below = conversation.messages.filter(pk=query.before).first()
            if below is None:
                raise Refused(Code.ABSENT)
            window = reading.window_above(conversation, below, most=query.limit)
        before = window.messages[0].pk if window.has_older else None
        return answer(MessagePage(items=[Message.of(row) for row in window.messages], before=before))

    @operation(
        "sendMessage",
        "Send a message",
        {
            201: (Accepted, "Stored: the question, and the reply that is to be written."),
            202: (Accepted, "Queued: an answer runs; it goes when that ends."),
            200: (Accepted, "Stored before, by the same key: as it is now."),
        },
        body=NewMessage,
        refuses=(Code.NOT_POSSIBLE, Code.STALE, Code.QUEUE_FULL, Code.KEY_USED),
        has_location=True,
        streams=(200, 201, 202),
    )
    def post(self, request: Request, conversation_id: UUID) -> HttpResponseBase:
        """The reply is written whether you listen or not: read it, or follow its conversation.

        Or accept `text/event-stream`: the answer is then the reply as it is written, and ends with it.
        """
        body = body_of(request, NewMessage)
        key = body.key or uuid4().hex
        wish = Send(**{**dict(body), "key": key}, conversation_id=conversation_id)
        if not isinstance(request.accepted_renderer, EventStreamRenderer):
            return accepted(grant(access_of(request), wish))
        access = access_to_stream(request)
        done = grant(access, wish)
        stream = EventStream(access, partial(ReplyFeed, done))
        return streamed(request, stream, instead_of=accepted(done))


class Tree(Door):
    tag = "Messages"

    @operation(
        "readTree",
        "Read the tree",
        {200: (TreePage, "In the order in which they last changed.")},
        query=TreeQuery,
    )
    def get(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """All messages of all branches, without their texts; `parent_id` says what lies below what.

        One that changes while you read comes again at the end: keep the later one, and nothing is missing.
        """
        query = query_of(request, TreeQuery)
        conversation = found_conversation(access_of(request), conversation_id)
        behind = cursors.place_of(query.cursor) if query.cursor is not None else None
        nodes, more = tree_page(conversation.pk, behind=behind, size=query.limit)
        items = [MessageFacts.of_unread(node.message, length=node.length) for node in nodes]
        return answer(TreePage(items=items, next=cursors.spelled_place(more) if more else None))


class OneMessage(Door):
    tag = "Messages"

    @operation("readMessage", "Read a message", {200: (Message, "As it is now, running text included.")})
    def get(self, request: Request, message_id: UUID) -> HttpResponse:
        return answer(whole(found_message(access_of(request), message_id).pk))


class AttemptsAt(Door):
    tag = "Messages"

    @operation("readAttempts", "Read its attempts", {200: (Attempts, "The newest twenty.")})
    def get(self, request: Request, message_id: UUID) -> HttpResponse:
        message = found_message(access_of(request), message_id)
        return answer(Attempts(items=[Attempt.of(row) for row in attempts_at(message.pk)]))


def whole(message_id: UUID) -> Message:
    """A message with all of its text, running or not."""
    try:
        return Message.of(reading.whole(message_id))
    except Row.DoesNotExist:  # its conversation has been taken away this moment
        raise Refused(Code.ABSENT) from None


def accepted(done: Sent | Queued) -> HttpResponse:
    """What has been stored: now (201), in the queue (202), or by the same key before (200)."""
    if isinstance(done, Queued):
        waiting = Accepted(question=None, reply=None, queued=QueuedMessage.of(done.message))
        return answer(waiting, 202 if done.new else 200)
    pair = Accepted(question=Message.of(done.question), reply=whole(done.reply.pk), queued=None)
    location = reverse("api:message", args=[done.reply.pk])
    return answer(pair, 201 if done.new else 200, Location=location)
