import re
import subprocess
import sys
from random import Random

import pytest

from apps.ops.drill.faults import KINDS
from apps.ops.drill.plan import plan
from apps.ops.stack import CHECKOUT

HABITS = {name: kind.habit for name, kind in KINDS.items()}
SHORT = ["--rounds", "4", "--clients", "4", "--seed", "11", "--only"]
QUICK = ["web-stop", "postgres-stop", "page-cut", "send-twice"]  # no process to wait for, no task to lose


def test_same_seed_plans_the_same_faults() -> None:
    assert plan(5, 40, HABITS) == plan(5, 40, HABITS)


def test_other_seed_plans_other_faults() -> None:
    assert plan(5, 40, HABITS) != plan(6, 40, HABITS)


def test_every_kind_of_fault_has_its_turn() -> None:
    rounds = sum(habit.weight for habit in HABITS.values())

    assert {planned.first.kind for planned in plan(Random().randrange(10**6), rounds, HABITS)} == set(KINDS)


@pytest.mark.timeout(400)
def test_short_drill_loses_and_doubles_nothing() -> None:
    command = [sys.executable, "manage.py", "drill", *SHORT, *QUICK]

    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    for check in ("acknowledged messages lost", "messages doubled", "characters lost on screen"):
        assert re.search(rf"^{check} +0$", done.stdout, re.MULTILINE)
    assert set(re.findall(r"^\S+-\S+", done.stdout, re.MULTILINE)) == set(QUICK)
