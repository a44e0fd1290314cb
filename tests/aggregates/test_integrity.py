"""Reports on duty and integrity, their evaluation, and personal matters as a mere fact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.aggregates.measures import REFERENCE
from tests.aggregates.telling import inspected, tell

from trail import aggregates as a
from trail.errors import CallerError, Refusal
from trail.testing import Campus
from trail.verify import Verdict

REPORT: dict[str, Any] = {"form": "written", "period": "2026", "recipients": ["uni", "dic"], "sent": "2027-01-20"}


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus.found() as made:
        made.set_time("2027-01-21 09:00")
        yield made


def test_a_report_is_given_received_and_evaluated(campus: Campus) -> None:
    report = tell(campus, a.DutyIntegrityReported(title="述责述廉报告", summary="……", **REPORT), "jia/deputy")
    receipt = tell(campus, a.ReportReceived(report=report, recipient="dic", received="2027-01-21"), "dic/secretary")
    evaluated = tell(campus, a.ReportEvaluated(report=report, period="2026", content="评议"), "uni/secretary")

    assert report.statement.fields["recipients"] == ["dic", "uni"]
    assert report.statement.happened.date() == "2027-01-20"
    assert report.statement.stream == receipt.statement.stream == evaluated.statement.stream
    assert evaluated.statement.causes == (report.statement.id,)
    assert "述责述廉报告" not in str(report.statement)
    assert inspected(campus).verdict is Verdict.INTACT


def test_nobody_reports_for_somebody_else(campus: Campus) -> None:
    act = a.DutyIntegrityReported(performers=[("person", "p-006", "jia/deputy")], **REPORT)

    with pytest.raises((CallerError, Refusal)):
        campus.acting("jia/recorder").record(act)


def test_personal_matters_are_a_mere_fact(campus: Campus) -> None:
    act = a.PersonalMattersReported(recipient="uni", receipt="2026-031", period="2026", happened="2026-03-01")
    record = tell(campus, act, "jia/deputy")

    assert record.statement.parts == ()
    assert record.statement.fields == {"receipt": "2026-031", "recipient": "uni"}
    assert inspected(campus).verdict is Verdict.INTACT


@pytest.mark.parametrize("content", ["房产两处", {"房产": 2}, b"%PDF", ""])
def test_the_content_of_personal_matters_is_refused_with_the_reason(content: Any) -> None:
    with pytest.raises(CallerError, match="takes no content: personal matters are kept by the office") as caught:
        a.PersonalMattersReported(recipient="uni", content=content).event()

    assert caught.value.facts["where"] == "content"
    assert "Leave the content out" in caught.value.advice()


def test_content_finds_no_way_in_by_a_part_or_a_field(campus: Campus) -> None:
    """Not by a generic act either: the declared type has neither."""
    key = a.PersonalMattersReported.TYPE.key
    for given in ({"parts": {"content": {"content": "房产两处"}}}, {"fields": {"recipient": "uni", "content": "房产"}}):
        act = a.GenericAct(key=key, **{"fields": {"recipient": "uni"}, **given})
        with pytest.raises((CallerError, Refusal)):
            campus.acting("jia/deputy").record(act)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"form": "sung"}, "form"),
        ({"kind": "integrity"}, "kind"),
        ({"period": None}, "period"),
        ({"period": "last year"}, "period"),
        ({"recipients": "uni"}, "recipients"),
        ({"recipients": []}, "recipients"),
        ({"sent": 17}, "sent"),
        ({"summary": "……"}, "title"),
    ],
)
def test_bad_input_names_the_place_and_what_to_do(change: dict[str, Any], where: str) -> None:
    with pytest.raises(CallerError) as caught:
        a.DutyIntegrityReported(**{**REPORT, **change}).event()

    assert caught.value.facts["where"] == where
    assert len(caught.value.advice()) > 20


def test_an_evaluation_gives_no_marks() -> None:
    with pytest.raises(TypeError, match="score"):
        a.ReportEvaluated(report=REFERENCE, score=95)  # type: ignore[call-arg]
