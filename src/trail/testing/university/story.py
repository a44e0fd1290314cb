"""
What does not follow from habits: the rules amended, people coming and going, corrections, an erasure, an inspection.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from trail.testing.university.desk import Book, Desk
from trail.testing.university.people import DIC, STATIONED, People, Tenure
from trail.testing.university.plan import ANCHOR, REGISTRARS, Planned, Ref, after_workdays, at, workday

_GRANTS: Final[tuple[dict[str, Any], ...]] = (
    {"grant": "g-erase", "post": "dic/secretary", "action": "erase", "types": ["*"], "unit": "uni"},
    {"grant": "g-import", "post": "uni/recorder", "action": "import", "types": ["TalkHeld"], "unit": "uni"},
)


class Office:
    """Where the registrars' acts are planned."""

    def __init__(self, book: Book, name: str) -> None:
        self._book = book
        self._name = name
        self._number = 0

    def did(self, day: dt.datetime, type: str, why: str = "", **given: Any) -> None:
        """Plan an act of the registrars."""
        self._number += 1
        if day <= self._book.end:
            key = f"registry/{self._name}/{self._number}"
            self._book.write(
                Planned(key, int(day.timestamp()), REGISTRARS, "", type, {"happened": day, **given}, "", why)
            )


def founding(book: Book) -> None:
    """The registry of the first day: persons with their keys, units, posts, who holds them, portfolios, grants."""
    people, office = book.people, Office(book, "founding")
    day = at(people.begin, 9)
    first = people.at_first()
    newcomers = set(people.newcomers())
    for person, name in people.names.items():
        if person not in newcomers:
            office.did(day, "PersonRegistered", person=person, name=name)
    for unit in people.units.values():
        office.did(day, "UnitEstablished", unit=unit.id, kind=unit.kind, name=unit.name, parent=unit.parent)
    for post in people.posts.values():
        office.did(day, "PostCreated", post=post.id, unit=post.unit, kind=post.kind, title=post.title)
    for key, person in first.items():
        office.did(day, "PostAssigned", post=key, person=person, from_=people.begin.isoformat())
    for unit in people.units.values():
        if unit.through is not None:
            office.did(day, "BodyRepresented", unit=unit.id, post=unit.through)
    for team in people.teams.values():
        for key, units in team.charge.items():
            office.did(day, "PortfolioChanged", post=key, units=tuple(units), from_=people.begin.isoformat())
    for grant in _GRANTS:
        office.did(day, "GrantGiven", **grant)
    for person in dict.fromkeys(first.values()):
        office.did(day, "KeyEnrolled", person=person)


def changes(book: Book) -> None:
    """People who come, go and change posts; each told to the registrars a few days before, or now and then late."""
    people, office = book.people, Office(book, "changes")
    known = set(people.at_first().values())
    for day, post, tenure in sorted(people.changes()):
        told = before = at(workday(day - dt.timedelta(days=6)), 10)
        if day == tenure.begin:
            told = at(tenure.told, 10) if tenure.told is not None else told
            if tenure.person not in known:
                known.add(tenure.person)
                office.did(before, "PersonRegistered", person=tenure.person, name=people.names[tenure.person])
                office.did(before, "KeyEnrolled", person=tenure.person)
            office.did(told, "PostAssigned", _why(people, post, tenure), post=post, person=tenure.person,
                       from_=day.isoformat(), until=tenure.end.isoformat() if tenure.acting and tenure.end else None,
                       acting=tenure.acting)  # fmt: skip
        elif not tenure.acting:
            office.did(told, "PostRelieved", "hand-over" if post.endswith("/secretary") else "", post=post,
                       person=tenure.person, until=day.isoformat())  # fmt: skip
    merged = [unit for unit in people.units.values() if unit.end is not None]
    for unit in merged:
        if unit.end is not None and unit.into is not None:
            office.did(at(unit.end, 8), "UnitMerged", "merger", unit=unit.id, into=unit.into)
    for row in people.posts.values():
        if row.unit in {unit.id for unit in merged}:
            end = people.units[row.unit].end
            if end is not None:
                office.did(at(end, 8, 30), "PostAbolished", "merger", post=row.id)


def renamed(book: Book) -> None:
    """The stationed group has a new name from the spring of the first year on."""
    day = at(workday(dt.date(book.people.first_year, 5, 8)), 10)
    Office(book, "renaming").did(day, "UnitRenamed", unit=STATIONED, name="市纪委监委驻市委教育工委纪检监察组")


def _why(people: People, post: str, tenure: Tenure) -> str:
    if tenure.acting:
        return "acting"
    return "confirmed later" if tenure.told is not None else ""


def inspected(desk: Desk, notice: dt.datetime) -> None:
    """An inspection is announced to the unit, which conveys the notice."""
    d, leader = desk, desk.team.leader
    got = d.did("dic/secretary", "DirectiveReceived", notice, body=DIC, units=[d.unit], kind="document",
                from_="inspection-office", document=f"xc-{notice.year}-3", recorded=notice + dt.timedelta(minutes=5),
                why="inspection notice", content="巡察组将于本月下旬进驻。")  # fmt: skip
    d.did(leader, "DocumentConveyed", after_workdays(notice.date(), 2), body=d.unit, audience=["cadres"], causes=[got],
          content="传达巡察通知，部署配合工作。")  # fmt: skip


def on_paper(desk: Desk, other: str, happened: dt.datetime, recorded: dt.datetime) -> None:
    """What was done on paper and entered months later: a talk, and a member's report on the first half-year."""
    d, book = desk, desk.book
    whom = d.who(other, happened.date())
    d.did(d.team.leader, "TalkHeld", happened, kind="integrity", topic="integrity", counterparts=[whom], place="办公室",
          content="提醒廉洁自律，签阅有关通报。", recorded=recorded, why="late entry")  # fmt: skip
    report = next(row for row in book.rows.values() if (row.type, row.post) == ("ReportFiled", other)
                  and row.given["period"] == f"{d.year}-H1")  # fmt: skip
    entered = int(recorded.timestamp()) + 300
    book.write(report._replace(recorded=entered, why="late entry"))
    for row in list(book.rows.values()):
        if row.given.get("report") == Ref(report.key):
            book.write(row._replace(recorded=entered + 86_400))


def edited(book: Book, unit: str, day: dt.date) -> None:
    """A date corrected, a talk that was entered twice voided, the words of a third erased, a fourth disputed."""
    before = at(day, 0).timestamp()
    talks = [row for row in book.rows.values() if row.unit == unit and row.type == "TalkHeld" and not row.why
             and row.post == f"{unit}/secretary" and row.recorded < before - 86_400 * 5]  # fmt: skip
    talks.sort(key=lambda row: row.recorded)
    if len(talks) < 4:
        return
    one, two, three, four = talks[:4]
    when = one.happened or at(day)
    two = two._replace(key=f"{two.key}/again", recorded=two.recorded + 86_400, why="edit")
    book.write(two)
    earlier = when - dt.timedelta(days=1)
    rows: list[tuple[Planned, str, str, str, Mapping[str, Any]]] = [
        (one, one.person, one.post, "RecordCorrected", {"corrected_happened": earlier, "reason": "谈话日期登记有误"}),
        (two, two.person, two.post, "RecordVoided", {"reason": "与另一条重复登记"}),
        (three, book.people.holder("dic/secretary", day) or "", "dic/secretary", "PartErased",
         {"part": "record", "authority": "校档〔5〕号"}),
    ]  # fmt: skip
    person, post = four.given["counterparts"][0]
    if book.people.holder(post, day) == person:
        rows.append((four, person, post, "TalkDisputed", {"reason": "谈话内容与实际不符"}))
    for minute, (target, who, by, type, given) in enumerate(rows):
        happened = at(day, 14, minute)
        if book.people.holder(by, day) == who:
            about = {"talk" if type == "TalkDisputed" else "target": Ref(target.key), "happened": happened}
            book.write(
                Planned(
                    f"{unit}/edit/{type}", int(happened.timestamp()), who, by, type, {**about, **given}, unit, "edit"
                )
            )


def holidays(book: Book, year: int) -> None:
    """The holidays of a year, set by the university: they matter to labels alone."""
    day = at(workday(dt.date(year, 1, 5)), 9, 30)
    days = [f"{year}-{month_day}" for month_day in ("01-01", "05-01", "10-01", "10-02")]
    person = book.people.holder("uni/secretary", day.date()) or ""
    given = {"happened": day, "document": f"校办〔{year}〕1号", "holidays": days, "body": "uni"}
    book.write(Planned(f"holidays/{year}", int(day.timestamp()), person, "uni/secretary", "HolidaysSet", given, "uni",
                       "rules"))  # fmt: skip


def adopted(book: Book, digest: bytes, name: str, day: dt.datetime, first: str) -> None:
    """The university's committee adopts a version of the rules."""
    person = book.people.holder("uni/secretary", day.date()) or ""
    given = {"happened": day, "name": name, "digest": digest, "first_period": first, "body": "uni"}
    book.write(Planned(f"rules/{first}", int(day.timestamp()), person, "uni/secretary", "RuleSetAdopted", given, "uni",
                       "rules"))  # fmt: skip


def anchors(book: Book, evening: dt.datetime) -> None:
    """A checkpoint at the end of each month, an hour before the back-filler's *evening*, and at the end."""
    times, day = [evening - dt.timedelta(hours=1), book.end], book.people.begin
    while (day := dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)) <= book.end.date():
        times.append(at(day, 18) - dt.timedelta(days=1))
    for when in times:
        book.write(Planned(f"anchor/{when:%Y-%m-%d}", int(when.timestamp()), "", "", ANCHOR, {}))
