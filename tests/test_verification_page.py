"""
The page ``docs/spec/verification.md`` lists exactly the codes that the library knows.
"""

from __future__ import annotations

from pathlib import Path

from trail.evidence.refusals import CHECKS, CODES, FORGED, OPEN

PAGE = Path(__file__).parents[1] / "docs" / "spec" / "verification.md"


def rows() -> str:
    lines = ["| check | code | effect |", "| --- | --- | --- |"]
    for code, (number, effect) in CODES.items():
        letter = "A" if effect is FORGED else "I" if effect is OPEN else "R"
        lines.append(f"| {number} {CHECKS[number]} | `{code}` | {letter} |")
    return "\n".join(lines) + "\n"


def test_the_page_lists_every_code_with_its_check_and_effect() -> None:
    assert rows() in PAGE.read_text(encoding="utf-8")
