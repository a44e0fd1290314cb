"""Group B: the sequence of entries."""

from __future__ import annotations

from typing import Any

from tests.threats.cases import attack
from tests.threats.world import Tier, World, day, forget_tail, record_of

from trail.aggregates import TalkHeld
from trail.store import Submission
from trail.testing.stored import Copy, DatabaseCopy, positions_of, renumber
from trail.testing.tamper import (
    duplicate,
    edit,
    edit_entry,
    edit_head,
    insert,
    put,
    remove,
    replay,
    resigned,
    swap,
    truncate,
)

EXPOSED = "未锚定"
NOTHING_ELSEWHERE = (
    "whoever can write the database can delete its checkpoints too; what is left is an honest, shorter log. Its anchor "
    "is older and what follows is exposed: only a checkpoint held elsewhere, `fresh`, or a state shows more"
)
T4_BORDER = "the quorum itself has lied and nobody holds an older checkpoint: no verifier can know"


# --- B1 --------------------------------------------------------------------------------------------------------------


@attack("B1", "kept", "an old act is deleted, what follows closes up, checkpoints are left as they are",
        ("T0", "ROOT_MISMATCH"), ("T0", "ROOT_MISMATCH", "file"), sealed=False)  # fmt: skip
@attack("B1", "old", "an old act is deleted, and every checkpoint that shows it",
        ("T0", "SEEN_AHEAD"), ("T1", "SEEN_CONTRADICTED"),
        ("T3", "SEEN_CONTRADICTED", "file"), ("T4", "SEEN_CONTRADICTED"),
        ("T4", "ROOT_MISMATCH", "known"), ("T0", "ROOT_MISMATCH", "older"))  # fmt: skip
def deleted(w: World, copy: Copy, tier: Tier) -> None:
    remove(copy, w.early)


LATE = (
    "nobody who signed had seen beyond the checkpoint before it, and the checkpoint that shows it is gone: the log "
    "anchored further back, the rest exposed"
)


@attack("B1", "late", "an act under the newest checkpoint alone is deleted, and that checkpoint",
        ("T0", ""), ("T1", "", "file"), ("T3", ""),
        shows="第 1 至 {seen} 条", why=LATE)  # fmt: skip
@attack("B1", "late", "an act under the newest checkpoint alone is deleted, and that checkpoint",
        ("T0", "ANCHOR_STALE", "fresh"), ("T3", "ANCHOR_STALE", "fresh"),
        ("T0", "ENTRIES_REMOVED", "known"), ("T3", "ENTRIES_REMOVED", "known"),
        ("T3", "OLDER_THAN_KNOWN", "known", "file"))  # fmt: skip
@attack("B1", "late", "an act under the newest checkpoint alone is deleted, and that checkpoint", ("T4", ""),
        shows="第 1 至 {less} 条", why=T4_BORDER)  # fmt: skip
@attack("B1", "late", "an act under the newest checkpoint alone is deleted, and that checkpoint",
        ("T4", "ENTRIES_REMOVED", "known"))  # fmt: skip
def deleted_late(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored)
    remove(copy, w.late)


@attack("B14", "suppressed", "somebody's act was accepted and even anchored, and is not in what is shown",
        ("T3", "ENTRIES_REMOVED", "receipt"), ("T4", "ENTRIES_REMOVED", "receipt"),
        ("T3", "OLDER_THAN_KNOWN", "receipt", "file"))  # fmt: skip
@attack("B1", "late", "an act under the newest checkpoint alone is deleted, and that checkpoint",
        ("T3", "ENTRIES_REMOVED", "state"), ("T3", "OLDER_THAN_KNOWN", "state", "file"))  # fmt: skip
def suppressed(w: World, copy: Copy, tier: Tier) -> None:
    deleted_late(w, copy, tier)


@attack("B1", "filled", "an act is deleted, and an own new one put at the end, so that the size fits",
        ("T3+T2", "ROOT_MISMATCH", "known"), ("T4+T2", "ROOT_MISMATCH", "known", "file"))  # fmt: skip
def deleted_and_filled(w: World, copy: Copy, tier: Tier) -> None:
    deleted_late(w, copy, tier)
    insert(copy, _own_talk(w), recorded=record_of(copy, len(copy.rows)).recorded)


def _own_talk(w: World, happened: str = "2026-03-31 09:00", **changes: Any) -> Submission:
    """A talk that the member with the stolen key, the secretary of jia, signs for it."""
    act = TalkHeld(kind="duty", counterparts=[w.campus.holder("jia/principal")], place="甲学院", content="……",
                   happened=day(happened))  # fmt: skip
    return w.forged(act, w.campus.holder("jia/secretary"), "jia/secretary", **changes)


# --- B2, B3, B4 ------------------------------------------------------------------------------------------------------


@attack("B2", "kept", "the tail is cut off, its checkpoints are left", ("T0", "ENTRIES_REMOVED"),
        ("T0", "ENTRIES_REMOVED", "file"), sealed=False)  # fmt: skip
def cut(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.seen + 3)


@attack("B2", "whole", "the tail is cut off at an earlier checkpoint, with every later one",
        ("T0", ""), ("T1", ""), ("T3", "", "file"), shows="第 1 至 {seen} 条", why=NOTHING_ELSEWHERE)  # fmt: skip
@attack("B2", "whole", "the tail is cut off at an earlier checkpoint, with every later one",
        ("T0", "ANCHOR_STALE", "fresh"), ("T1", "ANCHOR_STALE", "fresh", "file"),
        ("T3", "ANCHOR_STALE", "fresh"), ("T0", "ENTRIES_REMOVED", "known"),
        ("T3", "ENTRIES_REMOVED", "known"), ("T3", "OLDER_THAN_KNOWN", "known", "file"))  # fmt: skip
def cut_at_a_checkpoint(w: World, copy: Copy, tier: Tier) -> None:
    truncate(copy, w.seen)


@attack("B2", "resealed", "the tail is cut off, and the quorum signs the shorter log as today's", ("T4", ""),
        shows="第 1 至 {cut} 条", why=T4_BORDER)  # fmt: skip
@attack("B2", "resealed", "the tail is cut off, and the quorum signs the shorter log as today's",
        ("T4", "ENTRIES_REMOVED", "known"))  # fmt: skip
@attack("B2", "resealed", "the tail is cut off, and the quorum signs the shorter log as today's",
        ("T4", "ENTRIES_REMOVED", "state"))  # fmt: skip
def cut_and_resealed(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.seen + 6)


WINDOW = (
    "no checkpoint covers it yet: the exposure window, which the report counts; the acknowledgement is what is left"
)


@attack(
    "B3", "exposed", "acts after the last checkpoint are deleted", ("T0", ""), shows="第 1 至 {anchored} 条", why=WINDOW
)
@attack(
    "B14",
    "acknowledged",
    "an act that was acknowledged, and that no checkpoint covers yet, is dropped",
    ("T0", ""),
    shows="第 1 至 {anchored} 条",
    why="an acknowledgement is nobody's signature and proves nothing to others; who needs "
    "proof asks for a receipt, which the log gives once a checkpoint covers the act, and refuses where it is gone",
)
@attack(
    "B3",
    "exposed",
    "acts after the last checkpoint are deleted",
    ("T0", "", "known"),
    shows="第 1 至 {anchored} 条",
    why=WINDOW,
)
def cut_beyond(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored + 1)


@attack("B4", "case", "a whole case is taken out, from the lead to the appeal, and every checkpoint that shows it",
        ("T0", "SEEN_AHEAD"), ("T3", "SEEN_CONTRADICTED"), ("T4", "SEEN_CONTRADICTED"),
        ("T4", "ENTRIES_REMOVED", "known"))  # fmt: skip
def case_deleted(w: World, copy: Copy, tier: Tier) -> None:
    stream = record_of(copy, positions_of(copy, "AccountabilityDecided@1")[0]).statement.stream
    copy.rows = [row for n, row in enumerate(copy.rows, 1) if record_of(copy, n).statement.stream != stream]
    renumber(copy)


@attack(
    "B4",
    "late",
    "the stream of an act under the newest checkpoint alone is taken out whole",
    ("T3", ""),
    shows="第 1 至 {seen} 条",
    why=LATE,
)
@attack("B4", "late", "the stream of an act under the newest checkpoint alone is taken out whole",
        ("T3", "ANCHOR_STALE", "fresh"), ("T3", "ENTRIES_REMOVED", "known"))  # fmt: skip
def stream_deleted(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored)
    stream = w.at(w.late).statement.stream
    copy.rows = [row for n, row in enumerate(copy.rows, 1) if record_of(copy, n).statement.stream != stream]


# --- B5 --------------------------------------------------------------------------------------------------------------


@attack("B5", "kept", "two acts change places", ("T0", "ROOT_MISMATCH"), sealed=False)
@attack("B5", "old", "two acts change places", ("T3", "SEEN_CONTRADICTED"),
        ("T4", "SEEN_CONTRADICTED"))  # fmt: skip
def swapped(w: World, copy: Copy, tier: Tier) -> None:
    swap(copy, w.early, w.early + 1)


@attack("B5", "named", "an act and the one that it answers change places", ("T4", "CAUSE_UNKNOWN", "file"))  # fmt: skip
def swapped_with_its_cause(w: World, copy: Copy, tier: Tier) -> None:
    confirmed = positions_of(copy, "TalkConfirmed@1")[-1]
    stream = record_of(copy, confirmed).statement.stream
    held = next(n for n in positions_of(copy, "TalkHeld@1") if record_of(copy, n).statement.stream == stream)
    forget_tail(copy, w.anchored)
    swap(copy, held, confirmed)


@attack("B5", "late", "two acts under the newest checkpoint alone change places, clock readings with them", ("T3", ""),
        shows="第 1 至 {seen} 条", why=LATE)  # fmt: skip
@attack("B5", "late", "two acts under the newest checkpoint alone change places, clock readings with them",
        ("T3", "ROOT_MISMATCH", "known"), ("T4", "ROOT_MISMATCH", "known"))  # fmt: skip
def swapped_late(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored)
    one, other = w.late, w.lone("TalkHeld@1", w.seen, w.anchored, number=1)
    first, second = record_of(copy, one).recorded, record_of(copy, other).recorded
    swap(copy, one, other)
    edit_entry(copy, one, recorded=first)
    edit_entry(copy, other, recorded=second)


# --- B6, B7, B8 ------------------------------------------------------------------------------------------------------


@attack("B6", "again", "an act is appended a second time, its signature and id with it",
        ("T0", "ID_REUSED"), ("T4", "ID_REUSED"),
        ("T4", "ID_REUSED", "file"))  # fmt: skip
def repeated(w: World, copy: Copy, tier: Tier) -> None:
    duplicate(copy, w.late)


@attack("B7", "elsewhere", "a signed act is put into another stream under another id",
        ("T0", "SIGNATURE_BAD"), ("T4", "SIGNATURE_BAD"))  # fmt: skip
def replayed(w: World, copy: Copy, tier: Tier) -> None:
    replay(copy, w.late, "talk/elsewhere")


@attack("B8", "as-it-is", "an act that its signer signed for the test system, with the same key, is put into this log",
        ("T2", "ORIGIN_MISMATCH"), ("T4+T2", "ORIGIN_MISMATCH", "file"))  # fmt: skip
def from_the_test_system(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, _own_talk(w, log="trail.example/test"), recorded=_last(copy))


@attack(
    "B8",
    "relabelled",
    "an act signed for the test system, with this log's name written into it",
    ("T0", "SIGNATURE_BAD"),
    ("T4", "SIGNATURE_BAD"),
)
def from_the_test_system_relabelled(w: World, copy: Copy, tier: Tier) -> None:
    position = put(copy, _own_talk(w, log="trail.example/test"), recorded=_last(copy))
    edit(copy, position, log=copy.origin)


def _last(copy: Copy) -> int:
    return record_of(copy, len(copy.rows)).recorded


# --- B9, B10 ---------------------------------------------------------------------------------------------------------


@attack("B9", "claimed", "the member signs now what they say was done last spring", ("T2", ""), sealed=False,
        shows="未锚定            5 条",
        why="an honest late entry looks the same: the act keeps its time of recording beside the claimed one, and the "
            "status labels it 补记; no interval proves that it was signed then")  # fmt: skip
def late_entry(w: World, copy: Copy, tier: Tier) -> None:
    insert(copy, _own_talk(w), recorded=_last(copy) + 60)


@attack("B9", "clock", "an act signed now claims last spring, and so does the log's clock reading",
        ("T1+T2", "CLOCK_STEP RECORDED_OUTSIDE_INTERVAL"),
        ("T4+T2", "CLOCK_STEP RECORDED_OUTSIDE_INTERVAL"))  # fmt: skip
def late_entry_with_an_old_clock(w: World, copy: Copy, tier: Tier) -> None:
    insert(copy, _own_talk(w), recorded=int(day("2026-03-31 10:00").timestamp()))


@attack("B10", "kept", "an act signed now is put among those of last spring, as if it had been recorded then",
        ("T2", "ROOT_MISMATCH"), sealed=False)  # fmt: skip
@attack(
    "B10",
    "old",
    "an act signed now is put among those of last spring, as if it had been recorded then",
    ("T2", "SEEN_UNSHOWN"),
    ("T1+T2", "SEEN_CONTRADICTED"),
    ("T3+T2", "SEEN_CONTRADICTED", "file"),
    ("T4+T2", "SEEN_CONTRADICTED"),
    ("T4+T2", "ROOT_MISMATCH", "known"),
)
def backdated(w: World, copy: Copy, tier: Tier) -> None:
    insert(copy, _own_talk(w), recorded=record_of(copy, w.early).recorded, position=w.early)


@attack("B10", "late", "an act signed now is put among those under the newest checkpoint alone",
        ("T1+T2", ""), ("T3+T2", ""), shows="第 1 至 {seen} 条", why=LATE)  # fmt: skip
@attack(
    "B10",
    "late",
    "an act signed now is put among those under the newest checkpoint alone",
    ("T3+T2", "ANCHOR_STALE", "fresh"),
    ("T3+T2", "ROOT_MISMATCH", "known"),
    ("T4+T2", "ROOT_MISMATCH", "known"),
)
def backdated_late(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored)
    insert(copy, _own_talk(w, "2027-02-20 08:00"), recorded=record_of(copy, w.late).recorded, position=w.late)


@attack("B10", "late", "an act signed now is put among those under the newest checkpoint alone", ("T4+T2", ""),
        shows="第 1 至 {more} 条", why=T4_BORDER)  # fmt: skip
def backdated_late_by_all(w: World, copy: Copy, tier: Tier) -> None:
    backdated_late(w, copy, tier)


@attack(
    "B15",
    "held-back",
    "an act that was handed in in December is recorded in February, said to be of then",
    ("T1", ""),
    ("T1", "", "fresh"),
    shows="结论：完好",
    why="nobody but its signer knows when it was handed in; the record keeps the time of recording beside the claimed "
    "one, the status labels it late, and what its signer had seen then bounds the signing from below",
)
def held_back(w: World, copy: Copy, tier: Tier) -> None:
    put(copy, _own_talk(w, "2026-12-10 09:00"), recorded=_last(copy))


# --- B11 to B13 ------------------------------------------------------------------------------------------------------


def _position(value: int) -> Any:
    def moved(w: World, copy: DatabaseCopy, tier: Tier) -> None:
        copy.rows[-1].forced["position"] = value
        edit_head(copy, size=value if value > 0 else len(copy.rows))

    return moved


for _name, _value in {"gap": 5_000, "zero": 0, "negative": -1, "largest": 2**63 - 1}.items():
    attack("B11", _name, f"the last row's position becomes {_value}, the head with it",
           ("T0" if _value == 0 else "T4", "POSITION_GAP"))(_position(_value))  # fmt: skip


@attack("B12", "version", "two acts stand for one version of a stream",
        ("T0", "VERSION_GAP"), ("T4", "VERSION_GAP"), ("T4", "VERSION_GAP", "file"))  # fmt: skip
def one_version_twice(w: World, copy: Copy, tier: Tier) -> None:
    stream = next(r.statement.stream for r in reversed(w.records[: w.anchored]) if r.version > 1)
    position = max(n for n in range(1, w.anchored + 1) if w.at(n).statement.stream == stream)
    edit_entry(copy, position, version=w.at(position).version - 1)


@attack("B13", "endorsed", "a decision on an older version is slipped in behind what came between",
        ("T2", "EXCLUSIVE_MOVED"), ("T4+T2", "EXCLUSIVE_MOVED"))  # fmt: skip
def lost_the_lock(w: World, copy: Copy, tier: Tier) -> None:
    endorsed = next(n for n in positions_of(copy, "ListEndorsed@1"))
    record = w.at(endorsed)
    before = Submission(record.statement, record.statement_bytes, record.signatures)
    put(copy, resigned(before, [w.key(endorsed)], id=bytes(range(16)), seen=None), recorded=_last(copy))
