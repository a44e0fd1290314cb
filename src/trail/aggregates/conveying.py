"""
What comes from above and goes on: directives received, conveyed, carried out; teaching, research, visits; publication.

An act that answers a directive names it in ``causes``.  B1a, B3c, B3e, B3f, B5a, B6a, B7f, M2d, P1, P2b.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from trail.aggregates.base import Place, declare, joining
from trail.aggregates.instruments import SCOPES
from trail.aggregates.shapes import (
    DOCUMENT,
    TOPICS,
    UNITS_IF_ANY,
    WithContent,
    content,
    one_of,
    some_of,
)
from trail.aggregates.values import Reference
from trail.evidence.types import Field, TypeSpec

DIRECTIVE_KINDS: Final = ("document", "meeting", "deployment", "case_notice")  # 文件, 会议, 部署, 典型案件通报
AUDIENCES: Final = ("cadres", "members", "staff")  # 干部, 党员, 教职工
DEPLOYMENT_STEPS: Final = ("convey", "plan", "mobilise", "allocate", "supervise", "pursue")  # 二（二）1
VISITS: Final = ("branch", "dormitory", "class")  # 联系支部, 联系宿舍, 听课
ELEMENTS: Final = ("process", "execution", "result")  # 决策过程, 决策执行, 决策结果


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveReceived(WithContent):
    """
    Something came from above: a document (来文), a meeting's word (会议精神), a deployment (部署), a case (案件通报).

    ``from_`` is the id of the unit or outside body that it came from, ``major`` whether it is major work, ``document``
    its number.  It concerns the act's unit, or the ``units`` that it names.
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "DirectiveReceived",
        fields={
            "document": DOCUMENT,
            "from": Field("id"),
            "kind": one_of(*DIRECTIVE_KINDS),
            "major": Field("bool"),
            "units": UNITS_IF_ANY,
        },
        parts=content(),
    )
    PREFIX: ClassVar[str] = "directive/"

    kind: str
    from_: str
    major: bool = False
    document: str | None = None
    units: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentConveyed(WithContent):
    """A document, or what a meeting said, was conveyed and studied (传达学习) with one or several audiences."""

    TYPE: ClassVar[TypeSpec] = declare(
        "DocumentConveyed", fields={"audience": some_of(*AUDIENCES), "document": DOCUMENT}, parts=content()
    )

    audience: str | Sequence[str]
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentImplemented(WithContent):
    """What was deployed from above was carried out (落实部署要求): the steps taken, as far as this act says."""

    TYPE: ClassVar[TypeSpec] = declare(
        "DeploymentImplemented", fields={"steps": some_of(*DEPLOYMENT_STEPS)}, parts=content()
    )

    steps: str | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningEducationHeld(WithContent):
    """People were warned by typical cases (警示教育)."""

    TYPE: ClassVar[TypeSpec] = declare("WarningEducationHeld", fields={"units": UNITS_IF_ANY}, parts=content())

    units: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAnalysed(WithContent):
    """A typical case of one's own region or department was analysed (剖析典型违纪案件); its notice is a cause."""

    TYPE: ClassVar[TypeSpec] = declare("CaseAnalysed", fields={"document": DOCUMENT}, parts=content())

    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLectureGiven(WithContent):
    """A Party lecture was given (党课; with the topic ``integrity`` 廉政党课), where named for these units."""

    TYPE: ClassVar[TypeSpec] = declare(
        "PartyLectureGiven", fields={"topics": TOPICS, "units": UNITS_IF_ANY}, parts=content()
    )

    topics: str | Sequence[str]
    units: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchConducted(WithContent):
    """A topic was researched on the spot (专题调研); the report goes into ``content`` or an attachment."""

    TYPE: ClassVar[TypeSpec] = declare("ResearchConducted", fields={"topics": TOPICS}, parts=content())

    topics: str | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageVisitMade(WithContent):
    """A member of the team visited the branch or dormitory they are linked with, or sat in on a class (联系、听课)."""

    TYPE: ClassVar[TypeSpec] = declare("LinkageVisitMade", fields={"kind": one_of(*VISITS)}, parts=content())

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPublished(WithContent):
    """
    A decision was made public (党务公开、院务公开): its process, its execution, its result, at once or one by one.

    ``decision`` is the record of the decision; where it can be read is the ``place``.
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "DecisionPublished",
        fields={"decision": Field("reference"), "elements": some_of(*ELEMENTS), "scope": one_of(*SCOPES)},
        parts=content(),
    )

    decision: Reference
    elements: str | Sequence[str]
    scope: str

    def _place(self) -> Place:
        return joining(self.decision, "decision")


CONVEYING_ACTS: Final = (
    DirectiveReceived, DocumentConveyed, DeploymentImplemented, WarningEducationHeld, CaseAnalysed, PartyLectureGiven,
    ResearchConducted, LinkageVisitMade, DecisionPublished,
)  # fmt: skip
