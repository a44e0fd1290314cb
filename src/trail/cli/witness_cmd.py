"""
``trail witness``: be a witness of logs, with one's own key and one's own state, away from them.

The service and the commands work on one state, at once if need be.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trail.cli.common import instant, leaf, read_file, write_file, wrote
from trail.cli.keyring import Passphrases, add_passphrase, key_file
from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.signing import NoteKey
    from trail.witness import Memory

ALTERED: Final = 1


def add(commands: Commands) -> None:
    """Describe the commands."""
    group = leaf(commands, "witness", "be a witness of logs").add_subparsers(metavar="COMMAND", required=True)
    init = leaf(
        group, "init", "make a witness's state, once",
        "Make the state of a new witness: once, and never again. A witness that lost its state must not go on with the "
        "same key, since it would cosign a fork: it makes a new key and a new state.",
    )  # fmt: skip
    _add_state(init)
    _add_key(init)
    init.add_argument("--name", metavar="NAME", required=True, help="the witness's name, for ever: dic.example")
    init.add_argument("--log", metavar="VKEY", action="append", default=[], help="a log to cosign; may be repeated")
    init.set_defaults(run=run_init)
    _add_logs(group)
    sign = leaf(
        group, "sign", "check a request against one's own state, and cosign",
        "Check a request, as `trail checkpoint --since` writes it, against this witness's own state and cosign the "
        "checkpoint. Two trees that disagree are never cosigned; both notes are kept in the state. A service may run "
        "on the same state.",
    )  # fmt: skip
    sign.add_argument("request", metavar="FILE", help="the request")
    _add_state(sign)
    _add_key(sign)
    sign.add_argument("--out", metavar="FILE", help="where to write the cosigned note (default: standard output)")
    sign.add_argument("--now", metavar="TIME", type=instant, help="the time to state (default: this machine's clock)")
    sign.set_defaults(run=run_sign)
    serve = leaf(
        group, "serve", "answer logs over HTTP, and show a status page",
        "Answer logs over HTTP (C2SP tlog-witness), and show a status page in Chinese and English, until interrupted "
        "or told to stop. Needs the extra `witness`.",
    )  # fmt: skip
    _add_state(serve)
    _add_key(serve)
    serve.add_argument(
        "--host", metavar="ADDRESS", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )
    serve.add_argument("--port", metavar="N", type=int, default=8080, help="port to listen on (default: 8080; 0: any)")
    serve.add_argument("--prefix", metavar="PATH", default="", help="put before every address: /witness")
    serve.set_defaults(run=run_serve)
    status = leaf(
        group,
        "status",
        "what this witness has cosigned, and whether a log has forked",
        "Show what this witness has cosigned, and whether a log has forked: then the exit code is 1. Needs no key.",
    )
    _add_state(status)
    status.add_argument("--json", action="store_true", help="as JSON")
    status.set_defaults(run=run_status)
    forks = leaf(
        group, "forks", "the notes of logs that have forked",
        "List the pairs of notes that were kept as evidence, and write them with what is needed to check them without "
        "this program. The exit code is 1 if a fork is proven. Needs no key.",
    )  # fmt: skip
    _add_state(forks)
    forks.add_argument("--out", metavar="DIR", help="write the notes of each pair into a folder there")
    forks.set_defaults(run=run_forks)


def _add_logs(group: Commands) -> None:
    logs = leaf(group, "log", "say which logs are cosigned").add_subparsers(metavar="COMMAND", required=True)
    add = leaf(
        logs,
        "add",
        "cosign a log, or trust a further key of it",
        "Cosign a log, or trust a further key of it: where a key is replaced there are two for a while.",
    )
    add.add_argument("vkey", metavar="VKEY", help="the log's key, as `trail keys show KEY --as log ORIGIN` prints it")
    add.add_argument("--title", metavar="TEXT", default="", help="what to call the log on the status page")
    _add_state(add)
    add.set_defaults(run=run_log_add)
    remove = leaf(
        logs,
        "remove",
        "trust a key no more",
        "Trust a key of a log no more; what was cosigned under it stays remembered.",
    )
    remove.add_argument("vkey", metavar="VKEY", help="the key")
    _add_state(remove)
    remove.set_defaults(run=run_log_remove)
    listed = leaf(logs, "list", "the keys of the logs")
    _add_state(listed)
    listed.set_defaults(run=run_log_list)


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="FILE", required=True, help="the witness's state, kept with its key")


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", metavar="FILE", required=True, help="the witness's key file, used for nothing else")
    add_passphrase(parser)


def run_init(arguments: argparse.Namespace, printer: Printer) -> int:
    """Make the state."""
    from trail.clock import SystemClock
    from trail.signing import parse_vkey
    from trail.witness import Memory
    from trail.witness.memory import check_log_key
    from trail.witness.overview import moment

    logs = [parse_vkey(text) for text in arguments.log]
    own = _own_key(arguments, printer)
    for log in logs:
        check_log_key(log, own)  # what can't be used makes no state
    now = SystemClock().now()
    Memory.make(arguments.state, own, logs=logs, now=now).close()
    printer.say(f"见证方 {own.name} 的状态已建立：{arguments.state}",
                f"made the state of the witness {own.name}: {arguments.state}")  # fmt: skip
    printer.line(own.vkey)
    printer.say(
        f"本机时间 {moment(now)}，请核对：见证签名将声明这个时钟的时间。",
        f"This machine says that it is {moment(now)}. Check it: cosignatures state this clock's time.",
    )
    printer.say(
        "切勿从备份恢复此文件；丢失时换新密钥，并告知检查方。",
        "Never restore this file from a backup; if it is lost, make a new key and tell the inspectors.",
    )
    return 0


def _own_key(arguments: argparse.Namespace, printer: Printer) -> NoteKey:
    from trail.signing import COSIGNATURE_ED25519, NoteKey

    signer = key_file(arguments.key, Passphrases(arguments, printer))
    return NoteKey(arguments.name, COSIGNATURE_ED25519, signer.public.raw)


def run_log_add(arguments: argparse.Namespace, printer: Printer) -> int:
    """Trust a key."""
    from trail.clock import SystemClock
    from trail.signing import parse_vkey

    key = parse_vkey(arguments.vkey)
    with _memory(arguments) as memory:
        memory.add_log(key, now=SystemClock().now(), title=arguments.title)
    printer.say(f"将见证日志 {key.name}", f"the log {key.name} is cosigned from now on")
    return 0


def run_log_remove(arguments: argparse.Namespace, printer: Printer) -> int:
    """Trust a key no more."""
    from trail.signing import parse_vkey

    key = parse_vkey(arguments.vkey)
    with _memory(arguments) as memory:
        memory.remove_log(key)
        left = sum(one.trusted and one.key.name == key.name for one in memory.logs())
    printer.say(f"不再信任该密钥；日志 {key.name} 尚有 {left} 个密钥",
                f"this key is trusted no more; keys left for the log {key.name}: {left}")  # fmt: skip
    return 0


def run_log_list(arguments: argparse.Namespace, printer: Printer) -> int:
    """Show the keys."""
    with _memory(arguments) as memory:
        for one in memory.logs():
            kind = printer.choose("见证", "cosigned") if one.trusted else printer.choose("已移除", "removed")
            printer.line(f"{one.key.vkey}  {kind}{f'  {one.title}' if one.title else ''}")
    return 0


def run_sign(arguments: argparse.Namespace, printer: Printer) -> int:
    """Cosign, or refuse."""
    from trail.clock import SystemClock
    from trail.signing import format_note
    from trail.witness import Witness, parse_request
    from trail.witness.protocol import MAX_REQUEST

    body = read_file(arguments.request, "the request", MAX_REQUEST)
    signer = key_file(arguments.key, Passphrases(arguments, printer))
    with Witness(Path(arguments.state), signer) as witness:
        # Only now: opening asks for the passphrase, and whoever types it may take a while.
        line = witness.sign(body, SystemClock().now() if arguments.now is None else arguments.now)
    # The whole note, not the line alone: so the answer says which checkpoint it is for, whatever was issued since.
    note = parse_request(body).note
    answer = format_note(note.text, [*note.lines, line]).encode()
    if arguments.out is None:
        printer.document(answer)
    else:
        write_file(arguments.out, answer)
        wrote(printer, arguments.out, "见证签名", "the cosignature")
    return 0


def run_serve(arguments: argparse.Namespace, printer: Printer) -> int:
    """Answer until told to stop."""
    import logging

    from trail.clock import SystemClock
    from trail.witness import Witness
    from trail.witness.extra import require

    require("starlette", "uvicorn")
    from trail.witness.running import Running

    if not 0 <= arguments.port <= 65_535:
        raise CallerError("a port is between 0 and 65535", code="USAGE", found=arguments.port)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("trail.witness").setLevel(logging.INFO)
    signer = key_file(arguments.key, Passphrases(arguments, printer))
    with Witness(Path(arguments.state), signer, busy_timeout=5.0) as witness:
        running = Running(
            witness, SystemClock(), host=arguments.host, port=arguments.port, prefix=arguments.prefix
        )  # fmt: skip

        def ready() -> None:
            printer.say(f"见证方 {witness.key.name} 已开始服务，提交前缀：",
                        f"the witness {witness.key.name} answers; the submission prefix is")  # fmt: skip
            printer.line(running.url)
            printer.flush()

        running.run(ready)
    printer.say("已停止", "stopped")
    return 0


def run_status(arguments: argparse.Namespace, printer: Printer) -> int:
    """Show the logs and the forks."""
    from trail.clock import SystemClock
    from trail.witness.overview import age, moment, overview, root_text

    with _memory(arguments) as memory:
        state = overview(memory, SystemClock().now())
    if arguments.json:
        printer.json(state.to_json())
        return ALTERED if state.proven else 0
    printer.say(f"见证方 {state.key.name}", f"witness {state.key.name}")
    printer.line(state.key.vkey)
    if state.proven:
        printer.say(f"警报：{len(state.proven)} 处分叉，见 trail witness forks",
                    f"ALARM: forks: {len(state.proven)}; see trail witness forks")  # fmt: skip
    if state.unproven:
        printer.say(f"未获证明的校验点：{len(state.unproven)} 个",
                    f"checkpoints without a proof: {len(state.unproven)}")  # fmt: skip
    for log in state.logs:
        printer.line()
        printer.line(f"{log.origin}{f'  {log.title}' if log.title else ''}")
        if not log.keys:
            printer.say("  已停止见证", "  no longer cosigned")
        if log.last is None:
            printer.say("  尚未见证过", "  nothing cosigned yet")
            continue
        when = f"{moment(log.last.time)} ({age(state.now - log.last.time, printer.lang)})"
        printer.say(f"  记录数 {log.last.size}，见证于 {when}", f"  entries: {log.last.size}, cosigned {when}")
        printer.say(f"  树根 {root_text(log.last.root)}", f"  root {root_text(log.last.root)}")
    return ALTERED if state.proven else 0


def run_forks(arguments: argparse.Namespace, printer: Printer) -> int:
    """List the forks, and write what proves them."""
    from trail.witness.accusation import write_accusation
    from trail.witness.overview import moment, sizes

    with _memory(arguments) as memory:
        forks = memory.forks()
        keys = [one.key for one in memory.logs()]
    for fork in forks:
        kind = printer.choose("分叉", "FORK") if fork.proven else printer.choose("未获证明", "without a proof")
        printer.line(f"{kind}  {fork.origin}  {' / '.join(sizes(fork))}  {moment(fork.time)}  {fork.id}")
        if arguments.out is not None:
            wrote(printer, str(write_accusation(fork, keys, Path(arguments.out))), "证据", "the evidence")
    if not forks:
        printer.say("没有发现分叉", "no fork was seen")
    return ALTERED if any(fork.proven for fork in forks) else 0


def _memory(arguments: argparse.Namespace) -> Memory:
    from trail.witness import Memory

    return Memory(arguments.state)
