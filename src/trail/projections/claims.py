"""
Which act covers what: the named conditions of a rule set (`trail.rules.model.Satisfier`) as functions.

A `Claim` says that an act covers one key of a demand at a time.  Counting, and what is in time, is decided elsewhere
(`trail.projections.outcome`); nothing here knows a date to compare with, so every claim stands for every question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from trail.aggregates.state import Gap
from trail.evidence.record import Record
from trail.projections.conditions import (
    in_period,
    kind_counts,
    ordered_to,
    owns,
    performed,
    recipients_of,
    recorded,
    time_of,
    took_part,
    where_holds,
)
from trail.projections.edits import Edits
from trail.projections.index import FOUND_BY, Acts, Rows, attendees
from trail.projections.roster import Roster
from trail.projections.versions import version_claims
from trail.rules.calendar import happened_day
from trail.rules.model import Satisfier
from trail.rules.obligations import Demand, Key


class Claim(NamedTuple):
    """*record* covers *key* at *when* (UTC seconds); ``also``: the other side of a pledge."""

    key: Key
    when: int
    record: Record
    also: tuple[Record, ...] = ()


_ANY: Final = Key()


class Finder:
    """Looks for the acts that cover a demand, in *acts*, with what *roster*, *edits* and *orders* (by event) know."""

    def __init__(self, acts: Acts, roster: Roster, edits: Edits, orders: Mapping[bytes, Record]) -> None:
        self._acts, self._roster, self._edits, self._orders = acts, roster, edits, orders
        self._body_names: dict[tuple[str, int], list[str]] = {}

    def claims(self, demand: Demand) -> tuple[list[Claim], list[Gap]]:
        """The claims on the keys of *demand*, and what was done but does not count."""
        found: list[Claim] = []
        gaps: list[Gap] = []
        wanted = frozenset(demand.keys)
        for satisfier in demand.rules.satisfiers(demand.duty):
            for claim in self._of(demand, satisfier, gaps):
                key = claim.key
                if key in wanted:
                    found.append(claim)
                elif key.counterpart in demand.group:
                    found.append(claim._replace(key=key._replace(counterpart="*")))
        return found, gaps

    def done(self, demand: Demand) -> list[Claim]:
        """Every act that fits *demand*, once, whatever it covers: for what is shown and not counted."""
        found: dict[bytes, Claim] = {}
        for satisfier in demand.rules.satisfiers(demand.duty):
            for record in self._fitting(demand, satisfier):
                when = time_of(record, satisfier)
                known = found.get(record.statement.id)
                if known is None or when < known.when:
                    found[record.statement.id] = Claim(_ANY, when, record)
        return sorted(found.values(), key=lambda c: (c.when, c.record.statement.id))

    def answers(self, demand: Demand, trigger: Record) -> Iterator[Claim]:
        """The claims of acts that name *trigger* among their causes, or came after it in its stream."""
        event, stream = trigger.statement.id, trigger.statement.stream
        rows = {r.statement.id: r for r in self._acts.caused.get(event, ())}
        rows |= {r.statement.id: r for r in self._acts.joined.get(stream, ()) if r.version > trigger.version}
        bodies = self._bodies(demand)
        for satisfier in demand.rules.satisfiers(demand.duty):
            for record in rows.values():
                if record.statement.type != satisfier.type or record.statement.id == event:
                    continue
                if self._fits(demand, satisfier, record, bodies, anywhen=True) and self._of_unit(
                    demand, satisfier.performer, record
                ):
                    for recipient in recipients_of(demand, satisfier, record):
                        yield Claim(Key("", recipient, ""), time_of(record, satisfier), record)

    @property
    def acts(self) -> Acts:
        """Where it looks."""
        return self._acts

    def receipts(self, record: Record, types: tuple[str, ...]) -> frozenset[str]:
        """The recipients that signed for *record*, or whose receipt on paper was recorded."""
        rows = self._acts.receipts.get(record.statement.id, ())
        return frozenset(str(r.statement.fields.get("recipient", "")) for r in rows if r.statement.type in types)

    def _of(self, demand: Demand, satisfier: Satisfier, gaps: list[Gap]) -> Iterator[Claim]:
        if satisfier.versions:
            yield from self._of_versions(demand, satisfier)
        elif satisfier.sides:
            yield from self._of_pledges(demand, satisfier)
        elif satisfier.owner:
            yield from self._of_drafts(demand, satisfier)
        else:
            for record in self._fitting(demand, satisfier):
                when = time_of(record, satisfier)
                for counterpart in self._counterparts(demand, satisfier, record, gaps):
                    for recipient in recipients_of(demand, satisfier, record):
                        yield Claim(Key(counterpart, recipient, ""), when, record)

    # -- acts found by who did them, or by their unit

    def _fitting(self, demand: Demand, satisfier: Satisfier) -> list[Record]:
        found = self._candidates(demand, satisfier)
        if not found:
            return []
        bodies = self._bodies(demand) if demand.post is None else []
        return [r for r in found if self._fits(demand, satisfier, r, bodies)]

    def _candidates(self, demand: Demand, satisfier: Satisfier) -> Sequence[Record]:
        years, rows, performer = self._acts.years(demand.period), self._acts.rows, satisfier.performer
        if satisfier.duty:
            facts = self._acts.facts.get(demand.duty.id, ())
            return [r for r in facts if r.statement.type == satisfier.type and self.concerns(demand, r)]
        if not performer:
            return _rows(rows["unit"], [demand.unit], satisfier.type, years)
        names = self._names(demand, performer)
        return _rows(rows[FOUND_BY.get(performer, performer)], names, satisfier.type, years)

    def _names(self, demand: Demand, performer: str) -> list[str]:
        """The names under which acts of *performer* are found: posts, bodies, and persons named without a post."""
        if performer in ("unit", "either"):
            units = [demand.unit]
            if performer == "either":
                below = self._roster.children(demand.seat, demand.due)
                kinds = demand.level.commissions
                units = [demand.seat, *(u for u in below if self._roster.kind(u, demand.due) in kinds)]
            bodies = dict.fromkeys((*self._bodies(demand), *units))
            return [*bodies, *(post.id for unit in units for post in self._roster.posts(unit))]
        if demand.post is None and performer == "obligor":
            return self._bodies(demand)
        posts = [demand.post] if demand.post is not None else [p.id for p in self._roster.posts(demand.seat)]
        if performer in ("chair", "attended"):
            return posts + list(dict.fromkeys(t.person for post in posts for t in self._roster.tenures(post)))
        return posts

    def concerns(self, demand: Demand, record: Record) -> bool:
        """Whether a general fact is of the obligor: of the post, or of the unit."""
        statement = record.statement
        if demand.post is not None:
            return performed(demand, record, ())
        posts = {post.id for post in self._roster.posts(demand.unit)}
        return statement.unit == demand.unit or any(
            p.post in posts if p.kind == "person" else p.who in self._bodies(demand) for p in statement.performers
        )

    def _fits(
        self, demand: Demand, satisfier: Satisfier, record: Record, bodies: Sequence[str], *, anywhen: bool = False
    ) -> bool:
        """Whether the act meets the conditions on its own fields and on who did it."""
        fields = record.statement.fields
        if satisfier.kind and not kind_counts(fields, satisfier.kind, demand.rules.settings):
            return False
        if satisfier.where and not where_holds(fields, satisfier.where):
            return False
        if not anywhen and not in_period(demand, satisfier, record):
            return False
        if satisfier.not_by and ordered_to(record, self._orders, self._roster):
            return False
        performer = satisfier.performer
        if performer == "obligor":
            return performed(demand, record, bodies)
        if performer in ("chair", "attended"):
            return took_part(demand, record, performer, self._roster)
        return performer != "recorder" or recorded(demand, record)

    def _of_unit(self, demand: Demand, performer: str, record: Record) -> bool:
        """Whether an act found otherwise was done in a post of the unit, or by its body."""
        if performer not in ("unit", "either"):
            return True
        names = self._names(demand, performer)
        return any((p.post if p.kind == "person" else p.who) in names for p in record.statement.performers)

    def _bodies(self, demand: Demand) -> list[str]:
        """The unit as a body, and plain bodies right below it that stand for it."""
        key = (demand.unit, demand.due)
        found = self._body_names.get(key)
        if found is None:
            below = self._roster.children(demand.unit, demand.due)
            found = [demand.unit, *(u for u in below if self._roster.kind(u, demand.due) == "body")]
            self._body_names[key] = found
        return found

    def _counterparts(self, demand: Demand, satisfier: Satisfier, record: Record, gaps: list[Gap]) -> Iterable[str]:
        """The posts whose holders on that day the act names; nobody counts as their own counterpart (AMB24)."""
        if not satisfier.counterpart:
            return ("",)
        if satisfier.counterpart == "unit":
            return self._units(record)
        statement = record.statement
        rows: Any = statement.fields.get("counterparts", ())
        own = {p.who for p in statement.performers}
        day = happened_day(statement.happened)
        found: dict[str, None] = {}
        for row in rows:
            person, post = (row, None) if isinstance(row, str) else (row.get("person", ""), row.get("post"))
            if person in own:
                continue
            if post is None:
                found.update((t.post, None) for t in self._roster.of_person(person) if t.begin <= day < t.end)
            elif self._roster.holds(person, post, day) is not None:
                found[post] = None
            elif Key(post) in demand.keys:
                gaps.append(not_in_post(record, post))
        return found

    def _units(self, record: Record) -> Iterable[str]:
        """The units that the act names, or in which somebody whom it names as counterpart had a post on that day."""
        statement = record.statement
        fields: Any = statement.fields
        found: dict[str, None] = dict.fromkeys(fields.get("units", ()))
        own = {p.who for p in statement.performers}
        day = happened_day(statement.happened)
        for person, post in attendees(fields, ("counterparts",)):
            if person not in own:
                posts = [post] if post else [t.post for t in self._roster.of_person(person)]
                for one in posts:
                    known = self._roster.post(one)
                    if known is not None and self._roster.holds(person, one, day) is not None:
                        found[known.unit] = None
        return found

    # -- lists and pledges

    def _of_drafts(self, demand: Demand, satisfier: Satisfier) -> Iterator[Claim]:
        for record, key in self._drafts(demand, satisfier):
            if record.statement.type == satisfier.type:
                yield Claim(key, time_of(record, satisfier), record)

    def _drafts(self, demand: Demand, satisfier: Satisfier) -> Iterator[tuple[Record, Key]]:
        """The lists that belong to the obligor or to each counterpart, with the key that each is for."""
        kinds = {type_: kind for kind, type_ in demand.rules.lists.items()}
        lists = demand.duty.lists
        owners: Iterable[str] = (demand.post or demand.unit,)
        if satisfier.owner == "each":
            owners = dict.fromkeys(key.counterpart for key in demand.keys)
        for owner in owners:
            names = self._bodies(demand) if owner == demand.unit else [owner]
            counterpart = owner if satisfier.owner == "each" else ""
            for name in names:
                for record in self._filed(self._acts.drafts, name, demand):
                    kind = kinds.get(record.statement.type)
                    if kind is not None and (not lists or kind in lists) and owns(record, owner, demand.unit):
                        yield record, Key(counterpart, "", kind if lists else "")

    def _filed(self, table: dict[tuple[str, str], list[Record]], name: str, demand: Demand) -> Iterable[Record]:
        """The lists or pledges of the year that a period's label names."""
        years = (demand.period.label[:4],) if demand.period.label else self._acts.years(demand.period)
        return (record for year in years for record in table.get((name, year), ()))

    def _of_versions(self, demand: Demand, satisfier: Satisfier) -> Iterator[Claim]:
        grouped: dict[tuple[Key, str, str, str], list[Record]] = {}
        for record, key in self._drafts(demand, satisfier):
            owner = str(record.statement.fields.get("owner") or record.statement.fields.get("owner_body"))
            grouped.setdefault((key, record.statement.stream, record.statement.type, owner), []).append(record)
        for (key, *_), drafts in grouped.items():
            for when, act in version_claims(drafts, demand, satisfier, self._acts, self._edits, self._bodies(demand)):
                for recipient in recipients_of(demand, satisfier, act):
                    yield Claim(key._replace(recipient=recipient), when, act)

    def _of_pledges(self, demand: Demand, satisfier: Satisfier) -> Iterator[Claim]:
        for key in demand.keys:
            texts: dict[bytes, dict[str, Record]] = {}
            for record in self._filed(self._acts.pledges, key.counterpart, demand):
                statement = record.statement
                if statement.type == satisfier.type and statement.unit == demand.unit:
                    fields: Any = statement.fields
                    sides = texts.setdefault(bytes(fields["pledge"]), {})
                    known = sides.get(fields["side"])
                    if known is None or _order(record) < _order(known):
                        sides[fields["side"]] = record
            for sides in texts.values():
                if len(sides) == 2:
                    first, last = sorted(sides.values(), key=_order)
                    yield Claim(key, time_of(last, satisfier), last, (first,))


def _order(record: Record) -> tuple[int, bytes]:
    return (record.statement.happened.start(), record.statement.id)


def _rows(table: Rows, names: Iterable[str], type_: str, years: Iterable[str]) -> list[Record]:
    """The acts under any of *names* in any of *years*, each once."""
    lists = [found for name in names for year in years if (found := table.get((name, type_, year)))]
    if len(lists) == 1:
        return lists[0]
    return list({record.statement.id: record for found in lists for record in found}.values())


def not_in_post(record: Record, post: str) -> Gap:
    """The gap of a talk with somebody who did not hold the post that the record names."""
    en = f"the counterpart did not hold {post} on that day, so the talk does not cover it"
    return Gap("COUNTERPART_NOT_IN_POST", (record.position,), en, f"谈话对象当日不在岗（{post}），不计入该岗位")
