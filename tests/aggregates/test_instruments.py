"""Instruments stand from their adoption to their repeal; plans name their year."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from tests.aggregates.telling import inspected, stream, tell

from trail import aggregates as a
from trail.testing import Campus
from trail.verify import Verdict

RULES = {"unit": "jia", "instrument": "recording", "kind": "recording_system"}


def gaps(log: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(gap.code, gap.positions) for gap in a.InstrumentAggregate.of(log.records).gaps()]


def test_an_instrument_is_in_force_until_it_is_repealed(log: Any) -> None:
    log.add(a.InstrumentAdopted(**RULES, happened="2026-02-01"))
    amended = log.add(a.InstrumentAmended(**RULES, happened="2026-05-01"))
    state = a.InstrumentAggregate.of(log.records)
    standing = state.in_force()
    assert standing is not None
    assert standing.id == amended.statement.id

    log.add(a.InstrumentRepealed(**RULES, happened="2026-09-01"))
    state = a.InstrumentAggregate.of(log.records)
    assert state.in_force() is None
    assert state.gaps() == ()
    assert {record.statement.stream for record in log.records} == {"instruments/jia/recording"}


def test_what_was_never_adopted_or_is_repealed_shows_when_it_is_amended(log: Any) -> None:
    """C9: the record is taken, the gap is shown."""
    log.add(a.InstrumentAmended(**RULES, happened="2026-02-01"))
    log.add(a.InstrumentRepealed(**RULES, happened="2026-03-01"))
    log.add(a.InstrumentAmended(**RULES, happened="2026-04-01"))

    assert gaps(log) == [("C9", (1,)), ("C9", (3,))]


def test_the_days_decide_and_not_the_order_of_recording(log: Any) -> None:
    """An adoption recorded late is no gap; a voided one is."""
    log.add(a.InstrumentAmended(**RULES, happened="2026-05-01"))
    adopted = log.add(a.InstrumentAdopted(**RULES, happened="2026-02-01"))
    assert gaps(log) == []

    for records in permutations(log.records):
        assert a.InstrumentAggregate.of(records) == a.InstrumentAggregate.of(log.records)
    log.add(a.RecordVoided(target=adopted, reason="误登"))
    assert gaps(log) == [("C9", (1,))]


def test_the_same_instrument_of_two_units_is_two_instruments() -> None:
    one, other = (a.InstrumentAdopted(**{**RULES, "unit": unit}).event() for unit in ("jia", "yi"))

    assert (one.stream, other.stream) == ("instruments/jia/recording", "instruments/yi/recording")
    assert (one.unit, other.unit) == ("jia", "yi")


def test_a_plan_is_of_a_year() -> None:
    for cls in (a.WorkPlanAdopted, a.KeyTasksAdopted, a.ResponsibilitiesAllocated):
        event = cls(period="2026").event()
        assert (event.period, event.fields, event.parts) == ("2026", {}, {})
        assert event.stream_prefix == "plan/"


def test_a_committee_adopts_as_a_body_and_the_evidence_holds() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        tell(campus, a.InstrumentAdopted(**RULES, body="jia", title="全程记实办法", content="第一条 ……"))
        designated = tell(campus, a.RecorderDesignated(post="jia/recorder", person="p-010", body="jia"))
        tell(campus, a.InstrumentRepealed(**RULES, body="jia"))

        assert designated.statement.performers[0].who == "jia"
        assert len(stream(campus, "instruments/jia/recording")) == 2
        assert inspected(campus).verdict is Verdict.INTACT
