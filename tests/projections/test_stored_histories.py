"""The laws of replay over whole histories: signed, recorded, and read back from the log; every unit and person."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from campus_records import RULES
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.profile import scaled

from trail.errors import CallerError
from trail.evidence.record import Record
from trail.projections import Snapshot
from trail.rules.calendar import day_of, start_of
from trail.testing import histories
from trail.testing.history import History

FEW = settings(max_examples=scaled(8), phases=[Phase.explicit, Phase.generate])


def read_back(history: History) -> tuple[list[Record], int]:
    """All records of a log into which *history* was told, the founding included; and how many came before it."""
    with history.new_trail() as log:
        first = log.reader.head().size
        list(history.record_into(log))
        return list(log.records()), first


def snapshot(records: list[Record], day: str, size: int | None = None) -> Snapshot:
    return Snapshot(records, [RULES], as_of=day, known_at=size, now=start_of(day_of("2030-01-01")))


def everything(view: Snapshot, persons: list[str]) -> str:
    """All that a snapshot says of every unit, and of each of *persons*, or that it does not know them."""
    said: list[Any] = [view.unit(unit).to_json() for unit in view.units()]
    for person in persons:
        try:
            said.append(view.person(person).to_json())
        except CallerError as error:
            said.append([person, error.code])
    return json.dumps(said, sort_keys=True)


def persons_of(records: list[Record]) -> list[str]:
    """Whoever was registered, acted or held a post."""
    acted = {p.who for r in records for p in r.statement.performers if p.kind == "person"}
    named = {str(r.statement.fields["person"]) for r in records if "person" in r.statement.fields}
    return sorted(acted | named)


@FEW
@given(histories(), st.data())
def test_later_positions_are_unknown(history: History, data: st.DataObject):
    """status(log, a, k) = status(log[:k], a, k)."""
    records, first = read_back(history)
    persons = persons_of(records)
    last = str(history.today)
    for day in (last, data.draw(st.sampled_from(["2026-07-31", "2026-12-31", "2027-07-31"]))):
        for size in {data.draw(st.integers(first, len(records))), data.draw(st.integers(1, len(records)))}:
            cut = snapshot(records[:size], day)

            assert everything(cut, persons) == everything(snapshot(records, day, size), persons)
    whole = snapshot(records, last)
    assert any(whole.unit(unit).obligations for unit in whole.units()), "there is something to compare"


@FEW
@given(histories(), st.data())
def test_the_list_of_records_only_grows(history: History, data: st.DataObject):
    """Every record up to k is in the ledger of k, in its place, whatever was voided and whatever the date."""
    records, first = read_back(history)
    sizes = sorted({1, *data.draw(st.lists(st.integers(first, len(records)), max_size=4)), len(records)})
    for size in sizes:
        for day in ("2026-01-01", str(history.today)):
            assert [e.record for e in snapshot(records, day, size).ledger] == records[:size]


def test_one_position_more_is_told_apart():
    """What the first law compares would show a status that knows one position too many."""
    records, first = read_back(History.random(3))
    persons = persons_of(records)
    said = [everything(snapshot(records[:k], "2027-12-31"), persons) for k in range(first, len(records) + 1)]
    apart = [re.sub(r'"known_at": \d+', "", one) for one in said]

    assert sum(one != other for one, other in pairwise(apart)) > len(apart) // 3
