"""
Which of a log's keys signed which checkpoint, judged at the end, when the log's own rotations are known (check 2).

Only the policy says whose signature anchors.  A rotation in the log adds two things to that.  It takes away: from its
position on, the old key alone signs for nobody.  And it explains: a checkpoint by a key that the policy does not name
is not just anybody's if that key came before, or after, one that the policy names.  Who is not named in the policy
accuses nobody either: such a checkpoint of another tree is foreign, and no fork.
"""

from __future__ import annotations

from collections.abc import Sequence

from trail.errors import SignatureError
from trail.evidence.anchors import Anchor
from trail.evidence.judge import Ground
from trail.evidence.lineage import LogKey
from trail.signing.note import Note, open_note, parse_note
from trail.signing.vkey import LOG_ED25519, NoteKey


def note_keys(origin: str, keys: Sequence[LogKey]) -> list[NoteKey]:
    """The log's keys over time as notes name them."""
    return [NoteKey(origin, LOG_ED25519, one.public.raw) for one in keys]


def in_force(keys: Sequence[LogKey], size: int) -> int:
    """The index of the key in force for a checkpoint of *size*; *keys* are not empty."""
    return max(index for index, one in enumerate(keys) if one.since <= size)


def judge_log_keys(ground: Ground, keys: Sequence[LogKey]) -> frozenset[int]:
    """
    Judge who signed the checkpoints, by the log's *keys* over time, empty where it never rotated one.

    Gives the sizes of those that don't anchor, since only keys signed them that had ended by then.
    """
    chain = note_keys(ground.origin, keys)
    ended = {
        anchor.checkpoint.size for anchor in ground.anchors.by_size.values() if _has_ended(ground, anchor, keys, chain)
    }
    _compare_first(ground, keys, chain)
    _explain(ground, keys, chain)
    return frozenset(ended)


def _has_ended(ground: Ground, anchor: Anchor, keys: Sequence[LogKey], chain: Sequence[NoteKey]) -> bool:
    size = anchor.checkpoint.size
    if len(keys) < 2 or size < keys[1].since:
        return False
    now = in_force(keys, size)
    if set(anchor.log_keys) & set(chain[now:]):
        return False
    ground.findings.find(
        "LOG_KEY_ENDED", f"signed by a key that ended at position {keys[now].since}", size, chain[now].vkey,
        [key.vkey for key in anchor.log_keys], checkpoint=anchor.note,
    )  # fmt: skip
    return True


def _compare_first(ground: Ground, keys: Sequence[LogKey], chain: Sequence[NoteKey]) -> None:
    """The first rotation names the key before it, which the checkpoints before it must show."""
    if len(keys) < 2:
        return
    before = [at for at in ground.anchors.by_size if at < keys[1].since]
    if before and not set(ground.anchors.by_size[max(before)].log_keys) & set(chain):
        signers = [key.vkey for key in ground.anchors.by_size[max(before)].log_keys]
        ground.findings.find("REGISTRY_CONFLICT", "the rotation names an old key that did not sign the checkpoints",
                             keys[1].since, signers, chain[0].vkey)  # fmt: skip


def _explain(ground: Ground, keys: Sequence[LogKey], chain: Sequence[NoteKey]) -> None:
    """Say of each checkpoint that no key of the policy signed whose it is."""
    named = [key in ground.policy.logs for key in chain]
    new: dict[int, list[int]] = {}
    former: dict[int, list[int]] = {}
    for anchor in (one for some in ground.anchors.unsigned.values() for one in some):
        size = anchor.checkpoint.size
        signer = _signer(anchor, chain)
        if signer is None or not any(named) or ground.roots.get(size) != anchor.checkpoint.root:
            ground.findings.find("CHECKPOINT_FOREIGN", "no known key has signed this note", None, None, anchor.note)
        elif signer < in_force(keys, size):
            ground.findings.find(
                "LOG_KEY_ENDED", f"signed by a key that ended at position {keys[signer + 1].since}", size,
                chain[in_force(keys, size)].vkey, [chain[signer].vkey], checkpoint=anchor.note,
            )  # fmt: skip
        else:
            (former if any(named[signer + 1 :]) else new).setdefault(signer, []).append(size)
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


def _signer(anchor: Anchor, chain: Sequence[NoteKey]) -> int | None:
    """The newest of the log's keys that signed, by index."""
    note = parse_note(anchor.note)
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
