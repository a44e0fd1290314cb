"""
The judge of an opaque log: the events of a foreign application, by their form, their order and their states.

There is no registry and nobody's signature, so checks 4 to 6, 8 to 10, 12 and 14 are not done; 11 only where the policy
pins the first entry.  What remains is what was promised: each event once, and its state as it was recorded.
"""

from __future__ import annotations

import hashlib

from trail.errors import EncodingError, RecordError, Refusal
from trail.evidence.file import AttachmentItem, PartItem
from trail.evidence.intervals import Proven
from trail.evidence.judge import Beside, Ground, digest_of
from trail.evidence.opaque import OpaqueEntry, decode_opaque
from trail.evidence.refusals import refuse
from trail.evidence.registry import Registry
from trail.evidence.states import States
from trail.evidence.times import Times
from trail.evidence.verdict import Enrolled, Shown
from trail.evidence.versions import Versions


class OpaqueJudge:
    """
    Judges opaque entries; see `trail.evidence.judge.Judge`.

    *whole* says that all entries are shown: only then has each event been looked for among the others.
    """

    def __init__(self, ground: Ground, *, whole: bool = True) -> None:
        self._ground = ground
        self._whole = whole
        self._findings = ground.findings
        self._times = Times(ground)
        self._versions = Versions()
        self._states = States()
        self.registry_position = 0
        self.registry: Registry | None = None
        self.attachments = Shown()
        self.enrolled: tuple[Enrolled, ...] = ()

    @property
    def parts(self) -> Shown:
        """Counts of states."""
        return self._states.counts

    def entry(self, entry: bytes, position: int) -> OpaqueEntry | None:
        """Judge one event; returns it decoded, None if it can't be read."""
        if position == 1 and self._ground.policy.genesis:
            self._findings.count(11)
            self._ground.check_first(hashlib.sha256(entry).digest())
        try:
            event = decode_opaque(entry, position)
        except (RecordError, EncodingError) as error:
            self._findings.unread(error, position, entry)
            return None
        if not self._versions.add(event.id_kind, event.originator, event.version):
            self._findings.find("EVENT_TWICE", "the application's event was recorded before", position,
                                found=[event.name, event.version], entry=entry)  # fmt: skip
        self._times.event(event)
        self._states.expect(event)
        return event

    def beside(self, item: Beside, position: int) -> None:
        """Judge the state of the event at *position*; an event has neither body parts nor attachments."""
        try:
            if isinstance(item, PartItem):
                raise refuse("PART_STRAY", "a body part in the log of an application", found=digest_of(item))
            if isinstance(item, AttachmentItem):
                raise refuse("ATTACHMENT_STRAY", "an attachment in the log of an application", found=digest_of(item))
            self._findings.count(13)
            self._states.take(item)
        except Refusal as error:
            self._findings.refused(error, position or None)

    def settle(self) -> None:
        """Note the state that nobody brought."""
        event = self._states.settle()
        if event is not None:
            self._findings.find("STATE_MISSING", "neither shown nor withheld", event.position, event.digest)

    def proven(self, size: int) -> Proven:
        """How much is proven about the times of the first *size* events: from above alone."""
        return self._times.proven(size)

    def close(self, size: int) -> None:
        """Count the checks of every entry; say what was withheld although the policy requires it."""
        for check in (3, 7) if self._whole else (3,):
            self._findings.count(check, size)
        withheld = self._states.counts.withheld
        if withheld and "bodies" in self._ground.policy.require:
            self._findings.find("PART_WITHHELD_REQUIRED", f"{withheld} were withheld, and the policy requires them",
                                None, 0, withheld)  # fmt: skip
