"""Days, periods, due dates and working days."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.errors import CallerError
from trail.evidence.moment import date_start
from trail.rules.calendar import (
    WorkDays,
    covers,
    date_text,
    day_at,
    day_of,
    due_day,
    period,
    periods,
    start_of,
)

DAYS = st.integers(day_of("1971-01-01"), day_of("2999-12-31"))


@given(DAYS)
def test_days_agree_with_moments(day: int):
    """A day begins where a record's date begins, and each of its seconds belongs to it."""
    assert date_start(date_text(day)) == start_of(day)
    assert day == day_at(start_of(day)) == day_at(start_of(day + 1) - 1)


@given(DAYS)
def test_the_halves_make_the_year(day: int):
    year = date_text(day)[:4]
    halves = [period(f"{year}-H1"), period(f"{year}-H2")]

    assert (period(year).begin, period(year).end) == (halves[0].begin, halves[1].end)
    assert halves[0].end == halves[1].begin
    assert sum(h.begin <= day < h.end for h in halves) == 1
    assert all(covers(period(year), h.label) and not covers(h, year) for h in halves)


@given(DAYS)
def test_months(day: int):
    month = period(date_text(day)[:7])

    assert month.begin <= day < month.end
    assert date_text(month.begin).endswith("-01")
    assert date_text(month.end).endswith("-01")
    assert 28 <= month.end - month.begin <= 31


@pytest.mark.parametrize("label", ["26", "2026-H3", "2026-13", "2026-02-30", "2026-Q1", ""])
def test_what_is_no_period(label: str):
    with pytest.raises(CallerError):
        period(label)


def test_periods_begin_within():
    """Nothing is due before the first period (AMB20): a period counts from its first day."""
    first, until = day_of("2025-07-01"), day_of("2026-07-01")

    assert [p.label for p in periods("year", first, until)] == ["2026"]
    assert [p.label for p in periods("half_year", first, until)] == ["2025-H2", "2026-H1"]


@pytest.mark.parametrize(
    ("template", "label", "mid", "roll", "due"),
    [
        ("04-mid", "2026", "end", "none", "2026-04-20"),
        ("04-mid", "2026", "start", "none", "2026-04-10"),
        ("04-mid", "2026", "fifteenth", "none", "2026-04-15"),
        ("next 01-10", "2026-H2", "end", "none", "2027-01-10"),
        ("next 01-10", "2026-H2", "end", "next_workday", "2027-01-11"),  # 2027-01-10 is a Sunday
        ("next 01-10", "2026-H2", "end", "previous_workday", "2027-01-08"),
        ("12-31", "2026", "end", "next_workday", "2026-12-31"),
    ],
)
def test_due_days(template: str, label: str, mid: str, roll: str, due: str):
    assert due == date_text(due_day(template, period(label), mid, roll, WorkDays()))


@given(DAYS)
def test_the_week(day: int):
    assert (dt.date.fromordinal(day).isoweekday() < 6) == WorkDays().works(day)


@given(DAYS, st.integers(0, 60), st.integers(0, 10))
def test_lag_counts_working_days(day: int, length: int, most: int):
    work = WorkDays()
    count = sum(work.works(d) for d in range(day + 1, day + length + 1))

    assert min(count, most + 1) == work.lag(day, day + length, most)


def test_holidays_and_days_worked_in_exchange():
    """清明 2026: Monday 04-06 is off; a Saturday may be worked."""
    work = WorkDays(frozenset([day_of("2026-04-06")]), frozenset([day_of("2026-04-04")]))

    assert not work.works(day_of("2026-04-06"))
    assert work.works(day_of("2026-04-04"))
    assert date_text(work.after(day_of("2026-04-05"))) == "2026-04-07"
    assert date_text(work.before(day_of("2026-04-05"))) == "2026-04-04"


OFF = st.frozensets(st.integers(738_000, 738_060), max_size=12)


@given(OFF, OFF, st.integers(738_000, 738_060), st.integers(0, 80))
def test_counting_working_days_agrees_with_walking_them(off: frozenset[int], on: frozenset[int], begin: int, days: int):
    """`WorkDays.since` counts what `WorkDays.lag` walks, and `WorkDays.later` is its inverse."""
    work = WorkDays(off, on)

    assert work.since(begin, begin + days) == work.lag(begin, begin + days, 1000)
    assert work.since(begin, begin - days) == 0
    assert work.since(begin, work.later(begin, days)) == days
    assert days == 0 or work.works(work.later(begin, days))
