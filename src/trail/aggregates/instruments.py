"""
Instruments (制度) and plans: adopted, amended, repealed; what a year's work is to be, and who keeps the record.

二（一）1, 7: work plan, division of duties, key tasks.  三（二）1: the recording system and its recorder.
三（四）, 三（五）: schemes of assessment, rules of accountability.  四（三）: the plan made public.
The text lies in a part or in attachments; the public fields say which instrument it is and what it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from trail.aggregates.base import Place, declare
from trail.aggregates.shapes import DOCUMENT, WithContent, content, need_year, one_of, some_of
from trail.aggregates.values import refused, text_of
from trail.evidence.types import Field, TypeSpec

INSTRUMENT_KINDS: Final = (
    "recording_system", "assessment", "accountability", "integrity_control", "duty_report", "responsibility_system",
    "other",
)  # fmt: skip
SCOPES: Final = ("unit", "university")
PLAN_INCLUDES: Final = ("allocation", "key_tasks")  # 任务和责任分解, 重点任务

_INSTRUMENT: Final = {"document": DOCUMENT, "instrument": Field("id"), "kind": one_of(*INSTRUMENT_KINDS)}


def instrument_stream(unit: str, instrument: str) -> str:
    """The stream of one instrument of *unit*."""
    return f"instruments/{text_of(unit, 'unit')}/{text_of(instrument, 'instrument')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnInstrument(WithContent):
    """
    What is done with an instrument of ``unit``.

    ``instrument`` is its id, the same from adoption to repeal; ``kind`` one of `INSTRUMENT_KINDS`; ``document`` the
    number of the document that says so.
    """

    unit: str | None = field()
    instrument: str
    kind: str
    document: str | None = None

    def _place(self) -> Place:
        if self.unit is None:
            raise refused("name the unit whose instrument this is", "unit")
        return Place(instrument_stream(self.unit, self.instrument))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentAdopted(_OnInstrument):
    """An instrument was adopted (制定制度)."""

    TYPE: ClassVar[TypeSpec] = declare("InstrumentAdopted", fields=_INSTRUMENT, parts=content())


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentAmended(_OnInstrument):
    """An instrument was amended (修订制度)."""

    TYPE: ClassVar[TypeSpec] = declare("InstrumentAmended", fields=_INSTRUMENT, parts=content())


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentRepealed(_OnInstrument):
    """An instrument was repealed (废止制度)."""

    TYPE: ClassVar[TypeSpec] = declare("InstrumentRepealed", fields=_INSTRUMENT, parts=content())


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfTheYear(WithContent):
    """A plan of one year, which is its ``period``; ``document`` is the number of the document that has it."""

    PREFIX: ClassVar[str] = "plan/"

    period: str | None = field()
    document: str | None = None

    def _check(self) -> None:
        need_year(self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPlanAdopted(_OfTheYear):
    """
    The year's plan of work on self-governance was adopted (全面从严治党工作计划), for the year in `period`.

    ``includes``: what the same document settles as well, so that nobody records it twice: the division of duties
    (``allocation``), the year's key tasks (``key_tasks``).
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "WorkPlanAdopted",
        fields={"document": DOCUMENT, "includes": some_of(*PLAN_INCLUDES, optional=True)},
        parts=content(),
    )

    includes: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTasksAdopted(_OfTheYear):
    """The year's key tasks of work on integrity were adopted (党风廉政工作重点任务), for the year in `period`."""

    TYPE: ClassVar[TypeSpec] = declare("KeyTasksAdopted", fields={"document": DOCUMENT}, parts=content())


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilitiesAllocated(_OfTheYear):
    """Tasks and duties were divided among team and leading cadres (任务和责任分解), for the year in `period`."""

    TYPE: ClassVar[TypeSpec] = declare("ResponsibilitiesAllocated", fields={"document": DOCUMENT}, parts=content())


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPublished(WithContent):
    """
    Approach and plan were made public (公开基本思路和规划), in the unit or the whole university.

    ``heard``: whether opinions were heard on it.  Where it can be read is the ``place``.
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "PlanPublished", fields={"heard": Field("bool"), "scope": one_of(*SCOPES)}, parts=content()
    )
    PREFIX: ClassVar[str] = "publication/"

    scope: str
    heard: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderDesignated(WithContent):
    """The post that keeps the unit's record was designated (专职部门和专人), and the person where one was named."""

    TYPE: ClassVar[TypeSpec] = declare(
        "RecorderDesignated",
        fields={"document": DOCUMENT, "person": Field("person", optional=True), "post": Field("post")},
        parts=content(),
    )
    PREFIX: ClassVar[str] = "recorder/"

    post: str
    person: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentSchemeAdopted(WithContent):
    """A scheme of assessment with its indicators was adopted, or its yearly revision (考核办法、指标体系)."""

    TYPE: ClassVar[TypeSpec] = declare(
        "AssessmentSchemeAdopted", fields={"document": DOCUMENT, "scheme": Field("id")}, parts=content()
    )
    PREFIX: ClassVar[str] = "assessment_scheme/"

    scheme: str
    document: str | None = None


INSTRUMENT_ACTS: Final = (
    InstrumentAdopted, InstrumentAmended, InstrumentRepealed, WorkPlanAdopted, KeyTasksAdopted,
    ResponsibilitiesAllocated, PlanPublished, RecorderDesignated, AssessmentSchemeAdopted,
)  # fmt: skip
