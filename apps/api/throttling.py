"""How much one person's programs may change in a minute, whatever tokens they use."""

import time

from django.core.cache import cache
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.accounts.access import Access

WRITES = 120  # in one window: more than anybody types, fewer than a loop that went wrong
WINDOW = 60  # seconds


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


class WritesThrottle(BaseThrottle):
    _wait = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.method not in SAFE_METHODS and isinstance(request.auth, Access):
            self._wait = seconds_to_wait(request.auth)
        return not self._wait

    def wait(self) -> float:
        return self._wait
