"""
For each duty that is counted, triggered, a number or in place: a minimal act that discharges it, and a near miss.

A case says who owes the duty (a post, or the body of a unit), what was there before, the act, and the same act with one
thing wrong.  `test_discharge` holds the engine; the names of these cases stand in docs/duties.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from duty_records import DAY, POSTS, Do

from trail import aggregates as a

PERSON = {post: person for post, (_, person) in POSTS.items()}
UNI, PRINCIPAL, VICE, DIC = "uni/secretary", "uni/principal", "uni/deputy", "dic/secretary"
SEC, DEP, MEM, DEAN, HEAD = "jia/secretary", "jia/deputy", "jia/member", "jia/principal", "lab/head"
BOTH, OUTSIDE = ["uni", "dic"], ["education-work-committee", "stationed-group"]
TEAM = ["jia/deputy", "jia/member", "jia/principal"]
GOVERNANCE = ["self_governance"]


class Case(NamedTuple):
    """A duty, who owes it, what was there, the acts that discharge it, what is wrong with the near miss, that one."""

    duty: str
    owes: str
    act: tuple[Do, ...]
    wrong: str
    miss: tuple[Do, ...]
    given: tuple[Do, ...] = ()
    period: str = "2026"


class Shared(NamedTuple):
    """Acts that are recorded once and discharge several duties, each owed by somebody, in a period if not 2026."""

    duties: dict[str, str]
    act: tuple[Do, ...]
    given: tuple[Do, ...] = ()
    periods: Mapping[str, str] = MappingProxyType({})


def issue(kind: str = "emerging", severity: str = "slight", by: str = DEP, **more: Any) -> tuple[Do, ...]:
    return (Do(by, a.IssueFound(kind=kind, severity=severity, **more)),)


def directive(kind: str, *, major: bool = False) -> tuple[Do, ...]:
    return (Do(SEC, a.DirectiveReceived(kind=kind, from_="uni", major=major)),)


def one(by: str, act: Any, signer: str = "") -> tuple[Do, ...]:
    return (Do(by, act, signer),)


def caused(cls: Any, **fields: Any) -> Any:
    """An act that names the first one done as its cause."""
    return lambda done: cls(causes=[done[0].statement.id], **fields)


def about(cls: Any, name: str, **fields: Any) -> Any:
    """An act that refers to the first one done."""
    return lambda done: cls(**{name: done[0]}, **fields)


def meeting(cls: Any, chair: str, **fields: Any) -> Any:
    """A meeting chaired by the holder of a post."""
    return cls(**{"happened": DAY, "chair": (PERSON[chair], chair)} | fields)


def talk(kind: str, to: list[str], **fields: Any) -> dict[str, Any]:
    """The fields of a talk with the holders of posts."""
    return {"kind": kind, "counterparts": [(PERSON[post], post) for post in to], "happened": DAY, "place": "301",
            "content": "……"} | fields  # fmt: skip


def drafts(kind: str, *owners: str, unit: str = "jia", by: str = SEC, year: int = 2026) -> tuple[Do, ...]:
    """Lists of posts (or, for the unit itself, of the body)."""
    made = []
    for owner in owners:
        whose = {"owner": owner} if "/" in owner else {"owner_body": owner}
        if kind == "responsibility":
            made.append(Do(by, a.ResponsibilityListDrafted(unit=unit, year=year, items={"1": "一"}, **whose)))
        else:
            made.append(Do(by, a.TaskListDrafted(unit=unit, year=year, items=[("1", "一", ["1"])], **whose)))
    return tuple(made)


def both(*owners: str, **more: Any) -> tuple[Do, ...]:
    return drafts("responsibility", *owners, **more) + drafts("task", *owners, **more)


def pledges(*parties: str) -> tuple[Do, ...]:
    """Both sides of a pledge for each party."""
    made = []
    for party in parties:
        fields = {"unit": "jia", "year": 2026, "party": party, "text": "责任书", "nonce": party.encode().ljust(16)}
        made += [Do(SEC, a.PledgeSigned(side="committee", **fields))]
        made += [Do(party, a.PledgeSigned(side="responsible", **fields))]
    return tuple(made)


def filed(recipient: str, sent: str, body: str) -> Any:
    return lambda done: a.ListFiledForRecord(versions=done[:2], recipient=recipient, sent=sent, body=body)


def report(subject: str, to: list[str], sent: str = "2026-07-05", period: str = "2026-H1", **more: Any) -> Any:
    return a.ReportFiled(subject=subject, recipients=to, sent=sent, period=period, **more)


def integrity(form: str, to: list[str], **more: Any) -> Any:
    return a.DutyIntegrityReported(**{"form": form, "recipients": to, "sent": "2027-02-01", "period": "2026"} | more)


BLAME = {"situations": [8], "organisations": [a.Organisation("lab", ["circular"])]}
PLAN = {"period": "2026"}
LED = {"units": ["jia"], "period": "2026", "happened": "2027-02-01"}
RESULT = (Do(UNI, a.AssessmentConducted(lead=("p-02", VICE), **LED)),)
DECIDED = (Do(UNI, a.AccountabilityDecided(**BLAME)),)
LEAD = (Do(DIC, a.LeadReceived(source="audit", units=["jia"])),)
STUDY = a.ThematicStudyHeld

CASES: tuple[Case, ...] = (
    # 二（一）
    Case("B1a", "jia", one(DEP, caused(a.DeploymentImplemented, steps=["plan"])), "no cause",
         one(DEP, a.DeploymentImplemented(steps=["plan"])), directive("deployment")),
    Case("B1b", "jia", one(SEC, a.WorkPlanAdopted(**PLAN)), "another year", one(SEC, a.WorkPlanAdopted(period="2027"))),
    Case("B1c", "jia", one(SEC, a.ResponsibilitiesAllocated(**PLAN)), "a plan that allocates nothing",
         one(SEC, a.WorkPlanAdopted(includes=["key_tasks"], **PLAN))),
    Case("B1d", "jia", both("jia"), "one list only", drafts("task", "jia")),
    Case("B1f", "jia", one(DEP, meeting(STUDY, SEC, topics=GOVERNANCE)), "another topic",
         one(DEP, meeting(STUDY, SEC, topics=["ideology"])), period="2026-H1"),
    Case("B1g", "jia", one(DEP, lambda r: meeting(a.MeetingHeld, SEC, kind="committee", causes=[r[0].statement.id])),
         "a joint meeting",
         one(DEP, lambda r: meeting(a.MeetingHeld, SEC, kind="joint", causes=[r[0].statement.id])),
         directive("meeting", major=True)),
    Case("B1h", "jia", one(SEC, a.InspectionConducted(units=["branch"])), "another unit's",
         one(UNI, a.InspectionConducted(units=["jia"]))),
    Case("B1i", "jia", one(SEC, report("team", BOTH, body="jia")), "one recipient only",
         one(SEC, report("team", ["uni"], body="jia")), period="2026-H1"),
    Case("B3c", "jia", one(DEP, caused(a.DocumentConveyed, audience=["cadres"])), "no cause",
         one(DEP, a.DocumentConveyed(audience=["cadres"])), directive("document")),
    Case("B3e", "jia", one(DEP, a.WarningEducationHeld()), "another unit's", one(UNI, a.WarningEducationHeld())),
    Case("B3f", "jia", one(DEP, caused(a.CaseAnalysed)), "no cause", one(DEP, a.CaseAnalysed()),
         directive("case_notice")),
    Case("B4c", "jia", one(DEP, about(a.IssueCorrected, "issue")), "another unit's post",
         one(UNI, about(a.IssueCorrected, "issue")), issue()),
    Case("B4d", "jia", one(DEP, about(a.IssueEscalated, "issue", recipients=BOTH)), "one recipient only",
         one(DEP, about(a.IssueEscalated, "issue", recipients=["uni"])), issue("problem", "serious")),
    Case("B5a", "jia", one(DEP, about(a.DecisionPublished, "decision", elements=["result"], scope="unit")),
         "another unit's post",
         one(UNI, about(a.DecisionPublished, "decision", elements=["result"], scope="unit")),
         one(DEP, meeting(a.CollectiveDecisionMade, SEC, matter="funds", publish=True))),
    Case("B5d", "jia", one(DEP, about(a.TalkInquiryConducted, "inquiry", form="letter", counterparts=["p-16"])),
         "no cause", one(DEP, a.TalkInquiryConducted(form="letter", counterparts=["p-16"])),
         one(DEP, a.TalkInquiryRequired(counterparts=["p-16"]))),
    Case("B6a", "jia", one(MEM, a.LinkageVisitMade(kind="class")), "another unit's",
         one(VICE, a.LinkageVisitMade(kind="class"))),
    Case("B7a", "jia", one(SEC, a.KeyTasksAdopted(**PLAN)), "another year", one(SEC, a.KeyTasksAdopted(period="2025"))),
    Case("B7b", "jia", one(DEP, meeting(STUDY, SEC, topics=["integrity"])), "another topic",
         one(DEP, meeting(STUDY, SEC, topics=GOVERNANCE)), period="2026-H1"),
    Case("B7d", "jia", one(DEP, a.RiskReviewDone()), "another unit's", one(DIC, a.RiskReviewDone(units=["jia"]))),
    Case("B7f", "jia", one(SEC, caused(a.DeploymentImplemented, steps=["convey"])), "conveyed only",
         one(SEC, caused(a.DocumentConveyed, audience=["cadres"])), directive("deployment")),
    Case("B9", "jia", one(DEP, caused(a.AccountabilityProposed, **BLAME)), "no cause",
         one(DEP, a.AccountabilityProposed(**BLAME)), issue("dereliction")),
    # 二（二）
    Case("P1", SEC, one(SEC, caused(a.DocumentConveyed, audience=["cadres"])), "another post",
         one(DEP, caused(a.DocumentConveyed, audience=["cadres"])), directive("meeting")),
    Case("P2a", SEC, one(DEP, meeting(STUDY, SEC, topics=GOVERNANCE)) * 2, "the second by another chair",
         one(DEP, meeting(STUDY, SEC, topics=GOVERNANCE)) + one(DEP, meeting(STUDY, DEP, topics=GOVERNANCE))),
    Case("P2b", SEC, one(SEC, a.ResearchConducted(topics=GOVERNANCE)), "another topic",
         one(SEC, a.ResearchConducted(topics=["ideology"]))),
    Case("P2c", SEC, one(SEC, a.TalkHeld(**talk("heart_to_heart", TEAM))), "a duty talk without the theme",
         one(SEC, a.TalkHeld(**talk("duty", TEAM)))),
    Case("P2d", SEC, one(SEC, about(a.PetitionHandled, "petition", outcome="resolved")), "another post",
         one(DEP, about(a.PetitionHandled, "petition", outcome="resolved")),
         one(DEP, a.PetitionReceived(petition="x-1"))),
    Case("P3b", SEC,
         one(SEC, a.TalkHeld(**talk("heart_to_heart", [*TEAM, HEAD, "branch/secretary"], topic="integrity"))),
         "one section head left out",
         one(SEC, a.TalkHeld(**talk("heart_to_heart", [*TEAM, "branch/secretary"], topic="integrity")))),
    Case("P3c", SEC, one(SEC, caused(a.TalkHeld, **talk("reminder", [MEM]))), "another kind",
         one(SEC, caused(a.TalkHeld, **talk("heart_to_heart", [MEM]))), issue()),
    Case("P3d", SEC, one(SEC, about(a.IssueEscalated, "issue", recipients=BOTH)), "another post",
         one(DEP, about(a.IssueEscalated, "issue", recipients=BOTH)), issue("problem", "serious")),
    Case("P3e", SEC, one(SEC, about(a.RectificationOrdered, "issue", units=["lab"])), "another post",
         one(DEP, about(a.RectificationOrdered, "issue", units=["lab"])), issue("petitions")),
    Case("P3f", SEC, one(SEC, a.TalkHeld(**talk("admonishing", [MEM]))), "another post",
         one(DEP, a.TalkHeld(**talk("admonishing", [MEM])))),
    Case("P3g", SEC, one(SEC, caused(a.AccountabilityInitiated, **BLAME)), "another post",
         one(DEP, caused(a.AccountabilityInitiated, **BLAME)), issue("dereliction")),
    Case("P4a", SEC, one(DEP, meeting(a.CollectiveDecisionMade, DEAN, matter="funds", publish=False,
                                      attended=[("p-10", SEC)])), "absent",
         one(DEP, meeting(a.CollectiveDecisionMade, DEAN, matter="funds", publish=False, absent=[("p-10", SEC)]))),
    Case("P4b", SEC, one(DEP, meeting(a.DemocraticLifeMeetingHeld, SEC, period="2026", happened="2027-01-20")),
         "another year", one(DEP, meeting(a.DemocraticLifeMeetingHeld, SEC, period="2027", happened="2027-01-20"))),
    Case("P4c", SEC, one(SEC, a.OrgLifeAttended()), "another post", one(DEP, a.OrgLifeAttended())),
    Case("P4d", SEC, one(SEC, report("principal", BOTH, "2027-01-05", "2026-H2", annual=True)),
         "without the three parts", one(SEC, report("principal", BOTH, "2027-01-05", "2026-H2"))),
    Case("P4e", SEC, one(SEC, a.PersonalMattersReported(recipient="organisation-department")), "another recipient",
         one(SEC, a.PersonalMattersReported(recipient="dic"))),
    Case("P4f", SEC, one(UNI, about(a.ReportEvaluated, "report")), "signed for only",
         one(UNI, about(a.ReportReceived, "report", recipient="uni", received="2027-01-06")),
         one(SEC, report("principal", BOTH, "2027-01-05", "2026-H2", annual=True))),
    Case("P6b", SEC, one(SEC, caused(a.AccountabilityProposed, recipients=BOTH, **BLAME)), "one recipient only",
         one(SEC, caused(a.AccountabilityProposed, recipients=["dic"], **BLAME)), issue("dereliction")),
    # 二（三）
    Case("M2a", MEM, one(MEM, a.PortfolioReviewHeld(units=["lab"], steps=["study"])), "the other half-year",
         one(MEM, a.PortfolioReviewHeld(units=["lab"], steps=["study"], happened="2026-07-01")), period="2026-H1"),
    Case("M2b", MEM, one(MEM, a.GuidanceGiven(units=["lab"])), "another post",
         one(DEP, a.GuidanceGiven(units=["lab"]))),
    Case("M2c", MEM, one(MEM, a.BriefingHeard(units=["lab"])), "another section",
         one(MEM, a.BriefingHeard(units=["branch"]))),
    Case("M2d", MEM, one(MEM, a.PartyLectureGiven(topics=["integrity"])), "another topic",
         one(MEM, a.PartyLectureGiven(topics=["ideology"]))),
    Case("M2e", MEM, one(SEC, a.InspectionConducted(units=["lab"], attended=[("p-12", MEM)])), "another attended",
         one(SEC, a.InspectionConducted(units=["lab"], attended=[("p-11", DEP)]))),
    Case("M3", MEM, one(MEM, about(a.RiskControlAttached, "matter")), "another post",
         one(DEP, about(a.RiskControlAttached, "matter")),
         one(DEP, meeting(a.CollectiveDecisionMade, SEC, matter="project", publish=False, units=["lab"]))),
    Case("M4b", MEM, one(MEM, a.SupervisionCheckDone(subjects=[("p-15", HEAD)])), "another post",
         one(SEC, a.SupervisionCheckDone(subjects=[("p-15", HEAD)]))),
    Case("M4c", MEM, one(MEM, a.TalkHeld(**talk("heart_to_heart", ["lab/staff"]))), "another section's",
         one(MEM, a.TalkHeld(**talk("heart_to_heart", ["branch/secretary"])))),
    Case("M4d", MEM, one(MEM, caused(a.TalkHeld, **talk("reminder", [HEAD]))), "no cause",
         one(MEM, a.TalkHeld(**talk("reminder", [HEAD]))), issue(units=["lab"])),
    Case("M4e", MEM, one(MEM, about(a.IssueEscalated, "issue", recipients=["jia"])), "another recipient",
         one(MEM, about(a.IssueEscalated, "issue", recipients=["dic"])), issue("problem", "serious", units=["lab"])),
    Case("M5a", MEM, one(SEC, meeting(a.DemocraticLifeMeetingHeld, SEC, period="2026", attended=[("p-12", MEM)])),
         "absent", one(SEC, meeting(a.DemocraticLifeMeetingHeld, SEC, period="2026", absent=[("p-12", MEM)]))),
    Case("M5b", MEM, one(MEM, integrity("written", ["dic", "jia"], kind="job_duty_integrity")), "one recipient only",
         one(MEM, integrity("written", ["dic"], kind="job_duty_integrity"))),
    Case("M5c", MEM, one(MEM, a.PersonalMattersReported(recipient="organisation-department")), "another post",
         one(DEP, a.PersonalMattersReported(recipient="organisation-department"))),
    Case("M5d", MEM, one(SEC, about(a.ReportEvaluated, "report")), "another's report",
         one(SEC, lambda r: a.ReportEvaluated(report=r[1])),
         one(MEM, integrity("written", ["dic", "jia"], kind="job_duty_integrity"))
         + one(DEP, integrity("written", ["dic", "jia"], kind="job_duty_integrity"))),
    # 三（一）
    Case("L1a", "jia", drafts("responsibility", "jia", SEC, *TEAM, HEAD), "the section head's left out",
         drafts("responsibility", "jia", SEC, *TEAM)),
    Case("L1b", DEP, drafts("task", DEP), "the other list", drafts("responsibility", DEP)),
    Case("L1c", HEAD, both(HEAD, by=HEAD), "one list only", drafts("responsibility", HEAD, by=HEAD)),
    Case("L2a", "jia", pledges(*TEAM, "branch/secretary"), "one side only",
         pledges(*TEAM, "branch/secretary")[:-1]),
    Case("L2e", "jia", one(SEC, lambda r: a.CommitmentSigned(versions=r[:2], body="jia")), "one list only",
         one(SEC, lambda r: a.CommitmentSigned(versions=r[:1], body="jia")), both("jia")),
    Case("L2b", SEC, one(SEC, lambda r: a.ListEndorsed(versions=r[:6])), "one member's left out",
         one(SEC, lambda r: a.ListEndorsed(versions=r[:5])), both(*TEAM)),
    Case("L2c", MEM, one(MEM, lambda r: a.ListEndorsed(versions=r[:2])), "another post",
         one(SEC, lambda r: a.ListEndorsed(versions=r[:2])), both(HEAD)),
    Case("L3a", "uni", one(UNI, filed("stationed-group", "2026-04-20", "uni")), "another recipient",
         one(UNI, filed("dic", "2026-04-20", "uni")), both("uni", unit="uni", by=UNI)),
    Case("L3b", "jia", one(SEC, filed("dic", "2026-04-15", "jia")), "another recipient",
         one(SEC, filed("uni", "2026-04-15", "jia")), both("jia")),
    # 三（二）
    Case("S1a", "jia", one(SEC, a.InstrumentAdopted(unit="jia", instrument="i-1", kind="recording_system")),
         "another kind", one(SEC, a.InstrumentAdopted(unit="jia", instrument="i-1", kind="other"))),
    Case("S1b", "jia", one(SEC, a.RecorderDesignated(post="jia/recorder")), "another unit's",
         one(UNI, a.RecorderDesignated(post="jia/recorder"))),
    Case("S1c", "jia/recorder", one(SEC, a.FactRecorded(duties=["B3a"], content="……"), "jia/recorder"),
         "by the leader's own hand", one(SEC, a.FactRecorded(duties=["B3a"], content="……"))),
    Case("S1d", "jia/recorder",
         one("jia/recorder", about(a.EvidenceAttached, "of")), "another post",
         one(SEC, about(a.EvidenceAttached, "of")), one(SEC, a.RiskReviewDone())),
    Case("S2a", SEC, one(SEC, a.TalkHeld(**talk("duty", [*TEAM, "branch/secretary"]))), "another kind",
         one(SEC, a.TalkHeld(**talk("integrity", [*TEAM, "branch/secretary"])))),
    Case("S2b", SEC, one(SEC, a.TalkHeld(**talk("integrity", [*TEAM, "branch/secretary"]))), "one left out",
         one(SEC, a.TalkHeld(**talk("integrity", TEAM)))),
    Case("S2c", MEM, one(MEM, a.TalkHeld(**talk("duty", [HEAD]))), "with staff only",
         one(MEM, a.TalkHeld(**talk("duty", ["lab/staff"])))),
    Case("S2d", MEM, one(MEM, a.TalkHeld(**talk("integrity", [HEAD]))), "another post",
         one(DEP, a.TalkHeld(**talk("integrity", [HEAD])))),
    Case("S2e", SEC, one(SEC, caused(a.TalkHeld, **talk("admonishing", [DEP]))), "another kind",
         one(SEC, caused(a.TalkHeld, **talk("integrity", [DEP]))), issue()),
    Case("S2f", SEC, one(SEC, a.TalkHeld(**talk("duty", [DEP]))), "a kind that needs no four elements",
         one(SEC, a.TalkHeld(**talk("heart_to_heart", [DEP])))),
    Case("S3a", SEC, one(SEC, a.SupervisionCheckDone(subjects=[("p-11", DEP)])), "another post",
         one(DEP, a.SupervisionCheckDone(subjects=[("p-12", MEM)]))),
    Case("S3b", "dic", one(DIC, a.SpecialSupervisionConducted(units=["jia"])), "by the committee",
         one(UNI, a.SpecialSupervisionConducted(units=["jia"]))),
    Case("S3c", "uni", one(DIC, a.CircularIssued(kind="situation")), "another kind",
         one(DIC, a.CircularIssued(kind="commendation"))),
    # 三（三）
    Case("R1", "uni", one(UNI, report("team", OUTSIDE, "2026-07-20", body="uni")), "one recipient only",
         one(UNI, report("team", OUTSIDE[:1], "2026-07-20", body="uni")), period="2026-H1"),
    Case("R2", UNI, one(UNI, report("principal", OUTSIDE, "2026-07-20")), "the team's report",
         one(UNI, report("team", OUTSIDE, "2026-07-20")), period="2026-H1"),
    Case("R3", VICE, one(VICE, report("member", OUTSIDE[1:], "2026-07-20")), "another recipient",
         one(VICE, report("member", OUTSIDE[:1], "2026-07-20")), period="2026-H1"),
    Case("R4", "jia", one(SEC, report("team", BOTH, body="jia")), "the leader's report",
         one(SEC, report("principal", BOTH, body="jia")), period="2026-H1"),
    Case("R5", SEC, one(SEC, report("principal", BOTH)), "the other half-year",
         one(SEC, report("principal", BOTH, period="2026-H2")), period="2026-H1"),
    Case("R6", MEM, one(MEM, report("member", ["dic"])), "another post", one(DEP, report("member", ["dic"])),
         period="2026-H1"),
    Case("R7a", PRINCIPAL, one(PRINCIPAL, integrity("oral", OUTSIDE[:1])), "in writing",
         one(PRINCIPAL, integrity("written", OUTSIDE[:1]))),
    Case("R7b", VICE, one(VICE, integrity("written", ["duty-integrity-office"])), "another recipient",
         one(VICE, integrity("written", ["uni"]))),
    Case("R7c", "personnel/head", one("personnel/head", integrity("oral", ["uni"])), "in writing",
         one("personnel/head", integrity("written", ["uni"]))),
    Case("R7d", DEP, one(DEP, integrity("written", ["uni"])), "another recipient",
         one(DEP, integrity("written", ["dic"]))),
    # 三（四）
    Case("K1", "uni", one(UNI, a.AssessmentSchemeAdopted(scheme="s-1")), "another unit's",
         one(SEC, a.AssessmentSchemeAdopted(scheme="s-1"))),
    Case("K2", "uni", RESULT, "led by nobody of the team",
         one(UNI, a.AssessmentConducted(lead=("p-20", "personnel/head"), **LED))),
    Case("K3", "uni", one(UNI, lambda r: a.AssessmentResultPublished(assessment=r[0], units=["jia"], period="2026")),
         "another unit's result",
         one(UNI, lambda r: a.AssessmentResultPublished(assessment=r[0], units=["lab"], period="2026")), RESULT),
    Case("K4", "uni", one(UNI, a.CommendationCirculated(units=["jia"])), "a circular of another kind",
         one(UNI, a.CircularIssued(kind="situation", units=["jia"]))),
    Case("K5", "uni", one(UNI, caused(a.TalkHeld, **talk("admonishing", [SEC]))), "no cause",
         one(UNI, a.TalkHeld(**talk("admonishing", [SEC]))), issue("assessment", by=UNI, units=["jia"])),
    Case("K6", "uni", one(UNI, about(a.AssessmentResultApplied, "assessment", use=["evaluation"])),
         "another assessment", one(UNI, lambda r: a.AssessmentResultApplied(assessment=r[1], use=["evaluation"])),
         RESULT * 2 + one(UNI, about(a.AssessmentResultPublished, "assessment", units=["jia"]))),
    # 三（五）
    Case("A1", "uni", one(DIC, lambda r: a.AccountabilityInitiated(case=r[0], **BLAME)), "another case",
         one(DIC, a.AccountabilityInitiated(**BLAME)), LEAD),
    Case("A2", "uni", one(UNI, lambda r: a.CaseCirculated(case=r[0], scope="university")), "another kind of circular",
         one(UNI, lambda r: a.CircularIssued(kind="situation", about=[r[0]])), DECIDED),
    Case("A3", "uni", one(UNI, a.InstrumentAdopted(unit="uni", instrument="i-2", kind="accountability")),
         "another kind", one(UNI, a.InstrumentAdopted(unit="uni", instrument="i-2", kind="assessment"))),
    # 四
    Case("O5", "jia", one(SEC, a.EvaluationHeld()), "another year", one(SEC, a.EvaluationHeld(happened="2027-01-01"))),
    Case("O7", "jia", one(SEC, a.PlanPublished(scope="unit", heard=False)), "another unit's",
         one(UNI, a.PlanPublished(scope="university", heard=True))),
)  # fmt: skip

BRANCH_LIFE = {"branch": "branch", "happened": DAY, "chair": ("p-17", "branch/secretary")}
ORDERED = issue() + one(DEP, about(a.RectificationOrdered, "issue", units=["lab"]))


def verified(by: str) -> tuple[Do, ...]:
    """The rectification that was ordered second is verified as complete."""
    return one(by, lambda r: a.RectificationVerified(order=r[1], outcome="complete"))


def adopted(duty: str, owes: str, kind: str) -> Case:
    """An instrument amended counts like one that was adopted; of another kind it does not."""
    by, fields = f"{owes}/secretary", {"unit": owes, "instrument": "i-3"}
    act = one(by, a.InstrumentAmended(kind=kind, **fields))
    return Case(duty, owes, act, "another kind", one(by, a.InstrumentAmended(kind="other", **fields)))


MORE: tuple[Case, ...] = (
    Case("B4c", "jia", one(SEC, lambda r: a.RectificationVerified(order=r[1], outcome="complete")), "not complete",
         one(SEC, lambda r: a.RectificationVerified(order=r[1], outcome="partial")), ORDERED),
    Case("B9", "jia", one(SEC, caused(a.AccountabilityInitiated, **BLAME)), "another unit's post",
         one(UNI, caused(a.AccountabilityInitiated, **BLAME)), issue("dereliction")),
    Case("P1", SEC, one(SEC, caused(a.DeploymentImplemented, steps=["supervise"])), "another post",
         one(DEP, caused(a.DeploymentImplemented, steps=["supervise"])), directive("deployment")),
    Case("P3g", SEC, one(SEC, caused(a.AccountabilityProposed, **BLAME)), "another post",
         one(DEP, caused(a.AccountabilityProposed, **BLAME)), issue("dereliction")),
    Case("P2c", SEC, one(SEC, a.TalkHeld(**talk("integrity", TEAM, topic="integrity"))), "another kind",
         one(SEC, a.TalkHeld(**talk("reminder", TEAM, topic="integrity")))),
    Case("P4c", SEC,
         one("branch/secretary", a.OrganisationalLifeMeetingHeld(attended=[("p-10", SEC)], **BRANCH_LIFE)), "absent",
         one("branch/secretary", a.OrganisationalLifeMeetingHeld(absent=[("p-10", SEC)], **BRANCH_LIFE))),
    Case("M5a", MEM, one(MEM, a.OrgLifeAttended()), "another post", one(DEP, a.OrgLifeAttended())),
    Case("M5a", MEM,
         one("branch/secretary", a.OrganisationalLifeMeetingHeld(attended=[("p-12", MEM)], **BRANCH_LIFE)), "absent",
         one("branch/secretary", a.OrganisationalLifeMeetingHeld(absent=[("p-12", MEM)], **BRANCH_LIFE))),
    Case("L2e", "jia", one(SEC, lambda r: a.CommitmentSigned(versions=r[:2], body="jia")), "a member's lists",
         one(SEC, lambda r: a.CommitmentSigned(versions=r[2:4], body="jia")), both("jia") + both(DEP)),
    adopted("S1a", "jia", "recording_system"),
    adopted("A3", "uni", "accountability"),
    adopted("K1", "uni", "assessment"),
    Case("S2f", SEC, one(SEC, a.TalkHeld(**talk("integrity", [DEP]))), "another post",
         one(DEP, a.TalkHeld(**talk("integrity", [MEM])))),
    Case("S3b", "dic", one(DIC, a.SpecialSupervisionConducted(units=["jia"], unit="uni")), "by the committee",
         one(UNI, a.SpecialSupervisionConducted(units=["jia"], unit="dic"))),
    Case("B4c", "jia", verified(SEC), "by the section that was ordered", verified(HEAD), ORDERED),
    Case("B4c", "jia", verified(DEP), "by the post that was ordered", verified(SEC),
         issue() + one(DIC, about(a.RectificationOrdered, "issue", posts=[SEC]))),
    Case("S3c", "uni", verified(DIC), "by the unit that was ordered", verified(UNI),
         issue(by=DIC) + one(DIC, about(a.RectificationOrdered, "issue", units=["uni"]))),
    Case("S3c", "dic", one(UNI, lambda r: a.RectificationVerified(order=r[1], outcome="partial")),
         "by the college itself", one(SEC, lambda r: a.RectificationVerified(order=r[1], outcome="partial")), ORDERED),
    Case("K4", "uni", one(UNI, a.CircularIssued(kind="commendation", units=["jia"])), "by another unit",
         one(SEC, a.CircularIssued(kind="commendation", units=["lab"]))),
    Case("A2", "dic", one(DIC, lambda r: a.CircularIssued(kind="exposure", about=[r[0]])), "about nothing",
         one(DIC, a.CircularIssued(kind="exposure")), DECIDED),
)  # fmt: skip
"""Other acts that discharge some of the duties, with their near misses."""

THEMED = [*TEAM, HEAD, "branch/secretary"]
SHARED: tuple[Shared, ...] = (
    Shared({"B1b": "jia", "B1c": "jia", "B7a": "jia"},
           one(SEC, a.WorkPlanAdopted(includes=["allocation", "key_tasks"], **PLAN))),
    Shared({"L1b": "jia", "B1b": "jia", "B1d": "jia", "L1a": "jia"},
           drafts("responsibility", "jia", SEC, *TEAM, HEAD) + drafts("task", "jia")),
    Shared({"P2a": SEC, "B1f": "jia", "B7b": "jia"},
           one(DEP, meeting(STUDY, SEC, topics=["integrity"])) * 2, periods={"B1f": "2026-H1", "B7b": "2026-H1"}),
    Shared({"P1": SEC, "B1a": "jia", "B7f": "jia"}, one(SEC, caused(a.DeploymentImplemented, steps=["plan"])),
           directive("deployment")),
    Shared({"R4": "jia", "B1i": "jia"}, one(SEC, report("team", BOTH, body="jia")),
           periods={"R4": "2026-H1", "B1i": "2026-H1"}),
    Shared({"R5": SEC, "P4d": SEC}, one(SEC, report("principal", BOTH, "2027-01-05", "2026-H2", annual=True)),
           periods={"R5": "2026-H2"}),
    Shared({"R7d": DEP, "M5b": DEP}, one(DEP, integrity("written", ["uni", "dic", "jia"], kind="job_duty_integrity"))),
    Shared({"S2a": SEC, "P2c": SEC, "P3b": SEC}, one(SEC, a.TalkHeld(**talk("duty", THEMED, topic="self_governance")))),
    Shared({"S2b": SEC, "P2c": SEC, "P3b": SEC}, one(SEC, a.TalkHeld(**talk("integrity", THEMED, topic="integrity")))),
    Shared({"S2c": MEM, "M4c": MEM}, one(MEM, a.TalkHeld(**talk("duty", [HEAD])))),
    Shared({"S2d": MEM, "M4c": MEM}, one(MEM, a.TalkHeld(**talk("integrity", [HEAD])))),
    Shared({"S2e": SEC, "P3c": SEC}, one(SEC, caused(a.TalkHeld, **talk("reminder", [MEM]))), issue()),
    Shared({"S2e": MEM, "M4d": MEM}, one(MEM, caused(a.TalkHeld, **talk("reminder", [HEAD]))), issue(units=["lab"])),
    Shared({"K5": "uni", "S2e": UNI},
           one(UNI, lambda r: a.TalkHeld(causes=[r[0].statement.id, r[1].statement.id], **talk("admonishing", [SEC]))),
           issue("assessment", by=UNI, units=["jia"]) + issue(by=UNI)),
    Shared({"P3d": SEC, "B4d": "jia"}, one(SEC, about(a.IssueEscalated, "issue", recipients=BOTH)),
           issue("problem", "serious")),
    Shared({"P6b": SEC, "P3g": SEC, "B9": "jia"}, one(SEC, caused(a.AccountabilityProposed, recipients=BOTH, **BLAME)),
           issue("dereliction")),
    Shared({"A1": "uni", "P3g": SEC, "B9": "jia"},
           one(SEC, lambda r: a.AccountabilityInitiated(case=r[1], causes=[r[0].statement.id], **BLAME)),
           issue("dereliction") + LEAD),
)  # fmt: skip

DECISION = a.CollectiveDecisionMade
MAKES_DUE: tuple[tuple[tuple[Do, ...], str], ...] = (
    (directive("deployment"), "B1a B7f P1"),
    (directive("document"), "B3c P1"),
    (directive("meeting"), "B3c P1"),
    (directive("case_notice"), "B3f"),
    (directive("case_notice", major=True), "B1g B3f"),
    (issue("emerging", units=["lab"]), "B4c P3c M4d S2e"),
    (issue("problem", units=["lab"]), ""),
    (issue("problem", "serious", units=["lab"]), "B1g B4d P3d M4e"),
    (issue("poor_implementation"), "P3e"),
    (issue("assessment"), "P3e"),
    (issue("assessment", by=UNI), "K5"),
    (issue("petitions"), "P3e"),
    (issue("satisfaction"), "P3e"),
    (issue("dereliction"), "B9 P3g P6b"),
    (one(DEP, a.PetitionReceived(petition="x-1")), "P2d"),
    (one(DEP, a.TalkInquiryRequired(counterparts=["p-16"])), "B5d"),
    (one(SEC, meeting(DECISION, DEP, matter="major_decision", publish=True, units=["lab"])), "B5a"),
    (one(SEC, meeting(DECISION, DEP, matter="major_decision", publish=False, units=["lab"])), ""),
    (one(SEC, meeting(DECISION, DEP, matter="appointment", publish=False, units=["lab"])), "M3"),
    (one(SEC, meeting(DECISION, DEP, matter="funds", publish=False)), ""),
    (one(SEC, report("principal", BOTH, annual=True)), "P4f"),
    (one(SEC, report("principal", BOTH)), ""),
    (one(MEM, report("member", BOTH, annual=True)), ""),
    (one(MEM, integrity("written", ["dic"], kind="job_duty_integrity")), "M5d"),
    (one(MEM, integrity("written", ["dic"])), ""),
    (LEAD, "A1"),
    (DECIDED, "A2"),
    (RESULT, ""),
    (RESULT + one(UNI, about(a.AssessmentResultPublished, "assessment", units=["jia"])), "K6"),
)  # fmt: skip

ANOTHER_KIND = {"kinds": ["formal_admonition"]}
OTHERWISE: dict[str, tuple[dict[str, Any], ...]] = {
    "P2a": ({"topics": ["ideology"]},),
    "P2c": (ANOTHER_KIND,),
    "P3b": ({"topic": "ideology"},),
    "M4d": (ANOTHER_KIND,),
    "S2a": (ANOTHER_KIND,),
    "S2b": (ANOTHER_KIND,),
    "S2c": (ANOTHER_KIND,),
    "S2d": (ANOTHER_KIND,),
    "S2e": (ANOTHER_KIND,),
    "K5": (ANOTHER_KIND,),
    "R1": ({"subject": "principal"},),
    "R3": ({"subject": "team"},),
    "R5": ({"subject": "member"},),
    "R6": ({"subject": "principal"},),
    "P4d": ({"subject": "member"},),
    "M5b": ({"form": "oral"}, {"kind": "duty_integrity"}),
    "R7d": ({"form": "oral"},),
}
"""Values of a field with which the act of a case is another act; beside the near misses, for what those leave out."""
