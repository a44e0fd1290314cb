"""
The finding codes: which numbered check each belongs to, and what it does to the verdict.

One closed table, used by append, by the verifier, by the reports and by the page ``docs/spec/verification.md``.
``FORGED`` codes admit no honest explanation and make a verdict *altered*; ``OPEN`` ones leave something unproven
and make it *inconclusive*; ``REMARK`` ones change no verdict.
"""

from __future__ import annotations

from typing import Final

from trail.errors import Refusal

FORGED: Final = "forged"
OPEN: Final = "open"
REMARK: Final = "remark"

CHECKS: Final[dict[int, str]] = {
    1: "framing", 2: "checkpoints", 3: "entries", 4: "origin", 5: "types and schemas", 6: "names", 7: "order",
    8: "keys", 9: "signatures", 10: "mandates", 11: "registry", 12: "seen checkpoints", 13: "body parts",
    14: "attachments", 15: "tree", 16: "columns", 17: "head", 18: "read models", 19: "anchor", 20: "times",
    21: "the verifier itself",
}  # fmt: skip

CODES: Final[dict[str, tuple[int, str]]] = {
    "FRAME_BROKEN": (1, OPEN),
    "CLOSING_DIGEST": (1, OPEN),
    "CHECKPOINT_MALFORMED": (2, OPEN),
    "CHECKPOINT_FORGED": (2, FORGED),
    "CHECKPOINT_FOREIGN": (2, OPEN),
    "CHECKPOINT_FORK": (2, FORGED),
    "LOG_KEY_NEW": (2, OPEN),
    "LOG_KEY_ENDED": (2, OPEN),
    "CHECKPOINT_BY_FORMER_KEY": (2, REMARK),
    "COSIGNATURE_BAD": (2, REMARK),
    "ALARM_OPEN": (2, FORGED),
    "ENTRY_MALFORMED": (3, FORGED),
    "ENTRY_UNKNOWN_FORMAT": (3, OPEN),
    "KIND_MIXED": (3, FORGED),
    "ORIGIN_MISMATCH": (4, FORGED),
    "LOG_NOT_IN_POLICY": (4, OPEN),
    "TYPE_UNDECLARED": (5, OPEN),
    "FIELDS_MISMATCH": (5, FORGED),
    "NAME_UNKNOWN": (6, OPEN),
    "CAUSE_UNKNOWN": (6, OPEN),
    "ID_REUSED": (7, FORGED),
    "VERSION_GAP": (7, FORGED),
    "AFTER_AHEAD": (7, FORGED),
    "EXCLUSIVE_MOVED": (7, OPEN),
    "STREAM_RESERVED": (7, OPEN),
    "EVENT_TWICE": (7, FORGED),
    "KEY_UNKNOWN": (8, FORGED),
    "KEY_OF_ANOTHER": (8, FORGED),
    "KEY_ENDED": (8, FORGED),
    "KEY_DOUBLE_USE": (8, OPEN),
    "KEY_UNSHOWN": (8, OPEN),
    "SIGNATURE_BAD": (9, FORGED),
    "POST_KIND": (10, OPEN),
    "HAND_NOT_ADMITTED": (10, OPEN),
    "NOT_A_PERFORMER": (10, OPEN),
    "RECORDER_ELSEWHERE": (10, OPEN),
    "NO_GRANT": (10, OPEN),
    "POST_NOT_HELD": (10, REMARK),
    "GENESIS_MISPLACED": (11, FORGED),
    "GENESIS_NOT_PINNED": (11, OPEN),
    "GENESIS_OTHER": (11, FORGED),
    "REGISTRAR_MISSING": (11, OPEN),
    "POSSESSION_BAD": (11, OPEN),
    "KEY_WEAK": (11, OPEN),
    "REGISTRY_CONFLICT": (11, OPEN),
    "LOG_RETIRED": (11, OPEN),
    "PREDECESSOR_CONTRADICTED": (11, FORGED),
    "PREDECESSOR_OTHER": (11, OPEN),
    "EDIT_NOT_ALLOWED": (11, OPEN),
    "AUTHORITY_UNSHOWN": (11, OPEN),
    "SEEN_CONTRADICTED": (12, FORGED),
    "SEEN_AHEAD": (12, FORGED),
    "SEEN_UNSHOWN": (12, OPEN),
    "PART_ALTERED": (13, FORGED),
    "PART_MALFORMED": (13, FORGED),
    "PART_MISSING": (13, OPEN),
    "PART_WITHHELD_REQUIRED": (13, OPEN),
    "PART_STRAY": (13, OPEN),
    "SCOPE_CONTRADICTED": (13, OPEN),
    "PART_SHOWN_AFTER_ERASURE": (13, REMARK),
    "STATE_ALTERED": (13, FORGED),
    "STATE_MISSING": (13, OPEN),
    "STATE_STRAY": (13, OPEN),
    "ATTACHMENT_ALTERED": (14, FORGED),
    "ATTACHMENT_SIZE": (14, OPEN),
    "ATTACHMENT_MISSING": (14, OPEN),
    "ATTACHMENT_WITHHELD_REQUIRED": (14, OPEN),
    "ATTACHMENT_WITHHELD_IN_SCOPE": (14, REMARK),
    "ATTACHMENT_STRAY": (14, OPEN),
    "ROOT_MISMATCH": (15, FORGED),
    "PROOF_MISMATCH": (15, FORGED),
    "PROOF_UNCHECKED": (15, OPEN),
    "EXTRACT": (15, OPEN),
    "ENTRIES_REMOVED": (15, FORGED),
    "OLDER_THAN_KNOWN": (15, OPEN),
    "CONSISTENCY_BAD": (15, OPEN),
    "PAST_UNKNOWN": (15, OPEN),
    "EMPTY": (15, OPEN),
    "COLUMN_MISMATCH": (16, FORGED),
    "POSITION_GAP": (16, FORGED),
    "FILE_DAMAGED": (16, OPEN),
    "HEAD_MISMATCH": (17, FORGED),
    "READ_MODEL_MISMATCH": (18, OPEN),
    "READ_MODEL_VERSION": (18, REMARK),
    "NO_ANCHOR": (19, OPEN),
    "ANCHOR_STALE": (19, OPEN),
    "CLOCK_STEP": (20, REMARK),
    "RECORDED_OUTSIDE_INTERVAL": (20, REMARK),
    "HAPPENED_AFTER_RECORDED": (20, REMARK),
    "SIGNED_IN_DISPUTE": (20, REMARK),
    "INTERNAL_ERROR": (21, OPEN),
}


def refuse(code: str, message: str, expected: object = None, found: object = None) -> Refusal:
    """The `Refusal` for *code*, with its check's number and whether it proves a forgery."""
    check, effect = CODES[code]
    return Refusal(message, check=check, code=code, forged=effect is FORGED, expected=expected, found=found)
