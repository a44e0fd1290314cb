"""
Records as an answer cites them: where each stands, its leaf, who signed it, when it happened and was recorded, and
between which times the log itself places it.

What was known on the day that is asked about stands apart from what was recorded later (`Cited`).  Nothing here reads
a checkpoint: whoever asks brings a `Ground` that knows them, or none, and then no bounds are given.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from trail.aggregates.state import Gap
from trail.evidence.intervals import Interval
from trail.evidence.record import Record, encode_entry
from trail.evidence.registry import EDIT_TYPES
from trail.merkle import leaf_hash
from trail.projections.basis import Because
from trail.projections.concerns import Concerns
from trail.projections.edits import target
from trail.projections.status import Snapshot


class Dated(NamedTuple):
    """A time (UTC seconds) that a checkpoint carries: the size of its tree, and the witnesses that dated it."""

    time: int
    size: int
    by: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {"time": self.time, "checkpoint": self.size, "by": list(self.by)}


class Bounds(NamedTuple):
    """
    Between which times a record was signed and recorded, with what says so (`trail.evidence.intervals`); None: nothing.

    ``verified``: the signatures behind these times were checked under an inspector's policy.  Otherwise they are what
    the database says, which proves nothing: they are never shown as proven.
    """

    signed_not_before: Dated | None = None
    recorded_not_before: Dated | None = None
    not_after: Dated | None = None
    verified: bool = False

    @property
    def interval(self) -> Interval:
        """The times alone; none of them is proven unless it was verified."""
        return Interval(*(None if one is None or not self.verified else one.time for one in self[:3]))

    def to_json(self) -> dict[str, Any] | None:
        """What is proven, as a map in stable order; None: no policy was given."""
        if not self.verified:
            return None
        return {name: None if one is None else one.to_json() for name, one in zip(
            self._fields, self[:3], strict=False)}  # fmt: skip


class Basis(NamedTuple):
    """
    What an answer rests on: the first ``positions`` records, whose tree has this ``root``.

    ``then``: how many of them were recorded before the day that is asked about was over; ``checkpoint``: the size of
    the smallest checkpoint that covers all of them (None: none does), ``witnesses`` the names on it, ``verified``
    whether a policy was given to check signatures under.  ``odd``: sizes of checkpoints that don't fit the database:
    verify it.
    """

    positions: int
    then: int
    root: bytes | None = None
    checkpoint: int | None = None
    witnesses: tuple[str, ...] = ()
    verified: bool = False
    odd: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order; the root in hexadecimal."""
        return {
            "positions": self.positions, "then": self.then, "root": None if self.root is None else self.root.hex(),
            "checkpoint": self.checkpoint, "witnesses": list(self.witnesses), "verified": self.verified,
            "odd_checkpoints": list(self.odd),
        }  # fmt: skip


class Ground(Protocol):
    """What knows the log's checkpoints."""

    def bounds(self, record: Record) -> Bounds:
        """Between which times *record* was signed and recorded."""

    def before(self, time: int, size: int) -> int:
        """How many of the first *size* positions no dated checkpoint places at *time* (UTC seconds) or later."""

    def basis(self, size: int, then: int) -> Basis:
        """What an answer from the first *size* records rests on."""


class Nowhere:
    """The ground of records alone: no checkpoint is at hand."""

    def bounds(self, record: Record) -> Bounds:
        """No bounds."""
        return Bounds()

    def before(self, time: int, size: int) -> int:
        """All of them: nothing says otherwise."""
        return size

    def basis(self, size: int, then: int) -> Basis:
        """The positions alone."""
        return Basis(size, then)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    One record of an answer.

    ``leaf`` is the hash of its entry in the log's tree; ``signers`` are persons with the posts in which they signed,
    ``performers`` who did it (a person with a post, or a body); ``label`` and ``posts`` as in `Because`; ``later``: it
    was recorded after the day that is asked about.
    """

    position: int
    leaf: bytes
    type: str
    happened: str
    recorded: int
    label: str
    posts: tuple[tuple[str, str], ...]
    hand: str
    performers: tuple[tuple[str, str], ...]
    signers: tuple[tuple[str, str], ...]
    bounds: Bounds
    later: bool

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order; the leaf in hexadecimal."""
        return {
            "position": self.position, "leaf": self.leaf.hex(), "type": self.type, "happened": self.happened,
            "recorded": self.recorded, "label": self.label, "posts": dict(self.posts), "hand": self.hand,
            "performers": [list(row) for row in self.performers], "signers": [list(row) for row in self.signers],
            "proven": self.bounds.to_json(), "recorded_later": self.later,
        }  # fmt: skip

    def at(self) -> dict[str, Any]:
        """Position and leaf, by which the rest is found."""
        return {"position": self.position, "leaf": self.leaf.hex()}


class Cited(NamedTuple):
    """The records that something rests on: what was recorded by the day that is asked about, and what came later."""

    records: tuple[Line, ...] = ()
    later: tuple[Line, ...] = ()

    @property
    def all(self) -> tuple[Line, ...]:
        """All of them, in order of position."""
        return self.records + self.later  # whatever came later stands at a later position

    def to_json(self) -> dict[str, Any]:
        """As two lists of positions and leaves."""
        return {"records": [line.at() for line in self.records], "later": [line.at() for line in self.later]}


class GapCited(NamedTuple):
    """A gap, and the records that it is about."""

    gap: Gap
    cited: Cited

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {"code": self.gap.code, "en": self.gap.en, "zh": self.gap.zh, **self.cited.to_json()}


class Citer:
    """
    Makes the lines of one answer over *snapshot*; ``lines`` holds each record that was cited, by position.

    ``then`` is the tree size that was known on the day: by the log's clock, but without what a dated checkpoint places
    after it, so that a clock that was turned back makes nothing older (D8).
    """

    def __init__(self, snapshot: Snapshot, concerns: Concerns, ground: Ground | None) -> None:
        self._snapshot = snapshot
        self._concerns = concerns
        self._ground: Ground = Nowhere() if ground is None else ground
        until = snapshot.view.as_of
        self.then = self._ground.before(until, snapshot.size_before(until))
        self.lines: dict[int, Line] = {}

    def basis(self) -> Basis:
        """What the answer rests on."""
        return self._ground.basis(self._snapshot.view.known_at, self.then)

    def line(self, because: Because) -> Line:
        """The line of a record."""
        known = self.lines.get(because.position)
        if known is None:
            known = self.lines[because.position] = self._line(because)
        return known

    def because(self, rows: Iterable[Because]) -> Cited:
        """The lines of several records, in order of position."""
        return _cited(self.line(row) for row in rows)

    def records(self, records: Iterable[Record]) -> Cited:
        """The lines of *records*, each with its edits that hold."""
        lines: list[Line] = []
        for record in records:
            known = self.lines.get(record.position)
            if known is not None and record.statement.id not in self._snapshot.edits:
                lines.append(known)
            else:
                lines += map(self.line, self._snapshot.explain.records([record]))
        return _cited(lines)

    def alone(self, records: Iterable[Record]) -> Cited:
        """The lines of *records* without their edits."""
        return _cited(self.lines.get(r.position) or self.line(self._labelled(r)) for r in records)

    def gap(self, gap: Gap) -> GapCited:
        """A gap with its records."""
        return GapCited(gap, self.positions(gap.positions))

    def positions(self, positions: Iterable[int]) -> Cited:
        """The lines at *positions*, without their edits."""
        found = [record for p in sorted(set(positions)) if (record := self.record(p)) is not None]
        return self.alone(found)

    def record(self, position: int) -> Record | None:
        """The record at *position*, if it is among the known ones."""
        rows = self._snapshot.records
        at = bisect_left(rows, position, key=lambda record: record.position)
        return rows[at] if at < len(rows) and rows[at].position == position else None

    def _labelled(self, record: Record) -> Because:
        """A record with its labels; of an edit, the time of what it is about decides how late it came."""
        about = None
        if record.statement.type in EDIT_TYPES:
            about = self._concerns.find(target(record))
            about = None if about is None else self._snapshot.edits.apply(about) or about
        return self._snapshot.explain.one(record, about)

    def _line(self, because: Because) -> Line:
        record = self.record(because.position)
        if record is None:
            raise LookupError(f"position {because.position} is not among the known records")
        statement = record.statement
        entry = encode_entry(record.statement_bytes, record.signatures, record.version, record.recorded)
        return Line(
            position=record.position, leaf=leaf_hash(entry), type=statement.type, happened=because.happened,
            recorded=record.recorded, label=because.label, posts=because.posts, hand=statement.hand,
            performers=tuple((p.who, p.post) for p in statement.performers),
            signers=tuple((s.person, s.post) for s in statement.signers),
            bounds=self._ground.bounds(record), later=record.position > self.then,
        )  # fmt: skip


def _cited(lines: Iterable[Line]) -> Cited:
    """Lines in order of position, each once."""
    rows = sorted({line.position: line for line in lines}.items())
    return Cited(tuple(one for _, one in rows if not one.later), tuple(one for _, one in rows if one.later))
