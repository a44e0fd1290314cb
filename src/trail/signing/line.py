"""
Signature lines of a signed note (C2SP signed-note)::

    — <name> <base64(key id (4) || signature)>\\n

The dash is U+2014.  A name is not empty and holds no Unicode space and no ``+``.  Base64 is standard, padded, and of
the one spelling that encoding gives, so a line has no second spelling and its digest can be named.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field

from trail.errors import NoteError

_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """
    One signature line as it was read, *not verified*: ``name``, ``id`` (4 bytes) and ``data`` (what follows the id).

    Raises:
        NoteError: The name, the id or the data can't stand in a line.
    """

    name: str
    id: bytes
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise NoteError("a key name is empty or holds a space, a control character or '+'", found=self.name)
        if len(self.id) != 4 or not self.data:
            raise NoteError("a signature is a key id of 4 bytes and at least one byte more")

    @property
    def line(self) -> str:
        """The whole line with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.id + self.data).decode('ascii')}\n"


def is_name(name: str) -> bool:
    """Say whether *name* may name a key in a note."""
    if name.isascii() and name.isprintable():  # as nearly all are
        return bool(name) and " " not in name and "+" not in name
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " or "\ud800" <= c <= "\udfff" for c in name)


def parse_line(line: str) -> NoteSignature:
    """
    Read one signature *line* with its newline.

    Raises:
        NoteError: It is not spelled exactly as `NoteSignature.line` spells it.
    """
    if not line.startswith(_DASH) or not line.endswith("\n"):
        raise NoteError("a signature line begins with a long dash and ends with a newline", found=line)
    fields = line[len(_DASH) : -1].split(" ")
    if len(fields) != 2:
        raise NoteError("a signature line holds a name and a signature", found=line)
    data = decode_base64(fields[1])
    return NoteSignature(fields[0], data[:4], data[4:])


def decode_base64(text: str) -> bytes:
    """
    Decode standard, padded base64 in its one canonical spelling.

    Raises:
        NoteError: It is spelled otherwise.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64", found=text) from None
    if base64.b64encode(data).decode("ascii") != text:
        raise NoteError("base64 in another spelling than the canonical one", found=text)
    return data


def dated_anchor_digest(line: str) -> bytes:
    """
    Give the SHA-256 of a signature *line* with its newline: by this a statement names an anchor that its signer held.

    Raises:
        NoteError: It is not one well-formed line.
    """
    parse_line(line)
    return hashlib.sha256(line.encode("utf-8")).digest()
