"""From async code into sync database code: whole actions and reads, on threads of our own.

Never Django's single thread-sensitive thread: one slow query there would stall every stream. Each thread
keeps its connection, since opening one costs more than most calls; see `_attended` for how it heals.
"""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from threading import local
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
R = TypeVar("R")

JOURNAL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")  # one transaction at a time
QUEUE = ThreadPoolExecutor(
    max_workers=1, thread_name_prefix="queue"
)  # a broker that is away blocks who calls it
ACTIONS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="actions")


RESTED = 1.0  # seconds after which a connection is asked whether it still stands

_thread = local()


def _bridge(function: Callable[P, R], executor: ThreadPoolExecutor) -> Callable[P, Awaitable[R]]:
    @wraps(function, updated=())
    async def bridged(*args: P.args, **kwargs: P.kwargs) -> R:
        call = partial(contextvars.copy_context().run, _attended, partial(function, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(executor, call)

    return bridged


def _attended(call: Callable[[], R]) -> R:
    """Make `call` with connections that stand, and keep none on which anything went wrong.

    So a restarted database costs a call only if it went away within the last second.
    """
    rested = time.monotonic() - getattr(_thread, "called_at", 0.0) > RESTED
    for connection in connections.all(initialized_only=True):
        if rested and connection.connection is not None and not connection.is_usable():
            connection.close()
    try:
        return call()
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


def in_queue(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run where waiting for Celery's broker holds up nothing else."""
    return _bridge(function, QUEUE)
