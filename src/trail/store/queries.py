"""Every statement that the store runs, in SQLAlchemy Core; compiled once for each dialect (`trail.store.engine`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.sql.elements import BindParameter

from trail.store.schema import ATTACHMENT, CHECKPOINT, COSIGNATURE, ENTRY, HEAD, LOG, PART
from trail.store.statements import Query

PAGE: Final = 2048
"""Rows of one page of a scan; some 2 MB of entries."""
EXPORT_PAGE: Final = 256
"""Rows of one page of a scan that brings body parts, of up to 1 MiB each, along."""


def _p(name: str) -> BindParameter[Any]:
    return bindparam(name)


def _i(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger)


def inserting(table: Table) -> Query:
    """An insert of a whole row, values in the order of the columns."""
    return Query(insert(table), *table.c.keys())


INSERT_LOG: Final = inserting(LOG)
INSERT_HEAD: Final = inserting(HEAD)
INSERT_ENTRY: Final = inserting(ENTRY)
INSERT_PART: Final = inserting(PART)
INSERT_ATTACHMENT: Final = inserting(ATTACHMENT)
INSERT_CHECKPOINT: Final = inserting(CHECKPOINT)
INSERT_COSIGNATURE: Final = inserting(COSIGNATURE)

LOGS: Final = Query(select(LOG.c.log, LOG.c.origin, LOG.c.kind).order_by(LOG.c.log))

_h = HEAD.c
READ_HEAD: Final = Query(select(_h.size, _h.peaks, _h.registry, _h.recorded).where(_h.log == _i("n")), "n")
# Takes the row lock (and on SQLite the write lock) without changing anything, for a transaction that others began.
LOCK_HEAD: Final = Query(update(HEAD).where(_h.log == _i("n")).values(size=_h.size), "n")
MOVE_HEAD: Final = Query(
    update(HEAD)
    .where(_h.log == _i("n"))
    .values(size=_i("new_size"), peaks=_p("new_peaks"), registry=_i("new_registry"), recorded=_i("new_recorded")),
    "new_size", "new_peaks", "new_registry", "new_recorded", "n",
)  # fmt: skip

_e = ENTRY.c
_OF_LOG = _e.log == _i("n")
STREAM_VERSION: Final = Query(
    select(_e.version).where(_OF_LOG, _e.stream == _p("s")).order_by(_e.version.desc()).limit(1), "n", "s"
)
LATEST: Final = Query(select(func.max(_e.recorded)).where(_OF_LOG), "n")
LAST_OF_TYPE: Final = Query(select(func.max(_e.position)).where(_OF_LOG, _e.type == _p("t")), "n", "t")
BY_EVENT: Final = Query(select(_e.position, _e.entry).where(_OF_LOG, _e.event == _p("e")), "n", "e")
BY_STREAM: Final = Query(
    select(_e.position, _e.entry)
    .where(_OF_LOG, _e.stream == _p("s"), _e.version > _i("after"), _e.version <= _i("until"))
    .order_by(_e.version),
    "n", "s", "after", "until",
)  # fmt: skip
REGISTRY_ENTRIES: Final = Query(
    select(_e.position, _e.entry)
    .where(_OF_LOG, _e.registry, _e.position > _i("after"), _e.position <= _i("until"))
    .order_by(_e.position),
    "n", "after", "until",
)  # fmt: skip
_PAGE_OF = (_OF_LOG, _e.position > _i("after"), _e.position <= _i("until"))
ENTRIES: Final = Query(
    select(_e.position, _e.entry).where(*_PAGE_OF).order_by(_e.position).limit(_i("rows")),
    "n", "after", "until", "rows",
)  # fmt: skip
ENTRY_ROWS: Final = Query(
    select(*[c for c in ENTRY.c if c.name != "log"]).where(*_PAGE_OF).order_by(_e.position).limit(_i("rows")),
    "n", "after", "until", "rows",
)  # fmt: skip
FIRST_AND_LAST: Final = Query(select(func.count(), func.min(_e.position), func.max(_e.position)).where(_OF_LOG), "n")

_t = PART.c
PART_ROWS: Final = Query(
    select(_t.position, _t.name, _t.digest, _t.data)
    .where(_t.log == _i("n"), _t.position > _i("after"), _t.position <= _i("until"))
    .order_by(_t.position, _t.name),
    "n", "after", "until",
)  # fmt: skip
PART_DATA: Final = Query(select(_t.data, _t.position).where(_t.log == _i("n"), _t.digest == _p("d")), "n", "d")
PART_NAMES: Final = Query(
    select(_t.position, _t.name, _t.digest).where(_t.log == _i("n")).order_by(_t.position, _t.name), "n"
)
ERASE_PART: Final = Query(
    delete(PART).where(_t.log == _i("n"), _t.digest == _p("d"), _t.position == _i("p")), "n", "d", "p"
)

_a = ATTACHMENT.c
ATTACHMENT_DATA: Final = Query(select(_a.data).where(_a.log == _i("n"), _a.digest == _p("d")), "n", "d")
KEEP_ATTACHMENT: Final = Query(
    update(ATTACHMENT).where(_a.log == _i("n"), _a.digest == _p("d")).values(data=_p("new_data")), "new_data", "n", "d"
)
ATTACHMENT_ROWS: Final = Query(
    select(_a.position, _a.digest, _a.size, _a.media).where(_a.log == _i("n")).order_by(_a.position, _a.digest), "n"
)

_c = CHECKPOINT.c
CHECKPOINTS: Final = Query(
    select(_c.size, _c.number, _c.note).where(_c.log == _i("n")).order_by(_c.size), "n"
)  # fmt: skip
CHECKPOINT_AT: Final = Query(
    select(_c.size, _c.number, _c.note).where(_c.log == _i("n"), _c.size == _i("s")), "n", "s"
)  # fmt: skip
LAST_CHECKPOINT: Final = Query(
    select(_c.size, _c.number, _c.note).where(_c.log == _i("n")).order_by(_c.size.desc()).limit(1), "n"
)
_s = COSIGNATURE.c
COSIGNATURES: Final = Query(
    select(_s.size, _s.line).where(_s.log == _i("n")).order_by(_s.size, _s.line), "n"
)  # fmt: skip
COSIGNATURES_AT: Final = Query(select(_s.line).where(_s.log == _i("n"), _s.size == _i("z")).order_by(_s.line), "n", "z")


@lru_cache(maxsize=256)
def hashes_at(count: int) -> Query:
    """The ``hashes`` of *count* positions in one query; parameters are the log and then the positions."""
    names = [f"p{number}" for number in range(count)]
    query = select(_e.position, _e.hashes).where(_OF_LOG, _e.position.in_([_i(name) for name in names]))
    return Query(query, "n", *names)
