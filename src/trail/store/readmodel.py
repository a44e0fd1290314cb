"""
The read model of a log of acts: an index, by which a question reads the few entries that concern it.

A row says that the entry at a position stands under a key; keys are found in the entry's own bytes, by a function that
whoever uses this passes in (`trail.projections.bearing.keys_of`).  Nothing else is kept: what an answer says is read
from the entries, and folded as always.  One row more says how far the index reaches, which code made it, and by which
rule.  The rows of a page and this one are written in one transaction, so a crash leaves a shorter index, never a wrong
one.  What lies beyond its end is for the reader to look through.

The tables are made when an index is first asked for; no database needs them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import BigInteger, bindparam, delete, func, select, text, update

from trail.errors import CallerError, EncodingError, RecordError, StoreFailed
from trail.evidence.record import Record, decode_entry
from trail.store import queries
from trail.store.queries import PAGE, inserting
from trail.store.read import Reader, raw
from trail.store.schema import ACTS, CONCERN, ENTRY, FOLLOWED, READ_TABLES
from trail.store.statements import Query, Source

Keys = Callable[[Record], Iterable[str]]
One = TypeVar("One")

_CHUNKS: Final = (400, 40, 4, 1)
_BUCKET: Final = 1024  # positions whose rows are compared as one number
_MODULUS: Final = 1 << 256

_k, _f, _e = CONCERN.c, FOLLOWED.c, ENTRY.c


def _p(name: str) -> Any:
    return bindparam(name)


def _i(name: str) -> Any:
    return bindparam(name, type_=BigInteger)


# Read like everything else, in whatever transaction a host has open on a database in memory.
_SHAPE: Final = Query(
    text(
        "SELECT m.name, c.name FROM main.sqlite_master AS m, pragma_table_xinfo(m.name, 'main') AS c "
        "WHERE m.name IN ('concern', 'followed') ORDER BY m.name, c.cid"
    )
)
_READ: Final = Query(select(_f.position, _f.code, _f.rule).where(_f.log == _i("n")), "n")
_LOCK: Final = Query(update(FOLLOWED).where(_f.log == _i("n")).values(position=_f.position), "n")
_BEGIN: Final = inserting(FOLLOWED)
_MOVE: Final = Query(
    update(FOLLOWED).where(_f.log == _i("n")).values(position=_i("new_position")), "new_position", "n"
)  # fmt: skip
_END: Final = Query(delete(FOLLOWED).where(_f.log == _i("n")), "n")
_ADD: Final = inserting(CONCERN)
_CLEAR: Final = Query(delete(CONCERN).where(_k.log == _i("n")), "n")
_COUNT: Final = Query(select(func.count()).select_from(CONCERN).where(_k.log == _i("n")), "n")
_SCAN: Final = Query(  # after one row, until another key: page by page over everything
    select(_k.key, _k.position)
    .where(_k.log == _i("n"), (_k.key > _p("key")) | ((_k.key == _p("same")) & (_k.position > _i("after"))))
    .order_by(_k.key, _k.position)
    .limit(_i("rows")),
    "n", "key", "same", "after", "rows",
)  # fmt: skip
_AFTER: Final = Query(
    select(_e.position).where(_e.log == _i("n"), _e.stream == _p("s"), _e.version > _i("after")), "n", "s", "after"
)
_KNOWN_AT: Final = Query(
    select(_e.position)
    .where(_e.log == _i("n"), _e.recorded < _i("before"))
    .order_by(_e.position.desc())
    .limit(1),
    "n", "before",
)  # fmt: skip


_RANGE: Final = (_k.log == _i("n"), _k.key >= _p("first"), _k.key < _p("end"), _k.position <= _i("until"))
_WITHIN: Final = Query(select(_k.position).where(*_RANGE), "n", "first", "end", "until")
_FIRSTS: Final = Query(
    select(_k.key, func.min(_k.position)).where(*_RANGE).group_by(_k.key), "n", "first", "end", "until"
)
_RECORDED: Final = Query(
    select(_e.position, _e.recorded)
    .where(_e.log == _i("n"), _e.position > _i("after"), _e.position <= _i("until"))
    .order_by(_e.position),
    "n", "after", "until",
)  # fmt: skip


@lru_cache(maxsize=16)
def _under(count: int) -> Query:
    names = [f"k{number}" for number in range(count)]
    chosen = select(_k.position).where(
        _k.log == _i("n"), _k.key.in_([_p(name) for name in names]), _k.position <= _i("until")
    )
    return Query(chosen, "n", *names, "until")


@lru_cache(maxsize=16)
def _entries(count: int) -> Query:
    names = [f"p{number}" for number in range(count)]
    chosen = select(_e.position, _e.entry).where(_e.log == _i("n"), _e.position.in_([_i(name) for name in names]))
    return Query(chosen.order_by(_e.position), "n", *names)


class Followed(NamedTuple):
    """How far an index reaches, by which code it was made (a version of this library), and by which rule."""

    position: int
    code: str
    rule: bytes


class Difference(NamedTuple):
    """A position whose rows are others than its entry gives: keys that are missing, and keys too many."""

    position: int
    missing: tuple[str, ...]
    strange: tuple[str, ...]


class ReadModel:
    """
    The index of one log; *keys* finds the keys of a record, *code* and *rule* say by what.

    Reading is done in a snapshot that the caller has (`at`), writing in transactions of its own.
    """

    def __init__(self, reader: Reader, keys: Keys, *, code: str, rule: bytes) -> None:
        if reader.kind != ACTS:
            raise CallerError("a read model is of a log of acts", found=reader.kind)
        self._reader, self._keys = reader, keys
        self.code, self.rule = code, rule
        self._there = False

    def exists(self) -> bool:
        """Whether the tables are there, and once they are, they stay; raises `StoreFailed` where they are others."""
        if not self._there:
            found: dict[str, list[str]] = {}
            for table, column in self._reader.database.fetch(_SHAPE):
                found.setdefault(table, []).append(column)
            if len(found) < len(READ_TABLES):
                return False
            for one in READ_TABLES:
                if found[one.name] != list(one.c.keys()):
                    raise StoreFailed(f"{one.name} has other columns", code="FOREIGN_SCHEMA", table=one.name)
            self._there = True
        return self._there

    def followed(self, source: Source | None = None) -> Followed | None:
        """How far the index reaches, whoever made it; None: there is none for this log."""
        if not self.exists():
            return None
        rows = (source or self._reader.source).fetch(_READ, self._reader.log)
        if not rows:
            return None
        position, code, rule = rows[0]
        return Followed(position if type(position) is int else -1, str(code), raw(rule))

    def usable(self, found: Followed | None) -> bool:
        """Whether it was made by this very code and rule, and so says what this code would say."""
        return found is not None and found.position >= 0 and (found.code, found.rule) == (self.code, self.rule)

    # --- writing -----------------------------------------------------------------------------------------------------

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Make the index anew from nothing, and say how far it reaches; raises `StoreBusy` or `StoreFailed`."""
        database = self._reader.database
        if not self.exists():
            with database.beginning() as connection:
                READ_TABLES[0].metadata.create_all(connection, tables=list(READ_TABLES))
        database.expect(READ_TABLES)
        with database.writing() as tx:
            tx.run(_END, self._reader.log)
            tx.run(_CLEAR, self._reader.log)
            tx.run(_BEGIN, self._reader.log, 0, self.code, self.rule)
        return self.catch_up(progress)

    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> int:
        """
        Add what the log has and the index does not, page by page, and say how far it reaches then.

        Several processes may do so at once: each page is taken under the lock of the index's row.

        Raises:
            CallerError: There is no index, or other code made it: `rebuild` it.
            StoreBusy, StoreFailed: It could not be written; what was written before stays.
        """
        database, log = self._reader.database, self._reader.log
        if not self.usable(self.followed()):
            raise CallerError(
                "there is no read model that this version has made", code="NO_READ_MODEL",
                advice="Make it anew: `trail readmodel DB --rebuild`, or Trail.rebuild_read_model().",
            )  # fmt: skip
        while True:
            with database.writing() as tx:
                tx.run(_LOCK, log)
                rows = tx.fetch(_READ, log)
                if not rows or not self.usable(Followed(*rows[0])):
                    return 0  # another process has begun to make it anew by other code
                last = int(rows[0][0])
                page = tx.fetch(queries.ENTRIES[ACTS], log, last, _size(tx, log), PAGE)
                if page:
                    tx.run_many(_ADD, list(self._rows(page)))
                    last = int(page[-1][0])
                    tx.run(_MOVE, last, log)
            if progress is not None:
                progress(last, self._reader.head().size)
            if len(page) < PAGE:
                return last

    def _rows(self, page: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for position, entry in page:
            for key in self._keys(decode_entry(raw(entry), position)):
                yield (self._reader.log, key, position)

    # --- reading -----------------------------------------------------------------------------------------------------

    def at(self, source: Source, until: int) -> Indexed:
        """The index as *source* sees it, up to position *until*."""
        return Indexed(source, self._reader.log, until)

    # --- comparing ---------------------------------------------------------------------------------------------------

    def comparison(self, source: Source, found: Followed) -> Comparison:
        """What compares the index with the entries, as they are taken one by one."""
        return Comparison(source, self._reader.log, found.position, self._keys)


def _size(source: Source, log: int) -> int:
    """The size of the log, as *source* sees it."""
    return int(source.fetch(queries.READ_HEAD, log)[0][0])


def known_at(reader: Reader, before: int) -> int:
    """The last position that was recorded before an instant (UTC seconds), whatever the clock did; 0 for none."""
    rows = reader.source.fetch(_KNOWN_AT, reader.log, before)
    return int(rows[0][0]) if rows else 0


def recorded_after(reader: Reader, after: int, until: int) -> list[tuple[int, int]]:
    """Positions after *after*, up to *until*, each with the time it was recorded (UTC seconds)."""
    return [(p, t) for p, t in reader.source.fetch(_RECORDED, reader.log, after, until)]


class Indexed:
    """Looks up keys in the index and positions in the log, up to one position, as one source sees both."""

    def __init__(self, source: Source, log: int, until: int) -> None:
        self._source, self._log, self._until = source, log, until

    def positions(self, keys: Iterable[str]) -> set[int]:
        """The positions under any of *keys*."""
        found: set[int] = set()
        for chunk in _chunks(list(keys)):
            rows = self._source.fetch(_under(len(chunk)), self._log, *chunk, self._until)
            found.update(_whole(rows))
        return found

    def within(self, first: str, end: str) -> set[int]:
        """The positions under any key from *first* on, before *end*."""
        return set(_whole(self._source.fetch(_WITHIN, self._log, first, end, self._until)))

    def firsts(self, first: str, end: str) -> dict[str, int]:
        """The first position under each key from *first* on, before *end*."""
        rows = self._source.fetch(_FIRSTS, self._log, first, end, self._until)
        return {str(key): position for key, position in rows if type(position) is int}

    def after(self, streams: Iterable[tuple[str, int]]) -> set[int]:
        """The positions of what came in streams, each after a version; beyond the end of the index as well."""
        fetch, log = self._source.fetch, self._log
        return {row[0] for stream, version in streams for row in fetch(_AFTER, log, stream, version)}

    def events(self, events: Iterable[bytes]) -> set[int]:
        """The positions of events; beyond the end of the index as well."""
        return {row[0] for event in events for row in self._source.fetch(queries.BY_EVENT, self._log, event)}

    def entries(self, positions: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Position and bytes of the entries at *positions*, which ascend."""
        for chunk in _chunks(list(positions)):
            for position, entry in self._source.fetch(_entries(len(chunk)), self._log, *chunk):
                yield position, raw(entry)


def _whole(rows: Iterable[tuple[Any, ...]]) -> Iterator[int]:
    """The positions among *rows*: a column may have been altered to hold anything."""
    return (row[0] for row in rows if type(row[0]) is int)


def _chunks(rows: Sequence[One]) -> Iterator[Sequence[One]]:
    """*rows* in pieces of a few lengths, so that there are few statements to compile."""
    at = 0
    for size in _CHUNKS:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


class Comparison:
    """
    Compares an index with the entries that it was made from, at its own position, without holding either.

    `take` each record in order, then ask for `differences`.  The rows of a bucket of positions are added up as numbers
    that a key made for this one run gives: whoever alters rows can't know what would add up to the same.
    """

    def __init__(self, source: Source, log: int, until: int, keys: Keys) -> None:
        self._source, self._log, self._until, self._keys = source, log, until, keys
        self._secret = os.urandom(32)
        self._sums: dict[int, int] = {}

    def take(self, record: Record) -> None:
        """Take the next record."""
        if record.position <= self._until:
            for key in self._keys(record):
                self._add(self._sums, key, record.position)

    def _add(self, sums: dict[int, int], key: str, position: int) -> None:
        text = f"{position}/{key}".encode("utf-8", "surrogateescape")
        number = hashlib.blake2b(text, digest_size=32, key=self._secret).digest()
        bucket = position // _BUCKET
        sums[bucket] = (sums.get(bucket, 0) + int.from_bytes(number, "big")) % _MODULUS

    def rows(self) -> int:
        """How many rows the index has."""
        return int(self._source.fetch(_COUNT, self._log)[0][0])

    def differences(self, most: int = 20) -> Iterator[Difference]:
        """The positions whose rows are not what their entries give, at most so many."""
        stored: dict[int, int] = {}
        for key, position in self._scan():
            self._add(stored, key, position)
        for bucket in sorted({b for b in {*stored, *self._sums} if stored.get(b, 0) != self._sums.get(b, 0)}):
            for one in self._within(bucket):
                yield one
                most -= 1
                if most <= 0:
                    return

    def _scan(self) -> Iterator[tuple[str, int]]:
        """Every row in order of its key; a row that holds something else is under position -1."""
        key, after = "", -1
        while True:
            rows = self._source.fetch(_SCAN, self._log, key, key, after, PAGE * 4)
            for one, position in rows:
                whole = type(one) is str and type(position) is int
                yield (str(one), position) if whole else (repr((one, position)), -1)
            if len(rows) < PAGE * 4:
                return
            key, after = rows[-1]

    def _within(self, bucket: int) -> Iterator[Difference]:
        first, last = bucket * _BUCKET, (bucket + 1) * _BUCKET - 1
        found: dict[int, set[str]] = {}
        for key, position in self._scan():
            if first <= position <= last:
                found.setdefault(position, set()).add(key)
        wanted: dict[int, set[str]] = {}
        page = self._source.fetch(queries.ENTRIES[ACTS], self._log, first - 1, min(last, self._until), _BUCKET)
        for position, entry in page:
            try:
                wanted[position] = set(self._keys(decode_entry(raw(entry), position)))
            except (EncodingError, RecordError):
                found.pop(position, None)  # what can't be read gives no keys, and is found by other checks
        for position in sorted({*found, *wanted}):
            here, there = found.get(position, set()), wanted.get(position, set())
            if here != there:
                yield Difference(position, tuple(sorted(there - here)), tuple(sorted(here - there)))
