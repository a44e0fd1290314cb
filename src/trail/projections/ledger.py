"""
The ledger (台账): every known record with its edits and labels; and the records that an obligation rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from trail.aggregates.state import Gap
from trail.evidence.record import Happened, Record
from trail.projections.claims import Claim
from trail.projections.edits import Edits, target
from trail.projections.labels import NOT_HELD, by_whom, recording_label
from trail.projections.roster import Roster
from trail.projections.ruling import Ruling
from trail.projections.values import Because
from trail.rules.calendar import date_text, happened_day
from trail.rules.obligations import Demand


class Entry(NamedTuple):
    """A record of the ledger: the original, the edits that hold, its labels; ``stands`` False: it is void."""

    record: Record
    because: Because
    edits: tuple[Because, ...]
    stands: bool

    @property
    def position(self) -> int:
        """Where it stands in the log."""
        return self.record.position

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        statement = self.record.statement
        return {
            **self.because.to_json(), "id": statement.id.hex(), "unit": statement.unit, "period": statement.period,
            "hand": statement.hand, "edits": [e.to_json() for e in self.edits], "stands": self.stands,
        }  # fmt: skip


class Explainer:
    """
    Labels records.

    A label is about the day of recording, which may lie after ``as_of``: it is judged by the roster and the rules as
    all known records tell them (*known*, asked for with the first label), so it is the same as of any day.  *roster*
    and *ruling*, bounded by ``as_of``, are for what an answer rests on.
    """

    def __init__(
        self,
        roster: Roster,
        ruling: Ruling,
        edits: Edits,
        originals: Mapping[bytes, Record],
        known: Callable[[], tuple[Roster, Ruling]],
    ) -> None:
        self._roster, self._ruling, self._edits, self._originals = roster, ruling, edits, originals
        self._ask = known
        self._labels: dict[tuple[Happened, str | None, int], str] = {}

    @cached_property
    def _known(self) -> tuple[Roster, Ruling]:
        return self._ask()

    def one(self, record: Record, about: Record | None = None) -> Because:
        """*record* with its labels; of an edit, the time of what it is *about* decides how late it came."""
        about = about or record
        statement = record.statement
        label = self._label(about.statement.happened, about.statement.period, record.recorded)
        posts = tuple(sorted(by_whom(self._known[0], record).items()))
        day = date_text(happened_day(statement.happened))
        return Because(record.position, record.recorded, label, statement.type, day, posts)

    def records(self, records: Iterable[Record]) -> tuple[Because, ...]:
        """Each of *records*, and the edits of each that hold, in order of position."""
        rows: dict[int, Because] = {}
        for record in records:
            original = self._originals.get(record.statement.id, record)
            rows[original.position] = self.one(original)
            for edit in self.edits_of(original):
                rows[edit.position] = edit
        return tuple(rows[position] for position in sorted(rows))

    def edits_of(self, original: Record) -> tuple[Because, ...]:
        """The edits of a record that hold: what they changed carries their own recording label."""
        if original.statement.id not in self._edits:
            return ()
        after = self._edits.apply(original) or original
        return tuple(self.one(edit, after) for edit in self._edits.of(original.statement.id).records)

    def because(self, demand: Demand, used: Sequence[Claim], voided: Iterable[Claim]) -> tuple[Because, ...]:
        """What an outcome rests on: acts that count, acts that were voided, and a deadline that was set."""
        records = [r for claim in (*used, *voided) for r in (claim.record, *claim.also)]
        if demand.deadline is not None:
            records += [r for r in self._ruling.records if r.position == demand.deadline.position]
        return self.records(records)

    def gaps(self, demand: Demand, used: Iterable[Claim]) -> Iterator[Gap]:
        """Questions about the acts that count: done in a post that was not held, or disputed."""
        for claim in used:
            record = claim.record
            for p in record.statement.performers:
                if p.kind == "person" and p.post and p.post == demand.post:
                    day = happened_day(record.statement.happened)
                    if self._roster.holds(p.who, p.post, day) is None:
                        en = f"done in {p.post} by somebody who did not hold it on that day, as far as is known"
                        yield Gap(NOT_HELD.upper(), (record.position,), en, f"行为人当日不在岗（{p.post}）")
            disputes = self._edits.of(record.statement.id).disputes
            if disputes:
                at = (record.position, *(d.position for d in disputes))
                yield Gap("DISPUTED", at, "the record is disputed", "记录存在异议")

    def _label(self, happened: Happened, period: str | None, recorded: int) -> str:
        key = (happened, period, recorded)
        found = self._labels.get(key)
        if found is None:
            settings, work = self._known[1].labelling(happened_day(happened))
            found = self._labels[key] = recording_label(happened, period, recorded, settings, work)
        return found


def ledger(records: Iterable[Record], edits: Edits, explain: Explainer) -> Iterator[Entry]:
    """Every record in order of position; edits stand as records of their own as well."""
    originals: dict[bytes, Record] = {}
    for record in records:
        about = None
        fields = record.statement.fields
        if "target" in fields:
            about = originals.get(target(record))
        if record.statement.id in edits:
            originals[record.statement.id] = record
        after = None if about is None else edits.apply(about) or about
        stands = edits.of(record.statement.id).voiding is None
        yield Entry(record, explain.one(record, after), explain.edits_of(record), stands)
