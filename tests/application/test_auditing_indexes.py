"""
A database file whose indexes or columns lie: what is read is not what the tables hold, or takes for ever to read.

Each is an attack that once passed as intact, or that ran an audit out of memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.application.foreign import Shed

from trail.errors import StoreFailed
from trail.evidence.verdict import Verdict
from trail.store import Database, TrailFactory
from trail.store.schema import OPAQUE_TABLES


@pytest.fixture
def shed(tmp_path: Path) -> Shed:
    shed = Shed(tmp_path)
    with shed.adopt() as log:
        log.checkpoint()
    return shed


@contextmanager
def schema_of(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that may write the schema itself."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema=ON")
    yield connection
    connection.close()


def codes(shed: Shed) -> set[str]:
    report = shed.audit()
    assert report.verdict is not Verdict.INTACT
    return {finding.code for finding in report.findings}


def test_an_index_that_holds_something_else_than_its_text_says(shed: Shed) -> None:
    with schema_of(shed.path) as db:
        db.execute("CREATE INDEX more ON opaque(log, originator, version, replace(topic,'Lent','Sold'), state)")
        plain = "CREATE INDEX more ON opaque(log, originator, version, topic, state)"
        db.execute("UPDATE sqlite_master SET sql=? WHERE name='more'", (plain,))
    assert "FILE_DAMAGED" in codes(shed)
    with pytest.raises(StoreFailed, match="did not make"):  # nor does an application read through it
        Database(shed.path, tables=OPAQUE_TABLES)


def test_a_stale_index_that_serves_the_audit(shed: Shed) -> None:
    with schema_of(shed.path) as db:
        db.execute("CREATE INDEX more ON opaque(log, position, state)")
        row = db.execute("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE name='more'").fetchone()
        db.execute("DELETE FROM sqlite_master WHERE name='more'")
    with schema_of(shed.path) as db:
        db.execute("UPDATE opaque SET state = CAST(replace(CAST(state AS TEXT), '张一', '张二') AS BLOB)")
        db.execute("INSERT INTO sqlite_master(type, name, tbl_name, rootpage, sql) VALUES (?,?,?,?,?)", row)
    assert codes(shed) & {"FILE_DAMAGED", "STATE_ALTERED"}


def test_a_row_that_the_primary_key_does_not_know(shed: Shed) -> None:
    with schema_of(shed.path) as db:
        made = db.execute("SELECT sql FROM sqlite_master WHERE name='opaque'").fetchone()[0]
        indexes = db.execute(
            "SELECT name, rootpage FROM sqlite_master WHERE tbl_name='opaque' AND type='index' ORDER BY name"
        ).fetchall()
        bare = made.replace("PRIMARY KEY (log, position), ", "").replace(", \n\tPRIMARY KEY (log, position)", "")
        assert bare != made
        db.execute("UPDATE sqlite_master SET sql=? WHERE name='opaque'", (bare,))
        db.execute("DELETE FROM sqlite_master WHERE name=?", (indexes[0][0],))
        db.execute("UPDATE sqlite_master SET name=? WHERE name=?", (indexes[0][0], indexes[1][0]))
    with schema_of(shed.path) as db:
        db.execute(
            "INSERT INTO opaque SELECT log, 1000, originator, 9, topic, recorded, hashes, entry, state FROM opaque "
            "WHERE position = 2"
        )
        db.execute("DELETE FROM sqlite_master WHERE rootpage=?", (indexes[1][1],))
        db.execute("UPDATE sqlite_master SET sql=? WHERE name='opaque' AND type='table'", (made,))
        for name, root in indexes:
            db.execute("INSERT INTO sqlite_master VALUES ('index', ?, 'opaque', ?, NULL)", (name, root))
    assert codes(shed) & {"FILE_DAMAGED", "POSITION_GAP"}


@pytest.mark.parametrize(
    "column",
    [
        "hashes BLOB GENERATED ALWAYS AS (zeroblob(900000000)) VIRTUAL",
        "recorded BIGINT GENERATED ALWAYS AS (length(hex(zeroblob(100000000)))) VIRTUAL",
    ],
)
def test_a_column_that_is_computed_when_it_is_read_is_not_read(shed: Shed, column: str) -> None:
    name, kind, _ = column.split(maxsplit=2)
    with schema_of(shed.path) as db:
        made = db.execute("SELECT sql FROM sqlite_master WHERE name='opaque'").fetchone()[0]
        plain = next(
            line.strip().rstrip(",") for line in made.splitlines() if line.strip().startswith(f"{name} {kind}")
        )
        db.execute("UPDATE sqlite_master SET sql=? WHERE name='opaque'", (made.replace(plain, column),))
    with pytest.raises(StoreFailed, match="other columns"):
        shed.audit()


def test_an_index_on_an_expression_is_not_read(shed: Shed) -> None:
    with schema_of(shed.path) as db:
        db.execute("CREATE INDEX more ON opaque(log, length(hex(state)))")
    with pytest.raises(StoreFailed, match="did not make"):
        shed.audit()


def test_a_value_longer_than_any_can_be_is_not_read_by_the_page(shed: Shed) -> None:
    with schema_of(shed.path) as db:
        db.execute("UPDATE opaque SET hashes = zeroblob(1000000) WHERE position = 1")
    report = shed.audit()
    assert report.verdict is Verdict.INCONCLUSIVE
    assert "1000000 bytes" in report.findings[-1].message


def test_an_index_of_the_host_s_own_that_tells_the_truth_is_no_fault_of_the_log(shed: Shed) -> None:
    with schema_of(shed.path) as db:
        db.execute("CREATE INDEX more ON opaque(log, topic)")
    assert shed.audit().verdict is Verdict.INTACT


def test_a_note_that_is_kept_as_bytes_is_a_column_that_was_changed(shed: Shed) -> None:
    with schema_of(shed.path) as db:
        db.execute("UPDATE checkpoint SET note = CAST(note AS BLOB)")
    assert "COLUMN_MISMATCH" in codes(shed)


def test_a_database_that_alters_text_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "utf16.db"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA encoding='UTF-16'")
        db.execute("CREATE TABLE host (x)")
    db.close()
    with pytest.raises(Exception, match="UTF-8"):
        TrailFactory({"TRAIL_URL": str(path)})
