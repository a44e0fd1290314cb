"""
A small witness: it cosigns the largest consistent tree of each log that it has seen, and never two that disagree.

It follows C2SP tlog-witness without the network: a request (`trail.witness.protocol`) in, one cosignature line out.
The checks come in the specification's order and rest on the witness's own memory alone (`trail.witness.memory`).  The
memory is durable before the answer is given.  A log's first checkpoint is taken on trust: that it is the first is all
that a witness can know of it.

A log key that has signed two trees that disagree has betrayed itself; whatever the answer, both notes are kept.

The times that a witness states never go back.  A clock that stands behind what was stated already is wrong now or was
wrong then, and nobody can tell; stating the larger time again would date a new tree too early, which is what a
back-dater needs.  So the witness states the same second again for a step of up to a minute (a clock that is being
adjusted), and otherwise refuses until the clock is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple, NoReturn, Self

from trail.errors import CallerError, EnvironmentFailed, EvidenceError, ProofError, SignatureError
from trail.merkle import EMPTY_ROOT, check_consistency, parse_checkpoint
from trail.merkle.proofs import parse_hash
from trail.signing import COSIGNATURE_ED25519, Note, NoteKey, Signer, cosign, format_note, open_note
from trail.store.engine import BUSY_TIMEOUT
from trail.store.statements import Source, Transaction
from trail.witness import tables
from trail.witness.memory import Cosigned, Fork, Memory, check_log_key, cosigned_row, trusted_keys
from trail.witness.protocol import Request, parse_request

CLOCK_SLACK: Final = 60
"""Seconds by which the clock may stand behind what was stated last."""

MAX_FORKS: Final = 500
"""Pairs of each kind, proven or not, kept for each log: one proves as much as a thousand, the disk must not fill."""


class WitnessRefused(EvidenceError):
    """
    The witness does not cosign.

    ``status`` is the answer that tlog-witness gives over HTTP (404, 403, 400, 409, 422), ``body`` its content: for
    409 the size that the witness has recorded.
    """

    default_code = "WITNESS_REFUSED"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        body: str = "",
        expected: object = None,
        found: object = None,
        kept: object = None,
    ) -> None:
        advice = f"Make the request anew: trail checkpoint DB --since {expected} --out FILE" if status == 409 else None
        super().__init__(
            message, code=code, advice=advice, status=status, expected=expected, found=found, kept=kept
        )  # fmt: skip
        self.status = status
        self.body = body


class _Tree(NamedTuple):
    origin: str
    size: int
    root: bytes


def _tree(text: str) -> _Tree:
    """What a checkpoint says; an empty tree with a root of something is left for its own check, the last but one."""
    lines = text.split("\n")
    if len(lines) == 4 and lines[1] == "0":
        return _Tree(lines[0], 0, parse_hash(lines[2]))
    checkpoint = parse_checkpoint(text)
    return _Tree(checkpoint.origin, checkpoint.size, checkpoint.root)


class Witness:
    """
    A witness with its own key and its own memory at *state*.

    It cosigns the logs whose keys its memory holds (`Memory.add_log`), and those of *logs* besides.  Threads may share
    it, and other processes the memory.  The key is used for nothing else: a cosignature names no witness.

    Only *new* makes a memory, for the witness called *name*: one that lost its memory must not go on as if it had seen
    nothing.  Otherwise *name* may be left to the memory.

    Raises:
        CallerError: The memory is another witness's (``STATE_OTHER``), exists already, or a key has two purposes.
        StoreFailed: The memory is missing or can't be used.
    """

    def __init__(
        self,
        state: Path | str,
        signer: Signer,
        name: str | None = None,
        logs: Iterable[NoteKey] = (),
        *,
        new: bool = False,
        busy_timeout: float = BUSY_TIMEOUT,
    ) -> None:
        self._signer = signer
        self.logs = tuple(logs)
        if new:
            if name is None:
                raise CallerError("a new witness needs a name", code="WITNESS_NAME")
            own = NoteKey(name, COSIGNATURE_ED25519, signer.public.raw)
            self._check_logs(own)
            self.memory = Memory.make(state, own, busy_timeout=busy_timeout)
        else:
            self.memory = Memory(state, busy_timeout=busy_timeout)
            try:
                self._check_owner(name)
                self._check_logs(self.memory.key)
            except BaseException:
                self.close()
                raise

    def _check_owner(self, name: str | None) -> None:
        """A state belongs to one name and one key."""
        own = self.memory.key
        if name not in (None, own.name) or self._signer.public.raw != own.raw:
            raise CallerError("the state is another witness's: name or key differ", code="STATE_OTHER",
                              advice="Use the key and the name that the state was made with.")  # fmt: skip

    def _check_logs(self, own: NoteKey) -> None:
        for key in self.logs:
            check_log_key(key, own)

    @property
    def key(self) -> NoteKey:
        """The witness's key, as policies name it."""
        return self.memory.key

    def sign(self, body: bytes, now: int) -> str:
        """
        Check a request against the memory, in the specification's order, and cosign: signature lines.

        *now* is the time that the cosignature states, POSIX seconds.

        Raises:
            WitnessRefused: With the answer's status.
            NoteError: Not a request (400 over HTTP).
            EnvironmentFailed: The clock stands behind what was stated before (``CLOCK_BACK``); nothing was signed.
            StoreBusy, StoreFailed: The memory can't be read or written; nothing was signed.
        """
        if type(now) is not int or now <= 0:
            raise CallerError("a witness states a time after 1970", found=now)
        asked = parse_request(body)
        new = _tree(asked.note.text)
        keys = self._keys(self.memory.database, new.origin)
        note = _authenticated(asked.note, new.origin, keys)
        if asked.old > new.size:
            raise WitnessRefused(
                "the old size is beyond the checkpoint", status=400, code="OLD_BEYOND", expected=new.size,
                found=asked.old,
            )  # fmt: skip
        refusal: WitnessRefused | EnvironmentFailed | None = None
        line = ""
        with self.memory.database.writing() as tx:
            if self._keys(tx, new.origin) != keys:  # changed since, by a command beside this process
                note = _authenticated(asked.note, new.origin, self._keys(tx, new.origin))
            try:
                last = self._checked(tx, asked, new, note, now)
                stated = _time(tx, now)
            except (WitnessRefused, EnvironmentFailed) as error:
                refusal = error  # what was kept as evidence must still be committed
            else:
                line = cosign(asked.note.text, self.key.name, self._signer, stated)
                _remember(tx, last, new, note, line, stated)
        if refusal is not None:
            raise refusal
        return line

    def _keys(self, source: Source, origin: str) -> tuple[NoteKey, ...]:
        return (*(key for key in self.logs if key.name == origin), *trusted_keys(source, origin))

    def _checked(self, tx: Transaction, asked: Request, new: _Tree, note: str, now: int) -> Cosigned | None:
        """The checks that rest on what was cosigned; gives the last tree, None before the first."""
        _keep_contradiction(tx, new, note, now)
        row = tx.first(tables.READ_LATEST, new.origin)
        last = None if row is None else cosigned_row(row)
        size, root, kept = (0, EMPTY_ROOT, "") if last is None else (last.size, last.root, last.offered)
        if asked.old != size:
            raise WitnessRefused(
                f"this witness has recorded size {size}", status=409, code="OLD_STALE", body=f"{size}\n",
                expected=size, found=asked.old, kept=kept,
            )  # fmt: skip
        if new.size == 0 and new.root != EMPTY_ROOT:
            _unprocessable("an empty log with a root of something", new.root)
        if size == 0 or new.size == size:
            if asked.proof:
                _unprocessable("a proof where there is nothing to prove", len(asked.proof))
            if new.size == size and new.root != root:
                _unprocessable("another root at the size that this witness has recorded", new.root, kept, "FORK")
        else:
            try:
                check_consistency(asked.proof, first=size, second=new.size, first_root=root, second_root=new.root)
            except ProofError as error:
                _keep_fork(tx, new, Fork(new.origin, kept, note, False, now))
                _unprocessable(error.message, new.root, kept, "PROOF_BAD")
        return last

    def latest(self, origin: str) -> tuple[int, bytes, str] | None:
        """Size, root and note of the tree that was last cosigned for a log, or None."""
        last = self.memory.latest(origin)
        return None if last is None else (last.size, last.root, last.offered)

    def forks(self) -> tuple[Fork, ...]:
        """Every pair of notes that was kept as evidence, the oldest first."""
        return self.memory.forks()

    def close(self) -> None:
        """Close the state."""
        self.memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _authenticated(note: Note, origin: str, keys: tuple[NoteKey, ...]) -> str:
    """The note with the log's verified signatures alone."""
    if not keys:
        raise WitnessRefused("a log that this witness does not know", status=404, code="LOG_UNKNOWN", found=origin)
    try:
        verified = open_note(note, keys)
    except SignatureError as error:
        raise WitnessRefused(error.message, status=403, code="LOG_SIGNATURE", found=origin) from None
    return format_note(note.text, [one.signature.line for one in verified])


def _time(tx: Transaction, now: int) -> int:
    """The time to state: *now*, and never less than what was stated before, for whichever log: there is one clock."""
    last = tx.first(tables.READ_CLOCK)[0] or 0
    if now < last - CLOCK_SLACK:
        raise EnvironmentFailed(
            "the clock stands behind what this witness has stated already", code="CLOCK_BACK", expected=last, found=now,
            advice="Set the clock. If it was ahead when the last cosignature was given, that one states a time that "
            "was not: tell whoever relies on it, and wait, or go on as a new witness with a new key.",
        )  # fmt: skip
    return max(now, int(last))


def _remember(tx: Transaction, last: Cosigned | None, new: _Tree, note: str, line: str, time: int) -> None:
    if last is None or new.size > last.size:
        tx.run(tables.ADD_TREE, new.origin, new.size, new.root, note, time)
        tx.run(tables.CLEAR_FORKS, new.origin, new.size, new.root)
    if last is None:
        tx.run(tables.ADD_LATEST, new.origin, new.size, time, note + line)
    else:
        tx.run(tables.MOVE_LATEST, new.size, time, note + line, new.origin)


def _keep_contradiction(tx: Transaction, new: _Tree, note: str, now: int) -> None:
    """
    Two roots at one size are proof, whatever the request's answer will be.

    The other root may have been cosigned once, or have come without a proof: the log's key has signed it either way.
    """
    row = tx.first(tables.READ_AT, new.origin, new.size)
    other = row[1] if row is not None and bytes(row[0]) != new.root else None
    if other is None:
        unproven = tx.first(tables.READ_UNPROVEN, new.origin, new.size, new.root)
        other = None if unproven is None else unproven[0]
    if other is not None:
        _keep_fork(tx, new, Fork(new.origin, other, note, True, now))


def _keep_fork(tx: Transaction, new: _Tree, fork: Fork) -> None:
    if tx.first(tables.READ_FORK, fork.origin, fork.kept, fork.offered) is not None:
        return
    if tx.first(tables.COUNT_FORKS, fork.origin, int(fork.proven))[0] >= MAX_FORKS:
        return
    tx.run(tables.ADD_FORK, fork.origin, fork.kept, fork.offered, new.size, new.root, int(fork.proven), fork.time)


def _unprocessable(message: str, found: object, kept: str = "", code: str = "UNPROCESSABLE") -> NoReturn:
    raise WitnessRefused(message, status=422, code=code, found=found, kept=kept)
