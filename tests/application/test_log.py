"""Any log: an eventsourcing application's log is adopted, checkpointed, proven, exported; wrong calls are explained."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from tests.application.campus import Campus, Visited
from tests.application.foreign import Shed, key_of, tools

from trail.application import Log, Scope, Trail
from trail.errors import CallerError, StoreFailed, TrailError
from trail.evidence.verdict import Verdict
from trail.merkle import check_inclusion, leaf_hash, parse_checkpoint
from trail.merkle.proofs import parse_proof
from trail.signing import LOG_ED25519, NoteKey, open_note, parse_note, write_key_file
from trail.verify import verify


@pytest.fixture
def shed(tmp_path: Path) -> Shed:
    """An application's database; nobody adopted its log yet."""
    return Shed(tmp_path)


# --- adopting --------------------------------------------------------------------------------------------------------


def test_a_log_is_adopted_checkpointed_and_exported(shed: Shed) -> None:
    with shed.adopt() as log:
        assert (log.origin, log.kind, log.reader.head().size) == ("Tools", "opaque", 6)
        assert log.reader.checkpoint() is None, "adopting signs nothing"
        assert log.checkpoint().size == 6
        done = log.export(shed.folder / "evidence.trail")
    assert (done.covered, done.head) == (6, 6)
    report = verify(shed.folder / "evidence.trail", shed.policy())
    assert (report.verdict, report.counts, report.size, report.log_kind) == (Verdict.INTACT, {}, 6, "opaque")
    assert report.parts.shown == 6


def test_an_application_goes_on_recording_and_what_is_new_is_covered_next(shed: Shed) -> None:
    shed.adopt().checkpoint()
    shed.fill()
    with Log.open(shed.path) as keyless, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert keyless.export(shed.folder / "e").covered == 6
    assert "positions 7 to 12" in str(said[0].message)
    with shed.open() as log:
        assert log.checkpoint().size == 12
        assert verify(log.evidence(), shed.policy()).verdict is Verdict.INTACT


def test_a_log_that_is_still_empty_can_be_adopted(tmp_path: Path) -> None:
    tools(tmp_path / "events.db").close()
    shed = Shed.__new__(Shed)
    shed.folder, shed.path, shed.key = tmp_path, tmp_path / "events.db", key_of("log")
    with shed.adopt() as log:
        assert log.reader.head().size == 0
        for ask in (log.checkpoint, log.genesis, lambda: log.proof(1), lambda: log.evidence()):
            with pytest.raises(CallerError):
                ask()
    shed.fill()
    with shed.open() as log:
        assert log.checkpoint().size == 6


def test_a_log_is_adopted_once(shed: Shed) -> None:
    shed.adopt().close()
    with pytest.raises(StoreFailed, match="exists"):
        shed.adopt()
    with shed.open() as log:
        log.checkpoint()
    shed.state.rename(shed.folder / "moved")
    with pytest.raises(CallerError, match="adopted before") as caught:
        shed.adopt()
    assert "state that were made then" in caught.value.advice()
    assert not shed.state.exists()


def test_the_second_of_two_that_adopted_at_once_signs_nothing(shed: Shed) -> None:
    first, second = shed.adopt(), Log.adopt(shed.path, log_key=key_of("other"), state=shed.folder / "other.state")
    first.checkpoint()
    with pytest.raises(StoreFailed) as caught:
        second.checkpoint()
    assert caught.value.code == "STATE_BEHIND"
    assert [one.number for one in first.reader.checkpoints()] == [1]


def test_several_logs_in_one_database_are_told_apart(shed: Shed) -> None:
    shed.fill(TOOLS_TRAIL_ORIGIN="trail.example/b")
    with pytest.raises(CallerError, match=r"Tools, trail\.example/b") as caught:
        shed.adopt()
    assert "--origin" in caught.value.advice()
    with shed.adopt(origin="trail.example/b") as log:
        assert log.checkpoint().size == 6
    with shed.open(origin="trail.example/b") as log:
        assert verify(log.evidence(), shed.policy("trail.example/b")).verdict is Verdict.INTACT
    with pytest.raises(CallerError, match=r"no log trail\.example/c"):
        Log.open(shed.path, origin="trail.example/c")


def test_what_can_not_be_adopted(campus: Campus, tmp_path: Path) -> None:
    options: dict[str, Any] = {"log_key": key_of("log"), "state": tmp_path / "new.state"}
    with pytest.raises(CallerError, match="is a log of acts"):
        Log.adopt(campus.path, **options)
    with pytest.raises(StoreFailed, match="no such file"):
        Log.adopt(tmp_path / "none.db", **options)
    (tmp_path / "empty.db").touch()
    with pytest.raises(CallerError, match="no log of an eventsourcing application") as caught:
        Log.adopt(tmp_path / "empty.db", **options)
    assert "PERSISTENCE_MODULE=trail.store" in caught.value.advice()
    assert not (tmp_path / "new.state").exists()


def test_acts_and_events_live_in_one_database(campus: Campus, tmp_path: Path) -> None:
    shed = Shed.__new__(Shed)
    shed.folder, shed.path, shed.key = tmp_path, campus.path, key_of("log")
    shed.fill()
    with shed.adopt() as log:
        assert log.checkpoint().size == 6
    with Trail.open(campus.path, clock=campus.clock) as trail:
        assert trail.kind == "acts", "the only log of acts, though not the only log"
        trail.acting("p-001", "jia/secretary", campus.acting()._need_signer()).record(Visited())
    with pytest.raises(CallerError, match="name one of the logs"):
        Log.open(campus.path)
    assert campus.audit().verdict is Verdict.INTACT
    report = shed.audit()
    assert (report.verdict, report.origin) == (Verdict.INTACT, "Tools")


# --- proofs, scopes --------------------------------------------------------------------------------------------------


def test_a_proof_is_verified_without_us(shed: Shed) -> None:
    with shed.adopt() as log:
        with pytest.raises(CallerError, match="no checkpoint covers"):
            log.proof(3)
        log.checkpoint()
        receipt = log.proof(3)
        with pytest.raises(CallerError, match="no entry"):
            log.proof(7)
        assert log.leaf(3) == leaf_hash(receipt.entry)
    proof = parse_proof(receipt.proof)
    note = parse_note(proof.note)
    open_note(note, [NoteKey("Tools", LOG_ED25519, shed.key.public.raw)])
    checkpoint = parse_checkpoint(note.text)
    leaf = leaf_hash(receipt.entry)
    check_inclusion(proof.hashes, index=2, size=checkpoint.size, leaf=leaf, root=checkpoint.root)


def test_an_export_without_contents_shows_none(shed: Shed) -> None:
    with shed.adopt() as log:
        data = log.evidence(Scope(nothing=True))
    assert "锤子".encode() not in data
    assert b"\\u9524" not in data
    report = verify(data, shed.policy())
    assert (report.verdict, report.parts.shown, report.parts.withheld) == (Verdict.INTACT, 0, 6)
    assert verify(data, shed.policy(require=["bodies"])).exit_code == 3


def test_a_unit_means_nothing_to_an_application_s_events(shed: Shed) -> None:
    with shed.adopt() as log, pytest.raises(CallerError):
        log.export(shed.folder / "e", Scope(unit="jia"))
    assert not list(shed.folder.glob("e*.part"))


def test_an_export_without_contents_of_acts(campus: Campus) -> None:
    campus.acting().record(Visited(note="情况"))
    data = campus.trail.evidence(Scope(nothing=True))
    assert "情况".encode() not in data
    report = verify(data, campus.policy())
    assert (report.verdict, report.parts.shown) == (Verdict.INTACT, 0)


def test_a_log_of_acts_is_a_log(campus: Campus) -> None:
    with Log.open(campus.path, log_key=campus.log_key, state=campus.folder / "log.state") as log:
        assert (log.kind, log.origin) == ("acts", campus.trail.origin)
        assert log.checkpoint().size == campus.size
        assert log.evidence() == campus.trail.evidence()
        assert log.genesis() == campus.trail.genesis()


# --- what is passed in -----------------------------------------------------------------------------------------------


def test_an_application_s_log_is_no_trail(shed: Shed) -> None:
    with pytest.raises(CallerError, match="not a log of acts") as caught:
        Trail.open(shed.path)
    assert caught.value.code == "LOG_OTHER_KIND"
    assert "itself records" in caught.value.advice()


@pytest.mark.parametrize("kind", [Log, Trail])
def test_a_key_s_path_is_no_signer_and_a_key_needs_its_state(campus: Campus, tmp_path: Path, kind: type[Log]) -> None:
    write_key_file(tmp_path / "key.pem", key_of("log"), "secret")
    state = campus.folder / "log.state"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"log_key": str(tmp_path / "key.pem"), "state": state}, "KeyFile"),
        ({"log_key": tmp_path / "key.pem", "state": state}, "KeyFile"),
        ({"log_key": b"key", "state": state}, "KeyFile"),
        ({"log_key": campus.log_key}, "state="),
        ({"log_key": campus.log_key, "state": b"log.state"}, "state="),
        ({"log_key": campus.log_key, "state": ""}, "state="),
        ({"log_key": campus.log_key, "state": 5}, "state="),
    ]
    for options, says in wrong:
        with pytest.raises(CallerError) as caught:
            kind.open(campus.path, **options)
        assert says in caught.value.advice(), options


@pytest.mark.parametrize("url", [None, 5, b"trail.db", object()])
def test_what_names_no_database(url: Any) -> None:
    for kind in (Log, Trail):
        with pytest.raises(CallerError, match="path or a url"):
            kind.open(url)


def test_making_a_log_with_something_else_than_signers(tmp_path: Path) -> None:
    two = [("r-1", key_of("r-1")), ("r-2", "r-2.pem")]
    with pytest.raises(CallerError, match="what r-2 signs with"):
        Trail.create(tmp_path / "t.db", origin="o", registrars=two, log_key=key_of("log"), state=tmp_path / "s")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_no_failed_opening_leaves_the_database_open(shed: Shed) -> None:
    for _ in range(3):
        with pytest.raises(TrailError):
            Trail.open(shed.path)
        with pytest.raises(TrailError):
            Log.open(shed.path, log_key=shed.key)
    shed.path.replace(shed.folder / "moved.db")
    with Log.open(shed.folder / "moved.db") as log:
        assert log.reader.head().size == 6
