"""
The persistence module ``trail.store``: an eventsourcing application gets a tamper-evident log by two variables.

=====================  ===========================================================================================
PERSISTENCE_MODULE     ``trail.store``
TRAIL_URL              ``sqlite:///events.db``, or a path; ``sqlite://`` for one in memory
TRAIL_ORIGIN           what the log's name begins with: ``trail.example`` makes ``trail.example/SealRegister``.
                       With the application's name before it (``SEALREGISTER_TRAIL_ORIGIN``): the whole name.
                       Checkpoints carry it for ever.  Default: the application's name alone
CREATE_TABLE           ``no`` where database, tables and log must be there already
=====================  ===========================================================================================

Each may be prefixed with the application's name, and all other variables of the library mean what they always do.
Several applications may share a database: each has its own log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final, TypeVar

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    ProcessRecorder,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool
from sqlalchemy import Table

from trail.clock import Clock, SystemClock
from trail.errors import NoteError, TrailError
from trail.store.engine import Database
from trail.store.logs import ensure_opaque_log
from trail.store.opaque import OpaqueStore
from trail.store.recorders import (
    TrailAggregateRecorder,
    TrailApplicationRecorder,
    TrailProcessRecorder,
    TrailSnapshotRecorder,
    TrailTrackingRecorder,
)
from trail.store.schema import OPAQUE_TABLES

_UNFIT: Final = re.compile(r"[\s+]+")  # what a checkpoint's first line can't hold
NAMELESS: Final = "application"
"""The log's name for an application that has none."""

_Recorder = TypeVar("_Recorder", TrailApplicationRecorder, TrailProcessRecorder, TrailTrackingRecorder)


class TrailFactory(InfrastructureFactory[TrailTrackingRecorder]):
    """
    The infrastructure factory; see the module's comment for its environment.

    Raises:
        InfrastructureFactoryError: The environment or the database can't be used.
    """

    TRAIL_URL: Final = "TRAIL_URL"
    TRAIL_ORIGIN: Final = "TRAIL_ORIGIN"
    CREATE_TABLE: Final = "CREATE_TABLE"

    clock: ClassVar[Clock] = SystemClock()

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get(self.TRAIL_URL)
        if not url:
            raise InfrastructureFactoryError(f"set {self.TRAIL_URL} to the database of the log: sqlite:///events.db")
        self._store: OpaqueStore | None = None
        try:
            mode = "create" if self._creates() else "write"
            self.database = Database(url, mode=mode, tables=OPAQUE_TABLES)
        except TrailError as error:
            raise _failed(error) from error

    def _creates(self) -> bool:
        return bool(strtobool(self.env.get(self.CREATE_TABLE) or "yes"))

    def store(self) -> OpaqueStore:
        """The store of the application's log, which is made first where that is allowed."""
        if self._store is None:
            origin = self._origin()
            try:
                if self._creates():
                    ensure_opaque_log(self.database, origin, created=self.clock.now())
                self._store = OpaqueStore(self.database, origin=origin, clock=self.clock)
            except TrailError as error:
                raise _failed(error) from error
        return self._store

    def _origin(self) -> str:
        """
        The log's name: several applications and views share an environment, and none must get another's log.
        """
        own, *shared = self.env.create_keys(self.TRAIL_ORIGIN)
        name = _UNFIT.sub("-", self.env.name) or NAMELESS
        if not shared:
            return self.env.get(own) or name
        given = dict(self.env)  # whose `get` does not fall back on the name without prefix
        base = given.get(shared[0], "")
        return given.get(own) or (f"{base.rstrip('/')}/{name}" if base else name)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """A recorder of events, or for any other *purpose* of snapshots, which lie outside the tree."""
        if purpose == "events":
            return TrailAggregateRecorder(self.store())
        return TrailSnapshotRecorder(self.store(), purpose)

    def application_recorder(self) -> ApplicationRecorder:
        """A `TrailApplicationRecorder`, or the subclass that ``APPLICATION_RECORDER_TOPIC`` names."""
        return self._made(TrailApplicationRecorder, self.APPLICATION_RECORDER_TOPIC)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrailTrackingRecorder] | None = None
    ) -> TrailTrackingRecorder:
        """A `TrailTrackingRecorder`, or the subclass that is given or that ``TRACKING_RECORDER_TOPIC`` names."""
        return self._made(TrailTrackingRecorder, self.TRACKING_RECORDER_TOPIC, tracking_recorder_class)

    def process_recorder(self) -> ProcessRecorder:
        """A `TrailProcessRecorder`, or the subclass that ``PROCESS_RECORDER_TOPIC`` names."""
        return self._made(TrailProcessRecorder, self.PROCESS_RECORDER_TOPIC)

    def _made(self, base: type[_Recorder], variable: str, given: type[_Recorder] | None = None) -> _Recorder:
        topic = self.env.get(variable)
        chosen: Any = given or (resolve_topic(topic) if topic else base)
        if not (isinstance(chosen, type) and issubclass(chosen, base)):
            raise InfrastructureFactoryError(f"{chosen} is no subclass of trail.store.{base.__name__}")
        recorder: _Recorder = chosen(self.store())
        self._make(recorder.tables)
        return recorder

    def _make(self, tables: Sequence[Table]) -> None:
        if tables and self._creates():
            try:
                with self.database.beginning() as connection:
                    for table in tables:
                        table.create(connection, checkfirst=True)
            except TrailError as error:
                raise _failed(error) from error

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def _failed(error: TrailError) -> InfrastructureFactoryError:
    advice = "Give the log a name with TRAIL_ORIGIN." if isinstance(error, NoteError) else error.advice()
    return InfrastructureFactoryError(f"{error.message}. {advice}")
