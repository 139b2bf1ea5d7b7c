"""Every request: its id, its line in the log, its place in the counters. Sockets are counted while open."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps import metrics, trace

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
STATIC = "static"  # instead of a route: files, and whatever else no route has


class RequestMiddleware:
    """First of all, so that it sees every answer. Routes are named, never paths: these may hold secrets."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "") if settings.TRUST_PROXY_HEADERS else ""
        with trace.following(trace.admitted(given)) as request_id:
            began = time.monotonic()
            response = self.get_response(request)
            _note(request, response.status_code, time.monotonic() - began)
            response.headers[HEADER] = request_id
            return response


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    match = request.resolver_match
    route = match.view_name or match.route if match else STATIC
    metrics.REQUESTS.labels(route, f"{status // 100}xx").inc()
    metrics.REQUEST_SECONDS.observe(seconds)
    level = logging.DEBUG if route == STATIC else logging.INFO  # what failed has a line of its own
    facts = {"method": request.method, "route": route, "status": status, "ms": round(seconds * 1000)}
    logger.log(level, "%(method)s %(route)s answered %(status)d in %(ms)d ms", facts, extra={"facts": facts})


class CountedSockets:
    """ASGI middleware that knows how many are open."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        with metrics.SOCKETS.track_inprogress():
            await self._application(scope, receive, send)
