"""
The tamper kit: what an administrator, a thief of keys or a careless restore does to a copy, one operator for each.

An operator changes a `DatabaseCopy` or an `EvidenceCopy` (`trail.testing.stored`); saving it recomputes everything
that can be recomputed without keys.  Keys that the attacker holds are passed in: a member's to sign with, or the log's
and the witnesses' to `reseal` with.  Positions count from 1, as in reports::

    copy = DatabaseCopy(copy_file(database, elsewhere))
    edit(copy, 17, happened=Happened.on("2026-03-31"))
    report = audit(copy.save(), policy)          # altered: SIGNATURE_BAD at 17
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trail.application import Draft
from trail.encoding import Value, decode, encode
from trail.evidence.record import PartRef, decode_part, encode_entry, encode_part, encode_statement
from trail.merkle import Checkpoint, format_checkpoint, parse_checkpoint
from trail.signing import PrivateKey, cosign, format_note, parse_note, sign_note, statement_message
from trail.store import Submission
from trail.testing.stored import Beside, Copy, DatabaseCopy, Stored, record_of, renumber, roots

__all__ = [
    "drop_files", "drop_parts", "duplicate", "edit", "edit_column", "edit_entry", "edit_head", "edit_map",
    "edit_part", "entry_of", "insert", "put", "remapped", "remove", "replay", "reseal", "resigned", "signed",
    "strip", "swap", "truncate",
]  # fmt: skip

Keys = Sequence[PrivateKey]


# --- making what is signed -------------------------------------------------------------------------------------------


def signed(draft: Draft, *keys: PrivateKey) -> Submission:
    """*draft* with a signature of whichever of *keys* belongs to each signer."""
    return draft.signed(_signatures(draft.statement.log, draft.statement_bytes, draft.statement.signers, keys))


def resigned(submission: Submission, keys: Keys, **changes: Any) -> Submission:
    """
    *submission* with its statement changed by fields of `trail.evidence.record.Statement`, and signed again by *keys*.

    A key that signs for another's id is used as well: its signature is good, but not for the key that is named.
    """
    statement = submission.statement._replace(**changes)
    data = encode_statement(statement)
    return submission._replace(
        statement=statement,
        statement_bytes=data,
        signatures=_signatures(statement.log, data, statement.signers, keys),
    )


def remapped(submission: Submission, keys: Keys, **changes: Value) -> tuple[bytes, tuple[bytes, ...]]:
    """
    The statement of *submission* with keys of its map replaced (None: removed), as bytes, and its signatures.

    Nothing is checked: this makes what `encode_statement` refuses to make.
    """
    data = edit_map(submission.statement_bytes, **changes)
    return data, _signatures(submission.statement.log, data, submission.statement.signers, keys)


def _signatures(origin: str, data: bytes, signers: Iterable[Any], keys: Keys) -> tuple[bytes, ...]:
    message = statement_message(origin, data)
    by_id = {key.public.id: key for key in keys}
    return tuple(by_id.get(signer.key, keys[0]).sign(message) for signer in signers)


def edit_map(data: bytes, **changes: Value) -> bytes:
    """A canonical map with some of its keys replaced (None: removed), encoded again."""
    value = decode(data)
    if not isinstance(value, dict):
        raise ValueError("not a map")
    merged = {**value, **changes}
    return encode({name: merged[name] for name in sorted(merged) if merged[name] is not None})


def entry_of(submission: Submission, version: int, recorded: int) -> bytes:
    """The entry that append would make of *submission*."""
    return encode_entry(submission.statement_bytes, list(submission.signatures), version, recorded)


def stored_of(submission: Submission, version: int, recorded: int) -> Stored:
    """*submission* as it would lie in the database."""
    statement = submission.statement
    parts = [Beside(one.part.name, one.data, hashlib.sha256(one.data).digest()) for one in submission.parts]
    files = [
        Beside("", submission.attachments.get(ref.digest), ref.digest, ref.media, ref.size)
        for ref in statement.attachments
    ]
    return Stored(entry_of(submission, version, recorded), parts, files)


# --- operators on entries --------------------------------------------------------------------------------------------


def edit(copy: Copy, position: int, keys: Keys = (), **changes: Any) -> None:
    """
    Change fields of the statement at *position* and encode it again; the signatures stay, unless *keys* sign anew.
    """
    record = record_of(copy, position)
    data = encode_statement(record.statement._replace(**changes))
    _restate(copy, position, data, keys)


def _restate(copy: Copy, position: int, data: bytes, keys: Keys) -> None:
    record = record_of(copy, position)
    signatures = record.signatures
    if keys:
        signatures = _signatures(record.statement.log, data, record.statement.signers, keys)
    copy.rows[position - 1].entry = encode_entry(data, list(signatures), record.version, record.recorded)


def edit_entry(copy: Copy, position: int, **changes: Any) -> None:
    """Change ``recorded``, ``version`` or ``signatures`` of the entry at *position*: what no member has signed."""
    record = record_of(copy, position)._replace(**changes)
    copy.rows[position - 1].entry = encode_entry(
        record.statement_bytes, list(record.signatures), record.version, record.recorded
    )


def strip(copy: Copy, position: int) -> None:
    """Leave the signatures of the entry at *position* empty."""
    edit_entry(copy, position, signatures=tuple(b"" for _ in record_of(copy, position).signatures))


def remove(copy: Copy, position: int) -> Stored:
    """Take the entry at *position* out and close the gap, in positions and in its stream's versions."""
    gone = copy.rows.pop(position - 1)
    renumber(copy)
    return gone


def insert(copy: Copy, submission: Submission, *, recorded: int, position: int | None = None) -> int:
    """
    Put a signed *submission* in at *position* (None: at the end), as if it had been recorded then.

    What follows moves up by one; the versions of its stream are assigned anew.
    """
    at = len(copy.rows) + 1 if position is None else position
    copy.rows.insert(at - 1, stored_of(submission, 1, recorded))
    renumber(copy)
    return at


def put(copy: Copy, submission: Submission, *, recorded: int, version: int | None = None) -> int:
    """
    Put *submission* past append: at the end, with the version that its stream asks for, or another.

    Whatever is wrong with it is wrong with the statement, its signatures, or what lies beside it.
    """
    stream = submission.statement.stream
    last = [row.record(n).version for n, row in enumerate(copy.rows, 1) if row.record(n).statement.stream == stream]
    chosen = max(last, default=0) + 1 if version is None else version
    copy.rows.append(stored_of(submission, chosen, recorded))
    return len(copy.rows)


def swap(copy: Copy, one: int, other: int) -> None:
    """Exchange two entries."""
    rows = copy.rows
    rows[one - 1], rows[other - 1] = rows[other - 1], rows[one - 1]
    renumber(copy)


def duplicate(copy: Copy, position: int) -> int:
    """Append the entry at *position* a second time; gives the position of the second."""
    row = copy.rows[position - 1]
    copy.rows.append(Stored(row.entry, [], [], dict(row.columns)))
    renumber(copy)
    return len(copy.rows)


def replay(copy: Copy, position: int, stream: str, *, new_id: bytes | None = None) -> int:
    """Append what was signed at *position* again, in another stream and under another id; gives the new position."""
    at = duplicate(copy, position)
    statement = record_of(copy, at).statement
    edit(copy, at, stream=stream, id=new_id or hashlib.sha256(statement.id).digest()[:16], after=0)
    renumber(copy)
    return at


def truncate(copy: Copy, size: int) -> None:
    """Forget all entries beyond *size*, and every checkpoint that covers one of them."""
    del copy.rows[size:]
    copy.notes = [note for note in copy.notes if parse_checkpoint(parse_note(note).text).size <= size]


# --- operators on what lies beside -----------------------------------------------------------------------------------


def edit_part(copy: Copy, position: int, keys: Keys = (), *, restate: bool = False, **data: Value) -> None:
    """
    Change the content of the first body part at *position* (None: take a field out), and its digest with it.

    With *keys*, or with *restate*, the statement names the new digest: signed again by *keys*, or left with the
    signatures that it had.
    """
    beside = copy.rows[position - 1].parts[0]
    part = decode_part(beside.data or b"")
    merged = {**part.data, **data}
    changed = part._replace(data={name: merged[name] for name in sorted(merged) if merged[name] is not None})
    beside.replace(encode_part(changed))
    if keys or restate:
        refs = record_of(copy, position).statement.parts
        ref = PartRef(part.name, beside.digest, beside.size)
        edit(copy, position, keys, parts=tuple(ref if one.name == part.name else one for one in refs))


def drop_parts(copy: Copy, position: int) -> None:
    """Lose the body parts of the entry at *position*."""
    copy.rows[position - 1].parts.clear()


def drop_files(copy: Copy, position: int) -> None:
    """Lose the attachments of the entry at *position*."""
    copy.rows[position - 1].files.clear()


# --- operators on a database alone -----------------------------------------------------------------------------------


def edit_column(copy: DatabaseCopy, position: int, **columns: Any) -> None:
    """Change columns of a row and leave the entry as it is: queries lie, the bytes don't."""
    copy.rows[position - 1].forced.update(columns)


def edit_head(copy: DatabaseCopy, **columns: Any) -> None:
    """Change columns of the head."""
    copy.head.update(columns)


def reseal(copy: Copy, log_key: PrivateKey, witnesses: Mapping[str, PrivateKey]) -> None:
    """
    Sign every checkpoint again over the changed tree, with the log's stolen key and those of its *witnesses* by name.

    The times of the cosignatures stay.  What is found after this is found by other checks than the tree's.
    """
    notes = [parse_note(note) for note in copy.notes]
    sizes = [min(parse_checkpoint(note.text).size, len(copy.rows)) for note in notes]
    tree = roots(copy.rows, sizes)
    sealed: dict[int, str] = {}
    for size, note in zip(sizes, notes, strict=True):
        text = format_checkpoint(Checkpoint(copy.origin, size, tree[size]))
        lines = [sign_note(text, copy.origin, log_key)]
        for old in note.signatures:
            if old.name in witnesses:
                time = int.from_bytes(old.data[:8], "big")
                lines.append(cosign(text, old.name, witnesses[old.name], time))
        sealed[size] = format_note(text, lines)
    copy.notes = [sealed[size] for size in sorted(sealed)]
