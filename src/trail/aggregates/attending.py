"""
Persons in posts, and acts that rest on other acts: what the acts of meetings, supervision and cases share.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from trail.aggregates.base import Act, EventData, causes_of
from trail.aggregates.values import reference_of, refused
from trail.evidence.record import Record
from trail.evidence.types import Field, PartSpec

MAX_PERSONS: Final = 500
# Whoever is named may dispute the event, so they are counterparts.
ATTENDEE_MEMBERS: Final = {"person": Field("person", role="counterpart"), "post": Field("post", optional=True)}
ATTENDEE: Final = Field("record", members=ATTENDEE_MEMBERS)
ATTENDEES: Final = Field("list", of=ATTENDEE, max=MAX_PERSONS)
CONTENT: Final = {"content": PartSpec({"content": Field("text", max=100_000)}, optional=True)}


class Attendee(NamedTuple):
    """A person and, where it is known, the post in which they took part."""

    person: str
    post: str | None = None


AttendeeLike: TypeAlias = "str | Attendee | tuple[str, str | None] | Mapping[str, str]"


def attendee(given: AttendeeLike | None, where: str) -> dict[str, str | None] | None:
    """One person as a record carries it; None stays None; raises `CallerError`."""
    if given is None:
        return None
    if isinstance(given, str):
        return {"person": given, "post": None}
    try:
        return (Attendee(**given) if isinstance(given, Mapping) else Attendee(*given))._asdict()
    except TypeError:
        raise refused("expected a person, or a person and a post", where) from None


def attendees(given: Iterable[AttendeeLike], where: str) -> list[dict[str, str | None]] | None:
    """Persons as a record carries them: each once, in order; None if there are none; raises `CallerError`."""
    if isinstance(given, str | Mapping):
        raise refused("give a list of persons", where)
    rows = {(row["person"] or "", row["post"]): row for one in given if (row := attendee(one, where)) is not None}
    return [rows[key] for key in sorted(rows, key=lambda key: (key[0], key[1] or ""))] or None


def ids(given: Iterable[str], where: str) -> list[str] | None:
    """Ids (units, persons, posts, topics): each once, in order; None if there are none; raises `CallerError`."""
    if isinstance(given, str):
        raise refused("give a list", where)
    return sorted(set(given), key=str) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting(Act):
    """An act that rests on others: the events that the fields in `RESTS_ON` name are among its causes as well."""

    RESTS_ON: ClassVar[tuple[str, ...]] = ()

    def event(self) -> EventData:
        """The event that this act becomes; raises `CallerError`."""
        data = Act.event(self)
        named: list[Any] = []
        for name in self.RESTS_ON:
            given = getattr(self, name)
            if given is not None:
                named += [reference_of(one, name)[0] for one in (given if _is_many(given) else (given,))]
        return dataclasses.replace(data, causes=causes_of((*data.causes, *named))) if named else data


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded(Resting):
    """An act whose words, if it brings any, lie in the part ``content``."""

    content: str | None = None

    def _content(self) -> Mapping[str, Mapping[str, Any]]:
        return {} if self.content is None else {"content": {"content": self.content}}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactOnly(Act):
    """An act of which only the fact is kept; content that is offered is refused, with the reason ``WHY``."""

    WHY: ClassVar[str] = ""

    content: None = None

    def _check(self) -> None:
        if self.content is not None:
            advice = "Leave the content out and keep it where it belongs; nothing was recorded."
            raise refused(f"{self.TYPE.name} takes no content: {self.WHY}", "content", advice=advice)

    def _content(self) -> Mapping[str, Mapping[str, Any]]:
        return {}


def shown(act: object, *names: str) -> dict[str, Any]:
    """The public fields *names* of an act; units, posts and recipients each once and in order, empty ones absent."""
    lists = ("units", "posts", "persons", "recipients")
    return {name: ids(getattr(act, name), name) if name in lists else getattr(act, name) for name in names}


def _is_many(given: Any) -> bool:
    """Whether *given* is a list of references: records and acknowledgements are tuples too, and so is a pair."""
    if not isinstance(given, list | tuple) or isinstance(given, Record) or hasattr(given, "reference"):
        return False
    return len(given) != 2 or not all(isinstance(cell, bytes | bytearray | memoryview) for cell in given)
