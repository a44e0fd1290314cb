"""
Reading a rule set: strictly, with messages that a person who edits the file can use.

Unknown keys are refused, not skipped, so that a misspelt word never silently leaves a duty without effect.  Messages
name the duty and the key, and the line where it can be found.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from trail.encoding import encode
from trail.errors import CallerError, TrailError
from trail.evidence.record import sorted_fields
from trail.rules.calendar import TEMPLATE
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
from trail.rules.shapes import (
    Place,
    date_of,
    flag_of,
    matching,
    one_of,
    only,
    period_of,
    table_of,
    text_of,
    texts_of,
    whole,
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


def load(text: str | bytes) -> RuleSet:
    """
    Read a rule set from TOML.

    Raises:
        CallerError: Not TOML, an unknown key, or a value that this version can't use; the message says where.
    """
    source = _decoded(text)
    top = Place(source, "", "")
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise top.fail(f"not TOML: {error}") from None
    only(document, _TOP, top, required=_TOP - {"elsewhere"})
    if document["format"] != FORMAT or type(document["format"]) is not int:
        raise top.fail(f"this library reads format {FORMAT}", "format")
    if type(document["version"]) is not int or document["version"] < 1:
        raise top.fail("expected a whole number from 1", "version")
    levels = _levels(table_of(document, "levels", top), source)
    bodies = _bodies(table_of(document, "bodies", top), source)
    lists = table_of(document, "lists", top)
    for kind, type_ in lists.items():
        matching(_TYPE, type_, Place(source, r"\[lists\]", "lists"), kind, "an event type such as TaskListDrafted@1")
    duties = _duties(document["duty"], source)
    _cross(duties, levels, bodies, lists, texts_of(document.get("elsewhere", []), top, "elsewhere"), source)
    return RuleSet(
        instrument=matching(_ID, document["instrument"], top, "instrument", "a name such as regulation-2017"),
        version=document["version"],
        title=text_of(document["title"], top, "title"),
        issued=date_of(document["issued"], top, "issued"),
        first_period=period_of(document["first_period"], top, "first_period"),
        settings=_settings(table_of(document, "settings", top), source),
        levels=MappingProxyType(levels),
        bodies=MappingProxyType(bodies),
        lists=MappingProxyType(dict(lists)),
        duties=MappingProxyType(duties),
        digest=digest(document),
        document=document,
    )


@lru_cache(maxsize=1)
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


def _settings(table: dict[str, Any], source: str) -> Settings:
    place = Place(source, r"\[settings\]", "settings")
    only(table, Settings.__dataclass_fields__, place)
    checks: dict[str, Callable[[Any, str], Any]] = {
        "amber_days": lambda v, k: whole(v, 0, 366, place, k),
        "combined_talk": lambda v, k: flag_of(v, place, k),
        "contemporaneous_workdays": lambda v, k: whole(v, 0, 366, place, k),
        "holidays": lambda v, k: tuple(date_of(d, place, k) for d in texts_of(v, place, k)),
        "late_days": lambda v, k: whole(v, 0, 3660, place, k),
        "one_sitting": lambda v, k: texts_of(v, place, k),
        "workdays": lambda v, k: tuple(date_of(d, place, k) for d in texts_of(v, place, k)),
    }
    values: dict[str, Any] = {
        key: one_of(value, CHOICES[key], place, key) if key in CHOICES else checks[key](value, key)
        for key, value in table.items()
    }
    return Settings(**values)


def _levels(table: dict[str, Any], source: str) -> dict[str, Level]:
    out = {}
    keys = tuple(k for k in Level.__dataclass_fields__ if k != "name")
    for name, row in table.items():
        place = Place(source, rf"\[levels\.{re.escape(name)}\]", f"level {name}")
        if type(row) is not dict:
            raise place.fail("expected a table")
        only(row, keys, place, required=keys)
        out[name] = Level(name=name, **{key: texts_of(row[key], place, key) for key in keys})
    return out


def _bodies(table: dict[str, Any], source: str) -> dict[str, tuple[Selector, ...]]:
    place = Place(source, r"\[bodies\]", "bodies")
    out = {}
    for name, rows in table.items():
        if type(rows) is not list or not rows or any(type(r) is not dict or len(r) != 1 for r in rows):
            raise place.fail('expected a list such as [{ unit = "…" }, { kind = "…" }]', name)
        for row in rows:
            only(row, ("kind", "unit"), place)
        out[name] = tuple(Selector(**{k: text_of(v, place, name) for k, v in row.items()}) for row in rows)
    return out


def _duties(rows: Any, source: str) -> dict[str, Duty]:
    if type(rows) is not list or not rows:
        raise Place(source, "", "").fail("expected at least one [[duty]]", "duty")
    out: dict[str, Duty] = {}
    for number, row in enumerate(rows, 1):
        name = row.get("id")
        if type(name) is not str or not _ID.fullmatch(name):
            raise Place(source, "", f"duty {number}").fail("expected an id such as L3b")
        place = Place(source, rf'id\s*=\s*"{re.escape(name)}"', f"duty {name}")
        if name in out:
            raise place.fail("this id is used twice", "id")
        out[name] = _duty(name, row, place)
    return out


def _duty(name: str, row: dict[str, Any], place: Place) -> Duty:
    only(row, _DUTY, place, required=("article", "class", "source", "text"))
    klass = one_of(row["class"], CLASSES, place, "class")
    values: dict[str, Any] = {
        "id": name,
        "article": text_of(row["article"], place, "article"),
        "text": text_of(row["text"], place, "text"),
        "klass": klass,
        "source": one_of(row["source"], SOURCES, place, "source"),
    }
    if klass not in COUNTED:
        for key in sorted(_DATED & row.keys()):
            raise place.fail(f"a duty of class {klass} is recorded, never counted or dated", key)
    else:
        only(row, _DUTY, place, required=("cadence", "due", "levels", "obliged", "satisfied_by"))
    among = {"counterparts": GROUPS, "obliged": OBLIGED}
    values |= {key: texts_of(row[key], place, key, among.get(key, ())) for key in _TEXTS & row.keys()}
    texts = {"bound": ("post", "person"), "cadence": tuple(CADENCES), "due_source": SOURCES}
    values |= {key: one_of(row[key], texts[key], place, key) for key in texts.keys() & row.keys()}
    if "note" in row:
        values["note"] = text_of(row["note"], place, "note")
    for key, high in (("minimum", 1000), ("held_days", 366)):
        if key in row:
            values[key] = whole(row[key], int(key == "minimum"), high, place, key)
    for key in ("due", "amber"):
        if key in row:
            values[key] = _templates(row[key], values["levels"], CADENCES[values["cadence"]], place, key)
    if "satisfied_by" in row:
        values["satisfied_by"] = _satisfiers(row["satisfied_by"], place)
    duty = Duty(**values)
    if duty.bound == "person" and (duty.counterparts or "team" in duty.obliged):
        raise place.fail("a duty bound to the person obliges holders of posts and has no counterparts", "bound")
    return duty


def _templates(value: Any, levels: Iterable[str], count: int, place: Place, key: str) -> Mapping[str, tuple[str, ...]]:
    table = value if type(value) is dict else dict.fromkeys(levels, value)
    out = {}
    for level, given in table.items():
        rows = given if type(given) is list else [given]
        if any(type(row) is str and row.startswith("as ") for row in rows) and len(rows) == 1:
            rows = rows * count
        if len(rows) != count:
            raise place.fail(f"expected {count} due day(s), one for each period of the year", key)
        for row in rows:
            matching(TEMPLATE, row, place, key, "MM-DD, MM-mid, next MM-DD or as ID")
            if not row.startswith("as ") and not row.endswith("mid"):
                date_of(f"2001-{row.removeprefix('next ')}", place, key)
        out[level] = tuple(rows)
    if set(out) != set(levels):
        raise place.fail(f"expected a day for each of the levels {', '.join(levels)}", key)
    return MappingProxyType(out)


def _satisfiers(rows: Any, place: Place) -> tuple[Satisfier, ...]:
    key = "satisfied_by"
    if type(rows) is not list or any(type(row) is not dict for row in rows):
        raise place.fail("expected a list of tables", key)
    out = []
    for row in rows:
        only(row, Satisfier.__dataclass_fields__, place, required=("type",))
        values: dict[str, Any] = {"type": matching(_TYPE, row["type"], place, key, "an event type such as TalkHeld@1")}
        for name, allowed in CONDITIONS.items():
            if name in row:
                values[name] = one_of(row[name], allowed, place, name) if allowed else text_of(row[name], place, name)
        if "sent" in row:
            values["sent"] = flag_of(row["sent"], place, "sent")
        if "receipts" in row:
            values["receipts"] = texts_of(row["receipts"], place, "receipts")
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
        place = Place(source, rf'id\s*=\s*"{re.escape(duty.id)}"', f"duty {duty.id}")
        for key, known in (("levels", levels), ("recipients", bodies), ("lists", lists)):
            for name in getattr(duty, key):
                if name not in known:
                    header = "bodies" if key == "recipients" else key
                    raise place.fail(f"{name!r} is not declared under [{header}]", key)
        for name in duty.satisfies:
            if name not in duties and name not in elsewhere:
                raise place.fail(f"{name!r} is neither a duty of this rule set nor named in elsewhere", "satisfies")
        for key, table in (("due", duty.due), ("amber", duty.amber)):
            for level, rows in table.items():
                for row in rows:
                    if row.startswith("as "):
                        _refers(duties.get(row[3:]), duty, level, place, key)


def _refers(other: Duty | None, duty: Duty, level: str, place: Place, key: str) -> None:
    if other is None or level not in other.due or other.cadence != duty.cadence:
        raise place.fail(f"refers to no duty of the same cadence at the level {level}", key)
    if any(row.startswith("as ") for row in other.due[level]):
        raise place.fail(f"{other.id} takes its own day from another duty; name that one", key)
