"""
The extract: some entries of a log, each with the proof that it stands in the tree, and nothing about the rest.

::

    file  = b"trail extract 1\\n" frame …                                  framing: `trail.evidence.frames`

    H  header         canonical map {"entries": int, "format": 1, "origin": text, "scope": map}; first, once
    K  checkpoint     one signed note with its cosignatures, right after the header
    I  place          position (8 bytes, big-endian, from 1) || the inclusion proof's hashes, 32 bytes each, leaf's
                      sibling first, at most 63 (RFC 9162, section 2.1.3); in ascending order of position
    E  entry          right after its place; after it, in the order of its statement:
    P  body part      W  withheld      A  attachment  V  withheld      S  state  T  withheld    as in an evidence file
    Z  end            SHA-256 of every byte before this frame; nothing follows

The scope says what was chosen: ``{"named": true}`` entries named one by one, or a unit, a person, a period as in an
evidence file.  Among the entries are those that vouch for the keys of the chosen ones.  Nobody signs the header.

What one proof as C2SP ``tlog-proof`` text says, an extract of one entry says as well: `extract_of_proof`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, NamedTuple

from trail.encoding import Value, encode
from trail.errors import FrameError, NoteError
from trail.evidence.file import (
    LIMITS,
    MAX_BESIDE,
    AttachmentItem,
    BesideItem,
    Broken,
    CheckpointItem,
    EntryItem,
    PartItem,
    StateItem,
    frame_of,
    guarded,
    is_scope,
    read_beside,
    read_header,
)
from trail.evidence.frames import broken, read_frames, rest, write_frames
from trail.merkle import MAX_SIZE, ProofText, parse_checkpoint
from trail.signing.note import parse_note

EXTRACT_MAGIC: Final = b"trail extract 1\n"
NAMED: Final[dict[str, Value]] = {"named": True}
"""The scope of an extract whose entries were named one by one."""
_MAX_HASHES: Final = 63
_POSITION: Final = 8
_HASH: Final = 32
_LIMITS: Final = {**LIMITS, b"I": _POSITION + _MAX_HASHES * _HASH}


class ExtractHeader(NamedTuple):
    """The first item: the log's origin, how many entries follow, and what was chosen."""

    origin: str
    entries: int
    scope: dict[str, Value]


class PlaceItem(NamedTuple):
    """Where the next entry stands, from 1, and the hashes that lead from it to the checkpoint's root."""

    position: int
    proof: tuple[bytes, ...]


ExtractItem = ExtractHeader | CheckpointItem | PlaceItem | EntryItem | BesideItem | Broken


def write_extract(stream: BinaryIO, items: Iterable[ExtractItem]) -> int:
    """Write *items* to *stream* and close with the digest of all before it; returns the number of bytes."""
    return write_frames(stream, EXTRACT_MAGIC, _LIMITS, map(_frame, items))


def _frame(item: ExtractItem) -> tuple[bytes, bytes]:
    if isinstance(item, ExtractHeader):
        return b"H", encode({"entries": item.entries, "format": 1, "origin": item.origin, "scope": item.scope})
    if isinstance(item, PlaceItem):
        if not 1 <= item.position <= MAX_SIZE or any(len(one) != _HASH for one in item.proof):
            raise FrameError("a place that can't be written", found=item.position)
        return b"I", item.position.to_bytes(_POSITION, "big") + b"".join(item.proof)
    return frame_of(item)


def read_extract(stream: BinaryIO, begun: bytes = b"") -> Iterator[ExtractItem]:
    """
    Read items one at a time; a fault in the framing ends them with one `Broken`, never with an exception.

    *begun* is what was read of the stream already, at most its first line.
    """
    return guarded(_read(stream, begun))


def _read(stream: BinaryIO, begun: bytes) -> Iterator[ExtractItem]:
    if rest(stream, begun, len(EXTRACT_MAGIC)) != EXTRACT_MAGIC:
        raise broken("this is no extract of format 1: its first line differs")
    before = b""  # the kind of the frame before
    left = beside = last = 0
    for kind, payload in read_frames(stream, EXTRACT_MAGIC, _LIMITS):
        if kind not in _AFTER[before]:
            raise broken(f"a frame of kind {kind.decode()} out of its place")
        if kind == b"H":
            header = ExtractHeader(*read_header(payload)[:3])
            if _frame(header)[1] != payload:
                raise broken("the header is not that of an extract of format 1")
            if not is_choice(header.scope):
                raise broken("the header does not say what was chosen in a way that this version knows")
            left = header.entries
            yield header
        elif kind == b"K":
            yield CheckpointItem(payload)
        elif kind == b"I":
            place = _place(payload)
            if place.position <= last:
                raise broken("entries that do not ascend by position")
            if left == 0:
                raise broken("more entries than the header announced")
            last, left, beside = place.position, left - 1, MAX_BESIDE
            yield place
        elif kind == b"E":
            yield EntryItem(payload)
        else:
            if beside == 0:
                raise broken("more beside an entry than it can name")
            beside -= 1
            yield read_beside(kind, payload)
        before = kind


_BODIES: Final = frozenset((b"P", b"W", b"A", b"V", b"S", b"T"))
# Which kinds may follow which: "" is the beginning.
_AFTER: Final[dict[bytes, frozenset[bytes]]] = {
    b"": frozenset((b"H",)), b"H": frozenset((b"K",)), b"K": frozenset((b"I",)), b"I": frozenset((b"E",)),
    b"E": _BODIES | {b"I"},
} | dict.fromkeys(_BODIES, _BODIES | {b"I"})  # fmt: skip


def _place(payload: bytes) -> PlaceItem:
    hashes = payload[_POSITION:]
    position = int.from_bytes(payload[:_POSITION], "big")
    if len(payload) < _POSITION or len(hashes) % _HASH or not 1 <= position <= MAX_SIZE:
        raise broken("a place is a position from 1 and whole hashes")
    return PlaceItem(position, tuple(hashes[at : at + _HASH] for at in range(0, len(hashes), _HASH)))


def is_choice(scope: dict[str, Value]) -> bool:
    """Whether an extract's scope has a known shape: ``{"named": true}``, or a unit, a person, a period."""
    if scope == NAMED:
        return scope["named"] is True  # and not 1, which equals it
    return "all" not in scope and "none" not in scope and is_scope(scope)


def extract_of_proof(proof: ProofText, entry: bytes) -> Iterator[ExtractItem]:
    """
    The items that say what *proof*, a C2SP ``tlog-proof``, says about *entry*.

    Raises:
        NoteError: The note within it is no checkpoint.
    """
    checkpoint = parse_checkpoint(parse_note(proof.note).text)
    if proof.index >= MAX_SIZE:
        raise NoteError("the proof's index is beyond every tree", found=proof.index)
    yield ExtractHeader(checkpoint.origin, 1, NAMED)
    yield CheckpointItem(proof.note.encode())
    yield PlaceItem(proof.index + 1, proof.hashes)
    yield EntryItem(entry)


__all__ = [
    "EXTRACT_MAGIC", "NAMED", "AttachmentItem", "BesideItem", "Broken", "CheckpointItem", "EntryItem", "ExtractHeader",
    "ExtractItem", "PartItem", "PlaceItem", "StateItem", "extract_of_proof", "is_choice", "read_extract",
    "write_extract",
]  # fmt: skip
