"""The logs of a database: each has a number, an origin, and a kind."""

from __future__ import annotations

from trail.errors import CallerError
from trail.merkle import check_origin
from trail.store import queries
from trail.store.engine import Database
from trail.store.schema import ACTS


def create_log(database: Database, origin: str, *, created: int) -> int:
    """
    Make an empty log called *origin* and return its number; its first entry must be a genesis.

    A log of this origin that is still empty is given again, so that making one can be repeated after a crash.

    Raises:
        CallerError: The log is there and holds entries.
        NoteError: The origin can't stand in a checkpoint.
    """
    check_origin(origin)
    with database.writing() as tx:
        logs = tx.fetch(queries.LOGS)
        for number, known, _ in logs:
            if known == origin:
                if tx.first(queries.READ_HEAD, number)[0]:
                    raise CallerError(f"the log {origin} exists already", code="LOG_EXISTS", origin=origin)
                return int(number)
        number = max((row[0] for row in logs), default=0) + 1
        tx.run(queries.INSERT_LOG, number, origin, ACTS, created)
        tx.run(queries.INSERT_HEAD, number, 0, b"", 0, 0)
    return number


def find_log(database: Database, origin: str | None = None) -> tuple[int, str]:
    """
    Number and origin of the log called *origin*, or of the only one.

    Raises:
        CallerError: There is none, or more than one to choose from.
    """
    logs = [(int(number), str(known)) for number, known, kind in database.fetch(queries.LOGS) if kind == ACTS]
    found = [row for row in logs if origin in (None, row[1])]
    if len(found) != 1:
        names = ", ".join(known for _, known in logs) or "none"
        raise CallerError(f"name one of the logs of this database: {names}", code="LOG_UNKNOWN", found=origin)
    return found[0]
