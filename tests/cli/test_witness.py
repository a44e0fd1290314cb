"""``trail witness`` at a desk: init, logs, sign, status, forks, and files that prove a fork without this program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.cli.kit import Result, run
from tests.store.world import key_of
from tests.witness.views import LOG, ORIGIN, View

from trail.signing import NoteKey, open_note, parse_note, parse_vkey, write_key_file

VIEW, OTHER = View("a", 5), View("b", 5)
NEXT = NoteKey(ORIGIN, 1, key_of("the next key").public.raw)


class Desk(NamedTuple):
    """A witness's desk: a folder with its key and its state."""

    path: Path

    @property
    def state(self) -> tuple[str, str]:
        return "--state", str(self.path / "witness.db")

    @property
    def key(self) -> tuple[str, ...]:
        return "--key", str(self.path / "key.pem"), "--passphrase-file", str(self.path / "passphrase")

    def run(self, *argv: object) -> Result:
        return run("witness", *argv, "--lang", "en")

    def done(self, *argv: object, code: int = 0) -> str:
        result = self.run(*argv)
        assert result.code == code, result
        return result.out

    def sign(self, body: bytes, *more: object) -> Result:
        (self.path / "request").write_bytes(body)
        return self.run("sign", self.path / "request", *self.state, *self.key, *more)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    write_key_file(tmp_path / "key.pem", key_of("desk"), "a passphrase")
    (tmp_path / "passphrase").write_text("a passphrase\n")
    made.done("init", *made.state, *made.key, "--name", "dic.example", "--log", LOG.vkey)
    return made


def test_init_tells_the_key_and_the_time(tmp_path: Path, desk: Desk) -> None:
    again = desk.run("init", *desk.state, *desk.key, "--name", "dic.example")
    assert (again.code, "STATE_EXISTS" in again.err) == (2, True)
    said = desk.done("init", "--state", tmp_path / "second.db", *desk.key, "--name", "dic.example")
    assert parse_vkey(said.splitlines()[1]).name == "dic.example"
    assert "This machine says that it is 2" in said
    assert "a passphrase" not in said
    for name, log in (
        ("a b", LOG.vkey),
        ("x.example", "nonsense"),
        ("x.example", parse_vkey(said.splitlines()[1]).vkey),
    ):
        result = desk.run("init", "--state", tmp_path / "third.db", *desk.key, "--name", name, "--log", log)
        assert result.code == 2, result
        assert not (tmp_path / "third.db").exists()


def test_logs_are_listed_added_and_removed(desk: Desk) -> None:
    desk.done("log", "add", NEXT.vkey, "--title", "甲学院", *desk.state)
    assert desk.done("log", "list", *desk.state).splitlines() == [
        f"{key.vkey}  cosigned  甲学院" for key in sorted((LOG, NEXT), key=lambda key: key.raw)
    ]
    assert "keys left for the log log.example/views: 1" in desk.done("log", "remove", LOG.vkey, *desk.state)
    assert f"{LOG.vkey}  removed" in desk.done("log", "list", *desk.state)
    assert desk.run("log", "remove", LOG.vkey, *desk.state).code == 2
    assert desk.run("log", "add", "x", *desk.state).code == 2
    assert desk.sign(VIEW.request(0, 5)).code == 2
    assert desk.sign(View("a", 5, key=key_of("the next key")).request(0, 5)).code == 0


def test_the_whole_cosigned_note_comes_back(desk: Desk, tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    assert desk.sign(VIEW.request(0, 5), "--out", answer, "--now", "1772668800").code == 0
    key = parse_vkey(desk.done("status", *desk.state).splitlines()[1])
    log, witness = open_note(parse_note(answer.read_bytes()), [LOG, key])
    assert (log.key, witness.key, witness.time) == (LOG, key, 1_772_668_800)
    stale = desk.sign(VIEW.request(0, 9), "--now", "1772668800")
    assert (stale.code, "OLD_STALE" in stale.err) == (3, True)
    back = desk.sign(VIEW.request(5, 9), "--now", "1772668000")
    assert (back.code, "CLOCK_BACK" in back.err, "Set the clock" in back.err) == (3, True, True)


def test_the_status_in_words_and_as_json(desk: Desk) -> None:
    assert "nothing cosigned yet" in desk.done("status", *desk.state)
    assert desk.sign(VIEW.request(0, 5), "--now", "1772668800").code == 0
    said = desk.done("status", *desk.state)
    assert "entries: 5, cosigned 2026-03-05 08:00:00 UTC+8" in said
    found = json.loads(desk.done("status", "--json", *desk.state))
    assert found["logs"][0]["size"] == 5
    assert found["forks"] == []
    assert "没有发现分叉" in run("witness", "forks", *desk.state, "--lang", "zh").out
    assert desk.sign(OTHER.request(0, 9).replace(b"old 0", b"old 5")).code == 3
    assert "checkpoints without a proof: 1" in desk.done("status", *desk.state)
    assert desk.sign(View("c").request(5, 5)).code == 1
    assert "ALARM: forks: 1" in desk.done("status", *desk.state, code=1)
    assert "警报：1 处分叉" in run("witness", "status", *desk.state, "--lang", "zh").out
    assert desk.run("status", "--json", *desk.state).code == 1


def test_a_fork_is_written_so_that_anybody_can_check_it(desk: Desk, tmp_path: Path) -> None:
    assert desk.sign(VIEW.request(0, 5)).code == 0
    assert desk.sign(View("c").request(5, 5)).code == 1
    assert desk.sign(OTHER.request(0, 9).replace(b"old 0", b"old 5")).code == 3
    desk.done("log", "remove", LOG.vkey, *desk.state)  # the key is kept, for those who check later

    out = tmp_path / "evidence"
    said = desk.done("forks", "--out", out, *desk.state, code=1)

    assert said.count("FORK  log.example/views  5 / 5") == 1
    assert said.count("without a proof  log.example/views  5 / 9") == 1
    folders = sorted(out.iterdir())
    assert len(folders) == 2
    [proven] = [one for one in folders if "nothing excuses that" in (one / "README.txt").read_text()]
    assert (proven / "kept.note").read_text() == VIEW.note(5)
    assert (proven / "offered.note").read_text() == View("c").note(5)
    readme = (proven / "README.txt").read_text(encoding="utf-8")
    assert LOG.vkey in readme
    assert "没有任何正当的解释" in readme
    assert desk.done("forks", "--out", out, *desk.state, code=1) == said, "written again, the same"


def test_the_commands_of_the_explanation_do_what_it_says(desk: Desk, tmp_path: Path) -> None:
    """With OpenSSL alone; and what was altered does not verify."""
    openssl = shutil.which("openssl")
    if openssl is None or not subprocess.run([openssl, "version"], capture_output=True).stdout.startswith(b"OpenSSL 3"):
        pytest.skip("OpenSSL 3 is not installed")
    assert desk.sign(VIEW.request(0, 5)).code == 0
    assert desk.sign(View("c").request(5, 5)).code == 1
    desk.done("forks", "--out", tmp_path / "evidence", *desk.state, code=1)
    [folder] = (tmp_path / "evidence").iterdir()
    commands = {line.strip() for line in (folder / "README.txt").read_text().splitlines() if "openssl pkeyutl" in line}
    assert len(commands) == 2
    for command in commands:
        argv = [openssl, *command.split()[1:]]
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ))
        assert "Signature Verified Successfully" in done.stdout, done
        text = folder / argv[argv.index("-in") + 1]
        kept = text.read_bytes()
        text.write_bytes(kept.replace(b"5", b"6", 1))
        assert subprocess.run(argv, cwd=folder, capture_output=True, check=False).returncode != 0
        text.write_bytes(kept)


def test_without_a_state_nothing_is_made(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for argv in (("status",), ("forks",), ("log", "list"), ("log", "add", LOG.vkey)):
        result = desk.run(*argv, *desk.state)
        assert (result.code, "STATE_MISSING" in result.err) == (3, True)
    assert not (tmp_path / "witness.db").exists()


@pytest.mark.parametrize("argv", [["--port", "70000"], ["--port", "-1"], ["--prefix", "x"], ["--host", "203.0.113.7"]])
def test_serve_refuses_what_can_not_be(desk: Desk, argv: list[str]) -> None:
    assert desk.run("serve", *desk.state, *desk.key, *argv).code == 2


def test_the_time_is_that_of_signing_not_of_asking_for_the_passphrase(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trail.cli.keyring import Passphrases
    from trail.clock import SystemClock

    typed: list[bool] = []
    given = Passphrases.known

    def slowly(self: Passphrases, path: Path) -> Callable[[], str]:
        ask = given(self, path)
        return lambda: (typed.append(True), ask())[1]

    monkeypatch.setattr(Passphrases, "known", slowly)
    monkeypatch.setattr(SystemClock, "now", lambda _: 1_772_668_900 if typed else 1_772_668_800)
    answer = desk.path / "answer"
    assert desk.sign(VIEW.request(0, 5), "--out", answer).code == 0
    assert json.loads(desk.done("status", "--json", *desk.state))["logs"][0]["time"] == 1_772_668_900


def test_an_init_that_broke_off_is_told_from_a_log(tmp_path: Path, desk: Desk) -> None:
    half = tmp_path / "half.db"
    half.touch()
    result = desk.run("status", "--state", half)
    assert (result.code, "STATE_UNFINISHED" in result.err, "trail init" in result.err) == (3, True, False)
    half.unlink()
    twice = NoteKey("other.example/log", 1, LOG.raw)
    init = ("init", "--state", half, *desk.key, "--name", "dic.example", "--log", LOG.vkey)
    assert desk.run(*init, "--log", twice.vkey).code == 2
    assert not half.exists()
    assert desk.run(*init).code == 0
