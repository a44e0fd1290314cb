"""
A map of bytes to bytes in SQLite that notices when a bit of it has changed, and costs what is touched of it.

The keys are spread over *count* buckets (a power of two) by SHA-256; a bucket is one row, which holds all of its keys::

    content = canonical MessagePack {key: value, …}      the keys as bytes, sorted
    digest  = SHA-256("trail/state/bucket/v1\\n" || name || "\\n" || number (8 bytes) || count (8 bytes) || content)

Every bucket has a row, an empty one too.  So a row that a bad disk changed, lost or put elsewhere is noticed when it is
read, and that a key is *not* there is as sure as that another is: both stand in the same digest.  There are between 8
and 64 keys to a bucket on average; when there are more, all are spread again, over eight times as many buckets.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

import msgpack  # type: ignore[import-untyped, unused-ignore]

from trail.inspecting.damage import StateDamaged

SCHEMA: Final = (
    "CREATE TABLE bucket (log INTEGER NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL, "
    "digest BLOB NOT NULL, PRIMARY KEY (log, name, number)) WITHOUT ROWID"
)
FIRST: Final = 16
_MOST: Final = 64
_GROW: Final = 8
_READ: Final = "SELECT content, digest FROM main.bucket WHERE log = ? AND name = ? AND number = ?"
_WRITE: Final = "INSERT OR REPLACE INTO main.bucket (log, name, number, content, digest) VALUES (?, ?, ?, ?, ?)"


class Buckets:
    """
    The map *name* of one log (its number in the memory), of *count* buckets.

    `get` reads on demand, `put_all` writes in a transaction of the caller.

    ``count`` is 0 as long as nothing was put.
    """

    def __init__(self, db: sqlite3.Connection, log: int, name: str, count: int) -> None:
        self._db = db
        self._log = log
        self._name = name
        self.count = count
        self._read: dict[int, dict[bytes, bytes]] = {}

    def get(self, key: bytes) -> bytes | None:
        """The value of *key*, None if it has none; raises `StateDamaged`."""
        if not self.count:
            return None
        number = _number(key, self.count)
        bucket = self._read.get(number)
        if bucket is None:
            bucket = self._read[number] = self._load(number)
        return bucket.get(key)

    def _load(self, number: int) -> dict[bytes, bytes]:
        row = self._db.execute(_READ, (self._log, self._name, number)).fetchone()
        if row is None:
            raise StateDamaged("a part of the memory is missing", found=f"{self._name} {number}")
        content, digest = row
        if type(content) is not bytes or digest != self._digest(number, content):
            raise StateDamaged("a part of the memory is not what was written", found=f"{self._name} {number}")
        loaded: dict[bytes, bytes] = msgpack.unpackb(content)
        return loaded

    def _digest(self, number: int, content: bytes) -> bytes:
        place = number.to_bytes(8, "big") + self.count.to_bytes(8, "big")
        return hashlib.sha256(b"trail/state/bucket/v1\n" + self._name.encode() + b"\n" + place + content).digest()

    def put_all(self, values: Mapping[bytes, bytes], keys: int) -> None:
        """Set *values*; *keys* is how many keys there will be in all at most, for choosing the number of buckets."""
        if not self.count or keys > _MOST * self.count:
            self._spread(values, keys)
            return
        touched: dict[int, dict[bytes, bytes]] = {}
        for key, value in values.items():
            number = _number(key, self.count)
            bucket = touched.get(number)
            if bucket is None:
                bucket = touched[number] = dict(self._read.get(number) or self._load(number))
            bucket[key] = value
        self._write(touched)

    def _spread(self, values: Mapping[bytes, bytes], keys: int) -> None:
        """Spread everything anew, over as many buckets as are good for so many keys."""
        every: dict[bytes, bytes] = {}
        for number in range(self.count):
            every.update(self._read.get(number) or self._load(number))
        every.update(values)
        count = max(self.count, FIRST)
        while keys > _MOST * count:
            count *= _GROW
        self.count = count
        self._read = {}
        spread: dict[int, dict[bytes, bytes]] = {number: {} for number in range(count)}
        for key, value in every.items():
            spread[_number(key, count)][key] = value
        self._write(spread)

    def _write(self, buckets: Mapping[int, dict[bytes, bytes]]) -> None:
        self._db.executemany(_WRITE, self._rows(buckets))
        for number in buckets:
            self._read.pop(number, None)

    def _rows(self, buckets: Mapping[int, dict[bytes, bytes]]) -> Iterable[tuple[object, ...]]:
        for number, bucket in buckets.items():
            content = msgpack.packb(dict(sorted(bucket.items())))
            yield self._log, self._name, number, content, self._digest(number, content)


def _number(key: bytes, count: int) -> int:
    return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") % count
