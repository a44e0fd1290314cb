"""
What a status rests on, as it is shown: records with their labels, and gaps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from trail.aggregates.state import Gap


class Because(NamedTuple):
    """
    A record that a status rests on: where it stands, when it was recorded, and how that is labelled.

    ``label``: contemporaneous, late or backfilled; ``posts``: for each post it was done in, whether it was held.
    """

    position: int
    recorded: int
    label: str
    type: str
    happened: str
    posts: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "position": self.position, "type": self.type, "happened": self.happened, "recorded": self.recorded,
            "label": self.label, "posts": dict(self.posts),
        }  # fmt: skip


def gap_json(gap: Gap) -> dict[str, Any]:
    """A gap as a map in stable order."""
    return {"code": gap.code, "positions": list(gap.positions), "en": gap.en, "zh": gap.zh}


def none() -> tuple[Because, ...]:
    """Nothing to rest on."""
    return ()
