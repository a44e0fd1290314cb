"""Accountability: the case whole, under the version of the norm that applied; what is missing or late is shown."""

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
from collections.abc import Callable
from itertools import islice, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.aggregates.measures import REFERENCE
from tests.aggregates.telling import inspected, stream, tell

from trail import aggregates as a
from trail.aggregates.norms import NORM_2016, NORM_2019
from trail.errors import CallerError
from trail.testing import Campus
from trail.verify import Verdict

WHO = {"persons": ["p-006"]}
CADRE = a.Cadre("p-006", ["organisational_adjustment"], "principal_leadership", "jia/deputy")
GROUP = {"head": "p-003", "members": ["p-003", "p-004"]}
SUBJECT = ("p-006", "jia/deputy")
LIST = [bytes([7]) * 16, bytes(32)]
Shown = list[tuple[str, tuple[int, ...]]]


def step(**more: Any) -> dict[str, Any]:
    return {"situations": [8], "cadres": [CADRE], "versions": [LIST], **more}


class Told:
    """A case under the norm of 2019 with every step, each on its day; a test leaves out or changes what it is about."""

    def __init__(self, log: Any, skip: str = "", **days: str) -> None:
        self.log, self.skip = log, skip.split()
        self.days = {
            "LeadReceived": "2026-03-02", "AccountabilityInitiated": "2026-03-10", "InquiryOpened": "2026-03-12",
            "FactsPresented": "2026-03-20", "DefenceHeard": "2026-03-21", "OpinionSigned": "2026-03-22",
            "InquiryReportAdopted": "2026-03-30", "AccountabilityDecided": "2026-04-10",
            "DecisionServed": "2026-04-15", "AdjustmentCompleted": "2026-05-10", "SelfCriticismMade": "2026-05-11",
            "AppealLodged": "2026-05-15", "AppealDecided": "2026-06-15", "CaseCirculated": "2026-06-20", **days,
        }  # fmt: skip
        self.at: dict[str, Any] = {}

    def tell(self, cls: type[a.ActBase], who: tuple[str, str] = ("p-003", "dic/secretary"), **fields: Any) -> Any:
        name = cls.TYPE.name
        if name not in self.skip:
            self.at[name] = self.log.add(cls(happened=self.days[name], **fields), *who)
        return self.at.get(name)

    def whole(self) -> a.CaseAggregate:
        lead = self.tell(a.LeadReceived, source="audit")
        self.tell(a.AccountabilityInitiated, case=lead, **step())
        self.tell(a.InquiryOpened, case=lead, **GROUP)
        self.tell(a.FactsPresented, case=lead, **WHO)
        self.tell(a.DefenceHeard, case=lead, **WHO)
        self.tell(a.OpinionSigned, SUBJECT, case=lead, opinion="disagree", **WHO)
        self.tell(a.InquiryReportAdopted, case=lead, **GROUP, **step())
        decided = self.tell(a.AccountabilityDecided, case=lead, **step())
        self.tell(a.DecisionServed, decision=decided, received=self.days["DecisionServed"], **WHO)
        self.tell(a.AdjustmentCompleted, decision=decided, **WHO)
        self.tell(a.SelfCriticismMade, SUBJECT, case=lead, forms=["written"], **WHO)
        appeal = self.tell(a.AppealLodged, SUBJECT, decision=decided, **WHO)
        if appeal is not None:
            self.tell(a.AppealDecided, appeal=appeal, outcome="upheld")
        self.tell(a.CaseCirculated, case=lead, scope="university")
        return a.CaseAggregate.of(self.log.records)


def shown(state: a.CaseAggregate, **how: Any) -> Shown:
    return [(gap.code, gap.positions) for gap in state.gaps(**how)]


# --- the way of a case -----------------------------------------------------------------------------------------------


def test_a_case_with_every_step_in_order_and_in_time_has_no_gap(log: Any) -> None:
    state = Told(log).whole()

    assert state.gaps() == state.gaps(as_of="2036-01-01") == ()
    assert (state.stage(), state.norm(), state.subjects()) == ("CaseCirculated", "2019", {"p-006"})
    assert {record.statement.stream for record in log.records} == {"case/" + (1).to_bytes(16, "big").hex()}


@pytest.mark.parametrize(
    ("skip", "code"),
    [
        ("AccountabilityInitiated", "C7"),
        ("InquiryOpened", "N1"),
        ("FactsPresented", "N1"),
        ("DefenceHeard", "C7"),
        ("OpinionSigned", "N1"),
        ("InquiryReportAdopted", "N1"),
        ("DecisionServed", "N1"),
    ],
)
def test_a_missing_step_is_shown_once_at_what_presupposes_it(log: Any, skip: str, code: str) -> None:
    told = Told(log, skip)
    gaps = [gap for gap in told.whole().gaps() if gap.code in ("C7", "N1")]

    assert [gap.code for gap in gaps] == [code]
    later = "AppealLodged" if skip == "DecisionServed" else "AccountabilityDecided"
    assert told.at[later].position in gaps[0].positions


def test_what_is_missing_so_far_is_told_before_the_decision(log: Any) -> None:
    told = Told(log, "InquiryReportAdopted AccountabilityDecided")
    lead = told.tell(a.LeadReceived, source="petition")
    told.tell(a.AccountabilityInitiated, case=lead, **step())
    state = a.CaseAggregate.of(log.records)

    assert state.gaps() == ()
    assert state.missing() == (
        "InquiryOpened", "FactsPresented", "DefenceHeard", "OpinionSigned", "InquiryReportAdopted",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step_name", "day", "code"),
    [
        ("AccountabilityInitiated", "2026-04-11", "C7"),
        ("DefenceHeard", "2026-04-11", "C7"),
        ("InquiryReportAdopted", "2026-04-11", "N1"),
        ("FactsPresented", "2026-03-25", "N1"),
        ("AdjustmentCompleted", "2026-04-01", "N1"),
        ("SelfCriticismMade", "2026-04-01", "N1"),
    ],
)
def test_a_step_out_of_order_is_shown(log: Any, step_name: str, day: str, code: str) -> None:
    told = Told(log, **{step_name: day})
    gaps = told.whole().gaps()

    assert code in {gap.code for gap in gaps}
    assert all(told.at[step_name].position in gap.positions for gap in gaps)


def test_the_same_day_is_in_order(log: Any) -> None:
    days = dict.fromkeys(("FactsPresented", "DefenceHeard", "OpinionSigned"), "2026-03-20")
    assert Told(log, **days).whole().gaps() == ()


def test_who_is_under_review_already_needs_no_inquiry_of_its_own(log: Any) -> None:
    lead = log.add(a.LeadReceived(source="discipline_review", happened="2026-03-02"))
    log.add(a.AccountabilityInitiated(case=lead, happened="2026-03-10", under_review=True, **step()))
    log.add(a.DefenceHeard(case=lead, happened="2026-03-21", **WHO))
    log.add(a.AccountabilityDecided(case=lead, happened="2026-04-10", **step()))

    assert a.CaseAggregate.of(log.records).gaps() == ()


def test_a_decision_cites_the_lists(log: Any) -> None:
    """C5."""
    told = Told(log, "AccountabilityDecided DecisionServed AdjustmentCompleted AppealLodged CaseCirculated")
    told.skip.append("SelfCriticismMade")
    told.whole()
    decided = log.add(a.AccountabilityDecided(case=log.records[0], happened="2026-04-10", **step(versions=[])))

    assert shown(a.CaseAggregate.of(log.records)) == [("C5", (decided.position,))]


def test_each_subject_is_heard(log: Any) -> None:
    """Of two who are held accountable one was never heard: shown, with whom."""
    told = Told(log)
    told.whole()
    both = step(cadres=[CADRE, a.Cadre("p-007", ["circular"])])
    again = log.add(a.AccountabilityDecided(case=log.records[0], happened="2026-07-01", **both))
    gaps = [gap for gap in a.CaseAggregate.of(log.records).gaps() if again.position in gap.positions]

    assert sorted(gap.code for gap in gaps if "p-007" in gap.en) == ["C7", "N1", "N1"]
    assert all("p-006" not in gap.en for gap in gaps if "lacks" in gap.en)


def test_an_inquiry_is_at_least_two_and_all_of_them_sign(log: Any) -> None:
    lead = log.add(a.LeadReceived(source="audit", happened="2026-03-02"))
    log.add(a.AccountabilityInitiated(case=lead, happened="2026-03-02", **step()))
    alone = log.add(a.InquiryOpened(case=lead, head="p-003", members=["p-003"], happened="2026-03-03"))
    assert shown(a.CaseAggregate.of(log.records)) == [("N1", (alone.position,))]

    more = log.add(a.InquiryOpened(case=lead, head="p-003", members=["p-004"], happened="2026-03-04"))
    for cls in (a.FactsPresented, a.DefenceHeard):
        log.add(cls(case=lead, happened="2026-03-05", **WHO))
    log.add(a.OpinionSigned(case=lead, opinion="agree", happened="2026-03-05", **WHO), *SUBJECT)
    report = log.add(
        a.InquiryReportAdopted(case=lead, head="p-003", members=["p-003"], happened="2026-03-06", **step())
    )
    assert ("N1", (more.position, report.position)) in shown(a.CaseAggregate.of(log.records))


def test_an_opinion_is_the_subjects_own_or_a_refusal_with_a_note(log: Any) -> None:
    """N6."""
    lead = log.add(a.LeadReceived(source="audit"))
    given = {"case": lead, **WHO}
    log.add(a.OpinionSigned(opinion="agree", **given), *SUBJECT)
    log.add(a.OpinionSigned(opinion="refused", content="拒绝签名，二人在场", **given), "p-004", "dic/recorder")
    forged = log.add(a.OpinionSigned(opinion="agree", **given), "p-004", "dic/recorder")

    gaps = a.CaseAggregate.of(log.records).gaps()
    assert [gap.positions for gap in gaps if gap.code == "N6"] == [(forged.position,)]
    with pytest.raises(CallerError, match="a refusal needs a note"):
        a.OpinionSigned(opinion="refused", **given).event()


def test_a_correction_stands_beside_the_decision(log: Any) -> None:
    """N7: linked, never deleting; and what is said of a step by a correction of the record counts as well."""
    told = Told(log)
    told.whole()
    decided = told.at["AccountabilityDecided"]
    log.add(a.AccountabilityCorrected(decision=decided, outcome="revoked", happened="2026-07-01"))
    state = a.CaseAggregate.of(log.records)

    assert state.gaps() == ()
    assert [act.id for act in state.steps("AccountabilityDecided")] == [decided.statement.id]
    log.add(a.RecordVoided(target=told.at["DefenceHeard"], reason="误登"))
    assert ("C7", (decided.position,)) in shown(a.CaseAggregate.of(log.records))


def test_the_order_in_which_records_come_changes_nothing(log: Any) -> None:
    told = Told(log, "DefenceHeard OpinionSigned SelfCriticismMade AppealLodged CaseCirculated DecisionServed")
    expected = told.whole().gaps()

    assert expected
    for order in islice(permutations(log.records), 0, None, 997):
        assert a.CaseAggregate.of(order).gaps() == expected


# --- terms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step_name", "last", "late"),
    [
        ("AdjustmentCompleted", "2026-05-10", "2026-05-11"),  # decided on 10 April
        ("AppealLodged", "2026-05-15", "2026-05-16"),  # served on 15 April
        ("AppealDecided", "2026-06-15", "2026-06-16"),  # appealed on 15 May
    ],
)
def test_a_term_lasts_to_the_end_of_its_last_day(new_log: Any, step_name: str, last: str, late: str) -> None:
    assert Told(new_log(), **{step_name: last}).whole().gaps() == ()
    told = Told(new_log(), **{step_name: late, "AppealDecided": "2026-06-16"})
    codes = [gap for gap in told.whole().gaps() if told.at[step_name].position == gap.positions[-1]]

    assert [gap.code for gap in codes] == ["N3"]
    assert "2026-0" in codes[0].en


def test_a_term_that_has_run_out_without_its_step_counts_from_the_next_day(log: Any) -> None:
    state = Told(log, "AdjustmentCompleted AppealDecided").whole()

    assert shown(state) == shown(state, as_of="2026-05-10") == []
    assert [code for code, _ in shown(state, as_of="2026-05-11")] == ["N3"]
    assert [code for code, _ in shown(state, as_of="2026-06-16")] == ["N3", "N3"]


def test_to_let_the_term_for_an_appeal_pass_is_no_fault(log: Any) -> None:
    state = Told(log, "AppealLodged").whole()

    assert state.gaps(as_of="2036-01-01") == ()
    assert [(term.clock.name, term.due, term.done) for term in state.terms()] == [
        ("adjustment", "2026-05-10", "2026-05-10"), ("appeal", "2026-05-15", None),
    ]  # fmt: skip


def test_a_term_that_begins_on_the_31st_ends_with_the_month(log: Any) -> None:
    """民法典 202: no such day, so the last of the month; decided on 31 March, in time on 30 April."""
    days = {"AccountabilityDecided": "2026-03-31", "AdjustmentCompleted": "2026-04-30"}
    state = Told(log, **days).whole()

    assert [term.due for term in state.terms() if term.clock.name == "adjustment"] == ["2026-04-30"]
    assert state.gaps() == ()


DATES = st.dates(dt.date(1990, 1, 1), dt.date(2990, 12, 31))


@given(DATES, st.integers(0, 120))
def test_month_arithmetic(day: dt.date, months: int) -> None:
    """So many months later, the same day or, where there is none, the last of the month: N3, 民法典 202."""
    got = dt.date.fromisoformat(a.add_months(day.isoformat(), months))
    length = calendar.monthrange(got.year, got.month)[1]

    assert (got.year - day.year) * 12 + got.month - day.month == months
    assert got.day == day.day or (got.day == length and length < day.day)


@given(DATES, DATES, st.integers(0, 24))
def test_a_later_beginning_never_ends_earlier(one: dt.date, other: dt.date, months: int) -> None:
    first, second = sorted((one.isoformat(), other.isoformat()))

    assert a.add_months(first, months) <= a.add_months(second, months)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2026-01-31", "2026-02-28"), ("2024-01-31", "2024-02-29"), ("2026-01-28", "2026-02-28"),
        ("2026-02-28", "2026-03-28"), ("2026-12-31", "2027-01-31"), ("2026-05-31", "2026-06-30"),
    ],
)  # fmt: skip
def test_one_month(begin: str, end: str) -> None:
    assert a.add_months(begin, 1) == end


# --- the norm --------------------------------------------------------------------------------------------------------


def under(log: Any, opened: tuple[str, str], decided: tuple[str, str], situation: int = 3) -> a.CaseAggregate:
    """A case (day, norm) opened and decided, with all the steps that 2016 asks for."""
    lead = log.add(a.LeadReceived(source="tour", happened=opened[0]))
    log.add(a.AccountabilityInitiated(case=lead, happened=opened[0], norm=opened[1], **step(situations=[situation])))
    log.add(a.DefenceHeard(case=lead, happened=opened[0], **WHO))
    given = step(situations=[situation])
    log.add(a.AccountabilityDecided(case=lead, happened=decided[0], norm=decided[1], **given))
    return a.CaseAggregate.of(log.records)


def test_a_case_opened_under_2016_and_decided_after_the_norm_of_2019_came_into_force(
    new_log: Callable[[], Any],
) -> None:
    """
    Opened on 20 June 2019 under the norm of 2016, which held until 31 August; decided on 20 September 2019.

    Whichever norm the decision names, the case keeps asking: 2016 was no longer in force; 2019 is another than the one
    that the case was opened under, and presupposes steps that nobody took before.
    """
    opened = ("2019-06-20", "2016")
    assert shown(under(new_log(), opened, ("2019-08-31", "2016"))) == []

    old = under(new_log(), opened, ("2019-09-20", "2016"))
    assert [(gap.code, gap.positions) for gap in old.gaps()] == [("N2", (4,))]
    assert "was not in force on 2019-09-20" in old.gaps()[0].en
    assert (old.norm(), [term.due for term in old.terms()]) == ("2016", ["2019-10-20"])

    new = under(new_log(), opened, ("2019-09-20", "2019"))
    gaps = new.gaps()
    assert new.norm() == "2019"
    assert [gap.positions for gap in gaps if gap.code == "N2"] == [(2, 4)]
    assert "opened under the norm of 2016 and decided under that of 2019" in "".join(gap.en for gap in gaps)
    assert sum(gap.code == "N1" for gap in gaps) == 4
    assert new.missing() == ("InquiryOpened", "FactsPresented", "OpinionSigned", "InquiryReportAdopted")


@pytest.mark.parametrize(
    ("day", "norm", "holds"),
    [
        ("2016-07-07", "2016", False), ("2016-07-08", "2016", True), ("2019-08-31", "2016", True),
        ("2019-09-01", "2016", False), ("2019-08-31", "2019", False), ("2019-09-01", "2019", True),
    ],
)  # fmt: skip
def test_the_day_on_which_a_norm_begins_and_ends(log: Any, day: str, norm: str, holds: bool) -> None:
    log.add(a.AccountabilityProposed(norm=norm, happened=day, **step(situations=[1])))

    assert [gap.code for gap in a.CaseAggregate.of(log.records).gaps()] == ([] if holds else ["N2"])


def test_the_norm_of_2016_has_six_situations_and_no_term_for_an_appeal(log: Any) -> None:
    state = under(log, ("2019-06-20", "2016"), ("2019-07-01", "2016"), situation=8)
    log.add(a.DecisionServed(decision=log.records[3], received="2019-07-02", **WHO))
    log.add(a.AppealLodged(decision=log.records[3], happened="2019-12-02", **WHO))

    assert [gap.code for gap in state.gaps()] == ["N2", "N2"]
    assert all("no situation 8" in gap.en for gap in state.gaps())
    assert [term.clock.name for term in a.CaseAggregate.of(log.records).terms()] == ["adjustment"]
    assert (len(NORM_2016.situations), len(NORM_2019.situations)) == (6, 11)


def test_what_was_not_checked_can_be_set_otherwise(log: Any) -> None:
    """[K]: terms, steps, forms and the calendar are data; a site that knows better brings its own."""
    state = Told(log, "OpinionSigned", AppealLodged="2026-05-30").whole()
    assert sorted(gap.code for gap in state.gaps()) == ["N1", "N3"]

    def ten_days_more(begin: str, months: int) -> str:
        return (dt.date.fromisoformat(a.add_months(begin, months)) + dt.timedelta(10)).isoformat()

    steps = {name: tuple(s for s in before if s != "OpinionSigned") for name, before in NORM_2019.presupposes.items()}
    own = dataclasses.replace(NORM_2019, presupposes=steps, months=ten_days_more, cadre_forms=("circular",))
    lenient = dataclasses.replace(own, clocks=tuple(dataclasses.replace(c, months=2) for c in own.clocks))

    gaps = state.gaps(norms={"2019": lenient})
    assert {gap.code for gap in gaps} == {"N2"}
    assert all("no form or grade organisational_adjustment" in gap.en for gap in gaps)
    assert {gap.code for gap in state.gaps(norms={})} == {"N2"}


# --- what is told, and what is refused -------------------------------------------------------------------------------


def test_a_case_on_a_campus_survives_the_inspection_and_the_erasure_of_its_words() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-02 09:00")
        draft = a.ResponsibilityListDrafted(unit="jia", year=2026, owner="jia/deputy", items={"1": "抓"}, title="清单")
        rests = step(versions=[tell(campus, draft)], content="秘不外传")
        lead = tell(campus, a.LeadReceived(source="audit", lead="A-12", content="秘不外传"), "dic/secretary")
        tell(campus, a.AccountabilityProposed(case=lead, recipients=["uni"], **rests), "dic/secretary")
        tell(campus, a.AccountabilityInitiated(case=lead, approver="p-001", **rests), "dic/secretary")
        tell(campus, a.InquiryOpened(case=lead, **GROUP), "dic/secretary")
        tell(campus, a.FactsPresented(case=lead, content="秘不外传", **WHO), "dic/secretary")
        heard = tell(campus, a.DefenceHeard(case=lead, content="秘不外传", **WHO), "dic/recorder")
        tell(campus, a.OpinionSigned(case=lead, opinion="disagree", content="秘不外传", **WHO), "jia/deputy")
        tell(campus, a.InquiryReportAdopted(case=lead, **GROUP, **rests), "dic/secretary")
        decided = tell(campus, a.AccountabilityDecided(case=lead, **rests), "uni/secretary")
        served = a.DecisionServed(decision=decided, received="2026-03-02", notified=["dic", "uni"], **WHO)
        tell(campus, served, "dic/secretary")
        tell(campus, a.AdjustmentCompleted(decision=decided, **WHO), "uni/secretary")
        tell(campus, a.SelfCriticismMade(case=lead, forms=["written"], **WHO), "jia/deputy")
        appeal = tell(campus, a.AppealLodged(decision=decided, content="秘不外传", **WHO), "jia/deputy")
        tell(campus, a.AppealDecided(appeal=appeal, outcome="changed"), "uni/secretary")
        now = {"cadres": [a.Cadre("p-006", ["circular"])]}
        tell(campus, a.AccountabilityCorrected(decision=decided, outcome="changed", **now), "uni/secretary")
        tell(campus, a.CaseCirculated(case=lead, decision=decided, scope="university"), "dic/secretary")
        tell(campus, a.RectificationOrdered(issue=decided, units=["jia"], due="2026-06-30"), "dic/secretary")
        before = a.CaseAggregate.of(stream(campus, lead.statement.stream)).gaps()
        erased = a.PartErased(target=heard, part="content", authority="校档 5 号")
        campus.acting("dic/secretary").record(erased)

        records = stream(campus, lead.statement.stream)
        state = a.CaseAggregate.of(records)
        assert len(records) == 18
        assert state.gaps() == before == ()
        assert not any("秘不外传" in str(record.statement) for record in records)
        assert inspected(campus).verdict is Verdict.INTACT


def test_nobody_decides_for_the_competent_organisation() -> None:
    """Deciding is own hand and exclusive: also on an appeal, and when a wrong decision is corrected."""
    for cls in (a.AccountabilityDecided, a.AppealDecided, a.AccountabilityCorrected):
        assert (cls.TYPE.hands, cls.TYPE.exclusive) == (("own",), True)


@pytest.mark.parametrize(
    ("cls", "given", "where"),
    [
        (a.AccountabilityProposed, {"situations": [8]}, "organisations"),
        (a.AccountabilityProposed, {"situations": [12], "cadres": [CADRE]}, "situations"),
        (a.AccountabilityProposed, step(norm="2009"), "norm"),
        (a.AccountabilityDecided, step(cadres=[a.Cadre("p-006")]), "forms"),
        (a.AccountabilityDecided, step(cadres=[a.Cadre("p-006", ["reorganisation"])]), "cadres"),
        (a.AccountabilityDecided, step(cadres=[a.Cadre("p-006", ["circular"], "supreme")]), "cadres"),
        (a.InquiryOpened, {"case": REFERENCE, "head": "p-003", "members": []}, "members"),
        (a.InquiryOpened, {"case": "case 3", **GROUP}, "case"),
        (a.FactsPresented, {"case": REFERENCE}, "persons"),
        (a.DefenceHeard, {"case": REFERENCE, "persons": "p-006"}, "persons"),
        (a.OpinionSigned, {"case": REFERENCE, "opinion": "perhaps", **WHO}, "opinion"),
        (a.DecisionServed, {"decision": REFERENCE, "received": "2026-04-15"}, "persons"),
        (a.DecisionServed, {"decision": REFERENCE, "received": 15, **WHO}, "received"),
        (a.SelfCriticismMade, {"case": REFERENCE, "forms": [], **WHO}, "forms"),
        (a.AppealLodged, {"decision": REFERENCE}, "persons"),
        (a.AppealDecided, {"appeal": REFERENCE, "outcome": "postponed"}, "outcome"),
        (a.AccountabilityCorrected, {"decision": REFERENCE, "outcome": "changed"}, "organisations"),
        (a.CaseCirculated, {"case": REFERENCE, "scope": "internet"}, "scope"),
    ],
)
def test_bad_input_names_the_place_and_what_to_do(cls: type[a.Act], given: dict[str, Any], where: str) -> None:
    with pytest.raises(CallerError) as caught:
        cls(**given).event()

    assert str(caught.value.facts["where"]).startswith(where)
    assert len(caught.value.advice()) > 20
