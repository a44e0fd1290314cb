"""
Extracts of a log: the chosen entries, those that vouch for their signers' keys, and an inclusion proof for each.

Which entries vouch is computed from the registry's own: the genesis; the enrolment of each signer's key; whatever made
or ended a registrar before; and so on for whoever signed those.  Every rotation of the log's key comes along, for an
inspector whose policy names an older one.  Where a part of a chosen entry was erased, so does the event that says so.
Corrections, voidings and revocations do not, unless they are chosen: an extract never shows that there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from trail.encoding import Value
from trail.errors import CallerError, EncodingError, KeyRefused, RecordError
from trail.evidence.extract import NAMED, ExtractHeader, ExtractItem, PlaceItem
from trail.evidence.file import CheckpointItem, EntryItem
from trail.evidence.record import Record, decode_entry
from trail.evidence.registry import ERASED, GENESIS, LOG_KEY_ROTATED, REVOKED, Registry
from trail.evidence.scope import Scope, Shown, check_known
from trail.signing.keys import PublicKey
from trail.store import queries
from trail.store.export import Fetch, beside_entry, state_of, subjects_of
from trail.store.read import IssuedCheckpoint, Reader, raw
from trail.store.schema import ACTS, OPAQUE

_REGISTRARS: Final = frozenset(("RegistrarAppointed@1", "RegistrarEnded@1"))
_KEYS: Final = frozenset(("KeyEnrolled@1", "KeyRotated@1"))
_HIDDEN: Final = Shown(Scope(nothing=True), Registry())


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """
    Which entries an extract shows: by position, by event id, or those of a scope; with their contents or without.

    ``scope`` is a unit, a person, a period, as in an evidence file; it goes alone.  Of an opaque log, positions alone.
    """

    positions: tuple[int, ...] = ()
    events: tuple[bytes, ...] = ()
    scope: Scope | None = None
    contents: bool = True

    def __post_init__(self) -> None:
        named = bool(self.positions or self.events)
        if named is (self.scope is not None):
            raise CallerError("an extract is of entries named by position or event id, or of a scope")
        if self.scope is not None and (self.scope.everything or self.scope.nothing):
            raise CallerError("an extract is of a unit, a person or a period", code="SCOPE",
                              advice="Export an evidence file: it shows every entry, and can be intact.")  # fmt: skip

    def header(self) -> dict[str, Value]:
        """What the extract says was chosen."""
        return NAMED if self.scope is None else self.scope.header()


def extract_items(reader: Reader, choice: Choice, *, fetch: Fetch | None = None) -> Iterator[ExtractItem]:
    """
    The items of an extract, under the log's last checkpoint; *fetch* gives the attachments that the host keeps.

    Reads as of one moment.

    Raises:
        CallerError: No checkpoint covers a chosen entry yet, there is none like it, or nothing was chosen.
        StoreFailed: The tree's stored hashes are not all there.
    """
    with reader.snapshot() as view:
        issued = view.checkpoint()
        if issued is None:
            raise CallerError("no checkpoint was issued yet: without one nothing can be proven", code="NOT_COVERED",
                              advice="Issue one: `trail checkpoint`.")  # fmt: skip
        chosen = _chosen(view, choice, issued.size)
        shown = dict.fromkeys(chosen, choice.contents)
        if view.kind == ACTS:
            for position in _Vouching(view, issued.size).of(chosen):
                shown.setdefault(position, False)
        yield ExtractHeader(view.origin, len(shown), choice.header())
        yield CheckpointItem(issued.cosigned.encode("utf-8", "surrogateescape"))
        for position in sorted(shown):
            yield from _one(view, issued, position, shown[position], fetch)


def _one(
    view: Reader, issued: IssuedCheckpoint, position: int, contents: bool, fetch: Fetch | None
) -> Iterator[ExtractItem]:
    entry = _entry(view, position)
    yield PlaceItem(position, tuple(view.inclusion(position, issued.size)))
    yield EntryItem(entry)
    if view.kind == OPAQUE:
        yield from state_of(view, position, contents)
        return
    parts = view.source.fetch(queries.PART_ROWS, view.log, position - 1, position)
    yield from beside_entry(view, position, entry, parts, None if contents else _HIDDEN, fetch)


def _entry(view: Reader, position: int) -> bytes:
    for _, entry in view.entries(position, position):
        return entry
    raise CallerError("no entry at this position", position=position)


def _chosen(view: Reader, choice: Choice, size: int) -> set[int]:
    """The positions that were asked for."""
    chosen = set(choice.positions)
    if view.kind == OPAQUE and (choice.events or choice.scope is not None):
        raise CallerError("of an application's events an extract is by position", code="SCOPE",
                          advice="Name the positions.")  # fmt: skip
    for event in choice.events:
        record = view.find(event)
        if record is None:
            raise CallerError("no event with this id", code="NAME_UNKNOWN", found=event)
        chosen.add(record.position)
    for position in chosen:
        if not 1 <= position <= size:
            raise CallerError(f"position {position} is not covered by the last checkpoint, of {size}",
                              code="NOT_COVERED", expected=size, found=position,
                              advice="Issue a checkpoint first, or name a position up to there.")  # fmt: skip
    if choice.scope is not None:
        chosen |= _in_scope(view, choice.scope, size)
    if not chosen:
        raise CallerError("nothing in the log is of this scope: an extract of nothing shows nothing", code="SCOPE",
                          advice="Export an evidence file of the scope: it shows that there is nothing.")  # fmt: skip
    return chosen


def _in_scope(view: Reader, scope: Scope, size: int) -> set[int]:
    registry = view.registry(size)
    check_known(scope, registry)
    shown = Shown(scope, registry)
    found = set()
    for position, entry in view.entries(1, size):
        with suppress(EncodingError, RecordError):  # altered bytes are of no scope; an evidence file shows them
            statement = decode_entry(entry, position).statement
            if shown(statement, partial(_subjects, view, position, bool(statement.parts))):
                found.add(position)
    return found


def _subjects(view: Reader, position: int, parts: bool) -> set[str]:
    return subjects_of(view.source.fetch(queries.PART_ROWS, view.log, position - 1, position)) if parts else set()


class _Vouching:
    """Finds the entries that vouch for others: enrolments, what made registrars, and erasures."""

    def __init__(self, view: Reader, size: int) -> None:
        self._view = view
        self._records: dict[int, Record] = {}
        self._enrolled: dict[bytes, int] = {}
        self._registrars: list[int] = []
        self._rotations: list[int] = []
        for position, entry in view.source.fetch(queries.REGISTRY_ENTRIES, view.log, 0, size):
            with suppress(EncodingError, RecordError, KeyRefused, KeyError, TypeError):
                self._learn(decode_entry(raw(entry), position))

    def _learn(self, record: Record) -> None:
        kind = record.statement.type
        fields: dict[str, Any] = record.statement.fields
        if kind in _REGISTRARS:
            self._registrars.append(record.position)
        elif kind == LOG_KEY_ROTATED:
            self._rotations.append(record.position)
        elif kind in _KEYS or kind == GENESIS:
            for row in fields["registrars"] if kind == GENESIS else (fields,):
                self._enrolled.setdefault(PublicKey(row["suite"], row["key"]).id, record.position)
        else:
            return
        self._records[record.position] = record

    def of(self, chosen: set[int]) -> set[int]:
        """The positions that vouch for *chosen*, those among them included, and for the log's own key."""
        found: set[int] = set()
        queue = [*chosen, *self._rotations]
        while queue:
            position = queue.pop()
            if position in found:
                continue
            found.add(position)
            record = self._record(position)
            if record is not None:
                queue += self._needed(record)
        return found

    def _record(self, position: int) -> Record | None:
        record = self._records.get(position)
        if record is None:
            with suppress(EncodingError, RecordError):
                record = decode_entry(_entry(self._view, position), position)
        return record

    def _needed(self, record: Record) -> list[int]:
        statement, fields = record.statement, record.statement.fields
        keys = [signer.key for signer in statement.signers]
        keys += [key for key in (fields.get("old"), fields.get("key")) if type(key) is bytes]
        needed = {at for at in map(self._enrolled.get, keys) if at is not None and at <= record.position}
        if statement.type in _KEYS | _REGISTRARS | {LOG_KEY_ROTATED, REVOKED}:
            needed |= {1, *(at for at in self._registrars if at < record.position)}
        if statement.parts:
            needed |= self._erasures(record)
        return list(needed)

    def _erasures(self, record: Record) -> set[int]:
        """Where parts of *record* are gone: the events that erased them, which stand in its stream."""
        there = self._view.source.fetch(queries.PART_ROWS, self._view.log, record.position - 1, record.position)
        if len(there) >= len(record.statement.parts):
            return set()
        later: list[Record] = []
        with suppress(EncodingError, RecordError):
            later = self._view.stream(record.statement.stream, after=record.version)
        return {
            one.position
            for one in later
            if one.statement.type == ERASED and one.statement.fields["target"][0] == record.statement.id  # type: ignore[index]
        }
