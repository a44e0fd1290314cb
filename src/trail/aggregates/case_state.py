"""
An accountability case, folded: its steps, the norm that applied, its clocks, and what is missing, late or at odds.

Everything here is a question for the inspector.  Nothing refuses a record, and a step that is missing today may be
recorded tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from trail.aggregates.case_types import CASE_TYPES
from trail.aggregates.norms import NORMS, Norm, NormClock
from trail.aggregates.state import Gap, Settled, StreamState, gap, in_order, joined
from trail.evidence.record import Record

_DECIDED: Final = "AccountabilityDecided"
_C7: Final = ("AccountabilityInitiated", "DefenceHeard")  # asked of a decision under every norm
_PER_SUBJECT: Final = frozenset(("FactsPresented", "DefenceHeard", "OpinionSigned"))
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "AccountabilityInitiated": ("an initiation approval", "启动审批"),
    "InquiryOpened": ("the opening of an inquiry", "成立调查组"),
    "FactsPresented": ("a record that the facts were presented", "事实材料见面"),
    "DefenceHeard": ("a record that the defence was heard", "听取陈述申辩的记录"),
    "OpinionSigned": ("a signed opinion", "签署意见"),
    "InquiryReportAdopted": ("the report of the inquiry", "调查报告"),
    "AccountabilityDecided": ("the decision", "问责决定"),
    "DecisionServed": ("the service of the decision", "宣布送达"),
    "AdjustmentCompleted": ("the completed formalities", "组织调整手续"),
    "SelfCriticismMade": ("the self-criticism", "书面检讨"),
    "AppealLodged": ("the appeal", "申诉"),
    "AppealDecided": ("the decision on the appeal", "申诉处理决定"),
    "AccountabilityCorrected": ("the correction", "纠正"),
    "CaseCirculated": ("the circular", "通报"),
}


def step_of(record: Record) -> str:
    """The step that a record of a case is: the name of its type, without version."""
    return record.statement.type.rpartition("@")[0]


def concerned(act: Settled) -> frozenset[str]:
    """The persons and units that a step names; empty: it concerns all."""
    return frozenset(map(str, (*act.fields.get("persons", ()), *act.fields.get("units", ()))))


def held(act: Settled) -> frozenset[str]:
    """The persons and units that a proposal, report or decision holds accountable."""
    rows: list[Any] = [*act.fields.get("organisations", ()), *act.fields.get("cadres", ())]
    return frozenset(str(row.get("person") or row.get("unit")) for row in rows)


class Term(NamedTuple):
    """
    A clock of a norm that ran in a case.

    ``began`` and ``due`` are dates (due: the last day that is in time), ``done`` the day of the step that stopped it,
    None while it runs; ``subject`` is whom it is about; ``positions`` are those of the two steps.
    """

    clock: NormClock
    subject: str | None
    began: str
    due: str
    done: str | None
    positions: tuple[int, ...]

    def exceeded(self, as_of: str | None = None) -> bool:
        """Whether it was stopped too late or, with *as_of* (a date), had run out before that day without being so."""
        if self.done is not None:
            return self.done > self.due
        return as_of is not None and not self.clock.right and self.due < as_of


@dataclass(frozen=True, slots=True)
class CaseAggregate(StreamState):
    """
    An accountability case.

    It takes every type of its stream whose name is a step of a case, whatever version the type has.
    """

    TYPES: ClassVar[frozenset[str]] = frozenset(t.key for t in CASE_TYPES)
    STEPS: ClassVar[tuple[str, ...]] = (
        "LeadReceived", "AccountabilityProposed", "AccountabilityInitiated", "InquiryOpened", "FactsPresented",
        "DefenceHeard", "OpinionSigned", "InquiryReportAdopted", "AccountabilityDecided", "DecisionServed",
        "AdjustmentCompleted", "AppealLodged", "AppealDecided", "AccountabilityCorrected", "SelfCriticismMade",
        "CaseCirculated",
    )  # fmt: skip

    def takes(self, record: Record) -> bool:
        """Whether *record* is a step of a case, by the name of its type."""
        return step_of(record) in self.STEPS or StreamState.takes(self, record)

    def steps(self, name: str) -> tuple[Settled, ...]:
        """The acts of the step *name*, whatever version of its type, that hold."""
        return tuple(a for a in self.settled() if step_of(a.record) == name)

    def stage(self) -> str | None:
        """The furthest step that was taken."""
        taken = {step_of(act.record) for act in self.settled()}
        return next((name for name in reversed(self.STEPS) if name in taken), None)

    def subjects(self) -> frozenset[str]:
        """The units and persons whom the last step to name any holds accountable."""
        named: frozenset[str] = frozenset()
        for act in self.settled():
            named = held(act) or named
        return named

    def norm(self) -> str | None:
        """The version of the norm that applies: that of the last decision, otherwise of the last step with one."""
        decisions = self.steps(_DECIDED)
        naming = [act for act in decisions or self.settled() if "norm" in act.fields]
        return str(naming[-1].fields["norm"]) if naming else None

    def missing(self, norms: Mapping[str, Norm] = NORMS) -> tuple[str, ...]:
        """The steps that a decision under the norm of this case presupposes, and that are not recorded (yet)."""
        norm = norms.get(self.norm() or "")
        if norm is None:
            return ()
        taken = {step_of(act.record) for act in self.settled()}
        wanted = set(norm.presupposes.get(_DECIDED, ())) - self._falls_away(norm) - taken
        return tuple(step for step in self.STEPS if step in wanted)

    def terms(self, norms: Mapping[str, Norm] = NORMS) -> tuple[Term, ...]:
        """The clocks of the norm that began in this case, in order of the steps that began them."""
        norm = norms.get(self.norm() or "")
        if norm is None:
            return ()
        found = [
            term for clock in norm.clocks for start in self.steps(clock.start) for term in self._run(norm, clock, start)
        ]
        return tuple(sorted(found, key=lambda term: (term.positions, term.clock.name, term.subject or "")))

    def gaps(self, norms: Mapping[str, Norm] = NORMS, as_of: str | None = None) -> tuple[Gap, ...]:
        """
        C5: a decision that cites no version of a list.  C7: one without approval or hearing.  N1: a step that the norm
        presupposes is missing, or came too late; an inquiry or a report by fewer than it takes.  N2: a norm that was
        not in force, another than the case was opened under, a situation, form or grade that it does not have.  N3: a
        term exceeded.  N6: an opinion that the subject did not give.

        *norms* are the versions of the norm; with *as_of* (``YYYY-MM-DD``) a term that had run out before that day
        counts too, without it only one that was stopped too late.
        """
        norm = norms.get(self.norm() or "")
        gaps = [
            gap("C5", (decision.position,), "the decision cites no version of a list", "问责决定未引用清单版本")
            for decision in self.steps(_DECIDED)
            if not decision.fields.get("versions")
        ]
        gaps += self._order(norm)
        gaps += self._norms(norms)
        gaps += self._inquiry()
        for term in self.terms(norms):
            if term.exceeded(as_of):
                who = f" ({term.subject})" if term.subject else ""
                en = f"the term for {_NAMES[term.clock.stop][0]}{who} ended on {term.due} and was exceeded"
                gaps.append(gap("N3", term.positions, en, f"{term.clock.zh}{who}超过期限（{term.due}）"))
        return in_order(gaps)

    # --- steps -------------------------------------------------------------------------------------------------------

    def _falls_away(self, norm: Norm) -> frozenset[str]:
        """The steps that fall away where the subject is under review for a breach of discipline already."""
        reviewed = any(act.fields.get("under_review") for act in self.steps("AccountabilityInitiated"))
        return norm.inquiry if reviewed else frozenset()

    def _order(self, norm: Norm | None) -> Iterator[Gap]:
        by_step: dict[str, list[Settled]] = {}
        for act in self.settled():
            by_step.setdefault(step_of(act.record), []).append(act)
        presupposes = {_DECIDED: _C7} if norm is None else norm.presupposes
        away = frozenset() if norm is None else self._falls_away(norm)
        decided = _DECIDED in by_step
        lacking: dict[str, list[Settled]] = {}
        for later in self.STEPS:
            wanted = presupposes.get(later, ())
            if later == _DECIDED:
                wanted = (*_C7, *(step for step in wanted if step not in _C7))
            for step in wanted:
                for act in by_step.get(later, ()):
                    taken = by_step.get(step, [])
                    hard = later == _DECIDED and step in _C7
                    if taken:
                        yield from _late(act, later, taken, step, "C7" if hard else "N1")
                    elif hard:
                        en, zh = _NAMES[step]
                        yield gap("C7", (act.position,), f"the decision lacks {en}", f"问责决定缺少{zh}")
                    elif step not in away and not (decided and step in _C7):
                        lacking.setdefault(step, []).append(act)
        for step, acts in lacking.items():
            en, zh = _NAMES[step]
            yield gap("N1", (act.position for act in acts), f"the case lacks {en}", f"案件缺少{zh}")

    # --- the norm ----------------------------------------------------------------------------------------------------

    def _norms(self, norms: Mapping[str, Norm]) -> Iterator[Gap]:
        naming = [act for act in self.settled() if "norm" in act.fields]
        for act in naming:
            named = str(act.fields["norm"])
            norm, date = norms.get(named), act.happened.date()
            if norm is None:
                yield gap("N2", (act.position,), f"no norm {named} is known", f"没有 {named} 版问责条例的数据")
                continue
            if not norm.holds_on(date):
                en = f"the norm of {named} was not in force on {date}"
                yield gap("N2", (act.position,), en, f"{named} 版问责条例在 {date} 不生效")
            yield from _foreign(act, norm)
        for decision in naming:
            first, second = str(naming[0].fields["norm"]), str(decision.fields["norm"])
            if step_of(decision.record) == _DECIDED and first != second:
                en = f"the case was opened under the norm of {first} and decided under that of {second}"
                at = (naming[0].position, decision.position)
                yield gap("N2", at, en, f"案件按 {first} 版启动，按 {second} 版作出决定")

    # --- the inquiry -------------------------------------------------------------------------------------------------

    def _inquiry(self) -> Iterator[Gap]:
        group: dict[str, int] = {}
        for act in self.steps("InquiryOpened"):
            persons = _group(act)
            group.update(dict.fromkeys(persons, act.position))
            if len(persons) < 2:
                en = "the inquiry consists of fewer than two persons"
                yield gap("N1", (act.position,), en, "调查组不足二人")
        for act in self.steps("InquiryReportAdopted"):
            absent = group.keys() - _group(act)
            if absent:
                who, at = joined(absent, ", "), (act.position, *(group[person] for person in absent))
                en = f"the report is not signed by every member of the inquiry: {who}"
                yield gap("N1", at, en, f"调查报告未经全体调查组成员签名：{who}")
        for act in self.steps("OpinionSigned"):
            named = concerned(act)
            gave = {performer.who for performer in act.record.statement.performers}
            if act.fields.get("opinion") != "refused" and not named <= gave:
                en = "an opinion that the subject did not give"
                yield gap("N6", (act.position,), en, "签署意见者不是被问责对象本人")
        for decision in self.steps(_DECIDED):
            yield from self._unheard(decision)

    def _unheard(self, decision: Settled) -> Iterator[Gap]:
        """Of several subjects, those whom a step that concerns each of them left out."""
        for step in self.STEPS:
            acts = self.steps(step)
            if step not in _PER_SUBJECT or not acts or not all(concerned(act) for act in acts):
                continue
            left = held(decision) - frozenset[str]().union(*(concerned(act) for act in acts))
            if left:
                en, zh = _NAMES[step]
                who = joined(left, ", ")
                code = "C7" if step in _C7 else "N1"
                at = (decision.position, *(act.position for act in acts))
                yield gap(code, at, f"the decision lacks {en} for {who}", f"问责决定缺少对 {who} 的{zh}")

    # --- clocks ------------------------------------------------------------------------------------------------------

    def _run(self, norm: Norm, clock: NormClock, start: Settled) -> Iterator[Term]:
        began = str(start.fields.get("received", start.happened.date()))
        due = norm.months(began, clock.months)
        stops = [act for act in self.steps(clock.stop) if _answers(act, start)]
        for subject in _running(clock, start):
            about = [act for act in stops if subject is None or not concerned(act) or subject in concerned(act)]
            stop = min(about, key=lambda act: (act.happened.date(), act.position), default=None)
            at = (start.position,) if stop is None else (start.position, stop.position)
            yield Term(clock, subject, began, due, None if stop is None else stop.happened.date(), at)


def _late(act: Settled, later: str, taken: list[Settled], step: str, code: str) -> Iterator[Gap]:
    if all(earlier.happened.date() > act.happened.date() for earlier in taken):
        at = (act.position, *(earlier.position for earlier in taken))
        (en, zh), (later_en, later_zh) = _NAMES[step], _NAMES[later]
        if later == _DECIDED:
            later_en = "the decision"
        yield gap(code, at, f"{later_en} came before {en}", f"{later_zh}早于{zh}")


def _foreign(act: Settled, norm: Norm) -> Iterator[Gap]:
    """Situations, forms and grades that the norm does not have."""
    at = (act.position,)
    numbers = [str(number) for number in act.fields.get("situations", ()) if number not in norm.situations]
    if numbers:
        what = ", ".join(numbers)
        yield gap(
            "N2", at, f"the norm of {norm.version} has no situation {what}", f"{norm.version} 版没有第 {what} 种情形"
        )
    strange: set[str] = set()
    for name, known in (("organisations", norm.organisation_forms), ("cadres", norm.cadre_forms)):
        for row in act.fields.get(name, ()):
            strange |= set(row.get("forms", ())).difference(known)
            strange |= {row.get("grade")}.difference(norm.grades, [None])
    if strange:
        what = joined(strange, ", ")
        en = f"the norm of {norm.version} has no form or grade {what}"
        yield gap("N2", at, en, f"{norm.version} 版没有此种方式或责任等级：{what}")


def _group(act: Settled) -> frozenset[str]:
    rows: list[Any] = [act.fields.get("head"), *act.fields.get("members", ())]
    return frozenset(str(row["person"]) for row in rows if row)


def _answers(stop: Settled, start: Settled) -> bool:
    """Whether *stop* names *start*, or the decision that *start* names; one that names neither is taken for it."""
    pair: Any = stop.fields.get("appeal") or stop.fields.get("decision")
    own: Any = start.fields.get("decision")
    return pair is None or bytes(pair[0]) == start.id or (own is not None and bytes(own[0]) == bytes(pair[0]))


def _running(clock: NormClock, start: Settled) -> list[str | None]:
    """For whom *clock* runs from *start*: each cadre with one of its forms, each person or unit served, or once."""
    if clock.forms:
        rows: Any = start.fields.get("cadres", ())
        return [*sorted({str(row["person"]) for row in rows if set(row.get("forms", ())) & set(clock.forms)})]
    if clock.start == "AppealLodged":
        return [None]
    return [*sorted(concerned(start))] or [None]
