"""The log's key over time: rotation, what the old key can no longer do, retirement; in memory, without a store."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.evidence.kit import ORIGIN, Built, Log, founding, key_of, log_note_key, possession, sha256, witness_key

from trail.errors import NoteError
from trail.evidence.anchors import MAX_REFUSED
from trail.evidence.file import CheckpointItem, Header, Item, write_evidence
from trail.evidence.memory import Held
from trail.evidence.record import Seen, SignerRef, encode_statement
from trail.signing import log_key_messages, statement_message
from trail.verify import Report, verify

NEW = "log-2"
NEWER = "log-3"


def rotation(old: str = "log", new: str = NEW, *, reason: str = "planned", **changes: Any) -> dict[str, Any]:
    """The fields that rotate the log's key from the one named *old* to that named *new*."""
    one, two = key_of(old), key_of(new)
    by_old, by_new = log_key_messages(ORIGIN, one.public, two.public)
    fields: dict[str, Any] = {
        "key": two.public.raw, "old": one.public.raw, "old_suite": "ed25519", "possession": two.sign(by_new),
        "reason": reason, "suite": "ed25519",
    }  # fmt: skip
    if reason == "planned":
        fields["vouched"] = one.sign(by_old)
    return {name: value for name, value in (fields | changes).items() if value is not None}


@pytest.fixture
def log() -> Log:
    return Log()


def rotate(log: Log, **how: Any) -> int:
    """Rotate, and give the position."""
    return log.registrars("LogKeyRotated", rotation(**how)).position


def code(log: Log, fields: Mapping[str, Any], **how: Any) -> str:
    return log.code(log.registrar_built("LogKeyRotated", fields, **how))


def report(log: Log, *notes: str, logs: tuple[str, ...] = ("log", NEW), **options: Any) -> Report:
    """What the verifier says of the log with these checkpoints under a policy that names these keys of the log."""
    policy = log.policy(logs=[log_note_key(name=name) for name in logs], **options)
    return verify(log.items(notes), policy)


def found(one: Report) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.position) for finding in one.findings]


# --- the event -------------------------------------------------------------------------------------------------------


def test_a_rotation_is_signed_by_two_registrars_and_by_both_keys(log: Log) -> None:
    assert code(log, rotation()) == ""
    assert code(log, rotation(), by=("r-1",)) == "REGISTRAR_MISSING"
    assert code(log, rotation(), by=("p-001", "r-1")) == "REGISTRAR_MISSING"


@pytest.mark.parametrize("name", ["possession", "vouched"])
def test_each_signature_is_in_a_context_of_its_own(log: Log, name: str) -> None:
    old, new = key_of("log"), key_of(NEW)
    by_old, by_new = log_key_messages(ORIGIN, old.public, new.public)
    elsewhere = log_key_messages("trail.example/yi", old.public, new.public)
    backwards = log_key_messages(ORIGIN, new.public, old.public)
    signer, right = (new, by_new) if name == "possession" else (old, by_old)

    for message in (by_old, by_new, *elsewhere, *backwards):
        expected = "" if message == right else "POSSESSION_BAD"
        assert code(log, rotation(**{name: signer.sign(message)})) == expected
    other = old if name == "possession" else new
    assert code(log, rotation(**{name: other.sign(right)})) == "POSSESSION_BAD"


def test_no_two_pairs_of_keys_and_no_other_purpose_share_a_message() -> None:
    keys = [key_of(name).public for name in ("log", NEW, NEWER)]
    messages = [m for a in keys for b in keys if a != b for m in log_key_messages(ORIGIN, a, b)]
    messages += log_key_messages("trail.example/yi", *keys[:2])
    assert len(set(messages)) == len(messages) == 14


@pytest.mark.parametrize("reason", ["lost", "compromised"])
def test_a_lost_or_stolen_key_is_not_asked(log: Log, reason: str) -> None:
    assert code(log, rotation(reason=reason)) == ""
    assert code(log, rotation(reason=reason, vouched=rotation()["vouched"])) == "REGISTRY_CONFLICT"
    assert code(log, rotation(reason="planned", vouched=None)) == "REGISTRY_CONFLICT"
    since = rotation(reason=reason, compromised_since=1_772_000_000)
    assert code(log, since) == ("" if reason == "compromised" else "REGISTRY_CONFLICT")


def test_rotations_make_a_chain_in_which_no_key_returns(log: Log) -> None:
    rotate(log)
    assert code(log, rotation("log", NEWER)) == "REGISTRY_CONFLICT"
    assert code(log, rotation(NEW, "log")) == "REGISTRY_CONFLICT"
    assert code(log, rotation(NEW, NEW)) == "REGISTRY_CONFLICT"
    rotate(log, old=NEW, new=NEWER)
    assert code(log, rotation(NEWER, NEW)) == "REGISTRY_CONFLICT"
    assert [one.since for one in log.registry.log_keys] == [0, len(log.entries) - 1, len(log.entries)]


def test_a_weak_key_is_no_log_key(log: Log) -> None:
    assert code(log, rotation(key=bytes([1]) + bytes(31))) == "KEY_WEAK"
    assert code(log, rotation() | {"old": bytes([1]) + bytes(31)}) == "KEY_WEAK"
    assert code(log, rotation(suite="rot13")) == "KEY_WEAK"


# --- C17: one key, one purpose ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["p-001", "r-1"])
def test_C17_a_members_key_is_never_the_logs(log: Log, member: str) -> None:
    assert code(log, rotation("log", member)) == "KEY_DOUBLE_USE"
    assert code(log, rotation(member, NEW)) == "KEY_DOUBLE_USE"


def test_C17_a_key_that_ended_is_still_somebodys(log: Log) -> None:
    key = key_of("p-001").public.id
    log.registrars("KeyRevoked", {"key": key, "reason": "left"}, by=("r-1",))
    assert code(log, rotation("log", "p-001")) == "KEY_DOUBLE_USE"


@pytest.mark.parametrize("key", ["log", NEW])
def test_C17_a_key_that_is_or_was_the_logs_is_never_a_members(log: Log, key: str) -> None:
    rotate(log)
    enrolled = log.registrar_built("KeyEnrolled", possession("p-004", key))
    assert log.code(enrolled) == "KEY_DOUBLE_USE"
    renewed = log.registrar_built("KeyRotated", possession("p-001", key) | {"old": key_of("p-001").public.id})
    assert log.code(renewed) == "KEY_DOUBLE_USE"


@pytest.mark.parametrize("key", ["log", NEW, NEWER])
def test_C17_before_any_rotation_the_policy_knows_the_log_key(log: Log, key: str) -> None:
    """The genesis can't name it; an inspector's policy does, and the verifier compares."""
    log.registrars("KeyEnrolled", possession("p-004", key))
    position = len(log.entries)
    double = (("KEY_DOUBLE_USE", position) in found(report(log, log.checkpoint())), key)
    assert double == (key != NEWER, key)


@pytest.mark.parametrize(("old", "new"), [("dic", NEW), ("log", "dic"), ("log", "another log")])
def test_C17_a_rotated_key_that_the_policy_knows_as_another_s_is_named(log: Log, old: str, new: str) -> None:
    position = rotate(log, old=old, new=new)
    keys = [log_note_key(), log_note_key("trail.example/yi", "another log")]
    policy = log.policy(logs=keys, witnesses={"dic": witness_key("dic")}, quorum="dic")
    assert ("KEY_DOUBLE_USE", position) in found(verify(log.items([log.checkpoint()]), policy))


# --- checkpoints before and after ------------------------------------------------------------------------------------


def test_both_keys_in_the_policy_are_good_each_in_its_time(log: Log) -> None:
    early = log.checkpoint()
    rotate(log)
    one = report(log, early, log.checkpoint(by=NEW))
    assert (one.verdict.value, found(one), one.remarks) == ("intact", [], ())
    assert [(row.since, row.named, row.vouched) for row in one.lineage.keys] == [
        (0, True, False), (len(log.entries), True, True)
    ]  # fmt: skip
    assert one.lineage.keys[1].by == ("r-1", "r-2")


@pytest.mark.parametrize("later", [0, 1])
def test_from_its_position_on_the_old_key_alone_signs_for_nobody(log: Log, later: int) -> None:
    early = log.checkpoint()
    at = rotate(log)
    for _ in range(later):
        log.add(log.talk())
    one = report(log, early, log.checkpoint(by="log"))
    assert found(one) == [("LOG_KEY_ENDED", at + later)]
    assert (one.verdict.value, one.anchored) == ("inconclusive", at - 1)


def test_one_position_before_the_rotation_the_old_key_is_good(log: Log) -> None:
    early = log.checkpoint()
    at = rotate(log)
    assert log.checkpoint(at - 1, by="log") == early
    assert found(report(log, early, log.checkpoint(by=NEW))) == []


def test_a_policy_of_the_old_key_alone_is_told_which_line_to_add(log: Log) -> None:
    early = log.checkpoint()
    at = rotate(log)
    one = report(log, early, log.checkpoint(by=NEW), logs=("log",))
    [finding] = one.findings
    assert (finding.code, finding.position) == ("LOG_KEY_NEW", at)
    assert finding.attached["line"] == f"log {log_note_key(name=NEW).vkey}"
    assert (finding.attached["vouched"], finding.attached["registrars"]) == (True, ["r-1", "r-2"])
    assert "the old key vouched for it" in finding.message
    assert (one.verdict.value, one.anchored) == ("inconclusive", at - 1)


def test_a_policy_of_the_new_key_alone_explains_the_older_checkpoints(log: Log) -> None:
    early = log.checkpoint()
    at = rotate(log)
    one = report(log, early, log.checkpoint(by=NEW), logs=(NEW,))
    assert (one.verdict.value, found(one)) == ("intact", [])
    [remark] = one.remarks
    assert (remark.code, remark.position, remark.attached["sizes"]) == ("CHECKPOINT_BY_FORMER_KEY", at, [at - 1])
    assert one.anchored == at


def test_what_a_signer_had_seen_under_the_former_key_is_shown(log: Log) -> None:
    early = log.checkpoint()
    size = len(log.entries)
    log.add(log.talk(seen=Seen(size, log.root(size), ())))
    rotate(log)
    assert found(report(log, early, log.checkpoint(by=NEW), logs=(NEW,))) == []


def test_the_witnesses_word_on_a_former_key_s_checkpoint_still_proves_its_time(log: Log) -> None:
    early = log.checkpoint(cosigned={"dic": 1_772_700_000})
    at = rotate(log)
    last = log.checkpoint(by=NEW, cosigned={"dic": 1_772_900_000})
    one = report(log, early, last, logs=(NEW,), witnesses={"dic": witness_key("dic")}, quorum="dic")
    assert one.verdict.value == "intact"
    assert (one.times.upper.at(at - 1), one.times.upper.at(at)) == (1_772_700_000, 1_772_900_000)


def test_a_former_key_accuses_nobody(log: Log) -> None:
    """After a theft the policy drops the stolen key: what its thief signs then is foreign, and no fork."""
    false = log.checkpoint(root=bytes(32))
    rotate(log, reason="compromised")
    one = report(log, false, log.checkpoint(by=NEW), logs=(NEW,))
    assert [code for code, _ in found(one)] == ["CHECKPOINT_FOREIGN"]
    stolen = report(log, false, log.checkpoint(by=NEW))
    assert ("ROOT_MISMATCH", len(log.entries) - 1) in found(stolen)  # who still names the key still believes it


def test_a_stolen_old_key_after_the_end_under_the_new_policy(log: Log) -> None:
    at = rotate(log, reason="compromised")
    one = report(log, log.checkpoint(by="log"), log.checkpoint(by=NEW), logs=(NEW,))
    assert found(one) == [("LOG_KEY_ENDED", at)]
    assert (one.verdict.value, one.anchored) == ("inconclusive", at)


def test_a_lost_key_leaves_the_new_one_without_its_voucher(log: Log) -> None:
    rotate(log, reason="lost")
    [finding] = [f for f in report(log, log.checkpoint(by=NEW), logs=("log",)).findings if f.code == "LOG_KEY_NEW"]
    assert finding.attached["vouched"] is False
    assert "the old key did not vouch for it" in finding.message


def test_two_rotations_are_followed_through(log: Log) -> None:
    first = log.checkpoint()
    rotate(log)
    second = log.checkpoint(by=NEW)
    rotate(log, old=NEW, new=NEWER)
    third = log.checkpoint(by=NEWER)
    assert found(report(log, first, second, third, logs=("log", NEW, NEWER))) == []
    assert found(report(log, first, second, third, logs=(NEWER,))) == []
    lines = [f.attached["line"] for f in report(log, first, second, third, logs=("log",)).findings]
    assert lines == [f"log {log_note_key(name=name).vkey}" for name in (NEW, NEWER)]
    last = [f for f in report(log, third, logs=("log",)).findings if f.code == "LOG_KEY_NEW"]
    assert [one.attached["vouched"] for one in last] == [True]
    assert ("LOG_KEY_ENDED", len(log.entries)) in found(report(log, log.checkpoint(by=NEW), logs=(NEW, NEWER)))


def test_a_rotation_that_names_another_old_key_than_the_checkpoints_show_is_named(log: Log) -> None:
    early = log.checkpoint()
    at = rotate(log, old="another")
    assert ("REGISTRY_CONFLICT", at) in found(report(log, early, log.checkpoint(by=NEW)))


def test_who_signed_with_no_key_of_the_log_stays_foreign(log: Log) -> None:
    rotate(log)
    for logs in (("log",), (NEW,), ("log", NEW)):
        one = report(log, log.checkpoint(by="stranger"), log.checkpoint(by=NEW), logs=logs)
        assert "CHECKPOINT_FOREIGN" in {code for code, _ in found(one)}


def test_a_note_of_a_stranger_makes_no_fork(log: Log) -> None:
    one = report(log, log.checkpoint(), log.checkpoint(by="stranger", root=bytes(32)))
    assert (one.verdict.value, [code for code, _ in found(one)]) == ("inconclusive", ["CHECKPOINT_FOREIGN"])


@pytest.mark.parametrize("by", ["stranger", "log", "other log", ""])
def test_notes_without_end_are_refused_and_not_read_for_ever(log: Log, by: str) -> None:
    """Whatever the header announces: who repeats a note for ever, or brings ones that are none, is not waited for."""
    if by == "other log":
        note = log.checkpoint(1, origin="trail.example/yi")
    else:
        note = log.checkpoint(1, by=by) if by else "no note"
    given = 0

    def endless() -> Iterator[Item]:
        nonlocal given
        yield Header(ORIGIN, 1 << 62, {"all": True})
        while given < 2 * MAX_REFUSED:
            given += 1
            yield CheckpointItem(note.encode())

    one = verify(endless(), log.policy())
    assert given < MAX_REFUSED + 20
    assert (one.verdict.value, one.counts["FRAME_BROKEN"] > 0) == ("inconclusive", True)


def test_more_notes_that_nobody_signed_than_are_kept_break_the_framing(log: Log) -> None:
    rotate(log)
    notes = [log.checkpoint(1, by=f"stranger {number}") for number in range(9)]
    assert "FRAME_BROKEN" not in {code for code, _ in found(report(log, *notes[:8], log.checkpoint(by=NEW)))}
    assert ("FRAME_BROKEN", None) in found(report(log, *notes, log.checkpoint(by=NEW)))


# --- a key that ended accuses nobody --------------------------------------------------------------------------------

DIC: dict[str, Any] = {"witnesses": {"dic": witness_key("dic")}, "quorum": "dic"}


def grown(log: Log, **how: Any) -> tuple[int, int]:
    """Rotate, and go on; gives the rotation's position and a size between it and the last."""
    at = rotate(log, **how)
    for _ in range(2):
        log.add(log.talk())
    return at, at + 1


@pytest.mark.parametrize("cosigned", [None, {"dic": 1_772_900_000}], ids=["no quorum", "quorum"])
@pytest.mark.parametrize("first", [False, True], ids=["after the log's note", "before it"])
def test_what_the_old_key_signs_after_its_end_makes_nothing_altered(
    log: Log, first: bool, cosigned: dict[str, int] | None
) -> None:
    early = log.checkpoint(cosigned=cosigned)
    _, middle = grown(log)
    size, options = len(log.entries), DIC if cosigned else {}
    honest = log.checkpoint(by=NEW, cosigned=cosigned)
    assert found(report(log, early, honest, **options)) == []
    for at in (middle, size, 10**6):
        false = log.checkpoint(at, by="log", root=bytes(32))
        one = report(log, early, *((false, honest) if first and at <= size else (honest, false)), **options)
        assert ("LOG_KEY_ENDED", at) in found(one)
        assert {code for code, _ in found(one)} <= {
            "LOG_KEY_ENDED",
            "FRAME_BROKEN",
        }  # below the other: out of its order
        assert (one.verdict.value, one.anchored) == ("inconclusive", size)
        assert [row.held for row in one.checkpoints if row.size == at] == [at == size]


def test_two_notes_of_the_key_in_force_are_a_fork_whatever_stands_between(log: Log) -> None:
    early = log.checkpoint()
    grown(log)
    size = len(log.entries)
    one, other = log.checkpoint(by=NEW), log.checkpoint(by=NEW, root=bytes([1]) * 32)
    false = log.checkpoint(size, by="log", root=bytes(32))
    for notes in ((false, one, other), (one, false, other), (one, other, false)):
        told = report(log, early, *notes)
        assert [f.code for f in told.findings] == ["CHECKPOINT_FORK", "LOG_KEY_ENDED"]
        assert {told.findings[0].expected, told.findings[0].found} == {one.encode(), other.encode()}


def test_no_registrar_takes_back_a_signed_past_that_witnesses_saw(log: Log) -> None:
    """The rotation is inserted afterwards; what the old key had signed for a real quorum still speaks."""
    early = log.checkpoint(cosigned={"dic": 1_772_800_000})
    _, middle = grown(log)
    signed = log.checkpoint(middle, by="log", root=bytes(32), cosigned={"dic": 1_772_850_000})
    last = log.checkpoint(by=NEW, cosigned={"dic": 1_772_900_000})
    one = report(log, early, signed, last, **DIC)
    assert (one.verdict.value, ("ROOT_MISMATCH", middle) in found(one)) == ("altered", True)
    unknown = report(log, early, signed, last)  # quorum none: nobody stands behind it
    assert unknown.verdict.value == "inconclusive"


def test_a_rotation_that_nothing_anchors_takes_nothing_back(log: Log) -> None:
    early = log.checkpoint()
    _, middle = grown(log)
    false = log.checkpoint(middle, by="log", root=bytes(32))
    one = report(log, early, false)
    assert (one.verdict.value, ("ROOT_MISMATCH", middle) in found(one)) == ("altered", True)
    more = report(log, early, log.checkpoint(10**6, by="log"))
    assert "ENTRIES_REMOVED" in more.counts


def test_below_its_end_the_old_key_speaks_for_the_log(log: Log) -> None:
    size = len(log.entries)
    false = log.checkpoint(root=bytes(32))
    early = log.checkpoint()
    grown(log)
    last = log.checkpoint(by=NEW)
    assert ("ROOT_MISMATCH", size) in found(report(log, false, last))
    assert "CHECKPOINT_FORK" in report(log, early, false, last).counts


def test_a_known_checkpoint_by_a_key_that_had_ended_is_compared_and_anchors_nothing(log: Log) -> None:
    early = log.checkpoint()
    at, _ = grown(log, reason="compromised")
    policy = log.policy(logs=[log_note_key(), log_note_key(name=NEW)])
    one = verify(log.items([early]), policy, known=log.checkpoint(by="log"))
    assert (one.verdict.value, one.anchored) == ("intact", at - 1)
    assert verify(log.items([early]), policy, known=log.checkpoint(by=NEW)).anchored == len(log.entries)
    false = verify(log.items([early]), policy, known=log.checkpoint(by="log", root=bytes(32)))
    assert "ROOT_MISMATCH" in false.counts


@pytest.mark.parametrize("known", [True, False])
def test_a_known_checkpoint_contradicts_what_the_old_key_signs_only_where_the_entries_don_t_bear_it_out(
    log: Log, known: bool
) -> None:
    early = log.checkpoint()
    grown(log)
    last = log.checkpoint(by=NEW)
    false = log.checkpoint(by="log", root=bytes(32))
    policy = log.policy(logs=[log_note_key(), log_note_key(name=NEW)])
    one = verify(log.items([early, false, last]), policy, known=last if known else false)
    assert one.verdict.value == ("inconclusive" if known else "altered")
    assert ("ROOT_MISMATCH" in one.counts) is not known


def test_a_note_by_both_keys_tells_who_names_the_old_one_of_the_new(log: Log) -> None:
    early = log.checkpoint()
    at = rotate(log)
    both = log.checkpoint(by="log") + log.checkpoint(by=NEW).partition("\n\n")[2]
    one = report(log, early, both, logs=("log",))
    assert (found(one), one.anchored) == ([("LOG_KEY_NEW", at)], at - 1)
    assert one.findings[0].attached["line"] == f"log {log_note_key(name=NEW).vkey}"


@pytest.mark.parametrize("genesis", [[], [bytes(32)]], ids=["none", "another"])
def test_nobody_is_told_to_add_a_key_by_registrars_whom_nobody_pinned(log: Log, genesis: list[bytes]) -> None:
    early = log.checkpoint()
    rotate(log)
    one = report(log, early, log.checkpoint(by=NEW), logs=("log",), genesis=genesis)
    assert "LOG_KEY_NEW" not in one.counts
    assert one.counts["CHECKPOINT_FOREIGN"] == 1


# --- retirement ------------------------------------------------------------------------------------------------------


def test_nothing_but_an_erasure_comes_after_the_last_act(log: Log) -> None:
    grant = {"grant": "g-1", "post": "uni/office", "action": "erase", "types": ["*"], "unit": "uni"}
    log.registrars("GrantGiven", grant)
    log.appoint("p-002", "uni/office")
    talk = log.add(log.talk("私人内容"))
    log.registrars("LogRetired", {"successor": "trail.example/2036"})
    assert log.code(log.talk()) == "LOG_RETIRED"
    assert log.code(log.registrar_built("RegistrarAppointed", {"person": "p-001"})) == "LOG_RETIRED"
    assert log.code(log.registrar_built("LogRetired", {})) == "LOG_RETIRED"
    assert log.code(log.registrar_built("LogKeyRotated", rotation())) == "LOG_RETIRED"
    target = [talk.statement.id, talk.digest]
    erasure = log.build(
        "PartErased", {"authority": "校档 5 号", "part": "record", "target": target}, [("p-002", "uni/office")],
        stream=talk.statement.stream,
    )  # fmt: skip
    assert log.code(erasure) == ""
    one = report(log, log.checkpoint())
    assert (one.verdict.value, one.lineage.successor) == ("intact", "trail.example/2036")
    log.force(log.talk())
    assert found(report(log, log.checkpoint())) == [("LOG_RETIRED", len(log.entries))]


@pytest.mark.parametrize(
    "fields",
    [{"successor": ORIGIN}, {"successor": "trail example"}, {"successor": "a+b"}, {"genesis": bytes(32)}],
)
def test_a_retirement_names_another_log_or_none(log: Log, fields: dict[str, Any]) -> None:
    assert log.code(log.registrar_built("LogRetired", fields)) in ("REGISTRY_CONFLICT", "FIELDS_MISMATCH")
    assert log.code(log.registrar_built("LogRetired", {})) == ""
    assert log.code(log.registrar_built("LogRetired", {}, by=("r-1",))) == "REGISTRAR_MISSING"


def test_a_log_does_not_come_from_itself() -> None:
    log = Log(founded=False)
    before = {"origin": ORIGIN, "root": bytes(32), "size": 3}
    assert log.code(log.registrar_built("LogFounded", founding() | {"predecessor": before})) == "REGISTRY_CONFLICT"
    other: Built = log.registrar_built(
        "LogFounded", founding() | {"predecessor": before | {"origin": "trail.example/0"}}
    )
    assert log.code(other) == ""


# --- succession ------------------------------------------------------------------------------------------------------

ELDER = "trail.example/2026"


def elder(*, successor: str | None = ORIGIN, retired: bool = True, **named: Any) -> Log:
    """The log before, retired in favour of this one."""
    log = Log(origin=ELDER)
    if retired:
        fields = {name: value for name, value in ({"successor": successor} | named).items() if value is not None}
        log.registrars("LogRetired", fields)
    return log


def successor(size: int, root: bytes, origin: str = ELDER) -> Log:
    log = Log(founded=False)
    before = {"origin": origin, "root": root, "size": size}
    log.registrars("LogFounded", founding() | {"predecessor": before})
    return log


def heir(of: Log) -> Log:
    return successor(len(of.entries), of.root(len(of.entries)))


def compared(log: Log, given: bytes, *logs: Log) -> Report:
    """Verify *log*, with what is held of its predecessor; the policy names all *logs*."""
    keys = [log_note_key(), log_note_key(ELDER, "log of 2026")]
    pins = [sha256(one.entries[0]) for one in (log, *logs)]
    return verify(log.items(), log.policy(logs=keys, genesis=pins), predecessor=given)


def elders_file(log: Log) -> bytes:
    stream = io.BytesIO()
    write_evidence(stream, log.items([log.checkpoint(by="log of 2026")]))
    return stream.getvalue()


def test_what_a_genesis_says_of_its_predecessor_is_reported_as_said() -> None:
    before = elder()
    log = heir(before)
    one = verify(log.items(), log.policy())
    size = len(before.entries)
    assert (one.verdict.value, one.lineage.predecessor) == ("intact", (ELDER, size, before.root(size)))
    assert one.lineage.compared is False


def test_a_checkpoint_or_a_file_of_the_predecessor_confirms_it() -> None:
    before = elder()
    log = heir(before)
    for given in (before.checkpoint(by="log of 2026").encode(), elders_file(before)):
        one = compared(log, given, before)
        assert (one.verdict.value, one.lineage.compared) == ("intact", True)


def test_another_root_of_the_predecessor_admits_no_honest_explanation() -> None:
    before = elder()
    log = successor(len(before.entries), bytes(32))
    for given in (before.checkpoint(by="log of 2026").encode(), elders_file(before)):
        one = compared(log, given, before)
        assert (one.verdict.value, found(one)) == ("altered", [("PREDECESSOR_CONTRADICTED", 1)])


def test_what_does_not_fit_otherwise_leaves_the_succession_open() -> None:
    before = elder()
    log, size = heir(before), len(before.entries)
    root = before.root(size)

    def message(log: Log, given: bytes, *more: Log) -> str:
        one = compared(log, given, *more)
        assert (one.verdict.value, found(one)) == ("inconclusive", [("PREDECESSOR_OTHER", 1)])
        assert one.lineage.compared is False
        return one.findings[0].message

    assert "names no predecessor" in message(Log(), elders_file(before), before)
    assert "another predecessor" in message(successor(size, root, "trail.example/yi"), elders_file(before), before)
    assert "at the claimed size" in message(log, before.checkpoint(size - 1, by="log of 2026").encode())
    assert "at the claimed size" in message(successor(size + 1, root), elders_file(before), before)
    assert "not sound itself" in message(log, elders_file(before))  # no pin for its first entry
    other = elder(successor="trail.example/yi")
    assert "another successor" in message(heir(other), elders_file(other), other)
    other = elder(genesis=bytes(32))
    assert "another first entry" in message(heir(other), elders_file(other), other)
    went_on = elder(retired=False)
    claim = len(went_on.entries)
    log = successor(claim, went_on.root(claim))
    went_on.add(went_on.talk())
    went_on.registrars("LogRetired", {"successor": ORIGIN})
    assert "went on after" in message(log, elders_file(went_on), went_on)


def test_a_predecessor_that_goes_on_without_a_last_act_is_not_confirmed() -> None:
    before = elder(retired=False)
    log = heir(before)
    assert compared(log, elders_file(before), before).lineage.compared
    before.add(before.talk())
    one = compared(log, elders_file(before), before)
    assert (one.verdict.value, found(one)) == ("inconclusive", [("PREDECESSOR_OTHER", 1)])
    assert "no act ends it" in one.findings[0].message
    assert one.lineage.compared is False


def test_what_is_erased_after_the_last_act_leaves_the_succession_as_it_is() -> None:
    before = elder(retired=False)
    before.registrars(
        "GrantGiven", {"grant": "g-1", "post": "uni/office", "action": "erase", "types": ["*"], "unit": "uni"}
    )
    before.appoint("p-002", "uni/office")
    talk = before.add(before.talk("私人内容"))
    before.registrars("LogRetired", {"successor": ORIGIN})
    log = heir(before)
    fields = {"authority": "校档 5 号", "part": "record", "target": [talk.statement.id, talk.digest]}
    before.add(before.build("PartErased", fields, [("p-002", "uni/office")], stream=talk.statement.stream))
    before.parts[talk.position - 1] = ()
    assert compared(log, elders_file(before), before).lineage.compared


def test_a_predecessor_that_names_the_first_entry_of_its_successor_retires_after_it() -> None:
    before = elder(retired=False)
    log = heir(before)
    before.registrars("LogRetired", {"genesis": sha256(log.entries[0]), "successor": ORIGIN})
    assert compared(log, elders_file(before), before).lineage.compared


def test_a_predecessor_that_the_policy_does_not_know_is_no_help() -> None:
    before = elder()
    log = heir(before)
    with pytest.raises(NoteError):
        verify(log.items(), log.policy(), predecessor=before.checkpoint(by="log of 2026").encode())
    one = verify(log.items(), log.policy(), predecessor=elders_file(before))
    assert [finding.code for finding in one.findings] == ["PREDECESSOR_OTHER"]


def test_C13_one_registrar_with_two_keys_is_one_registrar(log: Log) -> None:
    log.registrars("KeyEnrolled", possession("r-1", "second key of r-1"))
    built = log.registrar_built("LogKeyRotated", rotation(), by=("r-1",))
    both = sorted(key_of(name).public.id for name in ("r-1", "second key of r-1"))
    statement = built.statement._replace(signers=tuple(SignerRef("r-1", "", key) for key in both))
    data = encode_statement(statement)
    message = statement_message(ORIGIN, data)
    by_id = {key_of(name).public.id: key_of(name) for name in ("r-1", "second key of r-1")}
    signatures = tuple(by_id[key].sign(message) for key in both)
    assert log.code(Built(statement, data, signatures, ())) == "REGISTRAR_MISSING"


class Remembers:
    """A memory of one checkpoint of one log."""

    def __init__(self, origin: str, *held: Held) -> None:
        self._origin = origin
        self._held = held

    def held(self, origin: str) -> tuple[Held, ...]:
        return self._held if origin == self._origin else ()

    def alarms(self, origin: str) -> tuple[Any, ...]:
        return ()

    def past(self, origin: str, after: int) -> None:
        return None

    def reach(self, origin: str) -> int:
        return 0


def test_what_the_inspector_remembers_of_the_predecessor_is_compared_unasked() -> None:
    before = elder()
    size, root = len(before.entries), before.root(len(before.entries))
    note = before.checkpoint(by="log of 2026").encode()

    def told(log: Log, *held: Held) -> Report:
        return verify(log.items(), log.policy(), memory=Remembers(ELDER, *held))

    assert told(heir(before), Held(size, root, note)).lineage.compared
    false = told(successor(size, bytes(32)), Held(size, root, note))
    assert (false.verdict.value, found(false)) == ("altered", [("PREDECESSOR_CONTRADICTED", 1)])
    for held in ((), (Held(size - 1, before.root(size - 1), note),), (Held(size, root, note, anchors=False),)):
        one = told(heir(before), *held)
        assert (one.verdict.value, one.lineage.compared) == ("intact", False)


@pytest.mark.parametrize("logs", [("log", NEW), (NEW,)])
def test_no_bit_of_a_rotated_and_retired_log_is_flipped_unnoticed(log: Log, logs: tuple[str, ...]) -> None:
    """The two checkpoints and the two acts, each in a file whose closing digest was made anew."""
    early = log.checkpoint()
    rotate(log)
    log.registrars("LogRetired", {"successor": "trail.example/2036"})
    notes = [early, log.checkpoint(by=NEW)]
    policy = log.policy(logs=[log_note_key(name=name) for name in logs])
    stream = io.BytesIO()
    write_evidence(stream, log.items(notes))
    data = stream.getvalue()
    assert verify(data, policy).verdict.value == "intact"
    parts = [note.encode() for note in notes] + log.entries[-2:]
    places = [at for part in parts for at in range(data.index(part), data.index(part) + len(part))]
    for at in random.Random(len(logs)).sample(places, 250):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        changed[-32:] = sha256(bytes(changed[:-37]))
        one = verify(bytes(changed), policy)
        assert one.verdict.value != "intact", (at, chr(data[at]))
        assert "INTERNAL_ERROR" not in one.counts
