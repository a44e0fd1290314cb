"""Entries and body parts: exact bytes, closed shapes, limits."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.kit import Log
from tests.evidence.strategies import MAPS, NAMES, STATEMENTS
from tests.evidence.test_statement import FULL

from trail.encoding import decode, encode
from trail.errors import EncodingError, RecordError
from trail.evidence.moment import MAX_INSTANT
from trail.evidence.record import (
    MAX_ENTRY,
    MAX_PART,
    Part,
    Statement,
    decode_entry,
    decode_part,
    encode_entry,
    encode_part,
    encode_statement,
    reference,
    sorted_fields,
)

DATA = encode_statement(FULL)
TWO = [bytes(64), bytes(64)]
PART = {"data": {"text": "谈话"}, "name": "record", "salt": bytes(16), "subjects": ["p-001", "p-002"]}


@given(STATEMENTS, st.integers(1, (1 << 64) - 1), st.integers(0, MAX_INSTANT), st.integers(1, 1 << 40))
def test_what_is_encoded_is_decoded_again(statement: Statement, version: int, recorded: int, position: int) -> None:
    data = encode_statement(statement)
    signatures = [bytes([n]) * 64 for n in range(len(statement.signers))]
    entry = encode_entry(data, signatures, version, recorded)
    record = decode_entry(entry, position)
    assert record == (position, statement, data, hashlib.sha256(data).digest(), tuple(signatures), version, recorded)
    assert encode_entry(record.statement_bytes, record.signatures, record.version, record.recorded) == entry


ENTRIES: list[tuple[str, Any]] = [
    ("entry", {}),
    ("entry", []),
    ("entry", "act"),
    ("entry", [1, DATA, TWO, 1, 0]),
    ("entry", ["act", DATA, TWO, 1]),
    ("entry", ["act", DATA, TWO, 1, 0, None]),
    ("entry[1]", ["act", "statement", TWO, 1, 0]),
    ("entry[1]", ["act", decode(DATA), TWO, 1, 0]),
    ("entry[2]", ["act", DATA, [], 1, 0]),
    ("entry[2]", ["act", DATA, bytes(64), 1, 0]),
    ("entry[2]", ["act", DATA, ["signature"] * 2, 1, 0]),
    ("entry[2]", ["act", DATA, [bytes(64)], 1, 0]),
    ("entry[2]", ["act", DATA, [bytes(64)] * 3, 1, 0]),
    ("entry[2]", ["act", DATA, [bytes(64)] * 17, 1, 0]),
    ("entry[3]", ["act", DATA, TWO, 0, 0]),
    ("entry[3]", ["act", DATA, TWO, True, 0]),
    ("entry[3]", ["act", DATA, TWO, "1", 0]),
    ("entry[4]", ["act", DATA, TWO, 1, -1]),
    ("entry[4]", ["act", DATA, TWO, 1, False]),
    ("entry[4]", ["act", DATA, TWO, 1, MAX_INSTANT + 1]),
    ("entry[4]", ["act", DATA, TWO, 1, None]),
]


@pytest.mark.parametrize(("where", "entry"), ENTRIES)
def test_a_shape_of_entry_that_is_refused(where: str, entry: Any) -> None:
    with pytest.raises(RecordError) as caught:
        decode_entry(encode(entry), 1)
    assert caught.value.where == where
    assert caught.value.code == "RECORD"


def test_a_later_kind_of_entry_is_told_apart() -> None:
    with pytest.raises(RecordError) as caught:
        decode_entry(encode(["opaque", 1, 2]), 1)
    assert caught.value.code == "UNKNOWN_FORMAT"


def test_encode_entry_refuses_what_decode_entry_would() -> None:
    arguments: Any
    for arguments in ((DATA, [], 1, 0), (DATA, TWO, 0, 0), (DATA, TWO, 1, -1), ("", TWO, 1, 0), (DATA, [None], 1, 0)):
        with pytest.raises(RecordError):
            encode_entry(*arguments)


def test_an_entry_has_at_most_65535_bytes() -> None:
    def entry(length: int) -> bytes:
        return encode_entry(encode_statement(FULL._replace(fields={"text": "a" * length})), TWO, 1, 0)

    room = MAX_ENTRY - len(entry(40_000))
    assert len(entry(40_000 + room)) == MAX_ENTRY == 65_535
    assert decode_entry(entry(40_000 + room), 1).statement.fields["text"] == "a" * (40_000 + room)
    with pytest.raises(EncodingError):
        entry(40_000 + room + 1)
    with pytest.raises(EncodingError):
        decode_entry(entry(40_000 + room) + b"\xc0", 1)


@given(st.data())
def test_a_byte_changed_in_an_entry_is_refused_or_another_record(data: st.DataObject) -> None:
    entry = encode_entry(DATA, TWO, 1, 0)
    at = data.draw(st.integers(0, len(entry) - 1))
    changed = entry[:at] + bytes([entry[at] ^ data.draw(st.integers(1, 255))]) + entry[at + 1 :]
    try:
        record = decode_entry(changed, 1)
    except (RecordError, EncodingError):
        return
    assert record != decode_entry(entry, 1)


@given(NAMES, st.lists(NAMES, unique=True).map(sorted).map(tuple), st.binary(min_size=16, max_size=64), MAPS)
def test_a_part_that_is_encoded_is_decoded_again(
    name: str, subjects: tuple[str, ...], salt: bytes, data: dict[str, Any]
) -> None:
    part = Part(name, subjects, salt, data)
    assert decode_part(encode_part(part)) == part
    assert encode_part(decode_part(encode_part(part))) == encode_part(part)


PARTS: list[tuple[str, Any]] = [
    ("part", []),
    ("part", {}),
    ("part", {k: v for k, v in PART.items() if k != "salt"}),
    ("part", PART | {"type": "x"}),
    ("part", PART | {"name": 1}),
    ("part", PART | {"data": []}),
    ("part", PART | {"subjects": "p-001"}),
    ("part.salt", PART | {"salt": bytes(15)}),
    ("part.salt", PART | {"salt": bytes(65)}),
    ("part.salt", PART | {"salt": "0" * 16}),
    ("part.subjects", PART | {"subjects": ["p-002", "p-001"]}),
    ("part.subjects", PART | {"subjects": ["p-001", "p-001"]}),
    ("part.subjects", PART | {"subjects": [""]}),
    ("part.subjects", PART | {"subjects": [1]}),
]


@pytest.mark.parametrize(("where", "part"), PARTS)
def test_a_shape_of_part_that_is_refused(where: str, part: Any) -> None:
    with pytest.raises(RecordError) as caught:
        decode_part(encode(part))
    assert caught.value.where == where


def test_a_part_has_at_most_a_mebibyte() -> None:
    room = MAX_PART - len(encode_part(Part("record", (), bytes(16), {"text": "a" * 100_000})))
    assert len(encode_part(Part("record", (), bytes(16), {"text": "a" * (100_000 + room)}))) == MAX_PART
    with pytest.raises(EncodingError):
        encode_part(Part("record", (), bytes(16), {"text": "a" * (100_000 + room + 1)}))
    with pytest.raises(EncodingError):
        decode_part(encode(PART | {"data": {"text": "a" * MAX_PART}}, max_bytes=2 * MAX_PART))


def test_a_salt_hides_equal_contents_from_each_other() -> None:
    one, other = (encode_part(Part("record", (), bytes([n]) * 16, {"text": "谈话"})) for n in (1, 2))
    assert hashlib.sha256(one).digest() != hashlib.sha256(other).digest()


def test_a_reference_names_the_exact_statement(log: Log) -> None:
    record = log.add(log.talk())
    assert reference(record) == [record.statement.id, hashlib.sha256(record.statement_bytes).digest()]


@given(MAPS)
def test_fields_sort_all_the_way_down(fields: dict[str, Any]) -> None:
    def keys(value: Any) -> bool:
        if isinstance(value, dict):
            return list(value) == sorted(value) and all(map(keys, value.values()))
        return all(map(keys, value)) if isinstance(value, list) else True

    assert sorted_fields(fields) == fields
    assert keys(sorted_fields(fields))
