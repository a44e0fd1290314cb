"""The university: one seed, one story; and everybody in it shows as what they are."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trail import Trail
from trail.aggregates import BUILT_IN_ACTS, LIBRARY_ACTS
from trail.application import audit
from trail.errors import CallerError
from trail.evidence.record import Record
from trail.rules import load
from trail.testing.university import Ref, University, UniversityCampus, amended_text
from trail.testing.university.falsifying import FALSIFICATIONS, Falsification, Scene
from trail.testing.university.plan import ANCHOR, REGISTRARS, moment
from trail.verify import Verdict, verify

SMALL = University(units=4, years=1)
LARGER = University(units=6, years=2)
END = "2027-01-31"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[UniversityCampus, Path]]:
    """The small university in a folder, with a backup of August beside it."""
    folder = tmp_path_factory.mktemp("university")
    with SMALL.found(folder) as campus:
        SMALL.tell_into(campus, until="2026-08-03 10:00")
        campus.copy_database(folder / "backup.db")
        SMALL.tell_into(campus)
        yield campus, folder


@pytest.fixture(scope="module")
def campus(told: tuple[UniversityCampus, Path]) -> UniversityCampus:
    return told[0]


# --- the plan --------------------------------------------------------------------------------------------------------


def test_one_seed_gives_one_plan_and_another_seed_another() -> None:
    again, other = University(units=4, years=1).plan, University(seed=2, units=4, years=1).plan

    assert again == SMALL.plan
    assert other != SMALL.plan
    assert len(SMALL.plan) > 1_400


def test_a_plan_is_in_order_of_recording_and_refers_only_back() -> None:
    seen: set[str] = set()
    before = 0
    for row in LARGER.plan:
        assert row.recorded >= before, row
        before = row.recorded
        for ref in _refs(row.given):
            assert ref.key in seen, row
        assert row.happened is None or row.happened <= moment(row.recorded), row
        assert row.key not in seen
        seen.add(row.key)


def test_nobody_acts_in_a_post_that_somebody_else_holds() -> None:
    people = LARGER.people
    for row in LARGER.plan:
        if row.post and row.type != "RecordVoided" and row.happened is not None:
            held = [t.person for t in people.tenures[row.post]]
            assert row.person in held, row
            if not row.given.get("performers"):
                assert people.holder(row.post, row.happened.date()) == row.person, row


def test_the_larger_plan_has_every_family_of_acts() -> None:
    """What is left out has tests of its own and no part in the ordinary life of a university."""
    used = {row.type for row in LARGER.plan}
    every = {act.TYPE.name for act in (*LIBRARY_ACTS, *BUILT_IN_ACTS)}

    assert every - used <= {
        "AccountabilityCorrected", "AdjustmentCompleted", "DeadlineSet", "GrantEnded", "InstrumentRepealed",
        "KeyRevoked", "KeyRotated", "LogFounded", "LogKeyRotated", "LogRetired", "RecordDisputed",
        "RectificationReopened", "RegistrarAppointed", "RegistrarEnded", "RuleSetRepealed", "TypeDeclared",
        "UnitMoved",
    }  # fmt: skip
    assert {row.why for row in LARGER.plan} >= {
        "acting", "case", "confirmed later", "edit", "hand-over", "inspection notice", "late entry", "late filing",
        "late report", "merger", "reminder", "rules",
    }  # fmt: skip


def test_in_the_second_year_units_merge_and_the_rules_are_amended() -> None:
    plan, (first, amended) = LARGER.plan, LARGER.rules
    gone = LARGER.people.colleges[-1]

    assert (amended.version, amended.settings.mid_month) == (2, "fifteenth")
    assert [row.given["digest"] for row in plan.find("RuleSetAdopted")] == [first.digest, amended.digest]
    assert [row.given["first_period"] for row in plan.find("RuleSetAdopted")] == ["2025", "2026"]
    assert gone in {row.given["unit"] for row in plan.find("UnitMerged")}
    assert all(row.happened is None or row.happened.date() < dt.date(2026, 7, 1) for row in plan.find(unit=gone))


@pytest.mark.parametrize(("units", "years"), [(3, 1), (100, 1), (4, 0), (4, 21)])
def test_a_university_has_a_size(units: int, years: int) -> None:
    with pytest.raises(CallerError):
        University(units=units, years=years)


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _refs(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _refs(one)


# --- told ------------------------------------------------------------------------------------------------------------


def test_told_again_it_is_the_same_but_for_salts(campus: UniversityCampus) -> None:
    with University(units=4, years=1).tell() as again:
        first, second = (
            [_plain(r) for r in one.trail.records() if r.statement.type not in ("LogFounded@1", "TypeDeclared@1")]
            for one in (campus, again)
        )
        assert first == second


def _plain(record: Record) -> tuple[Any, ...]:
    """A record without digests, which follow from the salts of body parts, and what rests on digests."""
    s = record.statement
    fields = {name: value for name, value in s.fields.items() if not _rests(value)}
    parts = [(part.name, part.size) for part in s.parts]
    signed = [(one.person, one.post, one.key) for one in s.signers]
    return (record.recorded, record.version, s.id, s.type, s.stream, s.happened, s.performers, signed, s.hand, s.unit,
            s.period, s.causes, s.after, fields, parts)  # fmt: skip


def _rests(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, bytes) or _rests(one) for one in value)


def test_each_act_was_recorded_when_the_plan_says_and_signed_by_whom(campus: UniversityCampus) -> None:
    records = {record.statement.id: record for record in campus.trail.records()}
    for row in SMALL.plan:
        if row.type != ANCHOR:
            record = records[campus.acts[row.key].id]
            assert record.recorded == row.recorded
            if row.person != REGISTRARS:
                assert [(s.person, s.post) for s in record.statement.signers] == [(row.person, row.post)]


def test_what_was_told_is_intact_witnessed_and_one_part_erased(told: tuple[UniversityCampus, Path]) -> None:
    campus, folder = told
    report = verify(campus.trail.evidence(), campus.policy, now=campus.clock.now())

    assert (report.verdict, report.findings, report.exposed) == (Verdict.INTACT, (), 0)
    assert report.parts.erased == 1
    assert {remark.code for remark in report.remarks} <= {"POST_NOT_HELD"}
    assert audit(folder / "trail.db", campus.policy, now=campus.clock.now()).verdict is Verdict.INTACT


# --- who is what -----------------------------------------------------------------------------------------------------


def test_honest_people_have_discharged_everything_in_time(campus: UniversityCampus) -> None:
    view = campus.trail.at()
    for unit in ("uni", SMALL.honest):
        status = view.unit(unit)
        due = [o for o in status.obligations if o.state not in ("not_yet_due", "void")]
        assert len(due) >= 30
        assert [(o.duty, o.state, o.missing) for o in due if o.state != "in_time"] == []
        assert [(t.duty, t.elapsed_workdays) for t in status.triggered if t.state != "closed"] == []
        assert all(standing.in_place for standing in status.standing)


def test_tardy_people_are_late_after_a_reminder_and_shown_so(campus: UniversityCampus) -> None:
    status = campus.trail.at().unit(SMALL.tardy)
    states = {(o.duty, o.period): o.state for o in status.obligations}
    reminder = SMALL.plan.one("TalkHeld", unit=SMALL.tardy, why="reminder")
    report = SMALL.plan.one("ReportFiled", unit=SMALL.tardy, why="late report")

    assert states["R4", "2026-H1"] == "late"
    assert reminder.recorded < report.recorded
    labels = _labels(campus, SMALL.tardy)
    assert labels["late"] > 20
    assert labels["backfilled"] > 10


def test_the_backfiller_recorded_half_a_year_on_the_evening_before_the_notice(campus: UniversityCampus) -> None:
    notice, unit = SMALL.plan.notice, SMALL.backfiller
    told = campus.acts[SMALL.plan.one(why="inspection notice").key]
    eve = (notice - dt.timedelta(days=1)).date()
    rows = [row.entry for row in campus.trail.at().ledger(unit=unit)]
    burst = [e for e in rows if moment(e.record.recorded).date() == eve and moment(e.record.recorded).hour >= 19]

    assert Counter(e.because.label for e in burst)["backfilled"] > 50
    assert all(e.position < told.position for e in burst)
    assert _labels(campus, unit)["backfilled"] > 8 * max(_labels(campus, SMALL.honest)["backfilled"], 1)
    # Nothing is overdue when all is entered: only what was known then shows that most of it was not there.
    then = campus.trail.at("2026-07-31", known_at="2026-07-31").unit(unit)
    now = campus.trail.at("2026-07-31").unit(unit)
    assert then.overdue()
    assert not now.overdue()


def _labels(campus: UniversityCampus, unit: str) -> Counter[str]:
    return Counter(row.entry.because.label for row in campus.trail.at().ledger(unit=unit))


def test_a_secretary_relieved_in_mid_year_hands_over(campus: UniversityCampus) -> None:
    post = f"{SMALL.tardy}/secretary"
    first, second = (tenure.person for tenure in SMALL.people.tenures[post])
    view = campus.trail.at()

    (held,) = view.person(first).posts
    assert (held.post, held.until) == (post, "2026-09-01")
    assert held.undone
    assert [p.post for p in view.person(second).posts] == [post]


def test_a_vacant_post_an_acting_holder_and_a_late_appointment(campus: UniversityCampus) -> None:
    ding, people, view = SMALL.falsifier, SMALL.people, campus.trail.at()

    assert people.holder(f"{ding}/vice", dt.date(2026, 6, 1)) is None
    vacant = campus.trail.at("2026-07-31").unit(ding)
    assert {o.holder for o in vacant.obligations if o.post == f"{ding}/vice" and o.bound == "post"} >= {None}
    acting = people.holder(f"{ding}/secretary", dt.date(2026, 11, 1))
    assert acting == people.holder(f"{ding}/deputy", dt.date(2026, 11, 1))
    assert {p.post for p in view.person(acting or "").posts} == {f"{ding}/secretary", f"{ding}/deputy"}
    assert (f"{ding}/vice", "confirmed_later") in {
        post for row in view.ledger(unit=ding) for post in row.entry.because.posts
    }  # fmt: skip


def test_one_person_in_two_posts_is_nobodys_own_counterpart(campus: UniversityCampus) -> None:
    jia, people, view = SMALL.honest, SMALL.people, campus.trail.at()

    # So the head's post that the principal holds as well asks for no talk.
    both = people.holder(f"{jia}/principal", dt.date(2026, 6, 1))
    assert both == people.holder(f"{jia}-s2/head", dt.date(2026, 6, 1))
    for o in view.unit(jia).obligations:
        if (o.duty, o.post) == ("S2c", f"{jia}/principal"):
            assert f"{jia}-s2/head" not in {missing.counterpart for missing in o.missing}


def test_edits_stand_beside_what_they_edit(campus: UniversityCampus) -> None:
    entries = {row.entry.position: row.entry for row in campus.trail.at().ledger(unit=SMALL.honest)}
    for row in SMALL.plan.find(unit=SMALL.honest, why="edit"):
        for name in ("target", "talk"):
            if name in row.given:
                target = entries[campus.acts[row.given[name].key].position]
                assert target.stands == (row.type != "RecordVoided")
                assert bool(target.edits) == (row.type != "TalkDisputed"), row.type


def test_what_was_entered_late_is_known_later_and_counts_then(campus: UniversityCampus) -> None:
    unit = SMALL.honest
    (changed,) = [
        change for change in campus.trail.at("2026-07-31").unit(unit).diff(
            campus.trail.at("2026-07-31", known_at="2026-07-31").unit(unit)
        ) if change.before != change.after
    ]  # fmt: skip

    assert (changed.duty, changed.post, changed.before, changed.after) == (
        "R6", f"{unit}/principal", "overdue", "in_time"
    )  # fmt: skip


def test_a_case_goes_through_all_its_steps(campus: UniversityCampus) -> None:
    steps = [row.type for row in SMALL.plan.find(why="case")]

    assert steps == [
        "LeadReceived", "AccountabilityProposed", "AccountabilityInitiated", "InquiryOpened", "FactsPresented",
        "DefenceHeard", "OpinionSigned", "InquiryReportAdopted", "AccountabilityDecided", "DecisionServed",
        "AppealLodged", "SelfCriticismMade", "AppealDecided", "CaseCirculated",
    ]  # fmt: skip
    records = [campus.trail.reader.find(campus.acts[row.key].id) for row in SMALL.plan.find(why="case")]
    assert len({record.statement.stream for record in records if record is not None}) == 1


# --- the falsifier ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", FALSIFICATIONS, ids=lambda one: one.name)
def test_the_falsifier_is_found(one: Falsification, told: tuple[UniversityCampus, Path], tmp_path: Path) -> None:
    campus, folder = told
    known = campus.trail.reader.checkpoint()
    note = known.cosigned if one.known and known is not None else None

    one.change(Scene(campus, folder / "trail.db", folder / "backup.db"), tmp_path / one.name)
    report = audit(tmp_path / one.name, campus.policy, known=note, now=campus.clock.now())

    assert report.verdict is Verdict.ALTERED
    assert one.code in {finding.code for finding in report.findings}


# --- large -----------------------------------------------------------------------------------------------------------


@pytest.mark.harness
def test_thirty_units_over_three_years(tmp_path: Path) -> None:
    university = University(units=30, years=3)
    with university.tell(tmp_path) as campus:
        report = verify(campus.trail.evidence(), campus.policy, now=campus.clock.now())
        assert (report.verdict, report.findings) == (Verdict.INTACT, ())
        assert report.anchored > 20_000
    with Trail.open(tmp_path / "trail.db", read_only=True, rules=[load(amended_text())]) as trail:
        view = trail.at(END)
        for unit, character in university.plan.characters.items():
            states = Counter(o.state for o in view.unit(unit).obligations)
            if character == "honest" and university.people.units[unit].end is None:
                assert states["overdue"] + states["late"] == 0, unit
            assert states["in_time"] > 90
