"""
Lookback (责任倒查): for a past date, who held which post, what they had signed and done by then, and what came later.

    lookback(snapshot, unit="jia", about=["S2a"])

``as_of`` of the snapshot is the date, ``known_at`` what is taken into account (by default all).  Obligations are
exactly those of the status; beside each stands its state as it was known on the day itself, that is, from the positions
recorded before the day was over.  Whatever stands at a later position is cited as later.  It is a pure fold:
checkpoints come in through a `Ground`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trail.aggregates.state import Gap
from trail.errors import CallerError
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES, REGISTRY_TYPES
from trail.projections.citing import Cited, Citer, Ground
from trail.projections.concerns import Concerns
from trail.projections.index import Bound
from trail.projections.lookback_parts import gaps_of, history_of, lists_of, posts_of, posts_of_person, told_of
from trail.projections.lookback_values import (
    AFTER_DATE,
    AFTER_NOTICE,
    BURST,
    Answer,
    Held,
    Late,
    Lookback,
    Notice,
    One,
    state_of,
)
from trail.projections.questions import DEFAULTS, Seen, Thresholds, bursts, late, notices, seen
from trail.projections.status import Snapshot
from trail.projections.values import Obligation, PersonStatus, UnitStatus
from trail.rules.calendar import day_at, day_of
from trail.rules.model import FACT


def lookback(
    snapshot: Snapshot,
    *,
    unit: str | None = None,
    person: str | None = None,
    about: Iterable[str] = (),
    notice: str | Iterable[str] = (),
    thresholds: Thresholds = DEFAULTS,
    ground: Ground | None = None,
    concerns: Concerns | None = None,
) -> Lookback:
    """
    The lookback of *unit* or of *person* as of the date of *snapshot*, as known at its size.

    *about*: ids of duties, to leave out all others with the acts that can't discharge them.  *notice*: days on which an
    inspection was announced, beside the events that say so.  *concerns*: those of the snapshot, where they are at hand.

    Raises:
        CallerError: Neither or both of unit and person; none is known under that id; no such duty; a notice that is no
            date.
    """
    if (unit is None) == (person is None):
        raise CallerError("a lookback is of a unit or of a person", advice="Name one of the two.")
    whose = concerns or Concerns(snapshot.records, snapshot.roster)
    return _Looking(snapshot, unit, person, tuple(dict.fromkeys(about)), ground, whose).answer(notice, thresholds)


class _Looking:
    """One lookback in the making."""

    def __init__(
        self,
        snapshot: Snapshot,
        unit: str | None,
        person: str | None,
        about: tuple[str, ...],
        ground: Ground | None,
        concerns: Concerns,
    ) -> None:
        self._snapshot, self._unit, self._person, self._about = snapshot, unit, person, about
        self._day = day_at(snapshot.view.as_of - 1)
        self._bound = Bound(snapshot.view.as_of)
        self._types = self._about_types()
        self._status = _status(snapshot, unit, person)
        self._concerns = concerns
        self._ground = ground
        self._citer = Citer(snapshot, self._concerns, ground)
        self._then = self._citer.then
        self._records = [r for r in snapshot.records if self._concerning(r)]

    def answer(self, notice: str | Iterable[str], thresholds: Thresholds) -> Lookback:
        snapshot, citer, status = self._snapshot, self._citer, self._status
        before = self._known_then()
        noted = notices(snapshot, notice, thresholds, self._concerns, unit=self._unit, person=self._person)
        posts = tuple(self._posts())
        acts = [r for r in self._records if self._did(r) and self._stands(r) is not None and self._asked_about(r)]
        answers = {
            name: tuple(self._answers(getattr(status, name), () if before is None else getattr(before, name)))
            for name in ("obligations", "triggered", "counts", "standing")
        }
        values: dict[str, Any] = {
            "history": Cited() if self._unit is None else history_of(snapshot, citer, self._unit),
            "posts": posts,
            "lists": tuple(lists_of(snapshot, citer, self._owners(posts))),
            **answers,
            "acts": citer.records(acts),
            "told": tuple(told_of(citer, filter(self._asked_about, self._records), self._stands)),
            "gaps": tuple(citer.gap(gap) for gap in self._gaps()),
            "recorded_later": tuple(self._later(noted, thresholds)),
        }
        lines = tuple(citer.lines[p] for p in sorted(citer.lines))
        return Lookback(
            unit=self._unit, person=self._person, name=self._name(), about=self._about, view=snapshot.view,
            basis=citer.basis(), notices=tuple(noted), lines=lines, **values,
        )  # fmt: skip

    def _name(self) -> str:
        """The name of the unit on the day; if it was gone by then, its last one."""
        if self._unit is None:
            return ""
        name = self._snapshot.roster.name(self._unit, self._day)
        named = (r.statement.fields.get("name") for r in self._snapshot.roster.positions.get(self._unit, ()))
        return name or next((str(n) for n in reversed(list(named)) if n), "")

    # -- what is asked about

    def _about_types(self) -> frozenset[str] | None:
        """The types that can discharge or trigger the duties asked about; None: all."""
        if not self._about:
            return None
        found: set[str] = set()
        known: set[str] = set()
        for rules in self._snapshot.rule_sets.values():
            for duty in rules.duties.values():
                known.add(duty.id)
                if duty.id in self._about:
                    for satisfier in rules.satisfiers(duty):
                        found.update((satisfier.type, *satisfier.receipts))
                    found.update(trigger.type for trigger in duty.trigger)
        unknown = sorted(set(self._about) - known)
        if unknown:
            raise CallerError(f"no such duty: {', '.join(unknown)}", advice="Use the ids of the rule set, as S2a.")
        return frozenset(found)

    def _asked_about(self, record: Record) -> bool:
        if self._types is None:
            return True
        if record.statement.type in EDIT_TYPES:
            about = self._target(record)
            return about is not None and self._asked_about(about)
        if record.statement.type == FACT:
            fields: Any = record.statement.fields
            return not set(self._about).isdisjoint(fields.get("duties", ()))
        return record.statement.type in self._types

    # -- whom it concerns

    def _concerning(self, record: Record) -> bool:
        found = self._concerns.of(record)
        return self._unit in found.units if self._unit is not None else self._person in found.persons

    def _did(self, record: Record) -> bool:
        """Whether the unit or the person did it; for a person, also who signed for a body that did."""
        statement = record.statement
        if statement.type in REGISTRY_TYPES or statement.type in EDIT_TYPES:
            return False
        found = self._concerns.of(record)
        if self._unit is not None:
            return self._unit in found.by_units
        body = statement.hand == "own" and any(p.kind == "body" for p in statement.performers)
        return self._person in found.by_persons or (body and any(s.person == self._person for s in statement.signers))

    def _target(self, edit: Record) -> Record | None:
        reference: Any = edit.statement.fields["target"]
        return self._concerns.find(bytes(reference[0]))

    def _stands(self, record: Record) -> Record | None:
        """*record* as its corrections leave it, if it stands and happened before the date; else None."""
        settled = self._snapshot.edits.apply(record)
        return settled if settled is not None and self._bound.admits(settled.statement.happened) else None

    # -- the parts

    def _posts(self) -> Iterable[Held]:
        if self._unit is not None:
            return posts_of(self._snapshot, self._citer, self._unit, self._day)
        undone = {}
        if isinstance(self._status, PersonStatus):
            undone = {(p.post, p.begin): p.undone for p in self._status.posts}
            if self._about:
                undone = {key: tuple(u for u in rows if u.duty in self._about) for key, rows in undone.items()}
        return posts_of_person(self._snapshot, self._citer, str(self._person), self._day, undone)

    def _owners(self, posts: Sequence[Held]) -> dict[str, int]:
        """Whose lists are asked about, each with its day: of a post that was left, the last day in it."""
        owners: dict[str, int] = {}
        if self._unit is not None:
            bodies = [u for u in self._snapshot.roster.children(self._unit, self._day) if self._body(u)]
            owners = dict.fromkeys((self._unit, *bodies, *(held.post for held in posts)), self._day)
            return owners
        for held in posts:
            last = self._day if held.until is None else min(self._day, day_of(held.until) - 1)
            owners[held.post] = max(last, owners.get(held.post, last))
        return owners

    def _body(self, unit: str) -> bool:
        return self._snapshot.roster.kind(unit, self._day) == "body"

    def _known_then(self) -> UnitStatus | PersonStatus | None:
        """The status as known on the day; None: nothing of the unit or person was known."""
        snapshot = self._snapshot
        news = (r for r in snapshot.records if r.position > self._then)
        if not any(r.statement.type in EDIT_TYPES or self._bound.admits(r.statement.happened) for r in news):
            return self._status
        try:
            return _status(snapshot.known_then(self._then), self._unit, self._person)
        except CallerError:
            return None

    def _answers(self, rows: Iterable[One], then: Iterable[One]) -> Iterator[Answer]:
        known = {key_of(one): state_of(one) for one in then}
        for one in rows:
            if self._about and one.duty not in self._about:
                continue
            gaps = tuple(self._citer.gap(gap) for gap in getattr(one, "gaps", ()))
            yield Answer(one, known.get(key_of(one)), self._citer.because(one.because), gaps)

    def _gaps(self) -> tuple[Gap, ...]:
        acts = [r for r in self._records if r.statement.type not in REGISTRY_TYPES and self._asked_about(r)]
        mine = {record.position for record in acts}
        found: list[Gap] = []
        if isinstance(self._status, UnitStatus):
            found += self._status.gaps
        else:
            units = dict.fromkeys(p.unit for p in self._status.posts if p.unit in self._snapshot.roster.units())
            rows = (gap for unit in units for gap in self._snapshot.unit(unit).gaps)
            found += (gap for gap in rows if not mine.isdisjoint(gap.positions))
        if self._about:
            found = [gap for gap in found if not mine.isdisjoint(gap.positions)]
        return tuple(dict.fromkeys((*found, *gaps_of(self._snapshot, (r.statement.stream for r in acts), self._bound))))

    def _later(self, noted: Sequence[Notice], thresholds: Thresholds) -> Iterator[Late]:
        """What concerns the subject, happened before the date, and came after it, after a notice, or in a burst."""
        mine = [record for record in self._records if self._asked_about(record)]
        rows = list(seen(self._snapshot, self._concerns, self._ground, mine))
        burst = {row.record.position for run in bursts(rows, thresholds) for row in run}
        slow = {row.record.position: row for row in rows if late(row)}
        for record in self._records:
            if not (self._asked_about(record) or record.statement.type in REGISTRY_TYPES - EDIT_TYPES):
                continue
            why = []
            if record.position > self._then and self._before(record):
                why.append(AFTER_DATE)
            row = slow.get(record.position)
            if row is not None and any(after(row, notice) for notice in noted):
                why.append(AFTER_NOTICE)
            if record.position in burst:
                why.append(BURST)
            if why:
                yield Late(self._citer.alone([record]).all[0], tuple(why))

    def _before(self, record: Record) -> bool:
        """Whether a record is about what happened before the date; an edit, if its target is."""
        if record.statement.type in EDIT_TYPES:
            about = self._target(record)
            return about is None or self._before(about)
        settled = self._snapshot.edits.apply(record) or record
        return self._bound.admits(record.statement.happened) or self._bound.admits(settled.statement.happened)


def after(row: Seen, notice: Notice) -> bool:
    """Whether a record that came late was recorded after *notice* and is about what lay before it."""
    return row.record.position != notice.position and row.recorded >= notice.at > row.happened


def key_of(one: One) -> tuple[str, ...]:
    """What tells answers apart."""
    if isinstance(one, Obligation):
        return one.key
    found: Any = getattr(one, "key", None)
    return found if found is not None else (one.duty, getattr(one, "period", ""), one.unit, one.post or "", one.rules)


def _status(snapshot: Snapshot, unit: str | None, person: str | None) -> UnitStatus | PersonStatus:
    if unit is not None:
        return snapshot.unit(unit)
    return snapshot.person(str(person))
