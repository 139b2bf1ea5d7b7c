"""`make bench`: the product beside a plain consumer, on one server core, with the same model server and load.

Ratios within one run count; absolute figures are the machine's. The server has one core for itself, model
server, load and databases have the other.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apps.ops.process import Process
from apps.ops.stack import CHECKOUT
from tests.benchmarks.load import Plan
from tests.support.product import Embedded, Product, Scaled, _answers, _free_port

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CORE, OTHER_CORE = {0}, {1}
HEADINGS = (
    "system",
    "streams",
    "ok/err",
    "lost",
    "first ms p50/p95/p99",
    "added ms p50/p95/p99",
    "CPU ms/1k",
    "B/tok",
    "MB",
)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, nargs="+", default=[10, 50, 100, 200, 400])
    parser.add_argument("--systems", nargs="+", default=["plain", "embedded", "server"])
    arguments = parser.parse_args()
    lost = 0
    say(HEADINGS)
    with model_server() as model_url:
        for name in arguments.systems:
            lost += run(name, arguments.streams, model_url)
    return int(lost > 0)


def run(name: str, streams: list[int], model_url: str) -> int:
    """A row for each load; how many replies came short or doubled."""
    lost = 0
    for count in streams:
        with system(name, model_url, count) as (url, cookies, pid):
            os.sched_setaffinity(pid, SERVER_CORE)
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with suppress(ProcessLookupError):  # it has ended meanwhile
                    os.sched_setaffinity(int(thread.name), SERVER_CORE)
            idle, before = megabytes(pid), cpu_seconds(pid)
            result = load(Plan(url, cookies, is_product=name != "plain"))
            used, peak = cpu_seconds(pid) - before, megabytes(pid)
        is_lost = result["short"] + result["doubled"] if name != "plain" else 0
        lost += is_lost
        say(row(name, count, result, used, f"{idle:.0f}-{peak:.0f}"))
    return lost


def say(cells: Iterable[object]) -> None:
    sys.stdout.write(" | ".join(str(cell) for cell in cells) + "\n")
    sys.stdout.flush()


def row(name: str, count: int, result: dict[str, Any], used: float, memory: str) -> tuple[object, ...]:
    return (
        name,
        count,
        f"{result['ok']}/{result['errors']}",
        result["short"] + result["doubled"],
        "/".join(f"{value:.0f}" for value in result["first"]),
        "/".join(f"{value:.0f}" for value in result["added"]),
        f"{used * 1e6 / max(result['tokens'], 1):.0f}",
        f"{result['bytes']:.0f}",
        memory,
    )


@contextmanager
def system(name: str, model_url: str, count: int) -> Iterator[tuple[str, list[str], int]]:
    """A started system: its socket's address, a cookie for each reader, the process to watch."""
    if name == "plain":
        with plain(model_url) as (url, pid):
            yield url, [""] * count, pid
        return
    settings = {"OPENAI_BASE_URL": model_url, "OPENAI_MODELS": "bench", "LOG_LEVEL": "WARNING"}
    with product(name, settings) as running:
        cookies = [f"sessionid={account.session}" for account in running.accounts(count)]
        yield f"{running.base_url}/ws/", cookies, running.pid


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
        os.sched_setaffinity(running.pid, OTHER_CORE)
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


def load(plan: Plan) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(asdict(plan), file)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.load", file.name],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, OTHER_CORE),
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def megabytes(pid: int) -> float:
    """Resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
