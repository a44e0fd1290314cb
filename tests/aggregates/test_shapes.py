"""What acts of instruments, meetings, conveying and facts share: one spelling, contents in parts, proofs that hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.aggregates.deeds import deeds
from tests.aggregates.telling import inspected, tell

from trail import aggregates as a
from trail.encoding import decode, encode
from trail.errors import CallerError
from trail.evidence.schema import Mentions
from trail.evidence.types import Field
from trail.testing import Campus
from trail.verify import Verdict

WORDS = {"content", "place", "title", "agenda", "minutes", "result"}
DEEDS = {type(act).__name__: act for act in deeds()}
PEOPLE = [f"p-{number:03}" for number in range(1, 15)]


def mentioned(act: a.ActBase) -> set[str]:
    mentions = Mentions()
    a.base.compiled_type(act.TYPE).check_fields(act.event().fields, mentions)
    return set(mentions.persons)


@pytest.fixture(scope="module")
def campus() -> Iterator[Campus]:
    with Campus.found() as campus:
        campus.set_time("2026-04-11 09:00")
        yield campus


def test_every_act_is_recorded_and_survives_verification(campus: Campus) -> None:
    """By a leader in their own hand and by the recorder for them; references lead to records of the log."""
    held = tell(campus, DEEDS["CollectiveDecisionMade"])
    references = {"meeting": held, "decision": held, "of": held}
    for act in DEEDS.values():
        real = {name: record for name, record in references.items() if hasattr(act, name)}
        own = dataclasses.replace(act, **real, causes=[held.statement.id])
        recorded = dataclasses.replace(own, performers=[("person", "p-005", "jia/secretary")])

        assert tell(campus, own).statement.hand == "own"
        assert tell(campus, recorded, "jia/recorder").statement.hand == "recorded"

    report = inspected(campus)
    assert report.verdict is Verdict.INTACT
    assert report.findings == ()


@pytest.mark.parametrize("name", DEEDS)
def test_words_go_into_parts_and_never_into_public_fields(name: str) -> None:
    """Every text that a host gives is found in a part, and nowhere in the statement."""
    act = DEEDS[name]
    words = {f.name for f in dataclasses.fields(act)} & WORDS
    marked = dataclasses.replace(act, **{word: f"口令{word}" for word in words})
    event = marked.event()
    inside = repr([data for _, data in event.parts.values()])

    assert "口令" not in repr(dataclasses.replace(event, parts={}))
    assert all(f"口令{word}" in inside for word in words)
    assert words >= {"place"}


@pytest.mark.parametrize("name", DEEDS)
def test_every_attribute_is_carried(name: str) -> None:
    """No attribute is lost between the host and the record, and the parts are about whom the fields name."""
    act = DEEDS[name]
    event = act.event()
    placed = set(event.fields) | {key for _, data in event.parts.values() for key in data}
    own = {f.name.rstrip("_") for f in dataclasses.fields(act)} - {f.name for f in dataclasses.fields(a.Act)}

    assert placed == own
    if name != "OrgLifeAttended":
        assert all(set(subjects) == mentioned(act) for subjects, _ in event.parts.values())


@pytest.mark.parametrize("name", DEEDS)
def test_an_act_made_again_from_its_event_is_the_same_event(name: str) -> None:
    act = DEEDS[name]
    event = act.event()
    attributes = {f.name.rstrip("_"): f.name for f in dataclasses.fields(act)}
    data: dict[str, Any] = dict(decode(encode(event.fields)))  # type: ignore[arg-type]
    for _, content in event.parts.values():
        data |= content
    again = dataclasses.replace(act, **{attributes[key]: value for key, value in data.items()})

    assert again.event() == event


def values(field: Field) -> st.SearchStrategy[Any]:
    """What a host may give for *field*."""
    if field.kind == "list":
        assert field.of is not None
        return st.lists(values(field.of), min_size=1, max_size=6)
    if field.kind == "record":
        pairs = [values(spec) if not spec.optional else st.none() | values(spec) for spec in field.members.values()]
        return st.tuples(*pairs)
    if field.kind == "enum":
        return st.sampled_from(field.values)
    if field.kind == "person":
        return st.sampled_from(PEOPLE)
    if field.kind == "bool":
        return st.booleans()
    if field.kind == "reference":
        return st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
    return st.sampled_from(["jia", "jia-lab", "self_governance", "甲党发〔2026〕3 号", "2026.1"])


@given(st.data())
def test_order_and_repetition_change_nothing(data: st.DataObject) -> None:
    """Lists in another order, with elements twice, are the same act; what is written is canonical and fits its type."""
    act = DEEDS[data.draw(st.sampled_from(sorted(DEEDS)))]
    attributes = {f.name.rstrip("_"): f.name for f in dataclasses.fields(act)}
    fields = act.TYPE.fields
    drawn = {attributes[name]: data.draw(values(spec), label=name) for name, spec in fields.items()}
    once = dataclasses.replace(act, **drawn)
    shuffled = {
        name: data.draw(st.permutations([*value, *value[:2]])) if isinstance(value, list) else value
        for name, value in drawn.items()
    }
    event = once.event()

    assert dataclasses.replace(act, **shuffled).event() == event
    assert decode(encode(event.fields)) == event.fields
    assert None not in event.fields.values()


def test_one_id_stands_for_a_list_of_one() -> None:
    assert a.BriefingHeard(units="jia-lab").event().fields == {"units": ["jia-lab"]}
    assert a.BriefingHeard(units=["jia-lab", "jia", "jia"]).event().fields == {"units": ["jia", "jia-lab"]}


def test_enumerations_stand_in_their_own_order() -> None:
    event = a.DeploymentImplemented(steps=["pursue", "convey", "plan"]).event()
    assert event.fields == {"steps": ["convey", "plan", "pursue"]}


@pytest.mark.parametrize(
    ("act", "where", "says"),
    [
        (a.BriefingHeard(units=[]), "", "missing: units"),
        (a.BriefingHeard(units=7), "units", "give a list"),  # type: ignore[arg-type]
        (a.BriefingHeard(units=[7]), "units[0]", "expected a unit"),  # type: ignore[list-item]
        (a.BriefingHeard(units="jia", content="a\x00"), "content", "remove it"),
        (a.PortfolioReviewHeld(units="jia", steps="ask"), "steps[0]", "expected one of"),
        (a.DirectiveReceived(kind="rumour", from_="uni"), "kind", "expected one of"),
        (a.DirectiveReceived(kind="document", from_=" uni"), "from", "a space at an end"),
        (a.LinkageVisitMade(kind="home"), "kind", "expected one of"),
        (a.FactRecorded(duties=[], content="……"), "", "missing: duties"),
        (a.FactRecorded(duties="B2e", content=None), "", "FactRecorded needs content"),
        (a.EvidenceAttached(of="第 3 号"), "of", "exact version of an event"),  # type: ignore[arg-type]
        (a.WorkPlanAdopted(period="2026-H1"), "period", "name the year"),
        (a.KeyTasksAdopted(period=None), "period", "name the year"),
        (a.InstrumentAdopted(unit=None, instrument="x", kind="other"), "unit", "name the unit"),
        (a.InstrumentAdopted(unit="jia", instrument="x", kind="custom"), "kind", "expected one of"),
        (a.DemocraticLifeMeetingHeld(period="2026-03", chair="p-1", happened="2026-03-01"), "period", "name the year"),
        (a.MeetingHeld(kind="chat", chair="p-1", happened="2026-03-01"), "kind", "expected one of"),
        (a.MeetingHeld(kind="other", chair=("p-1", "x", "y"), happened="2026-03-01"), "chair", "a person and a post"),  # type: ignore[arg-type]
        (a.MeetingHeld(kind="other", chair="p-1", attended="p-1", happened="2026-03-01"), "attended", "give a list"),
        (
            a.CollectiveDecisionMade(
                matter="funds", publish=True, chair="p-1", positions=["p-1"], happened="2026-03-01"  # type: ignore[list-item]
            ),
            "positions",
            "a person and a position",
        ),
        (
            a.CollectiveDecisionMade(
                matter="funds", publish=True, chair="p-1", positions=[("p-1", "unsure")], happened="2026-03-01"
            ),
            "positions[0].position",
            "expected one of",
        ),
    ],
)  # fmt: skip
def test_bad_input_names_the_place_and_what_to_do(act: a.ActBase, where: str, says: str) -> None:
    with pytest.raises(CallerError, match=says) as caught:
        act.event()

    assert caught.value.facts["where"] == where
    assert len(caught.value.advice()) > 20
