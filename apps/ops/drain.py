"""How a process of ours ends: at the first signal it drains, at the second it goes; a watchdog sees to it."""

import asyncio
import contextvars
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

logger = logging.getLogger(__name__)

MARGIN = 8.0  # seconds beyond the grace period after which a stuck drain is ended
ASKED_TWICE = 130  # exit code


def drain_on_signal(
    loop: asyncio.AbstractEventLoop, drain: Callable[[], Coroutine[Any, Any, None]], *, grace: float
) -> None:
    """Run `drain` in `loop` at the first SIGINT or SIGTERM; it must end the process's work by itself."""
    tasks: list[asyncio.Task[None]] = []

    def on_signal() -> None:
        if tasks:
            os._exit(ASKED_TWICE)  # what is stored stays stored
        watchdog = threading.Timer(grace + MARGIN, os._exit, args=(1,))
        watchdog.daemon = True
        watchdog.start()
        tasks.append(loop.create_task(drain(), context=contextvars.Context()))

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)


async def each_in_turn(steps: Iterable[Awaitable[object]]) -> None:
    """Take every step, whatever becomes of the one before."""
    for step in steps:
        try:
            await step
        except Exception:
            logger.exception("A step of the drain failed")


async def cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks and wait until they have ended."""
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
