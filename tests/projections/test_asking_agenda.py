"""What is due when: the calendar, its reminders, what lies ahead, orders to rectify."""

from __future__ import annotations

from typing import Any

import pytest
from campus_records import Log, _ref
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import DAYS, UNITS, histories
from tests.profile import scaled

from trail.errors import CallerError
from trail.projections.agenda import Agenda, Due, agenda
from trail.rules.calendar import WorkDays, date_text, day_of


def of(log: Log, day: str, until: str, **ask: Any) -> Agenda:
    return agenda(log.at(day), until=until, **{"unit": "jia", **ask})


def rows(found: Agenda, duty: str) -> list[tuple[str, str, str | None, str, str, str]]:
    return [(i.duty, i.period, i.post, i.remind, i.due, i.state) for i in found.items if i.duty == duty]


def test_the_half_year_report_with_its_reminder_on_friday() -> None:
    """2026-07-10 is a Friday, 2027-01-10 a Sunday: nothing moves, the reminder is on the working day before."""
    found = of(Log(), "2026-07-01", "2027-01-31")

    assert rows(found, "R4") == [
        ("R4", "2026-H1", None, "2026-07-10", "2026-07-10", "due_soon"),
        ("R4", "2026-H2", None, "2027-01-08", "2027-01-10", "not_yet_due"),
    ]


def test_a_reminder_that_lies_in_the_window_is_shown_though_the_day_is_not() -> None:
    found = of(Log(), "2027-01-04", "2027-01-08")

    days = list(found.days())

    assert [date for date, _, _ in days] == ["2027-01-08"]
    assert {i.duty for i in days[0][1]} >= {"R4", "R5", "R6"}
    assert days[0][2] == ()


def test_periods_that_have_not_begun_are_looked_at() -> None:
    found = of(Log(), "2026-12-01", "2027-07-31")

    assert ("R4", "2027-H1", None, "2027-07-09", "2027-07-10", "not_yet_due") in rows(found, "R4")
    assert ("L3b", "2027", None, "2027-04-20", "2027-04-20", "not_yet_due") in rows(found, "L3b")


def test_what_was_done_goes_unless_it_is_asked_for() -> None:
    log = Log()
    log.report("team", "jia/secretary", "2026-H1", "2026-07-02", ["dic", "uni"], body="jia")

    assert rows(of(log, "2026-07-05", "2026-07-31"), "R4") == []
    assert rows(of(log, "2026-07-05", "2026-07-31", done=True), "R4") == [
        ("R4", "2026-H1", None, "2026-07-10", "2026-07-10", "in_time")
    ]


def test_what_was_done_ahead_is_known() -> None:
    log = Log()
    log.draft("task", "jia/deputy", "2026-11-30", year=2027)

    found = of(log, "2026-12-10", "2027-04-30", done=True)

    states = {i.post: i.state for i in found.items if (i.duty, i.period) == ("L1b", "2027")}
    assert states["jia/deputy"] == "in_time"
    assert states["jia/member"] == "not_yet_due"


def test_a_deadline_that_was_set_moves_the_day() -> None:
    log = Log()
    log.deadline("L3b", "2026", "2026-05-15", "2026-03-01")

    assert [row[4] for row in rows(of(log, "2026-04-01", "2026-06-30"), "L3b")] == ["2026-05-15"]


def test_what_is_overdue_is_counted_before_the_window() -> None:
    log = Log()

    found = of(log, "2026-08-01", "2026-08-02")
    overdue = log.at("2026-08-01").unit("jia").having("overdue", "due_soon", "not_yet_due")

    assert found.items == ()
    assert found.earlier == sum(o.due < "2026-08-01" for o in overdue) > 0
    assert list(found.days()) == []


def test_all_units_in_the_order_of_days_then_ids() -> None:
    found = agenda(Log().at("2026-12-01"), until="2027-01-31")

    assert {"dic", "jia", "uni"} <= {i.unit for i in found.items}
    assert [(i.due, i.unit) for i in found.items] == sorted((i.due, i.unit) for i in found.items)
    assert found.unit is None


def order(log: Log, **fields: Any) -> Any:
    row = {"due": "2026-05-15", "units": ["jia"]} | fields
    return log.add("RectificationOrdered@1", row, "2026-05-01", by="dic/secretary", stream="rectification/1")


def verified(log: Log, of_: Any, day: str, outcome: str = "complete") -> Any:
    fields = {"order": _ref(of_), "outcome": outcome}
    return log.add("RectificationVerified@1", fields, day, by="dic/secretary", stream="rectification/1")


def rectifications(found: Agenda) -> list[Due]:
    return [i for i in found.items if i.sort == "rectification"]


def test_an_order_to_rectify_has_its_day() -> None:
    log = Log()
    given_ = order(log)

    (due,) = rectifications(of(log, "2026-05-02", "2026-05-31"))

    assert (due.due, due.unit, due.post, due.state, due.period) == ("2026-05-15", "jia", None, "open", "2026-05-01")
    assert [b.position for b in due.because] == [given_.position]
    assert not rectifications(of(log, "2026-04-30", "2026-05-31")), "it was not ordered yet"
    (late,) = rectifications(of(log, "2026-05-16", "2026-05-31", since="2026-05-01"))
    assert late.state == "overdue"


def test_an_order_is_closed_by_a_verification_that_found_it_complete() -> None:
    log = Log()
    given_ = order(log, units=[], posts=["jia/deputy"])
    verified(log, given_, "2026-05-10", "partial")
    (still,) = rectifications(of(log, "2026-05-11", "2026-05-31"))
    verified(log, given_, "2026-05-12")
    (done,) = rectifications(of(log, "2026-05-13", "2026-05-31", done=True))
    log.add("RectificationReopened@1", {"order": _ref(given_)}, "2026-05-14", by="dic/secretary")
    (again,) = rectifications(of(log, "2026-05-14", "2026-05-31"))

    assert (still.post, still.holder, still.state) == ("jia/deputy", "p-11", "open")
    assert done.state == "closed"
    assert again.state == "open"


def test_days_must_be_days() -> None:
    with pytest.raises(CallerError, match="not a date"):
        of(Log(), "2026-05-01", "soon")
    with pytest.raises(CallerError, match="lies before"):
        of(Log(), "2026-05-01", "2026-04-30")
    with pytest.raises(CallerError, match="no such unit"):
        of(Log(), "2026-05-01", "2026-05-31", unit="nowhere")


def test_as_a_map() -> None:
    said = of(Log(), "2026-07-01", "2026-07-31").to_json()

    assert list(said) == ["unit", "since", "until", "as_of", "known_at", "items", "earlier"]
    assert {row["due"] for row in said["items"] if row["duty"] == "R4"} == {"2026-07-10"}


@settings(max_examples=scaled(25))
@given(histories(), DAYS, st.sampled_from(UNITS), st.integers(0, 300))
def test_the_calendar_holds_each_open_obligation_once(log: Log, day: str, unit: str, days: int) -> None:
    """What is due in the window and still to be done is there once; every reminder is a working day, never late."""
    snapshot = log.at(day)
    until = date_text(day_of(day) + days)
    found = agenda(snapshot, until=until, unit=unit)
    work = WorkDays()

    wanted = [
        o for o in snapshot.unit(unit).obligations
        if day <= o.due <= until and o.state in ("not_yet_due", "due_soon", "overdue")
    ]  # fmt: skip
    shown = [(i.duty, i.period, i.post, i.holder) for i in found.items]
    assert all(shown.count((o.duty, o.period, o.post, o.holder)) == 1 for o in wanted)
    for item in found.items:
        assert item.remind <= item.due
        assert work.works(day_of(item.remind))
        assert not any(work.works(d) for d in range(day_of(item.remind) + 1, day_of(item.due) + 1))
    assert sum(len(due) for _, _, due in found.days()) == sum(day <= i.due <= until for i in found.items)
