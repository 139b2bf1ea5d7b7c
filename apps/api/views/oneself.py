"""Who asks, what they can ask, and the ticket that lets them listen."""

from django.http import HttpResponse
from rest_framework.request import Request

from apps.accounts.access import TICKET_LIFE, issue_ticket
from apps.accounts.models import preferences_of
from apps.api.authentication import access_of
from apps.api.documents.operation import operation
from apps.api.pages import Me, Model, Models, Ticket
from apps.api.views.base import Door, answer
from apps.llm.registry import default_model, model_names, offered, resumes_exactly


class Myself(Door):
    tag = "Yourself"

    @operation("readMe", "Read who you are", {200: (Me, "As whom you are let in, and by what.")})
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
    tag = "Yourself"

    @operation("listModels", "List the models", {200: (Models, "All that can be asked.")})
    def get(self, request: Request) -> HttpResponse:
        models = [
            Model(name=name, default=name == default_model(), resumes_exactly=resumes_exactly(name))
            for name in model_names()
        ]
        return answer(Models(items=models))


class Tickets(Door):
    """What only reads may open sockets and streams as well."""

    tag = "Yourself"
    readers_may_post = True

    @operation("issueTicket", "Get a ticket", {201: (Ticket, "Good for one use.")})
    def post(self, request: Request) -> HttpResponse:
        """For what cannot send headers: pass it as `ticket` to the socket or to an event stream."""
        secret = issue_ticket(access_of(request))
        return answer(Ticket(ticket=secret, expires_in=int(TICKET_LIFE.total_seconds())), 201)
