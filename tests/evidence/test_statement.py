"""The statement: one canonical map, one spelling, every other shape refused with its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.strategies import IDS, STATEMENTS, VALUES

from trail.encoding import encode
from trail.errors import EncodingError, RecordError
from trail.evidence.moment import Happened
from trail.evidence.statement import (
    MAX_ENTRY,
    AttachmentRef,
    PartRef,
    Performer,
    Seen,
    SignerRef,
    Statement,
    check_type_key,
    decode_statement,
    encode_statement,
    statement_to_value,
)

A, B = bytes([1]) * 32, bytes([2]) * 32
FULL = Statement(
    after=3,
    attachments=(AttachmentRef(A, 0, "application/pdf"), AttachmentRef(B, 9, "image/png")),
    causes=(bytes([1]) * 16, bytes([2]) * 16),
    classification="internal",
    fields={"kind": "duty"},
    format=1,
    hand="own",
    happened=Happened.on("2026-03-05"),
    id=bytes(16),
    log="trail.example/jia",
    parts=(PartRef("name", A, 1), PartRef("record", B, 2)),
    performers=(Performer("body", "jia", ""), Performer("person", "p-001", "jia/secretary")),
    period="2026-H1",
    seen=Seen(3, A, (A, B)),
    signers=(SignerRef("p-001", "jia/secretary", A), SignerRef("p-002", "", B)),
    stream="talk/1",
    type="TalkHeld@1",
    unit="jia",
)
OPTIONAL = ("attachments", "causes", "parts", "period", "seen", "unit")


def value() -> dict[str, Any]:
    return statement_to_value(FULL)


def refused(changed: object) -> RecordError:
    with pytest.raises(RecordError) as caught:
        decode_statement(encode(changed))
    return caught.value


@given(STATEMENTS)
def test_what_is_encoded_is_decoded_again(statement: Statement) -> None:
    data = encode_statement(statement)
    assert decode_statement(data) == statement
    assert encode_statement(decode_statement(data)) == data


@given(STATEMENTS, st.sampled_from(sorted(value())), VALUES)
def test_a_key_changed_is_refused_or_differs(statement: Statement, key: str, other: Any) -> None:
    original = statement_to_value(statement)
    changed = original | {key: other}
    try:
        read = decode_statement(encode(changed))
    except (RecordError, EncodingError):
        return
    assert (read == statement) == (encode(changed) == encode(original))


@given(STATEMENTS, st.sampled_from(sorted(value())))
def test_a_key_dropped_is_refused_or_differs(statement: Statement, key: str) -> None:
    changed = statement_to_value(statement)
    if key not in changed:
        return
    del changed[key]
    if key in OPTIONAL:
        assert decode_statement(encode(changed)) != statement
    else:
        assert refused(changed).where == key


@given(STATEMENTS, st.sampled_from(("aaa", "note", "zz", "Log", "Unit", "recorded")), VALUES)
def test_a_key_added_is_refused(statement: Statement, key: str, other: Any) -> None:
    assert refused(statement_to_value(statement) | {key: other}).where == "statement"


@given(STATEMENTS, STATEMENTS)
def test_statements_share_no_bytes(one: Statement, other: Statement) -> None:
    assert (encode_statement(one) == encode_statement(other)) == (one == other)


@given(IDS)
def test_the_order_in_which_fields_were_given_is_not_signed(event: bytes) -> None:
    one = FULL._replace(id=event, fields={"a": 1, "b": {"c": 2, "d": 3}})
    assert encode_statement(one) == encode_statement(one._replace(fields={"b": {"d": 3, "c": 2}, "a": 1}))


@pytest.mark.parametrize("key", OPTIONAL)
@pytest.mark.parametrize("empty", [None, [], ""])
def test_what_is_absent_is_left_out(key: str, empty: Any) -> None:
    assert refused(value() | {key: empty}).where in (key, "statement")


def test_an_empty_statement_of_optional_keys_is_short() -> None:
    bare = FULL._replace(attachments=(), causes=(), parts=(), period=None, seen=None, unit=None)
    assert set(value()) - set(statement_to_value(bare)) == set(OPTIONAL)
    assert decode_statement(encode_statement(bare)) == bare


REFUSED: list[tuple[str, Any]] = [
    ("after", -1),
    ("after", True),
    ("after", "3"),
    ("attachments", {}),
    ("attachments", [[A, 1]]),
    ("attachments", [[A, 1, "a/b", 0]]),
    ("attachments", [[A[:31], 1, "a/b"]]),
    ("attachments", [["digest", 1, "a/b"]]),
    ("attachments", [[A, -1, "a/b"]]),
    ("attachments", [[A, True, "a/b"]]),
    ("attachments", [[A, 1, "pdf"]]),
    ("attachments", [[A, 1, "a/b/c"]]),
    ("attachments", [[A, 1, "/"]]),
    ("attachments", [[A, 1, "甲/乙"]]),
    ("attachments", [[A, 1, "a/" + "b" * 126]]),
    ("attachments", [[A, 1, b"a/b"]]),
    ("attachments", [[B, 1, "a/b"], [A, 1, "a/b"]]),
    ("attachments", [[A, 1, "a/b"], [A, 2, "a/b"]]),
    ("causes", [bytes(15)]),
    ("causes", ["0" * 16]),
    ("causes", [bytes([2]) * 16, bytes([1]) * 16]),
    ("causes", [bytes([1]) * 16, bytes([1]) * 16]),
    ("classification", "secret"),
    ("classification", "机密"),
    ("classification", ["internal"]),
    ("fields", []),
    ("fields", "kind"),
    ("format", 2),
    ("format", True),
    ("format", "1"),
    ("hand", "other"),
    ("hand", ["own"]),
    ("happened", ["date", "2026-02-30", "day", False]),
    ("happened", "2026-03-05"),
    ("id", bytes(15)),
    ("id", bytes(17)),
    ("id", "0" * 16),
    ("log", 1),
    ("parts", [["record", A]]),
    ("parts", [["record", A, 0]]),
    ("parts", [["record", A, (1 << 20) + 1]]),
    ("parts", [["record", A, True]]),
    ("parts", [["record", A[:31], 1]]),
    ("parts", [["", A, 1]]),
    ("parts", [[b"record", A, 1]]),
    ("parts", [["record", A, 1], ["name", B, 1]]),
    ("parts", [["name", A, 1], ["record", A, 1]]),
    ("parts", [["record", A, 1], ["record", B, 1]]),
    ("parts", ["record"]),
    ("performers", []),
    ("performers", [["unit", "jia", ""]]),
    ("performers", [["person", "p-001"]]),
    ("performers", [["person", "", "jia/secretary"]]),
    ("performers", [["person", "p-001", None]]),
    ("performers", [["person", 1, ""]]),
    ("performers", [[["person"], "p-001", ""]]),
    ("performers", [["person", "p-002", ""], ["person", "p-001", ""]]),
    ("performers", [["person", "p-001", ""], ["person", "p-001", ""]]),
    ("performers", ["p-001"]),
    ("period", "26"),
    ("period", "2026-H3"),
    ("period", 2026),
    ("seen", [0, A, []]),
    ("seen", [True, A, []]),
    ("seen", [3, A]),
    ("seen", [3, A[:31], []]),
    ("seen", [3, A, None]),
    ("seen", [3, A, [A[:31]]]),
    ("seen", [3, A, [B, A]]),
    ("seen", [3, A, [A, A]]),
    ("seen", [3, A, [bytes([0, n]) + bytes(30) for n in range(101)]]),
    ("signers", []),
    ("signers", [["p-001", "jia/secretary"]]),
    ("signers", [["", "", A]]),
    ("signers", [["p-001", None, A]]),
    ("signers", [["p-001", "", A[:31]]]),
    ("signers", [["p-001", "", A], ["p-002", "", A]]),
    ("signers", [["p-001", "", B], ["p-002", "", A]]),
    ("signers", [["p-001", "", bytes([0, n]) + bytes(30)] for n in range(1, 18)]),
    ("signers", [b"p-001"]),
    ("type", "TalkHeld"),
    ("type", 1),
    ("unit", 1),
    ("unit", ["jia"]),
]


@pytest.mark.parametrize(("key", "other"), REFUSED)
def test_a_shape_that_is_refused(key: str, other: Any) -> None:
    assert refused(value() | {key: other}).where == key


@pytest.mark.parametrize("stream", [1, "", " ", "talk ", "talk  1", "talk\n1", "talk\u200b1", "t" * 256])
def test_a_stream_is_an_identifier(stream: Any) -> None:
    with pytest.raises(EncodingError) as caught:
        decode_statement(encode(value() | {"stream": stream}))
    assert caught.value.where == "stream"


@pytest.mark.parametrize("data", [b"", b"\xc0", encode([]), encode("statement"), encode(1)])
def test_what_is_no_map_is_no_statement(data: bytes) -> None:
    with pytest.raises((RecordError, EncodingError)):
        decode_statement(data)


def test_what_was_read_before_changes_nothing() -> None:
    one = value() | {"seen": [1, A, []]}
    for changed in ([True, A, []], [], [1, A], [1, A, [], 0]):
        assert decode_statement(encode(one)).seen == Seen(1, A, ())
        assert refused(one | {"seen": changed}).where == "seen"
    assert decode_statement(encode(one | {"seen": [1, B, []]})).seen == Seen(1, B, ())


def test_a_later_format_is_told_apart_from_a_malformed_statement() -> None:
    assert refused({"format": 2, "whatever": 1}).code == "UNKNOWN_FORMAT"
    assert refused({"whatever": 1}).code == "UNKNOWN_FORMAT"
    assert refused({"format": 1}).code == "RECORD"


def test_bytes_after_the_statement_are_refused() -> None:
    with pytest.raises(EncodingError):
        decode_statement(encode_statement(FULL) + b"\xc0")


def test_a_second_spelling_of_the_same_value_is_refused() -> None:
    data = encode_statement(FULL)
    at = data.index(b"\xa5after\x03") + 6
    with pytest.raises(EncodingError, match="shortest"):
        decode_statement(data[:at] + b"\xcc\x03" + data[at + 1 :])


def test_encode_refuses_what_decode_would_refuse() -> None:
    for wrong in (
        FULL._replace(signers=()), FULL._replace(performers=()), FULL._replace(after=-1), FULL._replace(hand=""),
        FULL._replace(unit=""), FULL._replace(period=""), FULL._replace(id=b""), FULL._replace(format=2),
        FULL._replace(causes=tuple(reversed(FULL.causes))),
    ):  # fmt: skip
        with pytest.raises(RecordError):
            encode_statement(wrong)


def test_a_statement_fits_an_entry() -> None:
    def padded(length: int) -> Statement:
        return FULL._replace(fields={"text": "a" * length})

    base = len(encode_statement(padded(40_000)))
    fits = padded(40_000 + MAX_ENTRY - base)
    assert len(encode_statement(fits)) == MAX_ENTRY
    with pytest.raises(EncodingError):
        encode_statement(padded(40_000 + MAX_ENTRY - base + 1))
    with pytest.raises(EncodingError):
        decode_statement(encode(statement_to_value(fits) | {"fields": {"text": "a" * MAX_ENTRY}}))


@pytest.mark.parametrize(
    ("text", "parts"), [("A@1", ("A", 1)), ("甲乙@12", ("甲乙", 12)), ("Talk held@99999", ("Talk held", 99999))]
)
def test_a_type_is_a_name_and_a_version(text: str, parts: tuple[str, int]) -> None:
    assert check_type_key(text, "type") == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "@1",
        "A@",
        "A@0",
        "A@01",
        "A@-1",
        "A@1.0",
        "A@100000",
        "A@B@1",
        "A@１",
        "A@ 1",
        "A  B@1",
        "A\u200b@1",
        "A\n@1",
        1,
    ],
)
def test_what_is_no_type(text: Any) -> None:
    with pytest.raises(RecordError) as caught:
        check_type_key(text, "name")
    assert caught.value.where == "name"
