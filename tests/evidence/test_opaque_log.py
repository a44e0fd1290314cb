"""The verifier on the log of a foreign application: order and integrity, each event once, its state as recorded."""

from __future__ import annotations

import copy
import io
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.kit import NOW, ORIGIN, Log, log_note_key, sha256, witness_key
from tests.evidence.opaque_kit import OpaqueLog, filled

from trail.encoding import encode
from trail.evidence.file import (
    AttachmentItem,
    EntryItem,
    Header,
    Item,
    PartItem,
    StateItem,
    write_evidence,
)
from trail.evidence.judge_opaque import OpaqueJudge
from trail.evidence.opaque import OpaqueEntry, decode_opaque, encode_opaque
from trail.evidence.record import Record
from trail.evidence.refusals import CODES
from trail.evidence.verdict import Report, Shown, Verdict
from trail.signing import format_policy, parse_policy
from trail.verify import Verification, verify

NOT_DONE = {4, 5, 6, 8, 9, 10, 11, 12, 14, 16, 17, 18}


@cache
def _acts() -> Log:
    return Log()


@pytest.fixture
def log() -> OpaqueLog:
    """Six events of two aggregates."""
    return filled()


@pytest.fixture
def acts() -> Log:
    """A log of acts of the same origin, signed by the same log key."""
    return copy.deepcopy(_acts())


def codes(report: Report) -> list[str]:
    return sorted(report.counts)


def places(report: Report) -> list[tuple[str, int | None]]:
    return [(one.code, one.position) for one in report.findings]


# --- intact ----------------------------------------------------------------------------------------------------------


def test_an_untouched_log_is_intact_without_a_pinned_entry(log: OpaqueLog) -> None:
    report = verify(log.items(), log.policy())
    assert (report.verdict, report.counts, report.exit_code) == (Verdict.INTACT, {}, 0)
    assert (report.log_kind, report.size, report.anchored, report.exposed) == ("opaque", 6, 6, 0)
    assert (report.parts, report.attachments, report.enrolled) == (Shown(6), Shown(), ())
    assert report.root == log.root(6)


def test_what_was_not_checked_is_said(log: OpaqueLog) -> None:
    report = verify(log.items(), log.policy())
    assert {check.number for check in report.checks if check.state == "not done"} == NOT_DONE
    counted = {check.number: check.count for check in report.checks}
    assert (counted[3], counted[7], counted[13], counted[20]) == (6, 6, 6, 6)


def test_the_report_names_the_kind_of_log(log: OpaqueLog, acts: Log) -> None:
    for one, kind in ((log, "opaque"), (acts, "acts")):
        assert verify(one.items(), one.policy()).to_json()["log_kind"] == kind
    assert verify([Header(ORIGIN, 0, {"all": True})], log.policy()).log_kind == ""
    json.dumps(verify(log.items(), log.policy()).to_json())


def test_a_file_is_verified_as_its_items_are(log: OpaqueLog) -> None:
    stream = io.BytesIO()
    write_evidence(stream, log.items([log.checkpoint(3), log.checkpoint()]))
    wanted = verify(log.items([log.checkpoint(3), log.checkpoint()]), log.policy()).to_json()
    assert verify(stream.getvalue(), log.policy()).to_json() == wanted


def test_an_empty_state_and_an_empty_name_are_sound() -> None:
    log = OpaqueLog()
    log.event("", state=b"")
    assert verify(log.items(), log.policy()).verdict is Verdict.INTACT


def test_the_entry_taken_last_is_at_hand(log: OpaqueLog, acts: Log) -> None:
    run = Verification(parse_policy(log.policy()))
    kinds = []
    for item in [*log.items(), EntryItem(acts.entries[0]), EntryItem(b"x")]:
        run.take(item)
        if isinstance(item, EntryItem):
            kinds.append(type(run.last))
    assert kinds == [OpaqueEntry] * 6 + [type(None)] * 2
    assert (run.registry_position, run.log_kind) == (0, "opaque")
    run = Verification(parse_policy(acts.policy()))
    for item in acts.items():
        run.take(item)
    assert type(run.last) is Record
    assert (run.registry_position, run.log_kind) == (len(acts.entries), "acts")


# --- the first entry -------------------------------------------------------------------------------------------------


def test_a_policy_may_pin_the_first_entry(log: OpaqueLog) -> None:
    report = verify(log.items(), log.policy(genesis=[bytes(32), sha256(log.entries[0])]))
    assert (report.verdict, report.counts) == (Verdict.INTACT, {})
    assert next(check.state for check in report.checks if check.number == 11) == "passed"


def test_another_first_entry_than_the_pinned_one_is_another_log(log: OpaqueLog) -> None:
    for pinned in (bytes(32), sha256(log.entries[1])):
        report = verify(log.items(), log.policy(genesis=[pinned]))
        assert (report.exit_code, places(report)) == (1, [("GENESIS_OTHER", 1)])


def test_a_log_of_acts_is_not_passed_off_as_one_of_an_application(log: OpaqueLog, acts: Log) -> None:
    """Its key signed both: without the pin, the inspector could not tell."""
    assert verify(acts.items(), acts.policy()).verdict is Verdict.INTACT
    report = verify(log.items(), acts.policy())
    assert (report.exit_code, places(report)) == (1, [("GENESIS_OTHER", 1)])


def test_the_pins_of_a_policy_are_for_the_logs_that_it_names(log: OpaqueLog, acts: Log) -> None:
    for one in (log, acts):
        policy = format_policy(logs=[log_note_key("trail.example/yi")], genesis=[bytes(32)])
        report = verify(one.items(), policy)
        assert (report.exit_code, codes(report)) == (3, ["CHECKPOINT_FOREIGN", "LOG_NOT_IN_POLICY", "NO_ANCHOR"])


def test_without_a_pinned_entry_a_log_of_acts_stays_inconclusive(acts: Log) -> None:
    report = verify(acts.items(), format_policy(logs=[log_note_key()]))
    assert (report.exit_code, codes(report)) == (3, ["GENESIS_NOT_PINNED"])


# --- kinds mixed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("covered", [True, False])
def test_an_event_among_acts(log: OpaqueLog, acts: Log, covered: bool) -> None:
    before = acts.checkpoint()
    acts.entries.append(log.entries[0])
    report = verify(acts.items([acts.checkpoint() if covered else before]), acts.policy())
    assert (report.exit_code, places(report)) == (1, [("KIND_MIXED", len(acts.entries))])
    assert (report.log_kind, report.findings[0].expected, report.findings[0].found) == ("acts", "act", "opaque")
    assert report.findings[0].attached["entry"] == log.entries[0]


@pytest.mark.parametrize("at", [1, 3, 6])
@pytest.mark.parametrize("covered", [True, False])
def test_an_act_among_events(log: OpaqueLog, acts: Log, at: int, covered: bool) -> None:
    whole = log.checkpoint(at)
    log.entries.insert(at, acts.entries[0])
    log.states.insert(at, b"")
    parts: dict[int, list[Item]] = {at + 1: []}
    report = verify(log.items([log.checkpoint() if covered else whole], parts=parts), log.policy())
    assert (report.exit_code, places(report)) == (1, [("KIND_MIXED", at + 1)])
    assert report.log_kind == "opaque"


def test_what_claims_the_other_kind_is_mixed_however_it_goes_on(log: OpaqueLog, acts: Log) -> None:
    for one, entry in ((log, encode(["act"])), (acts, encode(["opaque", 1]))):
        report = verify([*one.items(), EntryItem(entry)], one.policy())
        assert report.exit_code == 1
        assert "KIND_MIXED" in codes(report)


def test_a_first_entry_that_can_not_be_read_decides_nothing(log: OpaqueLog) -> None:
    for entry, code in ((b"\xc1", "ENTRY_MALFORMED"), (encode(["later"]), "ENTRY_UNKNOWN_FORMAT")):
        log.entries[0] = entry
        report = verify(log.items(parts={1: []}), log.policy())
        assert (report.log_kind, places(report)) == ("opaque", [(code, 1)])
        assert report.exit_code == (1 if code == "ENTRY_MALFORMED" else 3)


def test_with_no_entry_that_can_be_read_no_kind_is_claimed(log: OpaqueLog) -> None:
    log.entries = [encode(["later"])]
    log.states = [b""]
    report = verify(log.items(parts={1: []}), log.policy())
    assert (report.log_kind, report.exit_code) == ("", 3)
    assert codes(report) == ["ENTRY_UNKNOWN_FORMAT", "GENESIS_NOT_PINNED"]


# --- 3, 7, 15 entries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "code"),
    [(b"", "ENTRY_MALFORMED"), (b"\xc1", "ENTRY_MALFORMED"), (encode(["opaque", 1]), "ENTRY_MALFORMED"),
     (encode(["later", 1]), "ENTRY_UNKNOWN_FORMAT")],
)  # fmt: skip
def test_an_entry_that_can_not_be_read(log: OpaqueLog, entry: bytes, code: str) -> None:
    log.entries.append(entry)
    log.states.append(b"")
    report = verify(log.items(parts={7: []}), log.policy())
    assert places(report) == [(code, 7)]
    assert report.exit_code == (1 if code == "ENTRY_MALFORMED" else 3)
    assert report.findings[0].found == entry


def test_an_event_recorded_twice(log: OpaqueLog) -> None:
    log.event("shelf-1", 3)
    log.event("shelf-2", 3)
    report = verify(log.items(), log.policy())
    assert (report.exit_code, places(report)) == (1, [("EVENT_TWICE", 7)])
    assert report.findings[0].found == ["shelf-1", 3]
    assert report.findings[0].attached["entry"] == log.entries[6]


def test_versions_may_have_gaps_and_any_order() -> None:
    log = OpaqueLog()
    for version in (9, 3, 4, 100, 99, -5, 0, (1 << 63) - 1, -(1 << 63)):
        log.event(version=version)
    assert verify(log.items(), log.policy()).counts == {}


def test_a_uuid_and_a_text_of_the_same_bytes_are_two_originators() -> None:
    log = OpaqueLog()
    for kind in ("uuid", "text"):
        log.event(b"0123456789abcdef", 1, id_kind=kind)
    assert verify(log.items(), log.policy()).counts == {}


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 5)), max_size=12))
def test_exactly_the_repeated_events_are_found(events: list[tuple[str, int]]) -> None:
    log = OpaqueLog()
    for originator, version in events:
        log.event(originator, version)
    report = verify(log.items(), log.policy())
    repeated = [at for at, event in enumerate(events, 1) if event in events[: at - 1]]
    assert [one.position for one in report.findings if one.code == "EVENT_TWICE"] == repeated


ORDERS = {
    "removed": [0, 1, 3, 4, 5],
    "cut off": [0, 1, 2, 3, 4],
    "moved": [5, 0, 1, 2, 3, 4],
    "swapped": [0, 2, 1, 3, 4, 5],
    "replaced": [0, 1, 6, 3, 4, 5],
    "inserted": [0, 1, 2, 3, 4, 6, 5],
    "doubled": [0, 1, 2, 3, 4, 5, 5],
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_an_entry_removed_moved_replaced_or_inserted(log: OpaqueLog, order: list[int]) -> None:
    note = log.checkpoint()
    log.event("shelf-9", 1)
    report = verify(log.items([note], entries=[log.entries[at] for at in order]), log.policy())
    assert report.exit_code == 1
    assert {"ROOT_MISMATCH", "ENTRIES_REMOVED", "EVENT_TWICE"} & set(codes(report))


def test_a_changed_entry_is_altered_wherever_it_stands(log: OpaqueLog) -> None:
    for at, entry in enumerate(log.entries):
        event = decode_opaque(entry, at + 1)
        changed = encode_opaque(*event._replace(recorded=event.recorded + 1)[1:])
        rows = [*log.entries[:at], changed, *log.entries[at + 1 :]]
        items = log.items(entries=rows, parts={at + 1: [StateItem(log.states[at])]})
        assert places(verify(items, log.policy()))[0] == ("ROOT_MISMATCH", 6)


def test_what_lies_beyond_the_anchor_is_exposed(log: OpaqueLog) -> None:
    report = verify(log.items([log.checkpoint(4)]), log.policy())
    assert (report.verdict, report.anchored, report.exposed) == (Verdict.INTACT, 4, 2)


def test_without_entries_nothing_is_intact(log: OpaqueLog) -> None:
    report = verify([Header(ORIGIN, 0, {"all": True})], log.policy())
    assert report.exit_code == 3
    assert "EMPTY" in codes(report)


# --- 13 states -------------------------------------------------------------------------------------------------------


def with_beside(log: OpaqueLog, position: int, *items: Item, policy: str | None = None) -> Report:
    return verify(log.items(parts={position: list(items)}), policy or log.policy())


def test_an_altered_state(log: OpaqueLog) -> None:
    report = with_beside(log, 3, StateItem(b"another state"))
    assert (report.exit_code, places(report)) == (1, [("STATE_ALTERED", 3)])
    assert (report.findings[0].expected, report.findings[0].found) == (sha256(log.states[2]), sha256(b"another state"))
    assert report.parts == Shown(5)


def test_a_state_of_another_length_than_was_recorded(log: OpaqueLog) -> None:
    log.event(state=b"four", size=5)
    report = verify(log.items(), log.policy())
    assert (report.exit_code, places(report)) == (1, [("STATE_ALTERED", 7)])
    assert (report.findings[0].expected, report.findings[0].found) == (5, 4)


@pytest.mark.parametrize("position", [1, 3, 6])
def test_a_missing_state(log: OpaqueLog, position: int) -> None:
    report = with_beside(log, position)
    assert (report.exit_code, places(report)) == (3, [("STATE_MISSING", position)])
    assert report.parts == Shown(5, 0, 0, 1)


def test_a_state_that_no_entry_names(log: OpaqueLog) -> None:
    state = StateItem(log.states[2])
    for items, found in (
        ([state, state], [("STATE_STRAY", 3)]),
        ([state, StateItem(b"more")], [("STATE_STRAY", 3)]),
        ([state, StateItem(None, sha256(log.states[2]))], [("STATE_STRAY", 3)]),
        ([StateItem(None, bytes(32))], [("STATE_MISSING", 3), ("STATE_STRAY", 3)]),
        ([StateItem(None, bytes(32)), state], [("STATE_STRAY", 3)]),
        ([StateItem(None)], [("STATE_MISSING", 3), ("STATE_STRAY", 3)]),
    ):
        report = with_beside(log, 3, *items)
        assert (report.exit_code, sorted(places(report))) == (3, found)


def test_a_state_before_the_first_entry(log: OpaqueLog) -> None:
    items = log.items()
    report = verify([*items[:2], StateItem(b"x"), *items[2:]], log.policy())
    assert (report.exit_code, places(report)) == (3, [("STATE_STRAY", None)])


@pytest.mark.parametrize("item", [StateItem(b"x"), StateItem(None, bytes(32))])
def test_a_state_beside_an_act(acts: Log, item: Item) -> None:
    report = verify([*acts.items(), item], acts.policy())
    assert (report.exit_code, places(report)) == (3, [("STATE_STRAY", len(acts.entries))])


@pytest.mark.parametrize(
    ("item", "code"),
    [(PartItem(b"x"), "PART_STRAY"), (PartItem(None, bytes(32)), "PART_STRAY"),
     (AttachmentItem(b"x"), "ATTACHMENT_STRAY"), (AttachmentItem(None, bytes(32)), "ATTACHMENT_STRAY")],
)  # fmt: skip
def test_what_belongs_to_acts_beside_an_event(log: OpaqueLog, item: Item, code: str) -> None:
    report = with_beside(log, 3, StateItem(log.states[2]), item)
    assert (report.exit_code, places(report)) == (3, [(code, 3)])


# --- scope -----------------------------------------------------------------------------------------------------------


def test_states_may_be_withheld_from_a_file_that_says_so(log: OpaqueLog) -> None:
    report = verify(log.withheld(), log.policy())
    assert (report.verdict, report.parts) == (Verdict.INTACT, Shown(0, 6))
    assert report.scope == {"none": True}


def test_states_that_the_policy_requires_are_not_withheld(log: OpaqueLog) -> None:
    report = verify(log.withheld(), log.policy(require=["bodies"]))
    assert (report.exit_code, codes(report)) == (3, ["PART_WITHHELD_REQUIRED"])
    assert report.findings[0].found == 6
    assert verify(log.items(), log.policy(require=["bodies", "attachments"])).verdict is Verdict.INTACT


def test_a_scope_is_kept_to(log: OpaqueLog) -> None:
    some = log.withheld()
    some[3] = StateItem(log.states[0])
    for header, items in (({"all": True}, some), ({"none": True}, some), ({"none": True}, log.items())):
        report = verify([Header(ORIGIN, 6, header), *items[1:]], log.policy())
        assert (report.exit_code, codes(report)) == (3, ["SCOPE_CONTRADICTED"])


@pytest.mark.parametrize(
    "scope",
    [{"unit": "jia"}, {"person": "p-001"}, {"from": "2026-01-01"}, {"none": 1}, {"none": False},
     {"none": True, "all": True}],
)  # fmt: skip
def test_an_application_knows_no_unit_person_or_period(log: OpaqueLog, scope: dict[str, Any]) -> None:
    report = verify([Header(ORIGIN, 6, scope), *log.withheld()[1:]], log.policy())
    assert (report.exit_code, codes(report)) == (3, ["FRAME_BROKEN"])


def test_a_log_of_acts_may_show_no_contents_as_well(acts: Log) -> None:
    header = Header(ORIGIN, len(acts.entries), {"none": True})
    withheld = {at: [PartItem(None, sha256(part)) for part in parts] for at, parts in enumerate(acts.parts, 1) if parts}
    report = verify(acts.items(header=header, parts=withheld), acts.policy())
    assert (report.verdict, report.parts) == (Verdict.INTACT, Shown(0, 4))
    report = verify(acts.items(header=header), acts.policy())
    assert (report.exit_code, codes(report)) == (3, ["SCOPE_CONTRADICTED"])


# --- 20 times --------------------------------------------------------------------------------------------------------


def test_a_clock_that_steps_back_is_remarked() -> None:
    log = filled()
    log.event(recorded=NOW)
    report = verify(log.items(), log.policy())
    assert (report.verdict, report.counts) == (Verdict.INTACT, {"CLOCK_STEP": 1})
    assert report.remarks[0].position == 7


def test_a_clock_ahead_of_the_witnesses_is_remarked(log: OpaqueLog) -> None:
    policy = log.policy(witnesses={"dic": witness_key("dic")}, quorum="dic")
    for time, remarked in ((NOW + 5, {}), (NOW - 299, {"RECORDED_OUTSIDE_INTERVAL": 5})):
        report = verify(log.items([log.checkpoint(None, {"dic": time})]), policy)
        assert (report.verdict, report.counts, report.anchored_at) == (Verdict.INTACT, remarked, time)


# --- every new code, and faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "check", "effect"),
    [("KIND_MIXED", 3, "forged"), ("EVENT_TWICE", 7, "forged"), ("STATE_ALTERED", 13, "forged"),
     ("STATE_MISSING", 13, "open"), ("STATE_STRAY", 13, "open")],
)  # fmt: skip
def test_the_effects_of_the_codes_of_opaque_logs(code: str, check: int, effect: str) -> None:
    assert CODES[code] == (check, effect)


class Fault(Exception):
    """A fault of the verifier."""


METHODS = [name for name, value in vars(OpaqueJudge).items() if callable(value) and name != "__init__"]


@pytest.mark.parametrize(
    "name",
    [*(f"judge_opaque.OpaqueJudge.{name}" for name in METHODS), "judge_opaque.decode_opaque", "states.digest_of",
     "states.States.expect", "states.States.take", "states.States.settle", "versions.Versions.add",
     "times.Times.clock"],
)  # fmt: skip
def test_a_fault_of_the_verifier_is_never_intact(log: OpaqueLog, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object, **__: object) -> Any:
        raise Fault("…")

    items, policy = log.items(), log.policy()
    assert verify(items, policy).verdict is Verdict.INTACT
    monkeypatch.setattr(f"trail.evidence.{name}", faulty)
    try:
        assert verify(items, policy).exit_code == 3
    except Fault:
        assert name.rpartition(".")[2] in ("settle", "close", "proven"), "only closing may raise to the caller"
