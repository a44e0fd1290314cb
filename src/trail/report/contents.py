"""
What evidence shows and what it does not, in words: the scope that it announces, the counts, and the rows of an extract.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trail.evidence.opaque import OPAQUE_KIND
from trail.evidence.refusals import CODES, REMARK
from trail.evidence.registry import REGISTRY_TYPES
from trail.evidence.verdict import Extracted, Report, ShownEntry, Verdict
from trail.evidence.verdict import Shown as Counts
from trail.report.words import moment, pick, quoted, short

BY_HELD: Final = ("凭您所持的校验点", "by a checkpoint that you hold")
MAX_ENTRIES: Final = 20
"""How many entries of an extract are printed; the report as JSON lists more and counts all."""

_NAMED: Final = {
    "unit": ("单位 {} 及其下属", "unit {} and below"),
    "person": ("人员 {}", "person {}"),
    "from": ("{} 起", "from {}"),
    "to": ("至 {} 止", "to {}"),
}


def counts(shown: Counts, lang: str) -> str:
    """How many bodies are shown, withheld, erased, missing."""
    if lang == "zh":
        return f"出示 {shown.shown}，扣留 {shown.withheld}，依法删除 {shown.erased}，缺失 {shown.missing}"
    return f"{shown.shown} shown, {shown.withheld} withheld, {shown.erased} erased, {shown.missing} missing"


def summary(report: Report, lang: str) -> str:
    """The line under the verdict: how much of the contents it rests on, and how many remarks there are."""
    remarks = sum(n for code, n in report.counts.items() if CODES[code][1] is REMARK)
    opaque = report.log_kind == OPAQUE_KIND
    parts, files = counts(report.parts, lang), counts(report.attachments, lang)
    if lang == "zh":
        what = f"事件内容{parts}" if opaque else f"正文{parts}；附件{files}"
        return f"内容：{what}；备注 {remarks} 项"
    what = f"states {parts}" if opaque else f"body parts {parts}; attachments {files}"
    return f"Contents: {what}; remarks: {remarks}"


def scope(report: Report, lang: str) -> str:
    """The scope that the evidence announces, and what that means for the rest."""
    zh, found = lang == "zh", report.scope
    if not found or found.get("all") is True:
        return "全部" if zh else "all"
    if found.get("none") is True:
        return "不出示内容，全部扣留" if zh else "no contents: all are withheld"
    if found.get("named") is True:
        return "逐条指定的记录" if zh else "entries that were named one by one"
    order = sorted(found, key=lambda name: (list(_NAMED).index(name) if name in _NAMED else len(_NAMED), name))
    told = (_one_of_scope(name, found[name], zh) for name in order)
    if report.extract is not None:
        return ("，" if zh else ", ").join(told)
    return ("，" if zh else ", ").join(told) + (
        "；范围之外的内容均已扣留" if zh else "; contents out of it are withheld"
    )


def _one_of_scope(name: str, value: object, zh: bool) -> str:
    pair = _NAMED.get(name)
    return f"{quoted(name, 8)} {quoted(value)}" if pair is None else pair[not zh].format(quoted(value))


def extract_headline(verdict: str, report: Report, extract: Extracted, lang: str) -> str:
    """The first and last line of the report on an extract that holds as far as it goes."""
    more = sum(n for code, n in report.counts.items() if CODES[code][1] is not REMARK and code != "EXTRACT")
    if lang == "zh":
        rest = f"；另有 {more} 项未能核实" if more else ""
        return (
            f"结论：{verdict}（摘录：{extract.of} 条中出示 {extract.entries} 条，经证明在日志中的 {extract.proven} 条；"
            f"其余未出示{rest}）"
        )
    rest = f"; {more} more findings left open" if more else ""
    return (
        f"Verdict: {verdict} (an extract: {extract.entries} of {extract.of} entries are shown, {extract.proven} proven "
        f"to stand in the log; the rest is not shown{rest})"
    )


def is_open_extract(report: Report) -> bool:
    """Whether the report is on an extract in which nothing was forged."""
    return report.extract is not None and report.verdict is Verdict.INCONCLUSIVE


def extract_rows(report: Report, extract: Extracted, lang: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Rows of the overview: how many entries are shown, and what the checkpoint is."""
    zh = lang == "zh"
    shown = f"{extract.of} 条中的 {extract.entries} 条" if zh else f"{extract.entries} of {extract.of}"
    if extract.registry:
        shown += (
            f"（其中登记类 {extract.registry} 条，多为证明密钥而附）"
            if zh
            else f" ({extract.registry} of the registry, most brought along to vouch for keys)"
        )
    yield ("出示的记录", "entries shown"), shown
    hidden = max(0, extract.of - extract.entries)
    yield ("未出示", "not shown"), f"{hidden} 条" if zh else f"{hidden} entries"
    if report.anchored:
        unproven = "时间未证明" if zh else "no proven time"
        when = unproven if report.anchored_at is None else moment(report.anchored_at)
        until = f"不晚于 {when}" if zh and report.anchored_at is not None else when
        until = f"not after {when}" if not zh and report.anchored_at is not None else until
        yield ("校验点", "checkpoint"), f"{report.anchored} · {until} · {anchored_by(report, lang)}"
    else:
        yield ("校验点", "checkpoint"), "不满足策略" if zh else "none that satisfies the policy"


def anchored_by(report: Report, lang: str) -> str:
    """Who vouches for the checkpoint on which the verdict rests."""
    if report.anchored_held:
        return pick(BY_HELD, lang)
    by = ", ".join(quoted(name) for name in report.anchored_by)
    return by or pick(("仅日志自身密钥，无见证", "the log's own key alone, no witness"), lang)


def extract_lines(extract: Extracted, lang: str) -> Iterator[str]:
    """
    The shown entries with what is said of each; those of the registry that only vouch for keys are told as keys.
    """
    zh = lang == "zh"
    acts = [row for row in extract.listed if row.event not in REGISTRY_TYPES or not row.signed]
    rows = (acts or list(extract.listed))[:MAX_ENTRIES]
    for row in rows:
        yield from _entry(row, zh)
    more = extract.entries - len(rows)
    if more > 0:
        yield f"    另有 {more} 条，见 --json" if zh else f"    and {more} more, see --json"


def _entry(row: ShownEntry, zh: bool) -> Iterator[str]:
    recorded = moment(row.recorded)
    if zh:
        yield f"    第 {row.position} 条 {quoted(row.event)}，日志时钟记于 {recorded}，已证明在日志中"
    else:
        told = f"position {row.position}: {quoted(row.event)}, recorded {recorded} by the log's clock"
        yield f"    {told}, proven to stand in the log"
    for signer in row.signers:
        whose, key = quoted(signer.person), short(signer.key)
        if signer.enrolled is None:
            yield (
                f"      {whose} 的密钥 {key}：登记未出示，签名未核验"
                if zh
                else f"      key {key} of {whose}: its enrolment is not shown, the signature was not checked"
            )
        elif zh:
            state = "签名成立" if row.signed else "签名未成立"
            yield f"      {whose} 的密钥 {key}，第 {signer.enrolled} 条登记：{state}；此前是否已吊销未出示"
        else:
            state = "signature good" if row.signed else "not established"
            yield (
                f"      key {key} of {whose}, enrolled at position {signer.enrolled}: {state}; whether it was revoked "
                "before is not shown"
            )
