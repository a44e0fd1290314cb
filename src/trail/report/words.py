"""
The fixed words of the reports, in Chinese and English, and how values are shown.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from typing import Final

from trail.encoding import printable

VERDICTS: Final = {
    "intact": ("完好", "INTACT"),
    "altered": ("被改动", "ALTERED"),
    "inconclusive": ("无法判定", "INCONCLUSIVE"),
}

CHECKS: Final[Mapping[int, tuple[str, str]]] = {
    1: ("文件结构", "framing"),
    2: ("校验点与见证签名", "checkpoints and cosignatures"),
    3: ("记录格式", "entries"),
    4: ("日志归属", "origin"),
    5: ("类型与字段", "types and schemas"),
    6: ("人员、岗位、单位", "names"),
    7: ("顺序与版本", "order"),
    8: ("密钥", "keys"),
    9: ("签名", "signatures"),
    10: ("履职资格", "mandates"),
    11: ("登记事项", "registry"),
    12: ("签名人所见校验点", "checkpoints that signers had seen"),
    13: ("正文", "body parts"),
    14: ("附件", "attachments"),
    15: ("整体（记录树）", "tree"),
    16: ("数据库列", "columns of the database"),
    17: ("数据库头部", "head of the database"),
    18: ("读取模型", "read models"),
    19: ("锚定", "anchor"),
    20: ("时间", "times"),
    21: ("核验程序", "the verifier itself"),
}

OPAQUE_CHECKS: Final[Mapping[int, tuple[str, str]]] = {
    **CHECKS,
    7: ("事件不重复", "each event once"),
    11: ("首条记录", "first entry"),
    13: ("事件内容", "states of the events"),
}
"""What the checks are called for the log of an application, where some mean less."""

INCLUSION: Final = ("所示各条在记录树中", "each shown entry in the tree")
"""What check 15 is called for an extract, which has no whole tree."""

CHECK_STATES: Final = {
    "passed": ("通过", "passed"),
    "failed": ("有问题", "failed"),
    "not done": ("未做", "not done"),
}

CUSTODIES: Final = {
    "self": ("本人保管", "kept by their owners:"),
    "token": ("硬件令牌", "on tokens:"),
    "server": ("服务器代管（较弱）", "kept by a server (weaker):"),
}

_CST: Final = dt.timezone(dt.timedelta(hours=8))
_MAX_SHOWN: Final = 96
_MAX_HEX: Final = 8  # bytes


def pick(pair: tuple[str, str], lang: str) -> str:
    """The one of (Chinese, English) for *lang*."""
    return pair[0] if lang == "zh" else pair[1]


def quoted(text: object, limit: int = _MAX_SHOWN) -> str:
    """
    Text from the evidence, so that it can't pass for the report's own: escaped, cut, in quotes.

    >>> print(quoted('jia"\\nVerdict: INTACT'))
    "jia\\"\\u{a}Verdict: INTACT"
    """
    raw = str(text)
    shown = printable(raw[:limit]).replace('"', '\\"')
    return f'"{shown}…"' if len(raw) > limit else f'"{shown}"'


def short(value: object) -> str:
    """A value of a finding: digests by their first bytes, text in quotes, long lists by their beginning."""
    if value is None:
        return "-"
    if isinstance(value, bytes | bytearray):
        digits = bytes(value[:_MAX_HEX]).hex()
        return digits if len(value) <= _MAX_HEX else f"{digits}… ({len(value)} B)"
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, Mapping):
        return short([f"{key}={item}" for key, item in list(value.items())[:4]])
    if isinstance(value, list | tuple | set | frozenset):
        items = list(value) if isinstance(value, list | tuple) else sorted(value, key=str)
        shown = ", ".join(short(item) for item in items[:4])
        return f"[{shown}, … ({len(items)})]" if len(items) > 4 else f"[{shown}]"
    return quoted(value)


def moment(seconds: int | None) -> str:
    """
    An instant (UTC seconds) in Asia/Shanghai, with its offset.

    >>> moment(1_772_668_800)
    '2026-03-05 08:00:00 +08:00'
    """
    if seconds is None:
        return "-"
    try:
        return dt.datetime.fromtimestamp(seconds, _CST).strftime("%Y-%m-%d %H:%M:%S +08:00")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def width(text: str) -> int:
    """
    How many columns *text* takes where Chinese characters take two.

    >>> width("完好 ok")
    7
    """
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, columns: int) -> str:
    """*text* filled with spaces to so many columns."""
    return text + " " * max(0, columns - width(text))
