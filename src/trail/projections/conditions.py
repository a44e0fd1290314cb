"""
The named conditions of a rule set (`trail.rules.model.Satisfier`), each a function of one act.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from trail.evidence.moment import date_start
from trail.evidence.record import Record
from trail.rules.calendar import covers, happened_day
from trail.rules.model import Satisfier, Settings
from trail.rules.obligations import Demand


def in_period(demand: Demand, satisfier: Satisfier, record: Record) -> bool:
    """Whether the act is about the demand's period: the one it names, or else the one in which it happened."""
    statement = record.statement
    if statement.period is not None:
        return covers(demand.period, statement.period)
    if satisfier.period == "named":
        return type(statement.fields.get("year")) is int and str(statement.fields["year"]) == demand.period.label
    return demand.period.begin <= happened_day(statement.happened) < demand.period.end


def performed(demand: Demand, record: Record, bodies: Sequence[str]) -> bool:
    """Whether the obligor performed the act: the person if bound to one, the post whoever held it, or the body."""
    if demand.post is None:
        return any(p.kind == "body" and p.who in bodies for p in record.statement.performers)
    for kind, who, post in record.statement.performers:
        if post == demand.post and kind == "person" and (demand.person is None or who == demand.person):
            return True
    return False


def kind_counts(fields: Any, kind: str, settings: Settings) -> bool:
    """Whether a talk counts as one of *kind*: of kinds in one sitting only the first, unless settings say more."""
    kinds = fields.get("kinds", ())
    if kind not in kinds:
        return False
    if kind not in settings.one_sitting or (settings.combined_talk and fields.get("separate") is True):
        return True
    return bool(next(k for k in kinds if k in settings.one_sitting) == kind)


def recipients_of(demand: Demand, satisfier: Satisfier, record: Record) -> Iterable[str]:
    """The keys' recipients that the act reached."""
    if not satisfier.recipient:
        return ("",)
    fields: Any = record.statement.fields
    named = fields.get("recipients") or [fields.get("recipient", "")]
    if demand.any_of:
        return ("*",) if demand.any_of.intersection(named) else ()
    return dict.fromkeys(named)


def owns(record: Record, owner: str, unit: str) -> bool:
    """Whether the list is the post's, or (for the unit itself) a body's."""
    fields = record.statement.fields
    return fields.get("owner") == owner if owner != unit else "owner" not in fields


def time_of(record: Record, satisfier: Satisfier) -> int:
    """The time that counts, in UTC seconds: when it was sent, where the rules say so, otherwise when it happened."""
    if satisfier.sent:
        fields: Any = record.statement.fields
        if type(fields.get("sent_at")) is int:
            return int(fields["sent_at"])
        if type(fields.get("sent")) is str:
            return date_start(fields["sent"])
    return record.statement.happened.start()
