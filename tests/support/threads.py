"""Several callers at the same moment, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

R = TypeVar("R")


def at_once(*calls: Callable[[], R]) -> list[R]:
    """What `calls` return, begun together; needs `django_db(transaction=True)`."""
    together = Barrier(len(calls))

    def call(function: Callable[[], R]) -> R:
        together.wait(timeout=10)
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))
