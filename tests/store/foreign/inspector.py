"""
What every test of foreign applications ends with: an inspector who verifies each opaque log of the database.

The inspector has a fresh log key, issues a checkpoint of each log as it stands, and verifies it twice: as evidence that
leaves the house, and as an audit of the database itself where that is a file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from eventsourcing.persistence import InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment

from trail.application.auditing import audit
from trail.signing import LOG_ED25519, NoteKey, PrivateKey, format_policy
from trail.store import CheckpointSigner, Database, Reader, TrailFactory, items
from trail.store.read import IssuedCheckpoint
from trail.store.schema import OPAQUE_TABLES
from trail.verify import Report, Verdict, verify

ROOT: Final = Path(__file__).parents[3]
MODULE: Final = "trail.store"
CHILDREN: Final = Path(__file__).with_name("children.py")
KEY: Final = PrivateKey.from_seed(sha256(b"log key").digest())


def environment(url: str | Path, name: str = "", **more: str) -> Environment:
    """The two variables that make an application's events tamper-evident, for the application called *name*."""
    return Environment(name, {"PERSISTENCE_MODULE": MODULE, "TRAIL_URL": as_url(url), **more})


def as_url(url: str | Path) -> str:
    """A path as a url."""
    return f"sqlite:///{url}" if isinstance(url, Path) else url


def factory_of(url: str | Path, name: str = "", **more: str) -> TrailFactory:
    """The factory of the application called *name*."""
    made = InfrastructureFactory.construct(environment(url, name, **more))
    assert isinstance(made, TrailFactory)
    return made


def child_environment() -> dict[str, str]:
    """What a child process needs to import this library and its tests."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def events(originator: object, versions: range, *, size: int = 20, topic: str = "topic") -> list[StoredEvent]:
    """One event for each of *versions*; the states differ."""
    return [
        StoredEvent(originator, number, topic, f"{originator}/{number}".encode().ljust(size, b"."))  # type: ignore[arg-type]
        for number in versions
    ]


def open_file(path: Path | str, mode: str = "write") -> Database:
    """A database of opaque logs that is there already."""
    return Database(str(path), mode=mode, tables=OPAQUE_TABLES)


class Inspector:
    """Signs checkpoints of one log and verifies it; the signer's state lies in *folder*."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.origin = origin
        self._state = folder / "state"
        if self._state.exists():
            self.signer = CheckpointSigner(self._state, KEY)
        else:
            self.signer = CheckpointSigner.create(self._state, KEY, origin)
        # No genesis line: an opaque log has no genesis.
        self.policy = format_policy(logs=[NoteKey(origin, LOG_ED25519, KEY.public.raw)])

    def issue(self, database: Database) -> IssuedCheckpoint:
        """Sign a checkpoint of the log as it stands."""
        return self.signer.issue(Reader(database, origin=self.origin))

    def reports(self, database: Database) -> list[Report]:
        """What the verifier says of the exported evidence, and the audit of the file."""
        made = [verify(items(Reader(database, origin=self.origin)), self.policy)]
        return made if database.memory else [*made, audit(database.path, self.policy, origin=self.origin)]

    def check(self, database: Database) -> int:
        """Issue and verify; raises `AssertionError` where a report is not *intact*.  Gives the number of entries."""
        issued = self.issue(database)
        for report in self.reports(database):
            assert report.verdict is Verdict.INTACT, [report.findings, report.remarks]
            assert (report.anchored, report.size, report.exposed) == (issued.size, issued.size, 0)
        return issued.size


def opaque_logs(database: Database) -> list[str]:
    """The origins of the opaque logs of *database*."""
    with database._borrowed() as connection:
        rows = connection.execute("SELECT origin FROM log WHERE kind='opaque' ORDER BY log").fetchall()
    return [origin for (origin,) in rows]


def check_every_log(database: Database) -> dict[str, int]:
    """
    Verify every opaque log of *database* that holds anything; gives their sizes, 0 for the empty ones.

    A copy is signed and verified, without the checkpoints that were issued before: each of these inspectors has a
    state of its own, and leaves no trace.
    """
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        target = sqlite3.connect(copy)
        with database._borrowed() as connection:
            connection.backup(target)
        target.execute("DELETE FROM checkpoint")
        target.execute("DELETE FROM cosignature")
        target.commit()
        target.close()
        with open_file(copy) as held:
            return {origin: _check(held, origin, Path(folder, str(n))) for n, origin in enumerate(opaque_logs(held))}


def _check(database: Database, origin: str, folder: Path) -> int:
    if not Reader(database, origin=origin).head().size:
        return 0
    folder.mkdir()
    return Inspector(folder, origin).check(database)


def check_file(path: Path) -> dict[str, int]:
    """`check_every_log` of a file that nobody needs to have open here."""
    with open_file(path, "read") as database:
        return check_every_log(database)


@contextmanager
def opened(url: str | Path, name: str = "", **more: str) -> Iterator[TrailFactory]:
    """A factory that is closed at the end, after every log was verified."""
    factory = factory_of(url, name, **more)
    try:
        yield factory
        check_every_log(factory.database)
    finally:
        factory.close()
