"""
Copies in the hands of somebody who can write everything: a database's rows, or the frames of an evidence file.

Both are opened as a list of `Stored` entries, which can be changed at will, and closed again with everything recomputed
that can be computed without keys: positions, columns, leaves, the hashes of the tree, the head, frames, lengths, the
closing digest.  So a test that changes a copy sees which check of the verifier notices it, not which checksum.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from trail.errors import EvidenceError
from trail.evidence.file import (
    AttachmentItem,
    CheckpointItem,
    EntryItem,
    Header,
    Item,
    PartItem,
    read_evidence,
    write_evidence,
)
from trail.evidence.record import Record, decode_entry, encode_entry
from trail.evidence.registry import REGISTRY_TYPES
from trail.merkle import Frontier, leaf_hash, parse_checkpoint
from trail.signing import format_note, parse_note

_COLUMNS: Final = ("stream", "version", "event", "type", "unit", "registry", "recorded")
_PART: Final = "INSERT OR REPLACE INTO part (log, digest, position, name, data) VALUES (?, ?, ?, ?, ?)"
_FILE: Final = "INSERT OR REPLACE INTO attachment (log, digest, position, size, media, data) VALUES (?, ?, ?, ?, ?, ?)"
_ENTRY: Final = (
    "INSERT INTO entry (log, position, stream, version, event, type, unit, registry, recorded, hashes, entry) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(slots=True)
class Beside:
    """A body part or attachment beside an entry: its clear bytes, or only its digest where it is withheld."""

    name: str
    data: bytes | None
    digest: bytes
    media: str = ""
    size: int = 0

    def replace(self, data: bytes) -> None:
        """Other content, with the digest that belongs to it."""
        self.data, self.digest, self.size = data, hashlib.sha256(data).digest(), len(data)


@dataclass(slots=True)
class Stored:
    """
    An entry as it lies somewhere: its bytes, and what lies beside it.

    ``columns`` are those of its row as they were read; they are derived anew from the bytes where these can be read.
    ``forced`` are columns that keep a wrong value.
    """

    entry: bytes
    parts: list[Beside] = field(default_factory=list)
    files: list[Beside] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)
    forced: dict[str, Any] = field(default_factory=dict)

    def record(self, position: int) -> Record:
        """The record, read from the bytes; raises `RecordError` or `EncodingError`."""
        return decode_entry(self.entry, position)


class Copy(Protocol):
    """What operators change: the entries in order of position, from index 0, and the cosigned checkpoints by size."""

    origin: str
    rows: list[Stored]
    notes: list[str]


def record_of(copy: Copy, position: int) -> Record:
    """The record at *position* (from 1) of *copy*."""
    return copy.rows[position - 1].record(position)


def positions_of(copy: Copy, *types: str) -> list[int]:
    """The positions of all entries of these types (``TalkHeld@1``), in order."""
    return [n for n, row in enumerate(copy.rows, 1) if row.record(n).statement.type in types]


def renumber(copy: Copy) -> None:
    """Give every entry that can be read the version that its place in its stream asks for."""
    last: dict[str, int] = {}
    for position, row in enumerate(copy.rows, 1):
        try:
            record = row.record(position)
        except EvidenceError:
            continue
        stream = record.statement.stream
        version = last[stream] = last.get(stream, 0) + 1
        if record.version != version:
            row.entry = encode_entry(record.statement_bytes, list(record.signatures), version, record.recorded)


class DatabaseCopy:
    """
    The first log of the SQLite database at *path*, which nobody else has open.

    `save` writes all rows anew, in a table without constraints or triggers: those guard against accidents alone.
    ``head`` are columns of the head that keep a wrong value.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head: dict[str, Any] = {}
        with closing(sqlite3.connect(path)) as db:
            self.log, self.origin = db.execute("SELECT log, origin FROM log ORDER BY log").fetchone()
            self.rows = [self._stored(row) for row in self._select(db, "entry", "ORDER BY position")]
            for table, put in (("part", self._part), ("attachment", self._file)):
                for row in self._select(db, table, "ORDER BY position, digest"):
                    put(row)
            lines: dict[int, str] = {}
            for row in self._select(db, "cosignature", "ORDER BY size, line"):
                lines[row["size"]] = lines.get(row["size"], "") + row["line"]
            issued = self._select(db, "checkpoint", "ORDER BY size")
            self.notes = [row["note"] + lines.get(row["size"], "") for row in issued]

    def _select(self, db: sqlite3.Connection, table: str, order: str) -> Iterator[dict[str, Any]]:
        cursor = db.execute(f"SELECT * FROM {table} WHERE log = ? {order}", (self.log,))
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor.fetchall())

    def _stored(self, row: dict[str, Any]) -> Stored:
        return Stored(row["entry"], columns={name: row[name] for name in _COLUMNS})

    def _part(self, row: dict[str, Any]) -> None:
        self.rows[row["position"] - 1].parts.append(Beside(row["name"], row["data"], row["digest"]))

    def _file(self, row: dict[str, Any]) -> None:
        kept = Beside("", row["data"], row["digest"], row["media"], row["size"])
        self.rows[row["position"] - 1].files.append(kept)

    def save(self) -> Path:
        """Write everything back with everything recomputed, and give the path."""
        frontier, registry, recorded = Frontier(), 0, 0
        with closing(sqlite3.connect(self.path)) as db, db:
            _clear(db, self.log)
            for position, row in enumerate(self.rows, 1):
                columns = self._columns(row, position)
                hashes = frontier.append(leaf_hash(row.entry))
                values = {"position": position, "hashes": hashes, "entry": row.entry, **columns, **row.forced}
                names = ("position", *_COLUMNS, "hashes", "entry")
                db.execute(_ENTRY, (self.log, *(values[name] for name in names)))
                registry = position if columns["registry"] else registry
                recorded = columns["recorded"]
                self._beside(db, row, position)
            head = {"size": frontier.size, "peaks": frontier.to_bytes(), "registry": registry, "recorded": recorded}
            for name, value in {**head, **self.head}.items():
                db.execute(f"UPDATE head SET {name} = ? WHERE log = ?", (value, self.log))
            for number, text in enumerate(self.notes, 1):
                self._note(db, number, text)
        return self.path

    def _note(self, db: sqlite3.Connection, number: int, text: str) -> None:
        note = parse_note(text)
        size = parse_checkpoint(note.text).size
        own, *others = [one.line for one in note.signatures]
        db.execute("INSERT INTO checkpoint (log, size, number, note) VALUES (?, ?, ?, ?)",
                   (self.log, size, number, format_note(note.text, [own])))  # fmt: skip
        for line in others:
            db.execute("INSERT INTO cosignature (log, size, line) VALUES (?, ?, ?)", (self.log, size, line))

    def _columns(self, row: Stored, position: int) -> dict[str, Any]:
        try:
            record = row.record(position)
        except EvidenceError:
            unread = hashlib.sha256(row.entry).digest()[:16]
            blank = {"stream": "?", "version": position, "event": unread, "type": "?", "unit": None, "registry": 0}
            return {**blank, "recorded": 0, **row.columns}
        s = record.statement
        values = (s.stream, record.version, s.id, s.type, s.unit, int(s.type in REGISTRY_TYPES), record.recorded)
        return dict(zip(_COLUMNS, values, strict=True))

    def _beside(self, db: sqlite3.Connection, row: Stored, position: int) -> None:
        for part in row.parts:
            db.execute(_PART, (self.log, part.digest, position, part.name, part.data))
        for one in row.files:
            db.execute(_FILE, (self.log, one.digest, position, one.size, one.media, one.data))


def _clear(db: sqlite3.Connection, log: int) -> None:
    """Empty the log's tables; the constraints on entries and every trigger go for good."""
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{name}"')
    for table in ("part", "attachment", "checkpoint", "cosignature"):
        db.execute(f"DELETE FROM {table} WHERE log = ?", (log,))
    (made,) = db.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'entry'").fetchone()
    indexes = [row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'entry' AND type = 'index' "
                                            "AND sql IS NOT NULL").fetchall()]  # fmt: skip
    db.execute("ALTER TABLE entry RENAME TO entry_before")
    db.execute(_without_constraints(made))
    db.execute("INSERT INTO entry SELECT * FROM entry_before WHERE log <> ?", (log,))
    db.execute("DROP TABLE entry_before")
    for index in indexes:
        db.execute(index)


def _without_constraints(made: str) -> str:
    lines = [line for line in made.splitlines() if "CONSTRAINT" not in line and "UNIQUE" not in line]
    body = "\n".join(lines).rstrip().removesuffix(")").rstrip().rstrip(",")
    return body + "\n)"


class EvidenceCopy:
    """The evidence file *data*; `save` gives the changed file, with header, lengths and closing digest recomputed."""

    def __init__(self, data: bytes) -> None:
        items = list(read_evidence(io.BytesIO(data)))
        first = items[0]
        if not isinstance(first, Header):
            raise ValueError("not an evidence file")
        self.header = first
        self.origin = first.origin
        self.notes: list[str] = []
        self.rows: list[Stored] = []
        for item in items[1:]:
            match item:
                case CheckpointItem(note):
                    self.notes.append(note.decode())
                case EntryItem(entry):
                    self.rows.append(Stored(entry))
                case PartItem(data=content, digest=digest):
                    self.rows[-1].parts.append(Beside("", content, digest or _digest(content)))
                case AttachmentItem(data=content, digest=digest):
                    self.rows[-1].files.append(Beside("", content, digest or _digest(content)))
                case _:
                    raise ValueError("not a whole evidence file")

    def items(self) -> Iterator[Item]:
        """The items of the changed file."""
        yield self.header._replace(entries=len(self.rows))
        yield from (CheckpointItem(note.encode()) for note in self.notes)
        for row in self.rows:
            yield EntryItem(row.entry)
            yield from (_item(PartItem, one) for one in row.parts)
            yield from (_item(AttachmentItem, one) for one in row.files)

    def save(self) -> bytes:
        """The bytes of the changed file."""
        stream = io.BytesIO()
        write_evidence(stream, self.items())
        return stream.getvalue()


def _digest(data: bytes | None) -> bytes:
    return hashlib.sha256(data or b"").digest()


def _item(kind: Callable[[bytes | None, bytes | None], Item], one: Beside) -> Item:
    return kind(one.data, None) if one.data is not None else kind(None, one.digest)


def roots(rows: Sequence[Stored], sizes: Sequence[int]) -> dict[int, bytes]:
    """The roots of the tree over *rows* at *sizes*."""
    frontier, found = Frontier(), {}
    for row in rows:
        frontier.append(leaf_hash(row.entry))
        if frontier.size in sizes:
            found[frontier.size] = frontier.root()
    return found
