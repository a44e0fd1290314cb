"""
Times (check 20): what is claimed, what the log's clock read, and what is proven; never mixed, and only remarked on.
"""

from __future__ import annotations

from array import array

from trail.evidence.anchors import TOLERANCE, Anchors
from trail.evidence.findings import Findings
from trail.evidence.record import Record
from trail.evidence.verdict import MAX_LISTED


class Times:
    """The times of one run; `take` every record in order, or give the `clock` where an entry has no other time."""

    def __init__(self, anchors: Anchors, findings: Findings) -> None:
        self._anchors = anchors
        self._find = findings.find
        self._recorded = 0
        self._not_before = 0
        self._signed_at: dict[bytes, array[int]] = {}

    def seen(self, record: Record) -> None:
        """Take the dated anchors that a statement names, on a checkpoint that was compared: no earlier than those."""
        seen = record.statement.seen
        if seen is not None:
            self._not_before = max([self._not_before, *self._anchors.dated(seen.size, seen.root, seen.anchors)])

    def clock(self, position: int, recorded: int) -> None:
        """Compare the log's clock reading with the one before it and with the proven interval."""
        if recorded < self._recorded:
            self._find("CLOCK_STEP", "the log's clock stepped back", position, self._recorded, recorded)
        self._recorded = recorded
        not_after = self._anchors.not_after(position)
        late = not_after is not None and recorded > not_after + TOLERANCE
        if late or recorded < self._not_before - TOLERANCE:
            self._find("RECORDED_OUTSIDE_INTERVAL", "the log's clock reading lies outside the proven interval",
                       position, [self._not_before or None, not_after], recorded)  # fmt: skip

    def take(self, record: Record) -> None:
        """Compare a record's times with the clock, the proven interval and one another."""
        position, recorded, happened = record.position, record.recorded, record.statement.happened.start()
        self.clock(position, recorded)
        if happened > recorded + TOLERANCE:
            self._find("HAPPENED_AFTER_RECORDED", "the act is said to have happened after it was recorded", position,
                       recorded, happened)  # fmt: skip
        for _, _, key in record.statement.signers:
            signed = self._signed_at.get(key)
            if signed is None:
                signed = self._signed_at[key] = array("I")
            signed.append(position)

    def revoked(self, record: Record, before: int | None) -> None:
        """
        A claimed date of compromise marks the acts of that key that nothing proves to be older.

        *before* is the date that was claimed already: only an earlier one says something new.
        """
        since = record.statement.fields.get("compromised_since")
        key = record.statement.fields["key"]
        if type(since) is int and type(key) is bytes and (before is None or since < before):
            safe = self._anchors.anchored_before(since)
            disputed = [p for p in self._signed_at.get(key, ()) if safe < p < record.position]
            if disputed:
                self._find("SIGNED_IN_DISPUTE", f"{len(disputed)} acts by a key said to be compromised since then",
                           record.position, since, disputed[:MAX_LISTED])  # fmt: skip
