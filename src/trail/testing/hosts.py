"""
A host's own types in a history: values that fit their schemas, made from a small number.

An act class whose attributes are its fields is made as itself; one that overrides how it is turned into an event, or a
bare `TypeSpec`, becomes a `GenericAct` of the same type.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from trail.aggregates import ActBase, GenericAct
from trail.errors import CallerError
from trail.evidence.types import Field, TypeSpec

_POSTS = ("jia/secretary", "jia/deputy", "yi/secretary", "jia/lab", "jia/recorder")


class HostType:
    """A type that a host declares: an act class or a `TypeSpec`."""

    def __init__(self, given: type[ActBase] | TypeSpec) -> None:
        if isinstance(given, TypeSpec):
            self._class: type[ActBase] | None = None
            self.spec = given
        else:
            self._class = given
            self.spec = given.TYPE

    def act(self, number: int, when: dt.datetime) -> ActBase:
        """An act of this type that happened at *when*; *number* chooses its values."""
        fields = values(self.spec.fields, number)
        parts = {name: values(part.fields, number) for name, part in self.spec.parts.items() if not part.optional}
        if self._class is not None:
            names = {f.name for f in dataclasses.fields(self._class)}
            given = {**fields, **{key: value for part in parts.values() for key, value in part.items()}}
            chosen = {name if name in names else f"{name}_": value for name, value in given.items()}
            try:
                act = self._class(happened=when, **chosen)
                act.event()
                return act
            except (TypeError, CallerError):  # it is made in a way of its own
                pass
        return GenericAct(key=self.spec.key, spec=self.spec, fields=fields, parts=parts, happened=when)

    def post(self, number: int, holders: Mapping[str, str]) -> str:
        """A post whose kind the type admits."""
        kinds = {"secretary": 0, "deputy_secretary": 1, "head": 3, "recorder": 4}
        admitted = [kinds[kind] for kind in self.spec.posts if kind in kinds] or [number % 4]
        post = _POSTS[admitted[number % len(admitted)]]
        if post not in holders:
            raise CallerError(f"nobody holds {post}", post=post)
        return post


def values(fields: Mapping[str, Field], number: int) -> dict[str, Any]:
    """Values for *fields*; of the optional ones every other."""
    return {
        name: value(field, number + place)
        for place, (name, field) in enumerate(sorted(fields.items()))
        if not field.optional or (number + place) % 2
    }


def value(field: Field, number: int) -> Any:
    """A value that *field* admits; *number* chooses."""
    match field.kind:
        case "bool":
            return bool(number % 2)
        case "int":
            low = field.min if field.min is not None else 0
            high = field.max if field.max is not None else low + 1000
            return low + number % (high - low + 1)
        case "text" | "id":
            return _text(field, number)
        case "enum":
            return field.values[number % len(field.values)]
        case "date":
            return (dt.date(2026, 1, 1) + dt.timedelta(days=number)).isoformat()
        case "instant":
            return 1_767_225_600 + number * 3600
        case "bytes" | "digest" | "event":
            size = {"digest": 32, "event": 16}.get(field.kind, 1 if field.min is None else field.min)
            return (hashlib.sha512(b"%d" % number).digest() * (size // 64 + 1))[:size]
        case "person":
            return ("p-005", "p-006", "p-009")[number % 3]
        case "post":
            return ("jia/secretary", "jia/deputy", "yi/deputy")[number % 3]
        case "unit":
            return ("jia", "yi", "jia-lab")[number % 3]
        case "list" if field.of is not None:
            size = max(field.min or 0, 1 if field.max != 0 else 0)
            return [value(field.of, number + n) for n in range(size)]
        case "record":
            return values(field.members, number)
    raise CallerError(f"no value can be made up for a field of kind {field.kind}", kind=field.kind)


def _text(field: Field, number: int) -> str:
    low = field.min or 1
    text = f"{'值' if field.kind == 'text' else 'v'}{number}".ljust(low, "x")
    return text if field.max is None else text[: max(field.max, low)]
