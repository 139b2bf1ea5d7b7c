"""What waits to be sent until the answer before it ends."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from apps.api.authentication import access_of
from apps.api.bodies import RevisedMessage
from apps.api.documents.operation import operation
from apps.api.errors import Code
from apps.api.found import found_conversation
from apps.api.pages import Accepted, Queue
from apps.api.parsing import body_of
from apps.api.schemas import QueuedMessage
from apps.api.views.base import Door, answer, nothing
from apps.api.views.messages import accepted
from apps.api.wishes import Resume, Revise, Withdraw, grant
from apps.chat.queue import waiting_in


class QueueOf(Door):
    tag = "Queue"

    @operation("readQueue", "Read what waits", {200: (Queue, "In the order in which it goes.")})
    def get(self, request: Request, conversation_id: UUID) -> HttpResponse:
        conversation = found_conversation(access_of(request), conversation_id)
        waiting = waiting_in(conversation.pk)
        paused = bool(waiting) and conversation.awaited_id is None
        return answer(Queue(items=[QueuedMessage.of(row) for row in waiting], paused=paused))


class OneQueued(Door):
    tag = "Queue"

    @operation(
        "reviseQueued",
        "Change a waiting message",
        {200: (QueuedMessage, "As it waits now.")},
        body=RevisedMessage,
        refuses=(Code.GONE_OUT, Code.QUEUE_FULL),
    )
    def patch(self, request: Request, conversation_id: UUID, queued_id: UUID) -> HttpResponse:
        body = body_of(request, RevisedMessage)
        wish = Revise(conversation_id=conversation_id, queued_id=queued_id, text=body.text)
        return answer(QueuedMessage.of(grant(access_of(request), wish)))

    @operation(
        "withdrawQueued", "Withdraw a waiting message", {204: (None, "Withdrawn.")}, refuses=(Code.GONE_OUT,)
    )
    def delete(self, request: Request, conversation_id: UUID, queued_id: UUID) -> HttpResponse:
        grant(access_of(request), Withdraw(conversation_id=conversation_id, queued_id=queued_id))
        return nothing()


class Resumption(Door):
    tag = "Queue"

    @operation(
        "resumeQueue",
        "Let the next message go",
        {201: (Accepted, "Sent.")},
        has_location=True,
        refuses=(Code.GONE_OUT,),
    )
    def post(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """For a queue that is paused, because the answer before it failed or was interrupted."""
        return accepted(grant(access_of(request), Resume(conversation_id=conversation_id)))
