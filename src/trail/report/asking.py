"""
What a person reads from the ledger, the coverage of talks, the calendar, a draft, statistics and the burden.

No colours, no ranking, no score; units stand in the order of their ids.  Words and names that come from the log are
escaped and cut.  The sentences of a draft are Chinese in both languages, since the report is; its headings follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from trail.encoding import printable
from trail.projections.agenda import Agenda, Due
from trail.projections.basis import Because
from trail.projections.book import Ledger, Row
from trail.projections.burden import Burden, Load
from trail.projections.coverage import Coverage, Covered, Covering
from trail.projections.drafting import ReportDraft, Sentence, Short
from trail.projections.statistics import Counts, Statistics
from trail.projections.values import Missing, View
from trail.report.status import LABELS, STATES, because_text
from trail.report.times import legend, proven_text
from trail.report.words import moment, padded, pick

__all__ = ["agenda_lines", "burden_lines", "coverage_lines", "draft_lines", "ledger_lines", "statistics_lines"]

OPEN_STATES: Final = {
    **STATES,
    "open": ("未办结", "open"),
    "closed": ("已办结", "closed"),
}
"""The states of obligations, and of what events made due (`trail.projections.shown.TRIGGERED_STATES`)."""

SORTS: Final = {
    "acts": ("行为", "acts"),
    "edits": ("更正、作废等", "edits"),
    "registry": ("登记", "registry"),
}
_SOURCES: Final = {"text": ("", ""), "inferred": ("推定", "inferred"), "local_default": ("本地默认", "local default")}
_LISTS: Final = {"responsibility": ("责任清单", "responsibility list"), "task": ("任务清单", "task list")}
_NUMERALS: Final = "一二三四五六七八九十"
_MAX_TEXT: Final = 48
_MAX_MISSING: Final = 12
_MAX_SENTENCE: Final = 2_000


# --- the ledger ------------------------------------------------------------------------------------------------------


def ledger_lines(ledger: Ledger, lang: str) -> Iterator[str]:
    """The ledger, a line for each record, with its edits and notes beneath."""
    zh = lang == "zh"
    of = ledger.unit or ledger.person
    whose = ("全部" if zh else "all") if of is None else _id(of)
    kind = ("台账 " if zh else "Ledger of ") + whose
    yield kind + (f" · {_id(ledger.period)}" if ledger.period else "")
    yield from _view(ledger.view, lang)
    yield f"  {legend(ledger.policy, lang)}"
    yield f"记录 {len(ledger)} 条" if zh else f"Records {len(ledger)}"
    for row in ledger:
        yield from _row(row, lang)
    if ledger.later:
        yield (
            f"另有 {ledger.later} 条已知记录的发生时间在此之后，未列出"
            if zh
            else f"{ledger.later} more known records are dated later than that and not shown"
        )


def _row(row: Row, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    entry, statement = row.entry, row.entry.record.statement
    about = [pick(LABELS[entry.because.label], lang) if entry.because.label in LABELS else _id(entry.because.label)]
    if statement.period is not None:
        about.append(_id(statement.period))
    if statement.hand != "own":
        about.append(_hand(statement.hand, lang))
    if not entry.stands:
        about.append("已作废" if zh else "void")
    about += [pick(note, lang) for note in row.notes]
    who = ("、" if zh else ", ").join(_id(p.post or p.who) for p in statement.performers)
    sep = "，" if zh else ", "
    yield (
        f"  {entry.position:>6}  {padded(_id(row.date), 12)} {_id(statement.type)}  {who}  "
        f"{'记于' if zh else 'recorded'} {moment(entry.record.recorded)[:16]}{sep}{sep.join(about)}"
    )
    if row.bounds.verified:
        yield f"            {proven_text(row.bounds, entry.record.recorded, lang)}"
    for edit in entry.edits:
        yield f"            {'更改：' if zh else 'edit: '}{because_text(edit, lang)}"


# --- coverage --------------------------------------------------------------------------------------------------------


def coverage_lines(coverage: Coverage, lang: str) -> Iterator[str]:
    """Who was talked to and who was not, by duty."""
    zh = lang == "zh"
    name = _named(coverage.name, coverage.unit)
    yield f"谈话覆盖 {name} · {_id(coverage.year)}" if zh else f"Coverage of talks, {name} · {_id(coverage.year)}"
    yield from _view(coverage.view, lang)
    for duty in coverage.duties:
        yield from _covering(duty, lang)
    if not coverage.duties:
        yield "  没有需要覆盖谈话对象的责任" if zh else "  no duty that covers counterparts"
    yield ""
    yield f"尚无人谈话（{len(coverage.untouched)}）" if zh else f"Nobody has talked to yet ({len(coverage.untouched)})"
    for one in coverage.untouched:
        persons = ", ".join(_id(p) for p in one.persons)
        beside = f" [{persons}]" if persons else ""
        yield f"  {_titled(one.id, one.title)}{beside} · {', '.join(_id(d) for d in one.duties)}"


def _covering(duty: Covering, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    done = len(duty.counterparts) - len(duty.missing)
    yield ""
    state = pick(OPEN_STATES[duty.state], lang) if duty.state in OPEN_STATES else _id(duty.state)
    who = _who(duty.post, duty.holder, lang)
    yield (
        f"{_id(duty.duty)} {_id(duty.period)} · {who} · {'截止' if zh else 'due'} {_id(duty.due)} · {state} · "
        f"{'已覆盖' if zh else 'covered'} {done}/{len(duty.counterparts)}"
    )
    yield f"  {_id(duty.article)} {_cut(duty.text)}"
    for one in duty.counterparts:
        yield from _counterpart(one, lang)


def _counterpart(one: Covered, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    mark = ("已谈" if zh else "done   ") if one.covered else ("未谈" if zh else "not yet")
    times = f" {one.times}/{one.required}" if one.required > 1 else ""
    yield f"  {mark}{times} {_titled(one.id, one.title)}"
    for person in one.persons:
        named = ", ".join(str(position) for position in person.named)
        until = person.until or ("至今" if zh else "now")
        talked = (f"，见第 {named} 条" if zh else f", position {named}") if named else ""
        yield f"        [{_id(person.person)} {person.begin} – {until}{talked}]"
    for because in one.by:
        yield f"        {because_text(because, lang)}"


# --- the calendar ----------------------------------------------------------------------------------------------------


def agenda_lines(agenda: Agenda, lang: str) -> Iterator[str]:
    """The calendar, day by day: what to be reminded of, and what is due."""
    zh = lang == "zh"
    whose = _id(agenda.unit) if agenda.unit is not None else ("全部单位" if zh else "all units")
    yield (
        f"日程 {whose} · {agenda.since} 至 {agenda.until}" if zh else f"Due, {whose} · {agenda.since} to {agenda.until}"
    )
    yield from _view(agenda.view, lang)
    empty = True
    for date, remind, due in agenda.days():
        empty = False
        yield ""
        yield date
        for item in due:
            yield from _due(item, "到期" if zh else "due", lang)
        for item in remind:
            yield from _due(item, f"提醒（{item.due} 到期）" if zh else f"remind (due {item.due})", lang)
    if empty:
        yield "  无" if zh else "  nothing"
    if agenda.earlier:
        yield ""
        yield (
            f"此前到期、尚未办结：{agenda.earlier} 项"
            if zh
            else f"due before that and still to be done: {agenda.earlier}"
        )


def _due(item: Due, lead: str, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    what = {"rectification": ("限期整改", "rectification ordered")}.get(item.sort, (item.duty, item.duty))
    state = pick(OPEN_STATES[item.state], lang) if item.state in OPEN_STATES else _id(item.state)
    source = pick(_SOURCES.get(item.due_source, ("", "")), lang)
    source = (f"（{source}）" if zh else f" ({source})") if source else ""
    yield (
        f"  {lead}{source}  {_id(pick(what, lang))} {_id(item.period)} · {_id(item.unit)} · "
        f"{_who(item.post, item.holder, lang)} · {state}"
    )
    if item.text:
        yield f"      {_id(item.article)} {_cut(item.text)}"
    if item.missing:
        yield f"      {_missing_line(item.missing, lang)}"
    for because in item.because:
        yield f"      {because_text(because, lang)}"


# --- a draft ---------------------------------------------------------------------------------------------------------


def draft_lines(draft: ReportDraft, lang: str) -> Iterator[str]:
    """The draft as plain text: headings in the language, sentences in Chinese, each with what it cites."""
    zh = lang == "zh"
    yield from _draft_head(draft, lang)
    yield ""
    yield _heading(1, ("已记录的事实", "What is recorded"), lang)
    number = 0
    for section in draft.sections:
        yield ""
        if section.duty:
            yield f"（{_id(section.duty)} · {_id(section.article)}）{printable(section.text[:200])}"
        else:
            yield "其他已记录的行为" if zh else "Other recorded acts"
        for sentence in section.sentences:
            number += 1
            yield f"  {number}. {_sentence(sentence, lang)}"
    if not number:
        yield "  本期没有记录。" if zh else "  Nothing is recorded in this period."
    yield ""
    yield _heading(2, ("未完成、迟于期限或尚未到期的事项", "What is missing, late or not due yet"), lang)
    for short in draft.short:
        yield from _short(short, lang)
    if not draft.short:
        yield "  无" if zh else "  none"
    yield ""
    yield _heading(3, ("记录中的缺口", "Gaps in the records"), lang)
    for gap in draft.gaps:
        at = ", ".join(str(position) for position in gap.positions[:_MAX_MISSING])
        text = printable(gap.zh if zh else gap.en)
        yield f"  {_id(gap.code)}：{text}（第 {at} 条）" if zh else f"  {_id(gap.code)}: {text} (position {at})"
    if not draft.gaps:
        yield "  无" if zh else "  none"
    yield ""
    yield _heading(4, ("本期没有记录的职责", "Duties for which nothing was recorded"), lang)
    yield "  " + (("、" if zh else ", ").join(_id(d) for d in draft.unrecorded) or ("无" if zh else "none"))


def _draft_head(draft: ReportDraft, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    text = printable(draft.text[:200])
    if zh:
        yield f"草稿 {_id(draft.duty)}（{_id(draft.article)}）{text}"
    else:
        yield f"Draft of {_id(draft.duty)} ({_id(draft.article)}) {text}"
    who = _named(draft.name, draft.unit)
    if draft.post is not None:
        holder = f" · {_id(draft.holder)}" if draft.holder else ""
        who += f" · {_titled(draft.post, draft.title)}{holder}"
    to = ("、" if zh else ", ").join(_id(name) for name in draft.recipients)
    yield f"{'报告人' if zh else 'By'}{'：' if zh else ': '}{who}"
    yield (
        f"期间：{_id(draft.period)}（{draft.since} 至 {draft.until}）；截止 {draft.due}；报：{to or '无'}"
        if zh
        else f"Period: {_id(draft.period)} ({draft.since} to {draft.until}); due {draft.due}; to: {to or 'nobody'}"
    )
    yield from _view(draft.view, lang)
    yield (
        "本稿只复述已记录的事实，每句注明所据记录；评价、原因和打算不在记录之内，由报告人撰写。"
        if zh
        else "It only tells what is recorded, and each sentence cites its record; what is to be judged, explained or "
        "planned is for whoever signs."
    )


def _sentence(one: Sentence, lang: str) -> str:
    zh = lang == "zh"
    about = [f"第 {one.position} 条" if zh else f"position {one.position}", f"{'事件' if zh else 'event'} {one.event}"]
    because: Because = one.because
    about.append(pick(LABELS[because.label], lang) if because.label in LABELS else _id(because.label))
    if one.hand != "own":
        about.append(_hand(one.hand, lang))
    if one.duties:
        about.append(("职责 " if zh else "duties ") + ("、" if zh else ", ").join(_id(d) for d in one.duties))
    return f"{printable(one.text[:_MAX_SENTENCE])}。〔{('，' if zh else ', ').join(about)}〕"


def _short(one: Short, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    state = pick(OPEN_STATES[one.state], lang) if one.state in OPEN_STATES else _id(one.state)
    due = "" if one.due is None else f" · {'截止' if zh else 'due'} {_id(one.due)}"
    yield f"  {state} {_id(one.duty)}（{_id(one.article)}）{_id(one.period)}{due} {_cut(one.text)}"
    if one.missing:
        yield f"      {_missing_line(one.missing, lang)}"


def _heading(number: int, pair: tuple[str, str], lang: str) -> str:
    return f"{_NUMERALS[number - 1]}、{pair[0]}" if lang == "zh" else f"{number}. {pair[1]}"


# --- statistics and burden -------------------------------------------------------------------------------------------


def statistics_lines(statistics: Statistics, lang: str) -> Iterator[str]:
    """The counts, unit by unit in the order of their ids, then of all."""
    zh = lang == "zh"
    yield f"统计 {_id(statistics.period)}" if zh else f"Statistics of {_id(statistics.period)}"
    yield from _view(statistics.view, lang)
    for row in statistics.units:
        yield ""
        yield _named(row.name, row.unit) if row.unit else ("（不属于任何单位）" if zh else "(of no unit)")
        yield from _counts(row.counts, lang)
    yield ""
    yield "合计" if zh else "All together"
    yield from _counts(statistics.total, lang)


def _counts(counts: Counts, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    colon = "：" if zh else ": "
    states = _joined(counts.states, OPEN_STATES, lang)
    yield f"  {'应尽责任' if zh else 'obligations'} {counts.obligations}{colon}{states}"
    for duty, row in counts.duties.items():
        yield f"      {padded(_id(duty), 6)} {_joined(row, OPEN_STATES, lang)}"
    if counts.triggered:
        yield "  事件触发的责任" if zh else "  made due by events"
    for duty, row in counts.triggered.items():
        yield f"      {padded(_id(duty), 6)} {_joined(row, OPEN_STATES, lang)}"
    yield f"  {'行为记录' if zh else 'acts'} {counts.acts}{colon}{_joined(counts.labels, LABELS, lang)}"


def burden_lines(burden: Burden, lang: str) -> Iterator[str]:
    """The burden, unit by unit in the order of their ids, then of all."""
    zh = lang == "zh"
    yield f"负担 {_id(burden.period)}" if zh else f"Burden of {_id(burden.period)}"
    yield f"  据前 {burden.view.known_at} 条记录" if zh else f"  known from the first {burden.view.known_at} records"
    yield (
        f"  参考线：每单位本期 {burden.line} 次录入（全年 {burden.line_year} 次）；超过说明系统或规则过繁，不怪单位"
        if zh
        else f"  inputs expected of a unit: {burden.line} in this period ({burden.line_year} in a year); more says "
        "that the program or its rules ask too much, nothing of the unit"
    )
    for load in burden.units:
        yield ""
        yield _named(load.name, load.unit) if load.unit else ("（不属于任何单位）" if zh else "(of no unit)")
        yield from _load(load, lang)
    yield ""
    yield "合计" if zh else "All together"
    yield from _load(burden.total, lang)


def _load(load: Load, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    above = ("，超过参考线" if zh else ", above the line") if load.above else ""
    sorts = _joined(load.sorts, SORTS, lang)
    yield (
        f"  录入 {load.inputs} 次{above}（{sorts}），签名 {load.gestures} 次"
        if zh
        else f"  inputs {load.inputs}{above} ({sorts}), signatures {load.gestures}"
    )
    months = ("，" if zh else ", ").join(f"{month} {count}" for month, count in load.months.items())
    yield f"  {'按月：' if zh else 'by month: '}{months or '-'}"
    served = ("，" if zh else ", ").join(
        (f"{acts} 条服务 {duties} 项责任" if zh else f"{acts} served {duties}") for duties, acts in load.served.items()
    )
    yield (
        f"  一次记录多处使用：{served or '-'}；免去重复录入 {load.avoided} 次"
        if zh
        else f"  duties per act: {served or '-'}; duplicates avoided {load.avoided}"
    )
    yield (
        f"  存储 {load.stored} 字节；附件 {load.referred} 字节留在原系统"
        if zh
        else f"  stored {load.stored} bytes; attachments of {load.referred} bytes stay where they are"
    )


# --- words -----------------------------------------------------------------------------------------------------------


def _joined(counts: Mapping[str, int], words: Mapping[str, tuple[str, str]], lang: str) -> str:
    shown = [f"{pick(words[name], lang) if name in words else _id(name)} {count}" for name, count in counts.items()]
    return ("，" if lang == "zh" else ", ").join(shown) or ("无" if lang == "zh" else "none")


def _view(view: View, lang: str) -> Iterator[str]:
    last = moment(view.as_of - 1)  # the bound is exclusive
    if lang == "zh":
        yield f"  截至 {last}；据前 {view.known_at} 条记录"
    else:
        yield f"  as of {last}; known from the first {view.known_at} records"


def _who(post: str | None, holder: str | None, lang: str) -> str:
    zh = lang == "zh"
    if post is None:
        return "班子（集体）" if zh else "the body"
    person = _id(holder) if holder is not None else ("空缺" if zh else "vacant")
    return f"{_id(post)}（{person}）" if zh else f"{_id(post)} ({person})"


def _hand(hand: str, lang: str) -> str:
    words = {"recorded": ("经办人登记", "recorded by a clerk"), "imported": ("导入", "imported")}
    return pick(words[hand], lang) if hand in words else _id(hand)


def _missing_line(rows: Iterable[Missing], lang: str) -> str:
    zh = lang == "zh"
    shown = [_missing(row, lang) for row in rows]
    if len(shown) > _MAX_MISSING:
        rest = len(shown) - _MAX_MISSING
        shown[_MAX_MISSING:] = [f"另 {rest} 项" if zh else f"{rest} more"]
    return ("尚缺：" if zh else "missing: ") + ("；" if zh else "; ").join(shown)


def _missing(one: Missing, lang: str) -> str:
    parts = []
    if one.counterpart:
        persons = ", ".join(_id(p) for p in one.persons)
        parts.append(_id(one.counterpart) + (f" [{persons}]" if persons else ""))
    if one.list:
        parts.append(pick(_LISTS.get(one.list, (one.list, one.list)), lang))
    if one.recipient:
        parts.append(("报 " if lang == "zh" else "to ") + _id(one.recipient))
    text = " ".join(parts) or ("次数" if lang == "zh" else "times")
    return text if one.times == 1 and parts else f"{text} x{one.times}"


def _named(name: str, unit: str) -> str:
    return f"{_id(name)} ({_id(unit)})" if name and name != unit else _id(unit)


def _titled(post: str, title: str) -> str:
    return f"{_id(title)} ({_id(post)})" if title and title != post else _id(post)


def _cut(text: str) -> str:
    shown = printable(text[:_MAX_TEXT])
    return shown + "…" if len(text) > _MAX_TEXT else shown


def _id(text: str) -> str:
    """An id or a short name from the log: escaped and cut."""
    shown = printable(str(text)[:64])
    return shown if len(str(text)) <= 64 else shown + "…"
