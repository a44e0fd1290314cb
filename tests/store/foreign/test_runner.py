"""The library's projection runner on opaque logs and on acts: exactly once, whatever is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Tracking, TrackingRecorder
from eventsourcing.projection import EventSourcedProjectionRunner, ProjectionRunner
from eventsourcing.utils import Environment
from tests.store.foreign.inspector import ROOT, check_file, child_environment, events, opened
from tests.store.foreign.runners import AFTER, BETWEEN, INSIDE, Bills, Copies, Counting, ExactView
from tests.store.world import World

SCRIPT = ROOT / "tests" / "store" / "foreign" / "runners.py"


class Scene(NamedTuple):
    """A log to follow: the environment of application and view, the last position, how often each originator."""

    env: dict[str, str]
    size: int
    expected: dict[str, int]
    views: Path


def opaque_scene(folder: Path, *, count: int, together: bool) -> Scene:
    """An opaque log of aggregates; the view beside it, or in a database of its own."""
    path, views = folder / "events.db", folder / ("events.db" if together else "views.db")
    env = {"PERSISTENCE_MODULE": "trail.store", "TRAIL_URL": f"sqlite:///{path}"}
    env["COUNTING_TRAIL_URL"] = f"sqlite:///{views}"
    app = Bills(env)
    chance, expected = random.Random(count), Counter[str]()
    aggregates = [Aggregate() for _ in range(5)]
    app.save(*aggregates)
    expected.update(str(aggregate.id) for aggregate in aggregates)
    while expected.total() < count:
        one = chance.choice(aggregates)
        for _ in range(min(chance.choice((1, 1, 7)), count - expected.total())):
            one.trigger_event(Aggregate.Event)
            expected[str(one.id)] += 1
        app.save(one)
    app.close()
    return Scene(env, count, dict(expected), views)


def act_scene(folder: Path, *, count: int) -> Scene:
    """A log of acts, read through `trail.store.acts`; the view on `trail.store` in another database."""
    views = folder / "views.db"
    with World(folder) as world:
        world.notes(count - world.reader.head().size)
        expected = Counter(record.statement.stream for record in world.reader.records())
        env = {
            "BILLS_PERSISTENCE_MODULE": "trail.store.acts",
            "BILLS_TRAIL_URL": world.url,
            "COUNTING_PERSISTENCE_MODULE": "trail.store",
            "COUNTING_TRAIL_URL": f"sqlite:///{views}",
        }
    return Scene(env, count, dict(expected), views)


def counts(scene: Scene) -> dict[str, int]:
    """What the view counted."""
    factory = InfrastructureFactory[TrackingRecorder].construct(Environment("counting", scene.env))
    view = factory.tracking_recorder(ExactView)
    assert isinstance(view, ExactView)
    assert view.max_tracking_id("Bills") == scene.size
    found = view.counts()
    factory.close()
    return found


def start(scene: Scene, view: str, die_at: str | None = None) -> subprocess.Popen[bytes]:
    """A child that runs the projection to the end of the log."""
    env = {**child_environment(), **scene.env, **({} if die_at is None else {"DIE_AT": die_at})}
    return subprocess.Popen([sys.executable, str(SCRIPT), view, str(scene.size)], stdout=subprocess.PIPE, env=env)


def finish(scene: Scene, view: str, die_at: str | None = None) -> int:
    """Run it to its end; gives how it ended."""
    process = start(scene, view, die_at)
    process.communicate(timeout=90)
    return process.returncode


def kill_at_random(scene: Scene, kills: int) -> Counter[str]:
    """Kill the child again and again after it began to run; then let it finish."""
    chance, ends = random.Random(kills), Counter[str]()
    for _ in range(kills):
        process = start(scene, "exact")
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.12))
        process.send_signal(signal.SIGKILL)
        process.stdout.close()
        ends["killed" if process.wait() == -signal.SIGKILL else "finished"] += 1
    assert finish(scene, "exact") == 0
    return ends


def in_this_process(scene: Scene) -> dict[str, int]:
    """The runner as a host runs it."""
    with ProjectionRunner(
        application_class=Bills, projection_class=Counting, view_class=ExactView, env=scene.env
    ) as runner:
        runner.wait(scene.size, timeout=30)
    found = runner.view.counts()
    runner.view.store.database.close()
    return found


@pytest.mark.parametrize("together", [True, False])
def test_an_opaque_log_is_followed(tmp_path: Path, together: bool) -> None:
    scene = opaque_scene(tmp_path, count=300, together=together)
    assert in_this_process(scene) == scene.expected == counts(scene)
    assert check_file(tmp_path / "events.db")["Bills"] == 300


def test_acts_are_followed(tmp_path: Path) -> None:
    scene = act_scene(tmp_path, count=60)
    assert in_this_process(scene) == scene.expected == counts(scene)
    assert check_file(scene.views) == dict.fromkeys(check_file(scene.views), 0)


def test_acts_that_are_recorded_meanwhile(tmp_path: Path) -> None:
    views = tmp_path / "views.db"
    with World(tmp_path) as world:
        env = {
            "BILLS_PERSISTENCE_MODULE": "trail.store.acts", "BILLS_TRAIL_URL": world.url,
            "COUNTING_PERSISTENCE_MODULE": "trail.store", "COUNTING_TRAIL_URL": f"sqlite:///{views}",
        }  # fmt: skip
        with ProjectionRunner(
            application_class=Bills, projection_class=Counting, view_class=ExactView, env=env
        ) as runner:
            for _ in range(5):
                acks = world.notes(3)
                runner.wait(acks[-1].position, timeout=30)
        assert runner.view.counts()["notes/jia"] == 15
        assert sum(runner.view.counts().values()) == world.reader.head().size
        runner.view.store.database.close()


@pytest.mark.parametrize("place", [INSIDE, AFTER])
@pytest.mark.parametrize("kind", ["opaque", "acts"])
def test_killed_at_the_worst_moment_it_counts_once(tmp_path: Path, kind: str, place: str) -> None:
    """Before the commit of a count, and right after it."""
    scene = opaque_scene(tmp_path, count=40, together=True) if kind == "opaque" else act_scene(tmp_path, count=25)
    marker = tmp_path / "died"
    assert finish(scene, "exact", f"{place} 17 {marker}") == -signal.SIGKILL
    assert finish(scene, "exact", f"{place} 17 {marker}") == 0
    assert counts(scene) == scene.expected
    if kind == "opaque":
        assert check_file(tmp_path / "events.db")["Bills"] == scene.size


def test_the_harness_finds_a_view_that_tracks_apart(tmp_path: Path) -> None:
    """The control: killed between its two transactions, it counts an event twice."""
    scene = opaque_scene(tmp_path, count=40, together=False)
    marker = tmp_path / "died"
    assert finish(scene, "torn", f"{BETWEEN} 17 {marker}") == -signal.SIGKILL
    assert finish(scene, "torn", f"{BETWEEN} 17 {marker}") == 0
    found = counts(scene)
    assert sum(found.values()) == 41
    assert found != scene.expected


def test_a_few_random_kills(tmp_path: Path) -> None:
    scene = opaque_scene(tmp_path, count=400, together=True)
    ends = kill_at_random(scene, kills=3)
    assert counts(scene) == scene.expected, ends
    assert check_file(tmp_path / "events.db")["Bills"] == scene.size


@pytest.mark.harness
@pytest.mark.parametrize("kind", ["beside", "apart", "acts"])
def test_many_random_kills(tmp_path: Path, kind: str) -> None:
    if kind == "acts":
        scene = act_scene(tmp_path, count=2000)
    else:
        scene = opaque_scene(tmp_path, count=4000, together=kind == "beside")
    ends = kill_at_random(scene, kills=25)
    assert ends["killed"] >= 10
    assert counts(scene) == scene.expected, ends
    if kind != "acts":
        assert check_file(tmp_path / "events.db")["Bills"] == scene.size


def test_a_projection_with_events_of_its_own_and_writers_elsewhere(tmp_path: Path) -> None:
    """A process recorder follows while another factory writes; both logs are intact, each event was answered once."""
    path = tmp_path / "events.db"
    env = {"PERSISTENCE_MODULE": "trail.store", "TRAIL_URL": f"sqlite:///{path}"}
    with EventSourcedProjectionRunner(application_class=Bills, projection_class=Copies, env=env) as runner:
        writer = Bills(env)
        for _ in range(30):
            recordings = writer.save(Aggregate())
        writer.close()
        runner.wait(recordings[-1].notification.id, timeout=30)
    assert check_file(path) == {"Bills": 30, "Copies": 60}


def test_a_projection_that_fails_tracks_nothing(tmp_path: Path) -> None:
    """What the block wrote is taken back with the tracking record."""
    with opened(tmp_path / "views.db", "counting") as factory:
        view = factory.tracking_recorder(ExactView)
        view.count("a", Tracking("Bills", 1))

        def fail() -> None:
            with view.tracked(Tracking("Bills", 2)) as connection:
                connection.exec_driver_sql("UPDATE counter SET number=99")
                raise LookupError

        with pytest.raises(LookupError):
            fail()
        assert (view.counts(), view.max_tracking_id("Bills")) == ({"a": 1}, 1)
        with pytest.raises(IntegrityError):
            view.count("a", Tracking("Bills", 1))
        assert view.counts() == {"a": 1}


def test_a_view_in_memory() -> None:
    with opened("sqlite://", "Bills") as factory:
        view = factory.tracking_recorder(ExactView)
        factory.application_recorder().insert_events(events("a", range(1, 3)))
        view.count("a", Tracking("Bills", 2))
        assert view.counts() == {"a": 1}
        assert factory.application_recorder().insert_events(events("b", range(1, 2))) == [3]
