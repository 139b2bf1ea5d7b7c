"""`manage.py stack`: the server profile on this machine, until Ctrl-C."""

import os
import signal
import sys
from argparse import ArgumentParser
from threading import Lock
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.ops.process import Process, StartFailed
from apps.ops.services import Services
from apps.ops.stack import Stack

COLOURS = ("36", "33", "32", "35", "34", "31")  # ANSI, given out in order of first appearance
NAME_WIDTH = 8


class StopRequested(Exception):
    """SIGINT or SIGTERM arrived."""


class Printer:
    """Lines of many processes on one terminal, each with its name in front."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._colours: dict[str, str] = {}

    def __call__(self, name: str, line: str) -> None:
        label = f"{name:<{NAME_WIDTH}}|"
        with self._lock:
            if sys.stdout.isatty():
                colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
                label = f"\033[{colour}m{label}\033[0m"
            sys.stdout.write(f"{label} {line}\n")
            sys.stdout.flush()


class Command(BaseCommand):
    help = "Run PostgreSQL, a Redis-compatible server, web, worker and beat together until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="of the first web process; 0 takes a free one"
        )
        parser.add_argument("--web", type=int, default=1, help="how many web processes, on consecutive ports")
        parser.add_argument(
            "--engines",
            type=int,
            default=0,
            help="how many processes write replies; 0 leaves that to the web's",
        )

    def handle(self, *args: Any, port: int, web: int, engines: int, **options: Any) -> None:
        printer = Printer()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _request_stop)
        try:
            stack = Stack(self._services(), port=port, web=web, engines=engines, echo=printer)
            printer("stack", "starting")
            with stack:
                for process in stack.processes.values():
                    printer("stack", f"{process.name} is process {process.pid}")
                printer("stack", f"ready on {stack.base_url} (Ctrl-C stops it)")
                ended = stack.wait()
                if ended.name in stack.services.processes:  # nobody has read its output yet
                    printer(ended.name, "\n".join(ended.last_lines))
                printer("stack", f"{ended.name} ended by itself; stopping the rest")
        except StopRequested:
            printer("stack", "stopped")
        except StartFailed as error:
            raise CommandError(str(error)) from error
        else:
            sys.exit(_exit_status(ended))

    def _services(self) -> Services:
        """The servers that the environment names, ours for those that it does not."""
        return Services(
            settings.DATA_DIR / "stack",
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
        )


def _request_stop(number: int, frame: FrameType | None) -> None:
    raise StopRequested


def _exit_status(ended: Process) -> int:
    """The exit code of the one that ended, as a shell tells it."""
    code = ended.exit_code or 0
    return 128 - code if code < 0 else code or 1
