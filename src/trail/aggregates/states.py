"""
Talks and reports, folded from the records of their streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trail.aggregates.receipts import PAPER_RECEIPT_RECORDED
from trail.aggregates.reports import REPORT_TYPES, ReportReceived
from trail.aggregates.state import Gap, Settled, StreamState, gap, in_order
from trail.aggregates.talks import TALK_TYPES, TalkConfirmed
from trail.aggregates.values import When, refused
from trail.evidence.record import Record


@dataclass(frozen=True, slots=True)
class TalkAggregate(StreamState):
    """A talk: held, confirmed or disputed by its counterparts."""

    TYPES: ClassVar[frozenset[str]] = frozenset(t.key for t in TALK_TYPES)

    def held(self) -> Settled | None:
        """The talk as corrections leave it; None if it was voided or is not among the records."""
        return next(iter(self._typed("TalkHeld@1")), None)

    def counterparts(self) -> frozenset[str]:
        """The persons talked to."""
        held = self.held()
        return frozenset(row["person"] for row in held.fields["counterparts"]) if held else frozenset()

    def confirmed(self) -> frozenset[str]:
        """The counterparts whose last word is a confirmation."""
        return frozenset(person for person, kind in self._words().items() if kind == "TalkConfirmed@1")

    def disputed(self) -> frozenset[str]:
        """The counterparts whose last word is a dispute."""
        return frozenset(person for person, kind in self._words().items() if kind == "TalkDisputed@1")

    def unconfirmed(self) -> frozenset[str]:
        """The counterparts who said nothing; confirmation is optional (D9), so this is no gap."""
        return self.counterparts() - self._words().keys()

    def confirm(self) -> TalkConfirmed:
        """The confirmation of this talk, to be signed by a counterpart; raises `CallerError`."""
        held = self.held()
        if held is None:
            raise refused("no talk is held in this stream", "talk")
        return TalkConfirmed(talk=held.record)

    def gaps(self) -> tuple[Gap, ...]:
        """N11b: words of somebody who was no counterpart; a formal admonition by one person alone."""
        held, gaps = self.held(), []
        if held is None:
            return ()
        for act in (*self._typed("TalkConfirmed@1"), *self._typed("TalkDisputed@1")):
            if not _signers(act) & self.counterparts():
                en = "somebody who was not a counterpart confirmed or disputed the talk"
                gaps.append(gap("N11b", (held.position, act.position), en, "确认或提出异议者不是谈话对象"))
        if "formal_admonition" in held.fields["kinds"] and len(held.record.statement.performers) < 2:
            en = "a formal admonition was held by one person alone"
            gaps.append(gap("N11b", (held.position,), en, "诫勉谈话仅由一人进行"))
        return in_order(gaps)

    def _typed(self, type_key: str) -> list[Settled]:
        return [act for act in self.settled() if act.record.statement.type == type_key]

    def _words(self) -> dict[str, str]:
        """For each counterpart who spoke, the type of their last word, a general dispute included."""
        held = self.held()
        if held is None:
            return {}
        said = [(act.position, act.record.statement.type, _signers(act)) for act in self.settled()]
        said += [(one.position, "TalkDisputed@1", _signers_of(one)) for one in held.disputes]
        who = self.counterparts()
        return {
            person: kind
            for _, kind, persons in sorted(said, key=lambda row: row[0])
            if kind != "TalkHeld@1"
            for person in sorted(persons & who)
        }


def _signers(act: Settled) -> frozenset[str]:
    return _signers_of(act.record)


def _signers_of(record: Record) -> frozenset[str]:
    return frozenset(signer.person for signer in record.statement.signers)


@dataclass(frozen=True, slots=True)
class ReportAggregate(StreamState):
    """A report: filed with its recipients, received by each."""

    TYPES: ClassVar[frozenset[str]] = frozenset((*(t.key for t in REPORT_TYPES), PAPER_RECEIPT_RECORDED.key))

    def filed(self) -> Settled | None:
        """The report as corrections leave it; None if it was voided or is not among the records."""
        return next((act for act in self.settled() if act.record.statement.type == "ReportFiled@1"), None)

    def receipts(self) -> dict[str, tuple[Settled, ...]]:
        """For each recipient, its receipts: by its own hand, or recorded from paper."""
        out: dict[str, tuple[Settled, ...]] = {}
        for act in self.settled():
            if act.record.statement.type != "ReportFiled@1":
                unit = str(act.fields["recipient"])
                out[unit] = (*out.get(unit, ()), act)
        return out

    def outstanding(self) -> frozenset[str]:
        """The recipients that have not signed for it: a label on them, not lateness of the sender (AMB18)."""
        filed = self.filed()
        return frozenset(filed.fields["recipients"]) - self.receipts().keys() if filed else frozenset()

    def receive(self, recipient: str, received: When) -> ReportReceived:
        """The receipt of *recipient*, to be signed for it; raises `CallerError`."""
        filed = self.filed()
        if filed is None or recipient not in filed.fields["recipients"]:
            raise refused("the report was not filed with this unit", "recipient")
        return ReportReceived(report=filed.record, recipient=recipient, received=received)

    def gaps(self) -> tuple[Gap, ...]:
        """N13: a receipt by somebody it was not sent to, or from before it was sent."""
        filed, gaps = self.filed(), []
        if filed is None:
            return ()
        for unit, receipts in self.receipts().items():
            for receipt in receipts:
                at = (filed.position, receipt.position)
                if unit not in filed.fields["recipients"]:
                    en = f"{unit} signed for a report that was not sent to it"
                    gaps.append(gap("N13", at, en, f"{unit} 签收了未报送给它的报告"))
                elif receipt.fields["received"] < filed.fields["sent"]:
                    en = f"{unit} received the report on a day before it was sent"
                    gaps.append(gap("N13", at, en, f"{unit} 的签收日期早于报送日期"))
        return in_order(gaps)
