"""
Appending the events of an eventsourcing application to its opaque log.

One transaction takes the head's lock, assigns dense positions, hashes the leaves, writes events, tracking and
idempotency key, and moves the head; what the host's own transaction brings along commits or fails with it.  Nothing is
said about what an event means or who caused it: order and integrity since recording are all that such a log can show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection

from trail.clock import Clock, SystemClock
from trail.errors import CallerError, StoreFailed
from trail.evidence.opaque import MAX_NAME, MAX_STATE, TEXT_ID, UUID_ID, decode_opaque, encode_opaque
from trail.merkle import Frontier, leaf_hash
from trail.store import queries
from trail.store.adapter import LEAST, MOST, RECORDED, TRACKED, UNFIT
from trail.store.engine import Database
from trail.store.logs import find_log
from trail.store.schema import OPAQUE
from trail.store.statements import Transaction

MAX_KEY: Final = 255
"""Most characters of an idempotency key."""

# How an originator stands in its column: a letter for its kind, then the bytes that the entry holds.
UUID_LETTER: Final = b"u"
TEXT_LETTER: Final = b"t"


class Event(Protocol):
    """What an event must have: the stored events of `eventsourcing` do."""

    @property
    def originator_id(self) -> UUID | str: ...
    @property
    def originator_version(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def state(self) -> bytes: ...


class Tracked(Protocol):
    """A position in another application's log: the tracking objects of `eventsourcing`."""

    @property
    def application_name(self) -> str: ...
    @property
    def notification_id(self) -> int: ...


class KeyReusedError(CallerError):
    """An idempotency key stands for other events; ``positions`` are those that it stands for."""

    default_code = "KEY_REUSED"
    default_advice = "The request was carried out before; look at what it recorded, or use a new key for a new request."

    def __init__(self, message: str, *, positions: range) -> None:
        super().__init__(message, positions=positions)
        self.positions = positions


class Prepared(NamedTuple):
    """An event, checked and hashed before the lock is taken; ``column``: its originator as the column holds it."""

    column: bytes
    kind: str
    name: bytes
    version: int
    topic: str
    topic_bytes: bytes
    digest: bytes
    state: bytes


class OpaqueStore:
    """
    Appends to one opaque log of a database; *clock* gives the recorded time, *origin* chooses among several logs.

    Threads may share it, and any number of processes may have one each on the same file.
    """

    def __init__(self, database: Database, *, origin: str | None = None, clock: Clock | None = None) -> None:
        self.database = database
        self.log, self.origin, _ = find_log(database, origin, kind=OPAQUE)
        self._clock = clock or SystemClock()

    def append(
        self,
        events: Iterable[Event],
        *,
        connection: Connection | None = None,
        key: str | None = None,
        tracking: Tracked | None = None,
    ) -> list[int]:
        """
        Append *events* in order in one transaction and return their positions.

        *connection* is the host's, inside its own transaction, of which this must be the last step: the positions are
        provisional until it commits.  *key* names the request: asked again with the same events, the first positions
        are given and nothing is written.  *tracking* is recorded with the events, or neither is.

        Raises:
            CallerError: ``EVENT_UNFIT`` for an event that can't be stored; ``EVENT_RECORDED`` where an originator has
                this version already; ``TRACKED_ALREADY``; another slip.
            KeyReusedError: The key stands for other events.
            StoreBusy, StoreFailed: It could not be written; see `Database.writing`.
        """
        ready = [prepared(event) for event in events]
        if key is not None:
            _check_key(key)
        if connection is None:
            with self.database.writing() as tx:
                return self._append(tx, ready, key, tracking)
        with self.database.joining(connection, queries.LOCK_HEAD, self.log) as tx:
            return self._append(tx, ready, key, tracking)

    def _append(
        self, tx: Transaction, events: Sequence[Prepared], key: str | None, tracking: Tracked | None
    ) -> list[int]:
        row = tx.first(queries.READ_HEAD_FOR_UPDATE, self.log)
        if row is None:
            raise StoreFailed("the log has no head", code="HEAD_MISSING")
        first = int(row[0]) + 1
        if key is not None:
            requested = tx.first(queries.REQUESTED, self.log, key)
            if requested is not None:
                return self._again(tx, key, int(requested[0]), int(requested[1]), events)
            tx.run(queries.INSERT_REQUEST, self.log, key, first, len(events))
        if tracking is not None:
            self.track(tx, tracking)
        if events:
            frontier = Frontier.from_bytes(row[0], row[1])
            self._write(tx, frontier, events)
        return list(range(first, first + len(events)))

    def _write(self, tx: Transaction, frontier: Frontier, events: Sequence[Prepared]) -> None:
        log, now, position = self.log, self._clock.now(), frontier.size
        rows = []
        for column, kind, name, version, topic, topic_bytes, digest, state in events:
            position += 1
            entry = encode_opaque(kind, name, version, topic_bytes, digest, len(state), now)
            hashes = frontier.append(leaf_hash(entry))
            rows.append((log, position, column, version, topic, now, hashes, entry, state))
        try:
            tx.run_many(queries.INSERT_OPAQUE, rows)
        except tx.conflict:
            raise CallerError("an event of this originator and version is recorded already", code=RECORDED) from None
        tx.run(queries.MOVE_HEAD, frontier.size, frontier.to_bytes(), 0, now, log)

    def _again(self, tx: Transaction, key: str, first: int, count: int, events: Sequence[Prepared]) -> list[int]:
        rows = tx.fetch(queries.ENTRIES[OPAQUE], self.log, first - 1, first + count - 1, max(count, 1))
        held = [decode_opaque(entry, position)[1:6] for position, entry in rows] if count else []
        asked = [(one.kind, one.name, one.version, one.topic_bytes, one.digest) for one in events]
        positions = range(first, first + count)
        if held != asked:
            what = f"positions {first} to {first + count - 1}" if count else "a request without events"
            raise KeyReusedError(f"the idempotency key {key!r} stands for {what} already", positions=positions)
        return list(positions)

    def track(self, tx: Transaction, tracking: Tracked) -> None:
        """
        Record how far another application's log was followed, in a transaction that has begun to write.

        Raises:
            CallerError: ``TRACKED_ALREADY``: this position or a later one is recorded.
        """
        name, position = tracking.application_name, tracking.notification_id
        if not isinstance(name, str):
            raise CallerError(f"an application's name is a text, not {type(name).__name__}", code=UNFIT)
        _utf8(name, "application's name")
        if type(position) is not int or not LEAST <= position <= MOST:
            raise CallerError("a notification id is an int of 64 bits", code=UNFIT, found=position)
        row = tx.first(queries.TRACKED, self.log, name)
        if row is None:
            tx.run(queries.INSERT_TRACKING, self.log, name, position)
        elif row[0] >= position:
            raise CallerError(
                f"{name} is tracked to {row[0]} already", code=TRACKED, expected=f"more than {row[0]}", found=position
            )
        else:
            tx.run(queries.MOVE_TRACKING, position, self.log, name)


def originator_column(originator: object) -> bytes:
    """The column's bytes for an originator id; raises `CallerError` where it is neither a UUID nor a text."""
    if isinstance(originator, UUID):
        return UUID_LETTER + originator.bytes
    if isinstance(originator, str):
        return TEXT_LETTER + _utf8(originator, "originator id")
    raise CallerError(f"an originator id is a UUID or a text, not {type(originator).__name__}", code=UNFIT)


def originator_id(column: bytes) -> UUID | str:
    """The originator id that stands in the column as these bytes."""
    if column[:1] == UUID_LETTER:
        return UUID(bytes=column[1:])
    return column[1:].decode()


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY:
        raise CallerError(f"an idempotency key is a text of 1 to {MAX_KEY} characters", found=key)
    _utf8(key, "idempotency key")


def prepared(event: Event) -> Prepared:
    """*event*, checked and hashed; raises `CallerError` (``EVENT_UNFIT``) for what can't be stored."""
    column = originator_column(event.originator_id)
    version, topic, state = event.originator_version, event.topic, event.state
    if type(state) is not bytes:
        state = _bytes(state)
    if len(state) > MAX_STATE:
        raise CallerError(f"a state has at most {MAX_STATE} bytes", code=UNFIT, found=len(state))
    if type(version) is not int or not LEAST <= version <= MOST:
        raise CallerError("an originator version is an int of 64 bits", code=UNFIT, found=version)
    if not isinstance(topic, str):
        raise CallerError(f"a topic is a text, not {type(topic).__name__}", code=UNFIT)
    kind = UUID_ID if column[:1] == UUID_LETTER else TEXT_ID
    digest = hashlib.sha256(state).digest()
    return Prepared(column, kind, column[1:], version, topic, _utf8(topic, "topic"), digest, state)


def _utf8(text: str, what: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise CallerError(f"the {what} is no text that can be written: {text!r}", code=UNFIT) from None
    if len(data) > MAX_NAME or "\0" in text:
        raise CallerError(f"the {what} has at most {MAX_NAME} bytes, and no NUL", code=UNFIT, found=len(data))
    return data


def _bytes(state: Any) -> bytes:
    if isinstance(state, bytes | bytearray | memoryview):
        return bytes(state)
    raise CallerError(f"a state is bytes, not {type(state).__name__}", code=UNFIT)
