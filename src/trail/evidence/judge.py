"""
What judges entries: one judge for each kind of log, on the same ground.

`trail.verify` reads the items, builds the tree and compares it with the checkpoints, whatever the entries say.  What an
entry says, and what lies beside it, is for the judge of the log's kind: `trail.evidence.judge_acts` for a log of acts,
`trail.evidence.judge_opaque` for the log of a foreign application.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from trail.errors import Refusal
from trail.evidence.anchors import Anchors
from trail.evidence.bodies import Bodies
from trail.evidence.file import AttachmentItem, PartItem, StateItem
from trail.evidence.findings import Findings
from trail.evidence.intervals import Proven
from trail.evidence.opaque import OpaqueEntry
from trail.evidence.record import Record
from trail.evidence.refusals import refuse
from trail.evidence.registry import Registry
from trail.evidence.verdict import Enrolled, Shown
from trail.signing.policy import Policy

if TYPE_CHECKING:
    from trail.evidence.times import ActTimes

Beside = PartItem | AttachmentItem | StateItem
"""What follows an entry in the evidence."""


@dataclass(slots=True)
class Ground:
    """
    What the judges of one run share with it.

    ``roots`` holds the root at each size that was compared with a checkpoint; ``origin`` is the header's, empty until
    it was read; ``own`` says whether the policy names that log; ``first`` is the SHA-256 of a genesis; ``times`` is
    given the times of each entry, in order.
    """

    policy: Policy
    findings: Findings = field(default_factory=Findings)
    anchors: Anchors = field(default_factory=Anchors)
    roots: dict[int, bytes] = field(default_factory=dict)
    origin: str = ""
    own: bool = False
    first: bytes = b""
    times: Callable[[ActTimes], None] | None = None

    def check_first(self, digest: bytes) -> None:
        """Compare the first entry, by the SHA-256 of its bytes, with those that the policy pins, if it pins any."""
        self.first = digest
        if self.own and self.policy.genesis and digest not in self.policy.genesis:
            pinned = sorted(self.policy.genesis)
            self.findings.find("GENESIS_OTHER", "the policy pins another first entry", 1, pinned, digest)


def digest_of(item: Beside) -> bytes | None:
    """SHA-256 of the content, computed where it is shown and as it is named where it is withheld."""
    return item.digest if item.data is None else hashlib.sha256(item.data).digest()


class Judge(Protocol):
    """
    Judges the entries of one kind of log, in order.

    ``registry_position`` is the position of the last act of the registry, 0 where there is none; ``parts`` and
    ``attachments`` count what lies beside the entries, ``enrolled`` lists the members' keys.
    """

    registry_position: int

    @property
    def registry(self) -> Registry | None:
        """The registry after the last entry; None where a log has none."""

    @property
    def parts(self) -> Shown:
        """Counts of body parts, or of states."""

    @property
    def attachments(self) -> Shown:
        """Counts of attachments."""

    @property
    def enrolled(self) -> tuple[Enrolled, ...]:
        """Every member's key that the log enrolled."""

    def entry(self, entry: bytes, position: int) -> Record | OpaqueEntry | None:
        """Judge one entry; returns it decoded, None if it can't be read."""

    def beside(self, item: Beside, position: int) -> None:
        """Judge what lies beside the entry at *position* (0: before the first)."""

    def settle(self) -> None:
        """Nothing more lies beside the last entry: another follows, or none."""

    def proven(self, size: int) -> Proven:
        """How much is proven about the times of the first *size* entries."""

    def close(self, size: int) -> None:
        """Judge what only the end shows, and count the checks that all *size* entries went through."""


class RegistryJudge:
    """What judges of acts share: the ``registry``, as far as the entries gave it, and the ``bodies`` beside them."""

    registry: Registry
    bodies: Bodies
    _findings: Findings

    @property
    def parts(self) -> Shown:
        """Counts of body parts."""
        return self.bodies.parts

    @property
    def attachments(self) -> Shown:
        """Counts of attachments."""
        return self.bodies.attachments

    @property
    def enrolled(self) -> tuple[Enrolled, ...]:
        """Every member's key whose enrolment was read, in that order."""
        return tuple(
            Enrolled(state.person, key, state.custody, state.by, state.position, state.ended)
            for key, state in self.registry.keys.items()
        )

    def beside(self, item: Beside, position: int) -> None:
        """Judge a body part or an attachment of the act at *position*; an act has no state."""
        try:
            if isinstance(item, PartItem):
                self._findings.count(13)
                self.bodies.take_part(item)
            elif isinstance(item, AttachmentItem):
                self._findings.count(14)
                self.bodies.take_attachment(item)
            else:
                raise refuse("STATE_STRAY", "a state in a log of acts", found=digest_of(item))
        except Refusal as error:
            self._findings.refused(error, position or None)

    def settle(self) -> None:
        """Keep what the last act names and nobody brought: an erasure may still come."""
        self.bodies.settle()
