"""
The shapes that the values of a rule set file may have; each check names the place where it failed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from trail.errors import CallerError
from trail.rules.calendar import day_of, period

T = TypeVar("T")


class Problem(NamedTuple):
    """What is wrong with a rule set file: on which line (0: not found), in what part, at which key, in words."""

    line: int
    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return self.message


class Problems:
    """Gathers what is wrong with a file, so that whoever edits it sees more than the first problem."""

    def __init__(self) -> None:
        self.errors: list[CallerError] = []

    def take(self, read: Callable[[], T], otherwise: T) -> T:
        """What *read* gives; if it refuses, *otherwise*, and the problem is kept."""
        try:
            return read()
        except CallerError as error:
            self.errors.append(error)
            return otherwise

    def each(self, *checks: Callable[[], object]) -> None:
        """Run each of *checks*, and keep what they refuse."""
        for check in checks:
            self.take(check, None)

    def add(self, error: CallerError) -> None:
        """Keep a problem."""
        self.errors.append(error)

    def all(self) -> list[Problem]:
        """The problems by line, each once."""
        found: dict[Problem, None] = {}
        for error in self.errors:
            facts: dict[str, Any] = error.facts
            row = Problem(facts.get("line", 0), facts.get("where", ""), facts.get("key", ""), error.message)
            found[row] = None
        return sorted(found, key=lambda p: p.line)


class Place(NamedTuple):
    """Where a message points: the file's text, the table header to look below, and words for it."""

    text: str
    table: str
    words: str

    def fail(self, message: str, key: str = "", line: int = 0) -> CallerError:
        """The error for *key* of this table; *line* where it is known otherwise."""
        line = line or _line(self.text, self.table, key)
        where = ", ".join(x for x in (self.words, key and f"key {key!r}", line and f"line {line}") if x)
        advice = "Correct the rule set file and load it again; docs/rules.md explains every key."
        text = f"{where}: {message}" if where else message
        return CallerError(text, advice=advice, where=self.words, key=key, line=line)


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


def only(table: Mapping[str, Any], known: Iterable[str], place: Place, required: Iterable[str] = ()) -> None:
    allowed = set(known)
    for key in table:
        if key not in allowed:
            raise place.fail(f"unknown key; known are {', '.join(sorted(allowed))}", key)
    for key in sorted(required):
        if key not in table:
            raise place.fail(f"missing key {key!r}")


def table_of(document: Mapping[str, Any], key: str, place: Place) -> dict[str, Any]:
    """A table."""
    value = document.get(key, {})  # that it is missing is said elsewhere
    if type(value) is not dict:
        raise place.fail("expected a table", key)
    return value


def text_of(value: Any, place: Place, key: str) -> str:
    """A text that is not empty."""
    if type(value) is not str or not value:
        raise place.fail("expected a text", key)
    return value


def texts_of(value: Any, place: Place, key: str, among: Iterable[str] = ()) -> tuple[str, ...]:
    allowed = tuple(among)
    if type(value) is not list or len(set(map(str, value))) != len(value):
        raise place.fail("expected a list of distinct texts", key)
    for item in value:
        if type(item) is not str or not item or (allowed and item not in allowed):
            raise place.fail(f"expected {'one of ' + ', '.join(allowed) if allowed else 'a text'}, not {item!r}", key)
    return tuple(value)


def one_of(value: Any, allowed: Iterable[str], place: Place, key: str) -> str:
    """One of the *allowed* texts."""
    if type(value) is not str or value not in tuple(allowed):
        raise place.fail(f"expected one of {', '.join(allowed)}, not {value!r}", key)
    return value


def matching(pattern: re.Pattern[str], value: Any, place: Place, key: str, what: str) -> str:
    """A text of a *pattern*; *what* says which in words."""
    if type(value) is not str or not pattern.fullmatch(value):
        raise place.fail(f"expected {what}, not {value!r}", key)
    return value


def whole(value: Any, low: int, high: int, place: Place, key: str) -> int:
    """A whole number within bounds."""
    if type(value) is not int or not low <= value <= high:
        raise place.fail(f"expected a whole number from {low} to {high}", key)
    return value


def date_of(value: Any, place: Place, key: str) -> str:
    """A real date as text."""
    try:
        if type(value) is not str or dt.date.fromordinal(day_of(value)).isoformat() != value:
            raise ValueError(value)
    except ValueError:
        raise place.fail('expected a date as text, such as "2017-10-16"', key) from None
    return value


def period_of(value: Any, place: Place, key: str) -> str:
    """The label of a period."""
    try:
        return period(text_of(value, place, key)).label
    except CallerError:
        raise place.fail('expected a period, such as "2026" or "2026-H1"', key) from None


def flag_of(value: Any, place: Place, key: str) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise place.fail("expected true or false", key)
    return value
