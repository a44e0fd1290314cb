"""
From duties and a roster to what a unit owes in a period: `Demand`\\ s (pure).

A demand says who owes what to whom until when; whether it was done is for `trail.projections` to find.  The roster is
whatever answers the questions of `Roster`; days and intervals as in `trail.rules.calendar`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from trail.rules.calendar import ALWAYS, Period, WorkDays, due_day, is_rolling, seconds_of, start_of
from trail.rules.groups import UNIT_GROUPS, Group, coverage, governed_by, level_of, team
from trail.rules.model import COUNTED, Duty, Level, RuleSet
from trail.rules.obligors import Seat, Seats, kinds_of, obliges_body
from trail.rules.people import Roster, held_days, tenure_days, unit_days

__all__ = ["Deadline", "Deadlines", "Demand", "Key", "Roster", "demands"]

_ASKED: Final[dict[tuple[bytes, frozenset[str], str, bool], tuple[Duty, ...]]] = {}
_MAX_ASKED: Final = 1_000


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
    ``any_of`` holds the recipients if any one of them will do, ``group`` the counterparts.  ``seat`` is the unit whose
    level it is: the unit itself, or the one whose discipline commission it is.
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
    group: frozenset[str] = frozenset()
    seat: str = ""


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
    seats: Seats


def demands(
    rules: RuleSet,
    unit: str,
    period: Period,
    roster: Roster,
    deadlines: Deadlines,
    work: WorkDays,
    cadence: str,
    classes: frozenset[str] = COUNTED,
) -> Iterator[Demand]:
    """
    What *unit* owes for *period*, a period of *cadence*, under *rules*; in the order of the rule set.

    *classes*: which duties; those that are not counted are asked for as of the last day of the period.
    """
    ask = _Question(rules, unit, period, roster, deadlines, work, Seats(rules, roster, unit))
    seat = ask.seats.on(period.last) or ask.seats.on(period.begin)
    level = "" if seat is None else seat.level.name  # most units have no committee, and owe nothing as a team
    for duty in _asked(rules, classes, cadence, is_rolling(period)):
        if level in duty.levels:
            yield from _of_team(ask, duty)
        if "head" in duty.obliged:
            yield from _of_heads(ask, duty)


def _asked(rules: RuleSet, classes: frozenset[str], cadence: str, rolling: bool) -> tuple[Duty, ...]:
    """The duties of these classes and this cadence, in the order of the rule set; found once for each rule set."""
    key = (rules.digest, classes, cadence, rolling)
    found = _ASKED.get(key)
    if found is None:
        if len(_ASKED) >= _MAX_ASKED:
            _ASKED.clear()
        found = _ASKED[key] = tuple(
            duty
            for duty in rules.duties.values()
            if duty.klass in classes and duty.cadence == cadence and rolling == _rolls(rules, duty)
        )
    return found


def _rolls(rules: RuleSet, duty: Duty) -> bool:
    """Whether the duty is asked of every six months (AMB4): what is due at the end of the half-year."""
    if rules.settings.half_years != "rolling" or duty.cadence != "half_year" or duty.klass not in COUNTED:
        return False
    return all(days == ENDS for days in duty.due.values())


ENDS = ("06-30", "12-31")


def _of_team(ask: _Question, duty: Duty) -> Iterator[Demand]:
    seat = ask.seats.on(ask.period.last) or ask.seats.on(ask.period.begin)
    if seat is None:
        return
    due = _due(ask, duty, seat.level)
    day = min(due.day, ask.period.last)
    seat = ask.seats.on(day)
    if seat is None or seat.level.name not in duty.levels or not ask.roster.kind(ask.unit, due.day):
        return
    if obliges_body(duty, seat):
        yield _demand(ask, duty, seat, due, None, None)
    if not seat.commission:
        yield from _of_posts(ask, duty, seat, due, kinds_of(duty, seat.level))


def _of_posts(ask: _Question, duty: Duty, seat: Seat, due: _Due, kinds: Container[str]) -> Iterator[Demand]:
    day = min(due.day, ask.period.last)
    for post in ask.roster.posts(ask.unit):
        if post.kind not in kinds:
            continue
        if duty.bound == "person":
            for person in _persons(ask, duty, post.id):
                yield _demand(ask, duty, seat, due, post.id, person)
        elif post.begin <= day < post.end:
            yield _demand(ask, duty, seat, due, post.id, None)


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
            for demand in _of_posts(ask, duty, Seat(ask.unit, level, False), due, level.heads):
                if demand.post not in over:
                    yield demand


def _demand(ask: _Question, duty: Duty, seat: Seat, due: _Due, post: str | None, person: str | None) -> Demand:
    recipients, any_of = _recipients(ask, duty)
    counterparts: Sequence[str] = ("",)
    group: frozenset[str] = frozenset()
    if duty.counterparts:
        counterparts = _counterparts(ask, duty, seat, due, post)
        named = any(s.counterpart for s in duty.satisfied_by)
        if ask.rules.settings.talks == "group" and named and counterparts:
            counterparts, group = ("*",), frozenset(counterparts)
    keys = tuple(Key(c, r, kind) for c in counterparts for r in recipients for kind in duty.lists or ("",))
    holder = person if person is not None else ask.roster.holder(post, due.day) if post is not None else None
    return Demand(
        rules=ask.rules, duty=duty, period=ask.period, level=seat.level, unit=ask.unit, post=post, person=person,
        holder=holder, due=due.day, due_until=due.until, amber=due.amber, keys=keys, any_of=any_of,
        deadline=due.deadline, group=group, seat=seat.unit,
    )  # fmt: skip


def _due(ask: _Question, duty: Duty, level: Level) -> _Due:
    settings, number = ask.rules.settings, ask.period.number
    if level.name not in duty.due or is_rolling(ask.period):
        last = ask.period.last
        return _Due(last, start_of(last + 1), start_of(last - settings.amber_days), None)
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
    until = start_of(day + (settings.due_day == "inclusive"))
    if settings.due_day == "closing":
        until += seconds_of(settings.closing_time)
    return _Due(day, until, start_of(warn), deadline)


def _recipients(ask: _Question, duty: Duty) -> tuple[Sequence[str], frozenset[str]]:
    """The units that a duty's bodies stand for; a body that the registry does not know stands under its own name."""
    found: list[str] = []
    for body in duty.recipients:
        units: Sequence[str] = ()
        for selector in ask.rules.bodies[body]:
            units = (ask.unit,) if selector.own else _select(ask, selector.unit, selector.kind)
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


def _counterparts(ask: _Question, duty: Duty, seat: Seat, due: _Due, post: str | None) -> list[str]:
    """Who must be covered, posts or units, without the obligor (AMB24), each once, in order."""
    found: dict[str, None] = {}
    day = min(due.day, ask.period.last)
    window, least = (day, day + 1), 1
    if duty.held_days and ask.rules.settings.counterparts == "last_day":
        window = (ask.period.last, ask.period.end)
    elif duty.held_days:
        window, least = (ask.period.begin, ask.period.end), duty.held_days
    group = Group(ask.rules, ask.roster, seat.unit, seat.level, post, day, window)
    for name in duty.counterparts:
        if name == "team":
            found[ask.unit] = None
            continue
        units = name in UNIT_GROUPS
        for other, windows in sorted(coverage(group, name).items()):
            if other == post or other in found:
                continue
            days = unit_days(ask.roster, other, windows) if units else held_days(ask.roster, other, windows, post)
            if days >= least:
                found[other] = None
    return list(found)


def standing_demands(
    rules: RuleSet, unit: str, roster: Roster, deadlines: Deadlines, work: WorkDays, day: int
) -> Iterator[Demand]:
    """What is to be in place in *unit* on *day*: duties of class O, whatever the period."""
    ask = _Question(rules, unit, ALWAYS, roster, deadlines, work, Seats(rules, roster, unit))
    seat = ask.seats.on(day)
    if seat is None:
        return
    due = _Due(day, start_of(day + 1), start_of(day + 1), None)
    for duty in rules.duties.values():
        if duty.klass == "O" and seat.level.name in duty.levels:
            if obliges_body(duty, seat):
                yield _demand(ask, duty, seat, due, None, None)
            for post in roster.posts(unit) if not seat.commission else ():
                if post.kind in kinds_of(duty, seat.level) and post.begin <= day < post.end:
                    yield _demand(ask, duty, seat, due, post.id, None)


def recipients_on(
    rules: RuleSet, duty: Duty, unit: str, roster: Roster, day: int
) -> tuple[Sequence[str], frozenset[str]]:
    """The units that must be reached on *day*, or any one of them; as `Demand.keys` and ``any_of`` hold them."""
    one = Period("", day, day + 1)
    ask = _Question(rules, unit, one, roster, _NO_DEADLINES, WorkDays(), Seats(rules, roster, unit))
    return _recipients(ask, duty)


class _NoDeadlines:
    def find(self, duty: str, period: str, unit: str) -> Deadline | None:
        return None


_NO_DEADLINES = _NoDeadlines()


def obliged_posts(rules: RuleSet, roster: Roster, unit: str, day: int) -> list[str]:
    """The posts of the team of *unit* on *day*, the leader's first."""
    level = level_of(rules, roster, unit, day)
    return [] if level is None else team(roster, unit, level, day)
