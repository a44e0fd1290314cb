"""Talks confirmed and disputed, reports received."""

from __future__ import annotations

from typing import Any

import pytest

from trail import aggregates as a
from trail.errors import CallerError

COUNTERPART = ("p-017", "jia/member")


def talk(log: Any, **change: Any) -> Any:
    given = {"kind": "integrity", "counterparts": ["p-017", "p-018"], "happened": "2026-03-05", "place": "甲", **change}
    return log.add(a.TalkHeld(**{"content": "……", **given}))


def test_a_talk_is_confirmed_disputed_or_neither(log: Any) -> None:
    held = talk(log)
    log.add(a.TalkConfirmed(talk=held), *COUNTERPART)
    state = a.TalkAggregate.of(log.records)
    assert (state.confirmed(), state.disputed(), state.unconfirmed()) == ({"p-017"}, set(), {"p-018"})

    log.add(a.TalkDisputed(talk=held, reason="未谈廉政"), *COUNTERPART)
    log.add(a.RecordDisputed(target=held, reason="不在场"), "p-018", "jia/staff")
    state = a.TalkAggregate.of(log.records)
    assert (state.confirmed(), state.disputed(), state.unconfirmed()) == (set(), {"p-017", "p-018"}, set())
    assert state.gaps() == ()


def test_words_of_somebody_who_was_no_counterpart_are_shown(log: Any) -> None:
    held = talk(log)
    log.add(a.TalkAggregate.of(log.records).confirm(), "p-099", "jia/staff")
    state = a.TalkAggregate.of(log.records)

    assert state.confirmed() == set()
    assert [(gap.code, gap.positions) for gap in state.gaps()] == [("N11b", (held.position, 2))]


def test_a_formal_admonition_needs_two(log: Any) -> None:
    talk(log, kind="formal_admonition")
    assert [gap.code for gap in a.TalkAggregate.of(log.records).gaps()] == ["N11b"]


def test_a_voided_talk_is_not_held(log: Any) -> None:
    log.add(a.RecordVoided(target=talk(log), reason="重复登记"))
    state = a.TalkAggregate.of(log.records)

    assert state.held() is None
    assert (state.counterparts(), state.gaps()) == (set(), ())
    with pytest.raises(CallerError):
        state.confirm()


def test_several_kinds_count_separately_only_with_their_own_content() -> None:
    """AMB12: one sitting is two talks only where each kind has its own content."""
    common = {"kind": ["integrity", "duty"], "counterparts": ["p-017"], "happened": "2026-03-05", "place": "甲"}
    one = a.TalkHeld(**common, content="……").event()
    two = a.TalkHeld(**common, content={"duty": "履职", "integrity": "廉政"}).event()

    assert one.fields["kinds"] == two.fields["kinds"] == ["duty", "integrity"]
    assert "separate" not in one.fields
    assert two.fields["separate"] is True
    assert two.parts["record"][1]["contents"] == [
        {"content": "履职", "kind": "duty"}, {"content": "廉政", "kind": "integrity"},
    ]  # fmt: skip


def test_counterparts_are_persons_or_persons_in_posts() -> None:
    common = {"kind": "reminder", "happened": "2026-03-05", "content": "……"}
    rows = [a.Counterpart("p-3", "jia/head"), {"person": "p-2"}, "p-1", "p-1"]
    event = a.TalkHeld(**common, counterparts=rows).event()

    assert event.fields["counterparts"] == [{"person": "p-1"}, {"person": "p-2"}, {"person": "p-3", "post": "jia/head"}]
    assert event.fields["format"] == "group"
    assert event.parts["record"][0] == ("p-1", "p-2", "p-3")
    assert a.TalkHeld(**common, counterparts=["p-1"]).event().fields["format"] == "individual"


def test_a_report_is_received_by_each_recipient(log: Any) -> None:
    filed = log.add(a.ReportFiled(subject="team", period="2026-H1", recipients=["pc", "dic"], sent="2026-07-09"))
    state = a.ReportAggregate.of(log.records)
    assert state.outstanding() == {"pc", "dic"}

    received = log.add(state.receive("dic", "2026-07-12"), "p-050", "dic/secretary")
    log.add(a.PaperReceiptRecorded(of=filed, recipient="pc", received="2026-07-10", paper=bytes(32)))
    state = a.ReportAggregate.of(log.records)
    assert received.statement.stream == filed.statement.stream == "report/" + filed.statement.id.hex()
    assert state.outstanding() == set()
    assert state.gaps() == ()
    with pytest.raises(CallerError, match="not filed with"):
        state.receive("jia", "2026-07-12")


def test_receipts_that_cannot_be_are_shown(log: Any) -> None:
    filed = log.add(a.ReportFiled(subject="member", period="2026-H1", recipients=["dic"], sent="2026-07-09"))
    log.add(a.ReportReceived(report=filed, recipient="dic", received="2026-07-01"))
    log.add(a.ReportReceived(report=filed, recipient="pc", received="2026-07-10"))

    gaps = a.ReportAggregate.of(log.records).gaps()
    assert [(gap.code, gap.positions) for gap in gaps] == [("N13", (1, 2)), ("N13", (1, 3))]
