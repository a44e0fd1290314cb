"""What the cases that the library ships are mixed with: a log in a file or in memory, and the inspector at the end."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from uuid import UUID, uuid4

from eventsourcing.persistence import InfrastructureFactory
from tests.store.foreign.inspector import check_every_log, environment, opaque_logs

from trail.store import Reader, TrailFactory
from trail.store.engine import Database


class Verified:
    """
    A factory for each test, on a file or in `memory`; afterwards every opaque log of the database must be intact.

    ``empty`` says that the case writes nothing into the log: then it must have stayed empty.
    """

    memory: ClassVar[bool] = False
    empty: ClassVar[bool] = False
    may_be_empty: ClassVar[tuple[str, ...]] = ()
    factory: TrailFactory
    _testMethodName: str

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)  # type: ignore[attr-defined]
        self.path = Path(folder.name) / "events.db"
        self.env = environment("sqlite://" if self.memory else self.path, "Bills")
        made = InfrastructureFactory.construct(self.env)
        assert isinstance(made, TrailFactory)
        self.factory = made

    def tearDown(self) -> None:
        try:
            sizes = check_every_log(self.factory.database)
            assert list(sizes) == ["Bills"] == opaque_logs(self.factory.database)
            assert bool(sizes["Bills"]) is not (self.empty or self._testMethodName in self.may_be_empty)
        finally:
            self.factory.close()

    def reader(self, database: Database | None = None) -> Reader:
        """Reads the log."""
        return Reader(database or self.factory.database, origin="Bills")


class Memory(Verified):
    """In memory."""

    memory = True


class TextIds:
    """Originators are texts, as odd as they may be, of which some look like UUIDs."""

    _made = 0

    def new_originator_id(self) -> UUID | str:
        TextIds._made += 1
        made = str(uuid4())
        return (made, f"账簿/{made}", f"e\u0301 \u202e{made}\n", made.upper())[TextIds._made % 4]
