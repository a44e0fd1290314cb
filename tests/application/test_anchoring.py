"""Rounds: every witness asked, what comes is kept; a second instance is stopped; nobody who records waits."""

from __future__ import annotations

import json
import os
import socket
import threading
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.application.campus import ORIGIN, Campus, Visited, key_of
from tests.application.outside import Outside, backup, log_note_key, opened, outside
from tests.witness.scripted import Scripted, response, scripted

from trail.application import Trail
from trail.application.anchoring import OTHER_INSTANCE, Round
from trail.errors import CallerError, StoreFailed
from trail.evidence.verdict import Verdict
from trail.merkle import Checkpoint, format_checkpoint
from trail.report.anchoring import round_json, round_lines
from trail.signing import (
    NoteKey,
    check_cosignature,
    cosign,
    format_note,
    open_note,
    parse_note,
    parse_policy,
    sign_note,
)
from trail.signing.line import parse_line
from trail.store.checkpoints import MAX_EACH
from trail.verify import verify
from trail.witness import Witness, WitnessClient
from trail.witness.answers import Answer, read_answer
from trail.witness.asking import FIRST_WAIT, Witnesses


@pytest.fixture
def town(campus: Campus, tmp_path: Path) -> Iterator[Outside]:
    """Two witnesses, whose clock is the log's."""
    (tmp_path / "town").mkdir()
    with outside(tmp_path / "town", "dic", "city", now=campus.clock.now) as made:
        yield made


def visit(trail: Trail, count: int = 1) -> None:
    acting = trail.acting("p-001", "jia/secretary", key_of("p-001"))
    acting.record_many([Visited() for _ in range(count)])


def outcomes(held: Round) -> dict[str, str]:
    return {one.name: one.outcome for one in held.asked}


# --- a round ---------------------------------------------------------------------------------------------------------


def test_a_round_signs_asks_everybody_and_keeps_what_comes(campus: Campus, town: Outside) -> None:
    held = campus.trail.anchor(town.policy())
    assert (outcomes(held), held.satisfied, held.issued.size) == (
        {"dic": "cosigned", "city": "cosigned"}, True, campus.size,
    )  # fmt: skip
    verified = open_note(parse_note(held.issued.cosigned), [s.witness.key for s in town.servers.values()])
    assert {one.key.name for one in verified} == {"dic.example", "city.example"}
    assert {one.time for one in held.asked} == {one.time for one in verified}
    assert verify(campus.trail.evidence(), town.policy()).anchored == campus.size


def test_nothing_new_asks_nobody_and_after_a_week_again(campus: Campus, town: Outside) -> None:
    witnesses = town.witnesses()
    campus.trail.anchor(witnesses)
    before = len(town["dic"].asked)
    assert outcomes(campus.trail.anchor(witnesses)) == {"dic": "cosigned", "city": "cosigned"}
    assert len(town["dic"].asked) == before
    campus.clock.tick(8 * 86_400)
    assert [one.time for one in campus.trail.anchor(witnesses).asked] > [campus.clock.now() - 86_400]
    assert len(campus.trail.reader.checkpoints()[-1].cosignatures) == 4


def test_a_witness_that_was_away_catches_up_with_the_newest_checkpoint(campus: Campus, town: Outside) -> None:
    witnesses = town.witnesses(steady=lambda: float(campus.clock.now()))
    campus.trail.anchor(witnesses)
    town["city"].down = True
    first = campus.clock.now()
    for _ in range(3):
        visit(campus.trail)
        campus.clock.tick(2000)
        held = campus.trail.anchor(witnesses)
        assert (outcomes(held), held.satisfied) == ({"dic": "cosigned", "city": "later"}, False)
    [away] = [one for one in held.asked if one.name == "city"]
    assert (away.code, away.wait > 0) == ("WITNESS_BUSY", True)
    assert away.since is not None
    assert away.since - first < 2100, "since the first time that it did not answer"
    town["city"].down = False
    campus.clock.tick(2000)
    held = campus.trail.anchor(witnesses)
    assert (outcomes(held)["city"], held.satisfied) == ("cosigned", True)
    exposure = campus.trail.exposure(witnesses)
    assert (exposure.exposed, [one.since for one in exposure.witnesses]) == (0, [None, None])


def test_a_log_without_its_key_offers_what_was_issued(campus: Campus, town: Outside) -> None:
    campus.trail.checkpoint()
    size = campus.size
    visit(campus.trail)
    with Trail.open(campus.path, clock=campus.clock, witnesses=town.policy()) as keyless:
        held = keyless.anchor()
    assert (held.issued.size, held.satisfied) == (size, True)


def test_a_new_log_has_something_to_offer_or_says_so(campus: Campus, town: Outside) -> None:
    with pytest.raises(CallerError) as caught:
        campus.trail.anchor()
    assert caught.value.code == "NO_WITNESSES"


def test_a_stale_size_is_corrected_by_one_retry(campus: Campus, town: Outside) -> None:
    """The cosignatures that are kept say 0: they were lost with an earlier copy of the database."""
    campus.trail.anchor(town.policy())
    size = campus.size
    campus.sql("DELETE FROM cosignature")
    visit(campus.trail)
    with opened(campus.folder, campus.clock) as again:
        held = again.anchor(town.policy())
    assert outcomes(held) == {"dic": "cosigned", "city": "cosigned"}
    assert held.issued.size == size + 1
    assert [body.split(b"\n")[0] for body in town["dic"].asked[-2:]] == [f"old {size}".encode()] * 2


def test_a_witness_that_lost_its_memory_is_named(campus: Campus, town: Outside) -> None:
    campus.trail.anchor(town.policy())
    size = campus.size
    with Witness(town.folder / "other.db", key_of("dic"), "dic.example", [log_note_key()], new=True) as forgetful:
        town["dic"].witness = forgetful
        visit(campus.trail)
        held = campus.trail.anchor(town.policy())
    [dic] = [one for one in held.asked if one.name == "dic"]
    assert (dic.outcome, dic.stale, dic.lost) == ("cosigned", 0, size)
    assert not dic.alarm, "what it says now still holds; that it forgot is for its operator"


def test_no_witness_can_take_the_room_of_the_others(campus: Campus, town: Outside) -> None:
    """One that answers with a hundred cosignatures, and dates them all to 1970, so that they never look fresh."""
    count = [0]
    text = parse_note(campus.trail.checkpoint().note).text

    def many(connection: socket.socket) -> None:
        times = range(count[0], count[0] + 100)
        count[0] += 100
        lines = "".join(cosign(text, "city.example", key_of("city"), time) for time in times)
        connection.sendall(response(200, lines.encode()))

    with scripted(many) as greedy:
        policy = town.policy(urls={"city": greedy.url})
        same = Witnesses(policy)
        for _ in range(3):
            campus.trail.anchor(same)
        assert greedy.connections == 1, "had it lately, whatever it says"
        for _ in range(60):  # as many processes, one after the other
            campus.trail.anchor(policy)
    held = campus.trail.reader.checkpoint()
    assert held is not None
    names = [parse_line(line).name for line in held.cosignatures]
    assert names.count("city.example") == MAX_EACH
    assert names.count("dic.example") == 1
    campus.clock.tick(10 * 86_400)
    assert outcomes(campus.trail.anchor(town.policy()))["dic"] == "cosigned"
    assert len(campus.trail.reader.checkpoints()[-1].cosignatures) == MAX_EACH + 2


def test_a_quiet_log_without_room_for_fresh_cosignatures_says_so(campus: Campus, town: Outside) -> None:
    """Each kept its share of the checkpoint's room; what is not kept is no fresh word, whoever gave it."""
    policy = town.policy(fresh_days=2)
    text = parse_note(campus.trail.anchor(policy).issued.note).text
    start = campus.clock.now()
    for name in ("dic", "city"):
        lines = [cosign(text, f"{name}.example", key_of(name), start - 1000 - n) for n in range(MAX_EACH - 1)]
        campus.trail.add_cosignatures("".join(lines))
    campus.clock.tick(3 * 86_400)
    witnesses = Witnesses(policy)
    before = len(town["dic"].asked)
    for _ in range(2):
        held = campus.trail.anchor(witnesses)
        assert {one.code for one in held.asked} == {"COSIGNATURE_NOT_KEPT"}
        assert all(one.wait > 0 for one in held.asked), "nobody asks over and over"
        assert not held.satisfied
        assert not held.alarms
    assert len(town["dic"].asked) == before + 1
    report = verify(campus.trail.evidence(), policy, now=campus.clock.now())
    assert report.verdict is not Verdict.INTACT, "the round said what an inspector would find"
    visit(campus.trail)
    assert campus.trail.anchor(witnesses).satisfied, "the next checkpoint has room of its own"


def test_configuration_errors_are_told_apart(campus: Campus, town: Outside) -> None:
    for status, code in ((404, "WITNESS_LOG_UNKNOWN"), (403, "WITNESS_LOG_KEY"), (400, "WITNESS_REQUEST")):
        with scripted(response(status, b"no\n")) as odd:
            held = campus.trail.anchor(town.policy(urls={"city": odd.url}))
        [city] = [one for one in held.asked if one.name == "city"]
        assert (city.outcome, city.code, city.alarm) == ("refused", code, False)
        assert outcomes(held)["dic"] == "cosigned"


def test_nobody_is_hammered(campus: Campus, town: Outside) -> None:
    """However often a round is held, a witness that does not answer is asked when its time has come."""
    now = [1000.0]
    with scripted(response(503, b"", "Retry-After: 600")) as busy:
        witnesses = town.witnesses(urls={"city": busy.url}, steady=lambda: now[0], chance=lambda: 1.0)
        for _ in range(20):
            visit(campus.trail)
            held = campus.trail.anchor(witnesses)
        assert (busy.connections, outcomes(held)["city"]) == (1, "waiting")
        now[0] += 599
        visit(campus.trail)
        campus.trail.anchor(witnesses)
        assert busy.connections == 1
        now[0] += 2
        visit(campus.trail)
        campus.trail.anchor(witnesses)
        assert busy.connections == 2


def test_the_waits_grow_and_end_at_a_quarter_of_an_hour() -> None:
    policy = f"witness w {vkey_of('w')} http://127.0.0.1:1\nquorum w\n"
    now = [0.0]
    witnesses = Witnesses(policy, steady=lambda: now[0], chance=lambda: 1.0)
    waits = []
    for _ in range(12):
        witnesses.took("w", Answer("later", "X", ""), 0)
        waits.append(witnesses.wait("w"))
        now[0] += waits[-1]
    assert waits[:4] == [FIRST_WAIT, 10, 20, 40]
    assert set(waits[8:]) == {900.0}
    witnesses.took("w", Answer("cosigned", "X", ""), 0)
    assert witnesses.ready() == ("w",)


def vkey_of(name: str) -> str:
    return NoteKey(f"{name}.example", 4, key_of(name).public.raw).vkey


# --- alarms ----------------------------------------------------------------------------------------------------------


def test_the_second_instance_is_stopped_before_it_can_fork(campus: Campus, town: Outside, tmp_path: Path) -> None:
    """Database, state and key were copied, and both copies go on; the second one to reach the witness stops."""
    policy = town.policy()
    campus.trail.anchor(policy)
    size = campus.size
    copy = backup(campus, tmp_path / "copy")
    visit(campus.trail)
    campus.trail.anchor(policy)
    with opened(copy, campus.clock, witnesses=policy) as second:
        visit(second, 2)
        with pytest.raises(StoreFailed) as caught:
            second.anchor()
        assert caught.value.code == OTHER_INSTANCE
        assert (caught.value.facts["expected"], caught.value.facts["found"]) == (size, size + 1)
        assert "Stop this instance" in caught.value.advice()
        seen = caught.value.facts["seen"]
        assert isinstance(seen, str)
        assert seen.split("\n")[:2] == [ORIGIN, str(size + 1)]
        assert second.reader.checkpoint() == second.reader.checkpoint(size), "nothing was signed"
        with pytest.raises(StoreFailed, match="another instance"):
            second.checkpoint()
        with pytest.raises(StoreFailed, match="another instance"):
            second.anchor()
        visit(second)  # recording goes on; what is recorded here is exposed
        assert second.exposure().exposed == 3
    assert [server.witness.forks() for server in town.servers.values()] == [(), ()]


def test_without_the_question_it_forks_and_the_witness_keeps_both_notes(
    campus: Campus, town: Outside, tmp_path: Path
) -> None:
    """The control of the test before: a plain checkpoint asks nobody first."""
    policy = town.policy()
    campus.trail.anchor(policy)
    copy = backup(campus, tmp_path / "copy")
    visit(campus.trail, 2)
    mine = campus.trail.anchor(policy).issued
    with opened(copy, campus.clock) as second:
        visit(second, 2)
        theirs = second.checkpoint()
        held = second.anchor(policy)
        assert outcomes(held) == {"dic": "fork", "city": "fork"}
        assert {one.code for one in held.alarms} == {"WITNESS_FORK"}
        assert second.reader.checkpoint().cosignatures == ()  # type: ignore[union-attr]
        visit(second)
        with pytest.raises(StoreFailed) as caught:
            second.checkpoint()
        assert caught.value.code == OTHER_INSTANCE
    for server in town.servers.values():
        [fork] = server.witness.forks()
        assert (fork.kept, fork.offered, fork.proven) == (mine.note, theirs.note, True)


def test_a_smaller_second_instance_is_stopped_too(campus: Campus, town: Outside, tmp_path: Path) -> None:
    """It signed while no witness was in reach: what it signed is smaller than what the witness has recorded."""
    policy = town.policy()
    campus.trail.anchor(policy)
    copy = backup(campus, tmp_path / "copy")
    visit(campus.trail, 5)
    campus.trail.anchor(policy)
    with opened(copy, campus.clock) as second:
        visit(second, 2)
        second.checkpoint()
        held = second.anchor(policy)
        assert outcomes(held) == {"dic": "ahead", "city": "ahead"}
        assert second.stopped is not None


def test_a_second_instance_of_the_same_size_is_stopped_before_it_signs_more(
    campus: Campus, town: Outside, tmp_path: Path
) -> None:
    """It forked once, unseen; the next time that a witness is in reach it is told so, and signs nothing more."""
    policy = town.policy()
    copy = backup(campus, tmp_path / "copy")
    visit(campus.trail, 2)
    campus.trail.anchor(policy)
    with opened(copy, campus.clock) as second:
        visit(second, 2)
        forked = second.checkpoint()
        visit(second)
        with pytest.raises(StoreFailed) as caught:
            second.anchor(policy)
        assert caught.value.code == OTHER_INSTANCE
        assert "holds another tree" in str(caught.value)
        assert isinstance(caught.value.facts["seen"], str)
        last = second.reader.checkpoint()
        assert last is not None
        assert (last.size, last.note) == (forked.size, forked.note)


def test_two_rounds_of_one_database_are_no_two_instances(campus: Campus, town: Outside) -> None:
    """Two processes on the same files sign one after the other; what the other signed is found in the database."""
    policy = town.policy()
    campus.trail.anchor(policy)
    with opened(campus.folder, campus.clock) as other:
        stop = threading.Event()
        errors: list[Exception] = []

        def go(trail: Trail) -> None:
            witnesses = town.witnesses()
            while not stop.is_set():
                try:
                    visit(trail)
                    trail.anchor(witnesses)
                except Exception as error:
                    errors.append(error)
                    return

        threads = [threading.Thread(target=go, args=(trail,)) for trail in (campus.trail, other)]
        for thread in threads:
            thread.start()
        for _ in range(200):
            if campus.trail.reader.head().size > 120 or errors:
                break
            stop.wait(0.05)
        stop.set()
        for thread in threads:
            thread.join()
        assert errors == []
        assert campus.trail.anchor(policy).satisfied
    assert campus.trail.reader.head().size > 60


def test_the_alarm_is_lifted_by_whoever_raised_it(campus: Campus, town: Outside) -> None:
    """A witness's refusal is signed by nobody: one that erred and takes it back must not stop a log for ever."""
    campus.trail.anchor(town.policy())
    visit(campus.trail)
    with scripted(response(409, b"99999\n", "Content-Type: text/x.tlog.size")) as wrong:
        with pytest.raises(StoreFailed) as caught:
            campus.trail.anchor(town.policy(urls={"city": wrong.url}))
        assert caught.value.facts["seen"] is None, "it shows no note that proves it"
    with pytest.raises(StoreFailed):
        campus.trail.checkpoint()
    assert campus.trail.anchor(town.policy()).satisfied
    assert campus.trail.stopped is None


def test_no_witness_lifts_the_alarm_of_another(campus: Campus, town: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two raise an alarm, one takes it back: nothing is signed until both have, or the keeper names them no more."""
    campus.trail.anchor(town.policy())
    size = campus.size
    visit(campus.trail)
    moods = {"dic": "fork", "city": "fork"}
    real = WitnessClient.add_checkpoint
    asked: list[str] = []

    def add(self: WitnessClient, old: int, proof: Iterable[bytes], note: str, *, now: int | None = None) -> Answer:
        asked.append(self.name)
        if moods[self.name] == "fork":
            return Answer("fork", "WITNESS_FORK", "another tree", status=422)
        return real(self, old, proof, note, now=now)

    monkeypatch.setattr(WitnessClient, "add_checkpoint", add)
    now = [0.0]
    witnesses = town.witnesses(steady=lambda: now[0], chance=lambda: 1.0)

    def alarmed() -> set[str]:
        now[0] += 1000
        asked.clear()
        with pytest.raises(StoreFailed) as caught:
            campus.trail.anchor(witnesses)
        assert caught.value.code == OTHER_INSTANCE
        last = campus.trail.reader.checkpoint()
        assert last is not None
        assert last.size == size, "nothing was signed"
        assert set(asked) == {"dic", "city"}
        return set(campus.trail.alarms)

    assert alarmed() == {"dic", "city"}
    moods["city"] = "well"
    assert alarmed() == {"dic"}
    moods.update(dic="well", city="fork")
    assert alarmed() == {"city"}
    with pytest.raises(StoreFailed):
        campus.trail.checkpoint()
    moods["city"] = "well"
    now[0] += 1000
    assert campus.trail.anchor(witnesses).satisfied
    assert campus.trail.stopped is None


def test_an_alarm_holds_while_its_witness_is_left_alone(campus: Campus, town: Outside) -> None:
    campus.trail.anchor(town.policy())
    visit(campus.trail)
    with scripted(response(422, b"no\n")) as odd:
        witnesses = town.witnesses(urls={"city": odd.url}, steady=lambda: 0.0)
        for _ in range(3):
            with pytest.raises(StoreFailed) as caught:
                campus.trail.anchor(witnesses)
            assert caught.value.facts["witness"] == "city"
        assert odd.connections == 2, "the offer and a look at what it shows; then it is left alone"
    only = town.policy().replace("witness city", "# witness city").replace("all dic city", "all dic")
    only = only.replace("group outside 2 dic city", "group outside 1 dic")
    assert campus.trail.anchor(only).satisfied, "whom the keeper no longer names holds up nothing"


def test_what_another_key_signed_is_no_proof_of_another_instance(campus: Campus, town: Outside) -> None:
    """The alarm stands, for it fails closed; but nobody is told that this log's key signed what it did not."""
    campus.trail.anchor(town.policy())
    visit(campus.trail)
    text = format_checkpoint(Checkpoint(ORIGIN, 5000, bytes(32)))
    for signer, proof in (("somebody", None), ("log", text)):
        lines = [sign_note(text, ORIGIN, key_of(signer)), cosign(text, "city.example", key_of("city"), 5)]
        shown = response(200, format_note(text, lines).encode())
        with scripted() as odd:

            def answer(connection: socket.socket, shown: bytes = shown, odd: Scripted = odd) -> None:
                ahead = response(409, b"5000\n", "Content-Type: text/x.tlog.size")
                connection.sendall(shown if odd.seen[-1].startswith(b"GET") else ahead)

            odd.answer = answer
            with pytest.raises(StoreFailed) as caught:
                campus.trail.anchor(town.policy(urls={"city": odd.url}))
        seen = caught.value.facts["seen"]
        assert seen is None if proof is None else str(seen).startswith(proof)
        assert ("own key has signed" in str(caught.value)) == (proof is not None)


# --- backups ---------------------------------------------------------------------------------------------------------


def test_a_database_put_back_alone_is_refused_by_its_signer(campus: Campus, town: Outside, tmp_path: Path) -> None:
    policy = town.policy()
    old = backup(campus, tmp_path / "old", state=False)
    visit(campus.trail, 3)
    known = campus.trail.anchor(policy).issued.cosigned
    (old / "log.state").write_bytes((campus.folder / "log.state").read_bytes())
    with opened(old, campus.clock, witnesses=policy) as restored:
        with pytest.raises(StoreFailed) as caught:
            restored.anchor()
        assert caught.value.code == "LOG_SHORTER"
        visit(restored, 5)
        with pytest.raises(StoreFailed) as caught:
            restored.anchor()
        assert caught.value.code == "LOG_REWRITTEN"
    with Trail.open(old / "trail.db") as keyless, pytest.warns(UserWarning, match="no checkpoint covers"):
        keyless.export(tmp_path / "evidence")
    report = verify(tmp_path / "evidence", town.policy(), known=known)
    assert report.verdict is not Verdict.INTACT, "an older file at best"


def test_a_backup_put_back_with_its_state_is_refused_by_the_witness_and_named_by_the_verifier(
    campus: Campus, town: Outside, tmp_path: Path
) -> None:
    policy = town.policy()
    campus.trail.anchor(policy)
    old = backup(campus, tmp_path / "old")
    visit(campus.trail, 3)
    known = campus.trail.anchor(policy).issued.cosigned
    with opened(old, campus.clock, witnesses=policy) as restored:
        assert restored.checkpoint().size == restored.reader.head().size, "the signer can't tell: its state is as old"
        visit(restored, 4)
        with pytest.raises(StoreFailed) as caught:
            restored.anchor()
        assert caught.value.code == OTHER_INSTANCE
    # Without a witness it signs on; whoever holds the later checkpoint sees it.
    with opened(old, campus.clock) as restored:
        restored.checkpoint()
        evidence = restored.evidence()
    inspector = campus.policy()
    assert verify(evidence, inspector).verdict is Verdict.INTACT, "the control: nobody remembers anything"
    report = verify(evidence, inspector, known=known)
    assert report.verdict is Verdict.ALTERED


def test_an_old_state_alone_is_refused(campus: Campus, town: Outside, tmp_path: Path) -> None:
    campus.trail.anchor(town.policy())
    old = (campus.folder / "log.state").read_bytes()
    visit(campus.trail)
    campus.trail.anchor(town.policy())
    (campus.folder / "log.state").write_bytes(old)
    visit(campus.trail)
    with pytest.raises(StoreFailed) as caught:
        campus.trail.anchor(town.policy())
    assert caught.value.code == "STATE_BEHIND"


# --- nobody waits ----------------------------------------------------------------------------------------------------


def test_a_witness_that_never_answers_delays_nobody(campus: Campus, town: Outside) -> None:
    """It accepts the connection and says nothing, while acts are recorded; then the round is over, and says so."""
    with scripted() as mute:
        mute.answer = mute.silent
        with opened(campus.folder, campus.clock, witnesses=town.witnesses(urls={"city": mute.url}, limit=2.0)) as trail:
            runner = trail.anchoring()
            runner.ask()
            while not mute.seen:
                threading.Event().wait(0.01)
            size = trail.reader.head().size
            for _ in range(30):
                visit(trail)
            assert (trail.reader.head().size, runner.last) == (size + 30, None), "all while the round hangs"
            assert runner.settled(30)
            assert runner.last is not None
            assert outcomes(runner.last) == {"dic": "cosigned", "city": "later"}
            exposure = trail.exposure()
            assert exposure.exposed == exposure.head, "the quorum is both of them"
            assert [one.since is None for one in exposure.witnesses] == [True, False]


def test_the_runner_never_raises_and_tells_what_failed(campus: Campus, town: Outside, tmp_path: Path) -> None:
    campus.trail.anchor(town.policy())
    copy = backup(campus, tmp_path / "copy")
    visit(campus.trail)
    campus.trail.anchor(town.policy())
    told: list[object] = []

    def tell(outcome: object) -> None:
        told.append(outcome)
        raise RuntimeError("the host's own fault")

    with opened(copy, campus.clock, witnesses=town.policy()) as second, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        visit(second)
        runner = second.anchoring(told=tell)
        runner.ask()
        assert runner.settled(30)
        assert isinstance(runner.error, StoreFailed)
        assert (runner.error.code, told) == (OTHER_INSTANCE, [runner.error])
        visit(second)
    words = [str(one.message) for one in said]
    assert [w for w in words if "another instance" in w]
    assert [w for w in words if "host's own fault" in w]


def test_the_runner_comes_back_to_whoever_did_not_answer(campus: Campus, town: Outside) -> None:
    """Nobody asks a second time: its patience does."""
    town["city"].down = True
    witnesses = town.witnesses(chance=lambda: -0.99)  # draws waits of some hundredths of a second
    with opened(campus.folder, campus.clock, witnesses=witnesses) as trail:
        runner = trail.anchoring()
        runner.ask()
        assert runner.settled(30)
        assert runner.last is not None
        assert not runner.last.satisfied
        town["city"].down = False
        for _ in range(1000):
            if runner.last.satisfied:
                break
            threading.Event().wait(0.02)
        assert runner.last.satisfied


def test_the_runner_stops_while_a_round_hangs(campus: Campus, town: Outside) -> None:
    with scripted() as mute:
        mute.answer = mute.silent
        witnesses = town.witnesses(urls={"city": mute.url}, limit=60.0)
        runner = campus.trail.__class__.anchoring
        with opened(campus.folder, campus.clock, witnesses=witnesses) as trail:
            runner = trail.anchoring(every=3600)
            while not mute.seen:
                threading.Event().wait(0.01)
            runner.stop(timeout=20)
            assert runner._thread is not None
            assert not runner._thread.is_alive()


def test_a_runner_that_was_stopped_is_followed_by_another(campus: Campus, town: Outside) -> None:
    with opened(campus.folder, campus.clock, witnesses=town.witnesses()) as trail:
        first = trail.anchoring()
        assert trail.anchoring() is first
        first.stop()
        second = trail.anchoring()
        assert second is not first
        second.ask()
        assert second.settled(30)
        assert second.last is not None


def test_a_runner_that_runs_takes_another_rhythm_and_another_listener(campus: Campus, town: Outside) -> None:
    """A filing may have started it before the host says how often, and whom to tell."""
    with opened(campus.folder, campus.clock, witnesses=town.witnesses()) as trail:
        runner = trail.anchoring()
        several, told = threading.Event(), list[object]()

        def tell(outcome: object) -> None:
            told.append(outcome)
            if len(told) > 2:
                several.set()

        assert trail.anchoring(every=0.1, told=tell) is runner
        assert runner.every == 0.1
        assert several.wait(60), "it rested until somebody asked"
        assert trail.anchoring() is runner
        assert runner.every == 0.1, "what is not named stays"
        with pytest.raises(CallerError):
            trail.anchoring(every=0)


def test_a_closed_log_starts_no_thread(campus: Campus, town: Outside) -> None:
    """A filing that was committed while another thread closed the trail."""
    trail = opened(campus.folder, campus.clock, witnesses=town.witnesses())
    trail.close()
    with pytest.raises(CallerError) as caught:
        trail.anchoring()
    assert caught.value.code == "LOG_CLOSED"
    assert trail._anchoring is None


def test_a_round_that_is_cut_off_signs_nothing_and_tells_nobody(campus: Campus, town: Outside) -> None:
    """It hangs before the signature; once it is stopped, nothing works on the log and the host hears no more of it."""
    campus.trail.anchor(town.policy())
    size = campus.size
    visit(campus.trail)
    hanging, go_on, told = threading.Event(), threading.Event(), list[object]()

    def ask(client: WitnessClient, *_: object, **__: object) -> Answer:
        hanging.set()
        go_on.wait(60)
        return Answer("later", "WITNESS_BUSY", "")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WitnessClient, "add_checkpoint", ask)
        trail = opened(campus.folder, campus.clock, witnesses=town.witnesses(limit=60.0))
        runner = trail.anchoring(told=told.append)
        runner.ask()
        assert hanging.wait(60)
        runner.stop(timeout=4.0)
        assert runner._thread is not None
        assert not runner._thread.is_alive(), "the question still hangs, and nobody waits for it"
        assert not go_on.is_set()
        trail.close()
        go_on.set()
    assert told == []
    last = campus.trail.reader.checkpoint()
    assert last is not None
    assert last.size == size


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_that_closes_leaves_the_round_of_its_parent_alone(campus: Campus, town: Outside) -> None:
    import multiprocessing

    go_on = threading.Event()
    seen = threading.Event()

    def slow(connection: socket.socket) -> None:
        seen.set()
        go_on.wait(60)
        connection.sendall(response(404, b"no\n"))

    with scripted(slow) as mute:
        witnesses = town.witnesses(urls={"city": mute.url}, limit=60.0)
        with opened(campus.folder, campus.clock, witnesses=witnesses) as trail:
            runner = trail.anchoring()
            runner.ask()
            assert seen.wait(60)

            def work() -> None:
                trail.anchoring()  # one of its own, too
                trail.close()
                os._exit(0)

            def forget() -> None:
                trail.close()
                os._exit(0)

            for target in (forget, work):
                child = multiprocessing.get_context("fork").Process(target=target)
                child.start()
                child.join(60)
                assert child.exitcode == 0
            go_on.set()
            assert runner.settled(60)
            assert runner.last is not None
            [city] = [one for one in runner.last.asked if one.name == "city"]
            assert city.code == "WITNESS_LOG_UNKNOWN", "the answer came, for nobody cut the connection"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_of_the_process_anchors_by_itself(campus: Campus, town: Outside) -> None:
    """A host that forks its workers after opening: the thread stays with the parent, the filing does not wait."""
    import multiprocessing

    witnesses = town.witnesses()
    with opened(campus.folder, campus.clock, witnesses=witnesses) as trail, witnesses.round():  # forked in mid-round
        trail.anchoring()

        def work() -> None:
            visit(trail)
            runner = trail.anchoring()
            runner.ask()
            os._exit(0 if runner.settled(60) and runner.last is not None and runner.last.satisfied else 1)

        child = multiprocessing.get_context("fork").Process(target=work)
        child.start()
        child.join(90)
        assert child.exitcode == 0


# --- any answer whatsoever -------------------------------------------------------------------------------------------


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_whatever_witnesses_answer_a_round_ends_and_keeps_only_what_holds(campus: Campus, data: st.DataObject) -> None:
    """Instead of a server: any status, headers and body, good cosignatures now and then; two requests in a round."""
    policy = parse_policy(
        "".join(f"witness {n} {NoteKey(n, 4, key_of(n).public.raw).vkey} http://127.0.0.1:9\n" for n in "ab")
        + "group g 1 a b\nquorum g\n"
    )
    witnesses = Witnesses(policy, steady=lambda: 0.0)
    visit(campus.trail)

    def answered(client: WitnessClient, note: str) -> Answer:
        text = parse_note(note).text
        good = cosign(text, client.key.name, key_of(client.name), 5)
        body = data.draw(st.sampled_from([b"", good.encode(), good.encode()[:-4] + b"AA==\n", b"3\n", b"113\n",
                                          b"99999999\n", b"\xff" * 20]))  # fmt: skip
        kind = data.draw(st.sampled_from(["text/x.tlog.size", "text/plain"]))
        status = data.draw(st.sampled_from([200, 200, 409, 409, 422, 404, 403, 400, 429, 503, 302, 999]))
        return read_answer(status, {"content-type": kind}, body, key=client.key, text=text)

    def add_checkpoint(self: WitnessClient, old: int, proof: object, note: str, *, now: int | None = None) -> Answer:
        return answered(self, note)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WitnessClient, "add_checkpoint", add_checkpoint)
        patch.setattr(WitnessClient, "latest", lambda self, origin: None)
        campus.trail.alarms.clear()
        held: Round | None
        try:
            held = campus.trail.anchor(witnesses)
        except StoreFailed as error:
            held, stopped = None, error
        if held is None:
            assert stopped.code == OTHER_INSTANCE
        else:
            assert held.satisfied == any(one.outcome == "cosigned" for one in held.asked)
            assert list(round_lines(held, "zh"))
            assert list(round_lines(held, "en"))
            json.dumps(round_json(held))
    for issued in campus.trail.reader.checkpoints():
        for line in issued.cosignatures:
            name = parse_line(line).name
            check_cosignature(parse_note(issued.note).text, line, NoteKey(name, 4, key_of(name).public.raw))
    campus.trail.alarms.clear()
