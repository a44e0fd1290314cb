"""
Counting: from the claims on a demand to its state at an instant.

One act counts once per duty, obligor, period, counterpart or recipient.  What is covered is covered since its
earliest sufficient act, so one more act can only make an obligation earlier and fuller, never overdue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from trail.projections.claims import Claim
from trail.rules.calendar import date_text, day_at, period
from trail.rules.model import Settings
from trail.rules.obligations import Demand, Key


class Outcome(NamedTuple):
    """How a demand stands: its state, what was required and done, the keys that lack, when complete, what counts."""

    state: str
    required: int
    done: int
    lacking: tuple[tuple[Key, int], ...]
    completed: int | None
    used: tuple[Claim, ...]


def outcome(demand: Demand, claims: Sequence[Claim], bound: int) -> Outcome:
    """How *demand* stands before the instant *bound* (UTC seconds), by the *claims* that lie before it."""
    minimum, settings = demand.duty.minimum, demand.rules.settings
    apart = settings.spacing_days or settings.spread_months
    rows: dict[Key, dict[bytes, Claim]] = {}
    required = len(demand.keys) * minimum
    if not claims:
        lacks = tuple([(key, minimum) for key in demand.keys])
        return Outcome(_state(demand, bound, required, None), required, 0, lacks, None, ())
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
        found = sorted(rows.get(key, {}).values(), key=lambda c: (c.when, c.record.statement.id))
        found = (_apart(found, settings) if minimum > 1 and apart else found)[:minimum]
        used += found
        if len(found) < minimum:
            lacking.append((key, minimum - len(found)))
    completed = max(c.when for c in used) if used and not lacking else None
    state = _state(demand, bound, required, completed)
    return Outcome(state, required, len(used), tuple(lacking), completed, tuple(used))


def _apart(claims: Iterable[Claim], settings: Settings) -> list[Claim]:
    """
    The earliest acts that lie apart as the settings ask (AMB7).

    To take the earliest that fits each time gives the most, and each as early as can be, so more acts only help.
    """
    kept: list[Claim] = []
    least = 0
    for claim in claims:
        day = day_at(claim.when)
        if day >= least:
            kept.append(claim)
            least = day + settings.spacing_days
            if settings.spread_months:
                least = max(least, period(date_text(day)[:7]).end)
    return kept


def _state(demand: Demand, bound: int, required: int, completed: int | None) -> str:
    if not required:
        return "void"
    if completed is not None:
        return "in_time" if completed < demand.due_until or demand.duty.soft else "late"
    if bound > demand.due_until and not demand.duty.soft:
        return "overdue"
    return "due_soon" if bound > demand.amber else "not_yet_due"
