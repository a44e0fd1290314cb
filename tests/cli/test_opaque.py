"""An eventsourcing application's log from a shell: adopt, checkpoint, export, verify; what is refused, and how."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tests.cli.kit import SRC, Result, Site, found, run, vkey

from trail.signing import parse_policy

APPLICATION = '''
"""An application that knows nothing of trail."""

import sys

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Tool(Aggregate):
    @event("Bought")
    def __init__(self, name):
        self.name = name

    @event("Lent")
    def lend(self, to):
        self.to = to


class Tools(Application):
    pass


if __name__ == "__main__":
    app = Tools()
    for number in range(int(sys.argv[1])):
        tool = Tool(f"hammer {number}")
        tool.lend("p-001")
        app.save(tool)
'''


class Shop:
    """A folder with the application, its database, and a passphrase; `trail` is run as a user would."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db, self.keys, self.policy = path / "events.db", path / "keys", path / "keys/policy"
        (path / "tools.py").write_text(APPLICATION)
        (path / "passphrase").write_text("secret\n")

    def work(self, tools: int = 2, **env: str) -> None:
        """Run the application with the two variables: two events for each tool."""
        environment = os.environ | {
            "PYTHONPATH": str(SRC), "PERSISTENCE_MODULE": "trail.store", "TRAIL_URL": "sqlite:///events.db",
        } | env  # fmt: skip
        command = [sys.executable, "tools.py", str(tools)]
        subprocess.run(command, cwd=self.path, env=environment, check=True)

    def run(self, *argv: object) -> Result:
        environment = {"TRAIL_PASSPHRASE_FILE": str(self.path / "passphrase"), "LC_ALL": "C.UTF-8"}
        with mock.patch.dict(os.environ, environment):
            return run(*argv)

    def done(self, *argv: object) -> str:
        """Run, expect success, give the output."""
        result = self.run(*argv)
        assert result.code == 0, result
        return result.out

    @property
    def key(self) -> tuple[str, Path]:
        return "--log-key", self.keys / "log/key.pem"

    def sql(self, statement: str) -> None:
        connection = sqlite3.connect(self.db)
        connection.execute(statement)
        connection.commit()
        connection.close()


@pytest.fixture(scope="module")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.work()
    connection = sqlite3.connect(shop.db)
    connection.execute("PRAGMA journal_mode=TRUNCATE")
    connection.close()
    return shop.path


@pytest.fixture
def shop(_filled: Path, tmp_path: Path) -> Shop:
    """The application has run; its log is nobody's yet."""
    shutil.copytree(_filled, tmp_path / "shop")
    return Shop(tmp_path / "shop")


@pytest.fixture
def adopted(shop: Shop) -> Shop:
    shop.done("adopt", shop.db, "--into", shop.keys)
    return shop


# --- the whole path --------------------------------------------------------------------------------------------------


def test_from_an_application_to_a_verified_file_and_an_alteration_found(shop: Shop) -> None:
    out = shop.done("adopt", shop.db, "--into", shop.keys)
    assert "adopted the log Tools" in out
    assert "checkpoint 1: positions 1 to 4" in out
    shop.work(1)
    assert "checkpoint 2: positions 1 to 6" in shop.done("checkpoint", shop.db, *shop.key)
    shop.work(1)
    evidence = shop.path / "evidence.trail"
    assert "positions 1 to 8" in shop.done("export", shop.db, "--out", evidence, *shop.key)
    verified = shop.done("verify", evidence, "--policy", shop.policy)
    assert verified.startswith("Verdict: INTACT (positions 1 to 8")
    assert "order and integrity since recording only" in verified.splitlines()[0]
    assert "signed by nobody" in verified.splitlines()[0]
    assert shop.done("verify", shop.db, "--policy", shop.policy).startswith("Verdict: INTACT")

    shop.sql("UPDATE opaque SET state = CAST(replace(state, 'p-001', 'p-002') AS BLOB) WHERE position = 2")
    done = shop.run("verify", shop.db, "--policy", shop.policy)
    assert done.code == 1
    assert done.out.startswith("Verdict: ALTERED")
    assert "STATE_ALTERED" in done.out


def test_the_page_s_lines_run_as_they_stand(shop: Shop) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/cli.md").read_text(encoding="utf-8")
    section = page.split("## The log of an eventsourcing application")[1].split("```text\n")[1].split("```")[0]
    lines = [line.removeprefix("$ ").split("  #")[0] for line in section.splitlines()]
    assert len(lines) > 5
    shop.db.unlink()
    (shop.path / "app.py").write_text(APPLICATION.replace("sys.argv[1]", "2"))
    environment = os.environ | {"PYTHONPATH": str(SRC), "TRAIL_PASSPHRASE_FILE": "passphrase"}
    for line in lines:
        given, words = dict[str, str](), shlex.split(line)
        while "=" in words[0]:
            given |= [words.pop(0).split("=", 1)]
        program = [sys.executable, "-m", "trail.cli"] if words[0] == "trail" else [sys.executable]
        subprocess.run([*program, *words[1:]], cwd=shop.path, env=environment | given, check=True, capture_output=True)


def test_in_chinese(shop: Shop) -> None:
    assert "校验点 1：第 1 至 4 条" in shop.done("adopt", shop.db, "--into", shop.keys, "--lang", "zh")
    assert "已写入证据文件" in shop.done("export", shop.db, "--out", shop.path / "e", "--lang", "zh")
    verified = shop.done("verify", shop.path / "e", "--policy", shop.policy, "--lang", "zh")
    assert verified.startswith("结论：完好")
    assert "无人签名" in verified.splitlines()[0]


def test_what_adopting_leaves(adopted: Shop) -> None:
    made = {str(p.relative_to(adopted.keys)) for p in adopted.keys.rglob("*") if p.is_file()}
    assert made - {"log/state.lock"} == {"log/key.pem", "log/state", "policy"}
    policy = parse_policy(adopted.policy.read_bytes())
    assert (policy.logs[0].name, policy.genesis, policy.quorum) == ("Tools", frozenset(), None)
    assert "another channel" in adopted.policy.read_text()
    if os.name == "posix":
        assert stat.S_IMODE((adopted.keys / "log/key.pem").stat().st_mode) == 0o600
        assert stat.S_IMODE((adopted.keys / "log").stat().st_mode) == 0o700
    assert not list(adopted.path.glob(".keys*"))


def test_a_witness_cosigns_an_application_s_log(adopted: Shop) -> None:
    site = Site(adopted.path)
    key = adopted.path / "witness.pem"
    adopted.done("keys", "new", key)
    request, answer = adopted.path / "request", adopted.path / "answer"
    witness = ("--key", key, "--state", adopted.path / "w.db")
    log = vkey(site, adopted.keys / "log/key.pem", "log", "Tools")
    adopted.done("witness", "init", *witness, "--name", "dic.example", "--log", log)
    for since in (0, 4):
        adopted.done("checkpoint", adopted.db, "--since", since, "--out", request, *adopted.key)
        adopted.done("witness", "sign", request, *witness, "--out", answer)
        assert "cosignatures: 1" in adopted.done("checkpoint", adopted.db, "--add", answer)
        adopted.work(1)
    text = adopted.policy.read_text().replace("quorum none", "")
    text += f"witness dic {vkey(site, key, 'witness', 'dic.example')}\nquorum dic\n"
    (adopted.path / "strict").write_text(text)
    report = json.loads(adopted.done("verify", adopted.db, "--policy", adopted.path / "strict", "--json"))
    assert (report["verdict"], report["log_kind"], report["anchored"], report["exposed"]) == ("intact", "opaque", 6, 2)


def test_an_export_without_contents(adopted: Shop) -> None:
    adopted.done("export", adopted.db, "--out", adopted.path / "e", "--no-contents")
    assert b"hammer" not in (adopted.path / "e").read_bytes()
    report = json.loads(adopted.done("verify", adopted.path / "e", "--policy", adopted.policy, "--json"))
    assert (report["scope"], report["parts"]["withheld"]) == ({"none": True}, 4)


def test_without_the_key_the_last_checkpoint_is_where_a_file_ends(adopted: Shop) -> None:
    adopted.work(1)
    done = adopted.run("export", adopted.db, "--out", adopted.path / "e")
    assert (done.code, "positions 5 to 6 are not covered" in done.err) == (0, True)
    assert adopted.run("checkpoint", adopted.db).code == 2


def test_a_log_that_is_empty_is_adopted_and_signed_later(shop: Shop) -> None:
    shop.work(0, TRAIL_URL="sqlite:///new.db")
    new = shop.path / "new.db"
    assert "checkpoint 1" not in shop.done("adopt", new, "--into", shop.keys)
    for argv in (("checkpoint", new), ("export", new, "--out", shop.path / "e")):
        done = shop.run(*argv, *shop.key)
        assert (done.code, "LOG_EMPTY" in done.err) == (2, True)
    assert shop.run("verify", new, "--policy", shop.policy).code == 3
    assert not (shop.path / "e").exists()
    shop.work(1, TRAIL_URL="sqlite:///new.db")
    assert "positions 1 to 2" in shop.done("checkpoint", new, *shop.key)


def test_several_logs_in_one_database(shop: Shop) -> None:
    shop.work(1, TOOLS_TRAIL_ORIGIN="trail.example/b")
    done = shop.run("adopt", shop.db, "--into", shop.keys)
    assert (done.code, "--origin" in done.err, "Tools, trail.example/b" in done.err) == (2, True, True)
    assert not shop.keys.exists()
    b = ("--origin", "trail.example/b")
    shop.done("adopt", shop.db, "--into", shop.keys, *b)
    for argv in (("checkpoint", shop.db), ("export", shop.db, "--out", shop.path / "e")):
        assert "--origin" in shop.run(*argv, *shop.key).err
        shop.done(*argv, *shop.key, *b)
    shop.done("verify", shop.path / "e", "--policy", shop.policy)
    assert '"trail.example/b"' in shop.done("verify", shop.db, "--policy", shop.policy), "the policy names one of them"
    assert shop.run("verify", shop.db, "--policy", shop.policy, "--origin", "Tools").code == 3
    shop.done("adopt", shop.db, "--into", shop.path / "others", "--origin", "Tools")


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(result: Result, code: str, *said: str) -> None:
    """Refused as a usage error, with a code and advice, and no traceback."""
    assert (result.code, result.out) == (2, ""), result
    assert f"({code})" in result.err
    assert "What to do: " in result.err
    assert [words for words in said if words not in result.err] == []
    assert "Traceback" not in result.err


def test_a_log_is_adopted_once(adopted: Shop) -> None:
    refused(adopted.run("adopt", adopted.db, "--into", adopted.path / "other"), "LOG_ADOPTED", "adopted before")
    assert not (adopted.path / "other").exists()
    refused(adopted.run("adopt", adopted.db, "--into", adopted.keys), "USAGE", "not empty")
    refused(adopted.run("adopt", adopted.db, "--into", adopted.db), "USAGE", "not empty")
    adopted.done("checkpoint", adopted.db, *adopted.key)


def test_what_there_is_no_log_in_says_what_to_do(shop: Shop, built: Site) -> None:
    sqlite3.connect(shop.path / "other.db").execute("CREATE TABLE t (a)").connection.close()
    into = ("--into", shop.keys)
    refused(shop.run("adopt", shop.path / "other.db", *into), "NO_LOG", "PERSISTENCE_MODULE=trail.store", "TRAIL_URL")
    refused(shop.run("adopt", shop.path / "tools.py", *into), "NOT_A_DATABASE", "PERSISTENCE_MODULE=trail.store")
    refused(shop.run("adopt", shop.path / "none.db", *into), "FILE_UNREADABLE")
    refused(shop.run("adopt", built.db, *into), "LOG_OTHER_KIND", "a log of acts")
    refused(shop.run("adopt", shop.db, *into, "--origin", "Others"), "LOG_UNKNOWN", "Tools")
    assert not shop.keys.exists()
    assert not (shop.path / "none.db").exists()


REFUSED: dict[str, tuple[Callable[[Shop], list[Any]], str]] = {
    "status": (lambda s: ["status", s.db, "--unit", "jia"], "LOG_OTHER_KIND"),
    "record": (lambda s: ["record", s.path / "acts", "--db", s.db, "--keys", s.path], "LOG_OTHER_KIND"),
    "enrol": (
        lambda s: ["keys", "enrol", s.db, "--person", "p", "--key", s.path / "acts", "--keys", s.path],
        "LOG_OTHER_KIND",
    ),
    "a unit": (lambda s: ["export", s.db, "--out", s.path / "e", "--unit", "jia"], "SCOPE"),
    "a person": (lambda s: ["export", s.db, "--out", s.path / "e", "--person", "p-001"], "SCOPE"),
    "a period": (lambda s: ["export", s.db, "--out", s.path / "e", "--from", "2026-01-01"], "SCOPE"),
}


@pytest.mark.parametrize(("argv", "code"), REFUSED.values(), ids=REFUSED)
def test_what_an_application_s_log_has_not(adopted: Shop, argv: Callable[[Shop], list[Any]], code: str) -> None:
    (adopted.path / "acts").write_text('{"act": "TalkHeld"}\n')
    refused(adopted.run(*argv(adopted)), code)
    assert not (adopted.path / "e").exists()


def test_a_passphrase_is_not_asked_for_where_nothing_can_be_adopted(adopted: Shop) -> None:
    with mock.patch.dict(os.environ, {"TRAIL_PASSPHRASE_FILE": ""}), mock.patch("sys.stdin", None):
        refused(run("adopt", adopted.db, "--into", adopted.path / "other"), "LOG_ADOPTED")


def test_adopting_leaves_nothing_behind_when_it_can_not(shop: Shop) -> None:
    def there() -> set[str]:
        return {p.name for p in shop.path.iterdir() if not p.name.startswith("events.db-")}

    before = there()
    for argv in (
        ["--into", shop.path / "x", "--passphrase-file", "nowhere"],
        ["--into", shop.path / "tools.py/x"],
        ["--into", "a\0b"],
        ["--into", shop.path / "x", "--origin", "two words"],
        ["--into", shop.path / "x", "--origin", ""],
    ):
        done = shop.run("adopt", shop.db, *argv)
        assert done.code in (2, 3), done
        assert "Traceback" not in done.err
        assert "INTERNAL_ERROR" not in done.err
    assert there() == before
    shop.done("adopt", shop.db, "--into", shop.keys)


SCOPES: list[tuple[list[str], list[str]]] = [
    (["--unit", "jia", "--person", "p-001"], ["--unit", "--person"]),
    (["--unit", "jia", "--no-contents"], ["--unit", "--no-contents"]),
    (["--from", "2026-01-01", "--to", "2026-02-01", "--no-contents"], ["--from --to", "--no-contents"]),
    (["--person", "p-001", "--to", "2026-02-01", "--no-contents"], ["--person --to", "--no-contents"]),
]


@pytest.mark.parametrize(("argv", "named"), SCOPES, ids=str)
def test_scopes_that_exclude_each_other_are_named(
    built: Site, tmp_path: Path, argv: list[str], named: list[str]
) -> None:
    done = built.run("export", built.db, "--out", tmp_path / "e", *argv)
    refused(done, "USAGE", " and ".join(named))
    assert list(tmp_path.iterdir()) == []


def test_acts_without_contents(site: Site) -> None:
    found("export", site.db, "--out", site.path / "e", "--no-contents", at=site)
    report = json.loads(found("verify", site.path / "e", "--policy", site.policy, "--json", at=site).out)
    assert (report["verdict"], report["parts"]["shown"], report["parts"]["withheld"]) == ("intact", 0, 3)


# --- an altered database, and one that is nonsense -------------------------------------------------------------------

NONSENSE = [
    "UPDATE opaque SET version = 'one' WHERE position = 2",
    "UPDATE opaque SET position = 'last' WHERE position = 4",
    "UPDATE opaque SET entry = 5 WHERE position = 1",
    "UPDATE opaque SET topic = x'ff' WHERE position = 1",
    "UPDATE opaque SET state = 1e300",
    "UPDATE head SET size = 'many'",
    "UPDATE head SET peaks = 'text'",
    "UPDATE log SET kind = 'acts'",
    "UPDATE log SET kind = x'00'",
    "UPDATE log SET origin = 'Others'",
    "UPDATE checkpoint SET note = 'none'",
    "DELETE FROM head",
    "DELETE FROM log",
    "DROP TABLE opaque",
    "DROP TABLE tracking",
    "DROP TABLE head",
    "CREATE TRIGGER t AFTER INSERT ON opaque BEGIN SELECT 1; END",
]


@pytest.mark.parametrize("statement", NONSENSE)
def test_no_command_ends_in_a_traceback_or_calls_it_intact(adopted: Shop, statement: str) -> None:
    adopted.sql(statement)
    verified = adopted.run("verify", adopted.db, "--policy", adopted.policy)
    harmless = statement.startswith("CREATE TRIGGER")
    assert verified.code in ((0,) if harmless else (1, 3)), verified
    for argv in (
        ("checkpoint", adopted.db, *adopted.key),
        ("export", adopted.db, "--out", adopted.path / "e", *adopted.key),
        ("adopt", adopted.db, "--into", adopted.path / "again"),
    ):
        done = adopted.run(*argv)
        assert "Traceback" not in done.out + done.err
        assert "INTERNAL_ERROR" not in done.err, done
        if done.code == 0 and argv[0] == "export":
            assert adopted.run("verify", adopted.path / "e", "--policy", adopted.policy).code in (0, 1, 3)


def test_each_runs_as_a_process(shop: Shop) -> None:
    site = Site(shop.path)

    def code(*argv: object) -> int:
        done = site.process(*argv)
        assert b"Traceback" not in done.stderr
        return done.returncode

    assert code("adopt", shop.db, "--into", "keys") == 0
    assert code("checkpoint", shop.db, *shop.key) == 0
    assert code("export", shop.db, "--out", "e", *shop.key) == 0
    assert code("verify", "e", "--policy", "keys/policy") == 0
    assert code("verify", shop.db, "--policy", "keys/policy") == 0
    assert code("status", shop.db, "--unit", "jia") == 2
    assert code("adopt", shop.db, "--into", "keys") == 2
