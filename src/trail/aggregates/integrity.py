"""
Reports on duty and integrity (述责述廉), their evaluation, and personal matters (二（二）4, 二（三）5, 三（三）2).

The two half-yearly reports of a unit lie in `trail.aggregates.reports`; these are the person's own.  Of personal
matters the log keeps the fact alone: who, when, with whom, the number of the receipt (N11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from trail.aggregates.attending import CONTENT, FactOnly, Worded, ids, shown
from trail.aggregates.base import Act, Place, declare, joining
from trail.aggregates.receipts import SENT, dated
from trail.aggregates.values import Reference, When, moment_of, refused
from trail.evidence.record import Happened
from trail.evidence.types import Field, PartSpec, TypeSpec

REPORT_FORMS: Final = ("oral", "written")
DUTY_REPORT_KINDS: Final = ("duty_integrity", "job_duty_integrity")  # 述责述廉, 述职述责述廉

DUTY_INTEGRITY_REPORTED: Final = declare(
    "DutyIntegrityReported",
    fields={
        "form": Field("enum", values=REPORT_FORMS),
        "kind": Field("enum", values=DUTY_REPORT_KINDS),
        "recipients": Field("list", of=Field("unit"), max=20),
        **SENT,
    },
    parts={
        "report": PartSpec(
            {"summary": Field("text", optional=True, max=100_000), "title": Field("text", max=500)}, optional=True
        )
    },
    hands=("own",),
)
REPORT_EVALUATED: Final = declare("ReportEvaluated", fields={"report": Field("reference")}, parts=CONTENT)
PERSONAL_MATTERS_REPORTED: Final = declare(
    "PersonalMattersReported",
    fields={"receipt": Field("id", optional=True), "recipient": Field("unit")},
    hands=("own",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyIntegrityReported(Act):
    """
    A person reported on duty and integrity (述责述廉), orally or in writing, to each recipient; own hand.

    ``kind`` is ``job_duty_integrity`` where it reports on the work as well (述职述责述廉).  ``period`` is the year that
    it is about; ``sent`` the day it was given or sent.  The text goes into the part (title, summary), into attachments,
    or both.
    """

    TYPE: ClassVar[TypeSpec] = DUTY_INTEGRITY_REPORTED
    PREFIX: ClassVar[str] = "report/"

    form: str
    period: str | None = field()
    recipients: Sequence[str]
    sent: When
    kind: str = "duty_integrity"
    title: str | None = None
    summary: str | None = None

    def _check(self) -> None:
        if self.period is None:
            raise refused("a report is about a period, such as 2026", "period")
        if self.summary is not None and self.title is None:
            raise refused("a summary needs a title", "title")

    def _public(self) -> Mapping[str, Any]:
        recipients = ids(self.recipients, "recipients") or []
        return {"form": self.form, "kind": self.kind, "recipients": recipients, **dated(self.sent, "sent")}

    def _happened(self) -> Happened | None:
        return moment_of(self.sent if self.happened is None else self.happened, "sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEvaluated(Worded):
    """A report was evaluated (评议) by those it was given to; never a score.  ``report`` is the report."""

    TYPE: ClassVar[TypeSpec] = REPORT_EVALUATED
    RESTS_ON: ClassVar[tuple[str, ...]] = ("report",)

    report: Reference

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "report")

    def _place(self) -> Place:
        return joining(self.report, "report")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalMattersReported(FactOnly):
    """
    A person reported their personal matters (报告个人有关事项): the fact alone; own hand.

    ``recipient`` is the office that received it, ``receipt`` the number that it gave.
    """

    TYPE: ClassVar[TypeSpec] = PERSONAL_MATTERS_REPORTED
    WHY: ClassVar[str] = "personal matters are kept by the office that receives them; here only that they were reported"

    recipient: str
    receipt: str | None = None

    def _public(self) -> Mapping[str, Any]:
        return shown(self, "receipt", "recipient")


INTEGRITY_ACTS: Final = (DutyIntegrityReported, ReportEvaluated, PersonalMattersReported)
