"""
What clerks, secretaries and inspectors ask of a log: ledger, coverage, due, draft, statistics, burden.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trail.cli.common import (
    add_origin,
    add_policy,
    date,
    date_or_instant,
    existing_database,
    leaf,
    read_file,
    size_or_time,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from trail.application import View
    from trail.cli.common import Commands
    from trail.cli.output import Printer


def add(commands: Commands) -> None:
    """Describe the commands."""
    ledger = _leaf(
        commands, "ledger", "show the ledger of a unit, a person or the whole log",
        "List the records that concern a unit or a person, with their edits and labels. A record belongs to a period "
        "if it happened in it or names it. Uncertain dates stand in [brackets] (DA/T 18).", _ledger,
    )  # fmt: skip
    who = ledger.add_mutually_exclusive_group()
    who.add_argument("--unit", metavar="ID", help="the unit")
    who.add_argument("--person", metavar="ID", help="the person")
    ledger.add_argument("--period", metavar="P", help="2026, 2026-H1, 2026-03 or 2026-03-05 (default: all)")
    add_policy(ledger)

    coverage = _leaf(
        commands, "coverage", "show who was talked to in a year, and who was not",
        "For each duty that asks for talks with counterparts: which posts were covered, by which record, who held "
        "them; and to whom nobody has talked yet.", _coverage,
    )  # fmt: skip
    coverage.add_argument("--unit", metavar="ID", required=True, help="the unit")
    coverage.add_argument("--year", metavar="YYYY", required=True, help="the year")

    due = _leaf(
        commands, "due", "show what is due when",
        "A calendar of what is due, of a unit or of all, with the last working day before as the day to be reminded. "
        "It is computed; nothing is sent to anybody.", _due,
    )  # fmt: skip
    due.add_argument("--unit", metavar="ID", help="the unit (default: all)")
    due.add_argument("--from", dest="since", metavar="DATE", type=date, help="the first day (default: that of --at)")
    due.add_argument("--until", metavar="DATE", type=date, required=True, help="the last day")
    due.add_argument("--done", action="store_true", help="with what was done already")

    draft = _leaf(
        commands, "draft", "draft a report from what is recorded",
        "Compose the draft of a report (R1 to R7) from the acts of its period. Every sentence cites its record; what "
        "is missing is said; nothing is judged.", _draft,
    )  # fmt: skip
    draft.add_argument("--unit", metavar="ID", required=True, help="the unit")
    draft.add_argument("--duty", metavar="ID", required=True, help="the duty to report: R4, R5, R6, …")
    draft.add_argument("--period", metavar="P", required=True, help="the period: 2026-H1, or 2026 for a yearly one")
    draft.add_argument("--post", metavar="ID", help="whose report, where several owe one")
    draft.add_argument("--person", metavar="ID", help="whose report, where several held the post")

    statistics = _leaf(
        commands, "statistics", "count obligations and acts of a period",
        "Counts by duty, state, label and unit. Units stand in the order of their ids; nothing is ranked.",
        _statistics,
    )  # fmt: skip
    statistics.add_argument("--period", metavar="P", required=True, help="2026, 2026-H1, 2026-03, …")

    burden = _leaf(
        commands, "burden", "show how much recording was asked for",
        "Inputs per unit and month, duties that each act served, bytes stored, for what was recorded in a period.",
        _burden,
    )  # fmt: skip
    burden.add_argument("--period", metavar="P", required=True, help="2026, 2026-H1, 2026-03, …")
    burden.add_argument("--line", metavar="N", type=int, help="inputs that are expected of a unit in a year (125)")


def _leaf(
    commands: Commands, name: str, help: str, description: str, run: Callable[[argparse.Namespace, Printer], int]
) -> argparse.ArgumentParser:
    parser = leaf(commands, name, help, description)
    parser.add_argument("db", metavar="DB", help="the database")
    parser.add_argument("--at", metavar="DATE", type=date_or_instant, help="as of then (default: now)")
    parser.add_argument(
        "--known-at", metavar="SIZE_OR_DATE", type=size_or_time, help="take what was recorded until then (default: all)"
    )
    parser.add_argument(
        "--rules", metavar="FILE", action="append", default=[], help="a rule set that the log adopted; may be repeated"
    )
    add_origin(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)
    return parser


@contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[View]:
    from trail.application import Trail
    from trail.rules import load

    rules = [load(read_file(path, "the rule set")) for path in arguments.rules]
    with Trail.open(existing_database(arguments.db), origin=arguments.origin, read_only=True, rules=rules) as trail:
        yield trail.at(arguments.at, known_at=arguments.known_at)


def _show(
    arguments: argparse.Namespace, printer: Printer, value: Any, lines: Callable[[Any, str], Iterable[str]]
) -> int:
    if arguments.json:
        printer.json(value.to_json())
    else:
        printer.lines(lines(value, printer.lang))
    return 0


def _ledger(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.report.asking import ledger_lines

    policy = None if arguments.policy is None else read_file(arguments.policy, "the policy")
    with _opened(arguments) as view:
        found = view.ledger(unit=arguments.unit, person=arguments.person, period=arguments.period, policy=policy)
        return _show(arguments, printer, found, ledger_lines)


def _coverage(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.report.asking import coverage_lines

    with _opened(arguments) as view:
        return _show(arguments, printer, view.coverage(arguments.unit, arguments.year), coverage_lines)


def _due(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.report.asking import agenda_lines

    with _opened(arguments) as view:
        found = view.due(arguments.unit, until=arguments.until, since=arguments.since, done=arguments.done)
        return _show(arguments, printer, found, agenda_lines)


def _draft(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.report.asking import draft_lines

    with _opened(arguments) as view:
        found = view.draft(
            arguments.unit, arguments.period, arguments.duty, post=arguments.post, person=arguments.person
        )
        return _show(arguments, printer, found, draft_lines)


def _statistics(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.report.asking import statistics_lines

    with _opened(arguments) as view:
        return _show(arguments, printer, view.statistics(arguments.period), statistics_lines)


def _burden(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.report.asking import burden_lines

    with _opened(arguments) as view:
        more = {} if arguments.line is None else {"line": arguments.line}
        return _show(arguments, printer, view.burden(arguments.period, **more), burden_lines)
