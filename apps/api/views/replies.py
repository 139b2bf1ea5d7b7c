"""What can be done to a message: stopped, continued, written anew, asked in other words, shown, judged."""

from uuid import UUID, uuid4

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from apps.api.authentication import access_of
from apps.api.bodies import EditedQuestion, NewVersion, Rating
from apps.api.found import found_message
from apps.api.pages import Feedback
from apps.api.parsing import body_of
from apps.api.schemas import Conversation
from apps.api.views.base import Door, answer, nothing
from apps.api.views.messages import accepted, whole
from apps.api.wishes import Choose, Continue, Edit, Rate, Regenerate, Stop, Unrate, grant
from apps.chat.feedback import feedback_on
from apps.chat.models import Feedback as Row
from apps.chat.models import Verdict


class Stopping(Door):
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        message = found_message(access_of(request), message_id)
        grant(access_of(request), Stop(conversation_id=message.conversation_id, message_id=message.pk))
        return answer(whole(message.pk), 202)


class Continuing(Door):
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        message = found_message(access_of(request), message_id)
        grant(access_of(request), Continue(conversation_id=message.conversation_id, message_id=message.pk))
        return answer(whole(message.pk), 202)


class Versions(Door):
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
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
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
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
    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        message = found_message(access_of(request), message_id)
        wish = Choose(conversation_id=message.conversation_id, message_id=message.pk)
        return answer(Conversation.of(grant(access_of(request), wish)))


class FeedbackOn(Door):
    def get(self, request: Request, message_id: UUID) -> HttpResponse:
        message = found_message(access_of(request), message_id)
        return answer(_told(feedback_on([message]).get(message.pk)))

    def post(self, request: Request, message_id: UUID) -> HttpResponse:
        body = body_of(request, Rating)
        message = found_message(access_of(request), message_id)
        wish = Rate(conversation_id=message.conversation_id, message_id=message.pk, **dict(body))
        return answer(_told(grant(access_of(request), wish)))

    def delete(self, request: Request, message_id: UUID) -> HttpResponse:
        message = found_message(access_of(request), message_id)
        grant(access_of(request), Unrate(conversation_id=message.conversation_id, message_id=message.pk))
        return nothing()


def _told(row: Row | None) -> Feedback:
    return Feedback(verdict=Verdict(row.verdict), note=row.note) if row else Feedback(verdict=None, note="")
