"""
``trail export``: the evidence file for an inspector.
"""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING

from trail.cli.common import add_origin, date, existing_database, leaf
from trail.cli.keyring import Passphrases, add_log_key, log_key
from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.application import Scope
    from trail.cli.common import Commands
    from trail.cli.output import Printer


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "export", "write the evidence file for an inspector",
        "Write the evidence file: every entry up to the last checkpoint, and the contents of the scope (default: "
        "all). Of an eventsourcing application's log, all contents or none. Where the log key is at hand, the head is "
        "covered by a checkpoint first.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    parser.add_argument("--out", metavar="FILE", required=True, help="the evidence file; an older one is replaced")
    parser.add_argument("--unit", metavar="ID", help="show the contents of a unit and those below it")
    parser.add_argument("--person", metavar="ID", help="show the contents that concern a person")
    parser.add_argument("--from", dest="start", metavar="DATE", type=date, help="show what happened from this day on")
    parser.add_argument("--to", dest="end", metavar="DATE", type=date, help="show what happened until this day")
    parser.add_argument("--no-contents", action="store_true", help="show no contents: entries and checkpoints alone")
    add_origin(parser)
    add_log_key(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Write the file."""
    from trail.application import Log

    existing_database(arguments.db)
    scope = _scope(arguments)
    key, state = log_key(arguments, Passphrases(arguments, printer))
    with (
        Log.open(arguments.db, origin=arguments.origin, log_key=key, state=state) as log,
        printer.progress("导出", "exporting") as progress,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # said below, in the reader's language
        size, covered, head = log.export(arguments.out, scope, progress=progress)
    printer.say(
        f"已写入证据文件：{arguments.out}（{size} 字节，第 1 至 {covered} 条）",
        f"wrote the evidence file: {arguments.out} ({size} bytes, positions 1 to {covered})",
    )
    if covered < head:
        printer.note(
            printer.choose(
                f"注意：没有日志密钥，未签新的校验点；第 {covered + 1} 至 {head} 条不在校验点之内。",
                f"note: no log key, no new checkpoint; positions {covered + 1} to {head} are not covered",
            )
        )
    return 0


def _scope(arguments: argparse.Namespace) -> Scope:
    """What is to be shown; raises `CallerError` for options that exclude each other."""
    from trail.application import Scope

    period = [f"--{word}" for word, day in (("from", arguments.start), ("to", arguments.end)) if day is not None]
    named = [f"--{word}" for word in ("unit", "person") if getattr(arguments, word) is not None]
    named += [" ".join(period)] * bool(period) + ["--no-contents"] * arguments.no_contents
    if len(named) > 1:
        raise CallerError(f"{' and '.join(named)} exclude each other", code="USAGE",
                          advice="Choose one: --unit, --person, --no-contents, or --from and --to.")  # fmt: skip
    return Scope(unit=arguments.unit, person=arguments.person, start=arguments.start, end=arguments.end,
                 nothing=arguments.no_contents)  # fmt: skip
