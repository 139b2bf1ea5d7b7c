"""Joining, repairing, resuming: whatever happens in whatever order, pages show what is stored and no more.

`pytest -s` prints what the interleavings came across.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from tests.support import planted_faults
from tests.support.interleaver import Interleaver
from tests.support.simulated_page import STAND_INS
from tests.support.simulated_store import DatabaseStore, MemoryStore, Store
from tests.support.simulation import World, simulated

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = 80
IN_MEMORY, IN_DATABASE = 2_000, 60
SEEDS = st.integers(0, 2**32 - 1)
FAULT_SEEDS = range(200)  # among which each planted fault must show
MET = (
    "events lost", "events repeated", "gaps found", "late or repeated pieces ignored",
    "database calls failed",
    "engines killed", "engines thawed", "writes fenced", "attempts fenced", "replies swept", "replies queued",
    "replies interrupted", "replies stopped", "replies complete", "questions repeated", "sockets lost",
    "pages loaded again", "transcripts drawn anew", "ticks",
)  # fmt: skip

Fault = Callable[[World], dict[str, object]]


@pytest.fixture(autouse=True)
def calls_in_this_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def seen() -> Iterator[Counter[str]]:
    seen: Counter[str] = Counter()
    yield seen
    sys.stdout.write("".join(f"{count:8,}  {what}\n" for what, count in sorted(seen.items())))


def play(
    owner: User, kind: type[Store], seed: int, seen: Counter[str], *, fault: Fault = lambda _: {}
) -> None:
    """One life of everything, from an empty database to the end of all that happens in it."""
    chance = Random(seed)
    with (
        simulated(owner, kind, seen, STAND_INS, resumes=chance.random() < 0.5) as world,
        ExitStack() as stack,
    ):
        for name, stand_in in fault(world).items():
            stack.enter_context(patch(name, stand_in))
        world.loop.run_until_complete(Interleaver(world, chance).play(STEPS))
    seen["interleavings"] += 1


def play_all(owner: User, kind: type[Store], seeds: range, seen: Counter[str], fault: Fault) -> None:
    for seed in seeds:
        play(owner, kind, seed, seen, fault=fault)


def play_many(owner: User, kind: type[Store], count: int, seen: Counter[str]) -> None:
    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(SEEDS)
    def interleave(seed: int) -> None:
        play(owner, kind, seed, seen)

    interleave()


@pytest.mark.timeout(600)
@pytest.mark.embedded_only
def test_pages_show_what_is_stored_whatever_happens(owner: User, seen: Counter[str]) -> None:
    play_many(owner, MemoryStore, IN_MEMORY, seen)

    assert seen["interleavings"] >= IN_MEMORY
    assert [what for what in MET if seen[what] < IN_MEMORY / 40] == []


@pytest.mark.timeout(600)
def test_the_real_database_gives_the_same_promises(owner: User, seen: Counter[str]) -> None:
    play_many(owner, DatabaseStore, IN_DATABASE, seen)

    assert seen["interleavings"] >= IN_DATABASE


@pytest.mark.embedded_only
@pytest.mark.parametrize("fault", planted_faults.IN_MEMORY, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_noticed(fault: Fault, owner: User, seen: Counter[str]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        play_all(owner, MemoryStore, FAULT_SEEDS, seen, fault)


@pytest.mark.embedded_only
@pytest.mark.parametrize("fault", planted_faults.IN_DATABASE, ids=lambda fault: fault.__name__)
def test_a_fault_planted_in_a_transaction_is_noticed(fault: Fault, owner: User, seen: Counter[str]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        play_all(owner, DatabaseStore, FAULT_SEEDS, seen, fault)


@pytest.mark.embedded_only
def test_without_ticks_a_bus_that_loses_nothing_is_enough(owner: User, seen: Counter[str]) -> None:
    play_all(owner, MemoryStore, FAULT_SEEDS, seen, planted_faults.no_tick_but_a_bus_that_loses_nothing)

    assert seen["interleavings"] == len(FAULT_SEEDS)
