"""
Worked cases: the reports of 10 July and 10 January (1), the first year (5), January's report as the annual one (7).
"""

from __future__ import annotations

from typing import Any

import pytest
from told_by_day import BOTH, Tell, Told, label, lacks

from trail.aggregates import ReportEvaluated, ReportFiled, ReportReceived
from trail.errors import CallerError
from trail.rules import default_text, load
from trail.store import Ack

JULY = ("2026-07-09", "2026-07-10", "2026-07-11")
JANUARY = ("2027-01-09", "2027-01-10", "2027-01-11")


def report(told: Told, post: str, subject: str, sent: str, *, period: str = "2026-H1", to: Any = BOTH,
           on: str | None = None, **more: Any) -> Ack:  # fmt: skip
    body = "jia" if subject == "team" else None
    act = ReportFiled(subject=subject, period=period, recipients=to, sent=sent, body=body, **more)
    return told.do(post, act, on or sent)


def file_all(told: Told, sent: str, period: str) -> list[Ack]:
    """The team's, the secretary's and the two other members' reports."""
    return [
        report(told, "jia/secretary", "team", sent, period=period),
        report(told, "jia/secretary", "principal", sent, period=period),
        report(told, "jia/deputy", "member", sent, period=period, to=["dic"]),
        report(told, "jia/principal", "member", sent, period=period, to=["dic"]),
    ]


def every(told: Told, day: str, period: str, **known: Any) -> dict[tuple[str, str | None], str]:
    rows = told.at(day, **known).unit("jia").obligations
    return {(o.duty, o.holder): o.state for o in rows if o.duty in ("R4", "R5", "R6") and o.period == period}


OWED = [("R4", None), ("R5", "p-005"), ("R6", "p-006"), ("R6", "p-007")]


class TestTheTwoReports:
    """Case 1."""

    @pytest.mark.parametrize(
        ("period", "days", "sent"), [("2026-H1", JULY, "2026-07-10"), ("2026-H2", JANUARY, "2027-01-10")]
    )
    def test_each_is_owed_until_the_end_of_the_tenth(self, tell: Tell, period: str, days: Any, sent: str):
        """10 July 2026 is a Friday, 10 January 2027 a Sunday: the day stays (AMB3), and is included (AMB2)."""
        told = tell()
        before = [every(told, day, period) for day in days]
        assert before == [dict.fromkeys(OWED, state) for state in ("due_soon", "due_soon", "overdue")]

        file_all(told, sent, period)
        after = [every(told, day, period) for day in days]
        assert after == [dict.fromkeys(OWED, state) for state in ("due_soon", "in_time", "in_time")]

    def test_amber_from_the_first_of_the_month(self, tell: Tell):
        told = tell()

        assert told.states("R4", "2026-06-30", "2026-07-01", period="2026-H1") == ["not_yet_due", "due_soon"]
        assert told.states("R4", "2026-12-31", "2027-01-01", period="2026-H2") == ["not_yet_due", "due_soon"]
        assert told.one("R4", "2027-01-01", period="2026-H2").remind == "2027-01-08"  # the Friday before the Sunday

    def test_a_silent_recipient_is_labelled_and_nobody_is_late(self, tell: Tell):
        """The discipline commission signs on the 13th, the university committee never does (AMB18)."""
        told = tell()
        team, principal, *_ = file_all(told, "2026-07-09", "2026-H1")
        for filed in (team, principal):
            told.do("dic/secretary", ReportReceived(report=filed, recipient="dic", received="2026-07-13"), "2026-07-13")
        days = ("2026-07-12", "2026-07-13", "2026-12-31")

        for duty in ("R4", "R5"):
            rows = [told.one(duty, day, period="2026-H1") for day in days]
            assert [row.state for row in rows] == ["in_time"] * 3
            assert rows[-1].unreceived == ("uni",)
        assert told.one("R6", "2026-12-31", period="2026-H1", post="jia/deputy").unreceived == ("dic",)

    def test_entered_a_week_later_it_was_sent_in_time(self, tell: Tell):
        """What the screen showed on the 16th stays what it showed; the day of sending counts, the label says when."""
        told = tell()
        filed = report(told, "jia/secretary", "principal", "2026-07-09", on="2026-07-17")
        shown = [told.one("R5", "2026-07-16", period="2026-H1", known=known) for known in ("2026-07-16", "2026-07-17")]

        assert [one.state for one in shown] == ["overdue", "in_time"]
        assert label(shown[1].because, filed) == ("late", {"jia/secretary": "held"})

    def test_near_misses(self, tell: Tell):
        """To one of two recipients; a day late; to another recipient; about another half-year."""
        told = tell()
        report(told, "jia/secretary", "team", "2026-07-09", to=["dic"])
        report(told, "jia/deputy", "member", "2026-07-09", to=["uni"])
        report(told, "jia/principal", "member", "2026-07-09", to=["dic"], period="2025-H2")
        report(told, "jia/secretary", "principal", "2026-07-11")
        after = every(told, "2026-07-11", "2026-H1")

        assert after == dict(zip(OWED, ("overdue", "late", "overdue", "overdue"), strict=True))
        assert lacks(told.one("R4", "2026-07-11", period="2026-H1")) == ["uni"]
        assert lacks(told.one("R6", "2026-07-11", period="2026-H1", post="jia/deputy")) == ["dic"]


class TestTheFirstYear:
    """Case 5: issued on 16 October 2017 (AMB20)."""

    def test_nothing_is_due_before_the_issue(self, tell: Tell):
        told = tell("2017-10-16")
        rows = told.at("2017-12-31").unit("jia").obligations

        assert {o.period for o in rows} == {"2017-H2"}
        assert all(o.due >= "2017-12-31" for o in rows)
        assert {o.due for o in rows if o.duty in ("R4", "R5", "R6")} == {"2018-01-10"}
        assert told.one("B1f", "2017-12-31", period="2017-H2").due == "2017-12-31"
        assert told.one("R1", "2018-01-01", period="2017-H2", unit="uni").due == "2018-01-31"

    def test_the_first_report(self, tell: Tell):
        told = tell("2017-10-16")
        days = ("2018-01-09", "2018-01-10", "2018-01-11")
        assert told.states("R4", *days, period="2017-H2") == ["due_soon", "due_soon", "overdue"]

        report(told, "jia/secretary", "team", "2018-01-10", period="2017-H2")
        assert told.states("R4", *days, period="2017-H2") == ["due_soon", "in_time", "in_time"]

    def test_the_first_report_entered_two_days_later(self, tell: Tell):
        told = tell("2017-10-16")
        report(told, "jia/secretary", "team", "2018-01-10", period="2017-H2", on="2018-01-12")
        known = ("2018-01-11", "2018-01-12", "2018-01-13")
        states = [told.one("R4", "2018-01-11", period="2017-H2", known=day).state for day in known]

        assert states == ["overdue", "in_time", "in_time"]

    def test_yearly_counts_begin_with_2018(self, tell: Tell):
        """A talk of November 2017 is a fact, and counts for no year; the first year is owed by the end of 2018."""
        told = tell("2017-10-16")
        told.talk("jia/secretary", ["p-006"], "2017-11-20")
        rows = [o for o in told.at("2018-01-01").unit("jia").obligations if o.duty == "S2a"]

        assert [(o.period, o.due, o.done) for o in rows] == [("2018", "2018-12-31", 0)]
        assert [o for o in told.at("2017-12-31").unit("jia").obligations if o.duty == "S2a"] == []
        assert told.states("S2a", "2018-12-31", "2019-01-01", period="2018") == ["due_soon", "overdue"]

    def test_near_miss_a_site_that_reads_it_backwards(self, tell: Tell):
        """With another first period in a copied file, 2017 is a year like any other."""
        told = tell("2017-10-16", load(default_text().replace('first_period = "2017-H2"', 'first_period = "2017"')))
        rows = told.at("2017-12-31").unit("jia").obligations

        assert {o.period for o in rows} == {"2017", "2017-H2"}  # in the first half nobody was in post yet
        assert told.states("P2b", "2017-12-30", "2017-12-31", "2018-01-01", period="2017") == [
            "due_soon", "due_soon", "overdue",
        ]  # fmt: skip
        assert told.one("S2a", "2018-01-01", period="2017").state == "void"  # nobody was in post for ninety days


class TestTheAnnualReportInJanuary:
    """Case 7: P4d ∩ R5 when the January report holds the three parts of 二（二）4."""

    DAYS = ("2027-01-07", "2027-01-08", "2027-01-10", "2027-01-11")

    def owed(self, told: Told) -> dict[str, list[str]]:
        which = {"R5": "2026-H2", "P4d": "2026"}
        return {duty: told.states(duty, *self.DAYS, period=period) for duty, period in which.items()}

    def test_one_report_for_both(self, tell: Tell):
        told = tell()
        filed = report(told, "jia/secretary", "principal", "2027-01-08", period="2026-H2", annual=True)

        states = ["due_soon", "in_time", "in_time", "in_time"]
        assert self.owed(told) == {"R5": states, "P4d": states}
        for duty, period in (("R5", "2026-H2"), ("P4d", "2026")):
            assert [b.position for b in told.one(duty, self.DAYS[-1], period=period).because] == [filed.position]

    def test_both_were_overdue_by_what_was_known(self, tell: Tell):
        """Sent on the 8th, entered on the 13th."""
        told = tell()
        report(told, "jia/secretary", "principal", "2027-01-08", period="2026-H2", annual=True, on="2027-01-13")

        for duty, period in (("R5", "2026-H2"), ("P4d", "2026")):
            known = ("2027-01-12", "2027-01-13", "2027-01-14")
            states = [told.one(duty, "2027-01-11", period=period, known=day).state for day in known]
            assert states == ["overdue", "in_time", "in_time"]

    def test_and_it_is_then_evaluated(self, tell: Tell):
        """P4f: what is reported once a year is subject to evaluation, by others."""
        told = tell()
        filed = report(told, "jia/secretary", "principal", "2027-01-08", period="2026-H2", annual=True)
        told.do("uni/secretary", ReportEvaluated(report=filed.reference, period="2026"), "2027-02-01")

        assert told.triggered("P4f", "2027-01-07") == []
        assert told.open("P4f", "2027-01-08", "2027-01-31", "2027-02-01") == ["open", "open", "closed"]

    def test_an_acknowledgement_refers_to_its_act(self, tell: Tell):
        """As everywhere else: a `Reference` is a record, anything with ``reference``, or the pair."""
        told = tell()
        filed = report(told, "jia/secretary", "principal", "2027-01-08", period="2026-H2", annual=True)
        told.do("uni/secretary", ReportEvaluated(report=filed, period="2026"), "2027-02-01")

        assert told.open("P4f", "2027-01-31", "2027-02-01") == ["open", "closed"]

    def test_near_miss_six_cells_are_no_acknowledgement(self, tell: Tell):
        """Nor are several of them one report."""
        told = tell()
        filed = report(told, "jia/secretary", "principal", "2027-01-08", period="2026-H2", annual=True)

        for other in (tuple(filed), [filed, filed]):
            with pytest.raises(CallerError, match="expected the exact version of an event"):
                told.do("uni/secretary", ReportEvaluated(report=other, period="2026"), "2027-02-01")
        assert told.open("P4f", "2027-02-01") == ["open"]

    def test_near_miss_without_the_three_parts(self, tell: Tell):
        told = tell()
        report(told, "jia/secretary", "principal", "2027-01-08", period="2026-H2")
        alone = ["due_soon", "due_soon", "due_soon", "overdue"]

        assert self.owed(told) == {"R5": ["due_soon", "in_time", "in_time", "in_time"], "P4d": alone}
        assert told.triggered("P4f", "2027-12-31") == []

    def test_near_miss_that_names_the_whole_year(self, tell: Tell):
        """It is the annual report and no report on the half-year, unless a site reads January so (AMB6)."""
        text = default_text().replace('january_report = "half"', 'january_report = "year"')
        found = []
        for told in (tell(), tell(rules=load(text))):
            report(told, "jia/secretary", "principal", "2027-01-08", period="2026", annual=True)
            found.append({duty: states[-1] for duty, states in self.owed(told).items()})

        assert found == [{"R5": "overdue", "P4d": "in_time"}, {"R5": "in_time", "P4d": "in_time"}]

    def test_near_miss_in_july(self, tell: Tell):
        """A report on the first half cannot close the year."""
        told = tell()
        report(told, "jia/secretary", "principal", "2026-07-08", annual=True)

        assert told.one("R5", "2026-07-11", period="2026-H1").state == "in_time"
        assert told.states("P4d", *self.DAYS, period="2026")[-1] == "overdue"

    def test_near_miss_to_one_recipient_and_a_day_late(self, tell: Tell):
        told = tell()
        annual = {"period": "2026-H2", "annual": True}
        report(told, "jia/secretary", "principal", "2027-01-08", to=["uni"], **annual)
        assert lacks(told.one("P4d", "2027-01-11", period="2026")) == ["dic"]

        report(told, "jia/secretary", "principal", "2027-01-11", to=["dic"], **annual)
        assert self.owed(told)["P4d"] == ["due_soon", "due_soon", "due_soon", "late"]
