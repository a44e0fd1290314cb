"""
One more act that counts makes nothing worse: a law over cases that are made for it, and proof that it can fail.

A case is a unit whose obligation was met, in time or late, and one more act that discharges it: earlier or later than
what met it, in time or late, for one key or all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest
from campus_records import HOLDERS, Log, later
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_laws import ACTS, DAYS, POSTS, UNITS, step
from tests.profile import scaled

from trail.projections import Obligation, Snapshot, status
from trail.projections.claims import Claim
from trail.projections.outcome import Outcome, outcome
from trail.rules.obligations import Demand

States = dict[Any, Obligation]
AS_OF = "2027-03-31"
MEMBERS = tuple(HOLDERS[post] for post in POSTS[1:4])


class Duty(NamedTuple):
    """A duty of the unit jia: whom it is to be done to, and around which day it is due."""

    id: str
    period: str
    keys: tuple[str, ...]
    due: str
    kind: str


DUTIES = (
    Duty("S2a", "2026", MEMBERS, "2026-12-31", "duty"),
    Duty("S2b", "2026", MEMBERS, "2026-12-31", "integrity"),
    Duty("R4", "2026-H1", ("uni", "dic"), "2026-07-10", "team"),
    Duty("R4", "2026-H2", ("uni", "dic"), "2027-01-10", "team"),
    Duty("R5", "2026-H1", ("uni", "dic"), "2026-07-10", "principal"),
)


def act(log: Log, duty: Duty, keys: Iterable[str], day: str) -> None:
    """One act that discharges *duty* for *keys*."""
    if duty.kind in ("team", "principal"):
        log.report(duty.kind, "jia/secretary", duty.period, day, list(keys))
    else:
        rows = [{"person": person} for person in keys]
        fields = {"counterparts": rows, "format": "individual", "kinds": [duty.kind]}
        log.add("TalkHeld@1", fields, day, by="jia/secretary", period=duty.period)


def said(snapshot: Snapshot) -> States:
    return {o.key: o for unit in UNITS for o in snapshot.unit(unit).obligations}


@st.composite
def cases(draw: Any) -> tuple[Duty, States, States]:
    """A duty that was met, all obligations of the units before one more act that discharges it, and after."""
    log = Log()
    for name in draw(st.lists(st.sampled_from(ACTS), max_size=4)):
        step(draw, log, name)
    duty = draw(st.sampled_from(DUTIES))
    days = st.integers(-40, 40).map(lambda n: later(duty.due, n))
    if draw(st.booleans()):
        act(log, duty, duty.keys, draw(days))
    else:
        for key in duty.keys:
            act(log, duty, [key], draw(days))
    before = said(log.at(AS_OF))
    more = draw(st.lists(st.sampled_from(duty.keys), min_size=1, max_size=len(duty.keys)))
    act(log, duty, more, draw(days))
    return duty, before, said(log.at(AS_OF))


def worse(before: States, after: States) -> set[str]:
    """In what *after* is worse than *before*; nothing, says the law."""
    found: set[str] = set()
    if before.keys() != after.keys():
        found.add("other obligations")
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        if new.state == "overdue" != old.state:
            found.add("became overdue")
        if old.state == "in_time" != new.state:
            found.add(f"in time before, {new.state} after")
        if new.done < old.done:
            found.add("less done")
        if old.completed is not None and (new.completed is None or new.completed > old.completed):
            found.add("complete later")
    return found


@given(cases())
@settings(max_examples=scaled(80))
def test_one_more_act_never_makes_anything_worse(case: tuple[Duty, States, States]):
    """With rules, roster and corrections fixed: for every obligation of every unit, not only the one it is done for."""
    duty, before, after = case
    met = [o.state for o in before.values() if (o.duty, o.period, o.unit) == (duty.id, duty.period, "jia")]

    assert met in (["in_time"], ["late"]), "the case is what it was made to be"
    assert worse(before, after) == set()


@given(st.lists(st.sampled_from(ACTS), max_size=30), st.sampled_from(ACTS), DAYS, st.data())
def test_an_act_that_counts_makes_nothing_worse_in_any_history(names: list[str], last: str, day: str, data: Any):
    """Acts on lists as well, where an act may also bring a new version: then what rests on that act."""
    log = Log()
    for name in names:
        step(data.draw, log, name)
    before = said(log.at(day))
    made = step(data.draw, log, last)
    after = said(log.at(day))

    assert before.keys() == after.keys()
    resting = {k: o for k, o in after.items() if made and made.position in [b.position for b in o.because]}
    assert worse({k: before[k] for k in resting}, resting) == set()


# -- the law can fail


def second_act_makes_overdue(demand: Demand, claims: Iterable[Claim], bound: int) -> Outcome:
    """Broken: more acts than are used make what is in time overdue."""
    rows = [c for c in claims if c.when < bound]
    found = outcome(demand, rows, bound)
    again = len({(c.key, c.record.statement.id) for c in rows}) > len(found.used)
    return found._replace(state="overdue") if again and found.state == "in_time" else found


def second_act_makes_late_overdue(demand: Demand, claims: Iterable[Claim], bound: int) -> Outcome:
    """Broken: the same for what is late."""
    rows = [c for c in claims if c.when < bound]
    found = outcome(demand, rows, bound)
    again = len({(c.key, c.record.statement.id) for c in rows}) > len(found.used)
    return found._replace(state="overdue") if again and found.state == "late" else found


def latest_acts_count(demand: Demand, claims: Iterable[Claim], bound: int) -> Outcome:
    """Broken: of more acts than are needed, the latest are chosen."""
    rows = sorted((c for c in claims if c.when < bound), key=lambda c: -c.when)
    kept: list[Claim] = []
    for claim in rows:
        if sum(k.key == claim.key for k in kept) < demand.duty.minimum:
            kept.append(claim)
    return outcome(demand, kept, bound)


def only_the_last_record_counts(demand: Demand, claims: Iterable[Claim], bound: int) -> Outcome:
    """Broken: a later record on a duty puts all others aside."""
    rows = list(claims)
    last = max((c.record.position for c in rows), default=0)
    return outcome(demand, [c for c in rows if c.record.position == last], bound)


Broken = Callable[[Demand, Iterable[Claim], int], Outcome]


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        (second_act_makes_overdue, {"became overdue", "in time before, overdue after"}),
        (second_act_makes_late_overdue, {"became overdue"}),
        (latest_acts_count, {"in time before, late after", "complete later"}),
        (only_the_last_record_counts, {"less done"}),
    ],
)
def test_the_law_notices_a_broken_outcome(monkeypatch: pytest.MonkeyPatch, broken: Broken, noticed: set[str]):
    """The same cases under the same comparison, with the counting broken."""
    monkeypatch.setattr(status, "outcome", broken)
    found: set[str] = set()

    @given(cases())
    @settings(max_examples=80, phases=[Phase.generate])
    def look(case: tuple[Duty, States, States]) -> None:
        found.update(worse(*case[1:]))

    look()
    assert noticed <= found
