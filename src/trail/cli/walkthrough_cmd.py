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
        "Record a year of an invented university, show what is done and what is overdue, replay it to two dates, "
        "verify it, then change copies as an administrator would and show each change being found.",
    )  # fmt: skip
    parser.add_argument("--into", metavar="DIR", required=True, help="where to leave the log, the evidence, the policy")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Run the demonstration."""
    code: int = import_module("trail.cli.demo").run(Path(arguments.into), printer, printer.lang)
    return code
