"""
The record: statement, entry and body part, as bytes.

A **statement** is what a person signs: one canonical map (`trail.encoding`) that names everything that matters,
including the digests of what lies beside it.  An **entry** is what a leaf of the tree hashes: the statement's exact
bytes, one signature for each signer in the statement's order, the stream version that the log assigned, and the
log's clock reading::

    entry     = ["act", statement (bytes), [signature, …], stream version, recorded]        at most 65,535 bytes
    part      = {"data": map, "name": text, "salt": bytes, "subjects": [person, …]}          at most 1 MiB
    message   = b"trail/statement/v1\\n" + origin + b"\\n" + statement                       what is signed

The keys of a statement, their shapes and the rules between them are listed in ``docs/spec/record.md``.
A later, incompatible statement has another ``format``; a later kind of entry has another first element.
Nothing here is ever re-encoded to be checked: the stored bytes are what was signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from trail.encoding import Value, decode, encode
from trail.errors import RecordError
from trail.evidence.moment import MAX_INSTANT, Happened, happened_from
from trail.evidence.statement import (
    MAX_ENTRY,
    MAX_PART,
    MAX_SIGNERS,
    AttachmentRef,
    PartRef,
    Performer,
    Seen,
    SignerRef,
    Statement,
    decode_statement,
    encode_statement,
)

__all__ = [
    "MAX_ENTRY",
    "MAX_PART",
    "AttachmentRef",
    "Happened",
    "Part",
    "PartRef",
    "Performer",
    "Record",
    "Seen",
    "SignerRef",
    "Statement",
    "decode_entry",
    "decode_part",
    "decode_statement",
    "encode_entry",
    "encode_part",
    "encode_statement",
    "happened_from",
    "reference",
    "sorted_fields",
]

ENTRY_KIND: Final = "act"
MIN_SALT: Final = 16  # C2SP tlog-addenda: low-entropy content needs at least 16 random bytes
MAX_SALT: Final = 64


class Record(NamedTuple):
    """An entry, decoded, at its position (from 1); ``digest`` is SHA-256 of the statement's bytes."""

    position: int
    statement: Statement
    statement_bytes: bytes
    digest: bytes
    signatures: tuple[bytes, ...]
    version: int
    recorded: int


class Part(NamedTuple):
    """A body part: erasable content with the persons it is about and a salt that hides it behind its digest."""

    name: str
    subjects: tuple[str, ...]
    salt: bytes
    data: dict[str, Value]


def _fail(message: str, where: str) -> RecordError:
    return RecordError(message, where=where)


def encode_entry(statement: bytes, signatures: Sequence[bytes], version: int, recorded: int) -> bytes:
    """The bytes of an entry; raises `RecordError` if they would be refused."""
    _entry_shape(statement, list(signatures), version, recorded)
    return encode([ENTRY_KIND, statement, list(signatures), version, recorded], max_bytes=MAX_ENTRY)


def _entry_shape(statement: object, signatures: object, version: object, recorded: object) -> None:
    if type(statement) is not bytes:
        raise _fail("expected bytes", "entry[1]")
    if type(signatures) is not list or not 0 < len(signatures) <= MAX_SIGNERS:
        raise _fail(f"expected 1 to {MAX_SIGNERS} signatures", "entry[2]")
    for signature in signatures:
        if type(signature) is not bytes:
            raise _fail("expected bytes", "entry[2]")
    if type(version) is not int or version < 1:
        raise _fail("expected a stream version", "entry[3]")
    if type(recorded) is not int or not 0 <= recorded <= MAX_INSTANT:
        raise _fail("expected whole seconds between 1970 and 9998", "entry[4]")


def decode_entry(entry: bytes, position: int) -> Record:
    """
    Read the entry at *position* (from 1) from its exact bytes.

    Raises:
        RecordError: Outside the closed shape; code ``UNKNOWN_FORMAT`` for a kind or format of a later version.
        EncodingError: Not canonical.
    """
    value: Any = decode(entry, max_bytes=MAX_ENTRY)
    if type(value) is not list or len(value) < 1 or type(value[0]) is not str:
        raise _fail("expected a list that begins with its kind", "entry")
    if value[0] != ENTRY_KIND:
        raise RecordError("unknown kind of entry", where="entry[0]", code="UNKNOWN_FORMAT", found=value[0])
    if len(value) != 5:
        raise _fail("expected [kind, statement, signatures, version, recorded]", "entry")
    _, statement_bytes, signatures, version, recorded = value
    _entry_shape(statement_bytes, signatures, version, recorded)
    statement = decode_statement(statement_bytes)
    if len(signatures) != len(statement.signers):
        raise _fail(f"{len(statement.signers)} signers but {len(signatures)} signatures", "entry[2]")
    digest = hashlib.sha256(statement_bytes).digest()
    return Record(position, statement, statement_bytes, digest, tuple(signatures), version, recorded)


def encode_part(part: Part) -> bytes:
    """The clear bytes of a body part, of which the statement holds the SHA-256."""
    value: dict[str, Value] = {
        "data": part.data, "name": part.name, "salt": part.salt, "subjects": list(part.subjects)
    }  # fmt: skip
    _part(value)
    return encode(value, max_bytes=MAX_PART)


def decode_part(data: bytes) -> Part:
    """Read a body part from its exact bytes; raises `EncodingError` or `RecordError`."""
    return _part(decode(data, max_bytes=MAX_PART))


def _part(m: Any) -> Part:
    if type(m) is not dict or m.keys() != {"data", "name", "salt", "subjects"}:
        raise _fail("expected data, name, salt and subjects", "part")
    name, subjects, salt, data = m["name"], m["subjects"], m["salt"], m["data"]
    if type(name) is not str or type(data) is not dict or type(subjects) is not list:
        raise _fail("expected a name, a map and a list", "part")
    if type(salt) is not bytes or not MIN_SALT <= len(salt) <= MAX_SALT:
        raise _fail(f"expected {MIN_SALT} to {MAX_SALT} random bytes", "part.salt")
    last = ""
    for subject in subjects:
        if type(subject) is not str or subject <= last:
            raise _fail("expected distinct persons in ascending order", "part.subjects")
        last = subject
    return Part(name, tuple(subjects), salt, data)


def reference(record: Record) -> list[Value]:
    """The exact version of an event: ``[event id, statement digest]``."""
    return [record.statement.id, record.digest]


def sorted_fields(fields: Mapping[str, Value]) -> dict[str, Value]:
    """A copy of *fields* with its keys in canonical order, all the way down."""
    return {key: _sorted(fields[key]) for key in sorted(fields)}


def _sorted(value: Value) -> Value:
    if isinstance(value, dict):
        return sorted_fields(value)
    return [_sorted(item) for item in value] if isinstance(value, list) else value
