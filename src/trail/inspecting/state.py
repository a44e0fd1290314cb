"""
The inspector's memory: one SQLite file, kept by the inspector and made of nothing but what was verified.

**The light part**, for each log by its origin: every checkpoint that a verification compared with the entries (size,
root, signed note, when, under which policy, with which verdict, whether the policy's quorum stood), and every alarm
with both sides.  Each row carries its own digest::

    digest = SHA-256("trail/state/row/v1\\n" || table || "\\n" || canonical list of the other columns)

**The deep part** (`trail.inspecting.deep`) is what judging later entries needs of earlier ones; it is written only
where ``--new-only`` asks for it.

It is written after a verification, in one transaction, durable before anything is told.  A verdict of *altered*, or a
run that did not reach its end, adds alarms and moves nothing on.  Two verifications at once take turns; whoever comes
second compares with what the first has left.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from urllib.parse import quote

from trail.encoding import encode
from trail.errors import CallerError, StoreBusy, StoreFailed
from trail.evidence.memory import Alarm
from trail.inspecting.buckets import SCHEMA as BUCKETS
from trail.inspecting.damage import StateDamaged

APPLICATION: Final = 0x7472_6C73  # "trls", so that `file` and we can tell it from other databases
VERSION: Final = 1
BUSY: Final = 60.0  # seconds to wait for another verification on the same memory
_SCHEMA: Final = (
    "CREATE TABLE log (log INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE)",
    (
        "CREATE TABLE checkpoint (log INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, "
        "peaks BLOB NOT NULL, note BLOB NOT NULL, made INTEGER NOT NULL, policy BLOB NOT NULL, verdict TEXT NOT NULL, "
        "quorum INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (log, size, root))"
    ),
    (
        "CREATE TABLE alarm (number INTEGER PRIMARY KEY, log INTEGER NOT NULL, kind TEXT NOT NULL, "
        "size INTEGER NOT NULL, held BLOB NOT NULL, other BLOB NOT NULL, root BLOB NOT NULL, made INTEGER NOT NULL, "
        "acknowledged INTEGER, reason TEXT NOT NULL, digest BLOB NOT NULL, UNIQUE (log, kind, size, root))"
    ),
    "CREATE TABLE deep (log INTEGER PRIMARY KEY, content BLOB NOT NULL, digest BLOB NOT NULL)",
    (
        "CREATE TABLE registry (log INTEGER NOT NULL, position INTEGER NOT NULL, entry BLOB NOT NULL, "
        "PRIMARY KEY (log, position))"
    ),
    BUCKETS,
)
_CHECKPOINTS: Final = (
    "SELECT log, size, root, peaks, note, made, policy, verdict, quorum, digest FROM main.checkpoint WHERE log = ? "
    "ORDER BY size, root"
)
_ALARMS: Final = (
    "SELECT number, log, kind, size, held, other, root, made, acknowledged, reason, digest FROM main.alarm "
    "WHERE log = ? ORDER BY number"
)


class Remembered(NamedTuple):
    """
    A checkpoint that was compared with the entries at ``made`` (UTC seconds): its tree and the signed note.

    ``peaks`` are the frontier's at that size, empty where they were not at hand; ``policy`` is the policy's digest;
    ``quorum`` says that the checkpoint satisfied it.
    """

    size: int
    root: bytes
    peaks: bytes
    note: bytes
    made: int
    policy: bytes
    verdict: str
    quorum: bool


class Numbered(NamedTuple):
    """An alarm with the number by which it is acknowledged."""

    number: int
    alarm: Alarm


class State:
    """
    The memory in the file *path*; a context manager.  ``new`` says that it was made just now and remembers nothing.

    Only *create* makes one where there is none.

    Raises:
        StateDamaged: It is damaged, or no memory of this library.
        CallerError: It is missing.
        StoreFailed, StoreBusy: It can't be read or written.
    """

    def __init__(self, path: str | Path, *, create: bool = False) -> None:
        self.path = str(path)
        file = Path(path)
        self.new = not file.exists()
        if self.new and not create:
            raise CallerError(f"{path}: there is no such memory", code="STATE_MISSING",
                              advice="Correct the path; trail verify --state FILE makes a new one.")  # fmt: skip
        if not self.new:
            _check_file(file)
        with self.mapped("opening the memory"):
            address = f"file:{quote(str(file.absolute()))}?mode={'rwc' if create else 'rw'}"
            self.db = sqlite3.connect(address, uri=True, timeout=BUSY, isolation_level=None)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        with self.mapped("reading the memory"):
            for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "journal_mode=DELETE", "synchronous=EXTRA"):
                self.db.execute(f"PRAGMA {pragma}").fetchone()
            self.db.execute("BEGIN IMMEDIATE")
            try:
                found = self.db.execute("SELECT type, sql FROM main.sqlite_master WHERE sql IS NOT NULL").fetchall()
                if not found and self.new:
                    self.db.execute(f"PRAGMA application_id={APPLICATION}")
                    self.db.execute(f"PRAGMA user_version={VERSION}")
                    for statement in _SCHEMA:
                        self.db.execute(statement)
                    found = [("table", statement) for statement in _SCHEMA]
                self.db.execute("COMMIT")
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            (application,) = self.db.execute("PRAGMA application_id").fetchone()
            (version,) = self.db.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION or {kind for kind, _ in found} != {"table"}:
            raise StateDamaged(f"{self.path} is no memory of this library")
        if version != VERSION or {sql for _, sql in found} != set(_SCHEMA):
            raise StateDamaged(f"{self.path} is a memory of another version", expected=VERSION, found=version)

    @contextmanager
    def mapped(self, doing: str) -> Iterator[None]:
        """Give the driver's errors as ours."""
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreBusy(f"{doing}: another verification holds {self.path} for too long", code="STATE_BUSY",
                                advice="Wait until it is done and try again.") from None  # fmt: skip
            raise StoreFailed(f"{doing}: {self.path}: {error}", code="STATE_FAILED") from None
        except sqlite3.DatabaseError as error:
            raise StateDamaged(f"{self.path} is damaged, or no memory of this library: {error}") from None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything within is read as of one moment."""
        with self.mapped("reading the memory"):
            self.db.execute("BEGIN")
        try:
            yield
        finally:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything within is written, or nothing."""
        with self.mapped("writing the memory"):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    # --- what is remembered ------------------------------------------------------------------------------------------

    def origins(self) -> list[str]:
        """Every log that something is remembered of."""
        with self.mapped("reading the memory"):
            return [origin for (origin,) in self.db.execute("SELECT origin FROM main.log ORDER BY origin")]

    def number(self, origin: str) -> int | None:
        """The number that a log has in this memory."""
        with self.mapped("reading the memory"):
            row = self.db.execute("SELECT log FROM main.log WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else int(row[0])

    def checkpoints(self, origin: str) -> list[Remembered]:
        """Every checkpoint that is remembered of a log, by size."""
        log = self.number(origin)
        with self.mapped("reading the memory"):
            rows = [] if log is None else self.db.execute(_CHECKPOINTS, (log,)).fetchall()
        for row in rows:
            _check_row("checkpoint", origin, row[1:])
        return [Remembered._make((*row[1:-2], bool(row[-2]))) for row in rows]

    def alarms(self, origin: str) -> list[Numbered]:
        """Every alarm about a log, in the order in which they were raised."""
        log = self.number(origin)
        with self.mapped("reading the memory"):
            rows = [] if log is None else self.db.execute(_ALARMS, (log,)).fetchall()
        for row in rows:
            _check_row("alarm", origin, row[2:])
        return [Numbered(row[0], Alarm(origin, *row[2:-1])) for row in rows]

    # --- what is written ---------------------------------------------------------------------------------------------

    def log(self, origin: str) -> int:
        """The number of a log, which gets one if it has none; in a transaction."""
        self.db.execute("INSERT OR IGNORE INTO main.log (origin) VALUES (?)", (origin,))
        return int(self.db.execute("SELECT log FROM main.log WHERE origin = ?", (origin,)).fetchone()[0])

    def remember(self, origin: str, rows: Iterable[Remembered]) -> list[Alarm]:
        """
        Remember checkpoints; in a transaction.

        One that contradicts another of its size, which a second verification has left meanwhile, is not remembered but
        given back as an alarm.
        """
        rows = list(rows)
        if not rows:
            return []  # a log of which nothing is remembered gets no number
        log = self.log(origin)
        known: dict[int, Remembered] = {}
        for one in self.checkpoints(origin):
            known.setdefault(one.size, one)
        alarms = []
        for row in rows:
            other = known.get(row.size)
            if other is not None and other.root != row.root:
                alarms.append(Alarm(origin, "fork", row.size, other.note, row.note, row.root, row.made))
                continue
            if other is not None and (other.quorum or not row.quorum) and (other.peaks or not row.peaks):
                continue  # nothing new about it
            if other is not None:
                row = row._replace(peaks=row.peaks or other.peaks, quorum=row.quorum or other.quorum)
            values = (*row[:-1], int(row.quorum))
            self.db.execute(
                "INSERT OR REPLACE INTO main.checkpoint (log, size, root, peaks, note, made, policy, verdict, quorum, "
                "digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (log, *values, _row_digest("checkpoint", origin, values)),
            )
        return alarms

    def alarm(self, one: Alarm) -> None:
        """Keep an alarm, once; in a transaction."""
        log = self.log(one.origin)
        self.db.execute(
            "INSERT OR IGNORE INTO main.alarm (log, kind, size, held, other, root, made, acknowledged, reason, digest) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (log, *one[1:], _row_digest("alarm", one.origin, one[1:])),
        )

    def acknowledge(self, number: int, reason: str, now: int) -> Alarm:
        """
        Note that an alarm was looked into, and why it need not be repeated; it stays in the memory.

        Raises:
            CallerError: There is no such alarm, it was acknowledged already, or no reason is given.
        """
        if not reason.strip():
            raise CallerError("say why", code="REASON_MISSING", advice="Give the reason in words: --reason TEXT.")
        for origin in self.origins():
            for known, alarm in self.alarms(origin):
                if known == number:
                    if alarm.acknowledged is not None:
                        raise CallerError(f"alarm {number} was acknowledged already", code="ALARM_ACKNOWLEDGED",
                                          found=alarm.reason, advice="Nothing is left to do.")  # fmt: skip
                    done = alarm._replace(acknowledged=now, reason=reason)
                    with self.writing():
                        self.db.execute(
                            "UPDATE main.alarm SET acknowledged = ?, reason = ?, digest = ? WHERE number = ?",
                            (now, reason, _row_digest("alarm", origin, done[1:]), number),
                        )
                    return done
        raise CallerError(f"there is no alarm {number}", code="ALARM_UNKNOWN",
                          advice="trail state show STATE lists them.")  # fmt: skip

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def _check_file(path: Path) -> None:
    """Look at the file before SQLite does, which may write to what it opens: a log's database is no memory."""
    try:
        with path.open("rb") as stream:
            head = stream.read(100)
    except OSError as error:
        raise StoreFailed(f"opening the memory: {path}: {error.strerror}", code="STATE_FAILED") from None
    # https://sqlite.org/fileformat.html, section 1.3: the application's number lies at byte 68
    if not head.startswith(b"SQLite format 3\x00") or head[68:72] != APPLICATION.to_bytes(4, "big"):
        raise StateDamaged(f"{path} is no memory of this library")


def _row_digest(table: str, origin: str, values: Iterable[Any]) -> bytes:
    data = encode([origin, *values])
    return hashlib.sha256(b"trail/state/row/v1\n" + table.encode() + b"\n" + data).digest()


def _check_row(table: str, origin: str, row: tuple[Any, ...]) -> None:
    try:
        same = row[-1] == _row_digest(table, origin, row[:-1])
    except Exception as error:  # a column of a type that canonical encoding does not carry
        raise StateDamaged("a row of the memory can't be read", found=f"{table}: {error}") from None
    if not same:
        raise StateDamaged("a row of the memory is not what was written", found=f"{table} of {origin}")
