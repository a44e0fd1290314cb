"""
The roster over time: units, posts, who held them, what they were in charge of; a fold of registry records.

Authority (keys, grants, registrars) goes by position and is `trail.evidence.registry`'s.  Here the same records are
read as facts with dates, after corrections and voidings, so that a later correction of an appointment changes who
held a post, and replaying to an earlier size changes it back.

Days are those of `trail.rules.calendar`.  A unit or post that its records place later than somebody's tenure in it
existed by then: registries are begun long after what they describe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from trail.evidence.record import Record
from trail.projections.tenures import Post, Tenure, UnitSpan
from trail.rules.calendar import FOREVER, day_of, happened_day


class Roster:
    """Who was what on a day, as far as the records tell; answers `trail.rules.people.Roster`."""

    def __init__(self, records: Iterable[Record]) -> None:
        """*records*: registry records as their corrections leave them; others are ignored."""
        self._spans: dict[str, list[UnitSpan]] = {}
        self._ends: dict[str, int] = {}
        self._posts: dict[str, Post] = {}
        self._tenures: dict[str, list[Tenure]] = {}
        self._relieved: list[tuple[str, str, int, int]] = []
        self._changes: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        self.positions: dict[str, list[Record]] = {}
        for record in sorted(records, key=_order):
            fold = _FOLDS.get(record.statement.type)
            if fold is not None:
                fields: Any = record.statement.fields
                fold(self, record, fields, happened_day(record.statement.happened))
                for key in ("post", "unit"):
                    if key in fields:
                        self.positions.setdefault(fields[key], []).append(record)
        self._relieve()
        self._settle()

    # -- units

    def kind(self, unit: str, day: int) -> str:
        """The kind of *unit*; ``""`` if it does not exist on that day."""
        span = self._span(unit, day)
        return "" if span is None else span.kind

    def name(self, unit: str, day: int) -> str:
        """The name of *unit* on that day, or ``""``."""
        span = self._span(unit, day)
        return "" if span is None else span.name

    def parent(self, unit: str, day: int) -> str | None:
        """The unit above."""
        span = self._span(unit, day)
        return None if span is None else span.parent

    def ancestors(self, unit: str, day: int) -> list[str]:
        """The units above, the nearest first."""
        chain: list[str] = []
        at = self.parent(unit, day)
        while at is not None and at not in chain:
            chain.append(at)
            at = self.parent(at, day)
        return chain

    def last_parent(self, unit: str) -> str | None:
        """The unit above the last that is known of *unit*, whatever the day."""
        spans = self._spans.get(unit)
        return spans[-1].parent if spans else None

    def children(self, unit: str, day: int) -> list[str]:
        """The units right below, in order of their ids."""
        return [u for u in self._children.get(unit, ()) if self.parent(u, day) == unit]

    def of_kind(self, kind: str, day: int) -> list[str]:
        """The units of a kind, in order of their ids."""
        return [u for u in self._kinds.get(kind, ()) if self.kind(u, day) == kind]

    def units(self) -> list[str]:
        """Every unit there ever was, in order of their ids."""
        return sorted(self._spans)

    def _span(self, unit: str, day: int) -> UnitSpan | None:
        if day >= self._ends.get(unit, FOREVER):
            return None
        for span in reversed(self._spans.get(unit, ())):
            if span.begin <= day:
                return span
        return None

    # -- posts and persons

    def post(self, post: str) -> Post | None:
        """A post by its id."""
        return self._posts.get(post)

    def posts(self, unit: str) -> Sequence[Post]:
        """All posts that *unit* ever had, in order of their ids."""
        return self._by_unit.get(unit, ())

    def tenures(self, post: str) -> Sequence[Tenure]:
        """Who held *post*, in order of their first day."""
        return self._tenures.get(post, ())

    def of_person(self, person: str) -> Sequence[Tenure]:
        """The posts that *person* held, in order of the first day."""
        return self._by_person.get(person, ())

    def tenure(self, post: str, day: int) -> Tenure | None:
        """The tenure of who holds *post*: of several the one that began last; acting counts."""
        for tenure in reversed(self._tenures.get(post, ())):
            if tenure.begin <= day < tenure.end:
                return tenure
        return None

    def holder(self, post: str, day: int) -> str | None:
        """Who holds *post*; acting counts."""
        tenure = self.tenure(post, day)
        return None if tenure is None else tenure.person

    def holds(self, person: str, post: str, day: int) -> Tenure | None:
        """The tenure of *person* in *post* on that day, if any."""
        for tenure in self._tenures.get(post, ()):
            if tenure.person == person and tenure.begin <= day < tenure.end:
                return tenure
        return None

    def portfolio(self, post: str) -> list[tuple[int, int, tuple[str, ...]]]:
        """What *post* is in charge of: first day, end, units."""
        rows = self._changes.get(post, ())
        ends = [*(row[0] for row in rows[1:]), FOREVER][: len(rows)]
        return [(begin, end, units) for (begin, units), end in zip(rows, ends, strict=True) if begin < end]

    def in_charge(self, unit: str, day: int) -> list[str]:
        """The posts in whose portfolio *unit* lies."""
        return [
            post
            for post in self._charges.get(unit, ())
            if any(a <= day < b and unit in units for a, b, units in self.portfolio(post))
        ]

    # -- folding

    def _relieve(self) -> None:
        for post, person, until, _ in self._relieved:
            rows = self._tenures.get(post, [])
            for number in range(len(rows) - 1, -1, -1):
                row = rows[number]
                if row.person == person and row.begin <= until < row.end:
                    rows[number] = row._replace(end=until)
                    break

    def _settle(self) -> None:
        """Sort, and index what the questions need."""
        by_unit: dict[str, list[Post]] = {}
        by_person: dict[str, list[Tenure]] = {}
        first: dict[str, int] = {}
        for post, rows in self._tenures.items():
            rows[:] = [row for row in rows if row.begin < row.end]
            rows.sort(key=lambda r: (r.begin, not r.acting, r.person))
            for row in rows:
                by_person.setdefault(row.person, []).append(row)
            if rows and post in self._posts:
                known = self._posts[post]
                self._posts[post] = known._replace(begin=min(known.begin, rows[0].begin))
        for post in sorted(self._posts):
            known = self._posts[post]
            by_unit.setdefault(known.unit, []).append(known)
            first[known.unit] = min(first.get(known.unit, FOREVER), known.begin)
        children: dict[str, set[str]] = {}
        kinds: dict[str, set[str]] = {}
        for unit, spans in self._spans.items():
            if first.get(unit, FOREVER) < spans[0].begin:
                spans[0] = spans[0]._replace(begin=first[unit])
            for span in spans:
                kinds.setdefault(span.kind, set()).add(unit)
                if span.parent is not None:
                    children.setdefault(span.parent, set()).add(unit)
        self._reach_up()
        charges: dict[str, set[str]] = {}
        for post, changes in self._changes.items():
            for _, units in changes:
                for unit in units:
                    charges.setdefault(unit, set()).add(post)
        self._by_unit = {unit: tuple(posts) for unit, posts in by_unit.items()}
        self._by_person = {p: tuple(sorted(rows, key=lambda r: (r.begin, r.post))) for p, rows in by_person.items()}
        self._children = {unit: sorted(found) for unit, found in children.items()}
        self._kinds = {kind: sorted(found) for kind, found in kinds.items()}
        self._charges = {unit: sorted(found) for unit, found in charges.items()}

    def _reach_up(self) -> None:
        """A unit existed at the latest when a unit below it did."""
        for _ in range(16):  # as deep as a real organisation can be
            changed = False
            for spans in list(self._spans.values()):
                above = self._spans.get(spans[0].parent or "")
                if above is not None and spans[0].begin < above[0].begin:
                    above[0] = above[0]._replace(begin=spans[0].begin)
                    changed = True
            if not changed:
                return


def _order(record: Record) -> tuple[int, str, int]:
    """By date; within a day by stream and its version, so that the order between streams changes nothing."""
    statement = record.statement
    return (happened_day(statement.happened), statement.stream, record.version)


def _established(r: Roster, record: Record, f: Any, day: int) -> None:
    r._spans[f["unit"]] = [UnitSpan(day, f["kind"], f["name"], f.get("parent"))]


def _next_span(r: Roster, unit: str, day: int, **changes: Any) -> None:
    spans = r._spans.get(unit)
    if spans is not None:
        last = spans[-1]._replace(begin=max(day, spans[-1].begin), **changes)
        if last.begin == spans[-1].begin:
            spans[-1] = last
        else:
            spans.append(last)


def _renamed(r: Roster, record: Record, f: Any, day: int) -> None:
    _next_span(r, f["unit"], day, name=f["name"])


def _moved(r: Roster, record: Record, f: Any, day: int) -> None:
    _next_span(r, f["unit"], day, parent=f["parent"])


def _merged(r: Roster, record: Record, f: Any, day: int) -> None:
    r._ends[f["unit"]] = day


def _created(r: Roster, record: Record, f: Any, day: int) -> None:
    r._posts[f["post"]] = Post(f["post"], f["unit"], f["kind"], f["title"], day, FOREVER, record.position)


def _abolished(r: Roster, record: Record, f: Any, day: int) -> None:
    known = r._posts.get(f["post"])
    if known is not None:
        r._posts[f["post"]] = known._replace(end=day)


def _assigned(r: Roster, record: Record, f: Any, day: int) -> None:
    end = FOREVER if f.get("until") is None else day_of(f["until"])
    row = Tenure(f["person"], f["post"], day_of(f["from"]), end, f["acting"], record.position)
    r._tenures.setdefault(f["post"], []).append(row)


def _relieved(r: Roster, record: Record, f: Any, day: int) -> None:
    r._relieved.append((f["post"], f["person"], day_of(f["until"]), record.position))


def _portfolio(r: Roster, record: Record, f: Any, day: int) -> None:
    rows = r._changes.setdefault(f["post"], [])
    begin = day_of(f["from"])
    rows[:] = [row for row in rows if row[0] != begin]
    rows.append((begin, tuple(f["units"])))
    rows.sort(key=lambda row: row[0])


_FOLDS: dict[str, Callable[[Roster, Record, Any, int], None]] = {
    "UnitEstablished@1": _established,
    "UnitRenamed@1": _renamed,
    "UnitMoved@1": _moved,
    "UnitMerged@1": _merged,
    "PostCreated@1": _created,
    "PostAbolished@1": _abolished,
    "PostAssigned@1": _assigned,
    "PostRelieved@1": _relieved,
    "PortfolioChanged@1": _portfolio,
}
