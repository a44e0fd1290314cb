"""
What is particular to SQLite, in one place: how it is opened, what makes it durable, what its errors mean.

Durable is what survives a power cut after the acknowledgement.  That needs ``synchronous=FULL`` (or ``EXTRA``) with a
write-ahead log, or with a journal that is truncated; ``NORMAL`` loses acknowledged commits, ``DELETE`` with ``FULL``
can.  The setting is read back, because a build or a file system may refuse it silently.

A writer begins with ``BEGIN IMMEDIATE``: a transaction that reads first and writes later is refused when another
writer came between, and retrying it under load makes a storm.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from trail.errors import EnvironmentFailed, StoreBusy, StoreFailed

WAL_PAGES: Final = 1000  # 4 MiB; while the log first grows, each sync also has to make its new length durable
CACHE_KIB: Final = 65_536
MAX_VALUE: Final = 72 * 1024 * 1024  # bytes of one value: the largest attachment or state, and some room
MEMORY: Final = ":memory:"

# https://www.sqlite.org/wal.html (the WAL-reset bug): a checkpoint in one connection and a write in another at the
# same instant can lose committed pages.  In every version since 3.7.0, repaired in these.
_WAL_RESET_REPAIRED: Final = ((3, 51, 3), (3, 50, 7), (3, 44, 6))

_BUSY: Final = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED))
_HARMLESS: Final = frozenset(
    (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_MISMATCH)
)
_SYNCHRONOUS: Final = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


class Durability(NamedTuple):
    """
    What a report says about the database that it read.

    ``settings`` are PRAGMA values read back; ``schema`` is SHA-256 (hex) over the definitions of this library's
    tables, indexes and whatever hangs on them; ``files`` are those that belong to the database and exist.
    """

    version: str
    settings: dict[str, str]
    schema: str
    files: tuple[str, ...]
    warnings: tuple[str, ...]


def connect(database: str, *, mode: str, busy_timeout: float) -> sqlite3.Connection:
    """
    Open a connection: *mode* is ``"rwc"`` (made if missing), ``"rw"`` or ``"ro"``; *database* a path or ``":memory:"``.

    A database whose write-ahead log is gone or empty can't be opened read-only in a directory that can't be written
    to, although nothing is missing from it: then it is opened as immutable.
    """
    if database == MEMORY:
        return _connect("file::memory:", busy_timeout)
    address = f"file:{quote(str(Path(database).absolute()))}?mode={mode}"
    try:
        connection = _connect(address, busy_timeout)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        if mode != "ro" or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or not _wal_is_empty(database):
            raise
        connection = _connect(address + "&immutable=1", busy_timeout)
    return connection


def _connect(address: str, busy_timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(
        address, uri=True, timeout=busy_timeout, isolation_level=None, check_same_thread=False, cached_statements=512
    )


def _wal_is_empty(database: str) -> bool:
    wal = Path(database + "-wal")
    return Path(database).is_file() and (not wal.exists() or wal.stat().st_size == 0)


def harden(connection: sqlite3.Connection, *, read_only: bool) -> None:
    """Settings of every connection: a database file that was tampered with must not run code or corrupt memory."""
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", f"cache_size=-{CACHE_KIB}"):
        connection.execute(f"PRAGMA {pragma}")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    if read_only:
        connection.execute("PRAGMA query_only=ON")
        connection.text_factory = _any_text


def _any_text(data: bytes) -> str:
    """An altered column may hold text that is none; an audit must read on and say so."""
    return data.decode("utf-8", "surrogateescape")


def make_durable(connection: sqlite3.Connection, *, memory: bool, busy_timeout: float, wal: bool = True) -> None:
    """
    Settings of a connection that writes, read back; *busy_timeout* in seconds, *wal* if a write-ahead log may be used.

    Raises:
        StoreFailed: The settings did not hold, so that an acknowledgement would promise too much.
    """
    # Network file systems have no shared memory; a truncated journal is as durable, one writer or reader at a time.
    journals = ("memory",) if memory else ("wal", "truncate") if wal else ("truncate",)
    held = _pragma(connection, "journal_mode")
    if held == "wal" and not wal:  # whose database ever this is, it is not ours to change
        raise StoreFailed("the database has a write-ahead log and should have none", code="FOREIGN_SCHEMA")
    if held != journals[0] and not any(_switched(connection, journal, busy_timeout) for journal in journals):
        raise StoreFailed("neither a write-ahead log nor a truncated journal is possible here", code="NOT_DURABLE")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    check_durable(connection)


def _switched(connection: sqlite3.Connection, journal: str, busy_timeout: float) -> bool:
    """Whether the journal is *journal* now.  SQLite waits for nobody to change it, and others may be making it too."""
    deadline = time.monotonic() + busy_timeout
    while True:
        try:
            return _pragma(connection, f"journal_mode={journal}") == journal
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def check_durable(connection: sqlite3.Connection) -> None:
    """Read ``synchronous`` back; raises `StoreFailed` unless it is FULL or EXTRA."""
    found = _SYNCHRONOUS.get(int(_pragma(connection, "synchronous")), "?")
    if found not in ("FULL", "EXTRA"):
        raise StoreFailed(
            f"synchronous is {found}: a power cut could lose what was acknowledged", code="NOT_DURABLE", found=found
        )


def _pragma(connection: sqlite3.Connection, text: str) -> str:
    row = connection.execute(f"PRAGMA {text}").fetchone()
    return "" if row is None else str(row[0])


def main_file(connection: sqlite3.Connection) -> str:
    """The path of the file that a connection was opened on; empty for one in memory."""
    rows = connection.execute("PRAGMA database_list").fetchall()
    return next((str(row[2] or "") for row in rows if row[1] == "main"), "")


def durability(connection: sqlite3.Connection, database: str, tables: Iterable[str]) -> Durability:
    """The facts for a report; see `Durability`."""
    names = ("journal_mode", "synchronous", "secure_delete", "trusted_schema", "cell_size_check", "query_only")
    settings = {name: _pragma(connection, name) for name in names}
    settings["synchronous"] = _SYNCHRONOUS.get(int(settings["synchronous"]), "?")
    warnings = []
    if settings["journal_mode"] == "wal" and has_wal_reset_defect():
        warnings.append(
            f"SQLite {sqlite3.sqlite_version} has the WAL-reset defect: with several processes on one file, committed "
            "data can be lost; use 3.51.3 or later"
        )
    if database != MEMORY and settings["journal_mode"] not in ("wal", "truncate", "persist"):
        warnings.append(
            f"journal mode {settings['journal_mode']}: not one in which this library writes, and not durable with FULL"
        )
    if database == MEMORY:
        warnings.append("the database is in memory: nothing outlives the process")
    strange = strange_objects(connection, tables)
    if strange:
        warnings.append(f"not made by this library: {', '.join(strange)}")
    files = tuple(
        Path(database + end).name for end in ("", "-wal", "-shm", "-journal") if Path(database + end).is_file()
    )
    return Durability(sqlite3.sqlite_version, settings, _fingerprint(connection, tables), files, tuple(warnings))


def has_wal_reset_defect(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite can lose committed pages when a checkpoint and a write coincide."""
    if version >= _WAL_RESET_REPAIRED[0]:
        return False
    return not any(version[:2] == repaired[:2] and version >= repaired for repaired in _WAL_RESET_REPAIRED)


class TableShape(NamedTuple):
    """What `shape` reads of a table: its columns, and its indexes in no order that matters."""

    columns: tuple[tuple[object, ...], ...]
    indexes: frozenset[tuple[object, ...]]


Shape = dict[str, TableShape]
"""Tables by name."""


def shape(connection: sqlite3.Connection, tables: Iterable[str]) -> Shape:
    """
    What SQLite says of *tables*: each column's name, type, NOT NULL, place in the key and whether it is hidden or
    generated; each index's columns, order, collation, uniqueness and text.
    """
    found: Shape = {}
    for table in tables:
        columns = tuple(
            (name, kind.upper(), notnull, key, hidden)
            for _, name, kind, notnull, _, key, hidden in connection.execute(f'PRAGMA main.table_xinfo("{table}")')
        )
        indexes: set[tuple[object, ...]] = set()
        for _, name, unique, origin, partial in connection.execute(f'PRAGMA main.index_list("{table}")').fetchall():
            parts = tuple(
                ("rowid" if place == -1 else column, *more)  # None: an expression
                for _, place, column, *more in connection.execute(f'PRAGMA main.index_xinfo("{name}")')
            )
            sql = connection.execute("SELECT sql FROM main.sqlite_master WHERE name=?", (name,)).fetchone()
            text = "".join(str(sql[0] or "").replace('"', "").lower().split()) if sql else ""
            computed = bool(partial) or any(part[0] is None for part in parts)
            indexes.add((computed, parts, partial, origin, unique, text))
        found[table] = TableShape(columns, frozenset(indexes))
    return found


def check_tables(connection: sqlite3.Connection, wanted: Shape, *, strict: bool = True) -> None:
    """
    Check that each table is there, is a table (not a view), and has its columns.

    For a writer (*strict*) there are no indexes but its own, text is UTF-8 and no trigger hangs on the tables.  An
    audit takes what it finds, to say what is wrong with it, but nothing that is computed when it is read: a generated
    column or an indexed expression can take any time and memory.

    Raises:
        StoreFailed: ``NO_LOG`` where none of the tables exists, ``FOREIGN_SCHEMA`` where one is not as it was made.
    """
    kinds = dict(connection.execute("SELECT name, type FROM main.sqlite_master"))
    if not any(name in kinds for name in wanted):
        raise StoreFailed(
            "this database holds no log", code="NO_LOG", advice="Make the log once with `trail init` or Trail.create."
        )
    for name, made in wanted.items():
        if kinds.get(name) != "table":
            found = kinds.get(name, "nothing")
            raise StoreFailed(f"{name} is {found}, not a table", code="FOREIGN_SCHEMA", table=name, found=found)
        columns, indexes = shape(connection, [name])[name]
        if [(column[0], 0) for column in made.columns] != [(column[0], column[4]) for column in columns]:
            raise StoreFailed(f"{name} has other columns", code="FOREIGN_SCHEMA", table=name, found=columns)
        for index in indexes - made.indexes:
            if strict or index[0]:
                raise StoreFailed(
                    f"{name} has an index that this library did not make", code="FOREIGN_SCHEMA", table=name,
                    found=index, advice="Drop it: a query that an index covers never looks at the table.",
                )  # fmt: skip
    if strict and _pragma(connection, "encoding").upper() != "UTF-8":
        raise StoreFailed("the database is not in UTF-8: it would alter text", code="FOREIGN_SCHEMA")
    strange = strange_objects(connection, wanted)
    if strict and strange:
        raise StoreFailed(f"not made by this library: {', '.join(strange)}", code="FOREIGN_SCHEMA", found=strange)


def strange_objects(connection: sqlite3.Connection, tables: Iterable[str]) -> tuple[str, ...]:
    """Triggers on this library's tables, and temporary objects that hide them."""
    ours = set(tables)
    rows = connection.execute("SELECT type, name, tbl_name FROM main.sqlite_master WHERE type='trigger'").fetchall()
    hidden = connection.execute("SELECT type, name, tbl_name FROM temp.sqlite_master").fetchall()
    return tuple(
        [f"{kind} {name}" for kind, name, table in rows if table in ours]
        + [f"temporary {kind} {name}" for kind, name, table in hidden if name in ours or table in ours]
    )


def _fingerprint(connection: sqlite3.Connection, tables: Iterable[str]) -> str:
    ours = set(tables)
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM main.sqlite_master ORDER BY type, name")
    digest = hashlib.sha256()
    for kind, name, table, text in rows:
        if table in ours:
            digest.update(f"{kind}\0{name}\0{table}\0{text or ''}\0".encode())
    return digest.hexdigest()


def _driven(error: Exception) -> Exception:
    """The driver's own error, where SQLAlchemy has wrapped it."""
    inner = getattr(error, "orig", None)
    return inner if isinstance(inner, Exception) else error


def failure(error: Exception, doing: str) -> EnvironmentFailed:
    """The library's error for one of the driver's; `StoreBusy` only where another writer held the lock."""
    error = _driven(error)
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code is not None and code & 0xFF in _BUSY:
        return StoreBusy(f"{doing}: another writer held the database for too long", found=name)
    return StoreFailed(f"{doing}: {error}", found=name)


def is_fatal(error: Exception) -> bool:
    """
    Whether the connection must not be used again.

    After a failed sync the kernel may have dropped the pages and report success the next time, so a retry proves
    nothing: close, reopen, look at what is there.
    """
    error = _driven(error)
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return isinstance(error, (sqlite3.Error, OSError))
    return code & 0xFF not in _BUSY and code & 0xFF not in _HARMLESS
