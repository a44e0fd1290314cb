"""Replay of the status from nothing, beside the decoding that it can't do without."""

from __future__ import annotations

import gc
from pathlib import Path

import msgpack  # type: ignore[import-untyped, unused-ignore]
from history import START, YEAR
from timing import Row, micro, one_core, spread, timed

from trail import Trail
from trail.application.views import paused_collector
from trail.encoding import decode
from trail.projections import Snapshot
from trail.projections import replay as replay_records
from trail.rules import load_default

ROUNDS = 5


def replay(folder: Path, *, quick: bool) -> list[Row]:
    """From entry bytes to the status of every unit; and decoding by itself."""
    one_core()
    with Trail.open(folder / "trail.db", read_only=True) as trail:
        entries = [entry for _, entry in trail.reader.entries()]
    times: list[tuple[float, float, float]] = []
    for _ in range(2 if quick else ROUNDS):
        gc.collect()
        times.append(
            (timed(lambda: status(entries)), timed(lambda: decoded(entries)), timed(lambda: unpacked(entries)))
        )
    count = len(entries)
    first, second = spread([b / a for a, b, _ in times]), spread([c / b for _, b, c in times])
    whole, ours, bare = (spread([row[side] for row in times]).median for side in range(3))
    units, obligations = status(entries)
    return [
        Row(
            f"replay of the status from nothing, {count:,} acts", "encoding.decode of the same entries", *first,
            "at least 0.3", first.median >= 0.3,
            (
                f"{micro(whole, count)} an act against {micro(ours, count)}, which decodes the entry and its statement",
                f"entries decoded into records, and from them the status of {units} units, {obligations:,} obligations",
            ),
        ),
        Row(
            "encoding.decode of these entries", "msgpack.unpackb of the same bytes", *second, "at least 0.25",
            second.median >= 0.25, (f"{micro(ours, count)} an act against {micro(bare, count)}",),
        ),
    ]  # fmt: skip


def status(entries: list[bytes]) -> tuple[int, int]:
    """Decode every entry and reckon the status of every unit: how many units, how many obligations."""
    with paused_collector():  # as a view reads its records
        records = list(replay_records(entries))
    snapshot = Snapshot(records, [load_default()], now=int(START.timestamp()) + YEAR)
    units = snapshot.units()
    return len(units), sum(len(snapshot.unit(unit).obligations) for unit in units)


def decoded(entries: list[bytes]) -> None:
    """Decode the entry and the statement in it, strictly."""
    for entry in entries:
        decode(decode(entry)[1])  # type: ignore[index,arg-type]


def unpacked(entries: list[bytes]) -> None:
    """The same with bare msgpack, which checks nothing."""
    unpack = msgpack.unpackb
    for entry in entries:
        unpack(unpack(entry)[1])
