"""
A witness's memory: an SQLite database that lies with its key, away from every log.

Reading it, and saying which logs are cosigned, needs no key; `trail.witness.state.Witness` adds the key and cosigns.
Several processes may use one memory at once, a server and a command beside it.  It is never in WAL mode: versions of
SQLite before 3.51.3 can lose what two processes commit to a write-ahead log, and a witness must not forget.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

from trail.errors import CallerError, StoreFailed
from trail.merkle.checkpoint import check_origin
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey
from trail.store.engine import BUSY_TIMEOUT, Database
from trail.store.statements import Row, Source
from trail.witness import tables

MAX_TITLE: Final = 200
_MEMORY: Final = ":memory:"


class LogKey(NamedTuple):
    """A key of a log, the ``title`` to show for the log, whether it is ``trusted`` still, ``since`` when it is here."""

    key: NoteKey
    title: str
    trusted: bool
    since: int


class Cosigned(NamedTuple):
    """
    The last tree of a log that was cosigned.

    ``offered`` is the note as the log signed it first, ``time`` what the last cosignature of this tree states, ``note``
    the note with that cosignature, for monitors.
    """

    origin: str
    size: int
    root: bytes
    offered: str
    time: int
    note: str


class Fork(NamedTuple):
    """
    Two notes of one log, each signed by its key.

    ``proven``: they give one size two roots, which nothing excuses.  Otherwise the larger came without a proof that it
    extends the smaller; anybody can bring that about, so it accuses nobody, and the proof, once given, removes it.
    """

    origin: str
    kept: str
    offered: str
    proven: bool
    time: int

    @property
    def id(self) -> str:
        """Names the pair in addresses and files: 16 hexadecimal digits."""
        return hashlib.sha256(f"{self.kept}\0{self.offered}".encode()).hexdigest()[:16]


class Memory:
    """
    The memory in the file *path*, made by `make` once and never again.

    Raises:
        StoreFailed: It is missing (code ``STATE_MISSING``), or no witness's memory.
    """

    def __init__(self, path: Path | str, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        if str(path) != _MEMORY and not Path(path).exists():
            raise StoreFailed(
                f"{path}: the witness's state is missing", code="STATE_MISSING",
                advice="Find it: a witness without its memory would cosign a fork. Only a new witness, with a new key, "
                "makes a new one (trail witness init).",
            )  # fmt: skip
        try:
            self._open(Path(path), busy_timeout, new=False)
        except StoreFailed as error:
            raise (_no_state(Path(path)) if error.code == "NO_LOG" else error) from None
        self._read_self()

    def _open(self, path: Path, busy_timeout: float, *, new: bool) -> None:
        mode = "create" if new else "write"
        self.path = path
        self.database = Database(path, mode=mode, busy_timeout=busy_timeout, tables=tables.TABLES, wal=False)

    def _read_self(self) -> None:
        try:
            rows = self.database.fetch(tables.READ_SELF)
            if len(rows) != 1:
                raise _unfinished(self.path)
            self.key = NoteKey(str(rows[0][0]), COSIGNATURE_ED25519, bytes(rows[0][1]))
        except BaseException:
            self.close()
            raise

    @classmethod
    def make(
        cls,
        path: Path | str,
        key: NoteKey,
        *,
        logs: Iterable[NoteKey] = (),
        now: int = 0,
        busy_timeout: float = BUSY_TIMEOUT,
    ) -> Self:
        """
        Make the memory of a new witness, whose *key* bears its name, and which cosigns *logs* from *now* on.

        Where that fails, no file is left behind.

        Raises:
            CallerError: There is a file already (code ``STATE_EXISTS``), or a log can't be cosigned, as in `add_log`.
            StoreFailed: It can't be made.
        """
        place = Path(path)
        if str(path) != _MEMORY:
            try:
                place.touch(exist_ok=False)
            except FileExistsError:
                raise CallerError(f"{place} exists already", code="STATE_EXISTS",
                                  advice="A state is made once; open it as it is.") from None  # fmt: skip
            except OSError as error:
                raise StoreFailed(f"{place} can't be made: {error.strerror}", code="STATE_UNWRITABLE") from None
        made = cls.__new__(cls)
        try:
            made._open(place, busy_timeout, new=True)
            try:
                made._fill(key, logs, now)
            except BaseException:
                made.close()
                raise
        except BaseException:
            if str(path) != _MEMORY:  # made here, a moment ago, and it has cosigned nothing
                for name in (place, Path(f"{place}-journal")):
                    with suppress(OSError):
                        name.unlink()
            raise
        return made

    def _fill(self, key: NoteKey, logs: Iterable[NoteKey], now: int) -> None:
        with self.database.writing() as tx:
            tx.run(tables.ADD_SELF, key.name, key.raw)
        self.key = key
        for log in logs:
            self.add_log(log, now=now)

    @property
    def name(self) -> str:
        """The witness's name."""
        return self.key.name

    # --- the logs -----------------------------------------------------------------------------------------------------

    def add_log(self, key: NoteKey, *, now: int, title: str = "") -> None:
        """
        Cosign the log that *key* names, under this key too; a *title* replaces the log's.

        A log whose key is replaced has two keys for a while: add the new one, later remove the old one.

        Raises:
            CallerError: The key is not a log's, is the witness's own or another log's, or the title is too long.
        """
        check_log_key(key, self.key)
        check_origin(key.name)
        if len(title) > MAX_TITLE or not title.isprintable():
            raise CallerError(f"a title is one line of at most {MAX_TITLE} characters", code="TITLE", found=title)
        with self.database.writing() as tx:
            held = [_log_key(row) for row in tx.fetch(tables.READ_LOGS)]
            for one in held:
                if one.key.raw == key.raw and one.key.name != key.name:
                    raise CallerError(f"the key is that of another log: {one.key.name}", code="KEY_DOUBLE_USE",
                                      advice="Each log has a key of its own.")  # fmt: skip
            if any(one.key == key for one in held):
                tx.run(tables.CHANGE_LOG, 1, key.name, key.raw)
            else:
                known = next((one.title for one in held if one.key.name == key.name), "")
                tx.run(tables.ADD_LOG, key.name, key.raw, known, 1, now)
            if title:
                tx.run(tables.NAME_LOG, title, key.name)

    def remove_log(self, key: NoteKey) -> None:
        """
        Trust *key* no more.  What was cosigned stays remembered, so that adding it again can't bring a fork.

        Raises:
            CallerError: It is none of the keys (code ``LOG_UNKNOWN``).
        """
        with self.database.writing() as tx:
            held = [_log_key(row) for row in tx.fetch(tables.READ_LOGS)]
            if not any(one.key == key and one.trusted for one in held):
                raise CallerError("this witness does not trust such a key", code="LOG_UNKNOWN", found=key.vkey,
                                  advice="`trail witness log list` shows the keys.")  # fmt: skip
            tx.run(tables.CHANGE_LOG, 0, key.name, key.raw)

    def logs(self) -> tuple[LogKey, ...]:
        """The keys of the logs by origin, those that were removed included."""
        return tuple(_log_key(row) for row in self.database.fetch(tables.READ_LOGS))

    # --- what was seen ------------------------------------------------------------------------------------------------

    def latest(self, origin: str) -> Cosigned | None:
        """The last tree of a log that was cosigned, or None."""
        rows = self.database.fetch(tables.READ_LATEST, origin)
        return cosigned_row(rows[0]) if rows else None

    def all_latest(self) -> tuple[Cosigned, ...]:
        """The last tree of every log, by origin."""
        return tuple(cosigned_row(row) for row in self.database.fetch(tables.READ_ALL_LATEST))

    def forks(self) -> tuple[Fork, ...]:
        """Every pair of notes that was kept as evidence, the oldest first."""
        rows = self.database.fetch(tables.READ_FORKS)
        return tuple(Fork(o, kept, offered, bool(proven), time) for o, kept, offered, proven, time in rows)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _no_state(path: Path) -> StoreFailed:
    """The error for a file without a witness's tables: it is empty where making it broke off."""
    if path.stat().st_size == 0:
        return _unfinished(path)
    return StoreFailed(f"{path}: this database is no witness's state", code="STATE_OTHER",
                       advice="Name the file that `trail witness init` made.")  # fmt: skip


def _unfinished(path: Path) -> StoreFailed:
    return StoreFailed(
        f"{path}: the state was never finished", code="STATE_UNFINISHED",
        advice="It has cosigned nothing: remove the file and make it again (trail witness init).",
    )  # fmt: skip


def check_log_key(key: NoteKey, own: NoteKey) -> None:
    """Check that *key* can be a log's and is not the witness's *own*; raises `CallerError`."""
    if key.type != LOG_ED25519:
        raise CallerError("not the key of a log but of a witness", code="KEY_ROLE", found=key.vkey,
                          advice="Ask for what `trail keys show KEY --as log ORIGIN` prints.")  # fmt: skip
    if key.raw == own.raw:
        raise CallerError("a log can't be its own witness: one key has one purpose", code="KEY_DOUBLE_USE")


def trusted_keys(source: Source, origin: str) -> tuple[NoteKey, ...]:
    """The keys of a log that are trusted now."""
    return tuple(NoteKey(origin, LOG_ED25519, bytes(key)) for (key,) in source.fetch(tables.READ_TRUSTED, origin))


def cosigned_row(row: Row) -> Cosigned:
    """A row of `READ_LATEST`."""
    origin, size, root, offered, time, note = row
    return Cosigned(str(origin), int(size), bytes(root), str(offered), int(time), str(note))


def _log_key(row: Row) -> LogKey:
    origin, key, title, trusted, since = row
    return LogKey(NoteKey(str(origin), LOG_ED25519, bytes(key)), str(title), bool(trusted), int(since))
