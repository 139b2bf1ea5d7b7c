"""A web process from start to drain: Daphne, the live view, an engine, Celery where there is no broker."""

import asyncio
import contextvars
import logging
import os
import signal
import threading
from collections.abc import Coroutine
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from django.conf import settings

from apps.events import mailbox
from apps.generation.engine import Engine
from apps.live.hub import hub
from apps.llm.registry import close_providers
from apps.ops.background import BackgroundTasks
from apps.ops.listener import Listener, loop

logger = logging.getLogger(__name__)

DRAIN_MARGIN = 8.0  # seconds beyond the grace period after which a stuck drain is ended


class Serve:
    """One web process. `run` blocks until a signal has drained it; its exit code follows."""

    def __init__(
        self, application: Any, *, host: str, port: int, tasks: BackgroundTasks | None, grace: float
    ) -> None:
        endpoints = build_endpoint_description_strings(host=host, port=port)
        self._listener = Listener(application, endpoints, on_listening=self._announce)
        self._address = f"http://{'localhost' if host in ('127.0.0.1', '::1') else host}:{port}"
        self._tasks = tasks
        self._grace = grace
        self._engine = Engine() if settings.ENGINE_IN_WEB else None
        self._loops: list[asyncio.Task[Any]] = []
        self._draining: asyncio.Task[None] | None = None

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)
        loop.call_soon(self._spawn, self._start())
        self._listener.run()
        return 1 if self._listener.failed else 0

    async def _start(self) -> None:
        self._loops += [self._spawn(mailbox.run()), self._spawn(hub.run())]
        if self._engine:
            await self._engine.start()
        if self._tasks:
            self._tasks.start()

    def _announce(self) -> None:
        print(f"Colloquy is at {self._address} - stop it with Ctrl-C.", flush=True)  # noqa: T201 - the operator reads it

    def _on_signal(self) -> None:
        if self._draining:
            os._exit(130)  # asked twice: now means now; what is stored stays stored
        watchdog = threading.Timer(self._grace + DRAIN_MARGIN, os._exit, args=(1,))
        watchdog.daemon = True
        watchdog.start()
        self._draining = self._spawn(self._drain())

    async def _drain(self) -> None:
        """Let go in order; no step that fails keeps the next from being taken."""
        self._listener.close_ports()
        hub.drain()
        for step in (self._drain_engine(), self._stop_tasks(), close_providers()):
            try:
                await step
            except Exception:
                logger.exception("A step of the drain failed")
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._listener.stop()

    async def _drain_engine(self) -> None:
        if self._engine:
            await self._engine.drain(self._grace)

    async def _stop_tasks(self) -> None:
        if self._tasks:
            await asyncio.to_thread(self._tasks.stop)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = loop.create_task(work, context=contextvars.Context())
        return task
