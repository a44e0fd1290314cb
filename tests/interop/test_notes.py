"""Keys, notes, checkpoints and cosignatures: ours read by others, theirs by us, and a changed byte by nobody."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from tests.interop.programs import accepts, output, program, reader, run
from tests.interop.tlog import TIME, Tlog, key_of, openssh_public, seed_of, small, witness_key

from trail.errors import EvidenceError, TrailError
from trail.merkle import check_consistency, check_inclusion, leaf_hash, parse_checkpoint, parse_proof
from trail.merkle.proofs import parse_hash
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, open_note, parse_note, parse_vkey

ORIGINS = ("log.example.edu/acts", "甲大学.example/台账")
WITNESS = "witness.example.edu/discipline"
COUNT = 9


@pytest.mark.parametrize(
    ("name", "kind"), [(ORIGINS[0], "ed25519"), (ORIGINS[1], "ed25519"), (WITNESS, "cosignature/v1")]
)
def test_a_vkey_is_the_same_for_sigsum_key(name: str, kind: str) -> None:
    """From an OpenSSH key to a vkey and back, by a program that computes name, id and type for itself."""
    tool = program("sigsum-go", "sigsum-key")
    key = NoteKey(name, {"ed25519": LOG_ED25519, "cosignature/v1": COSIGNATURE_ED25519}[kind], key_of(name).public.raw)
    theirs = output(tool, "to-vkey", "-n", name, "-t", kind, stdin=openssh_public(key)).strip()
    assert theirs == key.vkey
    assert parse_vkey(theirs) == key
    assert output(tool, "from-vkey", stdin=key.vkey + "\n").split()[1] == openssh_public(key).split()[1]


def test_a_vkey_with_another_id_is_refused_by_both() -> None:
    key = witness_key(WITNESS)
    name, hexadecimal, encoded = key.vkey.split("+", 2)
    other = f"{name}+{int(hexadecimal, 16) ^ 1:08x}+{encoded}"
    assert run(program("sigsum-go", "sigsum-key"), "from-vkey", stdin=other + "\n").returncode != 0
    with pytest.raises(TrailError):
        parse_vkey(other)


@pytest.mark.parametrize("origin", ORIGINS)
def test_our_checkpoints_are_read_by_two_libraries(origin: str) -> None:
    """golang.org/x/mod reads the note under the log's key; transparency-dev reads checkpoint and cosignatures too."""
    log, others = small(origin), (WITNESS, "second.example/w")
    for size in (0, 1, 2, 16, 17):
        note = log.note(size, *others)
        assert output(reader(), "note", log.key.vkey, stdin=note) == "1 known, 2 unknown\n"
        lines = output(
            reader(), "checkpoint", origin, log.key.vkey, *(witness_key(name).vkey for name in others), stdin=note
        ).splitlines()
        assert lines == [f"{size} {log.root(size).hex()}", origin, *(f"{name} {TIME}" for name in others)]


def flips(note: str) -> list[str]:
    """The note with one character changed: in the origin, the size, the root, and each signature's last bytes."""
    whole = note.encode()
    found = []
    for old, new in ((b"log.", b"lag."), (b"\n17\n", b"\n16\n"), (b"\n17\n", b"\n18\n")):
        found.append(whole.replace(old, new, 1))
    end = whole.index(b"=\n")
    found.append(whole[: end - 2] + (b"A" if whole[end - 2 : end - 1] != b"A" else b"E") + whole[end - 1 :])
    for line in whole.split(b"\n\n")[1].splitlines():
        at = whole.index(line) + len(line) - 8
        found.append(whole[:at] + (b"A" if whole[at : at + 1] != b"A" else b"B") + whole[at + 1 :])
    return [changed.decode() for changed in found]


def test_a_changed_byte_of_a_checkpoint_is_refused_by_all() -> None:
    log = small()
    note = log.note(17, WITNESS)
    keys = [log.key, witness_key(WITNESS)]
    command = (reader(), "checkpoint", log.origin, log.key.vkey, keys[1].vkey)
    assert accepts(*command, stdin=note)
    assert open_note(parse_note(note), keys)
    changed = flips(note)
    assert len(set(changed)) == len(changed) == 6
    for other in changed:
        assert other != note
        assert not accepts(*command, stdin=other)
        with pytest.raises(EvidenceError):
            open_note(parse_note(other), keys)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NoteKey, NoteKey]:
    """A log that golang.org/x/mod and torchwood made: notes at each size, all proofs; and the two keys."""
    folder = tmp_path_factory.mktemp("made")
    lines = output(
        reader(), "make", ORIGINS[1], seed_of(ORIGINS[1]).hex(), WITNESS, seed_of(WITNESS).hex(), folder, str(COUNT)
    ).splitlines()
    log, witness = (parse_vkey(line) for line in lines)
    return folder, log, witness


def test_the_keys_of_a_log_that_others_made_are_ours(made: tuple[Path, NoteKey, NoteKey]) -> None:
    _, log, witness = made
    assert log == Tlog(ORIGINS[1], []).key
    assert witness == witness_key(WITNESS)


def test_their_checkpoints_are_read_by_us_and_are_the_bytes_that_we_write(made: tuple[Path, NoteKey, NoteKey]) -> None:
    """Ed25519 is deterministic: the same log and key give the same note, but for the time of the cosignature."""
    folder, log, witness = made
    ours = small(ORIGINS[1], COUNT)
    for size in range(1, COUNT + 1):
        note = parse_note((folder / f"{size}.checkpoint").read_bytes())
        verified = open_note(note, [log, witness])
        assert [one.key for one in verified] == [log, witness]
        assert parse_checkpoint(note.text).root == ours.root(size)
        assert note.text == ours.text(size)
        assert note.lines[0] == parse_note(ours.note(size)).lines[0]


def test_their_changed_checkpoints_are_refused_by_us_and_by_them(made: tuple[Path, NoteKey, NoteKey]) -> None:
    folder, log, witness = made
    note = (folder / "7.checkpoint").read_bytes()
    for at in range(0, len(note), 3):
        changed = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        try:
            ours = len(open_note(parse_note(changed), [log, witness]))
            parse_checkpoint(parse_note(changed).text)
        except EvidenceError:
            ours = 0
        # A line of a key that nobody knows any more counts for nothing, here as there.
        assert ours < 2, at
        done = run(reader(), "checkpoint", ORIGINS[1], log.vkey, witness.vkey, stdin=changed)
        assert done.returncode or len(done.stdout.splitlines()) < 3, at


def test_their_proofs_hold_for_us(made: tuple[Path, NoteKey, NoteKey]) -> None:
    """Inclusion of every entry in every tree and consistency of every pair, and the texts that we would write."""
    folder, log, witness = made
    ours = small(ORIGINS[1], COUNT)
    for size in range(1, COUNT + 1):
        for index in range(size):
            text = (folder / f"{index}-{size}.tlog-proof").read_text()
            proof = parse_proof(text)
            assert (proof.index, list(proof.hashes), proof.extra) == (index, ours.inclusion(index, size), None)
            assert open_note(parse_note(proof.note), [log, witness])
            root = parse_checkpoint(parse_note(proof.note).text).root
            entry = (folder / f"{index}.entry").read_bytes()
            check_inclusion(proof.hashes, index=index, size=size, leaf=leaf_hash(entry), root=root)
            extra = parse_proof((folder / f"{index}-{size}.extra.tlog-proof").read_text())
            assert extra.extra == b"extra of %d" % index
        for first in range(1, size):
            hashes = [parse_hash(line) for line in (folder / f"{first}-{size}.consistency").read_text().splitlines()]
            assert hashes == ours.consistency(first, size)
            check_consistency(
                hashes, first=first, second=size, first_root=ours.root(first), second_root=ours.root(size)
            )  # fmt: skip


def test_spaces_in_base64_are_not_what_others_write(made: tuple[Path, NoteKey, NoteKey]) -> None:
    """The spelling that we insist on is the only one that they write."""
    folder, _, _ = made
    for path in folder.glob("*.checkpoint"):
        root = path.read_text().split("\n")[2]
        assert base64.b64encode(base64.b64decode(root)).decode() == root
