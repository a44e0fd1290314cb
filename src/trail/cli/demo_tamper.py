"""
What an administrator does to copies of the demonstration's log, and how each of it is found.

Each works on a copy, knows the format as well as this library does, and recomputes everything that can be computed
without other people's keys: bytes, columns, leaves, the tree, the head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trail.aggregates import TalkHeld
from trail.application import Ack, audit
from trail.evidence.record import Happened
from trail.testing.campus import Campus, key_of, seconds
from trail.testing.copies import copy_file
from trail.testing.stored import DatabaseCopy
from trail.testing.tamper import edit, edit_part, insert, remove, resigned, signed
from trail.verify import Finding, Report, Verdict


@dataclass(frozen=True, slots=True)
class Tampering:
    """One way to tamper: the name of its copy, what was done in both languages, and the code that must find it."""

    name: str
    zh: str
    en: str
    code: str
    change: Callable[[Scene, Path], None]
    known: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What the administrator has: the folder, the acts by name, a backup; ``known`` is the inspector's alone."""

    campus: Campus
    database: Path
    backup: Path
    acts: dict[str, Ack]
    known: str


@dataclass(frozen=True, slots=True)
class Found:
    """The report about a changed copy, and the finding that was expected (None: it was not found)."""

    tampering: Tampering
    path: Path
    report: Report
    finding: Finding | None

    @property
    def ok(self) -> bool:
        """Whether it was found for the right reason."""
        return self.report.verdict is Verdict.ALTERED and self.finding is not None


def _edited_talk(scene: Scene, path: Path) -> None:
    copy = DatabaseCopy(copy_file(scene.database, path))
    position = scene.acts["talk jia/deputy"].position
    edit_part(copy, position, restate=True, content="已就有关问题严肃批评，并限期整改。")
    edit(copy, position, happened=Happened.on("2026-03-31"))
    copy.save()


def _removed_report(scene: Scene, path: Path) -> None:
    copy = DatabaseCopy(copy_file(scene.database, path))
    remove(copy, scene.acts["late report"].position)
    copy.save()


def _backdated_talk(scene: Scene, path: Path) -> None:
    """The former secretary of 乙学院 signs a talk with the own real key, as if it had been recorded in June."""
    copy = DatabaseCopy(copy_file(scene.database, path))
    recorded = seconds("2026-06-17 10:00")
    act = TalkHeld(
        kind="integrity", counterparts=[("p-012", "yi/deputy")], place="办公室", content="提醒廉洁自律。",
        happened=scene.campus.moment("2026-06-17 09:00"),
    )  # fmt: skip
    key = key_of("p-011")
    draft = scene.campus.trail.acting("p-011", "yi/secretary", key).prepare(act)
    forged = resigned(signed(draft, key), [key], seen=None)
    later = [n for n, row in enumerate(copy.rows, 1) if row.record(n).recorded > recorded]
    insert(copy, forged, recorded=recorded, position=later[0])
    copy.save()


def _older_backup(scene: Scene, path: Path) -> None:
    copy_file(scene.backup, path)


TAMPERINGS: Final = (
    Tampering(
        "1-edited-talk.db",
        "改写一次谈话：内容和日期都换掉，正文摘要、字节、列、叶、树、库头全部重算",
        "edit a talk: other words, another date; digest, bytes, columns, leaves, tree and head all recomputed",
        "SIGNATURE_BAD",
        _edited_talk,
    ),
    Tampering(
        "2-removed-report.db",
        "删去乙学院迟报的那份报告，后面的记录依次补位，树和库头全部重算",
        "remove the report that came late; what follows closes up; tree and head recomputed",
        "ROOT_MISMATCH",
        _removed_report,
    ),
    Tampering(
        "3-backdated-insertion.db",
        "倒填一次谈话：由乙学院前任书记用其真实密钥签名，插到六月的位置，其余全部重算",
        "insert a back-dated talk in June, signed with the former secretary's real key; everything else recomputed",
        "ROOT_MISMATCH",
        _backdated_talk,
    ),
    Tampering(
        "4-older-backup.db",
        "恢复八月的旧备份，此后的记录连同校验点一并消失；核验人手里留有一份更晚的校验点",
        "restore a backup of August: what came later is gone, checkpoints included; the inspector holds a later one",
        "ENTRIES_REMOVED",
        _older_backup,
        known=True,
    ),
)


def find(tampering: Tampering, scene: Scene, folder: Path, policy: str, now: int) -> Found:
    """Change a copy in *folder* and verify it under the inspector's *policy*, at *now* (UTC seconds)."""
    path = folder / tampering.name
    tampering.change(scene, path)
    report = audit(path, policy, known=scene.known if tampering.known else None, now=now)
    finding = next((one for one in report.findings if one.code == tampering.code), None)
    return Found(tampering, path, report, finding)
