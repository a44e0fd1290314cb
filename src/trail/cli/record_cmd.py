"""
``trail record``: acts from JSON lines, for trying and for batches.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trail.cli.anchor_cmd import add_witnesses, say_round, witnesses_of
from trail.cli.common import add_origin, existing_database, leaf, read_file
from trail.cli.keyring import KeyFolder, Passphrases, add_passphrase, log_key
from trail.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trail.application import Trail
    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.signing import Signer

MAX_FILE = 256 << 20
FINISH = 60.0
"""Seconds to wait for the witnesses before the command ends; what they did not cosign shows as exposure."""


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "record", "sign and record acts written as JSON lines",
        'Sign and record acts, one a line: {"act": "TalkHeld", "as": {"person": ID, "post": ID}, …}; acts of the '
        'registry are signed by registrars: {"act": "PersonRegistered", "by": [ID, …], …}. All of a file or nothing, '
        "unless --each. docs/cli.md describes the format. With --log-key, whatever is filed upward takes a fresh "
        "checkpoint with it, and with --witnesses they are asked to cosign it.",
    )  # fmt: skip
    parser.add_argument("file", metavar="FILE", help="the acts; - reads them from the standard input")
    parser.add_argument("--db", metavar="DB", required=True, help="the database")
    parser.add_argument("--keys", metavar="DIR", required=True, help="folder with key files by person, ID.pem")
    parser.add_argument("--each", action="store_true", help="record line by line, and keep what came before a fault")
    add_origin(parser)
    parser.add_argument("--log-key", metavar="FILE", help="the log's key, to sign a checkpoint when something is filed")
    parser.add_argument("--state", metavar="FILE", help="the signer's state file (default: `state` beside the log key)")
    add_witnesses(parser)
    add_passphrase(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Record the acts and print where they stand."""
    from trail.application import Trail
    from trail.cli.batch import Batch
    from trail.cli.jsonlines import read_lines

    data = _read(arguments.file)
    total = data.count(b"\n") + 1
    folder = KeyFolder(arguments.keys, Passphrases(arguments, printer))
    base = Path.cwd() if arguments.file == "-" else Path(arguments.file).parent
    recorded = 0
    with (
        Trail.open(existing_database(arguments.db), origin=arguments.origin, **_signing(arguments, printer)) as trail,
        warnings.catch_warnings(record=True) as said,
    ):
        warnings.simplefilter("always")
        batch = Batch(trail, folder, base)
        with printer.progress("签名", "signing") as progress:
            for number, given in read_lines(data):
                batch.take(number, given)
                if progress is not None:
                    progress(number, total)
                if arguments.each:
                    recorded += _report(batch.submit(), printer)
        recorded += _report(batch.submit(), printer)
        printer.say(f"已记录 {recorded} 条", f"recorded {recorded}")
        _tell_of_filing(trail, printer)
    for one in said:
        printer.note(printer.choose(f"注意：{one.message}", f"note: {one.message}"))
    return 0


def _signing(arguments: argparse.Namespace, printer: Printer) -> dict[str, Any]:
    """The log key, its state and the witnesses, if they are named: a clerk's machine has none of them."""
    if arguments.log_key is None:
        if arguments.witnesses is not None or arguments.state is not None:
            raise CallerError("--witnesses and --state go with --log-key", code="USAGE",
                              advice="Without the log key nothing is signed that a witness could cosign.")  # fmt: skip
        return {}
    key, state = log_key(arguments, Passphrases(arguments, printer))
    witnesses = None if arguments.witnesses is None else witnesses_of(arguments)
    return {"log_key": key, "state": state, "witnesses": witnesses}


def _tell_of_filing(trail: Trail, printer: Printer) -> None:
    """What became of the round that a filing began, if one did; what is recorded stays recorded."""
    if trail.witnesses is None:
        return
    runner = trail.anchoring()
    runner.settled(FINISH)
    if runner.last is not None:
        say_round(runner.last, printer)


def _report(rows: Iterable[tuple[str, int, bytes]], printer: Printer) -> int:
    """Print position, event id and type of each act that was recorded; how many they are."""
    count = 0
    for type_key, position, event_id in rows:
        printer.line(f"{position:>8}  {event_id.hex()}  {type_key}")
        count += 1
    return count


def _read(path: str) -> bytes:
    if path != "-":
        return read_file(path, "the acts", MAX_FILE)
    import sys

    data = sys.stdin.buffer.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise CallerError("too much for one batch", code="FILE_TOO_LARGE", advice="Divide it.")
    return data


def registrars_at_hand(
    registrars: Iterable[str], folder: KeyFolder, named: list[str] | None
) -> list[tuple[str, Signer]]:
    """
    The registrars who sign, with their keys: those *named*, or all of *registrars* whose key file is in the folder.

    Raises:
        CallerError: There is none.
    """
    if named:
        return [(person, folder.of(person)) for person in named]
    found = [person for person in sorted(registrars) if folder.has(person)]
    if not found:
        raise CallerError(
            "no registrar's key is at hand", code="NO_REGISTRAR",
            advice="Name the folder that holds their key files, each called ID.pem, and the registrars.",
        )  # fmt: skip
    return [(person, folder.of(person)) for person in found]
