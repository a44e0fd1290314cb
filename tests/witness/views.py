"""
Histories of an invented log whose key signs whatever it is told to, and the requests that it makes of a witness.

The tree is computed by RFC 6962's own recursion, apart from the library's.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from tests.store.world import key_of

from trail.signing import NoteKey, PrivateKey, format_note, sign_note

ORIGIN = "log.example/views"
LOG_KEY = key_of("the log of two views")
LOG = NoteKey(ORIGIN, 1, LOG_KEY.public.raw)


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


@cache
def root_of(leaves: tuple[bytes, ...]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    at = _split(len(leaves))
    return hashlib.sha256(b"\1" + root_of(leaves[:at]) + root_of(leaves[at:])).digest()


def proof_of(first: int, leaves: tuple[bytes, ...], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if first == len(leaves):
        return [] if whole else [root_of(leaves)]
    at = _split(len(leaves))
    if first <= at:
        return [*proof_of(first, leaves[:at], whole), root_of(leaves[at:])]
    return [*proof_of(first - at, leaves[at:], False), root_of(leaves[:at])]


class View:
    """
    One history: entries that are its own from position *since* on; before, they are those of every other view.

    >>> View("a", 3).root(3) == View("b", 3).root(3), View("a", 3).root(4) == View("b", 3).root(4)
    (True, False)
    """

    def __init__(self, name: str, since: int = 0, *, origin: str = ORIGIN, key: PrivateKey = LOG_KEY) -> None:
        self.name = name
        self.since = since
        self.origin = origin
        self.key = key

    def leaves(self, size: int) -> tuple[bytes, ...]:
        return tuple(f"{'all' if i < self.since else self.name} {i}".encode() for i in range(size))

    def root(self, size: int) -> bytes:
        return root_of(self.leaves(size))

    def text(self, size: int) -> str:
        return f"{self.origin}\n{size}\n{base64.b64encode(self.root(size)).decode()}\n"

    def note(self, size: int) -> str:
        """The checkpoint as the log signs it."""
        text = self.text(size)
        return format_note(text, [sign_note(text, self.origin, self.key)])

    def request(self, old: int, size: int) -> bytes:
        """The body that asks to cosign *size*, where *old* was cosigned before."""
        proof = proof_of(old, self.leaves(size)) if 0 < old < size else []
        lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", self.note(size)]
        return "\n".join(lines).encode()
