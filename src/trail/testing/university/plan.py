"""
A plan: everything that happens at a university, in the order in which it is recorded; plain values, nothing signed.

An act names its class, who signs it in which post, when it was recorded, and what it says.  Where it refers to an
earlier act it holds a `Ref`, which is turned into that act's exact reference when the plan is played.  Two plans from
one seed are equal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

CST: Final = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
REGISTRARS: Final = "registrars"
"""Stands for the person in acts that the registrars sign."""
ANCHOR: Final = "anchor"
"""Stands for the type where no act is recorded, but a checkpoint issued and witnessed."""


class Ref(NamedTuple):
    """An earlier act of the plan, by its key."""

    key: str


class Planned(NamedTuple):
    """
    One act, or an anchor.

    ``recorded`` is the time of recording, UTC seconds; ``type`` the name of a class of `trail.aggregates`; ``given``
    what it is made with, ``happened`` included.  ``why`` says in a word what it is an example of; mostly nothing.
    """

    key: str
    recorded: int
    person: str
    post: str
    type: str
    given: Mapping[str, Any]
    unit: str = ""
    why: str = ""

    @property
    def happened(self) -> dt.datetime | None:
        """When it happened, as it will be claimed; None for what has no time of its own."""
        when = self.given.get("happened") or self.given.get("sent") or self.given.get("received")
        return when if isinstance(when, dt.datetime) else None

    @property
    def lag(self) -> int:
        """Whole days from the act to its record."""
        return 0 if self.happened is None else (moment(self.recorded).date() - self.happened.date()).days


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What happens, in order of recording; ``notice`` is when the inspection was announced, ``end`` the last moment.

    ``characters`` says how each unit goes about recording.
    """

    begin: dt.date
    end: dt.datetime
    notice: dt.datetime
    characters: Mapping[str, str]
    rows: tuple[Planned, ...]
    _keys: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._keys.update((row.key, number) for number, row in enumerate(self.rows))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Planned]:
        return iter(self.rows)

    def __getitem__(self, key: str) -> Planned:
        """The act with this key; raises `KeyError`."""
        return self.rows[self._keys[key]]

    def find(self, type: str = "", *, unit: str = "", post: str = "", why: str = "") -> list[Planned]:
        """The acts of that type, unit, post or example, in order; what is not given does not matter."""
        return [
            row for row in self.rows
            if type in ("", row.type) and unit in ("", row.unit) and post in ("", row.post) and why in ("", row.why)
        ]  # fmt: skip

    def one(self, type: str = "", *, unit: str = "", post: str = "", why: str = "") -> Planned:
        """The first of what `find` finds; raises `LookupError` if there is none."""
        for row in self.find(type, unit=unit, post=post, why=why):
            return row
        raise LookupError(f"the plan has no {type or 'act'} of {unit or post or 'anybody'} {why}".rstrip())


def moment(seconds: int) -> dt.datetime:
    """UTC seconds as a time in Asia/Shanghai."""
    return dt.datetime.fromtimestamp(seconds, CST)


def at(day: dt.date, hour: int = 9, minute: int = 0) -> dt.datetime:
    """A time of *day* in Asia/Shanghai."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=CST)


def workday(day: dt.date) -> dt.date:
    """*day*, or the Monday after it if it lies on a weekend."""
    return day + dt.timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


def after_workdays(day: dt.date, count: int) -> dt.date:
    """The day *count* working days after *day*."""
    for _ in range(count):
        day = workday(day + dt.timedelta(days=1))
    return day
