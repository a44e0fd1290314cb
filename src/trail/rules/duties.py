"""
Reading the duties of a rule set file: each key by itself, so that one mistake does not hide the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from trail.rules.calendar import TEMPLATE
from trail.rules.model import (
    BODIES,
    CADENCES,
    CLASSES,
    CONDITIONS,
    COUNTED,
    FALLS,
    GROUPS,
    OBLIGED,
    SOURCES,
    Duty,
    Level,
    Satisfier,
    Settings,
    Trigger,
    Where,
)
from trail.rules.shapes import Place, Problems, date_of, flag_of, matching, one_of, only, text_of, texts_of, whole

TYPE: Final = re.compile(r"[^@\s]{1,200}@[1-9][0-9]{0,4}")
_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_WORDS: Final = frozenset(
    ("ambiguities", "article", "class", "due_source", "evidence", "id", "note", "number_source", "obliged_source",
     "satisfies", "source", "text", "who")
)  # fmt: skip
_WHO: Final = frozenset(("bound", "levels", "obliged", "satisfied_by"))
_COUNTING: Final = _WHO | {
    "amber", "cadence", "counterparts", "due", "held_days", "lists", "minimum", "recipients", "soft",
}  # fmt: skip
ALLOWED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **dict.fromkeys(COUNTED, _WORDS | _COUNTING),
        "E": _WORDS | _WHO | {"recipients", "trigger", "within_workdays"},
        "N": _WORDS | _WHO | {"cadence"},
        "O": _WORDS | _WHO | {"ended_by"},
        "D": _WORDS | {"derived_from", "levels", "obliged"},
        "Q": _WORDS | _WHO,
    }
)
"""Which keys a duty of each class may hold."""
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(COUNTED, ("cadence", "due", "levels", "obliged", "satisfied_by")),
        **dict.fromkeys(("E", "N", "O"), ("levels", "obliged", "satisfied_by")),
        "D": ("derived_from",),
        "Q": (),
    }
)
_TEXTS: Final = ("ambiguities", "derived_from", "evidence", "levels", "lists", "recipients", "satisfies")
_EVERY: Final = frozenset().union(*ALLOWED.values())


def duties_of(rows: Any, source: str, problems: Problems) -> dict[str, Duty]:
    """The duties by their ids, in the order of the file."""
    if type(rows) is not list or not rows or any(type(row) is not dict for row in rows):
        raise Place(source, "", "").fail("expected at least one [[duty]]", "duty")
    out: dict[str, Duty] = {}
    for number, row in enumerate(rows, 1):
        name = row.get("id")
        if type(name) is not str or not _ID.fullmatch(name):
            problems.add(Place(source, "", f"duty {number}").fail("expected an id such as L3b"))
            continue
        place = Place(source, rf'id\s*=\s*"{re.escape(name)}"', f"duty {name}")
        if name in out:
            problems.add(place.fail("this id is used twice", "id"))
            continue
        duty = problems.take(partial(_duty, name, row, place, problems), None)
        if duty is not None:
            out[name] = duty
    return out


def _duty(name: str, row: dict[str, Any], place: Place, problems: Problems) -> Duty | None:
    before = len(problems.errors)
    klass = one_of(row.get("class"), CLASSES, place, "class")
    allowed = ALLOWED[klass]
    for key in row:
        if key not in _EVERY:
            problems.add(place.fail(f"unknown key; known for class {klass} are {', '.join(sorted(allowed))}", key))
        elif key not in allowed:
            problems.add(place.fail(f"a duty of class {klass} {_WHY[klass]}", key))
    if not row.get("trigger", True):
        problems.add(place.fail("expected at least one table", "trigger"))
    for key in ("article", "source", "text", *_NEEDED[klass]):
        if key not in row:
            problems.add(place.fail(f"missing key {key!r}"))
    values: dict[str, Any] = {"id": name, "klass": klass}
    readers = _readers(row, place)
    for key in [k for k in row if k in allowed and k in readers]:
        found = problems.take(partial(readers[key], row[key], key), None)
        if found is not None:
            values[key] = found
    if len(problems.errors) > before:
        return None
    duty = Duty(**values)
    _agrees(duty, place)
    return duty


_WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(COUNTED, "is counted: it has no trigger, nothing derives it and nothing ends it"),
        "E": "is triggered by an event, never counted or dated",
        "N": "is shown as a number, never counted against one or dated",
        "O": "is in place or not, never counted or dated",
        "D": "is derived, never counted or dated",
        "Q": "is recorded, never counted or dated",
    }
)


def _readers(row: dict[str, Any], place: Place) -> dict[str, Callable[[Any, str], Any]]:
    """How each key is read."""

    def text(value: Any, key: str) -> str:
        return text_of(value, place, key)

    def texts(value: Any, key: str) -> tuple[str, ...]:
        return texts_of(value, place, key)

    def source(value: Any, key: str) -> str:
        return one_of(value, SOURCES, place, key)

    def days(value: Any, key: str) -> Mapping[str, tuple[str, ...]]:
        levels = texts_of(row.get("levels", []), place, "levels")
        cadence = one_of(row.get("cadence"), CADENCES, place, "cadence")
        return _templates(value, levels, CADENCES[cadence], place, key)

    return {
        **dict.fromkeys(("article", "note", "text", "who"), text),
        **dict.fromkeys(_TEXTS, texts),
        **dict.fromkeys(("due_source", "number_source", "obliged_source", "source"), source),
        **dict.fromkeys(("amber", "due"), days),
        "bound": lambda v, k: one_of(v, ("post", "person"), place, k),
        "cadence": lambda v, k: one_of(v, CADENCES, place, k),
        "counterparts": lambda v, k: texts_of(v, place, k, GROUPS),
        "ended_by": lambda v, k: tuple(matching(TYPE, t, place, k, _A_TYPE) for t in texts_of(v, place, k)),
        "held_days": lambda v, k: whole(v, 0, 366, place, k),
        "minimum": lambda v, k: whole(v, 1, 1000, place, k),
        "obliged": lambda v, k: texts_of(v, place, k, OBLIGED),
        "satisfied_by": lambda v, _: _satisfiers(v, place),
        "soft": lambda v, k: flag_of(v, place, k),
        "trigger": lambda v, _: _triggers(v, place),
        "within_workdays": lambda v, k: whole(v, 0, 366, place, k),
    }  # fmt: skip


def _agrees(duty: Duty, place: Place) -> None:
    """What holds between keys."""
    bodies = [who for who in duty.obliged if who in BODIES]
    if duty.bound == "person" and bodies:
        raise place.fail("a body is no person: a duty bound to the person obliges holders of posts", "bound")
    if duty.within_workdays is not None and not duty.trigger:
        raise place.fail("counted from what? name a trigger", "within_workdays")
    for satisfier in duty.satisfied_by:
        if bool(duty.trigger) != bool(satisfier.cause):
            words = 'has a trigger: each act that discharges it needs cause = "trigger"'
            raise place.fail(words if duty.trigger else "has no trigger, so no act can name it as its cause", "cause")
        if satisfier.counterpart and duty.klass in COUNTED and not duty.counterparts:
            raise place.fail("counts for whom? name the counterparts", "counterpart")


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


_A_TYPE: Final = "an event type such as TalkHeld@1"


def _rows(rows: Any, place: Place, key: str) -> list[dict[str, Any]]:
    if type(rows) is not list or any(type(row) is not dict for row in rows):
        raise place.fail("expected a list of tables", key)
    return rows


def _satisfiers(rows: Any, place: Place) -> tuple[Satisfier, ...]:
    out = []
    for row in _rows(rows, place, "satisfied_by"):
        only(row, Satisfier.__dataclass_fields__, place, required=("type",))
        values: dict[str, Any] = {"type": matching(TYPE, row["type"], place, "satisfied_by", _A_TYPE)}
        for name, allowed in CONDITIONS.items():
            if name in row:
                values[name] = one_of(row[name], allowed, place, name) if allowed else text_of(row[name], place, name)
        if "where" in row:
            values["where"] = _where(row["where"], place)
        if "sent" in row:
            values["sent"] = flag_of(row["sent"], place, "sent")
        if "receipts" in row:
            values["receipts"] = texts_of(row["receipts"], place, "receipts")
        if "versions" in row and "owner" not in row:
            raise place.fail("whose lists? name an owner", "versions")
        out.append(Satisfier(**values))
    return tuple(out)


def _triggers(rows: Any, place: Place) -> tuple[Trigger, ...]:
    out = []
    for row in _rows(rows, place, "trigger"):
        only(row, Trigger.__dataclass_fields__, place, required=("type",))
        values: dict[str, Any] = {"type": matching(TYPE, row["type"], place, "trigger", _A_TYPE)}
        if "where" in row:
            values["where"] = _where(row["where"], place)
        if "kind" in row:
            values["kind"] = text_of(row["kind"], place, "kind")
        if "performer" in row:
            values["performer"] = one_of(row["performer"], ("obligor",), place, "performer")
        if "falls" in row:
            values["falls"] = one_of(row["falls"], FALLS, place, "falls")
        out.append(Trigger(**values))
    return tuple(out)


def _where(table: Any, place: Place) -> Where:
    """Fields with the values that they may have: a text, a list of texts, or true or false."""
    if type(table) is not dict or not table:
        raise place.fail('expected a table such as { subject = "team" }', "where")
    out = []
    for name, value in table.items():
        matching(_FIELD, name, place, "where", "the name of a field")
        given = value if type(value) is list else [value]
        if not given or any(type(v) not in (str, bool) or v == "" for v in given):
            raise place.fail(f"expected a text, a list of texts, true or false for {name!r}", "where")
        out.append((name, tuple(given)))
    return tuple(out)


def cross(
    duties: Mapping[str, Duty],
    levels: Mapping[str, Level],
    bodies: Mapping[str, Any],
    lists: Mapping[str, str],
    elsewhere: tuple[str, ...],
    settings: Settings,
    source: str,
    problems: Problems,
) -> None:
    """What a duty refers to must be there."""
    declared = set(duties) | set(re.findall(r'^id\s*=\s*"([^"]+)"', source, re.MULTILINE))
    for name in settings.unshared:
        if name not in declared:
            problems.add(Place(source, r"\[settings\]", "settings").fail(f"{name!r} is no duty", "unshared"))
    for duty in duties.values():
        place = Place(source, rf'id\s*=\s*"{re.escape(duty.id)}"', f"duty {duty.id}")
        for key, known in (("levels", levels), ("recipients", bodies), ("lists", lists)):
            for name in getattr(duty, key):
                if name not in known:
                    header = "bodies" if key == "recipients" else key
                    problems.add(place.fail(f"{name!r} is not declared under [{header}]", key))
        for name in duty.satisfies:
            if name not in declared and name not in elsewhere:
                words = f"{name!r} is neither a duty of this rule set nor named in elsewhere"
                problems.add(place.fail(words, "satisfies"))
        for name in duty.derived_from:
            if name not in declared and name != "ledger":
                problems.add(place.fail(f"{name!r} is neither a duty of this rule set nor 'ledger'", "derived_from"))
        for key, level, name in _other_days(duty):
            if name in duties or name not in declared:
                problems.each(partial(_refers, duties.get(name), duty, level, place, key))


def _other_days(duty: Duty) -> Iterator[tuple[str, str, str]]:
    """The duties whose day this one takes: key, level, id."""
    for key, table in (("due", duty.due), ("amber", duty.amber)):
        for level, rows in table.items():
            for row in rows:
                if row.startswith("as "):
                    yield key, level, row[3:]


def _refers(other: Duty | None, duty: Duty, level: str, place: Place, key: str) -> None:
    if other is None or level not in other.due or other.cadence != duty.cadence:
        raise place.fail(f"refers to no duty of the same cadence at the level {level}", key)
    if any(row.startswith("as ") for row in other.due[level]):
        raise place.fail(f"{other.id} takes its own day from another duty; name that one", key)
