"""Entries that were judged before, read again quickly: the same records as the strict reader gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from campus_records import Log
from hypothesis import given
from hypothesis import strategies as st
from test_laws import histories

from trail.aggregates.catalogue import BUILT_IN_ACTS, LIBRARY_TYPES
from trail.errors import TrailError
from trail.evidence.record import Record, decode_entry, encode_entry, encode_statement, sorted_fields
from trail.evidence.schema import CompiledType, Mentions
from trail.projections import replay, size_at
from trail.rules.calendar import day_of, start_of


def entry(record: Record) -> bytes:
    statement = record.statement._replace(fields=sorted_fields(record.statement.fields))
    return encode_entry(encode_statement(statement), [b"s" * 64], record.version, record.recorded)


@given(histories())
def test_the_same_as_the_strict_reader(log: Log):
    entries = [entry(r) for r in log.records]

    assert list(replay(entries)) == [decode_entry(e, n) for n, e in enumerate(entries, 1)]


@given(histories())
def test_the_histories_of_these_tests_are_of_declared_types(log: Log):
    """What these tests feed to the projections is what the library's acts would record."""
    types = {spec.key: CompiledType(spec) for spec in (*LIBRARY_TYPES, *(act.TYPE for act in BUILT_IN_ACTS))}
    for record in log.records:
        types[record.statement.type].check_fields(sorted_fields(record.statement.fields), Mentions())


@given(st.data())
def test_what_is_broken_is_refused_like_there(data: st.DataObject):
    """Any changed byte gives the record that the strict reader gives, or an error of this library."""
    good = entry(data.draw(st.sampled_from(Log().records)))
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]

    def tried(read: Callable[[], Record]) -> Record | None:
        try:
            return read()
        except TrailError:
            return None

    strict = tried(lambda: decode_entry(bad, 1))
    quick = tried(lambda: next(replay([bad])))
    if strict is not None:
        assert quick == strict


def test_positions_go_on():
    entries = [entry(r) for r in Log().records[:3]]

    assert [r.position for r in replay(entries, 5)] == [5, 6, 7]


@pytest.mark.parametrize(("day", "size"), [("2026-03-04", 0), ("2026-03-05", 1), ("2026-03-09", 1), ("2026-03-10", 3)])
def test_known_at_a_date(day: str, size: int):
    """An instant means the largest size recorded by then, even where the clock stepped back."""
    log = Log(rules=None)
    log.records.clear()
    log.talk("jia/secretary", ["p-11"], "2026-03-01", recorded="2026-03-05")
    log.talk("jia/secretary", ["p-11"], "2026-03-01", recorded="2026-03-12")
    log.talk("jia/secretary", ["p-11"], "2026-03-01", recorded="2026-03-10")

    assert size_at(log.records, start_of(day_of(day) + 1)) == size
