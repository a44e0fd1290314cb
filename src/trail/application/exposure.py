"""
Exposure: what could still be taken away without a trace, since when, and who has seen how much.

Whoever runs the database can drop or replace what stands beyond the newest checkpoint that satisfies a policy: nobody
outside has seen it.  This is measured here from what the database itself keeps, for the log's own keeper; an inspector
measures it again from the evidence (`trail.verify`), and believes nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from trail.errors import CallerError, NoteError, SignatureError
from trail.evidence.opaque import decode_opaque
from trail.evidence.record import decode_entry
from trail.signing import Policy, check_cosignature, open_note, parse_note
from trail.signing.note import Note
from trail.store import IssuedCheckpoint, Reader
from trail.store.schema import ACTS


class Times(NamedTuple):
    """When a witness cosigned a checkpoint: the first and the last time (POSIX seconds)."""

    first: int
    last: int


class Seen(NamedTuple):
    """
    What a witness has seen: the largest ``size`` that it cosigned (0: none), and when it last did so.

    ``url`` is where it is asked, None for one that gets its requests otherwise; ``since`` says since when it does not
    answer, as far as this process knows.
    """

    name: str
    size: int
    time: int | None
    url: str | None
    since: int | None = None


class Exposure(NamedTuple):
    """
    How much of a log of ``head`` entries stands beyond the newest checkpoint that satisfies the policy.

    ``covered`` is that checkpoint's size (0: there is none), ``time`` since when its quorum stood (None: nothing is
    proven about time); ``signed`` the size of the last checkpoint; ``since`` the recorded time of the oldest entry
    that is exposed, None if none is; all times are POSIX seconds, ``now`` among them.
    """

    head: int
    covered: int
    time: int | None
    signed: int
    since: int | None
    now: int
    witnesses: tuple[Seen, ...]

    @property
    def exposed(self) -> int:
        """How many positions are exposed."""
        return max(0, self.head - self.covered)

    @property
    def age(self) -> int | None:
        """For how many seconds the oldest of them has been exposed; None if none is."""
        return None if self.since is None else max(0, self.now - self.since)


def times_of(issued: IssuedCheckpoint, policy: Policy, names: Iterable[str] | None = None) -> dict[str, Times]:
    """When the policy's witnesses (or those of *names*) cosigned a checkpoint; a line that does not hold is no word."""
    wanted = policy.witnesses if names is None else {name: policy.witnesses[name] for name in names}
    by_key = {(key.name, key.id): (name, key) for name, key in wanted.items()}
    found: dict[str, Times] = {}
    try:
        note = parse_note(issued.cosigned)
    except NoteError:
        return found
    for signature in note.signatures:
        name, key = by_key.get((signature.name, signature.id), ("", None))
        if key is None:
            continue
        try:
            time = check_cosignature(note.text, signature, key)
        except SignatureError:
            continue
        held = found.get(name)
        found[name] = Times(time, time) if held is None else Times(min(held.first, time), max(held.last, time))
    return found


def last_cosigned(reader: Reader, policy: Policy, names: Iterable[str]) -> dict[str, tuple[int, Times]]:
    """The largest size that each witness of *names* cosigned, by the cosignatures that are kept, and when."""
    found: dict[str, tuple[int, Times]] = {}
    missing = set(names)
    if not missing:
        return found
    for issued in reader.checkpoints_back():
        if not missing.isdisjoint(_named(issued, policy)):
            for name, times in times_of(issued, policy, missing).items():
                found[name] = (issued.size, times)
            missing -= set(found)
            if not missing:
                break
    return found


def _named(issued: IssuedCheckpoint, policy: Policy) -> set[str]:
    """The witnesses in whose name there is a line, whether it holds or not; cheap, for logs with many checkpoints."""
    if not issued.cosignatures:
        return set()
    there = {line.split(" ", 2)[1] for line in issued.cosignatures if line.count(" ") == 2}
    return {name for name, key in policy.witnesses.items() if key.name in there}


def measure(reader: Reader, policy: Policy, now: int) -> Exposure:
    """
    Measure the exposure of a log under *policy* at *now* (POSIX seconds).

    Raises:
        CallerError: ``POLICY_OTHER_LOG``: the policy names logs, and not this one.
        StoreFailed: The database can't be read.
    """
    keys = policy.log_keys(reader.origin)
    if policy.logs and not keys:
        raise CallerError(
            f"the policy names other logs than {reader.origin}", code="POLICY_OTHER_LOG",
            advice="Add the log's line to the policy, or leave all such lines out.", found=reader.origin,
        )  # fmt: skip
    with reader.snapshot() as view:
        last, head = view.checkpoint(), view.head().size
        covered, time = 0, None
        for issued in view.checkpoints_back():
            if not policy.satisfied(_named(issued, policy)):
                continue  # not even by name: nothing to verify
            times = {name: one.first for name, one in times_of(issued, policy).items()}
            if policy.satisfied(times) and (not keys or _signed(issued, policy)):
                covered, time = issued.size, policy.earliest_quorum(times)
                break
        since = _recorded(view, covered + 1) if covered < head else None
        kept = last_cosigned(view, policy, policy.witnesses)
    witnesses = tuple(
        Seen(name, *_last(kept.get(name)), policy.urls.get(key.vkey)) for name, key in policy.witnesses.items()
    )
    return Exposure(head, covered, time, 0 if last is None else last.size, since, now, witnesses)


def _last(kept: tuple[int, Times] | None) -> tuple[int, int | None]:
    return (0, None) if kept is None else (kept[0], kept[1].last)


def _signed(issued: IssuedCheckpoint, policy: Policy) -> bool:
    """Whether a key that the policy knows for this log has signed the checkpoint."""
    try:
        note: Note = parse_note(issued.note)
        return bool(open_note(note, policy.logs))
    except (NoteError, SignatureError):
        return False


def _recorded(view: Reader, position: int) -> int | None:
    """When the entry at *position* was recorded, by the log's clock; None if its bytes can't be read."""
    for at, entry in view.entries(position, position):
        try:
            return decode_entry(entry, at).recorded if view.kind == ACTS else decode_opaque(entry, at).recorded
        except Exception:
            return None  # altered: exposed none the less
    return None
