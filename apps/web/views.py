"""The pages and fragments that a browser asks for, and the plain form posts of every command."""

import uuid
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.chat import reading
from apps.chat.drafts import Saved
from apps.chat.models import Conversation
from apps.chat.reading import Window
from apps.chat.revisions import account_revs
from apps.chat.text import clean
from apps.llm.registry import model_names
from apps.web import fragments, wording
from apps.web.access import owned, owned_message
from apps.web.cards import Position
from apps.web.commands import Rejected, perform
from apps.web.lists import FILING, undo_of
from apps.web.pages import (
    choices_context,
    drafts_context,
    items_context,
    queue_context,
    stretch_context,
    transcript_context,
)
from apps.web.personal import person, preferences_for
from apps.web.posts import posted

IN_ADDRESS = ("key", "model")  # of a button, which has but one value
RATING = {"like", "dislike", "unrate", "note"}  # no other page may draw what these change, so the answer does


@require_safe
@never_cache
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """An empty page; its first message begins the conversation whose id it carries."""
    deleted = undo_of("delete", person(request).pk, request.GET.get("deleted", ""))
    context = {"new_id": uuid.uuid4(), "undo": deleted, **page_context(request, None)}
    return render(request, "chat/page.html", context)


@require_safe
@never_cache
def offline(request: HttpRequest) -> HttpResponse:
    """What a browser keeps, to show it where a page cannot be loaded."""
    return render(request, "offline.html")


@require_safe
@never_cache
@login_required
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The newest stretch of a transcript, with the text so far of what is being written."""
    return render(request, "chat/page.html", page_context(request, owned(request, conversation_id)))


@require_safe
@never_cache
@login_required
def older(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """The stretch of the path above a message: a fragment for htmx, a page of its own for anyone else."""
    message = owned_message(request, conversation_id, message_id)
    shown = message.conversation
    return _stretch(request, shown, reading.window_above(shown, message), "older")


@require_safe
@never_cache
@login_required
def newer(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """The stretch below a message, likewise; from a message of another branch, what is shown now."""
    message = owned_message(request, conversation_id, message_id)
    shown = message.conversation
    window = reading.window_below(shown, message)
    return _stretch(request, shown, window or reading.newest_window(shown), "newer")


@require_safe
@never_cache
@login_required
def at(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """The transcript around one message, however old; of another version, an offer to show that."""
    message = owned_message(request, conversation_id, message_id)
    shown = message.conversation
    window = reading.window_around(shown, message)
    if "HX-Request" in request.headers:
        if window is None:
            return HttpResponse(status=204)
        return render(request, "chat/_cards.html", transcript_context(window))
    place = {"at": message_id} if window else {"elsewhere": message_id}
    return render(request, "chat/page.html", {**page_context(request, shown, window), **place})


@require_safe
@never_cache
@login_required
def source(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """A message as it was written, for the clipboard."""
    message = owned_message(request, conversation_id, message_id)
    return HttpResponse(reading.whole_text(message), content_type="text/plain; charset=utf-8")


@require_POST
@login_required
def command(request: HttpRequest, conversation_id: UUID, name: str) -> HttpResponse:
    """Grant a wish; htmx hears of its effect by the socket, a plain form is led back to the page."""
    named = {name: request.GET[name] for name in IN_ADDRESS if name in request.GET}
    values: dict[str, Any] = {**named, **posted(request), "conversation": str(conversation_id)}
    try:
        done = perform(person(request), name, values)
    except Rejected as rejected:
        if rejected.code == "absent":
            raise Http404 from rejected
        return _rejected(request, rejected.code, values)
    if isinstance(done, Saved):
        return HttpResponse(done.fate, content_type="text/plain")
    is_rating = name in RATING
    undo = undo_of(name, person(request).pk, conversation_id)
    if "HX-Request" in request.headers:
        if is_rating:
            return HttpResponse(fragments.changed_messages([done]))
        return render(request, "chat/_toast.html", undo) if undo else HttpResponse(status=204)
    if name == "choose" or is_rating:
        return redirect("at", conversation_id, values["message"])
    return _led_back(request, conversation_id, name, is_begun="new" not in values)


def _led_back(request: HttpRequest, conversation_id: UUID, name: str, *, is_begun: bool) -> HttpResponse:
    """To the conversation; from the list, to where that was shown; and from what is no more, to a new one."""
    if not is_begun:
        return redirect("new")
    if name == "delete":
        return redirect(f"{reverse('new')}?{urlencode({'deleted': conversation_id})}")
    shown_at = request.headers.get("Referer", "")
    if name in FILING and url_has_allowed_host_and_scheme(shown_at, {request.get_host()}):
        return redirect(shown_at)
    return redirect("conversation", conversation_id)


def _rejected(request: HttpRequest, code: str, values: dict[str, Any]) -> HttpResponse:
    """The reason; a plain form finds it on its page, with all that was written."""
    context = {"key": clean(values.get("key", "")), "error": wording.rejection(code)}
    if "HX-Request" in request.headers:
        return render(request, "chat/_composer_error.html", context, status=422)
    pk = values["conversation"]
    shown = Conversation.objects.owned_by(person(request).pk).filter(pk=pk).first()
    unsent = {f"unsent_{name}": clean(values.get(name, "")) for name in ("text", "instructions")}
    page = {"new_id": pk, **page_context(request, shown), **unsent, "error": context["error"]}
    return render(request, "chat/page.html", page, status=422)


def page_context(
    request: HttpRequest, shown: Conversation | None, window: Window | None = None
) -> dict[str, Any]:
    """Revs are read before the rows: a socket that goes on from here hears too much, never too little."""
    owner_id = person(request).pk
    position = Position(shown.pk if shown else "", shown.rev if shown else 0, *account_revs(owner_id))
    transcript = transcript_context(window or reading.newest_window(shown)) if shown else {"cards": []}
    items = items_context(owner_id, current=shown.pk if shown else None)
    parts = {
        **transcript,
        **items,
        **queue_context(shown),
        **drafts_context(owner_id, shown.pk if shown else None, wanted=request.GET.get("draft", "")),
    }
    return {
        "conversation": shown,
        "position": position,
        "key": uuid.uuid4(),
        **parts,
        **_choices(request, shown),
    }


def _choices(request: HttpRequest, shown: Conversation | None) -> dict[str, Any]:
    chosen = shown or Conversation(model_name=preferences_for(request).model_name)
    return {"models": model_names(), **choices_context(chosen)}


def _stretch(request: HttpRequest, shown: Conversation, window: Window, side: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return render(request, "chat/fragments/stretch.html", stretch_context(window, side))
    return render(request, "chat/page.html", page_context(request, shown, window))
