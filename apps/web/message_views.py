"""What is asked about one message: how it came to be, and what its reader thinks of it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.chat.models import Message
from apps.web.access import owned_message
from apps.web.cards import cards_of
from apps.web.details import details_of


@require_safe
@never_cache
@login_required
def details(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """A sheet for htmx, a page of its own for anyone else."""
    message = owned_message(request, conversation_id, message_id)
    return _sheet(request, "chat/_details.html", message, {"details": details_of(message)})


@require_safe
@never_cache
@login_required
def note(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """The form for what somebody has to say about an answer."""
    message = owned_message(request, conversation_id, message_id)
    return _sheet(request, "chat/_note.html", message, {"card": cards_of([message])[0]})


def _sheet(request: HttpRequest, name: str, message: Message, context: dict[str, object]) -> HttpResponse:
    if "HX-Request" in request.headers:
        return render(request, name, context)
    return render(request, "chat/sheet.html", {**context, "sheet": name, "message": message})
