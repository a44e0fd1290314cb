"""The witness's memory: whose it is, the logs and their keys, what it keeps of forks, and the clock."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.store.world import key_of
from tests.witness.views import LOG, LOG_KEY, ORIGIN, View

from trail.errors import CallerError, EnvironmentFailed, KeyFileFailed, NoteError, StoreFailed
from trail.signing import COSIGNATURE_ED25519, NoteKey, check_cosignature, format_note, sign_note
from trail.witness import Memory, Witness, WitnessRefused
from trail.witness import state as module

NOW = 1_772_668_800
NAME = "witness.example"
NEW_KEY = key_of("the log's next key")
NEXT = NoteKey(ORIGIN, 1, NEW_KEY.public.raw)
VIEW = View("a", 100)
LATER = View("a", 100, key=NEW_KEY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "witness.db"


@pytest.fixture
def witness(path: Path) -> Witness:
    return Witness(path, key_of("witness"), NAME, new=True)


def status(witness: Witness, body: bytes, now: int = NOW) -> int:
    try:
        witness.sign(body, now)
    except WitnessRefused as error:
        return error.status
    return 200


def test_a_state_is_made_once_and_belongs_to_one_witness(path: Path, witness: Witness) -> None:
    witness.close()
    with pytest.raises(CallerError) as error:
        Witness(path, key_of("witness"), NAME, new=True)
    assert error.value.code == "STATE_EXISTS"
    for signer, name in (("another", NAME), ("witness", "other.example"), ("another", None)):
        with pytest.raises(CallerError) as error:
            Witness(path, key_of(signer), name)
        assert error.value.code == "STATE_OTHER"
    with Witness(path, key_of("witness")) as again:
        assert again.key.name == NAME
    with Memory(path) as memory:
        assert memory.key == again.key


def test_a_state_that_was_never_finished_says_so(path: Path, witness: Witness) -> None:
    witness.close()
    with sqlite3.connect(path) as state:
        state.execute("DELETE FROM witness")
    with pytest.raises(StoreFailed) as error:
        Memory(path)
    assert error.value.code == "STATE_UNFINISHED"


def test_a_state_without_tables_was_never_finished_and_another_database_is_none(path: Path) -> None:
    path.touch()
    for _ in range(2):
        with pytest.raises(StoreFailed) as error:
            Memory(path)
        assert (error.value.code, "trail witness init" in error.value.advice()) == ("STATE_UNFINISHED", True)
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE something (name TEXT)")
    with pytest.raises(StoreFailed) as error:
        Memory(path)
    assert (error.value.code, "remove" in error.value.advice()) == ("STATE_OTHER", False)


def test_making_that_fails_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = NoteKey(NAME, COSIGNATURE_ED25519, key_of("witness").public.raw)
    twice = NoteKey("other.example/log", 1, LOG.raw)
    with pytest.raises(CallerError) as refused:
        Memory.make(path, own, logs=[LOG, twice], now=NOW)
    assert refused.value.code == "KEY_DOUBLE_USE"
    assert not list(path.parent.iterdir())

    def broken(*_: object, **__: object) -> None:
        raise StoreFailed("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("trail.witness.memory.Database", broken)
        with pytest.raises(StoreFailed):
            Memory.make(path, own)
    assert not list(path.parent.iterdir())
    with Memory.make(path, own, logs=[LOG], now=NOW) as made, pytest.raises(CallerError):
        Memory.make(path, own)
    assert path.exists(), "what was there before is never removed"
    with Memory(path) as again:
        assert (again.key, [one.key for one in again.logs()]) == (made.key, [LOG])


def test_a_missing_state_is_not_made_again(path: Path) -> None:
    for opened in (lambda: Memory(path), lambda: Witness(path, key_of("witness"), NAME)):
        with pytest.raises(StoreFailed) as error:
            opened()
        assert error.value.code == "STATE_MISSING"
    assert not path.exists()


def test_the_state_is_never_in_wal_mode(path: Path, witness: Witness) -> None:
    """Versions of SQLite before 3.51.3 lose commits of two processes there."""
    witness.memory.add_log(LOG, now=NOW)
    witness.sign(VIEW.request(0, 5), NOW)
    with sqlite3.connect(path) as state:
        assert state.execute("PRAGMA journal_mode").fetchone()[0] != "wal"
        state.execute("PRAGMA journal_mode=wal")
    witness.close()
    with pytest.raises(StoreFailed):
        Memory(path)


def test_logs_are_added_and_removed_while_it_works(path: Path, witness: Witness) -> None:
    assert status(witness, VIEW.request(0, 5)) == 404
    with Memory(path) as beside:
        beside.add_log(LOG, now=NOW, title="甲学院")
        assert status(witness, VIEW.request(0, 5)) == 200
        beside.remove_log(LOG)
        assert status(witness, VIEW.request(5, 9)) == 404
        # What was cosigned is remembered: a log that comes back can't begin anew.
        beside.add_log(LOG, now=NOW + 5)
        assert status(witness, VIEW.request(0, 9)) == 409
        assert status(witness, VIEW.request(5, 9)) == 200
        assert [(one.title, one.trusted, one.since) for one in beside.logs()] == [("甲学院", True, NOW)]
        with pytest.raises(CallerError):
            beside.remove_log(NEXT)


def test_a_key_removed_at_the_last_moment_signs_nothing(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are looked up again in the transaction: between the two looks another process may have removed one."""
    witness.memory.add_log(LOG, now=NOW)
    look, looks = module.trusted_keys, []

    def removed_after_the_first(source: object, origin: str) -> tuple[NoteKey, ...]:
        looks.append(origin)
        return look(source, origin) if len(looks) == 1 else ()  # type: ignore[arg-type]

    monkeypatch.setattr(module, "trusted_keys", removed_after_the_first)
    assert status(witness, VIEW.request(0, 5)) == 404
    assert witness.latest(ORIGIN) is None


def test_a_log_s_key_is_replaced(witness: Witness) -> None:
    witness.memory.add_log(LOG, now=NOW, title="甲学院")
    assert status(witness, VIEW.request(0, 5)) == 200
    assert status(witness, LATER.request(5, 9)) == 403
    witness.memory.add_log(NEXT, now=NOW + 1)
    assert status(witness, LATER.request(5, 9)) == 200
    assert status(witness, VIEW.request(9, 12)) == 200, "both count for a while"
    both = format_note(VIEW.text(15), [sign_note(VIEW.text(15), ORIGIN, key) for key in (LOG_KEY, NEW_KEY)])
    body = VIEW.request(12, 15).replace(VIEW.note(15).encode(), both.encode())
    assert status(witness, body) == 200
    assert witness.latest(ORIGIN) == (15, VIEW.root(15), both)
    witness.memory.remove_log(LOG)
    assert status(witness, VIEW.request(15, 20)) == 403
    assert status(witness, LATER.request(15, 20)) == 200
    assert {one.title for one in witness.memory.logs()} == {"甲学院"}
    assert [one.trusted for one in witness.memory.logs()] == [False, True]


def test_keys_that_can_not_be_a_log_s(path: Path, witness: Witness) -> None:
    memory = witness.memory
    for key, code in (
        (witness.key, "KEY_ROLE"),
        (NoteKey("x.example", 1, key_of("witness").public.raw), "KEY_DOUBLE_USE"),
    ):
        with pytest.raises(CallerError) as error:
            memory.add_log(key, now=NOW)
        assert error.value.code == code
        with pytest.raises(CallerError):
            Witness(path, key_of("witness"), NAME, [key])
    memory.add_log(LOG, now=NOW)
    with pytest.raises(CallerError) as error:
        memory.add_log(NoteKey("other.example/log", 1, LOG.raw), now=NOW)
    assert error.value.code == "KEY_DOUBLE_USE"
    with pytest.raises(NoteError):
        memory.add_log(NoteKey("a" * 256, 1, NEXT.raw), now=NOW)
    for title in ("a" * 201, "two\nlines", "\x1b[31m"):
        with pytest.raises(CallerError):
            memory.add_log(NEXT, now=NOW, title=title)
    assert [one.key for one in memory.logs()] == [LOG]


def test_the_stated_time_never_goes_back(witness: Witness) -> None:
    witness.memory.add_log(LOG, now=NOW)
    line = witness.sign(VIEW.request(0, 5), NOW)
    for now, stated in ((NOW - 60, NOW), (NOW + 5, NOW + 5), (NOW - 1, NOW + 5)):
        line = witness.sign(VIEW.request(5, 5), now)
        assert check_cosignature(VIEW.text(5), line, witness.key) == stated
    for body in (VIEW.request(5, 5), VIEW.request(5, 9)):
        with pytest.raises(EnvironmentFailed) as error:
            witness.sign(body, NOW - 56)
        assert error.value.code == "CLOCK_BACK"
    assert witness.latest(ORIGIN) == (5, VIEW.root(5), VIEW.note(5))
    # There is one clock for all logs: another one can't be dated earlier either.
    witness.memory.add_log(NoteKey("second.example/log", 1, NEW_KEY.public.raw), now=NOW)
    second = View("b", origin="second.example/log", key=NEW_KEY)
    with pytest.raises(EnvironmentFailed):
        witness.sign(second.request(0, 5), NOW - 1000)
    for now in (0, -1):
        with pytest.raises(CallerError):
            witness.sign(VIEW.request(5, 5), now)


def test_a_clock_that_stands_back_keeps_evidence_all_the_same(witness: Witness) -> None:
    witness.memory.add_log(LOG, now=NOW)
    witness.sign(VIEW.request(0, 5), NOW)
    assert status(witness, View("other").request(5, 5), NOW - 1000) == 422
    assert [fork.proven for fork in witness.forks()] == [True]


def test_a_key_that_fails_leaves_nothing_behind(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The transaction is rolled back: what was not answered need not be remembered."""
    witness.memory.add_log(LOG, now=NOW)

    def broken(*_: object) -> str:
        raise KeyFileFailed("the token was pulled out")

    monkeypatch.setattr(module, "cosign", broken)
    with pytest.raises(KeyFileFailed):
        witness.sign(VIEW.request(0, 5), NOW)
    assert witness.latest(ORIGIN) is None


def test_no_more_forks_are_kept_than_prove_anything(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FORKS", 3)
    witness.memory.add_log(LOG, now=NOW)
    witness.sign(VIEW.request(0, 5), NOW)
    for number in range(5):
        assert status(witness, View(f"view {number}").request(5, 5)) == 422
    longer = [VIEW.request(0, 6 + number).replace(b"old 0", b"old 5") for number in range(5)]
    assert [status(witness, body) for body in longer] == [422] * 5
    assert [fork.proven for fork in witness.forks()].count(True) == 3
    assert [fork.proven for fork in witness.forks()].count(False) == 3


def unproven(view: View, size: int) -> bytes:
    """A request for a tree that comes without a proof, where 5 was cosigned."""
    return view.request(0, size).replace(b"old 0", b"old 5")


def test_two_roots_of_one_size_are_a_fork_though_neither_was_cosigned(witness: Witness) -> None:
    witness.memory.add_log(LOG, now=NOW)
    witness.sign(VIEW.request(0, 5), NOW)
    one, other = View("one", 5), View("other", 5)
    assert [status(witness, unproven(view, 9)) for view in (one, other, other)] == [422] * 3
    proven = [fork for fork in witness.forks() if fork.proven]
    assert [(fork.kept, fork.offered) for fork in proven] == [(one.note(9), other.note(9))]
    assert sorted(fork.offered for fork in witness.forks() if not fork.proven) == sorted((one.note(9), other.note(9)))


def test_what_came_without_a_proof_contradicts_what_is_cosigned_later(witness: Witness) -> None:
    witness.memory.add_log(LOG, now=NOW)
    witness.sign(VIEW.request(0, 5), NOW)
    other = View("other", 5)
    assert status(witness, unproven(other, 9)) == 422
    assert status(witness, unproven(VIEW, 12)) == 422
    witness.sign(VIEW.request(5, 9), NOW)
    for size in (9, 12):  # submitted again, and larger: nothing more is found, and nothing honest is taken for a fork
        witness.sign(VIEW.request(9, size), NOW)
    proven = [fork for fork in witness.forks() if fork.proven]
    assert [(fork.kept, fork.offered) for fork in proven] == [(other.note(9), VIEW.note(9))]
    assert [fork.offered for fork in witness.forks() if not fork.proven] == [other.note(9)]


def test_what_is_not_proven_takes_no_room_from_what_is(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FORKS", 3)
    witness.memory.add_log(LOG, now=NOW)
    witness.sign(VIEW.request(0, 5), NOW)
    for number in range(6):  # the later ones find the list of the unproven full
        assert status(witness, unproven(View(f"view {number}", 5), 9)) == 422
    kept = [fork.proven for fork in witness.forks()]
    assert (kept.count(True), kept.count(False)) == (3, 3)


def test_a_proof_clears_what_came_without_one(witness: Witness) -> None:
    witness.memory.add_log(LOG, now=NOW)
    witness.sign(VIEW.request(0, 5), NOW)
    assert status(witness, VIEW.request(0, 9).replace(b"old 0", b"old 5")) == 422
    assert status(witness, View("other", 5).request(0, 12).replace(b"old 0", b"old 5")) == 422
    assert [fork.proven for fork in witness.forks()] == [False, False]
    witness.sign(VIEW.request(5, 9), NOW)
    [left] = witness.forks()
    assert left.offered == View("other", 5).note(12)


def test_the_monitors_note_is_what_was_answered(witness: Witness) -> None:
    witness.memory.add_log(LOG, now=NOW)
    for old, size in ((0, 5), (5, 9), (9, 9)):
        line = witness.sign(VIEW.request(old, size), NOW + size)
        last = witness.memory.latest(ORIGIN)
        assert last is not None
        assert (last.note, last.time) == (VIEW.note(size) + line, NOW + size)
    assert [one.origin for one in witness.memory.all_latest()] == [ORIGIN]


def test_the_empty_journal_is_removed_unless_another_process_is_at_work(path: Path, witness: Witness) -> None:
    witness.memory.add_log(LOG, now=NOW)
    witness.sign(VIEW.request(0, 5), NOW)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode=truncate")
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE log SET title = 'x'")
    witness.close()
    other.execute("COMMIT")
    other.close()
    with Witness(path, key_of("witness")) as again:
        assert [one.title for one in again.memory.logs()] == ["x"]
        assert again.sign(VIEW.request(5, 9), NOW)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
