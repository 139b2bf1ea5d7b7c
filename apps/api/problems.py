"""How whatever goes wrong below /api/ becomes a problem that programs can read."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions

from apps.api.errors import BY_STATUS, CONTENT_TYPE, Code, Refused, told

BELOW = "/api/"
KEPT = ("Allow", "Retry-After", "WWW-Authenticate")
CODES: dict[type[Exception], Code] = {
    Http404: Code.ABSENT,
    RequestDataTooBig: Code.TOO_LARGE,
    SuspiciousOperation: Code.MALFORMED,
    exceptions.NotFound: Code.ABSENT,
    exceptions.ParseError: Code.MALFORMED,
    exceptions.MethodNotAllowed: Code.METHOD_NOT_ALLOWED,
    exceptions.NotAcceptable: Code.NOT_ACCEPTABLE,
    exceptions.UnsupportedMediaType: Code.UNSUPPORTED_MEDIA_TYPE,
}


def handled(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The REST framework's handler. None leaves it to Django's, which tells and logs what nobody expected."""
    match error:
        case Refused():
            return told(error)
        case exceptions.AuthenticationFailed():
            return told(Refused(Code.UNAUTHORIZED, headers=_challenge(error, ', error="invalid_token"')))
        case exceptions.NotAuthenticated():
            return told(Refused(Code.UNAUTHORIZED, headers=_challenge(error)))
        case exceptions.Throttled():
            return told(Refused(Code.TOO_MANY, headers={"Retry-After": str(getattr(error, "wait", 1))}))
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
    return told(Refused(code)) if code else None


class ProblemsMiddleware:
    """Has every error below /api/ told as a problem, whoever answered it: Django, a middleware, or we."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.status_code < 400 or not request.path.startswith(BELOW):
            return response
        if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        kept = {name: response[name] for name in KEPT if name in response}
        return told(Refused(BY_STATUS.get(response.status_code, Code.MALFORMED), headers=kept))


def _challenge(error: exceptions.APIException, more: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": f"{getattr(error, 'auth_header', 'Bearer')}{more}"}
