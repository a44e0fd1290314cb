"""A university's log under an independent witness: rounds, evidence, proofs, and a copy that goes on by mistake."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.application.campus import Campus, Visited, key_of
from tests.application.outside import backup, log_note_key, opened
from tests.interop.lite import lite_witness
from tests.interop.programs import Servers, accepts, output, reader
from tests.witness.serving import serving

from trail.application import Trail
from trail.application.anchoring import OTHER_INSTANCE
from trail.clock import SystemClock
from trail.errors import StoreFailed
from trail.evidence.verdict import Verdict
from trail.signing import NoteKey, PrivateKey, format_policy
from trail.verify import verify

OUR_NAME = "witness.example.edu/discipline"
OUR_KEY = PrivateKey.from_seed(bytes(31) + b"\7")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small university, told once."""
    folder = tmp_path_factory.mktemp("furnished")
    Campus(folder).trail.close()
    return folder


class Watched:
    """The campus, a witness that others wrote, one of ours, and the policy that wants both."""

    def __init__(self, campus: Campus, policy: str, keys: dict[str, NoteKey]) -> None:
        self.campus, self.policy, self.keys = campus, policy, keys
        self.pinned = f"{policy}genesis {campus.trail.genesis().hex()}\n"


@pytest.fixture
def watched(furnished: Path, tmp_path: Path, servers: Servers) -> Iterator[Watched]:
    shutil.copytree(furnished, tmp_path / "campus")
    campus = Campus.__new__(Campus)
    campus.folder, campus.path = tmp_path / "campus", tmp_path / "campus" / "trail.db"
    theirs = lite_witness(servers, log_note_key())
    campus.clock = SystemClock()  # type: ignore[assignment]
    ours = tmp_path / "ours"
    ours.mkdir()
    with (
        serving(ours, [log_note_key()], name=OUR_NAME, signer=OUR_KEY) as server,
        Trail.open(campus.path, log_key=key_of("log"), state=campus.folder / "log.state") as campus.trail,
    ):
        keys = {"theirs": theirs.key, "ours": server.key}
        urls = {theirs.key.vkey: theirs.url, server.key.vkey: server.url}
        policy = format_policy(logs=[log_note_key()], witnesses=keys, groups={"both": (2, ("theirs", "ours"))},
                               quorum="both", urls=urls)  # fmt: skip
        yield Watched(campus, policy, keys)


def visit(trail: Trail, count: int) -> None:
    """Record some acts."""
    trail.acting("p-001", "jia/secretary", key_of("p-001")).record_many([Visited() for _ in range(count)])


def test_evidence_stands_on_an_independent_witness(watched: Watched, tmp_path: Path) -> None:
    """Rounds of the log itself; then the evidence file under the policy, and proofs that others check."""
    trail = watched.campus.trail
    for count in (0, 1, 7):
        if count:
            visit(trail, count)
        held = trail.anchor(watched.policy)
        assert {one.name: one.outcome for one in held.asked} == {"theirs": "cosigned", "ours": "cosigned"}
        assert held.satisfied
    report = verify(trail.evidence(), watched.pinned)
    assert (report.verdict, report.size) == (Verdict.INTACT, watched.campus.size)
    (tmp_path / "policy").write_text(watched.policy)
    for position in (1, 5, watched.campus.size):
        receipt = trail.proof(position)
        (tmp_path / "entry").write_bytes(receipt.entry)
        judge = (reader(), "proof", tmp_path / "policy", tmp_path / "entry")
        assert accepts(*judge, stdin=receipt.proof)
        (tmp_path / "entry").write_bytes(receipt.entry[:-1] + bytes([receipt.entry[-1] ^ 1]))
        assert not accepts(*judge, stdin=receipt.proof)
    issued = trail.reader.checkpoint()
    assert issued is not None
    vkeys = [log_note_key().vkey, *(key.vkey for key in watched.keys.values())]
    read = output(reader(), "checkpoint", log_note_key().name, *vkeys, stdin=issued.cosigned).splitlines()
    assert read[0] == f"{watched.campus.size} {trail.reader.root().hex()}"
    assert {line.split()[0] for line in read[1:]} == {key.name for key in (log_note_key(), *watched.keys.values())}


def test_a_copy_that_goes_on_is_stopped_by_an_independent_witness(watched: Watched, tmp_path: Path) -> None:
    """Database, state and key were copied: whoever comes second signs nothing, on the word of their witness alone."""
    only = "\n".join(line for line in watched.policy.split("\n") if not line.startswith(("witness ours", "group")))
    only = only.replace("quorum both", "quorum theirs")
    trail = watched.campus.trail
    assert trail.anchor(only).satisfied
    copy = backup(watched.campus, tmp_path / "copy")
    visit(trail, 1)
    assert trail.anchor(only).satisfied
    with opened(copy, watched.campus.clock, witnesses=only) as second:
        visit(second, 2)
        before = second.reader.checkpoint()
        with pytest.raises(StoreFailed) as caught:
            second.anchor()
        assert caught.value.code == OTHER_INSTANCE
        assert second.reader.checkpoint() == before
