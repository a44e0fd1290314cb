"""Every failure is one of the library's own errors, says what was wrong, and writes nothing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import (
    DataError,
    InfrastructureFactory,
    InfrastructureFactoryError,
    IntegrityError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
    Tracking,
)
from tests.store.foreign.inspector import (
    check_every_log,
    check_file,
    environment,
    events,
    factory_of,
    open_file,
    opened,
)

from trail.store import Database, TrailFactory
from trail.store.schema import OPAQUE_TABLES

ONE = UUID(int=1)
KINDS = ["aggregate_recorder", "application_recorder", "process_recorder", "snapshots"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is made."""
    return tmp_path / "events.db"


@pytest.fixture
def factory(path: Path) -> Iterator[TrailFactory]:
    """A factory, verified at the end."""
    with opened(path, "Bills") as made:
        yield made


def recorder_of(factory: TrailFactory, kind: str) -> Any:
    """A recorder."""
    return factory.aggregate_recorder("snapshots") if kind == "snapshots" else getattr(factory, kind)()


class Text(str):
    """A subclass."""


WRONG: dict[str, tuple[StoredEvent, type[PersistenceError]]] = {
    "too long topic": (StoredEvent(ONE, 1, "界" * 342, b""), DataError),
    "too long originator": (StoredEvent("x" * 1025, 1, "t", b""), DataError),
    "lone surrogate in the topic": (StoredEvent(ONE, 1, "\ud800", b""), DataError),
    "lone surrogate in the originator": (StoredEvent("a\udfff", 1, "t", b""), DataError),
    "NUL in the topic": (StoredEvent(ONE, 1, "a\0b", b""), DataError),
    "NUL in the originator": (StoredEvent("\0", 1, "t", b""), DataError),
    "version beyond 64 bit": (StoredEvent(ONE, 2**63, "t", b""), DataError),
    "version below 64 bit": (StoredEvent(ONE, -(2**63) - 1, "t", b""), DataError),
    "version as text": (StoredEvent(ONE, "1", "t", b""), DataError),  # type: ignore[arg-type]
    "version as float": (StoredEvent(ONE, 1.0, "t", b""), DataError),  # type: ignore[arg-type]
    "no version": (StoredEvent(ONE, None, "t", b""), DataError),  # type: ignore[arg-type]
    "originator as int": (StoredEvent(1, 1, "t", b""), DataError),  # type: ignore[arg-type]
    "originator as bytes": (StoredEvent(b"1", 1, "t", b""), DataError),  # type: ignore[arg-type]
    "no originator": (StoredEvent(None, 1, "t", b""), DataError),  # type: ignore[arg-type]
    "topic as bytes": (StoredEvent(ONE, 1, b"t", b""), DataError),  # type: ignore[arg-type]
    "no topic": (StoredEvent(ONE, 1, None, b""), DataError),  # type: ignore[arg-type]
    "state as text": (StoredEvent(ONE, 1, "t", "s"), DataError),  # type: ignore[arg-type]
    "no state": (StoredEvent(ONE, 1, "t", None), DataError),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", WRONG)
def test_what_can_not_be_stored(case: str, kind: str) -> None:
    """The whole batch is refused, with the library's own error and with words."""
    wrong, expected = WRONG[case]
    factory = factory_of("sqlite://", "Bills")
    recorder = recorder_of(factory, kind)
    good = events("good", range(1, 2))
    with pytest.raises((DataError, ProgrammingError)) as refused:
        recorder.insert_events([*good, wrong])
    assert isinstance(refused.value, expected)
    assert str(refused.value)
    assert list(recorder.select_events("good")) == []
    recorder.insert_events(good)
    assert set(check_every_log(factory.database).values()) <= {0, 1}
    factory.close()


def test_what_is_at_the_limits_is_stored(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    at = [
        StoredEvent("x" * 1024, 2**63 - 1, "界" * 341, b""),
        StoredEvent("", -(2**63), "", bytes(1_000_000)),
        StoredEvent(Text("sub"), 7, Text("t"), b"x"),
        StoredEvent(UUID(int=0), 0, "\u0001\u007f\ufffe", b"\0"),
    ]
    assert recorder.insert_events(at) == [1, 2, 3, 4]
    found = recorder.select_notifications(None, 9)
    assert [(n.originator_id, n.originator_version, n.topic, n.state) for n in found] == [
        (e.originator_id, e.originator_version, e.topic, e.state) for e in at
    ]


ASKED: dict[str, Any] = {
    "a key that can't be written": lambda r: r.insert_events([], idempotency_key="\ud800"),
    "a name that can't be written": lambda r: r.insert_tracking(Tracking("\ud800", 1)),
    "a name that is none": lambda r: r.insert_tracking(Tracking(None, 1)),  # type: ignore[arg-type]
    "a name that is a number": lambda r: r.insert_tracking(Tracking(5, 1)),  # type: ignore[arg-type]
    "a notification id that is a text": lambda r: r.insert_tracking(Tracking("upstream", "1")),  # type: ignore[arg-type]
    "a notification id beyond 64 bit": lambda r: r.insert_tracking(Tracking("upstream", 2**63)),
    "tracking beyond 64 bit": lambda r: r.insert_events([], tracking=Tracking("upstream", 2**63)),
    "tracking of a name that can't be written": lambda r: r.max_tracking_id("\ud800"),
    "a topic that can't be written": lambda r: r.select_notifications(None, 3, topics=["\ud800"]),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_can_not_be_asked(factory: TrailFactory, case: str) -> None:
    recorder = factory.process_recorder()
    recorder.insert_events(events(ONE, range(1, 2)))
    with pytest.raises((DataError, ProgrammingError)):
        ASKED[case](recorder)
    assert recorder.max_notification_id() == 1
    assert recorder.max_tracking_id("upstream") is None


def test_bounds_beyond_64_bit_are_only_far_away(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    recorder.insert_events(events(ONE, range(1, 4)))
    far = 2**70
    assert len(recorder.select_events(ONE, gt=-far, lte=far)) == 3
    assert list(recorder.select_events(ONE, gt=far)) == list(recorder.select_events(ONE, lte=-far)) == []
    assert len(recorder.select_events(ONE, limit=far)) == len(recorder.select_notifications(-far, far, far)) == 3
    assert list(recorder.select_events("\ud800")) == []  # nobody can have this name
    assert list(recorder.select_notifications(far, 1)) == list(recorder.select_notifications(None, 1, -far)) == []


def test_a_state_that_is_too_large(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    with pytest.raises(DataError):
        recorder.insert_events([StoredEvent(ONE, 1, "t", bytes(64 * 1024 * 1024 + 1))])
    assert recorder.max_notification_id() is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_busy_database(path: Path, kind: str) -> None:
    factory = factory_of(path, "Bills")
    recorder_of(factory, kind).insert_events(events(ONE, range(1, 2)))
    factory.close()
    impatient = ImpatientFactory(environment(path, "Bills"))
    recorder = recorder_of(impatient, kind)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError):
        recorder.insert_events(events(ONE, range(2, 3)))
    assert len(recorder.select_events(ONE)) == 1  # readers are not kept out
    other.execute("ROLLBACK")
    other.close()
    recorder.insert_events(events(ONE, range(2, 3)))
    assert len(recorder.select_events(ONE)) == 2
    check_every_log(impatient.database)
    impatient.close()


class ImpatientFactory(TrailFactory):
    """Waits a moment only for other writers."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.database.close()
        self.database = Database(self.database.path, busy_timeout=0.05, tables=OPAQUE_TABLES)


def test_a_busy_database_and_a_tracking_record(path: Path) -> None:
    factory = ImpatientFactory(environment(path, "Bills"))
    recorder = factory.tracking_recorder()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError):
        recorder.insert_tracking(Tracking("upstream", 1))
    other.close()
    recorder.insert_tracking(Tracking("upstream", 1))
    factory.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_factory(path: Path, kind: str) -> None:
    factory = factory_of(path, "Bills")
    recorder = recorder_of(factory, kind)
    recorder.insert_events(events(ONE, range(1, 2)))
    factory.close()
    with pytest.raises(OperationalError):
        recorder.insert_events(events(ONE, range(2, 3)))
    with pytest.raises(OperationalError):
        recorder.select_events(ONE)
    factory.close()
    assert set(check_file(path).values()) <= {0, 1}


def test_a_closed_factory_reads_no_notifications_and_no_tracking(path: Path) -> None:
    factory = factory_of(path, "Bills")
    recorder = factory.process_recorder()
    factory.close()
    for ask in (
        lambda: recorder.select_notifications(None, 1), recorder.max_notification_id,
        lambda: recorder.max_tracking_id("upstream"), lambda: recorder.insert_tracking(Tracking("upstream", 1)),
    ):  # fmt: skip
        with pytest.raises(OperationalError):
            ask()


def test_a_file_that_can_only_be_read(path: Path) -> None:
    """Root may write whatever the mode says; for it, SQLite is told to open the file read-only."""
    with opened(path, "Bills") as factory:
        factory.application_recorder().insert_events(events(ONE, range(1, 3)))
    held = path.read_bytes()
    path.chmod(0o444)
    if os.access(path, os.W_OK):
        with open_file(path, "read") as database:
            factory = ReadOnlyFactory(environment(path, "Bills"), database)
            recorder = factory.application_recorder()
            assert len(recorder.select_events(ONE)) == 2
            with pytest.raises((OperationalError, ProgrammingError)):
                recorder.insert_events(events(ONE, range(3, 4)))
    else:
        with pytest.raises((OperationalError, InfrastructureFactoryError)):
            factory_of(path, "Bills").application_recorder().insert_events(events(ONE, range(3, 4)))
    assert path.read_bytes() == held


class ReadOnlyFactory(TrailFactory):
    """On a database that somebody opened for reading."""

    def __init__(self, env: Any, database: Database) -> None:
        super().__init__(env)
        self.database.close()
        self.database = database


def test_a_full_disk(path: Path) -> None:
    """What was acknowledged stays; the store writes nothing more until it is opened again."""
    factory = factory_of(path, "Bills")
    recorder = factory.process_recorder()
    recorder.insert_events(events(ONE, range(1, 3)), tracking=Tracking("upstream", 1))
    with factory.database.writing() as tx:
        (pages,) = tx.cursor.execute("PRAGMA page_count").fetchone()
        tx.cursor.execute(f"PRAGMA max_page_count={pages + 3}")
    for _ in range(2):
        with pytest.raises(OperationalError):
            recorder.insert_events(events(ONE, range(3, 9), size=9000), tracking=Tracking("upstream", 2))
    assert recorder.max_notification_id() == 2
    factory.close()
    with opened(path, "Bills") as again:
        recorder = again.process_recorder()
        assert recorder.max_tracking_id("upstream") == 1
        assert recorder.insert_events(events(ONE, range(3, 9), size=9000)) == [3, 4, 5, 6, 7, 8]


def test_a_table_that_is_gone_is_no_conflict(factory: TrailFactory, path: Path) -> None:
    recorder = factory.application_recorder()
    recorder.insert_events(events(ONE, range(1, 2)))
    other = sqlite3.connect(path)
    other.execute("ALTER TABLE opaque RENAME TO hidden")
    other.commit()
    with pytest.raises(PersistenceError) as refused:
        recorder.insert_events(events(ONE, range(2, 3)))
    assert not isinstance(refused.value, IntegrityError)
    other.execute("ALTER TABLE hidden RENAME TO opaque")
    other.commit()
    other.close()


@pytest.mark.parametrize(
    "more",
    [
        {"TRAIL_URL": ""},
        {"TRAIL_URL": "sqlite:////nowhere/at/all/x.db"},
        {"TRAIL_URL": "oracle://there"},
        {"TRAIL_ORIGIN": "two words"},
        {"TRAIL_ORIGIN": "a+b"},
        {"TRAIL_ORIGIN": "x" * 256},
        {"CREATE_TABLE": "no"},
    ],
)
def test_a_wrong_environment_says_so(path: Path, more: dict[str, str]) -> None:
    with pytest.raises((InfrastructureFactoryError, OperationalError, ProgrammingError)) as refused:
        factory_of(path, "Bills", **more).application_recorder().insert_events(events(ONE, range(1, 2)))
    assert str(refused.value)
    if "CREATE_TABLE" in more:
        assert not path.exists()


def test_no_log_is_made_where_none_may_be(path: Path) -> None:
    with opened(path, "Bills") as factory:
        factory.application_recorder().insert_events(events(ONE, range(1, 2)))
    with pytest.raises((InfrastructureFactoryError, OperationalError, ProgrammingError)):
        factory_of(path, "Others", CREATE_TABLE="no").application_recorder().insert_events(events(ONE, range(1, 2)))
    with opened(path, "Bills", CREATE_TABLE="no") as factory:
        assert factory.application_recorder().insert_events(events(ONE, range(2, 3))) == [2]
    assert check_file(path) == {"Bills": 2}


def test_one_factory_in_the_module() -> None:
    """The library looks for exactly one factory in what PERSISTENCE_MODULE names."""
    made = InfrastructureFactory.construct({"PERSISTENCE_MODULE": "trail.store", "TRAIL_URL": "sqlite://"})
    assert type(made) is TrailFactory
    made.close()
