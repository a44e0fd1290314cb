"""
The named conditions of a rule set (`trail.rules.model.Satisfier`), each a function of one act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trail.evidence.moment import date_start
from trail.evidence.record import Record
from trail.projections.index import ATTENDED, CHAIRED, attendees
from trail.rules.calendar import covers, happened_day, is_rolling
from trail.rules.model import Satisfier, Settings, Where
from trail.rules.obligations import Demand
from trail.rules.people import Roster


def in_period(demand: Demand, satisfier: Satisfier, record: Record) -> bool:
    """Whether the act is about the demand's period: the one it names, or else the one in which it happened."""
    statement, one = record.statement, demand.period
    if not one.label:
        return True
    if satisfier.period == "closing":
        return statement.period in (one.label, f"{one.label}-H2")
    if statement.period is not None and not is_rolling(one):
        if satisfier.period == "named" and one.number == 1 and demand.rules.settings.january_report == "year":
            return statement.period == one.label[:4]  # AMB6: in January about the whole year
        return covers(one, statement.period)
    if satisfier.period == "named":
        return type(statement.fields.get("year")) is int and str(statement.fields["year"]) == one.label
    return one.begin <= happened_day(statement.happened) < one.end


def performed(demand: Demand, record: Record, bodies: Sequence[str]) -> bool:
    """Whether the obligor performed the act: the person if bound to one, the post whoever held it, or the body."""
    if demand.post is None:
        return any(p.kind == "body" and p.who in bodies for p in record.statement.performers)
    for kind, who, post in record.statement.performers:
        if post == demand.post and kind == "person" and (demand.person is None or who == demand.person):
            return True
    return False


def took_part(demand: Demand, record: Record, performer: str, roster: Roster) -> bool:
    """Whether the obligor chaired the act or attended it: in the post named there, or in one held on that day."""
    posts = (demand.post,) if demand.post is not None else tuple(p.id for p in roster.posts(demand.seat))
    day = happened_day(record.statement.happened)
    for person, post in attendees(record.statement.fields, CHAIRED if performer == "chair" else ATTENDED):
        if demand.person is not None and person != demand.person:
            continue
        if post in posts if post else any(_holds(roster, person, one, day) for one in posts):
            return True
    return False


def _holds(roster: Roster, person: str, post: str, day: int) -> bool:
    return any(t.person == person and t.begin <= day < t.end for t in roster.tenures(post))


def recorded(demand: Demand, record: Record) -> bool:
    """Whether the obligor signed the act."""
    signers = record.statement.signers
    return any(s.post == demand.post and demand.person in (None, s.person) for s in signers)


def ordered_to(record: Record, orders: Mapping[bytes, Record], roster: Roster) -> bool:
    """Whether anybody who performed the act holds a post, or is a body, that its field ``order`` says was ordered."""
    fields: Any = record.statement.fields
    order = orders.get(bytes(fields["order"][0])) if "order" in fields else None
    if order is None:
        return False
    asked: Any = order.statement.fields
    parties = {*asked.get("units", ()), *asked.get("posts", ())}
    for kind, who, post in record.statement.performers:
        known = roster.post(post) if kind == "person" else None
        names = (who,) if kind != "person" else (post, "" if known is None else known.unit)
        if not parties.isdisjoint(names):
            return True
    return False


def where_holds(fields: Any, where: Where) -> bool:
    """Whether each field equals one of the values given for it, or as a list holds one."""
    for name, values in where:
        found = fields.get(name)
        if type(found) is str:
            if found not in values:
                return False
        elif type(found) is list or type(found) is tuple:
            if not any(value in found for value in values):
                return False
        elif not any(found is value for value in values):  # true or false
            return False
    return True


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
