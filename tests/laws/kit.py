"""What the laws share: a history told into a log, copies of it, and the codes of a report."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trail.application import audit
from trail.evidence.record import Record
from trail.evidence.registry import REGISTRY_TYPES
from trail.signing import PrivateKey
from trail.testing.campus import WITNESS, key_of
from trail.testing.copies import copy_database, copy_file
from trail.testing.history import History, HistoryTrail
from trail.testing.stored import Copy, DatabaseCopy, record_of
from trail.verify import Report

NOW = 2_000_000_000
THIEF = key_of("a key that was never enrolled")


@dataclass(frozen=True)
class Scene:
    """A log that was told and anchored to its end, a file with a copy of it, and the inspector's policy."""

    log: HistoryTrail
    file: Path
    policy: str
    known: str
    size: int

    def copy(self) -> DatabaseCopy:
        """A fresh copy to tamper with."""
        target = self.file.with_name(f"{next(_numbers)}.db")
        return DatabaseCopy(copy_file(self.file, target))

    def audit(self, copy: DatabaseCopy, *, known: bool = False) -> Report:
        """Save *copy* and audit it, with the checkpoint that the inspector holds if *known*."""
        path = copy.save()
        try:
            return audit(path, self.policy, known=self.known if known else None, now=NOW)
        finally:
            path.unlink()

    def key(self, record: Record) -> PrivateKey:
        """The real key of the first signer of *record*."""
        return self.keys[record.statement.signers[0].key]

    @property
    def keys(self) -> dict[bytes, PrivateKey]:
        """Every key that the history may use, by id."""
        names = [f"p-{n:03d}" for n in range(1, 15)]
        names += ["r-1", "r-2", *(f"{name} {n}" for name in names for n in range(80))]
        return {key.public.id: key for key in map(key_of, names)}


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


_numbers = _count()


@contextmanager
def scene(history: History) -> Iterator[Scene]:
    """Tell *history* and copy the log into a file."""
    with history.new_trail() as log, tempfile.TemporaryDirectory(prefix="trail-laws-") as folder:
        for _ in history.record_into(log):
            pass
        file = Path(folder) / "log.db"
        copy_database(log.reader.database, file)
        issued = log.reader.checkpoint()
        assert issued is not None
        yield Scene(log, file, history.policy, issued.cosigned, log.reader.head().size)


def acts(copy: Copy) -> list[int]:
    """The positions of everything that is not the registry's."""
    return [n for n in range(1, len(copy.rows) + 1) if record_of(copy, n).statement.type not in REGISTRY_TYPES]


def with_parts(copy: Copy) -> list[int]:
    """The positions of acts whose body parts are there."""
    return [n for n in acts(copy) if copy.rows[n - 1].parts]


def found(report: Report) -> set[tuple[str, int | None]]:
    """Code and position of every finding."""
    return {(one.code, one.position) for one in report.findings}


def codes(report: Report) -> set[str]:
    """The codes of every finding."""
    return {one.code for one in report.findings}


WITNESSES = {WITNESS: key_of("witness")}
LOG_KEY = key_of("log")
