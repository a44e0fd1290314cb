"""
``trail witness``: a witness at a desk, with its own key and its own state, away from the log.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from trail.cli.common import instant, leaf, read_file, write_file, wrote
from trail.cli.keyring import Passphrases, add_passphrase, key_file

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer


def add(commands: Commands) -> None:
    """Describe the commands."""
    group = leaf(commands, "witness", "be a witness of a log").add_subparsers(metavar="COMMAND", required=True)
    sign = leaf(
        group, "sign", "check a request against one's own state, and cosign",
        "Check a request, as `trail checkpoint --since` writes it, against this witness's own state and cosign the "
        "checkpoint. Two trees that disagree are never cosigned; both notes are kept in the state.",
    )  # fmt: skip
    sign.add_argument("request", metavar="FILE", help="the request")
    sign.add_argument("--key", metavar="FILE", required=True, help="the witness's key file, used for nothing else")
    sign.add_argument("--state", metavar="FILE", required=True, help="the witness's state, kept with its key")
    sign.add_argument("--new", action="store_true", help="make the state: once, for a new witness")
    sign.add_argument("--name", metavar="NAME", required=True, help="the witness's name, as its vkey has it")
    sign.add_argument("--log", metavar="VKEY", required=True, action="append", help="a log's vkey; may be repeated")
    sign.add_argument("--out", metavar="FILE", help="where to write the cosignature (default: standard output)")
    sign.add_argument("--now", metavar="TIME", type=instant, help="the time to state (default: this machine's clock)")
    add_passphrase(sign)
    sign.set_defaults(run=run_sign)


def run_sign(arguments: argparse.Namespace, printer: Printer) -> int:
    """Cosign, or refuse."""
    from trail.clock import SystemClock
    from trail.signing import NoteKey, format_note, parse_vkey
    from trail.signing.vkey import COSIGNATURE_ED25519
    from trail.witness import Witness, parse_request

    body = read_file(arguments.request, "the request")
    logs = [parse_vkey(text) for text in arguments.log]
    signer = key_file(arguments.key, Passphrases(arguments, printer))
    NoteKey(arguments.name, COSIGNATURE_ED25519, signer.public.raw)  # a name or key that can't be used makes no state
    now = SystemClock().now() if arguments.now is None else arguments.now
    with Witness(Path(arguments.state), signer, arguments.name, logs, new=arguments.new) as witness:
        line = witness.sign(body, now)
    # The whole note, not the line alone: so the answer says which checkpoint it is for, whatever was issued since.
    note = parse_request(body).note
    answer = format_note(note.text, [*note.lines, line]).encode()
    if arguments.out is None:
        printer.document(answer)
    else:
        write_file(arguments.out, answer)
        wrote(printer, arguments.out, "见证签名", "the cosignature")
    return 0
