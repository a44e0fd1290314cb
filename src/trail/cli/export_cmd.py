"""
``trail export``: the evidence file for an inspector, or an extract of some entries.
"""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING

from trail.cli.common import add_origin, date, existing_database, leaf, position
from trail.cli.keyring import Passphrases, add_log_key, key_to_cover
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
        "covered by a checkpoint first. With --extract, only the chosen entries, each with the proof that it stands in "
        "the log, and those that vouch for their signers' keys: an extract is never intact.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    parser.add_argument("--out", metavar="FILE", required=True, help="the evidence file; an older one is replaced")
    parser.add_argument("--unit", metavar="ID", help="show the contents of a unit and those below it")
    parser.add_argument("--person", metavar="ID", help="show the contents that concern a person")
    parser.add_argument("--from", dest="start", metavar="DATE", type=date, help="show what happened from this day on")
    parser.add_argument("--to", dest="end", metavar="DATE", type=date, help="show what happened until this day")
    parser.add_argument("--no-contents", action="store_true", help="show no contents: entries and checkpoints alone")
    parser.add_argument("--since", metavar="SIZE", type=int, default=0,
                        help="write what comes after SIZE alone, for an inspector who remembers it")  # fmt: skip
    parser.add_argument("--extract", action="store_true", help="write an extract of the chosen entries alone")
    parser.add_argument("--position", metavar="N", type=position, action="append", default=[],
                        help="with --extract: this entry; may be given again")  # fmt: skip
    parser.add_argument("--event", metavar="ID", action="append", default=[],
                        help="with --extract: the entry of this event, in hexadecimal; may be given again")  # fmt: skip
    add_origin(parser)
    add_log_key(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Write the file."""
    from trail.application import Log

    existing_database(arguments.db)
    if (arguments.since and arguments.extract) or arguments.since < 0:
        raise CallerError("--since names a size, and does not go with --extract", code="USAGE",
                          advice="Name the size that the inspector asked for.")  # fmt: skip
    if arguments.extract:
        return _extract(arguments, printer)
    if arguments.position or arguments.event:
        raise CallerError("--position and --event belong to --extract", code="USAGE",
                          advice="An evidence file shows every entry; add --extract for some alone.")  # fmt: skip
    scope = _scope(arguments)
    key, state = key_to_cover(arguments, Passphrases(arguments, printer))
    with (
        Log.open(arguments.db, origin=arguments.origin, log_key=key, state=state) as log,
        printer.progress("导出", "exporting") as progress,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # said below, in the reader's language
        size, covered, head = log.export(arguments.out, scope, since=arguments.since, progress=progress)
    first = arguments.since + 1
    printer.say(
        f"已写入证据文件：{arguments.out}（{size} 字节，第 {first} 至 {covered} 条）",
        f"wrote the evidence file: {arguments.out} ({size} bytes, positions {first} to {covered})",
    )
    if covered < head:
        printer.note(
            printer.choose(
                f"注意：没有日志密钥，未签新的校验点；第 {covered + 1} 至 {head} 条不在校验点之内。",
                f"note: no log key, no new checkpoint; positions {covered + 1} to {head} are not covered",
            )
        )
    return 0


def _extract(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.application import Choice, Log

    scope = _named_scope(arguments)
    if (scope is None) is not bool(arguments.position or arguments.event):
        raise CallerError("an extract is of entries that are named, or of a scope", code="USAGE",
                          advice="Choose: --position and --event, or --unit, --person, --from and --to.")  # fmt: skip
    choice = Choice(positions=tuple(arguments.position), events=tuple(map(_event, arguments.event)), scope=scope,
                    contents=not arguments.no_contents)  # fmt: skip
    key, state = key_to_cover(arguments, Passphrases(arguments, printer))
    with (
        Log.open(arguments.db, origin=arguments.origin, log_key=key, state=state) as log,
        printer.progress("导出", "exporting") as progress,
    ):
        size, covered, _ = log.extract(arguments.out, choice, progress=progress)
    printer.say(
        f"已写入摘录：{arguments.out}（{size} 字节，据第 1 至 {covered} 条的校验点）",
        f"wrote the extract: {arguments.out} ({size} bytes, under the checkpoint of positions 1 to {covered})",
    )
    printer.note(
        printer.choose(
            "注意：摘录的核验结论不会是“完好”；需要证明齐全时请导出完整的证据文件。",
            "note: an extract is never intact; to show that nothing is left out, export an evidence file",
        )
    )
    return 0


def _event(text: str) -> bytes:
    try:
        event = bytes.fromhex(text)
    except ValueError:
        event = b""
    if len(event) != 16:
        raise CallerError("an event id has 32 hexadecimal digits", code="USAGE", found=text[:64])
    return event


def _scope(arguments: argparse.Namespace) -> Scope:
    """What is to be shown; raises `CallerError` for options that exclude each other."""
    from trail.application import Scope

    named = _named_scope(arguments)
    if named is None:
        return Scope(nothing=arguments.no_contents)
    if arguments.no_contents:
        given = {"unit": arguments.unit, "person": arguments.person, "from": arguments.start, "to": arguments.end}
        words = " ".join(f"--{word}" for word, value in given.items() if value is not None)
        raise CallerError(f"{words} and --no-contents exclude each other", code="USAGE",
                          advice="Choose --no-contents, or whose contents and of when.")  # fmt: skip
    return named


def _named_scope(arguments: argparse.Namespace) -> Scope | None:
    """Whose contents, and of when; None for neither."""
    from trail.application import Scope

    if arguments.unit is not None and arguments.person is not None:
        raise CallerError("--unit and --person exclude each other", code="USAGE",
                          advice="Choose one of them; --from and --to go with either.")  # fmt: skip
    scope = Scope(unit=arguments.unit, person=arguments.person, start=arguments.start, end=arguments.end)
    return None if scope.everything else scope
