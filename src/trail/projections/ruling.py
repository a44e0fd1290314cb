"""
Which rules hold when: rule sets adopted, deadlines and holidays set, as events tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from trail.evidence.record import Record
from trail.rules.calendar import WorkDays, day_of, happened_day, named, period
from trail.rules.model import RuleSet, Settings
from trail.rules.obligations import Deadline

ADOPTED = "RuleSetAdopted@1"
REPEALED = "RuleSetRepealed@1"
DEADLINE = "DeadlineSet@1"
HOLIDAYS = "HolidaysSet@1"
RULE_TYPES = frozenset((ADOPTED, REPEALED, DEADLINE, HOLIDAYS))


class Adoption(NamedTuple):
    """
    A rule set adopted under a name, for periods that begin on day ``begin`` or later; None: text not at hand.

    ``repealed``: from that day on none holds under the name, until one is adopted.
    """

    name: str
    begin: int
    rules: RuleSet | None
    record: Record
    repealed: bool = False


def order(record: Record) -> tuple[int, str, int]:
    """By when it happened; within a second by stream and its version, so that the order between streams is free."""
    return (record.statement.happened.start(), record.statement.stream, record.version)


class Ruling:
    """The rules as the known events set them."""

    def __init__(self, records: Iterable[Record], known: Mapping[bytes, RuleSet]) -> None:
        """*records*: the rule events that happened, as their corrections leave them; *known*: rule sets by digest."""
        self.records = sorted(records, key=order)
        self.adoptions: list[Adoption] = []
        self._deadlines: dict[tuple[str, str], list[tuple[Deadline, frozenset[str]]]] = {}
        off: set[int] = set()
        on: set[int] = set()
        for record in self.records:
            fields: Any = record.statement.fields
            if record.statement.type == REPEALED:
                first = named(fields["first_period"])
                begin = happened_day(record.statement.happened) if first is None else first.begin
                self.adoptions.append(Adoption(fields["name"], begin, None, record, repealed=True))
            elif record.statement.type == ADOPTED:
                found = known.get(bytes(fields["digest"]))
                first = named(fields["first_period"])
                found = found if first is not None else None  # shown as a rule set that is not at hand
                begin = happened_day(record.statement.happened) if first is None else first.begin
                if found is not None:
                    begin = max(begin, period(found.first_period).begin)  # AMB20: nothing before the text itself
                self.adoptions.append(Adoption(fields["name"], begin, found, record))
            elif record.statement.type == HOLIDAYS:
                off.update(day_of(d) for d in fields.get("holidays", ()))
                on.update(day_of(d) for d in fields.get("workdays", ()))
        deadlines = [r for r in self.records if r.statement.type == DEADLINE]
        for record in sorted(deadlines, key=lambda r: (r.statement.stream, r.version)):
            self._add_deadline(record)
        self._off, self._on = off, on
        self._in_force: dict[int, list[Adoption]] = {}
        self._work: dict[bytes, WorkDays] = {}
        self._settings: dict[int, tuple[Settings, WorkDays]] = {}

    def _add_deadline(self, record: Record) -> None:
        fields: Any = record.statement.fields
        deadline = Deadline(day_of(fields["due"]), record.position)
        key = (fields["duty"], record.statement.period or "")
        self._deadlines.setdefault(key, []).append((deadline, frozenset(fields.get("units") or ())))

    def find(self, duty: str, period: str, unit: str) -> Deadline | None:
        """The day set for *duty* in *period* of *unit*: the last one set for it."""
        for deadline, units in reversed(self._deadlines.get((duty, period), ())):
            if not units or unit in units:
                return deadline
        return None

    def in_force(self, day: int) -> list[Adoption]:
        """For each name, the last adoption that covers periods beginning on *day*, unless it was repealed since."""
        known = self._in_force.get(day)
        if known is None:
            found: dict[str, Adoption] = {}
            for adoption in self.adoptions:
                if adoption.begin <= day:
                    found[adoption.name] = adoption
            known = self._in_force[day] = [found[name] for name in sorted(found) if not found[name].repealed]
        return known

    def adopted(self) -> list[RuleSet]:
        """Each rule set that was ever adopted and is at hand, by name and version."""
        found = {a.rules.digest: a.rules for a in self.adoptions if a.rules is not None}
        return sorted(found.values(), key=lambda r: (r.instrument, r.version, r.digest))

    @cached_property
    def first_day(self) -> int | None:
        """The first day on which any rule set is in force."""
        return min((a.begin for a in self.adoptions if not a.repealed), default=None)

    def work(self, rules: RuleSet | None) -> WorkDays:
        """The working days, by events and by the rule set's own table."""
        key = b"" if rules is None else rules.digest
        if key not in self._work:
            off, on = set(self._off), set(self._on)
            if rules is not None:
                off.update(map(day_of, rules.settings.holidays))
                on.update(map(day_of, rules.settings.workdays))
            self._work[key] = WorkDays(frozenset(off), frozenset(on))
        return self._work[key]

    def labelling(self, day: int) -> tuple[Settings, WorkDays]:
        """The settings and working days for the recording labels of acts on *day*."""
        found = self._settings.get(day)
        if found is None:
            rules = next((a.rules for a in self.in_force(day) if a.rules is not None), None)
            found = self._settings[day] = (Settings() if rules is None else rules.settings, self.work(rules))
        return found
