"""
The verifier: evidence and the inspector's policy in, a `Report` out.

It needs the standard library, `cryptography` and `msgpack`; it opens no database and no socket, keeps no cache, and
reads the evidence once, whatever its size.  The verdict starts inconclusive, and one place, `Findings.verdict`,
turns it to intact.  The checks carry the numbers of ``docs/spec/verification.md``:

(1) framing  (2) checkpoints  (3) entries  (4) origin  (5) types and schemas  (6) names  (7) order  (8) keys
(9) signatures  (10) mandates  (11) registry  (12) seen checkpoints  (13) body parts  (14) attachments  (15) tree
(16) columns  (17) head  (18) read models  (19) anchor  (20) times  (21) the verifier itself

Here are the checks of the whole: framing, checkpoints, tree, anchor.  What is judged entry by entry is for the judge of
the log's kind (`trail.evidence.judge`).  16 to 18 concern a database; the application layer makes them beside this
verifier, through the same `Verification`.
"""

from __future__ import annotations

import io
import os
import platform
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import BinaryIO, Final, cast

from trail import __version__
from trail.errors import NoteError, Refusal
from trail.evidence.anchors import Anchor, is_fresh, read_anchor
from trail.evidence.file import (
    EVERYTHING,
    NOTHING,
    AttachmentItem,
    Broken,
    CheckpointItem,
    EntryItem,
    Header,
    Item,
    PartItem,
    StateItem,
    is_scope,
    read_evidence,
)
from trail.evidence.judge import Ground, Judge
from trail.evidence.judge_acts import ActJudge
from trail.evidence.judge_opaque import OpaqueJudge
from trail.evidence.opaque import OPAQUE_KIND, OpaqueEntry, kind_of
from trail.evidence.record import ENTRY_KIND, Record
from trail.evidence.verdict import Finding, Report, Verdict
from trail.merkle import Frontier, leaf_hash
from trail.signing.policy import Policy, parse_policy

__all__ = ["Finding", "Report", "Verdict", "Verification", "verify"]

_LOG_KINDS: Final = {ENTRY_KIND: "acts", OPAQUE_KIND: "opaque"}

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
    entry taken last (None if it can't be read), for those who compare columns with it.
    """

    def __init__(
        self, policy: Policy, *, known: str | bytes | None = None, now: int | None = None, database: bool = False
    ) -> None:
        self.policy = policy
        self.database = database
        self.now = now
        self._ground = Ground(policy)
        self._judge: Judge = ActJudge(self._ground)  # until an entry says that it is of another kind
        self._kind = ""
        self._roots = self._ground.roots
        self.frontier = Frontier()
        self.anchors = self._ground.anchors
        self.findings = self._ground.findings
        self.find, self.count = self.findings.find, self.findings.count
        self.last: Record | OpaqueEntry | None = None
        self.header: Header | None = None
        self.hashes = b""
        self.facts: dict[str, str] = {}
        self._known = None if known is None else _read_known(known, policy)
        self._broken = False

    @property
    def log_kind(self) -> str:
        """What the log holds: ``"acts"``, ``"opaque"``, or ``""`` as long as no entry could be read."""
        return _LOG_KINDS.get(self._kind, "")

    @property
    def registry_position(self) -> int:
        """The position of the last act of the registry; 0 for none."""
        return self._judge.registry_position

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
        elif kind is PartItem or kind is AttachmentItem or kind is StateItem:
            self._judge.beside(item, self.frontier.size)  # type: ignore[arg-type]
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

    def _header(self, header: Header) -> None:
        if self.header is not None:
            self._break("a second header")
            return
        self.header = header
        self.count(1)
        if not is_scope(header.scope):
            self._break("the header names a scope that this version does not know")
        self._ground.origin = header.origin
        self._ground.own = bool(self.policy.log_keys(header.origin))
        if not self._ground.own:
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
                self.findings.refused(bad, None)
            if not self.anchors.add(anchor):
                self._break("checkpoints that do not ascend by size")
        except Refusal as error:
            self.findings.refused(error, None)

    def _entry(self, entry: bytes) -> None:
        if self.header is None:
            self._break("an entry before the header")
            return
        if self.frontier.size == 0:
            self.anchors.settle()
        kind = kind_of(entry)
        if kind and not self._kind:
            self._begin(kind, self.header)
        self._judge.settle()
        self.hashes = self.frontier.append(leaf_hash(entry))
        position = self.frontier.size
        self._compare_root(position)
        if kind == self._kind or not kind:
            self.last = self._judge.entry(entry, position)
        else:
            self.last = None
            self.find("KIND_MIXED", "a log holds acts or the events of an application, never both", position,
                      self._kind, kind, entry=entry)  # fmt: skip

    def _begin(self, kind: str, header: Header) -> None:
        """The first entry whose kind can be read decides how all are judged."""
        self._kind = kind
        if kind == OPAQUE_KIND:
            self._judge = OpaqueJudge(self._ground)
            if header.scope not in (EVERYTHING, NOTHING):
                self._break("the header names a scope that the log of an application does not have")

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
        self.count(20, size)
        self._judge.settle()
        self._close_scope()
        self._judge.close(size)
        self._close_tree(size)
        anchor, anchored = self._anchor(size)
        self._close_policy(anchor, size)
        return self._report(anchor, anchored, size)

    def _close_scope(self) -> None:
        parts, attachments = self._judge.parts, self._judge.attachments
        scope = self.header.scope if self.header is not None else {}
        if scope == EVERYTHING and parts.withheld:
            self.find("SCOPE_CONTRADICTED", "everything was announced, but contents are withheld", None, 0,
                      parts.withheld)  # fmt: skip
        if scope == NOTHING and parts.shown + attachments.shown:
            self.find("SCOPE_CONTRADICTED", "nothing was announced, but contents are shown", None, 0,
                      parts.shown + attachments.shown)  # fmt: skip

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
        if not self.policy.genesis and self._kind != OPAQUE_KIND:
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
            parts=self._judge.parts,
            attachments=self._judge.attachments,
            scope=dict(self.header.scope) if self.header is not None else {},
            enrolled=self._judge.enrolled,
            facts=dict(self.facts),
            kind="database" if self.database else "file",
            log_kind=self.log_kind,
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
