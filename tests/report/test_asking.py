"""The texts of ledger, coverage, calendar, draft, statistics and burden, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from trail.aggregates import LIBRARY_TYPES, FactRecorded, RecordVoided, ReportFiled, TalkHeld
from trail.application import View
from trail.evidence.record import Happened
from trail.projections import values
from trail.projections.sentences import VERBS
from trail.projections.shown import TRIGGERED_STATES
from trail.report import asking
from trail.testing import Campus

Ask = Callable[[View, str], str]


@pytest.fixture(scope="module")
def view() -> Iterator[View]:
    """A spring at the college: a talk, an uncertain one, one voided, a fact by a clerk, a report."""
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        secretary = campus.acting("jia/secretary")
        secretary.record(
            TalkHeld(
                kind="duty", counterparts=[("p-006", "jia/deputy")], happened="2026-03-04", content="谈", place="3"
            )
        )
        uncertain = Happened.on("2026-02-01", precision="month", uncertain=True)
        secretary.record(TalkHeld(kind="heart_to_heart", counterparts=["p-007"], happened=uncertain, content="谈"))
        void = secretary.record(TalkHeld(kind="reminder", counterparts=["p-008"], happened="2026-03-03", content="谈"))
        secretary.record(RecordVoided(target=void, reason="重复"))
        led = [("person", "p-005", "jia/secretary")]
        campus.acting("jia/recorder").record(
            FactRecorded(duties=["B2e"], content="做", happened="2026-03-02", performers=led)
        )
        campus.set_time("2026-07-06 09:00")
        campus.acting("jia/secretary").record(
            ReportFiled(subject="principal", recipients=["dic", "uni"], sent="2026-07-06", period="2026-H1")
        )
        campus.set_time("2026-07-08 09:00")
        yield campus.trail.at()


def both(lines: Callable[[str], Iterator[str]]) -> tuple[str, str]:
    zh, en = ("\n".join(lines(lang)) for lang in ("zh", "en"))
    return zh, en


def test_every_state_has_its_words() -> None:
    assert set(asking.OPEN_STATES) == {*values.STATES, *TRIGGERED_STATES}


def test_the_ledger_says_what_is_uncertain_void_and_late(view: View) -> None:
    zh, en = both(lambda lang: asking.ledger_lines(view.ledger(unit="jia", period="2026-H1"), lang))

    assert zh.startswith("台账 jia · 2026-H1\n")
    assert (
        "[2026-02]    TalkHeld@1  jia/secretary  记于 2026-03-05 09:00，迟记，日期不确定，按 DA/T 18 加方括号，仅知年月"
        in zh
    )
    assert "[2026-02]" in en
    assert "recorded late, uncertain date, in brackets as in DA/T 18, known to the month" in en
    assert "当期，已作废\n            更改：第 169 条 RecordVoided@1" in zh
    assert "void\n            edit: position 169" in en


def test_the_ledger_of_a_person_and_of_all(view: View) -> None:
    zh, en = both(lambda lang: asking.ledger_lines(view.ledger(person="p-006"), lang))
    everything = "\n".join(asking.ledger_lines(view.ledger(), "en"))

    assert zh.startswith("台账 p-006\n")
    assert "TalkHeld@1" in en
    assert everything.startswith("Ledger of all\n")
    assert f"Records {view.known_at}" in everything


def test_the_coverage_says_who_and_by_which_record(view: View) -> None:
    zh, en = both(lambda lang: asking.coverage_lines(view.coverage("jia", 2026), lang))

    assert "谈话覆盖 甲学院党委 (jia) · 2026" in zh
    assert "S2a 2026 · jia/secretary（p-005） · 截止 2026-12-31 · 未到期 · 已覆盖 1/3" in zh
    assert (
        "  已谈 甲学院党委副书记 (jia/deputy)\n        [p-006 2026-01-01 – 至今，见第 166 条]\n        第 166 条" in zh
    )
    assert "  not yet 甲学院教工支部书记 (jia/branch)\n        [p-009 2026-01-01 – now]" in en
    assert "尚无人谈话（" in zh
    assert "甲学院教工支部书记 (jia/branch) [p-009] · " in en


def test_the_calendar_goes_by_days(view: View) -> None:
    zh, en = both(lambda lang: asking.agenda_lines(view.due("jia", until="2027-01-10", since="2027-01-01"), lang))

    assert "日程 jia · 2027-01-01 至 2027-01-10" in zh
    assert "\n2027-01-08\n  提醒（2027-01-10 到期）" in zh
    assert "\n2027-01-10\n  到期" in zh
    assert "remind (due 2027-01-10)  R4 2026-H2 · jia · the body · not yet due" in en
    assert "missing: to uni; to dic" in en
    assert "此前到期、尚未办结：" in zh


def test_an_empty_calendar_says_so(view: View) -> None:
    zh, en = both(lambda lang: asking.agenda_lines(view.due("jia-branch", until="2026-07-09"), lang))

    assert zh.endswith("\n  无")
    assert en.endswith("\n  nothing")


def test_the_draft_cites_after_each_sentence(view: View) -> None:
    found = view.draft("jia", "2026-H1", "R5")
    zh, en = both(lambda lang: asking.draft_lines(found, lang))

    first = found.sentences()[0]
    assert zh.startswith("草稿 R5（三（三）1）书面报告主体责任落实情况\n")
    assert "\n报告人：甲学院党委 (jia) · 甲学院党委书记 (jia/secretary) · p-005\n" in zh
    assert "期间：2026-H1（2026-01-01 至 2026-06-30）；截止 2026-07-10；报：dic、uni" in zh
    assert f"{first.text}。〔第 {first.position} 条，事件 {first.event}，" in zh
    assert f"{first.text}。〔position {first.position}, event {first.event}, " in en
    for number, (heading, english) in enumerate(
        [("已记录的事实", "What is recorded"),
         ("未完成、迟于期限或尚未到期的事项", "What is missing, late or not due yet"),
         ("记录中的缺口", "Gaps in the records"), ("本期没有记录的职责", "Duties for which nothing was recorded")],
    ):  # fmt: skip
        assert f"\n{'一二三四'[number]}、{heading}\n" in zh
        assert f"\n{number + 1}. {english}\n" in en
    assert zh.count("〔第 ") == len(found.sentences()) == en.count("〔position ")
    assert "reminder" not in zh, "the voided talk is not told"


def test_what_a_clerk_recorded_is_marked(view: View) -> None:
    zh, en = both(lambda lang: asking.draft_lines(view.draft("jia", "2026-H1", "R4"), lang))

    assert "2026年3月2日，甲学院党委书记记实一项。〔第 170 条，" in zh
    assert "，当期，经办人登记，职责 B2e" in zh
    assert ", contemporaneous, recorded by a clerk, duties B2e" in en


def test_a_draft_of_nothing_says_so(view: View) -> None:
    zh, en = both(lambda lang: asking.draft_lines(view.draft("yi", "2026-H1", "R4"), lang))

    assert "  本期没有记录。" in zh
    assert "  Nothing is recorded in this period." in en


def test_statistics_are_counts_in_the_order_of_ids(view: View) -> None:
    zh, en = both(lambda lang: asking.statistics_lines(view.statistics("2026-H1"), lang))

    assert "\n甲学院党委 (jia)\n  应尽责任 " in zh
    assert "      R5     按期 1\n" in zh
    assert "      R5     in time 1\n" in en
    assert [zh.index(name) for name in ("(jia)", "(office)", "(uni)", "(yi)")] == sorted(
        zh.index(name) for name in ("(jia)", "(office)", "(uni)", "(yi)")
    )
    assert zh.rindex("合计") > zh.rindex("(yi)")
    assert "%" not in zh + en


def test_the_burden_blames_no_unit(view: View) -> None:
    zh, en = both(lambda lang: asking.burden_lines(view.burden("2026", line=3), lang))

    assert "参考线：每单位本期 3 次录入（全年 3 次）；超过说明系统或规则过繁，不怪单位" in zh
    assert "nothing of the unit" in en
    assert "above the line" in en
    assert "按月：2026-01 20，2026-03 5，2026-07 1" in zh
    assert "duplicates avoided " in en


def test_words_from_the_log_are_escaped_and_cut(view: View) -> None:
    found = view.ledger(unit="jia", period="2026-03")
    evil = found.rows[0]
    entry = evil.entry
    statement = entry.record.statement._replace(type="A\x1b[31m" + "x" * 100)
    shown = "\n".join(
        asking.ledger_lines(
            type(found)(
                unit="jia\n判定：完好", person=None, period=None, view=found.view, later=0,
                rows=(evil._replace(entry=entry._replace(record=entry.record._replace(statement=statement))),),
            ),
            "zh",
        )
    )  # fmt: skip

    assert "\x1b" not in shown
    assert "\n判定" not in shown
    assert "…" in shown


def test_every_type_is_told_in_a_draft() -> None:
    assert {t.name for t in LIBRARY_TYPES} <= set(VERBS)
