"""Lists of conversations: the main one, what is found in it, the archive, and the palette's."""

import uuid
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.chat.models import Conversation
from apps.chat.querysets import Mark
from apps.chat.text import MAX_TITLE, clean
from apps.web.lists import archive_context, found_context, palette_context
from apps.web.pages import items_context, mark_from
from apps.web.personal import person
from apps.web.views import page_context


@require_safe
@never_cache
@login_required
def conversations(request: HttpRequest) -> HttpResponse:
    """The list, or what has `words` in its title; or the stretch of either behind where another ended."""
    owner_id, mark, words = person(request).pk, _mark(request), _words(request)
    if "words" in request.GET:
        context = found_context(owner_id, words, behind=mark) if words else {}
        return _page_or(request, "chat/_found.html", context)
    return _page_or(request, "chat/_items.html", items_context(owner_id, behind=mark))


@require_safe
@never_cache
@login_required
def archive(request: HttpRequest) -> HttpResponse:
    """What has been put away."""
    context = archive_context(person(request).pk, behind=_mark(request))
    if "HX-Request" in request.headers:
        return render(request, "chat/_archived.html", context)
    return render(request, "chat/archive.html", {**page_context(request, None), **context})


@require_safe
@never_cache
@login_required
def palette(request: HttpRequest) -> HttpResponse:
    """What the palette offers for its words, on the page of a conversation or another."""
    owner_id, pk = person(request).pk, request.GET.get("conversation", "")
    try:
        shown = Conversation.objects.owned_by(owner_id).filter(pk=UUID(pk)).first() if pk else None
    except ValueError:
        raise Http404 from None
    return render(request, "chat/_options.html", palette_context(owner_id, _words(request), shown))


def _page_or(request: HttpRequest, fragment: str, context: dict[str, object]) -> HttpResponse:
    """A fragment for htmx, a page of its own for anyone else."""
    if "HX-Request" in request.headers:
        return render(request, fragment, {**context, "is_fragment": True})
    return render(
        request, "chat/page.html", {"new_id": uuid.uuid4(), **page_context(request, None), **context}
    )


def _words(request: HttpRequest) -> str:
    return clean(request.GET.get("words", ""))[:MAX_TITLE].strip()


def _mark(request: HttpRequest) -> Mark | None:
    """Where the stretch begins that is asked for; at the top if that is not said."""
    try:
        return mark_from(request.GET["behind"]) if "behind" in request.GET else None
    except (ValueError, OverflowError):
        raise Http404 from None
