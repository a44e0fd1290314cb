"""
Views: the status as of a date, as known at a time, over the records that a trail reads back.
"""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Final

from trail.application.looking import LogGround, texts_of
from trail.errors import CallerError
from trail.evidence.record import Record
from trail.projections import PersonStatus, Snapshot, UnitStatus, bound_of, replay, size_at
from trail.projections.agenda import Agenda, agenda
from trail.projections.book import Ledger, book
from trail.projections.burden import LINE, Burden, burden
from trail.projections.concerns import Concerns
from trail.projections.coverage import Coverage, coverage
from trail.projections.drafting import ReportDraft, draft
from trail.projections.lookback import lookback
from trail.projections.lookback_values import Lookback
from trail.projections.questions import DEFAULTS, Questions, Thresholds, questions
from trail.projections.statistics import Statistics, statistics
from trail.rules import RuleSet
from trail.signing import Policy
from trail.store import Reader

When = dt.date | dt.datetime | str | int | None
MAX_KEPT: Final = 50_000  # records kept decoded between views; beyond it each view reads anew


class Kept:
    """The log's records, decoded once; what was read stays as it was, and what is new is added."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._records: list[Record] = []

    def records(self) -> Sequence[Record]:
        """All records up to the head."""
        size, kept = self.reader.head().size, self._records
        if size > MAX_KEPT or size < len(kept):
            self._records = []
            return self._read(1, size) if size > MAX_KEPT else self.records()
        kept.extend(self._read(len(kept) + 1, size))
        return kept[:]

    def _read(self, first: int, last: int) -> list[Record]:
        entries = (bytes(entry) for _, entry in self.reader.entries(first, last))
        with paused_collector():
            return list(replay(entries, first))


@contextmanager
def paused_collector() -> Iterator[None]:
    """
    No cyclic collection inside: records have no cycles, and walking a growing heap of them costs a third of reading.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class View:
    """
    The answer to two questions at once: as of when, and known at what tree size.

    ``as_of`` is UTC seconds, ``known_at`` a tree size; `Trail.at` makes it.
    """

    def __init__(self, snapshot: Snapshot, reader: Reader | None = None, records: Sequence[Record] = ()) -> None:
        """*reader* and *records*, all of the log, give the bounds of a lookback; without them it has none."""
        self._whole: Callable[[], tuple[Snapshot, Sequence[Record]]] = lambda: (snapshot, records)
        self._reader = reader
        self.as_of = snapshot.view.as_of
        self.known_at = snapshot.view.known_at

    @classmethod
    def of(cls, kept: Kept, rules: Iterable[RuleSet], now: int, as_of: When, known_at: When) -> View:
        """The view of what *kept* holds; the times are those of `Trail.at`."""
        records = kept.records()
        size = known_size(records, known_at)
        return cls(Snapshot(records, rules, as_of=instant(as_of), known_at=size, now=now), kept.reader, records)

    @property
    def _snapshot(self) -> Snapshot:
        return self._whole()[0]

    @property
    def _records(self) -> Sequence[Record]:
        return self._whole()[1]

    def unit(self, unit: str) -> UnitStatus:
        """The status of a unit; raises `CallerError` if it is not known by then."""
        return self._snapshot.unit(unit)

    def person(self, person: str) -> PersonStatus:
        """The status of a person; raises `CallerError` if nothing of them is known by then."""
        return self._snapshot.person(person)

    def units(self) -> list[str]:
        """Every unit that is known by then, in order of ids."""
        return self._snapshot.units()

    def ledger(
        self,
        *,
        unit: str | None = None,
        person: str | None = None,
        period: str | None = None,
        policy: Policy | str | bytes | None = None,
    ) -> Ledger:
        """
        The ledger (台账) of a unit, of a person, or of all: each record that concerns them, with edits and labels.

        A record belongs to *period* (``2026-H1``) if it happened in it or names it.  With the inspector's *policy* each
        row has its proven interval.  Raises `CallerError`.
        """
        ground = None if policy is None else self._ground(policy)
        return book(self._snapshot, unit=unit, person=person, label=period, ground=ground)

    def bounds(self, policy: Policy | str | bytes) -> LogGround:
        """
        What is proven, under the inspector's *policy*, of the times of every record: ``.at(position).interval``.

        Raises:
            CallerError: The policy names no key of this log, or the view was made from records alone.
            PolicyError: The policy can't be read.
        """
        ground = self._ground(policy)
        if ground is None:
            raise CallerError("only a view of a log knows its checkpoints", advice="Ask for it with Trail.at().")
        return ground

    def coverage(self, unit: str, year: int | str) -> Coverage:
        """Whom the talks of a unit cover in a year, and whom nobody has talked to yet; raises `CallerError`."""
        return coverage(self._snapshot, unit, str(year))

    def due(
        self,
        unit: str | None = None,
        *,
        until: dt.date | str,
        since: dt.date | str | None = None,
        done: bool = False,
    ) -> Agenda:
        """
        What is due for a unit (None: for all) from the date *since* (None: that of the view) until *until*.

        *done*: with what was done already.  Raises `CallerError`.
        """
        first = None if since is None else str(since)
        return agenda(self._snapshot, until=str(until), since=first, unit=unit, done=done)

    def draft(
        self, unit: str, period: str, duty: str, *, post: str | None = None, person: str | None = None
    ) -> ReportDraft:
        """
        The draft of the report *duty* (``R4``) of a unit for *period* (``2026-H1``): every sentence cites its record.

        *post* and *person* choose where several owe such a report.  Raises `CallerError`.
        """
        return draft(self._snapshot, unit, period, duty, post=post, person=person)

    def statistics(self, period: str) -> Statistics:
        """Counts by duty, state, label and unit, never ranked; raises `CallerError` for what is no period."""
        return statistics(self._snapshot, period)

    def burden(self, period: str, *, line: int = LINE) -> Burden:
        """
        How much recording was asked for in a period: inputs per unit and month, duplicates avoided, bytes.

        *line*: inputs that are expected of a unit in a year.  Raises `CallerError`.
        """
        return burden(self._snapshot, period, line)

    def lookback(
        self,
        *,
        unit: str | None = None,
        person: str | None = None,
        about: Iterable[str] = (),
        notice: str | Iterable[str] = (),
        policy: Policy | str | bytes | None = None,
        thresholds: Thresholds = DEFAULTS,
    ) -> Lookback:
        """
        Who was responsible by then and what they had done (责任倒查): `trail.projections.lookback`.

        *about*: ids of duties; *notice*: days on which an inspection was announced.  *policy* is the inspector's: with
        it the times that bound the records are checked, without it they are what the database says.
        """
        return lookback(
            self._snapshot, unit=unit, person=person, about=about, notice=notice, thresholds=thresholds,
            ground=self._ground(policy), concerns=self._concerns,
        )  # fmt: skip

    def questions(
        self,
        *,
        unit: str | None = None,
        notice: str | Iterable[str] = (),
        policy: Policy | str | bytes | None = None,
        thresholds: Thresholds = DEFAULTS,
        texts: bool = False,
    ) -> Questions:
        """
        What an inspector might ask about how the records came about: no findings; `trail.projections.questions`.

        *texts*: read the body parts that are at hand and compare them as well.  The others are those of `lookback`.
        """
        words = texts_of(self._reader, self._snapshot.records) if texts and self._reader is not None else None
        return questions(
            self._snapshot, unit=unit, notice=notice, thresholds=thresholds, ground=self._ground(policy), texts=words,
            concerns=self._concerns,
        )  # fmt: skip

    @cached_property
    def _concerns(self) -> Concerns:
        return Concerns(self._snapshot.records, self._snapshot.roster)

    def _ground(self, policy: Policy | str | bytes | None = None) -> LogGround | None:
        return None if self._reader is None else LogGround(self._reader, self._records, policy)


def instant(when: When) -> int | None:
    """The instant before which something happened: of a date, the end of that day in Asia/Shanghai."""
    if isinstance(when, dt.datetime):
        return _seconds(when)
    if isinstance(when, dt.date | str):
        return bound_of(str(when))
    return when


def known_size(records: Sequence[Record], when: When) -> int | None:
    """The tree size known at a time: the last position recorded at or before it; an int is a size already."""
    if isinstance(when, dt.datetime):
        return size_at(records, _seconds(when) + 1)
    if isinstance(when, dt.date | str):
        return size_at(records, bound_of(str(when)))
    if when is not None and not 0 <= when <= len(records):
        raise CallerError(f"the log has {len(records)} records, so nothing is known at size {when}", found=when)
    return when


def _seconds(moment: dt.datetime) -> int:
    if moment.tzinfo is None:
        raise CallerError("give the datetime a time zone", found=str(moment))
    return int(moment.timestamp())
