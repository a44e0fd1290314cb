"""
What the demonstration shows of the status: who has done what, what is overdue, and how it looked on other days.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Final

from trail.application import Trail
from trail.report.status import LABELS, state_text
from trail.report.words import padded, pick
from trail.testing.roster import POSTS, name_of

if TYPE_CHECKING:
    from trail.cli.output import Printer
    from trail.projections.values import Change, Obligation, UnitStatus

UNITS_SHOWN: Final = ("uni", "jia", "yi", "office")
THEN: Final = "2026-07-31"
LATER: Final = "2026-12-31"
_LISTED: Final = 6
_TITLES: Final = {row.post: row.title for row in POSTS}
_STATES: Final = ("in_time", "late", "overdue", "due_soon", "not_yet_due")
_TYPES: Final = {
    "ResponsibilityListDrafted": ("责任清单", "responsibility lists"),
    "TaskListDrafted": ("任务清单", "task lists"),
    "ListReviewed": ("审核", "reviews"),
    "ListReturned": ("退回", "returns"),
    "ListEndorsed": ("签字背书", "endorsements"),
    "CommitmentSigned": ("承诺", "commitments"),
    "PledgeSigned": ("责任书", "pledges"),
    "ListFiledForRecord": ("备案", "filings"),
    "FilingReceived": ("备案签收", "filings received"),
    "PaperReceiptRecorded": ("纸质回执", "paper receipts"),
    "TalkHeld": ("谈话", "talks"),
    "TalkConfirmed": ("谈话确认", "talks confirmed"),
    "ReportFiled": ("报告", "reports"),
    "ReportReceived": ("报告签收", "reports received"),
    "LeadReceived": ("线索", "leads"),
    "AccountabilityProposed": ("问责建议", "accountability proposed"),
    "AccountabilityInitiated": ("问责启动", "accountability initiated"),
    "AccountabilityDecided": ("问责决定", "accountability decided"),
    "RuleSetAdopted": ("采用规则", "rules adopted"),
    "RecordCorrected": ("更正", "corrections"),
}


def who(person: str | None, out: Printer) -> str:
    """A person by pseudonym and invented name."""
    return f"{name_of(person)} {person}" if person is not None else out.choose("空缺", "vacant")


def show_acts(trail: Trail, out: Printer) -> None:
    """Who has done what: each person's acts, counted by kind."""
    out.say("谁做了什么（以本人签名的记录为准）", "Who has done what (by the records that they signed)")
    counts: dict[str, Counter[str]] = {}
    for record in trail.records():
        kind = record.statement.type.rpartition("@")[0]
        if kind in _TYPES:
            for signer in record.statement.signers:
                counts.setdefault(f"{signer.post}\n{signer.person}", Counter())[kind] += 1
    for key in sorted(counts):
        post, person = key.split("\n")
        acts = out.choose("，", ", ").join(
            f"{out.choose(*_TYPES[kind])} {counts[key][kind]}" for kind in _TYPES if counts[key][kind]
        )
        out.line(f"  {post:<15} {padded(who(person, out), 14)} {acts}")


def show_overdue(trail: Trail, out: Printer) -> None:
    """How the units stand, and what is overdue with whom."""
    view = trail.at()
    for unit in UNITS_SHOWN:
        status = view.unit(unit)
        out.line(f"  {padded(f'{status.name} ({unit})', 22)} {_counts(status, out)}")
        overdue = status.overdue()
        for obligation in overdue[:_LISTED]:
            out.line("    " + _overdue_line(obligation, out))
        if len(overdue) > _LISTED:
            more = len(overdue) - _LISTED
            out.say(f"    …… 另有 {more} 项，见 trail status", f"    ... and {more} more: see trail status")


def _counts(status: UnitStatus, out: Printer) -> str:
    counts = Counter(o.state for o in status.obligations)
    words = (f"{state_text(state, out.lang)} {counts[state]}" for state in _STATES if counts[state])
    return out.choose("，", ", ").join(words)


def _overdue_line(o: Obligation, out: Printer) -> str:
    named = [str(m) for m in o.missing[:3] if m.counterpart or m.recipient or m.list]
    lacking = out.choose("，", ", ").join(named) + (" …" if len(o.missing) > 3 else "")
    whose = f"{o.post} {who(o.holder, out)}" if o.post is not None else out.choose("班子（集体）", "the body")
    return out.choose(
        f"逾期 {o.duty} {o.period}，{o.due} 到期：{whose}" + (f"，缺 {lacking}" if lacking else ""),
        f"overdue {o.duty} {o.period}, due {o.due}: {whose}" + (f", missing {lacking}" if lacking else ""),
    )


def show_handover(trail: Trail, out: Printer) -> None:
    """What the former secretary left undone when the post was handed over."""
    for post in trail.at().person("p-011").posts:
        undone, name = len(post.undone), who("p-011", out)
        out.say(
            f"  交接：{name} 任 {_TITLES[post.post]} 至 {post.until}（不含），移交时未完成 {undone} 项",
            f"  hand-over: {name} held {post.post} until {post.until} (exclusive), leaving {undone} undone",
        )


def show_replay(trail: Trail, out: Printer) -> bool:
    """Replay 甲学院 to two dates, and show what differs; whether it differs as the story has it."""
    then = trail.at(THEN, known_at=THEN).unit("jia")
    later = trail.at(LATER, known_at=LATER).unit("jia")
    now = trail.at(THEN).unit("jia")
    out.say(f"  {THEN} 当天屏幕上：{_counts(then, out)}", f"  shown at the end of {THEN}: {_counts(then, out)}")
    out.say(f"  {LATER} 当天屏幕上：{_counts(later, out)}", f"  shown at the end of {LATER}: {_counts(later, out)}")
    changed = [c for c in later.diff(then) if c.before != c.after and c.before is not None]
    out.say(f"  两日之间变化 {len(changed)} 项，例如：", f"  between the two days {len(changed)} changed, such as:")
    for change in changed[:3]:
        out.line("    " + _change_line(change, out))
    since = now.diff(then)
    out.say(
        f"  关于 {THEN}，今天知道而当时不知道的：{len(since)} 项",
        f"  about {THEN}, known today and not on that day: {len(since)}",
    )
    for change in since:
        out.line("    " + _change_line(change, out))
    return any((c.before, c.after) == ("overdue", "in_time") for c in since)


def _change_line(change: Change, out: Printer) -> str:
    what = f"{change.duty} {change.period} {change.post or change.unit}"
    because = "; ".join(
        f"#{b.position} {_day(b.recorded)} {pick(LABELS[b.label], out.lang)}" for b in change.because[-2:]
    )
    return f"{what}: {state_text(change.before, out.lang)} → {state_text(change.after, out.lang)}  ({because})"


def _day(seconds: int) -> str:
    shanghai = dt.timezone(dt.timedelta(hours=8))
    return dt.datetime.fromtimestamp(seconds, shanghai).date().isoformat()
