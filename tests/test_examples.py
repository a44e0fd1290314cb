"""Every example runs, and does what it says."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trail import PostAssigned, ReportFiled, Trail
from trail.testing import Campus

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SHORT = {"record_and_verify.py": 30, "replay_to_a_date.py": 15, "property_tests.py": 50, "seal_register.py": 60}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, encoding="utf-8", env=environment, check=False,
        cwd=EXAMPLES,
    )  # fmt: skip


def test_record_and_verify(tmp_path: Path) -> None:
    done = run("record_and_verify.py", str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("intact for positions 1 to ")
    with Trail.open(tmp_path / "trail.db", read_only=True) as trail:
        assert [r.statement.type for r in trail.records()][-1] == "TalkHeld@1"


def test_replay_to_a_date(tmp_path: Path) -> None:
    with Campus.found(tmp_path) as campus:
        campus.set_time("2026-08-03 09:00")
        sent = campus.moment("2026-07-09 09:00")
        late = ReportFiled(subject="principal", period="2026-H1", recipients=["uni", "dic"], sent=sent)
        campus.acting("jia/secretary").record(late)
        campus.register(PostAssigned(post="yi/secretary", person="p-014", from_="2026-08-03"))

    changed = run("replay_to_a_date.py", str(tmp_path / "trail.db"), "jia", "2026-07-31")
    same = run("replay_to_a_date.py", str(tmp_path / "trail.db"), "yi", "2026-03-31")

    assert (changed.returncode, changed.stderr) == (0, "")
    assert "R5 2026-H1 jia/secretary: overdue → in_time, because of ReportFiled@1" in changed.stdout
    assert same.stdout == "nothing looks different today\n"


def test_the_seal_register_knows_nothing_of_trail() -> None:
    done = run("seal_register.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].endswith(": declined by p-001")
    assert "import trail" not in (text := (EXAMPLES / "seal_register.py").read_text(encoding="utf-8"))
    assert "from trail" not in text


def test_made_evident(tmp_path: Path) -> None:
    done = run("made_evident.py", str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    intact, simply, thoroughly = done.stdout.splitlines()[-3:]
    assert intact.startswith("intact: positions 1 to 4")
    # Both times the application believes what it reads.
    assert all("approved by p-001”; verified: altered" in line for line in (simply, thoroughly))
    assert "COLUMN_MISMATCH at 3" in simply
    assert "ROOT_MISMATCH at 4" in thoroughly


def test_two_houses(tmp_path: Path) -> None:
    done = run("two_houses.py", str(tmp_path / "houses"))

    assert done.returncode == 0, done.stderr
    filed, again, back, verdict = done.stdout.splitlines()
    assert filed.startswith("report 2025-H1 recorded at ")
    assert filed.endswith("exposed: 0")
    assert again.endswith("exposed: 1"), "recorded while nobody was there"
    assert back == "the witness is back; exposed: 0"
    assert verdict == f"intact for positions 1 to {again.split()[4].rstrip(';')} by dic"


def test_property_tests() -> None:
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "property_tests.py")

    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


@pytest.mark.parametrize("name", SHORT)
def test_an_example_is_short(name: str) -> None:
    """Code lines: without docstring, imports, blank lines and comments."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    docstring, *rest = ast.parse(text).body
    apart = {n for node in [docstring, *rest] if node is docstring or isinstance(node, ast.Import | ast.ImportFrom)
             for n in range(node.lineno, (node.end_lineno or node.lineno) + 1)}  # fmt: skip
    lines = [line.strip() for n, line in enumerate(text.splitlines(), 1) if n not in apart]

    assert len([line for line in lines if line and not line.startswith("#")]) <= SHORT[name]
