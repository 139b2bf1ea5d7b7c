"""Under which heading a conversation stands in the list: pinned, or the day of its last activity.

Headings and conversations are sorted alike, by microseconds, so that whatever is put in its place stands
under its heading.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.web.wording import Sentence

PINNED = 2**52  # µs: added to the order of what is pinned, beyond every date; a script can count twice as far
ABOVE_ALL = 2 * PINNED - 1
NEAR = (
    ("yesterday", _("Yesterday"), 1, 1),
    ("week", _("Previous 7 days"), 2, 7),
    ("month", _("Previous 30 days"), 8, 30),
)  # days ago, from and to


class Dated(Protocol):
    """A conversation, or where a page of them ended."""

    @property
    def updated_at(self) -> datetime: ...
    @property
    def pinned(self) -> bool | None: ...


@dataclass(frozen=True)
class Heading:
    key: str
    label: Sentence
    order: int


def order_of(dated: Dated) -> int:
    return _microseconds(dated.updated_at) + (PINNED if dated.pinned else 0)


def heading_of(dated: Dated) -> Heading:
    """By the calendar of the current time zone."""
    if dated.pinned:
        return Heading("pinned", _("Pinned"), ABOVE_ALL)
    today, day = timezone.localdate(), timezone.localdate(dated.updated_at)
    ago = (today - day).days
    if ago <= 0:
        return Heading("today", _("Today"), PINNED)
    for key, label, begins, ends in NEAR:
        if ago <= ends:
            return Heading(key, label, _before(today - timedelta(days=begins - 1)))
    end = min(_next_month(day), today - timedelta(days=NEAR[-1][-1]))
    month = date_format(day, "F" if day.year == today.year else "YEAR_MONTH_FORMAT")
    return Heading(f"{day:%Y-%m}", month, _before(end))


def _before(day: date) -> int:
    """The last moment before the day."""
    return _microseconds(datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())) - 1


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
