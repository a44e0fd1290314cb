"""A log whose key changes between two visits: what is remembered stays what it is, and the rest is judged as ever."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tests.evidence import test_log_keys as keys
from tests.evidence.kit import Log, log_note_key
from tests.evidence.kit import key_of as kit_key

from trail.aggregates import TalkHeld
from trail.application import Trail
from trail.application.rotating import rotate_log_key
from trail.evidence.file import write_evidence
from trail.evidence.record import Seen
from trail.inspecting import Inspection, State, inspect
from trail.inspecting.accusing import save_findings
from trail.inspecting.checking import PROVEN, SHOWN, check_findings
from trail.signing import LOG_ED25519, NoteKey, format_policy, log_key_messages, parse_note, parse_policy
from trail.signing.line import dated_anchor_digest
from trail.testing.campus import Campus, key_of
from trail.testing.roster import REGISTRARS
from trail.verify import Report, Verdict, verify

NOW = 2_000_000_000
NEW = "log's second key"


def talk(campus: Campus) -> None:
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
    campus.acting("jia/secretary").record(act)


def policy(campus: Campus, *names: str) -> str:
    keys = [NoteKey(campus.trail.origin, LOG_ED25519, key_of(name).public.raw) for name in names]
    return format_policy(logs=keys, quorum="none", genesis=[campus.trail.genesis()])


@pytest.mark.parametrize("after", [False, True], ids=["before the split", "after the split"])
def test_a_rotation_on_either_side_of_the_split_is_judged_as_ever(after: bool, tmp_path: Path) -> None:
    with Campus.found(tmp_path / "campus") as campus:
        campus.set_time("2026-03-05 09:00")
        talk(campus)
        campus.trail.checkpoint()
        rules = policy(campus, "log", NEW)
        path = tmp_path / "memory"
        database = campus.state.parent.parent / "trail.db"

        def rotate() -> None:
            rotate_log_key(
                database, old=key_of("log"), new=key_of(NEW), state=campus.state, clock=campus.clock,
                registrars=[(name, key_of(name)) for name in REGISTRARS],
            )  # fmt: skip

        if not after:
            rotate()
        key = "log" if after else NEW
        with Trail.open(database, log_key=key_of(key), state=campus.state, clock=campus.clock) as trail:
            first = trail.evidence()
            size = trail.reader.head().size
        with State(path, create=True) as state:
            assert inspect(first, rules, state, now=NOW, new_only=True).kept == size
        if after:
            rotate()
        talk(campus)
        with Trail.open(database, log_key=key_of(NEW), state=campus.state, clock=campus.clock) as trail:
            whole, rest = trail.evidence(), trail.evidence(since=size)

        for rule in (rules, policy(campus, NEW), policy(campus, "log")):
            full = verify(whole, rule, now=NOW)
            for number, evidence in enumerate((whole, rest)):
                copy = tmp_path / f"{number}"
                copy.write_bytes(path.read_bytes())
                with State(copy) as state:
                    found = inspect(evidence, rule, state, now=NOW, new_only=True).report
                if rule == rules:
                    assert full.verdict is found.verdict is Verdict.INTACT
                    assert found.resumed is not None
                    assert found.lineage == full.lineage
                elif evidence is whole:  # another policy: everything is judged again, and compared with what is held
                    assert found.resumed is None
                    assert set(found.counts) == set(full.counts)
                    assert found.verdict is full.verdict


def rotate(log: Log, new: str) -> None:
    """The log rotates its key; the old one vouches for the new."""
    one, two = kit_key("log"), kit_key(new)
    by_old, by_new = log_key_messages(log.origin, one.public, two.public)
    log.registrars("LogKeyRotated", {
        "key": two.public.raw, "old": one.public.raw, "old_suite": "ed25519", "possession": two.sign(by_new),
        "reason": "planned", "suite": "ed25519", "vouched": one.sign(by_old),
    })  # fmt: skip


def written(log: Log, notes: list[str]) -> bytes:
    stream = io.BytesIO()
    write_evidence(stream, log.items(notes))
    return stream.getvalue()


@pytest.mark.parametrize("beside", [False, True], ids=["alone at its size", "beside the new key's"])
def test_a_checkpoint_by_the_former_key_must_still_be_shown(beside: bool, tmp_path: Path) -> None:
    """A statement names its lines: where they are not shown any more a full verification is inconclusive."""
    log = Log()
    size = len(log.entries)
    early, bridge = log.checkpoint(), log.checkpoint(by=NEW)
    line = dated_anchor_digest(parse_note(early).signatures[0].line)
    log.add(log.talk(seen=Seen(size, log.root(size), (line,))))
    rotate(log, NEW)
    rules = log.policy(logs=[log_note_key(name=NEW)])
    old = [early] + [bridge] * beside
    kept = log.checkpoint(by=NEW)
    path = tmp_path / "memory"
    with State(path, create=True) as state:
        assert inspect(written(log, [*old, kept]), rules, state, now=NOW, new_only=True).kept == len(log.entries)
    log.add(log.talk())
    last = log.checkpoint(by=NEW)

    def both(notes: list[str]) -> tuple[Report, Inspection]:
        evidence, copy = written(log, notes), tmp_path / "copy"
        copy.write_bytes(path.read_bytes())
        with State(copy) as state:
            return verify(evidence, rules, now=NOW), inspect(evidence, rules, state, now=NOW, new_only=True)

    full, found = both([*old, kept, last])
    assert full.verdict is found.report.verdict is Verdict.INTACT
    assert found.report.resumed is not None, "the control: nothing has changed"
    full, found = both([*old[1:], kept, last])
    assert found.report.verdict is full.verdict
    assert found.report.resumed is None
    assert set(found.report.counts) == set(full.counts)
    assert full.verdict is Verdict.INCONCLUSIVE


# --- what a key signs that had ended --------------------------------------------------------------------------------


def evidence(log: Log, *notes: str) -> bytes:
    stream = io.BytesIO()
    write_evidence(stream, log.items(notes))
    return stream.getvalue()


def naming(log: Log, *names: str) -> str:
    return log.policy(logs=[log_note_key(name=name) for name in names])


def test_what_only_an_ended_key_signed_is_not_remembered_as_an_anchor(tmp_path: Path) -> None:
    log = Log()
    early = log.checkpoint()
    at, _ = keys.grown(log, reason="compromised")
    rules = naming(log, "log", keys.NEW)
    with State(tmp_path / "memory", create=True) as state:
        first = inspect(evidence(log, early, log.checkpoint(by="log")), rules, state, now=NOW)
        assert "LOG_KEY_ENDED" in first.report.counts
        assert first.remembered is not None
        assert first.remembered.size == at - 1
        for rule in (rules, naming(log, keys.NEW)):
            again = inspect(evidence(log, early), rule, state, now=NOW).report
            assert (again.verdict, again.anchored) == (Verdict.INTACT, at - 1)


def test_a_memory_that_took_it_in_before_the_rotation_was_shown_is_cured(tmp_path: Path) -> None:
    """Whoever wrote it did not ask which of the log's keys had ended."""
    log = Log()
    early = log.checkpoint()
    at, _ = keys.grown(log, reason="compromised")
    rules = naming(log, "log", keys.NEW)
    with State(tmp_path / "memory", create=True) as state:
        inspect(evidence(log, early), rules, state, now=NOW)
        with state.writing():
            [row] = state.checkpoints(log.origin)
            size = len(log.entries)
            stolen = row._replace(size=size, root=log.root(size), note=log.checkpoint(by="log").encode())
            state.remember(log.origin, [stolen])
        for rule in (rules, naming(log, keys.NEW)):
            again = inspect(evidence(log, early), rule, state, now=NOW).report
            assert (again.verdict, again.anchored) == (Verdict.INTACT, at - 1)


def test_the_thief_s_note_leaves_no_alarm(tmp_path: Path) -> None:
    log = Log()
    early = log.checkpoint()
    keys.grown(log)
    rules = naming(log, "log", keys.NEW)
    honest = evidence(log, early, log.checkpoint(by=keys.NEW))
    false = evidence(log, early, log.checkpoint(by=keys.NEW), log.checkpoint(by="log", root=bytes(32)))
    with State(tmp_path / "memory", create=True) as state:
        for _ in range(2):  # the second time the log's own note is held
            inspection = inspect(false, rules, state, now=NOW)
            assert (inspection.report.verdict, inspection.alarms) == (Verdict.INCONCLUSIVE, ())
            assert inspect(honest, rules, state, now=NOW).report.verdict is Verdict.INTACT


def test_an_inserted_rotation_does_not_take_back_what_is_remembered(tmp_path: Path) -> None:
    log = Log()
    early = log.checkpoint()
    with State(tmp_path / "memory", create=True) as state:
        signed = Log()
        for _ in range(3):
            signed.add(signed.talk())
        inspect(evidence(signed, signed.checkpoint()), naming(log, "log"), state, now=NOW)
        keys.grown(log)
        for notes in ([], [signed.checkpoint()]):
            found = inspect(evidence(log, early, *notes, log.checkpoint(by=keys.NEW)), naming(log, "log", keys.NEW),
                            state, now=NOW)  # fmt: skip
            assert found.report.verdict is Verdict.ALTERED
            assert "ROOT_MISMATCH" in found.report.counts


@pytest.mark.parametrize(("other", "result"), [("log", SHOWN), (keys.NEW, PROVEN)])
def test_a_folder_proves_a_fork_only_of_one_key(other: str, result: str, tmp_path: Path) -> None:
    """A folder does not show which key had ended by then: of two keys it names both."""
    log = Log()
    size = len(log.entries)
    rules = naming(log, "log", keys.NEW)
    notes = [log.checkpoint(size, by=keys.NEW), log.checkpoint(size, by=other, root=bytes(32))]
    report = verify(evidence(log, *notes), rules)
    folder = str(tmp_path / "findings")
    save_findings(folder, report, parse_policy(rules), log.items(notes))
    [one] = check_findings(folder, parse_policy(rules))
    assert (one.code, one.result) == ("CHECKPOINT_FORK", result)
    if result == SHOWN:
        assert all(log_note_key(name=name).vkey in one.why for name in ("log", keys.NEW))
