"""
The lists of one unit and year, folded: versions, and which endorsement, commitment or filing stands on which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from trail.aggregates.list_gaps import list_gaps
from trail.aggregates.list_types import LIST_TYPES
from trail.aggregates.list_versions import Key, ListId, ListVersion, named_in, versions_of
from trail.aggregates.lists import CommitmentSigned, ListEndorsed
from trail.aggregates.receipts import PAPER_RECEIPT_RECORDED
from trail.aggregates.state import Gap, Settled, StreamState
from trail.aggregates.values import refused
from trail.evidence.record import Record


@dataclass(frozen=True, slots=True)
class ListAggregate(StreamState):
    """The lists of one unit and year, from the records of their stream (or any others that name them)."""

    TYPES: ClassVar[frozenset[str]] = frozenset((*(t.key for t in LIST_TYPES), PAPER_RECEIPT_RECORDED.key))

    def versions(self) -> tuple[ListVersion, ...]:
        """All versions that hold, in order of position."""
        return versions_of(self.settled())

    def latest(self) -> dict[ListId, ListVersion]:
        """The last version of each list."""
        return {version.list_id: version for version in self.versions()}

    def named(self, type_key: str) -> dict[Key, tuple[Settled, ...]]:
        """For each version, the acts of a type that name it and hold: endorsements, commitments, filings, reviews."""
        return named_in(self.settled(), type_key)

    def endorsements(self, version: ListVersion) -> tuple[Settled, ...]:
        """The endorsements of exactly this version."""
        return self.named("ListEndorsed@1").get(version.key, ())

    def endorsed(self) -> frozenset[ListId]:
        """The lists whose last version is endorsed; a later edit takes a list out again."""
        named = self.named("ListEndorsed@1")
        return frozenset(list_id for list_id, version in self.latest().items() if version.key in named)

    def endorse(self, lists: Iterable[ListId] | None = None) -> ListEndorsed:
        """The endorsement of the last versions of *lists* (None: of all), to be signed; raises `CallerError`."""
        return ListEndorsed(versions=self._references(lists))

    def commit(self, body: str, lists: Iterable[ListId] | None = None) -> CommitmentSigned:
        """The commitment of *body* to the last versions of *lists* (None: of all); raises `CallerError`."""
        return CommitmentSigned(body=body, versions=self._references(lists))

    def _references(self, lists: Iterable[ListId] | None) -> list[Record]:
        latest = self.latest()
        wanted = list(latest) if lists is None else list(lists)
        unknown = [name for name in wanted if name not in latest]
        if unknown or not wanted:
            raise refused(f"no such list in this stream: {unknown}" if unknown else "no list was drafted", "lists")
        by_id = {record.statement.id: record for record in self.records}
        return [by_id[latest[name].key[0]] for name in wanted]

    def gaps(self, kinds: Mapping[str, str] | None = None) -> tuple[Gap, ...]:
        """
        C1 to C4 where they are broken.

        *kinds* maps posts to their kind, from the registry; with it C2 also asks whether the endorser is the direct
        superior, and lists without a named endorser (AMB26) are told apart.
        """
        return list_gaps(self.settled(), kinds or {})
