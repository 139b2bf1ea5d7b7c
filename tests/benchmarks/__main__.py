"""`make bench`: the product beside a plain consumer, on one server core, with the same model server and load.

Ratios within one run count; absolute figures are the machine's. The process that serves has one core for
itself; model server, load, databases and the worker share the other. The model server's first token comes at
once, so that the time to the first token is all the system's own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from apps.ops.stack import CHECKOUT
from tests.benchmarks.load import Plan
from tests.benchmarks.meters import pin
from tests.benchmarks.systems import OTHER_CORE, model_server, system

SERVER_CORE = {0}
HEADINGS = (
    "system",
    "streams",
    "ok/err",
    "lost",
    "first ms p50/p95/p99",
    "added ms p50/p95/p99",
    "CPU ms/1k web+worker+databases",
    "B/tok",
    "MB idle",
    "kB/socket",
    "kB/stream",
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
            for count in arguments.streams:
                lost += run(name, count, model_url)
    say((f"load average {os.getloadavg()[0]:.1f}",))
    return int(lost > 0)


def run(name: str, count: int, model_url: str) -> int:
    """A row; how many replies came short or doubled."""
    with system(name, model_url, count) as running:
        for pid in (*running.helpers, *running.databases):
            pin(pid, OTHER_CORE)
        pin(running.pid, SERVER_CORE)
        result = load(Plan(**asdict(running), is_product=name != "plain"))
    lost: int = result["short"] + result["doubled"] if name != "plain" else 0
    say(row(name, count, lost, result))
    return lost


def say(cells: Iterable[object]) -> None:
    sys.stdout.write(" | ".join(str(cell) for cell in cells) + "\n")
    sys.stdout.flush()


def row(name: str, count: int, lost: int, result: dict[str, Any]) -> tuple[object, ...]:
    return (
        name,
        count,
        f"{result['ok']}/{result['errors']}",
        lost,
        "/".join(f"{value:.0f}" for value in result["first"]),
        "/".join(f"{value:.0f}" for value in result["added"]),
        "+".join(f"{seconds * 1e6 / max(result['tokens'], 1):.0f}" for seconds in result["cpu"]),
        f"{result['bytes']:.0f}",
        f"{result['idle_mb']:.0f}",
        f"{result['socket_kb']:.0f}",
        f"{result['stream_kb']:.0f}",
    )


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


if __name__ == "__main__":
    sys.exit(main())
