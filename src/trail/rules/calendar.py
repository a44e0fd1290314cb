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


def periods(cadence: str, first: int, until: int) -> Iterator[Period]:
    """The periods of *cadence* that begin on or after day *first* and before day *until*, in order."""
    for year in range(dt.date.fromordinal(max(first, 1)).year, dt.date.fromordinal(max(until, 1)).year + 1):
        for label in (f"{year}",) if cadence == "year" else (f"{year}-H1", f"{year}-H2"):
            one = period(label)
            if first <= one.begin < until:
                yield one


def covers(one: Period, label: str) -> bool:
    """Whether a named period lies within *one*: a month within its half-year, a half-year within its year."""
    if label == one.label:
        return True
    if len(label) <= 4 or label[:4] != one.label[:4]:
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

    def lag(self, begin: int, end: int, most: int) -> int:
        """The working days after day *begin* up to day *end*; counted no further than *most* + 1."""
        count, day = 0, begin
        while day < end and count <= most:
            day += 1
            count += self.works(day)
        return count


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
