"""Supervision, rectification, petitions and talk inquiries: what is told, what is refused, what is shown as a gap."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from tests.aggregates.measures import REFERENCE, measures
from tests.aggregates.telling import inspected, stream, tell

from trail import aggregates as a
from trail.application import Attachment
from trail.errors import CallerError
from trail.evidence.record import reference
from trail.testing import Campus
from trail.verify import Verdict

LAB = {"posts": ["jia/lab"], "units": ["jia-lab"]}


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus.found() as made:
        made.set_time("2026-04-10 09:00")
        yield made


def test_an_issue_is_found_ordered_reported_verified_and_opened_again(campus: Campus) -> None:
    found = tell(campus, a.IssueFound(kind="emerging", severity="slight", content="迟到", **LAB))
    order = tell(campus, a.RectificationOrdered(issue=found, due="2026-05-10", content="整改", **LAB))
    assert [one.id for one in folded(campus, found).open()] == [order.statement.id]

    tell(campus, a.RectificationReported(order=order, content="已整改"), "jia/lab")
    tell(campus, a.RectificationVerified(order=order, outcome="partial"))
    assert folded(campus, found).open()
    tell(campus, a.RectificationVerified(order=order, outcome="complete"))
    assert folded(campus, found).open() == ()
    tell(campus, a.RectificationReopened(order=order, content="反弹"))

    state = folded(campus, found)
    assert [one.id for one in state.open()] == [order.statement.id]
    assert (len(state.overdue("2026-05-10")), len(state.overdue("2026-05-11"))) == (0, 1)
    assert state.gaps(units_of(campus)) == ()
    assert {r.statement.stream for r in state.records} == {"issue/" + found.statement.id.hex()}
    assert inspected(campus).verdict is Verdict.INTACT


def folded(campus: Campus, issue: Any) -> a.RectificationAggregate:
    return a.RectificationAggregate.of(stream(campus, issue.statement.stream))


def units_of(campus: Campus) -> dict[str, str]:
    posts = ("dic/secretary", "jia/deputy", "jia/lab", "jia/secretary")
    return {post: "jia-lab" if post == "jia/lab" else post.partition("/")[0] for post in posts}


def test_the_rectifying_party_can_not_close_its_own(campus: Campus) -> None:
    """C6: by the person who reported it, from the ordered post, or from any post of the ordered unit."""
    order = tell(campus, a.RectificationOrdered(units=["jia"]), "dic/secretary")
    report = tell(campus, a.RectificationReported(order=order))
    itself = tell(campus, a.RectificationVerified(order=order, outcome="complete"))
    state = folded(campus, order)
    assert [(g.code, g.positions) for g in state.gaps()] == [
        ("C6", (order.position, report.position, itself.position)),
    ]  # fmt: skip
    assert [one.id for one in state.open()] == [order.statement.id]

    colleague = tell(campus, a.RectificationVerified(order=order, outcome="complete"), "jia/deputy")
    other = tell(campus, a.RectificationVerified(order=order, outcome="complete"), "dic/secretary")
    shown = {position for g in folded(campus, order).gaps(units_of(campus)) for position in g.positions}
    assert colleague.position in shown
    assert other.position not in shown


def test_a_colleague_of_the_rectifying_party_closes_nothing_either(campus: Campus) -> None:
    """Who belongs to the ordered unit is known from the registry alone."""
    order = tell(campus, a.RectificationOrdered(units=["jia"], due="2026-04-30"), "dic/secretary")
    tell(campus, a.RectificationVerified(order=order, outcome="complete"), "jia/deputy")
    state, units = folded(campus, order), units_of(campus)
    assert (len(state.open(units)), len(state.overdue("2026-05-01", units))) == (1, 1)
    assert state.open() == state.overdue("2026-05-01") == ()

    other = tell(campus, a.RectificationVerified(order=order, outcome="complete"), "dic/secretary")
    state = folded(campus, order)
    closing = state.closed(state.orders()[0], units)
    assert (closing is not None and closing.id) == other.statement.id
    assert state.open(units) == ()


def test_a_body_and_a_post_that_are_named_are_the_rectifying_party(campus: Campus) -> None:
    body = tell(campus, a.RectificationOrdered(units=["jia"]), "dic/secretary")
    tell(campus, a.RectificationVerified(order=body, outcome="complete", body="jia"))
    post = tell(campus, a.RectificationOrdered(posts=["jia/lab"]))
    tell(campus, a.RectificationVerified(order=post, outcome="complete"), "jia/lab")

    assert [g.code for order in (body, post) for g in folded(campus, order).gaps()] == ["C6", "C6"]


def test_a_rectification_verified_before_it_was_ordered_is_shown(log: Any) -> None:
    order = log.add(a.RectificationOrdered(units=["jia"], happened="2026-05-02"), "p-003", "dic/secretary")
    done = a.RectificationVerified(order=order, outcome="complete", happened="2026-05-01")
    log.add(done, "p-003", "dic/secretary")

    assert [g.positions for g in a.RectificationAggregate.of(log.records).gaps()] == [(1, 2)]


def test_an_issue_is_corrected_on_the_spot_or_escalated(campus: Campus) -> None:
    found = tell(campus, a.IssueFound(kind="problem", severity="serious"))
    tell(campus, a.IssueEscalated(issue=found, recipients=["uni", "dic"], content="报告"))
    tell(campus, a.IssueCorrected(issue=found))
    state = folded(campus, found)

    assert len(state.records) == 3
    assert state.found() is not None
    assert state.open() == state.gaps() == ()


def test_acts_that_rest_on_others_name_them_in_their_causes(campus: Campus) -> None:
    """So a trigger finds what answers it, whatever stream it lies in."""
    issue = tell(campus, a.IssueFound(kind="problem", severity="serious"))
    control = tell(campus, a.RiskControlAttached(matter=issue, content="措施"))
    circular = tell(campus, a.CircularIssued(kind="exposure", about=[issue, control]), "dic/secretary")

    assert control.statement.causes == (issue.statement.id,)
    assert circular.statement.causes == tuple(sorted((issue.statement.id, control.statement.id)))
    assert a.CircularIssued(kind="situation", about=[REFERENCE], causes=[bytes(16)]).event().causes == (bytes(16),)


def test_every_act_is_told_and_survives_the_inspection(campus: Campus) -> None:
    """Words lie in parts and nowhere else; what the facts alone may say has none."""
    earlier = tell(campus, a.IssueFound(kind="problem", severity="slight"))
    for act in measures()[:17]:
        given = {field.name: getattr(act, field.name) for field in dataclasses.fields(act)}
        given |= {name: earlier for name, value in given.items() if value == REFERENCE}
        given |= {"about": [earlier]} if "about" in given else {}
        given |= {"content": "秘不外传"} if act.TYPE.parts else {}
        record = tell(campus, type(act)(**given))

        assert {part.name for part in record.statement.parts} == set(act.TYPE.parts)
        assert "秘不外传" not in str(record.statement.fields)
    assert inspected(campus).verdict is Verdict.INTACT


@pytest.mark.parametrize(
    "act",
    [
        a.PetitionReceived(petition="X-17", content="反映某事"),  # type: ignore[arg-type]
        a.PetitionHandled(petition=REFERENCE, outcome="resolved", content="反映某事"),  # type: ignore[arg-type]
        a.TalkInquiryRequired(counterparts=["p-008"], content="函询事项"),  # type: ignore[arg-type]
        a.TalkInquiryConducted(counterparts=["p-008"], form="talk", content="函询事项"),  # type: ignore[arg-type]
    ],
    ids=lambda act: act.TYPE.name,
)
def test_content_of_petitions_and_inquiries_is_refused_with_the_reason(act: a.Act) -> None:
    with pytest.raises(CallerError, match=r"takes no content: .*(never stored|belongs into the files)") as caught:
        act.event()

    assert "Leave the content out" in caught.value.advice()
    assert act.TYPE.parts == {}


def test_a_file_attached_to_a_mere_fact_is_shown(campus: Campus) -> None:
    """The class refuses a file, but no schema does: whoever goes past the class is shown."""
    petition = tell(campus, a.PetitionReceived(petition="X-17"))
    file = Attachment(b"%PDF", "application/pdf")
    with pytest.raises(CallerError, match="takes no files"):
        tell(campus, a.PetitionHandled(petition=petition, outcome="answered"), files=[file])
    fields = {"petition": reference(petition), "outcome": "answered"}
    past = a.GenericAct(key="PetitionHandled@1", fields=fields, stream=petition.statement.stream)
    handled = tell(campus, past, files=[file])

    gaps = a.FactAggregate.of(stream(campus, petition.statement.stream)).gaps()
    assert [(gap.code, gap.positions) for gap in gaps] == [("N11", (handled.position,))]


@pytest.mark.parametrize(
    ("cls", "given", "where"),
    [
        (a.SupervisionCheckDone, {}, "units"),
        (a.SupervisionCheckDone, {"subjects": "p-008"}, "subjects"),
        (a.SupervisionCheckDone, {"subjects": [("p-008", "x", "y")]}, "subjects"),
        (a.InspectionConducted, {"units": []}, "units"),
        (a.InspectionConducted, {"units": "jia"}, "units"),
        (a.CircularIssued, {"kind": "ranking"}, "kind"),
        (a.CircularIssued, {"kind": "exposure", "about": [17]}, "about[0]"),
        (a.IssueFound, {"kind": "gossip", "severity": "slight"}, "kind"),
        (a.IssueFound, {"kind": "problem", "severity": "hopeless"}, "severity"),
        (a.IssueCorrected, {"issue": "the one of Monday"}, "issue"),
        (a.IssueEscalated, {"recipients": []}, "recipients"),
        (a.RectificationOrdered, {"due": "2026-05-10"}, "units"),
        (a.RectificationOrdered, {"units": ["jia"], "due": "next week"}, "due"),
        (a.RectificationVerified, {"order": REFERENCE, "outcome": "fine"}, "outcome"),
        (a.PetitionReceived, {"petition": ""}, "petition"),
        (a.PetitionHandled, {"petition": REFERENCE, "outcome": "forgotten"}, "outcome"),
        (a.TalkInquiryConducted, {"counterparts": [], "form": "talk"}, "counterparts"),
        (a.TalkInquiryConducted, {"counterparts": ["p-008"], "form": "rumour"}, "form"),
        (a.RiskControlAttached, {"matter": None}, ""),
    ],
)
def test_bad_input_names_the_place_and_what_to_do(cls: type[a.Act], given: dict[str, Any], where: str) -> None:
    with pytest.raises(CallerError) as caught:
        cls(**given).event()

    assert caught.value.facts["where"] == where
    assert len(caught.value.advice()) > 20
