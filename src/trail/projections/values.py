"""
What a status says: obligations with their state, what is missing and because of which records; as frozen values.

Every value has ``to_json()`` with keys in a stable order; event ids are hexadecimal, times UTC seconds, dates text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from trail.aggregates.state import Gap
from trail.projections.basis import Because, gap_json, none
from trail.projections.shown import Beside, Count, Standing, Triggered, no_facts, nothing

__all__ = [
    "STATES", "Because", "Beside", "Change", "Count", "Missing", "Obligation", "PersonStatus", "PostHeld", "Standing",
    "Triggered", "Undone", "UnitStatus", "View", "gap_json",
]  # fmt: skip

STATES: Final = ("not_yet_due", "due_soon", "in_time", "late", "overdue", "void")


class Missing(NamedTuple):
    """
    One thing that is not covered: a counterpart's post, a recipient, a kind of list, or some of these together.

    ``persons``: who holds the counterpart's post on the due day, beside it; ``times``: how many acts lack.
    """

    counterpart: str = ""
    recipient: str = ""
    list: str = ""
    persons: tuple[str, ...] = ()
    times: int = 1

    def __str__(self) -> str:
        return " · ".join(x for x in (self.counterpart, self.list, self.recipient) if x) or f"×{self.times}"

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "counterpart": self.counterpart, "recipient": self.recipient, "list": self.list,
            "persons": list(self.persons), "times": self.times,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """
    A duty in a period, and how it stands.

    ``post`` is None where the unit's body owes it; ``holder`` is the person on whom it stands: who holds the post on
    the due day, or the person to whom it is bound; None: vacant, so it stands on the unit.  ``due`` is the last day,
    ``due_until`` the first second (UTC) after it.  ``completed`` is when the last missing thing was done (UTC
    seconds, None: not done).  ``unreceived``: recipients that it was sent to and that did not sign for it.
    """

    duty: str
    article: str
    text: str
    period: str
    unit: str
    post: str | None
    holder: str | None
    bound: str
    due: str
    due_until: int
    remind: str
    state: str
    required: int
    done: int
    missing: tuple[Missing, ...]
    completed: int | None
    unreceived: tuple[str, ...]
    gaps: tuple[Gap, ...]
    rules: str
    source: str
    due_source: str
    explain: Callable[[], tuple[Because, ...]] = field(default=none, compare=False, repr=False)

    @property
    def because(self) -> tuple[Because, ...]:
        """The records that count, with the edits and deadlines that changed the outcome, in order of position."""
        return self.explain()

    @property
    def key(self) -> tuple[str, str, str, str, str, str]:
        """What tells obligations apart: duty, period, unit, post, the person to whom it is bound, the instrument."""
        person = self.holder or "" if self.bound == "person" else ""
        return (self.duty, self.period, self.unit, self.post or "", person, self.rules.partition("@")[0])

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        plain = ("duty", "article", "text", "period", "unit", "post", "holder", "bound", "due", "due_until", "remind",
                 "state", "required", "done")  # fmt: skip
        out: dict[str, Any] = {name: getattr(self, name) for name in plain}
        out["missing"] = [m.to_json() for m in self.missing]
        out["completed"] = self.completed
        out["unreceived"] = list(self.unreceived)
        out["because"] = [b.to_json() for b in self.because]
        out["gaps"] = [gap_json(g) for g in self.gaps]
        return out | {"rules": self.rules, "source": self.source, "due_source": self.due_source}


class Change(NamedTuple):
    """
    How an obligation differs between two views; None: it does not stand in that view.

    Of what an event made due ``period`` is the day of the event; of what is to be in place it is empty, and the states
    are ``in_place`` and ``not_in_place``.
    """

    duty: str
    period: str
    unit: str
    post: str | None
    holder: str | None
    before: str | None
    after: str | None
    because: tuple[Because, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {**self._asdict(), "because": [b.to_json() for b in self.because]}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which question a status answers: as of which instant (exclusive, UTC seconds), known from how many records."""

    as_of: int
    known_at: int

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {"as_of": self.as_of, "known_at": self.known_at}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStatus:
    """
    The obligations of a unit, in order of their due day; ``gaps`` are the order constraints that are broken.

    What stands beside them (``triggered``, ``counts``, ``standing``, `facts`) is reckoned when it is asked for.
    """

    unit: str
    name: str
    kind: str
    view: View
    obligations: tuple[Obligation, ...]
    gaps: tuple[Gap, ...]
    context: Callable[[], tuple[Because, ...]] = field(default=none, compare=False, repr=False)
    beside: Callable[[], Beside] = field(default=nothing, compare=False, repr=False)
    facts_of: Callable[[str], tuple[Because, ...]] = field(default=no_facts, compare=False, repr=False)

    @property
    def triggered(self) -> tuple[Triggered, ...]:
        """What events made due, and whether it was answered; by the day of the event."""
        return self.beside().triggered

    @property
    def counts(self) -> tuple[Count, ...]:
        """What is shown as a number, by period."""
        return self.beside().counts

    @property
    def standing(self) -> tuple[Standing, ...]:
        """What is to be in place."""
        return self.beside().standing

    def facts(self, duty: str) -> tuple[Because, ...]:
        """What was recorded of the unit for *duty*, of whatever class: facts, never a state."""
        return self.facts_of(duty)

    def overdue(self) -> tuple[Obligation, ...]:
        """The obligations that are overdue."""
        return self.having("overdue")

    def having(self, *states: str) -> tuple[Obligation, ...]:
        """The obligations in one of *states*."""
        return tuple(o for o in self.obligations if o.state in states)

    def diff(self, other: UnitStatus) -> tuple[Change, ...]:
        """What differs from *other*, the earlier or less informed view: before is its state, after this one's."""
        return tuple(
            _change(one, two, other, self)
            for mine, others in (
                (self.obligations, other.obligations),
                (_by_events(self), _by_events(other)),
                (self.standing, other.standing),
            )
            for one, two in _pairs(others, mine)
            if one is None or two is None or _stand(one) != _stand(two)
        )

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "unit": self.unit, "name": self.name, "kind": self.kind, **self.view.to_json(),
            "obligations": [o.to_json() for o in self.obligations], **_beside_json(self.beside()),
            "gaps": [gap_json(g) for g in self.gaps],
        }  # fmt: skip


def _beside_json(beside: Beside) -> dict[str, Any]:
    return {name: [one.to_json() for one in rows] for name, rows in beside._asdict().items()}


def _by_events(status: UnitStatus) -> tuple[Triggered, ...]:
    """What has a trigger: an act that is shown on its own is a fact, and no change of a state."""
    return tuple(t for t in status.triggered if t.trigger is not None)


One: TypeAlias = "Obligation | Triggered | Standing"


def _pairs(before: Sequence[One], after: Sequence[One]) -> Iterator[tuple[One | None, One | None]]:
    """What stands in both views or in one, in the order of the second."""
    old, new = {o.key: o for o in before}, {o.key: o for o in after}
    for key in [*new, *(k for k in old if k not in new)]:
        yield old.get(key), new.get(key)


def _change(old: One | None, new: One | None, other: UnitStatus, this: UnitStatus) -> Change:
    one = new or old
    if one is None:
        raise ValueError("nothing changed")
    because = _difference(old.because if old else (), new.because if new else ())
    if not because:
        because = _difference(other.context(), this.context())
    period = {Obligation: "period", Triggered: "since"}.get(type(one))
    label = getattr(one, period) if period else ""
    before, after = (None if o is None else _state(o) for o in (old, new))
    return Change(one.duty, label, one.unit, one.post, one.holder, before, after, because)


def _state(one: One) -> str:
    if isinstance(one, Standing):
        return "in_place" if one.in_place else "not_in_place"
    return one.state


def _stand(o: One) -> tuple[Any, ...]:
    """What makes a difference; days that pass are none."""
    if isinstance(o, Standing):
        return (o.in_place, o.since, o.holder)
    if isinstance(o, Triggered):
        return (o.state, o.holder, o.due, o.missing)
    return (o.state, o.due, o.holder, o.required, o.done, o.missing)


def _difference(before: tuple[Because, ...], after: tuple[Because, ...]) -> tuple[Because, ...]:
    """What only one of the two rests on, or rests on with another time or label."""
    both = set(before) & set(after)
    rows = {b for b in (*before, *after) if b not in both}
    return tuple(sorted(rows))


class Undone(NamedTuple):
    """What was not done when a post was handed over: a fact about the post, not a state of the person."""

    duty: str
    period: str
    due: str
    state: str
    missing: tuple[Missing, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {**self._asdict(), "missing": [m.to_json() for m in self.missing]}


class PostHeld(NamedTuple):
    """A post that a person held: dates (``until`` not included; None: open), and what was undone at hand-over."""

    post: str
    unit: str
    kind: str
    begin: str
    until: str | None
    acting: bool
    undone: tuple[Undone, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {**self._asdict(), "undone": [u.to_json() for u in self.undone]}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonStatus:
    """
    A person: each post with its interval, the obligations that stand on them, their own acts as facts.

    What stands beside obligations is reckoned when it is asked for, as of a unit.
    """

    person: str
    view: View
    posts: tuple[PostHeld, ...]
    obligations: tuple[Obligation, ...]
    acts: tuple[Because, ...]
    beside: Callable[[], Beside] = field(default=nothing, compare=False, repr=False)
    facts_of: Callable[[str], tuple[Because, ...]] = field(default=no_facts, compare=False, repr=False)

    @property
    def triggered(self) -> tuple[Triggered, ...]:
        """What events made due and stands on the person, or stood on them when it was closed."""
        return self.beside().triggered

    @property
    def counts(self) -> tuple[Count, ...]:
        """What is shown as a number, for the posts that the person holds, or held when a period ended."""
        return self.beside().counts

    @property
    def standing(self) -> tuple[Standing, ...]:
        """What is to be in place, for the posts that the person holds."""
        return self.beside().standing

    def facts(self, duty: str) -> tuple[Because, ...]:
        """What the person did that was recorded for *duty*: facts, never a state."""
        return self.facts_of(duty)

    def overdue(self) -> tuple[Obligation, ...]:
        """The obligations that are overdue."""
        return tuple(o for o in self.obligations if o.state == "overdue")

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "person": self.person, **self.view.to_json(), "posts": [p.to_json() for p in self.posts],
            "obligations": [o.to_json() for o in self.obligations], **_beside_json(self.beside()),
            "acts": [a.to_json() for a in self.acts],
        }  # fmt: skip
