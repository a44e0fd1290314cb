"""
The laws of status for what stands beside obligations, over generated rosters, rule sets and histories.

A rule set is drawn from a small one: who is obliged, at which level, with or without a limit, on whom an event falls.
A roster has people who move, act for others and leave posts vacant, and portfolios that change.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from campus_records import HOLDERS, NOW, Log, later
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from own_rules import HEAD, answer, issue
from test_laws import DAYS, LAGS, POSTS, UNITS, shuffled
from tests.profile import scaled

from trail.evidence.record import Record
from trail.projections import Snapshot, beside
from trail.projections.claims import Finder
from trail.projections.falls import Falling
from trail.rules import RuleSet, load

PARTS = ["team", "leader", "member", "principal"]


@st.composite
def rule_sets(draw: Any) -> RuleSet:
    """A triggered duty or two, a number and an institution, obliging whom they may."""
    rows = [HEAD]
    for number in range(draw(st.integers(1, 2))):
        obliged = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3, unique=True))
        levels = draw(st.sampled_from([["unit"], ["university"], ["university", "unit"]]))
        limit = draw(st.sampled_from(["", "within_workdays = 0", "within_workdays = 5"]))
        falls = draw(st.sampled_from(["named", "above"]))
        kind = draw(st.sampled_from(["", ', where = { kind = "serious" }']))
        to = draw(st.sampled_from(["", 'recipients = ["university_committee", "discipline_commission"]']))
        by = draw(st.sampled_from(["", 'performer = "obligor", ', 'performer = "unit", ', 'performer = "either", ']))
        named = ', recipient = "named"' if to else ""
        rows.append(
            f'[[duty]]\nid = "E{number}"\narticle = "1"\ntext = "及时"\nclass = "E"\nsource = "text"\n{limit}\n{to}\n'
            f"levels = {json.dumps(levels)}\nobliged = {json.dumps(obliged)}\n"
            f'trigger = [{{ type = "IssueSeen@1", falls = "{falls}"{kind} }}]\n'
            f'satisfied_by = [{{ type = "Reminded@1", {by}cause = "trigger"{named} }}]\n'
        )
    for klass in "NO":
        by = draw(st.sampled_from(["obligor", "unit", "attended", "chair"]))
        obliged = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=2, unique=True))
        more = 'ended_by = ["SystemRepealed@1"]\n' if klass == "O" and draw(st.booleans()) else ""
        rows.append(
            f'[[duty]]\nid = "{klass}1"\narticle = "1"\ntext = "经常"\nclass = "{klass}"\nsource = "text"\n{more}'
            f'levels = ["university", "unit"]\nobliged = {json.dumps(obliged)}\n'
            f'satisfied_by = [{{ type = "Visited@1", performer = "{by}" }}]\n'
        )
    return load("\n".join(rows))


ACTS = ("issue", "issue", "answer", "answer", "answer", "join", "visit", "fact")
CHANGES = ("repeal", "move", "vacate", "acting", "portfolio", "correct", "void")
STREAMS = st.sampled_from(["i/1", "i/2", None])


def step(draw: Any, log: Log, name: str) -> Record | None:
    """One more record of the kind *name*."""
    day = draw(DAYS)
    recorded = later(day, draw(LAGS))
    post = draw(st.sampled_from(POSTS))
    issues = [r for r in log.records if r.statement.type == "IssueSeen@1"]
    acts = [r for r in log.records if not r.statement.stream.startswith(("registry/units", "rules/"))]
    to = draw(st.sampled_from([["uni"], ["dic"], ["uni", "dic"]]))
    if name == "issue":
        more: dict[str, Any] = draw(st.sampled_from([{}, {"posts": [post]}, {"units": ["lab"]}, {"units": ["uni"]}]))
        where = draw(st.sampled_from([*UNITS, "dic", None]))
        kind = draw(st.sampled_from(["emerging", "serious"]))
        return issue(log, day, kind, where, recorded=recorded, stream=draw(STREAMS), **more)
    if name == "answer" and issues:
        return answer(log, draw(st.sampled_from(issues)), day, by=post, recorded=recorded, recipients=to)
    if name == "join":
        stream = draw(st.sampled_from(["i/1", "i/2"]))
        return log.add("Reminded@1", {"recipients": to}, day, by=post, recorded=recorded, stream=stream)
    if name == "visit":
        people = draw(st.lists(st.sampled_from([*HOLDERS.values(), "p-20"]), max_size=3, unique=True))
        fields = {"attended": [{"person": p} for p in people]} | ({"chair": {"person": people[0]}} if people else {})
        return log.add("Visited@1", fields, day, by=post, recorded=recorded, stream=draw(STREAMS))
    if name == "fact":
        duties = draw(st.lists(st.sampled_from(["E0", "N1", "Q1"]), min_size=1, max_size=3))
        return log.add("FactRecorded@1", {"duties": duties}, day, by=post, unit="jia", recorded=recorded)
    if name == "repeal":
        return log.add("SystemRepealed@1", {}, day, by=post, recorded=recorded, stream=draw(STREAMS))
    if name in ("move", "vacate"):
        log.relieve(post, HOLDERS[post], day, recorded=recorded)
        return None if name == "vacate" else log.assign(post, "p-20", later(day, draw(st.integers(0, 60))))
    if name == "acting":
        return log.assign(post, "p-11", day, acting=True, recorded=recorded)
    if name == "portfolio":
        return log.portfolio(draw(st.sampled_from(POSTS)), draw(st.sampled_from([[], ["lab"], ["jia"]])), day)
    if name == "correct":
        return log.correct(draw(st.sampled_from(acts)), recorded, happened=["date", day, "day", False])
    if name == "void":
        return log.void(draw(st.sampled_from(acts)), recorded)
    return None


class History(NamedTuple):
    """A log, and the rules that it adopts."""

    log: Log
    rules: RuleSet

    def at(self, as_of: str, size: int | None = None) -> Snapshot:
        return Snapshot(self.log.records, [self.rules], as_of=as_of, known_at=size, now=NOW)


@st.composite
def histories(draw: Any, kinds: tuple[str, ...] = (*ACTS, *CHANGES)) -> History:
    own = draw(rule_sets())
    log = Log(rules=own)
    for name in draw(st.lists(st.sampled_from(kinds), min_size=3, max_size=30)):
        step(draw, log, name)
    return History(log, own)


def everything(snapshot: Snapshot) -> str:
    """All that a snapshot says of the units and of the persons who ever held a post."""
    persons = sorted({t.person for post in POSTS for t in snapshot.roster.tenures(post)})
    said = [snapshot.unit(u).to_json() for u in [*UNITS, "dic"]] + [snapshot.person(p).to_json() for p in persons]
    facts = [[b.to_json() for b in snapshot.facts(u, d)] for u in UNITS for d in ("E0", "N1", "Q1")]
    return json.dumps([said, facts], sort_keys=True)


States = dict[Any, Any]


def states(snapshot: Snapshot) -> States:
    """What is said without positions: how each thing stands."""
    found: States = {}
    for unit in [*UNITS, "dic"]:
        beside_it = snapshot.besides.of(unit)
        found |= {t.key: (t.state, t.holder, t.closed, t.missing, t.elapsed_workdays) for t in beside_it.triggered}
        found |= {(c.duty, c.period, c.unit, c.post): (c.number, c.holder) for c in beside_it.counts}
        found |= {s.key: (s.in_place, s.since, s.holder) for s in beside_it.standing}
    return found


@given(histories(), DAYS, st.data())
@settings(max_examples=scaled(40))
def test_later_positions_are_unknown(history: History, day: str, data: st.DataObject):
    """status(log, a, k) = status(log[:k], a, k)."""
    records = history.log.records
    size = data.draw(st.integers(len(Log().records), len(records)))
    cut = Snapshot(records[:size], [history.rules], as_of=day, known_at=size, now=NOW)

    assert everything(cut) == everything(history.at(day, size))


@given(histories(), DAYS)
@settings(max_examples=scaled(40))
def test_later_days_are_unknown(history: History, day: str):
    """What happened after ``as_of``, and is not corrected to an earlier day, changes nothing."""
    edited = {r.statement.fields["target"][0] for r in history.log.records if "target" in r.statement.fields}  # type: ignore[index]
    kept = [
        r
        for r in history.log.records
        if r.statement.id in edited or "target" in r.statement.fields or str(r.statement.happened.value) <= day
    ]
    kept = [r._replace(position=n) for n, r in enumerate(kept, 1)]
    before = Snapshot(kept, [history.rules], as_of=day, now=NOW)

    assert states(before) == states(history.at(day))


@given(histories(), DAYS, st.data())
@settings(max_examples=scaled(40))
def test_the_order_between_streams_is_free(history: History, day: str, data: st.DataObject):
    """Acts in different streams, neither naming the other, may be appended in any order without changing states."""
    other = Snapshot(in_another_order(data.draw, history.log.records), [history.rules], as_of=day, now=NOW)

    assert states(history.at(day)) == states(other)


def in_another_order(draw: Any, records: list[Record]) -> list[Record]:
    """As `shuffled`: what names another as its cause comes after it."""
    causes = {r.statement.id: set(r.statement.causes) for r in records}
    while True:
        found = shuffled(draw, records)
        seen: set[bytes] = set()
        for record in found:
            if not causes[record.statement.id] <= seen:
                break
            seen.add(record.statement.id)
        else:
            return found
        records = sorted(records, key=lambda r: bool(r.statement.causes))
        if found == records:
            return records


@given(histories(), DAYS, st.data())
@settings(max_examples=scaled(40))
def test_voiding_undoes(history: History, day: str, data: st.DataObject):
    """One more act, voided: every state is as before."""
    before = states(history.at(day))
    made = step(data.draw, history.log, data.draw(st.sampled_from(ACTS)))
    if made is not None:
        history.log.void(made, "2027-05-01")

    assert states(history.at(day)) == before


def worse(before: States, after: States) -> set[str]:
    """In what *after* is worse than *before*, of what stood before; nothing, says the law."""
    found: set[str] = set()
    for key, old in before.items():
        new = after.get(key)
        if new is None:
            found.add("gone")
        elif isinstance(old[0], bool):
            found.update({"no longer in place"} if old[0] > new[0] or (old[1] and new[1] > old[1]) else ())
        elif isinstance(old[0], int):
            found.update({"fewer"} if new[0] < old[0] else ())
        else:
            if new[0] != old[0] and new[0] in ("open", "overdue"):
                found.add("reopened")
            if old[0] == "closed" != new[0]:
                found.add("closed before")
            if old[2] is not None and (new[2] is None or new[2] > old[2]):
                found.add("closed later")
            if not set(new[3]) <= set(old[3]):
                found.add("more missing")
    return found


def one_more(data: Any, history: History, day: str) -> set[str]:
    """What one more act that answers, visits or is a fact makes worse."""
    before = states(history.at(day))
    step(data.draw, history.log, data.draw(st.sampled_from(ACTS[2:])))
    return worse(before, states(history.at(day)))


@given(histories(), DAYS, st.data())
@settings(max_examples=scaled(60))
def test_one_more_act_never_makes_anything_worse(history: History, day: str, data: st.DataObject):
    """With rules, roster and corrections fixed: nothing is reopened, overdue, fewer, or in place later."""
    assert one_more(data, history, day) == set()


@given(histories(), DAYS)
@settings(max_examples=scaled(40))
def test_every_answer_agrees_with_itself(history: History, day: str):
    """A state follows from the values beside it; because is in the log, in order, and before the bound as corrected."""
    for size in (len(history.log.records) // 2, len(history.log.records)):
        snapshot = history.at(day, size)
        for unit in snapshot.units():
            status = snapshot.unit(unit)
            assert status.diff(history.at(day, size).unit(unit)) == ()
            assert len({t.key for t in status.triggered}) == len(status.triggered)
            for one in status.triggered:
                limited = one.due is not None
                assert one.state in (("open", "closed", "late", "overdue") if limited else ("open", "closed"))
                assert (one.closed is None) == (one.state in ("open", "overdue"))
                assert one.closed is None or (not one.missing and one.closed < snapshot.view.as_of)
                assert one.elapsed_workdays >= 0
                assert (one.state == "overdue") == (limited and one.closed is None and str(one.due) < day)
            for row in (*status.triggered, *status.counts, *status.standing):
                positions = [b.position for b in row.because]
                assert positions == sorted(set(positions))
                assert not positions or positions[-1] <= size


@given(histories(), DAYS)
@settings(max_examples=scaled(40))
def test_what_stands_on_a_person_stands_on_a_unit(history: History, day: str):
    """A person is shown what the units show with that holder, and nothing else."""
    snapshot = history.at(day)
    for person in sorted({t.person for post in POSTS for t in snapshot.roster.tenures(post)}):
        mine = {t.key for t in snapshot.person(person).triggered}
        assert mine == {t.key for u in snapshot.units() for t in snapshot.unit(u).triggered if t.holder == person}


# -- the laws can fail


def last_answer_counts(find: Any) -> Any:
    """Broken: of several answers the last is taken."""
    return lambda self, demand, trigger: sorted(find(self, demand, trigger), key=lambda c: c.when)[-1:]


def two_answers_undo(find: Any) -> Any:
    """Broken: a second answer takes the first away."""

    def answers(self: Any, demand: Any, trigger: Any) -> Any:
        rows = list(find(self, demand, trigger))
        return [] if len({c.record.statement.id for c in rows}) > 1 else rows

    return answers


def many_are_none(find: Any) -> Any:
    """Broken: what was done three times is not counted."""

    def done(self: Any, demand: Any) -> Any:
        rows = find(self, demand)
        return [] if len(rows) > 2 else rows

    return done


Break = Callable[[Any], Any]


PLAIN = load(
    HEAD
    + """
[[duty]]
id = "E0"
article = "1"
text = "及时"
class = "E"
source = "text"
levels = ["unit"]
obliged = ["team", "leader"]
trigger = [{ type = "IssueSeen@1" }]
satisfied_by = [{ type = "Reminded@1", cause = "trigger" }]

[[duty]]
id = "N1"
article = "1"
text = "经常"
class = "N"
source = "text"
levels = ["unit"]
obliged = ["team"]
satisfied_by = [{ type = "Visited@1", performer = "unit" }]

[[duty]]
id = "O1"
article = "1"
text = "建立"
class = "O"
source = "text"
levels = ["unit"]
obliged = ["team"]
satisfied_by = [{ type = "Visited@1", performer = "unit" }]
"""
)


@st.composite
def answered(draw: Any) -> History:
    """One issue, answered and visited a few times."""
    log = Log(rules=PLAIN)
    found = issue(log, "2026-01-05")
    for name in draw(st.lists(st.sampled_from(["answer", "visit"]), min_size=2, max_size=6)):
        day = draw(DAYS)
        if name == "answer":
            answer(log, found, later(day, 4), by="jia/secretary", recipients=["uni"])
        else:
            log.add("Visited@1", {}, day, by="jia/deputy")
    return History(log, PLAIN)


def again(history: History, name: str, day: str) -> set[str]:
    """What one more answer or visit makes worse."""
    before = states(history.at("2027-05-31"))
    if name == "answer":
        (found,) = (r for r in history.log.records if r.statement.type == "IssueSeen@1")
        answer(history.log, found, later(day, 4), by="jia/secretary")
    else:
        history.log.add("Visited@1", {}, day, by="jia/deputy")
    return worse(before, states(history.at("2027-05-31")))


AGAIN = st.sampled_from(["answer", "visit"])


@given(answered(), AGAIN, DAYS)
@settings(max_examples=scaled(60))
def test_one_more_act_on_what_is_answered(history: History, name: str, day: str):
    """The cases on which the controls below are found."""
    assert again(history, name, day) == set()


@pytest.mark.parametrize(
    ("name", "broken", "noticed"),
    [
        ("answers", last_answer_counts, {"closed later"}),
        ("answers", two_answers_undo, {"reopened", "closed before"}),
        ("done", many_are_none, {"fewer", "no longer in place"}),
    ],
)
def test_the_law_notices_what_is_broken(monkeypatch: pytest.MonkeyPatch, name: str, broken: Break, noticed: set[str]):
    """The same comparison, with the finding broken."""
    monkeypatch.setattr(Finder, name, broken(getattr(Finder, name)))
    found: set[str] = set()

    @given(answered(), AGAIN, DAYS)
    @settings(max_examples=150, phases=[Phase.generate])
    def look(history: History, name: str, day: str) -> None:
        found.update(again(history, name, day))

    look()
    assert noticed <= found


def test_the_order_of_arrival_is_noticed(monkeypatch: pytest.MonkeyPatch):
    """Control for the free order: an event that falls only on what stands before it in the log."""
    first = Falling.on

    def on(self: Falling, unit: str) -> Any:
        rows = list(first(self, unit))
        return [f for f in rows if f.record.position % 2]

    monkeypatch.setattr(Falling, "on", on)
    found: list[bool] = []

    @given(histories(("issue", "answer", "visit")), st.data())
    @settings(max_examples=60, phases=[Phase.generate])
    def look(history: History, data: st.DataObject) -> None:
        other = Snapshot(in_another_order(data.draw, history.log.records), [history.rules], as_of="2027-05-31", now=NOW)
        found.append(states(history.at("2027-05-31")) == states(other))

    look()
    assert not all(found)


def test_days_are_noticed(monkeypatch: pytest.MonkeyPatch):
    """Control for the days: a limit that forgets the bound."""
    monkeypatch.setattr(beside, "_state", lambda closed, bound, last: "overdue" if closed is None else "closed")
    found: list[bool] = []

    @given(histories(("issue", "answer")), DAYS)
    @settings(max_examples=60, phases=[Phase.generate])
    def look(history: History, day: str) -> None:
        snapshot = history.at(day)
        rows = [t for u in snapshot.units() for t in snapshot.unit(u).triggered]
        found.append(all(t.state != "overdue" or (t.due is not None and t.due < day) for t in rows))

    look()
    assert not all(found)
