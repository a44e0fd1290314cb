"""
Checkpoints under a policy: which of them the inspector may lean on, and what they prove about time.

A checkpoint that carries the log's signature and satisfies the policy's quorum anchors every position up to its
size: what stood there had been seen, by a quorum, not after the earliest time by which one stood.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trail.errors import NoteError, Refusal, SignatureError
from trail.evidence.moment import MAX_INSTANT
from trail.evidence.refusals import refuse
from trail.merkle import Checkpoint, parse_checkpoint
from trail.signing.line import dated_anchor_digest
from trail.signing.note import Note, open_note, parse_note
from trail.signing.policy import Policy

TOLERANCE: Final = 300  # seconds by which two honest clocks may differ


@dataclass(frozen=True, slots=True)
class Anchor:
    """
    A checkpoint with the log's signature: its size and root, the policy's witnesses by name and time.

    ``satisfied`` says that the quorum stands, ``time`` since when (None: a policy without quorum proves no time);
    ``dated`` maps the digest of each verified cosignature line to its time, ``lines`` holds those of all lines;
    ``latest`` is each witness's latest time, which alone says how fresh the checkpoint is.
    """

    checkpoint: Checkpoint
    note: bytes
    times: dict[str, int]
    satisfied: bool
    time: int | None
    latest: dict[str, int]
    dated: dict[bytes, int]
    lines: frozenset[bytes]
    bad: tuple[Refusal, ...]


def read_anchor(note: bytes, policy: Policy, origin: str) -> Anchor:
    """
    Read one checkpoint of *origin* under *policy*.

    A bad cosignature of a known witness does not count and is kept in ``bad``, so that it can't hide the others.

    Raises:
        Refusal: Check 2: malformed, foreign, or not signed by the log.
    """
    try:
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
    except NoteError as error:
        raise refuse("CHECKPOINT_MALFORMED", error.message, found=note) from None
    if checkpoint.origin != origin:
        raise refuse("CHECKPOINT_FOREIGN", "a checkpoint of another log", origin, checkpoint.origin)
    try:
        open_note(parsed, policy.log_keys(origin))
    except SignatureError as error:
        code = "CHECKPOINT_FOREIGN" if error.code == "NOTE_UNSIGNED" else "CHECKPOINT_FORGED"
        raise refuse(code, error.message, found=note) from None
    verified = []
    bad = []
    known = {(key.name, key.id): key for key in policy.witnesses.values()}
    for signature in parsed.signatures:
        key = known.get((signature.name, signature.id))
        if key is None:
            continue
        try:
            # One line at a time: a bad one, which anybody can write, must not take a good one with it.
            verified.extend(open_note(Note(parsed.text, (signature,)), (key,)))
        except SignatureError as error:
            bad.append(refuse("COSIGNATURE_BAD", error.message, found=note))
    verified = [v for v in verified if v.time is not None and v.time <= MAX_INSTANT]
    times = policy.times(verified)
    names = {key: name for name, key in policy.witnesses.items()}
    latest: dict[str, int] = {}
    for one in verified:
        latest[names[one.key]] = max(one.time or 0, latest.get(names[one.key], 0))
    dated = {dated_anchor_digest(v.signature.line): v.time for v in verified if v.time is not None}
    satisfied = policy.satisfied(times)
    lines = frozenset(dated_anchor_digest(signature.line) for signature in parsed.signatures)
    time = policy.earliest_quorum(times)
    return Anchor(checkpoint, note, times, satisfied, time, latest, dated, lines, tuple(bad))


def is_fresh(anchor: Anchor, policy: Policy, now: int, days: int) -> bool:
    """
    Whether a quorum had seen the checkpoint within the last *days*, by times that are not in the future.

    Each of the quorum must have: one witness who dates ahead must not make the others' old word a new one.
    """
    recent = {name for name, time in anchor.latest.items() if now - days * 86_400 <= time <= now + TOLERANCE}
    return policy.quorum is not None and policy.satisfied(recent)


class Anchors:
    """All anchors of some evidence, by size."""

    def __init__(self) -> None:
        self.by_size: dict[int, Anchor] = {}
        self._largest = -1
        self._sizes: list[int] = []
        self._times: list[int] = []

    def add(self, anchor: Anchor) -> bool:
        """
        Take one more; says whether it is larger than those before it.

        Raises:
            Refusal: Check 2: another root at a size that is there already.
        """
        size = anchor.checkpoint.size
        other = self.by_size.get(size)
        if other is not None and other.checkpoint.root != anchor.checkpoint.root:
            raise refuse("CHECKPOINT_FORK", "the log signed two roots at one size", other.note, anchor.note)
        ascending = size > self._largest
        self._largest = max(size, self._largest)
        self.by_size.setdefault(size, anchor)
        return ascending

    def settle(self) -> None:
        """Prepare `not_after`: for each size, the earliest time of any quorum at that size or beyond."""
        self._sizes, self._times = [], []
        best: int | None = None
        for size in sorted(self.by_size, reverse=True):
            time = self.by_size[size].time
            if time is not None and (best is None or time < best):
                best = time
            if best is not None:
                self._sizes.append(size)
                self._times.append(best)
        self._sizes.reverse()
        self._times.reverse()

    def not_after(self, position: int) -> int | None:
        """The time by which a quorum had seen *position*; None where that is not proven."""
        at = bisect_left(self._sizes, position)
        return self._times[at] if at < len(self._sizes) else None

    def anchored_before(self, time: int) -> int:
        """The largest size that a quorum had seen before *time*, 0 if none."""
        at = bisect_left(self._times, time)  # later sizes were never seen earlier, so the times ascend as well
        return self._sizes[at - 1] if at else 0

    def shown(self, size: int, digests: Iterable[bytes]) -> bool:
        """Whether every one of *digests* is a signature line of the checkpoint at *size* that the evidence carries."""
        anchor = self.by_size.get(size)
        return anchor is not None and anchor.lines.issuperset(digests)

    def dated(self, size: int, root: bytes, digests: Iterable[bytes]) -> list[int]:
        """The times of those *digests* that are verified cosignatures on the checkpoint of this size and root."""
        anchor = self.by_size.get(size)
        if anchor is None or anchor.checkpoint.root != root:
            return []
        return [anchor.dated[digest] for digest in digests if digest in anchor.dated]
