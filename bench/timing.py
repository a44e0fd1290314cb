"""What every job measures with: two sides in turn, medians and spreads, and the facts of the machine."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PACKAGES = ("cryptography", "eventsourcing", "msgpack", "sqlalchemy")
MARKS = {True: "reached", False: "MISSED", None: ""}


class Row(NamedTuple):
    """One line of the table: what was measured, against what, the value with its spread, the goal, and remarks."""

    job: str
    against: str
    value: float
    low: float
    high: float
    goal: str
    reached: bool | None
    notes: tuple[str, ...] = ()
    unit: str = ""


class Spread(NamedTuple):
    """A median with the quartiles around it."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles of *values*."""
    rows = sorted(values)
    if len(rows) < 4:
        return Spread(statistics.median(rows), rows[0], rows[-1])
    low, _, high = statistics.quantiles(rows, n=4)
    return Spread(statistics.median(rows), low, high)


def timed(work: Callable[[], object]) -> float:
    """Seconds that *work* takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def one_core() -> None:
    """Keep this process on one core, so that nothing is done beside it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def micro(seconds: float, count: int = 1) -> str:
    """Microseconds for each of *count*."""
    return f"{seconds / count * 1e6:.1f} us"


def machine(folder: Path) -> dict[str, str]:
    """What the figures depend on; the disk is the one that *folder* lies on."""
    facts = {
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    facts |= {name: version(name) for name in PACKAGES}
    key, message = Ed25519PrivateKey.generate(), bytes(400)
    signature, public = key.sign(message), key.public_key()
    facts["Ed25519 sign"] = micro(_best(lambda: key.sign(message)))
    facts["Ed25519 verify"] = micro(_best(lambda: public.verify(signature, message)))
    facts["fdatasync of 4 KiB"] = micro(_fsync(folder))
    return facts


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _best(work: Callable[[], object], rounds: int = 400) -> float:
    return statistics.median(timed(work) for _ in range(rounds))


def _fsync(folder: Path) -> float:
    sync = getattr(os, "fdatasync", os.fsync)
    with tempfile.TemporaryFile(dir=folder) as file:

        def write() -> None:
            os.write(file.fileno(), bytes(4096))
            sync(file.fileno())

        return _best(write, 200)
