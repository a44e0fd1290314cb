"""
A snapshot over the records that bear on a unit or a person says exactly what one over all records says.

The law, over the histories of these tests, over those that were signed, recorded and read back, and over a university;
and that the law would find an index that forgets one kind of link.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from campus_records import HOLDERS, NOW, RULES, Log
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_laws import DAYS, UNITS, histories
from test_stored_histories import persons_of, read_back
from tests.profile import scaled

from trail.errors import CallerError
from trail.evidence.record import Record, SignerRef
from trail.projections import Snapshot, bearing
from trail.projections.bearing import SHARED, Keyed, Ties, choose, keys_of, look_around
from trail.projections.lookback import lookback
from trail.projections.part import Part, Shared, Wide
from trail.projections.questions import Thresholds
from trail.projections.status import size_at
from trail.rules import RuleSet, load
from trail.rules.calendar import day_of, start_of
from trail.testing import histories as signed_histories
from trail.testing.history import History
from trail.testing.university import University, amended_text

FEW = settings(max_examples=scaled(6), phases=[Phase.explicit, Phase.generate])
SLOW = settings(max_examples=scaled(30), suppress_health_check=[HealthCheck.too_slow], deadline=None)
LATER = start_of(day_of("2030-01-01"))


class Few:
    """Answers from few of *records*, as an index with these keys finds them."""

    def __init__(self, records: Iterable[Record], rules: Iterable[RuleSet], now: int) -> None:
        self.rules, self.now = list(rules), now
        self.index, self.ties, self.shared = Keyed(records), Ties(self.rules), Shared(self.rules)
        for record in self.index.records(sorted(self.index.positions([SHARED]))):
            self.ties.add(record)
            self.shared.add(record)

    def chosen(self, kind: str, name: str) -> dict[int, Record]:
        wanted = self.ties.of_unit(name) if kind == "unit" else self.ties.of_person(name)
        return choose(wanted, self.ties, self.index)

    def at(self, kind: str, name: str, as_of: Any, known_at: int | None) -> Part:
        chosen = self.chosen(kind, name)
        return Part(chosen, self.shared, size=self.index.last, as_of=as_of, known_at=known_at, now=self.now)

    def back(self, kind: str, name: str, as_of: Any, known_at: int | None) -> Wide | None:
        around = self.ties.around_unit(name) if kind == "unit" else self.ties.around_person(name)
        found = look_around(around, NOTICES, self.index, self.shared.records)
        if found is None:
            return None
        narrow = self.at(kind, name, as_of, known_at)
        found.update(record.position for record in narrow.records)
        every = self.index.records(range(1, self.index.last + 1))
        return Wide(
            {record.position: record for record in self.index.records(sorted(found))},
            self.shared,
            size=self.index.last,
            narrow=narrow,
            before=lambda instant, size: size_at(every[:size], instant),
            now=self.now,
        )


def said(snapshot: Snapshot, kind: str, name: str) -> str:
    """All that a snapshot says of a unit or a person, or that it knows nothing of them."""
    try:
        found: Any = snapshot.unit(name) if kind == "unit" else snapshot.person(name)
    except CallerError as error:
        return f"{error.code}: {error.message}"
    duties = [*sorted({one.duty for one in found.obligations}), "G1", "B1a", "S2f"]
    facts = {duty: [because.to_json() for because in found.facts(duty)] for duty in duties}
    return json.dumps([found.to_json(), facts], sort_keys=True)


def looked_back(snapshot: Snapshot, kind: str, name: str) -> str:
    """All that a lookback says, with whatever inspections and issues there are as notices."""
    asked: dict[str, Any] = {kind: name}
    try:
        return json.dumps(lookback(snapshot, thresholds=NOTICED, **asked).to_json(), sort_keys=True)
    except CallerError as error:
        return f"{error.code}: {error.message}"


NOTICES = ("InspectionConducted", "IssueFound", "TourNoticeIssued")
NOTICED = Thresholds(notice_types=NOTICES)
Subject = tuple[str, str]
Question = tuple[Any, int | None]


def differences_back(
    records: list[Record], rules: list[RuleSet], now: int, subjects: Iterable[Subject], asked: Iterable[Question]
) -> Iterator[tuple[Subject, Question]]:
    few = Few(records, rules, now)
    rows = list(subjects)
    for as_of, known_at in asked:
        whole = Snapshot(records, rules, as_of=as_of, known_at=known_at, now=now)
        for kind, name in rows:
            wide = few.back(kind, name, as_of, known_at)
            if wide is not None and looked_back(wide, kind, name) != looked_back(whole, kind, name):
                yield (kind, name), (as_of, known_at)


def differences(
    records: list[Record], rules: list[RuleSet], now: int, subjects: Iterable[Subject], asked: Iterable[Question]
) -> Iterator[tuple[Subject, Question]]:
    few = Few(records, rules, now)
    rows = list(subjects)
    for as_of, known_at in asked:
        whole = Snapshot(records, rules, as_of=as_of, known_at=known_at, now=now)
        for kind, name in rows:
            if said(few.at(kind, name, as_of, known_at), kind, name) != said(whole, kind, name):
                yield (kind, name), (as_of, known_at)


SUBJECTS = [*(("unit", u) for u in (*UNITS, "dic")), *(("person", p) for p in {*HOLDERS.values(), "p-20", "p-11"})]


@SLOW
@given(histories(), st.lists(DAYS, min_size=2, max_size=2), st.data())
def test_few_records_say_what_all_say(log: Log, days: list[str], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(log.records)))
    asked = [(days[0], None), (days[1], size), ("2027-05-31", None)]

    assert list(differences(log.records, [RULES], NOW, SUBJECTS, asked)) == []


@FEW
@given(signed_histories(), st.data())
def test_few_records_say_what_all_say_of_what_was_recorded(history: History, data: st.DataObject) -> None:
    records, first = read_back(history)
    size = data.draw(st.integers(first, len(records)))
    roster = Snapshot(records, [RULES], now=LATER).roster
    subjects = [*(("unit", u) for u in roster.units()), *(("person", p) for p in persons_of(records)), ("unit", "no")]
    asked = [(str(history.today), None), ("2026-12-31", size), ("2026-07-31", None)]

    assert list(differences(records, [RULES], LATER, subjects, asked)) == []


@SLOW
@given(histories(), st.lists(DAYS, min_size=2, max_size=2), st.data())
def test_a_lookback_over_few_records_says_what_all_say(log: Log, days: list[str], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(log.records)))
    asked = [(days[0], None), (days[1], size), ("2027-05-31", None)]

    assert list(differences_back(log.records, [RULES], NOW, SUBJECTS, asked)) == []


@FEW
@given(signed_histories(), st.data())
def test_a_lookback_over_few_says_what_all_say_of_what_was_recorded(history: History, data: st.DataObject) -> None:
    records, first = read_back(history)
    size = data.draw(st.integers(first, len(records)))
    roster = Snapshot(records, [RULES], now=LATER).roster
    subjects = [*(("unit", u) for u in roster.units()), *(("person", p) for p in persons_of(records)), ("unit", "no")]
    asked = [(str(history.today), None), ("2026-12-31", size), ("2026-07-31", None)]

    assert list(differences_back(records, [RULES], LATER, subjects, asked)) == []


@pytest.fixture(scope="module")
def university() -> Iterator[list[Record]]:
    with University(seed=7, units=5, years=2).tell() as campus:
        yield list(campus.trail.records())


UNIVERSITY_RULES = [RULES, load(amended_text())]
QUESTIONS: list[Question] = [("2026-12-31", None), ("2026-05-20", 2000), ("2025-07-15", None)]


def everybody(records: list[Record]) -> list[Subject]:
    roster = Snapshot(records, UNIVERSITY_RULES, now=LATER).roster
    persons = sorted({t.person for unit in roster.units() for p in roster.posts(unit) for t in roster.tenures(p.id)})
    return [*(("unit", u) for u in roster.units()), *(("person", p) for p in persons)]


@pytest.mark.harness
def test_few_records_say_what_all_say_of_a_university(university: list[Record]) -> None:
    found = differences(university, UNIVERSITY_RULES, LATER, everybody(university), QUESTIONS)

    assert list(found) == []


def test_few_records_are_few(university: list[Record]) -> None:
    few = Few(university, UNIVERSITY_RULES, LATER)
    whole = Snapshot(university, UNIVERSITY_RULES, as_of="2026-12-31", now=LATER)
    sections = [u for u in whole.units() if whole.roster.kind(u, day_of("2026-12-31")) == "section"]
    assert sections
    assert all(len(few.chosen("unit", unit)) < len(university) // 20 for unit in sections)
    assert len(few.chosen("unit", "jia")) < len(university) // 3


# --- controls: the law finds an index that forgets one kind of link --------------------------------------------------


def linked() -> Log:
    """A history in which each kind of link leads to something that nothing else leads to."""
    log, nobody, day = Log(), ("p-99", ""), "2026-03-02"
    for unit, kind, parent in (("team", "body", "jia"), ("office", "department", "uni")):
        fields = {"unit": unit, "kind": kind, "name": unit, "parent": parent}
        log.add("UnitEstablished@1", fields, "2026-01-01", stream=f"registry/units/{unit}")
    for post, unit, kind, person in (
        ("jia/rec", "jia", "recorder", "p-78"), ("office/head", "office", "head", "p-79"),
    ):  # fmt: skip
        log.post(post, unit, kind)
        log.assign(post, person, "2025-01-01")
    log.portfolio("jia/member", ["lab", "office"], "2025-02-01")
    log.add("DocumentConveyed@1", {"audience": "staff"}, day, by=("p-77", ""))  # a/
    fact = log.add("FactRecorded@1", {"duties": ["S1b"]}, day, by=nobody)  # g/
    signer = SignerRef("p-78", "jia/rec", b"k" * 32)
    log.records[-1] = fact._replace(statement=fact.statement._replace(signers=(signer,)))
    log.add("FactRecorded@1", {"duties": ["B1a"]}, day, by=nobody, unit="jia")  # u/
    log.add("ThematicStudyHeld@1", {"chair": {"person": "p-10"}, "topics": TOPICS}, day, by=nobody)  # c/
    log.add("InspectionConducted@1", {"units": ["lab"]}, day, body="team")  # p/, by what stands for the unit
    log.add("IssueFound@1", {"kind": "emerging", "severity": "slight", "units": ["lab"]}, day, by=nobody)  # n/, t/
    head = log.draft("task", "office/head", day, unit="uni")  # o/
    log.endorse("jia/member", [head], day)
    own = log.draft("task", "jia", day)
    filed = log.file([own], "dic", day)
    log.add(
        "FilingReceived@1", {"filing": [filed.statement.id, filed.digest], "recipient": "dic"}, day, body="dic"
    )  # e/
    strange = {"owner": "elsewhere/post", "year": 2026, "tasks": [{"number": "1"}]}
    other = log.add("TaskListDrafted@1", strange, day, by=nobody, stream="lists/jia/2026")  # l/
    fields = {"versions": [[other.statement.id, other.digest]]}
    log.add("ListEndorsed@1", fields, "2026-03-01", by=nobody, stream="lists/jia/2026")
    return log


TOPICS = ["integrity", "self_governance", "ideology"]
LINKED = [*(("unit", unit) for unit in UNITS), *(("person", person) for person in ("p-10", "p-12", "p-77", "p-78"))]


def apart(records: list[Record]) -> list[Any]:
    return list(differences(records, [RULES], NOW, LINKED, [("2026-12-31", None)]))


def test_every_link_is_followed() -> None:
    assert apart(linked().records) == []


@pytest.mark.parametrize("kind", "*tpaucgonle")
def test_an_index_that_forgets_a_kind_of_key_is_found(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(record: Record) -> frozenset[str]:
        return frozenset(key for key in keys_of(record) if key.partition("/")[0] != kind)

    monkeypatch.setattr(bearing, "keys_of", forgetful)
    assert apart(linked().records), f"nothing rests on {kind}"


def linked_back() -> Log:
    """The same, with what only a lookback reads."""
    log, day = linked(), "2026-03-03"
    signer = SignerRef("p-78", "", b"k" * 32)
    nobody = ("p-99", "")
    log.add("CircularIssued@1", {"kind": "general"}, day, by=nobody, unit="lab")  # u/
    log.add("CircularIssued@1", {"kind": "general", "recipients": ["jia"]}, day, by=nobody)  # m/
    signed = log.add("CircularIssued@1", {"kind": "general"}, day, by=nobody)  # b/
    log.records[-1] = signed._replace(statement=signed.statement._replace(signers=(signer,)))
    done = log.add("DocumentConveyed@1", {"audience": "staff"}, day, by=("p-77", ""))
    answer = log.add("FactRecorded@1", {"duties": ["S1b"]}, day, by=nobody)  # e/
    log.records[-1] = answer._replace(statement=answer.statement._replace(causes=(done.statement.id,)))
    return log


def apart_back(records: list[Record]) -> list[Any]:
    return list(differences_back(records, [RULES], NOW, LINKED, [("2026-12-31", None)]))


def test_every_link_of_a_lookback_is_followed() -> None:
    assert apart_back(linked_back().records) == []


@pytest.mark.parametrize("kind", "tpuegmb")
def test_a_lookback_from_an_index_that_forgets_a_kind_of_key_is_found(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(record: Record) -> frozenset[str]:
        return frozenset(key for key in keys_of(record) if key.partition("/")[0] != kind)

    monkeypatch.setattr(bearing, "keys_of", forgetful)
    assert apart_back(linked_back().records), f"nothing rests on {kind}"


RELATIONS = ["unit post", "unit parent", "parent unit", "unit kind", "post person", "person post", "post units"]


@pytest.mark.parametrize("relation", RELATIONS)
def test_ties_that_forget_a_relation_are_found(
    relation: str, university: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    known: Callable[[Ties, str, str], Iterable[str]] = Ties._of

    def forgetful(ties: Ties, name: str, of: str) -> Iterable[str]:
        return () if name == relation else known(ties, name, of)

    monkeypatch.setattr(Ties, "_of", forgetful)
    if not apart(linked().records):
        subjects = [("unit", unit) for unit in ("uni", "jia", "dic", "yi")]
        found = differences(university, UNIVERSITY_RULES, LATER, subjects, [("2026-12-31", None)])
        assert next(found, None) is not None, f"nothing rests on {relation}"


def test_a_stream_that_is_not_followed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set up is ended by what joins its stream, whoever does it."""
    log = linked()
    made = log.add("InstrumentAdopted@1", {"instrument": "i-1", "kind": "recording_system"}, "2026-03-02", body="jia")
    fields = {"instrument": "i-1", "kind": "recording_system"}
    log.add("InstrumentRepealed@1", fields, "2026-06-01", by=("p-99", ""), stream=made.statement.stream)
    assert apart(log.records) == []
    monkeypatch.setattr(Keyed, "after", lambda *_: set())
    assert ("unit", "jia") in [subject for subject, _ in apart(log.records)]
