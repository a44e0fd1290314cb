"""
Acts written as JSON: what JSON has no word for (bytes, times, references to records) turned into what acts take.

* bytes (keys, digests, nonces, event ids) are hexadecimal; a digest also ``{"file": PATH}``, the SHA-256 of a file, or
  ``{"rules": PATH}``, the digest of a rule set (``"default"``: the library's own);
* a time is ``"2026-03-05"`` or ``"2026-03-05T09:00+08:00"``, or where it is known less exactly
  ``{"on": "2026-03-01", "precision": "month", "uncertain": true}``;
* a reference to a record is its position, its event id in hexadecimal, the label of an earlier line of the same file
  (``"@name"``), or in full ``{"id": hex, "digest": hex}``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any, Final

from trail.aggregates import Cadre, GenericAct, Organisation, TaskItem, act_class
from trail.aggregates.base import ActBase
from trail.cli.common import read_file
from trail.cli.jsonlines import refuse
from trail.evidence.moment import Happened
from trail.evidence.record import Record
from trail.evidence.types import Field, TypeSpec, spec_from_value
from trail.rules import load, load_default

Resolve = Callable[[Any], Record]
"""Finds the record that a position, an id or a label names; raises `CallerError`."""

_WHEN: Final = frozenset(("happened", "sent", "received", "corrected_happened"))
_REFERENCES: Final = frozenset(("case",))  # names its stream only: no public field carries it
_ROWS: Final[dict[str, type[Any]]] = {"organisations": Organisation, "cadres": Cadre}
MAX_ATTACHMENT: Final = 64 << 20
_INEXACT: Final = frozenset(("on", "precision", "uncertain"))
_BYTES: Final = frozenset(("bytes", "digest", "event"))


class ActReader:
    """
    Makes acts of JSON objects.

    *types* are the types declared in the log, for acts without a class; *resolve* finds earlier records; files are
    looked for under *base*.
    """

    def __init__(self, types: Mapping[str, TypeSpec], resolve: Resolve, base: Path) -> None:
        self._types = types
        self._resolve = resolve
        self._base = base

    def read(self, given: dict[str, Any], number: int) -> ActBase:
        """
        The act that *given* names (``act`` for a class of the library, ``type`` for any declared type).

        Raises:
            CallerError: With the line's number: an unknown act, key, or a value that can't be read.
        """
        if ("act" in given) == ("type" in given):
            refuse('name either the "act" or, for a type without a class, the "type"', number)
        if "type" in given:
            return self._generic(given, number)
        name = given["act"]
        cls = act_class(f"{name}@1") if isinstance(name, str) else GenericAct
        if cls is GenericAct:
            refuse(f'unknown act {name!r}; docs/spec/acts.md lists them, other types are written with "type"', number)
        fields = {f.name.rstrip("_"): f for f in dataclasses.fields(cls)}
        values = {key: value for key, value in given.items() if key != "act"}
        unknown = sorted(values.keys() - fields.keys())
        if unknown:
            refuse(f"{name} has no {', '.join(map(repr, unknown))}; it has {', '.join(sorted(fields))}", number)
        missing = [k for k, f in fields.items() if k not in values and _needed(f)]
        if missing:
            refuse(f"{name} needs {', '.join(missing)}", number)
        made = {fields[key].name: self._value(cls.TYPE, key, value, number) for key, value in values.items()}
        return _sound(lambda: cls(**made), name, number)

    def _generic(self, given: dict[str, Any], number: int) -> ActBase:
        key = given["type"]
        spec = self._types.get(key) if isinstance(key, str) else None
        if spec is None:
            refuse(f"the type {key!r} is not declared in this log", number)
        allowed = {f.name for f in dataclasses.fields(GenericAct)} - {"key", "spec"}
        unknown = sorted(given.keys() - allowed - {"type"})
        if unknown:
            refuse(f"not known here: {', '.join(map(repr, unknown))}; there are {', '.join(sorted(allowed))}", number)
        values = {name: value for name, value in given.items() if name not in ("type", "fields", "parts")}
        made = {name: self._value(spec, name, value, number, common=True) for name, value in values.items()}
        fields = self._map(spec.fields, given.get("fields", {}), "fields", number)
        parts = {}
        for name, content in _object(given.get("parts", {}), "parts", number).items():
            part = spec.parts.get(name)
            if part is None:
                refuse(f"{key} has no part {name!r}", number)
            parts[name] = self._map(part.fields, content, name, number)
        return _sound(lambda: GenericAct(key=spec.key, spec=spec, fields=fields, parts=parts, **made), key, number)

    def _value(self, spec: TypeSpec, name: str, value: Any, number: int, *, common: bool = False) -> Any:
        if value is None:
            return None
        if name in _WHEN:
            return _when(value, name, number)
        if name == "causes":
            return [self._record(one, number).statement.id for one in _list(value, name, number)]
        if name == "performers":
            return [_performer(one, number) for one in _list(value, name, number)]
        if common:
            return value
        if name in _REFERENCES:
            return self._reference(value, number)
        if name in _ROWS:
            return [_row(_ROWS[name], one, name, number) for one in _list(value, name, number)]
        if name == "items" and isinstance(value, list):
            return [TaskItem(**one) if _is_task(one) else one for one in value]
        if name == "schema":
            return _schema(value, number)
        field = spec.fields.get(name) or next((p.fields[name] for p in spec.parts.values() if name in p.fields), None)
        return value if field is None else self._field(field, value, name, number)

    def _field(self, field: Field, value: Any, where: str, number: int) -> Any:
        """*value* as *field* wants it; whether it fits is judged by the act."""
        if field.kind == "digest" and isinstance(value, dict):
            return self._digest(value, where, number)
        if field.kind in _BYTES:
            return _hex(value, where, number)
        if field.kind == "reference":
            return self._reference(value, number)
        if field.kind == "instant" and isinstance(value, str):
            return _when(value, where, number)
        if field.kind == "list" and field.of is not None and isinstance(value, list):
            return [self._field(field.of, one, where, number) for one in value]
        if field.kind == "record" and isinstance(value, dict):
            return self._map(field.members, value, where, number)
        return value

    def _map(self, fields: Mapping[str, Field], given: Any, where: str, number: int) -> dict[str, Any]:
        rows = _object(given, where, number)
        return {
            name: self._field(fields[name], value, f"{where}.{name}", number) if name in fields else value
            for name, value in rows.items()
        }

    def _digest(self, value: dict[str, Any], where: str, number: int) -> bytes:
        source = next(iter(value.values()), None)
        if value.keys() not in ({"file"}, {"rules"}) or not isinstance(source, str):
            refuse(f'{where}: expected hexadecimal digits, {{"file": PATH}} or {{"rules": PATH}}', number)
        if "rules" in value:
            return (load_default() if source == "default" else load(read_file(str(self._base / source), where))).digest
        return hashlib.sha256(read_file(str(self._base / source), where, MAX_ATTACHMENT)).digest()

    def _reference(self, value: Any, number: int) -> Any:
        if isinstance(value, dict) and value.keys() == {"id", "digest"}:
            return [_hex(value["id"], "id", number), _hex(value["digest"], "digest", number)]
        return self._record(value, number)

    def _record(self, value: Any, number: int) -> Record:
        if isinstance(value, bool) or not isinstance(value, int | str):
            refuse(f"expected a position, an event id or a label as reference, not {str(value)[:60]}", number)
        return self._resolve(value)


def _sound(make: Callable[[], ActBase], name: str, number: int) -> ActBase:
    """The act, if an event can be made of it: JSON may hold a number or null where the act expects something else."""
    try:
        act = make()
        act.event()
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        refuse(f"{name}: a value is not of the kind that is expected: {error}", number)
    return act


def _needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _object(value: Any, where: str, number: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        refuse(f"{where}: expected an object", number)
    return value


def _list(value: Any, where: str, number: int) -> list[Any]:
    if not isinstance(value, list):
        refuse(f"{where}: expected a list", number)
    return value


def _hex(value: Any, where: str, number: int) -> bytes:
    try:
        if isinstance(value, str) and value.isalnum():
            return bytes.fromhex(value)
    except ValueError:
        pass
    refuse(f"{where}: expected hexadecimal digits", number)


def _when(value: Any, where: str, number: int) -> Happened | dt.datetime | str:
    if isinstance(value, dict) and isinstance(value.get("on"), str) and value.keys() <= _INEXACT:
        precision, uncertain = value.get("precision", "day"), value.get("uncertain", False)
        if precision in ("day", "month", "year") and isinstance(uncertain, bool):
            return Happened.on(value["on"], precision=precision, uncertain=uncertain)
    elif isinstance(value, str) and len(value) == 10:
        return value
    elif isinstance(value, str):
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment
    refuse(f"{where}: expected YYYY-MM-DD, or a time with a zone such as 2026-03-05T09:00+08:00", number)


def _performer(value: Any, number: int) -> tuple[str, str, str]:
    if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        if value.keys() <= {"person", "post"} and "person" in value:
            return "person", value["person"], value.get("post", "")
        if value.keys() <= {"body", "post"} and "body" in value:
            return "body", value["body"], value.get("post", "")
    refuse('performers: expected {"person": …, "post": …} or {"body": …}', number)


def _row(cls: type[Any], value: Any, where: str, number: int) -> Any:
    try:
        return cls(**_object(value, where, number))
    except TypeError:
        refuse(f"{where}: expected {', '.join(cls._fields)}", number)


def _is_task(value: Any) -> bool:
    return isinstance(value, dict) and {"number", "text"} <= value.keys() <= {"number", "text", "refs"}


def _schema(value: Any, number: int) -> TypeSpec:
    return spec_from_value(_object(value, "schema", number))
