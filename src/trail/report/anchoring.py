"""
What a round with the witnesses and the exposure of a log say to a person, in Chinese and English, and as JSON.

Every code of `trail.application.anchoring.Asked` has a sentence in both languages and says what to do; a test compares.
What a witness itself wrote stands in quotes and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from trail.application.anchoring import OTHER_INSTANCE, Asked, Round
from trail.application.exposure import Exposure, Seen
from trail.report.words import moment, padded, pick, quoted, width


class Words(NamedTuple):
    """What an outcome is called, and what to do about it; empty where there is nothing to do."""

    zh: str
    en: str
    todo_zh: str = ""
    todo_en: str = ""


_ADDRESS: Final = (
    "核对策略文件中该见证方的地址，并与其管理员联系。",
    "Check the address on the witness's line in the policy file, and ask its operator.",
)
_ALARM: Final = (
    "立即停止这一实例，原样保存全部文件，找出另一个实例（拷贝的服务器、备份的来源）；向该见证方索取两份签名文本。",
    (
        "Stop this instance at once, keep all files as they are, and find the other one (a server on a copy, the "
        "source of a backup); ask the witness for both signed notes (trail witness forks)."
    ),
)
CODES: Final[dict[str, Words]] = {
    "COSIGNED": Words("已联署", "cosigned"),
    "WITNESS_BUSY": Words("对方暂时不能答复", "it can't answer now"),
    "WITNESS_SILENT": Words("限时内没有答复", "no answer in time"),
    "WITNESS_UNREACHABLE": Words("无法连接", "it can't be reached"),
    "WITNESS_WAITING": Words("稍后再问", "it is left alone for a while"),
    "WITNESS_OVERTAKEN": Words("同时进行的另一轮已先行", "another round of this log was faster"),
    "WITNESS_BY_HAND": Words(
        "未写网址，人工传递", "it has no url: its request goes by hand",
        "用 trail filing 或 trail checkpoint --since 写出请求，送交后以 trail checkpoint --add 收回。",
        "Write its request with trail filing or trail checkpoint --since, and keep the answer with --add.",
    ),
    "WITNESS_LOG_UNKNOWN": Words(
        "对方不认识本日志，或网址不对", "it does not know this log, or there is no witness at this address",
        "请对方登记本日志的公钥（trail witness log add）；并核对策略文件中的网址。",
        "Ask its operator to add this log's vkey (trail witness log add), and check the url in the policy file.",
    ),
    "WITNESS_LOG_KEY": Words(
        "对方不认识签署校验点的密钥", "it does not know the key that signed this checkpoint",
        "日志密钥更换后，请对方登记新的公钥；密钥没有更换过的，查明是谁在签署。",
        "After a change of the log's key, ask its operator to add the new vkey; otherwise find out who signs here.",
    ),
    "WITNESS_REQUEST": Words("对方读不懂请求", "it could not read the request", *_ADDRESS),
    "WITNESS_ANSWER": Words("答复不是见证方应有的答复", "what it answers is no witness's answer", *_ADDRESS),
    "WITNESS_REDIRECT": Words("对方转往别处，未予跟随", "it redirects elsewhere, which is not followed", *_ADDRESS),
    "WITNESS_TLS": Words(
        "对方的证书不成立", "its certificate does not hold",
        "核对网址；内部证书机构签发的，用 --ca 指明其证书。",
        "Check the url; name the certificates of a house's own authority with --ca.",
    ),
    "COSIGNATURE_BAD": Words(
        "答复中的见证签名不成立，未予保存", "its cosignature does not hold and was not kept",
        "与对方管理员联系：其程序、密钥或传输途中有误。",
        "Ask its operator: its program, its key or something on the way is at fault.",
    ),
    "COSIGNATURE_OTHER": Words(
        "答复中没有策略所列密钥的签名，未予保存", "no cosignature by the key that the policy names; nothing was kept",
        "核对策略文件中该见证方的公钥；对方换过密钥的，由核验人决定是否信任新的。",
        "Check the witness's vkey in the policy file; if its key changed, the inspector decides whether to trust it.",
    ),
    "COSIGNATURE_NOT_KEPT": Words(
        "已联署，但未能保存", "it cosigned, but the cosignature could not be kept",
        "签名已满的，先记录任何一条，再运行 trail anchor，新的校验点另有位置；见证方与日志同名的，更换其名称。",
        "Where there is no room, record something and run trail anchor: a new checkpoint has room of its own. "
        "A witness may not have the log's own name.",
    ),
    "WITNESS_FORK": Words("警报：对方持有同一日志的另一棵树", "ALARM: it holds another tree of this log", *_ALARM),
    OTHER_INSTANCE: Words(
        "警报：对方见过本库从未签署的校验点", "ALARM: it has seen what this database never signed", *_ALARM
    ),
}  # fmt: skip
_LOST: Final = (
    "注意：{name} 曾联署至第 {lost} 条，现只记得第 {stale} 条：其状态丢失或被换回旧版，应告知其管理员，并考虑更换。",
    (
        "note: {name} had cosigned up to {lost} and now remembers {stale}: it lost its state. Tell its operator; it "
        "may have to be replaced."
    ),
)


def round_lines(held: Round, lang: str) -> Iterator[str]:
    """A round for a person."""
    size, met = held.issued.size, held.satisfied
    yield pick((
        f"校验点 {held.issued.number}：第 1 至 {size} 条，{'见证已达法定数' if met else '见证未达法定数'}",
        f"checkpoint {held.issued.number}: positions 1 to {size}, quorum {'met' if met else 'not met'}",
    ), lang)  # fmt: skip
    wide = max((width(one.name) for one in held.asked), default=0)
    for one in held.asked:
        yield f"  {padded(one.name, wide)}  {asked_text(one, lang)}"
    yield from todo_lines(held, lang)


def asked_text(one: Asked, lang: str) -> str:
    """One witness's part in a line."""
    words = CODES[one.code]
    text = words.zh if lang == "zh" else words.en
    if one.time is not None:
        text += f" {moment(one.time)}"
    elif one.message and one.outcome not in ("waiting", "by_hand"):
        text += pick(("：", ": "), lang) + quoted(one.message)
    if one.since is not None:
        text += pick((f"；自 {moment(one.since)} 起", f"; since {moment(one.since)}"), lang)
    if one.wait:
        text += pick((f"；{one.wait:.0f} 秒后再问", f"; asked again after {one.wait:.0f} s"), lang)
    return text


def todo_lines(held: Round, lang: str) -> Iterator[str]:
    """What is to be done after a round, each advice once."""
    said: set[str] = set()
    for one in held.asked:
        if one.lost is not None:
            yield pick(_LOST, lang).format(name=one.name, lost=one.lost, stale=one.stale)
        words = CODES[one.code]
        todo = words.todo_zh if lang == "zh" else words.todo_en
        if todo and todo not in said:
            said.add(todo)
            yield f"{one.name}{pick(('：', ': '), lang)}{todo}"


def exposure_lines(exposure: Exposure, lang: str) -> Iterator[str]:
    """The exposure for a person."""
    yield pick((f"日志共 {exposure.head} 条", f"the log has {exposure.head} entries"), lang)
    if exposure.covered:
        since = pick(("，法定数成于 ", ", a quorum since "), lang) + moment(exposure.time) if exposure.time else ""
        yield (
            pick((f"已锚定：第 1 至 {exposure.covered} 条", f"anchored: positions 1 to {exposure.covered}"), lang)
            + since
        )
    else:
        yield pick(("已锚定：无", "anchored: nothing"), lang)
    if exposure.exposed:
        begun = pick((f"，自 {moment(exposure.since)} 起", f", since {moment(exposure.since)}"), lang)
        yield pick((
            f"暴露：{exposure.exposed} 条（第 {exposure.covered + 1} 至 {exposure.head} 条）{begun}",
            f"exposed: {exposure.exposed} (positions {exposure.covered + 1} to {exposure.head}){begun}",
        ), lang)  # fmt: skip
        yield pick((
            "暴露的记录若被掌管数据库的人删去或调换，外界无从察觉。",
            "Whoever runs the database could remove or replace what is exposed, and nobody outside would notice.",
        ), lang)  # fmt: skip
    else:
        yield pick(("暴露：无", "exposed: nothing"), lang)
    wide = max((width(one.name) for one in exposure.witnesses), default=0)
    for one in exposure.witnesses:
        yield f"  {padded(one.name, wide)}  {_seen_text(one, exposure.head, lang)}"


def _seen_text(one: Seen, head: int, lang: str) -> str:
    if not one.size:
        text = pick(("从未联署", "has cosigned nothing"), lang)
    else:
        behind = pick((f"，落后 {head - one.size} 条", f", {head - one.size} behind"), lang) if one.size < head else ""
        text = pick(
            (f"联署至第 {one.size} 条，{moment(one.time)}", f"cosigned up to {one.size}, {moment(one.time)}"), lang
        )
        text += behind
    if one.since is not None:
        text += pick((f"；自 {moment(one.since)} 起无答复", f"; no answer since {moment(one.since)}"), lang)
    return text


def round_json(held: Round) -> dict[str, Any]:
    """A round as JSON; times are POSIX seconds."""
    return {
        "checkpoint": {"number": held.issued.number, "size": held.issued.size, "note": held.issued.cosigned},
        "quorum": held.satisfied,
        "alarm": bool(held.alarms),
        "witnesses": [dict(one._asdict()) for one in held.asked],
    }


def exposure_json(exposure: Exposure) -> dict[str, Any]:
    """An exposure as JSON; times are POSIX seconds."""
    return {
        **exposure._asdict(),
        "exposed": exposure.exposed,
        "age": exposure.age,
        "witnesses": [dict(one._asdict()) for one in exposure.witnesses],
    }
