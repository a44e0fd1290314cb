"""The audit of a database: every stored column is evidence or recomputable from evidence."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from tests.application.campus import Campus, Visited, key_of

from trail.aggregates import PartErased
from trail.application import Attachment, audit
from trail.errors import CallerError, NoteError, PolicyError, StoreFailed
from trail.evidence.verdict import Report, Verdict
from trail.merkle import Checkpoint, format_checkpoint
from trail.signing import format_note, parse_note, sign_note

FILE = Attachment(b"%PDF scanned sheet", "application/pdf", keep=True)


@pytest.fixture
def filled(campus: Campus) -> Campus:
    """Acts with parts and an attachment; two checkpoints; one act beyond them."""
    for number in range(3):
        campus.acting().record(Visited(happened="2026-03-01", note=f"情况 {number}"))
    campus.trail.checkpoint()
    campus.acting().record(Visited(happened="2026-03-01", note="附件"), attachments=[FILE])
    campus.cosigned()
    campus.acting().record(Visited(happened="2026-03-01", note="之后"))
    return campus


def verdict(campus: Campus, **options: Any) -> tuple[Verdict, set[str]]:
    report = campus.audit(**options)
    return report.verdict, set(report.counts)


def test_an_honest_database_is_intact(filled: Campus) -> None:
    report = filled.audit()
    assert (report.verdict, report.counts, report.kind) == (Verdict.INTACT, {}, "database")
    assert (report.size, report.anchored, report.exposed) == (filled.size, filled.size - 1, 1)
    assert {check.number for check in report.checks if check.state == "not done"} == {18}
    assert report.facts["schema"]
    assert report.attachments.shown == 1


def test_an_audit_gives_the_same_twice(filled: Campus) -> None:
    assert filled.audit().to_json() == filled.audit().to_json()


def test_progress_is_told(filled: Campus) -> None:
    told: list[tuple[int, int]] = []
    filled.audit(progress=lambda *row: told.append(row))
    assert told
    assert all(end == filled.size for _, end in told)


# --- columns of an entry ---------------------------------------------------------------------------------------------

COLUMNS: list[tuple[str, Any]] = [
    ("stream", "elsewhere/1"),
    ("stream", b"bytes"),
    ("version", 99),
    ("version", "one"),
    ("event", bytes(16)),
    ("event", "text"),
    ("event", 5),
    ("type", "TalkHeld@1"),
    ("unit", "yi"),
    ("unit", None),
    ("unit", ""),
    ("registry", 1),
    ("registry", 2),
    ("registry", "yes"),
    ("recorded", 0),
    ("recorded", "never"),
    ("hashes", bytes(32)),
    ("hashes", b""),
    ("hashes", "text"),
]


@pytest.mark.parametrize(("column", "value"), COLUMNS)
@pytest.mark.parametrize("beyond", [False, True])
def test_a_changed_column(filled: Campus, column: str, value: Any, beyond: bool) -> None:
    position = filled.size if beyond else filled.size - 2
    assert filled.sql(f"UPDATE entry SET {column} = ? WHERE position = ?", value, position) == 1
    report = filled.audit()
    assert report.verdict is Verdict.ALTERED
    assert set(report.counts) <= {"COLUMN_MISMATCH", "HEAD_MISMATCH", "PART_MISSING", "PART_STRAY"}
    found = [f for f in report.findings if f.code == "COLUMN_MISMATCH"]
    assert [f.position for f in found] == [position]
    assert column in found[0].message


def test_a_registry_entry_that_is_hidden_from_the_registry(filled: Campus) -> None:
    assert filled.sql("UPDATE entry SET registry = 0 WHERE position = 10") == 1
    assert verdict(filled) == (Verdict.ALTERED, {"COLUMN_MISMATCH"})


@pytest.mark.parametrize("beyond", [False, True])
@pytest.mark.parametrize("value", [b"", b"\xc1", "text", 5, 10**15, 1.5])
def test_a_changed_entry(filled: Campus, value: Any, beyond: bool) -> None:
    position = filled.size if beyond else filled.size - 2
    filled.sql("UPDATE entry SET entry = ? WHERE position = ?", value, position)
    found, codes = verdict(filled)
    assert found is Verdict.ALTERED
    assert "ENTRY_MALFORMED" in codes


@pytest.mark.parametrize("beyond", [False, True])
def test_a_changed_byte_of_an_entry(filled: Campus, beyond: bool) -> None:
    position = filled.size if beyond else filled.size - 2
    entry = dict(filled.trail.reader.entries())[position]
    for at in range(0, len(entry), 37):
        changed = entry[:at] + bytes([entry[at] ^ 4]) + entry[at + 1 :]
        filled.sql("UPDATE entry SET entry = ? WHERE position = ?", changed, position)
        assert filled.audit().verdict is Verdict.ALTERED, at
    filled.sql("UPDATE entry SET entry = ? WHERE position = ?", entry, position)
    assert filled.audit().verdict is Verdict.INTACT


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_deleted_row(filled: Campus) -> None:
    for position in (1, 5, filled.size - 2):
        copy = shutil.copytree(filled.folder, filled.folder.with_name(f"copy {position}"))
        other = Campus.__new__(Campus)
        other.path = copy / "trail.db"
        other.sql("DELETE FROM entry WHERE position = ?", position)
        report = audit(other.path, filled.policy())
        assert report.verdict is Verdict.ALTERED
        assert "POSITION_GAP" in report.counts


def test_a_deleted_tail_with_the_head_left(filled: Campus) -> None:
    filled.sql("DELETE FROM entry WHERE position = ?", filled.size)
    found, codes = verdict(filled)
    assert found is Verdict.ALTERED
    assert "HEAD_MISMATCH" in codes


def test_a_deleted_tail_below_a_checkpoint(filled: Campus) -> None:
    """Whoever also moves the head back still leaves the checkpoint's row."""
    keep = filled.size - 3
    filled.sql("DELETE FROM entry WHERE position > ?", keep)
    filled.sql("DELETE FROM part WHERE position > ?", keep)
    filled.sql("DELETE FROM attachment WHERE position > ?", keep)
    filled.sql("UPDATE head SET size = ?", keep)
    found, codes = verdict(filled)
    assert found is Verdict.ALTERED
    assert "ENTRIES_REMOVED" in codes


def test_a_database_put_back_is_exposed_by_what_the_inspector_holds(filled: Campus) -> None:
    older = shutil.copytree(filled.folder, filled.folder.with_name("older"))
    filled.acting().record(Visited(happened="2026-03-01"))
    known = filled.trail.checkpoint().cosigned
    assert audit(older / "trail.db", filled.policy()).verdict is Verdict.INTACT
    report = audit(older / "trail.db", filled.policy(), known=known)
    assert (report.verdict, set(report.counts)) == (Verdict.ALTERED, {"ENTRIES_REMOVED"})
    assert filled.audit(known=known).verdict is Verdict.INTACT


def test_a_duplicated_row(filled: Campus) -> None:
    size = filled.size
    columns = "log, stream, type, unit, registry, recorded, hashes, entry"
    filled.sql(
        f"INSERT INTO entry (position, version, event, {columns}) "
        f"SELECT ?, version + 100, zeroblob(16), {columns} FROM entry WHERE position = ?", size + 1, size,
    )  # fmt: skip
    found, codes = verdict(filled)
    assert found is Verdict.ALTERED
    assert {"COLUMN_MISMATCH", "ID_REUSED", "HEAD_MISMATCH"} <= codes


def test_two_rows_exchanged(filled: Campus) -> None:
    last = filled.size
    for position, to in ((last, -1), (last - 1, last), (-1, last - 1)):
        filled.sql("UPDATE entry SET position = ? WHERE position = ?", to, position)
    found, codes = verdict(filled)
    assert found is Verdict.ALTERED
    assert "COLUMN_MISMATCH" in codes


def test_a_row_before_the_first(filled: Campus) -> None:
    policy = filled.policy()
    filled.sql("UPDATE entry SET position = 0 WHERE position = 1")
    report = audit(filled.path, policy)
    found, codes = report.verdict, set(report.counts)
    assert found is Verdict.ALTERED
    assert "POSITION_GAP" in codes


# --- the head --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [("size", 1), ("size", 10_000), ("size", 0), ("peaks", b""), ("peaks", bytes(32)), ("peaks", "text"),
     ("registry", 1), ("registry", 10_000), ("recorded", 0), ("recorded", "never")],
)  # fmt: skip
def test_a_changed_head(filled: Campus, column: str, value: Any) -> None:
    assert filled.sql(f"UPDATE head SET {column} = ?", value) == 1
    assert verdict(filled) == (Verdict.ALTERED, {"HEAD_MISMATCH"})


def test_a_head_that_is_gone_is_never_intact(filled: Campus) -> None:
    filled.sql("DELETE FROM head")
    assert filled.audit().exit_code != 0


# --- parts and attachments -------------------------------------------------------------------------------------------


def test_a_changed_part(filled: Campus) -> None:
    for value in (b"other", "text", 5):
        filled.sql("UPDATE part SET data = ? WHERE position = ?", value, filled.size - 1)
        found, codes = verdict(filled)
        assert found is Verdict.ALTERED
        assert "PART_ALTERED" in codes


def test_a_deleted_part(filled: Campus) -> None:
    filled.sql("DELETE FROM part WHERE position = ?", filled.size - 1)
    assert verdict(filled) == (Verdict.INCONCLUSIVE, {"PART_MISSING"})


@pytest.mark.parametrize(
    ("column", "value"), [("position", 2), ("name", "other"), ("digest", bytes(32)), ("position", 10**6)]
)
def test_a_part_s_row_that_is_not_what_the_entry_says(filled: Campus, column: str, value: Any) -> None:
    filled.sql(f"UPDATE part SET {column} = ? WHERE position = ?", value, filled.size - 1)
    found, codes = verdict(filled)
    assert found is Verdict.ALTERED
    assert "COLUMN_MISMATCH" in codes


def test_a_part_that_was_erased_and_put_back(filled: Campus) -> None:
    ack = filled.acting().record(Visited(happened="2026-03-01", note="删"))
    row = filled.trail.reader.part(next(iter(filled.trail.records(ack.position))).statement.parts[0].digest)
    digest = next(iter(filled.trail.records(ack.position))).statement.parts[0].digest
    filled.acting("p-003").record(PartErased(target=ack, part="note", authority="决定", happened="2026-03-01"))
    assert filled.audit().verdict is Verdict.INTACT
    assert filled.trail.reader.part(digest) is None
    filled.sql(
        "INSERT INTO part (log, digest, position, name, data) VALUES (1, ?, ?, 'note', ?)", digest, ack.position, row
    )
    assert filled.audit().counts != {}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("position", 2),
        ("size", 1),
        ("media", "text/plain"),
        ("digest", bytes(32)),
        ("data", b"other"),
        ("data", "text"),
    ],
)
def test_an_attachment_s_row(filled: Campus, column: str, value: Any) -> None:
    assert filled.sql(f"UPDATE attachment SET {column} = ?", value) == 1
    assert filled.audit().exit_code != 0


def test_a_deleted_attachment(filled: Campus) -> None:
    filled.sql("DELETE FROM attachment")
    assert verdict(filled) == (Verdict.INCONCLUSIVE, {"ATTACHMENT_MISSING"})


# --- checkpoints -----------------------------------------------------------------------------------------------------


def signed(campus: Campus, size: int, root: bytes) -> str:
    text = format_checkpoint(Checkpoint(campus.trail.origin, size, root))
    return format_note(text, [sign_note(text, campus.trail.origin, key_of("log"))])


def test_a_changed_checkpoint(filled: Campus) -> None:
    sizes = [c.size for c in filled.trail.reader.checkpoints()]
    for size in sizes:
        copy = shutil.copytree(filled.folder, filled.folder.with_name(f"copy {size}"))
        other = Campus.__new__(Campus)
        other.path = copy / "trail.db"
        other.sql("UPDATE checkpoint SET note = ? WHERE size = ?", signed(filled, size, bytes(32)), size)
        report = audit(other.path, filled.policy())
        assert report.verdict is Verdict.ALTERED, size
        assert "ROOT_MISMATCH" in report.counts


@pytest.mark.parametrize(("column", "value"), [("size", 10**6), ("size", 3), ("number", 10**6), ("number", 0)])
def test_a_checkpoint_s_row_that_is_not_what_its_note_says(filled: Campus, column: str, value: int) -> None:
    last = filled.trail.reader.checkpoints()[-1].size
    assert filled.sql(f"UPDATE checkpoint SET {column} = ? WHERE size = ?", value, last) == 1
    assert filled.audit().verdict is Verdict.ALTERED


def test_without_checkpoints_nothing_anchors(filled: Campus) -> None:
    known = filled.trail.checkpoint().cosigned
    filled.sql("DELETE FROM cosignature")
    filled.sql("DELETE FROM checkpoint")
    found, codes = verdict(filled)
    assert found is Verdict.INCONCLUSIVE
    assert "NO_ANCHOR" in codes
    assert filled.audit(known=known).anchored == parse_size(known)


def parse_size(note: str) -> int:
    return int(parse_note(note).text.split("\n")[1])


def test_a_changed_cosignature_is_never_counted(filled: Campus) -> None:
    policy = filled.policy(witnessed=True)
    assert audit(filled.path, policy).verdict is Verdict.INTACT
    filled.sql("DELETE FROM cosignature")
    report = audit(filled.path, policy)
    assert (report.exit_code, report.anchored) == (3, 0)


# --- what can't be audited -------------------------------------------------------------------------------------------


def test_a_database_that_is_none(filled: Campus) -> None:
    policy = filled.policy()
    with pytest.raises(StoreFailed):
        audit(filled.folder / "none.db", policy)
    with pytest.raises(CallerError):
        audit(filled.path, policy, origin="trail.example/yi")
    with pytest.raises(PolicyError):
        audit(filled.path, "nonsense\n")
    with pytest.raises(NoteError):
        audit(filled.path, policy, known="nonsense")


def test_a_table_that_is_gone_is_never_intact(filled: Campus) -> None:
    policy = filled.policy()
    for table in ("cosignature", "attachment", "part"):
        filled.sql(f"DROP TABLE {table}")
        try:
            report: Report | None = audit(filled.path, policy)
        except (StoreFailed, CallerError):
            report = None
        assert report is None or report.exit_code != 0


def test_an_audit_that_breaks_off_accuses_nobody(filled: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> Any:
        raise StoreFailed("the disk is gone")

    policy, known = filled.policy(), filled.trail.checkpoint().cosigned
    for name in ("items", "part_rows", "extent"):
        with monkeypatch.context() as patch:
            patch.setattr(f"trail.application.auditing.{name}", failing)
            report = audit(filled.path, policy, known=known)
        assert report.verdict is Verdict.INCONCLUSIVE
        assert "INTERNAL_ERROR" in report.counts
