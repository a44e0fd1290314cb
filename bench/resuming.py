"""
Verification by an inspector who remembers: the cost must follow what is new, not what lies before.

A history is verified once with a memory; then a thousand acts follow, one more checkpoint and its cosignature.  Those
are verified with the memory as it was: as a continuation, and as a whole file whose old entries are only hashed.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from appending import OTHERS, WHEN
from history import CONTENT, START, YEAR, holder, key_of
from timing import Row, micro, spread, timed
from verifying import checks_of, keys_of

from trail import FixedClock, TalkHeld, Trail
from trail.evidence.file import read_evidence
from trail.inspecting import Inspection, State, inspect
from trail.signing import parse_policy
from trail.verify import Verdict
from trail.witness import Witness, request

NEW = 1_000
BATCH = 250
LATER = int(START.timestamp()) + YEAR + 10 * 86_400


class Ready(NamedTuple):
    """A history of so many acts, verified and remembered; the further ones as a continuation and as a whole file."""

    size: int
    policy: bytes
    memory: Path
    continuation: Path
    whole: Path
    folder: Path


def incremental(large: Path, small: Path, *, quick: bool) -> list[Row]:
    """The last thousand acts of many, of few, and beside the bare signature checks of the same thousand."""
    rounds = 4 if quick else 10
    scratch = Path(tempfile.mkdtemp(dir=large.parent))
    try:
        many, few = _prepared(large, scratch / "many"), _prepared(small, scratch / "few")
        keys = keys_of(many.whole)
        with many.continuation.open("rb") as stream:
            checks = checks_of(list(read_evidence(stream)), keys)
        times = []
        for _ in range(rounds):
            times.append(
                (
                    _resumed(many, many.continuation),
                    _resumed(few, few.continuation),
                    timed(lambda: [key.verify(signature, message) for key, signature, message in checks]),
                    _resumed(many, many.whole),
                )
            )
        full = timed(lambda: _inspected(many, many.whole, many.folder / "other", new_only=False))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _rows(many.size, few.size, times, full, len(checks))


def _rows(
    many: int, few: int, times: list[tuple[float, float, float, float]], full: float, signatures: int
) -> list[Row]:
    of_many, of_few, bare, whole = (spread([row[side] for row in times]).median for side in range(4))
    follow = spread([row[1] / row[0] for row in times])
    beside = spread([row[2] / row[0] for row in times])
    notes = (f"{micro(of_many, NEW)} a new act, {micro(of_few, NEW)} where {few - NEW:,} lie before",)
    found = spread([full / row[3] for row in times])
    job = f"verification of the last {NEW:,} of {many:,} acts"
    return [
        Row(job, f"the last {NEW:,} of {few:,}", *follow, "at least 0.8", follow.median >= 0.8, notes),
        Row(job, "the bare signature checks of the same acts", *beside, "none set", None,
            (f"{signatures:,} signatures: {micro(bare, NEW)} an act",)),
        Row(f"a whole file of {many:,} acts, old ones hashed", "judging all again", *found, "none set", None,
            (f"{whole:.2f} s, all of them {full:.1f} s",)),
    ]  # fmt: skip


def _prepared(folder: Path, scratch: Path) -> Ready:
    scratch.mkdir()
    for name in ("trail.db", "state", "witness.db"):
        shutil.copy(folder / name, scratch / name)
    policy = (folder / "policy").read_bytes()
    clock = FixedClock(LATER, step=1)
    with Trail.open(scratch / "trail.db", log_key=key_of("log"), state=scratch / "state", clock=clock) as trail:
        since = trail.reader.head().size
        memory = scratch / "memory"
        with State(memory, create=True) as state:
            _intact(inspect(folder / "evidence.trail", policy, state, now=LATER, new_only=True), since)
        person, post = holder("c01", 0)
        acting = trail.acting(person, post, key_of(person))
        for _ in range(NEW // BATCH):
            acting.record_many(
                [
                    TalkHeld(kind="integrity", counterparts=OTHERS, happened=WHEN, place="甲楼 301", content=CONTENT)
                    for _ in range(BATCH)
                ]
            )
        trail.checkpoint()
        with Witness(scratch / "witness.db", key_of("witness"), logs=parse_policy(policy).logs) as witness:
            trail.add_cosignatures(witness.sign(request(trail.reader, since), clock.now()))
        trail.export(scratch / "continuation.trail", since=since)
        trail.export(scratch / "whole.trail")
    return Ready(since + NEW, policy, memory, scratch / "continuation.trail", scratch / "whole.trail", scratch)


def _resumed(ready: Ready, evidence: Path) -> float:
    """Seconds to verify *evidence* with the memory as it was before."""
    copy = ready.folder / "copy"
    copy.unlink(missing_ok=True)
    shutil.copy(ready.memory, copy)
    return timed(lambda: _inspected(ready, evidence, copy, new_only=True))


def _inspected(ready: Ready, evidence: Path, memory: Path, *, new_only: bool) -> None:
    with State(memory, create=not new_only) as state:
        found = inspect(evidence, ready.policy, state, now=LATER + 10_000, new_only=new_only)
    _intact(found, ready.size)
    if new_only and found.report.resumed is None:
        raise SystemExit(f"everything was judged again: {found.again}")


def _intact(found: Inspection, size: int) -> None:
    if found.report.verdict is not Verdict.INTACT or found.report.size != size:
        raise SystemExit(f"the bench's own history does not verify: {found.report.size} {found.report.findings[:3]}")
