"""
Making the plan of a university: whose character is what, desk by desk and year by year, then what befalls them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Final

from trail.rules import RuleSet
from trail.testing.university import lists, reports, school, story, talks, work
from trail.testing.university.desk import BACKFILLER, HONEST, IDLE, TARDY, Book, Desk, Evening
from trail.testing.university.people import UNI, People
from trail.testing.university.plan import Plan, at

_EVENING: Final = (9, 15)
"""On this evening half a year is recorded; the inspection is announced on the next day."""


def make(seed: int, units: int, years: int, first_year: int, rules: Sequence[RuleSet]) -> Plan:
    """The plan that follows from these numbers; raises `CallerError` if they can't be had."""
    people = People(seed, units, years, first_year)
    end = at(dt.date(first_year + years, 1, 31), 18)
    return _Making(seed, people, Book(people, end), rules).plan()


def characters(seed: int, units: Sequence[str]) -> dict[str, str]:
    """The character of each unit: the first four are always the same, of the others most are honest."""
    fixed = dict(zip(units, (HONEST, TARDY, BACKFILLER, TARDY), strict=False))
    drawn = random.Random(f"{seed}/characters")
    for unit in units[4:]:
        number = drawn.randrange(100)
        fixed[unit] = HONEST if number < 74 else TARDY if number < 95 else IDLE
    return fixed


class _Making:
    def __init__(self, seed: int, people: People, book: Book, rules: Sequence[RuleSet]) -> None:
        self.seed = seed
        self.people = people
        self.book = book
        self.rules = rules
        self.characters = characters(seed, people.colleges)
        last = people.first_year + people.years - 1
        self.notice = at(dt.date(last, _EVENING[0], _EVENING[1] + 1), 9)
        self.evening = Evening(at(dt.date(last, *_EVENING), 19, 30), dt.date(last, 3, 1), dt.date(last, 9, 11))
        self.last = last

    def plan(self) -> Plan:
        """Everything, in order."""
        story.founding(self.book)
        story.changes(self.book)
        story.renamed(self.book)
        self._rules()
        for number in range(self.people.years):
            self._year(self.people.first_year + number)
        story.anchors(self.book, self.evening.at)
        return Plan(self.people.begin, self.book.end, self.notice, self.characters, self.book.in_order())

    def _rules(self) -> None:
        """The first version at the beginning; the amended one in December, for the second year on."""
        first = self.people.first_year
        for number, rules in enumerate(self.rules):
            day = self.people.begin if not number else dt.date(first, 12, 18)
            story.adopted(self.book, rules.digest, rules.instrument, at(day, 11), str(first + number))

    def desk(self, unit: str, year: int) -> Desk:
        """The desk of a team for a year."""
        character = self.characters.get(unit, HONEST)
        evening = self.evening if character == BACKFILLER and year == self.last else None
        return Desk(self.book, self.people.teams[unit], year, character, self.seed, evening=evening)

    def _year(self, year: int) -> None:
        known: lists.Lists = {}
        story.holidays(self.book, year)
        units = [unit for unit in self.people.colleges if self.people.exists(unit, dt.date(year, 1, 1))]
        desks = {unit: self.desk(unit, year) for unit in [*units, UNI]}
        filing = dt.date(year, 4, 15 if year > self.people.first_year else 20)
        sent = school.directives(year)
        for unit, desk in desks.items():
            if year == self.people.first_year:
                work.set_up(desk)
            elif unit == UNI:
                work.amended(desk)
            reports.personal_matters(desk)
            lists.plan(desk)
            lists.lists(desk, known, dt.date(year, 4, 30) if unit == UNI else filing)
            talks.talks(desk)
            work.studies(desk)
            work.portfolios(desk)
            work.decisions(desk)
            work.facts(desk)
            work.issues(desk)
            if unit != UNI:
                work.from_above(desk, sent)
                work.petitions(desk)
                work.party_life(desk)
            for half in (1, 2):
                reports.half_year(desk, half)
            reports.duty_integrity(desk)
        school.supervision(desks[UNI], units)
        school.assessment(desks[UNI], units, known, self.characters)
        self._incidents(year, desks, known)

    def _incidents(self, year: int, desks: dict[str, Desk], known: lists.Lists) -> None:
        jia, yi, bing = self.people.colleges[:3]
        if year == self.people.first_year:
            principal = f"{jia}/principal"
            story.on_paper(desks[jia], principal, at(dt.date(year, 6, 18)), at(dt.date(year, 11, 2), 14))
            story.edited(self.book, jia, dt.date(year, 11, 4))
            school.case(desks[UNI], yi, f"{yi}/secretary", dt.date(year, 11, 9), known.get(yi, []))
        if year == self.last:
            story.inspected(desks[bing], self.notice)
