"""
The checkpoint signer: it signs extensions of what it signed before, and nothing else.

Beside the log key, outside the database, lies its state: one canonical map (`trail.encoding`) ::

    {"format": 1, "key": log key's id (32 bytes), "note": the last note, "number": how many were signed,
     "origin": text, "peaks": the frontier's hashes, "root": 32 bytes, "size": int}

For each checkpoint it locks the state, extends its own peaks by the leaves of the entry bytes that it reads back,
compares the result with the database's head, signs, makes the new state durable, and only then releases the note into
the database.  Whoever rewrites old entries, however consistently, can't make it sign the rewriting: the peaks over
what was signed before are its own, and a head that is not their extension is refused.

After a crash between state and release, the next call releases the same note again.

Where an entry that it would cover ends its own key (`LogKeyRotated`), it signs nothing any more: `switch` gives the
state, with its peaks, to the new key that the entry names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, NamedTuple

from trail.encoding import decode, encode
from trail.errors import CallerError, EncodingError, KeyRefused, NoteError, RecordError, StoreFailed
from trail.evidence.file import MAX_NOTE
from trail.evidence.record import decode_entry
from trail.evidence.registry import LOG_KEY_ROTATED
from trail.merkle import Checkpoint, Frontier, format_checkpoint, leaf_hash
from trail.signing import PublicKey, Signer, format_note, parse_note, sign_note
from trail.signing.line import parse_line
from trail.store import queries
from trail.store.files import LOCK_TIMEOUT, locked, read_small, write_durably
from trail.store.read import Head, IssuedCheckpoint, Reader

MAX_COSIGNATURES: Final = 99  # a note has at most 100 signatures, one of them the log's
MAX_EACH: Final = MAX_COSIGNATURES // 3
"""Lines under one name that a checkpoint carries, and new lines that one answer brings: nobody takes all the places."""
_MAX_STATE: Final = 65_536
_KEYS: Final = ("format", "key", "note", "number", "origin", "peaks", "root", "size")
_ROTATION: Final = LOG_KEY_ROTATED.encode()
_ADVICE: Final = "Stop, keep this database as it is, and compare it with your backups and with a witness's checkpoint."


class SignerState(NamedTuple):
    """What the signer remembers: see the module's comment."""

    origin: str
    key: bytes
    number: int
    size: int
    root: bytes
    peaks: bytes
    note: str

    def encode(self) -> bytes:
        """The bytes of the state file."""
        return encode({name: 1 if name == "format" else getattr(self, name) for name in _KEYS})


def decode_state(data: bytes) -> SignerState:
    """Read a state file; raises `StoreFailed` for anything that `SignerState.encode` would not write."""
    try:
        value: Any = decode(data)
    except EncodingError as error:
        raise StoreFailed(f"the signer's state is damaged: {error.message}", code="STATE_DAMAGED") from None
    if type(value) is not dict or tuple(value) != _KEYS or value["format"] != 1:
        raise StoreFailed("the signer's state is not of format 1", code="STATE_DAMAGED")
    state = SignerState(**{name: value[name] for name in SignerState._fields})
    try:
        frontier = Frontier.from_bytes(state.size, state.peaks)
    except Exception as error:
        raise StoreFailed("the signer's state is damaged: its peaks", code="STATE_DAMAGED") from error
    if frontier.root() != state.root:
        raise StoreFailed("the signer's state is damaged: its root", code="STATE_DAMAGED")
    return state


class _Rotation(NamedTuple):
    """A rotation of the log's key as an entry says it: its position, and the ids of both keys."""

    position: int
    old: bytes
    new: bytes


class CheckpointSigner:
    """
    Signs the checkpoints of one log with its log key; *path* is the state file beside the key.

    Only `create` makes a state, for a new log: without it nothing is signed, so that deleting the file frees nobody.
    """

    def __init__(self, path: Path | str, key: Signer) -> None:
        self.path = Path(path)
        self._key = key

    @classmethod
    def create(cls, path: Path | str, key: Signer, origin: str) -> CheckpointSigner:
        """A signer for a new log; raises `StoreFailed` (``STATE_EXISTS``) where a state lies already."""
        empty = Frontier.from_bytes(0, b"")
        state = SignerState(origin, key.public.id, 0, 0, empty.root(), empty.to_bytes(), "")
        signer = cls(path, key)
        with locked(signer.path):
            write_durably(signer.path, state.encode(), new=True)
        return signer

    def state(self) -> SignerState:
        """The state as it lies on the disk."""
        return decode_state(read_small(self.path, _MAX_STATE))

    def issue(self, reader: Reader, *, timeout: float = LOCK_TIMEOUT) -> IssuedCheckpoint:
        """
        Sign a checkpoint of the log as it stands and release it; the last one again where nothing was added.

        *timeout* is how many seconds another process may hold the state.

        Raises:
            CallerError: The log is empty, or key, state and log do not belong together.
            StoreFailed: ``LOG_SHORTER``, ``LOG_REWRITTEN``, ``STATE_BEHIND``: what was signed before does not fit what
                is there; nothing was signed.  ``LOG_KEY_ROTATED``: the log ended this key; nothing was signed.
                ``STATE_FILE``, ``STATE_DAMAGED``: no state that can be used.
        """
        with locked(self.path, timeout=timeout):
            state = self.state()
            self._check_belonging(state, reader)
            with reader.snapshot() as view:
                frontier, rotations = _extended(state, view)
                released = state.number == 0 or view.checkpoint(state.size) is not None
            if not released:
                release(state, reader)
            if rotations:
                raise StoreFailed(
                    f"position {rotations[0].position} gave the log another key: this one signs no more",
                    code="LOG_KEY_ROTATED", advice="Finish the rotation: trail keys rotate-log, with the new key.",
                    expected=rotations[-1].new, found=state.key, position=rotations[0].position,
                )  # fmt: skip
            if frontier.size > state.size:
                state = self._signed(state, frontier)
                write_durably(self.path, state.encode())
            return release(state, reader)

    def switch(self, reader: Reader) -> SignerState:
        """
        Give the state to this signer's key, which the log has named as its new one; done already, it changes nothing.

        The peaks stay: the new key signs extensions of what the old one signed, and nothing else.

        Raises:
            CallerError: The state is of another log, or the log names no such key (``LOG_KEY_NOT_ROTATED``).
            StoreFailed: As `issue`.
        """
        with locked(self.path):
            state = self.state()
            _check_log(state, reader)
            own = self._key.public.id
            if state.key == own:
                return state
            with reader.snapshot() as view:
                _, rotations = _extended(state, view)
            if not rotations or rotations[-1].new != own:
                raise CallerError(
                    "the log does not say that this is its new key", code="LOG_KEY_NOT_ROTATED",
                    advice="Record the rotation first: trail keys rotate-log does both.",
                    expected=rotations[-1].new if rotations else state.key, found=own,
                )  # fmt: skip
            state = state._replace(key=own)
            write_durably(self.path, state.encode())
            return state

    def _check_belonging(self, state: SignerState, reader: Reader) -> None:
        _check_log(state, reader)
        if state.key != self._key.public.id:
            raise CallerError(
                "the signer's state is of another key", code="STATE_OTHER_KEY", expected=state.key,
                found=self._key.public.id,
                advice="Name the log's key of today; if it is just being rotated, finish: trail keys rotate-log.",
            )  # fmt: skip

    def _signed(self, state: SignerState, frontier: Frontier) -> SignerState:
        root = frontier.root()
        text = format_checkpoint(Checkpoint(state.origin, frontier.size, root))
        note = format_note(text, [sign_note(text, state.origin, self._key)])
        return SignerState(
            state.origin, state.key, state.number + 1, frontier.size, root, frontier.to_bytes(), note
        )  # fmt: skip


def _check_log(state: SignerState, reader: Reader) -> None:
    if state.origin != reader.origin:
        raise CallerError("the signer's state is of another log", expected=state.origin, found=reader.origin)


def _extended(state: SignerState, view: Reader) -> tuple[Frontier, list[_Rotation]]:
    """
    The signer's own frontier, extended by the entries that the database holds beyond it.

    With it, the rotations among them that lead away from the state's key.
    """
    head = view.head()
    if type(head.size) is not int or type(head.peaks) is not bytes:
        raise StoreFailed("the head's row is damaged", code="LOG_REWRITTEN", advice=_ADVICE, found=list(head))
    if head.size == 0:
        raise CallerError("an empty log has no checkpoint", code="LOG_EMPTY")
    _check_history(state, view, head)
    frontier = Frontier.from_bytes(state.size, state.peaks)
    rotations: list[_Rotation] = []
    for position, entry in view.entries(state.size + 1, head.size):
        if position != frontier.size + 1:
            break
        frontier.append(leaf_hash(entry))
        if _ROTATION in entry:
            one = _rotation(entry, position)
            if one is not None and one.old == (rotations[-1].new if rotations else state.key):
                rotations.append(one)
    if frontier.size != head.size:
        raise StoreFailed(
            f"the entry at position {frontier.size + 1} is missing", code="LOG_REWRITTEN", advice=_ADVICE,
            expected=frontier.size + 1,
        )  # fmt: skip
    if frontier.to_bytes() != head.peaks:
        raise StoreFailed(
            f"the database's tree of {head.size} entries does not extend the {state.size} that were signed",
            code="LOG_REWRITTEN", advice=_ADVICE, expected=frontier.root(), found=head.peaks, signed=state.note,
        )  # fmt: skip
    return frontier, rotations


def _rotation(entry: bytes, position: int) -> _Rotation | None:
    """What an entry says of a rotation; None if it is none.  Whether it may is what append has judged."""
    try:
        statement = decode_entry(entry, position).statement
        if statement.type != LOG_KEY_ROTATED:
            return None
        f: Any = statement.fields
        return _Rotation(position, PublicKey(f["old_suite"], f["old"]).id, PublicKey(f["suite"], f["key"]).id)
    except (RecordError, EncodingError, KeyRefused, KeyError, TypeError):
        return None


def _check_history(state: SignerState, view: Reader, head: Head) -> None:
    if head.size < state.size:
        raise StoreFailed(
            f"the database holds {head.size} entries, {state.size} were signed", code="LOG_SHORTER", advice=_ADVICE,
            expected=state.size, found=head.size, signed=state.note,
        )  # fmt: skip
    last = view.checkpoint()
    if last is not None and (last.size > state.size or last.number > state.number):
        raise StoreFailed(
            f"checkpoint {last.number} was issued, the signer remembers {state.number}: its state is an old copy",
            code="STATE_BEHIND", advice="Find the newest copy of the state; never let an old one sign.",
            expected=last.number, found=state.number,
        )  # fmt: skip


def release(state: SignerState, reader: Reader) -> IssuedCheckpoint:
    """Put the last signed note where others find it, unless it is there already."""
    with reader.database.writing() as tx:
        row = tx.first(queries.CHECKPOINT_AT, reader.log, state.size)
        if row is None:
            tx.run(queries.INSERT_CHECKPOINT, reader.log, state.size, state.number, state.note)
        elif (row[1], row[2]) != (state.number, state.note):
            raise StoreFailed(
                "the database holds another checkpoint of this size", code="LOG_REWRITTEN", advice=_ADVICE,
                expected=state.note, found=row[2],
            )  # fmt: skip
        lines = tx.fetch(queries.COSIGNATURES_AT, reader.log, state.size)
    return IssuedCheckpoint(state.size, state.number, state.note, tuple(line for (line,) in lines))


def add_cosignatures(reader: Reader, data: str | bytes, *, size: int | None = None) -> IssuedCheckpoint:
    """
    Keep a witness's cosignatures.

    *data* is what the witness gave: signature lines alone, which are taken for the checkpoint at *size* (default: the
    last), or the whole note.  Whose they are and whether they hold is for an inspector's policy; here they must be
    well-formed and be for a checkpoint that was issued.  Lines that are there already change nothing.

    Raises:
        NoteError: Not signature lines.
        CallerError: No such checkpoint was issued, it has too many cosignatures, or the answer takes more than its
            share of the places (``COSIGNATURE_SHARE``); nothing of it is kept.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        raise NoteError("cosignatures are UTF-8 text") from None
    whole = "\n\n" in text
    found = None if size is None else reader.checkpoint(size)
    issued = ([] if found is None else [found]) if size is not None else reader.checkpoints()
    if whole:
        note = parse_note(text)
        issued = [c for c in issued if parse_note(c.note).text == note.text]
    if not issued:
        raise CallerError("no such checkpoint was issued", code="CHECKPOINT_UNKNOWN", size=size)
    target = issued[-1]
    own = parse_note(target.note)
    lines = [s.line for s in parse_note(text if whole else f"{own.text}\n{text}").signatures]
    names = {signature.name for signature in own.signatures}
    if any(parse_line(line).name in names for line in set(lines) - set(own.lines)):
        raise CallerError("a line under the log's own name is no cosignature", code="COSIGNATURE_NAME")
    with reader.database.writing() as tx:
        held = {line for (line,) in tx.fetch(queries.COSIGNATURES_AT, reader.log, target.size)}
        fresh = sorted(set(lines) - set(own.lines) - held)
        _check_room(target, held, fresh)
        if fresh:
            tx.run_many(queries.INSERT_COSIGNATURE, [(reader.log, target.size, line) for line in fresh])
    return target._replace(cosignatures=tuple(sorted({*held, *fresh})))


def _check_room(target: IssuedCheckpoint, held: Collection[str], fresh: Collection[str]) -> None:
    """Whatever is kept must fit a note, and an evidence file, and leave room for other witnesses."""
    if len(fresh) > MAX_EACH:
        raise CallerError(f"one answer brings at most {MAX_EACH} new cosignatures", code="COSIGNATURE_SHARE",
                          advice="A witness gives one. If these are of many witnesses, hand them in one by one.",
                          found=len(fresh), size=target.size)  # fmt: skip
    # By name, whatever the key: a key's id is four bytes that anybody can vary, and a name is one witness.
    lines = Counter(parse_line(line).name for line in (*held, *fresh))
    for name in sorted({parse_line(line).name for line in fresh}):
        if lines[name] > MAX_EACH:
            raise CallerError(f"a checkpoint carries at most {MAX_EACH} cosignatures under one name",
                              code="COSIGNATURE_SHARE", advice="Leave its lines out; those of other witnesses can be "
                              "added, and the next checkpoint has room again.",
                              expected=MAX_EACH, found=name, size=target.size)  # fmt: skip
    length = len(target.note.encode()) + sum(len(line.encode()) for line in (*held, *fresh))
    if length > MAX_NOTE:
        raise CallerError("the checkpoint with its cosignatures would be too long for an evidence file",
                          code="COSIGNATURE_LONG", size=target.size)  # fmt: skip
    if len(held) + len(fresh) > MAX_COSIGNATURES:
        raise CallerError(f"a checkpoint carries at most {MAX_COSIGNATURES} cosignatures", size=target.size)
