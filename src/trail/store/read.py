"""
Reading: records from their stored bytes, proofs from stored hashes.

Nothing here is trusted by a verifier; it gets the bytes (`trail.store.export`) and computes for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from trail.errors import CallerError, StoreFailed
from trail.evidence.record import Record, decode_entry
from trail.evidence.registry import Registry
from trail.merkle import Hash, HashReader, prove_consistency, prove_inclusion, root_at, stored_at
from trail.store import queries
from trail.store.engine import Database
from trail.store.logs import find_log
from trail.store.statements import Source

_HASH: Final = 32
_MAX_STREAM: Final = 1 << 62
_CHECKPOINTS: Final = 256  # read at once


def raw(value: object) -> bytes:
    """The bytes of a column that should hold bytes; an altered one may hold anything, and must not stop an audit."""
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode("utf-8", "surrogateescape")


def _text(value: object) -> str:
    return value if isinstance(value, str) else raw(value).decode("utf-8", "surrogateescape")


class Head(NamedTuple):
    """The head's row: ``size`` of the log, ``peaks`` of its frontier, last registry position, last recorded time."""

    size: int
    peaks: bytes
    registry: int
    recorded: int


class IssuedCheckpoint(NamedTuple):
    """An issued checkpoint: its note with the log's signature alone, and the cosignature lines that are kept for it."""

    size: int
    number: int
    note: str
    cosignatures: tuple[str, ...]

    @property
    def cosigned(self) -> str:
        """The note with all cosignatures."""
        return self.note + "".join(self.cosignatures)


class Reader:
    """
    Reads one log of a database, of either kind; *source* answers the queries, by default the database itself.

    ``kind`` is ``"acts"`` or ``"opaque"``; records, streams and the registry are of a log of acts alone.

    `snapshot` gives a reader for which nothing moves, for whatever must fit together.
    """

    def __init__(
        self, database: Database, *, origin: str | None = None, kind: str | None = None, source: Source | None = None
    ) -> None:
        self.database = database
        self.log, self.origin, self.kind = find_log(database, origin, kind=kind)
        self._source: Source = source or database

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """A reader that sees the log as of one moment; of a snapshot, itself."""
        if self._source is not self.database:
            yield self
            return
        with self.database.snapshot() as source:
            yield Reader(self.database, origin=self.origin, kind=self.kind, source=source)

    @property
    def source(self) -> Source:
        """What answers the queries."""
        return self._source

    def head(self) -> Head:
        """The head as it is stored."""
        rows = self._source.fetch(queries.READ_HEAD, self.log)
        if not rows:
            raise StoreFailed("the log has no head", code="HEAD_MISSING")
        return Head(*rows[0])

    def entries(self, first: int = 1, last: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Position and bytes of each entry from *first* to *last* (default: the head), in order, page by page."""
        until = self.head().size if last is None else last
        after = first - 1
        while after < until:
            rows = self._source.fetch(queries.ENTRIES[self.kind], self.log, after, until, queries.PAGE)
            if not rows:
                return
            yield from ((position, raw(entry)) for position, entry in rows)
            after = int(rows[-1][0])

    def records(self, first: int = 1, last: int | None = None) -> Iterator[Record]:
        """The records from *first* to *last*, decoded; raises `RecordError` or `EncodingError` for altered bytes."""
        for position, entry in self.entries(first, last):
            yield decode_entry(entry, position)

    def stream(self, stream: str, *, after: int = 0, until: int | None = None) -> list[Record]:
        """The records of *stream* after version *after*, up to *until*."""
        last = _MAX_STREAM if until is None else until
        rows = self._source.fetch(queries.BY_STREAM, self.log, stream, after, last)
        return [decode_entry(entry, position) for position, entry in rows]

    def stream_version(self, stream: str) -> int:
        """The last version of *stream*, 0 if it has none."""
        rows = self._source.fetch(queries.STREAM_VERSION, self.log, stream)
        return int(rows[0][0]) if rows else 0

    def find(self, event: bytes) -> Record | None:
        """The record with this event id, if there is one."""
        rows = self._source.fetch(queries.BY_EVENT, self.log, event)
        return decode_entry(rows[0][1], rows[0][0]) if rows else None

    def registry(self, until: int | None = None, *, onto: Registry | None = None) -> Registry:
        """
        The registry as of position *until* (default: the head), from the entries that are marked as its own.

        *onto* is one of an earlier position to go on from; it is changed and given back.
        """
        last = self.head().size if until is None else until
        registry = onto or Registry()
        for position, entry in self._source.fetch(queries.REGISTRY_ENTRIES, self.log, registry.position, last):
            registry.apply(decode_entry(entry, position))
        return registry

    def part(self, digest: bytes) -> bytes | None:
        """The bytes of a body part, unless it was erased or is missing."""
        rows = self._source.fetch(queries.PART_DATA, self.log, digest)
        return bytes(rows[0][0]) if rows else None

    def attachment(self, digest: bytes) -> bytes | None:
        """The bytes of an attachment, if the log keeps them."""
        rows = self._source.fetch(queries.ATTACHMENT_DATA, self.log, digest)
        return None if not rows or rows[0][0] is None else bytes(rows[0][0])

    def hash_reader(self) -> HashReader:
        """Hashes of complete subtrees from the stored rows, all of one call in one query."""

        def read(places: Sequence[tuple[int, int]]) -> Sequence[Hash]:
            if not places:
                return []
            where = [stored_at(level, index) for level, index in places]
            positions = sorted({position for position, _ in where})
            query = queries.hashes_at(self.kind, len(positions))
            rows: dict[int, bytes] = dict(self._source.fetch(query, self.log, *positions))
            hashes = [rows.get(position, b"")[at : at + _HASH] for position, at in where]
            if any(len(one) != _HASH for one in hashes):
                raise StoreFailed("a stored hash of the tree is missing", code="HASH_MISSING", found=positions)
            return hashes

        return read

    def root(self, size: int | None = None) -> Hash:
        """The root of the tree over the first *size* entries (default: all), from stored hashes."""
        return root_at(self._sized(size), self.hash_reader())

    def inclusion(self, position: int, size: int) -> list[Hash]:
        """The inclusion proof of the entry at *position* in the tree of *size*."""
        if not 1 <= position <= self._sized(size):
            raise CallerError("the position is not in the tree", position=position, size=size)
        return prove_inclusion(position - 1, size, self.hash_reader())

    def consistency(self, first: int, second: int) -> list[Hash]:
        """The consistency proof between two sizes, ``0 < first <= second``."""
        if not 0 < first <= self._sized(second):
            raise CallerError("the sizes are not those of one tree and its extension", first=first, second=second)
        return prove_consistency(first, second, self.hash_reader())

    def _sized(self, size: int | None) -> int:
        head = self.head().size
        if size is not None and size > head:
            raise CallerError("the log is not that long", size=size, head=head)
        return head if size is None else size

    def checkpoints(self) -> list[IssuedCheckpoint]:
        """All issued checkpoints by size, with their cosignatures."""
        lines: dict[int, list[str]] = {}
        for size, line in self._source.fetch(queries.COSIGNATURES, self.log):
            lines.setdefault(size, []).append(_text(line))
        rows = self._source.fetch(queries.CHECKPOINTS, self.log)
        return [IssuedCheckpoint(size, number, _text(note), tuple(lines.get(size, ()))) for size, number, note in rows]

    def anchored(self, back: int) -> tuple[int, int, int]:
        """The sizes of the last checkpoint and of the one *back* before it (0: none), and how many lines from there."""
        last, first, lines = self._source.fetch(queries.ANCHORED, self.log, back)[0]
        return last, first, lines

    def cosigned(self, first: int, last: int) -> dict[int, list[str]]:
        """The cosignatures of the checkpoints of these sizes, by size; both ascend."""
        lines: dict[int, list[str]] = {}
        for size, line in self._source.fetch(queries.COSIGNATURES_WITHIN, self.log, first, last):
            lines.setdefault(size, []).append(_text(line))
        return lines

    def checkpoints_back(self) -> Iterator[IssuedCheckpoint]:
        """All issued checkpoints, the largest first, page by page: whoever finds what they seek may stop."""
        before = _MAX_STREAM
        while rows := self._source.fetch(queries.CHECKPOINTS_BEFORE, self.log, before, _CHECKPOINTS):
            before = int(rows[-1][0])
            lines = self.cosigned(before, rows[0][0])
            for size, number, note in rows:
                yield IssuedCheckpoint(size, number, _text(note), tuple(lines.get(size, ())))

    def checkpoint(self, size: int | None = None) -> IssuedCheckpoint | None:
        """The checkpoint at *size* (default: the last one), if it was issued."""
        if size is None:
            rows = self._source.fetch(queries.LAST_CHECKPOINT, self.log)
        else:
            rows = self._source.fetch(queries.CHECKPOINT_AT, self.log, size)
        if not rows:
            return None
        found, number, note = rows[0]
        lines = self._source.fetch(queries.COSIGNATURES_AT, self.log, found)
        return IssuedCheckpoint(found, number, note, tuple(line for (line,) in lines))
