"""The verifier: evidence and policy in, a report out; nothing but everything checked and nothing found is intact."""

from __future__ import annotations

import copy
import io
import json
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.evidence.kit import (
    NOW,
    ORIGIN,
    Log,
    founding,
    key_of,
    log_note_key,
    possession,
    resigned,
    sha256,
    witness_key,
)

from trail.encoding import encode
from trail.errors import NoteError, PolicyError
from trail.evidence.file import AttachmentItem, CheckpointItem, EntryItem, Header, Item, PartItem, write_evidence
from trail.evidence.judge_acts import ActJudge
from trail.evidence.record import AttachmentRef, Happened, Seen, encode_entry, reference
from trail.evidence.refusals import CODES
from trail.evidence.verdict import Report, Verdict
from trail.signing import dated_anchor_digest, format_policy, parse_note, parse_policy
from trail.verify import Verification, verify

WITNESSES = {name: witness_key(name) for name in ("dic", "lib", "press")}
DAY = 86_400


@cache
def _written() -> Log:
    log = Log()
    for person, post in (("p-001", "jia/secretary"), ("p-001", "jia/staff"), ("p-003", "jia/staff"),
                         ("p-003", "jia-1/secretary"), ("p-002", "jia/recorder")):  # fmt: skip
        log.appoint(person, post)
    for number in range(3):
        log.add(log.talk(f"谈话 {number}"))
    return log


@pytest.fixture
def log() -> Log:
    """A furnished log with three talks, each with a part."""
    return copy.deepcopy(_written())


def quorum(log: Log, count: int = 2, **options: Any) -> str:
    """A policy that asks for *count* of three witnesses."""
    return log.policy(witnesses=WITNESSES, groups={"some": (count, tuple(WITNESSES))}, quorum="some", **options)


def codes(report: Report) -> list[str]:
    """The codes of all findings and remarks."""
    return sorted(report.counts)


def run(log: Log, *checkpoints: str, policy: str | None = None, **options: Any) -> Report:
    notes = checkpoints or (log.checkpoint(),)
    return verify(log.items(notes), log.policy() if policy is None else policy, **options)


def as_file(items: Iterable[Item]) -> bytes:
    stream = io.BytesIO()
    write_evidence(stream, items)
    return stream.getvalue()


# --- intact ----------------------------------------------------------------------------------------------------------


def test_an_honest_log_is_intact(log: Log) -> None:
    report = run(log)
    assert (report.verdict, report.exit_code, codes(report)) == (Verdict.INTACT, 0, [])
    assert (report.anchored, report.size, report.exposed) == (len(log.entries), len(log.entries), 0)
    assert report.root == log.root(len(log.entries))
    assert (report.origin, report.scope, report.kind) == (ORIGIN, {"all": True}, "file")
    assert report.policy_digest == sha256(log.policy().encode())
    assert (report.parts.shown, report.parts.withheld, report.parts.missing) == (7, 0, 0)


def test_evidence_comes_as_path_bytes_stream_or_items(log: Log, tmp_path: Path) -> None:
    data, policy = as_file(log.items()), log.policy()
    path = tmp_path / "evidence.trail"
    path.write_bytes(data)
    wanted = verify(log.items(), policy).to_json()
    with path.open("rb") as opened:
        sources: list[Any] = [path, str(path), data, io.BytesIO(data), opened, iter(log.items())]
        for evidence in sources:
            assert verify(evidence, policy).to_json() == wanted
    assert verify(data, parse_policy(policy)).to_json() == wanted
    assert verify(data, policy.encode()).to_json() == wanted


def test_the_same_evidence_gives_the_same_report(log: Log) -> None:
    one, other = (json.dumps(run(log, now=NOW).to_json(), ensure_ascii=False) for _ in range(2))
    assert one == other
    assert json.dumps(run(log, now=NOW + 1).to_json()) != json.dumps(run(log, now=NOW).to_json())


def test_every_check_of_a_file_was_made(log: Log) -> None:
    note = log.checkpoint()
    seen = Seen(len(log.entries), log.root(len(log.entries)), ())
    log.add(log.talk(seen=seen, attachments=(AttachmentRef(sha256(b"file"), 4, "a/b"),)))
    items = log.items([note, log.checkpoint()])
    report = verify([*items, AttachmentItem(b"file")], log.policy())
    assert report.verdict is Verdict.INTACT
    assert {check.number for check in report.checks if check.state == "not done"} == {16, 17, 18}
    assert all(check.count for check in report.checks if check.state == "passed")


def test_what_lies_beyond_the_anchor_is_exposed(log: Log) -> None:
    report = run(log, log.checkpoint(10))
    assert (report.verdict, report.anchored, report.exposed) == (Verdict.INTACT, 10, len(log.entries) - 10)


def test_progress_is_told(log: Log) -> None:
    told: list[tuple[int, int]] = []
    verify([*log.items(), *[EntryItem(b"x")] * 1000], log.policy(), progress=lambda *row: told.append(row))
    assert told == [(1000, len(log.entries))]


# --- 1 framing -------------------------------------------------------------------------------------------------------


def test_no_evidence_is_inconclusive(log: Log) -> None:
    report = verify([], log.policy())
    assert (report.exit_code, codes(report)) == (3, ["EMPTY", "NO_ANCHOR"])
    assert verify(b"", log.policy()).exit_code == 3


def test_without_a_header_nothing_is_intact(log: Log) -> None:
    assert verify(log.items()[1:], log.policy()).exit_code != 0


def test_a_header_without_entries_is_empty(log: Log) -> None:
    report = verify([Header(ORIGIN, 0, {"all": True})], log.policy())
    assert codes(report) == ["EMPTY", "NO_ANCHOR"]
    assert (report.exit_code, report.anchored, report.size) == (3, 0, 0)


def test_the_header_announces_the_number_of_entries(log: Log) -> None:
    for announced in (0, len(log.entries) - 1, len(log.entries) + 1):
        items = log.items(header=Header(ORIGIN, announced, {"all": True}))
        report = verify(items, log.policy())
        assert (report.exit_code, codes(report)) == (3, ["FRAME_BROKEN"])


@pytest.mark.parametrize(
    ("scope", "known"),
    [({"all": True}, True), ({"unit": "jia"}, True), ({"person": "p-001"}, True), ({"from": "2026-01-01"}, True),
     ({"from": "2026-01-01", "to": "2026-12-31"}, True), ({}, False), ({"all": 1}, False), ({"all": False}, False),
     ({"all": True, "unit": "jia"}, False), ({"unit": 1}, False), ({"unit": ""}, False), ({"duty": "x"}, False),
     ({"unit": "jia", "person": "p-001"}, False)],
)  # fmt: skip
def test_a_scope_is_one_that_this_version_knows(log: Log, scope: dict[str, Any], known: bool) -> None:
    report = verify(log.items(header=Header(ORIGIN, len(log.entries), scope)), log.policy())
    assert (report.exit_code, codes(report)) == ((0, []) if known else (3, ["FRAME_BROKEN"]))


def test_a_file_cut_short_is_inconclusive(log: Log) -> None:
    data = as_file(log.items())
    for end in (len(data) - 1, len(data) - 37, len(data) // 2, 20):
        report = verify(data[:end], log.policy())
        assert report.exit_code == 3
        assert "FRAME_BROKEN" in codes(report)


def test_a_wrong_closing_digest_is_inconclusive(log: Log) -> None:
    data = as_file(log.items())
    report = verify(data[:-1] + bytes([data[-1] ^ 1]), log.policy())
    assert (report.exit_code, codes(report)) == (3, ["CLOSING_DIGEST"])


def test_a_broken_file_may_prove_more(log: Log) -> None:
    data = as_file(log.items())
    at = data.rindex(log.records[-1].signatures[0])
    report = verify(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], log.policy())
    assert report.exit_code == 1
    assert {"CLOSING_DIGEST", "SIGNATURE_BAD", "ROOT_MISMATCH"} <= set(codes(report))


def test_what_is_no_item_is_not_passed_over(log: Log) -> None:
    for strange in (b"bytes", None, "text", object()):
        assert verify([*log.items(), strange], log.policy()).exit_code != 0  # type: ignore[list-item]


@pytest.mark.parametrize("seed", range(8))
def test_no_changed_byte_of_a_file_is_intact(log: Log, seed: int) -> None:
    data = as_file(log.items([log.checkpoint(10), log.checkpoint()]))
    for at in range(seed * 11, len(data), 331):
        report = verify(data[:at] + bytes([data[at] ^ (1 << seed)]) + data[at + 1 :], log.policy())
        assert report.exit_code in (1, 3), at


# --- 2 checkpoints ---------------------------------------------------------------------------------------------------


def test_a_malformed_checkpoint(log: Log) -> None:
    report = run(log, log.checkpoint(10), "not a note")
    assert (report.exit_code, codes(report)) == (3, ["CHECKPOINT_MALFORMED"])


def test_a_forged_checkpoint(log: Log) -> None:
    note = log.checkpoint(10).replace("\n10\n", "\n11\n", 1)
    report = run(log, note, log.checkpoint())
    assert (report.exit_code, codes(report)) == (1, ["CHECKPOINT_FORGED"])


def test_a_checkpoint_by_a_stranger(log: Log) -> None:
    report = run(log, log.checkpoint(by="stranger"))
    assert (report.exit_code, codes(report)) == (3, ["CHECKPOINT_FOREIGN", "NO_ANCHOR"])


def test_two_trees_of_one_size(log: Log) -> None:
    report = run(log, log.checkpoint(), log.checkpoint(root=bytes(32)))
    assert report.exit_code == 1
    assert "CHECKPOINT_FORK" in codes(report)
    fork = next(f for f in report.findings if f.code == "CHECKPOINT_FORK")
    assert isinstance(fork.expected, bytes)
    assert isinstance(fork.found, bytes)


def test_a_log_that_the_policy_does_not_name(log: Log) -> None:
    policy = format_policy(logs=[log_note_key("trail.example/yi")], genesis=[sha256(log.entries[0])])
    report = verify(log.items(), policy)
    assert (report.exit_code, codes(report)) == (3, ["CHECKPOINT_FOREIGN", "LOG_NOT_IN_POLICY", "NO_ANCHOR"])


def test_a_checkpoint_without_the_log_s_signature_anchors_nothing(log: Log) -> None:
    note = parse_note(log.checkpoint(None, {"dic": NOW, "lib": NOW}))
    report = run(log, note.text + "\n" + "".join(note.lines[1:]), policy=quorum(log))
    assert (report.exit_code, codes(report)) == (3, ["CHECKPOINT_FOREIGN", "NO_ANCHOR"])


# --- 3 to 11 entries -------------------------------------------------------------------------------------------------


def replaced(log: Log, position: int, entry: bytes) -> list[bytes]:
    return [*log.entries[: position - 1], entry, *log.entries[position:]]


def test_a_changed_entry_is_altered_wherever_it_stands(log: Log) -> None:
    for position in range(1, len(log.entries) + 1):
        entry = log.entries[position - 1]
        record = log.records[position - 1]
        changed = encode_entry(record.statement_bytes, record.signatures, record.version, record.recorded + 1)
        report = verify(log.items(entries=replaced(log, position, changed)), log.policy())
        assert report.exit_code == 1, position
        assert "ROOT_MISMATCH" in codes(report)
        assert changed != entry


@pytest.mark.parametrize(
    ("entry", "code"),
    [(b"", "ENTRY_MALFORMED"), (b"\xc1", "ENTRY_MALFORMED"), (encode(["act"]), "ENTRY_MALFORMED"),
     (encode(["later", 1]), "ENTRY_UNKNOWN_FORMAT")],
)  # fmt: skip
def test_an_entry_that_can_not_be_read(log: Log, entry: bytes, code: str) -> None:
    log.entries.append(entry)
    report = run(log)
    assert codes(report) == [code]
    assert report.exit_code == (1 if code == "ENTRY_MALFORMED" else 3)
    assert report.findings[0].position == len(log.entries)
    assert report.findings[0].found == entry


def test_an_entry_removed_added_or_moved(log: Log) -> None:
    entries = log.entries
    last = len(entries) - 1
    for changed in (
        entries[:-2] + entries[-1:],
        [*entries[:-1], entries[-2], entries[-1]],
        [*entries[:-2], entries[-1], entries[-2]],
        entries[:-1],
        [*entries, entries[-1]],
    ):
        report = verify(log.items(entries=changed), log.policy())
        assert report.exit_code == 1, codes(report)
    assert last > 0


def test_a_bad_entry_is_attached(log: Log) -> None:
    built = log.talk()
    log.force(built._replace(signatures=(bytes(64),)))
    report = run(log)
    assert [f.code for f in report.findings] == ["SIGNATURE_BAD"]
    finding = report.findings[0]
    assert (finding.position, finding.check, finding.attached["entry"]) == (len(log.entries), 9, log.entries[-1])


def built_badly(log: Log, code: str) -> Any:
    first = next(r for r in log.records if r.statement.type == "TalkHeld@1")
    return {
        "ORIGIN_MISMATCH": lambda: resigned(log.talk(), log="trail.example/yi"),
        "TYPE_UNDECLARED": lambda: log.build("Visited"),
        "FIELDS_MISMATCH": lambda: log.build("TalkHeld", {}),
        "NAME_UNKNOWN": lambda: log.talk(unit="bing"),
        "CAUSE_UNKNOWN": lambda: log.talk(causes=(bytes([9]) * 16,)),
        "ID_REUSED": lambda: log.talk(id=first.statement.id),
        "AFTER_AHEAD": lambda: log.talk(after=99),
        "EXCLUSIVE_MOVED": lambda: log.build("Endorsed", stream="talks/jia", after=0),
        "KEY_UNKNOWN": lambda: log.talk(keys={"p-001": "stranger"}),
        "KEY_OF_ANOTHER": lambda: log.talk(keys={"p-001": "p-002"}),
        "SIGNATURE_BAD": lambda: log.talk()._replace(signatures=(bytes(64),)),
        "POST_KIND": lambda: log.talk(by=(("p-003", "jia/staff"),)),
        "HAND_NOT_ADMITTED": lambda: log.build("Endorsed", hand="imported", stream="lists/1"),
        "RECORDER_ELSEWHERE": lambda: log.talk(hand="recorded"),
        "NO_GRANT": lambda: log.talk(hand="imported"),
        "REGISTRAR_MISSING": lambda: log.registrar_built("UnitRenamed", {"unit": "jia", "name": "x"}, ("p-001",)),
        "REGISTRY_CONFLICT": lambda: log.registrar_built("KeyEnrolled", possession("p-001")),
        "POSSESSION_BAD": lambda: log.registrar_built("KeyEnrolled", possession("p-004") | {"possession": bytes(64)}),
        "KEY_WEAK": lambda: log.registrar_built("KeyEnrolled", possession("p-004") | {"suite": "sm2"}),
        "GENESIS_MISPLACED": lambda: log.registrar_built("LogFounded", founding()),
        "STREAM_RESERVED": lambda: log.talk(stream="registry/talks"),
        "NOT_A_PERFORMER": lambda: log.talk(by=(("p-001", "jia/recorder"),), performers=first.statement.performers),
        "EDIT_NOT_ALLOWED": lambda: log.build(
            "RecordDisputed", {"target": reference(first)}, (("p-003", "jia/staff"),),
            parts={"reason": ((), {"reason": "x"})},
        ),
    }[code]()  # fmt: skip


BAD = """
    ORIGIN_MISMATCH TYPE_UNDECLARED FIELDS_MISMATCH NAME_UNKNOWN CAUSE_UNKNOWN ID_REUSED AFTER_AHEAD EXCLUSIVE_MOVED
    STREAM_RESERVED KEY_UNKNOWN KEY_OF_ANOTHER SIGNATURE_BAD POST_KIND HAND_NOT_ADMITTED NOT_A_PERFORMER
    RECORDER_ELSEWHERE NO_GRANT REGISTRAR_MISSING REGISTRY_CONFLICT POSSESSION_BAD KEY_WEAK GENESIS_MISPLACED
    EDIT_NOT_ALLOWED
"""


@pytest.mark.parametrize("code", BAD.split())
@pytest.mark.parametrize("covered", [True, False])
def test_what_append_refuses_is_found_covered_or_beyond(log: Log, code: str, covered: bool) -> None:
    built = built_badly(log, code)
    assert log.code(built) == code
    before = log.checkpoint()
    log.force(built)
    report = run(log, log.checkpoint() if covered else before)
    assert codes(report) == [code]
    assert report.exit_code == (1 if CODES[code][1] == "forged" else 3)
    assert report.exposed == (0 if covered else 1)


def test_a_bad_entry_changes_nothing_for_those_after_it(log: Log) -> None:
    log.force(log.registrar_built("UnitEstablished", {"unit": "bing", "kind": "x", "name": "x"}, ("p-001",)))
    log.force(log.talk(unit="bing"))
    log.add(log.talk())
    report = run(log)
    assert report.counts == {"REGISTRAR_MISSING": 1, "NAME_UNKNOWN": 1}


def test_the_places_of_bad_entries_count(log: Log) -> None:
    log.force(log.talk()._replace(signatures=(bytes(64),)))
    log.add(log.talk())
    assert codes(run(log)) == ["SIGNATURE_BAD"]


def test_a_version_gap(log: Log) -> None:
    log.force(log.talk(), version=9)
    assert codes(run(log)) == ["VERSION_GAP"]
    log.force(log.talk(), version=(1 << 64) - 1)
    assert codes(run(log)) == ["VERSION_GAP"]


@pytest.mark.parametrize("target", [[], [1], [bytes(16)], "x", 7, {}, [bytes(16), bytes(32)], [[], []]])
@pytest.mark.parametrize("kind", ["RecordCorrected", "RecordVoided", "PartErased"])
def test_a_strange_target_breaks_nothing(log: Log, kind: str, target: Any) -> None:
    log.force(log.build(kind, {"target": target, "part": "record", "authority": "x"}))
    log.force(log.build(kind, {"target": target}))
    log.force(log.build(kind, {}))
    report = run(log)
    assert report.exit_code != 0
    assert "INTERNAL_ERROR" not in report.counts


@given(st.data())
def test_whatever_stands_in_an_entry_breaks_nothing(data: st.DataObject) -> None:
    from tests.evidence.strategies import STATEMENTS

    log = copy.deepcopy(_written())
    statement = data.draw(STATEMENTS)
    types = sorted(log.registry.types)
    changed = statement._replace(
        log=ORIGIN, type=data.draw(st.sampled_from(types)), signers=log.talk().statement.signers,
        performers=data.draw(st.sampled_from((statement.performers, log.talk().statement.performers))),
        stream=data.draw(st.sampled_from((statement.stream, "talks/jia"))), unit=None, causes=(), seen=None,
    )  # fmt: skip
    log.force(resigned(log.talk()._replace(parts=()), **changed._asdict()))
    report = run(log)
    assert report.exit_code != 0 or log.records[-1].statement.type == "Endorsed@1"
    assert "INTERNAL_ERROR" not in report.counts


# --- 10 posts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happened", "held"), [("2026-01-31", False), ("2026-02-01", True), ("2026-02-28", True), ("2026-03-01", False)]
)
def test_a_post_that_the_log_does_not_show_is_remarked(happened: str, held: bool) -> None:
    log = Log()
    fields = {"post": "jia/secretary", "person": "p-001", "from": "2026-02-01", "until": "2026-03-01", "acting": False}
    log.registrars("PostAssigned", fields)
    record = log.add(log.talk(happened=Happened.on(happened)))
    report = run(log)
    assert report.exit_code == 0
    assert [(r.code, r.position) for r in report.remarks] == ([] if held else [("POST_NOT_HELD", record.position)])


# --- 11 genesis ------------------------------------------------------------------------------------------------------


def test_a_policy_that_pins_no_genesis_is_inconclusive(log: Log) -> None:
    report = run(log, policy=log.policy(genesis=[]))
    assert (report.exit_code, codes(report)) == (3, ["GENESIS_NOT_PINNED"])


def test_a_policy_that_pins_another_genesis(log: Log) -> None:
    report = run(log, policy=log.policy(genesis=[bytes(32)]))
    assert (report.exit_code, codes(report)) == (1, ["GENESIS_OTHER"])


def test_a_policy_may_pin_the_geneses_of_several_logs(log: Log) -> None:
    assert run(log, policy=log.policy(genesis=[bytes(32), sha256(log.entries[0])])).exit_code == 0


def test_a_log_that_a_thief_of_the_log_key_founded_anew(log: Log) -> None:
    other = Log(founded=False)
    other.registrars("LogFounded", {"registrars": [possession("x-1"), possession("x-2")]}, ("x-1", "x-2"))
    report = verify(other.items(), log.policy())
    assert (report.exit_code, codes(report)) == (1, ["GENESIS_OTHER"])


def test_a_first_entry_that_can_not_be_read_is_not_the_pinned_one(log: Log) -> None:
    for first in (encode(["opaque", 1]), b"\xc1", log.entries[-1]):
        report = verify(log.items(entries=[first, *log.entries[1:]]), log.policy())
        assert report.exit_code != 0


def test_a_member_s_key_is_no_log_s_and_no_witness_s(log: Log) -> None:
    for name in ("dic", "log"):
        other = copy.deepcopy(log)
        other.registrars("KeyEnrolled", possession("p-004", name))
        report = run(other, policy=other.policy(witnesses=WITNESSES))
        assert (report.exit_code, codes(report)) == (3, ["KEY_DOUBLE_USE"])


# --- 12 seen ---------------------------------------------------------------------------------------------------------


def saw(log: Log, size: int, root: bytes | None = None, anchors: tuple[bytes, ...] = ()) -> None:
    log.add(log.talk(seen=Seen(size, log.root(size) if root is None else root, anchors)))


def test_what_a_signer_saw_is_the_log_s_own_tree(log: Log) -> None:
    saw(log, 10)
    assert run(log, log.checkpoint(10), log.checkpoint()).exit_code == 0


def test_a_signer_who_saw_another_tree(log: Log) -> None:
    saw(log, 10, bytes(32))
    report = run(log, log.checkpoint(10), log.checkpoint())
    assert (report.exit_code, codes(report)) == (1, ["SEEN_CONTRADICTED"])


def test_a_signer_who_held_an_anchor_that_is_not_shown(log: Log) -> None:
    note = log.checkpoint(10, {"dic": NOW, "stranger": NOW})
    digests = sorted(dated_anchor_digest(line) for line in parse_note(note).lines[1:])
    saw(log, 10, anchors=tuple(digests))
    assert run(log, note, log.checkpoint()).exit_code == 0
    report = run(log, log.checkpoint(10, {"dic": NOW}), log.checkpoint())
    assert (report.exit_code, codes(report)) == (3, ["SEEN_UNSHOWN"])


def test_a_signer_who_saw_what_is_not_shown(log: Log) -> None:
    saw(log, 10)
    report = run(log)
    assert (report.exit_code, codes(report)) == (3, ["SEEN_UNSHOWN"])


@pytest.mark.parametrize("ahead", [0, 1, 1 << 40])
def test_a_signer_who_saw_the_future(log: Log, ahead: int) -> None:
    size = len(log.entries) + 1 + ahead
    log.force(log.talk(seen=Seen(size, bytes(32), ())))
    report = run(log)
    assert (report.exit_code, codes(report)) == (1, ["SEEN_AHEAD"])


# --- 13, 14 bodies ---------------------------------------------------------------------------------------------------


def beside(log: Log, *items: Item, policy: str | None = None) -> Report:
    """The evidence with *items* beside the last entry; its scope is a unit's that has nothing to do with it."""
    header = Header(ORIGIN, len(log.entries), {"unit": "yi"})
    return verify(log.items(parts={len(log.entries): items}, header=header), log.policy() if policy is None else policy)


def test_a_missing_part_is_inconclusive(log: Log) -> None:
    report = beside(log)
    assert (report.exit_code, codes(report), report.parts.missing) == (3, ["PART_MISSING"], 1)


def test_a_withheld_part_is_intact_unless_required(log: Log) -> None:
    withheld = PartItem(None, log.records[-1].statement.parts[0].digest)
    report = beside(log, withheld)
    assert (report.exit_code, report.parts.withheld) == (0, 1)
    report = beside(log, withheld, policy=log.policy(require=["bodies"]))
    assert (report.exit_code, codes(report)) == (3, ["PART_WITHHELD_REQUIRED"])
    assert beside(log, withheld, policy=log.policy(require=["attachments"])).exit_code == 0


def test_an_altered_part_is_altered(log: Log) -> None:
    report = beside(log, PartItem(log.parts[-1][0].replace("谈话".encode(), "讲话".encode())))
    assert (report.exit_code, codes(report)) == (1, ["PART_ALTERED"])


def test_an_erased_part_is_intact(log: Log) -> None:
    at = len(log.entries)
    log.registrars(
        "GrantGiven", {"grant": "g-1", "post": "jia/staff", "action": "erase", "types": ["*"], "unit": "jia"}
    )
    fields = {"target": reference(log.records[at - 1]), "part": "record", "authority": "决定"}
    log.add(log.build("PartErased", fields, (("p-003", "jia/staff"),)))
    report = verify(log.items(parts={at: []}), log.policy(require=["bodies"]))
    assert (report.exit_code, report.parts.erased, report.parts.missing) == (0, 1, 0)
    shown = verify(log.items(), log.policy())
    assert (shown.exit_code, codes(shown)) == (0, ["PART_SHOWN_AFTER_ERASURE"])


def test_who_announces_everything_withholds_nothing(log: Log) -> None:
    withheld = PartItem(None, log.records[-1].statement.parts[0].digest)
    report = verify(log.items(parts={len(log.entries): [withheld]}), log.policy())
    assert (report.exit_code, codes(report)) == (3, ["SCOPE_CONTRADICTED"])


def test_attachments(log: Log) -> None:
    digest = sha256(b"file")
    log.add(log.talk(attachments=(AttachmentRef(digest, 4, "a/b"),)))
    shown, withheld = AttachmentItem(b"file"), AttachmentItem(None, digest)
    assert beside(log, shown, policy=log.policy(require=["attachments"])).exit_code == 0
    assert beside(log, withheld).exit_code == 0
    for items, policy, code in (
        ((), None, "ATTACHMENT_MISSING"),
        ((withheld,), log.policy(require=["attachments"]), "ATTACHMENT_WITHHELD_REQUIRED"),
        ((AttachmentItem(b"elif"),), None, "ATTACHMENT_ALTERED"),
        ((shown, shown), None, "ATTACHMENT_STRAY"),
    ):
        report = beside(log, *items, policy=policy)
        assert codes(report) == [code]
        assert report.exit_code == (1 if code == "ATTACHMENT_ALTERED" else 3)


# --- 15 tree ---------------------------------------------------------------------------------------------------------


def test_every_checkpoint_is_compared(log: Log) -> None:
    report = run(log, log.checkpoint(10, root=bytes(32)), log.checkpoint())
    assert (report.exit_code, codes(report)) == (1, ["ROOT_MISMATCH"])
    assert report.findings[0].position == 10
    assert "checkpoint" in report.findings[0].attached


def test_a_checkpoint_that_does_not_fit_anchors_nothing(log: Log) -> None:
    report = run(log, log.checkpoint(10), log.checkpoint(root=bytes(32)))
    assert (report.exit_code, report.anchored) == (1, 10)


def test_a_checkpoint_of_more_entries_than_there_are(log: Log) -> None:
    size = len(log.entries)
    report = run(log, log.checkpoint(10), log.checkpoint(size + 1, root=bytes(32)))
    assert (report.exit_code, codes(report), report.anchored) == (1, ["ENTRIES_REMOVED"], 10)


def test_the_tail_cut_off_with_the_header_changed(log: Log) -> None:
    report = verify(log.items(entries=log.entries[:-1]), log.policy())
    assert (report.exit_code, codes(report)) == (1, ["ENTRIES_REMOVED", "NO_ANCHOR"])


def test_a_checkpoint_of_size_zero_anchors_nothing(log: Log) -> None:
    report = run(log, log.checkpoint(0))
    assert (report.exit_code, codes(report)) == (3, ["NO_ANCHOR"])


# --- 15 what the inspector holds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("database", [False, True])
def test_a_known_checkpoint_anchors_up_to_its_own_size(log: Log, database: bool) -> None:
    run_ = Verification(parse_policy(quorum(log)), known=log.checkpoint(12), database=database)
    report = run_.run(log.items([log.checkpoint(10, {"dic": NOW, "lib": NOW})]))
    assert (report.verdict, report.anchored, report.anchored_at) == (Verdict.INTACT, 12, None)
    smaller = Verification(parse_policy(quorum(log)), known=log.checkpoint(8), database=database)
    report = smaller.run(log.items([log.checkpoint(10, {"dic": NOW, "lib": NOW})]))
    assert (report.verdict, report.anchored, report.anchored_at) == (Verdict.INTACT, 10, NOW)


@pytest.mark.parametrize(
    ("database", "code", "exit_code"), [(False, "OLDER_THAN_KNOWN", 3), (True, "ENTRIES_REMOVED", 1)]
)
def test_evidence_shorter_than_what_is_known(log: Log, database: bool, code: str, exit_code: int) -> None:
    known = log.checkpoint()
    del log.entries[-1], log.parts[-1]
    report = Verification(parse_policy(log.policy()), known=known, database=database).run(log.items())
    assert (report.exit_code, codes(report)) == (exit_code, [code])


@pytest.mark.parametrize("database", [False, True])
@pytest.mark.parametrize("size", [1, 10, 24])
def test_another_tree_than_the_known_one(log: Log, database: bool, size: int) -> None:
    known = log.checkpoint(size, root=bytes(32))
    report = Verification(parse_policy(log.policy()), known=known, database=database).run(log.items())
    assert (report.exit_code, codes(report)) == (1, ["ROOT_MISMATCH"])


def test_a_known_checkpoint_is_text_or_bytes(log: Log) -> None:
    for known in (log.checkpoint(10), log.checkpoint(10).encode()):
        assert run(log, known=known).exit_code == 0


def test_a_known_checkpoint_that_is_none(log: Log) -> None:
    for known in ("", "x", log.checkpoint(10, by="stranger"), log.checkpoint(10, origin="trail.example/yi"),
                  log.checkpoint(10).replace("\n10\n", "\n11\n", 1)):  # fmt: skip
        with pytest.raises(NoteError):
            run(log, known=known)


def test_a_known_checkpoint_of_another_log_of_the_policy_accuses_nobody(log: Log) -> None:
    policy = log.policy(logs=[log_note_key(), log_note_key("trail.example/yi", "log of yi")])
    known = log.checkpoint(10, root=bytes(32), origin="trail.example/yi", by="log of yi")
    report = run(log, policy=policy, known=known)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert "ROOT_MISMATCH" not in codes(report)


# --- 19 anchor -------------------------------------------------------------------------------------------------------


def test_no_quorum_no_anchor(log: Log) -> None:
    for cosigned, code in (
        ({}, 3),
        ({"dic": NOW}, 3),
        ({"dic": NOW, "stranger": NOW}, 3),
        ({"dic": NOW, "lib": NOW}, 0),
    ):
        report = run(log, log.checkpoint(None, cosigned), policy=quorum(log))
        assert report.exit_code == code
        assert ("NO_ANCHOR" in codes(report)) == bool(code)


def test_the_newest_checkpoint_with_a_quorum_anchors(log: Log) -> None:
    both = {"dic": NOW + 5, "lib": NOW + 7}
    report = run(log, log.checkpoint(8, both), log.checkpoint(10, both), log.checkpoint(), policy=quorum(log))
    assert (report.anchored, report.anchored_at, report.anchored_by) == (10, NOW + 7, ("dic", "lib"))


@pytest.mark.parametrize(("age", "code"), [(0, 0), (30 * DAY - 1, 0), (30 * DAY + 1, 3), (300 * DAY, 3)])
def test_fresh(log: Log, age: int, code: int) -> None:
    policy = quorum(log, fresh_days=30)
    now = NOW + 400 * DAY
    report = run(log, log.checkpoint(None, {"dic": now - age, "lib": now - age}), policy=policy, now=now)
    assert (report.exit_code, codes(report)) == (code, ["ANCHOR_STALE"] if code else [])


def test_fresh_needs_to_know_what_time_it_is(log: Log) -> None:
    policy = quorum(log, fresh_days=30)
    report = run(log, log.checkpoint(None, {"dic": NOW, "lib": NOW}), policy=policy)
    assert (report.exit_code, codes(report)) == (3, ["ANCHOR_STALE"])


def test_without_a_quorum_nothing_is_fresh(log: Log) -> None:
    report = run(log, policy=log.policy(fresh_days=30), now=NOW)
    assert (report.exit_code, codes(report)) == (3, ["ANCHOR_STALE"])


def test_a_policy_that_can_not_be_read_is_refused(log: Log) -> None:
    with pytest.raises(PolicyError):
        run(log, policy="nonsense\n")


# --- 20 times --------------------------------------------------------------------------------------------------------


def remarked(log: Log, *checkpoints: str) -> dict[str, list[int | None]]:
    report = run(log, *checkpoints, policy=quorum(log))
    assert report.exit_code == 0, codes(report)
    out: dict[str, list[int | None]] = {}
    for remark in report.remarks:
        out.setdefault(remark.code, []).append(remark.position)
    return out


def cosigned(log: Log, time: int, size: int | None = None) -> str:
    return log.checkpoint(size, {"dic": time, "lib": time})


def test_honest_times_are_not_remarked(log: Log) -> None:
    assert remarked(log, cosigned(log, NOW + 100)) == {}


@pytest.mark.parametrize(("ahead", "expected"), [(0, []), (300, []), (301, [25])])
def test_recorded_after_a_quorum_had_seen_it(log: Log, ahead: int, expected: list[int]) -> None:
    time = NOW + 100
    record = log.add(log.talk(), recorded=time + ahead)
    found = remarked(log, cosigned(log, time)).get("RECORDED_OUTSIDE_INTERVAL", [])
    assert found == [record.position] * bool(expected)


@pytest.mark.parametrize(("back", "expected"), [(300, False), (301, True)])
def test_recorded_before_an_anchor_that_an_earlier_entry_names(log: Log, back: int, expected: bool) -> None:
    time = NOW + 5000
    note = cosigned(log, time, 10)
    anchors = tuple(sorted(dated_anchor_digest(line) for line in parse_note(note).lines[1:]))
    log.add(log.talk(seen=Seen(10, log.root(10), anchors)), recorded=time + 10)
    record = log.add(log.talk(), recorded=time - back)
    found = remarked(log, note, cosigned(log, time + 100))
    assert found["CLOCK_STEP"] == [record.position]
    assert found.get("RECORDED_OUTSIDE_INTERVAL", []) == [record.position] * expected


def test_an_anchor_that_was_not_verified_dates_nothing(log: Log) -> None:
    note = log.checkpoint(10, {"dic": NOW + 9000, "lib": NOW + 9000, "stranger": NOW + 90_000})
    line = parse_note(note).lines[-1]
    log.add(log.talk(seen=Seen(10, log.root(10), (dated_anchor_digest(line),))))
    assert "RECORDED_OUTSIDE_INTERVAL" not in remarked(log, note, cosigned(log, NOW + 9000))


def test_the_clock_stepped_back(log: Log) -> None:
    record = log.add(log.talk(), recorded=NOW)
    assert remarked(log, cosigned(log, NOW + 100)) == {"CLOCK_STEP": [record.position]}


@pytest.mark.parametrize(("ahead", "expected"), [(300, False), (301, True)])
def test_happened_after_it_was_recorded(log: Log, ahead: int, expected: bool) -> None:
    happened = Happened("instant", NOW + 50 + ahead, 480, "second", False)
    record = log.add(log.talk(happened=happened), recorded=NOW + 50)
    found = remarked(log, cosigned(log, NOW + 100))
    assert found.get("HAPPENED_AFTER_RECORDED", []) == [record.position] * expected


def test_a_compromise_disputes_what_nothing_proves_to_be_older(log: Log) -> None:
    key = key_of("p-001").public.id
    first = cosigned(log, NOW + 100)
    safe = len(log.entries)
    later = [log.add(log.talk(), recorded=NOW + 200 + n).position for n in range(2)]
    log.add(log.talk(by=(("p-003", "jia-1/secretary"),)), recorded=NOW + 300)
    fields = {"key": key, "reason": "compromised", "compromised_since": NOW + 150}
    built = log.registrar_built("KeyRevoked", fields, ("r-1",))
    revoked = log.add(built, recorded=NOW + 400)
    report = run(log, first, cosigned(log, NOW + 500), policy=quorum(log))
    assert report.exit_code == 0
    assert [(r.code, r.position, r.found) for r in report.remarks] == [("SIGNED_IN_DISPUTE", revoked.position, later)]
    assert safe < later[0]


def test_a_compromise_after_all_was_anchored_disputes_nothing(log: Log) -> None:
    note = cosigned(log, NOW + 100)
    fields = {"key": key_of("p-001").public.id, "reason": "compromised", "compromised_since": NOW + 101}
    log.add(log.registrar_built("KeyRevoked", fields, ("r-1",)), recorded=NOW + 200)
    assert remarked(log, note, cosigned(log, NOW + 300)) == {}


def test_a_revocation_without_a_date_disputes_nothing(log: Log) -> None:
    fields = {"key": key_of("p-001").public.id, "reason": "lost"}
    log.registrars("KeyRevoked", fields, ("r-1",))
    assert remarked(log, cosigned(log, NOW + 100)) == {}


# --- 21 the verifier itself ------------------------------------------------------------------------------------------


def methods_of(owner: type, *others: str) -> list[str]:
    return [name for name, value in vars(owner).items() if callable(value) and name not in ("__init__", *others)]


PARTS_OF_A_RUN: list[tuple[str, str]] = [
    *(("run", name) for name in methods_of(Verification, "internal", "run")),
    *(("judge", name) for name in methods_of(ActJudge)),
    *(("bodies", name) for name in ("expect", "take_part", "settle", "missing", "withheld_but")),
    *(("times", name) for name in ("take", "seen")),
    *(("anchors", name) for name in ("add", "settle")),
    *(("history", name) for name in ("add", "find", "version")),
    *(("registry", "apply"),),
    *(("frontier", name) for name in ("append", "root")),
]


class Fault(Exception):
    """A fault of the verifier."""


def everything(log: Log) -> tuple[str, list[Item]]:
    """Policy and evidence that reach every method."""
    note = log.checkpoint(10, {"dic": NOW + 100, "lib": NOW + 100})
    anchors = tuple(sorted(dated_anchor_digest(line) for line in parse_note(note).lines[1:]))
    log.add(log.talk(seen=Seen(10, log.root(10), anchors), attachments=(AttachmentRef(sha256(b"f"), 1, "a/b"),)),
            recorded=NOW + 100)  # fmt: skip
    items = log.items([note, log.checkpoint(None, {"dic": NOW + 200, "lib": NOW + 200})])
    return quorum(log), [*items, AttachmentItem(b"f")]


def faulty(*_: object, **__: object) -> Any:
    raise Fault("…")


def exit_code(run_: Verification, items: list[Item]) -> int:
    try:
        return run_.run(items).exit_code
    except Fault:
        return -1


def test_without_a_fault_it_is_intact(log: Log) -> None:
    policy, items = everything(log)
    assert exit_code(Verification(parse_policy(policy)), items) == 0


@pytest.mark.parametrize(("part", "name"), PARTS_OF_A_RUN)
def test_a_fault_of_the_verifier_is_never_intact(
    log: Log, part: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, items = everything(log)
    run_ = Verification(parse_policy(policy))
    owners: dict[str, Any] = vars(run_) | vars(run_._judge) | {"run": run_, "judge": run_._judge}
    owner = owners[part]
    monkeypatch.setattr(type(owner), name, faulty)
    code = exit_code(run_, items)
    unused = {"run": ("_break", "extract", "root_at", "want"), "judge": ("_amended", "_log_key", "_posts"),
              "history": ("find",)}  # fmt: skip
    assert code != 0 or name in unused.get(part, ())


@pytest.mark.parametrize(
    "name",
    [
        "evidence.judge_acts.admit", "evidence.judge_acts.check_keys", "evidence.judge_acts.check_signatures",
        "evidence.judge_acts.decode_entry", "verify.kind_of", "verify.leaf_hash", "verify.read_anchor",
    ],
)  # fmt: skip
def test_a_fault_below_the_verifier_is_never_intact(log: Log, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, items = everything(log)
    monkeypatch.setattr(f"trail.{name}", faulty)
    report = Verification(parse_policy(policy)).run(items)
    assert report.exit_code == 3
    assert "INTERNAL_ERROR" in codes(report)
    assert report.checks[-1].state == "failed"


def test_evidence_that_fails_underway_is_inconclusive(log: Log) -> None:
    def failing() -> Iterable[Item]:
        yield from log.items()
        raise Fault("disk")

    report = verify(failing(), log.policy())
    assert (report.exit_code, codes(report)) == (3, ["INTERNAL_ERROR"])


def test_a_progress_bar_that_fails_is_never_intact(log: Log) -> None:
    report = verify([*log.items(), *[EntryItem(b"x")] * 1000], log.policy(), progress=faulty)
    assert report.exit_code != 0


def test_findings_are_capped_and_counted(log: Log) -> None:
    for _ in range(150):
        log.entries.append(b"\xc1")
    report = run(log)
    assert report.counts == {"ENTRY_MALFORMED": 150}
    assert len(report.findings) == 100
    assert json.dumps(report.to_json())


CHANGES: dict[str, Callable[[list[Item]], list[Item]]] = {
    "no checkpoints": lambda items: [item for item in items if not isinstance(item, CheckpointItem)],
    "no header": lambda items: items[1:],
    "no parts": lambda items: [item for item in items if not isinstance(item, PartItem)],
    "checkpoints at the end": lambda items: sorted(items, key=lambda item: isinstance(item, CheckpointItem)),
    "header at the end": lambda items: [*items[1:], items[0]],
    "a second header": lambda items: [items[0]._replace(origin="trail.example/yi"), *items],  # type: ignore[call-arg]
    "entries reversed": lambda items: [*items[:2], *reversed(items[2:])],
}


@pytest.mark.parametrize("change", CHANGES)
def test_items_in_disorder_are_never_intact(log: Log, change: str) -> None:
    assert verify(CHANGES[change](log.items()), log.policy()).exit_code != 0
