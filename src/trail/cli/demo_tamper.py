"""
What an administrator does to copies of the demonstration's log, in both languages, and how each of it is found.

The changes themselves are those of `trail.testing.university.falsifying`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trail.application import audit
from trail.testing.university.falsifying import FALSIFICATIONS, Falsification, Scene
from trail.verify import Finding, Report, Verdict

TEXTS: Final = {
    "1-edited-talk.db": (
        "改写一次谈话：内容和日期都换掉，正文摘要、字节、列、叶、树、库头全部重算",
        "edit a talk: other words, another date; digest, bytes, columns, leaves, tree and head all recomputed",
    ),
    "2-punctual-report.db": (
        "把迟报的报告改成一周前报出，其余全部重算",
        "have the late report sent a week earlier; everything else recomputed",
    ),
    "3-removed-reminder.db": (
        "删去校纪委的那次提醒谈话，后面的记录依次补位，树和库头全部重算",
        "remove the commission's reminder; what follows closes up; tree and head recomputed",
    ),
    "4-backdated-insertion.db": (
        "倒填一次谈话：由前任书记用其真实密钥签名，插到六月的位置，其余全部重算",
        "insert a back-dated talk in June, signed with the former secretary's real key; everything else recomputed",
    ),
    "5-plain-sql.db": (
        "只会 SQL：删掉触发器，把那份报告的登记时间改早一周",
        "with SQL alone: drop the triggers, set the report's time of recording a week back",
    ),
    "6-older-backup.db": (
        "恢复八月的旧备份，此后的记录连同校验点一并消失；核验人手里留有一份更晚的校验点",
        "restore a backup of August: what came later is gone, checkpoints included; the inspector holds a later one",
    ),
}
TAMPERINGS: Final = FALSIFICATIONS


@dataclass(frozen=True, slots=True)
class Found:
    """The report about a changed copy, and the finding that was expected (None: it was not found)."""

    tampering: Falsification
    path: Path
    report: Report
    finding: Finding | None

    @property
    def ok(self) -> bool:
        """Whether it was found for the right reason."""
        return self.report.verdict is Verdict.ALTERED and self.finding is not None


def find(tampering: Falsification, scene: Scene, folder: Path, policy: str, known: str, now: int) -> Found:
    """Change a copy in *folder* and verify it under the inspector's *policy*, at *now* (UTC seconds)."""
    path = folder / tampering.name
    tampering.change(scene, path)
    report = audit(path, policy, known=known if tampering.known else None, now=now)
    finding = next((one for one in report.findings if one.code == tampering.code), None)
    return Found(tampering, path, report, finding)
