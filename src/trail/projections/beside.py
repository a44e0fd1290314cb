"""
What stands beside the obligations of a unit: what events made due, numbers, what is in place, facts.

None of it is counted against a number.  Each is reckoned for one unit when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from trail.evidence.record import Record
from trail.projections.claims import Claim
from trail.projections.falls import Falling
from trail.projections.shown import Beside, Count, Standing, Triggered
from trail.projections.values import Because
from trail.rules.calendar import ALWAYS, date_text, day_at, happened_day, start_of
from trail.rules.model import COUNTED, Duty, RuleSet
from trail.rules.obligations import Demand, Key, recipients_on, standing_demands
from trail.rules.obligors import Seat, Seats, heads_of, kinds_of, obliges_body

if TYPE_CHECKING:
    from trail.projections.status import Snapshot

NUMBERS = frozenset("N")


class Besides:
    """Reckons what stands beside the obligations of the units of *snapshot*."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._falling = Falling(snapshot.finder.acts.triggers, snapshot.roster)
        self._known: dict[str, Beside] = {}

    def of(self, unit: str) -> Beside:
        """What stands beside the obligations of *unit*."""
        if unit not in self._known:
            rows = [*self._triggered(unit), *self._on_their_own(unit)]
            rows.sort(key=lambda t: (t.since, t.key))
            counts, standing = tuple(self._counts(unit)), tuple(self._standing(unit))
            self._known[unit] = Beside(tuple(rows), counts, standing)
        return self._known[unit]

    # -- class E

    def _triggered(self, unit: str) -> Iterator[Triggered]:
        seats: dict[bytes, Seats] = {}
        snapshot = self._snapshot
        for fallen in self._falling.on(unit):
            for adoption in snapshot.ruling.in_force(fallen.day):
                rules = adoption.rules
                if rules is None:
                    continue
                seat = seats.setdefault(rules.digest, Seats(rules, snapshot.roster, unit)).on(fallen.day)
                for duty in self._falling.duties(rules, fallen.record):
                    for post in self._falling.posts(rules, duty, fallen, unit, seat):
                        yield self._one(rules, duty, fallen.record, unit, seat, post)

    def _one(
        self, rules: RuleSet, duty: Duty, trigger: Record, unit: str, seat: Seat | None, post: str | None
    ) -> Triggered:
        snapshot, bound = self._snapshot, self._snapshot.view.as_of
        day = happened_day(trigger.statement.happened)
        to, any_of = recipients_on(rules, duty, unit, snapshot.roster, day)
        person = snapshot.roster.holder(post, day) if post is not None and duty.bound == "person" else None
        demand = self._demand(rules, duty, unit, seat, post, person, day, tuple(Key("", r, "") for r in to), any_of)
        claims = [c for c in snapshot.finder.answers(demand, trigger) if c.when < bound]
        best: dict[Key, Claim] = {}
        for claim in sorted(claims, key=lambda c: (c.when, c.record.statement.id)):
            if claim.key in demand.keys:
                best.setdefault(claim.key, claim)
        missing = tuple(k.recipient for k in demand.keys if k not in best)
        closed = max(c.when for c in best.values()) if len(best) == len(demand.keys) else None
        work = snapshot.ruling.work(rules)
        last = None if duty.within_workdays is None else work.later(day, duty.within_workdays)
        until = day_at(bound - 1 if closed is None else closed)
        used = tuple(best.values())
        return Triggered(
            duty=duty.id, article=duty.article, text=duty.text, unit=unit, post=post,
            holder=self._holder(post, person, until if last is None else last), bound=duty.bound,
            trigger=snapshot.explain.one(trigger), event=trigger.statement.id.hex(), since=date_text(day),
            state=_state(closed, bound, last), closed=closed, elapsed_workdays=work.since(day, until),
            due=None if last is None else date_text(last), missing=missing if any(missing) else (),
            gaps=tuple(dict.fromkeys(snapshot.explain.gaps(demand, used))), rules=rules.name, source=duty.source,
            explain=lambda: self._because(demand, trigger, used),
        )  # fmt: skip

    def _because(self, demand: Demand, trigger: Record, used: Iterable[Claim]) -> tuple[Because, ...]:
        void = self._snapshot.void_finder
        voided = [] if void is None else [c.record for c in void.answers(demand, trigger)]
        return self._snapshot.explain.records([trigger, *(c.record for c in used), *voided])

    def _on_their_own(self, unit: str) -> Iterator[Triggered]:
        """Duties without a trigger: each act that fits is shown as done."""
        for rules in self._snapshot.ruling.adopted():
            for duty in rules.duties.values():
                if duty.klass == "E" and not duty.trigger:
                    for demand, claim in self._done(rules, duty, unit):
                        yield self._alone(demand, claim)

    def _alone(self, demand: Demand, claim: Claim) -> Triggered:
        snapshot, record, duty = self._snapshot, claim.record, demand.duty
        day = happened_day(record.statement.happened)
        own = [p.who for p in record.statement.performers if p.post and p.post == demand.post]
        person = own[0] if own and duty.bound == "person" else None
        return Triggered(
            duty=duty.id, article=duty.article, text=duty.text, unit=demand.unit, post=demand.post,
            holder=self._holder(demand.post, person, day), bound=duty.bound, trigger=None,
            event=record.statement.id.hex(), since=date_text(day), state="closed", closed=claim.when,
            elapsed_workdays=0, due=None, missing=(),
            gaps=tuple(dict.fromkeys(snapshot.explain.gaps(demand, [claim]))), rules=demand.rules.name,
            source=duty.source, explain=lambda: snapshot.explain.records([record]),
        )  # fmt: skip

    def _done(self, rules: RuleSet, duty: Duty, unit: str) -> Iterator[tuple[Demand, Claim]]:
        """The acts that fit *duty*, for the body and each post that it obliged on the day of the act."""
        snapshot, bound = self._snapshot, self._snapshot.view.as_of
        seats = Seats(rules, snapshot.roster, unit)
        for post in (None, *(p.id for p in snapshot.roster.posts(unit))):
            if not self._ever(rules, duty, unit, post):
                continue
            demand = self._demand(rules, duty, unit, seats.on(day_at(bound - 1)), post, None, day_at(bound - 1))
            for claim in snapshot.finder.done(demand):
                day = happened_day(claim.record.statement.happened)
                in_force = any(a.rules is rules for a in snapshot.ruling.in_force(day))
                if claim.when < bound and in_force and self._obliged(rules, duty, unit, seats.on(day), post, day):
                    yield demand, claim

    def _ever(self, rules: RuleSet, duty: Duty, unit: str, post: str | None) -> bool:
        """Whether the duty could oblige the post (None: the body) at all: spares looking for its acts."""
        if post is None:
            return bool({"team", "commission"} & set(duty.obliged))
        known = self._snapshot.roster.post(post)
        levels = [rules.levels[name] for name in duty.levels]
        if "head" in duty.obliged and known is not None and any(known.kind in level.heads for level in levels):
            return True
        return known is not None and any(known.kind in kinds_of(duty, level) for level in levels)

    def _obliged(self, rules: RuleSet, duty: Duty, unit: str, seat: Seat | None, post: str | None, day: int) -> bool:
        roster = self._snapshot.roster
        if post is None:
            return seat is not None and obliges_body(duty, seat)
        known = roster.post(post)
        if known is None or not known.begin <= day < known.end:
            return False
        part = seat is not None and not seat.commission and seat.level.name in duty.levels
        if part and seat is not None and known.kind in kinds_of(duty, seat.level):
            return True
        levels = [rules.levels[name] for name in duty.levels] if "head" in duty.obliged else []
        return any(post in heads_of(rules, roster, unit, level, day) for level in levels)

    # -- class N

    def _counts(self, unit: str) -> Iterator[Count]:
        snapshot, bound = self._snapshot, self._snapshot.view.as_of
        rows = sorted(
            snapshot.demands(unit, NUMBERS),
            key=lambda d: (d.due, d.duty.id, d.post or "", d.person or "", d.rules.name),
        )
        for demand in rows:
            duty = demand.duty
            done = [c.record for c in snapshot.finder.done(demand) if c.when < bound]
            day = min(demand.period.last, day_at(bound - 1))
            yield Count(
                duty=duty.id, article=duty.article, text=duty.text, period=demand.period.label, unit=unit,
                post=demand.post, holder=self._holder(demand.post, demand.person, day), number=len(done),
                rules=demand.rules.name, source=duty.source, explain=self._explained(done),
            )  # fmt: skip

    # -- class O

    def _standing(self, unit: str) -> Iterator[Standing]:
        snapshot, ruling = self._snapshot, self._snapshot.ruling
        day = day_at(snapshot.view.as_of - 1)
        for adoption in ruling.in_force(day):
            rules = adoption.rules
            if rules is None:
                continue
            for demand in standing_demands(rules, unit, snapshot.roster, ruling, ruling.work(rules), day):
                duty = demand.duty
                holding, ended = self._holding(demand)
                since = min((c.when for c in holding), default=None)
                records = [*(c.record for c in holding), *ended]
                yield Standing(
                    duty=duty.id, article=duty.article, text=duty.text, unit=unit, post=demand.post,
                    holder=demand.holder, in_place=since is not None,
                    since=None if since is None else date_text(day_at(since)), rules=rules.name, source=duty.source,
                    explain=self._explained(records),
                )  # fmt: skip

    def _holding(self, demand: Demand) -> tuple[list[Claim], list[Record]]:
        """The acts that put something in place which nothing in their stream ended since; and what ended others."""
        finder, bound = self._snapshot.finder, self._snapshot.view.as_of
        holding, ended = [], {}
        for claim in finder.done(demand):
            if claim.when >= bound:
                continue
            ends = [
                r
                for r in finder.acts.ends.get(claim.record.statement.stream, ())
                if r.statement.type in demand.duty.ended_by and r.version > claim.record.version
            ]
            if ends:
                ended.update({r.position: r for r in (claim.record, *ends)})
            else:
                holding.append(claim)
        return holding, list(ended.values())

    # -- facts

    def facts(self, unit: str, duty: str) -> list[Record]:
        """What was recorded of *unit* for *duty*: general facts that name it, and acts that fit it."""
        snapshot, bound = self._snapshot, self._snapshot.view.as_of
        rows: dict[int, Record] = {}
        for rules in snapshot.ruling.adopted():
            one = rules.duties.get(duty)
            if one is None:
                continue
            body = self._demand(rules, one, unit, None, None, None, day_at(bound - 1))
            found = [r for r in snapshot.finder.acts.facts.get(duty, ()) if snapshot.finder.concerns(body, r)]
            if one.klass not in COUNTED:
                found += [claim.record for _, claim in self._done(rules, one, unit)]
                found += [claim.record for claim in self._answers(rules, one, unit)]
            rows |= {r.position: r for r in found}
        reckoned = [r for r in snapshot.reckoned(unit) if r.demand.duty.id == duty]
        rows |= {c.record.position: c.record for r in reckoned for c in r.claims if c.when < bound}
        return [rows[position] for position in sorted(rows)]

    def _answers(self, rules: RuleSet, duty: Duty, unit: str) -> Iterator[Claim]:
        """The acts that answered triggers of *duty*."""
        if duty.trigger:
            for fallen in self._falling.on(unit):
                seat = Seats(rules, self._snapshot.roster, unit).on(fallen.day)
                if duty in self._falling.duties(rules, fallen.record):
                    for post in self._falling.posts(rules, duty, fallen, unit, seat):
                        demand = self._demand(rules, duty, unit, seat, post, None, fallen.day)
                        yield from self._snapshot.finder.answers(demand, fallen.record)

    # -- what they share

    def _demand(
        self,
        rules: RuleSet,
        duty: Duty,
        unit: str,
        seat: Seat | None,
        post: str | None,
        person: str | None,
        day: int,
        keys: tuple[Key, ...] = (),
        any_of: frozenset[str] = frozenset(),
    ) -> Demand:
        """*duty* as a question to acts, without a period."""
        level = seat.level if seat is not None else next(iter(rules.levels.values()))
        return Demand(
            rules=rules, duty=duty, period=ALWAYS, level=level, unit=unit, post=post, person=person, holder=None,
            due=day, due_until=start_of(day + 1), amber=start_of(day), keys=keys, any_of=any_of, deadline=None,
            seat=unit if seat is None else seat.unit,
        )  # fmt: skip

    def _holder(self, post: str | None, person: str | None, day: int) -> str | None:
        if person is not None or post is None:
            return person
        return self._snapshot.roster.holder(post, day)

    def _explained(self, records: list[Record]) -> Callable[[], tuple[Because, ...]]:
        return lambda: self._snapshot.explain.records(records)


def _by_period(demand: Demand) -> tuple[int, str, str, str, str]:
    return (demand.due, demand.duty.id, demand.post or "", demand.person or "", demand.rules.instrument)


def _state(closed: int | None, bound: int, last: int | None) -> str:
    """Open or closed; and past the last day, where a local rule sets one, late or overdue."""
    if last is None:
        return "open" if closed is None else "closed"
    until = start_of(last + 1)
    if closed is None:
        return "overdue" if bound > until else "open"
    return "closed" if closed < until else "late"
