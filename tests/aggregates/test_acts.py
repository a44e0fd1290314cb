"""Every act becomes an event of its type; bad input is refused with the place and advice."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail import aggregates as a
from trail.encoding import decode, encode
from trail.errors import CallerError
from trail.evidence.schema import CompiledType, Mentions
from trail.evidence.types import Field, PartSpec, TypeSpec, spec_from_value, spec_to_value

LAB_INSPECTED = a.declare(
    "LabInspected",
    fields={"lab": Field("id"), "passed": Field("bool"), "by": Field("person", optional=True)},
    parts={"note": PartSpec({"note": Field("text", max=10_000)}, optional=True)},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabInspected(a.Act):
    TYPE: ClassVar[TypeSpec] = LAB_INSPECTED

    lab: str
    passed: bool
    by: str | None = None
    note: str | None = None


def test_the_examples_cover_every_class(examples: Any) -> None:
    assert set(examples) == {*a.LIBRARY_ACTS, *a.BUILT_IN_ACTS}


def test_every_event_fits_its_type(examples: Any, new_log: Any) -> None:
    for cls, act in examples.items():
        compiled = CompiledType(cls.TYPE)
        record = new_log().add(act)
        extra = {"record": lambda value, mentions: None} if cls is a.RecordCorrected else None

        compiled.check(record.statement, extra)
        for name, (subjects, data) in act.event().parts.items():
            assert list(subjects) == sorted(set(subjects))
            if name in cls.TYPE.parts:
                compiled.check_part(name, data)


def test_what_is_left_out_is_absent_from_the_event(examples: Any) -> None:
    """Only required attributes given: no None, no empty list, and the type still fits."""
    for cls, act in examples.items():
        required = [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]
        given = {name: getattr(act, name) for name in required}
        if cls in (a.ResponsibilityListDrafted, a.TaskListDrafted):
            given["owner"] = "jia/member"
        if cls is a.RecordCorrected:
            given["corrected_period"] = "2026"
        given |= {name: getattr(act, name) for name in ("organisations", "persons", "units") if hasattr(act, name)}
        if cls is a.TalkHeld:
            given["place"] = "甲学院 301"
        if cls is a.OpinionSigned:
            given["content"] = "拒绝签名"
        event = cls(**given).event()

        assert None not in event.fields.values()
        CompiledType(cls.TYPE).check_fields(event.fields, Mentions())
        assert decode(encode(event.fields)) == event.fields


def test_every_declaration_reads_back() -> None:
    for spec in a.LIBRARY_TYPES:
        assert spec_from_value(spec_to_value(spec)) == spec
        assert spec.version == 1
    assert len({spec.key for spec in a.LIBRARY_TYPES}) == len(a.LIBRARY_TYPES)


def test_own_hand_types_admit_own_only() -> None:
    """Design, "Whose hand": endorsing, committing, pledging, receiving, confirming, deciding and reporting."""
    own = {spec.name for spec in a.LIBRARY_TYPES if spec.hands == ("own",)}

    assert own == {
        "ListEndorsed", "CommitmentSigned", "PledgeSigned", "FilingReceived", "TalkConfirmed", "TalkDisputed",
        "ReportFiled", "ReportReceived", "DutyIntegrityReported", "PersonalMattersReported", "AccountabilityDecided",
        "AppealDecided", "AccountabilityCorrected",
    }  # fmt: skip
    assert {s.name for s in a.LIBRARY_TYPES if s.exclusive} == {
        "ListEndorsed", "AccountabilityDecided", "AppealDecided", "AccountabilityCorrected",
    }  # fmt: skip


def test_the_class_of_a_type() -> None:
    assert a.act_class("TalkHeld@1") is a.TalkHeld
    assert a.act_class("PersonRegistered@1") is a.PersonRegistered
    assert a.act_class("LabInspected@1") is a.GenericAct


def test_a_host_declares_a_type_and_a_class_of_a_few_lines() -> None:
    act = LabInspected(lab="L-1", passed=True, by="p-9", note="干净\r\n整洁", unit="jia", happened="2026-05-01")
    event = act.event()

    assert event.type_key == "LabInspected@1"
    assert event.fields == {"by": "p-9", "lab": "L-1", "passed": True}
    assert event.parts == {"note": (("p-9",), {"note": "干净\n整洁"})}
    assert (event.stream, event.stream_prefix, event.unit) == (None, "lab_inspected/", "jia")
    assert event.happened is not None
    assert event.happened.date() == "2026-05-01"


def test_an_attribute_without_field_is_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Stray(a.Act):
        TYPE: ClassVar[TypeSpec] = LAB_INSPECTED

        lab: str
        passed: bool
        colour: str

    with pytest.raises(CallerError, match="colour"):
        Stray(lab="L-1", passed=True, colour="red").event()


def test_a_field_named_twice_is_refused() -> None:
    with pytest.raises(CallerError, match="named in fields and in part note"):
        a.declare("X", fields={"note": Field("text")}, parts={"note": PartSpec({"note": Field("text")})})


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "chat"}, "kinds[0]"),
        ({"counterparts": []}, "counterparts"),
        ({"counterparts": "p-017"}, "counterparts"),
        ({"counterparts": [("p-017", "x", "y")]}, "counterparts"),
        ({"place": None}, "place"),
        ({"happened": datetime(2026, 3, 5, 9)}, "happened"),  # noqa: DTZ001
        ({"happened": 17}, "happened"),
        ({"content": "a\x00b"}, "content"),
        ({"content": {"duty": "x"}}, "content"),
        ({"content": ""}, "content"),
        ({"format": "hybrid"}, "format"),
        ({"period": "spring"}, "period"),
        ({"causes": [b"short"]}, "causes"),
        ({"performers": [("robot", "r-2", "")]}, "performers"),
        ({"topic": 3}, "topic"),
    ],
)
def test_bad_input_names_the_place_and_what_to_do(change: dict[str, Any], where: str) -> None:
    act = {
        "kind": "integrity", "counterparts": ["p-017"], "happened": date(2026, 3, 5), "place": "甲", "content": "……",
    }  # fmt: skip
    with pytest.raises(CallerError) as caught:
        a.TalkHeld(**{**act, **change}).event()

    assert caught.value.facts["where"] == where
    assert len(caught.value.advice()) > 20


@given(st.text(max_size=30))
def test_text_is_normalised_or_refused(text: str) -> None:
    """What is not refused encodes canonically, in NFC and with line feeds only."""
    try:
        event = a.ListReturned(versions=[[bytes(16), bytes(32)]], reason=text).event()
    except CallerError:
        return
    data = event.parts["reason"][1]
    assert decode(encode(data)) == data
    assert "\r" not in str(data["reason"])


def test_decomposed_text_is_composed() -> None:
    event = a.ListReturned(versions=[[bytes(16), bytes(32)]], reason="cafe\u0301").event()

    assert event.parts["reason"][1] == {"reason": "café"}


def test_a_generic_act_carries_what_its_type_declares() -> None:
    act = a.GenericAct(
        key="Permit SUBMITTED@1",
        happened=datetime(2026, 1, 2, 3, tzinfo=UTC),
        fields={"lifecycle": "complete", "empty": None, "case": UUID(int=7)},
        parts={"attributes": {"role": "STAFF"}, "who": (["p-2", "p-1"], {"name": "张一"})},
        stream="permits/7",
    )
    event = act.event()

    assert event.type_key == "Permit SUBMITTED@1"
    assert event.fields == {"case": UUID(int=7).bytes, "lifecycle": "complete"}
    assert event.parts == {"attributes": ((), {"role": "STAFF"}), "who": (("p-1", "p-2"), {"name": "张一"})}
    assert event.stream == "permits/7"


def test_a_generic_act_with_its_type_is_judged_at_once() -> None:
    ok = a.GenericAct(key="LabInspected@1", fields={"lab": "L", "passed": True, "by": "p-9"}, spec=LAB_INSPECTED,
                      parts={"note": {"note": "好"}}).event()  # fmt: skip

    assert ok.parts == {"note": (("p-9",), {"note": "好"})}
    for bad in ({"lab": "L"}, {"lab": "L", "passed": 1}, {"lab": "L", "passed": True, "x": 1}):
        with pytest.raises(CallerError):
            a.GenericAct(key="LabInspected@1", fields=bad, spec=LAB_INSPECTED).event()
    with pytest.raises(CallerError, match="no part"):
        a.GenericAct(key="LabInspected@1", fields=ok.fields, spec=LAB_INSPECTED, parts={"x": {}}).event()
    with pytest.raises(CallerError, match="float"):
        a.GenericAct(key="X@1", fields={"cost": 1.5}).event()


def test_streams_and_places(log: Any) -> None:
    talk = log.add(a.TalkHeld(kind="reminder", counterparts=["p-2"], happened=date(2026, 1, 2), content="……"))
    by_record = a.TalkConfirmed(talk=talk).event()
    by_reference = a.TalkConfirmed(talk=(talk.statement.id, talk.digest)).event()

    assert talk.statement.stream == "talk/" + talk.statement.id.hex()
    assert (by_record.stream, by_record.join) == (talk.statement.stream, talk.statement.id)
    assert (by_reference.stream, by_reference.join) == (None, talk.statement.id)
    assert by_record.fields == by_reference.fields
    with pytest.raises(CallerError, match="exact version"):
        a.TalkConfirmed(talk=talk.statement.id).event()


def test_whoever_receives_acts_as_the_body(examples: Any) -> None:
    for cls in (a.FilingReceived, a.ReportReceived):
        assert examples[cls].event().performers == (("body", "dic", ""),)
    assert examples[a.CommitmentSigned].event().performers == (("body", "jia", ""),)
    assert examples[a.TalkHeld].event().performers == (("person", "p-001", "jia/secretary"),)


def test_the_day_of_a_filing_goes_by_shanghai() -> None:
    """A report sent on 10 July 17:00 UTC was sent on 11 July in Shanghai."""
    sent = datetime(2026, 7, 10, 17, tzinfo=UTC)
    act = a.ReportFiled(subject="team", period="2026-H1", recipients=["pc"], sent=sent)

    assert act.event().fields["sent"] == "2026-07-11"
    assert act.event().fields["sent_at"] == int(sent.timestamp())
    assert act.event().period == "2026-H1"
