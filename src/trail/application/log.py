"""
A log as its keeper sees it: checkpoints, proofs and evidence, whoever records in it.

`Log` opens any log of a database: one of acts, or one of an eventsourcing application that writes through
``PERSISTENCE_MODULE=trail.store``.  What concerns acts alone is in `trail.application.trail.Trail`.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, NamedTuple, Self

from trail.application.anchoring import Round, hold
from trail.application.exporting import Exported, counted, write_whole
from trail.application.exposure import Exposure, measure
from trail.application.opening import open_database, state_path
from trail.application.runner import Anchoring, Told
from trail.clock import SystemClock
from trail.errors import CallerError, StoreFailed
from trail.evidence.extract import write_extract
from trail.evidence.file import Item, write_evidence
from trail.merkle import leaf_hash
from trail.merkle.proofs import format_proof
from trail.signing import Policy, PublicKey, Signer, parse_policy, vet
from trail.store import (
    CheckpointSigner,
    Choice,
    Database,
    IssuedCheckpoint,
    Reader,
    Scope,
    add_cosignatures,
    extract_items,
    items,
)
from trail.store.checkpoints import SignerState
from trail.store.files import LOCK_TIMEOUT
from trail.store.logs import FoundLog
from trail.store.schema import OPAQUE
from trail.witness.asking import Witnesses

Asking = Witnesses | Policy | str | bytes
"""Whom to ask: a policy file's text, read or not, or `Witnesses`, which remember who did not answer."""


_NAME_WITNESSES: Final = "Pass witnesses=…, the text of a policy file, here or when opening the log."


class Receipt(NamedTuple):
    """A proof that an entry stands in the log: the c2sp.org/tlog-proof@v1 text, and the entry it is about."""

    proof: str
    entry: bytes
    position: int


class Log:
    """
    One log of a database; a context manager.

    ``origin`` names it; ``kind`` is ``acts`` or ``opaque``; ``reader`` reads it.  Without the log key it signs no
    checkpoint.  ``witnesses`` are those whom it asks for cosignatures, None if it was given none.  ``alarms`` are what
    witnesses have raised and not taken back, by their names: as long as there is one it signs nothing.  Threads may
    share it.
    """

    KIND: ClassVar[str | None] = None
    """The kind of log that this class opens; None: any."""

    def __init__(
        self,
        database: Database,
        *,
        origin: str | None = None,
        log_key: Signer | None = None,
        state: str | os.PathLike[str] | None = None,
        witnesses: Asking | None = None,
    ) -> None:
        self._database = database
        self.witnesses = None if witnesses is None else asking(witnesses)
        self.alarms: dict[str, StoreFailed] = {}
        self._anchoring: Anchoring | None = None
        self._starting = threading.Lock()
        self._process = os.getpid()
        self._closed = False
        self._log_key = log_key
        self._signer = CheckpointSigner(state_path(log_key, state), log_key) if log_key is not None else None
        self.reader = Reader(database, origin=origin, kind=self.KIND)
        self.origin = self.reader.origin
        self.kind = self.reader.kind

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str],
        *,
        origin: str | None = None,
        log_key: Signer | None = None,
        state: str | os.PathLike[str] | None = None,
        witnesses: Asking | None = None,
        read_only: bool = False,
    ) -> Self:
        """
        Open a log of a database: ``sqlite:///events.db``, or a path.

        *log_key* and *state*, the file beside it, are needed for checkpoints alone; *origin* chooses among several;
        *witnesses* are whom to ask for cosignatures, as a policy file names them.

        Raises:
            CallerError: There is no log, or more than one to choose from, or a key without its state.
            StoreFailed: The database can't be used.
        """
        database, found = open_database(url, origin=origin, kind=cls.KIND, mode="read" if read_only else "write")
        try:
            return cls(database, origin=found.origin, log_key=log_key, state=state, witnesses=witnesses)
        except BaseException:
            database.close()
            raise

    @staticmethod
    def adopt(
        url: str | os.PathLike[str],
        *,
        origin: str | None = None,
        log_key: Signer,
        state: str | os.PathLike[str],
    ) -> Log:
        """
        Give the log of an eventsourcing application its checkpoint signer, once; the log may still be empty.

        *state* is the signer's file, which must not exist; from then on open the log with both.

        Raises:
            CallerError: No such log; several to choose from; or a checkpoint was signed already, by whoever adopted it
                before: a new signer would know nothing of what that one signed.
            KeyRefused: The key is weak.
            StoreFailed: The database or the state can't be written.
        """
        path = state_path(log_key, state)
        vet(log_key.public)
        database, found = adoptable(url, origin=origin)
        try:
            CheckpointSigner.create(path, log_key, found.origin)
            return Log(database, origin=found.origin, log_key=log_key, state=path)
        except BaseException:
            database.close()
            raise

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def checkpoint(self, *, wait: float = LOCK_TIMEOUT) -> IssuedCheckpoint:
        """
        Sign a checkpoint of the log as it stands; the last one again where nothing was added.

        *wait* is how many seconds another process may hold the signer.

        Raises:
            CallerError: The log was opened without log key and state, or is empty.
            StoreFailed: What was signed before does not fit the database, or a witness has seen another instance go on
                (``OTHER_INSTANCE``); nothing was signed.
        """
        if self._signer is None:
            raise CallerError("the log key is not at hand: open the log with log_key and state", code="NO_LOG_KEY")
        if (stopped := self.stopped) is not None:
            raise stopped.with_traceback(None)
        return self._signer.issue(self.reader, timeout=wait)

    @property
    def stopped(self) -> StoreFailed | None:
        """The first of the alarms after which it signs nothing more; None as long as all is well."""
        return next(iter(list(self.alarms.values())), None)

    @property
    def can_sign(self) -> bool:
        """Whether the log key is at hand."""
        return self._signer is not None

    def signed(self) -> SignerState | None:
        """What the checkpoint signer remembers; None without the log key."""
        return None if self._signer is None else self._signer.state()

    def public_key(self) -> PublicKey | None:
        """The log key's public half; None without the log key."""
        return None if self._log_key is None else self._log_key.public

    def anchor(self, witnesses: Asking | None = None) -> Round:
        """
        Sign a checkpoint and ask every witness for a cosignature (default: those that the log was opened with).

        Raises:
            CallerError: There is no witness to ask, or nothing to offer.
            StoreFailed: A witness has seen another instance of this log go on (``OTHER_INSTANCE``), or what was signed
                before does not fit the database: nothing was signed.
            MissingExtra: The extra `witness` is not installed.
        """
        return hold(self, self._asking(witnesses))

    def anchoring(self, every: float | None = None, told: Told | None = None) -> Anchoring:
        """
        The background thread that anchors this log, started by the first call and stopped by `close`; where it was
        stopped, or this is a fork of the process that started it, another one.

        *every* is the time between two rounds in seconds; without it rounds are held after filings and when asked.
        Where the thread runs already, the *every* and *told* that are given hold from now on.

        Raises:
            CallerError: There is no witness to ask; *every* is no time; or the log is closed (``LOG_CLOSED``).
        """
        with self._alone():
            if self._closed:
                raise CallerError("the log is closed", code="LOG_CLOSED")
            if self._anchoring is None or self._anchoring.ended:
                self._anchoring = Anchoring(self, self._asking(None), every=every, told=told).start()
            else:
                self._anchoring.change(every=every, told=told)
            return self._anchoring

    def _alone(self) -> threading.Lock:
        """The lock under which a thread is started; a fork of this process has one of its own."""
        if self._process != os.getpid():
            self._process, self._starting = os.getpid(), threading.Lock()
        return self._starting

    def exposure(self, policy: Asking | None = None, now: int | None = None) -> Exposure:
        """
        How much stands beyond the newest checkpoint that satisfies *policy* (default: the log's witnesses), at *now*.

        Raises:
            CallerError: There is no policy, or it names other logs.
        """
        if policy is None or isinstance(policy, Witnesses):
            chosen: Witnesses | None = self._asking(policy)
            rules = self._asking(policy).policy
        else:
            chosen, rules = None, policy if isinstance(policy, Policy) else parse_policy(policy)
        found = measure(self.reader, rules, self.now() if now is None else now)
        if chosen is None:
            return found
        rows = tuple(one._replace(since=chosen.since(one.name)) for one in found.witnesses)
        return found._replace(witnesses=rows)

    def now(self) -> int:
        """The time, UTC seconds."""
        return SystemClock().now()

    def _asking(self, witnesses: Asking | None) -> Witnesses:
        if witnesses is not None:
            return asking(witnesses)
        if self.witnesses is None:
            raise CallerError("no witnesses were named", code="NO_WITNESSES", advice=_NAME_WITNESSES)
        return self.witnesses

    def add_cosignatures(self, data: str | bytes, *, size: int | None = None) -> IssuedCheckpoint:
        """Keep a witness's cosignature lines for an issued checkpoint; raises `NoteError` or `CallerError`."""
        return add_cosignatures(self.reader, data, size=size)

    def proof(self, position: int) -> Receipt:
        """
        A proof that the entry at *position* stands in the log, once a checkpoint covers it.

        Raises:
            CallerError: No such entry, or no checkpoint covers it yet.
        """
        entry = self._entry(position)
        issued = self.reader.checkpoint()
        if issued is None or issued.size < position:
            raise CallerError("no checkpoint covers this entry yet: issue one", position=position)
        hashes = self.reader.inclusion(position, issued.size)
        return Receipt(format_proof(position - 1, hashes, issued.cosigned), entry, position)

    def genesis(self) -> bytes:
        """SHA-256 of entry 1, which an inspector's policy pins."""
        return hashlib.sha256(self._entry(1)).digest()

    def leaf(self, position: int) -> bytes:
        """The leaf hash of the entry at *position*; raises `CallerError` where there is none."""
        return leaf_hash(self._entry(position))

    def _entry(self, position: int) -> bytes:
        for _, entry in self.reader.entries(position, position):
            return entry
        raise CallerError("no entry at this position", position=position)

    # --- evidence ----------------------------------------------------------------------------------------------------

    def items(self, scope: Scope | None = None, *, since: int = 0) -> Iterator[Item]:
        """The items of the evidence file up to the last checkpoint, issued first where the log key is at hand."""
        if self._signer is not None:
            self.checkpoint()
        return items(self.reader, scope, since=since)

    def evidence(self, scope: Scope | None = None, *, since: int = 0) -> bytes:
        """The evidence file in memory; see `export`."""
        stream = io.BytesIO()
        write_evidence(stream, self.items(scope, since=since))
        return stream.getvalue()

    def export(
        self,
        path: str | os.PathLike[str],
        scope: Scope | None = None,
        *,
        since: int = 0,
        progress: Callable[[int, int], None] | None = None,
    ) -> Exported:
        """
        Write the evidence file, durably and all or nothing.

        Only an older evidence file is replaced.  With *since*, a continuation for an inspector who remembers the tree
        of that size.  *progress* is called with the entries written and the entries there
        are.  Without the log key the file ends at the last checkpoint: what was recorded since is not in it, which a
        warning says, and the result.

        Raises:
            CallerError: The path can't be written, or holds something else.
        """
        target = Path(path)
        found = counted(self.items(scope, since=since), progress)
        size = write_whole(target, lambda stream: write_evidence(stream, found))
        last, head = self.reader.checkpoint(), self.reader.head().size
        done = Exported(size, last.size if last is not None else head, head)
        if done.covered < head:
            what = f"positions {done.covered + 1} to {head} are not in {target}: no checkpoint covers them yet"
            warnings.warn(what, stacklevel=2)
        return done

    def extract(
        self,
        path: str | os.PathLike[str],
        choice: Choice,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Exported:
        """
        Write an extract: the chosen entries with their proofs, and those that vouch for their signers' keys.

        A checkpoint is issued first where the log key is at hand.  Durably and all or nothing, as `export`.

        Raises:
            CallerError: The path can't be written; or nothing was chosen, or what no checkpoint covers.
        """
        if self._signer is not None:
            self.checkpoint()
        found = extract_items(self.reader, choice)
        size = write_whole(Path(path), lambda stream: write_extract(stream, counted(found, progress)))
        last, head = self.reader.checkpoint(), self.reader.head().size
        return Exported(size, last.size if last is not None else 0, head)

    def close(self) -> None:
        """Close the database; a round in the background that was asked for may end first."""
        with self._alone():
            self._closed = True  # from now on nobody starts a thread
        if self._anchoring is not None:
            self._anchoring.stop()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def asking(witnesses: Asking) -> Witnesses:
    """Whom to ask, as `Witnesses`; raises `PolicyError` or `CallerError`."""
    return witnesses if isinstance(witnesses, Witnesses) else Witnesses(witnesses)


def adoptable(url: str | os.PathLike[str], *, origin: str | None = None) -> tuple[Database, FoundLog]:
    """The database, open, and its log that `Log.adopt` may adopt; raises as that does."""
    try:
        database, found = open_database(url, origin=origin, kind=OPAQUE)
    except (CallerError, StoreFailed) as error:
        raise (_nothing_to_adopt() if error.code == "NO_LOG" else error) from None
    last = Reader(database, origin=found.origin, kind=OPAQUE).checkpoint()
    if last is not None:
        database.close()
        raise CallerError(
            f"{found.origin} was adopted before: checkpoint {last.number} was signed already", code="LOG_ADOPTED",
            advice="Open it with the log key and the state that were made then.", number=last.number,
        )  # fmt: skip
    return database, found


def _nothing_to_adopt() -> CallerError:
    return CallerError(
        "this database holds no log of an eventsourcing application yet", code="NO_LOG",
        advice="Run the application once with PERSISTENCE_MODULE=trail.store and TRAIL_URL naming this database; then "
        "adopt its log.",
    )  # fmt: skip
