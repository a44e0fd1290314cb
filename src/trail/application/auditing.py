"""
The audit of a database: its rows, streamed as evidence into the verifier, plus what only a database has.

Check 16 compares every stored column with what its entry says, check 17 the head with the tree over the rows, check
18 the read model, where there is one, with the entries.
Entries beyond the last checkpoint are read too: their faults can be seen, only their loss can't.  Of an opaque log the
rows outside the tree (snapshots, tracking records, request keys) are counted and said to be not covered.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from trail.application.opening import open_database
from trail.application.readmodel import ModelCheck
from trail.errors import NoteError, StoreFailed
from trail.evidence.file import Item
from trail.evidence.memory import Memory
from trail.evidence.opaque import UUID_ID, OpaqueEntry
from trail.evidence.record import Record
from trail.evidence.registry import REGISTRY_TYPES
from trail.evidence.succession import before
from trail.evidence.times import ActTimes
from trail.evidence.verdict import MAX_LISTED
from trail.merkle import parse_checkpoint
from trail.signing import Policy, parse_note, parse_policy
from trail.store import (
    Database,
    EntryRow,
    Head,
    IssuedCheckpoint,
    Reader,
    attachment_rows,
    check_lengths,
    extent,
    items,
    notes_and_lines,
    part_rows,
)
from trail.store.export import OpaqueRow, beside
from trail.store.opaque import TEXT_LETTER, UUID_LETTER
from trail.store.read import raw
from trail.store.schema import ACTS
from trail.verify import Report, Verification

Columns = dict[str, Any]
_OUTSIDE: Final = {"tracking": "tracking records", "requests": "request keys"}


def audit(
    url: str | os.PathLike[str],
    policy: Policy | str | bytes,
    *,
    origin: str | None = None,
    known: str | bytes | None = None,
    now: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    times: Callable[[ActTimes], None] | None = None,
    memory: Memory | None = None,
    predecessor: str | os.PathLike[str] | bytes | None = None,
) -> Report:
    """
    Verify a log of the database at *url* under *policy*; the other arguments are those of `trail.verify.verify`.

    *origin* says which log; without it, it is the only one, or the only one that the policy names.

    Raises:
        CallerError: There is no log in it, or several to choose from.
        StoreFailed: It can't be opened.
        PolicyError, NoteError: The inspector's own files can't be read.
    """
    rules = policy if isinstance(policy, Policy) else parse_policy(policy)
    database, log = open_database(url, origin=origin, mode="read", named={key.name for key in rules.logs})
    with database:
        reader = Reader(database, origin=log.origin, kind=log.kind)
        held = None if predecessor is None else before(predecessor, rules, lambda: Verification(rules, now=now))
        run = Verification(
            rules, known=known, now=now, database=True, times=times, memory=memory, predecessor=held
        )  # fmt: skip
        return _Audit(database, reader, run).run(progress)


@contextmanager
def evidence_items(
    url: str | os.PathLike[str], policy: Policy, *, origin: str | None = None
) -> Iterator[Iterator[Item]]:
    """The items of a log of the database at *url*, up to its last entry; the other arguments are those of `audit`."""
    database, log = open_database(url, origin=origin, mode="read", named={key.name for key in policy.logs})
    with database, Reader(database, origin=log.origin, kind=log.kind).snapshot() as view:
        yield items(view, size=view.head().size)


class _Audit:
    def __init__(self, database: Database, reader: Reader, run: Verification) -> None:
        self._database = database
        self._reader = reader
        self._run = run
        self._row: EntryRow | OpaqueRow | None = None
        self._taken = 0  # the last position whose row was compared
        self._unread: set[int] = set()  # positions of entries that can't be read: what lies beside them can't be judged
        self._parts: dict[bytes, tuple[int, str]] = {}
        self._files: dict[bytes, tuple[int, int, str]] = {}
        self._model: ModelCheck | None = None

    def run(self, progress: Callable[[int, int], None] | None) -> Report:
        run = self._run
        try:
            run.count(16)
            # An index that contradicts its table answers some questions with what the table does not hold.
            for line in self._database.integrity():
                run.find("FILE_DAMAGED", line)
            with self._reader.snapshot() as view:
                check_lengths(view)
                head = view.head()
                rows = extent(view)
                if rows.rows != rows.last or (rows.rows and rows.first != 1):
                    run.find("POSITION_GAP", "the positions are not dense from 1", None, rows.last, rows.rows)
                end = rows.last
                self._model = ModelCheck(view, run) if self._reader.kind == ACTS else None
                for number, item in enumerate(self._items(view, end)):
                    self._compare()
                    run.take(item)
                    if progress is not None and not number % 5000:
                        progress(run.frontier.size, end)
                self._compare()
                self._close(view, head)
        except Exception as error:
            run.internal(error)
        return run.finish()

    def _items(self, view: Reader, end: int) -> Iterator[Item]:
        def watch(row: EntryRow | OpaqueRow) -> None:
            self._compare()
            self._row = row

        return items(view, size=end, watch=watch)

    def _compare(self) -> None:
        """Check 16 for the row whose entry was taken last."""
        row, run = self._row, self._run
        if row is None or run.frontier.size < 1 or self._taken == run.frontier.size:
            return
        self._taken = run.frontier.size
        run.count(16)
        entry = run.last
        stored: Columns = {"position": row.position, "hashes": row.hashes}
        derived: Columns = {"position": run.frontier.size, "hashes": run.hashes}
        if type(row.entry) is not bytes:
            stored["entry"], derived["entry"] = type(row.entry).__name__, "bytes"
        if isinstance(row, EntryRow) and isinstance(entry, Record):
            self._name_beside(entry)
            if self._model is not None:
                self._model.take(entry)
            _columns_of_act(row, entry, stored, derived)
        elif isinstance(row, OpaqueRow) and isinstance(entry, OpaqueEntry):
            _columns_of_event(row, entry, stored, derived)
        else:
            self._unread.add(run.frontier.size)
        for name, value in derived.items():
            if stored[name] != value or type(stored[name]) is not type(value):
                run.find("COLUMN_MISMATCH", f"the column {name} is not what the entry says", run.frontier.size, value,
                         stored[name])  # fmt: skip

    def _name_beside(self, record: Record) -> None:
        """Remember what the entry names, for the rows that should lie beside it."""
        for part in record.statement.parts:
            self._parts[part.digest] = (record.position, part.name)
        for one in record.statement.attachments:
            self._files.setdefault(one.digest, (record.position, one.size, one.media))

    def _close(self, view: Reader, head: Head) -> None:
        run = self._run
        run.count(17)
        recorded = run.last.recorded if run.last is not None else head.recorded
        derived = Head(run.frontier.size, run.frontier.to_bytes(), run.registry_position, recorded)
        if not all(map(_same, head, derived)):
            run.find("HEAD_MISMATCH", "the head is not that of the rows", None, list(derived), list(head))
        for number, issued in enumerate(view.checkpoints(), 1):
            run.count(16)
            if not _same(issued.number, number) or not _same(issued.size, _size_of(issued)):
                run.find("COLUMN_MISMATCH", "a checkpoint's row is not what its note says", None,
                         [number, _size_of(issued)], [issued.number, issued.size], note=issued.note)  # fmt: skip
        strange = [value for value in notes_and_lines(view) if type(value) is not str]
        if strange:
            run.find("COLUMN_MISMATCH", "a checkpoint's note or cosignature is kept as something else than text", None,
                     "text", [type(value).__name__ for value in strange[:MAX_LISTED]])  # fmt: skip
        if run.log_kind not in ("", self._reader.kind):
            run.find("COLUMN_MISMATCH", "the log is said to be of another kind than its entries", None, run.log_kind,
                     self._reader.kind)  # fmt: skip
        if self._reader.kind == ACTS:
            self._close_beside(view)
            if self._model is not None:
                self._model.close()
        else:
            counts = {_OUTSIDE.get(name, name): count for name, count in beside(view).items()}
            run.facts["not covered"] = ", ".join(f"{name}: {count}" for name, count in counts.items())
        self._tell_database()

    def _close_beside(self, view: Reader) -> None:
        """Body parts and attachments that lie there, each under the entry that names it."""
        run = self._run
        for part in part_rows(view):
            run.count(16)
            named = self._parts.get(raw(part.digest))
            if named != (part.position, part.name) and part.position not in self._unread:
                run.find("COLUMN_MISMATCH", "a body part's row that no entry names so", None,
                         named, list(part))  # fmt: skip
        for file in attachment_rows(view):
            run.count(16)
            stored = (file.position, file.size, file.media)
            if self._files.get(raw(file.digest)) != stored and file.position not in self._unread:
                run.find("COLUMN_MISMATCH", "an attachment's row that no entry names so", None,
                         self._files.get(raw(file.digest)), list(file))  # fmt: skip

    def _tell_database(self) -> None:
        run = self._run
        durability = self._database.durability()
        run.facts["sqlite"] = durability.version
        run.facts["schema"] = durability.schema
        run.facts["files"] = " ".join(durability.files)
        # The file carries its journal mode alone; the other settings are those of this reading connection.  A writer of
        # this library sets its own, reads them back and refuses anything below synchronous=FULL.
        settings = dict(durability.settings)
        run.facts["journal mode"] = settings.pop("journal_mode")
        run.facts["reading with"] = ", ".join(f"{name}={value}" for name, value in settings.items())
        if durability.warnings:
            run.facts["warning"] = "; ".join(durability.warnings)


def _columns_of_act(row: EntryRow, record: Record, stored: Columns, derived: Columns) -> None:
    s = record.statement
    stored |= {
        "stream": row.stream, "version": row.version, "event": row.event, "type": row.type,
        "unit": row.unit, "registry": _flag(row.registry), "recorded": row.recorded,
    }  # fmt: skip
    derived |= {
        "stream": s.stream, "version": record.version, "event": s.id, "type": s.type, "unit": s.unit,
        "registry": s.type in REGISTRY_TYPES, "recorded": record.recorded,
    }  # fmt: skip


def _columns_of_event(row: OpaqueRow, entry: OpaqueEntry, stored: Columns, derived: Columns) -> None:
    # The letter keeps a UUID apart from a text of the same bytes.
    letter = UUID_LETTER if entry.id_kind == UUID_ID else TEXT_LETTER
    stored |= {"originator": row.originator, "version": row.version, "topic": row.topic, "recorded": row.recorded}
    derived |= {
        "originator": letter + entry.originator, "version": entry.version, "topic": entry.topic.decode("utf-8"),
        "recorded": entry.recorded,
    }  # fmt: skip
    if not isinstance(row.state, bytes | None):  # the verifier compares its bytes, whatever type they were read from
        stored["state"], derived["state"] = type(row.state).__name__, "bytes"


def _same(stored: object, derived: object) -> bool:
    """Whether a column holds this very value: SQLite's columns take any type, and 1.0 equals 1."""
    return stored == derived and type(stored) is type(derived)


def _flag(value: object) -> object:
    """A stored bool: 0 or 1 as an int, whatever the driver; anything else stays what it is, and differs."""
    return bool(value) if type(value) in (int, bool) and value in (0, 1) else value


def _size_of(issued: IssuedCheckpoint) -> int | None:
    try:
        return parse_checkpoint(parse_note(issued.note).text).size
    except NoteError:
        return None


def digest_of(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file in hexadecimal, for a report; raises `StoreFailed`."""
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise StoreFailed(f"{path} can't be read: {error.strerror}") from None
