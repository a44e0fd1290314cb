"""
A year of talks: duty, integrity, heart to heart, in each portfolio, with whom the text names (三（二）2, 二（二）2, 3).
"""

from __future__ import annotations

import datetime as dt

from trail.testing.university.desk import Desk
from trail.testing.university.people import UNI
from trail.testing.university.plan import Ref, after_workdays
from trail.testing.university.words import TALKS, one

SPRING, AUTUMN = (4, 10), (9, 15)
PLACES = ("办公室", "小会议室", "谈心谈话室")


def talks(desk: Desk) -> None:
    """Everything that a year asks for; half of it in spring, half in autumn."""
    d, leader = desk, desk.team.leader
    for number, other in enumerate([*d.team.members, *d.team.below]):
        season = SPRING if number % 2 else AUTUMN
        talk(d, leader, other, "duty", _day(d, season), topic="self_governance")
        talk(d, leader, other, "integrity", _day(d, AUTUMN if season == SPRING else SPRING), topic="integrity")
    if d.unit != UNI:
        for other in d.team.members:
            talk(d, leader, other, "heart_to_heart", _day(d, SPRING))
        for other in d.team.heads.values():
            talk(d, leader, other, "integrity", _day(d, SPRING), topic="integrity")
    for member in d.team.posts:
        for unit in d.team.charge.get(member, ()):
            head = d.team.heads[unit]
            talk(d, member, head, "duty", _day(d, SPRING), topic="self_governance")
            talk(d, member, head, "integrity", _day(d, AUTUMN), topic="integrity")
            if f"{unit}/staff" in d.people.posts:
                talk(d, member, f"{unit}/staff", "heart_to_heart", _day(d, AUTUMN))


def talk(
    d: Desk, post: str, other: str, kind: str, day: dt.date, *, topic: str | None = None, causes: tuple[Ref, ...] = (),
    why: str = "",
) -> Ref | None:  # fmt: skip
    """One talk with whoever holds *other*, now and then confirmed by them; never with oneself."""
    whom = d.who(other, day)
    unit = d.people.posts[other].unit
    if whom is None or whom[0] == d.holder(post, day) or not d.people.exists(unit, day):
        return None
    held = d.did(post, "TalkHeld", day, kind=kind, counterparts=[whom], topic=topic, place=one(d.drawn, PLACES),
                 content=one(d.drawn, TALKS[kind]), causes=list(causes), why=why)  # fmt: skip
    if held is not None and d.chance(35):
        made = d.book.rows[held.key]
        when = made.happened
        if when is not None and made.lag < 15 and d.holder(other, after_workdays(when.date(), 2)) == whom[0]:
            d.did(other, "TalkConfirmed", after_workdays(when.date(), 2), talk=held)
    return held


def _day(d: Desk, season: tuple[int, int]) -> dt.date:
    return d.day(*season, spread=70)
