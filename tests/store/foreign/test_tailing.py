"""
A reader that follows the log never misses an event, however large the inserts are that interleave.

Whoever goes on from the last id that was seen misses what becomes visible below it later.  So ids must become visible
in their order, which they do where they are assigned under the lock that the commit releases.  The control assigns
them before: there, the same harness must find a miss.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest
from eventsourcing.persistence import Notification, StoredEvent
from tests.store.foreign.inspector import (
    Inspector,
    check_file,
    environment,
    events,
    factory_of,
    open_file,
    opened,
)

from trail.store import TrailFactory

PATIENCE = 60.0


class Recorder(Protocol):
    """As much as the harness needs."""

    def insert_events(self, stored_events: Sequence[StoredEvent]) -> Any: ...
    def select_notifications(self, start: int | None, limit: int, *, inclusive_of_start: bool) -> Any: ...


class Seen(NamedTuple):
    """What a reader saw of a log, in its order."""

    ids: list[int]
    versions: list[tuple[str, int]]


def tail(recorder: Recorder, finished: Callable[[], bool], limit: int) -> Seen:
    """Go on from the last id that was seen, until nothing follows after the writers have finished."""
    seen = Seen([], [])
    while True:
        done = finished()
        last = seen.ids[-1] if seen.ids else 0
        found: Sequence[Notification] = recorder.select_notifications(last, limit, inclusive_of_start=False)
        seen.ids.extend(n.id for n in found)
        seen.versions.extend((str(n.originator_id), n.originator_version) for n in found)
        if done and not found:
            return seen


def faults(seen: Seen, written: dict[str, int]) -> list[str]:
    """What a reader missed or saw out of order; *written* says how many versions each originator has."""
    found = []
    if seen.ids != sorted(set(seen.ids)):
        found.append("out of order or twice")
    last: dict[str, int] = {}
    for originator, version in seen.versions:
        if version != last.get(originator, 0) + 1:
            found.append(f"{originator}: {version} after {last.get(originator, 0)}")
        last[originator] = version
    found += [f"{who}: {count} written, {last.get(who, 0)} seen last" for who, count in written.items()
              if last.get(who, 0) != count]  # fmt: skip
    return found


def write(recorder: Recorder, name: str, sizes: Sequence[int]) -> None:
    """One writer: a batch of each size, the versions counted up."""
    version = 1
    for size in sizes:
        recorder.insert_events(events(name, range(version, version + size)))
        version += size


def sizes_of(seed: int, batches: int) -> list[int]:
    """Mostly large, some single."""
    chance = random.Random(seed)
    return [chance.choice((1, 3, 60, 200, 500)) for _ in range(batches)]


def run(make: Callable[[], Recorder], writers: int, batches: int, readers: Sequence[int]) -> list[str]:
    """Writers in threads and readers in threads, each with a recorder of its own; gives the faults that were found."""
    work = {f"writer {number}": sizes_of(number, batches) for number in range(writers)}
    threads = [threading.Thread(target=write, args=(make(), name, sizes)) for name, sizes in work.items()]
    results: list[Seen] = []

    def finished() -> bool:
        return not any(thread.is_alive() for thread in threads)

    following = [
        threading.Thread(target=lambda limit=limit: results.append(tail(make(), finished, limit))) for limit in readers
    ]  # fmt: skip
    for thread in [*threads, *following]:
        thread.start()
    for thread in [*threads, *following]:
        thread.join(PATIENCE)
    assert len(results) == len(readers)
    written = {name: sum(sizes) for name, sizes in work.items()}
    return [fault for seen in results for fault in faults(seen, written)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is made."""
    return tmp_path / "events.db"


def test_threads_with_one_recorder(path: Path) -> None:
    with opened(path, "Bills") as factory:
        recorder = factory.process_recorder()
        assert run(lambda: recorder, 4, 8, (1000, 10, 37)) == []


def test_threads_with_connections_of_their_own(path: Path) -> None:
    factories: list[TrailFactory] = []

    def make() -> Recorder:
        factories.append(factory_of(path, "Bills"))
        return factories[-1].application_recorder()

    assert run(make, 3, 8, (1000, 10)) == []
    for factory in factories:
        factory.close()
    check_file(path)


def test_in_memory(tmp_path: Path) -> None:
    with opened("sqlite://", "Bills") as factory:
        recorder = factory.application_recorder()
        assert run(lambda: recorder, 3, 6, (100, 7)) == []


class Careless:
    """The control: takes its ids, and then waits for the lock."""

    _next = itertools.count(1)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chance = random.Random()
        with closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, name TEXT, version INTEGER)")

    def insert_events(self, stored_events: Sequence[StoredEvent]) -> None:
        rows = [(next(self._next), str(e.originator_id), e.originator_version) for e in stored_events]
        time.sleep(self._chance.uniform(0, 0.01))
        with closing(sqlite3.connect(self._path, timeout=PATIENCE)) as connection, connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.executemany("INSERT INTO event VALUES (?, ?, ?)", rows)

    def select_notifications(self, start: int | None, limit: int, *, inclusive_of_start: bool) -> list[Notification]:
        with closing(sqlite3.connect(self._path, timeout=PATIENCE)) as connection:
            rows = connection.execute("SELECT * FROM event WHERE id > ? ORDER BY id LIMIT ?", (start, limit))
            return [Notification(name, version, "topic", b"", number) for number, name, version in rows]


def test_the_harness_finds_ids_that_were_taken_before_the_lock(tmp_path: Path) -> None:
    assert run(lambda: Careless(tmp_path / "careless.db"), 4, 12, (1000, 10))


def test_the_harness_finds_a_miss_that_is_made_by_hand() -> None:
    """Without chance: two writers take ids, the second commits first, a reader comes between."""
    assert faults(Seen([1, 2, 4], [("a", 1), ("a", 2), ("b", 1)]), {"a": 3, "b": 1})
    assert faults(Seen([2, 1], [("a", 2), ("a", 1)]), {"a": 2})
    assert faults(Seen([1, 1, 2], [("a", 1), ("a", 1), ("a", 2)]), {"a": 2})
    assert faults(Seen([1, 2], [("a", 1), ("a", 2)]), {"a": 2}) == []


def _write_in_a_process(path: Path, name: str, sizes: list[int], go: Any) -> None:
    factory = factory_of(path, "Bills")
    recorder = factory.application_recorder()
    go.wait(PATIENCE)
    write(recorder, name, sizes)
    factory.close()


def processes(path: Path, writers: int, batches: int) -> None:
    """Writers in processes; here a reader that asks section by section, and a subscription."""
    context = multiprocessing.get_context("spawn")
    go = context.Event()
    work = {f"writer {number}": sizes_of(number, batches) for number in range(writers)}
    written = {name: sum(sizes) for name, sizes in work.items()}
    with opened(path, "Bills") as factory:
        recorder = factory.application_recorder()
        subscription = recorder.subscribe()
        followed: list[Notification] = []

        def follow() -> None:
            with subscription:
                for notification in subscription:
                    followed.append(notification)
                    if len(followed) == sum(written.values()):
                        return

        follower = threading.Thread(target=follow)
        follower.start()
        children = [context.Process(target=_write_in_a_process, args=(path, *one, go)) for one in work.items()]
        for child in children:
            child.start()
        go.set()
        seen = tail(recorder, lambda: not any(child.is_alive() for child in children), 50)
        for child in children:
            child.join(PATIENCE)
            assert child.exitcode == 0
        follower.join(PATIENCE)
        subscription.stop()
        assert faults(seen, written) == []
        assert seen.ids == list(range(1, sum(written.values()) + 1))
        assert [n.id for n in followed] == seen.ids
        assert [(n.originator_id, n.originator_version) for n in followed] == seen.versions


def test_processes(path: Path) -> None:
    processes(path, writers=2, batches=10)


@pytest.mark.harness
def test_many_processes_for_longer(path: Path) -> None:
    processes(path, writers=6, batches=120)


# Dump, restore, VACUUM: positions are stored, not derived from rowids that a copy may assign anew.


@pytest.fixture
def kept(path: Path, tmp_path: Path) -> tuple[Path, Inspector, list[Notification]]:
    """A log with several originators, deleted snapshots in between (so that pages are freed), and a checkpoint."""
    (folder := tmp_path / "signer").mkdir()
    inspector = Inspector(folder, "Bills")
    factory = factory_of(path, "Bills")
    recorder = factory.process_recorder()
    snapshots = factory.aggregate_recorder("snapshots")
    for number in range(1, 40):
        recorder.insert_events(events(("a", "账簿", "e\u0301")[number % 3], range(number * 10, number * 10 + 3)))
        snapshots.insert_events(events("a", range(number, number + 1), size=3000))
    with factory.database.writing() as tx:
        tx.cursor.execute("DELETE FROM snapshot WHERE version % 2")
    inspector.check(factory.database)
    recorder.insert_events(events("after the checkpoint", range(1, 4)))
    before = list(recorder.select_notifications(None, 1000))
    factory.close()
    return path, inspector, before


def same(path: Path, inspector: Inspector, before: list[Notification]) -> None:
    """The same notifications; intact under the checkpoint that was signed before; appends go on densely."""
    with open_file(path) as database:
        assert all(report.exit_code == 0 for report in inspector.reports(database))
        assert [report.anchored for report in inspector.reports(database)] == [117, 117]
    factory = TrailFactory(environment(path, "Bills"))
    recorder = factory.process_recorder()
    assert list(recorder.select_notifications(None, 1000)) == before
    assert [e.originator_version for e in recorder.select_events("账簿", gt=100, limit=3)] == [
        n.originator_version for n in before if n.originator_id == "账簿" and n.originator_version > 100
    ][:3]
    assert recorder.insert_events(events("next", range(1, 3))) == [len(before) + 1, len(before) + 2]
    assert inspector.check(factory.database) == len(before) + 2
    factory.close()


def test_vacuum(kept: tuple[Path, Inspector, list[Notification]]) -> None:
    path, inspector, before = kept
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
    same(path, inspector, before)


def test_vacuum_into(kept: tuple[Path, Inspector, list[Notification]], tmp_path: Path) -> None:
    path, inspector, before = kept
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    same(tmp_path / "copy.db", inspector, before)


@pytest.mark.parametrize("shuffled", [False, True])
def test_dump_and_restore(kept: tuple[Path, Inspector, list[Notification]], tmp_path: Path, shuffled: bool) -> None:
    """*shuffled*: the rows come back in another order, as a dump of another tool may write them."""
    path, inspector, before = kept
    with closing(sqlite3.connect(path)) as connection:
        statements = list(connection.iterdump())
    if shuffled:
        rows = [one for one in statements if one.startswith("INSERT INTO")]
        made = [one for one in statements if one.startswith(("BEGIN", "CREATE TABLE"))]
        rest = [one for one in statements if one not in {*rows, *made}]
        random.Random(3).shuffle(rows)
        statements = [*made, *rows, *rest]
    with closing(sqlite3.connect(tmp_path / "restored.db")) as connection:
        connection.executescript("\n".join(statements))
    same(tmp_path / "restored.db", inspector, before)


def test_a_dump_that_lost_a_row_is_found(kept: tuple[Path, Inspector, list[Notification]], tmp_path: Path) -> None:
    """The control."""
    path, inspector, _ = kept
    with closing(sqlite3.connect(path)) as connection:
        statements = [one for one in connection.iterdump() if not one.startswith('INSERT INTO "opaque" VALUES(1,50,')]
    with closing(sqlite3.connect(tmp_path / "restored.db")) as connection:
        connection.executescript("\n".join(statements))
    with open_file(tmp_path / "restored.db", "read") as database:
        assert all(report.exit_code == 1 for report in inspector.reports(database))
