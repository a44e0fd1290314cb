"""
``trail readmodel``: say how far the read model reaches, make it anew, or keep it up.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trail.cli.common import add_origin, existing_database, leaf

if TYPE_CHECKING:
    from trail.application import Trail
    from trail.cli.common import Commands
    from trail.cli.output import Printer


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "readmodel", "show, rebuild or keep up the index that answers are read through",
        "Show how far the read model of a log of acts reaches, by which questions about one unit or person read few "
        "entries; make it anew from nothing; or keep it up until interrupted. It is no evidence: `trail verify DB` "
        "compares it with the entries.",
    )  # fmt: skip
    parser.add_argument("db", metavar="DB", help="the database")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--rebuild", action="store_true", help="make it anew from nothing; the first time, make it")
    what.add_argument("--follow", action="store_true", help="follow the log and keep it up, until interrupted")
    add_origin(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Do what was asked for, and say how far the read model reaches."""
    from trail.application import Trail

    path = existing_database(arguments.db)
    write = arguments.rebuild or arguments.follow
    with Trail.open(path, origin=arguments.origin, read_only=not write) as trail:
        if arguments.rebuild:
            with printer.progress("重建", "rebuilding") as progress:
                trail.rebuild_read_model(progress)
        elif arguments.follow:
            _follow(trail, printer)
        _show(trail, printer, as_json=arguments.json)
    return 0


def _follow(trail: Trail, printer: Printer) -> None:
    subscription = trail.read_model.subscribe()
    try:
        for reached in trail.read_model.follow(subscription):
            printer.note(printer.choose(f"读取模型已到第 {reached} 条", f"the read model reaches position {reached}"))
    except KeyboardInterrupt:
        pass  # the way in which following ends
    finally:
        subscription.stop()


def _show(trail: Trail, printer: Printer, *, as_json: bool) -> None:
    model, head = trail.read_model.model, trail.reader.head().size
    found = model.followed()
    usable = model.usable(found)
    if as_json:
        there = None if found is None else {"position": found.position, "code": found.code, "rule": found.rule.hex()}
        printer.json({"log": trail.origin, "size": head, "read_model": there, "usable": usable})
    elif found is None:
        printer.lines([printer.choose("没有读取模型：trail readmodel DB --rebuild",
                                      "there is no read model: trail readmodel DB --rebuild")])  # fmt: skip
    else:
        zh = f"读取模型：到第 {found.position} 条，共 {head} 条；由版本 {found.code} 生成"
        en = f"read model: to position {found.position} of {head}; made by version {found.code}"
        if not usable:
            zh, en = f"{zh}；规则已不同，请 --rebuild", f"{en}; by another rule: --rebuild"
        printer.lines([printer.choose(zh, en)])
