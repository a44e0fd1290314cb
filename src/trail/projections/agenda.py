"""
What is due when: a calendar of obligations and other dated duties, with the day to be reminded of each.

Computed, never delivered: whoever wants a reminder asks (N43).  The reminder is the last working day up to the due day
(AMB3).  Periods that have not begun at ``as_of`` are looked at too, with the posts and rules as they are known then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from trail.errors import CallerError
from trail.evidence.record import Record
from trail.projections.basis import Because
from trail.projections.index import Bound
from trail.projections.values import Missing, View
from trail.rules.calendar import date_text, day_at, day_of, start_of

if TYPE_CHECKING:
    from trail.projections.status import Snapshot

OPEN: Final = ("not_yet_due", "due_soon", "overdue", "open")
"""States in which something is still to be done."""

ORDERED: Final = "RectificationOrdered@1"
_VERIFIED: Final = "RectificationVerified@1"
_REOPENED: Final = "RectificationReopened@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """
    Something that is due on the day ``due``; ``remind`` is the day to be reminded.

    ``sort``: ``obligation``, ``triggered`` (with a local limit of working days) or ``rectification`` (an order with a
    date).  ``text`` is the duty's, empty of an order; ``period`` the obligation's, or the date of the event that made
    it due.  ``because``: the event that made it due, where there is one.
    """

    sort: str
    due: str
    remind: str
    duty: str
    article: str
    text: str
    period: str
    unit: str
    post: str | None
    holder: str | None
    state: str
    missing: tuple[Missing, ...]
    due_source: str
    because: tuple[Because, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in OPEN

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        plain = ("sort", "due", "remind", "duty", "article", "text", "period", "unit", "post", "holder", "state",
                 "due_source")  # fmt: skip
        return {name: getattr(self, name) for name in plain} | {
            "missing": [m.to_json() for m in self.missing], "because": [b.to_json() for b in self.because],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """
    What is due, or to be reminded of, from the day ``since`` until the day ``until``, both included.

    ``unit`` None: of all units.  ``items`` come by due day, then by unit; ``earlier`` counts what was due before
    ``since`` and is still to be done.
    """

    unit: str | None
    since: str
    until: str
    view: View
    items: tuple[Due, ...]
    earlier: int

    def days(self) -> Iterator[tuple[str, tuple[Due, ...], tuple[Due, ...]]]:
        """Each day of the calendar with something on it: the date, what to be reminded of, what is due."""
        dates = {d for item in self.items for d in (item.remind, item.due) if self.since <= d <= self.until}
        for date in sorted(dates):
            remind = tuple(i for i in self.items if i.remind == date != i.due)
            yield date, remind, tuple(i for i in self.items if i.due == date)

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "unit": self.unit, "since": self.since, "until": self.until, **self.view.to_json(),
            "items": [item.to_json() for item in self.items], "earlier": self.earlier,
        }  # fmt: skip


def agenda(
    snapshot: Snapshot, *, until: str, since: str | None = None, unit: str | None = None, done: bool = False
) -> Agenda:
    """
    What is due for *unit* (None: for all) from *since* (None: the day of ``as_of``) until *until* (``YYYY-MM-DD``).

    *done*: with what was done already.

    Raises:
        CallerError: No such unit, not a date, or *until* lies before *since*.
    """
    first = since or date_text(day_at(snapshot.view.as_of - 1))
    begin, last = _day(first), _day(until)
    if last < begin:
        raise CallerError(f"{until} lies before {first}", advice="Name a later day.", code="USAGE")
    units = [unit] if unit is not None else snapshot.units()
    orders = _orders(snapshot)
    every = [item for one in units for item in _of_unit(snapshot, one, last, orders)]
    wanted = [item for item in every if item.state != "void" and (done or item.open)]
    shown = [i for i in wanted if first <= i.due <= until or first <= i.remind <= until]
    shown.sort(key=lambda i: (i.due, i.unit, i.duty, i.post or "", i.holder or "", i.period))
    earlier = sum(item.open and item.due < first for item in wanted)
    return Agenda(unit=unit, since=first, until=until, view=snapshot.view, items=tuple(shown), earlier=earlier)


def _of_unit(snapshot: Snapshot, unit: str, until: int, orders: Sequence[Record]) -> Iterator[Due]:
    status = snapshot.unit(unit)
    for one in (*status.obligations, *snapshot.coming(unit, until)):
        yield Due(
            sort="obligation", due=one.due, remind=one.remind, duty=one.duty, article=one.article, text=one.text,
            period=one.period, unit=unit, post=one.post, holder=one.holder, state=one.state, missing=one.missing,
            due_source=one.due_source,
        )  # fmt: skip
    for other in status.triggered:
        if other.due is not None:
            yield Due(
                sort="triggered", due=other.due, remind=_remind(snapshot, other.due), duty=other.duty,
                article=other.article, text=other.text, period=other.since, unit=unit, post=other.post,
                holder=other.holder, state=other.state, missing=tuple(Missing(recipient=r) for r in other.missing),
                due_source="local_default", because=() if other.trigger is None else (other.trigger,),
            )  # fmt: skip
    yield from _rectifications(snapshot, unit, orders)


def _orders(snapshot: Snapshot) -> list[Record]:
    """Orders to rectify, and what became of them, that happened and stand; in order of position."""
    bound = Bound(snapshot.view.as_of)
    rows: list[Record] = []
    for record in snapshot.records:
        if record.statement.type in (ORDERED, _VERIFIED, _REOPENED):
            settled = snapshot.edits.apply(record)
            if settled is not None and bound.admits(settled.statement.happened):
                rows.append(settled)
    return rows


def _rectifications(snapshot: Snapshot, unit: str, rows: Sequence[Record]) -> Iterator[Due]:
    """The rectifications that were ordered of the unit, or of posts of it, with a date (限期整改)."""
    for order in rows:
        fields: Any = order.statement.fields
        if order.statement.type != ORDERED or "due" not in fields:
            continue
        posts = [p for p in fields.get("posts", ()) if (known := snapshot.roster.post(p)) and known.unit == unit]
        if not posts and unit not in fields.get("units", ()):
            continue
        state = _order_state(order, rows, start_of(day_of(fields["due"]) + 1) <= snapshot.view.as_of)
        for post in posts or [None]:
            yield Due(
                sort="rectification", due=fields["due"], remind=_remind(snapshot, fields["due"]), duty="", article="",
                text="", period=order.statement.happened.date(), unit=unit, post=post,
                holder=None if post is None else snapshot.roster.holder(post, day_of(fields["due"])), state=state,
                missing=(), due_source="text", because=(snapshot.explain.one(order),),
            )  # fmt: skip


def _order_state(order: Record, rows: Sequence[Record], past: bool) -> str:
    """Closed by the last verification that found it complete, unless it was reopened after that."""
    closed = False
    for record in rows:
        fields: Any = record.statement.fields
        if record.statement.type == ORDERED or bytes(fields["order"][0]) != order.statement.id:
            continue
        closed = record.statement.type == _VERIFIED and fields["outcome"] == "complete"
    return "closed" if closed else "overdue" if past else "open"


def _remind(snapshot: Snapshot, due: str) -> str:
    """The last working day up to a due day, by the holidays that were set."""
    return date_text(snapshot.ruling.work(None).before(day_of(due)))


def _day(date: str) -> int:
    try:
        return day_of(date)
    except ValueError:
        raise CallerError(f"not a date: {date!r}", advice="Write dates as YYYY-MM-DD.", code="USAGE") from None
