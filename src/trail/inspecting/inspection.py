"""
A verification with the inspector's memory: compared with what was seen before, and remembered afterwards.

The verdict is that of `trail.verify`; the memory adds what the inspector holds.  With *new_only* entries that were
judged before are hashed and not judged again, as long as everything they were judged by is the same: the policy, the
version of the verifier, their bytes and what lies beside them.  Where something differs, a whole file is verified from
its beginning, and `Inspection.again` says why; of a continuation nothing can be said then, and the verdict says that.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, NamedTuple

from trail import __version__
from trail.errors import Refusal, TrailError
from trail.evidence.anchors import read_anchor
from trail.evidence.file import AttachmentItem, EntryItem, Item, PartItem, StateItem
from trail.evidence.judge_acts import ActJudge
from trail.evidence.memory import Alarm, Held, Past
from trail.evidence.record import Record
from trail.evidence.registry import REGISTRY_TYPES
from trail.evidence.resuming import Chain, lines_at
from trail.evidence.times import ActTimes
from trail.evidence.verdict import Report, Verdict
from trail.inspecting.damage import StateDamaged
from trail.inspecting.deep import (
    Deep,
    Head,
    chained,
    kept_anchors,
    pack_positions,
    pack_trace,
    past_of,
    read_head,
    read_registry,
    write_head,
    write_maps,
)
from trail.inspecting.state import Remembered, State
from trail.merkle import Frontier, parse_checkpoint
from trail.signing.note import parse_note
from trail.signing.policy import Policy, parse_policy
from trail.verify import Verification, run_stream

Progress = Callable[[int, int], None]
_BESIDE: Final = frozenset((PartItem, AttachmentItem, StateItem))


class Inspection(NamedTuple):
    """
    A verification with memory: its report; the alarms that it raised; what it remembered (None: nothing new).

    ``again`` says why everything was verified again although only what is new was asked for; empty otherwise.
    ``kept`` is the size up to which a later run need not judge again, 0 if nothing of that kind was kept.  ``first``:
    of this log nothing was remembered before, so there was nothing to compare with.
    """

    report: Report
    alarms: tuple[Alarm, ...]
    remembered: Remembered | None
    again: str = ""
    kept: int = 0
    first: bool = False


class StateMemory:
    """What the verifier asks of a `State`; see `trail.evidence.memory.Memory`.  *deep*: go on from what was judged."""

    def __init__(self, state: State, policy: Policy, *, deep: bool = False) -> None:
        self._state = state
        self._policy = policy
        self._use = deep
        self.head: Head | None = None
        self.deep: Deep | None = None
        self.why = ""
        self.failure: TrailError | None = None

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Keep what goes wrong with the memory: the verifier calls it a fault of its own and goes on to report."""
        try:
            with self._state.mapped("reading the memory"):
                yield
        except TrailError as error:
            self.failure = error
            raise
        except Exception as error:  # whatever a damaged row leads to
            self.failure = StateDamaged(f"the memory can't be read: {type(error).__name__}: {error}")
            raise self.failure from None

    def held(self, origin: str) -> list[Held]:
        """
        Every checkpoint of this log that is remembered; those anchor whose witnesses satisfy today's policy.

        Whose key of the log signed it was judged then: today's policy may have dropped it, after a theft.
        """
        with self._noting():
            rows = self._state.checkpoints(origin)
        return [Held(one.size, one.root, one.note, self._satisfies(one.note, origin)) for one in rows]

    def _satisfies(self, note: bytes, origin: str) -> bool:
        try:
            anchor = read_anchor(note, self._policy, origin, unsigned=True)
        except Refusal:
            return False
        return self._policy.satisfied(anchor.times)

    def alarms(self, origin: str) -> list[Alarm]:
        """The alarms about this log that nobody has acknowledged."""
        with self._noting():
            return [alarm for _, alarm in self._state.alarms(origin) if alarm.acknowledged is None]

    def _head(self, origin: str) -> tuple[int, Head] | None:
        log = self._state.number(origin)
        head = None if log is None else read_head(self._state.db, log, origin)
        if log is None or head is None:
            self.why = "nothing of this kind is remembered of this log yet"
        elif head.policy != self._policy.digest:
            self.why = "the policy is another than then"
        elif head.verifier != __version__:
            self.why = "the verifier is another version than then"
        else:
            return log, head
        return None

    def reach(self, origin: str) -> int:
        """The size from which a continuation could be judged; 0: none."""
        with self._noting():
            found = self._head(origin)
        return 0 if found is None else found[1].size

    def past(self, origin: str, after: int) -> Past | None:
        """What judging needs of the entries before, to go on from *after*."""
        if not self._use and not after:
            return None
        with self._noting():
            found = self._head(origin)
            if found is None:
                return None
            log, head = found
            if after not in (0, head.size):  # entries between would be shown again, and what lies beside them unjudged
                return None
            start = Frontier() if after == 0 else Frontier.from_bytes(after, head.peaks)
            self.head, self.deep = head, Deep(self._state.db, log, origin, head, self._policy)
            return past_of(head, self.deep, read_registry(self._state.db, log, head), start)


class Recording(Verification):
    """A verification that gathers, besides, what the memory keeps of it."""

    memory: StateMemory

    def __init__(self, policy: Policy, memory: StateMemory, **how: object) -> None:
        super().__init__(policy, memory=memory, **how)  # type: ignore[arg-type]
        self.peaks: dict[int, bytes] = {}
        self.entries: list[tuple[int, bytes]] = []  # of the registry, after what was judged before
        self._chain = Chain()
        self._begin_at = 0

    def take(self, item: Item) -> None:
        """Take one item."""
        super().take(item)
        size = self.frontier.size
        if type(item) is EntryItem:
            if size in self.anchors.by_size:
                self.peaks[size] = self.frontier.to_bytes()
            record = self.last
            if isinstance(record, Record) and record.statement.type in REGISTRY_TYPES:
                self.entries.append((size, item[0]))
        elif type(item) in _BESIDE and size > self._judged_before:
            self._chain.take(item, size)  # type: ignore[arg-type]

    @property
    def _judged_before(self) -> int:
        head = self.memory.head
        if head is not None and not self._begin_at:
            self._begin_at, self._chain = head.size, Chain(head.beside)
        return self._begin_at

    def head(self, report: Report) -> tuple[Head, dict[str, dict[bytes, bytes]]] | None:
        """The deep part of the memory after this run, and what it adds to the maps; None for another kind of log."""
        judge, before, deep = self.judge, self.memory.head, self.memory.deep
        if not isinstance(judge, ActJudge):
            return None
        _ = self._judged_before
        kept = judge.times.kept()
        values: dict[str, dict[bytes, bytes]] = {
            "event": {event: pack_trace(trace) for event, trace in judge.history.events()},
            "stream": {name.encode(): version.to_bytes(8, "big") for name, version in judge.history.streams()},
            "signed": {
                key: pack_positions(deep.signed(key) if deep is not None else ()) + pack_positions(positions)
                for key, positions in kept.signed.items()
            },
            "erased": {event + part.encode(): b"" for event, part in judge.bodies.erased},
        }
        parts, files = report.parts, report.attachments
        sizes = self.anchors.by_size.keys() | self.anchors.unsigned.keys()
        head = Head(
            size=report.size, root=report.root, peaks=self.frontier.to_bytes(), made=self.now or 0,
            policy=self.policy.digest, beside=self._chain.value,
            scope=dict(self.header.scope) if self.header is not None else {},
            lines={size: sorted(lines) for size in sorted(sizes) if (lines := lines_at(self._ground, size))},
            anchors=kept_anchors(
                one for size, one in self.anchors.by_size.items() if self._roots.get(size) == one.checkpoint.root
            ),
            registry=chained(before.registry if before is not None else bytes(32), self.entries),
            registry_position=self.registry_position, first=self._ground.first, recorded=kept.recorded,
            latest=judge.history.latest(), signed_after=kept.signed_after, steps=[list(step) for step in kept.steps],
            parts=[parts.shown, parts.withheld, parts.erased, 0], attachments=[files.shown, files.withheld, 0, 0],
        )  # fmt: skip
        if before is not None:
            if report.resumed is not None and report.resumed.after:  # what lies beside the others was not in this file
                earlier = (before.parts, before.attachments)
                head.parts, head.attachments = (
                    [a + b for a, b in zip(old, new, strict=True)]
                    for old, new in zip(earlier, (head.parts, head.attachments), strict=True)
                )
            head.buckets, head.keys = dict(before.buckets), dict(before.keys)
        return head, values


def inspect(
    evidence: str | os.PathLike[str] | bytes | Callable[[], BinaryIO],
    policy: Policy | str | bytes,
    state: State,
    *,
    known: str | bytes | None = None,
    now: int,
    new_only: bool = False,
    progress: Progress | None = None,
    times: Callable[[ActTimes], None] | None = None,
) -> Inspection:
    """
    Verify an evidence file with the inspector's memory, and remember what was verified.

    *evidence* is a path, bytes, or whatever opens the file anew each time it is called; the others are those of
    `trail.verify.verify`.  With *new_only* what was judged before is not judged again.

    Raises:
        PolicyError, NoteError: The policy or the known checkpoint can't be read.
        StateDamaged: The memory is damaged; nothing was written.
        StoreBusy, StoreFailed: It can't be read or written.
        OSError: The evidence can't be opened.
    """
    rules = policy if isinstance(policy, Policy) else parse_policy(policy)
    again = ""
    with state.reading():
        run = Recording(rules, StateMemory(state, rules, deep=new_only), known=known, now=now, times=times)
        report = _run(run, evidence, progress)
        _check_damage(run.memory)
        unknown = bool(report.counts.get("PAST_UNKNOWN"))
        if new_only and report.resumed is None and not unknown:
            again = run.memory.why
        if unknown and report.resumed is not None and not report.resumed.after:
            again = next(one.message for one in report.findings if one.code == "PAST_UNKNOWN")
            run = Recording(rules, StateMemory(state, rules), known=known, now=now, times=times)
            report = _run(run, evidence, progress)
            _check_damage(run.memory)
    return _remember(state, run, report, again, new_only)


def _run(
    run: Recording, evidence: str | os.PathLike[str] | bytes | Callable[[], BinaryIO], progress: Progress | None
) -> Report:
    if isinstance(evidence, bytes):
        return run_stream(run, io.BytesIO(evidence), progress)
    with open(evidence, "rb") if not callable(evidence) else evidence() as stream:
        return run_stream(run, stream, progress)


def _check_damage(memory: StateMemory) -> None:
    failure = memory.failure or (None if memory.deep is None else memory.deep.damage)
    if failure is not None:
        raise failure


def audited(state: State, memory: StateMemory, report: Report) -> Inspection:
    """Remember what the audit of a database has verified with this *memory* of *state*; raises as `inspect` does."""
    _check_damage(memory)
    with state.writing():
        first = not state.checkpoints(report.origin)
        alarms, newest = remember(state, report)
    return Inspection(report, alarms, newest, first=first)


def _remember(state: State, run: Recording, report: Report, again: str, new_only: bool) -> Inspection:
    """Write what was verified, all of it or nothing."""
    kept = 0
    with state.writing():
        first = not state.checkpoints(report.origin)
        alarms, newest = remember(state, report, run.peaks)
        keep = new_only or (report.resumed is not None and report.resumed.after > 0)
        if keep and report.verdict is Verdict.INTACT and not alarms:
            kept = _keep(state, run, report)
    return Inspection(report, alarms, newest, again, kept, first)


def _keep(state: State, run: Recording, report: Report) -> int:
    """Write the deep part, unless another verification has moved it on meanwhile; in a transaction."""
    log = state.log(report.origin)
    there, before = read_head(state.db, log, report.origin), run.memory.head
    if before is not None and (there is None or (there.size, there.root) != (before.size, before.root)):
        return 0 if there is None else there.size
    made = run.head(report)
    if made is None:
        return 0
    head, values = made
    if before is None and there is not None and there.size > head.size and there.policy == head.policy:
        return there.size
    if before is None:
        state.db.execute("DELETE FROM main.registry WHERE log = ?", (log,))
    state.db.executemany(
        "INSERT INTO main.registry (log, position, entry) VALUES (?, ?, ?)", [(log, *row) for row in run.entries]
    )
    write_maps(run.memory.deep, state.db, log, head, values)
    write_head(state.db, log, report.origin, head)
    return head.size


def remember(
    state: State, report: Report, peaks: dict[int, bytes] | None = None
) -> tuple[tuple[Alarm, ...], Remembered | None]:
    """
    Keep what *report* has verified, in a transaction of *state*: alarms, and unless it is altered the checkpoints.

    Of the checkpoints that the entries gave, the newest and the newest with the policy's quorum are kept.
    """
    made = report.made or 0
    alarms = _alarms(state, report, made)
    newest: Remembered | None = None
    broken = any(report.counts.get(code) for code in ("FRAME_BROKEN", "CLOSING_DIGEST", "INTERNAL_ERROR"))
    unread = report.kind not in ("file", "database") or report.counts.get("PAST_UNKNOWN")
    if report.verdict is not Verdict.ALTERED and not broken and not unread:
        held = [one for one in report.checkpoints if one.held]
        chosen = {one.size: one for one in (*held[-1:], *[one for one in held if one.satisfied][-1:])}
        rows = [
            Remembered(size, one.root, (peaks or {}).get(size, b""), one.note, made, report.policy_digest,
                       report.verdict.value, one.satisfied)
            for size, one in sorted(chosen.items())
        ]  # fmt: skip
        alarms += state.remember(report.origin, rows)
        newest = rows[-1] if rows and not alarms else None
    for alarm in alarms:
        state.alarm(alarm)
    return tuple(alarms), newest


def _alarms(state: State, report: Report, made: int) -> list[Alarm]:
    """What that the log signed, in *report*, contradicts a checkpoint that is held, or itself."""
    alarms: dict[tuple[str, int, bytes], Alarm] = {}
    remembered = {one.note for one in state.checkpoints(report.origin)}
    for one in report.findings:
        if one.code == "CHECKPOINT_FORK" and type(one.expected) is bytes and type(one.found) is bytes:
            size, root = size_and_root(one.found)
            alarm = Alarm(report.origin, "fork", size, one.expected, one.found, root, made)
        elif one.code == "ROOT_MISMATCH" and one.attached.get("held") in remembered and type(one.found) is bytes:
            covering = report.covering(one.position or 0)
            if not covering:
                continue  # anybody can write such entries: this run is altered, and the log accused of nothing
            held, note = one.attached["held"], covering[-1].note
            alarm = Alarm(report.origin, "rewritten", one.position or 0, held, note, one.found, made)  # type: ignore[arg-type]
        else:
            continue
        alarms.setdefault((alarm.kind, alarm.size, alarm.root), alarm)
    return list(alarms.values())


def size_and_root(note: bytes) -> tuple[int, bytes]:
    """What a signed note says of the tree; raises `NoteError`."""
    checkpoint = parse_checkpoint(parse_note(note).text)
    return checkpoint.size, checkpoint.root
