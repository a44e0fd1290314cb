"""
Which rules hold when: rule sets adopted, deadlines and holidays set, as events tell.

Rules bind others, so an event sets them only if it comes from above: performed by the topmost unit (or in a post of
it), and signed by persons who are known to hold the post that they signed in.  A deadline may also be set by a unit
above all those that it names, never by these themselves, and by the commission right below the topmost unit, with
which they file (AMB1).  Anybody's key can sign such an event, and the log keeps it; one that does not come from above
changes nothing and is shown as a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from trail.evidence.record import Performer, Record
from trail.projections.labels import NOT_HELD, post_label
from trail.projections.roster import Roster
from trail.rules.calendar import WorkDays, day_of, happened_day, named, period
from trail.rules.model import RuleSet, Settings
from trail.rules.obligations import Deadline

ADOPTED = "RuleSetAdopted@1"
REPEALED = "RuleSetRepealed@1"
DEADLINE = "DeadlineSet@1"
HOLIDAYS = "HolidaysSet@1"
COMMISSION = "commission"
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


def from_above(record: Record, roster: Roster) -> bool:
    """Whether a rule event comes from those who set rules, by what *roster* knows; see the module's comment."""
    statement = record.statement
    day = happened_day(statement.happened)
    if not all(_is_above(record, _unit_of(one, roster), roster, day) for one in statement.performers):
        return False
    return all(post_label(roster, s.person, s.post, record) != NOT_HELD for s in statement.signers)


def _is_above(record: Record, unit: str | None, roster: Roster, day: int) -> bool:
    if unit is None or not roster.kind(unit, day):
        return False
    above = roster.parent(unit, day)
    if above is None or record.statement.type != DEADLINE:
        return above is None
    fields: Any = record.statement.fields
    units = fields.get("units") or ()
    if roster.kind(unit, day) == COMMISSION and roster.parent(above, day) is None:
        return True
    return bool(units) and all(unit in roster.ancestors(u, day) for u in units)


def _unit_of(performer: Performer, roster: Roster) -> str | None:
    if performer.kind == "body":
        return performer.who
    post = roster.post(performer.post)
    return None if post is None else post.unit


class Ruling:
    """
    The rules as the known events set them; ``astray`` are events that set nothing, for they don't come from above.
    """

    def __init__(self, records: Iterable[Record], known: Mapping[bytes, RuleSet], roster: Roster) -> None:
        """*records*: the rule events that happened, as their corrections leave them; *known*: rule sets by digest."""
        given = sorted(records, key=order)
        self.count = len(given)
        self.records = [record for record in given if from_above(record, roster)]
        self.astray = [record for record in given if record not in self.records]
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
