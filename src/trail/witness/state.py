"""
A small witness: it cosigns the largest consistent tree of each log that it has seen, and never two that disagree.

It follows C2SP tlog-witness without the network: a request (`trail.witness.protocol`) in, one cosignature line out.
The checks come in the specification's order and rest on the witness's own state alone, an SQLite database that is kept
with its key, away from the log.  The state is durable before the answer is given.  A log's first checkpoint is taken
on trust: that it is the first is all that a witness can know of it.

A log key that has signed two trees that disagree has betrayed itself; whatever the answer, both notes are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple, NoReturn, Self

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text, bindparam, insert, select, update
from sqlalchemy.sql.elements import BindParameter

from trail.errors import CallerError, EvidenceError, ProofError, SignatureError, StoreFailed
from trail.merkle import EMPTY_ROOT, check_consistency, parse_checkpoint
from trail.merkle.proofs import parse_hash
from trail.signing import COSIGNATURE_ED25519, Note, NoteKey, Signer, cosign, format_note, open_note
from trail.store.engine import Database
from trail.store.statements import Query, Transaction
from trail.witness.protocol import Request, parse_request

_METADATA: Final = MetaData()
_TREE: Final = Table(
    "witnessed", _METADATA,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
)  # fmt: skip
_LATEST: Final = Table(
    "latest", _METADATA, Column("origin", Text, primary_key=True), Column("size", BigInteger, nullable=False)
)
_SELF: Final = Table(
    "witness", _METADATA, Column("name", Text, primary_key=True), Column("key", LargeBinary, nullable=False)
)  # whose state this is: a cosignature by another key would move it on and help nobody
_FORK: Final = Table(
    "fork", _METADATA,
    Column("origin", Text, primary_key=True),
    Column("kept", Text, primary_key=True),
    Column("offered", Text, primary_key=True),
    Column("proven", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
)  # fmt: skip


def _p(name: str) -> BindParameter[str]:
    return bindparam(name)


_READ_LATEST: Final = Query(
    select(_TREE.c.size, _TREE.c.root, _TREE.c.note)
    .join_from(_TREE, _LATEST, (_TREE.c.origin == _LATEST.c.origin) & (_TREE.c.size == _LATEST.c.size))
    .where(_LATEST.c.origin == _p("o")),
    "o",
)
_READ_AT: Final = Query(
    select(_TREE.c.root, _TREE.c.note).where(_TREE.c.origin == _p("o"), _TREE.c.size == _p("s")), "o", "s"
)
_ADD_TREE: Final = Query(insert(_TREE), *_TREE.c.keys())
_ADD_LATEST: Final = Query(insert(_LATEST), *_LATEST.c.keys())
_MOVE_LATEST: Final = Query(
    update(_LATEST).where(_LATEST.c.origin == _p("o")).values(size=_p("new_size")), "new_size", "o"
)
_ADD_FORK: Final = Query(insert(_FORK), *_FORK.c.keys())
_READ_FORK: Final = Query(
    select(_FORK.c.time).where(_FORK.c.origin == _p("o"), _FORK.c.kept == _p("k"), _FORK.c.offered == _p("f")),
    "o", "k", "f",
)  # fmt: skip
_READ_SELF: Final = Query(select(_SELF.c.name, _SELF.c.key))
_ADD_SELF: Final = Query(insert(_SELF), *_SELF.c.keys())
_READ_FORKS: Final = Query(select(*_FORK.c).order_by(_FORK.c.time, _FORK.c.origin, _FORK.c.offered))


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


class Fork(NamedTuple):
    """
    Two notes of one log, each signed by its key.

    ``proven``: they give one size two roots, which nothing excuses.  Otherwise the larger came without a proof that it
    extends the smaller; the log can still clear itself by giving one.
    """

    origin: str
    kept: str
    offered: str
    proven: bool
    time: int


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
    A witness called *name*, with its own key and its own state at *state*; *logs* are the keys that it trusts.

    The key is used for nothing else: a cosignature names no witness.  Only *new* makes a state: a witness that lost
    its memory must not go on as if it had seen nothing.
    """

    def __init__(
        self, state: Path | str, signer: Signer, name: str, logs: Iterable[NoteKey], *, new: bool = False
    ) -> None:
        path = Path(state)
        memory = str(state) == ":memory:"
        if new and not memory and path.exists():
            raise CallerError(f"{path} exists already", code="STATE_EXISTS")
        if not new and not path.exists():
            raise StoreFailed(
                f"{path}: the witness's state is missing", code="STATE_MISSING",
                advice="Find it: a witness without its memory would cosign a fork. Only a new witness makes a new one.",
            )  # fmt: skip
        self._database = Database(path, mode="create" if new else "write", tables=_METADATA.sorted_tables)
        self._signer = signer
        self._name = name
        self._logs: dict[str, list[NoteKey]] = {}
        for key in logs:
            self._logs.setdefault(key.name, []).append(key)
            if key.raw == signer.public.raw:
                raise CallerError("a log can't be its own witness: one key has one purpose", code="KEY_DOUBLE_USE")
        self._bind(new)

    def _bind(self, new: bool) -> None:
        """A state belongs to one name and one key."""
        own = (self._name, self._signer.public.id)
        if new:
            with self._database.writing() as tx:
                tx.run(_ADD_SELF, *own)
        elif self._database.fetch(_READ_SELF) != [own]:
            raise CallerError("the state is another witness's: name or key differ", code="STATE_OTHER",
                              advice="Use the key and the name that the state was made with.")  # fmt: skip

    @property
    def key(self) -> NoteKey:
        """The witness's key, as policies name it."""
        return NoteKey(self._name, COSIGNATURE_ED25519, self._signer.public.raw)

    def sign(self, body: bytes, now: int) -> str:
        """
        Check a request against the state, in the specification's order, and cosign: signature lines.

        *now* is the time that the cosignature states, POSIX seconds.

        Raises:
            WitnessRefused: With the answer's status.
            NoteError: Not a request (400 over HTTP).
            StoreBusy, StoreFailed: The state can't be read or written; nothing was signed.
        """
        asked = parse_request(body)
        checkpoint = _tree(asked.note.text)
        note = self._authenticated(asked.note, checkpoint.origin)
        if asked.old > checkpoint.size:
            raise WitnessRefused(
                "the old size is beyond the checkpoint", status=400, code="OLD_BEYOND", expected=checkpoint.size,
                found=asked.old,
            )  # fmt: skip
        refusal: WitnessRefused | None = None
        line = ""
        with self._database.writing() as tx:
            self._keep_contradiction(tx, checkpoint, note, now)
            try:
                self._check_against_state(tx, asked, checkpoint, note, now)
            except WitnessRefused as error:
                refusal = error  # what was kept as evidence must still be committed
            else:
                line = cosign(asked.note.text, self._name, self._signer, now)
        if refusal is not None:
            raise refusal
        return line

    def _authenticated(self, note: Note, origin: str) -> str:
        """The note with the log's verified signatures alone."""
        keys = self._logs.get(origin)
        if not keys:
            raise WitnessRefused("a log that this witness does not know", status=404, code="LOG_UNKNOWN", found=origin)
        try:
            verified = open_note(note, keys)
        except SignatureError as error:
            raise WitnessRefused(error.message, status=403, code="LOG_SIGNATURE", found=origin) from None
        return format_note(note.text, [one.signature.line for one in verified])

    def _check_against_state(self, tx: Transaction, asked: Request, new: _Tree, note: str, now: int) -> None:
        row = tx.first(_READ_LATEST, new.origin)
        size, root, kept = (0, EMPTY_ROOT, "") if row is None else (row[0], bytes(row[1]), row[2])
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
                _keep_fork(tx, Fork(new.origin, kept, note, False, now))
                _unprocessable(error.message, new.root, kept, "PROOF_BAD")
        if row is None:
            tx.run(_ADD_LATEST, new.origin, new.size)
        elif new.size > size:
            tx.run(_MOVE_LATEST, new.size, new.origin)
        if row is None or new.size > size:
            tx.run(_ADD_TREE, new.origin, new.size, new.root, note, now)

    def _keep_contradiction(self, tx: Transaction, new: _Tree, note: str, now: int) -> None:
        """Two roots at any size that was ever cosigned are proof, whatever the request's answer will be."""
        row = tx.first(_READ_AT, new.origin, new.size)
        if row is not None and bytes(row[0]) != new.root:
            _keep_fork(tx, Fork(new.origin, row[1], note, True, now))

    def latest(self, origin: str) -> tuple[int, bytes, str] | None:
        """Size, root and note of the tree that was last cosigned for a log, or None."""
        rows = self._database.fetch(_READ_LATEST, origin)
        return None if not rows else (int(rows[0][0]), bytes(rows[0][1]), str(rows[0][2]))

    def forks(self) -> tuple[Fork, ...]:
        """Every pair of notes that was kept as evidence, the oldest first."""
        rows = self._database.fetch(_READ_FORKS)
        return tuple(Fork(o, kept, offered, bool(proven), time) for o, kept, offered, proven, time in rows)

    def close(self) -> None:
        """Close the state."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _keep_fork(tx: Transaction, fork: Fork) -> None:
    if tx.first(_READ_FORK, fork.origin, fork.kept, fork.offered) is None:
        tx.run(_ADD_FORK, fork.origin, fork.kept, fork.offered, int(fork.proven), fork.time)


def _unprocessable(message: str, found: object, kept: str = "", code: str = "UNPROCESSABLE") -> NoReturn:
    raise WitnessRefused(message, status=422, code=code, found=found, kept=kept)
