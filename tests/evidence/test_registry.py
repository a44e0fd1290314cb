"""The registry as a pure fold: units, posts, holders, keys, grants."""

from __future__ import annotations

from typing import Any

import pytest
from tests.evidence.kit import BY_TWO, Log, key_of, possession

from trail.evidence.registry import (
    BUILT_IN,
    EDIT_TYPES,
    GENESIS,
    REGISTRY_TYPES,
    ROSTER_TYPES,
    TWO_REGISTRARS,
    Assignment,
    Registry,
)
from trail.evidence.types import spec_from_value, spec_to_value


def assign(
    log: Log, person: str, start: str, until: str | None = None, acting: bool = False, post: str = "jia/secretary"
) -> None:
    fields: dict[str, Any] = {"post": post, "person": person, "from": start, "acting": acting}
    log.registrars("PostAssigned", fields | ({"until": until} if until else {}))


def relieve(log: Log, person: str, until: str) -> None:
    log.registrars("PostRelieved", {"post": "jia/secretary", "person": person, "until": until})


def holders(log: Log, date: str) -> list[str]:
    return [person for person, _ in log.registry.holders("jia/secretary", date)]


def test_the_fold_from_the_records_alone_gives_the_same(log: Log) -> None:
    assign(log, "p-001", "2026-01-01")
    log.registrars("KeyRevoked", {"key": key_of("p-001").public.id, "reason": "lost"}, BY_TWO[:1])
    again = Registry()
    for record in log.records:
        again.apply(record)
    same = ("persons", "units", "posts", "keys", "registrars", "grants", "assignments", "portfolios", "position")
    assert [getattr(again, name) for name in same] == [getattr(log.registry, name) for name in same]
    assert again.types.keys() == log.registry.types.keys()


def test_other_types_change_nothing_but_the_position(log: Log) -> None:
    before = {name: repr(getattr(log.registry, name)) for name in ("persons", "units", "posts", "keys", "types")}
    record = log.add(log.talk())
    assert {name: repr(getattr(log.registry, name)) for name in before} == before
    assert log.registry.position == record.position


# --- units -----------------------------------------------------------------------------------------------------------


def test_within_goes_up_the_line(log: Log) -> None:
    within = log.registry.within
    assert within("jia", "jia")
    assert within("jia-1", "jia")
    assert within("jia-1", "uni")
    assert not within("uni", "jia")
    assert not within("yi", "jia")
    assert not within("nowhere", "uni")
    assert not within("jia", "nowhere")


def test_a_moved_unit_lies_elsewhere(log: Log) -> None:
    log.registrars("UnitMoved", {"unit": "jia-1", "parent": "yi"})
    assert log.registry.within("jia-1", "yi")
    assert not log.registry.within("jia-1", "jia")
    assert log.registry.within("jia-1", "uni")


def test_a_merged_unit_lies_in_what_it_was_merged_into(log: Log) -> None:
    log.registrars("UnitMerged", {"unit": "jia", "into": "yi"})
    assert log.registry.within("jia", "yi")
    assert log.registry.within("jia-1", "yi")
    assert log.registry.within("jia-1", "jia")
    assert log.registry.within("jia", "uni")
    assert not log.registry.within("yi", "jia")


def test_a_renamed_unit_is_the_same_unit(log: Log) -> None:
    log.registrars("UnitRenamed", {"unit": "jia", "name": "新甲学院"})
    assert log.registry.units["jia"].name == "新甲学院"
    assert log.registry.units["jia"].parent == "uni"


def test_within_ends_even_in_a_circle() -> None:
    registry = Registry()
    from trail.evidence.registry import Unit

    registry.units = {"a": Unit("x", "a", "b"), "b": Unit("x", "b", "a")}
    assert registry.within("a", "b")
    assert not registry.within("a", "c")


# --- holders ---------------------------------------------------------------------------------------------------------


def test_a_post_is_held_from_a_date_until_before_another(log: Log) -> None:
    assign(log, "p-001", "2026-01-01", "2026-07-01")
    assert holders(log, "2025-12-31") == []
    assert holders(log, "2026-01-01") == ["p-001"]
    assert holders(log, "2026-06-30") == ["p-001"]
    assert holders(log, "2026-07-01") == []


def test_a_post_is_held_until_its_holder_is_relieved(log: Log) -> None:
    assign(log, "p-001", "2026-01-01")
    assert holders(log, "2099-12-31") == ["p-001"]
    relieve(log, "p-001", "2026-07-01")
    assert holders(log, "2026-06-30") == ["p-001"]
    assert holders(log, "2026-07-01") == []


def test_relieving_shortens_only_the_last_holding_of_that_person(log: Log) -> None:
    assign(log, "p-001", "2024-01-01", "2025-01-01")
    assign(log, "p-002", "2025-01-01", "2026-01-01")
    assign(log, "p-001", "2026-01-01", "2028-01-01")
    relieve(log, "p-001", "2027-01-01")
    assert [row[1:3] for row in log.registry.assignments["jia/secretary"]] == [
        ("2024-01-01", "2025-01-01"), ("2025-01-01", "2026-01-01"), ("2026-01-01", "2027-01-01"),
    ]  # fmt: skip
    relieve(log, "p-003", "2020-01-01")
    relieve(log, "p-001", "2027-01-01")
    assert holders(log, "2026-12-31") == ["p-001"]


def test_an_acting_holder_is_one_and_is_told_apart(log: Log) -> None:
    assign(log, "p-001", "2026-01-01")
    assign(log, "p-002", "2026-03-01", "2026-04-01", acting=True)
    assert log.registry.holders("jia/secretary", "2026-03-15") == [("p-001", False), ("p-002", True)]
    assert log.registry.holders("jia/secretary", "2026-04-01") == [("p-001", False)]


def test_since_when_a_holding_is_known(log: Log) -> None:
    assign(log, "p-001", "2020-01-01")
    assert log.registry.assignments["jia/secretary"] == [
        Assignment("p-001", "2020-01-01", None, False, len(log.records))
    ]


def test_nobody_holds_a_post_that_was_never_assigned(log: Log) -> None:
    assert log.registry.holders("jia/staff", "2026-03-05") == []
    assert log.registry.holders("nowhere", "2026-03-05") == []


def test_an_abolished_post_says_since_when_and_acts_no_more(log: Log) -> None:
    log.registrars("BodyRepresented", {"unit": "team", "post": "jia/staff"})
    log.registrars("BodyRepresented", {"unit": "jia", "post": "jia/secretary"})
    for grant, post in (("g-1", "jia/staff"), ("g-2", "jia/staff"), ("g-3", "jia/secretary")):
        fields = {"grant": grant, "post": post, "action": "import", "types": ["*"], "unit": "jia"}
        log.registrars("GrantGiven", fields)
    log.registrars("PostAbolished", {"post": "jia/staff"})
    assert log.registry.posts["jia/staff"].abolished == len(log.records)
    assert log.registry.units["team"].through is None
    assert log.registry.units["jia"].through == "jia/secretary"
    assert log.registry.grants.keys() == {"g-3"}
    assert log.registry.ended_grants == {"g-1", "g-2"}
    assert not log.registry.granted("jia/staff", "import", "TalkHeld@1", "jia")
    assert log.registry.granted("jia/secretary", "import", "TalkHeld@1", "jia")


def test_whether_a_person_holds_a_post(log: Log) -> None:
    assign(log, "p-001", "2026-01-01", "2026-07-01")
    assign(log, "p-002", "2026-03-01", acting=True)
    for date in ("2025-12-31", "2026-01-01", "2026-03-01", "2026-06-30", "2026-07-01"):
        for person in ("p-001", "p-002", "p-003"):
            assert log.registry.holds(person, "jia/secretary", date) == (person in holders(log, date))
    assert not log.registry.holds("p-001", "nowhere", "2026-03-01")


def test_a_portfolio_replaces_the_one_before(log: Log) -> None:
    for start, units in (("2026-01-01", ["jia", "yi"]), ("2026-06-01", [])):
        log.registrars("PortfolioChanged", {"post": "jia/secretary", "units": units, "from": start})
    rows = log.registry.portfolios["jia/secretary"]
    assert [row[:2] for row in rows] == [("2026-01-01", ("jia", "yi")), ("2026-06-01", ())]


def test_a_body_acts_through_the_last_post_named(log: Log) -> None:
    assert log.registry.units["team"].through is None
    for post in ("jia/secretary", "jia/staff"):
        log.registrars("BodyRepresented", {"unit": "team", "post": post})
        assert log.registry.units["team"].through == post


# --- keys, registrars, grants, types ---------------------------------------------------------------------------------


def test_a_key_begins_and_ends_at_positions(log: Log) -> None:
    old, new = key_of("p-001").public.id, key_of("p-001 new").public.id
    enrolled = log.registry.keys[old].position
    assert log.registry.keys[old].by == ("r-1", "r-2") or log.registry.keys[old].by == ("r-2", "r-1")
    rotated = log.registrars("KeyRotated", possession("p-001", "p-001 new") | {"old": old, "custody": "token"})
    assert (log.registry.keys[old].position, log.registry.keys[old].ended) == (enrolled, rotated.position)
    assert (log.registry.keys[new].position, log.registry.keys[new].ended) == (rotated.position, None)
    assert log.registry.keys[new].custody == "token"
    revoked = log.registrars("KeyRevoked", {"key": new, "reason": "lost"}, BY_TWO[:1])
    assert log.registry.keys[new].ended == revoked.position


def test_a_second_revocation_moves_no_end_and_keeps_the_earliest_date(log: Log) -> None:
    key = key_of("p-001").public.id
    first = log.registrars("KeyRevoked", {"key": key, "reason": "compromised", "compromised_since": 500}, BY_TWO[:1])
    for since, kept in ((700, 500), (300, 300)):
        log.registrars("KeyRevoked", {"key": key, "reason": "compromised", "compromised_since": since}, BY_TWO[:1])
        assert log.registry.keys[key].compromised_since == kept
    log.registrars("KeyRevoked", {"key": key, "reason": "lost"}, BY_TWO[:1])
    assert (log.registry.keys[key].ended, log.registry.keys[key].compromised_since) == (first.position, 300)


def test_registrars_come_and_go(log: Log) -> None:
    assert log.registry.registrars == {"r-1", "r-2"}
    log.registrars("RegistrarAppointed", {"person": "p-001"})
    assert log.registry.registrars == {"r-1", "r-2", "p-001"}
    log.registrars("RegistrarEnded", {"person": "r-1"}, ("r-2", "p-001"))
    assert log.registry.registrars == {"r-2", "p-001"}
    assert "r-1" in log.registry.persons


@pytest.mark.parametrize(
    ("types", "action", "unit", "expected"),
    [
        (["*"], "import", "jia", True),
        (["TalkHeld"], "import", "jia", True),
        (["TalkHeld@1"], "import", "jia-1", True),
        (["TalkHeld@2"], "import", "jia", False),
        (["Talk"], "import", "jia", False),
        (["*"], "erase", "jia", False),
        (["*"], "import", "yi", False),
        (["*"], "import", "uni", False),
        (["*"], "import", None, False),
    ],
)
def test_what_a_grant_covers(log: Log, types: list[str], action: str, unit: str | None, expected: bool) -> None:
    grant = {"grant": "g-1", "post": "jia/staff", "action": "import", "types": types, "unit": "jia"}
    log.registrars("GrantGiven", grant)
    assert log.registry.granted("jia/staff", action, "TalkHeld@1", unit) is expected
    assert not log.registry.granted("jia/secretary", action, "TalkHeld@1", unit)
    log.registrars("GrantEnded", {"grant": "g-1"})
    assert not log.registry.granted("jia/staff", action, "TalkHeld@1", unit)


def test_what_belongs_to_no_unit_needs_a_grant_for_all(log: Log) -> None:
    grant = {"grant": "g-1", "post": "uni/office", "action": "erase", "types": ["*"], "unit": "uni"}
    log.registrars("GrantGiven", grant)
    assert log.registry.granted("uni/office", "erase", "PersonRegistered@1", None)


def test_a_declared_type_is_judged_from_then_on(log: Log) -> None:
    assert "TalkHeld@1" in log.registry.types
    assert not log.registry.is_builtin("TalkHeld@1")
    assert log.registry.is_builtin(GENESIS)
    assert "TalkHeld@1" not in Registry().types


def test_the_built_in_types_are_spelled_as_declared_ones_are() -> None:
    for key, compiled in BUILT_IN.items():
        assert compiled.spec.key == key
        kinds = {field.kind for field in compiled.spec.fields.values()}
        if not kinds & {"changes", "happened"}:
            assert spec_from_value(spec_to_value(compiled.spec)) == compiled.spec
    assert BUILT_IN.keys() == REGISTRY_TYPES | EDIT_TYPES
    assert not REGISTRY_TYPES & EDIT_TYPES
    assert TWO_REGISTRARS | ROSTER_TYPES < REGISTRY_TYPES
