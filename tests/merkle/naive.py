"""The tree as RFC 6962, section 2.1, defines it: by recursion over all leaves, nothing stored, nothing clever."""

import hashlib
from collections.abc import Sequence

from trail.merkle import Frontier, Hash


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def root(entries: Sequence[bytes]) -> Hash:
    """MTH."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0])
    k = split(len(entries))
    return sha256(b"\x01" + root(entries[:k]) + root(entries[k:]))


def path(index: int, entries: Sequence[bytes]) -> list[Hash]:
    """PATH, section 2.1.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*path(index, entries[:k]), root(entries[k:])]
    return [*path(index - k, entries[k:]), root(entries[:k])]


def subproof(first: int, entries: Sequence[bytes], whole: bool = True) -> list[Hash]:
    """SUBPROOF, section 2.1.2; PROOF is ``subproof(first, entries)``."""
    if first == len(entries):
        return [] if whole else [root(entries)]
    k = split(len(entries))
    if first <= k:
        return [*subproof(first, entries[:k], whole), root(entries[k:])]
    return [*subproof(first - k, entries[k:], False), root(entries[:k])]


class Log:
    """Entries with the rows that `Frontier.append` gave, read like a database; counts the calls."""

    def __init__(self, count: int) -> None:
        self.entries = [f"entry {n}".encode() for n in range(count)]
        self.rows: list[bytes] = []
        self.asked: list[Sequence[tuple[int, int]]] = []
        frontier = Frontier()
        for entry in self.entries:
            self.rows.append(frontier.append(sha256(b"\x00" + entry)))
        self.frontier = frontier

    def read(self, nodes: Sequence[tuple[int, int]]) -> list[Hash]:
        self.asked.append(nodes)
        found = []
        for level, index in nodes:
            position, offset = (index + 1) * 2**level, 32 * level
            found.append(self.rows[position - 1][offset : offset + 32])
        return found
