"""
The checkpoints that the inspector holds, compared with what the evidence shows.

Whatever the log's keeper shows today, the inspector's own copy of an earlier checkpoint does not change.  Another root
at its size is a rewriting that nothing excuses; a signed note that says so is a fork, and both notes together prove
it to everybody who has the log's public key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from trail.errors import NoteError, Refusal
from trail.evidence.anchors import Anchor, Anchors, read_anchor
from trail.evidence.file import Header
from trail.evidence.findings import Findings
from trail.evidence.lineage import LogKey
from trail.evidence.logkeys import ended_by, note_keys
from trail.evidence.memory import Alarm, Held, Memory, Past
from trail.evidence.verdict import Compared
from trail.merkle import Hash
from trail.signing.policy import Policy


class Holdings:
    """What is held of one log, by size; ``sizes`` are those at which the tree's root is wanted."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._by_size: dict[int, list[Held]] = {}
        self.sizes: set[int] = set()
        self._ended: set[bytes] = set()  # the notes that only keys of the log signed that had ended by then

    def add(self, one: Held) -> None:
        """Take one more checkpoint."""
        self._by_size.setdefault(one.size, []).append(one)
        self.sizes.add(one.size)

    def remember(self, memory: Memory | None, header: Header) -> Past | None:
        """Take what *memory* holds of the evidence's log; gives the past that can be gone on from."""
        if memory is None:
            return None
        for held in memory.held(header.origin):
            self.add(held)
        for alarm in memory.alarms(header.origin):
            self.alarm(alarm)
        return memory.past(header.origin, header.after)

    def alarm(self, one: Alarm) -> None:
        """Repeat an alarm that nobody has acknowledged."""
        self._findings.find("ALARM_OPEN", f"an alarm of the inspector's memory stands unanswered: {one.kind}", one.size,
                            one.held, one.other or one.root, held=one.held, other=one.other)  # fmt: skip

    def end(self, origin: str, keys: Sequence[LogKey]) -> None:
        """Rest nothing on notes that only *keys* signed that had ended; they are compared all the same."""
        chain = note_keys(origin, keys)
        every = (one for some in self._by_size.values() for one in some if one.anchors)
        self._ended = {one.note for one in every if ended_by(one.note, one.size, keys, chain)}

    def shown(self, anchor: Anchor, given: bytes | None = None) -> None:
        """
        Compare a checkpoint that the evidence carries with what is held of its size.

        One by a key that had ended does not speak against what is held if the entries *given* bear that out.
        """
        checkpoint = anchor.checkpoint
        if not anchor.log_keys:
            return  # a note that no key of the policy signed accuses nobody
        for one in self._by_size.get(checkpoint.size, ()):
            if one.root not in (checkpoint.root, given):
                self._findings.find("CHECKPOINT_FORK", "the log has signed another root at a size that is held",
                                    checkpoint.size, one.note, anchor.note)  # fmt: skip

    def compare(self, size: int, root: Hash) -> None:
        """Compare the root that the entries gave at *size*."""
        for one in self._by_size.get(size, ()):
            self._findings.count(15)
            if one.root != root:
                self._findings.find("ROOT_MISMATCH", "the entries up to here are not those of the checkpoint that is "
                                    "held", size, one.root, root, held=one.note)  # fmt: skip

    def close(self, size: int, database: bool) -> None:
        """Say if there are fewer entries than the largest that is held covers; a file may merely be older."""
        largest = max(self._by_size, default=0)
        if largest > size:
            code = "ENTRIES_REMOVED" if database else "OLDER_THAN_KNOWN"
            self._findings.find(code, "the known checkpoint covers more entries than there are", None, largest, size,
                                checkpoint=self._by_size[largest][0].note)  # fmt: skip

    def compared(
        self, anchors: Anchors, roots: Mapping[int, Hash], size: int, ended: Collection[int]
    ) -> tuple[Compared, ...]:
        """Every checkpoint of the evidence, and whether the first *size* entries gave its root; not at *ended*."""
        return tuple(
            Compared(at, one.checkpoint.root, one.note,
                     at not in ended and 0 < at <= size and roots.get(at) == one.checkpoint.root,
                     at not in ended and one.satisfied)
            for at, one in sorted(anchors.by_size.items())
        )  # fmt: skip

    def anchored(self, roots: Mapping[int, bytes]) -> int:
        """The largest size up to which the verdict may rest on what is held: compared, and the same; 0 for none."""
        return max(
            (
                s
                for s, held in self._by_size.items()
                for one in held
                if one.anchors and one.note not in self._ended and roots.get(s) == one.root
            ),
            default=0,
        )


def read_known(known: str | bytes, policy: Policy) -> Anchor:
    """The checkpoint that the inspector brought; raises `NoteError` if no log of the policy signed it."""
    note = known.encode() if isinstance(known, str) else known
    for key in policy.logs:
        try:
            return read_anchor(note, policy, key.name)
        except Refusal as error:
            if error.code != "CHECKPOINT_FOREIGN":
                raise NoteError(f"the known checkpoint can't be used: {error.message}", found=known) from None
    raise NoteError("the known checkpoint is not signed by a log of the policy", found=known)
