"""Subscriptions: catch up, wait, wake, stop; from other threads and other processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Subscription,
)
from tests.store.foreign.inspector import CHILDREN, child_environment, events, factory_of, opened

from trail.store import TrailFactory

PATIENCE = 20.0  # seconds after which a test gives up; nothing here takes long


@pytest.fixture(params=["file", "memory"])
def factory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TrailFactory]:
    """A factory, verified at the end."""
    with opened(tmp_path / "events.db" if request.param == "file" else "sqlite://", "Bills") as made:
        yield made


class Follower(threading.Thread):
    """Reads a subscription in a thread of its own."""

    def __init__(self, subscription: Subscription[ApplicationRecorder]) -> None:
        super().__init__(daemon=True)
        self.subscription = subscription
        self.seen: list[Notification] = []
        self.error: BaseException | None = None
        self._more = threading.Condition()
        self.start()

    def run(self) -> None:
        try:
            with self.subscription:
                for notification in self.subscription:
                    with self._more:
                        self.seen.append(notification)
                        self._more.notify_all()
        except BaseException as error:
            self.error = error

    def wait(self, count: int) -> list[int]:
        """The ids, once there are *count*."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.seen) >= count, PATIENCE), len(self.seen)
        return [notification.id for notification in self.seen]

    def stop(self) -> float:
        """Stop from this thread; gives the seconds until the other has ended."""
        start = time.monotonic()
        self.subscription.stop()
        self.join(PATIENCE)
        assert not self.is_alive()
        return time.monotonic() - start


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_catch_up_over_several_sections_then_follow(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    for number in range(4):
        recorder.insert_events(events(str(number), range(1, 401)))
    follower = Follower(recorder.subscribe())
    assert follower.wait(1600) == list(range(1, 1601))
    for number in range(3):
        recorder.insert_events(events(f"later {number}", range(1, 6)))
        assert follower.wait(1605 + 5 * number) == list(range(1, 1606 + 5 * number))
    follower.stop()
    assert follower.error is None
    assert follower.seen == list(recorder.select_notifications(None, 2000))


@pytest.mark.parametrize("gt", [None, 0, 1, 7, 10, 12])
def test_where_it_begins(factory: TrailFactory, gt: int | None) -> None:
    recorder = factory.application_recorder()
    recorder.insert_events(events("a", range(1, 11)))
    follower = Follower(recorder.subscribe(gt=gt))
    recorder.insert_events(events("b", range(1, 6)))
    assert follower.wait(15 - (gt or 0)) == list(range((gt or 0) + 1, 16))
    follower.stop()


def test_an_empty_log_is_waited_for(factory: TrailFactory) -> None:
    recorder = factory.process_recorder()
    follower = Follower(recorder.subscribe())
    time.sleep(0.12)
    assert follower.seen == []
    recorder.insert_events(events("a", range(1, 2)))
    assert follower.wait(1) == [1]
    follower.stop()


@pytest.mark.parametrize("busy", [False, True])
def test_stopped_from_another_thread(factory: TrailFactory, busy: bool) -> None:
    """Within a second, whether it waits or there is much to read; what was read before stays in order."""
    recorder = factory.application_recorder()
    if busy:
        recorder.insert_events(events("a", range(1, 3001)))
    followers = [Follower(recorder.subscribe()) for _ in range(3)]
    time.sleep(0.02)
    assert max(follower.stop() for follower in followers) < 1
    for follower in followers:
        assert follower.error is None
        assert [n.id for n in follower.seen] == list(range(1, len(follower.seen) + 1))
        assert list(follower.subscription) == []


def test_only_these_topics(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    mixed = [StoredEvent("a", number, "even" if number % 2 == 0 else "odd", b"") for number in range(1, 1201)]
    recorder.insert_events(mixed)
    follower = Follower(recorder.subscribe(gt=100, topics=["even", "never"]))
    assert follower.wait(550) == list(range(102, 1201, 2))
    follower.stop()


def test_a_topic_that_comes_only_after_long(factory: TrailFactory) -> None:
    """Nothing matches in several sections; the follower goes on all the same, and asks for no position twice."""
    recorder = factory.application_recorder()
    recorder.insert_events(events("a", range(1, 1301)))
    asked: list[int | None] = []
    select = recorder.select_notifications

    def counting(start: int | None, *arguments: object, **options: object) -> object:
        asked.append(start)
        return select(start, *arguments, **options)  # type: ignore[arg-type]

    recorder.select_notifications = counting  # type: ignore[method-assign,assignment]
    follower = Follower(recorder.subscribe(topics=["rare"]))
    for number in range(1, 6):
        recorder.insert_events(events(f"b{number}", range(1, 101)))
        size = recorder.max_notification_id()
        until(lambda: follower.subscription._read_to == size)  # type: ignore[attr-defined] # noqa: B023
    recorder.insert_events([StoredEvent("c", 1, "rare", b"")])
    assert follower.wait(1) == [1801]
    assert asked == sorted(set(asked))  # type: ignore[type-var]
    follower.stop()


def test_several_followers_see_the_same(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    followers = [Follower(recorder.subscribe(gt=start)) for start in (None, None, 5)]
    for number in range(20):
        recorder.insert_events(events(str(number), range(1, 4)))
    for follower, first in zip(followers, (1, 1, 6), strict=True):
        assert follower.wait(61 - first) == list(range(first, 61))
        follower.stop()


def test_what_is_not_committed_is_not_seen(factory: TrailFactory) -> None:
    recorder = factory.application_recorder()
    recorder.insert_events(events("a", range(1, 2)))
    follower = Follower(recorder.subscribe())
    follower.wait(1)
    with factory.database.engine.connect() as connection:
        recorder.insert_events(events("b", range(1, 4)), connection=connection)
        if not factory.database.memory:
            time.sleep(0.12)
            assert len(follower.seen) == 1
        connection.rollback()
    with factory.database.engine.begin() as connection:
        recorder.insert_events(events("c", range(1, 4)), connection=connection)
    assert follower.wait(4) == [1, 2, 3, 4]
    assert [n.originator_id for n in follower.seen] == ["a", "c", "c", "c"]
    follower.stop()


def test_another_database_object_wakes_it(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with opened(path, "Bills") as one, opened(path, "Bills") as two:
        follower = Follower(one.application_recorder().subscribe())
        writer = two.application_recorder()
        for number in range(1, 6):
            writer.insert_events(events(UUID(int=number), range(1, 3)))
            assert follower.wait(2 * number) == list(range(1, 2 * number + 1))
        follower.stop()


def test_after_close(tmp_path: Path) -> None:
    """A follower of a database that is closed ends with an error, not in silence; a stopped one ends quietly."""
    factory = factory_of(tmp_path / "events.db", "Bills")
    recorder = factory.application_recorder()
    recorder.insert_events(events("a", range(1, 2)))
    surprised, stopped = Follower(recorder.subscribe()), Follower(recorder.subscribe())
    for follower in (surprised, stopped):
        follower.wait(1)
    stopped.stop()
    factory.close()
    surprised.join(PATIENCE)
    assert isinstance(surprised.error, OperationalError)
    assert stopped.error is None
    late = Follower(recorder.subscribe())
    late.join(PATIENCE)
    assert isinstance(late.error, OperationalError)


def test_entered_once(factory: TrailFactory) -> None:
    subscription = factory.application_recorder().subscribe()
    with pytest.raises(ProgrammingError):
        subscription.__exit__(None, None, None)
    with subscription, pytest.raises(ProgrammingError):
        subscription.__enter__()
    assert list(subscription) == []


def test_another_process_follows(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with opened(path, "Bills") as factory:
        recorder = factory.application_recorder()
        recorder.insert_events(events("before", range(1, 4)))
        process = subprocess.Popen(
            [sys.executable, str(CHILDREN), "follow", str(path), "33"],
            stdout=subprocess.PIPE, env=child_environment(), text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for number in range(10):
            recorder.insert_events(events(f"o{number}", range(1, 4)))
            time.sleep(0.01)
        lines = process.stdout.read().splitlines()
        assert process.wait(PATIENCE) == 0
        assert lines == [
            f"{n.id} {n.originator_id} {n.originator_version}" for n in recorder.select_notifications(None, 99)
        ]
        assert len(lines) == 33
