"""
Worked cases: an accountability case between two norms (8), one meeting for three duties (9), a rectification (10).
"""

from __future__ import annotations

from typing import Any

import pytest
from told_by_day import BOTH, Tell, Told

from trail.aggregates import (
    AccountabilityDecided,
    AccountabilityInitiated,
    AccountabilityProposed,
    AdjustmentCompleted,
    Cadre,
    CaseAggregate,
    CaseCirculated,
    DefenceHeard,
    IssueFound,
    LeadReceived,
    Organisation,
    RectificationAggregate,
    RectificationOrdered,
    RectificationReopened,
    RectificationReported,
    RectificationVerified,
    ThematicStudyHeld,
)
from trail.rules import default_text, load
from trail.store import Ack


class TestACaseBetweenTwoNorms:
    """
    Case 8: a dereliction in the college, found on 20 May 2019; the norm of 2019 is in force from 1 September 2019.

    Proposed by the college on 3 June, initiated by the discipline commission on 10 June, both under the norm of 2016.
    """

    def opened(self, tell: Tell) -> tuple[Told, Ack]:
        told = tell("2019-01-01")
        issue = told.do("jia/deputy", IssueFound(kind="dereliction", severity="serious"), "2019-05-20")
        lead = told.do("dic/secretary", LeadReceived(source="supervision", units=["jia"]), "2019-05-27")
        step: dict[str, Any] = {"case": lead, "norm": "2016", "situations": [3]}
        step["organisations"] = [Organisation("jia-lab", ["circular"])]
        causes = [issue.id]
        told.do("jia/secretary", AccountabilityProposed(recipients=BOTH, causes=causes, **step), "2019-06-03")
        told.do("dic/secretary", AccountabilityInitiated(**step), "2019-06-10")
        told.do("dic/secretary", DefenceHeard(case=lead, units=["jia-lab"], content="……"), "2019-08-20")
        return told, lead

    def decide(self, told: Told, lead: Ack, norm: str, on: str, situation: int, **more: Any) -> Ack:
        held = more or {"organisations": [Organisation("jia-lab", ["circular"])]}
        act = AccountabilityDecided(case=lead, norm=norm, situations=[situation], body="dic", **held)
        return told.do("dic/secretary", act, on)

    def gaps(self, told: Told, lead: Ack, code: str, as_of: str | None = None) -> list[str]:
        gaps = CaseAggregate.of(told.stream(lead)).gaps(as_of=as_of)
        return [gap.en for gap in gaps if gap.code == code]

    def test_what_the_college_owed_is_closed_by_its_proposal(self, tell: Tell):
        """Within its powers it proposes (B9, P3g, P6b); the days are counted, and no limit is invented (AMB14)."""
        told, _ = self.opened(tell)
        days = ("2019-05-20", "2019-06-02", "2019-06-03", "2019-06-04")

        for duty in ("B9", "P3g", "P6b"):
            assert told.triggered(duty, "2019-05-19") == []
            assert told.open(duty, *days) == ["open", "open", "closed", "closed"]
            assert told.triggered(duty, "2019-12-31")[0].elapsed_workdays == 10

    def test_what_the_commission_owed_is_closed_by_its_initiation(self, tell: Tell):
        """A1: the lead makes it due for the university committee and for its commission."""
        told, _ = self.opened(tell)
        days = ("2019-05-27", "2019-06-09", "2019-06-10", "2019-06-11")

        for unit in ("uni", "dic"):
            assert told.triggered("A1", "2019-05-26", unit=unit) == []
            assert told.open("A1", *days, unit=unit) == ["open", "open", "closed", "closed"]

    def test_by_what_was_known(self, tell: Tell):
        """The issue of 20 May, entered on the 24th: until then it made nothing due."""
        told = tell("2019-01-01")
        issue = IssueFound(kind="dereliction", severity="serious", happened="2019-05-20")
        told.do("jia/deputy", issue, "2019-05-24")
        known = [[t.state for t in told.triggered("B9", "2019-05-20", known=f"2019-05-{day}")] for day in (23, 24, 25)]

        assert known == [[], ["open"], ["open"]]

    def test_decided_under_the_norm_of_2019(self, tell: Tell):
        """The decision names it, the gap says that the case was opened under another; and what 2019 asks for lacks."""
        told, lead = self.opened(tell)
        assert self.gaps(told, lead, "N2") == []
        decision = self.decide(told, lead, "2019", "2019-10-15", 8)
        case = CaseAggregate.of(told.stream(lead))

        assert case.norm() == "2019"
        assert self.gaps(told, lead, "N2") == [
            "the case was opened under the norm of 2016 and decided under that of 2019",
        ]  # fmt: skip
        (opened, decided) = next(gap for gap in case.gaps() if gap.code == "N2").positions
        assert (opened < decided, decided) == (True, decision.position)
        assert set(case.missing()) == {"InquiryOpened", "FactsPresented", "OpinionSigned", "InquiryReportAdopted"}
        assert "C7" not in {gap.code for gap in case.gaps()}  # approved and heard, as either norm asks

    def test_the_decision_makes_a_circular_due(self, tell: Tell):
        """A2, of the committee and of the commission: the case circulated on 1 November closes it."""
        told, lead = self.opened(tell)
        decision = self.decide(told, lead, "2019", "2019-10-15", 8)
        told.do("dic/secretary", CaseCirculated(case=decision, scope="university"), "2019-11-01")

        for unit in ("uni", "dic"):
            assert told.triggered("A2", "2019-10-14", unit=unit) == []
            assert told.open("A2", "2019-10-15", "2019-10-31", "2019-11-01", unit=unit) == ["open", "open", "closed"]

    @pytest.mark.parametrize(
        ("norm", "on", "situation", "gaps"),
        [
            ("2016", "2019-08-31", 3, []),
            ("2016", "2019-09-01", 3, ["the norm of 2016 was not in force on 2019-09-01"]),
            (
                "2019", "2019-08-31", 8,
                [
                    "the norm of 2019 was not in force on 2019-08-31",
                    "the case was opened under the norm of 2016 and decided under that of 2019",
                ],
            ),
            ("2019", "2019-09-01", 8, ["the case was opened under the norm of 2016 and decided under that of 2019"]),
            ("2016", "2019-08-31", 8, ["the norm of 2016 has no situation 8"]),
        ],
    )  # fmt: skip
    def test_around_the_first_of_september(self, tell: Tell, norm: str, on: str, situation: int, gaps: list[str]):
        """Near misses: decided the day before the norm changed, or under the one that was no longer in force."""
        told, lead = self.opened(tell)
        self.decide(told, lead, norm, on, situation)

        assert sorted(self.gaps(told, lead, "N2")) == sorted(gaps)

    def test_the_clock_of_the_norm_that_decided(self, tell: Tell):
        """An organisational adjustment decided on 31 October is completed within a month: by 30 November (N3)."""
        told, lead = self.opened(tell)
        cadres = [Cadre("p-008", ["organisational_adjustment"])]
        decision = self.decide(told, lead, "2019", "2019-10-31", 8, cadres=cadres)
        exceeded = "the term for the completed formalities (p-008) ended on 2019-11-30 and was exceeded"
        found = [self.gaps(told, lead, "N3", as_of=day) for day in ("2019-11-30", "2019-12-01")]
        assert found == [[], [exceeded]]

        told.do("dic/secretary", AdjustmentCompleted(decision=decision.reference, persons=["p-008"]), "2019-11-30")
        assert self.gaps(told, lead, "N3", as_of="2019-12-31") == []

    def test_near_miss_nobody_proposed(self, tell: Tell):
        """What the commission initiates is no act of the college, nor of a case that does not name the issue."""
        told = tell("2019-01-01")
        told.do("jia/deputy", IssueFound(kind="dereliction", severity="serious"), "2019-05-20")
        blame = {"norm": "2016", "situations": [3], "organisations": [Organisation("jia-lab", ["circular"])]}
        told.do("dic/secretary", LeadReceived(source="supervision", units=["jia"]), "2019-05-27")
        told.do("dic/secretary", AccountabilityInitiated(**blame), "2019-06-10")
        told.do("jia/secretary", AccountabilityProposed(recipients=BOTH, **blame), "2019-06-11")

        for duty, unit in (("B9", "jia"), ("P3g", "jia"), ("A1", "uni"), ("A1", "dic")):
            assert told.open(duty, "2019-12-31", unit=unit) == ["open"]


def stands(b1f: str, b7b: str, p2a: str) -> dict[str, tuple[str, int]]:
    """State and number of each of the three, such as ``in_time 1``."""
    rows = {"B1f": b1f, "B7b": b7b, "P2a": p2a}
    return {duty: (text.split()[0], int(text.split()[1])) for duty, text in rows.items()}


class TestOneMeeting:
    """Case 9: studies that the secretary chairs serve B1f and B7b (each half-year) and P2a (two in the year)."""

    UNSHARED = load(default_text().replace("unshared = []", 'unshared = ["P2a"]'))

    def study(self, told: Told, day: str, chair: tuple[str, str] = ("p-005", "jia/secretary"),
              topics: tuple[str, ...] = ("self_governance", "integrity"), on: str = "") -> Ack:  # fmt: skip
        return told.do("jia/recorder", ThematicStudyHeld(happened=day, chair=chair, topics=topics), on or day)

    def stand(self, told: Told, day: str, half: str = "H1") -> dict[str, tuple[str, int]]:
        periods = {"B1f": f"2026-{half}", "B7b": f"2026-{half}", "P2a": "2026"}
        rows = {duty: told.one(duty, day, period=period) for duty, period in periods.items()}
        return {duty: (row.state, row.done) for duty, row in rows.items()}

    def test_each_meeting_counts_for_all_three(self, tell: Tell):
        told = tell()
        first = self.study(told, "2026-06-30")
        nothing = stands("due_soon 0", "due_soon 0", "not_yet_due 0")
        assert self.stand(told, "2026-06-29") == nothing
        assert self.stand(told, "2026-06-30") == stands("in_time 1", "in_time 1", "not_yet_due 1")
        assert self.stand(told, "2026-07-01") == self.stand(told, "2026-06-30")

        second = self.study(told, "2026-12-31")
        done = stands("in_time 1", "in_time 1", "in_time 2")
        assert self.stand(told, "2026-12-30", "H2") == nothing | {"P2a": ("due_soon", 1)}
        assert self.stand(told, "2026-12-31", "H2") == self.stand(told, "2027-01-01", "H2") == done
        because = told.one("P2a", "2027-01-01", period="2026").because
        assert [b.position for b in because] == [first.position, second.position]

    def test_recorded_after_the_half_year(self, tell: Tell):
        """Held on 30 June, recorded on 3 July: in time for all, and known from then on."""
        told = tell()
        self.study(told, "2026-06-30", on="2026-07-03")
        known = ("2026-07-02", "2026-07-03", "2026-07-04")
        rows = [told.one("B1f", "2026-07-01", period="2026-H1", known=day) for day in known]

        assert [(row.state, row.done) for row in rows] == [("overdue", 0), ("in_time", 1), ("in_time", 1)]

    def test_two_days_running_satisfy_the_text(self, tell: Tell):
        """AMB7: no spacing.  The second half-year has its meeting, the first has none."""
        told = tell()
        self.study(told, "2026-12-30")
        self.study(told, "2026-12-31")

        assert self.stand(told, "2027-01-01") == stands("overdue 0", "due_soon 0", "in_time 2")

    def test_near_miss_a_day_after_the_half_year(self, tell: Tell):
        """On 1 July it is the second half's meeting; 定期 is never overdue (B7b, AMB8)."""
        told = tell()
        self.study(told, "2026-07-01")

        assert self.stand(told, "2026-07-01") == stands("overdue 0", "due_soon 0", "not_yet_due 1")
        assert self.stand(told, "2026-07-01", "H2") == stands("in_time 1", "in_time 1", "not_yet_due 1")

    def test_near_miss_chaired_by_another(self, tell: Tell):
        told = tell()
        self.study(told, "2026-06-30", ("p-006", "jia/deputy"))

        assert self.stand(told, "2026-06-30") == stands("in_time 1", "in_time 1", "not_yet_due 0")

    def test_near_miss_another_topic(self, tell: Tell):
        told = tell()
        self.study(told, "2026-06-29", topics=("ideology",))
        assert {done for _, done in self.stand(told, "2026-06-30").values()} == {0}

        self.study(told, "2026-06-30", topics=("self_governance",))  # B7b is about integrity alone
        assert {duty: done for duty, (_, done) in self.stand(told, "2026-06-30").items()} == {
            "B1f": 1,
            "B7b": 0,
            "P2a": 1,
        }

    def test_with_sharing_off(self, tell: Tell):
        """AMB13 read otherwise: what P2a needs, its two earliest, it takes; a third serves the others."""
        told = tell(rules=self.UNSHARED)
        self.study(told, "2026-03-10")
        self.study(told, "2026-05-20")
        alone = stands("due_soon 0", "due_soon 0", "in_time 2")
        assert self.stand(told, "2026-06-30") == alone
        assert self.stand(told, "2026-07-01") == alone | {"B1f": ("overdue", 0)}

        self.study(told, "2026-06-30")
        assert self.stand(told, "2026-07-01") == stands("in_time 1", "in_time 1", "in_time 2")

    def test_near_miss_sharing_off_and_the_deputy_chairs(self, tell: Tell):
        """What P2a cannot use it does not take."""
        told = tell(rules=self.UNSHARED)
        self.study(told, "2026-03-10", ("p-006", "jia/deputy"))

        assert self.stand(told, "2026-06-30") == stands("in_time 1", "in_time 1", "not_yet_due 0")


class TestARectification:
    """Case 10: an emerging problem in the laboratory, ordered on 9 March to be rectified by 31 March."""

    def ordered(self, tell: Tell) -> tuple[Told, Ack]:
        told = tell()
        issue = told.do("jia/deputy", IssueFound(kind="emerging", severity="slight", units=["jia-lab"]), "2026-03-05")
        order = RectificationOrdered(issue=issue, due="2026-03-31", units=["jia-lab"])
        found = told.do("jia/secretary", order, "2026-03-09")
        told.do("jia/lab", RectificationReported(order=found, content="……"), "2026-03-25")
        return told, found

    def verify(self, told: Told, order: Ack, post: str, on: str, outcome: str = "complete") -> Ack:
        return told.do(post, RectificationVerified(order=order, outcome=outcome), on)

    def folded(self, told: Told, order: Ack) -> RectificationAggregate:
        return RectificationAggregate.of(told.stream(order))

    def cited(self, told: Told, day: str) -> list[str]:
        return [row.gap.code for row in told.at(day).lookback(unit="jia", about=["B4c"]).gaps]

    def test_closed_by_somebody_else(self, tell: Tell):
        told, order = self.ordered(tell)
        days = ("2026-03-05", "2026-03-29", "2026-03-30", "2026-03-31")
        assert told.open("B4c", *days) == ["open"] * 4
        assert [one.position for one in self.folded(told, order).open()] == [order.position]

        self.verify(told, order, "jia/deputy", "2026-03-30")
        assert told.triggered("B4c", "2026-03-04") == []
        assert told.open("B4c", *days) == ["open", "open", "closed", "closed"]
        assert (self.folded(told, order).open(), self.folded(told, order).gaps()) == ((), ())

    def test_verified_on_the_thirtieth_and_recorded_on_the_second(self, tell: Tell):
        told, order = self.ordered(tell)
        act = RectificationVerified(order=order, outcome="complete", happened="2026-03-30")
        told.do("jia/deputy", act, "2026-04-02")
        known = ("2026-04-01", "2026-04-02", "2026-04-03")

        assert [told.triggered("B4c", "2026-03-30", known=day)[0].state for day in known] == [
            "open",
            "closed",
            "closed",
        ]

    def test_closed_by_the_rectifying_party_is_a_gap(self, tell: Tell):
        """C6: recorded, shown, never refused.  Without the registry too: whoever reported is the rectifying party."""
        told, order = self.ordered(tell)
        verified = self.verify(told, order, "jia/lab", "2026-03-30")
        (c6,) = self.folded(told, order).gaps()

        assert (c6.code, order.position in c6.positions, verified.position in c6.positions) == ("C6", True, True)
        assert "C6" not in self.cited(told, "2026-03-29")
        assert "C6" in self.cited(told, "2026-03-30")

    def test_and_leaves_the_order_open(self, tell: Tell):
        told, order = self.ordered(tell)
        self.verify(told, order, "jia/lab", "2026-03-30")

        assert [one.position for one in self.folded(told, order).open()] == [order.position]

    def test_and_leaves_the_duty_open(self, tell: Tell):
        told, order = self.ordered(tell)
        self.verify(told, order, "jia/lab", "2026-03-30")

        assert told.open("B4c", "2026-03-31") == ["open"]

        self.verify(told, order, "jia/secretary", "2026-04-02")
        assert told.open("B4c", "2026-04-01", "2026-04-02") == ["open", "closed"]

    def test_verified_again_by_somebody_else(self, tell: Tell):
        """The gap stays: it is about the verification of the 30th, which stands as it was made."""
        told, order = self.ordered(tell)
        own = self.verify(told, order, "jia/lab", "2026-03-30")
        other = self.verify(told, order, "jia/secretary", "2026-04-02")
        folded = self.folded(told, order)
        (c6,) = folded.gaps()
        closing = folded.closed(folded.orders()[0])

        assert own.position in c6.positions
        assert other.position not in c6.positions
        assert (closing is not None and closing.position) == other.position

    def test_near_miss_verified_by_somebody_else_first(self, tell: Tell):
        """What the rectifying party says afterwards changes nothing: the order rests on the other; the gap is shown."""
        told, order = self.ordered(tell)
        other = self.verify(told, order, "jia/deputy", "2026-03-30")
        own = self.verify(told, order, "jia/lab", "2026-04-02")
        folded = self.folded(told, order)
        closing = folded.closed(folded.orders()[0])

        assert folded.open() == ()
        assert (closing is not None and closing.position) == other.position
        assert [own.position in gap.positions for gap in folded.gaps()] == [True]

    def test_reopened(self, tell: Tell):
        """The order is open again, from 10 April until it is verified anew; past its day it is said to be."""
        told, order = self.ordered(tell)
        self.verify(told, order, "jia/deputy", "2026-03-30")
        told.do("dic/secretary", RectificationReopened(order=order, content="……"), "2026-04-10")
        folded = self.folded(told, order)
        assert [one.position for one in folded.open()] == [order.position]
        assert [len(folded.overdue(day)) for day in ("2026-03-31", "2026-04-01")] == [0, 1]

        self.verify(told, order, "dic/secretary", "2026-05-08")
        assert self.folded(told, order).open() == ()
        assert told.open("B4c", "2026-04-09", "2026-04-10", "2026-05-08") == ["closed"] * 3  # answered on 30 March

    def test_near_miss_only_in_part(self, tell: Tell):
        told, order = self.ordered(tell)
        self.verify(told, order, "jia/deputy", "2026-03-30", "partial")

        assert told.open("B4c", "2026-03-31") == ["open"]
        assert [one.position for one in self.folded(told, order).open()] == [order.position]

    def test_near_miss_of_another_order(self, tell: Tell):
        """An order to a second unit closes by its own verification, and by no other."""
        told, order = self.ordered(tell)
        second = told.do("jia/secretary", RectificationOrdered(units=["jia-branch"], due="2026-03-31"), "2026-03-26")
        self.verify(told, second, "jia/lab", "2026-03-30")

        assert told.open("B4c", "2026-03-31") == ["open"]
        assert [one.position for one in self.folded(told, order).open()] == [order.position]
        assert self.folded(told, second).gaps() == ()  # the laboratory's head is somebody else to the branch
