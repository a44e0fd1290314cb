"""
Counting: from the claims on a demand to its state at an instant.

One act counts once per duty, obligor, period, counterpart or recipient.  What is covered is covered since its
earliest sufficient act, so one more act can only make an obligation earlier and fuller, never overdue.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from trail.projections.claims import Claim
from trail.rules.obligations import Demand, Key


class Outcome(NamedTuple):
    """How a demand stands: its state, what was required and done, the keys that lack, when complete, what counts."""

    state: str
    required: int
    done: int
    lacking: tuple[tuple[Key, int], ...]
    completed: int | None
    used: tuple[Claim, ...]


def outcome(demand: Demand, claims: Iterable[Claim], bound: int) -> Outcome:
    """How *demand* stands before the instant *bound* (UTC seconds), by the *claims* that lie before it."""
    minimum = demand.duty.minimum
    rows: dict[Key, dict[bytes, Claim]] = {}
    for claim in claims:
        if claim.when < bound:
            acts = rows.setdefault(claim.key, {})
            event = claim.record.statement.id
            known = acts.get(event)
            if known is None or claim.when < known.when:
                acts[event] = claim
    used: list[Claim] = []
    lacking: list[tuple[Key, int]] = []
    for key in demand.keys:
        found = sorted(rows.get(key, {}).values(), key=lambda c: (c.when, c.record.statement.id))[:minimum]
        used += found
        if len(found) < minimum:
            lacking.append((key, minimum - len(found)))
    required = len(demand.keys) * minimum
    completed = max(c.when for c in used) if used and not lacking else None
    state = _state(demand, bound, required, completed)
    return Outcome(state, required, len(used), tuple(lacking), completed, tuple(used))


def _state(demand: Demand, bound: int, required: int, completed: int | None) -> str:
    if not required:
        return "void"
    if completed is not None:
        return "in_time" if completed < demand.due_until else "late"
    if bound > demand.due_until:
        return "overdue"
    return "due_soon" if bound > demand.amber else "not_yet_due"
