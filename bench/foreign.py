"""
Appends of an eventsourcing application: trail's opaque log beside the library's own SQLite recorder.

Both sides get the same stored events, ready made, and end when they are durable.  The goals are for the recorders
alone; what an application saves in all, its mapper included, is told beside them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

from appending import FULL, WHEN, Talk
from eventsourcing.application import Application
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder
from history import CONTENT
from timing import Row, micro, spread, timed

from trail.errors import StoreFailed
from trail.store import TrailApplicationRecorder

STATE = 350
"""Bytes of a state: that of a talk with its content."""
BLOCKS = 12


def single(*, quick: bool) -> list[Row]:
    """One event for each durable transaction."""
    return _compare(1, 240 if quick else 2_400, "append of one event to an opaque log", 0.9)


def batches(*, quick: bool) -> list[Row]:
    """A hundred events for each durable transaction."""
    return _compare(100, 48 if quick else 240, "append of 100 events to an opaque log in one transaction", 0.6)


def _compare(size: int, rounds: int, job: str, least: float) -> list[Row]:
    scratch = Path(tempfile.mkdtemp(prefix="trail-bench-"))
    try:
        ours = _ours(scratch / "ours.db")
        theirs = _theirs(scratch / "theirs.db")
        times = []
        for turn in range(rounds + rounds // 10):
            events = [StoredEvent(uuid.uuid4(), 1, "bench:Talk.Held", os.urandom(STATE)) for _ in range(size)]
            sides = [ours, theirs]
            found = [0.0, 0.0, 0.0, 0.0]
            for side in (0, 1) if turn % 2 else (1, 0):
                recorder = sides[side].recorder
                found[side] = timed(lambda to=recorder, what=events: to.insert_events(what))  # type: ignore[misc]
                found[side + 2] = timed(lambda app=sides[side]: _save(app, size))  # type: ignore[misc]
            if turn >= rounds // 10:  # the first ones fill caches
                times.append(found)
        ours.close()
        theirs.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return [_row(times, size, job, least)]


def _row(times: list[list[float]], size: int, job: str, least: float) -> Row:
    length = len(times) // BLOCKS
    blocks = [times[at : at + length] for at in range(0, len(times), length)]
    ratio, saved = (
        spread([sum(row[side + 1] for row in block) / sum(row[side] for row in block) for block in blocks])
        for side in (0, 2)
    )
    ours, theirs = (spread([row[side] for row in times]).median for side in (0, 1))
    notes = (
        f"trail {micro(ours, size)} an event, the library's recorder {micro(theirs, size)}",
        f"with the library's application and mapper on both sides: a ratio of {saved.median:.2f}",
        "synchronous=FULL and a write-ahead log, read back on both sides; each event of a new originator",
    )
    return Row(
        job, "the library's own SQLite recorder, the same stored events", *ratio, f"at least {least}",
        ratio.median >= least, notes,
    )  # fmt: skip


def _save(app: Application[Any], size: int) -> None:
    people = [{"person": "p-001"}]
    app.save(*(Talk("integrity", people, WHEN, "甲楼 301", CONTENT) for _ in range(size)))


def _ours(path: Path) -> Application[Any]:
    app: Application[Any] = Application({"PERSISTENCE_MODULE": "trail.store", "TRAIL_URL": str(path)})
    recorder = app.recorder
    if not isinstance(recorder, TrailApplicationRecorder):
        raise StoreFailed("this side is not on trail", found=type(recorder).__name__)
    settings = recorder.store.database.durability().settings
    if (settings["synchronous"], settings["journal_mode"]) != ("FULL", "wal"):
        raise StoreFailed("the comparison needs synchronous=FULL and a write-ahead log", found=settings)
    return app


def _theirs(path: Path) -> Application[Any]:
    app: Application[Any] = Application({"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)})
    recorder = app.recorder
    if not isinstance(recorder, SQLiteApplicationRecorder):
        raise StoreFailed("the other side is not on SQLite", found=type(recorder).__name__)
    with recorder.datastore.get_connection(commit=True) as connection:
        driver = connection._sqlite_conn
        driver.execute(f"PRAGMA synchronous={FULL}")
        found = [driver.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
    if found != [FULL, "wal"]:
        raise StoreFailed("the other side is not durable", found=found)
    return app
