"""
A batch of acts: drafted and signed one after the other, recorded in one transaction.

A later line may refer to an earlier one of the same batch by its label: a draft already has the digest and the stream
that it will have in the log.
"""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trail.aggregates import RegistryAct
from trail.application import Attachment, Draft
from trail.application.acting import trusted_keys
from trail.cli.acts import ActReader
from trail.cli.jsonlines import refuse
from trail.cli.record_cmd import registrars_at_hand
from trail.errors import CallerError, EncodingError, RecordError
from trail.evidence.record import Record
from trail.evidence.registry import REGISTRY_TYPES, REVOKED, TWO_REGISTRARS, Registry

if TYPE_CHECKING:
    from trail.aggregates.base import ActBase
    from trail.application import Trail
    from trail.cli.keyring import KeyFolder
    from trail.signing import Signer

_ABOUT: Final = ("as", "attachments", "by", "classification", "id", "label")
"""What a line says beside the act itself."""

Recorded = tuple[str, int, bytes]
"""Type, position and event id."""


class Batch:
    """
    Acts on their way into *trail*, signed with the keys in *folder*; attachments are read from under *base*.
    """

    def __init__(self, trail: Trail, folder: KeyFolder, base: Path) -> None:
        self._trail = trail
        self._folder = folder
        self._base = base
        self._rows: list[tuple[int, Draft, list[bytes]]] = []
        self._signers: list[Signer] = []
        self._pending: dict[str, int] = {}
        self._labels: dict[str, Record] = {}
        self._reader: ActReader | None = None
        self._registry: Registry | None = None

    def take(self, number: int, given: dict[str, Any]) -> None:
        """
        Draft and sign the act of line *number*.

        Raises:
            CallerError: With the line's number.
            KeyFileFailed: The signer's key can't be used.
        """
        about: dict[str, Any] = {str(name): given[name] for name in _ABOUT if name in given}
        rest = {name: value for name, value in given.items() if name not in about}
        try:
            act = self._acts().read(rest, number)
            chosen = _event_id(about.get("id"), number)
            if isinstance(act, RegistryAct):
                draft, signatures = self._registry_act(act, about, chosen, number)
            else:
                draft, signatures = self._act(act, about, chosen, number)
        except (CallerError, RecordError, EncodingError) as error:
            if error.code == "ACTS_FORMAT":
                raise
            raise CallerError(f"line {number}: {error.message}", code=error.code, advice=error.advice(), line=number,
                              **{k: v for k, v in error.facts.items() if k != "line"}) from None  # fmt: skip
        self._rows.append((number, draft, signatures))
        stream = draft.statement.stream
        self._pending[stream] = self._pending.get(stream, 0) + 1
        self._label(about.get("label"), draft, number)

    def submit(self) -> list[Recorded]:
        """
        Record what was taken since the last time, all or nothing.

        Raises:
            CallerError: As the store refuses it; nothing of the batch was recorded.
            EnvironmentFailed: It could not be made durable.
        """
        rows, self._rows = self._rows, []
        self._pending.clear()
        if not rows:
            return []
        if any(draft.statement.type in REGISTRY_TYPES for _, draft, _ in rows):
            self._reader = self._registry = None
        try:
            acks = self._trail.submit_many([(draft, s) for _, draft, s in rows], trusted=trusted_keys(self._signers))
        except CallerError as error:
            raise CallerError(f"{_where(rows, error)}{error.message}", code=error.code, advice=error.advice(),
                              **error.facts) from None  # fmt: skip
        return [(d.statement.type, ack.position, d.statement.id) for (_, d, _), ack in zip(rows, acks, strict=True)]

    def _acts(self) -> ActReader:
        if self._reader is None:
            types = {key: compiled.spec for key, compiled in self._known().types.items()}
            self._reader = ActReader(types, self._resolve, self._base)
        return self._reader

    def _known(self) -> Registry:
        """The registry before this batch; read again after one that changed it."""
        if self._registry is None:
            self._registry = self._trail.registry()
        return self._registry

    def _act(self, act: ActBase, about: dict[str, Any], chosen: bytes, number: int) -> tuple[Draft, list[bytes]]:
        """An act of duty, or of a host: signed by one person in a post."""
        who = about.get("as")
        if "by" in about or not isinstance(who, dict) or who.keys() != {"person", "post"}:
            refuse('say who acts: "as": {"person": ID, "post": ID}', number)
        person, post = who["person"], who["post"]
        if not isinstance(person, str) or not isinstance(post, str):
            refuse("person and post are texts", number)
        if post and self._trail.unit_of(post) is None:
            refuse(f"the log knows no post {post!r}; record the registry first, in a file of its own", number)
        signer = self._folder.of(person)
        acting = self._trail.acting(person, post, signer)
        options: dict[str, Any] = {
            "id": chosen,
            "attachments": self._attachments(about.get("attachments", []), number),
            "classification": about.get("classification", "internal"),
        }
        draft = acting.prepare(act, **options)
        waiting = self._pending.get(draft.statement.stream, 0)
        if waiting:
            draft = acting.prepare(act, after=draft.statement.after + waiting, **options)
        self._signers.append(signer)
        return draft, [signer.sign(draft.message)]

    def _registry_act(
        self, act: RegistryAct, about: dict[str, Any], chosen: bytes, number: int
    ) -> tuple[Draft, list[bytes]]:
        """An act of the registry: signed by as many registrars as its type needs."""
        extra = sorted(about.keys() - {"by", "id", "label"})
        if extra:
            refuse(f"an act of the registry takes no {', '.join(extra)}", number)
        named = about.get("by")
        if named is not None and not (isinstance(named, list) and named and all(isinstance(n, str) for n in named)):
            refuse('"by" is a list of registrars', number)
        key = act.type_key
        needed = 2 if key in TWO_REGISTRARS else 1
        signers = registrars_at_hand(self._known().registrars, self._folder, named)
        if len(signers) < needed:
            refuse(f"{key} needs the signatures of {needed} registrars", number)
        signers = signers[: 1 if key == REVOKED else needed]
        by_key = {signer.public.id: signer for _, signer in signers}
        registering = self._trail.registering(signers)
        draft = registering.prepare(act, id=chosen, keys=[(person, s.public.id) for person, s in signers])
        self._signers += [signer for _, signer in signers]
        return draft, [by_key[ref.key].sign(draft.message) for ref in draft.statement.signers]

    def _attachments(self, given: Any, number: int) -> list[Attachment]:
        if not isinstance(given, list):
            refuse("attachments: expected a list", number)
        found = []
        for one in given:
            texts = isinstance(one, dict) and all(isinstance(one.get(name), str) for name in ("file", "media"))
            if not texts or not one.keys() <= {"file", "keep", "media"} or not isinstance(one.get("keep", True), bool):
                refuse('attachments: expected {"file": PATH, "media": TYPE, "keep": true}', number)
            found.append(Attachment.read(self._base / one["file"], one["media"], keep=one.get("keep", True)))
        return found

    def _label(self, label: Any, draft: Draft, number: int) -> None:
        if label is None:
            return
        if not isinstance(label, str) or not label or label in self._labels:
            refuse("a label is a text, used once in a file", number)
        digest = hashlib.sha256(draft.statement_bytes).digest()
        # Not yet in the log: it has a statement, and with it the digest and stream that others refer to.
        self._labels[label] = Record(0, draft.statement, draft.statement_bytes, digest, (), 0, 0)

    def _resolve(self, value: int | str) -> Record:
        """The record at a position, with an event id, or of a label."""
        record: Record | None = None
        if isinstance(value, int):
            record = next(self._trail.records(value, value), None) if value > 0 else None
        elif value.startswith("@"):
            record = self._labels.get(value[1:])
        else:
            try:
                record = self._trail.reader.find(uuid.UUID(value).bytes)
            except ValueError:
                raise CallerError(f"{value!r} is no position, event id or @label") from None
        if record is None:
            raise CallerError(f"there is no record {value!r} in this log, and no such label above")
        return record


def _where(rows: list[tuple[int, Draft, list[bytes]]], error: CallerError) -> str:
    """The line that was refused, where the store says which submission it was."""
    index = error.facts.get("index", 0 if len(rows) == 1 else None)
    return f"line {rows[index][0]}: " if type(index) is int and 0 <= index < len(rows) else ""


def _event_id(value: Any, number: int) -> bytes:
    if value is None:
        return uuid.uuid4().bytes
    try:
        return uuid.UUID(value).bytes
    except (ValueError, TypeError, AttributeError):
        refuse("an id is a UUID, 32 hexadecimal digits", number)
