"""A log in memory, made of this library's own parts, whose notes and proofs the other programs are given."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from trail.merkle import Checkpoint, Frontier, Hash, format_checkpoint, leaf_hash, prove_consistency, prove_inclusion
from trail.merkle.tree import root_at
from trail.signing import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    NoteKey,
    PrivateKey,
    cosign,
    format_note,
    sign_note,
)

TIME = 1_772_668_800


def seed_of(name: str) -> bytes:
    """The seed that follows from a name: no secret at all."""
    return hashlib.sha256(b"interop " + name.encode()).digest()


def key_of(name: str) -> PrivateKey:
    """The key that follows from a name."""
    return PrivateKey.from_seed(seed_of(name))


def openssh_key(name: str) -> bytes:
    """The same key as an unencrypted file that ssh-add and sigsum read."""
    key = Ed25519PrivateKey.from_private_bytes(seed_of(name))
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def openssh_public(key: NoteKey) -> str:
    """A public key as one line of OpenSSH."""
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + key.raw
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} test\n"


def witness_key(name: str) -> NoteKey:
    """The key of the witness *name* as policies name it."""
    return NoteKey(name, COSIGNATURE_ED25519, key_of(name).public.raw)


class Tlog:
    """The log *origin* with so many entries, its key following from its origin."""

    def __init__(self, origin: str, entries: Sequence[bytes]) -> None:
        self.origin = origin
        self.signer = key_of(origin)
        self.key = NoteKey(origin, LOG_ED25519, self.signer.public.raw)
        self.entries = list(entries)
        frontier = Frontier()
        self._rows = [frontier.append(leaf_hash(entry)) for entry in self.entries]

    def _read(self, nodes: Sequence[tuple[int, int]]) -> list[Hash]:
        return [self._rows[((index + 1) << level) - 1][32 * level :][:32] for level, index in nodes]

    def root(self, size: int) -> Hash:
        """The root at a size."""
        return root_at(size, self._read)

    def inclusion(self, index: int, size: int) -> list[Hash]:
        """The inclusion proof of an entry."""
        return prove_inclusion(index, size, self._read)

    def consistency(self, first: int, second: int) -> list[Hash]:
        """The consistency proof; empty where there is nothing to prove."""
        return prove_consistency(first, second, self._read) if 0 < first < second else []

    def text(self, size: int) -> str:
        """The checkpoint's text at a size."""
        return format_checkpoint(Checkpoint(self.origin, size, self.root(size)))

    def note(self, size: int, *witnesses: str) -> str:
        """The signed checkpoint at a size, cosigned by witnesses."""
        text = self.text(size)
        lines = [sign_note(text, self.origin, self.signer)]
        lines += [cosign(text, name, key_of(name), TIME) for name in witnesses]
        return format_note(text, lines)


def small(origin: str = "log.example.edu/acts", count: int = 17, *, word: str = "entry") -> Tlog:
    """A log of some entries; another *word* makes another history."""
    return Tlog(origin, [f"{word} {number}".encode() for number in range(count)])
