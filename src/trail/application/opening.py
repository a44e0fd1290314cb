"""
Opening a database: which of its logs is meant, of which kind it is, and what may be passed in.

A database may hold several logs, of acts and of eventsourcing applications, and only the tables of the kinds that it
holds.  So the common tables are looked at first, and those of the log's own kind are asked for then.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from trail.errors import CallerError, StoreFailed
from trail.signing import Signer
from trail.store import Database
from trail.store.logs import FoundLog, logs_of
from trail.store.schema import ACTS, COMMON_TABLES, OPAQUE, TABLES_OF

_WHAT: Final = {ACTS: "a log of acts", OPAQUE: "the log of an eventsourcing application"}
_ADVICE: Final = {
    ACTS: "Its acts are recorded by Trail or `trail record`; it has had its key since it was made.",
    OPAQUE: "The application itself records its events, and nothing else does; such a log can be given a key by "
    "`trail adopt`, and then be checkpointed, exported and verified.",
}
_NAME_ONE: Final = "Name it: origin=…, on the command line --origin."


def open_database(
    url: str | os.PathLike[str],
    *,
    origin: str | None = None,
    kind: str | None = None,
    mode: str = "write",
    named: Collection[str] = (),
) -> tuple[Database, FoundLog]:
    """
    Open the database at *url* for one of its logs, with the tables of that log's kind.

    The log is the one called *origin*; otherwise the only one of *kind*, if that is given; and where there are several,
    the only one that *named* (of a policy) holds.

    Raises:
        CallerError: There is no such log, several to choose from, or it is of another kind; or *url* is no url.
        StoreFailed: The database can't be used.
    """
    database = Database(_where(url), mode=mode, tables=COMMON_TABLES)
    try:
        log = choose(database, origin, kind, named)
        database.expect(TABLES_OF[log.kind])
    except BaseException:
        database.close()
        raise
    return database, log


def _where(url: object) -> str:
    where = os.fspath(url) if isinstance(url, str | os.PathLike) else None
    if not isinstance(where, str):
        raise CallerError("a database is named by a path or a url", code="NO_URL", found=type(url).__name__,
                          advice="Pass a path, or sqlite:///path.")  # fmt: skip
    return where


def choose(database: Database, origin: str | None, kind: str | None = None, named: Collection[str] = ()) -> FoundLog:
    """The log that is meant; arguments and errors as those of `open_database`."""
    logs = logs_of(database)
    fitting = [log for log in logs if kind in (None, log.kind)]
    if not logs:
        raise CallerError("this database holds no log", code="NO_LOG",
                          advice="Make a log of acts with `trail init` or Trail.create.")  # fmt: skip
    if origin is not None:
        found = [log for log in logs if log.origin == origin]
    elif len(fitting) > 1:
        found = [log for log in fitting if log.origin in named]
    else:
        found = fitting or logs[:1]
    if len(found) != 1:
        names = ", ".join(log.origin for log in fitting) or "none"
        what = f"there is no log {origin} in it" if origin is not None else "it has several"
        raise CallerError(f"name one of the logs of this database ({names}): {what}", code="LOG_UNKNOWN",
                          advice=_NAME_ONE, found=origin)  # fmt: skip
    log = found[0]
    if log.kind not in TABLES_OF:
        raise StoreFailed(f"the log {log.origin} is of a kind that this version does not know", code="FOREIGN_SCHEMA",
                          expected=list(TABLES_OF), found=log.kind)  # fmt: skip
    if kind not in (None, log.kind):
        raise CallerError(f"{log.origin} is {_WHAT[log.kind]}, not {_WHAT[str(kind)]}", code="LOG_OTHER_KIND",
                          advice=_ADVICE[log.kind], expected=kind, found=log.kind)  # fmt: skip
    return log


def check_signer(signer: object, what: str = "log_key") -> None:
    """Check that *signer* can sign; raises `CallerError` that says what to pass."""
    if not callable(getattr(signer, "sign", None)):
        raise CallerError(
            f"{what} is a signer, not {type(signer).__name__}", code="NOT_A_SIGNER",
            advice="Pass KeyFile(path, passphrase), a PrivateKey, or an object of your own with `public` and `sign`.",
            expected="Signer", found=type(signer).__name__,
        )  # fmt: skip


def state_path(log_key: Signer, state: object) -> Path:
    """The path of the signer's state, once both are what they should be; raises `CallerError`."""
    check_signer(log_key)
    if not isinstance(state, str | os.PathLike) or not os.fspath(state):
        raise CallerError(
            "log_key goes with state: the path of the checkpoint signer's file", code="STATE_NOT_NAMED",
            advice="Pass state=…, the path that was given when the log was made or adopted; keep it with the key.",
            found=None if state is None else type(state).__name__,
        )  # fmt: skip
    return Path(state)
