"""
Accountability (三（五）; 《中国共产党问责条例》 2016, 2019): lead, proposal, initiation, decision.

The content of a case is restricted (N8): the log carries ids, enumerations and digests, the text lies in a part that
can be erased.  Assessment and accountability rest on the lists, so a decision cites their exact versions (C5).
The steps between (inquiry, facts shown, defence heard, opinion, report) and after it (served, appealed, corrected)
join the same stream when their types are declared; a step that is missing is a gap, never a refusal (N1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from trail.aggregates.base import Act, Place, declare, joining
from trail.aggregates.values import Reference, refused
from trail.evidence.types import Field, PartSpec, TypeSpec

LEAD_SOURCES: Final = ("tour", "discipline_review", "petition", "supervision", "audit", "other")  # 三（五）
NORMS: Final = ("2016", "2019")
SITUATIONS: Final = range(1, 12)  # 2019, art. 7; the 2016 text numbers its own from 1 as well
GRADES: Final = ("overall_leadership", "principal_leadership", "important_leadership")  # 全面, 主要, 重要领导责任
ORGANISATION_FORMS: Final = ("written_examination", "circular", "reorganisation")  # 检查, 通报, 改组
CADRE_FORMS: Final = ("circular", "admonition", "organisational_adjustment", "disciplinary_sanction")

_CONTENT: Final = {"content": PartSpec({"content": Field("text", max=100_000)}, optional=True)}


def _forms(values: tuple[str, ...], optional: bool) -> Field:
    return Field("list", optional=optional, of=Field("enum", values=values), max=len(values))


def _fields(*, decided: bool) -> dict[str, Field]:
    grade = Field("enum", optional=True, values=GRADES)
    cadre = {
        "forms": _forms(CADRE_FORMS, not decided),
        "grade": grade,
        "person": Field("person", role="counterpart"),
        "post": Field("post", optional=True),
    }
    organisation = {"forms": _forms(ORGANISATION_FORMS, not decided), "grade": grade, "unit": Field("unit")}
    return {
        "cadres": Field("list", optional=True, of=Field("record", members=cadre), max=100),
        "norm": Field("enum", values=NORMS),
        "organisations": Field("list", optional=True, of=Field("record", members=organisation), max=100),
        "situations": Field(
            "list", of=Field("int", min=SITUATIONS.start, max=SITUATIONS.stop - 1), max=len(SITUATIONS)
        ),
        "versions": Field("list", optional=True, of=Field("reference"), max=200),
    }


LEAD_RECEIVED: Final = declare(
    "LeadReceived",
    fields={
        "lead": Field("id", optional=True),
        "source": Field("enum", values=LEAD_SOURCES),
        "units": Field("list", optional=True, of=Field("unit"), max=100),
    },
    parts=_CONTENT,
)
ACCOUNTABILITY_PROPOSED: Final = declare("AccountabilityProposed", fields=_fields(decided=False), parts=_CONTENT)
ACCOUNTABILITY_INITIATED: Final = declare("AccountabilityInitiated", fields=_fields(decided=False), parts=_CONTENT)
ACCOUNTABILITY_DECIDED: Final = declare(
    "AccountabilityDecided", fields=_fields(decided=True), parts=_CONTENT, hands=("own",), exclusive=True
)


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
class LeadReceived(Act):
    """
    A lead (问题线索) was received; opens a case.

    ``lead`` is an opaque reference into the system that keeps it: who reported is never stored here (N33).
    """

    TYPE: ClassVar[TypeSpec] = LEAD_RECEIVED
    PREFIX: ClassVar[str] = "case/"

    source: str
    lead: str | None = None
    units: Sequence[str] = ()
    content: str | None = None

    def _public(self) -> Mapping[str, Any]:
        return {"lead": self.lead, "source": self.source, "units": sorted(set(self.units)) or None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step(Act):
    """
    A step of a case.

    ``case`` is any earlier event of it (its record or reference); None opens a case.  ``situations`` are numbers of
    the norm's article, ``versions`` the exact versions of the lists that it rests on.
    """

    PREFIX: ClassVar[str] = "case/"

    case: Reference | None = None
    norm: str = "2019"
    situations: Sequence[int]
    organisations: Sequence[Organisation] = ()
    cadres: Sequence[Cadre] = ()
    versions: Sequence[Reference] = ()
    content: str | None = None

    def _check(self) -> None:
        if not self.organisations and not self.cadres:
            raise refused("name at least one organisation or cadre", "organisations")

    def _public(self) -> Mapping[str, Any]:
        return {
            "cadres": [_row(row) for row in self.cadres] or None,
            "norm": self.norm,
            "organisations": [_row(row) for row in self.organisations] or None,
            "situations": sorted(set(self.situations)),
            "versions": self.versions or None,
        }

    def _content(self) -> Mapping[str, Mapping[str, Any]]:
        return {} if self.content is None else {"content": {"content": self.content}}

    def _place(self) -> Place:
        return Place() if self.case is None else joining(self.case, "case")


def _row(row: Organisation | Cadre) -> dict[str, Any]:
    return {**row._asdict(), "forms": list(row.forms) or None}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountabilityProposed(_Step):
    """Holding somebody accountable was proposed (问责建议)."""

    TYPE: ClassVar[TypeSpec] = ACCOUNTABILITY_PROPOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountabilityInitiated(_Step):
    """The procedure was initiated, with the approval that the norm asks for (启动, 批准)."""

    TYPE: ClassVar[TypeSpec] = ACCOUNTABILITY_INITIATED


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountabilityDecided(_Step):
    """The competent organisation decided, with at least one form for each; own hand, exclusive."""

    TYPE: ClassVar[TypeSpec] = ACCOUNTABILITY_DECIDED

    def _check(self) -> None:
        _Step._check(self)
        if not all(row.forms for row in self.organisations) or not all(row.forms for row in self.cadres):
            raise refused("a decision names at least one form for each", "forms")


CASE_TYPES: Final = (LEAD_RECEIVED, ACCOUNTABILITY_PROPOSED, ACCOUNTABILITY_INITIATED, ACCOUNTABILITY_DECIDED)
