"""
What hosts give, turned into what a record carries.

A host writes Python: enums, dates, aware datetimes, tuples, records of the log.  A record carries canonical values
(`trail.encoding`): text in NFC with line feeds, dates as ``YYYY-MM-DD``, instants as whole UTC seconds, references as
``[event id, statement digest]``.  Nothing is guessed: what can't be turned is refused with the place and advice.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from trail.encoding import Value, is_plain
from trail.errors import CallerError, RecordError
from trail.evidence.moment import date_of
from trail.evidence.record import Happened, Performer, Record, happened_from
from trail.evidence.types import Field


class HasReference(Protocol):
    """What knows the exact version of an event: ``reference`` is ``[event id, statement digest]``."""

    @property
    def reference(self) -> Sequence[bytes]:
        """Event id (16 bytes) and statement digest (32 bytes)."""


When: TypeAlias = "Happened | dt.date | dt.datetime | str"
Reference: TypeAlias = "Record | HasReference | Sequence[Any]"
PerformerLike: TypeAlias = "Performer | tuple[str, str, str]"

# What canonical text refuses (trail.encoding): controls other than tab and line feed, surrogates, noncharacters.
_REFUSED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_ADVICE: Final = "Correct the named place and try again; nothing was recorded. docs/spec/acts.md lists every field."


def refused(message: str, where: str, *, advice: str = _ADVICE) -> CallerError:
    """The error for a bad argument: what is wrong, where, and what to do."""
    return CallerError(f"{where}: {message}" if where else message, advice=advice, where=where)


def text_of(value: str, where: str) -> str:
    """
    *value* in NFC with line feeds as line ends.

    Raises:
        CallerError: It holds a character that a record can't carry.
    """
    text = value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
    if is_plain(text):
        return text
    text = unicodedata.normalize("NFC", text)
    bad = _REFUSED.search(text)
    if bad is not None:
        raise refused(f"character U+{ord(bad[0]):04X} at {bad.start()} can't be recorded; remove it", where)
    return text


def moment_of(when: When, where: str) -> Happened:
    """The `Happened` for a `Happened`, an aware datetime, a date or ``YYYY-MM-DD``; raises `CallerError`."""
    try:
        return happened_from(when)
    except RecordError as error:
        message = error.message.removeprefix(f"{error.where}: ")
        raise refused(f"{message}; give an aware datetime, a date or YYYY-MM-DD", where) from None
    except (AttributeError, TypeError):
        raise refused("give an aware datetime, a date or YYYY-MM-DD", where) from None


def day_and_instant(when: When, where: str) -> tuple[str, int | None]:
    """The date in Asia/Shanghai and, if an instant was given, its UTC seconds; deadlines go by the date."""
    moment = moment_of(when, where)
    if type(moment.value) is int:
        return date_of(moment.value), moment.value
    return moment.date(), None


def reference_of(value: Reference, where: str) -> list[Value]:
    """``[event id, statement digest]`` of a `Record`, of anything with ``reference``, or of such a pair."""
    if isinstance(value, Record):
        return [value.statement.id, value.digest]
    pair: Any = getattr(value, "reference", value)
    if isinstance(pair, str | bytes) or not isinstance(pair, Sequence) or [_size(x) for x in pair] != [16, 32]:
        advice = "Give the record itself or its [event id (16 bytes), statement digest (32 bytes)]."
        raise refused("expected the exact version of an event", where, advice=advice)
    return [bytes(pair[0]), bytes(pair[1])]


def _size(value: object) -> int:
    return len(value) if isinstance(value, bytes | bytearray | memoryview) else -1


def stream_of(value: Reference) -> str | None:
    """The stream of a `Record`; None where only the reference is known, then the façade looks it up."""
    return value.statement.stream if isinstance(value, Record) else None


def performers_of(given: Iterable[PerformerLike], body: str | None) -> tuple[Performer, ...]:
    """
    The performers in canonical order; empty: the acting person.

    An empty post stands for the post in which the signer acts.
    """
    rows = set()
    for row in given:
        where = "performers"
        cells: tuple[Any, ...] = tuple(row)
        if len(cells) != 3 or cells[0] not in ("person", "body") or not all(isinstance(x, str) for x in cells):
            raise refused("expected (person or body, who, post)", where)
        rows.add(Performer(cells[0], text_of(cells[1], where), text_of(cells[2], where)))
    if body is not None:
        rows.add(Performer("body", text_of(body, "body"), ""))
    return tuple(sorted(rows))


_SHAPED: Final = frozenset(("list", "record", "reference"))


def field_value(spec: Field, value: Any, where: str) -> Value:
    """*value* in the spelling that *spec* asks for; whether it fits is judged by the schema afterwards."""
    kind = spec.kind
    if type(value) is str and kind not in _SHAPED:
        return text_of(value, where)
    if kind == "list":
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise refused("expected a list", where)
        of = spec.of or Field("text")
        return [field_value(of, item, f"{where}[{number}]") for number, item in enumerate(value)]
    if kind == "record":
        return _record(spec, value, where)
    if kind == "reference":
        return reference_of(value, where)
    if kind == "instant" and isinstance(value, dt.datetime):
        return moment_of(value, where).start()
    if kind == "date" and isinstance(value, dt.date):
        return day_and_instant(value, where)[0]
    return plain_value(value, where)


def _record(spec: Field, value: Any, where: str) -> Value:
    if type(value) is not dict and dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if not isinstance(value, Mapping):
        raise refused(f"expected a record of {', '.join(sorted(spec.members))}", where)
    unknown = value.keys() - spec.members.keys()
    if unknown:
        raise refused(f"not a member: {', '.join(map(str, unknown))}", where)
    return fields_value(spec.members, value, where)


def fields_value(specs: Mapping[str, Field], given: Mapping[str, Any], where: str) -> dict[str, Value]:
    """The map of *given* in the order of *specs*; None means absent.  Encoding puts the keys in canonical order."""
    prefix = where and where + "."
    return {
        name: field_value(spec, value, prefix + name)
        for name, spec in specs.items()
        if (value := given.get(name)) is not None
    }


def plain_value(value: Any, where: str) -> Value:
    """The canonical value of *value* where no schema says more; raises `CallerError` for other types."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, str):
        return text_of(str(value), where)
    if value is None or type(value) in (bool, int):
        return value  # type: ignore[no-any-return]
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, uuid.UUID):
        return value.bytes
    if isinstance(value, dt.datetime):
        return moment_of(value, where).start()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Record):
        return reference_of(value, where)
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(k): plain_value(value[k], f"{where}.{k}") for k in sorted(value, key=str) if value[k] is not None}
    if isinstance(value, Iterable):
        return [plain_value(item, f"{where}[{number}]") for number, item in enumerate(value)]
    raise refused(f"a record carries no {type(value).__name__}; give text, a number, bytes, a list or a map", where)
