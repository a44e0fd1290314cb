"""The inspector at the end of every test finds what is altered by SQL; if it did not, it would prove nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from tests.store.foreign.inspector import Inspector, check_file, events, factory_of, open_file

from trail.errors import TrailError
from trail.verify import Verdict

ORIGIN = "Bills"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database that an application left: 12 events, a snapshot."""
    path = tmp_path / "events.db"
    factory = factory_of(path, ORIGIN)
    recorder = factory.application_recorder()
    recorder.insert_events(events(uuid4(), range(1, 7)))
    recorder.insert_events(events("账簿", range(1, 7)))
    factory.aggregate_recorder("snapshots").insert_events(events("账簿", range(6, 7)))
    factory.close()
    return path


def changed(value: bytes, at: int) -> bytes:
    """*value* with one bit of one byte flipped."""
    made = bytearray(value)
    made[at] ^= 1
    return bytes(made)


def flip(column: str, position: int, at: int) -> Callable[[sqlite3.Connection], None]:
    """One byte of one column."""

    def alter(connection: sqlite3.Connection) -> None:
        (held,) = connection.execute(f"SELECT {column} FROM opaque WHERE position=?", (position,)).fetchone()
        connection.execute(f"UPDATE opaque SET {column}=? WHERE position=?", (changed(held, at), position))

    return alter


def script(*statements: str) -> Callable[[sqlite3.Connection], None]:
    """A few statements."""

    def alter(connection: sqlite3.Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    return alter


def swap(connection: sqlite3.Connection) -> None:
    """Two rows change places, whole."""
    script(
        "UPDATE opaque SET position=99 WHERE position=4",
        "UPDATE opaque SET position=4 WHERE position=9",
        "UPDATE opaque SET position=9 WHERE position=99",
    )(connection)


# How it is altered, and the codes of which at least one is found: in the evidence, and in the database.
ALTERATIONS: dict[str, tuple[Callable[[sqlite3.Connection], None], set[str], set[str]]] = {
    "a byte of a state": (flip("state", 5, 0), {"STATE_ALTERED"}, {"STATE_ALTERED"}),
    "the last byte of the last state": (flip("state", 12, -1), {"STATE_ALTERED"}, {"STATE_ALTERED"}),
    "a shorter state": (script("UPDATE opaque SET state=x'' WHERE position=1"), {"STATE_ALTERED"}, {"STATE_ALTERED"}),
    "a byte of an entry": (flip("entry", 7, -1), {"ROOT_MISMATCH"}, {"ROOT_MISMATCH"}),
    "the order of rows": (swap, {"ROOT_MISMATCH"}, {"ROOT_MISMATCH"}),
    "a row less": (script("DELETE FROM opaque WHERE position=6"), set(), {"POSITION_GAP"}),
    "the last row": (
        script("DELETE FROM opaque WHERE position=12", "UPDATE head SET size=11"), set(), {"HEAD_MISMATCH"},
    ),
    "a hash": (flip("hashes", 8, 3), set(), {"COLUMN_MISMATCH"}),
    "a topic": (script("UPDATE opaque SET topic='other' WHERE position=3"), set(), {"COLUMN_MISMATCH"}),
    "a version": (script("UPDATE opaque SET version=77 WHERE position=3"), set(), {"COLUMN_MISMATCH"}),
    "an originator": (flip("originator", 3, -1), set(), {"COLUMN_MISMATCH"}),
    "a time": (script("UPDATE opaque SET recorded=recorded+1 WHERE position=3"), set(), {"COLUMN_MISMATCH"}),
    "the head": (script("UPDATE head SET peaks=zeroblob(length(peaks))"), set(), {"HEAD_MISMATCH"}),
}  # fmt: skip


@pytest.fixture
def alter(path: Path, request: pytest.FixtureRequest) -> Callable[[], tuple[set[str], set[str]]]:
    """Alters the database as the parameter says."""
    how, in_evidence, in_database = ALTERATIONS[request.param]

    def do() -> tuple[set[str], set[str]]:
        connection = sqlite3.connect(path)
        how(connection)
        connection.commit()
        connection.close()
        return in_evidence, in_database

    return do


def test_what_is_not_altered_is_intact(path: Path) -> None:
    assert check_file(path) == {ORIGIN: 12}


@pytest.mark.parametrize("alter", ALTERATIONS, indirect=True)
def test_the_check_after_each_test_finds(alter: Callable[[], object], path: Path) -> None:
    """Altered before anything was signed; columns and the head are seen by the audit alone."""
    assert check_file(path) == {ORIGIN: 12}
    alter()
    with pytest.raises((AssertionError, TrailError)):
        check_file(path)


@pytest.mark.parametrize("alter", ALTERATIONS, indirect=True)
def test_under_a_checkpoint_the_code_says_what(
    alter: Callable[[], tuple[set[str], set[str]]], path: Path, tmp_path: Path
) -> None:
    with open_file(path) as database:
        inspector = Inspector(tmp_path, ORIGIN)
        assert inspector.check(database) == 12
    in_evidence, in_database = alter()
    with open_file(path, "read") as database:
        exported, audited = inspector.reports(database)
    if in_evidence:
        assert exported.verdict is Verdict.ALTERED
        assert in_evidence & set(exported.counts)
    assert audited.verdict is Verdict.ALTERED
    assert in_database & set(audited.counts)


def test_snapshots_are_not_covered(path: Path) -> None:
    """What the report says of itself: whoever alters a snapshot is not found, by design."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE snapshot SET state=x'00'")
    connection.commit()
    connection.close()
    assert check_file(path) == {ORIGIN: 12}
