"""
Verifying an extract: each shown entry is proven to stand in the tree of one checkpoint, or is not.

An extract is never intact: what it does not show can't be judged, and `EXTRACT` says so in every report.  That it lacks
something is therefore no finding but that one; what it shows and does not hold is.  An entry whose proof leads to
another root is `PROOF_MISMATCH` and is not judged further: whoever wrote the extract shows as the log's own what the
log's checkpoint does not cover.  Nor is one judged that no checkpoint could prove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from trail.errors import NoteError, ProofError, Refusal
from trail.evidence.anchors import Anchor, is_fresh, read_anchor
from trail.evidence.extract import ExtractHeader, ExtractItem, PlaceItem, extract_of_proof
from trail.evidence.file import AttachmentItem, Broken, CheckpointItem, EntryItem, PartItem, StateItem
from trail.evidence.holdings import Holdings, read_known
from trail.evidence.intervals import Proven
from trail.evidence.judge import Ground
from trail.evidence.judge_extract import ExtractJudge
from trail.evidence.judge_opaque import OpaqueJudge
from trail.evidence.logkeys import judge_log_keys
from trail.evidence.made_with import versions
from trail.evidence.memory import Held, Memory
from trail.evidence.opaque import OPAQUE_KIND, OpaqueEntry, kind_of
from trail.evidence.record import ENTRY_KIND, Record
from trail.evidence.registry import REGISTRY_TYPES
from trail.evidence.stranger import Stranger
from trail.evidence.times import ActTimes
from trail.evidence.verdict import MAX_LISTED, Extracted, Report, ShownEntry
from trail.merkle import EMPTY_ROOT, check_inclusion, leaf_hash, parse_proof
from trail.signing.policy import Policy, parse_policy

_LOG_KINDS: Final = {ENTRY_KIND: "acts", OPAQUE_KIND: "opaque", "": ""}


class ExtractVerification:
    """
    One run over an extract: `run` takes its items and reports.

    *known* and *memory* are checkpoints that the inspector holds: only one of the same size can be compared, for an
    extract proves nothing of how the tree grew.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        known: Anchor | None = None,
        now: int | None = None,
        memory: Memory | None = None,
        times: Callable[[ActTimes], None] | None = None,
    ) -> None:
        self._policy = policy
        self._now = now
        self._known = known
        self._memory = memory
        self._ground = Ground(policy, times=times)
        self._held = Holdings(self._ground.findings)
        self._findings = self._ground.findings
        self._judge: ExtractJudge | OpaqueJudge = ExtractJudge(self._ground)
        self._kind = ""
        self._header: ExtractHeader | None = None
        self._anchor: Anchor | None = None
        self._stranger: Stranger | None = None
        self._ended: frozenset[int] = frozenset()
        self._place = PlaceItem(0, ())
        self._judged = False  # whether the last entry was: what lies beside one that was not can't be
        self._counts = {"entries": 0, "proven": 0, "registry": 0}
        self._rows: dict[bool, list[ShownEntry]] = {False: [], True: []}

    def run(self, items: Iterable[ExtractItem], progress: Callable[[int, int], None] | None = None) -> Report:
        """Take all *items* and report; a fault of the verifier itself is a finding, never an escape to success."""
        try:
            for item in items:
                self._take(item)
                done = self._counts["entries"]
                if progress is not None and isinstance(item, EntryItem) and not done % 1000:
                    progress(done, self._header.entries if self._header else 0)
        except Exception as error:
            what = f"the verification could not go on: {type(error).__name__}: {error}"
            self._findings.find("INTERNAL_ERROR", what, self._place.position or None)
        return self._finish()

    def _take(self, item: ExtractItem) -> None:
        if isinstance(item, PartItem | AttachmentItem | StateItem):
            if self._judged:
                self._judge.beside(item, self._place.position)
        elif isinstance(item, EntryItem):
            self._entry(item.entry)
        elif isinstance(item, PlaceItem):
            self._place = item
        elif isinstance(item, CheckpointItem):
            self._checkpoint(item.note)
        elif isinstance(item, ExtractHeader):
            self._open(item)
        elif isinstance(item, Broken):
            self._findings.find(item.code, item.reason)
        else:
            self._findings.find("FRAME_BROKEN", f"an item that is none of an extract: {type(item).__name__}")

    def _open(self, header: ExtractHeader) -> None:
        self._header = header
        self._findings.count(1)
        ground, known = self._ground, self._known
        ground.origin = header.origin
        ground.own = bool(self._policy.log_keys(header.origin))
        if not ground.own:
            self._findings.find("LOG_NOT_IN_POLICY", "the policy does not name this log", None,
                                [key.name for key in self._policy.logs], header.origin)  # fmt: skip
        if known is not None and known.checkpoint.origin != header.origin:
            self._findings.find("CHECKPOINT_FOREIGN", "the known checkpoint is of another log", None, header.origin,
                                known.checkpoint.origin)  # fmt: skip
        elif known is not None:
            self._held.add(Held(known.checkpoint.size, known.checkpoint.root, known.note))
        if self._memory is not None:
            for held in self._memory.held(header.origin):
                self._held.add(held)
            for alarm in self._memory.alarms(header.origin):
                self._held.alarm(alarm)

    def _checkpoint(self, note: bytes) -> None:
        self._findings.count(2)
        try:
            anchor = read_anchor(note, self._policy, self._ground.origin, unsigned=True)
        except Refusal as error:
            self._findings.refused(error, None)
            return
        if not anchor.log_keys:
            self._stranger = Stranger(self._ground, anchor)
            return
        for bad in anchor.bad:
            self._findings.refused(bad, None)
        self._ground.anchors.add(anchor)
        self._ground.anchors.settle()
        self._anchor = anchor

    def _entry(self, entry: bytes) -> None:
        self._judge.settle()
        self._judged = False
        self._counts["entries"] += 1
        position, proven = self._place.position, self._prove(entry)
        self._counts["proven"] += proven
        if not proven:
            return
        kind = kind_of(entry)
        if kind and not self._kind:
            self._kind = kind
            if kind == OPAQUE_KIND:
                self._judge = OpaqueJudge(self._ground, whole=False)
        if kind and kind != self._kind:
            self._findings.find("KIND_MIXED", "a log holds acts or the events of an application, never both", position,
                                self._kind, kind, entry=entry)  # fmt: skip
            return
        shown = self._judge.entry(entry, position)
        self._judged = shown is not None
        if shown is not None:
            self._list(shown)

    def _prove(self, entry: bytes) -> bool:
        """Check 15 for one entry: the proof leads from its bytes at its place to the checkpoint's root."""
        anchor, (position, proof) = self._anchor, self._place
        if anchor is None:
            self._findings.find("PROOF_UNCHECKED", "there is no checkpoint to prove it by", position)
            if self._stranger is not None:
                self._stranger.entry(entry, self._place)
            return False
        self._findings.count(15)
        size, root = anchor.checkpoint.size, anchor.checkpoint.root
        try:
            check_inclusion(proof, index=position - 1, size=size, leaf=leaf_hash(entry), root=root)
        except ProofError as error:
            self._findings.find("PROOF_MISMATCH", error.message, position, root, error.facts.get("found"),
                                entry=entry, proof=list(proof), checkpoint=anchor.note)  # fmt: skip
            return False
        return True

    def _list(self, shown: Record | OpaqueEntry) -> None:
        if isinstance(shown, OpaqueEntry):
            topic = shown.topic.decode("utf-8", "replace")
            row = ShownEntry(shown.position, topic, shown.recorded, (), False)
        else:
            judge = self._judge
            vouched = judge.vouched if isinstance(judge, ExtractJudge) else ()
            signed = isinstance(judge, ExtractJudge) and judge.signed
            row = ShownEntry(shown.position, shown.statement.type, shown.recorded, vouched, signed)
        registry = row.event in REGISTRY_TYPES and self._kind == ENTRY_KIND
        self._counts["registry"] += registry
        if len(self._rows[registry]) < MAX_LISTED:
            self._rows[registry].append(row)

    def _finish(self) -> Report:
        findings, policy, anchor = self._findings, self._policy, self._anchor
        entries, proven = self._counts["entries"], self._counts["proven"]
        findings.count(20, entries)
        self._judge.settle()
        self._judge.close(entries)
        self._close_keys()
        if entries == 0:
            findings.find("EMPTY", "there are no entries: nothing was verified")
        if self._header is not None and self._header.entries != entries and "FRAME_BROKEN" not in findings.counts:
            findings.find("FRAME_BROKEN", "the header announced another number of entries", None, self._header.entries,
                          entries)  # fmt: skip
        size = 0 if anchor is None else anchor.checkpoint.size
        findings.find("EXTRACT", "only what is shown was verified, not what stands beside it", None, size, entries)
        if not policy.genesis and self._kind != OPAQUE_KIND:
            findings.find("GENESIS_NOT_PINNED", "the policy does not say which first entry is the right one")
        self._held.close(size, database=False)
        anchored = self._anchored(size)
        rows = sorted(self._rows[False] + self._rows[True], key=lambda row: row.position)
        return Report(
            verdict=findings.verdict(complete=False),
            origin=self._header.origin if self._header is not None else "",
            anchored=anchored,
            anchored_at=anchor.time if anchored and anchor is not None else None,
            anchored_by=tuple(sorted(anchor.times)) if anchored and anchor is not None else (),
            anchored_held=anchored > 0 and not self._stands(size),
            size=size,
            exposed=0,
            root=EMPTY_ROOT if anchor is None else anchor.checkpoint.root,
            findings=findings.findings,
            remarks=tuple(findings.remarks),
            counts=dict(findings.counts),
            checks=findings.checks(),
            parts=self._judge.parts,
            attachments=self._judge.attachments,
            scope=dict(self._header.scope) if self._header is not None else {},
            enrolled=self._judge.enrolled,
            facts={},
            kind="extract",
            log_kind=_LOG_KINDS[self._kind],
            policy_digest=policy.digest,
            versions=versions(),
            made=self._now,
            times=Proven(upper=self._ground.anchors.upper),
            extract=Extracted(
                entries=entries, proven=proven, registry=self._counts["registry"], of=size, listed=tuple(rows)
            ),
        )

    def _close_keys(self) -> None:
        """Who signed the checkpoint, by the rotations of the log's key that are shown."""
        if self._stranger is not None:
            self._stranger.explain()
        else:
            keys = self._judge.registry.log_keys if isinstance(self._judge, ExtractJudge) else ()
            self._ended = judge_log_keys(self._ground, keys, self._held)

    def _stands(self, size: int) -> bool:
        """Whether the checkpoint itself satisfies the policy."""
        return self._anchor is not None and self._anchor.satisfied and size not in self._ended

    def _anchored(self, size: int) -> int:
        """The checkpoint's size, if it satisfies the policy or is one that the inspector holds; 0 otherwise."""
        findings, policy, anchor = self._findings, self._policy, self._anchor
        findings.count(19)
        held = 0 if anchor is None else self._held.anchored({size: anchor.checkpoint.root})
        if anchor is None or size == 0 or not (self._stands(size) or held == size):
            findings.find("NO_ANCHOR", "no checkpoint satisfies the policy")
            return 0
        days = policy.fresh_days
        if days is not None and (self._now is None or not is_fresh(anchor, policy, self._now, days)):
            findings.find("ANCHOR_STALE", f"no quorum is known to have seen the anchor within {days} days", None, days,
                          anchor.time)  # fmt: skip
        return size


def verify_proof(
    proof: str | bytes,
    entry: bytes,
    policy: Policy | str | bytes,
    *,
    known: str | bytes | None = None,
    now: int | None = None,
    times: Callable[[ActTimes], None] | None = None,
) -> Report:
    """
    Verify that *entry* stands in the log by *proof*, a C2SP ``tlog-proof`` text; the others are those of `verify`.

    The report is that of an extract of one entry, of ``kind`` ``"proof"``, and never intact: nobody's key is shown.

    Raises:
        PolicyError: The policy can't be read.
        NoteError: The proof, or the known checkpoint, can't be read.
    """
    rules = policy if isinstance(policy, Policy) else parse_policy(policy)
    try:
        text = proof if isinstance(proof, str) else proof.decode()
    except UnicodeDecodeError:
        raise NoteError("a proof is UTF-8 text") from None
    items = list(extract_of_proof(parse_proof(text), entry))
    held = None if known is None else read_known(known, rules)
    return replace(ExtractVerification(rules, known=held, now=now, times=times).run(items), kind="proof")
