"""Who asks, what they can ask, and the ticket that lets them listen."""

from django.http import HttpResponse
from rest_framework.request import Request

from apps.accounts.access import TICKET_LIFE, issue_ticket
from apps.accounts.models import preferences_of
from apps.api.authentication import access_of
from apps.api.pages import Me, Model, Models, Ticket
from apps.api.views.base import Door, answer
from apps.llm.registry import default_model, model_names, offered, resumes_exactly


class Myself(Door):
    def get(self, request: Request) -> HttpResponse:
        access = access_of(request)
        me = Me(
            email=access.user.email,
            name=access.user.first_name,
            model=offered(preferences_of(access.user).model_name),
            by="token" if access.token_id else "session",
            token_id=access.token_id,
            writes=access.writes,
        )
        return answer(me)


class ModelList(Door):
    def get(self, request: Request) -> HttpResponse:
        models = [
            Model(name=name, default=name == default_model(), resumes_exactly=resumes_exactly(name))
            for name in model_names()
        ]
        return answer(Models(items=models))


class Tickets(Door):
    """A token that may only read opens sockets and streams as well."""

    readers_may_post = True

    def post(self, request: Request) -> HttpResponse:
        secret = issue_ticket(access_of(request))
        return answer(Ticket(ticket=secret, expires_in=int(TICKET_LIFE.total_seconds())), 201)
