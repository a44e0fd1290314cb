"""Several logs in one database: two applications and a log of acts, each by itself, none taking what is another's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import InfrastructureFactory, InfrastructureFactoryError, PersistenceError, Tracking
from tests.store.foreign.inspector import (
    Inspector,
    check_every_log,
    check_file,
    environment,
    events,
    factory_of,
    opaque_logs,
    open_file,
    opened,
)
from tests.store.world import ORIGIN, World

from trail.application.auditing import audit
from trail.errors import CallerError, TrailError
from trail.signing import format_policy
from trail.store import EntryStore, OpaqueStore, Reader, find_log, items
from trail.verify import Verdict, verify


class Bills(Application[UUID]):
    """One application."""


class Notes(Application[UUID]):
    """Another."""

    name = "笔记"


def test_two_applications(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    bills, notes = Bills(environment(path)), Notes(environment(path))
    one = Aggregate()
    bills.save(one)
    for number in range(1, 6):
        assert bills.save(Aggregate())[0].notification.id == 1 + number
        assert notes.save(Aggregate())[0].notification.id == number
    assert [e.originator_id for e in bills.recorder.select_events(one.id)] == [one.id]
    assert list(notes.recorder.select_events(one.id)) == []
    bills.close()
    notes.close()
    assert check_file(path) == {"Bills": 6, "笔记": 5}


def test_the_name_of_the_log(tmp_path: Path) -> None:
    """TRAIL_ORIGIN, prefixed or not; else the application's name; else one for those that have none."""
    path = tmp_path / "shared.db"
    for name, more in (
        ("A", {"TRAIL_ORIGIN": "log.example.edu/all"}),
        ("B", {"B_TRAIL_ORIGIN": "log.example.edu/b", "TRAIL_ORIGIN": "not this one"}),
        ("C", {}),
        ("", {}),
    ):
        factory = factory_of(path, name, **more)
        factory.application_recorder().insert_events(events("a", range(1, 2)))
        factory.close()
    with open_file(path, "read") as database:
        assert opaque_logs(database) == ["log.example.edu/all/A", "log.example.edu/b", "C", "application"]
        assert check_every_log(database) == dict.fromkeys(opaque_logs(database), 1)


def test_positions_tracking_and_snapshots_are_of_one_log(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with opened(path, "Bills") as bills, opened(path, "Notes") as notes:
        for number, factory in enumerate((bills, notes), 1):
            recorder = factory.process_recorder()
            assert recorder.max_notification_id() is None
            assert recorder.max_tracking_id("upstream") is None
            assert recorder.insert_events(events("same", range(1, 3 + number)), tracking=Tracking("upstream", number))
            factory.aggregate_recorder("snapshots").insert_events(events("same", range(number, number + 1)))
            assert recorder.max_tracking_id("upstream") == number
        assert [len(f.aggregate_recorder("snapshots").select_events("same")) for f in (bills, notes)] == [1, 1]
        assert [f.application_recorder().max_notification_id() for f in (bills, notes)] == [3, 4]
        assert check_every_log(bills.database) == {"Bills": 3, "Notes": 4}


def test_a_subscription_sees_its_own_log_alone(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with opened(path, "Bills") as bills, opened(path, "Notes") as notes:
        subscription = bills.application_recorder().subscribe()
        with subscription:
            for number in range(1, 4):
                notes.application_recorder().insert_events(events("notes", range(number, number + 1)))
                bills.application_recorder().insert_events(events("bills", range(number, number + 1)))
                found = next(subscription)
                assert (found.id, found.originator_id, found.originator_version) == (number, "bills", number)


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[World]:
    """A log of acts, and beside it two applications' logs."""
    with World(tmp_path) as world:
        for name in ("Bills", "Notes"):
            with opened(world.database.path, name) as factory:
                factory.application_recorder().insert_events(events(name, range(1, 6)))
        world.notes(3)
        yield world


def genesis(world: World) -> bytes:
    """The genesis, as policies name it."""
    ((_, entry),) = world.reader.entries(1, 1)
    return sha256(entry).digest()


def test_acts_and_applications_side_by_side(mixed: World, tmp_path: Path) -> None:
    mixed.signer.issue(mixed.reader)
    policy = format_policy(logs=[mixed.note_key], genesis=[genesis(mixed)])
    reports = [verify(items(mixed.reader), policy), audit(mixed.database.path, policy, origin=ORIGIN)]
    assert [report.verdict for report in reports] == [Verdict.INTACT] * 2, reports[-1].findings
    assert check_file(tmp_path / "trail.db") == {"Bills": 5, "Notes": 5}
    found = {log.origin: log.kind for log in (find_log(mixed.database, o) for o in (ORIGIN, "Bills", "Notes"))}
    assert found == {ORIGIN: "acts", "Bills": "opaque", "Notes": "opaque"}


def test_a_checkpoint_of_one_log_says_nothing_of_another(mixed: World, tmp_path: Path) -> None:
    """Rows moved from one log into another are found in both."""
    path = mixed.database.path
    (tmp_path / "b").mkdir()
    (tmp_path / "n").mkdir()
    bills, notes = Inspector(tmp_path / "b", "Bills"), Inspector(tmp_path / "n", "Notes")
    with open_file(path) as database:
        assert (bills.check(database), notes.check(database)) == (5, 5)
    with closing(sqlite3.connect(path)) as connection:
        logs = dict(connection.execute("SELECT origin, log FROM log"))
        swap = "UPDATE opaque SET log=? WHERE log=? AND position=3"
        for to, of in ((99, "Bills"), (logs["Bills"], "Notes")):
            connection.execute(swap, (to, logs[of]))
        connection.execute(swap, (logs["Notes"], 99))
        connection.commit()
    with open_file(path) as database:
        for inspector in (bills, notes):
            assert {report.verdict for report in inspector.reports(database)} == {Verdict.ALTERED}


def test_each_kind_refuses_the_other(mixed: World) -> None:
    with open_file(mixed.database.path) as database:
        for refused in (
            lambda: EntryStore(mixed.database, origin="Bills"), lambda: OpaqueStore(database, origin=ORIGIN)
        ):  # fmt: skip
            with pytest.raises(CallerError):
                refused()
    note = mixed.note()
    with pytest.raises(TrailError):
        EntryStore(mixed.database, origin="Bills").append(note)
    with pytest.raises((InfrastructureFactoryError, PersistenceError)):
        factory_of(Path(mixed.database.path), TRAIL_ORIGIN=ORIGIN).application_recorder()
    for name in ("Bills", "Notes"):
        acts = {"PERSISTENCE_MODULE": "trail.store.acts", "TRAIL_URL": mixed.url, "TRAIL_ORIGIN": name}
        with pytest.raises((InfrastructureFactoryError, PersistenceError)):
            InfrastructureFactory.construct(acts)
    assert mixed.reader.head().size == 19
    assert check_file(Path(mixed.database.path)) == {"Bills": 5, "Notes": 5}


def test_acts_are_found_without_a_name_beside_applications(mixed: World) -> None:
    """What worked before an application moved in works after: the only log of acts needs no name."""
    assert EntryStore(mixed.database).origin == ORIGIN
    with open_file(mixed.database.path) as database:
        assert opaque_logs(database) == ["Bills", "Notes"]
    acts = {"PERSISTENCE_MODULE": "trail.store.acts", "TRAIL_URL": mixed.url}
    factory = InfrastructureFactory.construct(acts)
    assert factory.application_recorder().max_notification_id() == 19
    factory.close()


def test_entries_of_acts_in_an_opaque_log_are_found(mixed: World, tmp_path: Path) -> None:
    """By SQL one can put anything anywhere; the verifier calls it forged."""
    ((_, act),) = mixed.reader.entries(17, 17)
    (tmp_path / "b").mkdir()
    inspector = Inspector(tmp_path / "b", "Bills")
    with open_file(mixed.database.path) as database:
        inspector.check(database)
        with database.writing() as tx:
            tx.cursor.execute(
                "UPDATE opaque SET entry=? WHERE position=3 AND log=(SELECT log FROM log WHERE origin='Bills')", (act,)
            )
        for report in inspector.reports(database):
            assert report.verdict is Verdict.ALTERED
            assert "KIND_MIXED" in report.counts


@pytest.mark.parametrize("variable", ["CIPHER_TOPIC", "CIPHER_KEY", "COMPRESSOR_TOPIC"])
def test_encryption_and_compression_are_refused_on_acts(mixed: World, variable: str) -> None:
    """Acts are read as they were signed; an opaque log's states may be anything."""
    values = {"CIPHER_TOPIC": "eventsourcing.cipher:AESCipher", "CIPHER_KEY": "AAAA", "COMPRESSOR_TOPIC": "zlib"}
    with pytest.raises(InfrastructureFactoryError, match=variable):
        Application({"PERSISTENCE_MODULE": "trail.store.acts", "TRAIL_URL": mixed.url, variable: values[variable]})


def test_an_acts_database_is_not_changed_by_reading_it(mixed: World) -> None:
    before = Reader(mixed.database, origin="Bills").head(), mixed.reader.head()
    check_file(Path(mixed.database.path))
    assert (Reader(mixed.database, origin="Bills").head(), mixed.reader.head()) == before
    assert Reader(mixed.database, origin="Bills").checkpoint() is None
