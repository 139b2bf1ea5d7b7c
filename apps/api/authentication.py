"""Who asks: by a token in a header, or by a browser's session, whose changes need its CSRF token.

`request.auth` is the Access. A token in an address is never read.
"""

import re
from typing import Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.access import Access, by_session, by_token
from apps.accounts.models import User
from apps.api.errors import Code, Refused

BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


class BearerAuthentication(BaseAuthentication):
    """A header that names no valid token lets nobody in, whatever cookies come with it."""

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        header = get_authorization_header(request).decode("latin-1")
        if not header:
            return None
        found = BEARER.fullmatch(header)
        access = by_token(found[1]) if found else None
        if access is None:
            raise AuthenticationFailed
        return access.user, access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Colloquy"'


class BrowserAuthentication(SessionAuthentication):
    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        found = super().authenticate(request)
        if found is None or not isinstance(found[0], User):
            return None
        return found[0], by_session(found[0], request.session.session_key or "")

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise Refused(Code.CSRF) from None


class MayAsk(BasePermission):
    """Whoever has been let in; to change anything, whoever may write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, Access):
            return False
        changes = request.method not in SAFE_METHODS and not getattr(view, "readers_may_post", False)
        if changes and not request.auth.writes:
            raise Refused(Code.READ_ONLY)
        return True


def access_of(request: Request) -> Access:
    access: Any = request.auth
    assert isinstance(access, Access)  # noqa: S101 - what MayAsk has made sure of
    return access
