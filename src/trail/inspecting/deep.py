"""
The deep part of the memory: what judging later entries needs of the entries that were judged.

A head, one row for a log, holds what is small: the size, the root and the peaks of the tree, the last clock reading,
the bounds of times, the checkpoints that were shown with what their signatures said, counts.  What is large is looked
up where a later entry touches it (`trail.inspecting.buckets`)::

    event     event id -> the event's `Trace`
    stream    name -> last version
    signed    key id -> positions, 4 bytes each, little-endian
    erased    event id || name of the part -> nothing

The registry is folded anew from the entries that made it, which are kept as they are, with a digest over all of them
in the head.  It is written only after a verdict of *intact*, and good only for the same policy and the same version of
the verifier: another would perhaps have judged otherwise.  That a whole evidence file must give the same root at its
size binds it to what it stands for; digests over every row let nothing that changed by itself pass for it.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

import msgpack  # type: ignore[import-untyped, unused-ignore]

from trail import __version__
from trail.errors import EncodingError, RecordError
from trail.evidence.anchors import Anchor
from trail.evidence.memory import Past
from trail.evidence.record import Performer, decode_entry
from trail.evidence.registry import Registry
from trail.evidence.trace import Trace
from trail.evidence.verdict import Shown
from trail.inspecting.buckets import Buckets
from trail.inspecting.damage import StateDamaged
from trail.merkle import Checkpoint, Frontier
from trail.signing.line import dated_anchor_digest
from trail.signing.note import parse_note
from trail.signing.policy import Policy

FORMAT: Final = 1
NAMES: Final = ("event", "stream", "signed", "erased")


@dataclass(slots=True)
class Head:
    """The small values; see above.  ``buckets`` and ``keys`` count those of each map, ``registry`` its digest."""

    size: int
    root: bytes
    peaks: bytes
    made: int
    policy: bytes
    beside: bytes
    scope: dict[str, Any]
    lines: dict[int, list[bytes]]
    anchors: dict[bytes, list[Any]]
    registry: bytes
    registry_position: int
    first: bytes
    recorded: int
    latest: int
    signed_after: int
    steps: list[list[int]]
    parts: list[int]
    attachments: list[int]
    buckets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    keys: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    verifier: str = __version__
    format: int = FORMAT


def _head_digest(origin: str, content: bytes) -> bytes:
    return hashlib.sha256(b"trail/state/deep/v1\n" + origin.encode() + b"\n" + content).digest()


def read_head(db: sqlite3.Connection, log: int, origin: str) -> Head | None:
    """The head of a log's deep part, None where there is none; raises `StateDamaged`."""
    row = db.execute("SELECT content, digest FROM main.deep WHERE log = ?", (log,)).fetchone()
    if row is None:
        return None
    content, digest = row
    if type(content) is not bytes or digest != _head_digest(origin, content):
        raise StateDamaged("the head of the memory's deep part is not what was written")
    values: dict[str, Any] = msgpack.unpackb(content, strict_map_key=False)
    if values.get("format") != FORMAT or values.keys() != {one.name for one in fields(Head)}:
        return None  # of another version: everything is verified again and written anew
    return Head(**values)


def write_head(db: sqlite3.Connection, log: int, origin: str, head: Head) -> None:
    """Write the head; in a transaction, after everything else."""
    content = msgpack.packb(asdict(head))
    db.execute("INSERT OR REPLACE INTO main.deep (log, content, digest) VALUES (?, ?, ?)",
               (log, content, _head_digest(origin, content)))  # fmt: skip


def chained(digest: bytes, entries: Iterable[tuple[int, bytes]]) -> bytes:
    """The digest over the registry's entries, gone on from *digest*: ``SHA-256(digest || position || entry)`` each."""
    for position, entry in entries:
        digest = hashlib.sha256(digest + position.to_bytes(8, "big") + entry).digest()
    return digest


def read_registry(db: sqlite3.Connection, log: int, head: Head) -> Registry:
    """The registry as it was, folded anew; raises `StateDamaged`."""
    rows = db.execute("SELECT position, entry FROM main.registry WHERE log = ? ORDER BY position", (log,)).fetchall()
    try:
        if chained(bytes(32), rows) != head.registry:
            raise StateDamaged("the registry's entries in the memory are not those that were written")
        registry = Registry()
        for position, entry in rows:
            registry.apply(decode_entry(entry, position))
    except (TypeError, OverflowError, RecordError, EncodingError) as error:
        raise StateDamaged("the registry's entries in the memory can't be read", found=str(error)) from None
    return registry


class Deep:
    """The maps of one log, and what is looked up in them; see `trail.evidence.memory.Past`."""

    def __init__(self, db: sqlite3.Connection, log: int, origin: str, head: Head, policy: Policy) -> None:
        self._latest = head.latest
        self._origin = origin
        self._head = head
        self._keys = {key.vkey: key for key in policy.log_keys(origin)}
        self._traces: dict[bytes, Trace | None] = {}
        self.maps = {name: Buckets(db, log, name, head.buckets[name]) for name in NAMES}
        self.damage: StateDamaged | None = None

    def _get(self, name: str, key: bytes) -> bytes | None:
        try:
            return self.maps[name].get(key)
        except StateDamaged as error:
            self.damage = error  # the verifier will call it an internal fault; whoever asked it knows better
            raise
        except Exception as error:  # whatever a damaged row leads to
            self.damage = StateDamaged(f"the memory can't be read: {type(error).__name__}: {error}")
            raise self.damage from None

    def version(self, stream: str) -> int:
        """The last version of *stream*, 0 if it has none."""
        found = self._get("stream", stream.encode())
        return 0 if found is None else int.from_bytes(found, "big")

    def find(self, event: bytes) -> Trace | None:
        """The event with this id, if there is one."""
        if event not in self._traces:
            found = self._get("event", event)
            self._traces[event] = None if found is None else unpack_trace(found)
        return self._traces[event]

    def latest(self) -> int:
        """The largest clock reading of any entry."""
        return self._latest

    def digest_of(self, event: bytes) -> bytes | None:
        """The statement's digest of the event with this id, if there is one."""
        found = self.find(event)
        return None if found is None else found.digest

    def signed(self, key: bytes) -> Sequence[int]:
        """The positions of all acts that this key signed, ascending."""
        found = self._get("signed", key)
        return () if found is None else unpack_positions(found)

    def erased(self, event: bytes, part: str) -> bool:
        """Whether an event had erased this body part."""
        return self._get("erased", event + part.encode()) is not None

    def anchor(self, note: bytes) -> Anchor | None:
        """The checkpoint with just these bytes, if it was verified then and the entries gave its root."""
        row = self._head.anchors.get(hashlib.sha256(note).digest())
        if row is None:
            return None
        size, root, satisfied, time, times, latest, dated, vkeys = row
        keys = tuple(self._keys[vkey] for vkey in vkeys)
        lines = frozenset(dated_anchor_digest(one.line) for one in parse_note(note).signatures)
        checkpoint = Checkpoint(self._origin, size, root)
        named = {digest: (name, at) for digest, name, at in dated}
        return Anchor(checkpoint, note, times, satisfied, time, latest, named, lines, (), keys)


def kept_anchors(anchors: Iterable[Anchor]) -> dict[bytes, list[Any]]:
    """Checkpoints that the entries bore out, by the digest of their notes, as they lie in the head."""
    return {
        hashlib.sha256(one.note).digest(): [
            one.checkpoint.size, one.checkpoint.root, one.satisfied, one.time, one.times, one.latest,
            sorted([digest, name, time] for digest, (name, time) in one.dated.items()),
            [key.vkey for key in one.log_keys],
        ]
        for one in anchors
        if one.log_keys and not one.bad
    }  # fmt: skip


def pack_trace(trace: Trace) -> bytes:
    """A trace as it lies in the map."""
    data: bytes = msgpack.packb([*trace])
    return data


def unpack_trace(data: bytes) -> Trace:
    """Read what `pack_trace` wrote."""
    position, kind, digest, stream, unit, signers, performers, counterparts, parts = msgpack.unpackb(data)
    return Trace(position, kind, digest, stream, unit, tuple(signers), tuple(Performer(*p) for p in performers),
                 tuple(counterparts), tuple(parts))  # fmt: skip


def pack_positions(positions: Sequence[int]) -> bytes:
    """Positions as they lie in the map."""
    return struct.pack(f"<{len(positions)}I", *positions)


def unpack_positions(data: bytes) -> tuple[int, ...]:
    """Read what `pack_positions` wrote."""
    return struct.unpack(f"<{len(data) // 4}I", data)


def past_of(head: Head, deep: Deep, registry: Registry, start: Frontier) -> Past:
    """What the verifier is given."""
    return Past(
        size=head.size,
        root=head.root,
        made=head.made,
        beside=head.beside,
        scope=head.scope,
        start=start,
        lines={size: frozenset(lines) for size, lines in head.lines.items()},
        registry=registry,
        registry_position=head.registry_position,
        first=head.first,
        history=deep,
        lookup=deep,
        recorded=head.recorded,
        signed_after=head.signed_after,
        steps=tuple((at, time) for at, time in head.steps),
        parts=Shown(*head.parts),
        attachments=Shown(*head.attachments),
    )


def write_maps(
    deep: Deep | None, db: sqlite3.Connection, log: int, head: Head, values: Mapping[str, Mapping[bytes, bytes]]
) -> None:
    """
    Add *values* to the maps and note their counts in *head*; in a transaction.

    *deep* is what the run went on from; without one, whatever there was is dropped.
    """
    if deep is None:
        db.execute("DELETE FROM main.bucket WHERE log = ?", (log,))
        maps = {name: Buckets(db, log, name, 0) for name in NAMES}
    else:
        maps = deep.maps
    for name in NAMES:
        head.keys[name] += len(values[name])
        maps[name].put_all(values[name], head.keys[name])
        head.buckets[name] = maps[name].count
