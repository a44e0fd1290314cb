"""
Every case for recorders and factories that `eventsourcing.tests.persistence` ships; after each, the log is intact.

The cases are named through their module: what is imported by name would be collected and run without a recorder.
"""

from __future__ import annotations

from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, ProcessRecorder, TrackingRecorder
from eventsourcing.tests import persistence as cases
from eventsourcing.utils import Environment
from tests.store.foreign.shipped import Memory, TextIds, Verified
from tests.store.foreign.views import CountingView

from trail.store import (
    TrailAggregateRecorder,
    TrailApplicationRecorder,
    TrailFactory,
    TrailProcessRecorder,
    TrailTrackingRecorder,
    beside,
)


class TestAggregateRecorder(Verified, cases.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return self.factory.aggregate_recorder()


class TestAggregateRecorderWithTextIds(TextIds, TestAggregateRecorder):
    pass


class TestAggregateRecorderInMemory(Memory, TestAggregateRecorder):
    pass


class TestAggregateRecorderInMemoryWithTextIds(TextIds, Memory, TestAggregateRecorder):
    pass


class TestSnapshotRecorder(Verified, cases.AggregateRecorderTestCase):
    """Snapshots lie outside the tree: the log stays empty, and an audit counts them."""

    empty = True

    def create_recorder(self) -> AggregateRecorder:
        return self.factory.aggregate_recorder("snapshots")

    def tearDown(self) -> None:
        held = beside(self.reader())
        super().tearDown()
        assert held["snapshots"] == {"test_insert_and_select": 4, "test_performance": 110}[self._testMethodName]


class TestSnapshotRecorderWithTextIds(TextIds, TestSnapshotRecorder):
    pass


class TestSnapshotRecorderInMemory(Memory, TestSnapshotRecorder):
    pass


class TestSnapshotRecorderInMemoryWithTextIds(TextIds, Memory, TestSnapshotRecorder):
    pass


class TestApplicationRecorder(Verified, cases.ApplicationRecorderTestCase[ApplicationRecorder]):
    def create_recorder(self) -> ApplicationRecorder:
        return self.factory.application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderWithTextIds(TextIds, TestApplicationRecorder):
    pass


class TestApplicationRecorderInMemory(Memory, TestApplicationRecorder):
    pass


class TestApplicationRecorderInMemoryWithTextIds(TextIds, Memory, TestApplicationRecorder):
    pass


class TestProcessRecorderAsApplicationRecorder(TestApplicationRecorder):
    """A process recorder is an application recorder as well."""

    def create_recorder(self) -> ApplicationRecorder:
        return self.factory.process_recorder()

    # Ten thousand events were written in this way above.
    test_concurrent_no_conflicts = None
    test_concurrent_throughput = None


class TestTrackingRecorder(Verified, cases.TrackingRecorderTestCase):
    """Tracking records lie outside the tree too."""

    empty = True

    def create_recorder(self) -> TrackingRecorder:
        self.factory.application_recorder()
        return self.factory.tracking_recorder()


class TestTrackingRecorderInMemory(Memory, TestTrackingRecorder):
    pass


class TestProcessRecorderAsTrackingRecorder(TestTrackingRecorder):
    def create_recorder(self) -> TrackingRecorder:
        return self.factory.process_recorder()


class TestProcessRecorder(Verified, cases.ProcessRecorderTestCase):
    may_be_empty = ("test_has_tracking_id", "test_raises_when_lower_inserted_later")

    def create_recorder(self) -> ProcessRecorder:
        return self.factory.process_recorder()


class TestProcessRecorderWithTextIds(TextIds, TestProcessRecorder):
    pass


class TestProcessRecorderInMemory(Memory, TestProcessRecorder):
    pass


class TestProcessRecorderInMemoryWithTextIds(TextIds, Memory, TestProcessRecorder):
    pass


class TestNonInterleaving(Verified, cases.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> ApplicationRecorder:
        return self.factory.application_recorder()

    def tearDown(self) -> None:
        assert self.reader().head().size == 2 * self.insert_num
        super().tearDown()


class TestNonInterleavingWithTextIds(TextIds, TestNonInterleaving):
    pass


class TestNonInterleavingInMemory(Memory, TestNonInterleaving):
    pass


class TestNonInterleavingOfProcessRecorder(TestNonInterleaving):
    def create_recorder(self) -> ApplicationRecorder:
        return self.factory.process_recorder()


class TestFactory(Verified, cases.InfrastructureFactoryTestCase[TrailFactory]):
    """The factory's cases write no event."""

    empty = True
    env: Environment

    def setUp(self) -> None:
        Verified.setUp(self)
        self.factory.application_recorder()
        self.factory.close()
        cases.InfrastructureFactoryTestCase.setUp(self)

    def expected_factory_class(self) -> type[TrailFactory]:
        return TrailFactory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return TrailAggregateRecorder

    def expected_application_recorder_class(self) -> type[ApplicationRecorder]:
        return TrailApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[TrackingRecorder]:
        return TrailTrackingRecorder

    def tracking_recorder_subclass(self) -> type[TrackingRecorder]:
        return CountingView

    def expected_process_recorder_class(self) -> type[ProcessRecorder]:
        return TrailProcessRecorder


class TestFactoryInMemory(Memory, TestFactory):
    def tearDown(self) -> None:
        # The log is made with its first recorder, which not every one of these cases asks for.
        self.env.name, self.env["CREATE_TABLE"] = "Bills", "y"
        self.factory.application_recorder()
        super().tearDown()
