"""
``trail anchor``, ``trail exposure``, ``trail filing``: asking witnesses, and what they have not seen yet.
"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trail.cli.common import add_origin, existing_database, instant, leaf, read_file, write_file, wrote
from trail.cli.keyring import Passphrases, add_log_key, log_key
from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.application import Log
    from trail.application.anchoring import Round
    from trail.application.filing import Along
    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.witness.asking import Witnesses

ALARM = 1
NOT_FINISHED = 3


def add(commands: Commands) -> None:
    """Describe the commands."""
    anchor = leaf(
        commands, "anchor", "sign a checkpoint and ask the witnesses for cosignatures",
        "Sign a checkpoint of the log, ask every witness of FILE that has a url to cosign it, keep what they answer. "
        "Before anything new is signed they are asked whether another instance of this log goes on elsewhere. Without "
        "the log key the last checkpoint is offered. Exit code 0 if the quorum of FILE is met, 3 if it is not yet, 1 "
        "if a witness has seen another tree.",
    )  # fmt: skip
    anchor.add_argument("db", metavar="DB", help="the database")
    add_witnesses(anchor, required=True)
    how = anchor.add_mutually_exclusive_group()
    how.add_argument("--every", metavar="SECONDS", type=_seconds, help="go on until stopped, a round every SECONDS")
    how.add_argument("--once", action="store_true", help="one round (the default)")
    anchor.add_argument("--json", action="store_true", help="print each round as JSON")
    add_origin(anchor)
    add_log_key(anchor)
    anchor.set_defaults(run=run_anchor)

    exposure = leaf(
        commands, "exposure", "show what no witness has seen yet, and since when",
        "Show how many positions lie beyond the newest checkpoint that satisfies the policy in FILE, since when, and "
        "what each witness has cosigned. Nobody is asked and nothing is signed.",
    )  # fmt: skip
    exposure.add_argument("db", metavar="DB", help="the database")
    exposure.add_argument("--witnesses", metavar="FILE", required=True, help="a policy file: the log's, an inspector's")
    exposure.add_argument("--now", metavar="TIME", type=instant, help="as of this time (default: this machine's clock)")
    exposure.add_argument("--json", action="store_true", help="print it as JSON")
    add_origin(exposure)
    exposure.set_defaults(run=run_exposure)

    filing = leaf(
        commands, "filing", "write what goes along with a filing: its proof, and the request to its recipient",
        "Write into DIR what goes to the recipient of a filed act: the proof that it stands in the log, its entry, and "
        "with --to the request by which the recipient, as a witness, cosigns everything up to it. Where no checkpoint "
        "covers the act, one is signed first.",
    )  # fmt: skip
    filing.add_argument("db", metavar="DB", help="the database")
    filing.add_argument(
        "act", metavar="EVENT_OR_POSITION", help="the act: its event id (32 hex digits) or its position"
    )
    filing.add_argument("--out", metavar="DIR", required=True, help="the folder; made if it is not there")
    filing.add_argument("--witnesses", metavar="FILE", help="a policy file that names the recipient as a witness")
    filing.add_argument("--to", metavar="NAME", help="the recipient's name in FILE")
    filing.add_argument("--since", metavar="SIZE", type=int, help="the size that the recipient has recorded, if known")
    add_origin(filing)
    add_log_key(filing)
    filing.set_defaults(run=run_filing)


def add_witnesses(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """The options that name witnesses and how they are reached."""
    parser.add_argument(
        "--witnesses", metavar="FILE", required=required,
        help="a policy file whose lines `witness NAME VKEY URL` say whom to ask",
    )  # fmt: skip
    parser.add_argument("--ca", metavar="FILE", help="certificates to trust beside the system's, for https")
    parser.add_argument("--allow-http", action="store_true", help="ask over plain http, on a network that is trusted")


def witnesses_of(arguments: argparse.Namespace) -> Witnesses:
    """The witnesses as the options name them."""
    from trail.witness.asking import Witnesses

    policy = read_file(arguments.witnesses, "the policy")
    return Witnesses(policy, ca=arguments.ca, allow_http=arguments.allow_http)


def run_anchor(arguments: argparse.Namespace, printer: Printer) -> int:
    """One round, or rounds until stopped."""
    from trail.application import Log

    existing_database(arguments.db)
    witnesses = witnesses_of(arguments)
    key, state = log_key(arguments, Passphrases(arguments, printer))
    with Log.open(arguments.db, origin=arguments.origin, log_key=key, state=state, witnesses=witnesses) as log:
        if arguments.every is not None:
            return _until_stopped(log, arguments, printer)
        held = log.anchor()
    say_round(held, printer, as_json=arguments.json)
    return exit_code(held)


def say_round(held: Round, printer: Printer, *, as_json: bool = False) -> None:
    """Print a round."""
    from trail.report.anchoring import round_json, round_lines

    if as_json:
        printer.json(round_json(held))
    else:
        printer.lines(round_lines(held, printer.lang))


def exit_code(held: Round) -> int:
    """1 after an alarm, 0 if the quorum is met, otherwise 3."""
    return ALARM if held.alarms else 0 if held.satisfied else NOT_FINISHED


def _until_stopped(log: Log, arguments: argparse.Namespace, printer: Printer) -> int:
    """Rounds in the background, until a signal; each is told when it says something new.  The last one's exit code."""
    from trail.cli.app import exit_code as code_of
    from trail.cli.app import explain
    from trail.errors import TrailError

    ended = threading.Event()
    said: list[Any] = [None]
    code = [NOT_FINISHED]

    def told(outcome: Round | Exception) -> None:
        if isinstance(outcome, Exception):
            new: Any = getattr(outcome, "code", type(outcome).__name__)
            code[0] = code_of(outcome) if isinstance(outcome, TrailError) else NOT_FINISHED
            if new != said[0] and isinstance(outcome, TrailError):
                explain(outcome, printer)
            elif new != said[0]:
                printer.note(f"trail: {type(outcome).__name__}: {outcome}")
        else:
            code[0] = exit_code(outcome)
            new = (outcome.issued.size, outcome.satisfied, [(one.name, one.code) for one in outcome.asked])
            if new != said[0]:
                say_round(outcome, printer, as_json=arguments.json)
        said[0] = new
        printer.flush()

    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        runner = log.anchoring(every=arguments.every, told=told)
        try:
            while not ended.wait(0.5):
                pass
        except KeyboardInterrupt:
            ended.set()
        runner.stop()
    finally:
        signal.signal(signal.SIGTERM, before)
    return code[0]


def run_exposure(arguments: argparse.Namespace, printer: Printer) -> int:
    """Measure and show."""
    from trail.application import Log
    from trail.report.anchoring import exposure_json, exposure_lines

    policy = read_file(arguments.witnesses, "the policy")
    with Log.open(existing_database(arguments.db), origin=arguments.origin, read_only=True) as log:
        found = log.exposure(policy, arguments.now)
    if arguments.json:
        printer.json(exposure_json(found))
    else:
        printer.lines(exposure_lines(found, printer.lang))
    return 0


def run_filing(arguments: argparse.Namespace, printer: Printer) -> int:
    """Write what goes along."""
    from trail.application import Log
    from trail.application.filing import along
    from trail.signing import parse_policy

    existing_database(arguments.db)
    if arguments.to is not None and arguments.witnesses is None and arguments.since is None:
        raise CallerError("--to needs --witnesses, or --since", code="USAGE",
                          advice="Name the policy file that has the recipient's line.")  # fmt: skip
    policy = None if arguments.witnesses is None else parse_policy(read_file(arguments.witnesses, "the policy"))
    key, state = log_key(arguments, Passphrases(arguments, printer))
    with Log.open(arguments.db, origin=arguments.origin, log_key=key, state=state) as log:
        position = _position(log, arguments.act)
        packet = along(log, position, policy=policy, to=arguments.to, since=arguments.since)
        origin = log.origin
    folder = Path(arguments.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallerError(f"{folder} can't be made: {error.strerror}", code="FILE_UNWRITABLE",
                          advice="Choose another folder.") from None  # fmt: skip
    write_file(str(folder / "filing.tlog-proof"), packet.proof.encode())
    write_file(str(folder / "filing.entry"), packet.entry)
    if packet.request is not None:
        write_file(str(folder / "request"), packet.request)
    write_file(str(folder / "README.txt"), _letter(packet, origin, arguments).encode())
    wrote(printer, arguments.out, "随报材料", "what goes along with the filing")
    printer.say(
        f"第 {position} 条，校验点覆盖第 1 至 {packet.issued.size} 条",
        f"position {position}, under the checkpoint of positions 1 to {packet.issued.size}",
    )
    return 0


def _position(log: Log, text: str) -> int:
    """The position that a number or an event id names."""
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    digits = text.replace("-", "")
    try:
        event = bytes.fromhex(digits)
    except ValueError:
        event = b""
    record = log.reader.find(event) if len(event) == 16 and log.kind == "acts" else None
    if record is None:
        raise CallerError("no such act in this log", code="ACT_UNKNOWN", found=text[:64],
                          advice="Name a position, or the event id that `trail record` printed.")  # fmt: skip
    return record.position


def _letter(packet: Along, origin: str, arguments: argparse.Namespace) -> str:
    """What the recipient is told, in both languages."""
    size = packet.issued.size
    lines = [
        f"日志 {origin} 第 {packet.position} 条随报材料",
        f"filing.entry 是该条记录；filing.tlog-proof 证明它在第 1 至 {size} 条的校验点之内。",
    ]
    if packet.request is not None:
        lines += [
            f"request 请贵方作为见证方联署该校验点（贵方上次联署至第 {packet.since} 条）：",
            "    trail witness sign request --key 密钥文件 --state 状态文件 --out answer",
            "请将 answer 送回；日志一方用 trail checkpoint 数据库 --add answer 收存。",
        ]
    lines += [
        "",
        f"What goes along with position {packet.position} of the log {origin}",
        f"filing.entry is the record; filing.tlog-proof proves it under the checkpoint of 1 to {size}.",
    ]
    if packet.request is not None:
        lines += [
            f"request asks you, as a witness, to cosign that checkpoint (you last cosigned {packet.since}):",
            "    trail witness sign request --key KEY --state STATE --out answer",
            "Send answer back; the log keeps it by: trail checkpoint DB --add answer",
        ]
    return "".join(line + "\n" for line in lines)


def _seconds(text: str) -> float:
    """A number of seconds, from a tenth to a year."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 31_536_000:
        raise argparse.ArgumentTypeError("expected a number of seconds, at least 0.1")
    return seconds
