"""Notes where people are signed in, once in a while."""

import logging
import time
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from apps.accounts.devices import SEEN_EVERY, see
from apps.accounts.models import User

logger = logging.getLogger(__name__)

MOST_KNOWN = 20_000  # sessions that a process remembers to have seen


class PresenceMiddleware:
    """Stores that somebody has been seen: at their first request here, and then seldom enough."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._seen: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        if key and isinstance(request.user, User) and self._is_due(key):
            self._note(request, request.user, key)
        return self._get_response(request)

    def _is_due(self, key: str) -> bool:
        now = time.monotonic()
        if now - self._seen.get(key, -SEEN_EVERY.total_seconds()) < SEEN_EVERY.total_seconds():
            return False
        if len(self._seen) >= MOST_KNOWN:
            self._seen.clear()
        self._seen[key] = now
        return True

    def _note(self, request: HttpRequest, user: User, key: str) -> None:
        """A note that cannot be made keeps nobody from their page."""
        agent, address = request.META.get("HTTP_USER_AGENT", ""), request.META.get("REMOTE_ADDR") or None
        try:
            see(user, key, user_agent=agent, address=address)
        except DatabaseError as error:
            logger.warning("A device could not be noted: %s", type(error).__name__)
