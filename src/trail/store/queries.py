"""Every statement that the store runs, in SQLAlchemy Core; compiled once for each dialect (`trail.store.engine`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
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

from trail.store.schema import (
    ACTS,
    ATTACHMENT,
    CHECKPOINT,
    COSIGNATURE,
    ENTRY,
    HEAD,
    LOG,
    OPAQUE,
    OPAQUE_EVENT,
    PART,
    REQUEST,
    SNAPSHOT,
    TRACKING,
)
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
INSERT_OPAQUE: Final = inserting(OPAQUE_EVENT)
INSERT_SNAPSHOT: Final = inserting(SNAPSHOT)
INSERT_TRACKING: Final = inserting(TRACKING)
INSERT_REQUEST: Final = inserting(REQUEST)

LOGS: Final = Query(select(LOG.c.log, LOG.c.origin, LOG.c.kind).order_by(LOG.c.log))

_h = HEAD.c
_head = select(_h.size, _h.peaks, _h.registry, _h.recorded).where(_h.log == _i("n"))
READ_HEAD: Final = Query(_head, "n")
READ_HEAD_FOR_UPDATE: Final = Query(_head.with_for_update(), "n")  # SQLite has no such clause: its writer is alone
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


def _page(table: Table, columns: Sequence[ColumnElement[Any]]) -> Query:
    """A page of the rows of *table* in order of position: after one position, until another, so many rows."""
    c = table.c
    chosen = select(*columns).where(c.log == _i("n"), c.position > _i("after"), c.position <= _i("until"))
    return Query(chosen.order_by(c.position).limit(_i("rows")), "n", "after", "until", "rows")


def _rows(table: Table, without: Sequence[str] = ("log",)) -> list[ColumnElement[Any]]:
    return [column for column in table.c if column.name not in without]


_TREES: Final = {ACTS: ENTRY, OPAQUE: OPAQUE_EVENT}
ENTRIES: Final = {kind: _page(table, (table.c.position, table.c.entry)) for kind, table in _TREES.items()}
EXTENT: Final = {
    kind: Query(select(func.count(), func.min(t.c.position), func.max(t.c.position)).where(t.c.log == _i("n")), "n")
    for kind, t in _TREES.items()
}


def _longest(table: Table, without: Sequence[str]) -> Query:
    """The length of the longest value in any text or binary column of *table*."""
    held = [c for c in table.c if isinstance(c.type, Text | LargeBinary) and c.name not in without]
    return Query(select(*[func.max(func.length(c)) for c in held]).where(table.c.log == _i("n")), "n")


# Pages are read into memory, so how long their values are is asked first.
LONGEST: Final = {ACTS: _longest(ENTRY, ()), OPAQUE: _longest(OPAQUE_EVENT, ("state",))}
LONGEST_PART: Final = _longest(PART, ())
ENTRY_ROWS: Final = _page(ENTRY, _rows(ENTRY))
# With the length of the state in place of the state itself, of which a page would be too much.
OPAQUE_ROWS: Final = _page(
    OPAQUE_EVENT, [*_rows(OPAQUE_EVENT, ("log", "state")), func.length(OPAQUE_EVENT.c.state)]
)  # fmt: skip

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
CHECKPOINTS_BEFORE: Final = Query(
    select(_c.size, _c.number, _c.note)
    .where(_c.log == _i("n"), _c.size < _i("b"))
    .order_by(_c.size.desc())
    .limit(_i("k")),
    "n", "b", "k",
)  # fmt: skip
_s = COSIGNATURE.c
COSIGNATURES_WITHIN: Final = Query(
    select(_s.size, _s.line)
    .where(_s.log == _i("n"), _s.size >= _i("f"), _s.size <= _i("l"))
    .order_by(_s.size, _s.line),
    "n", "f", "l",
)  # fmt: skip
COSIGNATURES: Final = Query(
    select(_s.size, _s.line).where(_s.log == _i("n")).order_by(_s.size, _s.line), "n"
)  # fmt: skip
COSIGNATURES_AT: Final = Query(select(_s.line).where(_s.log == _i("n"), _s.size == _i("z")).order_by(_s.line), "n", "z")
LAST_COSIGNATURES: Final = Query(
    select(_c.note, _s.line)
    .join_from(COSIGNATURE, CHECKPOINT, (_s.log == _c.log) & (_s.size == _c.size))
    .where(_s.log == _i("n"))
    .order_by(_s.size.desc(), _s.line)
    .limit(_i("k")),
    "n", "k",
)  # fmt: skip
_back = func.coalesce(
    select(_c.size).where(_c.log == _i("n")).order_by(_c.size.desc()).limit(1).offset(_i("k")).scalar_subquery(), 0
)
# Asked before every act, so it reads three numbers off the keys of two tables.
ANCHORED: Final = Query(
    select(
        func.coalesce(select(func.max(_c.size)).where(_c.log == _i("n")).scalar_subquery(), 0),
        _back,
        select(func.count()).where(_s.log == _i("n"), _s.size >= _back).scalar_subquery(),
    ),
    "n", "k",
)  # fmt: skip


_o = OPAQUE_EVENT.c
STATES: Final = Query(
    select(_o.position, _o.state).where(_o.log == _i("n"), _o.position > _i("after"), _o.position <= _i("until")),
    "n", "after", "until",
)  # fmt: skip
TRACKED: Final = Query(
    select(TRACKING.c.position).where(TRACKING.c.log == _i("n"), TRACKING.c.application == _p("a")), "n", "a"
)
MOVE_TRACKING: Final = Query(
    update(TRACKING)
    .where(TRACKING.c.log == _i("n"), TRACKING.c.application == _p("a"))
    .values(position=_i("new_position")),
    "new_position", "n", "a",
)  # fmt: skip
REQUESTED: Final = Query(
    select(REQUEST.c.first, REQUEST.c.count).where(REQUEST.c.log == _i("n"), REQUEST.c.key == _p("k")), "n", "k"
)


def counting(table: Table) -> Query:
    """How many rows of *table* belong to a log."""
    return Query(select(func.count()).select_from(table).where(table.c.log == _i("n")), "n")


SNAPSHOTS: Final = counting(SNAPSHOT)
TRACKINGS: Final = counting(TRACKING)
REQUESTS: Final = counting(REQUEST)


def _versions(table: Table, *also: ColumnElement[bool], descending: bool, names: tuple[str, ...] = ()) -> Query:
    c = table.c
    chosen = select(c.originator, c.version, c.topic, c.state).where(
        c.log == _i("n"), *also, c.originator == _p("o"), c.version >= _i("least"), c.version <= _i("most")
    )
    order = c.version.desc() if descending else c.version
    return Query(chosen.order_by(order).limit(_i("rows")), "n", *names, "o", "least", "most", "rows")


# By whether the last version comes first.
EVENTS_OF: Final = {last: _versions(OPAQUE_EVENT, descending=last) for last in (False, True)}
SNAPSHOTS_OF: Final = {
    last: _versions(SNAPSHOT, SNAPSHOT.c.purpose == _p("u"), descending=last, names=("u",)) for last in (False, True)
}


@lru_cache(maxsize=256)
def notifications(kind: str, topics: int) -> Query:
    """
    Rows as notifications: position, originator, version, topic, state, of a log of *kind*.

    Its parameters are the log, the first and the last position, as many topics as given, and the number of rows.
    """
    table = _TREES[kind]
    c = table.c
    acts = (c.position, c.stream, c.version, c.type, c.entry) if kind == ACTS else ()
    columns = acts or (c.position, c.originator, c.version, c.topic, c.state)
    conditions = [c.log == _i("n"), c.position >= _i("least"), c.position <= _i("most")]
    names = [f"t{number}" for number in range(topics)]
    if names:
        conditions.append(columns[3].in_([_p(name) for name in names]))
    return Query(
        select(*columns).where(*conditions).order_by(c.position).limit(_i("rows")), "n", "least", "most", *names, "rows"
    )


@lru_cache(maxsize=256)
def hashes_at(kind: str, count: int) -> Query:
    """The ``hashes`` of *count* positions of a log of *kind*; parameters are the log and then the positions."""
    names = [f"p{number}" for number in range(count)]
    c = _TREES[kind].c
    chosen = select(c.position, c.hashes).where(c.log == _i("n"), c.position.in_([_i(name) for name in names]))
    return Query(chosen, "n", *names)
