"""Durable appends, beside eventsourcing's own SQLite recorder."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from history import CONTENT, CST, holder, key_of
from timing import Row, micro, spread, timed

from trail import TalkHeld, Trail
from trail.application import Acting
from trail.errors import StoreFailed

FULL = 2


def append(folder: Path, *, quick: bool) -> list[Row]:
    """One act for each durable transaction."""
    return _compare(
        folder, 1, 200 if quick else 1_500, "durable append of one signed talk", "1.0", 1.0, "one unsigned event"
    )


def append_many(folder: Path, *, quick: bool) -> list[Row]:
    """A hundred acts for each durable transaction."""
    return _compare(
        folder, 100, 12 if quick else 60, "durable append of 100 in one transaction", "0.4", 0.4, "100 unsigned events"
    )


def _compare(folder: Path, size: int, rounds: int, job: str, goal: str, least: float, other: str) -> list[Row]:
    scratch = Path(tempfile.mkdtemp(dir=folder))
    try:
        shutil.copy(folder / "trail.db", scratch / "trail.db")
        with Trail.open(scratch / "trail.db") as trail:
            person, post = holder("c01", 0)
            acting = trail.acting(person, post, key_of(person))
            _read_back_ours(trail)
            recorder = _Recorder(scratch / "peer.db", payload=_bytes_of_one(trail, acting))
            ours, theirs = [], []
            for turn in range(rounds + rounds // 10):
                pair = (timed(lambda: _talks(acting, size)), timed(recorder.saving(size)))
                if turn >= rounds // 10:  # the first ones fill caches
                    ours.append(pair[0])
                    theirs.append(pair[1])
            recorder.close()
        block = max(1, rounds // 12)
        ratios = [sum(theirs[at : at + block]) / sum(ours[at : at + block]) for at in range(0, rounds, block)]
        found, a, b = spread(ratios), spread(ours), spread(theirs)
        notes = (
            f"trail {micro(a.median, size)} an act ({micro(a.low, size)} to {micro(a.high, size)})",
            f"eventsourcing {micro(b.median, size)} an event ({micro(b.low, size)} to {micro(b.high, size)})",
            "synchronous=FULL and a write-ahead log, read back on both sides; the event's state is as long as the act",
        )
        against = f"eventsourcing's SQLite recorder, {other}"
        return [Row(job, against, *found, f"at least {goal}", found.median >= least, notes)]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _talks(acting: Acting, size: int) -> None:
    now = dt.datetime(2026, 12, 30, 9, tzinfo=CST)
    others = [holder("c01", 1), holder("c01", 5)]
    acts = [
        TalkHeld(kind="integrity", counterparts=others, happened=now, place="甲楼 301", content=CONTENT)
        for _ in range(size)
    ]
    if size == 1:
        acting.record(acts[0])
    else:
        acting.record_many(acts)


def _read_back_ours(trail: Trail) -> None:
    settings = trail.reader.database.durability().settings
    if (settings["synchronous"], settings["journal_mode"]) != ("FULL", "wal"):
        raise StoreFailed("the comparison needs synchronous=FULL and a write-ahead log", found=settings)


def _bytes_of_one(trail: Trail, acting: Acting) -> int:
    """What one talk takes: entry and body."""
    _talks(acting, 1)
    record = next(trail.records(trail.reader.head().size))
    return len(record.statement_bytes) + sum(ref.size for ref in record.statement.parts)


class _Recorder:
    """eventsourcing's recorder for applications, as it ships, on a database of its own."""

    def __init__(self, path: Path, *, payload: int) -> None:
        self._state = bytes(payload)
        self._store = SQLiteDatastore(str(path))
        self._recorder = SQLiteApplicationRecorder(self._store)
        self._recorder.create_table()
        with self._store.transaction(commit=True) as cursor:
            cursor.execute("SELECT 1")
        # The pool hands the same connection out again; the setting belongs to it.
        with self._store.get_connection(commit=True) as connection:
            driver = connection._sqlite_conn
            driver.execute(f"PRAGMA synchronous={FULL}")
        self._check()

    def _check(self) -> None:
        with self._store.get_connection(commit=True) as connection:
            driver = connection._sqlite_conn
            found = [driver.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
        if found != [FULL, "wal"]:
            raise StoreFailed("the other side is not durable", found=found)

    def saving(self, size: int) -> Callable[[], object]:
        """A function that saves *size* new events, each the first of its aggregate, as talks are of their stream."""
        events = [StoredEvent(uuid.uuid4(), 1, "bench:TalkHeld", self._state) for _ in range(size)]
        return lambda: self._recorder.insert_events(events)

    def close(self) -> None:
        self._check()
        self._store.close()
