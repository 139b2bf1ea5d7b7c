import pytest

from apps.live import limits
from apps.live.limits import Allowance, Places


@pytest.fixture
def clock(monkeypatch):
    """Seconds that have passed."""
    passed = [0.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: passed[0])
    return passed


def test_a_person_has_so_many_places_and_others_have_theirs():
    places = Places(2)

    assert [places.take(1) for _ in range(3)] == [True, True, False]
    assert places.take(2)


def test_a_place_that_is_given_back_can_be_taken_again():
    places = Places(1)
    places.take(1)
    places.give_back(1)

    assert not places._taken
    assert places.take(1)


def test_a_person_may_spend_so_much_at_once_and_others_as_much(clock):
    allowance = Allowance(3, 10)

    assert [allowance.spend(1) for _ in range(4)] == [True, True, True, False]
    assert allowance.spend(2)


def test_time_gives_back_what_was_spent(clock):
    allowance = Allowance(3, 10)
    for _ in range(4):
        allowance.spend(1)
    clock[0] = 0.2

    assert [allowance.spend(1) for _ in range(3)] == [True, True, False]


def test_it_forgets_who_is_at_rest(clock, monkeypatch):
    monkeypatch.setattr(limits, "MOST_KNOWN", 2)
    allowance = Allowance(3, 10)
    for person in (1, 2):
        allowance.spend(person)
    clock[0] = 1.0
    allowance.spend(3)

    assert list(allowance._spent) == [3]
