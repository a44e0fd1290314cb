"""The witness of torchwood, running, with an ssh-agent that holds its key: so this witness is given its key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import NamedTuple

import pytest
from tests.interop.programs import Servers, free_port, output, program, run
from tests.interop.sigsum import key_hash
from tests.interop.tlog import openssh_key, witness_key

from trail.signing import NoteKey

NAME = "witness.example.net/lite"
PACKAGE = "torchwood"  # the older program of the package litetlog crashes in its own database code


class LiteWitness(NamedTuple):
    """A witness that listens at ``url``; ``know`` makes it know a log by its key."""

    key: NoteKey
    url: str
    know: Callable[[NoteKey], None]


def lite_witness(servers: Servers, *logs: NoteKey) -> LiteWitness:
    """Start it; it knows *logs*."""
    witness, control = program(PACKAGE, "litewitness"), program(PACKAGE, "witnessctl")
    for tool in ("ssh-agent", "ssh-add"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not there: install openssh-client")
    path = servers.folder / "key"
    path.write_bytes(openssh_key(NAME))
    path.chmod(0o600)
    # A relative path: that of a socket may not be long.
    servers.start(str(shutil.which("ssh-agent")), "-D", "-a", "agent.sock", path=servers.folder / "agent.sock")
    run("env", "SSH_AUTH_SOCK=agent.sock", "ssh-add", "-q", "key", cwd=servers.folder)
    port, key = free_port(), witness_key(NAME)

    def know(log: NoteKey) -> None:
        output(control, "add-log", "-db", "witness.db", "-origin", log.name, cwd=servers.folder)
        output(control, "add-key", "-db", "witness.db", "-origin", log.name, "-key", log.vkey, cwd=servers.folder)

    for log in logs:
        know(log)
    servers.start(
        witness, "-db", "witness.db", "-name", NAME, "-key", key_hash(key.raw), "-ssh-agent", "agent.sock",
        "-listen", f"127.0.0.1:{port}", port=port,
    )  # fmt: skip
    return LiteWitness(key, f"http://127.0.0.1:{port}", know)
