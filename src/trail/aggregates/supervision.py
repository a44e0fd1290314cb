"""
Supervision: risks reviewed, checks and inspections, circulars, issues and their rectification.

Sources: 二（一）1, 4, 7; 二（二）3; 二（三）3, 4; 三（二）3; 三（五）.

Issue found -> rectification ordered with a day -> reported -> verified by somebody else, or reopened: one stream.  That
the rectifying party closes its own rectification is recorded like everything else, and shown as the gap C6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from trail.aggregates.attending import ATTENDEE, CONTENT, AttendeeLike, Worded, attendees, ids, shown
from trail.aggregates.base import Place, declare, joining
from trail.aggregates.values import Reference, When, day_and_instant, refused
from trail.evidence.types import Field, TypeSpec

CIRCULAR_KINDS: Final = ("situation", "commendation", "exposure")  # 情况通报, 通报表扬, 通报曝光
ISSUE_KINDS: Final = (
    "emerging", "problem", "poor_implementation", "assessment", "petitions", "satisfaction", "dereliction",
)  # fmt: skip
# 苗头性、倾向性问题; 问题; 二（二）3: 落实不力, 考核问题多, 信访集中, 满意度低; 失职失责
SEVERITIES: Final = ("slight", "serious")
RECTIFICATION_OUTCOMES: Final = ("complete", "partial", "not_done")  # 整改到位, 部分到位, 未到位

_UNITS: Final = Field("list", optional=True, of=Field("unit"), max=500)
_SOME_UNITS: Final = Field("list", of=Field("unit"), max=500)
_POSTS: Final = Field("list", optional=True, of=Field("post"), max=500)
_SOME: Final = Field("list", optional=True, of=ATTENDEE, max=500)

RISK_REVIEW_DONE: Final = declare("RiskReviewDone", fields={"units": _UNITS}, parts=CONTENT)
RISK_CONTROL_ATTACHED: Final = declare(
    "RiskControlAttached", fields={"matter": Field("reference"), "units": _UNITS}, parts=CONTENT
)
SUPERVISION_CHECK_DONE: Final = declare(
    "SupervisionCheckDone", fields={"subjects": _SOME, "units": _UNITS}, parts=CONTENT
)
INSPECTION_CONDUCTED: Final = declare(
    "InspectionConducted", fields={"attended": _SOME, "units": _SOME_UNITS}, parts=CONTENT
)
SPECIAL_SUPERVISION_CONDUCTED: Final = declare(
    "SpecialSupervisionConducted", fields={"attended": _SOME, "units": _SOME_UNITS}, parts=CONTENT
)
CIRCULAR_ISSUED: Final = declare(
    "CircularIssued",
    fields={
        "about": Field("list", optional=True, of=Field("reference"), max=100),
        "kind": Field("enum", values=CIRCULAR_KINDS),
        "recipients": _UNITS,
        "units": _UNITS,
    },
    parts=CONTENT,
)
ISSUE_FOUND: Final = declare(
    "IssueFound",
    fields={
        "kind": Field("enum", values=ISSUE_KINDS),
        "posts": _POSTS,
        "severity": Field("enum", values=SEVERITIES),
        "units": _UNITS,
    },
    parts=CONTENT,
)
ISSUE_CORRECTED: Final = declare("IssueCorrected", fields={"issue": Field("reference")}, parts=CONTENT)
ISSUE_ESCALATED: Final = declare(
    "IssueEscalated",
    fields={
        "issue": Field("reference", optional=True),
        "recipients": Field("list", of=Field("unit"), max=20),
    },
    parts=CONTENT,
)
RECTIFICATION_ORDERED: Final = declare(
    "RectificationOrdered",
    fields={
        "due": Field("date", optional=True),
        "issue": Field("reference", optional=True),
        "posts": _POSTS,
        "units": _UNITS,
    },
    parts=CONTENT,
)
RECTIFICATION_REPORTED: Final = declare("RectificationReported", fields={"order": Field("reference")}, parts=CONTENT)
RECTIFICATION_VERIFIED: Final = declare(
    "RectificationVerified",
    fields={"order": Field("reference"), "outcome": Field("enum", values=RECTIFICATION_OUTCOMES)},
    parts=CONTENT,
)
RECTIFICATION_REOPENED: Final = declare("RectificationReopened", fields={"order": Field("reference")}, parts=CONTENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReviewDone(Worded):
    """Risks to integrity were reviewed (廉政风险排查), in the acting unit or in ``units``."""

    TYPE: ClassVar[TypeSpec] = RISK_REVIEW_DONE

    units: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskControlAttached(Worded):
    """
    Measures against risks to integrity follow a matter (跟进廉政风险防控措施).

    ``matter`` is the event they follow: a decision, a plan, key tasks.  The measures lie in the part or are attached.
    """

    TYPE: ClassVar[TypeSpec] = RISK_CONTROL_ATTACHED
    RESTS_ON: ClassVar[tuple[str, ...]] = ("matter",)

    matter: Reference
    units: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "matter", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionCheckDone(Worded):
    """How duties are carried out was checked (监督检查): of ``units``, of persons (``subjects``), or of both."""

    TYPE: ClassVar[TypeSpec] = SUPERVISION_CHECK_DONE

    units: Sequence[str] = ()
    subjects: Sequence[AttendeeLike] = ()

    def _check(self) -> None:
        if not self.units and not self.subjects:
            raise refused("name the units or the persons that were checked", "units")

    def _public(self) -> Mapping[str, Any]:
        return {"subjects": attendees(self.subjects, "subjects"), **shown(self, "units")}


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfUnits(Worded):
    """An inspection of units; ``attended`` are those who took part in it beside the performers."""

    units: Sequence[str]
    attended: Sequence[AttendeeLike] = ()

    def _public(self) -> Mapping[str, Any]:
        units = ids(self.units, "units")
        return {"attended": attendees(self.attended, "attended"), "units": units or []}


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionConducted(_OfUnits):
    """An inspection of ``units`` (检查考核); ``attended`` are those who took part in it beside the performers."""

    TYPE: ClassVar[TypeSpec] = INSPECTION_CONDUCTED


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialSupervisionConducted(_OfUnits):
    """A special supervision of ``units`` by the discipline commission (专项督查)."""

    TYPE: ClassVar[TypeSpec] = SPECIAL_SUPERVISION_CONDUCTED


@dataclass(frozen=True, slots=True, kw_only=True)
class CircularIssued(Worded):
    """
    A circular was issued (通报): on the situation, to commend, or to expose.

    ``about`` are events that it tells of (a decision, an inspection), ``units`` those it names, ``recipients`` the
    units that it went to.  Its text lies in the part: whoever is named in it can be erased from there.
    """

    TYPE: ClassVar[TypeSpec] = CIRCULAR_ISSUED
    RESTS_ON: ClassVar[tuple[str, ...]] = ("about",)

    kind: str
    about: Sequence[Reference] = ()
    units: Sequence[str] = ()
    recipients: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        return {"about": list(self.about) or None, **shown(self, "kind", "recipients", "units")}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFound(Worded):
    """
    An issue was found (发现问题); opens a stream for what follows from it.

    ``kind`` is one of `ISSUE_KINDS`, ``severity`` slight or serious.  ``units`` and ``posts`` say whom it concerns;
    without them it concerns the unit of the statement.  What it is lies in the part.
    """

    TYPE: ClassVar[TypeSpec] = ISSUE_FOUND
    PREFIX: ClassVar[str] = "issue/"

    kind: str
    severity: str
    units: Sequence[str] = ()
    posts: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "kind", "posts", "severity", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCorrected(Worded):
    """An issue was corrected on the spot (纠正), without an order."""

    TYPE: ClassVar[TypeSpec] = ISSUE_CORRECTED

    issue: Reference

    def _place(self) -> Place:
        return joining(self.issue, "issue")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEscalated(Worded):
    """A serious issue was reported upwards (向上级报告) to each of ``recipients``; each may sign for it."""

    TYPE: ClassVar[TypeSpec] = ISSUE_ESCALATED
    PREFIX: ClassVar[str] = "issue/"

    recipients: Sequence[str]
    issue: Reference | None = None

    def _public(self) -> Mapping[str, Any]:
        return {"issue": self.issue, "recipients": ids(self.recipients, "recipients") or []}

    def _place(self) -> Place:
        return Place() if self.issue is None else joining(self.issue, "issue")


@dataclass(frozen=True, slots=True, kw_only=True)
class RectificationOrdered(Worded):
    """
    Rectification was ordered (限期整改) of ``units``, of the holders of ``posts``, or of both, by the day ``due``.

    ``issue`` is what it follows: an issue found, or a decision on accountability; None opens a stream.
    """

    TYPE: ClassVar[TypeSpec] = RECTIFICATION_ORDERED
    PREFIX: ClassVar[str] = "issue/"

    issue: Reference | None = None
    due: When | None = None
    units: Sequence[str] = ()
    posts: Sequence[str] = ()

    def _check(self) -> None:
        if not self.units and not self.posts:
            raise refused("name the units or the posts that are to rectify", "units")

    def _public(self) -> Mapping[str, Any]:
        due = None if self.due is None else day_and_instant(self.due, "due")[0]
        return {"due": due, **shown(self, "issue", "posts", "units")}

    def _place(self) -> Place:
        return Place() if self.issue is None else joining(self.issue, "issue")


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfOrder(Worded):
    """What follows an order to rectify; *order* is its record or exact reference."""

    order: Reference

    def _place(self) -> Place:
        return joining(self.order, "order")


@dataclass(frozen=True, slots=True, kw_only=True)
class RectificationReported(_OfOrder):
    """The rectifying party reported what it has done (整改报告)."""

    TYPE: ClassVar[TypeSpec] = RECTIFICATION_REPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class RectificationVerified(_OfOrder):
    """
    Somebody else verified the rectification (销号); ``complete`` closes it.

    By the rectifying party itself it is recorded, and shown as the gap C6.
    """

    TYPE: ClassVar[TypeSpec] = RECTIFICATION_VERIFIED

    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RectificationReopened(_OfOrder):
    """A rectification was opened again (返工)."""

    TYPE: ClassVar[TypeSpec] = RECTIFICATION_REOPENED


RECTIFICATION_TYPES: Final = (
    ISSUE_FOUND, ISSUE_CORRECTED, ISSUE_ESCALATED, RECTIFICATION_ORDERED, RECTIFICATION_REPORTED,
    RECTIFICATION_VERIFIED, RECTIFICATION_REOPENED,
)  # fmt: skip
SUPERVISION_ACTS: Final = (
    RiskReviewDone, RiskControlAttached, SupervisionCheckDone, InspectionConducted, SpecialSupervisionConducted,
    CircularIssued, IssueFound, IssueCorrected, IssueEscalated, RectificationOrdered, RectificationReported,
    RectificationVerified, RectificationReopened,
)  # fmt: skip
