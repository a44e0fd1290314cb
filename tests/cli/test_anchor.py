"""Asking witnesses from the command line: rounds, exposure, filings; in both languages, as JSON, with exit codes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.kit import AS, ORIGIN, SRC, TALK, Result, Site, found, vkey
from tests.witness.scripted import Served, response, scripted, served

from trail.application import runner
from trail.application.anchoring import OTHER_INSTANCE
from trail.report.anchoring import CODES
from trail.signing import KeyFile
from trail.witness import Witness

REPORT = {
    "act": "ReportFiled", "as": AS, "subject": "principal", "period": "2026-H1", "recipients": ["uni"],
    "sent": "2026-07-09T09:00+08:00",
}  # fmt: skip


@pytest.fixture
def dic(site: Site) -> Iterator[Served]:
    """The site's witness, over HTTP."""
    key = KeyFile(site.path / "witness.pem", lambda: "secret")
    with Witness(site.path / "witness.db", key) as witness, served(witness) as server:
        server.logs, server.signer = (ORIGIN,), key
        yield server


def witnesses(site: Site, url: str, name: str = "witnesses") -> Path:
    """The keeper's policy file."""
    key = vkey(site, site.path / "witness.pem", "witness", "dic.example")
    (site.path / name).write_text(f"witness dic {key} {url}\nquorum dic\n", encoding="utf-8")
    return site.path / name


def test_a_round_in_both_languages_and_as_json(site: Site, dic: Served) -> None:
    file = witnesses(site, dic.url)
    assert site.record(TALK).code == 0
    done = site.run("anchor", site.db, "--witnesses", file)
    assert (done.code, done.err) == (0, "")
    assert "quorum met" in done.out
    assert "dic  cosigned 20" in done.out
    again = site.run("anchor", site.db, "--witnesses", file, "--lang", "zh")
    assert "见证已达法定数" in again.out
    assert "已联署" in again.out
    read = json.loads(found("anchor", site.db, "--witnesses", file, "--json", at=site).out)
    assert (read["quorum"], read["alarm"], read["witnesses"][0]["outcome"]) == (True, False, "cosigned")
    assert site.run("verify", site.db, "--policy", site.policy).code == 0


def test_an_unreachable_witness_ends_with_3_and_says_why(site: Site) -> None:
    file = witnesses(site, "http://127.0.0.1:9")
    assert site.record(TALK).code == 0
    done = site.run("anchor", site.db, "--witnesses", file)
    assert done.code == 3
    assert "quorum not met" in done.out
    assert "it can't be reached" in done.out
    assert "无法连接" in site.run("anchor", site.db, "--witnesses", file, "--lang", "zh").out


def test_exposure(site: Site, dic: Served) -> None:
    file = witnesses(site, dic.url)
    before = found("exposure", site.db, "--witnesses", site.policy, at=site).out
    assert "exposed: nothing" in before
    assert site.record(TALK, TALK).code == 0
    after = found("exposure", site.db, "--witnesses", site.policy, at=site).out
    assert "exposed: 2 (positions" in after
    assert "2 behind" in after
    zh = found("exposure", site.db, "--witnesses", site.policy, "--lang", "zh", at=site).out
    assert "暴露：2 条" in zh
    assert "落后 2 条" in zh
    read = json.loads(found("exposure", site.db, "--witnesses", site.policy, "--json", at=site).out)
    assert (read["exposed"], read["head"] - read["covered"]) == (2, 2)
    assert read["age"] >= 0
    found("anchor", site.db, "--witnesses", file, at=site)
    assert "exposed: nothing" in found("exposure", site.db, "--witnesses", file, at=site).out
    other = site.path / "other-policy"
    other.write_text(site.policy.read_text(encoding="utf-8").replace("log ", "# log "), encoding="utf-8")
    assert site.run("exposure", site.db, "--witnesses", other).code == 0


def test_a_copy_that_goes_on_is_stopped_with_exit_code_1(site: Site, dic: Served, tmp_path: Path) -> None:
    shutil.copytree(site.path, tmp_path / "copy")
    second = Site(tmp_path / "copy")
    file = witnesses(site, dic.url)
    assert site.record(TALK).code == 0
    found("anchor", site.db, "--witnesses", file, at=site)
    assert second.record(TALK, TALK).code == 0
    done = second.run("anchor", second.db, "--witnesses", file)
    assert done.code == 1
    assert OTHER_INSTANCE in done.err
    assert "Stop this instance" in done.err


def test_a_fork_ends_with_1_and_says_what_to_do(site: Site) -> None:
    assert site.record(TALK).code == 0
    found("checkpoint", site.db, at=site)
    with scripted(response(422, b"no\n")) as odd:
        done = site.run("anchor", site.db, "--witnesses", witnesses(site, odd.url))
        assert done.code == 1
        assert "ALARM: it holds another tree of this log" in done.out
        assert "Stop this instance at once" in done.out
        zh = site.run("anchor", site.db, "--witnesses", witnesses(site, odd.url), "--lang", "zh")
        assert "警报" in zh.out


def test_configuration_errors_say_what_to_do(site: Site) -> None:
    with scripted(response(404, b"\x1b[31mno such log\n")) as odd:
        done = site.run("anchor", site.db, "--witnesses", witnesses(site, odd.url))
        site.record(TALK)
        done = site.run("anchor", site.db, "--witnesses", witnesses(site, odd.url))
    assert done.code == 3
    assert "trail witness log add" in done.out
    assert "\x1b" not in done.out
    assert site.run("anchor", site.db, "--witnesses", witnesses(site, "http://elsewhere.example")).code == 2


def test_every_code_says_something_in_both_languages() -> None:
    for code, words in CODES.items():
        assert words.zh, code
        assert words.en, code
        assert bool(words.todo_zh) == bool(words.todo_en), code
        assert words.zh != words.en


def test_every_code_that_a_round_can_give_has_words() -> None:
    """Compared with the sources: a code without words would stop the report."""
    import re

    folder = SRC / "trail"
    given = set()
    for file in ("witness/answers.py", "witness/client.py", "application/anchoring.py"):
        text = (folder / file).read_text(encoding="utf-8")
        given |= set(re.findall(r'"((?:WITNESS|COSIGNATURE)_[A-Z_]+|COSIGNED)"', text))
    given -= {"WITNESS_STALE", "WITNESS_URL", "WITNESS_CA"}  # never an outcome; errors of the caller
    assert given - set(CODES) == set()
    assert len(given) > 15


def test_what_goes_along_with_a_filing(site: Site, tmp_path: Path) -> None:
    """A recipient whom no request reaches: a stick carries it there and back."""
    file = witnesses(site, "http://127.0.0.1:9")
    assert site.record(TALK).code == 0
    recorded = site.record(REPORT)
    position, event = recorded.out.split()[:2]
    out = tmp_path / "stick"
    done = site.run("filing", site.db, event, "--out", out, "--witnesses", file, "--to", "dic")
    assert done.code == 0
    assert {path.name for path in out.iterdir()} == {"filing.tlog-proof", "filing.entry", "request", "README.txt"}
    letter = (out / "README.txt").read_text(encoding="utf-8")
    assert "trail witness sign request" in letter
    assert "随报材料" in letter
    assert (out / "request").read_bytes().startswith(b"old "), "from the size that it last cosigned"
    assert not (out / "request").read_bytes().startswith(b"old 0\n")
    found("witness", "sign", out / "request", "--key", site.path / "witness.pem", "--state", site.path / "witness.db",
          "--out", out / "answer", at=site)  # fmt: skip
    found("checkpoint", site.db, "--add", out / "answer", at=site)
    assert "exposed: nothing" in found("exposure", site.db, "--witnesses", site.policy, at=site).out
    same = site.run("filing", site.db, position, "--out", tmp_path / "again", "--lang", "zh")
    assert (same.code, (tmp_path / "again" / "request").exists()) == (0, False)
    assert "随报材料" in same.out
    assert (tmp_path / "again" / "filing.entry").read_bytes() == (out / "filing.entry").read_bytes()


@pytest.mark.parametrize(
    ("more", "code"),
    [(["99999"], 2), (["00" * 16], 2), (["no"], 2), (["1", "--to", "dic"], 2), (["1", "--since", "9999"], 2),
     (["1", "--witnesses", "POLICY", "--to", "nobody"], 2)],
)  # fmt: skip
def test_a_filing_that_can_not_be_written(site: Site, tmp_path: Path, more: list[str], code: int) -> None:
    words = [str(site.policy) if word == "POLICY" else word for word in more]
    assert site.run("filing", site.db, *words, "--out", tmp_path / "out").code == code


def test_recording_a_filing_asks_the_witnesses(site: Site, dic: Served) -> None:
    file = witnesses(site, dic.url)
    key = site.path / "log/log/key.pem"
    more = ("--db", site.db, "--keys", site.keys, "--log-key", key, "--witnesses", file)
    quiet = site.run("record", site.acts(TALK), *more)
    assert (quiet.code, "checkpoint" in quiet.out) == (0, False), "a talk is not filed with anybody"
    done = site.run("record", site.acts(REPORT), *more)
    assert (done.code, done.err) == (0, "")
    assert "quorum met" in done.out
    assert "exposed: nothing" in found("exposure", site.db, "--witnesses", file, at=site).out
    # Nobody there: it is recorded all the same.
    gone = site.run(
        "record", site.acts({**REPORT, "period": "2026-H2"}), *more[:-1], witnesses(site, "http://127.0.0.1:9")
    )
    assert gone.code == 0
    assert "recorded 1" in gone.out
    assert "quorum not met" in gone.out


def test_recording_a_filing_signs_a_checkpoint_where_the_key_is_named(site: Site) -> None:
    key = site.path / "log/log/key.pem"
    before = found("exposure", site.db, "--witnesses", site.policy, "--json", at=site).out
    done = site.run("record", site.acts(REPORT), "--db", site.db, "--keys", site.keys, "--log-key", key)
    assert done.code == 0
    after = json.loads(found("exposure", site.db, "--witnesses", site.policy, "--json", at=site).out)
    assert after["signed"] == after["head"] == json.loads(before)["head"] + 1
    other = site.keys / "p-001.pem"
    wrong = site.run("record", site.acts(REPORT), "--db", site.db, "--keys", site.keys, "--log-key", other, "--state",
                     site.path / "log/log/state")  # fmt: skip
    assert wrong.code == 0, "what can't be signed does not undo what was recorded"
    assert "no checkpoint could be signed" in wrong.err
    assert (
        site.run("record", site.acts(TALK), "--db", site.db, "--keys", site.keys, "--witnesses", site.policy).code == 2
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a process is ended by a signal")
def test_rounds_go_on_until_somebody_ends_them(site: Site, dic: Served) -> None:
    file = witnesses(site, dic.url)
    environment = {"PYTHONPATH": str(SRC), "TRAIL_PASSPHRASE_FILE": str(site.path / "passphrase"), "LC_ALL": "C.UTF-8",
                   "PATH": "/usr/bin:/bin"}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "trail.cli", "anchor", str(site.db), "--witnesses", str(file), "--every", "0.2"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("checkpoint ")
        assert site.record(TALK).code == 0
        while not (line := process.stdout.readline()).startswith("checkpoint "):
            assert line
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, ""), out
    assert "exposed: nothing" in found("exposure", site.db, "--witnesses", file, at=site).out


def ended(site: Site, monkeypatch: pytest.MonkeyPatch, file: Path) -> Result:
    """`anchor --every`, ended by a signal once it has told of a round."""
    real = runner.Anchoring._hold

    def hold_and_end(self: runner.Anchoring) -> None:
        real(self)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(runner.Anchoring, "_hold", hold_and_end)
    return site.run("anchor", site.db, "--witnesses", file, "--every", "3600")


def test_rounds_that_never_met_the_quorum_end_with_3(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site.record(TALK).code == 0
    done = ended(site, monkeypatch, witnesses(site, "http://127.0.0.1:9"))
    assert "quorum not met" in done.out
    assert done.code == 3


@pytest.mark.filterwarnings("ignore:the log could not be anchored")
def test_an_error_of_another_kind_is_said_and_ends_with_3(
    site: Site, dic: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(runner, "hold", fails)
    done = ended(site, monkeypatch, witnesses(site, dic.url))
    assert done.code == 3
    assert "RuntimeError: something else" in done.err
