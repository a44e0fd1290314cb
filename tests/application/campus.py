"""
A small university as a host system sees it: a log made by the façade, two colleges, four persons, a witness.

``Campus`` founds it in a folder; the persons are 张一 (p-001, secretary of 甲学院), 李二 (p-002, its recorder),
王三 (p-003, of its staff) and 赵四 (p-004, who holds no post and no key).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from trail.aggregates import (
    Act,
    BodyRepresented,
    GrantGiven,
    KeyEnrolled,
    PersonRegistered,
    PostAssigned,
    PostCreated,
    UnitEstablished,
    declare,
)
from trail.application import Acting, Trail, audit
from trail.clock import FixedClock
from trail.evidence.types import Field, PartSpec, TypeSpec
from trail.signing import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    NoteKey,
    PrivateKey,
    cosign,
    format_policy,
    parse_note,
    possession_message,
)
from trail.verify import Report

ORIGIN = "trail.example/campus"
NOW = 1_772_668_800
CST = dt.timezone(dt.timedelta(hours=8))
REGISTRARS = ("r-1", "r-2")
POSTS = {"p-001": "jia/secretary", "p-002": "jia/recorder", "p-003": "jia/staff"}


def key_of(name: str) -> PrivateKey:
    """The key of that name; the same in every run."""
    return PrivateKey.from_seed(hashlib.sha256(b"campus" + name.encode()).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited(Act):
    """A host's own act."""

    TYPE: ClassVar[TypeSpec] = declare(
        "Visited",
        fields={"lab": Field("id"), "with": Field("person", optional=True, role="counterpart")},
        parts={"note": PartSpec({"note": Field("text", max=10_000)}, optional=True)},
    )
    lab: str = "lab 1"
    with_: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved(Act):
    """A host's own exclusive act, in a stream for each matter."""

    TYPE: ClassVar[TypeSpec] = declare("Approved", fields={"matter": Field("id")}, hands=("own",), exclusive=True)
    matter: str = "1"

    def _place(self) -> Any:
        from trail.aggregates.base import Place

        return Place(f"matter/{self.matter}")


class Campus:
    """The university; ``trail`` is its log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "trail.db"
        self.clock = FixedClock(NOW, step=1)
        self.log_key = key_of("log")
        self.trail = Trail.create(
            self.path, origin=ORIGIN, registrars=[(r, key_of(r)) for r in REGISTRARS], log_key=self.log_key,
            state=folder / "log.state", types=[Visited.TYPE, Approved.TYPE], clock=self.clock,
        )  # fmt: skip
        self.registrars = self.trail.registering([(r, key_of(r)) for r in REGISTRARS])
        self.registrars.record_many([
            UnitEstablished(unit="uni", kind="university", name="某大学"),
            UnitEstablished(unit="jia", kind="college", name="甲学院", parent="uni"),
            UnitEstablished(unit="yi", kind="college", name="乙学院", parent="uni"),
            UnitEstablished(unit="team", kind="body", name="甲学院领导班子", parent="jia"),
            PostCreated(post="jia/secretary", unit="jia", kind="secretary", title="书记"),
            PostCreated(post="jia/recorder", unit="jia", kind="recorder", title="经办人"),
            PostCreated(post="jia/staff", unit="jia", kind="staff", title="干事"),
            PostCreated(post="yi/secretary", unit="yi", kind="secretary", title="书记"),
            *(PersonRegistered(person=p, name=n) for p, n in zip(
                ("p-001", "p-002", "p-003", "p-004"), ("张一", "李二", "王三", "赵四"), strict=True)),
            *(self.enrolment(person) for person in POSTS),
            *(PostAssigned(post=post, person=p, from_="2025-01-01", acting=False) for p, post in POSTS.items()),
            BodyRepresented(unit="team", post="jia/secretary"),
            GrantGiven(grant="g-1", post="jia/staff", action="import", types=["Visited"], unit="jia"),
            GrantGiven(grant="g-2", post="jia/staff", action="erase", types=["*"], unit="uni"),
        ])  # fmt: skip

    def enrolment(self, person: str, key: str | None = None) -> KeyEnrolled:
        """The act that enrols a person's key."""
        private = key_of(key or person)
        proof = private.sign(possession_message(ORIGIN, person, private.public))
        return KeyEnrolled(person=person, key=private.public.raw, possession=proof)

    def acting(self, person: str = "p-001", post: str | None = None) -> Acting:
        """A person acting in a post, with their key."""
        return self.trail.acting(person, post or POSTS[person], key_of(person))

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.trail.reader.head().size

    def cosigned(self, time: int | None = None) -> None:
        """A checkpoint, cosigned by the witness."""
        issued = self.trail.checkpoint()
        line = cosign(
            parse_note(issued.note).text, "dic.example", key_of("dic"), self.clock.now() if time is None else time
        )
        self.trail.add_cosignatures(line)

    def policy(self, *, witnessed: bool = False, **options: Any) -> str:
        """The inspector's policy."""
        witnesses = {"dic": NoteKey("dic.example", COSIGNATURE_ED25519, key_of("dic").public.raw)}
        named: Mapping[str, Any] = {"witnesses": witnesses, "quorum": "dic"} if witnessed else {}
        log = NoteKey(ORIGIN, LOG_ED25519, self.log_key.public.raw)
        return format_policy(logs=[log], genesis=[self.trail.genesis()], **(dict(named) | options))

    def audit(self, **options: Any) -> Report:
        """Verify the database."""
        return audit(self.path, self.policy(), **options)

    def sql(self, statement: str, *values: object) -> int:
        """Change the database behind the library's back; the number of rows that were changed."""
        connection = sqlite3.connect(self.path)
        try:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            changed = connection.execute(statement, values).rowcount
            connection.commit()
        finally:
            connection.close()
        return changed
