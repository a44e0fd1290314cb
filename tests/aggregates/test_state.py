"""Folding is tolerant: any records, in any order, give a state; gaps never raise and do not depend on the order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.profile import scaled

from trail import aggregates as a

PEOPLE = ("p-001", "p-017", "p-018")
POSTS = ("jia/secretary", "jia/member", "jia/head")
KINDS = dict(zip(POSTS, ("secretary", "member", "head"), strict=True))
AGGREGATES = (
    a.ListAggregate, a.TalkAggregate, a.ReportAggregate, a.CaseAggregate, a.RectificationAggregate,
    a.AssessmentAggregate, a.FactAggregate,
)  # fmt: skip
CODES = {"C1", "C2", "C3", "C4", "C5", "C6", "C7", "N1", "N2", "N3", "N6", "N11b", "N13"}
DAYS = st.integers(1, 28).map(lambda day: f"2026-04-{day:02d}")
Make = Callable[[Any, Any], a.ActBase]

CORRECTIONS: dict[str, dict[str, Any]] = {
    "ResponsibilityListDrafted": {"items": ["1", "9"]},
    "TaskListDrafted": {"owner": "jia/head"},
    "TalkHeld": {"kinds": ["formal_admonition"]},
    "ReportFiled": {"recipients": ["jia"]},
    "PledgeSigned": {"side": "committee"},
    "AccountabilityDecided": {"situations": [1]},
    "DefenceHeard": {"persons": ["p-018"]},
    "RectificationOrdered": {"posts": ["jia/secretary"]},
}


def any_record(draw: Any, records: list[Any]) -> Any:
    return draw(st.sampled_from(records))


def correction(draw: Any, records: list[Any]) -> a.ActBase:
    target = any_record(draw, records)
    fields = CORRECTIONS.get(target.statement.type.rpartition("@")[0], {})
    happened = draw(DAYS) if not fields or draw(st.booleans()) else None
    return a.RecordCorrected(target=target, reason="更正", fields=fields, corrected_happened=happened)


def some(draw: Any, records: list[Any]) -> list[Any]:
    return draw(st.lists(st.sampled_from(records), min_size=1, max_size=3, unique_by=lambda r: r.position))


def listed(draw: Any, records: list[Any]) -> a.ActBase:
    rows = dict.fromkeys(draw(st.lists(st.sampled_from("123"), min_size=1, unique=True)), "……")
    return a.ResponsibilityListDrafted(unit="jia", year=2026, owner=draw(st.sampled_from(POSTS)), items=rows)


def planned(draw: Any, records: list[Any]) -> a.ActBase:
    items = [a.TaskItem("t", "……", draw(st.lists(st.sampled_from("1234"), max_size=2)))]
    basis = any_record(draw, records) if draw(st.booleans()) else None
    owner = draw(st.sampled_from(POSTS))
    return a.TaskListDrafted(unit="jia", year=2026, owner=owner, items=items, responsibility=basis)


def pledged(draw: Any, records: list[Any]) -> a.ActBase:
    side, text = draw(st.sampled_from(("committee", "responsible"))), draw(st.sampled_from(("一", "二")))
    return a.PledgeSigned(unit="jia", year=2026, side=side, party="jia/member", text=text, nonce=bytes(16))


def talked(draw: Any, records: list[Any]) -> a.ActBase:
    kind = draw(st.sampled_from(("duty", "formal_admonition")))
    person, day = draw(st.sampled_from(PEOPLE)), draw(DAYS)
    return a.TalkHeld(kind=kind, counterparts=[person], happened=day, place="甲", content="……")


STEP = {"situations": [8], "cadres": [a.Cadre("p-017", ["admonition"])]}
WHO = {"persons": ["p-017"]}
CASE_STEPS = (a.FactsPresented, a.DefenceHeard)
DECISION_STEPS = (a.AdjustmentCompleted, a.AppealLodged)


def case_step(draw: Any, records: list[Any]) -> a.ActBase:
    return draw(st.sampled_from(CASE_STEPS))(case=any_record(draw, records), happened=draw(DAYS), **WHO)


def decision_step(draw: Any, records: list[Any]) -> a.ActBase:
    return draw(st.sampled_from(DECISION_STEPS))(decision=any_record(draw, records), happened=draw(DAYS), **WHO)


def inquiry(draw: Any, records: list[Any]) -> a.ActBase:
    group = {"case": any_record(draw, records), "head": draw(st.sampled_from(PEOPLE)), "members": ["p-001"]}
    if draw(st.booleans()):
        return a.InquiryOpened(**group, happened=draw(DAYS))
    return a.InquiryReportAdopted(**group, happened=draw(DAYS), norm=draw(st.sampled_from(("2016", "2019"))))


def opinion(draw: Any, records: list[Any]) -> a.ActBase:
    return a.OpinionSigned(case=any_record(draw, records), opinion="agree", happened=draw(DAYS), **WHO)


def verified(draw: Any, records: list[Any]) -> a.ActBase:
    outcome = draw(st.sampled_from(("complete", "partial")))
    return a.RectificationVerified(order=any_record(draw, records), outcome=outcome, happened=draw(DAYS))


FIRST: tuple[Make, ...] = (
    listed,
    talked,
    pledged,
    lambda draw, _: a.ReportFiled(subject="team", period="2026-H1", recipients=["pc", "dic"], sent=draw(DAYS)),
    lambda draw, _: a.LeadReceived(source="audit", happened=draw(DAYS)),
)
LATER: tuple[Make, ...] = (
    *FIRST,
    planned,
    correction,
    lambda draw, records: a.ListEndorsed(versions=some(draw, records), happened=draw(DAYS)),
    lambda draw, records: a.CommitmentSigned(versions=some(draw, records), body="jia", happened=draw(DAYS)),
    lambda draw, records: a.ListFiledForRecord(versions=some(draw, records), recipient="dic", sent=draw(DAYS)),
    lambda draw, records: a.ListReturned(versions=some(draw, records), reason="……"),
    lambda draw, records: a.TalkConfirmed(talk=any_record(draw, records)),
    lambda draw, records: a.TalkDisputed(talk=any_record(draw, records), reason="……"),
    lambda draw, records: a.ReportReceived(report=any_record(draw, records), recipient="pc", received=draw(DAYS)),
    lambda draw, records: a.PaperReceiptRecorded(
        of=any_record(draw, records), recipient="x", received=draw(DAYS), paper=bytes(32)
    ),
    lambda draw, records: a.AccountabilityInitiated(case=any_record(draw, records), happened=draw(DAYS), **STEP),
    lambda draw, records: a.AccountabilityDecided(case=any_record(draw, records), happened=draw(DAYS), **STEP),
    case_step,
    decision_step,
    inquiry,
    opinion,
    verified,
    lambda draw, records: a.DecisionServed(decision=any_record(draw, records), received=draw(DAYS), **WHO),
    lambda draw, records: a.AppealDecided(appeal=any_record(draw, records), outcome="upheld", happened=draw(DAYS)),
    lambda draw, records: a.RectificationOrdered(issue=any_record(draw, records), units=["jia"], happened=draw(DAYS)),
    lambda draw, records: a.RectificationReported(order=any_record(draw, records), happened=draw(DAYS)),
    lambda draw, records: a.AssessmentConducted(
        units=["jia"], lead="p-001", period="2026", versions=some(draw, records) if draw(st.booleans()) else []
    ),
    lambda draw, records: a.RecordVoided(target=any_record(draw, records), reason="……"),
    lambda draw, records: a.RecordDisputed(target=any_record(draw, records), reason="……"),
)


@st.composite
def histories(draw: Any, new_log: Any) -> list[Any]:
    """Records as a log would admit them: every reference names an earlier event, of whatever type."""
    log = new_log()
    for number in range(draw(st.integers(1, 14))):
        make = draw(st.sampled_from(LATER if number else FIRST))
        log.add(make(draw, log.records), draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(POSTS)))
    return log.records


@settings(deadline=None, max_examples=scaled(150), suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_order_gives_the_same_state_and_gaps_never_raise(data: Any, new_log: Any) -> None:
    """Each aggregate is given every record of the log, foreign types and streams included."""
    records = data.draw(histories(new_log))
    shuffled = data.draw(st.permutations(records))

    for cls in AGGREGATES:
        state, other = cls.of(records), cls.of([*shuffled, *shuffled[:2]])
        assert other == state
        gaps = state.gaps()
        assert other.gaps() == gaps
        for gap in gaps:
            assert gap.code in CODES
            assert gap.positions == tuple(sorted(set(gap.positions)))
            assert set(gap.positions) <= {record.position for record in records}
            assert gap.en
            assert gap.zh


@settings(deadline=None, max_examples=scaled(100), suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_list_is_endorsed_only_over_its_exact_last_version(data: Any, new_log: Any) -> None:
    state = a.ListAggregate.of(data.draw(histories(new_log)))
    latest, named = state.latest(), state.named("ListEndorsed@1")

    for list_id, version in latest.items():
        endorsed = list_id in state.endorsed()
        assert endorsed == (version.key in named)
        assert all(act.position > version.position for act in named.get(version.key, ()))
    state.gaps(KINDS)


@settings(deadline=None, max_examples=scaled(100), suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_settling_keeps_what_is_not_voided(data: Any, new_log: Any) -> None:
    records = data.draw(histories(new_log))
    settled = a.settle(records)
    edits = ("RecordCorrected@1", "RecordVoided@1", "RecordDisputed@1")
    targets = {r.statement.fields["target"][0] for r in records if r.statement.type == "RecordVoided@1"}  # type: ignore[index]

    kept = [act.record for act in settled]
    assert kept == sorted(kept, key=lambda record: record.position)
    for record in records:
        if record.statement.type not in edits and record.statement.id not in targets:
            assert record in kept


def test_a_voided_voiding_does_not_hold(log: Any) -> None:
    report = log.add(a.ReportFiled(subject="team", period="2026-H1", recipients=["pc"], sent="2026-07-01"))
    void = log.add(a.RecordVoided(target=report, reason="误"))
    assert a.settle(log.records) == ()

    log.add(a.RecordVoided(target=void, reason="并未误"))
    assert [act.id for act in a.settle(log.records)] == [report.statement.id]


def test_the_last_correction_of_a_thing_holds(log: Any) -> None:
    talk = log.add(a.TalkHeld(kind="duty", counterparts=["p-017"], happened="2026-03-05", place="甲", content="……"))
    kinds = {"kinds": ["integrity"]}
    log.add(a.RecordCorrected(target=talk, reason="一", corrected_happened="2026-03-06", fields=kinds))
    last = log.add(a.RecordCorrected(target=talk, reason="二", corrected_happened="2026-03-07"))
    (act,) = a.settle(log.records)
    assert (act.happened.date(), act.fields["kinds"]) == ("2026-03-07", ["integrity"])
    assert act.fields["counterparts"] == [{"person": "p-017"}]

    log.add(a.RecordVoided(target=last, reason="三"))
    (act,) = a.settle(log.records)
    assert act.happened.date() == "2026-03-06"
