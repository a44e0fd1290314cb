"""
What a person reads from the status of a unit or a person, in Chinese and English.

No colours, no ranking, no score: obligations with their due day and state, what is missing, and the records that it
rests on.  Names and texts that come from the log are escaped and cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from trail.aggregates.state import Gap
from trail.encoding import printable
from trail.projections.citing import Bounds
from trail.projections.values import Because, Change, Missing, Obligation, PersonStatus, PostHeld, UnitStatus, View
from trail.report.times import legend, proven_text
from trail.report.words import moment, padded, pick

STATES: Final = {
    "not_yet_due": ("未到期", "not yet due"),
    "due_soon": ("临近", "due soon"),
    "in_time": ("按期", "in time"),
    "late": ("迟", "late"),
    "overdue": ("逾期", "overdue"),
    "void": ("无对象", "nobody to cover"),
}
"""The states of `trail.projections.values.STATES`; a test compares."""

LABELS: Final = {
    "contemporaneous": ("当期", "contemporaneous"),
    "late": ("迟记", "recorded late"),
    "backfilled": ("补记", "backfilled"),
}
POST_LABELS: Final = {
    "held": ("在岗", "held"),
    "confirmed_later": ("事后确认在岗", "confirmed later"),
    "no_longer_held": ("记录时已离岗", "no longer held when recorded"),
    "not_held": ("不在岗", "not held"),
}
_SOURCES: Final = {
    "text": ("", ""),
    "inferred": ("推定", "inferred"),
    "local_default": ("本地默认", "local default"),
}
_LISTS: Final = {"responsibility": ("责任清单", "responsibility list"), "task": ("任务清单", "task list")}

MAX_TEXT: Final = 48
MAX_MISSING: Final = 12
MAX_ACTS: Final = 50


Proofs = Callable[[int], Bounds]
"""Gives what is proven, under a policy, of the times of the record at a position."""


def unit_lines(status: UnitStatus, lang: str) -> Iterator[str]:
    """The status of a unit, line by line."""
    zh = lang == "zh"
    name = f"{_id(status.name)} ({_id(status.unit)})" if status.name != status.unit else _id(status.unit)
    yield f"单位 {name}" if zh else f"Unit {name}"
    yield from _view(status.view, lang)
    yield _counted(status.obligations, lang)
    yield from _obligations(status.obligations, lang)
    yield from _gaps(status.gaps, lang)


def person_lines(status: PersonStatus, lang: str, proofs: Proofs | None = None) -> Iterator[str]:
    """The status of a person, line by line; with *proofs*, what is proven of each act's times."""
    zh = lang == "zh"
    yield f"人员 {_id(status.person)}" if zh else f"Person {_id(status.person)}"
    yield from _view(status.view, lang)
    yield f"  {legend(proofs is not None, lang)}"
    yield ""
    yield "任职" if zh else "Posts"
    for post in status.posts:
        yield from _post(post, lang)
    if not status.posts:
        yield "  无" if zh else "  none"
    yield ""
    yield _counted(status.obligations, lang)
    yield from _obligations(status.obligations, lang)
    yield ""
    yield f"本人行为（{len(status.acts)}）" if zh else f"Own acts ({len(status.acts)})"
    for act in status.acts[-MAX_ACTS:]:
        yield f"  {because_text(act, lang)}"
        yield from _proven(act, proofs, lang, "      ")
    if len(status.acts) > MAX_ACTS:
        rest = len(status.acts) - MAX_ACTS
        yield f"  更早的 {rest} 条见 --json" if zh else f"  {rest} earlier ones, see --json"


def change_lines(changes: Iterable[Change], lang: str, proofs: Proofs | None = None) -> Iterator[str]:
    """What differs between two views, line by line; with *proofs*, what is proven of each record's times."""
    zh = lang == "zh"
    some = False
    yield f"  {legend(proofs is not None, lang)}"
    for change in changes:
        some = True
        who = _who(change.post, change.holder, lang)
        before, after = (state_text(state, lang) for state in (change.before, change.after))
        yield (
            f"  {padded(_id(change.duty), 6)} {_id(change.period)}  {who}：{before} → {after}"
            if zh
            else (f"  {padded(_id(change.duty), 6)} {_id(change.period)}  {who}: {before} -> {after}")
        )
        for because in change.because[:MAX_MISSING]:
            yield f"         {because_text(because, lang)}"
            yield from _proven(because, proofs, lang, "             ")
        if len(change.because) > MAX_MISSING:
            rest = len(change.because) - MAX_MISSING
            yield f"         另有 {rest} 条" if zh else f"         and {rest} more"
    if not some:
        yield "  没有差别" if zh else "  no difference"


def state_text(state: str | None, lang: str) -> str:
    """A state in words; None: the obligation does not stand in that view."""
    if state is None:
        return pick(("（无）", "(none)"), lang)
    return pick(STATES[state], lang) if state in STATES else _id(state)


def because_text(because: Because, lang: str) -> str:
    """One record that a status rests on: position, type, when it happened and was recorded, labels."""
    label = pick(LABELS[because.label], lang) if because.label in LABELS else _id(because.label)
    posts = [
        f"{_id(post)} {pick(POST_LABELS[held], lang) if held in POST_LABELS else _id(held)}"
        for post, held in because.posts
        if held != "held"
    ]
    about = (" · " + ", ".join(posts)) if posts else ""
    if lang == "zh":
        return (f"第 {because.position} 条 {_id(because.type)}，发生 {_id(because.happened)}，"
                f"记于 {moment(because.recorded)[:16]}，{label}{about}")  # fmt: skip
    return (f"position {because.position} {_id(because.type)}, happened {_id(because.happened)}, "
            f"recorded {moment(because.recorded)[:16]}, {label}{about}")  # fmt: skip


def _proven(because: Because, proofs: Proofs | None, lang: str, indent: str) -> Iterator[str]:
    if proofs is not None:
        yield indent + proven_text(proofs(because.position), because.recorded, lang)


def _id(text: str) -> str:
    """An id or a short name from the log: escaped and cut."""
    shown = printable(str(text)[:64])
    return shown if len(str(text)) <= 64 else shown + "…"


def _view(view: View, lang: str) -> Iterator[str]:
    # The bound is exclusive: the last second before it is what "as of" means to a reader.
    last = moment(view.as_of - 1)
    if lang == "zh":
        yield f"  截至 {last}；据前 {view.known_at} 条记录"
    else:
        yield f"  as of {last}; known from the first {view.known_at} records"


def _counted(obligations: tuple[Obligation, ...], lang: str) -> str:
    counts = [(state, sum(o.state == state for o in obligations)) for state in STATES]
    shown = [f"{pick(STATES[state], lang)} {count}" for state, count in counts if count]
    if lang == "zh":
        return f"应尽责任 {len(obligations)} 项：" + ("，".join(shown) or "无")
    return f"Obligations {len(obligations)}: " + (", ".join(shown) or "none")


def _obligations(obligations: tuple[Obligation, ...], lang: str) -> Iterator[str]:
    for one in obligations:
        yield from obligation_lines(one, lang)


def obligation_lines(one: Obligation, lang: str) -> Iterator[str]:
    """One obligation: state, duty, period, due day, on whom it stands; then what is missing, and its gaps."""
    zh = lang == "zh"
    state = padded(state_text(one.state, lang), 8 if zh else 12)
    source = pick(_SOURCES.get(one.due_source, ("", "")), lang)
    due = f"{_id(one.due)}{'（' + source + '）' if zh and source else f' ({source})' if source else ''}"
    due_label = "截止" if zh else "due"
    yield (
        f"  {state} {padded(_id(one.duty), 6)} {padded(_id(one.period), 8)} {due_label} {due} · "
        f"{_who(one.post, one.holder, lang)} · {one.done}/{one.required}"
    )
    text = printable(one.text)
    yield f"           {_id(one.article)} {text[:MAX_TEXT]}{'…' if len(text) > MAX_TEXT else ''}"
    if one.missing and one.state != "void":
        rows = [_missing(m, lang) for m in one.missing[:MAX_MISSING]]
        if len(one.missing) > MAX_MISSING:
            rest = len(one.missing) - MAX_MISSING
            rows.append(f"另 {rest} 项" if zh else f"{rest} more")
        yield f"           {'尚缺：' if zh else 'missing: '}{('；' if zh else '; ').join(rows)}"
    if one.unreceived:
        names = ", ".join(_id(name) for name in one.unreceived)
        yield f"           {'未签收：' if zh else 'not yet signed for by: '}{names}"
    for gap in one.gaps:
        yield f"           {_gap(gap, lang)}"


def _who(post: str | None, holder: str | None, lang: str) -> str:
    zh = lang == "zh"
    if post is None:
        return "班子（集体）" if zh else "the body"
    person = _id(holder) if holder is not None else ("空缺，由单位承担" if zh else "vacant, on the unit")
    return f"{_id(post)}（{person}）" if zh else f"{_id(post)} ({person})"


def _missing(missing: Missing, lang: str) -> str:
    parts = []
    if missing.counterpart:
        persons = ", ".join(_id(p) for p in missing.persons)
        parts.append(_id(missing.counterpart) + (f" [{persons}]" if persons else ""))
    if missing.list:
        parts.append(pick(_LISTS.get(missing.list, (missing.list, missing.list)), lang))
    if missing.recipient:
        parts.append(("报 " if lang == "zh" else "to ") + _id(missing.recipient))
    text = " ".join(parts) or ("次数" if lang == "zh" else "times")
    *_, count = missing
    return f"{text} x{count}" if count != 1 or not parts else text


def _gap(gap: Gap, lang: str) -> str:
    at = ", ".join(str(position) for position in gap.positions[:MAX_MISSING])
    text = printable(gap.zh if lang == "zh" else gap.en)
    where = (f"（第 {at} 条）" if lang == "zh" else f" (position {at})") if at else ""
    return f"{'缺口' if lang == 'zh' else 'gap'} {_id(gap.code)}{'：' if lang == 'zh' else ': '}{text}{where}"


def _gaps(gaps: tuple[Gap, ...], lang: str) -> Iterator[str]:
    if gaps:
        yield ""
        yield f"清单与规则的缺口（{len(gaps)}）" if lang == "zh" else f"Gaps of lists and rules ({len(gaps)})"
        for gap in gaps:
            yield f"  {_gap(gap, lang)}"


def _post(post: PostHeld, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    until = _id(post.until) if post.until is not None else ("至今" if zh else "now")
    acting = ("，代理" if zh else ", acting") if post.acting else ""
    yield f"  {_id(post.post)}  {_id(post.begin)} – {until}{acting}"
    for undone in post.undone:
        missing = ("；" if zh else "; ").join(_missing(m, lang) for m in undone.missing[:MAX_MISSING])
        lead = "交接时未办" if zh else "undone at hand-over"
        state = state_text(undone.state, lang)
        yield f"    {lead}: {_id(undone.duty)} {_id(undone.period)} ({state}, {_id(undone.due)}) {missing}"
