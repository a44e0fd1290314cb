"""
Status as of a date, as known from a number of records: a pure fold over records.

Two axes.  ``known_at`` is a tree size k: positions up to k are taken, and corrections and voidings among them applied
whatever their date.  Then what happened before ``as_of`` is kept, of acts, roster, rules and deadlines alike.  For
both, a date D means before D+1 00:00 Asia/Shanghai.  Nothing is kept between two questions but what they share.

    snapshot = Snapshot(records, rule_sets, as_of="2026-07-31", now=clock)
    snapshot.unit("jia").overdue()
    snapshot.unit("jia").diff(earlier.unit("jia"))

One pass sorts the records; a unit's obligations are reckoned when it is asked for.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

from trail.aggregates.state import Gap
from trail.errors import CallerError
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES
from trail.projections.beside import Besides
from trail.projections.claims import Claim, Finder
from trail.projections.edits import Edits
from trail.projections.index import Acts, Bound, Sorted, settle
from trail.projections.ledger import Entry, Explainer, ledger
from trail.projections.listing import GAP_TYPES, UnitGaps
from trail.projections.outcome import outcome
from trail.projections.person import person_status
from trail.projections.roster import Roster
from trail.projections.ruling import RULE_TYPES, Ruling
from trail.projections.tenures import ROSTER_TYPES
from trail.projections.values import Because, Missing, Obligation, PersonStatus, UnitStatus, View
from trail.rules.calendar import date_text, day_at, day_of, periods, start_of
from trail.rules.model import CADENCES, COUNTED, ORDER, RuleSet
from trail.rules.obligations import Demand, demands

_FIXED = {"edits": EDIT_TYPES, "roster": ROSTER_TYPES, "rules": RULE_TYPES, "gaps": GAP_TYPES | EDIT_TYPES,
          "orders": frozenset((ORDER,))}  # fmt: skip


class Reckoned:
    """A demand with the claims on it, before any instant is asked about."""

    __slots__ = ("claims", "demand", "gaps", "voided")

    def __init__(self, demand: Demand, claims: list[Claim], gaps: list[Gap], voided: list[Claim]) -> None:
        self.demand, self.claims, self.gaps, self.voided = demand, claims, gaps, voided


class Snapshot:
    """
    The status that *records* (ascending positions from 1) give, under those of *rule_sets* that were adopted.

    ``as_of``: UTC seconds (exclusive) or a date; None: *now*.  ``known_at``: a tree size, or a date; None: all.
    *now* is UTC seconds, passed in: nothing here reads a clock.
    """

    def __init__(
        self,
        records: Iterable[Record],
        rule_sets: Iterable[RuleSet] | Mapping[bytes, RuleSet],
        *,
        as_of: int | str | None = None,
        known_at: int | str | None = None,
        now: int,
    ) -> None:
        rows = records if isinstance(records, Sequence) else list(records)
        size = rows[-1].position if rows else 0
        if isinstance(known_at, str):
            known_at = size_at(rows, bound_of(known_at))
        if known_at is not None and known_at < size:
            rows = [r for r in rows if r.position <= known_at]
        self.records: Sequence[Record] = rows
        known = rule_sets.values() if isinstance(rule_sets, Mapping) else rule_sets
        self.rule_sets = {rules.digest: rules for rules in known}
        self.view = View(as_of=now if as_of is None else bound_of(as_of), known_at=rows[-1].position if rows else 0)
        self._bound = Bound(self.view.as_of)
        types = frozenset(t for rules in self.rule_sets.values() for t in rules.types())
        self._sorted = Sorted(rows, types, _FIXED)
        self.edits = Edits(self._sorted.other["edits"])
        self._reckoned: dict[str, list[Reckoned]] = {}
        self._units: dict[str, UnitStatus] = {}
        self._reminders: dict[tuple[bytes, int], str] = {}

    # -- what is asked

    def unit(self, unit: str) -> UnitStatus:
        """
        The status of a unit.

        Raises:
            CallerError: No such unit, as far as the known records tell.
        """
        if unit not in self._units:
            day = day_at(self.view.as_of - 1)
            if unit not in self.roster.units():
                advice = "Look up the unit's id in the registry, or ask as of a later date."
                raise CallerError(f"no such unit: {unit}", advice=advice, unit=unit)
            with _no_collection():
                rows = [self.obligation(r) for r in self.reckoned(unit)]
            self._units[unit] = UnitStatus(
                unit=unit, name=self.roster.name(unit, day), kind=self.roster.kind(unit, day), view=self.view,
                obligations=tuple(rows), gaps=self._rule_gaps() + self._gaps.of(unit),
                context=lambda: self._context(unit), beside=lambda: self.besides.of(unit),
                facts_of=lambda duty: self.facts(unit, duty),
            )  # fmt: skip
        return self._units[unit]

    def person(self, person: str) -> PersonStatus:
        """
        The status of a person.

        Raises:
            CallerError: No post and no act of such a person is known.
        """
        return person_status(self, person)

    def facts(self, unit: str, duty: str) -> tuple[Because, ...]:
        """What was recorded of a unit for a duty, of whatever class: facts, never a state."""
        return self.explain.records(self.besides.facts(unit, duty))

    def coming(self, unit: str, until: int) -> list[Obligation]:
        """
        The obligations of periods that begin after ``as_of``, and on or before day *until*, by their due day.

        As far as is known: with today's rules and roster, and what was done ahead.
        """
        first = day_at(self.view.as_of - 1) + 1
        rows = [self.reckon(demand) for demand in self.demands(unit, COUNTED, first, until + 1)]
        return [self.obligation(r) for r in sorted(rows, key=_by_due)]

    def units(self) -> list[str]:
        """Every unit that the known records name, in order of their ids."""
        return self.roster.units()

    @cached_property
    def ledger(self) -> tuple[Entry, ...]:
        """Every known record, originals beside their edits, with labels; before the ``as_of`` filter."""
        return tuple(ledger(self.records, self.edits, self.explain))

    def size_before(self, instant: int) -> int:
        """The tree size known before an instant, of what is known here."""
        return size_at(self.records, instant)

    def known_then(self, size: int) -> Snapshot:
        """The snapshot as of the same date, as known at *size*, as it was on the day."""
        return Snapshot(self.records, self.rule_sets, as_of=self.view.as_of, known_at=size, now=self.view.as_of)

    # -- what it rests on, each reckoned once

    @cached_property
    def roster(self) -> Roster:
        """The roster as the known records tell it."""
        return Roster(self._settled("roster", self._bound))

    @cached_property
    def ruling(self) -> Ruling:
        """The rules in force."""
        return Ruling(self._settled("rules", self._bound), self.rule_sets, self.roster)

    @cached_property
    def explain(self) -> Explainer:
        """What labels records."""
        return Explainer(self.roster, self.ruling, self.edits, self._originals, self._whole)

    def _whole(self) -> tuple[Roster, Ruling]:
        """Roster and rules as all known records tell them, whatever ``as_of``; where that is no more, the same ones."""
        rosters, rulings = self._settled("roster", None), self._settled("rules", None)
        same_roster = len(rosters) == len(self._settled("roster", self._bound))
        roster = self.roster if same_roster else Roster(rosters)
        same_ruling = same_roster and len(rulings) == self.ruling.count
        return roster, self.ruling if same_ruling else Ruling(rulings, self.rule_sets, roster)

    def _settled(self, sort: str, bound: Bound | None) -> list[Record]:
        return settle(self._sorted.other[sort], self.edits, bound)[0]

    @cached_property
    def _originals(self) -> dict[bytes, Record]:
        if not self.edits:
            return {}
        return {r.statement.id: r for r in self.records if r.statement.id in self.edits}

    @cached_property
    def _finders(self) -> tuple[Finder, Finder | None]:
        kept, void = settle(self._sorted.acts, self.edits, self._bound)
        orders = {r.statement.id: self.edits.apply(r) or r for r in self._sorted.other["orders"]}
        finders: list[Finder | None] = []
        for records in (kept, void):
            acts = Acts(self.rule_sets.values())
            acts.fill(records)
            finders.append(Finder(acts, self.roster, self.edits, orders))
        return finders[0] or Finder(Acts(()), self.roster, self.edits, orders), finders[1] if void else None

    @property
    def finder(self) -> Finder:
        """What looks for acts."""
        return self._finders[0]

    @property
    def void_finder(self) -> Finder | None:
        """What looks for acts that were voided; None: there are none."""
        return self._finders[1]

    @cached_property
    def besides(self) -> Besides:
        """What stands beside obligations, by unit."""
        return Besides(self)

    @cached_property
    def _gaps(self) -> UnitGaps:
        return UnitGaps(self._sorted.other["gaps"], self._bound, self.roster)

    def reckoned(self, unit: str) -> list[Reckoned]:
        """The demands on *unit* with the claims on them, in order of their due day."""
        if unit not in self._reckoned:
            rows = [self.reckon(demand) for demand in self.demands(unit)]
            rows.sort(key=_by_due)
            _unshare(rows)
            self._reckoned[unit] = rows
        return self._reckoned[unit]

    def demands(
        self, unit: str, classes: frozenset[str] = COUNTED, first: int | None = None, until: int | None = None
    ) -> Iterator[Demand]:
        """What *unit* owes in the periods that begin from day *first* on, before day *until* (None: by ``as_of``)."""
        ruling, begin = self.ruling, self.ruling.first_day
        if begin is None:
            return
        first = begin if first is None else max(first, begin)
        until = day_at(self.view.as_of - 1) + 1 if until is None else until
        for rules in ruling.adopted():
            work = ruling.work(rules)
            for cadence in CADENCES:
                for period in periods(cadence, first, until, rules.settings):
                    if any(a.rules is rules for a in ruling.in_force(period.begin)):
                        yield from demands(rules, unit, period, self.roster, ruling, work, cadence, classes)

    def reckon(self, demand: Demand) -> Reckoned:
        """The claims on a demand."""
        finder, void = self._finders
        claims, gaps = finder.claims(demand)
        return Reckoned(demand, claims, gaps, void.claims(demand)[0] if void else [])

    def obligation(self, reckoned: Reckoned) -> Obligation:
        """How a demand stands, as a value."""
        demand, duty = reckoned.demand, reckoned.demand.duty
        found = outcome(demand, reckoned.claims, self.view.as_of)
        used = found.used
        return Obligation(
            duty=duty.id, article=duty.article, text=duty.text, period=demand.period.label, unit=demand.unit,
            post=demand.post, holder=demand.holder, bound=duty.bound, due=date_text(demand.due),
            due_until=demand.due_until, remind=self._remind(demand),
            state=found.state, required=found.required, done=found.done,
            missing=tuple(self.missing(demand, key, count) for key, count in found.lacking),
            completed=found.completed, unreceived=self._unreceived(demand, used),
            gaps=self._questions(demand, used, reckoned.gaps), rules=demand.rules.name, source=duty.source,
            due_source=duty.due_source,
            explain=lambda: self.explain.because(demand, used, reckoned.voided),
        )  # fmt: skip

    def _questions(self, demand: Demand, used: Sequence[Claim], gaps: Sequence[Gap]) -> tuple[Gap, ...]:
        if not used and not gaps:
            return ()
        return tuple(dict.fromkeys((*self.explain.gaps(demand, used), *gaps)))

    def _remind(self, demand: Demand) -> str:
        """The last working day by the due day."""
        key = (demand.rules.digest, demand.due)
        found = self._reminders.get(key)
        if found is None:
            found = date_text(self.ruling.work(demand.rules).before(demand.due))
            self._reminders[key] = found
        return found

    def missing(self, demand: Demand, key: tuple[str, str, str], count: int) -> Missing:
        """A key that is not covered, with who holds the counterpart's post on the due day."""
        counterpart, recipient, kind = key
        holder = self.roster.holder(counterpart, demand.due) if counterpart else None
        return Missing(counterpart, recipient, kind, (holder,) if holder else (), count)

    def _unreceived(self, demand: Demand, used: Sequence[Claim]) -> tuple[str, ...]:
        if not used or not used[0].key.recipient:
            return ()
        types = tuple(t for s in demand.rules.satisfiers(demand.duty) for t in s.receipts)
        if not types:
            return ()
        finder = self._finders[0]
        open_ = {c.key.recipient for c in used if c.key.recipient not in finder.receipts(c.record, types)}
        return tuple(sorted(open_ - {"", "*"}))

    def _rule_gaps(self) -> tuple[Gap, ...]:
        unknown = [a for a in self.ruling.adoptions if a.rules is None and not a.repealed]
        en = "a rule set was adopted whose text is not at hand; what it demands is not shown"
        zh = "已采用的规则文本未提供，其要求未显示"
        gaps = [Gap("RULES_UNKNOWN", (a.record.position,), f"{en}: {a.name}", f"{zh}：{a.name}") for a in unknown]
        en = "set by somebody who is not known to set rules for those concerned; it changes nothing"
        zh = "所记规则、期限或节假日并非由已知有权者设定，未予采用"
        gaps += [Gap("RULES_ASTRAY", (record.position,), en, zh) for record in self.ruling.astray]
        return tuple(gaps)

    def _context(self, unit: str) -> tuple[Because, ...]:
        """The roster and rule events that a unit's obligations rest on."""
        roster = self.roster
        names = (unit, *(post.id for post in roster.posts(unit)))
        rows = {r.position: r for name in names for r in roster.positions.get(name, ())}
        rows |= {r.position: r for r in self.ruling.records}
        return self.explain.records(rows[p] for p in sorted(rows))


@contextmanager
def _no_collection() -> Iterator[None]:
    """
    No cyclic collection while one unit is reckoned: it makes no cycles, and each would walk all records of the log.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _by_due(r: Reckoned) -> tuple[int, str, str, str, str]:
    demand = r.demand
    return (demand.due_until, demand.duty.id, demand.post or "", demand.person or "", demand.rules.instrument)


def _unshare(rows: Sequence[Reckoned]) -> None:
    """Take from each duty the acts that an unshared one uses itself (AMB13): its earliest, as many as it needs."""
    for one in rows:
        rules, duty = one.demand.rules, one.demand.duty
        if duty.id in rules.settings.unshared:
            claims = sorted(one.claims, key=lambda c: (c.when, c.record.statement.id))
            taken = set(list(dict.fromkeys(c.record.statement.id for c in claims))[: duty.minimum])
            for other in rows:
                if other.demand.rules is rules and other.demand.duty.id in duty.satisfies:
                    other.claims = [c for c in other.claims if c.record.statement.id not in taken]


def bound_of(when: int | str) -> int:
    """The instant (exclusive, UTC seconds) that a view's date or instant means; raises `CallerError`."""
    if isinstance(when, int):
        return when
    try:
        return start_of(day_of(when) + 1)
    except ValueError:
        raise CallerError(f"not a date: {when!r}", advice="Write dates as YYYY-MM-DD.", when=when) from None


def size_at(records: Sequence[Record], bound: int) -> int:
    """The tree size known before an instant: the last position recorded before *bound*, whatever the clock did."""
    return next((r.position for r in reversed(records) if r.recorded < bound), 0)
