"""The text of a status: states, labels, what is missing, gaps, differences; in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from trail.aggregates.state import Gap
from trail.projections import labels, values
from trail.projections.values import (
    Because,
    Change,
    Missing,
    Obligation,
    PersonStatus,
    PostHeld,
    Undone,
    UnitStatus,
    View,
)
from trail.report import status

VIEW = View(as_of=1_785_513_600, known_at=40)
TALK = Because(30, 1_772_668_800, "backfilled", "TalkHeld@1", "2026-03-05", (("jia/secretary", "not_held"),))


def obligation(**changes: Any) -> Obligation:
    row: dict[str, Any] = {
        "duty": "R5",
        "article": "三（三）1",
        "text": "向上级报告",
        "period": "2026-H1",
        "unit": "jia",
        "post": "jia/secretary",
        "holder": "p-001",
        "bound": "post",
        "due": "2026-07-10",
        "due_until": 0,
        "remind": "2026-07-10",
        "state": "overdue",
        "required": 2,
        "done": 1,
        "missing": (Missing(recipient="dic"), Missing("jia/member", "", "task", ("p-017",), 2)),
        "completed": None,
        "unreceived": ("uni",),
        "gaps": (Gap("C2", (7, 9), "an edit voids it", "编辑后背书失效"),),
        "rules": "r@1",
        "source": "text",
        "due_source": "local_default",
    }
    return Obligation(**row | changes)


def unit(*rows: Obligation, **changes: Any) -> UnitStatus:
    return UnitStatus(unit="jia", name="甲学院", kind="college", view=VIEW, obligations=rows, gaps=(), **changes)


def test_every_state_and_label_has_its_words() -> None:
    assert set(status.STATES) == set(values.STATES)
    assert {name: pair[0] for name, pair in (status.LABELS | status.POST_LABELS).items()} == labels.CHINESE


@pytest.mark.parametrize("state", values.STATES)
def test_each_state_is_shown(state: str) -> None:
    for lang, index in (("zh", 0), ("en", 1)):
        assert status.STATES[state][index] in "\n".join(status.unit_lines(unit(obligation(state=state)), lang))


def test_an_obligation_says_what_is_missing_and_on_whom_it_stands() -> None:
    zh, en = ("\n".join(status.unit_lines(unit(obligation()), lang)) for lang in ("zh", "en"))

    for shown in (
        "单位 甲学院 (jia)",
        "逾期",
        "截止 2026-07-10（本地默认）",
        "jia/secretary（p-001）",
        "1/2",
        "尚缺：报 dic；jia/member [p-017] 任务清单 x2",
        "未签收：uni",
        "缺口 C2：编辑后背书失效（第 7, 9 条）",
    ):
        assert shown in zh
    for shown in (
        "Unit 甲学院 (jia)",
        "overdue",
        "due 2026-07-10 (local default)",
        "missing: to dic; jia/member [p-017]",
        "not yet signed for by: uni",
        "gap C2: an edit voids it (position 7, 9)",
        "first 40 records",
    ):
        assert shown in en


def test_what_stands_on_the_unit_and_on_the_body_says_so() -> None:
    vacant = "\n".join(status.unit_lines(unit(obligation(holder=None)), "zh"))
    body = "\n".join(status.unit_lines(unit(obligation(post=None, holder=None)), "en"))

    assert "空缺，由单位承担" in vacant
    assert "the body" in body


def test_a_person_has_posts_obligations_and_acts() -> None:
    held = PostHeld(
        "jia/secretary",
        "jia",
        "secretary",
        "2025-01-01",
        "2026-05-01",
        True,
        (Undone("R5", "2026-H1", "2026-07-10", "not_yet_due", (Missing(recipient="dic"),)),),
    )
    one = PersonStatus(person="p-001", view=VIEW, posts=(held,), obligations=(obligation(),), acts=(TALK,) * 60)
    zh, en = ("\n".join(status.person_lines(one, lang)) for lang in ("zh", "en"))

    for shown in ("代理", "交接时未办: R5 2026-H1", "第 30 条 TalkHeld@1", "补记", "不在岗", "更早的 10 条"):
        assert shown in zh
    for shown in ("acting", "undone at hand-over", "position 30 TalkHeld@1", "backfilled", "jia/secretary not held"):
        assert shown in en


def test_differences_name_the_records_that_make_them() -> None:
    change = Change("R5", "2026-H1", "jia", "jia/secretary", "p-001", "overdue", "in_time", (TALK,) * 20)
    zh, en = ("\n".join(status.change_lines([change], lang)) for lang in ("zh", "en"))

    assert "逾期 → 按期" in zh
    assert "另有 8 条" in zh
    assert "overdue -> in time" in en
    assert "position 30" in en
    assert list(status.change_lines([], "en"))[1:] == ["  no difference"]
    assert "（无）" in "\n".join(status.change_lines([change._replace(before=None)], "zh"))


def test_names_from_the_log_are_escaped_and_cut() -> None:
    evil = "甲\n\x1b[2J\u202e" + "x" * 500
    lines = [
        *status.unit_lines(
            UnitStatus(
                unit=evil,
                name=evil + "y",
                kind=evil,
                view=VIEW,
                gaps=(Gap(evil, (), evil, evil),),
                obligations=(obligation(duty=evil, text=evil, holder=evil, period=evil),),
            ),
            "en",
        ),
        *status.change_lines([Change(evil, evil, evil, evil, evil, evil, evil, (TALK._replace(type=evil),))], "zh"),
    ]

    assert all(line.isprintable() for line in lines)
    assert all(len(line) < 1500 for line in lines)


def test_the_fixed_words_fit_a_gbk_terminal() -> None:
    for line in status.unit_lines(unit(obligation()), "zh"):
        line.encode("gbk")
