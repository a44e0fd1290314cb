"""Admission, checks 4 to 10: for each code what is refused, and the nearest that is admitted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.evidence.kit import (
    BY_TWO,
    RECORDER,
    SECRETARY,
    Log,
    key_of,
    possession,
    resigned,
    sha256,
)

from trail.errors import Refusal
from trail.evidence.admission import check_keys, check_signatures
from trail.evidence.record import Performer, reference
from trail.evidence.refusals import CODES, FORGED, OPEN, REMARK, refuse
from trail.evidence.schema import Mentions
from trail.evidence.trace import Trace, trace_of
from trail.evidence.types import TypeSpec, spec_to_value

OTHER = bytes([9]) * 16


def grant(log: Log, action: str, post: str = "jia/staff", unit: str = "jia", types: tuple[str, ...] = ("*",)) -> None:
    fields = {"action": action, "grant": f"g-{action}", "post": post, "types": list(types), "unit": unit}
    log.registrars("GrantGiven", fields)


def declare(log: Log, name: str, **options: Any) -> None:
    log.registrars("TypeDeclared", {"schema": spec_to_value(TypeSpec(name, 1, {}, **options))})


def test_an_honest_act_is_admitted(log: Log) -> None:
    assert log.code(log.talk("谈话")) == ""


def test_a_refusal_carries_number_code_and_both_sides(log: Log) -> None:
    with pytest.raises(Refusal) as caught:
        log.judge(log.talk(after=7))
    refusal = caught.value
    assert (refusal.check, refusal.code, refusal.forged) == (7, "AFTER_AHEAD", True)
    assert (refusal.expected, refusal.found) == (0, 7)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_says_check_and_effect(code: str) -> None:
    check, effect = CODES[code]
    refusal = refuse(code, "…")
    assert (refusal.check, refusal.code, refusal.forged) == (check, code, effect is FORGED)
    assert effect in (FORGED, OPEN, REMARK)


# --- 4 origin --------------------------------------------------------------------------------------------------------


def test_origin_mismatch(log: Log) -> None:
    assert log.code(resigned(log.talk(), log="trail.example/yi")) == "ORIGIN_MISMATCH"
    assert log.code(resigned(log.talk(), log="trail.example/jia")) == ""


# --- 5 types and schemas ---------------------------------------------------------------------------------------------


def test_type_undeclared(log: Log) -> None:
    built = log.build("Visited")
    assert log.code(built) == "TYPE_UNDECLARED"
    declare(log, "Visited")
    assert log.code(built) == ""
    assert log.code(log.build("Visited@2")) == "TYPE_UNDECLARED"


@pytest.mark.parametrize(
    "fields", [{}, {"kind": "other"}, {"kind": "duty", "more": 1}, {"kind": "duty", "with": 1}, {"Kind": "duty"}]
)
def test_fields_mismatch(log: Log, fields: dict[str, Any]) -> None:
    assert log.code(log.build("TalkHeld", fields)) == "FIELDS_MISMATCH"
    assert log.code(log.build("TalkHeld", {"kind": "duty"})) == ""


def test_parts_mismatch(log: Log) -> None:
    parts = {"other": ((), {"x": 1})}
    assert log.code(log.talk(parts=parts)) == "FIELDS_MISMATCH"
    assert log.code(log.talk(parts={"photo": ((), {"words": "x"})})) == ""


# --- 6 names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "performers",
    [
        (Performer("person", "p-999", "jia/secretary"),),
        (Performer("body", "p-001", "jia/secretary"),),
        (Performer("person", "jia", "jia/secretary"),),
        (Performer("person", "p-001", "jia/nobody"),),
        (Performer("person", "p-001", "jia"),),
    ],
)
def test_unknown_performers(log: Log, performers: tuple[Performer, ...]) -> None:
    assert log.code(log.talk(performers=performers)) == "NAME_UNKNOWN"


def test_unknown_names(log: Log) -> None:
    assert (
        log.code(log.talk(by=(("p-001", "jia/nobody"),), performers=(Performer("person", "p-001", ""),)))
        == "NAME_UNKNOWN"
    )
    assert log.code(log.talk(unit="bing")) == "NAME_UNKNOWN"
    assert log.code(log.talk(unit="yi")) == ""
    assert log.code(log.talk(unit=None)) == ""
    assert log.code(log.build("TalkHeld", {"kind": "duty", "with": "p-999"})) == "NAME_UNKNOWN"
    assert log.code(log.build("TalkHeld", {"kind": "duty", "with": "p-004"})) == ""


def test_names_are_known_from_their_position_on(log: Log) -> None:
    built = log.build("TalkHeld", {"kind": "duty", "with": "p-005"})
    assert log.code(built) == "NAME_UNKNOWN"
    log.registrars("PersonRegistered", {"person": "p-005"}, parts={"name": (("p-005",), {"name": "李二"})})
    assert log.code(built) == ""


def test_unknown_causes(log: Log) -> None:
    first = log.add(log.talk())
    assert log.code(log.talk(causes=(OTHER,))) == "CAUSE_UNKNOWN"
    assert log.code(log.talk(causes=(first.statement.id,))) == ""
    own = log.talk()
    assert log.code(resigned(own, causes=(own.statement.id,))) == "CAUSE_UNKNOWN"


def test_unknown_references(log: Log) -> None:
    first = log.add(log.talk())
    right = reference(first)
    for wrong in ([OTHER, first.digest], [first.statement.id, bytes(32)]):
        assert log.code(log.build("Endorsed", {"version": wrong}, stream="lists/1")) == "CAUSE_UNKNOWN"
    assert log.code(log.build("Endorsed", {"version": right}, stream="lists/1")) == ""


# --- 7 order ---------------------------------------------------------------------------------------------------------


def test_id_reused(log: Log) -> None:
    first = log.add(log.talk())
    assert log.code(log.talk(id=first.statement.id)) == "ID_REUSED"
    assert log.code(log.talk(id=first.statement.id, stream="talks/2")) == "ID_REUSED"
    assert log.code(log.talk(id=OTHER)) == ""


@pytest.mark.parametrize(("version", "code"), [(1, "VERSION_GAP"), (2, ""), (3, "VERSION_GAP")])
def test_version_gap(log: Log, version: int, code: str) -> None:
    log.add(log.talk())
    assert log.code(log.talk(), version=version) == code


@pytest.mark.parametrize(("after", "code"), [(0, ""), (1, ""), (2, "AFTER_AHEAD")])
def test_after_ahead(log: Log, after: int, code: str) -> None:
    log.add(log.talk())
    assert log.code(log.talk(after=after)) == code


def test_stream_reserved(log: Log) -> None:
    assert log.code(log.talk(stream="registry/talks")) == "STREAM_RESERVED"
    assert log.code(log.talk(stream="registry")) == ""
    fields = {"unit": "jia", "name": "x"}
    assert log.code(log.registrar_built("UnitRenamed", fields, stream="talks/jia")) == "STREAM_RESERVED"
    assert log.code(log.registrar_built("UnitRenamed", fields, stream="registry/any")) == ""


@pytest.mark.parametrize(("after", "code"), [(0, "EXCLUSIVE_MOVED"), (1, ""), (2, "AFTER_AHEAD")])
def test_exclusive_moved(log: Log, after: int, code: str) -> None:
    log.add(log.build("Endorsed", stream="lists/1"))
    assert log.code(log.build("Endorsed", stream="lists/1", after=after)) == code


# --- 8 keys ----------------------------------------------------------------------------------------------------------


def test_key_unknown(log: Log) -> None:
    built = log.talk(keys={"p-001": "stranger"})
    assert log.code(built) == "KEY_UNKNOWN"
    log.registrars("KeyEnrolled", possession("p-001", "stranger"))
    assert log.code(built) == ""


def test_key_of_another(log: Log) -> None:
    assert log.code(log.talk(keys={"p-001": "p-002"})) == "KEY_OF_ANOTHER"
    assert log.code(log.talk(keys={"p-001": "p-001"})) == ""


def test_a_revoked_key_ends_at_that_position(log: Log) -> None:
    built = log.talk()
    assert log.code(built) == ""
    log.registrars("KeyRevoked", {"key": key_of("p-001").public.id, "reason": "lost"}, BY_TWO[:1])
    assert log.code(built) == "KEY_ENDED"


def test_a_rotated_key_ends_where_the_new_one_begins(log: Log) -> None:
    before, after = log.talk(), log.talk(keys={"p-001": "p-001 new"})
    assert (log.code(before), log.code(after)) == ("", "KEY_UNKNOWN")
    old = key_of("p-001").public.id
    log.registrars("KeyRotated", possession("p-001", "p-001 new") | {"old": old})
    assert (log.code(before), log.code(after)) == ("KEY_ENDED", "")


def test_every_signer_is_checked(log: Log) -> None:
    both = (*SECRETARY, ("p-003", "jia-1/secretary"))
    assert log.code(log.talk(by=both)) == ""
    assert log.code(log.talk(by=both, keys={"p-003": "stranger"})) == "KEY_UNKNOWN"


# --- 9 signatures ----------------------------------------------------------------------------------------------------


def test_signature_bad(log: Log) -> None:
    good = log.talk()
    assert log.code(good._replace(signatures=(bytes(64),))) == "SIGNATURE_BAD"
    assert log.code(good._replace(signatures=(good.signatures[0][:63],))) == "SIGNATURE_BAD"
    assert log.code(good._replace(signatures=log.talk().signatures)) == "SIGNATURE_BAD"
    assert log.code(good) == ""


def test_a_signature_over_other_purposes_is_none(log: Log) -> None:
    built = log.talk()
    key = key_of("p-001")
    for message in (built.data, sha256(built.data), b"trail/statement/v1\n" + built.data):
        assert log.code(built._replace(signatures=(key.sign(message),))) == "SIGNATURE_BAD"


def test_signatures_stand_in_the_order_of_the_signers(log: Log) -> None:
    both = log.talk(by=(*SECRETARY, ("p-003", "jia-1/secretary")))
    assert log.code(both) == ""
    assert log.code(both._replace(signatures=both.signatures[::-1])) == "SIGNATURE_BAD"


def test_a_trusted_key_is_checked_by_length_alone(log: Log) -> None:
    built = log.talk()
    record = log.record(built._replace(signatures=(bytes(64),)))
    keys = check_keys(record, log.registry, log.origin)
    trusted = frozenset([key_of("p-001").public.id])
    check_signatures(record, keys, log.origin, trusted=trusted)
    with pytest.raises(Refusal):
        check_signatures(record, keys, log.origin, trusted=frozenset([key_of("p-002").public.id]))
    short = log.record(built._replace(signatures=(bytes(63),)))
    with pytest.raises(Refusal):
        check_signatures(short, keys, log.origin, trusted=trusted)


# --- 10 mandates: posts ----------------------------------------------------------------------------------------------


def test_post_kind(log: Log) -> None:
    staff = (("p-003", "jia/staff"),)
    assert log.code(log.talk(by=staff)) == "POST_KIND"
    assert log.code(log.talk(by=(("p-003", "jia-1/secretary"),))) == ""
    assert log.code(log.talk(by=SECRETARY, performers=(Performer("person", "p-001", ""),))) == "POST_KIND"


def test_a_type_for_any_post(log: Log) -> None:
    declare(log, "Visited")
    assert log.code(log.build("Visited", by=(("p-003", "jia/staff"),))) == ""


@pytest.mark.parametrize(("unit", "code"), [("jia", ""), ("jia-1", ""), ("yi", "POST_KIND"), (None, "POST_KIND")])
def test_a_grant_to_sign(log: Log, unit: str | None, code: str) -> None:
    built = log.talk(by=(("p-003", "jia/staff"),), unit=unit)
    assert log.code(built) == "POST_KIND"
    grant(log, "sign")
    assert log.code(built) == code
    log.registrars("GrantEnded", {"grant": "g-sign"})
    assert log.code(built) == "POST_KIND"


def test_whether_the_post_was_held_is_no_reason_to_refuse(log: Log) -> None:
    log.registrars("PostAssigned", {"post": "jia/secretary", "person": "p-002", "from": "2026-01-01", "acting": False})
    assert log.code(log.talk()) == ""


# --- 10 mandates: hands ----------------------------------------------------------------------------------------------


def test_own_hand_is_a_performer_s(log: Log) -> None:
    other = (Performer("person", "p-003", "jia/secretary"),)
    assert log.code(log.talk(performers=other)) == "NOT_A_PERFORMER"
    elsewhere = (Performer("person", "p-001", "jia-1/secretary"),)
    assert log.code(log.talk(performers=elsewhere)) == "NOT_A_PERFORMER"
    together = (Performer("person", "p-001", "jia/secretary"), Performer("person", "p-003", "jia-1/secretary"))
    assert log.code(log.talk(performers=together)) == ""


def test_every_signer_of_an_own_hand_act_is_a_performer(log: Log) -> None:
    both = (*SECRETARY, ("p-003", "jia-1/secretary"))
    one = (Performer("person", "p-001", "jia/secretary"),)
    assert log.code(log.talk(by=both, performers=one)) == "NOT_A_PERFORMER"


def test_an_act_is_signed_in_a_post(log: Log) -> None:
    declare(log, "Visited")
    assert log.code(log.build("Visited", by=(("p-001", ""),))) == "NOT_A_PERFORMER"
    assert log.code(log.build("Visited", by=(("p-001", "jia/staff"),))) == ""


def test_hand_not_admitted(log: Log) -> None:
    for hand in ("recorded", "imported"):
        assert log.code(log.build("Endorsed", by=RECORDER, hand=hand, stream="lists/1")) == "HAND_NOT_ADMITTED"
    assert log.code(log.build("Endorsed", stream="lists/1")) == ""


@pytest.mark.parametrize(
    ("post", "performed_in", "code"),
    [
        ("jia/recorder", "jia/secretary", ""),
        ("jia/recorder", "jia-1/secretary", ""),
        ("yi/recorder", "jia/secretary", "RECORDER_ELSEWHERE"),
        ("yi/recorder", "jia-1/secretary", "RECORDER_ELSEWHERE"),
        ("jia/secretary", "jia/secretary", "RECORDER_ELSEWHERE"),
        ("", "jia/secretary", "RECORDER_ELSEWHERE"),
    ],
)
def test_a_recorder_is_of_the_performer_s_unit_or_one_above(log: Log, post: str, performed_in: str, code: str) -> None:
    performers = (Performer("person", "p-001", performed_in),)
    assert log.code(log.talk(by=(("p-002", post),), hand="recorded", performers=performers)) == code


def test_a_recorder_records_for_every_performer(log: Log) -> None:
    log.registrars("PostCreated", {"post": "yi/head", "unit": "yi", "kind": "head", "title": "院长"})
    here, there = Performer("person", "p-001", "jia/secretary"), Performer("person", "p-003", "yi/head")
    assert log.code(log.talk(by=RECORDER, hand="recorded", performers=(here,))) == ""
    assert log.code(log.talk(by=RECORDER, hand="recorded", performers=(here, there))) == "RECORDER_ELSEWHERE"


def test_a_recorder_who_performs_signs_by_their_own_hand(log: Log) -> None:
    performers = (Performer("person", "p-002", "jia/secretary"),)
    assert log.code(log.talk(by=RECORDER, performers=performers)) == "NOT_A_PERFORMER"
    assert log.code(log.talk(by=RECORDER, hand="recorded", performers=performers)) == ""


def test_a_merged_unit_s_recorder_is_now_the_other_unit_s(log: Log) -> None:
    performers = (Performer("person", "p-001", "jia/secretary"),)
    built = log.talk(by=(("p-002", "yi/recorder"),), hand="recorded", performers=performers)
    assert log.code(built) == "RECORDER_ELSEWHERE"
    log.registrars("UnitMerged", {"unit": "jia", "into": "yi"})
    assert log.code(built) == ""


def test_an_import_needs_a_grant(log: Log) -> None:
    built = log.talk(
        by=(("p-003", "jia/staff"),), hand="imported", performers=(Performer("person", "p-001", "jia/secretary"),)
    )
    assert log.code(built) == "NO_GRANT"
    grant(log, "import", types=("TalkHeld",))
    assert log.code(built) == ""
    log.registrars("GrantEnded", {"grant": "g-import"})
    assert log.code(built) == "NO_GRANT"


@pytest.mark.parametrize(
    ("grants", "code"),
    [
        ({"unit": "jia-1"}, "NO_GRANT"),
        ({"unit": "yi"}, "NO_GRANT"),
        ({"unit": "uni"}, ""),
        ({"types": ("Endorsed",)}, "NO_GRANT"),
        ({"post": "jia/recorder"}, "NO_GRANT"),
    ],
)
def test_an_import_needs_the_right_grant(log: Log, grants: dict[str, Any], code: str) -> None:
    grant(log, "import", **grants)
    performers = (Performer("person", "p-001", "jia/secretary"),)
    assert log.code(log.talk(by=(("p-003", "jia/staff"),), hand="imported", performers=performers)) == code


def test_a_person_without_a_post_belongs_to_the_statement_s_unit(log: Log) -> None:
    declare(log, "Visited", hands=("imported",))
    grant(log, "import")
    nobody = (Performer("person", "p-004", ""),)
    importer = (("p-003", "jia/staff"),)
    assert log.code(log.build("Visited", by=importer, hand="imported", performers=nobody)) == ""
    assert log.code(log.build("Visited", by=importer, hand="imported", performers=nobody, unit="yi")) == "NO_GRANT"
    assert log.code(log.build("Visited", by=importer, hand="imported", performers=nobody, unit=None)) == "NO_GRANT"


def test_a_body_acts_through_its_post(log: Log) -> None:
    team = (Performer("body", "team", "jia/secretary"),)
    built = log.talk(performers=team)
    assert log.code(built) == "NOT_A_PERFORMER"
    log.registrars("BodyRepresented", {"unit": "team", "post": "jia/secretary"})
    assert log.code(built) == ""
    assert log.code(log.talk(performers=(Performer("body", "jia", "jia/secretary"),))) == "NOT_A_PERFORMER"
    beside = (*team, Performer("person", "p-001", "jia/secretary"))
    assert log.code(log.talk(performers=beside)) == ""
    log.registrars("BodyRepresented", {"unit": "team", "post": "jia/staff"})
    assert log.code(built) == "NOT_A_PERFORMER"
    assert log.code(log.talk(performers=beside)) == "NOT_A_PERFORMER"


def test_a_body_s_acts_may_be_recorded(log: Log) -> None:
    declare(log, "Met", hands=("recorded",))
    team = (Performer("body", "team", ""),)
    assert log.code(log.build("Met", by=RECORDER, hand="recorded", performers=team)) == ""
    assert (
        log.code(log.build("Met", by=(("p-002", "yi/recorder"),), hand="recorded", performers=team))
        == "RECORDER_ELSEWHERE"
    )


# --- traces ----------------------------------------------------------------------------------------------------------


def test_the_trace_of_a_record(log: Log) -> None:
    built = log.build("TalkHeld", {"kind": "duty", "with": "p-004"}, parts={"record": (("p-004",), {"content": "x"})})
    record = log.record(built)
    mentions = log.judge(record)
    assert trace_of(record, mentions) == Trace(
        record.position, "TalkHeld@1", record.digest, "talks/jia", "jia", ("p-001",), built.statement.performers,
        ("p-004",), ("record",),
    )  # fmt: skip
    assert trace_of(record, Mentions()).counterparts == ()
