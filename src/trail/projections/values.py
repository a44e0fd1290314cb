"""
What a status says: obligations with their state, what is missing and because of which records; as frozen values.

Every value has ``to_json()`` with keys in a stable order; event ids are hexadecimal, times UTC seconds, dates text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from trail.aggregates.state import Gap

STATES: Final = ("not_yet_due", "due_soon", "in_time", "late", "overdue", "void")


class Because(NamedTuple):
    """
    A record that a status rests on: where it stands, when it was recorded, and how that is labelled.

    ``label``: contemporaneous, late or backfilled; ``posts``: for each post it was done in, whether it was held.
    """

    position: int
    recorded: int
    label: str
    type: str
    happened: str
    posts: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "position": self.position, "type": self.type, "happened": self.happened, "recorded": self.recorded,
            "label": self.label, "posts": dict(self.posts),
        }  # fmt: skip


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


def gap_json(gap: Gap) -> dict[str, Any]:
    """A gap as a map in stable order."""
    return {"code": gap.code, "positions": list(gap.positions), "en": gap.en, "zh": gap.zh}


def _none() -> tuple[Because, ...]:
    return ()


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
    explain: Callable[[], tuple[Because, ...]] = field(default=_none, compare=False, repr=False)

    @property
    def because(self) -> tuple[Because, ...]:
        """The records that count, with the edits and deadlines that changed the outcome, in order of position."""
        return self.explain()

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What tells obligations apart: duty, period, unit, post, and the person to whom it is bound."""
        return (self.duty, self.period, self.unit, self.post or "", self.holder or "" if self.bound == "person" else "")

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
    """How an obligation differs between two views; None: it does not stand in that view."""

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
    """The obligations of a unit, in order of their due day; ``gaps`` are the order constraints that are broken."""

    unit: str
    name: str
    kind: str
    view: View
    obligations: tuple[Obligation, ...]
    gaps: tuple[Gap, ...]
    context: Callable[[], tuple[Because, ...]] = field(default=_none, compare=False, repr=False)

    def overdue(self) -> tuple[Obligation, ...]:
        """The obligations that are overdue."""
        return self.having("overdue")

    def having(self, *states: str) -> tuple[Obligation, ...]:
        """The obligations in one of *states*."""
        return tuple(o for o in self.obligations if o.state in states)

    def diff(self, other: UnitStatus) -> tuple[Change, ...]:
        """What differs from *other*, the earlier or less informed view: before is its state, after this one's."""
        before = {o.key: o for o in other.obligations}
        after = {o.key: o for o in self.obligations}
        changes = []
        for key in [*after, *(k for k in before if k not in after)]:
            old, new = before.get(key), after.get(key)
            if old is None or new is None or _stand(old) != _stand(new):
                changes.append(self._change(old, new, other))
        return tuple(changes)

    def _change(self, old: Obligation | None, new: Obligation | None, other: UnitStatus) -> Change:
        one = new or old
        if one is None:
            raise ValueError("nothing changed")
        because = _difference(old.because if old else (), new.because if new else ())
        if not because:
            because = _difference(other.context(), self.context())
        before, after = old.state if old else None, new.state if new else None
        return Change(one.duty, one.period, one.unit, one.post, one.holder, before, after, because)

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "unit": self.unit, "name": self.name, "kind": self.kind, **self.view.to_json(),
            "obligations": [o.to_json() for o in self.obligations], "gaps": [gap_json(g) for g in self.gaps],
        }  # fmt: skip


def _stand(o: Obligation) -> tuple[Any, ...]:
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
    """A person: each post with its interval, the obligations that stand on them, their own acts as facts."""

    person: str
    view: View
    posts: tuple[PostHeld, ...]
    obligations: tuple[Obligation, ...]
    acts: tuple[Because, ...]

    def overdue(self) -> tuple[Obligation, ...]:
        """The obligations that are overdue."""
        return tuple(o for o in self.obligations if o.state == "overdue")

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "person": self.person, **self.view.to_json(), "posts": [p.to_json() for p in self.posts],
            "obligations": [o.to_json() for o in self.obligations], "acts": [a.to_json() for a in self.acts],
        }  # fmt: skip
