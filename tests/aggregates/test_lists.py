"""The lists of a unit and year: versions, endorsements that an edit voids, and the order constraints C1 to C4."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from trail import aggregates as a
from trail.errors import CallerError
from trail.evidence.record import Happened

KINDS = {"jia/secretary": "secretary", "jia/member": "member", "jia/head": "head", "jia/staff": "staff"}
SECRETARY = ("p-001", "jia/secretary")
MEMBER = ("p-017", "jia/member")


def draft(log: Any, owner: str = "jia/member", items: tuple[str, ...] = ("1", "2"), by: Any = MEMBER) -> Any:
    rows = {number: f"责任 {number}" for number in items}
    return log.add(a.ResponsibilityListDrafted(unit="jia", year=2026, owner=owner, items=rows), *by)


def tasks(log: Any, responsibility: Any, refs: tuple[str, ...] = ("1",), owner: str = "jia/member") -> Any:
    items = [a.TaskItem("t1", "任务", refs)]
    act = a.TaskListDrafted(unit="jia", year=2026, owner=owner, items=items, responsibility=responsibility)
    return log.add(act, *MEMBER)


def filed(log: Any, *versions: Any, sent: str = "2026-04-15") -> Any:
    return log.add(a.ListFiledForRecord(versions=versions, recipient="dic", sent=sent), *SECRETARY)


def pledge(log: Any, side: str, text: str = "责任书", by: Any = MEMBER) -> Any:
    act = a.PledgeSigned(unit="jia", year=2026, side=side, party="jia/member", text=text, nonce=b"n" * 16)
    return log.add(act, *by)


def codes(log: Any, kinds: Any = None) -> list[str]:
    return [gap.code for gap in a.ListAggregate.of(log.records).gaps(kinds)]


def test_all_lists_of_a_unit_and_year_share_one_stream(log: Any) -> None:
    first = draft(log)
    log.add(a.ListEndorsed(versions=[first, tasks(log, first)]), *SECRETARY)
    pledge(log, "committee")

    assert {record.statement.stream for record in log.records} == {"lists/jia/2026"}
    assert [record.version for record in log.records] == [1, 2, 3, 4]


def test_one_signature_covers_many_versions(log: Any) -> None:
    first = draft(log)
    tasks(log, first)
    state = a.ListAggregate.of(log.records)
    log.add(state.endorse(), *SECRETARY)
    state = a.ListAggregate.of(log.records)

    assert state.endorsed() == set(state.latest())
    assert len(state.endorsed()) == 2
    assert state.gaps(KINDS) == ()


def test_a_later_edit_voids_an_endorsement_until_it_is_endorsed_again(log: Any) -> None:
    first = draft(log)
    log.add(a.ListEndorsed(versions=[first]), *SECRETARY)
    second = draft(log, items=("1", "2", "3"))
    state = a.ListAggregate.of(log.records)

    assert state.endorsed() == set()
    assert [(gap.code, gap.positions) for gap in state.gaps()] == [("C2", (1, 2, 3))]
    assert "void" in state.gaps()[0].en
    assert "失效" in state.gaps()[0].zh

    log.add(a.ListEndorsed(versions=[second]), *SECRETARY)
    assert codes(log) == []
    assert len(a.ListAggregate.of(log.records).endorsed()) == 1


def test_a_correction_of_the_content_is_an_edit_and_of_the_date_is_none(log: Any) -> None:
    first = draft(log)
    log.add(a.ListEndorsed(versions=[first]), *SECRETARY)
    log.add(a.RecordCorrected(target=first, reason="日期", corrected_happened="2026-03-01"), *MEMBER)
    assert codes(log) == []

    correction = log.add(a.RecordCorrected(target=first, reason="漏项", fields={"items": ["1", "2", "3"]}), *MEMBER)
    assert codes(log) == ["C2"]
    (latest,) = a.ListAggregate.of(log.records).latest().values()
    assert latest.key == (correction.statement.id, correction.digest)
    assert latest.items == {"1", "2", "3"}

    log.add(a.RecordVoided(target=correction, reason="改错了"), *MEMBER)
    assert codes(log) == []


def test_voiding_the_later_draft_brings_the_endorsement_back(log: Any) -> None:
    log.add(a.ListEndorsed(versions=[draft(log)]), *SECRETARY)
    second = draft(log)
    assert codes(log) == ["C2"]

    log.add(a.RecordVoided(target=second, reason="误报"), *MEMBER)
    assert codes(log) == []


def test_an_endorsement_of_an_older_version_is_told_apart(log: Any) -> None:
    first = draft(log)
    draft(log)
    log.add(a.ListEndorsed(versions=[first]), *SECRETARY)

    (gap,) = a.ListAggregate.of(log.records).gaps()
    assert (gap.code, gap.positions) == ("C2", (1, 2, 3))
    assert "older version" in gap.en


def test_the_endorser_is_the_direct_superior(log: Any) -> None:
    first = draft(log)
    log.add(a.ListEndorsed(versions=[first]), *MEMBER)
    assert codes(log) == ["C2"]

    other = draft(log, owner="jia/head")
    log.add(a.ListEndorsed(versions=[other]), "p-020", "jia/staff")
    assert codes(log, KINDS) == ["C2", "C2"]
    assert codes(log) == ["C2"]


def test_a_task_refers_to_an_item_of_a_responsibility_list(log: Any) -> None:
    first = draft(log)
    tasks(log, first, ("1", "9"))
    (gap,) = a.ListAggregate.of(log.records).gaps()
    assert (gap.code, gap.positions, "9" in gap.en) == ("C1", (1, 2), True)

    tasks(log, first, ("1", "2"))
    assert codes(log) == []
    tasks(log, first, ())
    assert codes(log) == ["C1"]
    tasks(log, None)
    assert codes(log) == ["C1"]
    tasks(log, log.records[1])
    assert codes(log) == ["C1"]


def test_a_pledge_has_two_sides_two_persons_and_one_text(log: Any) -> None:
    pledge(log, "committee", by=SECRETARY)
    assert codes(log) == ["C3"]
    pledge(log, "responsible")
    assert codes(log) == []
    pledge(log, "responsible", "责任书（修订）")
    assert codes(log) == ["C3"]
    pledge(log, "committee", "责任书（又一稿）", by=SECRETARY)
    gaps = a.ListAggregate.of(log.records).gaps()
    assert [gap.positions for gap in gaps] == [(3, 4)]
    assert "different texts" in gaps[0].en
    pledge(log, "committee", "责任书（修订）", by=MEMBER)
    assert "one person" in a.ListAggregate.of(log.records).gaps()[-1].en


def test_both_sides_sign_the_same_digest() -> None:
    assert a.pledge_digest("责任书\r\n", b"n" * 16) == a.pledge_digest("责任书\n", b"n" * 16)
    assert a.pledge_digest("责任书", b"n" * 16) != a.pledge_digest("责任书", b"m" * 16)
    assert a.pledge_digest("责", b"n" * 16) != a.pledge_digest("责", b"n" * 17)


def test_what_is_filed_was_endorsed_or_committed_to(log: Any) -> None:
    first = draft(log)
    filed(log, first)
    assert codes(log, KINDS) == ["C4"]

    log.add(a.ListEndorsed(versions=[first], happened="2026-04-14"), *SECRETARY)
    assert codes(log, KINDS) == []


THREE = datetime(2026, 4, 15, 15, tzinfo=timezone(timedelta(hours=8)))
ON_THE_DAY, IN_THE_MONTH = Happened.on("2026-04-15"), Happened.on("2026-04-01", precision="month")


@pytest.mark.parametrize(
    ("sent", "endorsed", "told"),
    [
        (THREE, THREE - timedelta(minutes=1), "before"),
        (THREE, THREE + timedelta(minutes=1), "after"),
        (THREE, THREE.replace(hour=7, tzinfo=UTC) - timedelta(minutes=1), "before"),
        (THREE, THREE, ""),
        (THREE, Happened.at(THREE + timedelta(seconds=30), precision="second"), ""),  # sent in that minute
        (
            Happened.at(THREE, precision="second"),
            Happened.at(THREE + timedelta(seconds=1), precision="second"),
            "after",
        ),
        (ON_THE_DAY, THREE, ""),
        (THREE, ON_THE_DAY, ""),
        (ON_THE_DAY, ON_THE_DAY, ""),
        (ON_THE_DAY, THREE + timedelta(days=1), "after"),
        (ON_THE_DAY, THREE - timedelta(days=1), "before"),
        (ON_THE_DAY, IN_THE_MONTH, ""),
        (IN_THE_MONTH, ON_THE_DAY, ""),
        (IN_THE_MONTH, Happened.on("2026-05-01"), "after"),
    ],
)
def test_whether_it_was_endorsed_before_it_was_filed(new_log: Any, sent: Any, endorsed: Any, told: str) -> None:
    """By what both sides claim; where that can't tell, by the order of the records, and the gap says so."""

    def gaps(*, filed_first: bool) -> list[str]:
        log = new_log()
        first = draft(log)
        acts = [
            a.ListFiledForRecord(versions=[first], recipient="dic", sent=THREE, happened=sent),
            a.ListEndorsed(versions=[first], happened=endorsed),
        ]
        for act in acts if filed_first else reversed(acts):
            log.add(act, *SECRETARY)
        return [gap.en for gap in a.ListAggregate.of(log.records).gaps(KINDS)]

    after = ["the filed version was vouched for only after it was filed"]
    unsure = "in a record after the filing, and the dates do not say which came first"
    if told:
        assert gaps(filed_first=True) == gaps(filed_first=False) == (after if told == "after" else [])
    else:
        assert gaps(filed_first=False) == []
        (shown,) = gaps(filed_first=True)
        assert unsure in shown


def test_an_endorsement_after_the_filing_is_shown(log: Any) -> None:
    first = draft(log)
    filed(log, first)
    log.add(a.ListEndorsed(versions=[first], happened="2026-04-16"), *SECRETARY)

    (gap,) = a.ListAggregate.of(log.records).gaps(KINDS)
    assert (gap.code, gap.positions) == ("C4", (1, 2, 3))


@pytest.mark.parametrize("kinds", [None, KINDS])
def test_lists_without_a_named_endorser_stand_on_the_commitment(log: Any, kinds: Any) -> None:
    """AMB26: the secretary's and the team's own lists."""
    own = draft(log, owner="jia/secretary")
    rows = {"1": "班子责任"}
    team = log.add(a.ResponsibilityListDrafted(unit="jia", year=2026, owner_body="jia", items=rows))
    filed(log, own, team)
    assert codes(log, kinds) == ["C4", "C4"]

    log.add(a.ListAggregate.of(log.records).commit("jia"), *SECRETARY)
    # the commitment is dated 1 April in these records, before the filing of 15 April
    assert codes(log, kinds) == []


def test_a_receipt_joins_the_filing(log: Any) -> None:
    filing = filed(log, draft(log))
    receipt = a.FilingReceived(filing=filing, recipient="dic", received="2026-04-16")
    received = log.add(receipt, "p-050", "dic/secretary")
    paper = log.add(a.PaperReceiptRecorded(of=filing, recipient="dic", received="2026-04-16", paper=bytes(32)))

    assert received.statement.stream == paper.statement.stream == "lists/jia/2026"
    assert received.statement.performers == (("body", "dic", "dic/secretary"),)
    assert received.statement.happened.date() == "2026-04-16"


def test_drafting_says_whose_list_it_is() -> None:
    for owner in ({}, {"owner": "jia/member", "owner_body": "jia"}):
        with pytest.raises(CallerError, match="whose list"):
            a.ResponsibilityListDrafted(unit="jia", year=2026, items={"1": "一"}, **owner).event()
    rows = [("1", "一"), ("1", "二")]
    with pytest.raises(CallerError, match="once"):
        a.ResponsibilityListDrafted(unit="jia", year=2026, owner="jia/member", items=rows).event()
    with pytest.raises(CallerError, match="numbers"):
        a.TaskListDrafted(unit="jia", year=2026, owner="jia/member", items=[("1", "一", "1")]).event()
    with pytest.raises(CallerError, match="no list"):
        a.ListAggregate().endorse()
