"""Inclusion and consistency proofs from stored hashes."""

from __future__ import annotations

import hashlib
import random
import shutil
import statistics
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from timing import Row, timed

from trail.merkle import Frontier, check_consistency, check_inclusion, leaf_hash
from trail.store import Database, Reader, create_log
from trail.store.queries import INSERT_ENTRY, MOVE_HEAD

ROUNDS = 2_000
MILLION = 1_000_000


def proofs(folder: Path, large: Path, *, quick: bool) -> list[Row]:
    """Proofs at random positions, warm: of the bench's own log, and of a million leaves."""
    rows = []
    for path, what in ((folder / "trail.db", ""), (large, "synthetic entries in rows of the store's own shape")):
        with Database(path, mode="read") as database:
            rows.append(_measure(Reader(database), 300 if quick else ROUNDS, what))
    return rows


def _measure(reader: Reader, rounds: int, what: str) -> Row:
    size, root = reader.head().size, reader.root()
    drawn = random.Random(1)
    positions = [drawn.randint(1, size) for _ in range(rounds)]
    for position in positions[: rounds // 10]:
        _, entry = next(reader.entries(position, position))
        proof = reader.inclusion(position, size)
        check_inclusion(proof, index=position - 1, size=size, leaf=leaf_hash(entry), root=root)
    for position in positions:
        reader.inclusion(position, size)
    times = sorted(timed(lambda at=position: reader.inclusion(at, size)) * 1e3 for position in positions)  # type: ignore[misc]
    low, high = times[rounds // 20], times[-rounds // 20]
    notes = (
        f"{rounds:,} positions at random, 5th to 95th percentile; a tenth of the proofs checked",
        *filter(None, [what]),
    )
    median = statistics.median(times)
    return Row(f"inclusion proof, {size:,} leaves, warm", "a millisecond", median, low, high, "below 1 ms", median < 1,
               notes, "ms")  # fmt: skip


def consistency(large: Path, *, quick: bool) -> list[Row]:
    """Consistency proofs between any two sizes of the million-leaf log, warm."""
    rounds = 300 if quick else ROUNDS
    with Database(large, mode="read") as database:
        reader = Reader(database)
        size = reader.head().size
        drawn = random.Random(2)
        pairs = [sorted(drawn.sample(range(1, size + 1), 2)) for _ in range(rounds)]
        for first, second in pairs[: rounds // 10]:
            check_consistency(
                reader.consistency(first, second), first=first, second=second, first_root=reader.root(first),
                second_root=reader.root(second),
            )  # fmt: skip
        for first, second in pairs:
            reader.consistency(first, second)
        cpu, times = [], []
        for first, second in pairs:
            start = time.thread_time()
            times.append(timed(lambda one=first, two=second: reader.consistency(one, two)) * 1e3)  # type: ignore[misc]
            cpu.append((time.thread_time() - start) * 1e3)
    times.sort()
    median, low, high = statistics.median(times), times[rounds // 20], times[-rounds // 20]
    notes = (
        f"{rounds:,} pairs of sizes at random, 5th to 95th percentile; a tenth of the proofs checked",
        f"99th percentile {times[-rounds // 100]:.2f} ms; of processor time alone {sorted(cpu)[-rounds // 100]:.2f} ms",
    )
    return [Row(f"consistency proof, {size:,} leaves, warm", "a millisecond", median, low, high, "below 1 ms",
                median < 1, notes, "ms")]  # fmt: skip


def build(path: Path, size: int = MILLION) -> None:
    """A log whose rows have the shape of the store's and whose entries are numbers, not acts; hashes are real."""
    scratch = path.with_name(path.name + ".part")
    scratch.unlink(missing_ok=True)
    with Database(scratch, mode="create") as database:
        log = create_log(database, "bench.example/leaves", created=0)
        frontier = Frontier.from_bytes(0, b"")
        rows = _rows(log, size, frontier)
        while chunk := list(islice(rows, 50_000)):
            with database.writing() as tx:
                tx.run_many(INSERT_ENTRY, chunk)
        with database.writing() as tx:
            tx.run(MOVE_HEAD, size, frontier.to_bytes(), 0, 0, log)
    shutil.move(scratch, path)


def _rows(log: int, size: int, frontier: Frontier) -> Iterator[tuple[object, ...]]:
    for position in range(1, size + 1):
        entry = b"synthetic entry %d" % position
        event = hashlib.md5(entry, usedforsecurity=False).digest()
        hashes = frontier.append(leaf_hash(entry))
        yield (log, position, f"s{position % 20_000}", position // 20_000 + 1, event, "Synthetic@1", None, False, 0,
               hashes, entry)  # fmt: skip
