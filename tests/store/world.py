"""
A small invented university, built of contract types alone: two registrars, two units, four persons, one declared type.

`World` makes the log; `World.note` builds and signs a note in a stream, `World.record` appends whatever was built.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from trail.clock import FixedClock
from trail.encoding import Value
from trail.evidence.record import (
    Happened,
    Part,
    PartRef,
    Performer,
    SignerRef,
    Statement,
    encode_part,
    encode_statement,
    reference,
    sorted_fields,
)
from trail.evidence.types import Field, PartSpec, TypeSpec, spec_to_value
from trail.signing import NoteKey, PrivateKey, possession_message, statement_message
from trail.store.append import Ack, EntryStore
from trail.store.checkpoints import CheckpointSigner
from trail.store.engine import Database
from trail.store.logs import create_log
from trail.store.read import Reader
from trail.store.submission import PartContent, Submission

ORIGIN = "log.example.edu/acts"
NOW = 1_772_668_800
REGISTRARS = ("p-901", "p-902")
PERSONS = ("p-001", "p-002", "p-003")
NOTE = TypeSpec(
    "NoteTaken",
    1,
    {"about": Field("person", optional=True, role="counterpart"), "kind": Field("enum", values=("a", "b"))},
    {"text": PartSpec({"text": Field("text", max=1000)}, optional=True)},
    ("secretary", "recorder"),
    ("own",),
)
DECISION = TypeSpec("ListEndorsed", 1, {"no": Field("int", min=0)}, {}, ("secretary",), ("own",), exclusive=True)


def key_of(person: str) -> PrivateKey:
    """Each person's key; the same in every run."""
    return PrivateKey.from_seed(hashlib.sha256(person.encode()).digest())


class World:
    """A log in the folder *path* (or in memory), founded and furnished."""

    def __init__(self, path: Path, *, memory: bool = False, founded: bool = True) -> None:
        self.path = path
        self.url = "sqlite://" if memory else f"sqlite:///{path / 'trail.db'}"
        self.database = Database(self.url, mode="create")
        self.clock = FixedClock(NOW, step=1)
        self.log_key = key_of("log key")
        create_log(self.database, ORIGIN, created=NOW)
        self.store = EntryStore(self.database, clock=self.clock)
        self.reader = Reader(self.database)
        self.signer = CheckpointSigner.create(path / "log.state", self.log_key, ORIGIN)
        if founded:
            self.furnish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    @property
    def note_key(self) -> NoteKey:
        """The log's key as policies name it."""
        return NoteKey(ORIGIN, 1, self.log_key.public.raw)

    def furnish(self) -> None:
        """Found the log; register units, posts, persons and types."""
        self.store.append_many(self.foundation())
        for unit, name in (("uni", "甲大学"), ("jia", "甲学院")):
            parent = {} if unit == "uni" else {"parent": "uni"}
            self.registry("UnitEstablished@1", {"unit": unit, "kind": "college", "name": name, **parent})
        for post, kind in (("jia/secretary", "secretary"), ("uni/eraser", "staff")):
            unit = post.split("/")[0]
            self.registry("PostCreated@1", {"post": post, "unit": unit, "kind": kind, "title": kind})
        for person in PERSONS:
            self.registry("PersonRegistered@1", {"person": person}, parts={"name": ((person,), {"name": "张一"})})
            self.enrol(person)
        for person, post in (("p-001", "jia/secretary"), ("p-003", "uni/eraser")):
            self.registry("PostAssigned@1", {"post": post, "person": person, "from": "2026-01-01", "acting": False})
        for spec in (NOTE, DECISION):
            self.registry("TypeDeclared@1", {"schema": spec_to_value(spec)})
        grant = {"grant": "g-1", "post": "uni/eraser", "action": "erase", "types": ["*"], "unit": "uni"}
        self.registry("GrantGiven@1", grant)

    def foundation(self) -> list[Submission]:
        """The genesis, signed by both registrars."""
        founders = [
            {
                "custody": "self",
                "key": key_of(person).public.raw,
                "person": person,
                "possession": key_of(person).sign(possession_message(ORIGIN, person, key_of(person).public)),
                "suite": "ed25519",
            }
            for person in REGISTRARS
        ]
        return [self.registry("LogFounded@1", {"registrars": founders}, append=False)]

    def enrol(self, person: str) -> Ack:
        """Enrol a person's key."""
        key = key_of(person)
        possession = key.sign(possession_message(ORIGIN, person, key.public))
        fields = {
            "custody": "self", "key": key.public.raw, "person": person, "possession": possession, "suite": "ed25519"
        }  # fmt: skip
        return self.record(self.registry("KeyEnrolled@1", fields, append=False))

    def registry(
        self, type_: str, fields: dict[str, Any], *, parts: Mapping[str, Any] | None = None, append: bool = True
    ) -> Any:
        """A registry event signed by both registrars."""
        event = self.build(
            type_, fields, signers=[(person, "") for person in REGISTRARS], stream=f"registry/{type_}", parts=parts,
            unit=None,
        )  # fmt: skip
        return self.record(event) if append else event

    def build(
        self,
        type_: str,
        fields: dict[str, Any],
        *,
        signers: Sequence[tuple[str, str]] = (("p-001", "jia/secretary"),),
        stream: str = "notes/jia",
        parts: Mapping[str, tuple[Sequence[str], dict[str, Value]]] | None = None,
        unit: str | None = "jia",
        after: int | None = None,
        event: bytes | None = None,
        **other: Any,
    ) -> Submission:
        """A statement, signed by *signers* in their own hand."""
        contents = []
        for name, (subjects, data) in sorted((parts or {}).items()):
            part = Part(name, tuple(sorted(subjects)), secrets.token_bytes(16), data)
            contents.append(PartContent(part, encode_part(part)))
        refs = tuple(PartRef(c.part.name, hashlib.sha256(c.data).digest(), len(c.data)) for c in contents)
        keys = sorted(SignerRef(person, post, key_of(person).public.id) for person, post in signers)
        keys.sort(key=lambda ref: ref.key)
        values: dict[str, Any] = {
            "after": self.reader.stream_version(stream) if after is None else after,
            "attachments": (), "causes": (), "classification": "internal", "fields": sorted_fields(fields),
            "format": 1, "hand": "own", "happened": Happened.on("2026-03-05"),
            "id": event or secrets.token_bytes(16), "log": ORIGIN, "parts": refs,
            "performers": tuple(sorted(Performer("person", person, post) for person, post in signers)),
            "period": None, "seen": None, "signers": tuple(keys), "stream": stream, "type": type_, "unit": unit,
        }  # fmt: skip
        statement = Statement(**{**values, **other})
        signed = encode_statement(statement)
        message = statement_message(ORIGIN, signed)
        signatures = tuple(key_of(ref.person).sign(message) for ref in statement.signers)
        return Submission(statement, signed, signatures, tuple(contents))

    def note(self, text: str = "", **options: Any) -> Submission:
        """A note by the secretary, with *text* in a body part about p-002."""
        if text:
            options["parts"] = {"text": (("p-002",), {"text": text})}
        return self.build("NoteTaken@1", {"kind": "a"}, **options)

    def decision(self, no: int, **options: Any) -> Submission:
        """An endorsement: its type is exclusive."""
        return self.build("ListEndorsed@1", {"no": no}, **{"stream": "lists/jia", **options})

    def erasure(self, event: bytes, part: str = "text") -> Submission:
        """The erasure of a part, by a second person under a grant."""
        target = self.reader.find(event)
        if target is None:
            raise LookupError(event)
        fields = {"target": reference(target), "part": part, "authority": "决定 1"}
        return self.build(
            "PartErased@1", fields, signers=[("p-003", "uni/eraser")], stream=target.statement.stream
        )  # fmt: skip

    def record(self, submission: Submission) -> Ack:
        """Append."""
        return self.store.append(submission)

    def notes(self, count: int, **options: Any) -> list[Ack]:
        """Append *count* notes."""
        return self.store.append_many([self.note(**options) for _ in range(count)])
