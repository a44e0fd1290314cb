"""
The act: what a host system says happened, before anybody signs it.

An act is a small frozen value.  ``event()`` turns it into `EventData`: the public fields, the body parts with the
persons they are about, the stream it belongs to.  It reads no clock, draws no random number and asks no database;
what it can't know (event id, the acting post, the stream of an event that it joins) the façade adds.

A host's own act is a type and a class of a few lines::

    @dataclass(frozen=True, slots=True, kw_only=True)
    class LabInspected(Act):
        TYPE = declare("LabInspected", fields={"lab": Field("id"), "passed": Field("bool")},
                       parts={"note": PartSpec({"note": Field("text", max=10_000)}, optional=True)})
        lab: str
        passed: bool
        note: str | None = None

Attributes named like a public field go there, attributes named like a field of a part go into that part; a trailing
underscore is dropped (``from_``).  Where that is not enough, a class overrides one of the four hooks of `ActBase`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

from trail.aggregates.values import (
    PerformerLike,
    Reference,
    When,
    fields_value,
    moment_of,
    performers_of,
    reference_of,
    refused,
    stream_of,
    text_of,
)
from trail.encoding import Value
from trail.errors import RecordError
from trail.evidence.moment import check_period
from trail.evidence.record import Happened, Performer
from trail.evidence.schema import Check, CompiledType, Mentions
from trail.evidence.types import Field, PartSpec, TypeSpec

PartData: TypeAlias = tuple[tuple[str, ...], dict[str, Value]]
_COMMON: Final = frozenset(("body", "causes", "happened", "performers", "period", "unit"))
_COMPILED: Final[dict[int, CompiledType]] = {}  # by identity; each entry keeps its TypeSpec alive
_MAX_COMPILED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventData:
    """
    What an act becomes; the façade completes it and makes the statement.

    ``stream``: the stream it is appended to.  None: that of the event ``join``, where one is named, otherwise a new
    stream ``stream_prefix`` + event id in hexadecimal.
    ``parts``: by name, the persons a part is about (ascending) and its content, without salt.
    ``performers``: empty: the acting person; a performer's post ``""`` stands for the post in which the signer acts.
    ``happened``: None: now.  ``unit``: None: the unit of the acting post.
    """

    type_key: str
    fields: dict[str, Value]
    parts: dict[str, PartData]
    happened: Happened | None
    stream: str | None
    stream_prefix: str
    join: bytes | None
    performers: tuple[Performer, ...]
    unit: str | None
    period: str | None
    causes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an act goes: a stream by name, the stream of an earlier event, or (neither) a new one."""

    stream: str | None = None
    join: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActBase:
    """What every act has: a declared or built-in type, when it happened (None: now), and what caused it."""

    TYPE: ClassVar[TypeSpec]
    PREFIX: ClassVar[str] = ""

    happened: When | None = None
    causes: Sequence[bytes] = ()

    @property
    def type_key(self) -> str:
        """``Name@1``."""
        return self.TYPE.key

    def event(self) -> EventData:
        """
        The event that this act becomes.

        Raises:
            CallerError: A field is missing, unknown or outside its schema; the message names it.
        """
        self._check()
        compiled = compiled_type(self.TYPE)
        fields = fields_value(self.TYPE.fields, self._public(), "")
        mentions = Mentions()
        judge(compiled.check_fields, fields, mentions, self.TYPE.name)
        parts = {name: self._part(compiled, name, given, mentions) for name, given in self._content().items()}
        missing = compiled.required_parts - parts.keys()
        if missing:
            wanted = sorted(f for name in missing for f, s in self.TYPE.parts[name].fields.items() if not s.optional)
            raise refused(f"{self.TYPE.name} needs {', '.join(wanted)}", "")
        place = self._place()
        return EventData(
            type_key=self.type_key,
            fields=fields,
            parts=parts,
            happened=self._happened(),
            stream=place.stream,
            stream_prefix=self.PREFIX or _snake(self.TYPE.name) + "/",
            join=place.join,
            causes=causes_of(self.causes),
            **self._circumstances(),
        )

    def _part(self, compiled: CompiledType, name: str, given: Mapping[str, Any], mentions: Mentions) -> PartData:
        data = fields_value(self.TYPE.parts[name].fields, given, "")
        inside = Mentions()
        judge(compiled.parts[name], data, inside, self.TYPE.name)
        return self._subjects(mentions, inside), data

    def _check(self) -> None:
        """Hook: refuse what a schema can't express; raise by `refused`."""

    def _public(self) -> Mapping[str, Any]:
        """Hook: the public fields; None means absent."""
        return {name: getattr(self, attribute) for name, attribute in _attributes(type(self))[0]}

    def _content(self) -> Mapping[str, Mapping[str, Any]]:
        """Hook: the body parts that this act has, by name."""
        out: dict[str, Mapping[str, Any]] = {}
        for part, names in _attributes(type(self))[1].items():
            data = {name: getattr(self, attribute) for name, attribute in names}
            if any(value is not None for value in data.values()):
                out[part] = data
        return out

    def _place(self) -> Place:
        """Hook: the stream; by default a new one."""
        return Place()

    def _subjects(self, mentions: Mentions, inside: Mentions) -> tuple[str, ...]:
        """Hook: the persons whom a part is about; by default those named in the public fields and in the part."""
        return tuple(sorted({*mentions.persons, *inside.persons}))

    def _happened(self) -> Happened | None:
        return None if self.happened is None else moment_of(self.happened, "happened")

    def _circumstances(self) -> dict[str, Any]:
        return {"performers": (), "unit": None, "period": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(ActBase):
    """
    An act of duty, or of a host system.

    ``performers`` names who did it, where that is not the acting person (a recorder's entry); ``body`` a body that
    acts through the holder of the post that the registry names for it; ``unit`` the unit it belongs to (None: that of
    the acting post); ``period`` what it is about, only where it is about one: ``2026``, ``2026-H1``, ``2026-01``.
    """

    performers: Sequence[PerformerLike] = ()
    body: str | None = None
    unit: str | None = None
    period: str | None = None

    def _circumstances(self) -> dict[str, Any]:
        if self.period is not None:
            try:
                check_period(self.period, "period")
            except RecordError as error:
                raise refused(error.message.removeprefix("period: "), "period") from None
        return {
            "performers": performers_of(self.performers, self._acting_body()),
            "unit": None if self.unit is None else text_of(self.unit, "unit"),
            "period": self.period,
        }

    def _acting_body(self) -> str | None:
        """Hook: the body that acts, if one does."""
        return self.body


def declare(
    name: str,
    *,
    version: int = 1,
    fields: Mapping[str, Field],
    parts: Mapping[str, PartSpec] | None = None,
    posts: Sequence[str] = ("*",),
    hands: Sequence[str] = ("own", "recorded", "imported"),
    exclusive: bool = False,
) -> TypeSpec:
    """
    A type of one's own, to be declared in the log before its first use; names and bounds as in `TypeSpec`.

    Raises:
        CallerError: A field is named twice, in public and in a part, or in two parts.
    """
    seen: dict[str, str] = dict.fromkeys(fields, "fields")
    for part, spec in (parts or {}).items():
        for field in spec.fields:
            if field in seen:
                raise refused(f"named in {seen[field]} and in part {part}; choose one", field)
            seen[field] = part
    return TypeSpec(
        name, version, dict(sorted(fields.items())), dict(parts or {}), tuple(posts), tuple(hands), exclusive
    )


def joining(target: Reference, where: str) -> Place:
    """The stream of the event *target*: by name if a record was given, otherwise by its id."""
    event_id = reference_of(target, where)[0]
    return Place(stream_of(target), event_id if isinstance(event_id, bytes) else None)


def compiled_type(spec: TypeSpec) -> CompiledType:
    """*spec*, made ready to check many acts."""
    known = _COMPILED.get(id(spec))
    if known is None:
        if len(_COMPILED) >= _MAX_COMPILED:
            _COMPILED.clear()
        known = _COMPILED[id(spec)] = CompiledType(spec)
    return known


def judge(check: Check, data: dict[str, Value], mentions: Mentions, name: str) -> None:
    """Check *data* of the type *name*, noting what it mentions; raises `CallerError`."""
    try:
        check(data, mentions)
    except RecordError as error:
        where = error.where.lstrip(".")
        raise refused(f"{error.message.removeprefix(f'{error.where}: ')} ({name})", where) from None


_Names: TypeAlias = "tuple[tuple[tuple[str, str], ...], dict[str, tuple[tuple[str, str], ...]]]"
_ATTRIBUTES: Final[dict[type, _Names]] = {}


def _attributes(cls: type[ActBase]) -> _Names:
    """For each public field and each part, the attributes of *cls* that fill it."""
    known = _ATTRIBUTES.get(cls)
    if known is not None:
        return known
    have = {f.name.rstrip("_"): f.name for f in dataclasses.fields(cls)}
    public = tuple((name, have[name]) for name in sorted(cls.TYPE.fields) if name in have)
    parts = {
        part: tuple((name, have[name]) for name in sorted(spec.fields) if name in have)
        for part, spec in cls.TYPE.parts.items()
    }
    placed = {name for name, _ in public}.union(*({name for name, _ in names} for names in parts.values()))
    if cls._public is ActBase._public and cls._content is ActBase._content:
        stray = have.keys() - placed - _COMMON
        if stray:
            raise refused(f"{cls.TYPE.name} has no field or part for it", ", ".join(sorted(stray)))
    _ATTRIBUTES[cls] = public, parts
    return public, parts


def causes_of(given: Sequence[bytes]) -> tuple[bytes, ...]:
    """Event ids in canonical order; raises `CallerError`."""
    ids: tuple[Any, ...] = tuple(given)
    if any(type(c) is not bytes or len(c) != 16 for c in ids):
        raise refused("expected a list of event ids of 16 bytes", "causes")
    return tuple(sorted(set(ids)))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace(" ", "_")
