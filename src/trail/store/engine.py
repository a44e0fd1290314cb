"""
One open database: its engine, its one writing connection, its readers, and what happens when something fails.

SQLAlchemy makes the tables, compiles the statements for the dialect and keeps the readers' pool; the two hot paths,
append and scan, then run on the driver's own cursor, which is worth a factor of two.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection, QueuePool, StaticPool

from trail.errors import CallerError, StoreBusy, StoreFailed
from trail.store import sqlite
from trail.store.schema import ACT_TABLES
from trail.store.sqlite import Durability
from trail.store.statements import Prepared, Query, Row, Source, Transaction

BUSY_TIMEOUT: Final = 30.0  # seconds
_DRIVER_ERRORS: Final = (sqlite3.Error, SQLAlchemyError, OSError)

# Connections that a fork carried into this process: closing one would cancel the parent's locks, so none is closed.
_CARRIED_OVER: Final[list[object]] = []

_CLOSED: Final = "the database was closed"
_READS: Final = "trail_reads"  # an execution option: this connection takes no lock


class Database:
    """
    A database that is open.

    *url* is ``sqlite:///path``, ``sqlite://`` (in memory) or a path; *mode* is ``"create"``, ``"write"`` or ``"read"``
    (for audits: the file is opened read-only); *tables* are those that it must hold, and that ``"create"`` makes where
    they are missing.  Without *wal* the journal is a file that is truncated: slower, one file when closed, and safe
    for several processes on any version of SQLite.  Usable from several threads; a fork is noticed and gets
    connections of its own.

    After a failure that leaves the state of the disk unknown (I/O error, disk full, damaged file) the writing
    connection is closed and every further append refused until `reopen`.

    Raises:
        CallerError: A url that can't be used.
        StoreFailed: The database can't be opened, is not durable, or holds no log of this library.
    """

    def __init__(
        self,
        url: str | Path,
        *,
        mode: str = "write",
        busy_timeout: float = BUSY_TIMEOUT,
        tables: Sequence[Table] = ACT_TABLES,
        wal: bool = True,
    ) -> None:
        self.path = _path(url)
        self._wal = wal
        self._shape = shape_of(tables)
        self._waiting: weakref.WeakSet[threading.Event] = weakref.WeakSet()
        self._listeners = threading.Lock()
        self._listened = False
        self.mode = mode
        self.memory = self.path == sqlite.MEMORY
        self._busy_timeout = busy_timeout
        self._compiled: dict[int, tuple[Query, Prepared]] = {}
        if mode != "create" and not self.memory and not Path(self.path).exists():
            raise StoreFailed(
                f"{self.path}: there is no such file", code="STORE_MISSING",
                advice="Correct the path; a log is made once, by Trail.create or trail init.",
            )  # fmt: skip
        self._start()
        try:
            if mode == "create":
                self._make(tables)
            self._check()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._failed: str | None = None
        self._writer: PoolProxiedConnection | None = None
        if self.memory:
            # The pool must not roll back on return: readers and the writer share the one connection.
            self._engine = create_engine(
                "sqlite://", creator=self._connect, poolclass=StaticPool, pool_reset_on_return=None
            )
        else:
            self._engine = create_engine("sqlite://", creator=self._connect, poolclass=QueuePool, max_overflow=-1)
        event.listen(self._engine, "begin", _begin)

    def _connect(self) -> sqlite3.Connection:
        mode = {"create": "rwc", "write": "rw"}.get(self.mode, "ro")
        connection = sqlite.connect(self.path, mode=mode, busy_timeout=self._busy_timeout)
        try:
            sqlite.harden(connection, read_only=mode == "ro")
            if mode != "ro":
                sqlite.make_durable(
                    connection, memory=self.memory, busy_timeout=self._busy_timeout, wal=self._wal
                )  # fmt: skip
        except BaseException:
            connection.close()
            raise
        return connection

    def _make(self, tables: Sequence[Table]) -> None:
        """Make the tables that are missing; where none is, the writers' lock is not taken."""
        with self._mapped("making the tables"):
            with self._borrowed() as connection:
                present = {name for (name,) in connection.execute("SELECT name FROM main.sqlite_master")}
            if not present.issuperset(self._shape):
                tables[0].metadata.create_all(self._engine, tables=list(tables))

    def expect(self, tables: Sequence[Table]) -> None:
        """Check that these tables are there as well; raises `StoreFailed`."""
        self._shape |= shape_of(tables)
        self._check()

    def _check(self) -> None:
        with self._mapped("opening the database"), self._borrowed() as connection:
            # An audit reads whatever is there and reports what is strange; a writer would be led astray by it.
            sqlite.check_tables(connection, self._shape, strict=self.mode != "read")

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for a host that wants its own transaction on the same database."""
        self._current()
        return self._engine

    def prepare(self, query: Query) -> Prepared:
        """*query* compiled for this database; once."""
        held = self._compiled.get(id(query))
        if held is None:
            held = self._compiled[id(query)] = (query, Prepared(query.statement, query.names, self._engine))
        return held[1]

    def fetch(self, query: Query, *values: Any) -> list[Row]:
        """All rows of *query*, read by itself; a long scan asks page by page."""
        with self._mapped("reading"), self._borrowed() as connection:
            prepared = self.prepare(query)
            rows: list[Row] = connection.execute(prepared.sql, prepared.bind(values)).fetchall()
        return rows

    @contextmanager
    def snapshot(self) -> Iterator[Source]:
        """A source whose queries all see the database as of one moment."""
        if self.memory:
            with self._lock:
                yield self
            return
        with self._mapped("reading"), self._borrowed() as connection:
            connection.execute("BEGIN")
            try:
                yield Transaction(connection.cursor(), self.prepare)
            finally:
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """
        A write transaction, committed and durable when the block ends.

        Raises:
            StoreBusy: Another writer held the lock for too long; nothing was written.
            StoreFailed: It could not be written.  If the disk failed during the commit, the outcome is unknown: look
                the event up by its id after `reopen`.
        """
        self._current()
        with self._lock:
            connection = self._writing_connection()
            self._check_free(connection)
            cursor = connection.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE")
                yield Transaction(cursor, self.prepare, sqlite3.IntegrityError)
                connection.commit()
            except _DRIVER_ERRORS as error:
                self._abandon(connection, error)
                raise sqlite.failure(error, "writing") from error
            except BaseException:
                connection.rollback()
                raise
        self._wake()

    def _check_free(self, connection: sqlite3.Connection) -> None:
        """In memory there is one connection: a transaction that a host has begun on it must be left alone."""
        if self.memory and connection.in_transaction:
            raise StoreBusy("another transaction is open on this database in memory", found="SQLITE_BUSY")

    def listen(self, changed: threading.Event) -> None:
        """Set *changed* after every commit of this object, for as long as somebody holds it."""
        with self._listeners:
            self._waiting.add(changed)
            self._listened = True

    def _wake(self) -> None:
        if not self._listened:  # the common case, and not worth a copy
            return
        with self._listeners:
            waiting = list(self._waiting)
        for changed in waiting:
            changed.set()

    @contextmanager
    def beginning(self) -> Iterator[Connection]:
        """
        A write transaction of SQLAlchemy's for a host's own tables in this database, committed when the block ends.

        Raises:
            StoreBusy, StoreFailed: It could not be begun, written or committed.
        """
        self._current()
        with self._lock:
            self._check_free(self._writing_connection())  # raises where writing is not possible
            try:
                with self._engine.begin() as connection:
                    yield connection
            except (sqlite3.Error, SQLAlchemyError) as error:  # an OSError may be of the block's own making
                if sqlite.is_fatal(error):
                    self._failed = str(error)
                raise sqlite.failure(error, "writing") from error
        self._wake()

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection of SQLAlchemy's to read a host's own tables with, as of one moment."""
        self._current()
        with self._mapped("reading"):
            if self.memory:
                with self._lock, self._engine.connect() as connection:
                    yield connection
                return
            with self._engine.connect().execution_options(**{_READS: True}) as connection:
                yield connection

    @contextmanager
    def joining(self, connection: Connection, lock: Query, *values: Any) -> Iterator[Transaction]:
        """
        A part of the host's own transaction, begun by *lock* if by nothing before, and never committed here.

        Raises:
            CallerError: The host's connection is to another database, or commits every statement by itself.
            StoreFailed: Its commits would not be durable, or a temporary table hides one of ours.
        """
        if not isinstance(connection, Connection):
            raise CallerError(f"pass a connection of SQLAlchemy's, not {type(connection).__name__}")
        driver = connection.connection.dbapi_connection
        if not isinstance(driver, sqlite3.Connection):
            raise CallerError("the connection that was passed is not to an SQLite database")
        with self._mapped("writing in the host's transaction"):
            if not self._is_ours(driver):
                raise CallerError("the connection that was passed is to another database than this log's")
            sqlite.check_durable(driver)
            driver.execute("PRAGMA secure_delete=ON")
            # The lock before anything is read: a transaction that reads first can't wait for another writer.  Through
            # SQLAlchemy, which begins its transactions with their first statement.
            connection.execute(lock.statement, dict(zip(lock.names, values, strict=True)))
            if not driver.in_transaction:
                raise CallerError("the connection that was passed commits every statement by itself")
            strange = sqlite.strange_objects(driver, self._shape)
            if strange:
                raise StoreFailed(f"not made by this library: {', '.join(strange)}", code="FOREIGN_SCHEMA")
            # A host that catches our error and commits must not commit half of what we wrote.
            with connection.begin_nested():
                yield Transaction(driver.cursor(), self.prepare, sqlite3.IntegrityError)

    def _is_ours(self, driver: sqlite3.Connection) -> bool:
        """Whether a host's connection is to this very database, by whatever path it was opened."""
        if self.memory:
            own: object = self._engine.raw_connection().dbapi_connection
            return driver is own
        path = sqlite.main_file(driver)
        return bool(path) and Path(path).exists() and os.path.samefile(path, self.path)

    def shed(self) -> None:
        """
        Move the write-ahead log into the database and empty it, so that erased content is gone from the disk too.

        Left to the next ordinary checkpoint while others read, and where SQLite has the WAL-reset defect: an audit
        trail must not be risked for it.
        """
        if self.memory or self.mode == "read" or sqlite.has_wal_reset_defect():
            return
        with self._lock, self._mapped("emptying the write-ahead log"):
            self._writing_connection().cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def durability(self) -> Durability:
        """Settings read back, SQLite's version and its known defects, the schema's fingerprint, the files."""
        with self._mapped("reading the settings"), self._borrowed() as connection:
            return sqlite.durability(connection, self.path, self._shape)

    def integrity(self) -> tuple[str, ...]:
        """What SQLite finds wrong with the file's pages and indexes; empty when all is well.  Reads everything."""
        with self._mapped("checking the file"), self._borrowed() as connection:
            rows = connection.execute("PRAGMA integrity_check").fetchall()
        return tuple(str(row[0]) for row in rows if row[0] != "ok")

    def reopen(self) -> None:
        """Open again after a failure; raises `StoreFailed` while the cause is still there."""
        if self.memory:
            raise StoreFailed("a database in memory can't be reopened")
        self.close()
        self._start()
        self._check()

    def close(self) -> None:
        """Close every connection of this process."""
        if self._pid != os.getpid():
            self._leave_behind()
            return
        with self._lock:
            writer, self._writer = self._writer, None
            self._failed = self._failed or _CLOSED
            if writer is not None:
                writer.close()
            if not self._wal and Path(f"{self.path}-journal").exists():
                self._tidy()
            self._engine.dispose()

    def _tidy(self) -> None:
        """Let SQLite remove the empty journal that truncating leaves behind, unless somebody else is at work."""
        with suppress(StoreFailed, *_DRIVER_ERRORS):
            proxy = self._engine.raw_connection()
            try:
                for pragma in ("busy_timeout=0", "journal_mode=delete"):
                    proxy.cursor().execute(f"PRAGMA {pragma}").fetchall()
            finally:
                proxy.invalidate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _current(self) -> None:
        if self._pid != os.getpid():
            self._leave_behind()
            if self.memory:
                raise StoreFailed("a database in memory does not follow a fork")
            self._start()

    def _leave_behind(self) -> None:
        _CARRIED_OVER.extend((self._engine, self._writer))
        self._writer = None
        self._engine.dispose(close=False)

    def _writing_connection(self) -> Any:
        if self.mode == "read":
            raise CallerError("the database was opened for reading")
        if self._failed == _CLOSED:
            raise StoreFailed(_CLOSED, code="STORE_CLOSED", advice="Open it again.")
        if self._failed is not None:
            raise StoreFailed(
                f"closed after a failure: {self._failed}", code="STORE_CLOSED",
                advice="Repair the cause, reopen, and look up by its id what was not acknowledged.",
            )  # fmt: skip
        if self._writer is None:
            with self._mapped("opening the database"):
                self._writer = self._engine.raw_connection()
        return self._writer.dbapi_connection

    def _abandon(self, connection: Any, error: Exception) -> None:
        """Roll back; after a failure of the disk, close and remember why."""
        try:
            connection.rollback()
        except sqlite3.Error as second:
            error = second if sqlite.is_fatal(second) else error
        if sqlite.is_fatal(error):
            self._failed = str(error)
            writer, self._writer = self._writer, None
            if writer is not None and not self.memory:
                writer.invalidate(error)

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from; in memory there is only one, so readers and the writer take turns."""
        self._current()
        if self._failed == _CLOSED:
            raise StoreFailed(_CLOSED, code="STORE_CLOSED", advice="Open it again.")
        if self.memory:
            with self._lock:
                proxy = self._engine.raw_connection()
                yield proxy.dbapi_connection  # type: ignore[misc]
            return
        proxy = self._engine.raw_connection()
        try:
            yield proxy.dbapi_connection  # type: ignore[misc]
        finally:
            proxy.close()

    @contextmanager
    def _mapped(self, doing: str) -> Iterator[None]:
        try:
            yield
        except _DRIVER_ERRORS as error:
            raise sqlite.failure(error, doing) from error


def _begin(connection: Connection) -> None:
    """The host's transactions on our engine begin as ours do: the driver itself begins none."""
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READS) else "BEGIN IMMEDIATE")


@lru_cache(maxsize=64)
def _made(tables: tuple[Table, ...]) -> sqlite.Shape:
    """What SQLite itself says of *tables* when they are made as they should be."""
    scratch = create_engine("sqlite://", poolclass=StaticPool)
    tables[0].metadata.create_all(scratch, tables=list(tables))
    driver: Any = scratch.raw_connection().dbapi_connection
    found = sqlite.shape(driver, [table.name for table in tables])
    scratch.dispose()
    return found


def shape_of(tables: Sequence[Table]) -> sqlite.Shape:
    """The columns and indexes that *tables* have, by the name of the table."""
    return dict(_made(tuple(tables)))


def _path(url: str | Path) -> str:
    if isinstance(url, Path):
        return str(url)
    if ":" not in url or "://" not in url:
        return url
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise CallerError(f"not a database url: {error}") from None
    if parsed.get_backend_name() != "sqlite" or parsed.query:
        raise CallerError(f"not supported yet: {parsed.get_backend_name()}; use sqlite:///path")
    return parsed.database or sqlite.MEMORY
