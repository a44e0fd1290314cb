"""
What the roster is made of: persons in posts, posts, and what a unit was over time.
"""

from __future__ import annotations

from typing import NamedTuple

ROSTER_TYPES = frozenset(
    f"{name}@1"
    for name in (
        "PersonRegistered", "UnitEstablished", "UnitRenamed", "UnitMoved", "UnitMerged", "PostCreated",
        "PostAbolished", "BodyRepresented", "PostAssigned", "PostRelieved", "PortfolioChanged",
    )
)  # fmt: skip


class Tenure(NamedTuple):
    """A person in a post from day ``begin`` until day ``end`` (not included); ``position`` says since when known."""

    person: str
    post: str
    begin: int
    end: int
    acting: bool
    position: int


class Post(NamedTuple):
    """A post; it exists from day ``begin`` until day ``end`` (not included)."""

    id: str
    unit: str
    kind: str
    title: str
    begin: int
    end: int
    position: int


class UnitSpan(NamedTuple):
    """What a unit was from day ``begin`` on, until its next span."""

    begin: int
    kind: str
    name: str
    parent: str | None
