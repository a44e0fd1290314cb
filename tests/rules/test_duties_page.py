"""
``docs/duties.md`` says what the shipped rule set says: it is written from the data, and from the cases that show it.

To write it anew: ``PYTHONPATH=src:tests/rules python tests/rules/test_duties_page.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from duty_cases import CASES

from trail.rules import load_default
from trail.rules.model import CLASSES, COUNTED, Duty, Satisfier, Trigger, Where

PAGE = Path(__file__).parents[2] / "docs" / "duties.md"
RULES = load_default()
WRONG = {case.duty: case.wrong for case in CASES}
MEANING = {
    "MD": "a calendar deadline of the text", "MC": "a stated cadence or minimum",
    "MI": "countable, the number only implied", "E": "triggered by an event", "N": "a number without a floor",
    "O": "set up once or on change", "D": "derived from other records", "Q": "qualitative: recorded facts, no state",
}  # fmt: skip

INTRO = """\
# The duties of the regulation

All CENSUS duties that `src/trail/rules/regulation-2017.toml` holds: who owes each, when it is due, which act discharges
it, and which test shows it. This page is written from the data, and a test compares the two. What each key means, and
how to change it, is in [rules.md](rules.md); the acts and their fields are in [spec/acts.md](spec/acts.md).

CLASSES

How to read the tables:

* **due**: a day of the duty's period (`next`: of the following year), by level where they differ; *as L3b*: whatever
  day that duty has. *soft*: the text only says 定期 or 实时, so it is never overdue. *for each*: counted for each of
  those; *to*: for each recipient. Days that no text gives are marked *(inferred)* or *(local)*.
* **discharged by**: an act of the type, under the conditions in brackets: *by* whom it was done (`obligor`: in the
  post, or by the body, that owes it; `unit`: by anybody of the unit; `chair`, `attended`, `recorder`: who chaired, took
  part, signed as the recorder; `either`: the committee or its commission); *not by ordered*: by nobody to whom its
  `order` was given; *cause*: it names the trigger or joined its stream; *period named*: it must name the period. Any
  one of several acts will do. *also*: the same act may discharge these duties too, each under its own conditions.
* **shown by**: the case of `tests/rules/test_discharge.py` in which the act discharges the duty, and its near miss,
  which does not; for classes D and Q the test that it never has a state. A qualitative duty takes any
  `FactRecorded` that names it, besides the acts named here.
"""


def where(rows: Where) -> Iterator[str]:
    for name, values in rows:
        yield f"{name} {' / '.join(str(value).lower() if value is True else str(value) for value in values)}"


def name_of(type_: str) -> str:
    return type_.removesuffix("@1")


def satisfier(one: Satisfier) -> str:
    words = []
    if one.performer:
        words.append(f"by {one.performer}")
    if one.kind:
        words.append(f"kind {one.kind}")
    words += where(one.where)
    words += [f"{key} {getattr(one, key)}" for key in ("owner", "versions", "counterpart", "recipient", "sides")
              if getattr(one, key)]  # fmt: skip
    if one.period != "happened":
        words.append(f"period {one.period}")
    if one.not_by:
        words.append(f"not by {one.not_by}")
    if one.cause:
        words.append("cause")
    return f"`{name_of(one.type)}`" + (f" ({', '.join(words)})" if words else "")


def trigger(one: Trigger) -> str:
    words = [*where(one.where)]
    if one.kind:
        words.append(f"kind {one.kind}")
    if one.performer:
        words.append("their own")
    if one.falls != "named":
        words.append("here or in a unit below")
    return f"`{name_of(one.type)}`" + (f" ({', '.join(words)})" if words else "")


def marked(source: str) -> str:
    return {"text": "", "inferred": " *(inferred)*", "local_default": " *(local)*"}[source]


def counted(duty: Duty) -> str:
    days = {level: ", ".join(rows[:1] if rows[0].startswith("as ") else rows) for level, rows in duty.due.items()}
    if len(set(days.values())) == 1:
        text = next(iter(days.values()))
    else:
        text = "; ".join(f"{level}: {day}" for level, day in days.items())
    words = [("half-yearly " if duty.cadence == "half_year" else "yearly ") + text + marked(duty.due_source)]
    if duty.minimum > 1:
        words.append(f"at least {duty.minimum}")
    if duty.counterparts:
        words.append(f"for each: {', '.join(duty.counterparts)}")
    if duty.lists:
        words.append(f"lists: {', '.join(duty.lists)}")
    if duty.recipients:
        words.append(f"to: {', '.join(duty.recipients)}")
    if duty.soft:
        words.append("soft")
    return "; ".join(words)


def when(duty: Duty) -> str:
    if duty.klass in COUNTED:
        return counted(duty)
    if duty.klass == "E":
        text = "on " + " or ".join(map(trigger, duty.trigger)) if duty.trigger else "each act by itself"
        return text + (f"; to: {', '.join(duty.recipients)}" if duty.recipients else "")
    return {"N": "a number for each year", "O": "in place since the first", "D": "at any time", "Q": "—"}[duty.klass]


def acts(duty: Duty) -> str:
    if duty.klass == "D":
        return "derived from " + ", ".join(duty.derived_from)
    found = [satisfier(one) for one in duty.satisfied_by]
    if not found and duty.klass in COUNTED:
        found = [f"that of {', '.join(d.id for d in RULES.duties.values() if duty.id in d.satisfies)}"]
    if not found:
        found = ["`FactRecorded`"]
    if duty.ended_by:
        found.append("until " + ", ".join(f"`{name_of(type_)}`" for type_ in duty.ended_by))
    if duty.satisfies:
        found.append(f"*also* {', '.join(duty.satisfies)}")
    return "; ".join(found)


def shown(duty: Duty) -> str:
    if duty.id in WRONG:
        return f"`{duty.id}`; near miss: {WRONG[duty.id]}"
    return f"`test_what_nobody_counts_has_no_state[{duty.id}]`"


def table(duties: Iterable[Duty]) -> Iterator[str]:
    yield "| id | class | duty | owed by | due | discharged by | shown by |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for duty in duties:
        bound = "（随人）" if duty.bound == "person" else ""
        said = duty.text + (f" ⟨{duty.note}⟩" if duty.note else "")
        who = f"{duty.who}{bound}{marked(duty.obliged_source)}"
        cells = [duty.id, duty.klass, said, who, when(duty), acts(duty), shown(duty)]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    number = Counter(duty.klass for duty in RULES.duties.values())
    classes = ["| class | duties | meaning |", "| --- | --- | --- |"]
    classes += [f"| {klass} | {number[klass]} | {MEANING[klass]} |" for klass in CLASSES]
    lines = [INTRO.replace("CENSUS", str(len(RULES.duties))).replace("CLASSES", "\n".join(classes))]
    articles: dict[str, list[Duty]] = {}
    for duty in RULES.duties.values():
        articles.setdefault(re.sub(r"\d+$", "", duty.article), []).append(duty)
    for article, duties in articles.items():
        lines += [f"## {article}\n", *table(duties), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def test_the_page_is_what_the_data_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_duty_is_on_the_page_once() -> None:
    found = re.findall(r"^\| ([A-Z][0-9a-z]+) \|", page(), re.MULTILINE)

    assert found == list(RULES.duties)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
