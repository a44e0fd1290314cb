"""
Scopes: which contents an evidence file shows, which entries an extract chooses; one rule for whoever writes it and for
whoever verifies it (``docs/spec/evidence-file.md``, "What lies in a scope").

What a scope decides about an act is read off its statement, and off the registry at the end of what is shown.  Whom an
act's parts are about counts as well, and that only their contents say: of parts that are withheld nobody else can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from trail.encoding import Value
from trail.errors import CallerError, RecordError
from trail.evidence.moment import check_date
from trail.evidence.record import Statement
from trail.evidence.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    Which contents are shown: all, none, those of one unit and below or of one person, those of a period, or those of
    a unit or a person in a period.

    ``start`` and ``end`` are dates (``YYYY-MM-DD``), both included, of when the acts happened.  Of an opaque log, all
    or none.
    """

    unit: str | None = None
    person: str | None = None
    start: str | None = None
    end: str | None = None
    nothing: bool = False

    def __post_init__(self) -> None:
        named = [self.unit is not None, self.person is not None, self.nothing].count(True)
        if named > 1 or (self.nothing and (self.start is not None or self.end is not None)):
            raise CallerError("a scope is all, none, a unit or a person, each perhaps in a period, or a period")
        if "" in (self.unit, self.person):
            raise CallerError("name a unit or a person")
        for date in (self.start, self.end):
            if date is not None:
                try:
                    check_date(date, "scope")
                except RecordError as error:
                    raise CallerError(error.message) from None
        if self.start is not None and self.end is not None and self.end < self.start:
            raise CallerError("the period ends before it begins", found=[self.start, self.end])

    @property
    def everything(self) -> bool:
        """Whether nothing is withheld."""
        return self == Scope()

    @property
    def named(self) -> bool:
        """Whether it is a unit's, a person's or a period's: some contents are shown, and others withheld."""
        return not (self.nothing or self.everything)

    def header(self) -> dict[str, Value]:
        """What the evidence file says about its scope."""
        if self.nothing:
            return {"none": True}
        named = {"from": self.start, "person": self.person, "to": self.end, "unit": self.unit}
        return {key: value for key, value in named.items() if value is not None} or {"all": True}


def scope_from_header(header: dict[str, Any]) -> Scope:
    """The scope that a header announces, one that `trail.evidence.file.is_scope` admits; mirrors `Scope.header`."""
    return Scope(
        unit=header.get("unit"), person=header.get("person"), start=header.get("from"), end=header.get("to"),
        nothing="none" in header,
    )  # fmt: skip


def check_known(scope: Scope, registry: Registry) -> None:
    """Check that the unit of a scope is one; raises `CallerError` (``NAME_UNKNOWN``)."""
    if scope.unit is not None and scope.unit not in registry.units:
        raise CallerError("no such unit", code="NAME_UNKNOWN", found=scope.unit)


class Bearing(NamedTuple):
    """
    What a scope asks of an act whose date lies in it: the unit that it names; where it names none, the bodies and the
    posts that performed it and the persons that it is about.  Of a scope of a person only ``persons`` is used.
    """

    unit: str | None = None
    bodies: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()


_ANY = Bearing()


def bearing_of(statement: Statement, scope: Scope) -> Bearing | None:
    """What *scope* asks of an act, by its statement alone; None if it lies outside whatever else is known."""
    if scope.nothing:
        return None
    if scope.start is not None or scope.end is not None:
        date = statement.happened.date()
        if (scope.start is not None and date < scope.start) or (scope.end is not None and date > scope.end):
            return None
    if scope.person is not None:
        of_it = any(one.kind == "person" and one.who == scope.person for one in statement.performers)
        return Bearing(persons=(scope.person,)) if of_it or statement.fields.get("person") == scope.person else _ANY
    if scope.unit is None:
        return _ANY
    if statement.unit is not None:
        return Bearing(statement.unit)
    about = statement.fields.get("person")
    return Bearing(
        None,
        tuple(one.who for one in statement.performers if one.kind == "body"),
        tuple(one.post for one in statement.performers if one.kind != "body"),
        (about,) if type(about) is str else (),
    )


def is_open(bearing: Bearing, scope: Scope) -> bool:
    """Whether an act may belong to *scope* by whom its parts are about, too."""
    return scope.person is not None or (scope.unit is not None and bearing.unit is None)


class Shown:
    """Decides what *scope* shows, as of *registry*, that at the end of the log."""

    def __init__(self, scope: Scope, registry: Registry) -> None:
        self._scope = scope
        self._registry = registry
        self._members = frozenset[str]() if scope.unit is None else self._of_unit(scope.unit)

    def _of_unit(self, unit: str) -> frozenset[str]:
        """Everyone who ever held a post in the unit or below: their names belong to its scope."""
        registry = self._registry
        posts = [post for post, known in registry.posts.items() if registry.within(known.unit, unit)]
        return frozenset(a.person for post in posts for a in registry.assignments.get(post, ()))

    def __call__(self, statement: Statement, subjects: Callable[[], Set[str]]) -> bool:
        """Whether what lies beside *statement* is shown; *subjects* gives the persons that its parts are about."""
        bearing = bearing_of(statement, self._scope)
        if bearing is None or self.tells(bearing):
            return bearing is not None
        return is_open(bearing, self._scope) and self.tells(Bearing(persons=tuple(subjects())))

    def tells(self, bearing: Bearing) -> bool:
        """Whether *bearing* alone puts an act into the scope."""
        if self._scope.person is not None:
            return self._scope.person in bearing.persons
        return self._scope.unit is None or self._is_of(bearing, self._scope.unit)

    def _is_of(self, bearing: Bearing, unit: str) -> bool:
        """An act is of the unit that it names; of those that it is by, or else about, where it names none."""
        registry = self._registry
        if bearing.unit is not None:
            return registry.within(bearing.unit, unit)
        by = (*bearing.bodies, *(registry.posts[post].unit for post in bearing.posts if post in registry.posts))
        return any(registry.within(one, unit) for one in by) or not self._members.isdisjoint(bearing.persons)
