"""Materialised views on the store, as a host writes them; tests name them by topic, so they live in a module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from eventsourcing.persistence import Tracking
from eventsourcing.tests.projection import EventCountersView
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, insert, select, update

from trail.store import TrailTrackingRecorder

COUNTER = Table("counter", MetaData(), Column("name", Text, primary_key=True), Column("number", BigInteger))


def increment(connection: Connection, name: str) -> None:
    """Add one to the counter called *name*."""
    changed = connection.execute(update(COUNTER).where(COUNTER.c.name == name).values(number=COUNTER.c.number + 1))
    if not changed.rowcount:
        connection.execute(insert(COUNTER).values(name=name, number=1))


class CountingView(TrailTrackingRecorder):
    """Counts by name, in a table of its own, with the tracking record in one transaction."""

    tables: ClassVar[Sequence[Table]] = (COUNTER,)

    def count(self, name: str, tracking: Tracking) -> None:
        """Add one to the counter called *name*, once for each *tracking*."""
        with self.tracked(tracking) as connection:
            increment(connection, name)

    def counts(self) -> dict[str, int]:
        """All counters."""
        with self.reading() as connection:
            return {row.name: row.number for row in connection.execute(select(COUNTER))}


class EventCounters(CountingView, EventCountersView):
    """The view of the library's own cases."""

    def get_created_event_counter(self) -> int:
        return self.counts().get("created", 0)

    def get_subsequent_event_counter(self) -> int:
        return self.counts().get("subsequent", 0)

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self.count("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self.count("subsequent", tracking)
