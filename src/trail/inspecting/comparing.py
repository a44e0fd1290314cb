"""
Two inspectors' memories beside each other: has the log told both of them the same?

Each remembers signed checkpoints.  At a size that both remember the roots decide: two roots are a fork, proven by the
two notes alone; one root says that both saw the same log up to there.  From then on the longer memory goes on from the
shorter only if that is shown: the largest size of the shorter must be one that the other remembers too, or an evidence
file gives both trees.  Otherwise it can't be told, and the answer says what to ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import BinaryIO, Final, NamedTuple

from trail.evidence.file import ConsistencyItem, EntryItem, Header, read_evidence
from trail.inspecting.state import Remembered, State
from trail.merkle import Frontier, leaf_hash

SAME: Final = "same"
EXTENDS: Final = "extends"
FORK: Final = "fork"
UNTOLD: Final = "untold"


class Comparison(NamedTuple):
    """
    One log in two memories: ``result`` is ``same``, ``extends``, ``fork`` or ``untold``.

    ``sizes`` are the largest that each remembers; ``common`` those at which the two were compared; ``first`` and
    ``second`` are two notes that exclude each other, at a fork.
    """

    origin: str
    result: str
    sizes: tuple[int, int]
    common: tuple[int, ...]
    first: bytes = b""
    second: bytes = b""


def compare(first: State, second: State, evidence: BinaryIO | None = None) -> list[Comparison]:
    """
    Compare what two memories hold of every log that both know; *evidence* is a whole evidence file of one of them.

    Raises:
        StateDamaged, StoreFailed: A memory can't be read.
    """
    common = sorted(set(first.origins()) & set(second.origins()))
    held = {origin: (first.checkpoints(origin), second.checkpoints(origin)) for origin in common}
    wanted = {origin: {one.size for rows in both for one in rows} for origin, both in held.items()}
    origin, roots = ("", {}) if evidence is None else _roots(evidence, wanted)
    return [
        _compared(name, mine, theirs, roots if name == origin else {})
        for name, (mine, theirs) in held.items()
        if mine and theirs
    ]


def _roots(stream: BinaryIO, wanted: Mapping[str, set[int]]) -> tuple[str, dict[int, bytes]]:
    """The roots of the evidence's tree at the sizes that are wanted; nothing of it is believed but its hashes."""
    frontier, origin, sizes = Frontier(), "", set[int]()
    roots: dict[int, bytes] = {}
    for item in read_evidence(stream):
        if isinstance(item, Header):
            origin, sizes = item.origin, wanted.get(item.origin, set())
            if item.after:
                return "", {}
        elif isinstance(item, EntryItem):
            frontier.append(leaf_hash(item.entry))
            if frontier.size in sizes:
                roots[frontier.size] = frontier.root()
        elif isinstance(item, ConsistencyItem):
            return "", {}
    return origin, roots


def _compared(
    origin: str, mine: Sequence[Remembered], theirs: Sequence[Remembered], roots: Mapping[int, bytes]
) -> Comparison:
    sizes = (max(one.size for one in mine), max(one.size for one in theirs))
    at = {one.size: one for one in mine}
    common = []
    for other in theirs:
        one = at.get(other.size)
        if one is not None:
            common.append(other.size)
            if one.root != other.root:
                return Comparison(origin, FORK, sizes, tuple(common), one.note, other.note)
    if sizes[0] == sizes[1]:
        return Comparison(origin, SAME, sizes, tuple(common))
    low = min(sizes)
    if low in common:
        return Comparison(origin, EXTENDS, sizes, tuple(common))
    return _by_evidence(origin, mine, theirs, roots, sizes, tuple(common))


def _by_evidence(
    origin: str,
    mine: Sequence[Remembered],
    theirs: Sequence[Remembered],
    roots: Mapping[int, bytes],
    sizes: tuple[int, int],
    common: tuple[int, ...],
) -> Comparison:
    """
    The evidence gives the tree of one of the two; that of the other is the same tree, or the log told two.

    It accuses only where it gives a root that one of them remembers at a larger size: then its tree is that one's.
    """
    for ours, others in ((mine, theirs), (theirs, mine)):
        agreed = [one for one in ours if roots.get(one.size) == one.root]
        top = max((one.size for one in agreed), default=0)
        below = [one for one in others if one.size <= top and one.size in roots]
        wrong = [one for one in below if roots[one.size] != one.root]
        if wrong:
            newest = next(one for one in agreed if one.size == top)
            first, second = (newest, wrong[0]) if ours is mine else (wrong[0], newest)
            return Comparison(origin, FORK, sizes, (*common, wrong[0].size), first.note, second.note)
        if top == max(sizes) and any(one.size == min(sizes) for one in below):
            return Comparison(origin, EXTENDS, sizes, (*common, min(sizes)))
    return Comparison(origin, UNTOLD, sizes, common)
