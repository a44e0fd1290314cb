"""`trail demo`: the whole path, what it leaves, what it says, and that it fails when something is not found."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from trail.application import Trail, audit
from trail.cli import demo, demo_tamper
from trail.cli.app import main
from trail.cli.output import Printer
from trail.errors import CallerError
from trail.rules import load, load_default
from trail.signing import KeyFile, parse_policy
from trail.testing.campus import seconds
from trail.testing.copies import copy_file
from trail.testing.university.falsifying import Scene
from trail.verify import Verdict, verify

NOW = seconds("2027-01-31 18:00")
COUNT = len(demo_tamper.TAMPERINGS)


def run(into: Path) -> tuple[int, str]:
    out = io.StringIO()
    code = demo.run(into, Printer(out, io.StringIO(), "en"), "en")
    return code, out.getvalue()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demonstration in English, run once, and what it said."""
    into = tmp_path_factory.mktemp("demo") / "here"
    code, said = run(into)
    assert code == 0
    return into, said


def test_it_leaves_a_log_the_evidence_a_policy_and_a_witness(told: tuple[Path, str]) -> None:
    into, _ = told

    assert {path.name for path in into.iterdir()} >= {"trail.db", "evidence.trail", "policy", "log", "witness"}
    policy = parse_policy((into / "policy").read_text(encoding="utf-8"))
    assert list(policy.witnesses) == ["dic"]
    assert len(policy.logs) == len(policy.genesis) == 1
    assert {path.name for path in (into / "witness").iterdir()} == {"key.pem", "state.db"}
    assert KeyFile(into / "witness" / "key.pem", lambda: "demo").public.raw == policy.witnesses["dic"].raw


def test_what_it_leaves_is_intact(told: tuple[Path, str]) -> None:
    into, _ = told
    policy = (into / "policy").read_text(encoding="utf-8")

    report = verify(into / "evidence.trail", policy, now=NOW)
    assert (report.verdict, report.findings, report.exposed) == (Verdict.INTACT, (), 0)
    assert report.anchored > 1_500
    assert audit(into / "trail.db", policy, now=NOW).verdict is Verdict.INTACT


def test_every_tampering_is_found_with_verdict_check_and_code(told: tuple[Path, str]) -> None:
    into, said = told
    policy = (into / "policy").read_text(encoding="utf-8")
    known = (into / "tampered" / "known-checkpoint").read_text(encoding="utf-8")

    for tampering in demo_tamper.TAMPERINGS:
        report = audit(into / "tampered" / tampering.name, policy, known=known if tampering.known else None, now=NOW)
        assert report.verdict is Verdict.ALTERED
        assert tampering.code in {one.code for one in report.findings}
    for check, code in ((9, "SIGNATURE_BAD"), (15, "ROOT_MISMATCH"), (15, "ENTRIES_REMOVED"), (16, "COLUMN_MISMATCH")):
        assert any(f"Check {check} (" in line and code in line for line in said.splitlines())
    assert said.count("Verdict: ALTERED") == COUNT == len(demo_tamper.TEXTS)
    assert said.count("Verdict: INTACT") == 1


def test_it_shows_who_is_late_who_handed_over_and_what_was_known_when(told: tuple[Path, str]) -> None:
    into, said = told
    with Trail.open(into / "trail.db", read_only=True) as trail:
        adopted = next(r for r in trail.records() if r.statement.type == "RuleSetAdopted@1")

    assert adopted.statement.fields["digest"] == load_default().digest
    assert "hand-over: 周三十一 p-0031 held yi/secretary until 2026-09-01" in said
    assert "overdue L1b 2026, due 2026-04-20: ding/deputy" in said
    assert "R6 2026-H1 jia/principal: overdue → in time" in said


def test_it_shows_the_evening_before_the_inspection_by_the_labels(told: tuple[Path, str]) -> None:
    _, said = told
    evening = next(line for line in said.splitlines() if "(bing): on 2026-09-15 from 19:30" in line)
    honest = next(line for line in said.splitlines() if line.startswith("  in the same months"))

    assert int(evening.rpartition("backfilled ")[2]) > 50
    assert int(honest.rpartition("backfilled ")[2] or 0) < 5
    assert "a question for the inspector, not a finding" in said


def test_the_command_in_chinese_and_on_a_gbk_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="gbk")
    monkeypatch.setattr(sys, "stdout", out)

    code = main(["demo", "--into", str(tmp_path / "demo"), "--lang", "zh"])
    out.flush()
    said = raw.getvalue().decode("gbk")

    assert code == 0
    assert "结论：完好（第 1 至" in said
    assert said.count("结论：被改动。检查 ") == COUNT
    assert "\\u" not in said, "every character fits GBK"


def test_it_runs_again_over_what_it_left_and_says_the_same(told: tuple[Path, str]) -> None:
    into, said = told

    assert run(into) == (0, said)


@pytest.mark.parametrize("marked", [False, True])
def test_a_folder_of_somebody_else_is_left_alone(marked: bool, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    if marked:
        (tmp_path / demo.MARK).touch()

    with pytest.raises(CallerError, match="not empty") as caught:
        run(tmp_path)

    assert "precious" in caught.value.message
    assert precious.read_text() == "mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CallerError, match="not a folder"):
        run(tmp_path / "file")


def test_it_fails_if_a_tampering_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what changes nothing is not found, and the demonstration says so."""
    harmless = replace(demo_tamper.TAMPERINGS[0], change=_copied)
    monkeypatch.setattr(demo, "TAMPERINGS", (harmless, demo_tamper.TAMPERINGS[1]))

    code, said = run(tmp_path / "demo")

    assert code == 1
    assert "NOT FOUND" in said
    assert "1 of 2 changes were found" in said


def _copied(scene: Scene, path: Path) -> None:
    copy_file(scene.database, path)


def test_the_command_refuses_somebody_elses_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").touch()

    assert main(["demo", "--into", str(tmp_path), "--lang", "en"]) == 2
    assert "not empty" in capsys.readouterr().err


@pytest.mark.harness
def test_another_university_over_two_years_leaves_the_amended_rules(tmp_path: Path) -> None:
    into = tmp_path / "demo"
    code = demo.run(into, Printer(io.StringIO(), io.StringIO(), "en"), "en", units=6, years=2, seed=2)

    assert code == 0
    amended = load((into / demo.AMENDED).read_text(encoding="utf-8"))
    assert (amended.version, amended.settings.mid_month) == (2, "fifteenth")
    assert main(["status", str(into / "trail.db"), "--unit", "ji", "--rules", str(into / demo.AMENDED)]) == 0


@pytest.mark.parametrize(("option", "value"), [("--units", "3"), ("--years", "0")])
def test_a_university_that_can_not_be_is_refused(option: str, value: str, tmp_path: Path) -> None:
    assert main(["demo", "--into", str(tmp_path / "demo"), option, value]) == 2
    assert not (tmp_path / "demo").exists()


def test_what_it_tells_to_run_can_be_run(told: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    _, said = told
    commands = [line.split()[1:] for line in said.splitlines() if line.startswith("  trail ")]

    codes = [(command[0], main(command)) for command in commands]

    assert [code for _, code in codes] == [0, 1, 1, 0, 1, 0], capsys.readouterr().err
