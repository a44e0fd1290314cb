"""
Playing a plan into a log: through the façade, each act signed with its signer's own key, many in a transaction.

Nothing is left out of an act's way into the log but asking the database what this process, its only writer, knows:
which stream an act joins and its last version.  Each entry is stamped with the time that the plan gives it.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final, NamedTuple

from trail.aggregates import ActBase
from trail.aggregates.base import EventData
from trail.aggregates.catalogue import act_class
from trail.application import Ack, Trail
from trail.application.drafts import Draft
from trail.clock import FixedClock
from trail.testing.campus import Campus, key_of
from trail.testing.university.plan import ANCHOR, REGISTRARS, Planned, Ref

BATCH: Final = 250
"""So many acts in a transaction: a day's, or as many as come before a checkpoint or an act of the registrars."""


class PacedClock(FixedClock):
    """A clock that gives the times of a queue, one to each reading, and then stands where it was set."""

    __slots__ = ("_queue",)

    def __init__(self, now: int) -> None:
        super().__init__(now)
        self._queue: deque[int] = deque()

    def pace(self, times: Sequence[int]) -> None:
        """Give these times to the next readings; the last one stays."""
        self._queue = deque(times)

    def now(self) -> int:
        """The next of the queue, UTC seconds."""
        if self._queue:
            self.set(self._queue.popleft())
        return super().now()


class UniversityTrail(Trail):
    """A log with one writer, who remembers which stream each event lies in and how long each stream is."""

    def place(self, event: EventData, chosen: bytes) -> tuple[str, int]:
        """As `Trail.place`, from memory where it can."""
        memory = self._memory()
        stream = event.stream
        if stream is None and event.join is not None:
            stream = memory.streams.get(event.join)
            if stream is None:
                return super().place(event, chosen)
        if stream is None:
            return event.stream_prefix + chosen.hex(), 0
        if stream not in memory.versions:
            memory.versions[stream] = self.reader.stream_version(stream)
        return stream, memory.versions[stream]

    def remember(self, draft: Draft) -> None:
        """Take note of what will be appended next."""
        memory, statement = self._memory(), draft.statement
        memory.streams[statement.id] = statement.stream
        memory.versions[statement.stream] = memory.versions.get(statement.stream, 0) + 1

    def _memory(self) -> _Memory:
        if self._remembered is None:
            self._remembered = _Memory({}, {})
        return self._remembered

    _remembered: _Memory | None = None


class _Memory(NamedTuple):
    streams: dict[bytes, str]
    versions: dict[str, int]


class _Known(NamedTuple):
    """The exact version of an act that was prepared."""

    reference: tuple[bytes, bytes]


class Player:
    """Plays rows of a plan into *campus*, whose trail is a `UniversityTrail`; ``acks`` are by key."""

    def __init__(self, campus: Campus, trail: UniversityTrail, clock: PacedClock, seed: int) -> None:
        self.campus = campus
        self.trail = trail
        self.clock = clock
        self.seed = seed
        self.acks: dict[str, Ack] = {}
        self._known: dict[str, _Known] = {}
        self._waiting: list[tuple[Planned, Draft, bytes, bytes]] = []

    def play(self, rows: Iterator[Planned], progress: Callable[[int], None] | None = None) -> None:
        """Record them all; *progress* is told now and then how many there are."""
        for kind, group in groupby(rows, key=lambda row: row.type if row.type == ANCHOR else row.person == REGISTRARS):
            if kind == ANCHOR:
                for row in group:
                    self.clock.set(row.recorded)
                    self.campus.anchor()
            elif kind is True:
                self._register(list(group))
            else:
                self._record(group)
            if progress is not None:
                progress(len(self.acks))

    def event_id(self, key: str) -> bytes:
        """The id of an act, from the university's seed and the act's key."""
        return hashlib.sha256(f"trail/testing/university\n{self.seed}\n{key}".encode()).digest()[:16]

    # --- acts --------------------------------------------------------------------------------------------------------

    def _record(self, rows: Iterator[Planned]) -> None:
        for _, day in groupby(rows, key=lambda row: (row.recorded + 28_800) // 86_400):
            for row in day:
                self._prepare(row)
                if len(self._waiting) >= BATCH:
                    self._submit()
            self._submit()

    def _prepare(self, row: Planned) -> None:
        key = key_of(row.person)
        self.clock.set(row.recorded)
        draft = self.trail.acting(row.person, row.post, key).prepare(self._act(row), id=self.event_id(row.key))
        self.trail.remember(draft)
        digest = hashlib.sha256(draft.statement_bytes).digest()
        self._known[row.key] = _Known((draft.statement.id, digest))
        self._waiting.append((row, draft, key.sign(draft.message), key.public.id))

    def _submit(self) -> None:
        rows, self._waiting = self._waiting, []
        if rows:
            self.clock.pace([row.recorded for row, *_ in rows])
            trusted = frozenset(key for *_, key in rows)
            acks = self.trail.submit_many([(draft, [made]) for _, draft, made, _ in rows], trusted=trusted)
            self.acks.update((row.key, ack) for (row, *_), ack in zip(rows, acks, strict=True))

    def _act(self, row: Planned) -> ActBase:
        given: dict[str, Any] = {name: self._value(value) for name, value in row.given.items()}
        if "causes" in given:
            given["causes"] = [known.reference[0] for known in given["causes"]]
        made: Callable[..., ActBase] = act_class(f"{row.type}@1")
        return made(**given)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self._known[value.key]
        if type(value) in (list, tuple):
            return [self._value(one) for one in value] if any(map(_refers, value)) else value
        return value

    # --- the registry ------------------------------------------------------------------------------------------------

    def _register(self, rows: list[Planned]) -> None:
        for moment, group in groupby(rows, key=lambda row: row.recorded):
            self.clock.set(moment)
            some = list(group)
            for first in range(0, len(some), BATCH):
                part = some[first : first + BATCH]
                ids = [self.event_id(row.key) for row in part]
                acks = self.campus.registering().record_many([self._registered(row) for row in part], ids=ids)
                self.acks.update((row.key, ack) for row, ack in zip(part, acks, strict=True))

    def _registered(self, row: Planned) -> ActBase:
        if row.type == "KeyEnrolled":
            return replace(self.campus.enrolment(row.given["person"]), happened=row.given["happened"])
        return self._act(row)


def _refers(value: Any) -> bool:
    return isinstance(value, Ref) or (type(value) in (list, tuple) and any(map(_refers, value)))
