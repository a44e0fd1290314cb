"""
``trail lookback``: who was responsible on a past date, what they had done by then, and what was written in afterwards.
"""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING

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
from trail.cli.keyring import Passphrases, add_log_key, log_key

if TYPE_CHECKING:
    from trail.application import Trail
    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.projections.lookback_values import Lookback


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "lookback", "look back at a date: who was responsible, what was done by then, what came later",
        "Answer for a past date, of a unit or a person: posts and appointments, lists in force, each obligation with "
        "what discharged it, who was told, what was recorded only later, what is missing. A date means until its end "
        "in Asia/Shanghai. With --out, write the evidence file that goes with it.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--unit", metavar="ID", help="the unit")
    who.add_argument("--person", metavar="ID", help="the person, in office or not")
    parser.add_argument("--at", metavar="DATE", type=date_or_instant, required=True, help="the date to look back at")
    parser.add_argument(
        "--known-at", metavar="SIZE_OR_DATE", type=size_or_time, help="take what was recorded until then (default: all)"
    )
    parser.add_argument("--about", metavar="DUTY", nargs="+", default=[], help="only these duties, as S2a")
    add_notice(parser)
    add_policy(parser)
    parser.add_argument(
        "--rules", metavar="FILE", action="append", default=[], help="a rule set that the log adopted; may be repeated"
    )
    add_origin(parser)
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument("--out", metavar="FILE", help="write the evidence file whose scope is the unit or the person")
    add_log_key(parser)
    parser.set_defaults(run=run)


def add_notice(parser: argparse.ArgumentParser) -> None:
    """The option for days on which an inspection was announced."""
    parser.add_argument(
        "--notice", metavar="DATE", type=date, action="append", default=[],
        help="a day on which an inspection was announced; may be repeated",
    )  # fmt: skip


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Print the lookback."""
    from trail.application import Trail
    from trail.report.lookback import lookback_lines
    from trail.rules import load

    rules = [load(read_file(path, "the rule set")) for path in arguments.rules]
    policy = None if arguments.policy is None else read_file(arguments.policy, "the policy")
    key, state = log_key(arguments, Passphrases(arguments, printer)) if arguments.out is not None else (None, None)
    with Trail.open(
        existing_database(arguments.db), origin=arguments.origin, log_key=key, state=state, rules=rules,
        read_only=key is None,
    ) as trail:  # fmt: skip
        if key is not None:
            trail.checkpoint()  # so that the answer can name what covers it
        view = trail.at(arguments.at, known_at=arguments.known_at)
        found = view.lookback(
            unit=arguments.unit, person=arguments.person, about=arguments.about, notice=arguments.notice, policy=policy
        )
        if arguments.json:
            printer.json(found.to_json())
        else:
            printer.lines(lookback_lines(found, printer.lang))
        if arguments.out is not None:
            _export(trail, found, arguments.out, printer)
    return 0


def _export(trail: Trail, found: Lookback, path: str, printer: Printer) -> None:
    """Write the evidence file; what is said about it goes to stderr, so that JSON stays JSON."""
    from trail.application.looking import scope_of

    with printer.progress("导出", "exporting") as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said below, in the reader's language
        size, covered, head = trail.export(path, scope_of(found), progress=progress)
    printer.note(
        printer.choose(
            f"已写入证据文件：{path}（{size} 字节，第 1 至 {covered} 条）",
            f"wrote the evidence file: {path} ({size} bytes, positions 1 to {covered})",
        )
    )
    if covered < head:
        printer.note(
            printer.choose(
                f"注意：没有日志密钥，未签新的校验点；第 {covered + 1} 至 {head} 条不在证据文件之内。",
                f"note: no log key, no new checkpoint; positions {covered + 1} to {head} are not in the file",
            )
        )
