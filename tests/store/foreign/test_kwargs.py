"""What `insert_events` takes besides events: the host's transaction, idempotency keys, tracking, and things unknown."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import DataError, IntegrityError, ProgrammingError, StoredEvent, Tracking
from eventsourcing.utils import Environment
from sqlalchemy import create_engine, event, text
from tests.store.foreign.inspector import Inspector, check_every_log, environment, events, factory_of, opened

from trail.store import TrailFactory
from trail.store.recorders import KeyReused

ONE = UUID(int=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is made."""
    return tmp_path / "events.db"


@pytest.fixture(params=["file", "memory"])
def factory(request: pytest.FixtureRequest, path: Path) -> Iterator[TrailFactory]:
    """A factory, verified at the end."""
    with opened(path if request.param == "file" else "sqlite://", "Bills") as made:
        yield made


def grades(factory: TrailFactory) -> list[str]:
    """The host's own table."""
    with factory.database.engine.connect() as connection:
        found = [row[0] for row in connection.execute(text("SELECT person FROM grades ORDER BY rowid"))]
        connection.rollback()
    return found


@pytest.fixture
def host(factory: TrailFactory) -> TrailFactory:
    """A host with a table of its own beside the log."""
    factory.application_recorder()
    with factory.database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE grades (person TEXT)"))
    return factory


def test_commit_and_rollback_with_the_hosts_own_table(host: TrailFactory) -> None:
    recorder = host.application_recorder()
    assert recorder.insert_events(events(ONE, range(1, 4))) == [1, 2, 3]
    with host.database.engine.connect() as connection:
        connection.execute(text("INSERT INTO grades VALUES ('p-001')"))
        assert recorder.insert_events(events(ONE, range(4, 6)), connection=connection) == [4, 5]
        connection.rollback()
    assert (grades(host), recorder.max_notification_id()) == ([], 3)
    with host.database.engine.begin() as connection:
        connection.execute(text("INSERT INTO grades VALUES ('p-002')"))
        assert recorder.insert_events(events("other", range(1, 3)), connection=connection) == [4, 5]
        assert recorder.insert_events(events("other", range(3, 4)), connection=connection) == [6]
    assert (grades(host), recorder.max_notification_id()) == (["p-002"], 6)
    assert recorder.insert_events(events(ONE, range(4, 5))) == [7]
    assert [n.originator_id for n in recorder.select_notifications(4, 10)] == ["other", "other", "other", ONE]


def test_a_conflict_in_the_hosts_transaction_takes_all_of_it_back(host: TrailFactory) -> None:
    recorder = host.application_recorder()
    recorder.insert_events(events(ONE, range(1, 3)))

    def request() -> None:
        with host.database.engine.begin() as connection:
            connection.execute(text("INSERT INTO grades VALUES ('p-001')"))
            recorder.insert_events(events(ONE, range(2, 4)), connection=connection)

    with pytest.raises(IntegrityError):
        request()
    assert (grades(host), recorder.max_notification_id()) == ([], 2)
    assert recorder.insert_events(events(ONE, range(3, 4))) == [3]


def test_a_host_that_goes_on_after_a_conflict_wrote_no_half_batch(host: TrailFactory) -> None:
    """The conflicting event is the second of its batch; the host commits what is its own."""
    recorder = host.application_recorder()
    recorder.insert_events(events(ONE, range(1, 3)))
    with host.database.engine.begin() as connection:
        connection.execute(text("INSERT INTO grades VALUES ('p-001')"))
        with pytest.raises(IntegrityError):
            recorder.insert_events([*events("new", range(1, 2)), *events(ONE, range(2, 3))], connection=connection)
    assert (grades(host), recorder.max_notification_id()) == (["p-001"], 2)
    assert list(recorder.select_events("new")) == []
    assert recorder.insert_events(events("new", range(1, 2))) == [3]


def test_tracking_and_keys_go_with_the_hosts_transaction(host: TrailFactory) -> None:
    recorder = host.process_recorder()
    tracking = Tracking("upstream", 5)
    for _ in range(2):
        with host.database.engine.connect() as connection:
            ids = recorder.insert_events(
                events(ONE, range(1, 3)), connection=connection, tracking=tracking, idempotency_key="k"
            )
            assert ids == [1, 2]
            connection.rollback()
        assert recorder.max_tracking_id("upstream") is None
        assert recorder.max_notification_id() is None
    with host.database.engine.begin() as connection:
        recorder.insert_events(events(ONE, range(1, 3)), connection=connection, tracking=tracking, idempotency_key="k")
    assert recorder.max_tracking_id("upstream") == 5
    assert recorder.insert_events(events(ONE, range(1, 3)), idempotency_key="k") == [1, 2]
    assert recorder.max_notification_id() == 2


def test_the_aggregate_recorder_takes_them_too(host: TrailFactory) -> None:
    recorder = host.aggregate_recorder()
    with host.database.engine.connect() as connection:
        assert recorder.insert_events(events(ONE, range(1, 3)), connection=connection) is None
        connection.rollback()
    assert list(recorder.select_events(ONE)) == []
    for _ in range(2):
        assert recorder.insert_events(events(ONE, range(1, 3)), idempotency_key="k") is None
    assert len(recorder.select_events(ONE)) == 2


def test_a_hosts_own_engine_on_the_same_file(path: Path) -> None:
    """Not our engine: the host's, which begins its transactions in its own way, as SQLAlchemy's pages advise."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _(driver: sqlite3.Connection, _: object) -> None:
        driver.isolation_level = None

    @event.listens_for(engine, "begin")
    def _(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    with opened(path, "Bills") as factory:
        recorder = factory.application_recorder()
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE grades (person TEXT)"))
        with engine.connect() as connection:
            connection.execute(text("INSERT INTO grades VALUES ('p-001')"))
            assert recorder.insert_events(events(ONE, range(1, 3)), connection=connection) == [1, 2]
            connection.rollback()
        assert grades(factory) == []
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO grades VALUES ('p-001')"))
            assert recorder.insert_events(events(ONE, range(1, 3)), connection=connection) == [1, 2]
        assert (grades(factory), recorder.max_notification_id()) == (["p-001"], 2)
    engine.dispose()


def test_another_database_is_not_the_hosts_transaction(factory: TrailFactory, tmp_path: Path) -> None:
    recorder = factory.application_recorder()
    other = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with other.connect() as connection, pytest.raises(ProgrammingError):
        recorder.insert_events(events(ONE, range(1, 2)), connection=connection)
    other.dispose()
    assert recorder.max_notification_id() is None


@pytest.mark.parametrize("place", ["file", "memory"])
def test_another_applications_database_is_not_the_hosts_transaction(
    factory: TrailFactory, tmp_path: Path, place: str
) -> None:
    """It has the same tables, and a log of the same number and even of the same name."""
    with opened(tmp_path / "other.db" if place == "file" else "sqlite://", "Bills") as other:
        recorder, theirs = factory.application_recorder(), other.application_recorder()
        with other.database.engine.connect() as connection, pytest.raises(ProgrammingError):
            recorder.insert_events(events(ONE, range(1, 2)), connection=connection)
        assert (recorder.max_notification_id(), theirs.max_notification_id()) == (None, None)


def test_asked_again_with_the_same_events_nothing_is_written(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    batch = [*events(ONE, range(1, 4)), *events("账簿", range(7, 8))]
    assert recorder.insert_events(batch, idempotency_key="request/1 ✓") == [1, 2, 3, 4]
    assert recorder.insert_events(events("between", range(1, 3))) == [5, 6]
    for _ in range(3):
        assert recorder.insert_events(batch, idempotency_key="request/1 ✓") == [1, 2, 3, 4]
    assert recorder.max_notification_id() == 6
    assert recorder.insert_events(events("after", range(1, 2)), idempotency_key="request/2") == [7]
    with pytest.raises(IntegrityError):
        recorder.insert_events(batch)


OTHERS: dict[str, Any] = {
    "fewer": lambda batch: batch[:1],
    "more": lambda batch: [*batch, StoredEvent(ONE, 9, "topic", b"")],
    "none": lambda _: [],
    "another order": lambda batch: batch[::-1],
    "another state": lambda batch: [batch[0], StoredEvent(ONE, 2, "topic", b"other")],
    "another topic": lambda batch: [batch[0], StoredEvent(ONE, 2, "other", batch[1].state)],
    "another version": lambda batch: [batch[0], StoredEvent(ONE, 3, "topic", batch[1].state)],
    "another originator": lambda batch: [batch[0], StoredEvent("x", 2, "topic", batch[1].state)],
    "the originator as text": lambda batch: [replace(event, originator_id=str(ONE)) for event in batch],
    "wholly new events": lambda _: events("new", range(1, 3)),
}  # fmt: skip


@pytest.mark.parametrize("change", OTHERS)
def test_a_key_that_stands_for_other_events_is_refused(factory: TrailFactory, change: str) -> None:
    recorder = factory.application_recorder()
    recorder.insert_events(events("first", range(1, 2)))
    batch = events(ONE, range(1, 3))
    assert recorder.insert_events(batch, idempotency_key="k") == [2, 3]
    with pytest.raises(KeyReused) as refused:
        recorder.insert_events(OTHERS[change](batch), idempotency_key="k")
    assert isinstance(refused.value, IntegrityError)
    assert list(refused.value.positions) == [2, 3]
    assert recorder.max_notification_id() == 3
    assert recorder.insert_events(batch, idempotency_key="k") == [2, 3]


def test_keys_survive_reopening(path: Path) -> None:
    batch = events(ONE, range(1, 3))
    for _ in range(2):
        with opened(path, "Bills") as factory:
            assert factory.application_recorder().insert_events(batch, idempotency_key="k") == [1, 2]
    with opened(path, "Bills") as factory, pytest.raises(KeyReused):
        factory.process_recorder().insert_events(batch[:1], idempotency_key="k")


def test_keys_are_of_one_log(path: Path) -> None:
    with opened(path, "Bills") as first, opened(path, "Notes") as second:
        for factory, count in ((first, 2), (second, 3)):
            recorder = factory.application_recorder()
            batch = events(ONE, range(1, count + 1))
            for _ in range(2):
                assert recorder.insert_events(batch, idempotency_key="k") == list(range(1, count + 1))


def test_a_key_whose_write_failed_is_free(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    recorder.insert_events(events(ONE, range(1, 2)))
    with pytest.raises(IntegrityError) as refused:
        recorder.insert_events(events(ONE, range(1, 3)), idempotency_key="k")
    assert not isinstance(refused.value, KeyReused)
    assert recorder.insert_events(events(ONE, range(2, 3)), idempotency_key="k") == [2]


def test_a_key_with_tracking(factory: TrailFactory) -> None:
    """The second time the tracking record is there already; it is the same request, not a conflict."""
    recorder = factory.process_recorder()
    batch, tracking = events(ONE, range(1, 3)), Tracking("upstream", 4)
    for _ in range(2):
        assert recorder.insert_events(batch, idempotency_key="k", tracking=tracking) == [1, 2]
    assert recorder.max_tracking_id("upstream") == 4
    with pytest.raises(IntegrityError):
        recorder.insert_events(events(ONE, range(3, 4)), tracking=tracking)
    assert recorder.max_notification_id() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, 7, b"k", "\ud800"])
def test_a_key_that_is_none(factory: TrailFactory, key: Any) -> None:
    recorder = factory.application_recorder()
    with pytest.raises((ProgrammingError, DataError)):
        recorder.insert_events(events(ONE, range(1, 2)), idempotency_key=key)
    assert recorder.max_notification_id() is None
    assert recorder.insert_events(events(ONE, range(1, 2)), idempotency_key="界" * 255) == [1]
    assert recorder.insert_events(events(ONE, range(2, 3)), idempotency_key=None) == [2]


@pytest.mark.parametrize("kind", ["aggregate_recorder", "application_recorder", "process_recorder"])
def test_unknown_arguments_are_ignored(factory: TrailFactory, kind: str) -> None:
    recorder = getattr(factory, kind)()
    recorder.insert_events(events(ONE, range(1, 3)), colour="green", session=object(), timeout=3)
    assert len(recorder.select_events(ONE)) == 2
    factory.aggregate_recorder("snapshots").insert_events(events(ONE, range(2, 3)), colour="green")


def test_an_application_passes_them_on(path: Path) -> None:
    """`Application.save` hands its keyword arguments to the recorder."""
    app: Application[UUID] = Application(environment(path))
    assert isinstance(app.factory, TrailFactory)
    assert [r.notification.id for r in app.save(Aggregate(), idempotency_key="k", colour="green")] == [1]
    with app.factory.database.engine.connect() as connection:
        assert [r.notification.id for r in app.save(Aggregate(), connection=connection)] == [2]
        connection.rollback()
    assert app.recorder.max_notification_id() == 1
    app.close()


def test_a_checkpoint_between_rolled_back_transactions_stays_true(host: TrailFactory, tmp_path: Path) -> None:
    """Positions of a transaction that was taken back are used again, never ones that were signed."""
    recorder = host.application_recorder()
    recorder.insert_events(events(ONE, range(1, 5)))
    (folder := tmp_path / "signer").mkdir()
    inspector = Inspector(folder, "Bills")
    inspector.check(host.database)
    with host.database.engine.connect() as connection:
        recorder.insert_events(events("taken back", range(1, 4)), connection=connection)
        connection.rollback()
    recorder.insert_events(events("kept", range(1, 4)))
    assert inspector.check(host.database) == 7
    assert check_every_log(host.database) == {"Bills": 7}


def test_factories_of_one_name_share_the_log(path: Path) -> None:
    first, second = factory_of(path, "Bills"), factory_of(path, "Bills")
    one, two = first.application_recorder(), second.process_recorder()
    for number in range(1, 9):
        recorder = (one, two)[number % 2]
        assert recorder.insert_events(events(str(uuid4()), range(1, 2))) == [number]
    first.close()
    assert two.max_notification_id() == 8
    second.close()


def test_a_commit_is_not_disturbed_by_who_begins_to_listen() -> None:
    """A commit that succeeded must not be reported as an error because another thread subscribes meanwhile."""
    factory = TrailFactory({"TRAIL_URL": "sqlite://"})
    recorder = factory.application_recorder()
    done = threading.Event()
    many = [threading.Event() for _ in range(2_000)]  # so that waking them takes a while
    for one in many:
        factory.database.listen(one)

    def listen() -> None:
        kept = []
        while not done.is_set():
            kept.append(threading.Event())
            factory.database.listen(kept[-1])
            done.wait(0.0001)

    threads = [threading.Thread(target=listen) for _ in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for number in range(1, 101):
            assert recorder.insert_events([StoredEvent(uuid4(), 1, "t", b"s")]) == [number]
    finally:
        sys.setswitchinterval(interval)
        done.set()
        for thread in threads:
            thread.join()
    factory.close()


def test_a_host_that_begins_with_a_savepoint_waits_for_its_turn(tmp_path: Path) -> None:
    """The lock comes before anything is read: a transaction that has read can't wait for another writer."""
    url = tmp_path / "events.db"
    factory = TrailFactory({"TRAIL_URL": str(url)})
    recorder = factory.application_recorder()
    engine = create_engine(f"sqlite:///{url}", connect_args={"timeout": 30})
    event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA synchronous=FULL"))
    errors: list[BaseException] = []

    def host() -> None:
        try:
            for _ in range(20):
                with engine.connect() as connection, connection.begin(), connection.begin_nested():
                    recorder.insert_events([StoredEvent(uuid4(), 1, "t", b"s")], connection=connection)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=host) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert recorder.max_notification_id() == 60
    engine.dispose()
    factory.close()


def test_each_application_and_view_of_an_environment_has_a_name_of_its_own(tmp_path: Path) -> None:
    shared = {"TRAIL_URL": str(tmp_path / "events.db"), "TRAIL_ORIGIN": "trail.example/", "B_TRAIL_ORIGIN": "whole"}
    names = []
    for name in ("A", "B", "my app", ""):
        factory = TrailFactory(Environment(name, shared))
        names.append(factory.store().origin)
        factory.close()
    assert names == ["trail.example/A", "whole", "trail.example/my-app", "trail.example/"]
