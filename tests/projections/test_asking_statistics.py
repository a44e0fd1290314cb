"""Statistics that sum up and rank nobody; the burden of recording."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from campus_records import Log
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import DAYS, histories
from tests.profile import scaled

from trail.aggregates import FactRecorded, PartErased, TalkHeld
from trail.errors import CallerError
from trail.projections.burden import LINE, burden
from trail.projections.concerns import Concerns
from trail.projections.statistics import statistics
from trail.rules.calendar import covers, day_at, period
from trail.testing import Campus

PERIODS = st.sampled_from(["2026", "2026-H1", "2026-H2", "2026-03"])


def test_counts_by_duty_state_and_label() -> None:
    log = Log()
    log.report("team", "jia/secretary", "2026-H1", "2026-07-02", ["dic", "uni"], body="jia")
    log.talk("jia/secretary", ["p-11"], "2026-03-01", recorded="2026-03-20")
    log.talk("jia/secretary", ["p-12"], "2026-03-01")

    found = statistics(log.at("2026-07-31"), "2026-H1")

    (jia,) = [u for u in found.units if u.unit == "jia"]
    assert jia.counts.duties["R4"] == {"in_time": 1}
    assert jia.counts.duties["R5"] == {"overdue": 1}
    assert jia.counts.duties["R6"] == {"overdue": 2}
    assert "S2a" not in jia.counts.duties, "a duty of the year is none of the half-year"
    assert jia.counts.labels == {"contemporaneous": 1, "late": 1}, "the report was filed in the second half"
    assert statistics(log.at("2026-07-31"), "2026").total.labels["contemporaneous"] == 3, "with the adoption, uni's"


def test_no_percentages_and_units_by_their_ids() -> None:
    log = Log()
    for day in ("2026-02-01", "2026-02-02", "2026-02-03"):
        log.talk("uni/secretary", ["p-10"], day)
    log.talk("jia/secretary", ["p-11"], "2026-02-01")

    found = statistics(log.at("2026-12-31"), "2026")

    assert [u.unit for u in found.units] == sorted(u.unit for u in found.units)
    said = json.dumps(found.to_json())
    assert "%" not in said
    assert "percent" not in said
    assert not [v for u in found.to_json()["units"] for v in u.values() if isinstance(v, float)]


def test_voided_acts_are_not_counted() -> None:
    log = Log()
    log.void(log.talk("jia/secretary", ["p-11"], "2026-03-01"), "2026-03-02")

    found = {u.unit: u for u in statistics(log.at("2026-12-31"), "2026-H1").units}

    assert found["jia"].counts.acts == 0


def test_what_is_no_period() -> None:
    for ask in (statistics, burden):
        with pytest.raises(CallerError, match="not a period"):
            ask(Log().at(), "this year")


@settings(max_examples=scaled(25))
@given(histories(), DAYS, PERIODS)
def test_statistics_sum_to_the_obligations(log: Log, day: str, label: str) -> None:
    snapshot = log.at(day)
    found = statistics(snapshot, label)
    one = period(label)

    every = [o for unit in snapshot.units() for o in snapshot.unit(unit).obligations if covers(one, o.period)]
    assert found.total.obligations == len(every) == sum(u.counts.obligations for u in found.units)
    assert Counter(found.total.states) == Counter(o.state for o in every)
    for duty, states in found.total.duties.items():
        assert Counter(states) == Counter(o.state for o in every if o.duty == duty)
    for row in found.units:
        assert row.counts.obligations == sum(sum(states.values()) for states in row.counts.duties.values())
    assert found.total.acts == sum(u.counts.acts for u in found.units)
    assert [u.unit for u in found.units] == sorted(u.unit for u in found.units)


@settings(max_examples=scaled(25))
@given(histories(), DAYS, PERIODS)
def test_the_burden_counts_every_record_once(log: Log, day: str, label: str) -> None:
    snapshot = log.at(day)
    found = burden(snapshot, label)
    one = period(label)

    every = [r for r in snapshot.records if one.begin <= day_at(r.recorded) < one.end]
    assert found.total.inputs == len(every) == sum(u.inputs for u in found.units)
    for row in (*found.units, found.total):
        assert row.inputs == sum(row.months.values()) == sum(row.sorts.values())
        assert row.sorts.get("acts", 0) == sum(row.served.values())
        assert row.avoided == sum(acts * (n - 1) for n, acts in row.served.items() if n)
        assert all(month[:4] == label[:4] for month in row.months)
    for name in ("gestures", "avoided", "stored", "referred"):
        assert getattr(found.total, name) == sum(getattr(u, name) for u in found.units)
    concerns = Concerns(snapshot.records, snapshot.roster)
    assert Counter(concerns.home(r) for r in every) == Counter({u.unit: u.inputs for u in found.units})


def test_one_talk_serves_several_duties_and_is_one_input() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        campus.acting("jia/secretary").record(
            TalkHeld(kind="duty", counterparts=["p-006"], happened="2026-03-04", content="谈", place="301",
                     topic="self_governance")
        )  # fmt: skip
        campus.acting("jia/deputy").record(FactRecorded(duties=["B2e"], content="做"))
        campus.set_time("2026-06-05 09:00")
        found = campus.trail.at().burden("2026-03")

    (jia,) = [u for u in found.units if u.unit == "jia"]
    assert (jia.inputs, jia.gestures, jia.months, jia.sorts) == (2, 2, {"2026-03": 2}, {"acts": 2})
    assert set(jia.served) == {1, max(jia.served)}
    assert max(jia.served) >= 2, "S2a and whatever else the talk discharges; its record alone is no more input"
    assert jia.avoided == max(jia.served) - 1


def test_bytes_are_statements_signatures_and_parts() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        ack = campus.acting("jia/secretary").record(
            TalkHeld(kind="duty", counterparts=["p-006"], happened="2026-03-04", content="很长" * 400, place="301")
        )
        (record,) = list(campus.trail.records(ack.position, ack.position))
        before = campus.trail.at().burden("2026-03")
        campus.acting("dic/secretary").record(PartErased(target=ack, part="record", authority="某号文"))
        campus.set_time("2026-03-06 09:00")
        after = campus.trail.at().burden("2026-03")

    parts = sum(p.size for p in record.statement.parts)
    (jia,) = [u for u in before.units if u.unit == "jia"]
    (then,) = [u for u in after.units if u.unit == "jia"]
    assert parts > 2_400
    assert jia.stored == len(record.statement_bytes) + sum(map(len, record.signatures)) + parts
    assert then.stored == jia.stored - parts, "what was erased is stored no more"


def test_enrolments_count_for_the_unit_of_the_person() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-02-02 09:00")
        found = campus.trail.at().burden("2026-01")

    (jia,) = [u for u in found.units if u.unit == "jia"]
    assert jia.sorts == {"registry": 20}
    assert jia.gestures > jia.inputs, "two registrars sign an enrolment: two gestures"


@pytest.mark.parametrize(("label", "line"), [("2026", 125), ("2026-H1", 62), ("2026-03", 11), ("2024", 125)])
def test_the_line_is_a_setting_and_shared_by_the_days_of_a_year(label: str, line: int) -> None:
    assert burden(Log().at(), label).line == line
    assert LINE == 125


def test_what_is_above_the_line() -> None:
    log = Log()
    for day in ("2026-03-01", "2026-03-02"):
        log.talk("jia/secretary", ["p-11"], day)
    snapshot = log.at("2026-12-31")

    def above(label: str, line: int) -> set[str]:
        return {u.unit for u in burden(snapshot, label, line).units if u.above}

    assert above("2026-03", 11) == {"jia"}, "one in a month"
    assert above("2026-03", 24) == set(), "two are not above two"
    assert not burden(snapshot, "2026", 0).total.above, "all together have no line"
    with pytest.raises(CallerError, match="not a number"):
        burden(snapshot, "2026", -1)
