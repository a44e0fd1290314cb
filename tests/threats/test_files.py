"""
Threats of group F, files and exports: each carried out, with its finding code or the honest "not shown".

`CASES` says for each what is done and what shows it; for what can't happen here (there is no archive, no markup of
records, no macro) it says why.  What a person reads is asserted in Chinese.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
import pytest
from tests.cli.kit import run
from tests.evidence.extract_kit import extract
from tests.evidence.extract_kit import written as extract_written
from tests.evidence.opaque_kit import OpaqueLog

from trail.aggregates import TalkHeld
from trail.application import Attachment, Choice, Scope
from trail.encoding import encode
from trail.errors import NoteError
from trail.evidence.file import (
    MAGIC,
    CheckpointItem,
    EntryItem,
    Header,
    Item,
    PartItem,
    header_bytes,
    write_evidence,
)
from trail.evidence.refusals import CODES
from trail.report.text import report_lines
from trail.signing import format_policy, parse_note
from trail.testing.campus import Campus
from trail.testing.stored import EvidenceCopy, positions_of
from trail.verify import Report, Verdict, verify

SRC = Path(__file__).resolve().parents[2] / "src" / "trail"
NOT_SHOWN = "not shown"


class Case(NamedTuple):
    """What the attacker does, what shows it (codes, or `NOT_SHOWN`), and why where that needs saying."""

    does: str
    code: str
    why: str = ""


CASES: dict[str, Case] = {
    "F1": Case("swaps an attachment for another file", "ATTACHMENT_ALTERED"),
    "F2": Case("leaves an attachment out", "ATTACHMENT_MISSING"),
    "F3": Case(
        "hands over a part as the whole: entries left out, the tail cut, an extract, a scope that says it is all, a "
        "unit's or a person's contents without the one talk that matters",
        "ENTRIES_REMOVED ROOT_MISMATCH FRAME_BROKEN EXTRACT SCOPE_CONTRADICTED",
        "a file that ends at an older checkpoint is intact for the positions that its headline names; `fresh`, a known "
        "checkpoint or a state shows that it is old. Of contents that are withheld, nobody else can tell whom they are "
        "about where the entry does not say it, nor whether the host keeps an attachment: `require bodies` and "
        "`require attachments` ask for them",
    ),
    "F4": Case(
        "hands over the scope of one person, without the entries that tell against them",
        "ROOT_MISMATCH",
        "a scope hides contents, never entries; an extract may leave any entry out, and says so (EXTRACT)",
    ),
    "F5": Case(
        "writes paths into names: ../x, absolute, drive letters, NUL",
        NOT_SHOWN,
        "no name in evidence is ever used as a path and nothing is extracted, so there is nothing to show",
    ),
    "F6": Case(
        "puts a pipe, a device or a link where a file is read or written",
        NOT_SHOWN,
        "evidence that is no plain file is refused before it is opened (exit code 2); exports are written under a new "
        "random name, never through a link",
    ),
    "F7": Case(
        "says one thing twice, so that two readers take two things (here: frames; no archive is read)",
        "FRAME_BROKEN CHECKPOINT_FORK PART_STRAY",
    ),
    "F8": Case(
        "announces more than is there (nothing is compressed, so there is no bomb)",
        "FRAME_BROKEN",
    ),
    "F9": Case(
        "brings an entry, a note or a stream that is too large or never ends",
        "FRAME_BROKEN CHECKPOINT_MALFORMED ENTRY_MALFORMED",
    ),
    "F10": Case(
        "changes the file between the first look at it and the verification",
        NOT_SHOWN,
        "the report is on the bytes that were verified and carries their SHA-256; there is no second look",
    ),
    "F11": Case(
        "lays a policy, a settings file or a module beside the evidence",
        NOT_SHOWN,
        "nothing is read but what the command line names; the report is the same to the byte",
    ),
    "F12": Case(
        "names an event so that a spreadsheet takes it for a formula",
        NOT_SHOWN,
        "the cell begins with an apostrophe; nothing is executed",
    ),
    "F13": Case(
        "writes markup into names",
        NOT_SHOWN,
        "the report is text; the one page there is, the witness's, escapes all that it did not make itself",
    ),
    "F14": Case(
        "writes terminal escapes and line ends into names and paths",
        NOT_SHOWN,
        "they are shown as \\u{1b}, and no line of the report begins with data",
    ),
    "F15": Case(
        "records a file with a macro",
        NOT_SHOWN,
        "attachments are hashed, never opened",
    ),
    "F16": Case(
        "hands over a report that says intact, or writes one into the evidence",
        "FRAME_BROKEN",
        "a report proves nothing; it carries root, policy and versions, and verifying again is the proof",
    ),
    "F17": Case(
        "writes XML with entities",
        NOT_SHOWN,
        "the library reads no XML; the example that does refuses a DOCTYPE (tests/examples)",
    ),
}
"""By id: what is done, what shows it, and the reason where nothing can."""


class World(NamedTuple):
    """A log with talks, one with an attachment; its evidence and policy."""

    campus: Campus
    evidence: bytes
    policy: str

    def copy(self) -> EvidenceCopy:
        return EvidenceCopy(self.evidence)

    def row_with_file(self, copy: EvidenceCopy) -> Any:
        return next(row for row in copy.rows if row.files)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        pdf = Attachment(b"%PDF-1.7 /OpenAction /JavaScript (app.alert)", "application/pdf", keep=True)
        for post, files in (("jia/secretary", [pdf]), ("yi/secretary", []), ("jia/secretary", [])):
            act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="谈话", happened=campus.now)
            campus.acting(post).record(act, attachments=files)
            campus.clock.tick(60)
        campus.anchor()
        yield World(campus, campus.trail.evidence(), campus.policy)


def closed(*frames: tuple[bytes, bytes]) -> bytes:
    """A file of frames with a right closing digest, whatever they hold."""
    data = MAGIC + b"".join(kind + len(payload).to_bytes(4, "big") + payload for kind, payload in frames)
    return data + b"Z" + (32).to_bytes(4, "big") + hashlib.sha256(data).digest()


def raw_header(origin: str) -> bytes:
    """A header of one entry that no writer of this library would write, as its bytes."""
    fields = {"entries": 1, "format": 1, "origin": origin, "scope": {"unit": origin}}
    data: bytes = msgpack.packb(fields)
    return data


def written(items: list[Item]) -> bytes:
    stream = io.BytesIO()
    write_evidence(stream, items)
    return stream.getvalue()


def zh(report: Report) -> str:
    return "\n".join(report_lines(report, "zh"))


def shows(case: str, report: Report, verdict: str, code: str, words: str) -> None:
    """The report has this verdict and code, which the table names, and reads so in Chinese, first and last."""
    assert code in CASES[case].code.split()
    assert report.verdict.value == verdict, dict(report.counts)
    assert code in report.counts, dict(report.counts)
    lines = zh(report).split("\n")
    assert lines[0] == lines[-1]
    assert lines[0].startswith({"altered": "结论：被改动", "inconclusive": "结论：无法判定"}[verdict])
    assert any(code in line and words in line for line in lines), lines


def test_the_baseline_is_intact_and_every_case_is_here(world: World) -> None:
    report = verify(world.evidence, world.policy)
    assert report.verdict is Verdict.INTACT
    assert zh(report).split("\n")[1].startswith("内容：正文出示 ")
    assert list(CASES) == [f"F{number}" for number in range(1, 18)]
    names = [name for name in globals() if name.startswith("test_F")]
    assert {name.split("_")[1] for name in names} == set(CASES), "a test for each case"
    for case in CASES.values():
        assert case.code == NOT_SHOWN or set(case.code.split()) <= set(CODES)
        assert case.why or case.code != NOT_SHOWN, "what does not show needs a reason"


# --- F1, F2: attachments -------------------------------------------------------------------------------------------


def test_F1_an_attachment_swapped(world: World, tmp_path: Path) -> None:
    copy = world.copy()
    world.row_with_file(copy).files[0].data = b"another file"
    shows("F1", verify(copy.save(), world.policy), "altered", "ATTACHMENT_ALTERED", "附件与记录中的摘要不符")
    position = positions_of(copy, "TalkHeld@1")[0]
    path = tmp_path / "x.extract"
    world.campus.trail.extract(path, Choice(positions=(position,)))
    data = path.read_bytes().replace(b"app.alert", b"app.alarm")
    data = data[:-32] + hashlib.sha256(data[:-37]).digest()
    shows("F1", verify(data, world.policy), "altered", "ATTACHMENT_ALTERED", "附件与记录中的摘要不符")


def test_F2_an_attachment_left_out(world: World) -> None:
    copy = world.copy()
    world.row_with_file(copy).files.clear()
    report = verify(copy.save(), world.policy)
    shows("F2", report, "inconclusive", "ATTACHMENT_MISSING", "附件既未出示，也无扣留说明")
    assert "附件出示 0，扣留 0，依法删除 0，缺失 1" in zh(report).split("\n")[1], "counted right under the verdict"


# --- F3, F4: parts passed off as the whole -------------------------------------------------------------------------


def test_F3_entries_left_out_of_the_end(world: World) -> None:
    copy = world.copy()
    del copy.rows[-2:]
    shows("F3", verify(copy.save(), world.policy), "altered", "ENTRIES_REMOVED", "有记录被删除")


def test_F3_entries_left_out_of_the_middle(world: World) -> None:
    copy = world.copy()
    del copy.rows[-2]
    shows("F3", verify(copy.save(), world.policy), "altered", "ENTRIES_REMOVED", "有记录被删除")
    copy = world.copy()
    copy.rows[-2] = copy.rows[-1]
    shows("F3", verify(copy.save(), world.policy), "altered", "ROOT_MISMATCH", "删除、插入或调换")


def test_F3_a_header_that_announces_more_than_follows(world: World) -> None:
    items = list(EvidenceCopy(world.evidence).items())
    items[0] = Header(world.campus.trail.origin, 10_000, {"all": True})
    shows("F3", verify(written(items), world.policy), "inconclusive", "FRAME_BROKEN", "损坏或被截断")


def test_F3_a_file_cut_short(world: World) -> None:
    for end in (20, len(world.evidence) // 2, len(world.evidence) - 1):
        report = verify(world.evidence[:end], world.policy)
        shows("F3", report, "inconclusive", "FRAME_BROKEN", "损坏或被截断")


def test_F3_a_scope_that_says_it_is_all(world: World) -> None:
    copy = EvidenceCopy(world.campus.trail.evidence(Scope(unit="jia")))
    copy.header = copy.header._replace(scope={"all": True})
    report = verify(copy.save(), world.policy)
    shows("F3", report, "inconclusive", "SCOPE_CONTRADICTED", "与其自称的范围不符")


def test_F3_a_unit_s_contents_without_one_of_its_talks(world: World) -> None:
    copy = EvidenceCopy(world.campus.trail.evidence(Scope(unit="jia")))
    at = next(at for at, row in enumerate(copy.rows, 1) if row.parts and row.record(at).statement.unit == "jia")
    assert verify(copy.save(), world.policy).verdict is Verdict.INTACT
    copy.rows[at - 1].parts[0].data = None
    report = verify(copy.save(), world.policy)
    shows("F3", report, "inconclusive", "SCOPE_CONTRADICTED", "与其自称的范围不符")
    assert [one.position for one in report.findings] == [at]


def test_F3_an_extract_in_place_of_the_whole(world: World, tmp_path: Path) -> None:
    path = tmp_path / "x.extract"
    world.campus.trail.extract(path, Choice(scope=Scope(unit="jia")))
    report = verify(path, world.policy)
    shows("F3", report, "inconclusive", "EXTRACT", "其余未出示；不证明齐全")
    assert report.extract is not None
    first = zh(report).split("\n")[0]
    assert first.startswith(f"结论：无法判定（摘录：{report.size} 条中出示 {report.extract.entries} 条")


def test_F3_a_file_that_ends_at_an_older_checkpoint_is_only_shown_by_what_is_held() -> None:
    """Honest limit: it is intact for what it names; an inspector who holds more, or asks for `fresh`, is told."""
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        campus.anchor()
        older = campus.trail.evidence()
        campus.set_time("2026-06-05 09:00")
        act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="谈话", happened=campus.now)
        campus.acting("jia/secretary").record(act)
        known = campus.anchor().cosigned
        now, policy = campus.clock.now(), campus.policy

    report = verify(older, policy, now=now)
    assert report.verdict is Verdict.INTACT
    assert "不晚于 2026-03-05 09:00:00 +08:00" in zh(report).split("\n")[0], "how old it is stands in the first line"
    assert "OLDER_THAN_KNOWN" in verify(older, policy, now=now, known=known).counts
    stale = verify(older, policy + "fresh 30\n", now=now)
    assert stale.verdict is Verdict.INCONCLUSIVE
    assert "ANCHOR_STALE" in stale.counts


def test_F4_a_person_s_scope_without_what_tells_against_them(world: World) -> None:
    person = world.campus.holder("jia/secretary")
    scoped = world.campus.trail.evidence(Scope(person=person))
    whole = verify(scoped, world.policy)
    assert whole.verdict is Verdict.INTACT
    assert whole.size == verify(world.evidence, world.policy).size, "every entry, whatever the scope"
    assert f'人员 "{person}"；范围之外的内容均已扣留' in zh(whole)
    copy = EvidenceCopy(scoped)
    mine = [n for n in positions_of(copy, "TalkHeld@1") if any(p.data for p in copy.rows[n - 1].parts)]
    copy.rows[mine[0] - 1] = copy.rows[mine[0]]
    shows("F4", verify(copy.save(), world.policy), "altered", "ROOT_MISMATCH", "删除、插入或调换")


# --- F5, F6: names and paths -----------------------------------------------------------------------------------------

PATHS = ("../escaped", "/tmp/escaped", "C:\\escaped", "..\\escaped", "CON", "a/../../escaped", "escaped\x00.txt")


@pytest.mark.parametrize("name", PATHS)
def test_F5_a_path_for_a_name_is_only_text(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    frames = [(b"H", raw_header(name)), (b"K", name.encode()), (b"E", name.encode()), (b"P", b"x")]
    (inside / "e.trail").write_bytes(closed(*frames))
    (inside / "policy").write_text("quorum none\n", encoding="utf-8")
    done = run("verify", "e.trail", "--policy", "policy", "--lang", "zh")

    assert done.code in (1, 3)
    assert done.out.startswith("结论：")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["e.trail", "inside", "policy"], "nothing was written"


def test_F6_a_pipe_or_a_device_is_refused_before_it_is_opened(tmp_path: Path, world: World) -> None:
    """A pipe that nobody writes to would be waited for: that this test ends is what it shows."""
    (tmp_path / "policy").write_text(world.policy, encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        done = run("verify", path, "--policy", tmp_path / "policy", "--lang", "zh")
        assert (done.code, done.out) == (2, "")
        assert "FILE_UNREADABLE" in done.err


def test_F6_a_link_is_read_as_what_it_points_to_and_nothing_is_written_through_one(
    tmp_path: Path, world: World
) -> None:
    (tmp_path / "policy").write_text(world.policy, encoding="utf-8")
    (tmp_path / "evidence").write_bytes(world.evidence)
    (tmp_path / "link").symlink_to(tmp_path / "evidence")
    assert run("verify", tmp_path / "link", "--policy", tmp_path / "policy").code == 0
    precious = tmp_path / "precious"
    precious.write_bytes(b"secret")
    (tmp_path / "e.trail.part").symlink_to(precious)
    world.campus.trail.export(tmp_path / "e.trail")
    assert precious.read_bytes() == b"secret"


# --- F7 to F9: twice, too much, without end --------------------------------------------------------------------------


def test_F7_a_second_header_and_a_part_twice(world: World) -> None:
    items = list(EvidenceCopy(world.evidence).items())
    shows("F7", verify(written([items[0], *items]), world.policy), "inconclusive", "FRAME_BROKEN", "损坏或被截断")
    at = next(n for n, item in enumerate(items) if isinstance(item, PartItem))
    report = verify(written([*items[:at], items[at], *items[at:]]), world.policy)
    shows("F7", report, "inconclusive", "PART_STRAY", "不属于任何记录")


def test_F7_two_checkpoints_of_one_size(world: World) -> None:
    """The log's own key has signed both: whoever reads the first and whoever reads the last see different logs."""
    from trail.merkle import Checkpoint, format_checkpoint, parse_checkpoint
    from trail.signing import format_note, sign_note
    from trail.testing.campus import key_of

    items = list(EvidenceCopy(world.evidence).items())
    note = next(item.note for item in items if isinstance(item, CheckpointItem)).decode()
    true = parse_checkpoint(parse_note(note).text)
    text = format_checkpoint(Checkpoint(true.origin, true.size, bytes(32)))
    other = format_note(text, [sign_note(text, true.origin, key_of("log"))])
    for order in ((note, other), (other, note)):
        made = [items[0], *(CheckpointItem(one.encode()) for one in order), *items[2:]]
        report = verify(written(made), world.policy)
        shows("F7", report, "altered", "CHECKPOINT_FORK", "两个不同的校验点（分叉）")


def test_F8_lengths_are_believed_by_nobody(world: World) -> None:
    for kind, announced in ((b"A", 1 << 26), (b"P", 1 << 20), (b"E", 65_535), (b"A", (1 << 32) - 1), (b"E", 65_536)):
        first = b"H" + len(HEADER).to_bytes(4, "big") + HEADER
        entry = b"E" + (1).to_bytes(4, "big") + b"x" if kind != b"E" else b""
        data = MAGIC + first + entry + kind + announced.to_bytes(4, "big") + b"short"
        shows("F8", verify(data, world.policy), "inconclusive" if kind == b"E" else "altered", "FRAME_BROKEN", "损坏")


HEADER = header_bytes(Header("trail.example/some-university", 3, {"all": True}))


def test_F9_a_stream_that_never_ends(world: World) -> None:
    class Endless(io.RawIOBase):
        """The header, then one frame again and again."""

        def __init__(self, frame: bytes) -> None:
            self.ahead, self.frame, self.given = (
                world.evidence[:17] + b"H" + len(HEADER).to_bytes(4, "big") + HEADER,
                frame,
                0,
            )

        def read(self, size: int = -1) -> bytes:
            while len(self.ahead) < size:
                self.given += 1
                assert self.given < 50_000, "it was read on and on"
                self.ahead += self.frame
            out, self.ahead = self.ahead[:size], self.ahead[size:]
            return out

    for kind in (b"K", b"E", b"H"):
        report = verify(Endless(kind + (4).to_bytes(4, "big") + b"note"), world.policy)  # type: ignore[arg-type]
        assert report.verdict is not Verdict.INTACT
        assert "FRAME_BROKEN" in report.counts
        assert "损坏或被截断" in zh(report)


def test_F9_a_note_of_a_thousand_signatures(world: World) -> None:
    items = list(EvidenceCopy(world.evidence).items())
    note = next(item.note for item in items if isinstance(item, CheckpointItem))
    line = note.split(b"\n\n", 1)[1].split(b"\n")[0]
    items[1] = CheckpointItem(note + b"".join(line + b"\n" for _ in range(400)))
    report = verify(written(items), world.policy)
    shows("F9", report, "inconclusive", "CHECKPOINT_MALFORMED", "校验点无法读取")


def test_F9_an_entry_of_a_hundred_signatures(world: World) -> None:
    entry = encode(["act", b"\x80", [bytes(64)] * 100, 1, 1_772_668_800])
    data = written([Header(world.campus.trail.origin, 1, {"all": True}), EntryItem(entry)])
    shows("F9", verify(data, world.policy), "altered", "ENTRY_MALFORMED", "不成其为记录")


def test_F9_ten_thousand_findings_are_counted_and_not_all_kept(world: World) -> None:
    rows = [EntryItem(b"\xc0")] * 10_000
    report = verify(written([Header(world.campus.trail.origin, 10_000, {"all": True}), *rows]), world.policy)
    assert report.counts["ENTRY_MALFORMED"] == 10_000
    assert len(report.findings) < 200
    assert len(zh(report)) < 20_000


# --- F10, F11: when and whence -----------------------------------------------------------------------------------


def test_F10_a_file_that_changes_is_reported_as_it_was_verified(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look at the file only tells a database apart; whatever comes later is what is judged and named."""
    from trail.cli import verify_cmd

    good, bad = tmp_path / "evidence", world.evidence.replace("谈话".encode(), "谎话".encode())
    (tmp_path / "policy").write_text(world.policy, encoding="utf-8")
    look = verify_cmd.is_database

    def swapping(path: str, *rest: Any) -> bool:
        found = look(path, *rest)
        good.write_bytes(bad)
        return found

    for swap in (False, True):
        good.write_bytes(world.evidence)
        if swap:
            monkeypatch.setattr(verify_cmd, "is_database", swapping)
        done = run("verify", good, "--policy", tmp_path / "policy", "--json")
        shown = json.loads(done.out)
        used = bad if swap else world.evidence
        assert shown["inputs"]["evidence_sha256"] == hashlib.sha256(used).hexdigest()
        assert shown["verdict"] == ("inconclusive" if swap else "intact") or shown["verdict"] == "altered"
        assert (done.code == 0) is not swap


def test_F10_a_file_becomes_a_database_behind_the_first_look(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trail.cli import verify_cmd

    path = tmp_path / "evidence"
    path.write_bytes(b"SQLite format 3\x00" + bytes(500))
    (tmp_path / "policy").write_text(world.policy, encoding="utf-8")
    for answer, content in ((False, path.read_bytes()), (True, world.evidence)):
        path.write_bytes(content)
        monkeypatch.setattr(verify_cmd, "is_database", lambda *_, answer=answer: answer)
        done = run("verify", path, "--policy", tmp_path / "policy", "--lang", "zh")
        assert done.code == 3
        assert done.out.startswith("结论：无法判定")


STOP = "raise SystemExit(0)\n"
PLANTED = {
    "policy": "quorum none\n", "trail.toml": "policy = 'mine'\n", ".trailrc": "policy mine\n", "known": "x\n",
    "state": "x\n", "pyproject.toml": "[tool.trail]\n", "trail.py": STOP, "msgpack.py": STOP, "sitecustomize.py": STOP,
}  # fmt: skip


def test_F11_nothing_beside_the_evidence_is_read(tmp_path: Path, world: World) -> None:
    """The installed command, run where the sender has laid out settings, a policy and modules of their own."""
    outside = tmp_path / "mine"
    outside.write_text(world.policy, encoding="utf-8")
    bare, planted = tmp_path / "bare", tmp_path / "planted"
    for folder in (bare, planted):
        folder.mkdir()
        (folder / "evidence").write_bytes(world.evidence)
    for name, content in PLANTED.items():
        (planted / name).write_text(content, encoding="utf-8")
    command = Path(sys.executable).with_name("trail")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TRAIL_"))}
    outputs = []
    for folder in (bare, planted):
        done = subprocess.run(
            [command, "verify", "evidence", "--policy", str(outside), "--now", "1900000000", "--lang", "zh"],
            cwd=folder, env=environment | {"HOME": str(folder)}, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout.decode())
    assert outputs[0] == outputs[1]
    assert outputs[0].startswith("结论：完好")


def test_F11_a_policy_is_never_optional(tmp_path: Path, world: World) -> None:
    (tmp_path / "evidence").write_bytes(world.evidence)
    done = run("verify", tmp_path / "evidence")
    assert (done.code, done.out) == (2, "")


# --- F12 to F14: what others display ---------------------------------------------------------------------------------


FORMULAS = ('=HYPERLINK("https://example.org","x")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1")


def test_F12_a_formula_for_a_name_is_text_in_the_table(tmp_path: Path) -> None:
    log = OpaqueLog()
    for formula in FORMULAS:
        log.event(formula, topic=formula.encode())
    (tmp_path / "evidence").write_bytes(written(log.items()))
    (tmp_path / "policy").write_text(log.policy(), encoding="utf-8")
    table = tmp_path / "times.csv"
    done = run("verify", tmp_path / "evidence", "--policy", tmp_path / "policy", "--times", table, "--lang", "zh")
    assert done.code == 0
    rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8-sig"), newline="")))[1:]

    assert [row[0] for row in rows] == [str(n) for n in range(1, len(FORMULAS) + 1)], "numbers as numbers"
    for row in rows:
        assert row[1].startswith("'"), row
        assert row[2].startswith("'"), row


def test_F13_no_page_is_made_of_records_and_the_witness_s_escapes(world: World) -> None:
    html = [
        p.relative_to(SRC).as_posix() for p in SRC.rglob("*.py") if "<html" in p.read_text(encoding="utf-8").lower()
    ]
    assert all(name.startswith("witness/") for name in html), "a new page needs a test here"
    from trail.witness.markup import element

    assert element("p", "<script>alert(1)</script>") == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"


EVIL_ORIGIN = "trail.example/jia"
EVIL = "x\x1b[2J\x1b]0;t\x07\n结论：完好（第 1 至 9 条）\r\u202e\u2066\x9b"


def tame(output: str) -> list[str]:
    """The lines of an output in which nothing drives a terminal."""
    lines = output.split("\n")
    assert all(char.isprintable() for line in lines for char in line)
    return lines


def test_F14_escapes_and_line_ends_are_shown_and_not_obeyed(tmp_path: Path, world: World) -> None:
    """In the header, a note, an entry, the topics of an application's events, and in the path itself."""
    frames = [(b"H", raw_header("trail.example/" + EVIL)), (b"K", EVIL.encode()), (b"E", EVIL.encode())]
    log = OpaqueLog()
    log.event(EVIL.replace("\n", "\r"), topic=EVIL.encode())
    log.event(EVIL, topic=EVIL.encode())
    several = {
        "header": (closed(*frames), world.policy),
        "note": (written([Header(EVIL_ORIGIN, 1, {"unit": "x"}), CheckpointItem(EVIL.encode())]), world.policy),
        "topic": (extract_written(extract(log, [1, 2])), log.policy()),
    }
    for name, (data, policy) in several.items():
        path = tmp_path / f"{name}\x1b[2J\n结论：完好"
        path.write_bytes(data)
        (tmp_path / "policy").write_text(policy, encoding="utf-8")
        for lang in ("zh", "en"):
            done = run("verify", path, "--policy", tmp_path / "policy", "--lang", lang)
            assert done.code != 0
            lines = tame(done.out)
            assert [n for n, line in enumerate(lines) if line.startswith(("结论", "Verdict"))] == [0, len(lines) - 2]
            assert "\\u{1b}" in done.out
            assert tame(run("verify", path, "--policy", tmp_path / "policy", "--json").out)
    missing = run("verify", f"{tmp_path}/no\x1b[2J\nsuch", "--policy", tmp_path / "policy")
    assert missing.code == 2
    assert "\\u{1b}" in missing.err
    tame(missing.err)
    database = world.campus.copy_database(tmp_path / "log.db")
    told = run("export", database, "--out", tmp_path / "out\x1b[2J\n结论：完好", "--lang", "zh")
    assert told.code == 0
    assert len(tame(told.out)) == 2, "one line and its end"


# --- F15 to F17: contents, reports, formats --------------------------------------------------------------------------


def test_F15_a_file_with_a_macro_is_hashed_and_nothing_else(world: World, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    report = verify(world.evidence, world.policy)
    assert (report.verdict, report.attachments.shown) == (Verdict.INTACT, 1)
    assert "附件出示 1" in zh(report).split("\n")[1]
    assert "app.alert" not in zh(report)
    assert list(tmp_path.iterdir()) == []


def test_F16_a_report_is_no_evidence_and_evidence_writes_no_report(world: World, tmp_path: Path) -> None:
    genuine = verify(world.evidence, world.policy, now=1_900_000_000)
    for forged in (zh(genuine).encode(), json.dumps(genuine.to_json()).encode()):
        shows("F16", verify(forged, world.policy), "inconclusive", "FRAME_BROKEN", "损坏或被截断")
    again = verify(world.evidence, world.policy, now=1_900_000_000)
    assert again.to_json() == genuine.to_json(), "verifying again is the proof"
    text = zh(genuine)
    assert genuine.root.hex() in text
    assert hashlib.sha256(world.policy.encode()).hexdigest() in text
    assert "trail 0." in text
    assert "一份写着“完好”的文本不是证明" in text
    other = verify(world.evidence, format_policy(logs=[world.campus.log_key]), now=1_900_000_000)
    assert other.policy_digest != genuine.policy_digest, "under another policy it is another report"


def test_F17_the_library_reads_no_xml_no_archive_and_no_pickles() -> None:
    """XXE, two members of one name, bombs: what is not read can't do harm; a new import needs a test here."""
    dangerous = {
        "xml",
        "zipfile",
        "tarfile",
        "gzip",
        "bz2",
        "lzma",
        "zlib",
        "pickle",
        "marshal",
        "shelve",
        "yaml",
        "openpyxl",
    }
    found = {}
    for path in SRC.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        if hit := {name.partition(".")[0] for name in names} & dangerous:
            found[path.relative_to(SRC).as_posix()] = hit
    assert found == {}


# --- the policy, which is the inspector's own file --------------------------------------------------------------------

POLICIES: dict[str, Callable[[str], str]] = {
    "cut short": lambda text: text[:-1],
    "a word that nobody knows": lambda text: text + "skip signatures\n",
    "no quorum": lambda text: "".join(line for line in text.splitlines(True) if not line.startswith("quorum")),
    "windows line ends": lambda text: text.replace("\n", "\r\n"),
    "the evidence itself": lambda text: "trail evidence 1\n",
    "nothing": lambda text: "",
}


@pytest.mark.parametrize("change", POLICIES.values(), ids=POLICIES)
def test_F11_a_policy_that_is_half_understood_is_refused(
    change: Callable[[str], str], world: World, tmp_path: Path
) -> None:
    (tmp_path / "evidence").write_bytes(world.evidence)
    (tmp_path / "policy").write_bytes(change(world.policy).encode())
    done = run("verify", tmp_path / "evidence", "--policy", tmp_path / "policy", "--lang", "zh")
    assert (done.code, done.out) == (2, "")


def test_F16_a_known_checkpoint_that_came_with_the_evidence_is_one_of_the_policy_s_logs_or_none(world: World) -> None:
    with pytest.raises(NoteError):
        verify(world.evidence, world.policy, known="trail.example/other\n1\nAAAA\n\n")
