"""The logs of a database: each has a number, an origin, and a kind."""

from __future__ import annotations

from typing import NamedTuple

from trail.errors import CallerError, StoreFailed
from trail.merkle import check_origin
from trail.store import queries
from trail.store.engine import Database
from trail.store.schema import ACTS, OPAQUE
from trail.store.statements import Transaction


class FoundLog(NamedTuple):
    """One log of a database: its number there, its origin, its kind (``"acts"`` or ``"opaque"``)."""

    number: int
    origin: str
    kind: str


def create_log(database: Database, origin: str, *, created: int) -> int:
    """
    Make an empty log of acts called *origin* and return its number; its first entry must be a genesis.

    A log of this origin that is still empty is given again, so that making one can be repeated after a crash.

    Raises:
        CallerError: The log is there and holds entries, or is no log of acts.
        NoteError: The origin can't stand in a checkpoint.
    """
    check_origin(origin)
    with database.writing() as tx:
        log = _ensure(tx, origin, ACTS, created)
        if tx.first(queries.READ_HEAD, log)[0]:
            raise CallerError(f"the log {origin} exists already", code="LOG_EXISTS", origin=origin)
    return log


def ensure_opaque_log(database: Database, origin: str, *, created: int) -> FoundLog:
    """
    The log of an eventsourcing application called *origin*, made if it is not there.

    Raises:
        CallerError: A log of acts has this name: it takes no opaque entries.
        NoteError: The origin can't stand in a checkpoint.
    """
    check_origin(origin)
    if not any(log.origin == origin for log in logs_of(database)):
        with database.writing() as tx:
            _ensure(tx, origin, OPAQUE, created)
    return find_log(database, origin, kind=OPAQUE)


def _ensure(tx: Transaction, origin: str, kind: str, created: int) -> int:
    logs = tx.fetch(queries.LOGS)
    for number, known, found in logs:
        if known == origin:
            _check_kind(origin, str(found), kind)
            return int(number)
    number = max((row[0] for row in logs), default=0) + 1
    tx.run(queries.INSERT_LOG, number, origin, kind, created)
    tx.run(queries.INSERT_HEAD, number, 0, b"", 0, 0)
    return int(number)


def logs_of(database: Database) -> list[FoundLog]:
    """Every log of the database, in the order in which they were made."""
    rows = database.fetch(queries.LOGS)
    if any(type(number) is not int for number, _, _ in rows):
        raise StoreFailed("the table of logs holds a number that is none", code="FOREIGN_SCHEMA")
    return [FoundLog(number, str(origin), str(kind)) for number, origin, kind in rows]


def find_log(database: Database, origin: str | None = None, *, kind: str | None = None) -> FoundLog:
    """
    The log called *origin*, or the only one, of *kind* or of any.

    Raises:
        CallerError: There is none, or more than one to choose from, or it is of the other kind.
    """
    every = logs_of(database)
    logs = [log for log in every if kind in (None, log.kind)]
    found = [log for log in logs if origin in (None, log.origin)]
    if len(found) == 1:
        return found[0]
    for log in every:
        if log.origin == origin and kind is not None:
            _check_kind(log.origin, log.kind, kind)
    names = ", ".join(log.origin for log in logs) or "none"
    raise CallerError(f"name one of the logs of this database: {names}", code="LOG_UNKNOWN", found=origin)


def _check_kind(origin: str, found: str, wanted: str) -> None:
    if found != wanted:
        holds = {ACTS: "signed acts", OPAQUE: "the events of an eventsourcing application"}
        raise CallerError(
            f"the log {origin} holds {holds.get(found, found)}, and takes nothing else", code="LOG_OTHER_KIND",
            advice="Give the other one a name of its own.", expected=wanted, found=found,
        )  # fmt: skip
