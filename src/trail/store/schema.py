"""
The tables, for any database that SQLAlchemy speaks to.

Every table begins with the number of the log, so that one database can hold several.  Nothing is evidence but
``entry.entry``: every other column is derived from it, or from the tree over it, or lies beside it under a digest that
an entry names; an audit derives them all again.  Positions are assigned under the head's lock, never by the database.

=============  ====================================================================================================
log            the logs of this database by number and origin
head           one row for each log: size, the frontier's peaks, the last position of a registry entry, its last time
entry          one row for each position: the entry's bytes; its leaf and the hashes that the leaf finishes
part           body parts by digest; the row goes when the part is erased
attachment     files by digest; ``data`` is null where the host keeps the file
checkpoint     issued checkpoints by size, densely numbered, with the log's signature alone
cosignature    signature lines of witnesses on issued checkpoints
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
ACTS: Final = "acts"  # the kind of log that this table set holds so far


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
TABLES: Final = (LOG, HEAD, ENTRY, PART, ATTACHMENT, CHECKPOINT, COSIGNATURE)
