"""
The evidence file: everything an inspector needs, in one stream with strict framing (`trail.evidence.frames`).

::

    file  = b"trail evidence 1\\n" frame …

    H  header         canonical map {"entries": int, "format": 1, "origin": text, "scope": map}; first, once
    K  checkpoint     a signed note with its cosignatures; ascending by size, before the first entry
    E  entry          in order of position, from 1; after it, in the order of its statement:
    P  body part      clear bytes          W  its digest, withheld
    A  attachment     bytes                V  its digest, withheld
    S  state          bytes                T  its digest, withheld      one after each opaque entry
    Z  end            SHA-256 of every byte before this frame; nothing follows

A **continuation** holds the entries after a size whose tree the inspector remembers (`trail.evidence.memory`)::

    file  = b"trail continuation 1\\n" frame …

    H  header         has one more key, "after": int > 0; "entries" are those after it
    C  consistency    hashes of 32 bytes; after each K of a size below "after": the proof that the tree of "after"
                      entries begins with that checkpoint's (RFC 6962, 2.1.2)

What was erased, or is missing, has no frame.  No more entries follow than the header announces, and no more
checkpoints than there can be sizes, so a stream that never ends is refused and not waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Final, NamedTuple, TypeVar

from trail.encoding import Value, decode, encode
from trail.errors import EncodingError, FrameError, RecordError
from trail.evidence.frames import broken, read_frames, rest, write_frames
from trail.evidence.moment import check_date
from trail.evidence.record import MAX_ENTRY, MAX_PART
from trail.merkle.proofs import MAX_PROOF, PROOF_HEADER
from trail.merkle.tree import HASH_SIZE, MAX_SIZE

MAGIC: Final = b"trail evidence 1\n"
CONTINUATION: Final = b"trail continuation 1\n"
_SQLITE: Final = b"SQLite format 3\x00"  # https://sqlite.org/fileformat.html, section 1.3
MAX_NOTE: Final = 64 * 1024
MAX_ATTACHMENT: Final = 64 * 1024 * 1024
MAX_BESIDE: Final = 2_000
"""Most items beside one entry: each that it can name takes more than 33 of its 65,535 bytes."""
EVERYTHING: Final[dict[str, Value]] = {"all": True}
"""The scope that shows all contents."""
NOTHING: Final[dict[str, Value]] = {"none": True}
"""The scope that shows no contents: entries and checkpoints alone."""
LIMITS: Final = {
    b"H": MAX_PART, b"K": MAX_NOTE, b"E": MAX_ENTRY, b"P": MAX_PART, b"W": 32, b"A": MAX_ATTACHMENT, b"V": 32,
    b"S": MAX_ATTACHMENT, b"T": 32,
}  # fmt: skip
CONTINUED: Final = {**LIMITS, b"C": MAX_PROOF * HASH_SIZE}
T = TypeVar("T")


class Header(NamedTuple):
    """
    The first item: the log's origin, how many entries the evidence holds, and which bodies it shows.

    ``after`` is the position after which a continuation begins; 0: the evidence is whole.
    """

    origin: str
    entries: int
    scope: dict[str, Value]
    after: int = 0


class CheckpointItem(NamedTuple):
    """A checkpoint as a signed note, with the cosignatures that are known for it."""

    note: bytes


class ConsistencyItem(NamedTuple):
    """The proof that the tree which a continuation goes on from begins with that of the checkpoint before it."""

    proof: tuple[bytes, ...]


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


BesideItem = PartItem | AttachmentItem | StateItem
"""What follows an entry."""
Item = Header | CheckpointItem | ConsistencyItem | EntryItem | BesideItem | Broken


def header_bytes(header: Header) -> bytes:
    """The payload of the first frame."""
    after: dict[str, Value] = {"after": header.after} if header.after else {}
    return encode({**after, "entries": header.entries, "format": 1, "origin": header.origin, "scope": header.scope})


def write_evidence(stream: BinaryIO, items: Iterable[Item]) -> int:
    """Write *items* to *stream* and close with the digest of all before it; returns the number of bytes."""
    rows = iter(items)
    first = next(rows, None)
    if first is None:
        return write_frames(stream, MAGIC, LIMITS, ())
    after = isinstance(first, Header) and first.after > 0
    frames = map(frame_of, chain((first,), rows))
    return write_frames(stream, CONTINUATION if after else MAGIC, CONTINUED if after else LIMITS, frames)


def frame_of(item: Item) -> tuple[bytes, bytes]:
    """Kind and payload of one item; raises `FrameError` for what has no frame."""
    match item:
        case Header():
            return b"H", header_bytes(item)
        case CheckpointItem(note):
            return b"K", note
        case ConsistencyItem(proof):
            return b"C", b"".join(proof)
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


def read_evidence(stream: BinaryIO, begun: bytes = b"") -> Iterator[Item]:
    """
    Read items one at a time; a fault in the framing ends them with one `Broken`, never with an exception.

    *begun* is what was read of the stream already, at most its first line.  The closing digest is compared before the
    iteration ends, so nobody can take a part of a file for the whole.
    """
    return guarded(_read(stream, begun))


def guarded(items: Iterator[T]) -> Iterator[T | Broken]:
    """The same *items*; what goes wrong with the framing is the last of them."""
    try:
        yield from items
    except FrameError as error:
        yield Broken(error.code, error.message)
    except OSError as error:
        yield Broken("FRAME_BROKEN", f"reading failed: {error.strerror}")


def _read(stream: BinaryIO, begun: bytes) -> Iterator[Item]:
    magic = rest(stream, begun, len(MAGIC))
    if CONTINUATION.startswith(magic):
        magic = rest(stream, magic, len(CONTINUATION))
    limits = {MAGIC: LIMITS, CONTINUATION: CONTINUED}.get(magic)
    if limits is None:
        raise broken(f"this is no evidence file of format 1: {_what(magic)}")
    stage = 0  # 0 before the header, 1 among checkpoints, 2 among entries
    left = notes = beside = 0  # how many entries, checkpoints and items beside an entry may still come
    proof = False  # whether a consistency proof may come
    for kind, payload in read_frames(stream, magic, limits):
        if kind == b"E":
            if stage == 0:
                raise broken("an entry before the header")
            if left == 0:
                raise broken("more entries than the header announced")
            left, beside, stage = left - 1, MAX_BESIDE, 2
            yield EntryItem(payload)
        elif kind in b"PWAVST":
            if stage != 2:
                raise broken("a body part, attachment or state before the first entry")
            if beside == 0:
                raise broken("more beside an entry than it can name")
            beside -= 1
            yield read_beside(kind, payload)
        elif kind == b"K":
            if stage != 1:
                raise broken("a checkpoint out of its place")
            if notes == 0:
                raise broken("more checkpoints than there are sizes")
            notes, proof = notes - 1, True
            yield CheckpointItem(payload)
        elif kind == b"C":
            if stage != 1 or not proof or len(payload) % HASH_SIZE:
                raise broken("a consistency proof that follows no checkpoint, or is none")
            proof = False
            yield ConsistencyItem(tuple(payload[at : at + HASH_SIZE] for at in range(0, len(payload), HASH_SIZE)))
        else:
            if stage != 0:
                raise broken("a second header")
            stage = 1
            header = read_header(payload, continued=magic == CONTINUATION)
            left, notes = header.entries, header.after + header.entries + 1
            yield header


def _what(begin: bytes) -> str:
    """What a file that begins so may be."""
    if begin.startswith(_SQLITE):
        return "a database, which `trail verify` or trail.audit reads"
    if begin == PROOF_HEADER.encode()[: len(begin)] and len(begin) == len(MAGIC):
        return "a proof of one entry, which is verified with that entry (--entry)"
    return "its first line differs"


def read_beside(kind: bytes, payload: bytes) -> BesideItem:
    """What lies beside an entry, from one of its six kinds of frame; raises `FrameError`."""
    if kind == b"P":
        return PartItem(payload)
    if kind == b"A":
        return AttachmentItem(payload)
    if kind == b"S":
        return StateItem(payload)
    if len(payload) != 32:
        raise broken("a withheld item is named by a digest of 32 bytes")
    if kind == b"T":
        return StateItem(None, payload)
    return PartItem(None, payload) if kind == b"W" else AttachmentItem(None, payload)


def read_header(payload: bytes, *, continued: bool = False) -> Header:
    """Read the first frame, of a continuation if *continued*; raises `FrameError`."""
    try:
        m = decode(payload)
    except EncodingError as error:
        raise broken(f"the header is not canonical: {error.message}") from None
    keys = {"entries", "format", "origin", "scope"} | ({"after"} if continued else set())
    if type(m) is not dict or m.keys() != keys:
        raise broken("the header is not of format 1")
    form, origin, entries, scope = m["format"], m["origin"], m["entries"], m["scope"]
    if form != 1 or type(form) is not int or type(origin) is not str:
        raise broken("the header is not of format 1")
    if type(entries) is not int or entries < 0 or type(scope) is not dict:
        raise broken("the header is not of format 1")
    after = m.get("after", 0)
    if type(after) is not int or (continued and not 0 < after <= MAX_SIZE - entries):
        raise broken("the header is not of format 1")
    return Header(origin, entries, scope, after)


def is_scope(scope: dict[str, Value]) -> bool:
    """
    Whether a header's scope has a known shape: ``{"all": true}``, ``{"none": true}``, a unit, a person, one or both
    ends of a period, or a unit or a person together with a period.

    Nobody signs it, so a spelling that nobody reads must not pass for one that somebody does.
    """
    if scope in (EVERYTHING, NOTHING):
        return next(iter(scope.values())) is True  # and not 1, which equals it
    period = [scope[end] for end in ("from", "to") if end in scope]
    who = [scope[name] for name in ("unit", "person") if name in scope]
    if not scope or len(who) > 1 or len(who) + len(period) != len(scope):
        return False
    if not all(type(value) is str and value for value in who) or not all(map(_is_date, period)):
        return False
    return len(period) < 2 or str(period[0]) <= str(period[1])


def _is_date(value: Value) -> bool:
    if type(value) is not str:
        return False
    try:
        check_date(value, "scope")
    except RecordError:
        return False
    return True
