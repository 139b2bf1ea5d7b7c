"""What every door of REST does: who asks, may they, how often, and how the answer is spelled."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.api.authentication import BearerAuthentication, BrowserAuthentication, MayAsk
from apps.api.parsing import JSON, Unread
from apps.api.problems import handled
from apps.api.throttling import WritesThrottle


class Door(APIView):
    """A resource of /api/v1/. Nobody is asked who they are before it is clear that there is such a method."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (BearerAuthentication, BrowserAuthentication)
    permission_classes = (MayAsk,)
    throttle_classes = (WritesThrottle,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JSONRenderer,)
    parser_classes = (Unread,)
    tag = ""
    readers_may_post = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    def get_exception_handler(self) -> Any:
        return handled


def answer(model: BaseModel, status: int = 200, **headers: str) -> HttpResponse:
    """What we say, as JSON."""
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(model.model_dump_json(), status=status, content_type=JSON, headers=spelled)


def nothing() -> HttpResponse:
    return HttpResponse(status=204)
