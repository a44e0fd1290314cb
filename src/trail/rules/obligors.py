"""
Who is obliged: of a unit on a day the body, or posts of certain kinds, by the words of a duty (`model.OBLIGED`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from trail.rules.groups import governed_by, level_of, seat_of
from trail.rules.model import Duty, Level, RuleSet
from trail.rules.people import Roster


class Seat(NamedTuple):
    """A unit's level on a day; ``unit`` is the unit itself, or the one whose discipline commission it is."""

    unit: str
    level: Level
    commission: bool


class Seats:
    """The levels of one unit, each day looked up once."""

    __slots__ = ("_known", "_roster", "_rules", "_unit")

    def __init__(self, rules: RuleSet, roster: Roster, unit: str) -> None:
        self._rules, self._roster, self._unit = rules, roster, unit
        self._known: dict[int, Seat | None] = {}

    def on(self, day: int) -> Seat | None:
        """The level of the unit on *day*; None: it has none."""
        if day not in self._known:
            self._known[day] = self._find(day)
        return self._known[day]

    def _find(self, day: int) -> Seat | None:
        level = level_of(self._rules, self._roster, self._unit, day)
        if level is not None:
            return Seat(self._unit, level, False)
        found = seat_of(self._rules, self._roster, self._unit, day)
        return None if found is None else Seat(*found, True)


def obliges_body(duty: Duty, seat: Seat) -> bool:
    """Whether *duty* obliges the body of a unit with this seat."""
    return seat.level.name in duty.levels and ("commission" if seat.commission else "team") in duty.obliged


def kinds_of(duty: Duty, level: Level) -> frozenset[str]:
    """The kinds of post that *duty* obliges in a unit of *level*; heads are asked for apart."""
    found: set[str] = set()
    for who in duty.obliged:
        found.update(_KINDS[who](level) if who in _KINDS else ())
    return frozenset(found)


_KINDS: Final[Mapping[str, Callable[[Level], Iterable[str]]]] = {
    "leader": lambda level: level.leader,
    "member": lambda level: level.members,
    "deputy": lambda level: [k for k in level.members if k not in level.principals and k not in level.leader],
    "principal": lambda level: (*level.leader, *level.principals),
    "cadre": lambda level: level.cadres,
    "recorder": lambda level: level.recorders,
}


def heads_of(rules: RuleSet, roster: Roster, unit: str, level: Level, day: int) -> Iterator[str]:
    """The heads of *unit* on *day*, where it lies in the portfolio of a team of *level* (but not in their own)."""
    over = [p for p in roster.in_charge(unit, day) if governed_by(rules, roster, p, level, day)]
    if over:
        for post in roster.posts(unit):
            if post.kind in level.heads and post.id not in over and post.begin <= day < post.end:
                yield post.id
