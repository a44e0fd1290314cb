"""
A small rule set of one duty or two of each class that is not counted, over invented event types of a host system.
"""

from __future__ import annotations

from typing import Any

from campus_records import Log

from trail.evidence.record import Record
from trail.rules import RuleSet, load

HEAD = """
format = 1
instrument = "own-rules"
version = 1
title = "本校办法"
issued = "2025-01-01"
first_period = "2026"
[settings]
[lists]
[levels.university]
units = ["university"]
leader = ["secretary"]
members = ["deputy_secretary", "member"]
heads = ["head"]
below = ["secretary", "branch_secretary"]
[levels.unit]
units = ["college"]
leader = ["secretary"]
members = ["deputy_secretary", "member"]
heads = ["head"]
below = ["branch_secretary"]
recorders = ["recorder"]
[bodies]
university_committee = [{ kind = "university" }]
discipline_commission = [{ kind = "commission" }]
"""

DUTIES = """
[[duty]]
id = "E1"
article = "1"
text = "苗头性问题及时提醒"
class = "E"
source = "text"
levels = ["university", "unit"]
obliged = ["team", "leader", "member"]
trigger = [{ type = "IssueSeen@1", where = { kind = ["emerging", "serious"] } }]
satisfied_by = [{ type = "Reminded@1", performer = "unit", cause = "trigger" }]

[[duty]]
id = "E2"
article = "2"
text = "严重问题五个工作日内报告"
class = "E"
source = "text"
levels = ["unit"]
obliged = ["leader"]
within_workdays = 5
recipients = ["university_committee", "discipline_commission"]
trigger = [{ type = "IssueSeen@1", where = { kind = "serious" } }]
satisfied_by = [{ type = "Escalated@1", performer = "obligor", recipient = "named", cause = "trigger" }]

[[duty]]
id = "E3"
article = "3"
text = "谈话应有记录"
class = "E"
source = "text"
levels = ["unit"]
obliged = ["leader"]
satisfied_by = [{ type = "Noted@1", performer = "obligor" }]

[[duty]]
id = "E4"
article = "4"
text = "就所报告的情况接受评议"
class = "E"
source = "text"
levels = ["unit"]
obliged = ["member"]
bound = "person"
trigger = [{ type = "SelfReported@1", performer = "obligor" }]
satisfied_by = [{ type = "Evaluated@1", cause = "trigger" }]

[[duty]]
id = "E5"
article = "5"
text = "线索必须严肃问责"
class = "E"
source = "text"
levels = ["university"]
obliged = ["team", "commission"]
trigger = [{ type = "LeadSeen@1", falls = "above" }]
satisfied_by = [{ type = "Opened@1", performer = "either", cause = "trigger" }]

[[duty]]
id = "N1"
article = "6"
text = "经常走访"
class = "N"
source = "text"
levels = ["unit"]
obliged = ["team", "member"]
satisfied_by = [{ type = "Visited@1", performer = "obligor" }, { type = "Visited@1", performer = "attended" }]

[[duty]]
id = "O1"
article = "7"
text = "建立制度"
class = "O"
source = "text"
levels = ["unit"]
obliged = ["team"]
satisfied_by = [{ type = "SystemAdopted@1", performer = "unit", where = { kind = "recording" } }]
ended_by = ["SystemRepealed@1"]

[[duty]]
id = "Q1"
article = "8"
text = "牢固树立"
class = "Q"
source = "text"
levels = ["unit"]
obliged = ["team", "leader"]
satisfied_by = [{ type = "Studied@1", performer = "chair" }]

[[duty]]
id = "D1"
article = "9"
text = "建立台账"
class = "D"
source = "text"
derived_from = ["ledger", "N1"]
"""


def rules(*changes: tuple[str, str], head: str = HEAD, duties: str = DUTIES) -> RuleSet:
    """The rule set with some of its text replaced."""
    text = head + duties
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load(text)


OWN = rules()


def log_with(own: RuleSet = OWN) -> Log:
    """The invented university under this rule set."""
    return Log(rules=own)


def issue(log: Log, day: str, kind: str = "emerging", unit: str | None = "jia", **more: Any) -> Record:
    """Something was found."""
    fields = {"kind": kind} | {k: v for k, v in more.items() if k in ("units", "posts")}
    rest = {k: v for k, v in more.items() if k not in fields}
    return log.add("IssueSeen@1", fields, day, by="uni/deputy", unit=unit, **rest)


def answer(log: Log, to: Record, day: str, type_: str = "Reminded", by: str = "jia/secretary", **more: Any) -> Record:
    """An act that names what it answers among its causes."""
    recorded, stream = more.pop("recorded", None), more.pop("stream", None)
    record = log.add(f"{type_}@1", more, day, by=by, recorded=recorded, stream=stream)
    caused = record._replace(statement=record.statement._replace(causes=(to.statement.id,)))
    log.records[-1] = caused
    return caused
