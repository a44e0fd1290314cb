"""
Meetings with what follows from them, instruments, and evidence, folded from the records of their streams.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from trail.aggregates.conveying import ELEMENTS, DecisionPublished
from trail.aggregates.facts import EvidenceAttached
from trail.aggregates.instruments import InstrumentAdopted, InstrumentAmended, InstrumentRepealed
from trail.aggregates.meetings import (
    CollectiveDecisionMade,
    DemocraticLifeMeetingHeld,
    MeetingHeld,
    OrganisationalLifeMeetingHeld,
    OrgLifeAttended,
    ThematicStudyHeld,
)
from trail.aggregates.state import Gap, Settled, StreamState, gap, in_order, joined

_MEETINGS: Final = frozenset(
    act.TYPE.key
    for act in (
        MeetingHeld, ThematicStudyHeld, CollectiveDecisionMade, DemocraticLifeMeetingHeld,
        OrganisationalLifeMeetingHeld,
    )
)  # fmt: skip
_ATTENDED, _PUBLISHED, _DECIDED = OrgLifeAttended.TYPE.key, DecisionPublished.TYPE.key, CollectiveDecisionMade.TYPE.key
_DISSENT: Final = ("against", "reserved")
_ELEMENTS_ZH: Final = {"process": "决策过程", "execution": "决策执行", "result": "决策结果"}


@dataclass(frozen=True, slots=True)
class MeetingAggregate(StreamState):
    """A meeting or a collective decision: held, attended by those who say so themselves, made public."""

    TYPES: ClassVar[frozenset[str]] = _MEETINGS | {_ATTENDED, _PUBLISHED}

    def held(self) -> Settled | None:
        """The meeting as corrections leave it; None if it was voided or is not among the records."""
        return next((act for act in self.settled() if act.record.statement.type in _MEETINGS), None)

    def chair(self) -> str | None:
        """The person who chaired."""
        held = self.held()
        return str(held.fields["chair"]["person"]) if held else None

    def attended(self) -> frozenset[str]:
        """The persons who attended, as the meeting's record says."""
        held = self.held()
        return _persons(held, "attended") if held else frozenset()

    def positions(self) -> dict[str, str]:
        """What each member declared, as far as it was put on record (N5)."""
        held = self.held()
        return {row["person"]: row["position"] for row in held.fields.get("positions", ())} if held else {}

    def dissent(self) -> dict[str, str]:
        """Who was against, or had reservations: what a later case has to take into account (N5)."""
        return {person: taken for person, taken in self.positions().items() if taken in _DISSENT}

    def published(self) -> frozenset[str]:
        """Which of the three elements of the decision were made public."""
        held = self.held()
        return _elements(self._publications(held)) if held else frozenset()

    def gaps(self) -> tuple[Gap, ...]:
        """
        What a record of a meeting lacks or contradicts.

        N45: no result, a chair who did not attend, attended and absent at once.  N5: a position of somebody who was
        not there, or two of one person.  P4a: a collective decision of one person.  P4c: attendance at a meeting that
        does not list them, or is not on record.  B5a: a decision made public in part, too early, or though it was not
        to be.
        """
        held, gaps = self.held(), list(self._attendance())
        if held is not None:
            gaps += [*_contents(held), *_positions(held), *self._publicity(held)]
        return in_order(gaps)

    def _publications(self, held: Settled) -> list[Settled]:
        return [
            act
            for act in self.settled()
            if act.record.statement.type == _PUBLISHED and act.fields["decision"][0] == held.id
        ]

    def _attendance(self) -> Iterator[Gap]:
        held = self.held()
        for act in self.settled():
            named = act.fields.get("meeting") if act.record.statement.type == _ATTENDED else None
            if named is None:
                continue
            if held is None or named[0] != held.id:
                en = "attendance at a meeting that is not on record, or was voided"
                yield gap("P4c", (act.position,), en, "所参加的会议没有记录或记录已作废")
                continue
            who = {one.who for one in act.record.statement.performers if one.kind == "person"}
            missing = who - _persons(held, "attended")
            if missing and held.fields.get("attended"):
                en = f"the meeting's list of those who attended lacks {joined(missing, ', ')}"
                yield gap("P4c", (held.position, act.position), en, f"会议出席名单中没有 {joined(missing, '、')}")

    def _publicity(self, held: Settled) -> Iterator[Gap]:
        publications = self._publications(held)
        if not publications:
            return
        at = (held.position, *(act.position for act in publications))
        missing = [one for one in ELEMENTS if one not in _elements(publications)]
        if missing:
            en = f"the decision was made public without its {', '.join(missing)}"
            zh = f"决策公开缺少{'、'.join(_ELEMENTS_ZH[one] for one in missing)}"
            yield gap("B5a", at, en, zh)
        if held.record.statement.type == _DECIDED and not held.fields["publish"]:
            en = "the decision was made public though its record says that it was not to be"
            yield gap("B5a", at, en, "记录载明不予公开的决策被公开")
        for act in publications:
            early = set(act.fields["elements"]) - {"process"}
            if early and act.happened.date() < held.happened.date():
                en = "execution or result was made public on a day before the decision"
                yield gap("B5a", (held.position, act.position), en, "决策执行或结果的公开日期早于决策日期")


def _persons(act: Settled, field: str) -> frozenset[str]:
    return frozenset(row["person"] for row in act.fields.get(field, ()))


def _elements(publications: list[Settled]) -> frozenset[str]:
    return frozenset(str(one) for act in publications for one in act.fields["elements"])


def _has_part(act: Settled, name: str) -> bool:
    """Whether the record or a correction of it has the part: by its digest, so also after it was erased."""
    return any(ref.name == name for record in (act.record, *act.edits) for ref in record.statement.parts)


def _contents(held: Settled) -> Iterator[Gap]:
    at, attended = (held.position,), _persons(held, "attended")
    if not _has_part(held, "result"):
        yield gap("N45", at, "the record of the meeting has no result", "会议记录没有议定结果")
    chair = str(held.fields["chair"]["person"])
    if attended and chair not in attended:
        en = f"{chair} chaired the meeting but is not among those who attended"
        yield gap("N45", at, en, f"主持人 {chair} 不在出席人员之列")
    both = attended & _persons(held, "absent")
    if both:
        en = f"listed both as attending and as absent: {joined(both, ', ')}"
        yield gap("N45", at, en, f"同时列为出席和缺席：{joined(both, '、')}")
    if held.record.statement.type == _DECIDED and attended == {chair}:
        yield gap("P4a", at, "a collective decision that one person attended", "集体决策仅有一人出席")


def _positions(held: Settled) -> Iterator[Gap]:
    at, attended, absent = (held.position,), _persons(held, "attended"), _persons(held, "absent")
    rows = [(str(row["person"]), str(row["position"])) for row in held.fields.get("positions", ())]
    there = {person for person, taken in rows if taken != "absent"}
    strangers = there & absent | (there - attended if attended else set())
    if strangers:
        en = f"a position is recorded of somebody who did not attend: {joined(strangers, ', ')}"
        yield gap("N5", at, en, f"未出席者却记有表态：{joined(strangers, '、')}")
    present = attended & {person for person, taken in rows if taken == "absent"}
    if present:
        en = f"the position says absent, the list says attended: {joined(present, ', ')}"
        yield gap("N5", at, en, f"表态记为缺席而名单列为出席：{joined(present, '、')}")
    twice = {person for person, _ in rows if sum(person == other for other, _ in rows) > 1}
    if twice:
        en = f"two positions of one person: {joined(twice, ', ')}"
        yield gap("N5", at, en, f"同一人记有两种表态：{joined(twice, '、')}")


@dataclass(frozen=True, slots=True)
class InstrumentAggregate(StreamState):
    """An instrument: adopted, amended, repealed; the order is that of the days on which it was done."""

    TYPES: ClassVar[frozenset[str]] = frozenset(
        act.TYPE.key for act in (InstrumentAdopted, InstrumentAmended, InstrumentRepealed)
    )

    def acts(self) -> tuple[Settled, ...]:
        """What was done, by day, then by position."""
        return tuple(sorted(self.settled(), key=lambda act: (act.happened.date(), act.position)))

    def in_force(self) -> Settled | None:
        """The act that gave the instrument the form in which it stands; None: not adopted, or repealed."""
        last: Settled | None = None
        for act in self.acts():
            last = None if act.record.statement.type == InstrumentRepealed.TYPE.key else act
        return last

    def gaps(self) -> tuple[Gap, ...]:
        """C9: amended or repealed while no adoption of it is on record, or after it was repealed."""
        gaps, stands = [], False
        for act in self.acts():
            kind = act.record.statement.type
            if kind != InstrumentAdopted.TYPE.key and not stands:
                word, zh = ("amended", "修订") if kind == InstrumentAmended.TYPE.key else ("repealed", "废止")
                en = f"the instrument was {word} while no adoption that stands is on record"
                gaps.append(gap("C9", (act.position,), en, f"制度被{zh}，但没有有效的制定记录"))
            stands = kind != InstrumentRepealed.TYPE.key
        return in_order(gaps)


@dataclass(frozen=True, slots=True)
class EvidenceAggregate(StreamState):
    """The evidence that was attached to records of a stream after them."""

    TYPES: ClassVar[frozenset[str]] = frozenset((EvidenceAttached.TYPE.key,))

    def attached_to(self, event: bytes) -> tuple[Settled, ...]:
        """What was attached to the record with the id *event*."""
        return tuple(act for act in self.settled() if act.fields["of"][0] == event)

    def gaps(self) -> tuple[Gap, ...]:
        """S1d: evidence without an attachment."""
        return in_order(
            gap("S1d", (act.position,), "evidence was recorded without an attachment", "佐证记录没有附件")
            for act in self.settled()
            if not any(record.statement.attachments for record in (act.record, *act.edits))
        )
