"""
A campus: the invented university with everything that a log needs around it.

It brings a clock that is set by hand, keys that follow from names, a log of its own, a witness with its own state, and
the inspector's policy.  In memory it is made in a few hundredths of a second::

    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        campus.acting("jia/secretary").record(TalkHeld(kind="duty", counterparts=["p-006"], …))
        campus.anchor()
        report = verify(campus.trail.evidence(), campus.policy)

Its keys can be computed by anybody who reads this module: never use them for anything real.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from trail.aggregates import ActBase, KeyEnrolled, RuleSetAdopted
from trail.application import Ack, Acting, Registering, Trail
from trail.clock import FixedClock
from trail.evidence.moment import date_of
from trail.evidence.types import TypeSpec
from trail.rules import RuleSet, load_default
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, PrivateKey, format_policy, possession_message
from trail.store import IssuedCheckpoint
from trail.testing.copies import copy_database
from trail.testing.roster import HOLDERS, PEOPLE, REGISTRARS, establishing
from trail.witness import Witness, request

__all__ = ["CST", "Campus", "key_of", "seconds"]

CST: Final = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
ORIGIN: Final = "trail.example/some-university"
WITNESS: Final = "dic.example"
BEGIN: Final = "2026-01-01"


@lru_cache(maxsize=256)
def key_of(name: str) -> PrivateKey:
    """The private key that follows from *name*; the same each time, and no secret at all."""
    return PrivateKey.from_seed(hashlib.sha256(b"trail/testing/key\n" + name.encode()).digest())


def seconds(text: str) -> int:
    """UTC seconds of ``2026-03-05 09:00`` (or a date, then 00:00) in Asia/Shanghai."""
    moment = dt.datetime.fromisoformat(text)
    return int((moment if moment.tzinfo is not None else moment.replace(tzinfo=CST)).timestamp())


class Campus:
    """
    A log of the invented university; a context manager.

    ``trail`` is its façade, ``clock`` the log's clock, ``state`` the file of the checkpoint signer; *witness* is where
    the witness keeps its own state.
    """

    def __init__(self, trail: Trail, clock: FixedClock, *, state: Path, witness: str | Path = ":memory:") -> None:
        self.trail = trail
        self.clock = clock
        self.state = state
        self._witness_state = witness
        self._witness: Witness | None = None
        self._seen = 0  # the witness's clock: its own, so it goes on where the log's is set back
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def found(
        cls,
        folder: Path | None = None,
        *,
        origin: str = ORIGIN,
        types: Iterable[TypeSpec] = (),
        begin: str = BEGIN,
        rules: RuleSet | None = None,
    ) -> Self:
        """
        Found the university's log: in memory, or as ``trail.db``, ``log/`` and ``witness/`` of a new *folder*.

        *types* are a host's own; *begin* is the first day, on which all appointments begin and *rules* (default: the
        regulation of 2017) are adopted.  The clock stands at nine in the morning of that day.
        """
        clock = FixedClock(seconds(f"{begin} 09:00"))
        temporary = tempfile.TemporaryDirectory(prefix="trail-campus-") if folder is None else None
        place = Path(temporary.name) if temporary is not None else Path(str(folder))
        log = place / "log"
        log.mkdir(parents=True, exist_ok=True)
        if folder is not None:
            (place / "witness").mkdir(exist_ok=True)
        trail = Trail.create(
            "sqlite://" if folder is None else place / "trail.db",
            origin=origin,
            registrars=[(person, key_of(person)) for person in REGISTRARS],
            log_key=key_of("log"),
            state=log / "state",
            types=types,
            clock=clock,
        )
        campus = cls(
            trail, clock, state=log / "state", witness=":memory:" if folder is None else place / "witness" / "state.db"
        )
        campus._temporary = temporary
        campus._furnish(begin, rules or load_default())
        return campus

    def _furnish(self, begin: str, rules: RuleSet) -> None:
        self.registering().record_many([*establishing(begin), *(self.enrolment(person) for person in PEOPLE)])
        adopted = RuleSetAdopted(name=rules.instrument, digest=rules.digest, first_period=begin[:4], body="uni")
        self.acting("uni/secretary").record(adopted)

    # --- who acts ----------------------------------------------------------------------------------------------------

    def registering(self) -> Registering:
        """The two founding registrars."""
        return self.trail.registering([(person, key_of(person)) for person in REGISTRARS])

    def register(self, *acts: ActBase) -> list[Ack]:
        """Record registry events in one transaction."""
        return self.registering().record_many(acts)

    def enrolment(self, person: str, key: PrivateKey | None = None) -> KeyEnrolled:
        """The event that enrols *key* (default: the one that follows from the name) for *person*."""
        chosen = key or key_of(person)
        message = possession_message(self.trail.origin, person, chosen.public)
        return KeyEnrolled(person=person, key=chosen.public.raw, possession=chosen.sign(message))

    def acting(self, post: str, person: str | None = None, key: PrivateKey | None = None) -> Acting:
        """The holder of *post*, or *person* in it, signing with their own key, or with *key*."""
        who = person or self.holder(post)
        return self.trail.acting(who, post, key or key_of(who))

    def holder(self, post: str) -> str:
        """Who holds *post* on the clock's day, as far as is known now; at first, if nobody does."""
        held = self.trail.registry().holders(post, date_of(self.clock.now()))
        return held[-1][0] if held else HOLDERS[post]

    # --- time --------------------------------------------------------------------------------------------------------

    def set_time(self, text: str) -> dt.datetime:
        """Set the clock, forwards or back, to ``2026-03-05 09:00`` in Asia/Shanghai; gives it as a datetime."""
        self.clock.set(seconds(text))
        return dt.datetime.fromtimestamp(self.clock.now(), CST)

    @staticmethod
    def moment(text: str) -> dt.datetime:
        """``2026-03-05 09:00`` in Asia/Shanghai as a datetime."""
        return dt.datetime.fromtimestamp(seconds(text), CST)

    @property
    def now(self) -> dt.datetime:
        """The clock's reading."""
        return dt.datetime.fromtimestamp(self.clock.now(), CST)

    # --- the outside world -------------------------------------------------------------------------------------------

    @property
    def witness(self) -> Witness:
        """The witness, an invented commission for discipline, with its own key and its own state."""
        if self._witness is None:
            self._witness = Witness(self._witness_state, key_of("witness"), WITNESS, new=True)
            self._witness.memory.add_log(self.log_key, now=self.clock.now())
        return self._witness

    @property
    def log_key(self) -> NoteKey:
        """The log's key as policies name it."""
        return NoteKey(self.trail.origin, LOG_ED25519, key_of("log").public.raw)

    @property
    def witness_key(self) -> NoteKey:
        """The witness's key as policies name it."""
        return NoteKey(WITNESS, COSIGNATURE_ED25519, key_of("witness").public.raw)

    @property
    def policy(self) -> str:
        """The inspector's policy: the log, the witness as its quorum, and the genesis."""
        return format_policy(
            logs=[self.log_key], witnesses={"dic": self.witness_key}, quorum="dic", genesis=[self.trail.genesis()]
        )

    def anchor(self) -> IssuedCheckpoint:
        """Issue a checkpoint and have the witness cosign it at the clock's time, or where its own stood already."""
        self.trail.checkpoint()
        last = self.witness.latest(self.trail.origin)
        self._seen = max(self._seen, self.clock.now())
        lines = self.witness.sign(request(self.trail.reader, 0 if last is None else last[0]), self._seen)
        return self.trail.add_cosignatures(lines)

    def copy_database(self, path: Path) -> Path:
        """Copy the database, as a backup would, to the new file *path*."""
        copy_database(self.trail.reader.database, path)
        return path

    def close(self) -> None:
        """Close the log and the witness; what lay in memory is gone."""
        self.trail.close()
        self.close_witness()
        if self._temporary is not None:
            self._temporary.cleanup()

    def close_witness(self) -> None:
        """Close the witness alone."""
        if self._witness is not None:
            self._witness.close()
            self._witness = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
