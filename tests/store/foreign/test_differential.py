"""
Our recorders against the library's own in plain Python objects: same results, same exception classes, then verified.

Where `eventsourcing.popo` is odd, the model says what is expected instead:

* `select_events` gives events in the order in which they were inserted, whatever their versions, and applies ``desc``
  and ``limit`` to that order; the library's SQL recorders order by version, and so do ours.
* ``limit=0`` gives everything; SQL gives nothing.  Limits here begin at 1, and 0 is tested by itself.
* It finds originators by ``str(originator_id)``: a UUID and the text that spells it share their versions.  For us they
  are two originators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid5

import pytest
from eventsourcing.persistence import (
    ApplicationRecorder,
    PersistenceError,
    ProcessRecorder,
    StoredEvent,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.popo import POPOAggregateRecorder, POPOApplicationRecorder, POPOFactory, POPOProcessRecorder
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from tests.profile import scaled
from tests.store.foreign.inspector import Inspector, factory_of, opened

from trail.store import Reader, TrailFactory

UUIDS = [uuid5(UUID(int=0), str(number)) for number in range(3)] + [UUID(int=0), UUID(int=2**128 - 1)]
ODD = [
    "", " ", "a", "A", "账簿/一", "\ufeff", "e\u0301", "\u00e9", "\u202e", "\n", "'; DROP TABLE opaque; --", "%",
    "\U0001f600", "x" * 1024, "界" * 341, str(UUIDS[0]).upper(), UUIDS[1].hex,
]  # fmt: skip
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.one_of(st.sampled_from(ODD), st.text(CHARACTERS, max_size=12))
ORIGINATORS = st.one_of(st.sampled_from(UUIDS), st.uuids(), TEXTS)
VERSIONS = st.one_of(
    st.integers(-2, 12), st.sampled_from([-(2**63), 2**63 - 1, 2**31, 2**32]), st.integers(-(2**63), 2**63 - 1)
)
STATES = st.one_of(st.just(b""), st.binary(max_size=40), st.just(b"{}"))
TOPICS = st.one_of(st.sampled_from(["a:A", "b:B.C", "主题"]), TEXTS)
NAMES = st.sampled_from(["upstream", "other", "上游"])
TRACKING = st.builds(Tracking, NAMES, st.integers(1, 8))
EVENTS = st.builds(StoredEvent, ORIGINATORS, VERSIONS, TOPICS, STATES)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Operations as tuples: a name, then what it takes; originators and topics come back often."""
    originators = st.sampled_from(draw(st.lists(ORIGINATORS, min_size=1, max_size=3)))
    topics = st.sampled_from(draw(st.lists(TOPICS, min_size=2, max_size=3, unique=True)))
    event = st.builds(StoredEvent, originators, VERSIONS, topics, STATES)
    run = st.builds(_run, originators, st.integers(0, 4), st.integers(0, 5), topics)
    batch = st.one_of(st.lists(event, max_size=4), run)
    bound = st.none() | VERSIONS
    limit = st.integers(1, 6)
    place = st.integers(-1, 14)
    operation = st.one_of(
        st.tuples(st.just("insert"), batch, st.none()),
        st.tuples(st.just("insert"), batch, st.none() | TRACKING),
        st.tuples(st.just("events"), originators | ORIGINATORS, bound, bound, st.booleans(), st.none() | limit),
        st.tuples(
            st.just("notifications"), st.none() | place, limit, st.none() | place,
            st.lists(topics | TOPICS, max_size=3), st.booleans(),
        ),
        st.tuples(st.just("track"), TRACKING),
        st.tuples(st.just("tracked"), NAMES, st.none() | st.integers(0, 9)),
        st.tuples(st.just("size")),
    )  # fmt: skip
    return draw(st.lists(operation, min_size=1, max_size=14))


def _run(originator: UUID | str, first: int, count: int, topic: str) -> list[StoredEvent]:
    return [StoredEvent(originator, first + number, topic, bytes([number])) for number in range(count)]


def outcome(do: Callable[[], Any]) -> Any:
    """A result, with lists for sequences, or the class of the error."""
    try:
        result = do()
    except PersistenceError as error:
        return type(error) if type(error) in PersistenceError.__subclasses__() else _library_class(type(error))
    return list(result) if isinstance(result, Sequence) else result


def _library_class(found: type[BaseException]) -> type[BaseException]:
    """The library's own class of an error: ours may be narrower."""
    return next(known for known in found.__mro__ if known.__module__ == "eventsourcing.persistence")


def ours(recorder: Any, operation: tuple[Any, ...]) -> Any:
    """Do *operation*."""
    name, *values = operation
    match name:
        case "insert":
            batch, tracking = values
            more = {} if tracking is None else {"tracking": tracking}
            return outcome(lambda: recorder.insert_events(batch, **more))
        case "events":
            who, gt, lte, desc, limit = values
            return outcome(lambda: recorder.select_events(who, gt=gt, lte=lte, desc=desc, limit=limit))
        case "notifications":
            start, limit, stop, topics, inclusive = values
            return outcome(
                lambda: recorder.select_notifications(start, limit, stop, topics, inclusive_of_start=inclusive)
            )
        case "track":
            return outcome(lambda: recorder.insert_tracking(*values))
        case "tracked":
            asked, at = values
            highest = outcome(lambda: recorder.max_tracking_id(asked))
            return highest, outcome(lambda: recorder.has_tracking_id(asked, at))
    return outcome(recorder.max_notification_id)


def model(recorder: Any, operation: tuple[Any, ...]) -> Any:
    """What is expected: `popo`, but for the oddities above."""
    if operation[0] != "events":
        return ours(recorder, operation)
    _, who, gt, lte, desc, limit = operation
    # popo takes a UUID and its text for one originator.
    same = [event for event in recorder.select_events(who) if isinstance(event.originator_id, type(who))]
    held = sorted(same, key=lambda event: event.originator_version, reverse=desc)
    held = [event for event in held if gt is None or event.originator_version > gt]
    held = [event for event in held if lte is None or event.originator_version <= lte]
    return held if limit is None else held[:limit]


def fits(recorder: Any, operation: tuple[Any, ...]) -> bool:
    """Whether a recorder of this kind has the operation."""
    if operation[0] in ("notifications", "size"):
        return isinstance(recorder, ApplicationRecorder)
    if operation[0] in ("track", "tracked"):
        return isinstance(recorder, TrackingRecorder)
    return operation[0] != "insert" or operation[2] is None or isinstance(recorder, ProcessRecorder)


def sweep(held: Sequence[StoredEvent]) -> Iterator[tuple[Any, ...]]:
    """Every way to read what was written, around the places where something begins or ends."""
    originators = list(dict.fromkeys(event.originator_id for event in held))[:3]
    for who in originators:
        versions = sorted(event.originator_version for event in held if event.originator_id == who)
        middle = versions[len(versions) // 2]
        for gt, lte, desc, limit in product((None, versions[0], middle), (None, middle), (False, True), (None, 2)):
            yield "events", who, gt, lte, desc, limit
        if isinstance(who, str):
            for other in (who.upper(), who.casefold(), normalize("NFC", who), normalize("NFD", who), who + " "):
                yield "events", other, None, None, False, None
    size, topics = len(held), list(dict.fromkeys(event.topic for event in held))
    places, chosen = (None, 1, size // 2, size), ([], topics[:1], topics[:2], topics[-1:])
    for start, stop, wanted, inclusive, limit in product(places, places, chosen, (True, False), (2, size + 1)):
        yield "notifications", start, limit, stop, wanted, inclusive
    for name in ("upstream", "other", "上游"):
        yield "tracked", name, 3
    yield ("size",)


def compare(recorder: Any, popo: Any, history: Sequence[tuple[Any, ...]]) -> None:
    """Do *history* on both, compare after each operation; then read everything in every way."""
    for operation in history:
        if fits(popo, operation):
            assert ours(recorder, operation) == model(popo, operation), operation
    for operation in sweep(popo._stored_events):
        if fits(popo, operation):
            assert ours(recorder, operation) == model(popo, operation), operation


KINDS: dict[str, tuple[Callable[[TrailFactory], Any], Callable[[], Any]]] = {
    "aggregate": (lambda factory: factory.aggregate_recorder(), POPOAggregateRecorder),
    "snapshot": (lambda factory: factory.aggregate_recorder("snapshots"), POPOAggregateRecorder),
    "application": (lambda factory: factory.application_recorder(), POPOApplicationRecorder),
    "process": (lambda factory: factory.process_recorder(), POPOProcessRecorder),
}


@pytest.mark.parametrize("kind", ["aggregate", "snapshot", "application", "process"])
@given(history=histories())
@settings(max_examples=scaled(40))
def test_as_the_library_in_memory(kind: str, history: list[tuple[Any, ...]]) -> None:
    make, make_popo = KINDS[kind]
    factory = factory_of("sqlite://", "Bills")
    popo = make_popo()
    try:
        compare(make(factory), popo, history)
        size = Reader(factory.database, origin="Bills").head().size
        assert size == (0 if kind == "snapshot" else len(popo._stored_events))
        if size:
            with TemporaryDirectory() as folder:
                Inspector(Path(folder), "Bills").check(factory.database)
    finally:
        factory.close()


@given(history=histories())
@settings(max_examples=scaled(15))
def test_as_the_library_in_a_file_that_is_reopened(history: list[tuple[Any, ...]]) -> None:
    """Half of the history in one process recorder, half in the next."""
    popo = POPOProcessRecorder()
    with TemporaryDirectory() as folder:
        for part in (history[: len(history) // 2], history[len(history) // 2 :]):
            with opened(Path(folder) / "events.db", "Bills") as factory:
                compare(factory.process_recorder(), popo, part)


@given(tracked=st.lists(TRACKING, max_size=10))
@settings(max_examples=scaled(15))
def test_tracking_alone(tracked: list[Tracking]) -> None:
    factory = factory_of("sqlite://", "Bills")
    recorder, popo = factory.tracking_recorder(), POPOFactory({}).tracking_recorder()
    try:
        for one in tracked:
            assert outcome(lambda: recorder.insert_tracking(one)) == outcome(lambda: popo.insert_tracking(one))  # noqa: B023
            for name in ("upstream", "other", "上游"):
                assert recorder.max_tracking_id(name) == popo.max_tracking_id(name)
    finally:
        factory.close()


def test_where_popo_is_odd_ours_is_as_sql() -> None:
    one, spelled = UUIDS[0], str(UUIDS[0])
    with opened("sqlite://") as factory:
        recorder = factory.application_recorder()
        assert recorder.insert_events([StoredEvent(one, 1, "t", b"1")]) == [1]
        texts = [StoredEvent(spelled, 1, "t", b"2"), StoredEvent(one.hex, 1, "t", b"3")]
        assert recorder.insert_events(texts) == [2, 3]
        assert [e.state for e in recorder.select_events(one)] == [b"1"]
        assert [e.originator_id for e in recorder.select_events(spelled)] == [spelled]
        assert [n.originator_id for n in recorder.select_notifications(None, 9)] == [one, spelled, one.hex]
        assert list(recorder.select_events(one, limit=0)) == []
        assert list(recorder.select_notifications(None, 0)) == []


class Wrong:
    """The control: a recorder with one fault."""

    def __init__(self, recorder: POPOProcessRecorder, fault: str) -> None:
        self._recorder, self._fault = recorder, fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorder, name)

    def select_events(self, who: UUID | str, **asked: Any) -> Sequence[StoredEvent]:
        if self._fault == "gt is >=" and asked["gt"] is not None:
            asked["gt"] -= 1
        held = model(self._recorder, ("events", who, asked["gt"], asked["lte"], asked["desc"], asked["limit"]))
        if self._fault == "one text form" and isinstance(who, str):
            return held or model(self._recorder, ("events", who.casefold(), None, None, False, None))
        return held[:2] if self._fault == "two at most" else held

    def select_notifications(self, start: Any, limit: int, stop: Any, topics: Any, inclusive_of_start: bool) -> Any:
        if self._fault == "stop is excluded" and stop is not None:
            stop -= 1
        if self._fault == "start is included":
            inclusive_of_start = True
        if self._fault == "the first topic only":
            topics = topics[:1]
        return self._recorder.select_notifications(start, limit, stop, topics, inclusive_of_start=inclusive_of_start)

    def insert_events(self, batch: Sequence[StoredEvent], **more: Any) -> Any:
        if self._fault == "tracking is forgotten":
            more = {}
        if self._fault == "half a batch":
            for number, event in enumerate(batch[:-1]):
                self._recorder.insert_events([event])
                batch = batch[number + 1 :] if number == 0 else batch
        return self._recorder.insert_events(batch, **more)


FAULTS = [
    "gt is >=", "two at most", "one text form", "stop is excluded", "start is included", "the first topic only",
    "tracking is forgotten", "half a batch",
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_comparison_finds_a_wrong_recorder(fault: str) -> None:
    def differs(history: list[tuple[Any, ...]]) -> bool:
        try:
            compare(Wrong(POPOProcessRecorder(), fault), POPOProcessRecorder(), history)
        except AssertionError:
            return True
        return False

    assert find(histories(), differs, settings=settings(max_examples=scaled(100), phases=[Phase.generate]))
