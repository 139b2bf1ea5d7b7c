"""The server profile on one machine: databases, web, engines, worker and beat, started and stopped as one."""

import os
import queue
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis
from celery import Celery
from kombu.exceptions import OperationalError

from apps.ops.process import Process, StartFailed
from apps.ops.services import Services

CHECKOUT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
DRAIN_WITHIN = 40.0  # seconds a process has to let its replies end
BEATS = "SELECT 1 FROM generation_worker WHERE pid = %s"
LIVEZ_WITHIN = 2.0  # seconds for one look

Echo = Callable[[str, str], None]


def silent(name: str, line: str) -> None:
    """Nobody reads along; a failed start still quotes the last lines."""


class Stack:
    """`services` start first and stop last; `port` 0 takes free ones, consecutive for several `web`.

    With `engines`, processes of their own write the replies; without, the web processes do.
    """

    def __init__(
        self,
        services: Services,
        *,
        port: int = 0,
        web: int = 1,
        engines: int = 0,
        environment: Mapping[str, str] | None = None,
        echo: Echo = silent,
    ) -> None:
        self.services = services
        self.ports = _consecutive_ports(port, web)
        self.processes: dict[str, Process] = {}
        self._engines = engines
        self._extra = {**({"ENGINE_IN_WEB": "false"} if engines else {}), **(environment or {})}
        self._echo = echo
        self._ended: queue.Queue[Process] = queue.Queue()
        self._exit = ExitStack()

    @property
    def base_url(self) -> str:
        return self.url_of(0)

    def url_of(self, web: int) -> str:
        return f"http://localhost:{self.ports[web]}"

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONUNBUFFERED": "1", **self.services.environment(), **self._extra}

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(self.services)
            for server in self.services.processes.values():
                server.on_end = self._ended.put
            self._migrate()
            for process in self._planned():
                self.processes[process.name] = process
                undo.callback(process.stop)
                process.launch()
            for process in self.processes.values():
                process.wait_ready()
            self._exit = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def wait(self) -> Process:
        """Wait until one of the processes is over, and tell which."""
        return self._ended.get()

    def _migrate(self) -> None:
        command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StartFailed(f"The migrations failed.\n{done.stderr}")
        for line in done.stdout.splitlines():
            self._echo("migrate", line)

    def _planned(self) -> list[Process]:
        """Web before engines before worker before beat: they are stopped in the reverse order."""
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]
        # Threads: titles wait for a network, and a killed worker leaves no children of its own behind.
        worker = [*celery, "worker", "--pool", "threads", "--concurrency", "4"]
        return [
            *(self._web(number, port) for number, port in enumerate(self.ports, start=1)),
            *(self._engine(number) for number in range(1, self._engines + 1)),
            self._process("worker", worker, ready=lambda: _worker_answers(self.services.redis_url)),
            self._process("beat", [*celery, "beat"]),
        ]

    def _web(self, number: int, port: int) -> Process:
        command = [sys.executable, "manage.py", "serve", "--host", HOST, "--port", str(port)]
        return self._process(f"web-{number}", command, ready=lambda: _alive(port), stop_within=DRAIN_WITHIN)

    def _engine(self, number: int) -> Process:
        name, command = f"engine-{number}", [sys.executable, "manage.py", "engine"]
        return self._process(name, command, ready=lambda: self._beats(name), stop_within=DRAIN_WITHIN)

    def _beats(self, name: str) -> bool:
        """Whether this engine has taken up its lease: before that it takes no work."""
        try:
            with psycopg.connect(self.services.database_url, connect_timeout=2) as connection:
                return bool(connection.execute(BEATS, [self.processes[name].pid]).fetchone())
        except psycopg.Error:
            return False

    def _process(
        self,
        name: str,
        command: list[str],
        *,
        ready: Callable[[], bool] = lambda: True,
        stop_within: float = 15.0,
    ) -> Process:
        return Process(
            name,
            command,
            environment=self.environment(),
            folder=CHECKOUT,
            ready=ready,
            stop_within=stop_within,
            on_line=self._echo,
            on_end=self._ended.put,
        )


def _consecutive_ports(first: int, count: int) -> list[int]:
    while True:
        start = first or _free_port()
        ports = list(range(start, start + count))
        taken = [port for port in ports if not _is_free(port)]
        if not taken:
            return ports
        if first:
            raise StartFailed(f"Port {taken[0]} is in use or not ours to take: choose another with --port.")


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except (OSError, OverflowError):
        return False
    return True


def _alive(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/livez", timeout=LIVEZ_WITHIN) as response:
            return bool(response.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _worker_answers(redis_url: str) -> bool:
    broker = redis_url.replace("unix://", "redis+socket://")
    try:
        with Celery(broker=broker, set_as_current=False) as asker:
            return bool(asker.control.ping(timeout=0.5, limit=1))
    except (OSError, OperationalError, redis.RedisError):  # the broker may be away as well
        return False
