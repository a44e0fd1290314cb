"""
Inclusion and consistency proofs, and the text in which an inclusion proof leaves the house.

**Inclusion**: the leaf with 0-based *index* is in the tree of *size* leaves with this root.  The proof is the hashes
beside the path from the leaf up, the leaf's sibling first.  RFC 6962, section 2.1.1; checked by RFC 9162, 2.1.3.2.

**Consistency**: the tree of *second* leaves begins with the *first* leaves of the other.  RFC 6962, section 2.1.2;
checked by RFC 9162, 2.1.4.2, which requires 0 < first < second.  For equal sizes the proof is empty and the roots are
the same.  From an empty tree nothing can be proven: both functions refuse it, and whoever speaks a protocol that admits
it (a witness) says so there.

**The proof as text** (C2SP ``tlog-proof``), a file ``*.tlog-proof``::

    c2sp.org/tlog-proof@v1
    extra <base64>                  optional, not authenticated
    index <0-based index>
    <base64 of a hash>              none or more, at most 63, the leaf's sibling first
    <empty line>
    <signed checkpoint, verbatim, with its cosignatures>

Numbers are decimal without leading zeros, base64 is standard, padded and canonical, lines end in a line feed alone.
A format that differs would have another first line.

>>> from trail.merkle.tree import Frontier, leaf_hash
>>> leaves = [leaf_hash(bytes([n])) for n in range(5)]
>>> tree, stored = Frontier(), {}
>>> for position, leaf in enumerate(leaves, 1):
...     row = tree.append(leaf)
...     stored |= {(level, (position >> level) - 1): row[32 * level :][:32] for level in range(len(row) // 32)}
>>> read = lambda nodes: [stored[node] for node in nodes]
>>> proof = prove_inclusion(3, 5, read)
>>> check_inclusion(proof, index=3, size=5, leaf=leaves[3], root=tree.root())
>>> check_inclusion(proof[:-1], index=3, size=5, leaf=leaves[3], root=tree.root())
Traceback (most recent call last):
    ...
trail.errors.ProofError: an inclusion proof for index 3 of 5 has 3 hashes, not 2
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from trail.errors import CallerError, NoteError, ProofError
from trail.merkle.tree import HASH_SIZE, MAX_SIZE, Hash, HashReader, Node, cover, fold, node_hash, read_hashes

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
"""First line of an inclusion proof as text; names the format and its version."""
MAX_PROOF = 63
"""Most hashes of an inclusion proof: the height of the tallest tree."""
MAX_EXTRA = 1 << 16
"""Most bytes of opaque data in an inclusion proof as text."""


def prove_inclusion(index: int, size: int, read: HashReader) -> list[Hash]:
    """
    The proof that the leaf at *index* is in the tree of *size* leaves, from O(log size) hashes read in one call.

    Requires ``0 <= index < size``.

    Raises:
        CallerError: *index* or *size* is out of range.
        ProofError: *read* does not answer with one hash for each node.
    """
    if not 0 <= index < size:
        raise CallerError(f"no leaf {index} in a tree of {size} leaves", index=index, size=size)
    start, end = 0, size
    path: list[list[Node]] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(cover(middle, end))
            end = middle
        else:
            path.append(cover(start, middle))
            start = middle
    return _read_path(path, read)


def check_inclusion(proof: Sequence[Hash], *, index: int, size: int, leaf: Hash, root: Hash) -> None:
    """
    Check that *proof* shows *leaf* (a leaf hash) at *index* in the tree of *size* leaves with hash *root*.

    Requires ``0 <= index < size``.  RFC 9162, section 2.1.3.2.

    Raises:
        ProofError: The proof does not lead to *root*; ``expected`` and ``found`` hold both sides.
    """
    if not 0 <= index < size:
        raise ProofError(f"no leaf {index} in a tree of {size} leaves", index=index, size=size)
    _check_hashes(proof, leaf, root)
    # One hash for each level where the path has a sibling: below the highest bit in which index and last differ
    # every level has one, above it only those where the path is a right child.
    inner = (index ^ (size - 1)).bit_length()
    wanted = inner + (index >> inner).bit_count()
    if len(proof) != wanted:
        raise ProofError(
            f"an inclusion proof for index {index} of {size} has {wanted} hashes, not {len(proof)}",
            expected=wanted, found=len(proof),
        )  # fmt: skip
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or node != root:
        raise ProofError(
            f"the proof for index {index} of {size} leads to another root", expected=root.hex(), found=node.hex()
        )


def prove_consistency(first: int, second: int, read: HashReader) -> list[Hash]:
    """
    The proof that the tree of *second* leaves extends that of *first*, from O(log second) hashes read in one call.

    Requires ``0 < first <= second``; empty for equal sizes.

    Raises:
        CallerError: The sizes are out of range.
        ProofError: *read* does not answer with one hash for each node.
    """
    if not 0 < first <= second:
        raise CallerError(f"no consistency proof from {first} to {second} leaves", first=first, second=second)
    start, end = 0, second
    path: list[list[Node]] = []
    while end != first:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(cover(middle, end))
            end = middle
        else:
            path.append(cover(start, middle))
            start = middle
    if start:  # else the whole first tree is a node of the second, and its root is known to whoever checks
        path.append(cover(start, end))
    return _read_path(path, read)


def check_consistency(proof: Sequence[Hash], *, first: int, second: int, first_root: Hash, second_root: Hash) -> None:
    """
    Check that the tree of *second* leaves with *second_root* begins with the tree of *first* leaves with *first_root*.

    Requires ``0 < first <= second``.  RFC 9162, section 2.1.4.2; for equal sizes an empty proof and equal roots.

    Raises:
        ProofError: The proof does not lead to both roots; ``expected`` and ``found`` hold both sides.
    """
    if not 0 < first <= second:
        raise ProofError(f"nothing can be proven from {first} to {second} leaves", first=first, second=second)
    wanted = 0 if first == second else _consistency_length(first, second)
    if len(proof) != wanted:
        raise ProofError(
            f"a consistency proof from {first} to {second} leaves has {wanted} hashes, not {len(proof)}",
            expected=wanted, found=len(proof),
        )  # fmt: skip
    if first == second:
        if first_root != second_root:
            raise ProofError(
                f"two roots for one tree of {first} leaves", expected=first_root.hex(), found=second_root.hex()
            )
        return
    _check_hashes(proof, first_root, second_root)
    whole = first & (first - 1) == 0  # then the first tree is a node of the second, and its root starts the path
    path = [first_root, *proof] if whole else list(proof)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    if old != first_root:
        raise ProofError(
            f"the proof leads to another root of {first} leaves", expected=first_root.hex(), found=old.hex()
        )
    if sn != 0 or new != second_root:
        raise ProofError(
            f"the proof leads to another root of {second} leaves", expected=second_root.hex(), found=new.hex()
        )


@dataclass(frozen=True, slots=True)
class ProofText:
    """
    What an inclusion proof as text says; nothing of it is verified.

    *note* is the signed checkpoint verbatim: size and root come from there, once its signatures are verified.
    *extra* is opaque and not authenticated.
    """

    index: int
    hashes: tuple[Hash, ...]
    note: str
    extra: bytes | None = None


def format_proof(index: int, hashes: Sequence[Hash], note: str, extra: bytes | None = None) -> str:
    """
    An inclusion proof and the signed checkpoint *note* that it leads to as one text.

    Raises:
        NoteError: `parse_proof` would not read it back the same.
    """
    lines = [PROOF_HEADER]
    if extra is not None:
        lines.append("extra " + base64.b64encode(extra).decode("ascii"))
    lines.append(f"index {index}")
    lines += [base64.b64encode(node).decode("ascii") for node in hashes]
    text = "\n".join(lines) + "\n\n" + note
    if parse_proof(text) != ProofText(index, tuple(hashes), note, extra):
        raise NoteError("this proof can't be written as text", index=index)
    return text


def parse_proof(text: str) -> ProofText:
    """
    Read an inclusion proof as text; the note within is only set apart, to be opened with the keys of a policy.

    Raises:
        NoteError: *text* is not of the form above.
    """
    head, blank, note = text.partition("\n\n")
    if not blank or not note:
        raise NoteError("a proof holds an empty line and then a checkpoint")
    lines = head.split("\n")
    if lines.pop(0) != PROOF_HEADER:
        raise NoteError(f"a proof begins with the line {PROOF_HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0)[len("extra ") :])
        if not 0 < len(extra) <= MAX_EXTRA:
            raise NoteError(f"extra data of 1 to {MAX_EXTRA} bytes", found=len(extra))
    if not lines or not lines[0].startswith("index "):
        raise NoteError("the line with the index is missing")
    index = parse_decimal(lines.pop(0)[len("index ") :])
    if len(lines) > MAX_PROOF:
        raise NoteError(f"{len(lines)} hashes, of at most {MAX_PROOF}", expected=MAX_PROOF, found=len(lines))
    return ProofText(index, tuple(parse_hash(line) for line in lines), note, extra)


def parse_decimal(text: str) -> int:
    """The number up to 2^63-1 that *text* is, in ASCII digits without leading zeros.  Raises NoteError otherwise."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text) or int(text) > MAX_SIZE:
        raise NoteError(f"not a decimal number in its only spelling: {text[:40]!r}", found=text[:40])
    return int(text)


def parse_base64(text: str) -> bytes:
    """The bytes that *text* spells in standard, padded, canonical base64.  Raises NoteError otherwise."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        data = None
    if data is None or base64.b64encode(data).decode("ascii") != text:
        raise NoteError(f"not canonical base64: {text[:80]!r}", found=text[:80])
    return data


def parse_hash(text: str) -> Hash:
    """The 32 bytes that *text* spells in base64.  Raises NoteError otherwise."""
    data = parse_base64(text)
    if len(data) != HASH_SIZE:
        raise NoteError(f"a hash has 32 bytes, not {len(data)}", expected=HASH_SIZE, found=len(data))
    return data


def _split(count: int) -> int:
    """The largest power of two smaller than *count*; requires ``count > 1``."""
    return 1 << (count - 1).bit_length() - 1


def _read_path(path: list[list[Node]], read: HashReader) -> list[Hash]:
    """The hash of each range of *path*, the lowest (last found) first, from one call of *read*."""
    hashes = iter(read_hashes([node for nodes in path for node in nodes], read))
    proof = [fold([next(hashes) for _ in nodes]) for nodes in path]
    return proof[::-1]


def _consistency_length(first: int, second: int) -> int:
    """Hashes in a consistency proof for ``0 < first < second``: an inclusion path that starts higher up."""
    shift = (first & -first).bit_length() - 1
    fn, sn = (first - 1) >> shift, (second - 1) >> shift
    inner = (fn ^ sn).bit_length()
    return inner + (fn >> inner).bit_count() + (fn != 0)


def _check_hashes(proof: Sequence[Hash], *others: Hash) -> None:
    """Anything but 32 bytes could be read as a node and half of another."""
    for found in (*proof, *others):
        if type(found) is not bytes or len(found) != HASH_SIZE:
            raise ProofError("a hash has 32 bytes", expected=HASH_SIZE, found=len(found))
