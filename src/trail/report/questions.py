"""
The words of the questions for the inspector, in Chinese and English.

They ask; they find nothing and accuse nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trail.projections.questions import Question, Questions
from trail.report.lookback import basis_lines, line_text, notice_lines, record_lines, word
from trail.report.words import pick

WORDS: Final = {
    "LAG": (
        "{count} 项行为在所述发生时间 {days} 天以后才记入，最长 {longest} 天。当时为何未记？还有什么能说明发生时间？",
        (
            "{count} acts were recorded more than {days} days after they are said to have happened, at most {longest} "
            "days. Why were they not recorded at the time, and what else shows when they happened?"
        ),
    ),
    "BURST": (
        "{first} 至 {last} 集中记入 {count} 条过去的事项。为何集中在这段时间？",
        "{count} records about earlier acts were made together, {first} to {last}. Why then?",
    ),
    "BURST_BEFORE_NOTICE": (
        "检查通知（{notice}）之前 {days} 天内补记 {count} 条。补记与即将到来的检查有无关系？",
        (
            "{count} late records were made in the {days} days before the notice of {notice}. Had they to do with the "
            "inspection that was to come?"
        ),
    ),
    "RECORDED_AFTER_NOTICE": (
        "检查通知（{notice}）之后记入 {count} 条通知之前的事项。通知之前为何没有记录？",
        "{count} records about what lay before the notice of {notice} were made after it. Why not before?",
    ),
    "ONE_RECORDER": (
        (
            "{first}，经办人 {recorder}（{post}）在 {seconds} 秒内接连登记了 {persons} 人的 {count} 项行为。"
            "各人是否逐项知道并同意？"
        ),
        (
            "On {first} the recorder {recorder} ({post}) submitted {count} acts of {persons} persons, within {seconds} "
            "seconds or one soon after the other. Did each person know of each?"
        ),
    ),
    "SIGNED_TOGETHER": (
        "{first}，同一单位 {persons} 人的本人签名（{count} 条）在 {seconds} 秒内记入。是否各自亲手签名？密钥由谁保管？",
        (
            "On {first} signatures of {persons} persons of one unit ({count} records) came in within {seconds} "
            "seconds. Did each sign with their own hand, and who keeps their keys?"
        ),
    ),
    "IMPORTED": (
        "{first} 由 {by} 导入 {count} 条，其中补记 {backfilled} 条。原系统中的原始记录在哪里，能否比对？",
        (
            "On {first} {by} imported {count} records, {backfilled} of them backfilled. Where are the originals, and "
            "do they agree?"
        ),
    ),
    "CLOCK": (
        "{count} 条的系统记录时间超出了校验点给出的时间界限。服务器时钟是否被改动过？",
        "The log's clock dates {count} records outside the times that checkpoints give. Was the clock changed?",
    ),
    "SAME_TEXT": (
        "{count} 条 {type} 的正文除数字和标点外完全相同。每次内容是否都是当次所写？",
        (
            "The texts of {count} records of {type} are the same but for digits and punctuation. Was each written for "
            "its own occasion?"
        ),
    ),
}
"""For each code of `trail.projections.questions.CODES`; a test compares."""
MAX_SHOWN: Final = 12


def question_text(question: Question, lang: str) -> str:
    """A question in words."""
    facts = {name: word(value) for name, value in question.facts}
    return pick(WORDS[question.code], lang).format(**facts)


def question_lines(found: Questions, lang: str, *, whole: bool = False) -> Iterator[str]:
    """The questions, line by line; *whole*: with every record and its leaf at the end."""
    zh = lang == "zh"
    unit = "" if found.unit is None else f" ({word(found.unit)})"
    yield (
        f"供核查人提问的线索{unit}：不是结论，也不改变任何状态"
        if zh
        else (f"Questions for the inspector{unit}: no findings, and they change no state")
    )
    yield from basis_lines(found.basis, lang)
    yield from notice_lines(found.notices, lang)
    for number, question in enumerate(found.questions, 1):
        of = f"{word(question.unit)} · " if question.unit else ""
        yield ""
        yield f"{number}. {of}{question.code}"
        yield f"   {question_text(question, lang)}"
        rows = question.cited.all
        yield from (f"     {line_text(line, lang)}" for line in rows[:MAX_SHOWN])
        rest = len(rows) - MAX_SHOWN
        if rest > 0:
            yield f"     {pick((f'另有 {rest} 条，见 --json', f'{rest} more, see --json'), lang)}"
    if not found.questions:
        yield ""
        yield "没有可提的问题" if zh else "nothing to ask"
    if whole:
        yield ""
        yield from record_lines(found.lines, lang)
