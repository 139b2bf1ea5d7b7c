import pytest

from apps.live import credit as credit_module
from apps.live.credit import MOST_FRAMES, MOST_OWED, MOST_TEXT, Credit


@pytest.fixture
def credit() -> Credit:
    return Credit(acknowledges=True)


def send(credit: Credit, frames: int, size: int = 1) -> None:
    for _ in range(frames):
        credit.spend("x" * size)


def test_so_many_frames_may_be_under_way_and_no_more(credit):
    send(credit, MOST_FRAMES - 1)
    assert credit.is_left

    send(credit, 1)
    assert not credit.is_left


def test_large_frames_use_it_up_sooner(credit):
    send(credit, 4, size=MOST_TEXT // 4)

    assert not credit.is_left


def test_what_arrived_may_be_followed(credit):
    send(credit, MOST_FRAMES)
    credit.acknowledge(32)
    assert credit.is_left

    send(credit, 32)
    assert not credit.is_left


def test_it_counts_all_that_arrived_since_the_connection_was_opened(credit):
    send(credit, MOST_FRAMES)
    credit.acknowledge(64)
    credit.acknowledge(64)
    credit.acknowledge(32)
    send(credit, 63)
    assert credit.is_left

    send(credit, 1)
    assert not credit.is_left


@pytest.mark.parametrize("frames", [-1, 0, 2**70])
def test_what_was_never_sent_cannot_arrive(credit, frames):
    send(credit, MOST_FRAMES)
    credit.acknowledge(frames)
    send(credit, MOST_FRAMES)

    assert not credit.is_left


def test_who_takes_nothing_in_for_a_minute_is_overdue(credit, monkeypatch):
    send(credit, MOST_FRAMES)
    assert not credit.is_overdue

    monkeypatch.setattr(credit_module, "PATIENCE", -1)
    assert credit.is_overdue
    credit.acknowledge(32)
    assert not credit.is_overdue


def test_a_quiet_page_that_owes_a_few_is_never_overdue(credit, monkeypatch):
    monkeypatch.setattr(credit_module, "PATIENCE", -1)
    send(credit, MOST_FRAMES - 1)

    assert not credit.is_overdue


def test_who_only_asks_and_never_acknowledges_is_overdue(credit):
    send(credit, MOST_FRAMES * MOST_OWED + 1)

    assert credit.is_overdue


def test_a_page_that_never_acknowledges_is_not_limited(monkeypatch):
    monkeypatch.setattr(credit_module, "PATIENCE", -1)
    credit = Credit(acknowledges=False)
    send(credit, 10 * MOST_FRAMES * MOST_OWED)

    assert credit.is_left
    assert not credit.is_overdue
