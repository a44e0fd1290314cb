"""
``trail questions``: what an inspector might ask about how the records came about.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trail.cli.common import add_origin, add_policy, date_or_instant, existing_database, leaf, read_file, size_or_time
from trail.cli.lookback_cmd import add_notice

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "questions", "list what an inspector might ask: lag, bursts, one recorder's minute, imports",
        "List questions for the inspector: late records, bursts around a notice, acts of several persons submitted "
        "together, imports. They are no findings, change no state and no exit code; an honest office may raise them.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    parser.add_argument("--unit", metavar="ID", help="only records of this unit")
    parser.add_argument("--as-of", metavar="DATE", type=date_or_instant, help="keep what happened until then")
    parser.add_argument(
        "--known-at", metavar="SIZE_OR_DATE", type=size_or_time, help="take what was recorded until then (default: all)"
    )
    add_notice(parser)
    add_policy(parser)
    parser.add_argument("--texts", action="store_true", help="compare the texts that are at hand as well")
    parser.add_argument("--set", metavar="NAME=NUMBER", action="append", default=[], help="change a threshold")
    parser.add_argument("--records", action="store_true", help="end with each record, its leaf and its bounds")
    add_origin(parser)
    parser.add_argument("--json", action="store_true", help="print the questions as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Print the questions."""
    from trail.application import Trail
    from trail.projections.questions import Thresholds
    from trail.report.questions import question_lines

    policy = None if arguments.policy is None else read_file(arguments.policy, "the policy")
    thresholds = Thresholds.changed(arguments.set)
    with Trail.open(existing_database(arguments.db), origin=arguments.origin, read_only=True) as trail:
        found = trail.at(arguments.as_of, known_at=arguments.known_at).questions(
            unit=arguments.unit, notice=arguments.notice, policy=policy, thresholds=thresholds, texts=arguments.texts
        )
        if arguments.json:
            printer.json(found.to_json())
        else:
            printer.lines(question_lines(found, printer.lang, whole=arguments.records))
    return 0
