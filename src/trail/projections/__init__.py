"""Status as of a date, ledger and labels: pure folds over verified records."""

from __future__ import annotations

from trail.projections.edits import Edits
from trail.projections.labels import by_whom, recording_label
from trail.projections.ledger import Entry
from trail.projections.replay import replay
from trail.projections.roster import Roster
from trail.projections.shown import Beside, Count, Standing, Triggered
from trail.projections.status import Snapshot, bound_of, size_at
from trail.projections.values import (
    Because,
    Change,
    Missing,
    Obligation,
    PersonStatus,
    PostHeld,
    Undone,
    UnitStatus,
    View,
)

__all__ = [
    "Because", "Beside", "Change", "Count", "Edits", "Entry", "Missing", "Obligation", "PersonStatus", "PostHeld",
    "Roster", "Snapshot", "Standing", "Triggered", "Undone", "UnitStatus", "View", "bound_of", "by_whom",
    "recording_label", "replay", "size_at",
]  # fmt: skip
