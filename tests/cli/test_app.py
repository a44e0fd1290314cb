"""The command as a whole: every error ends in one place, whatever the arguments."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.kit import Result, Site, run

from trail.cli import app
from trail.cli.app import build_parser, exit_code, leaves
from trail.cli.output import Printer, language
from trail.errors import CallerError, KeyFileFailed, PolicyError, StoreBusy, StoreFailed


def words() -> list[str]:
    """Every command and option there is, but the demonstration, which would succeed."""
    found = ["keys", "witness", "new", "show", "prove", "enrol", "sign", "--lang", "zh", "en", "-", "--", ""]
    for leaf in leaves(build_parser()):
        if "demo" not in leaf.prog:
            found += leaf.prog.split()[1:]
            found += [option for action in leaf._actions for option in action.option_strings]
    return sorted(set(found))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(words()) | st.text(max_size=12).filter(lambda t: t != "demo"), max_size=9))
def test_arbitrary_arguments_never_give_a_traceback_and_never_exit_code_0(
    here: Callable[..., Result], argv: list[str]
) -> None:
    before = sorted(Path().iterdir())
    with mock.patch("sys.stdin", io.StringIO()):
        done = here(*argv)

    helped = {"-h", "--help", "--version"} & set(argv)
    assert done.code in ((0, 2, 3) if helped else (2, 3)), done
    assert "Traceback" not in done.out + done.err
    assert all(len(line) < 2000 for line in done.err.splitlines())
    assert sorted(Path().iterdir()) == before


def test_arguments_are_escaped_in_messages(here: Callable[..., Result]) -> None:
    done = here("verify", "\x1b[2J\u202e.trail", "--policy", "a\nVerdict: INTACT")

    assert done.code == 2
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err
    assert not any(line.startswith("Verdict") for line in done.err.splitlines())


def test_bytes_that_are_no_text_are_survived(built: Site) -> None:
    done = built.process("verify", os.fsdecode(b"\xff\xfe"), "--policy", built.policy)

    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_what_errors_end_with() -> None:
    assert exit_code(CallerError("x")) == 2
    assert exit_code(PolicyError("x")) == 2
    assert exit_code(KeyFileFailed("x")) == 2
    assert exit_code(StoreBusy("x")) == 3
    assert exit_code(StoreFailed("x")) == 3
    assert exit_code(StoreFailed("x", code="LOG_REWRITTEN")) == 1


@pytest.mark.parametrize("answer", [None, True, "0", 0.0])
def test_a_command_that_gives_no_number_has_not_succeeded(built: Site, answer: Any) -> None:
    with mock.patch("trail.cli.verify_cmd.run", return_value=answer):
        assert built.run("verify", built.evidence, "--policy", built.policy).code == 3


def test_an_interruption_is_said_in_one_line(built: Site) -> None:
    with mock.patch("trail.verify.verify", side_effect=KeyboardInterrupt):
        done = built.run("verify", built.evidence, "--policy", built.policy, "--lang", "zh")

    assert (done.code, done.out, done.err) == (3, "", "已中断，未完成。\n")


def test_every_command_has_a_function_and_a_description() -> None:
    for leaf in leaves(build_parser()):
        assert callable(leaf.get_default("run"))
        assert leaf.description
        for action in leaf._actions:
            assert action.help, (leaf.prog, action.dest)


def test_the_demonstration_is_run_by_its_own_module(here: Callable[..., Result]) -> None:
    def play(into: Path, out: Printer, lang: str) -> int:
        out.line(f"{into} {lang}")
        return 0

    with mock.patch.object(app.walkthrough_cmd, "import_module", return_value=mock.Mock(run=play)):
        assert here("demo", "--into", "d", "--lang", "zh") == Result(0, "d zh\n", "")


# --- output --------------------------------------------------------------------------------------------------------


def test_one_call_is_one_line() -> None:
    out = io.StringIO()
    Printer(out, io.StringIO()).line("a\nb\x1b[31m\u200b")

    assert out.getvalue() == "a\\u{a}b\\u{1b}[31m\\u{200b}\n"


def test_json_is_ascii() -> None:
    out = io.StringIO()
    Printer(out, io.StringIO()).json({"名": "\u202e"})

    assert out.getvalue().isascii()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_on_a_terminal_and_removed() -> None:
    err = Terminal()
    with Printer(io.StringIO(), err).progress("核验", "verifying") as bar:
        assert bar is not None
        bar(50, 100)
        bar(0, 0)

    assert "verifying [###############...............]  50% 50/100" in err.getvalue()
    assert err.getvalue().isascii()
    assert err.getvalue().endswith(("\x1b[K", "\r"))


def test_no_bar_elsewhere() -> None:
    with Printer(io.StringIO(), io.StringIO()).progress("核验", "verifying") as bar:
        assert bar is None


@pytest.mark.parametrize(
    ("chosen", "environment", "expected"),
    [("zh", {"LC_ALL": "en_US"}, "zh"), (None, {}, "en"), (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
     (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"), (None, {"LC_ALL": "", "LANG": "zh_TW"}, "zh"),
     (None, {"LC_MESSAGES": "zh_CN", "LANG": "en_US"}, "zh"), (None, {"LANG": "ja_JP.UTF-8"}, "en")],
)  # fmt: skip
def test_the_language(chosen: str | None, environment: dict[str, str], expected: str) -> None:
    assert language(chosen, environment) == expected


def test_streams_that_were_closed_are_survived(built: Site) -> None:
    with mock.patch("sys.stdout", None), mock.patch("sys.stderr", None):
        assert app.main(["verify", str(built.evidence), "--policy", str(built.policy)]) == 0
        assert app.main(["verify"]) == 2


def test_help_goes_to_the_standard_output(here: Callable[..., Result]) -> None:
    assert here("--help").out.startswith("usage: trail")
    assert run("verify", "--help").out.startswith("usage: trail verify")
