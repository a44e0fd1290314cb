"""
A story on the invented university, told act by act with real signatures, and asked about day by day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from trail.aggregates import ActBase, ResponsibilityListDrafted, TalkHeld, TaskListDrafted
from trail.evidence.record import Record
from trail.projections import Obligation, Snapshot, Triggered
from trail.rules import RuleSet
from trail.store import Ack
from trail.testing import Campus
from trail.testing.campus import seconds

BEGIN = "2026-01-01"
NOW = seconds("2030-01-01")
BOTH = ["uni", "dic"]

Tell: TypeAlias = "Callable[..., Told]"


class Told:
    """A campus on which *rules* (None: the regulation as it ships) hold from the day *begin* on."""

    def __init__(self, begin: str = BEGIN, rules: RuleSet | None = None) -> None:
        self.campus = Campus.found(begin=begin, rules=rules)
        self._rules = rules
        self._responsibility: dict[tuple[str, int, str], Ack] = {}

    # -- telling

    def do(self, post: str, act: ActBase, on: str, *, person: str | None = None) -> Ack:
        """Whoever holds *post* (or *person*) signs *act* on a day (at ten, unless a time is given)."""
        self.campus.set_time(on if " " in on else f"{on} 10:00")
        return self.campus.acting(post, person).record(act)

    def register(self, *acts: ActBase, on: str) -> list[Ack]:
        self.campus.set_time(f"{on} 10:00")
        return self.campus.register(*acts)

    def talk(self, by: str, to: list[str], day: str, *, kind: str = "duty", on: str | None = None,
             person: str | None = None, **more: Any) -> Ack:  # fmt: skip
        """A talk with persons on *day*, recorded on that day or *on* another."""
        act = TalkHeld(kind=kind, counterparts=to, happened=day, place="301", content="……", **more)
        return self.do(by, act, on or day, person=person)

    def drafts(self, owner: str, on: str, *, unit: str = "jia", year: int = 2026) -> list[Ack]:
        """The two lists of a post, or of the committee itself; the tasks name the responsibility list before them."""
        return [self.draft(kind, owner, on, unit=unit, year=year) for kind in ("responsibility", "task")]

    def draft(self, kind: str, owner: str, on: str, *, unit: str = "jia", year: int = 2026) -> Ack:
        whose: Any = {"owner": owner} if "/" in owner else {"owner_body": owner}
        by = f"{unit}/secretary"
        key = (unit, year, owner)
        if kind == "responsibility":
            act = ResponsibilityListDrafted(unit=unit, year=year, items={"1": "一"}, **whose)
            self._responsibility[key] = self.do(by, act, on)
            return self._responsibility[key]
        items, basis = [("1", "一", ["1"])], self._responsibility.get(key)
        return self.do(by, TaskListDrafted(unit=unit, year=year, items=items, responsibility=basis, **whose), on)

    # -- asking

    def at(self, day: str | None = None, known: str | int | None = None) -> Any:
        """The view as of the end of *day*, as known by the end of a day or at a size of the log."""
        if self._rules is None:
            return self.campus.trail.at(day, known_at=known)
        return Snapshot(list(self.campus.trail.records()), [self._rules], as_of=day, known_at=known, now=NOW)

    def one(self, duty: str, day: str, *, period: str, post: str | None = None, unit: str = "jia",
            known: str | int | None = None) -> Obligation:  # fmt: skip
        """The only obligation of a duty in a period: of *post*, otherwise of whoever owes it in the unit."""
        rows = self.at(day, known).unit(unit).obligations
        (found,) = [o for o in rows if (o.duty, o.period) == (duty, period) and (post is None or o.post == post)]
        return found

    def states(self, duty: str, *days: str, **which: Any) -> list[str]:
        """How it stands at the end of each of *days*."""
        return [self.one(duty, day, **which).state for day in days]

    def triggered(self, duty: str, day: str, *, unit: str = "jia", known: str | int | None = None) -> list[Triggered]:
        return [t for t in self.at(day, known).unit(unit).triggered if t.duty == duty]

    def open(self, duty: str, *days: str, unit: str = "jia") -> list[str]:
        """The state of the only thing that an event made due, at the end of each of *days*."""
        found = []
        for day in days:
            (one,) = self.triggered(duty, day, unit=unit)
            found.append(one.state)
        return found

    def stream(self, ack: Ack) -> list[Record]:
        """All records of the stream in which an act was put."""
        records = list(self.campus.trail.records())
        name = records[ack.position - 1].statement.stream
        return [record for record in records if record.statement.stream == name]


def lacks(one: Obligation) -> list[str]:
    """What an obligation still misses, as it is shown."""
    return [str(missing) for missing in one.missing]


def label(rows: Any, ack: Ack) -> tuple[str, dict[str, str]]:
    """How a record was made: its recording label, and whether its posts were held."""
    (one,) = [row for row in rows if row.position == ack.position]
    return one.label, dict(one.posts)
