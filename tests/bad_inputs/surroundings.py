"""What stands around the product here: a misbehaving model, and a look at what the product uses up."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.ops.stack import CHECKOUT

API_KEY = "sk-test-0123456789abcdef-never-to-be-seen"


@contextmanager
def model_server() -> Iterator[str]:
    """The address of a model server that does whatever a question tells it."""
    command = [sys.executable, "-m", "tests.bad_inputs.model_server"]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def resident(pid: int) -> int:
    """MiB of memory that a process holds."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) >> 10


def size_of(folder: Path) -> int:
    """MiB of files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) >> 20


def until(condition: Callable[[], bool], *, within: float = 20.0) -> bool:
    """Whether it holds before time is up."""
    deadline = time.monotonic() + within
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held
