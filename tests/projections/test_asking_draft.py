"""The draft of a report: every sentence cites a record that exists, stands and happened in the period."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from campus_records import NOW, RULES, Log
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import DAYS, histories
from tests.profile import scaled

from trail.aggregates import LIBRARY_TYPES, FactRecorded, TalkHeld, ThematicStudyHeld
from trail.errors import CallerError
from trail.evidence.record import Happened, Record
from trail.projections import Snapshot
from trail.projections.drafting import ReportDraft, Section, draft
from trail.projections.sentences import VERBS, chinese_date
from trail.rules import RuleSet
from trail.rules.calendar import happened_day, period
from trail.testing import Campus

END = "2026-07-05"
JUDGING = ("较好", "良好", "优秀", "不足之处", "显著", "有力", "扎实", "到位", "落后", "排名", "评分", "得分", "成效")


def of(log: Log, duty: str = "R5", label: str = "2026-H1", day: str = END, **who: str) -> ReportDraft:
    return draft(log.at(day), "jia", label, duty, **who)


def section(found: ReportDraft, duty: str) -> Section:
    (row,) = [s for s in found.sections if s.duty == duty]
    return row


def cited(found: ReportDraft) -> list[int]:
    return [s.position for s in found.sentences()]


def test_a_sentence_tells_the_public_fields_of_one_act() -> None:
    log = Log()
    talk = log.talk("jia/secretary", [("p-11", "jia/deputy")], "2026-03-05", ("duty",))

    (sentence,) = section(of(log), "S2a").sentences

    assert sentence.text == "2026年3月5日，jia/secretary开展谈话（对象：jia/deputy；种类：履职谈话）"
    assert (sentence.position, sentence.event) == (talk.position, talk.statement.id.hex())
    assert sentence.duties[0] == "S2a"
    assert (sentence.date, sentence.because.label) == ("2026-03-05", "contemporaneous")


def test_titles_and_names_stand_where_they_are_known() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-06 09:00")
        campus.acting("jia/secretary").record(
            ThematicStudyHeld(
                chair=("p-005", "jia/secretary"), attended=[("p-006", "jia/deputy"), ("p-007", "jia/principal")],
                topics=["self_governance"], happened="2026-03-05", agenda="议程", result="结果",
            )
        )  # fmt: skip
        campus.acting("jia/secretary").record(
            TalkHeld(kind="heart_to_heart", counterparts=["p-007"], content="不入草稿",
                     happened=Happened.on("2026-02-01", precision="month", uncertain=True))
        )  # fmt: skip
        campus.set_time("2026-07-05 09:00")
        found = campus.trail.at().draft("jia", "2026-H1", "R5")

    texts = [s.text for s in found.sentences()]
    assert texts == [
        "2026年3月5日，甲学院党委书记召开专题研究会议（主持：甲学院党委书记；参加 2 人；主题：全面从严治党）",
        "[2026年2月]，甲学院党委书记开展谈话（对象：甲学院院长 p-007；种类：谈心谈话）",
    ]
    assert (found.title, found.name, found.recipients) == ("甲学院党委书记", "甲学院党委", ("dic", "uni"))
    assert "不入草稿" not in str(found.to_json()), "what body parts hold stays there"


def test_only_the_acts_of_whoever_reports() -> None:
    log = Log()
    mine = log.talk("jia/deputy", ["p-13"], "2026-03-05")
    theirs = log.talk("jia/secretary", ["p-11"], "2026-03-06")
    other_unit = log.talk("uni/deputy", ["p-10"], "2026-03-07")

    member = cited(of(log, "R6", post="jia/deputy"))
    team = cited(of(log, "R4"))

    assert member == [mine.position]
    assert set(team) == {mine.position, theirs.position}
    assert other_unit.position not in team


def test_a_fact_serves_the_duty_that_it_names() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-06 09:00")
        fact = campus.acting("jia/deputy").record(FactRecorded(duties=["M1"], content="学习"))
        campus.set_time("2026-07-05 09:00")
        found = campus.trail.at().draft("jia", "2026-H1", "R6", post="jia/deputy")

    assert [(s.position, s.duties[0]) for s in found.sentences()] == [(fact.position, "M1")]
    assert "M1" not in found.unrecorded


def test_several_members_owe_one_and_must_be_told_apart() -> None:
    log = Log()
    with pytest.raises(CallerError, match="owed by several") as refused:
        of(log, "R6")

    assert refused.value.code == "SEVERAL_REPORTS"
    assert of(log, "R6", person="p-12").post == "jia/member"


@pytest.mark.parametrize("ask", [{"duty": "S2a"}, {"duty": "R9"}, {"label": "2031-H1"}, {"post": "uni/deputy"}])
def test_what_nobody_owes_is_refused_with_what_is_owed(ask: dict[str, str]) -> None:
    with pytest.raises(CallerError) as refused:
        of(Log(), **ask)

    assert refused.value.code == "NO_SUCH_REPORT"
    assert "R5 2026-H1" in refused.value.advice()


def test_voided_and_moved_acts_are_not_told() -> None:
    log = Log()
    gone = log.talk("jia/secretary", ["p-11"], "2026-03-05")
    moved = log.talk("jia/secretary", ["p-12"], "2026-03-06")
    into = log.talk("jia/secretary", ["p-11"], "2025-12-20")
    log.void(gone, "2026-03-09")
    log.correct(moved, "2026-03-09", happened=["date", "2026-07-02", "day", False])
    log.correct(into, "2026-03-09", happened=["date", "2026-01-20", "day", False])

    found = of(log)

    assert cited(found) == [into.position]
    assert found.sentences()[0].text.startswith("2026年1月20日")


def test_what_is_missing_late_or_open_is_said_as_such() -> None:
    log = Log()
    draft_ = log.draft("task", "jia/secretary", "2026-05-30")

    found = of(log)

    rows = {s.duty: s for s in found.short}
    assert rows["L1b"].state == "late"
    assert rows["L2b"].state == "overdue"
    assert {m.counterpart for m in rows["L2b"].missing} == {"jia/deputy", "jia/member"}
    assert "R5" not in rows, "the report itself is not missing from itself"
    assert draft_.position in cited(found)


def test_duties_without_a_record_are_named() -> None:
    log = Log()
    log.talk("jia/secretary", ["p-11"], "2026-03-05", ("duty",))

    found = of(log)

    assert "S2b" in found.unrecorded
    assert "S2a" not in found.unrecorded
    assert "R4" not in found.unrecorded, "that is the team's"
    assert not [d for d in found.unrecorded if RULES.duties[d].klass == "D"]


def test_an_empty_period_gives_an_empty_draft() -> None:
    found = of(Log())

    assert found.sections == ()
    assert found.sentences() == ()
    assert len(found.unrecorded) > 5


def test_the_january_report_may_cover_the_year(rules_with: Callable[..., RuleSet]) -> None:
    rules = rules_with(('january_report = "half"', 'january_report = "year"'))
    log = Log(rules=rules)
    spring = log.talk("jia/secretary", ["p-11"], "2026-03-05")
    autumn = log.talk("jia/secretary", ["p-12"], "2026-09-05")

    found = draft(Snapshot(log.records, [rules], as_of="2027-01-05", now=NOW), "jia", "2026-H2", "R5")
    half = draft(Snapshot(log.records, [rules], as_of="2027-01-05", now=NOW), "jia", "2026-H1", "R5")

    assert (found.since, found.until) == ("2026-01-01", "2026-12-31")
    assert cited(found) == [spring.position, autumn.position]
    assert cited(half) == [spring.position]


def test_every_type_of_the_library_has_its_words() -> None:
    assert {t.name for t in LIBRARY_TYPES} - set(VERBS) == set()


def test_words_do_not_judge() -> None:
    assert [w for w in VERBS.values() if any(judging in w for judging in JUDGING)] == []


@pytest.mark.parametrize(
    ("happened", "text"),
    [
        (Happened.on("2026-03-05"), "2026年3月5日"),
        (Happened.on("2026-12-01", precision="month"), "2026年12月"),
        (Happened.on("2026-01-01", precision="year", uncertain=True), "[2026年]"),
    ],
)
def test_dates_in_chinese(happened: Happened, text: str) -> None:
    assert chinese_date(happened) == text


OWED = st.sampled_from([("R4", {}), ("R5", {}), ("R6", {"post": "jia/deputy"}), ("R6", {"post": "jia/member"})])


@settings(max_examples=scaled(30))
@given(histories(), DAYS, OWED, st.sampled_from(["2026-H1", "2026-H2"]))
def test_every_sentence_cites_a_record_that_stands_and_happened_then(
    log: Log, day: str, owed: tuple[str, dict[str, str]], label: str
) -> None:
    snapshot = log.at(day)
    duty, who = owed
    try:
        found = draft(snapshot, "jia", label, duty, **who)
    except CallerError:
        return  # nobody owes it: the period has not begun, or the post was not held long enough
    one = period(label)
    records: dict[int, Record] = {r.position: r for r in snapshot.records}

    told = cited(found)
    assert len(told) == len(set(told)), "each act is told once"
    for sentence in found.sentences():
        record = snapshot.edits.apply(records[sentence.position])
        assert record is not None, "what is void is not told"
        assert record.statement.id.hex() == sentence.event
        assert one.begin <= happened_day(record.statement.happened) < one.end
        assert record.statement.happened.start() < snapshot.view.as_of
        assert set(sentence.duties) <= set(RULES.duties)
    for short in found.short:
        assert short.state in ("not_yet_due", "due_soon", "late", "overdue", "open")
    assert not {d for s in found.sentences() for d in s.duties} & set(found.unrecorded)


@settings(max_examples=scaled(20))
@given(histories(), DAYS)
def test_the_teams_draft_holds_what_its_members_drafts_hold(log: Log, day: str) -> None:
    """Whatever the leader or a member of the unit did in their post there is in the team's report as well."""
    snapshot = log.at(day)
    try:
        team = set(cited(draft(snapshot, "jia", "2026-H1", "R4")))
    except CallerError:
        return
    leader = draft(snapshot, "jia", "2026-H1", "R5")

    assert set(cited(leader)) <= team
