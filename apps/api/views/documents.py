"""The documents of the API: as programs read them, and as people do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.api.documents.kept import kept
from apps.api.documents.reference import reference
from apps.api.documents.socket_reference import socket_reference
from apps.api.parsing import JSON


@require_safe
def document(request: HttpRequest, name: str) -> HttpResponse:
    """As it is kept: tests hold it to the code."""
    return HttpResponse(kept(name), content_type=JSON)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api/reference.html", {"reference": reference()})


@require_safe
def socket_page(request: HttpRequest) -> HttpResponse:
    return render(request, "api/socket.html", {"reference": socket_reference()})
