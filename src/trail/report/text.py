"""
What a person reads from a `Report`, in Chinese and English.

The first line is the verdict, written by this module alone, and the last line repeats it; everything that comes from
the evidence stands in quotes on indented lines, escaped and cut, so that no record can write a verdict of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trail.evidence.opaque import OPAQUE_KIND
from trail.evidence.refusals import CHECKS as CHECK_NUMBERS
from trail.evidence.refusals import CODES, FORGED, REMARK
from trail.evidence.verdict import Finding, Report, Verdict
from trail.report.contents import (
    BY_HELD,
    anchored_by,
    counts,
    extract_headline,
    extract_lines,
    extract_rows,
    scope,
    summary,
)
from trail.report.lineage import bears_words, lineage_rows
from trail.report.messages import ADVICE, MESSAGES, Message
from trail.report.method import method_lines
from trail.report.resumed import alarm_clause, resumed_clause, resumed_lines
from trail.report.times import times_rows
from trail.report.words import (
    CHECK_STATES,
    CHECKS,
    CUSTODIES,
    INCLUSION,
    OPAQUE_CHECKS,
    VERDICTS,
    moment,
    padded,
    pick,
    quoted,
    short,
)

MAX_EACH: Final = 5
"""How many findings of one code are printed; the report as JSON lists more and counts all."""

MAX_KEYS: Final = 20
"""How many keys are printed with those who enrolled them; the report as JSON lists all."""

_LABEL: Final = 17
_ONLY_ORDER: Final = (
    "；仅指自记入以来的次序与完整，无人签名",
    "; order and integrity since recording only, signed by nobody",
)
_IN_EXTRACT: Final = ("摘录：", "an extract: ")
_APPLICATION: Final = (
    "其他应用的事件：只核验次序与完整，不解释内容，无人签名",
    "events of an application: order and integrity alone, not interpreted, signed by nobody",
)
KINDS: Final = {
    "database": ("数据库", "a database"),
    "file": ("证据文件", "an evidence file"),
    "extract": ("摘录：只证明所出示的各条", "an extract: it proves what it shows, entry by entry"),
    "proof": ("单条记录的证明（C2SP tlog-proof）", "a proof of one entry (C2SP tlog-proof)"),
}
_NOT_COVERED: Final = ("快照与跟踪记录", "snapshots and tracking records")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """
    What was given to the verifier, for the report: paths as typed, digests in hexadecimal.

    ``memory`` are lines about the inspector's memory, in the report's language.
    """

    evidence: str = ""
    evidence_digest: str = ""
    policy: str = ""
    known: str = ""
    known_digest: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    memory: Sequence[str] = ()


def headline(report: Report, lang: str) -> str:
    """The verdict and what it is for, in one line."""
    verdict = pick(VERDICTS[report.verdict.value], lang)
    if report.extract is not None and report.verdict is Verdict.INCONCLUSIVE:
        return extract_headline(verdict, report, report.extract, lang)
    if report.verdict is Verdict.INTACT:
        when = moment(report.anchored_at)
        only = pick(_ONLY_ORDER, lang) if report.log_kind == OPAQUE_KIND else ""
        held = pick(BY_HELD, lang) if report.anchored_held else ""
        if lang == "zh":
            undated = f"，{held}锚定，无可证明的时间" if held else "，锚定无可证明的时间"
            dated = f"，不晚于 {when} 已被锚定" if report.anchored_at is not None else undated
            return f"结论：{verdict}（第 1 至 {report.anchored} 条{dated}{only}{resumed_clause(report, lang)}）"
        by = f" {held}," if held else ""
        dated = f" not after {when}" if report.anchored_at is not None else " without a proven time"
        rest = f"anchored{by}{dated}{only}{resumed_clause(report, lang)}"
        return f"Verdict: {verdict} (positions 1 to {report.anchored}, {rest})"
    number = sum(report.counts[code] for code in report.counts if CODES[code][1] is not REMARK)
    if report.verdict is Verdict.ALTERED:
        forged = sum(report.counts[code] for code in report.counts if CODES[code][1] is FORGED)
        kind = "" if report.extract is None else pick(_IN_EXTRACT, lang)
        if lang == "zh":
            return f"结论：{verdict}（{kind}{forged} 处没有正当解释；发现共 {number} 项{alarm_clause(report, lang)}）"
        return (
            f"Verdict: {verdict} ({kind}{forged} without an honest explanation, of {number} findings"
            f"{alarm_clause(report, lang)})"
        )
    if lang == "zh":
        return f"结论：{verdict}（有 {number} 项未能核实；这既不是“完好”，也不是“被改动”）"
    return f"Verdict: {verdict} ({number} findings left open; neither intact nor altered)"


def report_lines(report: Report, lang: str, inputs: Inputs | None = None) -> Iterator[str]:
    """The whole report, line by line."""
    zh = lang == "zh"
    yield headline(report, lang)
    yield summary(report, lang)
    yield ""
    yield from _overview(report, lang)
    for section in (list(resumed_lines(report, lang)), inputs.memory if inputs is not None else ()):
        if section:
            yield ""
            yield from section
    if report.findings:
        yield ""
        yield "发现的问题" if zh else "Findings"
        yield from _findings(report.findings, report.counts, lang)
    if report.remarks:
        yield ""
        yield "备注（不影响结论）" if zh else "Remarks (they change no verdict)"
        yield from _findings(report.remarks, report.counts, lang)
    yield ""
    yield "核验项目" if zh else "Checks"
    yield from _checks(report, lang)
    yield ""
    yield from method_lines(lang, report.log_kind, extract=report.extract is not None)
    yield ""
    yield "依据" if zh else "Made from"
    yield from _made_from(report, lang, inputs or Inputs())
    yield ""
    yield headline(report, lang)


def _row(label: tuple[str, str], value: str, lang: str) -> str:
    return f"  {padded(pick(label, lang), _LABEL)} {value}"


def _overview(report: Report, lang: str) -> Iterator[str]:
    yield _row(("日志", "log"), quoted(report.origin), lang)
    yield _row(("核验对象", "verified"), pick(KINDS.get(report.kind, KINDS["file"]), lang), lang)
    if report.log_kind == OPAQUE_KIND:
        yield _row(("日志种类", "kind of log"), pick(_APPLICATION, lang), lang)
    if report.extract is not None:
        yield from (_row(label, value, lang) for label, value in extract_rows(report, report.extract, lang))
        yield from extract_lines(report.extract, lang)
    else:
        yield from _anchored(report, lang)
    yield _row(("内容范围", "scope"), scope(report, lang), lang)
    if report.log_kind == OPAQUE_KIND:
        yield _row(("事件内容", "states"), counts(report.parts, lang), lang)
        yield _row(("不在核验之列", "not covered"), pick(_NOT_COVERED, lang), lang)
    else:
        yield _row(("正文", "body parts"), counts(report.parts, lang), lang)
        yield _row(("附件", "attachments"), counts(report.attachments, lang), lang)
        yield _row(("密钥", "keys"), _custody(report.keys, lang), lang)
        yield from _enrolled(report, lang)
    if report.extract is None:
        yield from (_row(label, value, lang) for label, value in times_rows(report, lang))
    for label, value in lineage_rows(report.lineage, lang):
        yield _row(label, value, lang)
    yield _row(("备注", "remarks"), str(sum(_counted(report, remark=True).values())), lang)


def _anchored(report: Report, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    if report.anchored:
        span = f"第 1 至 {report.anchored} 条" if zh else f"positions 1 to {report.anchored}"
        unproven = "时间未证明" if zh else "no proven time"
        when = unproven if report.anchored_at is None else moment(report.anchored_at)
        yield _row(("已锚定", "anchored"), f"{span} · {when} · {anchored_by(report, lang)}", lang)
    else:
        yield _row(("已锚定", "anchored"), "无" if zh else "nothing", lang)
    if report.quorum_bears is not None:
        yield _row(("法定数", "quorum"), bears_words(report.quorum_bears, lang), lang)
    exposed = f"{report.exposed} 条" if zh else f"{report.exposed} entries"
    if report.exposed:
        exposed += "（其丢失或替换无法发现）" if zh else " (that they were lost or replaced could not be seen)"
    yield _row(("未锚定", "exposed"), exposed, lang)


def _counted(report: Report, *, remark: bool) -> dict[str, int]:
    return {code: n for code, n in sorted(report.counts.items()) if (CODES[code][1] is REMARK) is remark}


def _custody(keys: Mapping[str, int], lang: str) -> str:
    rows = []
    for custody in sorted(keys):
        name = pick(CUSTODIES[custody], lang) if custody in CUSTODIES else quoted(custody)
        rows.append(f"{name} {keys[custody]}")
    return ("，" if lang == "zh" else ", ").join(rows) or "0"


def _enrolled(report: Report, lang: str) -> Iterator[str]:
    """Who enrolled whose key, in whose custody it is, and where it ended."""
    zh = lang == "zh"
    for row in report.enrolled[:MAX_KEYS]:
        names = ", ".join(quoted(name) for name in row.by)
        kept = pick(CUSTODIES[row.custody], lang).rstrip(":") if row.custody in CUSTODIES else quoted(row.custody)
        ended = "" if row.ended is None else f"，至第 {row.ended} 条止" if zh else f", ended at {row.ended}"
        whose, key = quoted(row.person), short(row.key)
        if zh:
            yield f"    第 {row.position} 条：{whose} 的密钥 {key}，{kept}，由 {names} 登记{ended}"
        else:
            yield f"    position {row.position}: key {key} of {whose}, {kept}, enrolled by {names}{ended}"
    rest = len(report.enrolled) - MAX_KEYS
    if rest > 0:
        yield f"    另有 {rest} 个密钥，见 --json" if zh else f"    and {rest} more keys, see --json"


def _findings(findings: tuple[Finding, ...], counts: Mapping[str, int], lang: str) -> Iterator[str]:
    """Grouped by code in the report's order: what it is, where, what was expected and found, what to do."""
    zh = lang == "zh"
    groups: dict[str, list[Finding]] = {}
    for one in findings:
        groups.setdefault(one.code, []).append(one)
    for code, group in groups.items():
        message = message_of(code)
        number = counts.get(code, len(group))
        yield f"  [{group[0].check}] {code} x {number}: {pick((message.zh, message.en), lang)}"
        for one in group[:MAX_EACH]:
            yield from _one(one, lang)
        if number > MAX_EACH:
            rest = number - MAX_EACH
            yield f"      另有 {rest} 处，见 --json" if zh else f"      and {rest} more, see --json"
        yield f"      {'建议：' if zh else 'What to do: '}{pick(ADVICE[message.advice], lang)}"


def _one(finding: Finding, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    if finding.position is None:
        where = "整体" if zh else "as a whole"
    else:
        where = f"第 {finding.position} 条" if zh else f"position {finding.position}"
    both = ""
    if finding.expected is not None or finding.found is not None:
        expected, found = short(finding.expected), short(finding.found)
        both = f"；应为 {expected}，实为 {found}" if zh else f"; expected {expected}, found {found}"
    yield f"    - {where}{both}"
    yield f"      {quoted(finding.message, 160)}"


def message_of(code: str) -> Message:
    """What a code says; a code of a later version says so itself."""
    known = MESSAGES.get(code)
    return known or Message("本版本不认识的代码", "a code that this version does not know", "newer")


def _checks(report: Report, lang: str) -> Iterator[str]:
    names = OPAQUE_CHECKS if report.log_kind == OPAQUE_KIND else CHECKS
    if report.extract is not None:
        names = {**names, 15: INCLUSION}
    for check in report.checks:
        name = pick(names.get(check.number, (check.name, check.name)), lang)
        state = pick(CHECK_STATES.get(check.state, (check.state, check.state)), lang)
        times = f"x {check.count}" if check.count else ""
        yield f"  ({check.number:>2}) {padded(name, 36)} {padded(state, 10)} {times}".rstrip()
    listed = {check.number for check in report.checks}
    for number in sorted(CHECK_NUMBERS.keys() - listed - {21}):
        yield f"  ({number:>2}) {padded(pick(names[number], lang), 36)} {pick(CHECK_STATES['not done'], lang)}"


def _made_from(report: Report, lang: str, inputs: Inputs) -> Iterator[str]:
    if inputs.evidence:
        yield _row(("证据", "evidence"), quoted(inputs.evidence), lang)
    if inputs.evidence_digest:
        yield _row(("证据 SHA-256", "evidence SHA-256"), inputs.evidence_digest, lang)
    if inputs.policy:
        yield _row(("策略", "policy"), quoted(inputs.policy), lang)
    yield _row(("策略 SHA-256", "policy SHA-256"), report.policy_digest.hex(), lang)
    if inputs.known:
        yield _row(("已有校验点", "known checkpoint"), quoted(inputs.known), lang)
        yield _row(("校验点 SHA-256", "known SHA-256"), inputs.known_digest, lang)
    yield _row(("记录数", "entries"), str(report.size), lang)
    yield _row(("记录树的根", "root"), report.root.hex(), lang)
    yield _row(("核验时间", "made"), moment(report.made), lang)
    versions = ", ".join(f"{name} {report.versions[name]}" for name in sorted(report.versions))
    yield _row(("版本", "versions"), versions, lang)
    for name in sorted(report.facts):
        yield _row((name, name), quoted(report.facts[name], 400), lang)
