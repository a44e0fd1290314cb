"""
Accountability (三（五）; 《中国共产党问责条例》 2016, 2019), the case whole: one stream, one act for each step.

Lead, proposal, initiation; inquiry opened, facts presented, defence heard, opinion signed, report; decision, served,
formalities completed, self-criticism; appeal, decided; correction; circular.  Rectification follows by
`RectificationOrdered`, which may name the decision.

The content of a case is restricted (N8): the log carries ids, enumerations and digests, the text lies in a part that
can be erased.  Which steps, forms, situations and days belong to which version of the norm is data, in
`trail.aggregates.norms`; what is missing or late is a gap (`trail.aggregates.case_state`), never a refusal (N1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from trail.aggregates import case_types as types
from trail.aggregates.attending import AttendeeLike, Worded, attendee, attendees, ids, shown
from trail.aggregates.base import Place, joining
from trail.aggregates.receipts import dated
from trail.aggregates.values import Reference, When, moment_of, refused
from trail.evidence.record import Happened
from trail.evidence.types import TypeSpec


class Organisation(NamedTuple):
    """A party organisation to be held accountable: forms among `ORGANISATION_FORMS`, grade among `GRADES`."""

    unit: str
    forms: Sequence[str] = ()
    grade: str | None = None


class Cadre(NamedTuple):
    """A leading cadre to be held accountable, in the post it is about: forms among `CADRE_FORMS`."""

    person: str
    forms: Sequence[str] = ()
    grade: str | None = None
    post: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReceived(Worded):
    """
    A lead (问题线索) was received; opens a case.

    ``lead`` is an opaque reference into the system that keeps it: who reported is never stored here (N33).
    """

    TYPE: ClassVar[TypeSpec] = types.LEAD_RECEIVED
    PREFIX: ClassVar[str] = "case/"

    source: str
    lead: str | None = None
    units: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "lead", "source", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step(Worded):
    """
    A step that says who is to be held accountable, and for what.

    ``case`` is any earlier event of it (its record or reference); None opens a case.  ``norm`` is the version that the
    step applies, ``situations`` are numbers of its article, ``versions`` the exact versions of the lists that it rests
    on.  Each organisation and cadre may have a grade of responsibility, and the forms that are proposed or decided.
    """

    PREFIX: ClassVar[str] = "case/"

    case: Reference | None = None
    norm: str = "2019"
    situations: Sequence[int]
    organisations: Sequence[Organisation] = ()
    cadres: Sequence[Cadre] = ()
    versions: Sequence[Reference] = ()

    def _check(self) -> None:
        if not self.organisations and not self.cadres:
            raise refused("name at least one organisation or cadre", "organisations")

    def _public(self) -> Mapping[str, Any]:
        return {
            **_held(self.organisations, self.cadres),
            "norm": self.norm,
            "situations": sorted(set(self.situations)),
            "versions": self.versions or None,
        }

    def _place(self) -> Place:
        return Place() if self.case is None else joining(self.case, "case")


def _held(organisations: Sequence[Organisation], cadres: Sequence[Cadre]) -> dict[str, Any]:
    return {
        "cadres": [_row(row) for row in cadres] or None,
        "organisations": [_row(row) for row in organisations] or None,
    }


def _row(row: Organisation | Cadre) -> dict[str, Any]:
    return {**row._asdict(), "forms": list(row.forms) or None}


def _with_forms(organisations: Sequence[Organisation], cadres: Sequence[Cadre]) -> None:
    if not all(row.forms for row in organisations) or not all(row.forms for row in cadres):
        raise refused("a decision names at least one form for each", "forms")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountabilityProposed(_Step):
    """Holding somebody accountable was proposed (问责建议), to ``recipients``."""

    TYPE: ClassVar[TypeSpec] = types.ACCOUNTABILITY_PROPOSED

    recipients: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        return {**_Step._public(self), **shown(self, "recipients")}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountabilityInitiated(_Step):
    """
    The procedure was initiated, with the approval that the norm asks for (启动, 批准).

    ``approver`` is who approved it, where that is not the performer.  ``under_review`` says that the subject is
    already under review for a breach of discipline (立案审查): then no inquiry of its own is opened.
    """

    TYPE: ClassVar[TypeSpec] = types.ACCOUNTABILITY_INITIATED

    approver: AttendeeLike | None = None
    under_review: bool = False

    def _public(self) -> Mapping[str, Any]:
        approver = attendee(self.approver, "approver")
        return {**_Step._public(self), "approver": approver, "under_review": self.under_review or None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _InCase(Worded):
    """A later step; *case* is any earlier event of the case (its record or reference)."""

    case: Reference

    def _place(self) -> Place:
        return joining(self.case, "case")


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryOpened(_InCase):
    """An inquiry was opened (调查组): its head and its members; a group of fewer than two is shown as a gap."""

    TYPE: ClassVar[TypeSpec] = types.INQUIRY_OPENED

    head: AttendeeLike
    members: Sequence[AttendeeLike]

    def _public(self) -> Mapping[str, Any]:
        return {"head": attendee(self.head, "head"), "members": attendees(self.members, "members") or []}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Concerning(_InCase):
    """A step that concerns the subjects of a case: ``persons``, ``units``, or both."""

    persons: Sequence[str] = ()
    units: Sequence[str] = ()

    def _check(self) -> None:
        if not self.persons and not self.units:
            raise refused("name the persons or the units that this step concerns", "persons")

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "persons", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsPresented(_Concerning):
    """The material on the facts was shown to the subjects (事实材料见面)."""

    TYPE: ClassVar[TypeSpec] = types.FACTS_PRESENTED


@dataclass(frozen=True, slots=True, kw_only=True)
class DefenceHeard(_Concerning):
    """The subjects stated their case and defended themselves (陈述申辩); the record of it lies in the part."""

    TYPE: ClassVar[TypeSpec] = types.DEFENCE_HEARD


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionSigned(_Concerning):
    """
    The subjects signed their opinion on the material (签署意见): ``agree``, ``disagree`` or ``refused``.

    The performer is the subject.  A refusal is recorded by the inquiry, with a note of it in ``content`` (N6).
    """

    TYPE: ClassVar[TypeSpec] = types.OPINION_SIGNED

    opinion: str

    def _check(self) -> None:
        _Concerning._check(self)
        if self.opinion == "refused" and not self.content:
            advice = "Say in a note that the subject refused to sign, and how; the inquiry vouches for it."
            raise refused("a refusal needs a note", "content", advice=advice)

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "opinion", "persons", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryReportAdopted(_Step):
    """
    The report of the inquiry was adopted (调查报告): signed by its head and ``members``.

    It attributes responsibility: each organisation and cadre with its grade (全面, 主要, 重要领导责任) and, where the
    group proposes them, forms.  It may find nobody responsible.
    """

    TYPE: ClassVar[TypeSpec] = types.INQUIRY_REPORT_ADOPTED

    head: AttendeeLike
    members: Sequence[AttendeeLike]
    situations: Sequence[int] = ()

    def _check(self) -> None:
        """A report may name nobody."""

    def _public(self) -> Mapping[str, Any]:
        return {
            **_Step._public(self),
            "head": attendee(self.head, "head"),
            "members": attendees(self.members, "members") or [],
            "situations": sorted(set(self.situations)) or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountabilityDecided(_Step):
    """The competent organisation decided, with at least one form for each; own hand, exclusive."""

    TYPE: ClassVar[TypeSpec] = types.ACCOUNTABILITY_DECIDED

    def _check(self) -> None:
        _Step._check(self)
        _with_forms(self.organisations, self.cadres)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDecision(Worded):
    """What follows a decision; *decision* is its record or exact reference."""

    RESTS_ON: ClassVar[tuple[str, ...]] = ("decision",)

    decision: Reference

    def _place(self) -> Place:
        return joining(self.decision, "decision")


@dataclass(frozen=True, slots=True, kw_only=True)
class _DecisionConcerning(_OfDecision):
    """What follows a decision and concerns ``persons``, ``units``, or both."""

    persons: Sequence[str] = ()
    units: Sequence[str] = ()

    def _check(self) -> None:
        if not self.persons and not self.units:
            raise refused("name the persons or the units that this step concerns", "persons")

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "decision", "persons", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionServed(_DecisionConcerning):
    """
    The decision was announced and served (宣布, 送达): to whom, and the day it was ``received``.

    ``notified`` are the bodies told of it for their files: the discipline commission, the organisation department.
    """

    TYPE: ClassVar[TypeSpec] = types.DECISION_SERVED

    received: When
    notified: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        more = {"notified": ids(self.notified, "notified"), **dated(self.received, "received")}
        return {**_DecisionConcerning._public(self), **more}

    def _happened(self) -> Happened | None:
        return moment_of(self.received if self.happened is None else self.happened, "received")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentCompleted(_DecisionConcerning):
    """The formalities of an organisational adjustment were completed (组织调整手续办理完毕)."""

    TYPE: ClassVar[TypeSpec] = types.ADJUSTMENT_COMPLETED


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCriticismMade(_Concerning):
    """The subjects criticised themselves (书面检讨, 会上检查): in writing, at a meeting, or both."""

    TYPE: ClassVar[TypeSpec] = types.SELF_CRITICISM_MADE

    forms: Sequence[str]

    def _public(self) -> Mapping[str, Any]:
        return {"forms": ids(self.forms, "forms") or [], **shown(self, "persons", "units")}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealLodged(_DecisionConcerning):
    """The subjects appealed against the decision (申诉); it is carried out all the same."""

    TYPE: ClassVar[TypeSpec] = types.APPEAL_LODGED


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealDecided(Worded):
    """The appeal was decided (申诉处理决定): ``upheld``, ``changed`` or ``revoked``; own hand, exclusive."""

    TYPE: ClassVar[TypeSpec] = types.APPEAL_DECIDED
    RESTS_ON: ClassVar[tuple[str, ...]] = ("appeal",)

    appeal: Reference
    outcome: str

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "appeal", "outcome")

    def _place(self) -> Place:
        return joining(self.appeal, "appeal")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountabilityCorrected(_OfDecision):
    """
    A wrong decision was corrected (纠正): ``changed``, with what holds instead, or ``revoked``; own hand, exclusive.

    The decision stays in the log as it was; this one stands beside it (N7).
    """

    TYPE: ClassVar[TypeSpec] = types.ACCOUNTABILITY_CORRECTED

    outcome: str
    organisations: Sequence[Organisation] = ()
    cadres: Sequence[Cadre] = ()

    def _check(self) -> None:
        _with_forms(self.organisations, self.cadres)
        if self.outcome == "changed" and not self.organisations and not self.cadres:
            raise refused("say what holds instead: at least one organisation or cadre", "organisations")

    def _public(self) -> Mapping[str, Any]:
        return {**_held(self.organisations, self.cadres), **shown(self, "decision", "outcome")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCirculated(_InCase):
    """The case was circulated (通报曝光): within the unit, the university, or in public; its words lie in the part."""

    TYPE: ClassVar[TypeSpec] = types.CASE_CIRCULATED
    RESTS_ON: ClassVar[tuple[str, ...]] = ("decision",)

    scope: str
    decision: Reference | None = None
    recipients: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "decision", "recipients", "scope")


CASE_ACTS: Final = (
    LeadReceived, AccountabilityProposed, AccountabilityInitiated, InquiryOpened, FactsPresented, DefenceHeard,
    OpinionSigned, InquiryReportAdopted, AccountabilityDecided, DecisionServed, AdjustmentCompleted, SelfCriticismMade,
    AppealLodged, AppealDecided, AccountabilityCorrected, CaseCirculated,
)  # fmt: skip
