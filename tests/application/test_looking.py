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
from trail.evidence.intervals import Interval
from trail.evidence.record import Record
from trail.evidence.times import ActTimes
from trail.evidence.verdict import Verdict
from trail.projections.citing import Bounds, Dated
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, cosign, format_policy, parse_note
from trail.testing import Campus
from trail.testing.campus import key_of, seconds
from trail.testing.university import University
from trail.verify import verify


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
    seen = Dated(march, first, name)
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
    assert found.recorded_not_before is not None
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


@pytest.mark.parametrize("seed", [3, 11])
def test_the_verifier_proves_the_same_of_every_record(seed: int) -> None:
    """One definition, two readers: the evidence in one pass, and the database through the read model or without it."""
    with University(seed=seed, units=4, years=1).tell() as campus:
        rows: list[ActTimes] = []
        report = verify(campus.trail.evidence(), campus.policy, times=rows.append)
        want = [row.interval(report.times.upper) for row in rows]
        for rebuilt in (False, True):
            if rebuilt:
                campus.trail.rebuild_read_model()
            ground = campus.trail.at().bounds(campus.policy)
            found = [ground.bounds(record).interval for record in campus.trail.records()]
            assert found == want
        assert type(campus.trail.at()).__name__ == "FollowedView"
        assert ground.at(len(want)).interval == want[-1]
    for name in ("signed_not_before", "recorded_not_before", "not_after"):
        assert sum(getattr(one, name) is not None for one in want) > len(want) // 4


def test_an_old_checkpoint_named_again_bounds_the_signing_alone(campus: Campus, told: Told) -> None:
    march = records(campus)[told.june - 1].statement.seen
    last = talk(campus, "2026-11-03")  # names November's
    secretary = campus.acting("jia/secretary")
    words = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=Happened.on("2026-03-06"))
    draft = secretary.prepare(words, seen=march)
    replayed = campus.trail.submit(draft, [key_of("p-005").sign(draft.message)]).position
    campus.anchor()
    found = bounds(campus, replayed, campus.policy).interval
    rows: list[ActTimes] = []
    report = verify(campus.trail.evidence(), campus.policy, times=rows.append)

    assert found == rows[replayed - 1].interval(report.times.upper)
    assert found.signed_not_before == seconds("2026-03-05 09:00")
    assert found.recorded_not_before == bounds(campus, last, campus.policy).interval.signed_not_before
    assert bounds(campus, replayed).interval == Interval(), "nothing is proven without a policy"
    assert bounds(campus, replayed).recorded_not_before is not None


def test_what_witnesses_said_stays_true_where_the_policy_names_another_log_key(campus: Campus, told: Told) -> None:
    """After a rotation, say: such a checkpoint covers nothing and is named as odd, but its root is the database's."""
    new = NoteKey(campus.trail.origin, LOG_ED25519, key_of("the next log key").public.raw)
    policy = format_policy(logs=[new], witnesses={"dic": campus.witness_key}, quorum="dic",
                           genesis=[campus.trail.genesis()])  # fmt: skip
    ground = campus.trail.at().bounds(policy)
    rows: list[ActTimes] = []
    report = verify(campus.trail.evidence(), policy, times=rows.append)

    assert report.verdict is Verdict.INCONCLUSIVE
    assert [ground.at(p).interval for p in told] == [rows[p - 1].interval(report.times.upper) for p in told]
    assert ground.at(told.june).interval.not_after == seconds("2026-11-02 09:00")
    basis = ground.basis(told.november, told.november)
    assert (basis.checkpoint, told.november in basis.odd) == (None, True)


NAMES = ("city.example", "lib.example", "press.example")


def cosigned(campus: Campus, day: str, dates: dict[str, str]) -> int:
    """A checkpoint of that day, cosigned by each witness on a day that it states; its size."""
    campus.set_time(day)
    issued = campus.trail.checkpoint()
    text = parse_note(issued.note).text
    for name, date in dates.items():
        campus.trail.add_cosignatures(cosign(text, name, key_of(name), seconds(date)), size=issued.size)
    return issued.size


def test_a_witness_that_dates_ahead_makes_no_act_late(campus: Campus) -> None:
    """Of three the second latest counts, as for the verifier, by the policy's names; without a policy, so as well."""
    march, ahead = "2026-03-01 09:00", "2026-12-31 09:00"
    size = cosigned(campus, march, {"city.example": march, "lib.example": march, "press.example": ahead})
    campus.set_time("2026-03-05 09:00")
    position = talk(campus, "2026-03-05")
    cosigned(campus, "2026-04-01 09:00", dict.fromkeys(NAMES, "2026-04-01 09:00"))
    keys = {name[:-8]: NoteKey(name, COSIGNATURE_ED25519, key_of(name).public.raw) for name in NAMES}

    def policy(count: int) -> str:
        return format_policy(logs=[campus.log_key], witnesses=keys, groups={"some": (count, tuple(keys))},
                             quorum="some", genesis=[campus.trail.genesis()])  # fmt: skip

    for count, by in ((1, ("press",)), (2, ("city", "lib", "press")), (3, ("city", "lib", "press"))):
        rows: list[ActTimes] = []
        report = verify(campus.trail.evidence(), policy(count), times=rows.append)
        found = bounds(campus, position, policy(count))
        assert found.interval == rows[position - 1].interval(report.times.upper)
        assert found.signed_not_before == Dated(seconds(ahead if count == 1 else march), size, by)
    view = campus.trail.at("2026-03-31")
    assert view.lookback(unit="jia", policy=policy(2)).basis.then == position
    assert view.lookback(unit="jia").basis.then == position
    assert view.lookback(unit="jia", policy=policy(1)).basis.then == position - 1, "where one witness is enough"
    none = format_policy(logs=[campus.log_key], witnesses=keys, quorum="none", genesis=[campus.trail.genesis()])
    assert bounds(campus, position, none).interval == Interval()
