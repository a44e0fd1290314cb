"""
Verifier keys of signed notes, "vkeys" (C2SP signed-note)::

    <name>+<key id, 8 lowercase hex digits>+<base64(type (1) || raw key)>

The key id is ``SHA-256(name || "\\n" || type || raw key)[:4]``.  It tells keys apart and proves nothing; a key is
known by name *and* id, and trusted by its bytes.  Types read here: 1, Ed25519 over the text (logs); 4, Ed25519
cosignature with a time (witnesses).  Other types of the specification are refused until this library can check them.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Final

from trail.errors import KeyRefused, NoteError
from trail.signing.keys import PublicKey, vet
from trail.signing.line import decode_base64, is_name
from trail.signing.suites import ED25519

LOG_ED25519: Final = 1
COSIGNATURE_ED25519: Final = 4
_TYPES: Final = {LOG_ED25519: ED25519, COSIGNATURE_ED25519: ED25519}


@dataclass(frozen=True, slots=True)
class NoteKey:
    """
    A vetted public key that signs notes under a name: ``name``, ``type`` (1 or 4), ``raw`` bytes, ``id`` 4 bytes.

    Raises:
        KeyRefused: The name or type can't be used, or the key does not pass `vet`.
    """

    name: str
    type: int
    raw: bytes
    id: bytes = field(init=False, compare=False)
    public: PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise KeyRefused("a key name is empty or holds a space, a control character or '+'", found=self.name)
        suite = _TYPES.get(self.type)
        if suite is None:
            raise KeyRefused(
                f"a note key of type {self.type} can't be checked by this version",
                code="KEY_SUITE",
                expected=sorted(_TYPES),
                found=self.type,
            )
        public = PublicKey(suite, self.raw)
        vet(public)
        digest = hashlib.sha256(self.name.encode("utf-8") + b"\n" + bytes([self.type]) + self.raw).digest()
        object.__setattr__(self, "id", digest[:4])
        object.__setattr__(self, "public", public)

    @property
    def vkey(self) -> str:
        """The key as text."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.type]) + self.raw).decode('ascii')}"


def format_vkey(key: NoteKey) -> str:
    """Write a *key* as a vkey."""
    return key.vkey


def parse_vkey(text: str) -> NoteKey:
    """
    Read a vkey.

    Raises:
        KeyRefused: It is malformed, its id is not that of its key, its type is unknown, or the key is weak.
    """
    # Base64 may hold '+', names may not: only the first two separate.
    fields = text.split("+", 2)
    if len(fields) != 3:
        raise KeyRefused("a key is written name+id+base64", found=text)
    name, hexadecimal, encoded = fields
    try:
        data = decode_base64(encoded)
    except NoteError as error:
        raise KeyRefused(error.message, found=text) from None
    if not data:
        raise KeyRefused("the key is empty", found=text)
    key = NoteKey(name, data[0], data[1:])
    if key.id.hex() != hexadecimal:
        raise KeyRefused("the key id is not that of the key", expected=key.id.hex(), found=hexadecimal)
    return key
