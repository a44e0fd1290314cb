"""The ledger of a unit or a person for a period: what belongs in it, with edits, labels and uncertain dates."""

from __future__ import annotations

import pytest
from campus_records import Log
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import DAYS, UNITS, histories
from tests.profile import scaled

from trail.aggregates import GenericAct, ReportFiled, ReportReceived, TalkConfirmed, TalkHeld
from trail.errors import CallerError
from trail.evidence.record import Happened, Record
from trail.evidence.registry import EDIT_TYPES
from trail.evidence.types import Field, TypeSpec
from trail.projections.book import Ledger, archive_date, book, date_notes
from trail.projections.concerns import Concerns
from trail.testing import Campus


def positions(ledger: Ledger) -> list[int]:
    return [row.entry.position for row in ledger]


def of(log: Log, **ask: str | None) -> Ledger:
    return book(log.at(), **ask)


def acts(ledger: Ledger) -> list[str]:
    """The types of what is no registry event."""
    return [r.entry.record.statement.type for r in ledger if not r.entry.record.statement.stream.startswith("registry")]


def test_a_unit_has_what_it_did_and_what_names_it() -> None:
    log = Log()
    done = log.talk("jia/secretary", ["p-11"], "2026-03-01")
    named = log.talk("uni/deputy", [("p-10", "jia/secretary")], "2026-03-02")
    only_person = log.talk("uni/deputy", ["p-14"], "2026-03-03")
    elsewhere = log.talk("uni/secretary", ["p-01"], "2026-03-04")

    assert {done.position, named.position} < set(positions(of(log, unit="jia")))
    assert elsewhere.position not in positions(of(log, unit="jia"))
    assert only_person.position in positions(of(log, unit="lab")), "p-14 held lab/head on that day"
    assert elsewhere.position in positions(of(log, unit="uni"))


def test_a_person_has_their_acts_their_talks_and_their_posts() -> None:
    log = Log()
    did = log.talk("jia/deputy", ["p-12"], "2026-03-01")
    was = log.talk("jia/secretary", ["p-11"], "2026-03-02")
    other = log.talk("jia/secretary", ["p-12"], "2026-03-03")

    found = of(log, person="p-11")

    assert {did.position, was.position} < set(positions(found))
    assert other.position not in positions(found)
    assert "PostAssigned@1" in [r.entry.record.statement.type for r in found]


def test_receipts_belong_to_whoever_reported() -> None:
    log = Log()
    report = log.report("team", "jia/secretary", "2026-H1", "2026-07-05", ["dic"])
    receipt = log.received(report, "dic", "2026-07-06")
    other = log.report("team", "uni/secretary", "2026-H1", "2026-07-05", ["dic"])
    log.received(other, "dic", "2026-07-06")

    found = positions(of(log, unit="jia"))

    assert receipt.position in found
    assert receipt.position + 2 not in found, "the receipt of another's report"


def test_a_period_has_what_happened_in_it_and_what_names_it() -> None:
    log = Log()
    inside = log.talk("jia/secretary", ["p-11"], "2026-06-30")
    after = log.talk("jia/secretary", ["p-11"], "2026-07-01")
    report = log.report("team", "jia/secretary", "2026-H1", "2026-07-05", ["dic"])

    first, second = (of(log, unit="jia", label=label) for label in ("2026-H1", "2026-H2"))

    assert {inside.position, report.position} <= set(positions(first))
    assert after.position not in positions(first)
    assert {after.position, report.position} == set(positions(second))


def test_a_correction_to_another_period_shows_in_both_with_its_edit() -> None:
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-05-05")
    edit = log.correct(talk, "2026-08-01", happened=["date", "2026-07-05", "day", False])

    for label in ("2026-H1", "2026-H2"):
        rows = {r.entry.position: r for r in of(log, unit="jia", label=label)}
        assert {talk.position, edit.position} <= set(rows), label
        assert [e.position for e in rows[talk.position].entry.edits] == [edit.position]
        assert rows[talk.position].date == "2026-05-05", "the original is shown as it was"


def test_whom_a_correction_names_is_concerned_too() -> None:
    log = Log()
    talk = log.talk("uni/deputy", ["p-01"], "2026-05-05")
    edit = log.correct(talk, "2026-05-06", fields={"counterparts": [{"person": "p-14"}]})

    for ask in ({"person": "p-14"}, {"unit": "lab"}):
        assert {talk.position, edit.position} <= set(positions(of(log, **ask)))
        assert talk.position not in positions(book(log.at(None, talk.position), **ask))


def test_what_is_void_stays_and_says_so() -> None:
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-05-05")
    void = log.void(talk, "2026-05-09")

    rows = {r.entry.position: r.entry for r in of(log, unit="jia", label="2026")}

    assert not rows[talk.position].stands
    assert rows[void.position].stands


def test_what_is_dated_later_is_counted_and_not_shown() -> None:
    log = Log()
    early = log.talk("jia/secretary", ["p-11"], "2026-03-01")
    late = log.talk("jia/secretary", ["p-11"], "2026-09-01", recorded="2026-03-02")

    found = book(log.at("2026-06-30"), unit="jia", label="2026")

    assert early.position in positions(found)
    assert late.position not in positions(found)
    assert found.later == 1
    assert late.position in positions(book(log.at("2026-09-01"), unit="jia", label="2026"))


@pytest.mark.parametrize(
    ("happened", "date", "notes"),
    [
        (Happened.on("2026-03-05"), "2026-03-05", []),
        (Happened.on("2026-03-05", uncertain=True), "[2026-03-05]", ["日期不确定，按 DA/T 18 加方括号"]),
        (Happened.on("2026-03-01", precision="month"), "2026-03", ["仅知年月"]),
        (
            Happened.on("2026-01-01", precision="year", uncertain=True),
            "[2026]",
            ["日期不确定，按 DA/T 18 加方括号", "仅知年份"],
        ),
    ],
)
def test_dates_are_written_as_archives_do(happened: Happened, date: str, notes: list[str]) -> None:
    assert archive_date(happened) == date
    assert [zh for zh, _ in date_notes(happened)] == notes


def test_a_ledger_is_a_sequence_and_a_map() -> None:
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], Happened.on("2026-05-01", precision="month", uncertain=True))

    found = of(log, unit="jia", label="2026-05")

    assert len(found) == 1
    assert list(found) == [found[0]] == list(found[:1])
    said = found.to_json()
    assert (said["unit"], said["period"], said["later"]) == ("jia", "2026-05", 0)
    assert said["rows"][0]["date"] == "[2026-05]"
    assert said["rows"][0]["notes"][0]["en"] == "uncertain date, in brackets as in DA/T 18"
    assert said["rows"][0]["id"] == talk.statement.id.hex()


@pytest.mark.parametrize(
    "ask", [{"unit": "nowhere"}, {"person": "p-77"}, {"unit": "jia", "person": "p-11"}, {"unit": "jia", "label": "may"}]
)
def test_what_is_unknown_is_refused(ask: dict[str, str]) -> None:
    with pytest.raises(CallerError):
        of(Log(), **ask)


def test_types_of_a_host_are_read_by_their_declared_schema() -> None:
    spec = TypeSpec("Inspected", 1, {"place": Field("unit"), "word": Field("id")})
    with Campus.found(types=[spec]) as campus:
        campus.set_time("2026-03-05 09:00")
        ack = campus.acting("uni/deputy").record(
            GenericAct(key="Inspected@1", fields={"place": "yi", "word": "jia"}, spec=spec)
        )
        campus.set_time("2026-03-05 10:00")
        view = campus.trail.at()

        assert ack.position in positions(view.ledger(unit="yi"))
        assert ack.position not in positions(view.ledger(unit="jia")), "an id that looks like a unit is none"


def test_through_the_facade_with_confirmation_and_receipt() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        talk = campus.acting("jia/secretary").record(
            TalkHeld(kind="integrity", counterparts=["p-006"], happened="2026-03-04", content="谈话", place="301")
        )
        confirmed = campus.acting("jia/deputy").record(TalkConfirmed(talk=talk))
        campus.set_time("2026-07-03 09:00")
        report = campus.acting("jia/secretary").record(
            ReportFiled(subject="principal", recipients=["dic", "uni"], sent="2026-07-03", period="2026-H1")
        )
        campus.set_time("2026-07-06 09:00")
        receipt = campus.acting("dic/secretary").record(
            ReportReceived(report=report, recipient="dic", received="2026-07-06")
        )
        campus.set_time("2026-07-07 09:00")
        view = campus.trail.at()

        assert positions(view.ledger(unit="jia", period="2026-03")) == [talk.position, confirmed.position]
        assert {report.position, receipt.position} <= set(positions(view.ledger(person="p-005", period="2026-07")))
        assert acts(view.ledger(person="p-006", period="2026")) == ["TalkHeld@1", "TalkConfirmed@1"]
        assert len(view.ledger()) == view.known_at, "the ledger of all"


FEW = settings(max_examples=scaled(25))


@FEW
@given(histories(), DAYS)
def test_every_record_that_happened_is_in_the_ledger_of_its_home(log: Log, day: str) -> None:
    """Nothing gets lost: what belongs to a unit is in its ledger, and edits are where their targets are."""
    snapshot = log.at(day)
    concerns = Concerns(snapshot.records, snapshot.roster)
    ledgers = {unit: set(positions(book(snapshot, unit=unit))) for unit in snapshot.units()}
    every = set(positions(book(snapshot)))

    for record in snapshot.records:
        for unit in concerns.of(record).units & set(ledgers):
            assert (record.position in ledgers[unit]) == (record.position in every)
        home = concerns.home(record)
        assert not home or home in concerns.of(record).units


@FEW
@given(histories(), DAYS, st.sampled_from(["2026-H1", "2026-H2"]), st.sampled_from(UNITS))
def test_a_half_is_within_its_year(log: Log, day: str, half: str, unit: str) -> None:
    snapshot = log.at(day)
    year = positions(book(snapshot, unit=unit, label="2026"))

    assert set(positions(book(snapshot, unit=unit, label=half))) <= set(year)
    assert year == sorted(year)


@FEW
@given(histories(), DAYS, st.sampled_from(UNITS))
def test_one_more_record_takes_no_row_away(log: Log, day: str, unit: str) -> None:
    """A later record never removes a row that was shown, except one dated differently by it."""
    less, more = (book(log.at(day, size), unit=unit) for size in (len(log.records) - 1, len(log.records)))
    last: Record = log.records[-1]
    if last.statement.type in EDIT_TYPES or last.statement.stream.startswith("registry"):
        return

    assert set(positions(less)) <= set(positions(more))
