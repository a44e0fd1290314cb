"""
Strict framing, which the evidence file and the extract share.

::

    file  = first line frame … closing frame
    frame = kind (1 ASCII byte) || length (4 bytes, big-endian) || payload
    closing frame = b"Z" with the SHA-256 of every byte before it; nothing follows

The first line names the format and its version; a later, incompatible one has another.  Reading needs one frame of
memory at a time; every length is checked against its kind's limit before the payload is read.  The closing digest finds
accidents alone: whoever changes a file can compute it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, Final

from trail.errors import FrameError

END: Final = b"Z"
HEAD_SIZE: Final = 5
DIGEST_SIZE: Final = 32
Limits = Mapping[bytes, int]
"""The kinds of frame that a format knows, each with the most bytes of its payload."""


def broken(message: str, code: str = "FRAME_BROKEN") -> FrameError:
    """The error for bytes that are not of the format."""
    return FrameError(message, code=code)


def write_frames(stream: BinaryIO, magic: bytes, limits: Limits, frames: Iterable[tuple[bytes, bytes]]) -> int:
    """
    Write *magic*, the *frames* (kind and payload), and the closing digest; returns the number of bytes.

    Raises:
        FrameError: A payload is longer than a reader would take.
    """
    digest = hashlib.sha256(magic)
    stream.write(magic)
    total = len(magic)
    for kind, payload in frames:
        if len(payload) > limits[kind]:
            raise FrameError(f"a frame of kind {kind.decode()} is too long", found=len(payload))
        frame = kind + len(payload).to_bytes(4, "big") + payload
        digest.update(frame)
        stream.write(frame)
        total += len(frame)
    end = END + DIGEST_SIZE.to_bytes(4, "big") + digest.digest()
    stream.write(end)
    return total + len(end)


def read_frames(stream: BinaryIO, magic: bytes, limits: Limits) -> Iterator[tuple[bytes, bytes]]:
    """
    Read what follows the first line *magic*, which was read already: kind and payload of each frame but the last.

    The closing digest is compared before the iteration ends, so nobody can take a part of a file for the whole.

    Raises:
        FrameError: The framing does not hold.
        OSError: Reading failed.
    """
    digest = hashlib.sha256(magic)
    read, update = stream.read, digest.update
    while True:
        head = read(HEAD_SIZE)
        if len(head) != HEAD_SIZE and len(head := rest(stream, head, HEAD_SIZE)) != HEAD_SIZE:
            raise broken("the file ends without its closing frame")
        kind, length = head[:1], int.from_bytes(head[1:], "big")
        if length > (DIGEST_SIZE if kind == END else limits.get(kind, -1)):
            raise broken(f"a frame of unknown kind or length: {kind!r}, {length}")
        payload = read(length)
        if len(payload) != length and len(payload := rest(stream, payload, length)) != length:
            raise broken("the file ends in the middle of a frame")
        if kind == END:
            if payload != digest.digest():
                raise broken("the closing digest does not match what was read", "CLOSING_DIGEST")
            if read(1):
                raise broken("bytes follow the closing frame")
            return
        update(head)
        update(payload)
        yield kind, payload


def rest(stream: BinaryIO, data: bytes, length: int) -> bytes:
    """*data* and what is still to come of *length* bytes: an unbuffered stream may give less than it was asked for."""
    while len(data) < length and (more := stream.read(length - len(data))):
        data += more
    return data
