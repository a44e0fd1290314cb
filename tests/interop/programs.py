"""
The independent programs: where they are, how they are run.

``make interop`` (``tests/interop/install.sh``) puts them into ``build/interop``; TRAIL_INTEROP names another folder.
Without them these tests are skipped; under CI a skip fails the run.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("TRAIL_INTEROP") or Path(__file__).parents[2] / "build" / "interop")
_TURN = itertools.count(random.randrange(3_000))
SECONDS = 60
"""Longer than any of them takes on a busy machine."""

# Debian builds its Go programs in a way that makes Go's library fall back to an older router, which does not know the
# patterns that some of them use.
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "GODEBUG": "httpmuxgo121=0",
    "NO_PROXY": "*",
    "LANG": "C.UTF-8",
}


def program(package: str, name: str) -> Path:
    """The program *name* of a Debian *package*; the test is skipped where it is missing."""
    path = FOLDER / package / "usr" / "bin" / name
    if not path.exists():
        pytest.skip(f"{name} of {package} is not there: run `make interop`")
    return path


def reader() -> Path:
    """The program built from reader.go."""
    path = FOLDER / "reader" / "bin" / "reader"
    if not path.exists():
        pytest.skip("reader is not there: run `make interop`")
    return path


def environment() -> dict[str, str]:
    """What a program is given: little, so that a test does not depend on whose machine it runs on."""
    libraries = [str(path) for path in sorted((FOLDER / "lib" / "usr" / "lib").glob("*"))]
    return ENVIRONMENT | {"LD_LIBRARY_PATH": ":".join(libraries)}


def run(*command: str | Path, stdin: str | bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; neither its output nor its exit code is judged here."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    return subprocess.run(
        [str(part) for part in command], input=data, capture_output=True, timeout=SECONDS, cwd=cwd, env=environment(),
        check=False,
    )  # fmt: skip


def output(*command: str | Path, stdin: str | bytes = b"", cwd: Path | None = None) -> str:
    """What a program that ends well wrote."""
    done = run(*command, stdin=stdin, cwd=cwd)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def accepts(*command: str | Path, stdin: str | bytes = b"", cwd: Path | None = None) -> bool:
    """Say whether a program accepts what it is given; exit code 1 is its no, any other is no answer at all."""
    done = run(*command, stdin=stdin, cwd=cwd)
    assert done.returncode in (0, 1), (done.returncode, done.stderr.decode())
    return done.returncode == 0


def free_port() -> int:
    """
    A port of this machine that nobody uses right now, and that nobody is given by the system before it is used.

    It lies below the range that outgoing connections take theirs from; each worker of a test run has its own.
    """
    worker = int("".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))) or 0)
    while True:
        port = 20_000 + worker % 4 * 3_000 + next(_TURN) % 3_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Servers:
    """Programs that serve until the test ends; their output lies in *folder*."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str | Path, port: int | None = None, path: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a program and wait until it listens at *port* of this machine, or until *path* exists."""
        log = self.folder / f"{Path(command[0]).name}-{len(self._running)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder,
                env=environment(), start_new_session=True,
            )  # fmt: skip
        self._running.append(process)
        until = time.monotonic() + SECONDS
        while not (_listens(port) if port else path is None or path.exists()):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < until, log.read_text(errors="replace")
            time.sleep(0.05)
        return process

    def stop(self) -> None:
        """End them all, the last one first."""
        for process in reversed(self._running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
