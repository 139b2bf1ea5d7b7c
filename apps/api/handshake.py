"""By what a socket is opened: a token or a ticket, from anywhere, or a session, by pages of our own."""

import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from apps.accounts.access import Access, by_session, by_ticket, by_token
from apps.accounts.models import User
from apps.api.authentication import BEARER

TICKET = re.compile(rb"(?:^|&)ticket=")


class ByToken:
    """ASGI middleware that lets handshakes with a token or a ticket in without asking from where they come.

    Browsers send neither by themselves, as they send cookies, which are not looked at then.
    """

    def __init__(self, application: Any, *, otherwise: Any) -> None:
        self._application, self._otherwise = application, otherwise

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        has_credentials = b"authorization" in dict(scope["headers"]) or TICKET.search(scope["query_string"])
        await (self._application if has_credentials else self._otherwise)(scope, receive, send)


def access_by(scope: MutableMapping[str, Any]) -> Access | None:
    """By what the socket of this scope is opened; None if that lets nobody in. Reads the database."""
    header = dict(scope["headers"]).get(b"authorization")
    if header is not None:
        found = BEARER.fullmatch(header.decode("latin-1"))
        return by_token(found[1]) if found else None
    tickets = parse_qs(scope["query_string"].decode("latin-1")).get("ticket")
    if tickets:
        return by_ticket(tickets[-1])
    user = scope.get("user")
    return by_session(user, scope["session"].session_key) if isinstance(user, User) else None
