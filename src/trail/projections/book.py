"""
The ledger (台账) of a unit or a person for a period: the records that concern it, with their edits and labels.

A record belongs to a period if it happened in it or names it, as it was recorded or as its corrections leave it: a
correction that moves an act to another period shows in both.  Its edits stand beside it and as rows of their own.
Dates follow DA/T 18: an uncertain one stands in [brackets], with a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

from trail.errors import CallerError
from trail.evidence.record import Happened, Record
from trail.evidence.registry import EDIT_TYPES
from trail.projections.citing import Bounds, Ground
from trail.projections.concerns import Concerns
from trail.projections.edits import target
from trail.projections.index import Bound
from trail.projections.ledger import Entry, ledger
from trail.projections.values import View
from trail.rules.calendar import Period, covers, happened_day, period

if TYPE_CHECKING:
    from trail.projections.status import Snapshot

_LENGTH: Final = {"year": 4, "month": 7}
_NOTES: Final = {
    "uncertain": ("日期不确定，按 DA/T 18 加方括号", "uncertain date, in brackets as in DA/T 18"),
    "month": ("仅知年月", "known to the month"),
    "year": ("仅知年份", "known to the year"),
}


class Row(NamedTuple):
    """
    A row of a ledger: the entry, its date as archives write it, and the notes (zh, en) on that date.

    ``bounds``: what is proven of its times; nothing where no policy was given.
    """

    entry: Entry
    date: str
    notes: tuple[tuple[str, str], ...]
    bounds: Bounds = Bounds()

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        notes = [{"zh": zh, "en": en} for zh, en in self.notes]
        return {"date": self.date, "notes": notes, **self.entry.to_json(), "proven": self.bounds.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger(Sequence[Row]):
    """
    The rows in order of position, of ``unit``, ``person``, ``period`` (None: of all); a sequence.

    ``later``: how many more records are known that are dated after ``as_of`` and therefore not shown.  ``policy``:
    whether one was given, under which times are proven.
    """

    unit: str | None
    person: str | None
    period: str | None
    view: View
    rows: tuple[Row, ...]
    later: int
    policy: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        return self.rows[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "unit": self.unit, "person": self.person, "period": self.period, **self.view.to_json(),
            "policy": self.policy, "rows": [row.to_json() for row in self.rows], "later": self.later,
        }  # fmt: skip


def book(
    snapshot: Snapshot,
    *,
    unit: str | None = None,
    person: str | None = None,
    label: str | None = None,
    ground: Ground | None = None,
) -> Ledger:
    """
    The ledger of *unit*, or of *person*, or of all, for the period *label* (None: from the beginning).

    *ground* knows the log's checkpoints under a policy; None: nothing is proven of any time.

    Raises:
        CallerError: Both a unit and a person; no such unit; nothing of the person is known; not a period.
    """
    if unit is not None and person is not None:
        raise CallerError("a ledger is of a unit or of a person", advice="Name one of the two.")
    one = None if label is None else period(label)
    concerns = Concerns(snapshot.records, snapshot.roster)
    rows = _concerning(snapshot, concerns, unit, person)
    kept = [r for r in rows if one is None or _within(snapshot, concerns, r, one)]
    bound = Bound(snapshot.view.as_of)
    shown = [r for r in kept if r.statement.type in EDIT_TYPES or _happened_before(snapshot, r, bound)]
    entries = tuple(row_of(entry, ground) for entry in ledger(shown, snapshot.edits, snapshot.explain))
    later = len(kept) - len(shown)
    return Ledger(
        unit=unit, person=person, period=label, view=snapshot.view, rows=entries, later=later, policy=ground is not None
    )  # fmt: skip


def row_of(entry: Entry, ground: Ground | None = None) -> Row:
    """An entry with its date, notes and, where *ground* is given, what is proven of its times."""
    happened = entry.record.statement.happened
    bounds = Bounds() if ground is None else ground.bounds(entry.record)
    return Row(entry, archive_date(happened), date_notes(happened), bounds)


def archive_date(happened: Happened) -> str:
    """
    A date as archives write it (DA/T 18): as far as it is known, in [brackets] if it is uncertain.

    >>> archive_date(Happened.on("2026-03-01", precision="month", uncertain=True))
    '[2026-03]'
    """
    text = happened.date()[: _LENGTH.get(happened.precision, 10)]
    return f"[{text}]" if happened.uncertain else text


def date_notes(happened: Happened) -> tuple[tuple[str, str], ...]:
    """What is to be noted beside a date, each in Chinese and English."""
    names = (["uncertain"] if happened.uncertain else []) + [happened.precision]
    return tuple(_NOTES[name] for name in names if name in _NOTES)


def known_unit(snapshot: Snapshot, unit: str) -> None:
    """Raise `CallerError` unless *unit* is known."""
    if unit not in snapshot.roster.units():
        advice = "Look up the unit's id in the registry, or ask as of a later date."
        raise CallerError(f"no such unit: {unit}", advice=advice, unit=unit)


def settled(snapshot: Snapshot, record: Record) -> Record:
    """*record* as its corrections leave it; what is void, as it was."""
    return snapshot.edits.apply(record) or record


def _concerning(snapshot: Snapshot, concerns: Concerns, unit: str | None, person: str | None) -> Sequence[Record]:
    if unit is not None:
        known_unit(snapshot, unit)
        return [r for r in snapshot.records if unit in concerns.of(r).units]
    if person is None:
        return snapshot.records
    found = [r for r in snapshot.records if person in concerns.of(r).persons]
    if not found:
        advice = "Look up the person's id in the registry, or ask as of a later date."
        raise CallerError(f"no record of {person} is known", advice=advice, person=person)
    return found


def _within(snapshot: Snapshot, concerns: Concerns, record: Record, one: Period) -> bool:
    """Whether a record belongs to a period; an edit, where its target does."""
    if record.statement.type in EDIT_TYPES:
        about = concerns.find(target(record))
        if about is not None:
            return _within(snapshot, concerns, about, one)
    return any(_in(version, one) for version in (record, settled(snapshot, record)))


def _in(record: Record, one: Period) -> bool:
    statement = record.statement
    if statement.period is not None and covers(one, statement.period):
        return True
    return one.begin <= happened_day(statement.happened) < one.end


def _happened_before(snapshot: Snapshot, record: Record, bound: Bound) -> bool:
    return any(bound.admits(r.statement.happened) for r in (record, settled(snapshot, record)))
