"""
The verifier: evidence and the inspector's policy in, a `Report` out.

It needs the standard library, `cryptography` and `msgpack`; it opens no database and no socket, keeps no cache, and
reads the evidence once, whatever its size.  The verdict starts inconclusive, and one place, `Findings.verdict`,
turns it to intact.  The checks carry the numbers of ``docs/spec/verification.md``:

(1) framing  (2) checkpoints  (3) entries  (4) origin  (5) types and schemas  (6) names  (7) order  (8) keys
(9) signatures  (10) mandates  (11) registry  (12) seen checkpoints  (13) body parts  (14) attachments  (15) tree
(16) columns  (17) head  (18) read models  (19) anchor  (20) times  (21) the verifier itself

16 to 18 concern a database; the application layer makes them beside this verifier, through the same `Verification`.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
from collections.abc import Callable, Iterable
from importlib.metadata import version
from itertools import islice
from typing import BinaryIO, Final, cast

from trail import __version__
from trail.errors import EncodingError, NoteError, RecordError, Refusal
from trail.evidence.admission import admit, check_keys, check_signatures
from trail.evidence.anchors import Anchor, Anchors, is_fresh, read_anchor
from trail.evidence.bodies import Bodies
from trail.evidence.file import (
    AttachmentItem,
    Broken,
    CheckpointItem,
    EntryItem,
    Header,
    Item,
    PartItem,
    is_scope,
    read_evidence,
)
from trail.evidence.findings import Findings
from trail.evidence.history import MemoryHistory
from trail.evidence.moment import date_of
from trail.evidence.record import Record, Seen, decode_entry
from trail.evidence.registry import BUILT_IN, CORRECTED, ERASED, GENESIS, REGISTRY_TYPES, REVOKED, Registry
from trail.evidence.schema import CompiledType, Mentions
from trail.evidence.times import Times
from trail.evidence.verdict import Enrolled, Finding, Report, Verdict
from trail.merkle import Frontier, leaf_hash
from trail.signing.policy import Policy, parse_policy

__all__ = ["Finding", "Report", "Verdict", "Verification", "verify"]

_KEY_TYPES: Final = frozenset((GENESIS, "KeyEnrolled@1", "KeyRotated@1"))

Evidence = str | os.PathLike[str] | bytes | BinaryIO | Iterable[Item]


def verify(
    evidence: Evidence,
    policy: Policy | str | bytes,
    *,
    known: str | bytes | None = None,
    now: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """
    Verify *evidence* under *policy*.

    *evidence* is a path, the bytes of a file, a binary stream, or items as `trail.evidence.file` yields them;
    *policy* a `Policy` or its text; *known* the text of a checkpoint that the inspector already holds; *now* UTC
    seconds, needed where the policy says ``fresh``; *progress* is called with positions done and announced.

    Raises:
        PolicyError: The policy can't be read.
        NoteError: The known checkpoint is not one of a log of the policy.
        OSError: The path can't be opened.
    """
    rules = policy if isinstance(policy, Policy) else parse_policy(policy)
    run = Verification(rules, known=known, now=now)
    if isinstance(evidence, str | os.PathLike):
        with open(evidence, "rb") as stream:
            return run.run(read_evidence(stream), progress)
    if isinstance(evidence, bytes):
        return run.run(read_evidence(io.BytesIO(evidence)), progress)
    if hasattr(evidence, "read"):
        return run.run(read_evidence(cast(BinaryIO, evidence)), progress)
    return run.run(evidence, progress)


class Verification:
    """
    One run: `take` items in order, then `finish`.

    ``database`` says that the items are rows of a database, which can't be merely an older copy; ``last`` is the
    record taken last (None if it can't be read), for those who compare columns with it.
    """

    def __init__(
        self, policy: Policy, *, known: str | bytes | None = None, now: int | None = None, database: bool = False
    ) -> None:
        self.policy = policy
        self.database = database
        self.now = now
        self.registry = Registry()
        self.history = MemoryHistory()
        self.frontier = Frontier()
        self.findings = Findings()
        self.find, self.count = self.findings.find, self.findings.count
        self.anchors = Anchors()
        self.times = Times(self.anchors, self.findings)
        self.bodies = Bodies(self.registry)
        self.last: Record | None = None
        self.header: Header | None = None
        self.hashes = b""
        self.registry_position = 0
        self.facts: dict[str, str] = {}
        self._known = None if known is None else _read_known(known, policy)
        self._policy_keys = frozenset(key.raw for key in policy.keys)
        self._roots: dict[int, bytes] = {}
        self._agreed: Seen | None = None
        self._broken = False

    def run(self, items: Iterable[Item], progress: Callable[[int, int], None] | None = None) -> Report:
        """Take all *items* and report; a fault of the verifier itself is a finding, never an escape to success."""
        try:
            for item in items:
                self.take(item)
                if progress is not None and type(item) is EntryItem and not self.frontier.size % 1000:
                    progress(self.frontier.size, self.header.entries if self.header else 0)
        except Exception as error:
            self.internal(error)
        return self.finish()

    def take(self, item: Item) -> None:
        """Take one item."""
        kind = type(item)
        if kind is EntryItem:
            self._entry(item[0])  # type: ignore[arg-type]
        elif kind is PartItem:
            self._note(13, self.bodies.take_part, item)
        elif kind is AttachmentItem:
            self._note(14, self.bodies.take_attachment, item)
        elif isinstance(item, CheckpointItem):
            self._checkpoint(item.note)
        elif isinstance(item, Header):
            self._header(item)
        elif isinstance(item, Broken):
            self._break(item.reason, item.code)
        else:
            self._break(f"an item that is none of evidence: {kind.__name__}")

    def _break(self, reason: str, code: str = "FRAME_BROKEN") -> None:
        self._broken = True
        self.find(code, reason)

    def internal(self, error: BaseException) -> None:
        """Note a fault of the verifier itself; what it did not read can't be called missing."""
        self._broken = True
        what = f"the verification could not go on: {type(error).__name__}: {error}"
        self.find("INTERNAL_ERROR", what, self.frontier.size or None)

    def _note(self, check: int, take: Callable[..., None], item: Item) -> None:
        self.count(check)
        try:
            take(item)
        except Refusal as error:
            self._refused(error)

    def _refused(self, error: Refusal, **attached: object) -> None:
        self.findings.refused(error, self.frontier.size or None, **attached)

    def _header(self, header: Header) -> None:
        if self.header is not None:
            self._break("a second header")
            return
        self.header = header
        self.count(1)
        if not is_scope(header.scope):
            self._break("the header names a scope that this version does not know")
        if not self.policy.log_keys(header.origin):
            self.find("LOG_NOT_IN_POLICY", "the policy does not name this log", None,
                      [key.name for key in self.policy.logs], header.origin)  # fmt: skip
        if self._known is not None and self._known.checkpoint.origin != header.origin:
            self.find("CHECKPOINT_FOREIGN", "the known checkpoint is of another log", None, header.origin,
                      self._known.checkpoint.origin)  # fmt: skip
            self._known = None

    def _checkpoint(self, note: bytes) -> None:
        self.count(2)
        if self.header is None or self.frontier.size:
            self._break("a checkpoint out of its place")
            return
        try:
            anchor = read_anchor(note, self.policy, self.header.origin)
            for bad in anchor.bad:
                self._refused(bad)
            if not self.anchors.add(anchor):
                self._break("checkpoints that do not ascend by size")
        except Refusal as error:
            self._refused(error)

    def _entry(self, entry: bytes) -> None:
        if self.header is None:
            self._break("an entry before the header")
            return
        if self.frontier.size == 0:
            self.anchors.settle()
        self.bodies.settle()
        self.hashes = self.frontier.append(leaf_hash(entry))
        position = self.frontier.size
        self._compare_root(position)
        self.last = record = self._decode(entry, position)
        if record is None:
            return
        if record.statement.type in REGISTRY_TYPES:
            self.registry_position = position
        mentions = None
        try:
            origin = self.header.origin
            keys = check_keys(record, self.registry, origin)
            check_signatures(record, keys, origin)
            mentions = admit(record, self.registry, self.history, origin)
        except Refusal as error:
            self._refused(error, entry=entry)
        if record.statement.seen is not None:
            self._seen(record, position)
        self.times.take(record)
        self.bodies.expect(record, self._amended(record))
        if mentions is not None:
            self._admitted(record, mentions, entry)
        self.history.add(record, mentions)

    def _decode(self, entry: bytes, position: int) -> Record | None:
        try:
            return decode_entry(entry, position)
        except (RecordError, EncodingError) as error:
            code = "ENTRY_UNKNOWN_FORMAT" if error.code == "UNKNOWN_FORMAT" else "ENTRY_MALFORMED"
            self.find(code, error.message, position, error.where, entry)
            return None

    def _amended(self, record: Record) -> CompiledType | None:
        """The type that a correction corrects."""
        target = record.statement.fields.get("target") if record.statement.type == CORRECTED else None
        trace = self.history.find(target[0]) if type(target) is list and target and type(target[0]) is bytes else None
        return None if trace is None else self.registry.types.get(trace.type)

    def _admitted(self, record: Record, mentions: Mentions, entry: bytes) -> None:
        kind = record.statement.type
        if kind not in BUILT_IN:
            self._posts(record)
        elif kind == GENESIS:
            digest = hashlib.sha256(entry).digest()
            own = self.header is not None and self.policy.log_keys(self.header.origin)
            if own and self.policy.genesis and digest not in self.policy.genesis:
                pinned = sorted(self.policy.genesis)
                self.find("GENESIS_OTHER", "the policy pins another first entry", 1, pinned, digest)
        elif kind == ERASED:
            if not self.bodies.erase(record):
                self.find("PART_SHOWN_AFTER_ERASURE", "a part that was erased is shown all the same", record.position)
        elif kind == REVOKED:
            key = record.statement.fields["key"]
            self.times.revoked(record, self.registry.keys[key].compromised_since)  # type: ignore[index]
        before = len(self.registry.keys)
        self.registry.apply(record)
        if kind in _KEY_TYPES:
            for state in islice(reversed(self.registry.keys.values()), len(self.registry.keys) - before):
                if state.public.raw in self._policy_keys:
                    self.find("KEY_DOUBLE_USE", "a member's key is a log's or a witness's", record.position,
                              found=state.public.raw)  # fmt: skip

    def _posts(self, record: Record) -> None:
        """Remark where the log did not show, up to here, that a signer held the post: on the day of their own act."""
        own = record.statement.hand == "own"
        day = record.statement.happened.date() if own else date_of(record.recorded)
        for person, post, _ in record.statement.signers:
            if not self.registry.holds(person, post, day):
                self.find("POST_NOT_HELD", "not known by then to hold the post when it was done", record.position,
                          post, person)  # fmt: skip

    def _seen(self, record: Record, position: int) -> None:
        seen = record.statement.seen
        if seen is None:
            return
        self.count(12)
        if seen == self._agreed:  # the statement before named the same, and nothing but its position has changed
            return
        if seen.size >= position:
            self.find("SEEN_AHEAD", "the signer had seen a tree that reaches this entry", position, position, seen.size)
        elif seen.size not in self._roots:
            self.find("SEEN_UNSHOWN", "the checkpoint that the signer had seen is not in the evidence", position,
                      seen.size, seen.root)  # fmt: skip
        elif self._roots[seen.size] != seen.root:
            self.find("SEEN_CONTRADICTED", "the signer had seen another tree of this size", position,
                      self._roots[seen.size], seen.root)  # fmt: skip
        elif not self.anchors.shown(seen.size, seen.anchors):
            self.find("SEEN_UNSHOWN", "an anchor that the signer held is not in the evidence", position, seen.size,
                      [digest for digest in seen.anchors if not self.anchors.shown(seen.size, (digest,))])  # fmt: skip
        else:
            self.times.seen(record)
            self._agreed = seen

    def _compare_root(self, size: int) -> None:
        anchor = self.anchors.by_size.get(size)
        known = self._known if self._known is not None and self._known.checkpoint.size == size else None
        if anchor is None and known is None:
            return
        root = self._roots[size] = self.frontier.root()
        for one in (anchor, known):
            if one is not None:
                self.count(15)
                if one.checkpoint.root != root:
                    self.find("ROOT_MISMATCH", "the entries up to here are not those that the checkpoint covers", size,
                              one.checkpoint.root, root, checkpoint=one.note)  # fmt: skip

    def finish(self) -> Report:
        """Close the run and report."""
        if self.frontier.size == 0:
            self.anchors.settle()
        size = self.frontier.size
        for check in range(3, 12):
            self.count(check, size)
        self.count(20, size)
        self._close_bodies()
        self._close_tree(size)
        anchor, anchored = self._anchor(size)
        self._close_policy(anchor, size)
        return self._report(anchor, anchored, size)

    def _close_bodies(self) -> None:
        self.bodies.settle()
        for code, position, name in self.bodies.missing():
            self.find(code, f"neither shown, nor withheld, nor erased: {name}", position)
        if self.header is not None and self.header.scope == {"all": True} and self.bodies.parts.withheld:
            self.find("SCOPE_CONTRADICTED", "everything was announced, but body parts are withheld", None, 0,
                      self.bodies.parts.withheld)  # fmt: skip
        for code, withheld in self.bodies.withheld_but(self.policy.require):
            self.find(code, f"{withheld} were withheld, and the policy requires them", None, 0, withheld)

    def _close_tree(self, size: int) -> None:
        self.count(15)
        if size == 0:
            self.find("EMPTY", "there are no entries: nothing was verified")
        if self.header is not None and self.header.entries != size and not self._broken:
            self.find("FRAME_BROKEN", "the header announced another number of entries", None, self.header.entries, size)
        for at in sorted(self.anchors.by_size):
            if at > size and not self._broken:
                anchor = self.anchors.by_size[at]
                self.find("ENTRIES_REMOVED", "a checkpoint covers more entries than there are", None, at, size,
                          checkpoint=anchor.note)  # fmt: skip
        if self._known is not None and self._known.checkpoint.size > size and not self._broken:
            code = "ENTRIES_REMOVED" if self.database else "OLDER_THAN_KNOWN"
            self.find(code, "the known checkpoint covers more entries than there are", None,
                      self._known.checkpoint.size, size, checkpoint=self._known.note)  # fmt: skip

    def _anchor(self, size: int) -> tuple[Anchor | None, int]:
        """The newest checkpoint that satisfies the policy, and the size up to which the verdict speaks."""
        held = [
            anchor
            for at, anchor in self.anchors.by_size.items()
            if anchor.satisfied and 0 < at <= size and self._roots.get(at) == anchor.checkpoint.root
        ]
        newest = max(held, key=lambda one: one.checkpoint.size, default=None)
        anchored = newest.checkpoint.size if newest is not None else 0
        known = self._known
        if known is not None and self._roots.get(known.checkpoint.size) == known.checkpoint.root:
            anchored = max(anchored, known.checkpoint.size)
        return newest, anchored

    def _close_policy(self, anchor: Anchor | None, size: int) -> None:
        self.count(19)
        if not self.policy.genesis:
            self.find("GENESIS_NOT_PINNED", "the policy does not say which first entry is the right one")
        if self._anchor(size)[1] == 0:
            self.find("NO_ANCHOR", "no checkpoint satisfies the policy")
        elif self.policy.fresh_days is not None:
            days = self.policy.fresh_days
            if anchor is None or self.now is None or not is_fresh(anchor, self.policy, self.now, days):
                time = None if anchor is None else anchor.time
                self.find("ANCHOR_STALE", f"no quorum is known to have seen the anchor within {days} days", None, days,
                          time)  # fmt: skip

    def _report(self, anchor: Anchor | None, anchored: int, size: int) -> Report:
        policy = self.policy
        newest = anchor if anchor is not None and anchor.checkpoint.size == anchored else None
        complete = anchored > 0 and self.header is not None and not self._broken
        return Report(
            verdict=self.findings.verdict(complete=complete),
            origin=self.header.origin if self.header is not None else "",
            anchored=anchored,
            anchored_at=newest.time if newest is not None else None,
            anchored_by=tuple(sorted(newest.times)) if newest is not None else (),
            size=size,
            exposed=size - anchored,
            root=self.frontier.root(),
            findings=self.findings.findings,
            remarks=tuple(self.findings.remarks),
            counts=dict(self.findings.counts),
            checks=self.findings.checks(),
            parts=self.bodies.parts,
            attachments=self.bodies.attachments,
            scope=dict(self.header.scope) if self.header is not None else {},
            enrolled=tuple(
                Enrolled(state.person, key, state.custody, state.by, state.position, state.ended)
                for key, state in self.registry.keys.items()
            ),
            facts=dict(self.facts),
            kind="database" if self.database else "file",
            policy_digest=policy.digest,
            versions=_versions(),
            made=self.now,
        )


def _read_known(known: str | bytes, policy: Policy) -> Anchor:
    note = known.encode() if isinstance(known, str) else known
    for key in policy.logs:
        try:
            return read_anchor(note, policy, key.name)
        except Refusal as error:
            if error.code != "CHECKPOINT_FOREIGN":
                raise NoteError(f"the known checkpoint can't be used: {error.message}", found=known) from None
    raise NoteError("the known checkpoint is not signed by a log of the policy", found=known)


def _versions() -> dict[str, str]:
    """What the verdict rests on."""
    out = {"python": platform.python_version(), "trail": __version__}
    return out | {name: version(name) for name in ("cryptography", "msgpack")}
