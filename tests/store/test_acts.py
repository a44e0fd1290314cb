"""Acts through eventsourcing: repository and notification log, read-only, topics never imported."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    InfrastructureFactoryError,
    MapperDeserialisationError,
    PersistenceError,
    StoredEvent,
)
from tests.store.world import World

from trail.store.acts import ActMapper, RecordedAct


@dataclass(frozen=True)
class Tally:
    """An immutable aggregate: how many acts of each type a stream holds."""

    id: str
    version: int
    types: tuple[str, ...]


def project(tally: Tally | None, acts: Iterable[RecordedAct]) -> Tally | None:
    for act in acts:
        types = () if tally is None else tally.types
        tally = Tally(act.originator_id, act.originator_version, (*types, act.type))
    return tally


def environment(world: World, **more: str) -> dict[str, str]:
    return {"PERSISTENCE_MODULE": "trail.store.acts", "TRAIL_URL": world.url, **more}


@pytest.fixture
def filled(world: World) -> World:
    world.notes(3)
    world.record(world.decision(1))
    world.record(world.note("四", stream="notes/yi"))
    return world


def test_the_repository_rebuilds_a_stream(filled: World) -> None:
    app: Application[str] = Application(environment(filled))
    tally = app.repository.get("notes/jia", projector_func=project)
    assert tally == Tally("notes/jia", 3, ("NoteTaken@1",) * 3)
    earlier = app.repository.get("notes/jia", version=2, projector_func=project)
    assert earlier.version == 2
    with pytest.raises(AggregateNotFoundError):
        app.repository.get("notes/none", projector_func=project)
    app.close()


def test_the_notification_log_gives_positions(filled: World) -> None:
    app: Application[str] = Application(environment(filled))
    log = app.notification_log
    assert app.recorder.max_notification_id() == 21
    section = log["11,20"]
    assert [item.id for item in section.items] == list(range(11, 21))
    found = log.select(start=1, limit=10, topics=["NoteTaken@1"])
    assert [item.id for item in found] == [17, 18, 19, 21]
    assert [n.id for n in log.select(start=17, limit=2, inclusive_of_start=False)] == [18, 19]
    act = app.mapper.to_domain_event(found[0])
    assert isinstance(act, RecordedAct)
    assert act.record == filled.reader.find(act.record.statement.id)
    assert (act.position, act.originator_version) == (17, 1)
    filled.notes(1)
    assert app.recorder.max_notification_id() == 22
    app.close()


def test_streams_both_ways(filled: World) -> None:
    recorder = InfrastructureFactory.construct(environment(filled)).application_recorder()
    versions = [e.originator_version for e in recorder.select_events("notes/jia", desc=True, limit=2)]
    assert versions == [3, 2]
    assert [e.originator_version for e in recorder.select_events("notes/jia", gt=1, lte=2)] == [2]


def test_writing_is_refused(filled: World) -> None:
    factory = InfrastructureFactory.construct(environment(filled))
    recorder = factory.application_recorder()
    with pytest.raises(PersistenceError, match="façade"):
        recorder.insert_events([StoredEvent("notes/jia", 4, "NoteTaken@1", b"")])
    with pytest.raises(PersistenceError, match="façade"):
        factory.mapper().to_stored_event(RecordedAct("notes/jia", 4, next(filled.reader.records())))  # type: ignore[arg-type]
    for refused in (factory.process_recorder, factory.tracking_recorder, lambda: factory.aggregate_recorder("snaps")):
        with pytest.raises(InfrastructureFactoryError):
            refused()
    assert filled.reader.head().size == 21


def test_a_changed_topic_is_noticed_and_nothing_is_imported(filled: World) -> None:
    with filled.database.writing() as tx:
        tx.cursor.execute("UPDATE entry SET type='os:system' WHERE position=17")
    app: Application[str] = Application(environment(filled))
    with pytest.raises(MapperDeserialisationError):
        app.repository.get("notes/jia", projector_func=project)
    app.close()


class Mine:
    """A host's own event."""

    def __init__(self, act: RecordedAct) -> None:
        self.originator_id, self.originator_version = act.originator_id, act.originator_version


class MineMapper(ActMapper):
    """A closed table of one."""

    classes: ClassVar = {"ListEndorsed@1": Mine}


def test_a_host_fills_the_closed_table(filled: World) -> None:
    factory = InfrastructureFactory.construct(environment(filled))
    mapper = factory.mapper(mapper_class=MineMapper)
    events = [mapper.to_domain_event(e) for e in factory.application_recorder().select_notifications(19, 2)]
    assert [type(event) for event in events] == [RecordedAct, Mine]


@pytest.mark.parametrize(
    "env", [{"TRAIL_URL": ""}, {"TRAIL_URL": "sqlite:////nowhere/x.db"}, {"TRAIL_ORIGIN": "other.example/log"}]
)
def test_a_wrong_environment_says_so(world: World, env: dict[str, str]) -> None:
    with pytest.raises(InfrastructureFactoryError):
        InfrastructureFactory.construct(environment(world, **env))
