"""Processes that begin at once, forks, threads with the same request, and a host whose view of the database is old."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, PersistenceError, Tracking
from sqlalchemy import create_engine, event, text
from tests.store.foreign.inspector import check_file, events, factory_of, opened

PATIENCE = 60.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is made."""
    return tmp_path / "events.db"


def _begin(path: Path, number: int, start: Any, answers: Any) -> None:
    start.wait(PATIENCE)
    try:
        factory = factory_of(path, f"App{number % 2}")
        ids = factory.process_recorder().insert_events(events(f"o{number}", range(1, 6)))
        factory.close()
        answers.put((number, ids))
    except BaseException as error:
        answers.put((number, repr(error)))
        raise


def begin_at_once(path: Path, processes: int) -> None:
    """Make database, tables and logs in several processes at the same moment, and write."""
    context = multiprocessing.get_context("fork")
    start, answers = context.Event(), context.Queue()
    children = [context.Process(target=_begin, args=(path, n, start, answers)) for n in range(processes)]
    for child in children:
        child.start()
    start.set()
    found = dict(answers.get(timeout=PATIENCE) for _ in children)
    for child in children:
        child.join(PATIENCE)
    for log in (0, 1):
        ids = [ids for number, ids in found.items() if number % 2 == log]
        assert sorted(ids) == [list(range(5 * n + 1, 5 * n + 6)) for n in range(len(ids))], found
    sizes = check_file(path)
    assert sizes == {"App0": 5 * ((processes + 1) // 2), "App1": 5 * (processes // 2)}


def test_several_processes_make_the_database_at_once(tmp_path: Path) -> None:
    for number in range(3):
        begin_at_once(tmp_path / f"{number}.db", 4)


@pytest.mark.harness
def test_many_processes_make_the_database_at_once(tmp_path: Path) -> None:
    for number in range(40):
        begin_at_once(tmp_path / f"{number}.db", 8)


def test_a_fork_writes_on(path: Path) -> None:
    """The child uses the recorder that its parent made, and so does the parent meanwhile."""
    with opened(path, "Bills") as factory:
        recorder = factory.process_recorder()
        recorder.insert_events(events("before", range(1, 4)))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                for number in range(1, 21):
                    recorder.insert_events(events("child", range(number, number + 1)))
                code = 0
            finally:
                os._exit(code)
        for number in range(1, 21):
            recorder.insert_events(events("parent", range(number, number + 1)))
        assert os.waitpid(child, 0)[1] == 0
        found = recorder.select_notifications(None, 100)
        assert [n.id for n in found] == list(range(1, 44))
        for who in ("child", "parent"):
            assert [n.originator_version for n in found if n.originator_id == who] == list(range(1, 21))


def in_threads(count: int, do: Callable[[int], Any]) -> list[Any]:
    """What each of *count* threads got, or its error's class."""
    got: list[Any] = [None] * count
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait(PATIENCE)
        try:
            got[number] = do(number)
        except PersistenceError as error:
            got[number] = type(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return got


@pytest.mark.parametrize("url", ["file", "memory"])
def test_one_request_from_many_threads(path: Path, url: str) -> None:
    with opened(path if url == "file" else "sqlite://", "Bills") as factory:
        recorder = factory.process_recorder()
        batch = events("a", range(1, 6))
        got = in_threads(
            8, lambda _: recorder.insert_events(batch, idempotency_key="k", tracking=Tracking("upstream", 7))
        )
        assert got == [[1, 2, 3, 4, 5]] * 8
        assert recorder.max_notification_id() == 5


def test_one_version_from_many_threads(path: Path) -> None:
    """Optimistic concurrency: one wins, the others are told."""
    with opened(path, "Bills") as factory:
        recorder = factory.application_recorder()
        for version in range(1, 11):
            got = in_threads(6, lambda _: recorder.insert_events(events("a", range(version, version + 1))))  # noqa: B023
            assert got.count([version]) == 1
            assert got.count(IntegrityError) == 5


def test_one_tracking_position_from_many_threads(path: Path) -> None:
    with opened(path, "Bills") as factory:
        recorder = factory.process_recorder()
        got = in_threads(
            6, lambda n: recorder.insert_events(events(f"o{n}", range(1, 3)), tracking=Tracking("upstream", 3))
        )
        assert got.count([1, 2]) == 1
        assert got.count(IntegrityError) == 5
        assert recorder.max_notification_id() == 2


def test_a_host_whose_view_is_old_is_refused(path: Path) -> None:
    """Its transaction began by reading; somebody wrote since.  Nothing may be built on the old head."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _(driver: sqlite3.Connection, _: object) -> None:
        driver.isolation_level = None

    @event.listens_for(engine, "begin")
    def _(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    with opened(path, "Bills") as factory:
        recorder = factory.application_recorder()
        recorder.insert_events(events("a", range(1, 3)))
        with engine.connect() as connection:
            connection.execute(text("SELECT size FROM head")).fetchall()
            recorder.insert_events(events("b", range(1, 3)))
            with pytest.raises(OperationalError):
                recorder.insert_events(events("c", range(1, 3)), connection=connection)
            connection.rollback()
        with engine.begin() as connection:
            assert recorder.insert_events(events("c", range(1, 3)), connection=connection) == [5, 6]
    engine.dispose()


def test_a_host_that_commits_every_statement_is_refused(path: Path) -> None:
    """There is no transaction to be part of: half of a batch could stay."""
    engine = create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
    with opened(path, "Bills") as factory:
        recorder = factory.application_recorder()
        with engine.connect() as connection, pytest.raises(PersistenceError):
            recorder.insert_events(events("a", range(1, 3)), connection=connection)
        assert recorder.max_notification_id() is None
    engine.dispose()


def test_a_host_that_would_not_be_durable_is_refused(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with opened(path, "Bills") as factory:
        recorder = factory.application_recorder()
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
            with pytest.raises(PersistenceError):
                recorder.insert_events(events("a", range(1, 3)), connection=connection)
            connection.rollback()
        assert recorder.max_notification_id() is None
    engine.dispose()


def test_readers_see_whole_batches_while_others_write(path: Path) -> None:
    """A batch is one transaction: at no moment is a part of it there."""
    with opened(path, "Bills") as factory:
        recorder = factory.application_recorder()
        stop = threading.Event()
        torn: list[int] = []

        def read() -> None:
            with closing(sqlite3.connect(path)) as connection:
                while not stop.is_set():
                    rows, size = connection.execute("SELECT (SELECT count(*) FROM opaque), size FROM head").fetchone()
                    torn.extend([rows] if rows != size or rows % 50 else [])

        reader = threading.Thread(target=read)
        reader.start()
        for number in range(30):
            recorder.insert_events(events(f"o{number}", range(1, 51)))
        stop.set()
        reader.join(PATIENCE)
        assert torn == []


def test_in_memory_a_hosts_transaction_is_left_alone() -> None:
    """One connection for all: whoever comes between is told that it is busy, and takes nothing of the host's back."""
    with opened("sqlite://", "Bills") as factory:
        recorder = factory.application_recorder()
        with factory.database.engine.begin() as connection:
            assert recorder.insert_events(events("host", range(1, 3)), connection=connection) == [1, 2]
            assert in_threads(1, lambda _: recorder.insert_events(events("other", range(1, 3)))) == [OperationalError]
            with pytest.raises(OperationalError):
                recorder.insert_events(events("without its connection", range(1, 3)))
        assert [n.originator_id for n in recorder.select_notifications(None, 9)] == ["host", "host"]
        assert recorder.insert_events(events("other", range(1, 3))) == [3, 4]
