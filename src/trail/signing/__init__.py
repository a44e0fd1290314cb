"""
Keys and who vouches with them: signature suites, key files, signed notes, cosignatures, and the inspector's policy.

Each module's comment states its byte format; ``docs/spec/keys.md`` and ``docs/spec/policy.md`` say why.
"""

from trail.signing.cosignature import check_cosignature, cosign, dated_anchor_digest
from trail.signing.keyfile import KeyFile, write_key_file
from trail.signing.keys import (
    PrivateKey,
    PublicKey,
    Signer,
    log_key_messages,
    possession_message,
    statement_message,
    vet,
)
from trail.signing.note import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    Note,
    NoteKey,
    NoteSignature,
    VerifiedSignature,
    format_note,
    format_vkey,
    open_note,
    parse_note,
    parse_vkey,
    sign_note,
    unknown_signatures,
)
from trail.signing.policy import Group, Policy, format_policy, parse_policy
from trail.signing.suites import SUITES, Suite

__all__ = [
    "COSIGNATURE_ED25519",
    "LOG_ED25519",
    "SUITES",
    "Group",
    "KeyFile",
    "Note",
    "NoteKey",
    "NoteSignature",
    "Policy",
    "PrivateKey",
    "PublicKey",
    "Signer",
    "Suite",
    "VerifiedSignature",
    "check_cosignature",
    "cosign",
    "dated_anchor_digest",
    "format_note",
    "format_policy",
    "format_vkey",
    "log_key_messages",
    "open_note",
    "parse_note",
    "parse_policy",
    "parse_vkey",
    "possession_message",
    "sign_note",
    "statement_message",
    "unknown_signatures",
    "vet",
    "write_key_file",
]
