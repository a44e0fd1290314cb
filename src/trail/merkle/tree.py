"""
The hash tree of a log: RFC 6962, section 2.1, with SHA-256.

Format::

    leaf       = SHA-256(00 || entry)
    node       = SHA-256(01 || left || right)
    empty tree = SHA-256("")

A tree of n > 1 leaves splits after the largest power of two smaller than n; an odd node on the right moves up
unhashed, it is never doubled.  The two prefixes keep a leaf from being read as a node.

**Complete subtrees** are named (level, index): the 2^level leaves from index * 2^level on.  Their hashes never change
once their last leaf is there.  So they are stored, each with the entry that finished it: the row of 1-based position p
holds 1 + ctz(p) hashes of 32 bytes, level 0 first (`Frontier.append` returns just that), and the hash of (level, index)
lies in the row of position (index + 1) * 2^level at byte 32 * level.

**The frontier** of n leaves is the hashes of the complete subtrees that n decomposes into, one for each bit of n that
is set, the largest first: all that an append needs.

>>> frontier = Frontier()
>>> rows = [frontier.append(leaf_hash(entry)) for entry in (b"a", b"b", b"c")]
>>> [len(row) // 32 for row in rows]
[1, 2, 1]
>>> frontier.root() == node_hash(node_hash(leaf_hash(b"a"), leaf_hash(b"b")), leaf_hash(b"c"))
True
>>> stored_at(1, 0)
(2, 32)

A tree under another hash would be another module, and say so in the first line of its checkpoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from trail.errors import CallerError, EvidenceError, ProofError

Hash: TypeAlias = bytes
"""A SHA-256 hash, 32 bytes."""

HASH_SIZE = 32
EMPTY_ROOT: Hash = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""
MAX_SIZE = (1 << 63) - 1
"""Largest number of leaves: sizes are signed 64-bit integers in the programs that others wrote."""

Node: TypeAlias = tuple[int, int]
"""(level, index) of a complete subtree."""

HashReader: TypeAlias = Callable[[Sequence[Node]], Sequence[Hash]]
"""Reads stored hashes of complete subtrees: all that are wanted at once, answered in the same order."""


def leaf_hash(entry: bytes) -> Hash:
    """The hash of a leaf that holds *entry*."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of the node above *left* and *right*."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def stored_at(level: int, index: int) -> tuple[int, int]:
    """Where the hash of complete subtree (*level*, *index*) is stored: 1-based position of its row, byte offset."""
    return (index + 1) << level, HASH_SIZE * level


@dataclass(slots=True)
class Frontier:
    """
    The right edge of a growing tree: *size* leaves, and the hashes of its complete subtrees, the largest first.

    Mutable; `copy` before an append that may be taken back.
    """

    size: int = 0
    peaks: list[Hash] = field(default_factory=list)

    def append(self, leaf: Hash) -> bytes:
        """
        Add *leaf* (a leaf hash); the row to be stored beside its entry.

        The row is *leaf*, then the hashes of the complete subtrees that it finishes, level 1 first:
        ``32 * (1 + ctz(new size))`` bytes.

        Raises:
            CallerError: *leaf* is not a hash.
        """
        if len(leaf) != HASH_SIZE:
            raise CallerError("a leaf hash has 32 bytes", expected=HASH_SIZE, found=len(leaf))
        row = node = leaf
        finished = self.size
        while finished & 1:
            node = node_hash(self.peaks.pop(), node)
            row += node
            finished >>= 1
        self.peaks.append(node)
        self.size += 1
        return row

    def root(self) -> Hash:
        """The root of the tree as it now is."""
        return fold(self.peaks) if self.peaks else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """The peaks one after the other, the largest first; the size is stored beside them."""
        return b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """
        The frontier of *size* leaves whose peaks are *data*.

        Raises:
            EvidenceError: *data* has not one hash for each bit of *size* that is set.
        """
        if not 0 <= size <= MAX_SIZE:
            raise EvidenceError(f"no tree has {size} leaves", code="FRONTIER", found=size)
        if len(data) != HASH_SIZE * size.bit_count():
            raise EvidenceError(
                f"the frontier of {size} leaves has {size.bit_count()} peaks of 32 bytes",
                code="FRONTIER", expected=HASH_SIZE * size.bit_count(), found=len(data),
            )  # fmt: skip
        return cls(size, [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)])

    def copy(self) -> Frontier:
        """A frontier of the same leaves that grows on its own."""
        return Frontier(self.size, list(self.peaks))


def root_at(size: int, read: HashReader) -> Hash:
    """
    The root that the tree had when it had *size* leaves, from at most 63 stored hashes read in one call.

    Raises:
        CallerError: *size* is negative.
        ProofError: *read* does not answer with one hash for each node.
    """
    if size < 0:
        raise CallerError(f"no tree has {size} leaves", found=size)
    if size == 0:
        return EMPTY_ROOT
    return fold(read_hashes(cover(0, size), read))


def cover(start: int, end: int) -> list[Node]:
    """
    The complete subtrees that the leaves *start* to *end* (excluded) decompose into, the largest first.

    Requires that *start* is a multiple of a power of two not smaller than ``end - start``, as it is for every node.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[Hash]) -> Hash:
    """The hash above adjacent complete subtrees, the largest first (as `cover` gives them); at least one."""
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node


def read_hashes(nodes: Sequence[Node], read: HashReader) -> Sequence[Hash]:
    """Ask *read* once for all *nodes*; not at all for none.  Raises ProofError unless each is answered by a hash."""
    if not nodes:
        return []
    hashes = read(nodes)
    if len(hashes) != len(nodes):
        raise ProofError("the reader did not answer for each node", expected=len(nodes), found=len(hashes))
    for node, found in zip(nodes, hashes, strict=True):
        if len(found) != HASH_SIZE:
            raise ProofError("a stored hash has 32 bytes", node=node, expected=HASH_SIZE, found=len(found))
    return hashes
