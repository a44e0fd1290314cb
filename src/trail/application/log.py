"""
A log as its keeper sees it: checkpoints, proofs and evidence, whoever records in it.

`Log` opens any log of a database: one of acts, or one of an eventsourcing application that writes through
``PERSISTENCE_MODULE=trail.store``.  What concerns acts alone is in `trail.application.trail.Trail`.
"""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

from trail.application.exporting import Exported, check_target, counted
from trail.application.opening import open_database, state_path
from trail.errors import CallerError, StoreFailed
from trail.evidence.file import Item, write_evidence
from trail.merkle import leaf_hash
from trail.merkle.proofs import format_proof
from trail.signing import Signer, vet
from trail.store import CheckpointSigner, Database, IssuedCheckpoint, Reader, Scope, add_cosignatures, items
from trail.store.logs import FoundLog
from trail.store.schema import OPAQUE


class Receipt(NamedTuple):
    """A proof that an entry stands in the log: the c2sp.org/tlog-proof@v1 text, and the entry it is about."""

    proof: str
    entry: bytes
    position: int


class Log:
    """
    One log of a database; a context manager.

    ``origin`` names it; ``kind`` is ``acts`` or ``opaque``; ``reader`` reads it.  Without the log key it signs no
    checkpoint.  Threads may share it.
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
    ) -> None:
        self._database = database
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
        read_only: bool = False,
    ) -> Self:
        """
        Open a log of a database: ``sqlite:///events.db``, or a path.

        *log_key* and *state*, the file beside it, are needed for checkpoints alone; *origin* chooses among several.

        Raises:
            CallerError: There is no log, or more than one to choose from, or a key without its state.
            StoreFailed: The database can't be used.
        """
        database, found = open_database(url, origin=origin, kind=cls.KIND, mode="read" if read_only else "write")
        try:
            return cls(database, origin=found.origin, log_key=log_key, state=state)
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

    def checkpoint(self) -> IssuedCheckpoint:
        """
        Sign a checkpoint of the log as it stands; the last one again where nothing was added.

        Raises:
            CallerError: The log was opened without log key and state, or is empty.
            StoreFailed: What was signed before does not fit the database; nothing was signed.
        """
        if self._signer is None:
            raise CallerError("the log key is not at hand: open the log with log_key and state", code="NO_LOG_KEY")
        return self._signer.issue(self.reader)

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

    def items(self, scope: Scope | None = None) -> Iterator[Item]:
        """The items of the evidence file up to the last checkpoint, issued first where the log key is at hand."""
        if self._signer is not None:
            self.checkpoint()
        return items(self.reader, scope)

    def evidence(self, scope: Scope | None = None) -> bytes:
        """The evidence file in memory; see `export`."""
        stream = io.BytesIO()
        write_evidence(stream, self.items(scope))
        return stream.getvalue()

    def export(
        self,
        path: str | os.PathLike[str],
        scope: Scope | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Exported:
        """
        Write the evidence file, durably and all or nothing.

        Only an older evidence file is replaced.  *progress* is called with the entries written and the entries there
        are.  Without the log key the file ends at the last checkpoint: what was recorded since is not in it, which a
        warning says, and the result.

        Raises:
            CallerError: The path can't be written, or holds something else.
        """
        target = Path(path)
        check_target(target)
        part = target.with_name(target.name + ".part")
        try:
            with part.open("wb") as stream:
                size = write_evidence(stream, counted(self.items(scope), progress))
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(target)
        except OSError as error:
            raise CallerError(f"{target} can't be written: {error.strerror}", found=str(target)) from None
        finally:
            part.unlink(missing_ok=True)
        last, head = self.reader.checkpoint(), self.reader.head().size
        done = Exported(size, last.size if last is not None else head, head)
        if done.covered < head:
            what = f"positions {done.covered + 1} to {head} are not in {target}: no checkpoint covers them yet"
            warnings.warn(what, stacklevel=2)
        return done

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


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
