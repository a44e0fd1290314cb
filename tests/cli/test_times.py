"""``--times``, and ``--policy`` where times are shown: claimed, recorded and proven, never mixed."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.cli.kit import TALK, Site, found, run, witnessed

from trail.report import times
from trail.verify import verify

PROVEN = ("signed_not_before", "recorded_not_before", "not_after")


@pytest.fixture(scope="module")
def twice(built: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A second talk after the first cosignature, and a second cosignature after that; not to be changed."""
    folder = tmp_path_factory.mktemp("twice") / "site"
    shutil.copytree(built.path, folder)
    site = Site(folder)
    size = int(json.loads(found("verify", site.evidence, "--policy", site.policy, "--json", at=site).out)["size"])
    assert site.record({**TALK, "content": "第二次"}).code == 0
    witnessed(site, size)
    found("export", site.db, "--out", site.evidence, at=site)
    return site


def rows(site: Site, name: str = "times.jsonl", *argv: object, evidence: Path | None = None) -> list[dict[str, Any]]:
    target = site.path / name
    found("verify", evidence or site.evidence, "--policy", site.policy, "--times", target, *argv, at=site)
    return [json.loads(line) for line in target.read_text(encoding="ascii").splitlines()]


# --- verify --times --------------------------------------------------------------------------------------------------


def test_one_line_for_each_act_with_its_five_times(twice: Site) -> None:
    report = verify(twice.evidence, twice.policy.read_bytes())
    found_rows = rows(twice)

    assert [row["position"] for row in found_rows] == list(range(1, report.size + 1))
    assert {tuple(row) for row in found_rows} == {
        ("position", "event", "type", "claimed", "recorded", *PROVEN, "outside")
    }  # fmt: skip
    first, second = (row for row in found_rows if row["type"] == "TalkHeld@1")
    assert [first[name] is not None for name in PROVEN] == [False, False, True]
    assert [second[name] is not None for name in PROVEN] == [True, True, True], "the command names what it holds"
    assert second["claimed"] == "2026-03-05 09:00:00+08:00"
    assert second["signed_not_before"] == second["recorded_not_before"] == first["not_after"] <= second["not_after"]
    assert first["not_after"] + 60 > first["recorded"] > second["not_after"] - 3_600
    assert [row["outside"] for row in found_rows] == [False] * report.size
    assert report.times.signed == sum(row["signed_not_before"] is not None for row in found_rows) == 1


def test_the_database_gives_the_same_lines(twice: Site) -> None:
    assert rows(twice, "db.jsonl", evidence=twice.db) == rows(twice)


def test_a_table_for_a_spreadsheet(twice: Site) -> None:
    target = twice.path / "times.csv"
    for lang, first in (("zh", "位置"), ("en", "position")):
        found("verify", twice.evidence, "--policy", twice.policy, "--times", target, "--lang", lang, at=twice)
        data = target.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        assert b"\r\n" in data
        table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert table[0][0] == first
        assert len(table[0]) == len(times.COLUMNS) == 9
        assert len(table) == 1 + len(rows(twice))
        claimed, recorded, signed, entered, until = table[-1][3:8]
        assert claimed == "2026-03-05 09:00:00+08:00"
        assert signed == entered <= until
        assert recorded[:10] == until[:10] or recorded < until


def test_the_report_sums_up(twice: Site) -> None:
    en = found("verify", twice.evidence, "--policy", twice.policy, at=twice).out
    zh = found("verify", twice.evidence, "--policy", twice.policy, "--lang", "zh", at=twice).out
    size = len(rows(twice))

    assert f"not after: {size} of {size}; signed not before: 1; recorded not before: 1" in en
    assert f"{size} 条中：不晚于 {size} 条；签名不早于 1 条；记入不早于 1 条" in zh
    assert f"(from position {size} on)" in en
    report = json.loads(found("verify", twice.evidence, "--policy", twice.policy, "--json", at=twice).out)
    assert report["times"]["until"] == report["times"]["positions"] == size


def test_only_an_older_file_of_times_is_replaced(twice: Site) -> None:
    for target in (twice.evidence, twice.db, twice.policy):
        before = target.read_bytes()
        result = twice.run("verify", twice.evidence, "--policy", twice.policy, "--times", target)
        assert (result.code, "holds something else" in result.err) == (2, True)
        assert target.read_bytes() == before
    for name in ("again.csv", "again.jsonl"):
        for _ in range(2):
            found("verify", twice.evidence, "--policy", twice.policy, "--times", twice.path / name, at=twice)
    assert "no such folder" in twice.run(
        "verify", twice.evidence, "--policy", twice.policy, "--times", twice.path / "nowhere" / "x"
    ).err  # fmt: skip
    assert [one.name for one in twice.path.iterdir() if one.name.endswith(".part")] == []


def test_an_altered_log_keeps_its_exit_code(twice: Site, tmp_path: Path) -> None:
    data = twice.evidence.read_bytes()
    bad = tmp_path / "bad.trail"
    bad.write_bytes(data.replace(b"integrity", b"integritx", 1))
    result = twice.run("verify", bad, "--policy", twice.policy, "--times", tmp_path / "t.jsonl")

    assert result.code == 1
    assert "ROOT_MISMATCH" in result.out
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert len(lines) > 10
    assert {row["not_after"] for row in lines} == {None}, "what witnesses said of other entries says nothing of these"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "－1", "\n=1"])
def test_no_cell_begins_a_formula(text: str) -> None:
    shown = times.cell(text)
    assert shown.startswith("'")
    assert not shown.lstrip("'").startswith(("\t", "\r", "\n"))


def test_numbers_and_names_stay_what_they_are() -> None:
    assert [times.cell(value) for value in (7, -7, "TalkHeld@1", "甲学院", "")] == [
        "7",
        "-7",
        "TalkHeld@1",
        "甲学院",
        "",
    ]


# --- ledger, status, lookback ----------------------------------------------------------------------------------------


def test_without_a_policy_nothing_is_proven_and_it_is_said_once(twice: Site) -> None:
    for argv in (
        ("ledger", twice.db, "--unit", "jia"),
        ("status", twice.db, "--person", "p-001"),
        ("lookback", twice.db, "--unit", "jia", "--at", "2026-12-31"),
    ):
        for lang, words, phrase in (
            ("en", "not proven (no policy given)", "not before"),
            ("zh", "没有给出策略", "不早于"),
        ):
            out = run(*argv, "--lang", lang).out
            assert (
                out.replace("signatures not checked: no policy", "")
                .replace("未核对签名：没有给出策略", "")
                .count(words)
                == 1
            )
            assert phrase not in out
        assert '"proven": {' not in run(*argv, "--json").out


def test_with_a_policy_each_record_has_its_interval(twice: Site) -> None:
    want = {row["position"]: row for row in rows(twice)}
    policy = ("--policy", twice.policy)
    ledger = json.loads(found("ledger", twice.db, "--unit", "jia", *policy, "--json", at=twice).out)
    status = json.loads(found("status", twice.db, "--person", "p-001", *policy, "--json", at=twice).out)
    back = json.loads(
        found("lookback", twice.db, "--unit", "jia", "--at", "2026-12-31", *policy, "--json", at=twice).out
    )
    assert (ledger["policy"], status["policy"], back["rests_on"]["verified"]) == (True, True, True)
    seen = 0
    for row in [*ledger["rows"], *status["acts"], *back["lines"]]:
        seen += 1
        shown = {name: None if one is None else one["time"] for name, one in row["proven"].items()}
        assert shown == {name: want[row["position"]][name] for name in PROVEN}
        assert row["recorded"] == want[row["position"]]["recorded"]
    assert seen > 10

    for argv in (("ledger", twice.db), ("status", twice.db, "--person", "p-001")):
        en = found(*argv, *policy, at=twice).out
        zh = found(*argv, *policy, "--lang", "zh", at=twice).out
        assert "proven: signed not before 20" in en
        assert "证明：签名不早于 20" in zh
        assert "no policy" not in en


def test_the_evidence_file_of_a_lookback_proves_the_same(twice: Site, tmp_path: Path) -> None:
    target = tmp_path / "jia.trail"
    argv = ("lookback", twice.db, "--unit", "jia", "--at", "2026-12-31", "--policy", twice.policy)
    back = json.loads(found(*argv, "--json", "--out", target, at=twice).out)
    want = {row["position"]: row for row in rows(twice, "back.jsonl", evidence=target)}

    assert len(back["lines"]) >= 5
    for line in back["lines"]:
        shown = {name: None if one is None else one["time"] for name, one in line["proven"].items()}
        assert shown == {name: want[line["position"]][name] for name in PROVEN}


def test_a_policy_of_another_log_is_refused(twice: Site, tmp_path: Path) -> None:
    text = twice.policy.read_text(encoding="utf-8")
    other = tmp_path / "other"
    log = next(line for line in text.splitlines() if line.startswith("log "))
    other.write_text(text.replace(log, log.replace("trail.example/jia", "trail.example/yi")), encoding="utf-8")
    for argv in (("ledger", twice.db), ("status", twice.db, "--person", "p-001")):
        assert run(*argv, "--policy", other).code == 2
