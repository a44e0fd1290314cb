"""One small log, made by the command line itself, and a way to run the command in this process or in one of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from trail.cli import main

SRC = Path(__file__).resolve().parents[2] / "src"
ORIGIN = "trail.example/jia"
SINCE = {"happened": "2025-01-01"}
REGISTRY: list[dict[str, Any]] = [
    {"act": "PersonRegistered", "person": "p-001", "name": "张一", **SINCE},
    {"act": "PersonRegistered", "person": "p-017", "name": "李二", **SINCE},
    {"act": "UnitEstablished", "unit": "uni", "kind": "university", "name": "某大学", **SINCE},
    {"act": "UnitEstablished", "unit": "jia", "kind": "college", "name": "甲学院", "parent": "uni", **SINCE},
    {"act": "PostCreated", "post": "jia/secretary", "unit": "jia", "kind": "secretary", "title": "书记", **SINCE},
    {"act": "PostCreated", "post": "jia/member", "unit": "jia", "kind": "member", "title": "委员", **SINCE},
    {"act": "PostAssigned", "post": "jia/secretary", "person": "p-001", "from": "2025-01-01", **SINCE},
    {"act": "PostAssigned", "post": "jia/member", "person": "p-017", "from": "2025-01-01", **SINCE},
]
AS: dict[str, str] = {"person": "p-001", "post": "jia/secretary"}
TALK: dict[str, Any] = {
    "act": "TalkHeld", "as": AS, "kind": "integrity", "counterparts": ["p-017"],
    "happened": "2026-03-05T09:00+08:00", "place": "甲学院 301", "content": "谈话内容",
}  # fmt: skip


class Result(NamedTuple):
    """What a run left: its exit code, what it wrote to stdout and stderr."""

    code: int
    out: str
    err: str


class Site(NamedTuple):
    """A folder with a log in ``log``, a witness's files, an evidence file and the inspector's policy."""

    path: Path

    @property
    def db(self) -> Path:
        return self.path / "log" / "trail.db"

    @property
    def keys(self) -> Path:
        return self.path / "log" / "keys"

    @property
    def policy(self) -> Path:
        return self.path / "policy"

    @property
    def evidence(self) -> Path:
        return self.path / "evidence.trail"

    def acts(self, *rows: dict[str, Any] | str, name: str = "acts.jsonl") -> Path:
        """A file of acts."""
        file = self.path / name
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
        file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return file

    def record(self, *rows: dict[str, Any] | str, each: bool = False) -> Result:
        """Record acts."""
        more = ["--each"] if each else []
        return self.run("record", self.acts(*rows), "--db", self.db, "--keys", self.keys, *more)

    def run(self, *argv: object) -> Result:
        """Run the command in this process, in English unless it says otherwise."""
        environment = {"TRAIL_PASSPHRASE_FILE": str(self.path / "passphrase"), "LC_ALL": "C.UTF-8"}
        with mock.patch.dict(os.environ, environment):
            return run(*argv)

    def process(
        self, *argv: object, env: dict[str, str] | None = None, **kwargs: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command in a process of its own, where the evidence lies."""
        environment = os.environ | {
            "PYTHONPATH": str(SRC), "TRAIL_PASSPHRASE_FILE": str(self.path / "passphrase"), "LC_ALL": "C.UTF-8",
        } | (env or {})  # fmt: skip
        command = [sys.executable, "-m", "trail.cli", *map(str, argv)]
        kwargs.setdefault("capture_output", True)
        return subprocess.run(command, cwd=self.path, env=environment, check=False, stdin=subprocess.DEVNULL, **kwargs)


def run(*argv: object) -> Result:
    """Run the command in this process, with streams as a process has them."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in argv])
    return Result(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]


def found(*argv: object, at: Site) -> Result:
    """Run, and expect success."""
    result = at.run(*argv)
    assert result.code == 0, result
    return result


def vkey(site: Site, key: Path, role: str, name: str) -> str:
    shown = found("keys", "show", key, "--as", role, name, at=site).out
    return next(line.removeprefix("vkey  ") for line in shown.splitlines() if line.startswith("vkey"))


def witnessed(site: Site, since: int = 0) -> Result:
    """A checkpoint, asked for, cosigned and kept."""
    request, answer = site.path / "request", site.path / "answer"
    found("checkpoint", site.db, "--since", since, "--out", request, at=site)
    witness = ("--key", site.path / "witness.pem", "--state", site.path / "witness.db")
    if not (site.path / "witness.db").exists():
        log = vkey(site, site.path / "log/log/key.pem", "log", ORIGIN)
        found("witness", "init", *witness, "--name", "dic.example", "--log", log, at=site)
    found("witness", "sign", request, *witness, "--out", answer, at=site)
    return found("checkpoint", site.db, "--add", answer, at=site)


def build(folder: Path) -> Site:
    """Make the log: registry, two keys, one talk, a witnessed checkpoint, evidence."""
    site = Site(folder)
    (site.path / "passphrase").write_text("secret\n")
    found("init", "--into", site.path / "log", "--origin", ORIGIN, at=site)
    assert site.record(*REGISTRY).code == 0
    for person in ("p-001", "p-017"):
        found("keys", "new", site.keys / f"{person}.pem", at=site)
        found("keys", "enrol", site.db, "--person", person, "--key", site.keys / f"{person}.pem", "--keys", site.keys,
              at=site)  # fmt: skip
    assert site.record(TALK).code == 0
    found("keys", "new", site.path / "witness.pem", at=site)
    witnessed(site)
    first = (site.path / "log/policy").read_text(encoding="utf-8").splitlines()
    kept = [line for line in first if not line.startswith(("#", "quorum"))]
    kept += [f"witness dic {vkey(site, site.path / 'witness.pem', 'witness', 'dic.example')}", "quorum dic"]
    site.policy.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
    found("export", site.db, "--out", site.evidence, at=site)
    return site
