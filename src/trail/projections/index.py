"""
The acts that duties look at, indexed in one pass so that a status reads only what concerns it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from trail.evidence.record import Happened, Record
from trail.projections.edits import Edits
from trail.rules.calendar import date_text, day_at, happened_day
from trail.rules.model import RuleSet, Satisfier

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
    """Acts by who performed them, whose list they bring, which version they name, which unit they belong to."""

    def __init__(self, rules: Iterable[RuleSet]) -> None:
        self.by_performer: Rows = {}
        self.by_unit: Rows = {}
        self.drafts: dict[tuple[str, str], list[Record]] = {}
        self.pledges: dict[tuple[str, str], list[Record]] = {}
        self.on_version: dict[bytes, list[Record]] = {}
        self.receipts: dict[bytes, list[Record]] = {}
        self.empty = True
        self._lists: set[str] = set()
        self._sorts: dict[str, set[str]] = {}
        for rule_set in rules:
            self._lists.update(rule_set.lists.values())
            for duty in rule_set.duties.values():
                for satisfier in duty.satisfied_by:
                    self._sorts.setdefault(satisfier.type, set()).add(source_of(satisfier))
                    for receipt in satisfier.receipts:
                        self._sorts.setdefault(receipt, set()).add("receipt")
        for type_ in self._lists:
            self._sorts[type_] = {"owner"}

    def fill(self, records: Iterable[Record]) -> None:
        """Take *records* as their corrections leave them."""
        by_performer, sorts = self.by_performer, self._sorts
        plain = {type_ for type_, found in sorts.items() if found == {"performer"}}
        for record in records:
            self.empty = False
            statement = record.statement
            if statement.type not in plain:
                for sort in sorts[statement.type]:
                    self._add(sort, record)
                continue
            year = year_of(record)
            for kind, who, post in statement.performers:
                key = (post if kind == "person" else who, statement.type, year)
                rows = by_performer.get(key)
                if rows is None:
                    by_performer[key] = [record]
                else:
                    rows.append(record)

    def _add(self, sort: str, record: Record) -> None:
        statement = record.statement
        fields: Any = statement.fields
        if sort == "performer":
            for kind, who, post in statement.performers:
                key = (post if kind == "person" else who, statement.type, year_of(record))
                self.by_performer.setdefault(key, []).append(record)
        elif sort == "owner":
            owner = fields.get("owner") or fields.get("owner_body", "")
            self.drafts.setdefault((owner, year_of(record)), []).append(record)
        elif sort == "versions":
            for event in {bytes(reference[0]) for reference in fields.get("versions", ())}:
                self.on_version.setdefault(event, []).append(record)
        elif sort == "pledge":
            self.pledges.setdefault((fields.get("party", ""), year_of(record)), []).append(record)
        elif sort == "receipt":
            for name in _REFERENCES:
                if name in fields:
                    self.receipts.setdefault(bytes(fields[name][0]), []).append(record)
        else:
            self.by_unit.setdefault((statement.unit or "", statement.type, year_of(record)), []).append(record)


def source_of(satisfier: Satisfier) -> str:
    """Where the acts of a satisfier are looked up."""
    if satisfier.versions:
        return "versions"
    if satisfier.sides:
        return "pledge"
    if satisfier.owner:
        return "owner"
    return "performer" if satisfier.performer else "unit"


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


def settle(records: Iterable[Record], edits: Edits, bound: Bound) -> tuple[list[Record], list[Record]]:
    """*records* that happened before the bound as their corrections leave them, and those that are void."""
    admits = bound.admits
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
