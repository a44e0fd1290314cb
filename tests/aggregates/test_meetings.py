"""Meetings: who chaired and attended, what came of them, who disagreed; what is missing is shown, never refused."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.aggregates.telling import inspected, stream, tell

from trail import aggregates as a
from trail.testing import Campus
from trail.verify import Verdict

SECRETARY, DEPUTY, DEAN = ("p-005", "jia/secretary"), ("p-006", "jia/deputy"), ("p-007", "jia/principal")
SOUND: dict[str, Any] = {
    "happened": "2026-03-05", "chair": SECRETARY, "attended": [SECRETARY, DEPUTY], "absent": [DEAN], "result": "同意",
}  # fmt: skip
DECISION: dict[str, Any] = {"matter": "appointment", "publish": True, **SOUND}


def gaps(log: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(gap.code, gap.positions) for gap in a.MeetingAggregate.of(log.records).gaps()]


def decided(log: Any, **change: Any) -> Any:
    return log.add(a.CollectiveDecisionMade(**{**DECISION, **change}))


@pytest.mark.parametrize(
    "act",
    [
        a.MeetingHeld(kind="committee", **SOUND),
        a.ThematicStudyHeld(topics="integrity", **SOUND),
        a.CollectiveDecisionMade(**DECISION),
        a.DemocraticLifeMeetingHeld(period="2025", **SOUND),
        a.OrganisationalLifeMeetingHeld(branch="jia-branch", **SOUND),
    ],
)
def test_a_sound_meeting_has_no_gap(log: Any, act: a.ActBase) -> None:
    log.add(act)
    state = a.MeetingAggregate.of(log.records)

    assert state.gaps() == ()
    assert (state.chair(), state.attended()) == ("p-005", {"p-005", "p-006"})


def test_time_and_chair_are_all_that_is_asked_for(log: Any) -> None:
    """N45, D1: a list of those who attended is not asked for, so its absence is no gap; a result is."""
    log.add(a.MeetingHeld(kind="committee", happened="2026-03-05", chair="p-005"))

    assert gaps(log) == [("N45", (1,))]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"result": None}, "N45"),
        ({"attended": [DEPUTY, DEAN], "absent": []}, "N45"),
        ({"absent": [DEPUTY]}, "N45"),
        ({"attended": [SECRETARY]}, "P4a"),
        ({"positions": [("p-007", "for")]}, "N5"),
        ({"positions": [("p-011", "against")]}, "N5"),
        ({"positions": [("p-006", "absent")]}, "N5"),
        ({"positions": [("p-006", "for"), ("p-006", "against")]}, "N5"),
    ],
)
def test_what_contradicts_itself_is_shown(log: Any, change: dict[str, Any], code: str) -> None:
    decided(log, **change)

    assert gaps(log) == [(code, (1,))]


def test_dissent_is_on_record_and_no_gap(log: Any) -> None:
    """N5: the record protects whoever disagreed."""
    decided(log, attended=[SECRETARY, DEPUTY, DEAN], absent=[],
            positions=[("p-005", "for"), ("p-006", "against"), ("p-007", "reserved")])  # fmt: skip
    state = a.MeetingAggregate.of(log.records)

    assert state.dissent() == {"p-006": "against", "p-007": "reserved"}
    assert state.positions()["p-005"] == "for"
    assert state.gaps() == ()


def test_a_correction_brings_the_result_and_a_voiding_takes_the_meeting(log: Any) -> None:
    held = decided(log, result=None)
    log.add(a.RecordCorrected(target=held, reason="补录", parts={"result": {"result": "同意"}}))
    assert gaps(log) == []

    log.add(a.RecordVoided(target=held, reason="误登"))
    state = a.MeetingAggregate.of(log.records)
    assert (state.held(), state.chair(), state.attended(), state.positions(), state.gaps()) == (
        None, None, frozenset(), {}, (),
    )  # fmt: skip


def test_attending_a_meeting_that_does_not_list_one_is_shown(log: Any) -> None:
    held = log.add(a.DemocraticLifeMeetingHeld(period="2025", **SOUND))
    log.add(a.OrgLifeAttended(meeting=held), *DEPUTY)
    log.add(a.OrgLifeAttended(meeting=held), *DEAN)

    assert {record.statement.stream for record in log.records} == {held.statement.stream}
    assert gaps(log) == [("P4c", (1, 3))]


def test_attending_a_meeting_that_was_voided_or_is_none_is_shown(log: Any) -> None:
    held = log.add(a.OrganisationalLifeMeetingHeld(branch="jia-branch", **SOUND))
    log.add(a.OrgLifeAttended(meeting=held), *DEPUTY)
    assert gaps(log) == []

    log.add(a.RecordVoided(target=held, reason="误登"))
    assert gaps(log) == [("P4c", (2,))]


def test_attendance_without_a_record_of_the_meeting_stands_by_itself(log: Any) -> None:
    """The branch may keep no record here; the leader's own is enough."""
    record = log.add(a.OrgLifeAttended(content="对照检查"), *DEPUTY)

    assert record.statement.stream == "meeting/" + record.statement.id.hex()
    assert gaps(log) == []
    assert a.OrgLifeAttended(content="对照检查").event().parts["content"][0] == ()
    recorded = a.OrgLifeAttended(content="对照检查", performers=[("person", *DEPUTY)]).event()
    assert recorded.parts["content"][0] == ("p-006",)


def publish(log: Any, decision: Any, elements: Any, day: str = "2026-03-10") -> Any:
    return log.add(a.DecisionPublished(decision=decision, elements=elements, scope="unit", happened=day))


def test_a_decision_is_public_with_all_three_elements(log: Any) -> None:
    """B5a: process, execution and result, at once or one by one."""
    held = decided(log)
    publish(log, held, ["process", "result"])
    assert gaps(log) == [("B5a", (1, 2))]
    assert "execution" in a.MeetingAggregate.of(log.records).gaps()[0].en

    last = publish(log, held, "execution", "2026-05-10")
    assert gaps(log) == []
    assert a.MeetingAggregate.of(log.records).published() == {"process", "execution", "result"}

    log.add(a.RecordVoided(target=last, reason="误登"))
    assert gaps(log) == [("B5a", (1, 2))]


def test_a_decision_not_yet_made_public_is_no_gap(log: Any) -> None:
    """Whether it is due is a matter of the duty, not of the order."""
    decided(log)
    assert gaps(log) == []


def test_publishing_too_early_or_what_is_not_to_be_public_is_shown(log: Any) -> None:
    everything = ["process", "execution", "result"]
    held = decided(log, publish=False)
    publish(log, held, everything, "2026-03-04")

    assert gaps(log) == [("B5a", (1, 2)), ("B5a", (1, 2))]


def test_announcing_the_process_before_the_decision_is_usual(log: Any) -> None:
    held = decided(log)
    publish(log, held, "process", "2026-03-01")
    publish(log, held, ["execution", "result"])

    assert gaps(log) == []


def test_the_order_of_records_changes_nothing(log: Any) -> None:
    held = decided(log, attended=[DEPUTY], result=None)
    publish(log, held, "process")
    log.add(a.RecordCorrected(target=held, reason="补录", fields={"publish": False}))
    log.add(a.OrgLifeAttended(meeting=held), *DEAN)
    expected = a.MeetingAggregate.of(log.records).gaps()

    assert len(expected) == 5
    for records in permutations(log.records):
        assert a.MeetingAggregate.of(records).gaps() == expected


@given(
    st.sets(st.sampled_from(["p-1", "p-2", "p-3", "p-4"])),
    st.lists(st.tuples(st.sampled_from(["p-1", "p-2", "p-3", "p-4"]), st.sampled_from(a.shapes.POSITIONS)), max_size=5),
)
def test_a_position_fits_the_list_or_is_shown(new_log: Any, attended: set[str], positions: list[Any]) -> None:
    """N5 is shown exactly where somebody who was not there declared, somebody there was absent, or one spoke twice."""
    log = new_log()
    decided(log, chair="p-1", attended=sorted(attended), absent=[], positions=positions)
    rows = set(positions)
    strange = any(taken != "absent" and attended and person not in attended for person, taken in rows)
    strange |= any(taken == "absent" and person in attended for person, taken in rows)
    strange |= len({person for person, _ in rows}) < len(rows)

    assert any(code == "N5" for code, _ in gaps(log)) == strange


def test_a_meeting_erased_keeps_what_status_needs() -> None:
    """Minutes and result are destroyed; chair, attendance, and that there was a result, stay; proofs hold."""
    with Campus.found() as campus:
        campus.set_time("2026-03-06 09:00")
        held = tell(campus, a.CollectiveDecisionMade(**DECISION, minutes="……", positions=[("p-006", "against")]))
        for part in ("record", "result"):
            erasing = a.PartErased(target=held, part=part, authority="校档 5 号")
            tell(campus, erasing, "dic/secretary")
        state = a.MeetingAggregate.of(stream(campus, held.statement.stream))
        report = inspected(campus)

    assert report.verdict is Verdict.INTACT
    assert report.parts.erased == 2
    assert state.gaps() == ()
    assert state.dissent() == {"p-006": "against"}


def test_somebody_who_is_said_to_have_attended_may_dispute_it() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-06 09:00")
        held = tell(campus, a.MeetingHeld(kind="joint", **SOUND))
        tell(campus, a.RecordDisputed(target=held, reason="本人未参加"), "jia/deputy")

        assert inspected(campus).verdict is Verdict.INTACT
