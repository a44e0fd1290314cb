"""
Which duties an act served: one act may discharge several, and is recorded once (D2).

An act serves a counted duty if it is a claim on it, needed or not; a duty of another class if that rests on it; and
every duty that a fact names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from trail.evidence.record import Record
from trail.projections.shown import Count, Standing
from trail.rules.model import FACT

if TYPE_CHECKING:
    from trail.projections.status import Snapshot


class Service(NamedTuple):
    """
    An act served *duty*, owed by ``unit`` as a body (``post`` None) or by a post of it.

    ``own`` False: the duty asks how acts are recorded (S2f and P3f of a talk, S1c of all), never for one more record.
    """

    duty: str
    unit: str
    post: str | None
    own: bool = True


def served(snapshot: Snapshot, units: Iterable[str]) -> dict[int, frozenset[Service]]:
    """By position of an act: what it served of the duties of *units*."""
    found: dict[int, set[Service]] = {}
    for unit in units:
        for reckoned in snapshot.reckoned(unit):
            demand = reckoned.demand
            kept = all(s.performer == "recorder" for s in demand.rules.satisfiers(demand.duty))
            service = Service(demand.duty.id, unit, demand.post, not kept)
            for claim in reckoned.claims:
                for record in (claim.record, *claim.also):
                    found.setdefault(record.position, set()).add(service)
        status = snapshot.unit(unit)
        for one in status.triggered:
            trigger = None if one.trigger is None else one.trigger.position
            for because in one.because:
                if because.position != trigger:
                    found.setdefault(because.position, set()).add(
                        Service(one.duty, unit, one.post, one.trigger is not None)
                    )
        rows: list[Count | Standing] = [*status.counts, *status.standing]
        for other in rows:
            for because in other.because:
                found.setdefault(because.position, set()).add(Service(other.duty, unit, other.post))
    return {position: frozenset(services) for position, services in found.items()}


def records_served(services: Iterable[Service]) -> int:
    """How many duties an act served of those that ask for a record: 1 at least, if it served any."""
    rows = list(services)
    return len({s.duty for s in rows if s.own}) or min(len(rows), 1)


def fact_duties(record: Record) -> tuple[str, ...]:
    """The duties that a general fact names; of any other act none."""
    fields: Any = record.statement.fields
    return tuple(fields.get("duties") or ()) if record.statement.type == FACT else ()
