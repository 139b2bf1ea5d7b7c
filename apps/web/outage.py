"""While the database is away: pages say so and come back by themselves, and the log has a line for each."""

import logging
import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string
from django.utils.log import log_response

from apps.live.closing import RESTART
from apps.web.origin import Application
from apps.web.personal import remembered

logger = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError)
AGAIN_AFTER = 5  # seconds
LIMITED_FOR = 60  # seconds
READING = {"GET", "HEAD"}  # what a browser may ask for again by itself


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler for whatever nobody has caught, in a view or around it."""
    error = sys.exc_info()[1]
    context = {"preferences": remembered(request)}
    if not isinstance(error, AWAY):
        return HttpResponseServerError(render_to_string("500.html", context))
    again_after = AGAIN_AFTER if request.method in READING else None
    page = render_to_string("503.html", {**context, "again_after": again_after})
    response = HttpResponse(page, status=503, headers={"Retry-After": str(AGAIN_AFTER)})
    log_response("The database is away for a page: %s", _kind(error), response=response, logger=logger)
    return response


def too_many(request: HttpRequest) -> HttpResponse:
    """allauth's handler for whoever tries too often: its limits count what happens in a minute."""
    page = render_to_string("429.html", {"preferences": remembered(request)}, request)
    return HttpResponse(page, status=429, headers={"Retry-After": str(LIMITED_FOR)})


class Handshakes:
    """ASGI middleware that refuses sockets which the database cannot vouch for; their pages come back."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            await self.application(scope, receive, send)
        except AWAY as error:
            logger.error("The database is away for a socket: %s", _kind(error))
            await send({"type": "websocket.close", "code": RESTART})


def _kind(error: BaseException) -> str:
    """The driver's word for it, which tells a full pool from a server that is away, and no address."""
    return type(error.__cause__ or error).__name__
