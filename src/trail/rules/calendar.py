"""
Days, periods and due dates.

A day is an ``int``: the proleptic Gregorian ordinal of `datetime.date`; texts are ``YYYY-MM-DD``.  A day begins at
00:00 Asia/Shanghai (`trail.evidence.moment`).  Intervals hold their first day and not their end.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from trail.errors import CallerError
from trail.evidence.moment import ZONE, Happened
from trail.rules.model import Settings

EPOCH: Final = 719_163  # the ordinal of 1970-01-01
FOREVER: Final = dt.date.max.toordinal()
_DAY: Final = 86_400
_MID: Final = {"start": 10, "fifteenth": 15, "end": 20}  # AMB1: 中旬 is the 11th to the 20th
TEMPLATE: Final = re.compile(r"(?:next )?(?:0[1-9]|1[0-2])-(?:mid|0[1-9]|[12][0-9]|3[01])|as [A-Za-z0-9_]+")


@lru_cache(maxsize=8192)
def day_of(date: str) -> int:
    """The day of ``YYYY-MM-DD``; raises `ValueError`."""
    return dt.date.fromisoformat(date).toordinal()


@lru_cache(maxsize=8192)
def date_text(day: int) -> str:
    """``YYYY-MM-DD``."""
    return dt.date.fromordinal(day).isoformat()


def start_of(day: int) -> int:
    """UTC seconds at which *day* begins in Asia/Shanghai."""
    return (day - EPOCH) * _DAY - ZONE * 60


def day_at(seconds: int) -> int:
    """The day in Asia/Shanghai of an instant in UTC seconds."""
    return min((seconds + ZONE * 60) // _DAY + EPOCH, FOREVER)


def happened_day(happened: Happened) -> int:
    """The day in Asia/Shanghai of a moment: of a date itself, of an instant the day there, wherever it was read."""
    value = happened.value
    return day_at(value) if type(value) is int else day_of(str(value))


class Period(NamedTuple):
    """A period by its label: ``2026``, ``2026-H1``, ``2026-03`` or ``2026-03-05``; ``end`` is not included."""

    label: str
    begin: int
    end: int

    @property
    def last(self) -> int:
        """Its last day."""
        return self.end - 1

    @property
    def year(self) -> int:
        """The year its label names."""
        return int(self.label[:4])

    @property
    def number(self) -> int:
        """Which of its year's periods it is, from 0: the second half-year is 1."""
        return 1 if self.label.endswith("-H2") else 0


@lru_cache(maxsize=4096)
def period(label: str) -> Period:
    """
    The period of a label.

    Raises:
        CallerError: Not a year, half-year, month or date.
    """
    try:
        if re.fullmatch(r"[0-9]{4}", label):
            return Period(label, day_of(f"{label}-01-01"), day_of(f"{label}-12-31") + 1)
        if re.fullmatch(r"[0-9]{4}-H[12]", label):
            year = label[:4]
            if label[-1] == "1":
                return Period(label, day_of(f"{year}-01-01"), day_of(f"{year}-07-01"))
            return Period(label, day_of(f"{year}-07-01"), day_of(f"{year}-12-31") + 1)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}", label):
            begin = day_of(f"{label}-01")
            return Period(label, begin, dt.date.fromordinal(begin + 31).replace(day=1).toordinal())
        return Period(label, day_of(label), day_of(label) + 1)
    except ValueError:
        raise CallerError(f"not a period: {label!r}", label=label) from None


def named(label: str | None) -> Period | None:
    """The period of a label that a record names; None where it names none, or one that no calendar has."""
    try:
        return None if label is None else period(label)
    except CallerError:
        return None


ALWAYS: Final = Period("", 1, FOREVER)
"""The period of what has none: every act lies in it."""


def periods(cadence: str, first: int, until: int, settings: Settings | None = None) -> Iterator[Period]:
    """
    The periods of *cadence* that begin on or after day *first* and before day *until*, in order.

    *settings* may let years and half-years begin on other days (AMB4, AMB5); rolling half-years come as well as those
    of the calendar, under the label of the month with which they end.
    """
    years = range(dt.date.fromordinal(max(first, 1)).year - 1, dt.date.fromordinal(max(until, 1)).year + 1)
    for year in years:
        for one in _of_year(cadence, year, settings):
            if first <= one.begin < until:
                yield one
    if settings is not None and settings.half_years == "rolling" and cadence == "half_year":
        for year in years:
            for month in range(1, 13):
                end = period(f"{year}-{month:02}")
                begin = dt.date(year - (month < 6), (month - 6) % 12 + 1, 1).toordinal()
                if first <= begin and end.begin < until:
                    yield end._replace(begin=begin)


@lru_cache(maxsize=1024)
def _of_year(cadence: str, year: int, settings: Settings | None) -> tuple[Period, ...]:
    if cadence == "year":
        start = "01-01" if settings is None else settings.year_begins
        return (Period(f"{year}", day_of(f"{year}-{start}"), day_of(f"{year + 1}-{start}")),)
    if settings is None or settings.half_years != "semesters":
        return (period(f"{year}-H1"), period(f"{year}-H2"))
    one, two = (day_of(f"{year}-{start}") for start in settings.semesters)
    return (Period(f"{year}-H1", one, two), Period(f"{year}-H2", two, day_of(f"{year + 1}-{settings.semesters[0]}")))


def is_rolling(one: Period) -> bool:
    """Whether a period is the six months that end with the month of its label."""
    return len(one.label) == 7 and one.label[5] != "H" and one.end - one.begin > 31


@lru_cache(maxsize=4096)
def years_of(one: Period) -> tuple[str, ...]:
    """The years in which acts that concern a period may be filed; ``""``: all of them."""
    if not one.label:
        return ("",)
    days = (dt.date.fromordinal(one.begin).year, dt.date.fromordinal(one.last).year)
    return tuple(sorted({one.label[:4], *(str(year) for year in range(days[0], days[1] + 1))}))


def covers(one: Period, label: str) -> bool:
    """Whether a named period lies within *one*: a month within its half-year, a half-year within its year."""
    if label == one.label:
        return True
    if len(label) <= 4 or label[:4] not in years_of(one):
        return False
    inner = named(label)
    return inner is not None and one.begin <= inner.begin and inner.end <= one.end


class WorkDays(NamedTuple):
    """Monday to Friday, but for holidays; and the days that are worked in exchange for them."""

    holidays: frozenset[int] = frozenset()
    workdays: frozenset[int] = frozenset()

    def works(self, day: int) -> bool:
        """Whether *day* is a working day."""
        if day in self.workdays:
            return True
        return day % 7 not in (6, 0) and day not in self.holidays  # ordinal 1 was a Monday

    def after(self, day: int) -> int:
        """*day*, or the first working day after it."""
        while not self.works(day):
            day += 1
        return day

    def before(self, day: int) -> int:
        """*day*, or the last working day before it."""
        while not self.works(day):
            day -= 1
        return day

    def since(self, begin: int, end: int) -> int:
        """The working days after day *begin* up to day *end*."""
        if end <= begin:
            return 0
        weeks, rest = divmod(end - begin, 7)
        count = weeks * 5 + sum((end - n) % 7 not in (6, 0) for n in range(rest))
        count -= sum(begin < d <= end and d % 7 not in (6, 0) and d not in self.workdays for d in self.holidays)
        return count + sum(begin < d <= end and d % 7 in (6, 0) for d in self.workdays)

    def later(self, day: int, count: int) -> int:
        """The day that lies *count* working days after *day*."""
        while count > 0:
            day += 1
            count -= self.works(day)
        return day

    def lag(self, begin: int, end: int, most: int) -> int:
        """The working days after day *begin* up to day *end*; counted no further than *most* + 1."""
        count, day = 0, begin
        while day < end and count <= most:
            day += 1
            count += self.works(day)
        return count


def seconds_of(time: str) -> int:
    """The seconds from the beginning of a day to ``HH:MM``."""
    return int(time[:2]) * 3600 + int(time[3:]) * 60


def due_day(template: str, one: Period, mid_month: str, roll: str, work: WorkDays) -> int:
    """
    The day that a template such as ``04-20``, ``04-mid`` or ``next 01-10`` means for a period.

    *mid_month* and *roll* as in `trail.rules.model.Settings`.
    """
    text = template.removeprefix("next ")
    month, _, day = text.partition("-")
    year = one.year + (len(text) != len(template))
    number = _MID[mid_month] if day == "mid" else int(day)
    found = dt.date(year, int(month), number).toordinal()
    if roll == "next_workday":
        return work.after(found)
    return work.before(found) if roll == "previous_workday" else found
