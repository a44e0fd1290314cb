"""What comes from above is received, conveyed, carried out; each answer names what it answers."""

from __future__ import annotations

from tests.aggregates.telling import inspected, tell

from trail import aggregates as a
from trail.testing import Campus
from trail.verify import Verdict


def test_an_answer_names_its_directive_among_its_causes() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        received = tell(campus, a.DirectiveReceived(kind="deployment", from_="uni", major=True), "jia/recorder")
        cause = [received.statement.id]
        answers = [
            a.DocumentConveyed(audience=["cadres", "members"], causes=cause, content="传达学习"),
            a.DeploymentImplemented(steps=["convey", "allocate"], causes=cause),
            a.MeetingHeld(kind="committee", chair="p-005", happened="2026-03-05", result="部署", causes=cause),
            a.CaseAnalysed(causes=cause),
        ]
        for answer in answers:
            record = tell(campus, answer)
            assert list(record.statement.causes) == cause
            assert record.statement.unit == "jia"

        assert inspected(campus).verdict is Verdict.INTACT


def test_a_directive_may_come_from_outside_and_concern_several_units() -> None:
    event = a.DirectiveReceived(
        kind="document", from_="市委教育工委", document="津教工委〔2026〕7 号", units=["yi", "jia"]
    ).event()

    assert event.fields == {
        "document": "津教工委〔2026〕7 号", "from": "市委教育工委", "kind": "document", "major": False,
        "units": ["jia", "yi"],
    }  # fmt: skip
    assert event.stream_prefix == "directive/"


def test_a_publication_lies_with_its_decision() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        meeting = {"happened": "2026-03-05", "chair": "p-005", "attended": ["p-005", "p-006"], "result": "同意"}
        decision = tell(campus, a.CollectiveDecisionMade(matter="funds", publish=True, **meeting))
        elements = ["process", "execution", "result"]
        public = tell(campus, a.DecisionPublished(decision=decision, elements=elements, scope="unit", place="公告栏"))

        assert public.statement.stream == decision.statement.stream
        assert public.statement.fields["decision"] == [decision.statement.id, decision.digest]
        assert "公告栏" not in repr(public.statement)
        assert inspected(campus).verdict is Verdict.INTACT


def test_a_reference_without_the_record_is_placed_by_the_log() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        meeting = {"happened": "2026-03-05", "chair": "p-005", "attended": ["p-005", "p-006"], "result": "同意"}
        decision = tell(campus, a.CollectiveDecisionMade(matter="funds", publish=True, **meeting))
        reference = [decision.statement.id, decision.digest]
        public = tell(campus, a.DecisionPublished(decision=reference, elements="result", scope="university"))

        assert public.statement.stream == decision.statement.stream


def test_lectures_research_and_visits_say_what_they_were_about() -> None:
    lecture = a.PartyLectureGiven(topics="integrity", units=["jia-lab"], place="报告厅", content="讲稿").event()

    assert lecture.fields == {"topics": ["integrity"], "units": ["jia-lab"]}
    assert lecture.parts == {"content": ((), {"content": "讲稿", "place": "报告厅"})}
    assert a.ResearchConducted(topics=["self_governance"]).event().fields == {"topics": ["self_governance"]}
    assert a.LinkageVisitMade(kind="class").event().fields == {"kind": "class"}
    assert a.WarningEducationHeld().event().fields == {}
