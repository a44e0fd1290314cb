"""
``trail adopt``: a key, a state and a policy for the log of an eventsourcing application.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trail.cli.common import add_origin, existing_database, leaf
from trail.cli.folder import check_free, new_folder, write_policy
from trail.cli.keyring import Passphrases, add_passphrase

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.signing import PrivateKey

_ADVICE: Final = (
    "Name the database that the application's TRAIL_URL names, and run the application once before: with "
    "PERSISTENCE_MODULE=trail.store it makes its log itself."
)


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "adopt", "give an eventsourcing application's log a key of its own",
        "Give the log that an eventsourcing application made (PERSISTENCE_MODULE=trail.store) a key that signs its "
        "checkpoints: DIR/log/key.pem, the signer's DIR/log/state, and a first policy in DIR/policy. Once for each "
        "log; what is in the log already is covered by a first checkpoint.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    parser.add_argument("--into", metavar="DIR", required=True, help="a folder that does not exist yet, or is empty")
    add_origin(parser)
    add_passphrase(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Make key, state and policy, and sign what is there."""
    from trail.application import Log
    from trail.application.log import adoptable

    existing_database(arguments.db, _ADVICE)
    target = Path(arguments.into)
    check_free(target)
    database, found = adoptable(arguments.db, origin=arguments.origin)
    database.close()
    passphrase = Passphrases(arguments, printer).new("日志密钥", "the log's key")
    with new_folder(target) as folder:
        private = _fill(folder, arguments.db, found.origin, passphrase)
    _tell(printer, target, found.origin)
    # After the move: a checkpoint whose key was lost again would bar everyone from adopting the log.
    with Log.open(arguments.db, origin=found.origin, log_key=private, state=target / "log" / "state") as log:
        if log.reader.head().size:
            issued = log.checkpoint()
            printer.say(
                f"校验点 {issued.number}：第 1 至 {issued.size} 条",
                f"checkpoint {issued.number}: positions 1 to {issued.size}",
            )
    return 0


def _fill(folder: Path, db: str, origin: str, passphrase: str) -> PrivateKey:
    """Make everything in *folder*; the log's new key."""
    from trail.application import Log
    from trail.signing import LOG_ED25519, NoteKey, PrivateKey, format_policy, write_key_file

    (folder / "log").mkdir(mode=0o700)
    private = PrivateKey.generate()
    write_key_file(folder / "log" / "key.pem", private, passphrase)
    write_policy(folder / "policy", format_policy(logs=[NoteKey(origin, LOG_ED25519, private.public.raw)]))
    Log.adopt(db, origin=origin, log_key=private, state=folder / "log" / "state").close()
    return private


def _tell(printer: Printer, target: Path, origin: str) -> None:
    key = target / "log" / "key.pem"
    printer.say(f"已为日志 {origin} 设立密钥", f"adopted the log {origin}")
    printer.say(
        f"  日志密钥      {key}（状态文件在其旁，必须与数据库分开保管）",
        f"  log key          {key} (keep it and the state beside it away from the database)",
    )
    printer.say(f"  核验策略      {target / 'policy'}", f"  policy           {target / 'policy'}")
    printer.say(
        f"  以后签校验点  trail checkpoint DB --log-key {key}",
        f"  from now on      trail checkpoint DB --log-key {key}",
    )
