"""
Views: the status as of a date, as known at a time, over the records that a trail reads back.
"""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from trail.errors import CallerError
from trail.evidence.record import Record
from trail.projections import Entry, PersonStatus, Snapshot, UnitStatus, bound_of, replay, size_at
from trail.rules import RuleSet
from trail.store import Reader

When = dt.date | dt.datetime | str | int | None
MAX_KEPT: Final = 50_000  # records kept decoded between views; beyond it each view reads anew


class Kept:
    """The log's records, decoded once; what was read stays as it was, and what is new is added."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._records: list[Record] = []

    def records(self) -> Sequence[Record]:
        """All records up to the head."""
        size, kept = self._reader.head().size, self._records
        if size > MAX_KEPT or size < len(kept):
            self._records = []
            return self._read(1, size) if size > MAX_KEPT else self.records()
        kept.extend(self._read(len(kept) + 1, size))
        return kept[:]

    def _read(self, first: int, last: int) -> list[Record]:
        entries = (bytes(entry) for _, entry in self._reader.entries(first, last))
        with paused_collector():
            return list(replay(entries, first))


@contextmanager
def paused_collector() -> Iterator[None]:
    """
    No cyclic collection inside: records have no cycles, and walking a growing heap of them costs a third of reading.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class View:
    """
    The answer to two questions at once: as of when, and known at what tree size.

    ``as_of`` is UTC seconds, ``known_at`` a tree size; `Trail.at` makes it.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.as_of = snapshot.view.as_of
        self.known_at = snapshot.view.known_at

    @classmethod
    def of(cls, kept: Kept, rules: Iterable[RuleSet], now: int, as_of: When, known_at: When) -> View:
        """The view of what *kept* holds; the times are those of `Trail.at`."""
        records = kept.records()
        size = known_size(records, known_at)
        return cls(Snapshot(records, rules, as_of=instant(as_of), known_at=size, now=now))

    def unit(self, unit: str) -> UnitStatus:
        """The status of a unit; raises `CallerError` if it is not known by then."""
        return self._snapshot.unit(unit)

    def person(self, person: str) -> PersonStatus:
        """The status of a person; raises `CallerError` if nothing of them is known by then."""
        return self._snapshot.person(person)

    def units(self) -> list[str]:
        """Every unit that is known by then, in order of ids."""
        return self._snapshot.units()

    def ledger(self) -> tuple[Entry, ...]:
        """Every record known by then, with edits and labels, whenever it happened."""
        return self._snapshot.ledger


def instant(when: When) -> int | None:
    """The instant before which something happened: of a date, the end of that day in Asia/Shanghai."""
    if isinstance(when, dt.datetime):
        return _seconds(when)
    if isinstance(when, dt.date | str):
        return bound_of(str(when))
    return when


def known_size(records: Sequence[Record], when: When) -> int | None:
    """The tree size known at a time: the last position recorded at or before it; an int is a size already."""
    if isinstance(when, dt.datetime):
        return size_at(records, _seconds(when) + 1)
    if isinstance(when, dt.date | str):
        return size_at(records, bound_of(str(when)))
    if when is not None and not 0 <= when <= len(records):
        raise CallerError(f"the log has {len(records)} records, so nothing is known at size {when}", found=when)
    return when


def _seconds(moment: dt.datetime) -> int:
    if moment.tzinfo is None:
        raise CallerError("give the datetime a time zone", found=str(moment))
    return int(moment.timestamp())
