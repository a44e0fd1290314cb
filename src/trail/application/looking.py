"""
What the log's own checkpoints say about when its records were signed and recorded: for ledger, status, lookback and
questions, by the same rules as the verifier's (`trail.evidence.intervals`).

Without a policy nobody's signature is checked: nothing is proven, and what the database says of these times serves
only to see through a clock that was turned back.  With the inspector's policy only witnesses count whose signatures
hold, on a root that is that of the database.  It does not replace `trail verify`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Final, NamedTuple

from trail.errors import CallerError, NoteError, Refusal
from trail.evidence.anchors import read_anchor
from trail.evidence.intervals import LowerBounds, UpperBounds, latest_named, latest_of_each
from trail.evidence.moment import MAX_INSTANT
from trail.evidence.record import Record, Seen, decode_part
from trail.merkle import parse_checkpoint
from trail.projections.citing import Basis, Bounds, Dated
from trail.projections.lookback_values import Lookback
from trail.signing import Policy, dated_anchor_digest, parse_note, parse_policy
from trail.signing.line import parse_line
from trail.store import IssuedCheckpoint, Reader, Scope

_COSIGNATURE: Final = 72  # bytes after the key id: the time, and an Ed25519 signature


class _Fixed(NamedTuple):
    """
    A checkpoint that fits the database: root, names on it, when it was seen, and witness and time of its dated lines.

    ``own``: a log key of the policy has signed it.  Where only one did that the policy does not name (before a
    rotation, say), it covers nothing, but what witnesses said of its root stays true, for it is the database's.
    """

    size: int
    root: bytes
    names: tuple[str, ...]
    seen: Dated | None
    lines: Mapping[bytes, tuple[str, int]]
    own: bool = True


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
        self._policy = policy
        self._verified = policy is not None
        self._odd: list[int] = []
        if policy is not None and not policy.log_keys(reader.origin):
            raise CallerError("the policy names no key of this log", advice="Bring the policy for this log.",
                              found=reader.origin)  # fmt: skip
        with reader.snapshot() as view:
            self._fixed = list(self._fitting(view, policy))
        self._by_size = {one.size: one for one in self._fixed}
        self._upper = UpperBounds((one.size, one.seen) for one in self._fixed if one.seen is not None)
        self._lower: LowerBounds[Dated] = LowerBounds(self._named)
        self._follow(records)

    def bounds(self, record: Record) -> Bounds:
        """Between which times *record* was signed and recorded."""
        return Bounds(
            signed_not_before=self._lower.signed(record.statement.seen),
            recorded_not_before=self._lower.recorded(record.position),
            not_after=self._upper.at(record.position),
            verified=self._verified,
        )

    def at(self, position: int) -> Bounds:
        """Between which times the record at *position* was signed and recorded; raises `CallerError`: there is none."""
        for record in self._reader.records(position, position):
            return self.bounds(record)
        raise CallerError("no entry at this position", position=position)

    def before(self, time: int, size: int) -> int:
        """How many of the first *size* positions no dated checkpoint places at *time* (UTC seconds) or later."""
        steps = self._lower.steps()
        first = next((position for position, dated in steps if dated.time >= time), size + 1)
        return min(size, first - 1)

    def basis(self, size: int, then: int) -> Basis:
        """What an answer from the first *size* records rests on; raises `StoreFailed` where the tree is damaged."""
        root = self._reader.root(size) if size else None
        found = next((one for one in self._fixed if one.own and one.size >= size), None)
        if found is None:
            return Basis(size, then, root, verified=self._verified, odd=tuple(self._odd))
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
                one = _unverified(issued, root) if policy is None else _verified(issued, root, policy, reader.origin)
                if not one.own:
                    self._odd.append(issued.size)
                yield one
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
            self._lower.take(record.position, seen)

    def _named(self, seen: Seen) -> list[Dated] | None:
        """What the anchors prove that a statement names, on a checkpoint that fits; None: on none that does."""
        one = self._by_size.get(seen.size)
        if one is None or one.root != seen.root:
            return None
        named = [found for digest in seen.anchors if (found := one.lines.get(digest)) is not None]
        time = _said(named) if self._policy is None else latest_named(self._policy, named)
        if time is None:
            return []
        return [Dated(time, one.size, tuple(sorted({name for name, at in named if at >= time})))]


def _said(named: Iterable[tuple[str, int]]) -> int | None:
    """Without a policy: the time from which on more than half of the names had spoken."""
    times = sorted(latest_of_each(named).values(), reverse=True)
    return times[len(times) // 2] if times else None


def _unverified(issued: IssuedCheckpoint, root: bytes) -> _Fixed:
    lines: dict[bytes, tuple[str, int]] = {}
    names: dict[str, None] = {}
    for line in issued.cosignatures:
        signature = parse_line(line)
        names[signature.name] = None
        time = int.from_bytes(signature.data[:8], "big")
        if len(signature.data) == _COSIGNATURE and time <= MAX_INSTANT:
            lines[dated_anchor_digest(line)] = (signature.name, time)
    name, first = min(lines.values(), key=itemgetter(1), default=("", None))
    seen = None if first is None else Dated(first, issued.size, (name,))
    return _Fixed(issued.size, root, tuple(sorted(names)), seen, lines)


def _verified(issued: IssuedCheckpoint, root: bytes, policy: Policy, origin: str) -> _Fixed:
    """Raises `Refusal` where it is malformed, of another log, or forged."""
    anchor = read_anchor(issued.cosigned.encode(), policy, origin, unsigned=True)
    seen = None
    if anchor.time is not None:
        quorum = anchor.time
        by = tuple(sorted(name for name, time in anchor.times.items() if time <= quorum))
        seen = Dated(quorum, issued.size, by)
    return _Fixed(issued.size, root, tuple(sorted(anchor.times)), seen, anchor.dated, bool(anchor.log_keys))


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
