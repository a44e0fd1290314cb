"""
The invented university that tests, demonstration and examples share: its units, posts and people, as plain rows.

Nobody in it exists.  Person ids are pseudonyms, as in a real log; `PEOPLE` gives the names that lie in body parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from trail.aggregates import (
    ActBase,
    BodyRepresented,
    GrantGiven,
    PersonRegistered,
    PortfolioChanged,
    PostAssigned,
    PostCreated,
    UnitEstablished,
)


class UnitRow(NamedTuple):
    """A unit: id, kind, name, the unit above it, and the post that it acts through."""

    unit: str
    kind: str
    name: str
    parent: str | None = None
    through: str | None = None


class PostRow(NamedTuple):
    """A post: id, unit, kind, title, and the person who holds it at first."""

    post: str
    unit: str
    kind: str
    title: str
    holder: str | None = None


REGISTRARS: Final = ("r-1", "r-2")
PEOPLE: Final = {
    "p-001": "张一", "p-002": "李二", "p-003": "王三", "p-004": "赵四", "p-005": "钱五", "p-006": "孙六",
    "p-007": "周七", "p-008": "吴八", "p-009": "郑九", "p-010": "冯十", "p-011": "陈十一", "p-012": "楚十二",
    "p-013": "魏十三", "p-014": "蒋十四",
}  # fmt: skip
UNITS: Final = (
    UnitRow("uni", "university", "某大学党委", None, "uni/secretary"),
    UnitRow("dic", "commission", "校纪委", "uni", "dic/secretary"),
    UnitRow("stationed-group", "external", "市纪委驻市委教育工委纪检组", None, None),
    UnitRow("jia", "college", "甲学院党委", "uni", "jia/secretary"),
    UnitRow("yi", "college", "乙学院党委", "uni", "yi/secretary"),
    UnitRow("office", "office", "机关党总支", "uni", "office/secretary"),
    UnitRow("jia-lab", "section", "甲学院实验中心", "jia", None),
    UnitRow("jia-branch", "branch", "甲学院教工支部", "jia", None),
)
POSTS: Final = (
    PostRow("uni/secretary", "uni", "secretary", "校党委书记", "p-001"),
    PostRow("uni/deputy", "uni", "deputy_secretary", "校党委副书记", "p-002"),
    PostRow("dic/secretary", "dic", "commission_secretary", "校纪委书记", "p-003"),
    PostRow("dic/recorder", "dic", "recorder", "校纪委专职人员", "p-004"),
    PostRow("jia/secretary", "jia", "secretary", "甲学院党委书记", "p-005"),
    PostRow("jia/deputy", "jia", "deputy_secretary", "甲学院党委副书记", "p-006"),
    PostRow("jia/principal", "jia", "principal", "甲学院院长", "p-007"),
    PostRow("jia/lab", "jia-lab", "head", "甲学院实验中心主任", "p-008"),
    PostRow("jia/branch", "jia-branch", "branch_secretary", "甲学院教工支部书记", "p-009"),
    PostRow("jia/recorder", "jia", "recorder", "甲学院专职记录员", "p-010"),
    PostRow("yi/secretary", "yi", "secretary", "乙学院党委书记", "p-011"),
    PostRow("yi/deputy", "yi", "deputy_secretary", "乙学院党委副书记", "p-012"),
    PostRow("office/secretary", "office", "secretary", "机关党总支书记", "p-013"),
    PostRow("uni/importer", "uni", "importer", "原系统数据导入", "p-004"),
)
SUCCESSOR: Final = "p-014"
"""Holds no post at first, for a change of holder in mid-year."""

PORTFOLIOS: Final = (
    ("uni/deputy", ("jia", "yi", "office")),
    ("jia/deputy", ("jia-branch",)),
    ("jia/principal", ("jia-lab",)),
)
HOLDERS: Final = {row.post: row.holder for row in POSTS if row.holder is not None}


def establishing(begin: str) -> Sequence[ActBase]:
    """
    The registry events that make the university, all appointments from the date *begin* on.

    Keys are not among them: they are enrolled by whoever holds them.
    """
    acts: list[ActBase] = [PersonRegistered(person=person, name=name) for person, name in PEOPLE.items()]
    acts += [UnitEstablished(unit=u.unit, kind=u.kind, name=u.name, parent=u.parent) for u in UNITS]
    acts += [PostCreated(post=p.post, unit=p.unit, kind=p.kind, title=p.title) for p in POSTS]
    acts += [PostAssigned(post=post, person=person, from_=begin) for post, person in HOLDERS.items()]
    acts += [BodyRepresented(unit=u.unit, post=u.through) for u in UNITS if u.through is not None]
    acts += [PortfolioChanged(post=post, units=units, from_=begin) for post, units in PORTFOLIOS]
    acts += [
        GrantGiven(grant="g-erase", post="dic/secretary", action="erase", types=["*"], unit="uni"),
        GrantGiven(grant="g-import", post="uni/importer", action="import", types=["TalkHeld"], unit="uni"),
    ]
    return acts


def name_of(person: str) -> str:
    """The invented name behind a pseudonym."""
    return PEOPLE.get(person, person)
