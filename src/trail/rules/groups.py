"""
Who belongs to a team, is in its charge, or leads the level below: the groups that duties name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trail.rules.model import Level, RuleSet
from trail.rules.people import Roster, Window

UNIT_GROUPS = frozenset(("sections", "committees"))
"""The groups whose members are units, not posts."""


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
    """The members of the group *name*, posts or (``sections``, ``committees``) units, each while it counts."""
    if name in ("heads", "all_heads", "staff"):
        return _in_portfolio(group, name)
    if name == "sections":
        return _sections(group, (group.post,))
    if name == "committees":
        return {unit: [group.window] for unit in _committees(group)}
    if name == "below":
        posts = list(_below(group))
    else:
        kinds = group.level.leader if name == "leader" else group.level.members
        posts = [p.id for p in group.roster.posts(group.unit) if p.kind in kinds]
    return {post: [group.window] for post in posts}


def _sections(group: Group, posts: Sequence[str | None]) -> dict[str, list[Window]]:
    """The units in the portfolios of *posts*, while they lay in them."""
    begin, end = group.window
    found: dict[str, list[Window]] = {}
    for post in posts:
        for since, until, units in group.roster.portfolio(post) if post is not None else ():
            window = (max(begin, since), min(end, until))
            if window[0] < window[1]:
                for unit in units:
                    found.setdefault(unit, []).append(window)
    return found


def _in_portfolio(group: Group, name: str) -> dict[str, list[Window]]:
    """The heads (or the staff) of the units in a portfolio, or in any of the team, while they lay in it."""
    own = group.post if name != "all_heads" else None
    posts = [own] if own is not None else team(group.roster, group.unit, group.level, group.day)
    found: dict[str, list[Window]] = {}
    for unit, windows in _sections(group, posts).items():
        for post in group.roster.posts(unit):
            if name == "staff" or post.kind in group.level.heads:
                found.setdefault(post.id, []).extend(windows)
    return found


def _committees(group: Group) -> Iterator[str]:
    """The units below that have a committee of their own, each the nearest below."""
    for unit, level in _levels_below(group):
        if level is not None:
            yield unit


def _below(group: Group) -> Iterator[str]:
    """The leaders of the level below: of the units below that are a level themselves, and branches without one."""
    roster, kinds = group.roster, group.level.below
    yield from (p.id for p in roster.posts(group.unit) if p.kind in kinds and p.kind not in group.level.leader)
    for unit, level in _levels_below(group):
        leading = kinds if level is None else level.leader
        yield from (p.id for p in roster.posts(unit) if p.kind in kinds and p.kind in leading)


def _levels_below(group: Group) -> Iterator[tuple[str, Level | None]]:
    """
    The units below, each with its level if that has a leader of the kinds below; not what lies below such a one.
    """
    roster, kinds = group.roster, group.level.below
    waiting = list(roster.children(group.unit, group.day))
    seen = {group.unit}
    while waiting:
        unit = waiting.pop(0)
        if unit in seen:
            continue
        seen.add(unit)
        level = level_of(group.rules, roster, unit, group.day)
        if level is not None and any(kind in kinds for kind in level.leader):
            yield unit, level
            continue
        yield unit, None
        waiting += roster.children(unit, group.day)


def seat_of(rules: RuleSet, roster: Roster, unit: str, day: int) -> tuple[str, Level] | None:
    """The unit to whose level *unit* belongs as its discipline commission, with that level; None: it is none."""
    kind = roster.kind(unit, day)
    if not any(kind in level.commissions for level in rules.levels.values()):
        return None
    for above in roster.ancestors(unit, day):
        level = level_of(rules, roster, above, day)
        if level is not None:
            return (above, level) if kind in level.commissions else None
    return None
