"""
What the aggregates share: records of a stream folded into a frozen state, edits settled, gaps named.

Folding is tolerant.  A state takes any admitted record in any order, ignores what is not its own, and never refuses:
a broken order constraint of the domain (C1 to C9) is a `Gap`, computed, never an error.  What counts is the set of
records and their positions, so the order in which they are applied changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeVar

from trail.encoding import Value
from trail.evidence.moment import parse_happened
from trail.evidence.record import Happened, Record
from trail.evidence.registry import CORRECTED, DISPUTED, VOIDED

S = TypeVar("S", bound="StreamState")


class Gap(NamedTuple):
    """
    A broken constraint: its code (``C2``; ``docs/spec/acts.md`` lists them), the positions of the records concerned,
    and plain words.  A question for the inspector, never a reason to refuse a record.
    """

    code: str
    positions: tuple[int, ...]
    en: str
    zh: str


def gap(code: str, positions: Iterable[int], en: str, zh: str) -> Gap:
    """A gap with its positions in order, each once."""
    return Gap(code, tuple(sorted(set(positions))), en, zh)


def in_order(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """*gaps* by the positions concerned, then by code; each once."""
    return tuple(sorted(set(gaps), key=lambda one: (one.positions, one.code, one.en)))


class Settled(NamedTuple):
    """A record as corrections leave it; ``edits`` are the corrections that hold, oldest first."""

    record: Record
    fields: Mapping[str, Any]
    happened: Happened
    period: str | None
    edits: tuple[Record, ...]
    disputes: tuple[Record, ...]

    @property
    def position(self) -> int:
        """Where the original stands in the log."""
        return self.record.position

    @property
    def id(self) -> bytes:
        """The event id of the original."""
        return self.record.statement.id


def target_of(record: Record) -> bytes:
    """The event that an edit is about."""
    pair: Any = record.statement.fields.get("target")
    return bytes(pair[0]) if pair else b""


def settle(records: Iterable[Record]) -> tuple[Settled, ...]:
    """
    *records* in order of position, without what is voided, with the corrections and disputes that hold.

    An edit holds unless it is itself voided by one that holds; of several corrections of one thing, and of a voiding
    and a correction, the last by position wins.  Edits themselves are not in the answer.
    """
    ordered = sorted(records, key=lambda record: record.position)
    last: dict[bytes, str] = {}
    for record in reversed(ordered):
        kind = record.statement.type
        if kind in (VOIDED, CORRECTED) and last.get(record.statement.id) != VOIDED:
            last.setdefault(target_of(record), kind)
    voided = {event for event, kind in last.items() if kind == VOIDED}
    edits: dict[bytes, list[Record]] = {}
    disputes: dict[bytes, list[Record]] = {}
    for record in ordered:
        if record.statement.id in voided:
            continue
        if record.statement.type == CORRECTED:
            edits.setdefault(target_of(record), []).append(record)
        elif record.statement.type == DISPUTED:
            disputes.setdefault(target_of(record), []).append(record)
    return tuple(
        _settled(record, edits.get(record.statement.id, ()), disputes.get(record.statement.id, ()))
        for record in ordered
        if record.statement.id not in voided and record.statement.type not in (CORRECTED, VOIDED, DISPUTED)
    )


def _settled(record: Record, edits: Iterable[Record], disputes: Iterable[Record]) -> Settled:
    fields: dict[str, Value] = record.statement.fields
    happened, period = record.statement.happened, record.statement.period
    for edit in edits:
        changes: Any = edit.statement.fields
        fields = {**fields, **changes.get("fields", {})}
        period = changes.get("period", period)
        happened = parse_happened(changes["happened"]) if "happened" in changes else happened
    return Settled(record, fields, happened, period, tuple(edits), tuple(disputes))


@dataclass(frozen=True, slots=True)
class StreamState:
    """The records of one stream that concern an aggregate, in order of position; replaced, never changed."""

    TYPES: ClassVar[frozenset[str]] = frozenset()

    records: tuple[Record, ...] = ()

    def apply(self: S, record: Record) -> S:
        """The state with *record*; the same state if the record is not its own, or known already."""
        if not self.takes(record):
            return self
        last = self.records[-1].position if self.records else 0
        if record.position > last:
            return type(self)((*self.records, record))
        if any(known.position == record.position for known in self.records):
            return self
        return type(self)(tuple(sorted((*self.records, record), key=lambda one: one.position)))

    def takes(self, record: Record) -> bool:
        """Whether *record* concerns this aggregate; edits always may."""
        return record.statement.type in self.TYPES or record.statement.type in (CORRECTED, VOIDED, DISPUTED)

    @classmethod
    def of(cls: type[S], records: Iterable[Record]) -> S:
        """The state after *records*."""
        state = cls()
        for record in records:
            state = state.apply(record)
        return state

    def settled(self) -> tuple[Settled, ...]:
        """The records that hold, as corrections leave them."""
        return settle(self.records)

    def gaps(self) -> tuple[Gap, ...]:
        """The order constraints that are broken, in order of position."""
        return ()


def key_of(reference: Any) -> tuple[bytes, bytes]:
    """A reference in a form that can be looked up."""
    return bytes(reference[0]), bytes(reference[1])


def joined(items: Iterable[str], separator: str) -> str:
    """Names for a sentence, each once, in order."""
    return separator.join(sorted(set(items)))
