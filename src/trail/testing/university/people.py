"""
Who is who at the university: units, posts, persons, and what changes among them over the years.

All of it is invented: units are numbered by the heavenly stems and earthly branches, people by counting.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from trail.errors import CallerError

_SURNAMES: Final = "张李王赵钱孙周吴郑冯陈楚魏蒋沈韩杨朱秦尤许何吕施"
_DIGITS: Final = "零一二三四五六七八九"
_UNITS: Final = (
    ("jia", "甲"), ("yi", "乙"), ("bing", "丙"), ("ding", "丁"), ("wu", "戊"), ("ji", "己"), ("geng", "庚"),
    ("xin", "辛"), ("ren", "壬"), ("gui", "癸"), ("zi", "子"), ("chou", "丑"), ("yin", "寅"), ("mao", "卯"),
    ("chen", "辰"), ("si", "巳"), ("noon", "午"), ("wei", "未"), ("shen", "申"), ("you", "酉"), ("xu", "戌"),
    ("hai", "亥"),
)  # fmt: skip
MIN_UNITS: Final = 4
UNI, DIC, ORG = "uni", "dic", "org"
STATIONED, WORK_COMMITTEE = "stationed-group", "education-work-committee"
REGISTRARS: Final = ("r-1", "r-2")
ADMINISTRATOR: Final = "p-admin"
"""Runs the database; holds no post and no key, and appears in no record."""


class UnitRow(NamedTuple):
    """A unit: id, kind, name, the unit above, the post it acts through; ``end``: the day on which it was merged."""

    id: str
    kind: str
    name: str
    parent: str | None = None
    through: str | None = None
    end: dt.date | None = None
    into: str | None = None


class PostRow(NamedTuple):
    """A post: id, unit, kind, title."""

    id: str
    unit: str
    kind: str
    title: str


class Tenure(NamedTuple):
    """A person in a post from a day until another (not included; None: still); ``told``: when it was registered."""

    person: str
    begin: dt.date
    end: dt.date | None = None
    acting: bool = False
    told: dt.date | None = None


@dataclass(slots=True)
class Team:
    """
    A committee: its leader's post, the posts of the other members, and whom each member is in charge of.

    ``charge``: for each post the units in its portfolio; ``heads``: for each unit in a portfolio its head's post;
    ``below``: posts that lead the level below; ``branches``: its branches, each with the secretary's post.
    """

    unit: str
    leader: str
    principal: str
    members: list[str]
    recorder: str
    charge: dict[str, list[str]] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    below: list[str] = field(default_factory=list)
    branches: dict[str, str] = field(default_factory=dict)

    @property
    def posts(self) -> list[str]:
        """The whole team, the leader first."""
        return [self.leader, *self.members]


def numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese."""
    tens, ones = divmod(number, 10)
    return ("" if not tens else ("" if tens == 1 else _DIGITS[tens]) + "十") + (_DIGITS[ones] if ones else "")


def unit_name(number: int) -> tuple[str, str]:
    """Id and name of a unit by number, from 0; every sixth is an office."""
    plain = number < len(_UNITS)
    id_, sign = _UNITS[number] if plain else (f"c{number + 1}", f"第{numeral(number + 1)}")
    return (id_, f"{sign}机关党总支") if number % 6 == 5 else (id_, f"{sign}学院党委")


class People:
    """The roster of a university of so many *units* and *years* from *first_year*, as *seed* has it."""

    def __init__(self, seed: int, units: int, years: int, first_year: int) -> None:
        if not MIN_UNITS <= units <= 99:
            raise CallerError(f"a university has {MIN_UNITS} to 99 units", found=units)
        if not 1 <= years <= 20:
            raise CallerError("a university is told over 1 to 20 years", found=years)
        self.first_year, self.years = first_year, years
        self.begin = dt.date(first_year, 1, 1)
        self._drawn = random.Random(f"{seed}/people")
        self.names: dict[str, str] = {}
        self.units: dict[str, UnitRow] = {}
        self.posts: dict[str, PostRow] = {}
        self.tenures: dict[str, list[Tenure]] = {}
        self.teams: dict[str, Team] = {}
        self.colleges = [unit_name(number)[0] for number in range(units)]
        self._school()
        for number in range(units):
            self._college(number)
        self._portfolios()
        self._changes()

    # --- founding ----------------------------------------------------------------------------------------------------

    def person(self) -> str:
        """Another person."""
        number = len(self.names)
        person = f"p-{number + 1:04}"
        self.names[person] = _SURNAMES[number % len(_SURNAMES)] + numeral(number % 99 + 1)
        return person

    def _post(self, post: str, kind: str, title: str, *, unit: str = "", person: str | None = None) -> str:
        self.posts[post] = PostRow(post, unit or post.partition("/")[0], kind, title)
        self.tenures[post] = [Tenure(person or self.person(), self.begin)]
        return post

    def _unit(self, unit: str, kind: str, name: str, parent: str | None, through: str | None = None) -> str:
        self.units[unit] = UnitRow(unit, kind, name, parent, through)
        return unit

    def _school(self) -> None:
        self._unit(UNI, "university", "某大学党委", None, "uni/secretary")
        self._unit(DIC, "commission", "校纪委", UNI, "dic/secretary")
        self._unit(ORG, "organisation_department", "校党委组织部", UNI, "org/head")
        self._unit(STATIONED, "external", "市纪委驻市委教育工委纪检组", None)
        self._unit(WORK_COMMITTEE, "work_committee", "市委教育工委", None)
        rows = (
            ("uni/secretary", "secretary", "校党委书记"), ("uni/president", "principal", "校长"),
            ("uni/deputy", "deputy_secretary", "校党委副书记"), ("uni/vice", "member", "副校长"),
            ("uni/recorder", "recorder", "校党委专职记录员"), ("dic/secretary", "commission_secretary", "校纪委书记"),
            ("dic/deputy", "commission_deputy", "校纪委副书记"), ("dic/recorder", "recorder", "校纪委专职人员"),
            ("org/head", "head", "组织部部长"), ("org/staff", "staff", "组织部干事"),
        )  # fmt: skip
        for post, kind, title in rows:
            self._post(post, kind, title)
        members = ["uni/president", "uni/deputy", "uni/vice"]
        self.teams[UNI] = Team(UNI, "uni/secretary", "uni/president", members, "uni/recorder")

    def _college(self, number: int) -> None:
        unit, name = unit_name(number)
        office = "机关" in name
        short = name.removesuffix("党委").removesuffix("党总支")
        self._unit(unit, "office" if office else "college", name, UNI, f"{unit}/secretary")
        leader = self._post(f"{unit}/secretary", "secretary", f"{name}书记")
        rows = (
            ("deputy", "deputy_secretary", f"{name}副书记"), ("principal", "principal", f"{short}院长"),
            ("vice", "member", f"{short}副院长"), ("discipline", "member", f"{name}纪检委员"),
        )  # fmt: skip
        members = [self._post(f"{unit}/{key}", kind, title) for key, kind, title in rows]
        team = Team(unit, leader, f"{unit}/principal", members, f"{unit}/recorder")
        self._post(team.recorder, "recorder", f"{short}专职记录员")
        self.teams[unit] = team
        in_charge = [*members, leader]
        for place in range(4 + self._drawn.randrange(3)):
            section = self._unit(f"{unit}-s{place + 1}", "section", f"{short}第{numeral(place + 1)}科室", unit)
            head = self._post(f"{section}/head", "head", f"{short}第{numeral(place + 1)}科室主任", unit=section)
            self._post(f"{section}/staff", "staff", f"{short}第{numeral(place + 1)}科室成员", unit=section)
            team.heads[section] = head
            team.charge.setdefault(in_charge[place % len(in_charge)], []).append(section)
        for place in range(2 + self._drawn.randrange(2)):
            branch = self._unit(f"{unit}-b{place + 1}", "branch", f"{short}第{numeral(place + 1)}支部", unit)
            secretary = self._post(f"{branch}/secretary", "branch_secretary", f"{short}第{numeral(place + 1)}支部书记",
                                   unit=branch)  # fmt: skip
            team.branches[branch] = secretary
            team.below.append(secretary)

    def _portfolios(self) -> None:
        """The members of the university's team are in charge of the colleges, in turn."""
        team = self.teams[UNI]
        team.below = [self.teams[unit].leader for unit in self.colleges]
        for number, unit in enumerate(self.colleges):
            team.charge.setdefault(team.members[number % len(team.members)], []).append(unit)
            team.heads[unit] = self.teams[unit].principal

    # --- what changes ------------------------------------------------------------------------------------------------

    def _changes(self) -> None:
        """The changes that every university has, and as many more as chance brings."""
        year = self.first_year
        jia, yi, _, ding = self.colleges[:4]
        # One person in two posts, from the beginning.
        self.tenures[f"{jia}-s2/head"] = [Tenure(self.holder(f"{jia}/principal", self.begin) or "", self.begin)]
        # A secretary relieved in mid-year.
        self._succeed(f"{yi}/secretary", dt.date(year, 9, 1))
        # A vacant post, and the successor registered only three weeks after the first day.
        self._leave(f"{ding}/vice", dt.date(year, 5, 4))
        self.tenures[f"{ding}/vice"].append(Tenure(self.person(), dt.date(year, 9, 14), told=dt.date(year, 10, 8)))
        # A deputy acts as secretary, and remains deputy.
        self._leave(f"{ding}/secretary", dt.date(year, 10, 12))
        deputy = self.holder(f"{ding}/deputy", dt.date(year, 10, 12)) or ""
        until = dt.date(year + 1, 3, 2)
        self.tenures[f"{ding}/secretary"].append(Tenure(deputy, dt.date(year, 10, 12), until, acting=True))
        if self.years > 1:
            self.tenures[f"{ding}/secretary"].append(Tenure(self.person(), until))
        self._merger()
        for number in range(self.years):
            self._rotations(year + number)

    def _succeed(self, post: str, day: dt.date) -> None:
        self._leave(post, day)
        self.tenures[post].append(Tenure(self.person(), day))

    def _leave(self, post: str, day: dt.date) -> None:
        self.tenures[post][-1] = self.tenures[post][-1]._replace(end=day)

    def _merger(self) -> None:
        """In the second year the last unit is merged into the one before it."""
        if self.years < 2 or len(self.colleges) < 6:
            return
        day = dt.date(self.first_year + 1, 7, 1)
        gone, into = self.colleges[-1], self.colleges[-2]
        for unit in [u.id for u in self.units.values() if gone in (u.id, u.parent)]:
            self.units[unit] = self.units[unit]._replace(end=day, into=into)
        for post in self.posts.values():
            if self.units[post.unit].end is not None:
                self._leave(post.id, day)

    def _rotations(self, year: int) -> None:
        """Every fourth secretary and every eighth member of the other units changes within a year."""
        for unit in self.colleges[4:]:
            team = self.teams[unit]
            for post, odds in [(team.leader, 0.25), *((member, 0.125) for member in team.members)]:
                drawn, day = self._drawn.random(), dt.date(year, self._drawn.randrange(3, 12), 1)
                last = self.tenures[post][-1]
                if drawn < odds and last.end is None and last.begin < day and self._lasts(unit, day):
                    self._succeed(post, day)

    def _lasts(self, unit: str, day: dt.date) -> bool:
        end = self.units[unit].end
        return end is None or day < end

    # --- what is asked -----------------------------------------------------------------------------------------------

    def holder(self, post: str, day: dt.date) -> str | None:
        """Who holds *post* on *day*; acting counts; None: vacant."""
        for tenure in reversed(self.tenures[post]):
            if tenure.begin <= day and (tenure.end is None or day < tenure.end):
                return tenure.person
        return None

    def obliged(self, post: str, begin: dt.date, end: dt.date, wish: dt.date) -> Iterator[dt.date]:
        """
        For each person whom a duty bound to the person obliges for *post* from *begin* until *end*: when they do it.

        On the day *wish* where they hold the post, else on the first day after ten in it, or on their last in it.
        """
        for tenure in self.tenures[post]:
            since, until = max(tenure.begin, begin), min(tenure.end or end, end)
            if (until - since).days >= 90 or since < until == end:
                day = max(wish, tenure.begin + dt.timedelta(days=10))
                yield day if tenure.end is None else min(day, tenure.end - dt.timedelta(days=1))

    def exists(self, unit: str, day: dt.date) -> bool:
        """Whether *unit* is not merged yet on *day*."""
        return self._lasts(unit, day)

    def changes(self) -> Iterator[tuple[dt.date, str, Tenure]]:
        """Every beginning and end of a tenure after the first day: the day, the post, the tenure."""
        for post, rows in self.tenures.items():
            for row in rows:
                if row.begin > self.begin:
                    yield row.begin, post, row
                if row.end is not None:
                    yield row.end, post, row

    def at_first(self) -> Mapping[str, str]:
        """Who holds which post on the first day."""
        return {post: rows[0].person for post, rows in self.tenures.items() if rows[0].begin == self.begin}

    def newcomers(self) -> Sequence[str]:
        """The persons who hold no post on the first day."""
        there = set(self.at_first().values())
        return [person for person in self.names if person not in there]
