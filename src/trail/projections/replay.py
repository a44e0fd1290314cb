"""
Records read again from entries that were judged before: by append, or by `verify`.

`trail.evidence.record.decode_entry` checks every shape, which a projection over the log's own entries need not do
twice.  This reads the same bytes through the same canonical decoder and builds the same `Record`; whatever is not in
the expected form goes to the strict reader, which says what is wrong.  Never give it evidence of unknown origin.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from trail.encoding import decode
from trail.evidence.moment import ZONE, Happened
from trail.evidence.record import Record, decode_entry
from trail.evidence.statement import AttachmentRef, PartRef, Performer, Seen, SignerRef, Statement

_EXPECTED = ("act", 1)


def replay(entries: Iterable[bytes], first: int = 1) -> Iterator[Record]:
    """
    The records of *entries*, which stand at the positions from *first* on.

    Raises:
        EncodingError: An entry is not canonical.
        RecordError: An entry is outside the closed shape in a way that reading it reveals.
    """
    yield from replay_at(enumerate(entries, first))


def replay_at(entries: Iterable[tuple[int, bytes]]) -> Iterator[Record]:
    """The records of entries with their positions, in whatever order; raises as `replay`."""
    shared = _Shared()
    for position, entry in entries:
        try:
            rows: Any = decode(entry)
            kind, raw, signatures, version, recorded = rows
            m: Any = decode(raw)
            if (kind, m["format"]) == _EXPECTED:
                digest = hashlib.sha256(raw).digest()
                yield Record(position, shared.statement(m), raw, digest, tuple(signatures), version, recorded)
                continue
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            pass  # the strict reader says what is wrong
        yield decode_entry(entry, position)


class _Shared:
    """Builds statements; what many of them have in common (dates, persons in posts) is one object for all."""

    __slots__ = ("_days", "_performers", "_signers")

    def __init__(self) -> None:
        self._days: dict[tuple[str, str, bool], Happened] = {}
        self._performers: dict[tuple[str, str, str], tuple[Performer, ...]] = {}
        self._signers: dict[tuple[str, str, bytes], tuple[SignerRef, ...]] = {}

    def statement(self, m: Any) -> Statement:
        """The statement of a canonical map."""
        get = m.get
        attachments, parts, seen = get("attachments"), get("parts"), get("seen")
        return Statement(
            m["after"],
            tuple([AttachmentRef(*row) for row in attachments]) if attachments else (),
            tuple(get("causes", ())),
            m["classification"],
            m["fields"],
            m["format"],
            m["hand"],
            self._happened(m["happened"]),
            m["id"],
            m["log"],
            tuple([PartRef(*row) for row in parts]) if parts else (),
            _rows(self._performers, Performer, m["performers"]),
            get("period"),
            Seen(seen[0], seen[1], tuple(seen[2])) if seen else None,
            _rows(self._signers, SignerRef, m["signers"]),
            m["stream"],
            m["type"],
            get("unit"),
        )

    def _happened(self, value: Any) -> Happened:
        if value[0] != "date":
            return Happened(*value)
        _, text, precision, uncertain = value
        key = (text, precision, uncertain)
        found = self._days.get(key)
        if found is None:
            found = self._days[key] = Happened("date", text, ZONE, precision, uncertain)
        return found


def _rows(known: dict[Any, Any], kind: Any, rows: Any) -> Any:
    if len(rows) != 1:
        return tuple([kind(*row) for row in rows])
    key = tuple(rows[0])
    found = known.get(key)
    if found is None:
        found = known[key] = (kind(*key),)
    return found
