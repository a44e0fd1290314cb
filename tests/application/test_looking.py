"""The bounds that the log's own checkpoints give, with a policy and without, and what is odd."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from trail import CallerError, Happened, TalkHeld
from trail.application.looking import LogGround, scope_of
from trail.evidence.record import Record
from trail.projections.citing import Bounds, Dated
from trail.testing import Campus
from trail.testing.campus import seconds


def talk(campus: Campus, day: str) -> int:
    words = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=Happened.on(day))
    return campus.acting("jia/secretary").record(words).position


class Told(NamedTuple):
    """The positions of three talks: seen by a witness in March; in June; written in, and witnessed, in November."""

    march: int
    june: int
    november: int


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus.found() as made:
        yield made


@pytest.fixture
def told(campus: Campus) -> Told:
    campus.set_time("2026-03-05 09:00")
    march = talk(campus, "2026-03-05")
    campus.anchor()
    campus.set_time("2026-06-18 09:00")
    june = talk(campus, "2026-06-18")
    campus.set_time("2026-11-02 09:00")
    november = talk(campus, "2026-06-19")
    campus.anchor()
    return Told(march, june, november)


def records(campus: Campus) -> list[Record]:
    return list(campus.trail.records())


def bounds(campus: Campus, position: int, policy: str | None = None) -> Bounds:
    rows = records(campus)
    return LogGround(campus.trail.reader, rows, policy).bounds(rows[position - 1])


@pytest.mark.parametrize("checked", [False, True])
def test_from_both_sides(campus: Campus, told: Told, checked: bool) -> None:
    policy = campus.policy if checked else None
    name = ("dic",) if checked else ("dic.example",)
    march, november = seconds("2026-03-05 09:00"), seconds("2026-11-02 09:00")
    first, second = told.march, told.june

    assert bounds(campus, first, policy) == Bounds(None, None, Dated(march, first, name), checked)
    seen = Dated(march, first, ("dic.example",))
    assert bounds(campus, second, policy) == Bounds(seen, seen, Dated(november, second + 1, name), checked)


def test_leaf_and_root_are_those_of_the_log(campus: Campus, told: Told) -> None:
    found = campus.trail.at("2026-06-30").lookback(unit="jia")

    assert found.lines
    assert all(line.leaf == campus.trail.leaf(line.position) for line in found.lines)
    assert found.basis.root == campus.trail.reader.root(found.basis.positions)
    assert (found.basis.positions, found.basis.then) == (told.november, told.june)
    assert found.basis.checkpoint == told.november


def test_a_clock_turned_back_is_seen_through(campus: Campus, told: Told) -> None:
    """An administrator sets the clock to July and lets a talk be written in; its signer had seen November's witness."""
    campus.set_time("2026-07-01 09:00")
    back = talk(campus, "2026-06-30")
    view = campus.trail.at("2026-07-31")
    found = view.lookback(unit="jia", policy=campus.policy)

    assert found.basis.then == told.november
    assert [row.line.position for row in found.recorded_later] == [back]
    assert "CLOCK" in [question.code for question in view.questions(policy=campus.policy)]


def test_without_checkpoint_nothing_is_claimed(campus: Campus, told: Told) -> None:
    last = talk(campus, "2026-11-02")
    found = bounds(campus, last)

    assert found.not_after is None
    assert found.not_before is not None
    assert campus.trail.at("2026-11-30").lookback(unit="jia").basis.checkpoint is None


def test_a_checkpoint_that_does_not_fit_gives_no_bound(tmp_path: Path) -> None:
    """Somebody changed the note in the database: it is told as odd, and `trail verify` says what it is."""
    with Campus.found(tmp_path / "uni") as campus:
        first = campus.anchor()
        talk(campus, "2026-01-01")
        last = campus.anchor()
        changed = last.note.replace(last.note.split("\n")[2], first.note.split("\n")[2])
        with closing(sqlite3.connect(tmp_path / "uni" / "trail.db")) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f'DROP TRIGGER "{name}"')
            assert connection.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (changed, last.size)).rowcount
            connection.commit()
        basis = LogGround(campus.trail.reader, records(campus)).basis(last.size, last.size)

    assert basis.odd == (last.size,)
    assert basis.checkpoint is None


def test_a_policy_for_another_log(campus: Campus) -> None:
    with Campus.found(origin="trail.example/another") as another:
        other = another.policy
    with pytest.raises(CallerError, match="no key of this log"):
        campus.trail.at("2026-06-30").lookback(unit="jia", policy=other)


def test_the_scope_of_its_evidence(campus: Campus) -> None:
    view = campus.trail.at("2026-06-30")

    assert scope_of(view.lookback(unit="jia")).header() == {"unit": "jia"}
    assert scope_of(view.lookback(person="p-005")).header() == {"person": "p-005"}
