"""The audit of an application's log: every column of every row is compared, and nothing that lies there crashes it."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.application.campus import Campus
from tests.application.foreign import Shed, key_of, tools
from tests.profile import scaled

from trail.application import audit, auditing
from trail.errors import CallerError, StoreFailed, TrailError
from trail.evidence.verdict import Report, Verdict
from trail.verify import verify

CHECKPOINT, BEYOND = 4, 6  # a position below the last checkpoint, and one that no checkpoint covers


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shed:
    """Six events, five of them below a checkpoint; a snapshot; not to be changed."""
    folder = tmp_path_factory.mktemp("shed")
    shed = Shed.__new__(Shed)
    shed.folder, shed.path, shed.key = folder, folder / "events.db", key_of("log")
    app = tools(shed.path)
    hammer = app.buy("锤子")
    for borrower in ("张一", "李二", "王三"):
        app.lend(hammer, borrower)
    app.buy("锯子")
    with shed.adopt() as log:
        log.checkpoint()
    app.buy("钳子")
    app.close()
    merge(shed.path)
    return shed


def merge(path: Path) -> None:
    """Put everything into the one file, for copies."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=TRUNCATE")
    connection.close()


@pytest.fixture
def shed(made: Shed, tmp_path: Path) -> Shed:
    """A copy, to be changed."""
    copy = Shed.__new__(Shed)
    copy.folder, copy.path, copy.key = tmp_path, tmp_path / "events.db", made.key
    shutil.copy(made.path, copy.path)
    shutil.copy(made.state, copy.state)
    return copy


def verdict(shed: Shed, **options: Any) -> tuple[Verdict, set[str]]:
    report = shed.audit(**options)
    return report.verdict, set(report.counts)


def test_an_honest_database_is_intact(made: Shed) -> None:
    report = made.audit()
    assert (report.verdict, report.counts, report.kind, report.log_kind) == (Verdict.INTACT, {}, "database", "opaque")
    assert (report.size, report.anchored, report.exposed, report.parts.shown) == (6, 5, 1, 6)
    done = {check.number: check.count for check in report.checks if check.state == "passed"}
    assert done[16] == 8, "six rows, a checkpoint's, and the file's pages and indexes"
    assert done[17] == 1


def test_names_and_versions_of_any_kind_come_back_byte_for_byte(tmp_path: Path) -> None:
    shed = Shed.__new__(Shed)
    shed.folder, shed.path, shed.key = tmp_path, tmp_path / "events.db", key_of("log")
    app = tools(shed.path)
    names = ["", "e\u0301", "\u00e9", "\u202e", "甲" * 300, uuid.UUID(int=7), "same bytes as text"]
    for name in names:
        for version in (7, -(1 << 63), 0, (1 << 63) - 1):
            app.recorder.insert_events([StoredEvent(name, version, "" if version else "é" * 9, bytes(version == 0))])
    app.close()
    with shed.adopt() as log:
        log.checkpoint()
        assert verify(log.evidence(), shed.policy()).verdict is Verdict.INTACT
    report = shed.audit()
    assert (report.verdict, report.counts, report.size) == (Verdict.INTACT, {}, 4 * len(names))


def test_what_lies_outside_the_tree_is_counted_and_said_to_be_not_covered(shed: Shed) -> None:
    assert shed.audit().facts["not covered"] == "snapshots: 1, tracking records: 0, request keys: 0"
    assert shed.sql("UPDATE snapshot SET state = 'anything'") == 1
    assert shed.audit().verdict is Verdict.INTACT


def test_an_audit_gives_the_same_twice(made: Shed) -> None:
    assert made.audit().to_json() == made.audit().to_json()


# --- columns ---------------------------------------------------------------------------------------------------------

OTHER = b"u" + bytes(16)
COLUMNS: list[tuple[str, Any, str]] = [
    ("originator", OTHER, "COLUMN_MISMATCH"),
    ("originator", b"", "COLUMN_MISMATCH"),
    ("originator", "u text", "COLUMN_MISMATCH"),
    ("originator", 5, "COLUMN_MISMATCH"),
    ("version", 99, "COLUMN_MISMATCH"),
    ("version", "one", "COLUMN_MISMATCH"),
    ("version", b"1", "COLUMN_MISMATCH"),
    ("version", 1.5, "COLUMN_MISMATCH"),
    ("topic", "somewhere:Else", "COLUMN_MISMATCH"),
    ("topic", "", "COLUMN_MISMATCH"),
    ("topic", b"bytes", "COLUMN_MISMATCH"),
    ("topic", 7, "COLUMN_MISMATCH"),
    ("recorded", 0, "COLUMN_MISMATCH"),
    ("recorded", "never", "COLUMN_MISMATCH"),
    ("hashes", bytes(32), "COLUMN_MISMATCH"),
    ("hashes", b"", "COLUMN_MISMATCH"),
    ("hashes", "text", "COLUMN_MISMATCH"),
    ("state", b"other", "STATE_ALTERED"),
    ("state", b"", "STATE_ALTERED"),
    ("state", "text", "STATE_ALTERED"),
    ("state", 5, "STATE_ALTERED"),
    ("state", 1.5, "STATE_ALTERED"),
    ("entry", b"", "ENTRY_MALFORMED"),
    ("entry", b"\xc1", "ENTRY_MALFORMED"),
    ("entry", "text", "ENTRY_MALFORMED"),
    ("entry", 10**15, "ENTRY_MALFORMED"),
    ("position", 99, "COLUMN_MISMATCH"),
    ("position", -1, "POSITION_GAP"),
    ("position", "last", "POSITION_GAP"),
    ("log", 2, "POSITION_GAP"),
]


@pytest.mark.parametrize(("column", "value", "code"), COLUMNS)
@pytest.mark.parametrize("position", [CHECKPOINT, BEYOND])
def test_a_changed_column(shed: Shed, column: str, value: Any, code: str, position: int) -> None:
    assert shed.sql(f"UPDATE opaque SET {column} = ? WHERE position = ?", value, position) == 1
    found, codes = verdict(shed)
    assert found is Verdict.ALTERED
    if not (column in ("log", "position") and position == BEYOND):
        assert code in codes
    else:
        assert codes & {code, "HEAD_MISMATCH"}


def test_the_column_is_named(shed: Shed) -> None:
    shed.sql("UPDATE opaque SET topic = 'x' WHERE position = 2")
    (finding,) = shed.audit().findings
    assert (finding.code, finding.position, finding.found) == ("COLUMN_MISMATCH", 2, "x")
    assert "topic" in finding.message


def test_a_uuid_is_no_text_of_the_same_bytes(shed: Shed) -> None:
    assert shed.sql("UPDATE opaque SET originator = CAST('t' || substr(originator, 2) AS BLOB) WHERE position = 2") == 1
    assert verdict(shed) == (Verdict.ALTERED, {"COLUMN_MISMATCH"})


@pytest.mark.parametrize("column", ["state", "entry", "hashes", "originator"])
def test_the_same_bytes_as_text_are_another_value(shed: Shed, column: str) -> None:
    assert shed.sql(f"UPDATE opaque SET {column} = CAST({column} AS TEXT) WHERE position = 2") == 1
    found, codes = verdict(shed)
    assert found is Verdict.ALTERED
    assert "COLUMN_MISMATCH" in codes


@pytest.mark.parametrize("position", [CHECKPOINT, BEYOND])
def test_a_state_that_is_gone_is_missing(shed: Shed, position: int) -> None:
    shed.sql("UPDATE opaque SET state = NULL WHERE position = ?", position)
    report = shed.audit()
    assert (report.verdict, set(report.counts)) == (Verdict.INCONCLUSIVE, {"STATE_MISSING"})
    assert (report.parts.shown, report.parts.missing) == (5, 1)


@pytest.mark.parametrize("position", [CHECKPOINT, BEYOND])
def test_a_changed_byte_of_an_entry(shed: Shed, position: int) -> None:
    with shed.open(read_only=True) as log:
        ((_, entry),) = log.reader.entries(position, position)
    for at in range(len(entry)):
        changed = entry[:at] + bytes([entry[at] ^ 4]) + entry[at + 1 :]
        shed.sql("UPDATE opaque SET entry = ? WHERE position = ?", changed, position)
        assert shed.audit().verdict is Verdict.ALTERED, at
    shed.sql("UPDATE opaque SET entry = ? WHERE position = ?", entry, position)
    assert shed.audit().verdict is Verdict.INTACT


VALUES = st.one_of(
    st.none(),
    st.binary(max_size=40),
    st.text(max_size=20),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False),
    st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, "", b"", "acts", "opaque", "Tools"]),
)
CELLS = [
    *(("opaque", name) for name in
      ("log", "position", "originator", "version", "topic", "recorded", "hashes", "entry", "state")),
    *(("head", name) for name in ("log", "size", "peaks", "registry", "recorded")),
    *(("log", name) for name in ("log", "origin", "kind")),
    *(("checkpoint", name) for name in ("log", "size", "number", "note")),
]  # fmt: skip


def loosen(path: Path) -> None:
    """Take all constraints and column types away, as whoever owns the file can: then any cell may hold any value."""
    connection = sqlite3.connect(path)
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        connection.execute(f"CREATE TABLE loose AS SELECT * FROM {table}")
        columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.execute(f"INSERT INTO {table} SELECT * FROM loose")
        connection.execute("DROP TABLE loose")
    connection.commit()
    connection.close()


def look(path: Path, policy: str) -> Report | None:
    """The report, or None where the database is refused before anything is judged."""
    try:
        return audit(path, policy)
    except TrailError:
        return None


def change_one(path: Path, table: str, column: str, change: str, *values: Any) -> bool:
    """Set one cell (of the second row, where there is one); False where it still is what it was."""
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    try:
        (row,) = connection.execute(f"SELECT max(rowid) FROM {table} WHERE rowid < 3").fetchone()
        cell = f"SELECT typeof({column}), {column} FROM {table} WHERE rowid = {row}"
        before = connection.execute(cell).fetchone()
        connection.execute(f"UPDATE {table} SET {column} = {change} WHERE rowid = {row}", values)
        after = connection.execute(cell).fetchone()
        connection.commit()
    finally:
        connection.close()
    if column == "log" and table != "log" and after[0] == b"real":
        return bool(before[1] != after[1])  # it only groups rows: 1.0 finds those that 1 finds
    return bool(before != after)


def never_intact(made: Shed, folder: Path, cell: tuple[str, str], change: str, *values: Any) -> None:
    """Change one cell of a copy, whose constraints are gone: no audit calls it intact."""
    path = folder / "events.db"
    shutil.copy(made.path, path)
    loosen(path)
    if change_one(path, *cell, change, *values):
        report = look(path, made.policy())
        assert report is None or report.verdict is not Verdict.INTACT, (cell, change, values)
    else:
        assert audit(path, made.policy()).verdict is Verdict.INTACT, "the harness itself alters nothing"
    path.unlink()


@settings(max_examples=scaled(150), deadline=None)
@given(cell=st.sampled_from(CELLS), value=VALUES)
def test_whatever_stands_in_a_cell_an_audit_never_calls_it_intact(
    made: Shed, tmp_path_factory: pytest.TempPathFactory, cell: tuple[str, str], value: Any
) -> None:
    never_intact(made, tmp_path_factory.mktemp("cell"), cell, "?", value)


@pytest.mark.parametrize("cell", CELLS, ids=".".join)
def test_the_same_value_of_another_type_is_not_called_intact(made: Shed, tmp_path: Path, cell: tuple[str, str]) -> None:
    for affinity in ("TEXT", "BLOB", "REAL", "INTEGER"):
        if (cell, affinity) != (("checkpoint", "note"), "BLOB"):  # what a note says is checked, however it is kept
            never_intact(made, tmp_path, cell, f"CAST({cell[1]} AS {affinity})")


def test_an_audit_that_compares_no_columns_would_be_caught(shed: Shed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the comparison a changed column passes."""
    shed.sql("UPDATE opaque SET topic = 'x' WHERE position = 2")
    monkeypatch.setattr(auditing._Audit, "_compare", lambda *_: None)
    assert shed.audit().verdict is Verdict.INTACT


# --- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", range(1, 7))
def test_a_deleted_row(shed: Shed, position: int) -> None:
    assert shed.sql("DELETE FROM opaque WHERE position = ?", position) == 1
    assert shed.audit().verdict is Verdict.ALTERED


def test_a_deleted_tail_below_the_checkpoint(shed: Shed) -> None:
    shed.sql("DELETE FROM opaque WHERE position > 3")
    shed.sql("UPDATE head SET size = 3")
    found, codes = verdict(shed)
    assert found is Verdict.ALTERED
    assert "ENTRIES_REMOVED" in codes


def test_a_deleted_table_of_events(shed: Shed) -> None:
    shed.sql("DELETE FROM opaque")
    assert shed.audit().verdict is Verdict.ALTERED


def test_two_states_exchanged(shed: Shed) -> None:
    shed.sql("UPDATE opaque SET state = (SELECT o.state FROM opaque o WHERE o.position = 5 - opaque.position) "
             "WHERE position IN (2, 3)")  # fmt: skip
    assert verdict(shed) == (Verdict.ALTERED, {"STATE_ALTERED"})


def test_two_rows_exchanged(shed: Shed) -> None:
    for position, to in ((6, -1), (5, 6), (-1, 5)):
        shed.sql("UPDATE opaque SET position = ? WHERE position = ?", to, position)
    found, codes = verdict(shed)
    assert found is Verdict.ALTERED
    assert "ROOT_MISMATCH" in codes


def test_an_event_put_in_twice(shed: Shed) -> None:
    columns = "log, topic, recorded, hashes, entry, state"
    shed.sql(f"INSERT INTO opaque (position, originator, version, {columns}) "
             f"SELECT 7, originator, version + 100, {columns} FROM opaque WHERE position = 6")  # fmt: skip
    found, codes = verdict(shed)
    assert found is Verdict.ALTERED
    assert {"COLUMN_MISMATCH", "EVENT_TWICE", "HEAD_MISMATCH"} <= codes


def test_a_database_put_back_is_exposed_by_what_the_inspector_holds(shed: Shed) -> None:
    older = shutil.copy(shed.path, shed.folder / "older.db")
    shed.fill()
    with shed.open() as log:
        known = log.checkpoint().cosigned
    assert audit(older, shed.policy()).verdict is Verdict.INTACT
    report = audit(older, shed.policy(), known=known)
    assert (report.verdict, set(report.counts)) == (Verdict.ALTERED, {"ENTRIES_REMOVED"})
    assert shed.audit(known=known).verdict is Verdict.INTACT


# --- head, checkpoints, the log's own row ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [("size", 1), ("size", 10_000), ("size", 0), ("size", "six"), ("peaks", b""), ("peaks", "text"), ("registry", 1),
     ("recorded", 0), ("recorded", "never")],
)  # fmt: skip
def test_a_changed_head(shed: Shed, column: str, value: Any) -> None:
    assert shed.sql(f"UPDATE head SET {column} = ?", value) == 1
    assert verdict(shed) == (Verdict.ALTERED, {"HEAD_MISMATCH"})


@pytest.mark.parametrize(("column", "value"), [("size", 3), ("size", 10**6), ("number", 2), ("note", "none\n")])
def test_a_checkpoint_s_row(shed: Shed, column: str, value: Any) -> None:
    assert shed.sql(f"UPDATE checkpoint SET {column} = ?", value) == 1
    assert shed.audit().verdict is not Verdict.INTACT


def test_a_log_under_another_name_or_kind(shed: Shed) -> None:
    policy = shed.policy()
    shed.sql("UPDATE log SET origin = 'Others'")
    assert audit(shed.path, policy).verdict is not Verdict.INTACT
    shed.sql("UPDATE log SET origin = 'Tools', kind = 'events'")
    with pytest.raises(StoreFailed, match="kind"):
        audit(shed.path, policy)
    shed.sql("UPDATE log SET kind = 'acts'")
    with pytest.raises(StoreFailed, match="entry is nothing"):
        audit(shed.path, policy)


def test_events_passed_off_as_acts(campus: Campus) -> None:
    """In a database that has the tables of both kinds."""
    shed = Shed.__new__(Shed)
    shed.folder, shed.path, shed.key = campus.folder, campus.path, key_of("log")
    shed.fill()
    shed.state.unlink()
    with shed.adopt() as log:
        log.checkpoint()
    shed.sql("UPDATE log SET kind = 'acts' WHERE origin = 'Tools'")
    assert shed.audit().verdict is Verdict.ALTERED
    shed.sql("UPDATE log SET kind = 'opaque'")
    report = campus.audit()
    assert (report.origin, report.verdict) == (campus.trail.origin, Verdict.ALTERED)


@pytest.mark.parametrize("table", ["opaque", "snapshot", "tracking", "request", "head", "checkpoint", "log"])
def test_a_table_that_is_gone_is_never_intact(shed: Shed, table: str) -> None:
    shed.sql(f"DROP TABLE {table}")
    report = look(shed.path, shed.policy())
    assert report is None or report.verdict is not Verdict.INTACT


# --- which log -------------------------------------------------------------------------------------------------------


def test_the_log_that_the_policy_names_is_the_one_that_is_audited(shed: Shed) -> None:
    shed.fill(TOOLS_TRAIL_ORIGIN="trail.example/b")
    assert shed.audit().origin == "Tools"
    assert audit(shed.path, shed.policy("trail.example/b")).origin == "trail.example/b"
    assert shed.audit(origin="Tools").verdict is Verdict.INTACT
    with pytest.raises(CallerError, match="name one of the logs"):
        audit(shed.path, shed.policy("trail.example/c"))
    with pytest.raises(CallerError):
        shed.audit(origin="trail.example/c")
    other = audit(shed.path, shed.policy(), origin="trail.example/b")
    assert (other.verdict, "LOG_NOT_IN_POLICY" in other.counts) == (Verdict.INCONCLUSIVE, True)


def test_a_policy_may_pin_the_first_event_and_then_means_it(shed: Shed) -> None:
    with shed.open(read_only=True) as log:
        first = log.genesis()
    assert audit(shed.path, shed.policy(genesis=[first])).verdict is Verdict.INTACT
    report = audit(shed.path, shed.policy(genesis=[bytes(32)]))
    assert (report.verdict is not Verdict.INTACT, "GENESIS_OTHER" in report.counts) == (True, True)


def test_the_topics_of_an_application_are_never_imported(shed: Shed) -> None:
    import sys

    class Trap:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name.startswith("tests.application.foreign"):
                raise AssertionError(name)

    kept = sys.modules.pop("tests.application.foreign")
    sys.meta_path.insert(0, Trap)  # type: ignore[arg-type]
    try:
        assert shed.audit().verdict is Verdict.INTACT
    finally:
        sys.meta_path.remove(Trap)  # type: ignore[arg-type]
        sys.modules["tests.application.foreign"] = kept
