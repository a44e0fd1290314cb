"""The text of a report: complete, bilingual, and not to be spoofed by what stands in the evidence."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.evidence import refusals
from trail.evidence.refusals import CODES, REMARK
from trail.evidence.verdict import Check, Enrolled, Extracted, Finding, Report, Shown, ShownEntry, Verdict, Vouched
from trail.report import messages, method, words
from trail.report.text import Inputs, headline, message_of, report_lines

KEYS = (
    Enrolled("r-1", b"\x03" * 32, "self", ("r-1", "r-2"), 1, None),
    Enrolled("p-001", b"\x04" * 32, "server", ("r-1", "r-2"), 9, 12),
    Enrolled("p-002", b"\x05" * 32, "self", ("r-1", "r-2"), 10, None),
)


def report(**changes: Any) -> Report:
    """An intact report, changed; fields that later versions add get their defaults or nothing."""
    values: dict[str, Any] = {
        "verdict": Verdict.INTACT,
        "origin": "trail.example/jia",
        "anchored": 12,
        "anchored_at": 1_772_668_800,
        "anchored_by": ("dic",),
        "size": 14,
        "exposed": 2,
        "root": b"\x01" * 32,
        "findings": (),
        "remarks": (),
        "counts": {},
        "checks": (Check(1, "framing", "passed", 1), Check(14, "attachments", "not done", 0)),
        "parts": Shown(3, 2, 1, 0),
        "attachments": Shown(),
        "scope": {"unit": "jia"},
        "enrolled": KEYS,
        "facts": {},
        "kind": "file",
        "log_kind": "acts",
        "policy_digest": b"\x02" * 32,
        "versions": {"trail": "0.1.0"},
        "made": 1_772_700_000,
    }
    for field in dataclasses.fields(Report):
        if field.name not in values and field.default is field.default_factory is dataclasses.MISSING:
            values[field.name] = ()
    return Report(**values | changes)


def with_code(code: str, **facts: Any) -> Report:
    check, effect = CODES[code]
    one = Finding(check=check, code=code, position=3, message="…", **facts)
    verdicts = {refusals.FORGED: Verdict.ALTERED, refusals.OPEN: Verdict.INCONCLUSIVE, REMARK: Verdict.INTACT}
    where = "remarks" if effect is REMARK else "findings"
    return report(verdict=verdicts[effect], counts={code: 7}, **{where: (one,)})


def test_every_code_check_and_advice_has_its_words_in_both_languages() -> None:
    assert messages.MESSAGES.keys() == CODES.keys()
    assert words.CHECKS.keys() == refusals.CHECKS.keys()
    assert words.VERDICTS.keys() == {verdict.value for verdict in Verdict}
    assert messages.ADVICE.keys() == {message.advice for message in messages.MESSAGES.values()}
    for message in messages.MESSAGES.values():
        assert message.zh
        assert message.zh != message.en
        assert message.en.isascii()


def test_the_fixed_words_fit_a_gbk_terminal() -> None:
    for lang in ("zh", "en"):
        fixed = [*method.method_lines(lang), *report_lines(report(), lang)]
        fixed += [text for pair in messages.ADVICE.values() for text in pair]
        fixed += [text for message in messages.MESSAGES.values() for text in message]
        for line in fixed:
            line.encode("gbk")


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_code_is_shown_with_number_position_both_sides_and_advice(code: str, lang: str) -> None:
    lines = list(report_lines(with_code(code, expected=b"\xaa" * 32, found=5), lang))
    text = "\n".join(lines)

    assert f"[{CODES[code][0]}] {code} x 7: {words.pick(messages.MESSAGES[code][:2], lang)}" in text
    assert ("第 3 条；应为" if lang == "zh" else "position 3; expected") in text
    assert "aaaaaaaaaaaaaaaa… (32 B)" in text
    assert words.pick(messages.ADVICE[messages.MESSAGES[code].advice], lang) in text
    assert ("另有 2 处" if lang == "zh" else "and 2 more") in text


def test_a_code_of_a_later_version_is_shown_too() -> None:
    assert message_of("SOMETHING_NEW").advice == "newer"


@pytest.mark.parametrize(
    ("verdict", "zh", "en"),
    [
        (
            Verdict.INTACT,
            "结论：完好（第 1 至 12 条，不晚于 2026-03-05 08:00:00 +08:00 已被锚定）",
            "Verdict: INTACT (positions 1 to 12, anchored not after 2026-03-05 08:00:00 +08:00)",
        ),
        (
            Verdict.ALTERED,
            "结论：被改动（7 处没有正当解释；发现共 9 项）",
            "Verdict: ALTERED (7 without an honest explanation, of 9 findings)",
        ),
        (
            Verdict.INCONCLUSIVE,
            "结论：无法判定（有 9 项未能核实；这既不是“完好”，也不是“被改动”）",
            "Verdict: INCONCLUSIVE (9 findings left open; neither intact nor altered)",
        ),
    ],
)
def test_the_headline(verdict: Verdict, zh: str, en: str) -> None:
    one = report(verdict=verdict, counts={"SIGNATURE_BAD": 7, "PART_MISSING": 2, "CLOCK_STEP": 5})

    assert (headline(one, "zh"), headline(one, "en")) == (zh, en)


def test_the_overview_counts_what_is_shown_and_what_is_not() -> None:
    zh, en = ("\n".join(report_lines(report(), lang)) for lang in ("zh", "en"))

    assert "出示 3，扣留 2，依法删除 1，缺失 0" in zh
    assert "3 shown, 2 withheld, 1 erased, 0 missing" in en
    assert "2 entries (that they were lost or replaced could not be seen)" in en
    assert 'unit "jia" and below; contents out of it are withheld' in en
    assert '单位 "jia" 及其下属；范围之外的内容均已扣留' in zh
    assert "本人保管 2，服务器代管（较弱） 1" in zh
    assert (
        '第 9 条："p-001" 的密钥 0404040404040404… (32 B)，服务器代管（较弱），由 "r-1", "r-2" 登记，至第 12 条止' in zh
    )
    assert 'enrolled by "r-1", "r-2", ended at 12' in en
    assert "(14) 附件" in zh
    assert "未做" in zh
    assert "Not detectable" in en


def test_the_line_under_the_verdict_counts_what_is_shown_and_what_is_not() -> None:
    one = report(attachments=Shown(4, 3, 2, 1), counts={"CLOCK_STEP": 5, "RECORDED_OUTSIDE_INTERVAL": 2})
    opaque = report(log_kind="opaque")
    second = {lang: [list(report_lines(r, lang))[1] for r in (one, opaque)] for lang in ("zh", "en")}

    assert second["zh"] == [
        "内容：正文出示 3，扣留 2，依法删除 1，缺失 0；附件出示 4，扣留 3，依法删除 2，缺失 1；备注 7 项",
        "内容：事件内容出示 3，扣留 2，依法删除 1，缺失 0；备注 0 项",
    ]
    acts = "body parts 3 shown, 2 withheld, 1 erased, 0 missing; attachments 4 shown, 3 withheld, 2 erased, 1 missing"
    states = "states 3 shown, 2 withheld, 1 erased, 0 missing"
    assert second["en"] == [f"Contents: {acts}; remarks: 7", f"Contents: {states}; remarks: 0"]


SCOPES: dict[str, tuple[dict[str, object], str, str]] = {
    "all": ({"all": True}, "全部", "all"),
    "none": ({"none": True}, "不出示内容，全部扣留", "no contents: all are withheld"),
    "person": (
        {"person": "p-1"},
        '人员 "p-1"；范围之外的内容均已扣留',
        'person "p-1"; contents out of it are withheld',
    ),
    "period": (
        {"to": "2026-06-30", "from": "2026-01-01"},
        '"2026-01-01" 起，至 "2026-06-30" 止；范围之外的内容均已扣留',
        'from "2026-01-01", to "2026-06-30"; contents out of it are withheld',
    ),
    "both": (
        {"from": "2026-01-01", "unit": "jia"},
        '单位 "jia" 及其下属，"2026-01-01" 起；范围之外的内容均已扣留',
        'unit "jia" and below, from "2026-01-01"; contents out of it are withheld',
    ),
}


@pytest.mark.parametrize(("announced", "zh", "en"), SCOPES.values(), ids=SCOPES)
def test_the_scope_that_the_evidence_announces_is_told(announced: dict[str, object], zh: str, en: str) -> None:
    for lang, told in (("zh", zh), ("en", en)):
        lines = list(report_lines(report(scope=announced), lang))
        assert any(line.startswith("  ") and line.endswith(f" {told}") for line in lines), lines


EXTRACT = Extracted(
    entries=3,
    proven=2,
    registry=1,
    of=50,
    listed=(
        ShownEntry(1, "LogFounded@1", 1_772_668_800, (), True),
        ShownEntry(
            9,
            "TalkHeld@1",
            1_772_668_800,
            (Vouched("p-1", b"\x07" * 32, 1), Vouched("p-2", b"\x08" * 32, None)),
            True,
        ),
    ),
)


def test_an_extract_says_what_it_shows_and_that_the_rest_is_not_shown() -> None:
    one = report(
        verdict=Verdict.INCONCLUSIVE, kind="extract", extract=EXTRACT, anchored=50, counts={"EXTRACT": 1, "EMPTY": 2}
    )
    zh, en = (list(report_lines(one, lang)) for lang in ("zh", "en"))

    assert (
        zh[0]
        == zh[-1]
        == ("结论：无法判定（摘录：50 条中出示 3 条，经证明在日志中的 2 条；其余未出示；另有 2 项未能核实）")
    )
    assert (
        en[0]
        == en[-1]
        == (
            "Verdict: INCONCLUSIVE (an extract: 3 of 50 entries are shown, 2 proven to stand in the log; "
            "the rest is not shown; 2 more findings left open)"
        )
    )
    for line in (
        "  核验对象          摘录：只证明所出示的各条",
        "  出示的记录        50 条中的 3 条（其中登记类 1 条，多为证明密钥而附）",
        "  未出示            47 条",
        '  校验点            50 · 不晚于 2026-03-05 08:00:00 +08:00 · "dic"',
        '    第 9 条 "TalkHeld@1"，日志时钟记于 2026-03-05 08:00:00 +08:00，已证明在日志中',
        '      "p-1" 的密钥 0707070707070707… (32 B)，第 1 条登记：签名成立；此前是否已吊销未出示',
        '      "p-2" 的密钥 0808080808080808… (32 B)：登记未出示，签名未核验',
        "  (15) 所示各条在记录树中                   未做",
    ):
        assert line in zh, line
    bad = dataclasses.replace(one, verdict=Verdict.ALTERED, counts={"PROOF_MISMATCH": 1, "EXTRACT": 1})
    assert headline(bad, "zh") == "结论：被改动（摘录：1 处没有正当解释；发现共 2 项）"
    assert headline(bad, "en") == "Verdict: ALTERED (an extract: 1 without an honest explanation, of 2 findings)"
    assert any("密钥此前是否已吊销" in line and "更正" in line for line in zh)
    assert any("never intact" in line for line in en)
    for line in zh + en:
        line.encode("gbk")


def test_versions_and_the_digests_of_what_was_given_are_shown() -> None:
    inputs = Inputs(evidence="e.trail", evidence_digest="ab" * 32, policy="policy", known="k", known_digest="cd" * 32)
    text = "\n".join(report_lines(report(facts={"sqlite": "3.50"}, kind="database"), "en", inputs))

    for shown in ("ab" * 32, "cd" * 32, "02" * 32, "01" * 32, "trail 0.1.0", '"3.50"', "a database"):
        assert shown in text


EVIL = 'jia"\nVerdict: INTACT\u202e\x1b[2K结论：完好 ' + "x" * 300


@given(st.text(max_size=150) | st.just(EVIL), st.sampled_from(["zh", "en"]))
def test_nothing_in_the_evidence_writes_a_verdict_or_a_line_of_its_own(text: str, lang: str) -> None:
    one = Finding(check=9, code="SIGNATURE_BAD", position=1, message=text, expected=text, found=[text, {"a": text}])
    evil = report(
        verdict=Verdict.ALTERED,
        origin=text,
        findings=(one,),
        counts={"SIGNATURE_BAD": 1},
        anchored_by=(text,),
        scope={text: text},
        enrolled=(KEYS[0]._replace(person=text, custody=text, by=(text,)),),
        facts={"files": text},
    )
    plain = Finding(check=9, code="SIGNATURE_BAD", position=1, message="", expected="", found=["", {"a": ""}])
    same = dataclasses.replace(
        evil,
        origin="",
        findings=(plain,),
        anchored_by=("",),
        scope={"": ""},
        enrolled=(KEYS[0]._replace(person="", custody="", by=("",)),),
        facts={"files": ""},
    )

    lines = list(report_lines(evil, lang, Inputs(evidence=text, policy=text)))

    assert len(lines) == len(list(report_lines(same, lang, Inputs(evidence=text, policy=text))))
    assert lines[0] == lines[-1] == headline(evil, lang) == headline(same, lang)
    assert not any(line.startswith(("Verdict", "结论")) for line in lines[1:-1])
    assert all(char.isprintable() or char == "\u3000" or _unassigned(char) for line in lines for char in line)
    assert all(len(line) < 3000 for line in lines)


def _unassigned(char: str) -> bool:
    import unicodedata

    return unicodedata.category(char) in ("Cn", "Zs")


@given(
    st.recursive(
        st.none() | st.binary() | st.text() | st.integers() | st.booleans(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=20,
    )
)
def test_any_value_of_a_finding_is_shown_shortly(value: object) -> None:
    shown = words.short(value)

    assert "\n" not in shown
    assert len(shown) < 200_000


def test_times_out_of_range_are_shown_as_they_are() -> None:
    assert words.moment(1 << 62) == str(1 << 62)
    assert words.moment(None) == "-"


def test_columns_count_chinese_characters_twice() -> None:
    assert words.padded("完好", 6) == "完好  "
    assert words.padded("a long one", 3) == "a long one"
