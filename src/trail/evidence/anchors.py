"""
Checkpoints under a policy: which of them the inspector may lean on, and what they prove about time.

A checkpoint that carries the log's signature and satisfies the policy's quorum anchors every position up to its
size: what stood there had been seen, by a quorum, not after the earliest time by which one stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from trail.errors import NoteError, Refusal, SignatureError
from trail.evidence.intervals import TOLERANCE, UpperBounds
from trail.evidence.moment import MAX_INSTANT
from trail.evidence.refusals import refuse
from trail.merkle import Checkpoint, parse_checkpoint
from trail.signing.line import dated_anchor_digest
from trail.signing.note import Note, NoteKey, open_note, parse_note
from trail.signing.policy import Policy

__all__ = ["TOLERANCE", "Anchor", "Anchors", "is_fresh", "read_anchor"]

MAX_OF_A_SIZE: Final = 8
"""Most notes of one size that no log key of the policy has signed, most of sizes beyond the last entry, most rivals."""
MAX_UNSIGNED_BYTES: Final = 1 << 26
"""Most bytes of such notes that are kept, each counted with `NOTE_COST` more."""
NOTE_COST: Final = 1 << 10
MAX_REFUSED: Final = 1_000
"""Most notes that are refused one by one: whoever goes on after them is not read on."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """
    A checkpoint with the log's signature: its size and root, the policy's witnesses by name and time.

    ``log_keys`` are the policy's keys of the log that signed it; none where only a key signed that the policy does not
    name, and then it anchors nothing, though what its witnesses said of its root stays true (`evidence.logkeys`).
    ``satisfied`` says that the quorum stands, ``time`` since when (None: a policy without quorum proves no time);
    ``dated`` maps the digest of each verified cosignature line to its witness and time, ``lines`` holds those of all
    lines;
    ``latest`` is each witness's latest time, which alone says how fresh the checkpoint is.
    """

    checkpoint: Checkpoint
    note: bytes
    times: dict[str, int]
    satisfied: bool
    time: int | None
    latest: dict[str, int]
    dated: dict[bytes, tuple[str, int]]
    lines: frozenset[bytes]
    bad: tuple[Refusal, ...]
    log_keys: tuple[NoteKey, ...] = ()


def read_anchor(note: bytes, policy: Policy, origin: str, *, unsigned: bool = False) -> Anchor:
    """
    Read one checkpoint of *origin* under *policy*.

    A bad cosignature of a known witness does not count and is kept in ``bad``, so that it can't hide the others.
    With *unsigned*, one that no key of the policy signed for the log is given too, without ``log_keys``.

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
    signed: tuple[NoteKey, ...] = ()
    try:
        signed = tuple(one.key for one in open_note(parsed, policy.log_keys(origin)))
    except SignatureError as error:
        if error.code != "NOTE_UNSIGNED":
            raise refuse("CHECKPOINT_FORGED", error.message, found=note) from None
        if not unsigned:
            raise refuse("CHECKPOINT_FOREIGN", error.message, found=note) from None
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
    dated = {dated_anchor_digest(v.signature.line): (names[v.key], v.time) for v in verified if v.time is not None}
    satisfied = bool(signed) and policy.satisfied(times)
    lines = frozenset(dated_anchor_digest(signature.line) for signature in parsed.signatures)
    time = policy.earliest_quorum(times)
    return Anchor(checkpoint, note, times, satisfied, time, latest, dated, lines, tuple(bad), signed)


def is_fresh(anchor: Anchor, policy: Policy, now: int, days: int) -> bool:
    """
    Whether a quorum had seen the checkpoint within the last *days*, by times that are not in the future.

    Each of the quorum must have: one witness who dates ahead must not make the others' old word a new one.
    """
    recent = {name for name, time in anchor.latest.items() if now - days * 86_400 <= time <= now + TOLERANCE}
    return policy.quorum is not None and policy.satisfied(recent)


class Anchors:
    """
    All anchors of some evidence, by size; ``upper`` is what they prove once they are settled.

    ``unsigned`` are those that no log key of the policy has signed, by size too; ``rivals`` those that one has signed
    and that say another root than the first of their size: whether the log is to blame is judged at the end.

    Anybody can write unsigned ones, and repeat any, without end: only so many are kept.  ``reach`` is the size of the
    tree that is announced, None if none is.
    """

    def __init__(self) -> None:
        self.by_size: dict[int, Anchor] = {}
        self.unsigned: dict[int, list[Anchor]] = {}
        self.rivals: dict[int, list[Anchor]] = {}
        self.reach: int | None = None
        self.refused = 0
        self._largest = -1
        self._beyond = 0
        self._bytes = 0
        self._lines: dict[int, frozenset[bytes]] = {}
        self.upper: UpperBounds[int] = UpperBounds()

    def add(self, anchor: Anchor) -> bool:
        """
        Take one more; says whether it has a place: larger than those before it, or a rival of one of them.

        One that no log key of the policy signed may be as large as the one before it, and is kept only in its place.
        """
        size = anchor.checkpoint.size
        if not anchor.log_keys:  # anybody can write one: it contradicts nobody
            return self._stranger(anchor, size)
        other = self.by_size.get(size)
        if other is not None and other.checkpoint.root != anchor.checkpoint.root:
            rivals = self.rivals.setdefault(size, [])
            if len(rivals) == MAX_OF_A_SIZE:
                self.refused += 1
                return False
            rivals.append(anchor)
            return True
        ascending = size >= self._largest and other is None
        self.refused += not ascending
        self._largest = max(size, self._largest)
        self.by_size.setdefault(size, anchor)
        return ascending

    def _stranger(self, anchor: Anchor, size: int) -> bool:
        beyond = self.reach is not None and size > self.reach
        cost = len(anchor.note) + NOTE_COST
        same = self.unsigned.get(size, [])
        full = len(same) == MAX_OF_A_SIZE or (beyond and self._beyond == MAX_OF_A_SIZE)
        if size < self._largest or full or self._bytes + cost > MAX_UNSIGNED_BYTES:
            self.refused += 1
            return False
        self._largest = size
        self._bytes += cost
        self._beyond += beyond
        self.unsigned[size] = [*same, anchor]
        return True

    def settle(self) -> None:
        """Prepare `not_after` and `missing`: all checkpoints were added."""
        sizes = self.by_size.keys() | self.unsigned.keys()
        self._lines = {size: frozenset().union(*(one.lines for one in self.at(size))) for size in sizes}
        self.upper = UpperBounds((one.checkpoint.size, one.time) for one in self.all() if one.time is not None)

    @property
    def flooded(self) -> bool:
        """Whether more notes were refused than anybody would write by mistake."""
        return self.refused > MAX_REFUSED

    def signed(self) -> Iterator[Anchor]:
        """Every checkpoint that a log key of the policy has signed."""
        yield from self.by_size.values()
        for some in self.rivals.values():
            yield from some

    def all(self) -> Iterator[Anchor]:
        """Every checkpoint, those first that a log key of the policy has signed."""
        yield from self.signed()
        for some in self.unsigned.values():
            yield from some

    def at(self, size: int) -> Iterator[Anchor]:
        """Every checkpoint of *size*."""
        if size in self.by_size:
            yield self.by_size[size]
        yield from self.rivals.get(size, ())
        yield from self.unsigned.get(size, ())

    def held(self, roots: Mapping[int, bytes]) -> UpperBounds[int]:
        """What those anchors prove whose root is the one in *roots*, of the tree that the entries gave."""
        return UpperBounds(
            (one.checkpoint.size, one.time)
            for one in self.all()
            if one.time is not None and roots.get(one.checkpoint.size) == one.checkpoint.root
        )

    def not_after(self, position: int) -> int | None:
        """The time by which a quorum had seen *position*; None where that is not proven."""
        return self.upper.at(position)

    def anchored_before(self, time: int) -> int:
        """The largest size that a quorum had seen before *time*, 0 if none."""
        return self.upper.before(time)

    def missing(self, size: int, digests: Iterable[bytes]) -> list[bytes] | None:
        """
        Those of *digests* that are no signature line of the checkpoints at *size*; None where there is no checkpoint.
        """
        lines = self._lines.get(size)
        return None if lines is None else [digest for digest in digests if digest not in lines]

    def dated(self, size: int, root: bytes, digests: Iterable[bytes]) -> list[tuple[str, int]]:
        """
        Witness and time of those *digests* that are verified cosignatures on the checkpoint of this size and root.
        """
        dated: dict[bytes, tuple[str, int]] = {}
        for one in self.at(size):
            if one.checkpoint.root == root:
                dated |= one.dated
        return [dated[digest] for digest in digests if digest in dated]
