"""
The audit of a database: its rows, streamed as evidence into the verifier, plus what only a database has.

Check 16 compares every stored column with what its entry says, check 17 the head with the tree over the rows.
Entries beyond the last checkpoint are read too: their faults can be seen, only their loss can't.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from trail.errors import NoteError, StoreFailed
from trail.evidence.file import Item
from trail.evidence.registry import REGISTRY_TYPES
from trail.merkle import parse_checkpoint
from trail.signing import Policy, parse_note, parse_policy
from trail.store import Database, EntryRow, Head, IssuedCheckpoint, Reader, attachment_rows, extent, items, part_rows
from trail.store.read import raw
from trail.verify import Report, Verification


def audit(
    url: str | os.PathLike[str],
    policy: Policy | str | bytes,
    *,
    origin: str | None = None,
    known: str | bytes | None = None,
    now: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """
    Verify the database at *url* under *policy*; the arguments are those of `trail.verify.verify`.

    Raises:
        CallerError: There is no log in it, or several to choose from.
        StoreFailed: It can't be opened.
        PolicyError, NoteError: The inspector's own files can't be read.
    """
    rules = policy if isinstance(policy, Policy) else parse_policy(policy)
    with Database(os.fspath(url), mode="read") as database:
        return _Audit(database, rules, origin, known, now).run(progress)


class _Audit:
    def __init__(
        self, database: Database, policy: Policy, origin: str | None, known: str | bytes | None, now: int | None
    ) -> None:
        self._database = database
        self._reader = Reader(database, origin=origin)
        self._run = Verification(policy, known=known, now=now, database=True)
        self._row: EntryRow | None = None
        self._unread: set[int] = set()  # positions of entries of a later format: what lies beside them can't be judged
        self._parts: dict[bytes, tuple[int, str]] = {}
        self._files: dict[bytes, tuple[int, int, str]] = {}

    def run(self, progress: Callable[[int, int], None] | None) -> Report:
        run = self._run
        try:
            with self._reader.snapshot() as view:
                head = view.head()
                rows = extent(view)
                if rows.rows != rows.last or (rows.rows and rows.first != 1):
                    run.find("POSITION_GAP", "the positions are not dense from 1", None, rows.last, rows.rows)
                end = rows.last
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
        def watch(row: EntryRow) -> None:
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
        record = run.last
        stored: dict[str, Any] = {"position": row.position, "hashes": row.hashes}
        derived: dict[str, Any] = {"position": run.frontier.size, "hashes": run.hashes}
        if record is not None:
            s = record.statement
            stored |= {
                "stream": row.stream, "version": row.version, "event": row.event, "type": row.type,
                "unit": row.unit, "registry": _flag(row.registry), "recorded": row.recorded,
            }  # fmt: skip
            derived |= {
                "stream": s.stream, "version": record.version, "event": s.id, "type": s.type, "unit": s.unit,
                "registry": s.type in REGISTRY_TYPES, "recorded": record.recorded,
            }  # fmt: skip
            for part in s.parts:
                self._parts[part.digest] = (record.position, part.name)
            for one in s.attachments:
                self._files.setdefault(one.digest, (record.position, one.size, one.media))
        else:
            self._unread.add(run.frontier.size)
        for name, value in derived.items():
            if stored[name] != value or type(stored[name]) is not type(value):
                run.find("COLUMN_MISMATCH", f"the column {name} is not what the entry says", run.frontier.size, value,
                         stored[name])  # fmt: skip

    _taken = 0

    def _close(self, view: Reader, head: Head) -> None:
        run = self._run
        run.count(17)
        recorded = run.last.recorded if run.last is not None else head.recorded
        derived = Head(run.frontier.size, run.frontier.to_bytes(), run.registry_position, recorded)
        if head != derived:
            run.find("HEAD_MISMATCH", "the head is not that of the rows", None, list(derived), list(head))
        for number, issued in enumerate(view.checkpoints(), 1):
            run.count(16)
            if issued.number != number or _size_of(issued) != issued.size:
                run.find("COLUMN_MISMATCH", "a checkpoint's row is not what its note says", None,
                         [number, _size_of(issued)], [issued.number, issued.size], note=issued.note)  # fmt: skip
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
