"""The database: durable or refused, closed after a failure, right across forks and threads."""

import multiprocessing
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.store.world import World

from trail.errors import CallerError, StoreBusy, StoreFailed
from trail.store import sqlite
from trail.store.append import EntryStore
from trail.store.engine import Database
from trail.store.export import entry_rows
from trail.store.read import Reader


def test_durable_settings_are_read_back(world: World) -> None:
    facts = world.database.durability()
    assert facts.settings["synchronous"] == "FULL"
    assert facts.settings["journal_mode"] == "wal"
    assert facts.settings["trusted_schema"] == "0"
    assert facts.settings["cell_size_check"] == "1"
    assert facts.version == sqlite3.sqlite_version
    assert "trail.db" in facts.files
    assert any("WAL-reset" in warning for warning in facts.warnings) == sqlite.has_wal_reset_defect()


@pytest.mark.parametrize(
    ("version", "defect"),
    [((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 50, 7), False), ((3, 51, 2), True),
     ((3, 51, 3), False), ((3, 53, 0), False)],
)  # fmt: skip
def test_versions_with_the_wal_reset_defect(version: tuple[int, ...], defect: bool) -> None:
    assert sqlite.has_wal_reset_defect(version) == defect


def test_less_than_full_is_refused(world: World) -> None:
    raw = sqlite3.connect(world.database.path)
    raw.execute("PRAGMA synchronous=NORMAL")
    with pytest.raises(StoreFailed) as refused:
        sqlite.check_durable(raw)
    assert refused.value.code == "NOT_DURABLE"
    raw.close()


def test_a_host_whose_commits_are_not_durable_is_refused(world: World) -> None:
    host = create_engine(world.url)
    with host.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        with pytest.raises(StoreFailed) as refused:
            world.store.append(world.note(), connection=connection)
        assert refused.value.code == "NOT_DURABLE"
    host.dispose()


def test_a_host_with_its_own_engine(world: World) -> None:
    host = create_engine(world.url)
    with host.connect() as connection:
        world.store.append(world.note(), connection=connection)
        connection.rollback()
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS grades (person TEXT)")
        ack = world.store.append(world.note(), connection=connection)
        connection.commit()
    assert world.reader.head().size == ack.position == 17
    with host.connect().execution_options(isolation_level="AUTOCOMMIT") as connection, pytest.raises(CallerError):
        world.store.append(world.note(), connection=connection)
    with host.connect() as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE entry (x)")
        with pytest.raises(StoreFailed) as refused:
            world.store.append(world.note(), connection=connection)
        assert refused.value.code == "FOREIGN_SCHEMA"
    host.dispose()


def test_an_empty_or_foreign_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed):
        Database(tmp_path / "missing.db")
    assert not (tmp_path / "missing.db").exists()
    raw = sqlite3.connect(tmp_path / "other.db")
    raw.execute("CREATE TABLE something (x)")
    raw.commit()
    raw.close()
    for mode in ("write", "read"):
        with pytest.raises(StoreFailed) as refused:
            Database(tmp_path / "other.db", mode=mode)
        assert refused.value.code == "NO_LOG"
    (tmp_path / "text.db").write_text("no database at all, though long enough to be taken for one" * 20)
    with pytest.raises(StoreFailed):
        Database(tmp_path / "text.db")
    with pytest.raises(CallerError):
        Database("postgresql://localhost/x")


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TRIGGER t BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END",
        "ALTER TABLE entry RENAME TO hidden; CREATE VIEW entry AS SELECT * FROM hidden",
        "ALTER TABLE entry ADD COLUMN more",
        "DROP TABLE cosignature",
    ],
)
def test_a_changed_schema_is_refused(world: World, change: str) -> None:
    world.database.close()
    raw = sqlite3.connect(world.database.path)
    raw.executescript(change)
    raw.close()
    with pytest.raises(StoreFailed) as refused:
        Database(world.database.path)
    assert refused.value.code == "FOREIGN_SCHEMA"
    if "TRIGGER" in change:
        with Database(world.database.path, mode="read") as database:
            assert any("trigger t" in warning for warning in database.durability().warnings)


def test_the_schema_has_one_fingerprint(world: World, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with World(tmp_path / "b") as other:
        assert other.database.durability().schema == world.database.durability().schema
        other.database.fetch  # noqa: B018
        with other.database.writing() as tx:
            tx.cursor.execute("CREATE INDEX more ON entry (recorded)")
        assert other.database.durability().schema != world.database.durability().schema


def test_reading_alone_changes_nothing(world: World) -> None:
    with Database(world.database.path, mode="read") as database:
        reader = Reader(database)
        assert reader.head() == world.reader.head()
        with pytest.raises(CallerError), database.writing():
            pass
        with database.snapshot() as source, pytest.raises(sqlite3.OperationalError):
            source.cursor.execute("DELETE FROM entry")  # type: ignore[attr-defined]
        assert database.integrity() == ()


def test_a_database_that_can_only_be_read_as_immutable(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory without write permission: the write-ahead log is empty, but its index can't be made."""
    world.database.close()
    real = sqlite._connect

    def connect(address: str, timeout: float) -> sqlite3.Connection:
        if "immutable" not in address:
            error = sqlite3.OperationalError("unable to open database file")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error
        return real(address, timeout)

    monkeypatch.setattr(sqlite, "_connect", connect)
    with Database(world.database.path, mode="read") as database:
        assert Reader(database).head().size == 16
    Path(world.database.path + "-wal").write_bytes(b"something")
    with pytest.raises(StoreFailed):
        Database(world.database.path, mode="read")


def test_a_snapshot_does_not_move(world: World) -> None:
    with world.reader.snapshot() as view:
        before = view.head()
        world.notes(3)
        assert view.head() == before
        assert len(list(view.entries())) == before.size
    assert world.reader.head().size == before.size + 3


class Failing:
    """A connection whose commit fails as if the disk had."""

    def __init__(self, inner: sqlite3.Connection, code: int) -> None:
        self._inner, self._code = inner, code

    def cursor(self) -> sqlite3.Cursor:
        return self._inner.cursor()

    def commit(self) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = self._code
        raise error

    def rollback(self) -> None:
        self._inner.rollback()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CORRUPT])
def test_after_a_failed_disk_nothing_is_appended_until_reopened(
    world: World, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    real = world.database._writing_connection()
    monkeypatch.setattr(world.database, "_writing_connection", lambda: Failing(real, code))
    note = world.note()
    with pytest.raises(StoreFailed):
        world.record(note)
    monkeypatch.undo()
    with pytest.raises(StoreFailed) as closed:
        world.record(note)
    assert closed.value.code == "STORE_CLOSED"
    assert world.reader.head().size == 16  # reading goes on
    world.database.reopen()
    assert world.record(note).position == 17


def test_a_full_disk_is_a_failed_store(world: World) -> None:
    world.database._writing_connection().execute(
        f"PRAGMA max_page_count={world.database._writing_connection().execute('PRAGMA page_count').fetchone()[0] + 2}"
    )
    acks: list[object] = []
    notes = [world.note("长" * 900) for _ in range(50)]
    with pytest.raises(StoreFailed) as full:
        acks.extend(world.record(note) for note in notes)
    assert full.value.facts["found"] == "SQLITE_FULL"
    with pytest.raises(StoreFailed) as closed:
        world.record(world.note())
    assert closed.value.code == "STORE_CLOSED"
    world.database.reopen()
    assert world.reader.head().size == 16 + len(acks)
    world.record(world.note())


def test_a_busy_database_says_so_and_nothing_is_written(world: World) -> None:
    with Database(world.database.path, busy_timeout=0.05) as database:
        other = EntryStore(database, clock=world.clock)
        note = world.note()
        with world.database.writing(), pytest.raises(StoreBusy):
            other.append(note)
        assert other.append(note).position == 17  # busy is no reason to close


def _child(database: Database, store: EntryStore, note: object, queue: object) -> None:
    queue.put(store.append(note).position)  # type: ignore[attr-defined,arg-type]
    database.close()


def test_a_fork_gets_connections_of_its_own(world: World) -> None:
    world.notes(1)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_child, args=(world.database, world.store, world.note(), queue))
    child.start()
    assert queue.get(timeout=20) == 18
    child.join(20)
    assert child.exitcode == 0
    assert world.notes(1)[0].position == 19


def test_threads_share_a_store(world: World) -> None:
    notes = [[world.note(after=0) for _ in range(20)] for _ in range(4)]
    positions: list[int] = []

    def run(batch: list[object]) -> None:
        positions.extend(world.record(note).position for note in batch)  # type: ignore[arg-type]

    threads = [threading.Thread(target=run, args=(batch,)) for batch in notes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(positions) == list(range(17, 97))


def test_columns_of_a_wrong_kind_do_not_stop_a_reader(world: World) -> None:
    world.notes(2)
    with world.database.writing() as tx:
        tx.cursor.execute("UPDATE entry SET entry=CAST(entry AS TEXT), stream=CAST(x'ff' AS TEXT) WHERE position=17")
    with Database(world.database.path, mode="read") as database:
        rows = list(entry_rows(Reader(database)))
        assert len(rows) == 18
        assert rows[16].stream == "\udcff"


def test_a_host_table_beside_ours_is_nobodys_business(world: World) -> None:
    with world.database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE grades (person TEXT)"))
    world.database.reopen()
    assert world.notes(1)[0].position == 17
