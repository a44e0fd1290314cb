"""
Histories for property-based tests: a hypothesis strategy.

    @given(trail.testing.histories(types=[TalkHeld, LabInspected]))
    def test_dashboard_replays(history):
        with history.new_trail() as log:
            for ack in history.record_into(log): …

Failing examples shrink to few and plain steps.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from trail.testing.history import ActType, History
from trail.testing.plots import KINDS, Step

__all__ = ["histories"]


def histories(
    types: Sequence[ActType] | None = None,
    *,
    min_size: int = 8,
    max_size: int = 22,
    kinds: Sequence[str] = KINDS,
) -> st.SearchStrategy[History]:
    """
    Histories of *min_size* to *max_size* steps over the registry and *types* (None: all of the library's).

    *types* holds act classes, the library's or a host's, and `TypeSpec` of a host.  Among the steps are late entries,
    back-dated and conflicting corrections, voidings, disputes, erasures, changes of a holder, revoked keys, a clock
    that steps back, and checkpoints; *kinds* narrows them (`trail.testing.plots.KINDS`).
    """
    chosen = None if types is None else tuple(types)
    number = st.integers(0, 63)
    step = st.builds(Step, st.sampled_from(tuple(kinds)), st.integers(0, 12), number, number)
    return st.lists(step, min_size=min_size, max_size=max_size).map(lambda steps: History(steps, chosen))
