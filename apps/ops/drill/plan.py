"""What goes wrong, and when: a pure function of the seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

BEFORE = (0.2, 3.0)  # seconds of peace before a fault
APART = (0.0, 2.0)  # seconds between two faults that overlap
OVERLAPPING = 0.15  # of the rounds have a second fault, before the first has passed
MOST_INTERRUPTIONS = 2  # questions that are asked at the moment of a fault


@dataclass(frozen=True)
class Blow:
    """One fault: of which kind, against whom, how long, and how many questions are asked meanwhile."""

    kind: str
    target: str  # the process; empty where there is but one, or none
    seconds: float
    questions: int
    chance: float  # between 0 and 1: whatever else a kind leaves to it

    def __str__(self) -> str:
        return f"{self.kind} {self.target} {self.seconds:.1f} s".replace("  ", " ")


@dataclass(frozen=True)
class Round:
    after: float  # seconds of peace
    first: Blow
    apart: float = 0.0
    second: Blow | None = None

    @property
    def blows(self) -> list[Blow]:
        return [blow for blow in (self.first, self.second) if blow]


@dataclass(frozen=True)
class Habit:
    """How a kind of fault comes: whom it may hit, how long it may last, and how often beside the others."""

    targets: Sequence[str] = ("",)
    seconds: tuple[float, float] = (0.0, 3.0)
    weight: int = 1


def plan(seed: int, rounds: int, habits: Mapping[str, Habit]) -> list[Round]:
    """`rounds` rounds in which every kind has its turn before one comes again."""
    chance = Random(seed)
    firsts, seconds = _turns(habits, chance), _turns(habits, chance)
    return [_round(chance, firsts, seconds, habits) for _ in range(rounds)]


def _round(
    chance: Random, firsts: Iterator[str], seconds: Iterator[str], habits: Mapping[str, Habit]
) -> Round:
    after, first = chance.uniform(*BEFORE), _blow(chance, next(firsts), habits)
    if chance.random() >= OVERLAPPING:
        return Round(after, first)
    second = _blow(chance, next(seconds), habits)
    if second.target == first.target:  # what is down already cannot be killed
        return Round(after, first)
    return Round(after, first, chance.uniform(*APART), second)


def _blow(chance: Random, kind: str, habits: Mapping[str, Habit]) -> Blow:
    habit = habits[kind]
    return Blow(
        kind,
        chance.choice(habit.targets),
        chance.uniform(*habit.seconds),
        chance.randint(0, MOST_INTERRUPTIONS),
        chance.random(),
    )


def _turns(habits: Mapping[str, Habit], chance: Random) -> Iterator[str]:
    """The kinds in an order of chance, over and over; a weight of two is two turns in each."""
    while True:
        deck = [kind for kind, habit in habits.items() for _ in range(habit.weight)]
        chance.shuffle(deck)
        yield from deck
