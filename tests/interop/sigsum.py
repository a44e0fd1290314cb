"""
Just enough of Sigsum to put this library's bytes into its messages and back.

A Sigsum log signs the same three lines that every checkpoint has, under the origin ``sigsum.org/v1/tree/<key hash>``;
its witnesses cosign them as all witnesses do.  Its proof of logging is a text of its own::

    version=2
    log=<SHA-256 of the log's key>
    leaf=<SHA-256 of the submitter's key> <the submitter's signature>
    <empty line>
    size=… root_hash=… signature=…          one a line, then the cosignatures
    cosignature=<SHA-256 of the witness's key> <time> <signature>
    <empty line>
    leaf_index=… node_hash=…                one a line; nothing of this for a tree of one leaf
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.interop.tlog import TIME, Tlog, key_of

from trail.merkle import Checkpoint, format_checkpoint
from trail.signing import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    NoteKey,
    NoteSignature,
    PrivateKey,
    cosign,
    format_note,
    sign_note,
)
from trail.signing.line import parse_line

LOG = "sigsum log"


def key_hash(raw: bytes) -> str:
    """SHA-256 of a public key in hex."""
    return hashlib.sha256(raw).hexdigest()


def origin_of(raw: bytes) -> str:
    """What a Sigsum log with this key calls itself in a checkpoint."""
    return f"sigsum.org/v1/tree/{key_hash(raw)}"


def checksum(content: bytes) -> bytes:
    """What a submitter signs of a file: the digest of its digest."""
    return hashlib.sha256(hashlib.sha256(content).digest()).digest()


def leaf(content: bytes, submitter: PrivateKey) -> bytes:
    """A leaf: checksum, the submitter's signature, and whose it is."""
    signature = submitter.sign(b"sigsum.org/v1/tree-leaf\0" + checksum(content))
    return checksum(content) + signature + hashlib.sha256(submitter.public.raw).digest()


class OurSigsumLog(Tlog):
    """A log of this library whose name, key and leaves are those of a Sigsum log."""

    def __init__(self, contents: Sequence[bytes], submitter: PrivateKey) -> None:
        signer = key_of(LOG)
        super().__init__(origin_of(signer.public.raw), [leaf(content, submitter) for content in contents])
        self.signer = signer
        self.key = NoteKey(self.origin, LOG_ED25519, signer.public.raw)

    def proof(self, index: int, size: int, witnesses: Sequence[str] = ()) -> str:
        """A Sigsum proof whose signatures and hashes are this library's."""
        text, entry = self.text(size), self.entries[index]
        lines = ["version=2", f"log={key_hash(self.key.raw)}", f"leaf={entry[96:].hex()} {entry[32:96].hex()}", ""]
        signature = parse_line(sign_note(text, self.origin, self.signer)).data
        lines += [f"size={size}", f"root_hash={self.root(size).hex()}", f"signature={signature.hex()}"]
        for name in witnesses:
            data = parse_line(cosign(text, name, key_of(name), TIME)).data
            lines.append(f"cosignature={key_hash(key_of(name).public.raw)} {TIME} {data[8:].hex()}")
        if size > 1:
            lines += ["", f"leaf_index={index}", *(f"node_hash={one.hex()}" for one in self.inclusion(index, size))]
        return "\n".join(lines) + "\n"


def policy(log: bytes, witnesses: Mapping[str, bytes], quorum: str, urls: Mapping[str, str] | None = None) -> str:
    """A Sigsum policy, which names raw keys in hex; *urls* by name, the log's under ``log``."""
    urls = urls or {}
    lines = [f"log {log.hex()} {urls.get('log', '')}"]
    lines += [f"witness {name} {raw.hex()} {urls.get(name, '')}" for name, raw in witnesses.items()]
    return "\n".join([*lines, f"quorum {quorum}"]) + "\n"


class Proof(NamedTuple):
    """A Sigsum proof, read, as this library's own values."""

    size: int
    root: bytes
    note: str
    index: int
    hashes: tuple[bytes, ...]
    signature: bytes


def read_proof(text: str, log: bytes, witnesses: Mapping[str, bytes]) -> Proof:
    """Read a proof of the Sigsum log with this key: its tree head becomes a note cosigned by *witnesses* by name."""
    pairs = [line.split("=", 1) for line in text.split("\n") if line]
    one = {name: value for name, value in pairs if name not in ("cosignature", "node_hash")}
    origin = origin_of(log)
    size, root = int(one["size"]), bytes.fromhex(one["root_hash"])
    body = format_checkpoint(Checkpoint(origin, size, root))
    lines = [NoteSignature(origin, NoteKey(origin, LOG_ED25519, log).id, bytes.fromhex(one["signature"])).line]
    named = {key_hash(raw): (name, raw) for name, raw in witnesses.items()}
    for name, value in pairs:
        if name == "cosignature":
            whose, time, signature = value.split(" ")
            witness, raw = named[whose]
            key = NoteKey(witness, COSIGNATURE_ED25519, raw)
            lines.append(NoteSignature(witness, key.id, int(time).to_bytes(8, "big") + bytes.fromhex(signature)).line)
    hashes = tuple(bytes.fromhex(value) for name, value in pairs if name == "node_hash")
    signature = bytes.fromhex(one["leaf"].split(" ")[1])
    return Proof(size, root, format_note(body, lines), int(one.get("leaf_index", "0")), hashes, signature)
