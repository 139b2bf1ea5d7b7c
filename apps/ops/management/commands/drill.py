"""`manage.py drill`: hurt a whole stack on purpose, and show that nothing is lost."""

import asyncio
import os
import sys
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from apps.ops.drill.drill import Drill
from apps.ops.drill.faults import KINDS
from apps.ops.drill.opening import opened
from apps.ops.drill.plan import Round, plan
from apps.ops.drill.report import report
from apps.ops.process import StartFailed


class Command(BaseCommand):
    help = "Run a stack, hurt it at random, and compare every page with the database and the model's script."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rounds", type=int, default=30)
        parser.add_argument("--clients", type=int, default=12, help="open pages, two on each conversation")
        parser.add_argument("--seed", type=int, help="the plan of an earlier drill")
        parser.add_argument("--only", nargs="+", choices=sorted(KINDS), metavar="KIND", help="these faults")
        parser.add_argument("--settled-within", type=float, default=60.0, help="seconds after the last fault")
        parser.add_argument("--log", type=Path, default=os.devnull, help="for what the processes print")

    def handle(
        self, *args: Any, rounds: int, seed: int | None, only: list[str] | None, log: Path, **options: Any
    ) -> None:
        seed = SystemRandom().randrange(10**6) if seed is None else seed
        habits = {name: kind.habit for name, kind in KINDS.items() if not only or name in only}
        self.stdout.write(f"seed {seed}, {rounds} rounds, {options['clients']} clients")
        with tempfile.TemporaryDirectory(prefix="colloquy-drill-") as folder, log.open("w") as printed:
            Path(folder).chmod(0o755)  # the database servers have an account of their own
            drilling = self._drill(plan(seed, rounds, habits), Path(folder), seed, printed, **options)
            try:
                drill = asyncio.run(drilling)
            except StartFailed as error:
                raise CommandError(str(error)) from error
        sys.exit(1 if drill.findings else 0)

    async def _drill(
        self,
        planned: list[Round],
        folder: Path,
        seed: int,
        printed: TextIO,
        *,
        clients: int,
        settled_within: float,
        **_: Any,
    ) -> Drill:
        def note(name: str, line: str) -> None:
            printed.write(f"{datetime.now(UTC):%H:%M:%S.%f} {name:<9}| {line}\n")

        async with opened(folder, clients=clients, seed=seed, echo=note) as stage:
            drill = Drill(stage, planned, self.stdout.write, settled_within)
            await drill.run()
            self.stdout.write(report(drill))
            return drill
