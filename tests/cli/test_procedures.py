"""docs/procedures.md, run: each section's files are written and its commands given, on a log of its own."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.cli.kit import ORIGIN, TALK, Result, Site, found, run, vkey

PAGE = Path(__file__).resolve().parents[2] / "docs" / "procedures.md"
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit code (\d)$")


def sections() -> dict[str, str]:
    """The sections that hold commands, by title."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(section: str) -> Iterator[tuple[str, str]]:
    for match in FENCE.finditer(section):
        yield match["info"].strip(), match["body"]


def key_id(site: Site, person: str) -> str:
    shown = found("keys", "show", site.keys / f"{person}.pem", at=site).out
    return shown.split("key id      ")[1].split()[0]


def log_vkey(site: Site, file: str) -> str:
    return vkey(site, site.path / file, "log", ORIGIN)


def size(site: Site) -> str:
    """What the witness has recorded, as it says itself."""
    status = json.loads(found("witness", "status", "--state", site.path / "witness.db", "--json", at=site).out)
    return str(next(log["size"] for log in status["logs"] if log["origin"] == ORIGIN))


class Page:
    """One section at work; *words* gives what stands for a word in capitals, when it is met."""

    def __init__(self, site: Site, title: str, words: dict[str, Callable[[Site], str]]) -> None:
        self.site = site
        self.section = sections()[title]
        self.words = words
        self.ran: list[str] = []

    def put_in(self, text: str) -> str:
        for word, value in self.words.items():
            if word in text:
                text = text.replace(word, value(self.site))
        assert not re.search(r"\b(KEY_ID|OLD_VKEY|NEW_VKEY|LOG_VKEY|SIZE)\b", text), text
        return text

    def run(self) -> list[Result]:
        results = []
        files = [(info, body) for info, body in blocks(self.section) if info.startswith("jsonl ")]
        for info, body in files:
            (self.site.path / info.removeprefix("jsonl ")).write_text(self.put_in(body), encoding="utf-8")
        for info, body in blocks(self.section):
            if info == "text":
                results += [self.command(line) for line in body.splitlines()]
        return results

    def command(self, line: str) -> Result:
        assert line.startswith("$ "), line
        wanted = EXIT.search(line)
        words = self.put_in(EXIT.sub("", line)[2:])
        self.ran.append(words)
        if words.startswith("trail "):
            result = self.site.run(*words.split()[1:])
        else:
            done = subprocess.run(
                ["bash", "-c", words], cwd=self.site.path, capture_output=True, text=True, check=False
            )
            result = Result(done.returncode, done.stdout, done.stderr)
        assert result.code == (int(wanted[1]) if wanted else 0), (words, result)
        return result


@pytest.fixture(autouse=True)
def there(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site.path)


def given(site: Site, value: str) -> Callable[[Site], str]:
    return lambda _: value


def audited(site: Site, policy: str = "policy") -> Result:
    return site.run("verify", site.db, "--policy", site.path / policy)


def test_a_members_key_is_lost_or_stolen(site: Site) -> None:
    page = Page(site, "A member's key is lost or stolen", {"KEY_ID": given(site, key_id(site, "p-001"))})
    page.run()

    assert site.record(TALK).code == 0  # under the new key
    assert audited(site).code == 0
    (site.keys / "p-001.pem").write_bytes((site.path / "p-001-old.pem").read_bytes())
    refused = site.record(TALK)
    assert (refused.code, "KEY_ENDED" in refused.err) == (2, True)


def test_a_registrar_leaves(site: Site) -> None:
    page = Page(site, "A registrar leaves", {"KEY_ID": given(site, key_id(site, "r-2"))})
    page.run()

    assert audited(site).code == 0
    (site.keys / "r-2.pem").write_bytes((site.path / "r-2-old.pem").read_bytes())
    late = {"act": "RegistrarAppointed", "person": "p-001", "by": ["r-1", "r-2"]}
    assert site.record(late).code == 2
    assert site.record({**late, "by": ["r-1", "r-3"]}).code == 0


def test_the_log_key_is_replaced_as_planned(site: Site) -> None:
    old = log_vkey(site, "log/log/key.pem")
    words = {
        "OLD_VKEY": given(site, old), "NEW_VKEY": lambda s: log_vkey(s, "log/log/key.pem"), "SIZE": size,
    }  # fmt: skip
    results = Page(site, "The log's key is replaced as planned", words).run()

    told = next(r for r in results if r.code == 3)
    assert "LOG_KEY_NEW" in told.out
    assert f"log {log_vkey(site, 'log/log/key.pem')}" in [line.strip() for line in told.out.splitlines()]
    assert "the old key signed for it" in told.out
    assert results[-1].out.startswith("Verdict: INTACT")
    assert "dic" in results[-1].out
    assert site.run("checkpoint", site.db, "--log-key", "key-old.pem", "--state", "log/log/state").code == 2


def test_the_log_key_is_lost_or_stolen(site: Site) -> None:
    old = log_vkey(site, "log/log/key.pem")
    words = {
        "OLD_VKEY": given(site, old), "NEW_VKEY": lambda s: log_vkey(s, "log/log/key.pem"), "SIZE": size,
    }  # fmt: skip
    results = Page(site, "The log's key is lost or stolen", words).run()

    assert results[-1].out.startswith("Verdict: INTACT")
    assert "the old key did not sign for it" in results[-1].out
    assert "CHECKPOINT_BY_FORMER_KEY" in results[-1].out
    assert old not in (site.path / "policy-new").read_text()
    both = site.run("verify", "evidence.trail", "--policy", "policy")
    assert (both.code, "LOG_KEY_NEW" in both.out) == (3, True)


MANY: list[dict[str, Any]] = [
    {"act": "PersonRegistered", "person": f"m-{number}", "name": "王五" * 20} for number in range(60)
]


def leave_a_wal(site: Site, *acts: dict[str, Any]) -> None:
    """Record acts, and leave the files as a crash does: the acts stand in the write-ahead log alone."""
    with closing(sqlite3.connect(site.db)) as reader:
        reader.execute("BEGIN")  # whoever reads keeps the write-ahead log from being emptied
        reader.execute("SELECT * FROM sqlite_master").fetchall()
        assert site.record(*acts).code == 0
        left = {name: Path(f"{site.db}{name}").read_bytes() for name in ("", "-wal", "-shm")}
    assert left["-wal"]
    for name, data in left.items():
        Path(f"{site.db}{name}").write_bytes(data)


@pytest.mark.parametrize("crashed", [False, True])
def test_the_log_is_restored_from_a_backup(site: Site, crashed: bool) -> None:
    found("checkpoint", site.db, at=site)
    again = {**TALK, "id": "6f9619ff-8b86-d011-b42d-00cf4fc964ff"}
    there = {**TALK, "id": "6f9619ff-8b86-d011-b42d-00cf4fc964fe"}
    assert site.record(there).code == 0
    (site.path / "backup.db").write_bytes(site.db.read_bytes())
    if crashed:  # the database has grown since the backup, so the write-ahead log does not fit that
        assert site.record(*MANY).code == 0
        leave_a_wal(site, again)
    else:
        assert site.record(again).code == 0  # recorded, signed by no checkpoint, and lost with the disk
    site.acts(there, again, name="acts-again.jsonl")
    results = Page(site, "The log is restored from a backup", {}).run()

    assert (site.path / "aside/trail.db-wal").exists() is crashed
    first, second = [line.split()[0] for line in results[4].out.splitlines()[:2]]
    assert int(second) == int(first) + 1
    assert audited(site).code == 0
    with closing(sqlite3.connect(site.db)) as restored:
        assert restored.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("crashed", [False, True])
def test_signed_acts_are_lost_with_the_backup(site: Site, crashed: bool) -> None:
    (site.path / "backup.db").write_bytes(site.db.read_bytes())
    assert site.record(TALK).code == 0
    found("checkpoint", site.db, "--out", site.path / "checkpoint", at=site)
    if crashed:
        assert site.record(*MANY).code == 0
        leave_a_wal(site, TALK)
    results = Page(site, "Signed acts are lost with the backup", {}).run()

    assert "LOG_SHORTER" in results[3].err
    assert "predecessor      trail.example/jia, positions 1 to" in results[4].out
    assert "does not show that the log before was retired" in results[4].out
    assert "ENTRIES_REMOVED" in results[5].out


def test_a_log_is_retired_and_another_goes_on(site: Site) -> None:
    results = Page(site, "A log is retired and another goes on", {"SIZE": size}).run()

    retired, claimed, compared = [r.out for r in results if r.out.startswith("Verdict: INTACT")]
    assert 'goes on as "trail.example/jia-2"' in retired
    assert "as its founders say, not compared" in claimed
    assert "compared with what you hold" in compared
    assert site.record(TALK).code == 2
    false = site.run("verify", "second.trail", "--policy", "both", "--predecessor", "evidence.trail")
    assert (false.code, "PREDECESSOR_OTHER" in false.out) == (3, True)  # an older copy, from before the end
    assert site.run("verify", "second.trail", "--policy", "both", "--predecessor", "policy").code == 2
    third = site.run("init", "--into", "third", "--origin", "trail.example/jia-3", "--successor-of", "first.trail")
    assert (third.code, "SUCCESSOR_OTHER" in third.err, (site.path / "third").exists()) == (2, True, False)


def test_a_witness_is_replaced(site: Site) -> None:
    def witness(file: str) -> Callable[[Site], str]:
        return lambda s: vkey(s, s.path / file, "witness", "dic.example")

    words = {
        "OLD_VKEY": witness("witness.pem"), "NEW_VKEY": witness("witness-2.pem"),
        "LOG_VKEY": lambda s: log_vkey(s, "log/log/key.pem"),
    }  # fmt: skip
    assert site.record(TALK).code == 0
    results = Page(site, "A witness is replaced", words).run()

    assert results[-1].out.startswith("Verdict: INTACT")
    assert "dic-new" in results[-1].out
    report = json.loads(site.run("verify", "evidence.trail", "--policy", "policy-new", "--json").out)
    # The old key's word still dates what it saw; beyond that it has said nothing.
    assert report["times"]["until"] == report["size"]
    text = (site.path / "policy-new").read_text()
    (site.path / "twice").write_text(text.replace("group dic any", "group dic all"))
    refused = site.run("verify", "evidence.trail", "--policy", "twice")
    assert (refused.code, "one operator, one vote" in refused.err) == (2, True)


def test_the_signers_state_is_lost(site: Site) -> None:
    found("checkpoint", site.db, "--out", site.path / "checkpoint", at=site)  # as a witness would hold it
    assert site.record(TALK).code == 0
    (site.path / "log/log/state").unlink()
    results = Page(site, "The checkpoint signer's state is lost", {}).run()

    assert "1 entries beyond are taken as the database has them" in results[1].out
    assert audited(site).code == 0
    again = site.run("keys", "restore-state", site.db, "--log-key", "log/log/key.pem", "--held", "checkpoint")
    assert (again.code, "STATE_EXISTS" in again.err) == (3, True)


def test_every_section_is_run_and_every_command_shown_is_one() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    for title, body in sections().items():
        assert f'"{title}"' in source, title
        assert any(info == "text" for info, _ in blocks(body)), title
    assert run("keys", "rotate-log").code == 2  # the command itself, without anything
