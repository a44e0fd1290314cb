"""
The roster: persons, units, posts, who holds them and what they are in charge of; one registrar signs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from trail.aggregates.registry import RegistryAct, builtin
from trail.evidence.schema import Mentions
from trail.evidence.types import TypeSpec

Date: TypeAlias = "str | dt.date"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRegistered(RegistryAct):
    """A person, under a random pseudonym; the name lies in a part that can be erased."""

    TYPE: ClassVar[TypeSpec] = builtin("PersonRegistered")
    STREAM: ClassVar[str] = "registry/persons/{self.person}"

    person: str
    name: str

    def _subjects(self, mentions: Mentions, inside: Mentions) -> tuple[str, ...]:
        return (self.person,)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEstablished(RegistryAct):
    """A unit: its kind, its name, the unit above it."""

    TYPE: ClassVar[TypeSpec] = builtin("UnitEstablished")
    STREAM: ClassVar[str] = "registry/units/{self.unit}"

    unit: str
    kind: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRenamed(RegistryAct):
    """A unit has a new name."""

    TYPE: ClassVar[TypeSpec] = builtin("UnitRenamed")
    STREAM: ClassVar[str] = "registry/units/{self.unit}"

    unit: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMoved(RegistryAct):
    """A unit has another unit above it."""

    TYPE: ClassVar[TypeSpec] = builtin("UnitMoved")
    STREAM: ClassVar[str] = "registry/units/{self.unit}"

    unit: str
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMerged(RegistryAct):
    """A unit is merged into another."""

    TYPE: ClassVar[TypeSpec] = builtin("UnitMerged")
    STREAM: ClassVar[str] = "registry/units/{self.unit}"

    unit: str
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCreated(RegistryAct):
    """A post of a unit: its kind and its title."""

    TYPE: ClassVar[TypeSpec] = builtin("PostCreated")
    STREAM: ClassVar[str] = "registry/posts/{self.post}"

    post: str
    unit: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAbolished(RegistryAct):
    """A post is abolished."""

    TYPE: ClassVar[TypeSpec] = builtin("PostAbolished")
    STREAM: ClassVar[str] = "registry/posts/{self.post}"

    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRepresented(RegistryAct):
    """From this position on the body ``unit`` acts through the holder of ``post``."""

    TYPE: ClassVar[TypeSpec] = builtin("BodyRepresented")
    STREAM: ClassVar[str] = "registry/units/{self.unit}"

    unit: str
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAssigned(RegistryAct):
    """A person holds a post from a date until another (not included); ``acting`` counts as holder."""

    TYPE: ClassVar[TypeSpec] = builtin("PostAssigned")
    STREAM: ClassVar[str] = "registry/posts/{self.post}"

    post: str
    person: str
    from_: Date
    until: Date | None = None
    acting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRelieved(RegistryAct):
    """A person no longer holds a post from the date ``until`` on."""

    TYPE: ClassVar[TypeSpec] = builtin("PostRelieved")
    STREAM: ClassVar[str] = "registry/posts/{self.post}"

    post: str
    person: str
    until: Date


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioChanged(RegistryAct):
    """The units that a post is in charge of (分管) from a date on; replaces what was before."""

    TYPE: ClassVar[TypeSpec] = builtin("PortfolioChanged")
    STREAM: ClassVar[str] = "registry/posts/{self.post}"

    post: str
    units: Sequence[str]
    from_: Date


ROSTER_ACTS: Sequence[type[RegistryAct]] = (
    PersonRegistered, UnitEstablished, UnitRenamed, UnitMoved, UnitMerged, PostCreated, PostAbolished,
    BodyRepresented, PostAssigned, PostRelieved, PortfolioChanged,
)  # fmt: skip
