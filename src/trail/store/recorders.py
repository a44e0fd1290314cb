"""
The recorders of `eventsourcing` on an opaque log.

========================  ========================================================================================
TrailAggregateRecorder    events of the application, into the tree; no notifications
TrailApplicationRecorder  the same, read as notifications and followed by subscriptions
TrailProcessRecorder      the same, with tracking records in the same transaction
TrailTrackingRecorder     tracking records, and a view's own tables in the same transaction
TrailSnapshotRecorder     snapshots: beside the tree, where no verification reaches
========================  ========================================================================================

Keyword arguments of ``insert_events``: ``connection``, ``idempotency_key`` and, for a process, ``tracking``; what it
does not know it leaves alone, as the library's own recorders do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    DataError,
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)
from sqlalchemy import Connection, Table

from trail.errors import CallerError
from trail.store import queries
from trail.store.adapter import LEAST, MOST, RECORDED, FollowingSubscription, translated
from trail.store.opaque import KeyReusedError, OpaqueStore, originator_column, originator_id, prepared
from trail.store.schema import OPAQUE
from trail.store.statements import Query, Row


class KeyReused(IntegrityError):
    """An idempotency key stands for other events; ``positions`` are the notification ids that it stands for."""

    def __init__(self, message: str, positions: Sequence[int]) -> None:
        super().__init__(message)
        self.positions = tuple(positions)


class _OnStore:
    """A recorder on the log of an `OpaqueStore`."""

    tables: ClassVar[Sequence[Table]] = ()
    """Tables of a subclass's own; the factory makes them with the others."""

    def __init__(self, store: OpaqueStore) -> None:
        self._store = store

    @property
    def store(self) -> OpaqueStore:
        """The store of the log."""
        return self._store

    def _append(
        self,
        events: Sequence[StoredEvent],
        *,
        connection: Connection | None = None,
        idempotency_key: str | None = None,
        tracking: Tracking | None = None,
        **_: Any,
    ) -> list[int]:
        with translated():
            try:
                return self._store.append(events, connection=connection, key=idempotency_key, tracking=tracking)
            except KeyReusedError as error:
                raise KeyReused(error.message, error.positions) from error

    def _fetch(self, query: Query, *values: Any) -> list[Row]:
        with translated():
            return self._store.database.fetch(query, self._store.log, *values)


class TrailAggregateRecorder(_OnStore, AggregateRecorder):
    """Records and selects the events of aggregates."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """
        Append the events, all or none; see the module's comment for the keyword arguments.

        Raises:
            IntegrityError: An originator has one of the versions already, or the idempotency key stands for others
                (`KeyReused`).
            DataError: An event can't be stored.
            OperationalError: The database is busy, full, broken or closed.
        """
        kwargs.pop("tracking", None)
        self._append(stored_events, **kwargs)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one originator by version."""
        return _selected(self, queries.EVENTS_OF[desc], (), originator_id, gt, lte, limit)


class TrailApplicationRecorder(TrailAggregateRecorder, ApplicationRecorder):
    """Records events and gives them as notifications; a notification's id is its position in the log."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append as `TrailAggregateRecorder` does, and return the notification ids."""
        kwargs.pop("tracking", None)
        return self._append(stored_events, **kwargs)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events of the log by position."""
        least = LEAST if start is None else _bounded(start if inclusive_of_start else start + 1)
        most = MOST if stop is None else _bounded(stop)
        rows = self._fetch(queries.notifications(OPAQUE, len(topics)), least, most, *topics, _bounded(limit))
        return [
            Notification(originator_id(name), version, topic, _present(state), position)
            for position, name, version, topic, state in rows
        ]

    def max_notification_id(self) -> int | None:
        """The last position, or None."""
        rows = self._fetch(queries.READ_HEAD)
        return int(rows[0][0]) or None if rows else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Follow the log after position *gt*, from whatever process it is written; see `FollowingSubscription`."""
        return FollowingSubscription(self, self._store.database, gt, topics)


class TrailTrackingRecorder(_OnStore, TrackingRecorder):
    """
    Tracking records; subclass it for a view whose own tables lie in the same database.

    ``tables`` of the subclass are made with the others; `tracked` writes to them and tracks in one transaction, so
    that whatever kills the process, an event counts once.
    """

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record *tracking*; raises `IntegrityError` where this position or a later one is recorded."""
        with translated(), self._store.database.writing() as tx:
            self._store.track(tx, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """The last position of *application_name* that was tracked, or None."""
        rows = self._fetch(queries.TRACKED, application_name)
        return int(rows[0][0]) if rows else None

    @contextmanager
    def tracked(self, tracking: Tracking) -> Iterator[Connection]:
        """
        A transaction in which *tracking* is recorded, for what the block writes; both are committed, or neither.

        Raises:
            IntegrityError: This position or a later one is recorded: the event was processed before.
        """
        with translated(), self._store.database.beginning() as connection:
            with self._store.database.joining(connection, queries.LOCK_HEAD, self._store.log) as tx:
                self._store.track(tx, tracking)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read a view's own tables with, as of one moment; it blocks no writer."""
        with translated(), self._store.database.looking() as connection:
            yield connection


class TrailProcessRecorder(TrailTrackingRecorder, TrailApplicationRecorder, ProcessRecorder):
    """Records events together with the position in another application's log that caused them."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append as `TrailApplicationRecorder` does, with ``tracking`` in the same transaction."""
        return self._append(stored_events, **kwargs)


class TrailSnapshotRecorder(_OnStore, AggregateRecorder):
    """
    Keeps snapshots, by their purpose.

    They lie outside the tree and nobody vouches for them: whoever may write to the database may change what an
    application rebuilds from them, until they are deleted and taken anew.
    """

    def __init__(self, store: OpaqueStore, purpose: str = "snapshots") -> None:
        super().__init__(store)
        self.purpose = purpose

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Keep snapshots; raises as `TrailAggregateRecorder.insert_events`."""
        store = self._store
        with translated():
            ready = [prepared(one) for one in stored_events]
            rows = [(store.log, self.purpose, one.column, one.version, one.topic, one.state) for one in ready]
            with store.database.writing() as tx:
                try:
                    tx.run_many(queries.INSERT_SNAPSHOT, rows)
                except tx.conflict:
                    raise CallerError("a snapshot of this version is kept already", code=RECORDED) from None
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The snapshots of one originator by version."""
        return _selected(self, queries.SNAPSHOTS_OF[desc], (self.purpose,), originator_id, gt, lte, limit)


def _selected(
    recorder: _OnStore,
    query: Query,
    before: tuple[str, ...],
    originator: UUID | str,
    gt: int | None,
    lte: int | None,
    limit: int | None,
) -> list[StoredEvent]:
    try:
        column = originator_column(originator)
    except CallerError:
        return []  # what can't be stored has no events
    least = LEAST if gt is None else _bounded(gt + 1)
    most = MOST if lte is None else _bounded(lte)
    if gt is not None and gt >= MOST:
        return []
    rows = recorder._fetch(query, *before, column, least, most, MOST if limit is None else _bounded(limit))
    return [StoredEvent(originator_id(name), version, topic, _present(state)) for name, version, topic, state in rows]


def _present(state: bytes | None) -> bytes:
    """A stored state; raises `DataError` where it is gone."""
    if state is None:
        raise DataError("the state of an event is missing: the entry that names it is still there")
    return bytes(state)


def _bounded(number: int) -> int:
    return max(LEAST, min(number, MOST))
