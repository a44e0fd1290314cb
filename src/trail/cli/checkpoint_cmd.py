"""
``trail checkpoint``: sign the head, ask a witness, keep its answer.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trail.cli.common import add_origin, existing_database, leaf, read_file, write_file, wrote
from trail.cli.keyring import Passphrases, add_log_key, log_key
from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "checkpoint", "sign a checkpoint of the log, ask a witness for a cosignature, keep it",
        "Sign a checkpoint of the log as it stands. With --since, write the request that asks a witness, which has "
        "recorded that size (0: nothing yet), to cosign it; --add keeps what the witness answered.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    parser.add_argument("--since", metavar="SIZE", type=int, help="write the request to a witness that recorded SIZE")
    parser.add_argument("--out", metavar="FILE", help="where to write the request, or without --since the checkpoint")
    parser.add_argument("--add", metavar="FILE", help="keep the cosignatures in FILE; signs nothing")
    add_origin(parser)
    add_log_key(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Sign, ask, or keep."""
    from trail.application import Log

    if arguments.add is not None and (arguments.since is not None or arguments.out is not None):
        raise CallerError("--add goes alone", code="USAGE", advice="Keep the answer first, then ask again.")
    if arguments.since is not None and arguments.out is None:
        raise CallerError("--since needs --out", code="USAGE", advice="Name the file that the witness gets.")
    existing_database(arguments.db)
    if arguments.add is not None:
        return _keep(arguments, printer)
    key, state = log_key(arguments, Passphrases(arguments, printer))
    if key is None and arguments.since is None:
        raise CallerError("the log key is not at hand", code="NO_LOG_KEY",
                          advice="Name it with --log-key, and its state with --state.")  # fmt: skip
    with Log.open(arguments.db, origin=arguments.origin, log_key=key, state=state) as log:
        issued = log.checkpoint() if key is not None else log.reader.checkpoint()
        if issued is None:
            raise CallerError("no checkpoint was issued yet", code="CHECKPOINT_UNKNOWN")
        if arguments.since is not None:
            from trail.witness import request

            write_file(arguments.out, request(log.reader, arguments.since))
            wrote(printer, arguments.out, "给见证方的请求", "the request to the witness")
        elif arguments.out is not None:
            write_file(arguments.out, issued.cosigned.encode())
            wrote(printer, arguments.out, "校验点", "the checkpoint")
    printer.say(
        f"校验点 {issued.number}：第 1 至 {issued.size} 条，见证签名 {len(issued.cosignatures)} 个",
        f"checkpoint {issued.number}: positions 1 to {issued.size}, cosignatures: {len(issued.cosignatures)}",
    )
    return 0


def _keep(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.application import Log

    try:
        data = read_file(arguments.add, "the cosignature").decode("utf-8")
    except UnicodeDecodeError:
        raise CallerError(f"{arguments.add} holds no cosignature: it is not UTF-8 text", code="NOTE") from None
    with Log.open(arguments.db, origin=arguments.origin) as log:
        kept = log.add_cosignatures(data)
    printer.say(
        f"校验点（第 1 至 {kept.size} 条）现有见证签名 {len(kept.cosignatures)} 个",
        f"the checkpoint of positions 1 to {kept.size} now has cosignatures: {len(kept.cosignatures)}",
    )
    return 0
