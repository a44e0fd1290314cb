"""
Findings kept as files, so that others can check the accusation without us: ``trail verify --save-findings DIR``.

::

    DIR/README.txt                 what each file is, and how to check it by hand or by other programs
    DIR/findings.json              {"format": "trail findings 1", "report": the report, "folders": [name, …]}
    DIR/001-CHECKPOINT_FORK/       held.note  other.note
    DIR/002-ROOT_MISMATCH/         held.note  newer.note  root.txt  consistency.txt
    DIR/003-SIGNATURE_BAD/         entry.bin  entry.tlog-proof  key-1.bin  key-1.tlog-proof …
    DIR/004-ENTRIES_REMOVED/       held.note

The notes are C2SP signed notes, as they were received.  ``root.txt`` is the root, in base64, that the newer tree has at
the size of the held note; ``consistency.txt`` is a C2SP tlog-witness request with the consistency proof from there to
``newer.note``.  ``*.tlog-proof`` is the C2SP text with which a checkpoint of the log itself vouches for the bytes
beside it; where no checkpoint that the log signed covers them it is missing.  ``key-N.bin`` is the entry that enrolled
the key of signer N.  Proofs are computed here, from the evidence, in a second pass.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from trail.errors import CallerError, EvidenceError
from trail.evidence.file import EntryItem, Header, Item, read_evidence
from trail.evidence.record import Record, decode_entry
from trail.evidence.verdict import Finding, Report
from trail.inspecting.comparing import Comparison
from trail.inspecting.readme import README
from trail.merkle import (
    Checkpoint,
    Frontier,
    Hash,
    format_proof,
    leaf_hash,
    parse_checkpoint,
    prove_consistency,
    prove_inclusion,
    root_at,
    stored_at,
)
from trail.signing.keys import PublicKey
from trail.signing.note import parse_note
from trail.signing.policy import Policy

FORMAT: Final = "trail findings 1"
MAX_FOLDERS: Final = 200
"""Most findings that get a folder; the report lists the others."""
ENROLLING: Final = frozenset(("LogFounded@1", "KeyEnrolled@1", "KeyRotated@1"))
FEWER: Final = frozenset(("ENTRIES_REMOVED", "OLDER_THAN_KNOWN"))
"""A checkpoint that covers more entries than were shown: it says what the log signed for, not what was handed over."""
HELD, OTHER, NEWER, ROOT, CONSISTENCY = "held.note", "other.note", "newer.note", "root.txt", "consistency.txt"
ENTRY, ENTRY_PROOF = "entry.bin", "entry.tlog-proof"


class Tree(NamedTuple):
    """The evidence read once more: the stored hashes of its tree, and the entries that are needed."""

    rows: list[bytes]
    entries: dict[int, bytes]
    enrolments: dict[bytes, int]

    def read(self, places: Sequence[tuple[int, int]]) -> Sequence[Hash]:
        """Hashes of complete subtrees."""
        where = [stored_at(level, index) for level, index in places]
        return [self.rows[position - 1][at : at + 32] for position, at in where]


def save_findings(folder: str, report: Report, policy: Policy, items: Iterable[Item]) -> int:
    """
    Write the findings of *report* into the new *folder*; *items* is the same evidence, for a second pass.

    Gives how many findings got a folder of their own.

    Raises:
        CallerError: The folder exists already, or can't be written.
    """
    tree = _second_pass(report, items)
    found = ((finding.code, _files(finding, report, tree)) for finding in report.findings)
    return write_folder(folder, found, {"report": report.to_json()})


def write_folder(folder: str, found: Iterable[tuple[str, dict[str, bytes]]], more: dict[str, Any]) -> int:
    """
    Write a folder of findings: code and files of each, and *more* for the index.  Gives how many got a folder.

    Raises:
        CallerError: The folder exists already, or can't be written.
    """
    target = Path(folder)
    if target.exists():
        raise CallerError(f"{folder} exists already; nothing was written", code="FILE_EXISTS",
                          advice="Name a new folder.")  # fmt: skip
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")  # nobody's folder is written into
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        folders: list[str] = []
        for code, files in found:
            if files and len(folders) < MAX_FOLDERS:
                folders.append(f"{len(folders) + 1:03}-{code}")
                (part / folders[-1]).mkdir()
                for file, data in files.items():
                    (part / folders[-1] / file).write_bytes(data)
        text = {"format": FORMAT, "folders": folders, **more}
        (part / "findings.json").write_text(json.dumps(text, indent=1) + "\n", encoding="ascii")
        (part / "README.txt").write_text(README, encoding="utf-8")
        os.replace(part, target)
    except OSError as error:
        raise CallerError(f"{folder} can't be written: {error.strerror}", code="FILE_UNWRITABLE",
                          advice="Check that there is space, and that this account may write.") from None  # fmt: skip
    return len(folders)


def _second_pass(report: Report, items: Iterable[Item]) -> Tree:
    """Read the evidence again; of a continuation the tree before it is not there, and no proof can be made."""
    wanted = {finding.position for finding in report.findings if finding.position is not None}
    tree = Tree([], {}, {})
    frontier = Frontier()
    for item in items:
        if isinstance(item, Header) and item.after:
            return tree
        if isinstance(item, EntryItem):
            tree.rows.append(frontier.append(leaf_hash(item.entry)))
            position = frontier.size
            if position in wanted:
                tree.entries[position] = item.entry
            if any(name.partition("@")[0].encode() in item.entry for name in ENROLLING):
                _note_enrolment(tree, position, item.entry)
    return tree


def _note_enrolment(tree: Tree, position: int, entry: bytes) -> None:
    for public in enrolled_by(entry, position).values():
        tree.enrolments.setdefault(public.id, position)
        tree.entries[position] = entry


def enrolled_by(entry: bytes, position: int) -> dict[bytes, PublicKey]:
    """The keys that an entry enrols, by id; none where it can't be read."""
    try:
        record = decode_entry(entry, position)
        if record.statement.type not in ENROLLING:
            return {}
        fields: Any = record.statement.fields
        rows = fields.get("registrars", [fields])
        keys = [PublicKey(row["suite"], row["key"]) for row in rows]
    except (EvidenceError, LookupError, TypeError):
        return {}
    return {key.id: key for key in keys}


def _files(finding: Finding, report: Report, tree: Tree) -> dict[str, bytes]:
    """The files of one finding, by name; none for one that the report alone can tell."""
    attached = finding.attached
    if finding.code == "CHECKPOINT_FORK" and type(finding.expected) is bytes and type(finding.found) is bytes:
        return {HELD: finding.expected, OTHER: finding.found}
    if finding.code == "ALARM_OPEN" and type(attached.get("held")) is bytes:
        notes = {HELD: attached["held"], OTHER: attached["other"]}
        return {name: note for name, note in notes.items() if type(note) is bytes and note}
    if finding.code == "ROOT_MISMATCH":
        note = attached.get("held", attached.get("checkpoint"))
        if type(note) is bytes:
            return rewritten(note, _covering(report, tree, checkpoint_of(note).size), tree)
        return {}
    note = attached.get("checkpoint")
    if finding.code in FEWER and type(note) is bytes:
        return {HELD: note}
    if finding.position in tree.entries:
        return _entry(finding.position, report, tree)
    return {}


def rewritten(note: bytes, newer: bytes | None, tree: Tree) -> dict[str, bytes]:
    """The held note, a newer one that the entries of *tree* bear out, and the proof that its tree has another root."""
    files = {HELD: note}
    size = checkpoint_of(note).size
    if newer is None:
        return files
    last = checkpoint_of(newer)
    files[NEWER] = newer
    files[ROOT] = base64.b64encode(root_at(size, tree.read)) + b"\n"
    proof = prove_consistency(size, last.size, tree.read)
    lines = [f"old {size}", *(base64.b64encode(one).decode("ascii") for one in proof)]
    files[CONSISTENCY] = ("\n".join(lines) + "\n\n").encode() + newer
    return files


def _covering(report: Report, tree: Tree, size: int) -> bytes | None:
    """The newest checkpoint that the log signed, and that the entries bear out, over at least *size* of them."""
    notes = [one.note for one in report.checkpoints if one.held and size <= one.size <= len(tree.rows)]
    return notes[-1] if notes else None


def _entry(position: int, report: Report, tree: Tree) -> dict[str, bytes]:
    """The entry, the entries that enrolled its signers' keys, and the proof of each."""
    entry = tree.entries[position]
    files = _proven(ENTRY, ENTRY_PROOF, position, report, tree)
    try:
        record: Record | None = decode_entry(entry, position)
    except EvidenceError:
        record = None
    for number, signer in enumerate(record.statement.signers if record is not None else (), 1):
        at = tree.enrolments.get(signer.key)
        if at is not None:
            files |= _proven(f"key-{number}.bin", f"key-{number}.tlog-proof", at, report, tree)
    return files


def _proven(name: str, proof: str, position: int, report: Report, tree: Tree) -> dict[str, bytes]:
    files = {name: tree.entries[position]}
    note = _covering(report, tree, position)
    if note is not None:
        size = checkpoint_of(note).size
        hashes = prove_inclusion(position - 1, size, tree.read)
        files[proof] = format_proof(position - 1, hashes, note.decode()).encode()
    return files


def checkpoint_of(note: bytes) -> Checkpoint:
    """What a signed note says; raises `NoteError`."""
    return parse_checkpoint(parse_note(note).text)


def save_forks(folder: str, rows: Sequence[Comparison], stream: BinaryIO | None) -> int:
    """
    Write the forks between two memories into the new *folder*; *stream* is the evidence that told them, if any did.

    Raises:
        CallerError: The folder exists already, or can't be written.
    """
    tree = Tree([], {}, {}) if stream is None else _hashes(read_evidence(stream))
    found: list[tuple[str, dict[str, bytes]]] = []
    for one in rows:
        if not one.first:
            continue
        low, high = sorted((one.first, one.second), key=lambda note: checkpoint_of(note).size)
        sizes = checkpoint_of(low).size, checkpoint_of(high).size
        if sizes[0] == sizes[1]:
            found.append(("CHECKPOINT_FORK", {HELD: one.first, OTHER: one.second}))
        elif sizes[1] <= len(tree.rows):
            found.append(("ROOT_MISMATCH", rewritten(low, high, tree)))
    return write_folder(folder, found, {"origins": [one.origin for one in rows]})


def _hashes(items: Iterable[Item]) -> Tree:
    tree, frontier = Tree([], {}, {}), Frontier()
    tree.rows.extend(frontier.append(leaf_hash(item.entry)) for item in items if isinstance(item, EntryItem))
    return tree
