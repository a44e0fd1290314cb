"""The witness: the specification's checks in its order, on its own state, and both notes of a fork kept."""

import base64
import threading
from pathlib import Path

import pytest
from tests.store.world import ORIGIN, World, key_of

from trail.errors import CallerError, NoteError, StoreFailed
from trail.signing import NoteKey, check_cosignature, format_note, parse_note, sign_note
from trail.store.checkpoints import add_cosignatures
from trail.witness import Witness, WitnessRefused, format_request, parse_request, request
from trail.witness import state as module

NAME = "witness.example"


@pytest.fixture
def witness(world: World) -> Witness:
    world.signer.issue(world.reader)
    return Witness(world.path / "witness.db", key_of("witness"), NAME, [world.note_key], new=True)


def signed(size: int, root: bytes, *, origin: str = ORIGIN, key: str = "log key") -> str:
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return format_note(text, [sign_note(text, origin, key_of(key))])


def refused(witness: Witness, body: bytes) -> WitnessRefused:
    with pytest.raises(WitnessRefused) as error:
        witness.sign(body, 99)
    return error.value


def test_a_witness_cosigns_what_extends_what_it_saw(world: World, witness: Witness) -> None:
    since, issued = 0, world.signer.issue(world.reader)
    for count in (0, 1, 7, 30):
        if count:
            world.notes(count)
        issued = world.signer.issue(world.reader)
        line = witness.sign(request(world.reader, since), 1000 + count)
        assert check_cosignature(parse_note(issued.note).text, line, witness.key) == 1000 + count
        add_cosignatures(world.reader, line)
        since = issued.size
    assert all(len(c.cosignatures) == 1 for c in world.reader.checkpoints())
    assert witness.latest(ORIGIN) == (since, world.reader.root(), issued.note)
    # Nothing new: the same tree, another time.
    assert witness.sign(request(world.reader, since), 5000)
    assert not witness.forks()


def test_a_worked_request(world: World, witness: Witness) -> None:
    """The example of docs/spec/witness.md, line by line."""
    world.notes(3)
    note = world.signer.issue(world.reader).note
    lines = request(world.reader, 16).decode().split("\n")
    assert lines[0] == "old 16"
    proof = lines[1 : lines.index("")]
    assert [len(base64.b64decode(line)) for line in proof] == [32] * len(proof)
    assert "\n".join(lines[len(proof) + 2 :]) == note
    read = parse_request(request(world.reader, 16))
    assert (read.old, read.note.text) == (16, parse_note(note).text)
    assert format_request(read.old, read.proof, note) == request(world.reader, 16)


def test_the_answers_come_in_the_order_of_the_specification(world: World, witness: Witness) -> None:
    witness.sign(request(world.reader, 0), 1)
    size, root, _ = witness.latest(ORIGIN) or (0, b"", "")
    proof = [bytes(32)]
    # Each case is wrong in its own way and in every way that is checked later.
    unknown = format_request(99, proof, signed(0, root, origin="other.example", key="another"))
    unsigned = format_request(99, proof, signed(0, root, key="another"))
    beyond = format_request(size + 5, proof, signed(size + 1, bytes(32)))
    stale = format_request(size - 1, proof, signed(size, bytes(32)))
    assert [(e.status, e.code) for e in (refused(witness, body) for body in (unknown, unsigned, beyond, stale))] == [
        (404, "LOG_UNKNOWN"), (403, "LOG_SIGNATURE"), (400, "OLD_BEYOND"), (409, "OLD_STALE"),
    ]  # fmt: skip
    assert refused(witness, stale).body == f"{size}\n"
    last = [
        (format_request(size, [], signed(0, bytes(32))), "OLD_BEYOND"),
        (format_request(size, proof, signed(size, root)), "UNPROCESSABLE"),  # a proof of nothing
        (format_request(size, [], signed(size, bytes(32))), "FORK"),
        (format_request(size, [], signed(size + 4, bytes(32))), "PROOF_BAD"),
        (format_request(size, proof, signed(size + 4, bytes(32))), "PROOF_BAD"),
    ]
    for body, code in last:
        error = refused(witness, body)
        assert (error.status, error.code) == (400 if code == "OLD_BEYOND" else 422, code)
    assert witness.latest(ORIGIN) == (size, root, world.reader.checkpoints()[0].note)


def test_a_forged_signature_of_the_known_key_is_refused(world: World, witness: Witness) -> None:
    note = world.reader.checkpoints()[0].note
    other = note.replace("\n16\n", "\n15\n")
    assert refused(witness, format_request(0, [], other)).status == 403


def test_the_first_checkpoint_is_taken_on_trust(world: World, tmp_path: Path) -> None:
    with Witness(tmp_path / "w.db", key_of("w"), NAME, [world.note_key], new=True) as witness:
        assert refused(witness, format_request(0, [], signed(0, bytes(32)))).code == "UNPROCESSABLE"
        assert refused(witness, format_request(0, [bytes(32)], signed(9, bytes(32)))).code == "UNPROCESSABLE"
        assert refused(witness, format_request(3, [], signed(9, bytes(32)))).body == "0\n"
        assert witness.latest(ORIGIN) is None
        assert witness.sign(format_request(0, [], signed(9, bytes(32))), 1)


def test_both_notes_of_a_fork_are_kept(world: World, witness: Witness) -> None:
    witness.sign(request(world.reader, 0), 1)
    kept = world.reader.checkpoints()[0].note
    offered = signed(16, bytes(31) + b"x")
    for _ in range(2):
        assert refused(witness, format_request(16, [], offered)).code == "FORK"
    [fork] = witness.forks()
    assert (fork.origin, fork.kept, fork.offered, fork.proven) == (ORIGIN, kept, offered, True)
    longer = signed(30, bytes(31) + b"y")
    assert refused(witness, format_request(16, [bytes(32)], longer)).code == "PROOF_BAD"
    assert [(f.offered, f.proven) for f in witness.forks()] == [(offered, True), (longer, False)]
    # An older tree that was cosigned once is remembered, whatever is asked now.
    world.notes(4)
    world.signer.issue(world.reader)
    witness.sign(request(world.reader, 16), 2)
    another = signed(16, bytes(31) + b"z")
    assert refused(witness, format_request(3, [], another)).status == 409
    assert another in [fork.offered for fork in witness.forks() if fork.proven]


def test_the_state_outlives_the_process(world: World, witness: Witness) -> None:
    witness.sign(request(world.reader, 0), 1)
    witness.close()
    with Witness(world.path / "witness.db", key_of("witness"), NAME, [world.note_key]) as again:
        assert refused(again, request(world.reader, 0)).body == "16\n"
        assert again.sign(request(world.reader, 16), 2)


def test_nothing_is_answered_that_was_not_persisted(
    world: World, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Exception):
        pass

    def broken(*_: object) -> str:
        raise Broken

    monkeypatch.setattr(module, "cosign", broken)
    with pytest.raises(Broken):
        witness.sign(request(world.reader, 0), 1)
    monkeypatch.undo()
    assert witness.latest(ORIGIN) is None


def test_two_requests_at_once_do_not_roll_back(world: World, witness: Witness) -> None:
    witness.sign(request(world.reader, 0), 1)
    bodies = []
    for _ in range(4):
        world.notes(1)
        world.signer.issue(world.reader)
        bodies.append(request(world.reader, 16))
    results: list[object] = []

    def ask(body: bytes) -> None:
        try:
            results.append(witness.sign(body, 5))
        except WitnessRefused as error:
            results.append(error.status)

    threads = [threading.Thread(target=ask, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(409) == 3
    latest = witness.latest(ORIGIN)
    assert latest is not None
    assert latest[0] > 16


@pytest.mark.parametrize(
    "body",
    [b"", b"old 1\n", b"old 01\n\nx", b"new 1\n\nx", b"old -1\n\nx", b"\xff", b"old 1\nnot base64\n\nx", b"old 1\n\nx",
     b"old 1\n" + b"AAAA\n" * 64 + b"\nx"],
)  # fmt: skip
def test_what_is_no_request_is_refused(witness: Witness, body: bytes) -> None:
    with pytest.raises(NoteError):
        witness.sign(body, 1)


def test_a_request_needs_a_checkpoint(world: World) -> None:
    with pytest.raises(CallerError):
        request(world.reader, 0)
    world.signer.issue(world.reader)
    with pytest.raises(CallerError):
        request(world.reader, 17)


def test_a_database_of_another_kind_is_no_state(world: World) -> None:
    with pytest.raises(StoreFailed):
        Witness(world.database.path, key_of("witness"), NAME, [NoteKey(ORIGIN, 1, world.log_key.public.raw)])
