"""The published RFC 6962 vectors of transparency-dev/merkle, read from beside the repository when they are there."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from trail.errors import ProofError
from trail.merkle import check_consistency, check_inclusion

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "rfc6962"
ABSENT = pytest.param(
    None, marks=pytest.mark.skip(reason="../shared/vectors/rfc6962 is not beside the repository"), id="absent"
)


def vectors(kind: str) -> list[Any]:
    folder = VECTORS / kind
    found = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    return [pytest.param(file, id=str(file.relative_to(folder))) for file in found] or [ABSENT]


def load(file: Path) -> tuple[dict[str, Any], list[bytes]]:
    case = json.loads(file.read_bytes())
    return case, [base64.b64decode(node) for node in case["proof"] or []]


@pytest.mark.parametrize("file", vectors("inclusion"))
def test_inclusion(file: Path) -> None:
    case, proof = load(file)
    arguments: dict[str, Any] = {
        "index": case["leafIdx"],
        "size": case["treeSize"],
        "leaf": base64.b64decode(case["leafHash"] or ""),
        "root": base64.b64decode(case["root"] or ""),
    }
    if not case["wantErr"]:
        check_inclusion(proof, **arguments)
        return
    with pytest.raises(ProofError):
        check_inclusion(proof, **arguments)


@pytest.mark.parametrize("file", vectors("consistency"))
def test_consistency(file: Path) -> None:
    case, proof = load(file)
    arguments: dict[str, Any] = {
        "first": case["size1"],
        "second": case["size2"],
        "first_root": base64.b64decode(case["root1"] or ""),
        "second_root": base64.b64decode(case["root2"] or ""),
    }
    if not case["wantErr"]:
        check_consistency(proof, **arguments)
        return
    with pytest.raises(ProofError):
        check_consistency(proof, **arguments)
