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
from collections.abc import Callable, Iterable
from typing import BinaryIO, Final, cast

from trail.errors import Refusal
from trail.evidence.anchors import Anchor, is_fresh, read_anchor
from trail.evidence.extract import EXTRACT_MAGIC, read_extract
from trail.evidence.extract_run import ExtractVerification, verify_proof
from trail.evidence.file import (
    AttachmentItem,
    Broken,
    CheckpointItem,
    ConsistencyItem,
    EntryItem,
    Header,
    Item,
    PartItem,
    StateItem,
    is_scope,
    read_evidence,
)
from trail.evidence.frames import rest
from trail.evidence.holdings import Holdings, read_known
from trail.evidence.judge import Ground, Judge
from trail.evidence.judge_acts import ActJudge
from trail.evidence.judge_opaque import OpaqueJudge
from trail.evidence.logkeys import Span, judge_log_keys
from trail.evidence.made_with import versions
from trail.evidence.memory import Held, Memory, Past
from trail.evidence.opaque import OPAQUE_KIND, OpaqueEntry, kind_of
from trail.evidence.record import ENTRY_KIND, Record
from trail.evidence.resuming import ResumedJudge, prove_earlier
from trail.evidence.succession import Before, before, judge_predecessor, lineage_of, remembered
from trail.evidence.times import ActTimes
from trail.evidence.verdict import Finding, Lineage, Report, Resumed, Verdict
from trail.evidence.withheld import Withheld, judge_scope, withheld_under
from trail.merkle import Frontier, leaf_hash
from trail.signing.policy import Policy, parse_policy

__all__ = ["Finding", "Report", "Verdict", "Verification", "verify", "verify_proof"]

_LOG_KINDS: Final = {ENTRY_KIND: "acts", OPAQUE_KIND: "opaque"}

Evidence = str | os.PathLike[str] | bytes | BinaryIO | Iterable[Item]


def verify(
    evidence: Evidence,
    policy: Policy | str | bytes,
    *,
    known: str | bytes | None = None,
    now: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    times: Callable[[ActTimes], None] | None = None,
    memory: Memory | None = None,
    predecessor: str | os.PathLike[str] | bytes | None = None,
) -> Report:
    """
    Verify *evidence* under *policy*.

    *evidence* is a path, the bytes of a file, a binary stream, or items as `trail.evidence.file` yields them;
    *policy* a `Policy` or its text; *known* the text of a checkpoint that the inspector already holds; *now* UTC
    seconds, needed where the policy says ``fresh``; *progress* is called with positions done and announced, *times*
    with the times of each entry in order; what bounds them from above is in ``report.times.upper``.  *memory* is the
    inspector's (`trail.inspecting`); *predecessor* what they hold of the log before: a checkpoint, or its evidence.

    Raises:
        PolicyError: The policy can't be read.
        NoteError: The known checkpoint is not one of a log of the policy.
        OSError: The path can't be opened.
    """
    rules = policy if isinstance(policy, Policy) else parse_policy(policy)
    held = None if predecessor is None else before(predecessor, rules, lambda: Verification(rules, now=now))
    run = Verification(rules, known=known, now=now, times=times, memory=memory, predecessor=held)
    if isinstance(evidence, str | os.PathLike):
        with open(evidence, "rb") as stream:
            return run_stream(run, stream, progress)
    if isinstance(evidence, bytes):
        return run_stream(run, io.BytesIO(evidence), progress)
    if hasattr(evidence, "read"):
        return run_stream(run, cast(BinaryIO, evidence), progress)
    return run.run(evidence, progress)


def run_stream(run: Verification, stream: BinaryIO, progress: Callable[[int, int], None] | None) -> Report:
    """The first line says what it is: an extract, or an evidence file; anything else is for the latter to refuse."""
    try:
        begun = rest(stream, b"", len(EXTRACT_MAGIC))
    except OSError as error:
        return run.run([Broken("FRAME_BROKEN", f"reading failed: {error.strerror}")], progress)
    if begun == EXTRACT_MAGIC:
        return run.extract().run(read_extract(stream, begun), progress)
    return run.run(read_evidence(stream, begun), progress)


class Verification:
    """
    One run: `take` items in order, then `finish`.

    ``database`` says that the items are rows of a database, which can't be merely an older copy; ``last`` is the
    entry taken last (None if it can't be read), for those who compare columns with it.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        known: str | bytes | None = None,
        now: int | None = None,
        database: bool = False,
        memory: Memory | None = None,
        times: Callable[[ActTimes], None] | None = None,
        predecessor: Before | None = None,
    ) -> None:
        self.policy = policy
        self.database = database
        self.now = now
        self._ground = Ground(policy, times=times)
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
        self._known = None if known is None else read_known(known, policy)
        self.memory = memory
        self._held = Holdings(self.findings)
        self._predecessor = predecessor or remembered(memory)
        self._ended: frozenset[int] = frozenset()
        self._span = Span()
        self._lineage = Lineage()
        self._past: Past | None = None
        self._withheld: Withheld | None = None
        self._after = 0  # the position after which the evidence begins
        self._lost = False  # it begins after one that is not remembered: no entry has a place
        self._proofs: dict[int, tuple[bytes, ...]] = {}
        self._last_note = 0  # the size of the checkpoint taken last
        self._broken = False

    def extract(self) -> ExtractVerification:
        """A run of its own over an extract, with the same policy and the same memory."""
        return ExtractVerification(self.policy, known=self._known, now=self.now, memory=self.memory,
                                   times=self._ground.times)  # fmt: skip

    @property
    def judge(self) -> Judge:
        """The judge of the entries, for those who keep what it knows (`trail.inspecting`)."""
        return self._judge

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
                if self.anchors.flooded:
                    self._break("too many checkpoints that have no place here: the rest is not read")
                    break
                if progress is not None and type(item) is EntryItem and not self.frontier.size % 1000:
                    progress(self.frontier.size, self.header.entries if self.header else 0)
        except Exception as error:
            self.internal(error)
        return self.finish()

    def want(self, size: int) -> None:
        """Keep the root at a *size*, whether or not there is a checkpoint."""
        self._held.sizes.add(size)

    def root_at(self, size: int) -> bytes | None:
        """The root at a size that was wanted, or has a checkpoint; None where there are fewer entries."""
        return self._roots.get(size)

    def take(self, item: Item) -> None:
        """Take one item."""
        kind = type(item)
        if kind is EntryItem:
            self._entry(item[0])  # type: ignore[arg-type]
        elif kind is PartItem or kind is AttachmentItem or kind is StateItem:
            if self._lost:
                return
            self._judge.beside(item, self.frontier.size)  # type: ignore[arg-type]
            if self._withheld is not None:
                self._withheld.beside(item)  # type: ignore[arg-type]
        elif isinstance(item, CheckpointItem):
            self._checkpoint(item.note)
        elif isinstance(item, ConsistencyItem):
            self._proofs[self._last_note] = item.proof
        elif isinstance(item, Header):
            self._header(item)
        elif isinstance(item, Broken):
            self._break(item.reason, item.code)
        else:
            self._break(f"an item that is none of evidence: {kind.__name__}")

    def _break(self, reason: str, code: str = "FRAME_BROKEN", expected: object = None, found: object = None) -> None:
        self._broken = True
        self.find(code, reason, None, expected, found)

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
        self.anchors.reach = header.after + header.entries
        self.count(1)
        self._withheld = withheld_under(header.scope)
        if not is_scope(header.scope):
            self._break("the header names a scope that this version does not know")
        self._ground.origin = header.origin
        self._ground.own = bool(self.policy.log_keys(header.origin))
        if not self._ground.own:
            self.find("LOG_NOT_IN_POLICY", "the policy does not name this log", None,
                      [key.name for key in self.policy.logs], header.origin)  # fmt: skip
        known = self._known
        if known is not None and known.checkpoint.origin != header.origin:
            self.find("CHECKPOINT_FOREIGN", "the known checkpoint is of another log", None, header.origin,
                      known.checkpoint.origin)  # fmt: skip
        elif known is not None:
            self._held.add(Held(known.checkpoint.size, known.checkpoint.root, known.note))
        self._remember(header)

    def _remember(self, header: Header) -> None:
        """Take what the inspector remembers of this log."""
        past = self._held.remember(self.memory, header)
        if past is not None:
            self._past, self._judge, self._kind = past, ResumedJudge(self._ground, past, header.scope), ENTRY_KIND
            self.frontier, self._after = past.start.copy(), past.start.size
            self._held.sizes.add(past.size)
        elif header.after:
            self._lost = True
            reach = 0 if self.memory is None else self.memory.reach(header.origin)
            self._break("a continuation that does not begin where the memory ends", "PAST_UNKNOWN", reach,
                        header.after)  # fmt: skip

    def _checkpoint(self, note: bytes) -> None:
        self.count(2)
        if self.header is None or self.frontier.size != self._after:
            self._break("a checkpoint out of its place")
            return
        try:
            kept = None if self._past is None else self._past.lookup.anchor(note)
            anchor = kept or read_anchor(note, self.policy, self.header.origin, unsigned=True)
            for bad in anchor.bad:
                self.findings.refused(bad, None)
            self._last_note = anchor.checkpoint.size if self.anchors.add(anchor) else -1  # then no proof is of any
            if self._last_note < 0:
                self._break("checkpoints that do not ascend by size, or too many that no key of the policy signed")
        except Refusal as error:
            self.anchors.refused += 1
            self.findings.refused(error, None)

    def _entry(self, entry: bytes) -> None:
        if self.header is None:
            self._break("an entry before the header")
            return
        if self._lost:
            return
        if self.frontier.size == self._after:
            self._settle()
        kind = kind_of(entry)
        if kind and not self._kind:
            self._begin(kind)
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
        if self._withheld is not None:
            self._withheld.entry(entry, position, self.last)

    def _begin(self, kind: str) -> None:
        """The first entry whose kind can be read decides how all are judged."""
        self._kind = kind
        if kind == OPAQUE_KIND:
            self._judge = OpaqueJudge(self._ground)
            if self._withheld is not None:
                self._break("the header names a scope that the log of an application does not have")

    def _settle(self) -> None:
        """All checkpoints were taken: those before a continuation are proven to be of the tree that it goes on from."""
        self.anchors.settle()
        if self._after:
            self._compare_root(self._after)
            prove_earlier(self._ground, self._past, self._proofs, self.frontier.root())

    def _compare_root(self, size: int) -> None:
        anchor = self.anchors.by_size.get(size)
        if anchor is None and size not in self._held.sizes and size not in self.anchors.unsigned:
            return
        root = self._roots[size] = self.frontier.root()
        self._held.compare(size, root)
        if anchor is not None:
            self.count(15)

    def finish(self) -> Report:
        """Close the run and report."""
        if self.frontier.size == self._after:
            self._settle()
        size = self.frontier.size
        self.count(20, size if self._past is None else max(0, size - self._past.size))
        self._judge.settle()
        self._close_scope()
        self._judge.close(size)
        self._span = Span(self._after, size, self._broken)
        self._close_tree(size)
        try:
            self._close_lineage()
        except Exception as error:  # the predecessor's evidence is read here
            self.internal(error)
        anchor, anchored = self._anchor(size)
        self._close_policy(anchor, size)
        return self._report(anchor, anchored, size)

    def _close_lineage(self) -> None:
        """Who signed which checkpoint, now that the log's own rotations are known, and what came before this log."""
        registry = self._judge.registry
        keys = () if registry is None else registry.log_keys
        self._ended = judge_log_keys(self._ground, keys, self._held, self._span)
        compared = False
        if self._predecessor is not None and self.header is not None:
            claim = None if registry is None else registry.predecessor
            compared = judge_predecessor(self._ground, claim, self._predecessor(claim))
        self._lineage = lineage_of(self._ground, registry, compared)

    def _close_scope(self) -> None:
        """Of a file that breaks off, or was not judged, nobody knows the registry at the end."""
        told = None if self._broken or "PAST_UNKNOWN" in self.findings.counts else self._withheld
        judge_scope(self.findings, {} if self.header is None else self.header.scope, self._judge, told)

    def _close_tree(self, size: int) -> None:
        self.count(15)
        if size == 0 and not self._lost:
            self.find("EMPTY", "there are no entries: nothing was verified")
        if self.header is not None and self.header.entries != size - self._after and not self._broken:
            self.find("FRAME_BROKEN", "the header announced another number of entries", None, self.header.entries, size)
        if not self._broken:
            self._held.close(size, self.database)

    def _anchor(self, size: int) -> tuple[Anchor | None, int]:
        """The newest checkpoint that satisfies the policy, and the size up to which the verdict speaks."""
        held = [
            anchor
            for at, anchor in self.anchors.by_size.items()
            if anchor.satisfied
            and at not in self._ended
            and 0 < at <= size
            and self._roots.get(at) == anchor.checkpoint.root
        ]
        newest = max(held, key=lambda one: one.checkpoint.size, default=None)
        anchored = newest.checkpoint.size if newest is not None else 0
        return newest, max(anchored, self._held.anchored(self._roots))

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
            anchored_held=newest is None and anchored > 0,
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
            versions=versions(),
            made=self.now,
            times=self._judge.proven(size),
            lineage=self._lineage,
            quorum_bears=policy.bears,
            checkpoints=self._held.compared(self.anchors, self._roots, size, self._ended),
            resumed=None if self._past is None else Resumed(self._past.size, self._past.made, self._after),
        )
