"""The text of the report on the log of a foreign application: what it claims, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.evidence.kit import NOW, witness_key
from tests.evidence.opaque_kit import OpaqueLog, filled

from trail.evidence.verdict import Report, Verdict
from trail.report.method import method_lines
from trail.report.text import headline, report_lines
from trail.verify import verify


def text(report: Report, lang: str) -> str:
    return "\n".join(report_lines(report, lang))


def made(log: OpaqueLog, **options: Any) -> Report:
    note = log.checkpoint(None, {"dic": NOW + 60})
    policy = log.policy(witnesses={"dic": witness_key("dic")}, quorum="dic", **options)
    return verify(log.items([note]), policy)


def test_the_headline_claims_order_and_integrity_alone() -> None:
    report = made(filled())

    assert report.verdict is Verdict.INTACT
    assert headline(report, "zh") == (
        "结论：完好（第 1 至 6 条，不晚于 2026-03-05 08:01:00 +08:00 已被锚定；仅指自记入以来的次序与完整，无人签名）"
    )
    assert headline(report, "en") == (
        "Verdict: INTACT (positions 1 to 6, anchored not after 2026-03-05 08:01:00 +08:00; "
        "order and integrity since recording only, signed by nobody)"
    )


def test_without_a_witness_the_headline_says_so_too() -> None:
    log = filled()
    report = verify(log.items(), log.policy())

    assert headline(report, "zh") == (
        "结论：完好（第 1 至 6 条，锚定无可证明的时间；仅指自记入以来的次序与完整，无人签名）"
    )


def test_another_verdict_has_the_usual_headline() -> None:
    log = filled()
    log.event("shelf-1", 3)

    assert headline(made(log), "en") == "Verdict: ALTERED (1 without an honest explanation, of 1 findings)"


def test_the_overview_counts_states_and_says_what_is_not_covered() -> None:
    zh, en = (text(made(filled()), lang) for lang in ("zh", "en"))

    assert "其他应用的事件：只核验次序与完整，不解释内容，无人签名" in zh
    assert "events of an application: order and integrity alone, not interpreted, signed by nobody" in en
    assert "事件内容          出示 6，扣留 0，依法删除 0，缺失 0" in zh
    assert "states            6 shown, 0 withheld, 0 erased, 0 missing" in en
    assert "不在核验之列      快照与跟踪记录" in zh
    assert "not covered       snapshots and tracking records" in en
    for none in ("附件  ", "密钥  ", "正文"):
        assert none not in zh.partition("核验项目")[0]


def test_the_method_is_that_of_such_a_log() -> None:
    report = made(filled())

    for lang in ("zh", "en"):
        assert "\n".join(method_lines(lang, "opaque")) in text(report, lang)
    assert "不在核验之列：应用的快照、跟踪记录和读取模型" in text(report, "zh")
    assert "Not covered: the application's snapshots, tracking records and read models" in text(report, "en")
    assert "enrolled" not in text(report, "en")


def test_the_checks_are_called_what_they_are() -> None:
    zh, en = (text(made(filled()), lang) for lang in ("zh", "en"))

    assert "(13) 事件内容                             通过       x 6" in zh
    assert "(13) states of the events                 passed     x 6" in en
    assert "( 9) 签名                                 未做" in zh
    assert "( 9) signatures                           not done" in en


def test_contents_that_are_not_shown_are_said_not_to_be() -> None:
    log = filled()
    report = verify(log.withheld(), log.policy())

    assert "不出示内容" in text(report, "zh")
    assert "no contents" in text(report, "en")
    assert "出示 0，扣留 6" in text(report, "zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_fixed_words_fit_a_gbk_terminal(lang: str) -> None:
    for line in (*method_lines(lang, "opaque"), *text(made(filled()), lang).splitlines()):
        line.encode("gbk")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_name_in_an_event_writes_no_line_of_its_own(lang: str) -> None:
    log = filled()
    for _ in range(2):
        log.event("x\nVerdict: INTACT\u202e 结论：完好", 1)
    lines = text(made(log), lang).splitlines()

    assert [line for line in lines if line.startswith(("Verdict: INTACT", "结论：完好"))] == []
    assert lines[0] == lines[-1] == headline(made(log), lang)
