"""
Which records bear on the status of a unit or a person, so that a snapshot over these few says what one over all says.

A record is found by *keys* that are taken from its own bytes alone: the names it carries and the events it refers to.
So the keys of a record never change, whatever is recorded later; who held which post is asked when the question is.
Whatever the roster could mean for some date and some size is followed (`Ties`), for every correction may hold or not:
too many records are chosen, never too few.

====================  ==========================================================================================
``*``                 what every question needs: roster, rules, edits
``t/<type>``          its type
``p/<post or body>``  who performed it
``a/<person>``        whose act it is
``u/<unit>``          the unit it names as its own
``c/<name>``          who led, chaired or attended it: the post, or the person where no post is named
``g/<post>``          who signed it
``o/<post or body>``  whose list it brings
``n/<unit or post>``  whom it names: fields ``units`` and ``posts``
``l/<unit>``          a list of the unit
``e/<event>``         an event that it refers to, in hexadecimal
``m/<text>``          what anything in its fields says: a unit, post or person that a type of whatever schema names
``b/<person>``        who signed it, or did it without its being their act (``a/``)
``s/<digest>``        the dated anchors that it names
====================  ==========================================================================================
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from trail.encoding import encode
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES, REGISTRY_TYPES
from trail.projections.edits import target
from trail.projections.index import ATTENDED, attendees
from trail.projections.ruling import RULE_TYPES
from trail.projections.tenures import ROSTER_TYPES
from trail.rules.model import RuleSet

SHARED: Final = "*"
ANCHORS: Final = "s/"
_DECLARED: Final = "t/TypeDeclared@1"
SHARED_TYPES: Final = ROSTER_TYPES | RULE_TYPES | EDIT_TYPES
_LISTS: Final = "lists/"
_KEPT_STREAMS: Final = ("registry/", "rules/")  # no lookback folds them as streams
_EVENT: Final = 16
_NAME: Final = 255  # bytes of the longest text that is a key
_RULE: Final = 2  # one more whenever `keys_of` finds other keys than it did

RULE_DIGEST: Final = hashlib.sha256(repr((_RULE, _NAME, sorted(SHARED_TYPES), ATTENDED)).encode()).digest()
"""By what rule keys are found; an index made by another rule is made anew."""


def keys_of(record: Record) -> frozenset[str]:
    """The keys by which *record* is found."""
    statement = record.statement
    fields: Any = statement.fields
    keys: set[str] = {f"t/{statement.type}"}
    if statement.type in SHARED_TYPES:
        keys.add(SHARED)
    if statement.type in EDIT_TYPES:  # it stands beside its target, also under the names that it gives to it
        keys.update(_named(fields.get("fields") or {}))
    else:
        keys.update(_named(fields))
        keys.update(_done(record))
    keys.update(f"e/{event.hex()}" for event in {*statement.causes, *_events(fields)})
    if statement.type not in SHARED_TYPES:  # these are always at hand
        keys.update(f"m/{text}" for text in _said(fields) if nameable(text))
        people = {*(s.person for s in statement.signers), *(p.who for p in statement.performers if p.kind == "person")}
        keys.update(f"b/{person}" for person in people if f"a/{person}" not in keys)
    if statement.seen is not None and statement.seen.anchors:
        named = encode([statement.seen.size, list(statement.seen.anchors)])
        keys.add(f"{ANCHORS}{hashlib.sha256(named).hexdigest()[:32]}")
    return frozenset(key for key in keys if not key.endswith("/"))


def nameable(text: str) -> bool:
    """Whether *text* is short enough for a key of what fields say."""
    return len(text.encode("utf-8", "surrogateescape")) <= _NAME


def _said(value: Any) -> Iterator[str]:
    """Every text in the fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _said(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _said(one)


def _done(record: Record) -> Iterator[str]:
    statement = record.statement
    act = statement.type not in REGISTRY_TYPES
    body = False
    for kind, who, post in statement.performers:
        if kind == "person":
            yield f"p/{post}"
            if act:
                yield f"a/{who}"
        else:
            body = True
            yield f"p/{who}"
    for signer in statement.signers:
        yield f"g/{signer.post}"
        if act and body and statement.hand == "own":
            yield f"a/{signer.person}"
    if statement.unit is not None:
        yield f"u/{statement.unit}"
    if statement.stream.startswith(_LISTS):
        yield f"l/{statement.stream[len(_LISTS) :].rpartition('/')[0]}"


def _named(fields: Any) -> Iterator[str]:
    """The names in *fields*, of an act or of its correction."""
    for person, post in attendees(fields, ATTENDED):
        yield f"c/{post or person}"
    for name in ("owner", "owner_body"):
        yield from (f"o/{value}" for value in _texts(fields.get(name)))
    for name in ("units", "posts"):
        yield from (f"n/{value}" for value in _texts(fields.get(name)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (one for one in value if isinstance(one, str))


def _events(value: Any) -> Iterator[bytes]:
    """Whatever may be the id of an event in the fields, by its length: any type may refer to others."""
    if isinstance(value, bytes):
        if len(value) == _EVENT:
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _events(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _events(one)


class Wanted(NamedTuple):
    """The keys that a question looks up, and those under which it looks for what makes duties due alone."""

    keys: frozenset[str]
    triggers: frozenset[str]


class Found(NamedTuple):
    """What follows on a record: events that refer to it, the rest of its stream, the target of an edit."""

    keys: list[str]
    streams: list[tuple[str, int]]
    events: list[bytes]


class Index(Protocol):
    """What knows the positions of keys, and the records at positions."""

    def positions(self, keys: Iterable[str]) -> Iterable[int]:
        """The positions under any of *keys*."""

    def after(self, streams: Iterable[tuple[str, int]]) -> Iterable[int]:
        """The positions of what came in streams, each after a version."""

    def events(self, events: Iterable[bytes]) -> Iterable[int]:
        """The positions of events."""

    def records(self, positions: Iterable[int]) -> Iterable[Record]:
        """The records at *positions*."""

    def within(self, first: str, end: str) -> Iterable[int]:
        """The positions under any key from *first* on, before *end*."""


def choose(wanted: Wanted, ties: Ties, index: Index) -> dict[int, Record]:
    """The records that bear on a question, by position, whatever the date and size that it asks about."""
    chosen: dict[int, Record] = {}
    waiting = set(index.positions(wanted.keys))
    due = set(index.positions(f"t/{type_}" for type_ in ties.trigger_types))
    waiting.update(due.intersection(index.positions(wanted.triggers)) if due else ())
    while waiting:
        found = Found([], [], [])
        for record in index.records(sorted(waiting)):
            chosen[record.position] = record
            ties.follow(record, found)
        waiting = {*index.positions(found.keys), *index.after(found.streams), *index.events(found.events)}
        waiting.difference_update(chosen)
    return chosen


class Around(NamedTuple):
    """
    Where a lookback looks: names in fields, persons and posts as whom somebody acts, and all of these names.

    ``keys`` find what may concern the subject, ``done`` what it may have done.
    """

    keys: frozenset[str]
    done: frozenset[str]
    names: frozenset[str]


def look_around(around: Around, notices: Iterable[str], index: Index, shared: Iterable[Record]) -> set[int] | None:
    """
    The positions of what a lookback may name beside what the status rests on; *shared* is at hand already.

    These are the records that may concern the subject, by themselves, by what they refer to, or by an edit; all of
    their streams; what edits are about; and notices of the types with these names.  None: names are not found so.
    """
    if not all(map(nameable, around.names)):
        return None
    found = {r.position: r for r in index.records(sorted(index.positions(around.keys)))}
    done = [found[p].statement.id for p in index.positions(around.done) if p in found]
    more = set(index.positions(f"e/{event.hex()}" for event in done)).difference(found)
    found.update((r.position, r) for r in index.records(sorted(more)))
    streams = {r.statement.stream for r in found.values()}

    edits = [r for r in shared if r.statement.type in EDIT_TYPES]
    events = {target(edit) for edit in edits}
    targets = {r.statement.id: r for r in index.records(sorted(index.events(events)))}
    if len(targets) < len(events):
        return None  # an edit of nothing concerns others than an edit of something
    touched = {r.statement.id for r in found.values()}
    for edit in edits:  # in ascending positions: an edit of an edit comes after it
        if target(edit) in touched or not around.names.isdisjoint(_naming(edit)):
            touched.update((edit.statement.id, target(edit)))
            streams.update((edit.statement.stream, targets[target(edit)].statement.stream))

    announced: set[int] = set()
    for name in notices:
        announced.update(index.within(f"t/{name}@", f"t/{name}A"))  # "A" is what follows "@"
    referred: set[bytes] = set()
    for record in index.records(sorted(announced)):
        referred.update((*record.statement.causes, *_events(record.statement.fields)))

    return {
        *found, *announced, *index.events(referred), *(r.position for r in targets.values()),
        *index.positions([_DECLARED]), *index.after((s, -1) for s in streams if not s.startswith(_KEPT_STREAMS)),
    }  # fmt: skip


def _naming(edit: Record) -> Iterator[str]:
    """Whoever an edit names or was made by."""
    statement = edit.statement
    yield statement.unit or ""
    for performer in statement.performers:
        yield from (performer.who, performer.post)
    for signer in statement.signers:
        yield from (signer.person, signer.post)
    yield from _said(statement.fields)


class Ties:
    """
    How posts, units and persons hang together at any time, in any version of their records; grows by `add`.

    *rules* say what makes duties due, which streams go on, and which kinds of unit are commissions.
    """

    def __init__(self, rules: Iterable[RuleSet]) -> None:
        rows = list(rules)
        duties = [(r, d) for r in rows for d in r.duties.values()]
        triggers = [t for _, d in duties for t in d.trigger]
        # What falls on who performed it is found by who performed it, unless it names the unit itself.
        self.trigger_types = frozenset(t.type for t in triggers if not t.performer)
        self._going_on = {t.type for t in triggers} | {s.type for r, d in duties if d.ended_by for s in r.satisfiers(d)}
        self._commissions = frozenset(kind for r in rows for level in r.levels.values() for kind in level.commissions)
        self._values: dict[bytes, tuple[str, dict[str, set[str]]]] = {}
        self._known: dict[str, dict[str, set[str]]] = {}

    def add(self, record: Record) -> None:
        """Take one more record of the roster, or an edit."""
        statement = record.statement
        fields: Any = statement.fields
        if statement.type in ROSTER_TYPES:
            values: dict[str, set[str]] = {}
            self._values[statement.id] = (statement.type, values)
            self._tie(statement.type, values, fields)
        elif statement.type in EDIT_TYPES and "fields" in fields:
            held = self._values.get(target(record))
            if held is not None:
                self._tie(*held, fields["fields"])

    def _tie(self, type_: str, values: dict[str, set[str]], fields: Any) -> None:
        for name in fields:
            values.setdefault(name, set()).update(_texts(fields[name]))
        for one, other in _RELATIONS.get(type_, ()):
            for a in values.get(one, ()):
                for b in values.get(other, ()):
                    self._known.setdefault(f"{one} {other}", {}).setdefault(a, set()).add(b)
                    self._known.setdefault(f"{other} {one}", {}).setdefault(b, set()).add(a)

    def _of(self, relation: str, name: str) -> Iterable[str]:
        return self._known.get(relation, {}).get(name, ())

    def _posts(self, units: Iterable[str]) -> set[str]:
        return {post for unit in units for post in self._of("unit post", unit)}

    def _closed(self, relation: str, units: Iterable[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(units)
        while waiting:
            unit = waiting.pop()
            if unit not in found:
                found.add(unit)
                waiting += self._of(relation, unit)
        return found

    def _commission(self, unit: str) -> bool:
        return not self._commissions.isdisjoint(self._of("unit kind", unit))

    def units_of(self, person: str) -> list[str]:
        """The units in which *person* held a post, in any version of the roster."""
        return sorted({unit for post in self._of("person post", person) for unit in self._of("post unit", post)})

    def of_unit(self, unit: str) -> Wanted:
        """Where to look for what bears on *unit*."""
        seats = {unit}
        if self._commission(unit):  # its duties are those of a commission of the unit above
            seats |= self._closed("unit parent", [unit])
        below = {child for at in seats for child in self._of("parent unit", at)}
        bodies = {child for child in self._of("parent unit", unit) if "body" in self._of("unit kind", child)}
        sides = seats | bodies | {child for child in below if self._commission(child)}
        posts = self._posts(seats)
        charged = {other for post in posts for other in self._of("post units", post)}
        under = self._closed("parent unit", seats) | charged
        under_posts = self._posts(under)
        keys = {f"u/{unit}", f"l/{unit}", f"n/{unit}", *(f"n/{post}" for post in self._posts([unit]))}
        keys.update(f"p/{name}" for name in (*self._posts(sides), *sides))
        keys.update(f"g/{post}" for post in posts)
        keys.update(f"c/{name}" for name in (*posts, *(p for post in posts for p in self._of("post person", post))))
        keys.update(f"o/{name}" for name in (*under, *bodies, *under_posts))
        triggers = {f"u/{name}" for name in under} | {f"n/{name}" for name in (*under, *under_posts)}
        return Wanted(frozenset(keys), frozenset(triggers))

    def of_person(self, person: str) -> Wanted:
        """Where to look for what bears on *person*: on their units, and what they did."""
        rows = [self.of_unit(unit) for unit in self.units_of(person)]
        keys = {f"a/{person}", *(key for row in rows for key in row.keys)}
        return Wanted(frozenset(keys), frozenset(key for row in rows for key in row.triggers))

    def around_unit(self, unit: str) -> Around:
        """Where to look for what may concern *unit*, and for the lists of its posts and bodies."""
        posts = self._posts([unit])
        persons = {person for post in posts for person in self._of("post person", post)}
        mine = {unit, *posts}
        below = set(self._of("parent unit", unit))
        done = {f"p/{name}" for name in mine}
        keys = {f"u/{unit}", f"l/{unit}", *done, *(f"g/{post}" for post in posts)}
        keys.update(f"m/{name}" for name in (*mine, *persons, *below))
        return Around(frozenset(keys), frozenset(done), frozenset(mine | persons))

    def around_person(self, person: str) -> Around:
        """Where to look for what may concern *person*, and for the lists of their posts."""
        posts = set(self._of("person post", person))
        done = {f"a/{person}", f"b/{person}"}
        keys = {*done, f"m/{person}", *(f"m/{post}" for post in posts)}
        return Around(frozenset(keys), frozenset(done), frozenset((person, *posts)))

    def follow(self, record: Record, found: Found) -> None:
        """Note what may follow on a record that was chosen."""
        statement = record.statement
        found.keys.append(f"e/{statement.id.hex()}")
        if statement.type in self._going_on:
            found.streams.append((statement.stream, record.version))
        fields: Any = statement.fields
        if statement.type in EDIT_TYPES:
            found.events.append(target(record))
            fields = fields.get("fields") or {}
        if isinstance(ordered := fields.get("order"), list | tuple) and ordered and isinstance(ordered[0], bytes):
            found.events.append(ordered[0])  # who was ordered can't say that it was done


_RELATIONS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "UnitEstablished@1": (("unit", "kind"), ("unit", "parent")),
    "UnitMoved@1": (("unit", "parent"),),
    "PostCreated@1": (("post", "unit"),),
    "PostAssigned@1": (("post", "person"),),
    "PortfolioChanged@1": (("post", "units"),),
}


class Keyed:
    """An `Index` in memory, over the records that it is given in ascending positions."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._keys: dict[str, list[int]] = {}
        self._streams: dict[str, list[tuple[int, int]]] = {}
        self._records: dict[int, Record] = {}
        self._events: dict[bytes, int] = {}
        self.last = 0
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take one more record."""
        for key in keys_of(record):
            self._keys.setdefault(key, []).append(record.position)
        self._streams.setdefault(record.statement.stream, []).append((record.version, record.position))
        self._records[record.position] = record
        self._events[record.statement.id] = record.position
        self.last = record.position

    def positions(self, keys: Iterable[str]) -> set[int]:
        """The positions under any of *keys*."""
        return {position for key in keys for position in self._keys.get(key, ())}

    def within(self, first: str, end: str) -> set[int]:
        """The positions under any key from *first* on, before *end*."""
        return {position for key, rows in self._keys.items() if first <= key < end for position in rows}

    def firsts(self, first: str, end: str) -> dict[str, int]:
        """The first position under each key from *first* on, before *end*."""
        return {key: rows[0] for key, rows in self._keys.items() if first <= key < end}

    def after(self, streams: Iterable[tuple[str, int]]) -> set[int]:
        """The positions of what came in streams, each after a version."""
        found: set[int] = set()
        for stream, version in streams:
            rows = self._streams.get(stream, [])
            found.update(position for _, position in rows[bisect_right(rows, (version, self.last)) :])
        return found

    def events(self, events: Iterable[bytes]) -> set[int]:
        """The positions of events."""
        return {self._events[event] for event in events if event in self._events}

    def records(self, positions: Iterable[int]) -> list[Record]:
        """The records at *positions*."""
        return [self._records[position] for position in positions if position in self._records]
