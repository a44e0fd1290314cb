"""
The two half-yearly reports (三（三）1): filed in one gesture with each recipient, received by each.

A report is in time if it was sent by the due date; that a recipient has not signed for it is a label on the
recipient, not lateness of the sender (AMB18).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from trail.aggregates.base import Act, Place, declare, joining
from trail.aggregates.receipts import RECEIVED, SENT, Receipt, dated
from trail.aggregates.values import Reference, When, moment_of, refused
from trail.evidence.record import Happened
from trail.evidence.types import Field, PartSpec, TypeSpec

REPORT_SUBJECTS: Final = ("team", "principal", "member")  # 领导班子, 主要负责人, 班子其他成员

REPORT_FILED: Final = declare(
    "ReportFiled",
    fields={
        "annual": Field("bool", optional=True),
        "channel": Field("text", optional=True, max=100),
        "recipients": Field("list", of=Field("unit"), min=1, max=20),
        "subject": Field("enum", values=REPORT_SUBJECTS),
        **SENT,
    },
    parts={
        "report": PartSpec(
            {"summary": Field("text", optional=True, max=100_000), "title": Field("text", max=500)}, optional=True
        )
    },
    hands=("own",),
)
REPORT_RECEIVED: Final = declare(
    "ReportReceived",
    fields={"recipient": Field("unit"), "report": Field("reference"), **RECEIVED},
    hands=("own",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiled(Act):
    """
    A report on the principal responsibility was filed with each of its recipients, in one gesture; own hand.

    ``subject`` says whose report it is: the team's, the principal leader's, or another member's.  ``period`` is the
    half-year it is about (``2026-H1``); ``sent`` a date or an aware datetime.  The text goes into the part (title,
    summary), into attachments, or both.  For the team's report name ``body`` where the registry lets it act.
    ``annual``: it has the three parts of the yearly report as well (二（二）4: the unit's responsibility, the first
    responsible person's, the integrity of the team), so that nobody reports twice.
    """

    TYPE: ClassVar[TypeSpec] = REPORT_FILED
    PREFIX: ClassVar[str] = "report/"

    subject: str
    period: str | None = field()
    recipients: Sequence[str]
    sent: When
    title: str | None = None
    summary: str | None = None
    channel: str | None = None
    annual: bool | None = None

    def _check(self) -> None:
        if self.period is None:
            raise refused("a report is about a period, such as 2026-H1", "period")
        if isinstance(self.recipients, str):
            raise refused("give a list of units", "recipients")
        if self.summary is not None and self.title is None:
            raise refused("a summary needs a title", "title")

    def _public(self) -> Mapping[str, Any]:
        return {
            "annual": self.annual,
            "channel": self.channel,
            "recipients": sorted(set(self.recipients)),
            "subject": self.subject,
            **dated(self.sent, "sent"),
        }

    def _happened(self) -> Happened | None:
        return moment_of(self.sent if self.happened is None else self.happened, "sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReceived(Receipt):
    """A recipient signs for a report, acting as the body that it was sent to; own hand."""

    TYPE: ClassVar[TypeSpec] = REPORT_RECEIVED

    report: Reference

    def _public(self) -> Mapping[str, Any]:
        return {"recipient": self.recipient, "report": self.report, **dated(self.received, "received")}

    def _place(self) -> Place:
        return joining(self.report, "report")

    def _acting_body(self) -> str | None:
        return self.recipient if self.body is None else self.body


REPORT_TYPES: Final = (REPORT_FILED, REPORT_RECEIVED)
