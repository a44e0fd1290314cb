"""
The status of a person: posts with their intervals, obligations, own acts, what was undone at hand-over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trail.errors import CallerError
from trail.evidence.record import Record
from trail.evidence.registry import REGISTRY_TYPES
from trail.projections.index import Bound
from trail.projections.outcome import outcome
from trail.projections.shown import Beside
from trail.projections.tenures import Tenure
from trail.projections.values import Because, Obligation, PersonStatus, PostHeld, Undone
from trail.rules.calendar import FOREVER, date_text, start_of

if TYPE_CHECKING:
    from trail.projections.status import Snapshot


def person_status(snapshot: Snapshot, person: str) -> PersonStatus:
    """The status of *person* in *snapshot*; raises `CallerError` if nothing is known of them."""
    tenures = snapshot.roster.of_person(person)
    acts = tuple(_acts(snapshot, person))
    if not tenures and not acts:
        advice = "Look up the person's id in the registry, or ask as of a later date."
        raise CallerError(f"no post and no act of {person} is known", advice=advice, person=person)
    return PersonStatus(
        person=person,
        view=snapshot.view,
        posts=tuple(_held(snapshot, tenure) for tenure in tenures),
        obligations=tuple(_obligations(snapshot, person)),
        acts=acts,
        beside=lambda: _beside(snapshot, person),
        facts_of=lambda duty: snapshot.explain.records(_facts(snapshot, person, duty)),
    )


def _units(snapshot: Snapshot, person: str) -> list[str]:
    """The units in which the person ever held a post."""
    posts = (snapshot.roster.post(t.post) for t in snapshot.roster.of_person(person))
    return list(dict.fromkeys(post.unit for post in posts if post is not None))


def _beside(snapshot: Snapshot, person: str) -> Beside:
    rows = [snapshot.besides.of(unit) for unit in _units(snapshot, person)]
    return Beside(
        tuple(sorted((t for r in rows for t in r.triggered if t.holder == person), key=lambda t: (t.since, t.key))),
        tuple(c for r in rows for c in r.counts if c.holder == person),
        tuple(s for r in rows for s in r.standing if s.holder == person),
    )


def _facts(snapshot: Snapshot, person: str, duty: str) -> list[Record]:
    rows = {r.position: r for u in _units(snapshot, person) for r in snapshot.besides.facts(u, duty) if _did(r, person)}
    return [rows[position] for position in sorted(rows)]


def _obligations(snapshot: Snapshot, person: str) -> Iterator[Obligation]:
    """What stands on the person: as holder on the due day, or bound to them wherever they are now."""
    rows = [o for unit in _units(snapshot, person) for o in snapshot.unit(unit).obligations if o.holder == person]
    yield from sorted(rows, key=lambda o: (o.due_until, o.key))


def _held(snapshot: Snapshot, tenure: Tenure) -> PostHeld:
    post = snapshot.roster.post(tenure.post)
    until = None if tenure.end == FOREVER else date_text(tenure.end)
    unit, kind = ("", "") if post is None else (post.unit, post.kind)
    undone = tuple(_undone(snapshot, tenure, unit)) if start_of(tenure.end) <= snapshot.view.as_of else ()
    return PostHeld(tenure.post, unit, kind, date_text(tenure.begin), until, tenure.acting, undone)


def _undone(snapshot: Snapshot, tenure: Tenure, unit: str) -> Iterator[Undone]:
    """What the post owed for the periods of this tenure and had not done when it was handed over."""
    at = start_of(tenure.end)
    for reckoned in snapshot.reckoned(unit) if unit else ():
        demand = reckoned.demand
        last = max(demand.period.last, demand.due)
        if demand.post != tenure.post or demand.person or demand.period.begin >= tenure.end or last < tenure.begin:
            continue
        found = outcome(demand, reckoned.claims, at)
        if found.lacking:
            missing = tuple(snapshot.missing(demand, key, count) for key, count in found.lacking)
            yield Undone(demand.duty.id, demand.period.label, date_text(demand.due), found.state, missing)


def _acts(snapshot: Snapshot, person: str) -> Iterator[Because]:
    """What the person did that happened before ``as_of`` and is not void; what others recorded of them included."""
    bound = Bound(snapshot.view.as_of)
    for record in snapshot.records:
        if record.statement.type in REGISTRY_TYPES or not _did(record, person):
            continue
        settled = snapshot.edits.apply(record)
        if settled is not None and bound.admits(settled.statement.happened):
            yield snapshot.explain.one(record)


def _did(record: Record, person: str) -> bool:
    """A performer; or who signed for a body that performed."""
    body = False
    for kind, who, _ in record.statement.performers:
        if who == person and kind == "person":
            return True
        body = body or kind == "body"
    return body and record.statement.hand == "own" and any(s.person == person for s in record.statement.signers)
