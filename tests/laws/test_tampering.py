"""
Any history, then any single change up to the anchored size, is found as altered; each operator by its own check.

Everything that can be recomputed without other people's keys is recomputed.  Where a check must notice by itself, the
attacker even holds the log's and the witness's keys and signs every checkpoint again, so that no root betrays them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.laws.kit import LOG_KEY, NOW, THIEF, WITNESSES, Scene, acts, codes, found, scene, with_parts
from tests.profile import scaled

from trail.aggregates import TalkHeld
from trail.application import audit
from trail.encoding import encode
from trail.evidence.record import Happened, SignerRef, decode_part
from trail.testing import histories
from trail.testing.campus import key_of
from trail.testing.history import History
from trail.testing.stored import Copy, DatabaseCopy, EvidenceCopy, record_of
from trail.testing.tamper import (
    drop_parts,
    duplicate,
    edit,
    edit_column,
    edit_entry,
    edit_head,
    edit_part,
    insert,
    remove,
    replay,
    reseal,
    resigned,
    signed,
    strip,
    swap,
    truncate,
)
from trail.verify import Verdict, verify

Expected = tuple[str, int | None]
Operator = Callable[[Scene, Any, int], Expected]


@dataclass(frozen=True)
class Case:
    """An operator: what it does with a scene's copy and a number that chooses; it gives the finding expected."""

    name: str
    run: Operator
    resealed: bool = False

    def __repr__(self) -> str:
        return self.name + (" resealed" if self.resealed else "")


def pick(positions: list[int], number: int) -> int:
    return positions[number % len(positions)]


def edited_time(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(acts(copy), n)
    edit(copy, position, happened=Happened.on("2025-12-24"))
    return "SIGNATURE_BAD", position


def edited_registry(s: Scene, copy: Copy, n: int) -> Expected:
    positions = [p for p in range(2, len(copy.rows)) if record_of(copy, p).statement.type == "PostAssigned@1"]
    position = pick(positions, n)
    fields = record_of(copy, position).statement.fields
    edit(copy, position, fields={**fields, "from": "2025-11-11"})
    return "SIGNATURE_BAD", position


def edited_words(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(with_parts(copy), n)
    name = next(iter(_content(copy, position)))
    edit_part(copy, position, restate=True, **{name: "别的话"})
    return "SIGNATURE_BAD", position


def swapped_words(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(with_parts(copy), n)
    name = next(iter(_content(copy, position)))
    edit_part(copy, position, **{name: "别的话"})
    return "PART_ALTERED", position


def _content(copy: Copy, position: int) -> dict[str, object]:
    return dict(decode_part(copy.rows[position - 1].parts[0].data or b"").data)


def signed_by_another(s: Scene, copy: Copy, n: int) -> Expected:
    """The content is changed and signed with a real key, but not with the one that is named."""
    position = pick(acts(copy), n)
    edit(copy, position, [key_of("r-1")], happened=Happened.on("2025-12-24"))
    return "SIGNATURE_BAD", position


def signed_as_another(s: Scene, copy: Copy, n: int) -> Expected:
    """The signer is left, the key named is another's, whose signature it is."""
    position = pick(acts(copy), n)
    key, signer = key_of("r-1"), record_of(copy, position).statement.signers[0]
    edit(copy, position, [key], signers=(SignerRef(signer.person, signer.post, key.public.id),))
    return "KEY_OF_ANOTHER", position


def signed_with_a_new_key(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(acts(copy), n)
    signer = record_of(copy, position).statement.signers[0]
    edit(copy, position, [THIEF], signers=(SignerRef(signer.person, signer.post, THIEF.public.id),))
    return "KEY_UNKNOWN", position


def moved_to_another_log(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(acts(copy), n)
    record = record_of(copy, position)
    edit(copy, position, [s.key(record)], log="trail.example/elsewhere")
    return "ORIGIN_MISMATCH", position


def stripped(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(acts(copy), n)
    strip(copy, position)
    return "SIGNATURE_BAD", position


def dropped_signatures(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(acts(copy), n)
    record = record_of(copy, position)
    copy.rows[position - 1].entry = encode(["act", record.statement_bytes, [], record.version, record.recorded])
    return "ENTRY_MALFORMED", position


def duplicated(s: Scene, copy: Copy, n: int) -> Expected:
    return "ID_REUSED", duplicate(copy, pick(_by_live_keys(s, copy), n))


def replayed(s: Scene, copy: Copy, n: int) -> Expected:
    return "SIGNATURE_BAD", replay(copy, pick(_by_live_keys(s, copy), n), "talk/elsewhere")


def _by_live_keys(s: Scene, copy: Copy) -> list[int]:
    """Acts whose keys still hold at the end: a second one there is not refused for its key already."""
    ended = {key for key, state in s.log.registry().keys.items() if state.ended is not None}
    return [n for n in acts(copy) if record_of(copy, n).statement.signers[0].key not in ended]


def wrong_version(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(acts(copy), n)
    edit_entry(copy, position, version=record_of(copy, position).version + 1000)
    return "VERSION_GAP", position


# Each of these is found by its own check, whether or not the tree betrays it.
BY_THEMSELVES = [
    edited_time, edited_registry, edited_words, swapped_words, signed_by_another, signed_as_another,
    signed_with_a_new_key, moved_to_another_log, stripped, dropped_signatures, duplicated, replayed, wrong_version,
]  # fmt: skip


def rewritten_by_its_signer(s: Scene, copy: Copy, n: int) -> Expected:
    """A member rewrites an own act with the own key: only the tree can tell."""
    position = pick(acts(copy), n)
    record = record_of(copy, position)
    edit(copy, position, [s.key(record)], happened=Happened.on("2025-12-24"))
    return "ROOT_MISMATCH", s.size


def removed(s: Scene, copy: Copy, n: int) -> Expected:
    remove(copy, pick(acts(copy), n))
    return "ENTRIES_REMOVED", None


def backdated(s: Scene, copy: Copy, n: int) -> Expected:
    """An act signed with a real member's key is put in the middle, as if it had been recorded then."""
    position = pick(acts(copy), n)
    recorded = record_of(copy, position).recorded
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="办公室", content="……", happened="2026-01-04")
    key = next(k for k in s.keys.values() if k.public.id == _live_key(s, "p-001"))
    draft = s.log.acting("p-001", "uni/secretary", key).prepare(act)
    insert(copy, resigned(signed(draft, key), [key], seen=None), recorded=recorded, position=position)
    return "ROOT_MISMATCH", s.size


def _live_key(s: Scene, person: str) -> bytes:
    keys = s.log.registry().keys
    return next(i for i, state in keys.items() if state.person == person and state.ended is None)


def swapped(s: Scene, copy: Copy, n: int) -> Expected:
    positions = acts(copy)
    at = n % (len(positions) - 1)
    swap(copy, positions[at], positions[at + 1])
    return "ROOT_MISMATCH", s.size


def clock_rewritten(s: Scene, copy: Copy, n: int) -> Expected:
    position = pick(acts(copy), n)
    edit_entry(copy, position, recorded=record_of(copy, position).recorded - 86_400)
    return "ROOT_MISMATCH", s.size


# These are found by the tree alone, since somebody signed every word of them.
BY_THE_TREE = [rewritten_by_its_signer, removed, backdated, swapped, clock_rewritten]


def column(name: str, value: Callable[[object], object]) -> Operator:
    def run(s: Scene, copy: DatabaseCopy, n: int) -> Expected:
        position = pick(acts(copy), n)
        edit_column(copy, position, **{name: value(copy.rows[position - 1].columns.get(name))})
        return "COLUMN_MISMATCH", position

    run.__name__ = f"column_{name}"
    return run


def head(name: str, value: Callable[[Scene], object]) -> Operator:
    def run(s: Scene, copy: DatabaseCopy, n: int) -> Expected:
        edit_head(copy, **{name: value(s)})
        return "HEAD_MISMATCH", None

    run.__name__ = f"head_{name}"
    return run


OF_A_DATABASE = [
    column("stream", lambda old: f"{old}/x"),
    column("version", lambda old: int(str(old)) + 1),
    column("event", lambda old: bytes(16)),
    column("type", lambda old: "TalkConfirmed@1" if old != "TalkConfirmed@1" else "TalkHeld@1"),
    column("unit", lambda old: "yi" if old != "yi" else None),
    column("registry", lambda old: 1 - int(str(old) in ("1", "True"))),
    column("recorded", lambda old: int(str(old)) - 1),
    column("hashes", lambda old: bytes(32)),
    head("size", lambda s: s.size + 1),
    head("peaks", lambda s: bytes(32 * s.size.bit_count())),
    head("registry", lambda s: 1),
    head("recorded", lambda s: 1),
]

CASES = (
    [Case(run.__name__, run) for run in [*BY_THEMSELVES, *BY_THE_TREE, *OF_A_DATABASE]]
    + [Case(run.__name__, run, resealed=True) for run in BY_THEMSELVES]
)  # fmt: skip


def check(case: Case, s: Scene, number: int) -> None:
    """The law for one operator."""
    copy = s.copy()
    expected = case.run(s, copy, number)
    if case.resealed:
        reseal(copy, LOG_KEY, WITNESSES)

    report = s.audit(copy)

    assert report.verdict is Verdict.ALTERED
    assert expected in found(report)


# Shrinking would take minutes: a history is short, and its repr tells it.
FEW = settings(max_examples=scaled(3), phases=[Phase.explicit, Phase.generate])


@pytest.mark.parametrize("case", CASES, ids=repr)
@given(history=histories(min_size=10), number=st.integers(0, 1000))
@FEW
def test_any_single_change_up_to_the_anchored_size_is_found_by_its_own_check(
    case: Case, history: History, number: int
) -> None:
    with scene(history) as s:
        check(case, s, number)


@pytest.mark.parametrize("run", [*BY_THEMSELVES, *BY_THE_TREE], ids=lambda run: run.__name__)
@given(history=histories(min_size=10), number=st.integers(0, 1000))
@FEW
def test_the_same_in_an_evidence_file_whose_closing_digest_is_recomputed(
    run: Operator, history: History, number: int
) -> None:
    with scene(history) as s:
        copy = EvidenceCopy(s.log.evidence())
        expected = run(s, copy, number)
        report = verify(copy.save(), s.policy, now=NOW)

    assert report.verdict is Verdict.ALTERED
    assert expected in found(report)


@given(history=histories())
@FEW
def test_a_copy_that_was_only_written_again_is_intact(history: History) -> None:
    with scene(history) as s:
        report = s.audit(s.copy())

    assert (report.verdict, report.findings) == (Verdict.INTACT, ())


@pytest.mark.parametrize("run", BY_THE_TREE, ids=lambda run: run.__name__)
@given(history=histories(min_size=10), number=st.integers(0, 1000))
@FEW
def test_what_log_and_witness_forge_together_is_found_by_a_checkpoint_held_elsewhere(
    run: Operator, history: History, number: int
) -> None:
    with scene(history) as s:
        copy = s.copy()
        run(s, copy, number)
        reseal(copy, LOG_KEY, WITNESSES)

        report = s.audit(copy, known=True)

    assert report.verdict is Verdict.ALTERED
    assert codes(report) & {"ROOT_MISMATCH", "ENTRIES_REMOVED"}


@given(history=histories(min_size=10), number=st.integers(0, 1000))
@FEW
def test_a_missing_body_is_inconclusive(history: History, number: int) -> None:
    with scene(history) as s:
        copy = s.copy()
        position = pick(with_parts(copy), number)
        drop_parts(copy, position)

        report = s.audit(copy)

    assert report.verdict is Verdict.INCONCLUSIVE
    assert found(report) == {("PART_MISSING", position)}


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_truncated_tail_is_found_by_whoever_holds_a_checkpoint_and_otherwise_only_shown_as_exposed(kept: int) -> None:
    history = History.random(7, size=12)
    with scene(history) as s:
        copy = s.copy()
        size = s.size - 1 - kept
        truncate(copy, size)

        without = s.audit(copy)
        assert without.size == size
        assert without.verdict is not Verdict.ALTERED, "nobody can see it without a checkpoint held elsewhere"
        assert (without.verdict is Verdict.INTACT) == (0 < without.anchored <= size)

        report = s.audit(_truncated(s, size), known=True)
        assert report.verdict is Verdict.ALTERED
        assert ("ENTRIES_REMOVED", None) in found(report)

        with_notes = s.copy()
        del with_notes.rows[size:]
        assert ("ENTRIES_REMOVED", None) in found(s.audit(with_notes)), "its own checkpoint says so"


def _truncated(s: Scene, size: int) -> DatabaseCopy:
    copy = s.copy()
    truncate(copy, size)
    return copy


def test_an_older_backup_is_found_against_a_checkpoint_that_the_inspector_holds() -> None:
    history = History.random(3, size=8)
    with scene(history) as s:
        log = s.log
        log.campus.acting("jia/principal").record(
            TalkHeld(kind="duty", counterparts=["p-008"], place="甲", content="……", happened=log.campus.now)
        )
        later = log.campus.anchor().cosigned

        report = audit(s.file, s.policy, known=later, now=NOW)
        assert report.verdict is Verdict.ALTERED
        assert codes(report) == {"ENTRIES_REMOVED"}
        assert audit(s.file, s.policy, now=NOW).verdict is Verdict.INTACT


def test_beyond_the_anchor_visible_faults_are_altered_and_a_lost_tail_is_only_exposed() -> None:
    history = History.random(5, size=10)
    with scene(history) as s:
        campus = s.log.campus
        talk = TalkHeld(kind="duty", counterparts=["p-008"], place="甲", content="……", happened=campus.now)
        acks = [campus.acting("jia/principal", key=_key(s, "p-007")).record(talk) for _ in range(3)]
        file = s.file.with_name("longer.db")
        campus.copy_database(file)
        longer = Scene(s.log, file, s.policy, s.known, acks[-1].position)

        untouched = longer.audit(longer.copy())
        assert (untouched.verdict, untouched.anchored, untouched.exposed) == (Verdict.INTACT, s.size, 3)

        copy = longer.copy()
        edit(copy, acks[1].position, happened=Happened.on("2025-12-24"))
        report = longer.audit(copy)
        assert report.verdict is Verdict.ALTERED
        assert found(report) == {("SIGNATURE_BAD", acks[1].position)}

        for lost in ([acks[2]], acks):
            copy = longer.copy()
            truncate(copy, lost[0].position - 1)
            report = longer.audit(copy)
            assert (report.verdict, report.exposed) == (Verdict.INTACT, 3 - len(lost))

        copy = longer.copy()
        edit_column(copy, acks[2].position, unit="yi")
        assert found(longer.audit(copy)) == {("COLUMN_MISMATCH", acks[2].position)}


def _key(s: Scene, person: str):
    return s.keys[_live_key(s, person)]
