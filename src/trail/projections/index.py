"""
The acts that duties look at, indexed in one pass so that a status reads only what concerns it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, TypeAlias

from trail.evidence.record import Happened, Record
from trail.projections.edits import Edits
from trail.rules.calendar import Period, date_text, day_at, happened_day, years_of
from trail.rules.model import FACT, Duty, RuleSet, Satisfier

Rows: TypeAlias = "dict[tuple[str, str, str], list[Record]]"
_REFERENCES = ("report", "filing", "of")


class Bound:
    """*as_of* as a question to moments: did this happen before it?"""

    __slots__ = ("_last", "_midnight", "seconds")

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self._last = date_text(max(day_at(seconds - 1), 1))

    def admits(self, happened: Happened) -> bool:
        """Whether the first second that *happened* can mean lies before the bound."""
        value = happened.value
        if type(value) is int:
            return value < self.seconds
        return str(value) <= self._last  # a date begins at its first second: text order is date order


def year_of(record: Record) -> str:
    """The year that an act is about: of its period, its field ``year``, or else its time."""
    statement = record.statement
    if statement.period is not None:
        return statement.period[:4]
    year = statement.fields.get("year")
    if type(year) is int:
        return str(year)
    happened = statement.happened
    return happened.value[:4] if type(happened.value) is str else date_text(happened_day(happened))[:4]


class Acts:
    """
    Acts by what finds them: who performed, chaired, attended or signed them, whose list they bring, and so on.

    ``Rows`` are by name (of a post, a unit, or a person who is named without a post), type and year.
    """

    def __init__(self, rules: Iterable[RuleSet]) -> None:
        self.rows: dict[str, Rows] = {sort: {} for sort in ("performer", "unit", "chair", "attended", "recorder")}
        self.drafts: dict[tuple[str, str], list[Record]] = {}
        self.pledges: dict[tuple[str, str], list[Record]] = {}
        self.on_version: dict[bytes, list[Record]] = {}
        self.receipts: dict[bytes, list[Record]] = {}
        self.facts: dict[str, list[Record]] = {}
        self.triggers: list[Record] = []
        self.ends: dict[str, list[Record]] = {}
        self.empty = True
        self._causing: list[Record] = []
        self._lists: set[str] = set()
        self._sorts: dict[str, set[str]] = {}
        for rule_set in rules:
            self._lists.update(rule_set.lists.values())
            for duty in rule_set.duties.values():
                self._look(rule_set, duty)
        for type_ in self._lists:
            self._sorts.setdefault(type_, set()).add("owner")

    def _look(self, rules: RuleSet, duty: Duty) -> None:
        """Note by what the acts that concern *duty* will be looked up."""
        for satisfier in rules.satisfiers(duty):
            self._sort(satisfier.type, source_of(satisfier))
            for receipt in satisfier.receipts:
                self._sort(receipt, "receipt")
        for trigger in duty.trigger:
            self._sort(trigger.type, "trigger")
        for type_ in duty.ended_by:
            self._sort(type_, "end")
        self._sort(FACT, "fact")

    def _sort(self, type_: str, sort: str) -> None:
        self._sorts.setdefault(type_, set()).add(sort)

    def fill(self, records: Iterable[Record]) -> None:
        """Take *records* as their corrections leave them."""
        by_performer = self.rows["performer"]
        others = {type_: tuple(sorted(found - {"performer"})) for type_, found in self._sorts.items()}
        performed = frozenset(type_ for type_, found in self._sorts.items() if "performer" in found)
        for record in records:
            self.empty = False
            statement = record.statement
            type_ = statement.type
            if type_ in performed:
                year = year_of(record)
                for kind, who, post in statement.performers:
                    key = (post if kind == "person" else who, type_, year)
                    rows = by_performer.get(key)
                    if rows is None:
                        by_performer[key] = [record]
                    else:
                        rows.append(record)
            for sort in others.get(type_, ()):
                self._add(sort, record)

    def _add(self, sort: str, record: Record) -> None:
        statement = record.statement
        fields: Any = statement.fields
        if sort in self.rows:
            for name in _NAMES[sort](record):
                _put(self.rows[sort], (name, statement.type, year_of(record)), record)
        elif sort == "owner":
            owner = fields.get("owner") or fields.get("owner_body", "")
            _put(self.drafts, (owner, year_of(record)), record)
        elif sort == "versions":
            for event in {bytes(reference[0]) for reference in fields.get("versions", ())}:
                _put(self.on_version, event, record)
        elif sort == "pledge":
            _put(self.pledges, (fields.get("party", ""), year_of(record)), record)
        elif sort == "receipt":
            for name in _REFERENCES:
                if name in fields:
                    _put(self.receipts, bytes(fields[name][0]), record)
        elif sort == "cause":
            self._causing.append(record)
        elif sort == "trigger":
            self.triggers.append(record)
        elif sort == "end":
            _put(self.ends, statement.stream, record)
        elif sort == "fact":
            for duty in dict.fromkeys(fields.get("duties", ())):
                _put(self.facts, duty, record)

    def years(self, one: Period) -> Sequence[str]:
        """The years in which the acts that concern a period are filed."""
        return years_of(one) if one.label else self._years

    @cached_property
    def _years(self) -> Sequence[str]:
        found = {key[2] for rows in self.rows.values() for key in rows}
        found.update(key[1] for table in (self.drafts, self.pledges) for key in table)
        return sorted(found)

    @cached_property
    def caused(self) -> dict[bytes, list[Record]]:
        """The acts that may answer a trigger, by the events that they name as their causes."""
        found: dict[bytes, list[Record]] = {}
        for record in self._causing:
            for cause in record.statement.causes:
                _put(found, cause, record)
        return found

    @cached_property
    def joined(self) -> dict[str, list[Record]]:
        """The acts that may answer a trigger, by their streams."""
        found: dict[str, list[Record]] = {}
        for record in self._causing:
            _put(found, record.statement.stream, record)
        return found


def _put(table: dict[Any, list[Record]], key: Any, record: Record) -> None:
    rows = table.get(key)
    if rows is None:
        table[key] = [record]
    else:
        rows.append(record)


def attendees(fields: Any, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Who is named in the fields *names*: person and post, or ``""`` where no post is named."""
    for name in names:
        rows = fields.get(name, ())
        for row in rows if isinstance(rows, list | tuple) else (rows,):
            if isinstance(row, str):
                yield row, ""
            elif isinstance(row, Mapping):
                yield row.get("person", ""), row.get("post") or ""


CHAIRED: Final = ("chair", "lead")
ATTENDED: Final = ("attended", *CHAIRED)


def _attended(record: Record) -> Iterable[str]:
    return dict.fromkeys(post or person for person, post in attendees(record.statement.fields, ATTENDED))


def _chaired(record: Record) -> Iterable[str]:
    return dict.fromkeys(post or person for person, post in attendees(record.statement.fields, CHAIRED))


_NAMES: Final[dict[str, Callable[[Record], Iterable[str]]]] = {
    "attended": _attended,
    "chair": _chaired,
    "recorder": lambda record: dict.fromkeys(s.post for s in record.statement.signers),
    "unit": lambda record: (record.statement.unit or "",),
}


def source_of(satisfier: Satisfier) -> str:
    """Where the acts of a satisfier are looked up."""
    if satisfier.cause:
        return "cause"
    if satisfier.duty:
        return "fact"
    if satisfier.versions:
        return "versions"
    if satisfier.sides:
        return "pledge"
    if satisfier.owner:
        return "owner"
    return FOUND_BY.get(satisfier.performer, satisfier.performer)


FOUND_BY: Final = {"": "unit", "obligor": "performer", "unit": "performer", "either": "performer"}


class Sorted:
    """The known records, sorted by what reads them; filled in one pass."""

    def __init__(self, records: Iterable[Record], act_types: frozenset[str], fixed: dict[str, frozenset[str]]) -> None:
        """*fixed* names the other sorts by their types; what no sort names is only kept for the ledger."""
        self.acts: list[Record] = []
        self.other: dict[str, list[Record]] = {sort: [] for sort in fixed}
        sinks = {type_: [self.acts.append] for type_ in act_types}
        for sort, types in fixed.items():
            for type_ in types:
                sinks.setdefault(type_, []).append(self.other[sort].append)
        one = {type_: found[0] for type_, found in sinks.items()}
        more = {type_: found[1:] for type_, found in sinks.items() if len(found) > 1}
        get = one.get
        for record in records:
            take = get(record.statement.type)
            if take is not None:
                take(record)
                for also in more.get(record.statement.type, ()):
                    also(record)


def settle(records: Iterable[Record], edits: Edits, bound: Bound | None) -> tuple[list[Record], list[Record]]:
    """*records* that happened before *bound* (None: ever) as corrections leave them, and those that are void."""
    admits = _always if bound is None else bound.admits
    if not edits:
        return [r for r in records if admits(r.statement.happened)], []
    kept, void = [], []
    for record in records:
        settled: Record | None = record
        if record.statement.id in edits:
            settled = edits.apply(record)
            if settled is None:
                if admits(record.statement.happened):
                    void.append(record)
                continue
        if settled is not None and admits(settled.statement.happened):
            kept.append(settled)
    return kept, void


def _always(happened: Happened) -> bool:
    return True
