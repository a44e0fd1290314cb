"""Moments: dates, instants and periods, each in one spelling."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.errors import RecordError
from trail.evidence.moment import (
    MAX_INSTANT,
    Happened,
    check_period,
    date_of,
    date_start,
    happened_from,
    parse_happened,
)

CST = dt.timezone(dt.timedelta(hours=8))
DATES = st.dates(dt.date(1, 1, 1), dt.date(9998, 12, 31)).map(dt.date.isoformat)


def whole_precision(date: str) -> list[str]:
    return ["day"] + ["month"] * (date[8:] == "01") + ["year"] * (date[5:] == "01-01")


HAPPENED = st.one_of(
    DATES.flatmap(lambda d: st.builds(
        lambda precision, mark: Happened("date", d, 480, precision, mark),
        st.sampled_from(whole_precision(d)), st.booleans(),
    )),
    st.builds(
        Happened, st.just("instant"), st.integers(0, MAX_INSTANT), st.integers(-1439, 1439),
        st.sampled_from(("minute", "second")), st.booleans(),
    ),
)  # fmt: skip


@given(HAPPENED)
def test_what_is_written_is_read_again(happened: Happened) -> None:
    assert parse_happened(happened.to_value()) == happened


@given(HAPPENED)
def test_every_moment_has_a_start_and_a_date(happened: Happened) -> None:
    assert type(happened.start()) is int
    assert dt.date.fromisoformat(happened.date()).isoformat() == happened.date()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "2026-03-05",
        ["date"],
        ["date", "2026-03-05"],
        ["date", "2026-03-05", "day"],
        ["date", "2026-03-05", "day", 0],
        ["date", "2026-03-05", "day", None],
        ["date", "2026-03-05", "hour", False],
        ["date", "2026-03-05", ["day"], False],
        ["date", "2026-03-05", "month", False],
        ["date", "2026-03-01", "year", False],
        ["date", "2026-02-29", "day", False],
        ["date", "20260305", "day", False],
        ["date", "2026-W10-4", "day", False],
        ["date", "2026-3-5", "day", False],
        ["date", "２０２６-03-05", "day", False],
        ["date", "0000-01-01", "day", False],
        ["date", "9999-01-01", "day", False],
        ["date", 20260305, "day", False],
        ["date", "2026-03-05", 480, "day", False],
        ["day", "2026-03-05", "day", False],
        ["instant", 0, "minute", False],
        ["instant", -1, 480, "minute", False],
        ["instant", MAX_INSTANT + 1, 480, "minute", False],
        ["instant", True, 480, "minute", False],
        ["instant", "0", 480, "minute", False],
        ["instant", 0, 1440, "minute", False],
        ["instant", 0, -1440, "minute", False],
        ["instant", 0, False, "minute", False],
        ["instant", 0, 480, "hour", False],
        ["instant", 0, 480, "minute", 1],
        ["instant", 0, 480, 0, "minute", False],
    ],
)
def test_a_moment_has_no_other_spelling(value: Any) -> None:
    with pytest.raises(RecordError) as caught:
        parse_happened(value)
    assert caught.value.where == "happened"


def test_a_date_begins_at_midnight_in_shanghai() -> None:
    assert date_start("1970-01-01") == -8 * 3600
    assert Happened.on("2026-03-05").start() == int(dt.datetime(2026, 3, 5, tzinfo=CST).timestamp())


@given(DATES)
def test_a_date_is_that_of_its_first_and_last_second(date: str) -> None:
    start = date_start(date)
    assert date_of(start) == date
    assert date_of(start + 86_399) == date


def test_an_instant_is_dated_in_the_zone_it_was_read_in() -> None:
    late = dt.datetime(2026, 3, 5, 23, 30, tzinfo=dt.UTC)
    assert Happened.at(late).date() == "2026-03-05"
    assert Happened.at(late.astimezone(CST)).date() == "2026-03-06"
    assert Happened.at(late).start() == Happened.at(late.astimezone(CST)).start() == int(late.timestamp())


def test_the_last_instant_has_a_date_in_every_zone() -> None:
    assert Happened("instant", MAX_INSTANT, 1439, "second", False).date() == "9999-01-01"
    assert Happened("instant", 0, -1439, "second", False).date() == "1969-12-31"
    assert date_of(MAX_INSTANT) == "9999-01-01"


def test_a_datetime_without_zone_is_refused() -> None:
    with pytest.raises(RecordError, match="time zone"):
        Happened.at(dt.datetime(2026, 3, 5, 9))  # noqa: DTZ001


def test_a_datetime_before_1970_is_refused() -> None:
    with pytest.raises(RecordError, match="1970"):
        Happened.at(dt.datetime(1969, 12, 31, tzinfo=dt.UTC))


def test_hosts_may_give_a_moment_in_four_ways() -> None:
    at = dt.datetime(2026, 3, 5, 9, 30, tzinfo=CST)
    day = Happened.on("2026-03-05")
    assert happened_from(day) is day
    assert happened_from("2026-03-05") == happened_from(dt.date(2026, 3, 5)) == day
    assert happened_from(at) == Happened("instant", int(at.timestamp()), 480, "minute", False)


@pytest.mark.parametrize(
    "text", ["2026", "2026-H1", "2026-H2", "2026-01", "2026-12", "2026-03-05", "2028-02-29", "0001", "9998"]
)
def test_periods(text: str) -> None:
    check_period(text, "period")


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-", "2026-H3", "2026-h1", "2026-1", "2026-13", "2026-00", "2026-02-29", "2026-3-5", "2026-03-05 ",
     "２０２６", "0000", "0000-H1", "9999", "2026H1", "2026-W10", 2026, None, "2026-H1-1"],
)  # fmt: skip
def test_what_is_no_period(text: Any) -> None:
    with pytest.raises(RecordError) as caught:
        check_period(text, "period")
    assert caught.value.where == "period"
