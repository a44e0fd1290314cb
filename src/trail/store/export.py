"""
The log as evidence: the items that an evidence file holds, and every column for an audit of the database.

Every entry is given whatever the scope, so that mandates and completeness can be checked by recomputation; body parts,
attachments and states of events only of the scope, the others as withheld.  What was erased or is missing gives
nothing: the entries themselves say which of the two it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, Final, NamedTuple

from trail.encoding import decode
from trail.errors import CallerError, EncodingError, RecordError, StoreFailed
from trail.evidence.file import (
    MAX_ATTACHMENT,
    AttachmentItem,
    BesideItem,
    CheckpointItem,
    ConsistencyItem,
    EntryItem,
    Header,
    Item,
    PartItem,
    StateItem,
)
from trail.evidence.opaque import MAX_STATE, decode_opaque
from trail.evidence.record import MAX_ENTRY, MAX_PART, Record, decode_entry, decode_part
from trail.evidence.registry import ERASED
from trail.evidence.scope import Scope, Shown, check_known
from trail.store import queries
from trail.store.read import IssuedCheckpoint, Reader, raw
from trail.store.schema import ACTS, OPAQUE
from trail.store.statements import Row

_SEEN: Final = b"\xa4seen"  # the key as canonical MessagePack writes it: an entry without these bytes names nothing
_ATTACHMENTS: Final = b"\xabattachments"
_STATES: Final = 1 << 23  # bytes of states that are read at a time, unless one alone is larger

Fetch = Callable[[bytes], "bytes | None"]
"""Gives an attachment that the host keeps, by its digest."""


class EntryRow(NamedTuple):
    """One row of the table ``entry``, every column but the log's number."""

    position: int
    stream: str
    version: int
    event: bytes
    type: str
    unit: str | None
    registry: bool
    recorded: int
    hashes: bytes
    entry: bytes


class OpaqueRow(NamedTuple):
    """One row of the table ``opaque``, every column but the log's number; ``state`` None also where it is not shown."""

    position: int
    originator: bytes
    version: int
    topic: str
    recorded: int
    hashes: bytes
    entry: bytes
    state: bytes | None


Watch = Callable[[EntryRow | OpaqueRow], None]
"""Is given every row just before its entry."""


class PartRow(NamedTuple):
    """One row of the table ``part`` without its content."""

    position: int
    name: str
    digest: bytes


class AttachmentRow(NamedTuple):
    """One row of the table ``attachment`` without its content."""

    position: int
    digest: bytes
    size: int
    media: str


def items(
    reader: Reader,
    scope: Scope | None = None,
    *,
    size: int | None = None,
    watch: Watch | None = None,
    fetch: Fetch | None = None,
    since: int = 0,
) -> Iterator[Item]:
    """
    The evidence of the log up to *size* (default: its last checkpoint, or its head where none was issued).

    It carries the last checkpoint up to there, and every earlier one that is cosigned or that a statement names.
    *watch* is given every row just before its entry, for an audit of the columns in the same pass, which is also given
    every checkpoint that the database holds, whatever its size; *fetch* gives the attachments that the host keeps.
    With *since*, a continuation: the entries after that size, and for each checkpoint before it the proof that the tree
    of that size begins with it.  Reads as of one moment.

    Raises:
        CallerError: The scope needs what the log does not hold, or the log is not that long.
    """
    chosen = scope or Scope()
    if reader.kind == OPAQUE and not (chosen.everything or chosen.nothing):
        raise CallerError("a unit, a person or a period mean nothing to an application's own events", code="SCOPE",
                          advice="Show all contents, or none.")  # fmt: skip
    with reader.snapshot() as view:
        last = view.checkpoint()
        end = size if size is not None else last.size if last is not None else view.head().size
        if size is None and view.kind == ACTS:
            # What was erased since has no content left to show: the event that says so must be in the file as well.
            erased = view.source.fetch(queries.LAST_OF_TYPE, view.log, ERASED)[0][0]
            end = max(end, erased or 0)
        issued = view.checkpoints()
        if since:
            _check_since(view, since, end)
        yield Header(view.origin, end - since, chosen.header(), since)
        for checkpoint in issued if watch is not None else _carried(view, issued, end):
            yield CheckpointItem(checkpoint.cosigned.encode("utf-8", "surrogateescape"))
            if checkpoint.size < since:
                yield ConsistencyItem(tuple(view.consistency(checkpoint.size, since)))
        if view.kind == OPAQUE:
            yield from _events(view, end, chosen, watch)
            return
        shown = None
        if not chosen.everything:
            registry = view.registry(end)
            check_known(chosen, registry)
            shown = Shown(chosen, registry)
        yield from _entries(view, end, shown, watch, fetch, since)


def _carried(view: Reader, issued: list[IssuedCheckpoint], end: int) -> list[IssuedCheckpoint]:
    issued = [c for c in issued if c.size <= end]
    silent = {c.size for c in issued[:-1] if not c.cosignatures}
    named: set[int] = set()
    if silent and view.kind == ACTS:
        for _, entry in view.entries(1, end):
            if _SEEN in entry:
                named.add(_seen_size(entry))
    return [c for c in issued if c is issued[-1] or c.cosignatures or c.size in named]


def _seen_size(entry: bytes) -> int:
    """The size of the checkpoint that an entry names, 0 for none and for bytes that can't be read."""
    try:
        value: Any = decode(entry)
        return int(decode(value[1])["seen"][0])  # type: ignore[index,call-overload,arg-type]
    except (EncodingError, LookupError, TypeError, ValueError):
        return 0


def _check_since(view: Reader, since: int, end: int) -> None:
    if view.kind != ACTS:
        raise CallerError("the log of an application has no continuations", code="SINCE",
                          advice="Export the whole evidence file.")  # fmt: skip
    if not 0 < since <= end:
        raise CallerError(f"the evidence reaches to {end}: nothing begins after {since}", code="SINCE", expected=end,
                          found=since, advice="Name the size that the inspector asked for.")  # fmt: skip


def _entries(
    view: Reader, end: int, shown: Shown | None, watch: Watch | None, fetch: Fetch | None, after: int
) -> Iterator[Item]:
    source, log = view.source, view.log
    query = queries.ENTRIES[ACTS] if watch is None else queries.ENTRY_ROWS
    while after < end:
        rows = source.fetch(query, log, after, end, queries.EXPORT_PAGE)
        if not rows:
            return
        last = int(rows[-1][0])
        beside: dict[int, list[Row]] = {}
        for row in source.fetch(queries.PART_ROWS, log, after, last):
            beside.setdefault(row[0], []).append(row)
        for row in rows:
            if watch is not None:
                watch(EntryRow(*row))
            position, entry = row[0], raw(row[-1])
            yield EntryItem(entry)
            parts = beside.get(position)
            if parts is not None or _ATTACHMENTS in entry:
                yield from beside_entry(view, position, entry, parts or [], shown, fetch)
        after = last


def _events(view: Reader, end: int, scope: Scope, watch: Watch | None) -> Iterator[Item]:
    """Entries of an opaque log, each followed by its state, or by the digest of a state that is withheld."""
    after = 0
    while after < end:
        rows = view.source.fetch(queries.OPAQUE_ROWS, view.log, after, end, queries.PAGE)
        if not rows:
            return
        for some in _in_pieces(rows):
            states: dict[int, Any] = {}
            if scope.everything:
                first, last = int(some[0][0]), int(some[-1][0])
                states = dict(view.source.fetch(queries.STATES, view.log, first - 1, last))
            for row in some:
                if watch is not None:
                    watch(OpaqueRow._make((*row[:-1], states.get(row[0]))))
                yield EntryItem(raw(row[-2]))
                if row[-1] is not None:  # without one, it is missing: nobody erases a state by an event
                    yield from _state(row, raw(states[row[0]]) if scope.everything else None)
        after = int(rows[-1][0])


def _in_pieces(rows: list[Row]) -> Iterator[list[Row]]:
    """The same rows in pieces whose states, of up to 64 MiB each, are no more than fit into memory together."""
    piece: list[Row] = []
    size = 0
    for row in rows:
        size += row[-1] or 0
        if piece and size > _STATES:
            yield piece
            piece, size = [], row[-1] or 0
        piece.append(row)
    yield piece


def state_of(view: Reader, position: int, show: bool) -> Iterator[BesideItem]:
    """The state of one opaque entry, or its digest where it is withheld; nothing where it is missing."""
    for row in view.source.fetch(queries.OPAQUE_ROWS, view.log, position - 1, position, 1):
        if row[-1] is not None:
            kept = view.source.fetch(queries.STATES, view.log, position - 1, position) if show else []
            yield from _state(row, raw(kept[0][1]) if kept else None)


def _state(row: Row, content: bytes | None) -> Iterator[BesideItem]:
    if content is not None and len(content) <= MAX_STATE:
        yield StateItem(content)
    elif (digest := _state_digest(raw(row[-2]), row[0])) is not None:
        yield StateItem(None, digest)


def _state_digest(entry: bytes, position: int) -> bytes | None:
    try:
        return decode_opaque(entry, position).digest
    except (EncodingError, RecordError):
        return None  # altered bytes: the verifier says so


def beside_entry(
    view: Reader, position: int, entry: bytes, parts: list[Row], shown: Shown | None, fetch: Fetch | None
) -> Iterator[BesideItem]:
    """Parts and attachments of one entry, in the statement's order (parts by name, attachments by digest)."""
    parts.sort(key=lambda row: row[1])
    show = True
    record = _decoded(entry, position) if shown is not None or _ATTACHMENTS in entry else None
    if shown is not None:
        show = record is not None and shown(record.statement, lambda: subjects_of(parts))
    for _, _, digest, data in parts:
        yield PartItem(raw(data)) if show else PartItem(None, raw(digest))
    if record is None:
        return
    for ref in record.statement.attachments:
        kept = view.source.fetch(queries.ATTACHMENT_DATA, view.log, ref.digest)
        if not kept:
            continue  # the row is gone: missing
        content = kept[0][0]
        if content is None and fetch is not None and show:
            content = fetch(ref.digest)
        # What the host keeps and does not bring is withheld, and said to be; so is a file that is not of the size that
        # this signer gave: another entry's file must not make this one look altered.
        other = isinstance(content, bytes) and len(content) != ref.size and sha256(content).digest() == ref.digest
        fits = content is not None and not other and len(content) <= MAX_ATTACHMENT
        yield AttachmentItem(raw(content)) if show and fits else AttachmentItem(None, ref.digest)


def _decoded(entry: bytes, position: int) -> Record | None:
    try:
        return decode_entry(entry, position)
    except (EncodingError, RecordError):
        return None  # altered bytes: the verifier says so; nothing beside them is shown


def subjects_of(parts: list[Row]) -> set[str]:
    """The persons that these rows of the table ``part`` are about."""
    found: set[str] = set()
    for row in parts:
        try:
            found.update(decode_part(raw(row[3])).subjects)
        except (EncodingError, RecordError):
            continue
    return found


def entry_rows(reader: Reader, end: int | None = None) -> Iterator[EntryRow]:
    """Every row of the table ``entry`` in order of position, up to *end* (default: whatever is there)."""
    after, until = -(1 << 62), (1 << 62) if end is None else end
    while True:
        rows = reader.source.fetch(queries.ENTRY_ROWS, reader.log, after, until, queries.PAGE)
        if not rows:
            return
        for row in rows:
            yield EntryRow(*row)
        after = int(rows[-1][0])


def part_rows(reader: Reader) -> list[PartRow]:
    """Every row of the table ``part``, without content, in order of position and name."""
    return [PartRow(*row) for row in reader.source.fetch(queries.PART_NAMES, reader.log)]


def notes_and_lines(reader: Reader) -> list[object]:
    """Every note and every cosignature line as the database holds them, of whatever type."""
    source, log = reader.source, reader.log
    return [row[-1] for query in (queries.CHECKPOINTS, queries.COSIGNATURES) for row in source.fetch(query, log)]


def attachment_rows(reader: Reader) -> list[AttachmentRow]:
    """Every row of the table ``attachment``, without content."""
    return [AttachmentRow(*row) for row in reader.source.fetch(queries.ATTACHMENT_ROWS, reader.log)]


class Extent(NamedTuple):
    """How many rows the log's table holds, and its first and last position (0 where it is empty)."""

    rows: int
    first: int
    last: int


def check_lengths(reader: Reader) -> None:
    """
    Check that no value is longer than any can be, before pages of them are read into memory.

    Raises:
        StoreFailed: ``VALUE_TOO_LONG``: nobody recorded that.
    """
    asked = [(queries.LONGEST[reader.kind], MAX_ENTRY)]
    if reader.kind == ACTS:
        asked.append((queries.LONGEST_PART, MAX_PART))
    for query, most in asked:
        for longest in reader.source.fetch(query, reader.log)[0]:
            if type(longest) is int and longest > most:
                raise StoreFailed(
                    f"a value of {longest} bytes, where none has more than {most}", code="VALUE_TOO_LONG",
                    expected=most, found=longest,
                )  # fmt: skip


def extent(reader: Reader) -> Extent:
    """The `Extent` as the database counts it; whether its indexes can be believed is for `Database.integrity`."""
    count, first, last = reader.source.fetch(queries.EXTENT[reader.kind], reader.log)[0]
    return Extent(count, first or 0, last or 0)


def beside(reader: Reader) -> dict[str, int]:
    """How many rows of an opaque log lie outside its tree, where no verification reaches: by what they are."""
    found = {"snapshots": queries.SNAPSHOTS, "tracking": queries.TRACKINGS, "requests": queries.REQUESTS}
    return {name: int(reader.source.fetch(query, reader.log)[0][0]) for name, query in found.items()}
