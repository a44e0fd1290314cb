"""
The burden of recording (D6, D9): inputs per unit per month, duplicates avoided, bytes stored.

Every gesture counts: acts, confirmations, receipts, edits, enrolments.  An input is one record, counted for one unit
and in the month in which it was recorded; ``gestures`` are signatures, since an act that two sign is two gestures.
An act that serves n duties was recorded once instead of n times, so n - 1 duplicates were avoided; duties that only ask
how something is recorded (S2f, P3f, S1c) count for none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from trail.errors import CallerError
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES, REGISTRY_TYPES
from trail.projections.concerns import Concerns
from trail.projections.serving import fact_duties, records_served, served
from trail.projections.values import View
from trail.rules.calendar import Period, date_text, day_at, period

if TYPE_CHECKING:
    from trail.projections.status import Snapshot

LINE: Final = 125
"""Inputs of one college in a year, with what the regulation asks recorded once each; more is burden that was added."""
_YEAR: Final = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """
    The inputs of one unit, or of all together.

    ``months``: by month (``2026-03``) in order; ``sorts``: inputs that are ``acts``, ``edits`` or ``registry`` events.
    ``served``: how many acts by the number of duties that each served; ``avoided``: duplicates avoided.  ``stored``:
    bytes of statements, signatures and body parts; ``referred``: bytes of attachments, which the host keeps.
    """

    unit: str
    name: str
    inputs: int
    gestures: int
    months: Mapping[str, int]
    sorts: Mapping[str, int]
    served: Mapping[int, int]
    avoided: int
    stored: int
    referred: int
    above: bool

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        plain = ("unit", "name", "inputs", "gestures")
        return {name: getattr(self, name) for name in plain} | {
            "months": dict(self.months), "sorts": dict(self.sorts),
            "served": {str(duties): acts for duties, acts in self.served.items()}, "avoided": self.avoided,
            "stored": self.stored, "referred": self.referred, "above": self.above,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """
    The burden of a period, per unit in the order of their ids (``unit`` empty: what belongs to none), and of all.

    ``line``: the inputs that are expected of a unit in this period, ``line_year`` in a year; `Load.above` says whether
    a unit's are more.  It judges this program and its rules, never the unit.
    """

    period: str
    view: View
    line_year: int
    line: int
    units: tuple[Load, ...]
    total: Load

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "period": self.period, **self.view.to_json(), "line_year": self.line_year, "line": self.line,
            "units": [unit.to_json() for unit in self.units], "total": self.total.to_json(),
        }  # fmt: skip


def burden(snapshot: Snapshot, label: str, line: int = LINE) -> Burden:
    """
    The burden of the period *label*; *line* is the number of inputs that a unit should not exceed in a year.

    What is counted was recorded in the period, as far as it is known; ``as_of`` decides only what it served.

    Raises:
        CallerError: Not a period, or *line* is negative.
    """
    one = period(label)
    if line < 0:
        raise CallerError(f"not a number of inputs: {line}", advice="Give 0 or more.", code="USAGE")
    concerns = Concerns(snapshot.records, snapshot.roster)
    services = {p: records_served(found) for p, found in served(snapshot, snapshot.units()).items()}
    scaled = -(-line * (one.end - one.begin) // _YEAR) if one.end - one.begin < _YEAR else line
    rows: dict[str, list[Record]] = {}
    for record in snapshot.records:
        if one.begin <= day_at(record.recorded) < one.end:
            rows.setdefault(concerns.home(record), []).append(record)
    gone = _erased(snapshot)
    loads = []
    for unit in sorted(rows):
        name = snapshot.unit(unit).name if unit in snapshot.roster.units() else ""
        loads.append(_load(unit, name, rows[unit], services, gone, one, scaled))
    every = [record for found in rows.values() for record in found]
    total = replace(_load("", "", every, services, gone, one, scaled), above=False)
    return Burden(period=label, view=snapshot.view, line_year=line, line=scaled, units=tuple(loads), total=total)


def _load(
    unit: str, name: str, records: Iterable[Record], services: Mapping[int, int], gone: Mapping[bytes, set[str]],
    one: Period, line: int,
) -> Load:  # fmt: skip
    months: Counter[str] = Counter()
    sorts: Counter[str] = Counter()
    by_number: Counter[int] = Counter()
    gestures = stored = referred = inputs = 0
    for record in records:
        statement = record.statement
        inputs += 1
        months[date_text(day_at(record.recorded))[:7]] += 1
        gestures += len(statement.signers)
        sort = _sort(record)
        sorts[sort] += 1
        if sort == "acts":
            number = services.get(record.position, 0) or len(fact_duties(record))
            by_number[number] += 1
        erased = gone.get(statement.id, set())
        stored += len(record.statement_bytes) + sum(map(len, record.signatures))
        stored += sum(part.size for part in statement.parts if part.name not in erased)
        referred += sum(attachment.size for attachment in statement.attachments)
    return Load(
        unit=unit, name=name, inputs=inputs, gestures=gestures,
        months={month: months[month] for month in sorted(months)},
        sorts={s: sorts[s] for s in ("acts", "edits", "registry") if sorts[s]},
        served={number: by_number[number] for number in sorted(by_number)},
        avoided=sum(acts * (number - 1) for number, acts in by_number.items() if number > 1), stored=stored,
        referred=referred, above=bool(unit) and inputs > line,
    )  # fmt: skip


def _sort(record: Record) -> str:
    type_ = record.statement.type
    return "registry" if type_ in REGISTRY_TYPES else "edits" if type_ in EDIT_TYPES else "acts"


def _erased(snapshot: Snapshot) -> dict[bytes, set[str]]:
    """The body parts that were erased, by event."""
    found: dict[bytes, set[str]] = {}
    for record in snapshot.records:
        if record.statement.id in snapshot.edits:
            for edit in snapshot.edits.of(record.statement.id).erasures:
                found.setdefault(record.statement.id, set()).add(str(edit.statement.fields.get("part", "")))
    return found
