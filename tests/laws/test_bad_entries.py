"""
Append refuses exactly what the verifier rejects.

For every code of the checks that concern entries (3 to 14): a bad entry, properly signed by real keys, is put past
append by raw SQL with everything else recomputed; the audit names check, code and position, and the same submission
through append is refused with the same code.  For the registry's built-in types, the library's declared ones, and a
host's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.laws.kit import THIEF, found

from trail.aggregates import (
    Act,
    KeyEnrolled,
    KeyRevoked,
    ListEndorsed,
    LogFounded,
    PersonRegistered,
    RecordVoided,
    ReportFiled,
    ResponsibilityListDrafted,
    TalkHeld,
    UnitRenamed,
    declare,
)
from trail.aggregates.base import Place
from trail.aggregates.registry import Founder
from trail.application import Attachment, audit
from trail.encoding import encode
from trail.errors import ActRefused, EncodingError, IdReused, RecordError, StreamMoved
from trail.evidence.record import AttachmentRef, Performer, Seen, SignerRef, decode_part, encode_part
from trail.evidence.refusals import CHECKS, CODES
from trail.evidence.types import Field, PartSpec
from trail.signing import LOG_ED25519, NoteKey, PrivateKey, format_policy, possession_message
from trail.store import EntryStore, PartContent, Submission, submission_from_bytes
from trail.testing.campus import Campus, key_of
from trail.testing.stored import Beside, DatabaseCopy, EvidenceCopy, Stored
from trail.testing.tamper import put, remapped, resigned, signed, stored_of
from trail.verify import Verdict, verify

LAB = declare(
    "LabInspected",
    fields={"lab": Field("id"), "passed": Field("bool")},
    parts={"note": PartSpec({"note": Field("text", max=100)})},
    posts=("secretary", "head"),
    hands=("own", "recorded", "imported"),
)
VETO = declare("LabClosed", fields={"lab": Field("id")}, posts=("secretary",), hands=("own",), exclusive=True)


@dataclass(frozen=True, kw_only=True)
class LabInspected(Act):
    TYPE = LAB
    lab: str = "lab-1"
    passed: bool = True
    note: str = "已检查"


@dataclass(frozen=True, kw_only=True)
class LabClosed(Act):
    TYPE = VETO
    lab: str = "lab-1"

    def _place(self) -> Any:
        return Place("labs/lab-1")


@dataclass(frozen=True)
class Base:
    """A good submission of some family, and the real keys that sign it."""

    campus: Campus
    submission: Submission
    keys: list[PrivateKey]

    def but(self, **changes: Any) -> Submission:
        """The submission with its statement changed and signed again by the same keys."""
        return resigned(self.submission, self.keys, **changes)


def talk(campus: Campus) -> Base:
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
    return _by(campus, "jia/secretary", act)


def lab(campus: Campus) -> Base:
    return _by(campus, "jia/secretary", LabInspected(happened=campus.now))


def renaming(campus: Campus) -> Base:
    return _registered(campus, UnitRenamed(unit="yi", name="乙一学院"))


def person(campus: Campus) -> Base:
    return _registered(campus, PersonRegistered(person="p-099", name="某人"))


def _by(campus: Campus, post: str, act: Act, who: str | None = None, **how: Any) -> Base:
    acting = campus.acting(post, who)
    key = key_of(acting.person)
    return Base(campus, signed(acting.prepare(act, **how), key), [key])


def _registered(campus: Campus, act: Any, names: tuple[str, ...] = ("r-1",)) -> Base:
    keys = [key_of(name) for name in names]
    draft = campus.registering().prepare(act, keys=[(n, k.public.id) for n, k in zip(names, keys, strict=True)])
    return Base(campus, signed(draft, *keys), keys)


FAMILIES: dict[str, Callable[[Campus], Base]] = {"library": talk, "host": lab, "registry": renaming, "part": person}
ACTS = ("library", "host")
ALL = ("library", "host", "registry")
WITH_PART = ("library", "host", "part")


@dataclass(frozen=True)
class Bad:
    """
    A bad submission.

    ``version`` if append would not choose it, ``refused`` as what append refuses it (None: it has nothing to refuse),
    ``raw`` the statement and signatures where no statement can be made of them, ``in_file`` if only an evidence file
    can show it, ``appended`` the code that append gives where it differs.
    """

    submission: Submission
    version: int | None = None
    refused: type[Exception] | None = ActRefused
    raw: tuple[bytes, tuple[bytes, ...]] | None = None
    in_file: bool = False
    appended: str | None = None


Maker = Callable[[Base], Bad]
TABLE: list[tuple[str, tuple[str, ...], Maker]] = []


def bad(code: str, *families: str) -> Callable[[Maker], Maker]:
    def keep(make: Maker) -> Maker:
        TABLE.append((code, families, make))
        return make

    return keep


# --- 3 and 4 ---------------------------------------------------------------------------------------------------------


@bad("ENTRY_MALFORMED", *ALL)
def unknown_key(base: Base) -> Bad:
    return Bad(base.submission, refused=RecordError, raw=remapped(base.submission, base.keys, zzz=1))


@bad("ENTRY_MALFORMED", *ALL)
def not_canonical(base: Base) -> Bad:
    data, _ = remapped(base.submission, base.keys)
    longer = data + b"\xc0"
    signature = base.keys[0].sign(b"trail/statement/v1\n" + base.campus.trail.origin.encode() + b"\n" + longer)
    return Bad(base.submission, refused=EncodingError, raw=(longer, (signature,)))


@bad("ENTRY_UNKNOWN_FORMAT", *ALL)
def later_format(base: Base) -> Bad:
    return Bad(base.submission, refused=RecordError, raw=remapped(base.submission, base.keys, format=2))


@bad("ORIGIN_MISMATCH", *ALL)
def of_another_log(base: Base) -> Bad:
    return Bad(base.but(log="trail.example/elsewhere"))


# --- 5 to 7 ----------------------------------------------------------------------------------------------------------


@bad("TYPE_UNDECLARED", *ALL)
def undeclared(base: Base) -> Bad:
    return Bad(base.but(type="NobodyDeclaredThis@1"))


@bad("TYPE_UNDECLARED", *ALL)
def later_version_of_a_type(base: Base) -> Bad:
    return Bad(base.but(type=base.submission.statement.type.replace("@1", "@2")))


@bad("FIELDS_MISMATCH", *ALL)
def field_too_many(base: Base) -> Bad:
    return Bad(base.but(fields={**base.submission.statement.fields, "zzz": True}))


@bad("FIELDS_MISMATCH", *ALL)
def field_missing(base: Base) -> Bad:
    return Bad(base.but(fields={}))


@bad("FIELDS_MISMATCH", *ALL)
def field_of_another_kind(base: Base) -> Bad:
    fields = dict(base.submission.statement.fields)
    last = sorted(fields)[-1]
    return Bad(base.but(fields={**fields, last: b"bytes"}))


@bad("FIELDS_MISMATCH", *WITH_PART)
def part_that_the_schema_requires_is_not_named(base: Base) -> Bad:
    return Bad(base.but(parts=())._replace(parts=()))


@bad("NAME_UNKNOWN", *ACTS)
def unknown_unit(base: Base) -> Bad:
    return Bad(base.but(unit="nowhere"))


@bad("NAME_UNKNOWN", *ACTS)
def unknown_performer(base: Base) -> Bad:
    mine = base.submission.statement.performers
    return Bad(base.but(performers=tuple(sorted([*mine, Performer("person", "p-777", mine[0].post)]))))


@bad("NAME_UNKNOWN", *ACTS)
def unknown_post(base: Base) -> Bad:
    mine = base.submission.statement.signers[0]
    performer = Performer("person", mine.person, "jia/nothing")
    return Bad(base.but(performers=(performer,), signers=(SignerRef(mine.person, "jia/nothing", mine.key),)))


@bad("NAME_UNKNOWN", "registry")
def unknown_unit_in_a_field(base: Base) -> Bad:
    return Bad(base.but(fields={"name": "丙学院", "unit": "bing"}))


@bad("NAME_UNKNOWN", *WITH_PART)
def part_about_somebody_unknown(base: Base) -> Bad:
    return Bad(_with_part(base, subjects=("p-777",)))


@bad("CAUSE_UNKNOWN", *ALL)
def unknown_cause(base: Base) -> Bad:
    return Bad(base.but(causes=(bytes(16),)))


@bad("ID_REUSED", *ALL)
def reused_id(base: Base) -> Bad:
    first = next(base.campus.trail.records(2, 2)).statement.id
    return Bad(base.but(id=first), refused=IdReused)


@bad("VERSION_GAP", *ALL)
def gap_in_the_stream(base: Base) -> Bad:
    last = base.submission.statement.after
    return Bad(base.submission, version=last + 5, refused=None)


@bad("AFTER_AHEAD", *ALL)
def seen_a_version_that_does_not_exist(base: Base) -> Bad:
    return Bad(base.but(after=base.submission.statement.after + 1))


@bad("EXCLUSIVE_MOVED", *ACTS)
def signed_over_an_older_version(base: Base) -> Bad:
    campus = base.campus
    if base.submission.statement.type == LAB.key:
        campus.acting("jia/secretary").record(LabClosed(happened=campus.now))
        act: Act = LabClosed(happened=campus.now)
    else:
        items = {"1": "责任"}
        draft = ResponsibilityListDrafted(unit="jia", year=2026, owner="jia/deputy", items=items, happened=campus.now)
        acks = [campus.acting("jia/deputy").record(draft) for _ in range(2)]
        act = ListEndorsed(versions=acks[:1], happened=campus.now)
    return Bad(_by(campus, "jia/secretary", act, after=0).submission, refused=StreamMoved)


# --- 8 and 9 ---------------------------------------------------------------------------------------------------------


def _signed_as(base: Base, key: PrivateKey) -> Submission:
    rows = [s._replace(key=key.public.id) for s in base.submission.statement.signers[:1]]
    return resigned(base.submission, [key], signers=tuple(rows))


@bad("KEY_UNKNOWN", *ALL)
def key_that_was_never_enrolled(base: Base) -> Bad:
    return Bad(_signed_as(base, THIEF))


@bad("KEY_OF_ANOTHER", *ALL)
def key_of_somebody_else(base: Base) -> Bad:
    return Bad(_signed_as(base, key_of("p-013")))


@bad("KEY_ENDED", *ALL)
def revoked_key(base: Base) -> Bad:
    who = base.submission.statement.signers[0].person
    return Bad(_signed_as(base, key_of(f"old key of {who}")))


OLD_KEYS = ("p-005", "r-1")


@bad("SIGNATURE_BAD", *ALL)
def signed_by_another_key(base: Base) -> Bad:
    other = signed_by(base, key_of("p-013"))
    return Bad(base.submission._replace(signatures=other))


def signed_by(base: Base, key: PrivateKey) -> tuple[bytes, ...]:
    return resigned(base.submission, [key]).signatures


@bad("SIGNATURE_BAD", *ALL)
def signature_for_another_purpose(base: Base) -> Bad:
    """A good signature of the same key over the bare statement: without its context it means nothing."""
    return Bad(base.submission._replace(signatures=(base.keys[0].sign(base.submission.statement_bytes),)))


@bad("SIGNATURE_BAD", *ALL)
def no_signature(base: Base) -> Bad:
    return Bad(base.submission._replace(signatures=(b"",)))


# --- 10 --------------------------------------------------------------------------------------------------------------


@bad("POST_KIND", *ACTS)
def post_of_a_wrong_kind(base: Base) -> Bad:
    campus = base.campus
    if base.submission.statement.type == LAB.key:
        return Bad(_by(campus, "jia/deputy", LabInspected(happened=campus.now)).submission)
    draft = ResponsibilityListDrafted(unit="jia", year=2027, owner="jia/lab", items={"1": "责任"}, happened=campus.now)
    ack = campus.acting("jia/lab").record(draft)
    return Bad(_by(campus, "jia/lab", ListEndorsed(versions=[ack], happened=campus.now)).submission)


@bad("HAND_NOT_ADMITTED", *ACTS)
def hand_that_the_type_does_not_admit(base: Base) -> Bad:
    campus = base.campus
    if base.submission.statement.type == LAB.key:
        return Bad(resigned(_by(campus, "jia/secretary", LabClosed(happened=campus.now)).submission, base.keys,
                            hand="recorded"))  # fmt: skip
    act = ReportFiled(subject="principal", period="2026-H1", recipients=["dic"], sent=campus.now)
    return Bad(resigned(_by(campus, "jia/secretary", act).submission, base.keys, hand="recorded"))


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
    return Bad(_registered(base.campus, base.campus.enrolment("p-013", key_of("another"))).submission)


@bad("POSSESSION_BAD", "registry")
def enrolled_without_possession(base: Base) -> Bad:
    good = base.campus.enrolment("p-013", key_of("another"))
    act = replace(good, possession=THIEF.sign(b"something else"))
    return Bad(_registered(base.campus, act, ("r-1", "r-2")).submission)


@bad("KEY_WEAK", "registry")
def weak_key(base: Base) -> Bad:
    identity = bytes([1]) + bytes(31)
    act = KeyEnrolled(person="p-013", key=identity, possession=bytes(64))
    return Bad(_registered(base.campus, act, ("r-1", "r-2")).submission)


@bad("REGISTRY_CONFLICT", "registry")
def registered_twice(base: Base) -> Bad:
    return Bad(_registered(base.campus, PersonRegistered(person="p-005", name="又一个")).submission)


@bad("EDIT_NOT_ALLOWED", *ACTS)
def voided_by_a_stranger(base: Base) -> Bad:
    campus = base.campus
    target = campus.trail._store.append(base.submission)
    return Bad(_by(campus, "yi/secretary", RecordVoided(target=target, reason="……")).submission)


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


def _with_part(
    base: Base, *, subjects: tuple[str, ...] | None = None, data: dict[str, Any] | None = None
) -> Submission:
    """The submission with other content in its part, properly named and signed."""
    content = base.submission.parts[0]
    part = content.part
    changed = part._replace(
        subjects=part.subjects if subjects is None else subjects, data=part.data if data is None else data
    )
    encoded = encode_part(changed)
    ref = base.submission.statement.parts[0]._replace(digest=hashlib.sha256(encoded).digest(), size=len(encoded))
    return base.but(parts=(ref,))._replace(parts=(PartContent(changed, encoded),))


@bad("PART_ALTERED", *WITH_PART)
def part_that_was_not_signed(base: Base) -> Bad:
    data = base.submission.parts[0].part.data
    name = next(iter(data))
    return Bad(base.submission._replace(parts=_with_part(base, data={**data, name: "别的话"}).parts))


@bad("PART_MALFORMED", *WITH_PART)
def part_outside_its_schema(base: Base) -> Bad:
    return Bad(_with_part(base, data={"zzz": True}))


@bad("PART_MISSING", *WITH_PART)
def part_that_is_not_there(base: Base) -> Bad:
    return Bad(base.submission._replace(parts=()))


@bad("PART_STRAY", *WITH_PART)
def part_that_nobody_named(base: Base) -> Bad:
    other = encode_part(decode_part(base.submission.parts[0].data)._replace(name="zzz"))
    stray = PartContent(decode_part(other), other)
    return Bad(base.submission._replace(parts=(*base.submission.parts, stray)))


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
    return Bad(base.submission._replace(attachments={hashlib.sha256(other).digest(): other}))


# --- the law ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus.found(types=[LAB, VETO]) as made:
        for name in OLD_KEYS:  # revoked by their owners
            old = key_of(f"old key of {name}")
            made.register(made.enrolment(name, old))
            act = KeyRevoked(person=name, key=old.public.id, reason="lost")
            draft = made.registering().prepare(act, keys=[(name, old.public.id)])
            made.trail.submit(draft, [old.sign(draft.message)])
        made.set_time("2026-03-05 09:00")
        made.anchor()
        yield made


CASES = [
    pytest.param(code, family, make, id=f"{code}-{make.__name__}-{family}")
    for code, families, make in TABLE
    for family in families
]


@pytest.mark.parametrize(("code", "family", "make"), CASES)
def test_what_append_refuses_the_audit_rejects_with_the_same_code(
    code: str, family: str, make: Maker, campus: Campus, tmp_path: Path
) -> None:
    case = make(FAMILIES[family](campus))
    campus.anchor()
    size, now, policy = campus.trail.reader.head().size, campus.clock.now(), campus.policy
    copy: DatabaseCopy | EvidenceCopy = DatabaseCopy(campus.copy_database(tmp_path / "log.db"))
    if case.in_file:
        copy = EvidenceCopy(campus.trail.evidence())

    _refused(campus, case, code)
    assert (campus.trail.reader.head().size == size) is (case.refused is not None)

    position = _put(copy, case, now)
    report = audit(copy.save(), policy, now=now) if isinstance(copy, DatabaseCopy) else verify(copy.save(), policy)

    named = [one for one in report.findings if (one.code, one.position) == (code, position)]
    assert named, sorted(found(report), key=str)
    assert named[0].check == CODES[code][0]
    assert report.verdict is (Verdict.ALTERED if CODES[code][1] == "forged" else Verdict.INCONCLUSIVE)


def _put(copy: DatabaseCopy | EvidenceCopy, case: Bad, now: int) -> int:
    if case.raw is None:
        position = put(copy, case.submission, recorded=now, version=case.version)
        for digest, data in case.submission.attachments.items():
            if digest not in {ref.digest for ref in case.submission.statement.attachments}:
                copy.rows[-1].files.append(Beside("", data, digest, "text/plain", len(data)))
        return position
    data, signatures = case.raw
    row = stored_of(case.submission, 1, now)
    copy.rows.append(Stored(encode(["act", data, list(signatures), 1, now]), row.parts, row.files))
    return len(copy.rows)


def _refused(campus: Campus, case: Bad, code: str) -> None:
    store = EntryStore(campus.trail.reader.database, clock=campus.clock)
    if case.refused is None:
        store.append(case.submission)
        return
    with pytest.raises(case.refused) as caught:
        if case.raw is not None:
            submission_from_bytes(case.raw[0], case.raw[1], [one.data for one in case.submission.parts])
        store.append(case.submission)
    if case.refused is ActRefused:
        assert caught.value.code == (case.appended or code)  # type: ignore[attr-defined]
        assert caught.value.facts["check"] == CODES[code][0]  # type: ignore[attr-defined]


# What an entry alone can't be guilty of: it takes a policy that says so, or a key of the policy.
ELSEWHERE = {
    "LOG_NOT_IN_POLICY", "GENESIS_NOT_PINNED", "GENESIS_OTHER", "PART_WITHHELD_REQUIRED",
    "ATTACHMENT_WITHHELD_REQUIRED", "KEY_DOUBLE_USE",
}  # fmt: skip


def test_every_code_of_the_checks_on_entries_has_a_case() -> None:
    wanted = {code for code, (check, effect) in CODES.items() if 3 <= check <= 14 and effect != "remark"}

    assert {code for code, _, _ in TABLE} | ELSEWHERE == wanted
    assert {CODES[code][0] for code, _, _ in TABLE} == set(range(3, 15)) <= set(CHECKS)


def test_a_members_key_that_is_a_witness_s_of_the_policy_is_named(campus: Campus, tmp_path: Path) -> None:
    campus.register(campus.enrolment("p-013", key_of("witness")))
    position = campus.trail.reader.head().size
    report = audit(campus.copy_database(tmp_path / "log.db"), campus.policy, now=campus.clock.now())

    assert ("KEY_DOUBLE_USE", position) in found(report)
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("code", "policy"),
    [
        ("LOG_NOT_IN_POLICY", {"logs": [NoteKey("trail.example/other", LOG_ED25519, key_of("log").public.raw)]}),
        ("GENESIS_NOT_PINNED", {"genesis": []}),
        ("GENESIS_OTHER", {"genesis": [bytes(32)]}),
    ],
)
def test_what_takes_a_policy_to_be_found(code: str, policy: dict[str, Any], campus: Campus, tmp_path: Path) -> None:
    whole: dict[str, Any] = {
        "logs": [campus.log_key], "witnesses": {"dic": campus.witness_key}, "quorum": "dic",
        "genesis": [campus.trail.genesis()],
    }  # fmt: skip
    report = audit(campus.copy_database(tmp_path / "log.db"), format_policy(**{**whole, **policy}), now=0)

    assert code in {one.code for one in report.findings}
    assert report.verdict is not Verdict.INTACT
