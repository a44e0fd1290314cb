"""
Which act covers what: the named conditions of a rule set (`trail.rules.model.Satisfier`) as functions.

A `Claim` says that an act covers one key of a demand at a time.  Counting, and what is in time, is decided elsewhere
(`trail.projections.outcome`); nothing here knows a date to compare with, so every claim stands for every question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from trail.aggregates.state import Gap
from trail.evidence.record import Record
from trail.projections.conditions import in_period, kind_counts, owns, performed, recipients_of, time_of
from trail.projections.edits import Edits
from trail.projections.index import Acts, Rows
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


class Finder:
    """Looks for the acts that cover a demand, in *acts*, with what *roster* and *edits* know."""

    def __init__(self, acts: Acts, roster: Roster, edits: Edits) -> None:
        self._acts, self._roster, self._edits = acts, roster, edits

    def claims(self, demand: Demand) -> tuple[list[Claim], list[Gap]]:
        """The claims on the keys of *demand*, and what was done but does not count."""
        found: list[Claim] = []
        gaps: list[Gap] = []
        wanted = frozenset(demand.keys)
        for satisfier in demand.rules.satisfiers(demand.duty):
            for claim in self._of(demand, satisfier, gaps):
                if claim.key in wanted:
                    found.append(claim)
        return found, gaps

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
            bodies = self._bodies(demand) if demand.post is None else []
            for record in self._candidates(demand, satisfier):
                if _fits(demand, satisfier, record, bodies):
                    when = time_of(record, satisfier)
                    for counterpart in self._counterparts(demand, satisfier, record, gaps):
                        for recipient in recipients_of(demand, satisfier, record):
                            yield Claim(Key(counterpart, recipient, ""), when, record)

    # -- acts found by who did them, or by their unit

    def _candidates(self, demand: Demand, satisfier: Satisfier) -> Iterable[Record]:
        year = demand.period.label[:4]
        if not satisfier.performer:
            return _rows(self._acts.by_unit, [demand.unit], satisfier.type, year)
        if satisfier.performer == "obligor" and demand.post is not None:
            return _rows(self._acts.by_performer, [demand.post], satisfier.type, year)
        names = self._bodies(demand)
        if satisfier.performer == "unit":
            names = names + [post.id for post in self._roster.posts(demand.unit)]
        return _rows(self._acts.by_performer, names, satisfier.type, year)

    def _bodies(self, demand: Demand) -> list[str]:
        """The unit as a body, and plain bodies right below it that stand for it."""
        below = self._roster.children(demand.unit, demand.due)
        return [demand.unit, *(u for u in below if self._roster.kind(u, demand.due) == "body")]

    def _counterparts(self, demand: Demand, satisfier: Satisfier, record: Record, gaps: list[Gap]) -> Iterable[str]:
        """The posts whose holders on that day the act names; nobody counts as their own counterpart (AMB24)."""
        if not satisfier.counterpart:
            return ("",)
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
                for record in self._acts.drafts.get((name, demand.period.label[:4]), ()):
                    kind = kinds.get(record.statement.type)
                    if kind is not None and (not lists or kind in lists) and owns(record, owner, demand.unit):
                        yield record, Key(counterpart, "", kind if lists else "")

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
            for record in self._acts.pledges.get((key.counterpart, demand.period.label[:4]), ()):
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


def _fits(demand: Demand, satisfier: Satisfier, record: Record, bodies: Sequence[str]) -> bool:
    fields = record.statement.fields
    if satisfier.kind and not kind_counts(fields, satisfier.kind, demand.rules.settings):
        return False
    if satisfier.subject and fields.get("subject") != satisfier.subject:
        return False
    if not in_period(demand, satisfier, record):
        return False
    return satisfier.performer != "obligor" or performed(demand, record, bodies)


def _order(record: Record) -> tuple[int, bytes]:
    return (record.statement.happened.start(), record.statement.id)


def _rows(table: Rows, names: Iterable[str], type_: str, year: str) -> list[Record]:
    """The acts under any of *names*, each once."""
    lists = [found for name in names if (found := table.get((name, type_, year)))]
    if len(lists) == 1:
        return lists[0]
    return list({record.statement.id: record for found in lists for record in found}.values())


def not_in_post(record: Record, post: str) -> Gap:
    """The gap of a talk with somebody who did not hold the post that the record names."""
    en = f"the counterpart did not hold {post} on that day, so the talk does not cover it"
    return Gap("COUNTERPART_NOT_IN_POST", (record.position,), en, f"谈话对象当日不在岗（{post}），不计入该岗位")
