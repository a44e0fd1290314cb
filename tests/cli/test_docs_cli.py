"""``docs/cli.md`` shows the help of every command as it is, and names every exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trail.cli.app import build_parser, leaves

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
COLUMNS = "100"


def helps() -> dict[str, str]:
    """The help of the command and of each of its commands, as on a terminal of a fixed width."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", COLUMNS)
        parser = build_parser()
        return {one.prog: one.format_help() for one in (parser, *leaves(parser))}


def test_the_page_shows_the_help_of_every_command() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = dict(re.findall(r"```text\n\$ (trail[a-z -]*) --help\n\n(.*?)```", page, flags=re.DOTALL))

    assert {name: text.split() for name, text in shown.items()} == {
        name: text.split() for name, text in helps().items()
    }, "by words: where argparse breaks lines depends on the version of Python"


def test_the_page_names_every_exit_code_and_no_other() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert re.findall(r"^\| (\d) \|", page, flags=re.MULTILINE) == ["0", "1", "2", "3"]
