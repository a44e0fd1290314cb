"""The cases of `eventsourcing.tests.application` and `eventsourcing.tests.projection` on the store, then verified."""

from __future__ import annotations

import base64
import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from unittest import TestCase
from unittest.mock import patch

import pytest
from eventsourcing.application import Application
from eventsourcing.cipher import AESCipher
from eventsourcing.domain import BaseAggregate, CanInitAggregate, CanMutateAggregate, MetaDomainEvent, event
from eventsourcing.tests import application, projection
from eventsourcing.utils import get_topic
from tests.store.foreign.inspector import MODULE, check_every_log, check_file, open_file
from tests.store.foreign.views import EventCounters

from trail.store import Reader, TrailFactory

KEY = base64.b64encode(bytes(range(32))).decode()
CIPHER = {"CIPHER_TOPIC": "eventsourcing.cipher:AESCipher", AESCipher.CIPHER_KEY: KEY}
COMPRESSOR = {"COMPRESSOR_TOPIC": "eventsourcing.compressor:ZlibCompressor"}


class OnTheStore(TestCase):
    """Sets the two variables (and `more`) for whatever the case makes, and verifies every log that it left."""

    more: ClassVar[dict[str, str]] = {}
    logs: ClassVar[dict[str, int] | None] = None

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "events.db"
        self.variables = {"PERSISTENCE_MODULE": MODULE, "TRAIL_URL": f"sqlite:///{self.path}", **self.more}
        changed = patch.dict(os.environ, self.variables)
        changed.start()
        self.addCleanup(changed.stop)
        super().setUp()

    def tearDown(self) -> None:
        super().tearDown()
        sizes = check_file(self.path) if self.path.exists() else {}
        if self.logs is not None:
            assert sizes == self.logs


class TestExampleApplication(OnTheStore, application.ExampleApplicationTestCase):
    expected_factory_topic = get_topic(TrailFactory)
    logs: ClassVar = {"BankAccounts": 4}
    plain: ClassVar[bool] = True

    def tearDown(self) -> None:
        super().tearDown()
        with open_file(self.path, "read") as database, database._borrowed() as connection:
            assert Reader(database).head().size == 4
            tables = ("opaque", "snapshot")
            states = [row[0] for table in tables for row in connection.execute(f"SELECT state FROM {table}")]
        assert len(states) == 6
        assert any(b"alice@example.com" in state for state in states) is self.plain


class TestExampleApplicationEncrypted(TestExampleApplication):
    more: ClassVar = CIPHER
    plain = False

    def test_nothing_readable_reaches_the_disk(self) -> None:
        super().test_example_application()
        files = [self.path.parent / name for name in os.listdir(self.path.parent)]
        assert not any(b"alice@example.com" in file.read_bytes() for file in files)


class TestExampleApplicationCompressed(TestExampleApplication):
    more: ClassVar = COMPRESSOR
    plain = False


class TestExampleApplicationEncryptedAndCompressed(TestExampleApplication):
    more: ClassVar = {**CIPHER, **COMPRESSOR}
    plain = False


class TestApplications(OnTheStore, application.ApplicationTestCase):
    pass


class TestApplicationsEncryptedAndCompressed(TestApplications):
    more: ClassVar = {**CIPHER, **COMPRESSOR}


class TestProjection(OnTheStore, projection.AggregateEventCountersProjectionTestCase):
    """Application and view in one file."""

    view_class = EventCounters
    sizes: ClassVar = {"test_event_counters_projection": 6, "test_run_forever_raises_projection_error": 2}

    def tearDown(self) -> None:
        super().tearDown()
        with open_file(self.path, "read") as database:
            assert Reader(database, origin="Application").head().size == self.sizes[self._testMethodName]


class TestProjectionInAnotherFile(TestProjection):
    def setUp(self) -> None:
        super().setUp()
        self.env = {"EVENTCOUNTERS_TRAIL_URL": f"sqlite:///{self.path}.views"}  # type: ignore[misc]


class TestProjectionEncrypted(TestProjection):
    more: ClassVar = {**CIPHER, **COMPRESSOR}


class TestEventSourcedProjection(OnTheStore, projection.EventSourcedProjectionTestCase):
    """A process recorder: the projection's own events are a log as well."""

    logs: ClassVar = {"Application": 5, "Counters": 7}


class TestEventSourcedProjectionEncrypted(TestEventSourcedProjection):
    more: ClassVar = {**CIPHER, **COMPRESSOR}


class LedgerEvent(CanMutateAggregate[str], metaclass=MetaDomainEvent):
    """An event of an aggregate whose id is a text."""

    originator_id: str
    originator_version: int
    timestamp: datetime


class Ledger(BaseAggregate[str]):
    """An aggregate whose id is a text."""

    class Event(LedgerEvent):
        """Something happened."""

    class Opened(Event, CanInitAggregate[str]):
        """It began."""

        originator_topic: str
        name: str

    @staticmethod
    def create_id(name: str) -> str:
        """The id of a ledger."""
        return f"账簿/{name}"

    @event(Opened)
    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []

    @event("Written")
    def write(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)


@pytest.mark.parametrize("more", [{}, CIPHER, COMPRESSOR, {**CIPHER, **COMPRESSOR}])
@pytest.mark.parametrize("memory", [False, True])
def test_an_application_with_text_ids(tmp_path: Path, memory: bool, more: dict[str, str]) -> None:
    url = "sqlite://" if memory else f"sqlite:///{tmp_path / 'events.db'}"
    env = {"PERSISTENCE_MODULE": MODULE, "TRAIL_URL": url, **more}
    app: Application[str] = Application(env)
    ledger = Ledger("一")
    for number in range(5):
        ledger.write(f"line {number}")
    assert [recording.notification.id for recording in app.save(ledger)] == [1, 2, 3, 4, 5, 6]
    assert app.repository.get("账簿/一").lines == [f"line {number}" for number in range(5)]
    assert app.repository.get("账簿/一", version=2).lines == ["line 0"]
    assert isinstance(app.factory, TrailFactory)
    assert check_every_log(app.factory.database) == {"Application": 6}
    app.close()
