"""
Projections that are killed: what the children of `test_runner` run.

A child runs a projection that counts events by originator in its own table.  `die` kills the process at a place that
the parent names, once: a marker file says that it happened.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import Tracking
from eventsourcing.projection import EventSourcedProjection, Projection, ProjectionRunner
from tests.store.foreign.views import CountingView, increment

INSIDE, AFTER, BETWEEN = "inside", "after", "between"


def die(place: str, position: int) -> None:
    """Kill this process with no warning if the parent said so: DIE_AT is ``place position marker``."""
    wanted = os.environ.get("DIE_AT")
    if wanted is None:
        return
    where, at, marker = wanted.split(" ", 2)
    if (where, int(at)) == (place, position) and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)


class ExactView(CountingView):
    """Counts and tracks in one transaction."""

    def count(self, name: str, tracking: Tracking) -> None:
        with self.tracked(tracking) as connection:
            increment(connection, name)
            die(INSIDE, tracking.notification_id)
        die(AFTER, tracking.notification_id)


class TornView(CountingView):
    """The control: counts in one transaction, tracks in the next."""

    def count(self, name: str, tracking: Tracking) -> None:
        with self.store.database.beginning() as connection:
            increment(connection, name)
        die(BETWEEN, tracking.notification_id)
        self.insert_tracking(tracking)


class Counting(Projection[CountingView]):
    """Counts whatever it is given by its originator."""

    name = "counting"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.count(str(domain_event.originator_id), tracking)


class Bills(Application[Any]):
    """An application that knows nothing of this library."""

    name = "Bills"


class Copies(EventSourcedProjection[Any]):
    """A projection whose own events are a log: one aggregate for each event that it follows."""

    name = "Copies"

    @singledispatchmethod
    def policy(self, domain_event: Any, processing_event: Any) -> None:
        copy = Aggregate()
        copy.trigger_event(Aggregate.Event)
        processing_event.collect_events(copy)


VIEWS: dict[str, type[CountingView]] = {"exact": ExactView, "torn": TornView}


def run(view: str, until: str) -> None:
    """Run the projection with the environment's variables until position *until* was processed."""
    with ProjectionRunner(
        application_class=Bills, projection_class=Counting, view_class=VIEWS[view]
    ) as runner:  # fmt: skip
        os.write(1, b"running\n")
        runner.wait(int(until), timeout=60)
    runner.view.store.database.close()


if __name__ == "__main__":
    run(*sys.argv[1:])
