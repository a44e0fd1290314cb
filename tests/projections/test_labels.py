"""When a record was recorded and in what post: labels beside it (AMB15), never a verdict."""

from __future__ import annotations

import pytest
from campus_records import Log, later, noon
from hypothesis import given
from hypothesis import strategies as st

from trail.evidence.record import Happened
from trail.projections import recording_label
from trail.rules.calendar import WorkDays, day_of
from trail.rules.model import Settings


def label(happened: str, recorded: str, period: str | None = None, **more: object) -> str:
    when = Happened.on(happened, **more)
    return recording_label(when, period, noon(recorded), Settings(), WorkDays())


@pytest.mark.parametrize(
    ("happened", "recorded", "found"),
    [
        ("2026-03-05", "2026-03-05", "contemporaneous"),
        ("2026-03-05", "2026-03-10", "contemporaneous"),  # Thursday to Tuesday: three working days
        ("2026-03-05", "2026-03-11", "late"),
        ("2026-03-05", "2026-04-04", "late"),  # thirty days
        ("2026-03-05", "2026-04-05", "backfilled"),
        ("2026-12-30", "2027-01-04", "contemporaneous"),  # within three working days, whatever ends between
        ("2026-12-30", "2027-01-05", "backfilled"),  # after the end of the year
        ("2026-03-05", "2026-03-01", "contemporaneous"),  # recorded before: a remark elsewhere, not a lag
    ],
)
def test_lags(happened: str, recorded: str, found: str):
    assert found == label(happened, recorded)


def test_the_named_period_ends():
    """An act within the half-year that it names is backfilled once that is over; after it, its year counts."""
    assert label("2026-06-20", "2026-07-10", "2026-H1") == "backfilled"
    assert label("2026-06-20", "2026-07-10") == "late"
    assert label("2026-07-05", "2026-07-20", "2026-H1") == "late"


def test_a_month_counts_from_its_last_day():
    assert label("2026-03-01", "2026-04-02", precision="month") == "contemporaneous"
    assert label("2026-03-01", "2026-04-20", precision="month") == "late"


def test_holidays_are_no_working_days():
    """An act on the last day before a long holiday may be recorded after it."""
    week = frozenset(day_of(later("2026-10-01", n)) for n in range(7))

    def found(work: WorkDays) -> str:
        return recording_label(Happened.on("2026-09-30"), None, noon("2026-10-10"), Settings(), work)

    assert (found(WorkDays()), found(WorkDays(week, frozenset()))) == ("late", "contemporaneous")


def test_holidays_set_by_an_event():
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-09-30", recorded="2026-10-10")
    assert log.at().ledger[talk.position - 1].because.label == "late"

    week = [later("2026-10-01", n) for n in range(7)]
    log.add("HolidaysSet@1", {"holidays": week}, "2026-01-02", stream="rules/holidays")
    assert log.at().ledger[talk.position - 1].because.label == "contemporaneous"


@given(st.integers(0, 800), st.integers(0, 400))
def test_later_is_never_better(start: int, lag: int):
    """Recording a day later never improves the label."""
    order = ["contemporaneous", "late", "backfilled"]
    day = later("2026-01-01", start)

    assert order.index(label(day, later(day, lag))) <= order.index(label(day, later(day, lag + 1)))


class TestPosts:
    def posts(self, log: Log, record) -> dict[str, str]:
        return dict(log.at().ledger[record.position - 1].because.posts)

    def test_held(self):
        log = Log()

        assert self.posts(log, log.talk("jia/secretary", ["p-11"], "2026-03-05")) == {"jia/secretary": "held"}

    def test_confirmed_later(self):
        log = Log()
        talk = log.talk(("p-20", "jia/secretary"), ["p-11"], "2026-03-05")
        assert self.posts(log, talk) == {"jia/secretary": "not_held"}

        log.assign("jia/secretary", "p-20", "2026-03-01", acting=True)
        assert self.posts(log, talk) == {"jia/secretary": "confirmed_later"}

    def test_no_longer_held(self):
        """Recording June's talk in November after leaving office is late, not forged; and it counts."""
        log = Log()
        log.relieve("jia/secretary", "p-10", "2026-09-01")
        talk = log.talk("jia/secretary", ["p-11"], "2026-06-20", recorded="2026-11-01")
        one = log.one("S2a", "2026-12-31")

        assert self.posts(log, talk) == {"jia/secretary": "no_longer_held"}
        assert (one.done, one.because[0].label) == (1, "backfilled")

    def test_not_held_is_a_gap_of_what_counts(self):
        log = Log()
        log.talk(("p-77", "jia/secretary"), ["p-11"], "2026-03-05")
        one = log.one("S2a", "2026-12-31")

        assert (one.done, [g.code for g in one.gaps]) == (1, ["NOT_HELD"])
