"""
The law of the memory: verifying up to k and then only what is new says what verifying everything says.

For any history and any split, whole files and continuations; with any tampering, after the split and before it.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.inspecting.kit import NOW, Told, again, findings, remembered, told
from tests.laws.kit import LOG_KEY, THIEF, WITNESSES
from tests.profile import scaled

from trail.aggregates import KeyRevoked, TalkHeld
from trail.evidence.file import (
    CheckpointItem,
    ConsistencyItem,
    EntryItem,
    Header,
    Item,
    StateItem,
    read_evidence,
    write_evidence,
)
from trail.evidence.opaque import encode_opaque
from trail.evidence.record import Happened
from trail.evidence.registry import REGISTRY_TYPES
from trail.inspecting import State, inspect
from trail.inspecting.accusing import Tree
from trail.inspecting.inspection import size_and_root
from trail.merkle import Checkpoint, Frontier, format_checkpoint, leaf_hash, prove_consistency, root_at
from trail.signing import format_note, sign_note
from trail.testing import histories
from trail.testing.campus import Campus, key_of
from trail.testing.history import History
from trail.testing.stored import EvidenceCopy, record_of
from trail.testing.tamper import (
    drop_parts,
    duplicate,
    edit,
    edit_entry,
    edit_part,
    remove,
    reseal,
    strip,
    swap,
)
from trail.verify import Report, Verdict, verify

SAME = ("verdict", "anchored", "anchored_at", "anchored_by", "size", "exposed", "root", "scope", "enrolled", "times")


def same(one: Report, other: Report, *, but: tuple[str, ...] = ()) -> None:
    """What two reports on the same evidence must agree in."""
    a, b = one.to_json(), other.to_json()
    for name in SAME:
        if name not in but:
            assert a[name] == b[name], name


@settings(max_examples=scaled(12), phases=[Phase.generate])
@given(histories(), st.integers(0, 12))
def test_only_what_is_new_says_what_everything_says(history: History, split: int) -> None:
    with told(history, split) as t, tempfile.TemporaryDirectory() as folder:
        path = remembered(t, Path(folder) / "memory")
        full = verify(t.whole, t.policy, now=NOW + 1)
        found = again(t.whole, t, path)

        same(full, found.report)
        assert full.parts == found.report.parts
        assert full.attachments == found.report.attachments
        assert findings(full, t.size) == findings(found.report, t.size)
        assert (found.report.resumed is None) is bool(found.again)
        if full.verdict is Verdict.INTACT:
            assert found.kept == full.size


@settings(max_examples=scaled(12), phases=[Phase.generate])
@given(histories(), st.integers(0, 12))
def test_a_continuation_says_what_the_whole_file_says(history: History, split: int) -> None:
    with told(history, split) as t, tempfile.TemporaryDirectory() as folder:
        path = remembered(t, Path(folder) / "memory")
        full = verify(t.whole, t.policy, now=NOW + 1)
        found = again(t.continued, t, path)

        same(full, found.report)
        assert findings(full, t.size) == findings(found.report, t.size)
        assert found.report.resumed is not None
        assert (found.report.resumed.size, found.report.resumed.after) == (t.size, t.size)
        if full.verdict is Verdict.INTACT:
            assert found.kept == full.size
            whole = again(t.whole, t, path)  # and the memory that it left is as good for a whole file
            same(full, whole.report)


# --- tampering -------------------------------------------------------------------------------------------------------

Operator = Callable[[EvidenceCopy, int], None]
OPERATORS: dict[str, Operator] = {
    "edit": lambda copy, at: edit(copy, at, happened=Happened.on("2025-12-24")),
    "strip": strip,
    "recorded": lambda copy, at: edit_entry(copy, at, recorded=record_of(copy, at).recorded + 1),
    "remove": lambda copy, at: _ignore(remove(copy, at)),
    "swap": lambda copy, at: swap(copy, at, at - 1),
    "duplicate": lambda copy, at: _ignore(duplicate(copy, at)),
    "edit_part": lambda copy, at: edit_part(copy, at, place="乙"),
    "drop_parts": drop_parts,
    "signed_by_a_thief": lambda copy, at: edit(copy, at, [THIEF], happened=Happened.on("2025-12-24")),
}


def _ignore(_: object) -> None:
    return None


def continuation(whole: bytes, template: bytes) -> bytes:
    """The entries of *whole*, which was changed, in the place of those of a continuation."""
    frames = list(read_evidence(io.BytesIO(template)))
    header = frames[0]
    assert isinstance(header, Header)
    items: list[Item] = []
    position = 0
    for item in read_evidence(io.BytesIO(whole)):
        position += isinstance(item, EntryItem)
        if position > header.after:
            items.append(item)
    notes = [one for one in frames if isinstance(one, CheckpointItem | ConsistencyItem)]
    entries = sum(isinstance(one, EntryItem) for one in items)
    stream = io.BytesIO()
    write_evidence(stream, [header._replace(entries=entries), *notes, *items])
    return stream.getvalue()


def places(t: Told, *, after: bool) -> list[int]:
    """The positions of acts with a body part, on one side of the split."""
    copy = EvidenceCopy(t.whole)
    return [
        n
        for n in range(3, len(copy.rows) + 1)
        if (n > t.size) is after and copy.rows[n - 1].parts and record_of(copy, n).statement.type not in REGISTRY_TYPES
        and "place" in str(copy.rows[n - 1].parts[0].data)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A history with talks on both sides of the split."""
    for seed in range(40):
        with told(History.random(seed, size=30), 16) as t:
            if places(t, after=False) and places(t, after=True) and not verify(t.whole, t.policy, now=NOW).findings:
                path = remembered(t, tmp_path_factory.mktemp("memory") / "memory")
                if again(t.whole, t, path).report.resumed is not None:
                    return t
    raise AssertionError("no history has what this needs")


def _copy(path: Path) -> Path:
    target = path.with_name(f"{path.name}-{len(list(path.parent.iterdir()))}")
    target.write_bytes(path.read_bytes())
    return target


@pytest.mark.parametrize("resealed", [False, True], ids=["", "resealed"])
@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
def test_any_tampering_is_found_as_everything_finds_it(
    name: str, after: bool, resealed: bool, made: Told, tmp_path: Path
) -> None:
    path = remembered(made, tmp_path / "memory")
    copy = EvidenceCopy(made.whole)
    OPERATORS[name](copy, places(made, after=after)[-1])
    if resealed:
        reseal(copy, LOG_KEY, WITNESSES)
    whole = copy.save()
    full = verify(whole, made.policy, now=NOW + 1)
    found = again(whole, made, _copy(path))

    assert full.verdict is not Verdict.INTACT
    if after or not resealed:
        assert found.report.verdict is full.verdict
    beyond = made.size if found.report.resumed is not None else 0
    missed = set(findings(full, beyond)) - set(findings(found.report, beyond))
    assert missed == set(), "nothing that everything finds is missed"
    if not after:
        assert found.report.verdict is Verdict.ALTERED or "PART_MISSING" in full.counts
    else:
        assert found.report.resumed is not None
        part = again(continuation(whole, made.continued), made, _copy(path)) if not resealed else found
        assert part.report.verdict is full.verdict
        assert findings(full, made.size) == findings(part.report, made.size)
    assert found.remembered is None or found.report.verdict is not Verdict.ALTERED
    assert found.kept == 0


def test_a_rewriting_under_the_logs_and_the_witness_s_own_keys_is_found_by_the_memory_alone(
    made: Told, tmp_path: Path
) -> None:
    """The control of the memory: to whoever remembers nothing, this file is as good as any other."""
    path = remembered(made, tmp_path / "memory")
    copy = EvidenceCopy(made.whole)
    drop = places(made, after=False)[-1]
    edit_entry(copy, drop, recorded=record_of(copy, drop).recorded + 1)
    reseal(copy, LOG_KEY, WITNESSES)
    found = again(copy.save(), made, path)

    assert found.report.verdict is Verdict.ALTERED
    assert {"CHECKPOINT_FORK", "ROOT_MISMATCH"} & set(found.report.counts)
    assert found.alarms


def test_a_checkpoint_that_is_shown_no_more_is_no_ground_to_stand_on(made: Told, tmp_path: Path) -> None:
    """What an old statement names must still be shown: a file that leaves it out is not what was judged then."""
    path = remembered(made, tmp_path / "memory")
    copy = EvidenceCopy(made.whole)
    copy.notes = copy.notes[-1:]
    bare = copy.save()
    full = verify(bare, made.policy, now=NOW + 1)
    found = again(bare, made, _copy(path))

    assert "SEEN_UNSHOWN" in full.counts
    assert found.report.resumed is None
    assert found.report.verdict is full.verdict
    assert {row[:2] for row in findings(full)} <= {row[:2] for row in findings(found.report)}

    stripped = EvidenceCopy(made.whole)  # and so is a signature on it
    at = next(n for n, note in enumerate(stripped.notes) if "dic.example" in note)
    stripped.notes[at] = "".join(line for line in stripped.notes[at].splitlines(True) if "dic.example" not in line)
    assert again(stripped.save(), made, _copy(path)).report.resumed is None


def test_a_part_that_was_erased_before_stays_erased(tmp_path: Path) -> None:
    """An erasure on either side of the split: the second of one part says nothing new, in a continuation as well."""
    for seed in range(60):
        history = History.random(seed, size=20)
        with told(history, 8) as t:
            erasures = [r.statement.fields["target"] for r in t.log.records() if r.statement.type == "PartErased@1"]
            if len(erasures) < 2:
                continue
            path = remembered(t, tmp_path / f"memory-{seed}")
            full = verify(t.whole, t.policy, now=NOW + 1)
            for evidence in (t.whole, t.continued):
                found = again(evidence, t, _copy(path))
                assert findings(full, t.size) == findings(found.report, t.size)
                same(full, found.report)
            return
    raise AssertionError("no history erases twice")


@pytest.mark.parametrize("proven", [True, False])
def test_an_earlier_checkpoint_of_a_continuation_needs_its_proof(proven: bool, made: Told, tmp_path: Path) -> None:
    """One that was not shown before: the memory does not know it, and the entries that it covers are not there."""
    path = remembered(made, tmp_path / "memory")
    size = made.size - 1
    frontier = Frontier()
    tree = Tree([frontier.append(leaf_hash(row.entry)) for row in EvidenceCopy(made.whole).rows], {}, {})
    text = format_checkpoint(Checkpoint(made.log.origin, size, root_at(size, tree.read)))
    note = CheckpointItem(format_note(text, [sign_note(text, made.log.origin, LOG_KEY)]).encode())
    proof = prove_consistency(size, made.size, tree.read)
    if not proven:
        proof[0] = bytes(32)
    items = list(read_evidence(io.BytesIO(made.continued)))
    place = next(
        n for n, one in enumerate(items) if isinstance(one, CheckpointItem) and size_and_root(one.note)[0] > size
    )  # fmt: skip
    items[place:place] = [note, ConsistencyItem(tuple(proof))]
    stream = io.BytesIO()
    write_evidence(stream, items)
    found = again(stream.getvalue(), made, path)

    assert found.report.verdict is (Verdict.INTACT if proven else Verdict.INCONCLUSIVE)
    assert set(found.report.counts) & {"CONSISTENCY_BAD"} == (set() if proven else {"CONSISTENCY_BAD"})
    assert [one.held for one in found.report.checkpoints if one.size == size] == [proven]


def test_a_key_said_to_be_compromised_puts_acts_before_the_split_in_dispute_too(tmp_path: Path) -> None:
    """What a key signed is looked up in the memory, from a whole file and from a continuation."""
    with Campus.found() as campus:
        campus.anchor()
        campus.set_time("2026-03-05 09:00")
        talk = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
        first = campus.acting("jia/secretary").record(talk)
        campus.clock.tick(86_400)
        campus.anchor()
        size, before = campus.trail.reader.head().size, campus.trail.evidence()
        who = campus.holder("jia/secretary")
        key = key_of(who)
        act = KeyRevoked(
            person=who, key=key.public.id, reason="compromised", compromised_since=campus.moment("2026-03-01 09:00")
        )
        draft = campus.registering().prepare(act, keys=[(who, key.public.id)])
        campus.trail.submit(draft, [key.sign(draft.message)])
        campus.anchor()
        full = verify(campus.trail.evidence(), campus.policy, now=NOW)
        path = tmp_path / "memory"
        with State(path, create=True) as state:
            assert inspect(before, campus.policy, state, now=NOW, new_only=True).kept == size
        found = []
        for evidence in (campus.trail.evidence(), campus.trail.evidence(since=size)):
            with State(_copy(path)) as state:
                found.append(inspect(evidence, campus.policy, state, now=NOW, new_only=True).report)

    disputed = [one.found for one in full.remarks if one.code == "SIGNED_IN_DISPUTE"]
    assert disputed == [[first.position]]
    for report in found:
        assert report.resumed is not None
        assert [one.found for one in report.remarks if one.code == "SIGNED_IN_DISPUTE"] == disputed


def test_a_continuation_of_another_kind_of_log_is_altered(made: Told, tmp_path: Path) -> None:
    """The events of an application, after a log of acts that was judged, are not judged as a log of their own."""
    path = remembered(made, tmp_path / "memory")
    state = b"{}"
    entry = encode_opaque("text", b"shelf", 1, b"stock:Filled", sha256(state).digest(), len(state), NOW)
    stream = io.BytesIO()
    write_evidence(stream, [Header(made.log.origin, 1, {"all": True}, made.size), EntryItem(entry), StateItem(state)])
    found = again(stream.getvalue(), made, path)

    assert found.report.verdict is Verdict.ALTERED
    assert "KIND_MIXED" in found.report.counts


def test_a_file_of_another_scope_is_judged_whole(made: Told, tmp_path: Path) -> None:
    """What a file may withhold depends on its scope, which nobody signs."""
    path = remembered(made, tmp_path / "memory")
    items = list(read_evidence(io.BytesIO(made.whole)))
    header = items[0]
    assert isinstance(header, Header)
    stream = io.BytesIO()
    write_evidence(stream, [header._replace(scope={"none": True}), *items[1:]])
    full = verify(stream.getvalue(), made.policy, now=NOW + 1)
    found = again(stream.getvalue(), made, path)

    assert "SCOPE_CONTRADICTED" in full.counts
    assert found.report.resumed is None
    assert found.report.verdict is full.verdict
