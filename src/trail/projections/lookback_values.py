"""
What a lookback (责任倒查) says, as frozen values.

Every row names the records that it rests on, apart from those that came after the day that is asked about
(`trail.projections.citing.Cited`).  In JSON a row cites position and leaf; under ``lines`` stands each record once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from trail.projections.citing import Basis, Cited, GapCited, Line
from trail.projections.shown import Count, Standing, Triggered
from trail.projections.values import Obligation, Undone, View

One: TypeAlias = "Obligation | Triggered | Count | Standing"
_REPLACED = ("because", "gaps", "trigger")

AFTER_DATE, AFTER_NOTICE, BURST = "after_date", "after_notice", "burst"
WHY = (AFTER_DATE, AFTER_NOTICE, BURST)
"""Why a record is listed as recorded later: after the day, after a notice about what lay before it, in a burst."""


class Held(NamedTuple):
    """
    A post and who held it: from ``begin`` to ``until`` (not included; None: open), and by whom they were appointed.

    ``on_the_day``: it was held on the day that is asked about.  ``units``: what lay in its portfolio on the day, or on
    the last day of this tenure.  ``undone``: what was not done at hand-over, as a fact (persons only).  ``person`` is
    None where nobody held it on the day.
    """

    post: str
    unit: str
    kind: str
    title: str
    person: str | None
    begin: str | None
    until: str | None
    acting: bool
    on_the_day: bool
    units: tuple[str, ...]
    appointed: Cited
    ended: Cited
    portfolio: Cited
    undone: tuple[Undone, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "post": self.post, "unit": self.unit, "kind": self.kind, "title": self.title, "person": self.person,
            "begin": self.begin, "until": self.until, "acting": self.acting, "on_the_day": self.on_the_day,
            "units": list(self.units), "appointed": self.appointed.to_json(), "ended": self.ended.to_json(),
            "portfolio": self.portfolio.to_json(), "undone": [u.to_json() for u in self.undone],
        }  # fmt: skip


class ListHeld(NamedTuple):
    """
    A list and how its version in force stood on ``day``.

    ``state``: ``endorsed``, ``committed`` (by the body), ``void`` (an older version was endorsed or committed, this one
    not), or ``none``.  ``version``: the draft or correction that brought it; ``stands``: the acts on exactly it;
    ``voided``: those on older versions, filings included; ``filed``: filings of exactly it, with their receipts.
    """

    unit: str
    year: str
    kind: str
    owner: str
    day: str
    state: str
    version: Cited
    stands: Cited
    voided: Cited
    filed: Cited

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {name: value.to_json() if isinstance(value, Cited) else value for name, value in self._asdict().items()}


class Answer(NamedTuple):
    """
    A duty and how it stood: ``one`` is exactly what the status says; ``then`` its state as known on the day itself.

    ``then`` None: it did not stand then, as far as was known.  Of a number it is the number in words; of what is to be
    in place ``in_place`` or ``not_in_place``.
    """

    one: One
    then: str | None
    cited: Cited
    gaps: tuple[GapCited, ...]

    @property
    def state(self) -> str:
        """Its state as it is known now."""
        return state_of(self.one)

    def to_json(self) -> dict[str, Any]:
        """The map of the status, with records cited."""
        out = {name: value for name, value in self.one.to_json().items() if name not in _REPLACED}
        return {
            **out, "known_then": self.then, **self.cited.to_json(), "gaps": [gap.to_json() for gap in self.gaps],
        }  # fmt: skip


def state_of(one: One) -> str:
    """The state of a duty in one word."""
    if isinstance(one, Count):
        return str(one.number)
    if isinstance(one, Standing):
        return "in_place" if one.in_place else "not_in_place"
    return one.state


class Told(NamedTuple):
    """
    Who was told of what, by whom: a ``talk``, a ``circular``, a ``directive`` or a ``receipt``.

    ``what``: the kinds of the talk or circular; ``words``: what counterparts said of it (confirmed, disputed).
    """

    kind: str
    happened: str
    by: tuple[str, ...]
    to: tuple[str, ...]
    what: tuple[str, ...]
    cited: Cited
    words: Cited

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "kind": self.kind, "happened": self.happened, "by": list(self.by), "to": list(self.to),
            "what": list(self.what), **self.cited.to_json(), "words": self.words.to_json(),
        }  # fmt: skip


class Late(NamedTuple):
    """A record that came later, and why it is listed (`WHY`)."""

    line: Line
    why: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {**self.line.at(), "type": self.line.type, "happened": self.line.happened,
                "recorded": self.line.recorded, "label": self.line.label, "why": list(self.why)}  # fmt: skip


class Notice(NamedTuple):
    """A notice of inspection: its first second (UTC), its day, and its event if it is one."""

    at: int
    day: str
    position: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {"day": self.day, "position": self.position}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookback:
    """
    Who was responsible and what they had done: of a ``unit`` or of a ``person``, as of a date, as known at a size.

    ``history``: what became of the unit (established, renamed, moved, merged); ``about``: the duties that were asked
    about (empty: all).  ``recorded_later`` lists what came after the day, after a notice, or in a burst; ``lines`` is
    every cited record once, in order of position.
    """

    unit: str | None
    person: str | None
    name: str
    about: tuple[str, ...]
    view: View
    basis: Basis
    history: Cited
    posts: tuple[Held, ...]
    lists: tuple[ListHeld, ...]
    obligations: tuple[Answer, ...]
    triggered: tuple[Answer, ...]
    counts: tuple[Answer, ...]
    standing: tuple[Answer, ...]
    acts: Cited
    told: tuple[Told, ...]
    gaps: tuple[GapCited, ...]
    recorded_later: tuple[Late, ...]
    notices: tuple[Notice, ...]
    lines: tuple[Line, ...]

    @property
    def missing(self) -> tuple[Answer, ...]:
        """What lacks: obligations not complete, triggers not answered, what is not in place."""
        return tuple(
            answer
            for answer in (*self.obligations, *self.triggered, *self.standing)
            if answer.state in ("overdue", "due_soon", "not_yet_due", "open", "not_in_place")
        )

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        rows = ("posts", "lists", "obligations", "triggered", "counts", "standing")
        out: dict[str, Any] = {
            "unit": self.unit, "person": self.person, "name": self.name, "about": list(self.about),
            **self.view.to_json(), "rests_on": self.basis.to_json(), "history": self.history.to_json(),
        }  # fmt: skip
        out |= {name: [row.to_json() for row in getattr(self, name)] for name in rows}
        out["missing"] = [_lacking(answer) for answer in self.missing]
        out["acts"] = self.acts.to_json()
        for name in ("told", "gaps", "notices", "recorded_later", "lines"):
            out[name] = [row.to_json() for row in getattr(self, name)]
        return out


def _lacking(answer: Answer) -> dict[str, Any]:
    shown = answer.one.to_json()
    names = ("duty", "period", "since", "post", "holder", "due", "state", "missing")
    return {name: shown[name] for name in names if name in shown} | {"known_then": answer.then}
