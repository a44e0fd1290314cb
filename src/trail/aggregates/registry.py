"""
Acts of the registrars that authority rests on: registrars, keys, grants, declared types.

Their types are built into the verifier (`trail.evidence.registry`), which says who must sign each.  They lie in
streams ``registry/…``, belong to no unit, and are performed by the registrars who sign them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from trail.aggregates.base import ActBase, Place
from trail.evidence.registry import BUILT_IN
from trail.evidence.types import TypeSpec, spec_to_value


def builtin(name: str) -> TypeSpec:
    """The built-in type of that name."""
    return BUILT_IN[f"{name}@1"].spec


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAct(ActBase):
    """An act of the registry; ``STREAM`` names its stream, with the attributes that tell streams apart."""

    STREAM: ClassVar[str]

    def _place(self) -> Place:
        return Place(self.STREAM.format(self=self))


@dataclass(frozen=True, slots=True)
class Founder:
    """A founding registrar: person, public key of a suite, its custody, and a signature that proves possession."""

    person: str
    key: bytes
    possession: bytes
    custody: str = "self"
    suite: str = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFounded(RegistryAct):
    """Entry 1: at least two founding registrars; ``predecessor`` is the last checkpoint of the log before this one."""

    TYPE: ClassVar[TypeSpec] = builtin("LogFounded")
    STREAM: ClassVar[str] = "registry/log"

    registrars: Sequence[Founder | Mapping[str, Any]]
    predecessor: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarAppointed(RegistryAct):
    """A person becomes a registrar; two registrars sign."""

    TYPE: ClassVar[TypeSpec] = builtin("RegistrarAppointed")
    STREAM: ClassVar[str] = "registry/registrars"

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarEnded(RegistryAct):
    """A person is no longer a registrar; two registrars sign."""

    TYPE: ClassVar[TypeSpec] = builtin("RegistrarEnded")
    STREAM: ClassVar[str] = "registry/registrars"

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEnrolled(RegistryAct):
    """
    A person's public key is enrolled, from this position on; two registrars sign.

    ``possession`` is the key's signature over the possession message; ``custody`` is ``self``, ``token`` or ``server``.
    """

    TYPE: ClassVar[TypeSpec] = builtin("KeyEnrolled")
    STREAM: ClassVar[str] = "registry/keys/{self.person}"

    person: str
    key: bytes
    possession: bytes
    custody: str = "self"
    suite: str = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(RegistryAct):
    """A person's key (``old``: its id) gives way to a new one at this position; two registrars sign."""

    TYPE: ClassVar[TypeSpec] = builtin("KeyRotated")
    STREAM: ClassVar[str] = "registry/keys/{self.person}"

    person: str
    old: bytes
    key: bytes
    possession: bytes
    custody: str = "self"
    suite: str = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked(RegistryAct):
    """
    A key (``key``: its id) ends at this position; a registrar or its owner signs.

    ``compromised_since`` (an aware datetime or UTC seconds) only marks acts as disputed; it undoes none.
    """

    TYPE: ClassVar[TypeSpec] = builtin("KeyRevoked")
    STREAM: ClassVar[str] = "registry/keys/{self.person}"

    person: str
    key: bytes
    reason: str
    compromised_since: dt.datetime | int | None = None

    def _public(self) -> Mapping[str, Any]:
        return {"key": self.key, "reason": self.reason, "compromised_since": self.compromised_since}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantGiven(RegistryAct):
    """A post may import, correct, erase or sign the named types (``["*"]``: all) within a unit; two registrars sign."""

    TYPE: ClassVar[TypeSpec] = builtin("GrantGiven")
    STREAM: ClassVar[str] = "registry/grants/{self.grant}"

    grant: str
    post: str
    action: str
    types: Sequence[str]
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEnded(RegistryAct):
    """A grant ends; two registrars sign."""

    TYPE: ClassVar[TypeSpec] = builtin("GrantEnded")
    STREAM: ClassVar[str] = "registry/grants/{self.grant}"

    grant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDeclared(RegistryAct):
    """A type is declared, before its first use; two registrars sign."""

    TYPE: ClassVar[TypeSpec] = builtin("TypeDeclared")
    STREAM: ClassVar[str] = "registry/types/{self.schema.name}"

    schema: TypeSpec

    def _public(self) -> Mapping[str, Any]:
        return {"schema": spec_to_value(self.schema)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeyRotated(RegistryAct):
    """
    The log's key (``old``) gives way to a new one at this position; two registrars sign.

    ``possession`` is the new key's signature, ``vouched`` the old key's where the rotation was ``planned``; where it
    was ``lost`` or ``compromised`` nobody asks the old key, and an inspector takes the new one by another channel.
    """

    TYPE: ClassVar[TypeSpec] = builtin("LogKeyRotated")
    STREAM: ClassVar[str] = "registry/log"

    old: bytes
    key: bytes
    possession: bytes
    vouched: bytes | None = None
    reason: str = "planned"
    compromised_since: dt.datetime | int | None = None
    old_suite: str = "ed25519"
    suite: str = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRetired(RegistryAct):
    """
    The log's last act: it ends here, and ``successor`` names the log that goes on, if any; two registrars sign.

    ``genesis`` is the SHA-256 of the successor's first entry, where that log was made already.  Only parts can still be
    erased afterwards.
    """

    TYPE: ClassVar[TypeSpec] = builtin("LogRetired")
    STREAM: ClassVar[str] = "registry/log"

    successor: str | None = None
    genesis: bytes | None = None


AUTHORITY_ACTS: Sequence[type[RegistryAct]] = (
    LogFounded, RegistrarAppointed, RegistrarEnded, KeyEnrolled, KeyRotated, KeyRevoked, GrantGiven, GrantEnded,
    TypeDeclared, LogKeyRotated, LogRetired,
)  # fmt: skip
