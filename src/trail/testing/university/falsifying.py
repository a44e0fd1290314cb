"""
What somebody does to a university's database who can write to it: for a secretary whose report came late.

Everything is done to a copy.  Some know the format as well as this library does and recompute whatever needs no other
people's keys: bytes, columns, leaves, the tree, the head.  One knows only SQL.  Each is named with the code that finds
it; that all of them are found is what tests and demonstration show.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trail.aggregates import TalkHeld
from trail.evidence.record import Happened
from trail.testing.campus import CST, key_of
from trail.testing.copies import copy_file
from trail.testing.stored import DatabaseCopy, record_of
from trail.testing.tamper import edit, edit_part, insert, remove, resigned, signed
from trail.testing.university.plan import Planned

if TYPE_CHECKING:
    from trail.testing.university import UniversityCampus


@dataclass(frozen=True, slots=True)
class Scene:
    """What the administrator has: the log's database, closed or not, and a *backup* of an earlier day."""

    campus: UniversityCampus
    database: Path
    backup: Path

    @property
    def unit(self) -> str:
        """The unit whose secretary asks for it."""
        return self.campus.university.falsifier

    def planned(self, type: str, why: str = "", unit: str | None = None) -> Planned:
        """The first act of that type and kind of the unit (default: the falsifier's)."""
        return self.campus.university.plan.one(type, unit=unit or self.unit, why=why)

    def position(self, row: Planned) -> int:
        """Where an act of the plan stands in the log."""
        return self.campus.acts[row.key].position

    def copy(self, path: Path) -> DatabaseCopy:
        """A copy of the database at *path*."""
        return DatabaseCopy(copy_file(self.database, path))


@dataclass(frozen=True, slots=True)
class Falsification:
    """One way: its name, what it does to a copy at a path, the code that finds it; ``known``: with a checkpoint."""

    name: str
    change: Callable[[Scene, Path], None]
    code: str
    known: bool = False


def edited_talk(scene: Scene, path: Path) -> None:
    """A talk gets other words and another date; what was signed is encoded anew."""
    copy = scene.copy(path)
    talk = scene.campus.university.plan.find("TalkHeld", post=f"{scene.unit}/secretary")[0]
    edit_part(copy, scene.position(talk), restate=True, content="已就有关问题严肃批评，并限期整改。")
    edit(copy, scene.position(talk), happened=Happened.on(f"{scene.campus.university.first_year}-03-31"))
    copy.save()


def punctual_report(scene: Scene, path: Path) -> None:
    """The report that came late is said to have been sent a week before."""
    copy = scene.copy(path)
    row = scene.planned("ReportFiled", "late report")
    position = scene.position(row)
    sent = (row.happened or dt.datetime.now(CST)) - dt.timedelta(days=7)
    fields = record_of(copy, position).statement.fields
    earlier = {**fields, "sent": sent.date().isoformat(), "sent_at": int(sent.timestamp())}
    edit(copy, position, fields=earlier, happened=Happened.at(sent))
    copy.save()


def removed_reminder(scene: Scene, path: Path) -> None:
    """The talk in which the commission reminded the secretary is taken out; what follows closes up."""
    copy = scene.copy(path)
    remove(copy, scene.position(scene.planned("TalkHeld", "reminder")))
    copy.save()


def backdated_talk(scene: Scene, path: Path) -> None:
    """The former secretary signs a talk with the own real key; it is put in among the records of June."""
    copy, university = scene.copy(path), scene.campus.university
    post, other = f"{scene.unit}/secretary", f"{scene.unit}/principal"
    day = dt.date(university.first_year, 6, 17)
    person, whom = (university.people.holder(one, day) or "" for one in (post, other))
    happened = dt.datetime(day.year, 6, 17, 9, tzinfo=CST)
    act = TalkHeld(kind="integrity", counterparts=[(whom, other)], place="办公室", content="提醒廉洁自律。",
                   happened=happened)  # fmt: skip
    key, recorded = key_of(person), int(happened.timestamp()) + 3600
    forged = resigned(signed(scene.campus.trail.acting(person, post, key).prepare(act), key), [key], seen=None)
    later = next(n for n, row in enumerate(copy.rows, 1) if row.record(n).recorded > recorded)
    insert(copy, forged, recorded=recorded, position=later)
    copy.save()


def plain_sql(scene: Scene, path: Path) -> None:
    """Whoever knows only SQL drops the triggers and writes an earlier time of recording into the row."""
    row = scene.planned("ReportFiled", "late report")
    with closing(sqlite3.connect(copy_file(scene.database, path))) as db, db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("UPDATE entry SET recorded = recorded - 604800 WHERE position = ?", (scene.position(row),))


def older_backup(scene: Scene, path: Path) -> None:
    """A backup is put back: what came later is gone, checkpoints included."""
    copy_file(scene.backup, path)


FALSIFICATIONS: Final = (
    Falsification("1-edited-talk.db", edited_talk, "SIGNATURE_BAD"),
    Falsification("2-punctual-report.db", punctual_report, "SIGNATURE_BAD"),
    Falsification("3-removed-reminder.db", removed_reminder, "ROOT_MISMATCH"),
    Falsification("4-backdated-insertion.db", backdated_talk, "ROOT_MISMATCH"),
    Falsification("5-plain-sql.db", plain_sql, "COLUMN_MISMATCH"),
    Falsification("6-older-backup.db", older_backup, "ENTRIES_REMOVED", known=True),
)
