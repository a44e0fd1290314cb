"""Checkpoint signatures, cosignatures and inclusion proofs of ours in Sigsum's proofs, checked by its Go and C code."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop import sigsum
from tests.interop.programs import program, run
from tests.interop.tlog import key_of, openssh_public

from trail.signing import LOG_ED25519, NoteKey

SUBMITTER = key_of("submitter")
WITNESSES = ("one.example/w", "two.example/w")
CONTENTS = [b"act %d\n" % number for number in range(13)]
VERIFIERS = (("sigsum-go", "sigsum-verify"), ("sigsum-c", "sigsum-c-verify"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The submitter's public key and a policy that wants both witnesses."""
    log = key_of(sigsum.LOG).public.raw
    keys = {name.partition(".")[0]: key_of(name).public.raw for name in WITNESSES}
    text = sigsum.policy(log, keys, "both").replace("quorum", "group both all one two\nquorum")
    (tmp_path / "policy").write_text(text)
    (tmp_path / "submitter.pub").write_text(openssh_public(NoteKey("s", LOG_ED25519, SUBMITTER.public.raw)))
    return tmp_path


def accepted(package: str, name: str, folder: Path, content: bytes, proof: str) -> bool:
    """Say whether a verifier takes the proof for the content under the folder's policy."""
    (folder / "proof").write_text(proof)
    done = run(program(package, name), "-k", "submitter.pub", "-p", "policy", "proof", stdin=content, cwd=folder)
    assert done.returncode == 0 or done.stderr, "a refusal says why"
    return done.returncode == 0


@pytest.mark.parametrize(("package", "name"), VERIFIERS)
def test_what_we_sign_cosign_and_prove_holds(folder: Path, package: str, name: str) -> None:
    log = sigsum.OurSigsumLog(CONTENTS, SUBMITTER)
    for index, size in ((0, 1), (0, 2), (1, 2), (2, 3), (5, 6), (7, 8), (8, 9), (3, 13), (12, 13)):
        assert accepted(package, name, folder, CONTENTS[index], log.proof(index, size, WITNESSES)), (index, size)


@pytest.mark.parametrize(("package", "name"), VERIFIERS)
def test_less_or_other_does_not_hold(folder: Path, package: str, name: str) -> None:
    log = sigsum.OurSigsumLog(CONTENTS, SUBMITTER)
    whole = log.proof(5, 13, WITNESSES)
    assert accepted(package, name, folder, CONTENTS[5], whole)
    assert not accepted(package, name, folder, CONTENTS[4], whole)
    assert not accepted(package, name, folder, CONTENTS[5], log.proof(5, 13, WITNESSES[:1]))
    assert not accepted(package, name, folder, CONTENTS[5], log.proof(5, 13))
    for label in ("root_hash=", "signature=", f"cosignature={sigsum.key_hash(key_of(WITNESSES[1]).public.raw)} 1772668",
                  "leaf_index=", "node_hash="):  # fmt: skip
        at = whole.index(label) + len(label)
        changed = whole[:at] + ("1" if whole[at] != "1" else "2") + whole[at + 1 :]
        assert not accepted(package, name, folder, CONTENTS[5], changed), label
