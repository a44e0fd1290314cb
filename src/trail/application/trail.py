"""
The façade: what a host system calls to record acts.

A log of acts is made once, by `Trail.create` (or ``trail init``); `Trail.open` refuses a database without one.  Without
the log key a trail records, but signs no checkpoint.  Checkpoints, evidence and proofs are those of any `Log`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

from trail.aggregates import LIBRARY_TYPES, Founder, LogFounded, TypeDeclared
from trail.aggregates.base import ActBase, EventData
from trail.application.acting import Acting, Registering
from trail.application.drafts import Draft
from trail.application.exporting import Exported
from trail.application.filing import after_filing, goes_upward
from trail.application.following import Following
from trail.application.log import Asking, Log, Receipt
from trail.application.opening import check_signer, open_database, state_path
from trail.application.seeing import Seeing
from trail.application.views import Kept, View
from trail.clock import Clock, SystemClock
from trail.errors import CallerError
from trail.evidence.lineage import Predecessor
from trail.evidence.record import Happened, Record, Seen
from trail.evidence.registry import Registry
from trail.evidence.types import TypeSpec
from trail.rules import RuleSet, load_default
from trail.signing import Signer, possession_message, vet
from trail.store import Ack, CheckpointSigner, Database, EntryStore, IssuedCheckpoint, create_log
from trail.store.files import LOCK_TIMEOUT
from trail.store.schema import ACTS

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

NO_KEYS: frozenset[bytes] = frozenset()


class FoundingRegistrar(NamedTuple):
    """A founding registrar with the signer of their key, and in whose custody that key is."""

    person: str
    signer: Signer
    custody: str = "self"


class Trail(Log):
    """
    One log of acts in a database; a context manager.

    ``origin`` names the log; *clock* gives the recorded time (UTC seconds).  Threads may share a trail.
    """

    KIND = ACTS

    def __init__(
        self,
        database: Database,
        *,
        origin: str | None = None,
        log_key: Signer | None = None,
        state: str | os.PathLike[str] | None = None,
        clock: Clock | None = None,
        rules: Iterable[RuleSet] = (),
        witnesses: Asking | None = None,
    ) -> None:
        super().__init__(database, origin=origin, log_key=log_key, state=state, witnesses=witnesses)
        self._clock = clock or SystemClock()
        self._rules = (load_default(), *rules)
        self._store = EntryStore(database, clock=self._clock, origin=self.origin)
        self._kept = Kept(self.reader)
        self.read_model = Following(self.reader, self._rules)
        self._registry: Registry | None = None
        self._seeing = Seeing(self.reader)

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str],
        *,
        origin: str | None = None,
        log_key: Signer | None = None,
        state: str | os.PathLike[str] | None = None,
        clock: Clock | None = None,
        rules: Iterable[RuleSet] = (),
        witnesses: Asking | None = None,
        read_only: bool = False,
    ) -> Self:
        """
        Open the log of a database: ``sqlite:///trail.db``, or a path.

        *log_key* and *state*, the file beside it, are needed for checkpoints alone; *origin* chooses among several;
        *rules* are rule sets beside the library's own, to be known when the log says that they were adopted;
        *witnesses* are whom to ask for cosignatures, as a policy file names them.

        Raises:
            CallerError: There is no log of acts, or more than one to choose from, or a key without its state.
            StoreFailed: The database can't be used.
        """
        database, found = open_database(url, origin=origin, kind=ACTS, mode="read" if read_only else "write")
        try:
            return cls(
                database, origin=found.origin, log_key=log_key, state=state, clock=clock, rules=rules,
                witnesses=witnesses,
            )  # fmt: skip
        except BaseException:
            database.close()
            raise

    @classmethod
    def create(
        cls,
        url: str | os.PathLike[str],
        *,
        origin: str,
        registrars: Sequence[tuple[str, Signer] | FoundingRegistrar],
        log_key: Signer,
        state: str | os.PathLike[str],
        types: Iterable[TypeSpec] = (),
        predecessor: Predecessor | None = None,
        clock: Clock | None = None,
        rules: Iterable[RuleSet] = (),
    ) -> Self:
        """
        Make a log: its genesis, signed by each of at least two founding registrars, and the library's types.

        *types* are declared beside them; *state* is the checkpoint signer's file, which must not exist; *predecessor*
        is the log that this one succeeds, by its last checkpoint.

        Raises:
            CallerError: The log exists already, or the founders are not fit to found one.
            KeyRefused: A founder's key is weak.
            StoreFailed: The database or the state can't be written.
        """
        founders = [FoundingRegistrar(*row) for row in registrars]
        for row in founders:
            check_signer(row.signer, f"what {row.person} signs with")
        path = state_path(log_key, state)
        keys = {row.signer.public.raw for row in founders}
        if len(founders) < 2 or len({row.person for row in founders}) < len(founders) or len(keys) < len(founders):
            raise CallerError("a log is founded by two persons, each with a key of their own")
        if log_key.public.raw in keys:
            raise CallerError("the log's key can't be a person's: one key has one purpose")
        for row in founders:
            vet(row.signer.public)
        vet(log_key.public)
        moment = clock or SystemClock()
        database = Database(os.fspath(url), mode="create")
        try:
            create_log(database, origin, created=moment.now())
            CheckpointSigner.create(path, log_key, origin)
            trail = cls(database, origin=origin, log_key=log_key, state=path, clock=moment, rules=rules)
            trail._found(founders, types, predecessor)
            return trail
        except BaseException:
            database.close()
            raise

    def _found(
        self, founders: Sequence[FoundingRegistrar], types: Iterable[TypeSpec], predecessor: Predecessor | None
    ) -> None:
        rows = []
        for person, signer, custody in founders:
            public = signer.public
            possession = signer.sign(possession_message(self.origin, person, public))
            rows.append(Founder(person, public.raw, possession, custody, public.suite))
        registering = self.registering([(row.person, row.signer) for row in founders])
        before = None if predecessor is None else predecessor._asdict()
        registering.found(LogFounded(registrars=rows, predecessor=before))
        registering.record_many([TypeDeclared(schema=spec) for spec in (*LIBRARY_TYPES, *types)])
        self.checkpoint()

    # --- recording -------------------------------------------------------------------------------------------------

    def acting(self, person: str, post: str, signer: Signer | None = None) -> Acting:
        """Somebody acting in a post; without a *signer* for `Acting.prepare` alone."""
        return Acting(self, person, post, signer)

    def registering(self, signers: Sequence[tuple[str, Signer]]) -> Registering:
        """Registrars acting for the registry: (person, signer) of each."""
        return Registering(self, signers)

    def submit(
        self,
        draft: Draft,
        signatures: Sequence[bytes],
        *,
        trusted: frozenset[bytes] = NO_KEYS,
        connection: Connection | None = None,
    ) -> Ack:
        """
        Append a draft with one signature for each signer, in the statement's order.

        After a filing (`trail.application.filing.FILED_UPWARD`) a trail that has its log key issues a checkpoint by
        itself, and asks its witnesses in the background; but with the host's own *connection*, whose commit is not
        seen here, that is for the next round.

        *trusted* is for signatures made in this process a moment ago; see `trail.store.EntryStore.append_many`.

        Raises:
            ActRefused: The verifier would reject it; code and check are in the facts.
            StreamMoved, IdReused, StoreBusy, StoreFailed: As the store raises them.
        """
        if not trusted:
            draft.check()
        ack = self._store.append(draft.signed(signatures), trusted=trusted, connection=connection)
        if connection is None:
            self._appended([draft])
        else:
            self._seeing.named(draft.statement.seen, durable=False)
        return ack

    def submit_many(
        self, rows: Sequence[tuple[Draft, Sequence[bytes]]], *, trusted: frozenset[bytes] = NO_KEYS
    ) -> list[Ack]:
        """Append several drafts in one transaction: all of them or none; raises as `submit`."""
        if not trusted:
            for one, _ in rows:
                one.check()
        acks = self._store.append_many([draft.signed(signatures) for draft, signatures in rows], trusted=trusted)
        self._appended([draft for draft, _ in rows])
        return acks

    def _appended(self, drafts: Sequence[Draft]) -> None:
        """After the commit: the read model's turn, and a checkpoint where something was filed upward."""
        for draft in drafts:
            self._seeing.named(draft.statement.seen)
        self.read_model.appended(len(drafts))
        if goes_upward(draft.statement.type for draft in drafts):
            after_filing(self)

    def declare(self, registering: Registering, *types: TypeSpec) -> list[Ack]:
        """Declare a host's own types, once, before their first use; two registrars sign."""
        return registering.record_many([TypeDeclared(schema=spec) for spec in types])

    # --- what drafts need to know ------------------------------------------------------------------------------------

    def now(self) -> int:
        """The log's clock, UTC seconds."""
        return self._clock.now()

    def place(self, event: EventData, chosen: bytes) -> tuple[str, int]:
        """The stream that an event goes to, and its last version now."""
        stream = event.stream
        if stream is None and event.join is not None:
            record = self.reader.find(event.join)
            if record is None:
                raise CallerError("refers to an event that is not in this log", found=event.join.hex())
            stream = record.statement.stream
        if stream is None:
            return event.stream_prefix + chosen.hex(), 0
        return stream, self.reader.stream_version(stream)

    def happened(self, chosen: bytes) -> Happened | None:
        """When the event with this id happened, if it is recorded already."""
        record = self.reader.find(chosen)
        return None if record is None else record.statement.happened

    def registry(self) -> Registry:
        """The registry at the head; what was folded before is kept, for a registry entry can't be unsaid."""
        last = self.reader.head().registry
        held, self._registry = self._registry, None
        if held is None or held.position > last:
            held = Registry()  # the first time, or a database that was put back to an earlier state
        self._registry = held if held.position == last else self.reader.registry(last, onto=held)
        return self._registry

    def unit_of(self, post: str) -> str | None:
        """The unit of a post, None if it is unknown."""
        known = self._known(post)
        return None if known is None else known.posts[post].unit

    def hand_of(self, post: str) -> str:
        """The hand by which a post's holder signs what others did."""
        known = self._known(post)
        return "recorded" if known is not None and known.posts[post].kind == "recorder" else "imported"

    def through(self, body: str) -> str | None:
        """The post that a body acts through, as of the head."""
        unit = self.registry().units.get(body)
        return None if unit is None else unit.through

    def _known(self, post: str) -> Registry | None:
        registry = self._registry
        if registry is None or post not in registry.posts:
            registry = self.registry()
        return registry if post in registry.posts else None

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def checkpoint(self, *, wait: float = LOCK_TIMEOUT) -> IssuedCheckpoint:
        """As `Log.checkpoint`; acts that are prepared from now on say that their signers had seen it."""
        issued = super().checkpoint(wait=wait)
        self._seeing.refresh()
        return issued

    def add_cosignatures(self, data: str | bytes, *, size: int | None = None) -> IssuedCheckpoint:
        """As `Log.add_cosignatures`; acts that are prepared from now on name the witness's time too."""
        issued = super().add_cosignatures(data, size=size)
        self._seeing.refresh()
        return issued

    @property
    def seen(self) -> Seen | None:
        """What a statement that is prepared now names as seen: see `trail.application.seeing`."""
        return self._seeing.look()

    def receipt(self, event_id: bytes) -> Receipt:
        """
        A proof that an act stands in the log, once a checkpoint covers it.

        Raises:
            CallerError: No such event, or no checkpoint covers it yet.
        """
        record = self.reader.find(event_id)
        if record is None:
            raise CallerError("no such event in this log", found=event_id.hex())
        return self.proof(record.position)

    # --- reading -----------------------------------------------------------------------------------------------------

    def records(self, first: int = 1, last: int | None = None) -> Iterator[Record]:
        """The records in order, decoded from their stored bytes."""
        return self.reader.records(first, last)

    def at(
        self,
        as_of: dt.date | dt.datetime | str | int | None = None,
        *,
        known_at: dt.date | dt.datetime | str | int | None = None,
    ) -> View:
        """
        The status as of a date, as known at a tree size (int) or a time.

        A date D means before D+1 00:00 Asia/Shanghai, for both; default: now, and the head.
        """
        now = self.now()
        found = self.read_model.view(self._kept, now, as_of, known_at)
        return View.of(self._kept, self._rules, now, as_of, known_at) if found is None else found

    def rebuild_read_model(self, progress: Callable[[int, int], None] | None = None) -> int:
        """
        Make the read model anew from nothing (the first time, make it), and say how many entries it covers.

        From then on `at` answers for units and persons from the few entries that concern them; the answers are the
        same.  *progress* is called with the entries done and the entries there are.

        Raises:
            StoreBusy, StoreFailed: It could not be written; `at` then reads all entries, as without it.
        """
        return self.read_model.rebuild(progress)


__all__ = ["Ack", "ActBase", "Exported", "FoundingRegistrar", "Receipt", "Trail"]
