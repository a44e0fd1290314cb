"""
Tamper-evident audit trails of acts of duty.

The public names live in the modules that define them and are resolved on first use, so that ``import trail.verify``
loads neither the database nor the engine.  What is neither listed in ``__all__`` here nor in a public module's own
``__all__`` is private.

`trail.verify` is the module of the verifier; its function is imported with ``from trail.verify import verify``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from trail.aggregates import (
        AccountabilityDecided,
        AccountabilityInitiated,
        AccountabilityProposed,
        Act,
        BodyRepresented,
        Cadre,
        CommitmentSigned,
        Counterpart,
        DeadlineSet,
        FilingReceived,
        GenericAct,
        GrantEnded,
        GrantGiven,
        HolidaysSet,
        KeyEnrolled,
        KeyRevoked,
        KeyRotated,
        LeadReceived,
        ListEndorsed,
        ListFiledForRecord,
        ListReturned,
        ListReviewed,
        Organisation,
        PaperReceiptRecorded,
        PartErased,
        PersonRegistered,
        PledgeSigned,
        PortfolioChanged,
        PostAbolished,
        PostAssigned,
        PostCreated,
        PostRelieved,
        RecordCorrected,
        RecordDisputed,
        RecordVoided,
        RegistrarAppointed,
        RegistrarEnded,
        ReportFiled,
        ReportReceived,
        ResponsibilityListDrafted,
        RuleSetAdopted,
        TalkConfirmed,
        TalkDisputed,
        TalkHeld,
        TaskItem,
        TaskListDrafted,
        TypeDeclared,
        UnitEstablished,
        UnitMerged,
        UnitMoved,
        UnitRenamed,
        declare,
    )
    from trail.application import (
        Ack,
        Acting,
        Attachment,
        Draft,
        FoundingRegistrar,
        Log,
        Receipt,
        Registering,
        Scope,
        Trail,
        View,
        audit,
    )
    from trail.clock import (
        Clock,
        FixedClock,
        SystemClock,
    )
    from trail.errors import (
        ActRefused,
        CallerError,
        EncodingError,
        EnvironmentFailed,
        EvidenceError,
        FrameError,
        IdReused,
        KeyFileFailed,
        KeyRefused,
        MissingExtra,
        NoteError,
        PolicyError,
        ProofError,
        RecordError,
        Refusal,
        SignatureError,
        StoreBusy,
        StoreFailed,
        StreamMoved,
        TrailError,
    )
    from trail.evidence.moment import (
        Happened,
    )
    from trail.evidence.types import Field, PartSpec, TypeSpec
    from trail.signing import (
        KeyFile,
        Policy,
        PrivateKey,
        PublicKey,
        Signer,
        format_policy,
        parse_policy,
        write_key_file,
    )
    from trail.verify import (
        Finding,
        Report,
        Verdict,
    )

__version__ = "0.1.0"

__all__ = [
    "AccountabilityDecided",
    "AccountabilityInitiated",
    "AccountabilityProposed",
    "Ack",
    "Act",
    "ActRefused",
    "Acting",
    "Attachment",
    "BodyRepresented",
    "Cadre",
    "CallerError",
    "Clock",
    "CommitmentSigned",
    "Counterpart",
    "DeadlineSet",
    "Draft",
    "EncodingError",
    "EnvironmentFailed",
    "EvidenceError",
    "Field",
    "FilingReceived",
    "Finding",
    "FixedClock",
    "FoundingRegistrar",
    "FrameError",
    "GenericAct",
    "GrantEnded",
    "GrantGiven",
    "Happened",
    "HolidaysSet",
    "IdReused",
    "KeyEnrolled",
    "KeyFile",
    "KeyFileFailed",
    "KeyRefused",
    "KeyRevoked",
    "KeyRotated",
    "LeadReceived",
    "ListEndorsed",
    "ListFiledForRecord",
    "ListReturned",
    "ListReviewed",
    "Log",
    "MissingExtra",
    "NoteError",
    "Organisation",
    "PaperReceiptRecorded",
    "PartErased",
    "PartSpec",
    "PersonRegistered",
    "PledgeSigned",
    "Policy",
    "PolicyError",
    "PortfolioChanged",
    "PostAbolished",
    "PostAssigned",
    "PostCreated",
    "PostRelieved",
    "PrivateKey",
    "ProofError",
    "PublicKey",
    "Receipt",
    "RecordCorrected",
    "RecordDisputed",
    "RecordError",
    "RecordVoided",
    "Refusal",
    "Registering",
    "RegistrarAppointed",
    "RegistrarEnded",
    "Report",
    "ReportFiled",
    "ReportReceived",
    "ResponsibilityListDrafted",
    "RuleSetAdopted",
    "Scope",
    "SignatureError",
    "Signer",
    "StoreBusy",
    "StoreFailed",
    "StreamMoved",
    "SystemClock",
    "TalkConfirmed",
    "TalkDisputed",
    "TalkHeld",
    "TaskItem",
    "TaskListDrafted",
    "Trail",
    "TrailError",
    "TypeDeclared",
    "TypeSpec",
    "UnitEstablished",
    "UnitMerged",
    "UnitMoved",
    "UnitRenamed",
    "Verdict",
    "View",
    "__version__",
    "audit",
    "declare",
    "format_policy",
    "parse_policy",
    "write_key_file",
]

# Where each public name lives.
_NAMES: Final = {
    "trail.aggregates": """
        AccountabilityDecided AccountabilityInitiated AccountabilityProposed Act BodyRepresented Cadre
        CommitmentSigned Counterpart DeadlineSet FilingReceived GenericAct GrantEnded GrantGiven HolidaysSet KeyEnrolled
        KeyRevoked KeyRotated LeadReceived ListEndorsed ListFiledForRecord ListReturned ListReviewed Organisation
        PaperReceiptRecorded PartErased PersonRegistered PledgeSigned PortfolioChanged PostAbolished PostAssigned
        PostCreated PostRelieved RecordCorrected RecordDisputed RecordVoided RegistrarAppointed RegistrarEnded
        ReportFiled ReportReceived ResponsibilityListDrafted RuleSetAdopted TalkConfirmed TalkDisputed TalkHeld
        TaskItem TaskListDrafted TypeDeclared UnitEstablished UnitMerged UnitMoved UnitRenamed declare
    """,
    "trail.application": "Ack Acting Attachment Draft FoundingRegistrar Log Receipt Registering Scope Trail View audit",
    "trail.clock": "Clock FixedClock SystemClock",
    "trail.errors": """
        ActRefused CallerError EncodingError EnvironmentFailed EvidenceError FrameError IdReused KeyFileFailed
        KeyRefused MissingExtra NoteError PolicyError ProofError RecordError Refusal SignatureError StoreBusy
        StoreFailed StreamMoved TrailError
    """,
    "trail.evidence.moment": "Happened",
    "trail.evidence.types": "Field PartSpec TypeSpec",
    "trail.signing": "KeyFile Policy PrivateKey PublicKey Signer format_policy parse_policy write_key_file",
    "trail.verify": "Finding Report Verdict",
}
_HOME: Final = {name: home for home, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Resolve a public name on first use and keep it."""
    home = _HOME.get(name)
    if name == "testing":
        return import_module("trail.testing")
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
