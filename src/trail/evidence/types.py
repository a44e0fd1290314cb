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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from trail.encoding import Value, check_identifier
from trail.errors import EncodingError, RecordError
from trail.evidence.moment import MAX_INSTANT, check_date, check_period, parse_happened
from trail.evidence.statement import HANDS, Statement, check_type_key

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


class Mentions:
    """What a statement's fields name: to be known to the registry, or earlier events of the log."""

    __slots__ = ("counterparts", "events", "persons", "posts", "units")

    def __init__(self) -> None:
        self.persons: list[str] = []
        self.posts: list[str] = []
        self.units: list[str] = []
        self.events: list[tuple[bytes, bytes | None]] = []
        self.counterparts: list[str] = []


Check = Callable[[Any, Mentions], None]


def _bad(message: str) -> RecordError:
    return RecordError(message)


def _within(where: str, error: RecordError) -> RecordError:
    """The same error, one level further out."""
    inner = error.where
    path = f"{where}.{inner}" if inner and not inner.startswith("[") else where + inner
    return RecordError(error.message.removeprefix(f"{inner}: "), where=path)


def compile_field(spec: Field, *, max_text: int = MAX_TEXT) -> Check:
    """A function that checks one value against *spec* and notes what it mentions; it raises `RecordError`."""
    kind, low, high = spec.kind, spec.min, spec.max
    if kind == "text":
        return _sized(str, 1 if low is None else low, max_text if high is None else min(high, max_text), "characters")
    if kind == "bytes":
        return _sized(bytes, 1 if low is None else low, 4096 if high is None else min(high, 4096), "bytes")
    if kind == "int":
        return _integer(-MAX_INT if low is None else low, MAX_INT if high is None else high)
    if kind == "instant":
        return _integer(0, MAX_INSTANT)
    if kind == "enum":
        return _enum(frozenset(spec.values))
    if kind == "list":
        return _list(spec, max_text)
    if kind == "record":
        return compile_fields(spec.members, max_text=max_text)
    if kind == "person" and spec.role == "counterpart":
        return _counterpart
    return _PLAIN[kind]


def _sized(exact: type[str] | type[bytes], low: int, high: int, unit: str) -> Check:
    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not exact or not low <= len(value) <= high:
            raise _bad(f"expected {low} to {high} {unit}")

    return check


def _integer(low: int, high: int) -> Check:
    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not int or not low <= value <= high:
            raise _bad(f"expected a whole number from {low} to {high}")

    return check


def _enum(values: frozenset[str]) -> Check:
    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not str or value not in values:
            raise _bad(f"expected one of {sorted(values)}")

    return check


def _list(spec: Field, max_text: int) -> Check:
    element = compile_field(spec.of or Field("text"), max_text=max_text)
    low, high = 1 if spec.min is None else spec.min, MAX_LIST if spec.max is None else min(spec.max, MAX_LIST)

    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not list or not low <= len(value) <= high:
            raise _bad(f"expected a list of {low} to {high} elements")
        for number, item in enumerate(value):
            try:
                element(item, mentions)
            except RecordError as error:
                raise _within(f"[{number}]", error) from None

    return check


def compile_fields(fields: Mapping[str, Field], *, max_text: int = MAX_TEXT, some: bool = False) -> Check:
    """A function that checks a closed map against *fields*; with *some*, required ones may be absent."""
    checks = {name: compile_field(spec, max_text=max_text) for name, spec in fields.items()}
    required = frozenset(name for name, spec in fields.items() if not spec.optional and not some)
    find, needed = checks.get, len(required)

    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not dict:
            raise _bad("expected a map")
        met = 0
        for name, item in value.items():
            one = find(name)
            if one is None:
                raise RecordError("not a field of this type", where=name)
            try:
                one(item, mentions)
            except RecordError as error:
                raise _within(name, error) from None
            met += name in required
        if met != needed:
            raise _bad(f"missing: {', '.join(sorted(required - value.keys()))}")

    return check


def _bool(value: Any, mentions: Mentions) -> None:
    if type(value) is not bool:
        raise _bad("expected true or false")


def _date(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise _bad("expected a real date, YYYY-MM-DD")
    check_date(value, "")


def _digest(value: Any, mentions: Mentions) -> None:
    if type(value) is not bytes or len(value) != 32:
        raise _bad("expected 32 bytes")


def _event(value: Any, mentions: Mentions) -> None:
    if type(value) is not bytes or len(value) != 16:
        raise _bad("expected an event id of 16 bytes")
    mentions.events.append((value, None))


def _reference(value: Any, mentions: Mentions) -> None:
    if type(value) is not list or len(value) != 2 or type(value[0]) is not bytes or type(value[1]) is not bytes:
        raise _bad("expected [event id, statement digest]")
    if len(value[0]) != 16 or len(value[1]) != 32:
        raise _bad("expected an event id of 16 and a digest of 32 bytes")
    mentions.events.append((value[0], value[1]))


def _id(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise _bad("expected an identifier")
    try:
        check_identifier(value, "")
    except EncodingError as error:
        raise _bad(error.message) from None


def _person(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise _bad("expected a person")
    mentions.persons.append(value)


def _counterpart(value: Any, mentions: Mentions) -> None:
    _person(value, mentions)
    mentions.counterparts.append(value)


def _post(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise _bad("expected a post")
    mentions.posts.append(value)


def _unit(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise _bad("expected a unit")
    mentions.units.append(value)


def _changes(value: Any, mentions: Mentions) -> None:
    if type(value) is not dict or not value:
        raise _bad("expected the fields of the target's type")


def _happened(value: Any, mentions: Mentions) -> None:
    parse_happened(value)


def _period(value: Any, mentions: Mentions) -> None:
    check_period(value, "")


_PLAIN: Final[dict[str, Check]] = {
    "period": _period,  # only in the built-in RecordCorrected, in the form of the statement's own
    "happened": _happened,  # likewise, in the form of the statement's own
    "changes": _changes,  # only in the built-in RecordCorrected: judged by the schema of the event it corrects
    "bool": _bool, "date": _date, "digest": _digest, "event": _event, "id": _id, "person": _person, "post": _post,
    "reference": _reference, "unit": _unit,
}  # fmt: skip


class CompiledType:
    """A `TypeSpec` made ready to check many statements and parts."""

    __slots__ = ("check_fields", "check_some", "exclusive", "hands", "parts", "posts", "required_parts", "spec")

    def __init__(self, spec: TypeSpec) -> None:
        self.spec = spec
        self.check_fields = compile_fields(spec.fields)
        self.check_some = compile_fields(spec.fields, some=True)  # what a correction changes
        self.parts = {name: compile_fields(p.fields, max_text=MAX_PART_TEXT) for name, p in spec.parts.items()}
        self.required_parts = frozenset(name for name, p in spec.parts.items() if not p.optional)
        self.posts = frozenset(spec.posts)
        self.hands = frozenset(spec.hands)
        self.exclusive = spec.exclusive

    def check(self, statement: Statement, also: Mapping[str, Check] | None = None) -> Mentions:
        """
        Check a statement's public fields and the names of its parts; raises `RecordError`.

        *also* names further parts that are admitted: a correction brings parts of the type that it corrects.
        """
        mentions = Mentions()
        try:
            self.check_fields(statement.fields, mentions)
        except RecordError as error:
            raise _within("fields", error) from None
        met = 0
        for part in statement.parts:
            if part.name not in self.parts and not (also and part.name in also):
                raise RecordError(f"not a part of this type: {part.name}", where="parts")
            met += part.name in self.required_parts
        if met != len(self.required_parts):
            raise RecordError(f"missing: {', '.join(sorted(self.required_parts))}", where="parts")
        return mentions

    def check_part(self, name: str, data: dict[str, Value]) -> None:
        """Check a body part's content; raises `RecordError`."""
        check = self.parts.get(name)
        if check is None:
            raise RecordError(f"not a part of this type: {name}", where="part")
        try:
            check(data, Mentions())
        except RecordError as error:
            raise _within("data", error) from None


def check_fields(spec: TypeSpec, statement: Statement) -> None:
    """Check *statement* against *spec*; raises `RecordError` with the place."""
    CompiledType(spec).check(statement)


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
        raise _bad(f"expected a field, nested at most {_MAX_NESTING} deep")
    kind = value.get("kind")
    if type(kind) is not str or kind not in KINDS:
        raise _bad(f"expected a kind among {', '.join(KINDS)}")
    of, members, values = value.get("of"), value.get("members", {}), value.get("values", [])
    if (kind == "list") != (of is not None) or (kind == "record") != bool(members) or (kind == "enum") != bool(values):
        raise _bad("a list names its element, a record its members, an enum its values")
    if type(values) is not list or len(set(map(str, values))) != len(values) or not all(type(v) is str for v in values):
        raise _bad("expected distinct texts as values")
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
            raise _bad("expected whole numbers as bounds")
    if spec.role not in ("", "counterpart") or (spec.role and kind != "person"):
        raise _bad("only a person can be a counterpart")
    if value.get("optional", True) is not True or field_to_value(spec) != value:
        raise _bad("not the one spelling of this field")
    return spec


def fields_from_value(value: Any, *, nesting: int = 0) -> dict[str, Field]:
    """Read a map of fields; raises `RecordError` with the place."""
    if type(value) is not dict:
        raise _bad("expected a map of fields")
    out = {}
    for name, one in value.items():
        try:
            out[name] = field_from_value(one, nesting=nesting)
        except RecordError as error:
            raise _within(name, error) from None
    return out


def spec_from_value(value: Any) -> TypeSpec:
    """Read a declaration; raises `RecordError` for anything that `spec_to_value` would not write."""
    if type(value) is not dict or value.keys() != {
        "exclusive", "fields", "hands", "name", "parts", "posts", "version",
    }:  # fmt: skip
        raise _bad("expected exclusive, fields, hands, name, parts, posts and version")
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
