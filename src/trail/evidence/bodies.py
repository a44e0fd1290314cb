"""
Body parts and attachments beside their entries: shown, withheld, erased or missing (checks 13 and 14).

Erasure is an event that comes after the entry, so what is not there yet is kept until the end; everything else is
settled when the next entry begins.
"""

from __future__ import annotations

import hashlib
from typing import Any

from trail.errors import EncodingError, RecordError
from trail.evidence.file import AttachmentItem, PartItem
from trail.evidence.memory import Past
from trail.evidence.record import AttachmentRef, PartRef, Record, decode_part
from trail.evidence.refusals import refuse
from trail.evidence.registry import Registry
from trail.evidence.schema import CompiledType
from trail.evidence.verdict import Shown


class Bodies:
    """
    The bodies of one run; `expect` an entry, `take_part` and `take_attachment` what follows it, then `settle`.

    *whole* says that the registry is: in an extract, a subject need not be among the persons that are shown.
    """

    def __init__(self, registry: Registry, *, whole: bool = True) -> None:
        self._registry = registry
        self._whole = whole
        self._record: Record | None = None
        self._amended: CompiledType | None = None
        self._parts: dict[bytes, PartRef] = {}
        self._files: dict[bytes, AttachmentRef] = {}
        self._unshown: dict[tuple[bytes, str], int] = {}
        self._erased: set[tuple[bytes, str]] = set()
        self._unshown_files: list[tuple[int, bytes]] = []
        self._counts = [0, 0, 0]
        self._file_counts = [0, 0]
        self._past: Past | None = None
        self._elsewhere = False  # what lies beside the past is not in this evidence

    def resume(self, past: Past, *, beside: bool = True) -> None:
        """Go on from *past*; *beside*: what lies beside it is in this evidence too, as it was then, and counts."""
        self._past = past
        self._elsewhere = not beside
        if beside:
            self._counts = [past.parts.shown, past.parts.withheld, past.parts.erased]
            self._file_counts = [past.attachments.shown, past.attachments.withheld]

    @property
    def erased(self) -> frozenset[tuple[bytes, str]]:
        """The parts that the entries taken here have erased: event id and name."""
        return frozenset(self._erased)

    @property
    def parts(self) -> Shown:
        """Counts of body parts."""
        shown, withheld, erased = self._counts
        return Shown(shown, withheld, erased, len(self._unshown))

    @property
    def attachments(self) -> Shown:
        """Counts of attachments."""
        shown, withheld = self._file_counts
        return Shown(shown, withheld, 0, len(self._unshown_files))

    def expect(self, record: Record, amended: CompiledType | None = None) -> None:
        """Take the entry whose bodies follow; a correction may bring parts of the type that it corrects, *amended*."""
        self._record = record
        self._amended = amended
        statement = record.statement
        if statement.parts:
            self._parts = {part.digest: part for part in statement.parts}
        if statement.attachments:
            self._files = {one.digest: one for one in statement.attachments}

    def take_part(self, item: PartItem) -> None:
        """Take one body part, shown or withheld; raises `Refusal` (check 13)."""
        data = item.data
        digest = hashlib.sha256(data).digest() if data is not None else item.digest
        part = self._parts.pop(digest, None) if digest is not None else None
        if part is None:
            if data is None or not self._parts or self._record is None:
                raise refuse("PART_STRAY", "a body part that no entry names", found=digest)
            first = next(iter(self._parts.values()))
            del self._parts[first.digest]
            raise refuse("PART_ALTERED", f"the content of {first.name} is not what was signed", first.digest, digest)
        if data is None:
            self._counts[1] += 1
            return
        self._counts[0] += 1
        self._check_part(part, data)

    def _check_part(self, part: PartRef, data: bytes) -> None:
        record = self._record
        if record is None or len(data) != part.size:
            raise refuse("PART_MALFORMED", "the part has not the size that was signed", part.size, len(data))
        try:
            content = decode_part(data)
            if content.name != part.name:
                raise RecordError("the part bears another name", where="part.name")
            declared = self._registry.types.get(record.statement.type)
            owner = self._amended if declared is not None and part.name not in declared.parts else declared
            if owner is not None:
                owner.check_part(part.name, content.data)
        except (EncodingError, RecordError) as error:
            raise refuse("PART_MALFORMED", error.message, found=error.where) from None
        for person in content.subjects:
            if self._whole and person not in self._registry.persons and record.position > 1:
                raise refuse("NAME_UNKNOWN", "a subject that the registry does not have", found=person)

    def take_attachment(self, item: AttachmentItem) -> None:
        """Take one attachment, shown or withheld; raises `Refusal` (check 14)."""
        data = item.data
        digest = hashlib.sha256(data).digest() if data is not None else item.digest
        one = self._files.pop(digest, None) if digest is not None else None
        if one is None:
            if data is None or not self._files:
                raise refuse("ATTACHMENT_STRAY", "an attachment that no entry names", found=digest)
            first = next(iter(self._files.values()))
            del self._files[first.digest]
            raise refuse("ATTACHMENT_ALTERED", "an attachment is not the file that was signed", first.digest, digest)
        if data is not None and len(data) != one.size:
            raise refuse("ATTACHMENT_SIZE", "an attachment has not the size that its signer named", one.size, len(data))
        self._file_counts[data is None] += 1

    def erase(self, record: Record) -> bool:
        """Take an admitted erasure; says False if the part was shown, as far as that can be told."""
        fields: dict[str, Any] = record.statement.fields
        part: tuple[bytes, str] = (fields["target"][0], fields["part"])
        past = self._past
        if part in self._erased or (past is not None and past.lookup.erased(*part)):
            return True
        self._erased.add(part)
        unshown = self._unshown.pop(part, None) is not None
        self._counts[2] += unshown
        if self._elsewhere and past is not None and past.history.digest_of(part[0]) is not None:
            return True  # the evidence does not reach back to it
        return unshown or self._counts[1] > 0

    def settle(self) -> None:
        """Keep what the last entry names and nobody brought."""
        record = self._record
        if record is None:
            return
        if self._parts:
            for part in self._parts.values():
                self._unshown[(record.statement.id, part.name)] = record.position
            self._parts = {}
        if self._files:
            self._unshown_files.extend((record.position, digest) for digest in self._files)
            self._files = {}
        self._record = None

    def missing(self) -> list[tuple[str, int, str]]:
        """Code, position and name of all that is neither shown, nor withheld, nor erased."""
        out = [("PART_MISSING", position, name) for (_, name), position in self._unshown.items()]
        out.extend(("ATTACHMENT_MISSING", position, digest.hex()) for position, digest in self._unshown_files)
        return out

    def withheld_but(self, required: frozenset[str]) -> list[tuple[str, int]]:
        """Code and number of what was withheld although the policy requires it."""
        out = []
        if "bodies" in required and self._counts[1]:
            out.append(("PART_WITHHELD_REQUIRED", self._counts[1]))
        if "attachments" in required and self._file_counts[1]:
            out.append(("ATTACHMENT_WITHHELD_REQUIRED", self._file_counts[1]))
        return out
