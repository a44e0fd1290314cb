"""
`python bench/run.py`: the measurements, as ratios, each with what it was measured against.

The history is built once and kept in the folder for temporary files (`--fresh` builds it anew).  Both sides of every
ratio are measured in turn in one run, since a shared machine drifts by more than most ratios differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import foreign
import history
import proving
import readmodel
import resuming
import university
import witnessing
from appending import append, append_many
from replaying import replay
from timing import MARKS, Row, machine
from verifying import memory, verification

from trail import __version__

ENTRIES, SMALL = 100_000, 10_000


def cache(fresh: bool) -> Path:
    """Where histories are kept: a folder of this user's, for this way of making them."""
    made_by = hashlib.sha256(b"".join(Path(m.__file__ or "").read_bytes() for m in (history, proving))).hexdigest()
    user = os.getuid() if hasattr(os, "getuid") else os.getlogin()
    folder = Path(tempfile.gettempdir()) / f"trail-bench-{user}" / f"{__version__}-{made_by[:12]}"
    if fresh and folder.exists():
        import shutil

        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class Bench:
    """The jobs by name, and the histories that they need, made when first asked for."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self._folder = folder
        self._quick = quick
        self.jobs: dict[str, Callable[[], list[Row]]] = {
            "append": lambda: append(self.history(SMALL), quick=quick),
            "append100": lambda: append_many(self.history(SMALL), quick=quick),
            "opaque": lambda: foreign.single(quick=quick),
            "opaque100": lambda: foreign.batches(quick=quick),
            "verify": lambda: verification(self.main(), quick=quick),
            "memory": lambda: memory(self.main(), self.history(SMALL), quick=quick),
            "incremental": lambda: resuming.incremental(self.main(), self.history(SMALL), quick=quick),
            "replay": lambda: replay(self.main(), quick=quick),
            "university": lambda: university.questions(self.university(), quick=quick),
            "readmodel": lambda: readmodel.answers(self.university(), quick=quick),
            "proof": lambda: proving.proofs(self.main(), self.leaves(), quick=quick),
            "consistency": lambda: proving.consistency(self.leaves(), quick=quick),
            "checkpoint": lambda: witnessing.checkpoints(self._folder, quick=quick),
            "cosignature": lambda: witnessing.cosignatures(self._folder, quick=quick),
        }

    def main(self) -> Path:
        """The history that most jobs measure."""
        return self.history(2 * SMALL if self._quick else ENTRIES)

    def history(self, entries: int) -> Path:
        """A history of so many entries."""
        folder = self._folder / f"{entries}"
        if not folder.exists():
            say(f"building a history of {entries:,} acts, once …")
            history.build(folder, entries)
        return folder

    def university(self) -> Path:
        """The university of three years; with --quick a small one."""
        units = university.SMALL_UNITS if self._quick else university.UNITS
        folder = self._folder / f"university-{units}-{university.made_by()}"
        if not folder.exists():
            say(f"telling a university of {units} units over {university.YEARS} years, once …")
            university.build(folder, units)
        return folder

    def leaves(self) -> Path:
        """The log of a million leaves; with --quick of a hundred thousand."""
        size = 100_000 if self._quick else proving.MILLION
        path = self._folder / f"leaves-{size}.db"
        if not path.exists():
            say(f"building a tree of {size:,} leaves, once …")
            proving.build(path, size)
        return path


def say(text: str) -> None:
    """A line for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def show(row: Row) -> None:
    """One row of the table, with its remarks beneath."""
    unit = f" {row.unit}" if row.unit else ""
    print(f"{row.job}\n    against {row.against}")
    print(f"    {row.value:.2f}{unit} ({row.low:.2f} to {row.high:.2f})   goal: {row.goal}   {MARKS[row.reached]}")
    for note in row.notes:
        print(f"      {note}")


def main(argv: list[str] | None = None) -> int:
    """Measure and print; the exit code is 0 also where a goal is missed: this is a measurement, not a test."""
    parser = argparse.ArgumentParser(description="Measure trail, as ratios.")
    parser.add_argument("--quick", action="store_true", help="smaller histories, fewer rounds: a first look")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="append, append100, opaque, opaque100, verify, memory, replay, university, readmodel, proof, "
        "consistency, checkpoint, cosignature, incremental",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    parser.add_argument("--fresh", action="store_true", help="build the histories anew")
    options = parser.parse_args(argv)
    folder = cache(options.fresh)
    bench = Bench(folder, quick=options.quick)
    unknown = set(options.only or ()) - bench.jobs.keys()
    if unknown:
        parser.error(f"no such job: {', '.join(sorted(unknown))}")
    facts = machine(folder)
    if not options.json:
        print("".join(f"{name}: {value}\n" for name, value in facts.items()))
        print("value: median of the rounds (quartiles); ratios above 1 say that trail is the faster side\n")
    rows: list[Row] = []
    for name in options.only or bench.jobs:
        found = bench.jobs[name]()
        rows += found
        for row in [] if options.json else found:
            show(row)
    if options.json:
        print(json.dumps({"machine": facts, "rows": [row._asdict() for row in rows]}, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
