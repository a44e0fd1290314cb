"""
``trail proof``: a C2SP ``tlog-proof`` for one entry, which other programs read; and the report on one.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from trail.cli.common import add_origin, existing_database, leaf, position, read_file, write_file, wrote
from trail.cli.keyring import Passphrases, add_log_key, key_to_cover
from trail.errors import CallerError, NoteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.evidence.times import ActTimes
    from trail.evidence.verdict import Report
    from trail.signing import Policy


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "proof", "write the proof that one entry stands in the log, as other programs read it",
        "Write the inclusion proof of one entry as C2SP tlog-proof text, with the last checkpoint and its "
        "cosignatures, and with --entry the entry's own bytes, which the proof is about. Verify with: trail verify "
        "FILE.tlog-proof --entry FILE --policy POLICY. An extract says more: it brings the keys along.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    parser.add_argument("position", metavar="POSITION", type=position, help="which entry, from 1")
    parser.add_argument("--out", metavar="FILE", required=True, help="the proof, by custom FILE.tlog-proof")
    parser.add_argument("--entry", metavar="FILE", help="where to write the entry's bytes")
    add_origin(parser)
    add_log_key(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Write the proof."""
    from trail.application import Log

    existing_database(arguments.db)
    key, state = key_to_cover(arguments, Passphrases(arguments, printer))
    with Log.open(arguments.db, origin=arguments.origin, log_key=key, state=state) as log:
        if key is not None:
            log.checkpoint()
        receipt = log.proof(arguments.position)
    _put(arguments.out, receipt.proof.encode())
    wrote(printer, arguments.out, f"第 {receipt.position} 条的证明", f"the proof of position {receipt.position}")
    if arguments.entry is not None:
        _put(arguments.entry, receipt.entry)
        wrote(printer, arguments.entry, "该条记录的字节", "the entry's bytes")
    return 0


def _put(path: str, data: bytes) -> None:
    """Write a file that is not there yet, or holds the same."""
    target = Path(path)
    if target.exists() and not (
        target.is_file() and target.stat().st_size == len(data) and target.read_bytes() == data
    ):
        raise CallerError(f"{path} exists and is not replaced", code="FILE_EXISTS", advice="Choose another name.")
    write_file(path, data)


def proof_report(
    arguments: argparse.Namespace,
    policy: Policy,
    known: bytes | None,
    now: int,
    times: Callable[[ActTimes], None] | None,
) -> tuple[Report, str]:
    """The report on the proof about the entry in the file ``--entry``, and the proof's SHA-256."""
    from trail.evidence.record import MAX_ENTRY
    from trail.verify import verify_proof

    proof = read_file(arguments.evidence, "the proof")
    entry = read_file(arguments.entry, "the entry", MAX_ENTRY)
    try:
        report = verify_proof(proof, entry, policy, known=known, now=now, times=times)
    except NoteError as error:
        raise NoteError(f"the proof can't be read: {error.message}", code="PROOF_UNREADABLE") from None
    return report, hashlib.sha256(proof).hexdigest()
