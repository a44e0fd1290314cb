"""
The rows of the shipped rule set: all duties of the catalogue, each in its own words, and nothing that can't be used.

``duties.txt`` is the catalogue's list of duties, kept here.  Where the catalogue itself lies beside the project
(``../shared/duties.json``), the rows are compared with every word of it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trail.aggregates.catalogue import LIBRARY_TYPES
from trail.evidence.types import Field, TypeSpec
from trail.rules import default_text, load_default
from trail.rules.model import COUNTED, Duty, Satisfier

FROZEN = Path(__file__).with_name("duties.txt")
CATALOGUE = Path(__file__).parents[3] / "shared" / "duties.json"
RULES = load_default()
DUTIES = RULES.duties
ROWS: dict[str, dict[str, Any]] = {row["id"]: row for row in RULES.document["duty"]}
TYPES: dict[str, TypeSpec] = {spec.key: spec for spec in LIBRARY_TYPES}
BY_CLASS = {"MD": 8, "MC": 28, "MI": 15, "E": 35, "N": 6, "O": 4, "D": 4, "Q": 38}
COLOURS = {"amber", "cadence", "counterparts", "due", "held_days", "lists", "minimum", "recipients", "soft", "trigger",
           "within_workdays"}  # fmt: skip
TOPICS = {"self_governance", "integrity", "ideology"}
PERSONS = {"P4c", "P4e", "M5a", "M5b", "M5c", "R3", "R6", "R7a", "R7b", "R7c", "R7d"}
FIRST_QUARTER = {"P4b", "M5b", "R7a", "R7b", "R7c", "R7d", "K2"}
OVERLAPS = {
    "B1a": {"B7f"}, "P1": {"B1a", "B7f"}, "B1b": {"B1c", "B7a"}, "L1a": {"B1d"}, "L1b": {"B1b", "B1d"},
    "P2a": {"B1f", "B7b"}, "B1f": {"B7b"}, "R4": {"B1i"}, "R5": {"P4d"}, "R7d": {"M5b"},
    "S2a": {"P2c", "P3b"}, "S2b": {"P2c", "P3b"}, "S2c": {"M4c"}, "S2d": {"M4c"},
    "S2e": {"P3c", "M4d"}, "K5": {"S2e"}, "P3d": {"B4d"}, "P3g": {"B9"}, "P6b": {"B9", "P3g"}, "A1": {"B9", "P3g"},
}  # fmt: skip


def source_of(duty: Duty) -> str:
    """The catalogue's words for what a duty rests on."""
    if duty.source == "inferred":
        return "inferred from L2c"
    if duty.number_source != "text":
        return f"text; number {duty.number_source}"
    if duty.id in {"L2a", "L2b", "L2c", "L2e"}:
        return f"text; deadline {duty.due_source}"
    return duty.source


def frozen() -> list[list[str]]:
    lines = FROZEN.read_text(encoding="utf-8").splitlines()
    return [line.split(" | ") for line in lines if not line.startswith("#")]


class TestCatalogue:
    def test_every_duty_in_its_own_words(self):
        found = [[d.id, d.klass, d.article, d.who, source_of(d), d.obliged_source] for d in DUTIES.values()]

        assert found == frozen()

    def test_the_catalogue_says_the_same(self):
        """Act, evidence and all that the list keeps are as the catalogue has them."""
        if not CATALOGUE.exists():
            pytest.skip("../shared/duties.json is not beside the project")
        rows = json.loads(CATALOGUE.read_text(encoding="utf-8"))["duties"]
        keys = ("id", "klass", "article", "obliged", "source", "obliged_source")

        assert [[row[key] for key in keys] for row in rows] == frozen()
        assert {row["id"]: (row["act"], row["evidence"]) for row in rows} == {
            d.id: (d.text, "+".join(d.evidence)) for d in DUTIES.values()
        }

    def test_classes(self):
        assert Counter(d.klass for d in DUTIES.values()) == BY_CLASS
        assert sum(BY_CLASS.values()) == len(DUTIES) == 138

    def test_what_is_inferred_says_from_what(self):
        assert {d.id for d in DUTIES.values() if d.source != "text"} == {"L1c"}
        assert "L2c" in DUTIES["L1c"].note

    def test_bound_to_the_person(self):
        assert {d.id for d in DUTIES.values() if d.bound == "person"} == PERSONS

    def test_ambiguities_are_known(self):
        """All that the text leaves open are named: at a setting, or at the duties that they concern."""
        named = {a for d in DUTIES.values() for a in d.ambiguities}
        known = {f"AMB{n}" for n in range(1, 27)}

        assert named <= known
        assert named | set(re.findall(r"AMB[0-9]+", default_text())) == known
        assert {d.id for d in DUTIES.values() if "AMB8" in d.ambiguities} >= {d.id for d in soft()} - {"S1c"}


def soft() -> list[Duty]:
    return [d for d in DUTIES.values() if d.soft]


class TestCounted:
    def test_every_one_has_a_due_day(self):
        for duty in DUTIES.values():
            if duty.klass in COUNTED:
                assert set(duty.due) == set(duty.levels), duty.id
                assert duty.due_source in {"text", "inferred", "local_default"}
                assert duty.klass == "MD" or duty.due_source != "text", duty.id

    def test_only_deadlines_of_the_text_are_its_own(self):
        """Days that no text gives say so: only reports and filings have one."""
        assert {d.id for d in DUTIES.values() if d.klass == "MD" and d.due_source == "text"} == {
            "L3a", "R1", "R2", "R3", "R4", "R5", "R6",
        }  # fmt: skip

    def test_numbers(self):
        assert {d.id: d.minimum for d in DUTIES.values() if d.minimum != 1} == {"P2a": 2}
        assert {d.id for d in DUTIES.values() if d.klass == "MI"} == {
            d.id for d in DUTIES.values() if d.number_source == "local_default"
        }

    def test_held_in_the_first_quarter(self):
        """They count for the declared year and fall due in the next one."""
        for name in FIRST_QUARTER:
            assert set(DUTIES[name].due.values()) == {("next 03-31",)}, name
        assert set(DUTIES["P4d"].due.values()) == {("next 01-10",)}

    def test_what_the_text_calls_regular_is_never_overdue(self):
        """AMB8, and S1c, which is only labelled."""
        assert {d.id for d in soft()} == {"B1i", "B7b", "P4b", "M2a", "S3c", "O5", "S1c"}


class TestNotCounted:
    @pytest.mark.parametrize("name", [d.id for d in DUTIES.values() if d.klass in "QDNO"])
    def test_nothing_can_colour_it(self, name: str):
        assert not COLOURS.intersection(ROWS[name]) - ({"cadence"} if DUTIES[name].klass == "N" else set())

    @pytest.mark.parametrize("name", [d.id for d in DUTIES.values() if d.klass == "E"])
    def test_an_event_has_a_trigger_or_a_reason(self, name: str):
        duty = DUTIES[name]

        assert duty.trigger or "故无触发" in duty.note
        assert duty.within_workdays is None  # AMB14: a limit is a site's own
        assert duty.satisfied_by
        assert all((s.cause == "trigger") == bool(duty.trigger) for s in duty.satisfied_by)

    def test_derived_from_what_is_there(self):
        found = {d.id: set(d.derived_from) for d in DUTIES.values() if d.klass == "D"}

        assert all(found.values())
        assert set().union(*found.values()) <= {"ledger", *DUTIES}
        assert not any(DUTIES[name].satisfied_by for name in found)


class TestOverlaps:
    def test_one_act_serves_several(self):
        assert {d.id: set(d.satisfies) for d in DUTIES.values() if d.satisfies} == OVERLAPS

    def test_every_duty_named_is_there(self):
        assert RULES.document["elsewhere"] == []
        assert {name for d in DUTIES.values() for name in d.satisfies} <= set(DUTIES)

    def test_a_duty_without_conditions_takes_those_of_another(self):
        for duty in DUTIES.values():
            if duty.klass in {*COUNTED, "E", "N", "O"}:
                assert RULES.satisfiers(duty), duty.id


def conditions() -> Iterator[tuple[str, str, Any, Satisfier | None]]:
    """Each type with its conditions, as (duty, type, row, satisfier)."""
    for duty in DUTIES.values():
        for satisfier in duty.satisfied_by:
            yield duty.id, satisfier.type, satisfier, satisfier
        for trigger in duty.trigger:
            yield duty.id, trigger.type, trigger, None


CONDITIONS = [pytest.param(*row, id=f"{row[0]}-{row[1]}-{n}") for n, row in enumerate(conditions())]


def admits(field: Field, value: object) -> bool:
    """Whether a field, or a list of it, can hold *value*."""
    inner = field.of if field.kind == "list" and field.of is not None else field
    if inner.kind == "enum":
        return value in inner.values
    if inner.kind == "bool":
        return isinstance(value, bool)
    return inner.kind == "id" and value in TOPICS


class TestTypes:
    def test_all_are_in_the_catalogue(self):
        named = {*RULES.types(), *(t for d in DUTIES.values() for t in d.ended_by)}

        assert named <= set(TYPES)

    @pytest.mark.parametrize(("duty", "type_", "row", "satisfier"), CONDITIONS)
    def test_conditions_name_what_the_type_has(self, duty: str, type_: str, row: Any, satisfier: Satisfier | None):
        """A field that the type has, a value that its enumeration admits: else a duty could never be discharged."""
        fields = TYPES[type_].fields
        for name, values in row.where:
            assert name in fields, (duty, name)
            assert values
            assert all(admits(fields[name], value) for value in values), (duty, name, values)
        if row.kind:
            assert admits(fields["kinds"], row.kind)
        if satisfier is None:
            return
        for condition, names in [
            (satisfier.performer == "chair", {"chair", "lead"}),
            (satisfier.performer == "attended", {"attended", "chair", "lead"}),
            (satisfier.counterpart == "named", {"counterparts"}),
            (satisfier.counterpart == "unit", {"units", "counterparts"}),
            (bool(satisfier.recipient), {"recipients", "recipient"}),
            (bool(satisfier.versions), {"versions"}),
            (bool(satisfier.not_by), {"order"}),
            (satisfier.sent, {"sent"}),
        ]:
            assert not condition or names & set(fields), (duty, names)
