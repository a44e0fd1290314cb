"""Findings kept for others, checked from their folder alone; two memories compared."""

from __future__ import annotations

import base64
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.evidence.kit import Log
from tests.evidence.opaque_kit import filled
from tests.inspecting.kit import NOW, Told, told
from tests.laws.kit import LOG_KEY, WITNESSES

from trail.encoding import encode
from trail.errors import CallerError
from trail.evidence.file import Item, StateItem, read_evidence
from trail.evidence.record import Happened, encode_entry
from trail.inspecting import Inspection, State, inspect
from trail.inspecting.accusing import (
    CONSISTENCY,
    HELD,
    NEWER,
    OTHER,
    ROOT,
    Tree,
    rewritten,
    save_findings,
    save_forks,
    write_folder,
)
from trail.inspecting.checking import OPEN, PROVEN, SHOWN, Checked, check_findings
from trail.inspecting.comparing import EXTENDS, FORK, SAME, UNTOLD, compare
from trail.merkle import Frontier, check_consistency, leaf_hash, parse_checkpoint
from trail.signing import LOG_ED25519, NoteKey, format_policy, parse_note, parse_policy
from trail.testing.campus import key_of
from trail.testing.history import History
from trail.testing.stored import EvidenceCopy, record_of
from trail.testing.tamper import edit, edit_entry, edit_map, reseal
from trail.verify import verify
from trail.witness import Witness
from trail.witness.protocol import format_request
from trail.witness.state import WitnessRefused


@pytest.fixture(scope="module")
def made() -> Iterator[Told]:
    with told(History.random(4, size=14), 6) as t:
        yield t


def changed(made: Told, at: int, *, sealed: bool = True, first: bool = False) -> bytes:
    """The log rewritten at one position by somebody who holds every key of the log."""
    copy = EvidenceCopy(made.first if first else made.whole)
    edit_entry(copy, at, recorded=record_of(copy, at).recorded + 1)
    if sealed:
        reseal(copy, LOG_KEY, WITNESSES)
    return copy.save()


def looked_at(made: Told, path: Path, *evidence: bytes) -> Inspection:
    found = None
    for one in evidence:
        with State(path, create=True) as state:
            found = inspect(one, made.policy, state, now=NOW)
    assert found is not None
    return found


def saved(made: Told, found: Inspection, evidence: bytes, folder: Path) -> list[Checked]:
    policy = parse_policy(made.policy)
    save_findings(str(folder), found.report, policy, read_evidence(io.BytesIO(evidence)))
    return check_findings(str(folder), policy)


def test_a_fork_is_two_notes_that_anybody_can_check(made: Told, tmp_path: Path) -> None:
    bad = changed(made, made.log.reader.head().size)
    found = looked_at(made, tmp_path / "memory", made.whole, bad)
    rows = saved(made, found, bad, tmp_path / "findings")

    fork = next(one for one in rows if one.code == "CHECKPOINT_FORK")
    assert fork.result == PROVEN
    folder = tmp_path / "findings" / fork.folder
    one, other = (parse_checkpoint(parse_note((folder / name).read_text()).text) for name in (HELD, OTHER))
    assert (one.origin, one.size) == (other.origin, other.size)
    assert one.root != other.root
    readme = (tmp_path / "findings" / "README.txt").read_text(encoding="utf-8")
    assert "分叉" in readme
    assert "A fork" in readme


def rewriting(made: Told, tmp_path: Path) -> Path:
    """The folder of a log whose newer tree, under its own signature, is not that of a remembered checkpoint."""
    copy = EvidenceCopy(changed(made, made.size))
    copy.notes = copy.notes[-1:]  # it does not show the checkpoint that it has signed twice
    bad = copy.save()
    found = looked_at(made, tmp_path / "memory", made.first, bad)
    saved(made, found, bad, tmp_path / "findings")
    return tmp_path / "findings"


def test_a_rewriting_is_proven_by_the_newer_note_and_a_consistency_proof(made: Told, tmp_path: Path) -> None:
    folder = rewriting(made, tmp_path)
    rows = check_findings(str(folder), parse_policy(made.policy))

    one = next(row for row in rows if row.code == "ROOT_MISMATCH")
    assert one.result == PROVEN, one
    files = folder / one.folder
    held, newer = (parse_checkpoint(parse_note((files / name).read_text()).text) for name in (HELD, NEWER))
    head, _, _ = (files / CONSISTENCY).read_text().partition("\n\n")
    first, *proof = head.split("\n")
    root = base64.b64decode((files / ROOT).read_text())
    assert first == f"old {held.size}"
    assert root != held.root
    check_consistency(
        [base64.b64decode(line) for line in proof], first=held.size, second=newer.size, first_root=root,
        second_root=newer.root,
    )  # fmt: skip


def test_a_shorter_file_keeps_the_note_that_says_how_far_the_log_had_come(made: Told, tmp_path: Path) -> None:
    found = looked_at(made, tmp_path / "memory", made.whole, made.first)
    assert [finding.code for finding in found.report.findings] == ["OLDER_THAN_KNOWN"]

    [one] = saved(made, found, made.first, tmp_path / "findings")

    folder = tmp_path / "findings" / "001-OLDER_THAN_KNOWN"
    assert [path.name for path in folder.iterdir()] == [HELD]
    held = parse_checkpoint(parse_note((folder / HELD).read_bytes()).text)
    assert held.size > found.report.size
    assert (one.result, one.why.split(";")[0]) == (SHOWN, f"the log signed for {held.size} entries")


def test_an_honest_extension_or_a_foreign_policy_proves_nothing(made: Told, tmp_path: Path) -> None:
    """The control: neither a wrong accusation nor another log's key is believed."""
    folder = rewriting(made, tmp_path)
    name = next(one.name for one in folder.iterdir() if "ROOT_MISMATCH" in one.name)
    key = NoteKey("trail.example/other", LOG_ED25519, made.log.campus.log_key.raw)
    other = format_policy(logs=[key])
    assert {one.result for one in check_findings(str(folder), parse_policy(other))} == {OPEN}

    held = parse_checkpoint(parse_note((folder / name / HELD).read_text()).text)
    (folder / name / ROOT).write_text(base64.b64encode(held.root).decode() + "\n")
    rows = check_findings(str(folder), parse_policy(made.policy))
    assert next(one for one in rows if one.folder == name).result == OPEN


def test_two_checkpoints_of_an_honest_log_accuse_nobody(made: Told, tmp_path: Path) -> None:
    """Well-formed files with a proof that holds: the newer tree goes on from the older, and that is no accusation."""
    frontier = Frontier()
    tree = Tree([frontier.append(leaf_hash(row.entry)) for row in EvidenceCopy(made.whole).rows], {}, {})
    old, new = (EvidenceCopy(one).notes[-1].encode() for one in (made.first, made.whole))
    write_folder(str(tmp_path / "findings"), [("ROOT_MISMATCH", rewritten(old, new, tree))], {})
    rows = check_findings(str(tmp_path / "findings"), parse_policy(made.policy))

    assert [(one.result, one.why) for one in rows] == [
        (OPEN, "the newer tree goes on from the held one: nothing is wrong")
    ]


def test_an_entry_that_the_log_signed_for_and_its_signer_did_not_is_proven(made: Told, tmp_path: Path) -> None:
    copy = EvidenceCopy(made.whole)
    edit(copy, len(copy.rows), happened=Happened.on("2025-12-24"))
    reseal(copy, LOG_KEY, WITNESSES)
    bad = copy.save()
    found = looked_at(made, tmp_path / "memory", bad)
    rows = saved(made, found, bad, tmp_path / "findings")

    one = next(row for row in rows if row.code == "SIGNATURE_BAD")
    assert one.result == PROVEN, one
    names = {path.name for path in (tmp_path / "findings" / one.folder).iterdir()}
    assert {"entry.bin", "entry.tlog-proof", "key-1.bin", "key-1.tlog-proof"} <= names

    good = tmp_path / "findings" / one.folder / "entry.bin"
    good.write_bytes(EvidenceCopy(made.whole).rows[-1].entry)
    assert check_findings(str(tmp_path / "findings"), parse_policy(made.policy))[0].result == OPEN


def test_an_entry_that_no_checkpoint_covers_is_shown_and_proves_nothing_to_others(made: Told, tmp_path: Path) -> None:
    copy = EvidenceCopy(made.whole)
    edit(copy, len(copy.rows), happened=Happened.on("2025-12-24"))
    bad = copy.save()
    rows = saved(made, looked_at(made, tmp_path / "memory", bad), bad, tmp_path / "findings")

    assert {one.result for one in rows} == {OPEN}
    assert {one.code for one in rows} >= {"SIGNATURE_BAD", "ROOT_MISMATCH"}
    assert SHOWN not in {one.result for one in rows}


INDEXES = [
    b"{}", b"[" * 10_000, b"\xff", b'{"format": "trail findings 1", "folders": ["../x"]}',
    b'{"format": "trail findings 1", "folders": ["001-A", "001-A"]}',
]  # fmt: skip


@pytest.mark.parametrize("index", INDEXES)
def test_an_index_that_is_none_is_refused(index: bytes, made: Told, tmp_path: Path) -> None:
    (tmp_path / "findings.json").write_bytes(index)
    with pytest.raises(CallerError):
        check_findings(str(tmp_path), parse_policy(made.policy))


def test_links_devices_and_large_files_are_refused(made: Told, tmp_path: Path) -> None:
    folder = rewriting(made, tmp_path)
    policy = parse_policy(made.policy)
    name = next(one.name for one in folder.iterdir() if "ROOT_MISMATCH" in one.name)
    (folder / name / NEWER).write_bytes(bytes((1 << 17) + 1))
    with pytest.raises(CallerError):
        check_findings(str(folder), policy)
    (folder / name / NEWER).unlink()
    os.symlink(folder / name / HELD, folder / name / NEWER)
    with pytest.raises(CallerError):
        check_findings(str(folder), policy)
    shutil.move(folder / name, folder / "elsewhere")
    os.symlink(folder / "elsewhere", folder / name)
    with pytest.raises(CallerError):
        check_findings(str(folder), policy)


def test_a_folder_is_never_written_over(made: Told, tmp_path: Path) -> None:
    bad = changed(made, made.log.reader.head().size)
    found = looked_at(made, tmp_path / "memory", made.whole, bad)
    (tmp_path / "findings").mkdir()
    with pytest.raises(CallerError):
        saved(made, found, bad, tmp_path / "findings")


# --- two memories ----------------------------------------------------------------------------------------------------


def told_to(made: Told, path: Path, *evidence: bytes) -> State:
    looked_at(made, path, *evidence)
    return State(path)


def result(one: State, other: State, evidence: bytes | None = None) -> str:
    with one, other:
        rows = compare(one, other, None if evidence is None else io.BytesIO(evidence))
        return rows[0].result if rows else ""


def test_two_memories_are_the_same_or_one_goes_on_from_the_other(made: Told, tmp_path: Path) -> None:
    first = told_to(made, tmp_path / "1", made.first)
    assert result(first, told_to(made, tmp_path / "2", made.first)) == SAME
    both = told_to(made, tmp_path / "3", made.first, made.whole)
    assert result(told_to(made, tmp_path / "1", made.first), both) == EXTENDS
    assert result(told_to(made, tmp_path / "3", made.first), told_to(made, tmp_path / "1", made.first)) == EXTENDS


def test_without_a_common_size_it_takes_the_evidence_to_tell(made: Told, tmp_path: Path) -> None:
    one, other = (
        (lambda: told_to(made, tmp_path / "1", made.first)),
        (lambda: told_to(made, tmp_path / "2", made.whole)),
    )
    assert result(one(), other()) == UNTOLD
    assert result(one(), other(), made.whole) == EXTENDS
    assert result(one(), other(), made.first) == UNTOLD, "it does not reach to the other's"


def test_a_log_that_tells_two_inspectors_two_things_is_a_fork(made: Told, tmp_path: Path) -> None:
    bad = changed(made, made.log.reader.head().size)
    with told_to(made, tmp_path / "1", made.whole) as one, told_to(made, tmp_path / "2", bad) as other:
        rows = compare(one, other)
    assert [row.result for row in rows] == [FORK]
    assert save_forks(str(tmp_path / "findings"), rows, None) == 1
    assert [row.result for row in check_findings(str(tmp_path / "findings"), parse_policy(made.policy))] == [PROVEN]


def test_a_fork_that_only_the_evidence_shows_is_proven_by_it(made: Told, tmp_path: Path) -> None:
    bad = changed(made, made.size, first=True)
    with told_to(made, tmp_path / "1", bad) as one, told_to(made, tmp_path / "2", made.whole) as other:
        assert [row.result for row in compare(one, other)] == [UNTOLD]
        rows = compare(one, other, io.BytesIO(made.whole))
    assert [row.result for row in rows] == [FORK]
    assert save_forks(str(tmp_path / "findings"), rows, io.BytesIO(made.whole)) == 1
    assert [row.result for row in check_findings(str(tmp_path / "findings"), parse_policy(made.policy))] == [PROVEN]


def test_a_third_log_s_evidence_accuses_nobody(made: Told, tmp_path: Path) -> None:
    """The evidence is nobody's word: where neither memory bears it out, it tells nothing."""
    one, other = told_to(made, tmp_path / "1", made.first), told_to(made, tmp_path / "2", made.whole)
    with told(History.random(9, size=10), 3) as strange:
        assert result(one, other, strange.whole) == UNTOLD


def test_a_witness_that_has_recorded_the_held_note_refuses_the_newer_one(made: Told, tmp_path: Path) -> None:
    """The proof is of the public protocol: another program checks it without knowing anything of ours."""
    folder = rewriting(made, tmp_path)
    files = next(one for one in folder.iterdir() if "ROOT_MISMATCH" in one.name)
    with Witness(":memory:", key_of("a third witness"), "w.example", [made.log.campus.log_key], new=True) as witness:
        witness.sign(format_request(0, [], (files / HELD).read_text()), NOW)
        with pytest.raises(WitnessRefused) as caught:
            witness.sign((files / CONSISTENCY).read_bytes(), NOW + 1)
        assert caught.value.status == 422
        assert witness.forks(), "and it keeps both as evidence"


def accused(log: Log, items: list[Item], policy: str, folder: Path) -> dict[str, str]:
    """What `check_findings` says, by code, of what was found in *items*."""
    found = verify(items, policy)
    save_findings(str(folder), found, parse_policy(policy), items)
    return {row.code: row.result for row in check_findings(str(folder), parse_policy(policy))}


def test_a_state_that_somebody_swapped_accuses_no_opaque_log(tmp_path: Path) -> None:
    log = filled()
    items = log.items(parts={3: [StateItem(b"not the state")]})
    assert accused(log, items, log.policy(), tmp_path / "findings") == {"STATE_ALTERED": SHOWN}


def test_an_entry_that_the_log_signed_for_and_that_is_none_is_proven(tmp_path: Path) -> None:
    log = filled()
    log.entries[2] += b"!"
    assert accused(log, log.items(), log.policy(), tmp_path / "findings")["ENTRY_MALFORMED"] == PROVEN


def test_an_entry_of_a_later_format_accuses_nobody(tmp_path: Path) -> None:
    """An older version of the verifier does not know it; that is no fault of the log."""
    log = Log()
    talk = log.talk()
    log.entries.append(encode_entry(edit_map(talk.data, format=2), talk.signatures, 1, NOW))
    log.parts.append(())
    later = accused(log, log.items(), log.policy(), tmp_path / "format")
    assert later["ENTRY_UNKNOWN_FORMAT"] == OPEN
    log.entries[-1] = encode(["later", 1])
    assert accused(log, log.items(), log.policy(), tmp_path / "kind")["ENTRY_UNKNOWN_FORMAT"] == OPEN
