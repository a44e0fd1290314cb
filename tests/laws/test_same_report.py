"""The same evidence and policy give the same report: again, elsewhere, in another zone, under -O."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from tests.laws.kit import NOW, scene
from tests.profile import scaled

from trail.application import audit
from trail.evidence.record import Happened
from trail.testing import histories
from trail.testing.history import History
from trail.testing.stored import EvidenceCopy
from trail.testing.tamper import edit
from trail.verify import verify

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, sys
from trail.verify import verify
for name in sys.argv[2:]:
    report = verify(name, open(sys.argv[1], "rb").read(), now=2_000_000_000)
    print(report.exit_code, json.dumps(report.to_json(), sort_keys=False))
"""
ELSEWHERE: list[tuple[str, list[str], dict[str, str]]] = [
    ("optimised", ["-O"], {}),
    ("optimised twice", ["-OO"], {}),
    ("UTC", [], {"TZ": "UTC"}),
    ("Shanghai", [], {"TZ": "Asia/Shanghai"}),
    ("St. John's", [], {"TZ": "America/St_Johns"}),
    ("C", [], {"LC_ALL": "C"}),
    ("zh_CN", [], {"LC_ALL": "zh_CN.UTF-8"}),
    ("tr_TR", [], {"LC_ALL": "tr_TR.UTF-8"}),
    ("another hash seed", [], {"PYTHONHASHSEED": "4711"}),
]


def text(report: Any) -> str:
    return json.dumps(report.to_json())


@settings(max_examples=scaled(10), phases=[Phase.generate])
@given(histories())
def test_a_second_run_says_the_same_byte_for_byte(history: History) -> None:
    with scene(history) as s:
        data = s.log.evidence()

        assert text(verify(data, s.policy, now=NOW)) == text(verify(data, s.policy, now=NOW))
        assert text(audit(s.file, s.policy, now=NOW)) == text(audit(s.file, s.policy, now=NOW))


def test_only_the_time_of_the_report_tells_two_runs_apart() -> None:
    with scene(History.random(2)) as s:
        data = s.log.evidence()
        one, other = verify(data, s.policy, now=NOW).to_json(), verify(data, s.policy, now=NOW + 1).to_json()

    assert (one.pop("made"), other.pop("made")) == (NOW, NOW + 1)
    assert one == other


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A policy, evidence that is intact, evidence that is altered, and evidence that is cut off."""
    folder = tmp_path_factory.mktemp("evidence")
    with scene(History.random(4, size=20)) as s:
        data, policy, size = s.log.evidence(), s.policy, s.size
    copy = EvidenceCopy(data)
    edit(copy, size, happened=Happened.on("2026-01-01"))
    contents = {"policy": policy.encode(), "intact": data, "altered": copy.save(), "cut": data[:-40]}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in contents]


def run(files: list[str], flags: list[str], variables: dict[str, str]) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", **variables}
    command = [sys.executable, *flags, "-c", SCRIPT, *files]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True)
    return done.stdout


@pytest.fixture(scope="module")
def here(files: list[str]) -> str:
    """What is said in this environment."""
    said = run(files, [], {})
    assert [line[0] for line in said.splitlines()] == ["0", "1", "3"], "intact, altered, inconclusive"
    return said


@pytest.mark.parametrize(("flags", "variables"), [row[1:] for row in ELSEWHERE], ids=[row[0] for row in ELSEWHERE])
def test_it_is_the_same_in_every_zone_and_locale_and_optimised(
    flags: list[str], variables: dict[str, str], files: list[str], here: str
) -> None:
    assert run(files, flags, variables) == here
