"""
Judging only what is new: the entries that were judged before are hashed, the others are judged from there.

Equal roots at a size mean equal bytes up to there, so what the same rules found in them then they would find again.
That holds only where nothing else has changed that the judging looked at: what lies beside the entries (`Chain`), and
the signature lines of the checkpoints that were shown then.  Where one of these differs nothing is judged, and
``PAST_UNKNOWN`` says so: whoever has a whole file verifies all of it again.

Of a continuation, which begins after the entries that were judged, what lay beside those is not shown at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from trail.encoding import Value
from trail.errors import ProofError
from trail.evidence.file import AttachmentItem, PartItem
from trail.evidence.judge import Beside, Ground, digest_of
from trail.evidence.judge_acts import ActJudge
from trail.evidence.memory import Past
from trail.evidence.record import Record
from trail.merkle import Hash, check_consistency

NOTHING: Final = bytes(32)
"""The `Chain` of entries with nothing beside them."""
_KINDS: Final = {PartItem: b"P", AttachmentItem: b"A"}


class Chain:
    """
    A digest over what lies beside entries, in order: ``d = SHA-256(d || position (8 bytes) || kind || digest)``.

    The kind is ``P`` for a body part, ``A`` for an attachment, ``S`` for a state, in small letters if withheld.
    """

    def __init__(self, value: bytes = NOTHING) -> None:
        self.value = value

    def take(self, item: Beside, position: int) -> None:
        """Take one more item, beside the entry at *position*."""
        kind = _KINDS.get(type(item), b"S")
        one = (kind.lower() if item.data is None else kind) + (digest_of(item) or b"")
        self.value = hashlib.sha256(self.value + position.to_bytes(8, "big") + one).digest()


class ResumedJudge(ActJudge):
    """Judges the acts after ``past.size``, and lets those before pass unjudged; see `trail.evidence.judge.Judge`."""

    def __init__(self, ground: Ground, past: Past, scope: Mapping[str, Value]) -> None:
        super().__init__(ground, past)
        self._scope = scope
        self._past = past
        ground.first = past.first
        self._whole = past.start.size == 0
        self._chain = Chain()
        self._same: bool | None = None  # not looked at yet
        self.bodies.resume(past, beside=self._whole)

    def entry(self, entry: bytes, position: int) -> Record | None:
        """Judge one act, if it is new."""
        if position <= self._past.size or not self._is_same():
            return None
        return super().entry(entry, position)

    def beside(self, item: Beside, position: int) -> None:
        """Judge what lies beside a new act; take the digest of what lies beside the others."""
        if position <= self._past.size:
            self._chain.take(item, position)
        elif self._is_same():
            super().beside(item, position)

    def close(self, size: int) -> None:
        """Judge what only the end shows; the checks that are counted are those of the new acts."""
        if self._is_same():
            super().close(size - self._past.size)

    def _is_same(self) -> bool:
        """Whether the entries up to the remembered size, and all that was judged with them, are those of then."""
        if self._same is None:
            reason = self._differs()
            self._same = not reason
            if reason:
                self._find("PAST_UNKNOWN", reason, None, self._past.size)
        return self._same

    def _differs(self) -> str:
        past = self._past
        if self._ground.roots.get(past.size) != past.root:
            return "the entries up to the remembered size are not those that were judged then, or not all there"
        if self._whole and dict(self._scope) != dict(past.scope):
            return "the file is of another scope than the one that was judged then"
        if self._whole and self._chain.value != past.beside:
            return "what lies beside the entries that were judged then is not what it was"
        if any(not lines_at(self._ground, size) >= lines for size, lines in past.lines.items()):
            return "a checkpoint that was shown then, or a signature on it, is not shown any more"
        return ""


def lines_at(ground: Ground, size: int) -> frozenset[bytes]:
    """
    The signature lines of every checkpoint of *size* whose root the entries gave.

    Also of those that no key of the policy signed: a former key of the log may have, and statements name such lines.
    """
    root = ground.roots.get(size)
    return frozenset().union(*(one.lines for one in ground.anchors.at(size) if one.checkpoint.root == root))


def prove_earlier(ground: Ground, past: Past | None, proofs: Mapping[int, Sequence[Hash]], root: Hash) -> None:
    """
    Compare the checkpoints before a continuation with the tree that it goes on from, and this tree's *root*.

    Their entries are not shown, but each brings a consistency proof; without one that holds, nothing rests on it.  One
    that is remembered was compared with the entries themselves.
    """
    after = 0 if past is None else past.start.size
    for size, anchor in ground.anchors.by_size.items():
        if 0 < size < after:
            ground.findings.count(15)
            earlier = anchor.checkpoint.root
            if past is not None and past.lookup.anchor(anchor.note) is not None:
                ground.roots[size] = earlier
                continue
            try:
                check_consistency(proofs.get(size, ()), first=size, second=after, first_root=earlier, second_root=root)
                ground.roots[size] = earlier
            except ProofError as error:
                ground.findings.find("CONSISTENCY_BAD", error.message, size, after, earlier, checkpoint=anchor.note)
    for size in ground.anchors.unsigned.keys() - ground.roots.keys():
        for anchor in ground.anchors.unsigned[size]:  # by a key that the policy does not name: it contradicts nobody
            with suppress(ProofError):
                earlier = anchor.checkpoint.root
                check_consistency(proofs.get(size, ()), first=size, second=after, first_root=earlier, second_root=root)
                ground.roots[size] = earlier
