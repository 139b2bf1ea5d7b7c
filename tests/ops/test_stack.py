import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest

from apps.ops.process import StartFailed
from apps.ops.services import Services
from apps.ops.stack import CHECKOUT, Stack

pytestmark = pytest.mark.embedded_only

READY_WITHIN = 60.0  # seconds: Celery beats every ten
STACK = [sys.executable, "manage.py", "stack", "--port", "0"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    environment = {"DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    with Stack(Services(), web=2, environment=environment) as started:
        yield started


def parts_of(stack: Stack) -> dict[str, str]:
    request = urllib.request.Request(f"{stack.url_of(1)}/readyz", headers={"Host": "10.0.0.7:9"})
    try:
        return json.loads(urllib.request.urlopen(request).read())
    except urllib.error.HTTPError as error:
        with error:
            return json.loads(error.read())


@dataclass(frozen=True)
class Terminal:
    """`manage.py stack` as a user starts it, ready."""

    running: subprocess.Popen[str]
    pids: dict[str, int]

    def rest(self) -> str:
        return self.running.communicate(timeout=60)[0]


@pytest.fixture
def terminal(open_folder: Path) -> Iterator[Terminal]:
    environment = {name: value for name, value in os.environ.items() if name not in Services().environment()}
    environment["DATA_DIR"] = str(open_folder)
    with subprocess.Popen(STACK, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = takewhile(lambda line: "ready on http://localhost:" not in line, running.stdout)
        pids = dict(re.findall(r"([\w-]+) is process (\d+)", "".join(lines)))
        yield Terminal(running, {name: int(pid) for name, pid in pids.items()})
        running.kill()


def test_every_web_process_is_alive(stack: Stack) -> None:
    answers = [urllib.request.urlopen(f"{stack.url_of(number)}/livez").status for number in range(2)]

    assert answers == [200, 200]


def test_stack_becomes_ready_and_each_part_says_so(stack: Stack) -> None:
    parts = parts_of(stack)
    deadline = time.monotonic() + READY_WITHIN
    while set(parts.values()) != {"ok"} and time.monotonic() < deadline:
        time.sleep(0.2)
        parts = parts_of(stack)

    assert parts == dict.fromkeys(("database", "migrations", "engine", "tasks", "bus"), "ok")


def test_killed_web_process_comes_back_at_its_address(stack: Stack) -> None:
    stack.processes["web-2"].kill()

    stack.processes["web-2"].start()

    assert urllib.request.urlopen(f"{stack.url_of(1)}/livez").status == 200


def test_busy_port_is_refused_with_its_number(stack: Stack) -> None:
    with pytest.raises(StartFailed, match=rf"Port {stack.ports[0]} is in use"):
        Stack(Services(), port=stack.ports[0])


def test_ctrl_c_stops_everything(terminal: Terminal) -> None:
    terminal.running.send_signal(signal.SIGINT)

    assert terminal.rest().endswith("| stopped\n")
    assert terminal.running.returncode == 0


def test_process_that_ends_by_itself_stops_the_rest_and_is_named(terminal: Terminal) -> None:
    os.kill(terminal.pids["beat"], signal.SIGKILL)

    assert "beat ended by itself" in terminal.rest()
    assert terminal.running.returncode == 128 + signal.SIGKILL
