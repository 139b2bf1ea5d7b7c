"""Who opens a socket, by the session of a cookie."""

from typing import Any

from channels.sessions import CookieMiddleware, SessionMiddleware
from django.contrib.auth.models import AnonymousUser

from apps.accounts.sessions import signed_in_by
from apps.bridge import in_database
from apps.web.origin import Application


class Visitors:
    """ASGI middleware that puts `cookies`, `session` and `user` into the scope, and changes no session.

    Channels' own deletes one that was begun under a former SECRET_KEY.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._with_session = CookieMiddleware(SessionMiddleware(self._enter))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self._with_session(scope, receive, send)

    async def _enter(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        user = await in_database(signed_in_by)(scope["session"])
        await self._application({**scope, "user": user or AnonymousUser()}, receive, send)
