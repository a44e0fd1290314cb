"""
Declared types: the closed schema that a log announces before the first event of a type.

A declaration travels in the field ``schema`` of a `TypeDeclared` event, so a plain verifier can judge types that a
host system invented, and nothing has to be imported to read them.  Its form is one canonical map::

    {"exclusive": bool, "fields": {name: field, …}, "hands": [hand, …], "name": text,
     "parts": {name: {"fields": {name: field, …}, "optional": bool}, …}, "posts": [kind, …] or ["*"], "version": int}

    field = {"kind": kind, and as the kind allows: "max": int, "members": {…}, "min": int, "of": field,
             "optional": true, "role": "counterpart", "values": [text, …]}

What a field doesn't say is left out.  Fields that a schema does not name are refused, not skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from trail.encoding import Value
from trail.errors import RecordError
from trail.evidence.statement import HANDS, check_type_key

KINDS: Final = (
    "bool", "bytes", "date", "digest", "enum", "event", "id", "instant", "int", "list", "person", "post", "record",
    "reference", "text", "unit",
)  # fmt: skip
MAX_TEXT: Final = 500  # public text is for words that name nobody; what a person said belongs in a body part
MAX_PART_TEXT: Final = 100_000
MAX_LIST: Final = 1_000
MAX_INT: Final = (1 << 53) - 1  # larger ones are shown wrongly by programs that read numbers as doubles
_MAX_NESTING = 4


@dataclass(frozen=True, slots=True)
class Field:
    """
    The shape of one field.

    ``kind`` is one of `KINDS`; ``of`` is the element of a list, ``members`` those of a record, ``values`` those of an
    enum; ``min`` and ``max`` bound an int, the characters of a text, the bytes of a bytes, the elements of a list;
    ``role`` ``"counterpart"`` marks persons who may dispute the event.
    """

    kind: str
    optional: bool = False
    of: Field | None = None
    values: tuple[str, ...] = ()
    members: Mapping[str, Field] = field(default_factory=dict)
    min: int | None = None
    max: int | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class PartSpec:
    """The shape of one body part: its fields, and whether it may be left out."""

    fields: Mapping[str, Field]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """
    A declared type.

    ``posts`` are the kinds of post that may perform it (``("*",)``: any), ``hands`` those it admits, ``exclusive``
    says that it must be the next version of the stream after the one its signer had seen.
    """

    name: str
    version: int
    fields: Mapping[str, Field]
    parts: Mapping[str, PartSpec] = field(default_factory=dict)
    posts: tuple[str, ...] = ("*",)
    hands: tuple[str, ...] = ("own", "recorded")
    exclusive: bool = False

    @property
    def key(self) -> str:
        """``Name@1``."""
        return f"{self.name}@{self.version}"


def bad(message: str) -> RecordError:
    """A fault whose place is not known yet; `within` adds it on the way out."""
    return RecordError(message)


def within(where: str, error: RecordError) -> RecordError:
    """The same error, one level further out."""
    inner = error.where
    path = f"{where}.{inner}" if inner and not inner.startswith("[") else where + inner
    return RecordError(error.message.removeprefix(f"{inner}: "), where=path)


def field_to_value(spec: Field) -> dict[str, Value]:
    """The canonical map of a field; what it does not say is left out."""
    value: dict[str, Value] = {"kind": spec.kind}
    if spec.max is not None:
        value["max"] = spec.max
    if spec.members:
        value["members"] = {name: field_to_value(spec.members[name]) for name in sorted(spec.members)}
    if spec.min is not None:
        value["min"] = spec.min
    if spec.of is not None:
        value["of"] = field_to_value(spec.of)
    if spec.optional:
        value["optional"] = True
    if spec.role:
        value["role"] = spec.role
    if spec.values:
        value["values"] = list(spec.values)
    return value


def spec_to_value(spec: TypeSpec) -> dict[str, Value]:
    """The canonical map that a `TypeDeclared` event carries."""
    return {
        "exclusive": spec.exclusive,
        "fields": {name: field_to_value(spec.fields[name]) for name in sorted(spec.fields)},
        "hands": list(spec.hands),
        "name": spec.name,
        "parts": {name: _part_to_value(spec.parts[name]) for name in sorted(spec.parts)},
        "posts": list(spec.posts),
        "version": spec.version,
    }


def _part_to_value(spec: PartSpec) -> dict[str, Value]:
    fields: dict[str, Value] = {name: field_to_value(spec.fields[name]) for name in sorted(spec.fields)}
    return {"fields": fields, "optional": spec.optional}


def field_from_value(value: Any, *, nesting: int = 0) -> Field:
    """Read a field; raises `RecordError` for anything that `field_to_value` would not write."""
    if type(value) is not dict or nesting > _MAX_NESTING:
        raise bad(f"expected a field, nested at most {_MAX_NESTING} deep")
    kind = value.get("kind")
    if type(kind) is not str or kind not in KINDS:
        raise bad(f"expected a kind among {', '.join(KINDS)}")
    of, members, values = value.get("of"), value.get("members", {}), value.get("values", [])
    if (kind == "list") != (of is not None) or (kind == "record") != bool(members) or (kind == "enum") != bool(values):
        raise bad("a list names its element, a record its members, an enum its values")
    if type(values) is not list or len(set(map(str, values))) != len(values) or not all(type(v) is str for v in values):
        raise bad("expected distinct texts as values")
    spec = Field(
        kind,
        optional=value.get("optional", False),
        of=None if of is None else field_from_value(of, nesting=nesting + 1),
        values=tuple(values),
        members=fields_from_value(members, nesting=nesting + 1),
        min=value.get("min"),
        max=value.get("max"),
        role=value.get("role", ""),
    )
    for bound in (spec.min, spec.max):
        if bound is not None and (type(bound) is not int or abs(bound) > MAX_INT):
            raise bad("expected whole numbers as bounds")
    if spec.role not in ("", "counterpart") or (spec.role and kind != "person"):
        raise bad("only a person can be a counterpart")
    if value.get("optional", True) is not True or field_to_value(spec) != value:
        raise bad("not the one spelling of this field")
    return spec


def fields_from_value(value: Any, *, nesting: int = 0) -> dict[str, Field]:
    """Read a map of fields; raises `RecordError` with the place."""
    if type(value) is not dict:
        raise bad("expected a map of fields")
    out = {}
    for name, one in value.items():
        try:
            out[name] = field_from_value(one, nesting=nesting)
        except RecordError as error:
            raise within(name, error) from None
    return out


def spec_from_value(value: Any) -> TypeSpec:
    """Read a declaration; raises `RecordError` for anything that `spec_to_value` would not write."""
    if type(value) is not dict or value.keys() != {
        "exclusive", "fields", "hands", "name", "parts", "posts", "version",
    }:  # fmt: skip
        raise bad("expected exclusive, fields, hands, name, parts, posts and version")
    hands, posts, parts = value["hands"], value["posts"], value["parts"]
    if type(hands) is not list or not hands or any(h not in HANDS for h in hands) or len(set(hands)) != len(hands):
        raise RecordError("expected distinct hands", where="hands")
    if type(posts) is not list or not posts or not all(type(p) is str and p for p in posts):
        raise RecordError("expected kinds of post, or *", where="posts")
    if type(parts) is not dict or type(value["exclusive"]) is not bool:
        raise RecordError("expected a map", where="parts")
    if type(value["name"]) is not str or type(value["version"]) is not int:
        raise RecordError("expected a name and a version", where="name")
    check_type_key(f"{value['name']}@{value['version']}", "name")
    specs = {}
    for name, one in parts.items():
        if type(one) is not dict or one.keys() != {"fields", "optional"} or type(one["optional"]) is not bool:
            raise RecordError("expected fields and optional", where=f"parts.{name}")
        specs[name] = PartSpec(fields_from_value(one["fields"]), one["optional"])
    return TypeSpec(
        value["name"], value["version"], fields_from_value(value["fields"]), specs, tuple(posts), tuple(hands),
        value["exclusive"],
    )  # fmt: skip
