"""``trail lookback`` and ``trail questions``: text, JSON, the evidence file, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.cli.kit import TALK, Result, Site, found

AT = "2026-03-31"


def shown(site: Site, *argv: object) -> Any:
    return json.loads(found(*argv, "--json", at=site).out)


def test_a_unit_in_both_languages(built: Site) -> None:
    en = found("lookback", built.db, "--unit", "jia", "--at", AT, at=built).out
    zh = found("lookback", built.db, "--unit", "jia", "--at", AT, "--lang", "zh", at=built).out

    for text in ("Lookback of unit 甲学院 (jia)", "Posts, and by whom appointed", "recorded after the day",
                 "cosigned by dic.example (signatures not checked", "What is missing"):  # fmt: skip
        assert text in en
    for text in ("责任倒查：单位 甲学院 (jia)", "任职与任命", "该日之后才记", "未核对签名", "尚缺"):
        assert text in zh


def test_a_person_as_json_cites_position_and_leaf(built: Site) -> None:
    answer = shown(built, "lookback", built.db, "--person", "p-001", "--at", AT)
    (held,) = answer["posts"]
    (late,) = [row for row in answer["recorded_later"] if row["type"] == "TalkHeld@1"]
    lines = {line["position"]: line for line in answer["lines"]}
    talk = lines[late["position"]]

    assert (held["post"], held["begin"], held["on_the_day"]) == ("jia/secretary", "2025-01-01", True)
    (appointed,) = held["appointed"]["later"]
    assert lines[appointed["position"]]["leaf"] == appointed["leaf"]
    assert (talk["label"], talk["leaf"], len(talk["leaf"])) == ("backfilled", late["leaf"], 64)
    assert talk["proven"] is None
    assert answer["rests_on"]["then"] == 0
    assert len(answer["rests_on"]["root"]) == 64


def test_with_the_policy_the_times_are_checked(built: Site) -> None:
    answer = shown(built, "lookback", built.db, "--person", "p-001", "--at", AT, "--policy", built.policy)
    proven = [line["proven"] for line in answer["lines"]]

    assert answer["rests_on"]["verified"] is True
    assert {tuple(one) for one in proven} == {("signed_not_before", "recorded_not_before", "not_after")}
    assert next(one["not_after"]["by"] for one in proven if one["not_after"]) == ["dic"]


def test_the_evidence_file_has_the_scope_of_the_lookback(site: Site) -> None:
    target = site.path / "p-001.trail"
    result = found("lookback", site.db, "--person", "p-001", "--at", AT, "--out", target, at=site)

    assert "wrote the evidence file" in result.err
    assert "wrote the evidence file" not in result.out
    report = json.loads(found("verify", target, "--policy", site.policy, "--json", at=site).out)
    assert report["verdict"] == "intact"
    assert report["scope"] == {"person": "p-001"}


def test_with_the_log_key_a_checkpoint_covers_the_answer(site: Site) -> None:
    assert site.record(TALK | {"content": "又一次谈话"}).code == 0
    bare = shown(site, "lookback", site.db, "--unit", "jia", "--at", AT)
    answer = shown(site, "lookback", site.db, "--unit", "jia", "--at", AT, "--out", site.path / "jia.trail")

    assert bare["rests_on"]["checkpoint"] is None
    assert answer["rests_on"]["checkpoint"] == answer["rests_on"]["positions"] == bare["rests_on"]["positions"]


def test_only_what_was_known_then(built: Site) -> None:
    whole = shown(built, "lookback", built.db, "--unit", "jia", "--at", "2026-12-31")
    known = shown(built, "lookback", built.db, "--unit", "jia", "--at", "2026-12-31",
                  "--known-at", whole["rests_on"]["positions"] - 1)  # fmt: skip

    assert known["rests_on"]["positions"] == whole["rests_on"]["positions"] - 1
    assert len(known["acts"]["records"] + known["acts"]["later"]) < len(
        whole["acts"]["records"] + whole["acts"]["later"]
    )


def test_a_notice(built: Site) -> None:
    answer = shown(built, "lookback", built.db, "--unit", "jia", "--at", AT, "--notice", "2026-04-01")
    (late,) = [row for row in answer["recorded_later"] if row["type"] == "TalkHeld@1"]

    assert late["why"] == ["after_date", "after_notice"]
    assert answer["notices"] == [{"day": "2026-04-01", "position": None}]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--unit", "jia"), "--at"),
        (("--at", AT), "one of the arguments --unit --person is required"),
        (("--unit", "jia", "--person", "p-001", "--at", AT), "not allowed with"),
        (("--unit", "bing", "--at", AT), "no such unit"),
        (("--person", "p-099", "--at", AT), "p-099"),
        (("--unit", "jia", "--at", "soon"), "argument --at"),
        (("--unit", "jia", "--at", AT, "--notice", "soon"), "argument --notice"),
        (("--unit", "jia", "--at", AT, "--about", "S99"), "no such duty: S99"),
        (("--unit", "jia", "--at", AT, "--known-at", "9999"), "nothing is known at size"),
        (("--unit", "jia", "--at", AT, "--policy", "no-such-file"), "the policy"),
    ],
)
def test_what_is_refused(built: Site, argv: tuple[str, ...], said: str) -> None:
    result = built.run("lookback", built.db, *argv)

    assert result.code == 2
    assert said in result.err


def test_nothing_to_look_back_at(here: Callable[..., Result]) -> None:
    assert here("lookback", "no.db", "--unit", "jia", "--at", AT).code == 2
    assert here("questions", "no.db").code == 2


def test_questions_are_asked_and_change_no_exit_code(built: Site) -> None:
    en = found("questions", built.db, at=built).out
    zh = found("questions", built.db, "--unit", "jia", "--lang", "zh", "--records", at=built).out

    assert "no findings" in en
    assert "jia · LAG" in en
    assert "不是结论" in zh
    assert "叶 " in zh


def test_questions_as_json_and_thresholds(built: Site) -> None:
    answer = shown(built, "questions", built.db, "--notice", "2026-04-01", "--policy", built.policy)
    codes = [question["code"] for question in answer["questions"]]

    assert codes[:1] == ["LAG"]
    assert "RECORDED_AFTER_NOTICE" in codes
    assert answer["rests_on"]["verified"] is True
    assert all(len(row["leaf"]) == 64 for question in answer["questions"] for row in question["records"])
    quiet = shown(built, "questions", built.db, "--set", "lag_days=9999")
    assert "LAG" not in [question["code"] for question in quiet["questions"]]
    assert built.run("questions", built.db, "--set", "lag_days=soon").code == 2
    assert "nothing to ask" in found("questions", built.db, "--as-of", "2024-01-01", at=built).out


def test_questions_compare_texts_where_they_are_at_hand(site: Site) -> None:
    same = [TALK | {"content": f"第{n}次谈话，了解履职情况，提出改进要求，对方表示接受。"} for n in range(3)]
    assert site.record(*same).code == 0
    without = shown(site, "questions", site.db)
    compared = shown(site, "questions", site.db, "--texts")

    assert "SAME_TEXT" not in [question["code"] for question in without["questions"]]
    assert "SAME_TEXT" in [question["code"] for question in compared["questions"]]
