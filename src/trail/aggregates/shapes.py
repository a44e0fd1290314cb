"""
What many acts have in common: attendees, units, topics, contents, and a base that puts what hosts give in order.

A host may write ``"p-017"``, ``("p-017", "jia/member")`` or an `Attendee`, one unit or several, in any order; a
record carries one spelling: lists sorted, each element once, enumerations in the order in which they are declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from trail.aggregates.attending import ATTENDEE, MAX_PERSONS, Attendee
from trail.aggregates.base import Act, ActBase
from trail.aggregates.values import refused
from trail.evidence.types import Field, PartSpec

POSITIONS: Final = ("for", "against", "reserved", "absent")  # 同意, 反对, 保留, 缺席 (N5)
MAX_UNITS: Final = 500

ATTENDEES_IF_ANY: Final = Field("list", optional=True, of=ATTENDEE, max=MAX_PERSONS)
POSITIONS_TAKEN: Final = Field(
    "list",
    optional=True,
    of=Field(
        "record",
        members={
            "person": Field("person", role="counterpart"),
            "position": Field("enum", values=POSITIONS),
        },
    ),
    max=MAX_PERSONS,
)
DOCUMENT: Final = Field("id", optional=True)
TOPICS: Final = Field("list", of=Field("id"), max=50)
TOPICS_IF_ANY: Final = Field("list", optional=True, of=Field("id"), max=50)
UNITS: Final = Field("list", of=Field("unit"), max=MAX_UNITS)
UNITS_IF_ANY: Final = Field("list", optional=True, of=Field("unit"), max=MAX_UNITS)


def one_of(*values: str, optional: bool = False) -> Field:
    """One of *values*."""
    return Field("enum", optional=optional, values=values)


def some_of(*values: str, optional: bool = False) -> Field:
    """At least one of *values*."""
    return Field("list", optional=optional, of=one_of(*values), max=len(values))


def content(*, optional: bool = True) -> dict[str, PartSpec]:
    """The part for what was said or written: ``content``, and ``place`` and ``title`` where there are any."""
    fields = {
        "content": Field("text", optional=optional, max=100_000),
        "place": Field("text", optional=True, max=500),
        "title": Field("text", optional=True, max=500),
    }
    return {"content": PartSpec(fields, optional=optional)}


class Position(NamedTuple):
    """What a member declared on a decision: one of `POSITIONS`.  Recorded dissent protects who declared it (N5)."""

    person: str
    position: str


PositionLike: TypeAlias = "Position | tuple[str, str] | Mapping[str, str]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed(Act):
    """An act whose public fields are its attributes, put in order by the shape of each field."""

    def _public(self) -> Mapping[str, Any]:
        given = ActBase._public(self)
        return {name: _ordered(self.TYPE.fields[name], value, name) for name, value in given.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithContent(Deed):
    """A deed whose ``content``, ``place`` and ``title`` go into a part that can be erased."""

    content: str | None = None
    place: str | None = None
    title: str | None = None


def need_year(period: str | None) -> None:
    """Refuse an act that does not name the year it is about."""
    if not isinstance(period, str) or re.fullmatch("[0-9]{4}", period) is None:
        raise refused("name the year that this is about, such as 2026", "period")


def _ordered(spec: Field, value: Any, where: str) -> Any:
    """*value* in its one spelling; what does not fit is left as it is, for the schema to refuse."""
    if value is None:
        return None
    if spec.kind == "record" and "person" in spec.members:
        return _row(spec, value, where)
    if spec.kind != "list" or spec.of is None:
        return value
    if spec.of.kind == "record" and "person" in spec.of.members:
        rows = [_row(spec.of, one, where) for one in _listed(value, where)]
        unique = {tuple(sorted(row.items())): row for row in rows if _textual(row)}
        return [unique[key] for key in sorted(unique)] + [row for row in rows if not _textual(row)] or None
    if spec.of.kind == "enum":
        known = spec.of.values
        named = {one for one in _several(value, where) if isinstance(one, str)}
        return [one for one in known if one in named] + sorted(named.difference(known)) or None
    items = _several(value, where)
    if spec.of.kind in ("id", "unit", "post", "person") and all(isinstance(one, str) for one in items):
        return sorted(set(items)) or None
    return items or None


def _several(value: Any, where: str) -> list[Any]:
    """One id stands for a list of one."""
    return [value] if isinstance(value, str) else _listed(value, where)


def _listed(value: Any, where: str) -> list[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise refused("give a list", where)
    return list(value)


def _textual(row: Mapping[str, Any]) -> bool:
    return all(isinstance(cell, str) for cell in row.values())


def _row(spec: Field, given: Any, where: str) -> dict[str, Any]:
    """A person, with a post or a position, as a map without what is absent."""
    shape: type[Attendee] | type[Position] = Position if "position" in spec.members else Attendee
    wanted = "a person and a position" if shape is Position else "a person, or a person and a post"
    try:
        if isinstance(given, str):
            row: Attendee | Position = shape(given)  # type: ignore[call-arg]
        else:
            row = shape(**given) if isinstance(given, Mapping) else shape(*given)
    except TypeError:
        raise refused(f"expected {wanted}", where) from None
    return {name: cell for name, cell in row._asdict().items() if cell is not None}
