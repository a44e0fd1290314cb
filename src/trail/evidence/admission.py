"""
Admission: whether an entry may stand in the log at its position.

`append` refuses exactly what the verifier rejects because both call this module: `check_keys` and
`check_signatures` (checks 4, 8 and 9), then `admit` (checks 5, 6, 7, 10 and 11), which judge an entry by the
registry and the history before it.  Each failure is a `Refusal` with the number and code listed in
``docs/spec/verification.md``; the first one found is raised.
"""

from __future__ import annotations

from typing import Any, Final

from trail.errors import KeyRefused, RecordError, SignatureError
from trail.evidence.authority import check_edit, check_registry
from trail.evidence.record import Performer, Record, SignerRef, Statement
from trail.evidence.refusals import refuse
from trail.evidence.registry import BUILT_IN, CORRECTED, EDIT_TYPES, ERASED, GENESIS, REGISTRY_TYPES, Registry
from trail.evidence.schema import CompiledType, Mentions
from trail.evidence.trace import History, Trace
from trail.signing.keys import PublicKey, statement_message
from trail.signing.suites import suite_named

__all__ = ["GENESIS", "admit", "check_keys", "check_signatures"]

OWN_HAND: Final = frozenset(("own",))
RESERVED: Final = "registry/"
NO_KEYS: Final[frozenset[bytes]] = frozenset()


def check_keys(record: Record, registry: Registry, origin: str) -> tuple[PublicKey, ...]:
    """
    The key of each signer, in order, as the registry has it at this position.

    Raises:
        Refusal: Check 4 or 8.
    """
    statement = record.statement
    if statement.log != origin:
        raise refuse("ORIGIN_MISMATCH", "the statement belongs to another log", origin, statement.log)
    if statement.type == GENESIS:
        return _genesis_keys(record)
    keys = []
    for signer in statement.signers:
        state = registry.keys.get(signer.key)
        if state is None:
            raise refuse("KEY_UNKNOWN", "no such key is enrolled at this position", signer.person, signer.key)
        if state.person != signer.person:
            raise refuse("KEY_OF_ANOTHER", "the key is enrolled for another person", state.person, signer.person)
        if state.ended is not None:
            raise refuse("KEY_ENDED", f"the key ended at position {state.ended}", state.ended, record.position)
        keys.append(state.public)
    return tuple(keys)


def _genesis_keys(record: Record) -> tuple[PublicKey, ...]:
    """The genesis brings its own keys; only the pin in the inspector's policy makes it trusted."""
    if record.position != 1:
        raise refuse("GENESIS_MISPLACED", "only entry 1 founds a log", 1, record.position)
    try:
        BUILT_IN[GENESIS].check(record.statement)
    except RecordError as error:
        raise refuse("FIELDS_MISMATCH", error.message, found=error.where) from None
    founders: dict[bytes, tuple[str, PublicKey]] = {}
    rows: Any = record.statement.fields["registrars"]
    try:
        for row in rows:
            public = PublicKey(row["suite"], row["key"])
            founders[public.id] = (row["person"], public)
    except KeyRefused as error:
        raise refuse("KEY_WEAK", error.message) from None
    keys = []
    for signer in record.statement.signers:
        founder = founders.get(signer.key)
        if founder is None or founder[0] != signer.person:
            raise refuse("KEY_UNKNOWN", "not a founding registrar's key", sorted(founders), signer.key)
        keys.append(founder[1])
    return tuple(keys)


def check_signatures(
    record: Record, keys: tuple[PublicKey, ...], origin: str, *, trusted: frozenset[bytes] = NO_KEYS
) -> None:
    """
    Check every signature over the stored bytes, strictly (check 9).

    *trusted* holds ids of keys whose signatures were just made in this process by a vetted key object: theirs are
    checked by length alone, since a signature that OpenSSL made a moment ago needs no second opinion.

    Raises:
        Refusal: ``SIGNATURE_BAD``.
    """
    message = statement_message(origin, record.statement_bytes)
    for public, signature in zip(keys, record.signatures, strict=True):
        try:
            if public.id in trusted:
                _check_length(public, signature)
            else:
                public.verify(message, signature)
        except (SignatureError, KeyRefused) as error:
            raise refuse("SIGNATURE_BAD", error.message, public.id, signature) from None


def _check_length(public: PublicKey, signature: bytes) -> None:
    if len(signature) != suite_named(public.suite).signature_length:
        raise SignatureError("the signature does not have its suite's length", found=len(signature))


def admit(record: Record, registry: Registry, history: History, origin: str) -> Mentions:
    """
    Check type, schema, names, order, mandate and registry authority (checks 5, 6, 7, 10, 11).

    The keys are taken as checked.  Returns what the fields mention, which tells the counterparts.

    Raises:
        Refusal: With the number and code of the check.
    """
    statement = record.statement
    declared = registry.types.get(statement.type)
    if declared is None:
        raise refuse("TYPE_UNDECLARED", "the type was not declared before", found=statement.type)
    target = _edit_target(record, history) if statement.type in EDIT_TYPES else None
    amended = registry.types.get(target.type) if target is not None and statement.type == CORRECTED else None
    mentions = _check_schema(statement, declared, amended)
    if statement.type == GENESIS:
        check_registry(record, registry, origin)
        return mentions
    if record.position == 1:
        raise refuse("GENESIS_MISPLACED", "entry 1 must found the log", GENESIS, statement.type)
    _check_names(statement, registry, mentions, history)
    _check_order(record, declared, history)
    if registry.retired is not None and statement.type != ERASED:  # the duty to erase outlives the log
        raise refuse("LOG_RETIRED", "the log was retired: nothing but an erasure comes after",
                     registry.retired.position, record.position)  # fmt: skip
    if statement.type in REGISTRY_TYPES:
        check_registry(record, registry, origin)
        return mentions
    _check_mandate(statement, registry, declared)
    if target is not None:
        check_edit(record, registry, history, target)
    return mentions


def _edit_target(record: Record, history: History) -> Trace | None:
    target = record.statement.fields.get("target")
    if type(target) is list and len(target) == 2 and type(target[0]) is bytes:
        return history.find(target[0])
    return None


def _check_schema(statement: Statement, declared: CompiledType, amended: CompiledType | None) -> Mentions:
    try:
        mentions = declared.check(statement, amended.parts if amended is not None else None)
        if amended is not None and "fields" in statement.fields:
            amended.check_some(statement.fields["fields"], mentions)
    except RecordError as error:
        raise refuse("FIELDS_MISMATCH", error.message, statement.type, error.where) from None
    return mentions


def _check_names(statement: Statement, registry: Registry, mentions: Mentions, history: History) -> None:
    persons, posts, units = registry.persons, registry.posts, registry.units
    for kind, who, post in statement.performers:
        if who not in (persons if kind == "person" else units):
            raise refuse("NAME_UNKNOWN", f"unknown {kind}", found=who)
        if post and post not in posts:
            raise refuse("NAME_UNKNOWN", "unknown post", found=post)
    for _, post, _ in statement.signers:
        if post and post not in posts:
            raise refuse("NAME_UNKNOWN", "unknown post", found=post)
    if statement.unit is not None and statement.unit not in units:
        raise refuse("NAME_UNKNOWN", "unknown unit", found=statement.unit)
    for names, known in ((mentions.persons, persons), (mentions.posts, posts), (mentions.units, units)):
        for name in names:
            if name not in known:
                raise refuse("NAME_UNKNOWN", "a name that the registry does not have", found=name)
    for cause in statement.causes:
        if history.digest_of(cause) is None:
            raise refuse("CAUSE_UNKNOWN", "a cause that is no earlier event of this log", found=cause)
    for event, digest in mentions.events:
        recorded = history.digest_of(event)
        if recorded is None or (digest is not None and digest != recorded):
            raise refuse("CAUSE_UNKNOWN", "a reference to no earlier event of this log", digest, event)


def _check_order(record: Record, declared: CompiledType, history: History) -> None:
    statement = record.statement
    if history.digest_of(statement.id) is not None:
        raise refuse("ID_REUSED", "the event id is another entry's already", found=statement.id)
    last = history.version(statement.stream)
    if record.version != last + 1:
        raise refuse("VERSION_GAP", "the stream's versions are not dense", last + 1, record.version)
    if statement.type not in EDIT_TYPES and (statement.type in REGISTRY_TYPES) != statement.stream.startswith(RESERVED):
        raise refuse("STREAM_RESERVED", f"streams that begin with {RESERVED} are the registry's own, and only they",
                     found=statement.stream)  # fmt: skip
    if statement.after >= record.version:
        raise refuse("AFTER_AHEAD", "the signer had seen a version that does not exist", last, statement.after)
    if declared.exclusive and statement.after != last:
        raise refuse("EXCLUSIVE_MOVED", "something came between what was seen and what was signed", last,
                     statement.after)  # fmt: skip


def _check_mandate(statement: Statement, registry: Registry, declared: CompiledType) -> None:
    if statement.hand not in declared.hands:
        raise refuse("HAND_NOT_ADMITTED", "the type does not admit this hand", sorted(declared.hands), statement.hand)
    if "*" not in declared.posts:
        for performer in statement.performers:
            _check_post_kind(performer, statement, registry, declared)
    if declared.hands == OWN_HAND:
        _check_all_signed(statement)
    if statement.hand == "own":
        _check_bodies(statement, registry)
    for signer in statement.signers:
        if statement.hand == "own":
            _check_own(signer, statement, registry)
        elif statement.hand == "recorded":
            _check_recorder(signer, statement, registry)
        elif not all(
            registry.granted(signer.post, "import", statement.type, unit or None)
            for unit in _scopes(statement, registry)
        ):
            raise refuse("NO_GRANT", "no grant to import this type for this unit", "import", signer.post)


def _check_bodies(statement: Statement, registry: Registry) -> None:
    """A body acts by own hand only through the post that the registry names for it."""
    for kind, who, post in statement.performers:
        if kind == "body" and (not post or registry.units[who].through != post):
            raise refuse("NOT_A_PERFORMER", "own hand, but the body does not act through this post",
                         [who, registry.units[who].through], [who, post])  # fmt: skip


def _check_all_signed(statement: Statement) -> None:
    """Where only the own hand is admitted, nobody performs without signing."""
    persons = {(signer.person, signer.post) for signer in statement.signers}
    posts = {signer.post for signer in statement.signers}
    for kind, who, post in statement.performers:
        if (kind == "person" and (who, post) not in persons) or (kind == "body" and post not in posts):
            raise refuse("NOT_A_PERFORMER", "own hand, but a performer has not signed", [who, post], sorted(persons))


def _check_post_kind(performer: Performer, statement: Statement, registry: Registry, declared: CompiledType) -> None:
    post = registry.posts.get(performer.post)
    if post is not None and post.kind in declared.posts:
        return
    # The grant must reach both the unit that the act is about, which its signer says, and that of the post itself.
    units = (None,) if post is None else (post.unit, statement.unit)
    if not all(registry.granted(performer.post, "sign", statement.type, unit) for unit in units):
        found = None if post is None else post.kind
        raise refuse("POST_KIND", "the type is not for this kind of post", sorted(declared.posts), found)


def _check_own(signer: SignerRef, statement: Statement, registry: Registry) -> None:
    if not signer.post and statement.type not in EDIT_TYPES:  # a counterpart who disputes may hold no post
        raise refuse("NOT_A_PERFORMER", "an act is signed in a post", found=signer.person)
    for kind, who, post in statement.performers:
        if kind == "person" and (who, post) == (signer.person, signer.post):
            return
        if kind == "body" and post == signer.post:
            return
    raise refuse("NOT_A_PERFORMER", "own hand, but the signer is none of the performers",
                 [list(p) for p in statement.performers], [signer.person, signer.post])  # fmt: skip


def _check_recorder(signer: SignerRef, statement: Statement, registry: Registry) -> None:
    post = registry.posts.get(signer.post)
    if post is None or post.kind != "recorder":
        raise refuse("RECORDER_ELSEWHERE", "recorded, but the signer's post is not a recorder's", "recorder",
                     signer.post)  # fmt: skip
    for unit in _scopes(statement, registry):
        if unit == "" or not registry.within(unit, post.unit):
            raise refuse("RECORDER_ELSEWHERE", "the recorder's unit is not above the performer's", unit, post.unit)


def _scopes(statement: Statement, registry: Registry) -> list[str]:
    """The units that the performers belong to; none (empty) for a person without a post, unless it is imported."""
    scopes = []
    for kind, who, post in statement.performers:
        if kind == "body":
            scopes.append(who)
        elif post:
            scopes.append(registry.posts[post].unit)
        else:
            scopes.append((statement.hand == "imported" and statement.unit) or "")
    return scopes
