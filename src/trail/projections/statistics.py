"""
Statistics of a period: counts by duty, state, label and unit.

Units come in the order of their ids, never of a number; there are no percentages, no points and no places (D4).
Obligations belong to the period that their label names; acts, to the one in which they happened, each to one unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trail.evidence.registry import EDIT_TYPES, REGISTRY_TYPES
from trail.projections.concerns import Concerns
from trail.projections.index import Bound
from trail.projections.labels import CHINESE
from trail.projections.shown import TRIGGERED_STATES
from trail.projections.values import STATES, View
from trail.rules.calendar import Period, covers, day_of, happened_day, period

if TYPE_CHECKING:
    from trail.projections.status import Snapshot

LABELS = tuple(CHINESE)[:3]
"""Recording labels, in the order in which they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """
    What was counted for one unit, or for all together.

    ``duties``: for each duty, by state, how many obligations; ``states``: the same over all duties.  ``triggered``: by
    duty and state, what events of the period made due.  ``labels``: how many acts that stand, by when they were
    recorded; ``acts`` in all.  Whatever is not named is none.
    """

    duties: Mapping[str, Mapping[str, int]]
    states: Mapping[str, int]
    triggered: Mapping[str, Mapping[str, int]]
    labels: Mapping[str, int]

    @property
    def obligations(self) -> int:
        """How many obligations there are."""
        return sum(self.states.values())

    @property
    def acts(self) -> int:
        """How many acts there are."""
        return sum(self.labels.values())

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "obligations": self.obligations, "states": dict(self.states),
            "duties": {duty: dict(states) for duty, states in self.duties.items()},
            "triggered": {duty: dict(states) for duty, states in self.triggered.items()},
            "acts": self.acts, "labels": dict(self.labels),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCounts:
    """The counts of a unit; ``unit`` empty: of acts that belong to no unit."""

    unit: str
    name: str
    counts: Counts

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {"unit": self.unit, "name": self.name, **self.counts.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The counts of a period, per unit in the order of their ids, and of all."""

    period: str
    view: View
    units: tuple[UnitCounts, ...]
    total: Counts

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "period": self.period, **self.view.to_json(), "units": [unit.to_json() for unit in self.units],
            "total": self.total.to_json(),
        }  # fmt: skip


def statistics(snapshot: Snapshot, label: str) -> Statistics:
    """The statistics of the period *label*; raises `CallerError` if it is none."""
    one = period(label)
    acts = _acts(snapshot, one)
    rows = []
    for unit in sorted({*snapshot.units(), *acts}):
        name = snapshot.unit(unit).name if unit else ""
        counts = _counts(snapshot, unit, one, acts.get(unit, Counter()))
        if counts.obligations or counts.acts or counts.triggered:
            rows.append(UnitCounts(unit=unit, name=name, counts=counts))
    return Statistics(period=label, view=snapshot.view, units=tuple(rows), total=_sum([row.counts for row in rows]))


def _acts(snapshot: Snapshot, one: Period) -> dict[str, Counter[str]]:
    """By unit and label: the acts that happened in the period and stand; registry and edits are none."""
    concerns = Concerns(snapshot.records, snapshot.roster)
    bound = Bound(snapshot.view.as_of)
    found: dict[str, Counter[str]] = {}
    for record in snapshot.records:
        if record.statement.type in REGISTRY_TYPES or record.statement.type in EDIT_TYPES:
            continue
        after = snapshot.edits.apply(record)
        if after is None or not bound.admits(after.statement.happened):
            continue
        if one.begin <= happened_day(after.statement.happened) < one.end:
            found.setdefault(concerns.home(record), Counter())[snapshot.explain.one(record).label] += 1
    return found


def _counts(snapshot: Snapshot, unit: str, one: Period, labels: Counter[str]) -> Counts:
    duties: dict[str, Counter[str]] = {}
    triggered: dict[str, Counter[str]] = {}
    if unit:
        status = snapshot.unit(unit)
        for obligation in status.obligations:
            if covers(one, obligation.period):
                duties.setdefault(obligation.duty, Counter())[obligation.state] += 1
        for other in status.triggered:
            if one.begin <= day_of(other.since) < one.end:
                triggered.setdefault(other.duty, Counter())[other.state] += 1
    return _made(duties, triggered, labels)


def _made(
    duties: Mapping[str, Mapping[str, int]], triggered: Mapping[str, Mapping[str, int]], labels: Mapping[str, int]
) -> Counts:
    states: Counter[str] = Counter()
    for row in duties.values():
        states.update(row)
    return Counts(
        duties={duty: _ordered(duties[duty], STATES) for duty in sorted(duties)},
        states=_ordered(states, STATES),
        triggered={duty: _ordered(triggered[duty], TRIGGERED_STATES) for duty in sorted(triggered)},
        labels=_ordered(labels, LABELS),
    )


def _ordered(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    return {name: counts[name] for name in names if counts.get(name)}


def _sum(rows: Sequence[Counts]) -> Counts:
    duties: dict[str, Counter[str]] = {}
    triggered: dict[str, Counter[str]] = {}
    labels: Counter[str] = Counter()
    for row in rows:
        labels.update(row.labels)
        for sink, source in ((duties, row.duties), (triggered, row.triggered)):
            for duty, states in source.items():
                sink.setdefault(duty, Counter()).update(states)
    return _made(duties, triggered, labels)
