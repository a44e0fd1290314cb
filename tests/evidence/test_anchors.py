"""Anchors: checkpoints under a policy, and what they prove about time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.kit import ORIGIN, Log, key_of, log_note_key, witness_key

from trail.errors import Refusal
from trail.evidence.anchors import (
    MAX_OF_A_SIZE,
    MAX_REFUSED,
    MAX_UNSIGNED_BYTES,
    TOLERANCE,
    Anchor,
    Anchors,
    is_fresh,
    read_anchor,
)
from trail.evidence.moment import MAX_INSTANT
from trail.merkle import Checkpoint
from trail.signing import Policy, dated_anchor_digest, format_policy, parse_note, parse_policy
from trail.signing.line import NoteSignature

WITNESSES = {name: witness_key(name) for name in ("dic", "lib", "press")}


def policy(quorum: str | None = "two") -> Policy:
    """Two of three witnesses."""
    groups = {"two": (2, tuple(WITNESSES))}
    return parse_policy(format_policy(logs=[log_note_key()], witnesses=WITNESSES, groups=groups, quorum=quorum))


def read(log: Log, cosigned: Mapping[str, int] | None = None, quorum: str | None = "two", size: int = 5) -> Anchor:
    return read_anchor(log.checkpoint(size, cosigned).encode(), policy(quorum), ORIGIN)


def refused(note: str | bytes) -> str:
    with pytest.raises(Refusal) as caught:
        read_anchor(note.encode() if isinstance(note, str) else note, policy(), ORIGIN)
    assert caught.value.check == 2
    return caught.value.code


# --- one anchor ------------------------------------------------------------------------------------------------------


def test_a_quorum_of_witnesses_anchors(log: Log) -> None:
    assert not read(log).satisfied
    assert not read(log, {"dic": 100}).satisfied
    anchor = read(log, {"dic": 100, "lib": 300})
    assert (anchor.satisfied, anchor.time) == (True, 300)
    assert anchor.times == {"dic": 100, "lib": 300}
    assert anchor.checkpoint == Checkpoint(ORIGIN, 5, log.root(5))


def test_the_quorum_stood_when_its_second_member_had_cosigned(log: Log) -> None:
    assert read(log, {"dic": 100, "lib": 300, "press": 200}).time == 200


def test_without_a_quorum_the_log_s_signature_anchors_but_proves_no_time(log: Log) -> None:
    anchor = read(log, {"dic": 100}, quorum=None)
    assert (anchor.satisfied, anchor.time) == (True, None)


def test_one_witness_counts_once_and_from_its_earliest_time(log: Log) -> None:
    twice = log.checkpoint(5, {"dic": 300})
    line = parse_note(log.checkpoint(5, {"dic": 100})).lines[-1]
    anchor = read_anchor((twice + line).encode(), policy(), ORIGIN)
    assert (anchor.times, anchor.satisfied) == ({"dic": 100}, False)
    assert sorted(anchor.dated.values()) == [("dic", 100), ("dic", 300)]


def test_a_stranger_s_cosignature_counts_for_nothing(log: Log) -> None:
    anchor = read(log, {"dic": 100, "stranger": 100})
    assert (anchor.satisfied, anchor.times, anchor.bad) == (False, {"dic": 100}, ())


def test_a_time_beyond_the_calendar_is_no_time(log: Log) -> None:
    anchor = read(log, {"dic": MAX_INSTANT + 1, "lib": MAX_INSTANT})
    assert (anchor.times, anchor.satisfied) == ({"lib": MAX_INSTANT}, False)


DAY = 86_400


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"dic": 100 * DAY, "lib": 100 * DAY}, True),
        ({"dic": 70 * DAY, "lib": 100 * DAY + TOLERANCE}, True),
        ({"dic": 70 * DAY - 1, "lib": 100 * DAY}, False),
        ({"dic": 100 * DAY, "lib": 100 * DAY + TOLERANCE + 1}, False),
        ({"dic": 1, "lib": 1, "press": 100 * DAY}, False),
        ({"dic": 1, "lib": 99 * DAY, "press": 98 * DAY}, True),
        ({"dic": 100 * DAY}, False),
    ],
)
def test_a_quorum_of_recent_witnesses_is_fresh(log: Log, times: dict[str, int], expected: bool) -> None:
    assert is_fresh(read(log, times), policy(), 100 * DAY, 30) is expected
    assert not is_fresh(read(log, times, quorum=None), policy(None), 100 * DAY, 30)


def test_a_witness_who_looked_again_is_fresh_again(log: Log) -> None:
    once = log.checkpoint(5, {"dic": DAY, "lib": 100 * DAY})
    again = parse_note(log.checkpoint(5, {"dic": 100 * DAY})).lines[-1]
    assert not is_fresh(read_anchor(once.encode(), policy(), ORIGIN), policy(), 100 * DAY, 30)
    assert is_fresh(read_anchor((once + again).encode(), policy(), ORIGIN), policy(), 100 * DAY, 30)


def test_every_line_of_a_note_is_shown(log: Log) -> None:
    note = log.checkpoint(5, {"dic": 100, "stranger": 100})
    anchors = Anchors()
    anchors.add(read_anchor(note.encode(), policy(), ORIGIN))
    lines = [dated_anchor_digest(line) for line in parse_note(note).lines]
    anchors.settle()
    assert anchors.missing(5, lines) == []
    assert anchors.missing(5, ()) == []
    assert anchors.missing(5, [*lines, bytes(32)]) == [bytes(32)]
    assert anchors.missing(6, ()) is None


def test_dated_anchors_are_named_by_the_digest_of_their_line(log: Log) -> None:
    note = log.checkpoint(5, {"dic": 100})
    anchor = read_anchor(note.encode(), policy(), ORIGIN)
    assert anchor.dated == {dated_anchor_digest(parse_note(note).lines[-1]): ("dic", 100)}


def test_a_forged_cosignature_is_kept_apart_and_hides_no_other(log: Log) -> None:
    note = log.checkpoint(5, {"lib": 100, "press": 200})
    good = parse_note(log.checkpoint(5, {"dic": 100})).signatures[-1]
    forged = NoteSignature(good.name, good.id, (50).to_bytes(8, "big") + good.data[8:]).line
    anchor = read_anchor((note + forged).encode(), policy(), ORIGIN)
    assert [refusal.code for refusal in anchor.bad] == ["COSIGNATURE_BAD"]
    assert (anchor.satisfied, anchor.times) == (True, {"lib": 100, "press": 200})


@pytest.mark.parametrize(
    "note", [b"", b"x", b"x\n\n", "\u2014 x\n".encode(), b"\xff", b"a\nb\nc\n\n\xe2\x80\x94 a AAAAAAA=\n"]
)
def test_a_malformed_checkpoint(note: bytes) -> None:
    assert refused(note) == "CHECKPOINT_MALFORMED"


def test_a_signed_note_that_is_no_checkpoint(log: Log) -> None:
    note = log.checkpoint(5)
    assert refused(note.replace("\n5\n", "\n05\n", 1)) == "CHECKPOINT_MALFORMED"
    assert refused(note.replace("\n5\n", "\nfive\n", 1)) == "CHECKPOINT_MALFORMED"


def test_a_checkpoint_of_another_log_or_signer(log: Log) -> None:
    assert refused(log.checkpoint(5, origin="trail.example/yi")) == "CHECKPOINT_FOREIGN"
    assert refused(log.checkpoint(5, by="stranger")) == "CHECKPOINT_FOREIGN"


def test_a_forged_checkpoint(log: Log) -> None:
    note = log.checkpoint(5)
    assert refused(note.replace("\n5\n", "\n6\n", 1)) == "CHECKPOINT_FORGED"


def test_witnesses_do_not_stand_in_for_the_log(log: Log) -> None:
    note = parse_note(log.checkpoint(5, {"dic": 1, "lib": 1}))
    assert refused(note.text + "\n" + "".join(note.lines[1:])) == "CHECKPOINT_FOREIGN"


# --- many anchors ----------------------------------------------------------------------------------------------------


def anchor(size: int, time: int | None, root: bytes = bytes(32)) -> Anchor:
    by = (log_note_key(),)
    return Anchor(Checkpoint(ORIGIN, size, root), b"note", {}, time is not None, time, {}, {}, frozenset(), (), by)


def test_another_root_at_a_size_is_kept_as_a_rival() -> None:
    anchors = Anchors()
    anchors.add(anchor(5, 100))
    anchors.add(anchor(6, 100, bytes([1]) * 32))
    other = dataclasses.replace(anchor(5, 100, bytes([1]) * 32), note=b"other")
    assert [anchors.add(other) for _ in range(MAX_OF_A_SIZE + 1)] == [True] * MAX_OF_A_SIZE + [False]
    assert anchors.rivals == {5: [other] * MAX_OF_A_SIZE}
    assert anchors.refused == 1


def test_sizes_ascend_and_the_first_note_of_a_size_is_kept() -> None:
    anchors = Anchors()
    first = anchor(5, None)
    assert [anchors.add(one) for one in (first, anchor(7, 100), anchor(5, 100), anchor(6, 100), anchor(8, 100))] == [
        True, True, False, False, True,
    ]  # fmt: skip
    assert anchors.by_size[5] is first


def unsigned(size: int, number: int = 0) -> Anchor:
    return dataclasses.replace(anchor(size, None), log_keys=(), lines=frozenset((bytes([number]) * 32,)))


def test_the_lines_of_all_notes_of_a_size_are_united_once() -> None:
    """Anybody can write notes and statements: what is asked of each statement must not grow with the notes."""

    anchors = Anchors()
    for number in range(MAX_OF_A_SIZE):
        anchors.add(unsigned(5, number))
    anchors.settle()
    anchors.unsigned.clear()
    assert anchors.missing(5, [bytes(32), b"x" * 32]) == [b"x" * 32]
    assert anchors.missing(5, [bytes([number]) * 32 for number in range(MAX_OF_A_SIZE)]) == []


def test_of_notes_that_nobody_signed_only_so_many_of_a_size_are_kept() -> None:
    anchors = Anchors()
    assert [anchors.add(unsigned(5, n)) for n in range(MAX_OF_A_SIZE + 2)] == [True] * MAX_OF_A_SIZE + [False] * 2
    assert len(anchors.unsigned[5]) == MAX_OF_A_SIZE
    assert anchors.add(anchor(5, None)), "the log's own of that size has its place"
    assert anchors.add(unsigned(6))
    assert not anchors.add(unsigned(5)), "they ascend too"
    assert not anchors.add(anchor(4, None))
    assert not anchors.flooded


def test_of_notes_beyond_the_last_entry_only_a_few_that_nobody_signed_are_kept() -> None:
    anchors = Anchors()
    anchors.reach = 10
    assert all(anchors.add(anchor(size, None)) for size in range(11, 31)), "the log's own say what was removed"
    assert [anchors.add(unsigned(size)) for size in range(31, 42)] == [True] * MAX_OF_A_SIZE + [False] * 3


def test_of_notes_that_nobody_signed_only_so_many_bytes_are_kept() -> None:
    anchors = Anchors()
    large = dataclasses.replace(unsigned(1), note=bytes(MAX_UNSIGNED_BYTES // 4))
    kept = [anchors.add(dataclasses.replace(large, checkpoint=Checkpoint(ORIGIN, n, bytes(32)))) for n in range(1, 7)]
    assert kept == [True] * 3 + [False] * 3
    assert sum(len(one.note) for one in anchors.all()) <= MAX_UNSIGNED_BYTES


def test_who_repeats_a_note_for_ever_is_not_read_on() -> None:
    for one in (anchor(5, None), unsigned(5)):
        anchors = Anchors()
        for _ in range(MAX_REFUSED):
            anchors.add(one)
        assert not anchors.flooded
        for _ in range(MAX_OF_A_SIZE + 1):
            anchors.add(one)
        assert anchors.flooded


def test_dated_gives_only_what_is_verified_on_that_very_tree() -> None:
    anchors = Anchors()
    anchors.add(dataclasses.replace(anchor(5, 100), dated={b"a": ("dic", 100), b"b": ("lib", 200)}))
    assert anchors.dated(5, bytes(32), [b"b", b"a", b"c"]) == [("lib", 200), ("dic", 100)]
    assert anchors.dated(5, bytes([1]) * 32, [b"a"]) == []
    assert anchors.dated(6, bytes(32), [b"a"]) == []


TIMES = st.dictionaries(st.integers(1, 12), st.none() | st.integers(0, 9), max_size=6)


@given(TIMES)
def test_not_after_is_the_earliest_quorum_at_or_beyond(times: dict[int, int | None]) -> None:
    anchors = Anchors()
    for size, time in times.items():
        anchors.add(anchor(size, time))
    anchors.settle()
    for position in range(1, 15):
        covering = [time for size, time in times.items() if size >= position and time is not None]
        assert anchors.not_after(position) == min(covering, default=None)


@given(TIMES)
def test_anchored_before_is_the_largest_size_seen_by_then(times: dict[int, int | None]) -> None:
    anchors = Anchors()
    for size, time in times.items():
        anchors.add(anchor(size, time))
    anchors.settle()
    for since in range(11):
        seen = [size for size, time in times.items() if time is not None and time < since]
        assert anchors.anchored_before(since) == max(seen, default=0)


def test_the_log_key_is_no_witness() -> None:
    assert key_of("log").public.raw not in {key.raw for key in WITNESSES.values()}
