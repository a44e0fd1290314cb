"""``trail verify``: the exit codes, the languages, the streams, and what is loaded."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.kit import SRC, TALK, Site, found

NOW = 1_900_000_000


def verify(site: Site, *more: object, evidence: Path | None = None) -> Any:
    return site.run("verify", evidence or site.evidence, "--policy", site.policy, "--now", NOW, *more)


def changed(site: Site, *statements: str) -> Path:
    """A copy of the database, changed by an administrator."""
    copy = site.path / "copy.db"
    source = sqlite3.connect(site.db)
    target = sqlite3.connect(copy)
    source.backup(target)
    source.close()
    for trigger in target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        target.execute(f'DROP TRIGGER "{trigger[0]}"')
    for statement in statements:
        target.execute(statement)
    target.commit()
    target.close()
    return copy


@pytest.mark.parametrize("what", ["evidence", "db"])
def test_intact_is_exit_code_0(built: Site, what: str) -> None:
    done = verify(built, evidence=getattr(built, what))

    assert done.code == 0
    assert done.out.startswith("Verdict: INTACT (positions 1 to ")
    assert done.err == ""


ALTERATIONS = {
    "an edited talk": "UPDATE part SET data = replace(data, x'E8B088', x'E8A8B0')",
    "an edited entry": "UPDATE entry SET entry = replace(entry, 'jia', 'jib') WHERE position = 28",
    "a removed entry": "DELETE FROM entry WHERE position = 28",
    "a moved column": "UPDATE entry SET unit = 'uni' WHERE position = (SELECT size FROM head)",
    "another recorded time": "UPDATE entry SET recorded = recorded - 86400 WHERE position = 27",
    "a moved head": "UPDATE head SET size = size - 1",
    "another stream": "UPDATE entry SET stream = 'talk/x' WHERE position = (SELECT size FROM head)",
}


@pytest.mark.parametrize("statement", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_altered_copy_is_exit_code_1(site: Site, statement: str) -> None:
    done = verify(site, evidence=changed(site, statement))

    assert done.code == 1, done.out
    assert done.out.startswith("Verdict: ALTERED")
    assert "What to do: Keep this evidence" in done.out


def test_a_missing_body_is_inconclusive(site: Site) -> None:
    done = verify(site, "--lang", "zh", evidence=changed(site, "DELETE FROM part WHERE name = 'record'"))

    assert done.code == 3
    assert done.out.startswith("结论：无法判定")
    assert "PART_MISSING" in done.out


def test_a_database_behind_a_known_checkpoint_is_altered_and_an_older_file_inconclusive(site: Site) -> None:
    older = changed(site)
    assert site.record(TALK).code == 0
    known = site.path / "known"
    found("checkpoint", site.db, "--out", known, at=site)

    assert verify(site, "--known", known, evidence=older).code == 1
    assert verify(site, "--known", known).code == 3
    assert verify(site, "--known", known, evidence=site.db).code == 0


USAGE: dict[str, Callable[[Site], list[object]]] = {
    "no evidence file": lambda s: ["verify", s.path / "nowhere", "--policy", s.policy],
    "evidence is a folder": lambda s: ["verify", s.path, "--policy", s.policy],
    "no policy file": lambda s: ["verify", s.evidence, "--policy", s.path / "nowhere"],
    "a bad policy": lambda s: ["verify", s.evidence, "--policy", s.evidence],
    "no policy at all": lambda s: ["verify", s.evidence],
    "a bad known file": lambda s: ["verify", s.evidence, "--policy", s.policy, "--known", s.policy],
    "a bad time": lambda s: ["verify", s.evidence, "--policy", s.policy, "--now", "yesterday"],
    "a NUL in a path": lambda s: ["verify", "a\0b", "--policy", s.policy],
    "an abbreviation": lambda s: ["verify", s.evidence, "--pol", s.policy],
}


@pytest.mark.parametrize("argv", USAGE.values(), ids=USAGE)
def test_what_the_inspector_got_wrong_is_exit_code_2(built: Site, argv: Callable[[Site], list[object]]) -> None:
    done = built.run(*argv(built))

    assert done.code == 2
    assert done.out == ""
    assert "Traceback" not in done.err


@pytest.mark.parametrize("content", [b"", b"trail evidence 1\n", b"\x00" * 100, b"SQLite format 3\x00" + b"\x07" * 600])
def test_evidence_that_is_none_is_inconclusive(site: Site, content: bytes) -> None:
    site.evidence.write_bytes(content)

    done = verify(site)

    assert done.code == 3
    assert done.out.startswith("Verdict: INCONCLUSIVE")


def test_a_database_without_a_log_is_inconclusive(site: Site) -> None:
    empty = site.path / "empty.db"
    with sqlite3.connect(empty) as connection:
        connection.execute("CREATE TABLE t (x)")

    assert verify(site, evidence=empty).code == 3


def test_json_holds_the_report_and_the_digests_of_what_it_was_made_from(built: Site) -> None:
    done = verify(built, "--json", "--known", built.path / "request")
    assert done.code == 2  # a request is no checkpoint

    shown = json.loads(verify(built, "--json").out)

    assert shown["verdict"] == "intact"
    assert shown["made"] == NOW
    assert shown["inputs"]["evidence_sha256"] == hashlib.sha256(built.evidence.read_bytes()).hexdigest()
    assert len(shown["policy"]) == 64


def test_a_second_run_says_the_same(built: Site) -> None:
    assert verify(built) == verify(built)


# --- processes -----------------------------------------------------------------------------------------------------


def argv(site: Site, *more: str) -> list[object]:
    return ["verify", site.evidence, "--policy", site.policy, *more]


LOADED = """
import sys
from trail.cli import main
code = main(sys.argv[1:])
print(code, sorted({name.split('.')[0] for name in sys.modules} & {'sqlalchemy', 'eventsourcing', 'sqlite3'}))
print(sorted(name for name in sys.modules if name.split('.')[:2] in (['trail', 'store'], ['trail', 'application'])))
"""


def test_an_evidence_file_loads_neither_database_nor_engine(built: Site) -> None:
    command = [sys.executable, "-c", LOADED, *map(str, argv(built))]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-2:] == ["0 []", "[]"]


def test_optimised_bytecode_checks_as_much(site: Site) -> None:
    data = bytearray(site.evidence.read_bytes())
    data[-200] ^= 1
    site.evidence.write_bytes(data)
    command = [sys.executable, "-O", "-m", "trail.cli", *map(str, argv(site))]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(SRC)}, capture_output=True, check=False)

    assert done.returncode in (1, 3)


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "utf-8", "cp936"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_encoding_of_the_output_works(built: Site, encoding: str, lang: str) -> None:
    done = built.process(*argv(built, "--lang", lang), env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})

    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    if encoding != "ascii" or lang == "en":
        assert text.startswith("结论：完好（" if lang == "zh" else "Verdict: INTACT (")
    if encoding != "ascii" and lang == "zh":
        assert "\\u" not in text


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LC_ALL": "C"}, b"Verdict"),
        ({"LC_ALL": "zh_CN.GB18030"}, "结论".encode()),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8"}, "结论".encode()),
        ({"LC_ALL": "de_DE.UTF-8"}, b"Verdict"),
    ],
)
def test_the_language_comes_from_the_environment(built: Site, environment: dict[str, str], expected: bytes) -> None:
    done = built.process(*argv(built), env=environment | {"PYTHONIOENCODING": "utf-8"})

    assert done.returncode == 0
    assert done.stdout.startswith(expected)


def test_no_bar_is_drawn_into_a_pipe(built: Site) -> None:
    done = built.process(*argv(built))

    assert done.stderr == b""
    assert b"\r" not in done.stdout.replace(b"\r\n", b"\n")


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX; Windows is covered by ../shared notes")
def test_a_reader_that_goes_away_changes_no_exit_code(built: Site) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:
        done = built.process(*argv(built), capture_output=False, stdout=gone, stderr=subprocess.PIPE)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here; see ../shared")
def test_a_report_that_could_not_be_written_is_not_exit_code_0(built: Site) -> None:
    with open("/dev/full", "wb") as full:
        done = built.process(*argv(built), capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


# --- faults --------------------------------------------------------------------------------------------------------

PLACES = [
    "trail.signing.policy.parse_policy",
    "trail.verify.verify",
    "trail.verify.read_evidence",
    "trail.verify.Verification.run",
    "trail.verify.Verification.take",
    "trail.verify.Verification.finish",
    "trail.merkle.tree.Frontier.append",
    "trail.signing.keys.PublicKey.verify",
    "trail.evidence.registry.Registry.apply",
    "trail.evidence.verdict.Report.exit_code",
    "trail.report.text.report_lines",
    "trail.report.text.headline",
    "trail.report.text._checks",
    "trail.cli.verify_cmd.run",
    "trail.cli.verify_cmd._print",
    "trail.cli.verify_cmd.is_database",
    "trail.cli.verify_cmd.read_file",
    "trail.cli.output.printable",
    "trail.cli.output.Printer.lines",
    "trail.cli.output.Printer.flush",
    "trail.cli.app.build_parser",
]
FAULTS = [
    RuntimeError("x"),
    MemoryError(),
    RecursionError(),
    KeyboardInterrupt(),
    SystemExit(0),
    OSError(5, "x"),
    AssertionError(),
    StopIteration(),
    UnicodeEncodeError("gbk", "x", 0, 1, "x"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_no_fault_anywhere_ends_in_exit_code_0(
    built: Site, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise fault

    assert verify(built).code == 0
    for place in PLACES:
        with monkeypatch.context() as patch:
            patch.setattr(place, property(fail) if place.endswith("exit_code") else fail)
            done = verify(built)
        assert done.code in (1, 2, 3), place
        assert "Traceback" not in done.err + done.out, place


@given(st.data())
def test_no_changed_evidence_is_intact(
    built: Site, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = built.evidence.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "insert", "replace"]))
    piece = data.draw(st.binary(max_size=40))
    if how == "flip":
        other = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    elif how == "cut":
        other = whole[:at]
    else:
        other = whole[:at] + piece + whole[at + (len(piece) if how == "replace" else 0) :]
    file = tmp_path_factory.mktemp("changed") / "evidence"
    file.write_bytes(other)

    done = verify(built, evidence=file)

    assert done.code in (1, 3) if other != whole else done.code == 0
    assert "Traceback" not in done.out + done.err
    shutil.rmtree(file.parent)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_arbitrary_policy_makes_anything_intact(
    built: Site, tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("policy") / "policy"
    file.write_bytes(content)

    done = built.run("verify", built.evidence, "--policy", file)

    assert done.code in (2, 3)
    assert "Traceback" not in done.out + done.err
