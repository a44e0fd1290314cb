"""
A log and the one before it: what the genesis names, compared with what the inspector holds of that log (check 11).

The genesis names a predecessor's origin, and size and root of its last checkpoint.  Alone this is a claim of the
founding registrars, and is reported as one.  A checkpoint of the predecessor, or its evidence file, that the inspector
brings can contradict it: two roots of one log at one size, one that its key signed and one that the founders signed,
admit no honest explanation.  Whatever else does not fit leaves the succession open.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from trail.evidence.file import MAGIC, Item, read_evidence
from trail.evidence.holdings import read_known
from trail.evidence.judge import Ground
from trail.evidence.lineage import Predecessor, Retirement
from trail.evidence.logkeys import note_keys
from trail.evidence.memory import Memory
from trail.evidence.registry import Registry
from trail.evidence.verdict import Lineage, LogKeyRow, Report, Verdict
from trail.signing.note import MAX_NOTE_BYTES
from trail.signing.policy import Policy


class Given(NamedTuple):
    """
    What the inspector holds of the log before: its ``origin``, its ``size``, its ``root`` at the size that is claimed.

    ``root`` is None where that size is not shown; ``retired`` is its last act, if there is one; ``sound`` says that a
    key of the policy signed a tree that reaches to the claimed size, and nothing was found altered.
    """

    origin: str
    size: int
    root: bytes | None
    retired: Retirement | None
    sound: bool
    note: bytes = b""


Before = Callable[[Predecessor | None], Given | None]
"""Looks at what the inspector holds of the log before, once the genesis's claim is known; None: nothing."""


def judge_predecessor(ground: Ground, claim: Predecessor | None, given: Given | None) -> bool:
    """Compare *claim* with what is *given*; says whether the roots were compared and are the same."""

    def other(message: str, expected: object, found: object) -> bool:
        ground.findings.find("PREDECESSOR_OTHER", message, 1, expected, found)
        return False

    if given is None:
        return False
    if claim is None:
        return other("the genesis names no predecessor", given.origin, None)
    if claim.origin != given.origin:
        return other("the genesis names another predecessor", given.origin, claim.origin)
    if given.root is None:
        return other(
            "what is held of the predecessor does not show its tree at the claimed size", given.size, claim.size
        )
    if given.root != claim.root:
        if given.sound:
            ground.findings.find(
                "PREDECESSOR_CONTRADICTED", "the predecessor had another root at the claimed size", 1, given.root,
                claim.root, checkpoint=given.note,
            )  # fmt: skip
            return False
        return other(
            "the predecessor's evidence, which is not sound itself, gives another root", given.root, claim.root
        )
    if not given.sound:
        return other("the predecessor's evidence is not sound itself: verify it", None, None)
    retired = given.retired
    if retired is None:
        if given.size > claim.size:
            return other("the predecessor goes on after the checkpoint that the genesis names, and no act ends it",
                         claim.size, given.size)  # fmt: skip
        return True
    if retired.successor is not None and retired.successor != ground.origin:
        return other("the predecessor names another successor", retired.successor, ground.origin)
    if retired.genesis is not None and ground.first not in (b"", retired.genesis):
        return other("the predecessor names another first entry of its successor", retired.genesis, ground.first)
    if retired.position > claim.size + 1:
        return other(
            "the predecessor went on after the checkpoint that the genesis names", claim.size, retired.position
        )
    return True


def lineage_of(ground: Ground, registry: Registry | None, compared: bool) -> Lineage:
    """What a log's own entries say of its keys, of the log before it and of the one after it."""
    if registry is None:
        return Lineage()
    keys = tuple(
        LogKeyRow(key.vkey, one.since, one.by, one.reason, one.vouched, key in ground.policy.logs)
        for key, one in zip(note_keys(ground.origin, registry.log_keys), registry.log_keys, strict=True)
    )
    before, retired = registry.predecessor, registry.retired
    return Lineage(
        keys,
        None if before is None else (before.origin, before.size, before.root),
        compared,
        None if retired is None else retired.position,
        None if retired is None else retired.successor,
        None if retired is None else retired.genesis,
    )


class Run(Protocol):
    """A verification (`trail.verify.Verification`), as far as it is used on the predecessor's evidence."""

    def want(self, size: int) -> None:
        """Keep the root at a size."""

    def root_at(self, size: int) -> bytes | None:
        """The root that was kept."""

    def run(self, items: Iterable[Item]) -> Report:
        """Take all and report."""


def remembered(memory: Memory | None) -> Before | None:
    """What an inspector's *memory* holds of a predecessor: a checkpoint of the claimed size, seen by a quorum."""
    if memory is None:
        return None

    def look(claim: Predecessor | None) -> Given | None:
        for held in () if claim is None else memory.held(claim.origin):
            if claim is not None and held.anchors and held.size == claim.size:
                return Given(claim.origin, held.size, held.root, None, True, held.note)
        return None

    return look


def before(source: str | os.PathLike[str] | bytes, policy: Policy, run: Callable[[], Run]) -> Before:
    """
    What an inspector holds of a predecessor: a path, or the bytes, of a signed checkpoint or of an evidence file.

    The evidence is verified under the same *policy*, by another *run*.

    Raises:
        NoteError: It is neither, or the checkpoint is not one of a log of the policy.
        OSError: The path can't be opened.
    """
    if isinstance(source, bytes):
        data, path = source, None
    else:
        path = source
        with open(path, "rb") as stream:
            data = stream.read(MAX_NOTE_BYTES + 1)
    if not data.startswith(MAGIC):
        anchor = read_known(data, policy)
        at = anchor.checkpoint

        def compared(claim: Predecessor | None) -> Given:
            same = claim is not None and claim.size == at.size
            return Given(at.origin, at.size, at.root if same else None, None, True, anchor.note)

        return compared

    def verified(claim: Predecessor | None) -> Given:
        one = run()
        if claim is not None:
            one.want(claim.size)
        if path is None:
            report = one.run(read_evidence(io.BytesIO(data)))
        else:
            with open(path, "rb") as stream:
                report = one.run(read_evidence(stream))
        said = report.lineage
        retired = None if said.retired is None else Retirement(said.retired, (), said.successor, said.successor_genesis)
        root = None if claim is None else one.root_at(claim.size)
        sound = report.verdict is not Verdict.ALTERED and claim is not None and report.anchored >= claim.size
        return Given(report.origin, report.size, root, retired, sound)

    return verified
