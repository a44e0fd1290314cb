"""
What a signer has seen, as their statement says it: an issued checkpoint, and the dated anchors that are held on it.

It is looked up as acts are prepared, since another process may have issued a checkpoint or brought a cosignature
meanwhile; one small query says whether anything is new, and is made at most ten times a second.  Named is the newest
checkpoint, for a statement commits its signer to all that this covers.

Cosignatures count as a quorum of one checkpoint (`trail.evidence.intervals`), and which witnesses make one is for the
inspector's policy.  So all cosignatures of a checkpoint are named, and where an older one has a witness that a newer
one lacks (a slow one, or one whose answer came on a stick), it is named once, by the next act: from then on it bounds
whatever is recorded, and the newest checkpoint is named again.

Of what stands in the database nothing is verified here: what a named line proves is for whoever has a policy.
"""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from trail.errors import CallerError
from trail.evidence.record import Seen
from trail.merkle import parse_checkpoint
from trail.signing import dated_anchor_digest, parse_note
from trail.store import IssuedCheckpoint, Reader

EVERY: Final = 0.1
"""Seconds for which an answer serves: after a commit, even a small query costs a tenth of an append."""

MAX_BACK: Final = 256
"""So many of the last records are looked through for one that has named a cosignature already."""

CHECKPOINTS: Final = 1_024
"""So many of the last checkpoints are looked at for cosignatures that came late."""

MAX_LATE: Final = 8
"""So many older checkpoints with other witnesses are named; of a handful of witnesses there are no more."""


class _Found(NamedTuple):
    """What there is to name: the newest checkpoint; older ones that no newer one stands for (`Seeing._fuller`)."""

    mark: tuple[int, int, int] = (-1, 0, 0)
    newest: Seen | None = None
    late: tuple[Seen, ...] = ()


class Seeing:
    """What the database of *reader* holds for a signer; threads may share it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._found = _Found()
        self._until = 0.0
        self._named: frozenset[Seen] = frozenset()  # the late ones of which a recorded statement is known to name them

    def look(self) -> Seen | None:
        """What a statement that is prepared now should name; None: no checkpoint was issued yet."""
        found = self._found
        now = time.monotonic()
        if now >= self._until:
            mark = self._reader.anchored(CHECKPOINTS)
            if mark != found.mark:
                found = self._found = self._read(mark)
            self._until = now + EVERY
        return found.late[0] if found.late else found.newest

    def refresh(self) -> None:
        """Look again for the next act, whenever it comes."""
        self._until = 0.0

    def named(self, seen: Seen | None, *, durable: bool = True) -> None:
        """Take notice that a recorded statement names *seen*; not *durable*: its transaction may still be undone."""
        found = self._found
        if seen is not None and seen in found.late:
            self._found = found._replace(late=tuple(one for one in found.late if one != seen))
            if durable:
                self._named |= {seen}

    def _read(self, mark: tuple[int, int, int]) -> _Found:
        last, first, _ = mark
        newest = _seen_at(self._reader, last)
        late = [one for size in self._fuller(first, last) if (one := _seen_at(self._reader, size)) is not None]
        unknown = set(late) - self._named
        if unknown:
            head = self._reader.head().size
            begin = max(min(one.size for one in unknown), head - MAX_BACK) + 1
            self._named |= unknown.intersection(r.statement.seen for r in self._reader.records(begin, head))
        self._named &= set(late)  # the others have been overtaken
        return _Found(mark, newest, tuple(one for one in late if one not in self._named))

    def _fuller(self, first: int, last: int) -> list[int]:
        """The sizes of the checkpoints before *last* whose witnesses have not all cosigned one newer, descending."""
        lines = self._reader.cosigned(first, last)
        held = [frozenset(map(_name, lines.get(last, ())))]
        sizes: list[int] = []
        for size in sorted(lines.keys() - {last}, reverse=True):
            names = frozenset(map(_name, lines[size]))
            if not any(names <= other for other in held):
                held.append(names)
                sizes.append(size)
        return sizes[:MAX_LATE]


def _name(line: str) -> str:
    """The name on a signature line; of one that is none, the line."""
    words = line.split(" ", 2)
    return words[1] if len(words) == 3 else line


def _seen_at(reader: Reader, size: int) -> Seen | None:
    issued = reader.checkpoint(size) if size else None
    return None if issued is None else _seen(issued)


def _seen(issued: IssuedCheckpoint) -> Seen:
    checkpoint = parse_checkpoint(parse_note(issued.note).text)
    return Seen(checkpoint.size, checkpoint.root, _digests(issued.cosignatures))


def _digests(lines: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(sorted({dated_anchor_digest(line) for line in lines}))


def seen_of(note: str | bytes) -> Seen:
    """
    What somebody has seen who holds the *note* of a checkpoint, with its cosignatures: for `Acting.prepare`.

    A signer on another machine may hold a newer one than the machine that prepares the draft.  Recorded is such a
    statement only where the log keeps every line of the note.

    Raises:
        NoteError: It is no checkpoint.
        CallerError: The log's own signature is not on it.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    own = [signature.line for signature in parsed.signatures if signature.name == checkpoint.origin]
    if not own:
        raise CallerError("the log has not signed this checkpoint", found=checkpoint.origin)
    return Seen(checkpoint.size, checkpoint.root, _digests(tuple(set(parsed.lines) - set(own))))
