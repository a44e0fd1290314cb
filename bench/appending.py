"""
Durable appends, beside eventsourcing's own SQLite recorder.

Both sides begin with what the host knows and end when it is durable: trail's façade makes, signs and appends a talk;
an eventsourcing application makes an aggregate's event with the same content and saves it through its recorder.  What
that recorder takes by itself, with stored events ready made, is told beside it.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder
from history import CONTENT, CST, holder, key_of
from timing import Row, Spread, micro, spread, timed

from trail import TalkHeld, Trail
from trail.application import Acting
from trail.errors import StoreFailed

FULL = 2
WHEN = dt.datetime(2026, 12, 30, 9, tzinfo=CST)
OTHERS = [holder("c01", 1), holder("c01", 5)]


def append(folder: Path, *, quick: bool) -> list[Row]:
    """One act for each durable transaction."""
    return _compare(folder, 1, 240 if quick else 1_200, "durable append of one signed talk", 1.0)


def append_many(folder: Path, *, quick: bool) -> list[Row]:
    """A hundred acts for each durable transaction."""
    return _compare(folder, 100, 12 if quick else 60, "durable append of 100 in one transaction", 0.4)


def _compare(folder: Path, size: int, rounds: int, job: str, least: float) -> list[Row]:
    scratch = Path(tempfile.mkdtemp(dir=folder))
    try:
        shutil.copy(folder / "trail.db", scratch / "trail.db")
        with Trail.open(scratch / "trail.db") as trail:
            person, post = holder("c01", 0)
            acting = trail.acting(person, post, key_of(person))
            _talks(acting, 1)
            record = next(trail.records(trail.reader.head().size))
            peer = _Peer(scratch / "peer.db", len(record.statement_bytes) + sum(p.size for p in record.statement.parts))
            _read_back(trail)
            times = []
            for turn in range(rounds + rounds // 10):
                stored = peer.stored(size)
                one = (
                    timed(lambda: _talks(acting, size)),
                    timed(lambda: peer.save(size)),
                    timed(lambda ready=stored: peer.recorder.insert_events(ready)),  # type: ignore[misc]
                )
                if turn >= rounds // 10:  # the first ones fill caches
                    times.append(one)
            peer.close()
        return [_row(times, size, job, least)]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _row(times: list[tuple[float, float, float]], size: int, job: str, least: float) -> Row:
    blocks = [times[at : at + len(times) // 12] for at in range(0, len(times), len(times) // 12)]
    ours, theirs, bare = (spread([row[side] for row in times]) for side in range(3))
    found = spread([_sum(block, 1) / _sum(block, 0) for block in blocks])
    alone = spread([_sum(block, 2) / _sum(block, 0) for block in blocks])
    notes = (
        f"trail {_of(ours, size)} an act, eventsourcing {_of(theirs, size)} an event",
        f"its recorder alone, events ready made: {_of(bare, size)}, a ratio of {alone.median:.2f}",
        "synchronous=FULL and a write-ahead log, read back on both sides; each an act or event of a new stream",
    )
    what = "one unsigned event" if size == 1 else f"{size} unsigned events"
    against = f"eventsourcing saving {what} with its SQLite recorder"
    return Row(job, against, *found, f"at least {least}", found.median >= least, notes)


def _sum(block: list[tuple[float, float, float]], side: int) -> float:
    return sum(row[side] for row in block)


def _of(found: Spread, size: int) -> str:
    return f"{micro(found.median, size)} ({micro(found.low, size)} to {micro(found.high, size)})"


def _talks(acting: Acting, size: int) -> None:
    acts = [
        TalkHeld(kind="integrity", counterparts=OTHERS, happened=WHEN, place="甲楼 301", content=CONTENT)
        for _ in range(size)
    ]
    if size == 1:
        acting.record(acts[0])
    else:
        acting.record_many(acts)


def _read_back(trail: Trail) -> None:
    settings = trail.reader.database.durability().settings
    if (settings["synchronous"], settings["journal_mode"]) != ("FULL", "wal"):
        raise StoreFailed("the comparison needs synchronous=FULL and a write-ahead log", found=settings)


class Talk(Aggregate):
    """A talk as an eventsourcing application would keep it."""

    @event("Held")
    def __init__(self, kind: str, counterparts: list[Any], happened: dt.datetime, place: str, content: str) -> None:
        self.kind = kind
        self.counterparts = counterparts
        self.happened = happened
        self.place = place
        self.content = content


class _Peer:
    """An eventsourcing application on its own SQLite recorder, as it ships, but for ``synchronous``."""

    def __init__(self, path: Path, payload: int) -> None:
        self._state = bytes(payload)
        env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
        self._application: Application[uuid.UUID] = Application(env)
        recorder = self._application.recorder
        if not isinstance(recorder, SQLiteApplicationRecorder):
            raise StoreFailed("the other side is not on SQLite", found=type(recorder).__name__)
        self.recorder = recorder
        self._pragmas(f"synchronous={FULL}")
        self._check()

    def _pragmas(self, *texts: str) -> list[object]:
        """Run pragmas on the connection that writes; the pool hands it out again and again."""
        with self.recorder.datastore.get_connection(commit=True) as connection:
            rows = [connection._sqlite_conn.execute(f"PRAGMA {text}").fetchone() for text in texts]
        return [row and row[0] for row in rows]

    def _check(self) -> None:
        found = self._pragmas("synchronous", "journal_mode")
        if found != [FULL, "wal"]:
            raise StoreFailed("the other side is not durable", found=found)

    def save(self, size: int) -> None:
        """Make events of *size* new aggregates and save them in one transaction."""
        self._application.save(
            *(Talk(kind="integrity", counterparts=OTHERS, happened=WHEN, place="甲楼 301", content=CONTENT)
              for _ in range(size))
        )  # fmt: skip

    def stored(self, size: int) -> list[StoredEvent]:
        """Stored events ready made, as long as one of our acts."""
        return [StoredEvent(uuid.uuid4(), 1, "bench:Talk.Held", self._state) for _ in range(size)]

    def close(self) -> None:
        """Read the settings back once more."""
        self._check()
        self._application.close()
