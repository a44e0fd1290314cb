"""What this library accepts where a near twin is refused is accepted by others too: the strictness costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop.programs import accepts, reader, run
from tests.signing import test_refused as refused

from trail.signing import parse_policy

NOTES = [name for name, case in refused.CASES.items() if case.read in (refused.opened, refused.both)]
PROOFS = [name for name, case in refused.CASES.items() if case.read is refused.proven]
POLICIES = [name for name, case in refused.CASES.items() if case.read is parse_policy]


def judged(given: str) -> bool:
    """As transparency-dev's library judges a checkpoint of the log."""
    keys = [key.vkey for key in refused.KEYS]
    return accepts(reader(), "checkpoint", refused.ORIGIN, *keys, stdin=given)


@pytest.mark.parametrize("name", NOTES)
def test_the_good_note_is_read_by_others(name: str) -> None:
    assert judged(refused.CASES[name].good)


@pytest.mark.parametrize("name", PROOFS)
def test_the_good_proof_is_read_by_others(name: str, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(f"log {refused.LOG_KEY.vkey}\nquorum none\n")
    (tmp_path / "entry").write_bytes(b"b")
    assert accepts(reader(), "proof", tmp_path / "policy", tmp_path / "entry", stdin=refused.CASES[name].good)


@pytest.mark.parametrize("name", POLICIES)
def test_the_good_policy_is_read_by_others(name: str) -> None:
    assert accepts(reader(), "policy", stdin=refused.CASES[name].good)


def test_some_of_what_is_refused_here_is_accepted_elsewhere() -> None:
    """The reason for the table: were every reader strict, it would be empty.  Which ones they are may change."""
    kinder = [name for name in NOTES if run(reader(), "checkpoint", refused.ORIGIN,
              *[key.vkey for key in refused.KEYS], stdin=_bytes(refused.CASES[name].bad)).returncode == 0]  # fmt: skip
    assert kinder
    assert len(kinder) < len(NOTES) / 2, "a reader that accepts nearly everything has not read"


def _bytes(given: str) -> bytes:
    return given.encode("utf-8", "surrogatepass")
