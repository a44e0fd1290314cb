"""Whoever rewrites old entries, however consistently, can't make the log's key sign the rewriting."""

from __future__ import annotations

from pathlib import Path

import pytest

from trail.aggregates import TalkHeld
from trail.application import Trail
from trail.errors import StoreFailed
from trail.evidence.record import Happened
from trail.merkle import parse_checkpoint
from trail.signing import parse_note
from trail.store import Database, Reader
from trail.testing.campus import Campus, key_of
from trail.testing.stored import DatabaseCopy, record_of
from trail.testing.tamper import edit, insert, remove, resigned, signed, truncate


@pytest.fixture
def campus(tmp_path: Path) -> Campus:
    """A log on disk, closed, with some talks under a checkpoint and one beyond it."""
    made = Campus.found(tmp_path / "uni")
    made.set_time("2026-03-05 09:00")
    for _ in range(3):
        _talk(made)
    made.anchor()
    _talk(made)
    made.close()
    return made


def _talk(campus: Campus) -> int:
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
    return campus.acting("jia/secretary", "p-005").record(act).position


def _root(path: Path, size: int) -> bytes:
    with Database(path, mode="read") as database:
        return Reader(database).root(size)


def _last(path: Path) -> str:
    with Database(path, mode="read") as database:
        issued = Reader(database).checkpoint()
        assert issued is not None
        return issued.note


def rewritten(copy: DatabaseCopy, campus: Campus) -> None:
    """An old talk is changed by its own signer, with the own real key: everything fits."""
    edit(copy, len(copy.rows) - 3, [key_of("p-005")], happened=Happened.on("2026-02-01"))


def inserted(copy: DatabaseCopy, campus: Campus) -> None:
    """A talk is put among the old ones; one at the end goes, so that even the size fits."""
    with Trail.open(copy.path) as trail:
        act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened="2026-02-01")
        key = key_of("p-005")
        submission = resigned(signed(trail.acting("p-005", "jia/secretary", key).prepare(act), key), [key], seen=None)
    at = len(copy.rows) - 2
    insert(copy, submission, recorded=record_of(copy, at).recorded, position=at)
    copy.rows.pop()


def removed(copy: DatabaseCopy, campus: Campus) -> None:
    """An old talk goes; the size is that of the last checkpoint still."""
    remove(copy, len(copy.rows) - 2)


def shortened(copy: DatabaseCopy, campus: Campus) -> None:
    """The log is put back to before the last checkpoint, which is gone as well."""
    truncate(copy, len(copy.rows) - 2)


@pytest.mark.parametrize("rewrite", [rewritten, inserted, removed, shortened], ids=lambda f: f.__name__)
@pytest.mark.parametrize("forgets_checkpoints", [False, True])
def test_the_next_checkpoint_does_not_carry_a_rewritten_root(
    rewrite, forgets_checkpoints: bool, campus: Campus, tmp_path: Path
) -> None:
    path, state = tmp_path / "uni" / "trail.db", tmp_path / "uni" / "log" / "state"
    before = parse_checkpoint(parse_note(_last(path)).text)
    kept = state.read_bytes()
    copy = DatabaseCopy(path)
    rewrite(copy, campus)
    if forgets_checkpoints:
        copy.notes = []
    copy.save()
    size = len(copy.rows)
    if size >= before.size:
        assert _root(path, before.size) != before.root, "the database is consistent, and another one"

    with Trail.open(path, log_key=key_of("log"), state=state) as trail, pytest.raises(StoreFailed) as caught:
        trail.checkpoint()

    assert caught.value.code in ("LOG_REWRITTEN", "LOG_SHORTER")
    assert state.read_bytes() == kept, "nothing was signed"
    with Database(path, mode="read") as database:
        notes = [parse_checkpoint(parse_note(one.note).text) for one in Reader(database).checkpoints()]
    assert all(one.size <= before.size for one in notes)
    assert (before.size, _root(path, size)) not in {(one.size, one.root) for one in notes}


def test_after_a_rewriting_the_log_does_not_sign_even_when_it_grows(campus: Campus, tmp_path: Path) -> None:
    path, state = tmp_path / "uni" / "trail.db", tmp_path / "uni" / "log" / "state"
    copy = DatabaseCopy(path)
    rewritten(copy, campus)
    copy.save()
    with Trail.open(path, log_key=key_of("log"), state=state, clock=campus.clock) as trail:
        act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
        for _ in range(5):
            trail.acting("p-005", "jia/secretary", key_of("p-005")).record(act)

        with pytest.raises(StoreFailed):
            trail.checkpoint()
        with pytest.raises(StoreFailed):
            trail.export(tmp_path / "evidence.trail")


def test_what_was_not_rewritten_is_signed_again(campus: Campus, tmp_path: Path) -> None:
    """The control: a copy that was only written anew gets its checkpoint, and it extends the last one."""
    path, state = tmp_path / "uni" / "trail.db", tmp_path / "uni" / "log" / "state"
    DatabaseCopy(path).save()

    with Trail.open(path, log_key=key_of("log"), state=state) as trail:
        issued = trail.checkpoint()

    assert issued.size == len(DatabaseCopy(path).rows)
    assert parse_checkpoint(parse_note(issued.note).text).root == _root(path, issued.size)
