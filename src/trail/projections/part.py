"""
A snapshot over the few records that bear on a question, with what all questions share folded once for many of them.

The roster, the rules and the edits are the same for every unit and person; of them a `Shared` keeps the folds of the
last few dates that were asked about, and grows as the log does.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES
from trail.projections.edits import Edits
from trail.projections.index import Bound, settle
from trail.projections.roster import Roster
from trail.projections.ruling import RULE_TYPES, Ruling
from trail.projections.status import Snapshot
from trail.projections.tenures import ROSTER_TYPES
from trail.projections.values import PersonStatus, UnitStatus, View
from trail.rules.calendar import day_at
from trail.rules.model import COUNTED, RuleSet
from trail.rules.obligations import Demand

_FOLDS: Final = 8  # dates and sizes whose folds are kept
_DEMANDS: Final = 256  # lists of demands that are kept for each of them


class Fold(NamedTuple):
    """What every question as of one date, as known at one size, shares."""

    edits: Edits
    roster: Roster
    ruling: Ruling
    demands: dict[tuple[str, frozenset[str], int | None, int], list[Demand]]


class _Sorted(NamedTuple):
    edits: Edits
    roster: list[Record]
    rules: list[Record]


class Shared:
    """The records that every question needs, in ascending positions, and their folds under *rule_sets*."""

    def __init__(self, rule_sets: Iterable[RuleSet]) -> None:
        self.rule_sets: Mapping[bytes, RuleSet] = {rules.digest: rules for rules in rule_sets}
        self.records: list[Record] = []
        self._positions: list[int] = []
        self._sorted: dict[int, _Sorted] = {}
        self._folds: dict[tuple[int, int, int], Fold] = {}
        self._lock = threading.Lock()  # a part asks for more when it is used

    def add(self, record: Record) -> None:
        """Take one more record, of a higher position than all before."""
        self.records.append(record)
        self._positions.append(record.position)

    def at(self, size: int, bound: Bound | None) -> Fold:
        """The fold of what is known at *size* and happened before *bound* (None: ever)."""
        with self._lock:
            return self._at(size, bound)

    def _at(self, size: int, bound: Bound | None) -> Fold:
        count = bisect_right(self._positions, size)
        rows = self._kept(count)
        roster, rules = (settle(some, rows.edits, bound)[0] for some in (rows.roster, rows.rules))
        key = (count, len(roster), len(rules))  # a later bound admits more of the same: so many are these
        found = self._folds.pop(key, None)
        if found is None:
            known = Roster(roster)
            found = Fold(rows.edits, known, Ruling(rules, self.rule_sets, known), {})
        self._folds[key] = found
        while len(self._folds) > _FOLDS:
            self._folds.pop(next(iter(self._folds)), None)
        return found

    def _kept(self, count: int) -> _Sorted:
        found = self._sorted.pop(count, None)
        if found is None:
            known = self.records[:count]
            edits = Edits(r for r in known if r.statement.type in EDIT_TYPES)
            roster = [r for r in known if r.statement.type in ROSTER_TYPES]
            found = _Sorted(edits, roster, [r for r in known if r.statement.type in RULE_TYPES])
        self._sorted[count] = found
        while len(self._sorted) > _FOLDS:
            self._sorted.pop(next(iter(self._sorted)), None)
        return found


class Part(Snapshot):
    """
    The snapshot over *chosen* records, by position, and what is *shared*, of a log of *size*; the rest as `Snapshot`.

    It answers for the unit or the person for whom the records were chosen, and for nobody else.
    """

    def __init__(
        self,
        chosen: Mapping[int, Record],
        shared: Shared,
        *,
        size: int,
        as_of: int | str | None = None,
        known_at: int | None = None,
        now: int,
    ) -> None:
        size = size if known_at is None else min(size, known_at)
        self._chosen, self._shared = chosen, shared
        every = {**chosen, **{record.position: record for record in shared.records}}
        rows: Sequence[Record] = [every[position] for position in sorted(every) if position <= size]
        super().__init__(rows, shared.rule_sets, as_of=as_of, now=now)
        self.view = View(as_of=self.view.as_of, known_at=size)
        self._fold = shared.at(size, self._bound)
        self.edits = self._fold.edits
        self.__dict__["roster"] = self._fold.roster
        self.__dict__["ruling"] = self._fold.ruling

    def _whole(self) -> tuple[Roster, Ruling]:
        found = self._shared.at(self.view.known_at, None)
        return found.roster, found.ruling

    def known_then(self, size: int) -> Part:
        """As that of every snapshot."""
        return Part(self._chosen, self._shared, size=size, as_of=self.view.as_of, now=self.view.as_of)

    def demands(
        self, unit: str, classes: frozenset[str] = COUNTED, first: int | None = None, until: int | None = None
    ) -> Iterator[Demand]:
        """As those of every snapshot; looked up where they were asked for before."""
        until = day_at(self.view.as_of - 1) + 1 if until is None else until
        kept = self._fold.demands
        key = (unit, classes, first, until)
        found = kept.get(key)
        if found is None:
            if len(kept) >= _DEMANDS:
                kept.clear()
            found = kept[key] = list(super().demands(unit, classes, first, until))
        return iter(found)


class Wide(Part):
    """
    A part for a lookback: over all that may concern its subject, where *narrow* is the part that gives the status.

    *before* says the tree size known before an instant, up to a size, of all records; the rest as `Part`.
    """

    def __init__(
        self,
        chosen: Mapping[int, Record],
        shared: Shared,
        *,
        size: int,
        narrow: Part,
        before: Callable[[int, int], int],
        now: int,
    ) -> None:
        super().__init__(chosen, shared, size=size, as_of=narrow.view.as_of, known_at=narrow.view.known_at, now=now)
        self._narrow, self._before = narrow, before

    def unit(self, unit: str) -> UnitStatus:
        """The status of a unit."""
        return self._narrow.unit(unit)

    def person(self, person: str) -> PersonStatus:
        """The status of a person."""
        return self._narrow.person(person)

    def size_before(self, instant: int) -> int:
        """The tree size known before an instant, of all that is known."""
        return self._before(instant, self.view.known_at)

    def known_then(self, size: int) -> Part:
        """The part that gives the status as known at *size*."""
        return self._narrow.known_then(size)
