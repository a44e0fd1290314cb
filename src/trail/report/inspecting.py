"""
What a person reads of the inspector's memory: what is remembered, alarms, two memories beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from trail.evidence.memory import Alarm
from trail.inspecting.comparing import EXTENDS, FORK, SAME, UNTOLD, Comparison
from trail.inspecting.inspection import Inspection
from trail.inspecting.state import Numbered, Remembered
from trail.report.words import VERDICTS, moment, pick, quoted, short

_KINDS: Final = {
    "fork": (
        "分叉：同一条数有两份签名校验点，根不相同",
        "a fork: two signed checkpoints of one size have two roots",
    ),
    "rewritten": (
        "改写：所示记录与记住的校验点不符",
        "rewritten: the entries shown are not those of the checkpoint that was remembered",
    ),
}


AGAIN: Final = {
    "nothing of this kind is remembered of this log yet": "对这一日志还没有可据以续核的记忆",
    "the policy is another than then": "策略与当时不同",
    "the verifier is another version than then": "核验程序的版本与当时不同",
    "the entries up to the remembered size are not those that were judged then, or not all there": (
        "所记条数以内的记录与当时核验的不同，或不齐全"
    ),
    "the file is of another scope than the one that was judged then": "文件的内容范围与当时核验的不同",
    "what lies beside the entries that were judged then is not what it was": "当时所核验记录的正文或附件已与当时不同",
    "a checkpoint that was shown then, or a signature on it, is not shown any more": (
        "当时出示的校验点或其上的签名，这次没有出示"
    ),
}
"""Why everything was judged again: the sentences of the library, in Chinese."""


def memory_lines(inspection: Inspection, path: str, new: bool, lang: str) -> Iterator[str]:
    """What the memory says and has taken in."""
    zh = lang == "zh"
    yield "核验记忆" if zh else "The inspector's memory"
    if new:
        yield (
            f"  {quoted(path)} 是新建的：此前什么也不记得，这次没有可比对的"
            if zh
            else f"  {quoted(path)} is new: it remembered nothing, so there was nothing to compare with"
        )
    else:
        yield f"  {quoted(path)}"
        if inspection.first:
            yield (
                "  此前不记得这个日志，没有可比对的；如您曾核验过它，请查明原因（日志名称变了？记忆不是原来的那份？）"
                if zh
                else "  it remembered nothing of this log; if you have verified it before, ask why: has its name "
                "changed, or is this another memory?"
            )
    if inspection.again:
        why = AGAIN.get(inspection.again, inspection.again)
        yield (f"  全部重新核验，因为：{why}" if zh else f"  everything was judged again: {inspection.again}")
    for alarm in inspection.alarms:
        yield from alarm_lines(Numbered(0, alarm), lang)
    row = inspection.remembered
    if row is not None:
        yield f"  记住：{_row(row, lang)}" if zh else f"  remembered: {_row(row, lang)}"
    else:
        yield "  没有记住新的校验点" if zh else "  no new checkpoint was remembered"
    if inspection.kept:
        yield (
            f"  下次可从第 {inspection.kept} 条之后续核；可请对方用 trail export --since {inspection.kept} 导出"
            if zh
            else f"  the next run can go on after {inspection.kept}; ask for: trail export --since {inspection.kept}"
        )


def _row(row: Remembered, lang: str) -> str:
    verdict = pick(VERDICTS[row.verdict], lang) if row.verdict in VERDICTS else quoted(row.verdict)
    when, root, policy = moment(row.made), short(row.root), short(row.policy)
    if lang == "zh":
        by = "满足策略" if row.quorum else "未满足策略的见证要求"
        return f"第 1 至 {row.size} 条，根 {root}，{when}，{verdict}，{by}，策略 {policy}"
    by = "with the policy's quorum" if row.quorum else "without the policy's quorum"
    return f"positions 1 to {row.size}, root {root}, {when}, {verdict}, {by}, policy {policy}"


def alarm_lines(one: Numbered, lang: str) -> Iterator[str]:
    """One alarm, with both sides."""
    number, alarm = one
    zh = lang == "zh"
    name = f" {number}" if number else ""
    kind = pick(_KINDS.get(alarm.kind, (quoted(alarm.kind), quoted(alarm.kind))), lang)
    where = f"第 {alarm.size} 条处" if zh else f"at size {alarm.size}"
    yield f"  {'警报' if zh else 'ALARM'}{name} {where}: {kind} ({moment(alarm.made)})"
    yield f"    {'记住的' if zh else 'remembered'}: {quoted(_note(alarm.held), 400)}"
    other = quoted(_note(alarm.other), 400) if alarm.other else short(alarm.root)
    yield f"    {'后来的' if zh else 'later'}: {other}"
    if alarm.acknowledged is not None:
        when = moment(alarm.acknowledged)
        yield (
            f"    已于 {when} 处理：{quoted(alarm.reason, 400)}"
            if zh
            else f"    answered at {when}: {quoted(alarm.reason, 400)}"
        )


def _note(note: bytes) -> str:
    """The three lines that count of a signed note."""
    return " | ".join(note.decode("utf-8", "replace").split("\n")[:3])


def state_lines(
    path: str, rows: Sequence[tuple[str, Sequence[Remembered], Sequence[Numbered], int]], lang: str
) -> Iterator[str]:
    """A whole memory: for each log what is remembered, its alarms, and from where a continuation could go on."""
    zh = lang == "zh"
    yield f"核验记忆 {quoted(path)}" if zh else f"The inspector's memory {quoted(path)}"
    if not rows:
        yield "  什么也不记得" if zh else "  it remembers nothing"
    for origin, remembered, alarms, reach in rows:
        yield ""
        yield f"{'日志' if zh else 'log'} {quoted(origin)}"
        for one in remembered:
            yield f"  {_row(one, lang)}"
        for alarm in alarms:
            yield from alarm_lines(alarm, lang)
        if reach:
            yield (
                f"  可从第 {reach} 条之后续核（trail export --since {reach}）"
                if zh
                else f"  a continuation can go on after {reach} (trail export --since {reach})"
            )


_COMPARED: Final = {
    SAME: ("相同", "the same"),
    EXTENDS: ("一方是另一方的延续", "one goes on from the other"),
    FORK: ("分叉：日志对两人说法不一", "FORK: the log told the two different things"),
    UNTOLD: ("无法判定", "can't be told"),
}


def comparison_lines(rows: Sequence[Comparison], lang: str) -> Iterator[str]:
    """Two memories beside each other, log by log."""
    zh = lang == "zh"
    if not rows:
        yield "两份记忆没有共同的日志" if zh else "the two memories have no log in common"
    for one in rows:
        yield f"{quoted(one.origin)}: {pick(_COMPARED[one.result], lang)}"
        yield f"  {_sizes(one, lang)}"
        if one.result == FORK:
            for name, note in (("A", one.first), ("B", one.second)):
                yield f"  {name}: {quoted(_note(note), 400)}"
        if one.result == UNTOLD:
            low, high = sorted((one.sizes[0], one.sizes[1]))
            yield (
                f"  没有共同的条数；请取一份包含第 1 至 {high} 条的证据文件，用 --evidence 比对（{low} 与 {high}）"
                if zh
                else f"  no size in common; get an evidence file up to {high} and compare with --evidence "
                f"({low} and {high})"
            )


def _sizes(one: Comparison, lang: str) -> str:
    first, second = one.sizes
    at = "、".join(map(str, one.common)) if lang == "zh" else ", ".join(map(str, one.common))
    if lang == "zh":
        return f"A 记到第 {first} 条，B 记到第 {second} 条；据以比对：{at or '无'}"
    return f"A remembers up to {first}, B up to {second}; compared at: {at or 'nothing'}"


def alarms_of(alarms: Sequence[Alarm]) -> list[dict[str, object]]:
    """Alarms as plain values for JSON."""
    return [
        {
            "origin": one.origin, "kind": one.kind, "size": one.size, "held": one.held.decode("utf-8", "replace"),
            "other": one.other.decode("utf-8", "replace"), "root": one.root.hex(), "made": one.made,
            "acknowledged": one.acknowledged, "reason": one.reason,
        }
        for one in alarms
    ]  # fmt: skip


def remembered_of(one: Remembered | None) -> dict[str, object] | None:
    """A remembered checkpoint as plain values for JSON."""
    if one is None:
        return None
    return {
        "size": one.size, "root": one.root.hex(), "note": one.note.decode("utf-8", "replace"), "made": one.made,
        "policy": one.policy.hex(), "verdict": one.verdict, "quorum": one.quorum,
    }  # fmt: skip
