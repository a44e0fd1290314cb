"""
What a person reads where the inspector's memory bears on the verdict: alarms, and what was not judged again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trail.evidence.verdict import Report
from trail.report.words import moment

_ALARMING: Final = frozenset(("ALARM_OPEN", "CHECKPOINT_FORK"))
"""Beside them other entries than those of a checkpoint that is held, where the log has signed for them."""


def is_alarming(report: Report) -> bool:
    """Whether what the log has signed contradicts itself, or a checkpoint that the inspector holds."""
    return any(
        one.code in _ALARMING or ("held" in one.attached and report.covering(one.position or 0))
        for one in report.findings
    )


def alarm_clause(report: Report, lang: str) -> str:
    """What the headline adds where there is an alarm; empty otherwise."""
    if not is_alarming(report):
        return ""
    return "；警报：日志自相矛盾" if lang == "zh" else "; ALARM: the log contradicts itself"


def resumed_clause(report: Report, lang: str) -> str:
    """What the headline adds where not everything was judged now; empty otherwise."""
    resumed = report.resumed
    if resumed is None:
        return ""
    when = moment(resumed.made)
    if lang == "zh":
        return f"；其中第 1 至 {resumed.size} 条凭 {when} 的核验，本次未再核验"
    return f"; 1 to {resumed.size} were judged at {when} and not again"


def resumed_lines(report: Report, lang: str) -> Iterator[str]:
    """What was not checked again, and what that rests on."""
    resumed = report.resumed
    if resumed is None:
        return
    when = moment(resumed.made)
    if lang == "zh":
        yield "本次未再核验"
        yield f"  第 1 至 {resumed.size} 条：{when} 已按同一策略、由同一版本的程序核验，结论为完好"
        if resumed.after:
            yield f"  第 1 至 {resumed.after} 条不在本文件中；其记录树的根取自核验记忆，其正文和附件本次未见"
        else:
            yield "  本次只计算了它们的摘要：记录逐字节相同，所附正文和附件也与当时相同"
        yield "  未重复的项目：3 至 14（格式、类型、姓名、次序、密钥、签名、资格、登记、正文、附件）和 20（时间）"
        yield "  当时对它们的备注不再列出；要全部重新核验，请不用 --new-only"
        return
    yield "Not checked again"
    yield f"  positions 1 to {resumed.size}: judged intact at {when}, under the same policy, by the same version"
    if resumed.after:
        yield (
            f"  positions 1 to {resumed.after} are not in this file; the root of their tree is from the memory, what "
            "lies beside them was not seen"
        )
    else:
        yield "  now they were only hashed: the entries are the same byte for byte, and so is what lies beside them"
    yield "  checks that were not repeated for them: 3 to 14 (form to attachments) and 20 (times)"
    yield "  the remarks made on them then are not listed; to check everything again, leave --new-only out"
