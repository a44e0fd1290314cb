"""
Hash maths of the log: bytes and integers only, no keys, no input or output.

`trail.merkle.tree` is the tree and its stored hashes, `trail.merkle.proofs` inclusion and consistency proofs,
`trail.merkle.checkpoint` the text that a log signs.  Each begins with its byte format.
"""

from trail.merkle.checkpoint import Checkpoint, check_origin, format_checkpoint, parse_checkpoint
from trail.merkle.proofs import (
    ProofText,
    check_consistency,
    check_inclusion,
    format_proof,
    parse_proof,
    prove_consistency,
    prove_inclusion,
)
from trail.merkle.tree import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    Hash,
    HashReader,
    leaf_hash,
    node_hash,
    root_at,
    stored_at,
)

__all__ = [
    "EMPTY_ROOT",
    "MAX_SIZE",
    "Checkpoint",
    "Frontier",
    "Hash",
    "HashReader",
    "ProofText",
    "check_consistency",
    "check_inclusion",
    "check_origin",
    "format_checkpoint",
    "format_proof",
    "leaf_hash",
    "node_hash",
    "parse_checkpoint",
    "parse_proof",
    "prove_consistency",
    "prove_inclusion",
    "root_at",
    "stored_at",
]
