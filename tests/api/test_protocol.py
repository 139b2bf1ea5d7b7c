"""Programs have what is stored, whatever happens in whatever order, and wherever they are cut off.

`pytest -s` prints what the interleavings came across.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.api import feed
from tests.support.interleaver import Interleaver
from tests.support.simulated_program import Program
from tests.support.simulated_store import DatabaseStore, MemoryStore, Store
from tests.support.simulation import simulated

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = 5  # code points in a piece here: texts come in many
STEPS = 120
IN_MEMORY, IN_DATABASE = 400, 20
FAULT_SEEDS = range(200)  # among which each planted fault must show
MET = (
    "events lost", "gaps found", "database calls failed", "engines killed", "replies swept",
    "replies stopped", "replies complete", "sockets lost", "pages loaded again", "snapshot told",
    "message told", "streaming_start told", "streaming told", "complete_streaming told",
    "programs cut within a step",
)  # fmt: skip


@pytest.fixture(autouse=True)
def short_pieces_in_this_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    monkeypatch.setattr("apps.api.events.PIECE", SHORT)


@pytest.fixture
def seen() -> Iterator[Counter[str]]:
    seen: Counter[str] = Counter()
    yield seen
    sys.stdout.write("".join(f"{count:8,}  {what}\n" for what, count in sorted(seen.items())))


def play(owner: User, kind: type[Store], seed: int, seen: Counter[str]) -> None:
    """One life of everything, watched by programs, from an empty database to the end of it."""
    chance = Random(seed)
    with simulated(owner, kind, seen, {}, resumes=chance.random() < 0.5) as world:
        interleaver = Interleaver(world, chance, Program)
        world.loop.run_until_complete(interleaver.play(STEPS))
    seen["interleavings"] += 1


def play_all(owner: User, seeds: range, seen: Counter[str]) -> None:
    for seed in seeds:
        play(owner, MemoryStore, seed, seen)


def play_many(owner: User, kind: type[Store], count: int, seen: Counter[str]) -> None:
    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(st.integers(0, 2**32 - 1))
    def interleave(seed: int) -> None:
        play(owner, kind, seed, seen)

    interleave()


@pytest.mark.timeout(600)
@pytest.mark.embedded_only
def test_programs_have_what_is_stored_wherever_they_are_cut_off(owner: User, seen: Counter[str]) -> None:
    play_many(owner, MemoryStore, IN_MEMORY, seen)

    assert seen["interleavings"] >= IN_MEMORY
    assert [what for what in MET if seen[what] < IN_MEMORY / 40] == []


@pytest.mark.timeout(600)
def test_the_real_database_gives_programs_the_same_promises(owner: User, seen: Counter[str]) -> None:
    play_many(owner, DatabaseStore, IN_DATABASE, seen)

    assert seen["interleavings"] >= IN_DATABASE


def every_event_has_the_rev_of_its_step(events: list[feed.Event], self: feed.ConversationFeed) -> object:
    self._rev = self._cursor.rev
    return [event.at(self.position) for event in events]


def offsets_are_forgotten(position: feed.Position) -> str:
    return str(position.rev) if position.rev >= 0 else ""


FAULTS: dict[str, tuple[str, Callable[..., object]]] = {
    "every event has the rev of its step": (
        "apps.api.feed.ConversationFeed._stamped",
        lambda self, events: every_event_has_the_rev_of_its_step(events, self),
    ),
    "positions forget offsets": ("apps.api.position.Position.__str__", offsets_are_forgotten),
}


@pytest.mark.embedded_only
@pytest.mark.parametrize(("name", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_planted_in_feeds_is_noticed(
    name: str, fault: Callable[..., object], owner: User, seen: Counter[str]
) -> None:
    with patch(name, fault), pytest.raises((AssertionError, KeyError)):
        play_all(owner, FAULT_SEEDS, seen)
