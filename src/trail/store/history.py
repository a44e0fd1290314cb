"""The entries before a position, as far as append asks about them: from the database, and from the same transaction."""

from __future__ import annotations

import hashlib
from typing import Any

from trail.errors import RecordError, StoreFailed
from trail.evidence.record import Record, decode_entry
from trail.evidence.registry import CORRECTED, Registry
from trail.evidence.schema import CompiledType, Mentions
from trail.evidence.trace import Trace, trace_of
from trail.store import queries
from trail.store.schema import ACTS
from trail.store.statements import Transaction


class SqlHistory:
    """
    The `History` of one write transaction.

    Under the head's lock nothing else is appended, so whatever was looked up once holds until the commit.
    """

    __slots__ = ("_added", "_log", "_records", "_registry", "_tx", "_versions")

    def __init__(self, tx: Transaction, log: int, registry: Registry) -> None:
        self._tx = tx
        self._log = log
        self._registry = registry
        self._versions: dict[str, int] = {}
        self._records: dict[bytes, Record | None] = {}
        self._added: dict[bytes, Trace] = {}

    @staticmethod
    def digest(statement: bytes) -> bytes:
        """SHA-256 of a statement's bytes."""
        return hashlib.sha256(statement).digest()

    def version(self, stream: str) -> int:
        """The last version of *stream*, 0 if it has none."""
        known = self._versions.get(stream)
        if known is None:
            row = self._tx.first(queries.STREAM_VERSION, self._log, stream)
            known = self._versions[stream] = 0 if row is None else int(row[0])
        return known

    def record(self, event: bytes) -> Record | None:
        """The record with this event id, if there is one."""
        if event not in self._records:
            row = self._tx.first(queries.BY_EVENT, self._log, event)
            self._records[event] = None if row is None else decode_entry(row[1], row[0])
        return self._records[event]

    def latest(self) -> int:
        """The largest clock reading of any entry so far, UTC seconds; 0 for none."""
        row = self._tx.first(queries.LATEST, self._log)
        stored = 0 if row is None or row[0] is None else int(row[0])
        added = [self._records[event] for event in self._added]
        return max([stored, *(record.recorded for record in added if record is not None)])

    def digest_of(self, event: bytes) -> bytes | None:
        """The statement's digest of the event with this id, if there is one."""
        added = self._added.get(event)
        if added is not None:
            return added.digest
        record = self.record(event)
        return None if record is None else record.digest

    def find(self, event: bytes) -> Trace | None:
        """The event with this id, if there is one, as admission needs to know it."""
        added = self._added.get(event)
        if added is not None:
            return added
        record = self.record(event)
        if record is None:
            return None
        mentions = Mentions()
        declared = self._registry.types.get(record.statement.type)
        try:
            if declared is not None:
                declared.check_fields(record.statement.fields, mentions)
            if record.statement.type == CORRECTED and "fields" in record.statement.fields:
                self._amended(record).check_some(record.statement.fields["fields"], mentions)
        except RecordError as error:
            raise StoreFailed(
                f"the entry at position {record.position} was not admitted by this library", found=error.message
            ) from error
        return trace_of(record, mentions)

    def _amended(self, record: Record) -> CompiledType:
        """The type that a correction corrects: what it names counts like what the original named."""
        target: Any = record.statement.fields["target"]
        original = self.record(target[0])
        if original is None:
            raise StoreFailed(f"the correction at position {record.position} has no target")
        return self._registry.types[original.statement.type]

    def at(self, position: int) -> Record:
        """The record at *position*, which exists."""
        for record in self._records.values():
            if record is not None and record.position == position:
                return record
        rows = self._tx.fetch(queries.ENTRIES[ACTS], self._log, position - 1, position, 1)
        return decode_entry(rows[0][1], position)

    def stream(self, stream: str, after: int) -> tuple[Record, ...]:
        """The records of *stream* after version *after*."""
        rows = self._tx.fetch(queries.BY_STREAM, self._log, stream, after, self.version(stream))
        stored = [decode_entry(entry, position) for position, entry in rows]
        known = {record.position for record in stored}
        added = [r for r in self._records.values() if r is not None and r.statement.stream == stream]
        fresh = [r for r in added if r.version > after and r.position not in known]
        return tuple(sorted(stored + fresh, key=lambda record: record.version))

    def add(self, record: Record, trace: Trace) -> None:
        """Take one more record of the same transaction."""
        self._versions[record.statement.stream] = record.version
        self._records[record.statement.id] = record
        self._added[record.statement.id] = trace
