"""
The checkpoint: three lines that stand for a whole log, to be signed (C2SP ``tlog-checkpoint``).

Format, UTF-8, each line ended by one line feed (U+000A) and nothing else::

    <origin>              the log's name: an identifier without spaces and "+", best a URL without its scheme
    <size>                number of entries, decimal, no leading zeros, at most 2^63-1
    <root>                the tree's root hash, base64 of 32 bytes

A signed note is this text, an empty line, and signature lines; `trail.signing.note` reads and writes it.

Extension lines, which ``tlog-checkpoint`` allows after the root but advises against, are refused: not every kind of
cosignature covers them.  What a later version has to add goes into an entry, or begins with another origin.

>>> text = format_checkpoint(Checkpoint("audit.example.edu.cn/trail", 0, EMPTY_ROOT))
>>> print(text, end="")
audit.example.edu.cn/trail
0
47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
>>> parse_checkpoint(text).size
0
>>> parse_checkpoint(text.replace("0\\n", "00\\n", 1))
Traceback (most recent call last):
    ...
trail.errors.NoteError: not a decimal number in its only spelling: '00'
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from trail.encoding import check_identifier
from trail.errors import EncodingError, NoteError
from trail.merkle.proofs import parse_decimal, parse_hash
from trail.merkle.tree import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, Hash

MAX_ORIGIN = 255
"""Longest origin, in UTF-8 bytes: a cosignature writes its length in one byte."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """
    The log *origin* had *size* entries and the hash *root*.

    Raises:
        NoteError: A member is out of its range; a log of size 0 has the root of the empty tree only.
    """

    origin: str
    size: int
    root: Hash

    def __post_init__(self) -> None:
        check_origin(self.origin)
        if type(self.size) is not int or not 0 <= self.size <= MAX_SIZE:
            raise NoteError(f"a log has 0 to 2^63-1 entries, not {self.size}", found=self.size)
        if type(self.root) is not bytes or len(self.root) != HASH_SIZE:
            raise NoteError("a root has 32 bytes", found=self.root)
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise NoteError("an empty log has another root", expected=EMPTY_ROOT.hex(), found=self.root.hex())


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text to be signed, three lines."""
    root = base64.b64encode(checkpoint.root).decode("ascii")
    return f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """
    Read what `format_checkpoint` wrote; *text* is the note's text without the empty line and the signatures.

    Raises:
        NoteError: *text* is not the only spelling of a checkpoint.
    """
    lines = text.split("\n")  # never splitlines(), which would also split at U+0085 and U+2028
    if lines.pop() != "":
        raise NoteError("a checkpoint ends in a line feed")
    if len(lines) != 3:
        raise NoteError(f"a checkpoint has 3 lines, not {len(lines)}", expected=3, found=len(lines))
    return Checkpoint(lines[0], parse_decimal(lines[1]), parse_hash(lines[2]))


def check_origin(origin: str) -> None:
    """
    Check that *origin* can name a log: an identifier without space and "+", at most 255 bytes in UTF-8.

    Raises:
        NoteError: It can't.
    """
    try:
        check_identifier(origin, "origin")
    except EncodingError as error:
        raise NoteError(error.message) from error
    if " " in origin or "+" in origin:
        raise NoteError('origin: neither spaces nor "+"', found=origin)
    if len(origin.encode()) > MAX_ORIGIN:
        raise NoteError(f"origin: at most {MAX_ORIGIN} bytes", found=len(origin.encode()))
