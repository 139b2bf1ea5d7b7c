"""How much one person's programs may change in a minute, by whatever token, and who does not heed that."""

import time
from collections import deque

from django.core.cache import cache
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.accounts.access import Access

WRITES = 120  # in one window: more than anybody types, fewer than a loop that went wrong
WINDOW = 60  # seconds
MOST_REFUSED = 100  # times that a socket is told that it is too much, before it is closed
REFUSED_WITHIN = 60  # seconds: what was told before is forgotten


def seconds_to_wait(access: Access) -> int:
    """Count one change of theirs; 0 if it may be, else when the next may."""
    now = int(time.time())
    key = f"api-writes:{access.user.pk}:{now // WINDOW}"
    cache.add(key, 0, 2 * WINDOW)
    try:
        count = cache.incr(key)
    except ValueError:  # dropped this moment, by a cache that is full or was emptied
        return 0
    return WINDOW - now % WINDOW if count > WRITES else 0


class Refusals:
    """When one socket has been told that it is too much."""

    def __init__(self) -> None:
        self._told: deque[float] = deque(maxlen=MOST_REFUSED)

    def add(self) -> bool:
        """Whether one more is to be told: no, once so many have been told in a minute."""
        now = time.monotonic()
        if len(self._told) == self._told.maxlen and now - self._told[0] < REFUSED_WITHIN:
            return False
        self._told.append(now)
        return True


class WritesThrottle(BaseThrottle):
    _wait = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.method not in SAFE_METHODS and isinstance(request.auth, Access):
            self._wait = seconds_to_wait(request.auth)
        return not self._wait

    def wait(self) -> float:
        return self._wait
