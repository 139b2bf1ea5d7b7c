"""Health, for whoever runs the servers."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

LIVENESS_PATH = "/livez"


class LivenessMiddleware:
    """Answers 200 as long as this process serves requests, whatever host or scheme the probe spells."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == LIVENESS_PATH:
            return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})
        return self.get_response(request)
