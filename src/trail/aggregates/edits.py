"""
What is said of an earlier record: corrected, voided, disputed, a part erased.

Nothing is edited (C8): these are events beside the original, in its stream, with a reason.  Their types are built
into the verifier (`trail.evidence.registry`).  Corrected or voided by an original signer, a performer or a granted
post; disputed by a performer or counterpart; erased by somebody else, under a grant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from trail.aggregates.base import Act, EventData, PartData, Place, joining
from trail.aggregates.values import Reference, When, moment_of, plain_value, refused
from trail.encoding import Value
from trail.evidence.registry import BUILT_IN, CORRECTED, DISPUTED, ERASED, VOIDED
from trail.evidence.schema import Mentions
from trail.evidence.types import TypeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit(Act):
    target: Reference

    def _place(self) -> Place:
        return joining(self.target, "target")

    def _subjects(self, mentions: Mentions, inside: Mentions) -> tuple[str, ...]:
        """Nobody by name: whom a reason is about, the target says."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCorrected(_Edit):
    """
    An earlier record is corrected: any of the time it names, its public fields, its period, its parts.

    ``fields`` holds only what changes, in the fields of the target's type.  ``parts`` brings parts of that type anew:
    by name, their content or (persons, content).  The last correction that is not itself voided holds.
    """

    TYPE: ClassVar[TypeSpec] = BUILT_IN[CORRECTED].spec

    reason: str
    corrected_happened: When | None = None
    corrected_period: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)

    def _check(self) -> None:
        if self.corrected_happened is None and self.corrected_period is None and not self.fields and not self.parts:
            advice = "Name the time, the period, the fields or the parts that change; to withdraw it all, void it."
            raise refused("a correction corrects something", "fields", advice=advice)
        if "reason" in self.parts:
            raise refused("the reason of a correction is given by itself", "parts.reason")

    def _public(self) -> Mapping[str, Any]:
        return {
            "fields": plain_value(self.fields, "fields") if self.fields else None,
            "happened": None if self.corrected_happened is None else _moment(self.corrected_happened),
            "period": self.corrected_period,
            "target": self.target,
        }

    def _content(self) -> Mapping[str, Mapping[str, Any]]:
        return {"reason": {"reason": self.reason}}

    def event(self) -> EventData:
        """The event that this correction becomes; raises `CallerError`."""
        event = Act.event(self)
        event.parts.update((name, _part(self.parts[name], f"parts.{name}")) for name in sorted(self.parts))
        return event


def _moment(when: When) -> list[Value]:
    return moment_of(when, "corrected_happened").to_value()


def _part(given: Any, where: str) -> PartData:
    persons, data = given if isinstance(given, tuple) else ((), given)
    value = plain_value(data, where)
    if not isinstance(value, dict):
        raise refused("expected a map, or (persons, map)", where)
    return tuple(sorted(set(persons))), value


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVoided(_Edit):
    """An earlier record no longer holds, with a reason; it stays visible."""

    TYPE: ClassVar[TypeSpec] = BUILT_IN[VOIDED].spec

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDisputed(_Edit):
    """A performer or counterpart disputes an earlier record, with a reason; own hand."""

    TYPE: ClassVar[TypeSpec] = BUILT_IN[DISPUTED].spec

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartErased(_Edit):
    """A body part of an earlier record was erased; ``authority`` cites what orders it.  Every proof still holds."""

    TYPE: ClassVar[TypeSpec] = BUILT_IN[ERASED].spec

    part: str
    authority: str


EDIT_ACTS: Sequence[type[Act]] = (RecordCorrected, RecordVoided, RecordDisputed, PartErased)
