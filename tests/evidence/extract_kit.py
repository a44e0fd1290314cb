"""
Extracts of a log in memory; proofs are computed by the definition of the tree (RFC 6962, section 2.1), without a store.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import Any

from tests.evidence.kit import Log
from tests.evidence.opaque_kit import OpaqueLog

from trail.evidence.extract import NAMED, ExtractHeader, ExtractItem, PlaceItem, write_extract
from trail.evidence.file import CheckpointItem, EntryItem, PartItem, StateItem
from trail.merkle import leaf_hash


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree's root, by recursion."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    at = split(len(leaves))
    return hashlib.sha256(b"\x01" + root(leaves[:at]) + root(leaves[at:])).digest()


def path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The inclusion proof, by recursion."""
    if len(leaves) == 1:
        return ()
    at = split(len(leaves))
    if index < at:
        return (*path(leaves[:at], index), root(leaves[at:]))
    return (*path(leaves[at:], index - at), root(leaves[:at]))


def split(count: int) -> int:
    """The largest power of two below *count*."""
    at = 1
    while at * 2 < count:
        at *= 2
    return at


def vouching(log: Log) -> list[int]:
    """The positions of the genesis and of every enrolment."""
    kinds = ("LogFounded@1", "KeyEnrolled@1", "RegistrarAppointed@1")
    return [record.position for record in log.records if record.statement.type in kinds]


def place(log: Log, position: int, size: int | None = None) -> PlaceItem:
    """Where an entry stands, with its proof in the tree of *size* (default: all)."""
    leaves = [leaf_hash(entry) for entry in log.entries[:size]]
    return PlaceItem(position, path(leaves, position - 1))


def shown(log: Log, position: int, *, size: int | None = None) -> list[ExtractItem]:
    """One entry with its place and what lies beside it."""
    entry = EntryItem(log.entries[position - 1])
    if isinstance(log, OpaqueLog):
        return [place(log, position, size), entry, StateItem(log.states[position - 1])]
    return [place(log, position, size), entry, *(PartItem(data) for data in log.parts[position - 1])]


def extract(
    log: Log,
    positions: Iterable[int],
    *,
    note: str | None = None,
    size: int | None = None,
    scope: dict[str, Any] | None = None,
    entries: int | None = None,
) -> list[ExtractItem]:
    """The items of an honest extract of *positions*, unless an option says otherwise."""
    chosen = sorted(positions)
    header = ExtractHeader(log.origin, len(chosen) if entries is None else entries, NAMED if scope is None else scope)
    checkpoint = log.checkpoint(size) if note is None else note
    return [
        header, CheckpointItem(checkpoint.encode()), *(item for at in chosen for item in shown(log, at, size=size))
    ]  # fmt: skip


def written(items: Iterable[ExtractItem]) -> bytes:
    """The bytes of an extract."""
    stream = io.BytesIO()
    write_extract(stream, items)
    return stream.getvalue()
