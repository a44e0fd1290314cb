"""The verifier's memory of earlier events: what is packed comes out the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.strategies import NAMES, STATEMENTS

from trail.evidence.history import MemoryHistory
from trail.evidence.record import Record, Statement
from trail.evidence.schema import Mentions
from trail.evidence.trace import trace_of

ROWS = st.lists(
    st.tuples(STATEMENTS, st.integers(1, (1 << 64) - 1), st.none() | st.lists(NAMES, max_size=3)),
    max_size=8,
    unique_by=lambda row: row[0].id,
)


def record(position: int, statement: Statement, version: int) -> Record:
    return Record(position, statement, b"", bytes([position]) * 32, (), version, 0)


@given(ROWS)
def test_what_was_added_is_found_again(rows: list[tuple[Statement, int, list[str] | None]]) -> None:
    history = MemoryHistory()
    traces = {}
    versions: dict[str, int] = {}
    for position, (statement, version, counterparts) in enumerate(rows, 1):
        mentions = None if counterparts is None else Mentions()
        if mentions is not None and counterparts is not None:
            mentions.counterparts.extend(counterparts)
        one = record(position, statement, version)
        history.add(one, mentions)
        traces[statement.id] = trace_of(one, mentions or Mentions())
        versions[statement.stream] = min(version, 0xFFFF_FFFF)
    for event, trace in traces.items():
        assert history.find(event) == trace
    for stream, version in versions.items():
        assert history.version(stream) == version


@given(STATEMENTS, STATEMENTS)
def test_the_first_event_of_an_id_stays(one: Statement, other: Statement) -> None:
    history = MemoryHistory()
    history.add(record(1, one, 1), None)
    history.add(record(2, other._replace(id=one.id), 1), None)
    found = history.find(one.id)
    assert found is not None
    assert found.position == 1


def test_what_was_never_added_is_not_there() -> None:
    history = MemoryHistory()
    assert history.find(bytes(16)) is None
    assert history.version("talks/jia") == 0
