"""
Reading a rule set: strictly, with messages that a person who edits the file can use.

Unknown keys are refused, not skipped, so that a misspelt word never silently leaves a duty without effect.  Messages
name the duty and the key, and the line where it can be found.  `check` finds all that is wrong, `load` stops at it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from trail.encoding import encode
from trail.errors import CallerError, TrailError
from trail.evidence.record import sorted_fields
from trail.rules.duties import TYPE, cross, duties_of
from trail.rules.model import CHOICES, Duty, Level, RuleSet, Selector, Settings
from trail.rules.shapes import (
    Place,
    Problem,
    Problems,
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
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_TOP: Final = frozenset(
    ("bodies", "duty", "elsewhere", "first_period", "format", "instrument", "issued", "levels", "lists", "settings",
     "title", "version")
)  # fmt: skip
_LEVEL: Final = ("units", "leader", "members", "heads", "below")
_LEVEL_MORE: Final = ("principals", "cadres", "recorders", "commissions")
_DAY: Final = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def load(text: str | bytes) -> RuleSet:
    """
    Read a rule set from TOML.

    Raises:
        CallerError: Not TOML, an unknown key, or a value that this version can't use; the message says where.
    """
    problems = Problems()
    found = _read(text, problems)
    if problems.errors:
        raise problems.errors[0]
    if found is None:
        raise CallerError("the rule set could not be read")
    return found


def check(text: str | bytes) -> list[Problem]:
    """
    What is wrong with the TOML of a rule set, by line; nothing: `load` takes it.

    More than the first problem is found where that is possible: each setting, level and key is read by itself.
    """
    problems = Problems()
    _read(text, problems)
    return problems.all()


def _read(text: str | bytes, problems: Problems) -> RuleSet | None:
    """The rule set of *text*; None where problems leave nothing to go by."""
    source = problems.take(lambda: _decoded(text), "")
    top = Place(source, "", "")
    none: dict[str, Any] = {}
    document = problems.take(lambda: _parsed(source, top), none)
    if not document:
        return None
    problems.each(lambda: _format(document, top))
    for key in document:
        problems.each(partial(only, {key: None}, _TOP, top))
    for key in sorted(_TOP - document.keys() - {"elsewhere", "format"}):
        problems.add(top.fail(f"missing key {key!r}"))
    if problems.errors and not document.keys() & _TOP:
        return None
    take = problems.take
    levels: dict[str, Level] = take(lambda: _levels(table_of(document, "levels", top), source, problems), none)
    bodies: dict[str, tuple[Selector, ...]] = take(
        lambda: _bodies(table_of(document, "bodies", top), source, problems), none
    )
    lists: dict[str, str] = take(lambda: _lists(table_of(document, "lists", top), source, problems), none)
    settings = take(lambda: _settings(table_of(document, "settings", top), source, problems), Settings())
    elsewhere: tuple[str, ...] = take(lambda: texts_of(document.get("elsewhere", []), top, "elsewhere"), ())
    duties: dict[str, Duty] = take(lambda: duties_of(document.get("duty"), source, problems), none)
    cross(duties, levels, bodies, lists, elsewhere, settings, source, problems)
    get = document.get
    return RuleSet(
        instrument=take(lambda: matching(_NAME, get("instrument"), top, "instrument", "a name: regulation-2017"), ""),
        version=take(lambda: whole(get("version"), 1, 1 << 31, top, "version"), 1),
        title=take(lambda: text_of(get("title"), top, "title"), ""),
        issued=take(lambda: date_of(get("issued"), top, "issued"), ""),
        first_period=take(lambda: period_of(get("first_period"), top, "first_period"), ""),
        settings=settings,
        levels=MappingProxyType(levels),
        bodies=MappingProxyType(bodies),
        lists=MappingProxyType(dict(lists)),
        duties=MappingProxyType(duties),
        digest=take(lambda: digest(document), b""),
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


def _parsed(source: str, top: Place) -> dict[str, Any]:
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line ([0-9]+)", str(error))
        raise top.fail(f"not TOML: {error}", line=int(line.group(1)) if line else 0) from None
    if not document:
        raise top.fail("the file holds nothing")
    return document


def _format(document: dict[str, Any], top: Place) -> None:
    if document.get("format") != FORMAT or type(document["format"]) is not int:
        raise top.fail(f"this library reads format {FORMAT}", "format")


def _settings(table: dict[str, Any], source: str, problems: Problems) -> Settings:
    place = Place(source, r"\[settings\]", "settings")

    def days(value: Any, key: str) -> tuple[str, ...]:
        return tuple(date_of(d, place, key) for d in texts_of(value, place, key))

    def semesters(value: Any, key: str) -> tuple[str, ...]:
        found = tuple(matching(_DAY, d, place, key, "MM-DD") for d in texts_of(value, place, key))
        if len(found) != 2 or found[0] >= found[1]:
            raise place.fail('expected the first days of the two, such as ["02-01", "08-01"]', key)
        return found

    checks: dict[str, Callable[[Any, str], Any]] = {
        "amber_days": lambda v, k: whole(v, 0, 366, place, k),
        "closing_time": lambda v, k: matching(_TIME, v, place, k, "a time such as 17:00"),
        "combined_talk": lambda v, k: flag_of(v, place, k),
        "contemporaneous_workdays": lambda v, k: whole(v, 0, 366, place, k),
        "holidays": days,
        "late_days": lambda v, k: whole(v, 0, 3660, place, k),
        "one_sitting": lambda v, k: texts_of(v, place, k),
        "semesters": semesters,
        "spacing_days": lambda v, k: whole(v, 0, 366, place, k),
        "spread_months": lambda v, k: flag_of(v, place, k),
        "unshared": lambda v, k: texts_of(v, place, k),
        "workdays": days,
        "year_begins": lambda v, k: matching(_DAY, v, place, k, "MM-DD, up to the 28th"),
    }

    def one(key: str, value: Any) -> Any:
        only({key: value}, Settings.__dataclass_fields__, place)
        return one_of(value, CHOICES[key], place, key) if key in CHOICES else checks[key](value, key)

    read = {key: problems.take(partial(one, key, value), None) for key, value in table.items()}
    return Settings(**{key: value for key, value in read.items() if value is not None})


def _levels(table: dict[str, Any], source: str, problems: Problems) -> dict[str, Level]:
    out = {}
    for name, row in table.items():
        found = problems.take(partial(_level, name, row, source), None)
        out[name] = found or Level(name=name, units=(), leader=(), members=(), heads=(), below=())
    return out


def _level(name: str, row: Any, source: str) -> Level:
    place = Place(source, rf"\[levels\.{re.escape(name)}\]", f"level {name}")
    if type(row) is not dict:
        raise place.fail("expected a table")
    only(row, (*_LEVEL, *_LEVEL_MORE), place, required=_LEVEL)
    return Level(name=name, **{key: texts_of(value, place, key) for key, value in row.items()})


def _bodies(table: dict[str, Any], source: str, problems: Problems) -> dict[str, tuple[Selector, ...]]:
    place = Place(source, r"\[bodies\]", "bodies")

    def one(name: str, rows: Any) -> tuple[Selector, ...]:
        if type(rows) is not list or not rows or any(type(r) is not dict or len(r) != 1 for r in rows):
            raise place.fail('expected a list such as [{ unit = "…" }, { kind = "…" }] or [{ own = true }]', name)
        found = []
        for row in rows:
            only(row, ("kind", "own", "unit"), place)
            if "own" in row and row["own"] is not True:
                raise place.fail("expected own = true", name)
            values: dict[str, Any] = {k: v if k == "own" else text_of(v, place, name) for k, v in row.items()}
            found.append(Selector(**values))
        return tuple(found)

    return {name: problems.take(partial(one, name, rows), ()) for name, rows in table.items()}


def _lists(table: dict[str, Any], source: str, problems: Problems) -> dict[str, str]:
    place = Place(source, r"\[lists\]", "lists")
    what = "an event type such as TaskListDrafted@1"
    for kind, type_ in table.items():
        problems.each(partial(matching, TYPE, type_, place, kind, what))
    return table
