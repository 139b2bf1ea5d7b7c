"""Years, months and days that lead into the past of a list, without looking at what lies there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

PARTS = ("year", "month", "day")
EARLIEST, LATEST = 1970, 9000  # years


@dataclass(frozen=True)
class Period:
    """A year, a month of it, or a day of that; without a year, all time."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def range_of(self, field: str) -> dict[str, datetime]:
        """What is asked of the field, in the current time zone; nothing for all time."""
        if self.year is None:
            return {}
        begin = date(self.year, self.month or 1, self.day or 1)
        if self.day:
            end = begin + timedelta(days=1)
        elif self.month:
            end = next_month(begin)
        else:
            end = date(self.year + 1, 1, 1)
        return {f"{field}__gte": _midnight(begin), f"{field}__lt": _midnight(end)}

    def spelled(self, field: str) -> dict[str, Any]:
        """As an address names it."""
        chosen = zip(PARTS, (self.year, self.month, self.day), strict=True)
        return {f"{field}__{part}": number for part, number in chosen if number is not None}


def period_of(parameters: Mapping[str, Any], field: str) -> Period:
    """The one that an address names; raises ValueError."""
    numbers: list[int] = []
    for part in PARTS:
        if f"{field}__{part}" not in parameters:
            break
        numbers.append(int(parameters[f"{field}__{part}"]))
    if numbers and not EARLIEST <= numbers[0] <= LATEST:
        raise ValueError(numbers[0])
    period = Period(*numbers)
    period.range_of(field)
    return period


def within(period: Period, first: date, last: date) -> list[tuple[Period, str]]:
    """The next smaller periods between two days, each with its name; none within a day."""
    if period.day:
        return []
    if period.year is None:
        if first.year == last.year:
            return within(Period(first.year), first, last)
        return [(Period(year), str(year)) for year in range(first.year, last.year + 1)]
    if period.month is None:
        months = (date(period.year, month, 1) for month in range(1, 13))
        named = ((Period(m.year, m.month), date_format(m, "YEAR_MONTH_FORMAT"), m) for m in months)
        shown = [(p, n) for p, n, m in named if m <= last and next_month(m) > first]
    else:
        begin = date(period.year, period.month, 1)
        days = (begin + timedelta(days=n) for n in range((next_month(begin) - begin).days))
        shown = [
            (Period(d.year, d.month, d.day), date_format(d, "MONTH_DAY_FORMAT"))
            for d in days
            if first <= d <= last
        ]
    return [(period, capfirst(name)) for period, name in shown]


def above(period: Period) -> tuple[Period, str] | None:
    """The next larger period, and its name; None above all time."""
    if period.year is None:
        return None
    if period.month is None:
        return Period(), _("All dates")
    if period.day is None:
        return Period(period.year), str(period.year)
    month = date(period.year, period.month, 1)
    return Period(period.year, period.month), capfirst(date_format(month, "YEAR_MONTH_FORMAT"))


def next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
