"""Our inclusion and consistency proofs, their text, and policies, read by programs that others wrote."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from tests.interop.programs import accepts, output, program, reader
from tests.interop.tlog import Tlog, small, witness_key

from trail.errors import PolicyError, TrailError
from trail.merkle import check_inclusion, format_proof, leaf_hash, parse_checkpoint, parse_proof
from trail.signing import LOG_ED25519, NoteKey, PrivateKey, format_policy, open_note, parse_note, parse_policy

WITNESSES = ("one.example/w", "two.example/w", "three.example/w")
SPICY = (("litetlog", "spicy-litetlog"), ("torchwood", "spicy-torchwood"))
NAMED = {name.partition(".")[0]: witness_key(name) for name in WITNESSES}
LARGE = 70_000  # where proofs have 17 hashes, and the tree has three levels of tiles


@pytest.fixture(scope="module")
def large() -> Tlog:
    """A log of 70,000 entries."""
    return small(count=LARGE)


def test_our_inclusion_proofs_hold_for_two_libraries(large: Tlog) -> None:
    for index, size in [(0, 1), (0, 2), (1, 2), (4, 5), (6, 7), (16, 17), (255, 256), (256, 257), (0, LARGE),
                        (LARGE - 1, LARGE), (65_535, LARGE), (65_536, LARGE), (12_345, 54_321)]:  # fmt: skip
        proof = large.inclusion(index, size)
        leaf, root = leaf_hash(large.entries[index]), large.root(size)
        command = [reader(), "inclusion", str(index), str(size), leaf.hex(), root.hex(), *(one.hex() for one in proof)]
        assert accepts(*command)
        assert not accepts(*command, bytes(32).hex())
        assert not accepts(*command[:5], bytes(32).hex(), *command[6:])
        if proof:
            assert not accepts(*command[:-1])
            assert not accepts(*command[:-1], bytes(32).hex())


def test_our_consistency_proofs_hold_for_two_libraries(large: Tlog) -> None:
    for first, second in [(1, 2), (2, 3), (3, 4), (4, 8), (6, 7), (7, 17), (255, 257), (256, 512), (1, LARGE),
                          (65_536, LARGE), (65_537, LARGE), (LARGE - 1, LARGE), (12_345, 54_321)]:  # fmt: skip
        proof = large.consistency(first, second)
        roots = large.root(first).hex(), large.root(second).hex()
        command = [reader(), "consistency", str(first), str(second), *roots, *(one.hex() for one in proof)]
        assert accepts(*command)
        assert not accepts(*command, bytes(32).hex())
        assert not accepts(*command[:-1])
        assert not accepts(*command[:4], roots[1], *command[5:])
        assert not accepts(*command[:5], roots[0], *command[6:])


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Two of three witnesses, in the words that C2SP has."""
    path = tmp_path / "policy"
    groups = {"some": (2, ("one", "two")), "all-of-us": (1, ("some", "three"))}
    path.write_text(format_policy(logs=[small().key], witnesses=NAMED, groups=groups, quorum="all-of-us"))
    return path


def judged(policy: Path, entry: bytes, proof: str) -> tuple[bool, bool]:
    """What the other program says of a proof under a policy, and what this library does."""
    path = policy.parent / "entry"
    path.write_bytes(entry)
    return accepts(reader(), "proof", policy, path, stdin=proof), _ours(policy, entry, proof)


def _ours(policy: Path, entry: bytes, proof: str) -> bool:
    trusted = parse_policy(policy.read_bytes())
    try:
        read = parse_proof(proof)
        note = parse_note(read.note)
        checkpoint = parse_checkpoint(note.text)
        verified = open_note(note, trusted.keys)
        check_inclusion(
            read.hashes, index=read.index, size=checkpoint.size, leaf=leaf_hash(entry), root=checkpoint.root
        )
    except TrailError:
        return False
    signed = any(one.key in trusted.log_keys(checkpoint.origin) for one in verified)
    return signed and trusted.satisfied(trusted.times(verified))


@pytest.mark.parametrize(
    ("witnesses", "enough"),
    [((), False), (WITNESSES[:1], False), (WITNESSES[:2], True), (WITNESSES[2:], True), (WITNESSES, True),
     ((WITNESSES[1], WITNESSES[1]), False), (("stranger.example/w", WITNESSES[0]), False)],
)  # fmt: skip
def test_a_proof_as_text_is_judged_alike_under_one_policy(
    policy: Path, witnesses: tuple[str, ...], enough: bool
) -> None:
    """Policy, log's signature, quorum, inclusion: torchwood's verifier and ours read the same files."""
    log = small()
    for index, extra in ((0, None), (5, b"anything"), (16, None)):
        proof = format_proof(index, log.inclusion(index, 17), log.note(17, *witnesses), extra)
        assert judged(policy, log.entries[index], proof) == (enough, enough)
        assert judged(policy, log.entries[index] + b"x", proof) == (False, False)


def test_a_changed_byte_of_a_proof_is_refused_by_both(policy: Path) -> None:
    log = small()
    proof = format_proof(5, log.inclusion(5, 17), log.note(17, *WITNESSES[:2]))
    assert judged(policy, log.entries[5], proof) == (True, True)
    for old, new in (("@v1", "@v2"), ("index 5", "index 6"), ("index 5", "index 37"), ("\n17\n", "\n18\n"),
                     (WITNESSES[0], "onf.example/w"), (f"{log.origin}\n", "log.example.edu/actt\n")):  # fmt: skip
        assert old in proof
        assert judged(policy, log.entries[5], proof.replace(old, new)) == (False, False), old
    lines = proof.split("\n")
    for at in (2, 3, 6):
        other = "\n".join([*lines[:at], "A" * 43 + "=", *lines[at + 1 :]])
        assert judged(policy, log.entries[5], other) == (False, False)


@pytest.mark.parametrize(
    "text",
    [
        "log {log}\nwitness a {a}\nquorum b\n",
        "log {log}\nwitness a {a}\nquorum a\nquorum a\n",
        "log {log}\nwitness a {a}\n",
        "log {log}\nwitness a {a}\nwitness a {b}\nquorum a\n",
        "log {log}\ngroup g any a\nwitness a {a}\nquorum g\n",
        "log {log}\nwitness a {a}\ngroup g 2 a\nquorum g\n",
        "log {log}\nwitness a {a}\ngroup g 0 a\nquorum g\n",
        "log {log}\nwitness a {log}\nquorum a\n",
        "log {a}\nquorum none\n",
        "log {log}\nwhat is this\nquorum none\n",
    ],
)
def test_a_bad_policy_is_refused_by_both(text: str) -> None:
    filled = text.format(log=small().key.vkey, a=witness_key(WITNESSES[0]).vkey, b=witness_key(WITNESSES[1]).vkey)
    assert not accepts(reader(), "policy", stdin=filled)
    with pytest.raises(PolicyError):
        parse_policy(filled)


@pytest.mark.parametrize(
    "text",
    [
        "quorum none\nlog {log}\n",
        "# a comment\n\n\tlog  {log} https://log.example/ \nwitness a {a} https://a.example/x\nquorum a\n",
        "log {log}\nwitness a {a}\nwitness b {b}\ngroup g all a b\ngroup h any g\nquorum h\n",
    ],
)
def test_a_good_policy_is_read_by_both(text: str) -> None:
    filled = text.format(log=small().key.vkey, a=witness_key(WITNESSES[0]).vkey, b=witness_key(WITNESSES[1]).vkey)
    assert accepts(reader(), "policy", stdin=filled)
    assert parse_policy(filled)


def test_our_own_words_in_a_policy_are_not_read_by_others() -> None:
    """Known and meant: whoever shares a policy with other programs leaves out genesis, fresh and require."""
    shared = f"log {small().key.vkey}\nquorum none\n"
    assert accepts(reader(), "policy", stdin=shared)
    for word in (f"genesis {'0' * 64}", "fresh 30", "require bodies"):
        assert parse_policy(f"{shared}{word}\n")
        assert not accepts(reader(), "policy", stdin=f"{shared}{word}\n")


HEADER = "c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(("package", "name"), SPICY)
def test_our_proofs_are_spicy_signatures(tmp_path: Path, package: str, name: str) -> None:
    """These programs write the proof without its first line, as the format was before it had one."""
    log, tool = small(), program(package, name)
    path = tmp_path / "act"
    for index in (0, 5, 16):
        proof = format_proof(index, log.inclusion(index, 17), log.note(17, *WITNESSES))
        (tmp_path / "act.spicy").write_text(proof.removeprefix(HEADER))
        path.write_bytes(log.entries[index])
        assert accepts(tool, "-verify", log.key.vkey, path)
        path.write_bytes(log.entries[index] + b"\n")
        assert not accepts(tool, "-verify", log.key.vkey, path)
        path.write_bytes(log.entries[index])
        assert not accepts(tool, "-verify", small("other.example").key.vkey, path)


@pytest.mark.parametrize(("package", "name"), SPICY)
def test_spicy_signatures_are_our_proofs(tmp_path: Path, package: str, name: str) -> None:
    tool = program(package, name)
    (tmp_path / "assets").mkdir()
    output(tool, "-init", "spicy.example/log", "-key", tmp_path / "key", "-assets", tmp_path / "assets")
    files = [tmp_path / f"file{number}" for number in range(5)]
    for path in files:
        path.write_text(path.name)
    output(tool, "-key", tmp_path / "key", "-assets", tmp_path / "assets", *files)
    key = _public((tmp_path / "key").read_text())
    for number, path in enumerate(files):
        proof = parse_proof(HEADER + (tmp_path / f"{path.name}.spicy").read_text())
        note = parse_note(proof.note)
        assert [one.key.name for one in open_note(note, [key])] == ["spicy.example/log"]
        checkpoint = parse_checkpoint(note.text)
        assert (proof.index, checkpoint.size) == (number, len(files))
        check_inclusion(
            proof.hashes, index=number, size=5, leaf=leaf_hash(path.read_bytes()), root=checkpoint.root
        )  # fmt: skip


def _public(private: str) -> NoteKey:
    """The public half of a private key as Go's sumdb/note writes it: ``PRIVATE+KEY+<name>+<id>+<base64>``."""
    _, _, name, _, encoded = private.strip().split("+", 4)
    return NoteKey(name, LOG_ED25519, PrivateKey.from_seed(base64.b64decode(encoded)[1:]).public.raw)
