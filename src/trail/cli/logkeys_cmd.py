"""
``trail keys rotate-log`` and ``restore-state``: the log's own key, and its signer's state, after the first day.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from trail.cli.common import add_origin, existing_database, instant, leaf, read_file
from trail.cli.keyring import KeyFolder, Passphrases, add_log_key, add_passphrase, key_file, log_key
from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.signing import PublicKey, Signer

PLANNED = "planned"


def add(group: Commands) -> None:
    """Describe the commands."""
    rotate = leaf(
        group, "rotate-log", "give the log a new key, signed by two registrars and by the old key",
        "Give the log a new key: a last checkpoint under the old key, the event, the signer's state, a first "
        "checkpoint under the new key. Repeat the command if it was broken off: it goes on where it stopped. Where the "
        "old key is lost or stolen, name it by --old-vkey and say so with --reason; it then vouches for nothing.",
    )  # fmt: skip
    rotate.add_argument("db", metavar="DB", help="the database")
    rotate.add_argument("--new-log-key", metavar="FILE", required=True, help="the new key file (see `trail keys new`)")
    rotate.add_argument("--old-vkey", metavar="VKEY", help="the old key, where its file can't or mustn't be used")
    rotate.add_argument("--reason", choices=(PLANNED, "lost", "compromised"), default=PLANNED,
                        help="why (default: planned)")  # fmt: skip
    rotate.add_argument("--compromised-since", metavar="TIME", type=instant, help="since when it may have been stolen")
    rotate.add_argument("--keys", metavar="DIR", required=True, help="folder with the registrars' key files, ID.pem")
    rotate.add_argument("--by", metavar="ID", action="append", help="a registrar who signs (default: those in --keys)")
    add_origin(rotate)
    add_log_key(rotate)
    rotate.set_defaults(run=run_rotate)

    restore = leaf(
        group, "restore-state", "make the checkpoint signer's state anew, when the file is lost",
        "Make the checkpoint signer's state anew, when the file is lost. Give the newest checkpoints that witnesses "
        "and inspectors hold: the database must be the log that they cover. What it holds beyond is taken as it is.",
    )  # fmt: skip
    restore.add_argument("db", metavar="DB", help="the database")
    restore.add_argument("--log-key", metavar="FILE", required=True, help="the log's key of today")
    restore.add_argument("--state", metavar="FILE", help="where the state goes (default: `state` beside the key)")
    restore.add_argument("--held", metavar="CHECKPOINT", action="append", required=True,
                         help="a checkpoint from outside; may be repeated")  # fmt: skip
    add_origin(restore)
    add_passphrase(restore)
    restore.set_defaults(run=run_restore)


def run_rotate(arguments: argparse.Namespace, printer: Printer) -> int:
    """Rotate the log's key."""
    from trail.application import Trail
    from trail.application.rotating import rotate_log_key
    from trail.cli.record_cmd import registrars_at_hand

    existing_database(arguments.db)
    passphrases = Passphrases(arguments, printer)
    old, state = _old(arguments, passphrases)
    new = key_file(Path(arguments.new_log_key), passphrases)
    folder = KeyFolder(arguments.keys, passphrases)
    with Trail.open(arguments.db, origin=arguments.origin, read_only=True) as trail:
        registrars = registrars_at_hand(trail.registry().registrars, folder, arguments.by)
    done = rotate_log_key(
        arguments.db, old=old, new=new, state=state, registrars=registrars, reason=arguments.reason,
        compromised_since=arguments.compromised_since, origin=arguments.origin,
    )  # fmt: skip
    issued = done.checkpoint
    printer.say(
        f"日志密钥已更换，位置 {done.position}；新密钥已签校验点 {issued.number}：第 1 至 {issued.size} 条",
        f"rotated the log's key at position {done.position}; the new key signed checkpoint {issued.number}: "
        f"positions 1 to {issued.size}",
    )
    printer.say(
        "请经与证据不同的渠道把下面一行交给检查方与见证方；旧密钥从此不再签名",
        "hand this line to inspectors and witnesses, by another channel than the evidence; the old key signs no more",
    )
    printer.line(f"log {done.key.vkey}")
    return 0


def _old(arguments: argparse.Namespace, passphrases: Passphrases) -> tuple[Signer | PublicKey, Path]:
    """The old key, to sign or by name, and the signer's state."""
    from trail.signing import parse_vkey

    if (arguments.reason == PLANNED) != (arguments.old_vkey is None):
        raise CallerError(
            "a planned rotation is signed by the old key; a lost or stolen one is named by --old-vkey", code="USAGE",
            advice="Give --log-key FILE, or --old-vkey VKEY with --reason lost or compromised.",
        )  # fmt: skip
    if arguments.old_vkey is not None:
        if arguments.log_key is not None:
            raise CallerError("--old-vkey goes without --log-key", code="USAGE", advice="The old key does not sign.")
        beside = Path(arguments.db).parent / "log" / "state"
        return parse_vkey(arguments.old_vkey).public, beside if arguments.state is None else Path(arguments.state)
    key, state = log_key(arguments, passphrases)
    if key is None or state is None:
        raise CallerError("the log key is not at hand", code="NO_LOG_KEY",
                          advice="Name it with --log-key, and its state with --state.")  # fmt: skip
    return key, state


def run_restore(arguments: argparse.Namespace, printer: Printer) -> int:
    """Make a lost state anew."""
    from trail.application import Log
    from trail.store import restore_state

    existing_database(arguments.db)
    held = [read_file(path, "the checkpoint") for path in arguments.held]
    path = Path(arguments.log_key)
    key = key_file(path, Passphrases(arguments, printer))
    state = path.parent / "state" if arguments.state is None else Path(arguments.state)
    with Log.open(arguments.db, origin=arguments.origin) as log:
        made = restore_state(state, key, log.reader, held)
        beyond = log.reader.head().size - made.size
    printer.say(f"已重建签名状态：{state}，第 1 至 {made.size} 条与外部所持校验点一致",
                f"made the signer's state anew: {state}; positions 1 to {made.size} fit what others hold")  # fmt: skip
    if beyond:
        printer.say(
            f"其后 {beyond} 条按数据库现状接受，外部无从比对",
            f"{beyond} entries beyond are taken as the database has them: nobody outside can compare them",
        )
    return 0
