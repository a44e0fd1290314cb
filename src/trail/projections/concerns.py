"""
Which units and persons a record concerns, and which one unit made it.

A record concerns who did it, who signed it, and whom its public fields name: units, posts (and so their units),
persons, and the units in which persons that an act names held a post on that day.  What refers to an act concerns who
did that act as well: a receipt the unit that reported, a confirmation the leader who talked.  An edit concerns whom
its target concerns, and a correction whom it names.  Nothing is read from body parts: whom only a text names, no
ledger can find.

Each record is made by one unit (*home*): what is counted per unit adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from trail.aggregates.catalogue import act_class
from trail.errors import TrailError
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES, REGISTRY_TYPES
from trail.evidence.types import Field, spec_from_value
from trail.projections.edits import target
from trail.projections.roster import Roster
from trail.rules.calendar import happened_day

_DECLARED: Final = "TypeDeclared@1"
_NONE: Final[frozenset[str]] = frozenset()
Spec = Mapping[str, Field]


class Concern(NamedTuple):
    """The units and persons that a record concerns, and those who did it."""

    units: frozenset[str]
    persons: frozenset[str]
    by_units: frozenset[str]
    by_persons: frozenset[str]


class Named(NamedTuple):
    """What the public fields of a record name."""

    units: list[str]
    posts: list[str]
    persons: list[str]
    events: list[bytes]


class Concerns:
    """Whom each of *records* (ascending positions) concerns, by what *roster* knows."""

    def __init__(self, records: Iterable[Record], roster: Roster) -> None:
        self._roster = roster
        self._specs: dict[str, Spec] = {}
        self._found: dict[int, Concern] = {}
        self._events: dict[bytes, Concern] = {}
        self._records: dict[bytes, Record] = {}
        for record in records:
            self._records[record.statement.id] = record
            if record.statement.type == _DECLARED:
                self._declare(record)
            found = self._found[record.position] = self._of(record)
            self._events[record.statement.id] = found

    def of(self, record: Record) -> Concern:
        """Whom *record*, one of the records, concerns."""
        return self._found[record.position]

    def find(self, event: bytes) -> Record | None:
        """The record of an event."""
        return self._records.get(event)

    def home(self, record: Record) -> str:
        """
        The unit whose work the record was: the one it names as its own, of its performers, of its signers, or (a
        registry event) the one it is about; ``""``: none is known.
        """
        statement = record.statement
        own = [u for _, u in self._performing(record)]
        own += [u for s in statement.signers if s.post and (u := self._unit(s.post))]
        if not own and statement.type in REGISTRY_TYPES:
            found = self.named(record)
            own += [*found.units, *(u for p in found.posts if (u := self._unit(p)))]
            for person in found.persons:
                own += self._units_of(person, record)
        return statement.unit or next(iter(own), "")

    def named(self, record: Record) -> Named:
        """What the public fields name, by the schema of their type."""
        found = Named([], [], [], [])
        statement = record.statement
        _walk(statement.fields, self._spec(statement.type), found)
        if statement.type in REGISTRY_TYPES:  # what a registry event brings into being is an id in its schema
            for name, names in (("unit", found.units), ("post", found.posts), ("person", found.persons)):
                value = statement.fields.get(name)
                if isinstance(value, str) and value not in names:
                    names.append(value)
        return found

    # -- inside

    def _of(self, record: Record) -> Concern:
        statement = record.statement
        if statement.type in EDIT_TYPES:
            found = self._of_edit(record)
            if found is not None:
                return found
        named = self.named(record)
        by_units = {u for _, u in self._performing(record)}
        by_persons = {p.who for p in statement.performers if p.kind == "person"}
        units = {*by_units, *named.units, *(u for p in named.posts if (u := self._unit(p)))}
        units.update(u for s in statement.signers if s.post and (u := self._unit(s.post)))
        persons = {*by_persons, *named.persons, *(s.person for s in statement.signers)}
        if home := self.home(record):
            units.add(home)
        if statement.type not in REGISTRY_TYPES:
            for person in named.persons:
                units.update(self._units_of(person, record))
        for event in (*named.events, *statement.causes):
            other = self._events.get(event)
            if other is not None:
                units |= other.by_units
                persons |= other.by_persons
        return Concern(frozenset(units), frozenset(persons), frozenset(by_units), frozenset(by_persons))

    def _of_edit(self, edit: Record) -> Concern | None:
        """Whom the target concerns, and whom a correction names instead: the target concerns them too from then on."""
        statement, about = edit.statement, self._events.get(target(edit))
        original = self._records.get(target(edit))
        if about is None or original is None:
            return None
        units = {self.home(edit), *(self._unit(s.post) for s in statement.signers)} - {""}
        persons = {s.person for s in statement.signers}
        changed: Any = statement.fields.get("fields")
        if changed:
            named = Named([], [], [], [])
            _walk(changed, self._spec(original.statement.type), named)
            more = {*named.units, *(self._unit(p) for p in named.posts)} - {""}
            for person in named.persons:
                more.update(self._units_of(person, original))
            about = about._replace(units=about.units | more, persons=about.persons.union(named.persons))
            self._events[original.statement.id] = self._found[original.position] = about
        return Concern(about.units | units, about.persons | persons, _NONE, _NONE)

    def _performing(self, record: Record) -> Iterator[tuple[str, str]]:
        for kind, who, post in record.statement.performers:
            unit = who if kind == "body" else self._unit(post)
            if unit:
                yield who, unit

    def _unit(self, post: str) -> str:
        known = self._roster.post(post) if post else None
        return "" if known is None else known.unit

    def _units_of(self, person: str, record: Record) -> list[str]:
        day = happened_day(record.statement.happened)
        held = [t.post for t in self._roster.of_person(person) if t.begin <= day < t.end]
        return [u for post in held if (u := self._unit(post))]

    def _declare(self, record: Record) -> None:
        try:
            schema: Any = record.statement.fields["schema"]
            spec = spec_from_value(schema)
        except (TrailError, KeyError, TypeError):
            return  # a schema that can't be read names nobody
        self._specs[spec.key] = spec.fields

    def _spec(self, type_: str) -> Spec:
        found = self._specs.get(type_)
        if found is None:
            kind = getattr(act_class(type_), "TYPE", None)
            found = self._specs[type_] = {} if kind is None else kind.fields
        return found


def _walk(fields: Any, spec: Spec, found: Named) -> None:
    for name, value in fields.items():
        one = spec.get(name)
        if one is not None:
            _field(value, one, found)


def _field(value: Any, spec: Field, found: Named) -> None:
    kind = spec.kind
    if kind == "list" and spec.of is not None and isinstance(value, list | tuple):
        for item in value:
            _field(item, spec.of, found)
    elif kind == "record" and isinstance(value, Mapping):
        _walk(value, spec.members, found)
    elif kind == "unit":
        found.units.append(str(value))
    elif kind == "post":
        found.posts.append(str(value))
    elif kind == "person":
        found.persons.append(str(value))
    elif kind == "event" and isinstance(value, bytes):
        found.events.append(value)
    elif kind == "reference" and isinstance(value, list | tuple) and value:
        found.events.append(bytes(value[0]))
