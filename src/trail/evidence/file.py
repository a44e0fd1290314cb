"""
The evidence file: everything an inspector needs, in one stream with strict framing.

::

    file  = b"trail evidence 1\\n" frame …
    frame = kind (1 ASCII byte) || length (4 bytes, big-endian) || payload

    H  header         canonical map {"entries": int, "format": 1, "origin": text, "scope": map}; first, once
    K  checkpoint     a signed note with its cosignatures; ascending by size, before the first entry
    E  entry          in order of position, from 1; after it, in the order of its statement:
    P  body part      clear bytes          W  its digest, withheld
    A  attachment     bytes                V  its digest, withheld
    S  state          bytes                T  its digest, withheld      one after each opaque entry
    Z  end            SHA-256 of every byte before this frame; nothing follows

What was erased, or is missing, has no frame.  A later, incompatible file has another first line.
Reading needs one frame of memory at a time; every length is checked before its payload is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, NamedTuple

from trail.encoding import Value, decode, encode
from trail.errors import EncodingError, FrameError
from trail.evidence.record import MAX_ENTRY, MAX_PART

MAGIC: Final = b"trail evidence 1\n"
_SQLITE: Final = b"SQLite format 3\x00"  # https://sqlite.org/fileformat.html, section 1.3
MAX_NOTE: Final = 64 * 1024
MAX_ATTACHMENT: Final = 64 * 1024 * 1024
EVERYTHING: Final[dict[str, Value]] = {"all": True}
"""The scope that shows all contents."""
NOTHING: Final[dict[str, Value]] = {"none": True}
"""The scope that shows no contents: entries and checkpoints alone."""
_LIMITS: Final = {
    b"H": MAX_PART, b"K": MAX_NOTE, b"E": MAX_ENTRY, b"P": MAX_PART, b"W": 32, b"A": MAX_ATTACHMENT, b"V": 32,
    b"S": MAX_ATTACHMENT, b"T": 32, b"Z": 32,
}  # fmt: skip


class Header(NamedTuple):
    """The first item: the log's origin, how many entries the evidence holds, and which bodies it shows."""

    origin: str
    entries: int
    scope: dict[str, Value]


class CheckpointItem(NamedTuple):
    """A checkpoint as a signed note, with the cosignatures that are known for it."""

    note: bytes


class EntryItem(NamedTuple):
    """The exact bytes of one entry; its position is its place among the entries, from 1."""

    entry: bytes


class PartItem(NamedTuple):
    """A body part of the entry before it: its bytes, or only its digest where it is withheld."""

    data: bytes | None
    digest: bytes | None = None


class AttachmentItem(NamedTuple):
    """An attachment of the entry before it: its bytes, or only its digest where it is withheld."""

    data: bytes | None
    digest: bytes | None = None


class StateItem(NamedTuple):
    """The state of the opaque entry before it: its bytes, or only its digest where it is withheld."""

    data: bytes | None
    digest: bytes | None = None


class Broken(NamedTuple):
    """The framing does not hold from here on; what came before was read."""

    code: str
    reason: str


Item = Header | CheckpointItem | EntryItem | PartItem | AttachmentItem | StateItem | Broken


def header_bytes(header: Header) -> bytes:
    """The payload of the first frame."""
    return encode({"entries": header.entries, "format": 1, "origin": header.origin, "scope": header.scope})


def write_evidence(stream: BinaryIO, items: Iterable[Item]) -> int:
    """Write *items* to *stream* and close with the digest of all before it; returns the number of bytes."""
    digest = hashlib.sha256(MAGIC)
    stream.write(MAGIC)
    total = len(MAGIC)
    for item in items:
        kind, payload = _frame(item)
        if len(payload) > _LIMITS[kind]:
            raise FrameError(f"a frame of kind {kind.decode()} is too long", found=len(payload))
        frame = kind + len(payload).to_bytes(4, "big") + payload
        digest.update(frame)
        stream.write(frame)
        total += len(frame)
    end = b"Z" + (32).to_bytes(4, "big") + digest.digest()
    stream.write(end)
    return total + len(end)


def _frame(item: Item) -> tuple[bytes, bytes]:
    match item:
        case Header():
            return b"H", header_bytes(item)
        case CheckpointItem(note):
            return b"K", note
        case EntryItem(entry):
            return b"E", entry
        case PartItem(None, bytes(digest)):
            return b"W", digest
        case PartItem(bytes(data)):
            return b"P", data
        case AttachmentItem(None, bytes(digest)):
            return b"V", digest
        case AttachmentItem(bytes(data)):
            return b"A", data
        case StateItem(None, bytes(digest)):
            return b"T", digest
        case StateItem(bytes(data)):
            return b"S", data
    raise FrameError("evidence that can't be written", found=type(item).__name__)


def read_evidence(stream: BinaryIO) -> Iterator[Item]:
    """
    Read items one at a time; a fault in the framing ends them with one `Broken`, never with an exception.

    The closing digest is compared before the iteration ends, so nobody can take a part of a file for the whole.
    """
    try:
        yield from _read(stream)
    except FrameError as error:
        yield Broken(error.code, error.message)
    except OSError as error:
        yield Broken("FRAME_BROKEN", f"reading failed: {error.strerror}")


def _broken(message: str, code: str = "FRAME_BROKEN") -> FrameError:
    return FrameError(message, code=code)


def _read(stream: BinaryIO) -> Iterator[Item]:
    magic = _rest(stream, stream.read(len(MAGIC)), len(MAGIC))
    if magic != MAGIC:
        what = (
            "a database, which `trail verify` or trail.audit reads"
            if magic.startswith(_SQLITE)
            else "its first line differs"
        )
        raise _broken(f"this is no evidence file of format 1: {what}")
    digest = hashlib.sha256(magic)
    read, update = stream.read, digest.update
    stage = 0  # 0 before the header, 1 among checkpoints, 2 among entries
    while True:
        head = read(5)
        if len(head) != 5 and len(head := _rest(stream, head, 5)) != 5:
            raise _broken("the file ends without its closing frame")
        kind, length = head[:1], int.from_bytes(head[1:], "big")
        if length > _LIMITS.get(kind, -1):
            raise _broken(f"a frame of unknown kind or length: {kind!r}, {length}")
        payload = read(length)
        if len(payload) != length and len(payload := _rest(stream, payload, length)) != length:
            raise _broken("the file ends in the middle of a frame")
        if kind == b"Z":
            if payload != digest.digest():
                raise _broken("the closing digest does not match what was read", "CLOSING_DIGEST")
            if read(1):
                raise _broken("bytes follow the closing frame")
            return
        update(head)
        update(payload)
        if kind == b"E":
            if stage == 0:
                raise _broken("an entry before the header")
            stage = 2
            yield EntryItem(payload)
        elif kind in b"PWAVST":
            if stage != 2:
                raise _broken("a body part, attachment or state before the first entry")
            yield _beside(kind, payload)
        elif kind == b"K":
            if stage != 1:
                raise _broken("a checkpoint out of its place")
            yield CheckpointItem(payload)
        else:
            if stage != 0:
                raise _broken("a second header")
            stage = 1
            yield _header(payload)


def _rest(stream: BinaryIO, data: bytes, length: int) -> bytes:
    """*data* and what is still to come of *length* bytes: an unbuffered stream may give less than it was asked for."""
    while len(data) < length and (more := stream.read(length - len(data))):
        data += more
    return data


def _beside(kind: bytes, payload: bytes) -> Item:
    if kind == b"P":
        return PartItem(payload)
    if kind == b"A":
        return AttachmentItem(payload)
    if kind == b"S":
        return StateItem(payload)
    if len(payload) != 32:
        raise _broken("a withheld item is named by a digest of 32 bytes")
    if kind == b"T":
        return StateItem(None, payload)
    return PartItem(None, payload) if kind == b"W" else AttachmentItem(None, payload)


def _header(payload: bytes) -> Header:
    try:
        m = decode(payload)
    except EncodingError as error:
        raise _broken(f"the header is not canonical: {error.message}") from None
    if type(m) is not dict or m.keys() != {"entries", "format", "origin", "scope"}:
        raise _broken("the header is not of format 1")
    form, origin, entries, scope = m["format"], m["origin"], m["entries"], m["scope"]
    if form != 1 or type(form) is not int or type(origin) is not str:
        raise _broken("the header is not of format 1")
    if type(entries) is not int or entries < 0 or type(scope) is not dict:
        raise _broken("the header is not of format 1")
    return Header(origin, entries, scope)


def is_scope(scope: dict[str, Value]) -> bool:
    """
    Whether a header's scope has a known shape: ``{"all": true}``, ``{"none": true}``, a unit, a person, or one or
    both ends of a period.

    Nobody signs it, so a spelling that nobody reads must not pass for one that somebody does.
    """
    if scope in (EVERYTHING, NOTHING):
        return next(iter(scope.values())) is True  # and not 1, which equals it
    known = ({"unit"}, {"person"}, {"from"}, {"to"}, {"from", "to"})
    return scope.keys() in known and all(type(value) is str and value for value in scope.values())
