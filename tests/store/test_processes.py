"""
Several processes on one file: dense positions, no lost acknowledgement, and the order that the callers saw.

The history is checked for linearisability directly: each append is recorded with its start, its end and its position;
if one was acknowledged before another began, its position is smaller.
"""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.store.test_append import check_tree
from tests.store.world import ORIGIN, World

from trail.store.append import EntryStore
from trail.store.engine import Database
from trail.store.read import Reader
from trail.store.submission import Submission, submission_from_bytes

ROOT = Path(__file__).parents[2]


class Done(NamedTuple):
    """One acknowledged append."""

    start: float
    end: float
    positions: list[int]
    ids: list[bytes]


def _writer(url: str, batches: list[list[Submission]], connections: int, queue: object, go: object) -> None:
    databases = [Database(url) for _ in range(connections)]
    stores = [EntryStore(database) for database in databases]
    go.wait()  # type: ignore[attr-defined]
    done = []
    for number, batch in enumerate(batches):
        start = time.monotonic()
        acks = stores[number % connections].append_many(batch)
        done.append(Done(start, time.monotonic(), [a.position for a in acks], [a.id for a in acks]))
    queue.put(done)  # type: ignore[attr-defined]
    for database in databases:
        database.close()


def check_linear(history: list[Done]) -> None:
    """Whatever was acknowledged before another began comes before it."""
    by_end = sorted(history, key=lambda done: done.end)
    by_start = sorted(history, key=lambda done: done.start)
    highest, at = 0, 0
    for done in by_start:
        while at < len(by_end) and by_end[at].end < done.start:
            highest = max(highest, *by_end[at].positions)
            at += 1
        assert min(done.positions) > highest


@pytest.mark.parametrize(("writers", "connections"), [(2, 1), (4, 2)])
def test_writers_in_several_processes(world: World, writers: int, connections: int) -> None:
    context = multiprocessing.get_context("fork")
    queue, go = context.Queue(), context.Event()
    chance = random.Random(writers)
    before = world.reader.head().size
    work = [
        [[world.note(after=0, stream=f"notes/{chance.randrange(5)}") for _ in range(chance.choice((1, 1, 3)))]
         for _ in range(25)]
        for _ in range(writers)
    ]  # fmt: skip
    children = [
        context.Process(target=_writer, args=(world.url, batches, connections, queue, go)) for batches in work
    ]  # fmt: skip
    for child in children:
        child.start()
    go.set()
    history = [done for _ in children for done in queue.get(timeout=60)]
    for child in children:
        child.join(20)
        assert child.exitcode == 0
    check_linear(history)
    positions = sorted(position for done in history for position in done.positions)
    assert positions == list(range(before + 1, world.reader.head().size + 1))
    for done in history:
        for position, event in zip(done.positions, done.ids, strict=True):
            record = world.reader.find(event)
            assert record is not None
            assert record.position == position
    check_tree(world)


def test_the_check_of_the_history_finds_a_broken_one() -> None:
    with pytest.raises(AssertionError):
        check_linear([Done(0, 1, [2], []), Done(2, 3, [1], [])])


CHILD = """
import sys
from tests.store.test_processes import child
child(*sys.argv[1:])
"""


def child(path: str, work: str) -> None:
    """Append what lies in *work*, printing each acknowledgement, until killed."""
    import pickle

    store = EntryStore(Database(path), origin=ORIGIN)
    for statement, signatures, parts in pickle.loads(Path(work).read_bytes()):
        ack = store.append(submission_from_bytes(statement, signatures, parts))
        os.write(1, f"{ack.position} {ack.id.hex()}\n".encode())


@pytest.mark.harness
def test_killed_writers_lose_nothing_that_they_acknowledged(world: World) -> None:
    _kill_loop(world, cycles=60)


def test_a_few_killed_writers(world: World) -> None:
    _kill_loop(world, cycles=3)


def _kill_loop(world: World, cycles: int) -> None:
    import pickle

    chance = random.Random(7)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    acknowledged: dict[int, str] = {}
    attempted: set[str] = set()
    for cycle in range(cycles):
        notes = [world.note("文" * 100, after=0, stream=f"notes/{cycle}") for _ in range(300)]
        attempted |= {note.statement.id.hex() for note in notes}
        work = world.path / "work"
        work.write_bytes(
            pickle.dumps([(n.statement_bytes, n.signatures, [content.data for content in n.parts]) for n in notes])
        )
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, world.database.path, str(work)], stdout=subprocess.PIPE, env=environment
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(chance.uniform(0.005, 0.1))
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait()
        lines = (first + rest).decode().split("\n")
        for line in lines[:-1]:
            position, event = line.split()
            acknowledged[int(position)] = event
        with Database(world.database.path) as database:
            reader = Reader(database)
            assert database.integrity() == ()
            stored = {record.position: record.statement.id.hex() for record in reader.records(17)}
        assert {at: stored.get(at) for at in acknowledged} == acknowledged
        assert set(stored.values()) <= attempted
    assert len(acknowledged) >= cycles
    check_tree(world)
    world.notes(1)
    world.signer.issue(world.reader)
