"""Assessment: conducted, published, commended, applied; it cites the lists, and has neither scores nor ranks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.aggregates.measures import REFERENCE
from tests.aggregates.telling import inspected, stream, tell

from trail import aggregates as a
from trail.errors import CallerError
from trail.evidence.types import Field
from trail.testing import Campus
from trail.verify import Verdict

ASSESSED: dict[str, Any] = {"units": ["yi", "jia"], "lead": ("p-002", "uni/deputy"), "period": "2026"}


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus.found() as made:
        made.set_time("2027-02-10 09:00")
        yield made


def drafted(campus: Campus) -> Any:
    act = a.ResponsibilityListDrafted(unit="jia", year=2026, owner_body="jia", items={"1": "抓落实"}, title="责任清单")
    return tell(campus, act)


def test_an_assessment_goes_its_way(campus: Campus) -> None:
    versions = [drafted(campus)]
    act = a.AssessmentConducted(versions=versions, persons=["p-006"], content="考核记录", **ASSESSED)
    held = tell(campus, act, "uni/deputy")
    tell(campus, a.AssessmentResultPublished(assessment=held, units=["jia"], content="公布"), "uni/deputy")
    praise = tell(campus, a.CommendationCirculated(assessment=held, units=["jia"], content="表扬"), "uni/deputy")
    use = a.AssessmentResultApplied(assessment=held, use="performance", recipients=["office"])
    applied = tell(campus, use, "uni/deputy")

    state = a.AssessmentAggregate.of(stream(campus, held.statement.stream))
    assert held.statement.fields["units"] == ["jia", "yi"]
    assert (len(state.records), state.published(), state.gaps()) == (4, {"jia"}, ())
    assert praise.statement.causes == applied.statement.causes == (held.statement.id,)
    assert applied.statement.fields["use"] == ["performance"]
    assert inspected(campus).verdict is Verdict.INTACT


def test_an_assessment_that_cites_no_list_is_shown(campus: Campus) -> None:
    """C5: the lists are the ground on which assessment stands (三（一）2)."""
    held = tell(campus, a.AssessmentConducted(**ASSESSED), "uni/deputy")
    gaps = a.AssessmentAggregate.of(stream(campus, held.statement.stream)).gaps()

    assert [(gap.code, gap.positions) for gap in gaps] == [("C5", (held.position,))]


def test_a_commendation_stands_alone_too(campus: Campus) -> None:
    record = tell(campus, a.CommendationCirculated(persons=["p-006"]), "uni/secretary")

    assert record.statement.stream.startswith("commendation_circulated/")
    assert record.statement.fields == {"persons": ["p-006"]}


def test_nothing_carries_a_score_or_a_rank() -> None:
    def kinds(fields: Any) -> Iterator[Field]:
        for one in fields.values():
            yield one
            yield from kinds(one.members)
            yield from kinds({"of": one.of} if one.of else {})

    for cls in a.assessment.ASSESSMENT_ACTS:
        assert "int" not in {field.kind for field in kinds(cls.TYPE.fields)}


@pytest.mark.parametrize(
    ("cls", "given", "where"),
    [
        (a.AssessmentConducted, {**ASSESSED, "units": []}, "units"),
        (a.AssessmentConducted, {**ASSESSED, "period": None}, "period"),
        (a.AssessmentConducted, {**ASSESSED, "lead": ("p-002", "x", "y")}, "lead"),
        (a.AssessmentConducted, {**ASSESSED, "versions": ["v1"]}, "versions[0]"),
        (a.AssessmentResultPublished, {"assessment": REFERENCE, "units": ["jia"], "scope": "world"}, "scope"),
        (a.AssessmentResultPublished, {"assessment": REFERENCE, "units": []}, "units"),
        (a.CommendationCirculated, {"assessment": REFERENCE}, "units"),
        (a.AssessmentResultApplied, {"assessment": REFERENCE, "use": "ranking"}, "use[0]"),
        (a.AssessmentResultApplied, {"assessment": REFERENCE, "use": []}, "use"),
    ],
)
def test_bad_input_names_the_place_and_what_to_do(cls: type[a.Act], given: dict[str, Any], where: str) -> None:
    with pytest.raises(CallerError) as caught:
        cls(**given).event()

    assert caught.value.facts["where"] == where
    assert len(caught.value.advice()) > 20
