"""
What later entries may ask of earlier ones: the trace of an event, and the history that finds it.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from trail.evidence.record import Performer, Record
from trail.evidence.schema import Mentions


class Trace(NamedTuple):
    """What later entries need to know of an earlier one."""

    position: int
    type: str
    digest: bytes
    stream: str
    unit: str | None
    signers: tuple[str, ...]
    performers: tuple[Performer, ...]
    counterparts: tuple[str, ...]
    parts: tuple[str, ...]


class History(Protocol):
    """The entries before a position, as far as admission asks about them."""

    def version(self, stream: str) -> int:
        """The last version of *stream*, 0 if it has none."""

    def find(self, event: bytes) -> Trace | None:
        """The event with this id, if there is one."""

    def latest(self) -> int:
        """The largest clock reading of any entry so far, UTC seconds; 0 for none."""

    def digest_of(self, event: bytes) -> bytes | None:
        """The statement's digest of the event with this id, if there is one."""


def trace_of(record: Record, mentions: Mentions) -> Trace:
    """What later entries need to know of this one."""
    s = record.statement
    return Trace(
        record.position,
        s.type,
        record.digest,
        s.stream,
        s.unit,
        tuple(signer.person for signer in s.signers),
        s.performers,
        tuple(mentions.counterparts),
        tuple(part.name for part in s.parts),
    )
