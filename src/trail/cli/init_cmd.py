"""
``trail init``: a new log, whole or not at all.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trail.cli.common import leaf
from trail.cli.folder import check_free, new_folder, write_policy
from trail.cli.keyring import Passphrases, add_passphrase, file_name
from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.evidence.lineage import Predecessor

REGISTRARS: Final = ("r-1", "r-2")


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "init", "make a new log in a new folder",
        "Make a new log: DIR/trail.db, the log's key and state in DIR/log, the registrars' keys in DIR/keys, and a "
        "first policy in DIR/policy. Then give each key to the person it belongs to.",
    )  # fmt: skip
    parser.add_argument("--into", metavar="DIR", required=True, help="a folder that does not exist yet, or is empty")
    parser.add_argument("--origin", metavar="NAME", required=True, help="the log's name, for ever: trail.example/jia")
    parser.add_argument(
        "--registrar", metavar="ID", action="append", help="a founding registrar; at least two (default: r-1, r-2)"
    )
    parser.add_argument(
        "--successor-of", metavar="FILE", help="the log before: its evidence file, or its last checkpoint"
    )
    add_passphrase(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Make the log."""
    registrars = list(arguments.registrar or REGISTRARS)
    names = [file_name(person) for person in registrars]
    if len(set(names)) != len(names) or len(names) < 2:
        raise CallerError("a log is founded by at least two different registrars", code="USAGE",
                          advice="Give --registrar twice, or leave it out.")  # fmt: skip
    target = Path(arguments.into)
    check_free(target)
    before, retired = _before(arguments)
    passphrases = Passphrases(arguments, printer)
    log_passphrase = passphrases.new("日志密钥", "the log's key")
    chosen = [passphrases.new(f"登记员 {person} 的密钥", f"the key of registrar {person}") for person in registrars]
    with new_folder(target) as folder:
        _fill(folder, arguments.origin, list(zip(registrars, chosen, strict=True)), log_passphrase, before)
    _tell(printer, target, arguments.origin, registrars)
    if before is not None:
        printer.say(
            f"  前一日志      {before.origin}，第 1 至 {before.size} 条",
            f"  predecessor      {before.origin}, positions 1 to {before.size}",
        )
        if not retired:
            printer.say(
                "  注意：所给文件未显示前一日志已封存（LogRetired）",
                "  note: what was given does not show that the log before was retired (LogRetired)",
            )
    return 0


def _before(arguments: argparse.Namespace) -> tuple[Predecessor | None, bool]:
    """The log before, and whether its retirement is shown."""
    if arguments.successor_of is None:
        return None, False
    from trail.application.succeeding import predecessor_of

    before, ended = predecessor_of(arguments.successor_of, arguments.origin)
    if ended is not None and ended.genesis is not None:
        raise CallerError("the log before names the first entry of its successor, which is there already",
                          code="SUCCESSOR_OTHER", advice="Go on in that log.", found=ended.genesis)  # fmt: skip
    return before, ended is not None


def _fill(
    folder: Path,
    origin: str,
    registrars: list[tuple[str, str]],
    log_passphrase: str,
    predecessor: Predecessor | None = None,
) -> None:
    """Make everything in *folder*; *registrars* are persons with the passphrases of their keys."""
    from trail.application import Trail
    from trail.signing import LOG_ED25519, NoteKey, PrivateKey, format_policy, write_key_file

    (folder / "keys").mkdir(mode=0o700)
    (folder / "log").mkdir(mode=0o700)
    log = PrivateKey.generate()
    key = NoteKey(origin, LOG_ED25519, log.public.raw)
    write_key_file(folder / "log" / "key.pem", log, log_passphrase)
    founders = []
    for person, passphrase in registrars:
        private = PrivateKey.generate()
        write_key_file(folder / "keys" / file_name(person), private, passphrase)
        founders.append((person, private))
    with Trail.create(
        folder / "trail.db", origin=origin, registrars=founders, log_key=log, state=folder / "log" / "state",
        predecessor=predecessor,
    ) as trail:  # fmt: skip
        policy = format_policy(logs=[key], genesis=[trail.genesis()])
    write_policy(folder / "policy", policy)


def _tell(printer: Printer, target: Path, origin: str, registrars: list[str]) -> None:
    printer.say(f"已建立日志 {origin}", f"made the log {origin}")
    printer.say(f"  数据库        {target / 'trail.db'}", f"  database         {target / 'trail.db'}")
    printer.say(
        f"  日志密钥      {target / 'log' / 'key.pem'}（状态文件在其旁，必须与数据库分开保管）",
        f"  log key          {target / 'log' / 'key.pem'} (keep it and the state beside it away from the database)",
    )
    for person in registrars:
        path = target / "keys" / file_name(person)
        printer.say(f"  登记员        {path}（交 {person} 本人保管）", f"  registrar        {path} (for {person})")
    printer.say(f"  核验策略      {target / 'policy'}", f"  policy           {target / 'policy'}")
