"""
What the demonstration shows of the status: who has done what, what is overdue, how it looked on other days, and what
was recorded in one evening.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from trail.projections import Entry
from trail.report.status import LABELS, state_text
from trail.report.words import padded, pick
from trail.testing.university.people import UNI
from trail.testing.university.plan import moment

if TYPE_CHECKING:
    from trail.cli.output import Printer
    from trail.projections.values import Change, Obligation, UnitStatus
    from trail.testing.university import University, UniversityCampus

_LISTED: Final = 4
_UNITS: Final = 6
_STATES: Final = ("in_time", "late", "overdue", "due_soon", "not_yet_due")
_TYPES: Final = {
    "ResponsibilityListDrafted": ("责任清单", "responsibility lists"),
    "TaskListDrafted": ("任务清单", "task lists"),
    "ListEndorsed": ("签字背书", "endorsements"),
    "PledgeSigned": ("责任书", "pledges"),
    "ListFiledForRecord": ("备案", "filings"),
    "TalkHeld": ("谈话", "talks"),
    "TalkConfirmed": ("谈话确认", "talks confirmed"),
    "ReportFiled": ("报告", "reports"),
    "ThematicStudyHeld": ("专题研究", "thematic studies"),
    "MeetingHeld": ("党委会", "meetings"),
    "CollectiveDecisionMade": ("集体决策", "collective decisions"),
    "PartyLectureGiven": ("党课", "Party lectures"),
    "BriefingHeard": ("听取汇报", "briefings heard"),
    "RiskControlAttached": ("风险防控", "risk controls"),
    "FactRecorded": ("记实", "facts"),
    "RecordCorrected": ("更正", "corrections"),
    "RecordVoided": ("作废", "voidings"),
}


class Show:
    """What can be shown of *campus*, into which the whole university was told."""

    def __init__(self, campus: UniversityCampus, out: Printer) -> None:
        self.campus = campus
        self.university: University = campus.university
        self.out = out
        self.view = campus.trail.at()
        self.ledger = [row.entry for row in self.view.ledger()]
        first = self.university.first_year
        self.then, self.later = f"{first}-07-31", f"{first}-12-31"

    def who(self, person: str | None) -> str:
        """A person by pseudonym and invented name."""
        names = self.university.people.names
        return f"{names.get(person, '')} {person}" if person is not None else self.out.choose("空缺", "vacant")

    def name(self, unit: str) -> str:
        """A unit by name and id."""
        return f"{self.university.people.units[unit].name} ({unit})"

    @property
    def units(self) -> list[str]:
        """The units that are shown one by one."""
        return [UNI, *self.university.people.colleges[: _UNITS - 1]]

    # --- who has done what -------------------------------------------------------------------------------------------

    def acts(self) -> None:
        """How many records each unit has, with their labels; and what the team of one unit did, person by person."""
        out = self.out
        out.say("各单位的记录（以本人签名的记录为准）", "What the units recorded (by the records that people signed)")
        for unit in self.units:
            rows = [e for e in self.ledger if e.record.statement.unit == unit]
            out.line(f"  {padded(self.name(unit), 24)} {len(rows):>5}  {self._labels(rows)}")
        rest = len(self.university.people.colleges) - len(self.units) + 1
        if rest > 0:
            out.say(f"  …… 另有 {rest} 个单位", f"  ... and {rest} more units")
        unit = self.university.honest
        out.say(f"{self.name(unit)}：谁做了什么", f"{self.name(unit)}: who did what")
        counts: dict[str, Counter[str]] = {}
        team = self.university.people.teams[unit]
        for e in self.ledger:
            for signer in e.record.statement.signers:
                if signer.post in (*team.posts, team.recorder):
                    kinds = counts.setdefault(f"{signer.post}\n{signer.person}", Counter())
                    kinds[e.record.statement.type.rpartition("@")[0]] += 1
        for key in sorted(counts):
            post, person = key.split("\n")
            acts = out.choose("，", ", ").join(
                f"{out.choose(*_TYPES[kind])} {counts[key][kind]}" for kind in _TYPES if counts[key][kind]
            )
            out.line(f"  {post:<15} {padded(self.who(person), 16)} {acts}")

    def _labels(self, rows: Iterable[Entry]) -> str:
        counts = Counter(e.because.label for e in rows)
        words = (f"{pick(LABELS[label], self.out.lang)} {counts[label]}" for label in LABELS if counts[label])
        return self.out.choose("，", ", ").join(words)

    # --- what is overdue ---------------------------------------------------------------------------------------------

    def overdue(self) -> None:
        """How the units stand, and what is overdue with whom."""
        for unit in self.units:
            status = self.view.unit(unit)
            self.out.line(f"  {padded(self.name(unit), 24)} {self._counts(status)}")
            overdue = status.overdue()
            for obligation in overdue[:_LISTED]:
                self.out.line("    " + self._overdue(obligation))
            if len(overdue) > _LISTED:
                more = len(overdue) - _LISTED
                self.out.say(f"    …… 另有 {more} 项，见 trail status", f"    ... and {more} more: see trail status")

    def _counts(self, status: UnitStatus) -> str:
        counts = Counter(o.state for o in status.obligations)
        words = (f"{state_text(state, self.out.lang)} {counts[state]}" for state in _STATES if counts[state])
        return self.out.choose("，", ", ").join(words)

    def _overdue(self, o: Obligation) -> str:
        out = self.out
        named = [str(m) for m in o.missing[:3] if m.counterpart or m.recipient or m.list]
        lacking = out.choose("，", ", ").join(named) + (" …" if len(o.missing) > 3 else "")
        whose = f"{o.post} {self.who(o.holder)}" if o.post is not None else out.choose("班子（集体）", "the body")
        return out.choose(
            f"逾期 {o.duty} {o.period}，{o.due} 到期：{whose}" + (f"，缺 {lacking}" if lacking else ""),
            f"overdue {o.duty} {o.period}, due {o.due}: {whose}" + (f", missing {lacking}" if lacking else ""),
        )

    def handover(self) -> None:
        """What the former secretary left undone when the post was handed over."""
        people = self.university.people
        person = people.tenures[f"{self.university.tardy}/secretary"][0].person
        for post in self.view.person(person).posts:
            undone, name = len(post.undone), self.who(person)
            self.out.say(
                f"  交接：{name} 任 {people.posts[post.post].title} 至 {post.until}（不含），移交时未完成 {undone} 项",
                f"  hand-over: {name} held {post.post} until {post.until} (exclusive), leaving {undone} undone",
            )

    # --- other days --------------------------------------------------------------------------------------------------

    def replay(self) -> bool:
        """Replay the honest unit to two dates, and show what differs; whether it differs as the story has it."""
        trail, unit, out = self.campus.trail, self.university.honest, self.out
        then = trail.at(self.then, known_at=self.then).unit(unit)
        later = trail.at(self.later, known_at=self.later).unit(unit)
        now = trail.at(self.then).unit(unit)
        for day, status in ((self.then, then), (self.later, later)):
            out.say(
                f"  {day} 当天屏幕上：{self._counts(status)}", f"  shown at the end of {day}: {self._counts(status)}"
            )
        changed = [c for c in later.diff(then) if c.before != c.after and c.before is not None]
        out.say(f"  两日之间变化 {len(changed)} 项，例如：", f"  between the two days {len(changed)} changed, such as:")
        for change in changed[:3]:
            out.line("    " + self._change(change))
        since = [c for c in now.diff(then) if c.before != c.after]
        out.say(
            f"  关于 {self.then}，今天知道而当时不知道的：{len(since)} 项",
            f"  about {self.then}, known today and not on that day: {len(since)}",
        )
        for change in since:
            out.line("    " + self._change(change))
        return any((c.before, c.after) == ("overdue", "in_time") for c in since)

    def _change(self, change: Change) -> str:
        what = f"{change.duty} {change.period} {change.post or change.unit}"
        lang = self.out.lang
        because = "; ".join(
            f"#{b.position} {moment(b.recorded).date()} {pick(LABELS[b.label], lang)}" for b in change.because[-2:]
        )
        return f"{what}: {state_text(change.before, lang)} → {state_text(change.after, lang)}  ({because})"

    # --- one evening -------------------------------------------------------------------------------------------------

    def evening(self) -> bool:
        """What was recorded in the evening before the inspection was announced; whether it shows as backfilled."""
        out, plan = self.out, self.university.plan
        unit, notice = self.university.backfiller, plan.notice
        eve = notice.date() - dt.timedelta(days=1)
        period = (dt.date(eve.year, 3, 1), eve)
        rows = self._happened(unit, period)
        burst = [e for e in rows if moment(e.record.recorded).date() == eve and moment(e.record.recorded).hour >= 19]
        if not burst:
            return False
        first, last = (moment(e.record.recorded) for e in (burst[0], burst[-1]))
        told = self.campus.acts[plan.one(why="inspection notice").key]
        out.say(
            f"  {self.name(unit)}：{eve} 晚 {first:%H:%M} 至 {last:%H:%M} 一次登记 {len(burst)} 条："
            f"{self._labels(burst)}",
            f"  {self.name(unit)}: on {eve} from {first:%H:%M} to {last:%H:%M}, {len(burst)} records: "
            f"{self._labels(burst)}",
        )
        out.say(
            f"  次日 {notice:%H:%M} 收到巡察通知（第 {told.position} 条）；当晚 18:30 的校验点已由校纪委见证，"
            "这些记录都在其后，说不成更早",
            f"  notice of the inspection came at {notice:%H:%M} on the next day (position {told.position}); the "
            "commission witnessed a checkpoint at 18:30 that evening, so nobody can say that they were made before it",
        )
        honest = self._happened(self.university.honest, period)
        out.say(
            f"  同期 {self.name(self.university.honest)}：{self._labels(honest)}",
            f"  in the same months {self.name(self.university.honest)}: {self._labels(honest)}",
        )
        out.say("  这是留给核查人员的问题，不是结论。", "  This is a question for the inspector, not a finding.")
        return Counter(e.because.label for e in burst)["backfilled"] * 2 > len(burst)

    def _happened(self, unit: str, period: Sequence[dt.date]) -> list[Entry]:
        first, last = (day.isoformat() for day in period)
        return [e for e in self.ledger if e.record.statement.unit == unit and first <= e.because.happened <= last]
