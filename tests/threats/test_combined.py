"""
Attacks that take several things together: continuations with memories, witnesses shown different logs, times.

The page ``docs/threats.md`` names them with the others that are noticed elsewhere than in one report.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.threats.attacks_d import second_view
from tests.threats.cases import Row, carried_out
from tests.threats.surfaces import surface
from tests.threats.table import ROWS
from tests.threats.world import KEYS, LABELS, LOG_KEY, NAMES, TIERS, World, checkpoint_note, day, seal, size_of

from trail.aggregates import TalkHeld
from trail.application import Scope, Trail
from trail.evidence.file import CheckpointItem, ConsistencyItem, EntryItem, Header, StateItem, write_evidence
from trail.evidence.opaque import encode_opaque
from trail.evidence.times import ActTimes
from trail.inspecting import State, inspect
from trail.inspecting.comparing import FORK, compare
from trail.merkle import Checkpoint, Frontier, format_checkpoint, leaf_hash, prove_consistency
from trail.merkle.tree import Hash, Node
from trail.signing import COSIGNATURE_ED25519, NoteKey, cosign, format_note, format_policy, parse_note, sign_note
from trail.testing.campus import Campus
from trail.testing.stored import EvidenceCopy, Stored
from trail.testing.tamper import edit
from trail.verify import Verdict, verify
from trail.witness import Witness, WitnessRefused, format_request


class Grown:
    """The tree over *rows*, with its stored hashes: for proofs."""

    def __init__(self, rows: list[Stored]) -> None:
        self.frontier = Frontier()
        self.roots = {0: self.frontier.root()}
        self._stored: dict[Node, Hash] = {}
        for position, row in enumerate(rows, 1):
            hashes = self.frontier.append(leaf_hash(row.entry))
            self._stored |= {(n, (position >> n) - 1): hashes[32 * n :][:32] for n in range(len(hashes) // 32)}
            self.roots[position] = self.frontier.root()

    def consistency(self, first: int, second: int) -> list[Hash]:
        """The proof between two sizes."""
        return prove_consistency(first, second, lambda nodes: [self._stored[node] for node in nodes])


def file_of(items: Any) -> bytes:
    """An evidence file, or a continuation."""
    stream = io.BytesIO()
    write_evidence(stream, items)
    return stream.getvalue()


# --- continuations ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory that can go on from the last anchored entry."""
    path = tmp_path_factory.mktemp("judged") / "state"
    with State(path, create=True) as state:
        inspection = inspect(world.evidence, world.honest_policy, state, now=world.now - 86_400, new_only=True)
        assert inspection.kept == world.anchored
    return path


@pytest.fixture
def memory(judged: Path, tmp_path: Path) -> Iterator[State]:
    """A copy of it for each test."""
    with State(shutil.copy(judged, tmp_path / "state")) as state:
        yield state


def continued(copy: EvidenceCopy, after: int) -> bytes:
    """What *copy* adds to the first *after* entries, as ``trail export --since`` would give it."""
    tree = Grown(copy.rows[:after])
    items: list[Any] = [Header(copy.origin, len(copy.rows) - after, {"all": True}, after)]
    for note in copy.notes:
        items.append(CheckpointItem(note.encode()))
        if size_of(note) < after:
            items.append(ConsistencyItem(tuple(tree.consistency(size_of(note), after))))
    copy.rows = copy.rows[after:]
    return file_of([*items, *(item for item in copy.items() if not isinstance(item, Header | CheckpointItem))])


APPENDING = [
    "B6-T4-again", "B8-T4+T2-as-it-is", "B13-T4+T2-endorsed", "C2-T4+T2-used", "C6-T4+T2-enrolled", "C6-T4+T2-used",
    "C7-T4+T2-own-policy", "C8-T4+T2-after", "C11-T4-second-genesis", "C13-T4+T2-two-keys", "C17-T4+T2-witness",
    "D16-T4+T2-future",
]  # fmt: skip


@pytest.mark.parametrize("name", APPENDING)
def test_what_is_appended_is_judged_by_a_continuation_as_by_the_whole_file(
    name: str, world: World, memory: State
) -> None:
    row = next(row for row in ROWS if row.id.startswith(name))
    whole, parts = [_appended(row, world) for _ in range(2)]
    report = verify(whole.save(), world.honest_policy, now=world.now)
    again = inspect(continued(parts, world.anchored), world.honest_policy, memory, now=world.now, new_only=True).report

    assert again.resumed is not None
    assert (again.verdict, again.anchored, again.size) == (report.verdict, report.anchored, report.size)
    assert {**again.counts, "POST_NOT_HELD": 0} == {**report.counts, "POST_NOT_HELD": 0}
    assert set(row.codes) <= set(again.counts)


def _appended(row: Row, world: World) -> EvidenceCopy:
    """The file with the tail that the database has, and the attack after it, sealed by the quorum."""
    copy, tail = world.file(), world.database().rows[world.anchored :]
    copy.rows += [Stored(one.entry, one.parts, one.files) for one in tail]
    row.change(world, copy, TIERS["T4+T2"])
    seal(copy, TIERS["T4+T2"])
    return copy


@surface("B7", "a log of acts is continued with an application's events, signed by nobody; witnesses see just hashes",
         "`KIND_MIXED`, in a whole file and in a continuation (`--new-only`)")  # fmt: skip
@pytest.mark.parametrize("whole", [True, False])
def test_b7_a_continuation_of_another_kind_is_altered(whole: bool, world: World, memory: State) -> None:
    copy, state = world.file(), b'{"shelf": 3}'
    extra = [
        encode_opaque("text", b"shelf-%d" % n, 1, b"stock:Filled", sha256(state).digest(), len(state), world.now - 9)
        for n in range(3)
    ]
    copy.rows += [Stored(entry) for entry in extra]
    seal(copy, TIERS["T4"])
    beside = [item for entry in extra for item in (EntryItem(entry), StateItem(state))]
    if whole:
        items = [item for item in copy.items() if not (isinstance(item, EntryItem) and item.entry in extra)]
        report = verify(file_of([*items, *beside]), world.honest_policy, now=world.now)
    else:
        notes = [CheckpointItem(note.encode()) for note in copy.notes if size_of(note) >= world.anchored]
        header = Header(copy.origin, len(extra), {"all": True}, world.anchored)
        data = file_of([header, *notes, *beside])
        report = inspect(data, world.honest_policy, memory, now=world.now, new_only=True).report

    assert report.verdict is Verdict.ALTERED
    assert "KIND_MIXED" in report.counts


# --- witnesses that are shown different logs -------------------------------------------------------------------------


def _views(world: World, tmp_path: Path) -> tuple[EvidenceCopy, EvidenceCopy]:
    """
    Two logs that part after the last common checkpoint: each is shown to one honest witness; the third cosigns both.

    The honest ones check whatever a witness checks, against their own memories.
    """
    honest, owned = NAMES[:2], NAMES[2]
    base = world.seen
    common = next(note for note in world.notes if size_of(note) == base)
    text = parse_note(common).text
    plain = format_note(text, [line.line for line in parse_note(common).signatures if line.name not in KEYS])
    views = []
    for number, name in enumerate(honest):
        copy = world.file()
        if number:
            edit(copy, world.late, [world.key(world.late)], happened=world.at(world.early).statement.happened)
        tree = Grown(copy.rows)
        size = len(copy.rows)
        body = format_checkpoint(Checkpoint(copy.origin, size, tree.roots[size]))
        note = format_note(body, [sign_note(body, copy.origin, LOG_KEY)])
        with Witness(tmp_path / f"{name}.db", KEYS[name], name, [world.campus.log_key], new=True) as witness:
            witness.sign(format_request(0, [], plain), world.now - 30 * 86_400)
            line = witness.sign(format_request(base, tree.consistency(base, size), note), world.now - 86_400)
            assert witness.forks() == ()
        own = cosign(body, owned, KEYS[owned], world.now - 86_400)
        copy.notes[-1] = format_note(body, [*parse_note(note).lines, line, own])
        views.append(copy)
    return views[0], views[1]


@surface("D2", "one dishonest witness of three plans ahead: one log is shown to the one honest witness, another to the "
         "other, and it cosigns both",
         "**not shown** by a quorum of two of three: two of them share the liar alone. A quorum of *k* of *n* bears "
         "*f* dishonest witnesses only if 2*k* > *n* + *f*: three of three, three of four. Two memories compared show "
         "it, and so does any checkpoint held elsewhere")  # fmt: skip
def test_d2_one_dishonest_witness_of_three_splits_a_quorum_of_two(world: World, tmp_path: Path) -> None:
    first, second = _views(world, tmp_path)
    strict = world.policy(groups={"all-three": (3, tuple(LABELS.values()))}, quorum="all-three")
    for copy, honest in ((first, NAMES[0]), (second, NAMES[1])):
        report = verify(copy.save(), world.honest_policy, now=world.now)
        assert (report.verdict, report.anchored) == (Verdict.INTACT, world.anchored), "nothing shows it"
        assert report.anchored_by == tuple(sorted((LABELS[honest], LABELS[NAMES[2]])))
        report = verify(copy.save(), strict, now=world.now)
        assert report.anchored == world.seen, "a quorum of all three has no two halves"

    report = verify(second.save(), world.honest_policy, known=first.notes[-1], now=world.now)
    assert report.verdict is Verdict.ALTERED
    assert {"CHECKPOINT_FORK", "ROOT_MISMATCH"} <= set(report.counts)
    with State(tmp_path / "one", create=True) as one, State(tmp_path / "two", create=True) as two:
        for state, copy in ((one, first), (two, second)):
            inspect(copy.save(), world.honest_policy, state, now=world.now)
        assert [found.result for found in compare(one, two)] == [FORK]


@surface("D15", "an honest witness's state is restored from a backup, and it is shown another log from there",
         "**not shown** by that witness, which cosigns both: it counts as a dishonest one. Never restore a "
         "witness's state; make a new witness")  # fmt: skip
def test_d15_a_witness_that_was_restored_cosigns_two_logs(world: World, tmp_path: Path) -> None:
    name, base = NAMES[0], world.seen
    text = parse_note(next(note for note in world.notes if size_of(note) == base)).text
    plain = format_note(text, [sign_note(text, world.campus.trail.origin, LOG_KEY)])
    with Witness(tmp_path / "state.db", KEYS[name], name, [world.campus.log_key], new=True) as witness:
        witness.sign(format_request(0, [], plain), world.now)
    shutil.copy(tmp_path / "state.db", tmp_path / "backup.db")
    for number, state in enumerate(("state.db", "backup.db")):
        copy = world.file()
        if number:
            edit(copy, world.late, [world.key(world.late)], happened=world.at(world.early).statement.happened)
        tree = Grown(copy.rows)
        body = format_checkpoint(Checkpoint(copy.origin, world.anchored, tree.roots[world.anchored]))
        note = format_note(body, [sign_note(body, copy.origin, LOG_KEY)])
        asked = format_request(base, tree.consistency(base, world.anchored), note)
        with Witness(tmp_path / state, KEYS[name], name, [world.campus.log_key]) as witness:
            assert witness.sign(asked, world.now).startswith(f"— {name} ")
            if number:  # the same one, asked for what the other has signed, would refuse
                continue
            other = checkpoint_note(copy.origin, world.anchored, bytes(range(32)), TIERS["T1"], {})
            with pytest.raises(WitnessRefused):
                witness.sign(format_request(world.anchored, [], other), world.now)


def test_a_memory_made_under_a_weaker_policy_does_not_anchor(world: World, tmp_path: Path) -> None:
    """What the log alone vouched for, when the policy asked for no more, is not what two of three vouch for."""
    row = Row(case="D2", tier="T1+T2", how="weak", does="", change=second_view, file=True)
    data = carried_out(row, world).save()
    assert isinstance(data, bytes)
    alone = verify(data, world.honest_policy, now=world.now)
    with State(tmp_path / "state", create=True) as state:
        weak = inspect(data, world.policy(witnesses={}, groups={}, quorum=None), state, now=world.now).report
        assert (weak.verdict, weak.anchored) == (Verdict.INTACT, world.anchored)
        strict = inspect(data, world.honest_policy, state, now=world.now).report

    assert (
        (strict.anchored, strict.anchored_by)
        == (alone.anchored, alone.anchored_by)
        == (world.seen, tuple(LABELS[n] for n in sorted(NAMES)))
    )


# --- scopes ----------------------------------------------------------------------------------------------------------


def test_f3_a_part_of_the_scope_that_is_withheld_contradicts_it(world: World) -> None:
    """Whoever exports the records of a unit can't leave one of its talks among what lies outside."""
    with Trail.open(world.folder / "anchored.db", read_only=True) as trail:
        data = trail.evidence(Scope(unit="jia"))
    assert verify(data, world.honest_policy, now=world.now).verdict is Verdict.INTACT
    copy = EvidenceCopy(data)
    assert world.at(world.late).statement.unit == "jia"
    copy.rows[world.late - 1].parts[0].data = None

    report = verify(copy.save(), world.honest_policy, now=world.now)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert set(report.counts) - {"POST_NOT_HELD"} == {"SCOPE_CONTRADICTED"}


# --- times -----------------------------------------------------------------------------------------------------------


@surface("D17", "one dishonest witness dates its cosignature ahead, so that a punctual act seems late",
         "from below as from above a quorum is asked for: its word alone moves no bound")  # fmt: skip
def test_d17_one_witness_alone_proves_no_lower_bound(tmp_path: Path) -> None:
    with Campus.found() as campus:
        honest, ahead = (int(day(f"2026-03-{date} 09:00").timestamp()) for date in ("01", "20"))
        _cosigned(campus, "2026-03-01 09:00", {NAMES[0]: honest, NAMES[1]: honest, NAMES[2]: ahead})
        campus.set_time("2026-03-05 09:00")
        act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
        position = campus.acting("jia/secretary").record(act).position
        _cosigned(campus, "2026-03-25 09:00", dict.fromkeys(NAMES, int(day("2026-03-25 09:00").timestamp())))
        keys = {LABELS[name]: NoteKey(name, COSIGNATURE_ED25519, KEYS[name].public.raw) for name in NAMES}
        policy = format_policy(
            logs=[campus.log_key], witnesses=keys, groups={"two": (2, tuple(keys))}, quorum="two",
            genesis=[campus.trail.genesis()],
        )  # fmt: skip
        told: list[ActTimes] = []
        report = verify(campus.trail.evidence(), policy, times=told.append)

    assert report.verdict is Verdict.INTACT
    assert next(one.signed_not_before for one in told if one.position == position) == honest
    assert "RECORDED_OUTSIDE_INTERVAL" not in report.counts


def _cosigned(campus: Campus, when: str, times: dict[str, int]) -> None:
    campus.set_time(when)
    issued = campus.trail.checkpoint()
    for name, time in times.items():
        campus.trail.add_cosignatures(cosign(parse_note(issued.note).text, name, KEYS[name], time))
