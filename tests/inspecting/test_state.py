"""The memory itself: alarms, damage, what moves it on and what does not, two verifications at once."""

from __future__ import annotations

import io
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgpack import packb, unpackb
from tests.evidence.kit import Log, witness_key
from tests.inspecting.kit import NOW, Told, again, remembered, told
from tests.laws.kit import LOG_KEY, WITNESSES

from trail.errors import CallerError, StoreFailed
from trail.evidence.file import EntryItem, Header, Item, PartItem, read_evidence, write_evidence
from trail.inspecting import State, inspect
from trail.inspecting.damage import StateDamaged
from trail.inspecting.inspection import Inspection, Recording, StateMemory, _remember, audited, size_and_root
from trail.report.text import headline, report_lines
from trail.signing import COSIGNATURE_ED25519, NoteKey, format_policy, parse_policy
from trail.testing.campus import key_of
from trail.testing.history import History
from trail.testing.stored import EvidenceCopy, record_of
from trail.testing.tamper import edit_entry, reseal, truncate
from trail.verify import Verdict, Verification, verify


@pytest.fixture(scope="module")
def made() -> Iterator[Told]:
    with told(History.random(4, size=14), 6) as t:
        yield t


@pytest.fixture
def path(made: Told, tmp_path: Path) -> Path:
    return remembered(made, tmp_path / "memory")


def rewritten(made: Told, whole: bytes | None = None, *, at: int | None = None) -> bytes:
    """The log rewritten at one position (default: the last) by somebody who holds every key of the log."""
    copy = EvidenceCopy(whole or made.whole)
    position = at or len(copy.rows)
    edit_entry(copy, position, recorded=record_of(copy, position).recorded + 1)
    reseal(copy, LOG_KEY, WITNESSES)
    return copy.save()


def light(evidence: bytes, made: Told, path: Path) -> Inspection:
    with State(path) as state:
        return inspect(evidence, made.policy, state, now=NOW + 1)


# --- alarms ----------------------------------------------------------------------------------------------------------


def test_a_fork_is_an_alarm_that_is_repeated_until_it_is_answered(made: Told, path: Path) -> None:
    bad = rewritten(made)
    assert verify(bad, made.policy, now=NOW).verdict is Verdict.INTACT, "nobody sees it without a memory"

    assert light(made.whole, made, path).report.verdict is Verdict.INTACT
    found = light(bad, made, path)
    assert found.report.verdict is Verdict.ALTERED
    assert {one.kind for one in found.alarms} == {"fork", "rewritten"}
    fork = next(one for one in found.alarms if one.kind == "fork")
    assert fork.held != fork.other
    assert fork.size == found.report.size

    later = light(made.whole, made, path)  # the log shows its first face again
    assert later.report.verdict is Verdict.ALTERED
    assert set(later.report.counts) >= {"ALARM_OPEN"}
    assert later.alarms == ()

    with State(path) as state:
        numbers = [one.number for one in state.alarms(made.log.origin)]
        with pytest.raises(CallerError):
            state.acknowledge(numbers[0], "  ", NOW)
        with pytest.raises(CallerError):
            state.acknowledge(10**6, "……", NOW)
        for number in numbers:
            state.acknowledge(number, "已向主管机关报告", NOW + 2)
        with pytest.raises(CallerError):
            state.acknowledge(numbers[0], "again", NOW)
        kept = [one.alarm for one in state.alarms(made.log.origin)]
    assert {one.reason for one in kept} == {"已向主管机关报告"}
    assert light(made.whole, made, path).report.verdict is Verdict.INTACT


def test_entries_that_no_signed_note_covers_are_altered_and_no_alarm(made: Told, path: Path) -> None:
    """Anybody can write them: they accuse nobody, and the honest log's next verification is not spoilt."""
    copy = EvidenceCopy(made.whole)
    edit_entry(copy, made.size, recorded=record_of(copy, made.size).recorded + 1)
    copy.notes = []
    found = light(copy.save(), made, path)

    assert found.report.verdict is Verdict.ALTERED
    assert "ROOT_MISMATCH" in found.report.counts
    assert found.alarms == ()
    assert found.remembered is None
    assert "contradicts itself" not in headline(found.report, "en")
    assert "自相矛盾" not in headline(found.report, "zh")
    with State(path) as state:
        assert state.alarms(made.log.origin) == []
    assert light(made.whole, made, path).report.verdict is Verdict.INTACT


def test_rewritten_entries_that_a_later_signed_note_covers_are_an_alarm(made: Told, path: Path) -> None:
    copy = EvidenceCopy(rewritten(made, at=made.size))
    copy.notes = copy.notes[-1:]
    found = light(copy.save(), made, path)

    assert size_and_root(copy.notes[0].encode())[0] > made.size
    assert [(one.kind, one.size, one.other) for one in found.alarms] == [
        ("rewritten", made.size, copy.notes[0].encode())
    ]
    assert "ALARM: the log contradicts itself" in headline(found.report, "en")


def test_rows_that_no_signed_note_covers_are_no_alarm_in_a_database_either(made: Told, path: Path) -> None:
    """What the audit reports, as far as the memory reads it."""
    copy = EvidenceCopy(made.whole)
    edit_entry(copy, made.size, recorded=record_of(copy, made.size).recorded + 1)
    copy.notes = []
    policy = parse_policy(made.policy)
    with State(path) as state:
        memory = StateMemory(state, policy)
        run = Verification(policy, memory=memory, now=NOW + 1, database=True)
        found = audited(state, memory, run.run(copy.items()))
        assert (found.report.kind, found.report.verdict) == ("database", Verdict.ALTERED)
        assert found.alarms == ()
        assert state.alarms(made.log.origin) == []


# --- what moves it on ------------------------------------------------------------------------------------------------


def snapshot(path: Path, table: str = "checkpoint") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall()


def test_an_altered_verdict_moves_nothing_on_but_the_alarms(made: Told, path: Path) -> None:
    tables = ("checkpoint", "deep", "registry", "bucket")
    before = [snapshot(path, table) for table in tables]
    found = again(rewritten(made, at=made.size), made, path)

    assert found.remembered is None
    assert found.kept == 0
    assert [snapshot(path, table) for table in tables] == before
    assert snapshot(path, "alarm")


def test_a_file_that_breaks_off_is_not_remembered(made: Told, tmp_path: Path) -> None:
    with State(tmp_path / "memory", create=True) as state:
        found = inspect(made.whole[:-40], made.policy, state, now=NOW, new_only=True)
        assert found.report.verdict is Verdict.INCONCLUSIVE
        assert found.remembered is None
        assert state.origins() == [] or state.checkpoints(made.log.origin) == []


def test_an_older_file_is_merely_older_and_a_remembered_checkpoint_anchors_up_to_its_size(
    made: Told, tmp_path: Path
) -> None:
    with State(tmp_path / "memory", create=True) as state:
        inspect(made.whole, made.policy, state, now=NOW)
        older = inspect(made.first, made.policy, state, now=NOW + 1)
        assert set(older.report.counts) >= {"OLDER_THAN_KNOWN"}
        assert older.report.verdict is Verdict.INCONCLUSIVE
        copy = EvidenceCopy(made.whole)
        copy.notes = []  # whoever exports it brings no checkpoint at all
        bare = inspect(copy.save(), made.policy, state, now=NOW + 2)
    assert verify(copy.save(), made.policy, now=NOW).anchored == 0
    assert bare.report.anchored == bare.report.size


def test_a_verdict_that_rests_on_what_is_held_says_so(tmp_path: Path) -> None:
    log = Log()
    policy = log.policy(witnesses={"dic": witness_key("dic")}, quorum="dic")
    held = log.checkpoint(cosigned={"dic": NOW - 100})
    whole, bare = io.BytesIO(), io.BytesIO()
    write_evidence(whole, log.items([held]))
    write_evidence(bare, log.items())
    with State(tmp_path / "memory", create=True) as state:
        seen = inspect(whole.getvalue(), policy, state, now=NOW).report
        later = inspect(bare.getvalue(), policy, state, now=NOW + 1).report
    known = verify(bare.getvalue(), policy, known=held, now=NOW)
    for report in (later, known):
        assert (report.verdict, report.anchored, report.anchored_held) == (Verdict.INTACT, report.size, True)
        assert report.to_json()["anchored_held"] is True
        for lang, words, wrong in (("en", "by a checkpoint that you hold", "no witness"),
                                   ("zh", "凭您所持的校验点", "无见证")):  # fmt: skip
            text = "\n".join(report_lines(report, lang))
            assert words in headline(report, lang)
            assert text.count(words) == 3, "headline, overview, headline"
            assert wrong not in text
    assert not seen.anchored_held
    assert "that you hold" not in "\n".join(report_lines(seen, "en"))


def test_a_log_of_which_nothing_could_be_remembered_is_none_that_is_known(made: Told, tmp_path: Path) -> None:
    stream = io.BytesIO()
    write_evidence(stream, [Header("evil.example/unknown", 1, {"all": True}), EntryItem(b"\x91\xa3xct")])
    with State(tmp_path / "memory", create=True) as state:
        found = inspect(stream.getvalue(), made.policy, state, now=NOW)
        assert found.report.verdict is Verdict.INCONCLUSIVE
        assert state.origins() == []


def test_what_no_quorum_has_seen_is_compared_but_anchors_nothing(made: Told, tmp_path: Path) -> None:
    copy = EvidenceCopy(made.whole)
    copy.notes = [note.split("\n— dic.example")[0] + "\n" if "dic.example" in note else note for note in copy.notes]
    bare = copy.save()
    with State(tmp_path / "memory", create=True) as state:
        for _ in range(2):
            found = inspect(bare, made.policy, state, now=NOW)
            assert found.report.anchored == 0, "to look twice makes nothing more certain"
            assert found.report.verdict is Verdict.INCONCLUSIVE
        assert not any(one.quorum for one in state.checkpoints(made.log.origin))
        fork = inspect(rewritten(made, bare), made.policy, state, now=NOW + 1)
    assert fork.report.verdict is Verdict.ALTERED


def test_a_witness_who_is_trusted_no_more_anchors_nothing_of_what_is_remembered(made: Told, tmp_path: Path) -> None:
    campus = made.log.campus
    other = NoteKey("other.example", COSIGNATURE_ED25519, key_of("another witness").public.raw)
    today = format_policy(
        logs=[campus.log_key], witnesses={"w": other}, quorum="w", genesis=[made.log.genesis()]
    )  # fmt: skip
    with State(tmp_path / "memory", create=True) as state:
        assert inspect(made.whole, made.policy, state, now=NOW).report.verdict is Verdict.INTACT
        found = inspect(made.whole, today, state, now=NOW + 1)
        assert (found.report.anchored, found.report.verdict) == (0, Verdict.INCONCLUSIVE)
        fork = inspect(rewritten(made), today, state, now=NOW + 2)
    assert fork.report.verdict is Verdict.ALTERED, "compared it is all the same"


def test_another_policy_or_verifier_judges_everything_again(
    made: Told, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campus = made.log.campus
    other = format_policy(
        logs=[campus.log_key], witnesses={"w": campus.witness_key}, quorum="w", genesis=[made.log.genesis()]
    )
    found = again(made.whole, made, path, policy=other)
    assert found.report.resumed is None
    assert found.again == "the policy is another than then"
    assert again(made.continued, made, path).report.counts.get("PAST_UNKNOWN") == 1, "it is the other policy's now"

    monkeypatch.setattr("trail.inspecting.inspection.__version__", "99")
    found = again(made.whole, made, path, policy=other)
    assert (found.report.resumed, found.again) == (None, "the verifier is another version than then")
    assert found.report.verdict is Verdict.INTACT


def test_a_continuation_from_elsewhere_says_what_to_ask_for(made: Told, path: Path) -> None:
    found = again(made.log.evidence(since=made.size - 1), made, path)

    unknown = next(one for one in found.report.findings if one.code == "PAST_UNKNOWN")
    assert (unknown.expected, unknown.found) == (made.size, made.size - 1)
    assert found.report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("changed", [None, b"another", b""], ids=["as exported", "a part replaced", "parts left out"])
def test_a_continuation_from_before_what_was_judged_is_refused(changed: bytes | None, made: Told, path: Path) -> None:
    """What lies beside the entries between would be shown, and compared with nothing."""
    end = made.log.reader.head().size
    assert again(made.whole, made, path).kept == end
    items: list[Item] = []
    hit = 0
    for item in read_evidence(io.BytesIO(made.continued)):
        if changed is not None and isinstance(item, PartItem) and item.data is not None:
            hit += 1
            if not changed:
                continue
            item = PartItem(changed)
        items.append(item)
    assert hit or changed is None
    stream = io.BytesIO()
    write_evidence(stream, items)
    before = path.read_bytes()
    for new_only in (True, False):
        with State(path) as state:
            found = inspect(stream.getvalue(), made.policy, state, now=NOW + 1, new_only=new_only)
        unknown = next(one for one in found.report.findings if one.code == "PAST_UNKNOWN")
        assert (unknown.expected, unknown.found) == (end, made.size), "the size to ask for"
        assert found.report.verdict is Verdict.INCONCLUSIVE
    assert path.read_bytes() == before


def test_a_truncated_log_is_found_by_the_memory(made: Told, tmp_path: Path) -> None:
    copy = EvidenceCopy(made.whole)
    truncate(copy, made.size - 1)
    with State(tmp_path / "memory", create=True) as state:
        inspect(made.whole, made.policy, state, now=NOW)
        assert "OLDER_THAN_KNOWN" in inspect(copy.save(), made.policy, state, now=NOW).report.counts


# --- damage ----------------------------------------------------------------------------------------------------------

COLUMNS = [
    ("checkpoint", "root"), ("checkpoint", "note"), ("checkpoint", "size"), ("checkpoint", "quorum"),
    ("deep", "content"), ("registry", "entry"), ("registry", "position"), ("bucket", "content"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda name: name)
def test_a_memory_that_changed_by_itself_is_refused(table: str, column: str, made: Told, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        (value,) = db.execute(f"SELECT {column} FROM {table} LIMIT 1").fetchone()
        changed = -value if isinstance(value, int) else value[:-1] + bytes([value[-1] ^ 1])
        db.execute(f"UPDATE {table} SET {column} = ?", (changed,)) if table == "bucket" else db.execute(
            f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})", (changed,)
        )
    before = path.read_bytes()
    with pytest.raises(StateDamaged):
        again(made.whole, made, path)
    assert path.read_bytes() == before


def test_a_changed_value_that_still_reads_well_is_refused(made: Told, path: Path) -> None:
    """Without the digest of its bucket it would be believed: another version of every stream."""
    with closing(sqlite3.connect(path)) as db, db:
        rows = db.execute("SELECT number, content FROM bucket WHERE name = 'stream'").fetchall()
        for number, content in rows:
            values = {
                key: (int.from_bytes(value, "big") + 1).to_bytes(8, "big") for key, value in unpackb(content).items()
            }
            db.execute("UPDATE bucket SET content = ? WHERE name = 'stream' AND number = ?", (packb(values), number))
    with pytest.raises(StateDamaged):
        again(made.whole, made, path)


def test_a_lost_row_is_damage_and_no_empty_answer(made: Told, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM bucket WHERE name = 'event'")
    with pytest.raises(StateDamaged):
        again(made.whole, made, path)


def test_every_flipped_byte_of_the_file_is_refused_or_changes_nothing(made: Told, path: Path) -> None:
    """The control of the digests: no flipped bit of the memory leads to another answer than the truth."""
    whole = path.read_bytes()
    truth = again(made.whole, made, _write(path.with_name("truth"), whole)).report
    for at in range(0, len(whole), 1201):
        flipped = bytearray(whole)
        flipped[at] ^= 0x10
        try:
            found = again(made.whole, made, _write(path.with_name("flipped"), bytes(flipped))).report
        except (CallerError, StoreFailed):
            continue
        assert (found.verdict, found.root, found.anchored) == (truth.verdict, truth.root, truth.anchored), at


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


# --- two at once -----------------------------------------------------------------------------------------------------


def test_two_verifications_on_one_memory_take_turns(made: Told, path: Path) -> None:
    found: list[Inspection] = []
    faults: list[BaseException] = []

    def run(evidence: bytes) -> None:
        try:
            found.append(again(evidence, made, path))
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in (made.whole, made.continued) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    judged = [one for one in found if "PAST_UNKNOWN" not in one.report.counts]
    assert {one.report.verdict for one in judged} == {Verdict.INTACT}
    assert len(judged) >= 3, "only a continuation may come too late, from before what was judged meanwhile"
    after = again(made.whole, made, path)
    assert after.report.resumed is not None
    assert after.report.resumed.size == after.report.size


def test_whoever_comes_second_compares_with_what_the_first_has_left(made: Told, tmp_path: Path) -> None:
    """Both begin with an empty memory, and each is shown another face of the log."""
    path = tmp_path / "memory"
    with State(path, create=True) as one, State(path) as other:
        policy = parse_policy(made.policy)
        runs = []
        for state, evidence in ((one, made.whole), (other, rewritten(made))):
            run = Recording(policy, StateMemory(state, policy, deep=True), now=NOW)

            runs.append((state, run, run.run(read_evidence(io.BytesIO(evidence)))))
        done = [_remember(state, run, report, "", True) for state, run, report in runs]

        assert [len(row.alarms) > 0 for row in done] == [False, True]
        assert one.alarms(made.log.origin)


def test_a_memory_is_written_whole_or_not_at_all(made: Told, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("trail.inspecting.inspection.write_head", fail)
    with pytest.raises(StoreFailed):
        again(made.whole, made, path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name], "and no journal is left beside it"
