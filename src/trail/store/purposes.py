"""
One key, one purpose, as far as a log can see it: what it issued and keeps tells which key is its own, and a witness's.

A genesis can't name the log's key.  But whoever signed the last checkpoint is known by its signature, and whoever
cosigned one that is kept by theirs; so a key that comes into the registry can be compared, exactly.  The verifier finds
the same by the inspector's policy (``KEY_DOUBLE_USE``, check 8).
"""

from __future__ import annotations

from typing import Any, Final

from trail.errors import KeyRefused, NoteError, SignatureError
from trail.evidence.record import Record
from trail.evidence.refusals import refuse
from trail.evidence.registry import LOG_KEY_ROTATED, Registry
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, Note, NoteKey, NoteSignature, open_note, parse_note
from trail.signing.line import parse_line
from trail.store import queries
from trail.store.statements import Transaction

KEY_TYPES: Final = frozenset(("KeyEnrolled@1", "KeyRotated@1", LOG_KEY_ROTATED))
_LOOKED_AT: Final = 64
"""How many of the last cosignatures are looked at: all witnesses of a log have signed one of them."""


def check_purpose(tx: Transaction, log: int, origin: str, record: Record, registry: Registry) -> None:
    """
    Check that a key that enters the registry does not serve another purpose already.

    Raises:
        Refusal: ``KEY_DOUBLE_USE``; ``REGISTRY_CONFLICT`` where a rotation names an old key that is not the log's.
    """
    f: Any = record.statement.fields
    last = tx.first(queries.LAST_CHECKPOINT, log)
    note = None if last is None else parse_note(last[2])
    if record.statement.type == LOG_KEY_ROTATED:
        if note is not None and not registry.log_keys and not _signed(note, origin, LOG_ED25519, f["old"]):
            raise refuse("REGISTRY_CONFLICT", "the rotation names an old key that did not sign the checkpoints",
                         found=f["old"])  # fmt: skip
        raws = [f["old"], f["key"]]
    else:
        raws = [f["key"]]
        if note is not None and _signed(note, origin, LOG_ED25519, f["key"]):
            raise refuse("KEY_DOUBLE_USE", "the key is the log's own", found=f["key"])
    samples: dict[tuple[str, bytes], tuple[str, str]] = {}
    for note_text, line in tx.fetch(queries.LAST_COSIGNATURES, log, _LOOKED_AT):
        one = _line(line)
        if one is not None:
            samples.setdefault((one.name, one.id), (note_text, line))
    for (name, short), (note_text, line) in samples.items():
        for raw in raws:
            if _cosigned(name, short, raw, note_text, line):
                raise refuse("KEY_DOUBLE_USE", "the key is a witness's", found=raw)


def _line(line: str) -> NoteSignature | None:
    """A kept line, read; None for a row that somebody else wrote, which an audit names."""
    try:
        return parse_line(line)
    except NoteError:
        return None


def _signed(note: Note, name: str, kind: int, raw: bytes) -> bool:
    """Whether this key has signed the note under this name."""
    try:
        key = NoteKey(name, kind, raw)
        return bool(open_note(note, [key]))
    except (KeyRefused, SignatureError):
        return False


def _cosigned(name: str, short: bytes, raw: bytes, note_text: str, line: str) -> bool:
    """Whether this key made a cosignature line; its short id alone says that it did not, nearly always."""
    try:
        key = NoteKey(name, COSIGNATURE_ED25519, raw)
        return key.id == short and _signed(
            parse_note(parse_note(note_text).text + "\n" + line), name, key.type, raw
        )  # fmt: skip
    except (KeyRefused, NoteError):
        return False
