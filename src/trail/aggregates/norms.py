"""
The versions of 《中国共产党问责条例》 as data: situations, forms, grades, steps and clocks of each.

Checked against the official texts: of 2019 that it has eleven situations (art. 7), its grades (art. 6), its forms
(art. 8) and the day on which it came into force; of 2016 that it has thirteen articles, and the month for the
formalities of an organisational adjustment.  General knowledge, and **not checked** [K]: the wording of the situations
(shortened here), the order of the steps and the clocks of 2019, and of 2016 its six situations, its forms and grades,
its first day, and that it says nothing of an inquiry or an appeal.

Therefore all of it is a table: make your own with `dataclasses.replace`, and give it to `CaseAggregate.gaps`.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

NORM_VERSIONS: Final = ("2016", "2019")
SITUATIONS: Final = range(1, 12)  # 2019, art. 7; the 2016 text numbers its own from 1 as well
GRADES: Final = ("overall_leadership", "principal_leadership", "important_leadership")  # 全面, 主要, 重要领导责任
ORGANISATION_FORMS: Final = ("written_examination", "circular", "reorganisation")  # 检查, 通报, 改组
CADRE_FORMS: Final = ("circular", "admonition", "organisational_adjustment", "disciplinary_sanction")
# 通报, 诫勉, 组织调整或者组织处理, 纪律处分


def add_months(date: str, months: int) -> str:
    """
    The day on which a term of *months* from *date* ends; both ``YYYY-MM-DD``.

    The first day does not count (民法典 201), so it is the same day of the month; where the month has no such day, its
    last (民法典 202).  The term lasts until the end of the day that is returned.
    """
    begin = dt.date.fromisoformat(date)
    year, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
    return dt.date(year, month + 1, min(begin.day, calendar.monthrange(year, month + 1)[1])).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class NormClock:
    """
    A term of so many *months* within which the step ``stop`` follows the step ``start``.

    ``right``: it bounds a right (an appeal): to let it pass is no fault, to use it late is shown.  ``forms``: it runs
    only for cadres on whom one of these was decided.  ``checked``: compared with the official text.
    """

    name: str
    zh: str
    start: str
    stop: str
    months: int = 1
    right: bool = False
    forms: tuple[str, ...] = ()
    checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """
    One version of the norm.

    ``in_force`` is its first day, ``until`` the first day on which it no longer is (None: still in force).
    ``presupposes`` says which steps each step presupposes; ``inquiry`` names those that fall away where the subject is
    under review already.  ``months`` is the calendar by which terms are reckoned.
    """

    version: str
    title: str
    in_force: str
    until: str | None
    situations: Mapping[int, str]
    presupposes: Mapping[str, tuple[str, ...]]
    clocks: tuple[NormClock, ...]
    inquiry: frozenset[str] = frozenset()
    organisation_forms: tuple[str, ...] = ORGANISATION_FORMS
    cadre_forms: tuple[str, ...] = CADRE_FORMS
    grades: tuple[str, ...] = GRADES
    months: Callable[[str, int], str] = add_months

    def holds_on(self, date: str) -> bool:
        """Whether it is in force on *date*, ``YYYY-MM-DD``."""
        return self.in_force <= date and (self.until is None or date < self.until)


_ADJUSTMENT: Final = NormClock(
    name="adjustment",
    zh="组织调整手续",
    start="AccountabilityDecided",
    stop="AdjustmentCompleted",
    forms=("organisational_adjustment",),
    checked=True,
)
_APPEAL: Final = NormClock(name="appeal", zh="提出申诉", start="DecisionServed", stop="AppealLodged", right=True)
_ANSWER: Final = NormClock(name="answer", zh="答复申诉", start="AppealLodged", stop="AppealDecided")

_AFTER: Final = {
    "AccountabilityCorrected": ("AccountabilityDecided",),
    "AdjustmentCompleted": ("AccountabilityDecided",),
    "AppealDecided": ("AppealLodged",),
    "AppealLodged": ("AccountabilityDecided",),
    "CaseCirculated": ("AccountabilityDecided",),
    "DecisionServed": ("AccountabilityDecided",),
    "SelfCriticismMade": ("AccountabilityDecided",),
}
# C7 asks for approval and hearing under either version; the steps between are those of 2019, articles 9 to 13.
_DECISION: Final = ("AccountabilityInitiated", "DefenceHeard")
_INQUIRY: Final = ("InquiryOpened", "FactsPresented", "OpinionSigned", "InquiryReportAdopted")

NORM_2016: Final = Norm(
    version="2016",
    title="《中国共产党问责条例》（2016）",
    in_force="2016-07-08",
    until="2019-09-01",
    situations=MappingProxyType(
        {
            1: "党的领导弱化",
            2: "党的建设缺失",
            3: "全面从严治党不力",
            4: "维护党的纪律不力",
            5: "推进党风廉政建设和反腐败工作不坚决、不扎实",
            6: "其他",
        }
    ),
    presupposes=MappingProxyType({"AccountabilityDecided": _DECISION, **_AFTER}),
    clocks=(_ADJUSTMENT,),
)
NORM_2019: Final = Norm(
    version="2019",
    title="《中国共产党问责条例》（2019年修订）",
    in_force="2019-09-01",
    until=None,
    situations=MappingProxyType(
        {
            1: "党的领导弱化",
            2: "政治建设抓得不实",
            3: "思想建设缺失",
            4: "组织建设薄弱",
            5: "作风建设松懈",
            6: "纪律建设抓得不严",
            7: "推进党风廉政建设和反腐败斗争不力",
            8: "全面从严治党主体责任、监督责任落实不到位",
            9: "履行管理、监督职责不力",
            10: "在涉及群众切身利益的问题上不作为、乱作为",
            11: "其他",
        }
    ),
    presupposes=MappingProxyType(
        {
            "AccountabilityDecided": (*_DECISION, *_INQUIRY),
            "DefenceHeard": ("FactsPresented",),
            "FactsPresented": ("InquiryOpened",),
            "InquiryOpened": ("AccountabilityInitiated",),
            "InquiryReportAdopted": ("InquiryOpened", "DefenceHeard", "OpinionSigned"),
            "OpinionSigned": ("FactsPresented",),
            **_AFTER,
            "AppealLodged": ("AccountabilityDecided", "DecisionServed"),
        }
    ),
    clocks=(replace(_ADJUSTMENT, checked=False), _APPEAL, _ANSWER),
    inquiry=frozenset(_INQUIRY),
)
NORMS: Final[Mapping[str, Norm]] = MappingProxyType({norm.version: norm for norm in (NORM_2016, NORM_2019)})
