"""
From duties and a roster to what a unit owes in a period: `Demand`\\ s (pure).

A demand says who owes what to whom until when; whether it was done is for `trail.projections` to find.  The roster is
whatever answers the questions of `Roster`; days and intervals as in `trail.rules.calendar`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from trail.rules.calendar import Period, WorkDays, due_day, start_of
from trail.rules.groups import Group, coverage, governed_by, level_of, team
from trail.rules.model import COUNTED, Duty, Level, RuleSet
from trail.rules.people import Roster, held_days, tenure_days

__all__ = ["Deadline", "Deadlines", "Demand", "Key", "Roster", "demands"]


class Key(NamedTuple):
    """One thing to be covered: for a counterpart (post, or the unit itself), a recipient, a kind of list; or ``""``."""

    counterpart: str = ""
    recipient: str = ""
    list: str = ""


class Deadline(NamedTuple):
    """A day set by an event at *position* for one duty and period."""

    day: int
    position: int


class Deadlines(Protocol):
    """The days set by events, as they hold for a unit."""

    def find(self, duty: str, period: str, unit: str) -> Deadline | None:
        """The day set for *duty* in *period* of *unit*, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """
    What is owed: ``duty`` in ``period`` by the body of ``unit``, by ``post``, or (bound to the person) ``person``.

    ``holder`` is who holds the post on the due day (None: vacant, or the body owes it).  ``due`` is a day,
    ``due_until`` and ``amber`` UTC seconds.  Each of ``keys`` is to be covered ``minimum`` times; none: void.
    ``any_of`` holds the recipients if any one of them will do.
    """

    rules: RuleSet
    duty: Duty
    period: Period
    level: Level
    unit: str
    post: str | None
    person: str | None
    holder: str | None
    due: int
    due_until: int
    amber: int
    keys: tuple[Key, ...]
    any_of: frozenset[str]
    deadline: Deadline | None


class _Due(NamedTuple):
    day: int
    until: int
    amber: int
    deadline: Deadline | None


class _Question(NamedTuple):
    """What every step needs: the unit and period asked about, under which rules, with which roster."""

    rules: RuleSet
    unit: str
    period: Period
    roster: Roster
    deadlines: Deadlines
    work: WorkDays


def demands(
    rules: RuleSet, unit: str, period: Period, roster: Roster, deadlines: Deadlines, work: WorkDays, cadence: str
) -> Iterator[Demand]:
    """What *unit* owes for *period*, a period of *cadence*, under *rules*; in the order of the rule set."""
    ask = _Question(rules, unit, period, roster, deadlines, work)
    for duty in rules.duties.values():
        if duty.klass in COUNTED and duty.cadence == cadence:
            yield from _of_team(ask, duty)
            if "head" in duty.obliged:
                yield from _of_heads(ask, duty)


def _of_team(ask: _Question, duty: Duty) -> Iterator[Demand]:
    level = level_of(ask.rules, ask.roster, ask.unit, ask.period.last) or level_of(
        ask.rules, ask.roster, ask.unit, ask.period.begin
    )
    if level is None or level.name not in duty.levels:
        return
    due = _due(ask, duty, level)
    day = min(due.day, ask.period.last)
    level = level_of(ask.rules, ask.roster, ask.unit, day)
    if level is None or level.name not in duty.levels or not ask.roster.kind(ask.unit, due.day):
        return
    if "team" in duty.obliged:
        yield _demand(ask, duty, level, due, None, None)
    for part in ("leader", "member"):
        if part in duty.obliged:
            kinds = level.leader if part == "leader" else level.members
            yield from _of_posts(ask, duty, level, due, kinds)


def _of_posts(ask: _Question, duty: Duty, level: Level, due: _Due, kinds: Sequence[str]) -> Iterator[Demand]:
    day = min(due.day, ask.period.last)
    for post in ask.roster.posts(ask.unit):
        if post.kind not in kinds:
            continue
        if duty.bound == "person":
            for person in _persons(ask, duty, post.id):
                yield _demand(ask, duty, level, due, post.id, person)
        elif post.begin <= day < post.end:
            yield _demand(ask, duty, level, due, post.id, None)


def _persons(ask: _Question, duty: Duty, post: str) -> Iterable[str]:
    """Whom a duty bound to the person obliges: who held the post on the last day, or for long enough before."""
    days: dict[str, int] = {}
    for tenure in ask.roster.tenures(post):
        held = tenure_days(tenure, ask.period.begin, ask.period.end)
        if held:
            days[tenure.person] = days.get(tenure.person, 0) + held
    last = ask.roster.holder(post, ask.period.last)
    return [p for p, held in days.items() if p == last or (duty.held_days and held >= duty.held_days)]


def _of_heads(ask: _Question, duty: Duty) -> Iterator[Demand]:
    """The heads of this unit, where it lies in the portfolio of a team above (分管部门、分管领域主要负责人)."""
    for level in ask.rules.levels.values():
        if level.name not in duty.levels:
            continue
        due = _due(ask, duty, level)
        day = min(due.day, ask.period.last)
        if not ask.roster.kind(ask.unit, due.day):
            continue
        over = [p for p in ask.roster.in_charge(ask.unit, day) if governed_by(ask.rules, ask.roster, p, level, day)]
        if over:
            for demand in _of_posts(ask, duty, level, due, level.heads):
                if demand.post not in over:
                    yield demand


def _demand(ask: _Question, duty: Duty, level: Level, due: _Due, post: str | None, person: str | None) -> Demand:
    recipients, any_of = _recipients(ask, duty)
    counterparts = _counterparts(ask, duty, level, due, post) if duty.counterparts else [""]
    keys = tuple(Key(c, r, kind) for c in counterparts for r in recipients for kind in duty.lists or ("",))
    holder = person if person is not None else ask.roster.holder(post, due.day) if post is not None else None
    return Demand(
        rules=ask.rules, duty=duty, period=ask.period, level=level, unit=ask.unit, post=post, person=person,
        holder=holder, due=due.day, due_until=due.until, amber=due.amber, keys=keys, any_of=any_of,
        deadline=due.deadline,
    )  # fmt: skip


def _due(ask: _Question, duty: Duty, level: Level) -> _Due:
    settings, number = ask.rules.settings, ask.period.number
    template, source = duty.due[level.name][number], duty
    if template.startswith("as "):
        source = ask.rules.duties[template[3:]]
        template = source.due[level.name][number]
    day = due_day(template, ask.period, settings.mid_month, settings.roll, ask.work)
    ambers = duty.amber.get(level.name) or source.amber.get(level.name)
    warn = day - settings.amber_days
    if ambers is not None:
        warn = due_day(ambers[number], ask.period, settings.mid_month, "none", ask.work)
    deadline = ask.deadlines.find(duty.id, ask.period.label, ask.unit)
    if deadline is None and source is not duty:
        deadline = ask.deadlines.find(source.id, ask.period.label, ask.unit)
    if deadline is not None:
        day, warn = deadline.day, warn + deadline.day - day
    return _Due(day, start_of(day + (settings.due_day == "inclusive")), start_of(warn), deadline)


def _recipients(ask: _Question, duty: Duty) -> tuple[Sequence[str], frozenset[str]]:
    """The units that a duty's bodies stand for; a body that the registry does not know stands under its own name."""
    found: list[str] = []
    for body in duty.recipients:
        units: Sequence[str] = ()
        for selector in ask.rules.bodies[body]:
            units = _select(ask, selector.unit, selector.kind)
            if units:
                break
        found += [u for u in units or (body,) if u not in found]
    if not found:
        return ("",), frozenset()
    if ask.rules.settings.recipients == "any":
        return ("*",), frozenset(found)
    return found, frozenset()


def _select(ask: _Question, unit: str, kind: str) -> Sequence[str]:
    """Units by id or kind: one above the unit itself if there is one, else those right below its root, else all."""
    day = ask.period.last
    if unit:
        return (unit,) if ask.roster.kind(unit, day) else ()
    chain = ask.roster.ancestors(ask.unit, day)
    above = [u for u in chain if ask.roster.kind(u, day) == kind]
    if above:
        return above[:1]
    every = ask.roster.of_kind(kind, day)
    top = [u for u in every if ask.roster.parent(u, day) == chain[-1]] if chain else []
    return top or every


def _counterparts(ask: _Question, duty: Duty, level: Level, due: _Due, post: str | None) -> list[str]:
    """Who must be covered, without the obligor (AMB24), each once, in order."""
    found: dict[str, None] = {}
    day = min(due.day, ask.period.last)
    window = (ask.period.begin, ask.period.end) if duty.held_days else (day, day + 1)
    group = Group(ask.rules, ask.roster, ask.unit, level, post, day, window)
    for name in duty.counterparts:
        if name == "team":
            found[ask.unit] = None
            continue
        for other, windows in sorted(coverage(group, name).items()):
            if other == post or other in found:
                continue
            if held_days(ask.roster, other, windows, post) >= max(duty.held_days, 1):
                found[other] = None
    return list(found)


def obliged_posts(rules: RuleSet, roster: Roster, unit: str, day: int) -> list[str]:
    """The posts of the team of *unit* on *day*, the leader's first."""
    level = level_of(rules, roster, unit, day)
    return [] if level is None else team(roster, unit, level, day)
