"""
The entry of an opaque log: what a foreign eventsourcing application stored, bound into the tree.

::

    ["opaque", id kind, originator, version, topic, digest, length, recorded]

    id kind     "uuid" or "text"                       how the application names its aggregates
    originator  bytes: the UUID's 16, or UTF-8 of 0 to 1,024 bytes without NUL
    version     int, -2^63 .. 2^63-1                   the application's own; gaps and any order
    topic       bytes: UTF-8, 0 to 1,024 bytes, no NUL what the application calls the event; never resolved
    digest      32 bytes: SHA-256 of the state, which lies beside the entry
    length      int, 0 .. 64 MiB                       the state's number of bytes
    recorded    int, UTC seconds, 1970 .. 9998         the log's clock reading

Originator and topic are bytes and not text: the names of a foreign application need not be in a normal form, and must
come back byte for byte.  An opaque entry is signed by nobody; it says that these bytes stood at this place.
"""

from __future__ import annotations

import uuid
from typing import Any, Final, NamedTuple, NoReturn

import msgpack  # type: ignore[import-untyped, unused-ignore]

from trail.encoding import decode
from trail.errors import RecordError
from trail.evidence.file import MAX_ATTACHMENT
from trail.evidence.moment import MAX_INSTANT
from trail.evidence.record import ENTRY_KIND, MAX_ENTRY

OPAQUE_KIND: Final = "opaque"
UUID_ID: Final = "uuid"
TEXT_ID: Final = "text"
MAX_NAME: Final = 1024
"""Longest originator and longest topic, in bytes of UTF-8."""
MAX_STATE: Final = MAX_ATTACHMENT
"""Longest state, in bytes."""

_ID_KINDS: Final = frozenset((UUID_ID, TEXT_ID))
_UUID_LENGTH: Final = 16
_DIGEST_LENGTH: Final = 32
_VERSION_MIN: Final = -(1 << 63)
_VERSION_MAX: Final = (1 << 63) - 1
_LENGTH: Final = 8
# The kinds as they stand at the second byte: after the list's header of one byte, text in its one spelling.
_ACT: Final = b"\xa3" + ENTRY_KIND.encode()
_OPAQUE: Final = b"\xa6" + OPAQUE_KIND.encode()
_Packer, _unpack = msgpack.Packer, msgpack.unpackb
_FOREIGN = (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException)


class OpaqueEntry(NamedTuple):
    """An opaque entry, decoded, at its position (from 1); ``size`` is the state's number of bytes."""

    position: int
    id_kind: str
    originator: bytes
    version: int
    topic: bytes
    digest: bytes
    size: int
    recorded: int

    @property
    def name(self) -> str:
        """The originator for display: the UUID in its usual spelling, or the text."""
        if self.id_kind == UUID_ID:
            return str(uuid.UUID(bytes=self.originator))
        return self.originator.decode("utf-8", "replace")


def encode_opaque(
    id_kind: str, originator: bytes, version: int, topic: bytes, digest: bytes, size: int, recorded: int
) -> bytes:
    """
    The bytes of an opaque entry, as `trail.encoding.encode` would spell the list.

    Every element's exact type is checked, so that the C packer alone can write what canonical encoding would: its ints
    and lengths are the shortest, and no text but two fixed words is left to look at.

    Raises:
        RecordError: An element is outside its shape.
    """
    if not (
        (type(id_kind) is str and id_kind in _ID_KINDS)
        and type(originator) is bytes
        and (len(originator) == _UUID_LENGTH if id_kind == UUID_ID else _is_name(originator))
        and (type(version) is int and _VERSION_MIN <= version <= _VERSION_MAX)
        and (type(topic) is bytes and _is_name(topic))
        and (type(digest) is bytes and len(digest) == _DIGEST_LENGTH)
        and (type(size) is int and 0 <= size <= MAX_STATE)
        and (type(recorded) is int and 0 <= recorded <= MAX_INSTANT)
    ):
        _refuse(id_kind, originator, version, topic, digest, size, recorded)
    data: bytes = _Packer(strict_types=True, buf_size=4096).pack(
        [OPAQUE_KIND, id_kind, originator, version, topic, digest, size, recorded]
    )
    return data


def decode_opaque(entry: bytes, position: int) -> OpaqueEntry:
    """
    Read the opaque entry at *position* (from 1) from its exact bytes: those that `encode_opaque` writes, and no others.

    Raises:
        RecordError: Outside the closed shape; code ``UNKNOWN_FORMAT`` for another kind.
        EncodingError: Not canonical.
    """
    try:
        value: Any = _unpack(entry, max_array_len=_LENGTH, max_map_len=0, max_ext_len=0)
        if type(entry) is bytes and type(value) is list and encode_opaque(*value[1:]) == entry:
            return OpaqueEntry(position, *value[1:])
    except (*_FOREIGN, RecordError):
        pass
    _refuse_entry(entry)


def kind_of(entry: bytes) -> str:
    """
    The kind of an entry, ``"act"`` or ``"opaque"``, from its first element; ``""`` for bytes that are neither.

    It says what the bytes claim to be, without reading on: they may still be no entry.
    """
    if entry.startswith(_ACT, 1):
        kind = ENTRY_KIND
    elif entry.startswith(_OPAQUE, 1):
        kind = OPAQUE_KIND
    else:
        return ""
    return kind if 0x91 <= entry[0] <= 0x9F else ""  # the header of a list of 1 to 15 elements


def _is_name(data: bytes) -> bool:
    if len(data) > MAX_NAME or b"\0" in data:
        return False
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
    return True


def _refuse(*elements: object) -> NoReturn:
    """Say which element is outside its shape; the slow twin of the condition in `encode_opaque`."""
    id_kind, originator, version, topic, digest, size, recorded = elements
    if type(id_kind) is not str or id_kind not in _ID_KINDS:
        raise _fail(f"expected {UUID_ID} or {TEXT_ID}", 1)
    if id_kind == UUID_ID and (type(originator) is not bytes or len(originator) != _UUID_LENGTH):
        raise _fail(f"expected the {_UUID_LENGTH} bytes of a UUID", 2)
    if type(originator) is not bytes or (id_kind == TEXT_ID and not _is_name(originator)):
        raise _fail(f"expected UTF-8 of at most {MAX_NAME} bytes, without NUL", 2)
    if type(version) is not int or not _VERSION_MIN <= version <= _VERSION_MAX:
        raise _fail("expected a version of 64 bits", 3)
    if type(topic) is not bytes or not _is_name(topic):
        raise _fail(f"expected UTF-8 of at most {MAX_NAME} bytes, without NUL", 4)
    if type(digest) is not bytes or len(digest) != _DIGEST_LENGTH:
        raise _fail(f"expected a digest of {_DIGEST_LENGTH} bytes", 5)
    if type(size) is not int or not 0 <= size <= MAX_STATE:
        raise _fail(f"expected a length of at most {MAX_STATE}", 6)
    if type(recorded) is not int or not 0 <= recorded <= MAX_INSTANT:
        raise _fail("expected whole seconds between 1970 and 9998", 7)
    raise _fail("expected an opaque entry")


def _refuse_entry(entry: bytes) -> NoReturn:
    """Read *entry* again, slowly, to say what is wrong with it."""
    value: Any = decode(entry, max_bytes=MAX_ENTRY)
    if type(value) is not list or len(value) < 1 or type(value[0]) is not str:
        raise _fail("expected a list that begins with its kind")
    if value[0] != OPAQUE_KIND:
        raise RecordError("unknown kind of entry", where="entry[0]", code="UNKNOWN_FORMAT", found=value[0])
    if len(value) != _LENGTH:
        raise _fail("expected [kind, id kind, originator, version, topic, digest, length, recorded]")
    _refuse(*value[1:])


def _fail(message: str, element: int | None = None) -> RecordError:
    return RecordError(message, where="entry" if element is None else f"entry[{element}]")
