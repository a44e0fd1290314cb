"""
An issue and its rectification, folded: what was ordered, reported, verified and opened again; and C6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from trail.aggregates.state import Gap, Settled, StreamState, gap, in_order
from trail.aggregates.supervision import RECTIFICATION_TYPES


@dataclass(frozen=True, slots=True)
class RectificationAggregate(StreamState):
    """An issue: found, corrected on the spot or ordered to be rectified, reported, verified, opened again."""

    TYPES: ClassVar[frozenset[str]] = frozenset(t.key for t in RECTIFICATION_TYPES)

    def found(self) -> Settled | None:
        """The issue as corrections leave it; None if there is none among the records."""
        return next(iter(self._typed("IssueFound@1")), None)

    def orders(self) -> tuple[Settled, ...]:
        """The orders to rectify that hold."""
        return tuple(self._typed("RectificationOrdered@1"))

    def closed(self, order: Settled, units: Mapping[str, str] | None = None) -> Settled | None:
        """
        The verification that closes *order*: complete, by somebody else than the rectifying party (C6), and not
        followed by a reopening or by a verification that it is not complete; None while the order is open.

        *units* maps posts to their unit, from the registry, as for `gaps`.
        """
        last: Settled | None = None
        for act in self.settled():
            if act.record.statement.type == "RectificationReopened@1" and self._names(act, order):
                last = None
            elif act.record.statement.type == "RectificationVerified@1" and self._names(act, order):
                if act.fields["outcome"] != "complete":
                    last = None
                elif self._itself(act, order, units or {}) is None:
                    last = act
        return last

    def open(self, units: Mapping[str, str] | None = None) -> tuple[Settled, ...]:
        """The orders that nothing has closed; *units* as for `closed`."""
        return tuple(order for order in self.orders() if self.closed(order, units) is None)

    def overdue(self, as_of: str, units: Mapping[str, str] | None = None) -> tuple[Settled, ...]:
        """The open orders whose day had passed before *as_of* (``YYYY-MM-DD``): a label, no gap."""
        return tuple(order for order in self.open(units) if str(order.fields.get("due", as_of)) < as_of)

    def gaps(self, units: Mapping[str, str] | None = None) -> tuple[Gap, ...]:
        """
        C6: a rectification verified by the rectifying party, or on a day before it was ordered.

        The rectifying party are the units and posts that the order names, and whoever reported the rectification.
        *units* maps posts to their unit, from the registry; with it a verifier in a post of an ordered unit is found
        too, without it only a body, a post or a person that is named.
        """
        return in_order(found for order in self.orders() for found in self._verified(order, units or {}))

    def _verified(self, order: Settled, units: Mapping[str, str]) -> Iterator[Gap]:
        for act in self._typed("RectificationVerified@1"):
            if not self._names(act, order):
                continue
            at = (order.position, act.position)
            own = self._itself(act, order, units)
            if own is not None:
                en = "the rectification was verified by the rectifying party"
                yield gap("C6", (*at, *(report.position for report in own)), en, "整改由整改方自行销号")
            if act.happened.date() < order.happened.date():
                en = "the rectification was verified on a day before it was ordered"
                yield gap("C6", at, en, "销号日期早于整改要求")

    def _itself(self, act: Settled, order: Settled, units: Mapping[str, str]) -> tuple[Settled, ...] | None:
        """The reports whose hands verified too (perhaps none), if the rectifying party verified; otherwise None."""
        reports = (report for report in self._typed("RectificationReported@1") if self._names(report, order))
        own = tuple(report for report in reports if _hands(report) & _hands(act))
        posts = {performer.post for performer in act.record.statement.performers}
        inside = {units[post] for post in posts if post in units} | posts | _hands(act)
        named = {*order.fields.get("units", ()), *order.fields.get("posts", ())}
        return own if own or inside & named else None

    def _names(self, act: Settled, order: Settled) -> bool:
        return bytes(act.fields["order"][0]) == order.id

    def _typed(self, type_key: str) -> list[Settled]:
        return [act for act in self.settled() if act.record.statement.type == type_key]


def _hands(act: Settled) -> frozenset[str]:
    """The persons and bodies that performed an act."""
    return frozenset(performer.who for performer in act.record.statement.performers)
