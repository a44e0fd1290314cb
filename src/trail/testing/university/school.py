"""
What the university and its commission do towards the units: directives, supervision, assessment, accountability.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from trail.aggregates import Cadre, Organisation
from trail.testing.university.desk import HONEST, Desk
from trail.testing.university.lists import Lists
from trail.testing.university.people import DIC, ORG, UNI
from trail.testing.university.plan import Ref, after_workdays, workday

_KINDS: Final = (
    (3, 1, "deployment"), (3, 20, "document"), (4, 12, "case_notice"), (5, 15, "document"), (6, 10, "document"),
    (9, 4, "deployment"), (9, 25, "document"), (10, 20, "document"), (11, 18, "document"),
)  # fmt: skip
Directive = tuple[dt.date, str, str]


def directives(year: int) -> list[Directive]:
    """What the university sends down in a year: day, kind, number of the document."""
    return [
        (workday(dt.date(year, month, day)), kind, f"xf-{year}-{number:02}")
        for number, (month, day, kind) in enumerate(_KINDS, 1)
    ]


def supervision(desk: Desk, units: Sequence[str]) -> None:
    """The commission looks at some of the units, tells all of it, and has problems rectified."""
    d = desk
    day = d.day(10, 12, spread=20)
    some = sorted(d.drawn.sample(list(units), max(2, len(units) // 3)))
    d.did("dic/secretary", "SpecialSupervisionConducted", day, body=DIC, units=some, content="专项督查落实情况。",
          attended=d.present(["dic/deputy", "dic/recorder"], day))  # fmt: skip
    d.did("dic/secretary", "CircularIssued", after_workdays(day, 15), body=DIC, kind="situation", units=some,
          recipients=list(units), content="通报督查情况。")  # fmt: skip
    d.did("uni/secretary", "CircularIssued", d.day(12, 15, spread=8), body=UNI, kind="situation",
          recipients=list(units), content="通报全年落实情况。")  # fmt: skip


def assessment(desk: Desk, units: Sequence[str], known: Lists, characters: Mapping[str, str]) -> None:
    """Every unit is assessed for the year in March of the next, led by members of the university's team."""
    d, year = desk, desk.year
    day = d.day(3, 8, year=year + 1, spread=6)
    issued = after_workdays(day, 12)
    for number, unit in enumerate(unit for unit in units if d.people.exists(unit, issued)):
        team = d.people.teams[unit]
        lead = d.who(d.team.posts[number % len(d.team.posts)], day)
        persons = [person for person, _ in d.present(team.posts, day)]
        done = d.did("uni/secretary", "AssessmentConducted", after_workdays(day, number % 6), body=UNI, units=[unit],
                     persons=persons, lead=lead, period=str(year), versions=known.get(unit, []))  # fmt: skip
        result = d.did("uni/secretary", "AssessmentResultPublished", issued, body=UNI, assessment=done, units=[unit],
                       period=str(year))  # fmt: skip
        d.did("org/head", "AssessmentResultApplied", after_workdays(issued, 3), assessment=done, recipients=[ORG],
              causes=[result], use=["appointment", "performance"])  # fmt: skip
        if characters[unit] == HONEST and d.chance(20):
            d.did("uni/secretary", "CommendationCirculated", after_workdays(issued, 2), body=UNI, assessment=done,
                  units=[unit], content="通报表扬。")  # fmt: skip
        elif characters[unit] != HONEST and (whom := d.who(team.leader, issued)) is not None:
            found = d.did("uni/recorder", "IssueFound", issued, kind="assessment", severity="slight", units=[unit],
                          content="考核反映台账更新不及时。")  # fmt: skip
            if found is not None:
                d.did("uni/secretary", "TalkHeld", after_workdays(issued, 4), body=UNI, kind="admonishing",
                      counterparts=[whom], causes=[found], place="校党委办公室", content="约谈，请整改。")  # fmt: skip
                order = d.did(team.leader, "RectificationOrdered", after_workdays(issued, 6), issue=found, units=[unit],
                              causes=[found], due=after_workdays(issued, 40), content="限期更新台账。")  # fmt: skip
                d.did(team.leader, "RectificationReported", after_workdays(issued, 35), order=order, body=unit)
                d.did("dic/secretary", "RectificationVerified", after_workdays(issued, 45), body=DIC, order=order,
                      outcome="complete")  # fmt: skip


def case(desk: Desk, unit: str, post: str, day: dt.date, versions: list[Ref]) -> Ref | None:
    """An accountability case from the lead to its circular, step by step as the norm of 2019 has it."""
    d, dic, uni = desk, "dic/secretary", "uni/secretary"
    accused = d.who(post, day)
    group = d.present(["dic/deputy", "dic/recorder"], day)
    lead = d.did(dic, "LeadReceived", day, source="supervision", lead=f"A-{d.year}-07", units=[unit], why="case")
    if accused is None or lead is None:
        return None
    subject: dict[str, Any] = {"case": lead, "persons": [accused[0]], "why": "case"}
    about: dict[str, Any] = {
        "case": lead, "causes": [lead], "situations": [8], "versions": versions, "why": "case",
        "cadres": [Cadre(accused[0], ("admonition",), "principal_leadership", post)],
        "organisations": [Organisation(unit, ("written_examination",), "overall_leadership")],
    }  # fmt: skip
    after = partial(after_workdays, day)
    d.did(dic, "AccountabilityProposed", after(5), body=DIC, **about)
    d.did(uni, "AccountabilityInitiated", after(8), body=UNI, **about)
    d.did(dic, "InquiryOpened", after(9), body=DIC, case=lead, head=group[0], members=group[1:], why="case")
    d.did(group[0][1], "FactsPresented", after(15), units=[unit], **subject)
    d.did(group[0][1], "DefenceHeard", after(16), units=[unit], **subject)
    d.did(post, "OpinionSigned", after(18), opinion="agree", units=[unit], **subject)
    d.did(dic, "InquiryReportAdopted", after(22), body=DIC, head=group[0], members=group[1:], **about)
    decided = d.did(uni, "AccountabilityDecided", after(26), body=UNI, **about)
    d.did(dic, "DecisionServed", after(28), time="received", decision=decided, persons=[accused[0]], units=[unit],
          notified=[DIC, ORG], why="case")  # fmt: skip
    appeal = d.did(post, "AppealLodged", after(30), decision=decided, persons=[accused[0]], why="case")
    d.did(uni, "AppealDecided", after(42), body=UNI, appeal=appeal, outcome="upheld", why="case")
    d.did(post, "SelfCriticismMade", after(31), forms=["written"], **subject)
    d.did(dic, "CaseCirculated", after(45), body=DIC, case=lead, decision=decided, scope="university", why="case")
    return decided
