"""
The year's plan and the two lists (二（一）1, 7; 三（一）): drafted, reviewed, endorsed, committed to, pledged, filed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from trail.testing.university.desk import HONEST, Desk
from trail.testing.university.people import DIC, STATIONED, UNI
from trail.testing.university.plan import Ref, after_workdays, at
from trail.testing.university.words import ITEMS, TASKS

Lists = dict[str, list[Ref]]
"""The versions of both lists by owner: a post, or the unit for the team's own."""


def plan(desk: Desk) -> None:
    """The year's plan of work: adopted by the committee, duties divided, made public."""
    d, unit, year = desk, desk.unit, str(desk.year)
    day = d.day(2, 24, spread=10)
    meeting = d.did(
        d.team.leader, "MeetingHeld", day, body=unit, kind="committee", chair=d.who(d.team.leader, day),
        attended=d.present(d.team.posts, day), topics=["self_governance"], agenda="审议年度全面从严治党工作计划",
        result="通过年度工作计划、任务分解和重点任务。", place="党委会议室",
    )  # fmt: skip
    causes: dict[str, Any] = {"causes": [meeting], "body": unit, "period": year}
    d.did(d.team.leader, "WorkPlanAdopted", day, title=f"{year}年全面从严治党工作计划", **causes)
    d.did(d.team.leader, "ResponsibilitiesAllocated", day, title=f"{year}年任务和责任分解", **causes)
    d.did(d.team.leader, "KeyTasksAdopted", day, title=f"{year}年党风廉政工作重点任务", **causes)
    d.did(
        d.team.leader, "PlanPublished", d.day(3, 10, spread=8), body=unit, heard=True,
        scope="university" if unit == UNI else "unit",
        place="校园网党务公开栏", content="公开落实主体责任的基本思路和规划，征求意见。",
    )  # fmt: skip


def lists(desk: Desk, known: Lists, due: dt.date) -> Ref | None:
    """Both lists of everybody; *known* takes them, and holds those of the heads that other teams drafted."""
    d, leader = desk, desk.team.leader
    start = d.day(3, 2, spread=6)
    known[d.unit] = _drafted(d, None, start)
    for post in d.team.posts:
        known[post] = _drafted(d, post, start)
    heads = {head: member for member in d.team.posts for unit in d.team.charge.get(member, ())
             if (head := d.team.heads[unit])}  # fmt: skip
    for head in heads:
        if head not in known:
            known[head] = _drafted(d, head, start)
    _returned(d, known, after_workdays(start, 2))
    later = after_workdays(start, 6)
    members = [ref for post in d.team.members for ref in known[post]]
    if d.chance(40):
        d.did(leader, "ListReviewed", later, versions=members, opinion="同意，修改后报签。")
    d.did(leader, "ListEndorsed", after_workdays(later, 1), versions=members)
    for member in d.team.posts:
        own = [[*known.get(head, ())] for head, over in heads.items() if over == member]
        for versions in own if d.unit == UNI else [[ref for rows in own for ref in rows]]:
            d.did(member, "ListEndorsed", after_workdays(later, 1), versions=versions)
    d.did(leader, "CommitmentSigned", after_workdays(later, 2), versions=known[d.unit], body=d.unit)
    _pledges(d, after_workdays(later, 3))
    return filed(d, known, due)


def _drafted(d: Desk, post: str | None, day: dt.date) -> list[Ref]:
    """Both lists of a post, or of the team."""
    by = post or d.team.leader
    whose: dict[str, Any] = {"owner": post} if post is not None else {"owner_body": d.unit, "body": d.unit}
    unit = d.unit if post is None or d.unit != UNI else d.people.posts[post].unit
    count = 3 + d.drawn.randrange(3)
    common = {"unit": unit, "year": d.year, "title": f"{d.year}年", **whose}
    first = d.did(by, "ResponsibilityListDrafted", day, items=ITEMS[:count], **common)
    second = d.did(by, "TaskListDrafted", day, items=TASKS[:count], responsibility=first, **common)
    return [ref for ref in (first, second) if ref is not None]


def _returned(d: Desk, known: Lists, day: dt.date) -> None:
    """Now and then a member's task list is returned as too vague, and drafted again."""
    post = d.team.members[d.drawn.randrange(len(d.team.members))]
    if len(known[post]) < 2 or not (d.chance(25) or (d.character == HONEST and d.chance(25))):
        return
    returned = d.did(d.team.leader, "ListReturned", day, versions=known[post][1:], reason="第2项没有写明次数和时间")
    if returned is not None:
        count = len(d.book.rows[known[post][0].key].given["items"])
        again = d.did(post, "TaskListDrafted", after_workdays(day, 1), unit=d.unit, year=d.year, owner=post,
                      items=TASKS[:count], responsibility=known[post][0], title=f"{d.year}年")  # fmt: skip
        known[post] = [known[post][0], *([again] if again is not None else [])]


def _pledges(d: Desk, day: dt.date) -> None:
    """Both sides sign, with each member of the team and each leader of the level below."""
    text = f"{d.year}年全面从严治党工作任务责任书"
    for party in [*d.team.members, *d.team.below]:
        if d.holder(party, day) is None or not d.people.exists(d.people.posts[party].unit, day):
            continue
        nonce = hashlib.sha256(f"{party}/{d.year}".encode()).digest()[:16]
        common: dict[str, Any] = {"unit": d.unit, "year": d.year, "party": party, "text": text, "nonce": nonce}
        if d.did(d.team.leader, "PledgeSigned", day, side="committee", body=d.unit, **common) is not None:
            d.did(party, "PledgeSigned", day, side="responsible", **common)


def filed(d: Desk, known: Lists, due: dt.date) -> Ref | None:
    """The committee's own two lists are filed for record, and the recipient signs for them."""
    versions = [*known[d.unit]]
    common: dict[str, Any] = {"versions": versions, "body": d.unit, "channel": "OA"}
    if d.unit == UNI:
        sent = d.did(d.team.leader, "ListFiledForRecord", d.before(due), time="sent", recipient=STATIONED, **common)
        paper(d, sent, STATIONED)
        return sent
    day = d.before(due)
    if day > due:
        reminded(d, after_workdays(due, 1), "两个清单尚未备案")
        day = max(day, after_workdays(due, 3))
    return received(d, d.did(d.team.leader, "ListFiledForRecord", day, time="sent", recipient=DIC, must=True,
                             why="late filing" if day > due else "", **common))  # fmt: skip


def received(d: Desk, filing: Ref | None) -> Ref | None:
    """The commission signs for a filing within three days."""
    if filing is not None:
        sent = d.book.rows[filing.key].happened or at(d.day(4, 20))
        d.did("dic/secretary", "FilingReceived", after_workdays(sent.date(), 1 + d.drawn.randrange(2)), time="received",
              filing=filing, recipient=DIC, must=True)  # fmt: skip
    return filing


def paper(d: Desk, sent: Ref | None, recipient: str) -> None:
    """Whoever has no key signs on paper, and the sender records the digest of it."""
    if sent is None:
        return
    when = d.book.rows[sent.key].happened
    if when is not None:
        d.did(d.team.recorder, "PaperReceiptRecorded", after_workdays(when.date(), 2), of=sent, recipient=recipient,
              time="received", paper=hashlib.sha256(f"{sent.key}/{recipient}".encode()).digest(),
              number=f"收字{d.drawn.randrange(1, 400)}号", must=True)  # fmt: skip


def reminded(d: Desk, day: dt.date, about: str) -> None:
    """The commission reminds the secretary of a deadline that has passed."""
    whom = d.who(d.team.leader, day)
    if whom is not None:
        d.did("dic/secretary", "TalkHeld", day, kind="reminder", counterparts=[whom], place="校纪委",
              content=f"{about}，请尽快补报并说明原因。", must=True, why="reminder")  # fmt: skip
