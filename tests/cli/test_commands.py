"""``init``, ``keys``, ``checkpoint``, ``witness``, ``export``, ``status``: in this process, and once in their own."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from tests.cli.kit import AS, ORIGIN, SINCE, TALK, Result, Site, found, vkey, witnessed

from trail.aggregates import LIBRARY_TYPES
from trail.signing import parse_policy

BUILT = len(LIBRARY_TYPES) + 12
"""The size of the log that `site` brings: genesis, the library's types, the registry, two keys, one talk."""

# --- init and keys -------------------------------------------------------------------------------------------------


def test_init_makes_everything_once_and_keeps_keys_private(built: Site, tmp_path: Path) -> None:
    into = tmp_path / "new" / "log"
    (tmp_path / "new").mkdir()

    done = built.run("init", "--into", into, "--origin", "trail.example/yi", "--registrar", "a", "--registrar", "b")

    assert done.code == 0
    assert "secret" not in done.out + done.err
    made = {str(p.relative_to(into)) for p in into.rglob("*") if p.is_file()}
    assert {"trail.db", "policy", "log/key.pem", "log/state", "keys/a.pem", "keys/b.pem"} <= made
    assert list((tmp_path / "new").iterdir()) == [into]
    policy = parse_policy((into / "policy").read_bytes())
    assert (policy.logs[0].name, policy.quorum, len(policy.genesis)) == ("trail.example/yi", None, 1)
    if os.name == "posix":
        assert {stat.S_IMODE(p.stat().st_mode) for p in into.rglob("*.pem")} == {0o600}
    assert found("verify", into / "trail.db", "--policy", into / "policy", at=built).code == 0
    assert built.run("init", "--into", into, "--origin", "x").code == 2


@pytest.mark.parametrize(
    "more",
    [
        ["--registrar", "a"],
        ["--registrar", "a", "--registrar", "a"],
        ["--registrar", "../a", "--registrar", "b"],
        ["--origin", "two words"],
        ["--origin", "a\nb"],
        ["--origin", ""],
        ["--passphrase-file", "nowhere"],
    ],
    ids=str,
)
def test_init_leaves_nothing_behind_when_it_can_not(built: Site, tmp_path: Path, more: list[str]) -> None:
    done = built.run("init", "--origin", ORIGIN, "--into", tmp_path / "log", *more)

    assert done.code == 2, done
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_a_passphrase_file_is_asked_for(here: Callable[..., Result]) -> None:
    with mock.patch("sys.stdin", io.StringIO()):
        done = here("keys", "new", "k.pem")

    assert done.code == 2
    assert "--passphrase-file" in done.err
    assert not Path("k.pem").exists()


def test_a_terminal_is_asked_twice(here: Callable[..., Result]) -> None:
    terminal = mock.Mock()
    terminal.isatty.return_value = True
    with mock.patch("sys.stdin", terminal), mock.patch("getpass.getpass", side_effect=["one", "two", "so", "so", "so"]):
        assert "differ" in here("keys", "new", "k.pem").err
        assert here("keys", "new", "k.pem").code == 0
        assert here("keys", "show", "k.pem").code == 0


def test_a_wrong_passphrase_and_an_existing_file_are_refused(site: Site) -> None:
    key = site.keys / "p-001.pem"
    (site.path / "other").write_text("wrong\n")

    assert site.run("keys", "show", key, "--passphrase-file", site.path / "other").code == 2
    assert site.run("keys", "new", key).code == 2
    assert site.run("keys", "show", site.policy).code == 2
    assert site.run("keys", "show", key, "--as", "judge", "x").code == 2


def test_a_key_is_enrolled_by_what_its_owner_proves(site: Site) -> None:
    found("keys", "new", site.path / "k.pem", at=site)
    proof = found("keys", "prove", site.path / "k.pem", "--origin", ORIGIN, "--person", "p-017", at=site).out
    card = site.path / "card"
    card.write_text(proof)
    enrol = ("keys", "enrol", site.db, "--key", card, "--keys", site.keys)

    assert site.run(*enrol, "--person", "p-001").code == 2
    assert site.run(*enrol, "--person", "p-017", "--by", "r-1").code == 2
    done = found(*enrol, "--person", "p-017", at=site)
    assert "enrolled the key of p-017 at position" in done.out
    for changed in (proof.replace("KeyEnrolled", "KeyRotated"), proof.replace('"key": "', '"key": "zz'), "{}"):
        card.write_text(changed)
        assert site.run(*enrol, "--person", "p-017").code == 2
    forged = json.loads(proof) | {"possession": "00" * 64}
    card.write_text(json.dumps(forged))
    assert "POSSESSION_BAD" in site.run(*enrol, "--person", "p-017").err


# --- checkpoint, witness, export -----------------------------------------------------------------------------------


def test_a_witness_goes_along_and_refuses_a_stale_request(site: Site) -> None:
    assert site.record(TALK).code == 0
    assert "cosignatures: 1" in witnessed(site, since=BUILT).out
    assert site.record(TALK).code == 0
    request, answer = site.path / "request", site.path / "again"
    found("checkpoint", site.db, "--since", BUILT, "--out", request, at=site)
    witness = ("--key", site.path / "witness.pem", "--state", site.path / "witness.db")

    done = site.run("witness", "sign", request, *witness, "--out", answer)

    assert done.code == 3
    assert "OLD_STALE" in done.err
    assert not answer.exists()


def test_a_fork_is_exit_code_1_and_both_notes_are_kept(site: Site) -> None:
    """A log key that signs two histories: the state beside it was put back together with the database."""
    shutil.copytree(site.path / "log", site.path / "twin")
    twin = Site(site.path)._replace()
    for folder, text in (("log", "一"), ("twin", "二")):
        file = site.acts(TALK | {"content": text})
        found("record", file, "--db", site.path / folder / "trail.db", "--keys", site.keys, at=twin)
        found(
            "checkpoint",
            site.path / folder / "trail.db",
            "--since",
            BUILT,
            "--out",
            site.path / f"{folder}.request",
            at=site,
        )
    witness = ("--key", site.path / "witness.pem", "--state", site.path / "witness.db")

    assert site.run("witness", "sign", site.path / "log.request", *witness).code == 0
    body = (site.path / "twin.request").read_bytes()
    (site.path / "twin.request").write_bytes(b"old %d\n\n" % (BUILT + 1) + body.split(b"\n\n", 1)[1])
    done = site.run("witness", "sign", site.path / "twin.request", *witness)

    assert done.code == 1, done
    assert "FORK" in done.err
    with sqlite3.connect(site.path / "witness.db") as state:
        assert state.execute("SELECT count(*) FROM fork").fetchone() == (1,)


def test_a_witness_without_its_memory_signs_nothing(site: Site) -> None:
    log = vkey(site, site.path / "log/log/key.pem", "log", ORIGIN)
    witness = ("--key", site.path / "witness.pem", "--state", site.path / "witness.db")
    assert site.run("witness", "init", *witness, "--name", "dic.example", "--log", log).code == 2
    (site.path / "witness.db").unlink()

    done = site.run("witness", "sign", site.path / "request", *witness)

    assert done.code == 3
    assert "STATE_MISSING" in done.err
    assert not (site.path / "witness.db").exists()


def test_the_log_key_does_not_sign_a_database_put_back(site: Site) -> None:
    shutil.copy(site.db, site.path / "older.db")
    assert site.record(TALK).code == 0
    found("checkpoint", site.db, at=site)
    key = ("--log-key", site.path / "log/log/key.pem")

    done = site.run("checkpoint", site.path / "older.db", *key)

    assert done.code == 1
    assert "LOG_SHORTER" in done.err


def test_a_cosignature_goes_to_the_standard_output_byte_by_byte(site: Site) -> None:
    log = vkey(site, site.path / "log/log/key.pem", "log", ORIGIN)
    found("checkpoint", site.db, "--since", 0, "--out", site.path / "request", at=site)
    witness = ("--key", site.path / "witness.pem", "--state", site.path / "w2.db")
    found("witness", "init", *witness, "--name", "dic.example", "--log", log, at=site)
    argv = ["witness", "sign", site.path / "request", *witness, "--now", "1900000000"]

    done = site.process(*argv, env={"PYTHONIOENCODING": "ascii"})

    assert done.returncode == 0
    assert "\n— dic.example " in done.stdout.decode("utf-8")


@pytest.mark.parametrize(
    "argv",
    [
        ["--since", "0"],
        ["--add", "x", "--since", "1", "--out", "y"],
        ["--since", "999", "--out", "y"],
        ["--since", "-1", "--out", "y"],
        ["--state", "x"],
        ["--add", "nowhere"],
    ],
    ids=str,
)
def test_checkpoint_refuses_what_makes_no_sense(site: Site, argv: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site.path)

    assert site.run("checkpoint", site.db, *argv).code == 2


def test_rubbish_as_a_cosignature_or_request_is_refused(site: Site) -> None:
    witness = ("--key", site.path / "witness.pem", "--state", site.path / "witness.db")

    assert site.run("checkpoint", site.db, "--add", site.evidence).code == 2
    assert site.run("checkpoint", site.db, "--add", site.policy).code == 2
    assert site.run("witness", "sign", site.policy, *witness).code == 2
    assert site.run("witness", "log", "add", "nonsense", "--state", site.path / "witness.db").code == 2


def test_export_covers_the_head_where_the_log_key_is_at_hand(site: Site) -> None:
    assert site.record(TALK).code == 0
    done = found("export", site.db, "--out", site.path / "e", at=site)
    assert f"positions 1 to {BUILT + 1}" in done.out

    assert site.record(TALK).code == 0
    shutil.move(site.path / "log/log", site.path / "elsewhere")
    done = found("export", site.db, "--out", site.path / "e", at=site)
    assert f"positions 1 to {BUILT + 1}" in done.out
    assert f"positions {BUILT + 2} to {BUILT + 2} are not covered" in done.err
    key = ("--log-key", site.path / "elsewhere/key.pem", "--state", site.path / "elsewhere/state")
    assert f"positions 1 to {BUILT + 2}" in found("export", site.db, "--out", site.path / "e", *key, at=site).out


@pytest.mark.parametrize(
    ("scope", "shown", "withheld"),
    [
        ([], 3, 0),
        (["--unit", "jia"], 3, 0),
        (["--person", "p-017"], 2, 1),
        (["--from", "2026-03-01", "--to", "2026-03-31"], 1, 2),
    ],
    ids=str,
)
def test_a_scope_withholds_the_rest(site: Site, scope: list[str], shown: int, withheld: int) -> None:
    found("export", site.db, "--out", site.path / "e", *scope, at=site)

    report = json.loads(found("verify", site.path / "e", "--policy", site.policy, "--json", at=site).out)

    assert (report["parts"]["shown"], report["parts"]["withheld"]) == (shown, withheld)


def test_export_replaces_nothing_but_evidence(site: Site) -> None:
    before = site.db.read_bytes()

    assert site.run("export", site.db, "--out", site.db).code == 2
    assert site.db.read_bytes() == before
    assert site.run("export", site.db, "--out", site.path).code == 2
    assert site.run("export", site.db, "--out", site.path / "no/such/folder").code == 2
    assert site.run("export", site.db, "--out", site.path / "e", "--unit", "nowhere").code == 2
    assert site.run("export", site.db, "--out", site.path / "e", "--unit", "jia", "--person", "p-001").code == 2
    assert not (site.path / "e").exists()


@pytest.mark.parametrize("command", ["checkpoint", "export", "status", "record", "enrol"])
def test_what_is_no_database_is_refused_and_not_made(site: Site, command: str) -> None:
    argv: dict[str, list[object]] = {
        "checkpoint": ["checkpoint", "{}"],
        "export": ["export", "{}", "--out", site.path / "x"],
        "status": ["status", "{}", "--unit", "jia"],
        "record": ["record", site.acts(), "--db", "{}", "--keys", site.keys],
        "enrol": ["keys", "enrol", "{}", "--person", "p", "--key", site.keys / "p-001.pem", "--keys", site.keys],
    }
    for wrong in (site.policy, site.path / "nowhere.db", site.path):
        assert site.run(*(wrong if word == "{}" else word for word in argv[command])).code == 2
    assert not (site.path / "nowhere.db").exists()


# --- status --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ruled(site: Site) -> Site:
    """A log that adopted the regulation at the beginning of 2026."""
    university = {"person": "p-001", "post": "uni/secretary"}
    registry = [
        {"act": "PostCreated", "post": "uni/secretary", "unit": "uni", "kind": "secretary", "title": "书记", **SINCE},
        {"act": "PostAssigned", "post": "uni/secretary", "person": "p-001", "from": "2025-01-01", **SINCE},
    ]
    done = site.record(*registry)
    assert done.code == 0, done.err
    rows = [
        {
            "act": "RuleSetAdopted",
            "as": university,
            "name": "regulation-2017",
            "digest": {"rules": "default"},
            "first_period": "2026",
            "happened": "2026-01-01",
        },
    ]
    done = site.record(*rows)
    assert done.code == 0, done.err
    return site


def test_status_of_a_unit_in_both_languages_and_as_json(ruled: Site) -> None:
    english = found("status", ruled.db, "--unit", "jia", "--as-of", "2026-12-31", at=ruled).out
    chinese = found("status", ruled.db, "--unit", "jia", "--as-of", "2026-12-31", "--lang", "zh", at=ruled).out
    status = json.loads(found("status", ruled.db, "--unit", "jia", "--as-of", "2026-12-31", "--json", at=ruled).out)

    assert english.startswith("Unit 甲学院 (jia)")
    assert "overdue" in english
    assert "逾期" in chinese
    assert status["unit"] == "jia"
    states = {row["state"] for row in status["obligations"]}
    assert "overdue" in states


def test_status_on_two_axes_and_what_differs(ruled: Site) -> None:
    report = {
        "act": "ReportFiled",
        "as": AS,
        "subject": "principal",
        "period": "2026-H1",
        "recipients": ["uni"],
        "sent": "2026-07-05",
        "title": "半年报告",
    }
    assert ruled.record(report).code == 0
    argv = ("status", ruled.db, "--unit", "jia", "--as-of", "2026-07-31")

    now = found(*argv, at=ruled).out
    then = found(*argv, "--known-at", str(BUILT + 1), at=ruled).out
    both = found(*argv, "--compare", str(BUILT + 1), at=ruled).out
    as_json = json.loads(found(*argv, "--compare", str(BUILT + 1), "--json", at=ruled).out)

    assert f"known from the first {BUILT + 1} records" in then
    assert now != then
    assert "Compared with what was known then" in both
    assert isinstance(as_json["changes"], list)


def test_status_of_a_person(ruled: Site) -> None:
    english = found("status", ruled.db, "--person", "p-001", at=ruled).out
    chinese = found("status", ruled.db, "--person", "p-001", "--lang", "zh", at=ruled).out

    assert "jia/secretary" in english
    assert "TalkHeld@1" in english
    assert "任职" in chinese
    assert json.loads(found("status", ruled.db, "--person", "p-001", "--json", at=ruled).out)["person"] == "p-001"


@pytest.mark.parametrize(
    "more",
    [
        ["--unit", "nowhere"],
        ["--person", "nobody"],
        [],
        ["--unit", "jia", "--person", "p-001"],
        ["--unit", "jia", "--as-of", "31.12.2026"],
        ["--unit", "jia", "--known-at", "-1"],
        ["--person", "p-001", "--compare", "3"],
        ["--unit", "jia", "--rules", "nowhere"],
    ],
    ids=str,
)
def test_status_refuses_what_it_does_not_know(built: Site, more: list[str]) -> None:
    assert built.run("status", built.db, *more).code == 2


# --- each in a process of its own ----------------------------------------------------------------------------------


def test_every_command_runs_as_a_process(site: Site) -> None:
    def code(*argv: object) -> int:
        done = site.process(*argv)
        assert b"Traceback" not in done.stderr
        return done.returncode

    assert code("--version") == 0
    assert code("init", "--into", site.path / "l2", "--origin", "o") == 0
    assert code("keys", "new", site.path / "k.pem") == 0
    assert code("keys", "show", site.path / "k.pem") == 0
    assert code("keys", "prove", site.path / "k.pem", "--origin", "o", "--person", "p") == 0
    assert code("record", site.acts(TALK), "--db", site.db, "--keys", site.keys) == 0
    assert code("checkpoint", site.db) == 0
    assert code("status", site.db, "--unit", "jia") == 0
    assert code("export", site.db, "--out", site.path / "e2") == 0
    assert code("verify", site.path / "e2", "--policy", site.policy) == 0
