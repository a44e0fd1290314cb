"""
Append: from a signed statement to an acknowledged entry, in one transaction.

The signing was done before.  Under the head's lock: find out whether the act is there already, bring the registry up
to the head, check everything that a verifier would check, assign position and stream version, stamp the recorded
time, hash the leaf and extend the frontier, insert, move the head, commit.  Only then is it acknowledged.

In the host's own transaction the append runs as its last step; the acknowledgement is then provisional until the host
commits, and void if it rolls back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from trail.clock import Clock, SystemClock
from trail.errors import ActRefused, IdReused, RecordError, Refusal, StoreFailed, StreamMoved, TrailError
from trail.evidence.admission import admit, check_keys, check_signatures
from trail.evidence.record import Record, decode_entry, encode_entry
from trail.evidence.refusals import refuse
from trail.evidence.registry import CORRECTED, ERASED, REGISTRY_TYPES, Registry
from trail.evidence.trace import Trace, trace_of
from trail.merkle import Frontier, leaf_hash, parse_checkpoint
from trail.signing import dated_anchor_digest, parse_note
from trail.store import queries
from trail.store.engine import Database
from trail.store.history import SqlHistory
from trail.store.logs import find_log
from trail.store.purposes import KEY_TYPES, check_purpose
from trail.store.schema import ACTS
from trail.store.statements import Row, Transaction
from trail.store.submission import Submission, check_beside, is_same_act

NO_KEYS: Final[frozenset[bytes]] = frozenset()


class Ack(NamedTuple):
    """An acknowledgement: the act is durable at ``position`` (from 1); ``leaf`` is the hash that a receipt proves."""

    position: int
    leaf: bytes
    id: bytes
    version: int
    recorded: int
    digest: bytes

    @property
    def reference(self) -> tuple[bytes, bytes]:
        """The exact version of the event, ``(event id, statement digest)``, for acts that name it."""
        return (self.id, self.digest)


class _Head(NamedTuple):
    size: int
    peaks: bytes
    registry: int
    recorded: int


class _Batch:
    """What one transaction adds; written at its end, in one go for each table."""

    __slots__ = ("entries", "erased", "frontier", "history", "parts", "recorded", "registry", "touched")

    def __init__(self, frontier: Frontier, registry: Registry, history: SqlHistory) -> None:
        self.frontier = frontier
        self.registry = registry
        self.history = history
        self.entries: list[Row] = []
        self.parts: list[Row] = []
        self.erased: list[tuple[bytes, int]] = []
        self.recorded = 0
        self.touched = 0  # the position of the last registry entry that this batch adds


class EntryStore:
    """
    Appends to one log of a database.

    *clock* gives the recorded time; *origin* chooses among several logs.  Threads may share it, and any number of
    processes may have one each on the same file.
    """

    def __init__(self, database: Database, *, clock: Clock | None = None, origin: str | None = None) -> None:
        self.database = database
        self.log, self.origin, _ = find_log(database, origin, kind=ACTS)
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._folded: Registry | None = None  # as of committed entries only
        self._seen: dict[int, tuple[bytes, frozenset[bytes]]] = {}

    def append(
        self, submission: Submission, *, trusted: frozenset[bytes] = NO_KEYS, connection: Connection | None = None
    ) -> Ack:
        """
        Append one act; see `append_many`.
        """
        return self.append_many((submission,), trusted=trusted, connection=connection)[0]

    def append_many(
        self,
        submissions: Sequence[Submission],
        *,
        trusted: frozenset[bytes] = NO_KEYS,
        connection: Connection | None = None,
    ) -> list[Ack]:
        """
        Append acts in order in one transaction: all of them or none.

        *trusted* holds the ids of keys whose signatures this process has just made with vetted key objects; they are
        checked by length alone, all others in full.  *connection* is the host's, inside its own transaction, of which
        this must be the last step; the acknowledgements are provisional until it commits.

        An act that is there already (same id, same content but for salts, ``seen`` and ``after``) gives its first
        acknowledgement again.

        Raises:
            IdReused: The id stands for another act; ``first`` is its record.
            StreamMoved: The type is exclusive and the stream has moved on; ``draft`` is the submission.
            ActRefused: A verifier would reject it; the facts name check and code.
            StoreBusy: Another writer held the lock for too long.
            StoreFailed: It could not be written; see `Database.writing`.
        """
        try:
            for index, submission in enumerate(submissions):
                check_beside(submission, index)
            if connection is None:
                return self._append_alone(submissions, trusted)
            with self.database.joining(connection, queries.LOCK_HEAD, self.log) as tx:
                head = self._head(tx)
                committed = self._committed_registry()
                with self._lock:
                    registry = self._registry(tx, head.registry, committed)
                    return self._run(tx, head, registry, submissions, trusted)[0]
        except Refusal as error:
            facts: dict[str, Any] = {**error.facts, "forged": error.forged}
            named = f": {error.found}" if isinstance(error.found, str) else ""
            raise ActRefused(error.message + named, code=error.code, **facts) from error

    def _append_alone(self, submissions: Sequence[Submission], trusted: frozenset[bytes]) -> list[Ack]:
        with self.database.writing() as tx, self._lock:
            head = self._head(tx)
            registry = self._registry(tx, head.registry, head.registry)
            acks, batch = self._run(tx, head, registry, submissions, trusted)
        if batch.touched:
            # Not before the commit: a registry that a rollback took back must not be judged by.
            self._folded = batch.registry
        if batch.erased:
            self.database.shed()
        return acks

    def _head(self, tx: Transaction) -> _Head:
        row = tx.first(queries.READ_HEAD, self.log)
        if row is None:
            raise StoreFailed("the log has no head", code="HEAD_MISSING")
        return _Head(*row)

    def _committed_registry(self) -> int:
        """The last registry position that no rollback can take back; unknown (0) where there is one connection only."""
        return 0 if self.database.memory else int(self.database.fetch(queries.READ_HEAD, self.log)[0][2])

    def registry(self) -> Registry:
        """The registry at the head, folded anew; the caller's own."""
        with self.database.snapshot() as source:
            head = _Head(*source.fetch(queries.READ_HEAD, self.log)[0])
            registry = Registry()
            _fold(registry, source.fetch(queries.REGISTRY_ENTRIES, self.log, 0, head.registry))
        return registry

    def _registry(self, tx: Transaction, position: int, committed: int) -> Registry:
        """The fold up to *position*; what lies beyond *committed* is another's to take back and is not kept."""
        if position != committed:
            registry = Registry()
            _fold(registry, tx.fetch(queries.REGISTRY_ENTRIES, self.log, 0, position))
            return registry
        registry, self._folded = self._folded or Registry(), None
        if registry.position > position:
            registry = Registry()  # the database was put back to an earlier state
        if registry.position < position:
            _fold(registry, tx.fetch(queries.REGISTRY_ENTRIES, self.log, registry.position, position))
        if registry.position != position:
            raise StoreFailed(
                "the head names a registry entry that is not there", code="HEAD_MISMATCH",
                expected=position, found=registry.position,
            )  # fmt: skip
        self._folded = registry
        return registry

    def _run(
        self,
        tx: Transaction,
        head: _Head,
        registry: Registry,
        submissions: Iterable[Submission],
        trusted: frozenset[bytes],
    ) -> tuple[list[Ack], _Batch]:
        self._seen = {}  # what a checkpoint's anchors are is known for one transaction: a database can be put back
        frontier = Frontier.from_bytes(head.size, head.peaks)
        batch = _Batch(frontier, registry, SqlHistory(tx, self.log, registry))
        acks: list[Ack] = []
        for submission in submissions:
            try:
                acks.append(self._one(tx, batch, submission, trusted))
            except TrailError as error:
                error.facts["index"] = len(acks)  # its place in the batch, from 0
                raise
        if batch.entries:
            self._write(tx, head, batch)
        return acks, batch

    def _one(self, tx: Transaction, batch: _Batch, submission: Submission, trusted: frozenset[bytes]) -> Ack:
        statement, history, registry = submission.statement, batch.history, batch.registry
        first = history.record(statement.id)
        if first is not None:
            return self._again(tx, batch, first, submission)
        declared = registry.types.get(statement.type)
        last = history.version(statement.stream)
        if declared is not None and declared.exclusive and statement.after < last:
            self._moved(history, submission, last)
        now, frontier = self._clock.now(), batch.frontier
        entry = encode_entry(submission.statement_bytes, submission.signatures, last + 1, now)
        if len(submission.signatures) != len(statement.signers):
            raise refuse("SIGNATURE_BAD", "one signature for each signer", len(statement.signers))
        digest = history.digest(submission.statement_bytes)
        record = Record(
            frontier.size + 1, statement, submission.statement_bytes, digest, submission.signatures, last + 1, now
        )
        check_signatures(record, check_keys(record, registry, self.origin), self.origin, trusted=trusted)
        mentions = admit(record, registry, history, self.origin)
        if statement.seen is not None:
            self._check_seen(tx, record)
        if statement.type in KEY_TYPES:
            check_purpose(tx, self.log, self.origin, record, registry)
        if statement.attachments:
            self._take_attachments(tx, record, submission)
        is_registry = statement.type in REGISTRY_TYPES
        hashes = frontier.append(leaf_hash(entry))
        batch.entries.append((
            self.log, record.position, statement.stream, record.version, statement.id, statement.type, statement.unit,
            is_registry, now, hashes, entry,
        ))  # fmt: skip
        batch.recorded = now
        history.add(record, trace_of(record, mentions))
        if statement.type == ERASED:
            batch.erased.append(_erased(history, record))
        if is_registry:
            self._folded = None
            registry.apply(record)
            batch.touched = record.position
        if submission.parts:
            self._take_parts(batch, record, submission)
        return Ack(record.position, hashes[:32], statement.id, record.version, now, digest)

    def _again(self, tx: Transaction, batch: _Batch, first: Record, submission: Submission) -> Ack:
        def stored(digest: bytes) -> bytes | None:
            for row in batch.parts:
                if row[1] == digest:
                    return bytes(row[4])
            row = tx.first(queries.PART_DATA, self.log, digest)
            return None if row is None else bytes(row[0])

        if not is_same_act(first, submission, stored):
            raise IdReused(
                f"the event id stands for another act, at position {first.position}", first=first,
                position=first.position,
            )  # fmt: skip
        entry = encode_entry(first.statement_bytes, first.signatures, first.version, first.recorded)
        return Ack(first.position, leaf_hash(entry), first.statement.id, first.version, first.recorded, first.digest)

    def _moved(self, history: SqlHistory, submission: Submission, last: int) -> None:
        after, stream = submission.statement.after, submission.statement.stream
        raise StreamMoved(
            f"{last - after} records came between what was seen and what was signed",
            intervened=history.stream(stream, after), draft=submission, stream=stream, after=after, last=last,
        )  # fmt: skip

    def _check_seen(self, tx: Transaction, record: Record) -> None:
        """Check 12: the signer can only have seen a checkpoint that this log issued, and anchors that it keeps."""
        seen = record.statement.seen
        if seen is None:
            return
        if seen.size >= record.position:
            raise refuse("SEEN_AHEAD", "a checkpoint that covers this entry", record.position - 1, seen.size)
        held = self._seen.get(seen.size)
        if held is None or not held[1].issuperset(seen.anchors):
            row = tx.first(queries.CHECKPOINT_AT, self.log, seen.size)
            if row is None:
                raise refuse("SEEN_UNSHOWN", "no checkpoint was issued at this size", found=seen.size)
            lines = tx.fetch(queries.COSIGNATURES_AT, self.log, seen.size)
            root = parse_checkpoint(parse_note(row[2]).text).root
            held = self._seen[seen.size] = (root, frozenset(dated_anchor_digest(line) for (line,) in lines))
        if held[0] != seen.root:
            raise refuse("SEEN_CONTRADICTED", "the log had another root at this size", held[0], seen.root)
        if not held[1].issuperset(seen.anchors):
            raise refuse("SEEN_UNSHOWN", "an anchor that the log does not keep", found=list(seen.anchors))

    def _take_parts(self, batch: _Batch, record: Record, submission: Submission) -> None:
        """Check 13, after the registry took the entry: a person's name is a part of the entry that registers them."""
        registry, statement = batch.registry, record.statement
        declared = registry.types[statement.type]
        for ref, content in zip(statement.parts, submission.parts, strict=True):
            owner = declared
            if statement.type == CORRECTED and ref.name not in declared.parts:
                owner = registry.types[_target(batch.history, record).type]
            try:
                owner.check_part(ref.name, content.part.data)
            except RecordError as error:
                raise refuse("PART_MALFORMED", error.message, statement.type, error.where) from None
            unknown = [person for person in content.part.subjects if person not in registry.persons]
            if unknown and record.position > 1:
                raise refuse("NAME_UNKNOWN", "a subject that the registry does not have", found=unknown)
            batch.parts.append((self.log, ref.digest, record.position, ref.name, content.data))

    def _take_attachments(self, tx: Transaction, record: Record, submission: Submission) -> None:
        """Check 14 against what is kept already; the first entry that brings a file has it kept for all."""
        for ref in record.statement.attachments:
            brought = submission.attachments.get(ref.digest)
            row = tx.first(queries.ATTACHMENT_DATA, self.log, ref.digest)
            if row is None:
                values = (self.log, ref.digest, record.position, ref.size, ref.media, brought)
                tx.run(queries.INSERT_ATTACHMENT, *values)
            elif row[0] is not None and len(row[0]) != ref.size:
                raise refuse("ATTACHMENT_ALTERED", "the file that is kept has another size", len(row[0]), ref.size)
            elif row[0] is None and brought is not None:
                tx.run(queries.KEEP_ATTACHMENT, brought, self.log, ref.digest)

    def _write(self, tx: Transaction, head: _Head, batch: _Batch) -> None:
        tx.run_many(queries.INSERT_ENTRY, batch.entries)
        if batch.parts:
            try:
                tx.run_many(queries.INSERT_PART, batch.parts)
            except tx.conflict:
                # Its salt was used before: whoever holds the other part could read this one's content off its digest.
                raise refuse("PART_STRAY", "a body part belongs to an earlier entry: salt it anew") from None
        for digest, position in batch.erased:
            tx.run(queries.ERASE_PART, self.log, digest, position)
        frontier, registry = batch.frontier, batch.touched or head.registry
        tx.run(queries.MOVE_HEAD, frontier.size, frontier.to_bytes(), registry, batch.recorded, self.log)


def _fold(registry: Registry, rows: Iterable[Row]) -> None:
    for position, entry in rows:
        registry.apply(decode_entry(entry, position))


def _target(history: SqlHistory, record: Record) -> Trace:
    target = record.statement.fields["target"]
    found = history.find(target[0]) if isinstance(target, list) and isinstance(target[0], bytes) else None
    if found is None:  # admission has looked already
        raise refuse("CAUSE_UNKNOWN", "a reference to no earlier event of this log")
    return found


def _erased(history: SqlHistory, record: Record) -> tuple[bytes, int]:
    """Digest and position of the part that an admitted PartErased names: its row, and nobody else's."""
    target = _target(history, record)
    original = history.at(target.position)
    name = record.statement.fields["part"]
    return next(ref.digest for ref in original.statement.parts if ref.name == name), target.position
