"""Who of the staff has read what somebody wrote, for themselves to see."""

from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.oversight.models import AuditEntry
from apps.oversight.reading import Readings, readings_of
from apps.web.personal import person

LAST = 2**63 - 1  # the highest number of an entry


@require_safe
@never_cache
@login_required
def readings(request: HttpRequest) -> HttpResponse:
    """A page of entries about the user, newest first."""
    page = readings_of(person(request).pk, behind=_behind(request))
    context = {
        "sights": _sights(page),
        "next_url": f"{reverse('readings')}?behind={page.behind}" if page.behind else "",
        "is_first": "behind" not in request.GET,
    }
    return render(request, "settings/readings.html", context)


def _sights(page: Readings) -> list[dict[str, Any]]:
    """What was noted at once, of one person's doing, is told as one: a list shows many titles."""
    alike = groupby(page.entries, lambda entry: (entry.at, entry.staff_id, entry.what, entry.words))
    return [_sight(list(entries), page) for _key, entries in alike]


def _sight(entries: list[AuditEntry], page: Readings) -> dict[str, Any]:
    about = [entry for entry in entries if entry.conversation_id]
    standing = [
        page.standing[entry.conversation_id] for entry in about if entry.conversation_id in page.standing
    ]
    return {"entry": entries[0], "standing": standing, "gone": len(about) - len(standing)}


def _behind(request: HttpRequest) -> int | None:
    if "behind" not in request.GET:
        return None
    try:
        behind = int(request.GET["behind"])
    except ValueError:
        raise Http404 from None
    if not 0 < behind <= LAST:
        raise Http404
    return behind
