"""Histories: a strategy for a host's own suite, as the documentation shows it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from tests.profile import scaled

import trail.testing
from trail import Act, CallerError, Field, PartSpec, TalkHeld, Trail, TypeSpec, Verdict, declare
from trail.aggregates import LIBRARY_ACTS, GenericAct
from trail.evidence.types import KINDS as FIELD_KINDS
from trail.testing import History
from trail.testing.campus import Campus, seconds
from trail.testing.hosts import HostType, value
from trail.testing.plots import KINDS, Step
from trail.verify import verify

FEW = settings(max_examples=scaled(12), phases=[Phase.generate])


@dataclass(frozen=True, slots=True, kw_only=True)
class LabInspected(Act):
    TYPE = declare(
        "LabInspected",
        fields={"lab": Field("id"), "passed": Field("bool"), "by": Field("person", role="counterpart")},
        parts={"note": PartSpec({"note": Field("text", max=10_000)})},
    )
    lab: str
    passed: bool
    by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd(Act):
    """A type whose class makes its fields in a way of its own."""

    TYPE = declare("Odd", fields={"sum": Field("int", min=0, max=10)})
    one: int
    other: int

    def _public(self) -> dict[str, Any]:
        return {"sum": self.one + self.other}


@FEW
@given(trail.testing.histories(types=[TalkHeld, LabInspected]))
def test_the_documented_example(history: History) -> None:
    with history.new_trail() as log:
        shown = [(a.position, log.at(history.today, known_at=a.position).unit("jia").to_json())
                 for a in history.record_into(log)]  # fmt: skip
        for k, was in shown[::5]:
            assert log.at(history.today, known_at=k).unit("jia").to_json() == was
        assert verify(log.evidence(), history.policy).verdict is Verdict.INTACT


@FEW
@given(trail.testing.histories())
def test_it_is_lazy_with_one_acknowledgement_for_each_event(history: History) -> None:
    with history.new_trail() as log:
        size = log.reader.head().size
        for ack in history.record_into(log):
            size += 1
            assert (ack.position, log.reader.head().size) == (size, size)
            assert log.reader.find(ack.id) is not None
        issued = log.reader.checkpoint()
        assert issued is not None
        assert issued.size == size
        assert issued.cosignatures


@FEW
@given(trail.testing.histories())
def test_today_lies_after_everything_that_was_recorded(history: History) -> None:
    with history.tell() as log:
        end = seconds(f"{history.today} 00:00") + 86_400
        assert all(record.recorded < end for record in log.records())


@FEW
@given(trail.testing.histories(types=[LabInspected]))
def test_it_can_be_told_again_with_the_same_events(history: History) -> None:
    with history.tell() as one, history.tell() as other:
        first = [(r.statement.id, r.statement.type, r.recorded) for r in one.records(100)]
        assert first == [(r.statement.id, r.statement.type, r.recorded) for r in other.records(100)]


@FEW
@given(trail.testing.histories(types=[TalkHeld, LabInspected]))
def test_only_the_types_that_were_asked_for_and_what_is_said_of_them(history: History) -> None:
    library = {act.TYPE.key for act in LIBRARY_ACTS} - {TalkHeld.TYPE.key}
    with history.new_trail() as log:
        first = log.reader.head().size + 1
        list(history.record_into(log))
        assert not {r.statement.type for r in log.records(first)} & library


def test_a_hosts_own_type_occurs_in_its_own_class() -> None:
    with History([Step("act", 1, 1, 0), Step("act", 1, 3, 1)], [TalkHeld, LabInspected]).tell() as log:
        *_, first, second = log.records()

    assert [r.statement.type for r in (first, second)] == ["LabInspected@1"] * 2
    assert first.statement.stream.startswith("lab_inspected/"), "as the host's own class has it"


def test_examples_shrink_to_plain_acts() -> None:
    small = find(
        trail.testing.histories(min_size=1), lambda history: len(history.steps) >= 2,
        settings=settings(max_examples=200, database=None),
    )  # fmt: skip

    assert small.steps == (Step("act", 0, 0, 0), Step("act", 0, 0, 0))


def test_a_class_of_its_own_ways_and_a_bare_spec_become_generic_acts() -> None:
    for given_type in (Odd, Odd.TYPE):
        host = HostType(given_type)
        assert isinstance(host.act(1, Campus.moment("2026-03-05 09:00")), GenericAct)
    with History([Step("act", 1, n, n) for n in range(5)], [Odd]).tell() as log:
        assert sum(r.statement.type == "Odd@1" for r in log.records()) == 5


OF = {"list": {"of": Field("int")}, "record": {"members": {"a": Field("text")}}, "enum": {"values": ("x", "y")}}


@pytest.mark.parametrize("kind", sorted(set(FIELD_KINDS) - {"event", "reference", "period"}))
@given(st.integers(0, 1000))
@settings(max_examples=scaled(10))
def test_a_value_is_found_for_every_kind_of_field(kind: str, number: int) -> None:
    field = Field(kind, **OF.get(kind, {}))  # type: ignore[arg-type]
    spec = TypeSpec("Any", 1, {"value": field})

    act = HostType(spec).act(number, Campus.moment("2026-03-05 09:00"))

    assert act.event().fields["value"] is not None


def test_a_kind_that_only_the_host_can_fill_is_refused() -> None:
    with pytest.raises(CallerError):
        value(Field("reference"), 1)


def test_the_policy_is_complete_only_after_the_end() -> None:
    history = History.random(1)
    with history.new_trail() as log:
        acks = history.record_into(log)
        next(acks)
        with pytest.raises(CallerError, match="not told to its end"):
            _ = history.policy
        list(acks)
        assert history.policy.startswith("log ")


def test_a_log_of_somebody_else_is_refused() -> None:
    with Campus.found() as campus, pytest.raises(CallerError, match="new_trail"):
        next(History.random(1).record_into(campus.trail))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step_can_stand_first_and_alone(kind: str) -> None:
    history = History([Step(kind, 1, 3, 5)])
    with history.tell() as log:
        assert verify(log.evidence(), history.policy).verdict is Verdict.INTACT


def test_without_hypothesis_only_the_strategy_is_missing() -> None:
    script = """
import sys
sys.modules["hypothesis"] = None
import trail.testing
trail.testing.Campus.found().close()
trail.testing.History.random(1).tell().close()
try:
    trail.testing.histories
except trail.MissingExtra as error:
    print(error.code, error.advice())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "MISSING_EXTRA Install it: pip install 'trail-evidence[testing]'\n"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = trail.testing.nothing
    assert set(trail.testing.__all__) == {"Campus", "History", "histories"}
    assert issubclass(type(History.random(1).new_trail()), Trail)
