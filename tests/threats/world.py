"""
The university under attack: a year of it, three witnesses with operators of their own, and what each tier can do.

It is told once.  An attack gets a copy, changes it with `trail.testing.tamper`, and `seal` then recomputes whatever
its tier can: leaves, tree, head and columns always, checkpoints with the log's stolen key, cosignatures with those of
the witnesses that the attacker owns.  What the inspector holds lies outside: policy, checkpoint, receipt, memory.
"""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from trail.aggregates import ActBase, KeyRevoked, TalkConfirmed, TalkHeld
from trail.application import Ack, Trail
from trail.evidence.record import Record
from trail.inspecting import State, inspect
from trail.merkle import Checkpoint, format_checkpoint, parse_checkpoint, parse_proof
from trail.signing import (
    COSIGNATURE_ED25519,
    NoteKey,
    PrivateKey,
    cosign,
    format_note,
    format_policy,
    parse_note,
    sign_note,
)
from trail.store import IssuedCheckpoint, Submission
from trail.testing.campus import key_of
from trail.testing.copies import copy_database, copy_file
from trail.testing.stored import Copy, DatabaseCopy, EvidenceCopy, record_of, roots
from trail.testing.tamper import resigned, signed
from trail.testing.university import University, UniversityCampus
from trail.witness import Witness, request

NAMES = ("dic.example", "archive.example", "peer.example")
"""The witnesses, each run by somebody else: a commission for discipline, an archive, another university."""
LABELS = dict(zip(NAMES, ("dic", "archive", "peer"), strict=True))
KEYS: Mapping[str, PrivateKey] = {name: key_of(f"witness {name}") for name in NAMES}
LOG_KEY = key_of("log")
BACKUP = "2026-08-03 10:00"
LATE, AFTER, INSPECTED = "2027-02-2{} 09:00", "2027-02-26 09:00", "2027-02-28 09:00"
FRESH_DAYS = 14
TAIL = 4
"""So many acts were recorded after the last checkpoint."""


@dataclass(frozen=True)
class Tier:
    """
    What the attacker has beside full write access: the log's key, so many witnesses' keys, members' keys.

    ``text`` says it as the page does.
    """

    text: str
    log: bool = False
    witnesses: tuple[str, ...] = ()
    member: bool = False

    @property
    def stolen(self) -> dict[str, PrivateKey]:
        """The witnesses' keys that the attacker has, by name."""
        return {name: KEYS[name] for name in self.witnesses}


MINORITY, QUORUM = NAMES[2:], NAMES[1:]
TIERS = {
    "T0": Tier("database and files"),
    "T1": Tier("T0 and the log's key", log=True),
    "T2": Tier("T0 and one member's key", member=True),
    "T1+T2": Tier("T1 and one member's key", log=True, member=True),
    "T3": Tier("T1 and one of three witnesses", log=True, witnesses=MINORITY),
    "T3+T2": Tier("T3 and one member's key", log=True, witnesses=MINORITY, member=True),
    "T4": Tier("T1 and a quorum of the witnesses", log=True, witnesses=QUORUM),
    "T4+T2": Tier("T4 and one member's key", log=True, witnesses=QUORUM, member=True),
}


@dataclass
class World:
    """
    The log with its witnesses, and what lies elsewhere.

    ``anchored`` is the size of the last cosigned checkpoint, ``seen`` that of the one before it, a month older: the
    last that any anchored statement names.  ``known`` is the last cosigned checkpoint as the inspector holds it,
    ``older`` the one of August.  ``acks`` are the acknowledgements of the acts after the last checkpoint.
    """

    folder: Path
    campus: UniversityCampus
    witnesses: dict[str, Witness]
    older: str = ""
    acks: list[Ack] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    # --- the log -----------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """When the inspector looks."""
        return int(self.campus.moment(INSPECTED).timestamp())

    @cached_property
    def notes(self) -> list[str]:
        """Every cosigned checkpoint, the oldest first."""
        return [one.cosigned for one in self.campus.trail.reader.checkpoints() if one.cosignatures]

    @property
    def known(self) -> str:
        """The last checkpoint with all its cosignatures."""
        return self.notes[-1]

    @property
    def anchored(self) -> int:
        """Its size."""
        return size_of(self.notes[-1])

    @property
    def seen(self) -> int:
        """The size of the checkpoint before it."""
        return size_of(self.notes[-2])

    @cached_property
    def records(self) -> list[Record]:
        """Every record, by position less one."""
        return list(self.campus.trail.records())

    @cached_property
    def entries(self) -> list[bytes]:
        """Every honest entry, by position less one."""
        return [entry for _, entry in self.campus.trail.reader.entries(1, len(self.records))]

    def lone(self, type: str, first: int, last: int, *, number: int = 0) -> int:
        """The position of an act of that type between two, alone in its stream and named by no other act."""
        streams: dict[str, int] = {}
        named: set[bytes] = set()
        for record in self.records:
            streams[record.statement.stream] = streams.get(record.statement.stream, 0) + 1
            named |= set(record.statement.causes) | set(_ids(record.statement.fields))
        found = [
            r.position for r in self.records
            if r.statement.type == type and first < r.position <= last
            and streams[r.statement.stream] == 1 and r.statement.id not in named
        ]  # fmt: skip
        return found[number]

    @cached_property
    def early(self) -> int:
        """A talk of the spring: many have signed since what checkpoints they had seen beyond it."""
        return self.lone("TalkHeld@1", 555, 1000)

    @cached_property
    def late(self) -> int:
        """A talk under the last checkpoint alone: nobody who signed before it can have seen it."""
        return self.lone("TalkHeld@1", self.seen, self.anchored)

    def at(self, position: int) -> Record:
        """The honest record at *position*."""
        return self.records[position - 1]

    def key(self, position: int) -> PrivateKey:
        """The real key of the first signer of the record at *position*."""
        return key_of(self.at(position).statement.signers[0].person)

    @cached_property
    def evidence(self) -> bytes:
        """The evidence file, up to the last cosigned checkpoint."""
        with Trail.open(self.folder / "anchored.db", read_only=True) as trail:
            return trail.evidence()

    @cached_property
    def receipt(self) -> str:
        """The checkpoint of the receipt that whoever recorded the late talk has asked for."""
        return parse_proof(self.campus.trail.proof(self.late).proof).note

    @contextmanager
    def memory(self) -> Iterator[State]:
        """The inspector's memory, a fresh copy: the honest log was verified with it when it was last anchored."""
        first = self.folder / "inspector.state"
        if not first.exists():
            with State(first, create=True) as state:
                inspect(self.evidence, self.honest_policy, state, now=self.now - 86_400)
        copy = shutil.copy(first, self.folder / f"inspector-{next(self._number)}.state")
        with State(copy) as state:
            yield state

    # --- what an attacker starts from --------------------------------------------------------------------------------

    def database(self, which: str = "log.db") -> DatabaseCopy:
        """A fresh copy of the database: ``log.db``, or ``backup.db`` of August."""
        return DatabaseCopy(copy_file(self.folder / which, self.folder / f"copy-{next(self._number)}.db"))

    def file(self) -> EvidenceCopy:
        """A fresh copy of the evidence file."""
        return EvidenceCopy(self.evidence)

    def forged(self, act: ActBase, person: str, post: str, *keys: PrivateKey, **changes: Any) -> Submission:
        """An act signed with real keys past the façade, as if its signer had seen nothing."""
        key = keys[0] if keys else key_of(person)
        draft = self.campus.trail.acting(person, post, key).prepare(act)
        return resigned(signed(draft, key), [key], **{"seen": None, **changes})

    def registered(self, act: ActBase, *persons: str) -> Submission:
        """An act of the registry, signed by *persons* with their keys."""
        keys = [(person, key_of(person)) for person in persons]
        draft = self.campus.registering().prepare(act, keys=[(person, key.public.id) for person, key in keys])
        return resigned(signed(draft, *(key for _, key in keys)), [key for _, key in keys], seen=None)

    # --- what the inspector brings -----------------------------------------------------------------------------------

    def policy(self, **changes: Any) -> str:
        """Two of the three witnesses, the log's key, the genesis."""
        parts: dict[str, Any] = {
            "logs": [self.campus.log_key],
            "witnesses": {LABELS[name]: witness_key(name) for name in NAMES},
            "groups": {"two-of-three": (2, tuple(LABELS.values()))},
            "quorum": "two-of-three",
            "genesis": [self.campus.trail.genesis()],
        }
        return format_policy(**{**parts, **changes})

    @cached_property
    def honest_policy(self) -> str:
        """The policy of all cases but those that say otherwise."""
        return self.policy()

    @cached_property
    def fresh_policy(self) -> str:
        """The same, and the anchor is at most a fortnight old."""
        return self.policy(fresh_days=FRESH_DAYS)


def witness_key(name: str) -> NoteKey:
    """A witness's key as policies name it."""
    return NoteKey(name, COSIGNATURE_ED25519, KEYS[name].public.raw)


def size_of(note: str) -> int:
    """The size that a checkpoint's note states."""
    return parse_checkpoint(parse_note(note).text).size


def _ids(value: object) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _ids(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _ids(one)


# --- telling it ------------------------------------------------------------------------------------------------------


@contextmanager
def told(folder: Path) -> Iterator[World]:
    """Tell the year into *folder*: copies of it are ``backup.db``, ``anchored.db``, and ``log.db`` with its tail."""
    university = University(units=4, years=1)
    with university.found(folder / "uni") as campus:
        witnesses = {name: Witness(":memory:", KEYS[name], name, [campus.log_key], new=True) for name in NAMES}
        world = World(folder, campus, witnesses)
        campus.anchor = lambda: _anchor(world)  # type: ignore[method-assign]
        university.tell_into(campus, until=BACKUP)
        copy_database(campus.trail.reader.database, folder / "backup.db")
        world.older = world.notes[-1]
        del world.notes
        university.tell_into(campus)
        _late(world)
        copy_database(campus.trail.reader.database, folder / "anchored.db")
        _tail(world)
        copy_database(campus.trail.reader.database, folder / "log.db")
        try:
            yield world
        finally:
            for witness in witnesses.values():
                witness.close()


def _anchor(world: World) -> IssuedCheckpoint:
    """A checkpoint, cosigned by all three witnesses."""
    campus = world.campus
    issued = campus.trail.checkpoint()
    for witness in world.witnesses.values():
        last = witness.latest(campus.trail.origin)
        line = witness.sign(request(campus.trail.reader, 0 if last is None else last[0]), campus.clock.now())
        issued = campus.trail.add_cosignatures(line)
    return issued


def _late(world: World) -> None:
    """In February, eight talks of jia's secretary and a confirmation, then a checkpoint: nobody has seen it yet."""
    campus = world.campus
    for number in range(8):
        campus.set_time(LATE.format(number // 2))
        ack = _talk(world, number)
    post = "jia/principal"
    campus.acting(post).record(TalkConfirmed(talk=ack, happened=campus.now))
    campus.set_time(LATE.format(5))
    campus.anchor()


def _tail(world: World) -> None:
    """Four acts that no checkpoint covers: three talks, and a key that its owner reports lost."""
    campus = world.campus
    campus.set_time(AFTER)
    world.acks += [_talk(world, number) for number in range(8, 8 + TAIL - 1)]
    person = campus.holder("ding/principal")
    key = key_of(person)
    act = KeyRevoked(person=person, key=key.public.id, reason="lost")
    draft = campus.registering().prepare(act, keys=[(person, key.public.id)])
    world.acks.append(campus.trail.submit(draft, [key.sign(draft.message)]))


def _talk(world: World, number: int) -> Ack:
    campus = world.campus
    whom = campus.holder("jia/principal")
    talk = TalkHeld(kind="duty", counterparts=[whom], place="甲学院", content=f"第 {number} 次", happened=campus.now)
    return campus.acting("jia/secretary").record(talk)


# --- what a tier can recompute ---------------------------------------------------------------------------------------


def seal(copy: Copy, tier: Tier) -> None:
    """
    Make the checkpoints fit the changed entries, as far as *tier* can.

    One whose tree is unchanged keeps every signature.  Of the others nothing is left at T0; who has the log's key
    signs them anew, with the witnesses whose keys are stolen and the times that these had stated, and one more at the
    end.
    """
    notes = [parse_note(note) for note in copy.notes]
    old = [parse_checkpoint(note.text) for note in notes]
    size = len(copy.rows)
    tree = roots(copy.rows, [size, *(min(one.size, size) for one in old)])
    sealed: dict[int, str] = {}
    stated: dict[str, int] = {}
    for note, checkpoint in zip(notes, old, strict=True):
        stated |= {line.name: int.from_bytes(line.data[:8], "big") for line in note.signatures if line.name in KEYS}
        at = min(checkpoint.size, size)
        if at == checkpoint.size and tree[at] == checkpoint.root:
            sealed[at] = format_note(note.text, note.lines)
        elif tier.log:
            sealed[at] = checkpoint_note(copy.origin, at, tree[at], tier, stated)
    if tier.log and size not in sealed:
        sealed[size] = checkpoint_note(copy.origin, size, tree[size], tier, stated)
    copy.notes = [sealed[at] for at in sorted(sealed)]


def checkpoint_note(origin: str, size: int, root: bytes, tier: Tier, times: Mapping[str, int]) -> str:
    """A checkpoint that the log's key signs, and every witness whose key *tier* has, at those *times*."""
    text = format_checkpoint(Checkpoint(origin, size, root))
    lines = [sign_note(text, origin, LOG_KEY)]
    lines += [cosign(text, name, key, times[name]) for name, key in tier.stolen.items()]
    return format_note(text, lines)


def forget_tail(copy: Copy, size: int) -> None:
    """Lose every entry beyond *size*; checkpoints are left for `seal`."""
    del copy.rows[size:]


def day(text: str) -> dt.datetime:
    """``2026-03-05 09:00`` in Asia/Shanghai."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone(dt.timedelta(hours=8)))


__all__ = [
    "KEYS", "LABELS", "LOG_KEY", "MINORITY", "NAMES", "QUORUM", "TAIL", "TIERS", "Tier", "World", "checkpoint_note",
    "day", "forget_tail", "record_of", "seal", "size_of", "told", "witness_key",
]  # fmt: skip
