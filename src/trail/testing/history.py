"""
A history: a plan of what happens at the invented university, and how it is told into a log.

Each telling begins with a copy of a log that was founded and furnished once: genesis, declared types, persons, units,
posts, keys, rules.  Telling is lazy, one acknowledgement for each event, and ends with a checkpoint that the witness
has cosigned.
"""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from trail.aggregates import LIBRARY_ACTS, ActBase
from trail.application import Ack, Trail
from trail.clock import FixedClock
from trail.errors import CallerError
from trail.evidence.types import TypeSpec
from trail.store import Database
from trail.testing.campus import CST, Campus, key_of
from trail.testing.copies import driver
from trail.testing.hosts import HostType
from trail.testing.plots import KINDS, Step, Teller

ActType = type[ActBase] | TypeSpec
_LIBRARY: Final = frozenset(LIBRARY_ACTS)


class _Template(NamedTuple):
    """A furnished log: the database's bytes, the checkpoint signer's state, and the clock's reading."""

    database: bytes
    state: bytes
    now: int


@lru_cache(maxsize=16)
def _template(hosts: tuple[ActType, ...]) -> _Template:
    with Campus.found(types=[HostType(host).spec for host in hosts]) as campus:
        state = campus.state.read_bytes()
        return _Template(driver(campus.trail.reader.database).serialize(), state, campus.clock.now())


class HistoryTrail(Trail):
    """A log in memory into which a history is told; ``campus`` has its clock, keys and witness."""

    campus: Campus

    @classmethod
    def of(cls, template: _Template) -> HistoryTrail:
        """A new log, as the template has it."""
        folder = tempfile.TemporaryDirectory(prefix="trail-history-")
        state = Path(folder.name) / "state"
        state.write_bytes(template.state)
        database = Database("sqlite://", mode="create")
        with closing(sqlite3.connect(":memory:")) as source:
            source.deserialize(template.database)
            source.backup(driver(database))
        clock = FixedClock(template.now)
        trail = cls(database, log_key=key_of("log"), state=state, clock=clock)
        trail.campus = Campus(trail, clock, state=state)
        trail._folder = folder
        return trail

    _folder: tempfile.TemporaryDirectory[str]

    def close(self) -> None:
        """Close the log, its witness and its folder."""
        super().close()
        self.campus.close_witness()
        self._folder.cleanup()


class History:
    """
    A plan: *steps* in order, over the library's types or those of *types* (act classes, or `TypeSpec` of a host).

    It can be told any number of times; each log has the same events in the same order.
    """

    def __init__(self, steps: Sequence[Step], types: Sequence[ActType] | None = None) -> None:
        self.steps = tuple(steps)
        self.types = None if types is None else tuple(types)
        given = self.types or ()
        library = {t for t in given if not isinstance(t, TypeSpec) and t in _LIBRARY}
        self._library = None if types is None else frozenset(library)
        self._hosts = tuple(t for t in given if t not in library)
        self._policy: str | None = None

    @classmethod
    def random(cls, seed: int, types: Sequence[ActType] | None = None, *, size: int = 16) -> History:
        """A history that follows from *seed*, for whoever has no use for hypothesis."""
        drawn = random.Random(seed)
        steps = [Step(drawn.choice(KINDS), drawn.randrange(13), drawn.randrange(64), drawn.randrange(64))
                 for _ in range(size)]  # fmt: skip
        return cls(steps, types)

    def new_trail(self) -> HistoryTrail:
        """A new log in memory, furnished, into which nothing was told yet; a context manager."""
        return HistoryTrail.of(_template(self._hosts))

    def record_into(self, log: Trail) -> Iterator[Ack]:
        """
        Tell the history into *log*, one acknowledgement for each event, as it is recorded.

        After the last one the log's checkpoint is cosigned and ``policy`` is complete.

        Raises:
            CallerError: *log* was not made by `new_trail`.
        """
        if not isinstance(log, HistoryTrail):
            raise CallerError("tell a history into a log of its own new_trail()")
        teller = Teller(log.campus, self._library, [HostType(host) for host in self._hosts])
        for step in self.steps:
            yield from teller.tell(step)
        log.campus.clock.tick(60)
        log.campus.anchor()
        self._policy = log.campus.policy

    def tell(self) -> HistoryTrail:
        """A new log with the whole history in it."""
        log = self.new_trail()
        for _ in self.record_into(log):
            pass
        return log

    @property
    def policy(self) -> str:
        """The inspector's policy for the log told last; raises `CallerError` before one was told to its end."""
        if self._policy is None:
            raise CallerError("the history was not told to its end yet", advice="Exhaust record_into() first.")
        return self._policy

    @property
    def today(self) -> dt.date:
        """The last day that the plan reaches: as of it, everything has happened."""
        start = dt.datetime.fromtimestamp(_template(self._hosts).now, CST)
        return (start + dt.timedelta(days=1 + sum(step.days for step in self.steps))).date()

    def __repr__(self) -> str:
        steps = ", ".join(f"{s.kind}({s.days}, {s.a}, {s.b})" for s in self.steps)
        return f"<History of {len(self.steps)} steps: {steps}>"
