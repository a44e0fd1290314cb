"""
General facts (记实) and evidence (佐证材料).

A qualitative duty has no act of its own: what was done for it is recorded as a fact that names the duty, never scored.
A fact takes no person as its subject (D11): whoever is to be named has an act of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from trail.aggregates.base import Place, declare, joining
from trail.aggregates.shapes import TOPICS_IF_ANY, WithContent, content
from trail.aggregates.values import Reference
from trail.evidence.types import Field, TypeSpec

MAX_DUTIES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecorded(WithContent):
    """
    A fact of duty was recorded (记实), for one duty or several.

    ``duties`` are ids of the rule set in force (``B2e``): here alone the clerk chooses, elsewhere the rules decide.
    ``content`` says what was done; write it without naming people.
    """

    TYPE: ClassVar[TypeSpec] = declare(
        "FactRecorded",
        fields={"duties": Field("list", of=Field("id"), max=MAX_DUTIES), "topics": TOPICS_IF_ANY},
        parts=content(optional=False),
    )
    PREFIX: ClassVar[str] = "fact/"

    duties: str | Sequence[str]
    content: str | None = field()
    topics: str | Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAttached(WithContent):
    """
    Evidence was attached to an earlier record (佐证材料): the attachments of this one, by digest.

    ``of`` is the record that they belong to.  What is known when an act is recorded is attached to it at once.
    Evidence for a record of the registry (the paper of an appointment) lies beside it, in a stream of its own: give the
    record itself, since the registry's streams take nothing else.
    """

    PREFIX: ClassVar[str] = "evidence/"
    TYPE: ClassVar[TypeSpec] = declare("EvidenceAttached", fields={"of": Field("reference")}, parts=content())

    of: Reference

    def _place(self) -> Place:
        place = joining(self.of, "of")
        return Place() if place.stream is not None and place.stream.startswith("registry/") else place


FACT_ACTS: Final = (FactRecorded, EvidenceAttached)
