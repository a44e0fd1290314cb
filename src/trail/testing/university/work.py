"""
The work of a year beside lists, talks and reports: meetings and studies, what comes from above and goes on, portfolios,
supervision, petitions, facts.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from trail.testing.university.desk import Desk
from trail.testing.university.people import DIC, UNI
from trail.testing.university.plan import Ref, after_workdays
from trail.testing.university.talks import talk
from trail.testing.university.words import FACT_DUTIES, FACTS, one

MATTERS = ("major_decision", "appointment", "project", "funds")


def set_up(desk: Desk) -> None:
    """What is set up once: how things are recorded, and by whom; at the university also how they are assessed."""
    d, leader, day = desk, desk.team.leader, desk.day(1, 8, spread=6)
    common: dict[str, Any] = {"unit": d.unit, "body": d.unit}
    d.did(
        leader,
        "InstrumentAdopted",
        day,
        instrument="recording",
        kind="recording_system",
        title="全程记实制度",
        **common,
    )
    d.did(leader, "RecorderDesignated", day, body=d.unit, post=d.team.recorder, person=d.holder(d.team.recorder, day))
    if d.unit == UNI:
        for instrument, kind, title in (
            ("accountability", "accountability", "问责工作办法"), ("duty-report", "duty_report", "述责述廉办法"),
            ("responsibility", "responsibility_system", "主体责任五项制度"),
        ):  # fmt: skip
            d.did(leader, "InstrumentAdopted", day, instrument=instrument, kind=kind, title=title, **common)
        d.did(leader, "AssessmentSchemeAdopted", day, body=UNI, scheme="scheme-1", title="检查考核办法和指标体系")


def amended(desk: Desk) -> None:
    """From the second year on the recording system is revised."""
    d = desk
    d.did(d.team.leader, "InstrumentAmended", d.day(1, 15, spread=8), unit=d.unit, body=d.unit, instrument="recording",
          kind="recording_system", title="全程记实制度（修订）")  # fmt: skip


def studies(desk: Desk) -> None:
    """Thematic studies in both halves, research, inspection, evaluation, risks, warning education."""
    d, leader, unit = desk, desk.team.leader, desk.unit
    for month, first in ((5, 6), (11, 5)):
        day = d.day(month, first, spread=18)
        d.did(
            leader, "ThematicStudyHeld", day, body=unit, chair=d.who(leader, day), decided=True, place="党委会议室",
            attended=d.present(d.team.posts, day), topics=["integrity", "self_governance"],
            agenda="分析研判全面从严治党和党风廉政形势", result="查找问题三项，提出改进措施三条。",
        )  # fmt: skip
        d.did(
            leader, "WarningEducationHeld", d.day(month, first, spread=20), body=unit, content="观看警示教育片并讨论。"
        )
        d.did(
            leader, "RiskReviewDone", d.day(month, 1, spread=20), body=unit, content="排查风险点五个，逐一落实责任人。"
        )
    d.did(leader, "EvaluationHeld", d.day(11, 20, spread=15), body=unit, content="分析评估本年度落实情况，提出对策。")
    if unit == UNI:
        return
    d.did(leader, "ResearchConducted", d.day(10, 10, spread=25), topics=["self_governance"], title="专题调研报告")
    day = d.day(11, 8, spread=20)
    d.did(leader, "InspectionConducted", day, body=unit, units=[unit, *d.team.branches], content="对照清单检查。",
          attended=d.present(d.team.posts, day))  # fmt: skip


def portfolios(desk: Desk) -> None:
    """What members do for the units in their charge, and the secretary for the members."""
    d = desk
    for member in d.team.members:
        units = d.team.charge.get(member, [])
        for month in (5, 10):
            if units:
                d.did(member, "PortfolioReviewHeld", d.day(month, 8, spread=25), units=units,
                      steps=["check", "deploy", "study"], content="研究分管科室工作，部署下一步任务。")  # fmt: skip
            if d.unit != UNI:
                kind = ("branch", "class", "dormitory")[d.drawn.randrange(3)]
                d.did(member, "LinkageVisitMade", d.day(month, 3, spread=35), kind=kind, content="了解情况，听取意见。")
        if d.unit == UNI or not units:
            if d.unit != UNI:
                d.did(member, "PartyLectureGiven", d.day(6, 5, spread=20), topics=["integrity"], title="廉政党课")
            continue
        d.did(member, "BriefingHeard", d.day(6, 3, spread=15), units=units, content="听取科室汇报，当场解决两个问题。")
        d.did(member, "PartyLectureGiven", d.day(6, 5, spread=20), topics=["integrity"], units=units, title="廉政党课")
        d.did(member, "GuidanceGiven", d.day(4, 8, spread=20), units=units, content="指导科室完善内部管理办法。")
        day = d.day(9, 20, spread=20)
        subjects = d.present([d.team.heads[unit] for unit in units], day)
        d.did(member, "SupervisionCheckDone", day, units=units, subjects=subjects, content="检查“一岗双责”落实情况。")
    day = d.day(10, 15, spread=15)
    d.did(
        d.team.leader,
        "SupervisionCheckDone",
        day,
        subjects=d.present(d.team.members, day),
        content="逐人了解落实情况。",
    )


def party_life(desk: Desk) -> None:
    """The democratic life meeting about the year, and the branches' own meetings."""
    d = desk
    day = d.day(1, 18, year=d.year + 1, spread=25)
    team = d.present(d.team.posts, day)
    meeting = d.did(
        d.team.leader, "DemocraticLifeMeetingHeld", day, body=d.unit, chair=d.who(d.team.leader, day), attended=team,
        period=str(d.year), agenda="对照检查，批评和自我批评", result="形成整改清单。", place="党委会议室",
    )  # fmt: skip
    for post in d.team.posts:
        d.did(post, "OrgLifeAttended", after_workdays(day, 1), meeting=meeting, content="作对照检查发言。")
    for number, (branch, secretary) in enumerate(d.team.branches.items()):
        for month in (3, 9):
            day = d.day(month, 12, spread=20)
            guests = d.present(d.team.posts[number :: len(d.team.branches)], day)
            d.did(secretary, "OrganisationalLifeMeetingHeld", day, branch=branch, chair=d.who(secretary, day),
                  attended=guests, result="开展批评和自我批评。")  # fmt: skip


def from_above(desk: Desk, directives: list[tuple[dt.date, str, str]]) -> None:
    """What the university sends down, conveyed or carried out by the unit; kind and number of each."""
    d, leader, unit = desk, desk.team.leader, desk.unit
    for sent, kind, number in directives:
        day = after_workdays(sent, 1 + d.drawn.randrange(2))
        major = kind == "deployment"
        got = d.did(leader, "DirectiveReceived", day, body=unit, kind=kind, from_=UNI, major=major, document=number)
        later = after_workdays(day, 3 + d.drawn.randrange(4))
        if got is None:
            continue
        if kind == "document":
            d.did(leader, "DocumentConveyed", later, causes=[got], audience=["cadres", "members"],
                  document=number, content="组织党员干部学习文件，结合实际讨论。")  # fmt: skip
        elif kind == "case_notice":
            d.did(
                leader, "CaseAnalysed", later, body=unit, causes=[got], document=number, content="剖析案例，对照检查。"
            )
        else:
            d.did(leader, "MeetingHeld", later, body=unit, causes=[got], kind="committee", chair=d.who(leader, later),
                  attended=d.present(d.team.posts, later), topics=["self_governance"], agenda="研究贯彻落实意见",
                  result="明确分工和完成时间。", place="党委会议室")  # fmt: skip
            d.did(leader, "DeploymentImplemented", after_workdays(later, 5), causes=[got],
                  steps=["allocate", "convey", "mobilise", "plan", "supervise"], content="动员部署。")  # fmt: skip


def decisions(desk: Desk) -> None:
    """One matter of 三重一大 in each quarter: decided, made public, followed by measures against risks."""
    d, leader, unit = desk, desk.team.leader, desk.unit
    for number, month in enumerate((3, 6, 9, 12)):
        day = d.day(month, 3, spread=15)
        team = d.present(d.team.posts, day)
        matter = MATTERS[(number + d.drawn.randrange(2)) % 4]
        positions = [(person, "reserved" if d.chance(2) else "for") for person, _ in team]
        made = d.did(
            leader, "CollectiveDecisionMade", day, body=unit, chair=d.who(leader, day), attended=team, matter=matter,
            publish=number != 1, positions=positions, agenda="集体研究决定事项", result="表决通过。", place="会议室",
        )  # fmt: skip
        if number != 1:
            d.did(leader, "DecisionPublished", after_workdays(day, 3), body=unit, decision=made, place="公开栏",
                  elements=["execution", "process", "result"], scope="unit")  # fmt: skip
        if matter != "major_decision" and unit != UNI:
            for member in d.team.members:
                d.did(member, "RiskControlAttached", after_workdays(day, 4), matter=made, content="逐项落实防控措施。")


def petitions(desk: Desk) -> None:
    """Two petitions a year; the fact alone, and a talk inquiry now and then."""
    d = desk
    for month in (5, 10):
        day = d.day(month, 6, spread=40)
        got = d.did(d.team.recorder, "PetitionReceived", day, petition=f"xf-{d.unit}-{d.year}-{month}")
        d.did(d.team.leader, "PetitionHandled", after_workdays(day, 8), petition=got, outcome="resolved")
    if d.chance(15):
        day = d.day(9, 3, spread=30)
        whom = d.present(list(d.team.heads.values())[:1], day)
        wanted = d.did("dic/secretary", "TalkInquiryRequired", day, unit=d.unit, counterparts=whom, form="letter")
        d.did(d.team.leader, "TalkInquiryConducted", after_workdays(day, 5), body=d.unit, inquiry=wanted, form="letter",
              counterparts=whom)  # fmt: skip


def facts(desk: Desk) -> None:
    """General facts, two a month, signed by the recorder for whoever did them; some with evidence of their own."""
    d = desk
    for month in range(1, 13):
        for _ in range(2):
            post = d.team.posts[d.drawn.randrange(len(d.team.posts))]
            duties = FACT_DUTIES[d.drawn.randrange(len(FACT_DUTIES))]
            day = d.day(month, 4, spread=18)
            fact = d.did(post, "FactRecorded", day, by=d.team.recorder, duties=duties, content=one(d.drawn, FACTS))
            if d.chance(20) and fact is not None:
                d.did(
                    d.team.recorder, "EvidenceAttached", after_workdays(day, 2), of=fact, content="附照片说明和签到表。"
                )


def issues(desk: Desk) -> None:
    """An issue now and then: somebody is reminded, it is corrected; a serious one is escalated and rectified."""
    d, leader, unit = desk, desk.team.leader, desk.unit
    if unit == UNI:
        return
    if d.chance(50):
        emerging(d)
    if d.chance(12):
        day = d.day(10, 9, spread=20)
        found = d.did(leader, "IssueFound", day, body=unit, kind="poor_implementation", severity="serious",
                      units=[unit], content="一项重点任务落实不力。")  # fmt: skip
        rectified(d, found, after_workdays(day, 1))


def emerging(d: Desk) -> None:
    """A section shows signs of a problem: everybody above reminds whom they are in charge of; it is corrected."""
    leader, day = d.team.leader, d.day(4, 20, spread=40)
    member = d.team.members[d.drawn.randrange(len(d.team.members))]
    sections = [unit for unit in d.team.charge.get(member, ())
                if d.holder(d.team.heads[unit], day) != d.holder(member, day)]  # fmt: skip
    if not sections:
        return
    found = d.did(leader, "IssueFound", day, kind="emerging", severity="slight", units=sections[:1],
                  content="作风上的苗头性问题。")  # fmt: skip
    if found is None:
        return
    rows = [(leader, member), (member, d.team.heads[sections[0]])]
    rows += [(post, leader) for post, units in d.people.teams[UNI].charge.items() if d.unit in units]
    for number, (post, other) in enumerate(rows):
        talk(d, post, other, "reminder", after_workdays(day, 2 + number), causes=(found,))
    d.did(leader, "IssueCorrected", after_workdays(day, 6), body=d.unit, issue=found, content="已当面纠正。")


def rectified(d: Desk, found: Ref | None, day: dt.date) -> None:
    """A serious issue: dealt with by the committee, escalated, rectified by order, verified by the commission."""
    leader, unit = d.team.leader, d.unit
    if found is None:
        return
    d.did(leader, "MeetingHeld", day, body=unit, causes=[found], kind="committee", chair=d.who(leader, day),
          attended=d.present(d.team.posts, day), topics=["self_governance"], result="限期整改。")  # fmt: skip
    for post, to in [(leader, [UNI, DIC]), *((member, [unit]) for member in d.team.members)]:
        d.did(post, "IssueEscalated", after_workdays(day, 1), issue=found, recipients=to, causes=[found])
    due = after_workdays(day, 25)
    order = d.did(leader, "RectificationOrdered", after_workdays(day, 1), issue=found, due=due, units=[unit],
                  causes=[found], content="请在限期内整改并报告。")  # fmt: skip
    d.did(leader, "RectificationReported", after_workdays(day, 20), body=unit, order=order, content="已整改。")
    if d.chance(30):
        d.did("dic/secretary", "RectificationReopened", after_workdays(day, 22), body=DIC, order=order)
        d.did(leader, "RectificationReported", after_workdays(day, 26), body=unit, order=order, content="再次整改。")
    d.did("dic/secretary", "RectificationVerified", after_workdays(day, 28), body=DIC, order=order, outcome="complete")
