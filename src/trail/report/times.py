"""
The three times of an act, for people: what is claimed, what the log's clock read, and what witnesses prove.

They are never mixed: each has words of its own and, in a table, columns of its own.  A proven time is shown to the
second, for a bound that is rounded is no bound.  In the table for a spreadsheet no cell can begin a formula, whatever
the evidence says.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from trail.encoding import printable
from trail.evidence.intervals import Interval
from trail.evidence.moment import Happened
from trail.evidence.opaque import OPAQUE_KIND
from trail.report.words import moment, pick

if TYPE_CHECKING:
    from trail.evidence.times import ActTimes
    from trail.evidence.verdict import Report
    from trail.projections.citing import Bounds, Dated

OUTSIDE: Final = "RECORDED_OUTSIDE_INTERVAL"
COLUMNS: Final = (
    ("位置", "position"),
    ("事件", "event"),
    ("类型", "type"),
    ("所称发生时间", "claimed"),
    ("记录时间（日志时钟，UTC+8）", "recorded (the log's clock, UTC+8)"),
    ("已证明：签名不早于（UTC+8）", "proven: signed not before (UTC+8)"),
    ("已证明：记入不早于（UTC+8）", "proven: recorded not before (UTC+8)"),
    ("已证明：不晚于（UTC+8）", "proven: not after (UTC+8)"),
    ("记录时间在区间之外", "recorded outside the interval"),
)
"""The columns of the table; an empty cell says that nothing is proven."""

BOM: Final = "\ufeff"
_YES: Final = ("是", "yes")
_LENGTH: Final = {"year": 4, "month": 7}
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # a spreadsheet may take the wide ones as well
_DAY: Final = 86_400
_CROSSED: Final = ("两端互相矛盾：有见证人的时钟不对", "the two ends contradict each other: a witness's clock is wrong")
_ACTS: Final = (
    "{positions} 条中：不晚于 {until} 条；签名不早于 {signed} 条；记入不早于 {recorded} 条",
    "not after: {until} of {positions}; signed not before: {signed}; recorded not before: {recorded}",
)
_EVENTS: Final = (
    "{positions} 条中：不晚于 {until} 条；不早于：不可知，事件不载明所见校验点",
    "not after: {until} of {positions}; not before: can't be known, for events name no checkpoint",
)
_UNITS: Final = ((_DAY, "天", "d"), (3_600, "小时", "h"), (60, "分", "min"), (1, "秒", "s"))


# --- in lines of text ------------------------------------------------------------------------------------------------


def legend(verified: bool, lang: str) -> str:
    """What the three times of each record are; and whether any is proven."""
    if lang == "zh":
        proof = "“证明”来自策略所列见证人" if verified else "证明的时间：未证明（没有给出策略）"
        return f"时间：发生日期为签名人所称；“记于”为日志时钟；{proof}"
    proof = '"proven" comes from the policy\'s witnesses' if verified else "proven times: not proven (no policy given)"
    return f'times: when it happened is claimed by the signer; "recorded" is the log\'s clock; {proof}'


def proven_text(bounds: Bounds, recorded: int, lang: str) -> str:
    """The proven interval of a record that the log's clock dated *recorded*, under a policy."""
    zh = lang == "zh"
    found = bounds.interval
    if found == Interval():
        return "证明：无（没有经见证的校验点涉及它）" if zh else "proven: nothing (no witnessed checkpoint bears on it)"
    phrases = (
        (("签名不早于", "signed not before"), bounds.signed_not_before),
        (("记入不早于", "recorded not before"), bounds.recorded_not_before),
        (("不晚于", "not after"), bounds.not_after),
    )
    parts = [f"{pick(words, lang)}{_dated(dated, lang)}" for words, dated in phrases]
    if found.crossed:
        parts.append(pick(_CROSSED, lang))
    elif not found.admits(recorded):
        parts.append("日志时钟的读数在此之外" if zh else "the log's clock reading lies outside")
    return ("证明：" if zh else "proven: ") + ("；" if zh else "; ").join(parts)


def _dated(dated: Dated | None, lang: str) -> str:
    if dated is None:
        return pick(("（未证明）", " (not proven)"), lang)
    by = ", ".join(_id(name) for name in dated.by)
    at = moment(dated.time)[:19]
    return f" {at}（校验点 {dated.size}，{by}）" if lang == "zh" else f" {at} (checkpoint {dated.size}, {by})"


def _id(text: object) -> str:
    raw = str(text)
    return printable(raw[:64]) + ("…" if len(raw) > 64 else "")


# --- in the report of a verification ---------------------------------------------------------------------------------


def times_rows(report: Report, lang: str) -> Iterator[tuple[tuple[str, str], str]]:
    """What is proven of all acts together, as rows of (label, value); nothing where there is no whole to speak of."""
    found, outside = report.times, report.counts.get(OUTSIDE, 0)
    if not found.positions:
        return
    words = _EVENTS if report.log_kind == OPAQUE_KIND else _ACTS
    yield ("证明的时间", "proven times"), pick(words, lang).format(**found.to_json())
    if found.widest is not None:
        words = ("{0}（自第 {1} 条起）", "{0} (from position {1} on)")
        yield ("最宽区间", "widest interval"), pick(words, lang).format(span(found.widest, lang), found.widest_at)
    if found.crossed:
        words = ("{0} 条：{1}", "{0} entries: {1}")
        yield ("区间矛盾", "contradictory"), pick(words, lang).format(found.crossed, pick(_CROSSED, lang))
    if outside:
        words = ("{0} 条的日志时钟读数在证明的区间之外", "the log's clock readings of {0} entries")
        yield ("区间之外", "outside of it"), pick(words, lang).format(outside)


def span(seconds: int, lang: str) -> str:
    """
    A length of time in its two largest units, rounded up, so that it says no less than it is.

    >>> span(27 * 86_400 + 3_601, "en"), span(61, "en"), span(59, "zh")
    ('27 d 2 h', '1 min 1 s', '59 秒')
    """
    for (size, *names), (below, *names_below) in pairwise(_UNITS):
        if seconds >= size:
            count, more = divmod(-(-seconds // below), size // below)
            parts = ((count, names), (more, names_below))
            return " ".join(f"{number} {pick((zh, en), lang)}" for number, (zh, en) in parts if number)
    return f"{seconds} {pick(('秒', 's'), lang)}"


# --- one line for each act -------------------------------------------------------------------------------------------


def claimed_text(happened: Happened | None) -> str:
    """
    When an act is said to have happened, as far as that is known; in [brackets] if it is uncertain (DA/T 18).

    >>> claimed_text(Happened.on("2026-03-01", precision="month", uncertain=True))
    '[2026-03]'
    """
    if happened is None:
        return ""
    if isinstance(happened.value, int):
        zone = dt.timezone(dt.timedelta(minutes=happened.zone))
        text = dt.datetime.fromtimestamp(happened.value, zone).isoformat(sep=" ", timespec="seconds")
    else:
        text = happened.value[: _LENGTH.get(happened.precision, 10)]
    return f"[{text}]" if happened.uncertain else text


def json_row(row: ActTimes, interval: Interval) -> str:
    """The times of an act as a JSON line: times in UTC seconds, null where nothing is proven."""
    value: dict[str, Any] = {
        "position": row.position, "event": row.event, "type": row.type,
        "claimed": None if row.happened is None else claimed_text(row.happened), "recorded": row.recorded,
        **interval.to_json(), "outside": not interval.admits(row.recorded),
    }  # fmt: skip
    return json.dumps(value, ensure_ascii=True) + "\n"


def csv_head(lang: str) -> str:
    """The first line of the table; the mark before it lets a spreadsheet read the rest as UTF-8."""
    return BOM + _line(pick(column, lang) for column in COLUMNS)


def csv_row(row: ActTimes, interval: Interval, lang: str) -> str:
    """The times of an act as a line of the table."""
    bounds = [_second(time) for time in interval]
    outside = "" if interval.admits(row.recorded) else pick(_YES, lang)
    claimed = claimed_text(row.happened)
    return _line((row.position, row.event, row.type, claimed, _second(row.recorded), *bounds, outside))


def _second(time: int | None) -> str:
    return "" if time is None else moment(time)[:19]


def cell(value: object) -> str:
    """
    A cell that a spreadsheet takes for text: what would begin a formula gets an apostrophe before it.

    >>> cell('=HYPERLINK("https://example.org")'), cell("-1+1"), cell(7), cell("甲")
    ('\\'=HYPERLINK("https://example.org")', "'-1+1", '7', '甲')
    """
    if isinstance(value, int):
        return str(value)
    text = str(value)
    shown = printable(text)
    return f"'{shown}" if text.lstrip(" ").startswith(_FORMULA) else shown


def _line(values: Iterable[object]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow([cell(value) for value in values])
    return stream.getvalue()


# --- beside what a status rests on -----------------------------------------------------------------------------------


def with_proven(value: Any, proven: Callable[[int], dict[str, Any] | None]) -> Any:
    """*value*, the JSON of an answer, with ``proven`` in every record that it rests on."""
    if isinstance(value, dict):
        out = {name: with_proven(item, proven) for name, item in value.items()}
        if {"position", "recorded", "happened"} <= out.keys():
            out["proven"] = proven(out["position"])
        return out
    return [with_proven(item, proven) for item in value] if isinstance(value, list) else value
