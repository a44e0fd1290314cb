"""
``trail status``: what a unit or a person has done and owes, as of a date, as known at a time.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trail.cli.common import add_origin, add_policy, date_or_instant, existing_database, leaf, read_file, size_or_time

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.report.status import Proofs


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "status", "show the status of a unit or a person as of a date",
        "Rebuild the status of a unit or a person from the records: as of a date, and as known at a time. A date "
        "means until its end in Asia/Shanghai. With --compare, show what was not known yet at another time. With "
        "--policy, show what is proven of the times of each record.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--unit", metavar="ID", help="the unit")
    who.add_argument("--person", metavar="ID", help="the person")
    parser.add_argument("--as-of", metavar="DATE", type=date_or_instant, help="keep what happened until then")
    parser.add_argument(
        "--known-at", metavar="SIZE_OR_DATE", type=size_or_time, help="take what was recorded until then (default: all)"
    )
    parser.add_argument(
        "--compare", metavar="SIZE_OR_DATE", type=size_or_time, help="with --unit: what was not known yet then"
    )
    parser.add_argument(
        "--rules", metavar="FILE", action="append", default=[], help="a rule set that the log adopted; may be repeated"
    )
    add_policy(parser)
    add_origin(parser)
    parser.add_argument("--json", action="store_true", help="print the status as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Print the status."""
    from trail.application import Trail
    from trail.errors import CallerError
    from trail.report.status import change_lines, person_lines, unit_lines
    from trail.rules import load

    if arguments.compare is not None and arguments.unit is None:
        raise CallerError("--compare goes with --unit", code="USAGE", advice="Name a unit.")
    rules = [load(read_file(path, "the rule set")) for path in arguments.rules]
    policy = None if arguments.policy is None else read_file(arguments.policy, "the policy")
    with Trail.open(existing_database(arguments.db), origin=arguments.origin, read_only=True, rules=rules) as trail:
        view = trail.at(arguments.as_of, known_at=arguments.known_at)
        proofs = None if policy is None else view.bounds(policy).at
        if arguments.person is not None:
            person = view.person(arguments.person)
            if arguments.json:
                printer.json(_proven(person.to_json(), proofs))
            else:
                printer.lines(person_lines(person, printer.lang, proofs))
            return 0
        unit = view.unit(arguments.unit)
        changes = None
        if arguments.compare is not None:
            changes = unit.diff(trail.at(arguments.as_of, known_at=arguments.compare).unit(arguments.unit))
        if arguments.json:
            more = {} if changes is None else {"changes": [change.to_json() for change in changes]}
            printer.json(_proven({**unit.to_json(), **more}, proofs))
            return 0
        printer.lines(unit_lines(unit, printer.lang))
        if changes is not None:
            printer.line()
            printer.say("与当时所知相比", "Compared with what was known then")
            printer.lines(change_lines(changes, printer.lang, proofs))
    return 0


def _proven(answer: dict[str, Any], proofs: Proofs | None) -> dict[str, Any]:
    """The answer with what is proven of the times of each record in it; null: nothing, or no policy was given."""
    from trail.report.times import with_proven

    out: dict[str, Any] = with_proven(answer, lambda at: None if proofs is None else proofs(at).to_json())
    return {**out, "policy": proofs is not None}
