"""
What stands beside obligations: what events made due, numbers without a floor, what is in place; as frozen values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from trail.aggregates.state import Gap
from trail.projections.basis import Because, gap_json, none

TRIGGERED_STATES: Final = ("open", "closed", "late", "overdue")
"""Of what an event makes due; the last two only where a local rule sets a number of working days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggered:
    """
    A duty that an event made due, and whether an act answered it; or (``trigger`` None) such an act on its own.

    ``holder``: on whom it stands: while it is open who holds the post at ``as_of``, afterwards who held it when it was
    closed (with a limit: on its last day); or the person to whom it is bound.  ``since`` is the day of the trigger,
    ``closed`` when the last missing thing was done (UTC seconds), ``elapsed_workdays`` from the one to the other, or to
    ``as_of``.  ``due`` is the last day, where a local rule sets one.  ``missing``: the recipients not yet reached.
    """

    duty: str
    article: str
    text: str
    unit: str
    post: str | None
    holder: str | None
    bound: str
    trigger: Because | None
    event: str
    since: str
    state: str
    closed: int | None
    elapsed_workdays: int
    due: str | None
    missing: tuple[str, ...]
    gaps: tuple[Gap, ...]
    rules: str
    source: str
    explain: Callable[[], tuple[Because, ...]] = field(default=none, compare=False, repr=False)

    @property
    def because(self) -> tuple[Because, ...]:
        """The trigger and the acts that answer it, with the edits of each, in order of position."""
        return self.explain()

    @property
    def key(self) -> tuple[str, str, str, str, str, str]:
        """What tells them apart: duty, event, unit, post, the person to whom it is bound, and the instrument."""
        person = self.holder or "" if self.bound == "person" else ""
        return (self.duty, self.event, self.unit, self.post or "", person, self.rules.partition("@")[0])

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        plain = ("duty", "article", "text", "unit", "post", "holder", "bound", "event", "since", "state", "closed",
                 "elapsed_workdays", "due")  # fmt: skip
        out: dict[str, Any] = {name: getattr(self, name) for name in plain}
        out["missing"] = list(self.missing)
        out["trigger"] = None if self.trigger is None else self.trigger.to_json()
        out["because"] = [b.to_json() for b in self.because]
        out["gaps"] = [gap_json(g) for g in self.gaps]
        return out | {"rules": self.rules, "source": self.source}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """
    How often something was done in a period: a number, with no floor and no colour.

    ``holder``: who holds the post at ``as_of``, or held it on the last day of a period that is over.
    """

    duty: str
    article: str
    text: str
    period: str
    unit: str
    post: str | None
    holder: str | None
    number: int
    rules: str
    source: str
    explain: Callable[[], tuple[Because, ...]] = field(default=none, compare=False, repr=False)

    @property
    def because(self) -> tuple[Because, ...]:
        """The acts that were counted, with the edits of each, in order of position."""
        return self.explain()

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        plain = ("duty", "article", "text", "period", "unit", "post", "holder", "number")
        out: dict[str, Any] = {name: getattr(self, name) for name in plain}
        out["because"] = [b.to_json() for b in self.because]
        return out | {"rules": self.rules, "source": self.source}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether what is to be set up once is in place, and ``since`` which day (None: it is not)."""

    duty: str
    article: str
    text: str
    unit: str
    post: str | None
    holder: str | None
    in_place: bool
    since: str | None
    rules: str
    source: str
    explain: Callable[[], tuple[Because, ...]] = field(default=none, compare=False, repr=False)

    @property
    def because(self) -> tuple[Because, ...]:
        """The acts that hold, and those that ended others, with the edits of each, in order of position."""
        return self.explain()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells them apart: duty, unit, post, and the instrument."""
        return (self.duty, self.unit, self.post or "", self.rules.partition("@")[0])

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        plain = ("duty", "article", "text", "unit", "post", "holder", "in_place", "since")
        out: dict[str, Any] = {name: getattr(self, name) for name in plain}
        out["because"] = [b.to_json() for b in self.because]
        return out | {"rules": self.rules, "source": self.source}


class Beside(NamedTuple):
    """What stands beside obligations: what events made due, numbers, what is in place."""

    triggered: tuple[Triggered, ...] = ()
    counts: tuple[Count, ...] = ()
    standing: tuple[Standing, ...] = ()


def nothing() -> Beside:
    """Nothing stands beside the obligations."""
    return Beside()


def no_facts(duty: str) -> tuple[Because, ...]:
    """No fact was recorded for *duty*."""
    return ()
