"""
Answers from the read model: of a unit or a person, from the few records that bear on it.

The index says which entries to read (`trail.store.readmodel`, `trail.projections.bearing`); they are decoded from
their bytes and folded as all of them would be.  What the index has not reached yet is read and looked through here, so
an answer never waits for the index and never misses what it lacks.  What every question shares (roster, rules, edits)
is read once in a process, and grows with the log.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from trail.application.looking import LogGround
from trail.application.readmodel import read_model
from trail.application.views import Kept, View, instant, paused_collector
from trail.errors import CallerError, StoreBusy, StoreFailed
from trail.evidence.record import Record
from trail.projections import PersonStatus, Snapshot, UnitStatus
from trail.projections.bearing import ANCHORS, SHARED, Keyed, Ties, choose, look_around
from trail.projections.concerns import Concerns
from trail.projections.index import Bound
from trail.projections.lookback import lookback
from trail.projections.lookback_values import Lookback
from trail.projections.part import Part, Shared, Wide
from trail.projections.questions import DEFAULTS, Thresholds
from trail.projections.replay import replay_at
from trail.rules import RuleSet
from trail.signing import Policy
from trail.store import Reader
from trail.store.acts import ActRecorder
from trail.store.readmodel import Indexed, known_at, recorded_after

if TYPE_CHECKING:
    from eventsourcing.persistence import ApplicationRecorder, Subscription

    from trail.application.views import When

MAX_TAIL: Final = 4096
"""Entries beyond the end of the index that are looked through; where there are more, everything is read."""
WRITE_FROM: Final = 256  # so many appended acts are worth a transaction for the index
MAX_DECODED: Final = 50_000  # records kept decoded between questions
MAX_CHOSEN: Final = 1024  # questions whose positions are kept


@dataclass
class _Held:
    """What a process keeps of a log of *size*, whose last entry has this digest."""

    ties: Ties
    shared: Shared
    size: int = 0
    last: bytes = b""
    tail: Keyed = field(default_factory=Keyed)
    tail_from: int = 0
    decoded: dict[int, Record] = field(default_factory=dict)
    chosen: dict[tuple[str, ...], tuple[int, list[int]]] = field(default_factory=dict)
    positions: list[int] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)

    def keep(self, question: tuple[str, ...], positions: Iterable[int]) -> None:
        """Keep which positions were chosen for a question at this size."""
        if len(self.chosen) >= MAX_CHOSEN:
            self.chosen.clear()
        self.chosen[question] = (self.size, sorted(positions))

    def before(self, instant: int, size: int) -> int:
        """The tree size known before an instant, of the first *size* positions."""
        for at in range(bisect_right(self.positions, size) - 1, -1, -1):
            if self.recorded[at] < instant:
                return self.positions[at]
        return 0


class Looked(NamedTuple):
    """What a lookback reads: a snapshot, the records that first name each dated anchor, and whom records concern."""

    snapshot: Wide
    anchored: list[Record]
    concerns: Concerns


class _Both:
    """The index and what lies beyond its end, as one; records are decoded once."""

    def __init__(self, indexed: Indexed, held: _Held) -> None:
        self._indexed, self._held = indexed, held

    def positions(self, keys: Iterable[str]) -> set[int]:
        """The positions under any of *keys*."""
        rows = list(keys)
        return self._indexed.positions(rows) | self._held.tail.positions(rows)

    def within(self, first: str, end: str) -> set[int]:
        """The positions under any key from *first* on, before *end*."""
        return self._indexed.within(first, end) | self._held.tail.within(first, end)

    def firsts(self, first: str, end: str) -> dict[str, int]:
        """The first position under each key from *first* on, before *end*."""
        return {**self._held.tail.firsts(first, end), **self._indexed.firsts(first, end)}

    def after(self, streams: Iterable[tuple[str, int]]) -> set[int]:
        """The positions of what came in streams, each after a version."""
        return self._indexed.after(streams)

    def events(self, events: Iterable[bytes]) -> set[int]:
        """The positions of events."""
        return self._indexed.events(events)

    def anchored(self) -> list[Record]:
        """The records that first name each dated anchor, in order."""
        return self.records(sorted(self.firsts(ANCHORS, ANCHORS[:-1] + chr(ord(ANCHORS[-1]) + 1)).values()))

    def records(self, positions: Iterable[int]) -> list[Record]:
        """The records at *positions*."""
        decoded = self._held.decoded
        wanted = list(positions)
        lacking = [position for position in wanted if position not in decoded]
        if len(decoded) + len(lacking) > MAX_DECODED:
            decoded.clear()
            lacking = wanted
        with paused_collector():
            for record in replay_at(self._indexed.entries(lacking)):
                decoded[record.position] = record
        return [decoded[position] for position in wanted if position in decoded]


class Following:
    """The read model of a trail: makes it, keeps it up, and answers from it; threads may share it."""

    def __init__(self, reader: Reader, rules: Iterable[RuleSet]) -> None:
        self.model = read_model(reader)
        self._reader, self._rules = reader, tuple(rules)
        self._news = WRITE_FROM  # others may have appended before: the first act brings the index up
        self._held = self._nothing()
        self._lock = threading.RLock()

    def _nothing(self) -> _Held:
        return _Held(Ties(self._rules), Shared(self._rules))

    # --- keeping it up -----------------------------------------------------------------------------------------------

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Make the read model anew from nothing; how far it reaches then.  Raises `StoreBusy` or `StoreFailed`."""
        return self.model.rebuild(progress)

    def subscribe(self) -> Subscription[ApplicationRecorder]:
        """A subscription to what the read model has not reached yet, for `follow`."""
        found = self.model.followed()
        return ActRecorder(self._reader).subscribe(gt=found.position if found is not None else 0)

    def follow(self, subscription: Subscription[ApplicationRecorder]) -> Iterator[int]:
        """
        Keep the read model up for as long as *subscription* goes on; gives how far it reaches, each time it grew.

        Raises:
            CallerError: There is none that this version has made: `rebuild` it first.
        """
        reached = self.model.catch_up()
        yield reached
        for notification in subscription:
            if notification.id > reached:
                reached = self.model.catch_up()
                yield reached

    def appended(self, count: int) -> None:
        """
        Take notice of acts that this process appended: the first time, and when there are enough, the index follows.

        An act that was acknowledged stands, so whatever goes wrong here is left to the next time.
        """
        self._news += count
        if self._news < WRITE_FROM:
            return
        self._news = 0
        with suppress(CallerError, StoreBusy, StoreFailed):
            found = self.model.followed()
            if self.model.usable(found) and found is not None and self._reader.head().size - found.position > 1:
                self.model.catch_up()

    def _fit(self) -> bool:
        """Whether the read model is fit to answer from: of this version, and near enough to the head."""
        try:
            found = self.model.followed()
        except StoreFailed as error:
            if error.code != "FOREIGN_SCHEMA":
                raise
            return False
        if not self.model.usable(found) or found is None:
            return False
        return 0 <= self._reader.head().size - found.position <= MAX_TAIL

    # --- answering ---------------------------------------------------------------------------------------------------

    def view(self, kept: Kept, now: int, as_of: When, known: When) -> FollowedView | None:
        """The view of the log, as `View.of` gives it; None: there is no read model to answer from."""
        if not self._fit():
            return None
        return FollowedView(self, kept, self._rules, now, as_of, known)

    def size_at(self, when: When) -> int | None:
        """The tree size known at a time, as `trail.application.views.known_size` gives it."""
        if when is None:
            return None
        head = self._reader.head().size
        if isinstance(when, int):
            if not 0 <= when <= head:
                raise CallerError(f"the log has {head} records, so nothing is known at size {when}", found=when)
            return when
        before = instant(when) or 0
        return known_at(self._reader, before + isinstance(when, dt.datetime))

    def part(self, kind: str, name: str, *, as_of: int | str | None, known: int | None, now: int) -> Part | None:
        """The snapshot that answers for a unit (*kind* ``unit``) or a person; None: no longer fit to answer."""
        with self._lock, self._reader.snapshot() as reader:
            held = self._current(reader)
            if held is None:
                return None
            index = _Both(self.model.at(reader.source, held.tail_from), held)
            return self._part(held, index, kind, name, as_of=as_of, known=known, now=now)

    def _part(
        self, held: _Held, index: _Both, kind: str, name: str, *, as_of: int | str | None, known: int | None, now: int
    ) -> Part:
        size, positions = held.chosen.get((kind, name), (-1, []))
        if size == held.size:
            chosen = {record.position: record for record in index.records(positions)}
        else:
            wanted = held.ties.of_unit(name) if kind == "unit" else held.ties.of_person(name)
            chosen = choose(wanted, held.ties, index)
            held.keep((kind, name), chosen)
        return Part(chosen, held.shared, size=held.size, as_of=as_of, known_at=known, now=now)

    def look(
        self, kind: str, name: str, notices: tuple[str, ...], *, as_of: int | str | None, known: int | None, now: int
    ) -> Looked | None:
        """What a lookback of a unit or a person reads, with notices of these types; None: it has to read all."""
        with self._lock, self._reader.snapshot() as reader:
            held = self._current(reader)
            if held is None or not self._clocked(held, reader):
                return None
            index = _Both(self.model.at(reader.source, held.tail_from), held)
            narrow = self._part(held, index, kind, name, as_of=as_of, known=known, now=now)
            key = (kind, name, "lookback", *notices)
            size, positions = held.chosen.get(key, (-1, []))
            if size != held.size:
                around = held.ties.around_unit(name) if kind == "unit" else held.ties.around_person(name)
                found = look_around(around, notices, index, held.shared.records)
                if found is None:
                    return None
                positions = sorted(found.union(held.chosen[kind, name][1]))  # of whatever size a question knows
                held.keep(key, positions)
            chosen = {record.position: record for record in index.records(positions)}
            wide = Wide(chosen, held.shared, size=held.size, narrow=narrow, before=held.before, now=now)
            return Looked(wide, index.anchored(), Concerns(wide.records, wide.roster))

    def anchored(self) -> list[Record] | None:
        """The records that first name each dated anchor; None: no longer fit to answer."""
        with self._lock, self._reader.snapshot() as reader:
            held = self._current(reader)
            return None if held is None else _Both(self.model.at(reader.source, held.tail_from), held).anchored()

    def _clocked(self, held: _Held, reader: Reader) -> bool:
        """Read when each entry was recorded, as far as it is not known; whether all of them say so."""
        rows = recorded_after(reader, held.positions[-1] if held.positions else 0, held.size)
        if any(type(time) is not int for _, time in rows):
            return False
        held.positions += [position for position, _ in rows]
        held.recorded += [time for _, time in rows]
        return True

    def units(self, as_of: int, known: int | None) -> list[str] | None:
        """Every unit that is known by then; None: no longer fit to answer."""
        with self._lock, self._reader.snapshot() as reader:
            held = self._current(reader)
            if held is None:
                return None
            return held.shared.at(held.size if known is None else known, Bound(as_of)).roster.units()

    def _current(self, reader: Reader) -> _Held | None:
        """What is kept, brought up to the log as *reader* sees it; None: the read model does not reach far enough."""
        found = self.model.followed(reader.source)
        size = reader.head().size
        if found is None or not self.model.usable(found) or not 0 <= size - found.position <= MAX_TAIL:
            return None
        held = self._held
        if size < held.size or _digest(reader, held.size) != held.last:
            held = self._nothing()  # the database was put back to an earlier state
        if not held.tail_from <= found.position or found.position >= held.tail.last:
            held.tail, held.tail_from = Keyed(), found.position
        for record in replay_at(reader.entries(max(held.tail_from, held.tail.last) + 1, size)):
            held.tail.add(record)
            held.decoded[record.position] = record
        if size > held.size:
            last = held.shared.records[-1].position if held.shared.records else 0
            index = _Both(self.model.at(reader.source, held.tail_from), held)
            for record in index.records(sorted(p for p in index.positions([SHARED]) if p > last)):
                held.shared.add(record)
                held.ties.add(record)
            held.size, held.last = size, _digest(reader, size)
        self._held = held
        return held


def _digest(reader: Reader, position: int) -> bytes:
    """SHA-256 of an entry; of position 0, and where there is none, nothing."""
    rows = [entry for _, entry in reader.entries(position, position)] if position else []
    return hashlib.sha256(rows[0]).digest() if rows else b""


class FollowedView(View):
    """The status and the lookback of a unit or a person from the read model; all else from all records."""

    def __init__(
        self, following: Following, kept: Kept, rules: Sequence[RuleSet], now: int, as_of: When, known: When
    ) -> None:
        moment, size = instant(as_of), following.size_at(known)
        self._following, self._now, self._size = following, now, size
        self._reader = kept.reader
        self._parts: dict[tuple[str, str], Snapshot] = {}
        self._looked: dict[tuple[str, str, tuple[str, ...]], Looked] = {}

        @cache
        def whole() -> tuple[Snapshot, Sequence[Record]]:
            records = kept.records()
            if size is None:
                records = records[: self.known_at]
            return Snapshot(records, rules, as_of=moment, known_at=size, now=now), records

        self._whole = whole
        self.as_of = now if moment is None else moment
        self.known_at = kept.reader.head().size if size is None else size

    def unit(self, unit: str) -> UnitStatus:
        """The status of a unit; raises `CallerError` if it is not known by then."""
        with paused_collector():
            return self._part("unit", unit).unit(unit)

    def person(self, person: str) -> PersonStatus:
        """The status of a person; raises `CallerError` if nothing of them is known by then."""
        with paused_collector():
            return self._part("person", person).person(person)

    def units(self) -> list[str]:
        """Every unit that is known by then, in order of ids."""
        found = self._following.units(self.as_of, self.known_at)
        return self._snapshot.units() if found is None else found

    def lookback(
        self,
        *,
        unit: str | None = None,
        person: str | None = None,
        about: Iterable[str] = (),
        notice: str | Iterable[str] = (),
        policy: Policy | str | bytes | None = None,
        thresholds: Thresholds = DEFAULTS,
    ) -> Lookback:
        """As that of every view, from what may concern the unit or the person."""
        found = None
        if (unit is None) != (person is None):
            kind, name = ("unit", unit) if unit is not None else ("person", person)
            found = self._look(kind, str(name), tuple(sorted(set(thresholds.notice_types))))
        if found is None or self._reader is None:
            return super().lookback(
                unit=unit, person=person, about=about, notice=notice, policy=policy, thresholds=thresholds
            )
        return lookback(
            found.snapshot, unit=unit, person=person, about=about, notice=notice, thresholds=thresholds,
            ground=LogGround(self._reader, found.anchored, policy), concerns=found.concerns,
        )  # fmt: skip

    def _ground(self, policy: Policy | str | bytes | None = None) -> LogGround | None:
        anchored = self._following.anchored()
        if anchored is None or self._reader is None:
            return super()._ground(policy)
        return LogGround(self._reader, anchored, policy)

    def _look(self, kind: str, name: str, notices: tuple[str, ...]) -> Looked | None:
        key = (kind, name, notices)
        found = self._looked.get(key)
        if found is None:
            with paused_collector():
                asked = {"as_of": self.as_of, "known": self.known_at, "now": self._now}
                found = self._following.look(kind, name, notices, **asked)
            if found is not None:
                self._looked[key] = found
        return found

    def _part(self, kind: str, name: str) -> Snapshot:
        key = (kind, name)
        found = self._parts.get(key)
        if found is None:
            part = self._following.part(kind, name, as_of=self.as_of, known=self.known_at, now=self._now)
            found = self._parts[key] = self._snapshot if part is None else part
        return found
