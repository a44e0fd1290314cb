"""
What a witness remembers, as tables of an SQLite database of its own:

==============  =================================================================================================
``witness``     whose memory this is: the witness's name and public key, one row
``log``         the keys of the logs that it cosigns, with a title to show; a removed key stays, no longer trusted
``witnessed``   every tree that it cosigned: origin, size, root, the note as the log signed it, the time
``latest``      for each origin the last of them: its size, the time stated last, the note with the cosignature
``fork``        pairs of notes, signed by one log, that disagree or were not shown to agree
==============  =================================================================================================
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql.elements import BindParameter

from trail.store.statements import Query

_METADATA: Final = MetaData()
SELF: Final = Table(
    "witness", _METADATA, Column("name", Text, primary_key=True), Column("key", LargeBinary, nullable=False)
)  # a cosignature by another key would move this state on and help nobody
LOG: Final = Table(
    "log", _METADATA,
    Column("origin", Text, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("title", Text, nullable=False),
    Column("trusted", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
)  # fmt: skip
TREE: Final = Table(
    "witnessed", _METADATA,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
)  # fmt: skip
LATEST: Final = Table(
    "latest", _METADATA,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
)  # fmt: skip
FORK: Final = Table(
    "fork", _METADATA,
    Column("origin", Text, primary_key=True),
    Column("kept", Text, primary_key=True),
    Column("offered", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("proven", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
)  # fmt: skip
TABLES: Final = tuple(_METADATA.sorted_tables)


def _p(name: str) -> BindParameter[str]:
    return bindparam(name)


READ_SELF: Final = Query(select(SELF.c.name, SELF.c.key))
ADD_SELF: Final = Query(insert(SELF), *SELF.c.keys())

READ_LOGS: Final = Query(select(*LOG.c).order_by(LOG.c.origin, LOG.c.since, LOG.c.key))
READ_TRUSTED: Final = Query(select(LOG.c.key).where(LOG.c.origin == _p("o"), LOG.c.trusted == 1), "o")
ADD_LOG: Final = Query(insert(LOG), *LOG.c.keys())
CHANGE_LOG: Final = Query(
    update(LOG).where(LOG.c.origin == _p("o"), LOG.c.key == _p("k")).values(trusted=_p("new_trusted")),
    "new_trusted", "o", "k",
)  # fmt: skip
NAME_LOG: Final = Query(update(LOG).where(LOG.c.origin == _p("o")).values(title=_p("new_title")), "new_title", "o")

_LAST: Final = (TREE.c.origin == LATEST.c.origin) & (TREE.c.size == LATEST.c.size)
_LAST_COLUMNS: Final = (LATEST.c.origin, TREE.c.size, TREE.c.root, TREE.c.note, LATEST.c.time, LATEST.c.note)
READ_LATEST: Final = Query(select(*_LAST_COLUMNS).join_from(TREE, LATEST, _LAST).where(LATEST.c.origin == _p("o")), "o")
READ_ALL_LATEST: Final = Query(select(*_LAST_COLUMNS).join_from(TREE, LATEST, _LAST).order_by(LATEST.c.origin))
READ_AT: Final = Query(
    select(TREE.c.root, TREE.c.note).where(TREE.c.origin == _p("o"), TREE.c.size == _p("s")), "o", "s"
)
READ_CLOCK: Final = Query(select(func.max(LATEST.c.time)))
ADD_TREE: Final = Query(insert(TREE), *TREE.c.keys())
ADD_LATEST: Final = Query(insert(LATEST), *LATEST.c.keys())
MOVE_LATEST: Final = Query(
    update(LATEST)
    .where(LATEST.c.origin == _p("o"))
    .values(size=_p("new_size"), time=_p("new_time"), note=_p("new_note")),
    "new_size", "new_time", "new_note", "o",
)  # fmt: skip

ADD_FORK: Final = Query(insert(FORK), *FORK.c.keys())
READ_FORK: Final = Query(
    select(FORK.c.time).where(FORK.c.origin == _p("o"), FORK.c.kept == _p("k"), FORK.c.offered == _p("f")),
    "o", "k", "f",
)  # fmt: skip
READ_UNPROVEN: Final = Query(
    select(FORK.c.offered)
    .where(FORK.c.origin == _p("o"), FORK.c.size == _p("s"), FORK.c.root != _p("r"), FORK.c.proven == 0)
    .order_by(FORK.c.time, FORK.c.offered)
    .limit(1),
    "o", "s", "r",
)  # fmt: skip
COUNT_FORKS: Final = Query(
    select(func.count()).select_from(FORK).where(FORK.c.origin == _p("o"), FORK.c.proven == _p("p")), "o", "p"
)
READ_FORKS: Final = Query(
    select(FORK.c.origin, FORK.c.kept, FORK.c.offered, FORK.c.proven, FORK.c.time)
    .order_by(FORK.c.time, FORK.c.origin, FORK.c.offered)
)  # fmt: skip
CLEAR_FORKS: Final = Query(
    delete(FORK).where(FORK.c.origin == _p("o"), FORK.c.size == _p("s"), FORK.c.root == _p("r"), FORK.c.proven == 0),
    "o", "s", "r",
)  # fmt: skip
