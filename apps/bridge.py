"""From async code into sync database code: whole actions and reads, on threads of our own.

Never Django's single thread-sensitive thread: one slow query there would stall every stream. Each thread
keeps its connection, since opening one costs more than most calls; see `_attended` for how it heals.
"""

import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from threading import local
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import connections
from django.db.backends.signals import connection_created
from django.dispatch import receiver

P = ParamSpec("P")
R = TypeVar("R")

RESTED = 1.0  # seconds after which a connection is asked whether it still stands

_thread = local()


def _keep_connections() -> None:
    _thread.called_at = 0.0


def _threads(name: str) -> ThreadPoolExecutor:
    count = settings.BRIDGE_THREADS[name]
    return ThreadPoolExecutor(max_workers=count, thread_name_prefix=name, initializer=_keep_connections)


JOURNAL = _threads("journal")  # one: one transaction at a time
QUEUE = _threads("queue")  # a broker that is away blocks who calls it
ACTIONS = _threads("actions")
VIEWS = _threads("views")  # few: what a burst of changes makes pages read leaves time for running text
LEASE = _threads("lease")  # two: a beat waits neither for the actions nor for a long sweep


@receiver(connection_created)
def _keep(connection: Any, **kwargs: object) -> None:
    """Have it stay open, as if CONN_MAX_AGE were None, if a thread of ours has opened it."""
    if hasattr(_thread, "called_at"):
        connection.close_at = None


@lru_cache(maxsize=64)  # building one costs as much as crossing it
def _bridge(function: Callable[P, R], executor: ThreadPoolExecutor) -> Callable[P, Awaitable[R]]:
    bridged: Callable[P, Awaitable[R]] = database_sync_to_async(
        partial(_attended, function), thread_sensitive=False, executor=executor
    )
    return bridged


def _attended(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call with connections that stand, and keep none on which anything went wrong.

    So a restarted database costs a call only if it went away within the last second.
    """
    rested = time.monotonic() - _thread.called_at > RESTED
    for connection in connections.all(initialized_only=True):
        if rested and connection.connection is not None and not connection.is_usable():
            connection.close()
    try:
        return function(*args, **kwargs)
    finally:
        for connection in connections.all(initialized_only=True):
            if connection.errors_occurred:
                connection.close()
        _thread.called_at = time.monotonic()


def in_journal(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run in order with everything else that the journal's thread stores."""
    return _bridge(function, JOURNAL)


def in_database(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run beside the other reads and actions."""
    return _bridge(function, ACTIONS)


def in_view(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run beside the other reads and drawings that keep open pages right."""
    return _bridge(function, VIEWS)


def in_lease(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run though all the other threads may be waiting."""
    return _bridge(function, LEASE)


def in_queue(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run where waiting for Celery's broker holds up nothing else."""
    return _bridge(function, QUEUE)
