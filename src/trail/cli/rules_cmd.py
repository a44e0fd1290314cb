"""
``trail rules check``: whether a rule set can be used, and where it can't.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trail.cli.common import leaf, read_file

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer

PROBLEMS = 2
"""The exit code when the file can't be used: what the caller brings is wrong."""


def add(commands: Commands) -> None:
    """Describe the command."""
    rules = leaf(commands, "rules", "check a rule set")
    leaves = rules.add_subparsers(metavar="COMMAND", required=True)
    check = leaf(
        leaves, "check", "check a rule set and name the lines that are wrong",
        "Read a rule set (TOML) as the program would use it, and name what is wrong with its line. It ends with 2 when "
        "there is a problem; otherwise it prints the digest that an adoption names.",
    )  # fmt: skip
    check.add_argument("file", metavar="FILE", help="the rule set")
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Check the file."""
    from trail.rules import check, load
    from trail.rules.model import CLASSES

    data = read_file(arguments.file, "the rule set")
    problems = check(data)
    if problems:
        if arguments.json:
            printer.json({"file": arguments.file, "problems": [p._asdict() for p in problems]})
            return PROBLEMS
        for problem in problems:
            at = f":{problem.line}" if problem.line else ""
            printer.line(f"{arguments.file}{at}: {problem.message.replace(f', line {problem.line}', '', 1)}")
        return PROBLEMS
    rules = load(data)
    classes = {name: sum(d.klass == name for d in rules.duties.values()) for name in CLASSES}
    if arguments.json:
        printer.json({"file": arguments.file, "problems": [], "name": rules.name, "digest": rules.digest.hex(),
                      "duties": len(rules.duties), "classes": {n: c for n, c in classes.items() if c}})  # fmt: skip
        return 0
    counted = ", ".join(f"{name} {count}" for name, count in classes.items() if count)
    printer.say(f"规则可用：{rules.name}，{len(rules.duties)} 项责任（{counted}）",
                f"the rule set can be used: {rules.name}, {len(rules.duties)} duties ({counted})")  # fmt: skip
    printer.line(f"digest {rules.digest.hex()}")
    return 0
