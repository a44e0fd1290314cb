"""
Reading a rule set: strictly, with messages that a person who edits the file can use.

Unknown keys are refused, not skipped, so that a misspelt word never silently leaves a duty without effect.  Messages
name the duty and the key, and the line where it can be found.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from trail.encoding import encode
from trail.errors import CallerError, TrailError
from trail.evidence.record import sorted_fields
from trail.rules.calendar import TEMPLATE, day_of, period
from trail.rules.model import (
    CADENCES,
    CHOICES,
    CLASSES,
    CONDITIONS,
    COUNTED,
    GROUPS,
    OBLIGED,
    SOURCES,
    Duty,
    Level,
    RuleSet,
    Satisfier,
    Selector,
    Settings,
)

FORMAT: Final = 1
DEFAULT: Final = "regulation-2017.toml"
_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_TYPE: Final = re.compile(r"[^@\s]{1,200}@[1-9][0-9]{0,4}")
_TOP: Final = frozenset(
    ("bodies", "duty", "elsewhere", "first_period", "format", "instrument", "issued", "levels", "lists", "settings",
     "title", "version")
)  # fmt: skip
_TEXTS: Final = frozenset(("ambiguities", "counterparts", "levels", "lists", "obliged", "recipients", "satisfies"))
_DUTY: Final = _TEXTS | {
    "amber", "article", "bound", "cadence", "class", "due", "due_source", "held_days", "id", "minimum", "note",
    "satisfied_by", "source", "text",
}  # fmt: skip
_DATED: Final = frozenset(
    ("amber", "bound", "cadence", "counterparts", "due", "held_days", "lists", "minimum", "obliged", "recipients",
     "satisfied_by")
)  # fmt: skip


class _Place(NamedTuple):
    """Where a message points: the file's text, the table header to look below, and words for it."""

    text: str
    table: str
    words: str

    def fail(self, message: str, key: str = "") -> CallerError:
        """The error for *key* of this table."""
        line = _line(self.text, self.table, key)
        where = ", ".join(x for x in (self.words, key and f"key {key!r}", line and f"line {line}") if x)
        advice = "Correct the rule set file and load it again; docs/rules.md explains every key."
        return CallerError(f"{where}: {message}" if where else message, advice=advice, where=self.words, key=key, line=line)


def _line(text: str, table: str, key: str) -> int:
    """The line of *key* below the line that matches *table*; 0 if it can't be found."""
    rows = text.splitlines()
    start = next((n for n, row in enumerate(rows) if re.match(table, row)), -1) if table else 0
    if start < 0:
        return 0
    if table.startswith("id"):  # a duty: its keys may stand before its id as well
        while start > 0 and not rows[start].startswith("[[duty]]"):
            start -= 1
    for number in range(start, len(rows)):
        if number > start and re.match(r"\[\[duty\]\]|\[(?!\[)", rows[number]) and table:
            break
        if key and re.match(rf"\s*(\[\[duty\.)?{re.escape(key)}\s*(=|\]\])", rows[number]):
            return number + 1
    return start + 1 if table else 0


def load(text: str | bytes) -> RuleSet:
    """
    Read a rule set from TOML.

    Raises:
        CallerError: Not TOML, an unknown key, or a value that this version can't use; the message says where.
    """
    source = _decoded(text)
    top = _Place(source, "", "")
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise top.fail(f"not TOML: {error}") from None
    _only(document, _TOP, top, required=_TOP - {"elsewhere"})
    if document["format"] != FORMAT or type(document["format"]) is not int:
        raise top.fail(f"this library reads format {FORMAT}", "format")
    if type(document["version"]) is not int or document["version"] < 1:
        raise top.fail("expected a whole number from 1", "version")
    levels = _levels(_table(document, "levels", top), source)
    bodies = _bodies(_table(document, "bodies", top), source)
    lists = _table(document, "lists", top)
    for kind, type_ in lists.items():
        _match(_TYPE, type_, _Place(source, r"\[lists\]", "lists"), kind, "an event type such as TaskListDrafted@1")
    duties = _duties(document["duty"], source)
    _cross(duties, levels, bodies, lists, _strings(document.get("elsewhere", []), top, "elsewhere"), source)
    return RuleSet(
        instrument=_match(_ID, document["instrument"], top, "instrument", "a name such as regulation-2017"),
        version=document["version"],
        title=_string(document["title"], top, "title"),
        issued=_date(document["issued"], top, "issued"),
        first_period=_period(document["first_period"], top, "first_period"),
        settings=_settings(_table(document, "settings", top), source),
        levels=MappingProxyType(levels),
        bodies=MappingProxyType(bodies),
        lists=MappingProxyType(dict(lists)),
        duties=MappingProxyType(duties),
        digest=digest(document),
        document=document,
    )


def load_default() -> RuleSet:
    """The regulation of 2017, as this library ships it."""
    return load(default_text())


def default_text() -> str:
    """The TOML of the regulation of 2017: the file to copy."""
    return resources.files("trail.rules").joinpath(DEFAULT).read_text("utf-8")


def digest(document: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical encoding of a parsed rule set; raises `CallerError` for what can't be encoded."""
    try:
        return hashlib.sha256(encode(sorted_fields(document))).digest()
    except (TrailError, TypeError) as error:
        message = f"only text, whole numbers, true and false, lists and tables: {error}"
        raise CallerError(message, advice="Write dates as text, and keys as plain words.") from None


def _decoded(text: str | bytes) -> str:
    try:
        return text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise CallerError(f"the rule set is not UTF-8 (byte {error.start})", advice="Save the file as UTF-8.") from None


def _only(table: Mapping[str, Any], known: Iterable[str], place: _Place, required: Iterable[str] = ()) -> None:
    allowed = set(known)
    for key in table:
        if key not in allowed:
            raise place.fail(f"unknown key; known are {', '.join(sorted(allowed))}", key)
    for key in sorted(required):
        if key not in table:
            raise place.fail(f"missing key {key!r}")


def _table(document: Mapping[str, Any], key: str, place: _Place) -> dict[str, Any]:
    value = document[key]
    if type(value) is not dict:
        raise place.fail("expected a table", key)
    return value


def _string(value: Any, place: _Place, key: str) -> str:
    if type(value) is not str or not value:
        raise place.fail("expected a text", key)
    return value


def _strings(value: Any, place: _Place, key: str, among: Iterable[str] = ()) -> tuple[str, ...]:
    allowed = tuple(among)
    if type(value) is not list or len(set(map(str, value))) != len(value):
        raise place.fail("expected a list of distinct texts", key)
    for item in value:
        if type(item) is not str or not item or (allowed and item not in allowed):
            raise place.fail(f"expected {'one of ' + ', '.join(allowed) if allowed else 'a text'}, not {item!r}", key)
    return tuple(value)


def _among(value: Any, allowed: Iterable[str], place: _Place, key: str) -> str:
    if type(value) is not str or value not in tuple(allowed):
        raise place.fail(f"expected one of {', '.join(allowed)}, not {value!r}", key)
    return value


def _match(pattern: re.Pattern[str], value: Any, place: _Place, key: str, what: str) -> str:
    if type(value) is not str or not pattern.fullmatch(value):
        raise place.fail(f"expected {what}, not {value!r}", key)
    return value


def _count(value: Any, low: int, high: int, place: _Place, key: str) -> int:
    if type(value) is not int or not low <= value <= high:
        raise place.fail(f"expected a whole number from {low} to {high}", key)
    return value


def _date(value: Any, place: _Place, key: str) -> str:
    try:
        if type(value) is not str or dt.date.fromordinal(day_of(value)).isoformat() != value:
            raise ValueError(value)
    except ValueError:
        raise place.fail("expected a date as text, such as \"2017-10-16\"", key) from None
    return value


def _period(value: Any, place: _Place, key: str) -> str:
    try:
        return period(_string(value, place, key)).label
    except CallerError:
        raise place.fail("expected a period, such as \"2026\" or \"2026-H1\"", key) from None


def _settings(table: dict[str, Any], source: str) -> Settings:
    place = _Place(source, r"\[settings\]", "settings")
    _only(table, Settings.__dataclass_fields__, place)
    checks: dict[str, Callable[[Any, str], Any]] = {
        "amber_days": lambda v, k: _count(v, 0, 366, place, k),
        "combined_talk": lambda v, k: _flag(v, place, k),
        "contemporaneous_workdays": lambda v, k: _count(v, 0, 366, place, k),
        "holidays": lambda v, k: tuple(_date(d, place, k) for d in _strings(v, place, k)),
        "late_days": lambda v, k: _count(v, 0, 3660, place, k),
        "one_sitting": lambda v, k: _strings(v, place, k),
        "workdays": lambda v, k: tuple(_date(d, place, k) for d in _strings(v, place, k)),
    }
    values = {
        key: _among(value, CHOICES[key], place, key) if key in CHOICES else checks[key](value, key)
        for key, value in table.items()
    }
    return Settings(**values)


def _flag(value: Any, place: _Place, key: str) -> bool:
    if type(value) is not bool:
        raise place.fail("expected true or false", key)
    return value


def _levels(table: dict[str, Any], source: str) -> dict[str, Level]:
    out = {}
    keys = tuple(k for k in Level.__dataclass_fields__ if k != "name")
    for name, row in table.items():
        place = _Place(source, rf"\[levels\.{re.escape(name)}\]", f"level {name}")
        if type(row) is not dict:
            raise place.fail("expected a table")
        _only(row, keys, place, required=keys)
        out[name] = Level(name=name, **{key: _strings(row[key], place, key) for key in keys})
    return out


def _bodies(table: dict[str, Any], source: str) -> dict[str, tuple[Selector, ...]]:
    place = _Place(source, r"\[bodies\]", "bodies")
    out = {}
    for name, rows in table.items():
        if type(rows) is not list or not rows or any(type(r) is not dict or len(r) != 1 for r in rows):
            raise place.fail('expected a list such as [{ unit = "…" }, { kind = "…" }]', name)
        for row in rows:
            _only(row, ("kind", "unit"), place)
        out[name] = tuple(Selector(**{k: _string(v, place, name) for k, v in row.items()}) for row in rows)
    return out


def _duties(rows: Any, source: str) -> dict[str, Duty]:
    if type(rows) is not list or not rows:
        raise _Place(source, "", "").fail("expected at least one [[duty]]", "duty")
    out: dict[str, Duty] = {}
    for number, row in enumerate(rows, 1):
        name = row.get("id")
        if type(name) is not str or not _ID.fullmatch(name):
            raise _Place(source, "", f"duty {number}").fail("expected an id such as L3b")
        place = _Place(source, rf'id\s*=\s*"{re.escape(name)}"', f"duty {name}")
        if name in out:
            raise place.fail("this id is used twice", "id")
        out[name] = _duty(name, row, place)
    return out


def _duty(name: str, row: dict[str, Any], place: _Place) -> Duty:
    _only(row, _DUTY, place, required=("article", "class", "source", "text"))
    klass = _among(row["class"], CLASSES, place, "class")
    values: dict[str, Any] = {
        "id": name,
        "article": _string(row["article"], place, "article"),
        "text": _string(row["text"], place, "text"),
        "klass": klass,
        "source": _among(row["source"], SOURCES, place, "source"),
    }
    if klass not in COUNTED:
        for key in sorted(_DATED & row.keys()):
            raise place.fail(f"a duty of class {klass} is recorded, never counted or dated", key)
    else:
        _only(row, _DUTY, place, required=("cadence", "due", "levels", "obliged", "satisfied_by"))
    among = {"counterparts": GROUPS, "obliged": OBLIGED}
    values |= {key: _strings(row[key], place, key, among.get(key, ())) for key in _TEXTS & row.keys()}
    texts = {"bound": ("post", "person"), "cadence": tuple(CADENCES), "due_source": SOURCES}
    values |= {key: _among(row[key], texts[key], place, key) for key in texts.keys() & row.keys()}
    if "note" in row:
        values["note"] = _string(row["note"], place, "note")
    for key, high in (("minimum", 1000), ("held_days", 366)):
        if key in row:
            values[key] = _count(row[key], int(key == "minimum"), high, place, key)
    for key in ("due", "amber"):
        if key in row:
            values[key] = _templates(row[key], values["levels"], CADENCES[values["cadence"]], place, key)
    if "satisfied_by" in row:
        values["satisfied_by"] = _satisfiers(row["satisfied_by"], place)
    duty = Duty(**values)
    _person_bound(duty, place)
    return duty


def _person_bound(duty: Duty, place: _Place) -> None:
    if duty.bound == "person" and (duty.counterparts or "team" in duty.obliged):
        raise place.fail("a duty bound to the person obliges holders of posts and has no counterparts", "bound")


def _templates(value: Any, levels: Iterable[str], count: int, place: _Place, key: str) -> Mapping[str, tuple[str, ...]]:
    table = value if type(value) is dict else dict.fromkeys(levels, value)
    out = {}
    for level, given in table.items():
        rows = given if type(given) is list else [given]
        if any(type(row) is str and row.startswith("as ") for row in rows) and len(rows) == 1:
            rows = rows * count
        if len(rows) != count:
            raise place.fail(f"expected {count} due day(s), one for each period of the year", key)
        for row in rows:
            _match(TEMPLATE, row, place, key, "MM-DD, MM-mid, next MM-DD or as ID")
            if not row.startswith("as ") and not row.endswith("mid"):
                _date(f"2001-{row.removeprefix('next ')}", place, key)
        out[level] = tuple(rows)
    if set(out) != set(levels):
        raise place.fail(f"expected a day for each of the levels {', '.join(levels)}", key)
    return MappingProxyType(out)


def _satisfiers(rows: Any, place: _Place) -> tuple[Satisfier, ...]:
    key = "satisfied_by"
    if type(rows) is not list or any(type(row) is not dict for row in rows):
        raise place.fail("expected a list of tables", key)
    out = []
    for row in rows:
        _only(row, Satisfier.__dataclass_fields__, place, required=("type",))
        values: dict[str, Any] = {"type": _match(_TYPE, row["type"], place, key, "an event type such as TalkHeld@1")}
        for name, allowed in CONDITIONS.items():
            if name in row:
                values[name] = _among(row[name], allowed, place, name) if allowed else _string(row[name], place, name)
        if "sent" in row:
            values["sent"] = _flag(row["sent"], place, "sent")
        if "receipts" in row:
            values["receipts"] = _strings(row["receipts"], place, "receipts")
        if "versions" in row and "owner" not in row:
            raise place.fail("whose lists? name an owner", "versions")
        out.append(Satisfier(**values))
    return tuple(out)


def _cross(
    duties: Mapping[str, Duty],
    levels: Mapping[str, Level],
    bodies: Mapping[str, Any],
    lists: Mapping[str, str],
    elsewhere: tuple[str, ...],
    source: str,
) -> None:
    """What a duty refers to must be there."""
    for duty in duties.values():
        place = _Place(source, rf'id\s*=\s*"{re.escape(duty.id)}"', f"duty {duty.id}")
        for key, known in (("levels", levels), ("recipients", bodies), ("lists", lists)):
            for name in getattr(duty, key):
                if name not in known:
                    raise place.fail(f"{name!r} is not declared under [{key if key != 'recipients' else 'bodies'}]", key)
        for name in duty.satisfies:
            if name not in duties and name not in elsewhere:
                raise place.fail(f"{name!r} is neither a duty of this rule set nor named in elsewhere", "satisfies")
        for key, table in (("due", duty.due), ("amber", duty.amber)):
            for level, rows in table.items():
                for row in rows:
                    if row.startswith("as "):
                        _refers(duties.get(row[3:]), duty, level, place, key)


def _refers(other: Duty | None, duty: Duty, level: str, place: _Place, key: str) -> None:
    if other is None or level not in other.due or other.cadence != duty.cadence:
        raise place.fail(f"refers to no duty of the same cadence at the level {level}", key)
    if any(row.startswith("as ") for row in other.due[level]):
        raise place.fail(f"{other.id} takes its own day from another duty; name that one", key)
