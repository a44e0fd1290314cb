"""
An accusation checked again, from its folder and one's own policy alone: ``trail check-findings DIR --policy POLICY``.

Nothing in the folder is believed.  Its names are read from a closed list, plain files only, each up to a limit, and the
code in a folder's name only chooses which proof is looked for.  ``proven``: the log's own signatures, or a signature
that does not hold over an entry that the log has signed for, say it to everybody.  ``shown``: the log has signed for
the entry, or for so many; the rest is told by the evidence itself.  ``open``: nothing here proves it.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from trail.errors import CallerError, EvidenceError, NoteError, ProofError, SignatureError
from trail.evidence.anchors import Anchor, read_anchor
from trail.evidence.opaque import OPAQUE_KIND, decode_opaque, kind_of
from trail.evidence.record import decode_entry
from trail.inspecting.accusing import (
    CONSISTENCY,
    ENTRY,
    ENTRY_PROOF,
    FEWER,
    FORMAT,
    HELD,
    MAX_FOLDERS,
    NEWER,
    OTHER,
    ROOT,
    checkpoint_of,
    enrolled_by,
)
from trail.merkle import Checkpoint, check_consistency, check_inclusion, leaf_hash, parse_proof
from trail.merkle.proofs import MAX_PROOF, parse_decimal, parse_hash
from trail.signing.keys import statement_message
from trail.signing.policy import Policy

PROVEN: Final = "proven"
SHOWN: Final = "shown"
OPEN: Final = "open"
_FOLDER: Final = re.compile(r"[0-9]{3}-[A-Z_]{1,40}")
_MAX_FILE: Final = 1 << 17
_MAX_INDEX: Final = 1 << 24


class Checked(NamedTuple):
    """One accusation: its folder and code, the log's name, ``proven``, ``shown`` or ``open``, and why."""

    folder: str
    code: str
    origin: str
    result: str
    why: str


def check_findings(folder: str, policy: Policy) -> list[Checked]:
    """
    Check every accusation in *folder* under *policy*.

    Raises:
        CallerError: It is no folder of findings, or holds something else than plain files of their size.
    """
    root = Path(folder)
    index = _index(root)
    return [_check(root, name, policy) for name in index]


def _index(root: Path) -> list[str]:
    data = _read(root, "findings.json", _MAX_INDEX)
    try:
        value: Any = json.loads(data)
        names = value["folders"]
        fits = value["format"] == FORMAT and len(names) <= MAX_FOLDERS and len(set(names)) == len(names)
        if not fits or not all(type(name) is str and _FOLDER.fullmatch(name) for name in names):
            raise ValueError
    except (ValueError, LookupError, TypeError, RecursionError):
        raise CallerError(f"{root}: not a folder of findings of this version", code="FINDINGS_UNREADABLE",
                          advice="Give the folder as trail verify --save-findings wrote it.") from None  # fmt: skip
    return list(names)


def _read(folder: Path, name: str, limit: int = _MAX_FILE) -> bytes:
    """A plain file of a name of ours; raises `CallerError`."""
    path = folder / name
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode) or folder.is_symlink():
            raise CallerError(f"{path} is no plain file", code="FINDINGS_UNREADABLE", advice="Don't follow it.")
        with open(path, "rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise CallerError(f"{path} can't be read: {error.strerror}", code="FINDINGS_UNREADABLE",
                          advice="Give the whole folder.") from None  # fmt: skip
    if len(data) > limit:
        raise CallerError(f"{path} is too large", code="FINDINGS_UNREADABLE", advice="It is not one of ours.")
    return data


def _there(folder: Path, name: str) -> bool:
    return os.path.lexists(folder / name)


def _check(root: Path, name: str, policy: Policy) -> Checked:
    folder, code = root / name, name[4:]
    try:
        origin, result, why = _checks(folder, code)(folder, policy)
    except EvidenceError as error:
        return Checked(name, code, "", OPEN, error.message)
    return Checked(name, code, origin, result, why)


Check = Callable[[Path, Policy], tuple[str, str, str]]


def _checks(folder: Path, code: str) -> Check:
    if code in FEWER:
        return _fewer
    if _there(folder, ENTRY):
        return _entry
    return _fork if _there(folder, OTHER) else _rewritten


def _anchor(note: bytes, policy: Policy) -> Anchor:
    """A checkpoint that a log key of the policy signed, with its signers; raises `EvidenceError`."""
    return read_anchor(note, policy, checkpoint_of(note).origin)


def _signed(note: bytes, policy: Policy) -> Checkpoint:
    """A checkpoint that a log key of the policy signed; raises `EvidenceError`."""
    return _anchor(note, policy).checkpoint


def _two_keys(policy: Policy, one: Anchor, other: Anchor) -> str:
    """
    The keys, where not one key of the log signed both notes, nor a real quorum stands behind each; otherwise empty.

    A rotation may have ended one of them before: then it says nothing of the log.  The folder does not show that.
    """
    if set(one.log_keys) & set(other.log_keys) or (policy.quorum is not None and one.satisfied and other.satisfied):
        return ""
    first, second = (", ".join(key.vkey for key in note.log_keys) for note in (one, other))
    return f"the one note is by {first}, the other by {second}; whether one of them had ended takes the whole log"


def _fork(folder: Path, policy: Policy) -> tuple[str, str, str]:
    notes = [_anchor(_read(folder, name), policy) for name in (HELD, OTHER)]
    one, other = (note.checkpoint for note in notes)
    if one.origin != other.origin:
        return one.origin, OPEN, "the notes are of two logs"
    if one.size != other.size:
        return one.origin, OPEN, "the notes are of two sizes: without a proof between them they exclude nothing"
    if one.root == other.root:
        return one.origin, OPEN, "the notes say the same"
    if keys := _two_keys(policy, *notes):
        return one.origin, SHOWN, f"two roots are signed for size {one.size}: {keys}"
    return one.origin, PROVEN, f"the log signed two roots for size {one.size}"


def _fewer(folder: Path, policy: Policy) -> tuple[str, str, str]:
    held = _signed(_read(folder, HELD), policy)
    return held.origin, SHOWN, f"the log signed for {held.size} entries; that fewer were shown takes what was shown"


def _rewritten(folder: Path, policy: Policy) -> tuple[str, str, str]:
    first_note = _anchor(_read(folder, HELD), policy)
    held = first_note.checkpoint
    if not _there(folder, NEWER):
        return held.origin, OPEN, "no checkpoint that the log signed covers the other entries"
    last_note = _anchor(_read(folder, NEWER), policy)
    newer = last_note.checkpoint
    if newer.origin != held.origin:
        return held.origin, OPEN, "the notes are of two logs"
    text = _read(folder, ROOT)
    root = parse_hash(text.decode("ascii", "replace").removesuffix("\n"))
    head, _, _ = _read(folder, CONSISTENCY).decode("utf-8", "replace").partition("\n\n")
    first, *lines = head.split("\n")
    if len(lines) > MAX_PROOF or parse_decimal(first.removeprefix("old ")) != held.size:
        raise NoteError("the consistency proof is not one from the held size")
    proof = [parse_hash(line) for line in lines]
    check_consistency(proof, first=held.size, second=newer.size, first_root=root, second_root=newer.root)
    if root == held.root:
        return held.origin, OPEN, "the newer tree goes on from the held one: nothing is wrong"
    if keys := _two_keys(policy, first_note, last_note):
        return held.origin, SHOWN, f"the tree signed at size {newer.size} has another root at {held.size}: {keys}"
    return held.origin, PROVEN, f"the tree that the log signed at size {newer.size} has another root at {held.size}"


def _included(folder: Path, name: str, proof: str, policy: Policy) -> tuple[Checkpoint, bytes, int]:
    """An entry that the log has signed for; raises `EvidenceError`."""
    entry = _read(folder, name)
    if not _there(folder, proof):
        raise ProofError("no checkpoint that the log signed covers the entry")
    try:
        text = parse_proof(_read(folder, proof).decode())
    except UnicodeDecodeError:
        raise NoteError("a proof is UTF-8 text") from None
    checkpoint = _signed(text.note.encode(), policy)
    check_inclusion(
        text.hashes, index=text.index, size=checkpoint.size, leaf=leaf_hash(entry), root=checkpoint.root
    )  # fmt: skip
    return checkpoint, entry, text.index + 1


def _entry(folder: Path, policy: Policy) -> tuple[str, str, str]:
    checkpoint, entry, position = _included(folder, ENTRY, ENTRY_PROOF, policy)
    origin = checkpoint.origin
    at = f"position {position}"
    try:
        if kind_of(entry) == OPAQUE_KIND:
            decode_opaque(entry, position)
            return origin, SHOWN, f"the log signed for the event at {at}; what lies beside it takes the whole evidence"
        record = decode_entry(entry, position)
    except EvidenceError as error:
        if error.code == "UNKNOWN_FORMAT":
            return origin, OPEN, f"the entry at {at} is of a format that this version does not know"
        return origin, PROVEN, f"the log signed for bytes at {at} that are no entry: {error.message}"
    if record.statement.log != origin:
        return origin, PROVEN, f"the log signed for an entry of another log at {at}"
    for number, (signer, signature) in enumerate(zip(record.statement.signers, record.signatures, strict=True), 1):
        if not _there(folder, f"key-{number}.bin"):
            continue
        theirs, enrolment, where = _included(folder, f"key-{number}.bin", f"key-{number}.tlog-proof", policy)
        key = enrolled_by(enrolment, where).get(signer.key)
        if key is None or theirs.origin != origin or where >= position + (record.statement.type == "LogFounded@1"):
            continue
        try:
            key.verify(statement_message(origin, record.statement_bytes), signature)
        except SignatureError:  # a key of a suite that this version does not know refutes nothing
            return origin, PROVEN, f"the log signed for an entry at {at} whose signature {number} does not hold"
    return origin, SHOWN, f"the log signed for the entry at {at}; whether it breaks a rule takes the whole log"
