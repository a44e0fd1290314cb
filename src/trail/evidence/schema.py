"""
Schemas at work: a declared type made ready to check many statements and body parts, and to note what they mention.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from trail.encoding import Value, check_identifier
from trail.errors import EncodingError, RecordError
from trail.evidence.moment import MAX_INSTANT, check_date, check_period, parse_happened
from trail.evidence.statement import Statement
from trail.evidence.types import MAX_INT, MAX_LIST, MAX_PART_TEXT, MAX_TEXT, Field, TypeSpec, bad, within


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
            raise bad(f"expected {low} to {high} {unit}")

    return check


def _integer(low: int, high: int) -> Check:
    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not int or not low <= value <= high:
            raise bad(f"expected a whole number from {low} to {high}")

    return check


def _enum(values: frozenset[str]) -> Check:
    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not str or value not in values:
            raise bad(f"expected one of {sorted(values)}")

    return check


def _list(spec: Field, max_text: int) -> Check:
    element = compile_field(spec.of or Field("text"), max_text=max_text)
    low, high = 1 if spec.min is None else spec.min, MAX_LIST if spec.max is None else min(spec.max, MAX_LIST)

    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not list or not low <= len(value) <= high:
            raise bad(f"expected a list of {low} to {high} elements")
        for number, item in enumerate(value):
            try:
                element(item, mentions)
            except RecordError as error:
                raise within(f"[{number}]", error) from None

    return check


def compile_fields(fields: Mapping[str, Field], *, max_text: int = MAX_TEXT, some: bool = False) -> Check:
    """A function that checks a closed map against *fields*; with *some*, required ones may be absent."""
    checks = {name: compile_field(spec, max_text=max_text) for name, spec in fields.items()}
    required = frozenset(name for name, spec in fields.items() if not spec.optional and not some)
    find, needed = checks.get, len(required)

    def check(value: Any, mentions: Mentions) -> None:
        if type(value) is not dict:
            raise bad("expected a map")
        met = 0
        for name, item in value.items():
            one = find(name)
            if one is None:
                raise RecordError("not a field of this type", where=name)
            try:
                one(item, mentions)
            except RecordError as error:
                raise within(name, error) from None
            met += name in required
        if met != needed:
            raise bad(f"missing: {', '.join(sorted(required - value.keys()))}")

    return check


def _bool(value: Any, mentions: Mentions) -> None:
    if type(value) is not bool:
        raise bad("expected true or false")


def _date(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise bad("expected a real date, YYYY-MM-DD")
    check_date(value, "")


def _digest(value: Any, mentions: Mentions) -> None:
    if type(value) is not bytes or len(value) != 32:
        raise bad("expected 32 bytes")


def _event(value: Any, mentions: Mentions) -> None:
    if type(value) is not bytes or len(value) != 16:
        raise bad("expected an event id of 16 bytes")
    mentions.events.append((value, None))


def _reference(value: Any, mentions: Mentions) -> None:
    if type(value) is not list or len(value) != 2 or type(value[0]) is not bytes or type(value[1]) is not bytes:
        raise bad("expected [event id, statement digest]")
    if len(value[0]) != 16 or len(value[1]) != 32:
        raise bad("expected an event id of 16 and a digest of 32 bytes")
    mentions.events.append((value[0], value[1]))


def _id(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise bad("expected an identifier")
    try:
        check_identifier(value, "")
    except EncodingError as error:
        raise bad(error.message) from None


def _person(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise bad("expected a person")
    mentions.persons.append(value)


def _counterpart(value: Any, mentions: Mentions) -> None:
    _person(value, mentions)
    mentions.counterparts.append(value)


def _post(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise bad("expected a post")
    mentions.posts.append(value)


def _unit(value: Any, mentions: Mentions) -> None:
    if type(value) is not str:
        raise bad("expected a unit")
    mentions.units.append(value)


def _changes(value: Any, mentions: Mentions) -> None:
    if type(value) is not dict or not value:
        raise bad("expected the fields of the target's type")


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
            raise within("fields", error) from None
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
            raise within("data", error) from None


def check_fields(spec: TypeSpec, statement: Statement) -> None:
    """Check *statement* against *spec*; raises `RecordError` with the place."""
    CompiledType(spec).check(statement)
