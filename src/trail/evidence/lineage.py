"""
Where a log comes from and where it goes: its keys over time, the log before it, and the one after it.

All of it is said by acts of the registry: the genesis may name a predecessor, `LogKeyRotated` brings a new log key from
its own position on, and `LogRetired` is a log's last act.  Which of a log's keys an inspector accepts is for the
policy alone; what is here says who vouched for which key.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from trail.encoding import Value
from trail.evidence.record import Record
from trail.evidence.types import Field
from trail.signing.keys import PublicKey

LOG_KEY_REASONS: Final = ("compromised", "lost", "planned")
PLANNED: Final = "planned"
COMPROMISED: Final = "compromised"

_KEY: Final = Field("bytes", min=32, max=4096)
_SIGNATURE: Final = Field("bytes", min=64, max=4096)

ROTATION_FIELDS: Final = {
    "compromised_since": Field("instant", optional=True),
    "key": _KEY,
    "old": _KEY,
    "old_suite": Field("id"),
    "possession": _SIGNATURE,
    "reason": Field("enum", values=LOG_KEY_REASONS),
    "suite": Field("id"),
    "vouched": Field("bytes", optional=True, min=64, max=4096),
}
RETIREMENT_FIELDS: Final = {"genesis": Field("digest", optional=True), "successor": Field("id", optional=True)}
PREDECESSOR: Final = Field(
    "record",
    optional=True,
    members={"origin": Field("id"), "root": Field("digest"), "size": Field("int", min=1)},
)


class LogKey(NamedTuple):
    """
    A key of the log, in force for checkpoints of size ``since`` and beyond, until the next one's.

    ``by`` are the registrars who brought it, ``reason`` why, ``vouched`` says that the key before it signed for it.
    The first, which the first rotation names as the old one, has been in force since 0 and nobody brought it.
    ``compromised_since`` is claimed of the key before it.
    """

    public: PublicKey
    since: int = 0
    by: tuple[str, ...] = ()
    vouched: bool = False
    reason: str = ""
    compromised_since: int | None = None


class Retirement(NamedTuple):
    """The last act: its position, who signed it, the successor's origin and the digest of its first entry, if named."""

    position: int
    by: tuple[str, ...]
    successor: str | None
    genesis: bytes | None


class Predecessor(NamedTuple):
    """What a genesis says of the log before it: its origin, and size and root of its last checkpoint."""

    origin: str
    size: int
    root: bytes


def rotated(keys: list[LogKey], record: Record, f: dict[str, Any]) -> None:
    """Take an admitted rotation."""
    if not keys:
        keys.append(LogKey(PublicKey(f["old_suite"], f["old"])))
    by = tuple(signer.person for signer in record.statement.signers)
    keys.append(
        LogKey(PublicKey(f["suite"], f["key"]), record.position, by, "vouched" in f, f["reason"],
               f.get("compromised_since"))
    )  # fmt: skip


def retired(record: Record, f: dict[str, Any]) -> Retirement:
    """What an admitted retirement says."""
    by = tuple(signer.person for signer in record.statement.signers)
    return Retirement(record.position, by, f.get("successor"), f.get("genesis"))


def predecessor(f: dict[str, Value]) -> Predecessor | None:
    """What the fields of a genesis say of a predecessor."""
    said: Any = f.get("predecessor")
    return None if said is None else Predecessor(said["origin"], said["size"], said["root"])
