"""
Who belongs to a team, is in its charge, or leads the level below: the groups that duties name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from trail.rules.model import Level, RuleSet
from trail.rules.people import Roster, Window


class Group(NamedTuple):
    """A question about counterparts: of *post* (None: of the whole team) in *unit*, on *day*, within *window*."""

    rules: RuleSet
    roster: Roster
    unit: str
    level: Level
    post: str | None
    day: int
    window: Window


def level_of(rules: RuleSet, roster: Roster, unit: str, day: int) -> Level | None:
    """The level that *unit* belongs to on *day*: by its kind, and only while it has a leader's post."""
    kind = roster.kind(unit, day)
    for level in rules.levels.values():
        if kind in level.units and any(p.kind in level.leader and p.begin <= day < p.end for p in roster.posts(unit)):
            return level
    return None


def team(roster: Roster, unit: str, level: Level, day: int) -> list[str]:
    """The posts of a team on *day*, the leader's first."""
    posts = [p for p in roster.posts(unit) if p.begin <= day < p.end]
    leaders = [p.id for p in posts if p.kind in level.leader]
    return leaders + [p.id for p in posts if p.kind in level.members and p.kind not in level.leader]


def governed_by(rules: RuleSet, roster: Roster, post: str, level: Level, day: int) -> bool:
    """Whether *post* belongs to a team of *level*."""
    found = roster.post(post)
    if found is None or level_of(rules, roster, found.unit, day) != level:
        return False
    return found.kind in level.leader or found.kind in level.members


def coverage(group: Group, name: str) -> dict[str, list[Window]]:
    """The posts of the group *name*, each with the windows in which it counts."""
    if name == "heads":
        return _heads(group)
    if name == "below":
        posts = list(_below(group))
    else:
        kinds = group.level.leader if name == "leader" else group.level.members
        posts = [p.id for p in group.roster.posts(group.unit) if p.kind in kinds]
    return {post: [group.window] for post in posts}


def _heads(group: Group) -> dict[str, list[Window]]:
    """The heads of the units in a portfolio, while they lay in it."""
    begin, end = group.window
    posts = [group.post] if group.post is not None else team(group.roster, group.unit, group.level, group.day)
    found: dict[str, list[Window]] = {}
    for post in posts:
        for since, until, units in group.roster.portfolio(post):
            window = (max(begin, since), min(end, until))
            if window[0] < window[1]:
                for unit in units:
                    for head in group.roster.posts(unit):
                        if head.kind in group.level.heads:
                            found.setdefault(head.id, []).append(window)
    return found


def _below(group: Group) -> Iterator[str]:
    """The leaders of the level below: of the units below that are a level themselves, and branches without one."""
    roster, kinds = group.roster, group.level.below
    yield from (p.id for p in roster.posts(group.unit) if p.kind in kinds and p.kind not in group.level.leader)
    waiting = list(roster.children(group.unit, group.day))
    seen = {group.unit}
    while waiting:
        unit = waiting.pop(0)
        if unit in seen:
            continue
        seen.add(unit)
        level = level_of(group.rules, roster, unit, group.day)
        if level is not None:
            yield from (p.id for p in roster.posts(unit) if p.kind in kinds and p.kind in level.leader)
            continue
        yield from (p.id for p in roster.posts(unit) if p.kind in kinds)
        waiting += roster.children(unit, group.day)
