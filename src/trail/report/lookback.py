"""
What a person reads from a lookback (责任倒查), in Chinese and English.

Each line names position and leaf; the records at the end carry the whole leaf, who signed, and what is proven of their
times.  No colours, no ranking, no score.  Names and texts that come from the log are escaped and cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from trail.encoding import printable
from trail.projections.citing import Basis, Cited, GapCited, Line
from trail.projections.lookback_values import Answer, Held, Late, ListHeld, Lookback, Notice, Told
from trail.projections.shown import Count, Standing, Triggered
from trail.projections.values import Missing, Obligation
from trail.report.status import LABELS, POST_LABELS, STATES
from trail.report.times import legend, proven_text
from trail.report.words import moment, padded, pick

MORE_STATES: Final = {
    "open": ("未办", "open"),
    "closed": ("已办", "closed"),
    "in_place": ("已建立", "in place"),
    "not_in_place": ("未建立", "not in place"),
}
"""The states of what stands beside obligations."""
LIST_STATES: Final = {
    "endorsed": ("已签字背书", "endorsed"),
    "committed": ("已由党委（党总支）承诺", "committed to by the body"),
    "void": ("修改后背书失效", "edited since, so what was signed is void"),
    "none": ("未背书", "not endorsed"),
}
LISTS: Final = {"responsibility": ("责任清单", "responsibility list"), "task": ("任务清单", "task list")}
TELLING: Final = {
    "talk": ("谈话", "talk"),
    "circular": ("通报传达", "circular"),
    "directive": ("要求", "directive"),
    "receipt": ("签收", "receipt"),
}
REASONS: Final = {
    "after_date": ("该日之后才记", "recorded after the day"),
    "after_notice": ("检查通知之后才记", "recorded after the notice"),
    "burst": ("集中补记", "in a burst"),
}
HANDS: Final = {
    "own": ("本人签名", "own hand"),
    "recorded": ("经办人登记", "recorded by a recorder"),
    "imported": ("导入", "imported"),
}
MAX_TEXT: Final = 48
MAX_ROWS: Final = 60
_LEAF: Final = 16  # hexadecimal digits shown in a line; the whole leaf stands in the list of records


def lookback_lines(found: Lookback, lang: str) -> Iterator[str]:
    """A lookback, line by line."""
    zh = lang == "zh"
    who = found.unit if found.unit is not None else str(found.person)
    name = f"{word(found.name)} ({word(who)})" if found.name and found.name != who else word(who)
    subject = ("单位" if zh else "unit") if found.unit is not None else ("人员" if zh else "person")
    yield (
        f"责任倒查：{subject} {name}，截至 {moment(found.view.as_of - 1)}"
        if zh
        else (f"Lookback of {subject} {name}, as of {moment(found.view.as_of - 1)}")
    )
    if found.about:
        yield f"  {'只看责任' if zh else 'duties'}: {', '.join(map(word, found.about))}"
    yield from basis_lines(found.basis, lang)
    yield from notice_lines(found.notices, lang)
    yield from _part(("单位沿革", "The unit"), _cited(found.history, lang), lang, empty=found.unit is not None)
    yield from _part(("任职与任命", "Posts, and by whom appointed"), _posts(found.posts, lang), lang)
    yield from _part(("清单", "Lists in force"), _lists(found.lists, lang), lang)
    yield from _part(("应尽责任", "What was owed"), _answers(found.obligations, lang), lang)
    yield from _part(("事件引起的责任", "What events made due"), _answers(found.triggered, lang), lang, empty=False)
    yield from _part(("次数", "Numbers"), _answers(found.counts, lang), lang, empty=False)
    yield from _part(("制度建立", "To be in place"), _answers(found.standing, lang), lang, empty=False)
    yield from _part(("尚缺", "What is missing"), _missing(found.missing, lang), lang)
    yield from _part(("告知", "Who was told"), _told(found.told, lang), lang)
    yield from _part(("顺序缺口", "Gaps in the order"), _gaps(found.gaps, lang), lang)
    yield from _part(("事后记录", "Recorded later"), _later(found.recorded_later, lang), lang)
    yield from _part(("所做事项", "What was done"), _cited(found.acts, lang), lang)
    yield from _part(("所依据的记录", "The records"), record_lines(found.lines, lang), lang)


def basis_lines(basis: Basis, lang: str) -> Iterator[str]:
    """What an answer rests on."""
    root = "-" if basis.root is None else basis.root.hex()
    if lang == "zh":
        yield f"  依据前 {basis.positions} 条记录（其中 {basis.then} 条在该日结束前记入）"
        yield f"  树根 {root}"
    else:
        yield f"  rests on the first {basis.positions} records ({basis.then} of them recorded before the day was over)"
        yield f"  root {root}"
    yield f"  {_checkpoint(basis, lang)}"
    yield f"  {legend(basis.verified, lang)}"
    if basis.odd:
        sizes = ", ".join(map(str, basis.odd))
        yield (
            f"  注意：校验点 {sizes} 与数据库不符或未获认可，请先用 trail verify 核验" if lang == "zh"
            else f"  note: checkpoints {sizes} don't fit this database or the policy: run trail verify first"
        )  # fmt: skip


def _checkpoint(basis: Basis, lang: str) -> str:
    zh = lang == "zh"
    if basis.checkpoint is None:
        return "没有校验点覆盖全部所依据的记录" if zh else "no checkpoint covers all these records"
    names = ", ".join(map(word, basis.witnesses)) or ("无见证人" if zh else "nobody")
    checked = _checked(basis.verified, lang)
    if zh:
        return f"由校验点 {basis.checkpoint} 覆盖，见证：{names}（{checked}）"
    return f"covered by checkpoint {basis.checkpoint}, cosigned by {names} ({checked})"


def _checked(verified: bool, lang: str) -> str:
    if verified:
        return pick(("签名已按策略核对", "signatures checked under the policy"), lang)
    return pick(("未核对签名：没有给出策略", "signatures not checked: no policy was given"), lang)


def notice_lines(noted: Sequence[Notice], lang: str) -> Iterator[str]:
    """The notices of inspection that are taken into account."""
    for notice in noted:
        at = (
            ""
            if notice.position is None
            else pick((f"（第 {notice.position} 条）", f" (position {notice.position})"), lang)
        )
        yield f"  {pick(('检查通知', 'notice of inspection'), lang)}: {word(notice.day)}{at}"


def record_lines(lines: Iterable[Line], lang: str) -> Iterator[str]:
    """Each cited record with its whole leaf, its signers and, under a policy, its proven interval."""
    zh = lang == "zh"
    for line in lines:
        hand = pick(HANDS[line.hand], lang) if line.hand in HANDS else word(line.hand)
        signers = ", ".join(f"{word(person)}{f' ({word(post)})' if post else ''}" for person, post in line.signers)
        yield f"  {line_text(line, lang)}"
        yield f"      {'叶' if zh else 'leaf'} {line.leaf.hex()}"
        yield f"      {hand}{'，签名人 ' if zh else ', signed by '}{signers}"
        if line.bounds.verified:
            yield f"      {proven_text(line.bounds, line.recorded, lang)}"


def line_text(line: Line, lang: str) -> str:
    """One record: position, leaf, type, when it happened and was recorded, labels."""
    label = pick(LABELS[line.label], lang) if line.label in LABELS else word(line.label)
    held = [
        f"{word(post)} {pick(POST_LABELS[state], lang) if state in POST_LABELS else word(state)}"
        for post, state in line.posts
        if state != "held"
    ]
    about = "".join(f" · {one}" for one in held)
    leaf = line.leaf.hex()[:_LEAF]
    if lang == "zh":
        return (f"第 {line.position} 条 [{leaf}] {word(line.type)}，发生 {word(line.happened)}，"
                f"记于 {moment(line.recorded)[:16]}，{label}{about}")  # fmt: skip
    return (f"position {line.position} [{leaf}] {word(line.type)}, happened {word(line.happened)}, "
            f"recorded {moment(line.recorded)[:16]}, {label}{about}")  # fmt: skip


def word(text: object) -> str:
    """An id or a short name from the log: escaped and cut."""
    raw = str(text)
    return printable(raw[:64]) + ("…" if len(raw) > 64 else "")


def state_word(state: str | None, lang: str) -> str:
    """A state in words; None: it did not stand."""
    if state is None:
        return pick(("（无）", "(none)"), lang)
    pair = STATES.get(state) or MORE_STATES.get(state)
    return word(state) if pair is None else pick(pair, lang)


# -- the parts


def _part(title: tuple[str, str], lines: Iterable[str], lang: str, *, empty: bool = True) -> Iterator[str]:
    rows = list(lines)
    if rows or empty:
        yield ""
        yield pick(title, lang)
        yield from rows or [f"  {pick(('无', 'none'), lang)}"]


def _cited(cited: Cited, lang: str, lead: str = "", indent: str = "  ") -> Iterator[str]:
    later = pick(("［事后］", "[later] "), lang)
    for line in cited.records[:MAX_ROWS]:
        yield f"{indent}{lead}{line_text(line, lang)}"
    for line in cited.later[:MAX_ROWS]:
        yield f"{indent}{lead}{later}{line_text(line, lang)}"
    rest = sum(max(0, len(rows) - MAX_ROWS) for rows in cited)
    if rest:
        yield f"{indent}{pick((f'另有 {rest} 条，见 --json', f'{rest} more, see --json'), lang)}"


def _posts(posts: Iterable[Held], lang: str) -> Iterator[str]:
    zh = lang == "zh"
    for held in posts:
        if held.person is None:
            yield f"  {word(held.post)} {word(held.title)}: {'空缺' if zh else 'vacant'}"
            continue
        until = word(held.until) if held.until is not None else ("至今" if zh else "open")
        marks = [("代理" if zh else "acting")] * held.acting + [("当日在岗" if zh else "on the day")] * held.on_the_day
        title = f" {word(held.title)}" if held.title and held.title != held.post else ""
        shown = f" [{', '.join(marks)}]" if marks else ""
        yield f"  {word(held.post)}{title}: {word(held.person)}, {word(held.begin)} – {until}{shown}"
        if held.units:
            yield f"    {'分管' if zh else 'in charge of'}: {', '.join(map(word, held.units))}"
        yield from _cited(held.appointed, lang, "任命：" if zh else "appointed: ", "    ")
        yield from _cited(held.ended, lang, "免职：" if zh else "relieved: ", "    ")
        for undone in held.undone:
            lead = "交接时未办" if zh else "undone at hand-over"
            lacking = ("；" if zh else "; ").join(_lacking(one, lang) for one in undone.missing[:12])
            state = state_word(undone.state, lang)
            yield f"    {lead}: {word(undone.duty)} {word(undone.period)} ({state}, {word(undone.due)}) {lacking}"


def _lists(lists: Iterable[ListHeld], lang: str) -> Iterator[str]:
    zh = lang == "zh"
    for one in lists:
        kind = pick(LISTS[one.kind], lang) if one.kind in LISTS else word(one.kind)
        yield f"  {word(one.year)} {word(one.owner)} {kind}: {pick(LIST_STATES[one.state], lang)} ({word(one.day)})"
        yield from _cited(one.version, lang, "现行版本：" if zh else "version in force: ", "    ")
        yield from _cited(one.stands, lang, "背书：" if zh else "signed: ", "    ")
        yield from _cited(one.voided, lang, "针对旧版本：" if zh else "on an older version: ", "    ")
        yield from _cited(one.filed, lang, "备案：" if zh else "filed: ", "    ")


def _answers(answers: Iterable[Answer], lang: str) -> Iterator[str]:
    zh = lang == "zh"
    for answer in answers:
        one = answer.one
        state = padded(state_word(answer.state, lang), 8 if zh else 12)
        known = "" if answer.then == answer.state else (
            f" · {'当日所知：' if zh else 'as known then: '}{state_word(answer.then, lang)}"
        )  # fmt: skip
        who = _who(one.post, one.holder, lang)
        yield f"  {state} {padded(word(one.duty), 6)} {_when(answer, lang)} · {who}{known}"
        text = printable(one.text)
        yield f"           {word(one.article)} {text[:MAX_TEXT]}{'…' if len(text) > MAX_TEXT else ''}"
        lacking = _missing_of(answer, lang)
        if lacking:
            yield f"           {'尚缺：' if zh else 'missing: '}{lacking}"
        if isinstance(one, Obligation) and one.unreceived:
            names = ", ".join(map(word, one.unreceived))
            yield f"           {'未签收：' if zh else 'not yet signed for by: '}{names}"
        yield from _cited(answer.cited, lang, indent="           ")
        yield from (f"         {row}" for row in _gaps(answer.gaps, lang))


def _when(answer: Answer, lang: str) -> str:
    one = answer.one
    if isinstance(one, Obligation):
        return (
            f"{padded(word(one.period), 8)} {pick(('截止', 'due'), lang)} {word(one.due)} · {one.done}/{one.required}"
        )
    if isinstance(one, Triggered):
        days = one.elapsed_workdays
        return f"{word(one.since)} · {pick((f'{days} 个工作日', f'{days} working days'), lang)}"
    if isinstance(one, Count):
        return word(one.period)
    return word(one.since or "-")


def _missing_of(answer: Answer, lang: str) -> str:
    one = answer.one
    if isinstance(one, Count | Standing) or one.state == "void":
        return ""
    rows = [_lacking(row, lang) if isinstance(row, Missing) else word(row) for row in one.missing[:12]]
    rest = len(one.missing) - 12
    rows += [pick((f"另 {rest} 项", f"{rest} more"), lang)] if rest > 0 else []
    return ("；" if lang == "zh" else "; ").join(rows)


def _missing(answers: Iterable[Answer], lang: str) -> Iterator[str]:
    for answer in answers:
        one = answer.one
        lacking = _missing_of(answer, lang)
        state = padded(state_word(answer.state, lang), 8 if lang == "zh" else 12)
        who = _who(one.post, one.holder, lang)
        yield f"  {state} {padded(word(one.duty), 6)} {_when(answer, lang)} · {who} {lacking}".rstrip()


def _lacking(missing: Missing, lang: str) -> str:
    parts = []
    if missing.counterpart:
        persons = ", ".join(map(word, missing.persons))
        parts.append(word(missing.counterpart) + (f" [{persons}]" if persons else ""))
    if missing.list:
        parts.append(pick(LISTS[missing.list], lang) if missing.list in LISTS else word(missing.list))
    if missing.recipient:
        parts.append(pick(("报 ", "to "), lang) + word(missing.recipient))
    text = " ".join(parts) or pick(("次数", "times"), lang)
    return f"{text} x{missing.times}" if missing.times != 1 or not parts else text


def _who(post: str | None, holder: str | None, lang: str) -> str:
    zh = lang == "zh"
    if post is None:
        return "班子（集体）" if zh else "the body"
    person = word(holder) if holder is not None else ("空缺，由单位承担" if zh else "vacant, on the unit")
    return f"{word(post)} ({person})"


def _told(told: Sequence[Told], lang: str) -> Iterator[str]:
    for one in told[-MAX_ROWS:]:
        what = f" [{', '.join(map(word, one.what))}]" if one.what else ""
        by, to = ", ".join(map(word, one.by)), ", ".join(map(word, one.to)) or "-"
        yield f"  {word(one.happened)} {pick(TELLING[one.kind], lang)}{what}: {by} → {to}"
        yield from _cited(one.cited, lang, indent="    ")
        yield from _cited(one.words, lang, "对方：" if lang == "zh" else "the other side: ", "    ")
    if len(told) > MAX_ROWS:
        rest = len(told) - MAX_ROWS
        yield f"  {pick((f'更早的 {rest} 条见 --json', f'{rest} earlier ones, see --json'), lang)}"


def _gaps(gaps: Iterable[GapCited], lang: str) -> Iterator[str]:
    for one in gaps:
        text = printable(one.gap.zh if lang == "zh" else one.gap.en)
        at = ", ".join(f"{line.position} [{line.leaf.hex()[:_LEAF]}]" for line in one.cited.all[:12])
        where = pick((f"（第 {at} 条）", f" (position {at})"), lang) if at else ""
        yield f"  {word(one.gap.code)}: {text}{where}"


def _later(late: Sequence[Late], lang: str) -> Iterator[str]:
    for one in late:
        why = ("，" if lang == "zh" else ", ").join(pick(REASONS[reason], lang) for reason in one.why)
        yield f"  {line_text(one.line, lang)} · {why}"
