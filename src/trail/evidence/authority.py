"""
Authority over the registry and over edits (check 11).

Two distinct registrars with distinct keys sign whatever makes or ends a registrar, grants, declares a type or enrols
a key; one registrar signs the roster.  All of it is judged by position, from earlier entries alone.  Corrections and
voidings belong to those who signed or performed the original, or to a granted post; disputes also to a counterpart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from trail.errors import EncodingError, KeyRefused, NoteError, RecordError, SignatureError
from trail.evidence.lineage import COMPROMISED, PLANNED
from trail.evidence.moment import date_of
from trail.evidence.record import Record, SignerRef
from trail.evidence.refusals import refuse
from trail.evidence.registry import (
    CORRECTED,
    DISPUTED,
    ERASED,
    GENESIS,
    LOG_KEY_ROTATED,
    LOG_RETIRED,
    MAX_DEPTH,
    REGISTRY_TYPES,
    REVOKED,
    ROSTER_TYPES,
    TWO_REGISTRARS,
    VOIDED,
    Registry,
)
from trail.evidence.trace import History, Trace
from trail.evidence.types import spec_from_value
from trail.merkle import check_origin
from trail.signing.keys import PublicKey, log_key_messages, possession_message, vet

Fields = dict[str, Any]
ASSIGNED: Final = "PostAssigned@1"
UNVOIDABLE: Final = (REGISTRY_TYPES - ROSTER_TYPES) | {ERASED}


def check_registry(record: Record, registry: Registry, origin: str) -> None:
    """Check one registry event against the registry before it; raises `Refusal` (check 11)."""
    statement, fields = record.statement, record.statement.fields
    signers = {signer.person for signer in statement.signers}
    named = {p.who for p in statement.performers if p.kind == "person" and not p.post}
    if statement.hand != "own" or named != signers or len(named) != len(statement.performers):
        raise refuse("REGISTRAR_MISSING", "registry events are performed by those who sign them", sorted(signers))
    if any(signer.post for signer in statement.signers):
        raise refuse("REGISTRAR_MISSING", "registry events are signed without a post", "")
    if statement.type == GENESIS:
        _check_founding(fields, signers, origin)
        return
    if statement.type == REVOKED:
        state = registry.keys.get(fields["key"])  # type: ignore[arg-type]
        if state is None:
            raise refuse("REGISTRY_CONFLICT", "no such key", found=fields["key"])
        _check_revocation(state.person, signers, registry)
        return
    needed = 2 if statement.type in TWO_REGISTRARS or _fills_granted_post(statement.type, fields, registry) else 1
    if not signers <= registry.registrars or len(signers) < needed:
        raise refuse("REGISTRAR_MISSING", f"{needed} distinct registrars must sign this", needed, sorted(signers))
    rule = _RULES.get(statement.type)
    if rule is not None:
        rule(registry, fields, origin)


def _fills_granted_post(type_key: str, fields: Fields, registry: Registry) -> bool:
    """Who is put into a post that holds a grant, or ever spoke for a body, gets what two registrars gave."""
    if type_key != ASSIGNED:
        return False
    return bool(registry.granted_posts.get(fields["post"])) or fields["post"] in registry.through_posts


def _check_revocation(owner: str, signers: set[str], registry: Registry) -> None:
    """By its owner, or by a registrar; to end a registrar's key is to end a registrar, and needs two others."""
    if signers == {owner}:
        return
    needed = 2 if owner in registry.registrars else 1
    if not signers <= registry.registrars or len(signers - {owner}) < needed:
        raise refuse("REGISTRAR_MISSING", f"a key is revoked by its owner or {needed} registrars", owner,
                     sorted(signers))  # fmt: skip


def _check_founding(f: Fields, signers: set[str], origin: str) -> None:
    persons = [founder["person"] for founder in f["registrars"]]
    keys = {founder["key"] for founder in f["registrars"]}
    if len(set(persons)) != len(persons) or len(keys) != len(persons) or set(persons) != signers:
        raise refuse("REGISTRAR_MISSING", "every founding registrar signs the genesis, each with a key of their own",
                     sorted(set(persons)), sorted(signers))  # fmt: skip
    for founder in f["registrars"]:
        _check_new_key(founder, origin)
    if "predecessor" in f:
        _check_other_log(f["predecessor"]["origin"], origin, "a log does not come from itself")


def _check_new_key(f: Fields, origin: str) -> PublicKey:
    try:
        public = PublicKey(f["suite"], f["key"])
        vet(public)
        public.verify(possession_message(origin, f["person"], public), f["possession"])
    except KeyRefused as error:
        raise refuse("KEY_WEAK", error.message, found=f["key"]) from None
    except SignatureError as error:
        raise refuse("POSSESSION_BAD", error.message, found=f["possession"]) from None
    return public


def _conflict(message: str, found: object) -> Exception:
    return refuse("REGISTRY_CONFLICT", message, found=found)


def _enrol(r: Registry, f: Fields, origin: str) -> None:
    public = _check_new_key(f, origin)
    if public.id in r.keys:
        raise _conflict("the key is enrolled already", public.id)
    if any(public.id == one.public.id for one in r.log_keys):
        raise refuse("KEY_DOUBLE_USE", "the key is or was the log's own", found=public.id)


def _rotate_log(r: Registry, f: Fields, origin: str) -> None:
    """
    The old key names the new one, and the new one takes over; where the old one is lost or another's, nobody asks it.

    A log that has a registry knows its key from its first rotation on; before, from its checkpoints alone.
    """
    try:
        old, new = PublicKey(f["old_suite"], f["old"]), PublicKey(f["suite"], f["key"])
        vet(old)
        vet(new)
    except KeyRefused as error:
        raise refuse("KEY_WEAK", error.message, found=[f["old"], f["key"]]) from None
    for key in (old, new):
        if key.id in r.keys:
            raise refuse("KEY_DOUBLE_USE", "the log's key is or was a member's", found=key.id)
    if r.log_keys and r.log_keys[-1].public.id != old.id:
        raise _conflict("the old key is not the log's key", old.id)
    if new.id == old.id or any(new.id == one.public.id for one in r.log_keys):
        raise _conflict("a key that was the log's does not come back", new.id)
    if (f["reason"] == PLANNED) != ("vouched" in f):
        raise _conflict(
            "the old key vouches for the new one where the rotation was planned, and only there", f["reason"]
        )
    if "compromised_since" in f and f["reason"] != COMPROMISED:
        raise _conflict("a date of compromise belongs to a key that was compromised", f["reason"])
    by_old, by_new = log_key_messages(origin, old, new)
    try:
        new.verify(by_new, f["possession"])
        if "vouched" in f:
            old.verify(by_old, f["vouched"])
    except SignatureError as error:
        raise refuse("POSSESSION_BAD", error.message, found=[f["possession"], f.get("vouched")]) from None


def _retire(r: Registry, f: Fields, origin: str) -> None:
    if "successor" in f:
        _check_other_log(f["successor"], origin, "a log is not its own successor")
    elif "genesis" in f:
        raise _conflict("a first entry belongs to a successor that is named", f["genesis"])


def _check_other_log(other: str, origin: str, message: str) -> None:
    try:
        check_origin(other)
    except NoteError as error:
        raise _conflict(error.message, other) from None
    if other == origin:
        raise _conflict(message, other)


def _rotate(r: Registry, f: Fields, origin: str) -> None:
    old = r.keys.get(f["old"])
    if old is None or old.person != f["person"] or old.ended is not None:
        raise _conflict("the old key is not in force for this person", f["old"])
    _enrol(r, f, origin)


def _appoint(r: Registry, f: Fields, origin: str) -> None:
    if f["person"] in r.registrars:
        raise _conflict("is a registrar already", f["person"])


def _end(r: Registry, f: Fields, origin: str) -> None:
    if f["person"] not in r.registrars:
        raise _conflict("is no registrar", f["person"])
    if len(r.registrars) <= 2:
        raise _conflict("two registrars must remain, or nobody could ever act for the registry again", f["person"])


def _grant(r: Registry, f: Fields, origin: str) -> None:
    if f["grant"] in r.grants or f["grant"] in r.ended_grants:
        raise _conflict("the grant's name is taken", f["grant"])
    if r.posts[f["post"]].abolished is not None:
        raise _conflict("the post was abolished", f["post"])


def _end_grant(r: Registry, f: Fields, origin: str) -> None:
    if f["grant"] not in r.grants:
        raise _conflict("no such grant is in force", f["grant"])


def _declare(r: Registry, f: Fields, origin: str) -> None:
    try:
        spec = spec_from_value(f["schema"])
    except (RecordError, EncodingError) as error:
        raise refuse("FIELDS_MISMATCH", error.message, found=error.where) from None
    if spec.key in r.types:
        raise _conflict("the type is declared already; declare the next version", spec.key)


def _register(r: Registry, f: Fields, origin: str) -> None:
    if f["person"] in r.persons:
        raise _conflict("the person is registered already", f["person"])


def _establish(r: Registry, f: Fields, origin: str) -> None:
    if f["unit"] in r.units:
        raise _conflict("the unit's id is taken", f["unit"])
    if "parent" in f:
        _check_depth(r, f["parent"])


def _create(r: Registry, f: Fields, origin: str) -> None:
    if f["post"] in r.posts:
        raise _conflict("the post's id is taken", f["post"])


def _move(r: Registry, f: Fields, origin: str) -> None:
    if r.within(f.get("parent") or f["into"], f["unit"]):
        raise _conflict("a unit can't lie below itself", f["unit"])
    _check_depth(r, f.get("parent") or f["into"])


def _check_depth(r: Registry, above: str) -> None:
    """Whether a unit may come to lie below *above*; that its line was climbed to its end also shows every circle."""
    if sum(1 for _ in r.line(above)) > MAX_DEPTH:
        raise _conflict(f"a unit has at most {MAX_DEPTH} above it", above)


def _represent(r: Registry, f: Fields, origin: str) -> None:
    if not r.within(r.posts[f["post"]].unit, f["unit"]) and not r.within(f["unit"], r.posts[f["post"]].unit):
        raise _conflict("a body acts through a post of its own line", f["post"])


def _assign(r: Registry, f: Fields, origin: str) -> None:
    if "until" in f and f["until"] <= f["from"]:
        raise _conflict("an appointment ends after it begins", f["until"])


_RULES: Final[dict[str, Callable[[Registry, Fields, str], None]]] = {
    "KeyEnrolled@1": _enrol,
    "KeyRotated@1": _rotate,
    "RegistrarAppointed@1": _appoint,
    "RegistrarEnded@1": _end,
    "GrantGiven@1": _grant,
    "GrantEnded@1": _end_grant,
    "TypeDeclared@1": _declare,
    "PersonRegistered@1": _register,
    "UnitEstablished@1": _establish,
    "PostCreated@1": _create,
    "UnitMoved@1": _move,
    "UnitMerged@1": _move,
    "BodyRepresented@1": _represent,
    "PostAssigned@1": _assign,
    LOG_KEY_ROTATED: _rotate_log,
    LOG_RETIRED: _retire,
}


def check_edit(record: Record, registry: Registry, history: History, target: Trace) -> None:
    """Check a correction, voiding, dispute or erasure against its target; raises `Refusal` (check 11)."""
    statement = record.statement
    kind = statement.type
    if statement.stream != target.stream:
        raise refuse("EDIT_NOT_ALLOWED", "an edit stands in the stream of its target", target.stream, statement.stream)
    if kind == ERASED:
        _check_erasure(record, registry, history, target)
        return
    if target.type in UNVOIDABLE:
        raise refuse("EDIT_NOT_ALLOWED", "what authority rests on is ended by its own event, never edited away",
                     found=target.type)  # fmt: skip
    if kind == CORRECTED and target.type in (CORRECTED, VOIDED, DISPUTED):
        raise refuse("EDIT_NOT_ALLOWED", "an edit is voided, not corrected", found=target.type)
    persons = {p.who for p in target.performers if p.kind == "person"}
    bodies = {p.post for p in target.performers if p.kind == "body" and p.post}
    allowed = persons | (set(target.counterparts) if kind == DISPUTED else set(target.signers))
    for signer in statement.signers:
        if target.type in ROSTER_TYPES:
            if signer.person in registry.registrars:
                continue
        elif signer.person in allowed or (signer.post in bodies and _holds(signer, record, registry, history)):
            continue
        if kind != DISPUTED and _granted(signer, "correct", record, registry, history, target):
            continue
        raise refuse("EDIT_NOT_ALLOWED", "neither signer, performer nor granted", sorted(allowed), signer.person)


def _check_erasure(record: Record, registry: Registry, history: History, target: Trace) -> None:
    statement = record.statement
    if statement.fields["part"] not in target.parts:
        raise refuse("EDIT_NOT_ALLOWED", "the target has no such part", list(target.parts), statement.fields["part"])
    for signer in statement.signers:
        if signer.person in target.signers:
            raise refuse("EDIT_NOT_ALLOWED", "a part is erased by a second person", found=signer.person)
        if not _granted(signer, "erase", record, registry, history, target):
            raise refuse("EDIT_NOT_ALLOWED", "no grant to erase", "erase", signer.post)


def _granted(
    signer: SignerRef, action: str, record: Record, registry: Registry, history: History, target: Trace
) -> bool:
    return registry.granted(signer.post, action, target.type, target.unit) and _holds(signer, record, registry, history)


def _holds(signer: SignerRef, record: Record, registry: Registry, history: History) -> bool:
    """
    Whether the signer is known, at this position, to hold the post on the day of recording.

    Hard, unlike the label of an act: an edit takes effect on what others did, so a claimed post is not enough.
    """
    post = registry.posts.get(signer.post)
    if post is None or post.abolished is not None:
        return False
    # The log's clock is nobody's signature: it can't be put back behind what was recorded before.
    day = date_of(max(record.recorded, history.latest()))
    return registry.holds(signer.person, signer.post, day)
