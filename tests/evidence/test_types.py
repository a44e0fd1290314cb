"""Declared types: closed schemas, every kind of field, one spelling of a declaration."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.kit import Log
from tests.evidence.strategies import SPECS, VALUES

from trail.encoding import decode, encode
from trail.errors import RecordError
from trail.evidence.moment import MAX_INSTANT
from trail.evidence.record import PartRef
from trail.evidence.schema import CompiledType, Mentions, check_fields, compile_field, compile_fields
from trail.evidence.types import (
    KINDS,
    MAX_INT,
    Field,
    PartSpec,
    TypeSpec,
    field_from_value,
    field_to_value,
    spec_from_value,
    spec_to_value,
)

EVENT, DIGEST = bytes(16), bytes(32)
SPEC = TypeSpec(
    "LabInspected", 1,
    {
        "lab": Field("id"),
        "rows": Field("list", of=Field("record", members={"by": Field("person"), "no": Field("int")})),
    },
    {"note": PartSpec({"words": Field("text")}, optional=True), "record": PartSpec({"content": Field("text")})},
)  # fmt: skip


# --- declarations ----------------------------------------------------------------------------------------------------


@given(SPECS)
def test_a_declaration_is_read_as_it_was_written(spec: TypeSpec) -> None:
    value = spec_to_value(spec)
    assert spec_from_value(value) == spec
    assert spec_to_value(spec_from_value(decode(encode(value)))) == value


@given(SPECS)
def test_every_declaration_can_be_compiled(spec: TypeSpec) -> None:
    compiled = CompiledType(spec)
    assert compiled.spec.key == spec.key


@given(SPECS, st.data())
def test_a_declaration_has_one_spelling(spec: TypeSpec, data: st.DataObject) -> None:
    value = spec_to_value(spec)
    changed = value | {data.draw(st.sampled_from(sorted(value))): data.draw(VALUES)}
    with suppress(RecordError):
        assert spec_to_value(spec_from_value(changed)) == changed


@pytest.mark.parametrize("key", sorted(spec_to_value(SPEC)))
def test_a_declaration_names_everything(key: str) -> None:
    value = spec_to_value(SPEC)
    del value[key]
    with pytest.raises(RecordError):
        spec_from_value(value)


@pytest.mark.parametrize(
    ("where", "changes"),
    [
        ("", {"note": 1}),
        ("hands", {"hands": []}),
        ("hands", {"hands": ["own", "own"]}),
        ("hands", {"hands": ["other"]}),
        ("hands", {"hands": "own"}),
        ("hands", {"hands": [["own"]]}),
        ("posts", {"posts": []}),
        ("posts", {"posts": [""]}),
        ("posts", {"posts": [1]}),
        ("posts", {"posts": "*"}),
        ("parts", {"parts": []}),
        ("parts", {"exclusive": 1}),
        ("name", {"name": 1}),
        ("name", {"name": ""}),
        ("name", {"name": "A@B"}),
        ("name", {"name": "A  B"}),
        ("name", {"name": "A\u200b"}),
        ("name", {"version": 0}),
        ("name", {"version": 100_000}),
        ("name", {"version": True}),
        ("name", {"version": "1"}),
        ("", {"fields": []}),
        ("a", {"fields": {"a": {}}}),
        ("parts.note", {"parts": {"note": {"fields": {}}}}),
        ("parts.note", {"parts": {"note": {"fields": {}, "optional": 0}}}),
        ("parts.note", {"parts": {"note": []}}),
        ("a", {"parts": {"note": {"fields": {"a": {"kind": "other"}}, "optional": True}}}),
    ],
)
def test_a_shape_of_declaration_that_is_refused(where: str, changes: dict[str, Any]) -> None:
    with pytest.raises(RecordError) as caught:
        spec_from_value(spec_to_value(SPEC) | changes)
    assert caught.value.where == where


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"kind": "happened"},
        {"kind": "changes"},
        {"kind": ["text"]},
        {"kind": "text", "optional": False},
        {"kind": "text", "optional": 1},
        {"kind": "text", "note": 1},
        {"kind": "text", "role": ""},
        {"kind": "text", "role": "counterpart"},
        {"kind": "person", "role": "target"},
        {"kind": "person", "role": None},
        {"kind": "text", "min": "1"},
        {"kind": "text", "min": True},
        {"kind": "int", "max": MAX_INT + 1},
        {"kind": "int", "max": None},
        {"kind": "enum"},
        {"kind": "enum", "values": []},
        {"kind": "enum", "values": ["a", "a"]},
        {"kind": "enum", "values": ["a", 1]},
        {"kind": "enum", "values": "ab"},
        {"kind": "text", "values": ["a"]},
        {"kind": "text", "values": []},
        {"kind": "list"},
        {"kind": "list", "of": None},
        {"kind": "list", "of": {"kind": "other"}},
        {"kind": "text", "of": {"kind": "text"}},
        {"kind": "record"},
        {"kind": "record", "members": {}},
        {"kind": "record", "members": [1]},
        {"kind": "text", "members": {}},
        {"kind": "text", "members": {"a": {"kind": "text"}}},
    ],
)
def test_a_shape_of_field_that_is_refused(value: Any) -> None:
    with pytest.raises(RecordError):
        field_from_value(value)


def test_fields_nest_four_deep() -> None:
    def nested(depth: int) -> Field:
        return Field("list", of=nested(depth - 1)) if depth else Field("text")

    assert field_from_value(field_to_value(nested(4))) == nested(4)
    with pytest.raises(RecordError, match="nested"):
        field_from_value(field_to_value(nested(5)))


# --- values ----------------------------------------------------------------------------------------------------------

GOOD: dict[str, list[tuple[dict[str, Any], Any]]] = {
    "bool": [({}, True), ({}, False)],
    "bytes": [({}, b"a"), ({"min": 0}, b""), ({}, bytes(4096)), ({"min": 2, "max": 2}, b"ab")],
    "date": [({}, "2026-03-05"), ({}, "2028-02-29")],
    "digest": [({}, DIGEST)],
    "enum": [({"values": ("a", "")}, "a"), ({"values": ("a", "")}, "")],
    "event": [({}, EVENT)],
    "id": [({}, "lab 1"), ({}, "甲" * 255)],
    "instant": [({}, 0), ({}, MAX_INSTANT)],
    "int": [({}, MAX_INT), ({}, -MAX_INT), ({"min": 3, "max": 4}, 3), ({"min": 3, "max": 4}, 4)],
    "list": [
        ({"of": Field("int")}, [1]),
        ({"of": Field("int"), "min": 0}, []),
        ({"of": Field("int"), "max": 2}, [1, 2]),
    ],
    "person": [({}, "p-001"), ({"role": "counterpart"}, "p-001")],
    "post": [({}, "jia/secretary")],
    "record": [({"members": {"a": Field("int"), "b": Field("int", optional=True)}}, {"a": 1})],
    "reference": [({}, [EVENT, DIGEST])],
    "text": [({}, "谈"), ({}, "谈" * 500), ({"min": 0}, ""), ({"max": 2}, "谈话")],
    "unit": [({}, "jia")],
}
BAD: dict[str, list[tuple[dict[str, Any], Any]]] = {
    "bool": [({}, 1), ({}, None), ({}, "true")],
    "bytes": [({}, b""), ({}, "a"), ({}, bytes(4097)), ({"max": 9999}, bytes(4097)), ({"min": 2}, b"a")],
    "date": [({}, "2026-02-29"), ({}, "20260305"), ({}, 20260305), ({}, ""), ({}, None)],
    "digest": [({}, bytes(31)), ({}, "0" * 32), ({}, None)],
    "enum": [({"values": ("a",)}, value) for value in ("b", 1, ["a"], None)],
    "event": [({}, bytes(15)), ({}, "0" * 16), ({}, [EVENT])],
    "id": [({}, ""), ({}, "a  b"), ({}, "a\n"), ({}, "甲" * 256), ({}, 1), ({}, "a\u202eb")],
    "instant": [({}, -1), ({}, MAX_INSTANT + 1), ({}, True), ({}, "0")],
    "int": [({}, MAX_INT + 1), ({}, True), ({}, "1"), ({"min": 3}, 2), ({"max": 4}, 5), ({}, None)],
    "list": [({"of": Field("int")}, []), ({"of": Field("int")}, 1), ({"of": Field("int")}, ["1"]),
             ({"of": Field("int"), "max": 2}, [1, 2, 3]), ({"of": Field("int"), "max": 9999}, [1] * 1001),
             ({"of": Field("int")}, {"a": 1})],
    "person": [({}, 1), ({}, None), ({"role": "counterpart"}, 1)],
    "post": [({}, 1), ({}, None)],
    "record": [({"members": {"a": Field("int")}}, {}), ({"members": {"a": Field("int")}}, {"a": 1, "b": 1}),
               ({"members": {"a": Field("int")}}, [1]), ({"members": {"a": Field("int")}}, {"a": "1"})],
    "reference": [({}, [EVENT]), ({}, [EVENT, bytes(31)]), ({}, [bytes(15), DIGEST]), ({}, EVENT), ({}, {}),
                  ({}, [EVENT, DIGEST, DIGEST]), ({}, ["0" * 16, DIGEST])],
    "text": [({}, ""), ({}, "谈" * 501), ({"max": 9999}, "谈" * 501), ({"max": 2}, "谈话录"), ({"min": 2}, "谈"),
             ({}, b"a"), ({}, 1)],
    "unit": [({}, 1), ({}, ["jia"])],
}  # fmt: skip


def rows(table: dict[str, list[tuple[dict[str, Any], Any]]]) -> list[Any]:
    return [(kind, options, value) for kind in table for options, value in table[kind]]


def test_every_kind_has_good_and_bad_examples() -> None:
    assert set(GOOD) == set(BAD) == set(KINDS)


@pytest.mark.parametrize(("kind", "options", "value"), rows(GOOD))
def test_a_good_value(kind: str, options: dict[str, Any], value: Any) -> None:
    compile_field(Field(kind, **options))(value, Mentions())


@pytest.mark.parametrize(("kind", "options", "value"), rows(BAD))
def test_a_bad_value(kind: str, options: dict[str, Any], value: Any) -> None:
    with pytest.raises(RecordError):
        compile_field(Field(kind, **options))(value, Mentions())


@given(SPECS, VALUES)
def test_whatever_the_value_only_record_errors_come_out(spec: TypeSpec, value: Any) -> None:
    compiled = CompiledType(spec)
    for given_ in (value, dict.fromkeys(spec.fields, value)):
        with suppress(RecordError):
            compiled.check_fields(given_, Mentions())
    for name in spec.parts:
        with suppress(RecordError):
            compiled.check_part(name, dict.fromkeys(spec.parts[name].fields, value))


def test_text_of_a_part_may_be_longer() -> None:
    compile_field(Field("text"), max_text=100_000)("谈" * 100_000, Mentions())
    with pytest.raises(RecordError):
        compile_field(Field("text"), max_text=100_000)("谈" * 100_001, Mentions())
    with pytest.raises(RecordError):
        compile_field(Field("text", max=3), max_text=100_000)("谈话记录", Mentions())


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("lab", {"lab": 1}),
        ("rows", {"lab": "1", "rows": []}),
        ("rows[1]", {"lab": "1", "rows": [{"by": "p-001", "no": 1}, 2]}),
        ("rows[1].no", {"lab": "1", "rows": [{"by": "p-001", "no": 1}, {"by": "p-001", "no": "1"}]}),
        ("rows[0].other", {"lab": "1", "rows": [{"other": 1}]}),
        ("other", {"other": 1}),
        ("", {"lab": "1"}),
        ("", []),
    ],
)
def test_an_error_says_where(where: str, value: Any) -> None:
    with pytest.raises(RecordError) as caught:
        compile_fields(SPEC.fields)(value, Mentions())
    assert caught.value.where == where
    assert caught.value.message.count(": ") == (where != "") + ("missing" in caught.value.message)


def test_what_fields_mention_is_gathered() -> None:
    spec = TypeSpec("A", 1, {
        "a": Field("person"), "b": Field("list", of=Field("person", role="counterpart")), "c": Field("post"),
        "d": Field("unit"), "e": Field("event"), "f": Field("record", members={"r": Field("reference")}),
    })  # fmt: skip
    mentions = Mentions()
    CompiledType(spec).check_fields(
        {"a": "p-1", "b": ["p-2", "p-3"], "c": "jia/secretary", "d": "jia", "e": EVENT, "f": {"r": [EVENT, DIGEST]}},
        mentions,
    )
    assert mentions.persons == ["p-1", "p-2", "p-3"]
    assert mentions.counterparts == ["p-2", "p-3"]
    assert (mentions.posts, mentions.units) == (["jia/secretary"], ["jia"])
    assert mentions.events == [(EVENT, None), (EVENT, DIGEST)]


# --- statements ------------------------------------------------------------------------------------------------------


def test_parts_are_closed_too(log: Log) -> None:
    statement = log.talk().statement._replace(fields={"lab": "1", "rows": [{"by": "p-001", "no": 1}]})
    record, note = PartRef("record", DIGEST, 1), PartRef("note", DIGEST, 1)
    check_fields(SPEC, statement._replace(parts=(record,)))
    check_fields(SPEC, statement._replace(parts=(note, record)))
    for parts in ((), (note,), (PartRef("other", DIGEST, 1), record)):
        with pytest.raises(RecordError) as caught:
            check_fields(SPEC, statement._replace(parts=parts))
        assert caught.value.where == "parts"
    with pytest.raises(RecordError) as caught:
        check_fields(SPEC, statement._replace(parts=(record,), fields={"lab": 1}))
    assert caught.value.where == "fields.lab"


def test_the_content_of_a_part_is_checked() -> None:
    compiled = CompiledType(SPEC)
    compiled.check_part("record", {"content": "谈" * 501})
    bad: list[tuple[str, dict[str, Any]]] = [
        ("record", {}), ("record", {"content": 1}), ("record", {"content": "x", "y": 1}), ("other", {}),
    ]  # fmt: skip
    for name, data in bad:
        with pytest.raises(RecordError):
            compiled.check_part(name, data)


def test_a_correction_brings_only_what_changes() -> None:
    compiled = CompiledType(SPEC)
    compiled.check_some({"lab": "2"}, Mentions())
    compiled.check_some({}, Mentions())
    for data in ({"lab": 2}, {"other": 1}):
        with pytest.raises(RecordError):
            compiled.check_some(data, Mentions())
