"""Opaque entries: one spelling, read strictly; which versions were there; what kind some bytes claim to be."""

from __future__ import annotations

import tracemalloc
import uuid
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.kit import NOW, sha256

from trail.encoding import encode
from trail.errors import EncodingError, RecordError
from trail.evidence import versions as module
from trail.evidence.moment import MAX_INSTANT
from trail.evidence.opaque import (
    MAX_NAME,
    MAX_STATE,
    OPAQUE_KIND,
    OpaqueEntry,
    decode_opaque,
    encode_opaque,
    kind_of,
)
from trail.evidence.record import MAX_ENTRY
from trail.evidence.versions import Versions

Fields = tuple[str, bytes, int, bytes, bytes, int, int]

NAMES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=MAX_NAME
).map(str.encode).filter(lambda data: len(data) <= MAX_NAME)  # fmt: skip
VERSIONS = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-200, 200)
FIELDS = st.tuples(
    st.just("uuid"), st.binary(min_size=16, max_size=16), VERSIONS, NAMES, st.binary(min_size=32, max_size=32),
    st.integers(0, MAX_STATE), st.integers(0, MAX_INSTANT),
) | st.tuples(
    st.just("text"), NAMES, VERSIONS, NAMES, st.binary(min_size=32, max_size=32),
    st.integers(0, MAX_STATE), st.integers(0, MAX_INSTANT),
)  # fmt: skip
GOOD: Fields = ("text", b"shelf-1", 1, b"stock:Shelf.Filled", sha256(b"state"), 5, NOW)
ANYTHING = (
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.binary(max_size=20) | st.text(max_size=20)
    | st.floats(allow_nan=False) | st.lists(st.integers(0, 3), max_size=3) | st.just(b"x" * 1025) | st.just(b"a\0b")
    | st.just(b"\xed\xa0\x80") | st.just(bytes(16)) | st.just(bytes(32)) | st.sampled_from(["uuid", "text", "opaque"])
    | st.sampled_from([MAX_STATE + 1, MAX_INSTANT + 1, 1 << 63])
)  # fmt: skip


# --- one spelling ----------------------------------------------------------------------------------------------------


@given(FIELDS, st.integers(1, 1 << 40))
def test_an_entry_is_spelled_as_canonical_encoding_spells_the_list_and_read_again(
    fields: Fields, position: int
) -> None:
    entry = encode_opaque(*fields)
    assert entry == encode([OPAQUE_KIND, *fields])
    assert decode_opaque(entry, position) == OpaqueEntry(position, *fields)
    assert len(entry) <= MAX_ENTRY


def test_the_longest_entry_fits() -> None:
    fields = ("text", b"x" * MAX_NAME, -(1 << 63), b"y" * MAX_NAME, bytes(32), MAX_STATE, MAX_INSTANT)
    assert decode_opaque(encode_opaque(*fields), 1)[1:] == fields


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, "uri"), (0, b"text"), (0, None), (0, ["text"]),
        (1, "shelf-1"), (1, b"a\0"), (1, b"\xff"), (1, b"\xed\xa0\x80"), (1, b"x" * (MAX_NAME + 1)), (1, None),
        (2, "1"), (2, True), (2, 1.0), (2, 1 << 63), (2, -(1 << 63) - 1), (2, None),
        (3, "stock"), (3, b"a\0"), (3, b"\xc3"), (3, b"x" * (MAX_NAME + 1)), (3, None),
        (4, b""), (4, bytes(31)), (4, bytes(33)), (4, "x" * 32),
        (5, -1), (5, MAX_STATE + 1), (5, False), (5, "5"),
        (6, -1), (6, MAX_INSTANT + 1), (6, True), (6, 1.5),
    ],
)  # fmt: skip
def test_what_is_outside_the_shape_is_neither_written_nor_read(at: int, value: Any) -> None:
    fields = [*GOOD[:at], value, *GOOD[at + 1 :]]
    with pytest.raises(RecordError) as caught:
        encode_opaque(*fields)  # type: ignore[arg-type]
    assert caught.value.where == f"entry[{at + 1}]"
    try:
        data = msgpack.packb([OPAQUE_KIND, *fields])
    except OverflowError:
        return
    with pytest.raises((RecordError, EncodingError)):
        decode_opaque(data, 1)


@pytest.mark.parametrize("at", [1, 3, 4])
@pytest.mark.parametrize("like", [bytearray, memoryview])
def test_what_is_only_like_bytes_is_not_written(at: int, like: Any) -> None:
    """Their content could change between the check and the packing."""
    fields: list[Any] = [*GOOD]
    fields[at] = like(fields[at])
    with pytest.raises(RecordError):
        encode_opaque(*fields)


@pytest.mark.parametrize("length", [0, 15, 17, 36])
def test_a_uuid_has_sixteen_bytes(length: int) -> None:
    with pytest.raises(RecordError, match="16 bytes of a UUID"):
        encode_opaque("uuid", bytes(length), *GOOD[2:])


@given(st.lists(ANYTHING, max_size=9))
def test_what_is_read_is_what_would_have_been_written(elements: list[Any]) -> None:
    data = msgpack.packb([OPAQUE_KIND, *elements])
    try:
        read = decode_opaque(data, 1)
    except (RecordError, EncodingError):
        return
    assert encode_opaque(*read[1:]) == data


@given(FIELDS, st.lists(st.tuples(st.integers(0, 7), ANYTHING), min_size=1, max_size=2))
def test_an_entry_with_elements_replaced_is_read_only_if_it_could_be_written(
    fields: Fields, changes: list[tuple[int, Any]]
) -> None:
    elements: list[Any] = [OPAQUE_KIND, *fields]
    for at, value in changes:
        elements[at] = value
    data = msgpack.packb(elements)
    try:
        read = decode_opaque(data, 1)
    except (RecordError, EncodingError):
        return
    assert encode([OPAQUE_KIND, *read[1:]]) == data


@given(FIELDS, st.data())
def test_changed_bytes_are_another_entry_or_none(fields: Fields, data: st.DataObject) -> None:
    entry = bytearray(encode_opaque(*fields))
    at = data.draw(st.integers(0, len(entry) - 1))
    entry[at] ^= data.draw(st.integers(1, 255))
    try:
        read = decode_opaque(bytes(entry), 1)
    except (RecordError, EncodingError):
        return
    assert read[1:] != fields
    assert encode_opaque(*read[1:]) == bytes(entry)


SPELLINGS = {
    "nothing": b"",
    "no list": b"\xc1",
    "cut": encode_opaque(*GOOD)[:-1],
    "more": encode_opaque(*GOOD) + b"\0",
    "long header": b"\xdc\0\x08" + encode_opaque(*GOOD)[1:],
    "long text": encode_opaque(*GOOD).replace(b"\xa6opaque", b"\xd9\x06opaque"),
    "long bytes": encode_opaque(*GOOD).replace(b"\xc4\x07shelf-1", b"\xc5\0\x07shelf-1"),
    "long int": encode_opaque(*GOOD).replace(b"shelf-1\x01", b"shelf-1\xcc\x01"),
    "signed int": encode_opaque(*GOOD).replace(b"shelf-1\x01", b"shelf-1\xd0\x01"),
    "text for bytes": encode_opaque(*GOOD).replace(b"\xc4\x07shelf-1", b"\xa7shelf-1"),
    "bytes for text": encode_opaque(*GOOD).replace(b"\xa4text", b"\xc4\x04text"),
    "a map": encode({"kind": "opaque"}),
    "too few": encode([OPAQUE_KIND, *GOOD[:-1]]),
    "too many": encode([OPAQUE_KIND, *GOOD, 1]),
}


@pytest.mark.parametrize("entry", SPELLINGS.values(), ids=SPELLINGS)
def test_another_spelling_is_refused(entry: bytes) -> None:
    with pytest.raises((RecordError, EncodingError)) as caught:
        decode_opaque(entry, 1)
    assert caught.value.code != "UNKNOWN_FORMAT"


@pytest.mark.parametrize("kind", ["act", "later"])
def test_another_kind_is_of_another_format(kind: str) -> None:
    with pytest.raises(RecordError) as caught:
        decode_opaque(encode([kind, *GOOD]), 1)
    assert (caught.value.code, caught.value.facts["found"]) == ("UNKNOWN_FORMAT", kind)


@pytest.mark.parametrize("entry", [None, "text", 1, bytearray(encode_opaque(*GOOD)), memoryview(encode_opaque(*GOOD))])
def test_only_bytes_are_read(entry: Any) -> None:
    with pytest.raises(EncodingError):
        decode_opaque(entry, 1)


def test_names_that_are_in_no_normal_form_come_back_byte_for_byte() -> None:
    for name in ("e\u0301", "\u212b", "\u202eabc", "a\nb", "\ufeff", ""):
        fields = ("text", name.encode(), 1, name.encode(), *GOOD[4:])
        entry = decode_opaque(encode_opaque(*fields), 1)
        assert (entry.originator, entry.topic, entry.name) == (name.encode(), name.encode(), name)


def test_a_uuid_is_shown_in_its_usual_spelling() -> None:
    named = uuid.UUID("2b0f9ab4-2b6d-4f7c-8f6e-000000000001")
    assert decode_opaque(encode_opaque("uuid", named.bytes, *GOOD[2:]), 1).name == str(named)


# --- kinds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (encode_opaque(*GOOD), "opaque"), (encode(["opaque"]), "opaque"), (encode(["opaque", 1]), "opaque"),
        (encode(["act", b"", [], 1, 1]), "act"), (encode(["act"]), "act"), (b"\x95\xa3act", "act"),
        (b"", ""), (b"\x95", ""),
        (b"\xa3act", ""), (b"\x90\xa3act", ""), (b"\xa0\xa3act", ""), (b"\x81\xa3act\x01", ""),
        (encode(["later"]), ""), (encode(["acts"]), ""), (encode(["opaque2"]), ""), (encode([b"act"]), ""),
        (b"\x95\xd9\x03act", ""), (b"\xdc\0\x05\xa3act", ""),
    ],
)  # fmt: skip
def test_the_kind_is_what_the_first_element_says_in_its_one_spelling(entry: bytes, kind: str) -> None:
    assert kind_of(entry) == kind


@given(st.binary(max_size=20))
def test_any_bytes_have_a_kind_or_none(entry: bytes) -> None:
    assert kind_of(entry) in ("act", "opaque", "")


# --- versions --------------------------------------------------------------------------------------------------------

PAIRS = st.tuples(
    st.sampled_from(["uuid", "text"]), st.sampled_from([b"a" * 16, b"b" * 16]),
    st.integers(-3, 12) | st.sampled_from([-(1 << 63), (1 << 63) - 1, (1 << 63) - 2]),
)  # fmt: skip


@given(st.lists(PAIRS, max_size=60))
def test_a_pair_is_taken_once(pairs: list[tuple[str, bytes, int]]) -> None:
    versions, known = Versions(), set()
    for pair in pairs:
        assert versions.add(*pair) is (pair not in known)
        known.add(pair)


@pytest.mark.parametrize(
    "runs", [[range(1, 5)], [range(1, 5), range(7, 9)], [range(1, 2), range(3, 4), range(9, 20), range(30, 33)]]
)
def test_nothing_within_an_earlier_run_is_new_and_everything_between_is(runs: list[range]) -> None:
    versions = Versions()
    taken = [version for run in runs for version in run]
    assert all(versions.add("text", b"a", version) for version in taken)
    assert not any(versions.add("text", b"a", version) for version in taken)
    between = sorted(set(range(-2, taken[-1])) - set(taken), reverse=True)
    assert all(versions.add("text", b"a", version) for version in between)
    assert not any(versions.add("text", b"a", version) for version in range(-2, taken[-1] + 1))


@pytest.mark.parametrize("step", [1, 2])
def test_versions_in_order_take_little_memory(step: int) -> None:
    """None at all where an application numbers without gaps, and two numbers for each gap."""
    versions, count = Versions(), 20_000
    versions.add("text", b"a", 0)
    tracemalloc.start()
    try:
        for version in range(step, count * step, step):
            assert versions.add("text", b"a", version)
        taken = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, module.__file__)])
        used = sum(one.size for one in taken.traces)  # what other threads of the test run allocate is not counted
    finally:
        tracemalloc.stop()
    assert used < (2_000 if step == 1 else 24 * count)
