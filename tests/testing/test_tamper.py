"""The tamper kit itself: it changes what it says, and recomputes everything else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from trail.aggregates import TalkHeld
from trail.application import Attachment, audit
from trail.evidence.record import Happened, decode_part
from trail.testing.campus import WITNESS, Campus, key_of
from trail.testing.stored import DatabaseCopy, EvidenceCopy, positions_of, record_of
from trail.testing.tamper import (
    drop_files,
    duplicate,
    edit,
    edit_entry,
    edit_map,
    edit_part,
    entry_of,
    insert,
    put,
    remove,
    replay,
    reseal,
    signed,
    strip,
    swap,
    truncate,
)
from trail.verify import Verdict, verify

TABLES = ("log", "head", "entry", "part", "attachment", "checkpoint", "cosignature")
TALK = "TalkHeld@1"


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus.found() as made:
        made.set_time("2026-03-05 09:00")
        acting = made.acting("jia/secretary")
        for number in range(3):
            act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content=f"{number}", happened=made.now)
            acting.record(act, attachments=[Attachment(b"%d" % number, "text/plain", keep=True)])
        made.anchor()
        yield made


@pytest.fixture
def copy(campus: Campus, tmp_path: Path) -> DatabaseCopy:
    return DatabaseCopy(campus.copy_database(tmp_path / "copy.db"))


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        return {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES}


def test_what_is_only_read_and_written_is_the_same(campus: Campus, copy: DatabaseCopy) -> None:
    before = dump(copy.path)
    assert dump(copy.save()) == before

    data = campus.trail.evidence()
    assert EvidenceCopy(data).save() == data


def test_a_copy_has_no_constraints_and_no_triggers_any_more(copy: DatabaseCopy) -> None:
    with closing(sqlite3.connect(copy.path)) as db:
        db.execute("CREATE TRIGGER guard BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'no'); END")
    copy.save()
    with closing(sqlite3.connect(copy.path)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone() == (0,)
        db.execute("INSERT INTO entry SELECT log, position + 1000, stream, version, event, type, unit, registry, "
                   "recorded, hashes, entry FROM entry")  # fmt: skip


def test_everything_recomputable_is_recomputed(campus: Campus, copy: DatabaseCopy) -> None:
    """With the thief of all keys at work, nothing is left to be found but what the change itself is."""
    position = positions_of(copy, TALK)[1]
    edit(copy, position, [key_of("p-005")], happened=Happened.on("2026-02-01"))
    reseal(copy, key_of("log"), {WITNESS: key_of("witness")})

    report = audit(copy.save(), campus.policy)

    assert (report.verdict, report.findings) == (Verdict.INTACT, ())
    assert record_of(DatabaseCopy(copy.path), position).statement.happened.date() == "2026-02-01"


def test_removing_inserting_and_swapping_keep_streams_dense(campus: Campus, copy: DatabaseCopy) -> None:
    first, second, third = positions_of(copy, TALK)
    gone = remove(copy, first)
    assert positions_of(copy, TALK) == [first, second]
    assert decode_part(copy.rows[first - 1].parts[0].data or b"").data["content"] == "1", "parts move along"

    copy.rows.insert(first - 1, gone)
    swap(copy, first, third)
    contents = [decode_part(row.parts[0].data or b"").data["content"] for row in copy.rows[first - 1 :]]
    assert contents == ["2", "1", "0"]

    draft = campus.acting("jia/secretary").prepare(
        TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="x", happened=campus.now)
    )
    submission = signed(draft, key_of("p-005"))
    assert insert(copy, submission, recorded=7, position=second) == second
    assert (record_of(copy, second).recorded, record_of(copy, second).version) == (7, 1)
    assert put(copy, submission, recorded=8, version=9) == len(copy.rows)
    assert copy.rows[-1].entry == entry_of(submission, 9, 8)


def test_copies_of_entries(copy: DatabaseCopy) -> None:
    position = positions_of(copy, TALK)[0]
    again = duplicate(copy, position)
    assert record_of(copy, again).statement == record_of(copy, position).statement
    assert record_of(copy, again).version == 2

    other = replay(copy, position, "talk/other")
    assert record_of(copy, other).statement.stream == "talk/other"
    assert record_of(copy, other).signatures == record_of(copy, position).signatures


def test_small_changes(copy: DatabaseCopy) -> None:
    position = positions_of(copy, TALK)[0]
    strip(copy, position)
    assert record_of(copy, position).signatures == (b"",)
    edit_entry(copy, position, recorded=1, version=2)
    assert record_of(copy, position)[-2:] == (2, 1)
    edit_part(copy, position, content=None)
    assert "content" not in decode_part(copy.rows[position - 1].parts[0].data or b"").data
    assert record_of(copy, position).statement.parts[0].digest != copy.rows[position - 1].parts[0].digest
    drop_files(copy, position)
    assert copy.rows[position - 1].files == []
    assert edit_map(record_of(copy, position).statement_bytes, unit=None, stream="x") != b""


def test_truncating_forgets_what_covers_the_rest(copy: DatabaseCopy) -> None:
    notes = len(copy.notes)
    truncate(copy, len(copy.rows) - 1)
    assert len(copy.notes) == notes - 1


def test_the_same_operators_change_an_evidence_file(campus: Campus) -> None:
    copy = EvidenceCopy(campus.trail.evidence())
    position = positions_of(copy, TALK)[0]
    edit(copy, position, happened=Happened.on("2026-02-01"))
    edit_part(copy, position + 1, content="别的话")
    drop_files(copy, position + 2)

    report = verify(copy.save(), campus.policy)

    found = {(one.code, one.position) for one in report.findings}
    assert found >= {
        ("SIGNATURE_BAD", position), ("PART_ALTERED", position + 1), ("ATTACHMENT_MISSING", position + 2),
        ("ROOT_MISMATCH", len(copy.rows)),
    }  # fmt: skip
    assert report.verdict is Verdict.ALTERED


def test_a_file_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not an evidence file"):
        EvidenceCopy(b"something else")
    with pytest.raises(ValueError, match="not a map"):
        edit_map(b"\x01", x=1)
