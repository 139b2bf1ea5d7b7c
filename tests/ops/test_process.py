import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from apps.ops.process import Process, StartFailed

ENVIRONMENT = {"PATH": os.environ["PATH"]}
CHECKOUT = Path(__file__).resolve().parents[2]
# It listens although whoever started the tests may not. In many short sleeps: a signal that comes just before
# a long one is only looked at when that is over.
PATIENT = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
print('up', flush=True)
while True: time.sleep(0.05)
"""
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{PATIENT}"
PARENT = """
import os, signal, sys
from apps.ops.process import Process
Process("child", [sys.executable, "-c", "import os, signal; print(os.getpid(), flush=True); signal.pause()"],
        environment={}, on_line=lambda name, line: print(line, flush=True)).start()
signal.pause()
"""

Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    started = []

    def start_python(code: str, **options: object) -> Process:
        said: Queue[str] = Queue()
        process = Process(
            "it",
            [sys.executable, "-c", code],
            environment=ENVIRONMENT,
            on_line=lambda _, line: said.put(line),
            **options,
        )
        started.append(process)
        process.start()
        assert said.get(timeout=20) == "up"
        return process

    yield start_python
    for process in started:
        process.stop()


def test_stop_asks_with_the_signal_of_its_choice(start: Start) -> None:
    process = start(PATIENT, stop_signal=signal.SIGINT)

    process.stop()

    assert process.exit_code in (1, 128 + signal.SIGINT, -signal.SIGINT)


def test_stop_ends_what_does_not_listen(start: Start) -> None:
    process = start(STUBBORN, stop_within=0.1)

    process.stop()

    assert process.exit_code == -signal.SIGKILL


def test_restart_gives_another_process(start: Start) -> None:
    process = start(PATIENT)
    before = process.pid

    process.restart()

    assert process.exit_code is None
    assert process.pid != before


def test_end_is_told_without_being_asked(start: Start) -> None:
    ended: Queue[Process] = Queue()
    process = start(PATIENT, on_end=ended.put)

    process.kill()

    assert ended.get(timeout=20) is process


def test_failed_start_quotes_what_was_printed_last() -> None:
    process = Process(
        "it",
        [sys.executable, "-c", "raise SystemExit('no such luck')"],
        environment=ENVIRONMENT,
        ready=lambda: False,
    )

    with pytest.raises(StartFailed, match=r"it ended at once \(exit code 1\)[\s\S]*no such luck"):
        process.start()


def test_failed_start_quotes_what_comes_to_be_read_after_its_end() -> None:
    never = threading.Event()
    process = Process(
        "it",
        [sys.executable, "-c", "raise SystemExit('a first line\\nno such luck')"],
        environment=ENVIRONMENT,
        ready=lambda: False,
        on_line=lambda *_: never.wait(0.5),
    )

    with pytest.raises(StartFailed, match="no such luck"):
        process.start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child's life to its parent's")
def test_nothing_survives_a_killed_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent:
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()

    over, _, _ = select.select([child], [], [], 20)
    os.close(child)

    assert over
