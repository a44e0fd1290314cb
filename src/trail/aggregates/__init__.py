"""
The domain: acts of duty as small frozen values, and the states that their records fold into.

Pure: no file, no socket, no database, no clock, no random number.
"""

from trail.aggregates.base import Act, ActBase, EventData, declare
from trail.aggregates.cases import (
    AccountabilityDecided,
    AccountabilityInitiated,
    AccountabilityProposed,
    Cadre,
    LeadReceived,
    Organisation,
)
from trail.aggregates.catalogue import BUILT_IN_ACTS, LIBRARY_ACTS, LIBRARY_TYPES, act_class
from trail.aggregates.edits import PartErased, RecordCorrected, RecordDisputed, RecordVoided
from trail.aggregates.generic import GenericAct
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
from trail.aggregates.receipts import PaperReceiptRecorded
from trail.aggregates.registry import (
    Founder,
    GrantEnded,
    GrantGiven,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
    LogFounded,
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
from trail.aggregates.rules_events import DeadlineSet, HolidaysSet, RuleSetAdopted
from trail.aggregates.state import Gap, Settled, settle
from trail.aggregates.states import CaseAggregate, ReportAggregate, TalkAggregate
from trail.aggregates.talks import Counterpart, TalkConfirmed, TalkDisputed, TalkHeld

__all__ = [
    "BUILT_IN_ACTS", "LIBRARY_ACTS", "LIBRARY_TYPES", "AccountabilityDecided", "AccountabilityInitiated",
    "AccountabilityProposed", "Act", "ActBase", "BodyRepresented", "Cadre", "CaseAggregate", "CommitmentSigned",
    "Counterpart", "DeadlineSet", "EventData", "FilingReceived", "Founder", "Gap", "GenericAct", "GrantEnded",
    "GrantGiven", "HolidaysSet", "KeyEnrolled", "KeyRevoked", "KeyRotated", "LeadReceived", "ListAggregate",
    "ListEndorsed", "ListFiledForRecord", "ListReturned", "ListReviewed", "ListVersion", "LogFounded", "Organisation",
    "PaperReceiptRecorded", "PartErased", "PersonRegistered", "PledgeSigned", "PortfolioChanged", "PostAbolished",
    "PostAssigned", "PostCreated", "PostRelieved", "RecordCorrected", "RecordDisputed", "RecordVoided",
    "RegistrarAppointed", "RegistrarEnded", "RegistryAct", "ReportAggregate", "ReportFiled", "ReportReceived",
    "ResponsibilityListDrafted", "RuleSetAdopted", "Settled", "TalkAggregate", "TalkConfirmed", "TalkDisputed",
    "TalkHeld", "TaskItem", "TaskListDrafted", "TypeDeclared", "UnitEstablished", "UnitMerged", "UnitMoved",
    "UnitRenamed", "act_class", "declare", "lists_stream", "pledge_digest", "settle",
]  # fmt: skip
