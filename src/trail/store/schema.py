"""
The tables, for any database that SQLAlchemy speaks to.

Every table begins with the number of the log, so that one database can hold several.  Nothing is evidence but the
column ``entry``: the others of its row are derived from it, or from the tree over it, or lie beside it under a digest
that an entry names; an audit derives them all again.  Positions are assigned under the head's lock, never by the
database.

=============  ====================================================================================================
log            the logs of this database by number and origin, and of which kind each is
head           one row for each log: size, the frontier's peaks, the last position of a registry entry, its last time
checkpoint     issued checkpoints by size, densely numbered, with the log's signature alone
cosignature    signature lines of witnesses on issued checkpoints
entry          acts, one row for each position: the entry's bytes; its leaf and the hashes that the leaf finishes
part           body parts of acts by digest; the row goes when the part is erased
attachment     files of acts by digest; ``data`` is null where the host keeps the file
opaque         events of an eventsourcing application, as ``entry``; ``state`` lies beside, under the entry's digest
snapshot       an application's snapshots: outside the tree, nobody vouches for them
tracking       how far an application or a view has followed others: outside the tree
request        idempotency keys and the positions that they stand for: outside the tree
concern        the read model of a log of acts: which positions stand under which keys; made when first asked for
followed       how far, by which code and by which rule the rows of ``concern`` were made
=============  ====================================================================================================

No type and no default here is one database's own.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData()
ACTS: Final = "acts"
"""The kind of a log of acts: signed statements, begun by a genesis."""
OPAQUE: Final = "opaque"
"""The kind of an eventsourcing application's log: its own events, signed by nobody."""


def _log() -> Column[int]:
    return Column("log", BigInteger, primary_key=True, autoincrement=False)


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _int(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


LOG: Final = Table(
    "log", METADATA, _log(), Column("origin", Text, nullable=False, unique=True), _text("kind"), _int("created")
)
HEAD: Final = Table(
    "head", METADATA, _log(), _int("size"), _bytes("peaks"), _int("registry"), _int("recorded")
)  # fmt: skip
ENTRY: Final = Table(
    "entry",
    METADATA,
    _log(),
    _key("position"),
    _text("stream"),
    _int("version"),
    _bytes("event"),
    _text("type"),
    _text("unit", nullable=True),
    Column("registry", Boolean, nullable=False),
    _int("recorded"),
    _bytes("hashes"),
    _bytes("entry"),
    UniqueConstraint("log", "stream", "version", name="entry_stream"),
    UniqueConstraint("log", "event", name="entry_event"),
)
# Few entries are registry entries, and every process that opens the log folds them all.
Index(
    "entry_registry",
    ENTRY.c.log,
    ENTRY.c.position,
    sqlite_where=ENTRY.c.registry,
    postgresql_where=ENTRY.c.registry,
)
PART: Final = Table(
    "part",
    METADATA,
    _log(),
    Column("digest", LargeBinary, primary_key=True),
    _int("position"),
    _text("name"),
    _bytes("data"),
    Index("part_position", "log", "position"),
)
ATTACHMENT: Final = Table(
    "attachment",
    METADATA,
    _log(),
    Column("digest", LargeBinary, primary_key=True),
    _int("position"),
    _int("size"),
    Column("media", String(127), nullable=False),
    _bytes("data", nullable=True),
)
CHECKPOINT: Final = Table(
    "checkpoint",
    METADATA,
    _log(),
    _key("size"),
    _int("number"),
    _text("note"),
    UniqueConstraint("log", "number", name="checkpoint_number"),
)
COSIGNATURE: Final = Table("cosignature", METADATA, _log(), _key("size"), Column("line", Text, primary_key=True))
OPAQUE_EVENT: Final = Table(
    "opaque",
    METADATA,
    _log(),
    _key("position"),
    _bytes("originator"),
    _int("version"),
    _text("topic"),
    _int("recorded"),
    _bytes("hashes"),
    _bytes("entry"),
    _bytes("state", nullable=True),
    UniqueConstraint("log", "originator", "version", name="opaque_originator"),
)
SNAPSHOT: Final = Table(
    "snapshot",
    METADATA,
    _log(),
    Column("purpose", Text, primary_key=True),
    Column("originator", LargeBinary, primary_key=True),
    _key("version"),
    _text("topic"),
    _bytes("state"),
)
TRACKING: Final = Table(
    "tracking", METADATA, _log(), Column("application", Text, primary_key=True), _int("position")
)  # fmt: skip
REQUEST: Final = Table(
    "request", METADATA, _log(), Column("key", Text, primary_key=True), _int("first"), _int("count")
)  # fmt: skip
# The key comes before the position: a question looks up keys, and reads nothing but this one tree.
CONCERN: Final = Table(
    "concern", METADATA, _log(), Column("key", Text, primary_key=True), _key("position"), sqlite_with_rowid=False
)
FOLLOWED: Final = Table("followed", METADATA, _log(), _int("position"), _text("code"), _bytes("rule"))

COMMON_TABLES: Final = (LOG, HEAD, CHECKPOINT, COSIGNATURE)
ACT_TABLES: Final = (*COMMON_TABLES, ENTRY, PART, ATTACHMENT)
"""What a database needs that holds logs of acts."""
OPAQUE_TABLES: Final = (*COMMON_TABLES, OPAQUE_EVENT, SNAPSHOT, TRACKING, REQUEST)
"""What a database needs that holds logs of eventsourcing applications."""
TABLES_OF: Final = {ACTS: ACT_TABLES, OPAQUE: OPAQUE_TABLES}
READ_TABLES: Final = (CONCERN, FOLLOWED)
"""What a read model needs; no database needs one."""
