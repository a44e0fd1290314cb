"""
The entries before a position, kept small enough that a verifier can hold a log of any length.

An event's trace is packed into about a hundred bytes: names become numbers in one table, and what was never asked
for again is never unpacked.  A run that goes on from an earlier one asks the history of that one for what is not here.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from typing import Final

from trail.evidence.record import Performer, Record
from trail.evidence.schema import Mentions
from trail.evidence.trace import History, Trace

_HEAD: Final = struct.Struct("<32sIIII4H")


class _Numbers:
    """Names as numbers, in the order of their first use."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}

    def of(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def known(self, name: str) -> int | None:
        return self._numbers.get(name)


class MemoryHistory:
    """
    The history that a verifier gathers while it reads; see `trail.evidence.trace.History`.

    *past* is that of the entries before the first that is added here.
    """

    def __init__(self, past: History | None = None) -> None:
        self._past = past
        self._events: dict[bytes, bytes] = {}
        self._streams = _Numbers()
        self._latest = 0 if past is None else past.latest()
        self._versions = array("I")
        self._names = _Numbers()

    def version(self, stream: str) -> int:
        """The last version of *stream*, 0 if it has none."""
        number = self._streams.known(stream)
        if number is not None:
            return self._versions[number]
        return 0 if self._past is None else self._past.version(stream)

    def find(self, event: bytes) -> Trace | None:
        """The event with this id, if there is one."""
        packed = self._events.get(event)
        if packed is not None:
            return self._unpack(packed)
        return None if self._past is None else self._past.find(event)

    def latest(self) -> int:
        """The largest clock reading of any entry so far, UTC seconds; 0 for none."""
        return self._latest

    def digest_of(self, event: bytes) -> bytes | None:
        """The statement's digest of the event with this id, if there is one."""
        packed = self._events.get(event)
        if packed is not None:
            return packed[:32]
        return None if self._past is None else self._past.digest_of(event)

    def events(self) -> Iterator[tuple[bytes, Trace]]:
        """Every event that was added, by id, in the order of their positions."""
        return ((event, self._unpack(packed)) for event, packed in self._events.items())

    def streams(self) -> Iterator[tuple[str, int]]:
        """The last version of every stream that something was added to."""
        return zip(self._streams.names, self._versions, strict=True)

    def add(self, record: Record, mentions: Mentions | None) -> None:
        """Take a record, also one that was not admitted: what follows it is judged by its place all the same."""
        s = record.statement
        known = self._past is not None and self._past.digest_of(s.id) is not None
        if record.recorded > self._latest:
            self._latest = record.recorded
        stream = self._streams.of(s.stream)
        if stream == len(self._versions):
            self._versions.append(0)
        self._versions[stream] = min(record.version, 0xFFFFFFFF)
        number = self._names.of
        rest = [number(person) for person, _, _ in s.signers]
        for kind, who, post in s.performers:
            rest += (number(who) << 1 | (kind == "body"), number(post))
        counterparts = mentions.counterparts if mentions is not None else ()
        for person in counterparts:
            rest.append(number(person))
        for name, _, _ in s.parts:
            rest.append(number(name))
        head = _HEAD.pack(
            record.digest, record.position, number(s.type), stream, number(s.unit or ""),
            len(s.signers), len(s.performers), len(counterparts), len(s.parts),
        )  # fmt: skip
        if not known:  # an id that is used again stands for the first
            self._events.setdefault(s.id, head + array("I", rest).tobytes())

    def _unpack(self, packed: bytes) -> Trace:
        digest, position, kind, stream, unit, signers, performers, counterparts, parts = _HEAD.unpack_from(packed)
        names = self._names.names
        rest = array("I", packed[_HEAD.size :]).tolist()
        acted = signers + 2 * performers
        met = acted + counterparts
        return Trace(
            position,
            names[kind],
            digest,
            self._streams.names[stream],
            names[unit] or None,
            tuple([names[n] for n in rest[:signers]]),
            tuple([
                Performer("body" if rest[at] & 1 else "person", names[rest[at] >> 1], names[rest[at + 1]])
                for at in range(signers, acted, 2)
            ]),
            tuple([names[n] for n in rest[acted:met]]),
            tuple([names[n] for n in rest[met : met + parts]]),
        )  # fmt: skip
