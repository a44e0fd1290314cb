"""``trail readmodel``: what it says, what it makes, how it ends; and check 18 as ``trail verify`` shows it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from tests.cli.kit import TALK, Site, found


def shown(site: Site, *argv: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(found("readmodel", site.db, *argv, "--json", at=site).out)
    return document


def test_there_is_none_until_it_is_made_and_it_is_made_anew(site: Site) -> None:
    before = shown(site)
    assert (before["read_model"], before["usable"]) == (None, False)
    assert "no read model" in found("readmodel", site.db, at=site).out
    made = shown(site, "--rebuild")
    assert made["usable"] is True
    assert made["read_model"]["position"] == made["size"] == before["size"]  # type: ignore[index]
    assert site.record(TALK).code == 0
    lagging = found("readmodel", site.db, at=site).out
    assert f"to position {made['size']} of {int(str(made['size'])) + 1}" in lagging
    assert shown(site, "--rebuild")["usable"] is True
    assert "第" in found("readmodel", site.db, "--lang", "zh", at=site).out


def test_that_of_other_code_is_shown_as_such(site: Site) -> None:
    shown(site, "--rebuild")
    with closing(sqlite3.connect(site.db)) as connection:
        connection.execute("UPDATE followed SET code = '0.0.0'")
        connection.commit()
    assert shown(site)["usable"] is False
    assert "--rebuild" in found("readmodel", site.db, at=site).out
    refused = site.run("readmodel", site.db, "--follow")
    assert refused.code == 2
    assert "NO_READ_MODEL" in refused.err


def test_status_says_the_same(site: Site) -> None:
    argv = ("status", site.db, "--unit", "jia", "--as-of", "2026-12-31", "--json")
    without = found(*argv, at=site).out
    shown(site, "--rebuild")
    assert found(*argv, at=site).out == without


def test_verify_compares_it(site: Site) -> None:
    shown(site, "--rebuild")
    assert found("verify", site.db, "--policy", site.policy, at=site).code == 0
    with closing(sqlite3.connect(site.db)) as connection:
        connection.execute("DELETE FROM concern WHERE key = 'a/p-001'")
        connection.commit()
    report = site.run("verify", site.db, "--policy", site.policy)
    assert report.code == 3
    assert "READ_MODEL_MISMATCH" in report.out
    assert "readmodel" in report.out
    shown(site, "--rebuild")
    assert found("verify", site.db, "--policy", site.policy, at=site).code == 0


def test_rebuild_and_follow_exclude_each_other(site: Site) -> None:
    assert site.run("readmodel", site.db, "--rebuild", "--follow").code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is sent otherwise there")
def test_it_follows_until_it_is_interrupted(site: Site) -> None:
    shown(site, "--rebuild")
    command = [sys.executable, "-m", "trail.cli", "readmodel", str(site.db), "--follow", "--lang", "en"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "reaches position" in process.stderr.readline()
        assert site.record(TALK).code == 0
        assert "reaches position" in process.stderr.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "read model: to position" in out
    document = shown(site)
    assert document["read_model"]["position"] == document["size"]  # type: ignore[index]
