"""
What is reported: each half-year on the responsibility, each year on duty and integrity, personal matters (三（三）).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from trail.testing.university.desk import BACKFILLER, HONEST, TARDY, Desk
from trail.testing.university.lists import paper, reminded
from trail.testing.university.people import DIC, ORG, STATIONED, UNI, WORK_COMMITTEE
from trail.testing.university.plan import after_workdays


def half_year(desk: Desk, half: int) -> None:
    """The reports about one half-year: of the team, of its leader, of each other member."""
    d, uni = desk, desk.unit == UNI
    after = (d.year, 7) if half == 1 else (d.year + 1, 1)
    due = dt.date(*after, 31 if uni else 10)
    above = [WORK_COMMITTEE, STATIONED] if uni else [UNI, DIC]
    rows = [(d.team.leader, "team", above), (d.team.leader, "principal", above)]
    rows += [(member, "member", above[1:]) for member in d.team.members]
    for post, subject, recipients in rows:
        day = max(d.before(due), dt.date(*after, 1))
        if d.character == TARDY and subject == "team" and half == 1:
            day = after_workdays(due, 3)
        if day > due:
            if subject == "team":
                reminded(d, after_workdays(due, 1), "半年报告尚未报送")
            day = max(day, after_workdays(due, 3))
        days = [day]
        if subject == "member":
            days = list(d.people.obliged(post, dt.date(d.year, 6 * half - 5, 1), dt.date(*after, 1), day))
        for each in days:
            _report(d, post, subject, f"{d.year}-H{half}", recipients, each, due)


def _report(d: Desk, post: str, subject: str, period: str, to: list[str], day: dt.date, due: dt.date) -> None:
    more: dict[str, Any] = {"body": d.unit} if subject == "team" else {}
    if subject == "principal" and period.endswith("H2"):
        more["annual"] = True
    sent = d.did(
        post, "ReportFiled", day, time="sent", subject=subject, period=period, recipients=to, must=subject == "team",
        title=f"{period} 落实全面从严治党主体责任情况报告", summary="略",
        why="late report" if day > due else "", **more,
    )  # fmt: skip
    for recipient in to:
        if recipient in (STATIONED, WORK_COMMITTEE):
            paper(d, sent, recipient)
        elif sent is not None and not d.chance(3):  # one in thirty is never signed for
            d.did(f"{recipient}/secretary", "ReportReceived", after_workdays(day, 1 + d.drawn.randrange(3)),
                  time="received", report=sent, recipient=recipient, must=True)  # fmt: skip
    if more.get("annual") and d.character in (HONEST, BACKFILLER):
        d.did(
            "uni/secretary", "ReportEvaluated", after_workdays(day, 8), report=sent, content="会上评议，提出改进意见。"
        )


def duty_integrity(desk: Desk) -> None:
    """Reports on duty and integrity about the year: oral by principals, written by the others, and their evaluation."""
    d, year = desk, str(desk.year)
    due = dt.date(d.year + 1, 3, 31)
    day = d.before(due - dt.timedelta(days=14))
    uni = d.unit == UNI
    above = WORK_COMMITTEE if uni else UNI
    common: dict[str, Any] = {"time": "sent", "period": year, "title": f"{year}年述责述廉报告"}
    begin, end = dt.date(d.year, 1, 1), dt.date(d.year + 1, 1, 1)
    for post in d.team.posts:
        principal = post in (d.team.leader, d.team.principal)
        for when in d.people.obliged(post, begin, end, day):
            if principal or uni:
                d.did(post, "DutyIntegrityReported", when, form="oral" if principal else "written", recipients=[above],
                      **common)  # fmt: skip
            if not uni and post != d.team.leader:
                to = [DIC, d.unit, UNI] if post.endswith("/deputy") else [DIC, d.unit]
                report = d.did(post, "DutyIntegrityReported", when, form="written", kind="job_duty_integrity",
                               recipients=to, **common)  # fmt: skip
                d.did(d.team.leader, "ReportEvaluated", after_workdays(when, 4), body=d.unit, report=report,
                      content="班子会上评议。")  # fmt: skip


def personal_matters(desk: Desk) -> None:
    """That personal matters were reported: the fact alone."""
    d = desk
    if d.unit == UNI:
        return
    for post in d.team.posts:
        wish = d.day(1, 12, spread=15)
        for day in d.people.obliged(post, dt.date(d.year, 1, 1), dt.date(d.year + 1, 1, 1), wish):
            receipt = f"zz-{d.year}-{d.drawn.randrange(9000):04}"
            d.did(post, "PersonalMattersReported", day, recipient=ORG, receipt=receipt)
