"""Group D: the log, its checkpoints, witnesses and time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.threats.attacks_b import LATE, NOTHING_ELSEWHERE, T4_BORDER
from tests.threats.attacks_c import THIEF, last, member, signed_talk, talk
from tests.threats.cases import attack
from tests.threats.world import (
    KEYS,
    LOG_KEY,
    NAMES,
    Tier,
    World,
    checkpoint_note,
    day,
    forget_tail,
    record_of,
)

from trail.merkle import Checkpoint, format_checkpoint, leaf_hash, node_hash
from trail.signing import PrivateKey, cosign, format_note, parse_note, sign_note
from trail.testing.stored import Copy, DatabaseCopy, EvidenceCopy, Stored, roots
from trail.testing.tamper import duplicate, edit, edit_column, edit_entry, edit_head, put, truncate

# --- D1 to D4 --------------------------------------------------------------------------------------------------------

BACKUP = "the backup of August is put back, later checkpoints and all"


@attack("D1", "restored", BACKUP, ("T0", ""), start="backup.db", shows="第 1 至 {older} 条", why=NOTHING_ELSEWHERE)
@attack("D1", "restored", BACKUP, ("T0", "ANCHOR_STALE", "fresh"), ("T0", "ENTRIES_REMOVED", "known"),
        start="backup.db")  # fmt: skip
def restored(w: World, copy: Copy, tier: Tier) -> None:
    pass


CONTINUED = "the backup is put back and the log goes on from there, with acts of real members and new checkpoints"
NO_WITNESS = (
    "the witnesses refuse a tree that does not extend what they saw, so nothing after the backup is anchored: the "
    "report counts it as exposed, and the anchor grows old"
)


@attack(
    "D1",
    "continued",
    CONTINUED,
    ("T1+T2", ""),
    ("T3+T2", ""),
    start="backup.db",
    shows="第 1 至 {older} 条",
    why=NO_WITNESS,
)
@attack(
    "D1",
    "continued",
    CONTINUED,
    ("T3+T2", "ANCHOR_STALE", "fresh"),
    ("T3+T2", "ENTRIES_REMOVED", "known"),
    ("T4+T2", "ENTRIES_REMOVED", "known"),
    start="backup.db",
)
@attack("D1", "continued", CONTINUED, ("T3+T2", "ENTRIES_REMOVED", "state"), start="backup.db")
def continued(w: World, copy: Copy, tier: Tier) -> None:
    for number in range(20):
        put(copy, signed_talk(w, id=bytes([number]) * 16), recorded=w.now - 86_400 * 3 + number)


@attack("D1", "continued", CONTINUED, ("T4+T2", ""), start="backup.db", shows="第 1 至 {continued} 条", why=T4_BORDER)
def continued_by_all(w: World, copy: Copy, tier: Tier) -> None:
    continued(w, copy, tier)


SPLIT = "another inspector is shown another log: one act under the newest checkpoint reads otherwise, signed anew"


@attack("D2", "second-view", SPLIT, ("T1+T2", ""), ("T3+T2", "", "file"), shows="第 1 至 {seen} 条", why=LATE)
@attack("D2", "second-view", SPLIT, ("T3+T2", "ROOT_MISMATCH", "known"),
        ("T3+T2", "ANCHOR_STALE", "fresh", "file"), ("T4+T2", "ROOT_MISMATCH", "known", "file"))  # fmt: skip
@attack("D2", "second-view", SPLIT, ("T4+T2", "", "file"), shows="第 1 至 {anchored} 条", why=T4_BORDER)
@attack("D2", "second-view", SPLIT, ("T3+T2", "CHECKPOINT_FORK ROOT_MISMATCH", "state", "file"),
        ("T4+T2", "CHECKPOINT_FORK ROOT_MISMATCH", "state", "file"))  # fmt: skip
def second_view(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored)
    edit(copy, w.late, [w.key(w.late)], happened=w.at(w.early).statement.happened)


@attack("D3", "both", "the log's key signs two roots at one size, and both stand in the evidence",
        ("T1", "CHECKPOINT_FORK", "file"), ("T4", "CHECKPOINT_FORK", "file"),
        sealed=False)  # fmt: skip
def two_roots(w: World, copy: EvidenceCopy, tier: Tier) -> None:
    copy.notes.append(checkpoint_note(copy.origin, w.anchored, bytes(range(32)), tier, _times(w)))


@attack("D3", "held", "the log's key signs two roots at one size, and the inspector holds the other",
        ("T1", "ROOT_MISMATCH", "known", "file"), ("T4", "ROOT_MISMATCH", "known", "file"), sealed=False)  # fmt: skip
def another_root(w: World, copy: EvidenceCopy, tier: Tier) -> None:
    edit_entry(copy, w.late, recorded=record_of(copy, w.late).recorded + 1)
    tree = roots(copy.rows, [w.anchored])
    copy.notes[-1] = checkpoint_note(copy.origin, w.anchored, tree[w.anchored], tier, _times(w))


def _times(w: World) -> dict[str, int]:
    """When the witnesses cosigned the last checkpoint."""
    lines = parse_note(w.known).signatures
    return {line.name: int.from_bytes(line.data[:8], "big") for line in lines if line.name in KEYS}


def _only(w: World, copy: Copy, lines: Sequence[str], origin: str | None = None) -> None:
    """Leave one checkpoint of what stands under the newest, with these signature lines."""
    forget_tail(copy, w.anchored)
    size = len(copy.rows)
    copy.notes = [format_note(_text(copy, size, origin), lines)]


def _text(copy: Copy, size: int, origin: str | None = None) -> str:
    return format_checkpoint(Checkpoint(origin or copy.origin, size, roots(copy.rows, [size])[size]))


@attack("D4", "alone", "the stolen log key signs a log of one checkpoint, which no witness knows",
        ("T1", "NO_ANCHOR"), ("T3", "NO_ANCHOR", "file"), sealed=False)  # fmt: skip
def by_the_log_alone(w: World, copy: Copy, tier: Tier) -> None:
    text = _text(copy, w.anchored)
    lines = [cosign(text, name, key, w.now) for name, key in tier.stolen.items()]
    _only(w, copy, [sign_note(text, copy.origin, LOG_KEY), *lines])


@attack("D4", "no-key", "somebody without the log's key writes a checkpoint in its name",
        ("T0", "CHECKPOINT_FORGED"), sealed=False)  # fmt: skip
def in_the_log_s_name(w: World, copy: Copy, tier: Tier) -> None:
    text = _text(copy, w.anchored)
    line = sign_note(text, copy.origin, LOG_KEY)
    other = sign_note(text + "x\n", copy.origin, LOG_KEY)
    assert line.split()[:2] == other.split()[:2]
    _only(w, copy, [other])


@attack(
    "D4",
    "own-key",
    "somebody signs the checkpoints with a log key of their own",
    ("T0", "CHECKPOINT_FOREIGN"),
    sealed=False,
)
def with_an_own_key(w: World, copy: Copy, tier: Tier) -> None:
    _only(w, copy, [sign_note(_text(copy, w.anchored), copy.origin, THIEF)])


@attack("D4", "cosigned", "the stolen log key, and lines in the witnesses' names that their keys did not make",
        ("T1", "COSIGNATURE_BAD NO_ANCHOR"), sealed=False)  # fmt: skip
def in_the_witnesses_names(w: World, copy: Copy, tier: Tier) -> None:
    text = _text(copy, w.anchored)
    lines = [cosign(text + "x\n", name, key, w.now) for name, key in KEYS.items()]
    _only(w, copy, [sign_note(text, copy.origin, LOG_KEY), *lines])


# --- D6 to D13 -------------------------------------------------------------------------------------------------------


@attack("D6", "larger", "a checkpoint covers more entries than there are", ("T0", "ENTRIES_REMOVED"),
        ("T4", "ENTRIES_REMOVED"), ("T4", "ENTRIES_REMOVED", "file"), sealed=False)  # fmt: skip
def covers_more(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored - 1)


@attack(
    "D6",
    "smaller",
    "entries stand after the last checkpoint",
    ("T0", ""),
    sealed=False,
    shows="4 条（其丢失或替换无法发现）",
    why="no attack: an honest log looks so between two checkpoints; the report counts them",
)
def covers_less(w: World, copy: Copy, tier: Tier) -> None:
    pass


@attack("D6", "smaller-forged", "an entry after the last checkpoint is changed", ("T0", "SIGNATURE_BAD"), sealed=False)
def changed_beyond(w: World, copy: Copy, tier: Tier) -> None:
    edit(copy, w.anchored + 1, happened=w.at(w.early).statement.happened)


FREEZE = "an honest evidence file of last year is shown again"


@attack("D7", "frozen", FREEZE, ("T0", "", "file"), shows="第 1 至 {seen} 条",
        why="every word of it is true, only old; the headline says its date")  # fmt: skip
@attack("D7", "frozen", FREEZE, ("T0", "ANCHOR_STALE", "fresh", "file"), ("T4", "ANCHOR_STALE", "fresh", "file"),
        ("T0", "OLDER_THAN_KNOWN", "known", "file"), sealed=False)  # fmt: skip
@attack("D7", "frozen", FREEZE, ("T0", "OLDER_THAN_KNOWN", "state", "file"), sealed=False)
def frozen(w: World, copy: EvidenceCopy, tier: Tier) -> None:
    truncate(copy, w.seen)


@attack(
    "D7",
    "fresh-by-one",
    "last year's evidence file, dated anew by the witness that the attacker owns, and by one that dates ahead",
    ("T3", "ANCHOR_STALE", "fresh", "file"),
    sealed=False,
)
def frozen_and_dated(w: World, copy: EvidenceCopy, tier: Tier) -> None:
    truncate(copy, w.seen)
    note = parse_note(copy.notes[-1])
    new = [cosign(note.text, name, key, time) for name, key in tier.stolen.items() for time in (w.now, w.now + 10**9)]
    copy.notes[-1] = format_note(note.text, [*note.lines, *new])


@attack("D9", "node", "two entries are replaced by one: the bytes of the node over them",
        ("T0", "ENTRY_MALFORMED ROOT_MISMATCH"), ("T4", "ENTRY_MALFORMED"), sealed=False)  # fmt: skip
def node_as_leaf(w: World, copy: Copy, tier: Tier) -> None:
    first = next(n for n in range(w.late, 0, -1) if n % 2)
    pair = [leaf_hash(row.entry) for row in copy.rows[first - 1 : first + 1]]
    assert len(node_hash(*pair)) == 32
    copy.rows[first - 1 : first + 1] = [Stored(b"\x01" + pair[0] + pair[1])]


@attack("D9", "duplicated", "the last entry stands twice, as trees that double an odd leaf would not notice",
        ("T0", "ID_REUSED"), ("T4", "ID_REUSED"))  # fmt: skip
def doubled(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored)
    duplicate(copy, w.anchored)


@attack("D10", "hashes", "the stored hashes of the tree are others", ("T0", "COLUMN_MISMATCH"),
        ("T4", "COLUMN_MISMATCH"))  # fmt: skip
def stored_hashes(w: World, copy: DatabaseCopy, tier: Tier) -> None:
    edit_column(copy, w.late, hashes=bytes(32))


@attack("D10", "peaks", "the stored head of the tree is another", ("T0", "HEAD_MISMATCH"), ("T4", "HEAD_MISMATCH"))
def stored_peaks(w: World, copy: DatabaseCopy, tier: Tier) -> None:
    edit_head(copy, peaks=bytes(32 * len(copy.rows).bit_count()))


@attack("D12", "checkpoint", "the same keys sign for another log; its checkpoint is put here",
        ("T1", "CHECKPOINT_FOREIGN"), ("T4", "CHECKPOINT_FOREIGN", "file"), sealed=False)  # fmt: skip
def of_another_log(w: World, copy: Copy, tier: Tier) -> None:
    other = "trail.example/other"
    text = _text(copy, w.anchored, other)
    lines = [cosign(text, name, key, w.now) for name, key in tier.stolen.items()]
    _only(w, copy, [sign_note(text, other, LOG_KEY), *lines], other)


@attack(
    "D12",
    "beside",
    "another log's checkpoint, by the same keys, stands in the newest one's place",
    ("T4", "CHECKPOINT_FOREIGN"),
    ("T4", "CHECKPOINT_FOREIGN", "file"),
    sealed=False,
)
def one_of_another_log(w: World, copy: Copy, tier: Tier) -> None:
    others = copy.notes[:-1]
    of_another_log(w, copy, tier)
    copy.notes = others + copy.notes


@attack("D12", "whole", "a whole other log is shown, signed by its own key",
        ("T0", "LOG_NOT_IN_POLICY ORIGIN_MISMATCH", "file"), sealed=False)  # fmt: skip
def whole_other_log(w: World, copy: EvidenceCopy, tier: Tier) -> None:
    copy.header = copy.header._replace(origin="trail.example/other")
    copy.notes = []


def _twice(names: Sequence[str], key: PrivateKey, times: Sequence[int]) -> Any:
    def signed(w: World, copy: Copy, tier: Tier) -> None:
        text = _text(copy, w.anchored)
        lines = [cosign(text, name, key, w.now - time) for name in names for time in times]
        _only(w, copy, [sign_note(text, copy.origin, LOG_KEY), *lines])

    return signed


ONE_KEY = KEYS[NAMES[2]]
attack("D13", "two-times", "the one owned witness cosigns twice, at two times", ("T3", "NO_ANCHOR"), sealed=False)(
    _twice(NAMES[2:], ONE_KEY, (10, 20))
)
attack("D13", "three-names", "the one owned witness cosigns under all three names", ("T3", "NO_ANCHOR"), sealed=False)(
    _twice(NAMES, ONE_KEY, (10,))
)


# --- D15 to D17, D23, D24 --------------------------------------------------------------------------------------------


@attack("D15", "blind", "one witness cosigns whatever it is given, without looking at what it signed before",
        ("T3", "SEEN_CONTRADICTED"))  # fmt: skip
@attack("D15", "blind", "one witness cosigns whatever it is given, without looking at what it signed before",
        ("T3", "SEEN_CONTRADICTED", "file"))  # fmt: skip
def blind_witness(w: World, copy: Copy, tier: Tier) -> None:
    edit(copy, w.early, [w.key(w.early)], happened=w.at(w.late).statement.happened)


@attack("D16", "future", "an act claims a time that has not come yet", ("T2", "HAPPENED_AFTER_RECORDED"),
        ("T4+T2", "HAPPENED_AFTER_RECORDED"))  # fmt: skip
def in_the_future(w: World, copy: Copy, tier: Tier) -> None:
    act = talk(w, when="2029-01-01 09:00")
    put(copy, w.forged(act, member(w), "jia/secretary"), recorded=last(copy))


@attack("D17", "back", "the log's clock is set back a month for one act",
        ("T1", "CLOCK_STEP RECORDED_OUTSIDE_INTERVAL"), ("T4", "CLOCK_STEP RECORDED_OUTSIDE_INTERVAL"))  # fmt: skip
def clock_back(w: World, copy: Copy, tier: Tier) -> None:
    edit_entry(copy, len(copy.rows), recorded=last(copy) - 40 * 86_400)


@attack("D17", "under", "the clock readings of acts under the newest checkpoint are rewritten, a day earlier",
        ("T0", "ROOT_MISMATCH"), ("T0", "ROOT_MISMATCH", "file"), sealed=False)  # fmt: skip
def clock_rewritten(w: World, copy: Copy, tier: Tier) -> None:
    for position in range(w.late, w.anchored):
        edit_entry(copy, position, recorded=record_of(copy, position).recorded - 86_400)


@attack(
    "D17",
    "under-resealed",
    "the clock readings under the newest checkpoint are rewritten, and that checkpoint signed anew",
    ("T3", ""),
    shows="第 1 至 {seen} 条",
    why=LATE,
)
@attack(
    "D17",
    "under-resealed",
    "the clock readings under the newest checkpoint are rewritten, and that checkpoint signed anew",
    ("T3", "ROOT_MISMATCH", "known"),
    ("T4", "ROOT_MISMATCH", "known"),
)
def clock_rewritten_late(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.anchored)
    for position in range(w.late, w.anchored + 1):
        edit_entry(copy, position, recorded=record_of(copy, position).recorded - 86_400)


def _dated(time: int) -> Any:
    def signed(w: World, copy: Copy, tier: Tier) -> None:
        text = _text(copy, w.anchored)
        lines = [cosign(text, name, key, time) for name, key in tier.stolen.items()]
        _only(w, copy, [sign_note(text, copy.origin, LOG_KEY), *lines])

    return signed


attack("D23", "cosigned", "cosignatures with a time beyond every calendar", ("T4", "NO_ANCHOR"), sealed=False)(
    _dated(2**63 - 1)
)


@attack(
    "D23", "recorded", "a clock reading beyond every calendar", ("T0", "ENTRY_MALFORMED"), ("T4", "ENTRY_MALFORMED")
)
def beyond_every_calendar(w: World, copy: Copy, tier: Tier) -> None:
    from trail.encoding import decode, encode

    value = decode(copy.rows[w.late - 1].entry)
    assert isinstance(value, list)
    copy.rows[w.late - 1].entry = encode([*value[:-1], 2**62])


GAP = "an idle month that nobody sealed: the log is cut off at the checkpoint before it and goes on with other acts"


@attack("D24", "gap", GAP, ("T1+T2", ""), ("T3+T2", ""), shows="第 1 至 {seen} 条", why=NO_WITNESS)
@attack("D24", "gap", GAP, ("T3+T2", "ANCHOR_STALE", "fresh"), ("T3+T2", "ROOT_MISMATCH", "known"),
        ("T4+T2", "ROOT_MISMATCH", "known"))  # fmt: skip
def cut_and_continued(w: World, copy: Copy, tier: Tier) -> None:
    forget_tail(copy, w.seen)
    while len(copy.rows) < w.anchored:
        number = len(copy.rows)
        put(copy, signed_talk(w, id=number.to_bytes(16, "big")), recorded=int(day("2027-02-20 09:00").timestamp()))
