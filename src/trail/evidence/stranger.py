"""
An extract under a checkpoint that no log key of the policy has signed: is it the log's own new key?

Nothing rests on such a checkpoint, and no entry is proven by it.  But the extract may bring the entry by which the log
rotated its key.  If its tree holds that entry, and two registrars of the genesis that the policy pins have signed it,
then `LOG_KEY_NEW` says which line to add, and whether the key that the policy names vouched for the new one, as it does
of a file.  Under another genesis, or where none is pinned, it is foreign: such registrars are nobody.  So the entries
are judged apart, and nothing else that is found of them there is told.
"""

from __future__ import annotations

from trail.errors import ProofError
from trail.evidence.anchors import Anchor
from trail.evidence.extract import PlaceItem
from trail.evidence.findings import Findings
from trail.evidence.judge import Ground
from trail.evidence.judge_extract import ExtractJudge
from trail.evidence.logkeys import judge_log_keys
from trail.evidence.opaque import kind_of
from trail.evidence.record import ENTRY_KIND
from trail.evidence.refusals import CODES, FORGED
from trail.merkle import check_inclusion, leaf_hash


class Stranger:
    """One such checkpoint, *anchor*: take each `entry` with its place, then `explain`."""

    def __init__(self, ground: Ground, anchor: Anchor) -> None:
        self._ground = ground
        self._anchor = anchor
        self._apart = Findings()
        self._own = Ground(ground.policy, self._apart, origin=ground.origin, own=ground.own)
        self._judge = ExtractJudge(self._own)

    def entry(self, entry: bytes, place: PlaceItem) -> None:
        """Take an entry, if the checkpoint's tree holds it there."""
        size, root = self._anchor.checkpoint.size, self._anchor.checkpoint.root
        try:
            check_inclusion(place.proof, index=place.position - 1, size=size, leaf=leaf_hash(entry), root=root)
        except ProofError:
            return
        if kind_of(entry) == ENTRY_KIND:
            self._judge.entry(entry, place.position)

    def explain(self) -> None:
        """Say whose the checkpoint is; if anything that was shown is forged, it is nobody's."""
        ground, anchor = self._ground, self._anchor
        sound = not any(CODES[code][1] is FORGED for code in self._apart.counts)
        said = Ground(ground.policy, ground.findings, origin=ground.origin, first=self._own.first)
        said.anchors.add(anchor)
        said.roots[anchor.checkpoint.size] = anchor.checkpoint.root
        judge_log_keys(said, self._judge.registry.log_keys if sound else ())
