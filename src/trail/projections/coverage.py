"""
Coverage of talks: per duty and counterpart, whether somebody talked to whom, by which record; and to whom nobody did.

What counts is the counterpart's *post*, whoever held it (AMB10); the persons stand beside it, with who of them was
named.  Nothing is decided here: whether a post is covered is the obligation's own outcome, so both always agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from trail.projections.basis import Because
from trail.projections.outcome import outcome
from trail.projections.values import View
from trail.rules.calendar import FOREVER, Period, covers, date_text, day_at, period
from trail.rules.obligations import Demand

if TYPE_CHECKING:
    from trail.projections.claims import Claim
    from trail.projections.status import Reckoned, Snapshot


class Holder(NamedTuple):
    """
    A person who held a counterpart's post in the period, from one date until another (not included; None: open).

    ``named``: the positions of the acts for this duty that name the person.
    """

    person: str
    begin: str
    until: str | None
    named: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {**self._asdict(), "named": list(self.named)}


class Covered(NamedTuple):
    """
    A counterpart of a duty: a post, or a unit (``unit`` is then the same id), with its title or name.

    ``covered``: often enough; ``times`` it was done, of ``required``; ``by`` the records that count.
    """

    id: str
    unit: str
    title: str
    covered: bool
    times: int
    required: int
    by: tuple[Because, ...]
    persons: tuple[Holder, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        rows = {"by": [b.to_json() for b in self.by], "persons": [p.to_json() for p in self.persons]}
        return {**self._asdict(), **rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """A duty that covers counterparts, in a period, of one obligor (``post`` None: the body), with its counterparts."""

    duty: str
    article: str
    text: str
    period: str
    post: str | None
    holder: str | None
    due: str
    state: str
    counterparts: tuple[Covered, ...]

    @property
    def missing(self) -> tuple[Covered, ...]:
        """The counterparts that are not covered yet."""
        return tuple(c for c in self.counterparts if not c.covered)

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        plain = ("duty", "article", "text", "period", "post", "holder", "due", "state")
        return {name: getattr(self, name) for name in plain} | {
            "counterparts": [c.to_json() for c in self.counterparts],
        }


class Untouched(NamedTuple):
    """A counterpart whom no act of the unit names yet, for any duty of the year; and who held the post."""

    id: str
    unit: str
    title: str
    persons: tuple[str, ...]
    duties: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {**self._asdict(), "persons": list(self.persons), "duties": list(self.duties)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the talks of a unit cover in a year; ``untouched``: to whom nobody has talked yet."""

    unit: str
    name: str
    year: str
    view: View
    duties: tuple[Covering, ...]
    untouched: tuple[Untouched, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "unit": self.unit, "name": self.name, "year": self.year, **self.view.to_json(),
            "duties": [d.to_json() for d in self.duties], "untouched": [u.to_json() for u in self.untouched],
        }  # fmt: skip


def coverage(snapshot: Snapshot, unit: str, year: str) -> Coverage:
    """
    The coverage of *unit* in *year* (``2026``).

    Raises:
        CallerError: No such unit, or not a period.
    """
    one = period(year)
    status = snapshot.unit(unit)
    rows = [_covering(snapshot, r) for r in snapshot.reckoned(unit) if _asks(r.demand) and _lies_in(r.demand, one)]
    return Coverage(
        unit=unit, name=status.name, year=year, view=snapshot.view, duties=tuple(rows), untouched=_untouched(rows)
    )


def _asks(demand: Demand) -> bool:
    """Whether the duty is discharged by acts that name counterparts."""
    return any(s.counterpart for s in demand.rules.satisfiers(demand.duty))


def _lies_in(demand: Demand, one: Period) -> bool:
    return covers(one, demand.period.label)


def _covering(snapshot: Snapshot, reckoned: Reckoned) -> Covering:
    demand = reckoned.demand
    found = outcome(demand, reckoned.claims, snapshot.view.as_of)
    lacking = {key.counterpart for key, _ in found.lacking}
    counterparts = []
    for name in dict.fromkeys(key.counterpart for key in demand.keys):
        used = [claim for claim in found.used if claim.key.counterpart == name]
        all_ = [claim for claim in reckoned.claims if claim.key.counterpart == name]
        required = sum(key.counterpart == name for key in demand.keys) * demand.duty.minimum
        counterparts.append(_counterpart(snapshot, demand, name, name not in lacking, required, used, all_))
    return Covering(
        duty=demand.duty.id, article=demand.duty.article, text=demand.duty.text, period=demand.period.label,
        post=demand.post, holder=demand.holder, due=date_text(demand.due), state=found.state,
        counterparts=tuple(counterparts),
    )  # fmt: skip


def _counterpart(
    snapshot: Snapshot, demand: Demand, name: str, covered: bool, required: int, used: list[Claim], claims: list[Claim]
) -> Covered:
    post = snapshot.roster.post(name)
    day = min(demand.period.last, day_at(snapshot.view.as_of - 1))
    by = snapshot.explain.records(r for claim in used for r in (claim.record, *claim.also))
    if name == "*":  # any of the group will do (AMB9): who was talked to, the records say
        return Covered(name, demand.unit, " / ".join(sorted(demand.group)), covered, len(used), required, by, ())
    if post is None:
        return Covered(name, name, snapshot.roster.name(name, day), covered, len(used), required, by, ())
    persons = _beside(snapshot, name, demand.period, claims)
    return Covered(name, post.unit, post.title, covered, len(used), required, by, persons)


def _beside(snapshot: Snapshot, post: str, one: Period, claims: Iterable[Claim]) -> tuple[Holder, ...]:
    """Who held the post in the period, and which of the acts name them."""
    rows = []
    records = {claim.record.position: claim.record for claim in claims}
    for tenure in snapshot.roster.tenures(post):
        if tenure.begin < one.end and tenure.end > one.begin:
            named = tuple(p for p, r in sorted(records.items()) if tenure.person in _persons(r.statement.fields))
            until = None if tenure.end == FOREVER else date_text(tenure.end)
            rows.append(Holder(tenure.person, date_text(tenure.begin), until, named))
    return tuple(rows)


def _persons(fields: Any) -> set[str]:
    rows = fields.get("counterparts", ())
    return {row if isinstance(row, str) else str(row.get("person", "")) for row in rows}


def _untouched(rows: Iterable[Covering]) -> tuple[Untouched, ...]:
    every: dict[str, list[tuple[str, Covered]]] = {}
    for row in rows:
        for counterpart in row.counterparts:
            every.setdefault(counterpart.id, []).append((row.duty, counterpart))
    found = []
    for name in sorted(every):
        if not any(c.by for _, c in every[name]):
            one = every[name][0][1]
            persons = dict.fromkeys(p.person for _, c in every[name] for p in c.persons)
            duties = tuple(dict.fromkeys(duty for duty, _ in every[name]))
            found.append(Untouched(one.id, one.unit, one.title, tuple(persons), duties))
    return tuple(found)
