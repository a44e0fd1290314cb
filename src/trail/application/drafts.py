"""
Drafts: from what a host says happened to the bytes that somebody signs.

The signing side sees statement and parts, and recomputes the digests of what it displays; it may be another machine.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from trail.aggregates.base import EventData, PartData
from trail.errors import CallerError, EncodingError, RecordError
from trail.evidence.record import (
    AttachmentRef,
    Happened,
    Part,
    PartRef,
    Performer,
    Seen,
    SignerRef,
    Statement,
    decode_part,
    decode_statement,
    encode_part,
    encode_statement,
)
from trail.signing import statement_message
from trail.store import PartContent, Submission

SALT: Final = 16
Salts = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside an act: its bytes, its media type, and whether the log keeps it or the host does."""

    data: bytes
    media: str
    keep: bool = False

    @classmethod
    def read(cls, path: str | os.PathLike[str], media: str, *, keep: bool = False) -> Attachment:
        """Read a file; raises `CallerError` if it can't be read."""
        try:
            return cls(Path(path).read_bytes(), media, keep)
        except OSError as error:
            raise CallerError(f"the attachment {path} can't be read: {error.strerror}", found=str(path)) from None


class Draft(NamedTuple):
    """
    An act made ready to sign.

    ``message`` is what each of ``statement.signers`` signs, in order; ``parts`` and ``attachments`` lie beside it.
    """

    statement: Statement
    statement_bytes: bytes
    message: bytes
    parts: tuple[PartContent, ...]
    attachments: Mapping[bytes, bytes]

    def check(self) -> None:
        """Check that a draft that may have been elsewhere still says what its bytes say; raises `CallerError`."""
        try:
            same = decode_statement(self.statement_bytes) == self.statement
            same = same and all(decode_part(content.data) == content.part for content in self.parts)
        except (RecordError, EncodingError) as error:
            raise CallerError(error.message, code=error.code, where=error.where) from None
        if not same:
            raise CallerError("the draft's statement or parts are not those of its bytes")

    def signed(self, signatures: Sequence[bytes]) -> Submission:
        """The draft with one signature for each signer, in the statement's order."""
        return Submission(self.statement, self.statement_bytes, tuple(signatures), self.parts, self.attachments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the façade adds to an act: who signs by which hand, what they had seen, where it goes."""

    origin: str
    event_id: bytes
    stream: str
    after: int
    hand: str
    performers: tuple[Performer, ...]
    signers: tuple[SignerRef, ...]
    unit: str | None
    seen: Seen | None
    classification: str
    now: int


def draft(
    event: EventData, about: Circumstances, attachments: Iterable[Attachment] = (), *, salts: Salts = os.urandom
) -> Draft:
    """
    Complete *event* and give the bytes to sign.

    Raises:
        CallerError: Something does not fit a statement; the message names it.
    """
    try:
        parts = tuple(_part(name, event.parts[name], salts) for name in sorted(event.parts))
        files = {hashlib.sha256(one.data).digest(): one for one in attachments}
        statement = Statement(
            about.after,
            tuple(AttachmentRef(digest, len(files[digest].data), files[digest].media) for digest in sorted(files)),
            event.causes,
            about.classification,
            event.fields,
            1,
            about.hand,
            event.happened or Happened("instant", about.now, 480, "second", False),
            about.event_id,
            about.origin,
            tuple(PartRef(p.part.name, hashlib.sha256(p.data).digest(), len(p.data)) for p in parts),
            about.performers,
            event.period,
            about.seen,
            about.signers,
            about.stream,
            event.type_key,
            about.unit,
        )
        data = encode_statement(statement)
    except (RecordError, EncodingError) as error:
        raise CallerError(error.message, code=error.code, where=error.where) from None
    kept = {digest: one.data for digest, one in files.items() if one.keep}
    return Draft(statement, data, statement_message(about.origin, data), parts, kept)


def _part(name: str, content: PartData, salts: Salts) -> PartContent:
    subjects, data = content
    part = Part(name, subjects, salts(SALT), data)
    return PartContent(part, encode_part(part))
