"""From async code into sync database code: whole actions and reads, on threads of our own.

Never Django's single thread-sensitive thread: one slow query there would stall every stream. Each call
closes what connection it was left with, so a restarted database heals by itself.
"""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
R = TypeVar("R")

JOURNAL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")  # one transaction at a time
QUEUE = ThreadPoolExecutor(
    max_workers=1, thread_name_prefix="queue"
)  # a broker that is away blocks who calls it
ACTIONS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="actions")


def _bridge(function: Callable[P, R], executor: ThreadPoolExecutor) -> Callable[P, Awaitable[R]]:
    bridged: Callable[P, Awaitable[R]] = database_sync_to_async(
        function, thread_sensitive=False, executor=executor
    )
    return bridged


def in_journal(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run in order with everything else that the journal's thread stores."""
    return _bridge(function, JOURNAL)


def in_database(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run beside the other reads and actions."""
    return _bridge(function, ACTIONS)


def in_queue(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`function`, awaitable, run where waiting for Celery's broker holds up nothing else."""
    return _bridge(function, QUEUE)
