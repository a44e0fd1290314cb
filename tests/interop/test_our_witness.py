"""A log that others wrote asks our witness: Sigsum's log server, its submitter and its two verifiers, over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interop import sigsum
from tests.interop.programs import Servers, free_port, output, program, reader, run
from tests.interop.tlog import key_of, openssh_key, openssh_public
from tests.witness.serving import Served, Spawned, get, prepare, serving, spawned

from trail.merkle import check_inclusion, leaf_hash, parse_checkpoint
from trail.signing import LOG_ED25519, NoteKey, open_note, parse_note

NAME = "witness.example.edu/discipline"
SUBMITTER = key_of("submitter")
LOGS = ("sigsum one", "sigsum two")


class TheirLog:
    """A Sigsum log server with its key following from *name*, that asks the witness at *url*."""

    def __init__(self, servers: Servers, name: str, witness: Served | Spawned, tries: int = 0) -> None:
        self.raw = key_of(name).public.raw
        self.key = NoteKey(sigsum.origin_of(self.raw), LOG_ED25519, self.raw)
        self.folder = servers.folder / f"{name}-{tries}"
        self.folder.mkdir()
        self._servers = servers
        self.port, inner = free_port(), free_port()
        for path, content in (("log", openssh_key(name)), ("submitter", openssh_key("submitter"))):
            (self.folder / path).write_bytes(content)
            (self.folder / path).chmod(0o600)
        (self.folder / "submitter.pub").write_text(openssh_public(NoteKey("s", LOG_ED25519, SUBMITTER.public.raw)))
        urls = {"log": f"http://127.0.0.1:{self.port}", "w": witness.url}
        (self.folder / "policy").write_text(sigsum.policy(self.raw, {"w": witness.key.raw}, "w", urls))
        output(program("sigsum-log-go", "sigsum-mktree"), "--mode", "empty", "--sth-file", self.folder / "sth")
        self.process = servers.start(
            program("sigsum-log-go", "sigsum-log-primary"), "--backend", "ephemeral", "--interval", "1s",
            "--external-endpoint", f"127.0.0.1:{self.port}", "--internal-endpoint", f"127.0.0.1:{inner}",
            "--key-file", self.folder / "log", "--policy-file", self.folder / "policy",
            "--sth-file", self.folder / "sth", "--log-level", "debug", port=self.port,
        )  # fmt: skip

    def submit(self, content: bytes, seconds: int = 40) -> str | None:
        """Submit and wait for a proof that our witness's cosignature is on; None where none came in time."""
        name = hashlib.sha256(content).hexdigest()[:8]
        (self.folder / name).write_bytes(content)
        run(
            program("sigsum-go", "sigsum-submit"), "-k", "submitter", "-p", "policy", "-t", f"{seconds}s", name,
            cwd=self.folder,
        )  # fmt: skip
        path = self.folder / f"{name}.proof"
        return path.read_text() if path.exists() else None

    def accepted(self, package: str, name: str, content: bytes, proof: str) -> bool:
        """What one of Sigsum's verifiers says."""
        (self.folder / "proof").write_text(proof)
        return run(program(package, name), "-k", "submitter.pub", "-p", "policy", "proof", stdin=content,
                   cwd=self.folder).returncode == 0  # fmt: skip


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Served]:
    """Our witness, which knows both logs."""
    with serving(tmp_path, their_keys(), name=NAME, signer=key_of(NAME)) as server:
        yield server


def their_keys() -> list[NoteKey]:
    """The keys of both logs."""
    keys = [key_of(name).public.raw for name in LOGS]
    return [NoteKey(sigsum.origin_of(raw), LOG_ED25519, raw) for raw in keys]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Spawned]:
    """The same as people run it: ``trail witness serve``, a process with its state, its key file and its passphrase."""
    prepare(tmp_path, their_keys(), name=NAME, signer=key_of(NAME))
    with spawned(tmp_path) as server:
        yield server


def test_our_cosignatures_carry_the_proofs_of_an_independent_log(servers: Servers, witness: Served) -> None:
    """
    The log asks for each tree (the empty one too) with its proof, and hands out only what our witness has cosigned.

    Each proof is then checked by Sigsum's Go and C code and by ours.
    """
    log = TheirLog(servers, LOGS[0], witness)
    for number in range(4):
        content = b"act %d\n" % number
        proof = log.submit(content)
        assert proof is not None
        for verifier in (("sigsum-go", "sigsum-verify"), ("sigsum-c", "sigsum-c-verify")):
            assert log.accepted(*verifier, content, proof), verifier
            assert not log.accepted(*verifier, b"another act\n", proof), verifier
            stamped = proof.index("cosignature=") + len("cosignature=") + 64 + 1
            changed = proof[:stamped] + ("2" if proof[stamped] != "2" else "1") + proof[stamped + 1 :]
            assert not log.accepted(*verifier, content, changed), verifier
        ours = sigsum.read_proof(proof, log.raw, {NAME: witness.key.raw})
        assert [one.key for one in open_note(parse_note(ours.note), [log.key, witness.key])] == [log.key, witness.key]
        assert ours.size == number + 1
        leaf = leaf_hash(sigsum.leaf(content, SUBMITTER))
        check_inclusion(ours.hashes, index=ours.index, size=ours.size, leaf=leaf, root=ours.root)
    latest = witness.witness.latest(log.key.name)
    assert latest is not None
    assert latest[0] == 4
    assert not witness.witness.forks()


def test_others_read_what_our_witness_shows(servers: Servers, command: Spawned) -> None:
    """The checkpoint that a witness shows to monitors, of two logs that it keeps apart."""
    logs = [TheirLog(servers, name, command) for name in LOGS]
    for count, log in enumerate(logs, 1):
        for number in range(count):
            assert log.submit(b"act %d\n" % number)
    for count, log in enumerate(logs, 1):
        answer = get(command.url, f"/{hashlib.sha256(log.key.name.encode()).hexdigest()}/checkpoint")
        assert answer.status == 200
        lines = output(
            reader(), "checkpoint", log.key.name, log.key.vkey, command.key.vkey, stdin=answer.body
        ).splitlines()
        checkpoint = parse_checkpoint(parse_note(answer.body).text)
        assert (checkpoint.origin, checkpoint.size) == (log.key.name, count)
        assert lines[0] == f"{count} {checkpoint.root.hex()}"
        assert [line.split()[0] for line in lines[1:]] == [log.key.name, NAME]


def test_an_independent_log_that_lost_its_memory_gets_no_cosignature(servers: Servers, witness: Served) -> None:
    """Restored empty under the same key: it is refused, and once it says so in a note of its own, that is kept."""
    log = TheirLog(servers, LOGS[0], witness)
    for number in range(2):
        assert log.submit(b"act %d\n" % number)
    before = witness.witness.latest(log.key.name)
    log.process.terminate()
    log.process.wait(20)
    again = TheirLog(servers, LOGS[0], witness, tries=1)
    for number in range(20):
        assert again.submit(b"another history %d\n" % number, seconds=2) is None
        if witness.witness.forks():
            break
    assert witness.witness.latest(log.key.name) == before
    fork = witness.witness.forks()[0]
    kept, offered = (parse_checkpoint(parse_note(note).text) for note in (fork.kept, fork.offered))
    # At the size that was witnessed the two notes are proof by themselves; beyond it a proof that holds could clear it.
    assert kept.size == 2 <= offered.size
    assert fork.proven == (offered.size == 2)
