"""
What the log's own checkpoints say about when its records were signed and recorded, for lookback and questions.

A checkpoint that a witness dated bounds every record it covers from above; a statement that names such a dated
signature bounds itself and everything after it from below.  Without a policy nobody's signature is checked: the times
are what the database says, and the answer says so.  With the inspector's policy only checkpoints under the log's key
count, and only witnesses whose signatures hold.  Neither replaces `trail verify`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from trail.errors import CallerError, NoteError, Refusal
from trail.evidence.anchors import read_anchor
from trail.evidence.moment import MAX_INSTANT
from trail.evidence.record import Record, decode_part
from trail.merkle import parse_checkpoint
from trail.projections.citing import Basis, Bounds, Dated
from trail.projections.lookback_values import Lookback
from trail.signing import Policy, dated_anchor_digest, parse_note, parse_policy
from trail.signing.line import parse_line
from trail.store import IssuedCheckpoint, Reader, Scope

_COSIGNATURE: Final = 72  # bytes after the key id: the time, and an Ed25519 signature


class _Fixed(NamedTuple):
    """A checkpoint that fits the database: root, names on it, when it was seen, and its dated lines by digest."""

    size: int
    root: bytes
    names: tuple[str, ...]
    seen: Dated | None
    lines: Mapping[bytes, Dated]


class LogGround:
    """
    The checkpoints of the log that *reader* reads, for answers over *records*, which are all that it holds.

    *policy*: the inspector's, by which signatures are checked; None: none are.

    Raises:
        CallerError: The policy names no key of this log.
        PolicyError: The policy can't be read.
    """

    def __init__(self, reader: Reader, records: Iterable[Record], policy: Policy | str | bytes | None = None) -> None:
        if isinstance(policy, str | bytes):
            policy = parse_policy(policy)
        self._reader = reader
        self._verified = policy is not None
        self._odd: list[int] = []
        if policy is not None and not policy.log_keys(reader.origin):
            raise CallerError("the policy names no key of this log", advice="Bring the policy for this log.",
                              found=reader.origin)  # fmt: skip
        with reader.snapshot() as view:
            self._fixed = list(self._fitting(view, policy))
        self._sizes, self._seen = _suffix(self._fixed)
        self._by_size = {one.size: one for one in self._fixed}
        self._steps: list[tuple[int, Dated]] = []
        self._follow(records)

    def bounds(self, record: Record) -> Bounds:
        """Between which times *record* was signed and recorded."""
        after = bisect_right(self._steps, record.position, key=lambda step: step[0])
        until = bisect_left(self._sizes, record.position)
        return Bounds(
            signed_not_before=self._named(record),
            not_before=self._steps[after - 1][1] if after else None,
            not_after=self._seen[until] if until < len(self._seen) else None,
            verified=self._verified,
        )

    def before(self, time: int, size: int) -> int:
        """How many of the first *size* positions no dated checkpoint places at *time* (UTC seconds) or later."""
        first = next((position for position, dated in self._steps if dated.time >= time), size + 1)
        return min(size, first - 1)

    def basis(self, size: int, then: int) -> Basis:
        """What an answer from the first *size* records rests on; raises `StoreFailed` where the tree is damaged."""
        root = self._reader.root(size) if size else None
        found = next((one for one in self._fixed if one.size >= size), None)
        if found is None:
            return Basis(size, then, root, odd=tuple(self._odd))
        return Basis(size, then, root, found.size, found.names, self._verified, tuple(self._odd))

    def _fitting(self, reader: Reader, policy: Policy | None) -> Iterator[_Fixed]:
        """The checkpoints that fit the tree as it is stored, by size; of the others the size is kept."""
        head = reader.head().size
        for issued in reader.checkpoints():
            try:
                root = parse_checkpoint(parse_note(issued.note).text).root
                if issued.size > head or reader.root(issued.size) != root:
                    self._odd.append(issued.size)
                    continue
                yield _unverified(issued, root) if policy is None else _verified(issued, root, policy, reader.origin)
            except (NoteError, Refusal):
                self._odd.append(issued.size)

    def _follow(self, records: Iterable[Record]) -> None:
        """The dated anchors that statements name: what a signer had seen was there before they signed."""
        known: set[tuple[int, tuple[bytes, ...]]] = set()
        for record in records:
            seen = record.statement.seen
            if seen is None or not seen.anchors or (seen.size, seen.anchors) in known:
                continue
            known.add((seen.size, seen.anchors))  # most name the same as the one before
            last = self._named(record)
            if last is not None and (not self._steps or last.time > self._steps[-1][1].time):
                self._steps.append((record.position, last))

    def _named(self, record: Record) -> Dated | None:
        """The latest dated anchor that a statement names, on a checkpoint that fits."""
        seen = record.statement.seen
        one = None if seen is None else self._by_size.get(seen.size)
        if seen is None or one is None or one.root != seen.root:
            return None
        dated = (found for digest in seen.anchors if (found := one.lines.get(digest)) is not None)
        return max(dated, key=lambda row: row.time, default=None)


def _unverified(issued: IssuedCheckpoint, root: bytes) -> _Fixed:
    lines: dict[bytes, Dated] = {}
    names: dict[str, None] = {}
    for line in issued.cosignatures:
        signature = parse_line(line)
        names[signature.name] = None
        time = int.from_bytes(signature.data[:8], "big")
        if len(signature.data) == _COSIGNATURE and time <= MAX_INSTANT:
            lines[dated_anchor_digest(line)] = Dated(time, issued.size, (signature.name,))
    seen = min(lines.values(), key=lambda row: row.time, default=None)
    return _Fixed(issued.size, root, tuple(sorted(names)), seen, lines)


def _verified(issued: IssuedCheckpoint, root: bytes, policy: Policy, origin: str) -> _Fixed:
    """Raises `Refusal` where the log's key did not sign it."""
    anchor = read_anchor(issued.cosigned.encode(), policy, origin)
    names = {dated_anchor_digest(line): parse_line(line).name for line in issued.cosignatures}
    lines = {digest: Dated(time, issued.size, (names[digest],)) for digest, time in anchor.dated.items()}
    seen = None
    if anchor.time is not None:
        quorum = anchor.time
        by = tuple(sorted(name for name, time in anchor.times.items() if time <= quorum))
        seen = Dated(quorum, issued.size, by)
    return _Fixed(issued.size, root, tuple(sorted(anchor.times)), seen, lines)


def _suffix(fixed: Sequence[_Fixed]) -> tuple[list[int], list[Dated]]:
    """For each size the earliest time at that size or beyond."""
    rows: list[tuple[int, Dated]] = []
    best: Dated | None = None
    for one in reversed(fixed):
        if one.seen is not None and (best is None or one.seen.time < best.time):
            best = one.seen
        if best is not None:
            rows.append((one.size, best))
    rows.reverse()
    return [size for size, _ in rows], [dated for _, dated in rows]


def texts_of(reader: Reader, records: Iterable[Record]) -> dict[int, str]:
    """The words of the body parts that are at hand, by the position of their record."""
    found: dict[int, str] = {}
    for record in records:
        parts = (reader.part(part.digest) for part in record.statement.parts)
        words = [str(text) for data in parts if data is not None for text in decode_part(data).data.values()]
        if words:
            found[record.position] = " ".join(words)
    return found


def scope_of(found: Lookback) -> Scope:
    """The scope of the evidence file that goes with a lookback: its unit with those below, or its person."""
    return Scope(unit=found.unit, person=found.person)
