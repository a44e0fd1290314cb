"""Group C: keys, signatures, mandates."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.signing.curve import add, encode
from tests.threats.attacks_b import WINDOW
from tests.threats.cases import attack
from tests.threats.world import KEYS, NAMES, Tier, World, checkpoint_note, day, record_of

from trail.aggregates import (
    KeyEnrolled,
    KeyRevoked,
    PartErased,
    PersonRegistered,
    RecordVoided,
    RegistrarAppointed,
    TalkHeld,
)
from trail.encoding import encode as packed
from trail.evidence.record import SignerRef
from trail.signing import PrivateKey, PublicKey, possession_message, statement_message
from trail.signing.edwards import L, P, decode
from trail.store import Submission
from trail.testing.campus import Campus, key_of
from trail.testing.copies import copy_database
from trail.testing.stored import Copy, DatabaseCopy, Stored, positions_of, roots
from trail.testing.tamper import edit, edit_entry, edit_map, put, remove, resigned

THIEF = key_of("a key that was never enrolled")
POST = "jia/secretary"


def last(copy: Copy) -> int:
    """The clock reading of the last entry."""
    return record_of(copy, len(copy.rows)).recorded


def talk(w: World, post: str = POST, *, when: str = "2027-02-24 10:00") -> TalkHeld:
    """A talk with the principal of jia."""
    other = "jia/principal" if post != "jia/principal" else POST
    return TalkHeld(
        kind="duty", counterparts=[w.campus.holder(other)], place="甲学院", content="……", happened=day(when)
    )


def member(w: World, post: str = POST) -> str:
    """Whose key was stolen: the holder of *post*."""
    return w.campus.holder(post)


def signed_talk(w: World, post: str = POST, **changes: Any) -> Submission:
    """A talk that the holder of *post* signs with the stolen key, whatever *changes* say."""
    return w.forged(talk(w, post), member(w, post), post, **changes)


# --- C1 to C3 --------------------------------------------------------------------------------------------------------


def _signature(change: Any) -> Any:
    def edited(w: World, copy: Copy, tier: Tier) -> None:
        record = record_of(copy, w.late)
        edit_entry(copy, w.late, signatures=(change(record.signatures[0]),))

    return edited


def _higher(signature: bytes) -> bytes:
    return signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")


attack("C1", "s-plus-l", "a signature gets its other spelling, S + L", ("T0", "SIGNATURE_BAD"),
       ("T4", "SIGNATURE_BAD"))(_signature(_higher))  # fmt: skip
attack("C3", "r", "R of a signature gets a spelling that is not canonical", ("T0", "SIGNATURE_BAD"),
       ("T4", "SIGNATURE_BAD"))(_signature(lambda s: (P + 3).to_bytes(32, "little") + s[32:]))  # fmt: skip


def _enrolled(raw: bytes, suite: str = "ed25519") -> Any:
    def enrol(w: World, copy: Copy, tier: Tier) -> None:
        fits_all = (1).to_bytes(32, "little") + bytes(32)
        act = KeyEnrolled(person=member(w), key=raw, possession=fits_all, suite=suite)
        put(copy, w.registered(act, "r-1", "r-2"), recorded=last(copy))

    return enrol


_MIXED = encode(add(decode(THIEF.public.raw) or (0, 0, 0, 0), decode(bytes(32)) or (0, 0, 0, 0)))
for _case, _how, _raw in (
    ("C2", "identity", (1).to_bytes(32, "little")),
    ("C2", "low-order", bytes(32)),
    ("C3", "not-canonical", (P + 9).to_bytes(32, "little")),
    ("C3", "mixed-order", _MIXED),
):
    attack(_case, _how, "two registrars enrol a weak key: low order, not canonical, mixed order",
           ("T4+T2", "KEY_WEAK"))(_enrolled(_raw))  # fmt: skip
attack("C15", "suite", "two registrars enrol a key of a suite that checks nothing", ("T4+T2", "KEY_WEAK"))(
    _enrolled(bytes(32), "none")
)


@attack("C2", "used", "the weak key then signs for the member: one signature that fits every text",
        ("T4+T2", "KEY_UNKNOWN"))  # fmt: skip
def weak_key_used(w: World, copy: Copy, tier: Tier) -> None:
    raw = (1).to_bytes(32, "little")
    _enrolled(raw)(w, copy, tier)
    ref = SignerRef(member(w), POST, PublicKey("ed25519", raw).id)
    fits_all = (1).to_bytes(32, "little") + bytes(32)
    put(copy, signed_talk(w, signers=(ref,))._replace(signatures=(fits_all,)), recorded=last(copy))


# --- C5, C6 ----------------------------------------------------------------------------------------------------------


@attack("C5", "own", "the record names a key that the forger brought along", ("T0", "KEY_UNKNOWN"),
        ("T4", "KEY_UNKNOWN"), ("T4", "KEY_UNKNOWN", "file"))  # fmt: skip
def brought_along(w: World, copy: Copy, tier: Tier) -> None:
    signer = record_of(copy, w.late).statement.signers[0]
    edit(copy, w.late, [THIEF], signers=(signer._replace(key=THIEF.public.id),))


@attack("C6", "enrolled", "one key is enrolled for two persons", ("T4+T2", "REGISTRY_CONFLICT"))
def one_key_for_two(w: World, copy: Copy, tier: Tier) -> None:
    key, person = key_of(member(w)), member(w, "jia/principal")
    possession = key.sign(possession_message(copy.origin, person, key.public))
    put(copy, w.registered(KeyEnrolled(person=person, key=key.public.raw, possession=possession), "r-1", "r-2"),
        recorded=last(copy))  # fmt: skip


@attack("C6", "not-owned", "two registrars enrol, for a friend, the public key of a pair that the friend does not have",
        ("T4+T2", "POSSESSION_BAD"))  # fmt: skip
def not_the_holder(w: World, copy: Copy, tier: Tier) -> None:
    possession = THIEF.sign(possession_message(copy.origin, "somebody else", THIEF.public))
    put(copy, w.registered(KeyEnrolled(person=member(w), key=THIEF.public.raw, possession=possession), "r-1", "r-2"),
        recorded=last(copy))  # fmt: skip


@attack("C6", "used", "a member signs in another's name with the own key", ("T2", "KEY_OF_ANOTHER"),
        ("T4+T2", "KEY_OF_ANOTHER"))  # fmt: skip
def in_another_s_name(w: World, copy: Copy, tier: Tier) -> None:
    mine = key_of(member(w))
    post = "jia/principal"
    ref = SignerRef(member(w, post), post, mine.public.id)
    put(copy, resigned(signed_talk(w, post), [mine], signers=(ref,)), recorded=last(copy))


@attack(
    "C6",
    "own-id",
    "a member signs in another's name with the own key, under the other's key id",
    ("T2", "SIGNATURE_BAD"),
    ("T4+T2", "SIGNATURE_BAD"),
)
def under_another_s_key_id(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, resigned(signed_talk(w, "jia/principal"), [key_of(member(w))]), recorded=last(copy))


# --- C7 --------------------------------------------------------------------------------------------------------------


@attack("C7", "post", "the head of a section endorses a list, which takes a member of the leadership",
        ("T2", "POST_KIND"), ("T4+T2", "POST_KIND"))  # fmt: skip
def not_for_this_post(w: World, copy: Copy, tier: Tier) -> None:
    record, post = w.at(positions_of(copy, "ListEndorsed@1")[-1]), "jia-s2/head"
    who, stream = member(w, post), record.statement.stream
    versions = max(one.version for one in w.records if one.statement.stream == stream)
    performer = record.statement.performers[0]._replace(who=who, post=post)
    again = Submission(record.statement, record.statement_bytes, record.signatures)
    ref = SignerRef(who, post, key_of(who).public.id)
    put(copy, resigned(again, [key_of(who)], id=bytes(range(16)), signers=(ref,), performers=(performer,),
                       after=versions, seen=None), recorded=last(copy))  # fmt: skip


@attack("C7", "import", "a member imports for another without a grant", ("T2", "NO_GRANT"), ("T4+T2", "NO_GRANT"))
def imported(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, _for_another(w, "imported"), recorded=last(copy))


@attack("C7", "recorded", "a member who is no recorder records for another", ("T2", "RECORDER_ELSEWHERE"),
        ("T4+T2", "RECORDER_ELSEWHERE"))  # fmt: skip
def recorded(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, _for_another(w, "recorded"), recorded=last(copy))


@attack("C7", "own", "a member signs as the own act what somebody else did", ("T2", "NOT_A_PERFORMER"),
        ("T4+T2", "NOT_A_PERFORMER"))  # fmt: skip
def as_own(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, _for_another(w, "own"), recorded=last(copy))


def _for_another(w: World, hand: str) -> Submission:
    mine = signed_talk(w)
    theirs = mine.statement.performers[0]._replace(who=member(w, "yi/secretary"), post="yi/secretary")
    return resigned(mine, [key_of(member(w))], performers=(theirs,), hand=hand)


@attack("C7", "hand", "a recorder records an endorsement, which only the endorser's own hand can give",
        ("T4+T2", "HAND_NOT_ADMITTED"))  # fmt: skip
def by_another_hand(w: World, copy: Copy, tier: Tier) -> None:
    record, post = w.at(positions_of(copy, "ListEndorsed@1")[-1]), "uni/recorder"
    who, stream = member(w, post), record.statement.stream
    versions = max(one.version for one in w.records if one.statement.stream == stream)
    again = Submission(record.statement, record.statement_bytes, record.signatures)
    ref = SignerRef(who, post, key_of(who).public.id)
    put(copy, resigned(again, [key_of(who)], id=bytes(range(16)), signers=(ref,), hand="recorded", after=versions,
                       seen=None), recorded=last(copy))  # fmt: skip


@attack("C7", "void", "a member voids another's record", ("T2", "EDIT_NOT_ALLOWED"), ("T4+T2", "EDIT_NOT_ALLOWED"))
def voided(w: World, copy: Copy, tier: Tier) -> None:
    record, post = w.at(w.late), "yi/secretary"
    act = RecordVoided(target=(record.statement.id, record.digest), reason="……")
    put(copy, w.forged(act, member(w, post), post), recorded=last(copy))


# --- C8 to C10 -------------------------------------------------------------------------------------------------------


@attack("C8", "after", "whoever found the lost key signs after its revocation", ("T2", "KEY_ENDED"),
        ("T4+T2", "KEY_ENDED"))  # fmt: skip
def after_revocation(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, _by_the_lost_key(w), recorded=last(copy))


@attack(
    "C8",
    "before",
    "whoever found a lost key puts an act before its revocation, which no checkpoint covers yet",
    ("T2", ""),
    shows="未锚定",
    why=WINDOW,
)
def before_revocation(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, _by_the_lost_key(w), recorded=last(copy))
    copy.rows.insert(len(copy.rows) - 2, copy.rows.pop())


def _by_the_lost_key(w: World) -> Submission:
    return signed_talk(w, "ding/principal")


@attack("C9", "disputed", "a thief signs in silence; later the key is revoked, compromised since the autumn",
        ("T2", "SIGNED_IN_DISPUTE"), ("T4+T2", "SIGNED_IN_DISPUTE"))  # fmt: skip
def compromised(w: World, copy: Copy, tier: Tier) -> None:
    person = member(w)
    put(copy, signed_talk(w), recorded=last(copy))
    act = KeyRevoked(person=person, key=key_of(person).public.id, reason="compromised",
                     compromised_since=day("2026-11-01 00:00"))  # fmt: skip
    put(copy, w.registered(act, "r-1"), recorded=last(copy))


def _in_the_post(when: str) -> Any:
    def acted(w: World, copy: Copy, tier: Tier) -> None:
        person, post = w.campus.university.people.tenures["yi/secretary"][0].person, "yi/secretary"
        put(copy, w.forged(talk(w, post, when=when), person, post), recorded=last(copy))

    return acted


attack("C10", "first-day-out", "a former secretary signs in the post what happened on the first day without it",
       ("T2", "POST_NOT_HELD"), ("T4+T2", "POST_NOT_HELD"))(_in_the_post("2026-09-01 08:00"))  # fmt: skip
attack(
    "C10",
    "last-day-in",
    "a former secretary records, half a year late, the last day in the post: no attack at all",
    ("T2", ""),
    shows="备注",
    why="the post was held on that day: a late entry, labelled 补记, which proves no forgery",
)(_in_the_post("2026-08-31 23:00"))


@attack("C10", "erasure", "whoever holds no grant has a body part erased", ("T2", "EDIT_NOT_ALLOWED"),
        ("T4+T2", "EDIT_NOT_ALLOWED"))  # fmt: skip
def erased(w: World, copy: Copy, tier: Tier) -> None:
    record, post = w.at(w.late), "yi/secretary"
    act = PartErased(target=(record.statement.id, record.digest), part=record.statement.parts[0].name, authority="……")
    copy.rows[w.late - 1].parts.clear()
    put(copy, w.forged(act, member(w, post), post), recorded=last(copy))


# --- C11 to C13 ------------------------------------------------------------------------------------------------------


@attack("C11", "alone", "one registrar appoints a friend", ("T2", "REGISTRAR_MISSING"), ("T4+T2", "REGISTRAR_MISSING"))
def by_one_registrar(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, w.registered(RegistrarAppointed(person=member(w)), "r-1"), recorded=last(copy))


@attack("C11", "oneself", "a member appoints themselves", ("T2", "REGISTRAR_MISSING"), ("T4+T2", "REGISTRAR_MISSING"))
def by_oneself(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, w.registered(RegistrarAppointed(person=member(w)), member(w)), recorded=last(copy))


@attack("C11", "genesis", "a whole new log under the old name, with registrars of one's own", ("T1", "GENESIS_OTHER"),
        ("T4", "GENESIS_OTHER"))  # fmt: skip
def founded_anew(w: World, copy: DatabaseCopy, tier: Tier) -> None:
    with Campus.found(origin=copy.origin) as other:
        path = w.folder / f"other-{id(copy)}.db"
        copy_database(other.trail.reader.database, path)
        made = DatabaseCopy(path)
        copy.rows, copy.notes = made.rows, []
        path.unlink()
    size, times = len(copy.rows), dict.fromkeys(NAMES, w.now - 86_400)
    copy.notes = [checkpoint_note(copy.origin, size, roots(copy.rows, [size])[size], tier, times)]


@attack("C11", "second-genesis", "a second founding, with registrars of one's own, in the middle of the log",
        ("T4", "GENESIS_MISPLACED"))  # fmt: skip
def founded_twice(w: World, copy: Copy, tier: Tier) -> None:
    with Campus.found(origin=copy.origin) as other:
        record = next(other.trail.records(1, 1))
    again = Submission(record.statement, record.statement_bytes, record.signatures)
    put(copy, again._replace(statement=record.statement), recorded=last(copy))


@attack("C12", "old", "a relieving from a post is taken out, so that the roster of before holds",
        ("T0", "SEEN_AHEAD"), ("T1", "SEEN_CONTRADICTED"), ("T4", "SEEN_CONTRADICTED"))  # fmt: skip
def relieved_no_more(w: World, copy: Copy, tier: Tier) -> None:
    remove(copy, positions_of(copy, "PostRelieved@1")[0])


@attack(
    "C12", "window", "a revocation that no checkpoint covers yet is taken out", ("T0", ""), shows="未锚定", why=WINDOW
)
def revoked_no_more(w: World, copy: Copy, tier: Tier) -> None:
    copy.rows.pop()


@attack("C13", "two-keys", "one registrar signs twice, with two keys of their own", ("T4+T2", "REGISTRAR_MISSING"))
def twice_with_two_keys(w: World, copy: Copy, tier: Tier) -> None:
    second = key_of("second key of r-1")
    possession = second.sign(possession_message(copy.origin, "r-1", second.public))
    enrolment = KeyEnrolled(person="r-1", key=second.public.raw, possession=possession)
    put(copy, w.registered(enrolment, "r-1", "r-2"), recorded=last(copy))
    keys = [("r-1", key_of("r-1").public.id), ("r-1", second.public.id)]
    put(copy, _by(w, RegistrarAppointed(person=member(w)), keys, [key_of("r-1"), second]), recorded=last(copy))


@attack("C13", "one-key", "one registrar signs twice, with the same key", ("T2", "ENTRY_MALFORMED"),
        ("T4+T2", "ENTRY_MALFORMED"))  # fmt: skip
def twice_with_one_key(w: World, copy: Copy, tier: Tier) -> None:
    good = w.registered(RegistrarAppointed(person=member(w)), "r-1")
    ref = list(good.statement.signers[0])
    data = edit_map(good.statement_bytes, signers=[ref, ref])
    signature = key_of("r-1").sign(statement_message(copy.origin, data))
    copy.rows.append(Stored(packed(["act", data, [signature, signature], 1, last(copy)])))


def _by(w: World, act: Any, signers: list[tuple[str, bytes]], keys: list[PrivateKey]) -> Submission:
    draft = w.campus.registering().prepare(act, keys=[("r-1", key_of("r-1").public.id)])
    refs = tuple(sorted((SignerRef(p, "", k) for p, k in signers), key=lambda ref: ref.key))
    plain = draft.signed([key_of("r-1").sign(draft.message)])
    return resigned(plain, keys, signers=refs, seen=None)


# --- C16 to C20 ------------------------------------------------------------------------------------------------------


def _over(message: Any) -> Any:
    def signed(w: World, copy: Copy, tier: Tier) -> None:
        good = signed_talk(w)
        key = key_of(member(w))
        put(copy, good._replace(signatures=(key.sign(message(copy.origin, good, key)),)), recorded=last(copy))

    return signed


attack(
    "C16",
    "bare",
    "the member's real signature over the same statement, without its context",
    ("T2", "SIGNATURE_BAD"),
    ("T4+T2", "SIGNATURE_BAD"),
)(_over(lambda origin, good, key: good.statement_bytes))
attack("C16", "possession", "the member's real signature from the enrolment of the key",
       ("T0", "SIGNATURE_BAD"), ("T4", "SIGNATURE_BAD"))(
    _over(lambda origin, good, key: possession_message(origin, good.statement.signers[0].person, key.public))
)  # fmt: skip
attack("C18", "prehashed", "a signature over the hash of what is to be signed", ("T2", "SIGNATURE_BAD"),
       ("T4+T2", "SIGNATURE_BAD"))(
    _over(lambda origin, good, key: hashlib.sha512(statement_message(origin, good.statement_bytes)).digest())
)  # fmt: skip


@attack("C17", "witness", "a witness's key is enrolled for a member as well", ("T4+T2", "KEY_DOUBLE_USE"))
def a_witness_s_key(w: World, copy: Copy, tier: Tier) -> None:
    _enrol_role(w, copy, KEYS[NAMES[0]])


@attack("C17", "log", "the log's key is enrolled for a member as well", ("T4+T2", "KEY_DOUBLE_USE"))
def the_log_s_key(w: World, copy: Copy, tier: Tier) -> None:
    _enrol_role(w, copy, key_of("log"))


def _enrol_role(w: World, copy: Copy, key: PrivateKey) -> None:
    possession = key.sign(possession_message(copy.origin, member(w), key.public))
    act = KeyEnrolled(person=member(w), key=key.public.raw, possession=possession)
    put(copy, w.registered(act, "r-1", "r-2"), recorded=last(copy))


@attack("C20", "again", "a person's id is registered again, for somebody of another name",
        ("T2", "REGISTRY_CONFLICT"), ("T4+T2", "REGISTRY_CONFLICT"))  # fmt: skip
def same_id_again(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, w.registered(PersonRegistered(person=member(w), name="李四"), "r-1"), recorded=last(copy))


@attack("C20", "look-alike", "a registrar registers an id that looks like another: a Cyrillic р", ("T2", ""),
        shows="结论", why="ids are compared byte by byte, so nobody acts for the other; that two ids look alike is no "
        "rule's business")  # fmt: skip
def look_alike(w: World, copy: Copy, tier: Tier) -> None:
    name = member(w).replace("p", "р")
    put(copy, w.registered(PersonRegistered(person=name, name="李四"), "r-1"), recorded=last(copy))
