"""
Meetings: who chaired, who attended, what was on the agenda, what came of it (N45), and each member's position (N5).

Chair, attendance, topics and positions are public, because status is reckoned from them.  Agenda, minutes, place and
result lie in parts that can be erased; the result has a part of its own, so that a meeting without one shows as such
even after its content was erased.  What is only a working contact (briefing, guidance) has no chair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from trail.aggregates.attending import ATTENDEE, AttendeeLike
from trail.aggregates.base import Place, declare, joining
from trail.aggregates.shapes import (
    ATTENDEES_IF_ANY,
    POSITIONS_TAKEN,
    TOPICS,
    TOPICS_IF_ANY,
    UNITS,
    UNITS_IF_ANY,
    Deed,
    PositionLike,
    WithContent,
    content,
    need_year,
    one_of,
    some_of,
)
from trail.aggregates.values import Reference, When
from trail.evidence.schema import Mentions
from trail.evidence.types import Field, PartSpec, TypeSpec

MEETING_KINDS: Final = ("committee", "joint", "mobilisation", "other")  # 党委会, 党政联席会, 动员部署会, 其他
MATTERS: Final = ("major_decision", "appointment", "project", "funds")  # 三重一大
REVIEW_STEPS: Final = ("study", "deploy", "check", "report")  # 研究, 部署, 检查, 报告

_PEOPLE: Final = {"absent": ATTENDEES_IF_ANY, "attended": ATTENDEES_IF_ANY, "chair": ATTENDEE}
_PARTS: Final = {
    "record": PartSpec(
        {
            "agenda": Field("text", optional=True, max=20_000),
            "minutes": Field("text", optional=True, max=100_000),
            "place": Field("text", optional=True, max=500),
        },
        optional=True,
    ),
    "result": PartSpec({"result": Field("text", max=100_000)}, optional=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meeting(Deed):
    """
    What every meeting has: when it was held, who chaired, who attended and who was absent; agenda and result.

    Persons are ids, or ids with the post in which they took part.  Name the chair among those who attended as well.
    """

    PREFIX: ClassVar[str] = "meeting/"

    happened: When = field()
    chair: AttendeeLike
    attended: Sequence[AttendeeLike] = ()
    absent: Sequence[AttendeeLike] = ()
    agenda: str | None = None
    result: str | None = None
    minutes: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld(_Meeting):
    """
    A meeting was held: of the committee (党委会), joint (党政联席会), to mobilise (动员部署会), or another.

    ``positions`` is what members declared on what was decided, where any was put on record.
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "MeetingHeld",
        fields={
            "kind": one_of(*MEETING_KINDS),
            "positions": POSITIONS_TAKEN,
            "topics": TOPICS_IF_ANY,
            **_PEOPLE,
        },
        parts=_PARTS,
    )

    kind: str
    topics: str | Sequence[str] = ()
    positions: Sequence[PositionLike] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThematicStudyHeld(_Meeting):
    """
    A topic was studied and judged (专题研究、分析研判): problems found, measures proposed.

    ``decided``: whether measures were decided; which ones is the result.
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "ThematicStudyHeld",
        fields={"decided": Field("bool", optional=True), "topics": TOPICS, **_PEOPLE},
        parts=_PARTS,
    )

    topics: str | Sequence[str]
    decided: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveDecisionMade(_Meeting):
    """
    A major decision, appointment, project or use of funds was decided collectively (“三重一大”集体决策).

    ``positions`` is what each member declared; a dissent that was recorded protects who declared it (N5).
    ``publish``: whether the decision is one to be made public; ``units``: the units that it concerns.
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "CollectiveDecisionMade",
        fields={
            "matter": one_of(*MATTERS),
            "positions": POSITIONS_TAKEN,
            "publish": Field("bool"),
            "units": UNITS_IF_ANY,
            **_PEOPLE,
        },
        parts=_PARTS,
    )
    PREFIX: ClassVar[str] = "decision/"

    matter: str
    publish: bool
    positions: Sequence[PositionLike] = ()
    units: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemocraticLifeMeetingHeld(_Meeting):
    """The team held its democratic life meeting (民主生活会), for the year in `period`."""

    TYPE: ClassVar[TypeSpec] = declare("DemocraticLifeMeetingHeld", fields=_PEOPLE, parts=_PARTS)

    period: str | None = field()

    def _check(self) -> None:
        need_year(self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationalLifeMeetingHeld(_Meeting):
    """A branch held its organisational life meeting (组织生活会)."""

    TYPE: ClassVar[TypeSpec] = declare(
        "OrganisationalLifeMeetingHeld", fields={"branch": Field("unit"), **_PEOPLE}, parts=_PARTS
    )

    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgLifeAttended(WithContent):
    """
    A leader took part in the life of their own party organisation (参加民主生活会、组织生活会).

    ``meeting`` is the record of the meeting, where there is one; ``content`` what the leader said of themselves.
    Who took part is the performer.
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "OrgLifeAttended", fields={"meeting": Field("reference", optional=True)}, parts=content()
    )
    PREFIX: ClassVar[str] = "meeting/"

    meeting: Reference | None = None

    def _place(self) -> Place:
        return Place() if self.meeting is None else joining(self.meeting, "meeting")

    def _subjects(self, mentions: Mentions, inside: Mentions) -> tuple[str, ...]:
        """Those who are named as performers; an acting person is the signer, whom the statement names."""
        return tuple(sorted({str(row[1]) for row in self.performers if row[0] == "person"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioReviewHeld(WithContent):
    """Work in one's portfolio was studied, deployed, checked or reported on (研究、部署、检查、报告)."""

    TYPE: ClassVar[TypeSpec] = declare(
        "PortfolioReviewHeld", fields={"steps": some_of(*REVIEW_STEPS), "units": UNITS}, parts=content()
    )

    units: str | Sequence[str]
    steps: str | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingHeard(WithContent):
    """The briefing of sections in one's portfolio was heard (听取分管科室工作汇报)."""

    TYPE: ClassVar[TypeSpec] = declare("BriefingHeard", fields={"units": UNITS}, parts=content())

    units: str | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceGiven(WithContent):
    """Sections in one's portfolio were guided in making measures and rules of their own (督促指导分管科室)."""

    TYPE: ClassVar[TypeSpec] = declare("GuidanceGiven", fields={"units": UNITS}, parts=content())

    units: str | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationHeld(WithContent):
    """How the responsibility is carried out was analysed and evaluated (定期分析评估); what it rests on are causes."""

    TYPE: ClassVar[TypeSpec] = declare("EvaluationHeld", fields={"topics": TOPICS_IF_ANY}, parts=content())

    topics: str | Sequence[str] = ()


MEETING_ACTS: Final = (
    MeetingHeld, ThematicStudyHeld, CollectiveDecisionMade, DemocraticLifeMeetingHeld, OrganisationalLifeMeetingHeld,
    OrgLifeAttended, PortfolioReviewHeld, BriefingHeard, GuidanceGiven, EvaluationHeld,
)  # fmt: skip
