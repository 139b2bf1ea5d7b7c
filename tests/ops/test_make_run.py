"""`make run` as a newcomer uses it: twice on the same data, ended by Ctrl-C."""

import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.ops.stack import CHECKOUT

pytestmark = pytest.mark.embedded_only
DEADLINE = 60  # seconds


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def make_run(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The command in a process group of its own, as a terminal has it, serving."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    environment = {**inherited, "DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
    with subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=CHECKOUT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as running:
        try:
            for line in running.stdout:
                if f"http://localhost:{port}" in line:
                    break
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


def ctrl_c(running: subprocess.Popen[str]) -> tuple[int, str]:
    os.killpg(running.pid, signal.SIGINT)
    output = running.communicate(timeout=DEADLINE)[0]
    return running.returncode, output


def test_it_serves_and_ends_cleanly_and_serves_again(tmp_path):
    port = free_port()
    for _ in range(2):
        with make_run(tmp_path, port) as running:
            page = urllib.request.urlopen(f"http://localhost:{port}/accounts/signup/").read().decode()
            code, output = ctrl_c(running)

        assert "first account" in page
        assert "Traceback" not in output
        assert "Error" not in output
        assert code in {0, -signal.SIGINT}  # make itself goes by the signal

    assert (tmp_path / "colloquy.sqlite3").exists()


def test_a_taken_port_is_said_and_ends_it(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        make_run(tmp_path, taken.getsockname()[1]) as running,
    ):
        running.wait(DEADLINE)

    assert running.returncode != 0
