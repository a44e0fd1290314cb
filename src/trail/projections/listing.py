"""
The broken order constraints (C1 to C4) of a unit's lists, from the aggregates' own fold.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from trail.aggregates.list_state import ListAggregate
from trail.aggregates.state import Gap
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES
from trail.projections.index import Bound
from trail.projections.roster import Roster

GAP_TYPES: Final = ListAggregate.TYPES
_PREFIX: Final = "lists/"


class UnitGaps:
    """The list records by unit, folded when a unit is asked for."""

    def __init__(self, records: Iterable[Record], bound: Bound, roster: Roster) -> None:
        """*records*: of the list types and the edits; edits count whatever their date."""
        self._streams: dict[str, dict[str, list[Record]]] = {}
        self._roster = roster
        for record in records:
            stream = record.statement.stream
            if not stream.startswith(_PREFIX):
                continue
            if record.statement.type in EDIT_TYPES or bound.admits(record.statement.happened):
                unit = stream[len(_PREFIX) :].rpartition("/")[0]
                self._streams.setdefault(unit, {}).setdefault(stream, []).append(record)

    def of(self, unit: str) -> tuple[Gap, ...]:
        """The gaps of the lists of *unit*, by year."""
        gaps: list[Gap] = []
        for _, records in sorted(self._streams.get(unit, {}).items()):
            gaps += ListAggregate(tuple(records)).gaps(self._kinds(records))
        return tuple(gaps)

    def _kinds(self, records: Iterable[Record]) -> dict[str, str]:
        posts = {str(r.statement.fields.get("owner", "")) for r in records}
        posts.update(s.post for r in records for s in r.statement.signers)
        return {p: known.kind for p in posts if (known := self._roster.post(p)) is not None}
