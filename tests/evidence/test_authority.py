"""Authority, check 11: who may found, register, enrol, grant, declare; and who may correct, void, dispute, erase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.evidence.kit import (
    BY_TWO,
    ENDORSED,
    NOW,
    ORIGIN,
    RECORDER,
    SECRETARY,
    TALK,
    Built,
    Log,
    founding,
    key_of,
    possession,
    resigned,
)

from trail.evidence.moment import date_start
from trail.evidence.record import Performer, Record, reference
from trail.evidence.registry import MAX_DEPTH
from trail.evidence.types import TypeSpec, spec_to_value
from trail.signing.edwards import LOW_ORDER

STAFF = (("p-003", "jia/staff"),)
SPEC = spec_to_value(TypeSpec("Visited", 1, {}))
APPOINTED = {"post": "jia/staff", "person": "p-003", "from": "2026-01-01", "acting": False}
ROSTER_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("PersonRegistered", {"person": "p-005"}),
    ("UnitEstablished", {"unit": "bing", "kind": "college", "name": "丙学院"}),
    ("UnitRenamed", {"unit": "jia", "name": "新甲学院"}),
    ("PostCreated", {"post": "yi/head", "unit": "yi", "kind": "head", "title": "院长"}),
    ("PostAbolished", {"post": "jia/staff"}),
    ("PostAssigned", {"post": "uni/office", "person": "p-003", "from": "2026-01-01", "acting": False}),
    ("PostRelieved", {"post": "jia/staff", "person": "p-003", "until": "2026-02-01"}),
    ("PortfolioChanged", {"post": "jia/secretary", "units": ["jia"], "from": "2026-01-01"}),
]
GRANT = {"grant": "g-1", "post": "jia/staff", "action": "correct", "types": ["*"], "unit": "jia"}
BY_TWO_ROWS: list[tuple[str, dict[str, Any]]] = [
    ("RegistrarAppointed", {"person": "p-001"}),
    ("RegistrarEnded", {"person": "r-3"}),
    ("KeyEnrolled", possession("p-004")),
    ("KeyRotated", possession("p-001", "p-001 new") | {"old": key_of("p-001").public.id}),
    ("GrantGiven", GRANT),
    ("GrantEnded", {"grant": "g-0"}),
    ("UnitMoved", {"unit": "jia", "parent": "yi"}),
    ("UnitMerged", {"unit": "jia", "into": "yi"}),
    ("BodyRepresented", {"unit": "team", "post": "jia/secretary"}),
    ("TypeDeclared", {"schema": SPEC}),
]


@pytest.fixture
def third(log: Log) -> Log:
    """A log with a third registrar and a grant to end."""
    log.registrars("PersonRegistered", {"person": "r-3"}, parts={"name": (("r-3",), {"name": "丁四"})})
    log.registrars("KeyEnrolled", possession("r-3"))
    log.registrars("RegistrarAppointed", {"person": "r-3"})
    log.registrars("GrantGiven", GRANT | {"grant": "g-0"})
    return log


def registry(log: Log, type_: str, fields: dict[str, Any], by: Sequence[str], **options: Any) -> str:
    if type_ == "PersonRegistered":
        options.setdefault("parts", {"name": ((fields["person"],), {"name": "张一"})})
    return log.code(log.registrar_built(type_, fields, by, **options))


# --- genesis ---------------------------------------------------------------------------------------------------------


def genesis(
    log: Log, registrars: Sequence[str] = BY_TWO, signers: Sequence[str] | None = None, **options: Any
) -> Built:
    return log.registrar_built(
        "LogFounded", founding(registrars), registrars if signers is None else signers, **options
    )


def test_two_persons_found_a_log() -> None:
    log = Log(founded=False)
    assert log.code(genesis(log)) == ""
    assert log.code(genesis(log, ("r-1", "r-2", "r-3"))) == ""


def test_a_genesis_may_name_its_predecessor() -> None:
    log = Log(founded=False)
    fields = founding() | {"predecessor": {"origin": "trail.example/old", "root": bytes(32), "size": 9}}
    assert log.code(log.registrar_built("LogFounded", fields)) == ""
    fields["predecessor"]["size"] = 0
    assert log.code(log.registrar_built("LogFounded", fields)) == "FIELDS_MISMATCH"


def test_one_person_founds_no_log() -> None:
    log = Log(founded=False)
    assert log.code(genesis(log, ("r-1",))) == "FIELDS_MISMATCH"


def test_every_founder_signs() -> None:
    log = Log(founded=False)
    assert log.code(genesis(log, signers=("r-1",))) == "REGISTRAR_MISSING"
    assert log.code(genesis(log, signers=(*BY_TWO, "r-3"))) == "KEY_UNKNOWN"


def test_one_person_with_two_keys_is_one_founder() -> None:
    log = Log(founded=False)
    fields = {"registrars": [possession("r-1"), possession("r-1", "r-1 second")]}
    built = log.registrar_built("LogFounded", fields, ("r-1",))
    assert log.code(built) == "REGISTRAR_MISSING"


def test_two_founders_with_one_key_are_one() -> None:
    log = Log(founded=False)
    fields = {"registrars": [possession("r-1"), possession("r-2", "r-1")]}
    built = log.registrar_built("LogFounded", fields, ("r-1",))
    assert log.code(built) in ("REGISTRAR_MISSING", "KEY_UNKNOWN")


def test_a_founder_s_key_is_the_one_that_signs() -> None:
    log = Log(founded=False)
    assert log.code(genesis(log, keys={"r-2": "stranger"})) == "KEY_UNKNOWN"
    swapped = founding()
    swapped["registrars"][0]["person"], swapped["registrars"][1]["person"] = "r-2", "r-1"
    assert log.code(log.registrar_built("LogFounded", swapped)) == "KEY_UNKNOWN"


def test_a_founder_possesses_the_key() -> None:
    log = Log(founded=False)
    for wrong in (possession("r-2", origin="trail.example/yi"), possession("r-3", "r-2"), {"possession": bytes(64)}):
        fields = founding()
        fields["registrars"][1]["possession"] = wrong["possession"]
        assert log.code(log.registrar_built("LogFounded", fields)) == "POSSESSION_BAD"


def test_a_founder_s_suite_is_known() -> None:
    log = Log(founded=False)
    fields = founding()
    fields["registrars"][0]["suite"] = "rsa"
    assert log.code(log.registrar_built("LogFounded", fields)) == "KEY_WEAK"


def test_a_genesis_is_signed_over_this_log() -> None:
    log = Log(founded=False)
    built = genesis(log)
    assert log.code(built._replace(signatures=built.signatures[::-1])) == "SIGNATURE_BAD"


def test_only_entry_1_founds(log: Log) -> None:
    assert log.code(genesis(log)) == "GENESIS_MISPLACED"


def test_entry_1_must_found() -> None:
    log, other = Log(founded=False), Log()
    log.registry = other.registry
    assert log.code(other.talk()) == "GENESIS_MISPLACED"
    assert log.code(genesis(log)) == ""


# --- who signs for the registry --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("type_", "fields"), BY_TWO_ROWS)
def test_two_registrars_sign_what_authority_rests_on(third: Log, type_: str, fields: dict[str, Any]) -> None:
    assert registry(third, type_, fields, BY_TWO) == ""
    assert registry(third, type_, fields, ("r-1", "r-2", "r-3")) == ""
    assert registry(third, type_, fields, ("r-1",)) == "REGISTRAR_MISSING"
    assert registry(third, type_, fields, ("r-1", "p-001")) == "REGISTRAR_MISSING"
    assert registry(third, type_, fields, ("r-1", "r-2", "p-001")) == "REGISTRAR_MISSING"


@pytest.mark.parametrize(("type_", "fields"), ROSTER_ROWS)
def test_one_registrar_signs_the_roster(third: Log, type_: str, fields: dict[str, Any]) -> None:
    assert registry(third, type_, fields, ("r-1",)) == ""
    assert registry(third, type_, fields, BY_TWO) == ""
    assert registry(third, type_, fields, ("p-001",)) == "REGISTRAR_MISSING"
    assert registry(third, type_, fields, ("r-1", "p-001")) == "REGISTRAR_MISSING"


def test_one_registrar_with_two_keys_is_one(log: Log) -> None:
    log.registrars("KeyEnrolled", possession("r-1", "r-1 second"))
    for type_, fields in BY_TWO_ROWS[2:5]:
        built = log.registrar_built(type_, fields, ("r-1",))
        second = built.statement.signers[0]._replace(key=key_of("r-1 second").public.id)
        signers = tuple(sorted((built.statement.signers[0], second), key=lambda s: s.key))
        changed = resigned(built, signers=signers)
        own = {key_of(name).public.id: key_of(name) for name in ("r-1", "r-1 second")}
        message = b"trail/statement/v1\n" + ORIGIN.encode() + b"\n" + changed.data
        changed = changed._replace(signatures=tuple(own[s.key].sign(message) for s in signers))
        assert log.code(changed) == "REGISTRAR_MISSING"
        assert log.code(log.registrar_built(type_, fields)) == ""


def test_two_registrars_fill_a_post_that_holds_a_grant(log: Log) -> None:
    fields = {"post": "jia/staff", "person": "p-003", "from": "2026-01-01", "acting": False}
    assert registry(log, "PostAssigned", fields, ("r-1",)) == ""
    log.registrars("GrantGiven", GRANT)
    assert registry(log, "PostAssigned", fields, ("r-1",)) == "REGISTRAR_MISSING"
    assert registry(log, "PostAssigned", fields, BY_TWO) == ""
    log.registrars("GrantEnded", {"grant": "g-1"})
    assert registry(log, "PostAssigned", fields, ("r-1",)) == ""


def test_registrars_act_by_position(log: Log) -> None:
    built = log.registrar_built("GrantGiven", GRANT, ("r-1", "p-001"))
    assert log.code(built) == "REGISTRAR_MISSING"
    log.registrars("RegistrarAppointed", {"person": "p-001"})
    assert log.code(built) == ""
    log.registrars("RegistrarEnded", {"person": "p-001"})
    assert log.code(built) == "REGISTRAR_MISSING"


def test_registrars_sign_without_posts_by_their_own_hand(log: Log) -> None:
    type_, fields = ROSTER_ROWS[2]
    one = Performer("person", "r-1", "")
    assert registry(log, type_, fields, ("r-1",), hand="recorded") == "REGISTRAR_MISSING"
    assert (
        registry(log, type_, fields, ("r-1",), performers=(Performer("person", "p-001", ""), one))
        == "REGISTRAR_MISSING"
    )
    assert registry(log, type_, fields, ("r-1",), performers=(Performer("person", "p-001", ""),)) == "REGISTRAR_MISSING"
    assert registry(log, type_, fields, ("r-1",), performers=(Performer("body", "jia", ""), one)) == "REGISTRAR_MISSING"
    assert (
        registry(log, type_, fields, ("r-1",), performers=(one, Performer("person", "r-1", "jia/staff")))
        == "REGISTRAR_MISSING"
    )
    posted = log.build(type_, fields, (("r-1", "jia/staff"),), performers=(one,), stream="registry/units")
    assert log.code(posted) == "REGISTRAR_MISSING"


# --- keys ------------------------------------------------------------------------------------------------------------


def test_nobody_enrols_their_own_key_alone(log: Log) -> None:
    for by in (("p-001",), ("p-001", "p-002"), ("p-001", "r-1")):
        assert registry(log, "KeyEnrolled", possession("p-001", "p-001 new"), by) == "REGISTRAR_MISSING"


def test_a_new_key_is_no_signer_of_its_own_enrolment(log: Log) -> None:
    built = log.registrar_built("KeyEnrolled", possession("r-2", "r-2 new"), BY_TWO, keys={"r-2": "r-2 new"})
    assert log.code(built) == "KEY_UNKNOWN"


@pytest.mark.parametrize("type_", ["KeyEnrolled", "KeyRotated"])
def test_possession_is_proven_for_this_person_in_this_log(log: Log, type_: str) -> None:
    extra = {"old": key_of("p-001").public.id} if type_ == "KeyRotated" else {}
    right = possession("p-001", "new") | extra
    assert registry(log, type_, right, BY_TWO) == ""
    for wrong in (
        possession("p-001", "new", origin="trail.example/yi"), possession("p-002", "new"), possession("p-001", "old")
    ):  # fmt: skip
        assert registry(log, type_, right | {"possession": wrong["possession"]}, BY_TWO) == "POSSESSION_BAD"


@pytest.mark.parametrize("raw", [*sorted(LOW_ORDER), bytes([255]) * 32, bytes(31) + b"\x7f\xff"[:1]])
def test_a_weak_key_is_not_enrolled(log: Log, raw: bytes) -> None:
    assert registry(log, "KeyEnrolled", possession("p-004") | {"key": raw}, BY_TWO) in ("KEY_WEAK", "POSSESSION_BAD")


def test_the_codes_of_weak_keys(log: Log) -> None:
    weak = possession("p-004")
    assert registry(log, "KeyEnrolled", weak | {"key": sorted(LOW_ORDER)[0]}, BY_TWO) == "KEY_WEAK"
    assert registry(log, "KeyEnrolled", weak | {"key": bytes(33)}, BY_TWO) == "KEY_WEAK"
    assert registry(log, "KeyEnrolled", weak | {"suite": "sm2"}, BY_TWO) == "KEY_WEAK"
    assert registry(log, "KeyEnrolled", weak, BY_TWO) == ""


def test_a_key_is_enrolled_once(log: Log) -> None:
    assert registry(log, "KeyEnrolled", possession("p-001"), BY_TWO) == "REGISTRY_CONFLICT"
    assert registry(log, "KeyEnrolled", possession("p-002", "p-001"), BY_TWO) == "REGISTRY_CONFLICT"
    log.registrars("KeyRevoked", {"key": key_of("p-001").public.id, "reason": "lost"}, BY_TWO[:1])
    assert registry(log, "KeyEnrolled", possession("p-001"), BY_TWO) == "REGISTRY_CONFLICT"


def test_only_a_key_in_force_is_rotated_for_its_own_person(log: Log) -> None:
    old = key_of("p-001").public.id
    new = possession("p-001", "p-001 new")
    assert registry(log, "KeyRotated", new | {"old": old}, BY_TWO) == ""
    assert registry(log, "KeyRotated", new | {"old": bytes(32)}, BY_TWO) == "REGISTRY_CONFLICT"
    assert registry(log, "KeyRotated", possession("p-002", "x") | {"old": old}, BY_TWO) == "REGISTRY_CONFLICT"
    assert registry(log, "KeyRotated", possession("p-001") | {"old": old}, BY_TWO) == "REGISTRY_CONFLICT"
    log.registrars("KeyRotated", new | {"old": old})
    assert registry(log, "KeyRotated", possession("p-001", "third") | {"old": old}, BY_TWO) == "REGISTRY_CONFLICT"


def test_a_key_is_revoked_by_its_owner_or_a_registrar(log: Log) -> None:
    fields = {"key": key_of("p-001").public.id, "reason": "compromised", "compromised_since": 0}
    assert registry(log, "KeyRevoked", fields, ("p-001",)) == ""
    assert registry(log, "KeyRevoked", fields, ("r-1",)) == ""
    assert registry(log, "KeyRevoked", fields, ("p-002",)) == "REGISTRAR_MISSING"
    assert registry(log, "KeyRevoked", fields, ("p-001", "p-002")) == "REGISTRAR_MISSING"
    assert registry(log, "KeyRevoked", fields | {"key": bytes(32)}, ("r-1",)) == "REGISTRY_CONFLICT"
    assert registry(log, "KeyRevoked", fields | {"reason": "bored"}, ("r-1",)) == "FIELDS_MISMATCH"


def test_a_registrar_s_key_is_revoked_by_its_owner_or_two_others(third: Log) -> None:
    fields = {"key": key_of("r-3").public.id, "reason": "lost"}
    assert registry(third, "KeyRevoked", fields, ("r-3",)) == ""
    assert registry(third, "KeyRevoked", fields, BY_TWO) == ""
    assert registry(third, "KeyRevoked", fields, ("r-1",)) == "REGISTRAR_MISSING"
    assert registry(third, "KeyRevoked", fields, ("r-1", "r-3")) == "REGISTRAR_MISSING"
    assert registry(third, "KeyRevoked", fields, ("r-1", "p-001")) == "REGISTRAR_MISSING"


# --- registrars, grants, types, roster -------------------------------------------------------------------------------


def test_two_registrars_remain(third: Log) -> None:
    assert registry(third, "RegistrarEnded", {"person": "r-3"}, BY_TWO) == ""
    third.registrars("RegistrarEnded", {"person": "r-3"})
    assert registry(third, "RegistrarEnded", {"person": "r-1"}, BY_TWO) == "REGISTRY_CONFLICT"


def test_a_schema_is_one_that_can_be_read(log: Log) -> None:
    assert registry(log, "TypeDeclared", {"schema": SPEC}, BY_TWO) == ""
    wrong: dict[str, Any]
    for wrong in (
        {"version": 0}, {"name": "A@B"}, {"name": "A\u200b"}, {"name": "A  B"}, {"name": ""}, {"hands": []},
        {"posts": []}, {"fields": {"a": {"kind": "other"}}},
    ):  # fmt: skip
        assert registry(log, "TypeDeclared", {"schema": SPEC | wrong}, BY_TWO) == "FIELDS_MISMATCH"
    assert registry(log, "TypeDeclared", {"schema": {}}, BY_TWO) == "FIELDS_MISMATCH"


@pytest.mark.parametrize(
    ("type_", "fields", "nearest"),
    [
        ("RegistrarAppointed", {"person": "r-1"}, {"person": "p-001"}),
        ("RegistrarEnded", {"person": "p-001"}, {"person": "r-3"}),
        ("GrantGiven", GRANT | {"grant": "g-0"}, GRANT),
        ("GrantEnded", {"grant": "g-1"}, {"grant": "g-0"}),
        ("TypeDeclared", {"schema": spec_to_value(TALK)}, {"schema": spec_to_value(TALK) | {"version": 2}}),
        ("TypeDeclared", {"schema": SPEC | {"name": "KeyRevoked"}}, {"schema": SPEC}),
        ("PersonRegistered", {"person": "p-001"}, {"person": "p-005"}),
        ("UnitEstablished", {"unit": "jia", "kind": "x", "name": "x"}, {"unit": "bing", "kind": "x", "name": "x"}),
        ("PostCreated", {"post": "jia/staff", "unit": "jia", "kind": "x", "title": "x"},
         {"post": "jia/x", "unit": "jia", "kind": "x", "title": "x"}),
        ("UnitMoved", {"unit": "jia", "parent": "jia"}, {"unit": "jia", "parent": "yi"}),
        ("UnitMoved", {"unit": "jia", "parent": "jia-1"}, {"unit": "jia-1", "parent": "jia"}),
        ("UnitMerged", {"unit": "jia", "into": "jia-1"}, {"unit": "jia-1", "into": "jia"}),
        ("UnitMerged", {"unit": "jia", "into": "jia"}, {"unit": "jia", "into": "yi"}),
        ("BodyRepresented", {"unit": "team", "post": "yi/recorder"}, {"unit": "team", "post": "jia/staff"}),
        ("BodyRepresented", {"unit": "team", "post": "jia-1/secretary"}, {"unit": "team", "post": "uni/office"}),
        ("PostAssigned", APPOINTED | {"until": "2026-01-01"}, APPOINTED | {"until": "2026-01-02"}),
    ],
)  # fmt: skip
def test_a_conflict_and_the_nearest_that_is_none(
    third: Log, type_: str, fields: dict[str, Any], nearest: dict[str, Any]
) -> None:
    assert registry(third, type_, fields, BY_TWO) == "REGISTRY_CONFLICT"
    assert registry(third, type_, nearest, BY_TWO) == ""


def test_an_ended_grant_s_name_stays_taken(third: Log) -> None:
    third.registrars("GrantEnded", {"grant": "g-0"})
    assert registry(third, "GrantGiven", GRANT | {"grant": "g-0"}, BY_TWO) == "REGISTRY_CONFLICT"
    assert registry(third, "GrantEnded", {"grant": "g-0"}, BY_TWO) == "REGISTRY_CONFLICT"


def test_two_units_do_not_merge_into_each_other(log: Log) -> None:
    log.registrars("UnitMerged", {"unit": "jia", "into": "yi"})
    assert registry(log, "UnitMerged", {"unit": "yi", "into": "jia"}, BY_TWO) == "REGISTRY_CONFLICT"
    assert registry(log, "UnitMoved", {"unit": "yi", "parent": "jia"}, BY_TWO) == "REGISTRY_CONFLICT"


def test_units_lie_only_so_deep_however_they_come_there(log: Log) -> None:
    """Whoever asks where a unit lies climbs its line: a file must not make that as long as it likes."""
    above = "uni"
    for number in range(MAX_DEPTH):
        fields = {"unit": f"u-{number}", "kind": "x", "name": "x", "parent": above}
        assert registry(log, "UnitEstablished", fields, BY_TWO[:1]) == ""
        log.registrars("UnitEstablished", fields, BY_TWO[:1])
        above = f"u-{number}"
    assert log.registry.within(above, "uni")
    deeper = {"unit": "u", "kind": "x", "name": "x", "parent": above}
    assert registry(log, "UnitEstablished", deeper, BY_TWO[:1]) == "REGISTRY_CONFLICT"
    for type_, name in (("UnitMoved", "parent"), ("UnitMerged", "into")):
        assert registry(log, type_, {"unit": "yi", name: above}, BY_TWO) == "REGISTRY_CONFLICT"
    moved = {"unit": "u-0", "parent": "jia-1"}
    log.registrars("UnitMoved", moved)
    assert not log.registry.within(above, "uni"), "what a move takes deeper is out of reach of the topmost"
    assert registry(log, "UnitMoved", {"unit": "uni", "parent": above}, BY_TWO) == "REGISTRY_CONFLICT"


# --- edits -----------------------------------------------------------------------------------------------------------

REASON = {"reason": ((), {"reason": "写错了"})}


def edit(log: Log, kind: str, target: Record, by: Sequence[tuple[str, str]] = SECRETARY, **changes: Any) -> Built:
    fields = changes.pop("fields", {}) | {"target": reference(target)}
    options: dict[str, Any] = {"stream": target.statement.stream, "parts": REASON} | changes
    return log.build(kind, fields, by, **options)


@pytest.fixture
def talk(log: Log) -> Record:
    """A talk by p-001 with p-004, recorded by p-002."""
    built = log.build(
        "TalkHeld", {"kind": "duty", "with": "p-003"}, RECORDER, hand="recorded",
        performers=(Performer("person", "p-001", "jia/secretary"),),
        parts={"record": (("p-003",), {"content": "谈话"})},
    )  # fmt: skip
    return log.add(built)


@pytest.mark.parametrize("kind", ["RecordCorrected", "RecordVoided"])
@pytest.mark.parametrize(
    ("by", "code"),
    [(SECRETARY, ""), (RECORDER, ""), ((("p-001", "jia/staff"),), ""), (STAFF, "EDIT_NOT_ALLOWED"),
     ((("r-1", "jia/staff"),), "EDIT_NOT_ALLOWED"), ((*SECRETARY, *STAFF), "EDIT_NOT_ALLOWED")],
)  # fmt: skip
def test_corrected_and_voided_by_signer_or_performer(log: Log, talk: Record, kind: str, by: Any, code: str) -> None:
    assert log.code(edit(log, kind, talk, by)) == code


@pytest.mark.parametrize("kind", ["RecordCorrected", "RecordVoided"])
def test_corrected_and_voided_under_a_grant(log: Log, talk: Record, kind: str) -> None:
    built = edit(log, kind, talk, STAFF)
    log.appoint("p-003", "jia/staff")
    assert log.code(built) == "EDIT_NOT_ALLOWED"
    log.registrars("GrantGiven", GRANT | {"types": ["TalkHeld"]})
    assert log.code(built) == ""
    log.registrars("GrantEnded", {"grant": "g-1"})
    assert log.code(built) == "EDIT_NOT_ALLOWED"


@pytest.mark.parametrize(("by", "code"), [(SECRETARY, ""), (STAFF, ""), (RECORDER, "EDIT_NOT_ALLOWED")])
def test_disputed_by_performer_or_counterpart(log: Log, talk: Record, by: Any, code: str) -> None:
    assert log.code(edit(log, "RecordDisputed", talk, by)) == code


def test_a_grant_to_correct_is_none_to_dispute(log: Log, talk: Record) -> None:
    log.registrars("GrantGiven", GRANT | {"post": "jia/recorder"})
    assert log.code(edit(log, "RecordDisputed", talk, RECORDER)) == "EDIT_NOT_ALLOWED"


def test_a_counterpart_disputes_without_a_post(log: Log, talk: Record) -> None:
    assert log.code(edit(log, "RecordDisputed", talk, (("p-003", ""),))) == ""
    assert log.code(edit(log, "RecordDisputed", talk, (("p-002", ""),))) == "EDIT_NOT_ALLOWED"


def test_a_granted_post_is_used_by_who_holds_it(log: Log, talk: Record) -> None:
    log.registrars("GrantGiven", GRANT)
    built = edit(log, "RecordVoided", talk, STAFF)
    assert log.code(built) == "EDIT_NOT_ALLOWED"
    log.appoint("p-003", "jia/staff", "2026-03-06")
    assert log.code(built) == "EDIT_NOT_ALLOWED"
    log.appoint("p-003", "jia/staff", "2026-03-05")
    assert log.code(built) == ""
    log.registrars("PostRelieved", {"post": "jia/staff", "person": "p-003", "until": "2026-03-05"})
    log.registrars("PostRelieved", {"post": "jia/staff", "person": "p-003", "until": "2026-03-05"})
    assert log.code(built) == "EDIT_NOT_ALLOWED"


def test_the_log_s_clock_can_not_be_put_back_to_when_a_post_was_held(log: Log, talk: Record) -> None:
    log.registrars("GrantGiven", GRANT)
    log.appoint("p-003", "jia/staff")
    fields = {"post": "jia/staff", "person": "p-003", "until": "2026-03-05"}
    log.add(log.registrar_built("PostRelieved", fields), recorded=NOW + 86_400)
    assert log.code(edit(log, "RecordVoided", talk, STAFF), recorded=NOW - 86_400) == "EDIT_NOT_ALLOWED"


def test_an_abolished_post_has_lost_its_grants(log: Log, talk: Record) -> None:
    log.appoint("p-003", "jia/staff")
    log.registrars("GrantGiven", GRANT)
    built = edit(log, "RecordVoided", talk, STAFF)
    assert log.code(built) == ""
    log.registrars("PostAbolished", {"post": "jia/staff"})
    assert log.code(built) == "EDIT_NOT_ALLOWED"
    assert registry(log, "GrantEnded", {"grant": "g-1"}, BY_TWO) == "REGISTRY_CONFLICT"
    assert registry(log, "GrantGiven", GRANT, BY_TWO) == "REGISTRY_CONFLICT"


def test_a_body_s_act_is_edited_by_the_holder_of_its_post(log: Log) -> None:
    log.registrars("BodyRepresented", {"unit": "team", "post": "jia/secretary"})
    target = log.add(log.talk(performers=(Performer("body", "team", "jia/secretary"),)))
    built = edit(log, "RecordVoided", target, (("p-003", "jia/secretary"),))
    assert log.code(built) == "EDIT_NOT_ALLOWED"
    log.appoint("p-003", "jia/secretary")
    assert log.code(built) == ""
    assert log.code(edit(log, "RecordVoided", target, STAFF)) == "EDIT_NOT_ALLOWED"


@pytest.mark.parametrize("kind", ["RecordCorrected", "RecordVoided", "RecordDisputed", "PartErased"])
def test_an_edit_stands_in_the_stream_of_its_target(log: Log, talk: Record, kind: str) -> None:
    extra: dict[str, Any] = (
        {"fields": {"part": "record", "authority": "x"}, "parts": {}} if kind == "PartErased" else {}
    )
    assert log.code(edit(log, kind, talk, stream="talks/other", **extra)) == "EDIT_NOT_ALLOWED"


@pytest.mark.parametrize("kind", ["RecordCorrected", "RecordVoided", "RecordDisputed"])
def test_an_edit_gives_a_reason_and_a_target(log: Log, talk: Record, kind: str) -> None:
    assert log.code(edit(log, kind, talk, parts={})) == "FIELDS_MISMATCH"
    assert log.code(log.build(kind, {}, stream="talks/jia", parts=REASON)) == "FIELDS_MISMATCH"
    missing = [bytes([9]) * 16, bytes(32)]
    assert log.code(log.build(kind, {"target": missing}, stream="talks/jia", parts=REASON)) == "CAUSE_UNKNOWN"
    wrong = [talk.statement.id, bytes(32)]
    assert log.code(log.build(kind, {"target": wrong}, stream="talks/jia", parts=REASON)) == "CAUSE_UNKNOWN"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"fields": {"kind": "integrity"}}, ""),
        ({"fields": {"kind": "other"}}, "FIELDS_MISMATCH"),
        ({"fields": {"more": 1}}, "FIELDS_MISMATCH"),
        ({"fields": {}}, "FIELDS_MISMATCH"),
        ({"fields": {"with": "p-999"}}, "NAME_UNKNOWN"),
        ({"fields": {"with": "p-004"}}, ""),
        ({"period": "2026-H1"}, ""),
        ({"period": 2026}, "FIELDS_MISMATCH"),
        ({"period": "26"}, "FIELDS_MISMATCH"),
        ({"happened": ["date", "2026-03-06", "day", False]}, ""),
        ({"happened": ["date", "2026-02-30", "day", False]}, "FIELDS_MISMATCH"),
        ({"happened": "2026-03-06"}, "FIELDS_MISMATCH"),
    ],
)
def test_a_correction_fits_the_type_that_it_corrects(log: Log, talk: Record, fields: dict[str, Any], code: str) -> None:
    assert log.code(edit(log, "RecordCorrected", talk, fields=fields)) == code


def test_a_correction_may_bring_parts_of_its_target(log: Log, talk: Record) -> None:
    record = {"record": (("p-003",), {"content": "更正"})}
    assert log.code(edit(log, "RecordCorrected", talk, parts=REASON | record)) == ""
    assert log.code(edit(log, "RecordCorrected", talk, parts=record)) == "FIELDS_MISMATCH"
    assert log.code(edit(log, "RecordCorrected", talk, parts=REASON | {"other": ((), {})})) == "FIELDS_MISMATCH"
    assert log.code(edit(log, "RecordVoided", talk, parts=REASON | record)) == "FIELDS_MISMATCH"


def test_an_edit_s_hand_is_the_signer_s_own(log: Log, talk: Record) -> None:
    another = (Performer("person", "p-001", "jia/secretary"),)
    for kind in ("RecordCorrected", "RecordVoided", "RecordDisputed"):
        by = STAFF if kind == "RecordDisputed" else RECORDER
        assert log.code(edit(log, kind, talk, by)) == ""
        assert log.code(edit(log, kind, talk, by, performers=another)) == "NOT_A_PERFORMER"


def test_nobody_is_named_as_editing_who_has_not_signed(log: Log, talk: Record) -> None:
    both = tuple(sorted((Performer("person", "p-001", "jia/secretary"), Performer("person", "p-002", "jia/recorder"))))
    assert log.code(edit(log, "RecordVoided", talk, RECORDER, performers=both)) == "NOT_A_PERFORMER"
    assert log.code(edit(log, "RecordVoided", talk, (*RECORDER, *SECRETARY), performers=both)) == ""


@pytest.mark.parametrize("hand", ["recorded", "imported"])
@pytest.mark.parametrize("kind", ["RecordCorrected", "RecordVoided", "RecordDisputed", "PartErased"])
def test_edits_are_own_hand(log: Log, talk: Record, hand: str, kind: str) -> None:
    log.appoint("p-003", "jia/staff")
    log.registrars("GrantGiven", GRANT | {"action": "erase"})
    by = STAFF if kind in ("RecordDisputed", "PartErased") else SECRETARY
    built = erasure(log, talk) if kind == "PartErased" else edit(log, kind, talk, by)
    assert log.code(built) == ""
    assert log.code(resigned(built, hand=hand)) == "HAND_NOT_ADMITTED"


@pytest.mark.parametrize(("type_", "fields"), [row for row in BY_TWO_ROWS if row[0] != "RegistrarEnded"])
def test_what_authority_rests_on_is_never_edited(third: Log, type_: str, fields: dict[str, Any]) -> None:
    target = third.registrars(type_, fields)
    for kind in ("RecordCorrected", "RecordVoided", "RecordDisputed"):
        built = edit(third, kind, target, [("r-1", "")], unit=None)
        assert third.code(built) == "EDIT_NOT_ALLOWED"


def test_the_genesis_and_revocations_are_never_edited(log: Log) -> None:
    revoked = log.registrars("KeyRevoked", {"key": key_of("p-001").public.id, "reason": "lost"}, BY_TWO[:1])
    for target in (log.records[0], revoked):
        assert log.code(edit(log, "RecordVoided", target, [("r-1", "")], unit=None)) == "EDIT_NOT_ALLOWED"


@pytest.mark.parametrize(("type_", "fields"), ROSTER_ROWS[1:])
def test_the_roster_is_edited_by_any_registrar(third: Log, type_: str, fields: dict[str, Any]) -> None:
    target = third.registrars(type_, fields, ("r-1",))
    for kind in ("RecordCorrected", "RecordVoided"):
        assert third.code(edit(third, kind, target, [("r-3", "")], unit=None)) == ""
        assert third.code(edit(third, kind, target, [("p-001", "")], unit=None)) == "EDIT_NOT_ALLOWED"
        assert third.code(edit(third, kind, target, SECRETARY, unit=None)) == "EDIT_NOT_ALLOWED"


def test_edits_are_voided_not_corrected(log: Log, talk: Record) -> None:
    for kind in ("RecordCorrected", "RecordVoided", "RecordDisputed"):
        target = log.add(edit(log, kind, talk))
        assert log.code(edit(log, "RecordCorrected", target)) == "EDIT_NOT_ALLOWED"
        assert log.code(edit(log, "RecordVoided", target)) == ""
        assert log.code(edit(log, "RecordVoided", target, STAFF)) == "EDIT_NOT_ALLOWED"


def test_an_erasure_is_never_voided(log: Log, talk: Record) -> None:
    log.appoint("p-003", "jia/staff")
    log.registrars("GrantGiven", GRANT | {"action": "erase"})
    target = log.add(erasure(log, talk))
    assert log.code(edit(log, "RecordVoided", target, STAFF)) == "EDIT_NOT_ALLOWED"


# --- erasure ---------------------------------------------------------------------------------------------------------


def erasure(
    log: Log, target: Record, by: Sequence[tuple[str, str]] = STAFF, part: str = "record", **changes: Any
) -> Built:
    return edit(log, "PartErased", target, by, fields={"part": part, "authority": "决定 1"}, parts={}, **changes)


@pytest.fixture
def staffed(log: Log) -> Log:
    """p-003 holds two posts, p-002 the recorder's."""
    for person, post in (("p-003", "jia/staff"), ("p-003", "jia/recorder"), ("p-002", "jia/recorder")):
        log.appoint(person, post)
    return log


def test_a_part_is_erased_under_a_grant(staffed: Log, talk: Record) -> None:
    assert staffed.code(erasure(staffed, talk)) == "EDIT_NOT_ALLOWED"
    staffed.registrars("GrantGiven", GRANT | {"action": "erase"})
    assert staffed.code(erasure(staffed, talk)) == ""
    assert staffed.code(erasure(staffed, talk, part="photo")) == "EDIT_NOT_ALLOWED"
    assert staffed.code(erasure(staffed, talk, part="other")) == "EDIT_NOT_ALLOWED"


@pytest.mark.parametrize("changes", [{"action": "correct"}, {"unit": "yi"}, {"unit": "jia-1"}, {"types": ["Endorsed"]}])
def test_a_part_is_erased_under_the_right_grant(staffed: Log, talk: Record, changes: dict[str, Any]) -> None:
    staffed.registrars("GrantGiven", GRANT | {"action": "erase"} | changes)
    assert staffed.code(erasure(staffed, talk)) == "EDIT_NOT_ALLOWED"


def test_a_part_is_erased_by_who_holds_the_granted_post(log: Log, talk: Record) -> None:
    log.registrars("GrantGiven", GRANT | {"action": "erase"})
    assert log.code(erasure(log, talk)) == "EDIT_NOT_ALLOWED"
    log.appoint("p-003", "jia/staff")
    assert log.code(erasure(log, talk)) == ""


def test_a_part_is_erased_by_a_second_person(staffed: Log, talk: Record) -> None:
    staffed.registrars("GrantGiven", GRANT | {"action": "erase", "post": "jia/recorder"})
    assert staffed.code(erasure(staffed, talk, RECORDER)) == "EDIT_NOT_ALLOWED"
    assert staffed.code(erasure(staffed, talk, (("p-003", "jia/recorder"),))) == ""


def test_a_person_s_name_is_erased_under_a_grant_for_all(staffed: Log) -> None:
    target = next(r for r in staffed.records if r.statement.type == "PersonRegistered@1")
    staffed.registrars("GrantGiven", GRANT | {"action": "erase"})
    assert staffed.code(erasure(staffed, target, part="name", unit=None)) == "EDIT_NOT_ALLOWED"
    staffed.registrars("GrantGiven", GRANT | {"grant": "g-2", "action": "erase", "unit": "uni"})
    assert staffed.code(erasure(staffed, target, part="name", unit=None)) == ""


def test_an_endorsement_can_be_voided(log: Log) -> None:
    assert ENDORSED.exclusive
    target = log.add(log.build("Endorsed", stream="lists/1"))
    assert log.code(edit(log, "RecordVoided", target)) == ""


def test_the_log_s_clock_can_t_be_put_back_into_a_former_tenure(staffed: Log, talk: Record) -> None:
    """Nobody signs the clock: an entry dated into a tenure that ended is judged by the latest reading before it."""
    staffed.registrars("GrantGiven", GRANT | {"action": "erase"})
    staffed.registrars("PostRelieved", {"post": "jia/staff", "person": "p-003", "until": "2026-03-07"})
    built = erasure(staffed, talk)
    during, later = date_start("2026-03-06"), date_start("2026-03-08")
    assert staffed.code(built, recorded=during) == ""
    staffed.add(staffed.talk(stream="talks/later"), recorded=later)
    assert staffed.code(built, recorded=during) == "EDIT_NOT_ALLOWED"


def test_who_is_put_into_a_post_that_speaks_for_a_body_is_signed_by_two(log: Log) -> None:
    fields = {"post": "jia/secretary", "person": "p-002", "from": "2026-01-01", "acting": False}
    assert log.code(log.registrar_built("PostAssigned", fields, ("r-1",))) == ""
    log.registrars("BodyRepresented", {"unit": "team", "post": "jia/secretary"})
    log.registrars("BodyRepresented", {"unit": "team", "post": "jia/staff"})
    assert log.code(log.registrar_built("PostAssigned", fields, ("r-1",))) == "REGISTRAR_MISSING"
    assert log.code(log.registrar_built("PostAssigned", fields, BY_TWO)) == ""


def test_of_two_equal_grants_each_is_ended_by_its_name(log: Log) -> None:
    log.registrars("GrantGiven", GRANT | {"grant": "g1"})
    log.registrars("GrantGiven", GRANT | {"grant": "g2"})
    log.registrars("GrantEnded", {"grant": "g2"})
    log.registrars("PostAbolished", {"post": GRANT["post"]}, BY_TWO[:1])
    assert log.registry.grants == {}
    assert log.code(log.registrar_built("GrantEnded", {"grant": "g1"})) == "REGISTRY_CONFLICT"
    assert log.code(log.registrar_built("GrantGiven", GRANT | {"grant": "g3"})) == "REGISTRY_CONFLICT"
