"""
The log before: what a new genesis names of it, read from its evidence file or from a checkpoint.

Whoever founds the successor says: that log ended with this tree.  From an evidence file the tree is recomputed, and
where its last act names a successor it must be the new log.  From a checkpoint alone it is taken as it stands, and is
worth what its channel is worth.  Neither is verified under a policy here: do that first, with `trail verify`.
"""

from __future__ import annotations

import os

from trail.errors import CallerError, EncodingError, NoteError, RecordError
from trail.evidence.file import MAGIC, Broken, CheckpointItem, EntryItem, Header, read_evidence
from trail.evidence.lineage import Predecessor, Retirement, retired
from trail.evidence.record import decode_entry
from trail.evidence.registry import LOG_RETIRED
from trail.merkle import Checkpoint, Frontier, leaf_hash, parse_checkpoint
from trail.signing import parse_note
from trail.signing.note import MAX_NOTE_BYTES

_RETIRED = LOG_RETIRED.encode()


def predecessor_of(path: str | os.PathLike[str], successor: str) -> tuple[Predecessor, Retirement | None]:
    """
    What the genesis of *successor* names of the log whose evidence file or checkpoint lies at *path*.

    With it, that log's last act, None where it is not shown.

    Raises:
        CallerError: It is neither, is damaged, is of the same log, or names another successor.
    """
    try:
        with open(path, "rb") as stream:
            begun = stream.read(MAX_NOTE_BYTES)
            if begun.startswith(MAGIC):
                stream.seek(0)
                last, ended = _of_evidence(stream, path)
            else:
                last, ended = parse_checkpoint(parse_note(begun).text), None
    except OSError as error:
        raise CallerError(f"{path} can't be read: {error.strerror}", code="FILE_UNREADABLE",
                          advice="Check the path.") from None  # fmt: skip
    except NoteError as error:
        raise _unusable(path, error.message) from None
    if last.origin == successor:
        raise _unusable(path, "it is of the new log itself: a successor has a name of its own")
    if last.size == 0:
        raise _unusable(path, "it covers nothing")
    if ended is not None and ended.successor not in (None, successor):
        raise CallerError(f"{last.origin} was retired in favour of another log", code="SUCCESSOR_OTHER",
                          expected=ended.successor, found=successor, advice="Found the log that it names.")  # fmt: skip
    return Predecessor(last.origin, last.size, last.root), ended


def _of_evidence(stream: object, path: object) -> tuple[Checkpoint, Retirement | None]:
    origin, frontier, last, ended = "", Frontier(), None, None
    for item in read_evidence(stream):  # type: ignore[arg-type]
        if isinstance(item, Broken):
            raise _unusable(path, item.reason)
        if isinstance(item, Header):
            origin = item.origin
        elif isinstance(item, CheckpointItem):
            last = parse_checkpoint(parse_note(item.note).text)
        elif isinstance(item, EntryItem):
            frontier.append(leaf_hash(item.entry))
            ended = _last_act(item.entry, frontier.size) or ended
    if last is None or (last.origin, last.size, last.root) != (origin, frontier.size, frontier.root()):
        raise _unusable(path, "its last checkpoint is not of its entries")
    return last, ended


def _last_act(entry: bytes, position: int) -> Retirement | None:
    if _RETIRED not in entry:
        return None
    try:
        record = decode_entry(entry, position)
    except (RecordError, EncodingError):
        return None
    return retired(record, dict(record.statement.fields)) if record.statement.type == LOG_RETIRED else None


def _unusable(path: object, reason: str) -> CallerError:
    return CallerError(
        f"{path} can't be named as the log before: {reason}", code="PREDECESSOR_UNUSABLE",
        advice="Name the evidence file of the log before, or its last checkpoint, and verify it first.",
    )  # fmt: skip
