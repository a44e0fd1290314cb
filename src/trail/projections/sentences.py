"""
What a record says, as one Chinese sentence made of its public fields alone.

When, who (by the titles of their posts), what, with whom; nothing of body parts, no judgement, no name of a person
where a post is known.  A type of a host system, or one that this table does not know, is named as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from trail.evidence.record import Happened, Record
from trail.projections.roster import Roster
from trail.rules.calendar import happened_day

VERBS: Final[Mapping[str, str]] = {
    "ResponsibilityListDrafted": "拟定责任清单", "TaskListDrafted": "拟定任务清单", "ListReviewed": "审核清单",
    "ListReturned": "退回清单", "ListEndorsed": "对清单签字背书", "CommitmentSigned": "对承担的责任签字承诺",
    "PledgeSigned": "签订责任书", "ListFiledForRecord": "将清单报送备案", "FilingReceived": "签收备案",
    "PaperReceiptRecorded": "登记纸质回执", "TalkHeld": "开展谈话", "TalkConfirmed": "确认谈话",
    "TalkDisputed": "对谈话提出异议",
    "ReportFiled": "报送书面报告", "ReportReceived": "签收书面报告", "InstrumentAdopted": "制定制度",
    "InstrumentAmended": "修订制度", "InstrumentRepealed": "废止制度", "WorkPlanAdopted": "制定年度工作计划",
    "KeyTasksAdopted": "制定年度重点任务", "ResponsibilitiesAllocated": "进行责任分解",
    "PlanPublished": "公布计划", "RecorderDesignated": "确定记实人员",
    "AssessmentSchemeAdopted": "制定考核办法", "MeetingHeld": "召开会议", "ThematicStudyHeld": "召开专题研究会议",
    "CollectiveDecisionMade": "集体决策", "DemocraticLifeMeetingHeld": "召开民主生活会",
    "OrganisationalLifeMeetingHeld": "召开组织生活会", "OrgLifeAttended": "参加组织生活",
    "PortfolioReviewHeld": "对分管工作进行研究、部署、检查或报告", "BriefingHeard": "听取工作汇报",
    "GuidanceGiven": "开展督促指导", "EvaluationHeld": "开展分析评估", "DirectiveReceived": "收到上级部署",
    "DocumentConveyed": "传达学习", "DeploymentImplemented": "贯彻落实部署", "WarningEducationHeld": "开展警示教育",
    "CaseAnalysed": "剖析典型案例", "PartyLectureGiven": "讲授党课", "ResearchConducted": "开展专题调研",
    "LinkageVisitMade": "开展联系走访", "DecisionPublished": "公开决策", "FactRecorded": "记实一项",
    "EvidenceAttached": "补充佐证材料", "RiskReviewDone": "排查廉政风险", "RiskControlAttached": "跟进廉政风险防控措施",
    "SupervisionCheckDone": "开展督促检查", "InspectionConducted": "开展检查考核",
    "SpecialSupervisionConducted": "开展专项督查", "CircularIssued": "印发通报", "IssueFound": "发现问题",
    "IssueCorrected": "纠正问题", "IssueEscalated": "向上级报告问题", "RectificationOrdered": "提出限期整改要求",
    "RectificationReported": "报告整改情况", "RectificationVerified": "核验整改",
    "RectificationReopened": "重新启动整改",
    "PetitionReceived": "收到信访", "PetitionHandled": "办理信访", "TalkInquiryRequired": "要求谈话函询",
    "TalkInquiryConducted": "开展谈话函询", "DutyIntegrityReported": "述责述廉", "ReportEvaluated": "接受评议",
    "PersonalMattersReported": "报告个人有关事项", "AssessmentConducted": "开展考核",
    "AssessmentResultPublished": "公布考核结果", "CommendationCirculated": "通报表扬",
    "AssessmentResultApplied": "运用考核结果", "LeadReceived": "收到问题线索", "AccountabilityProposed": "提出问责建议",
    "AccountabilityInitiated": "启动问责", "InquiryOpened": "成立调查组", "FactsPresented": "见面核对事实材料",
    "DefenceHeard": "听取陈述申辩", "OpinionSigned": "签署意见", "InquiryReportAdopted": "形成调查报告",
    "AccountabilityDecided": "作出问责决定", "DecisionServed": "宣布送达决定", "AdjustmentCompleted": "办结组织调整",
    "SelfCriticismMade": "作出检查", "AppealLodged": "提出申诉", "AppealDecided": "作出申诉处理决定",
    "AccountabilityCorrected": "纠正问责决定", "CaseCirculated": "通报曝光", "RuleSetAdopted": "采用规则文本",
    "RuleSetRepealed": "停用规则文本", "DeadlineSet": "设定期限", "HolidaysSet": "设定节假日",
}  # fmt: skip
"""What was done, by the name of a type of the library; a test compares with `trail.aggregates.LIBRARY_TYPES`."""

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kinds": {
        "duty": "履职谈话", "integrity": "廉政谈话", "heart_to_heart": "谈心谈话", "reminder": "提醒谈话",
        "admonishing": "警示约谈", "formal_admonition": "诫勉谈话",
    },
    "topics": {"self_governance": "全面从严治党", "integrity": "廉政", "ideology": "意识形态"},
    "matter": {"major_decision": "重大决策", "appointment": "重要人事任免", "project": "重大项目", "funds": "大额资金"},
    "scope": {"unit": "本单位范围", "university": "全校范围", "public": "公开"},
    "outcome": {
        "complete": "已完成", "partial": "部分完成", "not_done": "未完成", "resolved": "已解决",
        "transferred": "已转办", "answered": "已答复", "upheld": "维持", "changed": "变更", "revoked": "撤销",
    },
    "form": {"oral": "口头", "written": "书面", "talk": "谈话", "letter": "函询"},
    "side": {"committee": "党委一方", "responsible": "责任对象一方"},
}  # fmt: skip
_LABELS: Final[Mapping[str, str]] = {
    "kinds": "种类", "topics": "主题", "topic": "主题", "matter": "事项", "scope": "范围", "outcome": "结果",
    "form": "形式", "side": "签订方", "document": "文件", "instrument": "制度", "scheme": "办法", "due": "期限",
}  # fmt: skip
"""The fields that a sentence tells as they are, in this order; others name whom it concerns, or stay in the record."""
_PERSONS: Final = {"counterparts": "对象", "subjects": "对象", "lead": "带队", "chair": "主持"}
_UNITS: Final = {"units": "涉及单位", "branch": "支部", "recipients": "报送", "recipient": "报送"}
_POSTS: Final = {"posts": "涉及岗位", "party": "责任对象", "owner": "所属岗位", "post": "岗位"}


class Teller:
    """Tells records in sentences, with the titles and names that *roster* knows."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def sentence(self, record: Record) -> str:
        """
        What *record* (as corrected) says: date, who, what, and particulars in parentheses; without a full stop.
        """
        statement = record.statement
        day = happened_day(statement.happened)
        name = statement.type.partition("@")[0]
        verb = VERBS.get(name) or f"记录了 {statement.type}"
        about = "；".join(self._particulars(record, day))
        about = f"（{about}）" if about else ""
        return f"{chinese_date(statement.happened)}，{self._who(record, day)}{verb}{about}"

    def title(self, post: str) -> str:
        """The title of a post, or its id."""
        known = self._roster.post(post)
        return post if known is None else known.title or post

    def unit(self, unit: str, day: int) -> str:
        """The name of a unit on a day, or its id."""
        return self._roster.name(unit, day) or unit

    def _who(self, record: Record, day: int) -> str:
        names = []
        for kind, who, post in record.statement.performers:
            names.append(self.unit(who, day) if kind == "body" else self.title(post) if post else who)
        return "、".join(dict.fromkeys(names))

    def _particulars(self, record: Record, day: int) -> Iterable[str]:
        fields: Any = record.statement.fields
        for key, label in _PERSONS.items():
            if rows := _listed(fields.get(key)):
                yield f"{label}：{'、'.join(dict.fromkeys(self._person(row, day) for row in rows))}"
        if rows := _listed(fields.get("attended")):
            yield f"参加 {len(rows)} 人"
        for key, label in _UNITS.items():
            if rows := _listed(fields.get(key)):
                yield f"{label}：{'、'.join(self.unit(str(row), day) for row in rows)}"
        for key, label in _POSTS.items():
            if rows := _listed(fields.get(key)):
                yield f"{label}：{'、'.join(self.title(str(row)) for row in rows)}"
        for key, label in _LABELS.items():
            if rows := _listed(fields.get(key)):
                words = _WORDS.get("topics" if key == "topic" else key, {})
                yield f"{label}：{'、'.join(words.get(str(row), str(row)) for row in rows)}"
        if record.statement.period is not None:
            yield f"期间：{record.statement.period}"

    def _person(self, row: Any, day: int) -> str:
        """The title of the post that a record names; else of the one that the person held, with the person's id."""
        person, post = (row, None) if isinstance(row, str) else (str(row.get("person", "")), row.get("post"))
        if post:
            return self.title(str(post))
        held = [t.post for t in self._roster.of_person(person) if t.begin <= day < t.end]
        return f"{self.title(held[0])} {person}" if held else person


def chinese_date(happened: Happened) -> str:
    """
    A date in Chinese as far as it is known; an uncertain one in [brackets] (DA/T 18).

    >>> chinese_date(Happened.on("2026-03-01", precision="month", uncertain=True))
    '[2026年3月]'
    """
    year, month, day = happened.date().split("-")
    text = f"{int(year)}年"
    if happened.precision != "year":
        text += f"{int(month)}月"
        if happened.precision != "month":
            text += f"{int(day)}日"
    return f"[{text}]" if happened.uncertain else text


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
