"""
Questions for the inspector: patterns in how records came about that deserve to be asked about, and nothing more.

They are no findings: an honest office that catches up on Friday afternoon shows the same patterns.  Each is worded as a
question, names the records that it rests on, and changes no state and no verdict.  Nobody is ranked or scored, and all
thresholds are settings (`Thresholds`).  A record counts as made when the log's clock says, but never before the dated
checkpoint that it or an earlier one names: turning the clock back hides nothing (D8).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, NamedTuple

from trail.errors import CallerError
from trail.evidence.intervals import TOLERANCE
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES, REGISTRY_TYPES
from trail.projections.basis import Because
from trail.projections.citing import Basis, Bounds, Cited, Citer, Ground, Line
from trail.projections.concerns import Concerns
from trail.projections.edits import target
from trail.projections.index import Bound
from trail.projections.labels import BACKFILLED, CONTEMPORANEOUS, last_day
from trail.projections.lookback_values import Notice
from trail.projections.status import Snapshot
from trail.projections.values import View
from trail.rules.calendar import date_text, day_at, day_of, start_of

DAY: Final = 86_400
Texts = Mapping[int, str]
"""The text of a record's body parts by its position, where they are at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """
    When a question is asked; every value is a local default.  ``docs/lookback.md`` shows them as one table.

    ``lag_days``: recorded so many days after it happened.  ``burst_count`` records that came late (not 当期) within
    ``burst_hours``.  ``notice_days``: how long before a notice a burst is of interest, and ``notice_count`` of how many
    such records.  ``notice_types``: names of event types that say that an inspection was announced.  In
    ``recorder_seconds`` one recorder submitted acts of ``recorder_persons`` persons, or ``recorder_acts`` acts.  In
    ``together_seconds`` ``together_persons`` persons of one unit signed by their own hand.  ``imported_count`` imported
    by one hand on one day.  ``same_text_count`` records of one type with the same text of ``same_text_length`` signs.
    """

    lag_days: int = 30
    burst_count: int = 5
    burst_hours: int = 24
    notice_days: int = 7
    notice_count: int = 3
    notice_types: tuple[str, ...] = ("TourNoticeIssued", "InspectionNoticeIssued")
    recorder_seconds: int = 60
    recorder_persons: int = 3
    recorder_acts: int = 10
    together_seconds: int = 1
    together_persons: int = 3
    imported_count: int = 1
    same_text_count: int = 3
    same_text_length: int = 20

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def changed(cls, words: Iterable[str]) -> Thresholds:
        """
        The defaults with some of them changed, each as ``name=number``; raises `CallerError`.

        >>> Thresholds.changed(["lag_days=10"]).lag_days
        10
        """
        names = [one.name for one in fields(cls) if one.name != "notice_types"]
        rows: dict[str, Any] = {}
        for word in words:
            name, _, number = word.partition("=")
            if name not in names or not number.isdecimal() or not 0 < int(number) < 1_000_000_000:
                raise CallerError(f"not a threshold: {word}", code="USAGE", advice=f"One of {', '.join(names)}, as a "
                                  "positive number: lag_days=30.", found=word)  # fmt: skip
            rows[name] = int(number)
        return replace(cls(), **rows)


DEFAULTS: Final = Thresholds()
CODES: Final = (
    "LAG", "BURST", "BURST_BEFORE_NOTICE", "RECORDED_AFTER_NOTICE", "ONE_RECORDER", "SIGNED_TOGETHER", "IMPORTED",
    "CLOCK", "SAME_TEXT",
)  # fmt: skip


class Question(NamedTuple):
    """
    A question: its code (`CODES`), the unit whose records raise it (``""``: of none), the facts, and the records.

    The words are `trail.report.lookback`'s; ``facts`` holds the numbers and ids that they name.
    """

    code: str
    unit: str
    facts: tuple[tuple[str, int | str], ...]
    cited: Cited

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {"code": self.code, "unit": self.unit, "facts": dict(self.facts),
                "records": [line.at() for line in self.cited.all]}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions(Sequence[Question]):
    """The questions that the records of a ``unit`` (None: of all) raise; a sequence.  They are no findings."""

    unit: str | None
    view: View
    basis: Basis
    thresholds: Thresholds
    notices: tuple[Notice, ...]
    questions: tuple[Question, ...]
    lines: tuple[Line, ...]

    def __len__(self) -> int:
        return len(self.questions)

    def __getitem__(self, index: Any) -> Any:
        return self.questions[index]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "unit": self.unit, **self.view.to_json(), "rests_on": self.basis.to_json(),
            "thresholds": self.thresholds.to_json(), "notices": [n.to_json() for n in self.notices],
            "questions": [q.to_json() for q in self.questions], "lines": [line.to_json() for line in self.lines],
        }  # fmt: skip


class Seen(NamedTuple):
    """
    A record as the questions see it: of which unit, when it happened (settled), and whether it is an edit.

    ``recorded`` is the log's clock reading, or the dated checkpoint that it can't be older than; ``label`` follows from
    that, and so does ``lag``, in days.  ``astray``: the clock reading lies outside the bounds.
    """

    record: Record
    because: Because
    unit: str
    happened: int
    edit: bool
    recorded: int
    label: str
    lag: int
    astray: bool


def questions(
    snapshot: Snapshot,
    *,
    unit: str | None = None,
    notice: str | Iterable[str] = (),
    thresholds: Thresholds = DEFAULTS,
    ground: Ground | None = None,
    texts: Texts | None = None,
    concerns: Concerns | None = None,
) -> Questions:
    """
    The questions that the records known in *snapshot* raise: of what happened before its ``as_of``.

    *notice*: days on which an inspection was announced, beside the events that say so.  *texts*: what body parts say,
    by position, if texts are to be compared.  *concerns*: those of the snapshot, where they are at hand.

    Raises:
        CallerError: No such unit, or a notice that is no date.
    """
    if unit is not None and unit not in snapshot.roster.units():
        raise CallerError(f"no such unit: {unit}", unit=unit)
    concerns = concerns or Concerns(snapshot.records, snapshot.roster)
    noted = notices(snapshot, notice, thresholds, concerns, unit=unit)
    mine = [r for r in snapshot.records if unit is None or concerns.home(r) == unit]
    rows = list(seen(snapshot, concerns, ground, mine))
    citer = Citer(snapshot, concerns, ground)
    asked = []
    for code, of, facts, found in _asked(rows, noted, thresholds, texts or {}):
        asked.append(Question(code, of, facts, citer.because(row.because for row in found)))
    asked.sort(key=lambda q: (CODES.index(q.code), q.unit, q.cited.all[0].position))
    return Questions(
        unit=unit, view=snapshot.view, basis=citer.basis(), thresholds=thresholds, notices=tuple(noted),
        questions=tuple(asked), lines=tuple(citer.lines[p] for p in sorted(citer.lines)),
    )  # fmt: skip


def seen(snapshot: Snapshot, concerns: Concerns, ground: Ground | None, records: Iterable[Record]) -> Iterator[Seen]:
    """The acts and edits among *records* that happened before ``as_of``; registry events are left out."""
    bound, edits = Bound(snapshot.view.as_of), snapshot.edits
    none = Bounds()
    for record in records:
        edit = record.statement.type in EDIT_TYPES
        if record.statement.type in REGISTRY_TYPES and not edit:
            continue
        moment = (edits.apply(record) or record).statement.happened
        if bound.admits(moment):
            about = concerns.find(target(record)) if edit else None
            because = snapshot.explain.one(record, None if about is None else edits.apply(about) or about)
            bounds = none if ground is None else ground.bounds(record)
            recorded, label = record.recorded, because.label
            if bounds.recorded_not_before is not None and bounds.recorded_not_before.time > recorded:
                recorded = bounds.recorded_not_before.time
                label = snapshot.explain.one(record._replace(recorded=recorded), about).label
            home = concerns.home(record)
            start, lag = moment.start(), day_at(recorded) - last_day(moment)
            yield Seen(record, because, home, start, edit, recorded, label, lag, astray(record, bounds))


def astray(record: Record, bounds: Bounds) -> bool:
    """Whether the log's clock reading lies outside the bounds, by more than honest clocks differ."""
    first, last = bounds.recorded_not_before, bounds.not_after
    early = first is not None and record.recorded < first.time - TOLERANCE
    return early or (last is not None and record.recorded > last.time + TOLERANCE)


def notices(
    snapshot: Snapshot,
    given: str | Iterable[str],
    thresholds: Thresholds,
    concerns: Concerns,
    *,
    unit: str | None = None,
    person: str | None = None,
) -> list[Notice]:
    """The notices of inspection: the days *given*, and events of `Thresholds.notice_types` that concern the subject."""
    days = [given] if isinstance(given, str) else list(given)
    rows: list[Notice] = []
    for day in days:
        try:
            rows.append(Notice(start_of(day_of(day)), day))
        except ValueError:
            raise CallerError(f"not a date: {day!r}", advice="Write dates as YYYY-MM-DD.", when=day) from None
    for record in snapshot.records:
        name, _, _ = record.statement.type.rpartition("@")
        if name in thresholds.notice_types and _concerned(snapshot, concerns, record, unit, person):
            moment = (snapshot.edits.apply(record) or record).statement.happened.start()
            rows.append(Notice(moment, date_text(day_at(moment)), record.position))
    return sorted(rows, key=lambda n: (n.at, n.position or 0))


def _concerned(snapshot: Snapshot, concerns: Concerns, record: Record, unit: str | None, person: str | None) -> bool:
    if snapshot.edits.of(record.statement.id).voiding is not None:
        return False
    found = concerns.of(record)
    if person is not None:
        return person in found.persons or not found.units
    if unit is None:
        return True
    # A notice to the university announces the inspection to every unit below it.
    above = snapshot.roster.ancestors(unit, day_at(record.statement.happened.start()))
    return not found.units.isdisjoint((unit, *above)) or not found.units


def late(row: Seen) -> bool:
    """Whether a record came later than at once: 迟记 or 补记."""
    return row.label != CONTEMPORANEOUS


def runs(rows: Iterable[Seen], seconds: int, enough: Callable[[Sequence[Seen]], bool]) -> Iterator[list[Seen]]:
    """
    The longest runs of *rows*, by the time recorded, in which windows of so many *seconds* each hold *enough*.

    Overlapping windows are one run, so that each record is in one run at most.
    """
    ordered = sorted(rows, key=lambda row: (row.recorded, row.record.position))
    first, run = 0, (0, 0)  # the window's first row; the run's first row, and the one after its last
    for number, row in enumerate(ordered):
        while row.recorded - ordered[first].recorded >= seconds:
            first += 1
        if enough(ordered[first : number + 1]):
            if run[1] and first >= run[1]:
                yield ordered[slice(*run)]
                run = (0, 0)
            run = (run[0] if run[1] else first, number + 1)
    if run[1]:
        yield ordered[slice(*run)]


def bursts(rows: Iterable[Seen], thresholds: Thresholds) -> Iterator[list[Seen]]:
    """Runs of records that came late, recorded one soon after the other."""
    yield from runs(filter(late, rows), thresholds.burst_hours * 3600, lambda w: len(w) >= thresholds.burst_count)


Asked = tuple[str, str, tuple[tuple[str, int | str], ...], list[Seen]]


def _asked(rows: Sequence[Seen], noted: Sequence[Notice], thresholds: Thresholds, texts: Texts) -> Iterator[Asked]:
    by_unit: dict[str, list[Seen]] = {}
    for row in rows:
        by_unit.setdefault(row.unit, []).append(row)
    for unit, mine in by_unit.items():
        slow = [row for row in mine if not row.edit and late(row) and row.lag > thresholds.lag_days]
        if slow:
            longest = max(row.lag for row in slow)
            yield "LAG", unit, (("count", len(slow)), ("days", thresholds.lag_days), ("longest", longest)), slow
        for run in bursts(mine, thresholds):
            yield "BURST", unit, (("count", len(run)), *_days(run)), run
        for notice in noted:
            yield from _around(unit, mine, notice, thresholds)
        yield from _together(unit, mine, thresholds)
        yield from _imported(unit, mine, thresholds)
        clock = [row for row in mine if row.astray]
        if clock:
            yield "CLOCK", unit, (("count", len(clock)),), clock
    yield from _one_recorder(rows, thresholds)
    yield from _same_text(rows, thresholds, texts)


def _days(rows: Sequence[Seen]) -> tuple[tuple[str, str], ...]:
    times = [row.recorded for row in rows]
    return ("first", date_text(day_at(min(times)))), ("last", date_text(day_at(max(times))))


def _around(unit: str, rows: Iterable[Seen], notice: Notice, thresholds: Thresholds) -> Iterator[Asked]:
    """What came late in the days before a notice, and what was recorded after it of what had happened before."""
    slow = [row for row in rows if late(row) and row.record.position != notice.position]
    begin = notice.at - thresholds.notice_days * DAY
    before = [row for row in slow if begin <= row.recorded < notice.at]
    facts = ("notice", notice.day), ("days", thresholds.notice_days)
    if len(before) >= thresholds.notice_count:
        yield "BURST_BEFORE_NOTICE", unit, (("count", len(before)), *facts), before
    after = [row for row in slow if row.recorded >= notice.at > row.happened]
    if after:
        yield "RECORDED_AFTER_NOTICE", unit, (("count", len(after)), *facts[:1]), after


def _together(unit: str, rows: Iterable[Seen], thresholds: Thresholds) -> Iterator[Asked]:
    """Own-hand signatures of several persons of a unit, recorded in one second or batch (T8)."""

    def persons(window: Iterable[Seen]) -> int:
        return len({s.person for row in window for s in row.record.statement.signers})

    own = [row for row in rows if row.record.statement.hand == "own"]
    for run in runs(own, thresholds.together_seconds, lambda w: persons(w) >= thresholds.together_persons):
        facts = ("persons", persons(run)), ("count", len(run)), ("seconds", thresholds.together_seconds)
        yield "SIGNED_TOGETHER", unit, (*facts, *_days(run)[:1]), run


def _one_recorder(rows: Iterable[Seen], thresholds: Thresholds) -> Iterator[Asked]:
    """Acts of several persons that one recorder submitted within a minute."""

    def persons(window: Iterable[Seen]) -> int:
        return len({p.who for row in window for p in row.record.statement.performers if p.kind == "person"})

    by_recorder: dict[tuple[str, str], list[Seen]] = {}
    for row in rows:
        if row.record.statement.hand == "recorded" and row.record.statement.signers:
            person, post, _ = row.record.statement.signers[0]
            by_recorder.setdefault((person, post), []).append(row)
    for (person, post), mine in by_recorder.items():
        for run in runs(
            mine, thresholds.recorder_seconds,
            lambda w: persons(w) >= thresholds.recorder_persons or len(w) >= thresholds.recorder_acts,
        ):  # fmt: skip
            facts = ("persons", persons(run)), ("count", len(run)), ("seconds", thresholds.recorder_seconds)
            yield "ONE_RECORDER", run[0].unit, (("recorder", person), ("post", post), *facts, *_days(run)[:1]), run


def _imported(unit: str, rows: Iterable[Seen], thresholds: Thresholds) -> Iterator[Asked]:
    by_batch: dict[tuple[str, int], list[Seen]] = {}
    for row in rows:
        if row.record.statement.hand == "imported":
            signer = row.record.statement.signers[0].person if row.record.statement.signers else ""
            by_batch.setdefault((signer, day_at(row.recorded)), []).append(row)
    for (signer, day), mine in by_batch.items():
        if len(mine) >= thresholds.imported_count:
            slow = sum(row.label == BACKFILLED for row in mine)
            facts = ("count", len(mine)), ("by", signer), ("first", date_text(day)), ("backfilled", slow)
            yield "IMPORTED", unit, facts, mine


def _same_text(rows: Iterable[Seen], thresholds: Thresholds, texts: Texts) -> Iterator[Asked]:
    """Records of one type whose texts are the same but for digits, spaces and punctuation."""
    groups: dict[tuple[str, str], list[Seen]] = {}
    for row in rows:
        text = plain(texts.get(row.record.position, ""))
        if len(text) >= thresholds.same_text_length:
            groups.setdefault((row.record.statement.type, text), []).append(row)
    for (type_, _), mine in groups.items():
        if len(mine) >= thresholds.same_text_count:
            yield "SAME_TEXT", mine[0].unit, (("count", len(mine)), ("type", type_)), mine


def plain(text: str) -> str:
    """
    What is left of a text without digits, spaces and punctuation.

    >>> plain("3月5日，谈话：一切正常。") == plain("11月2日 谈话: 一切正常")
    True
    """
    return re.sub(r"[\W\d_]+", "", unicodedata.normalize("NFKC", text)).casefold()
