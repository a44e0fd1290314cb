"""
On whom an event falls that makes a duty due (class E).

It falls on the unit that it names (its unit, its field ``units``, the units of its field ``posts``), or on the nearest
above that belongs to a level: on the body and the leader there.  On another member of a team it falls if the unit
named lies in their portfolio, or if their post is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from trail.evidence.record import Record
from trail.projections.conditions import kind_counts, where_holds
from trail.projections.roster import Roster
from trail.rules.calendar import happened_day
from trail.rules.groups import level_of, seat_of
from trail.rules.model import Duty, RuleSet, Trigger
from trail.rules.obligors import Seat, heads_of, kinds_of, obliges_body


class Fallen(NamedTuple):
    """An event that makes duties due: on which day, which units and posts it names, and in which posts it was done."""

    record: Record
    day: int
    units: tuple[str, ...]
    posts: frozenset[str]
    by: frozenset[str]


class Falling:
    """The *triggers* by the units on which they may fall."""

    def __init__(self, triggers: Sequence[Record], roster: Roster) -> None:
        self._triggers, self._roster = triggers, roster
        self._by_type: dict[bytes, dict[str, list[Duty]]] = {}

    def on(self, unit: str) -> Iterable[Fallen]:
        """The events that may fall on *unit*, or on the unit whose discipline commission it is."""
        rows = {f.record.statement.id: f for f in self._table.get(unit, ())}
        for fallen in list(self._table.get(self._roster.last_parent(unit) or "", ())):
            rows.setdefault(fallen.record.statement.id, fallen)
        return rows.values()

    @cached_property
    def _table(self) -> dict[str, list[Fallen]]:
        table: dict[str, list[Fallen]] = {}
        for record in self._triggers:
            fallen = self._fallen(record)
            reach: dict[str, None] = {}
            for unit in fallen.units:
                reach.update(dict.fromkeys((unit, *self._roster.ancestors(unit, fallen.day))))
                over = (self._roster.post(p) for p in self._roster.in_charge(unit, fallen.day))
                reach.update((post.unit, None) for post in over if post is not None)
            own = (self._roster.post(p) for p in fallen.by)
            reach.update((post.unit, None) for post in own if post is not None)
            reach.update((p.who, None) for p in record.statement.performers if p.kind == "body")
            for unit in reach:
                table.setdefault(unit, []).append(fallen)
        return table

    def _fallen(self, record: Record) -> Fallen:
        statement = record.statement
        fields: Any = statement.fields
        posts = frozenset(fields.get("posts", ()))
        known = (self._roster.post(post) for post in sorted(posts))
        units = (statement.unit, *fields.get("units", ()), *(p.unit for p in known if p is not None))
        by = frozenset(p.post for p in statement.performers if p.kind == "person" and p.post)
        return Fallen(record, happened_day(statement.happened), tuple(dict.fromkeys(u for u in units if u)), posts, by)

    def duties(self, rules: RuleSet, record: Record) -> list[Duty]:
        """The duties that *record* makes due under *rules*."""
        if rules.digest not in self._by_type:
            found: dict[str, list[Duty]] = {}
            for duty in rules.duties.values():
                for type_ in dict.fromkeys(t.type for t in duty.trigger):
                    found.setdefault(type_, []).append(duty)
            self._by_type[rules.digest] = found
        rows = self._by_type[rules.digest].get(record.statement.type, ())
        return [duty for duty in rows if any(_matches(t, record, rules) for t in duty.trigger)]

    def posts(self, rules: RuleSet, duty: Duty, fallen: Fallen, unit: str, seat: Seat | None) -> Iterator[str | None]:
        """On what it falls in *unit*: its body (None), or posts."""
        found: dict[str | None, None] = {}
        for trigger in duty.trigger:
            if _matches(trigger, fallen.record, rules):
                found.update(dict.fromkeys(self._hit(rules, duty, trigger, fallen, unit, seat)))
        yield from found

    def _hit(
        self, rules: RuleSet, duty: Duty, trigger: Trigger, fallen: Fallen, unit: str, seat: Seat | None
    ) -> Iterator[str | None]:
        day, roster = fallen.day, self._roster
        existing = [p for p in roster.posts(unit) if p.begin <= day < p.end]
        if "head" in duty.obliged and unit in fallen.units:
            for name in duty.levels:
                yield from heads_of(rules, roster, unit, rules.levels[name], day)
        if seat is None or seat.level.name not in duty.levels:
            return
        kinds = kinds_of(duty, seat.level)
        if trigger.performer:
            bodies = {p.who for p in fallen.record.statement.performers if p.kind == "body"}
            if obliges_body(duty, seat) and (unit in bodies or any(p.id in fallen.by for p in existing)):
                yield None
            yield from (p.id for p in existing if p.kind in kinds and p.id in fallen.by)
            return
        if self._reaches(rules, duty, trigger, fallen, unit, seat):
            if obliges_body(duty, seat):
                yield None
            if not seat.commission:
                whole = _whole(duty, seat)
                yield from (p.id for p in existing if p.kind in whole)
        if not seat.commission:
            yield from (p.id for p in existing if p.kind in kinds and self._concerns(p.id, fallen))

    def _reaches(self, rules: RuleSet, duty: Duty, trigger: Trigger, fallen: Fallen, unit: str, seat: Seat) -> bool:
        """Whether it falls on the body and the leader of *unit*, or of the unit whose commission it is."""
        for named in fallen.units:
            if named == unit and (trigger.falls == "named" or seat.level.name in duty.levels):
                return True
            if trigger.falls == "named" and seat_of(rules, self._roster, named, fallen.day) is not None:
                continue  # a commission's own affair is not that of the unit above
            for at in (named, *self._roster.ancestors(named, fallen.day)):
                level = level_of(rules, self._roster, at, fallen.day)
                if level is not None and (trigger.falls == "named" or level.name in duty.levels):
                    if at == seat.unit:
                        return True
                    break
        return False

    def _concerns(self, post: str, fallen: Fallen) -> bool:
        """Whether it names the post, or a unit in its portfolio."""
        if post in fallen.posts:
            return True
        rows = self._roster.portfolio(post)
        return any(a <= fallen.day < b and not set(units).isdisjoint(fallen.units) for a, b, units in rows)


def _whole(duty: Duty, seat: Seat) -> frozenset[str]:
    """The kinds of post on which it falls whenever it falls on the unit: leader, principals, who keeps the record."""
    level = seat.level
    kinds = {
        "leader": level.leader, "principal": (*level.leader, *level.principals), "recorder": level.recorders,
    }  # fmt: skip
    return frozenset(kind for who in duty.obliged for kind in kinds.get(who, ()))


def _matches(trigger: Trigger, record: Record, rules: RuleSet) -> bool:
    statement = record.statement
    if statement.type != trigger.type or (trigger.where and not where_holds(statement.fields, trigger.where)):
        return False
    return not trigger.kind or kind_counts(statement.fields, trigger.kind, rules.settings)
