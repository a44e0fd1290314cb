"""One act of each class of instruments, meetings, conveying and facts, all optional fields given."""

from __future__ import annotations

from typing import Any, Final

from trail import aggregates as a

REFERENCE: Final = [bytes(16), bytes(32)]
TEXT: Final[dict[str, Any]] = {"content": "……", "place": "甲学院 301", "title": "题目", "happened": "2026-04-10"}
MEETING: Final[dict[str, Any]] = {
    "happened": "2026-04-10",
    "chair": ("p-005", "jia/secretary"),
    "attended": [("p-005", "jia/secretary"), "p-006"],
    "absent": [a.Attendee("p-007", "jia/principal")],
    "agenda": "议题",
    "minutes": "记录",
    "result": "议定事项",
    "place": "甲学院 301",
}
POSITIONS: Final = [a.Position("p-005", "for"), ("p-006", "against"), {"person": "p-007", "position": "absent"}]
_INSTRUMENT: Final[dict[str, Any]] = {
    "unit": "jia", "instrument": "recording", "kind": "recording_system", "document": "甲党发〔2026〕3 号", **TEXT,
}  # fmt: skip
_PLAN: Final[dict[str, Any]] = {"period": "2026", "document": "甲党发〔2026〕1 号", **TEXT}


def deeds() -> list[a.ActBase]:
    """Every class of `LIBRARY_ACTS` that this page speaks of, in its order."""
    return [
        a.InstrumentAdopted(**_INSTRUMENT),
        a.InstrumentAmended(**_INSTRUMENT),
        a.InstrumentRepealed(**_INSTRUMENT),
        a.WorkPlanAdopted(includes=["key_tasks", "allocation"], **_PLAN),
        a.KeyTasksAdopted(**_PLAN),
        a.ResponsibilitiesAllocated(**_PLAN),
        a.PlanPublished(scope="unit", heard=True, **TEXT),
        a.RecorderDesignated(post="jia/recorder", person="p-010", document="甲党发〔2026〕2 号", **TEXT),
        a.AssessmentSchemeAdopted(scheme="scheme-2026", document="校党发〔2026〕5 号", **TEXT),
        a.MeetingHeld(kind="committee", topics=["integrity", "ideology"], positions=POSITIONS, **MEETING),
        a.ThematicStudyHeld(topics="integrity", decided=True, **MEETING),
        a.CollectiveDecisionMade(matter="funds", publish=True, positions=POSITIONS, units="jia-lab", **MEETING),
        a.DemocraticLifeMeetingHeld(period="2026", **MEETING),
        a.OrganisationalLifeMeetingHeld(branch="jia-branch", **MEETING),
        a.OrgLifeAttended(meeting=REFERENCE, performers=[("person", "p-005", "jia/secretary")], **TEXT),
        a.PortfolioReviewHeld(units=["jia-lab"], steps=["check", "study"], **TEXT),
        a.BriefingHeard(units="jia-lab", **TEXT),
        a.GuidanceGiven(units="jia-lab", **TEXT),
        a.EvaluationHeld(topics="self_governance", **TEXT),
        a.DirectiveReceived(
            kind="deployment", from_="uni", major=True, document="校党发〔2026〕7 号", units=["jia", "yi"], **TEXT
        ),
        a.DocumentConveyed(audience=["members", "cadres"], document="校党发〔2026〕7 号", **TEXT),
        a.DeploymentImplemented(steps=["plan", "convey"], **TEXT),
        a.WarningEducationHeld(units="jia", **TEXT),
        a.CaseAnalysed(document="校纪〔2026〕2 号", **TEXT),
        a.PartyLectureGiven(topics="integrity", units="jia-lab", **TEXT),
        a.ResearchConducted(topics="self_governance", **TEXT),
        a.LinkageVisitMade(kind="dormitory", **TEXT),
        a.DecisionPublished(decision=REFERENCE, elements=["result", "process", "execution"], scope="unit", **TEXT),
        a.FactRecorded(duties=["B2e", "B2a"], topics="ideology", **TEXT),
        a.EvidenceAttached(of=REFERENCE, **TEXT),
    ]
