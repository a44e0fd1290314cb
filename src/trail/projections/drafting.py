"""
The draft of a report (R1 to R7, and what is owed like them), composed from the recorded acts of its period (N44).

Every sentence tells one act from its public fields and cites it.  What was not done, what is a gap, and for which
duties nothing was recorded is said as such.  Nothing is judged and nothing is invented: reasons, assessments and plans
are for whoever signs the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trail.aggregates.state import Gap
from trail.errors import CallerError
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES, REGISTRY_TYPES
from trail.projections.basis import Because, gap_json
from trail.projections.book import archive_date
from trail.projections.concerns import Concerns
from trail.projections.index import Bound
from trail.projections.sentences import Teller
from trail.projections.serving import fact_duties, served
from trail.projections.shown import Triggered
from trail.projections.values import Missing, Obligation, View
from trail.rules.calendar import Period, date_text, day_of, happened_day, period
from trail.rules.model import COUNTED, Duty
from trail.rules.obligations import Demand
from trail.rules.obligors import kinds_of

if TYPE_CHECKING:
    from trail.projections.status import Snapshot

REPORTS: Final = frozenset(("ReportFiled@1", "DutyIntegrityReported@1"))
"""The types that discharge a duty to report."""

_LEADING: Final = ("chair", "lead")


class Sentence(NamedTuple):
    """
    One act in words: ``text`` without a full stop, ``duties`` that it served, and the record that it cites.

    ``event`` is the event id in hexadecimal; ``hand`` as in the record (``recorded``: by who keeps the record).
    """

    text: str
    date: str
    duties: tuple[str, ...]
    event: str
    hand: str
    because: Because

    @property
    def position(self) -> int:
        """Where the cited record stands."""
        return self.because.position

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {
            "text": self.text, "date": self.date, "duties": list(self.duties), "event": self.event, "hand": self.hand,
            "because": self.because.to_json(),
        }  # fmt: skip


class Section(NamedTuple):
    """The sentences on a duty, by date; ``duty`` empty: acts that served none."""

    duty: str
    article: str
    text: str
    sentences: tuple[Sentence, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {**self._asdict(), "sentences": [s.to_json() for s in self.sentences]}


class Short(NamedTuple):
    """What was due in the period, or made due in it by an event, and is missing, late or still to be done."""

    duty: str
    article: str
    text: str
    period: str
    due: str | None
    state: str
    missing: tuple[Missing, ...]

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        return {**self._asdict(), "missing": [m.to_json() for m in self.missing]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    """
    The draft of the report for ``duty`` in ``period`` by ``unit`` as a body, or by ``post`` (with its ``title``).

    It tells what happened from the date ``since`` until ``until``, both included.  ``unrecorded``: duties of the same
    obligor for which it cites nothing.
    """

    duty: str
    article: str
    text: str
    unit: str
    name: str
    post: str | None
    title: str
    holder: str | None
    period: str
    since: str
    until: str
    due: str
    recipients: tuple[str, ...]
    view: View
    sections: tuple[Section, ...]
    short: tuple[Short, ...]
    gaps: tuple[Gap, ...]
    unrecorded: tuple[str, ...]

    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences, in order."""
        return tuple(sentence for section in self.sections for sentence in section.sentences)

    def to_json(self) -> dict[str, Any]:
        """As a map in stable order."""
        plain = (
            "duty",
            "article",
            "text",
            "unit",
            "name",
            "post",
            "title",
            "holder",
            "period",
            "since",
            "until",
            "due",
        )
        return {name: getattr(self, name) for name in plain} | {
            "recipients": list(self.recipients), **self.view.to_json(),
            "sections": [s.to_json() for s in self.sections], "short": [s.to_json() for s in self.short],
            "gaps": [gap_json(g) for g in self.gaps], "unrecorded": list(self.unrecorded),
        }  # fmt: skip


def draft(
    snapshot: Snapshot, unit: str, label: str, duty: str, *, post: str | None = None, person: str | None = None
) -> ReportDraft:
    """
    The draft of the report *duty* (``R4``) of *unit* for the period *label* (``2026-H1``).

    *post* and *person* choose among several who owe it, as every other member of a team does.

    Raises:
        CallerError: No such unit or period; no such report is owed; several are and none was chosen.
    """
    period(label)
    demand = _chosen(snapshot, unit, label, duty, post, person)
    return _Drafting(snapshot, demand).draft()


def _chosen(snapshot: Snapshot, unit: str, label: str, duty: str, post: str | None, person: str | None) -> Demand:
    snapshot.unit(unit)
    reports = [r.demand for r in snapshot.reckoned(unit) if _is_report(r.demand)]
    found = [d for d in reports if (d.duty.id, d.period.label) == (duty, label)]
    chosen = [d for d in found if post in (None, d.post) and person in (None, d.holder)]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        names = ", ".join(f"{d.post or unit} ({d.holder or '-'})" for d in chosen)
        raise CallerError(f"{duty} {label} is owed by several: {names}", code="SEVERAL_REPORTS",
                          advice="Choose one by post, or by person.")  # fmt: skip
    owed = ", ".join(sorted({f"{d.duty.id} {d.period.label}" for d in reports})[-12:]) or "none"
    raise CallerError(f"no report {duty} for {label} is owed there by {post or person or unit}",
                      code="NO_SUCH_REPORT", advice=f"Reports that are owed by then: {owed}.")  # fmt: skip


def _is_report(demand: Demand) -> bool:
    return any(s.type in REPORTS for s in demand.rules.satisfiers(demand.duty))


class _Drafting:
    """One draft in the making."""

    def __init__(self, snapshot: Snapshot, demand: Demand) -> None:
        self._snapshot, self._demand = snapshot, demand
        self._status = snapshot.unit(demand.unit)
        self._facts = _told(demand)
        self._served = served(snapshot, [demand.unit])
        self._order = {duty: number for number, duty in enumerate(demand.rules.duties)}
        self._teller = Teller(snapshot.roster)
        roster = snapshot.roster
        below = roster.children(demand.unit, demand.period.last)
        self._units = {demand.unit, *(u for u in below if roster.kind(u, demand.period.last) == "body")}

    def draft(self) -> ReportDraft:
        """The draft."""
        demand = self._demand
        sections = tuple(self._sections())
        cited = {duty for section in sections for s in section.sentences for duty in s.duties}
        positions = {s.position for section in sections for s in section.sentences}
        gaps = [g for o in self._own() for g in o.gaps] + list(self._status.gaps)
        known = self._snapshot.roster.post(demand.post) if demand.post is not None else None
        return ReportDraft(
            duty=demand.duty.id, article=demand.duty.article, text=demand.duty.text, unit=demand.unit,
            name=self._status.name, post=demand.post, title="" if known is None else known.title, holder=demand.holder,
            period=demand.period.label, since=date_text(self._facts.begin), until=date_text(self._facts.last),
            due=date_text(demand.due), recipients=self._recipients(), view=self._snapshot.view, sections=sections,
            short=tuple(self._short()),
            gaps=tuple(dict.fromkeys(g for g in gaps if positions.intersection(g.positions))),
            unrecorded=tuple(d.id for d in demand.rules.duties.values() if self._obliges(d) and d.id not in cited),
        )  # fmt: skip

    def _recipients(self) -> tuple[str, ...]:
        names = self._demand.any_of or {key.recipient for key in self._demand.keys}
        return tuple(sorted(name for name in names if name))

    # -- what was done

    def _sections(self) -> Iterator[Section]:
        duties = self._demand.rules.duties
        rows: dict[str, list[tuple[tuple[int, int], Sentence]]] = {}
        for record in self._records():
            served_ = self._duties(record)
            sentence = self._sentence(record, served_)
            key = (record.statement.happened.start(), record.position)
            rows.setdefault(served_[0] if served_ else "", []).append((key, sentence))
        last = len(self._order)
        for duty in sorted(rows, key=lambda name: (self._order.get(name, last), name)):
            known = duties.get(duty)
            article, text = ("", "") if known is None else (known.article, known.text)
            yield Section(duty, article, text, tuple(sentence for _, sentence in sorted(rows[duty])))

    def _sentence(self, record: Record, duties: tuple[str, ...]) -> Sentence:
        statement = record.statement
        return Sentence(
            self._teller.sentence(record), archive_date(statement.happened), duties, statement.id.hex(),
            statement.hand, self._snapshot.explain.one(record),
        )  # fmt: skip

    def _records(self) -> Iterator[Record]:
        """The acts of the obligor that happened in the period, as corrected, and stand."""
        snapshot, bound = self._snapshot, Bound(self._snapshot.view.as_of)
        concerns = Concerns(snapshot.records, snapshot.roster) if self._demand.post is None else None
        claimed = set(self._claimed())
        for record in snapshot.records:
            if record.statement.type in REGISTRY_TYPES or record.statement.type in EDIT_TYPES:
                continue
            after = snapshot.edits.apply(record)
            if after is None or not bound.admits(after.statement.happened):
                continue
            if not self._facts.begin <= happened_day(after.statement.happened) < self._facts.end:
                continue
            if record.position in claimed or self._did(after, concerns):
                yield after

    def _claimed(self) -> Iterator[int]:
        """What counts for the obligor's own duties, whoever did it: who took part in a meeting took part."""
        for reckoned in self._snapshot.reckoned(self._demand.unit):
            other = reckoned.demand
            persons = {p for p in (other.person, self._demand.person) if p is not None}
            if other.post == self._demand.post and len(persons) < 2:
                for claim in reckoned.claims:
                    yield from (r.position for r in (claim.record, *claim.also))

    def _did(self, record: Record, concerns: Concerns | None) -> bool:
        if concerns is not None:
            return bool(self._units & concerns.of(record).by_units)
        day = happened_day(record.statement.happened)
        person = self._demand.person or self._snapshot.roster.holder(self._demand.post or "", day)
        for kind, who, post in record.statement.performers:
            if kind == "person" and (who == person if self._demand.person else post == self._demand.post):
                return True
        fields: Any = record.statement.fields
        for name in _LEADING:
            row = fields.get(name)
            if isinstance(row, dict) and (
                row.get("person") == person and row.get("post", self._demand.post) == self._demand.post
            ):
                return True
        return False

    def _duties(self, record: Record) -> tuple[str, ...]:
        """The duties that an act served: the obligor's own first, of them the counted ones, as the rules order them."""
        services = self._served.get(record.position, frozenset())
        rules, last = self._demand.rules.duties, len(self._order)
        found = {(s.post != self._demand.post, s.duty) for s in services}
        found |= {(False, name) for name in fact_duties(record) if name in self._order}
        rows = sorted(
            (other, name not in rules or rules[name].klass not in COUNTED, self._order.get(name, last), name)
            for other, name in found
        )
        return tuple(dict.fromkeys(row[-1] for row in rows))

    # -- what was not

    def _own(self) -> Iterator[Obligation]:
        """The obligor's own obligations of the period, this report's excepted."""
        demand = self._demand
        for one in self._status.obligations:
            if one.post != demand.post or (one.duty, one.period) == (demand.duty.id, demand.period.label):
                continue
            if demand.person is not None and one.holder != demand.person:
                continue
            if self._facts.begin <= day_of(one.due) < self._facts.end or one.period == demand.period.label:
                yield one

    def _short(self) -> Iterator[Short]:
        for one in self._own():
            if one.state not in ("in_time", "void"):
                yield Short(one.duty, one.article, one.text, one.period, one.due, one.state, one.missing)
        for other in self._status.triggered:
            if self._is_open(other):
                missing = tuple(Missing(recipient=name) for name in other.missing)
                yield Short(other.duty, other.article, other.text, other.since, other.due, other.state, missing)

    def _is_open(self, one: Triggered) -> bool:
        mine = one.post == self._demand.post and (self._demand.person is None or one.holder == self._demand.person)
        return mine and one.state != "closed" and self._facts.begin <= day_of(one.since) < self._facts.end

    def _obliges(self, duty: Duty) -> bool:
        """Whether a duty, other than to report or what follows from records, is the obligor's as well."""
        demand = self._demand
        if demand.level.name not in duty.levels or duty.klass == "D" or duty.id == demand.duty.id:
            return False
        if demand.post is None:
            return bool(set(duty.obliged) & set(demand.duty.obliged) & {"team", "commission"})
        known = self._snapshot.roster.post(demand.post)
        return known is not None and known.kind in kinds_of(duty, demand.level)


def _told(demand: Demand) -> Period:
    """The period whose acts the report tells: its own; in January the whole year, if the settings say so (AMB6)."""
    one = demand.period
    if one.number == 1 and demand.rules.settings.january_report == "year":
        return period(one.label[:4])._replace(label=one.label, end=one.end)
    return one
