"""
Receipts on paper, for what was filed with or reported to a body that keeps no key in this log.

Electronic receipts are the recipient's own hand (`FilingReceived`, `ReportReceived`); a paper one is recorded by the
sender's side with the digest of the scanned sheet.  It never passes for the recipient's signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from trail.aggregates.base import Act, Place, declare, joining
from trail.aggregates.values import Reference, When, day_and_instant, moment_of
from trail.evidence.record import Happened
from trail.evidence.types import Field, TypeSpec

SENT: Final = {"sent": Field("date"), "sent_at": Field("instant", optional=True)}
RECEIVED: Final = {"received": Field("date"), "received_at": Field("instant", optional=True)}

PAPER_RECEIPT_RECORDED: Final = declare(
    "PaperReceiptRecorded",
    fields={
        "number": Field("text", optional=True, max=200),
        "of": Field("reference"),
        "paper": Field("digest"),
        "recipient": Field("unit"),
        **RECEIVED,
    },
)


def dated(when: When, name: str) -> dict[str, Any]:
    """The public fields of a day: ``name`` (the date in Asia/Shanghai) and, if known, ``name_at`` (UTC seconds)."""
    day, instant = day_and_instant(when, name)
    return {name: day, f"{name}_at": instant}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Act):
    """What every receipt has: the recipient, and when it was received, which is also when it happened."""

    recipient: str
    received: When

    def _happened(self) -> Happened | None:
        return moment_of(self.received if self.happened is None else self.happened, "received")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperReceiptRecorded(Receipt):
    """
    A receipt on paper is recorded by the sender's side.

    ``of`` is the filing or the report; ``paper`` the SHA-256 of the scanned sheet, which is best attached as well.
    """

    TYPE: ClassVar[TypeSpec] = PAPER_RECEIPT_RECORDED

    of: Reference
    paper: bytes
    number: str | None = None

    def _public(self) -> Mapping[str, Any]:
        return {
            "number": self.number,
            "of": self.of,
            "paper": self.paper,
            "recipient": self.recipient,
            **dated(self.received, "received"),
        }

    def _place(self) -> Place:
        return joining(self.of, "of")
