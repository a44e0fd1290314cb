"""The read model's rows: made from nothing, kept up, the same by whichever way; and what a comparison finds."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.world import NOW, World

from trail.errors import CallerError, StoreBusy, StoreFailed
from trail.evidence.record import Record
from trail.store import Database, Reader
from trail.store import readmodel as module
from trail.store.readmodel import Difference, ReadModel, known_at
from trail.store.schema import ACT_TABLES, READ_TABLES


def keys(record: Record) -> Iterator[str]:
    yield "*"
    yield f"t/{record.statement.type}"
    yield from (f"p/{p.who}" for p in record.statement.performers)


def model_of(world: World, **other: Any) -> ReadModel:
    return ReadModel(Reader(world.database), keys, **({"code": "1", "rule": b"r"} | other))


@pytest.fixture
def told(world: World) -> World:
    """A log on a disk, with some acts."""
    world.notes(12)
    return world


def rows(world: World) -> set[tuple[str, int]]:
    connection = sqlite3.connect(world.path / "trail.db")
    try:
        return set(connection.execute("SELECT key, position FROM concern"))
    finally:
        connection.close()


def wanted(world: World, until: int | None = None) -> set[tuple[str, int]]:
    return {(key, r.position) for r in Reader(world.database).records(1, until) for key in keys(r)}


def test_no_database_needs_a_read_model(told: World) -> None:
    assert not set(READ_TABLES) & set(ACT_TABLES)
    model = model_of(told)
    assert not model.exists()
    assert model.followed() is None
    assert not model.usable(None)
    with pytest.raises(CallerError, match="no read model") as caught:
        model.catch_up()
    assert caught.value.code == "NO_READ_MODEL"


def test_it_is_made_from_nothing_and_kept_up(told: World) -> None:
    model = model_of(told)
    progress: list[tuple[int, int]] = []
    size = told.reader.head().size
    assert model.rebuild(lambda *row: progress.append(row)) == size
    assert progress[-1] == (size, size)
    assert rows(told) == wanted(told)
    told.notes(3)
    assert model.followed() == (size, "1", b"r")
    assert model.catch_up() == size + 3
    assert model.catch_up() == size + 3
    assert rows(told) == wanted(told)
    assert model.rebuild() == size + 3
    assert rows(told) == wanted(told)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.integers(1, 3))
def test_by_whatever_steps_it_is_kept_up_it_is_the_same(steps: list[int], page: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        World(Path(folder), memory=True) as world,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(module, "PAGE", page)
        model = model_of(world)
        model.rebuild()
        for count in steps:
            world.notes(count)
            model.catch_up()
        indexed = model.at(world.database, world.reader.head().size)
        for key in {key for key, _ in wanted(world)}:
            assert indexed.positions([key]) == {p for k, p in wanted(world) if k == key}


def test_other_code_does_not_use_it_and_makes_it_anew(told: World) -> None:
    model_of(told).rebuild()
    for other in (model_of(told, code="2"), model_of(told, rule=b"other")):
        assert other.followed() is not None
        assert not other.usable(other.followed())
        with pytest.raises(CallerError, match="this version"):
            other.catch_up()
    other = model_of(told, code="2")
    other.rebuild()
    assert other.usable(other.followed())
    assert rows(told) == wanted(told)


def test_a_crash_between_pages_leaves_a_shorter_index(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 5)
    model = model_of(told)

    def stop(done: int, _: int) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.rebuild(stop)
    found = model.followed()
    assert found is not None
    assert found.position == 10
    assert rows(told) == wanted(told, 10)
    assert model.catch_up() == told.reader.head().size
    assert rows(told) == wanted(told)


def test_several_may_keep_it_up_at_once(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    model = model_of(told)
    model.rebuild()
    told.notes(20)
    failed: list[Exception] = []

    def keep_up() -> None:
        try:
            with Database(told.path / "trail.db") as database:
                ReadModel(Reader(database), keys, code="1", rule=b"r").catch_up()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=keep_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert rows(told) == wanted(told)


def test_a_reader_makes_nothing(told: World) -> None:
    with Database(told.path / "trail.db", mode="read") as database, pytest.raises((CallerError, StoreFailed)):
        ReadModel(Reader(database), keys, code="1", rule=b"r").rebuild()
    assert not model_of(told).exists()


def test_another_writer_makes_it_wait_and_then_fail(told: World) -> None:
    model_of(told).rebuild()
    other = sqlite3.connect(told.path / "trail.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with Database(told.path / "trail.db", busy_timeout=0.05) as database, pytest.raises(StoreBusy):
            ReadModel(Reader(database), keys, code="1", rule=b"r").catch_up()
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_trigger_on_its_tables_is_refused(told: World) -> None:
    model = model_of(told)
    model.rebuild()
    connection = sqlite3.connect(told.path / "trail.db")
    connection.execute("CREATE TRIGGER t AFTER INSERT ON concern BEGIN DELETE FROM concern; END")
    connection.commit()
    connection.close()
    with pytest.raises(StoreFailed, match="trigger"):
        model.rebuild()


def test_what_is_asked_of_it(told: World) -> None:
    model = model_of(told)
    model.rebuild()
    size = told.reader.head().size
    indexed = model.at(told.database, size - 1)
    assert indexed.positions(["*"]) == set(range(1, size))
    assert indexed.positions([]) == set()
    assert indexed.positions([f"none/{n}" for n in range(1000)]) == set()
    record = list(Reader(told.database).records())[-1]
    assert indexed.events([record.statement.id, b"nothing"]) == {size}
    assert indexed.after([(record.statement.stream, record.version - 1), ("none", 0)]) == {size}
    assert dict(indexed.entries([3, 5])) == dict(Reader(told.database).entries(3, 3)) | dict(
        Reader(told.database).entries(5, 5)
    )


def test_known_at_is_the_last_position_recorded_before(told: World) -> None:
    reader = Reader(told.database)
    times = [r.recorded for r in reader.records()]
    for moment in (0, times[0], times[-1], times[-1] + 1, NOW + 10**6):
        last = next((n for n in range(len(times), 0, -1) if times[n - 1] < moment), 0)
        assert known_at(reader, moment) == last


# --- comparing -------------------------------------------------------------------------------------------------------


def differences(world: World) -> list[Difference]:
    reader = Reader(world.database)
    model = ReadModel(reader, keys, code="1", rule=b"r")
    found = model.followed()
    assert found is not None
    comparison = model.comparison(reader.source, found)
    for record in reader.records():
        comparison.take(record)
    return list(comparison.differences())


CHANGES = [
    ("DELETE FROM concern WHERE key = '*' AND position = 7", [Difference(7, ("*",), ())]),
    ("INSERT INTO concern VALUES (1, 'p/strange', 7)", [Difference(7, (), ("p/strange",))]),
    ("UPDATE concern SET key = '+' WHERE key = '*' AND position = 7", [Difference(7, ("*",), ("+",))]),
    ("INSERT INTO concern VALUES (1, '*', 999)", [Difference(999, (), ("*",))]),
    ("INSERT INTO concern VALUES (1, '*', 0)", [Difference(0, (), ("*",))]),
    ("INSERT INTO concern VALUES (1, '*', 'text')", [Difference(-1, (), ("('*', 'text')",))]),
    ("INSERT INTO concern VALUES (1, x'00ff', 7)", [Difference(-1, (), (r"(b'\x00\xff', 7)",))]),
    ("INSERT INTO concern VALUES (2, 'of another log', 7)", []),
]


@pytest.mark.parametrize(("sql", "found"), CHANGES)
def test_a_changed_row_is_found(told: World, sql: str, found: list[Difference]) -> None:
    model_of(told).rebuild()
    assert differences(told) == []
    connection = sqlite3.connect(told.path / "trail.db")
    assert connection.execute(sql).rowcount == 1
    connection.commit()
    connection.close()
    assert differences(told) == found


def test_it_is_compared_at_its_own_position(told: World) -> None:
    model_of(told).rebuild()
    told.notes(5)
    assert differences(told) == []


def test_a_list_of_differences_ends(told: World) -> None:
    model_of(told).rebuild()
    connection = sqlite3.connect(told.path / "trail.db")
    connection.execute("DELETE FROM concern")
    connection.commit()
    connection.close()
    found = differences(told)
    assert len(found) == min(20, told.reader.head().size)


def test_a_read_model_is_of_a_log_of_acts(tmp_path: Path) -> None:
    from trail.store.logs import ensure_opaque_log
    from trail.store.schema import OPAQUE_TABLES

    with Database(os.fspath(tmp_path / "e.db"), mode="create", tables=OPAQUE_TABLES) as database:
        ensure_opaque_log(database, "trail.example/opaque", created=NOW)
        with pytest.raises(CallerError, match="log of acts"):
            ReadModel(Reader(database), keys, code="1", rule=b"r")
