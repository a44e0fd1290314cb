"""
A checkpoint signer's state made anew, when the file is lost: from what others hold of the log, and the log itself.

The state is the signer's memory of what it signed.  Without it nothing in the house tells a database from a rewriting
of it, so a new one rests on checkpoints from outside: the newest that a witness or an inspector holds.  Up to the
largest of them the database is compared; what it holds beyond is taken as it is found, as a new log's entries are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from trail.errors import CallerError, NoteError, SignatureError, StoreFailed
from trail.merkle import Checkpoint, Frontier, leaf_hash, parse_checkpoint
from trail.signing import LOG_ED25519, NoteKey, Signer, format_note, open_note, parse_note
from trail.store.checkpoints import CheckpointSigner, SignerState, release
from trail.store.files import locked, write_durably
from trail.store.read import Reader

_ADVICE: Final = "Stop, keep this database as it is, and compare it with your backups and with a witness's checkpoint."


def restore_state(path: Path | str, key: Signer, reader: Reader, held: Sequence[str | bytes]) -> SignerState:
    """
    Make the state at *path*, which must not exist, for the log of *reader* and its *key*.

    *held* are checkpoints of this log from outside, the newest of each; at least one.

    Raises:
        CallerError: None was given, or one is of another log, or no checkpoint was signed by this key.
        NoteError: One can't be read.
        StoreFailed: ``LOG_SHORTER``, ``LOG_REWRITTEN``: the database does not fit what others hold.  ``STATE_EXISTS``.
    """
    signer = CheckpointSigner(path, key)
    notes = [_read(one, reader.origin) for one in held]
    if not notes:
        raise CallerError(
            "a lost state is made anew only against a checkpoint from outside", code="STATE_UNFOUNDED",
            advice="Ask each witness, and inspectors, for the newest checkpoint that they hold of this log.",
        )  # fmt: skip
    last = reader.checkpoint()
    if last is not None:
        notes.append(_read(last.note, reader.origin))
    with locked(signer.path):
        if signer.path.exists():
            raise StoreFailed(f"{path} exists: the state is not lost", code="STATE_EXISTS", path=str(path))
        newest, text = max(notes, key=lambda one: one[0].size)
        frontier = _compared(reader, [checkpoint for checkpoint, _ in notes], newest.size)
        number = 0 if last is None else last.number
        if last is None or newest.size > parse_checkpoint(parse_note(last.note).text).size:
            number += 1
        else:
            text = last.note
        note = _own(text, reader.origin, key)
        state = SignerState(
            reader.origin, key.public.id, number, newest.size, newest.root, frontier.to_bytes(), note
        )  # fmt: skip
        write_durably(signer.path, state.encode(), new=True)
        release(state, reader)
        return state


def _read(note: str | bytes, origin: str) -> tuple[Checkpoint, str]:
    try:
        text = note.decode("utf-8") if isinstance(note, bytes) else note
    except UnicodeDecodeError:
        raise NoteError("a checkpoint is UTF-8 text") from None
    checkpoint = parse_checkpoint(parse_note(text).text)
    if checkpoint.origin != origin:
        raise CallerError("a checkpoint of another log", code="CHECKPOINT_FOREIGN", expected=origin,
                          found=checkpoint.origin)  # fmt: skip
    return checkpoint, text


def _compared(reader: Reader, held: Sequence[Checkpoint], end: int) -> Frontier:
    """The tree over the first *end* entries, which has the root of each checkpoint at its size."""
    with reader.snapshot() as view:
        size = view.head().size
        if size < end:
            raise StoreFailed(f"the database holds {size} entries, {end} were signed", code="LOG_SHORTER",
                              advice=_ADVICE, expected=end, found=size)  # fmt: skip
        roots = {one.size: one.root for one in held}
        frontier = Frontier()
        for position, entry in view.entries(1, end):
            if position != frontier.size + 1:
                break
            frontier.append(leaf_hash(entry))
            if frontier.size in roots and any(
                one.size == frontier.size and one.root != frontier.root() for one in held
            ):  # fmt: skip
                raise StoreFailed(
                    f"the database's first {frontier.size} entries are not those that a checkpoint from outside covers",
                    code="LOG_REWRITTEN", advice=_ADVICE, expected=roots[frontier.size], found=frontier.root(),
                )  # fmt: skip
    if frontier.size != end:
        raise StoreFailed(f"the entry at position {frontier.size + 1} is missing", code="LOG_REWRITTEN",
                          advice=_ADVICE, expected=frontier.size + 1)  # fmt: skip
    return frontier


def _own(text: str, origin: str, key: Signer) -> str:
    """The note with the log's own signature alone: what the signer would have kept."""
    note = parse_note(text)
    try:
        verified = open_note(note, [NoteKey(origin, LOG_ED25519, key.public.raw)])
    except SignatureError:
        raise CallerError(
            "the newest checkpoint is not signed by this key", code="STATE_OTHER_KEY",
            advice="Name the key that the log signs with today.", found=key.public.id,
        ) from None  # fmt: skip
    return format_note(note.text, [verified[0].signature.line])
