"""
Corrections, voidings and disputes, settled among the positions that are known.

Edits apply whatever date they name: who looks from position k knows them all.  An edit holds unless a voiding that
itself holds names it.  Of what holds, the last voiding or correction by position decides whether the record stands;
of corrections, the last one decides for each thing that it changed (the time, the period, each field).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from trail.evidence.moment import parse_happened
from trail.evidence.record import Record
from trail.evidence.registry import CORRECTED, DISPUTED, ERASED, VOIDED


class Held(NamedTuple):
    """The edits of one record that hold: corrections (oldest first), the voiding if it is void, disputes, erasures."""

    corrections: tuple[Record, ...] = ()
    voiding: Record | None = None
    disputes: tuple[Record, ...] = ()
    erasures: tuple[Record, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        """All of them, in order of position."""
        void = () if self.voiding is None else (self.voiding,)
        return tuple(sorted((*self.corrections, *void, *self.disputes, *self.erasures), key=lambda r: r.position))

    @property
    def content(self) -> tuple[Record, ...]:
        """The corrections that change fields or parts: each brings a new version of what it corrects."""
        return tuple(c for c in self.corrections if _changes_content(c))


NOTHING = Held()


def _changes_content(correction: Record) -> bool:
    statement = correction.statement
    return bool(statement.fields.get("fields")) or any(part.name != "reason" for part in statement.parts)


def target(edit: Record) -> bytes:
    """The id of the event that *edit* is about."""
    reference: Any = edit.statement.fields["target"]
    return bytes(reference[0])


class Edits:
    """The edits among the known positions, settled."""

    __slots__ = ("_held",)

    def __init__(self, edits: Iterable[Record]) -> None:
        """*edits*: the records of the four edit types, in any order."""
        ordered = sorted(edits, key=lambda r: r.position)
        gone: set[bytes] = set()
        for edit in reversed(ordered):  # whatever voids an edit comes after it, so it is settled before it
            if edit.statement.type == VOIDED and edit.statement.id not in gone:
                gone.add(target(edit))
        rows: dict[bytes, list[Record]] = {}
        for edit in ordered:
            if edit.statement.id not in gone:
                rows.setdefault(target(edit), []).append(edit)
        self._held = {event: _held(found) for event, found in rows.items()}

    def __contains__(self, event: bytes) -> bool:
        return event in self._held

    def __bool__(self) -> bool:
        return bool(self._held)

    def of(self, event: bytes) -> Held:
        """What holds of the edits of *event*."""
        return self._held.get(event, NOTHING)

    def apply(self, record: Record) -> Record | None:
        """*record* as its corrections leave it; None if it is void.  Bytes, digest and position stay the original's."""
        held = self._held.get(record.statement.id)
        if held is None:
            return record
        if held.voiding is not None:
            return None
        return correct(record, held.corrections)


def _held(edits: list[Record]) -> Held:
    by_type: dict[str, list[Record]] = {}
    for edit in edits:
        by_type.setdefault(edit.statement.type, []).append(edit)
    corrections, voidings = by_type.get(CORRECTED, []), by_type.get(VOIDED, [])
    last = voidings[-1] if voidings else None
    if last is not None and corrections and corrections[-1].position > last.position:
        last = None  # the last by position holds: corrected after it was voided, the record stands again
    return Held(tuple(corrections), last, tuple(by_type.get(DISPUTED, ())), tuple(by_type.get(ERASED, ())))


def correct(record: Record, corrections: Iterable[Record]) -> Record:
    """*record* with *corrections* (oldest first) applied to its time, period and fields."""
    statement = record.statement
    for edit in corrections:
        changes: Any = edit.statement.fields
        if "fields" in changes:
            statement = statement._replace(fields={**statement.fields, **changes["fields"]})
        if "period" in changes:
            statement = statement._replace(period=changes["period"])
        if "happened" in changes:
            statement = statement._replace(happened=parse_happened(changes["happened"]))
    return record if statement is record.statement else record._replace(statement=statement)
