"""
The status page of a witness: one HTML page in Chinese or English, without scripts, for people who look in.
"""

from __future__ import annotations

import hashlib
from typing import Final

from trail.witness.markup import Html, document, element, policy
from trail.witness.memory import Fork
from trail.witness.overview import LogState, Overview, age, moment, root_text, sizes

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--ground:#f5f6f8;--card:#fff;--good:#1d6b45;
--bad:#b3261e;--badground:#fdecea;--warn:#7a5200;--warnground:#fff5e0}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--line:#333b46;--ground:#14181d;--card:#1c2229;
--good:#6fcf9d;--bad:#ff8a80;--badground:#3a1715;--warn:#f2c36b;--warnground:#33280f}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);line-height:1.6;
font-family:system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main,header,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem;padding-bottom:.75rem}
h1{font-size:1.5rem;margin:0;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2rem 0 .75rem}
h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
p{margin:.4rem 0}
.soft,footer{color:var(--soft);font-size:.9rem}
code{font-family:ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;font-size:.85rem;overflow-wrap:anywhere}
.card,.alarm,.warn{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.25rem;
margin:0 0 1rem}
.alarm{background:var(--badground);border:2px solid var(--bad)}
.alarm h2{color:var(--bad);margin:0 0 .5rem;font-size:1.3rem}
.warn{background:var(--warnground);border-color:var(--warn)}
.warn h2{color:var(--warn);margin:0 0 .5rem}
.good{color:var(--good)}
.bad{color:var(--bad);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:.6rem 0 0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
ul{padding-left:1.2rem;margin:.5rem 0}
a{color:inherit}
nav{float:right}
footer{padding-top:1rem;padding-bottom:2rem}
"""

CONTENT_POLICY: Final = policy(_STYLE)

_WORDS: Final = {
    "witness": ("见证方", "Witness"),
    "vkey": ("公钥（写入检查方的策略文件）", "Key, for an inspector's policy"),
    "logs": ("日志", "Logs"),
    "none": ("尚未登记任何日志。", "No log has been added yet."),
    "origin": ("名称", "Origin"),
    "size": ("记录数", "Entries"),
    "root": ("树根", "Root"),
    "time": ("见证时间", "Cosigned"),
    "note": ("校验点", "Checkpoint"),
    "open": ("下载（含见证签名）", "download, with the cosignature"),
    "never": ("尚未见证过", "nothing cosigned yet"),
    "removed": ("已停止见证", "no longer cosigned"),
    "keys": ("密钥", "Key"),
    "fine": ("未发现分叉", "no fork seen"),
    "forked": ("发现分叉，见上", "forked: see above"),
    "alarm": ("警报：日志出现分叉", "Alarm: a log has forked"),
    "warn": ("未获证明的校验点", "Checkpoints without a proof"),
    "kept": ("先前的文本", "the note kept before"),
    "offered": ("后来的文本", "the note offered later"),
    "at": ("大小", "size"),
    "other": ("English", "中文"),
    "now": ("本页生成于", "This page was made at"),
    "json": ("机器可读", "for machines"),
}

_SAYS_ZH: Final = (
    "见证方只声明：到所示时刻为止，这是它见过的该日志最大的一棵树，并且延续了它此前见过的每一棵。它不读记录的内容。"
)
_SAYS_EN: Final = (
    "A witness states one thing: as of the time shown, this is the largest tree of that log that it has seen, and it "
    "extends every other that it has seen. It does not read the records."
)
_ALARM_ZH: Final = (
    "日志的密钥为同一个大小签署了两个不同的树根，没有任何正当的解释。两份文本都已保存，任何人都可自行核对："
)
_ALARM_EN: Final = (
    "The log's key has signed two different roots for one size. Nothing excuses that. Both signed notes are kept, and "
    "anybody can check them without this program:"
)
_WARN_ZH: Final = "有人提交了日志签署的较大的树，但未证明它延续先前的树。任何人都能如此，故不构成指控；补交证明后消失。"
_WARN_EN: Final = (
    "Somebody submitted a larger tree that the log had signed, without a proof that it extends the one before. Anybody "
    "can bring that about, so it accuses nobody; it goes away when the log gives the proof."
)
_SENTENCES: Final = {
    "says": (_SAYS_ZH, _SAYS_EN), "alarm_text": (_ALARM_ZH, _ALARM_EN), "warn_text": (_WARN_ZH, _WARN_EN)
}  # fmt: skip


class _Words:
    """The words of one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __getitem__(self, name: str) -> str:
        return (_WORDS.get(name) or _SENTENCES[name])[0 if self.lang == "zh" else 1]


def render(state: Overview, lang: str) -> str:
    """The page, in *lang*: ``zh`` or ``en``."""
    words = _Words(lang)
    name = state.key.name
    other = "en" if lang == "zh" else "zh"
    header = element(
        "header",
        element("nav", element("a", words["other"], href=f"?lang={other}", hreflang=other, lang=other)),
        element("p", words["witness"], class_="soft"),
        element("h1", name),
        element("p", words["says"], class_="soft"),
    )
    forked = {fork.origin for fork in state.proven}
    main = element(
        "main",
        *_alarms(state, words),
        element("h2", words["logs"]),
        *([_log(log, state.now, log.origin in forked, words) for log in state.logs] or [element("p", words["none"])]),
        element("h2", words["vkey"]),
        element("p", element("code", state.key.vkey)),
    )
    made = f"{words['now']} {moment(state.now)} · {words['json']}: "
    footer = element("footer", element("p", made, element("a", "status.json", href="status.json")))
    return document("zh-CN" if lang == "zh" else "en", f"{words['witness']} {name}", _STYLE, header, main, footer)


def _alarms(state: Overview, words: _Words) -> list[Html]:
    found = []
    for kind, forks, role in (("alarm", state.proven, "alert"), ("warn", state.unproven, "note")):
        if forks:
            items = [_fork(fork, words) for fork in forks]
            text = element("p", words[f"{kind}_text"])
            found.append(
                element("section", element("h2", words[kind]), text, element("ul", *items), class_=kind, role=role)
            )
    return found


def _fork(fork: Fork, words: _Words) -> Html:
    links: list[str] = []
    for which, size in zip(("kept", "offered"), sizes(fork), strict=True):
        links += [" · ", element("a", f"{words[which]} ({words['at']} {size})", href=f"forks/{fork.id}/{which}.txt")]
    return element("li", element("strong", fork.origin), f" · {moment(fork.time)}", *links)


def _log(log: LogState, now: int, forked: bool, words: _Words) -> Html:
    rows: list[tuple[str, str]] = [(words["origin"], element("code", log.origin))]
    last = log.last
    if last is None:
        rows.append((words["time"], words["never"]))
    else:
        rows += [
            (words["size"], str(last.size)),
            (words["root"], element("code", root_text(last.root))),
            (words["time"], f"{moment(last.time)} ({age(now - last.time, words.lang)})"),
            (words["note"], element("a", words["open"], href=f"{address(log.origin)}/checkpoint")),
        ]
    rows += [(words["keys"], element("code", key.vkey)) for key in log.keys]
    state = element("span", words["forked"], class_="bad") if forked else element("span", words["fine"], class_="good")
    if not log.keys:
        state = element("span", words["removed"], class_="bad" if forked else "soft")
    pairs = [part for label, value in rows for part in (element("dt", label), element("dd", value))]
    return element(
        "section", element("h3", log.title or log.origin), element("p", state), element("dl", *pairs), class_="card"
    )


def address(origin: str) -> str:
    """What names a log in the addresses of a witness: SHA-256 of the origin, hexadecimal."""
    return hashlib.sha256(origin.encode()).hexdigest()


def preferred(accept: str, asked: str | None = None) -> str:
    """
    The language for a reader: as *asked* for, otherwise the better liked of the two in an Accept-Language header.

    >>> preferred("en-GB,en;q=0.9,zh;q=0.8"), preferred("de,zh-CN;q=0.5"), preferred(""), preferred("zh", "en")
    ('en', 'zh', 'zh', 'en')
    """
    if asked in ("zh", "en"):
        return asked
    liked = {"zh": 0.0, "en": 0.0}
    for part in accept.split(",")[:50]:
        tag, _, weight = part.strip().lower().partition(";q=")
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        language = tag.partition("-")[0]
        if language in liked:
            liked[language] = max(liked[language], value)
    return "en" if liked["en"] > liked["zh"] else "zh"
