"""
A log in memory for the tests of the kernel: real keys, real statements, no store.

`Log` founds a small invented university; `build` signs, `judge` runs the checks of one entry, `add` judges and takes
it, `items` gives the evidence.  Nothing here is shared with the store or the façade: two ways to the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from trail.errors import Refusal
from trail.evidence.admission import admit, check_keys, check_signatures
from trail.evidence.file import CheckpointItem, EntryItem, Header, Item, PartItem
from trail.evidence.history import MemoryHistory
from trail.evidence.record import (
    Happened,
    Part,
    PartRef,
    Performer,
    Record,
    SignerRef,
    Statement,
    decode_entry,
    encode_entry,
    encode_part,
    encode_statement,
    sorted_fields,
)
from trail.evidence.registry import Registry
from trail.evidence.schema import Mentions
from trail.evidence.types import Field, PartSpec, TypeSpec, spec_to_value
from trail.merkle import Checkpoint, Frontier, format_checkpoint, leaf_hash
from trail.signing import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    NoteKey,
    PrivateKey,
    cosign,
    format_note,
    format_policy,
    possession_message,
    sign_note,
    statement_message,
)

ORIGIN = "trail.example/jia"
NOW = 1_772_668_800  # 2026-03-05 00:00 UTC
BY_TWO = ("r-1", "r-2")
SECRETARY = (("p-001", "jia/secretary"),)
RECORDER = (("p-002", "jia/recorder"),)
TALK = TypeSpec(
    "TalkHeld",
    1,
    {"kind": Field("enum", values=("duty", "integrity")), "with": Field("person", optional=True, role="counterpart")},
    {
        "photo": PartSpec({"words": Field("text")}, optional=True),
        "record": PartSpec({"content": Field("text")}, optional=True),
    },
    ("secretary", "head"),
    ("own", "recorded", "imported"),
)
ENDORSED = TypeSpec("Endorsed", 1, {"version": Field("reference", optional=True)}, hands=("own",), exclusive=True)


def key_of(name: str) -> PrivateKey:
    """The key of that name; the same in every run."""
    return PrivateKey.from_seed(hashlib.sha256(name.encode()).digest())


def log_note_key(origin: str = ORIGIN, name: str = "log") -> NoteKey:
    return NoteKey(origin, LOG_ED25519, key_of(name).public.raw)


def witness_key(name: str) -> NoteKey:
    return NoteKey(f"{name}.example", COSIGNATURE_ED25519, key_of(name).public.raw)


class Built(NamedTuple):
    """A signed statement with the bytes of its parts."""

    statement: Statement
    data: bytes
    signatures: tuple[bytes, ...]
    parts: tuple[bytes, ...]


def possession(person: str, key: str | None = None, origin: str = ORIGIN) -> dict[str, Any]:
    """The fields that enrol the key named *key* (default: the person's own) for *person*."""
    private = key_of(key or person)
    return {
        "custody": "self",
        "key": private.public.raw,
        "person": person,
        "possession": private.sign(possession_message(origin, person, private.public)),
        "suite": "ed25519",
    }


def founding(registrars: Sequence[str] = BY_TWO, origin: str = ORIGIN) -> dict[str, Any]:
    return {"registrars": [possession(person, origin=origin) for person in registrars]}


class Log:
    """A log in memory; ``records``, ``entries`` and ``parts`` are in order of position."""

    def __init__(self, *, origin: str = ORIGIN, founded: bool = True) -> None:
        self.origin = origin
        self.registry = Registry()
        self.history = MemoryHistory()
        self.records: list[Record] = []
        self.entries: list[bytes] = []
        self.parts: list[tuple[bytes, ...]] = []
        self.hands: list[str] = []
        self._ids = 0
        if founded:
            self.furnish()

    def furnish(self) -> None:
        """Found the log; two colleges under a university, four posts, three persons with keys, two types."""
        self.registrars("LogFounded", founding(origin=self.origin))
        for unit, parent in (("uni", None), ("jia", "uni"), ("jia-1", "jia"), ("yi", "uni"), ("team", "jia")):
            kind = "university" if parent is None else "body" if unit == "team" else "college"
            self.registrars("UnitEstablished", drop_none(unit=unit, kind=kind, name=unit, parent=parent))
        for post, kind in (
            ("jia/secretary", "secretary"), ("jia-1/secretary", "secretary"), ("jia/recorder", "recorder"),
            ("yi/recorder", "recorder"), ("jia/staff", "staff"), ("uni/office", "staff"),
        ):  # fmt: skip
            unit = post.partition("/")[0]
            self.registrars("PostCreated", {"kind": kind, "post": post, "title": "职务", "unit": unit})
        for person in ("p-001", "p-002", "p-003", "p-004"):
            self.registrars(
                "PersonRegistered", {"person": person}, parts={"name": ((person,), {"name": "张一"})}
            )  # fmt: skip
        for person in ("p-001", "p-002", "p-003"):
            self.registrars("KeyEnrolled", possession(person, origin=self.origin))
        for spec in (TALK, ENDORSED):
            self.registrars("TypeDeclared", {"schema": spec_to_value(spec)})

    # --- making records ----------------------------------------------------------------------------------------------

    def build(
        self,
        type_: str,
        fields: Mapping[str, Any] | None = None,
        by: Sequence[tuple[str, str]] = SECRETARY,
        *,
        keys: Mapping[str, str] | None = None,
        parts: Mapping[str, tuple[Sequence[str], dict[str, Any]]] | None = None,
        salt: bytes = bytes(16),
        **changes: Any,
    ) -> Built:
        """A statement by *by* (person, post), signed with the keys named in *keys* (default: each person's own)."""
        self._ids += 1
        contents = [
            (name, encode_part(Part(name, tuple(subjects), salt, data)))
            for name, (subjects, data) in sorted((parts or {}).items())
        ]
        named = {person: (keys or {}).get(person, person) for person, _ in by}
        signers = sorted(
            (SignerRef(person, post, key_of(named[person]).public.id) for person, post in by), key=lambda s: s.key
        )
        stream = changes.get("stream", "talks/jia")
        values: dict[str, Any] = {
            "after": self.history.version(stream),
            "attachments": (),
            "causes": (),
            "classification": "internal",
            "fields": sorted_fields(fields or {}),
            "format": 1,
            "hand": "own",
            "happened": Happened.on("2026-03-05"),
            "id": self._ids.to_bytes(16, "big"),
            "log": self.origin,
            "parts": tuple(PartRef(name, sha256(data), len(data)) for name, data in contents),
            "performers": tuple(sorted({Performer("person", person, post) for person, post in by})),
            "period": None,
            "seen": None,
            "signers": tuple(signers),
            "stream": stream,
            "type": type_ if "@" in type_ else f"{type_}@1",
            "unit": "jia",
        }
        statement = Statement(**(values | changes))
        data = encode_statement(statement)
        message = statement_message(self.origin, data)
        signatures = tuple(key_of(named.get(ref.person, ref.person)).sign(message) for ref in statement.signers)
        return Built(statement, data, signatures, tuple(data for _, data in contents))

    def talk(self, text: str = "", **options: Any) -> Built:
        """A talk by the secretary; *text* goes into a part about p-004."""
        if text:
            options["parts"] = {"record": (("p-004",), {"content": text})}
        return self.build("TalkHeld", {"kind": "duty"}, **options)

    def registrar_built(
        self, type_: str, fields: Mapping[str, Any], by: Sequence[str] = BY_TWO, **options: Any
    ) -> Built:
        """A registry event, signed without posts."""
        options = {"unit": None, "stream": f"registry/{type_}"} | options
        return self.build(type_, fields, [(person, "") for person in by], **options)

    def registrars(self, type_: str, fields: Mapping[str, Any], by: Sequence[str] = BY_TWO, **options: Any) -> Record:
        """Add a registry event."""
        return self.add(self.registrar_built(type_, fields, by, **options))

    def appoint(self, person: str, post: str, since: str = "2026-01-01") -> Record:
        """A person holds a post."""
        fields = {"acting": False, "from": since, "person": person, "post": post}
        return self.registrars("PostAssigned", fields)

    def record(self, built: Built, *, version: int | None = None, recorded: int | None = None) -> Record:
        """The record that *built* would be at the next position."""
        position = len(self.entries) + 1
        number = self.history.version(built.statement.stream) + 1 if version is None else version
        entry = encode_entry(built.data, built.signatures, number, NOW + position if recorded is None else recorded)
        return decode_entry(entry, position)

    # --- judging -----------------------------------------------------------------------------------------------------

    def judge(self, built: Built | Record, **place: Any) -> Mentions:
        """Checks 4 to 11, without taking it; raises `Refusal`."""
        record = built if isinstance(built, Record) else self.record(built, **place)
        keys = check_keys(record, self.registry, self.origin)
        check_signatures(record, keys, self.origin)
        return admit(record, self.registry, self.history, self.origin)

    def code(self, built: Built | Record, **place: Any) -> str:
        """The code by which it is refused, or ``""``."""
        try:
            self.judge(built, **place)
        except Refusal as refusal:
            return refusal.code
        return ""

    def add(self, built: Built, **place: Any) -> Record:
        """Judge it and take it."""
        record = self.record(built, **place)
        mentions = self.judge(record)
        return self._take(record, built, mentions)

    def force(self, built: Built, **place: Any) -> Record:
        """Take it without judging: what a forger would write."""
        return self._take(self.record(built, **place), built, None)

    def _take(self, record: Record, built: Built, mentions: Mentions | None) -> Record:
        if mentions is not None:
            self.registry.apply(record)
        self.history.add(record, mentions)
        self.records.append(record)
        self.entries.append(encode_entry(built.data, built.signatures, record.version, record.recorded))
        self.parts.append(built.parts)
        return record

    # --- evidence ----------------------------------------------------------------------------------------------------

    def root(self, size: int) -> bytes:
        frontier = Frontier()
        for entry in self.entries[:size]:
            frontier.append(leaf_hash(entry))
        return frontier.root()

    def checkpoint(
        self,
        size: int | None = None,
        cosigned: Mapping[str, int] | None = None,
        *,
        root: bytes | None = None,
        origin: str | None = None,
        by: str = "log",
    ) -> str:
        """The note of the first *size* entries (default: all), cosigned by witnesses at times."""
        at = len(self.entries) if size is None else size
        name = self.origin if origin is None else origin
        text = format_checkpoint(Checkpoint(name, at, self.root(at) if root is None else root))
        lines = [sign_note(text, name, key_of(by))]
        lines += [cosign(text, f"{who}.example", key_of(who), time) for who, time in (cosigned or {}).items()]
        return format_note(text, lines)

    def items(
        self,
        checkpoints: Iterable[str | bytes] | None = None,
        *,
        header: Header | None = None,
        entries: Sequence[bytes] | None = None,
        parts: Mapping[int, Sequence[Item]] | None = None,
    ) -> list[Item]:
        """The evidence; *parts* replaces what follows the entry at a position."""
        notes = [self.checkpoint()] if checkpoints is None else checkpoints
        rows = self.entries if entries is None else entries
        out: list[Item] = [header or Header(self.origin, len(rows), {"all": True})]
        out += [CheckpointItem(note.encode() if isinstance(note, str) else note) for note in notes]
        for position, entry in enumerate(rows, 1):
            out.append(EntryItem(entry))
            if parts is not None and position in parts:
                out.extend(parts[position])
            elif position <= len(self.parts):
                out.extend(PartItem(data) for data in self.parts[position - 1])
        return out

    def policy(self, **options: Any) -> str:
        """The inspector's policy: this log, its genesis, no quorum; *options* are those of `format_policy`."""
        pinned = [sha256(self.entries[0])] if self.entries else []
        named: dict[str, Any] = {"logs": [log_note_key(self.origin)], "genesis": pinned}
        return format_policy(**(named | options))


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def drop_none(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def resigned(built: Built, keys: Mapping[str, str] | None = None, *, origin: str = ORIGIN, **changes: Any) -> Built:
    """*built* with its statement changed and signed anew by the same signers."""
    statement = built.statement._replace(**changes)
    data = encode_statement(statement)
    message = statement_message(origin, data)
    named = keys or {}
    signatures = tuple(key_of(named.get(ref.person, ref.person)).sign(message) for ref in statement.signers)
    return built._replace(statement=statement, data=data, signatures=signatures)
