"""One program under our care: started, watched until ready, stopped in bounded time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

LIFELINE = Path(__file__).with_name("lifeline.py")
READY_WITHIN = 180.0  # seconds: a cold start of a whole stack on a busy machine
LOOK_EVERY = 0.05  # seconds between two looks at whether it is ready
KEPT_LINES = 20  # of its output, to explain a failure
READ_WITHIN = 2.0  # seconds after its end; something that it left behind may hold its output open

# A child dies with the thread that started it, so all are started by one thread that lives as long as we do.
_LAUNCHER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="launcher")


class StartFailed(RuntimeError):
    """A program did not come up; the message says which, and ends with what it printed last."""


class Process:
    """`ready` is asked until it says yes; `on_line` gets each line it prints, `on_end` that it is over."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        ready: Callable[[], bool] = lambda: True,
        on_line: Callable[[str, str], None] = lambda name, line: None,
        on_end: Callable[["Process"], None] = lambda process: None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
        stop_within: float = 15.0,
        uid: int | None = None,
        folder: Path = Path("/"),
    ) -> None:
        self.name = name
        self.on_line, self.on_end = on_line, on_end
        self.last_lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._command = [str(part) for part in command]
        self._environment = dict(environment)
        self._ready = ready
        self._stop_signal, self._death_signal, self._stop_within = stop_signal, death_signal, stop_within
        self._uid = -1 if uid is None else uid
        self._folder = folder
        self._child: subprocess.Popen[str] | None = None
        self._all_read = threading.Event()

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number if one killed it."""
        return self._running().poll()

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        self._child = _LAUNCHER.submit(self._spawn).result()
        self._all_read = threading.Event()
        threading.Thread(target=self._read_output, args=(self._child, self._all_read), daemon=True).start()

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not self._ready():
            if self._over_within(LOOK_EVERY):
                self._all_read.wait(READ_WITHIN)
                raise StartFailed(self._explain(f"{self.name} ended at once (exit code {self.exit_code})"))
            if time.monotonic() > deadline:
                raise StartFailed(
                    self._explain(f"{self.name} was not ready within {READY_WITHIN:.0f} seconds")
                )

    def stop(self) -> None:
        """Ask it to end, and end it if it has not within its time. Stopping what is over does nothing."""
        if self._child is None:
            return
        if not self._over_within(0):
            self._child.send_signal(self._stop_signal)
        if not self._over_within(self._stop_within):
            self.kill()

    def kill(self) -> None:
        self._running().kill()
        self._running().wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def _spawn(self) -> subprocess.Popen[str]:
        lifeline = [sys.executable, "-I", "-S", str(LIFELINE), str(os.getpid()), str(int(self._death_signal))]
        return subprocess.Popen(
            [*lifeline, str(self._uid), *self._command],
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,  # the terminal's Ctrl-C is for us alone; we stop them in order
        )

    def _read_output(self, child: subprocess.Popen[str], all_read: threading.Event) -> None:
        output: IO[str] | None = child.stdout
        if output is None:
            return
        with output:
            for line in output:
                self.last_lines.append(line.rstrip())
                self.on_line(self.name, line.rstrip())
        all_read.set()
        child.wait()
        self.on_end(self)

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None:
            raise StartFailed(f"{self.name} was never started")
        return self._child

    def _over_within(self, seconds: float) -> bool:
        try:
            self._running().wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _explain(self, what: str) -> str:
        return "\n  ".join([f"{what}.", *self.last_lines])
