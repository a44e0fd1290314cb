"""
A witness over HTTP, for tests.

`serving` runs the service in a thread of this process, `spawned` the command ``trail witness serve`` in a process of
its own.  Both give an address and the witness's key::

    with serving(tmp_path, [log_key]) as server:
        policy_line = f"witness w {server.key.vkey} {server.url}"

`post` and `get` ask over a plain HTTP client and give the answer whole.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from trail.clock import Clock, SystemClock
from trail.signing import NoteKey, PrivateKey, write_key_file
from trail.witness import Memory, Witness
from trail.witness.running import Running

SRC = Path(__file__).resolve().parents[2] / "src"
NAME = "witness.example"
WITNESS_KEY = PrivateKey.from_seed(hashlib.sha256(b"a witness for tests").digest())
SECRET = "the passphrase of this test"


class Served(NamedTuple):
    """A witness that answers at ``url``, its ``key``, the file of its ``state``, and the running service."""

    url: str
    key: NoteKey
    state: Path
    witness: Witness
    running: Running


@contextmanager
def serving(
    folder: Path,
    logs: Sequence[NoteKey],
    *,
    name: str = NAME,
    signer: PrivateKey = WITNESS_KEY,
    clock: Clock | None = None,
    prefix: str = "",
    busy_timeout: float = 5.0,
) -> Iterator[Served]:
    """A witness with its state at ``folder/witness.db`` (made, if it is not there), in a thread, until the end."""
    state = folder / "witness.db"
    new = not state.exists()
    with Witness(state, signer, name, logs, new=new, busy_timeout=busy_timeout) as witness:
        running = Running(witness, clock or SystemClock(), port=0, prefix=prefix)
        ready = threading.Event()
        thread = threading.Thread(target=running.run, args=(ready.set,), daemon=True)
        thread.start()
        if not ready.wait(30):
            raise TimeoutError("the service did not start")
        try:
            yield Served(running.url, witness.key, state, witness, running)
        finally:
            running.stop()
            thread.join(60)


class Spawned(NamedTuple):
    """A process that serves a witness."""

    url: str
    key: NoteKey
    state: Path
    process: subprocess.Popen[str]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it; its exit code, and what it wrote to stderr."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


def prepare(folder: Path, logs: Sequence[NoteKey], *, name: str = NAME, signer: PrivateKey = WITNESS_KEY) -> Path:
    """A state with these logs, a key file ``witness.pem`` and its passphrase file ``passphrase``; gives the state."""
    state = folder / "witness.db"
    write_key_file(folder / "witness.pem", signer, SECRET)
    (folder / "passphrase").write_text(SECRET + "\n", encoding="utf-8")
    with Witness(state, signer, name, new=True) as witness:
        for log in logs:
            witness.memory.add_log(log, now=1)
    return state


@contextmanager
def spawned(folder: Path, *more: str, environment: Mapping[str, str] | None = None) -> Iterator[Spawned]:
    """``trail witness serve`` on what `prepare` made in *folder*; killed at the end if it runs still."""
    state = folder / "witness.db"
    with Memory(state) as memory:
        key = memory.key
    command = [
        sys.executable, "-m", "trail.cli", "witness", "serve", "--state", str(state),
        "--key", str(folder / "witness.pem"), "--passphrase-file", str(folder / "passphrase"), "--port", "0",
        "--lang", "en", *more,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(SRC)} | dict(environment or {}),
    )  # fmt: skip
    try:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        url = ""
        for line in process.stdout:
            if line.startswith("http"):
                url = line.strip()
                break
        if not url:
            raise RuntimeError(f"the service did not start: {process.communicate(timeout=30)[1]}")
        yield Spawned(url, key, state, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=60)


class Answer(NamedTuple):
    """An answer over HTTP: ``headers`` with lowercase names."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


def ask(
    url: str, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One request on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request(method, parts.path + path, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """Submit a request to cosign."""
    return ask(url, "POST", "/add-checkpoint", body, headers)


def get(url: str, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Look at something."""
    return ask(url, "GET", path, None, headers)
