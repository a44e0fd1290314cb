"""
Assessment (三（四）): conducted, its result published, the excellent commended, the result applied.

No scores and no ranks: the log says that a unit was assessed, by whom, and what became of it.  Assessment rests on the
lists, so it cites their exact versions (C5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from trail.aggregates.attending import ATTENDEE, CONTENT, AttendeeLike, Worded, attendee, ids, shown
from trail.aggregates.base import Place, declare, joining
from trail.aggregates.state import Gap, Settled, StreamState, gap, in_order
from trail.aggregates.values import Reference, refused
from trail.evidence.types import Field, TypeSpec

RESULT_SCOPES: Final = ("unit", "university")
RESULT_USES: Final = ("evaluation", "reward", "appointment", "performance")  # 评价, 奖惩, 选拔任用, 绩效

_UNITS: Final = Field("list", of=Field("unit"), max=500)
_PERSONS: Final = Field("list", optional=True, of=Field("person", role="counterpart"), max=500)

ASSESSMENT_CONDUCTED: Final = declare(
    "AssessmentConducted",
    fields={
        "lead": ATTENDEE,
        "persons": _PERSONS,
        "units": _UNITS,
        "versions": Field("list", optional=True, of=Field("reference"), max=200),
    },
    parts=CONTENT,
)
ASSESSMENT_RESULT_PUBLISHED: Final = declare(
    "AssessmentResultPublished",
    fields={"assessment": Field("reference"), "scope": Field("enum", values=RESULT_SCOPES), "units": _UNITS},
    parts=CONTENT,
)
COMMENDATION_CIRCULATED: Final = declare(
    "CommendationCirculated",
    fields={
        "assessment": Field("reference", optional=True),
        "persons": _PERSONS,
        "units": Field("list", optional=True, of=Field("unit"), max=500),
    },
    parts=CONTENT,
)
ASSESSMENT_RESULT_APPLIED: Final = declare(
    "AssessmentResultApplied",
    fields={
        "assessment": Field("reference"),
        "recipients": Field("list", optional=True, of=Field("unit"), max=20),
        "use": Field("list", of=Field("enum", values=RESULT_USES), max=len(RESULT_USES)),
    },
    parts=CONTENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentConducted(Worded):
    """
    Units, and persons where they were assessed themselves, were assessed (检查考核), led by ``lead``.

    ``period`` is the year it is about, ``versions`` the exact versions of the lists that it rests on (C5).
    """

    TYPE: ClassVar[TypeSpec] = ASSESSMENT_CONDUCTED
    PREFIX: ClassVar[str] = "assessment/"

    units: Sequence[str]
    lead: AttendeeLike
    period: str | None = field()
    persons: Sequence[str] = ()
    versions: Sequence[Reference] = ()

    def _check(self) -> None:
        if self.period is None:
            raise refused("an assessment is about a period, such as 2026", "period")

    def _public(self) -> Mapping[str, Any]:
        return {
            "lead": attendee(self.lead, "lead"),
            "persons": ids(self.persons, "persons"),
            "units": ids(self.units, "units") or [],
            "versions": self.versions or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfAssessment(Worded):
    """What follows an assessment; *assessment* is its record or exact reference."""

    RESTS_ON: ClassVar[tuple[str, ...]] = ("assessment",)

    assessment: Reference

    def _place(self) -> Place:
        return joining(self.assessment, "assessment")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentResultPublished(_OfAssessment):
    """The result for ``units`` was published (公布), within the unit or the university; names of persons never."""

    TYPE: ClassVar[TypeSpec] = ASSESSMENT_RESULT_PUBLISHED

    units: Sequence[str]
    scope: str = "unit"

    def _public(self) -> Mapping[str, Any]:
        return {**shown(self, "assessment", "scope"), "units": ids(self.units, "units") or []}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommendationCirculated(Worded):
    """Units or persons were commended by circular (通报表扬), after an assessment or apart from one."""

    TYPE: ClassVar[TypeSpec] = COMMENDATION_CIRCULATED
    RESTS_ON: ClassVar[tuple[str, ...]] = ("assessment",)

    assessment: Reference | None = None
    units: Sequence[str] = ()
    persons: Sequence[str] = ()

    def _check(self) -> None:
        if not self.units and not self.persons:
            raise refused("name the units or the persons that are commended", "units")

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "assessment", "persons", "units")

    def _place(self) -> Place:
        return Place() if self.assessment is None else joining(self.assessment, "assessment")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentResultApplied(_OfAssessment):
    """
    The result was applied (结果运用): to evaluation, reward, appointment or performance, or to several of them.

    ``recipients`` are the offices that took it over.
    """

    TYPE: ClassVar[TypeSpec] = ASSESSMENT_RESULT_APPLIED

    use: str | Sequence[str]
    recipients: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        given = {self.use} if isinstance(self.use, str) else {str(one) for one in self.use}
        return {"use": sorted(given), **shown(self, "assessment", "recipients")}


ASSESSMENT_TYPES: Final = (
    ASSESSMENT_CONDUCTED, ASSESSMENT_RESULT_PUBLISHED, COMMENDATION_CIRCULATED, ASSESSMENT_RESULT_APPLIED,
)  # fmt: skip
ASSESSMENT_ACTS: Final = (
    AssessmentConducted, AssessmentResultPublished, CommendationCirculated, AssessmentResultApplied,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AssessmentAggregate(StreamState):
    """An assessment: conducted, published, followed by a commendation, applied."""

    TYPES: ClassVar[frozenset[str]] = frozenset(t.key for t in ASSESSMENT_TYPES)

    def conducted(self) -> Settled | None:
        """The assessment as corrections leave it; None if it was voided or is not among the records."""
        return next((act for act in self.settled() if act.record.statement.type == ASSESSMENT_CONDUCTED.key), None)

    def published(self) -> frozenset[str]:
        """The units whose result was published."""
        return frozenset(
            str(unit)
            for act in self.settled()
            if act.record.statement.type == ASSESSMENT_RESULT_PUBLISHED.key
            for unit in act.fields["units"]
        )

    def gaps(self) -> tuple[Gap, ...]:
        """C5: an assessment that cites no version of a list (三（一）2)."""
        conducted = self.conducted()
        if conducted is None or conducted.fields.get("versions"):
            return ()
        en = "the assessment cites no version of a list"
        return in_order([gap("C5", (conducted.position,), en, "考核未引用清单版本")])
