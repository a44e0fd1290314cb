"""
Cosignatures: a witness says "this is the largest consistent tree of this log that I have seen, as of this second".

C2SP tlog-cosignature, version 1, type 4.  After the key id, a signature line carries ``u64 big-endian POSIX seconds
|| Ed25519 signature (64)``.  The signed message is::

    cosignature/v1\\n
    time <seconds, decimal, no leading zero>\\n
    <the whole text of the note, with its final newline, without signature lines>

The message names no witness, so a witness uses its key for nothing else.  Times are at most 2**63 - 1.
"""

from __future__ import annotations

from typing import Final

from trail.errors import CallerError, SignatureError
from trail.signing.keys import Signer, sign_checked
from trail.signing.line import NoteSignature, dated_anchor_digest, parse_line
from trail.signing.vkey import COSIGNATURE_ED25519, NoteKey

__all__ = ["MAX_TIME", "check_cosignature", "cosign", "cosignature_message", "dated_anchor_digest"]

MAX_TIME: Final = 2**63 - 1


def cosignature_message(body_text: str, time: int) -> bytes:
    """Give the bytes that a witness signs for a note's text at a *time* in POSIX seconds."""
    return f"cosignature/v1\ntime {time}\n{body_text}".encode()


def cosign(body_text: str, name: str, signer: Signer, time: int) -> str:
    """
    Sign a note's text as the witness *name* at *time* (POSIX seconds); gives the signature line with its newline.

    Whether the tree is consistent with what the witness saw before is for the caller to check first.

    Raises:
        CallerError: The time is out of range, or the text does not end with a newline.
        KeyRefused: The name or key can't be used.
        EnvironmentFailed: The signature that was made does not verify.
    """
    if type(time) is not int or not 0 <= time <= MAX_TIME:
        raise CallerError("a cosignature's time is between 0 and 2**63 - 1", found=time)
    if not body_text.endswith("\n"):
        raise CallerError("the text of a note ends with a newline")
    key = NoteKey(name, COSIGNATURE_ED25519, signer.public.raw)
    signature = sign_checked(signer, cosignature_message(body_text, time))
    return NoteSignature(name, key.id, time.to_bytes(8, "big") + signature).line


def check_cosignature(body_text: str, signature: NoteSignature | str, key: NoteKey) -> int:
    """
    Check a witness's *signature* (a line, or a parsed one) over a note's text, and give its time in POSIX seconds.

    Raises:
        NoteError: The line is malformed.
        SignatureError: It is by another key, or does not verify.
    """
    if isinstance(signature, str):
        signature = parse_line(signature)
    if key.type != COSIGNATURE_ED25519 or (signature.name, signature.id) != (key.name, key.id):
        raise SignatureError("the cosignature is not of this key", expected=key.name, found=signature.name)
    if len(signature.data) != 72:
        raise SignatureError("a cosignature is a time of 8 bytes and 64 bytes", found=len(signature.data))
    time = int.from_bytes(signature.data[:8], "big")
    if time > MAX_TIME:
        raise SignatureError("the cosignature's time is out of range", found=time)
    key.public.verify(cosignature_message(body_text, time), signature.data[8:])
    return time
