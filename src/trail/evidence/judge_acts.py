"""
The judge of a log of acts: every entry by the registry and the history before it (checks 3 to 14 and 20).
"""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import Final

from trail.errors import EncodingError, RecordError, Refusal
from trail.evidence.admission import admit, check_keys, check_signatures
from trail.evidence.bodies import Bodies
from trail.evidence.history import MemoryHistory
from trail.evidence.intervals import Proven
from trail.evidence.judge import Ground, RegistryJudge
from trail.evidence.memory import Past
from trail.evidence.moment import date_of
from trail.evidence.record import Record, Seen, decode_entry
from trail.evidence.registry import (
    BUILT_IN,
    CORRECTED,
    ERASED,
    GENESIS,
    LOG_KEY_ROTATED,
    REGISTRY_TYPES,
    REVOKED,
    Registry,
)
from trail.evidence.schema import CompiledType, Mentions
from trail.evidence.times import Times

_KEY_TYPES: Final = frozenset((GENESIS, "KeyEnrolled@1", "KeyRotated@1"))


class ActJudge(RegistryJudge):
    """Judges acts; see `trail.evidence.judge.Judge`.  *past* is what was judged before, if it does not begin here."""

    def __init__(self, ground: Ground, past: Past | None = None) -> None:
        self._ground = ground
        self._findings = ground.findings
        self._find = ground.findings.find
        self._policy_keys = frozenset(key.raw for key in ground.policy.keys)
        self._agreed: Seen | None = None
        self.registry = Registry() if past is None else past.registry
        self.registry_position = 0 if past is None else past.registry_position
        self.history = MemoryHistory(None if past is None else past.history)
        self.times = Times(ground, past)
        self.bodies = Bodies(self.registry)

    def entry(self, entry: bytes, position: int) -> Record | None:
        """Judge one act; returns it decoded, None if it can't be read."""
        record = self._decode(entry, position)
        if record is None:
            return None
        if record.statement.type in REGISTRY_TYPES:
            self.registry_position = position
        mentions = None
        try:
            origin = self._ground.origin
            keys = check_keys(record, self.registry, origin)
            check_signatures(record, keys, origin)
            mentions = admit(record, self.registry, self.history, origin)
        except Refusal as error:
            self._findings.refused(error, position, entry=entry)
        seen = record.statement.seen
        self.times.take(record, seen is not None and self._seen(record, seen))
        self.bodies.expect(record, self._amended(record))
        if mentions is not None:
            self._admitted(record, mentions, entry)
        self.history.add(record, mentions)
        return record

    def _decode(self, entry: bytes, position: int) -> Record | None:
        try:
            return decode_entry(entry, position)
        except (RecordError, EncodingError) as error:
            self._findings.unread(error, position, entry)
            return None

    def _amended(self, record: Record) -> CompiledType | None:
        """The type that a correction corrects."""
        target = record.statement.fields.get("target") if record.statement.type == CORRECTED else None
        trace = self.history.find(target[0]) if type(target) is list and target and type(target[0]) is bytes else None
        return None if trace is None else self.registry.types.get(trace.type)

    def _admitted(self, record: Record, mentions: Mentions, entry: bytes) -> None:
        kind = record.statement.type
        if kind not in BUILT_IN:
            self._posts(record)
        elif kind == GENESIS:
            self._ground.check_first(hashlib.sha256(entry).digest())
        elif kind == ERASED:
            if not self.bodies.erase(record):
                self._find("PART_SHOWN_AFTER_ERASURE", "a part that was erased is shown all the same", record.position)
        elif kind == REVOKED:
            key = record.statement.fields["key"]
            self.times.revoked(record, self.registry.keys[key].compromised_since)  # type: ignore[index]
        elif kind == LOG_KEY_ROTATED:
            self._log_key(record)
        before = len(self.registry.keys)
        self.registry.apply(record)
        if kind in _KEY_TYPES:
            for state in islice(reversed(self.registry.keys.values()), len(self.registry.keys) - before):
                if state.public.raw in self._policy_keys:
                    self._find("KEY_DOUBLE_USE", "a member's key is a log's or a witness's", record.position,
                               found=state.public.raw)  # fmt: skip

    def _log_key(self, record: Record) -> None:
        """A log's key is no witness's, and no other log's; a rotation names two that the policy may not know as its."""
        origin, policy = self._ground.origin, self._ground.policy
        others = {key.raw for key in policy.keys if key not in policy.log_keys(origin)}
        for name in ("old", "key"):
            if record.statement.fields[name] in others:
                self._find("KEY_DOUBLE_USE", "the log's key is a witness's or another log's", record.position,
                           found=record.statement.fields[name])  # fmt: skip

    def _posts(self, record: Record) -> None:
        """Remark where the log did not show, up to here, that a signer held the post: on the day of their own act."""
        own = record.statement.hand == "own"
        day = record.statement.happened.date() if own else date_of(record.recorded)
        for person, post, _ in record.statement.signers:
            if not self.registry.holds(person, post, day):
                self._find("POST_NOT_HELD", "not known by then to hold the post when it was done", record.position,
                           post, person)  # fmt: skip

    def _seen(self, record: Record, seen: Seen) -> bool:
        """Check 12: whether the evidence shows what the signer had seen."""
        self._findings.count(12)
        if seen == self._agreed:  # the statement before named the same, and nothing but its position has changed
            return True
        position, roots, anchors = record.position, self._ground.roots, self._ground.anchors
        if seen.size >= position:
            self._find("SEEN_AHEAD", "the signer had seen a tree that reaches this entry", position, position,
                       seen.size)  # fmt: skip
        elif seen.size not in roots:
            self._find("SEEN_UNSHOWN", "the checkpoint that the signer had seen is not in the evidence", position,
                       seen.size, seen.root)  # fmt: skip
        elif roots[seen.size] != seen.root:
            self._find("SEEN_CONTRADICTED", "the signer had seen another tree of this size", position,
                       roots[seen.size], seen.root)  # fmt: skip
        elif (missing := anchors.missing(seen.size, seen.anchors)) is None or missing:
            self._find("SEEN_UNSHOWN", "an anchor that the signer held is not in the evidence", position, seen.size,
                       missing or list(seen.anchors))  # fmt: skip
        else:
            self.times.seen(position, seen)
            self._agreed = seen
            return True
        return False

    def proven(self, size: int) -> Proven:
        """How much is proven about the times of the first *size* acts."""
        return self.times.proven(size)

    def close(self, size: int) -> None:
        """Judge what only the end shows: bodies that nobody brought, or that the policy requires."""
        for check in range(3, 12):
            self._findings.count(check, size)
        for code, position, name in self.bodies.missing():
            self._find(code, f"neither shown, nor withheld, nor erased: {name}", position)
        for code, withheld in self.bodies.withheld_but(self._ground.policy.require):
            self._find(code, f"{withheld} were withheld, and the policy requires them", None, 0, withheld)
