"""
The domain: acts of duty as small frozen values, and the states that their records fold into.

Pure: no file, no socket, no database, no clock, no random number.
"""

from trail.aggregates.assessment import (
    AssessmentAggregate,
    AssessmentConducted,
    AssessmentResultApplied,
    AssessmentResultPublished,
    CommendationCirculated,
)
from trail.aggregates.attending import Attendee
from trail.aggregates.base import Act, ActBase, EventData, declare
from trail.aggregates.case_state import CaseAggregate, Term
from trail.aggregates.cases import (
    AccountabilityCorrected,
    AccountabilityDecided,
    AccountabilityInitiated,
    AccountabilityProposed,
    AdjustmentCompleted,
    AppealDecided,
    AppealLodged,
    Cadre,
    CaseCirculated,
    DecisionServed,
    DefenceHeard,
    FactsPresented,
    InquiryOpened,
    InquiryReportAdopted,
    LeadReceived,
    OpinionSigned,
    Organisation,
    SelfCriticismMade,
)
from trail.aggregates.catalogue import BUILT_IN_ACTS, LIBRARY_ACTS, LIBRARY_TYPES, act_class
from trail.aggregates.conveying import (
    CaseAnalysed,
    DecisionPublished,
    DeploymentImplemented,
    DirectiveReceived,
    DocumentConveyed,
    LinkageVisitMade,
    PartyLectureGiven,
    ResearchConducted,
    WarningEducationHeld,
)
from trail.aggregates.deed_states import EvidenceAggregate, InstrumentAggregate, MeetingAggregate
from trail.aggregates.edits import PartErased, RecordCorrected, RecordDisputed, RecordVoided
from trail.aggregates.facts import EvidenceAttached, FactRecorded
from trail.aggregates.generic import GenericAct
from trail.aggregates.instruments import (
    AssessmentSchemeAdopted,
    InstrumentAdopted,
    InstrumentAmended,
    InstrumentRepealed,
    KeyTasksAdopted,
    PlanPublished,
    RecorderDesignated,
    ResponsibilitiesAllocated,
    WorkPlanAdopted,
)
from trail.aggregates.integrity import DutyIntegrityReported, PersonalMattersReported, ReportEvaluated
from trail.aggregates.list_state import ListAggregate
from trail.aggregates.list_versions import ListVersion
from trail.aggregates.lists import (
    CommitmentSigned,
    FilingReceived,
    ListEndorsed,
    ListFiledForRecord,
    ListReturned,
    ListReviewed,
    PledgeSigned,
    ResponsibilityListDrafted,
    TaskItem,
    TaskListDrafted,
    lists_stream,
    pledge_digest,
)
from trail.aggregates.meetings import (
    BriefingHeard,
    CollectiveDecisionMade,
    DemocraticLifeMeetingHeld,
    EvaluationHeld,
    GuidanceGiven,
    MeetingHeld,
    OrganisationalLifeMeetingHeld,
    OrgLifeAttended,
    PortfolioReviewHeld,
    ThematicStudyHeld,
)
from trail.aggregates.norms import NORMS, Norm, NormClock, add_months
from trail.aggregates.petitions import (
    FactAggregate,
    PetitionHandled,
    PetitionReceived,
    TalkInquiryConducted,
    TalkInquiryRequired,
)
from trail.aggregates.receipts import PaperReceiptRecorded
from trail.aggregates.rectification_state import RectificationAggregate
from trail.aggregates.registry import (
    Founder,
    GrantEnded,
    GrantGiven,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
    LogFounded,
    LogKeyRotated,
    LogRetired,
    RegistrarAppointed,
    RegistrarEnded,
    RegistryAct,
    TypeDeclared,
)
from trail.aggregates.reports import ReportFiled, ReportReceived
from trail.aggregates.roster import (
    BodyRepresented,
    PersonRegistered,
    PortfolioChanged,
    PostAbolished,
    PostAssigned,
    PostCreated,
    PostRelieved,
    UnitEstablished,
    UnitMerged,
    UnitMoved,
    UnitRenamed,
)
from trail.aggregates.rules_events import DeadlineSet, HolidaysSet, RuleSetAdopted, RuleSetRepealed
from trail.aggregates.shapes import Position
from trail.aggregates.state import Gap, Settled, settle
from trail.aggregates.states import ReportAggregate, TalkAggregate
from trail.aggregates.supervision import (
    CircularIssued,
    InspectionConducted,
    IssueCorrected,
    IssueEscalated,
    IssueFound,
    RectificationOrdered,
    RectificationReopened,
    RectificationReported,
    RectificationVerified,
    RiskControlAttached,
    RiskReviewDone,
    SpecialSupervisionConducted,
    SupervisionCheckDone,
)
from trail.aggregates.talks import Counterpart, TalkConfirmed, TalkDisputed, TalkHeld

__all__ = [
    "BUILT_IN_ACTS", "LIBRARY_ACTS", "LIBRARY_TYPES", "NORMS", "AccountabilityCorrected", "AccountabilityDecided",
    "AccountabilityInitiated", "AccountabilityProposed", "Act", "ActBase", "AdjustmentCompleted", "AppealDecided",
    "AppealLodged", "AssessmentAggregate", "AssessmentConducted", "AssessmentResultApplied",
    "AssessmentResultPublished", "AssessmentSchemeAdopted", "Attendee", "BodyRepresented", "BriefingHeard", "Cadre",
    "CaseAggregate", "CaseAnalysed", "CaseCirculated", "CircularIssued", "CollectiveDecisionMade",
    "CommendationCirculated", "CommitmentSigned", "Counterpart", "DeadlineSet", "DecisionPublished", "DecisionServed",
    "DefenceHeard", "DemocraticLifeMeetingHeld", "DeploymentImplemented", "DirectiveReceived", "DocumentConveyed",
    "DutyIntegrityReported", "EvaluationHeld", "EventData", "EvidenceAggregate", "EvidenceAttached", "FactAggregate",
    "FactRecorded", "FactsPresented", "FilingReceived", "Founder", "Gap", "GenericAct", "GrantEnded", "GrantGiven",
    "GuidanceGiven", "HolidaysSet", "InquiryOpened", "InquiryReportAdopted", "InspectionConducted", "InstrumentAdopted",
    "InstrumentAggregate", "InstrumentAmended", "InstrumentRepealed", "IssueCorrected", "IssueEscalated", "IssueFound",
    "KeyEnrolled", "KeyRevoked", "KeyRotated", "KeyTasksAdopted", "LeadReceived", "LinkageVisitMade", "ListAggregate",
    "ListEndorsed", "ListFiledForRecord", "ListReturned", "ListReviewed", "ListVersion", "LogFounded",
    "LogKeyRotated", "LogRetired", "MeetingAggregate", "MeetingHeld", "Norm", "NormClock", "OpinionSigned",
    "OrgLifeAttended", "Organisation", "OrganisationalLifeMeetingHeld", "PaperReceiptRecorded", "PartErased",
    "PartyLectureGiven", "PersonRegistered",
    "PersonalMattersReported", "PetitionHandled", "PetitionReceived", "PlanPublished", "PledgeSigned",
    "PortfolioChanged", "PortfolioReviewHeld", "Position", "PostAbolished", "PostAssigned", "PostCreated",
    "PostRelieved", "RecordCorrected", "RecordDisputed", "RecordVoided", "RecorderDesignated", "RectificationAggregate",
    "RectificationOrdered", "RectificationReopened", "RectificationReported", "RectificationVerified",
    "RegistrarAppointed", "RegistrarEnded", "RegistryAct", "ReportAggregate", "ReportEvaluated", "ReportFiled",
    "ReportReceived", "ResearchConducted", "ResponsibilitiesAllocated", "ResponsibilityListDrafted",
    "RiskControlAttached", "RiskReviewDone", "RuleSetAdopted", "RuleSetRepealed", "SelfCriticismMade", "Settled",
    "SpecialSupervisionConducted", "SupervisionCheckDone", "TalkAggregate", "TalkConfirmed", "TalkDisputed", "TalkHeld",
    "TalkInquiryConducted", "TalkInquiryRequired", "TaskItem", "TaskListDrafted", "Term", "ThematicStudyHeld",
    "TypeDeclared", "UnitEstablished", "UnitMerged", "UnitMoved", "UnitRenamed", "WarningEducationHeld",
    "WorkPlanAdopted", "act_class", "add_months", "declare", "lists_stream", "pledge_digest", "settle",
]  # fmt: skip
