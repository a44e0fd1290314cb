"""
How a record came about, said beside it and never held against it: when it was recorded, and in what post.

Recording labels (AMB15): 当期 contemporaneous, 迟记 late, 补记 backfilled.  Recorded within three working days is
always contemporaneous; otherwise late up to thirty days and within the period; later, or after the end of the
period, backfilled.  The period is the one the act names, if it happened within it; otherwise its calendar year.  A
date known to the month or year counts from its last day.

Post labels: ``held`` at the time, as was known when it was recorded; ``confirmed_later``: held, but the appointment was
recorded later; ``no_longer_held``: held at the time, but no more when it was recorded; ``not_held``.

Both are judged by all that is known, not by what had happened by the day that a view is about: when something was
recorded may lie after that day.
"""

from __future__ import annotations

from typing import Final

from trail.evidence.record import Happened, Record
from trail.projections.roster import Roster
from trail.rules.calendar import WorkDays, date_text, day_at, day_of, happened_day, named, period
from trail.rules.model import Settings

CONTEMPORANEOUS: Final = "contemporaneous"
LATE: Final = "late"
BACKFILLED: Final = "backfilled"
HELD: Final = "held"
CONFIRMED_LATER: Final = "confirmed_later"
NO_LONGER_HELD: Final = "no_longer_held"
NOT_HELD: Final = "not_held"

CHINESE: Final = {
    CONTEMPORANEOUS: "当期",
    LATE: "迟记",
    BACKFILLED: "补记",
    HELD: "在岗",
    CONFIRMED_LATER: "事后确认在岗",
    NO_LONGER_HELD: "记录时已离岗",
    NOT_HELD: "不在岗",
}


def last_day(happened: Happened) -> int:
    """The last day that a time of this precision can mean."""
    text = date_text(happened_day(happened))
    if happened.precision == "month":
        return period(text[:7]).last
    return period(text[:4]).last if happened.precision == "year" else day_of(text)


def recording_label(happened: Happened, label: str | None, recorded: int, settings: Settings, work: WorkDays) -> str:
    """The recording label of an act of that time, naming the period *label*, recorded at *recorded* (UTC seconds)."""
    day, on = last_day(happened), day_at(recorded)
    if on <= day or work.lag(day, on, settings.contemporaneous_workdays) <= settings.contemporaneous_workdays:
        return CONTEMPORANEOUS
    about = named(label)
    if about is None or not about.begin <= day < about.end:
        about = period(date_text(day)[:4])
    return LATE if on - day <= settings.late_days and on < about.end else BACKFILLED


def post_label(roster: Roster, person: str, post: str, record: Record) -> str:
    """Whether *person* held *post* when the act of *record* (as corrected) happened, by what *roster* knows."""
    day = happened_day(record.statement.happened)
    tenure = roster.holds(person, post, day)
    if tenure is None:
        return NOT_HELD
    if tenure.position > record.position:
        return CONFIRMED_LATER
    recorded = day_at(record.recorded)
    return HELD if recorded <= day or roster.holds(person, post, recorded) else NO_LONGER_HELD


def by_whom(roster: Roster, record: Record) -> dict[str, str]:
    """The post labels of a record by post: of its performers, and of its signers where they sign in another post."""
    statement = record.statement
    rows = [(p.who, p.post) for p in statement.performers if p.kind == "person"]
    rows += [(s.person, s.post) for s in statement.signers]
    return {post: post_label(roster, person, post, record) for person, post in rows if post}
