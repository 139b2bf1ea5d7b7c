from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.web.days import heading_of, order_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NEW_YORK, AUCKLAND = ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland")


@dataclass(frozen=True)
class Entry:
    updated_at: datetime
    pinned: bool = False


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    with timezone.override(UTC):
        yield


def label(days_ago: float) -> str:
    return str(heading_of(Entry(NOW - timedelta(days=days_ago))).label)


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [
        (-1, "Today"),
        (0, "Today"),
        (0.5, "Today"),
        (0.51, "Yesterday"),
        (1.5, "Yesterday"),
        (1.51, "Previous 7 days"),
        (7.5, "Previous 7 days"),
        (7.51, "Previous 30 days"),
        (30.5, "Previous 30 days"),
        (30.51, "October"),
        (60, "September"),
        (400, "October 2025"),
    ],
)
def test_a_day_has_its_heading(days_ago: float, words: str) -> None:
    assert label(days_ago) == words


def test_a_day_is_one_of_the_current_time_zone() -> None:
    late = Entry(datetime(2026, 11, 21, 1, 0, tzinfo=UTC))
    labels = []
    for zone in (NEW_YORK, UTC, AUCKLAND):
        with timezone.override(zone):
            labels.append(str(heading_of(late).label))

    assert labels == ["Yesterday", "Today", "Yesterday"]


@pytest.mark.parametrize("zone", [UTC, NEW_YORK, AUCKLAND], ids=str)
def test_sorted_by_their_orders_all_stand_under_their_headings(zone: ZoneInfo) -> None:
    entries = [Entry(NOW - timedelta(hours=7 * steps)) for steps in range(600)]
    entries += [Entry(NOW - timedelta(days=days), pinned=True) for days in (0, 500)]
    with timezone.override(zone):
        headings = {heading_of(entry).key: heading_of(entry) for entry in entries}
        rows = [(order_of(entry), 0, heading_of(entry).key) for entry in entries]
        rows += [(heading.order, 1, key) for key, heading in headings.items()]

    above = ""
    for _, is_heading, key in sorted(rows, reverse=True):
        above = key if is_heading else above
        assert above == key
