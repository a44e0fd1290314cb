"""
Times (check 20): what is claimed, what the log's clock read, and what is proven; never mixed, and only remarked on.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from trail.evidence.intervals import TOLERANCE, Interval, LowerBounds, Proven, UpperBounds, latest_named, proven
from trail.evidence.judge import Ground
from trail.evidence.memory import Past
from trail.evidence.moment import Happened
from trail.evidence.opaque import OpaqueEntry
from trail.evidence.record import Record, Seen
from trail.evidence.verdict import MAX_LISTED


class ActTimes(NamedTuple):
    """
    The times of one entry: claimed, read off the log's clock, and the lower bounds that are proven.

    ``event`` is the event's id, in hexadecimal; of an application's event, which claims no time, its originator and
    version.  The upper bound is known when all entries were read and compared with the checkpoints: `interval`.
    """

    position: int
    event: str
    type: str
    happened: Happened | None
    recorded: int
    signed_not_before: int | None
    recorded_not_before: int | None

    def interval(self, upper: UpperBounds[int]) -> Interval:
        """What is proven, with the upper bounds of the report (``report.times.upper``)."""
        return Interval(self.signed_not_before, self.recorded_not_before, upper.at(self.position))


class Kept(NamedTuple):
    """
    What a run leaves to a later one that goes on from it.

    ``recorded`` is the log's last clock reading, ``signed_after`` how many statements have a lower bound, ``steps`` the
    lower bounds, ``signed`` the positions that each key signed in this run.
    """

    recorded: int
    signed_after: int
    steps: tuple[tuple[int, int], ...]
    signed: dict[bytes, tuple[int, ...]]


class Times:
    """
    The times of one run; `take` every record in order, or `clock` where an entry has no other time.

    Of what a statement names only what was compared counts: `seen` takes it, once for all that name the same.
    *past* is what was judged before, if it does not begin here.
    """

    def __init__(self, ground: Ground, past: Past | None = None) -> None:
        self._ground = ground
        self._anchors = ground.anchors
        self._find = ground.findings.find
        self._told = ground.times
        self._recorded = 0
        self._until = 0  # the last position for which `_not_after` holds
        self._not_after: int | None = None
        self._not_before: int | None = None
        self._named: int | None = None  # the lower bound of whatever names what was compared last
        self._signed = 0
        self._signed_at: dict[bytes, array[int]] = {}
        self.lower: LowerBounds[int] = LowerBounds(self._dated)
        self._past = past
        if past is not None:
            self._recorded, self._signed = past.recorded, past.signed_after
            self.lower = LowerBounds(self._dated, past.steps)
            self._not_before = self.lower.recorded(past.size)

    def _dated(self, seen: Seen) -> tuple[int, ...]:
        named = self._anchors.dated(seen.size, seen.root, seen.anchors)
        time = latest_named(self._ground.policy, named)
        return () if time is None else (time,)

    def seen(self, position: int, seen: Seen) -> None:
        """Take what a statement names, a checkpoint that was compared: it was signed no earlier than that."""
        self._named = self.lower.take(position, seen)
        self._not_before = self.lower.recorded(position)

    def clock(self, position: int, recorded: int) -> None:
        """Compare the log's clock reading with the one before it and with the proven interval."""
        if recorded < self._recorded:
            self._find("CLOCK_STEP", "the log's clock stepped back", position, self._recorded, recorded)
        self._recorded = recorded
        if position > self._until:
            self._until, self._not_after = self._anchors.upper.piece(position)
        first, last = self._not_before, self._not_after
        if (last is not None and recorded > last + TOLERANCE) or (first is not None and recorded < first - TOLERANCE):
            self._find("RECORDED_OUTSIDE_INTERVAL", "the log's clock reading lies outside the proven interval",
                       position, [first, last], recorded)  # fmt: skip

    def event(self, event: OpaqueEntry) -> None:
        """Take the times of an application's event: it has no statement, so nothing bounds it from below."""
        self.clock(event.position, event.recorded)
        if self._told is not None:
            name, topic = f"{event.name}/{event.version}", event.topic.decode("utf-8", "backslashreplace")
            self._told(ActTimes(event.position, name, topic, None, event.recorded, None, None))

    def take(self, record: Record, named: bool) -> None:
        """
        Compare a record's times with the clock, the proven interval and one another.

        *named*: its statement names the checkpoint that `seen` took last.
        """
        position, recorded, statement = record.position, record.recorded, record.statement
        happened = statement.happened.start()
        self.clock(position, recorded)
        if happened > recorded + TOLERANCE:
            self._find("HAPPENED_AFTER_RECORDED", "the act is said to have happened after it was recorded", position,
                       recorded, happened)  # fmt: skip
        for _, _, key in statement.signers:
            signed = self._signed_at.get(key)
            if signed is None:
                signed = self._signed_at[key] = array("I")
            signed.append(position)
        since = self._named if named else None
        if since is not None:
            self._signed += 1
        if self._told is not None:
            self._told(ActTimes(position, statement.id.hex(), statement.type, statement.happened, recorded, since,
                                self._not_before))  # fmt: skip

    def revoked(self, record: Record, before: int | None) -> None:
        """
        A claimed date of compromise marks the acts of that key that nothing proves to be older.

        *before* is the date that was claimed already: only an earlier one says something new.
        """
        since = record.statement.fields.get("compromised_since")
        key = record.statement.fields["key"]
        if type(since) is int and type(key) is bytes and (before is None or since < before):
            safe = self._anchors.anchored_before(since)
            earlier = () if self._past is None else self._past.lookup.signed(key)
            signed = (*earlier, *self._signed_at.get(key, ()))
            disputed = [p for p in signed if safe < p < record.position]
            if disputed:
                self._find("SIGNED_IN_DISPUTE", f"{len(disputed)} acts by a key said to be compromised since then",
                           record.position, since, disputed[:MAX_LISTED])  # fmt: skip

    def kept(self) -> Kept:
        """What a later run needs to go on from here."""
        signed = {key: tuple(positions) for key, positions in self._signed_at.items()}
        return Kept(self._recorded, self._signed, tuple(self.lower.steps()), signed)

    def proven(self, size: int) -> Proven:
        """
        How much is proven about the first *size* entries, by the anchors whose root is that of the entries.

        An anchor that lies beyond the entries, or covers others, proves nothing about these.
        """
        return proven(size, self._signed, self.lower, self._anchors.held(self._ground.roots))
