"""
The command line as a whole: the parser, and the one place where every error ends.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from trail.cli import (
    adopt_cmd,
    anchor_cmd,
    asking_cmd,
    checkpoint_cmd,
    export_cmd,
    init_cmd,
    keys_cmd,
    lookback_cmd,
    proof_cmd,
    questions_cmd,
    readmodel_cmd,
    record_cmd,
    rules_cmd,
    state_cmd,
    status_cmd,
    verify_cmd,
    walkthrough_cmd,
    witness_cmd,
)
from trail.cli.output import LANGUAGES, Printer, language
from trail.errors import EnvironmentFailed, TrailError
from trail.report.words import short

DONE: Final = 0
ALTERED: Final = 1
USAGE: Final = 2
NOT_JUDGED: Final = 3

# What was signed and what is there exclude each other: no accident and no slip of the caller explains it.
_ALTERED: Final = frozenset(("FORK", "LOG_REWRITTEN", "LOG_SHORTER", "OTHER_INSTANCE"))

COMMANDS: Final = (
    init_cmd, adopt_cmd, keys_cmd, record_cmd, status_cmd, lookback_cmd, questions_cmd, asking_cmd, rules_cmd,
    readmodel_cmd, checkpoint_cmd, anchor_cmd, witness_cmd, export_cmd, proof_cmd, verify_cmd, state_cmd,
    walkthrough_cmd,
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations and prints nothing unescaped."""

    printer: Printer | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        """End with a usage error, exit code 2."""
        printer = Parser.printer or Printer()
        for text in self.format_usage().splitlines():
            printer.note(text)
        printer.note(f"{self.prog}: {message}")
        raise SystemExit(USAGE)

    def _print_message(self, message: str, file: object = None) -> None:
        (Parser.printer or Printer()).lines(message.splitlines())


def build_parser() -> Parser:
    """The parser with every command; each leaf names its function as ``run``."""
    from trail import __version__

    parser = Parser(
        prog="trail",
        description="Tamper-evident audit trails of acts of duty: record, rebuild the status as of a date, verify.",
        epilog="Exit codes: 0 done, or intact; 1 altered; 2 usage; 3 could not be judged or finished.",
    )
    parser.add_argument("--version", action="version", version=f"trail {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for command in COMMANDS:
        command.add(commands)
    for leaf in leaves(parser):
        leaf.add_argument("--lang", choices=LANGUAGES, help="language of the output (default: from the environment)")
    return parser


def leaves(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The parsers of the commands themselves, in order."""
    found: list[argparse.ArgumentParser] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                found += leaves(one) or [one]
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; *argv* without the program's name.  Returns the exit code and lets nothing escape."""
    printer: Printer | None = None
    try:
        printer = Parser.printer = Printer(lang=language(None))
        code = _parsed_and_run(argv, printer)
        printer.flush()
    except BaseException as error:
        # Not even the streams can be trusted here; what could not be told was not judged.
        code = NOT_JUDGED
        _last_words(error, printer)
    finally:
        Parser.printer = None
    return code


def _parsed_and_run(argv: Sequence[str] | None, printer: Printer) -> int:
    parser = build_parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:  # argparse: 0 after --help and --version, 2 after a usage error
        return DONE if stop.code == 0 else USAGE
    printer.lang = language(arguments.lang)
    try:
        code = arguments.run(arguments, printer)
    except KeyboardInterrupt:
        printer.note(printer.choose("已中断，未完成。", "interrupted; not finished"))
    except TrailError as error:
        explain(error, printer)
        return exit_code(error)
    except OSError as error:
        printer.note(f"trail: {printer.choose('无法完成', 'not finished')} (ENVIRONMENT): {error}")
    except (Exception, SystemExit) as error:
        # Whatever it is, nobody is shown a traceback or told that all is well.
        what = printer.choose("内部错误，无法完成", "an internal error; this could not be finished")
        printer.note(f"trail: {what} (INTERNAL_ERROR): {type(error).__name__}: {error}")
    else:
        return code if type(code) is int else NOT_JUDGED
    return NOT_JUDGED


def exit_code(error: TrailError) -> int:
    """The exit code that an error ends with."""
    if error.code in _ALTERED:
        return ALTERED
    status = error.facts.get("status")
    if isinstance(error, EnvironmentFailed) and not error.code.startswith("KEY_FILE"):
        return NOT_JUDGED
    return NOT_JUDGED if status in (409, 422) else USAGE


def explain(error: TrailError, printer: Printer) -> None:
    """What went wrong with its code, what was expected and found, and what to do next."""
    printer.note(f"trail: {error.message} ({error.code})")
    both = [error.facts.get(name) for name in ("expected", "found")]
    if any(fact is not None for fact in both):
        expected, found = map(short, both)
        printer.note(printer.choose(f"应为 {expected}，实为 {found}", f"expected {expected}, found {found}"))
    printer.note(printer.choose(f"建议：{error.advice()}", f"What to do: {error.advice()}"))


def _last_words(error: BaseException, printer: Printer | None) -> None:
    try:
        if printer is not None:
            printer.abandon()
        if sys.__stderr__ is not None:
            sys.__stderr__.write(f"trail: not finished: {type(error).__name__}\n")
    except BaseException:  # there is nowhere left to say it
        return
