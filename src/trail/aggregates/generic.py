"""
The generic act: an event of a type that has no class, declared by a host or brought by an importer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trail.aggregates.base import Act, EventData, causes_of, compiled_type, judge
from trail.aggregates.values import fields_value, plain_value, refused, text_of
from trail.encoding import Value
from trail.evidence.schema import Mentions
from trail.evidence.types import TypeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericAct(Act):
    """
    An act of a type that has no class: declared by a host, or brought by an importer.

    ``type_key`` is ``Name@1``; ``parts`` maps a part's name to its content, or to (persons, content).  Without
    ``spec`` the content is only brought into canonical form and judged when it is appended.
    """

    key: str
    fields: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    parts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    stream: str | None = None
    spec: TypeSpec | None = None

    @property
    def type_key(self) -> str:
        """``Name@1``."""
        return self.key

    def event(self) -> EventData:
        """The event that this act becomes; raises `CallerError`."""
        mentions = Mentions()
        fields = self._map(self.fields, "fields", None, mentions)
        parts = {}
        for name in sorted(self.parts):
            given = self.parts[name]
            explicit = isinstance(given, tuple)
            data = self._map(given[1] if explicit else given, f"parts.{name}", name, mentions)
            parts[name] = (tuple(sorted(set(given[0] if explicit else mentions.persons))), data)
        return EventData(
            type_key=self.key,
            fields=fields,
            parts=parts,
            happened=self._happened(),
            stream=None if self.stream is None else text_of(self.stream, "stream"),
            stream_prefix="event/",
            join=None,
            causes=causes_of(self.causes),
            **self._circumstances(),
        )

    def _map(self, given: Any, where: str, part: str | None, mentions: Mentions) -> dict[str, Value]:
        if not isinstance(given, Mapping):
            raise refused("expected a map", where)
        if self.spec is None:
            names = sorted((name for name in given if given[name] is not None), key=str)
            return {str(name): plain_value(given[name], f"{where}.{name}") for name in names}
        if part is not None and part not in self.spec.parts:
            raise refused(f"{self.spec.name} has no part {part}", where)
        specs = self.spec.fields if part is None else self.spec.parts[part].fields
        unknown = given.keys() - specs.keys()
        if unknown:
            raise refused(f"{self.spec.name} has no field {', '.join(sorted(map(str, unknown)))}", where)
        data = fields_value(specs, given, where)
        compiled = compiled_type(self.spec)
        judge(compiled.check_fields if part is None else compiled.parts[part], data, mentions, self.spec.name)
        return data
