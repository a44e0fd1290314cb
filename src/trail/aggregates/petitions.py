"""
Petitions (信访) and talk inquiries (谈话函询): facts without content (二（一）5, 二（二）2).

No part, no name of a petitioner, no words: what they are about belongs into the files of those who handle them (N33).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from trail.aggregates.attending import ATTENDEES, AttendeeLike, FactOnly, attendees, shown
from trail.aggregates.base import Place, declare, joining
from trail.aggregates.state import Gap, StreamState, gap, in_order
from trail.aggregates.values import Reference
from trail.evidence.types import Field, TypeSpec

PETITION_OUTCOMES: Final = ("resolved", "transferred", "answered", "other")  # 办结, 转办, 答复, 其他
INQUIRY_FORMS: Final = ("talk", "letter")  # 谈话, 函询

PETITION_RECEIVED: Final = declare(
    "PetitionReceived",
    fields={"petition": Field("id"), "units": Field("list", optional=True, of=Field("unit"), max=500)},
)
PETITION_HANDLED: Final = declare(
    "PetitionHandled",
    fields={"outcome": Field("enum", values=PETITION_OUTCOMES), "petition": Field("reference")},
)
TALK_INQUIRY_REQUIRED: Final = declare(
    "TalkInquiryRequired",
    fields={"counterparts": ATTENDEES, "form": Field("enum", optional=True, values=INQUIRY_FORMS)},
)
TALK_INQUIRY_CONDUCTED: Final = declare(
    "TalkInquiryConducted",
    fields={
        "counterparts": ATTENDEES,
        "form": Field("enum", values=INQUIRY_FORMS),
        "inquiry": Field("reference", optional=True),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PetitionReceived(FactOnly):
    """
    A petition came in (信访): the fact alone.

    ``petition`` is an opaque id of the system that keeps it; who petitioned and about what is never stored (N33).
    """

    TYPE: ClassVar[TypeSpec] = PETITION_RECEIVED
    PREFIX: ClassVar[str] = "petition/"
    WHY: ClassVar[str] = "who petitioned, and about what, is never stored in this log (N33)"

    petition: str
    units: Sequence[str] = ()

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "petition", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class PetitionHandled(FactOnly):
    """A petition was handled (办理信访): the fact and its outcome, no content; ``petition`` is its receipt."""

    TYPE: ClassVar[TypeSpec] = PETITION_HANDLED
    WHY: ClassVar[str] = "who petitioned, and about what, is never stored in this log (N33)"

    petition: Reference
    outcome: str

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "outcome", "petition")

    def _place(self) -> Place:
        return joining(self.petition, "petition")


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkInquiryRequired(FactOnly):
    """A talk inquiry (谈话函询) with each of ``counterparts`` is called for: the fact alone."""

    TYPE: ClassVar[TypeSpec] = TALK_INQUIRY_REQUIRED
    PREFIX: ClassVar[str] = "talk_inquiry/"
    WHY: ClassVar[str] = "what an inquiry is about belongs into the files of the discipline commission alone (B5d)"

    counterparts: Sequence[AttendeeLike]
    form: str | None = None

    def _public(self) -> Mapping[str, Any]:
        return {"counterparts": attendees(self.counterparts, "counterparts") or [], "form": self.form}


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkInquiryConducted(FactOnly):
    """A talk inquiry (谈话函询) was conducted: by talk or by letter, with whom; no content."""

    TYPE: ClassVar[TypeSpec] = TALK_INQUIRY_CONDUCTED
    PREFIX: ClassVar[str] = "talk_inquiry/"
    WHY: ClassVar[str] = "what an inquiry is about belongs into the files of the discipline commission alone (B5d)"

    form: str
    counterparts: Sequence[AttendeeLike]
    inquiry: Reference | None = None

    def _public(self) -> Mapping[str, Any]:
        counterparts = attendees(self.counterparts, "counterparts") or []
        return {"counterparts": counterparts, "form": self.form, "inquiry": self.inquiry}

    def _place(self) -> Place:
        return Place() if self.inquiry is None else joining(self.inquiry, "inquiry")


PETITION_ACTS: Final = (PetitionReceived, PetitionHandled, TalkInquiryRequired, TalkInquiryConducted)


@dataclass(frozen=True, slots=True)
class FactAggregate(StreamState):
    """Acts of which only the fact may be kept: petitions, talk inquiries, reports of personal matters."""

    TYPES: ClassVar[frozenset[str]] = frozenset(
        (*(act.TYPE.key for act in PETITION_ACTS), "PersonalMattersReported@1"),
    )

    def gaps(self) -> tuple[Gap, ...]:
        """N11: a file is attached to an act of which only the fact may be kept; no schema can refuse it."""
        en = "a file is attached to an act of which only the fact may be kept"
        return in_order(
            gap("N11", (act.position,), en, "只记事实的事项附有文件")
            for act in self.settled()
            if act.record.statement.attachments
        )
