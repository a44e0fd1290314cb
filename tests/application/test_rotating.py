"""The log's key gives way to another, wherever it breaks off; a lost state is made anew against the outside alone."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trail.aggregates import KeyEnrolled, LogKeyRotated, LogRetired, TalkHeld
from trail.application import Trail, audit
from trail.application.rotating import Rotated, rotate_log_key
from trail.application.succeeding import predecessor_of
from trail.errors import ActRefused, CallerError, StoreFailed
from trail.evidence.lineage import Predecessor
from trail.evidence.registry import LOG_KEY_ROTATED
from trail.merkle import parse_checkpoint
from trail.signing import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    NoteKey,
    PublicKey,
    format_policy,
    log_key_messages,
    open_note,
    parse_note,
    possession_message,
)
from trail.store import CheckpointSigner, checkpoints, restore_state
from trail.testing.campus import Campus, key_of
from trail.testing.roster import REGISTRARS
from trail.verify import Report, verify

OLD, NEW, NEWER = "log", "log's second key", "log's third key"


class Interrupted(Exception):
    """The process is gone."""


@pytest.fixture
def campus(tmp_path: Path) -> Iterator[Campus]:
    with Campus.found(tmp_path / "campus") as made:
        made.set_time("2026-03-05 09:00")
        made.anchor()
        talk(made)
        yield made


def talk(campus: Campus) -> None:
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
    campus.acting("jia/secretary").record(act)


def database(campus: Campus) -> Path:
    return campus.state.parent.parent / "trail.db"


def rotate(campus: Campus, old: str | PublicKey = OLD, new: str = NEW, **how: Any) -> Rotated:
    return rotate_log_key(
        database(campus),
        old=key_of(old) if isinstance(old, str) else old,
        new=key_of(new),
        state=campus.state,
        registrars=[(name, key_of(name)) for name in REGISTRARS],
        clock=campus.clock,
        **how,
    )


def log_key(campus: Campus, name: str) -> NoteKey:
    return NoteKey(campus.trail.origin, LOG_ED25519, key_of(name).public.raw)


def opened(campus: Campus, key: str) -> Trail:
    return Trail.open(database(campus), log_key=key_of(key), state=campus.state, clock=campus.clock)


def signers(campus: Campus) -> dict[int, set[str]]:
    """By size of each checkpoint that was ever released, the names of the log's keys that signed it."""
    found = {}
    for issued in campus.trail.reader.checkpoints():
        note = parse_note(issued.note)
        names = {key.id: name for name, key in ((name, log_key(campus, name)) for name in (OLD, NEW, NEWER))}
        keys = [log_key(campus, name) for name in names.values()]
        found[issued.size] = {names[one.key.id] for one in open_note(note, keys)}
    return found


def rotations(campus: Campus) -> list[int]:
    return [r.position for r in campus.trail.records() if r.statement.type == LOG_KEY_ROTATED]


def report(campus: Campus, *names: str, **options: Any) -> Report:
    policy = format_policy(
        logs=[log_key(campus, name) for name in names], genesis=[campus.trail.genesis()], **options
    )  # fmt: skip
    with Trail.open(database(campus), read_only=True) as trail:
        return verify(trail.evidence(), policy)


# --- planned ---------------------------------------------------------------------------------------------------------


def test_a_rotation_is_one_call(campus: Campus) -> None:
    before = campus.trail.reader.head().size
    done = rotate(campus)

    assert (done.position, done.checkpoint.size) == (before + 1, before + 1)
    assert signers(campus)[before] == {OLD}  # the last under the old key
    assert signers(campus)[before + 1] == {NEW}
    state = CheckpointSigner(campus.state, key_of(NEW)).state()
    assert (state.key, state.size) == (key_of(NEW).public.id, before + 1)
    one = report(campus, OLD, NEW)
    assert (one.verdict.value, one.anchored, [row.vouched for row in one.lineage.keys]) == (
        "intact", before + 1, [False, True]
    )  # fmt: skip
    assert report(campus, NEW).verdict.value == "intact"
    assert [f.code for f in report(campus, OLD).findings] == ["LOG_KEY_NEW"]


def test_an_audit_of_the_database_says_the_same(campus: Campus) -> None:
    rotate(campus)
    for names, expected in (((OLD, NEW), "intact"), ((NEW,), "intact"), ((OLD,), "inconclusive")):
        policy = format_policy(logs=[log_key(campus, name) for name in names], genesis=[campus.trail.genesis()])
        assert audit(database(campus), policy).verdict.value == expected


def test_after_it_the_old_key_signs_nothing_and_the_new_one_goes_on(campus: Campus) -> None:
    rotate(campus)
    talk(campus)
    with opened(campus, OLD) as trail, pytest.raises(CallerError) as refused:
        trail.checkpoint()
    assert refused.value.code == "STATE_OTHER_KEY"
    with opened(campus, NEW) as trail:
        assert trail.checkpoint().size == campus.trail.reader.head().size
    assert report(campus, NEW).verdict.value == "intact"


def test_the_peaks_are_kept_so_that_a_rewriting_is_not_signed_by_the_new_key_either(campus: Campus) -> None:
    record_only(campus)
    state = CheckpointSigner(campus.state, key_of(OLD)).state()
    raw = sqlite3.connect(database(campus))
    with raw:
        raw.execute("UPDATE head SET peaks=zeroblob(length(peaks))")
    raw.close()
    with pytest.raises(StoreFailed) as refused:
        rotate(campus)
    assert refused.value.code == "LOG_REWRITTEN"
    assert CheckpointSigner(campus.state, key_of(OLD)).state() == state


def record_only(campus: Campus) -> None:
    """A rotation that broke off right after the event."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CheckpointSigner, "switch", interrupt)
        with pytest.raises(Interrupted):
            rotate(campus)


def interrupt(*_: object, **__: object) -> Any:
    raise Interrupted


def _before_the_event(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("trail.application.trail.Trail.submit_many", interrupt)


def _after_the_event(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CheckpointSigner, "switch", interrupt)


def _in_the_state(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checkpoints, "write_durably", once(checkpoints.write_durably, 1))


def _after_the_state(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checkpoints, "write_durably", once(checkpoints.write_durably, 2))


def _before_the_first_release(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checkpoints, "release", once(checkpoints.release, 1))


def once(real: Callable[..., Any], good: int) -> Callable[..., Any]:
    """*real*, for the first *good* calls; then the process is gone."""
    calls = iter(range(good))

    def call(*arguments: Any, **named: Any) -> Any:
        if next(calls, None) is None:
            raise Interrupted
        return real(*arguments, **named)

    return call


@pytest.mark.parametrize(
    "crash", [_before_the_event, _after_the_event, _in_the_state, _after_the_state, _before_the_first_release]
)
def test_wherever_it_breaks_off_it_goes_on_and_no_wrong_key_signs(
    crash: Callable[[pytest.MonkeyPatch], None], campus: Campus
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        crash(patch)
        with pytest.raises(Interrupted):
            rotate(campus)
    talk(campus)  # the hosts go on recording meanwhile
    recorded = rotations(campus)
    for key in (OLD, NEW):  # whoever comes by with either key, before it is finished
        with opened(campus, key) as trail, contextlib.suppress(CallerError, StoreFailed):
            trail.checkpoint()
    done = rotate(campus)

    assert rotations(campus) == [done.position] == (recorded or [done.position])
    for size, names in signers(campus).items():
        assert names == ({OLD} if size < done.position else {NEW}), size
    assert [c.number for c in campus.trail.reader.checkpoints()] == list(range(1, len(signers(campus)) + 1))
    assert report(campus, OLD, NEW).verdict.value == "intact"
    assert rotate(campus).position == done.position  # asked once more


def test_between_event_and_state_the_old_key_says_what_to_do(campus: Campus) -> None:
    record_only(campus)
    with opened(campus, OLD) as trail, pytest.raises(StoreFailed) as refused:
        trail.checkpoint()
    assert refused.value.code == "LOG_KEY_ROTATED"
    assert "rotate-log" in refused.value.advice()
    assert max(signers(campus)) < rotations(campus)[0]


def test_a_state_goes_to_no_key_that_the_log_does_not_name(campus: Campus) -> None:
    signer = CheckpointSigner(campus.state, key_of(NEW))
    with pytest.raises(CallerError) as refused:
        signer.switch(campus.trail.reader)
    assert refused.value.code == "LOG_KEY_NOT_ROTATED"
    record_only(campus)
    with pytest.raises(CallerError):
        CheckpointSigner(campus.state, key_of(NEWER)).switch(campus.trail.reader)
    signer.switch(campus.trail.reader)
    assert signer.state().key == key_of(NEW).public.id


def test_a_new_key_that_is_lost_at_once_is_followed_by_another(campus: Campus) -> None:
    """The event stands, its key is gone before it signed anything: two steps, and the state follows both."""
    record_only(campus)
    done = rotate(campus, NEW, NEWER, reason="lost")
    assert signers(campus)[done.checkpoint.size] == {NEWER}
    assert report(campus, NEWER).verdict.value == "intact"


@pytest.mark.parametrize("key", [*REGISTRARS, "witness", OLD])
def test_C17_a_key_that_serves_another_purpose_is_refused(key: str, campus: Campus) -> None:
    head = campus.trail.reader.head().size
    with pytest.raises((ActRefused, CallerError)) as refused:
        rotate(campus, new=key)
    assert refused.value.code in ("KEY_DOUBLE_USE", "STATE_OTHER_KEY")
    assert campus.trail.reader.head().size == head
    assert CheckpointSigner(campus.state, key_of(OLD)).state().key == key_of(OLD).public.id


@pytest.mark.parametrize("key", [OLD, "witness"])
def test_C17_append_knows_the_logs_key_and_its_witness_by_their_signatures(key: str, campus: Campus) -> None:
    """The genesis can't name them; what the log keeps of its own checkpoints can."""
    with pytest.raises(ActRefused) as refused:
        campus.register(campus.enrolment("p-013", key_of(key)))
    assert refused.value.code == "KEY_DOUBLE_USE"
    campus.register(campus.enrolment("p-013", key_of("one of their own")))


def test_a_rotation_from_a_key_that_is_not_the_logs_is_refused(campus: Campus) -> None:
    public = key_of("somebody's").public
    with pytest.raises(CallerError):
        rotate(campus, reason="lost", old=public)
    _, by_new = log_key_messages(campus.trail.origin, public, key_of(NEW).public)
    act = LogKeyRotated(old=public.raw, key=key_of(NEW).public.raw, possession=key_of(NEW).sign(by_new), reason="lost")
    with pytest.raises(ActRefused) as refused:
        campus.register(act)
    assert refused.value.code == "REGISTRY_CONFLICT"


# --- lost and stolen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["lost", "compromised"])
def test_without_the_old_key_the_new_one_is_named_as_not_vouched_for(reason: str, campus: Campus) -> None:
    public = PublicKey("ed25519", key_of(OLD).public.raw)
    done = rotate(campus, old=public, reason=reason)
    assert [row.vouched for row in report(campus, OLD, NEW).lineage.keys] == [False, False]
    one = report(campus, OLD)
    assert [(f.code, f.attached["vouched"]) for f in one.findings if f.code == "LOG_KEY_NEW"] == [
        ("LOG_KEY_NEW", False)
    ]
    assert report(campus, NEW).verdict.value == "intact"
    assert signers(campus)[done.checkpoint.size] == {NEW}


def test_a_planned_rotation_needs_the_old_key_itself(campus: Campus) -> None:
    with pytest.raises(CallerError):
        rotate(campus, old=key_of(OLD).public)
    assert rotations(campus) == []


def test_D4_a_stolen_old_key_anchors_nothing_after_the_rotation(campus: Campus) -> None:
    """The thief has the database and the old key: the log goes on under the old key, without the rotation."""
    with Trail.open(database(campus), log_key=key_of(OLD), state=campus.state, clock=campus.clock) as trail:
        trail.checkpoint()
    stolen = campus.state.parent.parent / "stolen"
    stolen.mkdir()
    campus.copy_database(stolen / "trail.db")
    shutil.copy(campus.state, stolen / "state")
    rotate(campus, old=key_of(OLD).public, reason="compromised")
    campus.trail.close()
    with Trail.open(stolen / "trail.db", log_key=key_of(OLD), state=stolen / "state", clock=campus.clock) as thief:
        act = TalkHeld(kind="duty", counterparts=["p-006"], place="乙", content="假", happened=campus.now)
        holder = thief.registry().holders("jia/secretary", "2026-03-05")[-1][0]
        thief.acting(holder, "jia/secretary", key_of(holder)).record(act)
        forged = thief.evidence()
        genesis = thief.genesis()
        origin = thief.origin

    def under(*names: str, **more: Any) -> Report:
        keys = [NoteKey(origin, LOG_ED25519, key_of(name).public.raw) for name in names]
        return verify(forged, format_policy(logs=keys, genesis=[genesis], **more))

    assert under(OLD).verdict.value == "intact"  # who leans on the log's key alone is lost with it
    assert under(NEW).verdict.value == "inconclusive"  # who took the new line is not
    witness = NoteKey("dic.example", COSIGNATURE_ED25519, key_of("witness").public.raw)
    one = under(OLD, NEW, witnesses={"dic": witness}, quorum="dic")
    assert one.exposed > 0  # who leans on a witness sees nothing beyond what it saw


# --- a state that is lost --------------------------------------------------------------------------------------------


def held(campus: Campus) -> str:
    """The newest checkpoint that the witness has."""
    last = campus.witness.latest(campus.trail.origin)
    assert last is not None
    return last[2]


def test_a_lost_state_is_made_anew_from_what_others_hold(campus: Campus) -> None:
    campus.anchor()
    before = CheckpointSigner(campus.state, key_of(OLD)).state()
    campus.state.unlink()
    with pytest.raises(StoreFailed), opened(campus, OLD) as trail:
        trail.checkpoint()
    assert restore_state(campus.state, key_of(OLD), campus.trail.reader, [held(campus)]) == before
    talk(campus)
    campus.anchor()
    assert report(campus, OLD).verdict.value == "intact"
    with pytest.raises(StoreFailed) as refused:
        restore_state(campus.state, key_of(OLD), campus.trail.reader, [held(campus)])
    assert refused.value.code == "STATE_EXISTS"


def test_a_lost_state_is_not_made_from_the_database_alone(campus: Campus) -> None:
    campus.state.unlink()
    with pytest.raises(CallerError) as refused:
        restore_state(campus.state, key_of(OLD), campus.trail.reader, [])
    assert refused.value.code == "STATE_UNFOUNDED"
    assert not campus.state.exists()


def test_a_lost_state_is_not_made_from_a_rewritten_or_shorter_database(campus: Campus) -> None:
    campus.anchor()
    outside = held(campus)
    size = parse_checkpoint(parse_note(outside).text).size
    other = campus.state.parent / "other"
    with Campus.found(campus.state.parent / "another") as rewritten:
        for _ in range(size):
            rewritten.register(rewritten.enrolment("p-013", key_of(f"more {_}")))
        with pytest.raises(StoreFailed) as refused:
            restore_state(other, key_of(OLD), rewritten.trail.reader, [outside])
        assert refused.value.code == "LOG_REWRITTEN"
    with Campus.found(campus.state.parent / "short") as short:
        campus.register(*(campus.enrolment("p-013", key_of(f"key {n}")) for n in range(30)))
        campus.anchor()
        with pytest.raises(StoreFailed) as refused:
            restore_state(other, key_of(OLD), short.trail.reader, [held(campus)])
        assert refused.value.code == "LOG_SHORTER"
    assert not other.exists()


def test_a_checkpoint_that_the_database_forgot_comes_back_with_the_state(campus: Campus) -> None:
    """The signer's state and the last checkpoint's row are lost; the witness has the note."""
    campus.anchor()
    outside, number = held(campus), len(campus.trail.reader.checkpoints())
    raw = sqlite3.connect(database(campus))
    with raw:
        raw.execute("DELETE FROM cosignature")
        raw.execute("DELETE FROM checkpoint WHERE number=?", (number,))
    raw.close()
    campus.state.unlink()
    state = restore_state(campus.state, key_of(OLD), campus.trail.reader, [outside])
    assert (state.number, state.size) == (number, parse_checkpoint(parse_note(outside).text).size)
    with opened(campus, OLD) as trail:
        assert trail.checkpoint().note == outside == state.note


# --- succession ------------------------------------------------------------------------------------------------------


def test_a_log_is_retired_and_succeeded_from_end_to_end(campus: Campus, tmp_path: Path) -> None:
    campus.register(LogRetired(successor="trail.example/second"))
    with pytest.raises(ActRefused) as refused:
        talk(campus)
    assert refused.value.code == "LOG_RETIRED"
    campus.anchor()
    campus.trail.export(tmp_path / "first.trail")
    before, ended = predecessor_of(tmp_path / "first.trail", "trail.example/second")
    assert before == Predecessor(
        campus.trail.origin, campus.trail.reader.head().size, campus.trail.reader.root(before.size)
    )
    assert ended is not None
    with pytest.raises(CallerError) as other:
        predecessor_of(tmp_path / "first.trail", "trail.example/third")
    assert other.value.code == "SUCCESSOR_OTHER"

    founders = [(name, key_of(name)) for name in REGISTRARS]
    second = Trail.create(
        tmp_path / "second.db", origin="trail.example/second", registrars=founders, log_key=key_of("second log"),
        state=tmp_path / "state", predecessor=before, clock=campus.clock,
    )  # fmt: skip
    with second:
        keys = [NoteKey("trail.example/second", LOG_ED25519, key_of("second log").public.raw), log_key(campus, OLD)]
        policy = format_policy(logs=keys, genesis=[second.genesis(), campus.trail.genesis()])
        alone = verify(second.evidence(), policy)
        both = verify(second.evidence(), policy, predecessor=tmp_path / "first.trail")
        checkpoint = campus.trail.reader.checkpoint()
        assert checkpoint is not None
        (tmp_path / "checkpoint").write_text(checkpoint.cosigned)
        by_note = verify(second.evidence(), policy, predecessor=tmp_path / "checkpoint")
    assert [one.verdict.value for one in (alone, both, by_note)] == ["intact"] * 3
    assert [one.lineage.compared for one in (alone, both, by_note)] == [False, True, True]
    assert predecessor_of(tmp_path / "checkpoint", "trail.example/second") == (before, None)


def test_what_is_no_log_before_founds_nothing(campus: Campus, tmp_path: Path) -> None:
    campus.trail.export(tmp_path / "first.trail")
    whole = (tmp_path / "first.trail").read_bytes()
    for name, data in (("cut", whole[:-40]), ("noise", b"noise"), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CallerError):
            predecessor_of(tmp_path / name, "trail.example/second")
    with pytest.raises(CallerError):
        predecessor_of(tmp_path / "first.trail", campus.trail.origin)
    with pytest.raises(CallerError):
        predecessor_of(tmp_path / "missing", "trail.example/second")


def test_what_is_erased_after_retirement_is_erased_lawfully(campus: Campus) -> None:
    campus.register(LogRetired())
    enrolled = KeyEnrolled(
        person="p-013", key=key_of("late").public.raw,
        possession=key_of("late").sign(possession_message(campus.trail.origin, "p-013", key_of("late").public)),
    )  # fmt: skip
    with pytest.raises(ActRefused) as refused:
        campus.register(enrolled)
    assert refused.value.code == "LOG_RETIRED"
