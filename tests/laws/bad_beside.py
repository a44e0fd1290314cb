"""The rest of the bad entries: mandates, registry, seen checkpoints, body parts and attachments (10 to 14)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from tests.laws.bad import (
    ACTS,
    ALL,
    LAB,
    WITH_PART,
    Bad,
    Base,
    LabClosed,
    LabInspected,
    bad,
    by,
    registered,
    with_part,
)
from tests.laws.kit import THIEF

from trail.aggregates import (
    KeyEnrolled,
    ListEndorsed,
    LogFounded,
    LogKeyRotated,
    LogRetired,
    PersonRegistered,
    RecordVoided,
    ReportFiled,
    ResponsibilityListDrafted,
)
from trail.aggregates.registry import Founder
from trail.application import Attachment
from trail.evidence.record import AttachmentRef, Performer, Seen, SignerRef, decode_part, encode_part
from trail.signing import log_key_messages, possession_message
from trail.store import PartContent, Submission
from trail.testing.campus import key_of
from trail.testing.tamper import resigned, signed

# --- 10 --------------------------------------------------------------------------------------------------------------


@bad("POST_KIND", *ACTS)
def post_of_a_wrong_kind(base: Base) -> Bad:
    campus = base.campus
    if base.submission.statement.type == LAB.key:
        return Bad(by(campus, "jia/deputy", LabInspected(happened=campus.now)).submission)
    draft = ResponsibilityListDrafted(unit="jia", year=2027, owner="jia/lab", items={"1": "责任"}, happened=campus.now)
    ack = campus.acting("jia/lab").record(draft)
    return Bad(by(campus, "jia/lab", ListEndorsed(versions=[ack], happened=campus.now)).submission)


@bad("HAND_NOT_ADMITTED", *ACTS)
def hand_that_the_type_does_not_admit(base: Base) -> Bad:
    campus = base.campus
    if base.submission.statement.type == LAB.key:
        return Bad(resigned(by(campus, "jia/secretary", LabClosed(happened=campus.now)).submission, base.keys,
                            hand="recorded"))  # fmt: skip
    act = ReportFiled(subject="principal", period="2026-H1", recipients=["dic"], sent=campus.now)
    return Bad(resigned(by(campus, "jia/secretary", act).submission, base.keys, hand="recorded"))


@bad("NOT_A_PERFORMER", *ACTS)
def own_hand_of_somebody_else(base: Base) -> Bad:
    return Bad(base.but(performers=(Performer("person", "p-011", "yi/secretary"),)))


@bad("RECORDER_ELSEWHERE", *ACTS)
def recorded_by_no_recorder(base: Base) -> Bad:
    return Bad(base.but(performers=(Performer("person", "p-011", "yi/secretary"),), hand="recorded"))


@bad("RECORDER_ELSEWHERE", *ACTS)
def recorded_by_the_recorder_of_another_unit(base: Base) -> Bad:
    performers = (Performer("person", "p-011", "yi/secretary"),)
    return Bad(_as(base, "p-010", "jia/recorder", performers=performers, hand="recorded"))


@bad("NO_GRANT", *ACTS)
def imported_without_a_grant(base: Base) -> Bad:
    return Bad(base.but(performers=(Performer("person", "p-011", "yi/secretary"),), hand="imported"))


def _as(base: Base, who: str, post: str, **changes: Any) -> Submission:
    key = key_of(who)
    return resigned(base.submission, [key], signers=(SignerRef(who, post, key.public.id),), **changes)


# --- 11 --------------------------------------------------------------------------------------------------------------


@bad("GENESIS_MISPLACED", "registry")
def second_genesis(base: Base) -> Bad:
    origin = base.campus.trail.origin
    keys = {name: key_of(f"usurper {name}") for name in ("u-1", "u-2")}
    rows = [Founder(n, k.public.raw, k.sign(possession_message(origin, n, k.public))) for n, k in keys.items()]
    draft = base.campus.registering().prepare(
        LogFounded(registrars=rows), keys=[(n, k.public.id) for n, k in keys.items()]
    )
    return Bad(signed(draft, *keys.values()))


@bad("REGISTRAR_MISSING", "registry")
def registered_by_a_member(base: Base) -> Bad:
    performers = (Performer("person", "p-013", ""),)
    return Bad(_as(base, "p-013", "", performers=performers))


@bad("REGISTRAR_MISSING", "registry")
def enrolled_by_one_registrar(base: Base) -> Bad:
    return Bad(registered(base.campus, base.campus.enrolment("p-013", key_of("another"))).submission)


@bad("POSSESSION_BAD", "registry")
def enrolled_without_possession(base: Base) -> Bad:
    good = base.campus.enrolment("p-013", key_of("another"))
    act = replace(good, possession=THIEF.sign(b"something else"))
    return Bad(registered(base.campus, act, ("r-1", "r-2")).submission)


@bad("KEY_WEAK", "registry")
def weak_key(base: Base) -> Bad:
    identity = bytes([1]) + bytes(31)
    act = KeyEnrolled(person="p-013", key=identity, possession=bytes(64))
    return Bad(registered(base.campus, act, ("r-1", "r-2")).submission)


@bad("REGISTRY_CONFLICT", "registry")
def registered_twice(base: Base) -> Bad:
    return Bad(registered(base.campus, PersonRegistered(person="p-005", name="又一个")).submission)


def log_rotation(base: Base, old: str, new: str, **changes: Any) -> LogKeyRotated:
    """A rotation of the log's key from the one that follows from *old* to the one from *new*."""
    one, two = key_of(old), key_of(new)
    by_old, by_new = log_key_messages(base.campus.trail.origin, one.public, two.public)
    act = LogKeyRotated(
        old=one.public.raw, key=two.public.raw, possession=two.sign(by_new), vouched=one.sign(by_old)
    )  # fmt: skip
    return replace(act, **changes)


@bad("KEY_DOUBLE_USE", "registry")
def log_key_of_a_member(base: Base) -> Bad:
    return Bad(registered(base.campus, log_rotation(base, "log", "p-005"), ("r-1", "r-2")).submission)


@bad("KEY_DOUBLE_USE", "registry")
def log_key_of_the_witness(base: Base) -> Bad:
    return Bad(registered(base.campus, log_rotation(base, "log", "witness"), ("r-1", "r-2")).submission)


@bad("KEY_DOUBLE_USE", "registry")
def members_key_of_the_log(base: Base) -> Bad:
    return Bad(registered(base.campus, base.campus.enrolment("p-013", key_of("log")), ("r-1", "r-2")).submission)


@bad("KEY_DOUBLE_USE", "registry")
def members_key_of_the_witness(base: Base) -> Bad:
    return Bad(registered(base.campus, base.campus.enrolment("p-013", key_of("witness")), ("r-1", "r-2")).submission)


@bad("REGISTRAR_MISSING", "registry")
def log_key_rotated_by_one_registrar(base: Base) -> Bad:
    return Bad(registered(base.campus, log_rotation(base, "log", "log-2")).submission)


@bad("POSSESSION_BAD", "registry")
def log_key_that_its_holder_did_not_show(base: Base) -> Bad:
    act = log_rotation(base, "log", "log-2", possession=THIEF.sign(b"something else"))
    return Bad(registered(base.campus, act, ("r-1", "r-2")).submission)


@bad("POSSESSION_BAD", "registry")
def log_key_that_the_old_one_did_not_name(base: Base) -> Bad:
    act = log_rotation(base, "log", "log-2", vouched=THIEF.sign(b"something else"))
    return Bad(registered(base.campus, act, ("r-1", "r-2")).submission)


@bad("REGISTRY_CONFLICT", "registry")
def log_key_that_follows_another_than_the_logs(base: Base) -> Bad:
    return Bad(registered(base.campus, log_rotation(base, "another", "log-2"), ("r-1", "r-2")).submission)


@bad("LOG_RETIRED", *ALL)
def after_the_last_act(base: Base) -> Bad:
    base.campus.register(LogRetired(successor="trail.example/next"))
    return Bad(base.submission)


@bad("EDIT_NOT_ALLOWED", *ACTS)
def voided_by_a_stranger(base: Base) -> Bad:
    campus = base.campus
    target = campus.trail._store.append(base.submission)
    return Bad(by(campus, "yi/secretary", RecordVoided(target=target, reason="……")).submission)


@bad("EDIT_NOT_ALLOWED", "registry")
def key_enrolment_voided(base: Base) -> Bad:
    """What authority rests on is never edited away."""
    records = base.campus.trail.records()
    enrolled = next(r for r in records if r.statement.type == "KeyEnrolled@1")
    act = RecordVoided(target=enrolled, reason="……")
    draft = base.campus.registering().prepare(act, keys=[("r-1", key_of("r-1").public.id)])
    return Bad(signed(draft, key_of("r-1")))


# --- 12 --------------------------------------------------------------------------------------------------------------


@bad("SEEN_CONTRADICTED", *ALL)
def saw_another_tree(base: Base) -> Bad:
    seen = base.submission.statement.seen
    assert seen is not None
    return Bad(base.but(seen=Seen(seen.size, bytes(32), ())))


@bad("SEEN_AHEAD", *ALL)
def saw_the_future(base: Base) -> Bad:
    return Bad(base.but(seen=Seen(base.campus.trail.reader.head().size + 1, bytes(32), ())))


@bad("SEEN_UNSHOWN", *ALL)
def saw_what_was_never_issued(base: Base) -> Bad:
    return Bad(base.but(seen=Seen(3, bytes(32), ())))


@bad("SEEN_UNSHOWN", *ALL)
def saw_an_anchor_that_nobody_has(base: Base) -> Bad:
    seen = base.submission.statement.seen
    assert seen is not None
    return Bad(base.but(seen=Seen(seen.size, seen.root, (bytes(32),))))


# --- 13 and 14 -------------------------------------------------------------------------------------------------------


@bad("PART_ALTERED", *WITH_PART)
def part_that_was_not_signed(base: Base) -> Bad:
    data = base.submission.parts[0].part.data
    name = next(iter(data))
    return Bad(base.submission._replace(parts=with_part(base, data={**data, name: "别的话"}).parts))


@bad("PART_MALFORMED", *WITH_PART)
def part_outside_its_schema(base: Base) -> Bad:
    return Bad(with_part(base, data={"zzz": True}))


@bad("PART_MISSING", *WITH_PART)
def part_that_is_not_there(base: Base) -> Bad:
    return Bad(base.submission._replace(parts=()))


@bad("PART_STRAY", *WITH_PART)
def part_that_nobody_named(base: Base) -> Bad:
    other = encode_part(decode_part(base.submission.parts[0].data)._replace(name="zzz"))
    stray = PartContent(decode_part(other), other)
    return Bad(base.submission._replace(parts=(*base.submission.parts, stray)), in_file=True)


FILE = Attachment(b"%PDF-1.7 ...", "application/pdf", keep=True)


def _with_file(base: Base) -> Submission:
    ref = AttachmentRef(hashlib.sha256(FILE.data).digest(), len(FILE.data), FILE.media)
    return base.but(attachments=(ref,))._replace(attachments={ref.digest: FILE.data})


@bad("ATTACHMENT_ALTERED", *ACTS)
def file_that_was_not_signed(base: Base) -> Bad:
    good = _with_file(base)
    digest = good.statement.attachments[0].digest
    return Bad(good._replace(attachments={digest: b"another file"}))


@bad("ATTACHMENT_ALTERED", *ACTS)
def file_that_was_not_signed_and_is_longer(base: Base) -> Bad:
    good = _with_file(base)
    digest = good.statement.attachments[0].digest
    return Bad(good._replace(attachments={digest: FILE.data + b" and more"}))


@bad("ATTACHMENT_SIZE", *ACTS)
def file_of_another_size(base: Base) -> Bad:
    """Append calls it altered: whoever brings it can look."""
    good = _with_file(base)
    ref = good.statement.attachments[0]._replace(size=7)
    return Bad(resigned(good, base.keys, attachments=(ref,)), in_file=True, appended="ATTACHMENT_ALTERED")


@bad("ATTACHMENT_MISSING", *ACTS)
def file_that_is_not_there(base: Base) -> Bad:
    """In a database the host may keep it, and it counts as withheld; an evidence file says so, or it is missing."""
    return Bad(_with_file(base)._replace(attachments={}), refused=None, in_file=True)


@bad("ATTACHMENT_STRAY", *ACTS)
def file_that_nobody_named(base: Base) -> Bad:
    other = b"a file beside it"
    return Bad(base.submission._replace(attachments={hashlib.sha256(other).digest(): other}), in_file=True)
