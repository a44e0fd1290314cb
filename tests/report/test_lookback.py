"""The text of a lookback and of questions: every state and code has its words, in both languages; nothing slips out."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import pytest

from trail.aggregates.state import Gap
from trail.projections.citing import Basis, Bounds, Cited, Dated, GapCited, Line
from trail.projections.lookback_values import WHY, Answer, Held, Late, ListHeld, Lookback, Notice, Told
from trail.projections.questions import CODES, DEFAULTS, Question, Questions, Thresholds
from trail.projections.shown import TRIGGERED_STATES, Count, Standing, Triggered
from trail.projections.values import STATES, Missing, Obligation, Undone, View
from trail.report import lookback as report
from trail.report.questions import WORDS, question_lines, question_text

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lookback.md"
VIEW = View(as_of=1_785_513_600, known_at=40)
MARCH, NOVEMBER = 1_772_668_800, 1_793_608_800
BOUNDS = Bounds(None, Dated(MARCH, 20, ("dic.example",)), Dated(NOVEMBER, 40, ("dic.example",)))


def line(position: int, *, later: bool = False, **changes: Any) -> Line:
    row: dict[str, Any] = {
        "position": position, "leaf": bytes([position]) * 32, "type": "TalkHeld@1", "happened": "2026-03-05",
        "recorded": NOVEMBER, "label": "backfilled", "posts": (("jia/secretary", "no_longer_held"),),
        "hand": "recorded", "performers": (("p-10", "jia/secretary"),), "signers": (("p-20", "jia/recorder"),),
        "bounds": BOUNDS, "later": later,
    }  # fmt: skip
    return Line(**row | changes)


def obligation(**changes: Any) -> Obligation:
    row: dict[str, Any] = {
        "duty": "R5", "article": "三（三）1", "text": "向上级报告" * 20, "period": "2026-H1", "unit": "jia",
        "post": "jia/secretary", "holder": "p-10", "bound": "post", "due": "2026-07-10", "due_until": 0,
        "remind": "2026-07-10", "state": "overdue", "required": 2, "done": 1,
        "missing": (Missing(recipient="dic"), Missing("jia/member", "", "task", ("p-12",), 2)), "completed": None,
        "unreceived": ("uni",), "gaps": (), "rules": "r@1", "source": "text", "due_source": "text",
    }  # fmt: skip
    return Obligation(**row | changes)


COMMON: dict[str, Any] = {
    "article": "三", "text": "……", "unit": "jia", "post": None, "holder": None, "rules": "r@1", "source": "text",
}  # fmt: skip
TRIGGERED = Triggered(
    duty="S2e", bound="post", trigger=None, event="00", since="2026-05-01", state="open", closed=None,
    elapsed_workdays=7, due=None, missing=("uni",), gaps=(), **COMMON,
)  # fmt: skip
COUNT = Count(duty="N1", period="2026", number=3, **COMMON)
STANDING = Standing(duty="O1", in_place=False, since=None, **COMMON)
CITED = Cited((line(7),), (line(30, later=True),))


def lookback(**changes: Any) -> Lookback:
    gap = GapCited(Gap("C2", (7,), "an edit voids it", "编辑后背书失效"), Cited((line(7),)))
    row: dict[str, Any] = {
        "unit": "jia", "person": None, "name": "甲学院", "about": ("R5",), "view": VIEW,
        "basis": Basis(40, 29, b"\x01" * 32, 40, ("dic.example",)), "history": Cited((line(2),)),
        "posts": (
            Held("jia/secretary", "jia", "secretary", "书记", "p-10", "2025-01-01", "2026-06-01", True, False, ("lab",),
                 CITED, CITED, Cited(), (Undone("S2a", "2026", "2026-12-31", "overdue", (Missing("jia/member"),)),)),
            Held("jia/member", "jia", "member", "", None, None, None, False, True, (), Cited(), Cited(), Cited()),
        ),
        "lists": (
            ListHeld("jia", "2026", "task", "jia/member", "2026-09-30", "void", CITED, Cited(), CITED, Cited()),
        ),
        "obligations": (Answer(obligation(), "not_yet_due", CITED, (gap,)),),
        "triggered": (Answer(TRIGGERED, None, CITED, ()),), "counts": (Answer(COUNT, "2", CITED, ()),),
        "standing": (Answer(STANDING, "not_in_place", Cited(), ()),), "acts": CITED,
        "told": (Told("talk", "2026-03-05", ("p-10",), ("p-12",), ("duty",), CITED, Cited((line(8),))),),
        "gaps": (gap,), "recorded_later": (Late(line(30, later=True), WHY),),
        "notices": (Notice(NOVEMBER, "2026-11-04", 33),), "lines": (line(7), line(30, later=True)),
    }  # fmt: skip
    return Lookback(**row | changes)


def text(found: Lookback, lang: str) -> str:
    return "\n".join(report.lookback_lines(found, lang))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_part_is_told(lang: str) -> None:
    told = {
        "zh": (
            "责任倒查：单位 甲学院 (jia)，截至 2026-07-31 23:59:59", "依据前 40 条记录（其中 29 条在该日结束前记入）",
            "由校验点 40 覆盖，见证：dic.example（未核对签名", "检查通知: 2026-11-04（第 33 条）", "书记: p-10",
            "[代理]", "分管: lab", "任命：［事后］第 30 条", "空缺", "交接时未办: S2a 2026", "修改后背书失效",
            "逾期     R5", "当日所知：未到期", "尚缺：报 dic；jia/member [p-12] 任务清单 x2", "未签收：uni",
            "未办     S2e    2026-05-01 · 7 个工作日", "未建立   O1", "谈话 [duty]: p-10 → p-12", "对方：第 8 条",
            "C2: 编辑后背书失效（第 7 [0707070707070707] 条）", "该日之后才记，检查通知之后才记，集中补记",
            "记录时已离岗", "经办人登记，签名人 p-20 (jia/recorder)", "证明的时间：未证明（没有给出策略）",
        ),
        "en": (
            "Lookback of unit 甲学院 (jia), as of 2026-07-31 23:59:59", "rests on the first 40 records (29 of them",
            "covered by checkpoint 40, cosigned by dic.example (signatures not checked",
            "notice of inspection: 2026-11-04 (position 33)", "[acting]", "in charge of: lab",
            "appointed: [later] position 30", "vacant", "undone at hand-over: S2a 2026", "edited since",
            "overdue      R5", "as known then: not yet due", "missing: to dic; jia/member [p-12] task list x2",
            "not yet signed for by: uni", "open         S2e    2026-05-01 · 7 working days", "not in place O1",
            "talk [duty]: p-10 → p-12", "the other side: position 8",
            "C2: an edit voids it (position 7 [0707070707070707])",
            "recorded after the day, recorded after the notice, in a burst", "no longer held when recorded",
            "recorded by a recorder, signed by p-20 (jia/recorder)", "proven times: not proven (no policy given)",
        ),
    }  # fmt: skip
    shown = text(lookback(), lang)

    assert [one for one in told[lang] if one not in shown] == []
    assert bytes([30]).hex() * 32 in shown, "the whole leaf stands in the list of records"


def test_a_person_and_empty_parts() -> None:
    names = ("posts", "lists", "obligations", "triggered", "counts", "standing", "told", "gaps", "recorded_later")
    empty: dict[str, Any] = dict.fromkeys((*names, "notices", "lines", "about"), ())
    found = lookback(unit=None, person="p-10", name="", history=Cited(), acts=Cited(), **empty,
                     basis=Basis(40, 40, odd=(20,)))  # fmt: skip
    zh, en = text(found, "zh"), text(found, "en")

    assert "责任倒查：人员 p-10" in zh
    assert "没有校验点覆盖" in zh
    assert "校验点 20 与数据库不符" in zh
    assert "Lookback of person p-10" in en
    assert "no checkpoint covers all these records" in en
    assert "checkpoints 20 don't fit" in en
    assert "The unit" not in en


def test_without_a_policy_nothing_is_proven_and_that_is_said_once() -> None:
    for lang, words in (("zh", "未证明"), ("en", "not proven")):
        shown = text(lookback(), lang)

        assert shown.count(words) == 1
        assert not re.search("(签名|记入)?不早于|不晚于|not (before|after)", shown)


def test_under_a_policy_each_record_has_its_interval_in_words_of_its_own() -> None:
    rows = (line(7, bounds=BOUNDS._replace(verified=True)), line(8, bounds=Bounds(verified=True)))
    found = lookback(lines=rows, basis=Basis(40, 29, b"\x01" * 32, 40, ("dic",), True))
    zh, en = text(found, "zh"), text(found, "en")

    assert (
        "证明：签名不早于（未证明）；记入不早于 2026-03-05 08:00:00（校验点 20，dic.example）；"
        "不晚于 2026-11-02 16:40:00（校验点 40，dic.example）"
    ) in zh
    assert (
        "proven: signed not before (not proven); recorded not before 2026-03-05 08:00:00 (checkpoint 20, dic.example); "
        "not after 2026-11-02 16:40:00 (checkpoint 40, dic.example)"
    ) in en
    assert "证明：无（没有经见证的校验点涉及它）" in zh
    assert "proven: nothing (no witnessed checkpoint bears on it)" in en
    assert "没有给出策略" not in zh


def test_every_state_reason_and_code_has_its_words() -> None:
    states = {*STATES, *TRIGGERED_STATES, "in_place", "not_in_place"}

    assert [s for s in states if report.state_word(s, "zh") == s] == []
    assert set(report.REASONS) == set(WHY)
    assert set(WORDS) == set(CODES)
    for zh, en in WORDS.values():
        names = [{name for _, name, _, _ in string.Formatter().parse(words) if name} for words in (zh, en)]
        assert names[0] == names[1]


def test_ids_from_the_log_stay_ids() -> None:
    """What comes from the log can't end a line or drive a terminal."""
    bad = "x\nobligations: none\x1b[2J\u202e"
    found = lookback(name=bad, posts=(lookback().posts[0]._replace(person=bad, title=bad),))

    assert not any(char in row for row in report.lookback_lines(found, "en") for char in "\n\x1b\u202e")


FACTS: dict[str, int | str] = {
    "count": 3, "days": 30, "longest": 88, "first": "2026-05-06", "last": "2026-05-07", "notice": "2026-11-04",
    "recorder": "p-40", "post": "jia/recorder", "persons": 3, "seconds": 60, "by": "p-50", "backfilled": 2,
    "type": "TalkHeld@1",
}  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_each_question_asks(code: str) -> None:
    question = Question(code, "jia", tuple(FACTS.items()), Cited((line(7),)))
    zh, en = (question_text(question, lang) for lang in ("zh", "en"))

    assert zh.endswith("？")
    assert en.endswith("?")
    assert "{" not in zh + en


def test_questions_begin_by_saying_what_they_are_not() -> None:
    question = Question("LAG", "jia", tuple(FACTS.items()), Cited(tuple(line(n) for n in range(1, 21))))
    found = Questions(unit="jia", view=VIEW, basis=Basis(40, 40), thresholds=DEFAULTS,
                      notices=(Notice(NOVEMBER, "2026-11-04"),), questions=(question,), lines=(line(7),))  # fmt: skip
    zh, en = (list(question_lines(found, lang, whole=True)) for lang in ("zh", "en"))

    assert "不是结论" in zh[0]
    assert "no findings" in en[0]
    assert any("8 more, see --json" in row for row in en)
    assert any(bytes([7]).hex() * 32 in row for row in en)
    nothing = Questions(
        unit=None, view=VIEW, basis=Basis(40, 40), thresholds=DEFAULTS, notices=(), questions=(), lines=()
    )
    assert list(question_lines(nothing, "zh"))[-1] == "没有可提的问题"


def test_the_page_shows_every_code_and_default() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (.+?) \|", page, flags=re.MULTILINE)
    named = [(re.findall(r"`([a-z_]+)`", names), values) for names, values in rows]
    defaults = Thresholds().to_json()
    shown = {}
    for names, values in named:
        if set(names) <= set(defaults):
            found = values.split(", ")
            shown |= (
                {names[0]: [v.strip("`") for v in found]}
                if names == ["notice_types"]
                else dict(zip(names, map(int, found), strict=True))
            )

    assert shown == defaults
    assert re.findall(r"^\| `([A-Z_]+)` \|", page, flags=re.MULTILINE) == list(CODES)
