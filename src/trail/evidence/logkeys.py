"""
Which of a log's keys signed which checkpoint, judged at the end, when the log's own rotations are known (check 2).

Only the policy says whose signature anchors.  A rotation in the log adds two things to that.  It takes away: from its
position on, the old key alone signs for nobody.  And it explains: a checkpoint by a key that the policy does not name
is not just anybody's if that key came before, or after, one that the policy names.  Who is not named in the policy
accuses nobody either: such a checkpoint of another tree is foreign, and no fork.  Nor does a key that had ended: what
a thief signs with it says nothing of the log.  So what a checkpoint of the evidence says against the log (another root
at its size, more entries than there are) waits until here.  It stays said where a real quorum stands behind the note,
or where the rotation is not itself under an anchor: no registrar takes back what was signed by inserting one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from trail.errors import SignatureError
from trail.evidence.anchors import Anchor
from trail.evidence.judge import Ground
from trail.evidence.lineage import LogKey
from trail.signing.note import Note, open_note, parse_note
from trail.signing.vkey import LOG_ED25519, NoteKey

if TYPE_CHECKING:
    from trail.evidence.holdings import Holdings


class Span(NamedTuple):
    """The entries of the evidence: from after which position up to which size, and whether they break off."""

    after: int = 0
    size: int = 0
    broken: bool = True


NO_SPAN: Final = Span()


def note_keys(origin: str, keys: Sequence[LogKey]) -> list[NoteKey]:
    """The log's keys over time as notes name them."""
    return [NoteKey(origin, LOG_ED25519, one.public.raw) for one in keys]


def in_force(keys: Sequence[LogKey], size: int) -> int:
    """The index of the key in force for a checkpoint of *size*; *keys* are not empty."""
    return max(index for index, one in enumerate(keys) if one.since <= size)


def ended_by(note: bytes, size: int, keys: Sequence[LogKey], chain: Sequence[NoteKey]) -> bool:
    """Whether the newest key of the *chain* that signed *note* had ended for checkpoints of *size*."""
    if len(keys) < 2 or size < keys[1].since:
        return False
    signer = _signer(note, chain)
    return signer is not None and signer < in_force(keys, size)


def judge_log_keys(
    ground: Ground, keys: Sequence[LogKey], held: Holdings | None = None, span: Span = NO_SPAN
) -> frozenset[int]:
    """
    Judge who signed the checkpoints, by the log's *keys* over time, empty where it never rotated one.

    Only here is said what the checkpoints say against the entries of *span*, against each other and against what is
    *held*.  Gives the sizes of those that don't anchor, since only keys signed them that had ended by then.
    """
    chain = note_keys(ground.origin, keys)
    _accuse(ground, keys, chain, held, span)
    both: list[tuple[int, Anchor]] = []
    for anchor in ground.anchors.signed():
        if _has_ended(anchor, keys, chain):
            signer = _new_signer(ground, anchor, keys, chain)
            if signer is None:
                _say_ended(ground, anchor, keys, chain)
            else:
                both.append((signer, anchor))
    _compare_first(ground, keys, chain)
    _explain(ground, keys, chain, both)
    return frozenset(size for size, one in ground.anchors.by_size.items() if _has_ended(one, keys, chain))


def _has_ended(anchor: Anchor, keys: Sequence[LogKey], chain: Sequence[NoteKey]) -> bool:
    """Whether none of the policy's keys that signed it is in force for its size."""
    size = anchor.checkpoint.size
    if len(keys) < 2 or size < keys[1].since:
        return False
    return not set(anchor.log_keys) & set(chain[in_force(keys, size) :])


def _new_signer(ground: Ground, anchor: Anchor, keys: Sequence[LogKey], chain: Sequence[NoteKey]) -> int | None:
    """The key in force that signed too, though the policy names an older one alone; None where none did."""
    size, signer = anchor.checkpoint.size, _signer(anchor.note, chain)
    if signer is None or signer < in_force(keys, size) or ground.roots.get(size) != anchor.checkpoint.root:
        return None
    return signer if _pinned(ground) and any(key in ground.policy.logs for key in chain[:signer]) else None


def _pinned(ground: Ground) -> bool:
    """Whether the registrars are those of a genesis that the policy pins: nobody else says whose a key is."""
    return ground.first in ground.policy.genesis


def _say_ended(ground: Ground, anchor: Anchor, keys: Sequence[LogKey], chain: Sequence[NoteKey]) -> None:
    size = anchor.checkpoint.size
    now = in_force(keys, size)
    ground.findings.find(
        "LOG_KEY_ENDED", f"signed by a key that ended at position {keys[now].since}", size, chain[now].vkey,
        [key.vkey for key in anchor.log_keys], checkpoint=anchor.note,
    )  # fmt: skip


def _accuse(
    ground: Ground, keys: Sequence[LogKey], chain: Sequence[NoteKey], held: Holdings | None, span: Span
) -> None:
    """Say what the checkpoints say against the log, without those by keys that had ended."""
    if held is not None:
        held.end(ground.origin, keys)
    reach = 0 if held is None else held.anchored(ground.roots)
    for one in ground.anchors.signed():
        size, root = one.checkpoint.size, one.checkpoint.root
        if one.satisfied and ground.roots.get(size) == root and not _has_ended(one, keys, chain):
            reach = max(reach, size)
    under = [key for key in keys if key.since <= reach]  # a rotation that nothing anchors takes nothing back
    for size in sorted(ground.anchors.by_size):
        some = [ground.anchors.by_size[size], *ground.anchors.rivals.get(size, ())]
        spared = [_spared(ground, one, under, chain) for one in some]
        accusing = [one for one, ended in zip(some, spared, strict=True) if not ended]
        given = ground.roots.get(size)
        for one, ended in zip(some, spared, strict=True):
            if held is not None:
                held.shown(one, given if ended else None)
        if not accusing:
            continue
        first, *others = accusing
        ground.anchors.by_size[size] = first
        ground.anchors.rivals[size] = [one for one in some if one is not first]
        _say_forged(ground, first, others, span)


def _spared(ground: Ground, anchor: Anchor, under: Sequence[LogKey], chain: Sequence[NoteKey]) -> bool:
    """Whether every key that signed it had ended, and no real quorum stands behind it."""
    if ground.policy.quorum is not None and anchor.satisfied:
        return False
    known = set(anchor.log_keys) <= set(chain[: len(under)])
    return known and ended_by(anchor.note, anchor.checkpoint.size, under, chain)


def _say_forged(ground: Ground, anchor: Anchor, others: Sequence[Anchor], span: Span) -> None:
    size, root, find = anchor.checkpoint.size, anchor.checkpoint.root, ground.findings.find
    for other in others:
        if other.checkpoint.root != root:
            find("CHECKPOINT_FORK", "the log signed two roots at one size", None, anchor.note, other.note)
    given = ground.roots.get(size)
    if span.after <= size <= span.size and given is not None and given != root:
        find("ROOT_MISMATCH", "the entries up to here are not those that the checkpoint covers", size, root, given,
             checkpoint=anchor.note)  # fmt: skip
    if size > span.size and not span.broken:
        find("ENTRIES_REMOVED", "a checkpoint covers more entries than there are", None, size, span.size,
             checkpoint=anchor.note)  # fmt: skip


def _compare_first(ground: Ground, keys: Sequence[LogKey], chain: Sequence[NoteKey]) -> None:
    """The first rotation names the key before it, which the checkpoints before it must show."""
    if len(keys) < 2:
        return
    before = [at for at in ground.anchors.by_size if at < keys[1].since]
    if before and not set(ground.anchors.by_size[max(before)].log_keys) & set(chain):
        signers = [key.vkey for key in ground.anchors.by_size[max(before)].log_keys]
        ground.findings.find("REGISTRY_CONFLICT", "the rotation names an old key that did not sign the checkpoints",
                             keys[1].since, signers, chain[0].vkey)  # fmt: skip


def _explain(
    ground: Ground, keys: Sequence[LogKey], chain: Sequence[NoteKey], both: Sequence[tuple[int, Anchor]]
) -> None:
    """Say whose the checkpoints are that no key of the policy signed; *both* are by an ended one and a newer key."""
    named = [key in ground.policy.logs for key in chain]
    new: dict[int, list[int]] = {}
    former: dict[int, list[int]] = {}

    def signs(signer: int, size: int) -> None:
        (former if any(named[signer + 1 :]) else new).setdefault(signer, []).append(size)

    for known, anchor in both:
        signs(known, anchor.checkpoint.size)
    for anchor in (one for some in ground.anchors.unsigned.values() for one in some):
        size = anchor.checkpoint.size
        signer = _signer(anchor.note, chain)
        if signer is None or not any(named) or ground.roots.get(size) != anchor.checkpoint.root:
            ground.findings.find("CHECKPOINT_FOREIGN", "no known key has signed this note", None, None, anchor.note)
        elif signer < in_force(keys, size):
            ground.findings.find(
                "LOG_KEY_ENDED", f"signed by a key that ended at position {keys[signer + 1].since}", size,
                chain[in_force(keys, size)].vkey, [chain[signer].vkey], checkpoint=anchor.note,
            )  # fmt: skip
        elif any(named[signer + 1 :]) or _pinned(ground):
            signs(signer, size)
        else:  # registrars whom nobody pinned: they would have the reader add any key
            ground.findings.find("CHECKPOINT_FOREIGN", "no known key has signed this note", None, None, anchor.note)
    for signer, sizes in sorted(new.items()):
        _say_new(ground, keys, chain, signer, sizes)
    for signer, sizes in sorted(former.items()):
        ground.findings.find("CHECKPOINT_BY_FORMER_KEY", f"{len(sizes)} checkpoints are signed by the key before it",
                             keys[signer + 1].since, None, chain[signer].vkey, sizes=sizes)  # fmt: skip


def _say_new(
    ground: Ground, keys: Sequence[LogKey], chain: Sequence[NoteKey], signer: int, sizes: Sequence[int]
) -> None:
    key = keys[signer]
    known = max(number for number, one in enumerate(chain) if one in ground.policy.logs and number < signer)
    vouched = all(one.vouched for one in keys[known + 1 : signer + 1])
    by = " and ".join(key.by)
    who = f"the old key vouched for it, and so did {by}" if vouched else f"the old key did not vouch for it; {by} did"
    ground.findings.find(
        "LOG_KEY_NEW", f"from position {key.since} on the log signs with a new key; {who}", key.since,
        chain[known].vkey, chain[signer].vkey,
        line=f"log {chain[signer].vkey}", vouched=vouched, registrars=list(key.by), sizes=list(sizes),
    )  # fmt: skip


def _signer(signed: bytes, chain: Sequence[NoteKey]) -> int | None:
    """The newest of the log's keys that signed the note, by index."""
    note = parse_note(signed)
    known = {(key.name, key.id): number for number, key in enumerate(chain)}
    found = []
    for signature in note.signatures:
        number = known.get((signature.name, signature.id))
        if number is None:
            continue
        try:
            open_note(Note(note.text, (signature,)), (chain[number],))
        except SignatureError:
            continue
        found.append(number)
    return max(found, default=None)
