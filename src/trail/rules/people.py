"""
What the rules ask of a roster, and arithmetic with tenures: intervals of days in which somebody held a post.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

Window = tuple[int, int]
"""First day, and the day after the last."""


class TenureLike(Protocol):
    """A person in a post from day ``begin`` until day ``end`` (not included)."""

    @property
    def person(self) -> str:
        """Who."""

    @property
    def begin(self) -> int:
        """The first day."""

    @property
    def end(self) -> int:
        """The day after the last."""


class PostLike(Protocol):
    """A post of a unit, of a kind, that exists from day ``begin`` until day ``end`` (not included)."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def kind(self) -> str:
        """Its kind."""

    @property
    def unit(self) -> str:
        """Its unit."""

    @property
    def begin(self) -> int:
        """The first day."""

    @property
    def end(self) -> int:
        """The day after the last."""


class Roster(Protocol):
    """Who was what on a day, as far as it is known."""

    def kind(self, unit: str, day: int) -> str:
        """The kind of *unit*; ``""`` if it does not exist on that day."""

    def parent(self, unit: str, day: int) -> str | None:
        """The unit above."""

    def ancestors(self, unit: str, day: int) -> Sequence[str]:
        """The units above, the nearest first."""

    def children(self, unit: str, day: int) -> Sequence[str]:
        """The units right below, in order of their ids."""

    def of_kind(self, kind: str, day: int) -> Sequence[str]:
        """The units of a kind, in order of their ids."""

    def posts(self, unit: str) -> Sequence[PostLike]:
        """All posts that *unit* ever had, in order of their ids."""

    def post(self, post: str) -> PostLike | None:
        """A post by its id."""

    def tenures(self, post: str) -> Sequence[TenureLike]:
        """Who held *post*, in order of their first day."""

    def holder(self, post: str, day: int) -> str | None:
        """Who holds *post*; acting counts."""

    def portfolio(self, post: str) -> Sequence[tuple[int, int, Sequence[str]]]:
        """What *post* is in charge of: first day, end, units."""

    def in_charge(self, unit: str, day: int) -> Sequence[str]:
        """The posts in whose portfolio *unit* lies."""


def tenure_days(tenure: TenureLike, begin: int, end: int) -> int:
    """How many days of an interval a tenure fills."""
    return max(0, min(tenure.end, end) - max(tenure.begin, begin))


def held_days(roster: Roster, post: str, windows: Sequence[Window], obligor: str | None) -> int:
    """
    On how many days of *windows* somebody held *post* other than who held *obligor* on that day.

    A vacant post has nobody to talk to, and nobody is their own counterpart.
    """
    own = roster.tenures(obligor) if obligor is not None else ()
    pieces: list[Window] = []
    for tenure in roster.tenures(post):
        rest = [(max(a, tenure.begin), min(b, tenure.end)) for a, b in windows]
        for other in own:
            if other.person == tenure.person:
                rest = [piece for a, b in rest for piece in ((a, min(b, other.begin)), (max(a, other.end), b))]
        pieces += [(a, b) for a, b in rest if a < b]
    return _union(pieces)


def unit_days(roster: Roster, unit: str, windows: Sequence[Window]) -> int:
    """On how many days of *windows* the unit counts; none if it no longer exists on the last of them."""
    return _union(windows) if roster.kind(unit, max(b for _, b in windows) - 1) else 0


def _union(pieces: Iterable[Window]) -> int:
    days, reached = 0, 0
    for a, b in sorted(pieces):
        days += max(0, b - max(a, reached))
        reached = max(reached, b)
    return days
