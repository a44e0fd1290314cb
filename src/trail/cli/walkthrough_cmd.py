"""
``trail demo``: the whole path on an invented university; the walk itself is in `trail.cli.demo`.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from trail.cli.common import leaf

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "demo", "show everything on a year of an invented university",
        "Record a year of an invented university, show what is done and what is overdue, replay it to two dates, show "
        "what was recorded in one evening before an inspection, verify it, then change copies as an administrator "
        "would and show each change being found. A large university takes minutes.",
    )  # fmt: skip
    parser.add_argument("--into", metavar="DIR", required=True, help="where to leave the log, the evidence, the policy")
    parser.add_argument("--units", metavar="N", type=int, help="so many unit committees, at least 4 (default: 4)")
    parser.add_argument("--years", metavar="N", type=int, help="over so many years (default: 1)")
    parser.add_argument("--seed", metavar="N", type=int, help="another university (default: 1)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Run the demonstration."""
    asked = {name: getattr(arguments, name) for name in ("units", "years", "seed")}
    given = {name: value for name, value in asked.items() if value is not None}
    code: int = import_module("trail.cli.demo").run(Path(arguments.into), printer, printer.lang, **given)
    return code
