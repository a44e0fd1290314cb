"""
The read model: what it makes of a question about one unit or one person, and what it costs to have.

"Cold" is a process that has just opened the log; "warm" is one that has answered before, and is asked about another
date.  Full replay is the same question without the read model: every entry decoded (cold), or decoded before (warm).
"""

from __future__ import annotations

import gc
import json
import shutil
from pathlib import Path

from timing import Row, Spread, micro, one_core, spread, timed
from university import SEED, YEARS, _open

from trail import Trail
from trail.application import View
from trail.application.views import Kept
from trail.rules import load, load_default
from trail.testing.university import University, amended_text

GOAL = 50.0  # milliseconds
ROUNDS = 7
DATES = ("2026-12-31", "2026-10-10", "2026-07-31", "2026-05-05", "2026-01-31", "2025-09-30", "2025-03-31")


def answers(folder: Path, *, quick: bool) -> list[Row]:
    """Status of one unit and of one person: cold and warm, each beside full replay; then what the index costs."""
    one_core()
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    university = University(SEED, meta["units"], YEARS)
    unit = university.tardy
    person = university.people.tenures[f"{unit}/secretary"][0].person
    size = f"{meta['units']} units over {YEARS} years, {meta['entries']:,} entries"
    rows: list[Row] = []
    for what, name in (("unit", unit), ("person", person), ("unit", "uni")):
        rows += _asked(folder, what, name, size, rounds=2 if quick else ROUNDS)
    return [*rows, *_made(folder, size)]


def _asked(folder: Path, what: str, name: str, size: str, *, rounds: int) -> list[Row]:
    cold: list[tuple[float, float]] = []
    warm: list[tuple[float, float]] = []
    for _ in range(min(rounds, 3)):
        with _open(folder) as log:
            few = timed(lambda log=log: _say(log.at(DATES[0]), what, name))
        with _open(folder) as log:
            cold.append((few, timed(lambda log=log: _say(_whole(log, Kept(log.reader), DATES[0]), what, name))))
    with _open(folder) as log:
        kept = Kept(log.reader)
        kept.records()
        _say(log.at("2026-12-30"), what, name)
        for day in DATES[:rounds]:
            gc.collect()
            few = timed(lambda log=log, day=day: _say(log.at(day), what, name))
            warm.append((few, timed(lambda log=log, day=day: _say(_whole(log, kept, day), what, name))))
    label = "the university itself" if name == "uni" else f"one {what}"
    return [_row(f"status of {label}, warm: {size}", warm, GOAL), _row(f"status of {label}, cold", cold, None)]


def _row(job: str, times: list[tuple[float, float]], goal: float | None) -> Row:
    few, every = (spread([1000 * row[side] for row in times]) for side in (0, 1))
    ratio = spread([every / few for few, every in times])
    note = f"full replay {every.median:.0f} ms: {ratio.median:.1f} times as long ({ratio.low:.1f} to {ratio.high:.1f})"
    reached = None if goal is None else few.median < goal
    return Row(job, "milliseconds, with everything that it says", *few, "below 50 ms" if goal else "", reached, (note,),
               "ms")  # fmt: skip


def _say(view: View, what: str, name: str) -> None:
    """Ask for everything that a status says."""
    found = view.unit(name) if what == "unit" else view.person(name)
    _ = found.obligations, found.triggered, found.counts, found.standing


def _whole(log: Trail, kept: Kept, day: str) -> View:
    return View.of(kept, [load_default(), load(amended_text())], log.now(), day, None)


def _made(folder: Path, size: str) -> list[Row]:
    """Making the index from nothing, and how large it is beside the log."""
    copy = folder / "copy.db"
    shutil.copy(folder / "trail.db", copy)
    try:
        with Trail.open(copy) as log:
            count = log.reader.head().size
            took = timed(log.rebuild_read_model)
            with log._database.looking() as connection:
                found = connection.exec_driver_sql("SELECT count(*), sum(length(key)) FROM concern").one()
    finally:
        for path in folder.glob("copy.db*"):
            path.unlink()
    value = Spread(took, took, took)
    each = f"{found[0] / count:.1f} rows and {found[1] / count:.0f} bytes of keys"
    note = f"{micro(took, count)} an entry; {each} for each"
    return [Row(f"making the read model from nothing: {size}", "seconds", *value, "", None, (note,), "s")]
