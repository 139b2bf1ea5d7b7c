"""A web process from start to drain: Daphne, the live view, an engine, Celery where there is no broker."""

import asyncio
import contextvars
import logging
from collections.abc import Coroutine
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from django.conf import settings

from apps.events import mailbox
from apps.generation.engine import Engine
from apps.live.hub import hub
from apps.llm.registry import close_providers
from apps.ops.background import BackgroundTasks
from apps.ops.drain import cancelled, drain_on_signal, each_in_turn
from apps.ops.inherited import address_of
from apps.ops.listener import Listener, loop

logger = logging.getLogger(__name__)

LOCAL = ("127.0.0.1", "::1")


class Serve:
    """One web process. `run` blocks until a signal has drained it; its exit code follows.

    It listens on `host` and `port`, or on the socket that it inherited as `fd`: two processes that share one
    take over from each other without a refused connection.
    """

    def __init__(
        self,
        application: Any,
        *,
        host: str,
        port: int,
        fd: int | None = None,
        tasks: BackgroundTasks | None,
        grace: float,
    ) -> None:
        if fd is None:
            endpoints = build_endpoint_description_strings(host=host, port=port)
        else:
            endpoints = build_endpoint_description_strings(file_descriptor=fd)
            host, port = address_of(fd)
        self._listener = Listener(application, endpoints, on_listening=self._announce)
        self._address = f"http://{'localhost' if host in LOCAL else host}:{port}"
        self._tasks = tasks
        self._grace = grace
        self._engine = Engine() if settings.ENGINE_IN_WEB else None
        self._loops: list[asyncio.Task[None]] = []

    def run(self) -> int:
        drain_on_signal(loop, self._drain, grace=self._grace)
        loop.call_soon(self._start)
        self._listener.run()
        return 1 if self._listener.failed else 0

    def _start(self) -> None:
        self._spawn(mailbox.run())
        self._spawn(hub.run())
        if self._engine:
            self._spawn(self._engine.start())
        if self._tasks:
            self._tasks.start()

    def _announce(self) -> None:
        if settings.LOG_FORMAT == "json":
            logger.info("Colloquy is at %s", self._address)
        else:
            print(f"Colloquy is at {self._address} - stop it with Ctrl-C.", flush=True)  # noqa: T201 - for a person

    async def _drain(self) -> None:
        self._listener.close_ports()
        hub.drain()
        leaving = asyncio.gather(self._drain_engine(), self._listener.emptied(self._grace))
        await each_in_turn((leaving, self._stop_tasks(), close_providers(), cancelled(self._loops)))
        self._listener.stop()

    async def _drain_engine(self) -> None:
        if self._engine:
            await self._engine.drain(self._grace)

    async def _stop_tasks(self) -> None:
        if self._tasks:
            await asyncio.to_thread(self._tasks.stop)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._loops.append(loop.create_task(work, context=contextvars.Context()))
