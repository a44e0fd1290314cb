"""
What is handed to append: a signed statement with what lies beside it, and whether it repeats an earlier one.

What was built in this process comes decoded, with its bytes; what came from elsewhere is decoded strictly first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from trail.errors import EncodingError, RecordError, Refusal
from trail.evidence.file import MAX_ATTACHMENT
from trail.evidence.record import Part, PartRef, Record, Statement, decode_part, decode_statement
from trail.evidence.refusals import refuse

_NOTHING: Final[Mapping[bytes, bytes]] = {}


class PartContent(NamedTuple):
    """A body part, decoded, beside its exact bytes."""

    part: Part
    data: bytes


class Submission(NamedTuple):
    """
    A statement with its exact bytes, one signature for each signer in the statement's order, the content of every body
    part, and of those attachments (by SHA-256) that the log is to keep; the host keeps the others.
    """

    statement: Statement
    statement_bytes: bytes
    signatures: tuple[bytes, ...]
    parts: tuple[PartContent, ...] = ()
    attachments: Mapping[bytes, bytes] = _NOTHING


def submission_from_bytes(
    statement: bytes, signatures: Iterable[bytes], parts: Iterable[bytes] = (), attachments: Iterable[bytes] = ()
) -> Submission:
    """
    Read what was signed elsewhere, strictly.

    Raises:
        EncodingError, RecordError: The statement is not one.
        Refusal: Check 13: a body part is not one.
    """
    return Submission(
        decode_statement(statement),
        statement,
        tuple(signatures),
        tuple(_part(data) for data in parts),
        {hashlib.sha256(data).digest(): data for data in attachments},
    )


def _part(data: bytes) -> PartContent:
    try:
        return PartContent(decode_part(data), data)
    except (EncodingError, RecordError) as error:
        raise refuse("PART_MALFORMED", error.message, found=error.where) from None


def check_beside(submission: Submission, index: int = 0) -> None:
    """
    Check that parts and attachments are exactly those that the statement names, by digest and size.

    *index* is the submission's place in its batch, for the facts of an error.

    Raises:
        Refusal: Check 13 or 14.
    """
    try:
        _check_beside(submission)
    except Refusal as error:
        error.facts["index"] = index
        raise


def _check_beside(submission: Submission) -> None:
    statement, contents = submission.statement, submission.parts
    if len(contents) != len(statement.parts):
        _wrong_parts(submission)
    for ref, content in zip(statement.parts, contents, strict=True):
        data = content.data
        if content.part.name != ref.name:
            _wrong_parts(submission)
        if len(data) != ref.size or hashlib.sha256(data).digest() != ref.digest:
            raise refuse("PART_ALTERED", f"{ref.name} is not what the statement names", ref.digest, len(data))
    if submission.attachments:
        _check_attachments(submission)


def _wrong_parts(submission: Submission) -> None:
    wanted = [ref.name for ref in submission.statement.parts]
    found = [content.part.name for content in submission.parts]
    code = "PART_MISSING" if set(wanted) - set(found) else "PART_STRAY"
    raise refuse(code, "the body parts are not those that the statement names, in its order", wanted, found)


def _check_attachments(submission: Submission) -> None:
    sizes = {ref.digest: ref.size for ref in submission.statement.attachments}
    for digest, data in submission.attachments.items():
        if digest not in sizes:
            raise refuse("ATTACHMENT_STRAY", "a file that the statement does not name", found=digest)
        if len(data) != sizes[digest] or len(data) > MAX_ATTACHMENT or hashlib.sha256(data).digest() != digest:
            raise refuse("ATTACHMENT_ALTERED", "a file is not what the statement names", sizes[digest], len(data))


def is_same_act(first: Record, again: Submission, stored: Callable[[bytes], bytes | None]) -> bool:
    """
    Whether *again* repeats *first*: the same but for salts, what its signer had seen, and the expected version.

    *stored* gives a part's bytes by digest.  A part that was erased can only be compared by name and size.
    """
    a, b = first.statement, again.statement
    if a._replace(seen=None, after=0, parts=()) != b._replace(seen=None, after=0, parts=()):
        return False
    if [ref.name for ref in a.parts] != [ref.name for ref in b.parts] or len(a.parts) != len(again.parts):
        return False
    return all(_same_part(ref, content, stored) for ref, content in zip(a.parts, again.parts, strict=True))


def _same_part(ref: PartRef, content: PartContent, stored: Callable[[bytes], bytes | None]) -> bool:
    data = stored(ref.digest)
    if data is None:
        return ref.size == len(content.data)
    try:
        kept = decode_part(data)
    except (EncodingError, RecordError, Refusal):
        return False
    return (kept.name, kept.subjects, kept.data) == (content.part.name, content.part.subjects, content.part.data)
