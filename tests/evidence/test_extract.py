"""The extract: each shown entry proven to stand in the tree or not, never intact, and hostile ones told apart."""

from __future__ import annotations

import copy
import hashlib
import io
import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.extract_kit import extract, place, shown, vouching, written
from tests.evidence.kit import Log, key_of, log_note_key, possession, resigned, sha256, witness_key
from tests.evidence.opaque_kit import OpaqueLog, filled

from trail.encoding import encode
from trail.errors import CallerError, FrameError, NoteError
from trail.evidence import extract_run
from trail.evidence.extract import (
    EXTRACT_MAGIC,
    NAMED,
    Broken,
    CheckpointItem,
    EntryItem,
    ExtractHeader,
    ExtractItem,
    PartItem,
    PlaceItem,
    StateItem,
    is_choice,
    read_extract,
    write_extract,
)
from trail.evidence.file import MAGIC, Header, write_evidence
from trail.evidence.record import Happened
from trail.evidence.verdict import Report, Verdict
from trail.merkle.proofs import format_proof
from trail.report.text import report_lines
from trail.signing import format_policy
from trail.verify import verify, verify_proof

CLEAN = {"EXTRACT"}


@cache
def _told() -> Log:
    log = Log()
    log.add(log.talk("一"))
    log.add(log.talk("二", stream="talks/jia-2"))
    log.add(log.talk())
    return log


@pytest.fixture
def log() -> Log:
    """A furnished log with three talks at its end."""
    return copy.deepcopy(_told())


def last(log: Log) -> int:
    return len(log.entries)


def whole(log: Log) -> list[ExtractItem]:
    """An extract of the last talk but one, with all that vouches for its signer's key."""
    return extract(log, {*vouching(log), last(log) - 1})


def judged(items: list[ExtractItem] | bytes, policy: str, **options: Any) -> Report:
    report = verify(items if isinstance(items, bytes) else written(items), policy, **options)
    assert report.kind == "extract"
    assert report.verdict is not Verdict.INTACT
    assert "EXTRACT" in report.counts
    assert "INTERNAL_ERROR" not in report.counts
    return report


def codes(report: Report) -> set[str]:
    return set(report.counts)


# --- what is honest ------------------------------------------------------------------------------------------------


def test_an_honest_extract_is_inconclusive_and_says_what_is_proven(log: Log) -> None:
    report = judged(whole(log), log.policy())

    assert codes(report) == CLEAN
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.extract is not None
    assert (report.extract.entries, report.extract.proven, report.extract.of) == (5, 5, last(log))
    assert report.extract.registry == 4
    talk = report.extract.listed[-1]
    assert (talk.position, talk.event, talk.signed) == (last(log) - 1, "TalkHeld@1", True)
    enrolled = next(r.position for r in log.records if r.statement.type == "KeyEnrolled@1")
    assert [(who.person, who.enrolled) for who in talk.signers] == [("p-001", enrolled)]
    assert (report.anchored, report.size, report.root) == (last(log), last(log), log.root(last(log)))
    assert report.parts.shown == 1
    not_done = {check.number for check in report.checks if check.state == "not done"}
    assert not_done == {5, 6, 7, 10, 12, 14, 16, 17, 18}
    assert not any(check.state == "failed" for check in report.checks)


def test_what_is_not_after_is_said_by_the_checkpoint_s_quorum(log: Log) -> None:
    policy = log.policy(witnesses={"w": witness_key("w")}, quorum="w")
    recorded = log.records[-1].recorded

    report = judged(extract(log, vouching(log), note=log.checkpoint(None, {"w": recorded + 60})), policy)
    late = judged(extract(log, vouching(log), note=log.checkpoint(None, {"w": recorded - 3600})), policy)
    nobody = judged(extract(log, vouching(log)), policy)

    assert (report.anchored_at, report.anchored_by, codes(report)) == (recorded + 60, ("w",), CLEAN)
    assert "RECORDED_OUTSIDE_INTERVAL" in late.counts
    assert (nobody.anchored, codes(nobody)) == (0, CLEAN | {"NO_ANCHOR"})
    assert nobody.extract is not None
    assert nobody.extract.proven == 4, "proven by the log's own word, which the policy does not take alone"


def test_contents_may_be_withheld_and_are_then_counted(log: Log) -> None:
    items = [PartItem(None, sha256(i.data)) if isinstance(i, PartItem) and i.data else i for i in whole(log)]
    report = judged(items, log.policy())

    assert codes(report) == CLEAN
    assert (report.parts.shown, report.parts.withheld) == (0, 1)
    assert codes(judged(items, log.policy(require=["bodies"]))) == CLEAN | {"PART_WITHHELD_REQUIRED"}


def test_the_same_size_of_a_known_checkpoint_is_compared_and_no_other(log: Log) -> None:
    known = log.checkpoint()
    other = log.checkpoint(root=bytes(32))
    smaller = log.checkpoint(last(log) - 1)
    older = extract(log, vouching(log), size=last(log) - 1)

    assert codes(judged(whole(log), log.policy(), known=known)) == CLEAN
    fork = judged(whole(log), log.policy(), known=other)
    assert fork.verdict is Verdict.ALTERED
    assert "CHECKPOINT_FORK" in fork.counts
    assert codes(judged(whole(log), log.policy(), known=smaller)) == CLEAN
    assert codes(judged(older, log.policy(), known=known)) == CLEAN | {"OLDER_THAN_KNOWN"}


def test_a_checkpoint_that_satisfies_the_policy_only_as_it_is_held_says_so(log: Log) -> None:
    policy = log.policy(witnesses={"w": witness_key("w")}, quorum="w")
    assert not judged(whole(log), log.policy()).anchored_held
    assert judged(whole(log), policy).anchored == 0
    held = judged(whole(log), policy, known=log.checkpoint())
    assert (held.anchored, held.anchored_held) == (last(log), True)
    text = "\n".join(report_lines(held, "en"))
    assert "by a checkpoint that you hold" in text
    assert "no witness" not in text


def test_an_opaque_log_gives_extracts_too() -> None:
    log = filled()
    report = judged(extract(log, [2, 5]), log.policy())

    assert codes(report) == CLEAN
    assert (report.log_kind, report.parts.shown) == ("opaque", 2)
    assert {check.number for check in report.checks if check.state == "passed"} == {1, 2, 3, 13, 15, 19, 20}


def test_a_tlog_proof_is_verified_with_the_entry_that_it_is_about(log: Log) -> None:
    at = place(log, last(log))
    proof = format_proof(at.position - 1, at.proof, log.checkpoint())
    report = verify_proof(proof, log.entries[-1], log.policy())

    assert (report.kind, report.verdict) == ("proof", Verdict.INCONCLUSIVE)
    assert codes(report) == CLEAN | {"KEY_UNSHOWN"}
    assert report.extract is not None
    assert report.extract.proven == 1
    other = verify_proof(proof.encode(), log.entries[-2], log.policy())
    assert other.verdict is Verdict.ALTERED
    assert other.findings[0].code == "PROOF_MISMATCH"
    for bad in (b"\xff", "", proof.replace("index", "Index"), proof[: proof.index("\n\n")]):
        with pytest.raises(NoteError):
            verify_proof(bad, log.entries[-1], log.policy())


# --- keys and authority --------------------------------------------------------------------------------------------


def test_a_key_whose_enrolment_is_not_shown_is_said_to_be_unshown_and_nothing_is_forged(log: Log) -> None:
    for positions in ([last(log)], [1, last(log)]):
        report = judged(extract(log, positions), log.policy())
        assert codes(report) == CLEAN | {"KEY_UNSHOWN"}
        assert report.verdict is Verdict.INCONCLUSIVE
        assert report.extract is not None
        assert not report.extract.listed[-1].signed


def test_an_enrolment_whose_registrars_are_not_shown_enrols_nobody(log: Log) -> None:
    positions = [n for n in vouching(log) if n != 1]
    report = judged(extract(log, [*positions, last(log)]), log.policy())

    assert codes(report) == CLEAN | {"KEY_UNSHOWN"}
    assert report.enrolled == ()
    assert report.extract is not None
    assert not any(row.signed for row in report.extract.listed)


def test_an_enrolment_by_those_who_may_not_enrols_nobody(log: Log) -> None:
    """An administrator who has two members' keys writes an enrolment of his own into the tree."""
    thief = log.build("KeyEnrolled", possession("p-004"), (("p-001", ""), ("p-002", "")), unit=None,
                      stream="registry/KeyEnrolled")  # fmt: skip
    log.force(thief)
    log.force(log.talk(by=(("p-004", "jia/secretary"),)))
    report = judged(extract(log, [*vouching(log), last(log)]), log.policy())

    assert codes(report) == CLEAN | {"AUTHORITY_UNSHOWN", "KEY_UNSHOWN"}
    assert "p-004" not in {row.person for row in report.enrolled}


def test_a_revocation_that_is_shown_ends_the_key(log: Log) -> None:
    key = key_of("p-001").public.id
    log.registrars("KeyRevoked", {"key": key, "reason": "lost"}, ("r-1", "r-2"))
    revoked = last(log)
    log.force(log.talk())
    hidden = judged(extract(log, [*vouching(log), last(log)]), log.policy())
    told = judged(extract(log, [*vouching(log), revoked, last(log)]), log.policy())

    assert codes(hidden) == CLEAN, "an extract that leaves the revocation out can't tell, and its report says so"
    assert told.verdict is Verdict.ALTERED
    assert codes(told) == CLEAN | {"KEY_ENDED"}


def test_another_genesis_than_the_pinned_one_is_altered(log: Log) -> None:
    report = judged(whole(log), log.policy(genesis=[bytes(32)]))
    assert report.verdict is Verdict.ALTERED
    assert codes(report) == CLEAN | {"GENESIS_OTHER"}
    assert codes(judged(whole(log), log.policy(genesis=[]))) == CLEAN | {"GENESIS_NOT_PINNED"}


# --- hostile extracts ------------------------------------------------------------------------------------------------


def _edited(log: Log) -> list[ExtractItem]:
    items = whole(log)
    entry = next(i for i in reversed(items) if isinstance(i, EntryItem))
    items[items.index(entry)] = EntryItem(entry.entry.replace(b"duty", b"dutx"))
    return items


def _forged_signature(log: Log) -> list[ExtractItem]:
    log.force(resigned(log.talk(), {"p-001": "a thief"}))
    return extract(log, [*vouching(log), last(log)])


def _swapped(log: Log) -> list[ExtractItem]:
    items = whole(log)
    at = [n for n, i in enumerate(items) if isinstance(i, PlaceItem)]
    items[at[-1]] = PlaceItem(items[at[-1]].position, place(log, last(log)).proof)  # type: ignore[union-attr]
    return items


def _beyond(log: Log) -> list[ExtractItem]:
    items = extract(log, vouching(log))
    at = last(log) + 5
    extra = [PlaceItem(at, place(log, last(log)).proof), EntryItem(log.entries[-1])]
    return [items[0]._replace(entries=5), *items[1:], *extra]  # type: ignore[union-attr,call-arg,list-item]


def _moved(log: Log) -> list[ExtractItem]:
    """The last talk, passed off as standing one position earlier."""
    items = extract(log, vouching(log))
    extra = [PlaceItem(last(log) - 1, place(log, last(log) - 1).proof), EntryItem(log.entries[-1])]
    return [items[0]._replace(entries=5), *items[1:], *extra]  # type: ignore[union-attr,call-arg,list-item]


def _twice_recorded(log: Log) -> list[ExtractItem]:
    again = log.force(log.talk(id=log.records[-1].statement.id))
    return extract(log, [*vouching(log), again.position - 1, again.position])


def _version_again(log: Log) -> list[ExtractItem]:
    log.force(log.talk(), version=log.records[-1].version)
    return extract(log, [*vouching(log), last(log) - 1, last(log)])


def _of_another_log(log: Log) -> list[ExtractItem]:
    log.force(resigned(log.talk(), log="trail.example/yi"))
    return extract(log, [*vouching(log), last(log)])


def _no_entry(log: Log) -> list[ExtractItem]:
    log.entries.append(b"\xc0")
    log.parts.append(())
    return extract(log, [*vouching(log), last(log)])


def _part_swapped(log: Log) -> list[ExtractItem]:
    items = whole(log)
    return [PartItem(item.data + b"x") if isinstance(item, PartItem) and item.data else item for item in items]


def _tree_of_one(log: Log) -> list[ExtractItem]:
    """One entry as a whole tree, under a checkpoint that the log never signed."""
    lonely = Log(founded=False)
    lonely.entries, lonely.parts = [log.entries[-1]], [()]
    return extract(lonely, [1], note=lonely.checkpoint(by="a thief"))


def _no_founding(log: Log) -> list[ExtractItem]:
    other = Log(founded=False)
    other.force(log.talk())
    return extract(other, [1])


def _interior(log: Log) -> list[ExtractItem]:
    """D9: an inner node of the tree as an entry, one level up."""
    at = place(log, 1)
    inner = hashlib.sha256(b"\x00" + log.entries[0]).digest() + at.proof[0]
    items = extract(log, [])
    return [items[0]._replace(entries=1), *items[1:], PlaceItem(1, at.proof[1:]), EntryItem(inner)]  # type: ignore


ALTERED: dict[str, tuple[Callable[[Log], list[ExtractItem]], str]] = {
    "bytes of an entry changed": (_edited, "PROOF_MISMATCH"),
    "proof of another position": (_swapped, "PROOF_MISMATCH"),
    "index beyond the size": (_beyond, "PROOF_MISMATCH"),
    "entry at another position": (_moved, "PROOF_MISMATCH"),
    "inner node as an entry": (_interior, "PROOF_MISMATCH"),
    "signature by another key": (_forged_signature, "SIGNATURE_BAD"),
    "event recorded twice": (_twice_recorded, "ID_REUSED"),
    "version of a stream again": (_version_again, "VERSION_GAP"),
    "entry of another log": (_of_another_log, "ORIGIN_MISMATCH"),
    "bytes that are no entry": (_no_entry, "ENTRY_MALFORMED"),
    "first entry that founds nothing": (_no_founding, "GENESIS_MISPLACED"),
    "another body part": (_part_swapped, "PART_ALTERED"),
}


@pytest.mark.parametrize(("make", "code"), ALTERED.values(), ids=ALTERED)
def test_what_was_forged_is_altered(make: Callable[[Log], list[ExtractItem]], code: str, log: Log) -> None:
    report = judged(make(log), log.policy())

    assert report.verdict is Verdict.ALTERED
    assert code in report.counts, report.counts


def test_a_checkpoint_that_another_key_signed_proves_nothing(log: Log) -> None:
    report = judged(_tree_of_one(log), log.policy())

    assert report.verdict is Verdict.INCONCLUSIVE
    assert {"CHECKPOINT_FOREIGN", "PROOF_UNCHECKED", "NO_ANCHOR"} <= codes(report)
    assert report.extract is not None
    assert (report.extract.proven, report.extract.of, report.anchored) == (0, 0, 0)


def test_a_forged_log_signature_is_altered(log: Log) -> None:
    note = log.checkpoint(by="log").replace(f"\n{last(log)}\n", f"\n{last(log) + 1}\n")
    report = judged(extract(log, vouching(log), note=note), log.policy())

    assert report.verdict is Verdict.ALTERED
    assert "CHECKPOINT_FORGED" in report.counts


def test_an_extract_of_another_log_than_the_policy_s_is_inconclusive(log: Log) -> None:
    report = judged(whole(log), format_policy(logs=[log_note_key("trail.example/yi")]))
    assert {"LOG_NOT_IN_POLICY", "CHECKPOINT_FOREIGN", "PROOF_UNCHECKED"} <= codes(report)


def test_events_of_an_application_among_acts_are_not_mixed(log: Log) -> None:
    other = filled(1)
    log.entries.append(other.entries[0])
    log.parts.append(())
    report = judged(extract(log, [*vouching(log), last(log)]), log.policy())

    assert report.verdict is Verdict.ALTERED
    assert "KIND_MIXED" in report.counts


def test_an_empty_extract_verifies_nothing(log: Log) -> None:
    """H3: no entries, and so nothing that failed; it is not vacuously right."""
    report = judged(extract(log, []), log.policy())
    assert codes(report) == CLEAN | {"EMPTY"}
    assert report.extract is not None
    assert (report.extract.entries, report.extract.proven) == (0, 0)
    assert "EMPTY" in judged(EXTRACT_MAGIC, log.policy()).counts


def test_one_good_entry_does_not_excuse_another(log: Log) -> None:
    """H4: all, not at least one."""
    items = _edited(log)
    report = judged(items, log.policy())
    assert report.extract is not None
    assert (report.extract.entries, report.extract.proven) == (5, 4)
    assert report.verdict is Verdict.ALTERED


def test_ten_thousand_entries_with_the_longest_proofs_are_read_one_at_a_time(log: Log) -> None:
    """F9: the proofs are no longer than the tallest tree, and each is refused by its length before it is hashed."""
    items = extract(log, [])
    long = tuple(bytes([n]) * 32 for n in range(63))
    many: list[ExtractItem] = [items[0]._replace(entries=10_000), *items[1:]]  # type: ignore[union-attr,call-arg,list-item]
    for position in range(1, 10_001):
        many += [PlaceItem(position, long), EntryItem(log.entries[-1])]
    report = judged(many, log.policy())
    assert report.counts["PROOF_MISMATCH"] == 10_000
    assert len(report.findings) <= 101
    assert report.extract is not None
    assert (report.extract.entries, report.extract.proven) == (10_000, 0)
    with pytest.raises(FrameError):
        written([PlaceItem(1, (*long, bytes(32)))])


def test_neither_passes_for_the_other(log: Log) -> None:
    """The same bytes under the other first line, and a whole log as an extract of everything."""
    stream = io.BytesIO()
    write_evidence(stream, log.items())
    evidence, small = stream.getvalue(), written(whole(log))
    assert verify(evidence, log.policy()).verdict is Verdict.INTACT

    for disguised in (EXTRACT_MAGIC + evidence[len(MAGIC) :], MAGIC + small[len(EXTRACT_MAGIC) :]):
        closed = disguised[:-37] + b"Z" + (32).to_bytes(4, "big") + sha256(disguised[:-37])
        report = verify(closed, log.policy())
        assert report.verdict is Verdict.INCONCLUSIVE
        assert "FRAME_BROKEN" in report.counts
    everything = judged(extract(log, range(1, last(log) + 1)), log.policy())
    assert everything.extract is not None
    assert everything.extract.entries == everything.extract.of
    assert everything.verdict is Verdict.INCONCLUSIVE, "even all entries are no evidence file: only that can be intact"
    items = [Header(log.origin, 5, {"all": True}), *(i for i in whole(log)[1:] if not isinstance(i, PlaceItem))]
    stream = io.BytesIO()
    write_evidence(stream, items)  # type: ignore[arg-type]
    subset = verify(stream.getvalue(), log.policy())
    assert subset.verdict is Verdict.ALTERED, "a whole file with entries left out is a file with entries removed"
    assert "ENTRIES_REMOVED" in subset.counts


# --- framing -----------------------------------------------------------------------------------------------------


def frame(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload


def closed(*frames: bytes) -> bytes:
    data = EXTRACT_MAGIC + b"".join(frames)
    return data + frame(b"Z", hashlib.sha256(data).digest())


GOOD = {"entries": 3, "format": 1, "origin": "trail.example/jia", "scope": {"named": True}}
H, K, E = frame(b"H", encode(GOOD)), frame(b"K", b"note"), frame(b"E", b"entry")
P, W, S = frame(b"P", b"part"), frame(b"W", bytes(32)), frame(b"S", b"state")


def at(position: int, hashes: int = 1, more: bytes = b"") -> bytes:
    return frame(b"I", position.to_bytes(8, "big") + bytes(32) * hashes + more)


def read(data: bytes) -> list[ExtractItem]:
    return list(read_extract(io.BytesIO(data)))


@pytest.mark.parametrize(
    "frames",
    [(H, K), (H, K, at(1), E), (H, K, at(1, 0), E, P, W, at(3, 63), E, S), (H, K, at(1), E, at((1 << 63) - 1), E)],
)
def test_frames_in_order_are_read(frames: tuple[bytes, ...]) -> None:
    items = read(closed(*frames))
    assert len(items) == len(frames)
    assert not any(isinstance(item, Broken) for item in items)


@pytest.mark.parametrize(
    "frames",
    [
        (), (K,), (E,), (H, H), (H, E), (H, at(1), E), (H, K, K), (H, K, E), (H, K, P), (H, K, at(1)), (H, K, at(1), P),
        (H, K, at(1), at(2), E), (H, K, at(1), E, E), (H, K, at(1), E, K), (H, K, at(1), E, H), (K, H),
        (H, K, at(2), E, at(1), E), (H, K, at(1), E, at(1), E), (H, K, at(0), E), (H, K, at(1 << 63), E),
        (H, K, at(1, 1, b"x"), E), (H, K, frame(b"I", b""), E), (H, K, frame(b"I", bytes(7)), E),
        (H, K, at(1), E, at(2), E, at(3), E, at(4), E), (H, K, at(1), E, frame(b"W", bytes(31))),
        (H, K, at(1), E, *[P] * 2001), (H, K, frame(b"X", b"")), (H, K, frame(b"i", bytes(8))),
    ],
)  # fmt: skip
def test_frames_out_of_order_or_shape_are_broken(frames: tuple[bytes, ...]) -> None:
    items = read(closed(*frames))
    if frames and frames[-1].startswith(b"I") and frames[:-1] == (H, K):
        assert items[-1] == PlaceItem(1, (bytes(32),)), "a place without its entry: found by the count of entries"
        return
    broken = [item for item in items if isinstance(item, Broken)] or ([] if frames else [Broken("", "")])
    assert len(broken) == 1
    assert items[-1:] in (broken, [])


@pytest.mark.parametrize(
    "header",
    [GOOD | {"format": 2}, GOOD | {"format": True}, GOOD | {"entries": -1}, GOOD | {"origin": 1}, GOOD | {"more": 1},
     GOOD | {"since": 1}, GOOD | {"scope": {"all": True}}, GOOD | {"scope": {"none": True}}, GOOD | {"scope": {}},
     GOOD | {"scope": {"named": 1}}, GOOD | {"scope": {"named": True, "unit": "jia"}}, GOOD | {"scope": {"unit": 1}}],
    ids=str,
)  # fmt: skip
def test_a_header_that_nobody_reads_is_broken(header: dict[str, Any]) -> None:
    payload = encode(dict(sorted(header.items())))
    assert isinstance(read(closed(frame(b"H", payload)))[-1], Broken)


def test_what_was_chosen_has_closed_shapes() -> None:
    for good in (NAMED, {"unit": "jia"}, {"person": "p", "to": "2026-01-01"}, {"from": "2026-01-01"}):
        assert is_choice(good)  # type: ignore[arg-type]
    for bad in ({"all": True}, {"none": True}, {}, {"named": False}, {"unit": ""}):
        assert not is_choice(bad)  # type: ignore[arg-type]


def test_every_truncation_and_every_changed_byte_is_broken(log: Log) -> None:
    data = written(extract(log, [last(log)]))
    for end in range(len(data)):
        assert isinstance(read(data[:end])[-1], Broken), end
    for at_byte in range(len(data)):
        for bit in (1, 32, 128):
            changed = data[:at_byte] + bytes([data[at_byte] ^ bit]) + data[at_byte + 1 :]
            assert isinstance(read(changed)[-1], Broken), at_byte
    for more in (b"\x00", data, frame(b"E", b"entry")):
        assert isinstance(read(data + more)[-1], Broken)


def test_lengths_are_checked_before_anything_is_read() -> None:
    class Counting(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1) -> bytes:
            self.asked = max(self.asked, size or 0)
            return super().read(size)

    for kind, before in ((b"H", b""), (b"K", H), (b"I", H + K), (b"E", H + K + at(1)), (b"P", H + K + at(1) + E)):
        stream = Counting(EXTRACT_MAGIC + before + kind + b"\xff\xff\xff\xff")
        items = list(read_extract(stream))
        assert isinstance(items[-1], Broken)
        assert "length" in items[-1].reason
        assert stream.asked <= 200


HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)
BESIDE = st.one_of(
    st.builds(PartItem, st.binary(max_size=9), st.none()), st.builds(StateItem, st.binary(max_size=9), st.none())
)
ROWS = st.lists(st.tuples(st.integers(1, 1 << 40), HASHES, st.binary(max_size=20), st.lists(BESIDE, max_size=2)),
                max_size=4, unique_by=lambda row: row[0])  # fmt: skip


@given(ROWS, st.binary(max_size=30))
def test_what_is_written_is_read_again(rows: Any, note: bytes) -> None:
    items: list[ExtractItem] = [ExtractHeader("trail.example/jia", len(rows), {"unit": "jia"}), CheckpointItem(note)]
    for position, hashes, entry, beside in sorted(rows):
        items += [PlaceItem(position, hashes), EntryItem(entry), *beside]
    stream = io.BytesIO()
    assert write_extract(stream, items) == len(stream.getvalue())
    assert read(stream.getvalue()) == items


# --- every bit ---------------------------------------------------------------------------------------------------

SAMPLE = 700


@cache
def small() -> tuple[bytes, str]:
    """The shortest extract that holds something of everything: genesis, enrolment, a talk with a shown part."""
    log = Log(founded=False)
    log.registrars("LogFounded", {"registrars": [possession(p) for p in ("r-1", "r-2")]})
    log.registrars("PersonRegistered", {"person": "p-001"}, parts={"name": (("p-001",), {"name": "张一"})})
    log.registrars("KeyEnrolled", possession("p-001"))
    log.force(log.talk("谈话", happened=Happened.on("2026-03-05")))
    note = log.checkpoint(None, {"w": log.records[-1].recorded + 60})
    policy = log.policy(witnesses={"w": witness_key("w")}, quorum="w")
    return written(extract(log, [1, 2, 3, 4], note=note)), policy


def flips(bits: list[int], *, sealed: bool) -> tuple[list[int], Counter[str]]:
    """The bits whose flip leaves a report as good as the unflipped one's, and how the others were called."""
    data, policy = small()
    found: Counter[str] = Counter()
    unnoticed = []
    for bit in bits:
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        if sealed:
            changed[-32:] = sha256(bytes(changed[:-37]))
        report = verify(bytes(changed), policy)
        found[report.verdict.value] += 1
        found["internal"] += "INTERNAL_ERROR" in report.counts
        if report.verdict is Verdict.INTACT or not codes(report) - CLEAN:
            unnoticed.append(bit)
    return unnoticed, found


def test_the_small_extract_itself_holds() -> None:
    data, policy = small()
    assert codes(judged(data, policy)) == CLEAN


@pytest.mark.parametrize("sealed", [False, True])
def test_a_sample_of_bits_flipped_never_leaves_the_report_as_good(sealed: bool) -> None:
    data, _ = small()
    unnoticed, found = flips(random.Random(2).sample(range((len(data) - 37) * 8), SAMPLE), sealed=sealed)
    assert unnoticed == []
    assert (found["intact"], found["internal"]) == (0, 0)
    if sealed:
        assert found["altered"] > SAMPLE // 2, "found by what was signed, not by the framing"


@pytest.mark.harness
def test_every_bit_flipped_never_leaves_the_report_as_good() -> None:
    data, _ = small()
    unnoticed, found = flips(list(range((len(data) - 37) * 8)), sealed=True)
    assert unnoticed == []
    assert (found["intact"], found["internal"]) == (0, 0)


def test_a_verifier_that_skips_the_proof_is_found_by_the_flips(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the inclusion proof, a flipped hash of a proof goes unnoticed."""
    monkeypatch.setattr(extract_run, "check_inclusion", lambda *_, **__: None)
    data, _ = small()
    start = data.index(b"I\x00\x00\x00") + 5 + 8
    unnoticed, _ = flips([start * 8 + n for n in range(0, 256, 16)], sealed=True)
    assert len(unnoticed) == 16


def test_a_failing_disk_is_a_broken_extract(log: Log) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 40:
                raise OSError(5, "Input/output error")
            return super().read(size)

    report = verify(Failing(written(whole(log))), log.policy())
    assert "FRAME_BROKEN" in report.counts
    assert report.verdict is Verdict.INCONCLUSIVE


def test_an_unreadable_choice_is_refused() -> None:
    from trail.store import Choice, Scope

    for wrong in (Choice, lambda: Choice(positions=(1,), scope=Scope(unit="jia")), lambda: Choice(scope=Scope())):
        with pytest.raises(CallerError):
            wrong()


def test_an_opaque_extract_with_another_state_is_altered() -> None:
    log: OpaqueLog = filled()
    items = extract(log, [2, 5])
    items[-1] = StateItem(b"another")
    report = judged(items, log.policy())
    assert report.verdict is Verdict.ALTERED
    assert "STATE_ALTERED" in report.counts
    assert "STATE_MISSING" in judged(extract(log, [2])[:-1], log.policy()).counts
    edited = [EntryItem(i.entry + b"") if isinstance(i, EntryItem) else i for i in extract(log, [2, 5])]
    edited[2] = PlaceItem(3, edited[2].proof)  # type: ignore[union-attr]
    assert "PROOF_MISMATCH" in judged(edited, log.policy()).counts
    assert shown(log, 2)[0] == place(log, 2)
