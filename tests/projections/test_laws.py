"""
The laws of status, as properties over generated histories.

A history has acts of every kind, people who move, late entries, corrections and voidings that are back-dated, a
voiding voided, a deadline set, and a clock that steps back.
"""

from __future__ import annotations

import json
from typing import Any

from campus_records import HOLDERS, NOW, RULES, Log, later
from hypothesis import given
from hypothesis import strategies as st

from trail.evidence.record import Record
from trail.projections import Obligation, Snapshot

POSTS = ["jia/secretary", "jia/deputy", "jia/member", "jia/branch", "lab/head", "uni/secretary"]
UNITS = ["uni", "jia", "lab"]
LIST_KINDS = ["responsibility", "task"]
OWNERS = ["jia", "jia/secretary", "jia/deputy", "jia/member", "lab/head"]
DAYS = st.integers(0, 420).map(lambda n: later("2026-01-02", n))
LAGS = st.sampled_from([0, 0, 1, 5, 20, 90, -2])
ACTS = ["talk", "talk", "report", "draft", "endorse", "commit", "file", "pledge"]
CHANGES = ["correct", "void", "dispute", "move", "acting", "portfolio", "deadline"]


def step(draw: Any, log: Log, name: str) -> Record | None:
    """One more record of the kind *name*."""
    day = draw(DAYS)
    recorded = later(day, draw(LAGS))
    targets = [r for r in log.records if not r.statement.stream.startswith(("registry/units", "rules/"))]
    drafts = [r for r in log.records if "Drafted" in r.statement.type]
    if name == "talk":
        kinds = draw(st.sampled_from([("duty",), ("integrity",), ("duty", "integrity"), ("heart_to_heart",)]))
        to = draw(st.lists(st.sampled_from([*HOLDERS.values(), "p-20"]), min_size=1, max_size=3, unique=True))
        return log.talk(draw(st.sampled_from(POSTS)), list(to), day, kinds, recorded=recorded)
    if name == "report":
        subject, post = draw(st.sampled_from([("team", POSTS[1]), ("principal", POSTS[0]), ("member", POSTS[2])]))
        to = draw(st.sampled_from([["dic"], ["uni"], ["dic", "uni"]]))
        period = draw(st.sampled_from(["2026-H1", "2026-H2"]))
        return log.report(subject, post, period, day, to, recorded=recorded)
    if name == "draft":
        return log.draft(draw(st.sampled_from(LIST_KINDS)), draw(st.sampled_from(OWNERS)), day)
    if name in ("endorse", "commit", "file") and drafts:
        versions = draw(st.lists(st.sampled_from(drafts), min_size=1, max_size=4, unique_by=lambda r: r.position))
        if name == "endorse":
            return log.endorse(draw(st.sampled_from(["jia/secretary", "jia/member"])), versions, day)
        return (
            log.on("CommitmentSigned", versions, day, body="jia")
            if name == "commit"
            else log.file(versions, "dic", day)
        )
    if name == "pledge":
        party = draw(st.sampled_from(POSTS[1:4]))
        return log.pledge(party, draw(st.sampled_from(["committee", "responsible"])), day)
    if name == "correct":
        return log.correct(draw(st.sampled_from(targets)), recorded, happened=["date", day, "day", False])
    if name == "void":
        return log.void(draw(st.sampled_from(targets)), recorded)
    if name == "dispute":
        return log.edit("Disputed", draw(st.sampled_from(targets)), recorded)
    if name == "move":
        post = draw(st.sampled_from(POSTS))
        log.relieve(post, HOLDERS[post], day, recorded=recorded)
        return log.assign(post, "p-20", later(day, draw(st.integers(0, 60))), recorded=recorded)
    if name == "acting":
        return log.assign(draw(st.sampled_from(POSTS)), "p-11", day, acting=True, recorded=recorded)
    if name == "portfolio":
        return log.portfolio(draw(st.sampled_from(POSTS[:3])), draw(st.sampled_from([[], ["lab"]])), day)
    if name == "deadline":
        return log.deadline(draw(st.sampled_from(["L3b", "R5"])), draw(st.sampled_from(["2026", "2026-H1"])), day, day)
    return None


@st.composite
def histories(draw: Any, kinds: tuple[str, ...] = (*ACTS, *CHANGES)) -> Log:
    log = Log()
    for name in draw(st.lists(st.sampled_from(kinds), min_size=3, max_size=40)):
        step(draw, log, name)
    return log


def everything(snapshot: Snapshot) -> str:
    """All that a snapshot says of the units, and of the persons who ever held a post."""
    persons = sorted({t.person for post in POSTS for t in snapshot.roster.tenures(post)})
    said = [snapshot.unit(u).to_json() for u in UNITS] + [snapshot.person(p).to_json() for p in persons]
    return json.dumps(said, sort_keys=True)


def states(snapshot: Snapshot) -> dict[Any, Any]:
    return {
        o.key: (o.state, o.holder, o.due, o.required, o.done, o.missing, o.completed)
        for unit in UNITS
        for o in snapshot.unit(unit).obligations
    }


@given(histories(), DAYS, st.data())
def test_later_positions_are_unknown(log: Log, day: str, data: st.DataObject):
    """status(log, a, k) = status(log[:k], a, k)."""
    first = len(Log().records)
    size = data.draw(st.integers(first, len(log.records)))
    cut = Snapshot(log.records[:size], [RULES], as_of=day, known_at=size, now=NOW)

    assert everything(cut) == everything(log.at(day, size))


@given(histories(), DAYS, st.data())
def test_the_list_of_records_only_grows(log: Log, day: str, data: st.DataObject):
    """The list of records, originals included, before the as_of filter, only grows with k."""
    size = data.draw(st.integers(0, len(log.records)))
    less, more = (log.at(day, k).ledger for k in (size, size + data.draw(st.integers(0, 5))))

    assert [e.record for e in less] == [e.record for e in more][: len(less)]
    assert [e.record for e in log.at(day, size).ledger] == [e.record for e in log.at("2026-01-01", size).ledger]


@given(histories(), DAYS, DAYS, st.data())
def test_a_label_is_the_same_as_of_any_day(log: Log, day: str, other: str, data: st.DataObject):
    """When and in what post something was recorded does not depend on the day that is asked about."""
    size = data.draw(st.integers(0, len(log.records)))

    assert [e.to_json() for e in log.at(day, size).ledger] == [e.to_json() for e in log.at(other, size).ledger]


def shuffled(draw: Any, records: list[Record]) -> list[Record]:
    """Another order of the same records: each stream in its own, whatever cites an event after it."""
    waiting = list(records)
    done: list[Record] = []
    ids: set[bytes] = set()
    known = {r.statement.id for r in records}
    while waiting:
        ready: dict[str, Record] = {}
        blocked: set[str] = set()
        for record in waiting:
            stream = record.statement.stream
            if stream not in blocked and stream not in ready:
                if cited(record) & known <= ids:
                    ready[stream] = record
                else:
                    blocked.add(stream)
        chosen = draw(st.sampled_from(list(ready.values())))
        waiting.remove(chosen)
        ids.add(chosen.statement.id)
        done.append(chosen._replace(position=len(done) + 1))
    return done


def cited(record: Record) -> set[bytes]:
    fields: Any = record.statement.fields
    pairs = [*fields.get("versions", ()), *([fields["target"]] if "target" in fields else ())]
    return {pair[0] for pair in pairs}


@given(histories(), DAYS, st.data())
def test_the_order_between_streams_is_free(log: Log, day: str, data: st.DataObject):
    """Acts in different streams, neither citing the other, may be appended in any order without changing states."""
    other = Snapshot(shuffled(data.draw, log.records), [RULES], as_of=day, now=NOW)

    assert states(log.at(day)) == states(other)


@given(
    st.lists(st.lists(st.sampled_from(["p-11", "p-12", "p-13"]), min_size=1, max_size=6), max_size=6), st.integers(1, 3)
)
def test_one_act_counts_once(talks: list[list[str]], minimum: int):
    """One act counts once per duty, obligor, period, counterpart or recipient, however often it names them."""
    from trail.rules import default_text, load

    rules = load(default_text().replace("minimum = 1", f"minimum = {minimum}"))
    log = Log(rules=rules)
    for to in talks:
        log.talk("jia/secretary", list(to), "2026-03-05")
    one = log.one("S2a", "2026-12-31", rules=(rules,))
    counted = {p: min(minimum, sum(p in to for to in talks)) for p in ("p-11", "p-12", "p-13")}

    assert sum(counted.values()) == one.done
    assert 3 * minimum == one.required
    assert one.state == ("in_time" if one.done == 3 * minimum else "due_soon")
    after = log.one("S2a", "2027-01-31", period="2026", rules=(rules,)).state
    assert after == ("in_time" if one.done == 3 * minimum else "overdue")


@given(st.lists(st.lists(st.sampled_from(["dic", "uni"]), min_size=1, max_size=4), max_size=5))
def test_a_recipient_counts_once(filings: list[list[str]]):
    log = Log()
    for recipients in filings:
        log.report("principal", "jia/secretary", "2026-H1", "2026-07-05", list(recipients))

    reached = {r for to in filings for r in to}
    for day, open_state in (("2026-07-09", "due_soon"), ("2026-07-31", "overdue")):
        one = log.one("R5", day, period="2026-H1")
        assert (one.done, one.required) == (len(reached), 2)
        assert one.state == ("in_time" if len(reached) == 2 else open_state)
        assert {m.recipient for m in one.missing} == {"dic", "uni"} - reached


@given(histories(), DAYS)
def test_overdue_stands_on_the_unit_and_one_holder(log: Log, day: str):
    """What is overdue stands on its unit, and on nobody but the holder that it names."""
    snapshot = log.at(day)
    everybody = {t.person for post in POSTS for t in snapshot.roster.tenures(post)}
    on_persons = [(p, o.key) for p in everybody for o in snapshot.person(p).overdue()]
    on_units = [(o.holder, o.key) for u in UNITS for o in snapshot.unit(u).overdue()]

    assert sorted(on_persons) == sorted((h, k) for h, k in on_units if h in everybody)


@given(histories(), DAYS)
def test_every_answer_agrees_with_itself(log: Log, day: str):
    """At whatever date and size: the state follows from the numbers beside it, and asked again it is the same."""
    for size in (1, len(log.records) // 2, len(log.records)):
        snapshot = log.at(day, size)
        for unit in snapshot.units():
            status = snapshot.unit(unit)
            assert status.diff(log.at(day, size).unit(unit)) == ()
            for one in status.obligations:
                assert sum(m.times for m in one.missing) == one.required - one.done
                assert (one.completed is not None) == (one.done == one.required > 0)
                assert one.state == expected(one, snapshot.view.as_of), one.key


def expected(one: Obligation, bound: int) -> str:
    """The state that an obligation's own numbers give; amber is not among them, and what is soft is never late."""
    soft = RULES.duties[one.duty].soft
    if one.required == 0:
        return "void"
    if one.completed is not None:
        assert one.completed < bound
        return "in_time" if soft or one.completed < one.due_until else "late"
    if bound > one.due_until and not soft:
        return "overdue"
    assert one.state in ("not_yet_due", "due_soon")
    return one.state
