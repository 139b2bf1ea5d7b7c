"""The systems that are measured, each started afresh, and the model server that they ask."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from apps.ops.process import Process
from apps.ops.stack import CHECKOUT
from tests.benchmarks.meters import pin
from tests.support.product import Embedded, Product, Scaled, _answers, _free_port

OTHER_CORE = {1}


@dataclass(frozen=True)
class System:
    """Its socket, a cookie for each reader, and its processes: the one that serves, and the others."""

    url: str
    cookies: list[str]
    pid: int
    helpers: list[int] = field(default_factory=list)
    databases: list[int] = field(default_factory=list)


@contextmanager
def system(name: str, model_url: str, count: int) -> Iterator[System]:
    """A system, started, with `count` people signed in."""
    if name == "plain":
        with plain(model_url) as (url, pid):
            yield System(url, [""] * count, pid)
        return
    settings = {"OPENAI_BASE_URL": model_url, "OPENAI_MODELS": "bench", "LOG_LEVEL": "WARNING"}
    with product(name, settings) as running:
        cookies = [f"sessionid={account.session}" for account in running.accounts(count)]
        url = f"{running.base_url}/ws/"
        if isinstance(running, Scaled):
            services = running.stack.services
            helpers = [running.stack.processes["worker"].pid]
            yield System(url, cookies, running.pid, helpers, [services.postgres.pid, services.valkey.pid])
        else:
            yield System(url, cookies, running.pid)


def product(name: str, settings: dict[str, str]) -> Product:
    return {"embedded": Embedded, "server": Scaled}[name](settings)


@contextmanager
def plain(model_url: str) -> Iterator[tuple[str, int]]:
    port = _free_port()
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.dev", "DATA_DIR": data}
        with process(
            "plain",
            [sys.executable, "-m", "daphne", "-p", str(port), "tests.benchmarks.plain:application"],
            {**environment, "OPENAI_BASE_URL": model_url},
            port,
        ) as running:
            yield f"http://localhost:{port}/ws/", running.pid


@contextmanager
def model_server() -> Iterator[str]:
    port = _free_port()
    command = [sys.executable, "-m", "tests.benchmarks.model_server", str(port)]
    with ExitStack() as stack:
        running = Process("model", command, environment=dict(os.environ), folder=CHECKOUT)
        stack.callback(running.stop)
        running.start()
        pin(running.pid, OTHER_CORE)
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def process(name: str, command: list[str], environment: dict[str, str], port: int) -> Iterator[Process]:
    running = Process(
        name,
        command,
        environment=environment,
        folder=CHECKOUT,
        ready=lambda: _answers(f"http://localhost:{port}"),
    )
    running.start()
    try:
        yield running
    finally:
        running.stop()
