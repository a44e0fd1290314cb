"""Our client asks witnesses that others wrote: first tree, growth, a stale size, a fork; several logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import pytest
from tests.interop import sigsum
from tests.interop.lite import lite_witness
from tests.interop.programs import Servers, free_port, program
from tests.interop.tlog import Tlog, key_of, openssh_key, openssh_public, small, witness_key

from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, check_cosignature
from trail.witness.answers import COSIGNED, FORK, REFUSED, STALE
from trail.witness.client import WitnessClient


class Asked(NamedTuple):
    """A witness that serves, as our client sees it."""

    client: WitnessClient
    know: Callable[[NoteKey], None]


@pytest.fixture
def lite(servers: Servers) -> Asked:
    """The witness of torchwood, which knows one log."""
    made = lite_witness(servers, small().key)
    return Asked(WitnessClient("lite", made.key, made.url), made.know)


def cosigned(client: WitnessClient, log: Tlog, old: int, size: int) -> None:
    """Ask for a cosignature and check it once more, with the clock of now."""
    answer = client.add_checkpoint(old, log.consistency(old, size), log.note(size))
    assert answer.kind == COSIGNED, answer
    (line,) = answer.lines
    assert answer.time == check_cosignature(log.text(size), line, client.key)
    assert abs(answer.time - time.time()) < 300


def test_a_log_grows_before_an_independent_witness(lite: Asked) -> None:
    log, old = small(), 0
    for size in (1, 2, 3, 8, 16, 17, 17):
        cosigned(lite.client, log, old, size)
        old = size


def test_a_stale_size_is_answered_with_the_recorded_one(lite: Asked) -> None:
    log = small()
    cosigned(lite.client, log, 0, 7)
    answer = lite.client.add_checkpoint(3, log.consistency(3, 12), log.note(12))
    assert (answer.kind, answer.size) == (STALE, 7)
    cosigned(lite.client, log, 7, 12)
    # As a log that was restored from an old backup: what it would have signed is behind what was witnessed.
    answer = lite.client.add_checkpoint(7, log.consistency(7, 9), log.note(9))
    assert (answer.kind, answer.size) == (STALE, 12)


def test_a_fork_is_an_alarm(lite: Asked) -> None:
    """Another history under the same key: no proof leads there, and at the same size none is asked for."""
    log, other = small(), small(word="rewritten")
    assert other.key == log.key
    cosigned(lite.client, log, 0, 7)
    assert lite.client.add_checkpoint(7, other.consistency(7, 12), other.note(12)).kind == FORK
    assert lite.client.add_checkpoint(7, [], other.note(7)).kind == FORK
    cosigned(lite.client, log, 7, 12)


def test_a_bad_proof_is_an_alarm_and_changes_nothing(lite: Asked) -> None:
    log = small()
    cosigned(lite.client, log, 0, 7)
    proof = log.consistency(7, 12)
    for bad in (proof[:-1], [*proof, bytes(32)], [bytes(32), *proof[1:]]):
        assert lite.client.add_checkpoint(7, bad, log.note(12)).kind == FORK
    cosigned(lite.client, log, 7, 12)


def test_unknown_logs_and_keys_are_refused_and_several_logs_are_kept_apart(lite: Asked) -> None:
    log, second, stranger = small(), small("second.example.edu/acts"), small("third.example.edu/acts")
    lite.know(second.key)
    cosigned(lite.client, log, 0, 9)
    cosigned(lite.client, second, 0, 3)
    cosigned(lite.client, log, 9, 10)
    cosigned(lite.client, second, 3, 17)
    unknown = lite.client.add_checkpoint(0, [], stranger.note(5))
    assert (unknown.kind, unknown.status) == (REFUSED, 404)
    log.signer = key_of("a thief without the key")
    unsigned = lite.client.add_checkpoint(10, log.consistency(10, 12), log.note(12))
    assert (unsigned.kind, unsigned.status) == (REFUSED, 403)


def test_the_cosignature_of_another_witness_is_not_taken(lite: Asked) -> None:
    """The answer is good, and by a key that the policy does not name there."""
    log = small()
    wrong = WitnessClient("lite", witness_key("another.example/w"), lite.client.url)
    answer = wrong.add_checkpoint(0, [], log.note(3))
    assert answer.kind not in (COSIGNED, STALE)
    assert not answer.lines


@pytest.fixture
def sigsum_witness(servers: Servers) -> tuple[WitnessClient, sigsum.OurSigsumLog]:
    """Sigsum's own witness, made for one log, and that log."""
    tool = program("sigsum-go", "sigsum-witness")
    log = sigsum.OurSigsumLog([b"act %d" % number for number in range(17)], key_of("submitter"))
    key = servers.folder / "key"
    key.write_bytes(openssh_key("sigsum"))
    key.chmod(0o600)
    (servers.folder / "log.pub").write_text(openssh_public(NoteKey("log", LOG_ED25519, log.key.raw)))
    port = free_port()
    servers.start(tool, "-k", "key", "--log-key", "log.pub", "--state-file", "state", f"127.0.0.1:{port}", port=port)
    # It calls itself by its key, as Sigsum's policies do.
    raw = key_of("sigsum").public.raw
    name = f"sigsum.org/v1/witness/{sigsum.key_hash(raw)}"
    return WitnessClient("sigsum", NoteKey(name, COSIGNATURE_ED25519, raw), f"http://127.0.0.1:{port}"), log


def test_a_log_grows_before_the_witness_of_sigsum(
    sigsum_witness: tuple[WitnessClient, sigsum.OurSigsumLog],
) -> None:
    client, log = sigsum_witness
    old = 0
    for size in (1, 2, 7, 12):
        cosigned(client, log, old, size)
        old = size
    stale = client.add_checkpoint(7, log.consistency(7, 17), log.note(17))
    assert (stale.kind, stale.size) == (STALE, 12)
    bad = client.add_checkpoint(12, [bytes(32)] * len(log.consistency(12, 17)), log.note(17))
    assert bad.kind == FORK
    cosigned(client, log, 12, 17)
