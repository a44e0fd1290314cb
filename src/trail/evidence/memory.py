"""
What an inspector remembers between two verifications, as far as the verifier asks about it.

The verifier opens no file but the evidence.  So whoever keeps the memory (`trail.inspecting`) hands it over as a
`Memory`: the checkpoints that were verified before, the alarms that nobody has answered yet, and the `Past`: what
judging later entries needs of earlier ones.  Every answer comes from what was itself verified and kept by the same
inspector; none of it is ever read from the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from trail.encoding import Value
from trail.evidence.anchors import Anchor
from trail.evidence.registry import Registry
from trail.evidence.trace import History
from trail.evidence.verdict import Shown
from trail.merkle import Frontier, Hash


class Held(NamedTuple):
    """
    A checkpoint that the inspector holds: *root* at *size*, with the signed note that says so.

    It is compared by size and root alone: what the log signed then stays what it is, whatever key today's policy
    names.  ``anchors``: the verdict may rest on it up to its own size, because its witnesses satisfy the policy, or
    because the inspector brought it.
    """

    size: int
    root: Hash
    note: bytes
    anchors: bool = True


class Alarm(NamedTuple):
    """
    Two things that exclude each other: the checkpoint that was held, and what came instead.

    ``kind`` is ``fork`` (another signed note for the same size) or ``rewritten`` (the entries have another root at that
    size; ``other`` is the newest signed note that covers those entries, without which there is no alarm).
    """

    origin: str
    kind: str
    size: int
    held: bytes
    other: bytes
    root: Hash
    made: int
    acknowledged: int | None = None
    reason: str = ""


class Lookup(Protocol):
    """What is looked up of the past only where a later entry touches it."""

    def signed(self, key: bytes) -> Sequence[int]:
        """The positions of all acts that this key signed, ascending."""

    def erased(self, event: bytes, part: str) -> bool:
        """Whether an event had erased this body part."""

    def anchor(self, note: bytes) -> Anchor | None:
        """
        The checkpoint with just these bytes, if it was verified then and the entries gave its root.

        Its signatures need no second look: the same keys of the same policy would say the same of the same bytes.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """
    The entries 1 to ``size``, which were judged and found intact at ``made`` (UTC seconds), under the same policy.

    ``root`` is their tree's, ``scope`` that of the file; ``beside`` the digest over what lay beside them
    (`trail.evidence.resuming.Chain`); ``lines`` the signature lines of every checkpoint that was shown, by size;
    ``first`` the SHA-256 of entry 1.  ``start`` is the frontier from which this evidence goes on: empty for a whole
    file, that of the size where a continuation begins.  ``steps``, ``signed_after``, ``recorded`` are those of
    `trail.evidence.times.Times`.
    """

    size: int
    root: Hash
    made: int
    beside: bytes
    scope: Mapping[str, Value]
    start: Frontier
    lines: Mapping[int, frozenset[bytes]]
    registry: Registry
    registry_position: int
    first: bytes
    history: History
    lookup: Lookup
    recorded: int
    signed_after: int
    steps: tuple[tuple[int, int], ...]
    parts: Shown
    attachments: Shown


class Memory(Protocol):
    """What the inspector remembers."""

    def held(self, origin: str) -> Iterable[Held]:
        """Every checkpoint of this log that is remembered."""

    def alarms(self, origin: str) -> Iterable[Alarm]:
        """The alarms about this log that nobody has acknowledged."""

    def past(self, origin: str, after: int) -> Past | None:
        """
        What judging needs of the entries before, to go on from *after* (0: the evidence is whole); None: not at hand.
        """

    def reach(self, origin: str) -> int:
        """The size from which a continuation could be judged; 0: none."""
