"""`trail demo`: the whole path, what it leaves, what it says, and that it fails when something is not found."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from trail.application import Trail, audit
from trail.cli import demo, demo_tamper
from trail.cli.app import main
from trail.cli.demo_story import LATE_ENTRY
from trail.cli.output import Printer
from trail.errors import CallerError
from trail.rules import load_default
from trail.signing import KeyFile, parse_policy
from trail.testing.campus import seconds
from trail.verify import Verdict, verify

NOW = seconds("2027-01-15 09:00")


def run(into: Path, lang: str = "en", encoding: str = "utf-8") -> tuple[int, str]:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    code = demo.run(into, Printer(out, io.StringIO(), lang), lang)
    out.flush()
    return code, raw.getvalue().decode(encoding)


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
    assert report.anchored > 150
    assert audit(into / "trail.db", policy, now=NOW).verdict is Verdict.INTACT


def test_every_tampering_is_found_with_verdict_check_and_code(told: tuple[Path, str]) -> None:
    into, said = told
    policy = (into / "policy").read_text(encoding="utf-8")
    known = (into / "tampered" / "known-checkpoint").read_text(encoding="utf-8")

    for tampering in demo_tamper.TAMPERINGS:
        report = audit(into / "tampered" / tampering.name, policy, known=known if tampering.known else None, now=NOW)
        assert report.verdict is Verdict.ALTERED
        assert tampering.code in {one.code for one in report.findings}
    for check, code in ((9, "SIGNATURE_BAD"), (15, "ROOT_MISMATCH"), (15, "ENTRIES_REMOVED")):
        assert any(f"Check {check} (" in line and code in line for line in said.splitlines())
    assert said.count("Verdict: ALTERED") == 4
    assert said.count("Verdict: INTACT") == 1


def test_the_year_holds_the_regulations_duties_and_what_went_wrong(told: tuple[Path, str]) -> None:
    into, said = told
    with Trail.open(into / "trail.db", read_only=True) as trail:
        kinds = {r.statement.type.partition("@")[0] for r in trail.records()}
        late = [r for r in trail.records() if r.recorded > seconds(f"{LATE_ENTRY} 00:00")]
        adopted = next(r for r in trail.records() if r.statement.type == "RuleSetAdopted@1")

    assert kinds >= {
        "ResponsibilityListDrafted", "TaskListDrafted", "ListReviewed", "ListReturned", "ListEndorsed",
        "CommitmentSigned", "PledgeSigned", "ListFiledForRecord", "FilingReceived", "PaperReceiptRecorded", "TalkHeld",
        "TalkConfirmed", "ReportFiled", "ReportReceived", "LeadReceived", "AccountabilityProposed",
        "AccountabilityInitiated", "AccountabilityDecided", "RecordCorrected", "PostRelieved",
    }  # fmt: skip
    assert late
    assert adopted.statement.fields["digest"] == load_default().digest
    assert "R6 2026-H1 jia/principal: overdue → in time" in said
    assert "overdue R5 2026-H2, due 2027-01-10: yi/secretary 蒋十四 p-014" in said


def test_in_chinese_and_on_a_gbk_stream(tmp_path: Path) -> None:
    code, said = run(tmp_path / "demo", "zh", "gbk")

    assert code == 0
    assert "结论：完好（第 1 至" in said
    assert said.count("结论：被改动。检查 ") == 4
    assert "\\u" not in said, "every character fits GBK"


def test_it_runs_again_over_what_it_left(tmp_path: Path) -> None:
    first, second = run(tmp_path / "demo"), run(tmp_path / "demo")

    assert first == second


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
    monkeypatch.setattr(demo, "TAMPERINGS", (harmless, *demo_tamper.TAMPERINGS[1:]))

    code, said = run(tmp_path / "demo")

    assert code == 1
    assert "NOT FOUND" in said
    assert "3 of 4 changes were found" in said


def _copied(scene: demo_tamper.Scene, path: Path) -> None:
    demo_tamper.copy_file(scene.database, path)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--into", str(tmp_path / "demo"), "--lang", "zh"]) == 0
    assert "结论：完好" in capsys.readouterr().out

    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x").touch()
    assert main(["demo", "--into", str(tmp_path / "other"), "--lang", "en"]) == 2
    assert "not empty" in capsys.readouterr().err


def test_what_it_tells_to_run_can_be_run(told: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    _, said = told
    commands = [line.split()[1:] for line in said.splitlines() if line.startswith("  trail ")]

    codes = [(command[0], main(command)) for command in commands]

    assert codes == [("verify", 0), ("verify", 1), ("verify", 1), ("status", 0)], capsys.readouterr().err
