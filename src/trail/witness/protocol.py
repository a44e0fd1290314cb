"""
What a log asks of a witness: the body of ``add-checkpoint`` (C2SP tlog-witness)::

    old <size>\\n
    <base64 of a hash of the consistency proof>\\n     none to 63 of these
    \\n
    <the checkpoint, a signed note>
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final, NamedTuple

from trail.errors import CallerError, NoteError
from trail.merkle.proofs import parse_decimal, parse_hash
from trail.signing import Note, parse_note
from trail.store.read import Reader

MAX_PROOF: Final = 63
MAX_REQUEST: Final = 131_072
"""Bytes of a request: the longest proof, and a checkpoint with thirty cosignatures of the largest kind."""

SIZE_TYPE: Final = "text/x.tlog.size"
"""The media type of a 409's body, without parameters."""


class Request(NamedTuple):
    """An add-checkpoint request, read: the ``old`` size, the consistency proof, the checkpoint's note."""

    old: int
    proof: tuple[bytes, ...]
    note: Note


def format_request(old: int, proof: Iterable[bytes], note: str) -> bytes:
    """
    Write the body of an add-checkpoint request.

    Raises:
        NoteError: `parse_request` would not read it back the same.
    """
    hashes = tuple(proof)
    lines = [f"old {old}", *(base64.b64encode(one).decode("ascii") for one in hashes)]
    body = ("\n".join(lines) + "\n\n" + note).encode()
    read = parse_request(body)
    if (read.old, read.proof) != (old, hashes) or read.note != parse_note(note):
        raise NoteError("this request can't be written", old=old)
    return body


def parse_request(body: bytes) -> Request:
    """Read the body of an add-checkpoint request; raises `NoteError`."""
    if len(body) > MAX_REQUEST:
        raise NoteError("the request is too long", found=len(body), expected=MAX_REQUEST)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteError("a request is UTF-8 text") from None
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or not lines[0].startswith("old "):
        raise NoteError("a request is a line `old <size>`, a proof, an empty line and a checkpoint")
    if len(lines) - 1 > MAX_PROOF:
        raise NoteError(f"a consistency proof has at most {MAX_PROOF} hashes", found=len(lines) - 1)
    return Request(parse_decimal(lines[0][4:]), tuple(parse_hash(line) for line in lines[1:]), parse_note(note))


def request(reader: Reader, since: int) -> bytes:
    """
    The request that asks a witness, which has recorded size *since* (0: nothing), to cosign the last checkpoint.

    Raises:
        CallerError: No checkpoint was issued, or *since* is beyond the last.
    """
    with reader.snapshot() as view:
        last = view.checkpoint()
        if last is None:
            raise CallerError("no checkpoint was issued yet", code="CHECKPOINT_UNKNOWN")
        if not 0 <= since <= last.size:
            raise CallerError("the last checkpoint is smaller", since=since, size=last.size)
        proof = view.consistency(since, last.size) if 0 < since < last.size else []
    return format_request(since, proof, last.note)
