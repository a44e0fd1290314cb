"""Answers from the read model: the same as from all records, whatever it has reached; and check 18."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.application.campus import CST, NOW, Campus, Visited

from trail.aggregates import PostAssigned, PostRelieved, RecordCorrected, RuleSetAdopted, TalkHeld
from trail.application import Trail, following
from trail.application import readmodel as making
from trail.application.following import FollowedView
from trail.application.views import View
from trail.clock import FixedClock
from trail.errors import CallerError, StoreBusy
from trail.evidence.record import Record
from trail.evidence.verdict import Verdict
from trail.projections import Snapshot
from trail.projections.bearing import SHARED, keys_of
from trail.projections.part import Wide
from trail.projections.questions import Thresholds
from trail.rules import load_default
from trail.store.readmodel import Indexed
from trail.testing.university import University

RULES = load_default()


@pytest.fixture
def told(campus: Campus) -> Campus:
    """Rules, and talks of the secretary with the staff."""
    campus.acting().record(RuleSetAdopted(name=RULES.instrument, digest=RULES.digest, first_period="2025"))
    talks(campus, 4)
    return campus


def talks(campus: Campus, count: int) -> list[Any]:
    return [
        campus.acting().record(
            TalkHeld(
                happened="2026-02-01",
                kind="duty",
                counterparts=["p-003"],
                content="谈话",
                place="办公室",
                format="individual",
            )
        )
        for _ in range(count)
    ]


def all_of(view: View) -> str:
    """Everything that a view says of each unit and person."""
    said: list[Any] = [view.unit(unit).to_json() for unit in view.units()]
    for person in ("p-001", "p-002", "p-003", "p-004", "r-1"):
        try:
            said.append(view.person(person).to_json())
        except CallerError as error:
            said.append(str(error))
    return json.dumps(said, sort_keys=True)


def whole(trail: Trail, as_of: Any = None, known_at: Any = None) -> View:
    return View.of(trail._kept, trail._rules, trail.now(), as_of, known_at)


MOMENTS = [None, "2026-03-05", dt.datetime(2026, 3, 5, 9, 0, tzinfo=CST)]


def same(campus: Campus) -> bool:
    """Whether the read model answers, and all its answers are those of all records."""
    campus.trail._clock = FixedClock(NOW + 5000)
    for known in (None, campus.size - 2, 20, *MOMENTS[1:]):
        for as_of in (*MOMENTS, NOW - 86400 * 20):
            view = campus.trail.at(as_of, known_at=known)
            if type(view) is not FollowedView:
                return False
            other = whole(campus.trail, as_of, known)
            assert (view.as_of, view.known_at) == (other.as_of, other.known_at)
            assert view.units() == other.units()
            assert all_of(view) == all_of(other)
    return True


def test_without_a_read_model_everything_is_read(told: Campus) -> None:
    assert type(told.trail.at()) is View
    assert told.trail.read_model.model.followed() is None


def test_with_one_the_answers_are_the_same(told: Campus) -> None:
    assert told.trail.rebuild_read_model() == told.size
    assert same(told)


def test_what_it_has_not_reached_is_looked_through(told: Campus) -> None:
    told.trail.rebuild_read_model()
    reached = told.size
    assert same(told)
    first = talks(told, 1)[0]
    told.acting().record(Visited(happened="2026-03-01"))
    told.acting().record(RecordCorrected(target=first.reference, corrected_happened="2026-01-15", reason="日期"))
    told.registrars.record(PostRelieved(post="jia/staff", person="p-003", until="2026-02-15", happened="2026-02-15"))
    told.registrars.record(PostAssigned(post="jia/staff", person="p-004", from_="2026-02-15", acting=True))
    assert same(told)
    found = told.trail.read_model.model.followed()
    assert found is not None
    assert found.position == reached, "so few entries are not worth a transaction"


def test_it_is_kept_up_by_whoever_appends(told: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "WRITE_FROM", 3)
    told.trail.rebuild_read_model()
    told.trail.read_model._news = 0
    reached = told.size
    talks(told, 2)
    found = told.trail.read_model.model.followed()
    assert found is not None
    assert found.position == reached
    talks(told, 1)
    found = told.trail.read_model.model.followed()
    assert found is not None
    assert found.position == told.size
    assert same(told)


def test_an_act_stands_whatever_becomes_of_the_index(told: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise StoreBusy("another writes")

    told.trail.rebuild_read_model()
    monkeypatch.setattr(following, "WRITE_FROM", 1)
    monkeypatch.setattr(told.trail.read_model.model, "catch_up", busy)
    size = told.size
    assert [ack.position for ack in talks(told, 3)] == [size + 1, size + 2, size + 3]
    assert same(told)


def test_whoever_asks_writes_nothing(told: Campus) -> None:
    told.trail.rebuild_read_model()
    with Trail.open(told.path) as other:
        talks(told, 3)
        before = other.read_model.model.followed()
        assert all_of(other.at("2026-03-05")) == all_of(whole(other, "2026-03-05"))
        assert other.read_model.model.followed() == before


def test_far_behind_everything_is_read(told: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    told.trail.rebuild_read_model()
    talks(told, 3)
    monkeypatch.setattr(following, "MAX_TAIL", 2)
    assert not same(told)
    with Trail.open(told.path, read_only=True) as reader:
        assert type(reader.at()) is View
    talks(told, 1)
    view = told.trail.at("2026-03-05")
    assert all_of(view) == all_of(whole(told.trail, "2026-03-05"))


def test_a_reader_uses_what_there_is(told: Campus) -> None:
    told.trail.rebuild_read_model()
    talks(told, 2)
    with Trail.open(told.path, read_only=True, clock=FixedClock(NOW + 5000)) as reader:
        view = reader.at("2026-03-05")
        assert type(view) is FollowedView
        assert all_of(view) == all_of(whole(reader, "2026-03-05"))


def test_a_view_does_not_move(told: Campus) -> None:
    told.trail.rebuild_read_model()
    view = told.trail.at("2026-03-05")
    before = whole(told.trail, "2026-03-05")
    talks(told, 2)
    assert all_of(view) == all_of(before)
    assert len(view.ledger()) == len(before.ledger())


def test_everything_else_reads_all_records(told: Campus) -> None:
    told.trail.rebuild_read_model()
    view, other = told.trail.at("2026-03-05"), whole(told.trail, "2026-03-05")
    assert type(view) is FollowedView
    assert view.ledger(unit="jia").to_json() == other.ledger(unit="jia").to_json()
    assert view.lookback(person="p-001").to_json() == other.lookback(person="p-001").to_json()
    assert view.questions().to_json() == other.questions().to_json()
    assert view.statistics("2026").to_json() == other.statistics("2026").to_json()


def test_who_is_unknown_is_unknown(told: Campus) -> None:
    told.trail.rebuild_read_model()
    for name, ask in (("unit", "nowhere"), ("person", "p-999")):
        with pytest.raises(CallerError) as few:
            getattr(told.trail.at("2026-03-05"), name)(ask)
        with pytest.raises(CallerError) as every:
            getattr(whole(told.trail, "2026-03-05"), name)(ask)
        assert str(few.value) == str(every.value)
    for known in (-1, told.size + 1):
        with pytest.raises(CallerError, match="nothing is known at size"):
            told.trail.at(known_at=known)


def test_other_code_reads_everything_until_it_is_made_anew(told: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    told.trail.rebuild_read_model()
    monkeypatch.setattr(told.trail.read_model.model, "code", "another")
    assert type(told.trail.at()) is View
    told.trail.rebuild_read_model()
    assert type(told.trail.at()) is FollowedView


def test_a_database_put_back_is_noticed(told: Campus, tmp_path: Path) -> None:
    told.trail.rebuild_read_model()
    told.trail.checkpoint()
    kept = tmp_path / "kept.db"
    told.trail._database.shed()
    shutil.copy(told.path, kept)
    talks(told, 2)
    told.trail.at("2026-03-05").unit("jia")
    copy = Trail.open(kept, clock=FixedClock(NOW + 5000))
    with copy:
        other = copy.read_model
        other._held = told.trail.read_model._held  # what a process knows whose database was put back beneath it
        assert all_of(copy.at("2026-03-05")) == all_of(whole(copy, "2026-03-05"))


def test_it_follows_the_log_through_a_subscription(told: Campus) -> None:
    told.trail.rebuild_read_model()
    subscription = told.trail.read_model.subscribe()
    reached: list[int] = []
    more = threading.Event()

    def follow() -> None:
        for position in told.trail.read_model.follow(subscription):
            reached.append(position)
            more.set()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        assert more.wait(10)
        talks(told, 2)
        for _ in range(200):
            if reached[-1] == told.size:
                break
            more.clear()
            more.wait(0.1)
    finally:
        subscription.stop()
        thread.join()
    assert reached[-1] == told.size
    assert reached == sorted(set(reached))
    assert same(told)


# --- lookback --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def university() -> Iterator[Trail]:
    with University(seed=7, units=4, years=2).tell() as campus:
        campus.trail.rebuild_read_model()
        yield campus.trail


NOTICED = Thresholds(notice_types=("InspectionConducted", "IssueFound"))


def backs(trail: Trail, as_of: Any, known_at: Any) -> Iterator[tuple[str, str, bool]]:
    """Each unit and person, and whether their lookback from the read model is that from all records."""
    view, other = trail.at(as_of, known_at=known_at), whole(trail, as_of, known_at)
    assert type(view) is FollowedView
    roster = other._snapshot.roster
    persons = {t.person for u in roster.units() for p in roster.posts(u) for t in roster.tenures(p.id)}
    signed = {s.person for record in other._records for s in record.statement.signers} - persons
    rows = [(kind, name) for kind, names in (("person", signed), ("unit", roster.units()), ("person", persons))
            for name in sorted(names)]  # fmt: skip
    for kind, name in rows:
        asked: Any = {kind: name, "notice": "2026-03-01", "thresholds": NOTICED}
        found = []
        for one in (view, other):
            try:
                answer = one.lookback(**asked)
                found.append(json.dumps([answer.to_json(), [line.bounds for line in answer.lines]]))
            except CallerError as error:
                found.append(str(error))
        yield kind, name, found[0] == found[1]


@pytest.mark.harness
@pytest.mark.parametrize(
    ("as_of", "known"),
    [("2026-12-31", None), ("2026-05-20", 1500), ("2025-07-15", None), ("2026-06-30", "2026-09-30"), (None, None)],
)
def test_a_lookback_is_the_same(university: Trail, as_of: Any, known: Any) -> None:
    rows = list(backs(university, as_of, known))
    assert len(rows) > 50
    assert [row for row in rows if not row[2]] == []


def test_what_was_chosen_for_one_size_serves_another(university: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(university.read_model, "_held", university.read_model._nothing())
    for known in (1200, None, 2000):
        view, other = university.at("2026-06-30", known_at=known), whole(university, "2026-06-30", known)
        for unit in ("jia", "ding"):
            assert view.lookback(unit=unit).to_json() == other.lookback(unit=unit).to_json()


def test_a_lookback_reads_few(university: Trail) -> None:
    view = university.at("2026-06-30")
    assert isinstance(view, FollowedView)
    view._whole = None  # type: ignore[assignment]
    found = view.lookback(person="p-0003")
    assert any(line.bounds.recorded_not_before is not None for line in found.lines)
    assert found.basis.positions == university.reader.head().size


@pytest.mark.parametrize("kind", "msp")
def test_a_lookback_from_an_index_that_forgets_is_found(
    kind: str, university: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(record: Record) -> frozenset[str]:
        return frozenset(key for key in keys_of(record) if key.partition("/")[0] != kind)

    following_ = university.read_model
    monkeypatch.setattr(following_, "_held", following_._nothing())
    with monkeypatch.context() as patch:
        patch.setattr(following_.model, "_keys", forgetful)
        following_.rebuild()
    try:
        assert any(not same for _, _, same in backs(university, "2026-06-30", None)), f"nothing rests on {kind}"
    finally:
        following_._held = following_._nothing()
        following_.rebuild()


@pytest.mark.parametrize("what", ["after", "within", "before"])
def test_a_lookback_that_forgets_a_link_is_found(what: str, university: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    following_ = university.read_model
    monkeypatch.setattr(following_, "_held", following_._nothing())
    if what == "before":
        monkeypatch.setattr(Wide, "size_before", Snapshot.size_before)
    else:
        monkeypatch.setattr(Indexed, what, lambda *_: set())
    assert any(not same for _, _, same in backs(university, "2026-06-30", None)), f"nothing rests on {what}"


def test_a_lookback_of_what_the_index_has_not_reached(told: Campus) -> None:
    """Steps of the clock, anchors, edits and notices beyond the end of the index."""
    told.cosigned()
    talks(told, 1)
    told.trail.rebuild_read_model()
    first = talks(told, 1)[0]
    told.cosigned()
    told.acting().record(Visited(happened="2026-03-01"))
    told.acting().record(RecordCorrected(target=first.reference, corrected_happened="2026-01-15", reason="日期"))
    told.registrars.record(PostRelieved(post="jia/staff", person="p-003", until="2026-02-15", happened="2026-02-15"))
    talks(told, 1)
    for known in (None, told.size - 2, 20):
        for as_of in ("2026-03-05", "2026-02-01", NOW - 86400 * 20):
            rows = list(backs(told.trail, as_of, known))
            assert [row for row in rows if not row[2]] == []


LAST = "(SELECT max(position) FROM concern WHERE key = '*')"
LESS = f"DELETE FROM concern WHERE key = '*' AND position = {LAST}"


# --- check 18 --------------------------------------------------------------------------------------------------------


def outcome(campus: Campus) -> tuple[Verdict, set[str], str]:
    report = campus.audit()
    (check,) = [check for check in report.checks if check.number == 18]
    return report.verdict, set(report.counts), check.state


@pytest.fixture
def modelled(told: Campus) -> Campus:
    """With a read model, an anchor, and acts beyond both."""
    told.trail.rebuild_read_model()
    talks(told, 1)
    told.cosigned()
    talks(told, 1)
    return told


def test_without_a_read_model_check_18_is_not_done(told: Campus) -> None:
    told.cosigned()
    assert outcome(told) == (Verdict.INTACT, set(), "not done")


def test_an_honest_one_passes(modelled: Campus) -> None:
    assert outcome(modelled) == (Verdict.INTACT, set(), "passed")


@pytest.mark.parametrize(
    "sql",
    [
        LESS,
        "INSERT INTO concern VALUES (1, 'a/p-001', 12)",
        "UPDATE concern SET position = position + 1 WHERE key = 't/RuleSetAdopted@1'",
        "UPDATE followed SET position = 5",
        "UPDATE followed SET position = 99999",
        "UPDATE followed SET position = 'far'",
        "ALTER TABLE concern RENAME COLUMN key TO name",
    ],
)
def test_other_content_leaves_the_verdict_open(modelled: Campus, sql: str) -> None:
    modelled.sql(sql)
    assert outcome(modelled) == (Verdict.INCONCLUSIVE, {"READ_MODEL_MISMATCH"}, "failed")


def test_the_position_is_named(modelled: Campus) -> None:
    last = max(r.position for r in modelled.trail.records() if SHARED in keys_of(r))
    modelled.sql(LESS)
    (finding,) = modelled.audit().findings
    assert (finding.check, finding.position, finding.expected, finding.found) == (18, last, ["*"], [])


def test_that_of_other_code_is_remarked_on(modelled: Campus) -> None:
    modelled.sql("UPDATE followed SET code = 'another'")
    modelled.sql(LESS)
    assert outcome(modelled) == (Verdict.INTACT, {"READ_MODEL_VERSION"}, "passed")


def test_made_anew_all_is_well(modelled: Campus) -> None:
    modelled.sql(LESS)
    assert outcome(modelled)[0] is Verdict.INCONCLUSIVE
    modelled.trail.rebuild_read_model()
    assert outcome(modelled) == (Verdict.INTACT, set(), "passed")


def test_an_altered_entry_is_found_as_such(modelled: Campus) -> None:
    """What can't be read gives no keys: it is altered, and nothing is said of the read model beside it."""
    modelled.sql("UPDATE entry SET entry = x'00' WHERE position = 12")
    verdict, codes, state = outcome(modelled)
    assert verdict is Verdict.ALTERED
    assert "READ_MODEL_MISMATCH" not in codes
    assert state == "passed"


def test_tables_that_this_library_did_not_make_are_not_used(modelled: Campus) -> None:
    modelled.sql("ALTER TABLE concern RENAME COLUMN key TO name")
    with Trail.open(modelled.path, read_only=True) as reader:
        assert type(reader.at()) is View


def test_the_model_is_made_by_this_version(told: Campus) -> None:
    from trail import __version__

    assert making.read_model(told.trail.reader).code == __version__
