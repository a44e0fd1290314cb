"""
A desk: where a unit's acts of one year are planned, with that unit's habits of doing and recording.

Habits decide how long after an act its record is made, how close to a deadline something is sent, and what is left
undone.  The acts themselves are the same for everybody.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from trail.testing.university.people import People, Team
from trail.testing.university.plan import Planned, Ref, after_workdays, at, moment, workday

HONEST, TARDY, BACKFILLER, IDLE = "honest", "tardy", "backfiller", "idle"


class Habits(NamedTuple):
    """
    How a unit records.

    Out of a hundred records so many are made on the day, within three working days, within thirty days, or later.
    ``sent`` is how many days before a deadline something goes out, from and to (negative: after it); ``left`` how
    many acts out of a hundred are left undone.
    """

    day: int
    soon: int
    late: int
    sent: tuple[int, int]
    left: int = 0


HABITS: Final[Mapping[str, Habits]] = {
    HONEST: Habits(80, 20, 0, (2, 9)),
    TARDY: Habits(35, 20, 30, (-9, 3), 2),
    BACKFILLER: Habits(70, 30, 0, (1, 6)),
    IDLE: Habits(40, 30, 20, (-15, 2), 25),
}
REFERENCES: Final = frozenset(
    ("appeal", "assessment", "case", "decision", "filing", "inquiry", "issue", "matter", "meeting", "of", "order",
     "petition", "report", "responsibility", "talk", "target")
)  # fmt: skip
OUTWARD: Final = frozenset(
    ("ResponsibilityListDrafted", "TaskListDrafted", "ListReviewed", "ListReturned", "ListEndorsed", "CommitmentSigned",
     "PledgeSigned", "ListFiledForRecord", "FilingReceived", "PaperReceiptRecorded", "ReportFiled", "ReportReceived",
     "DutyIntegrityReported", "PersonalMattersReported", "PetitionReceived", "DirectiveReceived")
)  # fmt: skip
"""What others see at once, so that nobody can leave it until an inspection is announced."""


@dataclass(slots=True)
class Evening:
    """The evening, from ``at`` on, on which somebody records what happened from ``since`` until ``until``."""

    at: dt.datetime
    since: dt.date
    until: dt.date
    minutes: float = 0.0

    def next(self) -> dt.datetime:
        """The time of the next record: two a minute."""
        self.minutes += 0.5
        return self.at + dt.timedelta(minutes=self.minutes)


class Book:
    """Where plans are written: acts by key, in the order in which they were thought of."""

    def __init__(self, people: People, end: dt.datetime) -> None:
        self.people = people
        self.end = end
        self.rows: dict[str, Planned] = {}

    def write(self, row: Planned) -> Ref:
        """Add one act."""
        self.rows[row.key] = row
        return Ref(row.key)

    def in_order(self) -> tuple[Planned, ...]:
        """All of them in the order of recording; of two at one time what was thought of first comes first."""
        return tuple(sorted(self.rows.values(), key=lambda row: row.recorded))


class Desk:
    """
    The desk of one team for one year.

    ``did`` plans an act.  It gives None where there was nobody to do it, where what it rests on was not done, or where
    it would be recorded after the plan's end: whoever refers to it passes that on.
    """

    def __init__(
        self, book: Book, team: Team, year: int, character: str, seed: int, *, evening: Evening | None = None
    ) -> None:
        self.book = book
        self.people = book.people
        self.team = team
        self.unit = team.unit
        self.year = year
        self.character = character
        self.habits = HABITS[character]
        self.drawn = random.Random(f"{seed}/{team.unit}/{year}")
        self._evening = evening
        self._number = 0

    # --- days --------------------------------------------------------------------------------------------------------

    def day(self, month: int, day: int, *, year: int = 0, spread: int = 0) -> dt.date:
        """A working day at that date, or up to *spread* days after it."""
        first = dt.date(year or self.year, month, day)
        return workday(first + dt.timedelta(days=self.drawn.randrange(spread + 1)))

    def before(self, due: dt.date) -> dt.date:
        """The day on which this unit sends what is due by *due*; honest people never send late."""
        low, high = self.habits.sent
        day = due - dt.timedelta(days=self.drawn.randint(low, high))
        return workday(day) if low <= 0 or workday(day) <= due else workday(day - dt.timedelta(days=3))

    def chance(self, percent: float) -> bool:
        """Whether something happens that happens so often out of a hundred times."""
        return self.drawn.random() * 100 < percent

    # --- persons -----------------------------------------------------------------------------------------------------

    def holder(self, post: str, day: dt.date) -> str | None:
        """Who holds *post* on *day*."""
        return self.people.holder(post, day)

    def who(self, post: str, day: dt.date) -> tuple[str, str] | None:
        """Who holds *post* on *day*, as an act names somebody in a post."""
        person = self.holder(post, day)
        return None if person is None else (person, post)

    def present(self, posts: Iterable[str], day: dt.date) -> list[tuple[str, str]]:
        """Those of *posts* that are held on *day*, as acts name them; nobody twice."""
        found: dict[str, tuple[str, str]] = {}
        for post in posts:
            row = self.who(post, day)
            if row is not None:
                found.setdefault(row[0], row)
        return list(found.values())

    # --- acts --------------------------------------------------------------------------------------------------------

    def did(
        self,
        post: str,
        type: str,
        when: dt.date | dt.datetime,
        /,
        *,
        key: str = "",
        time: str = "happened",
        by: str = "",
        recorded: dt.datetime | None = None,
        why: str = "",
        must: bool = False,
        **given: Any,
    ) -> Ref | None:
        """
        Plan an act of whoever holds *post* at *when*.

        *time* names the argument that holds *when* (``happened``, ``sent``, ``received``); *by* is the recorder's post
        where the recorder signs for the performer; *recorded* a time of recording against all habits.  *must*: done
        even by a unit that leaves things undone.
        """
        self._number += 1
        if (not must and self.chance(self.habits.left)) or any(given[n] is None for n in REFERENCES & given.keys()):
            return None
        for name in ("versions", "causes", "about"):
            if name in given:
                given[name] = [ref for ref in given[name] if ref is not None]
        if given.get("versions") == [] and type.startswith(("List", "Commitment")):
            return None
        happened = when if isinstance(when, dt.datetime) else self._hour(when)
        refs = list(_refs(given.values()))
        happened = max([happened, *(self._after(ref) for ref in refs)])
        day = happened.date()
        person = self.people.holder(post, day)
        unit = self.people.posts[post].unit
        if person is None or not self.people.exists(unit, day) or not self.people.exists(self.unit, day):
            return None
        signer, signing = person, post
        if by:
            signer, signing = self.people.holder(by, day) or person, by
            given["performers"] = (("person", person, post),)
        made = recorded or self._recorded(type, happened)
        made = max([made, *(moment(self.book.rows[ref.key].recorded + 1) for ref in refs)])
        if made > self.book.end:
            return None
        name = key or f"{self.unit}/{self.year}/{self._number}"
        row = Planned(name, int(made.timestamp()), signer, signing, type, {time: happened, **given}, self.unit, why)
        return self.book.write(row)

    def _hour(self, day: dt.date) -> dt.datetime:
        return at(day, 9 + self.drawn.randrange(8), self.drawn.randrange(60))

    def _after(self, ref: Ref) -> dt.datetime:
        """A minute after an earlier act happened."""
        row = self.book.rows[ref.key]
        return (row.happened or moment(row.recorded)) + dt.timedelta(minutes=1)

    def _recorded(self, type: str, happened: dt.datetime) -> dt.datetime:
        evening, day = self._evening, happened.date()
        if evening is not None and type not in OUTWARD and evening.since <= day <= evening.until:
            return evening.next()
        drawn, habits = self.drawn.randrange(100), self.habits
        minutes = self.drawn.randrange(10, 90)
        if drawn < habits.day or type in OUTWARD:
            return happened + dt.timedelta(minutes=minutes)
        if drawn < habits.day + habits.soon:
            day = after_workdays(day, 1 + drawn % 3)
        elif drawn < habits.day + habits.soon + habits.late:
            day = workday(day + dt.timedelta(days=6 + self.drawn.randrange(18)))
        else:
            day = workday(day + dt.timedelta(days=35 + self.drawn.randrange(40)))
        return at(day, 9 + self.drawn.randrange(8), minutes % 60)


def _refs(values: Iterable[Any]) -> Iterable[Ref]:
    for value in values:
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, list | tuple) and not isinstance(value, str):
            yield from _refs(value)
