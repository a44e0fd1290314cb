"""General facts name their duties and no person; evidence is attached to what it belongs to."""

from __future__ import annotations

from tests.aggregates.telling import inspected, stream, tell

from trail import aggregates as a
from trail.application import Attachment
from trail.testing import Campus
from trail.verify import Verdict

SHEET = Attachment("签到表".encode(), "text/plain", keep=True)


def test_a_fact_serves_several_duties_and_is_about_nobody() -> None:
    """D2, D11."""
    event = a.FactRecorded(duties=["B2e", "B2a"], content="组织理论学习", topics="ideology").event()

    assert event.fields == {"duties": ["B2a", "B2e"], "topics": ["ideology"]}
    assert event.parts == {"content": ((), {"content": "组织理论学习"})}
    assert not any(spec.kind == "person" for spec in a.FactRecorded.TYPE.fields.values())


def test_the_recorder_records_facts_for_the_unit() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        record = tell(campus, a.FactRecorded(duties="B2e", content="组织理论学习", body="jia"), "jia/recorder")

        assert record.statement.hand == "recorded"
        assert record.statement.fields == {"duties": ["B2e"]}
        assert inspected(campus).verdict is Verdict.INTACT


def test_evidence_lies_with_its_record_and_shows_when_it_is_empty() -> None:
    """S1d: evidence without an attachment is recorded, and shown as a gap."""
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        fact = tell(campus, a.FactRecorded(duties="B2e", content="组织理论学习"))
        full = tell(campus, a.EvidenceAttached(of=fact, title="签到表"), "jia/recorder", [SHEET])
        empty = tell(campus, a.EvidenceAttached(of=fact))
        state = a.EvidenceAggregate.of(stream(campus, fact.statement.stream))

        assert [act.position for act in state.attached_to(fact.statement.id)] == [full.position, empty.position]
        assert state.attached_to(bytes(16)) == ()
        assert [(gap.code, gap.positions) for gap in state.gaps()] == [("S1d", (empty.position,))]
        report = inspected(campus)
        assert report.verdict is Verdict.INTACT
        assert report.attachments.shown == 1


def test_evidence_may_belong_to_any_record() -> None:
    """To a talk as well: what else lies in the stream is left as it is."""
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        talk = a.TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
        held = tell(campus, talk)
        tell(campus, a.EvidenceAttached(of=held), files=[SHEET])
        records = stream(campus, held.statement.stream)

        assert len(records) == 2
        assert a.EvidenceAggregate.of(records).gaps() == a.TalkAggregate.of(records).gaps() == ()


def test_evidence_for_an_appointment_lies_beside_the_registry() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        appointed = next(r for r in campus.trail.records() if r.statement.type == "PostAssigned@1")
        attached = tell(campus, a.EvidenceAttached(of=appointed, title="任职文件"), "jia/recorder", [SHEET])

        assert attached.statement.stream == "evidence/" + attached.statement.id.hex()
        assert len(a.EvidenceAggregate.of([attached]).attached_to(appointed.statement.id)) == 1
        assert inspected(campus).verdict is Verdict.INTACT
