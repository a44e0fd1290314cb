"""
What a report says of a log's keys over time, of the logs before and after it, and of the quorum, in two languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trail.encoding import printable
from trail.evidence.verdict import Lineage
from trail.report.words import pick, quoted

_REASONS: Final = {
    "planned": ("有计划的更换", "planned"),
    "lost": ("旧密钥遗失", "the old key was lost"),
    "compromised": ("旧密钥泄露", "the old key was stolen"),
}


def bears_words(number: int, lang: str) -> str:
    """How many dishonest witnesses a quorum bears before two inspectors can be shown two histories."""
    zh = lang == "zh"
    if number < 0:
        return (
            "两组互不相交的见证方即可各成法定数：即使都诚实，也不能排除向两家出示两种历史"
            if zh
            else "two sets of witnesses without a common member make it: even honest ones can't rule out two histories"
        )
    if number == 0:
        return (
            "每个见证方都诚实时，才不能向两家出示两种历史"
            if zh
            else "rules out two histories if every witness is honest"
        )
    return (
        f"即使 {number} 个见证方不诚实，也不能向两家出示两种历史"
        if zh
        else f"rules out two histories even if witnesses are dishonest: up to {number}"
    )


def lineage_rows(lineage: Lineage, lang: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Rows of a label and a value; nothing for a log that says nothing of the kind."""
    zh = lang == "zh"
    for number, key in enumerate(lineage.keys):
        since = (f"自第 {key.since} 条起" if zh else f"from position {key.since}") if key.since else (
            "最初" if zh else "at first"
        )  # fmt: skip
        named = ("策略已列" if zh else "in the policy") if key.named else ("策略未列" if zh else "not in the policy")
        yield ("日志密钥", "log key") if number == 0 else ("", ""), f"{since}，{named}" if zh else f"{since}, {named}"
        if key.since:
            names = ("、" if zh else ", ").join(quoted(name) for name in key.by)
            why = pick(_REASONS.get(key.reason, (key.reason, key.reason)), lang)
            if zh:
                vouched = "旧密钥已为其签名" if key.vouched else "旧密钥未为其签名"
                yield ("", ""), f"  {why}；由 {names} 签署；{vouched}"
            else:
                vouched = "the old key signed for it" if key.vouched else "the old key did not sign for it"
                yield ("", ""), f"  {why}; signed by {names}; {vouched}"
        # Whole and without quotes, to be compared and copied: a key's name holds no space, and what can't be seen in it
        # is escaped.  Whoever adds the line to a policy must have it from elsewhere all the same.
        yield ("", ""), f"  log {printable(key.vkey)}"
    if lineage.predecessor is not None:
        origin, size, root = lineage.predecessor
        if zh:
            said = "已与您所持的证据比对一致" if lineage.compared else "仅为创始登记员所称，未比对"
            yield ("前一日志", "predecessor"), f"{quoted(origin)}，第 1 至 {size} 条，{said}"
        else:
            said = "compared with what you hold" if lineage.compared else "as its founders say, not compared"
            yield ("前一日志", "predecessor"), f"{quoted(origin)}, positions 1 to {size}, {said}"
        yield ("", ""), f"  {root.hex()}"
    if lineage.retired is not None:
        after = lineage.successor
        if zh:
            going = f"后续日志 {quoted(after)}" if after is not None else "无后续日志"
            yield ("已封存", "retired"), f"第 {lineage.retired} 条；{going}"
        else:
            going = f"goes on as {quoted(after)}" if after is not None else "no log goes on"
            yield ("已封存", "retired"), f"at position {lineage.retired}; {going}"
