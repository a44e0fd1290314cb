"""
The judge of an extract of acts: what can be said of an entry without those before it.

Its bytes, its log, its signatures by keys whose enrolment is in the extract, the bodies beside it.  Who enrolled a key
is judged by what is shown: the genesis that the policy pins, and the entries that made registrars and enrolled keys
after it.  What such an entry would need and the extract does not show is not a forgery: `KEY_UNSHOWN` and
`AUTHORITY_UNSHOWN` are said instead.  What a shown entry does prove counts: a key that it ended has ended.

Not judged: types and schemas, names, order among all entries, mandates, what else the registry holds, what a signer had
seen.  Whether a key was revoked by an entry that is not shown can't be told.
"""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import Final

from trail.errors import EncodingError, KeyRefused, RecordError, Refusal
from trail.evidence.admission import check_keys, check_signatures
from trail.evidence.authority import check_registry
from trail.evidence.bodies import Bodies
from trail.evidence.intervals import Proven
from trail.evidence.judge import Ground, RegistryJudge
from trail.evidence.record import Record, decode_entry
from trail.evidence.refusals import refuse
from trail.evidence.registry import BUILT_IN, ERASED, GENESIS, LOG_KEY_ROTATED, REGISTRY_TYPES, REVOKED, Registry
from trail.evidence.times import Times
from trail.evidence.verdict import Vouched

ENROLLING: Final = frozenset((GENESIS, "KeyEnrolled@1", "KeyRotated@1"))
VOUCHING: Final = ENROLLING | {REVOKED, LOG_KEY_ROTATED, "RegistrarAppointed@1", "RegistrarEnded@1"}
"""The types whose entries say whose a key is: the only ones of the registry that an extract is judged by."""
# What a check says of an entry by those before it, which an extract need not show.
_UNSHOWN: Final = {"KEY_UNKNOWN": "KEY_UNSHOWN", "REGISTRAR_MISSING": "AUTHORITY_UNSHOWN",
                   "REGISTRY_CONFLICT": "AUTHORITY_UNSHOWN"}  # fmt: skip
_MISSING: Final = {
    "KEY_UNSHOWN": "the entry that enrolled this signer's key is not in the extract",
    "AUTHORITY_UNSHOWN": "that its signers had the authority for it does not follow from what the extract shows",
}


class ExtractJudge(RegistryJudge):
    """
    Judges the shown acts; see `trail.evidence.judge.Judge`.

    After each `entry`, ``vouched`` names its signers with the positions that enrolled their keys, and ``signed`` says
    whether every signature was checked and is good.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._findings = ground.findings
        self._policy_keys = frozenset(key.raw for key in ground.policy.keys)
        self._times = Times(ground)
        self._ids: set[bytes] = set()
        self._versions: dict[str, int] = {}
        self.registry = Registry()
        self.registry_position = 0
        self.bodies = Bodies(self.registry, whole=False)
        self.vouched: tuple[Vouched, ...] = ()
        self.signed = False

    def entry(self, entry: bytes, position: int) -> Record | None:
        """Judge one act that was proven to stand at *position*; returns it decoded, None if it can't be read."""
        self.vouched, self.signed = (), False
        self._findings.count(3)
        try:
            record = decode_entry(entry, position)
        except (RecordError, EncodingError) as error:
            self._findings.unread(error, position, entry)
            return None
        statement = record.statement
        if statement.type in REGISTRY_TYPES:
            self.registry_position = position
        if position == 1:
            self._ground.check_first(hashlib.sha256(entry).digest())
        try:
            if position == 1 and statement.type != GENESIS:
                raise refuse("GENESIS_MISPLACED", "entry 1 must found the log", GENESIS, statement.type)
            self._check(record)
        except Refusal as error:
            self._refused(error, record, entry)
        keys = self.registry.keys
        self.vouched = tuple(
            Vouched(signer.person, signer.key, keys[signer.key].position if signer.key in keys else None)
            for signer in statement.signers
        )
        self._times.take(record, False)
        self.bodies.expect(record)
        self._order(record)
        if statement.type == ERASED and self.signed:
            self._erase(record)
        return record

    def _check(self, record: Record) -> None:
        findings, origin, kind = self._findings, self._ground.origin, record.statement.type
        for check in (4, 8, 9):
            findings.count(check)
        check_signatures(record, check_keys(record, self.registry, origin), origin)
        self.signed = True
        if kind not in VOUCHING:
            return
        findings.count(11)
        try:
            BUILT_IN[kind].check(record.statement)
        except RecordError as error:
            raise refuse("FIELDS_MISMATCH", error.message, kind, error.where) from None
        check_registry(record, self.registry, origin)
        before = len(self.registry.keys)
        try:
            self.registry.apply(record)
        except (KeyError, KeyRefused):
            raise refuse("AUTHORITY_UNSHOWN", "it ends what the extract does not show to have begun") from None
        for state in islice(reversed(self.registry.keys.values()), len(self.registry.keys) - before):
            if state.public.raw in self._policy_keys:
                findings.find("KEY_DOUBLE_USE", "a member's key is a log's or a witness's", record.position,
                              found=state.public.raw)  # fmt: skip

    def _refused(self, error: Refusal, record: Record, entry: bytes) -> None:
        code = _UNSHOWN.get(error.code)
        if code is None or record.statement.type == GENESIS:  # the genesis brings its own keys and needs nobody's word
            self._findings.refused(error, record.position, entry=entry)
        else:
            self._findings.find(code, _MISSING[code], record.position, error.expected, error.found)

    def _order(self, record: Record) -> None:
        """Positions ascend; an event id or a version of a stream that comes again is wrong whatever lies between."""
        statement, position = record.statement, record.position
        if statement.id in self._ids:
            self._findings.find("ID_REUSED", "the event id is another entry's already", position, found=statement.id)
        self._ids.add(statement.id)
        last = self._versions.get(statement.stream, 0)
        if record.version <= last:
            self._findings.find("VERSION_GAP", "a version of its stream that a shown entry before it had reached",
                                position, last, record.version)  # fmt: skip
        self._versions[statement.stream] = max(last, record.version)

    def _erase(self, record: Record) -> None:
        """Take an erasure; whether its signer had the grant is not shown."""
        target, part = record.statement.fields.get("target"), record.statement.fields.get("part")
        known = type(target) is list and target and type(target[0]) is bytes and target[0] in self._ids
        if known and type(part) is str and not self.bodies.erase(record):
            self._findings.find("PART_SHOWN_AFTER_ERASURE", "a part that was erased is shown all the same",
                                record.position)  # fmt: skip

    def proven(self, size: int) -> Proven:
        """Nothing is summed up: the entries between are not shown."""
        return Proven()

    def close(self, size: int) -> None:
        """Judge what only the end shows: bodies that nobody brought, or that the policy requires."""
        for code, position, name in self.bodies.missing():
            self._findings.find(code, f"neither shown, nor withheld, nor erased: {name}", position)
        for code, withheld in self.bodies.withheld_but(self._ground.policy.require):
            self._findings.find(code, f"{withheld} were withheld, and the policy requires them", None, 0, withheld)
