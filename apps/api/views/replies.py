"""What can be done to a message: stopped, continued, written anew, asked in other words, shown, judged."""

from uuid import UUID, uuid4

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from apps.api.authentication import access_of
from apps.api.bodies import Continuation, EditedQuestion, NewVersion, Rating
from apps.api.documents.operation import operation
from apps.api.errors import Code
from apps.api.found import found_message
from apps.api.pages import Accepted, Feedback
from apps.api.parsing import body_of
from apps.api.schemas import Conversation, Message
from apps.api.views.base import Door, answer, nothing
from apps.api.views.messages import accepted, whole
from apps.api.wishes import Choose, Continue, Edit, Rate, Regenerate, Stop, Unrate, grant
from apps.chat.feedback import feedback_on
from apps.chat.models import Feedback as Row
from apps.chat.models import Verdict


class Stopping(Door):
    tag = "Replies"

    @operation(
        "stopReply",
        "Stop a reply",
        {202: (Message, "It ends now, or at its writer’s next step.")},
        refuses=(Code.NOT_POSSIBLE,),
    )
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        """What has been written stays. One that has ended stays as it is."""
        message = found_message(access_of(request), message_id)
        grant(access_of(request), Stop(conversation_id=message.conversation_id, message_id=message.pk))
        return answer(whole(message.pk), 202)


class Continuing(Door):
    tag = "Replies"

    @operation(
        "continueReply",
        "Continue a reply",
        {202: (Message, "It is going to be written on, or has been, behind the attempt that you name.")},
        body=Continuation,
        refuses=(Code.NOT_POSSIBLE,),
    )
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        """For one that was stopped, was interrupted or became as long as its model may write."""
        body = body_of(request, Continuation)
        message = found_message(access_of(request), message_id)
        place = {"conversation_id": message.conversation_id, "message_id": message.pk}
        grant(access_of(request), Continue(**place, attempt=body.attempt))
        return answer(whole(message.pk), 202)


class Versions(Door):
    tag = "Replies"

    @operation(
        "regenerateReply",
        "Write a reply anew",
        {
            201: (Message, "It is going to be written."),
            200: (Message, "Asked before, by the same key."),
        },
        body=NewVersion,
        refuses=(Code.NOT_POSSIBLE, Code.KEY_USED),
        has_location=True,
    )
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        """Beside the other, which stays; in its place if that has no text."""
        body = body_of(request, NewVersion)
        message = found_message(access_of(request), message_id)
        wish = Regenerate(
            conversation_id=message.conversation_id,
            message_id=message.pk,
            key=body.key or uuid4().hex,
            model=body.model,
        )
        reply, new = grant(access_of(request), wish)
        location = reverse("api:message", args=[reply.pk])
        return answer(whole(reply.pk), 201 if new else 200, Location=location)


class Editing(Door):
    tag = "Replies"

    @operation(
        "editQuestion",
        "Ask in other words",
        {
            201: (Accepted, "Stored beside the other."),
            200: (Accepted, "Stored before, by the same key."),
        },
        body=EditedQuestion,
        refuses=(Code.NOT_POSSIBLE, Code.KEY_USED),
        has_location=True,
    )
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        """A new branch begins beside the question, and is shown; the old one stays as it is."""
        body = body_of(request, EditedQuestion)
        message = found_message(access_of(request), message_id)
        wish = Edit(
            conversation_id=message.conversation_id,
            message_id=message.pk,
            key=body.key or uuid4().hex,
            text=body.text,
        )
        return accepted(grant(access_of(request), wish))


class Choice(Door):
    tag = "Replies"

    @operation("chooseBranch", "Show another branch", {200: (Conversation, "With its new head.")})
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        """The one on which this message lies, down to the newest below it, becomes the active path."""
        message = found_message(access_of(request), message_id)
        wish = Choose(conversation_id=message.conversation_id, message_id=message.pk)
        return answer(Conversation.of(grant(access_of(request), wish)))


class FeedbackOn(Door):
    tag = "Replies"

    @operation("readFeedback", "Read feedback", {200: (Feedback, "As you said it.")})
    def get(self, request: Request, message_id: UUID) -> HttpResponse:
        message = found_message(access_of(request), message_id)
        return answer(_told(feedback_on([message]).get(message.pk)))

    @operation(
        "giveFeedback",
        "Give feedback",
        {200: (Feedback, "As you said it.")},
        body=Rating,
        refuses=(Code.NOT_POSSIBLE,),
    )
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        body = body_of(request, Rating)
        message = found_message(access_of(request), message_id)
        wish = Rate(conversation_id=message.conversation_id, message_id=message.pk, **dict(body))
        return answer(_told(grant(access_of(request), wish)))

    @operation(
        "withdrawFeedback", "Take feedback back", {204: (None, "Taken back.")}, refuses=(Code.NOT_POSSIBLE,)
    )
    def delete(self, request: Request, message_id: UUID) -> HttpResponse:
        message = found_message(access_of(request), message_id)
        grant(access_of(request), Unrate(conversation_id=message.conversation_id, message_id=message.pk))
        return nothing()


def _told(row: Row | None) -> Feedback:
    return Feedback(verdict=Verdict(row.verdict), note=row.note) if row else Feedback(verdict=None, note="")
