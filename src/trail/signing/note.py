"""
Signed notes (C2SP signed-note): a text, a blank line, and signature lines::

    <text, lines that each end with a newline>
    <blank line>
    — <name> <base64(key id (4) || signature)>\\n        one to a hundred of these

UTF-8; no control character below U+0020 but the newline, which alone ends a line.  The text may hold blank lines: the
last one in the note separates.  What is signed is the text's bytes as they were received.

A signature by a key that the reader does not know is ignored, and kept apart; one by a known key that does not verify
refuses the whole note; a note without any verified signature is refused.  Lines repeated byte for byte count once.
Several cosignatures of one witness at several times are all verified and all given: count names, never lines.

>>> from trail.signing import PrivateKey
>>> key = PrivateKey.from_seed(bytes(32))
>>> note = format_note("hello\\n", [sign_note("hello\\n", "example.org/log", key)])
>>> print(note, end="")
hello
<BLANKLINE>
— example.org/log TpMzA70jqZfeO51p54NUHNgB0gj3FcEdABb+i0x7WQ2KMMK02b7JbausbD8FEGH/ZlGKT8qJcf90erbFNeQlPTAIigk=
>>> [verified.key.name for verified in open_note(parse_note(note), [NoteKey("example.org/log", 1, key.public.raw)])]
['example.org/log']
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trail.errors import CallerError, NoteError, SignatureError
from trail.signing.cosignature import check_cosignature
from trail.signing.keys import RESERVED_FIRST_LINES, Signer, sign_checked
from trail.signing.line import NoteSignature, parse_line
from trail.signing.vkey import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, format_vkey, parse_vkey

__all__ = [
    "COSIGNATURE_ED25519",
    "LOG_ED25519",
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "Note",
    "NoteKey",
    "NoteSignature",
    "VerifiedSignature",
    "format_note",
    "format_vkey",
    "open_note",
    "parse_note",
    "parse_vkey",
    "sign_note",
    "unknown_signatures",
]

MAX_SIGNATURES: Final = 100
"""As in Go's sumdb/note; the specification asks for at least 16."""

MAX_NOTE_BYTES: Final = 1_000_000
"""As in Go's sumdb/note; a checkpoint with 100 cosignatures has some 15 KB."""

_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read: its ``text`` with final newline, and its ``signatures``, *not verified*."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The signature lines as they were received, with their newlines."""
        return tuple(signature.line for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that `open_note` verified: by which ``key``, its ``signature``, and a witness's ``time`` or None."""

    key: NoteKey
    signature: NoteSignature
    time: int | None


def parse_note(note: str | bytes) -> Note:
    """
    Read a signed *note* without verifying anything.

    Raises:
        NoteError: It is not spelled exactly as `format_note` spells it, or it passes a limit.
    """
    whole = _checked(note)
    end = whole.rfind("\n\n")
    if end < 0:
        raise NoteError("a note has a blank line before its signatures")
    text, lines = whole[: end + 1], whole[end + 2 :].split("\n")
    if lines.pop():
        raise NoteError("a note ends with a newline")
    if not 1 <= len(lines) <= MAX_SIGNATURES:
        raise NoteError(f"a note has between 1 and {MAX_SIGNATURES} signatures", found=len(lines))
    return Note(text, tuple(parse_line(line + "\n") for line in lines))


def format_note(text: str, lines: Iterable[str]) -> str:
    """
    Write the note of a *text* and signature *lines*, each with its newline.

    Raises:
        NoteError: The result would not be read again as this text and these lines.
    """
    lines = tuple(lines)
    whole = text + "\n" + "".join(lines)
    note = parse_note(whole)
    if note.text != text or note.lines != lines:
        raise NoteError("the text or a signature line is not well-formed")
    return whole


def sign_note(text: str, name: str, signer: Signer) -> str:
    """
    Sign a *text* under the key name *name* (for a log, its origin); gives the signature line with its newline.

    Raises:
        NoteError: The text can't stand in a note.
        KeyRefused: The name or key can't be used.
        EnvironmentFailed: The signature that was made does not verify.
    """
    if not _checked(text).endswith("\n"):
        raise NoteError("the text of a note ends with a newline")
    if text.split("\n", 1)[0] in RESERVED_FIRST_LINES:
        raise NoteError("the text begins like a message of another purpose", found=text.split("\n", 1)[0])
    key = NoteKey(name, LOG_ED25519, signer.public.raw)
    return NoteSignature(name, key.id, sign_checked(signer, text.encode("utf-8"))).line


def open_note(note: Note, keys: Iterable[NoteKey]) -> list[VerifiedSignature]:
    """
    Verify a *note* under the *keys* that the reader knows; gives at least one signature, in the note's order.

    Raises:
        SignatureError: A known key's signature does not verify (code ``NOTE_FORGED``), or no known key has signed
            (code ``NOTE_UNSIGNED``).
        CallerError: Two different keys share name and id.
    """
    known = _by_name_and_id(keys)
    verified = []
    for signature in dict.fromkeys(note.signatures):
        key = known.get((signature.name, signature.id))
        if key is not None:
            verified.append(VerifiedSignature(key, signature, _verify(note.text, signature, key)))
    if not verified:
        raise SignatureError("no known key has signed this note", code="NOTE_UNSIGNED")
    return verified


def unknown_signatures(note: Note, keys: Iterable[NoteKey]) -> list[NoteSignature]:
    """Give the signatures of a *note* that none of the *keys* answers for; nothing is known about them."""
    known = _by_name_and_id(keys)
    return [signature for signature in note.signatures if (signature.name, signature.id) not in known]


def _verify(text: str, signature: NoteSignature, key: NoteKey) -> int | None:
    try:
        if key.type == COSIGNATURE_ED25519:
            return check_cosignature(text, signature, key)
        key.public.verify(text.encode("utf-8"), signature.data)
        return None
    except SignatureError as error:
        raise SignatureError(
            f"the signature of {key.name} is not over this text: {error.message}",
            code="NOTE_FORGED",
            key=key.vkey,
            line=signature.line,
        ) from None


def _by_name_and_id(keys: Iterable[NoteKey]) -> dict[tuple[str, bytes], NoteKey]:
    known: dict[tuple[str, bytes], NoteKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            raise CallerError("two different keys share a name and an id", found=key.name)
    return known


def _checked(note: str | bytes) -> str:
    """Give the text of UTF-8 bytes, or the same text, once it is known to hold nothing that a note can't."""
    try:
        data = note.encode("utf-8") if isinstance(note, str) else note
        if len(data) > MAX_NOTE_BYTES:
            raise NoteError("the note is too long", found=len(data), expected=MAX_NOTE_BYTES)
        text = data.decode("utf-8")
    except UnicodeError:
        raise NoteError("a note is UTF-8 text") from None
    if _CONTROL.search(text):
        raise NoteError("a note holds no control character but the newline")
    return text
