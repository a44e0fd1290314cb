"""What a report says of a log's keys, of the log before it and of the one after it."""

from __future__ import annotations

import pytest
from tests.evidence.kit import Log, log_note_key, witness_key
from tests.evidence.test_log_keys import NEW, compared, elder, elders_file, heir, report, rotate

from trail.evidence.verdict import Report
from trail.report.lineage import bears_words
from trail.report.text import report_lines


def lines(one: Report, lang: str) -> list[str]:
    return [line.strip() for line in report_lines(one, lang)]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ("自第 22 条起，策略未列", '有计划的更换；由 "r-1"、"r-2" 签署；旧密钥已为其签名')),
        ("en", ("from position 22, not in the policy", 'planned; signed by "r-1", "r-2"; the old key signed for it')),
    ],
)
def test_the_line_to_add_and_who_vouched_for_it_stand_there_whole(lang: str, said: tuple[str, ...]) -> None:
    log = Log()
    early = log.checkpoint()
    rotate(log)
    shown = lines(report(log, early, log.checkpoint(by=NEW), logs=("log",)), lang)

    assert f"log {log_note_key(name=NEW).vkey}" in shown
    for part in said:
        assert any(line.endswith(part) for line in shown), part


@pytest.mark.parametrize(("lang", "said"), [("zh", "旧密钥未为其签名"), ("en", "the old key did not sign for it")])
def test_a_key_that_nobody_but_registrars_vouched_for_is_said_to_be_so(lang: str, said: str) -> None:
    log = Log()
    rotate(log, reason="lost")
    assert any(line.endswith(said) for line in lines(report(log, log.checkpoint(by=NEW)), lang))


@pytest.mark.parametrize(
    ("lang", "claimed", "held", "retired"),
    [
        ("zh", "仅为创始登记员所称，未比对", "已与您所持的证据比对一致", '第 22 条；后续日志 "trail.example/jia"'),
        ("en", "as its founders say, not compared", "compared with what you hold",
         'at position 22; goes on as "trail.example/jia"'),
    ],
)  # fmt: skip
def test_a_succession_is_told_from_both_sides(lang: str, claimed: str, held: str, retired: str) -> None:
    before = elder()
    log = heir(before)
    alone, both = report(log, log.checkpoint()), compared(log, elders_file(before), before)
    assert any(line.endswith(claimed) for line in lines(alone, lang))
    assert any(line.endswith(held) for line in lines(both, lang))
    old = report(before, before.checkpoint(), logs=("log",))
    assert any(line.endswith(retired) for line in lines(old, lang))


def test_a_log_that_says_nothing_of_the_kind_is_not_talked_about() -> None:
    log = Log()
    assert not any(line.startswith(("log key", "predecessor", "retired")) for line in
                   lines(report(log, log.checkpoint()), "en"))  # fmt: skip


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (-1, "两组互不相交的见证方即可各成法定数", "two sets of witnesses without a common member make it"),
        (0, "每个见证方都诚实时", "if every witness is honest"),
        (2, "即使 2 个见证方不诚实", "even if witnesses are dishonest: up to 2"),
    ],
)
def test_how_many_dishonest_witnesses_a_quorum_bears_is_said(number: int, zh: str, en: str) -> None:
    assert zh in bears_words(number, "zh")
    assert en in bears_words(number, "en")


def test_the_report_says_it_where_there_is_a_quorum() -> None:
    log = Log()
    witnesses = {name: witness_key(name) for name in ("dic", "lib")}
    one = report(log, log.checkpoint(), witnesses=witnesses, groups={"q": (2, ("dic", "lib"))}, quorum="q")
    assert one.quorum_bears == one.to_json()["quorum_bears"] == 1
    assert any(line.startswith("quorum ") and line.endswith("up to 1") for line in lines(one, "en"))
    assert not any(line.startswith("quorum ") for line in lines(report(log, log.checkpoint()), "en"))
