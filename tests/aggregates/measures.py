"""One act of each class of supervision, petitions, integrity, assessment and cases, all optional fields given."""

from __future__ import annotations

from typing import Any, Final

from trail import aggregates as a

REFERENCE: Final = [bytes(16), bytes(32)]
TEXT: Final[dict[str, Any]] = {"content": "……", "happened": "2026-04-10"}
FACT: Final[dict[str, Any]] = {"happened": "2026-04-10"}
CONCERNED: Final[dict[str, Any]] = {"persons": ["p-006"], "units": ["jia"], **TEXT}
GROUP: Final[dict[str, Any]] = {"head": ("p-003", "dic/secretary"), "members": ["p-004", ("p-003", "dic/secretary")]}
HELD: Final[dict[str, Any]] = {
    "organisations": [a.Organisation("jia", ["circular"], "overall_leadership")],
    "cadres": [a.Cadre("p-006", ["organisational_adjustment"], "principal_leadership", "jia/deputy")],
}
STEP: Final[dict[str, Any]] = {"situations": [8, 1], "versions": [REFERENCE], "norm": "2019", **HELD, **TEXT}


def measures() -> list[a.ActBase]:
    """Every class of `LIBRARY_ACTS` that this page speaks of, in its order."""
    return [
        a.RiskReviewDone(units=["jia-lab"], **TEXT),
        a.RiskControlAttached(matter=REFERENCE, units=["jia-lab"], **TEXT),
        a.SupervisionCheckDone(units=["jia-lab"], subjects=[("p-008", "jia/lab")], **TEXT),
        a.InspectionConducted(units=["jia-lab", "jia"], attended=["p-006"], **TEXT),
        a.SpecialSupervisionConducted(units=["jia"], attended=["p-004"], **TEXT),
        a.CircularIssued(kind="exposure", about=[REFERENCE], units=["jia"], recipients=["yi", "jia"], **TEXT),
        a.IssueFound(kind="emerging", severity="slight", units=["jia"], posts=["jia/lab"], **TEXT),
        a.IssueCorrected(issue=REFERENCE, **TEXT),
        a.IssueEscalated(issue=REFERENCE, recipients=["uni", "dic"], **TEXT),
        a.RectificationOrdered(issue=REFERENCE, due="2026-05-10", units=["jia-lab"], posts=["jia/lab"], **TEXT),
        a.RectificationReported(order=REFERENCE, **TEXT),
        a.RectificationVerified(order=REFERENCE, outcome="complete", **TEXT),
        a.RectificationReopened(order=REFERENCE, **TEXT),
        a.PetitionReceived(petition="X-17", units=["jia"], **FACT),
        a.PetitionHandled(petition=REFERENCE, outcome="resolved", **FACT),
        a.TalkInquiryRequired(counterparts=["p-008"], form="letter", **FACT),
        a.TalkInquiryConducted(counterparts=["p-008"], form="letter", inquiry=REFERENCE, **FACT),
        a.DutyIntegrityReported(
            form="oral", kind="job_duty_integrity", period="2026", recipients=["uni"], sent="2027-01-20", title="报告",
            summary="……",
        ),
        a.ReportEvaluated(report=REFERENCE, period="2026", **TEXT),
        a.PersonalMattersReported(recipient="uni", receipt="2026-031", **FACT),
        a.AssessmentConducted(
            units=["jia"], persons=["p-006"], lead=("p-002", "uni/deputy"), period="2026", versions=[REFERENCE], **TEXT
        ),
        a.AssessmentResultPublished(assessment=REFERENCE, scope="university", units=["jia"], **TEXT),
        a.CommendationCirculated(assessment=REFERENCE, units=["jia"], persons=["p-006"], **TEXT),
        a.AssessmentResultApplied(assessment=REFERENCE, use=["reward", "evaluation"], recipients=["office"], **TEXT),
        a.LeadReceived(source="audit", lead="A-12", units=["jia"], **TEXT),
        a.AccountabilityProposed(case=REFERENCE, recipients=["uni", "dic"], **STEP),
        a.AccountabilityInitiated(case=REFERENCE, approver=("p-001", "uni/secretary"), under_review=True, **STEP),
        a.InquiryOpened(case=REFERENCE, **GROUP, **TEXT),
        a.FactsPresented(case=REFERENCE, **CONCERNED),
        a.DefenceHeard(case=REFERENCE, **CONCERNED),
        a.OpinionSigned(case=REFERENCE, opinion="refused", **CONCERNED),
        a.InquiryReportAdopted(case=REFERENCE, **GROUP, **STEP),
        a.AccountabilityDecided(case=REFERENCE, **STEP),
        a.DecisionServed(decision=REFERENCE, received="2026-04-12", notified=["dic", "office"], **CONCERNED),
        a.AdjustmentCompleted(decision=REFERENCE, **CONCERNED),
        a.SelfCriticismMade(case=REFERENCE, forms=["written", "meeting"], **CONCERNED),
        a.AppealLodged(decision=REFERENCE, **CONCERNED),
        a.AppealDecided(appeal=REFERENCE, outcome="changed", **TEXT),
        a.AccountabilityCorrected(decision=REFERENCE, outcome="changed", **HELD, **TEXT),
        a.CaseCirculated(case=REFERENCE, decision=REFERENCE, scope="university", recipients=["jia"], **TEXT),
    ]  # fmt: skip
