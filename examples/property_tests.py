"""
Property-based tests over event streams, in a host system's own suite.

The host declares a type of its own and keeps a dashboard; whatever history comes, the dashboard must be reproducible.

    pip install 'trail-evidence[testing]' pytest
    pytest examples/property_tests.py
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import given, settings

import trail.testing
from trail import Act, Field, PartSpec, TalkHeld, Verdict, declare
from trail.evidence.record import Record
from trail.testing import History
from trail.verify import verify


@dataclass(frozen=True, slots=True, kw_only=True)
class LabInspected(Act):
    """A type that the host declares."""

    TYPE = declare(
        "LabInspected",
        fields={"lab": Field("id"), "passed": Field("bool")},
        parts={"note": PartSpec({"note": Field("text", max=10_000)}, optional=True)},
    )
    lab: str
    passed: bool
    note: str | None = None


def dashboard(records: Iterable[Record], today: dt.date) -> dict[str, int]:
    """The host's own view: acts by type, up to a day."""
    return dict(Counter(r.statement.type for r in records if r.statement.happened.date() <= today.isoformat()))


@settings(deadline=None, max_examples=20)
@given(trail.testing.histories(types=[TalkHeld, LabInspected]))
def test_dashboard_replays(history: History) -> None:
    with history.new_trail() as log:
        shown = [(a.position, dashboard(log.records(), history.today)) for a in history.record_into(log)]
        for position, was in shown:
            assert dashboard(log.records(1, position), history.today) == was
        assert verify(log.evidence(), history.policy).verdict is Verdict.INTACT


@settings(deadline=None, max_examples=20)
@given(trail.testing.histories(types=[TalkHeld, LabInspected]))
def test_the_past_as_it_was_known_never_changes(history: History) -> None:
    with history.new_trail() as log:
        shown = [(a.position, log.at(history.today, known_at=a.position).unit("jia").to_json())
                 for a in history.record_into(log)][::4]  # fmt: skip
        for position, was in shown:
            assert log.at(history.today, known_at=position).unit("jia").to_json() == was
